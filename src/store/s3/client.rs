//! The client of the S3 protocol, on our own HTTP, TLS and clock.
//!
//! Everything that the library would do by itself and we do elsewhere is switched off: retries,
//! deadlines, checksums that some servers refuse, corrections of the clock behind our back.
//!
//! Its reader of XML takes a document that broke off, or one with a letter that XML forbids, for one
//! that has ended there. So every answer but an object is read whole here, within bounds, and one
//! that must be a document is handed on only when it is one from end to end. What such a document
//! says and we do not understand, it will say again: it is not asked for twice.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, Credentials, HttpClient, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, RuntimeComponents, StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::ConnectorError;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use reqwest::redirect;
use xmlparser::{ElementEnd, Token, Tokenizer};

use crate::base::fault::chain;
use crate::base::secret::Secret;
use crate::store::StoreError;
use crate::store::s3::Settings;
use crate::world::World;
use crate::world::clock::Clock;
use crate::world::tls::{self, TlsError};

/// A server in the same country answers within milliseconds; one that drops packets never does.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// A page of a listing names at most a thousand keys of at most 1024 bytes each, and each byte takes
/// at most three where it is encoded. Twice that.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// The client for these settings.
pub(super) fn build(settings: &Settings, world: &World) -> Result<Client, StoreError> {
    let failed = |source| StoreError::Tls { place: settings.endpoint.clone(), source };
    let clock = Arc::clone(&world.clock);
    let tls = tls::client(Arc::clone(&clock), settings.authorities.as_deref()).map_err(failed)?;
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        // A signature is for one address: an answer that sends us elsewhere is an error.
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        // Objects come as they are stored, whatever a server says of their encoding.
        .no_gzip()
        .no_brotli()
        .connect_timeout(CONNECT_MAX)
        // A path that dies in the middle of a pack is noticed by what is not acknowledged, long
        // before the deadline of the pack.
        .tcp_user_timeout(settings.limits.answer)
        .pool_max_idle_per_host(settings.limits.requests)
        .build()
        .map_err(|error| failed(TlsError::Unavailable { detail: chain(&error) }))?;
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&settings.endpoint)
        .region(Region::new(settings.region.clone()))
        .force_path_style(settings.path_style)
        .credentials_provider(credentials(settings)?)
        .http_client(Http(http))
        .time_source(Now(clock))
        .disable_clock_skew_correction(true)
        // A bucket that is called like one of Amazon's own kinds is a bucket all the same.
        .disable_s3_express_session_auth(true)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build();
    Ok(Client::from_conf(config))
}

fn credentials(settings: &Settings) -> Result<Credentials, StoreError> {
    let text = |secret: &Secret| String::from_utf8(secret.expose().to_vec()).ok();
    let secret = text(&settings.key.secret)
        .ok_or_else(|| StoreError::KeyRefused { place: settings.endpoint.clone() })?;
    Ok(Credentials::new(settings.key.id.clone(), secret, None, None, "duphong"))
}

/// The world's clock, as the library wants to be told the time.
struct Now(Arc<dyn Clock>);

impl TimeSource for Now {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

impl fmt::Debug for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Now")
    }
}

/// Carries the library's requests over the HTTP client that all else uses.
#[derive(Clone, Debug)]
struct Http(reqwest::Client);

impl HttpClient for Http {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let wanted = Wanted::of(&request);
            let request = request
                .try_into_http1x()
                .map_err(|error| ConnectorError::user(error.into()))?
                .map(reqwest::Body::wrap)
                .try_into()
                .map_err(|error: reqwest::Error| ConnectorError::user(error.into()))?;
            let answer = client.execute(request).await;
            let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
            let answer = match wanted {
                Wanted::Object if answer.status().is_success() => {
                    http::Response::<reqwest::Body>::from(answer).map(SdkBody::from_body_1_x)
                }
                wanted => collected(answer, wanted).await?,
            };
            HttpResponse::try_from(answer)
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// What a request asks for, as far as its answer's body is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Bytes of an object, which whoever asked reads piece by piece and bounds.
    Object,
    /// A document: a page of a listing, the settings of a bucket, what a copy has made.
    Document,
    /// Nothing, or the words of a refusal.
    Word,
}

impl Wanted {
    fn of(request: &HttpRequest) -> Self {
        let query = request.uri().split_once('?').map_or("", |(_, query)| query);
        let asks = |words: &[&str]| {
            query.split('&').any(|pair| words.contains(&pair.trim_end_matches('=')))
        };
        let copies = request.headers().get("x-amz-copy-source").is_some();
        match request.method() {
            "GET" if asks(&["list-type=2", "versions", "lifecycle", "versioning"]) => {
                Self::Document
            }
            "GET" => Self::Object,
            "PUT" if copies => Self::Document,
            _ => Self::Word,
        }
    }
}

/// The answer with its whole body in memory.
async fn collected(
    mut answer: reqwest::Response,
    wanted: Wanted,
) -> Result<http::Response<SdkBody>, ConnectorError> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| ConnectorError::io(error.into()))? {
        if body.len() + part.len() > ANSWER_BYTES_MAX {
            let detail = format!("an answer of more than {ANSWER_BYTES_MAX} bytes");
            return Err(ConnectorError::other(detail.into(), None));
        }
        body.extend_from_slice(&part);
    }
    if wanted == Wanted::Document && answer.status().is_success() {
        check_document(&body).map_err(|detail| ConnectorError::other(detail.into(), None))?;
    }
    let mut whole = http::Response::new(SdkBody::from(body));
    *whole.status_mut() = answer.status();
    *whole.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(whole)
}

/// Says what keeps these bytes from being one XML document from end to end.
fn check_document(bytes: &[u8]) -> Result<(), String> {
    let said = |what: &dyn fmt::Display| format!("an answer that is cut off or no XML: {what}");
    let text = std::str::from_utf8(bytes).map_err(|error| said(&error))?;
    let mut open = 0_usize;
    let mut any = false;
    for token in Tokenizer::from(text) {
        match token.map_err(|error| said(&error))? {
            Token::ElementStart { .. } => {
                any = true;
                open += 1;
            }
            // The tokenizer itself refuses an end without a beginning.
            Token::ElementEnd { end: ElementEnd::Close(..) | ElementEnd::Empty, .. } => {
                open = open.saturating_sub(1);
            }
            _ => {}
        }
    }
    if any && open == 0 { Ok(()) } else { Err(said(&"it does not end")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_one_from_end_to_end() {
        for (bytes, whole) in [
            (&b"<?xml version=\"1.0\"?>\n<a><b x=\"1\"/><c>d</c></a>\n"[..], true),
            (b"<a/>", true),
            (b"", false),
            (b"<?xml version=\"1.0\"?>", false),
            (b"<a><b>", false),
            (b"<a><b></b>", false),
            (b"<a><b></b></", false),
            (b"<a>\x01</a>", false),
            (b"<a>\xff</a>", false),
            (b"</a>", false),
            (b"<a></a></a>", false),
            (b"<a></a><b>", false),
            (b"no XML", false),
        ] {
            let checked = check_document(bytes);
            assert_eq!(checked.is_ok(), whole, "{}: {checked:?}", bytes.escape_ascii());
        }
    }
}
