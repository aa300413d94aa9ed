//! What is said on the wire when nothing goes wrong: keys, signatures, pages, conditions, TLS.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::secret::Secret;
use duphong::store::s3::{Conditions, Limits, S3Store, Settings};
use duphong::store::{ObjectStore as _, StoreError};
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SystemEntropy;
use duphong::world::tls::TlsError;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::store::name;
use crate::store::s3::options::{Conditional, Options};
use crate::store::s3::server::Server;

fn open(server: &Server, prefix: &str) -> S3Store {
    S3Store::open(server.settings(prefix), &server.world()).unwrap()
}

#[test]
fn keys_are_those_of_restic_and_the_place_is_called_as_restic_calls_it() {
    let server = Server::start();
    for (prefix, key) in [("", "data/ab/ab01"), ("mau", "mau/data/ab/ab01")] {
        let store = open(&server, prefix);
        server
            .world()
            .block_on(store.put(&name("data/ab/ab01"), Bytes::from_static(b"x")))
            .unwrap();
        assert!(server.objects().contains_key(key), "{key}");
        let slash = if prefix.is_empty() { "" } else { "/" };
        let place = format!("s3:{}/kho-mau{slash}{prefix}", server.endpoint());
        assert_eq!(store.location(), place);
    }
}

#[test]
fn what_is_sent_is_signed_with_its_digest_and_carries_no_other_checksum() {
    let server = Server::start();
    let store = open(&server, "");
    let bytes = Bytes::from_static(b"Tep va anh");
    server.world().block_on(store.put(&name("data/1"), bytes.clone())).unwrap();
    let asked = server.take_asked();
    let put = asked.iter().find(|one| one.method == "PUT").unwrap();
    assert_eq!(put.header("x-amz-content-sha256"), Some(Digest::of(&bytes).to_string().as_str()));
    assert_eq!(put.header("if-none-match"), Some("*"));
    assert_eq!(put.header("content-length"), Some("10"));
    let more = put.headers.iter().find(|(name, _)| {
        name.starts_with("x-amz-checksum") || name.contains("trailer") || name.contains("sdk-check")
    });
    assert_eq!(more, None);
}

#[test]
fn a_new_object_costs_two_requests_and_a_range_one() {
    let server = Server::start();
    let (store, world) = (open(&server, ""), server.world());
    let methods = || {
        let asked = server.take_asked();
        asked.iter().map(|one| one.method.as_str()).collect::<Vec<_>>().join(" ")
    };
    world.block_on(store.put(&name("data/1"), Bytes::from_static(b"0123456789"))).unwrap();
    assert_eq!(methods(), "HEAD PUT");
    world.block_on(store.get_range(&name("data/1"), 2, 3)).unwrap();
    assert_eq!(methods(), "GET");
    world.block_on(store.put(&name("data/1"), Bytes::from_static(b"other size"))).unwrap_err();
    assert_eq!(methods(), "HEAD GET");
    world.block_on(store.put(&name("data/1"), Bytes::from_static(b"other"))).unwrap_err();
    assert_eq!(methods(), "HEAD");
}

#[test]
fn a_listing_of_many_pages_is_whole_and_names_nothing_of_others() {
    let server = Server::with(Options { page: Some(7), disorder: true, ..Options::default() });
    let (store, world) = (open(&server, "mau"), server.world());
    for number in 0..50 {
        let path = name(&format!("data/{number:02}"));
        world.block_on(store.put(&path, vec![0; number].into())).unwrap();
    }
    for foreign in ["mau/data/tên lạ", "mau/data/a b", "mau-2/data/00", "data/00", "mau/data//x"]
    {
        server.place(foreign, b"?");
    }
    server.take_asked();
    let listed = world.block_on(store.list("data/")).unwrap();
    let expected: Vec<_> = (0..50).map(|n| (name(&format!("data/{n:02}")), n)).collect();
    assert_eq!(listed, expected);
    assert_eq!(server.take_asked().len(), 53_usize.div_ceil(7));
}

#[test]
fn a_server_is_asked_by_trying_what_it_does_with_conditions() {
    for (conditional, expected) in [
        (Conditional::Honors, Conditions::Honored),
        (Conditional::Ignores, Conditions::Ignored),
        (Conditional::Refuses, Conditions::Unknown),
    ] {
        let server = Server::with(Options { conditional, ..Options::default() });
        let store = open(&server, "mau");
        let name = S3Store::name_to_try(&SystemEntropy).unwrap();
        let found = server.world().block_on(store.conditions(&name)).unwrap();
        assert_eq!(found, expected);
        assert!(server.objects().is_empty(), "the object that was tried is gone");
    }
}

#[test]
fn a_server_that_refuses_conditions_is_asked_for_them_once() {
    let server = Server::with(Options { conditional: Conditional::Refuses, ..Options::default() });
    let (store, world) = (open(&server, ""), server.world());
    for path in ["a", "b", "c"] {
        world.block_on(store.put(&name(path), Bytes::from_static(b"x"))).unwrap();
    }
    let asked = server.take_asked();
    let conditional = asked.iter().filter(|one| one.header("if-none-match").is_some()).count();
    assert_eq!(conditional, 1);
    assert_eq!(server.objects().len(), 3);
}

/// Opens with changed settings and tells what a first look gives.
fn refusal(server: &Server, change: impl FnOnce(&mut Settings)) -> StoreError {
    let mut settings = server.settings("mau");
    change(&mut settings);
    let store = S3Store::open(settings, &server.world()).unwrap();
    server.world().block_on(store.get(&name("config"))).unwrap_err()
}

