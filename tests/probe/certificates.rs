//! Certificates of every bad kind, shown by a server that would show anything.

use std::net::SocketAddr;
use std::sync::Arc;

use duphong::probe::fact::Cause;
use duphong::probe::settings::TlsQuestion;
use duphong::probe::tls::{Flaw, Shaken};
use duphong::probe::{http, judge, tls};
use duphong::world::clock::ManualClock;
use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::probe::farm::{Ground, NOBODY, PATIENCE, network};

/// Between the day on which all test certificates begin and the day on which they end.
const TODAY: &str = "2026-11-22T01:00:00Z";

/// An authority, itself signed by another or by itself.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        Self::new(name, None)
    }

    fn new(name: &str, above: Option<&Self>) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = match above {
            None => params.self_signed(&key),
            Some(above) => params.signed_by(&key, &above.issuer),
        };
        let certificate = certificate.unwrap();
        let (der, pem) = (certificate.der().clone(), certificate.pem());
        Self { issuer: Issuer::new(params, key), der, pem }
    }

    /// A certificate for `names`, after `change` has spoiled it.
    pub(crate) fn sign(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> (CertificateDer<'static>, KeyPair, String) {
        let (params, key) = leaf(names, change);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), key, certificate.pem())
    }
}

fn leaf(
    names: &[&str],
    change: impl FnOnce(&mut CertificateParams),
) -> (CertificateParams, KeyPair) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "portal of a test");
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 12, 22);
    change(&mut params);
    (params, KeyPair::generate().unwrap())
}

/// Shows any bytes as its chain, fitting or not.
#[derive(Debug)]
struct Shameless(Arc<CertifiedKey>);

impl ResolvesServerCert for Shameless {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn serve(ground: &Ground, chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = provider.key_provider.load_private_key(key).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shameless(Arc::new(CertifiedKey::new(chain, key)))));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = ground.world.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    ground.world.runtime().spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _refused = acceptor.accept(stream).await;
        }
    });
    address
}

fn today() -> Ground {
    Ground::at(Arc::new(ManualClock::at(TODAY.parse().unwrap())))
}

fn question(at: SocketAddr) -> TlsQuestion {
    TlsQuestion { host: "127.0.0.1".to_owned(), port: at.port(), days: 10, names: Vec::new() }
}

/// Shakes hands with a server that shows `chain`, trusting `known`.
fn shake(known: &Authority, chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Shaken {
    let ground = today();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, &known.pem).unwrap();
    let mut network = network(NOBODY);
    network.authorities = Some(file);
    let address = serve(&ground, chain, key);
    let door = ground.door(&network);
    ground.world.block_on(tls::shake(&door, "127.0.0.1", address.port(), None, PATIENCE))
}

#[track_caller]
fn check(
    known: &Authority,
    chain: Vec<CertificateDer<'static>>,
    key: &KeyPair,
    cause: Option<Cause>,
) {
    let shaken = shake(known, chain, key);
    let judgement = judge::tls(&question(NOBODY), &shaken);
    let causes: Vec<_> = judgement.reasons.iter().map(|reason| reason.cause).collect();
    assert_eq!(causes, Vec::from_iter(cause), "{shaken:?}");
}

const HERE: &[&str] = &["127.0.0.1", "localhost"];

