//! What is true now: a fold of the audit log. Pure.
//!
//! [`Now::fold`] reads entries in order and keeps the newest of each fact; [`assess()`] says what
//! colour that makes and why. The log is the only source: what no entry says did not happen.

pub mod anchors;
mod assess;
pub mod backup;
pub mod behind;
pub mod coverage;
pub mod damaged;
pub mod drills;
pub mod incidents;
pub mod notices;
pub mod period;
pub mod playbooks;
mod probes;
pub mod protection;
pub mod schedule;
mod spot;
pub mod work;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub use assess::{Colour, Expected, ExpectedPortal, Remark, assess, worst};
pub use probes::ProbeNow;
pub use spot::SpotNow;

use crate::audit::{Ending, Entry, Kind};
use crate::drill::trend::Point;
use crate::drill::work::Works;
use crate::notice::memory::Memory;
use crate::view::anchors::Anchors;
use crate::view::behind::Behind;
use crate::view::coverage::Coverage;
use crate::view::drills::Announced;
use crate::view::incidents::Incidents;
use crate::view::notices::Occurrence;
use crate::view::playbooks::Playbooks;
use crate::view::protection::PortalHold;

/// Things that happened are told within minutes: whoever has heard nothing of this many is told of
/// the newest.
const HAPPENED_MAX: usize = 1000;

/// The state that a log leads to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Now {
    /// By portal id.
    pub portals: BTreeMap<String, PortalNow>,
    /// By repository name.
    pub repositories: BTreeMap<String, RepositoryNow>,
    /// Sets that repositories missed.
    pub behind: Behind,
    /// Incidents and the rules they are judged by.
    pub incidents: Incidents,
    /// Runs of playbooks.
    pub playbooks: Playbooks,
    /// Heads of the log that are kept outside.
    pub anchors: Anchors,
    /// The work that failed drills opened.
    pub works: Works,
    /// Schedules that a daemon keeps.
    pub announced: Announced,
    /// What each recipient of notices was told.
    pub told: Memory,
    /// The newest things that happened and are to be told once.
    pub happened: Vec<Occurrence>,
    /// Intents without outcome: still running, or cut off.
    pub open: BTreeMap<u64, OpenIntent>,
    /// Entries folded.
    pub entries: u64,
}

/// A portal as the log knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PortalNow {
    /// The newest set, by repository.
    pub sets: BTreeMap<String, SetNow>,
    /// The newest run, when it did not end well: its code.
    pub failed: Option<(Timestamp, String)>,
    /// What the newest set lacks.
    pub skipped: u64,
    /// Rows of its databases that name files which the newest set does not have, or none at all.
    pub without_file: u64,
    /// Questions which files are named that nobody could answer when the newest set was taken.
    pub unanswered: u64,
    /// The newest spot check that came to an end.
    pub spot: Option<SpotNow>,
    /// The newest spot check, when it did not come to an end: its code.
    pub spot_failed: Option<(Timestamp, String)>,
    /// The newest drill that was not sabotaged, and not of the past.
    pub drill: Option<DrillNow>,
    /// By the repository that it read, the number of the newest of these that failed, while none out
    /// of the same repository has passed since: another copy that comes back says nothing of it.
    pub drill_failed: BTreeMap<String, u64>,
    /// What the newest drills measured, oldest first; none that was sabotaged, or of the past.
    pub drills: Vec<Point>,
    /// The newest drill that passed, by the repository that it read: when it was decided.
    pub passed: BTreeMap<String, Timestamp>,
    /// When the first set came into a repository, by repository.
    pub first_sets: BTreeMap<String, Timestamp>,
    /// Why all its sets are held, where they are.
    pub held: Option<PortalHold>,
    /// The newest settled verdict, by probe.
    pub probes: BTreeMap<String, ProbeNow>,
}

/// A set as the log knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct SetNow {
    /// When the run that took it began: nothing later is in it.
    pub taken: Timestamp,
    /// The snapshot's id.
    pub id: String,
}

/// A drill as the log knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct DrillNow {
    /// When its record was written.
    pub at: Timestamp,
    /// Its number.
    pub number: u64,
    /// `pass`, `fail` or `not-proven`.
    pub verdict: String,
    /// Its measured RTO.
    pub rto_ms: Option<u64>,
}

/// A repository as the log knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RepositoryNow {
    /// Who confirmed a copy of its password off this host, where, and when.
    pub password_copy: Option<(Timestamp, String, String)>,
    /// Since when all data that was there then was read, at once or in parts, and how many damages
    /// the newest readings found.
    pub verified: Option<(Timestamp, u64)>,
    /// Which parts were read.
    pub coverage: Coverage,
}

/// An intent that no outcome has followed.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenIntent {
    /// When it was written.
    pub at: Timestamp,
    /// What was intended.
    pub verb: String,
    /// On what.
    pub subject: String,
}

impl Now {
    /// The state after these entries, which come in the log's order.
    pub fn fold(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut now = Self::default();
        for entry in entries {
            now.take(&entry);
        }
        now
    }

