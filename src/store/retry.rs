//! A store that asks again: what passes by itself does not reach whoever asked.
//!
//! Which faults those are is decided here and nowhere else ([`passes`]): a server that is busy, a
//! connection that broke. Never what says something about the bytes: a missing, altered or differing
//! object is the same on the second look, and asking until it goes away would hide it. Never what a
//! person must put right: rights, keys, clocks, certificates, a full disk.
//!
//! Waits grow from one try to the next and are drawn at random within their half, so that many
//! who were turned away together do not come back together. Every operation of the contract may be
//! repeated, so it does not matter whether the try that failed had been done: a `put` that was, finds
//! its own bytes. A listing begins anew.
//!
//! A server that is gone is waited for once: after an operation that ended without an answer the next
//! ones are tried twice each, until one is answered. Without that a run whose server is gone waits as
//! long again for its pack, for its lock and for the removal of the lock.
//!
//! A person who asks to stop is heard here: a request that hangs would otherwise be waited for until
//! its deadline.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::timeout;

use crate::base::cancel::Cancel;
use crate::store::past::kept;
use crate::store::versions::{Lock, Version, VersionId, Versions};
use crate::store::{ObjectName, ObjectStore, StoreError};
use crate::world::World;
use crate::world::clock::Clock;
use crate::world::entropy::Entropy;

/// A person who asked to stop waits no longer than this.
const SLICE: Duration = Duration::from_millis(500);

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Tries in all.
    pub tries: u32,
    /// The wait after the first; doubled after each further one.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
    /// After so long no further try begins, but the second, which is always made: requests that
    /// carry much may each take minutes to fail.
    pub in_all: Duration,
    /// How long an answer is still waited for after a person asked to stop. Long enough for what
    /// cleans up, such as removing a lock.
    pub grace: Duration,
}

impl Default for Patience {
    /// Three to five minutes: a server that restarts comes back within them. What lasts longer is
    /// met again by the next run of the schedule.
    fn default() -> Self {
        Self {
            tries: 24,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(20),
            in_all: Duration::from_mins(5),
            grace: Duration::from_secs(5),
        }
    }
}

/// A store that asks again.
pub struct Retrying {
    inner: Arc<dyn ObjectStore>,
    patience: Patience,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    cancel: Cancel,
    /// Somebody has waited for the server in vain, and it has not answered since.
    in_vain: AtomicBool,
}

impl std::fmt::Debug for Retrying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Retrying").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// Whether the same request may be answered a moment later.
pub fn passes(error: &StoreError) -> bool {
    match error {
        StoreError::Unreachable { .. }
        | StoreError::Connection { .. }
        | StoreError::Busy { .. } => true,
        StoreError::Name { .. }
        | StoreError::NoStore { .. }
        | StoreError::NoBucket { .. }
        | StoreError::Missing { .. }
        | StoreError::AlreadyExists { .. }
        | StoreError::OutOfRange { .. }
        | StoreError::TooLarge { .. }
        | StoreError::Altered { .. }
        | StoreError::Full { .. }
        | StoreError::Denied { .. }
        | StoreError::Locked { .. }
        | StoreError::NoLock { .. }
        | StoreError::NoVersions { .. }
        | StoreError::KeyRefused { .. }
        | StoreError::Region { .. }
        | StoreError::Clock { .. }
        | StoreError::Tls { .. }
        | StoreError::Unexpected { .. }
        | StoreError::Stopped { .. }
        | StoreError::Io { .. } => false,
    }
}

impl Retrying {
    /// Asks `inner` again, until `cancel` is set.
    pub fn new(
        inner: Arc<dyn ObjectStore>,
        patience: Patience,
        world: &World,
        cancel: Cancel,
    ) -> Self {
        let (clock, entropy) = (Arc::clone(&world.clock), Arc::clone(&world.entropy));
        Self { inner, patience, clock, entropy, cancel, in_vain: AtomicBool::new(false) }
    }

