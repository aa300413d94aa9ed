//! Locks and versions: what is locked, what a stolen key can do all the same, and what of it can be
//! undone.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::store::memory::MemoryStore;
use duphong::store::past::{Past, kept};
use duphong::store::retry::{Patience, Retrying};
use duphong::store::s3::{Locking as Held, S3Store};
use duphong::store::versions::{Lock, LockMode, Version, VersionId, Versions as _};
use duphong::store::{ObjectName, ObjectStore, StoreError};
use duphong::world::World;
use jiff::{SignedDuration, Timestamp};

use crate::store::name;
use crate::store::s3::Rights;
use crate::store::s3::options::{Locking, Options};
use crate::store::s3::server::{Fault, Server};

const DAY: Duration = Duration::from_hours(24);

struct Stage {
    server: Server,
    world: World,
    store: Arc<S3Store>,
}

impl Stage {
    fn new() -> Self {
        Self::with(Options { versions: true, page: Some(2), ..Options::default() })
    }

    fn with(options: Options) -> Self {
        Self::locking(options, LockMode::Compliance)
    }

    fn locking(options: Options, mode: LockMode) -> Self {
        let server = Server::with(options);
        let mut settings = server.settings("mau");
        settings.locking = Some(Held { mode, lasting: 90 * DAY, except: "locks/" });
        let world = server.world();
        let store = Arc::new(S3Store::open(settings, &world).unwrap());
        Self { server, world, store }
    }

    fn put(&self, path: &str, bytes: &'static [u8]) -> ObjectName {
        let name = name(path);
        self.world.block_on(self.store.put(&name, Bytes::from_static(bytes))).unwrap();
        name
    }

    fn all(&self, name: &ObjectName) -> Vec<Version> {
        self.world.block_on(self.store.all(name.as_str())).unwrap()
    }

    fn past(&self, at: Timestamp) -> Past {
        let inner: Arc<dyn ObjectStore> = self.store.clone();
        self.world.block_on(Past::of(inner, at, "locks/")).unwrap()
    }

    fn lock_of(&self, name: &ObjectName, id: &VersionId) -> Option<Lock> {
        self.world.block_on(self.store.lock_of(name, id)).unwrap()
    }
}

fn in_days(days: u64) -> Timestamp {
    Timestamp::now() + SignedDuration::try_from(DAY).unwrap() * i32::try_from(days).unwrap()
}

#[test]
fn all_that_is_kept_is_locked_and_what_is_there_to_be_removed_is_not() {
    let stage = Stage::new();
    for path in ["config", "keys/a", "data/00/a", "locks/a"] {
        stage.put(path, b"x");
    }
    let soon = SystemTime::now() + 89 * DAY;
    for (key, ends) in stage.server.locks() {
        let locked = ends == [ends[0]] && ends[0].is_some_and(|end| end > soon);
        assert_eq!(locked, !key.contains("locks/"), "{key}");
    }
    let put = stage.server.take_asked().into_iter().find(|asked| asked.method == "PUT").unwrap();
    assert_eq!(put.header("x-amz-object-lock-mode"), Some("COMPLIANCE"));
    assert!(put.header("x-amz-checksum-sha256").is_some(), "servers want one with a lock");
}

#[test]
fn a_deletion_and_an_overwriting_hide_and_lose_nothing() {
    let stage = Stage::new();
    let (kept_name, hidden) = (stage.put("data/00/a", b"first"), stage.put("data/00/b", b"second"));
    let before = Timestamp::now();
    stage.server.pass(Duration::from_hours(1));
    stage.world.block_on(stage.store.delete(&hidden)).unwrap();
    let other = Bytes::from_static(b"not it");
    stage.world.block_on(stage.store.overwrite(&kept_name, other.clone(), None)).unwrap();
    let now = |name: &ObjectName| stage.world.block_on(stage.store.get(name));
    assert_eq!(now(&kept_name).unwrap(), other);
    assert!(matches!(now(&hidden), Err(StoreError::Missing { .. })));

    let past = stage.past(before);
    let then = |name: &ObjectName| stage.world.block_on(past.get(name)).unwrap();
    assert_eq!((then(&kept_name), then(&hidden)), ("first".into(), "second".into()));
    let middle = stage.world.block_on(past.get_range(&hidden, 2, 3)).unwrap();
    assert_eq!(middle, "con");
    let listed = stage.world.block_on(past.list("data/")).unwrap();
    assert_eq!(listed, [(kept_name.clone(), 5), (hidden.clone(), 6)]);
    let beyond = stage.world.block_on(past.get_range(&hidden, 2, 5)).unwrap_err();
    assert!(matches!(beyond, StoreError::OutOfRange { size: 6, .. }), "{beyond}");

    for name in [&kept_name, &hidden] {
        let old = stage.all(name).into_iter().find(|one| one.written <= before).unwrap();
        stage.world.block_on(stage.store.bring_back(&old)).unwrap();
        assert_eq!(now(name).unwrap(), then(name));
        let latest = stage.all(name).into_iter().find(|one| one.is_latest).unwrap();
        assert!(stage.lock_of(name, &latest.id).is_some(), "what was brought back is locked");
    }
}

#[test]
fn what_comes_back_is_locked_where_no_copy_may_carry_a_lock() {
    let stage = Stage::with(Options {
        versions: true,
        locking: Locking::NotWithCopies,
        ..Options::default()
    });
    let held = stage.put("data/00/a", b"first");
    stage.world.block_on(stage.store.delete(&held)).unwrap();
    let old = stage.all(&held).into_iter().find(|one| one.content.is_some()).unwrap();
    stage.world.block_on(stage.store.bring_back(&old)).unwrap();
    let latest = stage.all(&held).into_iter().find(|one| one.is_latest).unwrap();
    assert!(latest.content.is_some() && latest.id != old.id, "{latest:?}");
    assert!(stage.lock_of(&held, &latest.id).is_some(), "locked after it was brought back");
}

