//! Reads what is kept of a portal's sets.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::decode::{Cursor, Section};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::repository::retention::{Retention, VERIFIED_DEFAULT};

/// Nobody means less than an hour or more than a century by "keep all of the last …".
const WITHIN: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(876_600);

/// A rule that keeps more sets than this is better written as `within`.
const COUNT: RangeInclusive<u64> = 1..=1000;

/// More proven sets than this nobody proves.
const VERIFIED: RangeInclusive<u64> = 1..=100;

/// The keys that keep sets; `verified` alone says only what must not be forgotten.
const RULES: [&str; 7] = ["within", "last", "hourly", "daily", "weekly", "monthly", "yearly"];

/// Reads the section. Without any rule all sets but the newest would go: nobody means that.
pub(super) fn retention(value: &Cursor<'_>) -> Option<Retention> {
    let section = value.section(&keys::RETENTION)?;
    if RULES.iter().all(|rule| section.get(rule).is_none()) {
        let complaint = Complaint::error("config-retention-empty");
        value.complain(complaint.hint("config-retention-empty-hint"));
    }
    let within = section.may("within", |value| value.duration(WITHIN));
    let count = |key| number(&section, key, COUNT).unwrap_or(0);
    Some(Retention {
        within,
        last: count("last"),
        hourly: count("hourly"),
        daily: count("daily"),
        weekly: count("weekly"),
        monthly: count("monthly"),
        yearly: count("yearly"),
        verified: number(&section, "verified", VERIFIED).unwrap_or(VERIFIED_DEFAULT),
    })
}

fn number(section: &Section<'_>, key: &'static str, allowed: RangeInclusive<u64>) -> Option<u32> {
    section.may(key, |value| value.number(allowed))
}
