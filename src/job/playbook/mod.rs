//! Playbooks at work: planning, starting, approving, going on, and what their actions do.
//!
//! The engine decides nothing here and touches nothing: [`real`] brings it the effects, [`journal`]
//! the audit log. One run at a time is open for a portal, and one process at a time writes about
//! it: whoever writes holds the portal's lock, so that what is held against the log is still true
//! when the next fact follows. A process that waits at a gate does not hold it; that is when an
//! approver can write.
//!
//! Without a log nothing is done: a switch that leaves no record is one that nobody can take back.
//!
//! [`real`]: crate::job::playbook::real
//! [`journal`]: crate::job::playbook::journal

mod action;
pub mod approve;
mod command;
mod fault;
mod heard;
mod journal;
mod limit;
mod network;
mod nginx;
mod postgres;
mod real;
pub mod restore;
pub mod run;
pub mod snapshot;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::audit::Log;
use crate::base::fault::AnyFault;
use crate::config::settings::Settings;
use crate::job::site::Site;
use crate::playbook::journal::Run;
use crate::view::playbooks::{Course, Playbooks};
use crate::world::files::{FileError, FileLock};

pub use fault::PlaybookFault;
pub use real::Real;

/// The kind of work by whose lock a portal's runs are kept apart.
const WORK: &str = "playbook";

/// How long to wait for another who writes about the run: an approval takes a reading of the log
/// and one append. Whoever holds the lock longer is at a step.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Between two tries.
const WAIT_STEP: Duration = Duration::from_millis(20);

/// Every run of the log.
pub fn all(site: &Site) -> Result<Playbooks, AnyFault> {
    fold(&site.log()?)
}

/// The run of this number.
pub fn find(site: &Site, number: u64) -> Result<Course, AnyFault> {
    found(fold(&site.log()?)?, number)
}

fn fold(log: &Log) -> Result<Playbooks, AnyFault> {
    let mut reading = Reading::default();
    reading.catch_up(log)?;
    Ok(reading.playbooks)
}

/// The runs of a log as far as it was read: whoever waits for an approval reads only what is new.
#[derive(Default)]
struct Reading {
    playbooks: Playbooks,
    entries: u64,
}

impl Reading {
    /// Takes in what was added. An entry that cannot be taken in is told in red by `status`, and
    /// its run can only be left; it must not keep people from ending a run of which it is no part.
    fn catch_up(&mut self, log: &Log) -> Result<(), AnyFault> {
        let reader = log.reader()?;
        for entry in reader.range(self.entries..reader.size()) {
            self.playbooks.take(&entry?);
            self.entries += 1;
        }
        Ok(())
    }
}

fn found(mut playbooks: Playbooks, number: u64) -> Result<Course, AnyFault> {
    let known = playbooks.runs.keys().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let course = playbooks.runs.remove(&number);
    Ok(course.ok_or(PlaybookFault::NoRun { number, known })?)
}

/// The run, if all that the log says about it can be read: of no other is it known where it stands.
fn readable(course: Course) -> Result<Run, PlaybookFault> {
    match course.unread.into_iter().next() {
        Some((entry, why)) if course.run.closed.is_none() => {
            Err(PlaybookFault::Unreadable { run: course.run.number, entry, why })
        }
        _ => Ok(course.run),
    }
}

/// Keeps others from writing about this portal's runs until it is dropped.
fn alone(site: &Site, portal: &str) -> Result<FileLock, AnyFault> {
    let begun = site.world.clock.monotonic();
    loop {
        match site.exclusively(WORK, portal) {
            Err(fault) if fault.code() == LOCKED => {
                if site.world.clock.monotonic().since(begun) >= WAIT_MAX {
                    return Err(PlaybookFault::AtWork { portal: portal.to_owned() }.into());
                }
                site.go_on()?;
                site.world.clock.sleep(WAIT_STEP);
            }
            other => return other,
        }
    }
}

/// The code of [`FileError::Locked`], which is not told by its type any more where locks are taken.
const LOCKED: &str = "file.locked";

/// The portals at whose runs a process is working now. A lock that cannot be looked at says
/// nothing, and counts as nobody: a run that nobody brings on must not look well.
pub fn at_work(settings: &Settings) -> BTreeSet<String> {
    let folder = settings.state.join("locks");
    let is_held = |portal: &&String| {
        let lock = folder.join(format!("{WORK}-{portal}.lock"));
        // Taken for a moment where it is free: whoever wants it then waits longer than that.
        lock.exists() && matches!(FileLock::acquire(&lock), Err(FileError::Locked { .. }))
    };
    let portals = settings.portals.iter().map(|portal| &portal.id);
    portals.filter(is_held).cloned().collect()
}
