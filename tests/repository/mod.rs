//! The engine as a whole: what it writes, restic reads; what is damaged, is said to be.

mod interop;
mod kit;
mod read_kit;
mod restore;
