//! Reads a file of a binary log of MariaDB or MySQL, event by event, as far as order and time need it.
//!
//! The bytes come from a server and a repository, and may be anything: what cannot be an event is
//! an error, nothing here panics, and no more than a fixed part of an event is held in memory. What
//! an event changes is not understood here; the server's own program replays it.

use std::io::{self, Read};

use jiff::Timestamp;

use crate::source::mariadb::binlog::gtid::{Gtid, Stream};
use crate::source::mariadb::binlog::mysql;
use crate::source::mariadb::binlog::state::State;

/// What every file begins with.
const MAGIC: [u8; 4] = [0xfe, b'b', b'i', b'n'];

/// Time, kind, server, length, place, flags.
pub(super) const HEADER_BYTES: usize = 19;

/// Servers take no packet beyond 1 GiB, and an event is little more.
const EVENT_BYTES_MAX: u32 = (1 << 30) + (1 << 20);

/// A statement is looked at as far as this; the rest is passed over.
pub(super) const BODY_BYTES_MAX: usize = 1 << 20;

/// Bytes of the checksum that ends every event.
pub(super) const CHECKSUM_BYTES: usize = 4;

/// An event of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where it begins in the file.
    pub at: u64,
    /// Where it ends.
    pub end: u64,
    /// When its statement began, in seconds since 1970, by the server's clock or the session's.
    pub seconds: u32,
    /// What it is.
    pub kind: Kind,
}

impl Event {
    /// When it happened, by the server's clock: a transaction of MySQL with its commit, all else
    /// with the begin of a statement, to the second.
    pub fn time(&self) -> Option<Timestamp> {
        match &self.kind {
            Kind::Gtid { commit: Some(micros), .. } => {
                Timestamp::from_microsecond(i64::try_from(*micros).ok()?).ok()
            }
            _ => Timestamp::from_second(i64::from(self.seconds)).ok(),
        }
    }

    /// Whether it may have happened at this instant or later: where only the second is known, at
    /// any time of it.
    pub fn is_from(&self, instant: Timestamp) -> bool {
        match &self.kind {
            Kind::Gtid { commit: Some(_), .. } => self.time().is_none_or(|time| time >= instant),
            _ => i64::from(self.seconds) >= instant.as_second(),
        }
    }
}

/// What an event is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first of a file.
    Format,
    /// What was in the log before this file.
    Before(State),
    /// A transaction begins, or a statement that stands alone.
    Gtid {
        /// Its number.
        gtid: Gtid,
        /// Where it ends.
        extent: Extent,
        /// When it was committed by the clock of the server that wrote the file, in microseconds
        /// since 1970, where the file says it.
        commit: Option<u64>,
    },
    /// A transaction of MySQL without a number.
    Unnumbered,
    /// A statement.
    Query(Statement),
    /// A transaction of MySQL that is compressed into one event: the statements in it.
    Payload(Vec<Statement>),
    /// The commit of a transaction, or its preparing by a coordinator, which is whole by itself.
    Commit,
    /// The file ends, and this one is the next.
    Rotate(String),
    /// The server was stopped.
    Stop,
    /// The server could not log something: what is missing, nobody knows.
    Incident,
    /// What follows is encrypted by the server.
    Encrypted,
    /// Anything else.
    Other,
}

/// Where a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// One event follows, and no commit.
    One,
    /// With its commit.
    Commit,
    /// At this byte of the file.
    At(u64),
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The database that was in use.
    pub database: Vec<u8>,
    /// The statement; a long one is cut, and of a compressed one nothing is known.
    pub text: Option<Vec<u8>>,
    /// Whether it speaks of times in the zone that its server's machine had.
    pub is_in_server_zone: bool,
}

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The bytes could not be had.
    #[error("the log could not be read")]
    Read(#[from] io::Error),
    /// They are no log.
    #[error("byte {at}: {detail}")]
    Malformed {
        /// Where.
        at: u64,
        /// What is wrong.
        detail: &'static str,
    },
}

/// A file on its way.
pub struct Events<R> {
    from: R,
    at: u64,
    has_checksum: bool,
}

impl<R: Read> Events<R> {
    /// Fails unless it begins as a binary log.
    pub fn new(mut from: R) -> Result<Self, EventError> {
        let mut magic = [0; MAGIC.len()];
        let count = fill(&mut from, &mut magic)?;
        if count < MAGIC.len() || magic != MAGIC {
            return Err(EventError::Malformed { at: 0, detail: "it is no binary log" });
        }
        Ok(Self { from, at: MAGIC.len() as u64, has_checksum: false })
    }

