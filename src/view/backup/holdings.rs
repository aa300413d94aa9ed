//! Which sets stand in which repository at the end of the period, and who held which.
//!
//! A set that an intent is about to forget is not counted any more, unless its outcome says that it
//! stayed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::audit::{Entry, Kind};
use crate::view::backup::runs::{items, text, texts};
use crate::view::backup::{Rows, Scope, Section, Value};

/// The portal of a set, unless it was taken as evidence: such sets are no copies of the portal.
type Of = Option<String>;

/// Where sets are.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    /// By repository and id.
    standing: BTreeMap<String, BTreeMap<String, Of>>,
    /// Sets that an intent was to forget, by its position.
    going: BTreeMap<u64, Vec<(String, Of)>>,
    /// Portals all of whose sets are held.
    held: BTreeSet<String>,
    words: Vec<Word>,
}

/// A hold or its end.
#[derive(Debug)]
struct Word {
    seq: u64,
    what: &'static str,
    subject: String,
    at: Timestamp,
    by: String,
    reason: String,
}

impl Holdings {
    pub(super) fn take(&mut self, entry: &Entry, scope: &Scope) {
        match (entry.kind, entry.verb.as_str()) {
            (Kind::Outcome, "snapshot.create") => self.stands(entry, |_| Some(&entry.subject)),
            (Kind::Outcome, "snapshot.evidence") => self.stands(entry, |_| None),
            (Kind::Outcome, "repository.copy") => self.stands(entry, |set| {
                let portal = set["portal"].as_str();
                portal.filter(|_| set["evidence"].as_bool() != Some(true))
            }),
            (Kind::Intent, "repository.forget") => {
                let ids = items(&entry.facts, "forget").iter();
                let ids: Vec<_> = ids.filter_map(|set| set["id"].as_str()).collect();
                let struck = self.strike(&entry.subject, &ids);
                self.going.insert(entry.seq, struck);
            }
            (Kind::Outcome, "repository.forget") => {
                let going = entry.intent.and_then(|intent| self.going.remove(&intent));
                if entry.facts.contains_key("forgotten") {
                    let gone = texts(&entry.facts, "forgotten");
                    let stayed = going.into_iter().flatten().filter(|(id, _)| !gone.contains(id));
                    self.standing.entry(entry.subject.clone()).or_default().extend(stayed);
                }
            }
            (Kind::Intent, "repository.prune") => {
                let gone = texts(&entry.facts, "gone");
                self.strike(&entry.subject, &gone.iter().map(String::as_str).collect::<Vec<_>>());
            }
            // Another repository of the same name.
            (Kind::Outcome, "repository.init") if entry.facts.contains_key("id") => {
                self.standing.remove(&entry.subject);
            }
            (Kind::Record, "snapshot.hold") => self.word(entry, scope, "backup-word-set-held"),
            (Kind::Record, "snapshot.release") => {
                self.word(entry, scope, "backup-word-set-released");
            }
            (Kind::Record, "retention.hold") => {
                self.held.insert(entry.subject.clone());
                self.word(entry, scope, "backup-word-portal-held");
            }
            (Kind::Record, "retention.release") => {
                self.held.remove(&entry.subject);
                self.word(entry, scope, "backup-word-portal-released");
            }
            _ => {}
        }
    }

    fn stands<'a>(&mut self, entry: &'a Entry, portal: impl Fn(&'a Json) -> Option<&'a str>) {
        for set in items(&entry.facts, "sets") {
            if let (Some(repository), Some(id)) = (set["repository"].as_str(), set["id"].as_str()) {
                let sets = self.standing.entry(repository.to_owned()).or_default();
                sets.insert(id.to_owned(), portal(set).map(str::to_owned));
            }
        }
    }

    fn strike(&mut self, repository: &str, ids: &[&str]) -> Vec<(String, Of)> {
        let Some(sets) = self.standing.get_mut(repository) else { return Vec::new() };
        ids.iter().filter_map(|id| sets.remove_entry(*id)).collect()
    }

    fn word(&mut self, entry: &Entry, scope: &Scope, what: &'static str) {
        if scope.contains(entry.at) {
            self.words.push(Word {
                seq: entry.seq,
                what,
                subject: entry.subject.clone(),
                at: entry.at,
                by: text(&entry.facts, "by").to_owned(),
                reason: text(&entry.facts, "reason").to_owned(),
            });
        }
    }

    /// How many sets each repository has, and how many repositories each portal.
    pub(super) fn rows(
        &self,
        repositories: &BTreeSet<&str>,
        portals: &BTreeSet<&str>,
        rows: &mut Rows,
    ) {
        let filled = self.standing.iter().filter(|(_, sets)| !sets.is_empty());
        let names = repositories.iter().copied().chain(filled.map(|(name, _)| name.as_str()));
        for name in names.collect::<BTreeSet<_>>() {
            let sets = self.standing.get(name).map_or(0, BTreeMap::len);
            rows.of(Section::Holdings, name, "").count("backup-figure-sets-there", sets);
        }
        for portal in portals {
            let holds = |sets: &BTreeMap<String, Of>| {
                sets.values().any(|of| of.as_deref() == Some(*portal))
            };
            let mut lines = rows.of(Section::Holdings, portal, "");
            lines.count(
                "backup-figure-copies",
                self.standing.values().filter(|sets| holds(sets)).count(),
            );
            let is_held = self.held.contains(*portal);
            let held = if is_held { "backup-word-yes" } else { "backup-word-no" };
            lines.put("backup-figure-held", Value::Word(held));
            for (name, sets) in self.standing.iter().filter(|(_, sets)| holds(sets)) {
                let own = sets.values().filter(|of| of.as_deref() == Some(*portal)).count();
                rows.of(Section::Holdings, portal, name).count("backup-figure-sets-there", own);
            }
        }
    }

    /// Who held what, and who let go, in the period.
    pub(super) fn words(&self, rows: &mut Rows) {
        for word in &self.words {
            let mut lines = rows.of(Section::Retention, &word.subject, &format!("#{}", word.seq));
            lines.put("backup-figure-word", Value::Word(word.what));
            lines.put("backup-figure-at", Value::At(word.at));
            lines.put("backup-figure-by", Value::Text(word.by.clone()));
            lines.put("backup-figure-reason", Value::Text(word.reason.clone()));
        }
    }
}
