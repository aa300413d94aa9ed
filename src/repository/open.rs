//! Making and opening a repository, and reading its documents.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::repository::account::Whoami;
use crate::repository::config::{Config, VERSION};
use crate::repository::crypto::SealingKey;
use crate::repository::envelope::{self, Form};
use crate::repository::error::RepositoryError;
use crate::repository::key::{KeyFile, Maker, Opened};
use crate::repository::layout::{self, Folder};
use crate::repository::lock::Lock;
use crate::repository::malformed::Malformed;
use crate::repository::polynomial::Polynomial;
use crate::store::{ObjectName, ObjectStore, StoreError};
use crate::world::World;

/// No key file is larger than a few hundred bytes; more is not worth reading.
const KEY_FILE_MAX: u64 = 64 * 1024;

/// An open repository. Clones share everything.
#[derive(Clone, Debug)]
pub struct Repository(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    key: SealingKey,
    config: Config,
    world: World,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Repository {
    /// Makes a repository in an empty store, or finishes one that was interrupted while made.
    ///
    /// The key is written before the config, and the config is what makes a repository: until it
    /// is there nothing can be stored, and this may be called again with the same password.
    pub fn init(
        store: Arc<dyn ObjectStore>,
        password: &Secret,
        world: &World,
    ) -> Result<Self, RepositoryError> {
        let polynomial = Polynomial::random(&*world.entropy);
        Self::init_sharing(store, password, world, polynomial)
    }

    /// The same, with the cut points of another repository, so that one run can feed both.
    pub fn init_sharing(
        store: Arc<dyn ObjectStore>,
        password: &Secret,
        world: &World,
        polynomial: Polynomial,
    ) -> Result<Self, RepositoryError> {
        let place = store.location();
        if world.block_on(store.exists(&layout::config()))? {
            return Err(RepositoryError::Exists { place });
        }
        for folder in [Folder::Index, Folder::Snapshots, Folder::Data] {
            if !world.block_on(store.list(folder.prefix()))?.is_empty() {
                return Err(RepositoryError::ConfigLost { place });
            }
        }
        let key = match find_key(&*store, password, world)? {
            Some(key) => key,
            None => add_key(&*store, password, world)?,
        };
        let config = Config::new(&*world.entropy, polynomial);
        let repository = Self(Arc::new(Inner { store, key, config, world: world.clone() }));
        let sealed = repository.seal(Form::Bare, &repository.0.config)?;
        world.block_on(repository.0.store.put(&layout::config(), sealed))?;
        Ok(repository)
    }

    /// Opens a repository with one of its passwords.
    pub fn open(
        store: Arc<dyn ObjectStore>,
        password: &Secret,
        world: &World,
    ) -> Result<Self, RepositoryError> {
        let place = store.location();
        let sealed = match world.block_on(store.get(&layout::config())) {
            Err(StoreError::Missing { .. } | StoreError::NoStore { .. }) => {
                return Err(RepositoryError::Missing { place });
            }
            other => other?,
        };
        let no_key = Malformed::new("repository", "it has no key file");
        let key = find_key(&*store, password, world)?
            .ok_or_else(|| RepositoryError::damaged(Folder::Keys.prefix())(no_key))?;
        let config: Config = envelope::open(&key, "config", sealed.into())
            .map_err(RepositoryError::damaged(layout::config()))?;
        if config.version != VERSION {
            return Err(RepositoryError::Version { version: config.version });
        }
        Ok(Self(Arc::new(Inner { store, key, config, world: world.clone() })))
    }

    /// What tells it apart from every other repository.
    pub fn id(&self) -> Digest {
        self.0.config.id
    }

    /// Where it is, for people.
    pub fn location(&self) -> String {
        self.0.store.location()
    }

    /// What its cut points are derived from.
    pub fn polynomial(&self) -> Polynomial {
        self.0.config.chunker_polynomial
    }

    /// Where its objects lie.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.0.store
    }

    /// What it was opened with.
    pub fn world(&self) -> &World {
        &self.0.world
    }

    /// The key that seals everything in it.
    pub fn key(&self) -> &SealingKey {
        &self.0.key
    }

    /// Takes a lock that others may hold too: for reading and for adding.
    pub fn lock_shared(&self) -> Result<Lock, RepositoryError> {
        Lock::take(self, false)
    }

    /// Takes a lock that nobody else may hold: for removing.
    pub fn lock_exclusive(&self) -> Result<Lock, RepositoryError> {
        Lock::take(self, true)
    }

    /// Waits for an answer of the store on the calling thread.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.world.block_on(future)
    }

    /// The objects of a folder; names that restic would not give are left out.
    pub fn list(&self, folder: Folder) -> Result<Vec<(ObjectName, u64)>, RepositoryError> {
        let mut listed = self.block_on(self.0.store.list(folder.prefix()))?;
        listed.retain(|(name, _)| folder.digest(name).is_some());
        Ok(listed)
    }

    /// Part of an object, exactly as long as asked for. Every store promises that, and whoever
    /// cuts pieces out of a range relies on it: one that answers less is refused here, once.
    pub(super) fn range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, RepositoryError> {
        let bytes = self.block_on(self.0.store.get_range(name, offset, length))?;
        if bytes.len() as u64 == length {
            return Ok(bytes);
        }
        let size = offset + bytes.len() as u64;
        Err(StoreError::OutOfRange { place: name.to_string(), offset, length, size }.into())
    }

    /// Reads a document and proves that it is the one its name says.
    pub fn get_document<D: DeserializeOwned>(
        &self,
        name: &ObjectName,
        what: &'static str,
    ) -> Result<D, RepositoryError> {
        let sealed = self.block_on(self.0.store.get(name))?;
        if Digest::of(&sealed).to_string() != name.last_segment() {
            let source = Malformed::new(what, "its content does not match its name");
            return Err(RepositoryError::damaged(name)(source));
        }
        envelope::open(&self.0.key, what, sealed.into()).map_err(RepositoryError::damaged(name))
    }

    /// Stores a document; when this returns, it is durable.
    pub(super) fn put_document(
        &self,
        folder: Folder,
        form: Form,
        document: &impl Serialize,
    ) -> Result<Digest, RepositoryError> {
        let sealed = self.seal(form, document)?;
        let digest = Digest::of(&sealed);
        self.block_on(self.0.store.put(&folder.name(&digest), sealed))?;
        Ok(digest)
    }

    /// Removes an object.
    pub(super) fn delete(&self, name: &ObjectName) -> Result<(), RepositoryError> {
        Ok(self.block_on(self.0.store.delete(name))?)
    }

    fn seal(&self, form: Form, document: &impl Serialize) -> Result<Bytes, RepositoryError> {
        envelope::seal(&self.0.key, &*self.0.world.entropy, form, document)
            .map(Bytes::from)
            .map_err(|source| RepositoryError::SelfCheck { source })
    }
}

