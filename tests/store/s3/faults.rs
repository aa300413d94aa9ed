//! What passes by itself is asked again and never reaches the caller; what does not is told at
//! once and never repeated; and nothing that failed is taken for done.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::{Fault as _, FaultKind};
use duphong::store::retry::{Patience, Retrying};
use duphong::store::s3::{Limits, S3Store};
use duphong::store::{ObjectStore, StoreError};

use crate::store::name;
use crate::store::s3::parrot::Parrot;
use crate::store::s3::server::{Fault, Server};

/// One way of asking; on a store that holds `held`, whose content is [`CONTENT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Put,
    PutAgain,
    Get,
    Range,
    Size,
    List,
    Delete,
}

const WAYS: [Way; 7] =
    [Way::Put, Way::PutAgain, Way::Get, Way::Range, Way::Size, Way::List, Way::Delete];

const CONTENT: Bytes = Bytes::from_static(b"0123456789");

impl Way {
    /// Asks, and holds the answer to what it must be.
    async fn ask(self, store: &dyn ObjectStore) -> Result<(), StoreError> {
        let (held, new) = (name("data/held"), name("data/new"));
        match self {
            Self::Put => store.put(&new, CONTENT).await?,
            Self::PutAgain => store.put(&held, CONTENT).await?,
            Self::Get => assert_eq!(store.get(&held).await?, CONTENT),
            Self::Range => assert_eq!(store.get_range(&held, 3, 4).await?, "3456"),
            Self::Size => assert_eq!(store.size(&held).await?, 10),
            Self::List => assert_eq!(store.list("data/").await?, [(held, 10)]),
            Self::Delete => store.delete(&held).await?,
        }
        Ok(())
    }

    /// What the bucket then holds.
    fn holds(self) -> &'static [&'static str] {
        match self {
            Self::Put => &["mau/data/held", "mau/data/new"],
            Self::Delete => &[],
            _ => &["mau/data/held"],
        }
    }
}

struct Stage {
    server: Server,
    raw: Arc<S3Store>,
    patient: Retrying,
}

/// Tries enough for every fault here, without a second of waiting in the suite.
const PATIENCE: Patience = Patience {
    tries: 4,
    first: Duration::from_millis(1),
    longest: Duration::from_millis(4),
    in_all: Duration::from_mins(5),
    grace: Duration::from_millis(50),
};

impl Stage {
    fn new() -> Self {
        Self::within(Duration::from_secs(20))
    }

    /// Gives up on an answer after `limit`.
    fn within(limit: Duration) -> Self {
        let server = Server::start();
        let mut settings = server.settings("mau");
        settings.limits.answer = limit;
        let world = server.world();
        let raw = Arc::new(S3Store::open(settings, &world).unwrap());
        let patient = Retrying::new(raw.clone(), PATIENCE, &world, Cancel::default());
        let stage = Self { server, raw, patient };
        stage.set();
        stage
    }

    /// The bucket as every test begins.
    fn set(&self) {
        self.server.heal();
        let world = self.server.world();
        for path in ["data/held", "data/new"] {
            world.block_on(self.raw.delete(&name(path))).unwrap();
        }
        world.block_on(self.raw.put(&name("data/held"), CONTENT)).unwrap();
        self.server.take_asked();
    }

    /// Every request from the `at`-th on that `times` covers goes wrong.
    fn plan(&self, fault: Fault, at: usize, times: usize) {
        let mut seen = 0;
        self.server.plan(move |_| {
            seen += 1;
            (at..at + times).contains(&(seen - 1)).then_some(fault)
        });
    }

    fn keys(&self) -> Vec<String> {
        self.server.objects().into_keys().collect()
    }
}

const PASSING: [Fault; 10] = [
    Fault::Answer(500, "InternalError"),
    Fault::Answer(500, ""),
    Fault::Answer(502, ""),
    Fault::Answer(503, "SlowDown"),
    Fault::Answer(503, ""),
    Fault::Answer(429, "TooManyRequests"),
    Fault::Answer(400, "RequestTimeout"),
    Fault::Cut,
    Fault::CutAfter,
    Fault::Truncate(3),
];

/// Long enough for what is answered, short enough to wait for what is not.
const IMPATIENT: Duration = Duration::from_millis(300);

