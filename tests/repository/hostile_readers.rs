//! Sets made by an enemy who has the key, before everything that reads sets: each reader ends, tells
//! what cannot be had, and leaves the good set beside it as it was.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault;
use duphong::base::progress::Silent;
use duphong::repository::blob::BlobKind;
use duphong::repository::browse::Browser;
use duphong::repository::compare::compare;
use duphong::repository::difference::between;
use duphong::repository::envelope::{self, Form};
use duphong::repository::find::{Pattern, find};
use duphong::repository::layout;
use duphong::repository::repair::Headers;
use duphong::repository::restore::{RestoreError, RestoreOptions, restore};
use duphong::repository::snapshot::Snapshot;
use duphong::repository::tree::NodeKind;
use duphong::repository::verify::{Depth, verify};
use duphong::repository::{Repository, RepositoryError, SnapshotId};
use jiff::Timestamp;

use crate::repository::copy::copy_with;
use crate::repository::hostile::{node, plant, put, tree};
use crate::repository::hostile_index::{folders_in_a_circle, repair};
use crate::repository::kit;
use crate::repository::matrix::ground::{self, STEADY};

/// A repository with one good set.
fn with_good_set() -> (Repository, SnapshotId) {
    let base = ground::with_one_set(1);
    (ground::open(ground::memory(&base.state), 2).unwrap(), base.newest.unwrap())
}

fn is_good(repository: &Repository, good: &SnapshotId) -> bool {
    kit::read_set(repository, good).unwrap() == ground::sources(0).picture
}

/// Restores a set and says how that ended, after making sure that nothing lies beside the target.
fn restored(repository: &Repository, set: &SnapshotId) -> Result<(), RestoreError> {
    let place = ground::memory_folder();
    let target = place.path().join("target");
    let (options, cancel) = (RestoreOptions::default(), Cancel::default());
    let ended = restore(repository, set, &target, &options, &Silent, &cancel);
    let mut beside = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path());
    assert!(beside.all(|path| path == target));
    assert!(!Path::new("/escaped").exists());
    ended.map(|_report| ())
}

/// Shows a set to everything that reads sets. `damaged` says whether parts of it cannot be had.
fn show_to_all(
    what: &str,
    repository: &Repository,
    set: SnapshotId,
    good: SnapshotId,
    damaged: bool,
) {
    let cancel = Cancel::default();
    let report = verify(repository, Depth::AllData, &Silent, &cancel).unwrap();
    assert_eq!(report.damaged_sets, if damaged { vec![set] } else { Vec::new() }, "{what}");

    let ended = restored(repository, &set);
    let exit = ended.as_ref().map_or_else(Fault::exit, |()| ExitCode::Done);
    assert_eq!(exit == ExitCode::Integrity, damaged, "restore, {what}: {ended:?}");

    let root = repository.snapshot(&set).unwrap().tree;
    let browser = Browser::new(repository).unwrap();
    for entry in browser.list(&root, b"", true).unwrap().filter_map(Result::ok) {
        if entry.node.kind == NodeKind::File {
            let written = browser.cat(&root, &entry.path, &mut std::io::sink(), &Silent, &cancel);
            assert!(written.is_ok() || damaged, "cat, {what}: {written:?}");
        }
    }
    let empty = ground::memory_folder();
    let compared = compare(repository, &set, "", empty.path(), &cancel, &Silent);
    assert!(compared.is_ok(), "compare, {what}: {compared:?}");

    let store = ground::memory(&ground::elsewhere_empty().state);
    let to = ground::open(store, 3).unwrap();
    let copied = copy_with(repository, &to, STEADY).unwrap();
    let refused: Vec<_> = copied.refused.iter().map(|refused| refused.id).collect();
    assert_eq!(refused, if damaged { vec![set] } else { Vec::new() }, "copy, {what}");
    let arrived = copied.copied.iter().find(|copied| copied.from == good).unwrap();
    assert!(is_good(&to, &arrived.id), "copy, {what}");
    let report = verify(&to, Depth::AllData, &Silent, &cancel).unwrap();
    assert!(report.is_sound(), "copy, {what}: {:?}", report.damages);

    // A set on top of it takes nothing from it unseen.
    let next = ground::snapshot(repository, ground::sources(1), Some(set)).unwrap();
    let picture = kit::read_set(repository, &next).unwrap();
    assert_eq!(picture, ground::sources(1).picture, "next set, {what}");

    let pruned = ground::prune(repository);
    let exit = pruned.as_ref().map_or_else(Fault::exit, |()| ExitCode::Done);
    assert_eq!(exit == ExitCode::Integrity, damaged, "prune, {what}: {pruned:?}");
    let all_read = repair(repository, Headers::All).map(|repaired| repaired.bad.is_empty());
    assert!(matches!(all_read, Ok(true)), "repair, {what}: {all_read:?}");

    let lock = repository.lock_exclusive().unwrap();
    repository.forget(&lock, &set).unwrap();
    drop(lock);
    ground::prune(repository).unwrap();
    let report = verify(repository, Depth::AllData, &Silent, &cancel).unwrap();
    assert!(report.is_sound(), "at the end, {what}: {:?}", report.damages);
    assert!(is_good(repository, &good), "at the end, {what}");
}

