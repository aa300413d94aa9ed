//! The keys of a repository: which one a password opens, adding one, removing one.
//!
//! All key files seal the same master key. A new one counts only after it was read back and opened;
//! one is removed only by whoever has just opened another.
//!
//! Key files are plain and anyone who can write to the store can add some, so what is spent on them
//! has a bound: the usual ones are tried as they are met, costly ones last and the cheapest of them
//! first. Changing passwords never changes the master key.

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::repository::account::Whoami;
use crate::repository::config::Config;
use crate::repository::crypto::SealingKey;
use crate::repository::envelope;
use crate::repository::error::RepositoryError;
use crate::repository::index_read::is_unreachable;
use crate::repository::key::{Cost, KeyFile, Maker, Opened};
use crate::repository::layout::{self, Folder};
use crate::repository::lock::Lock;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::store::{ObjectName, ObjectStore, StoreError};
use crate::world::World;

/// No key file is larger than a few hundred bytes; more is not worth reading.
const KEY_FILE_MAX: u64 = 64 * 1024;

/// Up to sixteen times the cost of our own keys a key is tried as soon as it is met: those that
/// restic writes are among these.
const WORK_USUAL: u64 = 1 << 22;

/// All tries together cost no more than a thousand of our own keys: some two minutes.
const WORK_ALL_MAX: u64 = 1 << 28;

/// What the cheapest try counts, so that their number has a bound too: reading one costs a request.
const WORK_LEAST: u64 = 1 << 16;

/// So many letters of what a key file says of its maker are kept.
const NAME_MAX: usize = 100;

/// A key file that a password has opened.
pub(super) struct Found {
    /// Its name.
    pub id: Digest,
    /// The repository's own key.
    pub master: SealingKey,
}

/// A key of a repository.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub id: Digest,
    /// What it says, or why it cannot be read.
    pub said: Result<Said, RepositoryError>,
}

/// What a key file says of itself; nothing of it is authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When it was made.
    pub created: Timestamp,
    /// The account that made it.
    pub user: String,
    /// On which machine.
    pub host: String,
    /// What trying a password costs.
    pub cost: Cost,
}

/// That a key file has just opened the repository. Only [`Repository::prove_key`] makes one.
#[derive(Debug)]
pub struct Proven {
    id: Digest,
}

impl Proven {
    /// The key that did.
    pub fn id(&self) -> Digest {
        self.id
    }
}

impl Repository {
    /// Every key, the oldest first, those that cannot be read last.
    pub fn keys(&self) -> Result<Vec<Listed>, RepositoryError> {
        let mut keys = Vec::new();
        for (name, size) in self.list(Folder::Keys)? {
            let Some(id) = Folder::Keys.digest(&name) else { continue };
            let said = match read(&**self.store(), &name, size, self.world()) {
                // Somebody has removed it meanwhile.
                Err(RepositoryError::Store(StoreError::Missing { .. })) => continue,
                Err(error) if is_unreachable(&error) => return Err(error),
                Err(error) => Err(error),
                Ok(file) => Ok(Said::of(&file)),
            };
            keys.push(Listed { id, said });
        }
        let made = |key: &Listed| key.said.as_ref().map_or(Timestamp::MAX, |said| said.created);
        keys.sort_by_key(|key| (key.said.is_err(), made(key), key.id));
        Ok(keys)
    }