#[test]
fn what_passes_by_itself_never_reaches_the_caller() {
    let stage = Stage::new();
    let ran: usize = PASSING.iter().map(|fault| passes(&stage, *fault, &WAYS)).sum();
    assert!(ran > 2 * PASSING.len() * WAYS.len(), "{ran} cases");
    passes(&Stage::within(IMPATIENT), Fault::Mute, &[Way::Put, Way::Range, Way::List]);
}

/// Lets every request of every way of asking go wrong once, one after another; how many there were.
fn passes(stage: &Stage, fault: Fault, ways: &[Way]) -> usize {
    let world = stage.server.world();
    let mut ran = 0;
    for way in ways {
        for at in 0.. {
            stage.set();
            stage.plan(fault, at, 1);
            let outcome = world.block_on(way.ask(&stage.patient));
            let asked = stage.server.take_asked().len();
            assert!(outcome.is_ok(), "{fault:?} {way:?} {at}: {outcome:?}");
            assert_eq!(stage.keys(), way.holds(), "{fault:?} {way:?} {at}");
            ran += 1;
            if at + 1 >= asked {
                break;
            }
        }
    }
    ran
}

#[test]
fn what_does_not_pass_in_time_is_told_after_the_last_try_and_says_so() {
    let (steady, impatient) = (Stage::new(), Stage::within(IMPATIENT));
    let world = steady.server.world();
    for (stage, fault, code) in [
        (&steady, Fault::Answer(500, "InternalError"), "store.busy"),
        (&steady, Fault::Answer(503, "SlowDown"), "store.busy"),
        (&steady, Fault::Cut, "store.connection"),
        (&impatient, Fault::Mute, "store.connection"),
    ] {
        for way in WAYS {
            stage.set();
            // An answer, so that nobody has waited in vain since.
            world.block_on(Way::List.ask(&stage.patient)).unwrap();
            stage.server.take_asked();
            stage.plan(fault, 0, usize::MAX / 2);
            let error = world.block_on(way.ask(&stage.patient)).unwrap_err();
            assert_eq!(error.code(), code, "{fault:?} {way:?}: {error}");
            assert_eq!(stage.server.take_asked().len(), 4, "{fault:?} {way:?}");
            assert_eq!(stage.keys(), ["mau/data/held"], "{fault:?} {way:?}: nothing was done");
        }
    }
}

#[test]
fn what_never_passes_is_told_at_once_and_never_asked_again() {
    let stage = Stage::new();
    let world = stage.server.world();
    for (fault, code) in [
        (Fault::Answer(403, "AccessDenied"), "store.denied"),
        (Fault::Answer(403, ""), "store.denied"),
        (Fault::Answer(401, ""), "store.denied"),
        (Fault::Answer(403, "InvalidAccessKeyId"), "store.key-refused"),
        (Fault::Answer(403, "RequestTimeTooSkewed"), "store.clock"),
        (Fault::Answer(507, ""), "store.full"),
        (Fault::Answer(403, "QuotaExceeded"), "store.full"),
        (Fault::Answer(404, "NoSuchBucket"), "store.no-bucket"),
        (Fault::Answer(400, "ExpiredToken"), "store.key-refused"),
        (Fault::Answer(301, "PermanentRedirect"), "store.region"),
        (Fault::Answer(400, "AuthorizationHeaderMalformed"), "store.region"),
    ] {
        for way in WAYS {
            // An answer to HEAD has no body, so that another question must bring the words.
            let wordless = matches!(way, Way::Put | Way::PutAgain | Way::Size);
            let asked = if wordless && fault != Fault::Answer(507, "") { 2 } else { 1 };
            stage.set();
            stage.plan(fault, 0, usize::MAX / 2);
            let error = world.block_on(way.ask(&stage.patient)).unwrap_err();
            assert_eq!(error.code(), code, "{fault:?} {way:?}: {error}");
            assert_eq!(stage.server.take_asked().len(), asked, "{fault:?} {way:?}");
            assert_eq!(stage.keys(), ["mau/data/held"], "{fault:?} {way:?}");
        }
    }
}

