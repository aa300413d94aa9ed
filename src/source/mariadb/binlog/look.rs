//! What is looked at beside the order of a log before it is replayed: the target, whether a log is the
//! one that a set was taken in, what of it cannot be replayed, and what its times are worth.

use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::event::{Event, EventError, Events, Kind, Statement};
use crate::source::mariadb::binlog::gtid::Gtid;
use crate::source::mariadb::binlog::server;
use crate::source::mariadb::binlog::span::{Position, Span};
use crate::source::mariadb::binlog::state::State;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::grants;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::Family;
use crate::world::World;
use crate::world::files::FileError;

/// Fails when the log of a server that said this of its version cannot be replayed on this one.
pub fn check_target(target: &Settings, version: &str, world: &World) -> Result<(), SourceError> {
    let family = Family::of(version);
    if !server::is_known(family, version) {
        let (server, version) = (target.database.clone(), server::named(family, version));
        return Err(MariadbFault::LogMaker { server, version }.into());
    }
    let mut session = Session::open_server(target, world)?;
    if session.family != family || !server::is_known(family, &session.version) {
        let version = server::named(session.family, &session.version);
        return Err(MariadbFault::LogMaker { server: target.server(), version }.into());
    }
    takes_log(&mut session, target)
}

/// Fails when the numbers of another server's transactions would stand in this one's log: MariaDB's
/// program replays them with their numbers, MySQL's lets the server give new ones, but says the events
/// as only some may.
pub(super) fn takes_log(session: &mut Session, target: &Settings) -> Result<(), SourceError> {
    if session.family == Family::Mysql {
        return grants::check_replaying(session, &target.server());
    }
    if session.value("ask for the binary log", "SELECT @@log_bin")? == "1" {
        return Err(MariadbFault::LogOnTarget { server: target.server() }.into());
    }
    Ok(())
}

/// The time zone of a server's machine, as the server calls it.
pub fn zone_of(target: &Settings, world: &World) -> Result<String, SourceError> {
    let mut session = Session::open_server(target, world)?;
    session.value("ask for the time zone", "SELECT @@system_time_zone")
}

/// Which transactions there were at the place where a set was taken, as the set notes it: the last
/// of each domain, `bin.000001:8829 gtid=0-7-42,1-8-3`, or all by server and tag. Empty where nothing
/// had been logged.
pub fn noted(position: &str) -> State {
    State::read(position.split_once(" gtid=").map_or("", |(_, list)| list))
}

/// Where a file lies, held against an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    /// It was begun before it, or a transaction in it was made before it.
    Before,
    /// It was begun at it or later, and holds no transaction yet.
    Begun,
    /// It was begun at it or later, and so was its first transaction.
    Behind,
}

/// Tells it by the server's clock. The time at which a file was begun says nothing alone: a machine
/// that has just started may be hours ahead until somebody puts its clock right.
pub fn lies(name: &str, path: &Path, instant: Timestamp) -> Result<Lies, SourceError> {
    let (mut begun, mut lies) = (None, Lies::Begun);
    walk(name, path, &mut |event| {
        // Of its begin the second is known: what came before it may be of the same one.
        if *begun.get_or_insert(event.time()) < Some(instant) {
            lies = Lies::Before;
        } else if let Kind::Gtid { .. } | Kind::Unnumbered = &event.kind {
            lies = if event.is_from(instant) { Lies::Behind } else { Lies::Before };
        } else {
            return true;
        }
        false
    })?;
    Ok(if begun.is_none() { Lies::Before } else { lies })
}

/// How a file begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// When it was begun, by its server's clock.
    pub begun: Timestamp,
    /// Which transactions came before it.
    pub before: State,
}

/// Reads how a file begins; none where its bytes do not say it.
pub fn opening(bytes: &[u8]) -> Option<Opening> {
    let mut events = Events::new(bytes).ok()?;
    let first = events.read().ok()??;
    let begun = Timestamp::from_second(i64::from(first.seconds)).ok()?;
    // It stands right behind the first event, or behind the one that says how the rest is encrypted.
    for _ in 0..2 {
        if let Kind::Before(before) = events.read().ok()??.kind {
            return Some(Opening { begun, before });
        }
    }
    None
}

/// Whether a file that ends with these bytes was closed by its server, which goes on in another one:
/// with the event that names it, or with that of a stop. After a crash no file ends so.
pub fn is_closed(tail: &[u8]) -> bool {
    const STOP: usize = 19;
    const ROTATE: RangeInclusive<usize> = 28..=19 + 8 + 512;
    const CHECKSUM: usize = 4;
    let ends_with = |kind: u8, length: usize| {
        let event = tail.len().checked_sub(length).and_then(|at| tail.get(at..));
        let header = event.and_then(|event| event.get(4).zip(event.get(9..13)));
        header.is_some_and(|(found, told)| {
            *found == kind
                && told.iter().rev().fold(0, |all, byte| all << 8 | usize::from(*byte)) == length
        })
    };
    [STOP, STOP + CHECKSUM].into_iter().any(|length| ends_with(3, length))
        || ROTATE.into_iter().any(|length| ends_with(4, length))
}

