//! What identifies a MariaDB or MySQL server, so that nothing is restored over production.
//!
//! Stored as one line of JSON in the facts of a dump. MariaDB's `server_uid` is not asked: it is
//! made from the machine's network card, and two servers on one machine may share it.

use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;
use crate::source::Identity;
use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::Family;

/// Servers tell their age in whole seconds, read a moment apart.
const START_SECONDS: u64 = 2;

/// The identity of a server and of one database on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fingerprint {
    /// Drawn by a MySQL server when it first starts; MariaDB has none.
    pub server_uuid: Option<String>,
    /// The number that replication knows it by.
    pub server_id: String,
    /// Where the server keeps its files, on its host.
    pub data_directory: String,
    /// What the server's host calls itself.
    pub host: String,
    /// When the server process started, in seconds since 1970.
    pub started: u64,
    /// The database.
    pub database: String,
}

impl Fingerprint {
    pub(super) fn of(session: &mut Session, settings: &Settings) -> Result<Self, SourceError> {
        let act = "ask for the server's identity";
        let missing = || SourceError::from(MariadbFault::Gone { act });
        let sql = "SELECT @@server_id, @@datadir, @@hostname, UNIX_TIMESTAMP()";
        let row = session.rows(act, sql)?.pop().ok_or_else(missing)?;
        let [id, folder, host, now]: [String; 4] = row.try_into().map_err(|_| missing())?;
        let uptime = session.rows(act, "SHOW GLOBAL STATUS LIKE 'Uptime'")?.pop();
        let uptime = uptime.and_then(|row| row.get(1)?.parse::<u64>().ok()).ok_or_else(missing)?;
        let server_uuid = match session.family {
            Family::Mysql => Some(session.value(act, "SELECT @@server_uuid")?),
            Family::Mariadb => None,
        };
        let now: u64 = now.parse().map_err(|_| missing())?;
        Ok(Self {
            server_uuid,
            server_id: id,
            data_directory: folder,
            host,
            started: now.saturating_sub(uptime),
            database: settings.database.clone(),
        })
    }

    pub(super) fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a struct of texts and numbers has no case JSON lacks")
    }

    /// The server as its log knows it: the same after a restart and for every database, at most 24
    /// letters that any store takes. A MySQL server keeps the number that it has drawn, wherever it
    /// is moved, and its transactions are counted by it.
    pub(super) fn system(&self) -> String {
        if let Some(uuid) = &self.server_uuid {
            return format!("mysql-{}", &Digest::of(uuid.as_bytes()).to_string()[..16]);
        }
        let names = [self.server_id.as_str(), &self.host, &self.data_directory].join("\0");
        format!("mariadb-{}", &Digest::of(names.as_bytes()).to_string()[..16])
    }

    /// The same of a stored fingerprint.
    pub fn system_of(stored: &str) -> Option<String> {
        serde_json::from_str::<Self>(stored).ok().map(|known| known.system())
    }

    /// The database that a stored fingerprint names.
    pub fn database(stored: &str) -> Option<String> {
        serde_json::from_str::<Self>(stored).ok().map(|known| known.database)
    }

    /// Whether this live server is the one whose fingerprint was stored. The database is not
    /// asked: a scratch database on production's server still takes its disk and its memory.
    pub fn identity(&self, stored: &str) -> Identity {
        let Ok(known) = serde_json::from_str::<Self>(stored) else { return Identity::Unknown };
        let is_same_host = self.host == known.host;
        let is_same_folder = self.data_directory == known.data_directory;
        let is_same_start = self.started.abs_diff(known.started) <= START_SECONDS;
        match (&self.server_uuid, &known.server_uuid) {
            (Some(live), Some(stored)) if live == stored => return Identity::Production,
            (Some(_), Some(_)) => return Identity::Different,
            _ => {}
        }
        match (is_same_host, is_same_folder) {
            (true, true) => Identity::Production,
            // Another folder on the same host cannot be the same server.
            (true, false) => Identity::Different,
            // Production under another name of its host.
            (false, true) if is_same_start => Identity::Production,
            // It may be production moved to another machine.
            (false, _) => Identity::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(uuid: Option<&str>, folder: &str, host: &str, started: u64) -> Fingerprint {
        Fingerprint {
            server_uuid: uuid.map(str::to_owned),
            server_id: "1".to_owned(),
            data_directory: folder.to_owned(),
            host: host.to_owned(),
            started,
            database: "portal".to_owned(),
        }
    }

    #[test]
    fn production_is_recognized_and_doubt_is_said() {
        let known = print(None, "/data/", "a", 100).to_line();
        let check = |live: Fingerprint, expected| assert_eq!(live.identity(&known), expected);
        check(print(None, "/data/", "a", 900), Identity::Production); // restarted
        check(print(None, "/data/", "b", 101), Identity::Production); // the host was renamed
        check(print(None, "/other/", "a", 100), Identity::Different);
        check(print(None, "/data/", "b", 900), Identity::Unknown);
        check(print(None, "/other/", "b", 900), Identity::Unknown);
        let known = print(Some("u"), "/data/", "a", 100).to_line();
        let check = |live: Fingerprint, expected| assert_eq!(live.identity(&known), expected);
        check(print(Some("u"), "/copy/", "b", 900), Identity::Production);
        check(print(Some("v"), "/data/", "a", 900), Identity::Different);
        assert_eq!(print(None, "d", "h", 1).identity("garbage"), Identity::Unknown);
    }
}
