//! Reads how the objects of a bucket are locked, and holds that against what is to be kept.

use std::time::Duration;

use crate::config::decode::Cursor;
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::scalar::milliseconds;
use crate::config::settings::{LockMode, ObjectLock, Portal, Store};

/// A shorter lock would run out over a weekend on which nobody notices that no sets come.
const RETENTION_MIN: Duration = Duration::from_hours(3 * 24);

/// A mistyped year costs storage that nobody, not even its owner, can free.
const RETENTION_MAX: Duration = Duration::from_hours(3650 * 24);

/// Locks are extended once in so long at most often, whatever the schedule of sets.
const SLACK_MIN: Duration = Duration::from_hours(24);

/// More would only keep what is pruned for longer.
const SLACK_MAX: Duration = Duration::from_hours(365 * 24);

/// Each lock is then extended once a month.
const SLACK_DEFAULT: Duration = Duration::from_hours(30 * 24);

/// How objects are locked.
pub(super) fn object_lock(value: &Cursor<'_>) -> Option<ObjectLock> {
    let section = value.section(&keys::OBJECT_LOCK)?;
    let mode = section.need("mode", |value| value.word(&LockMode::WORDS));
    let retention =
        section.need("retention", |value| value.duration(RETENTION_MIN..=RETENTION_MAX));
    let slack = section.may("slack", |value| value.duration(SLACK_MIN..=SLACK_MAX));
    Some(ObjectLock { mode: mode?, retention: retention?, slack: slack.unwrap_or(SLACK_DEFAULT) })
}

/// Puts the lock where the objects are: only a bucket has any.
pub(super) fn place(value: &Cursor<'_>, store: &mut Option<Store>, lock: Option<ObjectLock>) {
    match store {
        Some(Store::S3(bucket)) => bucket.object_lock = lock,
        Some(Store::Disk(_)) => {
            value.complain(Complaint::error("config-lock-disk").hint("config-lock-disk-hint"));
        }
        None => {}
    }
}

/// What no lock can be judged by alone: a set must still be locked when the next one is due.
pub(super) fn check(locks: &[(&str, Cursor<'_>, Duration)], portals: &[Portal]) {
    for (name, place, retention) in locks {
        let into = |portal: &&Portal| portal.snapshot.to.iter().any(|to| to == name);
        let longest = portals.iter().filter(into).max_by_key(|portal| portal.snapshot.rpo);
        if let Some(portal) = longest.filter(|portal| portal.snapshot.rpo >= *retention) {
            place.complain(
                Complaint::error("config-lock-short")
                    .number("retention", milliseconds(*retention))
                    .number("rpo", milliseconds(portal.snapshot.rpo))
                    .text("portal", &portal.id)
                    .hint("config-lock-short-hint"),
            );
        }
    }
}
