//! The store that asks again: how often, how long, and what it never repeats.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::store::faulty::{Damage, Effect, FailOn, Faulty};
use duphong::store::memory::MemoryStore;
use duphong::store::retry::{Patience, Retrying};
use duphong::store::{ObjectName, ObjectStore, StoreError};
use duphong::world::World;
use duphong::world::clock::{Clock, ManualClock, Monotonic};
use duphong::world::entropy::SeededEntropy;
use tokio::runtime::Runtime;

use crate::store::around::{Around, Through};
use crate::store::name;

/// A manual clock that notes how long it was asked to wait.
struct Noting {
    clock: ManualClock,
    waits: Arc<Mutex<Vec<Duration>>>,
    cancel: Option<Cancel>,
}

impl Clock for Noting {
    fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    fn monotonic(&self) -> Monotonic {
        self.clock.monotonic()
    }

    fn sleep(&self, duration: Duration) {
        self.waits.lock().unwrap().push(duration);
        if let Some(cancel) = &self.cancel {
            cancel.cancel();
        }
        self.clock.sleep(duration);
    }
}

struct Stage {
    faulty: Arc<Faulty>,
    patient: Retrying,
    waits: Arc<Mutex<Vec<Duration>>>,
    runtime: Runtime,
}

fn stage(fail_on: FailOn, effect: Effect, cancelled_in_wait: bool) -> Stage {
    stage_with(Patience::default(), fail_on, effect, cancelled_in_wait)
}

fn stage_with(
    patience: Patience,
    fail_on: FailOn,
    effect: Effect,
    cancelled_in_wait: bool,
) -> Stage {
    let runtime = Runtime::new().unwrap();
    let waits = Arc::new(Mutex::new(Vec::new()));
    let cancel = Cancel::default();
    let clock = Noting {
        clock: ManualClock::at("2026-11-22T08:00:00Z".parse().unwrap()),
        waits: Arc::clone(&waits),
        cancel: cancelled_in_wait.then(|| cancel.clone()),
    };
    let entropy = Arc::new(SeededEntropy::new(7));
    let world = World::with(Arc::new(clock), entropy, runtime.handle().clone());
    let faulty = Arc::new(Faulty::failing(Arc::new(MemoryStore::new()), fail_on, effect));
    let patient = Retrying::new(faulty.clone(), patience, &world, cancel);
    Stage { faulty, patient, waits, runtime }
}

#[test]
fn one_fault_is_not_seen_whether_the_work_was_done_or_not() {
    for effect in [Effect::None, Effect::Whole] {
        let stage = stage(FailOn::Once(0), effect, false);
        let path = name("a");
        stage.runtime.block_on(stage.patient.put(&path, Bytes::from_static(b"x"))).unwrap();
        assert_eq!(stage.faulty.mutations(), 2);
        assert_eq!(stage.runtime.block_on(stage.patient.get(&path)).unwrap(), "x");
    }
}

#[test]
fn waits_grow_are_bounded_and_are_not_all_alike() {
    let stage = stage(FailOn::Death(0), Effect::None, false);
    let error = stage.runtime.block_on(stage.patient.put(&name("a"), Bytes::new())).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    // Waits are slept in slices, so that a wish to stop is heard: put them together again.
    let slices = stage.waits.lock().unwrap().clone();
    assert!(slices.iter().all(|slice| *slice <= Duration::from_millis(500)), "{slices:?}");
    let total: Duration = slices.iter().sum();
    let Patience { tries, longest, in_all, .. } = Patience::default();
    let grown = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];
    let at_its_longest = f64::from(tries - 1) - grown.len() as f64;
    let most = grown.iter().sum::<f64>() + at_its_longest * longest.as_secs_f64();
    assert!(total.as_secs_f64() >= most / 2.0, "{total:?}");
    assert!(total <= in_all + longest, "{total:?}");
    let first = slices[0];
    assert!(first >= Duration::from_millis(125) && first <= Duration::from_millis(250));
    assert!(![125, 250].map(Duration::from_millis).contains(&first), "no jitter: {first:?}");
}

