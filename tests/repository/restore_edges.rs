//! Restoring where two things meet that seldom do: each was found by a mistake that was planted in
//! the engine and that no test had seen.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;

use bytes::Bytes;
use duphong::base::digest::Digest;
use duphong::base::fault::Fault as _;
use duphong::repository::envelope::{self, Form};
use duphong::repository::index_file::IndexFile;
use duphong::repository::layout::Folder;
use duphong::repository::restore::{Overwrite, RestoreError, RestoreOptions};
use duphong::repository::{PackId, Repository};

use crate::repository::kit::{Place, noise, save};
use crate::repository::read_kit::assert_alike;
use crate::repository::restore_kit::run;

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
    let listener = UnixListener::bind(source.join("ổ cắm")).unwrap();
    let repository = place.init();
    // restic stores sockets, we do not.
    place.restic(&["backup", source.to_str().unwrap()]).unwrap();
    let set = repository.snapshots().unwrap().sets[0].0;
    fs::write(source.join("thừa"), "y").unwrap();
    let from = Some(source.strip_prefix("/").unwrap().to_owned());
    let report =
        run(&repository, &set, &source, &RestoreOptions { from, delete: true, ..over() }).unwrap();
    let socket = fs::symlink_metadata(source.join("ổ cắm")).unwrap();
    assert!(socket.file_type().is_socket());
    assert_eq!(report.deleted, ["thừa".as_bytes()]);
    drop(listener);
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
        let mut blobs: Vec<duphong::repository::blob::PackedBlob> = pack.1.clone();
        blobs.retain(|blob| blob.offset == 0 && blob.uncompressed.is_none());
        blobs.iter_mut().for_each(|blob| blob.length -= 10);
        blobs
    };
    let lies: Vec<_> = packs.iter().flat_map(shorter).take(1).collect();
    assert_eq!(lies.len(), 1);
    let mut file = IndexFile::default();
    file.push(PackId(Digest::of(b"gone")), &lies);
    packs.iter().for_each(|(pack, blobs)| file.push(*pack, blobs));
    let store = repository.store();
    for (name, _) in repository.list(Folder::Index).unwrap() {
        repository.block_on(store.delete(&name)).unwrap();
    }
    let (key, entropy) = (repository.key(), &*repository.world().entropy);
    let sealed = Bytes::from(envelope::seal(key, entropy, Form::Compressed, &file).unwrap());
    repository.block_on(store.put(&Folder::Index.name(&Digest::of(&sealed)), sealed)).unwrap();
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
