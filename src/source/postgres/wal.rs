//! PostgreSQL's write-ahead log: what its file names say, and whether a segment is what its name
//! says.
//!
//! A segment's first page carries the identifier of the system that wrote it, where in the log it
//! begins and how long segments are. All of it is held against the name before a byte is kept: a
//! segment of another server, or one cut short, must not take the place of the right one.
//!
//! Pure: bytes in, facts out. The layout is that of PostgreSQL 13 to 18 on machines that store the
//! low byte first; others are refused by their magic number.

use std::fmt;

use crate::source::postgres::physical::position::Position;

/// Bytes of the first page that [`Header::parse`] wants.
pub const HEADER_BYTES: usize = 40;

/// What `initdb` allows.
pub const SEGMENT_MIN: u64 = 1 << 20;

/// What `initdb` allows.
pub const SEGMENT_MAX: u64 = 1 << 30;

/// A history lists one line for each change of timeline, a backup's label a dozen.
pub const LABEL_MAX: u64 = 1 << 20;

/// The high byte of the magic numbers of all versions since 9.4: `0xD07E` to `0xD118`.
const MAGIC_HIGH: [u8; 2] = [0xD0, 0xD1];

/// `XLP_LONG_HEADER`: the first page of every segment has it.
const LONG_HEADER: u16 = 0x0002;

/// What a file of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A segment.
    Segment(Place),
    /// A segment whose timeline ended within it.
    Partial(Place),
    /// How a timeline came about.
    History,
    /// Where a base backup began and ended, beginning in this segment.
    Backup(Place),
}

/// Where a segment lies in its timeline: the two numbers that stand in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    high: u32,
    low: u32,
}

impl Place {
    /// Its number, for segments of this many bytes; `None` if no such segment has this name.
    pub fn number(self, segment: u64) -> Option<u64> {
        let per_high = per_high(segment)?;
        let low = u64::from(self.low);
        (low < per_high).then_some(u64::from(self.high) * per_high + low)
    }

    /// The place of the segment of this number; `None` beyond the end of all logs.
    pub fn of(number: u64, segment: u64) -> Option<Self> {
        let per_high = per_high(segment)?;
        let high = u32::try_from(number / per_high).ok()?;
        Some(Self { high, low: u32::try_from(number % per_high).ok()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}{:08X}", self.high, self.low)
    }
}

fn per_high(segment: u64) -> Option<u64> {
    is_length(segment).then(|| (1_u64 << 32) / segment)
}

/// Whether segments can have this length.
pub fn is_length(segment: u64) -> bool {
    segment.is_power_of_two() && (SEGMENT_MIN..=SEGMENT_MAX).contains(&segment)
}

/// The name of a file of the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Its timeline.
    pub timeline: u32,
    /// What it is.
    pub kind: Kind,
    text: Box<str>,
}

impl Name {
    /// Reads a name as the server gives it; `None` for all others.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, rest) = text.is_ascii().then_some(text)?.split_at_checked(8)?;
        let timeline = hex(digits)?;
        let kind = if rest == ".history" {
            Kind::History
        } else {
            let (place, rest) = rest.split_at_checked(16)?;
            let place = Place { high: hex(&place[..8])?, low: hex(&place[8..])? };
            match rest {
                "" => Kind::Segment(place),
                ".partial" => Kind::Partial(place),
                _ => {
                    let offset = rest.strip_prefix('.')?.strip_suffix(".backup")?;
                    hex(offset)?;
                    Kind::Backup(place)
                }
            }
        };
        (timeline > 0).then(|| Self { timeline, kind, text: text.into() })
    }

    /// The name of the segment of this number.
    pub fn segment(timeline: u32, number: u64, segment: u64) -> Option<Self> {
        let place = Place::of(number, segment)?;
        Self::parse(&format!("{timeline:08X}{place}"))
    }

    /// As the server writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The timeline as its digits stand in the name.
    pub fn line(&self) -> String {
        format!("{:08X}", self.timeline)
    }

    /// How long a file of this name may be, at most.
    pub fn length_max(&self) -> u64 {
        match self.kind {
            Kind::Segment(_) | Kind::Partial(_) => SEGMENT_MAX,
            Kind::History | Kind::Backup(_) => LABEL_MAX,
        }
    }
}

