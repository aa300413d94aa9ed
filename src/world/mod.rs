//! The only door to the outside: clock, entropy, files, processes, network, mail, webhooks.
//!
//! Everything above takes a [`World`] as an argument. Production, a drill and a test differ only
//! in the world they are given; fakes stand behind the `testkit` feature. Reading files is free to
//! all (`std::fs`); writing goes through [`files`], starting programs through [`process`].

pub mod clock;
pub mod entropy;
pub mod files;
pub mod fuse;
pub mod mail;
pub mod mounts;
pub mod moves;
pub mod net;
pub mod pipe;
pub mod private;
pub mod process;
pub mod tls;
pub mod webhook;

use std::sync::Arc;

use crate::world::clock::{Clock, SystemClock};
use crate::world::entropy::{Entropy, SystemEntropy};

/// Clock, entropy and the runtime on which asynchronous clients run.
///
/// Work is written as plain blocking code on threads; what must be asynchronous (object stores,
/// database clients, HTTP) is driven through [`World::block_on`] from such threads, never from
/// inside the runtime.
#[derive(Clone)]
pub struct World {
    /// Wall and monotonic time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes for keys and nonces.
    pub entropy: Arc<dyn Entropy>,
    runtime: tokio::runtime::Handle,
}

impl World {
    /// The real world.
    pub fn system(runtime: tokio::runtime::Handle) -> Self {
        Self { clock: Arc::new(SystemClock::default()), entropy: Arc::new(SystemEntropy), runtime }
    }

    /// A world with the given clock and entropy, for tests and drills.
    pub fn with(
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        Self { clock, entropy, runtime }
    }

    /// Waits for `future` on the calling thread, which must not belong to the runtime's workers.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The runtime itself, for what must be spawned.
    pub fn runtime(&self) -> &tokio::runtime::Handle {
        &self.runtime
    }
}