#[test]
fn a_refusal_in_the_middle_of_a_put_leaves_nothing_that_could_be_taken_for_it() {
    let stage = Stage::new();
    stage.plan(Fault::Answer(403, "AccessDenied"), 1, 1);
    let error = stage.server.world().block_on(Way::Put.ask(&stage.patient)).unwrap_err();
    assert_eq!(error.code(), "store.denied");
    assert_eq!(stage.keys(), ["mau/data/held"]);
    let asked = stage.server.take_asked();
    assert_eq!(asked.iter().map(|one| one.method.as_str()).collect::<Vec<_>>(), ["HEAD", "PUT"]);
}

#[test]
fn what_is_altered_on_the_way_there_is_refused_and_never_tried_again() {
    let stage = Stage::new();
    stage.plan(Fault::FlipSent, 1, usize::MAX / 2);
    let error = stage.server.world().block_on(Way::Put.ask(&stage.patient)).unwrap_err();
    assert!(matches!(error, StoreError::Altered { .. }), "{error}");
    assert_eq!(error.kind(), FaultKind::Integrity);
    assert_eq!(stage.keys(), ["mau/data/held"], "the altered bytes were not stored");
    assert_eq!(stage.server.take_asked().len(), 2);
}

#[test]
fn wrong_bytes_are_handed_on_as_they_came_for_their_reader_to_judge() {
    let stage = Stage::new();
    stage.plan(Fault::Flip, 0, usize::MAX / 2);
    let world = stage.server.world();
    let read = world.block_on(stage.patient.get(&name("data/held"))).unwrap();
    assert_eq!(read, Bytes::from_static(b"1123456789"));
    // A name that is taken by what cannot be read rightly is not confirmed as ours.
    let error = world.block_on(Way::PutAgain.ask(&stage.patient)).unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
}

#[test]
fn a_put_whose_answer_was_lost_finds_its_own_bytes_again() {
    let stage = Stage::new();
    stage.plan(Fault::CutAfter, 1, 1);
    stage.server.world().block_on(Way::Put.ask(&stage.patient)).unwrap();
    let asked = stage.server.take_asked();
    let methods: Vec<_> = asked.iter().map(|one| one.method.as_str()).collect();
    assert_eq!(methods, ["HEAD", "PUT", "HEAD", "GET"]);
}

#[test]
fn a_server_that_knows_no_head_is_asked_by_other_means() {
    let stage = Stage::new();
    stage
        .server
        .plan(|asked| (asked.method == "HEAD").then_some(Fault::Answer(405, "MethodNotAllowed")));
    for way in [Way::Size, Way::PutAgain, Way::Put] {
        stage.server.world().block_on(way.ask(&stage.patient)).unwrap();
    }
    assert_eq!(stage.keys(), ["mau/data/held", "mau/data/new"]);
}

#[test]
fn success_from_what_is_no_s3_server_is_no_success() {
    let stage = Stage::new();
    let world = stage.server.world();
    stage.plan(Fault::Answer(200, ""), 1, 1);
    let error = world.block_on(Way::Put.ask(&stage.patient)).unwrap_err();
    assert!(matches!(error, StoreError::Unexpected { .. }), "stored, and no ETag: {error}");
    // A web server without the path: neither is the object gone, nor was it never there.
    stage.plan(Fault::Answer(404, ""), 0, usize::MAX / 2);
    for way in [Way::Delete, Way::Get, Way::Range, Way::Size] {
        let error = world.block_on(way.ask(&stage.patient)).unwrap_err();
        assert!(matches!(error, StoreError::Unexpected { .. }), "{way:?}: {error}");
    }
    assert_eq!(stage.keys(), ["mau/data/held"]);
}

#[test]
fn a_body_that_stops_is_left_long_before_the_deadline_of_a_slow_line() {
    let stage = Stage::new();
    let mut settings = stage.server.settings("mau");
    // A line this slow would be waited for during an hour.
    settings.limits = Limits { answer: IMPATIENT, bytes_per_second: 1, ..Limits::default() };
    let store = S3Store::open(settings, &stage.server.world()).unwrap();
    let long = Bytes::from(vec![7; 4000]);
    let world = stage.server.world();
    world.block_on(stage.raw.put(&name("data/new"), long)).unwrap();
    stage.plan(Fault::Stall(100), 0, usize::MAX / 2);
    let error = world.block_on(store.get(&name("data/new"))).unwrap_err();
    assert!(matches!(error, StoreError::Connection { .. }), "{error}");
}

