//! Restoring where two things meet that seldom do: each was found by a mistake that was planted in
//! the engine and that no test had seen.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};

use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::Progress;
use duphong::repository::blob::{BlobKind, PackedBlob};
use duphong::repository::index_file::IndexFile;
use duphong::repository::layout;
use duphong::repository::restore::{Overwrite, RestoreError, RestoreOptions, restore};
use duphong::repository::{PackId, Repository};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::repository::kit::{Place, noise, save};
use crate::repository::read_kit::assert_alike;
use crate::repository::restore_kit::{leave_only_folders_in_the_index, replace_index, run};

fn over() -> RestoreOptions {
    RestoreOptions { over: Some(Overwrite::Always), ..RestoreOptions::default() }
}

#[test]
fn two_names_of_one_file_that_became_two_files_are_one_again() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("một"), noise(1, 50_000)).unwrap();
    fs::hard_link(source.join("một"), source.join("tên khác")).unwrap();
    let repository = place.init();
    let (set, _) = save(&repository, &source, None);
    let (target, restored) = (place.path("target"), place.path("target/media/files"));
    run(&repository, &set.id, &target, &RestoreOptions::default()).unwrap();
    // The same content and time, and a file of its own.
    let time = fs::metadata(restored.join("một")).unwrap().modified().unwrap();
    fs::remove_file(restored.join("tên khác")).unwrap();
    fs::copy(restored.join("một"), restored.join("tên khác")).unwrap();
    let twin = fs::File::options().write(true).open(restored.join("tên khác")).unwrap();
    twin.set_modified(time).unwrap();
    run(&repository, &set.id, &target, &over()).unwrap();
    let inode = |name| fs::metadata(restored.join(name)).unwrap().ino();
    assert_eq!(inode("một"), inode("tên khác"));
}

#[test]
fn what_the_set_names_and_cannot_hold_is_not_deleted_as_surplus() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("một"), "x").unwrap();
    let device = rustix::fs::makedev(1, 3);
    let (kind, mode) = (FileType::CharacterDevice, Mode::from_raw_mode(0o600));
    mknodat(CWD, source.join("thiết bị"), kind, mode, device).unwrap();
    let repository = place.init();
    // restic stores and restores devices, we do not.
    place.restic(&["backup", source.to_str().unwrap()]).unwrap();
    let set = repository.snapshots().unwrap().sets[0].0;
    fs::write(source.join("thừa"), "y").unwrap();
    let from = Some(source.strip_prefix("/").unwrap().to_owned());
    let report =
        run(&repository, &set, &source, &RestoreOptions { from, delete: true, ..over() }).unwrap();
    assert_eq!(report.deleted, ["thừa".as_bytes()]);
    let there = fs::symlink_metadata(source.join("thiết bị")).unwrap();
    assert!(there.file_type().is_char_device());
}

/// To change the owner of a file takes its set-user-id bit away.
#[test]
fn a_file_with_a_foreign_owner_gets_its_own_back_and_keeps_its_special_bits() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    let special = fs::Permissions::from_mode(0o6755);
    fs::write(source.join("một"), "x").unwrap();
    fs::set_permissions(source.join("một"), special.clone()).unwrap();
    let repository = place.init();
    let (set, _) = save(&repository, &source, None);
    let (target, restored) = (place.path("target"), place.path("target/media/files/một"));
    run(&repository, &set.id, &target, &RestoreOptions::default()).unwrap();
    std::os::unix::fs::chown(&restored, Some(4242), Some(4343)).unwrap();
    fs::set_permissions(&restored, special).unwrap();
    run(&repository, &set.id, &target, &over()).unwrap();
    let metadata = fs::metadata(&restored).unwrap();
    assert_eq!((metadata.mode() & 0o7777, metadata.uid(), metadata.gid()), (0o6755, 0, 0));
    assert_alike(&source, &place.path("target/media/files"));
}

/// Puts an index in the place of the one that is there. In the first pack, which nobody has, it
/// says of the first piece that it is shorter than it is.
fn lie_about_a_length(repository: &Repository) {
    let index = repository.load_index().unwrap();
    let by_pack = index.by_pack();
    let packs: Vec<_> = index.packs().iter().map(|pack| (*pack, by_pack.blobs(pack))).collect();
    let shorter = |pack: &(PackId, Vec<_>)| {
        let mut blobs: Vec<PackedBlob> = pack.1.clone();
        blobs.retain(|blob| blob.offset == 0 && blob.uncompressed.is_none());
        for blob in &mut blobs {
            blob.length -= 10;
        }
        blobs
    };
    let lies: Vec<_> = packs.iter().flat_map(shorter).take(1).collect();
    assert_eq!(lies.len(), 1);
    let mut file = IndexFile::default();
    file.push(PackId(Digest::of(b"gone")), &lies);
    for (pack, blobs) in &packs {
        file.push(*pack, blobs);
    }
    replace_index(repository, &file);
}