    /// Takes in the next entry.
    pub fn take(&mut self, entry: &Entry) {
        self.entries += 1;
        self.behind.take(entry);
        self.incidents.take(entry);
        self.playbooks.take(entry);
        self.announced.take(entry);
        self.anchors.take(entry);
        work::take(&mut self.works, entry);
        notices::take(&mut self.told, entry);
        self.happened.extend(notices::occurrence(entry));
        let excess = self.happened.len().saturating_sub(HAPPENED_MAX);
        self.happened.drain(..excess);
        match entry.kind {
            Kind::Intent => {
                // Recorded late, it began when it says, not when the log could be written again.
                let began = entry.facts.get("began").and_then(Value::as_str);
                let at = began.and_then(|at| at.parse().ok()).unwrap_or(entry.at);
                let (verb, subject) = (entry.verb.clone(), entry.subject.clone());
                self.open.insert(entry.seq, OpenIntent { at, verb, subject });
            }
            Kind::Outcome => self.outcome(entry),
            Kind::Record if entry.verb == "key.confirm" => self.password_copy(entry),
            Kind::Record if entry.verb == "probe.verdict" => probes::take(self, entry),
            Kind::Record if entry.verb == "retention.hold" => {
                let portal = self.portals.entry(entry.subject.clone()).or_default();
                portal.held = Some(PortalHold::of(entry));
            }
            Kind::Record if entry.verb == "retention.release" => {
                if let Some(portal) = self.portals.get_mut(&entry.subject) {
                    portal.held = None;
                }
            }
            Kind::Opened | Kind::Record | Kind::Gap => {}
        }
    }

    fn outcome(&mut self, entry: &Entry) {
        let intent = entry.intent.and_then(|seq| self.open.remove(&seq));
        // An intent that was taken for abandoned is not open any more; a set holds nothing that
        // changed after its beginning.
        let took = entry.took_ms.and_then(|took| i64::try_from(took).ok()).unwrap_or(0);
        let before = entry.at.checked_sub(SignedDuration::from_millis(took)).unwrap_or(entry.at);
        let began = intent.map_or(before, |intent| intent.at);
        match entry.verb.as_str() {
            "snapshot.create" => self.snapshot(entry, began),
            "snapshot.spot" => spot::take(self, entry),
            "repository.copy" => self.copy(entry),
            "drill.run" => self.drill(entry),
            "repository.verify" => self.verify(entry),
            "key.rotate" | "key.remove" => self.passwords_changed(entry),
            _ => {}
        }
    }

    fn snapshot(&mut self, entry: &Entry, began: Timestamp) {
        let portal = self.portals.entry(entry.subject.clone()).or_default();
        let failed = |code: &str| Some((entry.at, code.to_owned()));
        portal.failed = match entry.result {
            Some(Ending::Done | Ending::Warnings) => None,
            Some(Ending::Abandoned) => failed("abandoned"),
            _ => failed(entry.code.as_deref().unwrap_or("unknown")),
        };
        let first_failure = list(&entry.facts, "failed").first();
        if let Some(code) = first_failure.and_then(|failure| failure["code"].as_str()) {
            portal.failed = failed(code);
        }
        for set in list(&entry.facts, "sets") {
            let (Some(repository), Some(id)) = (set["repository"].as_str(), set["id"].as_str())
            else {
                continue;
            };
            let newest = SetNow { taken: began, id: id.to_owned() };
            portal.sets.insert(repository.to_owned(), newest);
            portal.first_sets.entry(repository.to_owned()).or_insert(entry.at);
            portal.skipped = entry.facts.get("skipped").and_then(Value::as_u64).unwrap_or(0);
            let named = list(&entry.facts, "references");
            let count = |one: &Value, name: &str| one[name].as_u64().unwrap_or(0);
            let without =
                named.iter().map(|one| count(one, "missing").saturating_add(count(one, "refused")));
            portal.without_file = without.fold(0, u64::saturating_add);
            portal.unanswered = named.iter().filter(|one| one["missing"].is_null()).count() as u64;
        }
    }

    /// A copy is as old as the set that it is a copy of.
    fn copy(&mut self, entry: &Entry) {
        for set in list(&entry.facts, "sets") {
            let text = |name: &str| set[name].as_str();
            let (Some(portal), Some(repository), Some(id), Some(time)) =
                (text("portal"), text("repository"), text("id"), text("time"))
            else {
                continue;
            };
            let Ok(taken) = time.parse() else { continue };
            if set["evidence"].as_bool() == Some(true) {
                continue;
            }
            let known = self.portals.entry(portal.to_owned()).or_default();
            known.first_sets.entry(repository.to_owned()).or_insert(entry.at);
            let sets = &mut known.sets;
            if sets.get(repository).is_none_or(|newest| newest.taken < taken) {
                sets.insert(repository.to_owned(), SetNow { taken, id: id.to_owned() });
            }
        }
    }

