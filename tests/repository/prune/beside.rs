//! Pruning beside sets that are taken meanwhile, by us and by restic, at every write of the prune.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::repository::layout::Folder;
use duphong::repository::{Repository, RepositoryError, SnapshotId};
use duphong::store::{ObjectStore, StoreError};

use crate::repository::kit::{self, Hooked, Place};
use crate::repository::prune::{
    Sets, age, aged, check_by_restic, check_sound, copy_of, forget_locks, objects, plan, prune,
};

/// Takes a set of a tree that no remaining set has, though its blobs are still in the packs that
/// are about to go. None if the prune holds the repository for itself.
fn take_set(place: &PathBuf, root: &std::path::Path) -> Option<SnapshotId> {
    let store = Arc::new(duphong::store::disk::DiskStore::open(place).unwrap());
    let repository = Repository::open(store, &kit::password(), &kit::world()).unwrap();
    let (cancel, progress) =
        (duphong::base::cancel::Cancel::default(), Arc::new(duphong::base::progress::Silent));
    let begun = duphong::repository::SetWriter::begin_tuned(
        &repository,
        None,
        cancel,
        progress,
        kit::SMALL,
    );
    let writer = match begun {
        Err(RepositoryError::Locked { .. }) => return None,
        other => other.unwrap(),
    };
    writer.add_tree("media/files", root, &[], kit::sizes()).unwrap();
    Some(writer.finish(kit::meta()).unwrap().id)
}

/// The tree of the first set, which was forgotten.
fn forgotten_tree(place: &Place) -> PathBuf {
    let root = place.path("forgotten");
    age(&root, 0);
    root
}

/// Prunes; at the `at`-th write a whole set is taken, at the `death`-th the prune dies. How many
/// writes there were, and the set.
fn prune_beside(
    place: &Place,
    root: &std::path::Path,
    at: u64,
    death: Option<u64>,
) -> (u64, Option<SnapshotId>, Result<(), RepositoryError>) {
    let store = Hooked::new(place.store(), |_, _| Ok(()));
    let shared: Arc<dyn ObjectStore> = Arc::clone(&store) as _;
    let repository = Repository::open(shared, &kit::password(), &kit::world()).unwrap();
    let told = Arc::new(Mutex::new((0, None)));
    let (telling, folder, root) = (Arc::clone(&told), place.path("repository"), root.to_owned());
    store.set(move |name, _| {
        let mut told = telling.lock().unwrap();
        told.0 += 1;
        if told.0 == at {
            // On a thread of its own: this one drives the prune's store.
            let (folder, root) = (folder.clone(), root.clone());
            told.1 = std::thread::spawn(move || take_set(&folder, &root)).join().unwrap();
        }
        if death.is_some_and(|death| told.0 > death) {
            return Err(StoreError::Unreachable { place: name.to_string() });
        }
        Ok(())
    });
    let result = prune(&repository).map(|_| ());
    let (writes, set) = *told.lock().unwrap();
    (writes, set, result)
}

fn check(
    template: &Place,
    sets: &Sets,
    root: &std::path::Path,
    death: impl Fn(u64) -> Option<u64>,
) -> (u64, u64) {
    let (mut taken, mut refused) = (0, 0);
    for at in 1.. {
        let place = copy_of(template);
        let (writes, set, result) = prune_beside(&place, root, at, death(at));
        let when = format!("a set at write {at}: {result:?}");
        if writes < at {
            return (taken, refused);
        }
        let mut sets = sets.clone();
        match set {
            Some(id) => {
                taken += 1;
                sets.insert(id, kit::expected(root));
            }
            None => refused += 1,
        }
        let repository = place.open();
        forget_locks(&repository);
        check_sound(&repository, &sets, &when);
        // Starting restic costs a second of key derivation: a sample.
        if at % 3 == 1 {
            check_by_restic(&place, &when);
        }
        prune(&repository).unwrap_or_else(|error| panic!("again after {when}: {error}"));
        check_sound(&repository, &sets, &format!("again after {when}"));
        assert!(plan(&repository).unwrap().is_empty(), "again after {when}");
    }
    (taken, refused)
}

#[test]
fn a_set_taken_at_any_write_of_a_prune_is_whole() {
    let template = Place::new();
    let (_, sets) = aged(&template);
    let root = forgotten_tree(&template);
    let (taken, refused) = check(&template, &sets, &root, |_| None);
    assert!(taken > 5 && refused > 5, "{taken} sets were taken, {refused} refused");
}

