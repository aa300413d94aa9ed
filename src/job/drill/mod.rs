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
mod portal;
mod sabotage;
mod sealed;
mod way;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Deed, Entry, Kind, Log, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::config::secret::SecretSource;
use crate::config::settings::Portal;
use crate::drill::Objectives;
use crate::drill::fact::{self, DrillRecord, Scope, Verdict};
use crate::drill::judge::{Seen, judge};
use crate::job::fault::JobFault;
use crate::job::site::Site;

pub use sabotage::{Sabotage, caught, code, is_void};
use way::{Way, loaded_bytes};

/// Which drill to run.
#[derive(Clone, Debug)]
pub struct Request {
    /// The portal.
    pub portal: String,
    /// A set by id or the start of one; the newest if none is named.
    pub set: Option<String>,
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
    let portal = site.portal(&request.portal)?;
    let repository = request.repository.clone().unwrap_or_else(|| portal.drill.from.clone());
    site.repository(&repository)?;
    let log = site.log()?;
    let _alone = site.exclusively("drill", &portal.id)?;
    let mut deed = Deed::new("drill.run", &portal.id).fact("repository", repository.clone());
    if let Some(set) = &request.set {
        deed = deed.fact("set", set.clone());
    }
    if let Some(at) = request.as_of {
        deed = deed.fact("as-of", at.to_string());
    }
    if let Some(sabotage) = request.sabotage {
        deed = deed.fact("sabotage", sabotage.as_str());
    }
    let intent = log.intend_numbered(&site.actor, site.for_schedule(deed), "drill")?;
    site.on_record();
    let number = intent.number().unwrap_or_default();
    let decided = site.world.clock.now();
    let mut way = Way::start(site, portal, &repository, request);
    way.go();
    let damaged = way.damaged;
    let record = record(way, portal, &repository, number, decided, request);
    let interrupted = site.cancel.is_cancelled() && record.verdict == Verdict::NotProven;
    log.settle(intent, outcome(&record, interrupted))?;
    let (entry, record) = find(&log, number)?;
    Ok(Drilled { record, entry, damaged, interrupted })
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
    let measured_rpo = way.recoverable.and_then(|newest| {
        // A set from the future has no RPO: it says that a clock is wrong.
        Duration::try_from(decided.duration_since(newest)).ok()
    });
    let seen = Seen {
        scope,
        checks: way.checks,
        measured_rto: way.answered,
        measured_rpo,
        roles: way.roles,
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
