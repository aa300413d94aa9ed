//! Finding sets in a repository and reading what they say of themselves.

use crate::base::fault::AnyFault;
use crate::base::manifest::{self, Manifest};
use crate::job::fault::JobFault;
use crate::job::site::{Layout, Site, portal_tag};
use crate::repository::snapshot::Snapshot;
use crate::repository::{Repository, SnapshotId, browse};

/// More than the inventory of any portal: a manifest beyond it is not ours.
const MANIFEST_MAX: usize = 256 * 1024 * 1024;

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

/// All snapshots of one or all repositories, of one or all portals, oldest first.
pub fn list(
    site: &Site,
    repository: Option<&str>,
    portal: Option<&str>,
) -> Result<Vec<Listed>, AnyFault> {
    if let Some(portal) = portal {
        site.portal(portal)?;
    }
    let names: Vec<String> = match repository {
        Some(name) => vec![site.repository(name)?.name.clone()],
        None => site.settings.repositories.iter().map(|one| one.name.clone()).collect(),
    };
    let mut listed = Vec::new();
    for name in names {
        let opened = site.open(&name)?;
        for (id, snapshot) in opened.snapshots()?.sets {
            let of = snapshot.tags.iter().find_map(|tag| tag.strip_prefix("portal:"));
            let of = of.map(str::to_owned);
            if portal.is_none() || of.as_deref() == portal {
                listed.push(Listed { repository: name.clone(), id, snapshot, portal: of });
            }
        }
    }
    Ok(listed)
}

/// The set that `wanted` begins, or the newest of the portal.
pub fn find(
    repository: &Repository,
    name: &str,
    portal: &str,
    wanted: Option<&str>,
) -> Result<(SnapshotId, Snapshot), AnyFault> {
    match wanted {
        Some(prefix) if prefix != "latest" => Ok(repository.find(prefix)?),
        _ => {
            let tag = portal_tag(portal);
            let sets = repository.snapshots()?.sets;
            let newest = sets.into_iter().rev().find(|(_, snapshot)| snapshot.tags.contains(&tag));
            Ok(newest.ok_or_else(|| JobFault::NoSet {
                portal: portal.to_owned(),
                repository: name.to_owned(),
            })?)
        }
    }
}

/// What the set says of itself.
pub fn manifest(repository: &Repository, id: &SnapshotId) -> Result<Manifest, AnyFault> {
    let bytes = browse::read(repository, id, Layout::MANIFEST, MANIFEST_MAX)?;
    let unreadable = |detail: String| JobFault::NotASet { set: id.to_string(), detail };
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    if manifest.version == manifest::VERSION {
        Ok(manifest)
    } else {
        Err(unreadable(format!("manifest version {}", manifest.version)).into())
    }
}