/// When the newest transaction of a file was made, by its server's clock; none where it has none.
pub fn newest(name: &str, path: &Path) -> Result<Option<Timestamp>, SourceError> {
    let mut newest = None;
    walk(name, path, &mut |event| {
        if let Kind::Gtid { .. } = &event.kind {
            newest = newest.max(event.time());
        }
        true
    })?;
    Ok(newest)
}

/// Whether the file of this place is the one in which a set was taken: its transactions up to there
/// end with those that the set notes.
pub fn fits(from: impl Read, start: &Position, noted: &State) -> Result<bool, EventError> {
    let (mut state, mut reached) = (State::default(), 0);
    let mut events = Events::new(from)?;
    while let Some(event) = events.read()?.filter(|event| event.end <= start.at) {
        match event.kind {
            Kind::Before(before) => state = before,
            Kind::Gtid { gtid, .. } => state.add(gtid),
            _ => {}
        }
        reached = event.end;
    }
    Ok(reached == start.at && state.is_at(noted))
}

/// Where a transaction stands in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Following {
    /// Not in these files behind the place.
    Absent,
    /// It is the last one that is kept.
    Nothing,
    /// This one comes next.
    Transaction(Gtid),
}

/// What follows a transaction in `files`, from `start` in the first of them on.
pub fn following(
    files: &[(String, PathBuf)],
    start: &Position,
    wanted: Gtid,
) -> Result<Following, SourceError> {
    let mut found = Following::Absent;
    for (name, path) in files {
        walk(name, path, &mut |event| {
            if *name == start.file && event.end <= start.at {
                return true;
            }
            found = match (&event.kind, found) {
                (Kind::Gtid { gtid, .. }, _) if *gtid == wanted => Following::Nothing,
                (Kind::Gtid { gtid, .. }, Following::Nothing) => Following::Transaction(*gtid),
                // What a crash left of it, its server has taken back.
                (Kind::Before(before), Following::Nothing) if !before.has(wanted) => {
                    Following::Absent
                }
                (_, found) => found,
            };
            !matches!(found, Following::Transaction(_))
        })?;
        if matches!(found, Following::Transaction(_)) {
            break;
        }
    }
    Ok(found)
}

/// Whether all of a file comes after this transaction, as the file says itself.
pub fn is_after(name: &str, path: &Path, gtid: Gtid) -> Result<bool, SourceError> {
    let mut is_after = false;
    walk(name, path, &mut |event| match &event.kind {
        Kind::Before(before) => {
            is_after = before.has(gtid);
            false
        }
        Kind::Gtid { .. } | Kind::Unnumbered => false,
        _ => true,
    })?;
    Ok(is_after)
}

/// Fails at what cannot be replayed, from `start` in the first of these files up to the first
/// transaction that `is_beyond`; what lies there is not replayed.
pub fn refuse(
    files: &[(String, PathBuf)],
    start: &Position,
    is_beyond: &dyn Fn(&Event, Gtid) -> bool,
) -> Result<(), SourceError> {
    for (name, path) in files {
        let (mut trouble, mut ended) = (None, false);
        walk(name, path, &mut |event| {
            if *name == start.file && event.end <= start.at {
                // Encrypted from the begin of a file on is all of it.
                if event.kind != Kind::Encrypted {
                    return true;
                }
            }
            let (file, at) = (name.clone(), event.at);
            match &event.kind {
                Kind::Incident => trouble = Some(MariadbFault::LogIncident { file, at }),
                Kind::Encrypted => trouble = Some(MariadbFault::LogEncrypted { file, at }),
                Kind::Unnumbered => trouble = Some(MariadbFault::LogAnonymous { file, at }),
                Kind::Gtid { gtid, .. } => ended = is_beyond(event, *gtid),
                _ => {}
            }
            trouble.is_none() && !ended
        })?;
        match trouble {
            Some(trouble) => return Err(trouble.into()),
            None if ended => return Ok(()),
            None => {}
        }
    }
    Ok(())
}

/// What the times in a log are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Transactions behind the end of a span whose time is before it: of sessions with a clock of
    /// their own, or of a clock that was set back. They are not replayed.
    pub earlier: u64,
    /// The first of them.
    pub first: Option<Gtid>,
    /// Statements of this database in the span that speak of times in the zone that the machine of
    /// their server had.
    pub in_server_zone: u64,
}

