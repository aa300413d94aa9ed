//! Reads how to reach a PostgreSQL database.
//!
//! Held to what our own client understands: a name that `pg_dump` alone accepts would dump a
//! database that the inventory then cannot reach.

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::config::decode::Cursor;
use crate::config::problem::Complaint;

/// A connection string that names its database and holds no password. Neither it nor what the
/// parser says about it is repeated: both may hold a password that stands in the wrong place.
pub(super) fn dsn(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    let complaint = match text.parse() {
        Ok(config) => match problem(&config) {
            Some(complaint) => complaint,
            None => return Some(text),
        },
        Err(_) => Complaint::error("config-dsn").hint("config-dsn-hint"),
    };
    value.refuse(complaint.secret())
}

fn problem(config: &Config) -> Option<Complaint> {
    let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
    Some(if config.get_password().is_some() {
        Complaint::error("config-dsn-password").hint("config-dsn-password-hint")
    } else if config.get_dbname().is_none_or(str::is_empty) {
        // The server would take the role's name: a change of role would back up another database.
        Complaint::error("config-dsn-database").hint("config-dsn-hint")
    } else if hosts > 1 {
        // The dump and its inventory must come from one server.
        Complaint::error("config-dsn-hosts").hint("config-dsn-hint")
    } else if config.get_options().is_some() {
        Complaint::error("config-dsn-options").hint("config-dsn-options-hint")
    } else if config.get_ssl_mode() == SslMode::Require {
        Complaint::error("config-dsn-tls").hint("config-dsn-tls-hint")
    } else {
        return None;
    })
}
