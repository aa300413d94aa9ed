//! Locks that nobody holds: which go, which stay, and that restic sees the same.

use std::process::{Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::{Progress, Silent};
use duphong::repository::crypto::SealingKey;
use duphong::repository::envelope::{self, Form};
use duphong::repository::layout::Folder;
use duphong::repository::lock::LockFile;
use duphong::repository::unlock::{self, Locks, WATCH, Why};
use duphong::repository::{Repository, RepositoryError};
use duphong::store::memory::MemoryStore;
use duphong::store::{ObjectName, ObjectStore, StoreError};
use duphong::world::World;
use duphong::world::clock::{Clock as _, ManualClock};
use duphong::world::entropy::SystemEntropy;
use jiff::{SignedDuration, Timestamp};

use crate::repository::kit::{self, Place};
use crate::repository::locks::foreign;
use crate::repository::matrix::ground;
use crate::store::around::{Around, Through};

struct Stage {
    repository: Repository,
    clock: Arc<ManualClock>,
}

impl Stage {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-22T00:00:00Z".parse().unwrap()));
        let world = World::with(Arc::clone(&clock) as _, Arc::new(SystemEntropy), kit::runtime());
        let store = Arc::new(MemoryStore::new());
        Self { repository: Repository::init(store, &kit::password(), &world).unwrap(), clock }
    }

    /// A lock as a process of another machine would have written it so many minutes ago.
    fn plant(&self, minutes: i64) -> Digest {
        self.plant_file(&foreign(self.clock.now() - SignedDuration::from_mins(minutes)))
    }

    fn plant_file(&self, file: &LockFile) -> Digest {
        let key: &SealingKey = self.repository.key();
        self.put(envelope::seal(key, &SystemEntropy, Form::Compressed, file).unwrap())
    }

    fn put(&self, bytes: Vec<u8>) -> Digest {
        let id = Digest::of(&bytes);
        let name = Folder::Locks.name(&id);
        self.repository.block_on(self.repository.store().put(&name, bytes.into())).unwrap();
        id
    }

    fn watch(&self, meanwhile: &dyn Progress) -> Locks {
        unlock::watch(&self.repository, meanwhile, &Cancel::default()).unwrap()
    }
}

fn whys(locks: &Locks) -> Vec<(Digest, Why)> {
    locks.held.iter().map(|held| (held.id, held.why)).collect()
}

/// Does something once, in the middle of the watch.
struct Meanwhile<F: Fn() + Send + Sync>(F, std::sync::atomic::AtomicU64);

impl<F: Fn() + Send + Sync> Meanwhile<F> {
    fn new(act: F) -> Self {
        Self(act, std::sync::atomic::AtomicU64::new(0))
    }
}

