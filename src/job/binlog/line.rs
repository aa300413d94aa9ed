//! How lines of a log are called: by the instant at which their first file was begun.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::source::mariadb::fault::MariadbFault;

/// As `20261120T011500Z`: names sort as times do.
const FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// The characters of such a name.
const LENGTH: usize = 16;

/// The name of a line whose first file was begun at this instant.
pub(super) fn name(begun: Timestamp) -> String {
    begun.to_zoned(TimeZone::UTC).strftime(FORMAT).to_string()
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

/// What a server sent is no log.
pub(super) fn damaged(file: &str, detail: &str) -> MariadbFault {
    MariadbFault::LogDamaged { file: file.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
