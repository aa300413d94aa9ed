//! Reads how to reach a PostgreSQL database.
//!
//! Held to what our own client understands: a name that `pg_dump` alone accepts would dump a
//! database that the inventory then cannot reach.

use crate::config::decode::Cursor;
use crate::config::problem::Complaint;

/// A connection string that names its database and holds no password. Its line is never quoted.
pub(super) fn dsn(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    let config: tokio_postgres::Config = match text.parse() {
        Ok(config) => config,
        Err(error) => {
            let detail = crate::base::fault::chain(&error);
            let complaint = Complaint::error("config-dsn").text("detail", detail).secret();
            return value.refuse(complaint.hint("config-dsn-hint"));
        }
    };
    if config.get_password().is_some() {
        let complaint = Complaint::error("config-dsn-password").secret();
        return value.refuse(complaint.hint("config-dsn-password-hint"));
    }
    // Without a name the server takes the role's: a change of role would back up another database.
    if config.get_dbname().is_none_or(str::is_empty) {
        let complaint = Complaint::error("config-dsn-database").secret();
        return value.refuse(complaint.hint("config-dsn-hint"));
    }
    if config.get_hosts().is_empty() {
        let complaint = Complaint::error("config-dsn-host").secret();
        return value.refuse(complaint.hint("config-dsn-hint"));
    }
    Some(text)
}
