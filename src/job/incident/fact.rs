//! Recording one fact about an incident.

use std::path::Path;

use crate::audit::{Deed, Log};
use crate::base::fault::AnyFault;
use crate::incident::case::{Case, not_before_detection, not_in_future};
use crate::incident::fact::{Fact, Record, Sealed};
use crate::incident::fault::CaseFault;
use crate::job::evidence;
use crate::job::incident::{alone, fold, read};
use crate::job::site::Site;

/// Records a fact, if it may come next, and returns the incident after it.
pub fn record(site: &Site, number: u64, fact: Fact) -> Result<Case, AnyFault> {
    let log = site.log()?;
    let _alone = alone(site)?;
    let case = fold(&log)?.cases.remove(&number).ok_or(CaseFault::NoIncident { number })?;
    append(site, &log, &case, fact)
}

/// Appends a fact to a case that is known to be the newest.
pub(super) fn append(site: &Site, log: &Log, case: &Case, fact: Fact) -> Result<Case, AnyFault> {
    let now = site.world.clock.now();
    not_in_future(&fact, now)?;
    not_before_detection(&fact, case.detection.at)?;
    let mut after = case.clone();
    after.apply(now, &fact)?;
    let deed = Deed::new(fact.verb(), &case.ground.portal.id);
    let record = Record::new(case.number, fact).serialized();
    log.record(&site.actor, deed.fact("record", record))?;
    Ok(after)
}

/// Seals a file as evidence of an incident: its bytes are kept under their digest, so that what
/// happens to the file afterwards changes nothing.
pub fn evidence(
    site: &Site,
    number: u64,
    file: &Path,
    media_type: &str,
    what: &str,
    by: &str,
) -> Result<Sealed, AnyFault> {
    let bytes = read(file)?;
    let length = bytes.len() as u64;
    let digest = evidence::seal(site, &bytes, media_type, what)?;
    let sealed = Sealed {
        digest,
        bytes: length,
        media_type: media_type.to_owned(),
        what: what.to_owned(),
        by: Some(by.to_owned()),
    };
    record(site, number, Fact::Sealed(sealed.clone()))?;
    Ok(sealed)
}
