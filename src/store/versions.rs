//! What a place that keeps every version of an object can do beyond the contract.
//!
//! There a name that is written again or deleted hides what it had, and loses nothing: whoever
//! holds a key that may delete can hide a repository, but not remove it, as long as its versions
//! are locked. A disk and memory keep no versions and say so
//! ([`ObjectStore::versions`](crate::store::ObjectStore::versions) is nothing there).

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::store::{ObjectName, StoreError};

/// How a place calls one version of an object: its own word, which means nothing elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(pub Box<str>);

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One version of an object, or the mark that a deletion left in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The object.
    pub name: ObjectName,
    /// Which of its versions.
    pub id: VersionId,
    /// When it was written, by the server's clock, which may count in whole seconds.
    pub written: Timestamp,
    /// Whether it is what the name shows now.
    pub is_latest: bool,
    /// What it holds; nothing where it marks a deletion.
    pub content: Option<Content>,
}

/// What is known of a version without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its bytes.
    pub size: u64,
    /// The server's word for its bytes: the same word, the same bytes; another says nothing.
    pub tag: String,
}

/// Who may lift a lock before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Nobody.
    Compliance,
    /// Whoever has a right of its own for it.
    Governance,
}

impl LockMode {
    /// Its word in the log and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliance => "compliance",
            Self::Governance => "governance",
        }
    }
}

/// What keeps a version from being removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Who may lift it.
    pub mode: LockMode,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// A place that keeps versions. Every call may be repeated, and is asked again like those of the
/// contract.
#[async_trait]
pub trait Versions: Send + Sync {
    /// Every version and every mark of the objects whose name starts with `prefix`: by name, the
    /// newest first. Where a version and a mark were written in the same second, the version
    /// stands first: who asks for the past wants what there was.
    async fn all(&self, prefix: &str) -> Result<Vec<Version>, StoreError>;

    /// The whole of one version, or `Missing`.
    async fn get_version(&self, name: &ObjectName, id: &VersionId) -> Result<Bytes, StoreError>;

    /// A range of one version, as `get_range` has it.
    async fn get_version_range(
        &self,
        name: &ObjectName,
        id: &VersionId,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError>;

    /// The lock of one version as the server tells it; nothing where it has none, or where we may
    /// not know.
    async fn lock_of(&self, name: &ObjectName, id: &VersionId) -> Result<Option<Lock>, StoreError>;

    /// Locks one version, or extends its lock. A lock cannot be made shorter: that is `Denied`.
    async fn lock(&self, name: &ObjectName, id: &VersionId, lock: Lock) -> Result<(), StoreError>;

    /// Makes the content of `version` what its name shows, by a new version with a lock of its own.
    async fn bring_back(&self, version: &Version) -> Result<(), StoreError>;
}
