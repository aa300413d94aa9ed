//! What must hold for each entry and between entries.
//!
//! A line is an entry if it has the fields of its version and exactly one spelling: read and
//! written again it gives the same bytes, so no two parsers can read it differently.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::audit::verify::opening::Opened;
use crate::audit::verify::report::{Report, Weight};
use crate::audit::verify::step::{Role, Step};
use crate::base::fault::Args;

/// The version of entries that is understood.
const VERSION: u64 = 2;

/// The fields of an entry.
pub(super) const ENTRY: [&str; 15] = [
    "v",
    "seq",
    "at",
    "clock_back_ms",
    "actor",
    "kind",
    "verb",
    "subject",
    "intent",
    "took_ms",
    "result",
    "code",
    "number",
    "session",
    "facts",
];

/// Those of a line of a tail, which says how the entry is opened.
pub(super) const TAIL: [&str; 16] = {
    let mut fields = ["seed"; 16];
    let mut index = 0;
    while index < ENTRY.len() {
        fields[index] = ENTRY[index];
        index += 1;
    }
    fields
};

/// The memory between entries. What came before the first one is not known.
#[derive(Debug, PartialEq)]
pub(super) struct Rules {
    first: u64,
    /// Verb and subject, unless that is not shown.
    intents: BTreeMap<u64, (String, Option<String>)>,
    /// Intents from before the first entry that were settled since.
    settled: BTreeSet<u64>,
    numbers: BTreeMap<String, u64>,
    last_at: Option<Timestamp>,
    back: Option<Back>,
}

/// How the clock was set back, as the entries say.
#[derive(Debug, PartialEq)]
struct Back {
    first: u64,
    count: u64,
    most_ms: u64,
}

/// A clock that is put right by its time server goes back by less.
const BACK_MS_MIN: u64 = 1_000;

impl Rules {
    pub(super) fn from(first: u64) -> Self {
        Self {
            first,
            intents: BTreeMap::new(),
            settled: BTreeSet::new(),
            numbers: BTreeMap::new(),
            last_at: None,
            back: None,
        }
    }

    /// Intents without an outcome so far.
    pub(super) fn open_intents(&self) -> u64 {
        self.intents.len() as u64
    }

    /// Tells what all entries together say.
    pub(super) fn conclude(&self, report: &mut Report) {
        if let Some(back) = &self.back {
            let args = Args::none().number("count", back.count).number("most", back.most_ms);
            report.note("audit-found-clock-back", args.number("first", back.first));
        }
    }

    /// Checks the entry that stands at `seq`; `None` if what stands there is none. What is wrong
    /// weighs as `weight` says: under a signed head it contradicts, beyond it a crash may have left
    /// it.
    pub(super) fn check(
        &mut self,
        seq: u64,
        opened: Option<&Opened>,
        weight: Weight,
        report: &mut Report,
    ) {
        let Some(opened) = opened else {
            return report.find(weight, Some(seq), "audit-found-line", Args::none());
        };
        let entry = &opened.entry;
        let version = entry.get("v").and_then(Value::as_u64);
        if let Some(version) = version.filter(|version| *version > VERSION) {
            let args = Args::none().number("version", version);
            return report.find(Weight::Unknown, Some(seq), "audit-found-version", args);
        }
        let stands = entry.get("seq").and_then(Value::as_u64);
        if let Some(stands) = stands.filter(|stands| *stands != seq) {
            let args = Args::none().number("found", stands);
            return report.find(weight, Some(seq), "audit-found-seq", args);
        }
        if !opened.wrong.is_empty() {
            let args = Args::none().text("fields", opened.wrong.join(", "));
            report.find(weight, Some(seq), "audit-found-opening", args);
        }
        if opened.is_unread {
            report.find(weight, Some(seq), "audit-found-opening-unread", Args::none());
        }
        let is_known = version.is_some_and(|version| version > 0) && stands.is_some();
        if !is_known || self.relate(seq, opened, report).is_none() {
            report.find(weight, Some(seq), "audit-found-line", Args::none());
        }
    }

