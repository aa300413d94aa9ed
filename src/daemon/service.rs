//! The scheduler's thread: one loop that looks at the clocks, starts what is due, and answers.
//!
//! Everything that changes the daemon's mind comes through one channel, so that there is one order
//! of events and nothing to lock. The loop never waits for work: a job has its own thread, and what
//! others want to know hangs on the board.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::audit::{Actor, Deed};
use crate::base::cancel::Cancel;
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _, chain};
use crate::base::progress::Silent;
use crate::config::Loaded;
use crate::config::settings::Settings;
use crate::daemon::board::{Board, Paused, Phase, Ran, Reload};
use crate::daemon::control;
use crate::daemon::fault::DaemonFault;
use crate::daemon::followers::Following;
use crate::daemon::health;
use crate::daemon::logs;
use crate::daemon::protocol::{Answer, Request};
use crate::daemon::record::Record;
use crate::daemon::reload::{self, Kept, Place};
use crate::daemon::runner::{self, skipped};
use crate::daemon::systemd::Systemd;
use crate::daemon::watching::Watching;
use crate::daemon::work::{Tools, Work, plan};
use crate::job::figures;
use crate::job::hold;
use crate::job::site::{Notices, Site};
use crate::job::snapshot;
use crate::job::unrecorded::Unrecorded;
use crate::job::wal::now;
use crate::scheduler::core::{Core, Ended, Job, Order, Refused, When, Wish};
use crate::scheduler::due::Activation;
use crate::scheduler::ledger::SCHEDULES;
use crate::view::anchors;
use crate::world::World;
use crate::world::clock::Monotonic;
use crate::world::files::{self, FileError, FileLock};

/// The longest the loop waits before it looks at the clocks again: a start is late by no more, and
/// a wish to stop is heard as soon.
const TICK: Duration = Duration::from_millis(250);

/// How often the log is looked at by itself; after the end of each job it is looked at in any case.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long a stop waits for running jobs: they stop between two blobs or statements, which takes
/// seconds; a source that hangs longer is abandoned. Below the unit's `TimeoutStopSec`.
const STOP_MAX: Duration = Duration::from_mins(1);

/// A head that could not go outside is tried again after this long. A mail server that puts off a
/// first letter takes it by then, and a place that is gone for a day costs a few dozen entries.
const ANCHOR_AGAIN: Duration = Duration::from_hours(1);

/// What the daemon starts from.
pub struct Start {
    /// The configuration as it was read.
    pub loaded: Loaded,
    /// Where systemd passes credentials.
    pub credentials: Option<PathBuf>,
    /// The real world.
    pub world: World,
    /// Set when it is to stop.
    pub cancel: Cancel,
}

/// Something that the loop is to deal with.
pub(super) enum Event {
    /// A job has ended.
    Finished {
        /// Which.
        job: String,
        /// How, for the scheduler.
        ended: Ended,
        /// How, for people.
        exit: ExitCode,
        /// Whether it did what it is for.
        success: bool,
    },
    /// Read the configuration again.
    Hangup,
    /// Someone asks at the control socket.
    Asked(Request, tokio::sync::oneshot::Sender<Answer>),
}

/// Runs until it is asked to stop, and returns when everything is settled.
pub fn run(start: Start) -> Result<(), AnyFault> {
    let mut service = Service::open(start)?;
    service.work();
    service.stop();
    Ok(())
}

struct Service {
    site: Site,
    place: Place,
    core: Core,
    works: BTreeMap<String, Work>,
    tools: Arc<Tools>,
    running: BTreeSet<String>,
    watching: Watching,
    following: Following,
    board: Board,
    record: Record,
    systemd: Systemd,
    looked: Option<Monotonic>,
    events: Receiver<Event>,
    sender: Sender<Event>,
    _doors: (control::Listening, health::Serving),
    logs: logs::Listening,
    /// Let go last: whoever comes next finds everything closed.
    _alone: FileLock,
}

