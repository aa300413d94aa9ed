//! Positions in PostgreSQL's write-ahead log, and the names of its files.

use std::fmt;
use std::ops::RangeInclusive;

/// A position, as PostgreSQL writes it: `16/B374D848`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub u64);

impl Position {
    /// Reads a position; nothing when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (high, low) = text.split_once('/')?;
        let part = |text: &str| {
            let plain = (1..=8).contains(&text.len());
            let plain = plain && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            u64::from_str_radix(text, 16).ok().filter(|_| plain)
        };
        Some(Self(part(high)? << 32 | part(low)?))
    }

    /// The numbers of the log files of `bytes` each that hold everything from here up to `stop`,
    /// which is the first byte that is not needed.
    pub fn segments(self, stop: Self, bytes: u64) -> RangeInclusive<u64> {
        let bytes = bytes.max(1);
        self.0 / bytes..=stop.0.saturating_sub(1).max(self.0) / bytes
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

/// The name of a log file by its number, such as `000000010000000000000002`.
pub fn segment_name(timeline: u32, number: u64, bytes: u64) -> String {
    let each = (1_u64 << 32) / bytes.clamp(1, 1 << 32);
    format!("{timeline:08X}{:08X}{:08X}", number / each, number % each)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIXTEEN: u64 = 16 << 20;

    #[test]
    fn positions_are_read_as_they_are_written() {
        for text in ["0/0", "0/2000028", "16/B374D848", "FFFFFFFF/FFFFFFFF"] {
            assert_eq!(Position::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "/", "1", "1/", "/1", "0x1/2", "1/2/3", "1/G", "+1/2", "1/123456789"] {
            assert_eq!(Position::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn files_are_named_as_the_server_names_them() {
        let check = |start: &str, stop: &str, first: &str, last: &str| {
            let (start, stop) = (Position::parse(start).unwrap(), Position::parse(stop).unwrap());
            let numbers = start.segments(stop, SIXTEEN);
            let name = |number| segment_name(1, number, SIXTEEN);
            assert_eq!((name(*numbers.start()), name(*numbers.end())), (first.into(), last.into()));
        };
        check("0/2000028", "0/2000120", "000000010000000000000002", "000000010000000000000002");
        // The first byte of a file is not needed when it is where the base stops.
        check("0/2000028", "0/3000000", "000000010000000000000002", "000000010000000000000002");
        check("0/2000028", "0/3000001", "000000010000000000000002", "000000010000000000000003");
        check("0/FFFFFFFF", "1/1", "0000000100000000000000FF", "000000010000000100000000");
    }
}
