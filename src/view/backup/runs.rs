//! Every piece of work that an intent announced: when it began, how it ended, what it brought.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::audit::{Actor, ActorKind, Ending, Entry, Facts, Kind};
use crate::view::backup::{Rows, Scope, Section, Value};

/// Work on sets, on what they lie in and on the log; other intents have reports of their own.
const KINDS: [&str; 7] =
    ["audit.", "drill.", "key.", "repository.", "restore.", "snapshot.", "wal."];

/// The word in place of the code of what nobody knows the outcome of.
const NO_OUTCOME: &str = "backup-word-no-outcome";

/// All work in the log, by the position of its intent.
#[derive(Debug, Default)]
pub(super) struct Runs {
    pub(super) by_intent: BTreeMap<u64, Run>,
    missed: BTreeMap<String, Missed>,
    /// Cron lines by job, as they stood at the end of the period.
    schedules: BTreeMap<String, String>,
}

/// One piece of work.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) verb: String,
    pub(super) subject: String,
    actor: Actor,
    pub(super) began: Timestamp,
    /// When its outcome was written.
    pub(super) told: Option<Timestamp>,
    /// Nothing while it has none.
    pub(super) ending: Option<Ending>,
    code: Option<String>,
    /// Its number among drills.
    pub(super) number: Option<u64>,
    /// The portal of a forget.
    portal: String,
    /// Repositories that it was to feed.
    pub(super) to: Vec<String>,
    /// Repositories that got a set.
    pub(super) fed: Vec<String>,
    /// Repositories that got none, with the code.
    failed: Vec<(String, String)>,
    /// What the set lacks.
    pub(super) skipped: u64,
    /// The objective that held when it began, in seconds.
    pub(super) rpo_objective: Option<u64>,
    /// What a drill measured.
    pub(super) drill: Option<Drill>,
    /// How many sets it forgot.
    forgotten: u64,
}

/// What a drill's record says.
#[derive(Debug)]
pub(super) struct Drill {
    pub(super) verdict: &'static str,
    pub(super) rto_ms: Option<u64>,
    pub(super) rpo_ms: Option<u64>,
    pub(super) rto_objective: Option<u64>,
    pub(super) rpo_objective: Option<u64>,
    /// Not one that was sabotaged, or of the past.
    pub(super) counts: bool,
}

/// What a schedule wanted of a job.
#[derive(Debug, Default)]
struct Missed {
    count: u64,
    since: Option<Timestamp>,
    skipped: u64,
}

impl Run {
    fn of(entry: &Entry) -> Self {
        let began = time(&entry.facts, "began").unwrap_or(entry.at);
        Self {
            verb: entry.verb.clone(),
            subject: entry.subject.clone(),
            actor: entry.actor.clone(),
            began,
            told: None,
            ending: None,
            code: None,
            number: entry.number.as_ref().filter(|one| one.series == "drill").map(|one| one.n),
            portal: text(&entry.facts, "portal").to_owned(),
            to: texts(&entry.facts, "repositories"),
            fed: Vec::new(),
            failed: Vec::new(),
            skipped: 0,
            rpo_objective: entry.facts.get("objective-rpo-s").and_then(Json::as_u64),
            drill: None,
            forgotten: 0,
        }
    }

    fn ended(&mut self, entry: &Entry) {
        (self.told, self.ending) = (Some(entry.at), entry.result);
        self.code.clone_from(&entry.code);
        let named = |list: &str, name: &str| -> Vec<String> {
            let items = items(&entry.facts, list);
            items.iter().filter_map(|one| one[name].as_str()).map(str::to_owned).collect()
        };
        if self.verb == "snapshot.create" {
            self.fed = named("sets", "repository");
            let codes = items(&entry.facts, "failed").iter().filter_map(|one| {
                Some((one["repository"].as_str()?.to_owned(), one["code"].as_str()?.to_owned()))
            });
            self.failed = codes.collect();
            self.skipped = entry.facts.get("skipped").and_then(Json::as_u64).unwrap_or(0);
        }
        self.forgotten = items(&entry.facts, "forgotten").len() as u64;
        self.drill = entry.facts.get("record").filter(|_| self.verb == "drill.run").map(drilled);
    }

    /// Whether nobody knows how it ended.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self.ending, None | Some(Ending::Abandoned))
    }
}

