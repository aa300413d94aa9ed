//! What was read again of each repository, and since when nothing was left unread.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::audit::{Entry, Kind};
use crate::view::backup::{Rows, Scope, Section, Value};
use crate::view::coverage::{Coverage, PARTS_MAX};

/// The readings of all repositories.
#[derive(Debug, Default)]
pub(super) struct Readings(BTreeMap<String, Reading>);

/// Those of one.
#[derive(Debug, Default)]
struct Reading {
    /// All there ever were.
    coverage: Coverage,
    /// In the period: of all data, of a part, of the structure alone.
    whole: u64,
    partial: u64,
    structure: u64,
    bytes: u64,
    /// Parts by the newest reading of one in the period, and which of them were read in it.
    parts: u64,
    read: BTreeSet<u64>,
}

impl Readings {
    pub(super) fn take(&mut self, entry: &Entry, scope: &Scope) {
        let is_reading = entry.kind == Kind::Outcome && entry.verb == "repository.verify";
        if !is_reading || entry.facts.contains_key("as-of") {
            return;
        }
        let reading = self.0.entry(entry.subject.clone()).or_default();
        reading.coverage.take(entry);
        let number = |name: &str| entry.facts.get(name).and_then(Json::as_u64);
        // One that was broken off has read nothing.
        if !scope.contains(entry.at) || number("damages").is_none() {
            return;
        }
        if entry.facts.get("read-data").and_then(Json::as_bool) == Some(true) {
            reading.whole += 1;
        } else if let (Some(part), Some(parts)) = (number("part"), number("parts"))
            && part < parts
            && parts <= u64::from(PARTS_MAX)
        {
            reading.partial += 1;
            if parts != reading.parts {
                reading.parts = parts;
                reading.read.clear();
            }
            reading.read.insert(part);
        } else {
            reading.structure += 1;
            return;
        }
        reading.bytes = reading.bytes.saturating_add(number("bytes-read").unwrap_or(0));
    }

    /// Repositories that were read in the period.
    pub(super) fn repositories(&self) -> impl Iterator<Item = &str> {
        let read = |one: &Reading| one.whole + one.partial + one.structure > 0;
        self.0.iter().filter(move |(_, one)| read(one)).map(|(name, _)| name.as_str())
    }

    pub(super) fn rows(&self, scope: &Scope, repositories: &BTreeSet<&str>, rows: &mut Rows) {
        let none = Reading::default();
        for name in repositories {
            let reading = self.0.get(*name).unwrap_or(&none);
            let mut lines = rows.of(Section::Verify, name, "");
            let read = reading.read.len() as u64;
            let share = match (reading.whole, reading.parts) {
                (1.., _) => 100,
                (0, 0) => 0,
                (0, parts) => read * 100 / parts,
            };
            lines.put("backup-figure-read-all", Value::Count(reading.whole));
            lines.put("backup-figure-read-part", Value::Count(reading.partial));
            lines.put("backup-figure-structure", Value::Count(reading.structure));
            lines.put("backup-figure-parts", Value::Count(reading.parts));
            lines.put("backup-figure-parts-read", Value::Count(read));
            lines.put("backup-figure-share", Value::Percent(share));
            lines.put("backup-figure-bytes-read", Value::Bytes(reading.bytes));
            lines.put("backup-figure-damages", Value::Count(reading.coverage.damages()));
            let since = reading.coverage.since();
            let word = Value::Word("backup-word-never");
            lines.put("backup-figure-read-since", since.map_or(word, Value::At));
            let until = scope.until().as_millisecond();
            let age = since.map(|since| Value::milliseconds(until - since.as_millisecond()));
            lines.put("backup-figure-oldest-unread", age.unwrap_or(Value::Unknown));
        }
    }
}
