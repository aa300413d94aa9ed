//! Where the objects of a repository lie in its store: restic's default layout.

use crate::base::digest::Digest;
use crate::repository::id::{PackId, SnapshotId};
use crate::store::ObjectName;

/// The folders of a repository, each with its objects' prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// Key files.
    Keys,
    /// Index files.
    Index,
    /// Snapshot files.
    Snapshots,
    /// Locks.
    Locks,
    /// Packs.
    Data,
}

impl Folder {
    /// The prefix of the names of its objects.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Keys => "keys/",
            Self::Index => "index/",
            Self::Snapshots => "snapshots/",
            Self::Locks => "locks/",
            Self::Data => "data/",
        }
    }

    /// The name of its object with that digest.
    pub fn name(self, digest: &Digest) -> ObjectName {
        let digest = digest.to_string();
        let text = match self {
            // Spread over 256 folders, since there are many.
            Self::Data => format!("data/{}/{digest}", &digest[..2]),
            _ => format!("{}{digest}", self.prefix()),
        };
        valid(&text)
    }

    /// The digest in a name of this folder, if it is one of restic's names.
    pub fn digest(self, name: &ObjectName) -> Option<Digest> {
        let digest = name.last_segment().parse().ok()?;
        (self.name(&digest) == *name).then_some(digest)
    }
}

/// The config object.
pub fn config() -> ObjectName {
    valid("config")
}

/// A pack.
pub fn pack(id: &PackId) -> ObjectName {
    Folder::Data.name(&id.0)
}

/// A snapshot file.
pub fn snapshot(id: &SnapshotId) -> ObjectName {
    Folder::Snapshots.name(&id.0)
}

fn valid(text: &str) -> ObjectName {
    ObjectName::new(text).expect("folders and digests are made of letters, digits and slashes")
}
