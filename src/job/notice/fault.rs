//! What can be wrong with telling people, before anything is sent.

use crate::base::fault::{Args, Fault, FaultKind};

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub enum NoticeFault {
    /// The configuration names nobody to tell.
    #[error("the configuration names no channel for notices")]
    NoChannel,
    /// The configuration has no channel of this name.
    #[error("no channel `{channel}` in the configuration")]
    UnknownChannel {
        /// What was asked for.
        channel: String,
        /// What there is.
        known: String,
    },
}

impl Fault for NoticeFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NoChannel => FaultKind::Config,
            Self::UnknownChannel { .. } => FaultKind::User,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoChannel => "notice.no-channel",
            Self::UnknownChannel { .. } => "notice.unknown-channel",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::NoChannel => Args::none(),
            Self::UnknownChannel { channel, known } => {
                Args::none().text("channel", channel).text("known", known)
            }
        }
    }
}