#[test]
fn a_set_taken_before_a_prune_dies_is_whole() {
    let template = Place::new();
    let (_, sets) = aged(&template);
    let root = forgotten_tree(&template);
    check(&template, &sets, &root, Some);
}

/// What only the new set needs is spared although all else of its packs was written again.
#[test]
fn packs_that_a_new_set_needs_are_spared() {
    let template = Place::new();
    let (_, sets) = aged(&template);
    let root = forgotten_tree(&template);
    let place = copy_of(&template);
    let repository = place.open();
    let cancel = duphong::base::cancel::Cancel::default();
    let limits = crate::repository::prune::LIMITS;
    let begun = duphong::repository::prune::Prune::plan(
        &repository,
        limits,
        &duphong::base::progress::Silent,
        &cancel,
    );
    let begun = begun.unwrap();
    let set = take_set(&place.path("repository"), &root).unwrap();
    let (pruned, ended) = begun.execute();
    ended.unwrap();
    assert!(!pruned.spared.is_empty(), "{pruned:?}");
    let mut sets = sets;
    sets.insert(set, kit::expected(&root));
    check_sound(&repository, &sets, "spared");
    check_by_restic(&place, "spared");
}

#[test]
fn a_writer_at_work_keeps_everything_until_it_has_ended() {
    let place = Place::new();
    let (repository, mut sets) = aged(&place);
    let root = forgotten_tree(&place);
    let writer = kit::writer(&repository, None);
    writer.add_tree("media/files", &root, &[], kit::sizes()).unwrap();
    let before = objects(&repository, Folder::Data);
    let error = prune(&repository).unwrap_err();
    assert_eq!(error.exit(), ExitCode::Locked, "{error}");
    assert!(objects(&repository, Folder::Data).is_superset(&before));
    let set = writer.finish(kit::meta()).unwrap();
    sets.insert(set.id, kit::expected(&root));
    check_sound(&repository, &sets, "beside a writer");
    check_by_restic(&place, "beside a writer");
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "after the writer");
    check_by_restic(&place, "after the writer");
}

/// Between the two locks of ours another program may do all it wants, even prune.
#[test]
fn a_prune_of_restic_between_the_two_locks_is_seen() {
    let place = Place::new();
    let (_, sets) = aged(&place);
    let store = Hooked::new(place.store(), |_, _| Ok(()));
    let shared: Arc<dyn ObjectStore> = Arc::clone(&store) as _;
    let repository = Repository::open(shared, &kit::password(), &kit::world()).unwrap();
    let place = Arc::new(place);
    let (theirs, mut locks) = (Arc::clone(&place), 0);
    store.set(move |name, bytes| {
        // The second lock that is put is the exclusive one; the shared one is gone by then.
        if name.as_str().starts_with("locks/") && bytes > 0 {
            locks += 1;
            if locks == 2 {
                theirs.restic(&["prune", "--max-unused", "0"]).unwrap();
            }
        }
        Ok(())
    });
    let error = prune(&repository).unwrap_err();
    assert!(matches!(error, RepositoryError::Overtaken { .. }), "{error}");
    check_sound(&repository, &sets, "overtaken");
    check_by_restic(&place, "overtaken");
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "after both");
    check_by_restic(&place, "after both");
}

/// restic's own backup in the first part: its set is whole.
#[test]
fn a_backup_by_restic_while_packs_are_written_again_is_whole() {
    let place = Place::new();
    let (_, sets) = aged(&place);
    let root = forgotten_tree(&place);
    let store = Hooked::new(place.store(), |_, _| Ok(()));
    let shared: Arc<dyn ObjectStore> = Arc::clone(&store) as _;
    let repository = Repository::open(shared, &kit::password(), &kit::world()).unwrap();
    let place = Arc::new(place);
    let (theirs, saved, mut done) = (Arc::clone(&place), root.clone(), false);
    store.set(move |name, _| {
        if name.as_str().starts_with("data/") && !done {
            done = true;
            theirs.restic(&["backup", saved.to_str().unwrap(), "--tag", "theirs"]).unwrap();
        }
        Ok(())
    });
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "beside restic");
    check_by_restic(&place, "beside restic");
    let target = place.path("restored");
    place
        .restic(&["restore", "latest", "--tag", "theirs", "--target", target.to_str().unwrap()])
        .unwrap();
    let restored: BTreeMap<_, _> = kit::picture(&target.join(root.strip_prefix("/").unwrap()));
    assert_eq!(restored, kit::picture(&root));
}