    /// The next whole event; `None` at the end, or where the last one was not written whole yet.
    pub fn read(&mut self) -> Result<Option<Event>, EventError> {
        let mut header = [0; HEADER_BYTES];
        if fill(&mut self.from, &mut header)? < HEADER_BYTES {
            return Ok(None);
        }
        let at = self.at;
        let malformed = |detail| EventError::Malformed { at, detail };
        let (seconds, kind) = (u32_at(&header, 0), header[4]);
        let (server, length) = (u32_at(&header, 5), u32_at(&header, 9));
        let fits = (HEADER_BYTES as u64..=u64::from(EVENT_BYTES_MAX)).contains(&u64::from(length));
        if !fits {
            return Err(malformed("the length of an event is none"));
        }
        let rest = u64::from(length) - HEADER_BYTES as u64;
        let end = at.saturating_add(u64::from(length));
        if kind == mysql::PAYLOAD {
            let (statements, read) = mysql::payload(&mut self.from, rest)?;
            let more = rest - read;
            if io::copy(&mut self.from.by_ref().take(more), &mut io::sink())? < more {
                return Ok(None);
            }
            self.at = end;
            let kind = Kind::Payload(statements.ok_or_else(|| malformed("a payload is none"))?);
            return Ok(Some(Event { at, end, seconds, kind }));
        }
        let mut body = Vec::new();
        self.from.by_ref().take(rest.min(BODY_BYTES_MAX as u64)).read_to_end(&mut body)?;
        let more = rest - body.len() as u64;
        if more > 0 && io::copy(&mut self.from.by_ref().take(more), &mut io::sink())? < more {
            return Ok(None);
        }
        let is_cut = more > 0;
        self.at = end;
        if kind == FORMAT {
            // Its last five bytes say how all the others are summed, and sum this one.
            let algorithm = body.len().checked_sub(CHECKSUM_BYTES + 1).map(|place| body[place]);
            self.has_checksum = match algorithm {
                Some(0) => false,
                Some(1) => true,
                _ => return Err(malformed("its checksums are of no known kind")),
            };
        }
        if self.has_checksum && !is_cut {
            let length = body.len().checked_sub(CHECKSUM_BYTES);
            body.truncate(length.ok_or_else(|| malformed("an event has no checksum"))?);
        }
        let read = match kind {
            kind if mysql::is_own(kind) => mysql::read(kind, at, &body, is_cut),
            kind => read(kind, server, &body, is_cut),
        };
        let kind = read.ok_or_else(|| malformed("an event is cut"))?;
        Ok(Some(Event { at, end, seconds, kind }))
    }
}

pub(super) const QUERY: u8 = 2;
const STOP: u8 = 3;
const ROTATE: u8 = 4;
const FORMAT: u8 = 15;
const XID: u8 = 16;
const INCIDENT: u8 = 26;
const XA_PREPARE: u8 = 38;
const GTID: u8 = 162;
const GTID_LIST: u8 = 163;
const START_ENCRYPTION: u8 = 164;
const QUERY_COMPRESSED: u8 = 165;

/// The flag of a transaction that is one event.
const ALONE: u8 = 1;

fn read(kind: u8, server: u32, body: &[u8], is_cut: bool) -> Option<Kind> {
    Some(match kind {
        FORMAT => Kind::Format,
        STOP => Kind::Stop,
        XID | XA_PREPARE => Kind::Commit,
        INCIDENT => Kind::Incident,
        START_ENCRYPTION => Kind::Encrypted,
        ROTATE => Kind::Rotate(String::from_utf8(body.get(8..)?.to_vec()).ok()?),
        GTID => {
            let number = u64::from_le_bytes(body.get(..8)?.try_into().ok()?);
            let domain = u32::from_le_bytes(body.get(8..12)?.try_into().ok()?);
            let is_alone = body.get(12)? & ALONE != 0;
            let extent = if is_alone { Extent::One } else { Extent::Commit };
            let gtid = Gtid { stream: Stream::Domain { domain, server }, number };
            Kind::Gtid { gtid, extent, commit: None }
        }
        GTID_LIST if is_cut => return None,
        GTID_LIST => {
            // The upper bits are flags.
            let count = usize::try_from(u32_checked(body, 0)? & 0x0fff_ffff).ok()?;
            let entries = body.get(4..)?.chunks_exact(16);
            if entries.len() != count {
                return None;
            }
            let entry = |bytes: &[u8]| Gtid {
                stream: Stream::Domain { domain: u32_at(bytes, 0), server: u32_at(bytes, 4) },
                number: u64::from(u32_at(bytes, 8)) | u64::from(u32_at(bytes, 12)) << 32,
            };
            Kind::Before(entries.map(entry).collect())
        }
        QUERY => Kind::Query(statement(body)?),
        QUERY_COMPRESSED => Kind::Query(Statement { text: None, ..statement(body)? }),
        _ => Kind::Other,
    })
}

/// Reads the body of a statement's event.
pub(super) fn statement(body: &[u8]) -> Option<Statement> {
    let length = usize::from(*body.get(8)?);
    let status = usize::from(u16::from_le_bytes(body.get(11..13)?.try_into().ok()?));
    let start = 13 + status;
    let database = body.get(start..start + length)?.to_vec();
    let text = body.get(start + length + 1..)?.to_vec();
    // MySQL says it of the begin of a transaction too, and that one speaks of no time.
    let is_in_server_zone = text != b"BEGIN" && zone(body.get(13..start)?) == Some(b"SYSTEM");
    Some(Statement { database, text: Some(text), is_in_server_zone })
}

