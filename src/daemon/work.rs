//! The kinds of work that the daemon does by itself: for each, when, and which job.
//!
//! A new kind is a variant of [`Work`], a line in [`plan`] that says when, and an arm in
//! [`Work::run`] that calls its job. Nothing else in the daemon knows one kind from another.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::audit::Reader;
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::config::settings::{Portal, Settings};
use crate::daemon::board::Board;
use crate::job::anchor;
use crate::job::binlog::now as binlog;
use crate::job::figures;
use crate::job::notice::{self, Teller};
use crate::job::probe::Watch;
use crate::job::site::Site;
use crate::job::wal::{self, now};
use crate::job::{deface, drill, snapshot, spot, verify};
use crate::scheduler::core::{Class, Core, Job, When};
use crate::scheduler::ledger::Ledger;
use crate::scheduler::schedule::Schedule;
use crate::view::anchors::JOB;

/// From one pass of notices to the next: how late a person hears of something at most.
const NOTICES_EVERY: Duration = Duration::from_mins(1);

/// A piece of recurring work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Takes a set.
    Snapshot {
        /// Of this portal.
        portal: String,
        /// With these tags beside the portal's own.
        tags: BTreeSet<String>,
    },
    /// Runs the drill of this portal whose turn it is.
    Drill(String),
    /// Looks at a sample of this portal's live sources beside its newest set.
    Spot(String),
    /// Reads and checks all data of this repository.
    Verify(String),
    /// Removes from this repository what no base needs of logs any more.
    LogForget(String),
    /// Looks at a portal by the probe of this name.
    Probe {
        /// The portal.
        portal: String,
        /// The probe.
        probe: String,
    },
    /// Compares the watched pages of a portal with their baselines.
    Defacement(String),
    /// Looks how far the log of a database is held.
    Log {
        /// The portal.
        portal: String,
        /// The database.
        database: String,
    },
    /// Puts the head of the log to the place of this name.
    Anchor(String),
    /// Tells people what is new to them.
    Notices,
}

/// What recurring work remembers from one time to the next, as long as the daemon runs.
pub(super) struct Tools {
    watch: Watch,
    teller: Mutex<Teller>,
    pub(super) looker: Arc<now::Looker>,
    board: Board,
}

impl Tools {
    /// Begins where the log says that the last daemon ended.
    pub(super) fn new(site: &Site, board: &Board, looker: &Arc<now::Looker>) -> Self {
        let (watch, unread) = Watch::begin(site);
        if let Some(fault) = unread {
            tracing::warn!(code = fault.code(), "What probes had settled could not be read.");
        }
        let (teller, looker) = (Mutex::default(), Arc::clone(looker));
        Self { watch, teller, looker, board: board.clone() }
    }
}

