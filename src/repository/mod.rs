//! The snapshot engine: restic's repository format, version 2, written and read by our own code.
//!
//! A repository lies in a store and holds sets. [`Repository`] makes, opens and reads one;
//! [`SetWriter`] adds a set to it. A sysadmin who has nothing left but the store and the password
//! reads everything with stock `restic`; `docs/formats/repository.md` says what we write where
//! the format leaves a choice.
//!
//! From the bottom: sealing (`crypto`), stored forms (`key`, `config`, `blob`, `pack`,
//! `index_file`, `node`, `tree`, `snapshot`, `envelope`), the index in memory (`index`), the
//! repository itself (`open`, `read`, `lock`), and the pipeline that writes (`chunk`, `write`).
//! Beside the sets lie segments of transaction logs (`segment`).

mod account;
mod batch;
pub mod blob;
pub mod browse;
mod cat;
pub mod chunk;
pub mod compare;
pub mod config;
pub mod copy;
pub mod crypto;
pub mod difference;
pub mod envelope;
mod error;
pub mod find;
mod forget;
mod header;
pub mod id;
pub mod index;
pub mod index_file;
mod index_read;
pub mod key;
pub mod keys;
pub mod layout;
mod ledger;
pub mod lock;
pub mod malformed;
pub mod mode;
mod node;
pub mod object_lock;
mod open;
pub mod pack;
pub mod polynomial;
pub mod prune;
pub mod quote;
mod read;
mod readback;
mod relist;
pub mod repair;
pub mod restore;
pub mod retention;
mod rewriting;
pub mod segment;
pub mod snapshot;
mod span;
pub mod spot;
pub mod stats;
mod threads;
pub mod tree;
pub mod unlock;
pub mod verify;
pub mod walk;
mod write;

pub use crate::repository::error::RepositoryError;
pub use crate::repository::id::{BlobId, PackId, SnapshotId};
pub use crate::repository::open::Repository;
pub use crate::repository::read::Snapshots;
pub use crate::repository::write::{
    Arrivals, Exclude, Found, LastOfEach, LeftOut, PassedOver, Prepared, Seal, Sealing, Seals,
    Seen, SetMeta, SetWriter, Statistics, Survey, TreeChanges, TreeSummary, Tuning, UNSTEADY,
    Written, survey, survey_beyond, survey_each,
};