/// The time zone among what a statement was said under: values of known lengths, each behind its
/// code, in an order in which the zone comes early.
fn zone(mut status: &[u8]) -> Option<&[u8]> {
    loop {
        let (&code, rest) = status.split_first()?;
        let length = match code {
            FLAGS | INCREMENT => 4,
            MODE => 8,
            CHARSET => 6,
            CATALOG | ZONE => {
                let (&length, rest) = rest.split_first()?;
                let value = rest.get(..usize::from(length))?;
                if code == ZONE {
                    return Some(value);
                }
                1 + value.len()
            }
            _ => return None,
        };
        status = rest.get(length..)?;
    }
}

const FLAGS: u8 = 0;
const MODE: u8 = 1;
const INCREMENT: u8 = 3;
const CHARSET: u8 = 4;
const ZONE: u8 = 5;
const CATALOG: u8 = 6;

fn u32_checked(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Of bytes that are known to be there.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32_checked(bytes, at).unwrap_or_default()
}

/// Reads as much as there is; returns how much.
pub(super) fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match from.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::source::mariadb::binlog) fn event(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER_BYTES + body.len()).unwrap();
        let mut bytes = 1_700_000_000_u32.to_le_bytes().to_vec();
        bytes.push(kind);
        bytes.extend(7_u32.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(body);
        bytes
    }

    pub(in crate::source::mariadb::binlog) fn kinds(bytes: &[u8]) -> Result<Vec<Kind>, EventError> {
        let mut events = Events::new(bytes)?;
        let mut kinds = Vec::new();
        while let Some(event) = events.read()? {
            kinds.push(event.kind);
        }
        Ok(kinds)
    }

    /// Events of a file, in their order: its format, its list of what came before, a transaction of
    /// one statement, and where it goes on.
    pub(in crate::source::mariadb::binlog) fn events(before: u32, number: u64) -> [Vec<u8>; 5] {
        let mut query = vec![0; 13];
        query[8] = 4;
        query.extend(b"cong\0DROP TABLE a");
        let gtid =
            [&number.to_le_bytes()[..], &3_u32.to_le_bytes(), &[1, 0, 0, 0, 0, 0, 0]].concat();
        let list = [1_u32, 3, 7, before, 0].map(u32::to_le_bytes).concat();
        [
            event(FORMAT, &[0; 62]),
            event(GTID_LIST, &list),
            event(GTID, &gtid),
            event(QUERY, &query),
            event(ROTATE, b"\x04\0\0\0\0\0\0\0bin.000002"),
        ]
    }

    /// A file of these events.
    pub(in crate::source::mariadb::binlog) fn log_of(events: &[&Vec<u8>]) -> Vec<u8> {
        let events = events.iter().flat_map(|event| event.iter().copied());
        MAGIC.into_iter().chain(events).collect()
    }

    fn log() -> Vec<u8> {
        log_of(&events(8, 9).each_ref())
    }

    #[test]
    fn what_order_and_time_need_is_read() {
        let stream = Stream::Domain { domain: 3, server: 7 };
        let gtid = |number| Gtid { stream, number };
        let query = Kind::Query(Statement {
            database: b"cong".into(),
            text: Some(b"DROP TABLE a".into()),
            is_in_server_zone: false,
        });
        let expected = [
            Kind::Format,
            Kind::Before([gtid(8)].into_iter().collect()),
            Kind::Gtid { gtid: gtid(9), extent: Extent::One, commit: None },
            query,
            Kind::Rotate("bin.000002".to_owned()),
        ];
        assert_eq!(kinds(&log()).unwrap(), expected);
    }

    #[test]
    fn the_zone_of_a_statement_is_found_among_the_rest() {
        let mut status = vec![FLAGS, 0, 0, 0, 0, MODE, 0, 0, 0, 0, 0, 0, 0, 0];
        status.extend([CATALOG, 3, b's', b't', b'd', CHARSET, 1, 0, 1, 0, 1, 0]);
        assert_eq!(zone(&status), None);
        status.extend([ZONE, 6]);
        status.extend(b"SYSTEM");
        assert_eq!(zone(&status), Some(&b"SYSTEM"[..]));
        assert_eq!(zone(&status[..status.len() - 1]), None);
    }

    #[test]
    fn a_file_that_was_not_written_whole_ends_with_its_last_whole_event() {
        let whole = log();
        for length in 4..whole.len() {
            assert!(kinds(&whole[..length]).unwrap().len() < 5, "{length}");
        }
        assert!(kinds(&whole[..3]).is_err() && kinds(b"text").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            mut bytes in proptest::collection::vec(0_u8.., 0..200),
            places in proptest::collection::vec((0_usize..400, 0_u8..), 0..6),
        ) {
            let mut whole = log();
            for (place, byte) in places {
                if let Some(there) = whole.get_mut(place) {
                    *there = byte;
                }
            }
            let _any = kinds(&whole);
            bytes.splice(..0, MAGIC);
            let _any = kinds(&bytes);
        }
    }
}