/// Everything that the settings want done, with when.
pub fn plan(settings: &Settings) -> Vec<(Job, Work)> {
    let mut plan = Vec::new();
    let mut cron = |schedule: &Option<Schedule>, class, work: Work| {
        if let Some(schedule) = schedule {
            plan.push((
                Job { id: work.id(), when: When::Cron(Box::new(schedule.clone())), class },
                work,
            ));
        }
    };
    for portal in &settings.portals {
        cron(&portal.snapshot.schedule, Class::Protect, Work::snapshot(portal));
        cron(&portal.drill.schedule, Class::Prove, Work::Drill(portal.id.clone()));
        let spot = portal.spot_check.as_ref().map(|spot| spot.schedule.clone());
        cron(&spot, Class::Prove, Work::Spot(portal.id.clone()));
    }
    for repository in &settings.repositories {
        let name = &repository.name;
        cron(&repository.verify, Class::Prove, Work::Verify(name.clone()));
        cron(&repository.wal_forget, Class::Prove, Work::LogForget(name.clone()));
    }
    for anchor in &settings.anchoring.anchors {
        // Small, and not to wait for hours behind a drill; a pause must not keep a head at home.
        cron(&settings.anchoring.schedule, Class::Watch, Work::Anchor(anchor.name.clone()));
    }
    for portal in &settings.portals {
        // With a schedule its job is there already, and wished for beside its times.
        if portal.snapshot.on_change.is_some() && portal.snapshot.schedule.is_none() {
            let work = Work::snapshot(portal);
            plan.push((Job { id: work.id(), when: When::Wish, class: Class::Protect }, work));
        }
    }
    let mut every = |period, work: Work| {
        plan.push((Job { id: work.id(), when: When::Every(period), class: Class::Watch }, work));
    };
    for portal in &settings.portals {
        for probe in &portal.probes {
            let (portal, name) = (portal.id.clone(), probe.name.clone());
            every(probe.every, Work::Probe { portal, probe: name });
        }
        if let Some(defacement) = &portal.defacement {
            every(defacement.every, Work::Defacement(portal.id.clone()));
        }
    }
    for (portal, database, wal) in now::logs(settings) {
        let (portal, database) = (portal.id.clone(), database.name.clone());
        every(now::every(&wal), Work::Log { portal, database });
    }
    for (portal, database, binlog) in binlog::logs(settings) {
        let (portal, database) = (portal.id.clone(), database.name.clone());
        every(binlog::every(&binlog), Work::Log { portal, database });
    }
    if !notice::recipients(settings).is_empty() {
        every(NOTICES_EVERY, Work::Notices);
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
    /// A set as the configuration wants it tagged.
    fn snapshot(portal: &Portal) -> Self {
        Self::Snapshot { portal: portal.id.clone(), tags: portal.snapshot.tags.clone() }
    }

    /// The name of the job that takes this portal's sets.
    pub(super) fn snapshot_of(portal: &str) -> String {
        format!("snapshot/{portal}")
    }

    /// The job's name in the log and at the control socket.
    pub fn id(&self) -> String {
        match self {
            Self::Snapshot { portal, .. } => Self::snapshot_of(portal),
            Self::Drill(portal) => format!("drill/{portal}"),
            Self::Spot(portal) => format!("spot/{portal}"),
            Self::Verify(repository) => format!("verify/{repository}"),
            Self::LogForget(repository) => format!("wal-forget/{repository}"),
            Self::Probe { portal, probe } => format!("probe/{portal}/{probe}"),
            Self::Defacement(portal) => format!("defacement/{portal}"),
            Self::Log { portal, database } => format!("log/{portal}/{database}"),
            Self::Anchor(name) => format!("{JOB}{name}"),
            Self::Notices => "notices".to_owned(),
        }
    }

    /// Whether it comes so often that each single time is no news.
    pub(super) fn is_routine(&self) -> bool {
        matches!(self, Self::Probe { .. } | Self::Defacement(_) | Self::Log { .. } | Self::Notices)
    }

    /// Whether a run that ended so did what it is for. Three kinds end with warnings when they did
    /// not: a drill that proved nothing, a look at a log that could not ask somebody, and notices
    /// that did not arrive everywhere. A set that
    /// lacks a socket file, or a look that was only not kept well, is done.
    pub(super) fn is_success(&self, exit: ExitCode) -> bool {
        match exit {
            ExitCode::Done => true,
            ExitCode::Warnings => {
                !matches!(self, Self::Drill(_) | Self::Log { .. } | Self::Notices)
            }
            _ => false,
        }
    }

    /// Does it, and says as an exit code how it ended: what the same command would exit with.
    pub(super) fn run(&self, site: &Site, tools: &Tools) -> Result<ExitCode, AnyFault> {
        match self {
            Self::Snapshot { portal, tags } => {
                Ok(snapshot::create_tagged(site, portal, tags)?.exit())
            }
            Self::Drill(portal) => Ok(drill::scheduled(site, portal)?.exit()),
            Self::Spot(portal) => look_beside(site, portal),
            Self::Verify(repository) => {
                let report = verify::scheduled(site, repository)?;
                Ok(if report.is_sound() { ExitCode::Done } else { ExitCode::Integrity })
            }
            Self::LogForget(repository) => Ok(wal::forget(site, repository)?.exit()),
            Self::Probe { portal, probe } => look(site, tools, portal, probe),
            Self::Defacement(portal) => compare(site, portal),
            Self::Log { portal, database } => measure(site, tools, portal, database),
            Self::Anchor(name) => anchor::scheduled(site, name),
            Self::Notices => tell(site, tools),
        }
    }
}

/// What is far off or could not be looked at is what the look found, and is told by the log.
fn look_beside(site: &Site, portal: &str) -> Result<ExitCode, AnyFault> {
    // Planned from the same settings, so that it is always wanted there.
    let Some(wanted) = &site.portal(portal)?.spot_check else { return Ok(ExitCode::Warnings) };
    Ok(spot::run(site, &spot::Request::scheduled(portal, wanted))?.exit())
}

/// A portal that is down is what the look found, not a failure of the look.
fn look(site: &Site, tools: &Tools, portal: &str, probe: &str) -> Result<ExitCode, AnyFault> {
    let outlook = tools.watch.look(site, portal, probe)?;
    if let Some(change) = &outlook.change {
        let state = change.record.state.as_str();
        tracing::warn!(portal, probe, state, "The settled state of a portal changed.");
    }
    for fault in &outlook.faults {
        tracing::warn!(
            portal,
            probe,
            code = fault.code(),
            "A look could not be kept as it should."
        );
    }
    Ok(if outlook.faults.is_empty() { ExitCode::Done } else { ExitCode::Warnings })
}

/// A page that was altered is what the look found; what it could not seal or record is a warning.
fn compare(site: &Site, portal: &str) -> Result<ExitCode, AnyFault> {
    let mut exit = ExitCode::Done;
    for looked in deface::look(site, portal)? {
        if let (Some(_), Some(incident)) = (looked.entry, looked.incident) {
            tracing::warn!(portal, %looked.url, incident, "A page was altered.");
        }
        for fault in &looked.faults {
            exit = ExitCode::Warnings;
            tracing::warn!(
                portal,
                %looked.url,
                code = fault.code(),
                "A look could not be kept as it should."
            );
        }
    }
    Ok(exit)
}

/// A log that is behind is what the look found, not a failure of the look.
fn measure(site: &Site, tools: &Tools, portal: &str, database: &str) -> Result<ExitCode, AnyFault> {
    let exit = if binlog::is_kept(&site.settings, portal, database) {
        binlog::look(site, &tools.looker, portal, database)?.1
    } else {
        now::look(site, &tools.looker, portal, database)?.1
    };
    let logs = Arc::new(figures::all(site));
    tools.board.change(|seen| seen.logs = logs);
    Ok(exit)
}

fn tell(site: &Site, tools: &Tools) -> Result<ExitCode, AnyFault> {
    let (now, broken) = tools.board.look(|seen| (seen.now.clone(), seen.log_fault));
    let mut teller = tools.teller.lock().unwrap_or_else(PoisonError::into_inner);
    match broken {
        Some((_, code)) => Ok(teller.alarm(site, &now, code).exit()),
        None => Ok(teller.tell(site, &now)?.exit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::board::Ran;

    #[test]
    fn what_proved_nothing_or_did_not_arrive_is_no_success() {
        let (portal, probe) = ("mau".to_owned(), "home".to_owned());
        for (work, warned) in [
            (Work::Snapshot { portal: portal.clone(), tags: BTreeSet::new() }, true),
            (Work::Drill(portal.clone()), false),
            (Work::Spot(portal.clone()), true),
            (Work::Probe { portal: portal.clone(), probe }, true),
            (Work::Log { portal: portal.clone(), database: portal.clone() }, false),
            (Work::Defacement(portal), true),
            (Work::Notices, false),
        ] {
            assert!(work.is_success(ExitCode::Done), "{work:?}");
            assert_eq!(work.is_success(ExitCode::Warnings), warned, "{work:?}");
            for exit in ExitCode::ALL {
                let other = !matches!(exit, ExitCode::Done | ExitCode::Warnings);
                assert!(!(other && work.is_success(exit)), "{work:?} {exit:?}");
            }
        }
    }

    #[test]
    fn a_run_that_failed_does_not_make_the_last_good_one_younger() {
        let at = |text: &str| text.parse().expect("a valid time");
        let (early, late) = (at("2026-11-22T08:00:00Z"), at("2026-11-22T09:00:00Z"));
        let never = Ran::after(None, early, ExitCode::Failed, false);
        assert_eq!(never.succeeded_at, None);
        let good = Ran::after(Some(&never), early, ExitCode::Done, true);
        let failed = Ran::after(Some(&good), late, ExitCode::Failed, false);
        assert_eq!((failed.exit, failed.success), (ExitCode::Failed, false));
        assert_eq!(failed.succeeded_at, Some(early));
    }
}
