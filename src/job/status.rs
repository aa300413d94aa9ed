//! How the whole installation stands, from the audit log and the journals of watched trees.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::base::fault::AnyFault;
use crate::config::settings::Settings;
use crate::job::binlog::now::{self as binlog, Watched as Binlog};
use crate::job::hold;
use crate::job::notice;
use crate::job::playbook;
use crate::job::signing_key::{SigningKey, Since};
use crate::job::site::Site;
use crate::job::wal::now::{self as log, Watched as Log};
use crate::job::watch::{self, Watched};
use crate::view::{Expected, ExpectedPortal, Now, Remark, assess};

/// A drill that has not begun so long after its time was missed. Until then it may wait for another
/// proof: a repository that is read from end to end takes hours.
const DRILL_LATE: Duration = Duration::from_hours(24);

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
    /// The key that signs the log.
    pub key: SigningKey,
}

/// Reads the log and holds it against the configuration.
pub fn status(site: &Site) -> Result<Status, AnyFault> {
    let log = site.log()?;
    let (mut now, mut since) = (Now::default(), Since::default());
    for entry in log.reader()?.entries() {
        let entry = entry?;
        since.take(&entry);
        now.take(&entry);
    }
    let key = SigningKey::of(&log, &since);
    // What alarms said while the log could not be written.
    for (portal, held) in hold::remembered(site)? {
        now.portals.entry(portal).or_default().held.get_or_insert(held);
    }
    let at = site.world.clock.now();
    let mut remarks = assess(&now, &expected(&site.settings, at), at);
    let watched = watch::watched(site);
    remarks.extend(watch::remarks(&watched));
    let logs = log::watched(site);
    remarks.extend(log::remarks(&logs, at));
    let binlogs = binlog::watched(site);
    remarks.extend(binlog::remarks(&binlogs, at));
    remarks.sort_by_key(|remark| std::cmp::Reverse(remark.colour));
    Ok(Status { now, remarks, watched, logs, binlogs, key })
}

/// So long after it was due a spot check must have ended: it waits for drills and verifies, which
/// take hours.
const SPOT_DELAY_MAX: SignedDuration = SignedDuration::from_hours(6);

/// What the configuration says should be at `at`.
pub fn expected(settings: &Settings, at: Timestamp) -> Expected {
    let late = at.checked_sub(DRILL_LATE).unwrap_or(at);
    let passed = at.checked_sub(SPOT_DELAY_MAX).unwrap_or(at);
    let portals = settings.portals.iter().map(|portal| ExpectedPortal {
        id: portal.id.clone(),
        to: portal.snapshot.to.clone(),
        rpo: portal.snapshot.rpo,
        rto: portal.drill.rto,
        drill_due: portal.drill.schedule.as_ref().and_then(|schedule| schedule.last(late)),
        probes: portal.probes.iter().map(|probe| probe.name.clone()).collect(),
        spot_owed: portal.spot_check.as_ref().and_then(|spot| spot.schedule.last(passed)),
    });
    Expected {
        portals: portals.collect(),
        repositories: settings.repositories.iter().map(|one| one.name.clone()).collect(),
        recipients: notice::recipients(settings).into_iter().map(|one| one.id).collect(),
        at_work: playbook::at_work(settings),
    }
}
