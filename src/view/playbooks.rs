//! Runs of playbooks as the log tells them, and what of them a person should know now.
//!
//! An attempt is an intent with its outcome; one that was abandoned has no record of its own and
//! is told to the run as an attempt of unknown end. A run's plan stands in the log beside its
//! beginning, so what a run is never depends on today's files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::audit::{Ending, Entry, Kind};
use crate::base::fault::{Args, Message, chain};
use crate::playbook::fact::{
    BEGIN, Closed, Ended, FACT, Fact, How, Record, Result, STEP, Tried, VERSION, Way,
};
use crate::playbook::journal::{Run, Standing};
use crate::playbook::plan::Plan;
use crate::view::notices::Occurrence;
use crate::view::{Colour, Remark};

/// Every run of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Playbooks {
    /// By number.
    pub runs: BTreeMap<u64, Course>,
    /// Entries that this program cannot take in: their positions and why.
    pub refused: Vec<(u64, String)>,
    /// Plans of runs that are about to begin, as they stand in the log, by entry.
    plans: BTreeMap<u64, Value>,
    /// Attempts without an outcome, by entry.
    open: BTreeMap<u64, (u64, Tried)>,
}

/// A run, and what it did when.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The fold of its facts.
    pub run: Run,
    /// Every attempt, in the log's order.
    pub attempts: Vec<Attempt>,
    /// The position in the log of its newest fact.
    pub entry: u64,
}

/// One attempt at a step, or at its compensation.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The entry that announced it.
    pub entry: u64,
    /// Which.
    pub tried: Tried,
    /// When it was announced.
    pub at: Timestamp,
    /// How long it took by the monotonic clock; absent while it runs and of one that was cut off.
    pub took_ms: Option<u64>,
    /// How it ended; absent while it runs.
    pub result: Option<Result>,
}

impl Playbooks {
    /// Takes in the next entry, if it is about a run.
    pub fn take(&mut self, entry: &Entry) {
        let taken = match (entry.verb.as_str(), entry.kind) {
            (BEGIN, Kind::Intent) => self.plan(entry),
            (BEGIN, Kind::Outcome) => self.begun(entry),
            (STEP, Kind::Intent) => self.tried(entry),
            (STEP, Kind::Outcome) => self.ended(entry),
            (FACT, Kind::Record) => record(entry).and_then(|record| {
                self.put(entry, record.run, &record.fact)?;
                Ok(())
            }),
            _ => Ok(()),
        };
        if let Err(why) = taken {
            self.refused.push((entry.seq, why));
        }
    }

    fn plan(&mut self, entry: &Entry) -> std::result::Result<(), String> {
        let plan = entry.facts.get("plan").ok_or("no plan")?;
        self.plans.insert(entry.seq, plan.clone());
        Ok(())
    }

    /// A beginning that was cut off between its two entries began nothing: its number is used up.
    fn begun(&mut self, entry: &Entry) -> std::result::Result<(), String> {
        let plan = entry.intent.and_then(|intent| self.plans.remove(&intent));
        if entry.result != Some(Ending::Done) {
            return Ok(());
        }
        let record = record(entry)?;
        let Fact::Begun(begun) = record.fact else {
            return Err("a beginning with another fact".to_owned());
        };
        let plan = plan.ok_or("a beginning without a plan")?;
        let plan = Plan::from_log(&plan, begun.hash).map_err(|fault| chain(&fault))?;
        let run = Run::begin(record.run, begun, plan);
        let course = Course { run, attempts: Vec::new(), entry: entry.seq };
        match self.runs.insert(record.run, course) {
            None => Ok(()),
            Some(first) => {
                self.runs.insert(record.run, first);
                Err(format!("run {} begins twice", record.run))
            }
        }
    }

    fn tried(&mut self, entry: &Entry) -> std::result::Result<(), String> {
        let record = record(entry)?;
        let Fact::Tried(tried) = &record.fact else {
            return Err("an attempt with another fact".to_owned());
        };
        let course = self.put(entry, record.run, &record.fact)?;
        let (tried, at) = (tried.clone(), entry.at);
        course.attempts.push(Attempt {
            entry: entry.seq,
            tried: tried.clone(),
            at,
            took_ms: None,
            result: None,
        });
        self.open.insert(entry.seq, (record.run, tried));
        Ok(())
    }

    fn ended(&mut self, entry: &Entry) -> std::result::Result<(), String> {
        let opened = entry.intent.and_then(|intent| Some((intent, self.open.remove(&intent)?)));
        let (intent, (number, tried)) = opened.ok_or("the end of no attempt")?;
        let ended = if entry.facts.contains_key("record") {
            match record(entry)?.fact {
                Fact::Ended(ended) => ended,
                _ => return Err("an end with another fact".to_owned()),
            }
        } else {
            // Whoever opened the log after a crash wrote this; nobody knows what was done.
            let Tried { step, way, attempt } = tried;
            Ended { step, way, attempt, result: Result::Unknown }
        };
        let result = ended.result.clone();
        let course = self.put(entry, number, &Fact::Ended(ended))?;
        if let Some(attempt) = course.attempts.iter_mut().rfind(|one| one.entry == intent) {
            (attempt.took_ms, attempt.result) = (entry.took_ms, Some(result));
        }
        Ok(())
    }

