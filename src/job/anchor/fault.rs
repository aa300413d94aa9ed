//! What can be wrong with anchors before one is made or asked for.

use crate::base::fault::{Args, Fault, FaultKind};

/// Why no head goes or comes.
#[derive(Debug, thiserror::Error)]
pub enum AnchorFault {
    /// The configuration names no place that keeps heads.
    #[error("the configuration names no place for anchors")]
    None,
    /// The configuration has no place of this name.
    #[error("no anchor `{anchor}` in the configuration")]
    Unknown {
        /// What was asked for.
        anchor: String,
        /// What there is.
        known: String,
    },
    /// Nothing can be asked of this place: a person keeps what was sent there.
    #[error("anchor `{anchor}` lies in no bucket")]
    NoBucket {
        /// Its name.
        anchor: String,
    },
}

impl Fault for AnchorFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::None => FaultKind::Config,
            Self::Unknown { .. } | Self::NoBucket { .. } => FaultKind::User,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::None => "anchor.none",
            Self::Unknown { .. } => "anchor.unknown",
            Self::NoBucket { .. } => "anchor.no-bucket",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::None => Args::none(),
            Self::Unknown { anchor, known } => {
                Args::none().text("anchor", anchor).text("known", known)
            }
            Self::NoBucket { anchor } => Args::none().text("anchor", anchor),
        }
    }
}
