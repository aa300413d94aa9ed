//! What can be wrong with a log that is brought, or asked for.

use std::path::PathBuf;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind, Retry};
use crate::source::postgres::wal::NotASegment;

/// Why a file of a log is not kept, or not given back.
#[derive(Debug, thiserror::Error)]
pub enum WalFault {
    /// A database is named by its portal and its name.
    #[error("`{database}` is not PORTAL/DATABASE")]
    NotADatabase {
        /// What was given.
        database: String,
    },
    /// The configuration does not want this database's log kept.
    #[error("the log of `{database}` is not kept: its configuration has no `wal`")]
    NotKeptHere {
        /// The database.
        database: String,
    },
    /// The configuration does not want this database's log received.
    #[error("the log of `{database}` is not received: its configuration has no `wal.receive`")]
    NotReceived {
        /// The database.
        database: String,
    },
    /// Nothing on record says that the slot is ours.
    #[error("nothing on record says that the replication slot `{slot}` of `{database}` is ours")]
    SlotForeign {
        /// The database.
        database: String,
        /// The slot.
        slot: String,
    },
    /// PostgreSQL's logs have no file of this name.
    #[error("`{name}` is no name of a file of a write-ahead log")]
    Name {
        /// What was given.
        name: String,
    },
    /// The file is not the segment that its name says.
    #[error("`{name}` is not the segment that its name says")]
    NotASegment {
        /// The file.
        name: String,
        /// Why not.
        #[source]
        source: NotASegment,
    },
    /// The file is longer than any of its name, empty, or was cut short on the way.
    #[error("`{name}` has {length} bytes, which no such file has")]
    Length {
        /// The file.
        name: String,
        /// Its length.
        length: u64,
    },
    /// Nothing says which system a history or a label belongs to.
    #[error("`{}` does not say which system the log belongs to", path.display())]
    NoSystem {
        /// Where it should stand.
        path: PathBuf,
    },
    /// The segment is of another system than was announced.
    #[error("`{name}` is a segment of system {found}, not of {announced}")]
    OtherSystem {
        /// The file.
        name: String,
        /// Whose it is.
        found: u64,
        /// Whose it should be.
        announced: u64,
    },
    /// The daemon did not keep it.
    #[error("the daemon did not keep `{name}` ({code}): {detail}")]
    Refused {
        /// The file.
        name: String,
        /// The code of its fault.
        code: String,
        /// Its English diagnostics.
        detail: String,
        /// Whether what was brought contradicts what is kept, or itself.
        differs: bool,
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
    /// The history of a timeline does not say where it began.
    #[error("`{name}` is no history of a timeline")]
    History {
        /// The file.
        name: String,
    },
    /// No repository has a byte of the file.
    #[error("`{name}` is not kept")]
    Missing {
        /// The file.
        name: String,
    },
    /// Several systems have logs there, and nobody said which is meant.
    #[error("logs of several systems are kept in `{repository}`: {systems}")]
    Systems {
        /// The repository.
        repository: String,
        /// Their identifiers.
        systems: String,
    },
    /// Somebody holds what is stored there.
    #[error("portal `{portal}`, which stores in `{repository}`, is held by {by}")]
    Held {
        /// The repository.
        repository: String,
        /// The portal.
        portal: String,
        /// Who holds it.
        by: String,
    },
    /// The file is kept, or may be, and could not be given: recovery must not take this for the
    /// end of the log.
    #[error("`{name}` could not be given back")]
    Halt {
        /// The file.
        name: String,
        /// Why.
        beneath: AnyFault,
    },
}

impl Fault for WalFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotADatabase { .. } | Self::Name { .. } | Self::Systems { .. } => FaultKind::User,
            Self::NotKeptHere { .. } | Self::NotReceived { .. } | Self::SlotForeign { .. } => {
                FaultKind::Config
            }
            Self::Held { .. }
            | Self::Refused { differs: false, .. }
            | Self::NoSystem { .. }
            | Self::Unopened { .. }
            | Self::Missing { .. } => FaultKind::Environment,
            Self::Refused { differs: true, .. }
            | Self::NotASegment { .. }
            | Self::Length { .. }
            | Self::OtherSystem { .. }
            | Self::History { .. } => FaultKind::Integrity,
            Self::Halt { beneath, .. } => beneath.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotADatabase { .. } => "wal.not-a-database",
            Self::NotKeptHere { .. } => "wal.not-kept-here",
            Self::NotReceived { .. } => "wal.not-received",
            Self::SlotForeign { .. } => "wal.slot-foreign",
            Self::Name { .. } => "wal.name",
            Self::NotASegment { .. } => "wal.not-a-segment",
            Self::Length { .. } => "wal.length",
            Self::NoSystem { .. } => "wal.no-system",
            Self::OtherSystem { .. } => "wal.other-system",
            Self::Unopened { .. } => "wal.unopened",
            Self::Refused { .. } => "wal.refused",
            Self::History { .. } => "wal.history",
            Self::Missing { .. } => "wal.missing",
            Self::Systems { .. } => "wal.systems",
            Self::Held { .. } => "wal.held",
            Self::Halt { .. } => "wal.halt",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::NotADatabase { database }
            | Self::NotKeptHere { database }
            | Self::NotReceived { database } => args.text("database", database),
            Self::SlotForeign { database, slot } => {
                args.text("database", database).text("slot", slot)
            }
            Self::Name { name }
            | Self::History { name }
            | Self::Missing { name }
            | Self::Halt { name, .. } => args.text("name", name),
            Self::NotASegment { name, source } => args.text("name", name).text("reason", source),
            Self::Length { name, length } => args.text("name", name).number("length", *length),
            Self::NoSystem { path } => args.text("path", path.display()),
            Self::OtherSystem { name, found, announced } => {
                args.text("name", name).text("found", found).text("announced", announced)
            }
            Self::Refused { name, code, detail, .. } => {
                args.text("name", name).text("code", code).text("detail", detail)
            }
            Self::Unopened { repository, code, detail } => {
                args.text("repository", repository).text("code", code).text("detail", detail)
            }
            Self::Held { repository, portal, by } => {
                args.text("repository", repository).text("portal", portal).text("by", by)
            }
            Self::Systems { repository, systems } => {
                args.text("repository", repository).text("systems", systems)
            }
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Halt { beneath, .. } => beneath.retry(),
            _ => Retry::Never,
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Halt { beneath, .. } => Some(&**beneath),
            _ => None,
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            // The answer that PostgreSQL's `restore_command` is to give to what is not there.
            Self::Missing { .. } => ExitCode::Failed,
            Self::Halt { .. } => ExitCode::Halt,
            _ => match self.kind() {
                FaultKind::User => ExitCode::Usage,
                FaultKind::Config => ExitCode::Configuration,
                FaultKind::Environment => ExitCode::Failed,
                FaultKind::Integrity => ExitCode::Integrity,
                FaultKind::Bug => ExitCode::Bug,
            },
        }
    }
}
