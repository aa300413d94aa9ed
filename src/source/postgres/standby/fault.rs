//! What keeps a standby from being read in its primary's place.

use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::source::error::SourceError;

/// Why a standby gave nothing, or may not be asked.
#[derive(Debug, thiserror::Error)]
pub enum StandbyFault {
    /// How far the primary is could not be found out: then nobody knows how old a standby is.
    #[error("the primary `{server}` could not be asked how far it is")]
    Unchecked {
        /// Where the primary should be.
        server: String,
        /// Why not.
        #[source]
        source: Box<SourceError>,
    },
    /// The server that is to be the primary replays another one's log.
    #[error("`{server}` is a standby, and no primary says how far behind it is")]
    NoPrimary {
        /// Where it is.
        server: String,
    },
    /// The server that is to be the standby takes writes.
    #[error("`{server}` is no standby any more")]
    Promoted {
        /// Where it is.
        server: String,
    },
    /// The two servers do not belong together.
    #[error("`{server}` is no standby of this primary: {detail}")]
    Other {
        /// Where the standby is.
        server: String,
        /// What differs.
        detail: String,
    },
    /// It has not replayed in time what the primary had written.
    #[error("`{server}` lacks {bytes} bytes of the log after {seconds} s")]
    Behind {
        /// Where the standby is.
        server: String,
        /// How long it was waited for.
        seconds: u64,
        /// Bytes of the log that it has not replayed.
        bytes: u64,
    },
    /// Replaying needed what was being read, and the reading was ended for it.
    #[error("`{server}` ended the reading, which stood in the way of replaying")]
    Conflict {
        /// Where the standby is.
        server: String,
        /// How that showed.
        #[source]
        source: Box<SourceError>,
    },
    /// What came of a base does not reach to where the primary was when it was asked.
    #[error("the base ends at {stop}, before {wanted}, where the primary was")]
    Short {
        /// Where it ends.
        stop: String,
        /// Where the primary was.
        wanted: String,
    },
}

impl StandbyFault {
    /// Whether the primary may be read instead, where the configuration wants that. Two servers that
    /// do not fit together are for a person to look at first.
    pub(super) fn leaves_the_primary(&self) -> bool {
        matches!(self, Self::Behind { .. } | Self::Conflict { .. } | Self::Short { .. })
    }
}

impl Fault for StandbyFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NoPrimary { .. } | Self::Promoted { .. } | Self::Other { .. } => {
                FaultKind::Config
            }
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unchecked { .. } => "source.standby-unchecked",
            Self::NoPrimary { .. } => "source.standby-no-primary",
            Self::Promoted { .. } => "source.standby-promoted",
            Self::Other { .. } => "source.standby-other",
            Self::Behind { .. } => "source.standby-behind",
            Self::Conflict { .. } => "source.standby-conflict",
            Self::Short { .. } => "source.standby-short",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Unchecked { server, .. }
            | Self::NoPrimary { server }
            | Self::Promoted { server }
            | Self::Conflict { server, .. } => args.text("server", server),
            Self::Other { server, detail } => args.text("server", server).text("detail", detail),
            Self::Behind { server, seconds, bytes } => {
                args.text("server", server).number("seconds", *seconds).number("bytes", *bytes)
            }
            Self::Short { stop, wanted } => args.text("stop", stop).text("wanted", wanted),
        }
    }

    fn retry(&self) -> Retry {
        match self.kind() {
            FaultKind::Environment => Retry::Later,
            _ => Retry::Never,
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Unchecked { source, .. } | Self::Conflict { source, .. } => Some(&**source),
            _ => None,
        }
    }
}
