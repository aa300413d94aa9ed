//! A store that reads what it should not, or does not read at all.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::repository::layout::Folder;
use crate::store::{ObjectName, ObjectStore, StoreError};

/// A store that is wrong in one way; what is written to it is written.
#[derive(Debug)]
pub(super) struct Spoiled {
    inner: Arc<dyn ObjectStore>,
    how: How,
}

#[derive(Debug)]
enum How {
    /// The lowest bit of this byte of this object is read wrongly.
    Bit(ObjectName, u64),
    /// The same of the middle byte of every index: which one a set needs is not asked.
    Indexes,
    /// This object is gone.
    Missing(ObjectName),
    /// No pack is read.
    Cut,
}

impl Spoiled {
    /// Reads the lowest bit of byte `byte` of object `name` wrongly.
    pub(super) fn bit(inner: Arc<dyn ObjectStore>, name: ObjectName, byte: u64) -> Self {
        Self { inner, how: How::Bit(name, byte) }
    }

    /// Reads a bit in the middle of every index wrongly.
    pub(super) fn indexes(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, how: How::Indexes }
    }

    /// Does not have object `name`.
    pub(super) fn missing(inner: Arc<dyn ObjectStore>, name: ObjectName) -> Self {
        Self { inner, how: How::Missing(name) }
    }

    /// Does not answer who asks for a pack.
    pub(super) fn cut(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, how: How::Cut }
    }

    fn spoil(&self, name: &ObjectName, offset: u64, bytes: Bytes) -> Bytes {
        let place = match &self.how {
            How::Bit(of, byte) if of == name => {
                byte.checked_sub(offset).and_then(|at| usize::try_from(at).ok())
            }
            How::Indexes if name.as_str().starts_with(Folder::Index.prefix()) => {
                Some(bytes.len() / 2)
            }
            _ => None,
        };
        match place {
            Some(at) if at < bytes.len() => {
                let mut spoiled = bytes.to_vec();
                spoiled[at] ^= 1;
                spoiled.into()
            }
            _ => bytes,
        }
    }

    fn reach(&self, name: &ObjectName) -> Result<(), StoreError> {
        let place = || format!("{}/{name}", self.inner.location());
        match &self.how {
            How::Missing(gone) if gone == name => Err(StoreError::Missing { place: place() }),
            How::Cut if name.as_str().starts_with(Folder::Data.prefix()) => {
                let detail = "the connection was cut on purpose".to_owned();
                Err(StoreError::Connection { place: place(), detail })
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl ObjectStore for Spoiled {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.inner.put(name, bytes).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        self.reach(name)?;
        let bytes = self.inner.get(name).await?;
        Ok(self.spoil(name, 0, bytes))
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        self.reach(name)?;
        let bytes = self.inner.get_range(name, offset, length).await?;
        Ok(self.spoil(name, offset, bytes))
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.reach(name)?;
        self.inner.size(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        let mut all = self.inner.list(prefix).await?;
        if let How::Missing(gone) = &self.how {
            all.retain(|(name, _)| name != gone);
        }
        Ok(all)
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.inner.delete(name).await
    }
}
