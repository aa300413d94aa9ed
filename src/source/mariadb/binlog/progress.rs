//! How far a server has written its binary log.
//!
//! Guarantees: nothing is changed on the server. The transactions are asked for before the place:
//! the log up to the place holds every one of them, and as long as two answers name the same
//! transactions, none has ended between them.

use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::server;
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
    /// Which transactions there are, as the server writes it: the last of each server in each domain,
    /// or all by server and tag.
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
    server::check_known(&session, settings)?;
    if session.value(act, "SELECT @@log_bin")? != "1" {
        return Err(off().into());
    }
    grants::check_following(&mut session, &settings.server())?;
    let system = Fingerprint::of(&mut session, settings)?.system();
    if !server::is_numbered(&mut session)? {
        return Err(MariadbFault::LogUnnumbered { server: settings.server() }.into());
    }
    let ended = match session.family {
        Family::Mariadb => session.value(act, "SELECT @@global.gtid_binlog_state")?,
        // It breaks lines between the servers.
        Family::Mysql => session.value(act, "SELECT REPLACE(@@global.gtid_executed, '\\n', '')")?,
    };
    let end = server::status(&mut session)?.ok_or_else(off)?.end;
    let files = server::files(&mut session)?;
    if files.is_empty() {
        return Err(off().into());
    }
    Ok(Progress { system, ended, end, files })
}
