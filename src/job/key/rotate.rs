//! A new password in the place of the configured one, on record.
//!
//! The order is what makes it safe to be killed anywhere: the new password is on the disk, the new
//! key is in the repository and has opened it, the password file is exchanged by one rename, and
//! only then does the old key go. Begun again it goes on: a file beside the configured one, `.new`
//! before the exchange and `.old` from just before it to the end, holds the other password.
//!
//! Where the password is a credential of the service, its file is not ours to write: the new key is
//! made and proven, the old one stays, and a person is told what is left to do.

use std::path::{Path, PathBuf};

use crate::audit::{Deed, Log, Outcome};
use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::base::secret::Secret;
use crate::config::secret::SecretSource;
use crate::config::settings;
use crate::job::init::new_password;
use crate::job::key::add::read_new;
use crate::job::key::fault::KeyFault;
use crate::job::site::Site;
use crate::repository::key::Cost;
use crate::repository::keys::Proven;
use crate::repository::lock::Lock;
use crate::repository::{Repository, RepositoryError};
use crate::world::files::{self, FileError};

/// What was done.
#[derive(Debug)]
pub struct Rotated {
    /// The key of the new password.
    pub new: Digest,
    /// Keys of the old password that were removed.
    pub removed: Vec<Digest>,
    /// The key of the old password that stays until a person has done the rest.
    pub stays: Option<Digest>,
    /// Whether it went on with what was broken off before.
    pub resumed: bool,
    /// Where the password is kept.
    pub kept: Kept,
}

/// Where the configured password is kept.
#[derive(Clone, Debug)]
pub enum Kept {
    /// In this file, which holds the new one now.
    File(PathBuf),
    /// In a credential of this name, which holds the old one still.
    Credential(String),
}

impl Rotated {
    /// Done; or that a person must do the rest.
    pub fn exit(&self) -> ExitCode {
        if self.stays.is_some() { ExitCode::HumanNeeded } else { ExitCode::Done }
    }
}

/// Where a rotation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not begun.
    Fresh,
    /// A new password is on the disk; the configured one is the old one.
    Begun,
    /// The configured password is the new one; keys of the old one may be left.
    Exchanged,
}

/// Replaces the configured password of the repository of this name: by the one in `given`, or by a
/// new random one.
pub fn rotate(site: &Site, name: &str, given: Option<&Path>) -> Result<Rotated, AnyFault> {
    let log = site.log()?;
    let settings = site.repository(name)?;
    let _alone = site.exclusively("key", name)?;
    let work = Work { site, name, log: &log };
    match &settings.password {
        SecretSource::File(_) => work.in_file(&Files::of(site, settings)?, given),
        SecretSource::Credential { name: credential, .. } => work.beside(credential, given),
    }
}

/// Where the rotation stands that [`rotate`] would begin or go on with, after all that it checks
/// before it changes anything.
pub fn plan(site: &Site, name: &str, given: Option<&Path>) -> Result<Stage, AnyFault> {
    let settings = site.repository(name)?;
    let given = given.map(read_new).transpose()?;
    let current = settings.password.read()?;
    let repository = site.open(name)?;
    let stage = match &settings.password {
        SecretSource::File(_) => Files::of(site, settings)?.stage(&current)?,
        SecretSource::Credential { .. } => Stage::Fresh,
    };
    if stage == Stage::Fresh && given.is_some_and(|given| given.expose() == current.expose()) {
        return Err(same(name, &repository, settings));
    }
    Ok(stage)
}

/// The configured password file, and what stands beside it while it is exchanged.
struct Files {
    current: PathBuf,
    next: PathBuf,
    old: PathBuf,
}

impl Files {
    /// Links are followed first: the rename would put a file in the place of a link.
    fn of(site: &Site, settings: &settings::Repository) -> Result<Self, AnyFault> {
        let real = |path: &Path| path.canonicalize().map_err(FileError::io("examine", path));
        let current = real(settings.password.path()?)?;
        let shares = |other: &&settings::Repository| {
            let path = other.password.path().ok().and_then(|path| path.canonicalize().ok());
            other.name != settings.name && path.as_deref() == Some(&current)
        };
        let others = site.settings.repositories.iter().filter(shares);
        let others: Vec<_> = others.map(|other| other.name.as_str()).collect();
        if !others.is_empty() {
            let (repository, others) = (settings.name.clone(), others.join(", "));
            return Err(KeyFault::Shared { repository, others }.into());
        }
        let beside = |suffix| {
            let mut name = current.file_name().unwrap_or_default().to_owned();
            name.push(suffix);
            current.with_file_name(name)
        };
        let (next, old) = (beside(".new"), beside(".old"));
        Ok(Self { current, next, old })
    }

    fn stage(&self, current: &Secret) -> Result<Stage, AnyFault> {
        if self.next.exists() {
            return Ok(Stage::Begun);
        }
        if self.old.exists() && read(&self.old)?.expose() != current.expose() {
            return Ok(Stage::Exchanged);
        }
        Ok(Stage::Fresh)
    }
}

fn read(path: &Path) -> Result<Secret, AnyFault> {
    Ok(SecretSource::File(path.to_owned()).read()?)
}

fn same(name: &str, repository: &Repository, settings: &settings::Repository) -> AnyFault {
    let file = settings.password.path().map(Path::to_owned).unwrap_or_default();
    KeyFault::Known { repository: name.to_owned(), file, key: repository.key_id() }.into()
}

struct Work<'a> {
    site: &'a Site,
    name: &'a str,
    log: &'a Log,
}

