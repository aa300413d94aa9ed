//! Finding sets in a repository and reading what they say of themselves.

use crate::base::cancel::Cancel;
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _, FaultKind};
use crate::base::manifest::{self, Manifest};
use crate::base::progress::Silent;
use crate::base::tag;
use crate::job::fault::JobFault;
use crate::job::site::{Layout, Site, is_evidence, is_ordinary};
use crate::repository::blob::BlobKind;
use crate::repository::browse::Browser;
use crate::repository::snapshot::Snapshot;
use crate::repository::{BlobId, Repository, RepositoryError, SnapshotId, layout};
use crate::store::ObjectName;

/// More than the inventory of any portal: a manifest beyond it is not ours.
pub(super) const MANIFEST_MAX: u64 = 256 * 1024 * 1024;

/// A set as listed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The repository's name in the configuration.
    pub repository: String,
    /// The snapshot's id.
    pub id: SnapshotId,
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The portal, from the snapshot's tag.
    pub portal: Option<String>,
}

/// What repositories hold.
#[derive(Debug, Default)]
pub struct Listing {
    /// Those that can be read.
    pub sets: Vec<Listed>,
    /// Those that cannot. Of which portal they are, nobody knows.
    pub unreadable: Vec<Unreadable>,
}

/// A set of which only the name is left, or within reach.
#[derive(Debug)]
pub struct Unreadable {
    /// The repository's name in the configuration.
    pub repository: String,
    /// The snapshot's id.
    pub id: SnapshotId,
    /// Why it cannot be read.
    pub fault: RepositoryError,
}

impl Listing {
    /// Done; or that stored data is damaged, or that something could not be read.
    pub fn exit(&self) -> ExitCode {
        let damaged = |one: &Unreadable| one.fault.kind() == FaultKind::Integrity;
        match &self.unreadable[..] {
            [] => ExitCode::Done,
            some if some.iter().any(damaged) => ExitCode::Integrity,
            _ => ExitCode::Warnings,
        }
    }
}

/// All snapshots of one or all repositories, oldest first. With a portal, only its own; those that
/// cannot be read are always told.
pub fn list(
    site: &Site,
    repository: Option<&str>,
    portal: Option<&str>,
) -> Result<Listing, AnyFault> {
    if let Some(portal) = portal {
        site.portal(portal)?;
    }
    let names: Vec<String> = match repository {
        Some(name) => vec![site.repository(name)?.name.clone()],
        None => site.settings.repositories.iter().map(|one| one.name.clone()).collect(),
    };
    let mut listing = Listing::default();
    for name in names {
        let found = site.open(&name)?.snapshots()?;
        let unreadable = found.unreadable.into_iter();
        listing.unreadable.extend(unreadable.map(|(id, fault)| Unreadable {
            repository: name.clone(),
            id,
            fault,
        }));
        for (id, snapshot) in found.sets {
            let of = portal_of(&snapshot).map(str::to_owned);
            if portal.is_none() || of.as_deref() == portal {
                listing.sets.push(Listed { repository: name.clone(), id, snapshot, portal: of });
            }
        }
    }
    Ok(listing)
}

/// The portal of a set, from its tag.
pub fn portal_of(snapshot: &Snapshot) -> Option<&str> {
    snapshot.tags.iter().find_map(|one| one.strip_prefix(tag::PORTAL))
}

/// The newest set of the portal that is no evidence.
pub(super) fn newest(
    repository: &Repository,
    portal: &str,
) -> Result<Option<(SnapshotId, Snapshot)>, RepositoryError> {
    let sets = repository.snapshots()?.sets;
    Ok(sets.into_iter().rev().find(|(_, snapshot)| is_ordinary(snapshot, portal)))
}

/// All sets of the portal that are no evidence.
fn newest_first(repository: &Repository, portal: &str) -> Result<Vec<SnapshotId>, RepositoryError> {
    let sets = repository.snapshots()?.sets.into_iter().rev();
    Ok(sets.filter(|(_, snapshot)| is_ordinary(snapshot, portal)).map(|(id, _)| id).collect())
}

/// The set that `wanted` begins, or the newest of the portal that is no evidence.
pub fn find(
    repository: &Repository,
    name: &str,
    portal: &str,
    wanted: Option<&str>,
) -> Result<(SnapshotId, Snapshot), AnyFault> {
    match wanted {
        Some(prefix) if prefix != "latest" => Ok(repository.find(prefix)?),
        _ => {
            let newest = newest(repository, portal)?;
            Ok(newest.ok_or_else(|| JobFault::NoSet {
                portal: portal.to_owned(),
                repository: name.to_owned(),
            })?)
        }
    }
}

/// A set that was found, with the repository that holds it, opened.
#[derive(Debug)]
pub struct Located {
    /// The repository's name in the configuration.
    pub name: String,
    /// The repository.
    pub repository: Repository,
    /// The set.
    pub id: SnapshotId,
    /// Its snapshot.
    pub snapshot: Snapshot,
}

