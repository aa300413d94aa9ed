//! Locks: who may work beside whom, for how long, and what a clock that jumps does to it.

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::repository::crypto::SealingKey;
use duphong::repository::envelope::{self, Form};
use duphong::repository::layout::Folder;
use duphong::repository::lock::{LockFile, REFRESH, UNSURE};
use duphong::repository::segment::{LogFile, LogStream};
use duphong::repository::{Repository, RepositoryError, SnapshotId};
use duphong::store::ObjectName;
use duphong::store::memory::MemoryStore;
use duphong::world::World;
use duphong::world::clock::{Clock as _, ManualClock};
use duphong::world::entropy::SystemEntropy;
use jiff::{SignedDuration, Timestamp};

use crate::repository::kit::{self, Hooked, Place};
use crate::repository::matrix::ground::CHEAP;
use crate::store::around::Through;

fn with_clock() -> (Repository, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at("2026-11-22T00:00:00Z".parse().unwrap()));
    let world = World::with(Arc::clone(&clock) as _, Arc::new(SystemEntropy), kit::runtime());
    let store = Arc::new(MemoryStore::new());
    (Repository::init(store, &kit::password(), &world).unwrap(), clock)
}

fn names(repository: &Repository) -> Vec<ObjectName> {
    repository.list(Folder::Locks).unwrap().into_iter().map(|(name, _)| name).collect()
}

/// A lock as another process would have written it.
fn plant(repository: &Repository, file: &LockFile) -> ObjectName {
    let key: &SealingKey = repository.key();
    let sealed = envelope::seal(key, &SystemEntropy, Form::Compressed, file).unwrap();
    let name = Folder::Locks.name(&Digest::of(&sealed));
    repository.block_on(repository.store().put(&name, sealed.into())).unwrap();
    name
}

pub(crate) fn foreign(time: Timestamp) -> LockFile {
    LockFile {
        time,
        exclusive: true,
        hostname: "may-khac".to_owned(),
        username: "root".to_owned(),
        pid: 4242,
        uid: 0,
        gid: 0,
    }
}

#[test]
fn shared_locks_live_together_and_an_exclusive_one_alone() {
    let (repository, _) = with_clock();
    let first = repository.lock_shared().unwrap();
    let second = repository.lock_shared().unwrap();
    assert!(first.was_alone() && !second.was_alone());
    let error = repository.lock_exclusive().unwrap_err();
    assert_eq!(error.exit(), ExitCode::Locked);
    let RepositoryError::Locked { pid, since, .. } = error else { panic!("{error:?}") };
    assert_eq!(pid, u64::from(std::process::id()));
    assert_eq!(since, "2026-11-22T00:00:00Z".parse().unwrap());
    drop((first, second));
    assert_eq!(names(&repository), []);
    let alone = repository.lock_exclusive().unwrap();
    assert_eq!(repository.lock_shared().unwrap_err().exit(), ExitCode::Locked);
    drop(alone);
    assert_eq!(names(&repository), []);
}

#[test]
fn a_lock_of_another_machine_is_respected_until_it_is_stale() {
    let (repository, clock) = with_clock();
    plant(&repository, &foreign(clock.now()));
    clock.advance(Duration::from_mins(29));
    assert!(matches!(repository.lock_shared(), Err(RepositoryError::Locked { .. })));
    clock.advance(Duration::from_mins(2));
    drop(repository.lock_shared().unwrap());
    assert_eq!(names(&repository), []);
}

#[test]
fn a_lock_of_a_dead_process_of_this_machine_is_removed_at_once() {
    let (repository, clock) = with_clock();
    let mut child = Command::new("/bin/true").spawn().unwrap();
    child.wait().unwrap();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    plant(
        &repository,
        &LockFile { hostname: host.clone(), pid: child.id(), ..foreign(clock.now()) },
    );
    repository.lock_shared().unwrap();
    let me = std::process::id();
    plant(&repository, &LockFile { hostname: host, pid: me, ..foreign(clock.now()) });
    assert!(matches!(repository.lock_shared(), Err(RepositoryError::Locked { .. })));
}

/// A clock that was set back makes locks of the future: no reason to take them away.
#[test]
fn a_lock_of_the_future_is_respected() {
    let (repository, clock) = with_clock();
    plant(&repository, &foreign(clock.now() + SignedDuration::from_hours(5)));
    assert!(matches!(repository.lock_shared(), Err(RepositoryError::Locked { .. })));
}

#[test]
fn a_lock_is_refreshed_in_time() {
    let (repository, clock) = with_clock();
    let lock = repository.lock_shared().unwrap();
    let before = names(&repository);
    lock.refresh_if_due();
    assert_eq!(names(&repository), before);
    clock.advance(REFRESH);
    lock.refresh_if_due();
    let after = names(&repository);
    assert_eq!(after.len(), 1);
    assert_ne!(after, before);
    lock.ensure().unwrap();
}

#[test]
fn a_writer_whose_lock_was_taken_away_stops_before_its_next_write() {
    let (repository, clock) = with_clock();
    let lock = repository.lock_shared().unwrap();
    for name in names(&repository) {
        repository.block_on(repository.store().delete(&name)).unwrap();
    }
    // The wall clock alone, as after a suspended machine: the monotonic one did not see it.
    clock.jump_to(clock.now() + SignedDuration::try_from(UNSURE).unwrap());
    let error = lock.ensure().unwrap_err();
    assert!(matches!(error, RepositoryError::LockLost { .. }), "{error:?}");
    assert_eq!(error.exit(), ExitCode::Locked);
}

