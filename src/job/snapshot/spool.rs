//! Where dumps wait until they are stored.
//!
//! Private, and gone when dropped. Dumps of other programs than ours must stand still from the dump
//! until they have been read into the set: [`Spool::still`] holds what they were.

use std::path::{Path, PathBuf};

use crate::audit::Log;
use crate::base::fault::AnyFault;
use crate::base::manifest::DatabaseFacts;
use crate::config::settings::Portal;
use crate::job::site::{Layout, Site, Temporary};
use crate::source::command::{self, Still};
use crate::world::files::{self, FileError};
use crate::world::moves;

/// Removes what killed runs have left in the spool: plain dumps, of sealed databases too. What
/// belongs to a run that goes on stays; what cannot be removed is told, after all the rest.
pub fn sweep(site: &Site) -> Result<(), AnyFault> {
    let mut first_fault = None;
    for portal in &site.settings.portals {
        for (verb, folder) in
            [("snapshot", portal.id.clone()), ("spot", format!(".spot.{}", portal.id))]
        {
            let left = site.settings.spool_dir().join(folder);
            if let Err(fault) = remove_left(site, verb, &portal.id, &left) {
                first_fault.get_or_insert(fault);
            }
        }
    }
    first_fault.map_or(Ok(()), Err)
}

fn remove_left(site: &Site, verb: &str, portal: &str, left: &Path) -> Result<(), AnyFault> {
    if !moves::is_there(left)? {
        return Ok(());
    }
    let _alone = match site.exclusively(verb, portal) {
        Ok(alone) => alone,
        // Whoever holds the lock is at work there.
        Err(fault) if fault.code() == FileError::LOCKED => return Ok(()),
        Err(fault) => return Err(fault),
    };
    Ok(std::fs::remove_dir_all(left).map_err(FileError::io("remove", left))?)
}

/// The spool of one run.
pub(super) struct Spool {
    pub(super) folder: Temporary,
    pub(super) dumps: PathBuf,
    /// What must not change until it has been read.
    pub(super) still: Vec<Still>,
}

impl Spool {
    pub(super) fn make(site: &Site, portal: &Portal) -> Result<Self, AnyFault> {
        let folder = Temporary::create(site.settings.spool_dir().join(&portal.id))?;
        let dumps = folder.path().join(Layout::DATABASES);
        files::create_private_dir(&dumps)?;
        Ok(Self { folder, dumps, still: Vec::new() })
    }

    /// Notes what this dump is, right after it was made.
    pub(super) fn note(&mut self, facts: &DatabaseFacts) -> Result<(), AnyFault> {
        self.still.extend(command::seen(facts, &self.dumps)?);
        Ok(())
    }

    /// The copy holds neither the signing key nor locks, and verifies, whoever writes meanwhile.
    /// A log that cannot be written does not keep a portal without sets: this one lacks its copy.
    pub(super) fn copy_of(&self, log: Option<&Log>) -> Result<Option<PathBuf>, AnyFault> {
        let Some(log) = log else { return Ok(None) };
        let copy = self.folder.path().join("audit");
        log.copy_to(&copy)?;
        Ok(Some(copy))
    }
}
