//! A store that lives as long as the process: for tests, and for trying a plan.
//!
//! Meets the whole contract except durability beyond the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::store::{ObjectName, ObjectStore, StoreError};

/// Objects in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    objects: Mutex<BTreeMap<ObjectName, Bytes>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<ObjectName, Bytes>> {
        // Each holder makes one call on the map: a panic elsewhere cannot leave it half changed.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, name: &ObjectName) -> String {
        StoreError::place(&self.location(), name)
    }

    fn find(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let found = self.objects().get(name).cloned();
        found.ok_or_else(|| StoreError::Missing { place: self.place(name) })
    }
}

#[async_trait]
impl ObjectStore for MemoryStore {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        StoreError::check_size(|| self.place(name), bytes.len() as u64)?;
        let mut objects = self.objects();
        let stored = objects.entry(name.clone()).or_insert_with(|| bytes.clone());
        if *stored == bytes {
            return Ok(());
        }
        Err(StoreError::AlreadyExists { place: self.place(name) })
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        self.find(name)
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let bytes = self.find(name)?;
        let size = bytes.len() as u64;
        Ok(bytes.slice(StoreError::check_range(|| self.place(name), offset, length, size)?))
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        Ok(self.find(name)?.len() as u64)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        let objects = self.objects();
        let matching = objects.iter().filter(|(name, _)| name.as_str().starts_with(prefix));
        Ok(matching.map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.objects().remove(name);
        Ok(())
    }
}