/// Looks at the times in `files`, from `start` in the first of them, around the end of `span`, which
/// is what lies before `to`.
pub fn times(
    files: &[(String, PathBuf)],
    start: &Position,
    span: &Span,
    to: Timestamp,
    database: &str,
) -> Result<Times, SourceError> {
    let mut times = Times::default();
    let mut is_behind = false;
    let in_server_zone = |statements: &[Statement]| {
        let of = |one: &&Statement| one.is_in_server_zone && one.database == database.as_bytes();
        statements.iter().filter(of).count() as u64
    };
    for (name, path) in files {
        let is_last = span.files.last() == Some(path);
        walk(name, path, &mut |event| {
            if *name == start.file && event.end <= start.at {
                return true;
            }
            is_behind |= span.before.is_some() && is_last && event.at >= span.to;
            let is_earlier = !event.is_from(to);
            match &event.kind {
                Kind::Gtid { gtid, .. } if is_behind && is_earlier => {
                    times.earlier += 1;
                    times.first.get_or_insert(*gtid);
                }
                Kind::Query(statement) if !is_behind => {
                    times.in_server_zone += in_server_zone(std::slice::from_ref(statement));
                }
                Kind::Payload(statements) if !is_behind => {
                    times.in_server_zone += in_server_zone(statements);
                }
                _ => {}
            }
            true
        })?;
    }
    Ok(times)
}

/// Shows `each` the events of a file until it says no.
fn walk(name: &str, path: &Path, each: &mut dyn FnMut(&Event) -> bool) -> Result<(), SourceError> {
    let damaged = |error: EventError| -> SourceError {
        let (file, detail) = (name.to_owned(), error.to_string());
        MariadbFault::LogDamaged { file, detail }.into()
    };
    let file = File::open(path).map_err(FileError::io("read", path))?;
    let mut events = Events::new(BufReader::new(file)).map_err(damaged)?;
    while let Some(event) = events.read().map_err(damaged)? {
        if !each(&event) {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::mariadb::binlog::event::tests::{events, log_of};

    #[test]
    fn a_file_tells_how_it_begins_and_whether_it_was_closed() {
        let [format, list, gtid, query, rotate] = events(8, 9);
        let whole = log_of(&[&format, &list, &gtid, &query, &rotate]);
        let begun = Timestamp::from_second(1_700_000_000).unwrap();
        let before = State::read("3-7-8");
        assert_eq!(opening(&whole), Some(Opening { begun, before }));
        for length in 0..log_of(&[&format, &list]).len() {
            assert_eq!(opening(&whole[..length]), None, "{length}");
        }
        assert!(is_closed(&whole) && is_closed(&rotate));
        for length in 0..whole.len() {
            assert!(!is_closed(&whole[..length]), "{length}");
        }
    }

    /// The files of these bytes, in their order.
    fn files(folder: &Path, files: &[Vec<u8>]) -> Vec<(String, PathBuf)> {
        let file = |(number, bytes): (usize, &Vec<u8>)| {
            let name = format!("bin.{number:06}");
            let path = folder.join(&name);
            crate::world::files::write_synced(&path, bytes, 0o600).unwrap();
            (name, path)
        };
        (1..).zip(files).map(file).collect()
    }

    #[test]
    fn a_transaction_that_a_crash_left_open_is_found_where_it_was_made_again() {
        let [format, list, gtid, query, _] = events(8, 9);
        let [_, next_list, next_gtid, next_query, _] = events(9, 10);
        let cut = log_of(&[&format, &list, &gtid]);
        let again = [&format, &list, &gtid, &query, &next_gtid, &next_query];
        let (folder, start) = (tempfile::tempdir().unwrap(), Position { file: "-".into(), at: 4 });
        let wanted: Gtid = "3-7-9".parse().unwrap();
        let next = Following::Transaction("3-7-10".parse().unwrap());
        for (logs, expected) in [
            (vec![cut.clone(), log_of(&again)], next),
            (vec![cut.clone(), log_of(&again[..4])], Following::Nothing),
            (
                vec![cut.clone(), log_of(&[&format, &list, &next_gtid, &next_query])],
                Following::Absent,
            ),
            (vec![cut, log_of(&[&format, &next_list, &next_gtid, &next_query])], next),
        ] {
            let files = files(folder.path(), &logs);
            assert_eq!(following(&files, &start, wanted).unwrap(), expected);
        }
    }

    #[test]
    fn a_file_lies_behind_an_instant_by_its_begin_and_its_first_transaction() {
        let at = |mut event: Vec<u8>, seconds: u32| {
            event[..4].copy_from_slice(&seconds.to_le_bytes());
            event
        };
        let [format, list, gtid, query, _] = events(8, 9);
        let (folder, to) = (tempfile::tempdir().unwrap(), Timestamp::from_second(1_000).unwrap());
        for (begun, made, expected) in [
            (999, None, Lies::Before),
            (999, Some(1_000), Lies::Before),
            (1_000, None, Lies::Begun),
            (1_000, Some(1_000), Lies::Behind),
            // The clock was ahead when the file was begun, and put right.
            (9_000, Some(999), Lies::Before),
        ] {
            let mut all = vec![at(format.clone(), begun), at(list.clone(), begun)];
            all.extend(made.into_iter().flat_map(|made| [at(gtid.clone(), made), query.clone()]));
            let files = files(folder.path(), &[log_of(&all.iter().collect::<Vec<_>>())]);
            let found = lies(&files[0].0, &files[0].1, to).unwrap();
            assert_eq!(found, expected, "{begun} {made:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_tail_and_no_head_make_it_panic(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            let _any = (opening(&bytes), is_closed(&bytes));
        }
    }
}
