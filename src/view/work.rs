//! The work that failed drills opened: what of it is still to be done, and who is to be reminded.

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Entry, Kind};
use crate::base::fault::Args;
use crate::drill::fact::DrillRecord;
use crate::drill::work::{Work, Works};
use crate::view::Colour;

/// The verb of a person's word that work is done with.
pub const CLOSE: &str = "drill.close";

/// Takes in the next entry, if it is about drills. A record that cannot be read opens nothing and
/// ends nothing; `drill list` says so.
pub fn take(works: &mut Works, entry: &Entry) {
    match (entry.kind, entry.verb.as_str()) {
        (Kind::Outcome, "drill.run") => {
            let record = entry.facts.get("record").cloned().map(serde_json::from_value);
            if let Some(Ok(record)) = record {
                let record: DrillRecord = record;
                works.take(&record, entry.at);
            }
        }
        (Kind::Record, CLOSE) => {
            let text = |name: &str| entry.facts.get(name).and_then(Value::as_str);
            let number = entry.facts.get("drill").and_then(Value::as_u64);
            if let (Some(number), Some(by), Some(reason)) = (number, text("by"), text("reason")) {
                works.close(number, entry.at, by, reason);
            }
        }
        _ => {}
    }
}

/// What of a portal's work is to be said: red once it is late.
pub(super) fn assess(
    portal: &str,
    works: &Works,
    at: Timestamp,
    say: &mut impl FnMut(Colour, &'static str, Args),
) {
    for work in works.open().filter(|work| work.portal == portal) {
        let args = Args::none().number("number", work.number).text("owner", &work.owner);
        let args = args.time("due", work.due);
        if work.is_late(at) {
            say(Colour::Red, "view-drill-work-late", args);
        } else {
            say(Colour::Amber, "view-drill-work", args);
        }
    }
}

/// Work of which people should have been reminded by `at`, with the share of its time.
pub fn reminders(works: &Works, at: Timestamp) -> Vec<(&Work, u8)> {
    works.open().filter_map(|work| Some((work, work.reached(at)?))).collect()
}
