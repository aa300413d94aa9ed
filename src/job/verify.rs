//! Proving that a repository is intact, and recording what was found.

use jiff::Timestamp;
use serde_json::json;

use crate::audit::{Deed, Outcome};
use crate::base::fault::AnyFault;
use crate::job::site::{Site, lock_for_reading};
use crate::repository::verify::{Depth, VerifyReport, verify};

/// Enough of the damages for the log to name what is lost; the command prints them all.
const DAMAGES_MAX: usize = 50;

/// Of the sets that were found whole so many are named, the newest: `forget` takes those for
/// verified, and no others. An entry of the log has no room for many more.
const WHOLE_MAX: usize = 500;

/// Verifies the repository of this name; damages are a finding of the report, not a fault.
pub fn repository(site: &Site, name: &str, depth: Depth) -> Result<VerifyReport, AnyFault> {
    as_of(site, name, depth, None)
}

/// The same of the repository as it was at a time, if one is given.
pub fn as_of(
    site: &Site,
    name: &str,
    depth: Depth,
    at: Option<Timestamp>,
) -> Result<VerifyReport, AnyFault> {
    site.repository(name)?;
    let read_data = depth == Depth::AllData;
    let mut deed = Deed::new("repository.verify", name).fact("read-data", read_data);
    if let Some(at) = at {
        deed = deed.fact("as-of", at.to_string());
    }
    site.protective(deed, |_| {
        let repository = site.open_as_of(name, at)?;
        let _lock = lock_for_reading(&repository)?;
        let report = verify(&repository, depth, site.progress.as_ref(), &site.cancel)?;
        let mut outcome = outcome(&report, read_data);
        if let Some(at) = at {
            outcome = outcome.fact("as-of", at.to_string());
        }
        Ok((report, outcome))
    })
}

fn outcome(report: &VerifyReport, read_data: bool) -> Outcome {
    let named: Vec<_> = report
        .damages
        .iter()
        .take(DAMAGES_MAX)
        .map(|damage| json!({"object": damage.object, "kind": damage.kind.as_str()}))
        .collect();
    // Without the data nothing is proven of any set.
    let proven = if read_data { &report.whole_sets[..] } else { &[] };
    let whole: Vec<_> = proven.iter().take(WHOLE_MAX).map(ToString::to_string).collect();
    let outcome =
        if report.is_sound() { Outcome::done() } else { Outcome::failed("repository.damaged") };
    outcome
        .fact("read-data", read_data)
        .fact("sets", report.sets)
        .fact("packs", report.packs)
        .fact("blobs", report.blobs)
        .fact("bytes", report.bytes)
        .fact("damages", report.damages.len() as u64)
        .fact("named", named)
        .fact("whole", whole)
}
