//! What of a set is sealed, in a drill: opened where there is an identity, and else not proven.
//!
//! **Invariant: a part that nobody opened is never a pass.** It leaves a check that did not run, with
//! the reason, and is taken out of what is loaded and compared. An identity that cannot be read, or
//! that opens something else, is a hole in the proof and not something seen to be wrong.

use std::collections::BTreeMap;

use crate::base::fault::AnyFault;
use crate::base::manifest::{Manifest, SealedPart};
use crate::drill::compare::{check, not_run};
use crate::drill::fact::{CheckKind, Finding};
use crate::job::drill::way::{Ended, Restored, Way};
use crate::job::fault::JobFault;
use crate::job::site::Layout;
use crate::job::unseal::{self, Area, Opener, Plain};
use crate::repository::browse::shown;
use crate::repository::{Repository, SnapshotId};
use crate::seal::Identities;
use crate::seal::error::SealError;

/// What a drill knows of the sealed parts of its set.
#[derive(Default)]
pub(super) struct Sealed {
    identities: Option<Identities>,
    opening: Vec<SealedPart>,
    /// Whether a part stays sealed.
    pub(super) is_left: bool,
    /// What was opened, by plain paths in the set.
    pub(super) opened: BTreeMap<Vec<u8>, Plain>,
}

/// Takes out of the manifest what nobody opens, and brings into it what an identity tells.
pub(super) fn prepare(
    way: &mut Way<'_>,
    repository: &Repository,
    set: &SnapshotId,
    mut manifest: Manifest,
) -> Result<(Manifest, Sealed), AnyFault> {
    if manifest.sealed.is_empty() {
        return Ok((manifest, Sealed::default()));
    }
    let source = way.request().identity.as_ref().or(way.portal().identity.as_ref());
    let (identities, unreadable) = match source.map(unseal::identities) {
        None => (None, None),
        Some(Ok(identities)) => (Some(identities), None),
        Some(Err(fault)) => (None, Some(fault)),
    };
    if let Some(identities) = &identities {
        manifest = unseal::facts(repository, set, manifest, identities)?;
    }
    let (opening, left) = unseal::divide(&manifest, identities.as_ref());
    let (opening, left) = (cloned(&opening), cloned(&left));
    for part in &left {
        let wrong = identities.is_some().then(|| AnyFault::from(SealError::WrongIdentity));
        let none = || AnyFault::from(JobFault::Sealed { part: part.part.clone() });
        let why = unreadable
            .as_deref()
            .map_or_else(|| Finding::of(wrong.unwrap_or_else(none).as_ref()), Finding::of);
        let in_databases = format!("{}/", Layout::DATABASES);
        way.checks.push(if let Some(name) = part.part.strip_prefix(&in_databases) {
            manifest.databases.remove(name);
            not_run(CheckKind::Load, name, why)
        } else {
            manifest.trees.retain(|tree| tree.path != part.part);
            not_run(CheckKind::Files, &part.part, why)
        });
    }
    let (is_left, opened) = (!left.is_empty(), BTreeMap::new());
    Ok((manifest, Sealed { identities, opening, is_left, opened }))
}

fn cloned(parts: &[&SealedPart]) -> Vec<SealedPart> {
    parts.iter().map(|part| (*part).clone()).collect()
}

/// Opens in the scratch place what can be; what cannot, though it should, is damaged.
pub(super) fn open(way: &mut Way<'_>, restored: &mut Restored) -> Result<(), Ended> {
    let Some(identities) = restored.sealed.identities.clone() else { return Ok(()) };
    let site = way.site();
    let (repository, set) = (&restored.repository, &restored.id);
    let (cancel, progress) = (&site.cancel, site.progress.as_ref());
    let opener = Opener { repository, set, identities: &identities, cancel, progress };
    let area = Area { target: &restored.root, from: "", only: &[] };
    let parts: Vec<&SealedPart> = restored.sealed.opening.iter().collect();
    let portal = way.portal().id.clone();
    let result = way.must(CheckKind::Restore, &portal, opener.open(&parts, &area))?;
    let findings: Vec<Finding> = result
        .lost
        .iter()
        .map(|lost| Finding::File { path: shown(&lost.path), code: lost.fault.code().to_owned() })
        .collect();
    restored.sealed.opened = result.files;
    if findings.is_empty() {
        return Ok(());
    }
    way.damaged = true;
    way.checks.push(check(CheckKind::Restore, &portal, 0, findings));
    Err(Ended)
}

/// Says that the portal was not started, since a part that it needs is not there.
pub(super) fn not_started(way: &mut Way<'_>) {
    let portal = way.portal().id.clone();
    let fault = JobFault::Sealed { part: portal.clone() };
    way.checks.push(not_run(CheckKind::Smoke, &portal, Finding::of(&fault)));
}
