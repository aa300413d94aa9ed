//! Bringing to a repository the sets that it missed while it failed and others did not.
//!
//! What it missed stands in the log. Each set is copied from a repository of the portal that has it;
//! one that nobody has any more is not missed for ever: it was forgotten. What cannot be copied now is
//! tried again by the next run.

use std::collections::BTreeMap;

use crate::audit::Log;
use crate::base::fault::AnyFault;
use crate::config::settings::Portal;
use crate::job::copy::{self, Choice, Done};
use crate::job::site::Site;
use crate::repository::SnapshotId;
use crate::view::behind::Behind;

/// An attempt to bring a repository what it missed.
#[derive(Debug)]
pub struct CaughtUp {
    /// The repository that missed something.
    pub repository: String,
    /// The repository that had it.
    pub from: String,
    /// How many sets of the portal it missed that this one had.
    pub missed: u64,
    /// What was done, or why nothing could be.
    pub result: Result<Done, AnyFault>,
}

impl CaughtUp {
    /// Whether nothing of it is missing any more.
    pub fn is_whole(&self) -> bool {
        self.result.as_ref().is_ok_and(|done| done.fault.is_none() && done.plan.refused.is_empty())
    }
}

/// Brings what they missed of this portal to `reachable`: repositories that were written to just now.
/// Only a log that cannot be read is a fault: what was missed is not known then.
pub fn portal(site: &Site, portal: &Portal, reachable: &[&str]) -> Result<Vec<CaughtUp>, AnyFault> {
    let behind = behind(&site.log()?)?;
    // The activation that the run stands for is on record with the run.
    let site = &Site { scheduled: None, ..site.clone() };
    let mut all = Vec::new();
    for to in reachable {
        for (from, sets) in sources(&behind, portal, to, reachable) {
            site.go_on()?;
            let missed = sets.len() as u64;
            let choice = Choice { missed: Some(sets), ..Choice::default() };
            let result = copy::copy(site, &from, to, &choice);
            all.push(CaughtUp { repository: (*to).to_owned(), from, missed, result });
        }
    }
    Ok(all)
}

/// What the log knows of sets that repositories lack.
pub fn behind(log: &Log) -> Result<Behind, AnyFault> {
    let mut behind = Behind::default();
    for entry in log.reader()?.entries() {
        behind.take(&entry?);
    }
    Ok(behind)
}

/// The sets to be copied into `to`, by the repository that they are copied from: one that is reachable
/// now, if there is such.
fn sources(
    behind: &Behind,
    portal: &Portal,
    to: &str,
    reachable: &[&str],
) -> BTreeMap<String, Vec<SnapshotId>> {
    let mut sources: BTreeMap<String, Vec<SnapshotId>> = BTreeMap::new();
    for missing in behind.of(&portal.id, to) {
        let has = missing.from.iter().filter(|(name, _)| name != to);
        let reachable = has.clone().find(|(name, _)| reachable.contains(&name.as_str()));
        let Some((name, id)) = reachable.or_else(|| has.clone().next()) else { continue };
        // What is no id was not written by us.
        if let Ok(id) = id.parse() {
            sources.entry(name.clone()).or_default().push(SnapshotId(id));
        }
    }
    sources
}
