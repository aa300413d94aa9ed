//! The snapshot engine: its formats, its pipeline, and what stock restic makes of both.

mod browse;
mod crash;
mod damage;
mod formats;
mod hostile;
mod interop;
mod kit;
mod locks;
mod matrix;
mod mutated;
mod read_kit;
mod restore;
mod verify;
mod write;
