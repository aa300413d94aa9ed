//! The store in a bucket, against a server of our own on a real wire.

mod bucket;
mod faults;
mod locks;
mod options;
mod parrot;
mod server;
mod talk;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use duphong::store::s3::S3Store;
use duphong::store::{ObjectName, ObjectStore, StoreError};

pub(crate) use bucket::Rights;
pub(crate) use options::{Conditional, Locking, Options};
pub(crate) use server::{Fault, KEY, Server};

/// A store and the server that it needs.
#[derive(Debug)]
struct Served {
    store: S3Store,
    _server: Server,
}

/// A store on a server of its own, for the promises of the contract.
pub(super) fn served(options: Options) -> Arc<dyn ObjectStore> {
    let server = Server::with(options);
    let store = S3Store::open(server.settings("mau/tinh"), &server.world()).unwrap();
    Arc::new(Served { store, _server: server })
}

#[async_trait]
impl ObjectStore for Served {
    fn location(&self) -> String {
        self.store.location()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.store.put(name, bytes).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        self.store.get(name).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        self.store.get_range(name, offset, length).await
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.store.size(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        self.store.list(prefix).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.store.delete(name).await
    }
}
