//! Copying between repositories: what comes is equal, nothing is sent twice, and stock restic knows
//! our copies as we know its own.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::Silent;
use duphong::repository::blob::BlobKind;
use duphong::repository::copy::{Copied, CopyPlan, Refused, Twins};
use duphong::repository::index::Location;
use duphong::repository::layout::{self, Folder};
use duphong::repository::verify::{Depth, verify};
use duphong::repository::{Prepared, Repository, RepositoryError, SnapshotId, Tuning};
use duphong::store::StoreError;
use duphong::store::faulty::{Damage, Faulty};

use crate::repository::hostile::{node, plant, tree};
use crate::repository::kit::{self, Hooked, PASSWORD, Place, SMALL};
use crate::repository::matrix::ground;
use crate::store::around::Through;

/// What came of a copy.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) copied: Vec<Copied>,
    pub(crate) refused: Vec<Refused>,
}

/// Copies every set that is not there, the newest first, as the job does.
pub(crate) fn copy(from: &Repository, to: &Repository) -> Result<Outcome, RepositoryError> {
    copy_with(from, to, SMALL)
}

pub(crate) fn copy_with(
    from: &Repository,
    to: &Repository,
    tuning: Tuning,
) -> Result<Outcome, RepositoryError> {
    copy_telling(from, to, tuning, &mut |_| ())
}

/// The same, telling of each set as soon as it is done.
pub(crate) fn copy_telling(
    from: &Repository,
    to: &Repository,
    tuning: Tuning,
    tell: &mut dyn FnMut(&Copied),
) -> Result<Outcome, RepositoryError> {
    let _reading = from.lock_shared()?;
    let mut plan = plan(from, to)?;
    let mut outcome = Outcome { refused: std::mem::take(&mut plan.refused), ..Outcome::default() };
    let mut copying = plan.begin(tuning);
    while let Some(next) = copying.next(&mut |_packs| Ok(()))? {
        match next {
            Ok(copied) => {
                tell(&copied);
                outcome.copied.push(copied);
            }
            Err(refused) => outcome.refused.push(refused),
        }
    }
    Ok(outcome)
}

fn plan<'a>(from: &'a Repository, to: &Repository) -> Result<CopyPlan<'a>, RepositoryError> {
    let found = from.snapshots()?;
    let twins = Twins::among(to.snapshots()?.sets);
    let lacking = found.sets.into_iter().rev().filter(|(id, set)| twins.of(*id, set).is_none());
    let prepared = Prepared::new(to, None)?;
    CopyPlan::new(from, prepared, lacking.collect(), Arc::new(Silent), Cancel::default())
}

/// A repository with two sets, the second of a tree that has changed.
fn source(place: &Place) -> (Repository, Vec<SnapshotId>) {
    let repository = place.init();
    let root = place.path("root");
    kit::make_tree(&root);
    let first = kit::save(&repository, &root, None).0.id;
    fs::write(root.join("moi.bin"), kit::noise(77, 200_000)).unwrap();
    let second = kit::save(&repository, &root, Some(first)).0.id;
    (repository, vec![first, second])
}

fn bytes_in(repository: &Repository) -> u64 {
    repository.list(Folder::Data).unwrap().iter().map(|(_, size)| size).sum()
}

