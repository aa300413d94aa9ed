//! Why a set could not be restored, or not all of it.

use std::path::PathBuf;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::repository::error::RepositoryError;
use crate::repository::id::SnapshotId;
use crate::repository::restore::Restored;
use crate::world::files::FileError;

/// Why a set could not be restored, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The repository could not be read.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The target could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else is in the target.
    #[error("the folder `{}` is not empty", target.display())]
    NotEmpty {
        /// The target.
        target: PathBuf,
    },
    /// The target holds an interrupted restore, and nobody said to go on with it.
    #[error("the folder `{}` holds an unfinished restore of `{set}`", target.display())]
    Unfinished {
        /// The target.
        target: PathBuf,
        /// The set that was being restored.
        set: String,
    },
    /// The target holds an interrupted restore of another set.
    #[error("the folder `{}` holds an unfinished restore of `{found}`, not of `{wanted}`", target.display())]
    OtherSet {
        /// The target.
        target: PathBuf,
        /// The set that was being restored.
        found: String,
        /// The set that was asked for.
        wanted: SnapshotId,
    },
    /// The set has nothing at a path that was asked for.
    #[error("the set has nothing at `{path}`")]
    NoSuchPath {
        /// The path.
        path: String,
    },
    /// The set has more entries than can be planned.
    #[error("the set has more than {most} entries")]
    TooManyEntries {
        /// The limit.
        most: u64,
    },
    /// Everything was restored but what the report names.
    #[error("{} paths of the set could not be restored", report.lost.len())]
    Incomplete {
        /// What was restored and what was not.
        report: Box<Restored>,
    },
    /// Someone asked to stop.
    #[error("interrupted")]
    Cancelled,
}

impl RestoreError {
    /// The gravest kind among what was lost: damage, if there was any.
    fn kind_of_loss(report: &Restored) -> FaultKind {
        let damaged = report.lost.iter().any(|lost| lost.fault.kind() == FaultKind::Integrity);
        if damaged { FaultKind::Integrity } else { FaultKind::Environment }
    }
}

impl Fault for RestoreError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Repository(error) => error.kind(),
            Self::File(error) => error.kind(),
            Self::NotEmpty { .. }
            | Self::Unfinished { .. }
            | Self::OtherSet { .. }
            | Self::NoSuchPath { .. }
            | Self::Cancelled => FaultKind::User,
            Self::TooManyEntries { .. } => FaultKind::Environment,
            Self::Incomplete { report } => Self::kind_of_loss(report),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Repository(error) => error.code(),
            Self::File(error) => error.code(),
            Self::NotEmpty { .. } => "restore.not-empty",
            Self::Unfinished { .. } => "restore.unfinished",
            Self::OtherSet { .. } => "restore.other-set",
            Self::NoSuchPath { .. } => "restore.no-such-path",
            Self::TooManyEntries { .. } => "restore.too-many-entries",
            Self::Incomplete { .. } => "restore.incomplete",
            Self::Cancelled => "restore.cancelled",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Repository(error) => error.args(),
            Self::File(error) => error.args(),
            Self::NotEmpty { target } => args.text("target", target.display()),
            Self::Unfinished { target, set } => {
                args.text("target", target.display()).text("set", set)
            }
            Self::OtherSet { target, found, wanted } => {
                args.text("target", target.display()).text("found", found).text("wanted", wanted)
            }
            Self::NoSuchPath { path } => args.text("path", path),
            Self::TooManyEntries { most } => args.number("most", *most),
            Self::Incomplete { report } => args.number("count", report.lost.len() as u64),
            Self::Cancelled => args,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Repository(error) => error.retry(),
            Self::File(error) => error.retry(),
            _ => Retry::Never,
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::Repository(error) => error.exit(),
            Self::File(error) => error.exit(),
            Self::Cancelled => ExitCode::Interrupted,
            other => match other.kind() {
                FaultKind::Integrity => ExitCode::Integrity,
                FaultKind::User => ExitCode::Usage,
                _ => ExitCode::Failed,
            },
        }
    }
}
