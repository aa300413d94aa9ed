//! The snapshot engine: restic's repository format, version 2, written and read by our own code.

pub mod blob;
pub mod chunk;
pub mod config;
pub mod crypto;
pub mod envelope;
pub mod id;
pub mod index;
pub mod index_file;
pub mod key;
pub mod malformed;
pub mod mode;
mod node;
pub mod pack;
pub mod polynomial;
pub mod quote;
pub mod snapshot;
pub mod tree;
