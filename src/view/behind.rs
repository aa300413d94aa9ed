//! Which repositories lack sets that a run gave to others. A fold of the log.
//!
//! A repository is behind by a set from the run in which it failed while another one took the set,
//! until the set was copied into it, or until every repository that has it has forgotten it. A run in
//! which all of them failed leaves nothing to catch up with.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Entry, Kind};

/// What each repository lacks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behind {
    /// By the number of the outcome of the run, and the repository that lacks its set.
    missing: BTreeMap<(u64, String), Missing>,
}

/// A set that a repository lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// The portal that it is of.
    pub portal: String,
    /// When its run ended.
    pub at: Timestamp,
    /// The repositories that have it, each with its id there.
    pub from: Vec<(String, String)>,
}

impl Behind {
    /// Takes in the next entry of the log.
    pub fn take(&mut self, entry: &Entry) {
        match (entry.kind, entry.verb.as_str()) {
            (Kind::Outcome, "snapshot.create" | "snapshot.evidence") => self.ran(entry),
            (Kind::Outcome, "repository.copy") => {
                let copied: Vec<_> = texts(entry, "sets", "copy-of").collect();
                let gone = entry.facts.get("gone").and_then(Value::as_array);
                let gone: Vec<_> = gone.into_iter().flatten().filter_map(Value::as_str).collect();
                for missing in self.missing.values_mut() {
                    missing.from.retain(|(_, id)| !gone.contains(&id.as_str()));
                }
                self.missing.retain(|_, missing| !missing.from.is_empty());
                self.missing.retain(|(_, repository), missing| {
                    let is_copied = |(_, id): &(String, String)| copied.contains(&id.as_str());
                    *repository != entry.subject || !missing.from.iter().any(is_copied)
                });
            }
            (Kind::Outcome, "repository.forget") => {
                let gone = entry.facts.get("forgotten").and_then(Value::as_array);
                let gone: Vec<_> = gone.into_iter().flatten().filter_map(Value::as_str).collect();
                for missing in self.missing.values_mut() {
                    missing.from.retain(|(repository, id)| {
                        *repository != entry.subject || !gone.contains(&id.as_str())
                    });
                }
                self.missing.retain(|_, missing| !missing.from.is_empty());
            }
            _ => {}
        }
    }

    fn ran(&mut self, entry: &Entry) {
        let sets = entry.facts.get("sets").and_then(Value::as_array);
        let from: Vec<_> = sets
            .into_iter()
            .flatten()
            .filter_map(|set| Some((set["repository"].as_str()?, set["id"].as_str()?)))
            .map(|(repository, id)| (repository.to_owned(), id.to_owned()))
            .collect();
        if from.is_empty() {
            return;
        }
        for repository in texts(entry, "failed", "repository") {
            let (portal, at, from) = (entry.subject.clone(), entry.at, from.clone());
            let missing = Missing { portal, at, from };
            self.missing.insert((entry.seq, repository.to_owned()), missing);
        }
    }

    /// What this repository lacks of this portal, the oldest first.
    pub fn of<'a>(
        &'a self,
        portal: &'a str,
        repository: &'a str,
    ) -> impl Iterator<Item = &'a Missing> {
        self.missing
            .iter()
            .filter(move |((_, lacks), missing)| lacks == repository && missing.portal == portal)
            .map(|(_, missing)| missing)
    }
}

/// The texts under `name` in the items of the list `list`.
fn texts<'a>(entry: &'a Entry, list: &str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let items = entry.facts.get(list).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(move |item| item[name].as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view::entry;

    fn outcome(verb: &str, subject: &str, facts: &Value) -> Entry {
        Entry { subject: subject.to_owned(), ..entry(0, Kind::Outcome, verb, facts) }
    }

    fn after(entries: &[Entry]) -> Behind {
        let mut behind = Behind::default();
        for (seq, entry) in (0..).zip(entries.iter().cloned()) {
            behind.take(&Entry { seq, ..entry });
        }
        behind
    }

    #[test]
    fn a_repository_is_behind_until_it_has_what_it_missed() {
        let run = |ids: &[(&str, &str)], failed: &[&str]| {
            let sets: Vec<_> =
                ids.iter().map(|(name, id)| json!({"repository": name, "id": id})).collect();
            let failed: Vec<_> = failed.iter().map(|name| json!({ "repository": name })).collect();
            outcome("snapshot.create", "mau", &json!({"sets": sets, "failed": failed}))
        };
        let copied = |to: &str, of: &str| {
            outcome("repository.copy", to, &json!({"sets": [{"copy-of": of, "id": "new"}]}))
        };
        let forgot =
            |name: &str, id: &str| outcome("repository.forget", name, &json!({"forgotten": [id]}));
        let missed = || run(&[("kho", "a"), ("usb", "b")], &["xa"]);
        let check = |entries: &[Entry], lacking: usize| {
            let behind = after(entries);
            assert_eq!(behind.of("mau", "xa").count(), lacking, "{entries:?}");
            assert_eq!(behind.of("mau", "kho").count() + behind.of("khac", "xa").count(), 0);
        };
        check(&[], 0);
        check(&[run(&[("kho", "a")], &[])], 0);
        check(&[run(&[], &["kho", "xa"])], 0);
        check(&[missed()], 1);
        check(&[missed(), missed()], 2);
        check(&[missed(), copied("usb", "a")], 1);
        check(&[missed(), copied("xa", "z")], 1);
        check(&[missed(), copied("xa", "a")], 0);
        check(&[missed(), copied("xa", "b")], 0);
        // As long as one repository has it, it can be had.
        check(&[missed(), forgot("kho", "a")], 1);
        check(&[missed(), forgot("kho", "b"), forgot("usb", "a")], 1);
        check(&[missed(), forgot("kho", "a"), forgot("usb", "b")], 0);
        // A look for it has found that it is not there any more.
        let gone = outcome("repository.copy", "xa", &json!({"sets": [], "gone": ["a", "b"]}));
        check(&[missed(), gone], 0);
        // A later run that reaches the repository does not bring the earlier set.
        check(&[missed(), run(&[("kho", "c"), ("xa", "d")], &[])], 1);
    }
}