impl Service {
    /// Opens everything. What cannot be opened ends the start with its fault; a log that exists but
    /// cannot be written does not, since protective work must go on.
    fn open(start: Start) -> Result<Self, AnyFault> {
        let Start { loaded, credentials, world, cancel } = start;
        let place = Place { file: loaded.file.clone(), credentials };
        let site = Site {
            settings: loaded.settings.clone(),
            configuration: loaded.text().as_bytes().to_vec(),
            actor: Actor::daemon(),
            cancel,
            progress: Arc::new(Silent),
            notices: Notices::default(),
            scheduled: None,
            unrecorded: Unrecorded::default(),
            world,
        };
        site.initialised()?;
        let alone = alone(&site.settings)?;
        if let Err(fault) = snapshot::sweep(&site) {
            tracing::warn!(error = %fault, "What a killed run left in the spool stays there.");
        }
        let (sender, events) = unbounded();
        let board = Board::new(site.world.clock.now(), Arc::new(site.settings.clone()));
        let doors = (
            control::listen(&site.settings.control_socket(), &site.world, &sender, &board)?,
            health::serve(site.settings.daemon.listen, &site.world, &board)?,
        );
        let looker = Arc::new(now::Looker::default());
        let logs = logs::listen(&site, &board, &looker)?;
        hear_hangups(&site.world, &sender);
        let tools = Arc::new(Tools::new(&site, &board, &looker));
        let record = Record::new(site.settings.audit_dir());
        let mut service = Self {
            site,
            place,
            core: Core::default(),
            works: BTreeMap::new(),
            tools,
            running: BTreeSet::new(),
            watching: Watching::default(),
            following: Following::new(&looker),
            board,
            record,
            systemd: Systemd::new(),
            looked: None,
            events,
            sender,
            _doors: doors,
            logs,
            _alone: alone,
        };
        service.begin();
        Ok(service)
    }

    /// The first entry, and from the log what ran before.
    fn begin(&mut self) {
        let jobs = plan(&self.site.settings);
        self.site.note(
            Deed::new("daemon.start", &self.site.settings.site.id)
                .fact("program", env!("CARGO_PKG_VERSION"))
                .fact("process", std::process::id())
                .fact(SCHEDULES, schedules(&self.site.settings)),
        );
        for notice in self.site.notices.take() {
            tracing::warn!(message = notice.id, values = ?notice.args.0, "Opening the log.");
        }
        self.look_at_the_log();
        self.take_up(jobs);
    }

    fn work(&mut self) {
        self.tick();
        // Only now: whoever hears that it is ready must find it well.
        self.board.change(|seen| seen.phase = Phase::Ready);
        Systemd::ready();
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "The daemon is at work.");
        while !self.site.cancel.is_cancelled() {
            match self.events.recv_timeout(TICK) {
                Ok(event) => self.deal_with(event),
                // The sender lives in this very struct.
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            self.tick();
        }
    }

    /// One look around.
    fn tick(&mut self) {
        let (now, clock) = self.clocks();
        self.systemd.alive(clock);
        for (job, wish) in self.watching.wishes(now, clock) {
            self.core.wish(&job, wish);
        }
        for order in self.core.tick(now, clock) {
            match order {
                Order::Start { job, activation } => self.start(job, activation, None),
                Order::Skip { job, activation } => {
                    tracing::warn!(%job, "Its last run has not ended: this one is skipped.");
                    self.site.note(skipped(&job, &activation, "running"));
                }
            }
        }
        if self.looked.is_none_or(|looked| clock.since(looked) >= LOOK_EVERY) {
            self.look_at_the_log();
        }
        let coming = self.core.coming(now);
        self.board.change(|seen| {
            seen.ticked = Some(clock);
            seen.coming = coming;
        });
    }

    fn start(&mut self, id: String, activation: Activation, by: Option<String>) {
        let Some(work) = self.works.get(&id).cloned() else { return };
        self.start_work(id, work, activation, by);
    }

