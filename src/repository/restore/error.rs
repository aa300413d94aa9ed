//! Why a set could not be restored, or not all of it.

use std::path::PathBuf;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, SnapshotId};
use crate::repository::restore::report::Restored;
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
    /// The target holds an interrupted restore that was asked for otherwise.
    #[error("the unfinished restore in `{}` was begun with other options", target.display())]
    OtherOptions {
        /// The target.
        target: PathBuf,
        /// What it was begun with, as it is typed.
        begun: String,
    },
    /// A folder of the set has something else in its place, or something else has a folder.
    #[error("`{}` is in the way", path.display())]
    InTheWay {
        /// What is in the way.
        path: PathBuf,
    },
    /// A symbolic link stands in place of a folder of the set. It is never followed.
    #[error("`{}` is a symbolic link in place of a folder", path.display())]
    LinkInTheWay {
        /// The link.
        path: PathBuf,
    },
    /// The index knows two lengths of one blob.
    #[error("blob `{id}` has another length than the index says")]
    Length {
        /// The blob.
        id: BlobId,
    },
    /// A file that was restored reads back with other content.
    #[error("`{}` reads back with other content than was written", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
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
            | Self::OtherOptions { .. }
            | Self::NoSuchPath { .. }
            | Self::Cancelled => FaultKind::User,
            Self::TooManyEntries { .. } | Self::InTheWay { .. } | Self::LinkInTheWay { .. } => {
                FaultKind::Environment
            }
            Self::Length { .. } | Self::Differs { .. } => FaultKind::Integrity,
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
            Self::OtherOptions { .. } => "restore.other-options",
            Self::InTheWay { .. } => "restore.in-the-way",
            Self::LinkInTheWay { .. } => "restore.link-in-the-way",
            Self::Length { .. } => "restore.length",
            Self::Differs { .. } => "restore.differs",
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
            Self::OtherOptions { target, begun } => {
                args.text("target", target.display()).text("begun", begun)
            }
            Self::InTheWay { path } | Self::LinkInTheWay { path } | Self::Differs { path } => {
                args.text("path", path.display())
            }
            Self::Length { id } => args.text("id", id),
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
