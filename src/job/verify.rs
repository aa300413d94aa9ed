//! Proving that a repository is intact, and recording what was found.

use serde_json::json;

use crate::audit::{Deed, Outcome};
use crate::base::fault::AnyFault;
use crate::job::site::Site;
use crate::repository::verify::{Scope, VerifyReport, verify};

/// Enough of the damages for the log to name what is lost; the command prints them all.
const DAMAGES_MAX: usize = 50;

/// Verifies the repository of this name; damages are a finding of the report, not a fault.
pub fn repository(site: &Site, name: &str, scope: Scope) -> Result<VerifyReport, AnyFault> {
    let log = site.log()?;
    site.repository(name)?;
    let read_data = matches!(scope, Scope::AllData);
    let deed = Deed::new("repository.verify", name).fact("read-data", read_data);
    site.recorded(&log, deed, || {
        let repository = site.open(name)?;
        site.progress.phase("phase-verify");
        let report = verify(&repository, scope, &site.cancel, site.progress.as_ref())?;
        let outcome = outcome(&report, read_data);
        Ok((report, outcome))
    })
}

fn outcome(report: &VerifyReport, read_data: bool) -> Outcome {
    let named: Vec<_> =
        report.damages.iter().take(DAMAGES_MAX).map(|damage| json!(damage.to_string())).collect();
    let outcome = if report.damages.is_empty() {
        Outcome::done()
    } else {
        Outcome::failed("repository.damaged")
    };
    outcome
        .fact("read-data", read_data)
        .fact("snapshots", report.snapshots)
        .fact("packs", report.packs)
        .fact("blobs", report.blobs)
        .fact("bytes", report.bytes)
        .fact("damages", report.damages.len())
        .fact("named", named)
}
