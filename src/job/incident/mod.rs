//! Incidents: proposing, opening, recording, sealing; the clocks follow from what is recorded.
//!
//! The facts are the effect: nothing else changes, so a fact is one record in the audit log. What
//! begins an incident also takes a number without gaps, which only an intent can give, and is
//! therefore an intent with its outcome. Before a fact goes on record it is held against all that
//! is there, under a lock, so that two people cannot record what contradicts itself.

mod fact;
pub mod form;
mod ground;
pub mod open;
mod propose;
pub mod submit;

use std::time::Duration;

use crate::audit::Log;
use crate::base::fault::AnyFault;
use crate::incident::case::Case;
use crate::incident::fault::CaseFault;
use crate::job::site::Site;
use crate::view::incidents::Incidents;
use crate::world::files::{FileError, FileLock};

pub use fact::{evidence, record};
pub use ground::{Missing, missing_contacts, portal_facts, rules};
pub use propose::{Answered, Proposal, propose};

/// How long to wait for another who records something: that takes a reading of the log and one
/// append, a second on a large log.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Between two tries.
const WAIT_STEP: Duration = Duration::from_millis(20);

/// Every incident of the log.
pub fn all(site: &Site) -> Result<Incidents, AnyFault> {
    fold(&site.log()?)
}

/// The incident of this number.
pub fn find(site: &Site, number: u64) -> Result<Case, AnyFault> {
    let case = all(site)?.cases.remove(&number);
    Ok(case.ok_or(CaseFault::NoIncident { number })?)
}

/// An entry that cannot be taken in is told in red by `status` and kept in `refused`: it must not
/// keep people from recording the next fact, in a log that nothing can be taken out of.
fn fold(log: &Log) -> Result<Incidents, AnyFault> {
    let mut incidents = Incidents::default();
    for entry in log.reader()?.entries() {
        incidents.take(&entry?);
    }
    Ok(incidents)
}

/// Keeps others from recording about incidents until it is dropped.
fn alone(site: &Site) -> Result<FileLock, AnyFault> {
    let begun = site.world.clock.monotonic();
    loop {
        match site.exclusively("incident", "record") {
            Err(fault)
                if fault.code() == LOCKED
                    && site.world.clock.monotonic().since(begun) < WAIT_MAX =>
            {
                site.go_on()?;
                site.world.clock.sleep(WAIT_STEP);
            }
            other => return other,
        }
    }
}

/// The code of [`FileError::Locked`], which is not told by its type any more where locks are taken.
const LOCKED: &str = "file.locked";

/// A file that someone named cannot be read.
fn read(path: &std::path::Path) -> Result<Vec<u8>, FileError> {
    crate::world::files::read(path)
}
