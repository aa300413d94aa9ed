//! What can go wrong with a store.

use std::io;

use jiff::Timestamp;
use rustix::io::Errno;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::store::{OBJECT_BYTES_MAX, ObjectName};
use crate::world::tls::TlsError;

/// What a store was doing. The word selects the verb in the message files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Making the store itself.
    Create,
    /// `get`, `get_range`, `size`.
    Read,
    /// `put`.
    Write,
    /// `list`.
    List,
    /// `delete`.
    Delete,
}

impl Act {
    /// The word for diagnostics and message files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Write => "write",
            Self::List => "list",
            Self::Delete => "delete",
        }
    }
}

/// Why a store did not do what was asked. `place` is the path or address of the object or store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A text that cannot name an object. Names are made by our own code, so this is a defect.
    #[error("not a name for an object: `{text}`")]
    Name {
        /// Its beginning.
        text: String,
    },
    /// The folder that should be the store is not there: the wrong path, or a disk not mounted.
    #[error("there is no store at `{place}`")]
    NoStore {
        /// The folder.
        place: String,
    },
    /// The store is there, the object is not.
    #[error("object `{place}` is missing")]
    Missing {
        /// The object.
        place: String,
    },
    /// The name is taken by other bytes.
    #[error("object `{place}` already exists with other content")]
    AlreadyExists {
        /// The object.
        place: String,
    },
    /// The object ends before the range asked for.
    #[error("object `{place}` has {size} bytes, but {length} bytes from {offset} were expected")]
    OutOfRange {
        /// The object.
        place: String,
        /// Where the range starts.
        offset: u64,
        /// How long it is.
        length: u64,
        /// How long the object is.
        size: u64,
    },
    /// The object is larger than any we write.
    #[error("object `{place}` has {size} bytes: more than any object may have")]
    TooLarge {
        /// The object.
        place: String,
        /// How long it is.
        size: u64,
    },
    /// No space or no quota is left.
    #[error("no space is left to write `{place}`")]
    Full {
        /// The object.
        place: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// We may not.
    #[error("permission denied to {} `{place}`", act.as_str())]
    Denied {
        /// The attempt.
        act: Act,
        /// The object or the store.
        place: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A lock keeps the object from being removed.
    #[error("object `{place}` is locked until {until}")]
    Locked {
        /// The object.
        place: String,
        /// When the lock ends.
        until: Timestamp,
    },
    /// The bucket cannot lock what is written into it.
    #[error("no object lock for `{place}`: {detail}")]
    NoLock {
        /// The object.
        place: String,
        /// The server's words.
        detail: String,
    },
    /// The store keeps no versions of its objects.
    #[error("`{place}` keeps no versions")]
    NoVersions {
        /// The store.
        place: String,
    },
    /// The store was there and does not answer any more.
    #[error("store does not answer: `{place}`")]
    Unreachable {
        /// The store.
        place: String,
    },
    /// The server has no such bucket.
    #[error("there is no bucket for `{place}`")]
    NoBucket {
        /// The store.
        place: String,
    },
    /// The server could not be reached, or the connection broke.
    #[error("no answer for `{place}`: {detail}")]
    Connection {
        /// The object or the store.
        place: String,
        /// What went wrong.
        detail: String,
    },
    /// The server answered that it cannot now.
    #[error("the server cannot now for `{place}`: {detail}")]
    Busy {
        /// The object or the store.
        place: String,
        /// Its words.
        detail: String,
    },
    /// The server does not know the access key, or its secret is another.
    #[error("the server does not accept the access key for `{place}`")]
    KeyRefused {
        /// The store.
        place: String,
    },
    /// Requests are signed for another region than the bucket's, or sent to another's server.
    #[error("the bucket `{place}` is in another region: {detail}")]
    Region {
        /// The store.
        place: String,
        /// The server's words, which name the region that it expects.
        detail: String,
    },
    /// The server's clock and ours differ too much for it to believe our signature.
    #[error("the clocks of this machine and of the server of `{place}` differ too much")]
    Clock {
        /// The object or the store.
        place: String,
        /// How many minutes are allowed.
        minutes: u64,
    },
    /// Other bytes arrived at the server than were sent.
    #[error("`{place}` was altered on its way to the server")]
    Altered {
        /// The object.
        place: String,
    },
    /// We do not trust the server, or no TLS came about.
    #[error("no trusted connection for `{place}`")]
    Tls {
        /// The object or the store.
        place: String,
        /// Why.
        #[source]
        source: TlsError,
    },
    /// The server answered what its protocol does not foresee here.
    #[error("unexpected answer to {} `{place}`: {detail}", act.as_str())]
    Unexpected {
        /// The attempt.
        act: Act,
        /// The object or the store.
        place: String,
        /// Its words.
        detail: String,
    },
    /// A person asked to stop while the server had not answered. Whether it did what was asked is
    /// not known.
    #[error("stopped while waiting for `{place}`")]
    Stopped {
        /// The store.
        place: String,
    },
    /// Any other answer of the operating system.
    #[error("failed to {} `{place}`", act.as_str())]
    Io {
        /// The attempt.
        act: Act,
        /// The object or the store.
        place: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

impl StoreError {
    /// Sorts an answer of the operating system.
    pub(crate) fn from_io(act: Act, place: String, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
                if act == Act::Read =>
            {
                Self::Missing { place }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { place, source }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { act, place, source }
            }
            _ => Self::Io { act, place, source },
        }
    }

    /// Whether this says something of the stored bytes: they are not there, cut short, changed, or
    /// on a medium that does not give them back. All else (no permission, no descriptor left, an
    /// answer that nobody understands) leaves it open, and they may be whole.
    pub(crate) fn is_about_content(&self) -> bool {
        match self {
            Self::Missing { .. }
            | Self::OutOfRange { .. }
            | Self::TooLarge { .. }
            | Self::Altered { .. } => true,
            Self::Io { source, .. } => Errno::from_io_error(source).is_some_and(is_of_the_medium),
            _ => false,
        }
    }

    /// The range `offset..offset + length` as indices, if an object of `size` bytes has it.
    pub(crate) fn check_range(
        place: impl FnOnce() -> String,
        offset: u64,
        length: u64,
        size: u64,
    ) -> Result<std::ops::Range<usize>, Self> {
        let indices = || {
            let end = offset.checked_add(length).filter(|end| *end <= size)?;
            if length > OBJECT_BYTES_MAX {
                return None;
            }
            Some(usize::try_from(offset).ok()?..usize::try_from(end).ok()?)
        };
        indices().ok_or_else(|| Self::OutOfRange { place: place(), offset, length, size })
    }

    /// The error for an object of `size` bytes under `name`, if that is too much.
    pub(crate) fn check_size(place: impl FnOnce() -> String, size: u64) -> Result<(), Self> {
        if size > OBJECT_BYTES_MAX {
            return Err(Self::TooLarge { place: place(), size });
        }
        Ok(())
    }

    /// How an object is named in errors: the place of the store and the name in it.
    pub(crate) fn place(location: &str, name: &ObjectName) -> String {
        format!("{location}/{name}")
    }
}

/// What Linux says of a bad sector, or a file system whose own sums do not agree.
fn is_of_the_medium(errno: Errno) -> bool {
    [Errno::IO, Errno::NODATA, Errno::BADMSG, Errno::UCLEAN, Errno::REMOTEIO, Errno::ILSEQ]
        .contains(&errno)
}

impl Fault for StoreError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Name { .. } => FaultKind::Bug,
            Self::Stopped { .. } | Self::NoVersions { .. } => FaultKind::User,
            Self::KeyRefused { .. } | Self::NoLock { .. } | Self::Region { .. } => {
                FaultKind::Config
            }
            Self::Tls { source, .. } => source.kind(),
            Self::NoStore { .. }
            | Self::NoBucket { .. }
            | Self::Full { .. }
            | Self::Denied { .. }
            | Self::Locked { .. }
            | Self::Unreachable { .. }
            | Self::Connection { .. }
            | Self::Busy { .. }
            | Self::Clock { .. }
            | Self::Unexpected { .. }
            | Self::Io { .. } => FaultKind::Environment,
            Self::Altered { .. }
            | Self::Missing { .. }
            | Self::AlreadyExists { .. }
            | Self::OutOfRange { .. }
            | Self::TooLarge { .. } => FaultKind::Integrity,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "store.name",
            Self::NoStore { .. } => "store.no-store",
            Self::Missing { .. } => "store.missing",
            Self::AlreadyExists { .. } => "store.already-exists",
            Self::OutOfRange { .. } => "store.out-of-range",
            Self::TooLarge { .. } => "store.too-large",
            Self::Full { .. } => "store.full",
            Self::Denied { .. } => "store.denied",
            Self::Locked { .. } => "store.locked",
            Self::NoLock { .. } => "store.no-lock",
            Self::NoVersions { .. } => "store.no-versions",
            Self::Unreachable { .. } => "store.unreachable",
            Self::NoBucket { .. } => "store.no-bucket",
            Self::Connection { .. } => "store.connection",
            Self::Busy { .. } => "store.busy",
            Self::KeyRefused { .. } => "store.key-refused",
            Self::Region { .. } => "store.region",
            Self::Clock { .. } => "store.clock",
            Self::Altered { .. } => "store.altered",
            Self::Tls { .. } => "store.tls",
            Self::Unexpected { .. } => "store.unexpected",
            Self::Stopped { .. } => "store.stopped",
            Self::Io { .. } => "store.io",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Name { text } => Args::none().text("name", text),
            Self::NoStore { place }
            | Self::Missing { place }
            | Self::AlreadyExists { place }
            | Self::Full { place, .. }
            | Self::NoBucket { place }
            | Self::KeyRefused { place }
            | Self::Altered { place }
            | Self::Stopped { place }
            | Self::Tls { place, .. }
            | Self::NoVersions { place }
            | Self::Unreachable { place } => Args::none().text("place", place),
            Self::Connection { place, detail }
            | Self::Region { place, detail }
            | Self::Busy { place, detail }
            | Self::NoLock { place, detail } => {
                Args::none().text("place", place).text("detail", detail)
            }
            Self::Locked { place, until } => Args::none().text("place", place).text("until", until),
            Self::Clock { place, minutes } => {
                Args::none().text("place", place).number("minutes", *minutes)
            }
            Self::Unexpected { act, place, detail } => {
                Args::none().text("act", act.as_str()).text("place", place).text("detail", detail)
            }
            Self::OutOfRange { place, offset, length, size } => Args::none()
                .text("place", place)
                .number("offset", *offset)
                .number("length", *length)
                .number("size", *size),
            Self::TooLarge { place, size } => {
                Args::none().text("place", place).number("size", *size)
            }
            Self::Denied { act, place, .. } | Self::Io { act, place, .. } => {
                Args::none().text("act", act.as_str()).text("place", place)
            }
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Full { .. }
            | Self::Unreachable { .. }
            | Self::Connection { .. }
            | Self::Busy { .. }
            | Self::Clock { .. }
            | Self::Io { .. } => Retry::Later,
            Self::Tls { source, .. } => source.retry(),
            _ => Retry::Never,
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Tls { source, .. } => Some(source),
            _ => None,
        }
    }

    fn exit(&self) -> ExitCode {
        match (self, self.kind()) {
            (Self::NoStore { .. } | Self::NoBucket { .. }, _) => ExitCode::RepositoryMissing,
            (Self::Stopped { .. }, _) => ExitCode::Interrupted,
            (_, FaultKind::Config) => ExitCode::Configuration,
            (_, FaultKind::Integrity) => ExitCode::Integrity,
            (_, FaultKind::Bug) => ExitCode::Bug,
            _ => ExitCode::Failed,
        }
    }
}
