//! What can go wrong with the log, for the caller, the operator and the auditor.

use std::path::PathBuf;

use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::world::files::FileError;

/// The log could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// There is no log in this folder.
    #[error("no audit log in `{}`", dir.display())]
    Missing {
        /// The folder.
        dir: PathBuf,
    },
    /// A log must not be made over another.
    #[error("there is already an audit log in `{}`", dir.display())]
    Exists {
        /// The folder.
        dir: PathBuf,
    },
    /// The name of the log cannot stand in a signed note.
    #[error("not a name for an audit log: `{origin}`")]
    Origin {
        /// The name.
        origin: String,
    },
    /// Another process holds the log and does not let go.
    #[error("audit log `{}` is locked by another process", dir.display())]
    Locked {
        /// The folder.
        dir: PathBuf,
        /// The lock.
        #[source]
        source: FileError,
    },
    /// The entry may or may not be on record: what it announces must not be done.
    #[error("failed to write the audit log")]
    Unwritable {
        /// What failed.
        #[source]
        source: FileError,
    },
    /// A file of the log cannot be read.
    #[error("failed to read the audit log")]
    Unreadable {
        /// What failed.
        #[source]
        source: FileError,
    },
    /// The signing key is malformed or belongs to another log.
    #[error("`{}` is not the signing key of this audit log", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
    },
    /// The signed head is missing, malformed, or signed by another key.
    #[error("the head of the audit log in `{}` is not signed by its key", dir.display())]
    Head {
        /// The folder.
        dir: PathBuf,
    },
    /// The signed head covers entries that are not there.
    #[error("the audit log was cut: its head covers {head} entries, {found} are there")]
    Cut {
        /// Entries under the head.
        head: u64,
        /// Entries found.
        found: u64,
    },
    /// The entries are not those that the head was signed for.
    #[error("the audit log was changed: its entries do not match the head at {size}")]
    Changed {
        /// Entries under the head.
        size: u64,
    },
    /// One entry cannot be read, though it was signed for.
    #[error("entry {seq} of the audit log is damaged")]
    Damaged {
        /// Its position.
        seq: u64,
    },
    /// What opens the commitments of an entry is missing, or opens others.
    #[error("what entry {seq} of the audit log says is missing or was changed")]
    Opening {
        /// Its position.
        seq: u64,
    },
    /// A tile that the tree is computed from is missing or has the wrong size.
    #[error("tile `{}` of the audit log is damaged", path.display())]
    Tile {
        /// The tile.
        path: PathBuf,
    },
    /// An entry has an upper limit; large evidence is stored elsewhere and named by its digest.
    #[error("an audit entry of {bytes} bytes is too large: `{verb}`")]
    TooLarge {
        /// The verb of the entry.
        verb: String,
        /// Its size.
        bytes: u64,
    },
    /// What leads from one signing key to the next is damaged, or one of several is missing.
    #[error("`{}` is no handover of the audit log's signing key", path.display())]
    Handover {
        /// The handover, or their folder.
        path: PathBuf,
    },
    /// The log was handed over to a newer key, which is not there.
    #[error("`{}` signs this audit log no more", path.display())]
    KeyRetired {
        /// The file with the old key.
        path: PathBuf,
    },
    /// The signing key is no plain file: replacing it would not take it from where it is kept.
    #[error("the signing key `{}` is not kept there", path.display())]
    KeyElsewhere {
        /// Where it should be.
        path: PathBuf,
    },
    /// The signing key is handed in from outside: a credential of systemd, or a mounted file. What
    /// is written there ends with the service, or cannot be written at all.
    #[error("the signing key `{}` is handed in from outside", path.display())]
    KeyHandedIn {
        /// Where the log looks for it.
        path: PathBuf,
    },
    /// Every rotation goes along with every export; there is an upper limit.
    #[error("the audit log's signing key was rotated {count} times")]
    KeyOften {
        /// How often.
        count: u64,
    },
    /// A file outside holds something that is not a head of this log.
    #[error("`{}` is not an anchor of this audit log", path.display())]
    NotAnAnchor {
        /// The anchor file.
        path: PathBuf,
    },
    /// A head kept outside contradicts the log: the log was cut or rewritten.
    #[error("the anchor `{}` contradicts the audit log", path.display())]
    AnchorContradicts {
        /// The anchor file.
        path: PathBuf,
    },
    /// The asked range is empty or beyond the end.
    #[error("the audit log has no entries {from} to {to}: it has {size}")]
    Range {
        /// First entry asked for.
        from: u64,
        /// The entry after the last.
        to: u64,
        /// Entries there are.
        size: u64,
    },
    /// An export never replaces a file: it may be the evidence of somebody.
    #[error("`{}` is there already", path.display())]
    OutputExists {
        /// The file.
        path: PathBuf,
    },
    /// An export has an upper limit; a part of the range is below it.
    #[error("the export `{}` would be 4 GiB or more", path.display())]
    BundleTooLarge {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// An export, a copy or an anchor could not be written; the log itself is well.
    #[error("failed to write outside the audit log")]
    Output {
        /// What failed.
        #[source]
        source: FileError,
    },
}

