//! Where two things meet that seldom do, at a bucket: each was found by a mistake that was planted
//! in the store and that no test had seen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use duphong::base::fault::Fault as _;
use duphong::store::past::as_of;
use duphong::store::s3::{Conditions, Limits, Locking as Held, S3Store, Settings};
use duphong::store::versions::{Content, LockMode, Version, VersionId, Versions as _};
use duphong::store::{ObjectStore as _, StoreError};
use duphong::world::World;
use duphong::world::clock::ManualClock;
use jiff::{SignedDuration, Timestamp};

use crate::store::name;
use crate::store::s3::options::{Conditional, Locking, Options};
use crate::store::s3::parrot::Parrot;
use crate::store::s3::server::{Fault, Server};

fn open(server: &Server, change: impl FnOnce(&mut Settings)) -> S3Store {
    let mut settings = server.settings("mau");
    change(&mut settings);
    S3Store::open(settings, &server.world()).unwrap()
}

fn for_days(days: u64) -> Held {
    let lasting = Duration::from_hours(24 * days);
    Held { mode: LockMode::Compliance, lasting, except: "locks/" }
}

/// A store on a server that says these in turn, each on a connection of its own.
fn told(server: &Server, answers: Vec<String>, locking: Option<Held>) -> (Parrot, S3Store) {
    let leak = |answer: String| &*Box::leak(answer.into_bytes().into_boxed_slice());
    let parrot = Parrot::in_turn(answers.into_iter().map(leak).collect());
    let store = open(server, |settings| {
        settings.endpoint = parrot.endpoint();
        settings.locking = locking;
    });
    (parrot, store)
}

