//! The client of the S3 protocol, on our own HTTP, TLS and clock.
//!
//! Everything that the library would do by itself and we do elsewhere is switched off: retries,
//! deadlines, checksums that some servers refuse, corrections of the clock behind our back.

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

use crate::base::fault::chain;
use crate::base::secret::Secret;
use crate::store::StoreError;
use crate::store::s3::Settings;
use crate::world::World;
use crate::world::clock::Clock;
use crate::world::tls::{self, TlsError};

/// A server in the same country answers within milliseconds; one that drops packets never does.
const CONNECT_MAX: Duration = Duration::from_secs(10);

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
            let request = request
                .try_into_http1x()
                .map_err(|error| ConnectorError::user(error.into()))?
                .map(reqwest::Body::wrap)
                .try_into()
                .map_err(|error: reqwest::Error| ConnectorError::user(error.into()))?;
            let answer = client.execute(request).await;
            let answer: http::Response<reqwest::Body> =
                answer.map_err(|error| ConnectorError::io(error.into()))?.into();
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
