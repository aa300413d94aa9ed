//! Whom we trust at the other end of a TLS connection, and why a handshake failed.
//!
//! Trusted are the public authorities, and those in a file of the operator's beside them: many
//! agencies run a mail server under an authority of their own. There is no way to trust nobody in
//! particular. Certificates are judged by the [`World`](crate::world::World)'s clock.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject as _;
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::world::clock::Clock;

/// A file of authorities is a few kilobytes; the list of all public ones is 200 KiB.
const AUTHORITIES_MAX: u64 = 4 << 20;

/// The configuration of a client that trusts the public authorities and those in the PEM file
/// `further`.
pub fn client(clock: Arc<dyn Clock>, further: Option<&Path>) -> Result<ClientConfig, TlsError> {
    trusting(clock, roots(further)?)
}

/// The configuration of a client that trusts the authorities in this PEM file, and no others.
pub fn client_by(clock: Arc<dyn Clock>, file: &Path) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    for authority in authorities(file)? {
        roots.add(authority).map_err(|error| TlsError::unusable(file, error))?;
    }
    trusting(clock, roots)
}

fn trusting(clock: Arc<dyn Clock>, roots: RootCertStore) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_details(provider, Arc::new(Wall(clock)))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
        .map_err(|error| TlsError::Unavailable { detail: error.to_string() })
}

/// The public authorities and those in the PEM file `further`.
pub fn roots(further: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = further {
        for authority in authorities(path)? {
            roots.add(authority).map_err(|error| TlsError::unusable(path, error))?;
        }
    }
    Ok(roots)
}

/// The certificates in a PEM file: at least one.
pub fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let size = std::fs::metadata(path).map_err(|error| TlsError::unusable(path, error))?.len();
    if size > AUTHORITIES_MAX {
        return Err(TlsError::unusable(path, format_args!("{size} bytes")));
    }
    let bytes = std::fs::read(path).map_err(|error| TlsError::unusable(path, error))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::unusable(path, error))?;
    if found.is_empty() {
        return Err(TlsError::unusable(path, "no certificate in PEM"));
    }
    Ok(found)
}

/// The wall clock, as the library wants to be told the time.
pub(super) struct Wall(pub(super) Arc<dyn Clock>);

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wall")
    }
}

/// Why TLS cannot be used, or a handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The file of authorities cannot be read or holds none.
    #[error("`{}` is no file of authorities: {detail}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// The reader's complaint.
        detail: String,
    },
    /// The library refuses its own defaults.
    #[error("no TLS: {detail}")]
    Unavailable {
        /// Its complaint.
        detail: String,
    },
    /// The server's certificate is past its last day.
    #[error("the certificate has expired")]
    Expired,
    /// The server's certificate, by our clock, is from the future.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// Nobody we trust vouches for the server's certificate; it may be self-signed.
    #[error("no trusted authority vouches for the certificate")]
    UnknownIssuer,
    /// The certificate is another server's.
    #[error("the certificate is not for this name")]
    WrongName,
    /// The certificate is wrong in another way.
    #[error("the certificate is refused: {detail}")]
    Certificate {
        /// The library's complaint.
        detail: String,
    },
    /// The two sides could not agree, or the other one does not speak TLS.
    #[error("the handshake failed: {detail}")]
    Handshake {
        /// The library's complaint.
        detail: String,
    },
}

impl TlsError {
    /// The failure of TLS in this error or beneath it, if that is what it is.
    pub fn in_chain(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<rustls::Error>() {
                return Some(found.into());
            }
            // An `io::Error` names its inner error's source as its own, and so hides the inner one.
            let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            next = match inner {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        None
    }

    fn unusable(path: &Path, detail: impl fmt::Display) -> Self {
        Self::Authorities { path: path.to_owned(), detail: detail.to_string() }
    }
}

impl From<&rustls::Error> for TlsError {
    fn from(error: &rustls::Error) -> Self {
        use CertificateError as Bad;
        let rustls::Error::InvalidCertificate(bad) = error else {
            return Self::Handshake { detail: error.to_string() };
        };
        match bad {
            Bad::Expired | Bad::ExpiredContext { .. } => Self::Expired,
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => Self::NotYetValid,
            Bad::UnknownIssuer => Self::UnknownIssuer,
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Self::WrongName,
            other => Self::Certificate { detail: other.to_string() },
        }
    }
}

impl Fault for TlsError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Authorities { .. } => FaultKind::Config,
            Self::Unavailable { .. } => FaultKind::Bug,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Authorities { .. } => "tls.authorities",
            Self::Unavailable { .. } => "tls.unavailable",
            Self::Expired => "tls.expired",
            Self::NotYetValid => "tls.not-yet-valid",
            Self::UnknownIssuer => "tls.unknown-issuer",
            Self::WrongName => "tls.wrong-name",
            Self::Certificate { .. } => "tls.certificate",
            Self::Handshake { .. } => "tls.handshake",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Authorities { path, detail } => {
                Args::none().text("path", path.display()).text("detail", detail)
            }
            Self::Unavailable { detail }
            | Self::Certificate { detail }
            | Self::Handshake { detail } => Args::none().text("detail", detail),
            _ => Args::none(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Authorities { .. } | Self::Unavailable { .. } => Retry::Never,
            // Certificates are renewed and handshakes disturbed: worth another try.
            _ => Retry::Later,
        }
    }
}
