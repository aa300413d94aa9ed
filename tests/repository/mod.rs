//! The snapshot engine: its formats, its pipeline, and what stock restic makes of both.

mod crash;
mod damage;
mod formats;
mod interop;
mod kit;
mod locks;
mod write;
