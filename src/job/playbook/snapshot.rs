//! The action `snapshot`: a set of the portal, taken as evidence.
//!
//! A playbook runs when something is wrong, so that its set keeps what there is, says what there
//! is not, and never counts as the newest good set (`job::snapshot::as_evidence`).

use crate::base::fault::AnyFault;
use crate::job::playbook::limit::{alone, within};
use crate::job::site::Site;
use crate::job::snapshot;
use crate::playbook::fact::Output;
use crate::playbook::port::Place;

/// Which repositories the set goes to.
pub fn survey(site: &Site, portal: &str) -> Result<Output, AnyFault> {
    let portal = site.portal(portal)?;
    Ok(Output::from([("repositories".to_owned(), portal.snapshot.to.join(", "))]))
}

/// Takes the set. Once it is in one repository, the step is done; what is not as it should be is
/// in the output.
pub fn perform(site: &Site, place: &Place) -> Result<Output, AnyFault> {
    within(site, place, |site| {
        let _alone = alone(site, place, "snapshot")?;
        let evidence = snapshot::as_evidence(site, &place.portal)?;
        let taken = &evidence.taken;
        let mut output = Output::new();
        let sets = taken.sets.iter().map(|set| format!("{} {}", set.repository, set.written.id));
        output.insert("sets".to_owned(), sets.collect::<Vec<_>>().join(", "));
        if !evidence.missing.is_empty() {
            output.insert("missing".to_owned(), evidence.missing.join(", "));
        }
        let left_out = taken.skipped.len().saturating_sub(evidence.missing.len());
        if left_out > 0 {
            output.insert("skipped".to_owned(), left_out.to_string());
        }
        let failed = taken.failed.iter().map(|(name, fault)| format!("{name} {}", fault.code()));
        let failed: Vec<String> = failed.collect();
        if !failed.is_empty() {
            output.insert("failed".to_owned(), failed.join(", "));
        }
        Ok(output)
    })
}
