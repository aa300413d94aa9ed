//! Running one job on a thread of its own, whatever it does there.
//!
//! Guarantees: the end of every started job is reported exactly once, also when it panics or its
//! thread cannot be made; an activation that no intent has taken up is on record as skipped, with
//! the reason.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::audit::{Actor, Deed};
use crate::base::exit::ExitCode;
use crate::base::fault::{Fault, chain};
use crate::daemon::service::Event;
use crate::daemon::work::{Tools, Work};
use crate::job::fault::JobFault;
use crate::job::site::{Notices, Scheduled, Site, words_of};
use crate::scheduler::core::Ended;
use crate::scheduler::due::Activation;
use crate::scheduler::ledger;

/// A job about to start.
pub(super) struct Start {
    pub(super) id: String,
    pub(super) work: Work,
    pub(super) activation: Activation,
    /// The person who asked for it, where one did.
    pub(super) by: Option<String>,
}

/// Starts it.
pub(super) fn start(site: &Site, tools: &Arc<Tools>, start: Start, events: &Sender<Event>) {
    let actor = match &start.by {
        Some(name) => Actor::person(name),
        None => Actor::schedule(&start.id),
    };
    let scheduled = Scheduled::new(&start.id, start.activation);
    let site =
        Site { actor, scheduled: Some(scheduled), notices: Notices::default(), ..site.clone() };
    let (id, work, tools) = (start.id, start.work, Arc::clone(tools));
    let reports = events.clone();
    let name = id.clone();
    let spawned = std::thread::Builder::new().name(id.clone()).spawn(move || {
        let exit = done(&site, &tools, &name, &work);
        report(&reports, name, exit);
    });
    if let Err(error) = spawned {
        tracing::error!(job = %id, %error, "No thread could be made for a job.");
        report(events, id, ExitCode::Failed);
    }
}

fn done(site: &Site, tools: &Tools, id: &str, work: &Work) -> ExitCode {
    let routine = work.is_routine();
    if !routine {
        tracing::info!(job = %id, "Job starts.");
    }
    // Nothing that the job touched is used afterwards, so a broken invariant in it is not seen.
    let result = catch_unwind(AssertUnwindSafe(|| work.run(site, tools)))
        .unwrap_or_else(|panic| Err(JobFault::Bug { words: words_of(panic.as_ref()) }.into()));
    for notice in site.notices.take() {
        tracing::warn!(job = %id, message = notice.id, values = ?notice.args.0, "Job tells.");
    }
    match result {
        Ok(exit) => {
            if exit == ExitCode::Done && routine {
                tracing::debug!(job = %id, "Job is done.");
            } else if exit == ExitCode::Done {
                tracing::info!(job = %id, "Job is done.");
            } else {
                tracing::warn!(job = %id, exit = exit.number(), "Job ended with warnings.");
            }
            exit
        }
        Err(fault) => {
            let fault = fault.as_ref();
            tracing::error!(job = %id, code = fault.code(), "Job failed: {}.", chain(fault));
            record_skipped(site, id, fault);
            fault.exit()
        }
    }
}

/// A fault before the intent (another run holds the lock, no log) leaves no other trace.
fn record_skipped(site: &Site, id: &str, fault: &dyn Fault) {
    let Some(scheduled) = site.scheduled.as_ref().filter(|one| !one.is_recorded()) else { return };
    if scheduled.activation.due.is_some() {
        site.note(skipped(id, &scheduled.activation, fault.code()));
    }
}

/// The entry of an activation that did not run.
pub(super) fn skipped(id: &str, activation: &Activation, reason: &str) -> Deed {
    let facts = ledger::facts(id, activation);
    let deed = Deed::new(ledger::SKIPPED, id).fact("reason", reason);
    facts.into_iter().fold(deed, |deed, (name, value)| deed.fact(name, value))
}

fn report(events: &Sender<Event>, job: String, exit: ExitCode) {
    let ended = if exit == ExitCode::Interrupted { Ended::BrokenOff } else { Ended::Whole };
    // Nobody listens any more only when the daemon has given up waiting.
    let _gone = events.send(Event::Finished { job, ended, exit });
}
