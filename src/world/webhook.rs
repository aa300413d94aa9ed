//! The door for webhooks: JSON to a program elsewhere, over HTTPS, signed where a key is shared.
//!
//! A signed request carries `X-Duphong-Timestamp` (seconds since 1970) and `X-Duphong-Signature`:
//! `v1=` and, in hexadecimal, the HMAC-SHA256 under the shared key of the timestamp, a full stop
//! and the body, so that neither can be changed and an old request not be played again unnoticed.
//! `X-Duphong-Id` is the caller's id of the message: whoever hears twice can know.
//!
//! Guarantees: in the clear only to this machine itself; redirects are not followed; nothing waits
//! longer than the configured time nor reads more than [`ANSWER_MAX`] of an answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::redirect;
use reqwest::{Client, Url};
use sha2::Sha256;

use crate::base::fault::{Args, Fault, FaultKind, Retry, chain};
use crate::base::secret::Secret;
use crate::world::World;
use crate::world::tls::{self, TlsError};

/// What is read of an answer: only its first words are kept, for the record.
pub const ANSWER_MAX: usize = 4096;

/// What is kept of an answer, in characters.
const TEXT_MAX: usize = 200;

/// Where to post to.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The address: `https://`, or `http://` to this machine.
    pub url: String,
    /// The key that signs, where one is shared.
    pub key: Option<Secret>,
    /// A PEM file of authorities that we trust beside the public ones.
    pub authorities: Option<PathBuf>,
    /// The longest one request may take.
    pub timeout: Duration,
}

/// Posts to one endpoint.
#[derive(Clone)]
pub struct Webhook {
    world: World,
    client: Client,
    url: Url,
    key: Option<Secret>,
    timeout: Duration,
}

impl Webhook {
    /// Prepares to post; asks nobody yet.
    pub fn new(world: &World, endpoint: Endpoint) -> Result<Self, WebhookError> {
        let url = address(&endpoint.url)?;
        let clock = Arc::clone(&world.clock);
        let tls = tls::client(clock, endpoint.authorities.as_deref());
        // The name of this machine means this machine, whatever a name server says.
        let here = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)]
            .map(|address| SocketAddr::new(address, 0));
        let client = Client::builder()
            .tls_backend_preconfigured(tls.map_err(WebhookError::Setup)?)
            .resolve_to_addrs("localhost", &here)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .timeout(endpoint.timeout)
            // Sooner than the whole: a connection that never came about is then not taken for one
            // on which the answer is missing.
            .connect_timeout(endpoint.timeout * 3 / 4)
            .user_agent(concat!("duphong/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                WebhookError::Setup(TlsError::Unavailable { detail: chain(&error) })
            })?;
        let Endpoint { key, timeout, .. } = endpoint;
        Ok(Self { world: world.clone(), client, url, key, timeout })
    }

    /// Posts one JSON body under this id; returns the status, which says yes.
    ///
    /// Not to be called from the runtime's own workers.
    pub fn post(&self, id: &str, body: String) -> Result<u16, WebhookError> {
        let timestamp = self.world.clock.now().as_second();
        let mut request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("x-duphong-id", id)
            .header("x-duphong-timestamp", timestamp);
        if let Some(key) = &self.key {
            let signature = signature(key, timestamp, body.as_bytes());
            request = request.header("x-duphong-signature", signature);
        }
        let (status, answer) = self.world.block_on(async {
            let mut response =
                request.body(body).send().await.map_err(|error| self.failed(&error))?;
            let status = response.status().as_u16();
            let mut answer = Vec::new();
            // The status has told the fate: an answer that breaks off changes nothing.
            while let Ok(Some(part)) = response.chunk().await {
                answer.extend_from_slice(&part);
                if answer.len() >= ANSWER_MAX {
                    break;
                }
            }
            Ok((status, answer))
        })?;
        match status {
            200..300 => Ok(status),
            300..400 => Err(WebhookError::Redirected { status }),
            _ => Err(WebhookError::Refused { status, answer: harmless(&answer) }),
        }
    }

    fn failed(&self, error: &reqwest::Error) -> WebhookError {
        if let Some(source) = TlsError::in_chain(error) {
            return WebhookError::Tls(source);
        }
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => WebhookError::TimedOut { limit: self.timeout },
            (true, false) => WebhookError::Unreachable { detail: beneath(error) },
            (false, _) => WebhookError::Unknown { detail: beneath(error) },
        }
    }
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("url", &shown(self.url.as_str())).finish_non_exhaustive()
    }
}

/// The signature of a request, as its receiver computes it too.
pub fn signature(key: &Secret, timestamp: i64, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes keys of every length");
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

fn address(text: &str) -> Result<Url, WebhookError> {
    let bad = |reason| WebhookError::BadUrl { url: shown(text), reason };
    let url = Url::parse(text).map_err(|_| bad(BadUrl::Form))?;
    if !url.username().is_empty() || url.password().is_some() {
        // Addresses go on record; passwords must not.
        return Err(WebhookError::BadUrl { url: "…".to_owned(), reason: BadUrl::Password });
    }
    let host = url.host_str().unwrap_or("").trim_matches(['[', ']']);
    let here =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" if !host.is_empty() => Ok(url),
        "http" if here => Ok(url),
        "http" => Err(bad(BadUrl::Clear)),
        _ => Err(bad(BadUrl::Form)),
    }
}

