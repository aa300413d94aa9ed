//! A certificate over its own handshake, and what every handshake shows.
//!
//! The judgement is that of the verifier that browsers' rules stand behind; it names one flaw, the
//! first it meets. The certificates themselves are read apart from it, since those that nobody
//! trusts must be shown too: names, validity, days left. Whether a certificate was revoked is not
//! asked, and nothing here says that it was.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};
use tokio_rustls::TlsConnector;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use crate::probe::target;
use crate::probe::trouble::Trouble;
use crate::world::net::names::Answer as Names;
use crate::world::net::tls::Shown;
use crate::world::net::{Door, Family};

/// What a peer showed, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificates {
    /// In the order they were sent, the peer's own first; `None` is one that cannot be read.
    pub chain: Vec<Option<Certificate>>,
    /// What is wrong; nothing means that the verifier accepts it for this host, now.
    pub flaw: Option<Flaw>,
}

impl Certificates {
    /// The peer's own.
    pub fn own(&self) -> Option<&Certificate> {
        self.chain.first().and_then(Option::as_ref)
    }

    /// Days until the first certificate of the chain expires; negative when one has.
    pub fn days_left(&self) -> Option<i64> {
        self.chain.iter().flatten().map(|certificate| certificate.days_left).min()
    }
}

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The names and addresses that it holds for.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: Option<Timestamp>,
    /// Valid until.
    pub not_after: Option<Timestamp>,
    /// Whole days until then; negative when it has passed.
    pub days_left: i64,
}

/// Why a connection is not to be trusted, or could not be made safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It does not hold for this host.
    WrongHost,
    /// It is signed by itself alone.
    SelfSigned,
    /// The chain is whole, and ends at an authority that nobody here knows.
    UnknownIssuer,
    /// The last certificate names an issuer that was not sent and is no authority known here:
    /// usually an intermediate certificate that the server forgot.
    IncompleteChain,
    /// A signature does not fit.
    BadSignature,
    /// It cannot be read.
    Unreadable,
    /// It is not made for servers.
    WrongPurpose,
    /// The peer speaks no version of TLS that is still safe (1.2 or 1.3).
    TooOld,
    /// The peer answers in something that is not TLS, such as plain HTTP.
    NotTls,
    /// The peer closed the connection in the middle of the handshake.
    Closed,
    /// Another reason, in the library's words.
    Other(String),
}

impl Flaw {
    /// The word in `--json` and in records.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::WrongHost => "wrong-host",
            Self::SelfSigned => "self-signed",
            Self::UnknownIssuer => "unknown-issuer",
            Self::IncompleteChain => "incomplete-chain",
            Self::BadSignature => "bad-signature",
            Self::Unreadable => "unreadable",
            Self::WrongPurpose => "wrong-purpose",
            Self::TooOld => "too-old",
            Self::NotTls => "not-tls",
            Self::Closed => "closed",
            Self::Other(_) => "handshake",
        }
    }

    /// What an error of a handshake means where no certificate was shown.
    pub fn of_handshake(error: &Error) -> Self {
        match error {
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
            ) => Self::NotTls,
            Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            )
            | Error::AlertReceived(AlertDescription::ProtocolVersion) => Self::TooOld,
            other => Self::Other(other.to_string()),
        }
    }
}

/// A look at a certificate over one family of addresses.
#[derive(Clone, Debug, PartialEq)]
pub struct Shaken {
    /// What the name servers said.
    pub names: Vec<(Family, Names)>,
    /// The address that was shaken hands with, or tried last.
    pub address: Option<SocketAddr>,
    /// What it showed.
    pub certificates: Option<Certificates>,
    /// The version agreed on, such as `TLSv1.3`.
    pub protocol: Option<String>,
    /// Whether a safe connection came about, or why not.
    pub end: Result<(), Trouble>,
    /// From the start to the end of the handshake.
    pub total: Duration,
}

/// Shakes hands with `host`, within `limit` as a whole.
pub async fn shake(
    door: &Door,
    host: &str,
    port: u16,
    family: Option<Family>,
    limit: Duration,
) -> Shaken {
    let clock = &door.world().clock;
    let started = clock.monotonic();
    let mut shaken = Shaken {
        names: Vec::new(),
        address: None,
        certificates: None,
        protocol: None,
        end: Ok(()),
        total: Duration::ZERO,
    };
    let end = tokio::time::timeout(limit, attempt(door, host, port, family, limit, &mut shaken));
    shaken.end = end.await.unwrap_or_else(|_elapsed| {
        // Without an address it was the name servers that were silent, not the portal.
        Err(if shaken.address.is_some() { Trouble::Silent } else { target::silent(family) })
    });
    shaken.total = clock.monotonic().since(started);
    shaken
}

