//! Running a drill: restore a set into a scratch place against the clock, compare, judge, record.
//!
//! The intent, with the drill's gap-free number, is in the log before anything is read; whatever
//! happens then, an outcome with the whole record follows, so that a drill that went badly cannot
//! be left out. What goes wrong on the way is a finding, not a fault: only what makes the drill
//! itself impossible (no log, no such portal) ends it without a verdict.

mod base;
mod commands;
mod compare;
pub mod forecast;
mod hooks;
mod instant;
mod load;
mod pages;
mod pick;
mod portal;
mod sabotage;
mod sealed;
mod way;
pub mod work;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Deed, Ending, Entry, Kind, Log, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _};
use crate::config::secret::SecretSource;
use crate::config::settings::Portal;
use crate::drill::Objectives;
use crate::drill::choice;
use crate::drill::choice::fact::Draw;
use crate::drill::fact::{self, DrillRecord, Scope, Verdict};
use crate::drill::fit::fit;
use crate::drill::judge::{Seen, judge};
use crate::job::fault::JobFault;
use crate::job::site::Site;

use pick::Decision;
pub use sabotage::{Sabotage, caught, code, is_void};
use way::{Way, loaded_bytes};

/// Which drill to run.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The portal.
    pub portal: String,
    /// A set by id or the start of one, or `latest`, `oldest` or `random`; the newest if none is
    /// named.
    pub set: Option<String>,
    /// Of the oldest or random sets only those taken within this time before the decision.
    pub within: Option<Duration>,
    /// The instant to which databases with a log are brought, from the newest set before it.
    pub to: Option<Timestamp>,
    /// The place in the configured turns, from one, when a schedule begins it.
    pub turn: Option<u64>,
    /// The repository to read from; the configured one if none is named.
    pub repository: Option<String>,
    /// Read the repository as it was at this time, whatever was hidden or overwritten since.
    pub as_of: Option<Timestamp>,
    /// What opens sealed parts; where the configuration says, if none is given.
    pub identity: Option<SecretSource>,
    /// Damage to do on purpose, so that the drill is tested against itself.
    pub sabotage: Option<Sabotage>,
}

/// A drill that was run and recorded.
#[derive(Clone, Debug)]
pub struct Drilled {
    /// The evidence.
    pub record: DrillRecord,
    /// Its entry in the audit log.
    pub entry: u64,
    /// Whether stored data was found damaged.
    pub damaged: bool,
    /// Whether it was asked to stop before it could prove anything.
    pub interrupted: bool,
}

impl Drilled {
    /// PASS 0, NOT PROVEN 3, FAIL 1, 20 when stored data is damaged, 130 when interrupted. A PASS in
    /// spite of damage done on purpose is 1: the drill is what failed.
    pub fn exit(&self) -> ExitCode {
        match self.record.verdict {
            Verdict::Pass if self.record.sabotage.is_some() => ExitCode::Failed,
            Verdict::Pass => ExitCode::Done,
            Verdict::NotProven if self.interrupted => ExitCode::Interrupted,
            Verdict::NotProven => ExitCode::Warnings,
            Verdict::Fail if self.damaged => ExitCode::Integrity,
            Verdict::Fail => ExitCode::Failed,
        }
    }
}

