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

/// How far the log goes that was laid beside a base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The database of the configuration.
    pub database: String,
    /// The last segment that lies there. The server that is started there stops before the instant
    /// that was wished, or refuses to open; it archives nothing.
    pub last: String,
    /// The first segment that is missing, where later ones are kept.
    pub gap: Option<String>,
}

/// Takes back what a restore that broke off did to a base after its files: what is in the way of
/// proving it. What it changed of them, the files have again.
pub(super) fn take_back(target: &Path, manifest: &Manifest) -> Result<(), AnyFault> {
    let bases = manifest.databases.iter().filter(|(_, facts)| facts.engine == physical::ENGINE);
    for (database, _) in bases {
        recovery::take_back(&target.join(physical::place(database)))?;
    }
    Ok(())
}

/// Lays the log beside every base that was restored below `target`, and says where to stop.
pub(super) fn prepare(
    site: &Site,
    portal: &Portal,
    (repository, name): (&Repository, &str),
    manifest: &Manifest,
    (target, to): (&Path, Timestamp),
) -> Result<Vec<Reached>, AnyFault> {
    let mut reached = Vec::new();
    for (database, facts) in &manifest.databases {
        let Some(base) = facts.base.as_ref().filter(|_| facts.engine == physical::ENGINE) else {
            continue;
        };
        site.go_on()?;
        let folder = target.join(physical::place(database));
        proven(site, &folder, facts)?;
        let kept = kept(repository, base)?;
        let first = recovery::first_segment(base)?;
        let Some(last) = last_in_row(&kept, first) else {
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
        let goes_on = kept.range(last.saturating_add(2)..).next().is_some();
        reached.push(Reached {
            database: database.clone(),
            last: recovery::name(base, last),
            gap: goes_on.then(|| recovery::name(base, last.saturating_add(1))),
        });
    }
    Ok(reached)
}

/// The last of the numbers that follow each other from `first` on.
fn last_in_row(kept: &BTreeSet<u64>, first: u64) -> Option<u64> {
    let there = kept.range(first..).copied().zip(first..);
    there.take_while(|(number, wanted)| number == wanted).last().map(|(last, _)| last)
}

/// How much there is to do before a server can be started at an instant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ahead {
    /// Bytes of the log that is laid beside bases.
    pub(super) log: u64,
    /// Bytes that are read: those, and the bases, which are proven before.
    pub(super) work: u64,
}

/// How much there is to do for the bases of a set.
pub(super) fn ahead(repository: &Repository, manifest: &Manifest) -> Result<Ahead, AnyFault> {
    let mut ahead = Ahead::default();
    for facts in manifest.databases.values() {
        let base = facts.base.as_ref().filter(|_| facts.engine == physical::ENGINE);
        let Some(base) = base else { continue };
        let first = recovery::first_segment(base)?;
        let last = last_in_row(&kept(repository, base)?, first);
        let count = last.map_or(0, |last| last.saturating_sub(first).saturating_add(1));
        let log = count.saturating_mul(base.wal_segment_bytes);
        ahead.log = ahead.log.saturating_add(log);
        ahead.work = ahead.work.saturating_add(log).saturating_add(facts.dump_bytes);
    }
    Ok(ahead)
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
