//! Reads when the live sources of a portal are looked at beside its newest set.

use std::ops::RangeInclusive;

use jiff::tz::TimeZone;

use crate::config::decode::{Cursor, Section, listed};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::settings::{Database, Tree};
use crate::scheduler::schedule::Schedule;

/// No file says nothing; so many are read as a whole set is.
const FILES: RangeInclusive<u64> = 1..=100_000;

/// Of a tree of which a hundredth is wrong, a sample of so many meets it in two of three days.
const FILES_DEFAULT: u32 = 100;

/// Per cent. Beyond ten times as many nothing is compared any more.
const TOLERANCE: RangeInclusive<u64> = 0..=1000;

/// What a busy portal grows by between two sets.
const TOLERANCE_DEFAULT: u64 = 10;

/// A spot check that starts by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotCheck {
    /// When.
    pub schedule: Schedule,
    /// Files that are drawn of each tree.
    pub files: u32,
    /// By how many per cent numbers may differ from the set's.
    pub tolerance: u64,
}

/// What no spot check can look at is said here, once: it is so each time.
pub(super) fn check_beyond(portal: &Section<'_>, databases: &[Database], trees: &[Tree]) {
    let Some(value) = portal.get("spot-check") else { return };
    let is_beyond = |one: &&Database| one.sealed.is_some() || one.base().is_some();
    let databases = databases.iter().filter(is_beyond).map(|one| one.name.as_str());
    let is_beyond = |one: &&Tree| one.sealed.is_some() || one.folder().is_none();
    let trees = trees.iter().filter(is_beyond).map(|one| one.name.as_str());
    let beyond: Vec<_> = databases.chain(trees).collect();
    if !beyond.is_empty() {
        let complaint = Complaint::warning("config-spot-check-beyond");
        let complaint = complaint.text("sources", listed(beyond.into_iter()));
        value.complain(complaint.hint("config-spot-check-beyond-hint"));
    }
}

pub(super) fn spot_check(value: &Cursor<'_>, zone: &TimeZone) -> Option<SpotCheck> {
    let section = value.section(&keys::SPOT_CHECK)?;
    let schedule = section.need("schedule", |value| value.schedule(zone));
    let files = section.may("files", |value| value.number(FILES));
    let tolerance = section.may("tolerance", |value| value.number(TOLERANCE));
    Some(SpotCheck {
        schedule: schedule?,
        files: files.unwrap_or(FILES_DEFAULT),
        tolerance: tolerance.unwrap_or(TOLERANCE_DEFAULT),
    })
}