#[test]
fn wrong_keys_buckets_and_servers_are_told_apart() {
    let server = Server::start();
    let error = refusal(&server, |settings| settings.key.id = "LA".to_owned());
    assert!(matches!(error, StoreError::KeyRefused { .. }), "{error}");
    let error = refusal(&server, |settings| settings.key.secret = Secret::new(b"khac".to_vec()));
    assert!(matches!(error, StoreError::KeyRefused { .. }), "{error}");
    assert_eq!(error.exit(), ExitCode::Configuration);
    let error = refusal(&server, |settings| settings.bucket = "kho-khac".to_owned());
    assert!(matches!(error, StoreError::NoBucket { .. }), "{error}");
    assert_eq!(error.exit(), ExitCode::RepositoryMissing);
    let error = refusal(&server, |_| {});
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = refusal(&server, |settings| settings.endpoint = format!("http://{nobody}"));
    assert!(matches!(error, StoreError::Connection { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn an_object_in_a_bucket_that_is_not_there_is_not_merely_missing() {
    let server = Server::start();
    let mut settings = server.settings("");
    settings.bucket = "kho-khac".to_owned();
    let store = S3Store::open(settings, &server.world()).unwrap();
    let world = server.world();
    let is_no_bucket = |error| matches!(error, StoreError::NoBucket { .. });
    assert!(is_no_bucket(world.block_on(store.exists(&name("config"))).unwrap_err()));
    assert!(is_no_bucket(world.block_on(store.list("")).unwrap_err()));
    assert!(is_no_bucket(world.block_on(store.put(&name("a"), Bytes::new())).unwrap_err()));
    assert!(is_no_bucket(world.block_on(store.delete(&name("a"))).unwrap_err()));
}

#[test]
fn requests_are_signed_by_the_clock_of_the_world_and_a_clock_that_is_wrong_is_named() {
    let server = Server::start();
    let world = server.world();
    let hour = jiff::SignedDuration::from_hours(1);
    let clock = ManualClock::at(world.clock.now() - hour);
    let wrong = World::with(Arc::new(clock), world.entropy.clone(), world.runtime().clone());
    let store = S3Store::open(server.settings(""), &wrong).unwrap();
    // `exists` and `put` begin with a HEAD, whose refusal cannot say why.
    for refused in [
        world.block_on(store.get(&name("config"))).map(drop),
        world.block_on(store.exists(&name("config"))).map(drop),
        world.block_on(store.put(&name("config"), Bytes::new())),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, StoreError::Clock { minutes: 15, .. }), "{error}");
    }
}

#[test]
fn no_more_requests_run_at_once_than_the_limits_say() {
    let server = Server::start();
    let mut settings = server.settings("");
    settings.limits = Limits { requests: 3, ..Limits::default() };
    let store = Arc::new(S3Store::open(settings, &server.world()).unwrap());
    let world = server.world();
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = Arc::clone(&store);
            let path = name(&format!("data/{number}"));
            world.runtime().spawn(async move { store.put(&path, Bytes::from_static(b"x")).await })
        })
        .collect();
    for task in tasks {
        world.block_on(task).unwrap().unwrap();
    }
    assert!((1..=3).contains(&server.peak()), "{}", server.peak());
    assert_eq!(server.objects().len(), 40);
}

/// A server with a certificate of an authority that nobody knows, and the authority's own.
fn with_tls() -> (Server, String) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key.into())
        .unwrap();
    let options = Options { tls: Some(Arc::new(config)), ..Options::default() };
    (Server::with(options), certificate)
}

#[test]
fn an_authority_of_the_agency_is_trusted_where_its_file_is_named_and_only_there() {
    let (server, authority) = with_tls();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority).unwrap();
    let error = refusal(&server, |_| {});
    let StoreError::Tls { source, .. } = &error else { panic!("{error}") };
    assert_eq!(*source, TlsError::UnknownIssuer);
    let mut settings = server.settings("mau");
    settings.authorities = Some(file);
    let store = S3Store::open(settings, &server.world()).unwrap();
    let bytes = Bytes::from_static(b"qua TLS");
    server.world().block_on(store.put(&name("config"), bytes.clone())).unwrap();
    assert_eq!(server.world().block_on(store.get(&name("config"))).unwrap(), bytes);
    let asked = server.take_asked();
    let put = asked.iter().find(|one| one.method == "PUT").unwrap();
    let signed = put.header("x-amz-content-sha256").unwrap();
    assert_eq!(signed, Digest::of(&bytes).to_string(), "the body is signed over TLS too");
}

#[test]
fn a_file_of_authorities_that_holds_none_stops_before_anything_is_asked() {
    let server = Server::start();
    let mut settings = server.settings("");
    settings.authorities = Some("/nonexistent/ca.pem".into());
    let error = S3Store::open(settings, &server.world()).unwrap_err();
    assert_eq!((error.code(), error.exit()), ("store.tls", ExitCode::Configuration));
}

#[test]
fn a_server_that_says_nothing_is_left_at_the_deadline() {
    let server = Server::start();
    server.plan(|_| Some(crate::store::s3::Fault::Mute));
    let mut settings = server.settings("");
    settings.limits.answer = Duration::from_millis(50);
    let store = S3Store::open(settings, &server.world()).unwrap();
    for outcome in [
        server.world().block_on(store.get(&name("a"))).map(drop),
        server.world().block_on(store.list("")).map(drop),
        server.world().block_on(store.delete(&name("a"))),
        server.world().block_on(store.put(&name("a"), Bytes::new())),
    ] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, StoreError::Connection { .. }), "{error}");
    }
}
