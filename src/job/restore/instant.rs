//! Bringing PostgreSQL back to an instant: a base that was whole before it, and the log that was kept
//! since.
//!
//! A server is not started here. What is restored is proven against its manifest, the log is laid
//! beside it, and the server that a person starts on it stops where it was told to, or refuses to
//! open.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::base::fault::{AnyFault, Args, FaultKind, Message, chain};
use crate::base::manifest::{BaseFacts, DatabaseFacts, Manifest};
use crate::config::settings::Portal;
use crate::job::site::Site;
use crate::job::{sets, wal};
use crate::repository::segment::{LogStream, reach};
use crate::repository::{Repository, SnapshotId};
use crate::source::error::SourceError;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::{self, recovery, tablespaces};
use crate::source::postgres::wal::{HEADER_BYTES, Kind, Name};

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
    if let Some(found) = sets::newest_that(repository, name, &portal.id, wanted, fits)? {
        return Ok(found);
    }
    let portal = portal.id.clone();
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
    for (database, ..) in bases(manifest) {
        recovery::take_back(&target.join(physical::place(database)))?;
    }
    Ok(())
}

/// Files that keep a server off the bases until they are told where to stop, by their paths below
/// the target.
pub(super) fn bars(manifest: &Manifest) -> Vec<(PathBuf, &'static [u8])> {
    let (below, text) = recovery::bar();
    let place = |database: &str| PathBuf::from(physical::place(database)).join(&below);
    bases(manifest).map(|(database, ..)| (place(database), text)).collect()
}

/// What would end it for certain when all of a base was fetched: no log, nobody who reads it.
pub(super) fn obstacles(
    site: &Site,
    portal: &Portal,
    repository: &Repository,
    manifest: &Manifest,
) -> Result<Vec<AnyFault>, AnyFault> {
    let mut obstacles = Vec::new();
    for (database, facts, base) in bases(manifest) {
        if let Err(fault) = Stretch::of(repository, database, base)? {
            obstacles.push(fault);
        }
        let (bin_dir, major) = (bin_dir(portal, database), physical::major(facts)?);
        let reader = tablespaces::require_reader(bin_dir, major, &site.world);
        obstacles.extend(reader.err().map(AnyFault::from));
    }
    Ok(obstacles)
}

fn bases(manifest: &Manifest) -> impl Iterator<Item = (&String, &DatabaseFacts, &BaseFacts)> {
    let bases = manifest.databases.iter().filter(|(_, facts)| facts.engine == physical::ENGINE);
    bases.filter_map(|(database, facts)| Some((database, facts, facts.base.as_ref()?)))
}

fn bin_dir<'p>(portal: &'p Portal, database: &str) -> Option<&'p Path> {
    let settings = portal.database(database)?;
    settings.base()?.bin_dir.as_deref()
}

/// Lays the log beside every base that was restored below `target`, and says where to stop. Returns
/// how far it goes, and notes.
pub(super) fn prepare(
    site: &Site,
    portal: &Portal,
    (repository, name): (&Repository, &str),
    manifest: &Manifest,
    (target, to): (&Path, Timestamp),
) -> Result<(Vec<Reached>, Vec<Message>), AnyFault> {
    let (mut reached, mut notes) = (Vec::new(), Vec::new());
    for (database, facts, _) in bases(manifest) {
        site.go_on()?;
        let folder = target.join(physical::place(database));
        proven(site, &folder, facts)?;
        let from = (repository, name);
        let Laid { reached: one, held, .. } =
            lay_beside(site, portal, from, (database, facts), &folder)?;
        recovery::prepare(&folder, to)?;
        if !held.is_empty() {
            let held = held.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let args = Args::none().text("database", database).text("timelines", held);
            notes.push(Message::with("restore-note-timelines", args));
        }
        reached.push(one);
    }
    Ok((reached, notes))
}

/// A log beside a base.
pub(in crate::job) struct Laid {
    reached: Reached,
    /// Timelines without a history, whose numbers are held.
    held: Vec<u32>,
    /// The numbers of the files.
    pub(in crate::job) numbers: RangeInclusive<u64>,
}

/// Lays the log beside the base that was restored to `folder`, with the histories of all timelines,
/// and looks for what replaying it would do to other places. A drill does the same before it starts
/// a server of its own.
pub(in crate::job) fn lay_beside(
    site: &Site,
    portal: &Portal,
    (repository, name): (&Repository, &str),
    (database, facts): (&str, &DatabaseFacts),
    folder: &Path,
) -> Result<Laid, AnyFault> {
    let differs = || PhysicalFault::Differs { detail: "the set tells nothing of it".to_owned() };
    let base = facts.base.as_ref().ok_or_else(|| SourceError::from(differs()))?;
    let Stretch { first, last, has_gap } = Stretch::of(repository, database, base)??;
    lay(site, (repository, name), base, folder, first..=last)?;
    let tools = (bin_dir(portal, database), physical::major(facts)?);
    tablespaces::refuse(folder, base, last, tools, &site.world)?;
    let held = lay_histories(site, (repository, name), base, folder)?;
    let reached = Reached {
        database: database.to_owned(),
        last: recovery::name(base, last),
        gap: has_gap.then(|| recovery::name(base, last.saturating_add(1))),
    };
    Ok(Laid { reached, held, numbers: first..=last })
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
    for (_, facts, base) in bases(manifest) {
        let first = recovery::first_segment(base)?;
        let last = last_in_row(&kept(repository, base)?, first);
        let count = last.map_or(0, |last| last.saturating_sub(first).saturating_add(1));
        let log = count.saturating_mul(base.wal_segment_bytes);
        ahead.log = ahead.log.saturating_add(log);
        ahead.work = ahead.work.saturating_add(log).saturating_add(facts.dump_bytes);
    }
    Ok(ahead)
}

