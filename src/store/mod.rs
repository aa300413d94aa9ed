//! Places for objects: immutable byte strings under names, on a disk, in a bucket, in memory.
//!
//! [`ObjectStore`] is the contract; `tests/store/conformance.rs` holds every store to it. A store
//! knows nothing of what the bytes mean: it neither encrypts nor checks digests. Trying again is
//! the business of a decorator ([`retry`]), not of the stores.

pub mod disk;
mod error;
#[cfg(feature = "testkit")]
pub mod faulty;
pub mod memory;
mod name;
pub mod past;
pub mod retry;
pub mod s3;
pub mod timely;
pub mod versions;

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;

pub use error::{Act, StoreError};
pub use name::ObjectName;

use crate::store::versions::Versions;

/// No object of a repository comes near: the largest pack that restic lets people configure is
/// 128 MiB, plus one blob. `put` and `get` hold an object in memory, so a name that leads to
/// something huge must be refused, not loaded.
pub const OBJECT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// A place for objects.
///
/// Every call may be made from many tasks at once. A call that fails has changed nothing that
/// another call could mistake for a whole object. Futures are driven by a tokio runtime
/// (`World::block_on`); blocking work leaves the polling thread.
#[async_trait]
pub trait ObjectStore: Send + Sync + Debug {
    /// Where this is, for people: a path or an address, never with a secret in it.
    fn location(&self) -> String;

    /// Stores `bytes` under `name`.
    ///
    /// When this returns, the object survives loss of power and every later `get` sees all of it.
    /// Until then a reader sees no object, never a part. Calling it again with the same bytes is
    /// harmless, and makes durable what an interrupted call left. An existing object with other
    /// bytes stays as it is and is `AlreadyExists`, which is never retried: names are digests or
    /// random, so it means corruption or a second writer. Where two write different bytes at the
    /// same instant, one of them wins whole; a bucket whose server knows no conditional writes may
    /// tell both that it was theirs.
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError>;

    /// The whole object, or `Missing`; `TooLarge` above [`OBJECT_BYTES_MAX`].
    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError>;

    /// Exactly `length` bytes from `offset`. A range that reaches past the end is `OutOfRange`,
    /// which is an integrity fault: whoever asks knows from an index what should be there.
    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError>;

    /// The size of the object in bytes, or `Missing`.
    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError>;

    /// Whether the object is there. A store that cannot be asked is an error, never `false`.
    async fn exists(&self, name: &ObjectName) -> Result<bool, StoreError> {
        match self.size(name).await {
            Ok(_) => Ok(true),
            Err(StoreError::Missing { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Names and sizes of all objects whose name starts with `prefix`, by plain comparison of
    /// text, in the order of names. An object that comes or goes meanwhile may or may not be
    /// named; all others are. What is named survives loss of power, even if whoever stored it was
    /// killed before it could wait for that: others build on what they see here. What others left
    /// in the place under names that no [`ObjectName`] can have is not named.
    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError>;

    /// Removes the object, durably. Removing what is absent is fine. A place that keeps versions
    /// only hides it: its bytes go when its lock has ended and the rules of the place remove them.
    /// A place that refuses because of a lock is `Locked`, and the object stays.
    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError>;

    /// What keeps the versions of its objects; nothing where none are kept.
    fn versions(&self) -> Option<&dyn Versions> {
        None
    }
}
