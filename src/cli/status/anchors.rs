//! The newest head at each place that keeps them, in `status`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::frame::Frame;
use crate::cli::table::{Align, Table};
use crate::view::anchors::Anchors;

/// One line a place.
pub(super) fn table(frame: &Frame, anchors: &Anchors) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-anchor", Align::Left),
        column("label-entries", Align::Right),
        column("label-time", Align::Left),
        column("label-age", Align::Right),
        column("label-uncovered-since", Align::Left),
    ]);
    let format = frame.catalog.format();
    let dash = || "—".to_owned();
    for (name, place) in &anchors.places {
        let kept = place.newest.as_ref();
        let age = |at| Duration::try_from(frame.world.clock.now().duration_since(at)).ok();
        table.row([
            name.clone(),
            kept.map_or_else(dash, |kept| format.number(kept.size)),
            kept.map_or_else(dash, |kept| format.instant(kept.at)),
            // From the future: a clock was wrong.
            kept.and_then(|kept| age(kept.at)).map_or_else(dash, |age| format.duration(age)),
            anchors.uncovered(name).map_or_else(dash, |since| format.instant(since)),
        ]);
    }
    table
}

/// The same for programs.
pub(super) fn as_json(anchors: &Anchors) -> Value {
    let places = anchors.places.iter().map(|(name, place)| {
        let newest = place.newest.as_ref().map(|kept| {
            json!({
                "kind": kept.place,
                "size": kept.size,
                "at": kept.at.to_string(),
                "until": kept.until.map(|until| until.to_string()),
            })
        });
        json!({
            "name": name,
            "newest": newest,
            "uncovered-since": anchors.uncovered(name).map(|since| since.to_string()),
            "failed": place.failed.as_ref().map(|(at, code)| {
                json!({"at": at.to_string(), "code": code})
            }),
        })
    });
    places.collect()
}
