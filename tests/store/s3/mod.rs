//! The store in a bucket, against a server of our own on a real wire.

mod bucket;
mod edges;
mod faults;
mod locks;
mod options;
mod parrot;
mod server;
mod talk;

use std::sync::Arc;

use duphong::store::ObjectStore;
use duphong::store::s3::S3Store;

use crate::store::around::{Around, Through};

pub(crate) use bucket::{RULE, Rights};
pub(crate) use options::{Conditional, Locking, Options};
pub(crate) use server::{Fault, KEY, Server};

/// A store and the server that it needs.
struct Served {
    store: S3Store,
    _server: Server,
}

/// A store on a server of its own, for the promises of the contract.
pub(super) fn served(options: Options) -> Arc<dyn ObjectStore> {
    let server = Server::with(options);
    let store = S3Store::open(server.settings("mau/tinh"), &server.world()).unwrap();
    Through::new(Served { store, _server: server })
}

impl Around for Served {
    fn inner(&self) -> &dyn ObjectStore {
        &self.store
    }
}
