//! The door outside, on the real system.

mod knock;
mod process;