    /// Asks until there is an answer that does not pass by itself. For what is no operation of the
    /// contract and may be repeated like one.
    pub async fn persist<T, F>(&self, ask: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let started = self.clock.monotonic();
        let in_vain = self.in_vain.load(Ordering::Relaxed);
        let most = if in_vain { self.patience.tries.min(2) } else { self.patience.tries };
        let mut tries = 1;
        loop {
            let error = match self.attend(ask()).await {
                Err(error) if passes(&error) => error,
                // Whatever else it says, the server is there.
                answer => {
                    self.in_vain.store(false, Ordering::Relaxed);
                    return answer;
                }
            };
            let spent = self.clock.monotonic().since(started) >= self.patience.in_all;
            if self.cancel.is_cancelled() {
                return Err(error);
            }
            if spent && tries > 1 || tries >= most {
                self.in_vain.store(true, Ordering::Relaxed);
                return Err(error);
            }
            let wait = self.wait_after(tries);
            tracing::warn!(error = %error, tries, ?wait, "Store is asked again.");
            if !self.sleep(wait).await {
                return Err(error);
            }
            tries += 1;
        }
    }

    /// Waits for an answer: to its end, unless a person asks to stop meanwhile.
    async fn attend<T>(
        &self,
        asked: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let mut asked = pin!(asked);
        while !self.cancel.is_cancelled() {
            if let Ok(answer) = timeout(SLICE, asked.as_mut()).await {
                return answer;
            }
        }
        let answer = timeout(self.patience.grace, asked).await;
        answer.unwrap_or_else(|_elapsed| Err(StoreError::Stopped { place: self.inner.location() }))
    }

    /// The wait after so many tries: at least half of what it has grown to, and at most all of it.
    fn wait_after(&self, tries: u32) -> Duration {
        let grown = self.patience.first.saturating_mul(1 << (tries - 1).min(20));
        let most = grown.min(self.patience.longest);
        let mut number = [0; 4];
        self.entropy.fill(&mut number);
        let share = f64::from(u32::from_le_bytes(number)) / f64::from(u32::MAX);
        most / 2 + (most / 2).mul_f64(share)
    }

    /// Waits, away from the runtime's workers. Whether the whole wait is over: a person who asked
    /// to stop ends it.
    async fn sleep(&self, wait: Duration) -> bool {
        let (clock, cancel) = (Arc::clone(&self.clock), self.cancel.clone());
        let slept = tokio::task::spawn_blocking(move || {
            let mut left = wait;
            while !left.is_zero() && !cancel.is_cancelled() {
                let slice = left.min(SLICE);
                clock.sleep(slice);
                left -= slice;
            }
            !cancel.is_cancelled()
        });
        // A runtime that is being shut down waits for nobody.
        slept.await.unwrap_or(false)
    }
}

#[async_trait]
impl ObjectStore for Retrying {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.persist(|| self.inner.put(name, bytes.clone())).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        self.persist(|| self.inner.get(name)).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        self.persist(|| self.inner.get_range(name, offset, length)).await
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.persist(|| self.inner.size(name)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        self.persist(|| self.inner.list(prefix)).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.persist(|| self.inner.delete(name)).await
    }

    fn versions(&self) -> Option<&dyn Versions> {
        self.inner.versions().map(|_| self as &dyn Versions)
    }
}

#[async_trait]
impl Versions for Retrying {
    async fn all(&self, prefix: &str) -> Result<Vec<Version>, StoreError> {
        let kept = kept(&*self.inner)?;
        self.persist(|| kept.all(prefix)).await
    }

    async fn get_version(&self, name: &ObjectName, id: &VersionId) -> Result<Bytes, StoreError> {
        let kept = kept(&*self.inner)?;
        self.persist(|| kept.get_version(name, id)).await
    }

    async fn get_version_range(
        &self,
        name: &ObjectName,
        id: &VersionId,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let kept = kept(&*self.inner)?;
        self.persist(|| kept.get_version_range(name, id, offset, length)).await
    }

    async fn lock_of(&self, name: &ObjectName, id: &VersionId) -> Result<Option<Lock>, StoreError> {
        let kept = kept(&*self.inner)?;
        self.persist(|| kept.lock_of(name, id)).await
    }

    async fn lock(&self, name: &ObjectName, id: &VersionId, lock: Lock) -> Result<(), StoreError> {
        let kept = kept(&*self.inner)?;
        self.persist(|| kept.lock(name, id, lock)).await
    }

    async fn bring_back(&self, version: &Version) -> Result<(), StoreError> {
        let kept = kept(&*self.inner)?;
        self.persist(|| kept.bring_back(version)).await
    }
}
