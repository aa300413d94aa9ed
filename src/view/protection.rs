//! What keeps sets from being forgotten: who holds them, and which were proven; and which sets must
//! be there, since they were taken or copied and nobody forgot them. A fold of the log.
//!
//! A set is proven by the newest word about it. A verify of all data names the sets that it found
//! whole, and whatever it does not name counts as unproven from then on; a verify that found damage
//! without reading all data proves nothing and leaves nothing proven. A drill of one set speaks of
//! that set alone.
//!
//! A set that an intent is about to forget need not be there any more, unless the outcome says that
//! it stayed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Entry, Kind};

/// What the log knows of the protection of sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// By the id of the set.
    pub holds: BTreeMap<String, Hold>,
    /// Portals all of whose sets are held, by id.
    pub portals: BTreeMap<String, PortalHold>,
    /// Ids of proven sets, by repository.
    verified: BTreeMap<String, BTreeSet<String>>,
    /// Ids of sets that were taken and not forgotten, by repository.
    taken: BTreeMap<String, BTreeSet<String>>,
    /// Ids of sets that an intent was to forget and that are not known to be gone, by its number.
    going: BTreeMap<u64, Vec<String>>,
}

/// A person's word that a set must stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Since when.
    pub at: Timestamp,
    /// The repository that holds the set.
    pub repository: String,
    /// Who says so.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// In whose name an alarm holds sets.
pub const ALARM: &str = "duphong";

/// A word that all sets of a portal must stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalHold {
    /// Since when.
    pub at: Timestamp,
    /// Who says so.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl PortalHold {
    /// What a record says.
    pub(super) fn of(entry: &Entry) -> Self {
        let text = |name| text(entry.facts.get(name));
        Self { at: entry.at, by: text("by"), reason: text("reason") }
    }
}

impl Protection {
    /// Takes in the next entry of the log.
    pub fn take(&mut self, entry: &Entry) {
        match (entry.kind, entry.verb.as_str()) {
            (Kind::Record, "snapshot.hold") => {
                let text = |name| text(entry.facts.get(name));
                let hold = Hold {
                    at: entry.at,
                    repository: text("repository"),
                    by: text("by"),
                    reason: text("reason"),
                };
                self.holds.insert(entry.subject.clone(), hold);
            }
            (Kind::Record, "snapshot.release") => {
                self.holds.remove(&entry.subject);
            }
            (Kind::Record, "retention.hold") => {
                self.portals.insert(entry.subject.clone(), PortalHold::of(entry));
            }
            (Kind::Record, "retention.release") => {
                self.portals.remove(&entry.subject);
            }
            (Kind::Outcome, "repository.verify") => self.verify(entry),
            (Kind::Outcome, "drill.run") => self.drill(entry),
            (Kind::Outcome, "snapshot.create" | "snapshot.evidence" | "repository.copy") => {
                self.taken(entry);
            }
            (Kind::Intent, "repository.forget") => self.forgetting(entry),
            (Kind::Outcome, "repository.forget") => self.forgotten(entry),
            (Kind::Intent, "repository.prune") => {
                self.strike(&entry.subject, texts(entry, "gone"));
            }
            // Another repository of the same name.
            (Kind::Outcome, "repository.init") if entry.facts.contains_key("id") => {
                self.taken.remove(&entry.subject);
            }
            _ => {}
        }
    }

    /// The word that holds this set of this portal; one about the set says more than one about all.
    pub fn hold_of(&self, repository: &str, set: &str, portal: Option<&str>) -> Option<Hold> {
        let all = || {
            let PortalHold { at, by, reason } = self.portals.get(portal?)?.clone();
            Some(Hold { at, repository: repository.to_owned(), by, reason })
        };
        self.holds.get(set).cloned().or_else(all)
    }

    /// Whether the log proves this set of this repository.
    pub fn is_verified(&self, repository: &str, set: &str) -> bool {
        self.verified.get(repository).is_some_and(|sets| sets.contains(set))
    }

    /// The sets that must be in this repository: those that were taken and not forgotten, and those
    /// that a person holds.
    pub fn standing(&self, repository: &str) -> BTreeSet<&str> {
        let taken = self.taken.get(repository).into_iter().flatten().map(String::as_str);
        let held = self.holds.iter().filter(|(_, hold)| hold.repository == repository);
        taken.chain(held.map(|(id, _)| id.as_str())).collect()
    }