impl AuditError {
    /// Wraps a file error met while writing the log.
    pub(super) fn write(source: FileError) -> Self {
        Self::Unwritable { source }
    }

    /// Wraps a file error met while reading the log.
    pub(super) fn read(source: FileError) -> Self {
        Self::Unreadable { source }
    }
}

impl Fault for AuditError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Exists { .. }
            | Self::Range { .. }
            | Self::OutputExists { .. }
            | Self::BundleTooLarge { .. }
            | Self::KeyOften { .. }
            | Self::NotAnAnchor { .. } => FaultKind::User,
            Self::Origin { .. }
            | Self::Key { .. }
            | Self::KeyRetired { .. }
            | Self::KeyElsewhere { .. }
            | Self::KeyHandedIn { .. } => FaultKind::Config,
            Self::Missing { .. }
            | Self::Locked { .. }
            | Self::Unwritable { .. }
            | Self::Unreadable { .. }
            | Self::Output { .. } => FaultKind::Environment,
            Self::Head { .. }
            | Self::Cut { .. }
            | Self::Changed { .. }
            | Self::Damaged { .. }
            | Self::Opening { .. }
            | Self::Tile { .. }
            | Self::Handover { .. }
            | Self::AnchorContradicts { .. } => FaultKind::Integrity,
            Self::TooLarge { .. } => FaultKind::Bug,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "audit.missing",
            Self::Exists { .. } => "audit.exists",
            Self::Origin { .. } => "audit.origin",
            Self::Locked { .. } => "audit.locked",
            Self::Unwritable { .. } => "audit.unwritable",
            Self::Unreadable { .. } => "audit.unreadable",
            Self::Key { .. } => "audit.key",
            Self::Head { .. } => "audit.head",
            Self::Cut { .. } => "audit.cut",
            Self::Changed { .. } => "audit.changed",
            Self::Damaged { .. } => "audit.damaged",
            Self::Opening { .. } => "audit.opening",
            Self::Tile { .. } => "audit.tile",
            Self::TooLarge { .. } => "audit.too-large",
            Self::Handover { .. } => "audit.handover",
            Self::KeyRetired { .. } => "audit.key-retired",
            Self::KeyElsewhere { .. } => "audit.key-elsewhere",
            Self::KeyHandedIn { .. } => "audit.key-handed-in",
            Self::KeyOften { .. } => "audit.key-often",
            Self::NotAnAnchor { .. } => "audit.not-an-anchor",
            Self::AnchorContradicts { .. } => "audit.anchor-contradicts",
            Self::Range { .. } => "audit.range",
            Self::OutputExists { .. } => "audit.output-exists",
            Self::BundleTooLarge { .. } => "audit.bundle-too-large",
            Self::Output { .. } => "audit.output",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Missing { dir }
            | Self::Exists { dir }
            | Self::Locked { dir, .. }
            | Self::Head { dir } => Args::none().text("dir", dir.display()),
            Self::Origin { origin } => Args::none().text("origin", origin),
            Self::Unwritable { .. } | Self::Unreadable { .. } | Self::Output { .. } => Args::none(),
            Self::Key { path }
            | Self::Tile { path }
            | Self::Handover { path }
            | Self::KeyRetired { path }
            | Self::KeyElsewhere { path }
            | Self::KeyHandedIn { path }
            | Self::OutputExists { path }
            | Self::BundleTooLarge { path }
            | Self::NotAnAnchor { path }
            | Self::AnchorContradicts { path } => Args::none().text("path", path.display()),
            Self::Cut { head, found } => Args::none().number("head", *head).number("found", *found),
            Self::KeyOften { count } => Args::none().number("count", *count),
            Self::Changed { size } => Args::none().number("size", *size),
            Self::Damaged { seq } | Self::Opening { seq } => Args::none().number("seq", *seq),
            Self::TooLarge { verb, bytes } => {
                Args::none().text("verb", verb).number("bytes", *bytes)
            }
            Self::Range { from, to, size } => {
                Args::none().number("from", *from).number("to", *to).number("size", *size)
            }
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Locked { .. } | Self::Unwritable { .. } => Retry::Later,
            _ => Retry::Never,
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Locked { source, .. }
            | Self::Unwritable { source }
            | Self::Unreadable { source }
            | Self::Output { source } => Some(source),
            _ => None,
        }
    }
}