impl Work<'_> {
    fn in_file(&self, files: &Files, given: Option<&Path>) -> Result<Rotated, AnyFault> {
        let given = given.map(read_new).transpose()?;
        let current = read(&files.current)?;
        let stage = files.stage(&current)?;
        let begun = || AnyFault::from(KeyFault::Begun { repository: self.name.to_owned() });
        let other_than =
            |wanted: &Secret| given.as_ref().is_some_and(|given| given.expose() != wanted.expose());
        let repository = self.site.open(self.name)?;
        let lock = repository.lock_exclusive()?;
        let deed = Deed::new("key.rotate", self.name)
            .fact("key", repository.key_id().to_string())
            .fact("resumed", stage != Stage::Fresh);
        let turn = Turn { repository: &repository, lock: &lock, files };
        let kept = Kept::File(files.current.clone());
        let resumed = stage != Stage::Fresh;
        let done = |new: Digest, removed| Rotated {
            new,
            removed,
            stays: None,
            resumed,
            kept: kept.clone(),
        };
        let new = match stage {
            Stage::Exchanged if other_than(&current) => return Err(begun()),
            Stage::Exchanged => {
                let old = read(&files.old)?;
                return self.record(deed, || {
                    let proven = turn.prove(&current)?;
                    Ok(done(proven.id(), turn.finish(&old, &proven)?))
                });
            }
            Stage::Begun => {
                let new = read(&files.next)?;
                if other_than(&new) {
                    return Err(begun());
                }
                new
            }
            Stage::Fresh => match given {
                Some(given) => given,
                None => Secret::from_file_content(new_password(&self.site.world).into_bytes()),
            },
        };
        if new.expose() == current.expose() {
            return Err(same(self.name, &repository, self.site.repository(self.name)?));
        }
        self.record(deed, || {
            turn.write_down(&new)?;
            let proven = turn.make(&new)?;
            turn.exchange(&new)?;
            Ok(done(proven.id(), turn.finish(&current, &proven)?))
        })
    }

    /// Makes the new key beside the one of the credential, which stays.
    fn beside(&self, credential: &str, given: Option<&Path>) -> Result<Rotated, AnyFault> {
        let Some(given) = given else {
            let (repository, credential) = (self.name.to_owned(), credential.to_owned());
            return Err(KeyFault::NeedsFile { repository, credential }.into());
        };
        let new = read_new(given)?;
        let settings = self.site.repository(self.name)?;
        let repository = self.site.open(self.name)?;
        if new.expose() == settings.password.read()?.expose() {
            return Err(same(self.name, &repository, settings));
        }
        let lock = repository.lock_shared()?;
        let deed = Deed::new("key.rotate", self.name)
            .fact("key", repository.key_id().to_string())
            .fact("credential", credential.to_owned());
        self.record(deed, || {
            let (proven, resumed) = match repository.key_of(&new, None)? {
                Some(key) => (repository.prove_key(&key, &new)?.ok_or(LOST)?, true),
                None => (repository.add_key(&lock, &new, Cost::OURS)?, false),
            };
            let kept = Kept::Credential(credential.to_owned());
            let stays = Some(repository.key_id());
            Ok(Rotated { new: proven.id(), removed: Vec::new(), stays, resumed, kept })
        })
    }

    fn record(
        &self,
        deed: Deed,
        effect: impl FnOnce() -> Result<Rotated, AnyFault>,
    ) -> Result<Rotated, AnyFault> {
        self.site.recorded(self.log, deed, || {
            let rotated = effect()?;
            let removed: Vec<_> = rotated.removed.iter().map(Digest::to_string).collect();
            let mut outcome =
                Outcome::done().fact("new", rotated.new.to_string()).fact("removed", removed);
            if let Some(stays) = &rotated.stays {
                outcome = outcome.fact("stays", stays.to_string());
            }
            Ok((rotated, outcome))
        })
    }
}

/// A key that was there a moment ago, under our lock.
const LOST: RepositoryError = RepositoryError::Bug("a key that was found does not open");

/// The steps, each of which may be done again.
struct Turn<'a> {
    repository: &'a Repository,
    lock: &'a Lock,
    files: &'a Files,
}

impl Turn<'_> {
    /// Both passwords are on the disk before the repository is touched: whatever happens from here,
    /// each key has its password.
    fn write_down(&self, new: &Secret) -> Result<(), AnyFault> {
        let Files { current, next, old } = self.files;
        // As it is, whatever ends its line.
        let whole = Secret::new(files::read(current)?);
        files::replace_as(old, whole.expose(), current)?;
        let line = Secret::new([new.expose(), b"\n"].concat());
        Ok(files::replace_as(next, line.expose(), current)?)
    }

    /// The new key, which opens the repository when this returns.
    fn make(&self, new: &Secret) -> Result<Proven, RepositoryError> {
        self.repository.ensure_key(self.lock, new, Cost::OURS)
    }

    fn exchange(&self, new: &Secret) -> Result<(), AnyFault> {
        // Read back first: what is put in place is what opens the repository.
        if read(&self.files.next)?.expose() != new.expose() {
            return Err(LOST.into());
        }
        self.lock.ensure()?;
        Ok(files::rename_durably(&self.files.next, &self.files.current)?)
    }

    /// That the password in place opens the repository.
    fn prove(&self, password: &Secret) -> Result<Proven, RepositoryError> {
        self.repository.prove_key(&self.repository.key_id(), password)?.ok_or(LOST)
    }

    /// Removes every key of the old password, then the old password.
    fn finish(&self, old: &Secret, new: &Proven) -> Result<Vec<Digest>, AnyFault> {
        let removed = self.repository.remove_keys_of(self.lock, old, new)?;
        files::remove_durably(&self.files.old)?;
        Ok(removed)
    }
}
