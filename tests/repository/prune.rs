//! Pruning: what no set needs goes, whatever a set needs stays, whoever dies or writes meanwhile.

mod beside;
mod crash;
mod damage;
mod listing;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::layout::Folder;
use duphong::repository::prune::{Limits, Prune, PrunePlan, Pruned, Why};
use duphong::repository::verify::{Depth, verify};
use duphong::repository::{Repository, RepositoryError, SnapshotId};
use duphong::store::faulty::{Effect, FailOn, Faulty};
use duphong::store::{ObjectName, ObjectStore};
use duphong::world::clock::ManualClock;

use crate::repository::kit::{self, Hooked, Place};

/// Sizes at which the small trees of these tests make packs of every sort; one thread, so that the
/// n-th write is the same one in every run.
const LIMITS: Limits =
    Limits { unused_percent: 5, pack_bytes: 48 << 10, small_bytes: 12 << 10, threads: 1 };

/// Sets and what they hold.
type Sets = BTreeMap<SnapshotId, BTreeMap<String, String>>;

fn plan(repository: &Repository) -> Result<PrunePlan, RepositoryError> {
    let cancel = Cancel::default();
    Prune::plan(repository, LIMITS, &Silent, &cancel).map(|prune| prune.planned().clone())
}

fn prune(repository: &Repository) -> Result<Pruned, RepositoryError> {
    prune_with(repository, LIMITS)
}

fn prune_with(repository: &Repository, limits: Limits) -> Result<Pruned, RepositoryError> {
    let cancel = Cancel::default();
    let (pruned, ended) = Prune::plan(repository, limits, &Silent, &cancel)?.execute();
    ended.map(|()| pruned)
}

/// What a machine does with the lock of a process that is gone; here the process lives on.
fn forget_locks(repository: &Repository) {
    for (name, _) in repository.list(Folder::Locks).unwrap() {
        repository.block_on(repository.store().delete(&name)).unwrap();
    }
}

/// Changes some files of a tree, by a seed.
fn age(root: &Path, seed: u64) {
    fs::create_dir_all(root.join("a/b")).unwrap();
    for number in 0..24 {
        let path = root.join(format!("a/{}{number}", if number % 2 == 0 { "b/" } else { "" }));
        if !path.exists() || (number + seed).is_multiple_of(4) {
            let length = 3_000 + usize::try_from((seed * 37 + number * 977) % 9_000).unwrap();
            fs::write(path, kit::noise(seed * 100 + number, length)).unwrap();
        }
    }
}

/// Six sets of an ageing tree, of which every other one was forgotten.
fn aged(place: &Place) -> (Repository, Sets) {
    let repository = place.init();
    let root = place.path("root");
    let (mut all, mut parent) = (Vec::new(), None);
    for seed in 0..6 {
        age(&root, seed);
        // More than a pack of what one set alone has.
        let passing = root.join("passing");
        match seed {
            2 => fs::write(&passing, kit::noise(999, 300_000)).unwrap(),
            3 => fs::remove_file(&passing).unwrap(),
            _ => {}
        }
        let (written, _) = kit::save(&repository, &root, parent);
        parent = Some(written.id);
        all.push((written.id, kit::expected(&root)));
    }
    let lock = repository.lock_exclusive().unwrap();
    for (id, _) in all.iter().step_by(2) {
        repository.forget(&lock, id).unwrap();
    }
    let sets = all.into_iter().skip(1).step_by(2).collect();
    (repository, sets)
}

