//! What people say about a run that waits: approving it, refusing it.
//!
//! An approval counts by its signature alone: whoever hands it in, on this machine or another, only
//! carries it. It is held against the statement made anew from the log, the key of the
//! configuration, and the account that started the run; what is refused leaves nothing behind.

use jiff::Timestamp;

use crate::audit::Log;
use crate::base::fault::AnyFault;
use crate::job::playbook::fault::PlaybookFault;
use crate::job::playbook::journal::Recorder;
use crate::job::playbook::{alone, find, fold, found, readable};
use crate::job::site::Site;
use crate::playbook::approval;
use crate::playbook::fact::{Approved, Asked, Fact};
use crate::playbook::journal::{Run, StepState};
use crate::playbook::port::Journal as _;
use crate::playbook::settings::Approver;

/// What the approvers of a run that waits sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the gate asks for.
    pub asked: Asked,
    /// The text, to the byte.
    pub statement: String,
}

/// An approval that is on record.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The run after it.
    pub run: Run,
    /// Who approved.
    pub approver: String,
    /// How many different people have.
    pub there: u64,
    /// How many the gate wants.
    pub wanted: u64,
}

/// What is signed to approve this run; a run that does not wait has nothing to sign.
pub fn request(site: &Site, number: u64) -> Result<Request, AnyFault> {
    let log = site.log()?;
    let run = readable(found(fold(&log)?, number)?)?;
    request_of(&log, &run, site.world.clock.now())
}

fn request_of(log: &Log, run: &Run, now: Timestamp) -> Result<Request, AnyFault> {
    let asked = waiting(run).ok_or(PlaybookFault::NotWaiting { run: run.number })?.clone();
    if now >= asked.expires {
        let Asked { step, expires, .. } = asked;
        return Err(PlaybookFault::Expired { run: run.number, step, expires }.into());
    }
    let statement = approval::statement(log.vkey(), run, &asked);
    Ok(Request { asked, statement })
}

/// What the gate that waits asks for.
fn waiting(run: &Run) -> Option<&Asked> {
    let waits = run.steps.iter().find(|step| matches!(step.state, StepState::Waiting))?;
    waits.asked.as_ref()
}

/// Records an approval, if it is one. `sign` is given what is to be signed and returns the
/// signature: with a key that lies here, or one that was made elsewhere. It is called while nobody
/// else can write about the portal's runs, so it must wait for nothing.
pub fn approve(
    site: &Site,
    number: u64,
    sign: impl FnOnce(&str) -> Result<String, AnyFault>,
) -> Result<Counted, AnyFault> {
    let portal = find(site, number)?.run.begun.portal;
    let log = site.log()?;
    let _alone = alone(site, &portal)?;
    let mut run = readable(found(fold(&log)?, number)?)?;
    let Request { asked, statement } = request_of(&log, &run, site.world.clock.now())?;
    let signature = sign(&statement)?;
    let approver = judged(site, &run, &asked, &statement, &signature)?;
    let fact = Fact::Approved(Approved {
        step: asked.step.clone(),
        approver: approver.id.clone(),
        key: approver.key.clone(),
        statement,
        signature,
        at: site.world.clock.now(),
    });
    note(site, &log, &mut run, &fact)?;
    let waits = run.steps.iter().find(|step| step.asked.as_ref() == Some(&asked));
    let there = waits.map_or(0, |step| step.approvers().len() as u64);
    let wanted = u64::from(asked.approvals);
    Ok(Counted { run, approver: approver.id.clone(), there, wanted })
}

/// The approver whose approval this is. Each refusal has a code of its own.
fn judged<'s>(
    site: &'s Site,
    run: &Run,
    asked: &Asked,
    statement: &str,
    signature: &str,
) -> Result<&'s Approver, AnyFault> {
    let approvers = &site.settings.playbooks.approvers;
    let Some(approver) = approval::signer(signature, approvers)? else {
        let known: Vec<_> = approvers.iter().map(|one| one.id.as_str()).collect();
        let fingerprint = approval::fingerprint_of(signature)?;
        return Err(PlaybookFault::UnknownApprover { fingerprint, known: known.join(", ") }.into());
    };
    approval::verify(statement, signature, approver)?;
    let name = || approver.id.clone();
    if approver.logins.contains(&run.begun.by) {
        let login = run.begun.by.clone();
        return Err(PlaybookFault::Starter { run: run.number, approver: name(), login }.into());
    }
    let before = run.steps.iter().filter(|step| step.asked.as_ref() == Some(asked));
    let mut before = before.flat_map(|step| &step.approved);
    if before.any(|one| one.approver == approver.id || one.key == approver.key) {
        return Err(PlaybookFault::Twice { run: run.number, approver: name() }.into());
    }
    Ok(approver)
}

/// Holds a fact against the run and records it; the caller holds the portal's lock and has read
/// the run under it.
pub(super) fn note(site: &Site, log: &Log, run: &mut Run, fact: &Fact) -> Result<(), AnyFault> {
    let mut after = run.clone();
    after.take(site.world.clock.now(), fact)?;
    let portal = run.begun.portal.clone();
    Recorder::new(log, &site.actor, run.number, &portal).note(fact)?;
    *run = after;
    Ok(())
}