#[test]
fn the_past_is_only_read_and_has_no_locks_of_its_own() {
    let stage = Stage::new();
    let held = stage.put("data/00/a", b"first");
    stage.put("locks/a", b"of a run that was under way");
    let past = stage.past(in_days(1));
    assert_eq!(stage.world.block_on(past.list("")).unwrap(), [(held.clone(), 5)]);
    let put = stage.world.block_on(past.put(&held, Bytes::new())).unwrap_err();
    let delete = stage.world.block_on(past.delete(&held)).unwrap_err();
    for error in [put, delete] {
        assert_eq!(error.code(), "store.denied");
    }
}

#[test]
fn a_lock_can_be_extended_and_neither_shortened_nor_lifted() {
    let stage = Stage::new();
    let held = stage.put("data/00/a", b"first");
    let id = stage.all(&held).remove(0).id;
    let until = stage.lock_of(&held, &id).unwrap().until;
    let to = |days, mode| Lock { mode, until: in_days(days) };
    let lock = |lock| stage.world.block_on(stage.store.lock(&held, &id, lock));
    lock(to(120, LockMode::Compliance)).unwrap();
    assert!(stage.lock_of(&held, &id).unwrap().until > until);
    for weaker in [to(100, LockMode::Compliance), to(130, LockMode::Governance)] {
        assert_eq!(lock(weaker).unwrap_err().code(), "store.denied");
    }
}

#[test]
fn even_a_key_that_may_remove_versions_removes_none_that_is_locked() {
    let rights = Rights { delete_version: true, ..Rights::default() };
    let stage = Stage::with(Options { versions: true, rights, ..Options::default() });
    let (held, free) = (stage.put("data/00/a", b"first"), stage.put("locks/a", b"x"));
    let remove = |name: &ObjectName| {
        let id = stage.all(name).remove(0).id;
        stage.world.block_on(stage.store.remove_version(name, &id, false))
    };
    assert_eq!(remove(&held).unwrap_err().code(), "store.denied");
    remove(&free).unwrap();
    // Once the lock has ended, nothing holds it any more.
    stage.server.pass(91 * DAY);
    remove(&held).unwrap();
}

#[test]
fn governance_yields_to_the_right_to_lift_it_and_compliance_to_none() {
    let rights = Rights { delete_version: true, bypass: true, ..Rights::default() };
    for (mode, holds) in [(LockMode::Governance, false), (LockMode::Compliance, true)] {
        let options = Options { versions: true, rights, ..Options::default() };
        let stage = Stage::locking(options, mode);
        let held = stage.put("data/00/a", b"first");
        let id = stage.all(&held).remove(0).id;
        let removed = stage.world.block_on(stage.store.remove_version(&held, &id, true));
        assert_eq!(removed.is_err(), holds, "{mode:?}");
    }
}

#[test]
fn a_server_that_refuses_to_delete_what_is_locked_says_until_when() {
    let stage = Stage::new();
    let held = stage.put("data/00/a", b"first");
    stage
        .server
        .plan(|asked| (asked.method == "DELETE").then_some(Fault::Answer(403, "AccessDenied")));
    let error = stage.world.block_on(stage.store.delete(&held)).unwrap_err();
    let StoreError::Locked { until, .. } = &error else { panic!("{error}") };
    assert!(*until > in_days(89));
    // What is not locked was refused for another reason.
    let free = stage.put("locks/a", b"x");
    let error = stage.world.block_on(stage.store.delete(&free)).unwrap_err();
    assert_eq!(error.code(), "store.denied");
}

#[test]
fn a_bucket_without_object_lock_takes_nothing_that_must_be_locked() {
    let stage = Stage::with(Options::default());
    let held = name("data/00/a");
    let put = stage.store.put(&held, Bytes::from_static(b"x"));
    let error = stage.world.block_on(put).unwrap_err();
    assert!(matches!(error, StoreError::NoLock { .. }), "{error}");
    assert_eq!(error.exit(), ExitCode::Configuration);
    assert_eq!(stage.server.objects().len(), 0);
    stage.put("locks/a", b"x");
}

#[test]
fn what_passes_by_itself_is_asked_again_here_too() {
    let stage = Stage::new();
    let held = stage.put("data/00/a", b"first");
    let patience = Patience { first: Duration::from_millis(1), ..Patience::default() };
    let patient = Retrying::new(stage.store.clone(), patience, &stage.world, Cancel::default());
    let mut seen = 0;
    stage.server.plan(move |_| {
        seen += 1;
        (seen % 2 == 1).then_some(Fault::Answer(503, "SlowDown"))
    });
    let versions = patient.versions().unwrap();
    let all = stage.world.block_on(versions.all("")).unwrap();
    let id = &all[0].id;
    assert_eq!(stage.world.block_on(versions.get_version(&held, id)).unwrap(), "first");
    assert!(stage.world.block_on(versions.lock_of(&held, id)).unwrap().is_some());
    let lock = Lock { mode: LockMode::Compliance, until: in_days(200) };
    stage.world.block_on(versions.lock(&held, id, lock)).unwrap();
    stage.world.block_on(versions.bring_back(&all[0])).unwrap();
    assert_eq!(stage.world.block_on(versions.all("")).unwrap().len(), 2);
}

#[test]
fn a_place_that_keeps_no_versions_says_so() {
    let memory = MemoryStore::new();
    assert!(memory.versions().is_none());
    let error = kept(&memory).err().unwrap();
    assert!(matches!(error, StoreError::NoVersions { .. }), "{error}");
}
