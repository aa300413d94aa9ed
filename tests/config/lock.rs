//! Object lock: how it is written, where it may stand, and what it must outlast.

use std::time::Duration;

use duphong::config::settings::{LockMode, ObjectLock, Store};

use super::{changed, load};

const DISK: &str = "local: { path: /srv/repo, password: { file: /etc/duphong/pass } }";

/// SMALL with its repository in a bucket that is locked so.
fn with(lock: &str) -> String {
    let password = "password: { file: /etc/duphong/pass }";
    let bucket = "s3: { endpoint: 'https://s3.example.vn', bucket: kho-mau, \
                  credentials: { file: s3.key } }";
    changed(DISK, &format!("local: {{ {password}, {bucket}, object-lock: {lock} }}"))
}

/// The lock, or the ids of the problems.
#[track_caller]
fn read(lock: &str) -> Result<ObjectLock, Vec<&'static str>> {
    let loaded = load(&with(lock))
        .map_err(|all| all.list.iter().map(|one| one.message.id).collect::<Vec<_>>())?;
    match &loaded.settings.repositories[0].store {
        Store::S3(bucket) => Ok(bucket.object_lock.unwrap()),
        Store::Disk(path) => panic!("{}", path.display()),
    }
}

#[test]
fn a_lock_is_read_with_its_default() {
    let days = |days: u64| Duration::from_hours(24 * days);
    let lock = read("{ mode: compliance, retention: 90d }").unwrap();
    assert_eq!((lock.mode, lock.retention, lock.slack), (LockMode::Compliance, days(90), days(30)));
    let lock = read("{ mode: governance, retention: 3d, slack: 1d }").unwrap();
    assert_eq!((lock.mode, lock.retention, lock.slack), (LockMode::Governance, days(3), days(1)));
}

#[test]
fn locks_that_mean_nothing_or_hold_nothing_are_refused() {
    for (lock, problem) in [
        ("{ mode: legal-hold, retention: 90d }", "config-unknown-word"),
        ("{ retention: 90d }", "config-missing-key"),
        ("{ mode: compliance }", "config-missing-key"),
        ("{ mode: compliance, retention: 2d }", "config-duration-range"),
        ("{ mode: compliance, retention: 3651d }", "config-duration-range"),
        ("{ mode: compliance, retention: 90d, slack: 1h }", "config-duration-range"),
        ("{ mode: compliance, days: 90 }", "config-unknown-key"),
    ] {
        let found = read(lock).unwrap_err();
        assert!(found.contains(&problem), "{lock}: {found:?}");
    }
}

#[test]
fn a_folder_has_no_lock_and_a_lock_outlasts_every_rpo() {
    let lock = "{ object-lock: { mode: compliance, retention: 90d }, path: /srv/repo,";
    let found = load(&changed("{ path: /srv/repo,", lock)).unwrap_err();
    assert_eq!(found.list[0].message.id, "config-lock-disk");
    let long = with("{ mode: compliance, retention: 5d }").replace("rpo: 6h", "rpo: 5d");
    let found = load(&long).unwrap_err();
    assert_eq!(found.list[0].message.id, "config-lock-short");
}
