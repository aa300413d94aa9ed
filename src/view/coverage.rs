//! Which parts of a repository were read, and when: a fold of the log.
//!
//! A repository too large for one night is read in parts. Every pack belongs to one part by its id,
//! so that once every part was read, all that was there at the oldest of these readings was read
//! since; what came later is not counted as read. A reading of all data at once begins anew.
//!
//! A reading that was broken off, or could not reach the repository, read nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Entry, Kind};

/// More parts than this are no sensible share, and a log can say anything.
pub const PARTS_MAX: u32 = 365;

/// A reading of a part or of all data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading {
    at: Timestamp,
    damages: u64,
}

/// What was read of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many parts there are, by the newest reading of one.
    parts: u32,
    /// The newest reading of each part since all data was read at once.
    read: BTreeMap<u32, Reading>,
    /// The newest reading of all data at once.
    all: Option<Reading>,
    /// Damages that readings of parts found when the packs were parted otherwise.
    before: u64,
}

impl Coverage {
    /// Takes in an entry about the repository. What a verify of the past found says nothing about
    /// what the repository shows now.
    pub fn take(&mut self, entry: &Entry) {
        if entry.kind != Kind::Outcome
            || entry.verb != "repository.verify"
            || entry.facts.contains_key("as-of")
        {
            return;
        }
        let number = |name: &str| entry.facts.get(name).and_then(Value::as_u64);
        // A verify that was broken off says nothing of what it found.
        let Some(damages) = number("damages") else { return };
        let reading = Reading { at: entry.at, damages };
        if entry.facts.get("read-data").and_then(Value::as_bool) == Some(true) {
            *self = Self { all: Some(reading), ..Self::default() };
            return;
        }
        let short = |name| number(name).and_then(|number| u32::try_from(number).ok());
        let (Some(part), Some(parts)) = (short("part"), short("parts")) else { return };
        if part >= parts || parts > PARTS_MAX {
            return;
        }
        if parts != self.parts {
            self.before = self.before.saturating_add(self.in_parts());
            self.parts = parts;
            self.read.clear();
        }
        self.read.insert(part, reading);
        if self.is_complete() {
            (self.all, self.before) = (None, 0);
        }
    }

    /// The part to be read next where there are so many: one that was never read, or else the one
    /// whose reading is the oldest.
    pub fn next(&self, parts: u32) -> u32 {
        if parts != self.parts {
            return 0;
        }
        let unread = (0..parts).find(|part| !self.read.contains_key(part));
        let oldest = self.read.iter().min_by_key(|(_, reading)| reading.at);
        unread.or(oldest.map(|(part, _)| *part)).unwrap_or(0)
    }

    /// The instant such that all that was there then was read since; `None` if there is none.
    pub fn since(&self) -> Option<Timestamp> {
        if self.is_complete() {
            return self.read.values().map(|reading| reading.at).min();
        }
        self.all.map(|reading| reading.at)
    }

    /// How many damages the newest readings found.
    pub fn damages(&self) -> u64 {
        let others = self.all.map_or(0, |reading| reading.damages).saturating_add(self.before);
        others.saturating_add(self.in_parts())
    }

    fn in_parts(&self) -> u64 {
        self.read.values().fold(0, |sum, reading| sum.saturating_add(reading.damages))
    }

    /// How many parts there are; zero if the repository was never read in parts.
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// How many parts were read since all data was read at once, or ever.
    pub fn read(&self) -> u32 {
        u32::try_from(self.read.len()).unwrap_or(u32::MAX)
    }

    fn is_complete(&self) -> bool {
        self.parts > 0 && self.read() == self.parts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view;

    fn entry(second: i64, facts: &Value) -> Entry {
        let at = Timestamp::from_second(second).expect("small");
        Entry { at, ..view::entry(0, Kind::Outcome, "repository.verify", facts) }
    }

    fn part(part: u32, parts: u32, damages: u64) -> Value {
        json!({"read-data": false, "part": part, "parts": parts, "damages": damages})
    }

    fn all(damages: u64) -> Value {
        json!({"read-data": true, "damages": damages})
    }

    /// The readings come at seconds 1, 2, …; expected are the next part of three, the second since
    /// which all was read, and the damages.
    #[track_caller]
    fn check(readings: &[Value], next: u32, since: Option<i64>, damages: u64) {
        let mut coverage = Coverage::default();
        for (second, facts) in (1..).zip(readings) {
            coverage.take(&entry(second, facts));
        }
        let since_then = coverage.since().map(Timestamp::as_second);
        assert_eq!((coverage.next(3), since_then, coverage.damages()), (next, since, damages));
    }

    #[test]
    fn the_part_that_was_unread_for_longest_is_next_and_all_counts_from_the_oldest() {
        check(&[], 0, None, 0);
        check(&[part(0, 3, 0)], 1, None, 0);
        check(&[part(0, 3, 0), part(2, 3, 0)], 1, None, 0);
        check(&[part(0, 3, 0), part(2, 3, 0), part(1, 3, 0)], 0, Some(1), 0);
        check(&[part(0, 3, 0), part(2, 3, 0), part(1, 3, 0), part(0, 3, 0)], 2, Some(2), 0);
        check(&[all(0)], 0, Some(1), 0);
        check(&[all(0), part(0, 3, 0)], 1, Some(1), 0);
        check(&[part(0, 3, 0), part(1, 3, 0), all(0)], 0, Some(3), 0);
    }

    #[test]
    fn a_damage_counts_until_what_held_it_was_read_again() {
        check(&[part(0, 3, 2)], 1, None, 2);
        check(&[part(0, 3, 2), part(0, 3, 0)], 1, None, 0);
        check(&[all(2), part(0, 3, 0), part(1, 3, 0)], 2, Some(1), 2);
        check(&[all(2), part(0, 3, 0), part(1, 3, 0), part(2, 3, 0)], 0, Some(2), 0);
        check(&[part(0, 5, 2), part(0, 3, 0)], 1, None, 2);
        check(&[part(0, 5, 2), all(0)], 0, Some(2), 0);
    }

    #[test]
    fn what_read_nothing_counts_for_nothing() {
        let broken_off = json!({"error": "the store is gone", "part": 1, "parts": 3});
        check(&[part(0, 3, 0), broken_off], 1, None, 0);
        check(&[part(0, 3, 0), json!({"read-data": false, "damages": 0})], 1, None, 0);
        check(&[part(0, 3, 0), part(3, 3, 0), part(1, 1_000_000, 0)], 1, None, 0);
    }
}
