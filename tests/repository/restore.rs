//! What is restored is what was saved; what cannot be restored is named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use duphong::base::cancel::Cancel;
use duphong::base::progress::Silent;
use duphong::repository::restore::{RestoreError, RestoreOptions, Restored, restore};
use duphong::repository::{Repository, SnapshotId};
use duphong::store::disk::DiskStore;
use duphong::store::memory::MemoryStore;
use tempfile::tempdir;

use crate::repository::read_kit::{assert_alike, init, make_portal, open, restic, save};

fn run(
    repository: &Repository,
    set: &SnapshotId,
    target: &Path,
    options: &RestoreOptions,
) -> Result<Restored, RestoreError> {
    restore(repository, set, target, options, &Silent, &Cancel::default())
}

#[test]
fn a_set_comes_back_as_it_was_in_every_detail() {
    let folder = tempdir().unwrap();
    let (portal, target) = (folder.path().join("portal"), folder.path().join("target"));
    make_portal(&portal);
    // restic 0.14 replaces what is not UTF-8 in a link; we do not.
    symlink(name_of(b"/khong/co\xff"), portal.join("treo latin")).unwrap();
    let repository = init(Arc::new(MemoryStore::new()));
    let set = save(&repository, &portal);
    let report = run(&repository, &set, &target, &RestoreOptions::default()).unwrap();
    assert_alike(&portal, &target.join("media/files"));
    assert_eq!(report.warnings.len(), 0, "{:?}", report.warnings);
    let names: Vec<_> = fs::read_dir(&target).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["media"], "the marker is gone");
}

#[test]
fn what_restic_saved_is_restored_as_restic_restores_it() {
    let folder = tempdir().unwrap();
    let (portal, store) = (folder.path().join("portal"), folder.path().join("store"));
    make_portal(&portal);
    // We do not save named pipes; restic does.
    process("mkfifo", &[], &[portal.join("ống")]);
    restic(&store, &["init"]);
    restic(&store, &["backup", portal.to_str().unwrap()]);
    let repository = open(Arc::new(DiskStore::open(&store).unwrap()));
    let set = repository.snapshots().unwrap().sets[0].0;
    let target = folder.path().join("target");
    run(&repository, &set, &target, &RestoreOptions::default()).unwrap();
    assert_alike(&portal, &target.join(portal.strip_prefix("/").unwrap()));
    let theirs = folder.path().join("theirs");
    restic(&store, &["restore", "latest", "--target", theirs.to_str().unwrap()]);
    assert_alike(&theirs, &target);
}
