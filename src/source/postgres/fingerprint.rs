//! What identifies a PostgreSQL server, so that nothing is restored over production.
//!
//! Stored as one line of JSON in the facts of a dump.

use serde::{Deserialize, Serialize};
use tokio_postgres::config::Host;

use crate::source::Identity;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::session::Session;

/// The identity of a server and of one database on it. What the role may not ask is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fingerprint {
    /// Drawn by `initdb`; the same on physical copies.
    pub system_identifier: Option<String>,
    /// Where the server keeps its files, on its host.
    pub data_directory: Option<String>,
    /// When the server process started, in UTC.
    pub started: String,
    /// The server's address; for a socket, this host's name.
    pub host: String,
    /// The database.
    pub database: String,
}

impl Fingerprint {
    pub(super) fn of(session: &Session, settings: &Settings) -> Result<Self, SourceError> {
        let act = "ask for the server's identity";
        // Each is asked alone: some are for privileged roles only, and a refusal is an answer.
        let maybe = |sql: &str| match session.value(act, sql) {
            Ok(value) if value.is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(SourceError::Query { .. }) => Ok(None),
            Err(other) => Err(other),
        };
        let config = settings.config()?;
        let local = matches!(config.get_hosts().first(), Some(Host::Unix(_)));
        let host = if local {
            rustix::system::uname().nodename().to_string_lossy().into_owned()
        } else {
            maybe("SELECT host(inet_server_addr())")?.unwrap_or_else(|| settings.server())
        };
        Ok(Self {
            system_identifier: maybe("SELECT system_identifier FROM pg_control_system()")?,
            data_directory: maybe("SELECT current_setting('data_directory')")?,
            started: session.value(act, "SELECT pg_postmaster_start_time()")?,
            host,
            database: config.get_dbname().unwrap_or_default().to_owned(),
        })
    }

    pub(super) fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a struct of texts has no case that JSON lacks")
    }

    /// Whether this live server is the one whose fingerprint was stored. The database is not
    /// asked: a scratch database on production's server still takes its disk and its memory.
    pub fn identity(&self, stored: &str) -> Identity {
        let Ok(known) = serde_json::from_str::<Self>(stored) else { return Identity::Unknown };
        let both = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => Some(a == b),
            _ => None,
        };
        let system = both(&self.system_identifier, &known.system_identifier);
        let folder = both(&self.data_directory, &known.data_directory);
        let same_host = self.host == known.host;
        // The start time is to the microsecond: no two servers share it.
        if system == Some(true) || self.started == known.started {
            return Identity::Production;
        }
        match (system, folder) {
            (Some(false), _) => Identity::Different,
            (None, Some(true)) if same_host => Identity::Production,
            // Another folder on the same host cannot be the same server; on another host it may
            // be production moved, or seen under another address.
            (None, Some(false)) if same_host => Identity::Different,
            _ => Identity::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(system: Option<&str>, folder: Option<&str>, started: &str, host: &str) -> Fingerprint {
        Fingerprint {
            system_identifier: system.map(str::to_owned),
            data_directory: folder.map(str::to_owned),
            started: started.to_owned(),
            host: host.to_owned(),
            database: "portal".to_owned(),
        }
    }

    #[test]
    fn production_is_recognized_and_doubt_is_said() {
        let known = print(Some("1"), Some("/data"), "t0", "a").to_line();
        let check = |live: Fingerprint, expected| assert_eq!(live.identity(&known), expected);
        check(print(Some("1"), Some("/data"), "t9", "a"), Identity::Production); // restarted
        check(print(Some("1"), Some("/copy"), "t9", "b"), Identity::Production); // standby or clone
        check(print(Some("2"), Some("/data"), "t9", "a"), Identity::Different);
        check(print(None, None, "t0", "b"), Identity::Production);
        check(print(None, Some("/data"), "t9", "a"), Identity::Production);
        check(print(None, Some("/other"), "t9", "a"), Identity::Different);
        check(print(None, Some("/other"), "t9", "b"), Identity::Unknown);
        check(print(None, None, "t9", "a"), Identity::Unknown);
        assert_eq!(print(None, None, "t", "h").identity("garbage"), Identity::Unknown);
    }
}
