//! Sets made by an enemy who has the key: nothing leaves the target, nothing panics or never ends.

use std::fs;

use bytes::{Bytes, BytesMut};
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::blob::BlobKind;
use duphong::repository::browse::Browser;
use duphong::repository::crypto;
use duphong::repository::envelope::{self, Form};
use duphong::repository::index_file::IndexFile;
use duphong::repository::layout::{self, Folder};
use duphong::repository::pack::PackBuilder;
use duphong::repository::restore::{RestoreError, RestoreOptions, Restored, restore};
use duphong::repository::snapshot::Snapshot;
use duphong::repository::verify::{DamageKind, Depth, LostPath, verify};
use duphong::repository::{BlobId, Repository, SnapshotId};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::repository::kit::Place;
use crate::repository::read_kit::picture;

/// Stores blobs as a writer with the key could, whatever they hold, and a snapshot of the last.
pub(crate) fn plant(repository: &Repository, blobs: &[(BlobKind, Vec<u8>)]) -> SnapshotId {
    let (key, entropy) = (repository.key(), &*repository.world().entropy);
    let mut index = IndexFile::default();
    let mut root = BlobId(Digest::of(b""));
    for (kind, plain) in blobs {
        root = BlobId(Digest::of(plain));
        let (mut sealed, mut pack) = (Vec::new(), PackBuilder::new(BytesMut::new()));
        key.seal(&crypto::nonce(entropy), plain, &mut sealed);
        pack.add(*kind, root, &sealed, None).unwrap();
        let pack = pack.finish(key, &crypto::nonce(entropy)).unwrap();
        put(repository, &layout::pack(&pack.id), pack.bytes);
        index.push(pack.id, &pack.blobs);
    }
    put_index(repository, &index);
    let snapshot = Snapshot {
        time: Timestamp::UNIX_EPOCH,
        parent: None,
        tree: root,
        paths: Vec::new(),
        hostname: String::new(),
        username: String::new(),
        uid: 0,
        gid: 0,
        tags: Vec::new(),
        program_version: String::new(),
        summary: None,
        original: None,
    };
    let document = envelope::seal(key, entropy, Form::Compressed, &snapshot).unwrap();
    let id = SnapshotId(Digest::of(&document));
    put(repository, &layout::snapshot(&id), document.into());
    id
}

pub(crate) fn put_index(repository: &Repository, index: &IndexFile) {
    let (key, entropy) = (repository.key(), &*repository.world().entropy);
    let document = envelope::seal(key, entropy, Form::Compressed, index).unwrap();
    put(repository, &Folder::Index.name(&Digest::of(&document)), document.into());
}

pub(crate) fn put(repository: &Repository, name: &duphong::store::ObjectName, bytes: Bytes) {
    repository.block_on(repository.store().put(name, bytes)).unwrap();
}

pub(crate) fn node(name: &str, kind: &str, rest: &str) -> String {
    let time = "\"2026-01-01T00:00:00Z\"";
    format!(
        "{{\"name\":{name:?},\"type\":\"{kind}\",\"mode\":493,\"mtime\":{time},\"atime\":{time},\
         \"ctime\":{time},\"uid\":0,\"gid\":0{rest}}}"
    )
}

pub(crate) fn tree(nodes: &[String]) -> (BlobKind, Vec<u8>) {
    (BlobKind::Tree, format!("{{\"nodes\":[{}]}}\n", nodes.join(",")).into_bytes())
}

fn file(content: &[u8]) -> ((BlobKind, Vec<u8>), String) {
    let rest = format!(",\"size\":{},\"content\":[\"{}\"]", content.len(), Digest::of(content));
    ((BlobKind::Data, content.to_vec()), rest)
}

fn run(place: &Place, set: &SnapshotId) -> Result<Restored, RestoreError> {
    let (options, cancel) = (RestoreOptions::default(), Cancel::default());
    restore(&place.open(), set, &place.path("a/target"), &options, &Silent, &cancel)
}

#[test]
fn names_that_leave_their_folder_cost_the_folder_and_reach_nothing_outside() {
    let names =
        ["../escaped", "..", ".", "", "/etc/escaped", "a/b", "nul\\x00", "a\\x2f..\\x2fescaped"];
    for name in names {
        let place = Place::new();
        let (blob, content) = file(b"x");
        let good = node("a-good", "file", &content);
        // JSON takes the backslash of an escape doubled; `{:?}` does that.
        let below = tree(&[node(name, "file", &content)]);
        let subtree = format!(",\"subtree\":\"{}\"", Digest::of(&below.1));
        let root = tree(&[good, node("folder", "dir", &subtree)]);
        let set = plant(&place.init(), &[blob, below, root]);
        let error = run(&place, &set).unwrap_err();
        assert_eq!(error.exit(), ExitCode::Integrity, "{name}");
        let RestoreError::Incomplete { report } = error else { panic!("{error}") };
        assert_eq!(report.lost.len(), 1, "{name}");
        assert_eq!(report.lost[0].path, b"folder", "{name}");
        let found: Vec<_> = picture(&place.path("a")).into_keys().collect();
        let expected = ["target", "target/a-good", "target/folder"];
        assert_eq!(found, expected.map(std::path::PathBuf::from), "{name}");
        assert!(!place.path("escaped").exists());
    }
}

#[test]
fn a_link_and_a_folder_of_one_name_are_refused() {
    let place = Place::new();
    let below = tree(&[]);
    let subtree = format!(",\"subtree\":\"{}\"", Digest::of(&below.1));
    let link = node("a", "symlink", ",\"linktarget\":\"/etc\"");
    let root = tree(&[link, node("a", "dir", &subtree)]);
    let set = plant(&place.init(), &[below, root]);
    let RestoreError::Incomplete { report } = run(&place, &set).unwrap_err() else { panic!() };
    assert_eq!(report.lost[0].path, b"");
    assert_eq!(fs::read_dir(place.path("a/target")).unwrap().count(), 0);
}

