//! What can be wrong with a change of keys.

use std::path::PathBuf;

use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind};

/// Why a key was not added, removed or replaced.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// The new password opens a key already.
    #[error("the password in `{}` opens key {key} of `{repository}` already", file.display())]
    Known {
        /// The repository.
        repository: String,
        /// The file of the new password.
        file: PathBuf,
        /// The key.
        key: Digest,
    },
    /// Other programs would read another password from the same file.
    #[error("the password in `{}` begins or ends with white space", file.display())]
    Edges {
        /// The file of the new password.
        file: PathBuf,
    },
    /// No key, or more than one, has an id that begins so.
    #[error("not one key of `{repository}` has an id that begins with `{key}`")]
    NoKey {
        /// The repository.
        repository: String,
        /// What was asked for.
        key: String,
    },
    /// Without it nobody opens the repository.
    #[error("key {key} is the only key of `{repository}`")]
    Last {
        /// The repository.
        repository: String,
        /// The key.
        key: Digest,
    },
    /// No other key was opened just now.
    #[error("no given password opens another key of `{repository}` than {key}")]
    NotProven {
        /// The repository.
        repository: String,
        /// The key.
        key: Digest,
    },
    /// The password file opens other repositories too.
    #[error("the password file of `{repository}` is that of {others} too")]
    Shared {
        /// The repository.
        repository: String,
        /// The others.
        others: String,
    },
    /// A change was begun with another password and is not finished.
    #[error("a change of the password of `{repository}` was begun, and not with this password")]
    Begun {
        /// The repository.
        repository: String,
    },
    /// What was read off the paper opens no key.
    #[error("what was typed opens no key of `{repository}`")]
    NotOnPaper {
        /// The repository.
        repository: String,
    },
    /// Nobody could type it from paper.
    #[error("the password of `{repository}` is not text of at most {max} characters")]
    NotForPaper {
        /// The repository.
        repository: String,
        /// How long it may be.
        max: u64,
    },
    /// We cannot write where the password comes from, and were given no new one.
    #[error("the password of `{repository}` is the credential `{credential}`")]
    NeedsFile {
        /// The repository.
        repository: String,
        /// The credential.
        credential: String,
    },
}

impl Fault for KeyFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Shared { .. } => FaultKind::Config,
            _ => FaultKind::User,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Known { .. } => "key.known",
            Self::Edges { .. } => "key.edges",
            Self::NoKey { .. } => "key.no-key",
            Self::Last { .. } => "key.last",
            Self::NotProven { .. } => "key.not-proven",
            Self::Shared { .. } => "key.shared",
            Self::Begun { .. } => "key.begun",
            Self::NotOnPaper { .. } => "key.not-on-paper",
            Self::NotForPaper { .. } => "key.not-for-paper",
            Self::NeedsFile { .. } => "key.needs-file",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        let short = |key: &Digest| key.to_string()[..8].to_owned();
        match self {
            Self::Known { repository, file, key } => {
                let args = args.text("repository", repository).text("key", short(key));
                args.text("file", file.display())
            }
            Self::Edges { file } => args.text("file", file.display()),
            Self::NoKey { repository, key } => args.text("repository", repository).text("key", key),
            Self::Last { repository, key } | Self::NotProven { repository, key } => {
                args.text("repository", repository).text("key", short(key))
            }
            Self::Shared { repository, others } => {
                args.text("repository", repository).text("others", others)
            }
            Self::Begun { repository } | Self::NotOnPaper { repository } => {
                args.text("repository", repository)
            }
            Self::NotForPaper { repository, max } => {
                args.text("repository", repository).number("max", *max)
            }
            Self::NeedsFile { repository, credential } => {
                args.text("repository", repository).text("credential", credential)
            }
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::Last { .. } | Self::NotProven { .. } | Self::Begun { .. } => {
                ExitCode::HumanNeeded
            }
            Self::Shared { .. } => ExitCode::Configuration,
            Self::NotOnPaper { .. } => ExitCode::WrongKey,
            _ => ExitCode::Usage,
        }
    }
}
