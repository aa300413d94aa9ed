//! Reads what is kept of a portal's sets, and what they are tagged with.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::base::tag;
use crate::config::decode::{Cursor, Section};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::repository::retention::{Retention, Rules, VERIFIED_DEFAULT};

/// Nobody means less than an hour or more than a century by "keep all of the last …".
const WITHIN: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(876_600);

/// A rule that keeps more sets than this is better written as `within`.
const COUNT: RangeInclusive<u64> = 1..=1000;

/// More proven sets than this nobody proves.
const VERIFIED: RangeInclusive<u64> = 1..=100;

/// The keys that keep sets; `verified` alone says only what must not be forgotten.
const RULES: [&str; 7] = ["within", "last", "hourly", "daily", "weekly", "monthly", "yearly"];

/// Whoever tells more kinds of sets apart than this tells none apart.
const TAGS: RangeInclusive<usize> = 1..=50;

/// Reads the section.
pub(super) fn retention(value: &Cursor<'_>) -> Option<Retention> {
    let section = value.section(&keys::RETENTION)?;
    Some(Retention {
        rules: rules(&section),
        tags: section.may("tags", |value| Some(tags(value))).unwrap_or_default(),
        verified: number(&section, "verified", VERIFIED).unwrap_or(VERIFIED_DEFAULT),
    })
}

/// Without any rule all sets but the newest would go: nobody means that.
fn rules(section: &Section<'_>) -> Rules {
    if RULES.iter().all(|rule| section.get(rule).is_none()) {
        let complaint = Complaint::error("config-retention-empty");
        section.cursor.complain(complaint.hint("config-retention-empty-hint"));
    }
    let count = |key| number(section, key, COUNT).unwrap_or(0);
    Rules {
        within: section.may("within", |value| value.duration(WITHIN)),
        last: count("last"),
        hourly: count("hourly"),
        daily: count("daily"),
        weekly: count("weekly"),
        monthly: count("monthly"),
        yearly: count("yearly"),
    }
}

/// What the daemon tags its sets with.
pub(super) fn set_tags(value: &Cursor<'_>) -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    for item in value.list(TAGS) {
        let Some(tag) = item.text() else { continue };
        if !tag::is_given(&tag) {
            item.complain(no_tag(&tag));
        } else if tags.contains(&tag) {
            item.complain(Complaint::error("config-twice").text("name", &tag));
        } else {
            tags.insert(tag);
        }
    }
    tags
}

fn no_tag(word: &str) -> Complaint {
    Complaint::error("config-set-tag").text("value", word).hint("config-set-tag-hint")
}

/// A name that is no tag of a person would never match.
fn tags(value: &Cursor<'_>) -> BTreeMap<String, Rules> {
    let mut tags = BTreeMap::new();
    for named in value.named(TAGS) {
        if !tag::is_given(named.name) {
            let report = named.value.desk.report;
            report.add(&named.value.path, named.name_at, no_tag(named.name));
        }
        if let Some(section) = named.value.section(&keys::RETENTION_TAG) {
            tags.insert(named.name.to_owned(), rules(&section));
        }
    }
    tags
}

fn number(section: &Section<'_>, key: &'static str, allowed: RangeInclusive<u64>) -> Option<u32> {
    section.may(key, |value| value.number(allowed))
}
