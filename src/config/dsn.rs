//! Reads how to reach a PostgreSQL database.
//!
//! Held to what our own client understands: a name that `pg_dump` alone accepts would dump a
//! database that the inventory then cannot reach.

use crate::base::written::{DsnProblem, check_dsn};
use crate::config::decode::Cursor;
use crate::config::problem::Complaint;

/// A connection string that names its database and holds no password. Neither it nor what the
/// parser says about it is repeated: both may hold a password that stands in the wrong place.
pub(super) fn dsn(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    let Err(problem) = check_dsn(&text) else { return Some(text) };
    let complaint = match problem {
        DsnProblem::Malformed => Complaint::error("config-dsn").hint("config-dsn-hint"),
        DsnProblem::Password => {
            Complaint::error("config-dsn-password").hint("config-dsn-password-hint")
        }
        DsnProblem::NoDatabase => Complaint::error("config-dsn-database").hint("config-dsn-hint"),
        // The dump and its inventory must come from one server.
        DsnProblem::SeveralHosts => Complaint::error("config-dsn-hosts").hint("config-dsn-hint"),
        DsnProblem::Options => {
            Complaint::error("config-dsn-options").hint("config-dsn-options-hint")
        }
        DsnProblem::Tls => Complaint::error("config-dsn-tls").hint("config-dsn-tls-hint"),
    };
    value.refuse(complaint.secret())
}
