//! How the whole installation stands, from the audit log and the journals of watched trees.

use crate::base::fault::AnyFault;
use crate::config::settings::Settings;
use crate::job::binlog::now::{self as binlog, Watched as Binlog};
use crate::job::hold;
use crate::job::notice;
use crate::job::playbook;
use crate::job::site::Site;
use crate::job::wal::now::{self as log, Watched as Log};
use crate::job::watch::{self, Watched};
use crate::view::{Expected, ExpectedPortal, Now, Remark, assess};

/// The state that the log tells, and everything in it that is not as it should be.
#[derive(Debug)]
pub struct Status {
    /// The fold of the log.
    pub now: Now,
    /// The worst first; none means green.
    pub remarks: Vec<Remark>,
    /// Trees that are watched, with what changed since the last set.
    pub watched: Vec<Watched>,
    /// Logs of databases, with the newest look at each.
    pub logs: Vec<Log>,
    /// The same of binary logs.
    pub binlogs: Vec<Binlog>,
}

/// Reads the log and holds it against the configuration.
pub fn status(site: &Site) -> Result<Status, AnyFault> {
    let log = site.log()?;
    let mut now = Now::default();
    for entry in log.reader()?.entries() {
        now.take(&entry?);
    }
    // What alarms said while the log could not be written.
    for (portal, held) in hold::remembered(site)? {
        now.portals.entry(portal).or_default().held.get_or_insert(held);
    }
    let at = site.world.clock.now();
    let mut remarks = assess(&now, &expected(&site.settings), at);
    let watched = watch::watched(site);
    remarks.extend(watch::remarks(&watched));
    let logs = log::watched(site);
    remarks.extend(log::remarks(&logs, at));
    let binlogs = binlog::watched(site);
    remarks.extend(binlog::remarks(&binlogs, at));
    remarks.sort_by_key(|remark| std::cmp::Reverse(remark.colour));
    Ok(Status { now, remarks, watched, logs, binlogs })
}

/// What the configuration says should be.
pub fn expected(settings: &Settings) -> Expected {
    let portals = settings.portals.iter().map(|portal| ExpectedPortal {
        id: portal.id.clone(),
        to: portal.snapshot.to.clone(),
        rpo: portal.snapshot.rpo,
        probes: portal.probes.iter().map(|probe| probe.name.clone()).collect(),
    });
    Expected {
        portals: portals.collect(),
        repositories: settings.repositories.iter().map(|one| one.name.clone()).collect(),
        recipients: notice::recipients(settings).into_iter().map(|one| one.id).collect(),
        at_work: playbook::at_work(settings),
    }
}
