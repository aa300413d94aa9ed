//! The events that only MySQL writes: numbers of transactions by server and tag, what came before a
//! file, and transactions that are compressed into one event.
//!
//! The forms are those of MySQL 8.0 to 9.7. A number with a tag (since 8.3) stands in an event of
//! its own kind, in fields of any length, each behind its own number.

use std::io::{self, Read};

use crate::source::mariadb::binlog::event::{
    BODY_BYTES_MAX, Extent, HEADER_BYTES, Kind, QUERY, Statement, fill, statement, u32_at,
};
use crate::source::mariadb::binlog::gtid::{Gtid, Stream, Tag, Uuid};
use crate::source::mariadb::binlog::state::State;

/// A compressed transaction.
pub(super) const PAYLOAD: u8 = 40;

const GTID: u8 = 33;
const ANONYMOUS: u8 = 34;
const BEFORE: u8 = 35;
const TAGGED: u8 = 42;

/// The logical clock is of the form that is known.
const CLOCK: u8 = 2;

/// The largest number of a transaction, and the largest instant in microseconds that is written.
const LARGEST: u64 = (1 << 63) - 1;

/// In a time of seven bytes: that of the server where the transaction began follows.
const HAS_ORIGIN: u64 = 1 << 55;

/// What a window of compressed bytes may take in memory: what MySQL's own reader takes, 128 MiB, as
/// a power of two.
const WINDOW_LOG_MAX: u32 = 27;

/// Statements of one transaction that are looked at.
const STATEMENTS_MAX: usize = 10_000;

/// The longest head of a payload: four pairs of numbers and one more, each of at most nine bytes.
const PAYLOAD_HEAD_MAX: usize = 9 * 9;

/// Whether only MySQL writes events of this kind.
pub(super) fn is_own(kind: u8) -> bool {
    matches!(kind, GTID | ANONYMOUS | BEFORE | TAGGED)
}

/// Reads one of its own events, which begins at this byte of its file.
pub(super) fn read(kind: u8, at: u64, body: &[u8], is_cut: bool) -> Option<Kind> {
    match kind {
        ANONYMOUS => Some(Kind::Unnumbered),
        GTID => numbered(at, body),
        TAGGED => tagged(at, body),
        _ if is_cut => None,
        _ => before(body).map(Kind::Before),
    }
}

fn gtid(at: u64, gtid: Gtid, commit: Option<u64>, length: u64) -> Option<Kind> {
    if gtid.number == 0 || gtid.number > LARGEST || commit.is_some_and(|micros| micros > LARGEST) {
        return None;
    }
    // Every server since 8.0 says it; without it nobody would know where the transaction ends.
    let extent = Extent::At(at.checked_add(length).filter(|_| length > 0)?);
    Some(Kind::Gtid { gtid, extent, commit })
}

fn numbered(at: u64, body: &[u8]) -> Option<Kind> {
    let (uuid, tag) = (Uuid(body.get(1..17)?.try_into().ok()?), Tag::default());
    let number = little(body.get(17..25)?);
    if *body.get(25)? != CLOCK {
        return None;
    }
    let mut rest = body.get(42..)?;
    let time = little(taken(&mut rest, 7)?);
    if time & HAS_ORIGIN != 0 {
        taken(&mut rest, 7)?;
    }
    let length = counted(&mut rest)?;
    let stream = Stream::Source { uuid, tag };
    gtid(at, Gtid { stream, number }, Some(time & !HAS_ORIGIN), length)
}

/// Fields follow each other by their numbers, and such as have nothing to say are left out.
fn tagged(at: u64, mut body: &[u8]) -> Option<Kind> {
    // Version, bytes, and up to which field a reader must know them.
    let (version, _, _) = (varied(&mut body)?, varied(&mut body)?, varied(&mut body)?);
    if version != 1 {
        return None;
    }
    let (mut uuid, mut tag) = (None, Tag::default());
    let (mut number, mut commit, mut length) = (0, None, 0);
    while !body.is_empty() {
        match varied(&mut body)? {
            1 => {
                let mut bytes = [0; 16];
                for byte in &mut bytes {
                    *byte = u8::try_from(varied(&mut body)?).ok()?;
                }
                uuid = Some(Uuid(bytes));
            }
            2 => number = signed(&mut body)?,
            3 => {
                let length = usize::try_from(varied(&mut body)?).ok()?;
                tag = Tag::read(taken(&mut body, length)?)?;
            }
            6 => commit = Some(varied(&mut body)?),
            8 => length = varied(&mut body)?,
            0 | 4 | 5 | 7 => {
                varied(&mut body)?;
            }
            // Versions of servers, and what is newer than what is known here.
            _ => break,
        }
    }
    gtid(at, Gtid { stream: Stream::Source { uuid: uuid?, tag }, number }, commit, length)
}

