//! Rights that following a binary log takes, and replaying it.

use crate::source::error::SourceError;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::grants::line::Grant;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::Family;

/// Rights that following the binary log takes, each with those that stand for it too.
const FOLLOWING: [&[&str]; 2] =
    [&["BINLOG MONITOR", "REPLICATION CLIENT", "SUPER"], &["REPLICATION SLAVE"]];

/// Rights that replaying a log of MySQL takes: to say events, and under which clock and number of a
/// connection they were said.
const REPLAYING: [&[&str]; 2] = [
    &["REPLICATION_APPLIER", "BINLOG_ADMIN", "SUPER"],
    &["SESSION_VARIABLES_ADMIN", "SYSTEM_VARIABLES_ADMIN", "SUPER"],
];

/// Fails when the account may not follow the binary log.
pub(in crate::source::mariadb) fn check_following(
    session: &mut Session,
    server: &str,
) -> Result<(), SourceError> {
    // What only the one maker's server knows.
    let other = if session.family == Family::Mysql { "BINLOG MONITOR" } else { "" };
    match lacking(session, FOLLOWING, other)? {
        None => Ok(()),
        Some(rights) => Err(MariadbFault::LogRights { rights, server: server.to_owned() }.into()),
    }
}

/// Fails when the account may not replay a log of MySQL.
pub(in crate::source::mariadb) fn check_replaying(
    session: &mut Session,
    server: &str,
) -> Result<(), SourceError> {
    match lacking(session, REPLAYING, "")? {
        None => Ok(()),
        Some(rights) => {
            Err(MariadbFault::LogReplayRights { rights, server: server.to_owned() }.into())
        }
    }
}

/// Which of these rights the account lacks on everything, each by the first name that its server
/// knows.
fn lacking(
    session: &mut Session,
    wanted: [&[&'static str]; 2],
    other: &str,
) -> Result<Option<String>, SourceError> {
    let lines = session.rows("ask for rights", "SHOW GRANTS")?;
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    let grants: Vec<Grant<'_>> = lines.iter().filter_map(|line| Grant::read(line)).collect();
    let everywhere = |right: &&str| grants.iter().any(|g| g.level == "*.*" && g.gives(right));
    let missing: Vec<&str> = wanted
        .into_iter()
        .filter(|rights| !rights.iter().any(everywhere))
        .filter_map(|rights| rights.iter().copied().find(|right| *right != other))
        .collect();
    Ok((!missing.is_empty()).then(|| missing.join(", ")))
}