    fn start_work(&mut self, id: String, work: Work, activation: Activation, by: Option<String>) {
        let (now, clock) = self.clocks();
        self.running.insert(id.clone());
        self.board.change(|seen| {
            seen.running.insert(id.clone(), now);
        });
        let mut changed = None;
        if let Work::Snapshot { portal, .. } = &work {
            // No instant of a calendar and no person: its changes brought it about.
            let wished = activation.due.is_none() && by.is_none();
            changed = wished.then(|| self.watching.since(portal)).flatten();
            self.watching.began(portal, clock);
        }
        let start = runner::Start { id, work, activation, by, changed };
        runner::start(&self.site, &self.tools, start, &self.sender);
    }

    fn deal_with(&mut self, event: Event) {
        match event {
            Event::Finished { job, ended, exit, success } => {
                self.finished(&job, ended, (exit, success));
                self.look_at_the_log();
            }
            Event::Hangup => {
                let _answer = self.reload(&Actor::daemon());
            }
            Event::Asked(request, reply) => {
                let answer = self.answer(request);
                // Whoever asked may have left.
                let _gone = reply.send(answer);
            }
        }
    }

    fn finished(&mut self, job: &str, ended: Ended, (exit, success): (ExitCode, bool)) {
        let now = self.site.world.clock.now();
        self.core.finished(job, ended, now);
        self.running.remove(job);
        if let Some(portal) = job.strip_prefix("snapshot/") {
            self.watching.ended(portal, success, &self.site.world);
        }
        if job.starts_with(anchors::JOB) {
            // Tomorrow would be late, and what is not there yet covers nothing.
            let clock = self.site.world.clock.monotonic();
            let wish = Wish { clock: Monotonic(clock.0 + ANCHOR_AGAIN), at: now + ANCHOR_AGAIN };
            self.core.wish(job, (!success && ended == Ended::Whole).then_some(wish));
        }
        self.board.change(|seen| {
            seen.running.remove(job);
            let ran = Ran::after(seen.ended.get(job), now, exit, success);
            seen.ended.insert(job.to_owned(), ran);
        });
    }

    fn answer(&mut self, request: Request) -> Answer {
        match request {
            Request::Reload { by, language } => match self.reload(&Actor::person(by)) {
                Ok(()) => Answer::done(),
                Err(kept) => control::kept(&kept, language.as_deref()),
            },
            Request::Pause { by, reason } => {
                self.pause(&by, Some(reason));
                Answer::done()
            }
            Request::Resume { by } => {
                self.pause(&by, None);
                Answer::done()
            }
            Request::Run { job, by, tags } => match self.run_now(job, by, tags) {
                Ok(()) => Answer::done(),
                Err(fault) => Answer::refused(fault.as_ref()),
            },
            // Answered from the board, without the loop.
            Request::Status => Answer::done(),
        }
    }

    /// Starts a job that a person wants now; a set of it gets their tags, where they give any.
    fn run_now(&mut self, job: String, by: String, tags: BTreeSet<String>) -> Result<(), AnyFault> {
        let work = match self.works.get(&job).cloned() {
            None => return Err(DaemonFault::UnknownJob { job }.into()),
            Some(work) if tags.is_empty() => work,
            Some(Work::Snapshot { portal, .. }) => {
                snapshot::check_tags(&tags)?;
                Work::Snapshot { portal, tags }
            }
            Some(_) => return Err(DaemonFault::NoSet { job }.into()),
        };
        let (_, clock) = self.clocks();
        match self.core.start_now(&job, clock) {
            Ok(Order::Start { job, activation }) => {
                self.start_work(job, work, activation, Some(by));
                Ok(())
            }
            Err(Refused::Unknown) | Ok(Order::Skip { .. }) => {
                Err(DaemonFault::UnknownJob { job }.into())
            }
            Err(Refused::Running | Refused::Full) => Err(DaemonFault::Busy { job }.into()),
        }
    }

