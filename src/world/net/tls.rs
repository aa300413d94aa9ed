//! TLS as a witness: connections are refused as a browser would refuse them, and what the peer
//! sent is kept so that the refusal can be explained.
//!
//! A [`Recorder`] stands in the place of the verifier, keeps the certificates as they came and
//! hands them to the real one, whose judgement it also keeps. It never accepts what the real one
//! refuses. Whether a certificate was revoked is not asked.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, VerifierBuilderError};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::world::clock::{Clock, Monotonic};
use crate::world::net::Door;
use crate::world::tls::Wall;

/// What a peer showed of itself in a handshake.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The certificates as they came (DER), its own first. Untrusted bytes.
    pub chain: Vec<Vec<u8>>,
    /// What the verifier said of them.
    pub judgement: Result<(), Error>,
    /// When they came.
    pub at: Monotonic,
}

/// Keeps what the peer of one connection showed.
pub struct Recorder {
    real: Arc<WebPkiServerVerifier>,
    clock: Arc<dyn Clock>,
    shown: Mutex<Option<Shown>>,
}

impl Recorder {
    /// What the peer showed, once it did.
    pub fn shown(&self) -> Option<Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judged<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(shown) = shown.as_mut() {
                shown.judgement = Err(error.clone());
            }
        }
        result
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificates = std::iter::once(end_entity).chain(intermediates);
        let shown = Shown {
            chain: certificates.map(|certificate| certificate.to_vec()).collect(),
            judgement: Ok(()),
            at: self.clock.monotonic(),
        };
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        self.judged(self.real.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        ))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judged(self.real.verify_tls12_signature(message, certificate, signed))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judged(self.real.verify_tls13_signature(message, certificate, signed))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.real.supported_verify_schemes()
    }
}

impl Door {
    /// The settings of one TLS connection and what will witness it. A second connection with the
    /// same settings would overwrite what the first one showed.
    pub fn tls(&self) -> Result<(ClientConfig, Arc<Recorder>), Error> {
        let provider = Arc::new(ring::default_provider());
        let clock = Arc::clone(&self.world.clock);
        let recorder = Arc::new(Recorder {
            real: verifier(&self.roots, &provider)
                .map_err(|error| Error::General(error.to_string()))?,
            clock: Arc::clone(&clock),
            shown: Mutex::default(),
        });
        let mut config = ClientConfig::builder_with_details(provider, Arc::new(Wall(clock)))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&recorder) as _)
            .with_no_client_auth();
        // A resumed session shows no certificate.
        config.resumption = Resumption::disabled();
        Ok((config, recorder))
    }

    /// Whether a trusted authority bears this name (a DER-encoded distinguished name).
    pub fn knows_authority(&self, name: &[u8]) -> bool {
        self.roots.roots.iter().any(|anchor| anchor.subject.as_ref() == der_content(name))
    }
}

/// Anchors keep a name without the head of its sequence, certificates with it.
fn der_content(name: &[u8]) -> &[u8] {
    match name {
        [0x30, length, rest @ ..] if *length < 0x80 => rest,
        [0x30, 0x81, _, rest @ ..] | [0x30, 0x82, _, _, rest @ ..] => rest,
        other => other,
    }
}

fn verifier(
    roots: &Arc<RootCertStore>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, VerifierBuilderError> {
    WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider)).build()
}