impl<F: Fn() + Send + Sync> Progress for Meanwhile<F> {
    fn phase(&self, _: &'static str) {}
    fn total(&self, _: u64, _: u64) {}
    fn advance(&self, _: u64, _: u64) {
        if self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 60 {
            (self.0)();
        }
    }
}

#[test]
fn an_old_lock_is_watched_for_longer_than_a_holder_waits() {
    let stage = Stage::new();
    let (old, fresh) = (stage.plant(31), stage.plant(10));
    let began = stage.clock.now();
    assert_eq!(
        whys(&unlock::look(&stage.repository).unwrap()),
        [(old, Why::Unrefreshed), (fresh, Why::Elsewhere)]
    );
    assert_eq!(stage.clock.now(), began, "a look waits for nothing");
    let watched = stage.watch(&Silent);
    assert_eq!(whys(&watched), [(old, Why::Unrefreshed), (fresh, Why::Elsewhere)]);
    let waited = stage.clock.now().duration_since(began);
    assert!(waited >= SignedDuration::try_from(WATCH).unwrap(), "{waited}");
    // Without an old one nothing is waited for.
    unlock::remove(&stage.repository, &old).unwrap();
    unlock::remove(&stage.repository, &old).unwrap();
    let began = stage.clock.now();
    assert_eq!(whys(&stage.watch(&Silent)), [(fresh, Why::Elsewhere)]);
    assert_eq!(stage.clock.now(), began);
}

/// A holder whose clock is half an hour behind writes locks that look old from the first moment.
#[test]
fn a_holder_with_a_slow_clock_keeps_its_lock() {
    let stage = Stage::new();
    let old = stage.plant(40);
    let meanwhile = Meanwhile::new(|| {
        stage.plant(38);
        unlock::remove(&stage.repository, &old).unwrap();
    });
    let locks = stage.watch(&meanwhile);
    assert_eq!(locks.held.len(), 1);
    assert_ne!(locks.held[0].id, old);
    assert_eq!(locks.held[0].why, Why::Misdated);
}

#[test]
fn a_lock_that_becomes_old_while_it_is_watched_was_watched_too() {
    let stage = Stage::new();
    let (old, almost) = (stage.plant(31), stage.plant(28));
    let locks = stage.watch(&Silent);
    assert_eq!(whys(&locks), [(old, Why::Unrefreshed), (almost, Why::Unrefreshed)]);
}

#[test]
fn a_process_of_this_machine_is_asked_for() {
    let stage = Stage::new();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let mut child = Command::new("/bin/sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
    let file = LockFile { hostname: host, pid: child.id(), ..foreign(stage.clock.now()) };
    let id = stage.plant_file(&file);
    assert_eq!(whys(&stage.watch(&Silent)), [(id, Why::Running)]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(whys(&stage.watch(&Silent)), [(id, Why::ProcessGone)]);
}

#[test]
fn a_lock_that_cannot_be_read_is_named_and_stays() {
    let stage = Stage::new();
    let empty = stage.put(Vec::new());
    let garbage = stage.put(b"khong phai khoa".to_vec());
    let sealed = |document: &serde_json::Value| {
        let key: &SealingKey = stage.repository.key();
        stage.put(envelope::seal(key, &SystemEntropy, Form::Compressed, document).unwrap())
    };
    let odd = sealed(&serde_json::json!({"time": "hôm qua"}));
    let old = stage.plant(31);
    let locks = stage.watch(&Silent);
    let mut named: Vec<_> = locks.unreadable.iter().map(|(id, _)| *id).collect();
    let mut expected = vec![empty, garbage, odd];
    named.sort();
    expected.sort();
    assert_eq!(named, expected);
    assert_eq!(whys(&locks), [(old, Why::Unrefreshed)]);
    for (id, error) in &locks.unreadable {
        assert!(matches!(error, RepositoryError::Damaged { .. }), "{id}: {error:?}");
    }
}

/// A store whose locks are listed and cannot be read.
struct OutOfReach(Arc<dyn ObjectStore>);

#[async_trait]
impl Around for OutOfReach {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.0
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        if name.as_str().starts_with("locks/") {
            return Err(StoreError::Unreachable { place: name.to_string() });
        }
        self.0.get(name).await
    }
}

/// What cannot be looked at now is neither stale nor damaged: nothing is known of any lock.
#[test]
fn a_lock_that_is_out_of_reach_ends_the_look() {
    let store = ground::memory(&ground::empty(1).state);
    let repository = ground::open(Through::new(OutOfReach(store)), 1).unwrap();
    let lock = foreign(Timestamp::now() - SignedDuration::from_mins(31));
    let sealed = envelope::seal(repository.key(), &SystemEntropy, Form::Compressed, &lock).unwrap();
    let name = Folder::Locks.name(&Digest::of(&sealed));
    repository.block_on(repository.store().put(&name, sealed.into())).unwrap();
    let looked = unlock::watch(&repository, &Silent, &Cancel::default());
    assert!(matches!(looked, Err(RepositoryError::Store(_))), "{looked:?}");
}

#[test]
fn a_watch_can_be_interrupted() {
    let stage = Stage::new();
    stage.plant(31);
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let meanwhile = Meanwhile::new(move || stop.cancel());
    let ended = unlock::watch(&stage.repository, &meanwhile, &cancel);
    assert!(matches!(ended, Err(RepositoryError::Cancelled)));
}

/// restic, killed while it holds a lock, leaves one that we judge as restic does.
#[test]
fn a_lock_that_restic_left_is_understood() {
    let place = Place::new();
    let repository = place.init();
    let fifo = place.path("stdin");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    std::fs::write(place.path("password"), kit::PASSWORD).unwrap();
    let mut restic = Command::new("restic")
        .args(["--no-cache", "-r"])
        .arg(place.path("repository"))
        .arg("--password-file")
        .arg(place.path("password"))
        .args(["backup", "--stdin"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", place.folder.path())
        // It waits for a writer, or for what that one writes, and holds its lock meanwhile.
        .stdin(std::fs::OpenOptions::new().read(true).write(true).open(&fifo).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let locks = loop {
        let locks = unlock::look(&repository).unwrap();
        if !locks.held.is_empty() {
            break locks;
        }
        assert!(restic.try_wait().unwrap().is_none(), "restic ended");
        std::thread::yield_now();
    };
    assert_eq!(whys(&locks), [(locks.held[0].id, Why::Running)]);
    assert_eq!(locks.held[0].file.pid, restic.id());
    restic.kill().unwrap();
    restic.wait().unwrap();
    let locks = unlock::look(&repository).unwrap();
    assert_eq!(locks.held[0].why, Why::ProcessGone);
    unlock::remove(&repository, &locks.held[0].id).unwrap();
    assert_eq!(place.restic(&["list", "locks", "--no-lock"]).unwrap().trim(), "");
}
