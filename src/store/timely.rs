//! A store that answers in time, or is told not to answer: nobody waits for ever for a disk that
//! hangs.
//!
//! A disk behind a network that is gone, or one that is dying, keeps whoever asks waiting without an
//! end, and a run that feeds several repositories would wait with it. After the limit the answer is
//! [`StoreError::Unreachable`]. Whether what was asked for is done in the end nobody knows, as with
//! every answer that is lost; the contract lets it be asked for again.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::timeout;

use crate::store::{ObjectName, ObjectStore, StoreError};

/// The largest pack reaches the slowest stick that anybody uses, behind others that wait, in two
/// minutes. Five times that is no delay any more.
pub const ANSWER_MAX: Duration = Duration::from_mins(10);

/// A listing makes durable what it names and may name a million objects; it gets so many times as long.
const LISTING: u32 = 6;

/// A store with a limit for each answer.
#[derive(Debug)]
pub struct Timely {
    inner: Arc<dyn ObjectStore>,
    limit: Duration,
}

impl Timely {
    /// Waits no longer than `limit` for an answer of `inner`.
    pub fn new(inner: Arc<dyn ObjectStore>, limit: Duration) -> Self {
        Self { inner, limit }
    }

    async fn in_time<T: Send>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let late = || Err(StoreError::Unreachable { place: self.inner.location() });
        timeout(limit, answer).await.unwrap_or_else(|_| late())
    }
}

#[async_trait]
impl ObjectStore for Timely {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.in_time(self.limit, self.inner.put(name, bytes)).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        self.in_time(self.limit, self.inner.get(name)).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        self.in_time(self.limit, self.inner.get_range(name, offset, length)).await
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.in_time(self.limit, self.inner.size(name)).await
    }

    async fn exists(&self, name: &ObjectName) -> Result<bool, StoreError> {
        self.in_time(self.limit, self.inner.exists(name)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        self.in_time(self.limit * LISTING, self.inner.list(prefix)).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.in_time(self.limit, self.inner.delete(name)).await
    }
}