    fn pause(&mut self, by: &str, reason: Option<String>) {
        let now = self.site.world.clock.now();
        let subject = &self.site.settings.site.id;
        let deed = match &reason {
            Some(reason) => Deed::new("daemon.pause", subject).fact("reason", reason.clone()),
            None => Deed::new("daemon.resume", subject),
        };
        let site = Site { actor: Actor::person(by), ..self.site.clone() };
        site.note(deed);
        self.core.pause(reason.is_some());
        tracing::warn!(by, paused = reason.is_some(), "Somebody paused or resumed heavy work.");
        let paused = reason.map(|reason| Paused { at: now, by: by.to_owned(), reason });
        self.board.change(|seen| seen.paused = paused);
    }

    /// Takes up the new configuration as a whole, or keeps the old one and says why.
    fn reload(&mut self, actor: &Actor) -> Result<(), Kept> {
        Systemd::reloading();
        let read = reload::read(&self.place, &self.site.settings);
        let at = self.site.world.clock.now();
        let failed = read.as_ref().err().map(|kept| kept.fault.code());
        let mut deed = Deed::new("daemon.reload", &self.site.settings.site.id);
        let answer = match read {
            Ok(loaded) => {
                self.site.settings = loaded.settings.clone();
                self.site.configuration = loaded.text().as_bytes().to_vec();
                deed = deed.fact("result", "taken-up");
                deed = deed.fact(SCHEDULES, schedules(&self.site.settings));
                self.take_up(plan(&self.site.settings));
                tracing::info!("The new configuration is in force.");
                Ok(())
            }
            Err(kept) => {
                let (code, error) = (kept.fault.code(), chain(kept.fault.as_ref()));
                tracing::error!(code, "The old configuration stays: {error}.");
                deed = deed.fact("result", "refused").fact("code", code).fact("error", error);
                Err(kept)
            }
        };
        let site = Site { actor: actor.clone(), ..self.site.clone() };
        site.note(deed);
        let settings = Arc::new(self.site.settings.clone());
        self.board.change(|seen| {
            seen.reload = Reload { at, failed };
            seen.settings = settings;
        });
        Systemd::ready();
        answer
    }

    fn take_up(&mut self, plan: Vec<(Job, Work)>) {
        let (now, clock) = self.clocks();
        let (jobs, works): (Vec<_>, Vec<_>) = plan.into_iter().unzip();
        // What runs and is gone from the settings still ends under its name.
        self.works = works.into_iter().map(|work| (work.id(), work)).collect();
        self.core.replace(jobs, self.record.ledger(), now, clock);
        self.watching.take_up(&self.site);
        self.following.take_up(&self.site);
        // What a daemon before this one saw, until the first look.
        let logs = Arc::new(figures::all(&self.site));
        self.board.change(|seen| seen.logs = logs);
        self.watching.learn(&self.record.now(), &self.site.settings, &self.site.world);
    }

    /// Brings the fold up to date, and writes down what is not on record yet.
    fn look_at_the_log(&mut self) {
        self.looked = Some(self.site.world.clock.monotonic());
        let still_broken = self.site.catch_up_record().is_err();
        // Nothing to do with it while the log cannot be written, which is told already.
        if !still_broken && let Err(fault) = hold::catch_up(&self.site) {
            let (code, error) = (fault.code(), chain(fault.as_ref()));
            tracing::error!(code, "A remembered hold is not on record: {error}.");
        }
        let now = self.site.world.clock.now();
        let found = self.record.look(&self.site).err();
        let open = self.site.unrecorded.open();
        let fold = self.record.now();
        self.watching.learn(&fold, &self.site.settings, &self.site.world);
        self.watching.tend(&self.site);
        let line = self.board.look(|seen| format!("{} jobs running", seen.running.len()));
        self.board.change(|seen| {
            let before = seen.log_fault;
            seen.log_fault = open.or(found.map(|code| match before {
                Some((since, before)) if before == code => (since, code),
                _ => (now, code),
            }));
            seen.now = fold;
        });
        match self.board.look(|seen| seen.log_fault) {
            Some((_, code)) => Systemd::status(&format!("{line}; audit log: {code}")),
            None => Systemd::status(&line),
        }
    }

