//! Why something could not be looked at beside the set.

use std::io;

use crate::base::fault::{Fault, FaultKind};
use crate::repository::PassedOver;

/// Why it was not looked at: no clean bill, and no finding.
#[derive(Debug, thiserror::Error)]
pub enum SpotFault {
    /// Only an identity opens what the set has of it.
    #[error("it is sealed")]
    Sealed,
    /// The set does not have it.
    #[error("the set does not have it")]
    NotInSet,
    /// It is on another host.
    #[error("it is on another host")]
    Elsewhere,
    /// The files of a whole server, in which nobody counts rows.
    #[error("the set holds the files of a server, in which nothing is counted")]
    Base,
    /// The set counts nothing of it.
    #[error("the set counts nothing of it")]
    Uncounted,
    /// A device, pipe or socket.
    #[error("it is a device, pipe or socket")]
    NoFile,
    /// A file or folder that may not be read.
    #[error("permission denied")]
    Denied,
    /// One that the system does not give for another reason.
    #[error("it cannot be read")]
    Unreadable(#[source] io::Error),
}

/// The codes of what nobody can look at as the portal is configured: it is so each time.
const BEYOND: [&str; 3] = ["spot.sealed", "spot.elsewhere", "spot.base"];

/// Whether a fault of this code says that the configuration keeps it from being looked at, and not
/// that something is wrong today.
pub fn is_beyond(code: &str) -> bool {
    BEYOND.contains(&code)
}

impl From<io::Error> for SpotFault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::Unreadable(error),
        }
    }
}

impl From<PassedOver> for SpotFault {
    fn from(why: PassedOver) -> Self {
        match why {
            PassedOver::NoFile => Self::NoFile,
            PassedOver::System(error) => error.into(),
        }
    }
}

impl Fault for SpotFault {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Sealed => "spot.sealed",
            Self::NotInSet => "spot.not-in-set",
            Self::Elsewhere => "spot.elsewhere",
            Self::Base => "spot.base",
            Self::Uncounted => "spot.uncounted",
            Self::NoFile => "spot.no-file",
            Self::Denied => "spot.denied",
            Self::Unreadable(_) => "spot.unreadable",
        }
    }
}