fn answer(head: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// A key that may write and may not look: whether the name is taken must be found out by reading.
#[test]
fn a_look_that_is_refused_never_lets_an_object_be_written_over() {
    let options = Options { conditional: Conditional::Ignores, ..Options::default() };
    let server = Server::with(options);
    let (store, world) = (open(&server, |_| {}), server.world());
    let held = name("data/held");
    world.block_on(store.put(&held, Bytes::from_static(b"first"))).unwrap();
    server.plan(|asked| (asked.method == "HEAD").then_some(Fault::Answer(403, "")));
    let error = world.block_on(store.put(&held, Bytes::from_static(b"other"))).unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
    assert_eq!(world.block_on(store.get(&held)).unwrap(), "first");
}

/// Between the look and the write somebody else was there.
#[test]
fn a_name_that_was_taken_meanwhile_is_ours_only_with_our_bytes() {
    let server = Server::start();
    let (store, world) = (open(&server, |_| {}), server.world());
    let held = name("data/held");
    world.block_on(store.put(&held, Bytes::from_static(b"first"))).unwrap();
    server.plan(|asked| (asked.method == "HEAD").then_some(Fault::Answer(404, "")));
    let error = world.block_on(store.put(&held, Bytes::from_static(b"other"))).unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
    world.block_on(store.put(&held, Bytes::from_static(b"first"))).unwrap();
}

#[test]
fn what_is_sent_again_without_a_condition_is_locked_all_the_same() {
    let conditional = Conditional::Refuses;
    let server = Server::with(Options { versions: true, conditional, ..Options::default() });
    let store = open(&server, |settings| settings.locking = Some(for_days(90)));
    let world = server.world();
    for path in ["data/a", "data/b"] {
        world.block_on(store.put(&name(path), Bytes::from_static(b"x"))).unwrap();
    }
    let locks = server.locks();
    assert!(locks.values().flatten().all(Option::is_some), "{locks:?}");
}

#[test]
fn the_more_a_request_carries_the_longer_it_may_take() {
    let server = Server::start();
    let (answer, bytes_per_second) = (Duration::from_secs(1), 1000);
    let limits = Limits { answer, bytes_per_second, ..Limits::default() };
    let store = open(&server, |settings| settings.limits = limits);
    server.plan(|asked| match asked.method.as_str() {
        "HEAD" => Some(Fault::Answer(404, "")),
        _ => Some(Fault::Mute),
    });
    let (held, began) = (name("data/a"), Instant::now());
    let sent = store.put(&held, Bytes::from(vec![7; 1000]));
    let error = server.world().block_on(sent).unwrap_err();
    assert!(matches!(error, StoreError::Connection { .. }), "{error}");
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
}

/// A server that passes over what a name must begin with.
#[test]
fn a_listing_holds_what_was_asked_for_and_nothing_else() {
    let server = Server::start();
    let page = "<?xml version=\"1.0\"?><ListBucketResult><Name>kho-mau</Name>\
        <IsTruncated>false</IsTruncated>\
        <Contents><Key>mau/data/a</Key><Size>1</Size></Contents>\
        <Contents><Key>mau/khac/b</Key><Size>2</Size></Contents></ListBucketResult>";
    let (_parrot, store) = told(&server, vec![answer("200 OK", page)], None);
    let listed = server.world().block_on(store.list("data/")).unwrap();
    assert_eq!(listed, [(name("data/a"), 1)]);
}

fn version(id: &str, latest: &str) -> String {
    format!(
        "<Version><Key>mau/data/a</Key><VersionId>{id}</VersionId>{latest}\
         <LastModified>2026-11-22T01:02:03.000Z</LastModified><ETag>\"e\"</ETag><Size>1</Size></Version>"
    )
}

fn versions(more: &str, found: &[String]) -> String {
    let found = found.concat();
    let page = format!(
        "<?xml version=\"1.0\"?><ListVersionsResult><Name>kho-mau</Name>{more}{found}\
         </ListVersionsResult>"
    );
    answer("200 OK", &page)
}

#[test]
fn a_version_that_two_pages_name_is_one_and_shows_only_if_the_server_says_so() {
    let server = Server::start();
    let (shown, silent) = ("<IsLatest>true</IsLatest>", "");
    let first = versions(
        "<IsTruncated>true</IsTruncated><NextKeyMarker>mau/data/a</NextKeyMarker>\
         <NextVersionIdMarker>v2</NextVersionIdMarker>",
        &[version("v2", shown)],
    );
    let last = versions(
        "<IsTruncated>false</IsTruncated>",
        &[version("v2", shown), version("v1", silent)],
    );
    let (_parrot, store) = told(&server, vec![first, last], None);
    let all = server.world().block_on(store.all("data/")).unwrap();
    let seen: Vec<_> = all.iter().map(|one| (&*one.id.0, one.is_latest)).collect();
    assert_eq!(seen, [("v2", true), ("v1", false)]);
}

/// Servers count in whole seconds: what was there and hidden within one was there.
#[test]
fn of_what_was_written_and_hidden_in_one_second_the_past_shows_what_was_written() {
    let server = Server::with(Options { versions: true, ..Options::default() });
    let (store, world) = (open(&server, |_| {}), server.world());
    let names = ["data/a", "data/b", "data/c"].map(name);
    for one in &names {
        world.block_on(store.put(one, Bytes::from_static(b"x"))).unwrap();
        world.block_on(store.delete(one)).unwrap();
    }
    let all = world.block_on(store.all("")).unwrap();
    // A second may end between the two, but not three times.
    let in_one =
        all.chunk_by(|a, b| a.name == b.name).filter(|two| two[0].written == two[1].written);
    let seen: Vec<_> = in_one.map(|two| as_of(two, Timestamp::MAX).count()).collect();
    assert!(!seen.is_empty() && seen.iter().all(|count| *count == 1), "{all:?}");
}

#[test]
fn a_refused_deletion_names_no_lock_that_has_ended() {
    let server = Server::with(Options { versions: true, ..Options::default() });
    let locking = Held { lasting: Duration::from_mins(10), ..for_days(0) };
    let store = open(&server, |settings| settings.locking = Some(locking));
    let held = name("data/a");
    server.world().block_on(store.put(&held, Bytes::from_static(b"x"))).unwrap();
    // Signatures may be off by a quarter of an hour.
    let world = server.world();
    let clock = ManualClock::at(world.clock.now() + SignedDuration::from_mins(12));
    let later = World::with(Arc::new(clock), world.entropy.clone(), world.runtime().clone());
    let mut settings = server.settings("mau");
    settings.locking = Some(locking);
    let store = S3Store::open(settings, &later).unwrap();
    server.plan(|asked| (asked.method == "DELETE").then_some(Fault::Answer(403, "AccessDenied")));
    let error = world.block_on(store.delete(&held)).unwrap_err();
    assert_eq!(error.code(), "store.denied", "{error}");
}

const UNTIL: &str = "last-modified: Sun, 22 Nov 2026 01:02:03 GMT\r\n\
    x-amz-object-lock-retain-until-date: 2040-01-01T00:00:00Z\r\nx-amz-object-lock-mode: ";

#[test]
fn a_lock_of_a_kind_that_nobody_knows_is_none() {
    let server = Server::start();
    for (mode, known) in [("COMPLIANCE", true), ("LENIENCE", false)] {
        let (_parrot, store) =
            told(&server, vec![answer(&format!("200 OK\r\n{UNTIL}{mode}"), "")], None);
        let found = server.world().block_on(store.describe_latest(&name("a"))).unwrap();
        assert_eq!(found.lock.is_some(), known, "{mode}");
    }
}

/// A lock of another end than the one that was asked for.
#[test]
fn a_server_that_keeps_another_lock_than_ours_does_not_lock() {
    let server = Server::start();
    let answers = vec![
        answer("200 OK\r\netag: \"e\"", ""),
        answer(&format!("200 OK\r\n{UNTIL}COMPLIANCE"), ""),
        answer("204 No Content", ""),
    ];
    let (_parrot, store) = told(&server, answers, Some(for_days(90)));
    let error = server.world().block_on(store.prove_lock(&name("thu"))).unwrap_err();
    assert!(matches!(error, StoreError::NoLock { .. }), "{error}");
}

#[test]
fn a_server_that_refuses_to_replace_and_replaces_all_the_same_honors_nothing() {
    let server = Server::start();
    let answers = vec![
        answer("200 OK\r\netag: \"e\"", ""),
        answer("412 Precondition Failed", ""),
        answer("200 OK", "second"),
        answer("204 No Content", ""),
    ];
    let (_parrot, store) = told(&server, answers, None);
    let found = server.world().block_on(store.conditions(&name("thu"))).unwrap();
    assert_eq!(found, Conditions::Ignored);
}

/// A version as the listing of a bucket told of it.
fn old() -> Version {
    Version {
        name: name("data/a"),
        id: VersionId("v1".into()),
        written: Timestamp::UNIX_EPOCH,
        is_latest: false,
        content: Some(Content { size: 1, tag: String::new() }),
    }
}

#[test]
fn what_is_brought_back_without_a_lock_is_not_called_back() {
    // A bucket that locks nothing and names no version.
    let server = Server::start();
    let (plain, world) = (open(&server, |_| {}), server.world());
    world.block_on(plain.put(&name("data/a"), Bytes::from_static(b"x"))).unwrap();
    let found = world.block_on(plain.all("")).unwrap().remove(0);
    let store = open(&server, |settings| settings.locking = Some(for_days(90)));
    let error = world.block_on(store.bring_back(&found)).unwrap_err();
    assert!(matches!(error, StoreError::NoLock { .. }), "{error}");
    // An empty success: nothing says that a copy was made.
    let document = "<?xml version=\"1.0\"?><CopyObjectResult></CopyObjectResult>";
    let (_parrot, store) = told(&server, vec![answer("200 OK", document)], None);
    let error = world.block_on(store.bring_back(&old())).unwrap_err();
    assert!(matches!(error, StoreError::Unexpected { .. }), "{error}");
}

/// Only a server that cannot lock together with a copy is asked for one without.
#[test]
fn a_copy_that_is_refused_for_another_reason_is_not_made_without_its_lock() {
    let server = Server::with(Options {
        versions: true,
        locking: Locking::NotWithCopies,
        ..Options::default()
    });
    let store = open(&server, |settings| settings.locking = Some(for_days(90)));
    let world = server.world();
    world.block_on(store.put(&name("data/a"), Bytes::from_static(b"x"))).unwrap();
    let found = world.block_on(store.all("")).unwrap().remove(0);
    server.plan(|asked| {
        let locked = asked.header("x-amz-object-lock-mode").is_some();
        (asked.method == "PUT" && locked).then_some(Fault::Answer(403, "AccessDenied"))
    });
    let error = world.block_on(store.bring_back(&found)).unwrap_err();
    assert_eq!(error.code(), "store.denied", "{error}");
    assert_eq!(world.block_on(store.all("")).unwrap().len(), 1);
}