fn restic(place: &Place, from: &Place, arguments: &[&str]) -> String {
    fs::write(from.path("password"), PASSWORD).unwrap();
    let output = Command::new("restic")
        .args(["--no-cache", "-r"])
        .arg(place.path("repository"))
        .arg("--password-file")
        .arg(from.path("password"))
        .args(arguments)
        .arg("--from-repo")
        .arg(from.path("repository"))
        .arg("--from-password-file")
        .arg(from.path("password"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", place.folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn a_copy_is_equal_and_stock_restic_reads_and_knows_it() {
    let (here, there) = (Place::new(), Place::new());
    let (from, ids) = source(&here);
    let to = there.init();
    let planned = plan(&from, &to).unwrap();
    let foretold: Vec<_> = planned.wanted.iter().map(|set| (set.blobs, set.bytes)).collect();
    drop(planned);
    let outcome = copy(&from, &to).unwrap();
    let copied: Vec<_> = outcome.copied.iter().map(|copy| copy.from).collect();
    assert_eq!(copied, [ids[1], ids[0]], "the newest first");
    for (copy, (blobs, bytes)) in outcome.copied.iter().zip(foretold) {
        assert_eq!(copy.statistics.data_blobs + copy.statistics.tree_blobs, blobs);
        assert_eq!(copy.statistics.bytes_stored, bytes, "as it was compressed");
        let original = from.snapshot(&copy.from).unwrap();
        let found = to.snapshot(&copy.id).unwrap();
        assert_eq!((found.original, found.parent), (Some(copy.from), None));
        assert_eq!(
            duphong::repository::snapshot::Snapshot { parent: None, ..original },
            duphong::repository::snapshot::Snapshot { original: None, ..found },
        );
        let (read, meant) = (kit::read_set(&to, &copy.id), kit::read_set(&from, &copy.from));
        assert_eq!(read.unwrap(), meant.unwrap());
    }
    assert!(verify(&to, Depth::AllData, &Silent, &Cancel::default()).unwrap().is_sound());
    there.restic(&["check", "--read-data"]).unwrap();
    let target = there.path("restored");
    there.restic(&["restore", "latest", "--target", target.to_str().unwrap()]).unwrap();
    assert_eq!(kit::picture(&target.join("media/files")), kit::picture(&here.path("root")));
    // Once more: nothing is left, for us and for restic.
    let again = copy(&from, &to).unwrap();
    assert!(again.copied.is_empty() && again.refused.is_empty());
    restic(&there, &here, &["copy"]);
    assert_eq!(to.snapshots().unwrap().sets.len(), 2, "restic knows our copies");
}

#[test]
fn what_restic_copied_is_known_as_a_copy() {
    let (here, there) = (Place::new(), Place::new());
    let (from, _) = source(&here);
    let to = there.init();
    restic(&there, &here, &["copy"]);
    assert_eq!(to.snapshots().unwrap().sets.len(), 2);
    assert!(copy(&from, &to).unwrap().copied.is_empty());
    // And the way back.
    assert!(copy(&to, &from).unwrap().copied.is_empty());
}

#[test]
fn a_copy_that_was_broken_off_sends_nothing_again() {
    let (here, there) = (Place::new(), Place::new());
    let (from, _) = source(&here);
    there.init();
    let total = bytes_in(&from);
    let store = Hooked::new(there.store(), |_, _| Ok(()));
    let open = |store: Arc<Through<Hooked>>| {
        Repository::open(store, &kit::password(), &kit::world()).unwrap()
    };
    let left = Arc::new(AtomicUsize::new(6));
    let packs = Arc::clone(&left);
    store.set(move |name, bytes| {
        let is_pack = bytes > 0 && name.as_str().starts_with("data/");
        if is_pack && packs.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err() {
            return Err(StoreError::Unreachable { place: "hết".to_owned() });
        }
        Ok(())
    });
    let fault = copy(&from, &open(store.clone())).unwrap_err();
    assert!(matches!(fault, RepositoryError::Store(StoreError::Unreachable { .. })), "{fault}");
    let to = there.open();
    assert!(to.snapshots().unwrap().sets.is_empty(), "no set without its data");
    let kept = bytes_in(&to);
    assert!(kept * 3 > total, "{kept} of {total}: the case is worth something");
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    store.set(move |name, bytes| {
        if name.as_str().starts_with("data/") {
            counted.fetch_add(bytes, SeqCst);
        }
        Ok(())
    });
    assert_eq!(copy(&from, &open(store)).unwrap().copied.len(), 2);
    let sent = sent.load(SeqCst) as u64;
    assert!(sent + kept < total + total / 50, "{sent} after {kept} of {total}");
    there.restic(&["check", "--read-data"]).unwrap();
}

#[test]
fn damage_keeps_back_the_sets_that_it_is_part_of_and_no_other() {
    let (here, there) = (Place::new(), Place::new());
    let (from, ids) = source(&here);
    let to = there.init();
    // The blob of the file that only the second set has.
    let index = from.load_index().unwrap();
    let only_second: Vec<_> = {
        let first: Vec<_> = blobs_of(&from, &ids[0]);
        blobs_of(&from, &ids[1]).into_iter().filter(|blob| !first.contains(blob)).collect()
    };
    let place = index.find(BlobKind::Data, &only_second[0]).unwrap();
    let name = layout::pack(&place.pack);
    let faulty = Arc::new(Faulty::new(here.store()));
    let offset = place.blob.offset as usize + 20;
    faulty.damage(&name, Damage::Flip { offset, bit: 3 });
    let damaged = Repository::open(faulty.clone(), &kit::password(), &kit::world()).unwrap();
    let outcome = copy(&damaged, &to).unwrap();
    assert_eq!(outcome.refused.len(), 1);
    assert_eq!(outcome.refused[0].id, ids[1]);
    assert!(matches!(outcome.refused[0].fault, RepositoryError::BlobDamaged { .. }));
    assert_eq!(outcome.copied.len(), 1);
    let whole = &outcome.copied[0];
    assert_eq!(whole.from, ids[0]);
    let (read, meant) = (kit::read_set(&to, &whole.id), kit::read_set(&from, &ids[0]));
    assert_eq!(read.unwrap(), meant.unwrap());
    assert!(verify(&to, Depth::AllData, &Silent, &Cancel::default()).unwrap().is_sound());
    // Mended, the rest comes.
    faulty.heal(&name);
    let outcome = copy(&damaged, &to).unwrap();
    assert_eq!((outcome.copied.len(), outcome.refused.len()), (1, 0));
    there.restic(&["check", "--read-data"]).unwrap();
}

fn blobs_of(repository: &Repository, id: &SnapshotId) -> Vec<duphong::repository::BlobId> {
    let index = repository.load_index().unwrap();
    let mut folders = vec![repository.snapshot(id).unwrap().tree];
    let mut blobs = Vec::new();
    while let Some(tree) = folders.pop() {
        for node in repository.load_tree(&index, &tree).unwrap().into_nodes() {
            folders.extend(node.subtree);
            blobs.extend(node.content.into_iter().flatten());
        }
    }
    blobs
}

/// Everything that another program's snapshot says of itself goes along.
#[test]
fn a_set_of_restic_keeps_what_restic_says_of_it() {
    let (here, there) = (Place::new(), Place::new());
    let from = here.init();
    fs::create_dir_all(here.path("root")).unwrap();
    fs::write(here.path("root/a"), "a").unwrap();
    fs::write(here.path("root/b"), "b").unwrap();
    let root = here.path("root");
    let backup = ["backup", "--tag", "tay", "--exclude", "b", root.to_str().unwrap()];
    here.restic(&backup).unwrap();
    let to = there.init();
    assert_eq!(copy(&from, &to).unwrap().copied.len(), 1);
    let shown = |place: &Place| -> serde_json::Value {
        serde_json::from_str(&place.restic(&["snapshots", "--json"]).unwrap()).unwrap()
    };
    let (meant, found) = (shown(&here), shown(&there));
    for field in ["time", "tree", "paths", "hostname", "username", "excludes", "tags"] {
        assert!(!meant[0][field].is_null(), "{field}");
        assert_eq!(meant[0][field], found[0][field], "{field}");
    }
    assert_eq!(found[0]["original"], meant[0]["id"]);
    there.restic(&["check", "--read-data"]).unwrap();
}

fn damage(places: impl Iterator<Item = Location>, store: &Faulty) {
    for place in places {
        let offset = place.blob.offset as usize + 20;
        store.damage(&layout::pack(&place.pack), Damage::Flip { offset, bit: 3 });
    }
}

/// The newer set is copied first and counts what both need: where that fails, the older one must not
/// rely on it.
#[test]
fn what_two_sets_share_and_nobody_has_keeps_both_back() {
    let (here, there) = (Place::new(), Place::new());
    let (from, ids) = source(&here);
    let newer = blobs_of(&from, &ids[1]);
    let shared = blobs_of(&from, &ids[0]).into_iter().find(|blob| newer.contains(blob)).unwrap();
    let index = from.load_index().unwrap();
    let faulty = Arc::new(Faulty::new(here.store()));
    damage(index.find_all(BlobKind::Data, &shared), &faulty);
    let damaged = Repository::open(faulty, &kit::password(), &kit::world()).unwrap();
    let to = there.init();
    let outcome = copy(&damaged, &to).unwrap();
    let refused: Vec<_> = outcome.refused.iter().map(|refused| refused.id).collect();
    assert_eq!(refused, [ids[1], ids[0]]);
    assert!(to.snapshots().unwrap().sets.is_empty());
}

#[test]
fn a_piece_that_lies_twice_is_taken_from_where_it_is_sound() {
    let base = ground::half_pruned(1);
    let store = ground::memory(&base.state);
    let index = ground::open(store.clone(), 1).unwrap().load_index().unwrap();
    let twice = index.blobs().map(|found| (found.blob.kind, found.blob.id));
    let twice: Vec<_> = twice.filter(|(kind, id)| index.find_all(*kind, id).count() > 1).collect();
    assert!(twice.len() > 3, "the case is worth something");
    for which in [0, 1] {
        let faulty = Arc::new(Faulty::new(store.clone()));
        for (kind, id) in &twice {
            damage(index.find_all(*kind, id).skip(which).take(1), &faulty);
        }
        let from = ground::open(faulty, 2).unwrap();
        let to = ground::memory(&ground::elsewhere_empty().state);
        let to = ground::open(to, 3).unwrap();
        let outcome = copy_with(&from, &to, ground::STEADY).unwrap();
        assert!(outcome.refused.is_empty(), "{which}: {outcome:?}");
        assert_eq!(outcome.copied.len(), base.sets.len());
        assert!(verify(&to, Depth::AllData, &Silent, &Cancel::default()).unwrap().is_sound());
    }
}

/// What was found of it on the way may be needed by the sets after it.
#[test]
fn a_set_that_cannot_be_walked_to_its_end_leaves_nothing_known() {
    let from = ground::open(ground::memory(&ground::empty(1).state), 1).unwrap();
    let below = tree(&[]);
    let subtree = |blob: &[u8]| format!(",\"subtree\":\"{}\"", Digest::of(blob));
    let good = node("a", "dir", &subtree(&below.1));
    let lost = node("b", "dir", &subtree(b"gone"));
    let whole = plant(&from, &[below.clone(), tree(std::slice::from_ref(&good))]);
    let broken = plant(&from, &[below, tree(&[good, lost])]);
    let to = ground::open(ground::memory(&ground::elsewhere_empty().state), 3).unwrap();
    let sets = [broken, whole].map(|id| (id, from.snapshot(&id).unwrap()));
    let prepared = Prepared::new(&to, None).unwrap();
    let (progress, cancel) = (Arc::new(Silent), Cancel::default());
    let plan = CopyPlan::new(&from, prepared, sets.into(), progress, cancel).unwrap();
    assert_eq!(plan.refused.iter().map(|refused| refused.id).collect::<Vec<_>>(), [broken]);
    let mut copying = plan.begin(ground::STEADY);
    let copied = copying.next(&mut |_packs| Ok(())).unwrap().unwrap().unwrap();
    assert_eq!(copied.from, whole);
    assert!(verify(&to, Depth::AllData, &Silent, &Cancel::default()).unwrap().is_sound());
    // These folders were not compressed, which restic does not read.
    let index = to.load_index().unwrap();
    assert!(index.blobs().all(|found| found.blob.uncompressed.is_some()));
}

#[test]
fn a_copy_of_a_copy_remembers_the_first() {
    let (from, middle) = (ground::elsewhere(), ground::elsewhere_empty());
    let from = ground::open(ground::memory(&from.state), 1).unwrap();
    let middle = ground::open(ground::memory(&middle.state), 2).unwrap();
    let last = ground::open(ground::memory(&ground::empty(5).state), 3).unwrap();
    let first = copy_with(&from, &middle, ground::STEADY).unwrap().copied;
    for copied in copy_with(&middle, &last, ground::STEADY).unwrap().copied {
        let original = first.iter().find(|copy| copy.id == copied.from).unwrap().from;
        assert_eq!(last.snapshot(&copied.id).unwrap().original, Some(original));
    }
}

#[test]
fn without_consent_at_the_end_there_is_no_set() {
    let from = ground::open(ground::memory(&ground::elsewhere().state), 1).unwrap();
    let to = ground::open(ground::memory(&ground::elsewhere_empty().state), 3).unwrap();
    let mut copying = plan(&from, &to).unwrap().begin(ground::STEADY);
    let mut packs = 0;
    let refused = copying.next(&mut |all| {
        packs = all.len();
        Err(RepositoryError::Cancelled)
    });
    assert!(matches!(refused, Err(RepositoryError::Cancelled)), "{refused:?}");
    assert_eq!(packs, to.list(Folder::Data).unwrap().len(), "it is asked about every pack");
    assert!(to.snapshots().unwrap().sets.is_empty());
}