#[test]
fn a_wish_to_stop_is_heard_while_a_request_hangs() {
    let stage = Stage::within(Duration::from_hours(1));
    let world = stage.server.world();
    let cancel = Cancel::default();
    let patient = Retrying::new(stage.raw.clone(), PATIENCE, &world, cancel.clone());
    // A request that is answered is waited for, so that what cleans up can be done.
    cancel.cancel();
    world.block_on(Way::Delete.ask(&patient)).unwrap();
    for way in WAYS {
        stage.set();
        let cancel = Cancel::default();
        let patient = Retrying::new(stage.raw.clone(), PATIENCE, &world, cancel.clone());
        stage.server.plan(move |_| {
            cancel.cancel();
            Some(Fault::Mute)
        });
        let error = world.block_on(way.ask(&patient)).unwrap_err();
        assert!(matches!(error, StoreError::Stopped { .. }), "{way:?}: {error}");
        assert_eq!(error.exit(), ExitCode::Interrupted);
        assert_eq!(stage.server.take_asked().len(), 1, "{way:?}");
    }
}

/// What the store makes of answers that no server should give.
fn answered(bytes: &'static [u8], way: Way) -> StoreError {
    refused(&Parrot::saying(bytes), way)
}

fn refused(parrot: &Parrot, way: Way) -> StoreError {
    let stage = Stage::new();
    let mut settings = stage.server.settings("mau");
    settings.endpoint = parrot.endpoint();
    let store = S3Store::open(settings, &stage.server.world()).unwrap();
    stage.server.world().block_on(way.ask(&store)).unwrap_err()
}

#[test]
fn nonsense_is_an_error_and_never_content() {
    let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";
    let error = answered(whole, Way::Range);
    assert!(matches!(error, StoreError::Unexpected { .. }), "all instead of a part: {error}");

    let shifted = b"HTTP/1.1 206 Partial Content\r\ncontent-length: 4\r\n\
        content-range: bytes 4-7/10\r\n\r\n4567";
    let error = answered(shifted, Way::Range);
    assert!(matches!(error, StoreError::Unexpected { .. }), "another part: {error}");

    let short = b"HTTP/1.1 206 Partial Content\r\ncontent-length: 2\r\n\
        content-range: bytes 3-4/10\r\n\r\n34";
    let error = answered(short, Way::Range);
    assert!(matches!(error, StoreError::Connection { .. }), "a shorter part: {error}");

    let huge = b"HTTP/1.1 200 OK\r\ncontent-length: 9000000000000000000\r\n\r\n0123456789";
    let error = answered(huge, Way::Get);
    assert!(matches!(error, StoreError::TooLarge { .. }), "more than any object: {error}");

    let page = b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n<html>xin chao<";
    let error = answered(page, Way::List);
    assert!(matches!(error, StoreError::Connection { .. }), "a page of a proxy: {error}");

    let other = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>";
    let error = answered(other, Way::List);
    assert!(matches!(error, StoreError::Unexpected { .. }), "another document: {error}");
    assert!(error.to_string().contains("expected ListBucketResult"), "{error}");

    let unmeasured = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n0123456789";
    let error = answered(unmeasured, Way::Get);
    assert!(matches!(error, StoreError::Unexpected { .. }), "no length: {error}");

    let part = b"HTTP/1.1 206 Partial Content\r\ncontent-length: 4\r\n\
        content-range: bytes 0-3/10\r\n\r\n0123";
    let error = answered(part, Way::Get);
    assert!(matches!(error, StoreError::Unexpected { .. }), "a part instead of all: {error}");

    let longer = b"HTTP/1.1 206 Partial Content\r\ncontent-length: 7\r\n\
        content-range: bytes 3-9/10\r\n\r\n3456789";
    let error = answered(longer, Way::Range);
    assert!(matches!(error, StoreError::Connection { .. }), "a longer part: {error}");

    let noise = b"khong phai HTTP";
    let error = answered(noise, Way::Get);
    assert!(matches!(error, StoreError::Connection { .. }), "no HTTP: {error}");
}