/// Everything is whole, by our own eyes.
#[track_caller]
fn check_sound(repository: &Repository, sets: &Sets, when: &str) {
    for (id, expected) in sets {
        let set = kit::read_set(repository, id).unwrap_or_else(|error| panic!("{when}: {error}"));
        assert_eq!(set, *expected, "{when}: {id}");
    }
    let report = verify(repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
    assert!(report.is_sound(), "{when}: {:?}", report.damages);
}

/// By restic's.
#[track_caller]
fn check_by_restic(place: &Place, when: &str) {
    let checked = place.restic(&["check", "--read-data"]).unwrap_or_else(|e| panic!("{when}: {e}"));
    assert!(checked.contains("no errors were found"), "{when}: {checked}");
}

fn objects(repository: &Repository, folder: Folder) -> BTreeSet<ObjectName> {
    repository.list(folder).unwrap().into_iter().map(|(name, _)| name).collect()
}

fn bytes(repository: &Repository) -> u64 {
    repository.list(Folder::Data).unwrap().iter().map(|(_, bytes)| bytes).sum()
}

#[test]
fn what_no_set_needs_goes_and_the_rest_is_whole() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let before = bytes(&repository);
    let planned = plan(&repository).unwrap();
    assert!(!planned.unneeded.is_empty(), "{planned:?}");
    assert!(planned.repack.iter().any(|(_, why)| *why == Why::PartlyNeeded), "{planned:?}");
    assert_eq!(bytes(&repository), before, "a plan changes nothing");
    assert_eq!(plan(&repository).unwrap().digest(), planned.digest());
    let pruned = prune(&repository).unwrap();
    let after = bytes(&repository);
    assert_eq!(after, before + pruned.bytes_written - pruned.bytes_removed);
    // New headers are all that the plan does not count.
    assert!(before - after <= planned.bytes_freed(), "{pruned:?} {planned:?}");
    assert!(before - after > planned.bytes_freed() * 9 / 10, "{pruned:?} {planned:?}");
    check_sound(&repository, &sets, "pruned");
    check_by_restic(&place, "pruned");
    assert!(plan(&repository).unwrap().is_empty(), "{:?}", plan(&repository));
    let stats = place.restic(&["prune", "--dry-run", "--max-unused", "5%"]).unwrap();
    assert!(stats.contains("to delete:"), "{stats}");
}

/// Without a set everything is unneeded: sooner was the list of sets lost than the need for all.
#[test]
fn without_any_set_everything_stays() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let kept = place.path("kept");
    fs::rename(place.path("repository/snapshots"), &kept).unwrap();
    let before = [Folder::Data, Folder::Index].map(|folder| objects(&repository, folder));
    let error = prune(&repository).unwrap_err();
    assert_eq!((error.code(), error.exit()), ("repository.no-sets", ExitCode::HumanNeeded));
    assert_eq!([Folder::Data, Folder::Index].map(|folder| objects(&repository, folder)), before);
    fs::rename(kept, place.path("repository/snapshots")).unwrap();
    check_sound(&repository, &sets, "brought back");
    let place = Place::new();
    assert!(plan(&place.init()).unwrap().is_empty());
}

#[test]
fn small_packs_of_many_runs_become_few() {
    let place = Place::new();
    let repository = place.init();
    let root = place.path("root");
    fs::create_dir(&root).unwrap();
    let mut sets = Sets::new();
    for number in 0..40 {
        fs::write(root.join("a"), kit::noise(number, 500)).unwrap();
        let (written, _) = kit::save(&repository, &root, None);
        sets.insert(written.id, kit::expected(&root));
    }
    let planned = plan(&repository).unwrap();
    assert_eq!(planned.repack.len(), 80, "{planned:?}");
    assert!(planned.repack.iter().all(|(_, why)| *why == Why::Small));
    let pruned = prune(&repository).unwrap();
    assert_eq!((pruned.packs_written, pruned.packs_removed), (2, 80));
    check_sound(&repository, &sets, "put together");
    check_by_restic(&place, "put together");
    assert!(plan(&repository).unwrap().is_empty());
}

#[test]
fn several_threads_lose_nothing() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    prune_with(&repository, Limits { threads: 3, unused_percent: 0, ..LIMITS }).unwrap();
    check_sound(&repository, &sets, "by three threads");
    check_by_restic(&place, "by three threads");
    let left = prune_with(&repository, Limits { unused_percent: 0, ..LIMITS }).unwrap();
    assert_eq!(left.packs_written, 0, "nothing unneeded was left");
}

#[test]
fn a_limit_of_all_writes_nothing_again() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let pruned =
        prune_with(&repository, Limits { unused_percent: 100, small_bytes: 0, ..LIMITS }).unwrap();
    assert_eq!(pruned.packs_written, 0);
    assert!(pruned.packs_removed > 0);
    check_sound(&repository, &sets, "deleted only");
    check_by_restic(&place, "deleted only");
}

