//! Taking a password away from a repository, on record.
//!
//! Another key opens the repository first, with a password that is at hand, under the lock that
//! keeps others from removing that one. So no answer of ours leaves a repository that nobody opens.

use std::path::Path;

use crate::audit::{Deed, Outcome};
use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::base::secret::Secret;
use crate::config::secret::SecretSource;
use crate::job::key::fault::KeyFault;
use crate::job::site::Site;
use crate::repository::keys::{Listed, Proven};
use crate::repository::{Repository, RepositoryError};

/// A key that goes, or would.
#[derive(Debug)]
pub struct Removal {
    /// What is known of it.
    pub key: Listed,
    /// The key that was proven instead.
    pub proven: Digest,
    /// Whether the configured password opened it, and opens nothing without it.
    pub in_use: bool,
}

/// Removes the key whose id begins so, once the configured password or the one in `other` has
/// opened another.
pub fn remove(
    site: &Site,
    name: &str,
    key: &str,
    other: Option<&Path>,
) -> Result<Removal, AnyFault> {
    let log = site.log()?;
    let _alone = site.exclusively("key", name)?;
    let work = Work::begin(site, name, other)?;
    let lock = work.repository.lock_exclusive()?;
    let (removal, proven) = work.judge(key)?;
    let deed = Deed::new("key.remove", name)
        .fact("key", removal.key.id.to_string())
        .fact("proven", proven.id().to_string())
        .fact("in-use", removal.in_use);
    site.recorded(&log, deed, || {
        work.repository.remove_key(&lock, &removal.key.id, &proven)?;
        Ok(((), Outcome::done()))
    })?;
    Ok(removal)
}

/// What [`remove`] would do. Changes nothing.
pub fn plan(site: &Site, name: &str, key: &str, other: Option<&Path>) -> Result<Removal, AnyFault> {
    Work::begin(site, name, other)?.judge(key).map(|(removal, _)| removal)
}

struct Work<'a> {
    name: &'a str,
    repository: Repository,
    configured: Secret,
    other: Option<Secret>,
}

impl<'a> Work<'a> {
    fn begin(site: &Site, name: &'a str, other: Option<&Path>) -> Result<Self, AnyFault> {
        let configured = site.repository(name)?.password.read()?;
        let other = other.map(|file| SecretSource::File(file.to_owned()).read()).transpose()?;
        // One whose configured password opens nothing any more is opened with the other.
        let repository = match (site.open(name), &other) {
            (Ok(repository), _) => repository,
            (Err(_), Some(other)) => Repository::open(site.store(name)?, other, &site.world)?,
            (Err(fault), None) => return Err(fault),
        };
        Ok(Self { name, repository, configured, other })
    }

    fn judge(&self, prefix: &str) -> Result<(Removal, Proven), AnyFault> {
        let mut keys = self.repository.keys()?;
        let wanted = prefix.to_ascii_lowercase();
        let begins = |key: &Listed| !wanted.is_empty() && key.id.to_string().starts_with(&wanted);
        if keys.iter().filter(|key| begins(key)).count() != 1 {
            let (repository, key) = (self.name.to_owned(), prefix.to_owned());
            return Err(KeyFault::NoKey { repository, key }.into());
        }
        if keys.len() == 1 {
            return Err(KeyFault::Last { repository: self.name.to_owned(), key: keys[0].id }.into());
        }
        keys.retain(begins);
        let key = keys.remove(0);
        let configured = self.prove(&self.configured, &key.id)?;
        let in_use = configured.is_none();
        let other = match (configured, &self.other) {
            (Some(proven), _) => Some(proven),
            (None, Some(other)) => self.prove(other, &key.id)?,
            (None, None) => None,
        };
        let Some(proven) = other else {
            let repository = self.name.to_owned();
            return Err(KeyFault::NotProven { repository, key: key.id }.into());
        };
        Ok((Removal { key, proven: proven.id(), in_use }, proven))
    }

    /// That this password opens another key than this one.
    fn prove(&self, password: &Secret, except: &Digest) -> Result<Option<Proven>, RepositoryError> {
        match self.repository.key_of(password, Some(except))? {
            Some(key) => self.repository.prove_key(&key, password),
            None => Ok(None),
        }
    }
}