/// The log files behind a base that are kept, one after the other.
struct Stretch {
    first: u64,
    last: u64,
    /// Whether more is kept behind a gap.
    has_gap: bool,
}

impl Stretch {
    /// The inner fault is that there is none.
    fn of(
        repository: &Repository,
        database: &str,
        base: &BaseFacts,
    ) -> Result<Result<Self, AnyFault>, AnyFault> {
        let kept = kept(repository, base)?;
        let first = recovery::first_segment(base)?;
        let Some(last) = last_in_row(&kept, first) else {
            let (database, first) = (database.to_owned(), recovery::name(base, first));
            return Ok(Err(SourceError::from(PhysicalFault::NoLog { database, first }).into()));
        };
        let has_gap = kept.range(last.saturating_add(2)..).next().is_some();
        Ok(Ok(Self { first, last, has_gap }))
    }
}

/// Before anything of it is changed: it is what production once sent. What keeps a server off it
/// is ours.
fn proven(site: &Site, folder: &Path, facts: &DatabaseFacts) -> Result<(), AnyFault> {
    let verified = physical::verify(folder, facts, &site.cancel)?;
    let (bar, _) = recovery::bar();
    let mut differences = verified.differences.iter();
    match differences.find(|(path, how)| *how != "unexpected" || Path::new(path) != bar) {
        None => Ok(()),
        Some((path, how)) => {
            let detail = format!("`{path}` is {how}");
            Err(SourceError::from(PhysicalFault::Differs { detail }).into())
        }
    }
}

/// The numbers of the log files of the base's timeline that are kept whole, and that of the last one,
/// of which a beginning suffices: the server stops where it ends.
fn kept(repository: &Repository, base: &BaseFacts) -> Result<BTreeSet<u64>, AnyFault> {
    let line = format!("{:08X}", base.timeline);
    let stream = LogStream::new(&base.system_identifier, &line)?;
    let listing = repository.log_listing(Some(&stream))?;
    let kept = listing.files().filter_map(|(file, pieces)| {
        let name = Name::parse(file.name())?;
        let Kind::Segment(place) = name.kind else { return None };
        Some((place.number(base.wal_segment_bytes)?, reach(pieces)))
    });
    let kept: BTreeMap<u64, u64> = kept.collect();
    let last = kept.last_key_value().map(|(number, _)| *number);
    let is_usable = |(number, bytes): (&u64, &u64)| {
        *bytes == base.wal_segment_bytes || (Some(*number) == last && *bytes >= HEADER_BYTES as u64)
    };
    let usable = kept.iter().filter(|entry| is_usable(*entry));
    Ok(usable.map(|(number, _)| *number).collect())
}

fn lay(
    site: &Site,
    (repository, repository_name): (&Repository, &str),
    base: &BaseFacts,
    folder: &Path,
    numbers: RangeInclusive<u64>,
) -> Result<(), AnyFault> {
    site.progress.phase("phase-fetch");
    let log = recovery::make_log_folder(folder)?;
    let system = base.system_identifier.parse().ok();
    let last = *numbers.end();
    for number in numbers {
        site.go_on()?;
        let name = recovery::name(base, number);
        let file = log.join(&name);
        match system.filter(|_| number == last) {
            // Perhaps a beginning alone is kept of it, as of one that is still written.
            Some(system) => wal::fetch_last(repository, system, &name, &file)?,
            None => {
                wal::fetch(site, &[repository_name.to_owned()], system, &name, &file)?;
            }
        }
        recovery::hand_over(folder, &file)?;
    }
    Ok(())
}

/// Lays the histories of all timelines beside the base, by which the server sees whose numbers are
/// taken: of two servers that came back under one number, the archive of one would refuse the
/// other's log. A number without a history is held; returns these.
fn lay_histories(
    site: &Site,
    (repository, name): (&Repository, &str),
    base: &BaseFacts,
    folder: &Path,
) -> Result<Vec<u32>, AnyFault> {
    let listing = repository.log_listing(None)?;
    let of_system = listing.files().filter_map(|(file, _)| {
        let parsed = Name::parse(file.name()).filter(|name| name.line() == file.stream.line());
        parsed.filter(|_| file.stream.system() == base.system_identifier)
    });
    let (mut histories, mut highest) = (BTreeSet::new(), base.timeline);
    for file in of_system {
        highest = highest.max(file.timeline);
        if file.kind == Kind::History {
            histories.insert(file.timeline);
        }
    }
    let system = base.system_identifier.parse().ok();
    let mut held = Vec::new();
    let earlier = histories.range(..=base.timeline).copied();
    for timeline in earlier.chain(recovery::later_timelines(base, highest)) {
        site.go_on()?;
        let file = recovery::history_name(timeline);
        let path = folder.join(recovery::LOG).join(&file);
        let is_kept = histories.contains(&timeline);
        let laid = is_kept.then(|| wal::fetch(site, &[name.to_owned()], system, &file, &path));
        match laid.transpose() {
            Ok(Some(_)) => {
                recovery::hand_over(folder, &path)?;
                continue;
            }
            Ok(None) => {}
            Err(fault) if fault.kind() != FaultKind::Integrity => return Err(fault),
            Err(fault) => {
                let (code, error) = (fault.code(), chain(fault.as_ref()));
                tracing::warn!(timeline, code, "A history cannot be read: {error}.");
            }
        }
        if timeline > base.timeline {
            recovery::hold_timeline(folder, timeline)?;
            held.push(timeline);
        }
    }
    Ok(held)
}
