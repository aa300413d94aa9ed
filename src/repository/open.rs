//! Making and opening a repository, and reading its documents.

use std::sync::{Arc, Mutex, Weak};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::repository::config::{Config, VERSION};
use crate::repository::crypto::SealingKey;
use crate::repository::envelope::{self, Form};
use crate::repository::error::RepositoryError;
use crate::repository::index_read::IndexRead;
use crate::repository::keys::{self, Found};
use crate::repository::layout::{self, Folder};
use crate::repository::lock::Lock;
use crate::repository::malformed::Malformed;
use crate::repository::polynomial::Polynomial;
use crate::repository::segment;
use crate::store::{ObjectName, ObjectStore, StoreError};
use crate::world::World;

/// An open repository. Clones share everything.
#[derive(Clone, Debug)]
pub struct Repository(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    key: SealingKey,
    /// The name of the key file that gave it.
    key_id: Digest,
    config: Config,
    world: World,
    /// The index that somebody looked into sets with last, while that one lives.
    last_index: Mutex<Weak<IndexRead>>,
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
        let folders = [Folder::Index, Folder::Snapshots, Folder::Data].map(Folder::prefix);
        for prefix in folders.into_iter().chain([segment::PREFIX]) {
            if !world.block_on(store.list(prefix))?.is_empty() {
                return Err(RepositoryError::ConfigLost { place });
            }
        }
        let Found { id: key_id, master: key } = match keys::find(&*store, password, world, None)? {
            Some(found) => found,
            None => keys::make(&*store, password, world)?,
        };
        let config = Config::new(&*world.entropy, polynomial);
        let repository = Self::with(store, key, key_id, config, world);
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
        let Found { id: key_id, master: key } = keys::find(&*store, password, world, None)?
            .ok_or_else(|| RepositoryError::damaged(Folder::Keys.prefix())(no_key))?;
        let config: Config = envelope::open(&key, "config", sealed.into())
            .map_err(RepositoryError::damaged(layout::config()))?;
        if config.version != VERSION {
            return Err(RepositoryError::Version { version: config.version });
        }
        Ok(Self::with(store, key, key_id, config, world))
    }

    fn with(
        store: Arc<dyn ObjectStore>,
        key: SealingKey,
        key_id: Digest,
        config: Config,
        world: &World,
    ) -> Self {
        let last_index = Mutex::default();
        Self(Arc::new(Inner { store, key, key_id, config, world: world.clone(), last_index }))
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

    /// The key file that the password opened.
    pub fn key_id(&self) -> Digest {
        self.0.key_id
    }

    pub(super) fn last_index(&self) -> &Mutex<Weak<IndexRead>> {
        &self.0.last_index
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

    /// The same, and reads it back: for one that stands for others that go.
    pub(super) fn put_document_proven(
        &self,
        folder: Folder,
        form: Form,
        document: &impl Serialize,
    ) -> Result<Digest, RepositoryError> {
        let sealed = self.seal(form, document)?;
        let digest = Digest::of(&sealed);
        self.put_proven(&folder.name(&digest), sealed, &digest)?;
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
