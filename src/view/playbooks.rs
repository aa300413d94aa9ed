//! Runs of playbooks as the log tells them, and what of them a person should know now.
//!
//! An attempt is an intent with its outcome; one that was abandoned has no record of its own and
//! is told to the run as an attempt of unknown end. A run's plan stands in the log beside its
//! beginning, so what a run is never depends on today's files. A run of which an entry cannot be
//! taken in (a later program wrote it, or it contradicts the rest) is known only up to there: it is
//! open until a person leaves it, and nothing else is believed about it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::audit::{Ending, Entry, Kind};
use crate::base::digest::Digest;
use crate::base::fault::{Args, Message, chain};
use crate::playbook::fact::{
    BEGIN, Begun, Closed, Ended, FACT, Fact, How, Record, Result, STEP, Tried, VERSION, Way,
};
use crate::playbook::journal::{Run, Standing};
use crate::playbook::plan::{self, Plan, PlannedWords};
use crate::view::notices::Occurrence;
use crate::view::{Colour, Remark};

/// Every run of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Playbooks {
    /// By number.
    pub runs: BTreeMap<u64, Course>,
    /// Entries that this program cannot take in: their positions and why.
    pub refused: Vec<(u64, String)>,
    /// Plans of runs that are about to begin, as they stand in the log, by entry; and the number
    /// that the run takes.
    plans: BTreeMap<u64, (Option<Value>, Option<u64>)>,
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
    /// Entries about it that this program cannot take in. From the first of them on, nobody here
    /// knows where it stands.
    pub unread: Vec<(u64, String)>,
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
        // Asked before: whoever takes it in forgets what is open.
        let about = self.about(entry);
        let taken = match (entry.verb.as_str(), entry.kind) {
            (BEGIN, Kind::Intent) => {
                let number = entry.number.as_ref().map(|number| number.n);
                self.plans.insert(entry.seq, (entry.facts.get("plan").cloned(), number));
                Ok(())
            }
            (BEGIN, Kind::Outcome) => self.begun(entry, about),
            (STEP, Kind::Intent) => self.tried(entry),
            (STEP, Kind::Outcome) => self.ended(entry),
            (FACT, Kind::Record) => record(entry).and_then(|record| {
                self.put(entry, record.run, &record.fact)?;
                Ok(())
            }),
            _ => Ok(()),
        };
        if let Err(why) = taken {
            if let Some(course) = about.and_then(|number| self.runs.get_mut(&number)) {
                course.unread.push((entry.seq, why.clone()));
            }
            self.refused.push((entry.seq, why));
        }
    }

    /// The run that an entry is about, whatever else in it can be read: what names none is about
    /// the run of its portal that is open.
    fn about(&self, entry: &Entry) -> Option<u64> {
        let named = entry.facts.get("record").and_then(|record| record.get("run")?.as_u64());
        let of_intent = || {
            let intent = entry.intent?;
            let attempt = || Some(self.open.get(&intent)?.0);
            self.plans.get(&intent).and_then(|(_, number)| *number).or_else(attempt)
        };
        let open = || Some(self.open_of(&entry.subject)?.run.number);
        named.or_else(of_intent).or_else(open)
    }

    /// A beginning that was cut off between its two entries began nothing: its number is used up.
    /// One that cannot be read leaves a run without steps, which only a person can end.
    fn begun(&mut self, entry: &Entry, about: Option<u64>) -> std::result::Result<(), String> {
        let plan = entry.intent.and_then(|intent| self.plans.remove(&intent)?.0);
        if entry.result != Some(Ending::Done) {
            return Ok(());
        }
        let read = beginning(entry, plan);
        let run = match (&read, about) {
            (Ok(run), _) => run.clone(),
            (Err(_), Some(number)) => stub(entry, number),
            (Err(why), None) => return Err(why.clone()),
        };
        let number = run.number;
        if self.runs.contains_key(&number) {
            return Err(format!("run {number} begins twice"));
        }
        let course = Course { run, attempts: Vec::new(), entry: entry.seq, unread: Vec::new() };
        self.runs.insert(number, course);
        read.map(drop)
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
        if let Some((first, _)) = course.unread.first() {
            let Fact::Closed(closed @ Closed { how: How::Left, left: Some(_), .. }) = fact else {
                return Err(format!("run {number} cannot be read from entry {first} on"));
            };
            // Where it stood is not known, so nothing can speak against a person's leaving it.
            course.run.closed.get_or_insert_with(|| closed.clone());
            course.entry = entry.seq;
            return Ok(course);
        }
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

/// The run that begins here, of the plan that its intent held.
fn beginning(entry: &Entry, plan: Option<Value>) -> std::result::Result<Run, String> {
    let record = record(entry)?;
    let Fact::Begun(begun) = record.fact else {
        return Err("a beginning with another fact".to_owned());
    };
    let plan = plan.ok_or("a beginning without a plan")?;
    let plan = Plan::from_log(&plan, begun.hash).map_err(|fault| chain(&fault))?;
    Ok(Run::begin(record.run, begun, plan))
}

/// What can be said of a run whose beginning cannot be read: that it is there, and whose it is.
fn stub(entry: &Entry, number: u64) -> Run {
    let fact = entry.facts.get("record").and_then(|record| record.get("fact"));
    let text = |name: &str| {
        let text = fact.and_then(|fact| fact.get(name)?.as_str());
        text.unwrap_or("?").to_owned()
    };
    let hash = fact.and_then(|fact| Digest::deserialize(fact.get("hash")?).ok());
    let begun = Begun {
        playbook: text("playbook"),
        portal: entry.subject.clone(),
        hash: hash.unwrap_or(Digest([0; 32])),
        by: text("by"),
        at: entry.at,
        program: text("program"),
    };
    let title = || PlannedWords { vi: begun.playbook.clone(), en: begun.playbook.clone() };
    let plan = Plan {
        version: plan::VERSION,
        playbook: begun.playbook.clone(),
        digest: Digest([0; 32]),
        title: title(),
        portal: begun.portal.clone(),
        inputs: BTreeMap::new(),
        steps: Vec::new(),
        production: BTreeMap::new(),
    };
    Run::begin(number, begun, plan)
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
    // Where an unreadable run stands is not known: what cannot be read of it is told below.
    let known = playbooks.open().filter(|course| course.unread.is_empty());
    let mut remarks: Vec<_> = known.map(|course| remark(&course.run, at_work, at)).collect();
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
