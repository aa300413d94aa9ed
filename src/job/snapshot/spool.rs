//! Where dumps wait until they are stored.
//!
//! Private, and gone when dropped. Dumps of other programs than ours must stand still from the dump
//! until they have been read into the set: [`Spool::still`] holds what they were.

use std::path::PathBuf;

use crate::audit::Log;
use crate::base::fault::AnyFault;
use crate::base::manifest::DatabaseFacts;
use crate::config::settings::Portal;
use crate::job::site::{Layout, Site, Temporary};
use crate::source::command::{self, Still};
use crate::world::files;

/// Removes what killed runs have left in the spool: plain dumps, of sealed databases too. What
/// belongs to a run that goes on stays; what cannot be removed is told.
pub fn sweep(site: &Site) -> Result<(), AnyFault> {
    for portal in &site.settings.portals {
        let left = site.settings.spool_dir().join(&portal.id);
        if !left.exists() {
            continue;
        }
        // Whoever holds the lock is at work there.
        let Ok(_alone) = site.exclusively("snapshot", &portal.id) else { continue };
        std::fs::remove_dir_all(&left).map_err(files::FileError::io("remove", &left))?;
    }
    for portal in &site.settings.portals {
        let left = site.settings.spool_dir().join(format!(".spot.{}", portal.id));
        if !left.exists() {
            continue;
        }
        let Ok(_alone) = site.exclusively("spot", &portal.id) else { continue };
        std::fs::remove_dir_all(&left).map_err(files::FileError::io("remove", &left))?;
    }
    Ok(())
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