/// Packs of a run that was broken off: garbage once nobody is at work.
#[test]
fn packs_that_no_index_lists_go() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    prune(&repository).unwrap();
    let listed = objects(&repository, Folder::Data);
    let root = place.path("other");
    age(&root, 77);
    let writer = kit::writer(&repository, None);
    writer.add_tree("media/files", &root, &[], kit::sizes()).unwrap();
    assert_eq!(plan(&repository).unwrap().unlisted, [], "the run is at work");
    drop(writer);
    assert!(objects(&repository, Folder::Data).len() > listed.len());
    assert!(!plan(&repository).unwrap().unlisted.is_empty());
    prune(&repository).unwrap();
    assert_eq!(objects(&repository, Folder::Data), listed);
    check_sound(&repository, &sets, "tidied");
    check_by_restic(&place, "tidied");
}

/// What is left of a run that came and went after the plan was made may be garbage; the plan, and the
/// record of it, do not name it.
#[test]
fn only_packs_of_the_plan_go() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let cancel = Cancel::default();
    let begun = Prune::plan(&repository, LIMITS, &Silent, &cancel).unwrap();
    let before = objects(&repository, Folder::Data);
    let root = place.path("other");
    age(&root, 77);
    let writer = kit::writer(&repository, None);
    writer.add_tree("media/files", &root, &[], kit::sizes()).unwrap();
    drop(writer);
    let all = objects(&repository, Folder::Data);
    let left: Vec<_> = all.difference(&before).collect();
    assert!(!left.is_empty());
    let planned: BTreeSet<_> = begun.planned().going().collect();
    let (pruned, ended) = begun.execute();
    ended.unwrap();
    assert_eq!(pruned.packs_removed, planned.len() as u64);
    let after = objects(&repository, Folder::Data);
    assert!(left.into_iter().all(|pack| after.contains(pack)));
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "tidied");
    assert!(plan(&repository).unwrap().is_empty());
}

/// Whatever stops it, the figures are those of what the store has confirmed.
#[test]
fn a_prune_that_is_stopped_says_what_it_did() {
    let template = Place::new();
    aged(&template);
    let mut stopped = (0, 0);
    for nth in 0.. {
        let place = copy_of(&template);
        let before = objects(&place.open(), Folder::Data);
        let faulty = Faulty::failing(place.store(), FailOn::Death(nth), Effect::None);
        let repository = Repository::open(Arc::new(faulty), &kit::password(), &kit::world());
        let (repository, cancel) = (repository.unwrap(), Cancel::default());
        let Ok(begun) = Prune::plan(&repository, LIMITS, &Silent, &cancel) else { continue };
        let (pruned, ended) = begun.execute();
        let after = objects(&place.open(), Folder::Data);
        let written = after.difference(&before).count() as u64;
        let removed = before.difference(&after).count() as u64;
        assert_eq!((pruned.packs_written, pruned.packs_removed), (written, removed), "at {nth}");
        if ended.is_ok() {
            break;
        }
        stopped = (stopped.0 + u64::from(removed == 0), stopped.1 + u64::from(removed > 0));
    }
    assert!(stopped.0 > 2 && stopped.1 > 2, "{stopped:?}");
}

/// Another has the right to remove a lock that was not refreshed, and then to write.
#[test]
fn a_prune_that_lost_its_lock_removes_nothing_more() {
    let place = Place::new();
    let (_, sets) = aged(&place);
    let clock = Arc::new(ManualClock::at("2026-11-22T00:00:00Z".parse().unwrap()));
    let mut world = kit::world();
    world.clock = Arc::clone(&clock) as _;
    let store = Hooked::new(place.store(), |_, _| Ok(()));
    let shared: Arc<dyn ObjectStore> = Arc::clone(&store) as _;
    let repository = Repository::open(shared, &kit::password(), &world).unwrap();
    let (beneath, gone) = (place.open(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&gone);
    store.set(move |name, bytes| {
        if name.as_str().starts_with("data/") && bytes == 0 && counted.fetch_add(1, SeqCst) == 0 {
            let beneath = beneath.clone();
            std::thread::spawn(move || forget_locks(&beneath)).join().unwrap();
            clock.advance(std::time::Duration::from_mins(31));
        }
        Ok(())
    });
    let error = prune(&repository).unwrap_err();
    assert!(matches!(error, RepositoryError::LockLost { .. }), "{error}");
    assert_eq!(gone.load(SeqCst), 1, "packs removed under a lost lock");
    let repository = place.open();
    check_sound(&repository, &sets, "after the loss");
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "gone on");
}

