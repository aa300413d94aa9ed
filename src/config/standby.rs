//! Reads which standby of a PostgreSQL server is read in its place.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::decode::Cursor;
use crate::config::dsn::dsn;
use crate::config::keys;
use crate::config::settings::{Otherwise, Standby};

/// Less than a second no standby that replays a busy server's log can promise; who accepts more than
/// a day has no standby but an old copy.
const LAG: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24);

/// The standby, by a DSN of its own; it has the primary's roles and passwords.
pub(super) fn standby(value: &Cursor<'_>) -> Option<Standby> {
    let section = value.section(&keys::STANDBY)?;
    let dsn = section.need("dsn", dsn);
    let lag = section.need("lag", |value| value.duration(LAG));
    // Who spares the primary on purpose must say that it may be read after all.
    let otherwise = section.may("otherwise", |value| value.word(&Otherwise::WORDS));
    Some(Standby { dsn: dsn?, lag: lag?, otherwise: otherwise.unwrap_or(Otherwise::Fail) })
}