/// The set that `wanted` begins, or for `latest` the newest that is no evidence, in the repository of this name or in
/// the first of all that holds it. A repository that cannot be opened only matters if no other has
/// the set.
pub fn locate(site: &Site, repository: Option<&str>, wanted: &str) -> Result<Located, AnyFault> {
    let names: Vec<&str> = match repository {
        Some(name) => vec![name],
        None => site.settings.repositories.iter().map(|one| one.name.as_str()).collect(),
    };
    let mut fault: Option<AnyFault> = None;
    for name in names {
        let attempt = site.open(name).and_then(|opened| {
            let found = match wanted {
                "latest" => opened
                    .snapshots()?
                    .sets
                    .into_iter()
                    .rfind(|(_, snapshot)| !is_evidence(snapshot))
                    .ok_or_else(|| RepositoryError::NoSnapshot { prefix: wanted.to_owned() })?,
                prefix => opened.find(prefix)?,
            };
            Ok((opened, found))
        });
        match attempt {
            Ok((repository, (id, snapshot))) => {
                return Ok(Located { name: name.to_owned(), repository, id, snapshot });
            }
            // "Not there" is the least interesting reason: another one is told if there is one.
            Err(other) if fault.as_ref().is_none_or(|f| f.kind() == FaultKind::User) => {
                fault = Some(other);
            }
            Err(_) => {}
        }
    }
    Err(fault.expect("a configuration has at least one repository"))
}

/// What the set says of itself.
pub fn manifest(repository: &Repository, id: &SnapshotId) -> Result<Manifest, AnyFault> {
    let tree = repository.snapshot(id)?.tree;
    let browser = Browser::new(repository)?;
    let unreadable = |detail: String| JobFault::NotASet { set: id.to_string(), detail };
    let place = Layout::MANIFEST.as_bytes();
    let size = browser.find(&tree, place)?.map_or(0, |node| node.size);
    if size > MANIFEST_MAX {
        return Err(unreadable(format!("{size} bytes long")).into());
    }
    let mut bytes = Vec::new();
    browser.cat(&tree, place, &mut bytes, &Silent, &Cancel::default())?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    if manifest.version == manifest::VERSION {
        Ok(manifest)
    } else {
        Err(unreadable(format!("manifest version {}", manifest.version)).into())
    }
}

/// Where in which object the first blob of the set's largest file lies: a byte of it that no
/// restore of the whole set can do without.
pub(super) fn some_data_byte(
    repository: &Repository,
    snapshot: &Snapshot,
) -> Result<(ObjectName, u64), AnyFault> {
    let index = repository.load_index()?;
    let browser = Browser::new(repository)?;
    let mut largest: Option<(u64, BlobId)> = None;
    for entry in browser.list(&snapshot.tree, b"", true)?.flatten() {
        let size = entry.node.size;
        let first = entry.node.content.as_ref().and_then(|blobs| blobs.first());
        if let Some(first) = first
            && largest.is_none_or(|(most, _)| size > most)
        {
            largest = Some((size, *first));
        }
    }
    let location = largest.and_then(|(_, id)| index.find(BlobKind::Data, &id));
    let location = location.ok_or(JobFault::NothingToSabotage)?;
    // Behind the nonce and before the authenticator, whatever the blob's length.
    let byte = u64::from(location.blob.offset) + u64::from(location.blob.length) / 2;
    Ok((layout::pack(&location.pack), byte))
}

/// The same of the set's root tree.
pub(super) fn some_tree_byte(
    repository: &Repository,
    snapshot: &Snapshot,
) -> Result<(ObjectName, u64), AnyFault> {
    let location = repository.load_index()?.find(BlobKind::Tree, &snapshot.tree);
    let location = location.ok_or(JobFault::NothingToSabotage)?;
    let byte = u64::from(location.blob.offset) + u64::from(location.blob.length) / 2;
    Ok((layout::pack(&location.pack), byte))
}

/// The set that was wished, if it `fits`, or else the newest of a portal that does.
pub(super) fn newest_that(
    repository: &Repository,
    name: &str,
    portal: &str,
    wanted: Option<&str>,
    fits: impl Fn(&Manifest) -> bool,
) -> Result<Option<(SnapshotId, Manifest)>, AnyFault> {
    let ids = match wanted {
        Some(wanted) if wanted != "latest" => {
            vec![find(repository, name, portal, Some(wanted))?.0]
        }
        _ => newest_first(repository, portal)?,
    };
    let _index = repository.hold_index()?;
    for id in ids {
        let manifest = manifest(repository, &id)?;
        if fits(&manifest) {
            return Ok(Some((id, manifest)));
        }
    }
    Ok(None)
}
