//! What lies outside of the audit log, place by place.

use jiff::Timestamp;

use crate::daemon::board::Seen;
use crate::daemon::metrics::{Page, age, flag};

/// Every place that the configuration names, by what the log says was put there.
pub(super) fn text(page: &mut Page, seen: &Seen, now: Timestamp) {
    let names = || seen.settings.anchoring.anchors.iter().map(|anchor| anchor.name.as_str());
    let place = |name: &str| seen.now.anchors.places.get(name);
    let newest = |name: &str| place(name).and_then(|place| place.newest.as_ref());
    page.about("duphong_anchor_age_seconds", "Time since a head of the audit log went there.");
    for name in names() {
        let at = newest(name).map(|kept| kept.at);
        page.one("duphong_anchor_age_seconds", &[("anchor", name)], age(at, now));
    }
    page.about("duphong_anchor_entries", "Entries that the newest head there covers.");
    for name in names() {
        let size = newest(name).map_or(0, |kept| kept.size);
        page.one("duphong_anchor_entries", &[("anchor", name)], size as f64);
    }
    page.about(
        "duphong_anchor_uncovered_seconds",
        "Age of the oldest entry that no head there covers; 0 where all that matter are covered.",
    );
    for name in names() {
        let since = seen.now.anchors.uncovered(name);
        let uncovered = since.map_or(0.0, |since| age(Some(since), now));
        page.one("duphong_anchor_uncovered_seconds", &[("anchor", name)], uncovered);
    }
    page.about("duphong_anchor_failed", "1 if the newest head did not get there.");
    for name in names() {
        let failed = place(name).is_some_and(|place| place.failed.is_some());
        page.one("duphong_anchor_failed", &[("anchor", name)], flag(failed));
    }
}