/// Runs a drill.
pub fn run(site: &Site, request: &Request) -> Result<Drilled, AnyFault> {
    let configured = &site.portal(&request.portal)?.drill.from;
    let repository = request.repository.as_ref().unwrap_or(configured).clone();
    site.repository(&repository)?;
    // Whatever the way would ask of another repository is unknown there.
    let site = &alone(site, &repository);
    let portal = site.portal(&request.portal)?;
    let log = site.log()?;
    let _alone = site.exclusively("drill", &portal.id)?;
    let deed = deed(request, &portal.id, &repository);
    let intent = log.intend_numbered(&site.actor, site.for_schedule(deed), "drill")?;
    site.on_record();
    let number = intent.number().unwrap_or_default();
    let decided = site.world.clock.now();
    // Behind the intent: nobody knows the draw before the drill has its number.
    let head = log.head()?;
    let draw = Draw { entries: head.size, root: head.root.to_string() };
    let decision = Decision { at: decided, draw };
    let mut way = Way::start(site, portal, &repository, request, &decision);
    way.go();
    let damaged = way.damaged;
    let mut record = record(way, portal, &repository, number, decided, request);
    fit(&mut record);
    let interrupted = site.cancel.is_cancelled() && record.verdict == Verdict::NotProven;
    log.settle(intent, outcome(&record, interrupted))?;
    let (entry, record) = find(&log, number)?;
    Ok(Drilled { record, entry, damaged, interrupted })
}

/// Runs the drill whose turn it is by the configuration: the one behind the last that came to an
/// end, whatever people ran in between.
pub fn scheduled(site: &Site, portal: &str) -> Result<Drilled, AnyFault> {
    let turns = &site.portal(portal)?.drill.turns;
    let mut request = Request { portal: portal.to_owned(), ..Request::default() };
    let number = choice::next_turn(last_turn(&site.log()?, portal)?, turns.len() as u64);
    let place = usize::try_from(number.saturating_sub(1)).unwrap_or_default();
    if let Some(turn) = turns.get(place) {
        request.set = Some(turn.set.clone());
        request.within = turn.within;
        request.repository.clone_from(&turn.from);
        request.turn = Some(number);
    }
    run(site, &request)
}

fn last_turn(log: &Log, portal: &str) -> Result<Option<u64>, AnyFault> {
    let (mut begun, mut last) = (BTreeMap::new(), None);
    for entry in log.reader()?.entries() {
        let entry = entry?;
        if entry.verb != "drill.run" || entry.subject != portal {
            continue;
        }
        let turn = entry.facts.get("turn").and_then(Value::as_u64);
        if let (Kind::Intent, Some(turn)) = (entry.kind, turn) {
            begun.insert(entry.seq, turn);
        }
        let ended = entry.intent.and_then(|intent| begun.remove(&intent));
        let is_abandoned = entry.result == Some(Ending::Abandoned);
        if !is_abandoned && entry.code.as_deref() != Some(JobFault::Interrupted.code()) {
            last = ended.or(last);
        }
    }
    Ok(last)
}

/// The same installation, as if it had this repository alone.
fn alone(site: &Site, repository: &str) -> Site {
    let mut site = site.clone();
    site.settings.repositories.retain(|one| one.name == repository);
    site
}

fn deed(request: &Request, portal: &str, repository: &str) -> Deed {
    let mut deed = Deed::new("drill.run", portal).fact("repository", repository);
    if let Some(set) = &request.set {
        deed = deed.fact("set", set.clone());
    }
    if let Some(within) = request.within {
        deed = deed.fact("within-s", within.as_secs());
    }
    if let Some(to) = request.to {
        deed = deed.fact("to", to.to_string());
    }
    if let Some(turn) = request.turn {
        deed = deed.fact("turn", turn);
    }
    if let Some(at) = request.as_of {
        deed = deed.fact("as-of", at.to_string());
    }
    if let Some(sabotage) = request.sabotage {
        deed = deed.fact("sabotage", sabotage.as_str());
    }
    deed
}

