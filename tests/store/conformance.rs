//! The contract of `ObjectStore`, promise by promise. A new store adds one line at the end.

use std::sync::Arc;

use bytes::Bytes;
use duphong::base::fault::{Fault as _, Retry};
use duphong::store::{ObjectStore, StoreError};

use crate::store::{name, run};

type Store = Arc<dyn ObjectStore>;

async fn an_object_comes_back_as_it_was_stored(store: Store) {
    for (path, bytes) in [
        ("config", Bytes::from_static(b"\0\xff\n")),
        ("keys/empty", Bytes::new()),
        ("data/ab/ab01", Bytes::from(vec![7; 100_000])),
    ] {
        store.put(&name(path), bytes.clone()).await.unwrap();
        assert_eq!(store.get(&name(path)).await.unwrap(), bytes, "{path}");
        assert_eq!(store.size(&name(path)).await.unwrap(), bytes.len() as u64, "{path}");
        assert!(store.exists(&name(path)).await.unwrap(), "{path}");
    }
}

async fn a_big_object_comes_back_whole(store: Store) {
    let bytes: Bytes = (0..40_000_000_u32).map(|i| (i % 251) as u8).collect::<Vec<_>>().into();
    store.put(&name("data/big"), bytes.clone()).await.unwrap();
    assert!(store.get(&name("data/big")).await.unwrap() == bytes);
    let range = store.get_range(&name("data/big"), 39_999_990, 10).await.unwrap();
    assert_eq!(range, bytes.slice(39_999_990..));
}

async fn the_same_bytes_may_be_put_again_and_other_bytes_are_refused(store: Store) {
    store.put(&name("index/1"), Bytes::from_static(b"one")).await.unwrap();
    store.put(&name("index/1"), Bytes::from_static(b"one")).await.unwrap();
    for other in ["two", "on", "onee", ""] {
        let error = store.put(&name("index/1"), Bytes::from(other)).await.unwrap_err();
        assert!(matches!(error, StoreError::AlreadyExists { .. }), "{other}: {error}");
        assert_eq!(error.retry(), Retry::Never);
    }
    assert_eq!(store.get(&name("index/1")).await.unwrap(), "one");
}

async fn what_is_absent_is_missing_everywhere(store: Store) {
    store.put(&name("data/ab/x"), Bytes::from_static(b"x")).await.unwrap();
    for absent in ["config", "data/ab/y", "data/cd/x", "data/ab", "data/ab/x/y"] {
        let absent = name(absent);
        let is_missing = |error| matches!(error, StoreError::Missing { .. });
        assert!(is_missing(store.get(&absent).await.unwrap_err()), "get {absent}");
        assert!(is_missing(store.get_range(&absent, 0, 1).await.unwrap_err()), "range {absent}");
        assert!(is_missing(store.size(&absent).await.unwrap_err()), "size {absent}");
        assert!(!store.exists(&absent).await.unwrap(), "exists {absent}");
    }
}

async fn ranges_are_exact_at_their_edges(store: Store) {
    store.put(&name("pack"), Bytes::from_static(b"0123456789")).await.unwrap();
    for (offset, length, expected) in
        [(0, 10, "0123456789"), (0, 1, "0"), (9, 1, "9"), (3, 4, "3456"), (0, 0, ""), (10, 0, "")]
    {
        let range = store.get_range(&name("pack"), offset, length).await.unwrap();
        assert_eq!(range, expected, "{offset}+{length}");
    }
    for (offset, length) in
        [(0, 11), (9, 2), (10, 1), (11, 0), (u64::MAX, 1), (1, u64::MAX), (u64::MAX, u64::MAX)]
    {
        let error = store.get_range(&name("pack"), offset, length).await.unwrap_err();
        assert!(matches!(error, StoreError::OutOfRange { size: 10, .. }), "{offset}+{length}");
    }
}

async fn a_list_names_exactly_what_starts_with_the_prefix(store: Store) {
    assert_eq!(store.list("").await.unwrap(), []);
    assert_eq!(store.list("data/").await.unwrap(), []);
    for (path, size) in
        [("data/ab/1", 1), ("data/ab/2", 2), ("data/cd/3", 3), ("data-x", 4), ("config", 5)]
    {
        store.put(&name(path), vec![0; size].into()).await.unwrap();
    }
    for (prefix, expected) in [
        ("", "config=5 data-x=4 data/ab/1=1 data/ab/2=2 data/cd/3=3"),
        ("data", "data-x=4 data/ab/1=1 data/ab/2=2 data/cd/3=3"),
        ("data/", "data/ab/1=1 data/ab/2=2 data/cd/3=3"),
        ("data/a", "data/ab/1=1 data/ab/2=2"),
        ("data/ab/2", "data/ab/2=2"),
        ("data/ab/2/", ""),
        ("nothing/", ""),
        ("../", ""),
        ("/", ""),
    ] {
        let listed = store.list(prefix).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|(name, size)| format!("{name}={size}")).collect();
        assert_eq!(listed.join(" "), expected, "prefix `{prefix}`");
    }
}

