//! The snapshot engine: its formats, its pipeline, and what stock restic makes of both.

mod interop;
mod kit;