async fn attempt(
    door: &Door,
    host: &str,
    port: u16,
    family: Option<Family>,
    limit: Duration,
    shaken: &mut Shaken,
) -> Result<(), Trouble> {
    let found = target::find(door, host, family, limit).await;
    shaken.names = found.names;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Trouble::BadUrl(host.into()))?;
    let mut connected = None;
    let addresses = found.addresses?;
    // As a browser does: the next address when one cannot be reached, each with its share of time.
    let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    for address in addresses {
        let address = SocketAddr::new(address, port);
        shaken.address = Some(address);
        connected = Some(door.connect(address, share).await);
        if matches!(connected, Some(Ok(_))) {
            break;
        }
    }
    let stream = connected.expect("there is at least one address").map_err(Trouble::Connect)?;
    let (config, recorder) = door.tls().map_err(|error| Trouble::Client(error.to_string()))?;
    let connector = TlsConnector::from(std::sync::Arc::new(config));
    let ended = connector.connect(name, stream).await;
    shaken.certificates = recorder.shown().map(|shown| read(door, &shown));
    match ended {
        Ok(stream) => {
            let version = stream.get_ref().1.protocol_version();
            shaken.protocol =
                version.and_then(|version| version.as_str()).map(|name| name.replace('_', "."));
            Ok(())
        }
        Err(error) => Err(refusal(&error, shaken.certificates.as_ref())),
    }
}

fn refusal(error: &std::io::Error, certificates: Option<&Certificates>) -> Trouble {
    if let Some(flaw) = certificates.and_then(|shown| shown.flaw.clone()) {
        return Trouble::Tls(flaw);
    }
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    Trouble::Tls(inner.map_or(Flaw::Closed, Flaw::of_handshake))
}

/// Reads what a peer showed.
pub fn read(door: &Door, shown: &Shown) -> Certificates {
    let now = door.world().clock.now();
    let chain: Vec<_> = shown.chain.iter().map(|der| certificate(der, now)).collect();
    let flaw = shown.judgement.as_ref().err().map(|error| judged(door, error, shown));
    Certificates { chain, flaw }
}

fn judged(door: &Door, error: &Error, shown: &Shown) -> Flaw {
    let Error::InvalidCertificate(wrong) = error else {
        return match error {
            // The peer does not hold the key of the certificate that it showed.
            Error::DecryptError => Flaw::BadSignature,
            other => Flaw::of_handshake(other),
        };
    };
    match wrong {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Flaw::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Flaw::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Flaw::WrongHost
        }
        CertificateError::UnknownIssuer => missing_issuer(door, shown),
        CertificateError::BadSignature => Flaw::BadSignature,
        CertificateError::BadEncoding => Flaw::Unreadable,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            Flaw::WrongPurpose
        }
        other => Flaw::Other(other.to_string()),
    }
}

/// Of the three ways in which no known authority stands behind a chain, the one that it is.
fn missing_issuer(door: &Door, shown: &Shown) -> Flaw {
    let parsed: Vec<_> =
        shown.chain.iter().filter_map(|der| X509Certificate::from_der(der).ok()).collect();
    let Some((_, own)) = parsed.first() else { return Flaw::Unreadable };
    let raw = |name: &x509_parser::x509::X509Name<'_>| name.as_raw().to_vec();
    if raw(own.subject()) == raw(own.issuer()) {
        return Flaw::SelfSigned;
    }
    // Along the chain, each certificate's issuer among those sent, as far as it goes.
    let mut last = own;
    for _ in 0..parsed.len() {
        let issuer = raw(last.issuer());
        if issuer == raw(last.subject()) {
            return Flaw::UnknownIssuer;
        }
        match parsed.iter().find(|(_, one)| raw(one.subject()) == issuer) {
            Some((_, one)) => last = one,
            // It bears the name of an authority that did not sign it.
            None if door.knows_authority(&issuer) => return Flaw::BadSignature,
            None => return Flaw::IncompleteChain,
        }
    }
    Flaw::UnknownIssuer
}

fn certificate(der: &[u8], now: Timestamp) -> Option<Certificate> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let names = parsed.subject_alternative_name().ok().flatten();
    let names = names.map_or_else(Vec::new, |extension| {
        extension.value.general_names.iter().filter_map(name).collect()
    });
    let not_after = parsed.validity().not_after.timestamp();
    let left = i128::from(not_after) - i128::from(now.as_second());
    Some(Certificate {
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        names,
        not_before: Timestamp::from_second(parsed.validity().not_before.timestamp()).ok(),
        not_after: Timestamp::from_second(not_after).ok(),
        days_left: i64::try_from(left.div_euclid(SECONDS_PER_DAY)).unwrap_or(i64::MAX),
    })
}

const SECONDS_PER_DAY: i128 = 86_400;

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string())
}