/// Eight hexadecimal digits as PostgreSQL writes them.
fn hex(digits: &str) -> Option<u32> {
    let written = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    let all = digits.len() == 8 && digits.bytes().all(written);
    all.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// What the first page of a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who wrote it.
    pub system: u64,
    /// Bytes of a segment.
    pub segment: u64,
    timeline: u32,
    address: u64,
}

/// Why bytes are not the segment that their name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASegment {
    /// They do not begin as a segment does.
    #[error("it does not begin as a segment of PostgreSQL 13 or newer does")]
    Header,
    /// They are fewer or more than a segment has.
    #[error("it has {length} bytes where its header says {expected}")]
    Length {
        /// How many there are.
        length: u64,
        /// How many there should be.
        expected: u64,
    },
    /// It is another segment.
    #[error("its header says that it is another segment than its name does")]
    Place,
    /// It is of a later timeline.
    #[error("its header says timeline {found}, which is later than its name's")]
    Timeline {
        /// The header's.
        found: u32,
    },
}

impl Header {
    /// Reads the first bytes of a segment.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotASegment> {
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(NotASegment::Header)?;
        let at = |from: usize, count: usize| -> u64 {
            bytes[from..from + count].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
        };
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let info = u16::try_from(at(2, 2)).unwrap_or_default();
        let header = Self {
            timeline: narrow(at(4, 4)),
            address: at(8, 8),
            system: at(24, 8),
            segment: at(32, 4),
        };
        let block = at(36, 4);
        let is_block = block.is_power_of_two() && (1024..=65536).contains(&block);
        let sane = MAGIC_HIGH.contains(&bytes[1]) && info & LONG_HEADER != 0 && is_block;
        if sane && is_length(header.segment) { Ok(header) } else { Err(NotASegment::Header) }
    }

    /// Holds it against the name and the length of its file. The first page of a timeline's first
    /// segment is a copy of the one before, so an earlier timeline in it is right.
    pub fn check(&self, name: &Name, length: u64) -> Result<(), NotASegment> {
        if length != self.segment {
            return Err(NotASegment::Length { length, expected: self.segment });
        }
        let (Kind::Segment(place) | Kind::Partial(place)) = name.kind else {
            return Err(NotASegment::Place);
        };
        let begin = place.number(self.segment).and_then(|number| number.checked_mul(length));
        if begin != Some(self.address) {
            return Err(NotASegment::Place);
        }
        if self.timeline > name.timeline {
            return Err(NotASegment::Timeline { found: self.timeline });
        }
        Ok(())
    }
}

/// The timelines that a history says its own came from, the first one first, each with the address
/// in the log at which it was left. `None` if the text is no history.
pub fn ancestors(history: &[u8]) -> Option<Vec<(u32, u64)>> {
    let lines = std::str::from_utf8(history).ok()?.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let left = lines.map(|line| {
        let mut words = line.split_whitespace();
        let timeline = words.next()?.parse().ok()?;
        Some((timeline, Position::parse(words.next()?)?.0))
    });
    left.collect::<Option<Vec<_>>>().filter(|left| !left.is_empty())
}

/// Where a timeline left its parent, by its history: the parent, and the address in the log. `None`
/// if the text is no history.
pub fn parent(history: &[u8]) -> Option<(u32, u64)> {
    ancestors(history)?.pop()
}

