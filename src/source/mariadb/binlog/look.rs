//! What is looked at beside the order of a log before it is replayed: the target, whether a log is the
//! one that a set was taken in, what of it cannot be replayed, and what its times are worth.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::event::{Event, EventError, Events, Kind};
use crate::source::mariadb::binlog::gtid::{Gtid, State};
use crate::source::mariadb::binlog::span::{Position, Span};
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::session::Session;
use crate::world::World;
use crate::world::files::FileError;

/// Fails when a log cannot be replayed on this server.
pub fn check_target(target: &Settings, world: &World) -> Result<(), SourceError> {
    let mut session = Session::open_server(target, world)?;
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

/// The last transaction of each domain at the place where a set was taken, as the set notes it:
/// `bin.000001:8829 gtid=0-7-42,1-8-3`. Empty where nothing had been logged.
pub fn noted(position: &str) -> Vec<Gtid> {
    let list = position.split_once(" gtid=").map_or("", |(_, list)| list);
    list.split(',').filter_map(|gtid| gtid.trim().parse().ok()).collect()
}

/// When a file was begun, by its server's clock; none where that is not there yet.
pub fn begun(name: &str, path: &Path) -> Result<Option<Timestamp>, SourceError> {
    let mut first = None;
    walk(name, path, &mut |event| {
        first = Some(event.seconds);
        false
    })?;
    Ok(first.and_then(|seconds| Timestamp::from_second(i64::from(seconds)).ok()))
}

/// When the newest transaction of a file was made, by its server's clock; none where it has none.
pub fn newest(name: &str, path: &Path) -> Result<Option<Timestamp>, SourceError> {
    let mut newest = None;
    walk(name, path, &mut |event| {
        if let Kind::Gtid { .. } = &event.kind {
            newest = newest.max(Timestamp::from_second(event.seconds.into()).ok());
        }
        true
    })?;
    Ok(newest)
}

/// Whether the file of this place is the one in which a set was taken: its transactions up to there
/// end with those that the set notes.
pub fn fits(path: &Path, start: &Position, noted: &[Gtid]) -> Result<bool, SourceError> {
    let (mut state, mut reached) = (State::default(), 0);
    walk(&start.file, path, &mut |event| {
        if event.end > start.at {
            return false;
        }
        match &event.kind {
            Kind::Before(before) => state = before.clone(),
            Kind::Gtid { gtid, .. } => state.add(*gtid),
            _ => {}
        }
        reached = event.end;
        true
    })?;
    let is_same = noted.iter().all(|gtid| state.ends_with(*gtid));
    Ok(reached == start.at && is_same && (!noted.is_empty() || state == State::default()))
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
    for (name, path) in files {
        let is_last = span.files.last() == Some(path);
        walk(name, path, &mut |event| {
            if *name == start.file && event.end <= start.at {
                return true;
            }
            is_behind |= span.before.is_some() && is_last && event.at >= span.to;
            let is_earlier = i64::from(event.seconds) < to.as_second();
            match &event.kind {
                Kind::Gtid { gtid, .. } if is_behind && is_earlier => {
                    times.earlier += 1;
                    times.first.get_or_insert(*gtid);
                }
                Kind::Query { database: used, is_in_server_zone: true, .. } if !is_behind => {
                    times.in_server_zone += u64::from(used == database.as_bytes());
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