#[test]
fn words_tell_a_refused_key_from_a_lacking_right_where_the_code_does_not() {
    for (words, code) in [
        ("Forbidden: Invalid signature", "store.key-refused"),
        ("Forbidden: No such key: GK0000", "store.key-refused"),
        ("Forbidden: Operation is not allowed for this key.", "store.denied"),
    ] {
        let body = format!("<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>");
        let answer = format!(
            "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let error = answered(Box::leak(answer.into_bytes().into_boxed_slice()), Way::Get);
        assert_eq!(error.code(), code, "{words}: {error}");
    }
}

/// A whole page, as AWS writes it, with `rest` between its head and its end.
fn page(rest: &str) -> &'static [u8] {
    broken_off(&format!("{rest}</ListBucketResult>"))
}

/// A page that ends with `rest`, on a connection whose end is the end of the answer.
fn broken_off(rest: &str) -> &'static [u8] {
    let text = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<?xml version=\"1.0\"?>\n\
         <ListBucketResult><Name>kho-mau</Name>{rest}"
    );
    Box::leak(text.into_bytes().into_boxed_slice())
}

const LAST: &str = "<IsTruncated>false</IsTruncated>";

const HELD: &str = "<Contents><Key>mau%2fdata%2F%68eld</Key><Size>10</Size></Contents>";

#[test]
fn a_listing_that_broke_off_is_never_taken_for_a_whole_one() {
    let stage = Stage::new();
    let mut settings = stage.server.settings("mau");
    let whole = Parrot::saying(page(&format!("{LAST}{HELD}")));
    settings.endpoint = whole.endpoint();
    let store = S3Store::open(settings, &stage.server.world()).unwrap();
    let listed = stage.server.world().block_on(store.list("data/")).unwrap();
    assert_eq!(listed, [(name("data/held"), 10)], "encoded in a way of its own");

    for rest in ["", LAST, &format!("{LAST}{HELD}"), &format!("{LAST}{HELD}<Contents><Key>mau/d")] {
        let error = answered(broken_off(rest), Way::List);
        assert!(matches!(error, StoreError::Connection { .. }), "{rest}: {error}");
    }
    // A letter that XML forbids: the client's reader would end the listing there.
    let forbidden = format!("{LAST}<Contents><Key>\u{1}</Key><Size>1</Size></Contents>{HELD}");
    let error = answered(page(&forbidden), Way::List);
    assert!(matches!(error, StoreError::Connection { .. }), "{error}");
    let error = answered(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Way::List);
    assert!(matches!(error, StoreError::Connection { .. }), "nothing at all: {error}");
}

#[test]
fn a_listing_that_leaves_something_open_is_an_error() {
    let truncated = "<IsTruncated>true</IsTruncated>";
    for rest in [
        HELD.to_owned(),
        String::new(),
        format!("{truncated}{HELD}"),
        format!("{truncated}<NextContinuationToken></NextContinuationToken>{HELD}"),
        format!("{LAST}<Contents><Key>mau/data/held</Key></Contents>"),
        format!("{LAST}<Contents><Key>mau/data/held</Key><Size>-1</Size></Contents>"),
        format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)),
    ] {
        let error = answered(page(&rest), Way::List);
        let start: String = rest.chars().take(200).collect();
        assert!(matches!(error, StoreError::Unexpected { .. }), "{start}: {error}");
    }
}

#[test]
fn a_listing_that_does_not_end_is_left() {
    let goes_on = |token: &str| {
        page(&format!(
            "<IsTruncated>true</IsTruncated>\
             <NextContinuationToken>{token}</NextContinuationToken>"
        ))
    };
    let error = refused(&Parrot::in_turn(vec![goes_on("a"), goes_on("b")]), Way::List);
    assert!(matches!(error, StoreError::Unexpected { .. }), "around in a circle: {error}");

    let stage = Stage::new();
    let mut settings = stage.server.settings("mau");
    settings.limits.pages = 2;
    let tokens = (0..9).map(|number| goes_on(&number.to_string())).collect();
    let parrot = Parrot::in_turn(tokens);
    settings.endpoint = parrot.endpoint();
    let store = S3Store::open(settings, &stage.server.world()).unwrap();
    let error = stage.server.world().block_on(store.list("")).unwrap_err();
    assert!(matches!(error, StoreError::Unexpected { .. }), "on and on: {error}");

    let error = answered(page(&" ".repeat(9 << 20)), Way::List);
    assert!(error.to_string().contains("more than"), "a page without end: {error}");
}
