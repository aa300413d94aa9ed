//! What can be wrong with a binary log that is to be kept, or replayed.

use jiff::Timestamp;

use crate::base::fault::{Args, Fault, FaultKind, Retry};

/// Why a binary log is not kept, or nothing is restored by it.
#[derive(Debug, thiserror::Error)]
pub enum BinlogFault {
    /// A database is named by its portal and its name.
    #[error("`{database}` is not PORTAL/DATABASE")]
    NotADatabase {
        /// What was given.
        database: String,
    },
    /// The configuration does not want this database's log kept.
    #[error("the binary log of `{database}` is not kept: its configuration has no `binlog`")]
    NotKeptHere {
        /// The database.
        database: String,
    },
    /// A repository that must have it cannot be opened.
    #[error("the repository `{repository}` cannot be opened ({code}): {detail}")]
    Unopened {
        /// The repository.
        repository: String,
        /// The code of the fault.
        code: &'static str,
        /// English diagnostics.
        detail: String,
    },
    /// No set from which an instant can be reached.
    #[error("no set of `{portal}` from before {to} notes a place in a binary log of `{databases}`")]
    NoSet {
        /// The portal.
        portal: String,
        /// The instant.
        to: Timestamp,
        /// The databases.
        databases: String,
    },
    /// No set from which a transaction can be reached.
    #[error(
        "no set of `{portal}` from before {gtid} notes a place in a binary log of `{databases}`"
    )]
    NoSetBefore {
        /// The portal.
        portal: String,
        /// The transaction.
        gtid: String,
        /// The databases.
        databases: String,
    },
    /// Only MariaDB's databases are brought to an instant by loading them.
    #[error("`{database}` is no database of MariaDB, and no binary log brings it to an instant")]
    OtherEngine {
        /// The database.
        database: String,
    },
    /// Statements in the log name the database as it was called.
    #[error("`{database}` is called `{name}` in the log, and the target `{target}`")]
    OtherName {
        /// The database, as the configuration calls it.
        database: String,
        /// As the log calls it.
        name: String,
        /// As the target is called.
        target: String,
    },
    /// No kept log holds the place where the set was taken.
    #[error("no kept binary log of {system} holds {at}, where the set was taken")]
    NoLine {
        /// The server.
        system: String,
        /// The place.
        at: String,
    },
}

impl Fault for BinlogFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotADatabase { .. } | Self::OtherEngine { .. } | Self::OtherName { .. } => {
                FaultKind::User
            }
            Self::NotKeptHere { .. } => FaultKind::Config,
            Self::Unopened { .. }
            | Self::NoSet { .. }
            | Self::NoSetBefore { .. }
            | Self::NoLine { .. } => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotADatabase { .. } => "binlog.not-a-database",
            Self::NotKeptHere { .. } => "binlog.not-kept-here",
            Self::Unopened { .. } => "binlog.unopened",
            Self::NoSet { .. } => "binlog.no-set",
            Self::NoSetBefore { .. } => "binlog.no-set-before",
            Self::OtherEngine { .. } => "binlog.other-engine",
            Self::OtherName { .. } => "binlog.other-name",
            Self::NoLine { .. } => "binlog.no-line",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::NotADatabase { database }
            | Self::NotKeptHere { database }
            | Self::OtherEngine { database } => args.text("database", database),
            Self::Unopened { repository, code, detail } => {
                args.text("repository", repository).text("code", code).text("detail", detail)
            }
            Self::NoSet { portal, to, databases } => {
                args.text("portal", portal).time("to", *to).text("databases", databases)
            }
            Self::NoSetBefore { portal, gtid, databases } => {
                args.text("portal", portal).text("gtid", gtid).text("databases", databases)
            }
            Self::OtherName { database, name, target } => {
                args.text("database", database).text("name", name).text("target", target)
            }
            Self::NoLine { system, at } => args.text("system", system).text("at", at),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Unopened { .. } => Retry::Later,
            _ => Retry::Never,
        }
    }
}
