//! The store that fails on command fails exactly as commanded.

use std::sync::Arc;

use bytes::Bytes;
use duphong::store::faulty::{Damage, Effect, FailOn, Faulty};
use duphong::store::memory::MemoryStore;
use duphong::store::{ObjectStore, StoreError};

use crate::store::{name, run};

/// Puts `0`, `1`, `2` and says for each whether it was reported done and whether it is there.
fn check(fail_on: FailOn, effect: Effect, expected: &str) {
    let inner = Arc::new(MemoryStore::new());
    let store = Faulty::failing(inner.clone(), fail_on, effect);
    let mut seen = String::new();
    for path in ["0", "1", "2"] {
        let done = run(store.put(&name(path), Bytes::from_static(b"x"))).is_ok();
        let there = run(inner.exists(&name(path))).unwrap();
        seen.push_str(match (done, there) {
            (true, true) => "done ",
            (false, true) => "there ",
            (false, false) => "failed ",
            (true, false) => "lost ",
        });
    }
    assert_eq!(seen.trim_end(), expected);
}

#[test]
fn operations_fail_when_and_how_they_should() {
    check(FailOn::Nothing, Effect::None, "done done done");
    check(FailOn::Once(1), Effect::None, "done failed done");
    check(FailOn::Once(1), Effect::Whole, "done there done");
    check(FailOn::Death(1), Effect::None, "done failed failed");
    check(FailOn::Death(0), Effect::Whole, "there failed failed");
}

#[test]
fn after_death_nothing_is_answered() {
    let store = Faulty::failing(Arc::new(MemoryStore::new()), FailOn::Death(0), Effect::None);
    assert!(!run(store.exists(&name("a"))).unwrap());
    run(store.delete(&name("a"))).unwrap_err();
    assert!(store.is_dead());
    run(store.get(&name("a"))).unwrap_err();
    run(store.list("")).unwrap_err();
    assert_eq!(store.mutations(), 1);
}

#[test]
fn damage_shows_in_every_way_of_reading_and_can_be_healed() {
    let store = Faulty::new(Arc::new(MemoryStore::new()));
    let path = name("pack");
    run(store.put(&path, Bytes::from_static(b"abcd"))).unwrap();

    store.damage(&path, Damage::Flip { offset: 1, bit: 0 });
    assert_eq!(run(store.get(&path)).unwrap(), "accd");
    assert_eq!(run(store.get_range(&path, 1, 2)).unwrap(), "cc");

    store.damage(&path, Damage::Truncate(3));
    assert_eq!(run(store.size(&path)).unwrap(), 3);
    assert_eq!(run(store.list("")).unwrap(), [(path.clone(), 3)]);
    assert!(matches!(run(store.get_range(&path, 2, 2)), Err(StoreError::OutOfRange { .. })));

    store.damage(&path, Damage::Remove);
    assert!(!run(store.exists(&path)).unwrap());
    assert_eq!(run(store.list("")).unwrap(), []);

    store.damage(&path, Damage::Unreadable);
    run(store.get(&path)).unwrap_err();
    assert_eq!(run(store.list("")).unwrap(), [(path.clone(), 4)]);

    store.heal(&path);
    assert_eq!(run(store.get(&path)).unwrap(), "abcd");
}