/// What restic wrote, ours pruned; what ours wrote, restic pruned; and both once more.
#[test]
fn restic_and_we_prune_what_the_other_wrote() {
    let place = Place::new();
    let (_, mut sets) = aged(&place);
    let root = place.path("root");
    for seed in 50..53 {
        age(&root, seed);
        place.restic(&["backup", root.to_str().unwrap(), "--tag", "theirs"]).unwrap();
    }
    place.restic(&["forget", "--tag", "theirs", "--keep-last", "1", "--group-by", ""]).unwrap();
    let repository = place.open();
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "ours on theirs");
    check_by_restic(&place, "ours on theirs");
    let first = *sets.keys().next().unwrap();
    sets.remove(&first);
    place.restic(&["forget", &first.to_string(), "--prune", "--max-unused", "0"]).unwrap();
    let repository = place.open();
    check_sound(&repository, &sets, "theirs on ours");
    prune_with(&repository, Limits { unused_percent: 0, ..LIMITS }).unwrap();
    check_sound(&repository, &sets, "ours again");
    check_by_restic(&place, "ours again");
    let restored = place.path("restored");
    let target = restored.to_str().unwrap();
    place.restic(&["restore", "latest", "--tag", "theirs", "--target", target]).unwrap();
    let theirs = restored.join(root.strip_prefix("/").unwrap());
    assert_eq!(kit::picture(&theirs), kit::picture(&root));
}

/// Histories made by a seed: sets of trees that share content, forgotten and pruned in turns.
#[test]
fn no_history_loses_a_set() {
    for seed in 1..=6_u64 {
        let place = Place::new();
        let repository = place.init();
        let mut sets = Sets::new();
        let mut dice = kit::noise(seed, 64).into_iter().map(u64::from);
        for step in 0..16 {
            let throw = dice.next().unwrap();
            match throw % 4 {
                0 | 1 => {
                    let root = place.path(&format!("root{}", throw % 3));
                    age(&root, throw % 7 + step);
                    let (written, _) = kit::save(&repository, &root, None);
                    sets.insert(written.id, kit::expected(&root));
                }
                2 => {
                    let chosen = usize::try_from(throw / 4).unwrap() % (sets.len() + 1);
                    if let Some(id) = sets.keys().nth(chosen).copied() {
                        sets.remove(&id);
                        let lock = repository.lock_exclusive().unwrap();
                        repository.forget(&lock, &id).unwrap();
                    }
                }
                _ => {
                    let limits = Limits { unused_percent: throw % 20, ..LIMITS };
                    prune_with(&repository, limits).unwrap();
                }
            }
            check_sound(&repository, &sets, &format!("seed {seed}, step {step}"));
        }
        prune(&repository).unwrap();
        check_sound(&repository, &sets, &format!("seed {seed}"));
        check_by_restic(&place, &format!("seed {seed}"));
    }
}

#[test]
fn a_wish_to_stop_is_heard_and_removes_nothing() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let before = objects(&repository, Folder::Data);
    let cancel = Cancel::default();
    let prune = Prune::plan(&repository, LIMITS, &Silent, &cancel).unwrap();
    cancel.cancel();
    assert_eq!(prune.execute().1.unwrap_err().exit(), ExitCode::Interrupted);
    assert!(objects(&repository, Folder::Data).is_superset(&before));
    check_sound(&repository, &sets, "stopped");
    assert_eq!(objects(&repository, Folder::Locks), BTreeSet::new());
}

/// A copy of a prepared repository, so that each case begins from the same objects.
fn copy_of(place: &Place) -> Place {
    let copy = Place::new();
    let mut copying = Command::new("cp");
    copying.arg("-a").arg(place.path("repository")).arg(copy.path(""));
    assert!(copying.status().unwrap().success());
    copy
}
