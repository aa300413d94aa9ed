//! What others may know of the daemon: written by the scheduler's thread, read by those who answer
//! questions. Holds values only, so that a question never waits for work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::base::exit::ExitCode;
use crate::config::settings::Settings;
use crate::job::figures::Figures;
use crate::scheduler::core::Coming;
use crate::view::Now;
use crate::world::clock::Monotonic;

/// The board. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Board(Arc<Mutex<Seen>>);

/// What stands on it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Since when it runs.
    pub started: Timestamp,
    /// When the scheduler last looked around.
    pub ticked: Option<Monotonic>,
    /// Whether it takes work, and whether it is on its way down.
    pub phase: Phase,
    /// Who paused it, where somebody did.
    pub paused: Option<Paused>,
    /// The newest reading of the configuration.
    pub reload: Reload,
    /// What runs, and since when.
    pub running: BTreeMap<String, Timestamp>,
    /// How each job last ended.
    pub ended: BTreeMap<String, Ran>,
    /// What comes.
    pub coming: Vec<Coming>,
    /// Since when the log cannot be written or read, and why.
    pub log_fault: Option<(Timestamp, &'static str)>,
    /// The newest looks at the logs of databases.
    pub logs: Arc<Vec<Figures>>,
    /// The fold of the log.
    pub now: Arc<Now>,
    /// The settings in force.
    pub settings: Arc<Settings>,
}

/// How a job last ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ran {
    /// As the same command would have exited.
    pub exit: ExitCode,
    /// Whether it did what it is for.
    pub success: bool,
    /// When one of its runs last did; a later one that did not does not make it younger.
    pub succeeded_at: Option<Timestamp>,
}

impl Ran {
    /// A run that ended `at`, after those that `before` tells of.
    pub(super) fn after(
        before: Option<&Self>,
        at: Timestamp,
        exit: ExitCode,
        success: bool,
    ) -> Self {
        let earlier = before.and_then(|before| before.succeeded_at);
        Self { exit, success, succeeded_at: if success { Some(at) } else { earlier } }
    }
}

/// Where the daemon is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not everything is open yet.
    Starting,
    /// At work.
    Ready,
    /// On its way down.
    Stopping,
}

/// A pause that a person asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paused {
    /// Since when.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// The newest reading of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reload {
    /// When.
    pub at: Timestamp,
    /// The code of what was wrong; the settings of before are in force then.
    pub failed: Option<&'static str>,
}

impl Board {
    pub(super) fn new(started: Timestamp, settings: Arc<Settings>) -> Self {
        Self(Arc::new(Mutex::new(Seen {
            started,
            ticked: None,
            phase: Phase::Starting,
            paused: None,
            reload: Reload { at: started, failed: None },
            running: BTreeMap::new(),
            ended: BTreeMap::new(),
            coming: Vec::new(),
            log_fault: None,
            logs: Arc::default(),
            now: Arc::default(),
            settings,
        })))
    }

    /// Changes what stands there.
    pub(super) fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock());
    }

    /// Reads something from it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
