//! Bringing PostgreSQL back to an instant: a base that was whole before it, and the log that was kept
//! since.
//!
//! A server is not started here. What is restored is proven against its manifest, the log is laid
//! beside it, and the server that a person starts on it stops where it was told to, or refuses to
//! open.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

use crate::base::fault::AnyFault;
use crate::base::manifest::{BaseFacts, DatabaseFacts, Manifest};
use crate::config::settings::Portal;
use crate::job::site::Site;
use crate::job::{sets, wal};
use crate::repository::segment::{LogStream, reach};
use crate::repository::{Repository, SnapshotId};
use crate::source::error::SourceError;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::{self, recovery};

/// The set to begin with: the one that was wished, or the newest that was finished before `to` and
/// holds a base.
pub(super) fn find(
    repository: &Repository,
    name: &str,
    portal: &Portal,
    wanted: Option<&str>,
    to: Timestamp,
) -> Result<(SnapshotId, Manifest), AnyFault> {
    let fits = |manifest: &Manifest| {
        let has_base = manifest.databases.values().any(|facts| facts.engine == physical::ENGINE);
        has_base && manifest.finished <= to
    };
    let ids = match wanted {
        Some(wanted) if wanted != "latest" => {
            vec![sets::find(repository, name, &portal.id, Some(wanted))?.0]
        }
        _ => sets::newest_first(repository, &portal.id)?,
    };
    for id in ids {
        let manifest = sets::manifest(repository, &id)?;
        if fits(&manifest) {
            return Ok((id, manifest));
        }
    }
    let (portal, to) = (portal.id.clone(), to.to_string());
    Err(SourceError::from(PhysicalFault::NoBase { portal, to }).into())
}

/// Lays the log beside every base that was restored below `target`, and says where to stop. Returns
/// notes, in English.
pub(super) fn prepare(
    site: &Site,
    portal: &Portal,
    (repository, name): (&Repository, &str),
    manifest: &Manifest,
    (target, to): (&Path, Timestamp),
) -> Result<Vec<String>, AnyFault> {
    let mut notes = Vec::new();
    for (database, facts) in &manifest.databases {
        let Some(base) = facts.base.as_ref().filter(|_| facts.engine == physical::ENGINE) else {
            continue;
        };
        site.go_on()?;
        let folder = target.join(physical::place(database));
        proven(site, &folder, facts)?;
        let kept = kept(repository, base)?;
        let first = recovery::first_segment(base)?;
        let there = kept.range(first..).copied().zip(first..);
        let last = there.take_while(|(number, wanted)| number == wanted).last();
        let Some((last, _)) = last else {
            let first = recovery::name(base, first);
            let database = database.clone();
            return Err(SourceError::from(PhysicalFault::NoLog { database, first }).into());
        };
        lay(site, name, base, &folder, first..=last)?;
        let settings = portal.databases.iter().find(|one| one.name == *database);
        let bin_dir = settings.and_then(|one| one.base()).and_then(|one| one.bin_dir.as_deref());
        let major = physical::major(facts)?;
        recovery::refuse_tablespaces(&folder, base, Some(last), (bin_dir, major), &site.world)?;
        recovery::prepare(&folder, to)?;
        let last_name = recovery::name(base, last);
        notes.push(format!(
            "`{database}`: the log lies beside it up to {last_name}; the server stops before {to}, \
             or refuses to open; it archives nothing (archive_mode = off)"
        ));
        if kept.range(last.saturating_add(2)..).next().is_some() {
            let gap = recovery::name(base, last.saturating_add(1));
            notes.push(format!("`{database}`: the log has a gap that begins with {gap}"));
        }
    }
    Ok(notes)
}

/// Before anything of it is changed: it is what production once sent.
fn proven(site: &Site, folder: &Path, facts: &DatabaseFacts) -> Result<(), AnyFault> {
    let verified = physical::verify(folder, facts, &site.cancel)?;
    match verified.differences.first() {
        None => Ok(()),
        Some((path, how)) => {
            let detail = format!("`{path}` is {how}");
            Err(SourceError::from(PhysicalFault::Differs { detail }).into())
        }
    }
}

/// The numbers of the log files of the base's timeline that are kept whole.
fn kept(repository: &Repository, base: &BaseFacts) -> Result<BTreeSet<u64>, AnyFault> {
    let line = format!("{:08X}", base.timeline);
    let stream = LogStream::new(&base.system_identifier, &line)?;
    let listing = repository.log_listing(Some(&stream))?;
    let whole = listing.files().filter_map(|(file, pieces)| {
        let name = crate::source::postgres::wal::Name::parse(file.name())?;
        let crate::source::postgres::wal::Kind::Segment(place) = name.kind else { return None };
        let is_whole = reach(pieces) == base.wal_segment_bytes;
        place.number(base.wal_segment_bytes).filter(|_| is_whole)
    });
    Ok(whole.collect())
}

fn lay(
    site: &Site,
    repository: &str,
    base: &BaseFacts,
    folder: &Path,
    numbers: std::ops::RangeInclusive<u64>,
) -> Result<(), AnyFault> {
    site.progress.phase("phase-fetch");
    let log = recovery::make_log_folder(folder)?;
    let system = base.system_identifier.parse().ok();
    for number in numbers {
        site.go_on()?;
        let name = recovery::name(base, number);
        let file = log.join(&name);
        wal::fetch(site, &[repository.to_owned()], system, &name, &file)?;
        recovery::hand_over(folder, &file)?;
    }
    Ok(())
}