/// An address as far as its host: what follows, or stands before an `@`, may be a secret.
fn shown(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return "…".to_owned() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/…")
}

/// An error's causes without the address, which may hold a token.
fn beneath(error: &reqwest::Error) -> String {
    std::error::Error::source(error).map_or_else(|| "no answer".to_owned(), chain)
}

fn harmless(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_MAX).collect()
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadUrl {
    /// No address of a web server.
    Form,
    /// It holds a password.
    Password,
    /// In the clear to another machine.
    Clear,
}

/// Why a message was not taken, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// This is no address that we post to.
    #[error("`{url}` is no address for a webhook: {reason:?}")]
    BadUrl {
        /// The address.
        url: String,
        /// Why not.
        reason: BadUrl,
    },
    /// The client cannot be set up.
    #[error("the webhook cannot be asked")]
    Setup(#[source] TlsError),
    /// No safe connection came about.
    #[error("no safe connection with the webhook")]
    Tls(#[source] TlsError),
    /// Nobody is there.
    #[error("the webhook cannot be reached: {detail}")]
    Unreachable {
        /// The system's answer.
        detail: String,
    },
    /// It could not be reached in time.
    #[error("the webhook could not be reached within {} s", limit.as_secs())]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// It sends us elsewhere, where we do not go.
    #[error("the webhook answers with a redirect: {status}")]
    Redirected {
        /// The status.
        status: u16,
    },
    /// It said no.
    #[error("the webhook refuses: {status} {answer}")]
    Refused {
        /// The status.
        status: u16,
        /// The beginning of its answer, on one line.
        answer: String,
    },
    /// It was reached and did not answer: it may have taken the message.
    #[error("the webhook was reached and gave no answer: {detail}")]
    Unknown {
        /// What came instead.
        detail: String,
    },
}

impl WebhookError {
    /// Whether the message may have been taken all the same.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

impl Fault for WebhookError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::BadUrl { .. } => FaultKind::Config,
            Self::Setup(fault) => fault.kind(),
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "webhook.bad-url",
            Self::Setup(_) => "webhook.setup",
            Self::Tls(_) => "webhook.tls",
            Self::Unreachable { .. } => "webhook.unreachable",
            Self::TimedOut { .. } => "webhook.timed-out",
            Self::Redirected { .. } => "webhook.redirected",
            Self::Refused { .. } => "webhook.refused",
            Self::Unknown { .. } => "webhook.unknown",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::BadUrl { url, reason } => Args::none().text("url", url).text(
                "reason",
                match reason {
                    BadUrl::Form => "form",
                    BadUrl::Password => "password",
                    BadUrl::Clear => "clear",
                },
            ),
            Self::Unreachable { detail } | Self::Unknown { detail } => {
                Args::none().text("detail", detail)
            }
            Self::TimedOut { limit } => Args::none().number("seconds", limit.as_secs()),
            Self::Redirected { status } => Args::none().text("status", status),
            Self::Refused { status, answer } => {
                Args::none().text("status", status).text("answer", answer)
            }
            Self::Setup(_) | Self::Tls(_) => Args::none(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::BadUrl { .. } => Retry::Never,
            Self::Setup(fault) | Self::Tls(fault) => fault.retry(),
            // 4xx too: whoever runs the other side may mend it, and a notice must be told.
            _ => Retry::Later,
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Setup(fault) | Self::Tls(fault) => Some(fault),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_safe_or_here() {
        #[track_caller]
        fn check(text: &str, expected: Option<BadUrl>) {
            let seen = match address(text) {
                Ok(_) => None,
                Err(WebhookError::BadUrl { url, reason }) => {
                    assert!(!url.contains("mat-khau"));
                    Some(reason)
                }
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(seen, expected, "{text}");
        }
        check("https://chat.hungyen.gov.vn/hook?token=1", None);
        check("https://[2001:db8::1]:8443/", None);
        check("http://127.0.0.1:9/a", None);
        check("http://[::1]:9/a", None);
        check("http://localhost:9/a", None);
        check("http://localhost.example.com/a", Some(BadUrl::Clear));
        check("http://10.0.0.1/a", Some(BadUrl::Clear));
        check("http://10.0.0.1/a?token=mat-khau", Some(BadUrl::Clear));
        check("https://duphong:mat-khau@a.vn/", Some(BadUrl::Password));
        check("ftp://127.0.0.1/", Some(BadUrl::Form));
        check("file:///etc/passwd", Some(BadUrl::Form));
        check("chat", Some(BadUrl::Form));
    }

    #[test]
    fn a_signature_is_what_openssl_makes_of_it() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac chia-khoa
        let key = Secret::new(b"chia-khoa".to_vec());
        assert_eq!(
            signature(&key, 1_700_000_000, br#"{"a":1}"#),
            "v1=5bbe409bb9d8f43eb1a4546caac793e03c8932c4f194e2565eaaac67a2425f63"
        );
    }
}