#[test]
fn no_try_begins_after_the_time_for_all_of_them() {
    let in_all = Duration::from_secs(90);
    let patience = Patience { tries: u32::MAX, in_all, ..Patience::default() };
    let stage = stage_with(patience, FailOn::Death(0), Effect::None, false);
    stage.runtime.block_on(stage.patient.put(&name("a"), Bytes::new())).unwrap_err();
    let total: Duration = stage.waits.lock().unwrap().iter().sum();
    assert!(total >= in_all && total < in_all + patience.longest, "{total:?}");
}

/// The way to a server, which can be cut and mended.
struct Line {
    server: MemoryStore,
    is_cut: AtomicBool,
    asked: AtomicU32,
}

#[async_trait]
impl Around for Line {
    fn inner(&self) -> &dyn ObjectStore {
        &self.server
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.is_cut.load(Ordering::Relaxed) {
            return Err(StoreError::Unreachable { place: self.inner().location() });
        }
        self.server.put(name, bytes).await
    }
}

/// A run asks for a pack, then for its lock, then removes the lock: one wait is enough to know.
#[test]
fn a_server_that_is_gone_is_waited_for_once_until_it_answers() {
    let runtime = Runtime::new().unwrap();
    let clock = Arc::new(ManualClock::at("2026-11-22T08:00:00Z".parse().unwrap()));
    let world =
        World::with(clock.clone(), Arc::new(SeededEntropy::new(7)), runtime.handle().clone());
    let line = Through::new(Line {
        server: MemoryStore::new(),
        is_cut: AtomicBool::new(true),
        asked: AtomicU32::new(0),
    });
    let patience = Patience::default();
    let patient = Retrying::new(line.clone(), patience, &world, Cancel::default());
    let put = || {
        line.asked.store(0, Ordering::Relaxed);
        let done = runtime.block_on(patient.put(&name("a"), Bytes::new())).is_ok();
        (done, line.asked.load(Ordering::Relaxed))
    };
    assert_eq!(put(), (false, patience.tries));
    let waited = clock.now();
    assert_eq!([put(), put()], [(false, 2), (false, 2)]);
    assert!(clock.now().duration_since(waited) <= jiff::SignedDuration::from_millis(500));
    line.is_cut.store(false, Ordering::Relaxed);
    assert_eq!(put(), (true, 1));
    line.is_cut.store(true, Ordering::Relaxed);
    assert_eq!(put(), (false, patience.tries), "it has answered since");
}

#[test]
fn what_took_all_the_time_to_fail_is_asked_once_more() {
    let patience = Patience { in_all: Duration::ZERO, ..Patience::default() };
    let stage = stage_with(patience, FailOn::Once(0), Effect::None, false);
    stage.runtime.block_on(stage.patient.put(&name("a"), Bytes::new())).unwrap();
    assert_eq!(stage.faulty.mutations(), 2);
}

#[test]
fn a_wish_to_stop_ends_the_waiting_with_the_fault_that_was_met() {
    let stage = stage(FailOn::Death(0), Effect::None, true);
    let error = stage.runtime.block_on(stage.patient.put(&name("a"), Bytes::new())).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert_eq!(stage.waits.lock().unwrap().len(), 1);
}

#[test]
fn what_says_something_about_the_bytes_is_never_asked_again() {
    let stage = stage(FailOn::Nothing, Effect::None, false);
    let path = name("data/a");
    stage.runtime.block_on(stage.patient.put(&path, Bytes::from_static(b"abcd"))).unwrap();
    stage.faulty.damage(&path, Damage::Truncate(2));
    let range = stage.runtime.block_on(stage.patient.get_range(&path, 0, 4));
    assert!(matches!(range, Err(StoreError::OutOfRange { .. })));
    stage.faulty.damage(&path, Damage::Remove);
    let read = stage.runtime.block_on(stage.patient.get(&path));
    assert!(matches!(read, Err(StoreError::Missing { .. })));
    stage.faulty.heal(&path);
    let put = stage.runtime.block_on(stage.patient.put(&path, Bytes::from_static(b"efgh")));
    assert!(matches!(put, Err(StoreError::AlreadyExists { .. })));
    assert_eq!(stage.faulty.reads(), 2);
    assert!(stage.waits.lock().unwrap().is_empty());
}
