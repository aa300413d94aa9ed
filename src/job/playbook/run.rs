//! Planning, starting and going on with runs, until they are over or a person must act.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::audit::{Deed, Log, Outcome};
use crate::base::fault::{AnyFault, chain};
use crate::config::playbook as library;
use crate::job::playbook::action::SAME_SERVER;
use crate::job::playbook::approve::note;
use crate::job::playbook::fault::{AT_WORK, PlaybookFault};
use crate::job::playbook::journal::{self, Recorder};
use crate::job::playbook::postgres;
use crate::job::playbook::real::{Real, closed_calls};
use crate::job::playbook::{Reading, alone, find, fold, found, readable};
use crate::job::site::Site;
use crate::playbook::action::Action;
use crate::playbook::engine::{Engine, QUIET_MAX};
use crate::playbook::fact::{BEGIN, Begun, Closed, Fact, Found, How, Output, SERIES, Said, Way};
use crate::playbook::journal::{Run, Standing, StepState, gate_terms};
use crate::playbook::model::Playbook;
use crate::playbook::plan::{self, Plan};
use crate::playbook::port::{Actions as _, Journal as _, Place};
use crate::playbook::settings::Inputs;
use crate::playbook::sound;
use crate::world::files::FileLock;

/// How often a process that waits at a gate reads the log. An approver should not feel it, and a
/// night of waiting should not be felt by the disk.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What is asleep between two looks at a wish to stop.
const NAP: Duration = Duration::from_millis(100);

/// What a person wants run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The playbook's id.
    pub playbook: String,
    /// The portal's id.
    pub portal: String,
    /// Inputs beside those of the configuration, and before them.
    pub inputs: Inputs,
}

/// Told of each fact when it is durable.
pub type Watch<'a> = &'a dyn Fn(&Run, &Fact);

/// A plan, and what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The playbook.
    pub playbook: Playbook,
    /// The plan.
    pub plan: Plan,
    /// Where each input comes from.
    pub origins: BTreeMap<String, Origin>,
    /// By step, what was seen where its proof will be looked for, such as what the primary's
    /// replication promises, and of a standby what changes by the moment. For people to read; no part of the plan, since a primary that dies
    /// before the gate must not void its approval.
    pub beside: BTreeMap<String, Output>,
}

/// Where the value of an input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the person who asked.
    Given,
    /// From the portal's configuration.
    Configuration,
    /// From the playbook itself.
    Default,
}

/// Looks at production and makes the plan. Changes nothing, and leaves nothing in the log.
pub fn plan(site: &Site, request: &Request) -> Result<Draft, AnyFault> {
    let portal = site.portal(&request.portal)?;
    let playbook = library::find(&site.settings.playbooks, &request.playbook)?;
    let configured = portal.playbooks.get(&request.playbook).cloned().unwrap_or_default();
    let given = [&configured, &request.inputs];
    let plan = plan::make(&playbook, &request.portal, &given, &Real::new(site))?;
    let origin = |name: &String| match () {
        () if request.inputs.contains_key(name) => Origin::Given,
        () if configured.contains_key(name) => Origin::Configuration,
        () => Origin::Default,
    };
    let origins = plan.inputs.keys().map(|name| (name.clone(), origin(name))).collect();
    servers_apart(site, &plan)?;
    let beside = beside(site, &plan)?;
    Ok(Draft { playbook, plan, origins, beside })
}

/// Tells before anyone approves that a proof would look at what is to be promoted. A name that
/// cannot be looked up now is looked up again by the promotion, which goes nowhere without.
fn servers_apart(site: &Site, plan: &Plan) -> Result<(), AnyFault> {
    for step in plan.steps.iter().filter(|step| sound::promotes(step)) {
        match postgres::apart(&site.world, &step.call.call()?, &closed_calls(plan, &step.id)?) {
            Err(fault) if fault.code() == SAME_SERVER => return Err(fault),
            _ => {}
        }
    }
    Ok(())
}

/// Looks where proofs will be looked for, and at what changes by the moment. What cannot be looked
/// at now is told as that.
fn beside(site: &Site, plan: &Plan) -> Result<BTreeMap<String, Output>, AnyFault> {
    let mut beside = BTreeMap::new();
    for step in &plan.steps {
        let mut seen = Output::new();
        for proof in &step.proof {
            let call = proof.call()?;
            let looked = Real::new(site)
                .survey(&plan.portal, &call)
                .unwrap_or_else(|fault| not_seen(&fault));
            let named = |(name, value)| (format!("{}.{name}", proof.action), value);
            seen.extend(looked.into_iter().map(named));
        }
        let call = step.call.call()?;
        if call.action == Action::PostgresStandby {
            let looked = postgres::beside(site, &call).unwrap_or_else(|fault| not_seen(&fault));
            seen.extend(looked);
        }
        if !seen.is_empty() {
            beside.insert(step.id.clone(), seen);
        }
    }
    Ok(beside)
}

