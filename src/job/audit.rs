//! Handing the record over: a range of the log with its proofs, written and itself recorded.

use std::ops::Range;
use std::path::Path;

use crate::audit::{Deed, Exported, Outcome};
use crate::base::fault::AnyFault;
use crate::job::site::Site;

/// Exports the entries at these positions, or all that there are, into an empty or new folder.
///
/// Who took which part of the record, and when, belongs in the record: the intent stands in the
/// log before the range is read, and is not part of it unless it was asked for by position.
pub fn export(site: &Site, range: Option<Range<u64>>, to: &Path) -> Result<Exported, AnyFault> {
    let log = site.log()?;
    let range = match range {
        Some(range) => range,
        None => 0..log.head()?.size,
    };
    let deed = Deed::new("audit.export", to.display().to_string())
        .fact("from", range.start)
        .fact("to", range.end);
    site.recorded(&log, deed, || {
        let exported = log.export(range, to)?;
        let outcome = Outcome::done().fact("root", exported.after.to_string());
        Ok((exported, outcome))
    })
}
