//! What a run is told and what it tells.

use jiff::Timestamp;

use crate::base::manifest::Skipped;
use crate::repository::id::SnapshotId;
use crate::repository::write::changes::TreeChanges;

/// What a snapshot says of itself, beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetMeta {
    /// Paths; ours are `/<portal>` alone.
    pub paths: Vec<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The machine; must be the same for all sets of one daemon.
    pub hostname: String,
}

/// One file tree of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeSummary {
    /// Regular files in the set.
    pub files: u64,
    /// Their bytes, as they are stored.
    pub bytes: u64,
    /// What of that was sealed by this run; the rest lay in the parent set.
    pub sealed_bytes: u64,
    /// Their bytes before they were sealed; equal to `bytes` where none was.
    pub plain_bytes: u64,
    /// When the walk began.
    pub started: Timestamp,
    /// When the last file was read.
    pub finished: Timestamp,
    /// What is not in the set, or not as it should be, each with its reason.
    pub skipped: Vec<Skipped>,
    /// What became of its files since the parent set.
    pub changes: TreeChanges,
}

/// A set that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub id: SnapshotId,
    /// Its time: when the run began.
    pub time: Timestamp,
    /// What it took.
    pub statistics: Statistics,
}

/// Figures of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Files that the parent does not have.
    pub files_new: u64,
    /// Files that the parent has and that were read again.
    pub files_changed: u64,
    /// Files that were not read, since nothing about them changed.
    pub files_unchanged: u64,
    /// Folders that the parent does not have.
    pub dirs_new: u64,
    /// Folders of another content.
    pub dirs_changed: u64,
    /// Folders of the same content.
    pub dirs_unchanged: u64,
    /// Bytes of all files of the set.
    pub bytes_total: u64,
    /// Bytes that were read from files and streams.
    pub bytes_read: u64,
    /// Pieces of files that the repository did not have.
    pub data_blobs: u64,
    /// Folders that the repository did not have.
    pub tree_blobs: u64,
    /// Bytes of those blobs.
    pub bytes_added: u64,
    /// The same, compressed and sealed.
    pub bytes_stored: u64,
    /// Packs of an interrupted run that were taken over.
    pub packs_adopted: u64,
    /// Packs that the index names and the store does not have. Their blobs were not relied on:
    /// what is still in the sources was stored again. Older sets may have lost data.
    pub packs_missing: u64,
}