/// Sets of numbers, each of a server and, in the newer form, a tag; the ends are the first numbers
/// that are not in them.
fn before(body: &[u8]) -> Option<State> {
    let head = body.get(..8)?;
    let mut rest = body.get(8..)?;
    let has_tags = head[7] == 1;
    let sets = match head[7] {
        0 => little(head),
        1 => little(&head[1..7]),
        _ => return None,
    };
    let mut state = State::default();
    for _ in 0..sets {
        let uuid = Uuid(taken(&mut rest, 16)?.try_into().ok()?);
        let mut tag = Tag::default();
        if has_tags {
            let length = usize::try_from(varied(&mut rest)?).ok()?;
            tag = Tag::read(taken(&mut rest, length)?)?;
        }
        for _ in 0..little(taken(&mut rest, 8)?) {
            let (first, end) = (little(taken(&mut rest, 8)?), little(taken(&mut rest, 8)?));
            if first == 0 || end <= first {
                return None;
            }
            state.add_run(Stream::Source { uuid, tag }, first, end - 1);
        }
    }
    Some(state)
}

/// Reads a compressed transaction of so many bytes: its statements, if it is one, and how many bytes
/// of it were read.
pub(super) fn payload(
    from: &mut impl Read,
    bytes: u64,
) -> io::Result<(Option<Vec<Statement>>, u64)> {
    let mut from = from.take(bytes);
    let head = match payload_head(&mut from) {
        // What is missing is seen by whoever counts.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
        head => head?,
    };
    let mut statements = None;
    if let Some((size, is_compressed)) = head.filter(|(size, _)| *size <= from.limit()) {
        let mut within = from.by_ref().take(size);
        statements = if is_compressed {
            let mut plain = zstd::Decoder::new(&mut within)?;
            plain.window_log_max(WINDOW_LOG_MAX)?;
            statements_of(&mut plain)
        } else {
            statements_of(&mut within)
        };
    }
    Ok((statements, bytes - from.limit()))
}

/// How many bytes follow, and whether they are compressed; none where it is no head. Ends with a mark
/// of its own.
fn payload_head(from: &mut impl Read) -> io::Result<Option<(u64, bool)>> {
    let (mut size, mut is_compressed) = (None, true);
    let mut read = 0;
    let mut one = |from: &mut dyn Read| -> io::Result<Option<u64>> {
        let mut bytes = [0; 9];
        from.read_exact(&mut bytes[..1])?;
        let more = match bytes[0] {
            0xfc => 2,
            0xfd => 3,
            0xfe => 8,
            _ => 0,
        };
        from.read_exact(&mut bytes[1..=more])?;
        read += 1 + more;
        Ok(counted(&mut &bytes[..=more]).filter(|_| read <= PAYLOAD_HEAD_MAX))
    };
    loop {
        let Some(field) = one(from)? else { return Ok(None) };
        if field == 0 {
            return Ok(size.map(|size| (size, is_compressed)));
        }
        let Some(length) = one(from)? else { return Ok(None) };
        let Some(value) = one(from)?.filter(|_| length <= 9) else { return Ok(None) };
        match field {
            1 => size = Some(value),
            // Zero is its maker's word for what zstd makes, and 255 for none.
            2 if value == 0 => is_compressed = true,
            2 if value == 255 => is_compressed = false,
            2 => return Ok(None),
            _ => {}
        }
    }
}

/// The statements among events that follow each other without checksums; none where they are none.
/// Of all of them together no more words are kept than of one elsewhere.
fn statements_of(from: &mut impl Read) -> Option<Vec<Statement>> {
    let (mut statements, mut words) = (Vec::new(), 0);
    loop {
        let mut header = [0; HEADER_BYTES];
        match fill(from, &mut header).ok()? {
            0 => return Some(statements),
            HEADER_BYTES => {}
            _ => return None,
        }
        let rest = u64::from(u32_at(&header, 9)).checked_sub(HEADER_BYTES as u64)?;
        let mut body = Vec::new();
        let held = if header[4] == QUERY { rest.min(BODY_BYTES_MAX as u64) } else { 0 };
        from.by_ref().take(held).read_to_end(&mut body).ok()?;
        let more = rest - held;
        if io::copy(&mut from.by_ref().take(more), &mut io::sink()).ok()? < more {
            return None;
        }
        if header[4] == QUERY && statements.len() < STATEMENTS_MAX {
            let mut statement = statement(&body)?;
            words += statement.text.as_ref().map_or(0, Vec::len);
            statement.text = statement.text.filter(|_| words <= BODY_BYTES_MAX);
            statements.push(statement);
        } else if header[4] == QUERY && statements.len() == STATEMENTS_MAX {
            // One for all that are not looked at: they may be of any database and name any.
            statements.push(Statement {
                database: Vec::new(),
                text: None,
                is_in_server_zone: false,
            });
        }
    }
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte))
}

