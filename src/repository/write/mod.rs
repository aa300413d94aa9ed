//! Writing a set: from files and streams to packs, index and snapshot.
//!
//! The pipeline: the caller's thread walks folders or reads a stream; worker threads, one a core,
//! read files, cut, hash, deduplicate, compress, check and seal; uploader threads store packs.
//! Every queue is bounded. A worker that reads a file hands blobs to idle workers and does the
//! others itself, so that one large file keeps all cores busy and many small ones are not copied.
//!
//! Order of durability: packs, then the index that names them, then the snapshot. Killed at any
//! point, the repository is sound; packs without index are adopted by the next run.
//!
//! Memory, with two cores: packs of data in four buffers of 16 MiB (two open ones, two being
//! stored), open packs of folders of up to 4 MiB; 5 MiB of reading buffer a worker; what waits in
//! the queue, at most eight blobs; 32 bytes a new blob; and what a folder's nodes take while it is
//! open. About 100 MiB in all, and 10 MiB more for each further core. The index comes on top (see
//! `index`).
//!
//! One run feeds several repositories (`target`). What is read, cut, hashed and compressed, is so
//! once; each repository has its own key, packs, index and snapshot, and costs its index and three
//! buffers of 16 MiB instead of four. The slowest sets the pace, since memory is bounded.

mod changes;
mod content;
mod counters;
mod engine;
mod exclude;
mod facts;
mod file;
mod folder;
mod metadata;
mod open_pack;
pub(super) mod packer;
mod places;
mod seal;
pub(super) mod smith;
mod stock;
mod survey;
pub(super) mod target;
pub(super) mod threads;
mod upload;
mod walk;
mod writer;

pub use crate::repository::write::changes::TreeChanges;
pub use crate::repository::write::engine::Tuning;
pub use crate::repository::write::exclude::Exclude;
pub use crate::repository::write::facts::{SetMeta, Statistics, TreeSummary, Written};
pub use crate::repository::write::file::UNSTEADY;
pub use crate::repository::write::folder::Seen;
pub(super) use crate::repository::write::folder::as_path;
pub(super) use crate::repository::write::metadata::time;
pub use crate::repository::write::seal::{Seal, Sealing, Seals};
pub use crate::repository::write::survey::{
    Found, LeftOut, PassedOver, Survey, survey, survey_beyond, survey_each,
};
pub use crate::repository::write::target::Prepared;
pub use crate::repository::write::writer::arrivals::Arrivals;
pub use crate::repository::write::writer::{LastOfEach, SetWriter};
