//! Which set is put in production's place: found, of this portal, and with all that the portal has.

use crate::base::fault::{AnyFault, FaultKind};
use crate::base::manifest::Manifest;
use crate::config::settings::{Engine, Portal};
use crate::job::playbook::restore::fault::InPlaceFault;
use crate::job::sets;
use crate::job::site::{Layout, Site, is_evidence, is_ordinary};
use crate::repository::{Repository, SnapshotId};
use crate::source::{command, mariadb, postgres, sqlite};

/// A set with the repository that holds it, opened.
pub(super) struct Found {
    /// The repository's name.
    pub(super) name: String,
    pub(super) repository: Repository,
    pub(super) id: SnapshotId,
    pub(super) manifest: Manifest,
    /// Whether it was taken as evidence: named by a person, then, and to be told.
    pub(super) of_evidence: bool,
}

/// The set that `wanted` begins, or for `latest` the newest that holds every source of the portal
/// and was not taken as evidence. The drill's repository is asked first. One that cannot be opened
/// matters only if no other has the set.
pub(super) fn find(site: &Site, portal: &Portal, wanted: &str) -> Result<Found, AnyFault> {
    let mut fault: Option<AnyFault> = None;
    let mut best: Option<Found> = None;
    for name in repositories(portal) {
        let found = match wanted {
            "latest" => newest(site, portal, name),
            prefix => by_id(site, portal, name, prefix).map(Some),
        };
        match found {
            Ok(Some(found)) if wanted != "latest" => return Ok(found),
            // The same run's set has the same time in each repository: the first one stays.
            Ok(Some(found)) if best.as_ref().is_none_or(|best| is_newer(&found, best)) => {
                best = Some(found);
            }
            // "Not there" is the least interesting reason: another one is told if there is one.
            Err(other) if fault.as_ref().is_none_or(|f| f.kind() == FaultKind::User) => {
                fault = Some(other);
            }
            Ok(_) | Err(_) => {}
        }
    }
    let none = || InPlaceFault::NoWholeSet { portal: portal.id.clone() }.into();
    best.ok_or_else(|| fault.unwrap_or_else(none))
}

fn is_newer(one: &Found, other: &Found) -> bool {
    one.manifest.started > other.manifest.started
}

/// The drill's first: it is the one that is known to restore.
fn repositories(portal: &Portal) -> impl Iterator<Item = &str> {
    let from = portal.drill.from.as_str();
    let others = portal.snapshot.to.iter().map(String::as_str).filter(move |name| *name != from);
    std::iter::once(from).chain(others)
}

fn by_id(site: &Site, portal: &Portal, name: &str, prefix: &str) -> Result<Found, AnyFault> {
    let repository = site.open(name)?;
    let (id, snapshot) = repository.find(prefix)?;
    let manifest = sets::manifest(&repository, &id)?;
    fits(portal, &id, &manifest)?;
    let of_evidence = is_evidence(&snapshot);
    Ok(Found { name: name.to_owned(), repository, id, manifest, of_evidence })
}

fn newest(site: &Site, portal: &Portal, name: &str) -> Result<Option<Found>, AnyFault> {
    let repository = site.open(name)?;
    let sets = repository.snapshots()?.sets;
    let _index = repository.hold_index()?;
    for (id, snapshot) in sets.into_iter().rev() {
        if !is_ordinary(&snapshot, &portal.id) {
            continue;
        }
        match sets::manifest(&repository, &id).and_then(|manifest| {
            fits(portal, &id, &manifest)?;
            Ok(manifest)
        }) {
            Ok(manifest) => {
                let (name, of_evidence) = (name.to_owned(), false);
                return Ok(Some(Found { name, repository, id, manifest, of_evidence }));
            }
            // A damaged or partial set is no reason not to take the one before it.
            Err(fault) if is_about_the_set(fault.as_ref()) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(None)
}

fn is_about_the_set(fault: &dyn crate::base::fault::Fault) -> bool {
    let ours = ["in-place.lacks", "in-place.other-portal", "browse.no-such-path"];
    fault.kind() == FaultKind::Integrity || ours.contains(&fault.code())
}

/// Fails unless the set is of this portal and holds every source that the portal has now: what it
/// lacks would stay as the attacker left it, beside data of another day.
fn fits(portal: &Portal, id: &SnapshotId, manifest: &Manifest) -> Result<(), InPlaceFault> {
    let set = || id.to_string();
    if manifest.portal != portal.id {
        let (found, wanted) = (manifest.portal.clone(), portal.id.clone());
        return Err(InPlaceFault::OtherPortal { set: set(), found, wanted });
    }
    if let Some(part) = manifest.sealed.first() {
        return Err(InPlaceFault::Sealed { set: set(), source_name: part.part.clone() });
    }
    for database in &portal.databases {
        let engine = match database.engine {
            Engine::Sqlite(_) => sqlite::ENGINE,
            Engine::Postgres(_) => postgres::ENGINE,
            Engine::PostgresBase(_) => postgres::physical::ENGINE,
            Engine::Mariadb(_) => mariadb::ENGINE,
            Engine::Command(_) => command::ENGINE,
        };
        let held = manifest.databases.get(&database.name);
        if held.is_none_or(|facts| facts.engine != engine) {
            let source_name = Layout::database(&database.name);
            return Err(InPlaceFault::Lacks { set: set(), source_name });
        }
    }
    for tree in &portal.trees {
        let source_name = Layout::tree(tree.role, &tree.name);
        if !manifest.trees.iter().any(|held| held.path == source_name) {
            return Err(InPlaceFault::Lacks { set: set(), source_name });
        }
    }
    Ok(())
}