fn drilled(record: &Json) -> Drill {
    Drill {
        verdict: match record["verdict"].as_str() {
            Some("pass") => "backup-word-pass",
            Some("fail") => "backup-word-fail",
            Some("not-proven") => "backup-word-not-proven",
            _ => "backup-word-unknown",
        },
        rto_ms: record["measured-rto-ms"].as_u64(),
        rpo_ms: record["measured-rpo-ms"].as_u64(),
        rto_objective: record["objective-rto-s"].as_u64(),
        rpo_objective: record["objective-rpo-s"].as_u64(),
        counts: record["sabotage"].is_null() && record["as-of"].is_null(),
    }
}

impl Runs {
    pub(super) fn take(&mut self, entry: &Entry, scope: &Scope) {
        let is_ours = KINDS.iter().any(|kind| entry.verb.starts_with(kind));
        match entry.kind {
            Kind::Intent => {
                self.missed(entry, scope);
                if is_ours {
                    self.by_intent.insert(entry.seq, Run::of(entry));
                }
            }
            Kind::Outcome => {
                let run = entry.intent.and_then(|intent| self.by_intent.get_mut(&intent));
                // A run that was taken for abandoned may tell later how it ended.
                if let Some(run) = run.filter(|run| run.is_unknown()) {
                    run.ended(entry);
                }
            }
            Kind::Record if entry.verb == "schedule.skip" && scope.contains(entry.at) => {
                self.missed.entry(entry.subject.clone()).or_default().skipped += 1;
                self.missed(entry, scope);
            }
            Kind::Record if ["daemon.start", "daemon.reload"].contains(&entry.verb.as_str()) => {
                self.scheduled(entry, scope);
            }
            Kind::Opened | Kind::Record | Kind::Gap => {}
        }
    }

    /// What the daemon says it will start; a configuration that it refused says nothing.
    fn scheduled(&mut self, entry: &Entry, scope: &Scope) {
        let told = entry.facts.get("schedules").and_then(Json::as_object);
        if let Some(told) = told.filter(|_| entry.at <= scope.until()) {
            let line = |line: &Json| line.as_str().unwrap_or_default().to_owned();
            self.schedules = told.iter().map(|(job, cron)| (job.clone(), line(cron))).collect();
        }
    }

    /// What a run, or one that did not come about, says it stands for beside its own instant.
    fn missed(&mut self, entry: &Entry, scope: &Scope) {
        let missed = entry.facts.get("missed").and_then(Json::as_u64).unwrap_or(0);
        if missed == 0 || !scope.contains(entry.at) {
            return;
        }
        let job = match entry.kind {
            Kind::Intent => text(&entry.facts, "job"),
            _ => &entry.subject,
        };
        let owed = self.missed.entry(job.to_owned()).or_default();
        owed.count = owed.count.saturating_add(missed);
        let since = time(&entry.facts, "missed-from");
        owed.since = owed.since.into_iter().chain(since).min();
    }

