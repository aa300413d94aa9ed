//! What tests put around a store: only what it changes is written down, all else goes through.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use duphong::store::{ObjectName, ObjectStore, StoreError};

/// One that stands between a store and who uses it. Every operation may be changed; those that are
/// not are the inner store's.
#[async_trait]
pub(crate) trait Around: Send + Sync + 'static {
    fn inner(&self) -> &dyn ObjectStore;

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.inner().put(name, bytes).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        self.inner().get(name).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        self.inner().get_range(name, offset, length).await
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.inner().size(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        self.inner().list(prefix).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.inner().delete(name).await
    }
}

/// A store that is used through what stands around it.
pub(crate) struct Through<A>(A);

impl<A: Around> Through<A> {
    pub(crate) fn new(around: A) -> Arc<Self> {
        Arc::new(Self(around))
    }
}

impl<A> Deref for Through<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

impl<A: Around> fmt::Debug for Through<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "something around {:?}", self.0.inner())
    }
}

#[async_trait]
impl<A: Around> ObjectStore for Through<A> {
    fn location(&self) -> String {
        self.0.inner().location()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        Around::put(&self.0, name, bytes).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        Around::get(&self.0, name).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        Around::get_range(&self.0, name, offset, length).await
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        Around::size(&self.0, name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        Around::list(&self.0, prefix).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        Around::delete(&self.0, name).await
    }
}
