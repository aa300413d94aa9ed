//! How far the logs of databases are held.

use jiff::Timestamp;

use crate::daemon::metrics::{Page, age, flag, seconds};
use crate::job::figures::{Figures, ShelfFigures};

/// Every log whose database the configuration names, by its newest look.
pub(super) fn text(page: &mut Page, logs: &[Figures], now: Timestamp) {
    let database =
        |one: &'_ Figures| [("portal", one.portal.clone()), ("database", one.database.clone())];
    page.about("duphong_wal_rpo_seconds", "The most of a log, as time, that may be held nowhere.");
    for one in logs {
        page.owned("duphong_wal_rpo_seconds", &database(one), seconds(one.rpo));
    }
    page.about("duphong_wal_look_age_seconds", "Time since somebody looked at the log.");
    for one in logs {
        page.owned("duphong_wal_look_age_seconds", &database(one), age(one.looked, now));
    }
    page.about("duphong_wal_asked", "1 if the server could be asked at that look.");
    for one in logs {
        page.owned("duphong_wal_asked", &database(one), flag(one.asked));
    }
    page.about(
        "duphong_wal_waiting_files",
        "Files that wait on the server, where it may be asked.",
    );
    for one in logs {
        let Some(ready) = one.waiting_files else { continue };
        page.owned("duphong_wal_waiting_files", &database(one), ready as f64);
    }
    shelves(page, logs, now);
}

/// Of a repository, as far as the newest look tells of it.
type Value<'v> = &'v dyn Fn(&ShelfFigures) -> Option<f64>;

fn shelves(page: &mut Page, logs: &[Figures], now: Timestamp) {
    let mut each = |name: &str, help: &str, unknown: Option<f64>, value: Value<'_>| {
        page.about(name, help);
        for one in logs {
            for shelf in &one.shelves {
                let value = if shelf.known { value(shelf) } else { unknown };
                let Some(value) = value else { continue };
                let labels = [
                    ("portal", one.portal.clone()),
                    ("database", one.database.clone()),
                    ("repository", shelf.repository.clone()),
                ];
                page.owned(name, &labels, value);
            }
        }
    };
    each(
        "duphong_wal_held_age_seconds",
        "Age of the instant up to which all that was committed is held: the RPO as it is now.",
        Some(f64::INFINITY),
        &|shelf| Some(age(shelf.until, now)),
    );
    each(
        "duphong_wal_read",
        "1 if the repository could be read at the newest look.",
        Some(0.0),
        &|shelf| Some(flag(shelf.read)),
    );
    each(
        "duphong_wal_missing_segments",
        "Segments, or files of a binary log, that are missing since the base or set.",
        None,
        &|shelf| Some(shelf.gaps.iter().map(|gap| gap.count as f64).sum()),
    );
    each(
        "duphong_wal_waiting_bytes",
        "Bytes of the log that the server has written and that are not held.",
        None,
        &|shelf| Some(shelf.waiting? as f64),
    );
}