    /// Those that began in the period, in order.
    pub(super) fn within<'a>(
        &'a self,
        scope: &'a Scope,
    ) -> impl Iterator<Item = (u64, &'a Run)> + use<'a> {
        let runs = self.by_intent.iter().map(|(seq, run)| (*seq, run));
        runs.filter(|(_, run)| scope.contains(run.began))
    }

    /// Portals of which a set was to be taken.
    pub(super) fn portals<'a>(
        &'a self,
        scope: &'a Scope,
    ) -> impl Iterator<Item = &'a str> + use<'a> {
        let runs = self.within(scope).map(|(_, run)| run);
        let of_portals = ["drill.run", "snapshot.create"];
        runs.filter(move |run| of_portals.contains(&run.verb.as_str()))
            .map(|run| run.subject.as_str())
    }

    /// Repositories that sets were to go to, or that were worked on.
    pub(super) fn repositories<'a>(
        &'a self,
        scope: &'a Scope,
    ) -> impl Iterator<Item = &'a str> + use<'a> {
        self.within(scope).flat_map(|(_, run)| {
            let own = run.verb.starts_with("repository.").then_some(run.subject.as_str());
            run.to.iter().map(String::as_str).chain(own)
        })
    }

    /// What ran, what failed, what was missed.
    pub(super) fn rows(&self, scope: &Scope, rows: &mut Rows) {
        let mut kinds: BTreeMap<(&str, &str), Vec<&Run>> = BTreeMap::new();
        for (_, run) in self.within(scope) {
            kinds.entry((&run.verb, &run.subject)).or_default().push(run);
        }
        for ((verb, subject), runs) in kinds {
            let mut lines = rows.of(Section::Runs, subject, verb);
            let ended = |ending| runs.iter().filter(|run| run.ending == Some(ending)).count();
            lines.count("backup-figure-started", runs.len());
            lines.count("backup-figure-done", ended(Ending::Done));
            lines.count("backup-figure-warnings", ended(Ending::Warnings));
            lines.count("backup-figure-not-proven", ended(Ending::NotProven));
            lines.count("backup-figure-failed", ended(Ending::Failed));
            let unknown = runs.iter().filter(|run| run.is_unknown()).count();
            lines.count("backup-figure-unknown", unknown);
        }
        let mut actors: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
        for (_, run) in self.within(scope) {
            let kind = match run.actor.kind {
                ActorKind::Person => "backup-word-person",
                ActorKind::Daemon => "backup-word-daemon",
                ActorKind::Schedule => "backup-word-schedule",
            };
            *actors.entry((&run.actor.name, kind, &run.verb)).or_default() += 1;
        }
        for ((name, kind, verb), started) in actors {
            let mut lines = rows.of(Section::Actors, name, verb);
            lines.put("backup-figure-actor", Value::Word(kind));
            lines.put("backup-figure-started", Value::Count(started));
        }
        for (seq, run) in self.within(scope) {
            let whole = match run.ending {
                Some(Ending::Failed) => Some(Value::Text(run.code.clone().unwrap_or_default())),
                None | Some(Ending::Abandoned) => Some(Value::Word(NO_OUTCOME)),
                _ => None,
            };
            let whole = whole.map(|code| (format!("{} #{seq}", run.verb), code));
            let parts = run.failed.iter().map(|(repository, code)| {
                (format!("{} #{seq} {repository}", run.verb), Value::Text(code.clone()))
            });
            for (item, code) in whole.into_iter().chain(parts) {
                let mut lines = rows.of(Section::Failures, &run.subject, &item);
                lines.put("backup-figure-began", Value::At(run.began));
                lines.put("backup-figure-code", code);
            }
        }
        for (job, cron) in &self.schedules {
            let mut lines = rows.of(Section::Schedules, job, "");
            lines.put("backup-figure-schedule", Value::Text(cron.clone()));
        }
        for (job, owed) in &self.missed {
            let mut lines = rows.of(Section::Missed, job, "");
            lines.put("backup-figure-missed", Value::Count(owed.count));
            lines.put("backup-figure-missed-since", Value::at(owed.since));
            lines.put("backup-figure-skipped", Value::Count(owed.skipped));
        }
    }

    /// What was forgotten, by repository and portal.
    pub(super) fn retention(&self, scope: &Scope, rows: &mut Rows) {
        let mut kinds: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
        for (_, run) in self.within(scope).filter(|(_, run)| run.verb == "repository.forget") {
            let sum = kinds.entry((&run.subject, &run.portal)).or_default();
            *sum = (sum.0 + 1, sum.1.saturating_add(run.forgotten));
        }
        for ((repository, portal), (runs, forgotten)) in kinds {
            let mut lines = rows.of(Section::Retention, repository, portal);
            lines.put("backup-figure-forgets", Value::Count(runs));
            lines.put("backup-figure-forgotten", Value::Count(forgotten));
        }
    }

    /// Every number of a drill there is, with its intent.
    pub(super) fn numbers(&self) -> BTreeSet<u64> {
        self.by_intent.values().filter_map(|run| run.number).collect()
    }
}

pub(super) fn text<'a>(facts: &'a Facts, name: &str) -> &'a str {
    facts.get(name).and_then(Json::as_str).unwrap_or_default()
}

pub(super) fn texts(facts: &Facts, name: &str) -> Vec<String> {
    items(facts, name).iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

pub(super) fn items<'a>(facts: &'a Facts, name: &str) -> &'a [Json] {
    facts.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn time(facts: &Facts, name: &str) -> Option<Timestamp> {
    text(facts, name).parse().ok()
}