#[test]
fn a_clock_that_jumps_forward_makes_the_holder_prove_its_lock_and_go_on() {
    let (repository, clock) = with_clock();
    let lock = repository.lock_shared().unwrap();
    let before = names(&repository);
    clock.jump_to(clock.now() + SignedDuration::from_hours(9));
    lock.ensure().unwrap();
    assert_ne!(names(&repository), before);
    assert_eq!(names(&repository).len(), 1);
    clock.jump_to("1999-01-01T00:00:00Z".parse().unwrap());
    lock.ensure().unwrap();
}

/// The same on a disk, with a store whose changes are watched.
fn on_disk(place: &Place) -> (Repository, Arc<ManualClock>, Arc<Through<Hooked>>) {
    let clock = Arc::new(ManualClock::at("2026-11-22T00:00:00Z".parse().unwrap()));
    let world = World::with(Arc::clone(&clock) as _, Arc::new(SystemEntropy), kit::runtime());
    let store = Hooked::new(place.store(), |_, _| Ok(()));
    let repository = Repository::init(Arc::clone(&store) as _, &kit::password(), &world).unwrap();
    (repository, clock, store)
}

/// Whoever took it away may be at work on the same: sets and keys stay as they are.
#[test]
fn under_a_lock_that_was_lost_no_set_no_log_and_no_key_goes_and_no_key_comes() {
    let (repository, clock) = with_clock();
    let lock = repository.lock_exclusive().unwrap();
    let proven = repository.prove_key(&repository.key_id(), &kit::password()).unwrap().unwrap();
    let stream = LogStream::new("7312345678901234567", "00000001").unwrap();
    let log = LogFile::new(stream, "000000010000000000000042").unwrap();
    repository.keep_log(&log, 0, b"log").unwrap();
    let piece = repository.log_pieces(&log).unwrap().remove(0).piece;
    clock.jump_to(clock.now() + SignedDuration::from_hours(9));
    for name in names(&repository) {
        repository.block_on(repository.store().delete(&name)).unwrap();
    }
    let any = Digest::of(b"any");
    for outcome in [
        repository.forget(&lock, &SnapshotId(any)),
        repository.forget_piece(&lock, &piece),
        repository.remove_key(&lock, &any, &proven),
        repository.add_key(&lock, &kit::password(), CHEAP).map(drop),
    ] {
        assert!(matches!(outcome, Err(RepositoryError::LockLost { .. })), "{outcome:?}");
    }
    assert_eq!(repository.keys().unwrap().len(), 1);
}

#[test]
fn a_lock_that_is_refreshed_is_there_at_every_instant() {
    let place = Place::new();
    let (repository, clock, store) = on_disk(&place);
    let lock = repository.lock_shared().unwrap();
    for wait in [REFRESH, UNSURE] {
        let changes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&changes);
        store.set(move |_, bytes| {
            seen.lock().unwrap().push(if bytes > 0 { "new" } else { "old" });
            Ok(())
        });
        clock.advance(wait);
        lock.refresh_if_due();
        assert_eq!(*changes.lock().unwrap(), ["new", "old"], "{wait:?}");
    }
}

/// Whoever took it away may have believed from then on that nobody is at work.
#[test]
fn a_lock_that_is_taken_away_while_it_is_proven_is_lost() {
    let place = Place::new();
    let (repository, clock, store) = on_disk(&place);
    let lock = repository.lock_shared().unwrap();
    let locks = place.path("repository/locks");
    store.set(move |_, bytes| {
        for there in fs::read_dir(&locks).unwrap().filter(|_| bytes > 0) {
            fs::remove_file(there.unwrap().path()).unwrap();
        }
        Ok(())
    });
    clock.jump_to(clock.now() + SignedDuration::from_hours(9));
    let error = lock.ensure().unwrap_err();
    assert!(matches!(error, RepositoryError::LockLost { .. }), "{error:?}");
    assert_eq!(names(&repository), []);
}

/// It may be anybody's, and mean anything.
#[test]
fn beside_a_lock_that_cannot_be_read_nobody_works() {
    let (repository, _) = with_clock();
    let garbled = bytes::Bytes::from_static(b"garbled");
    let name = Folder::Locks.name(&Digest::of(&garbled));
    repository.block_on(repository.store().put(&name, garbled)).unwrap();
    for error in [repository.lock_shared().unwrap_err(), repository.lock_exclusive().unwrap_err()] {
        assert!(matches!(error, RepositoryError::Damaged { .. }), "{error}");
    }
    // Our own is gone again, and theirs is not touched.
    assert_eq!(names(&repository), [name]);
}

#[test]
fn restic_respects_our_locks() {
    let place = Place::new();
    let repository = place.init();
    let lock = repository.lock_shared().unwrap();
    let error = place.restic(&["prune"]).unwrap_err();
    assert!(error.contains("already locked"), "{error}");
    drop(lock);
    place.restic(&["prune"]).unwrap();
}
