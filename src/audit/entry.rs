//! What one entry holds and how it is written: one line of canonical JSON.
//!
//! Canonical means: fields in the order of [`Entry`], absent ones left out, no blanks, the names
//! in `facts` sorted, numbers whole. So one entry has one encoding, and the verifier can refuse a
//! line that two parsers might read differently. Stored: see `docs/formats/audit-log.md`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::fault::{Fault, chain};

/// The version of the entries that this program writes.
pub(super) const VERSION: u32 = 2;

/// In an outcome that would not fit, the names of the details that had no room.
const LEFT_OUT: &str = "too-large";

/// What a module wants on record beyond the verb: names to values.
///
/// Whole numbers and texts only; a fraction is written as text, since programs disagree on how
/// fractions are printed.
pub type Facts = serde_json::Map<String, Value>;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// A person or one of our own parts.
    pub kind: ActorKind,
    /// The login name, the name of the schedule, or `duphong`.
    pub name: String,
}

/// What kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// Someone at the command line or the web page.
    Person,
    /// duphong on its own account, such as when it tidies up after a crash.
    Daemon,
    /// A configured schedule.
    Schedule,
}

impl Actor {
    /// A person by login name.
    pub fn person(name: impl Into<String>) -> Self {
        Self { kind: ActorKind::Person, name: name.into() }
    }

    /// duphong itself.
    pub fn daemon() -> Self {
        Self { kind: ActorKind::Daemon, name: "duphong".to_owned() }
    }

    /// A schedule by name.
    pub fn schedule(name: impl Into<String>) -> Self {
        Self { kind: ActorKind::Schedule, name: name.into() }
    }
}

/// What is about to be done, or was found to be so.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// Module and action: `snapshot.create`.
    pub verb: &'static str,
    /// On what: a portal, a set, a repository.
    pub subject: String,
    /// The details.
    pub facts: Facts,
}

impl Deed {
    /// A deed without details.
    pub fn new(verb: &'static str, subject: impl Into<String>) -> Self {
        Self { verb, subject: subject.into(), facts: Facts::new() }
    }

    /// Adds one detail.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

/// How an intended deed ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub(super) ending: Ending,
    pub(super) code: Option<String>,
    pub(super) facts: Facts,
}

impl Outcome {
    /// All was done.
    pub fn done() -> Self {
        Self::ended(Ending::Done)
    }

    /// Done, with something skipped or degraded that the facts name.
    pub fn warnings() -> Self {
        Self::ended(Ending::Warnings)
    }

    /// Done, but it proves nothing.
    pub fn not_proven() -> Self {
        Self::ended(Ending::NotProven)
    }

    /// It failed, for the reason of this stable code.
    pub fn failed(code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..Self::ended(Ending::Failed) }
    }

    /// It failed with this fault, whose code and English diagnostics go on record.
    pub fn fault(fault: &dyn Fault) -> Self {
        Self::failed(fault.code()).fact("error", chain(fault))
    }

    /// Adds one detail.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn abandoned() -> Self {
        Self::ended(Ending::Abandoned)
    }

    fn ended(ending: Ending) -> Self {
        Self { ending, code: None, facts: Facts::new() }
    }
}

/// What kind of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The first entry: the log's name and key, and its predecessor if there was one.
    Opened,
    /// Before an effect.
    Intent,
    /// After it.
    Outcome,
    /// A fact without an effect of ours.
    Record,
    /// Something is missing here, and this says so.
    Gap,
}

/// The result in an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// All was done.
    Done,
    /// Done, with something skipped or degraded.
    Warnings,
    /// Done, but it proves nothing.
    NotProven,
    /// It failed.
    Failed,
    /// The process ended before it could say: written by the next one.
    Abandoned,
}

/// A number in a series that neither skips nor repeats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// The series, such as `drill`.
    pub series: String,
    /// Counted from one.
    pub n: u64,
}

/// One entry, as read from the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Version of this shape.
    pub v: u32,
    /// Position in the log, from zero.
    pub seq: u64,
    /// The wall clock when it was written, in milliseconds.
    #[serde(serialize_with = "milliseconds")]
    pub at: Timestamp,
    /// By how many milliseconds the wall clock stood behind the entry before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock_back_ms: Option<u64>,
    /// Who.
    pub actor: Actor,
    /// What kind of entry.
    pub kind: Kind,
    /// Module and action.
    pub verb: String,
    /// On what.
    pub subject: String,
    /// Of an outcome: the position of its intent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub intent: Option<u64>,
    /// Of an outcome: how long it took by the monotonic clock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub took_ms: Option<u64>,
    /// Of an outcome: how it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<Ending>,
    /// Of a failed outcome: the stable code of the fault.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// Of an intent: its number, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub number: Option<Number>,
    /// Of an intent: the run of the program that holds it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<String>,
    /// The details.
    pub facts: Facts,
}

impl Entry {
    /// The canonical line, without its line feed. What is hashed is the same with commitments in
    /// the places of what it says: see `opening`.
    pub(super) fn to_line(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an entry is made of texts and whole numbers")
    }