/// Every piece would be proven, and all behind it lie where it does not belong.
#[test]
fn a_piece_of_another_length_than_the_index_says_costs_the_file_its_name() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("một"), noise(1, 200_000)).unwrap();
    let repository = place.init();
    let (set, _) = save(&repository, &source, None);
    lie_about_a_length(&repository);
    let target = place.path("target");
    let error = run(&repository, &set.id, &target, &RestoreOptions::default()).unwrap_err();
    let RestoreError::Incomplete { report } = error else { panic!("{error}") };
    assert_eq!(report.lost.len(), 1, "{report:?}");
    assert_eq!(report.lost[0].fault.code(), "restore.length");
    assert!(!target.join("media/files/một").exists());
}

/// Both names lead to the one file that is half written now, and neither may promise more.
#[test]
fn every_name_of_a_file_that_lost_content_says_so() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("một"), noise(1, 50_000)).unwrap();
    fs::hard_link(source.join("một"), source.join("tên khác")).unwrap();
    let repository = place.init();
    let (set, _) = save(&repository, &source, None);
    let (target, restored) = (place.path("target"), place.path("target/media/files"));
    run(&repository, &set.id, &target, &RestoreOptions::default()).unwrap();
    fs::write(restored.join("một"), noise(2, 50_000)).unwrap();
    let index = repository.load_index().unwrap();
    let by_pack = index.by_pack();
    for pack in index.packs() {
        if by_pack.blobs(pack).iter().any(|blob| blob.kind == BlobKind::Data) {
            repository.block_on(repository.store().delete(&layout::pack(pack))).unwrap();
        }
    }
    let error = run(&repository, &set.id, &target, &over()).unwrap_err();
    let RestoreError::Incomplete { report } = error else { panic!("{error}") };
    assert_eq!(report.lost.len(), 2, "{report:?}");
    for name in ["một", "tên khác"] {
        assert!(!restored.join(name).exists(), "{name}");
        assert!(restored.join(format!("{name}.duphong-incomplete")).exists(), "{name}");
    }
}

/// Whose set has lost something is not told that a path with a typing error was restored.
#[test]
fn a_path_that_is_not_there_is_refused_beside_one_that_is_lost() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("một"), noise(1, 20_000)).unwrap();
    let repository = place.init();
    let (set, _) = save(&repository, &source, None);
    leave_only_folders_in_the_index(&repository);
    let only = |paths: &[&str]| {
        let only = paths.iter().map(Into::into).collect();
        let options = RestoreOptions { only, ..RestoreOptions::default() };
        run(&repository, &set.id, &place.path("target"), &options).unwrap_err()
    };
    for paths in [&["media/files/mốt"][..], &["media/files/một", "media/files/mốt"]] {
        let refused = only(paths);
        assert!(matches!(refused, RestoreError::NoSuchPath { .. }), "{refused}");
    }
    let lost = only(&["media/files/một"]);
    assert!(matches!(lost, RestoreError::Incomplete { .. }), "{lost}");
}

/// Stops a restore when all content is written, before anything is dressed.
struct StopBeforeMetadata(Cancel);

impl Progress for StopBeforeMetadata {
    fn phase(&self, phase: &'static str) {
        if phase == "phase-restore-metadata" {
            self.0.cancel();
        }
    }

    fn total(&self, _items: u64, _bytes: u64) {}

    fn advance(&self, _items: u64, _bytes: u64) {}
}

#[test]
fn a_file_that_is_written_over_is_for_its_owner_only_meanwhile() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("một"), noise(1, 50_000)).unwrap();
    let repository = place.init();
    let (set, _) = save(&repository, &source, None);
    let (target, restored) = (place.path("target"), place.path("target/media/files/một"));
    run(&repository, &set.id, &target, &RestoreOptions::default()).unwrap();
    fs::write(&restored, noise(2, 40_000)).unwrap();
    fs::set_permissions(&restored, fs::Permissions::from_mode(0o644)).unwrap();
    let cancel = Cancel::default();
    let stop = StopBeforeMetadata(cancel.clone());
    restore(&repository, &set.id, &target, &over(), &stop, &cancel).unwrap_err();
    assert_eq!(fs::read(&restored).unwrap(), noise(1, 50_000));
    assert_eq!(fs::metadata(&restored).unwrap().mode() & 0o7777, 0o600);
}
