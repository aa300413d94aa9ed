//! Forgetting: stopped at every write it leaves what a run that goes on would have left, and no set
//! that stays is touched.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::repository::layout::Folder;
use duphong::repository::retention::{Candidate, Retention, RetentionPlan, Rules};
use duphong::repository::{Repository, RepositoryError, SnapshotId};
use duphong::store::{ObjectStore, StoreError};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::repository::kit::{self, Hooked, Place};

fn plan(repository: &Repository) -> RetentionPlan {
    let rules = Retention {
        rules: Rules { last: 2, ..Rules::default() },
        verified: 0,
        ..Retention::default()
    };
    let sets = repository.snapshots().unwrap().sets;
    let candidates = sets.iter().map(|(id, snapshot)| Candidate {
        id: *id,
        time: snapshot.time,
        apart: None,
        verified: false,
        tags: BTreeSet::new(),
    });
    RetentionPlan::new(&rules, &TimeZone::UTC, Timestamp::MAX, candidates)
}

fn forget(repository: &Repository) -> Result<(), RepositoryError> {
    let lock = repository.lock_exclusive()?;
    for set in plan(repository).forgotten() {
        repository.forget(&lock, &set.id)?;
    }
    Ok(())
}

fn ids(repository: &Repository) -> Vec<SnapshotId> {
    repository.snapshots().unwrap().sets.into_iter().map(|(id, _)| id).collect()
}

#[test]
fn stopped_at_every_write_it_ends_the_same_when_run_again() {
    let mut nth = 0;
    loop {
        let place = Place::new();
        let root = place.path("root");
        fs::create_dir(&root).unwrap();
        place.init();
        let store = Hooked::new(place.store(), |_, _| Ok(()));
        let shared: Arc<dyn ObjectStore> = Arc::clone(&store) as _;
        let repository = Repository::open(shared, &kit::password(), &kit::world()).unwrap();
        for number in 0..5 {
            fs::write(root.join("a"), kit::noise(number, 20_000)).unwrap();
            kit::save(&repository, &root, None);
        }
        let all = ids(&repository);
        let mut writes = 0;
        store.set(move |name, _| {
            writes += 1;
            let dead = || StoreError::Unreachable { place: name.to_string() };
            if writes > nth { Err(dead()) } else { Ok(()) }
        });
        let ended = forget(&repository).is_ok();
        store.set(|_, _| Ok(()));
        for (name, _) in repository.list(Folder::Locks).unwrap() {
            repository.block_on(repository.store().delete(&name)).unwrap();
        }
        let left = ids(&repository);
        assert!(all[3..].iter().all(|id| left.contains(id)), "after {nth}");
        forget(&repository).unwrap();
        assert_eq!(ids(&repository), all[3..], "after {nth}");
        let checked = place.restic(&["check", "--read-data"]).unwrap();
        assert!(checked.contains("no errors were found"), "after {nth}: {checked}");
        if ended {
            assert!(nth >= 4, "a lock and three sets are at least four writes");
            return;
        }
        nth += 1;
    }
}

#[test]
fn nobody_forgets_beside_a_reader() {
    let place = Place::new();
    let repository = place.init();
    let reader = repository.lock_shared().unwrap();
    assert_eq!(forget(&repository).unwrap_err().exit(), ExitCode::Locked);
    let any = SnapshotId(duphong::base::digest::Digest::of(b""));
    let error = repository.forget(&reader, &any).unwrap_err();
    assert!(matches!(error, RepositoryError::Bug(_)), "{error}");
}
