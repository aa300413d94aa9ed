//! Stopping at every write of the store: the repository stays sound, nothing reported done is
//! lost, and the next run sends little again.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use duphong::base::cancel::Cancel;
use duphong::base::progress::Silent;
use duphong::repository::layout::Folder;
use duphong::repository::{Repository, RepositoryError, SetWriter, SnapshotId, Tuning};
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::kit::{self, Hooked, Place};

/// One worker and one uploader, so that the n-th write is the same one in every run.
const STEADY: Tuning =
    Tuning { pack_bytes: 16 * 1024, workers: 1, uploads: 1, level: 3, kept_bytes: 1 << 20 };

fn dead(name: &ObjectName) -> StoreError {
    StoreError::Unreachable { place: name.to_string() }
}

fn save(
    repository: &Repository,
    root: &std::path::Path,
    parent: Option<SnapshotId>,
) -> Result<SnapshotId, RepositoryError> {
    let (cancel, progress) = (Cancel::default(), Arc::new(Silent));
    let writer = SetWriter::begin_tuned(repository, parent, cancel, progress, STEADY)?;
    writer.add_tree("media/files", root, &[], kit::sizes())?;
    writer.finish(kit::meta()).map(|set| set.id)
}

/// What a machine does with the lock of a process that is gone; here the process lives on.
fn forget_locks(repository: &Repository) {
    for (name, _) in repository.list(Folder::Locks).unwrap() {
        repository.block_on(repository.store().delete(&name)).unwrap();
    }
}

/// Two sets in a row, the second with changes; returns the sets that were reported done.
fn two_sets(repository: &Repository, place: &Place) -> (Vec<SnapshotId>, bool) {
    let mut done = Vec::new();
    for root in ["one", "two"] {
        match save(repository, &place.path(root), done.last().copied()) {
            Ok(id) => done.push(id),
            Err(_) => return (done, false),
        }
    }
    (done, true)
}

fn prepare(place: &Place) {
    for (root, changed) in [("one", 0), ("two", 7)] {
        let root = place.path(root);
        fs::create_dir_all(root.join("sub")).unwrap();
        for number in 0..16 {
            let seed = if number < changed { 100 + number } else { number };
            fs::write(root.join(format!("sub/{number}")), kit::noise(seed, 9_000)).unwrap();
        }
    }
}

#[test]
fn death_at_every_write_leaves_a_sound_repository() {
    let place = Place::new();
    prepare(&place);
    let template = place.path("template");
    Repository::init(
        Arc::new(duphong::store::disk::DiskStore::create(&template).unwrap()),
        &kit::password(),
        &kit::world(),
    )
    .unwrap();
    fs::rename(&template, place.path("repository")).unwrap();
    let store = Hooked::new(place.store(), |_, _| Ok(()));
    let repository = Repository::open(
        Arc::clone(&store) as Arc<dyn ObjectStore>,
        &kit::password(),
        &kit::world(),
    )
    .unwrap();
    let one = kit::expected(&place.path("one"));
    let two = kit::expected(&place.path("two"));
    for nth in 0.. {
        let mut writes = 0;
        store.set(move |name, _| {
            writes += 1;
            if writes > nth { Err(dead(name)) } else { Ok(()) }
        });
        let (done, whole) = two_sets(&repository, &place);
        store.set(|_, _| Ok(()));
        forget_locks(&repository);
        check(&place, &repository, &done, nth);
        let parent = done.last().copied();
        let resumed = save(&repository, &place.path("two"), parent).unwrap();
        assert_eq!(kit::read_set(&repository, &resumed).unwrap(), two, "resumed after {nth}");
        for (id, expected) in done.iter().zip([&one, &two]) {
            assert_eq!(kit::read_set(&repository, id).unwrap(), *expected, "done before {nth}");
        }
        if whole {
            // How many packs there are depends on which worker closes which: some twenty writes.
            assert!(nth > 12, "the runs have only {nth} writes");
            return;
        }
        empty(&repository);
    }
}