fn taken<'a>(from: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(taken)
}

/// A number behind the count of its bytes, or alone.
fn counted(from: &mut &[u8]) -> Option<u64> {
    match *taken(from, 1)?.first()? {
        small @ 0..=250 => Some(u64::from(small)),
        0xfc => Some(little(taken(from, 2)?)),
        0xfd => Some(little(taken(from, 3)?)),
        0xfe => Some(little(taken(from, 8)?)),
        _ => None,
    }
}

/// A number whose first byte says in its lowest bits how many follow: as many as there are ones.
fn varied(from: &mut &[u8]) -> Option<u64> {
    let more = from.first()?.trailing_ones();
    let bytes = taken(from, 1 + more as usize)?;
    // With eight ones there is no room left in the first byte.
    Some(if more == 8 { little(&bytes[1..]) } else { little(bytes) >> (more + 1) })
}

/// The same of a number with a sign in its lowest bit; none where it is less than nothing.
fn signed(from: &mut &[u8]) -> Option<u64> {
    let value = varied(from)?;
    (value & 1 == 0).then_some(value >> 1)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::source::mariadb::binlog::event::tests::{event, kinds, log_of};
    use crate::source::mariadb::binlog::event::{Events, Kind};

    const SERVER: &str = "a8d6218b-e79d-11f1-b98b-02fc00000001";

    /// Files of MySQL 9.7.4: a transaction, one with a tag, and the next file; two that are
    /// compressed, and one that logs its statement.
    pub(in crate::source::mariadb::binlog) const TAGGED: &[u8] =
        include_bytes!("../../../../tests/fuzz/corpus/binlog/mysql-tagged");
    pub(in crate::source::mariadb::binlog) const COMPRESSED: &[u8] =
        include_bytes!("../../../../tests/fuzz/corpus/binlog/mysql-compressed");

    fn transactions(bytes: &[u8]) -> Vec<(String, u64, u64)> {
        let mut found = Vec::new();
        let mut events = Events::new(bytes).unwrap();
        while let Some(event) = events.read().unwrap() {
            if let Kind::Gtid { gtid, extent: Extent::At(end), commit: Some(micros) } = event.kind {
                found.push((gtid.to_string().replace(SERVER, "A"), end, micros));
            }
        }
        found
    }

    #[test]
    fn a_file_of_a_real_server_tells_its_transactions_with_and_without_tags() {
        let found = transactions(TAGGED);
        let expected = [
            ("A:4".to_owned(), 470, found[0].2),
            ("A:thue:1".to_owned(), 745, 1_795_479_980_509_177),
        ];
        assert_eq!(found, expected);
        let told = kinds(TAGGED).unwrap();
        assert_eq!(told[1], Kind::Before(State::read(&format!("{SERVER}:1-3"))));
        assert_eq!(told.last(), Some(&Kind::Rotate("bin.000003".to_owned())));
    }

    #[test]
    fn a_compressed_transaction_tells_its_statements_and_where_it_ends() {
        let told = kinds(COMPRESSED).unwrap();
        assert_eq!(told[1], Kind::Before(State::read(&format!("{SERVER}:1-4:thue:1"))));
        let begin = Statement {
            database: b"cong".into(),
            text: Some(b"BEGIN".into()),
            is_in_server_zone: false,
        };
        assert_eq!(told[3], Kind::Payload(vec![begin]));
        let found = transactions(COMPRESSED);
        let expected = [
            ("A:5".to_owned(), 483, 1_795_479_980_530_015),
            ("A:6".to_owned(), 725, 1_795_479_980_531_838),
            ("A:7".to_owned(), 1020, 1_795_479_980_532_484),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn of_many_long_statements_in_one_payload_little_is_kept() {
        let text = vec![b'x'; BODY_BYTES_MAX / 2];
        let body = [&[0; 8][..], b"\x02\0\0\0\0", b"db\0", &text].concat();
        let length = u32::try_from(HEADER_BYTES + body.len()).unwrap();
        let head = [&[0; 4][..], &[QUERY], &[0; 4], &length.to_le_bytes(), &[0; 6]].concat();
        let many = [head, body].concat().repeat(3);
        let statements = statements_of(&mut &many[..]).unwrap();
        let kept = statements.iter().map(|one| one.text.as_ref().map(Vec::len));
        assert_eq!(kept.collect::<Vec<_>>(), [Some(text.len()), Some(text.len()), None]);
        assert!(statements.iter().all(|one| one.database == b"db"));
    }

    #[test]
    fn statements_that_are_not_looked_at_may_be_of_any_database() {
        let body = [&[0; 8][..], b"\x02\0\0\0\0", b"db\0", b"x"].concat();
        let all = event(QUERY, &body).repeat(STATEMENTS_MAX);
        let statements = |bytes: &[u8]| statements_of(&mut &bytes[..]).unwrap();
        let one = statements(&all).pop().unwrap();
        assert_eq!((&one.database[..], one.text.is_some()), (&b"db"[..], true));
        let more = [&all[..], &event(QUERY, &body), &event(QUERY, &body)].concat();
        let last = statements(&more).split_off(STATEMENTS_MAX);
        let unknown = Statement { database: Vec::new(), text: None, is_in_server_zone: false };
        assert_eq!(last, [unknown]);
    }

    #[test]
    fn a_file_that_was_not_written_whole_ends_with_its_last_whole_event() {
        for whole in [TAGGED, COMPRESSED] {
            let all = kinds(whole).unwrap().len();
            for length in 4..whole.len() {
                assert!(kinds(&whole[..length]).unwrap().len() < all, "{length}");
            }
        }
    }

    #[test]
    fn a_transaction_without_a_number_and_forms_that_are_not_known_are_told_apart() {
        let format = event(15, &[0; 62]);
        let only = |kind, body: &[u8]| kinds(&log_of(&[&format, &event(kind, body)]));
        assert_eq!(only(ANONYMOUS, &[0; 42]).unwrap()[1], Kind::Unnumbered);
        let numbered = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut body = vec![0; 25];
            body[17] = 9;
            body.extend([2; 17]);
            body.extend([7, 0, 0, 0, 0, 0, 0x80, 5, 0, 0, 0, 0, 0, 0, 99]);
            change(&mut body);
            only(GTID, &body).ok().and_then(|told| match told[1] {
                Kind::Gtid { gtid, commit, .. } => Some((gtid.number, commit)),
                _ => None,
            })
        };
        // The time of another server, where it began, follows its own.
        assert_eq!(numbered(&|_| {}), Some((9, Some(7))));
        assert_eq!(numbered(&|body| body[17] = 0), None, "no number");
        assert_eq!(numbered(&|body| body[25] = 3), None, "another clock");
        assert_eq!(numbered(&|body| *body.last_mut().unwrap() = 0), None, "no length");
        assert_eq!(numbered(&|body| body.truncate(50)), None, "no time");
        let before = |bytes: &[u8]| only(BEFORE, bytes).is_ok();
        assert!(before(&[0; 8]) && !before(&[1; 8]) && !before(&[2, 0, 0, 0, 0, 0, 0, 2]));
        let set = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &[7; 16], &[1, 0, 0, 0, 0, 0, 0, 0]].concat();
        let run = |first: u8, end: u8| {
            before(&[&set[..], &[first, 0, 0, 0, 0, 0, 0, 0, end, 0, 0, 0, 0, 0, 0, 0]].concat())
        };
        assert!(run(1, 2) && !run(0, 2) && !run(2, 2) && !before(&set));
        let endless = [&set[..24], &[0xff; 8]].concat();
        assert!(!before(&endless));
        // Not compressed: what its maker calls 255, behind the mark of two more bytes.
        let inner = event(QUERY, &[&[0; 13][..], b"\0DROP TABLE cong.a"].concat());
        let head = |kind: &[u8]| {
            let size = u8::try_from(inner.len()).unwrap();
            let bytes = [&[1, 1, size, 2], kind, &[0], &inner[..], b"more"].concat();
            only(PAYLOAD, &bytes).ok().map(|told| told[1].clone())
        };
        let Some(Kind::Payload(statements)) = head(&[3, 0xfc, 255, 0]) else { panic!() };
        assert_eq!(statements[0].text.as_deref(), Some(&b"DROP TABLE cong.a"[..]));
        assert_eq!(head(&[1, 1]), None, "another way to compress");
        assert_eq!(head(&[1, 0]), None, "it is not compressed");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            bytes in proptest::collection::vec(0_u8.., 0..200),
            kind in proptest::sample::select(vec![GTID, ANONYMOUS, BEFORE, PAYLOAD, super::TAGGED]),
            places in proptest::collection::vec((0_usize..1100, 0_u8..), 0..6),
        ) {
            let _any = kinds(&log_of(&[&event(15, &[0; 62]), &event(kind, &bytes)]));
            for whole in [TAGGED, COMPRESSED] {
                let mut changed = whole.to_vec();
                for (place, byte) in &places {
                    if let Some(there) = changed.get_mut(*place) {
                        *there = *byte;
                    }
                }
                let _any = kinds(&changed);
            }
        }
    }
}
