//! A store that fails on command: for tests that stop at every write and damage every object.
//!
//! Counts mutating operations, so that a test can fail each of them in turn; after a death every
//! operation fails, as nothing is done by a process that is gone. Damage is programmed by name and
//! shows in every way of reading. The store beneath is left undamaged.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};

use async_trait::async_trait;
use bytes::Bytes;

use crate::store::{Act, ObjectName, ObjectStore, StoreError};

/// When mutating operations (`put`, `delete`; counted from 0) fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// Never.
    #[default]
    Nothing,
    /// The n-th fails, the next one passes again.
    Once(u64),
    /// The process dies at the n-th: it and every later operation fail.
    Death(u64),
}

/// What the failing operation has done to the store beneath.
#[derive(Clone, Default)]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// All of it: only the answer was lost.
    Whole,
    /// What the function does, such as leaving an unfinished file.
    Half(Arc<dyn Fn(&ObjectName) + Send + Sync>),
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Whole => "Whole",
            Self::Half(_) => "Half(…)",
        })
    }
}

/// What a reader finds in place of an object.
#[derive(Clone, Debug)]
pub enum Damage {
    /// The bit `bit % 8` of the byte at `offset` is flipped.
    Flip {
        /// Counted from the start; beyond the end nothing is flipped.
        offset: usize,
        /// Which bit.
        bit: u8,
    },
    /// Only so many bytes are left.
    Truncate(usize),
    /// Other bytes.
    Replace(Bytes),
    /// No object.
    Remove,
    /// An object that can be listed but not read.
    Unreadable,
    /// An object that can be listed and that we may not read.
    Denied,
}

/// A store that fails on command.
#[derive(Debug)]
pub struct Faulty {
    inner: Arc<dyn ObjectStore>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    fail_on: FailOn,
    effect: Effect,
    mutations: u64,
    reads: u64,
    dead: bool,
    damage: HashMap<ObjectName, Damage>,
}

/// What is to become of one mutating operation.
enum Fate {
    Pass,
    Fail(Effect),
}

impl Faulty {
    /// A store that does not fail yet.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, state: Mutex::default() }
    }

    /// A store that fails as said, leaving `effect`.
    pub fn failing(inner: Arc<dyn ObjectStore>, fail_on: FailOn, effect: Effect) -> Self {
        let state = State { fail_on, effect, ..State::default() };
        Self { inner, state: Mutex::new(state) }
    }

    /// From now on readers of `name` find `damage`.
    pub fn damage(&self, name: &ObjectName, damage: Damage) {
        self.state().damage.insert(name.clone(), damage);
    }

    /// From now on readers of `name` find what is there.
    pub fn heal(&self, name: &ObjectName) {
        self.state().damage.remove(name);
    }

    /// How many mutating operations were asked for so far.
    pub fn mutations(&self) -> u64 {
        self.state().mutations
    }

    /// How many times an object was read, in whole or in part.
    pub fn reads(&self) -> u64 {
        self.state().reads
    }

    /// Whether the programmed death has come.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn broken(&self) -> StoreError {
        StoreError::Unreachable { place: self.location() }
    }

    fn fate(&self) -> Result<Fate, StoreError> {
        let mut state = self.state();
        if state.dead {
            return Err(self.broken());
        }
        let number = state.mutations;
        state.mutations += 1;
        state.dead = state.fail_on == FailOn::Death(number);
        if state.dead || state.fail_on == FailOn::Once(number) {
            return Ok(Fate::Fail(state.effect.clone()));
        }
        Ok(Fate::Pass)
    }

    fn alive(&self) -> Result<(), StoreError> {
        if self.is_dead() { Err(self.broken()) } else { Ok(()) }
    }

    /// The damaged object, or `None` when it is not damaged.
    async fn damaged(&self, name: &ObjectName) -> Result<Option<Bytes>, StoreError> {
        let damage = self.state().damage.get(name).cloned();
        let place = || StoreError::place(&self.location(), name);
        match damage {
            None => Ok(None),
            Some(Damage::Flip { offset, bit }) => {
                let mut bytes = self.inner.get(name).await?.to_vec();
                if let Some(byte) = bytes.get_mut(offset) {
                    *byte ^= 1 << (bit % 8);
                }
                Ok(Some(bytes.into()))
            }
            Some(Damage::Truncate(length)) => {
                let mut bytes = self.inner.get(name).await?;
                bytes.truncate(length);
                Ok(Some(bytes))
            }
            Some(Damage::Replace(bytes)) => Ok(Some(bytes)),
            Some(Damage::Remove) => Err(StoreError::Missing { place: place() }),
            Some(Damage::Unreadable) => Err(StoreError::Unreachable { place: place() }),
            Some(Damage::Denied) => {
                let source = io::ErrorKind::PermissionDenied.into();
                Err(StoreError::Denied { act: Act::Read, place: place(), source })
            }
        }
    }

    fn count_read(&self) -> Result<(), StoreError> {
        self.alive()?;
        self.state().reads += 1;
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        match self.fate()? {
            Fate::Pass => return self.inner.put(name, bytes).await,
            Fate::Fail(Effect::None) => {}
            Fate::Fail(Effect::Whole) => self.inner.put(name, bytes).await?,
            Fate::Fail(Effect::Half(half)) => half(name),
        }
        Err(self.broken())
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        self.count_read()?;
        match self.damaged(name).await? {
            Some(bytes) => Ok(bytes),
            None => self.inner.get(name).await,
        }
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        self.count_read()?;
        let Some(bytes) = self.damaged(name).await? else {
            return self.inner.get_range(name, offset, length).await;
        };
        let place = || StoreError::place(&self.location(), name);
        let range = StoreError::check_range(place, offset, length, bytes.len() as u64)?;
        Ok(bytes.slice(range))
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.alive()?;
        match self.damaged(name).await? {
            Some(bytes) => Ok(bytes.len() as u64),
            None => self.inner.size(name).await,
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        self.alive()?;
        let mut listed = Vec::new();
        for (name, size) in self.inner.list(prefix).await? {
            match self.damaged(&name).await {
                Ok(Some(bytes)) => listed.push((name, bytes.len() as u64)),
                Err(StoreError::Missing { .. }) => {}
                Ok(None) | Err(_) => listed.push((name, size)),
            }
        }
        Ok(listed)
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        match self.fate()? {
            Fate::Pass => return self.inner.delete(name).await,
            Fate::Fail(Effect::None) => {}
            Fate::Fail(Effect::Whole) => self.inner.delete(name).await?,
            Fate::Fail(Effect::Half(half)) => half(name),
        }
        Err(self.broken())
    }
}