#[test]
fn every_bad_certificate_is_refused_by_its_name() {
    let root = Authority::root("Known Root");
    let (good, key, _) = root.sign(HERE, |_| {});
    check(&root, vec![good.clone()], &key, None);

    let sign = |change: fn(&mut CertificateParams)| root.sign(HERE, change);
    let (certificate, key, _) = sign(|params| params.not_after = date_time_ymd(2026, 11, 21));
    check(&root, vec![certificate], &key, Some(Cause::TlsExpired));
    let (certificate, key, _) = sign(|params| params.not_before = date_time_ymd(2026, 11, 23));
    check(&root, vec![certificate], &key, Some(Cause::TlsNotYetValid));
    let (certificate, key, _) = sign(|params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    check(&root, vec![certificate], &key, Some(Cause::TlsWrongPurpose));
    let (certificate, key, _) = root.sign(&["cong.test"], |_| {});
    check(&root, vec![certificate], &key, Some(Cause::TlsWrongHost));

    let (params, own) = leaf(HERE, |_| {});
    let alone = params.self_signed(&own).unwrap().der().clone();
    check(&root, vec![alone], &own, Some(Cause::TlsSelfSigned));

    let stranger = Authority::root("Strange Root");
    let (certificate, key, _) = stranger.sign(HERE, |_| {});
    let whole = vec![certificate.clone(), stranger.der.clone()];
    check(&root, whole, &key, Some(Cause::TlsUnknownIssuer));
    check(&root, vec![certificate], &key, Some(Cause::TlsIncompleteChain));

    let middle = Authority::new("Middle", Some(&root));
    let (certificate, key, _) = middle.sign(HERE, |_| {});
    check(&root, vec![certificate.clone(), middle.der.clone()], &key, None);
    check(&root, vec![certificate], &key, Some(Cause::TlsIncompleteChain));

    // An impostor bears the name of the known authority.
    let impostor = Authority::root("Known Root");
    let (certificate, key, _) = impostor.sign(HERE, |_| {});
    check(&root, vec![certificate], &key, Some(Cause::TlsBadSignature));
    let (certificate, key, _) = root.sign(HERE, |_| {});
    let mut bytes = certificate.to_vec();
    let middle_of_the_key = bytes.len() / 2;
    bytes[middle_of_the_key] ^= 1;
    let flaw = shake(&root, vec![bytes.into()], &key).certificates.unwrap().flaw;
    assert!(matches!(flaw, Some(Flaw::BadSignature | Flaw::Unreadable)), "{flaw:?}");

    let (_, key, _) = root.sign(HERE, |_| {});
    check(
        &root,
        vec![CertificateDer::from(b"no certificate".to_vec())],
        &key,
        Some(Cause::TlsUnreadable),
    );
    // A good certificate in the hands of someone without its key.
    check(&root, vec![good], &key, Some(Cause::TlsBadSignature));
}

#[test]
fn days_left_are_counted_by_the_clock_of_the_world() {
    let root = Authority::root("Known Root");
    let (certificate, key, _) = root.sign(HERE, |_| {});
    let shaken = shake(&root, vec![certificate], &key);
    assert_eq!(shaken.end, Ok(()));
    assert_eq!(shaken.protocol.as_deref(), Some("TLSv1.3"));
    let shown = shaken.certificates.clone().unwrap();
    assert_eq!(shown.days_left(), Some(29), "2026-11-22 01:00 to 2026-12-22 00:00");
    let own = shown.own().unwrap();
    assert_eq!(own.names, HERE);
    assert!(own.subject.contains("portal of a test") && own.issuer.contains("Known Root"));

    let wanted = |days, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let question = TlsQuestion { days, names, ..question(NOBODY) };
        let reasons = judge::tls(&question, &shaken).reasons;
        reasons.into_iter().map(|one| (one.cause, one.seen)).collect::<Vec<_>>()
    };
    assert_eq!(wanted(29, &["LOCALHOST"]), []);
    assert_eq!(wanted(30, &[]), [(Cause::ExpiresSoon, "29".to_owned())]);
    let lacks = (Cause::CertificateLacksName, "127.0.0.1, localhost".to_owned());
    assert_eq!(wanted(1, &["en.cong.test"]), [lacks]);
}

#[test]
fn a_port_without_tls_is_called_that() {
    let ground = today();
    let door = ground.door(&network(NOBODY));
    let shake = |port| {
        let shaken = tls::shake(&door, "127.0.0.1", port, None, PATIENCE);
        let shaken = ground.world.block_on(shaken);
        judge::tls(&question(NOBODY), &shaken).reasons[0].cause
    };
    let plain = |text: &'static str| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut hello = [0; 64];
            // Its greeting is read, so that our answer is not lost in a reset.
            let _read = std::io::Read::read(&mut stream, &mut hello);
            let _left = std::io::Write::write_all(&mut stream, text.as_bytes());
        });
        port
    };
    assert_eq!(shake(plain("HTTP/1.1 400 Bad Request\r\n\r\n")), Cause::TlsNotTls);
    assert_eq!(shake(plain("")), Cause::TlsClosed);

    // The same over HTTPS, through the HTTP client.
    let port = plain("HTTP/1.1 400 Bad Request\r\n\r\n");
    let request = http::Request::new(format!("https://127.0.0.1:{port}/"), PATIENCE);
    let fetched = http::fetch(&door, &request);
    assert_eq!(fetched.end, Err(duphong::probe::trouble::Trouble::Tls(Flaw::NotTls)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn spoiled_certificates_never_panic_and_are_never_trusted(
        place in any::<prop::sample::Index>(), bits in 1_u8..=255, cut in any::<prop::sample::Index>(),
    ) {
        let root = Authority::root("Known Root");
        let (certificate, key, _) = root.sign(HERE, |_| {});
        let mut bytes = certificate.to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= bits;
        let short = bytes[..cut.index(bytes.len())].to_vec();
        for bytes in [bytes, short] {
            let shaken = shake(&root, vec![bytes.into()], &key);
            prop_assert!(shaken.end.is_err());
        }
    }
}
