//! The kinds of work that the daemon does by itself: for each, when, and which job.
//!
//! A new kind is a variant of [`Work`], a line in [`plan`] that says when, and an arm in
//! [`Work::run`] that calls its job. Nothing else in the daemon knows one kind from another.

use crate::audit::Reader;
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::config::settings::Settings;
use crate::job::site::Site;
use crate::job::{drill, snapshot, verify};
use crate::repository::verify::Depth;
use crate::scheduler::core::{Class, Core, Job, When};
use crate::scheduler::ledger::Ledger;
use crate::scheduler::schedule::Schedule;

/// A piece of recurring work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Takes a set of this portal.
    Snapshot(String),
    /// Runs a drill of this portal's newest set.
    Drill(String),
    /// Reads and checks all data of this repository.
    Verify(String),
}

/// Everything that the settings want done, with when.
pub fn plan(settings: &Settings) -> Vec<(Job, Work)> {
    let mut plan = Vec::new();
    let mut cron = |schedule: &Option<Schedule>, class, work: Work| {
        if let Some(schedule) = schedule {
            plan.push((Job { id: work.id(), when: When::Cron(schedule.clone()), class }, work));
        }
    };
    for portal in &settings.portals {
        cron(&portal.snapshot.schedule, Class::Protect, Work::Snapshot(portal.id.clone()));
        cron(&portal.drill.schedule, Class::Prove, Work::Drill(portal.id.clone()));
    }
    for repository in &settings.repositories {
        cron(&repository.verify, Class::Prove, Work::Verify(repository.name.clone()));
    }
    plan
}

/// The scheduler as a daemon would begin now, from the log alone: to say what comes.
pub fn scheduler(site: &Site) -> Result<Core, AnyFault> {
    let mut ledger = Ledger::default();
    for entry in Reader::open(&site.settings.audit_dir())?.entries() {
        ledger.take(&entry?);
    }
    let jobs = plan(&site.settings).into_iter().map(|(job, _)| job).collect();
    let (now, clock) = (site.world.clock.now(), site.world.clock.monotonic());
    let mut core = Core::default();
    core.replace(jobs, &ledger, now, clock);
    Ok(core)
}

impl Work {
    /// The job's name in the log and at the control socket.
    pub fn id(&self) -> String {
        match self {
            Self::Snapshot(portal) => format!("snapshot/{portal}"),
            Self::Drill(portal) => format!("drill/{portal}"),
            Self::Verify(repository) => format!("verify/{repository}"),
        }
    }

    /// Does it, and says as an exit code how it ended: what the same command would exit with.
    pub fn run(&self, site: &Site) -> Result<ExitCode, AnyFault> {
        match self {
            Self::Snapshot(portal) => Ok(snapshot::create(site, portal)?.exit()),
            Self::Drill(portal) => {
                let request = drill::Request {
                    portal: portal.clone(),
                    set: None,
                    repository: None,
                    sabotage: None,
                };
                Ok(drill::run(site, &request)?.exit())
            }
            Self::Verify(repository) => {
                let report = verify::repository(site, repository, Depth::AllData)?;
                Ok(if report.is_sound() { ExitCode::Done } else { ExitCode::Integrity })
            }
        }
    }
}
