//! Why a document is not sent.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind};
use crate::world::files::FileError;

/// Why a document is not sent.
#[derive(Debug, thiserror::Error)]
pub enum SubmitFault {
    /// The file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: FileError,
    },
    /// The file is no PDF.
    #[error("`{}` is no PDF", path.display())]
    NotAPdf {
        /// The file.
        path: PathBuf,
    },
    /// The file is larger than mail carries.
    #[error("`{}` has {bytes} bytes, {max} are the most", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// The file is a draft that duphong rendered: nobody has signed it.
    #[error("`{}` is the unsigned draft of incident {incident}", path.display())]
    Draft {
        /// The file.
        path: PathBuf,
        /// The incident it was rendered for.
        incident: u64,
    },
    /// The file is not what it was a moment ago.
    #[error("`{}` changed while it was read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// One recipient is named twice.
    #[error("recipient `{recipient}` is named twice")]
    Twice {
        /// The recipient's id.
        recipient: String,
    },
    /// The address book does not have the recipient.
    #[error("no `incidents.contacts.{recipient}` in the configuration")]
    NoContact {
        /// The recipient's id.
        recipient: String,
    },
    /// The address book has no mail address of the recipient.
    #[error("no `incidents.contacts.{recipient}.email` in the configuration")]
    NoEmail {
        /// The recipient's id.
        recipient: String,
    },
    /// A way that only a person can go, without the time when that was.
    #[error("channel `{channel}` needs the time when it was sent")]
    NoTime {
        /// The channel's word.
        channel: &'static str,
    },
    /// No mail server is configured.
    #[error("no `notices.smtp` in the configuration")]
    NoServer,
    /// This very document was sent to this recipient before.
    #[error("the same document was sent to `{recipient}` at {at}")]
    AlreadySent {
        /// The recipient's id.
        recipient: String,
        /// When.
        at: Timestamp,
    },
    /// Nobody knows whether an earlier try arrived.
    #[error("an earlier letter to `{recipient}` may have arrived (entry {entry}, {message_id})")]
    MayHaveArrived {
        /// The recipient's id.
        recipient: String,
        /// The letter's Message-ID.
        message_id: String,
        /// The entry of the earlier try.
        entry: u64,
    },
}

impl Fault for SubmitFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NoContact { .. } | Self::NoEmail { .. } | Self::NoServer => FaultKind::Config,
            _ => FaultKind::User,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "incident.submit-unreadable",
            Self::NotAPdf { .. } => "incident.submit-not-a-pdf",
            Self::TooLarge { .. } => "incident.submit-too-large",
            Self::Draft { .. } => "incident.submit-draft",
            Self::Changed { .. } => "incident.submit-changed",
            Self::Twice { .. } => "incident.submit-twice",
            Self::NoContact { .. } => "incident.submit-no-contact",
            Self::NoEmail { .. } => "incident.submit-no-email",
            Self::NoTime { .. } => "incident.submit-no-time",
            Self::NoServer => "incident.submit-no-server",
            Self::AlreadySent { .. } => "incident.submit-already-sent",
            Self::MayHaveArrived { .. } => "incident.submit-may-have-arrived",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Unreadable { path, .. } | Self::NotAPdf { path } | Self::Changed { path } => {
                args.text("path", path.display())
            }
            Self::TooLarge { path, bytes, max } => {
                args.text("path", path.display()).number("bytes", *bytes).number("max", *max)
            }
            Self::Draft { path, incident } => {
                args.text("path", path.display()).number("incident", *incident)
            }
            Self::Twice { recipient }
            | Self::NoContact { recipient }
            | Self::NoEmail { recipient } => args.text("recipient", recipient),
            Self::NoTime { channel } => args.text("channel", channel),
            Self::NoServer => args,
            Self::AlreadySent { recipient, at } => {
                args.text("recipient", recipient).time("at", *at)
            }
            Self::MayHaveArrived { recipient, message_id, entry } => args
                .text("recipient", recipient)
                .text("message", message_id)
                .number("entry", *entry),
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::AlreadySent { .. } | Self::MayHaveArrived { .. } => ExitCode::HumanNeeded,
            Self::NoContact { .. } | Self::NoEmail { .. } | Self::NoServer => {
                ExitCode::Configuration
            }
            Self::Unreadable { .. } | Self::Changed { .. } => ExitCode::Failed,
            _ => ExitCode::Usage,
        }
    }
}