    fn drill(&mut self, entry: &Entry) {
        let record = entry.facts.get("record").unwrap_or(&Value::Null);
        let (Some(number), Some(verdict)) = (record["number"].as_u64(), record["verdict"].as_str())
        else {
            return;
        };
        // Neither says anything about the sets that are there now.
        if record["sabotage"].is_string() || record["as-of"].is_string() {
            return;
        }
        let rto_ms = record["measured-rto-ms"].as_u64();
        let verdict = verdict.to_owned();
        let portal = self.portals.entry(entry.subject.clone()).or_default();
        let repository = record["repository"].as_str().unwrap_or_default();
        match verdict.as_str() {
            "pass" => drop(portal.drill_failed.remove(repository)),
            // One that proved nothing takes nothing back.
            "not-proven" => {}
            _ => drop(portal.drill_failed.insert(repository.to_owned(), number)),
        }
        portal.drill = Some(DrillNow { at: entry.at, number, verdict, rto_ms });
        drills::take(portal, record);
    }

    fn verify(&mut self, entry: &Entry) {
        if entry.facts.contains_key("as-of") {
            return;
        }
        let repository = self.repositories.entry(entry.subject.clone()).or_default();
        repository.coverage.take(entry);
        let damages = repository.coverage.damages();
        repository.verified = repository.coverage.since().map(|at| (at, damages));
    }

    /// What was kept elsewhere may open nothing any more: somebody has to look again. So it is with
    /// a change that was broken off, which may have come to its end.
    fn passwords_changed(&mut self, entry: &Entry) {
        if matches!(entry.result, Some(Ending::Done | Ending::Warnings | Ending::Abandoned))
            && let Some(repository) = self.repositories.get_mut(&entry.subject)
        {
            repository.password_copy = None;
        }
    }

    fn password_copy(&mut self, entry: &Entry) {
        let text = |name: &str| entry.facts.get(name).and_then(Value::as_str).unwrap_or_default();
        let copy = (entry.at, text("by").to_owned(), text("place").to_owned());
        let repository = self.repositories.entry(entry.subject.clone()).or_default();
        repository.password_copy = Some(copy);
    }
}

fn list<'a>(facts: &'a crate::audit::Facts, name: &str) -> &'a [Value] {
    facts.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An entry about the portal `mau`, as tests of folds are told it.
#[cfg(test)]
fn entry(seq: u64, kind: Kind, verb: &str, facts: &Value) -> Entry {
    Entry {
        v: 1,
        seq,
        at: Timestamp::UNIX_EPOCH,
        clock_back_ms: None,
        actor: crate::audit::Actor::daemon(),
        kind,
        verb: verb.to_owned(),
        subject: "mau".to_owned(),
        intent: None,
        took_ms: None,
        result: None,
        code: None,
        number: None,
        session: None,
        facts: facts.as_object().cloned().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_drill_that_failed_stands_until_one_out_of_the_same_repository_passes() {
        let mut now = Now::default();
        for (number, repository, verdict, failed) in [
            (1, "kho", "not-proven", &[][..]),
            (2, "kho", "fail", &[("kho", 2)]),
            (3, "kho", "not-proven", &[("kho", 2)]),
            (4, "kho", "fail", &[("kho", 4)]),
            (5, "usb", "pass", &[("kho", 4)]),
            (6, "usb", "fail", &[("kho", 4), ("usb", 6)]),
            (7, "kho", "pass", &[("usb", 6)]),
            (8, "usb", "pass", &[]),
            (9, "usb", "not-proven", &[]),
        ] {
            let record = json!({"number": number, "repository": repository, "verdict": verdict});
            now.take(&entry(number, Kind::Outcome, "drill.run", &json!({"record": record})));
            let stands = now.portals["mau"].drill_failed.iter();
            let stands: Vec<_> = stands.map(|(name, number)| (name.as_str(), *number)).collect();
            assert_eq!(stands, failed, "{number}");
        }
    }

    #[test]
    fn a_set_whose_intent_was_taken_for_abandoned_is_as_old_as_its_beginning() {
        let began = Timestamp::from_second(1_800_000_000).expect("a valid time");
        let entry = |seq, after_s: i64, kind, result, facts: Value| Entry {
            at: began + SignedDuration::from_secs(after_s),
            intent: (kind == Kind::Outcome).then_some(0),
            took_ms: (result == Some(Ending::Done)).then_some(3_600_000),
            result,
            ..entry(seq, kind, "snapshot.create", &facts)
        };
        let mut now = Now::default();
        now.take(&entry(0, 0, Kind::Intent, None, json!({})));
        now.take(&entry(1, 60, Kind::Outcome, Some(Ending::Abandoned), json!({})));
        let sets = json!({"sets": [{"repository": "local", "id": "a"}]});
        now.take(&entry(2, 3600, Kind::Outcome, Some(Ending::Done), sets));
        assert_eq!(now.portals["mau"].sets["local"].taken, began);
    }
}
