//! How far a server has written its log, and what it says of handing it over.
//!
//! Guarantees: every call ends within [`LIMIT`]; nothing is changed on the server. Any role may ask
//! all of it but how many files wait, which members of `pg_monitor` may.

use std::time::Duration;

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::session::Session;
use crate::source::postgres::stream::slot::{self, Slot};
use crate::source::postgres::wal::{Kind, Name, is_length};
use crate::world::World;

/// A healthy server answers in milliseconds; who waits longer for it keeps others waiting.
const LIMIT: Duration = Duration::from_secs(20);

/// One statement: its snapshot is taken before its functions are called, so that the log up to the
/// position holds the end of every transaction that the snapshot takes for ended.
const WRITTEN: &str = "SELECT system_identifier, pg_walfile_name(pg_current_wal_insert_lsn()), \
    pg_current_wal_insert_lsn(), pg_current_snapshot(), \
    pg_size_bytes(current_setting('wal_segment_size')), current_setting('archive_mode') \
    FROM pg_control_system()";

const ARCHIVER: &str = "SELECT last_archived_wal, \
    (extract(epoch FROM last_archived_time) * 1000)::bigint, last_failed_wal, \
    (extract(epoch FROM last_failed_time) * 1000)::bigint FROM pg_stat_archiver";

const MAY_COUNT: &str =
    "SELECT has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE')::int";

const READY: &str = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'";

/// What a server says of its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its system identifier.
    pub system: u64,
    /// The timeline that it writes.
    pub timeline: u32,
    /// Bytes of a segment.
    pub segment: u64,
    /// How far it has written, as an address in the log.
    pub position: u64,
    /// Stands for which transactions had ended. Two that are equal: none ended in between.
    pub ended: Digest,
    /// Whether `archive_mode` is on.
    pub archives: bool,
    /// The segment that it handed over last, as it says itself.
    pub archived: Option<Name>,
    /// The file that it failed to hand over, and when, if nothing has succeeded since.
    pub failing: Option<(String, Timestamp)>,
    /// Files that wait to be handed over; absent where the role may not ask.
    pub ready: Option<u64>,
    /// The replication slot that was asked for, if there is one of that name.
    pub slot: Option<Slot>,
}

/// Asks the server, also for a slot of this name. A standby is refused: what it has replayed is not
/// what production has written.
pub fn progress(
    settings: &Settings,
    slot: Option<&str>,
    world: &World,
) -> Result<Progress, SourceError> {
    let session = Session::open_within(settings, world, LIMIT)?;
    let act = "ask how far the log is";
    if session.value(act, "SELECT pg_is_in_recovery()::int")? == "1" {
        return Err(SourceError::Dsn { reason: "the server is a standby".to_owned() });
    }
    let server = settings.server();
    let slot = slot.map(|slot| slot::find(&session, &server, slot)).transpose()?.flatten();
    // Whatever answers with something else is not the server we connected to.
    let unclear = || SourceError::Gone { act };
    let rows = session.rows(act, WRITTEN)?;
    let row = rows.first().ok_or_else(unclear)?;
    let text = |column: usize| row.get(column).and_then(Option::as_deref).ok_or_else(unclear);
    let number = |column: usize| text(column)?.parse::<u64>().map_err(|_| unclear());
    let (ready, archiver) = (ready(&session)?, session.rows(act, ARCHIVER)?);
    let said = Archiver::read(archiver.first().map_or(&[], Vec::as_slice));
    Ok(Progress {
        system: number(0)?,
        timeline: Name::parse(text(1)?).ok_or_else(unclear)?.timeline,
        position: Position::parse(text(2)?).ok_or_else(unclear)?.0,
        ended: Digest::of(text(3)?.as_bytes()),
        segment: Some(number(4)?).filter(|bytes| is_length(*bytes)).ok_or_else(unclear)?,
        archives: text(5)? != "off",
        archived: said.archived,
        failing: said.failing,
        ready,
        slot,
    })
}

fn ready(session: &Session) -> Result<Option<u64>, SourceError> {
    let act = "count what waits";
    if session.value(act, MAY_COUNT)? != "1" {
        return Ok(None);
    }
    Ok(session.value(act, READY)?.parse().ok())
}

struct Archiver {
    archived: Option<Name>,
    failing: Option<(String, Timestamp)>,
}

impl Archiver {
    fn read(row: &[Option<String>]) -> Self {
        let text = |column: usize| row.get(column).and_then(Option::as_deref);
        let time = |column| Timestamp::from_millisecond(text(column)?.parse().ok()?).ok();
        let (archived_at, failed_at) = (time(1), time(3));
        let is_failing = match (archived_at, failed_at) {
            (Some(archived), Some(failed)) => failed > archived,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        let archived = text(0).and_then(Name::parse);
        Self {
            archived: archived.filter(|name| matches!(name.kind, Kind::Segment(_))),
            failing: text(2)
                .map(|name| name.chars().take(64).collect())
                .zip(failed_at)
                .filter(|_| is_failing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_fails_as_long_as_nothing_has_succeeded_since() {
        let (first, second) = ("000000010000000000000001", "000000010000000000000002");
        let read = |archived: Option<&str>, failed: Option<&str>| {
            let row = [archived.and(Some(first)), archived, failed.and(Some(second)), failed];
            let said = Archiver::read(&row.map(|text| text.map(str::to_owned)));
            (said.archived.is_some(), said.failing.map(|(name, _)| name))
        };
        assert_eq!(read(None, None), (false, None));
        assert_eq!(read(Some("2000"), None), (true, None));
        assert_eq!(read(Some("2000"), Some("1000")), (true, None));
        assert_eq!(read(Some("2000"), Some("3000")), (true, Some(second.to_owned())));
        assert_eq!(read(None, Some("3000")), (false, Some(second.to_owned())));
        assert_eq!(Archiver::read(&[]).failing, None);
    }
}