    /// Lets running jobs come to a safe end, says so, and closes.
    fn stop(&mut self) {
        Systemd::stopping();
        self.board.change(|seen| seen.phase = Phase::Stopping);
        tracing::info!(running = self.running.len(), "The daemon stops.");
        let begun = self.site.world.clock.monotonic();
        while !self.running.is_empty() {
            let (_, clock) = self.clocks();
            if clock.since(begun) >= STOP_MAX {
                tracing::error!(jobs = ?self.running, "Jobs did not stop and are abandoned.");
                break;
            }
            match self.events.recv_timeout(TICK) {
                Ok(Event::Finished { job, ended, exit, success }) => {
                    self.finished(&job, ended, (exit, success));
                }
                Ok(Event::Asked(_, reply)) => {
                    let _gone = reply.send(Answer::refused(&DaemonFault::Stopping));
                }
                Ok(Event::Hangup)
                | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
        self.watching.stop(&self.site.world);
        self.following.stop(&self.site.world);
        self.logs.settle();
        let left: Vec<_> = self.running.iter().cloned().collect();
        let deed = Deed::new("daemon.stop", &self.site.settings.site.id).fact("left", left);
        self.site.note(deed);
        if let Err(fault) = self.site.catch_up_record() {
            let error = chain(&fault);
            tracing::error!(code = fault.code(), "The audit log stays incomplete: {error}.");
            // What is kept in memory ends with the process: the system's log is the place left.
            self.site.unrecorded.tell();
        }
    }

    fn clocks(&self) -> (Timestamp, Monotonic) {
        let clock = &self.site.world.clock;
        (clock.now(), clock.monotonic())
    }
}

/// The cron schedules by job, as they are announced in the log.
fn schedules(settings: &Settings) -> Value {
    let cron = |(job, _): (Job, Work)| match job.when {
        When::Cron(schedule) => Some((job.id, Value::from(schedule.as_str()))),
        When::Every(_) | When::Wish => None,
    };
    Value::Object(plan(settings).into_iter().filter_map(cron).collect::<Map<_, _>>())
}

/// Keeps a second daemon away from the state folder.
fn alone(settings: &Settings) -> Result<FileLock, AnyFault> {
    let folder = settings.state.join("locks");
    files::create_private_dir(&folder)?;
    let pid = folder.join("daemon.pid");
    match FileLock::acquire(&folder.join("daemon.lock")) {
        Ok(lock) => {
            // Only a hint for whoever comes second: a full disk must not keep us from working.
            let own = std::process::id().to_string();
            if let Err(fault) = files::replace_durably(&pid, own.as_bytes()) {
                tracing::warn!("The process id could not be written: {}.", chain(&fault));
            }
            Ok(lock)
        }
        Err(FileError::Locked { .. }) => {
            let pid = std::fs::read_to_string(&pid).ok().filter(|text| is_number(text));
            Err(DaemonFault::Running { state: settings.state.clone(), pid }.into())
        }
        Err(other) => Err(other.into()),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn hear_hangups(world: &World, events: &Sender<Event>) {
    use tokio::signal::unix::{SignalKind, signal};
    let _inside = world.runtime().enter();
    // Registered before this returns; without it the signal would end the process.
    let mut hangups = match signal(SignalKind::hangup()) {
        Ok(hangups) => hangups,
        Err(error) => {
            tracing::error!(%error, "SIGHUP cannot be heard.");
            return;
        }
    };
    let events = events.clone();
    let _listener = world.runtime().spawn(async move {
        while hangups.recv().await.is_some() && events.send(Event::Hangup).is_ok() {}
    });
}