async fn what_is_deleted_is_gone_and_may_be_deleted_again(store: Store) {
    store.put(&name("locks/a"), Bytes::from_static(b"a")).await.unwrap();
    store.put(&name("locks/b"), Bytes::from_static(b"b")).await.unwrap();
    store.delete(&name("locks/a")).await.unwrap();
    store.delete(&name("locks/a")).await.unwrap();
    store.delete(&name("never/was")).await.unwrap();
    store.delete(&name("locks/b/below")).await.unwrap();
    assert!(!store.exists(&name("locks/a")).await.unwrap());
    assert_eq!(store.get(&name("locks/b")).await.unwrap(), "b");
    store.put(&name("locks/a"), Bytes::from_static(b"again")).await.unwrap();
    assert_eq!(store.get(&name("locks/a")).await.unwrap(), "again");
}

async fn many_may_put_at_once(store: Store) {
    let tasks: Vec<_> = (0..64_u8)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let path = name(&format!("data/{:02x}/{number}", number % 8));
                store.put(&path, vec![number; 5000].into()).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.list("data/").await.unwrap().len(), 64);
    assert_eq!(store.get(&name("data/07/63")).await.unwrap(), vec![63; 5000]);
}

async fn of_several_contents_put_at_once_under_one_name_one_wins_whole(store: Store) {
    for round in 0..8 {
        let path = name(&format!("keys/{round}"));
        let tasks: Vec<_> = (0..8_u8)
            .map(|number| {
                let (store, path) = (Arc::clone(&store), path.clone());
                tokio::spawn(async move { store.put(&path, vec![number; 10_000].into()).await })
            })
            .collect();
        let mut winners = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => winners += 1,
                Err(error) => assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}"),
            }
        }
        assert_eq!(winners, 1);
        let stored = store.get(&path).await.unwrap();
        assert_eq!(stored, vec![stored[0]; 10_000]);
    }
}

/// What is left of the promise above where a server ignores conditions: more than one writer may
/// be told that it won, and still no content is mixed of two.
async fn of_several_contents_put_at_once_one_is_stored_whole(store: Store) {
    let path = name("keys/1");
    let tasks: Vec<_> = (0..8_u8)
        .map(|number| {
            let (store, path) = (Arc::clone(&store), path.clone());
            tokio::spawn(async move { store.put(&path, vec![number; 10_000].into()).await })
        })
        .collect();
    for task in tasks {
        if let Err(error) = task.await.unwrap() {
            assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
        }
    }
    let stored = store.get(&path).await.unwrap();
    assert_eq!(stored, vec![stored[0]; 10_000]);
}

/// One module of tests for each store: every promise above against a new, empty one.
macro_rules! conformance {
    ($($store:ident => $make:expr;)*) => { $(
        mod $store {
            conformance!(@promises $make;
                an_object_comes_back_as_it_was_stored,
                a_big_object_comes_back_whole,
                the_same_bytes_may_be_put_again_and_other_bytes_are_refused,
                what_is_absent_is_missing_everywhere,
                ranges_are_exact_at_their_edges,
                a_list_names_exactly_what_starts_with_the_prefix,
                what_is_deleted_is_gone_and_may_be_deleted_again,
                many_may_put_at_once,
                of_several_contents_put_at_once_under_one_name_one_wins_whole,
            );
        }
    )* };
    (@promises $make:expr; $($promise:ident,)*) => { $(
        #[test]
        fn $promise() {
            let folder = tempfile::tempdir().unwrap();
            let make: fn(&std::path::Path) -> super::Store = $make;
            super::run(super::$promise(make(folder.path())));
        }
    )* };
}

conformance! {
    disk => |folder| std::sync::Arc::new(
        duphong::store::disk::DiskStore::create(folder.join("a/store")).unwrap());
    memory => |_| std::sync::Arc::new(duphong::store::memory::MemoryStore::new());
    faulty_without_a_fault => |_| std::sync::Arc::new(duphong::store::faulty::Faulty::new(
        std::sync::Arc::new(duphong::store::memory::MemoryStore::new())));
    s3 => |_| crate::store::s3::served(crate::store::s3::Options::default());
    s3_in_pages_without_order => |_| crate::store::s3::served(crate::store::s3::Options {
        page: Some(2), disorder: true, ..Default::default() });
}

mod s3_that_ignores_conditions {
    conformance!(@promises |_| crate::store::s3::served(crate::store::s3::Options {
            conditional: crate::store::s3::Conditional::Ignores, ..Default::default() });
        an_object_comes_back_as_it_was_stored,
        the_same_bytes_may_be_put_again_and_other_bytes_are_refused,
        what_is_absent_is_missing_everywhere,
        what_is_deleted_is_gone_and_may_be_deleted_again,
        many_may_put_at_once,
        of_several_contents_put_at_once_one_is_stored_whole,
    );
}

mod s3_that_refuses_conditions {
    conformance!(@promises |_| crate::store::s3::served(crate::store::s3::Options {
            conditional: crate::store::s3::Conditional::Refuses, ..Default::default() });
        an_object_comes_back_as_it_was_stored,
        the_same_bytes_may_be_put_again_and_other_bytes_are_refused,
        what_is_deleted_is_gone_and_may_be_deleted_again,
        many_may_put_at_once,
        of_several_contents_put_at_once_one_is_stored_whole,
    );
}