    /// The key that this password opens, other than `except`; nothing where it opens none. A
    /// damaged one is opened by no password.
    pub fn key_of(
        &self,
        password: &Secret,
        except: Option<&Digest>,
    ) -> Result<Option<Digest>, RepositoryError> {
        match find(&**self.store(), password, self.world(), except) {
            Ok(found) => Ok(found.map(|found| found.id)),
            Err(RepositoryError::WrongKey { .. } | RepositoryError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds a key for this password and proves it. It is durable when this returns.
    pub fn add_key(
        &self,
        lock: &Lock,
        password: &Secret,
        cost: Cost,
    ) -> Result<Proven, RepositoryError> {
        lock.ensure()?;
        let id = write(&**self.store(), self.key(), password, cost, self.world())?;
        if let Some(proven) = self.prove_key(&id, password)? {
            return Ok(proven);
        }
        let source = Malformed::new("key file", "the password does not open it");
        Err(RepositoryError::SelfCheck { source })
    }

    /// The key of this password, proven: the one that is there, or a new one. So what adds a key
    /// may be killed anywhere and begun again.
    pub fn ensure_key(
        &self,
        lock: &Lock,
        password: &Secret,
        cost: Cost,
    ) -> Result<Proven, RepositoryError> {
        let lost = RepositoryError::Bug("a key that was found does not open");
        match self.key_of(password, None)? {
            Some(key) => self.prove_key(&key, password)?.ok_or(lost),
            None => self.add_key(lock, password, cost),
        }
    }

    /// Reads this key file, opens it with the password, and opens the repository's config with what
    /// it gives; nothing if that is another key than this repository's.
    ///
    /// Keys are not compared: restic writes the bits of one that its MAC ignores as zeros.
    pub fn prove_key(
        &self,
        id: &Digest,
        password: &Secret,
    ) -> Result<Option<Proven>, RepositoryError> {
        let name = Folder::Keys.name(id);
        // The length is looked at first: it bounds what is read.
        let size = self.block_on(self.store().size(&name))?;
        let file = read(&**self.store(), &name, size, self.world())?;
        let Opened::Master(key) = file.open(password).map_err(RepositoryError::damaged(&name))?
        else {
            return Ok(None);
        };
        let sealed = self.block_on(self.store().get(&layout::config()))?;
        let config = envelope::open::<Config>(&key, "config", sealed.into());
        let is_ours = config.is_ok_and(|config| config.id == self.id());
        Ok(is_ours.then_some(Proven { id: *id }))
    }

    /// Removes a key, durably, while another one is proven. One that is gone already is fine.
    ///
    /// `lock` is exclusive: of two that remove at the same time each might rely on the other's.
    pub fn remove_key(
        &self,
        lock: &Lock,
        id: &Digest,
        other: &Proven,
    ) -> Result<(), RepositoryError> {
        if !lock.is_exclusive() {
            return Err(RepositoryError::Bug("a key is removed under a shared lock"));
        }
        if other.id == *id {
            return Err(RepositoryError::Bug("a key is removed that is to open the repository"));
        }
        lock.ensure()?;
        self.delete(&Folder::Keys.name(id))
    }

    /// Removes every key of this password while another one is proven, and says which went.
    pub fn remove_keys_of(
        &self,
        lock: &Lock,
        password: &Secret,
        other: &Proven,
    ) -> Result<Vec<Digest>, RepositoryError> {
        let mut removed = Vec::new();
        while let Some(key) = self.key_of(password, Some(&other.id()))? {
            self.remove_key(lock, &key, other)?;
            removed.push(key);
        }
        Ok(removed)
    }
}

impl Said {
    fn of(file: &KeyFile) -> Self {
        let named = |name: &str| name.chars().take(NAME_MAX).collect();
        let Maker { username, hostname } = file.maker();
        let (user, host) = (named(username), named(hostname));
        Self { created: file.created(), user, host, cost: file.cost() }
    }
}

/// Tries the password on the key files but one. `None` if there is no key file at all.
pub(super) fn find(
    store: &dyn ObjectStore,
    password: &Secret,
    world: &World,
    except: Option<&Digest>,
) -> Result<Option<Found>, RepositoryError> {
    let mut listed = world.block_on(store.list(Folder::Keys.prefix()))?;
    listed.retain(|(name, _)| except.is_none_or(|id| Folder::Keys.name(id) != *name));
    let keys = listed.len() as u64;
    let mut search = Search { store, password, world, keys, tried: 0, spent: 0, fault: None };
    let mut costly = Vec::new();
    for (name, size) in listed {
        if let Some(found) = search.meet(name, size, &mut costly)? {
            return Ok(Some(found));
        }
    }
    costly.sort();
    for (work, name, size) in costly {
        if let Some(found) = search.again(work, &name, size)? {
            return Ok(Some(found));
        }
    }
    match search.fault {
        // A damaged one may be ours: then "wrong password" would send people the wrong way.
        Some(error) => Err(error),
        None if keys == 0 => Ok(None),
        None => Err(RepositoryError::WrongKey { place: store.location(), keys }),
    }
}

/// A look for the key that a password opens.
struct Search<'a> {
    store: &'a dyn ObjectStore,
    password: &'a Secret,
    world: &'a World,
    keys: u64,
    tried: u64,
    spent: u64,
    fault: Option<RepositoryError>,
}

impl Search<'_> {
    /// Reads a key file and tries it, or puts it aside if that is costly.
    fn meet(
        &mut self,
        name: ObjectName,
        size: u64,
        costly: &mut Vec<(u64, ObjectName, u64)>,
    ) -> Result<Option<Found>, RepositoryError> {
        self.spend(WORK_LEAST)?;
        let file = match read(self.store, &name, size, self.world) {
            Ok(file) => file,
            Err(error) => return Ok(self.put_by(error)),
        };
        let work = file.cost().work();
        if work > WORK_USUAL && file.cost().is_bounded() {
            costly.push((work, name, size));
            return Ok(None);
        }
        self.spend(work.min(WORK_USUAL))?;
        Ok(self.open(&name, &file))
    }

    /// Reads a costly one again: keeping what was read would let strangers take our memory.
    fn again(
        &mut self,
        work: u64,
        name: &ObjectName,
        size: u64,
    ) -> Result<Option<Found>, RepositoryError> {
        self.spend(work)?;
        match read(self.store, name, size, self.world) {
            Ok(file) => Ok(self.open(name, &file)),
            Err(error) => Ok(self.put_by(error)),
        }
    }

    fn open(&mut self, name: &ObjectName, file: &KeyFile) -> Option<Found> {
        self.tried += 1;
        match (file.open(self.password), Folder::Keys.digest(name)) {
            (Ok(Opened::Master(master)), Some(id)) => Some(Found { id, master: *master }),
            (Ok(_), _) => None,
            (Err(malformed), _) => self.put_by(RepositoryError::damaged(name)(malformed)),
        }
    }

    /// The next one may do; the fault is told if none does. What could not be looked at weighs more
    /// than what is damaged: it may be sound.
    fn put_by(&mut self, error: RepositoryError) -> Option<Found> {
        if !matches!(self.fault, Some(RepositoryError::Store(_))) {
            self.fault = Some(error);
        }
        None
    }

    fn spend(&mut self, work: u64) -> Result<(), RepositoryError> {
        self.spent = self.spent.saturating_add(work);
        if self.spent <= WORK_ALL_MAX {
            return Ok(());
        }
        let (place, tried, keys) = (self.store.location(), self.tried, self.keys);
        Err(RepositoryError::TooManyKeys { place, tried, keys })
    }
}

fn read(
    store: &dyn ObjectStore,
    name: &ObjectName,
    size: u64,
    world: &World,
) -> Result<KeyFile, RepositoryError> {
    let damaged = |reason| RepositoryError::damaged(name)(Malformed::new("key file", reason));
    if size > KEY_FILE_MAX {
        return Err(damaged("it is too long"));
    }
    let bytes = world.block_on(store.get(name))?;
    if Digest::of(&bytes).to_string() != name.last_segment() {
        return Err(damaged("its content does not match its name"));
    }
    KeyFile::parse(&bytes).map_err(RepositoryError::damaged(name))
}

/// Makes a master key, and the first key file for it.
pub(super) fn make(
    store: &dyn ObjectStore,
    password: &Secret,
    world: &World,
) -> Result<Found, RepositoryError> {
    let master = SealingKey::random(&*world.entropy);
    let id = write(store, &master, password, Cost::OURS, world)?;
    Ok(Found { id, master })
}

fn write(
    store: &dyn ObjectStore,
    master: &SealingKey,
    password: &Secret,
    cost: Cost,
    world: &World,
) -> Result<Digest, RepositoryError> {
    let me = Whoami::now();
    let maker = Maker { username: &me.user, hostname: &me.host };
    let bytes = KeyFile::seal(master, password, cost, maker, world.clock.now(), &*world.entropy)
        .and_then(|file| file.to_bytes())
        .map_err(|source| RepositoryError::SelfCheck { source })?;
    let id = Digest::of(&bytes);
    world.block_on(store.put(&Folder::Keys.name(&id), bytes.into()))?;
    Ok(id)
}
