//! What can go wrong with a repository.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::repository::blob::BlobKind;
use crate::repository::id::{BlobId, PackId};
use crate::repository::malformed::Malformed;
use crate::store::StoreError;

/// Why a repository could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// There is no repository in this store.
    #[error("there is no repository at `{place}`")]
    Missing {
        /// The store.
        place: String,
    },
    /// There is one already.
    #[error("there is already a repository at `{place}`")]
    Exists {
        /// The store.
        place: String,
    },
    /// The store holds parts of a repository, but no config: it must not be made anew.
    #[error("the config of the repository at `{place}` is lost")]
    ConfigLost {
        /// The store.
        place: String,
    },
    /// The password opens none of the keys.
    #[error("the password opens none of the {keys} keys of the repository at `{place}`")]
    WrongKey {
        /// The store.
        place: String,
        /// How many keys were tried.
        keys: u64,
    },
    /// There are so many key files, or such costly ones, that not all were tried.
    #[error(
        "the password opens none of {tried} keys of the repository at `{place}`, and not all of the {keys} were tried"
    )]
    TooManyKeys {
        /// The store.
        place: String,
        /// How many were tried.
        tried: u64,
        /// How many there are.
        keys: u64,
    },
    /// The repository has another version than ours.
    #[error("version {version} of the repository format is not supported")]
    Version {
        /// Its version.
        version: u32,
    },
    /// An object is not what its name or the format says.
    #[error("object `{object}` is damaged")]
    Damaged {
        /// The object's name.
        object: String,
        /// What is wrong with it.
        #[source]
        source: Malformed,
    },
    /// Our own bytes came out wrong: a defect of memory, processor or program.
    #[error("what was written does not read back")]
    SelfCheck {
        /// What is wrong.
        #[source]
        source: Malformed,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Someone else holds a lock that excludes ours.
    #[error("the repository is locked by process {pid} of `{user}` on `{host}` since {since}")]
    Locked {
        /// The holder's machine.
        host: String,
        /// The holder's process.
        pid: u64,
        /// The holder's account.
        user: String,
        /// When the lock was made or last refreshed.
        since: Timestamp,
    },
    /// Our lock could not be refreshed in time, or someone removed it.
    #[error("the lock on the repository was lost; it was last refreshed at {since}")]
    LockLost {
        /// When it was last refreshed.
        since: Timestamp,
    },
    /// Another program replaced the index while we relied on it.
    #[error("index file `{object}` was removed by another program meanwhile")]
    Overtaken {
        /// The index file.
        object: String,
    },
    /// There is data and nothing that says what of it is needed.
    #[error("the repository `{place}` holds data and not a single snapshot")]
    NoSets {
        /// Where it is.
        place: String,
    },
    /// No snapshot has an id that begins so.
    #[error("no snapshot has an id that begins with `{prefix}`")]
    NoSnapshot {
        /// What was asked for.
        prefix: String,
    },
    /// Several do.
    #[error("{count} snapshots have an id that begins with `{prefix}`")]
    AmbiguousSnapshot {
        /// What was asked for.
        prefix: String,
        /// How many there are.
        count: u64,
    },
    /// The index does not know a blob that is needed.
    #[error("{kind:?} blob `{id}` is in no pack that the index knows")]
    BlobUnknown {
        /// What it holds.
        kind: BlobKind,
        /// Its id.
        id: BlobId,
    },
    /// A blob in a pack is damaged.
    #[error("blob `{id}` in pack `{pack}` is damaged")]
    BlobDamaged {
        /// Its id.
        id: BlobId,
        /// The pack.
        pack: PackId,
        /// What is wrong with it.
        #[source]
        source: Malformed,
    },
    /// A path within a set that cannot be, or is taken by another source.
    #[error("`{path}` cannot be a path of this set: {reason}")]
    SetPath {
        /// The path.
        path: String,
        /// Why not.
        reason: &'static str,
    },
    /// An exclusion that is no pattern.
    #[error("`{pattern}` is not a pattern: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why not.
        reason: &'static str,
    },
    /// The folder to save cannot be read at all.
    #[error("failed to read the folder `{}`", path.display())]
    Root {
        /// The folder.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A stream to save broke off.
    #[error("failed to read the stream for `{path}`")]
    Stream {
        /// Its path in the set.
        path: String,
        /// The reader's answer.
        #[source]
        source: io::Error,
    },
    /// What was read could not be handed on.
    #[error("failed to write what was read")]
    Written {
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A text that cannot be part of the name of a log.
    #[error("not a name for a log: `{text}`")]
    SegmentName {
        /// Its beginning.
        text: String,
    },
    /// Another content is kept of this file of a log.
    #[error("`{file}` is kept with other content, from byte {at} on")]
    SegmentDiffers {
        /// The file.
        file: String,
        /// The first byte that differs.
        at: u64,
    },
    /// What should be kept begins behind the end of what is.
    #[error("`{file}` is kept up to byte {reach} only, but bytes from {from} on were brought")]
    SegmentHole {
        /// The file.
        file: String,
        /// Where what was brought begins.
        from: u64,
        /// Where what is kept ends.
        reach: u64,
    },
    /// A file of a log that is longer than names of pieces can say.
    #[error("`{file}` is too long to be kept")]
    SegmentTooLong {
        /// The file.
        file: String,
    },
    /// The system gives us no thread.
    #[error("failed to start a thread")]
    Thread(#[source] io::Error),
    /// Someone asked to stop.
    #[error("interrupted")]
    Cancelled,
    /// The set failed before; the first error was returned to whoever met it.
    #[error("the set was given up after an earlier failure")]
    GivenUp,
    /// A defect of ours.
    #[error("defect: {0}")]
    Bug(&'static str),
}

impl RepositoryError {
    /// Names the object that is damaged.
    pub fn damaged(object: impl std::fmt::Display) -> impl FnOnce(Malformed) -> Self {
        move |source| Self::Damaged { object: object.to_string(), source }
    }

    /// What we made ourselves is not what it should be.
    pub(super) fn self_check(source: Malformed) -> Self {
        Self::SelfCheck { source }
    }
}

impl Fault for RepositoryError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Missing { .. }
            | Self::Exists { .. }
            | Self::WrongKey { .. }
            | Self::NoSnapshot { .. }
            | Self::AmbiguousSnapshot { .. }
            | Self::Cancelled => FaultKind::User,
            Self::SetPath { .. } | Self::Pattern { .. } | Self::SegmentName { .. } => {
                FaultKind::Config
            }
            Self::ConfigLost { .. }
            | Self::Damaged { .. }
            | Self::SelfCheck { .. }
            | Self::BlobUnknown { .. }
            | Self::BlobDamaged { .. }
            | Self::SegmentDiffers { .. }
            | Self::SegmentHole { .. } => FaultKind::Integrity,
            Self::Version { .. }
            | Self::Locked { .. }
            | Self::LockLost { .. }
            | Self::TooManyKeys { .. }
            | Self::Overtaken { .. }
            | Self::NoSets { .. }
            | Self::Root { .. }
            | Self::Stream { .. }
            | Self::SegmentTooLong { .. }
            | Self::Written { .. }
            | Self::Thread(_)
            | Self::GivenUp => FaultKind::Environment,
            Self::Store(error) => error.kind(),
            Self::Bug(_) => FaultKind::Bug,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "repository.missing",
            Self::Exists { .. } => "repository.exists",
            Self::ConfigLost { .. } => "repository.config-lost",
            Self::WrongKey { .. } => "repository.wrong-key",
            Self::TooManyKeys { .. } => "repository.too-many-keys",
            Self::Version { .. } => "repository.version",
            Self::Damaged { .. } => "repository.damaged",
            Self::SelfCheck { .. } => "repository.self-check",
            Self::Store(error) => error.code(),
            Self::Locked { .. } => "repository.locked",
            Self::LockLost { .. } => "repository.lock-lost",
            Self::Overtaken { .. } => "repository.overtaken",
            Self::NoSets { .. } => "repository.no-sets",
            Self::NoSnapshot { .. } => "repository.no-snapshot",
            Self::AmbiguousSnapshot { .. } => "repository.ambiguous-snapshot",
            Self::BlobUnknown { .. } => "repository.blob-unknown",
            Self::BlobDamaged { .. } => "repository.blob-damaged",
            Self::SetPath { .. } => "repository.set-path",
            Self::Pattern { .. } => "repository.pattern",
            Self::Root { .. } => "repository.root",
            Self::Stream { .. } => "repository.stream",
            Self::Written { .. } => "repository.written",
            Self::SegmentName { .. } => "repository.segment-name",
            Self::SegmentDiffers { .. } => "repository.segment-differs",
            Self::SegmentHole { .. } => "repository.segment-hole",
            Self::SegmentTooLong { .. } => "repository.segment-too-long",
            Self::Thread(_) => "repository.thread",
            Self::Cancelled => "repository.cancelled",
            Self::GivenUp => "repository.given-up",
            Self::Bug(_) => "repository.bug",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Missing { place }
            | Self::Exists { place }
            | Self::ConfigLost { place }
            | Self::NoSets { place } => args.text("place", place),
            Self::WrongKey { place, keys } => args.text("place", place).number("keys", *keys),
            Self::TooManyKeys { place, tried, keys } => {
                args.text("place", place).number("tried", *tried).number("keys", *keys)
            }
            Self::Version { version } => args.number("version", u64::from(*version)),
            Self::Damaged { object, source } => args.text("object", object).text("reason", source),
            Self::SelfCheck { source } => args.text("reason", source),
            Self::Store(error) => error.args(),
            Self::Locked { host, pid, user, since } => {
                // The process is a name, not an amount: no separators between its digits.
                args.text("host", host).text("pid", pid).text("user", user).time("since", *since)
            }
            Self::LockLost { since } => args.time("since", *since),
            Self::Overtaken { object } => args.text("object", object),
            Self::NoSnapshot { prefix } => args.text("prefix", prefix),
            Self::AmbiguousSnapshot { prefix, count } => {
                args.text("prefix", prefix).number("count", *count)
            }
            Self::BlobUnknown { id, .. } => args.text("id", id),
            Self::BlobDamaged { id, pack, source } => {
                args.text("id", id).text("pack", pack).text("reason", source)
            }
            Self::SetPath { path, reason } => args.text("path", path).text("reason", reason),
            Self::Pattern { pattern, reason } => {
                args.text("pattern", pattern).text("reason", reason)
            }
            Self::Root { path, source } => args.text("path", path.display()).text("reason", source),
            Self::Stream { path, source } => args.text("path", path).text("reason", source),
            Self::SegmentName { text } => args.text("name", text),
            Self::SegmentDiffers { file, at } => args.text("file", file).number("at", *at),
            Self::SegmentHole { file, from, reach } => {
                args.text("file", file).number("from", *from).number("reach", *reach)
            }
            Self::SegmentTooLong { file } => args.text("file", file),
            Self::Thread(source) | Self::Written { source } => args.text("reason", source),
            Self::Bug(what) => args.text("what", what),
            Self::Cancelled | Self::GivenUp => args,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Store(error) => error.retry(),
            Self::Locked { .. }
            | Self::LockLost { .. }
            | Self::Overtaken { .. }
            | Self::Stream { .. } => Retry::Later,
            _ => Retry::Never,
        }
    }

    fn exit(&self) -> ExitCode {
        match (self, self.kind()) {
            (Self::Missing { .. }, _) => ExitCode::RepositoryMissing,
            (Self::Locked { .. } | Self::LockLost { .. }, _) => ExitCode::Locked,
            (Self::WrongKey { .. }, _) => ExitCode::WrongKey,
            (Self::Exists { .. }, _) => ExitCode::Failed,
            (Self::NoSets { .. } | Self::TooManyKeys { .. }, _) => ExitCode::HumanNeeded,
            (Self::Cancelled, _) => ExitCode::Interrupted,
            (Self::Store(error), _) => error.exit(),
            (_, FaultKind::User) => ExitCode::Usage,
            (_, FaultKind::Config) => ExitCode::Configuration,
            (_, FaultKind::Environment) => ExitCode::Failed,
            (_, FaultKind::Integrity) => ExitCode::Integrity,
            (_, FaultKind::Bug) => ExitCode::Bug,
        }
    }
}
