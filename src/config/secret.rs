//! Where a secret is kept, and taking it from there.
//!
//! Secrets never stand in the configuration. They are read when they are used, so that a changed
//! password file needs no restart, and `validate --syntax` needs no right to read them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::base::fault::{Args, Fault, FaultKind};
use crate::base::secret::Secret;
use crate::world::files::FileError;

/// A password is short; a log file named by mistake is not.
pub const SECRET_BYTES_MAX: u64 = 4096;

/// The place of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A file that only its owner can read. One line ending is not part of the secret.
    File(PathBuf),
    /// A credential that systemd passes (`LoadCredential=`).
    Credential {
        /// Its name in the unit.
        name: String,
        /// Its file; absent where the program was not started by systemd.
        path: Option<PathBuf>,
    },
}

impl SecretSource {
    /// The secret.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let path = self.path()?;
        let read = |source| SecretError::Read { source: FileError::io("read", path)(source) };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(read)?;
        file.take(SECRET_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(read)?;
        // Into the wrapper first: what is refused below is wiped as well.
        let whole = bytes.len() as u64 <= SECRET_BYTES_MAX;
        let secret = Secret::from_file_content(bytes);
        if !whole {
            return Err(SecretError::TooLong { path: path.to_owned() });
        }
        if secret.expose().is_empty() {
            return Err(SecretError::Empty { path: path.to_owned() });
        }
        Ok(secret)
    }

    /// The secret as an access key: its id and its secret, a line each.
    pub fn read_key(&self) -> Result<(String, Secret), SecretError> {
        let whole = self.read()?;
        let key = std::str::from_utf8(whole.expose()).ok().and_then(|text| {
            let (id, secret) = text.split_once('\n')?;
            let (id, secret) = (id.trim_end_matches('\r'), secret.trim_end_matches('\r'));
            let plain = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_graphic());
            (plain(id) && plain(secret)).then(|| (id.to_owned(), Secret::new(secret.into())))
        });
        match key {
            Some(key) => Ok(key),
            None => Err(SecretError::NotAKey { path: self.path()?.to_owned() }),
        }
    }

    /// The file that holds it.
    pub fn path(&self) -> Result<&Path, SecretError> {
        match self {
            Self::File(path) | Self::Credential { path: Some(path), .. } => Ok(path),
            Self::Credential { name, path: None } => {
                Err(SecretError::NoCredentials { name: name.clone() })
            }
        }
    }
}

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file could not be read.
    #[error("failed to read a secret")]
    Read {
        /// Which and why.
        #[source]
        source: FileError,
    },
    /// The program was not started by systemd.
    #[error("no credentials were passed, `{name}` among them")]
    NoCredentials {
        /// The credential.
        name: String,
    },
    /// The file holds nothing.
    #[error("the secret file is empty: `{}`", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no access key.
    #[error("the file is not an access key on two lines: `{}`", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The file is too long for a secret.
    #[error("the secret file is longer than {SECRET_BYTES_MAX} bytes: `{}`", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
}

impl Fault for SecretError {
    fn kind(&self) -> FaultKind {
        FaultKind::Config
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "secret.unreadable",
            Self::NoCredentials { .. } => "secret.no-credentials",
            Self::Empty { .. } => "secret.empty",
            Self::NotAKey { .. } => "secret.not-a-key",
            Self::TooLong { .. } => "secret.too-long",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Read { .. } => Args::none(),
            Self::NoCredentials { name } => Args::none().text("name", name),
            Self::Empty { path } | Self::NotAKey { path } => {
                Args::none().text("path", path.display())
            }
            Self::TooLong { path } => {
                Args::none().text("path", path.display()).number("limit", SECRET_BYTES_MAX)
            }
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Read { source } => Some(source),
            _ => None,
        }
    }

    fn exit(&self) -> crate::base::exit::ExitCode {
        crate::base::exit::ExitCode::Configuration
    }
}