/// Tries the password on every key file. `None` if there is no key file at all.
fn find_key(
    store: &dyn ObjectStore,
    password: &Secret,
    world: &World,
) -> Result<Option<SealingKey>, RepositoryError> {
    let mut damaged = None;
    let mut keys = 0;
    for (name, size) in world.block_on(store.list(Folder::Keys.prefix()))? {
        keys += 1;
        match try_key(store, &name, size, password, world) {
            Ok(Opened::Master(key)) => return Ok(Some(*key)),
            Ok(Opened::OtherPassword) => {}
            Err(error) => damaged = Some(error),
        }
    }
    match damaged {
        // The damaged one may be ours: then "wrong password" would send people the wrong way.
        Some(error) => Err(error),
        None if keys == 0 => Ok(None),
        None => Err(RepositoryError::WrongKey { place: store.location(), keys }),
    }
}

fn try_key(
    store: &dyn ObjectStore,
    name: &ObjectName,
    size: u64,
    password: &Secret,
    world: &World,
) -> Result<Opened, RepositoryError> {
    let damaged = |reason| RepositoryError::damaged(name)(Malformed::new("key file", reason));
    if size > KEY_FILE_MAX {
        return Err(damaged("it is too long"));
    }
    let bytes = world.block_on(store.get(name))?;
    if Digest::of(&bytes).to_string() != name.last_segment() {
        return Err(damaged("its content does not match its name"));
    }
    KeyFile::parse(&bytes)
        .and_then(|file| file.open(password))
        .map_err(RepositoryError::damaged(name))
}

fn add_key(
    store: &dyn ObjectStore,
    password: &Secret,
    world: &World,
) -> Result<SealingKey, RepositoryError> {
    let key = SealingKey::random(&*world.entropy);
    let me = Whoami::now();
    let maker = Maker { username: &me.user, hostname: &me.host };
    let bytes = KeyFile::seal(&key, password, maker, world.clock.now(), &*world.entropy)
        .and_then(|file| file.to_bytes())
        .map_err(|source| RepositoryError::SelfCheck { source })?;
    world.block_on(store.put(&Folder::Keys.name(&Digest::of(&bytes)), bytes.into()))?;
    Ok(key)
}
