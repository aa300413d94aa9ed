//! What a server is asked about its log, in the words of its maker.

use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::span::Position;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::{Family, Tool, series};
use crate::world::World;
use crate::world::process::Process;

/// The first MySQL whose log is followed: since then each transaction says how long it is.
const FIRST: u32 = 800;

/// The first MySQL that calls its log by its name.
const RENAMED: u32 = 802;

/// What an encrypted file has on its server's disk before its first byte.
const ENCRYPTION_BYTES: u64 = 512;

/// Whether the log of a server that says this of its version is followed and replayed.
pub(super) fn is_known(family: Family, version: &str) -> bool {
    family == Family::Mariadb || series(version) >= FIRST
}

/// Fails by name for a server whose log is not followed.
pub(super) fn check_known(session: &Session, settings: &Settings) -> Result<(), MariadbFault> {
    if is_known(session.family, &session.version) {
        return Ok(());
    }
    let (server, version) = (settings.server(), named(session.family, &session.version));
    Err(MariadbFault::LogMaker { server, version })
}

/// Maker and version, for people.
pub(super) fn named(family: Family, version: &str) -> String {
    match family {
        Family::Mariadb => version.to_owned(),
        Family::Mysql => format!("{} {version}", family.as_str()),
    }
}

/// Where a log ends, and what its server leaves out of it.
pub(super) struct Status {
    /// The end.
    pub(super) end: Position,
    /// Settings that leave changes out, each with its value.
    pub(super) filters: Vec<String>,
}

/// Asks for it; none where the server has no log.
pub(super) fn status(session: &mut Session) -> Result<Option<Status>, SourceError> {
    let is_renamed = session.family == Family::Mysql && series(&session.version) >= RENAMED;
    let asked = if is_renamed { "SHOW BINARY LOG STATUS" } else { "SHOW MASTER STATUS" };
    let row = session.rows("ask where the binary log ends", asked)?.into_iter().next();
    let Some(row) = row else { return Ok(None) };
    let value = |nth: usize| row.get(nth).cloned().unwrap_or_default();
    let (file, at) = (value(0), value(1).parse().ok());
    let filters = [("binlog-do-db", value(2)), ("binlog-ignore-db", value(3))];
    let filters = filters.into_iter().filter(|(_, value)| !value.is_empty());
    let mut filters: Vec<_> = filters.map(|(name, value)| format!("{name}={value}")).collect();
    filters.extend(unlogged(session, is_renamed)?);
    let at = at.filter(|_| !file.is_empty());
    Ok(at.map(|at| Status { end: Position { file, at }, filters }))
}

/// The setting by which a replica logs nothing of what it replicates, where the server is one now.
fn unlogged(session: &mut Session, is_renamed: bool) -> Result<Option<String>, SourceError> {
    let act = "ask whether it is a replica";
    let off = "SHOW GLOBAL VARIABLES WHERE Value = 'OFF' AND \
               Variable_name IN ('log_replica_updates', 'log_slave_updates')";
    let Some(off) = session.rows(act, off)?.into_iter().next() else { return Ok(None) };
    let is_replica = match session.family {
        // Who may follow its log may not ask it for more.
        Family::Mariadb => {
            let running = session.rows(act, "SHOW GLOBAL STATUS LIKE 'Slaves_running'")?;
            running.first().and_then(|row| row.get(1)).is_some_and(|count| count != "0")
        }
        Family::Mysql if is_renamed => !session.rows(act, "SHOW REPLICA STATUS")?.is_empty(),
        Family::Mysql => !session.rows(act, "SHOW SLAVE STATUS")?.is_empty(),
    };
    let name = off.first().map(|name| name.replace('_', "-"));
    Ok(name.filter(|_| is_replica).map(|name| name + "=OFF"))
}

/// The files that the server has, the oldest first, with the bytes that whoever follows it gets.
pub(super) fn files(session: &mut Session) -> Result<Vec<(String, u64)>, SourceError> {
    let rows = session.rows("list the binary logs", "SHOW BINARY LOGS")?;
    Ok(rows.iter().filter_map(|row| file(row)).collect())
}

fn file(row: &[String]) -> Option<(String, u64)> {
    let bytes: u64 = row.get(1)?.parse().ok()?;
    // Sent in the clear, it is shorter by that.
    let is_encrypted = row.get(2).is_some_and(|said| said == "Yes");
    let head = if is_encrypted { ENCRYPTION_BYTES } else { 0 };
    Some((row.first()?.clone(), bytes.saturating_sub(head)))
}

/// Whether each transaction gets a number, by which alone a hole is found.
pub(super) fn is_numbered(session: &mut Session) -> Result<bool, SourceError> {
    Ok(match session.family {
        Family::Mariadb => true,
        Family::Mysql => {
            session.value("ask for numbers of transactions", "SELECT @@global.gtid_mode")? == "ON"
        }
    })
}

/// The program of a server's maker that receives logs and turns them into statements.
pub(super) fn reader(
    settings: &Settings,
    family: Family,
    world: &World,
) -> Result<Process, SourceError> {
    let folder = settings.bin_dir.as_deref();
    match family {
        Family::Mariadb => Tool::find_plain(folder, &["mariadb-binlog"]),
        Family::Mysql => {
            let names = ["mysqlbinlog"];
            let tool = Tool::find(folder, &names, Some(family), world)?;
            // MariaDB's of this name does not say whose it is, and counts otherwise.
            if tool.series() >= FIRST {
                return Ok(tool.program());
            }
            let (program, found) = (names[0].to_owned(), tool.version);
            Err(MariadbFault::Programs { program, family: family.as_str(), found }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_its_server_encrypts_counts_as_it_is_sent() {
        let file = |row: &str| file(&row.split(' ').map(str::to_owned).collect::<Vec<_>>());
        // As MySQL 9.7 said it, and what came of these files.
        assert_eq!(file("bin.000001 1367 Yes"), Some(("bin.000001".to_owned(), 855)));
        assert_eq!(file("bin.000001 855 No"), Some(("bin.000001".to_owned(), 855)));
        assert_eq!(file("bin.000001 855"), Some(("bin.000001".to_owned(), 855)));
        assert_eq!(file("bin.000001 x"), None);
    }

    #[test]
    fn older_servers_of_mysql_are_not_known() {
        for version in ["5.7.44-log", "5.6.51", "", "nothing"] {
            assert!(!is_known(Family::of(version), version), "{version}");
        }
        for version in ["8.0.36-28", "9.7.4-2", "10.11.19-MariaDB-0+deb12u1-log"] {
            assert!(is_known(Family::of(version), version), "{version}");
        }
    }
}
