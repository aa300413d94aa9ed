//! What passes by itself is asked again and never reaches the caller; what does not is told at
//! once and never repeated; and nothing that failed is taken for done.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::fault::{Fault as _, FaultKind};
use duphong::store::retry::{Patience, Retrying};
use duphong::store::s3::S3Store;
use duphong::store::{ObjectStore, StoreError};

use crate::store::name;
use crate::store::s3::server::{Fault, Parrot, Server};

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
        self.server.plan(move |asked| {
            seen += 1;
            // An answer to HEAD has no body: a code that the status does not imply cannot be told.
            let untold = asked.method == "HEAD" && matches!(fault, Fault::Answer(400, _));
            ((at..at + times).contains(&(seen - 1)) && !untold).then_some(fault)
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
            stage.plan(fault, 0, usize::MAX / 2);
            let error = world.block_on(way.ask(&stage.patient)).unwrap_err();
            assert_eq!(error.code(), code, "{fault:?} {way:?}: {error}");
            assert_eq!(stage.server.take_asked().len(), 4, "{fault:?} {way:?}");
            assert_eq!(stage.keys(), ["mau/data/held"], "{fault:?} {way:?}: nothing was done");
        }
    }
}

#[test]
fn what_never_passes_is_told_at_once_and_asked_once() {
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
        (Fault::Answer(301, "PermanentRedirect"), "store.unexpected"),
        (Fault::Answer(400, "AuthorizationHeaderMalformed"), "store.unexpected"),
    ] {
        for way in WAYS {
            // An answer to HEAD has no body, so that it can carry no code of its own.
            let headless = matches!(way, Way::Put | Way::PutAgain | Way::Size);
            if headless && !matches!(fault, Fault::Answer(401 | 403 | 507, "" | "AccessDenied")) {
                continue;
            }
            stage.set();
            stage.plan(fault, 0, usize::MAX / 2);
            let error = world.block_on(way.ask(&stage.patient)).unwrap_err();
            assert_eq!(error.code(), code, "{fault:?} {way:?}: {error}");
            assert_eq!(stage.server.take_asked().len(), 1, "{fault:?} {way:?}");
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

/// What the store makes of an answer that no server should give.
fn answered(bytes: &'static [u8], way: Way) -> StoreError {
    let stage = Stage::new();
    let parrot = Parrot::saying(bytes);
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

    let endless: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 91\r\n\r\n\
        <ListBucketResult><IsTruncated>true</IsTruncated><Name>kho-mau</Name>     </ListBucketResult>";
    let error = answered(endless, Way::List);
    assert!(matches!(error, StoreError::Unexpected { .. }), "no next page: {error}");

    let noise = b"khong phai HTTP";
    let error = answered(noise, Way::Get);
    assert!(matches!(error, StoreError::Connection { .. }), "no HTTP: {error}");
}
