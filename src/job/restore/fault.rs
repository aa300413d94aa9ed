//! Why a restore was refused before anything of it was done.

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind};

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFault {
    /// Tables were chosen, and not exactly one database to load them into.
    #[error("tables were chosen without exactly one database")]
    NotOneDatabase,
    /// The set's database has no such table.
    #[error("database `{database}` of the set has no table `{table}`")]
    UnknownTable {
        /// The database.
        database: String,
        /// What was asked for.
        table: String,
        /// The nearest names, or the first ones.
        known: String,
    },
    /// Dumps of this engine cannot be taken apart.
    #[error("no single table can be taken out of a dump of `{engine}`")]
    NoTables {
        /// The engine.
        engine: String,
    },
    /// What is sealed can be read as a whole only, after it has been restored.
    #[error("no single table can be taken out of `{part}`, which is sealed")]
    SealedTables {
        /// The part of the set.
        part: String,
    },
    /// The target is, holds or lies in what duphong keeps itself: its state, or a repository.
    #[error("`{target}` is a folder of duphong's own")]
    OwnFolder {
        /// The target.
        target: String,
    },
    /// The target is, holds or lies in a source of another portal, of which the set to be taken as
    /// evidence would hold nothing.
    #[error("`{target}` belongs to portal `{portal}` too")]
    OtherPortal {
        /// The target.
        target: String,
        /// The other portal.
        portal: String,
    },
    /// Production would be written over, and no set of it could be taken before.
    #[error("no set of `{portal}` could be taken as evidence")]
    NoEvidence {
        /// The portal.
        portal: String,
        /// Why.
        why: AnyFault,
    },
}

impl Fault for RestoreFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NoEvidence { why, .. } => why.kind(),
            _ => FaultKind::User,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotOneDatabase => "restore.not-one-database",
            Self::UnknownTable { .. } => "restore.unknown-table",
            Self::NoTables { .. } => "restore.no-tables",
            Self::SealedTables { .. } => "restore.sealed-tables",
            Self::OwnFolder { .. } => "restore.own-folder",
            Self::OtherPortal { .. } => "restore.other-portal",
            Self::NoEvidence { .. } => "restore.no-evidence",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::NotOneDatabase => args,
            Self::UnknownTable { database, table, known } => {
                args.text("database", database).text("table", table).text("known", known)
            }
            Self::NoTables { engine } => args.text("engine", engine),
            Self::SealedTables { part } => args.text("part", part),
            Self::OwnFolder { target } => args.text("target", target),
            Self::OtherPortal { target, portal } => {
                args.text("target", target).text("portal", portal)
            }
            Self::NoEvidence { portal, .. } => args.text("portal", portal),
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::NoEvidence { why, .. } => Some(why.as_ref()),
            _ => None,
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::NoEvidence { why, .. } if why.exit() == ExitCode::Interrupted => {
                ExitCode::Interrupted
            }
            Self::NoEvidence { .. } => ExitCode::HumanNeeded,
            _ => ExitCode::Usage,
        }
    }
}
