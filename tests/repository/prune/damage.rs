//! Damage is never deleted over: the prune names it, and nothing is removed.

use std::collections::BTreeSet;
use std::fs;

use duphong::base::exit::ExitCode;
use duphong::base::fault::{Fault as _, chain};
use duphong::repository::blob::BlobKind;
use duphong::repository::layout::{self, Folder};
use duphong::repository::{PackId, Repository};
use duphong::store::ObjectName;

use crate::repository::kit::{self, Place};
use crate::repository::prune::{Sets, aged, check_sound, forget_locks, objects, plan, prune};

fn file(place: &Place, name: &ObjectName) -> std::path::PathBuf {
    place.path("repository").join(name.as_str())
}

/// Prunes, and proves that it was refused for the named object and removed nothing.
#[track_caller]
fn check_refused(repository: &Repository, named: &str) {
    let before = objects(repository, Folder::Data);
    let index = objects(repository, Folder::Index);
    let error = prune(repository).unwrap_err();
    assert_eq!(error.exit(), ExitCode::Integrity, "{}", chain(&error));
    assert!(chain(&error).contains(named), "{} does not name {named}", chain(&error));
    assert!(objects(repository, Folder::Data).is_superset(&before));
    assert!(objects(repository, Folder::Index).is_superset(&index));
    assert_eq!(objects(repository, Folder::Locks), BTreeSet::new());
}

/// A repository with something to write again, and a pack of which something is.
fn to_repack() -> (Place, Repository, Sets, PackId) {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let planned = plan(&repository).unwrap();
    let fullest = planned.repack.iter().max_by_key(|(pack, _)| pack.needed).unwrap();
    let pack = fullest.0.id;
    (place, repository, sets, pack)
}

#[test]
fn a_flipped_bit_in_a_pack_that_is_written_again_stops_it() {
    let (place, repository, sets, pack) = to_repack();
    let index = repository.load_index().unwrap();
    let mut stopped = 0;
    let path = file(&place, &layout::pack(&pack));
    let whole = fs::read(&path).unwrap();
    for location in index.blobs().filter(|location| location.pack == pack) {
        let mut bytes = whole.clone();
        bytes[location.blob.offset as usize + 20] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let damaged = sets.keys().any(|id| kit::read_set(&repository, id).is_err());
        if damaged {
            stopped += 1;
            check_refused(&repository, &pack.to_string());
        }
    }
    assert!(stopped > 0, "no blob of the pack is needed");
    fs::write(&path, &whole).unwrap();
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "healed");
}

#[test]
fn a_pack_that_is_gone_or_cut_short_stops_it() {
    let (place, repository, sets, pack) = to_repack();
    let path = file(&place, &layout::pack(&pack));
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    check_refused(&repository, &pack.to_string());
    fs::remove_file(&path).unwrap();
    check_refused(&repository, &pack.to_string());
    fs::write(&path, &whole).unwrap();
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "put back");
}

/// A pack that nobody needs may well be gone: it is taken off the index.
#[test]
fn a_lost_pack_that_nobody_needs_is_forgotten() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let unneeded = plan(&repository).unwrap().unneeded[0].id;
    fs::remove_file(file(&place, &layout::pack(&unneeded))).unwrap();
    assert_eq!(plan(&repository).unwrap().lost, [unneeded]);
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "without it");
    assert!(plan(&repository).unwrap().is_empty());
}

#[test]
fn a_snapshot_or_an_index_file_that_cannot_be_read_stops_it() {
    for folder in [Folder::Snapshots, Folder::Index] {
        let place = Place::new();
        let (repository, sets) = aged(&place);
        for name in objects(&repository, folder) {
            let path = file(&place, &name);
            let whole = fs::read(&path).unwrap();
            let mut bytes = whole.clone();
            bytes[30] ^= 1;
            fs::write(&path, &bytes).unwrap();
            check_refused(&repository, name.last_segment());
            fs::write(&path, &whole).unwrap();
        }
        prune(&repository).unwrap();
        check_sound(&repository, &sets, "healed");
    }
}

/// What is below a folder that cannot be read is not known to be unneeded.
#[test]
fn a_folder_that_cannot_be_read_stops_it() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let index = repository.load_index().unwrap();
    let mut stopped = 0;
    for location in index.blobs().filter(|location| location.blob.kind == BlobKind::Tree) {
        let path = file(&place, &layout::pack(&location.pack));
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        bytes[location.blob.offset as usize + 20] ^= 1;
        fs::write(&path, &bytes).unwrap();
        if sets.keys().any(|id| kit::read_set(&repository, id).is_err()) {
            stopped += 1;
            check_refused(&repository, &location.pack.to_string());
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(stopped > 3, "{stopped}");
    check_sound(&repository, &sets, "healed");
}

/// Without it packs look like garbage that are not: whatever a set needs must be listed.
#[test]
fn a_lost_index_file_stops_it() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let mut stopped = 0;
    for name in objects(&repository, Folder::Index) {
        let path = file(&place, &name);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let needed = sets.keys().any(|id| kit::read_set(&repository, id).is_err());
        if needed {
            stopped += 1;
            check_refused(&repository, "in no pack that the index knows");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(stopped > 0);
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "put back");
}

/// A blob that lies in two packs is read where it stays before it goes where it does not.
#[test]
fn a_damaged_double_keeps_the_good_one() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let old = objects(&repository, Folder::Data);
    // Everything is written again, and nothing removed: a reader is at work.
    let reader = repository.lock_shared().unwrap();
    assert_eq!(prune(&repository).unwrap_err().exit(), ExitCode::Locked);
    drop(reader);
    let new: Vec<_> = objects(&repository, Folder::Data).difference(&old).cloned().collect();
    assert!(!new.is_empty());
    for name in new {
        let path = file(&place, &name);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        bytes[20] ^= 1;
        fs::write(&path, &bytes).unwrap();
        check_refused(&repository, name.last_segment());
        for (id, expected) in &sets {
            assert_eq!(kit::read_set(&repository, id).unwrap(), *expected);
        }
        fs::write(&path, &whole).unwrap();
    }
    forget_locks(&repository);
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "healed");
}
