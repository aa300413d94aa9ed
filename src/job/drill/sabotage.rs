//! Damage done on purpose, to what the drill reads or restored, never to the repository itself.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::base::secret::Secret;
use crate::store::{ObjectName, ObjectStore, StoreError};

/// The kinds of damage a drill must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// One bit of one pack is read wrongly, as a failing disk would give it.
    PackBit,
    /// The password is another one.
    WrongKey,
    /// A table of a loaded database is gone.
    DroppedTable,
    /// A restored media file is gone.
    MissingMedia,
}

impl Sabotage {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::PackBit, Self::WrongKey, Self::DroppedTable, Self::MissingMedia];

    /// Its word on the command line and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PackBit => "pack-bit",
            Self::WrongKey => "wrong-key",
            Self::DroppedTable => "dropped-table",
            Self::MissingMedia => "missing-media",
        }
    }
}

/// A password that differs in one bit.
pub(super) fn other_password(password: &Secret) -> Secret {
    let mut bytes = password.expose().to_vec();
    match bytes.first_mut() {
        Some(first) => *first ^= 1,
        None => bytes.push(b'x'),
    }
    Secret::new(bytes)
}

/// A store that reads one bit of one object wrongly.
#[derive(Debug)]
pub(super) struct WrongBit {
    inner: Arc<dyn ObjectStore>,
    name: ObjectName,
    byte: u64,
}

impl WrongBit {
    /// Reads the lowest bit of byte `byte` of object `name` wrongly.
    pub(super) fn new(inner: Arc<dyn ObjectStore>, name: ObjectName, byte: u64) -> Self {
        Self { inner, name, byte }
    }

    fn spoil(&self, name: &ObjectName, offset: u64, bytes: Bytes) -> Bytes {
        let place = self.byte.checked_sub(offset).and_then(|at| usize::try_from(at).ok());
        match place {
            Some(at) if *name == self.name && at < bytes.len() => {
                let mut spoiled = bytes.to_vec();
                spoiled[at] ^= 1;
                spoiled.into()
            }
            _ => bytes,
        }
    }
}

#[async_trait]
impl ObjectStore for WrongBit {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.inner.put(name, bytes).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let bytes = self.inner.get(name).await?;
        Ok(self.spoil(name, 0, bytes))
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let bytes = self.inner.get_range(name, offset, length).await?;
        Ok(self.spoil(name, offset, bytes))
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.inner.size(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        self.inner.list(prefix).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.inner.delete(name).await
    }
}