#[test]
fn two_files_that_claim_one_inode_are_not_made_one() {
    let place = Place::new();
    let ((one, first), (two, second)) = (file(b"one"), file(b"two"));
    let same = ",\"inode\":7,\"device_id\":1,\"links\":2";
    let root = tree(&[
        node("a", "file", &format!("{same}{first}")),
        node("b", "file", &format!("{same}{second}")),
    ]);
    let set = plant(&place.init(), &[one, two, root]);
    run(&place, &set).unwrap();
    assert_eq!(fs::read(place.path("a/target/a")).unwrap(), b"one");
    assert_eq!(fs::read(place.path("a/target/b")).unwrap(), b"two");
}

#[test]
fn a_set_with_an_entry_named_like_the_marker_loses_only_that() {
    let place = Place::new();
    let (blob, content) = file(b"duphong restore 1\n");
    let root = tree(&[node(".duphong-restore", "file", &content), node("b", "file", &content)]);
    let set = plant(&place.init(), &[blob, root]);
    let RestoreError::Incomplete { report } = run(&place, &set).unwrap_err() else { panic!() };
    assert_eq!(report.lost[0].path, b".duphong-restore");
    let found: Vec<_> = picture(&place.path("a/target")).into_keys().collect();
    assert_eq!(found, [std::path::PathBuf::from("b")]);
}

#[test]
fn folders_that_repeat_without_end_do_not_keep_verifying_busy() {
    let place = Place::new();
    let mut blobs = vec![tree(&[])];
    for _ in 0..60 {
        let subtree = format!(",\"subtree\":\"{}\"", Digest::of(&blobs.last().unwrap().1));
        blobs.push(tree(&[node("a", "dir", &subtree), node("b", "dir", &subtree)]));
    }
    let repository = place.init();
    plant(&repository, &blobs);
    // 2^60 paths lead to the folder at the end; it is read once.
    let report = verify(&repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
    assert!(report.is_sound(), "{:?}", report.damages);
    assert_eq!(report.packs, 61);
}

#[test]
fn a_folder_that_is_none_is_named_with_the_path_it_costs() {
    let place = Place::new();
    let nonsense = (BlobKind::Tree, b"{\"nodes\":7}".to_vec());
    let subtree = format!(",\"subtree\":\"{}\"", Digest::of(&nonsense.1));
    let repository = place.init();
    let set = plant(&repository, &[nonsense, tree(&[node("hỏng", "dir", &subtree)])]);
    let report = verify(&repository, Depth::Structure, &Silent, &Cancel::default()).unwrap();
    assert_eq!(report.damages.len(), 1);
    assert_eq!(report.damages[0].kind, DamageKind::Tree);
    let path = LostPath { set, path: "hỏng".as_bytes().to_vec(), ranges: Vec::new() };
    assert_eq!(report.damages[0].paths, [path]);
    assert_eq!(report.damaged_sets, [set]);
}

#[test]
fn any_bytes_in_place_of_a_folder_are_told_and_not_choked_on() {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "\\{\"nodes\":\\[.{0,60}\\]\\}".prop_map(String::into_bytes),
    ];
    // One repository for all cases: making one takes a while.
    let place = Place::new();
    let repository = place.init();
    let browser = || Browser::new(&repository).unwrap();
    let options = RestoreOptions { dry_run: true, ..RestoreOptions::default() };
    proptest!(|(bytes in bytes)| {
        let set = plant(&repository, &[(BlobKind::Tree, bytes)]);
        let tree = repository.snapshot(&set).unwrap().tree;
        let (target, cancel) = (place.path("target"), Cancel::default());
        let planned = restore(&repository, &set, &target, &options, &Silent, &cancel).unwrap();
        let browser = browser();
        let listed = browser.list(&tree, b"", true).unwrap().all(|entry| entry.is_ok());
        prop_assert_eq!(listed, planned.lost.is_empty());
    });
    let report = verify(&repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
    assert!(report.damages.iter().all(|damage| damage.kind == DamageKind::Tree));
    // Two cases may hold the same bytes: then one damage touches two sets.
    assert!(report.damages.len() <= report.damaged_sets.len());
    assert!(report.damages.iter().all(|damage| !damage.sets.is_empty()));
}

#[test]
fn an_index_that_promises_gigabytes_costs_no_memory() {
    let place = Place::new();
    let repository = place.init();
    let (blob, content) = file(b"short");
    let set = plant(&repository, &[blob, tree(&[node("a", "file", &content)])]);
    // The same pack again, in an index that claims the longest length there is.
    let index = repository.load_index().unwrap();
    let id = BlobId(Digest::of(b"short"));
    let location = index.find(BlobKind::Data, &id).unwrap();
    for (name, _) in repository.list(Folder::Index).unwrap() {
        repository.block_on(repository.store().delete(&name)).unwrap();
    }
    let mut lie = IndexFile::default();
    for found in index.blobs() {
        let mut blob = found.blob;
        if blob.id == location.blob.id {
            blob.uncompressed = std::num::NonZeroU32::new(u32::MAX);
        }
        lie.push(found.pack, &[blob]);
    }
    put_index(&repository, &lie);

    let RestoreError::Incomplete { report } = run(&place, &set).unwrap_err() else { panic!() };
    assert_eq!(report.lost[0].path, b"a");
    let report = verify(&repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
    assert_eq!(report.damaged_sets, [set]);
}