fn not_seen(fault: &AnyFault) -> Output {
    Output::from([("not-seen".to_owned(), chain(fault.as_ref()))])
}

/// Begins a run of this plan, under a number of its own. Nothing of the plan is done yet.
pub fn begin(site: &Site, plan: Plan) -> Result<Run, AnyFault> {
    let starter = site.actor.name.clone();
    enough_approvers(site, &plan, &starter)?;
    let log = site.log()?;
    let portal = plan.portal.clone();
    let _alone = alone(site, &portal)?;
    if let Some(open) = fold(&log)?.open_of(&portal) {
        let run = open.run.number;
        return Err(PlaybookFault::OpenRun { portal, run }.into());
    }
    let begun = Begun {
        playbook: plan.playbook.clone(),
        portal: portal.clone(),
        hash: plan.hash(),
        by: starter,
        at: site.world.clock.now(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let deed = Deed::new(BEGIN, &portal).fact("plan", plan.to_json());
    let intent = log.intend_numbered(&site.actor, deed, SERIES)?;
    let number = intent.number().unwrap_or_default();
    let record = journal::record(number, &Fact::Begun(begun.clone()))?;
    log.settle(intent, Outcome::done().fact("record", record))?;
    Ok(Run::begin(number, begun, plan))
}

/// Whether every gate can be passed by approvers who are not the starter: a run that waits for
/// people who do not exist would only be seen to do so when it matters.
fn enough_approvers(site: &Site, plan: &Plan, starter: &str) -> Result<(), PlaybookFault> {
    let others = site.settings.playbooks.approvers.iter();
    let others = others.filter(|one| !one.logins.iter().any(|login| login == starter));
    let there = others.count() as u64;
    for step in &plan.steps {
        if Action::named(&step.call.action) != Some(Action::Gate) {
            continue;
        }
        let wanted = u64::from(gate_terms(step).0);
        if there < wanted {
            let (step, starter) = (step.id.clone(), starter.to_owned());
            return Err(PlaybookFault::TooFewApprovers { step, wanted, there, starter });
        }
    }
    Ok(())
}

/// What a person says before a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Nothing.
    Nothing,
    /// What failed is to be tried again.
    Retry {
        /// Why.
        reason: String,
    },
    /// What nobody knows after a crash.
    Answer {
        /// The step that is meant.
        step: String,
        /// Whether it is done; on the way back, whether it is taken back.
        done: bool,
        /// How the person knows.
        reason: String,
    },
    /// The gate that waits is refused.
    Reject {
        /// Why.
        reason: String,
    },
    /// Everything that was done is to be taken back.
    Abort {
        /// Why.
        reason: String,
    },
    /// The run ends as it stands; a person takes over.
    Leave {
        /// Why.
        reason: String,
    },
}

/// Records what a person says and goes on with the run until it is over, a person must act, or
/// someone wants to stop. A run that is over stays as it is; one that cannot be read can only be
/// left.
pub fn go_on(
    site: &Site,
    number: u64,
    word: &Word,
    watch: Watch<'_>,
) -> Result<(Run, Standing), AnyFault> {
    let portal = find(site, number)?.run.begun.portal;
    let log = site.log()?;
    let alone = alone(site, &portal)?;
    let course = found(fold(&log)?, number)?;
    if let (Word::Leave { .. }, true, None) = (word, !course.unread.is_empty(), &course.run.closed)
    {
        return leave_unread(site, &log, course.run, word, watch);
    }
    let mut run = readable(course)?;
    if let Some(fact) = said(site, &run, word)? {
        note(site, &log, &mut run, &fact)?;
        watch(&run, &fact);
    }
    work(site, &log, run, alone, watch)
}

/// Records that a person leaves a run of which nobody here knows where it stands.
fn leave_unread(
    site: &Site,
    log: &Log,
    mut run: Run,
    word: &Word,
    watch: Watch<'_>,
) -> Result<(Run, Standing), AnyFault> {
    if let Some(fact @ Fact::Closed(_)) = said(site, &run, word)? {
        let portal = run.begun.portal.clone();
        Recorder::new(log, &site.actor, run.number, &portal).note(&fact)?;
        if let Fact::Closed(closed) = &fact {
            run.closed = Some(closed.clone());
        }
        watch(&run, &fact);
    }
    let standing = run.standing(site.world.clock.now());
    Ok((run, standing))
}

/// The fact that a person's word is; what it is not about is refused.
fn said(site: &Site, run: &Run, word: &Word) -> Result<Option<Fact>, AnyFault> {
    let at = site.world.clock.now();
    let by = site.actor.name.clone();
    let said = |reason: &str| match reason.trim() {
        "" => Err(PlaybookFault::NoReason),
        reason => Ok(Said { by: by.clone(), reason: reason.to_owned(), at }),
    };
    Ok(Some(match word {
        Word::Nothing => return Ok(None),
        Word::Retry { reason } => Fact::Retry(said(reason)?),
        Word::Reject { reason } => Fact::Rejected(said(reason)?),
        Word::Abort { reason } => Fact::Abort(said(reason)?),
        Word::Leave { reason } => Fact::Closed(left(run, said(reason)?, at)),
        Word::Answer { step, done, reason } => {
            let Said { by, reason, at } = said(reason)?;
            let Some(StepState::Unknown { way, .. }) = run.state(step) else {
                let (run, step) = (run.number, step.clone());
                return Err(PlaybookFault::NotAsked { run, step }.into());
            };
            let (step, way, done) = (step.clone(), *way, *done);
            nothing_runs(site, run, &step, way)?;
            Fact::Found(Found { step, way, done, by: Some(by), reason, at })
        }
    }))
}

/// What a killed process left running may still do what the person saw undone: it is ended first,
/// and whatever was seen before its end is no answer.
fn nothing_runs(site: &Site, run: &Run, step: &str, way: Way) -> Result<(), AnyFault> {
    let (number, portal) = (run.number, run.begun.portal.clone());
    let place = Place { run: number, portal, step: step.to_owned(), way, timeout: QUIET_MAX };
    if Real::of(site, &run.plan).end_left(&place)? {
        return Err(PlaybookFault::StillRan { run: number, step: place.step }.into());
    }
    Ok(())
}

fn left(run: &Run, said: Said, at: Timestamp) -> Closed {
    let took = at.duration_since(run.begun.at).as_millis();
    Closed { how: How::Left, at, took_ms: u64::try_from(took).unwrap_or(0), left: Some(said) }
}

fn work(
    site: &Site,
    log: &Log,
    mut run: Run,
    _alone: FileLock,
    watch: Watch<'_>,
) -> Result<(Run, Standing), AnyFault> {
    let (portal, plan) = (run.begun.portal.clone(), run.plan.clone());
    let mut recorder = Recorder::new(log, &site.actor, run.number, &portal);
    let mut engine = Engine {
        actions: &Real::of(site, &plan),
        journal: &mut recorder,
        world: &site.world,
        cancel: &site.cancel,
        watch,
    };
    let standing = engine.go(&mut run)?;
    Ok((run, standing))
}

/// Waits at a gate until it is answered, by whomever, then goes on; returns when the run is over,
/// a person must do something else than approve, or someone wants to stop.
pub fn wait(
    site: &Site,
    mut run: Run,
    mut standing: Standing,
    watch: Watch<'_>,
) -> Result<(Run, Standing), AnyFault> {
    let mut reading = Reading::default();
    // Another process may take the run up first: then this one only looks on.
    let mut elsewhere = false;
    while (elsewhere || matches!(standing, Standing::Waiting { .. })) && !nap(site) {
        reading.catch_up(&site.log()?)?;
        let known = reading.playbooks.runs.get(&run.number);
        let now = known.ok_or(PlaybookFault::NoRun { number: run.number, known: String::new() })?;
        let now = readable(now.clone())?;
        tell_approvals(&run, &now, watch);
        run = now;
        standing = run.standing(site.world.clock.now());
        elsewhere = false;
        if matches!(standing, Standing::Going | Standing::Unwinding) {
            match go_on(site, run.number, &Word::Nothing, watch) {
                Err(fault) if fault.code() == AT_WORK => elsewhere = true,
                other => (run, standing) = other?,
            }
        }
    }
    Ok((run, standing))
}

/// Sleeps until the log is worth another look; whether someone wants to stop.
fn nap(site: &Site) -> bool {
    let clock = site.world.clock.as_ref();
    let begun = clock.monotonic();
    while !site.cancel.is_cancelled() && clock.monotonic().since(begun) < LOOK_EVERY {
        clock.sleep(NAP);
    }
    site.cancel.is_cancelled()
}

/// Tells of approvals that another process has recorded.
fn tell_approvals(before: &Run, now: &Run, watch: Watch<'_>) {
    for (old, new) in before.steps.iter().zip(&now.steps) {
        for approved in new.approved.iter().filter(|one| !old.approved.contains(one)) {
            watch(now, &Fact::Approved(approved.clone()));
        }
    }
}
