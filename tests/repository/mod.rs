//! The snapshot engine: its formats, its pipeline, and what stock restic makes of both.

mod browse;
mod corpus;
mod crash;
mod damage;
mod forget;
mod formats;
mod hostile;
mod interop;
mod keys;
mod kit;
mod locks;
mod matrix;
mod mutated;
mod odd;
mod overwrite;
mod parsers;
mod prune;
mod read_kit;
mod repair;
mod restore;
mod restore_killed;
mod restore_kit;
mod retention;
mod unlock;
mod verify;
mod write;
