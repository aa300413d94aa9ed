//! How far the logs of databases are held.

use jiff::Timestamp;

use crate::daemon::metrics::{Page, age, flag, seconds};
use crate::job::wal::now::Watched;
use crate::job::wal::now::fact::{Look, Shelf};

/// Every log whose database the configuration names, by its newest look.
pub(super) fn text(page: &mut Page, logs: &[Watched], now: Timestamp) {
    let database =
        |one: &'_ Watched| [("portal", one.portal.clone()), ("database", one.database.clone())];
    page.about("duphong_wal_rpo_seconds", "The most of a log, as time, that may be held nowhere.");
    for one in logs {
        page.owned("duphong_wal_rpo_seconds", &database(one), seconds(one.wal.rpo));
    }
    page.about("duphong_wal_look_age_seconds", "Time since somebody looked at the log.");
    for one in logs {
        let at = one.known().map(|look| look.at);
        page.owned("duphong_wal_look_age_seconds", &database(one), age(at, now));
    }
    page.about("duphong_wal_asked", "1 if the server could be asked at that look.");
    for one in logs {
        let asked = one.known().is_some_and(|look| look.unasked.is_none());
        page.owned("duphong_wal_asked", &database(one), flag(asked));
    }
    page.about(
        "duphong_wal_waiting_files",
        "Files that wait on the server, where it may be asked.",
    );
    for one in logs {
        let server = one.known().and_then(|look| look.server.as_ref());
        let Some(ready) = server.and_then(|server| server.ready) else { continue };
        page.owned("duphong_wal_waiting_files", &database(one), ready as f64);
    }
    shelves(page, logs, now);
}

/// Of a repository, with the look it stands in.
type Value<'v> = &'v dyn Fn(&Look, &Shelf) -> Option<f64>;

fn shelves(page: &mut Page, logs: &[Watched], now: Timestamp) {
    let mut each = |name: &str, help: &str, unknown: Option<f64>, value: Value<'_>| {
        page.about(name, help);
        for one in logs {
            for repository in &one.to {
                let known = one.known().and_then(|look| {
                    let shelf = look.repositories.get(repository)?;
                    Some(value(look, shelf))
                });
                let Some(value) = known.unwrap_or(unknown) else { continue };
                let labels = [
                    ("portal", one.portal.clone()),
                    ("database", one.database.clone()),
                    ("repository", repository.clone()),
                ];
                page.owned(name, &labels, value);
            }
        }
    };
    each(
        "duphong_wal_held_age_seconds",
        "Age of the instant up to which all that was committed is held: the RPO as it is now.",
        Some(f64::INFINITY),
        &|_, shelf| Some(age(shelf.until, now)),
    );
    each(
        "duphong_wal_read",
        "1 if the repository could be read at the newest look.",
        Some(0.0),
        &|_, shelf| Some(flag(shelf.read.is_some() && shelf.unread.is_none())),
    );
    each(
        "duphong_wal_missing_segments",
        "Segments that are missing since the base.",
        None,
        &|_, shelf| Some(shelf.gaps.iter().map(|gap| gap.count as f64).sum()),
    );
    each(
        "duphong_wal_waiting_bytes",
        "Bytes of the log that the server has written and that are not held.",
        None,
        &|look, shelf| Some(look.waiting(shelf)? as f64),
    );
}