    /// Checks the entry against those before it; `None` if a field is missing or of another type.
    fn relate(&mut self, seq: u64, opened: &Opened, report: &mut Report) -> Option<()> {
        let entry = &opened.entry;
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let actor = entry.get("actor")?.as_object()?;
        actor.get("kind")?.as_str()?;
        (actor.get("name")?.is_string() || opened.hides("actor.name")).then_some(())?;
        let facts = entry.get("facts")?.as_object()?;
        let verb = text("verb")?;
        // Of what is not shown nobody can say whether it is the same.
        let subject = text("subject");
        (subject.is_some() || opened.hides("subject")).then_some(())?;
        let at = text("at")?;
        let at = at.parse::<Timestamp>().ok().filter(|time| format!("{time:.3}") == at)?;
        let back = entry.get("clock_back_ms");
        let recorded = back.map_or(Some(0), Value::as_i64);
        self.check_clock(seq, at, (recorded, back.and_then(Value::as_u64)), report);
        let kind = text("kind")?;
        if (kind == "opened") != (seq == 0) {
            report.wrong_at(seq, "audit-found-opened", Args::none());
        }
        match kind {
            "opened" if opened.hides("facts.vkey") => {
                report.find(Weight::Unknown, Some(seq), "audit-found-key-withheld", Args::none());
            }
            "opened" => {
                // Whether it is the right one is known when all keys are.
                facts.get("vkey").and_then(Value::as_str)?;
            }
            "intent" => {
                self.intents.insert(seq, (verb.to_owned(), subject.map(str::to_owned)));
            }
            "outcome" => {
                text("result")?;
                let intent = entry.get("intent")?.as_u64()?;
                self.check_outcome(seq, intent, (verb, subject), report);
            }
            "record" | "gap" => {}
            _ => return None,
        }
        if let Some(number) = entry.get("number") {
            let series = number.get("series")?.as_str()?;
            self.check_number(seq, series, number.get("n")?.as_u64()?, report);
        }
        Some(())
    }

    /// Checks an entry that is right by itself, and neither about the log's own keys and anchors nor
    /// its first, against those before it: what [`check`](Self::check) does with one.
    pub(super) fn follow(&mut self, seq: u64, step: Step, report: &mut Report) {
        let recorded = i64::try_from(step.back_ms.unwrap_or(0)).ok();
        self.check_clock(seq, step.at, (recorded, step.back_ms), report);
        match step.role {
            Role::Alone => {}
            Role::Intent { verb, subject } => {
                self.intents.insert(seq, (verb, Some(subject)));
            }
            Role::Outcome { intent, verb, subject } => {
                self.check_outcome(seq, intent, (&verb, Some(&subject)), report);
            }
        }
        if let Some((series, n)) = step.number {
            self.check_number(seq, &series, n, report);
        }
    }

    /// Of how far the clock went back, `recorded` is none if that is no number, and `most` if it is
    /// not there or below zero.
    fn check_clock(
        &mut self,
        seq: u64,
        at: Timestamp,
        (recorded, most): (Option<i64>, Option<u64>),
        report: &mut Report,
    ) {
        let before = self.last_at.replace(at).unwrap_or(at);
        let expected = before.as_millisecond().saturating_sub(at.as_millisecond()).max(0);
        // The first entry of a range may carry a mark against one that is not in it.
        let is_first = seq == self.first && seq > 0;
        if recorded != Some(expected) && !is_first {
            report.wrong_at(seq, "audit-found-clock", Args::none());
        }
        if let Some(ms) = most.filter(|ms| *ms >= BACK_MS_MIN) {
            let back = self.back.get_or_insert(Back { first: seq, count: 0, most_ms: 0 });
            (back.count, back.most_ms) = (back.count + 1, back.most_ms.max(ms));
        }
    }

    fn check_outcome(
        &mut self,
        seq: u64,
        intent: u64,
        about: (&str, Option<&str>),
        report: &mut Report,
    ) {
        let is_paired = match self.intents.remove(&intent) {
            Some((verb, subject)) => {
                let differs = about.1.zip(subject.as_deref()).is_some_and(|(one, two)| one != two);
                about.0 == verb && !differs
            }
            None => intent < self.first && self.settled.insert(intent),
        };
        if !is_paired {
            report.wrong_at(seq, "audit-found-pairing", Args::none().number("intent", intent));
        }
    }

    fn check_number(&mut self, seq: u64, series: &str, n: u64, report: &mut Report) {
        let before = self.numbers.insert(series.to_owned(), n);
        let expected = before.or((self.first == 0).then_some(0)).map(|last| last.saturating_add(1));
        if expected.is_some_and(|expected| expected != n) {
            let args = Args::none().text("series", series).number("n", n);
            report.wrong_at(seq, "audit-found-number", args);
        }
    }
}

/// The object of a line with one spelling and none but these fields.
pub(super) fn parse(line: &[u8], fields: &[&str]) -> Option<Map<String, Value>> {
    let value: Value = serde_json::from_slice(line).ok()?;
    // Doubled names, blanks, other escapes and fractions do not survive the way back.
    let again = serde_json::to_vec(&value).ok()?;
    match value {
        Value::Object(entry)
            if again == line
                && entry.keys().all(|name| fields.contains(&name.as_str()))
                && entry.values().all(has_no_fraction) =>
        {
            Some(entry)
        }
        _ => None,
    }
}

pub(super) fn has_no_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(values) => values.iter().all(has_no_fraction),
        Value::Object(members) => members.values().all(has_no_fraction),
        _ => true,
    }
}