/// Everything that is listed is whole; restic agrees.
fn check(place: &Place, repository: &Repository, done: &[SnapshotId], nth: u64) {
    let snapshots = repository.snapshots().unwrap();
    assert!(snapshots.unreadable.is_empty(), "after {nth}: {:?}", snapshots.unreadable);
    for (id, _) in &snapshots.sets {
        kit::read_set(repository, id).unwrap_or_else(|error| panic!("after {nth}: {error}"));
    }
    let listed: Vec<_> = snapshots.sets.iter().map(|(id, _)| *id).collect();
    assert!(done.iter().all(|id| listed.contains(id)), "after {nth}: a set is lost");
    // Starting restic costs a second of key derivation: a sample, and both ends of each set.
    if nth % 5 == 2 {
        let checked = place.restic(&["check", "--read-data"]).unwrap();
        assert!(checked.contains("no errors were found"), "after {nth}: {checked}");
    }
}

/// Back to what `init` left.
fn empty(repository: &Repository) {
    for folder in [Folder::Snapshots, Folder::Index, Folder::Data, Folder::Locks] {
        for (name, _) in repository.list(folder).unwrap() {
            repository.block_on(repository.store().delete(&name)).unwrap();
        }
    }
}

#[test]
fn an_interrupted_run_sends_little_again() {
    let place = Place::new();
    let root = place.path("root");
    fs::create_dir(&root).unwrap();
    for number in 0..40 {
        fs::write(root.join(format!("{number}")), kit::noise(number, 100_000)).unwrap();
    }
    let sent = Arc::new(AtomicU64::new(0));
    let store = Hooked::new(place.store(), |_, _| Ok(()));
    let repository = Repository::init(
        Arc::clone(&store) as Arc<dyn ObjectStore>,
        &kit::password(),
        &kit::world(),
    )
    .unwrap();
    let counter = Arc::clone(&sent);
    store.set(move |name, bytes| {
        // Dies as late as it can: before the index, so that no index names any pack.
        if name.as_str().starts_with("index/") {
            return Err(dead(name));
        }
        counter.fetch_add(bytes as u64, Ordering::SeqCst);
        Ok(())
    });
    save(&repository, &root, None).unwrap_err();
    let first = sent.swap(0, Ordering::SeqCst);
    forget_locks(&repository);
    let counter = Arc::clone(&sent);
    store.set(move |_, bytes| {
        counter.fetch_add(bytes as u64, Ordering::SeqCst);
        Ok(())
    });
    let resumed = save(&repository, &root, None).unwrap();
    let again = sent.load(Ordering::SeqCst);
    assert!(first > 4_000_000, "{first}");
    assert!(again * 20 <= first, "{again} of {first} bytes were sent again");
    assert_eq!(kit::read_set(&repository, &resumed).unwrap(), kit::expected(&root));
    let checked = place.restic(&["check", "--read-data"]).unwrap();
    assert!(checked.contains("no errors were found"), "{checked}");
}

#[test]
fn death_while_a_repository_is_made_is_finished_by_the_next_init() {
    for nth in 0..2 {
        let place = Place::new();
        let writes = Mutex::new(0);
        let store = Hooked::new(place.store(), move |name, _| {
            let mut writes = writes.lock().unwrap();
            *writes += 1;
            if *writes > nth { Err(dead(name)) } else { Ok(()) }
        });
        let init = || {
            let store: Arc<dyn ObjectStore> = Arc::clone(&store) as _;
            Repository::init(store, &kit::password(), &kit::world())
        };
        init().unwrap_err();
        store.set(|_, _| Ok(()));
        let repository = init().unwrap();
        assert_eq!(repository.list(Folder::Keys).unwrap().len(), 1, "after {nth}");
        assert!(matches!(init().unwrap_err(), RepositoryError::Exists { .. }));
        assert!(place.restic(&["check"]).unwrap().contains("no errors were found"));
    }
}

/// Packs of a run that goes on elsewhere are not ours to index.
#[test]
fn packs_of_a_writer_at_work_are_not_adopted() {
    let place = Place::new();
    prepare(&place);
    let repository = place.init();
    let busy = kit::writer(&repository, None);
    busy.add_tree("media/files", &place.path("one"), &[], kit::sizes()).unwrap();
    let (other, _) = kit::save(&repository, &place.path("two"), None);
    assert_eq!(other.statistics.packs_adopted, 0);
    let set = busy.finish(kit::meta()).unwrap();
    assert_eq!(kit::read_set(&repository, &set.id).unwrap(), kit::expected(&place.path("one")));
    let checked = place.restic(&["check", "--read-data"]).unwrap();
    assert!(checked.contains("no errors were found"), "{checked}");
}
