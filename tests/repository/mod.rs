//! The snapshot engine: its formats, its pipeline, and what stock restic makes of both.

mod browse;
mod hostile;
mod interop;
mod kit;
mod read_kit;
mod restore;
mod verify;