fn record(
    way: Way<'_>,
    portal: &Portal,
    repository: &str,
    number: u64,
    decided: Timestamp,
    request: &Request,
) -> DrillRecord {
    let objectives = objectives(portal);
    let scope = scope(portal);
    let ended = way.site().world.clock.now();
    // What would be lost now is told by the newest set alone, or by a log.
    let choice = way.choice.as_ref();
    let is_newest = request.to.is_some() || choice.is_none_or(|choice| choice.newest);
    let measured_rpo = way.recoverable.filter(|_| is_newest).and_then(|newest| {
        // A set from the future has no RPO: it says that a clock is wrong.
        Duration::try_from(decided.duration_since(newest)).ok()
    });
    let seen = Seen {
        scope,
        checks: way.checks,
        measured_rto: way.answered,
        measured_rpo,
        roles: way.roles,
        sources: way.sources,
        set_incomplete: way.set_incomplete,
        set_of_evidence: way.set_of_evidence,
    };
    let (verdict, reasons) = judge(&seen, &objectives);
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    DrillRecord {
        version: fact::VERSION,
        number,
        portal: portal.id.clone(),
        repository: repository.to_owned(),
        place: way.place,
        choice: way.choice,
        set: way.set,
        decided,
        scope,
        measured_rto_ms: seen.measured_rto.map(milliseconds),
        measured_rpo_ms: measured_rpo.map(milliseconds),
        objective_rto_s: objectives.rto.as_secs(),
        objective_rpo_s: objectives.rpo.as_secs(),
        allowance_s: objectives.allowance.as_secs(),
        phases: way.phases,
        checks: seen.checks,
        references: way.references,
        verdict,
        reasons,
        work: (verdict == Verdict::Fail).then(|| work::owed(portal, request, ended)).flatten(),
        to: request.to,
        reached: way.reached,
        as_of: request.as_of,
        sabotage: request.sabotage.map(|sabotage| sabotage.as_str().to_owned()),
        program: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The whole portal where the configuration says how to start it and what to ask; else its data.
pub fn scope(portal: &Portal) -> Scope {
    if portal.drill.start.is_some() && !portal.drill.smoke.is_empty() {
        Scope::Portal
    } else {
        Scope::Data
    }
}

fn objectives(portal: &Portal) -> Objectives {
    Objectives {
        rto: portal.drill.rto,
        allowance: portal.drill.allowance,
        rpo: portal.snapshot.rpo,
    }
}

fn outcome(record: &DrillRecord, interrupted: bool) -> Outcome {
    let outcome = match record.verdict {
        Verdict::Pass => Outcome::done(),
        // Said by its code, so that a schedule begins it again.
        Verdict::NotProven if interrupted => Outcome::fault(&JobFault::Interrupted),
        Verdict::NotProven => Outcome::not_proven(),
        Verdict::Fail => Outcome::failed("drill.failed"),
    };
    let record = serde_json::to_value(record).expect("a record is made of texts and numbers");
    outcome.fact("record", record)
}

/// Every drill in the log, oldest first, with the position of its record.
pub fn list(log: &Log) -> Result<Vec<(u64, DrillRecord)>, AnyFault> {
    let mut drills = Vec::new();
    for entry in log.reader()?.entries() {
        let entry = entry?;
        if let Some(record) = record_of(&entry)? {
            drills.push((entry.seq, record));
        }
    }
    Ok(drills)
}

/// The drill of this number, with the position of its record.
pub fn find(log: &Log, number: u64) -> Result<(u64, DrillRecord), AnyFault> {
    let of_number = |(_, record): &(u64, DrillRecord)| record.number == number;
    Ok(list(log)?.into_iter().find(of_number).ok_or(JobFault::NoDrill { number })?)
}

/// What an entry records of a drill; most record none.
pub(super) fn record_of(entry: &Entry) -> Result<Option<DrillRecord>, JobFault> {
    let record = match entry.facts.get("record") {
        Some(record) if entry.kind == Kind::Outcome && entry.verb == "drill.run" => record,
        _ => return Ok(None),
    };
    let unreadable =
        |detail: String| JobFault::UnreadableRecord { entry: entry.seq, what: "drill", detail };
    match record.get("version").and_then(Value::as_u64) {
        Some(version) if version == u64::from(fact::VERSION) => {
            let record = serde_json::from_value(record.clone());
            record.map(Some).map_err(|error| unreadable(error.to_string()))
        }
        other => Err(unreadable(format!("version {other:?}"))),
    }
}