    fn taken(&mut self, entry: &Entry) {
        let sets = entry.facts.get("sets").and_then(Value::as_array);
        for set in sets.into_iter().flatten() {
            if let (Some(repository), Some(id)) = (set["repository"].as_str(), set["id"].as_str()) {
                self.taken.entry(repository.to_owned()).or_default().insert(id.to_owned());
            }
        }
    }

    fn forgetting(&mut self, entry: &Entry) {
        let sets = entry.facts.get("forget").and_then(Value::as_array);
        let sets = sets.into_iter().flatten().filter_map(|set| set["id"].as_str());
        let struck = self.strike(&entry.subject, sets.map(str::to_owned).collect());
        self.going.insert(entry.seq, struck);
    }

    fn forgotten(&mut self, entry: &Entry) {
        let going = entry.intent.and_then(|intent| self.going.remove(&intent));
        // An outcome that does not say what went leaves open what did.
        if !entry.facts.contains_key("forgotten") {
            return;
        }
        let forgotten = texts(entry, "forgotten");
        let stayed = going.into_iter().flatten().filter(|id| !forgotten.contains(id));
        self.taken.entry(entry.subject.clone()).or_default().extend(stayed);
    }

    /// Takes sets off those that must be there, and returns which of them were among these.
    fn strike(&mut self, repository: &str, mut sets: Vec<String>) -> Vec<String> {
        match self.taken.get_mut(repository) {
            Some(taken) => sets.retain(|id| taken.remove(id)),
            None => sets.clear(),
        }
        sets
    }

    fn verify(&mut self, entry: &Entry) {
        let fact = |name| entry.facts.get(name).unwrap_or(&Value::Null);
        if !fact("as-of").is_null() {
            return;
        }
        // A verify that was broken off says nothing of what it found.
        let Some(damages) = fact("damages").as_u64() else { return };
        let all_data = fact("read-data").as_bool() == Some(true);
        if all_data || damages > 0 {
            let whole = fact("whole").as_array().map_or(&[][..], Vec::as_slice);
            let whole = whole.iter().filter_map(Value::as_str).filter(|_| all_data);
            let sets = whole.map(str::to_owned).collect();
            self.verified.insert(entry.subject.clone(), sets);
        }
    }

    fn drill(&mut self, entry: &Entry) {
        let record = entry.facts.get("record").unwrap_or(&Value::Null);
        let (Some(repository), Some(set)) =
            (record["repository"].as_str(), record["set"]["id"].as_str())
        else {
            return;
        };
        // A drill of the past says nothing of what the repository shows now.
        if !record["sabotage"].is_null() || !record["as-of"].is_null() {
            return;
        }
        let sets = self.verified.entry(repository.to_owned()).or_default();
        match record["verdict"].as_str() {
            Some("pass") => drop(sets.insert(set.to_owned())),
            Some("fail") => drop(sets.remove(set)),
            // What was not proven takes nothing back.
            _ => {}
        }
    }
}