fn folder(blob: &[u8]) -> String {
    format!(",\"subtree\":\"{}\"", Digest::of(blob))
}

#[test]
fn whatever_a_folder_says_every_reader_ends_and_a_good_set_beside_it_stays_good() {
    let piece = || (BlobKind::Data, b"x".to_vec());
    let content = format!(",\"size\":1,\"content\":[\"{}\"]", Digest::of(b"x"));
    let file = |name: &str| node(name, "file", &content);
    let absent = Digest::of(b"absent");
    let endless = format!(",\"size\":18446744073709551615,\"content\":[\"{}\"]", Digest::of(b"x"));
    let often = format!("\"{}\"", Digest::of(b"x"));
    let often = vec![often; 20_000].join(",");
    let late = file("a").replace("2026-01-01", "9999-12-31").replace("00:00:00Z", "23:59:59-25:00");
    let cases: Vec<(&str, Vec<String>, bool)> = vec![
        ("two of one name", vec![file("a"), file("a")], true),
        ("a folder and a file of one name", vec![file("a"), node("a", "dir", &folder(b"x"))], true),
        ("a name that climbs", vec![file("../../escaped")], true),
        ("an absolute name", vec![file("/escaped")], true),
        ("a folder without content", vec![node("a", "dir", "")], true),
        ("a folder that is not there", vec![node("a", "dir", &folder(b"gone"))], true),
        ("a folder that is a piece of a file", vec![node("a", "dir", &folder(b"x"))], true),
        (
            "a file of what is not there",
            vec![node("a", "file", &format!(",\"size\":1,\"content\":[\"{absent}\"]"))],
            true,
        ),
        ("a file that claims more than it holds", vec![node("a", "file", &endless)], false),
        ("a link without target", vec![node("a", "symlink", "")], true),
        ("a time beyond all times", vec![late], true),
        (
            "a file of very many pieces",
            vec![node("a", "file", &format!(",\"size\":20000,\"content\":[{often}]"))],
            false,
        ),
        ("a kind that nobody knows", vec![node("a", "tương lai", "")], false),
    ];
    for (what, nodes, damaged) in cases {
        let (repository, good) = with_good_set();
        let set = plant(&repository, &[piece(), tree(&nodes)]);
        show_to_all(what, &repository, set, good, damaged);
    }
}

#[test]
fn folders_in_a_circle_keep_no_reader_busy() {
    let (repository, good) = with_good_set();
    let set = folders_in_a_circle(&repository);
    // The index lies of nothing that the good set needs.
    assert!(is_good(&repository, &good));
    let cancel = Cancel::default();
    let ended = restored(&repository, &set).unwrap_err();
    assert_eq!(ended.exit(), ExitCode::Integrity);
    let to = ground::open(ground::memory(&ground::elsewhere_empty().state), 3).unwrap();
    let copied = copy_with(&repository, &to, STEADY).unwrap();
    assert_eq!(copied.refused.len(), 1);
    assert_eq!((copied.copied.len(), copied.copied[0].from), (1, good));
    let empty = ground::memory_folder();
    let compared = compare(&repository, &set, "", empty.path(), &cancel, &Silent).unwrap();
    assert!(!compared.differences.is_empty());
    let next = ground::snapshot(&repository, ground::sources(1), Some(set)).unwrap();
    assert_eq!(kit::read_set(&repository, &next).unwrap(), ground::sources(1).picture);
}

