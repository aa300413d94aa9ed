//! Snapshot files: the root of a set, its time, and who took it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::repository::id::{BlobId, SnapshotId};

/// A snapshot as stored, sealed, under `snapshots/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When taking it began.
    pub time: Timestamp,
    /// The set it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SnapshotId>,
    /// The root folder.
    pub tree: BlobId,
    /// What was saved; ours hold `/<portal>` only, so that restic's own grouping keeps portals
    /// apart.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub paths: Vec<String>,
    /// The machine; stable for all sets of one daemon.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hostname: String,
    /// The account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// Its number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub uid: u32,
    /// Its group's number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gid: u32,
    /// Words to find it by: ours hold the portal and `duphong`.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The program that took it, with its version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub program_version: String,
    /// Figures of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// The set that this one is a copy of, in another repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<SnapshotId>,
}

/// Figures of the run that took a snapshot, with restic's names (0.17 and newer show them).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// When it began.
    pub backup_start: Timestamp,
    /// When the last source was read.
    pub backup_end: Timestamp,
    /// Files that the parent does not have.
    pub files_new: u64,
    /// Files that were read again.
    pub files_changed: u64,
    /// Files that were not read.
    pub files_unmodified: u64,
    /// Folders that the parent does not have.
    pub dirs_new: u64,
    /// Folders of another content.
    pub dirs_changed: u64,
    /// Folders of the same content.
    pub dirs_unmodified: u64,
    /// Pieces of files that were new.
    pub data_blobs: u64,
    /// Folders that were new.
    pub tree_blobs: u64,
    /// Their bytes before compression.
    pub data_added: u64,
    /// Their bytes as stored.
    pub data_added_packed: u64,
    /// All files of the set.
    pub total_files_processed: u64,
    /// Their bytes.
    pub total_bytes_processed: u64,
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

/// Go writes a list that was never set as `null`.
fn null_is_empty<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