fn texts(entry: &Entry, name: &str) -> Vec<String> {
    let list = entry.facts.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view::entry;

    /// Holds and proofs after these entries: kind, verb, subject, facts.
    fn after(entries: &[(Kind, &str, &str, Value)]) -> Protection {
        let mut protection = Protection::default();
        for (seq, (kind, verb, subject, facts)) in (0..).zip(entries) {
            protection.take(&Entry {
                subject: (*subject).to_owned(),
                intent: facts["of"].as_u64(),
                ..entry(seq, *kind, verb, facts)
            });
        }
        protection
    }

    fn verify(facts: Value) -> (Kind, &'static str, &'static str, Value) {
        (Kind::Outcome, "repository.verify", "kho", facts)
    }

    fn drill(verdict: &str, sabotage: Option<&str>) -> (Kind, &'static str, &'static str, Value) {
        let record = json!({
            "repository": "kho", "set": {"id": "a"}, "verdict": verdict, "sabotage": sabotage,
        });
        (Kind::Outcome, "drill.run", "mau", json!({ "record": record }))
    }

    /// A drill of what the repository showed at an earlier time.
    fn drill_of_then() -> (Kind, &'static str, &'static str, Value) {
        let mut entry = drill("pass", None);
        entry.3["record"]["as-of"] = json!("2026-11-22T00:00:00Z");
        entry
    }

    #[test]
    fn the_newest_word_about_a_set_counts() {
        let whole = || verify(json!({"read-data": true, "damages": 0, "whole": ["a", "b"]}));
        let check = |entries: &[(Kind, &str, &str, Value)], a: bool, b: bool| {
            let protection = after(entries);
            let found = ["a", "b"].map(|set| protection.is_verified("kho", set));
            assert_eq!(found, [a, b], "{entries:?}");
            assert!(!protection.is_verified("usb", "a"));
        };
        check(&[], false, false);
        check(&[whole()], true, true);
        check(&[drill("pass", None)], true, false);
        check(&[drill("pass", Some("flip"))], false, false);
        check(&[drill_of_then()], false, false);
        check(&[whole(), drill("fail", None)], false, true);
        check(&[whole(), drill("not-proven", None)], true, true);
        check(&[whole(), drill("fail", Some("flip"))], true, true);
        check(&[whole(), verify(json!({"read-data": false, "damages": 0}))], true, true);
        check(&[whole(), verify(json!({"read-data": false, "damages": 1}))], false, false);
        check(&[whole(), verify(json!({"error": "the store is gone"}))], true, true);
        // What was not read whole is not proven, whatever is said of it.
        let unread = json!({"read-data": false, "damages": 0, "whole": ["a", "b"]});
        check(&[verify(unread)], false, false);
        let of_then = json!({"read-data": true, "damages": 0, "whole": ["a", "b"], "as-of": "t"});
        check(&[verify(of_then)], false, false);
        let rest = json!({"read-data": true, "damages": 1, "whole": ["b"]});
        check(&[whole(), verify(rest)], false, true);
        // An entry of before sets were named proves none.
        check(&[whole(), verify(json!({"read-data": true, "damages": 0}))], false, false);
    }

    #[test]
    fn a_hold_lasts_until_it_is_released() {
        let word = |verb, by: &str| {
            let facts = json!({"repository": "kho", "by": by, "reason": "vụ 12"});
            (Kind::Record, verb, "a", facts)
        };
        let held = after(&[word("snapshot.hold", "An"), word("snapshot.hold", "Bình")]);
        assert_eq!((held.holds.len(), held.holds["a"].by.as_str()), (1, "Bình"));
        let released = after(&[word("snapshot.hold", "An"), word("snapshot.release", "Bình")]);
        assert!(released.holds.is_empty());
    }

    #[test]
    fn a_set_must_be_there_from_its_taking_to_its_forgetting() {
        let create = |verb, ids: &[&str]| {
            let sets: Vec<_> =
                ids.iter().map(|id| json!({"repository": "kho", "id": id})).collect();
            (Kind::Outcome, verb, "mau", json!({ "sets": sets }))
        };
        let taken = || create("snapshot.create", &["a", "b"]);
        let intend = |ids: &[&str]| {
            let sets: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
            (Kind::Intent, "repository.forget", "kho", json!({ "forget": sets }))
        };
        let forgot = |facts: Value| (Kind::Outcome, "repository.forget", "kho", facts);
        let gone = |ids: &[&str]| (Kind::Intent, "repository.prune", "kho", json!({"gone": ids}));
        let check = |entries: &[(Kind, &str, &str, Value)], expected: &[&str]| {
            let protection = after(entries);
            let standing: Vec<_> = protection.standing("kho").into_iter().collect();
            assert_eq!(standing, expected, "{entries:?}");
            assert!(protection.standing("usb").is_empty());
        };
        check(&[], &[]);
        check(&[taken(), create("snapshot.evidence", &["c"])], &["a", "b", "c"]);
        // A run that was cut off may have forgotten all it was to.
        check(&[taken(), intend(&["a"])], &["b"]);
        check(&[taken(), intend(&["a"]), forgot(json!({"of": 1}))], &["b"]);
        let part = json!({"of": 1, "forgotten": ["a"]});
        check(&[taken(), intend(&["a", "b", "x"]), forgot(part)], &["b"]);
        check(&[taken(), gone(&["b", "x"])], &["a"]);
        check(&[taken(), (Kind::Outcome, "repository.init", "kho", json!({"id": "1"}))], &[]);
        check(
            &[taken(), (Kind::Outcome, "repository.init", "kho", json!({"error": "there"}))],
            &["a", "b"],
        );
        let hold = json!({"repository": "kho", "by": "An", "reason": "vụ 12"});
        check(&[taken(), (Kind::Record, "snapshot.hold", "z", hold)], &["a", "b", "z"]);
    }
}
