//! Running one job on a thread of its own, whatever it does there.
//!
//! Guarantees: the end of every started job is reported exactly once, also when it panics or its
//! thread cannot be made; an activation that no intent has taken up is on record as skipped, with
//! the reason.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::Sender;
use jiff::Timestamp;

use crate::audit::{Actor, Deed};
use crate::base::exit::ExitCode;
use crate::base::fault::chain;
use crate::daemon::service::Event;
use crate::daemon::work::{Tools, Work};
use crate::job::fault::JobFault;
use crate::job::site::{Notices, Scheduled, Site, words_of};
use crate::scheduler::core::Ended;
use crate::scheduler::due::Activation;
use crate::scheduler::ledger;

/// Why an activation was skipped whose thread could not be made.
const NO_THREAD: &str = "no-thread";

/// A job about to start.
pub(super) struct Start {
    pub(super) id: String,
    pub(super) work: Work,
    pub(super) activation: Activation,
    /// The person who asked for it, where one did.
    pub(super) by: Option<String>,
    /// Since when changes wait for it, where they brought it about.
    pub(super) changed: Option<Timestamp>,
}

/// What a thread is to do.
type Run = Box<dyn FnOnce() + Send>;

/// Starts it.
pub(super) fn start(site: &Site, tools: &Arc<Tools>, start: Start, events: &Sender<Event>) {
    let spawn = |name, run: Run| std::thread::Builder::new().name(name).spawn(run).map(drop);
    start_by(spawn, site, tools, start, events);
}

fn start_by(
    spawn: impl FnOnce(String, Run) -> std::io::Result<()>,
    site: &Site,
    tools: &Arc<Tools>,
    start: Start,
    events: &Sender<Event>,
) {
    let actor = match &start.by {
        Some(name) => Actor::person(name),
        None => Actor::schedule(&start.id),
    };
    let scheduled = Scheduled::new(&start.id, start.activation).after(start.changed);
    let site =
        Site { actor, scheduled: Some(scheduled), notices: Notices::default(), ..site.clone() };
    let (id, work, tools) = (start.id, start.work, Arc::clone(tools));
    let reports = events.clone();
    let name = id.clone();
    let own = site.clone();
    let run = move || {
        let exit = done(&own, &tools, &name, &work);
        report(&reports, name, exit, work.is_success(exit));
    };
    if let Err(error) = spawn(id.clone(), Box::new(run)) {
        tracing::error!(job = %id, %error, "No thread could be made for a job.");
        record_skipped(&site, &id, NO_THREAD);
        report(events, id, ExitCode::Failed, false);
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
            record_skipped(site, id, fault.code());
            fault.exit()
        }
    }
}

/// What ends before the intent (another run holds the lock, no log, no thread) leaves no other
/// trace.
fn record_skipped(site: &Site, id: &str, reason: &str) {
    let Some(scheduled) = site.scheduled.as_ref().filter(|one| !one.is_recorded()) else { return };
    if scheduled.activation.due.is_some() {
        site.note(skipped(id, &scheduled.activation, reason));
    }
}

/// The entry of an activation that did not run.
pub(super) fn skipped(id: &str, activation: &Activation, reason: &str) -> Deed {
    let facts = ledger::facts(id, activation);
    let deed = Deed::new(ledger::SKIPPED, id).fact("reason", reason);
    facts.into_iter().fold(deed, |deed, (name, value)| deed.fact(name, value))
}

fn report(events: &Sender<Event>, job: String, exit: ExitCode, success: bool) {
    let ended = if exit == ExitCode::Interrupted { Ended::BrokenOff } else { Ended::Whole };
    // Nobody listens any more only when the daemon has given up waiting.
    let _gone = events.send(Event::Finished { job, ended, exit, success });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base::cancel::Cancel;
    use crate::base::progress::Silent;
    use crate::config;
    use crate::daemon::board::Board;
    use crate::job::init;
    use crate::job::unrecorded::Unrecorded;
    use crate::world::World;

    const CONFIGURATION: &str =
        "site: { id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }
state: state
repositories:
  local: { path: repository, password: { file: secrets/password } }
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    trees: [ { role: media, name: tep, path: media } ]
    snapshot: { to: [local], rpo: 6h }
    drill: { from: local, rto: 8h, scratch: scratch }
";

    fn site(folder: &std::path::Path, runtime: &tokio::runtime::Runtime) -> Site {
        std::fs::create_dir(folder.join("media")).expect("a new folder is empty");
        let file = folder.join("duphong.yaml");
        let loaded = config::check_text(CONFIGURATION.as_bytes(), &file, None);
        Site {
            settings: loaded.expect("the configuration is right").settings,
            configuration: CONFIGURATION.as_bytes().to_vec(),
            world: World::system(runtime.handle().clone()),
            actor: Actor::daemon(),
            cancel: Cancel::default(),
            progress: Arc::new(Silent),
            notices: Notices::default(),
            scheduled: None,
            unrecorded: Unrecorded::default(),
        }
    }

    #[test]
    fn an_activation_whose_thread_cannot_be_made_is_on_record_as_skipped() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
        let site = site(folder.path(), &runtime);
        init::host(&site).expect("a new folder can be prepared");
        let now = site.world.clock.now();
        let board = Board::new(now, Arc::new(site.settings.clone()));
        let tools = Arc::new(Tools::new(&site, &board, &Arc::default()));
        let (sender, events) = crossbeam_channel::unbounded();
        let activation = Activation { due: Some(now), missed: None, attempt: 1 };
        let work = Work::Snapshot { portal: "mau".to_owned(), tags: BTreeSet::new() };
        let start = Start { id: work.id(), work, activation, by: None, changed: None };
        let none = |_, _| Err(std::io::ErrorKind::WouldBlock.into());
        start_by(none, &site, &tools, start, &sender);
        let told = events.try_iter().collect::<Vec<_>>();
        assert!(matches!(
            &told[..],
            [Event::Finished { exit: ExitCode::Failed, success: false, .. }]
        ));
        let log = site.log().expect("the log is there");
        let entries = log.reader().expect("the log can be read").entries();
        let last = entries.last().expect("it has entries").expect("the log can be read");
        assert_eq!((last.verb.as_str(), last.subject.as_str()), (ledger::SKIPPED, "snapshot/mau"));
        assert_eq!(last.facts["reason"], NO_THREAD);
    }
}
