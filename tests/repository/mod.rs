//! The engine as a whole: what it writes, restic reads; what is damaged, is said to be.

mod crash;
mod damage;
mod formats;
mod interop;
mod kit;
mod locks;
mod read_kit;
mod restore;
mod write;