#[test]
fn folders_deeper_than_any_path_overflow_no_stack_and_are_told() {
    let (repository, good) = with_good_set();
    let mut blobs = vec![tree(&[])];
    for _ in 0..3_000 {
        let below = folder(&blobs.last().unwrap().1);
        blobs.push(tree(&[node("a", "dir", &below)]));
    }
    let set = plant(&repository, &blobs);
    let verified = verify(&repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
    assert!(verified.is_sound(), "{:?}", verified.damages);
    // What lies below the longest path there is cannot be restored, and that is said.
    let RestoreError::Incomplete { report } = restored(&repository, &set).unwrap_err() else {
        panic!()
    };
    assert_eq!(report.lost.len(), 1);
    // So it is by whoever looks for something, or compares.
    let roots = [&set, &good].map(|set| (*set, repository.snapshot(set).unwrap().tree));
    let browser = Browser::new(&repository).unwrap();
    let (cancel, pattern) = (Cancel::default(), Pattern::new("không-có"));
    let hits = find(&browser, &roots[..1], &pattern, &cancel).unwrap();
    assert_eq!((hits.found.len(), hits.unreadable.len()), (0, 1));
    let told = between(&browser, b"", &roots[0].1, &roots[1].1, &cancel).unwrap();
    assert_eq!(told.unreadable.len(), 1);
    let to = ground::open(ground::memory(&ground::elsewhere_empty().state), 3).unwrap();
    let copied = copy_with(&repository, &to, STEADY).unwrap();
    assert_eq!(copied.copied.len(), 2, "{copied:?}");
    ground::prune(&repository).unwrap();
    assert!(is_good(&repository, &good));
}

#[test]
fn folders_that_repeat_without_end_keep_neither_copy_nor_prune_busy() {
    let (repository, _good) = with_good_set();
    let mut blobs = vec![tree(&[])];
    for _ in 0..60 {
        let below = folder(&blobs.last().unwrap().1);
        blobs.push(tree(&[node("a", "dir", &below), node("b", "dir", &below)]));
    }
    let set = plant(&repository, &blobs);
    let to = ground::open(ground::memory(&ground::elsewhere_empty().state), 3).unwrap();
    let copied = copy_with(&repository, &to, STEADY).unwrap();
    assert!(copied.refused.is_empty() && copied.copied.len() == 2, "{copied:?}");
    ground::prune(&repository).unwrap();
    let next = ground::snapshot(&repository, ground::sources(1), Some(set)).unwrap();
    assert_eq!(kit::read_set(&repository, &next).unwrap(), ground::sources(1).picture);
}

/// Stores a snapshot, and says under which name it must lie.
fn plant_snapshot(
    repository: &Repository,
    change: impl FnOnce(&mut Snapshot),
) -> (SnapshotId, Vec<u8>) {
    let newest = repository.snapshots().unwrap().sets.pop().unwrap();
    let mut snapshot = newest.1;
    change(&mut snapshot);
    let (key, entropy) = (repository.key(), &*repository.world().entropy);
    let document = envelope::seal(key, entropy, Form::Compressed, &snapshot).unwrap();
    let id = SnapshotId(Digest::of(&document));
    put(repository, &layout::snapshot(&id), document.clone().into());
    (id, document)
}

#[test]
fn parents_that_are_not_there_or_of_another_portal_mislead_nobody() {
    let (repository, good) = with_good_set();
    let nobody = SnapshotId(Digest::of(b"nobody"));
    let (orphan, _) = plant_snapshot(&repository, |set| set.parent = Some(nobody));
    let (foreign, _) = plant_snapshot(&repository, |set| {
        set.parent = Some(orphan);
        set.tags = vec!["portal:another".to_owned(); 50_000];
        set.time = Timestamp::MAX;
    });
    for (what, set) in [("no parent", orphan), ("another's", foreign)] {
        restored(&repository, &set).unwrap();
        assert!(is_good(&repository, &set), "{what}");
        let next = ground::snapshot(&repository, ground::sources(1), Some(set)).unwrap();
        assert_eq!(
            kit::read_set(&repository, &next).unwrap(),
            ground::sources(1).picture,
            "{what}"
        );
    }
    let gone = ground::snapshot(&repository, ground::sources(1), Some(nobody));
    assert!(matches!(gone, Err(RepositoryError::Store(_) | RepositoryError::NoSnapshot { .. })));
    show_to_all("a parent that is not there", &repository, orphan, good, false);
}

/// Ids are digests of what they name, so parents in a circle need a file under a name not its own.
#[test]
fn parents_in_a_circle_are_files_under_wrong_names_and_refused_by_all() {
    let (repository, good) = with_good_set();
    let invented = SnapshotId(Digest::of(b"invented"));
    let (first, document) = plant_snapshot(&repository, |set| set.parent = Some(invented));
    let (_, other) = plant_snapshot(&repository, |set| set.parent = Some(first));
    // Now the first one's parent is the second, whose parent is the first.
    put(&repository, &layout::snapshot(&invented), other.into());
    drop(document);
    let read = repository.snapshot(&invented);
    assert!(matches!(&read, Err(error) if error.exit() == ExitCode::Integrity), "{read:?}");
    let listed = repository.snapshots().unwrap();
    assert_eq!((listed.sets.len(), listed.unreadable.len()), (3, 1));
    let cancel = Cancel::default();
    let report = verify(&repository, Depth::AllData, &Silent, &cancel).unwrap();
    assert_eq!(report.damages.len(), 1, "{:?}", report.damages);
    assert!(restored(&repository, &invented).is_err());
    assert!(ground::snapshot(&repository, ground::sources(1), Some(invented)).is_err());
    // What nobody can read may need anything.
    assert_eq!(ground::prune(&repository).unwrap_err().exit(), ExitCode::Integrity);
    let name = layout::snapshot(&invented);
    repository.block_on(Arc::clone(repository.store()).delete(&name)).unwrap();
    ground::prune(&repository).unwrap();
    assert!(is_good(&repository, &good) && is_good(&repository, &first));
}