    /// Leaves out the largest detail of an outcome that does not fit, and names it: what was done is
    /// on record whatever there is to say of it. `false` where nothing may go: what was not done yet
    /// can still be refused.
    pub(super) fn leave_out_largest(&mut self) -> bool {
        let bytes = |value: &Value| serde_json::to_vec(value).map_or(0, |text| text.len());
        let details = self.facts.iter().filter(|(name, _)| *name != LEFT_OUT);
        let largest = details.max_by_key(|(_, value)| bytes(value)).map(|(name, _)| name.clone());
        let Some(name) = largest.filter(|_| self.kind == Kind::Outcome) else { return false };
        self.facts.remove(&name);
        let mut names = match self.facts.remove(LEFT_OUT) {
            Some(Value::Array(names)) => names,
            _ => Vec::new(),
        };
        names.push(name.into());
        self.facts.insert(LEFT_OUT.to_owned(), Value::Array(names));
        self.facts.sort_keys();
        true
    }

    /// Reads a line; `None` if it is not an entry of a known version. Of a leaf with commitments,
    /// subject, name and facts are those.
    pub(super) fn from_line(line: &[u8]) -> Option<Self> {
        let is_known = |entry: &Self| (1..=VERSION).contains(&entry.v);
        serde_json::from_slice(line).ok().filter(is_known)
    }
}

/// An entry that has no place and no time yet: both are given under the lock.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) actor: Actor,
    pub(super) kind: Kind,
    pub(super) verb: String,
    pub(super) subject: String,
    pub(super) intent: Option<u64>,
    pub(super) took_ms: Option<u64>,
    pub(super) ending: Option<Ending>,
    pub(super) code: Option<String>,
    pub(super) number: Option<Number>,
    pub(super) session: Option<String>,
    pub(super) facts: Facts,
}

impl Draft {
    pub(super) fn new(actor: &Actor, kind: Kind, deed: Deed) -> Self {
        Self {
            actor: actor.clone(),
            kind,
            verb: deed.verb.to_owned(),
            subject: deed.subject,
            intent: None,
            took_ms: None,
            ending: None,
            code: None,
            number: None,
            session: None,
            facts: deed.facts,
        }
    }

    /// The outcome of the intent at `seq`, which had this verb and subject.
    pub(super) fn outcome(
        actor: &Actor,
        (seq, verb, subject): (u64, &str, &str),
        outcome: Outcome,
    ) -> Self {
        Self {
            actor: actor.clone(),
            kind: Kind::Outcome,
            verb: verb.to_owned(),
            subject: subject.to_owned(),
            intent: Some(seq),
            took_ms: None,
            ending: Some(outcome.ending),
            code: outcome.code,
            number: None,
            session: None,
            facts: outcome.facts,
        }
    }

    /// Gives the draft its place and time. The clock is recorded as it is: one that was set back
    /// leaves its mark instead of stopping the log.
    pub(super) fn place(self, seq: u64, now: Timestamp, before: Option<Timestamp>) -> Entry {
        let at = whole_milliseconds(now);
        let clock_back_ms = before
            .map(|before| before.as_millisecond() - at.as_millisecond())
            .and_then(|back| u64::try_from(back).ok())
            .filter(|back| *back > 0);
        Entry {
            v: VERSION,
            seq,
            at,
            clock_back_ms,
            actor: self.actor,
            kind: self.kind,
            verb: self.verb,
            subject: self.subject,
            intent: self.intent,
            took_ms: self.took_ms,
            result: self.ending,
            code: self.code,
            number: self.number,
            session: self.session,
            facts: canonical_facts(self.facts),
        }
    }
}

fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

fn milliseconds<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

fn canonical_facts(mut facts: Facts) -> Facts {
    for value in facts.values_mut() {
        spell_fractions(value);
        value.sort_all_objects();
    }
    facts.sort_keys();
    facts
}

fn spell_fractions(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => *value = Value::String(number.to_string()),
        Value::Array(values) => values.iter_mut().for_each(spell_fractions),
        Value::Object(members) => members.values_mut().for_each(spell_fractions),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(deed: Deed, now: &str, before: Option<&str>) -> Entry {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        Draft::new(&Actor::person("an"), Kind::Record, deed).place(7, time(now), before.map(time))
    }

    #[test]
    fn a_line_has_one_spelling() {
        let deed = Deed::new("key.confirmed", "kho-1")
            .fact("z", 1.5)
            .fact("a", serde_json::json!({"y": [0.25], "b": true}));
        let entry = placed(deed, "2026-03-01T00:00:00Z", None);
        assert_eq!(
            String::from_utf8(entry.to_line()).unwrap(),
            r#"{"v":2,"seq":7,"at":"2026-03-01T00:00:00.000Z","actor":{"kind":"person","name":"an"},"kind":"record","verb":"key.confirmed","subject":"kho-1","facts":{"a":{"b":true,"y":["0.25"]},"z":"1.5"}}"#
        );
        assert_eq!(Entry::from_line(&entry.to_line()), Some(entry));
    }

    #[test]
    fn a_clock_that_goes_back_is_recorded() {
        let deed = Deed::new("a.b", "c");
        let check = |now, before, expected| {
            assert_eq!(placed(deed.clone(), now, before).clock_back_ms, expected);
        };
        check("2026-03-01T00:00:00.0019Z", None, None);
        check("2026-03-01T00:00:01Z", Some("2026-03-01T00:00:01Z"), None);
        check("2026-03-01T00:00:01Z", Some("2026-03-01T00:00:02.5Z"), Some(1500));
    }

    #[test]
    fn a_line_of_another_version_is_not_read() {
        let mut entry = placed(Deed::new("a.b", "c"), "2026-03-01T00:00:00Z", None);
        entry.v = 3;
        assert_eq!(Entry::from_line(&entry.to_line()), None);
    }
}
