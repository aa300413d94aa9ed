//! Proving that a repository is intact, and recording what was found.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::audit::{Deed, Entry, Outcome, Reader};
use crate::base::fault::AnyFault;
use crate::job::site::{Site, lock_for_reading};
use crate::repository::RepositoryError;
use crate::repository::verify::{Depth, Part, VerifyReport, verify};
use crate::view::coverage::Coverage;
use crate::view::damaged::DamagedPacks;

/// Enough of the damages for the log to name what is lost; the command prints them all.
const DAMAGES_MAX: usize = 50;

/// Of the sets that were found whole so many are named, the newest: `forget` takes those for
/// verified, and no others. An entry of the log has no room for many more.
const WHOLE_MAX: usize = 500;

/// Verifies the repository of this name; damages are a finding of the report, not a fault.
pub fn repository(site: &Site, name: &str, depth: Depth) -> Result<VerifyReport, AnyFault> {
    as_of(site, name, depth, None)
}

/// Verifies as the schedule of the repository does: all data, or the part of it that was unread for
/// longest, where the configuration says in how many it is read.
pub fn scheduled(site: &Site, name: &str) -> Result<VerifyReport, AnyFault> {
    match site.repository(name)?.verify_parts {
        None => repository(site, name, Depth::AllData),
        Some(parts) => Ok(part(site, name, parts)?.report),
    }
}

/// A part that was verified, and what is known of the others.
#[derive(Debug)]
pub struct PartRead {
    /// What was found, in the structure too.
    pub report: VerifyReport,
    /// The part.
    pub part: Part,
    /// Since when all data that was there then was read, by the log; none if some never was.
    pub since: Option<Timestamp>,
    /// How many of the parts were read.
    pub read: u32,
}

/// Verifies one of so many parts: the one that was unread for longest by the log.
pub fn part(site: &Site, name: &str, parts: u32) -> Result<PartRead, AnyFault> {
    site.repository(name)?;
    // Two at once would read the same part.
    let _alone = site.exclusively("verify-part", name)?;
    let number = coverage(site, name)?.next(parts);
    let part = Part::new(number, parts).ok_or(RepositoryError::Bug("a repository of no parts"))?;
    let report = as_of(site, name, Depth::Part(part), None)?;
    let coverage = coverage(site, name)?;
    Ok(PartRead { report, part, since: coverage.since(), read: coverage.read() })
}

/// What the log knows of readings of the repository.
fn coverage(site: &Site, name: &str) -> Result<Coverage, AnyFault> {
    let mut coverage = Coverage::default();
    each_entry(site, name, |entry| coverage.take(entry))?;
    Ok(coverage)
}

/// The packs that verifies found damaged, by the log, and that were not repaired since.
pub(super) fn damaged(site: &Site, name: &str) -> Result<DamagedPacks, AnyFault> {
    let mut damaged = DamagedPacks::default();
    each_entry(site, name, |entry| damaged.take(entry))?;
    Ok(damaged)
}

/// Reads the entries about the repository, from the first.
fn each_entry(site: &Site, name: &str, mut take: impl FnMut(&Entry)) -> Result<(), AnyFault> {
    site.initialised()?;
    for entry in Reader::open(&site.settings.audit_dir())?.entries() {
        let entry = entry?;
        if entry.subject == name {
            take(&entry);
        }
    }
    Ok(())
}

/// Verifies the repository as it was at a time, if one is given.
pub fn as_of(
    site: &Site,
    name: &str,
    depth: Depth,
    at: Option<Timestamp>,
) -> Result<VerifyReport, AnyFault> {
    site.repository(name)?;
    let mut deed = Deed::new("repository.verify", name);
    for (fact, value) in scope(depth, at) {
        deed = deed.fact(fact, value);
    }
    site.protective(deed, |_| {
        let repository = site.open_as_of(name, at)?;
        let _lock = lock_for_reading(&repository)?;
        let report = verify(&repository, depth, site.progress.as_ref(), &site.cancel)?;
        let mut outcome = outcome(&report, depth == Depth::AllData);
        for (fact, value) in scope(depth, at) {
            outcome = outcome.fact(fact, value);
        }
        Ok((report, outcome))
    })
}

/// What of the repository is read, and of when: stands in the intent and in the outcome.
fn scope(depth: Depth, at: Option<Timestamp>) -> Vec<(&'static str, Value)> {
    let mut scope = vec![("read-data", json!(depth == Depth::AllData))];
    if let Depth::Part(part) = depth {
        scope.extend([("part", json!(part.number())), ("parts", json!(part.of()))]);
    }
    scope.extend(at.map(|at| ("as-of", json!(at.to_string()))));
    scope
}

fn outcome(report: &VerifyReport, read_data: bool) -> Outcome {
    let named: Vec<_> = report
        .damages
        .iter()
        .take(DAMAGES_MAX)
        .map(|damage| json!({"object": damage.object, "kind": damage.kind.as_str()}))
        .collect();
    // Without the data nothing is proven of any set.
    let proven = if read_data { &report.whole_sets[..] } else { &[] };
    let whole: Vec<_> = proven.iter().take(WHOLE_MAX).map(ToString::to_string).collect();
    let outcome =
        if report.is_sound() { Outcome::done() } else { Outcome::failed("repository.damaged") };
    outcome
        .fact("sets", report.sets)
        .fact("packs", report.packs)
        .fact("blobs", report.blobs)
        .fact("bytes", report.bytes)
        .fact("bytes-read", report.bytes_read)
        .fact("segments", report.segments)
        .fact("damages", report.damages.len() as u64)
        .fact("named", named)
        .fact("whole", whole)
}
