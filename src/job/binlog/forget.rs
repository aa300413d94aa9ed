//! Which files of binary logs no set needs any more.
//!
//! A restore begins where a set was taken and reads the log from there on. So of each server
//! everything since the oldest set in the repository stays, and what lies before it may go. In which
//! line a set was taken is known by its time alone, and two clocks are compared: where they could
//! mislead, more stays. Within a line the places of all sets count, and no clock.

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

/// Where in its server's log a set was taken.
struct Taken {
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
    let sets = sets_by_server(repository)?;
    let mut plans: BTreeMap<String, (Plan, Option<Border>)> = BTreeMap::new();
    let mut files: Vec<_> = listing.files().collect();
    files.retain(|(file, _)| is_binary(file.stream.system()));
    // The oldest first: broken off, what is left has no gap.
    files.sort_by_key(|(file, _)| (&file.stream, order(file.name())));
    for (file, pieces) in files {
        let system = file.stream.system();
        let (plan, border) = plans.entry(system.to_owned()).or_insert_with(|| {
            let sets = sets.get(system).map_or(&[][..], Vec::as_slice);
            let oldest = sets.iter().min_by_key(|one| one.instant);
            let told = oldest.map(|one| (one.set, format!("{}:{}", one.at.file, one.at.at)));
            let border = oldest.and_then(|one| Border::of(&grouped(listing, system), one, sets));
            (Plan::of(system, told), border)
        });
        if border.as_ref().is_some_and(|border| border.is_after(file.stream.line(), file.name())) {
            plan.let_go(file.name(), pieces);
        } else {
            plan.stay += 1;
        }
    }
    Ok(plans.into_values().map(|(plan, _)| plan).collect())
}

/// A server's lines, of each the files in their order.
type Lines = BTreeMap<String, Vec<String>>;

/// Where what may go ends.
struct Border {
    line: String,
    /// The first file of that line that stays; none, and all of it does.
    file: Option<String>,
    /// By line, the first file in which a set may have been taken, whenever that was.
    taken: BTreeMap<String, String>,
}

impl Border {
    /// None where nothing may go. Of all `sets` the place counts, since a clock that was set back
    /// calls a later one the oldest.
    fn of(lines: &Lines, oldest: &Taken, sets: &[Taken]) -> Option<Self> {
        let (of_set, is_sure) = line_of(lines, oldest.instant)?;
        let has_file = lines.get(of_set)?.contains(&oldest.at.file);
        let file = (is_sure && has_file).then(|| oldest.at.file.clone());
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for set in sets {
            let of_set = line_of(lines, set.instant).map(|(line, _)| line);
            let may_be = |line: &&String| Some(*line) == of_set || is_about(line, set.instant);
            for line in lines.keys().filter(may_be) {
                let has_file = lines.get(line).is_some_and(|files| files.contains(&set.at.file));
                let first = taken.get(line).is_none_or(|first| order(&set.at.file) < order(first));
                if has_file && first {
                    taken.insert(line.clone(), set.at.file.clone());
                }
            }
        }
        Some(Self { line: of_set.clone(), file, taken })
    }

    /// Whether a file lies before it.
    fn is_after(&self, line: &str, name: &str) -> bool {
        let is_before = |file: &String| order(name) < order(file);
        let is_older = line < self.line.as_str()
            || (line == self.line && self.file.as_ref().is_some_and(is_before));
        is_older && self.taken.get(line).is_none_or(is_before)
    }
}

/// The newest line that was begun for certain before this instant, and whether no other one may have
/// been.
fn line_of(lines: &Lines, instant: Timestamp) -> Option<(&String, bool)> {
    let from = instant.checked_sub(CLOCKS).ok()?;
    instant.checked_add(CLOCKS).ok()?;
    let begun = |name: &String| line::begun(name);
    let of_set = lines.keys().rfind(|name| begun(name).is_some_and(|at| at <= from))?;
    Some((of_set, !lines.keys().any(|name| is_about(name, instant))))
}

/// Whether a line was begun about then, as far as two clocks can tell, or nobody knows when.
fn is_about(line: &str, instant: Timestamp) -> bool {
    line::begun(line).is_none_or(|at| at.duration_since(instant).abs() < CLOCKS)
}

/// Of each server its sets. Where a database is sealed, nobody here knows whose it is, and no server
/// has one.
fn sets_by_server(repository: &Repository) -> Result<BTreeMap<String, Vec<Taken>>, AnyFault> {
    let mut snapshots = repository.snapshots()?;
    if let Some((_, fault)) = snapshots.unreadable.pop() {
        return Err(fault.into());
    }
    let mut sets: BTreeMap<String, Vec<Taken>> = BTreeMap::new();
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
            let one = Taken { instant: facts.instant, at, set: *set };
            sets.entry(system).or_default().push(one);
        }
    }
    Ok(sets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;

    /// The files that may go, where sets were taken in these files at these instants.
    fn going(lines: &[(&str, &[&str])], sets: &[(&str, &str)]) -> Vec<String> {
        let all = |files: &[&str]| files.iter().map(|file| format!("bin.{file}")).collect();
        let lines: Lines =
            lines.iter().map(|(line, files)| ((*line).to_owned(), all(files))).collect();
        let taken = |(instant, file): &(&str, &str)| Taken {
            instant: instant.parse().unwrap(),
            at: Position { file: format!("bin.{file}"), at: 4 },
            set: SnapshotId(Digest::of(instant.as_bytes())),
        };
        let sets: Vec<_> = sets.iter().map(taken).collect();
        let oldest = sets.iter().min_by_key(|one| one.instant).unwrap();
        let Some(border) = Border::of(&lines, oldest, &sets) else { return Vec::new() };
        let files = lines.iter().flat_map(|(line, files)| files.iter().map(move |one| (line, one)));
        let gone = files.filter(|(line, file)| border.is_after(line, file));
        gone.map(|(line, file)| format!("{} {file}", &line[..4])).collect()
    }

    #[test]
    fn what_a_set_needs_stays_also_when_a_clock_was_set_back_before_a_later_set() {
        let lines = &[("20240101T000000Z", &["000001", "000002", "000003", "000004"][..])];
        let (first, next) =
            (("2026-11-20T02:00:00Z", "000002"), ("2026-11-21T02:00:00Z", "000004"));
        assert_eq!(going(lines, &[first, next]), ["2024 bin.000001"]);
        let back = ("2026-11-19T02:00:00Z", "000004");
        assert_eq!(going(lines, &[first, back]), ["2024 bin.000001"]);
        assert_eq!(going(lines, &[back]).len(), 3);
        // One that no kept log leads on from needs none of it.
        assert_eq!(going(lines, &[("2026-11-22T02:00:00Z", "000009"), back]).len(), 3);
    }

    #[test]
    fn of_older_lines_only_what_a_set_may_have_been_taken_in_stays() {
        let lines = &[
            ("20240101T000000Z", &["000001", "000002"][..]),
            ("20260101T000000Z", &["000001", "000002"][..]),
        ];
        let oldest = ("2026-11-20T02:00:00Z", "000002");
        let all = ["2024 bin.000001", "2024 bin.000002", "2026 bin.000001"];
        assert_eq!(going(lines, &[oldest]), all);
        // About when the newer line was begun either of them may be the set's.
        assert_eq!(going(lines, &[("2026-01-01T02:00:00Z", "000002")]), Vec::<String>::new());
        assert_eq!(going(lines, &[("2025-12-30T02:00:00Z", "000002")]), ["2024 bin.000001"]);
    }
}