/// The system identifier in the first bytes of `global/pg_control`, where nothing else says it.
pub fn system_of_control(bytes: &[u8]) -> Option<u64> {
    let system = u64::from_le_bytes(*bytes.first_chunk()?);
    (system != 0).then_some(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn names_are_read_as_the_server_gives_them_and_no_others() {
        let kind = |text: &str| Name::parse(text).map(|name| (name.timeline, name.kind));
        let place = Place { high: 1, low: 0x42 };
        assert_eq!(kind("000000020000000100000042"), Some((2, Kind::Segment(place))));
        assert_eq!(kind("000000020000000100000042.partial"), Some((2, Kind::Partial(place))));
        assert_eq!(
            kind("000000020000000100000042.00000028.backup"),
            Some((2, Kind::Backup(place)))
        );
        assert_eq!(kind("0000000A.history"), Some((10, Kind::History)));
        for other in [
            "",
            "00000000.history",
            "0000000a.history",
            "000000020000000100000042 ",
            "00000002000000010000004",
            "000000020000000100000042.backup",
            "000000020000000100000042.28.backup",
            "+00000020000000100000042",
            "../000020000000100000042",
            "0000000200000001000000é",
            "000000020000000é00000042",
        ] {
            assert_eq!(kind(other), None, "{other}");
        }
    }

    #[test]
    fn numbers_go_over_the_end_of_the_low_half_at_every_length() {
        for (length, last) in [(MIB, 0xFFF), (16 * MIB, 0xFF), (1024 * MIB, 3)] {
            let place = Place { high: 7, low: last };
            let number = place.number(length).unwrap();
            assert_eq!(Place::of(number, length), Some(place));
            assert_eq!(Place::of(number + 1, length), Some(Place { high: 8, low: 0 }));
            assert_eq!(Place { high: 7, low: last + 1 }.number(length), None);
        }
        assert_eq!(Place { high: 0, low: 0 }.number(3 * MIB), None);
        assert_eq!(Place::of(u64::MAX, 16 * MIB), None);
        let name = Name::segment(1, 256, 16 * MIB).unwrap();
        assert_eq!(name.as_str(), "000000010000000100000000");
    }

    #[test]
    fn a_history_says_where_its_timeline_left_its_parent() {
        let text = "1\t0/3000158\tno recovery target specified\n\n2\t1/A0000028\tsau diễn tập\n";
        assert_eq!(parent(text.as_bytes()), Some((2, (1 << 32) + 0xA000_0028)));
        let first = (1, 0x0300_0158);
        assert_eq!(ancestors(text.as_bytes()), Some(vec![first, (2, (1 << 32) + 0xA000_0028)]));
        // The server reads none of which a line is none.
        for other in [&b""[..], b"# x\n", b"x\t0/1", b"1 2", b"1\t0/\xff", b"x\n1\t0/1"] {
            assert_eq!(parent(other), None);
        }
    }

    fn page(timeline: u32, address: u64, segment: u32) -> Vec<u8> {
        let mut page = vec![0x16, 0xD1, 0x02, 0];
        page.extend(timeline.to_le_bytes());
        page.extend(address.to_le_bytes());
        page.extend([0; 8]);
        page.extend(7_312_345_678_901_234_567_u64.to_le_bytes());
        page.extend(segment.to_le_bytes());
        page.extend(8192_u32.to_le_bytes());
        page
    }

    #[test]
    fn a_header_must_be_that_of_the_segment_in_the_name() {
        let length = 16 * MIB;
        let name = Name::parse("000000020000000100000042").unwrap();
        let address = (1 << 32) + 0x42 * length;
        let check =
            |bytes: &[u8], length| Header::parse(bytes).and_then(|h| h.check(&name, length));
        assert_eq!(check(&page(2, address, 16 << 20), length), Ok(()));
        assert_eq!(check(&page(1, address, 16 << 20), length), Ok(()));
        let later = NotASegment::Timeline { found: 3 };
        assert_eq!(check(&page(3, address, 16 << 20), length), Err(later));
        assert_eq!(check(&page(2, address + length, 16 << 20), length), Err(NotASegment::Place));
        let short = NotASegment::Length { length: 5, expected: length };
        assert_eq!(check(&page(2, address, 16 << 20), 5), Err(short));
        assert_eq!(check(&page(2, address, 17 << 20), length), Err(NotASegment::Header));
        assert_eq!(check(&page(2, address, 16 << 20)[..39], length), Err(NotASegment::Header));
        let mut swapped = page(2, address, 16 << 20);
        swapped[..2].reverse();
        assert_eq!(check(&swapped, length), Err(NotASegment::Header));
    }
}
