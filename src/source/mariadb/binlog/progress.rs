//! How far a server has written its binary log.
//!
//! Guarantees: nothing is changed on the server. The transactions are asked for before the place:
//! the log up to the place holds every one of them, and as long as two answers name the same
//! transactions, none has ended between them.

use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::span::Position;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::fingerprint::Fingerprint;
use crate::source::mariadb::grants;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::Family;
use crate::world::World;

/// What a server says of its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The server as its log knows it.
    pub system: String,
    /// The last transaction of each server in each domain, as the server writes them.
    pub ended: String,
    /// Where the log ends.
    pub end: Position,
    /// The files that the server has, the oldest first, with their bytes; the last one grows.
    pub files: Vec<(String, u64)>,
}

/// Asks the server. Fails with a name for a log that is off, and for rights that are missing.
pub fn progress(settings: &Settings, world: &World) -> Result<Progress, SourceError> {
    let act = "ask how far the binary log is";
    let mut session = Session::open_server(settings, world)?;
    let off = || MariadbFault::LogOff { server: settings.server() };
    let is_on = session.value(act, "SELECT @@log_bin")? == "1";
    if session.family != Family::Mariadb || !is_on {
        return Err(off().into());
    }
    grants::check_following(&mut session, &settings.server())?;
    let system = Fingerprint::of(&mut session, settings)?.system();
    let ended = session.value(act, "SELECT @@global.gtid_binlog_state")?;
    let status = session.rows(act, "SHOW MASTER STATUS")?.into_iter().next().ok_or_else(off)?;
    let [file, at] = [0, 1].map(|column: usize| status.get(column).cloned().unwrap_or_default());
    let at = at.parse().map_err(|_| off())?;
    let rows = session.rows(act, "SHOW BINARY LOGS")?;
    let file_of = |row: Vec<String>| Some((row.first()?.clone(), row.get(1)?.parse().ok()?));
    let files: Vec<(String, u64)> = rows.into_iter().filter_map(file_of).collect();
    if files.is_empty() || file.is_empty() {
        return Err(off().into());
    }
    Ok(Progress { system, ended, end: Position { file, at }, files })
}
