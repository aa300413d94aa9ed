//! One more password for a repository, on record.

use std::path::Path;

use crate::audit::{Deed, Outcome};
use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::base::secret::Secret;
use crate::config::secret::SecretSource;
use crate::job::key::fault::KeyFault;
use crate::job::site::Site;
use crate::repository::Repository;
use crate::repository::key::Cost;

/// Adds a key for the password in this file, and returns its id once it has opened the repository.
pub fn add(site: &Site, name: &str, file: &Path) -> Result<Digest, AnyFault> {
    let log = site.log()?;
    let password = read_new(file)?;
    let repository = site.open(name)?;
    let lock = repository.lock_shared()?;
    refuse_known(&repository, name, &password, file)?;
    site.recorded(&log, Deed::new("key.add", name), || {
        let proven = repository.add_key(&lock, &password, Cost::OURS)?;
        Ok((proven.id(), Outcome::done().fact("key", proven.id().to_string())))
    })
}

/// Whether the password in this file could be added.
pub fn check(site: &Site, name: &str, file: &Path) -> Result<(), AnyFault> {
    let password = read_new(file)?;
    refuse_known(&site.open(name)?, name, &password, file)
}

/// A new password: one that every program reads the same from its file.
pub(super) fn read_new(file: &Path) -> Result<Secret, AnyFault> {
    let password = SecretSource::File(file.to_owned()).read()?;
    if password.expose().trim_ascii().len() != password.expose().len() {
        return Err(KeyFault::Edges { file: file.to_owned() }.into());
    }
    Ok(password)
}

fn refuse_known(
    repository: &Repository,
    name: &str,
    password: &Secret,
    file: &Path,
) -> Result<(), AnyFault> {
    match repository.key_of(password, None)? {
        None => Ok(()),
        Some(key) => {
            let (repository, file) = (name.to_owned(), file.to_owned());
            Err(KeyFault::Known { repository, file, key }.into())
        }
    }
}
