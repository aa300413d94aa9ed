//! Who says that a copy of a repository's password lies off this host, and where.
//!
//! A repository whose password burns with the host is lost. Nothing but a person can know of the
//! copy; so status stays amber until one says so by name. Given the copy itself, we prove that it
//! opens the repository before we believe it.
//!
//! Below it: what can be done with the keys that passwords open.

pub mod add;
pub mod check_words;
pub mod fault;
pub mod list;
pub mod remove;
pub mod rotate;
pub mod sheet;

use std::path::{Path, PathBuf};

use crate::audit::Deed;
use crate::base::fault::AnyFault;
use crate::base::secret::Secret;
use crate::job::fault::JobFault;
use crate::job::site::Site;
use crate::repository::{Repository, RepositoryError};
use crate::world::files;

/// A person's word about the copy.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// The repository.
    pub repository: String,
    /// Who says it.
    pub by: String,
    /// Where the copy lies, in words.
    pub place: String,
    /// The copy, to be proven.
    pub copy: Option<PathBuf>,
}

/// Records the confirmation, after the copy, where given, has opened the repository.
pub fn confirm(site: &Site, confirmation: &Confirmation) -> Result<(), AnyFault> {
    let log = site.log()?;
    site.repository(&confirmation.repository)?;
    if let Some(copy) = &confirmation.copy {
        prove(site, &confirmation.repository, copy)?;
    }
    let deed = Deed::new("key.confirm", &confirmation.repository)
        .fact("by", confirmation.by.clone())
        .fact("place", confirmation.place.clone())
        .fact("proven", confirmation.copy.is_some());
    log.record(&site.actor, deed)?;
    Ok(())
}

fn prove(site: &Site, repository: &str, copy: &Path) -> Result<(), AnyFault> {
    let password = Secret::from_file_content(files::read(copy)?);
    match Repository::open(site.store(repository)?, &password, &site.world) {
        Ok(_) => Ok(()),
        Err(RepositoryError::WrongKey { .. }) => {
            Err(JobFault::WrongCopy { repository: repository.to_owned(), copy: copy.to_owned() }
                .into())
        }
        Err(other) => Err(other.into()),
    }
}
