//! What the audit log says of scheduled jobs: when each last ran, and since when it is owed.
//!
//! A fold like those of `view`, kept here because the scheduler rests on it: a restart knows
//! exactly what the log knows. The facts are listed in `docs/formats/audit-log.md`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Ending, Entry, Facts, Kind};
use crate::scheduler::due::{Activation, BrokenOff, Known};

/// The fact that names the job of a scheduled intent.
pub const JOB: &str = "job";

/// The fact that names the instant that an activation stands for.
pub const DUE: &str = "due";

/// The verb of an activation that did not run, and why.
pub const SKIPPED: &str = "schedule.skip";

/// The fact of `daemon.start` and `daemon.reload` that lists schedules by job.
pub const SCHEDULES: &str = "schedules";

/// The verbs of entries that list schedules.
const ANNOUNCING: [&str; 2] = ["daemon.start", "daemon.reload"];

/// How the codes end of faults that say that a job was asked to stop in the middle.
const INTERRUPTED: [&str; 2] = [".interrupted", ".cancelled"];

/// The past of every job, by its id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    jobs: BTreeMap<String, Job>,
    /// Scheduled intents without an outcome, by position.
    open: BTreeMap<u64, String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Job {
    schedule: String,
    known: Known,
    attempts: u32,
}

impl Ledger {
    /// What is known of the job of this id while it has this schedule.
    pub fn known(&self, job: &str, schedule: &str) -> Known {
        let Some(found) = self.jobs.get(job) else { return Known::default() };
        let mut known = found.known.clone();
        // A schedule that no start has announced yet is owed from now on.
        if found.schedule != schedule {
            known.since = None;
        }
        known
    }

    /// Takes in the next entry.
    pub fn take(&mut self, entry: &Entry) {
        match entry.kind {
            Kind::Intent => self.intent(entry),
            Kind::Outcome => self.outcome(entry),
            Kind::Record if entry.verb == SKIPPED => {
                let job = self.jobs.entry(entry.subject.clone()).or_default();
                job.ran(due_of(&entry.facts));
            }
            Kind::Record if ANNOUNCING.contains(&entry.verb.as_str()) => self.announced(entry),
            Kind::Opened | Kind::Record | Kind::Gap => {}
        }
    }

    fn intent(&mut self, entry: &Entry) {
        let (Some(id), Some(due)) = (text(&entry.facts, JOB), due_of(&entry.facts)) else {
            return;
        };
        let job = self.jobs.entry(id.to_owned()).or_default();
        job.attempts = if job.known.last == Some(due) { job.attempts + 1 } else { 1 };
        job.ran(Some(due));
        self.open.insert(entry.seq, id.to_owned());
    }

    fn outcome(&mut self, entry: &Entry) {
        let job = entry.intent.and_then(|intent| self.open.remove(&intent));
        let Some(job) = job.and_then(|id| self.jobs.get_mut(&id)) else { return };
        let code = entry.code.as_deref().unwrap_or_default();
        let interrupted = INTERRUPTED.iter().any(|end| code.ends_with(end));
        job.known.broken_off = (interrupted || entry.result == Some(Ending::Abandoned))
            .then_some(BrokenOff { attempts: job.attempts, at: entry.at });
    }

    fn announced(&mut self, entry: &Entry) {
        let Some(schedules) = entry.facts.get(SCHEDULES).and_then(Value::as_object) else { return };
        for (id, schedule) in schedules {
            let schedule = schedule.as_str().unwrap_or_default();
            let job = self.jobs.entry(id.clone()).or_default();
            if job.schedule != schedule || job.known.since.is_none() {
                schedule.clone_into(&mut job.schedule);
                job.known.since = Some(entry.at);
            }
        }
        for (id, job) in &mut self.jobs {
            if !schedules.contains_key(id) {
                // Taken out of the configuration: if it ever comes back, it is new.
                job.schedule.clear();
                job.known.since = None;
            }
        }
    }
}

impl Job {
    fn ran(&mut self, due: Option<Timestamp>) {
        // What the clock said later is the newer truth, even if it says an earlier time.
        self.known.last = due.or(self.known.last);
        self.known.broken_off = None;
    }
}

/// The details by which an intent says which activation it is.
pub fn facts(job: &str, activation: &Activation) -> Vec<(&'static str, Value)> {
    let mut facts = vec![(JOB, Value::from(job))];
    if let Some(due) = activation.due {
        facts.push((DUE, Value::from(due.to_string())));
    }
    if activation.attempt > 1 {
        facts.push(("attempt", Value::from(activation.attempt)));
    }
    if let Some(missed) = &activation.missed {
        facts.push(("missed", Value::from(missed.count)));
        facts.push(("missed-from", Value::from(missed.from.to_string())));
    }
    facts
}

fn text<'a>(facts: &'a Facts, name: &str) -> Option<&'a str> {
    facts.get(name).and_then(Value::as_str)
}

fn due_of(facts: &Facts) -> Option<Timestamp> {
    text(facts, DUE).and_then(|due| due.parse().ok())
}
