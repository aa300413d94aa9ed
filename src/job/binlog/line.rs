//! How lines of a log are called: by the instant at which their first file was begun.
//!
//! Their names sort as they were begun. What is older goes first when nobody needs it any more, and the
//! newest is the one that the server writes: so a clock that was set back must not put a new line
//! before an old one.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::source::mariadb::fault::MariadbFault;

/// As `20261120T011500Z`: names sort as times do.
const FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// The characters of such a name.
const LENGTH: usize = 16;

/// The name of a line whose first file was begun at this instant.
pub(super) fn name(begun: Timestamp) -> String {
    begun.to_zoned(TimeZone::UTC).strftime(FORMAT).to_string()
}

/// Two resets in one second have names of their own; so many are somebody's test.
const LINES_A_SECOND: u32 = 99;

/// The name of a line that begins now, by our clock, and was begun then by its server's, behind those
/// of all `lines` there are. None where no name is left.
///
/// Where the server's clock was set back the line is called after the newest one. One of the future has
/// its name of a clock that was wrong then: who called this one after it would keep every set out of
/// it until that time.
pub(super) fn free(begun_at: Timestamp, lines: &BTreeSet<&str>, now: Timestamp) -> Option<String> {
    let name = name(begun_at);
    let is_past = |line: &&&str| begun(line).is_some_and(|at| at <= now);
    let before = lines.iter().rfind(is_past).copied();
    let base = before.filter(|before| **before > *name).and_then(|before| before.get(..LENGTH));
    let base = base.unwrap_or(&name);
    let more = (2..=LINES_A_SECOND).map(|number| format!("{base}-{number}"));
    let mut names = std::iter::once(base.to_owned()).chain(more);
    names.find(|name| !lines.contains(&**name) && before.is_none_or(|before| *before < **name))
}

/// When the first file of a line was begun; lines of one second are told apart by a number behind.
pub(in crate::job) fn begun(name: &str) -> Option<Timestamp> {
    let time = name.get(..LENGTH)?;
    jiff::civil::DateTime::strptime(FORMAT, time)
        .ok()?
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|at| at.timestamp())
}

/// By how much the clocks of a server and of ours are trusted to agree: a line that was begun later than
/// this after a set is not the set's.
const CLOCKS: SignedDuration = SignedDuration::from_hours(24);

/// Of `lines` those in which a set of this instant may have been taken, the likeliest first: the newest
/// that was begun before it, and those before that one; then such as were begun after it by a clock
/// that is ahead of ours. Where somebody has begun the log anew since, and nothing had been logged
/// before, both have the set's place.
pub(in crate::job) fn likely<'a>(
    lines: impl IntoIterator<Item = &'a str>,
    instant: Timestamp,
) -> Vec<&'a str> {
    let latest = instant.checked_add(CLOCKS).unwrap_or(Timestamp::MAX);
    let lines = lines.into_iter().filter_map(|line| Some((line, begun(line)?)));
    let mut lines: Vec<_> = lines.filter(|(_, begun)| *begun <= latest).collect();
    lines.sort_by_key(|(line, begun)| Reverse((*begun <= instant, *line)));
    lines.into_iter().map(|(line, _)| line).collect()
}

/// What a server sent is no log.
pub(super) fn damaged(file: &str, detail: &str) -> MariadbFault {
    MariadbFault::LogDamaged { file: file.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_line_stands_behind_all_others_also_when_a_clock_was_set_back() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = time("2026-11-20T01:15:30Z");
        let check = |begun_at: &str, lines: &[&str], expected: &str| {
            let free = free(time(begun_at), &lines.iter().copied().collect(), now);
            assert_eq!(free.as_deref(), Some(expected), "{lines:?}");
        };
        let at = "2026-11-20T01:15:00Z";
        check(at, &[], "20261120T011500Z");
        check(at, &["20261101T000000Z"], "20261120T011500Z");
        check(at, &["20261120T011500Z"], "20261120T011500Z-2");
        check(at, &["20261120T011500Z", "20261120T011500Z-2"], "20261120T011500Z-3");
        let past = "2020-01-01T00:00:00Z";
        check(past, &["20261101T000000Z"], "20261101T000000Z-2");
        check(past, &["20261101T000000Z", "20261101T000000Z-2"], "20261101T000000Z-3");
        // One of a clock that stood too late.
        check(at, &["20261101T000000Z", "20300101T000000Z"], "20261120T011500Z");
        check(past, &["20261101T000000Z", "20300101T000000Z"], "20261101T000000Z-2");
    }

    #[test]
    fn a_set_is_looked_for_in_the_newest_line_that_was_begun_before_it() {
        let lines =
            ["20261118T000000Z", "20261120T000000Z", "20261120T110000Z", "20261121T110000Z"];
        let likely = likely(lines, "2026-11-20T10:00:00Z".parse().unwrap());
        assert_eq!(likely, ["20261120T000000Z", "20261118T000000Z", "20261120T110000Z"]);
    }

    #[test]
    fn a_line_is_called_by_its_time() {
        let begun_at: Timestamp = "2026-11-20T01:15:00Z".parse().unwrap();
        assert_eq!(name(begun_at), "20261120T011500Z");
        assert_eq!(begun("20261120T011500Z"), Some(begun_at));
        assert_eq!(begun("20261120T011500Z-2"), Some(begun_at));
        for other in ["", "00000001", "20261320T011500Z", "đđđđđđđđ"] {
            assert_eq!(begun(other), None, "{other}");
        }
    }
}