    fn put(
        &mut self,
        entry: &Entry,
        number: u64,
        fact: &Fact,
    ) -> std::result::Result<&mut Course, String> {
        let course = self.runs.get_mut(&number).ok_or_else(|| format!("no run {number}"))?;
        course.run.take(entry.at, fact).map_err(|fault| chain(&fault))?;
        course.entry = entry.seq;
        Ok(course)
    }

    /// Those that are not over, the oldest first.
    pub fn open(&self) -> impl Iterator<Item = &Course> {
        self.runs.values().filter(|course| course.run.closed.is_none())
    }

    /// The run of this portal that is not over.
    pub fn open_of(&self, portal: &str) -> Option<&Course> {
        self.open().find(|course| course.run.begun.portal == portal)
    }
}

impl Course {
    /// How long this step took by the monotonic clock, over all attempts on this way that ended;
    /// none if none did.
    pub fn took_ms(&self, step: &str, way: Way) -> Option<u64> {
        let of = |attempt: &&Attempt| attempt.tried.step == step && attempt.tried.way == way;
        self.attempts.iter().filter(of).filter_map(|attempt| attempt.took_ms).reduce(|a, b| a + b)
    }
}

fn record(entry: &Entry) -> std::result::Result<Record, String> {
    let record = entry.facts.get("record").ok_or("no record")?;
    let version = record.get("version").and_then(Value::as_u64);
    if version != Some(u64::from(VERSION)) {
        return Err(format!("version {version:?}"));
    }
    read::<Record>(record)
}

fn read<T: DeserializeOwned>(value: &Value) -> std::result::Result<T, String> {
    T::deserialize(value).map_err(|error| error.to_string())
}

/// The command that a person goes on with, where the program cannot by itself.
pub fn way_on(run: &Run, standing: &Standing) -> Option<String> {
    let number = run.number;
    Some(match standing {
        Standing::Going | Standing::Unwinding => format!("duphong playbook resume {number}"),
        Standing::Waiting { .. } => format!("duphong playbook approve {number} --key …"),
        Standing::Unknown { step, .. } => format!(
            "duphong playbook resume {number} --step {step} --answer done|not-done --reason …"
        ),
        Standing::Blocked { .. } | Standing::Stuck { .. } => {
            format!("duphong playbook resume {number} --retry --reason …")
        }
        Standing::Closed(_) => return None,
    })
}

/// Everything about runs that a person should know. `at_work` are the portals at whose runs a
/// process is working at this moment.
pub fn remarks(playbooks: &Playbooks, at_work: &BTreeSet<String>, at: Timestamp) -> Vec<Remark> {
    let mut remarks: Vec<_> =
        playbooks.open().map(|course| remark(&course.run, at_work, at)).collect();
    for (entry, why) in &playbooks.refused {
        let args = Args::none().number("entry", *entry).text("why", why);
        let message = Message::with("view-playbook-unreadable", args);
        remarks.push(Remark { colour: Colour::Red, subject: "audit".to_owned(), message });
    }
    remarks
}

fn remark(run: &Run, at_work: &BTreeSet<String>, at: Timestamp) -> Remark {
    let portal = &run.begun.portal;
    let standing = run.standing(at);
    let named = Args::none().number("run", run.number).text("playbook", &run.begun.playbook);
    let named = named.text("command", way_on(run, &standing).unwrap_or_default());
    let at_work = at_work.contains(portal);
    let (colour, id, args) = match &standing {
        Standing::Waiting { asked, approved, .. } => {
            let there = approved.len() as u64;
            let counted = named.number("there", there).number("wanted", u64::from(asked.approvals));
            (Colour::Amber, "view-playbook-waiting", counted.text("expires", asked.expires))
        }
        Standing::Going if at_work => (Colour::Amber, "view-playbook-going", named),
        Standing::Unwinding if at_work => (Colour::Amber, "view-playbook-unwinding", named),
        // Nobody brings it on: it was interrupted, killed, or approved after its process ended.
        Standing::Going => (Colour::Red, "view-playbook-halted", named),
        Standing::Unwinding => (Colour::Red, "view-playbook-half-undone", named),
        Standing::Unknown { step, .. } => {
            (Colour::Red, "view-playbook-unknown", named.text("step", step))
        }
        Standing::Blocked { step } => {
            (Colour::Red, "view-playbook-blocked", named.text("step", step))
        }
        Standing::Stuck { step } => (Colour::Red, "view-playbook-stuck", named.text("step", step)),
        Standing::Closed(_) => (Colour::Green, "view-playbook-closed", named),
    };
    Remark { colour, subject: portal.clone(), message: Message::with(id, args) }
}

/// The end of a run: people hear of it once.
pub(super) fn occurrence(entry: &Entry) -> Option<Occurrence> {
    if (entry.kind, entry.verb.as_str()) != (Kind::Record, FACT) {
        return None;
    }
    let record = record(entry).ok()?;
    let Fact::Closed(Closed { how, took_ms, .. }) = record.fact else { return None };
    let args = Args::none().number("run", record.run).number("took", took_ms);
    let (colour, id) = match how {
        How::Finished => (Colour::Amber, "view-happened-playbook-finished"),
        How::Unwound => (Colour::Red, "view-happened-playbook-unwound"),
        How::Left => (Colour::Red, "view-happened-playbook-left"),
    };
    Some(Occurrence {
        entry: entry.seq,
        at: entry.at,
        colour,
        subject: entry.subject.clone(),
        message: Message::with(id, args),
    })
}
