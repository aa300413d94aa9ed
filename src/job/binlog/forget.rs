//! Which files of binary logs no set needs any more.
//!
//! A restore begins where a set was taken and reads the log from there on. So of each server
//! everything since the oldest set in the repository stays, and what lies before it may go. In which
//! line a set was taken is known by its time alone, and two clocks are compared: where they could
//! mislead, more stays.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::base::fault::AnyFault;
use crate::base::manifest::SealedPart;
use crate::job::binlog::line;
use crate::job::binlog::list::{grouped, is_binary};
use crate::job::sets;
use crate::job::site::Layout;
use crate::job::wal::Plan;
use crate::repository::segment::LogListing;
use crate::repository::{Repository, SnapshotId};
use crate::source::mariadb::binlog::receive::order;
use crate::source::mariadb::binlog::span::Position;
use crate::source::mariadb::{self, Fingerprint};

/// By how much the clocks of a server and of ours are trusted to agree.
const CLOCKS: SignedDuration = SignedDuration::from_hours(24);

/// The set of a server that was taken first.
struct Oldest {
    instant: Timestamp,
    at: Position,
    set: SnapshotId,
}

/// What may go of each server's log. `listing` was made before this is called.
pub(in crate::job) fn judge(
    repository: &Repository,
    listing: &LogListing,
) -> Result<Vec<Plan>, AnyFault> {
    let systems: Vec<&str> = listing.files().map(|(file, _)| file.stream.system()).collect();
    if !systems.into_iter().any(is_binary) {
        return Ok(Vec::new());
    }
    let oldest = oldest_sets(repository)?;
    let mut plans: BTreeMap<String, (Plan, Option<Border>)> = BTreeMap::new();
    let mut files: Vec<_> = listing.files().collect();
    files.retain(|(file, _)| is_binary(file.stream.system()));
    // The oldest first: broken off, what is left has no gap.
    files.sort_by_key(|(file, _)| (&file.stream, order(file.name())));
    for (file, pieces) in files {
        let system = file.stream.system();
        let (plan, border) = plans.entry(system.to_owned()).or_insert_with(|| {
            let oldest = oldest.get(system);
            let told = oldest.map(|one| (one.set, format!("{}:{}", one.at.file, one.at.at)));
            (Plan::of(system, told), oldest.and_then(|one| Border::of(listing, system, one)))
        });
        if border.as_ref().is_some_and(|border| border.is_after(file.stream.line(), file.name())) {
            plan.let_go(file.name(), pieces);
        } else {
            plan.stay += 1;
        }
    }
    Ok(plans.into_values().map(|(plan, _)| plan).collect())
}

/// Where what may go ends.
struct Border {
    line: String,
    /// The first file of that line that stays; none, and all of it does.
    file: Option<String>,
}

impl Border {
    /// None where nothing may go.
    fn of(listing: &LogListing, system: &str, oldest: &Oldest) -> Option<Self> {
        let lines = grouped(listing, system);
        let begun = |name: &String| line::begun(name);
        let (from, to) =
            (oldest.instant.checked_sub(CLOCKS).ok()?, oldest.instant.checked_add(CLOCKS).ok()?);
        let of_set = lines.keys().rfind(|name| begun(name).is_some_and(|at| at <= from))?;
        // Another one that was begun about then may be the set's.
        let is_sure = !lines.keys().any(|name| begun(name).is_none_or(|at| at > from && at < to));
        let has_file = lines.get(of_set)?.contains(&oldest.at.file);
        let file = (is_sure && has_file).then(|| oldest.at.file.clone());
        Some(Self { line: of_set.clone(), file })
    }

    /// Whether a file lies before it.
    fn is_after(&self, line: &str, name: &str) -> bool {
        let is_before = |file: &String| order(name) < order(file);
        line < self.line.as_str()
            || (line == self.line && self.file.as_ref().is_some_and(is_before))
    }
}

/// Of each server the set that was taken first. Where a database is sealed, nobody here knows whose
/// it is, and no server has an oldest.
fn oldest_sets(repository: &Repository) -> Result<BTreeMap<String, Oldest>, AnyFault> {
    let mut snapshots = repository.snapshots()?;
    if let Some((_, fault)) = snapshots.unreadable.pop() {
        return Err(fault.into());
    }
    let mut oldest: BTreeMap<String, Oldest> = BTreeMap::new();
    let _index = repository.hold_index()?;
    for (set, _) in &snapshots.sets {
        let manifest = sets::manifest(repository, set)?;
        let is_unknown = |part: &SealedPart| {
            let name =
                part.part.strip_prefix(Layout::DATABASES).and_then(|it| it.strip_prefix('/'));
            let facts = name.and_then(|name| manifest.databases.get(name));
            name.is_some() && facts.is_none_or(|facts| facts.engine == mariadb::ENGINE)
        };
        if manifest.sealed.iter().any(is_unknown) {
            return Ok(BTreeMap::new());
        }
        for facts in manifest.databases.values().filter(|one| one.engine == mariadb::ENGINE) {
            let at = facts.log_position.as_deref().and_then(Position::parse);
            let system = Fingerprint::system_of(&facts.fingerprint);
            let Some((at, system)) = at.zip(system) else { continue };
            let one = Oldest { instant: facts.instant, at, set: *set };
            match oldest.get(&system) {
                Some(known) if known.instant <= one.instant => {}
                _ => {
                    oldest.insert(system, one);
                }
            }
        }
    }
    Ok(oldest)
}
