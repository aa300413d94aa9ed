//! What can be wrong with what is sealed, or with what is to open it.

use std::io;

use crate::base::fault::{Args, Fault, FaultKind};

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// What was given as an identity is none.
    #[error("line {line} is no age identity")]
    NotAnIdentity {
        /// The line, from one. What stands there is not repeated: it may be half a key.
        line: u64,
    },
    /// There is no identity in what was given.
    #[error("there is no age identity in it")]
    NoIdentity,
    /// It was sealed to others. A damaged head looks the same.
    #[error("none of the identities opens it")]
    WrongIdentity,
    /// It does not begin as what age writes.
    #[error("it is not sealed, or its head is damaged")]
    NotSealed,
    /// It was altered or cut since it was sealed.
    #[error("what is sealed is damaged: {detail}")]
    Damaged {
        /// What the library says.
        detail: String,
    },
    /// The sealed bytes could not be read.
    #[error("failed to read what is sealed")]
    Read {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The opened bytes could not be written.
    #[error("failed to write what was opened")]
    Write {
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Fault for SealError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotAnIdentity { .. } | Self::NoIdentity | Self::WrongIdentity => FaultKind::User,
            Self::NotSealed | Self::Damaged { .. } => FaultKind::Integrity,
            Self::Read { .. } | Self::Write { .. } => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotAnIdentity { .. } => "seal.not-an-identity",
            Self::NoIdentity => "seal.no-identity",
            Self::WrongIdentity => "seal.wrong-identity",
            Self::NotSealed => "seal.not-sealed",
            Self::Damaged { .. } => "seal.damaged",
            Self::Read { .. } => "seal.read",
            Self::Write { source } if source.kind() == io::ErrorKind::BrokenPipe => "seal.gone",
            Self::Write { .. } => "seal.write",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::NotAnIdentity { line } => Args::none().number("line", *line),
            Self::Damaged { detail } => Args::none().text("detail", detail),
            Self::Read { source } | Self::Write { source } => Args::none().text("detail", source),
            Self::NoIdentity | Self::WrongIdentity | Self::NotSealed => Args::none(),
        }
    }

    fn exit(&self) -> crate::base::exit::ExitCode {
        use crate::base::exit::ExitCode;
        match self {
            Self::NotAnIdentity { .. } | Self::NoIdentity | Self::WrongIdentity => {
                ExitCode::WrongKey
            }
            Self::NotSealed | Self::Damaged { .. } => ExitCode::Integrity,
            Self::Read { .. } | Self::Write { .. } => ExitCode::Failed,
        }
    }
}
