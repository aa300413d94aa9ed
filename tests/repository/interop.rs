//! Stock restic reads what we write, and we read what it writes.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::Silent;
use duphong::repository::Repository;
use duphong::repository::tree::NodeKind;
use duphong::repository::verify::{Depth, verify};

use crate::repository::kit::{self, Place};

#[test]
fn restic_checks_lists_and_restores_what_we_write() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let repository = place.init();
    let (first, summary) = kit::save(&repository, &root, None);
    assert_eq!(summary.skipped, []);
    fs::write(root.join("moi.txt"), "mới").unwrap();
    let (second, _) = kit::save(&repository, &root, Some(first.id));

    let checked = place.restic(&["check", "--read-data"]).unwrap();
    assert!(checked.contains("no errors were found"), "{checked}");
    let listed = place.restic(&["snapshots"]).unwrap();
    assert!(listed.contains(&first.id.short()) && listed.contains(&second.id.short()), "{listed}");
    assert!(listed.contains("/mau") && listed.contains("may-chu"), "{listed}");

    let target = place.path("target");
    place
        .restic(&["restore", &second.id.to_string(), "--target", target.to_str().unwrap()])
        .unwrap();
    assert_eq!(kit::picture(&target.join("media/files")), kit::picture(&root));
}

#[test]
fn we_read_what_restic_writes() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    place.restic(&["init"]).unwrap();
    place.restic(&["backup", root.to_str().unwrap(), "--tag", "a,b"]).unwrap();

    let repository = place.open();
    let snapshots = repository.snapshots().unwrap();
    assert_eq!((snapshots.sets.len(), snapshots.unreadable.len()), (1, 0));
    let (_, snapshot) = &snapshots.sets[0];
    assert_eq!(snapshot.tags, ["a", "b"]);
    let index = repository.load_index().unwrap();
    let mut tree = snapshot.tree;
    for part in root.iter().skip(1) {
        let folder = repository.load_tree(&index, &tree).unwrap();
        tree = folder.find(part.as_encoded_bytes()).unwrap().subtree.unwrap();
    }
    let folder = repository.load_tree(&index, &tree).unwrap();
    let names: BTreeSet<_> =
        folder.nodes().iter().map(|node| node.name.escape_ascii().to_string()).collect();
    let expected: BTreeSet<_> =
        kit::picture(&root).into_keys().filter(|name| !name.contains('/')).collect();
    assert_eq!(names, expected);
    let broken = folder.find(b"gay").unwrap();
    assert_eq!((broken.kind, &broken.link_target[..]), (NodeKind::Symlink, &b"khong/co"[..]));
}

/// A set of ours on top of one of restic's finds restic's blobs, and restic goes on with ours.
#[test]
fn both_write_to_one_repository_in_turns() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    place.restic(&["init"]).unwrap();
    place.restic(&["backup", root.to_str().unwrap()]).unwrap();
    let (written, _) = kit::save(&place.open(), &root, None);
    place.restic(&["backup", root.to_str().unwrap()]).unwrap();
    place.restic(&["forget", "latest", "--prune"]).unwrap();
    let checked = place.restic(&["check", "--read-data"]).unwrap();
    assert!(checked.contains("no errors were found"), "{checked}");
    assert!(place.open().find(&written.id.short()).is_ok());
}

/// A set of ours that began before one of restic's ends after it, and one of ours begins and ends
/// while restic is at work. Both find what they have in common in packs of their own.
#[test]
fn both_write_to_one_repository_at_the_same_time() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let repository = place.init();
    let began_first = kit::writer(&repository, None);
    began_first.add_tree("media/files", &root, &[], kit::sizes()).unwrap();

    let mut theirs = Command::new("restic");
    theirs.args(["--no-cache", "-r"]).arg(place.path("repository")).arg("--password-file");
    fs::write(place.path("password"), kit::PASSWORD).unwrap();
    theirs.arg(place.path("password")).args(["backup", "--stdin", "--stdin-filename", "luong"]);
    theirs.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", place.folder.path());
    let mut theirs = theirs.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stream = theirs.stdin.take().unwrap();
    let half = kit::noise(77, 9_000_000);
    stream.write_all(&half).unwrap();
    // It has read so much that it is at work, with a lock beside ours.
    let locks = repository.block_on(repository.store().list("locks/")).unwrap();
    assert_eq!(locks.len(), 2, "{locks:?}");

    let (between, _) = kit::save(&place.open(), &root, None);
    stream.write_all(&half).unwrap();
    drop(stream);
    assert!(theirs.wait().unwrap().success());
    place.restic(&["backup", root.to_str().unwrap()]).unwrap();
    let last = began_first.finish(kit::meta()).unwrap();

    let checked = place.restic(&["check", "--read-data"]).unwrap();
    assert!(checked.contains("no errors were found"), "{checked}");
    let report = verify(&repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
    assert_eq!((report.sets, report.damages.len()), (4, 0));
    for set in [between.id, last.id] {
        assert_eq!(kit::read_set(&repository, &set).unwrap(), kit::expected(&root));
    }
    let sets = repository.snapshots().unwrap().sets;
    let streamed = sets.iter().find(|(_, set)| set.paths == ["/luong"]).unwrap().0;
    let both = Digest::of(&half.repeat(2));
    let found = kit::read_set(&repository, &streamed).unwrap();
    assert_eq!(found["/luong"], format!("File {both} "));
}

/// Small files make the same blobs in both, so trees are compared byte for byte.
#[test]
fn trees_are_byte_for_byte_those_of_restic() {
    let place = Place::new();
    let root = place.path("root");
    fs::create_dir(&root).unwrap();
    for name in ["a<b>&c.txt", "Kế hoạch.txt", "line\nend"] {
        fs::write(root.join(name), name).unwrap();
    }
    place.restic(&["init"]).unwrap();
    place.restic(&["backup", root.to_str().unwrap()]).unwrap();
    let repository: Repository = place.open();
    let index = repository.load_index().unwrap();
    let theirs = repository.snapshots().unwrap().sets[0].1.tree;
    let mut tree = theirs;
    for part in root.iter().skip(1) {
        let json =
            repository.load_blob(&index, duphong::repository::blob::BlobKind::Tree, &tree).unwrap();
        let folder = duphong::repository::tree::Tree::parse(&json).unwrap();
        let mut again = Vec::new();
        folder.write(&mut again).unwrap();
        // Times carry the zone of the machine in restic's, UTC in ours; the tests run in UTC.
        assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&json));
        tree = folder.find(part.as_encoded_bytes()).unwrap().subtree.unwrap();
    }
    let leaf =
        repository.load_blob(&index, duphong::repository::blob::BlobKind::Tree, &tree).unwrap();
    let mut again = Vec::new();
    duphong::repository::tree::Tree::parse(&leaf).unwrap().write(&mut again).unwrap();
    assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&leaf));
}
