//! Trees as real disks have them: each is saved by us and by restic, and restored by both.
//!
//! The two largest (5 GB of holes, 200,000 names in one folder) have their whole size where
//! `DUPHONG_TEST_ODD=whole` is set, and a tenth of it in each run of the tests
//! (`docs/TESTING.md`).

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use duphong::repository::SnapshotId;
use duphong::repository::chunk::Chunking;
use duphong::repository::restore::RestoreOptions;
use rustix::fs::XattrFlags;

use crate::repository::kit::{Place, meta, noise, save, writer};
use crate::repository::read_kit::{assert_alike, command, name_of, picture};
use crate::repository::restore_kit::run;

/// How much of the largest trees is made.
fn share(whole: u64) -> u64 {
    let all = std::env::var("DUPHONG_TEST_ODD").is_ok_and(|said| said == "whole");
    if all { whole } else { whole / 10 }
}

/// Makes a tree, and sees that every way from it through a repository leads back to it.
fn check(make: impl Fn(&Path)) {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    make(&source);
    let repository = place.init();
    let (ours, summary) = save(&repository, &source, None);
    assert_eq!(summary.skipped, []);
    restore_both(&place, &ours.id, Path::new("media/files"), |restored| {
        assert_alike(&source, restored);
    });
    place.restic(&["backup", source.to_str().unwrap()]).unwrap();
    let theirs = repository.snapshots().unwrap().sets;
    let (theirs, _) = theirs.iter().find(|(id, _)| *id != ours.id).unwrap();
    let within = source.strip_prefix("/").unwrap();
    restore_both(&place, theirs, within, |restored| assert_alike(&source, restored));
    let checked = place.restic(&["check", "--read-data"]).unwrap();
    assert!(checked.contains("no errors were found"), "{checked}");
}

/// Restores a set by ours and by restic's program.
fn restore_both(place: &Place, set: &SnapshotId, within: &Path, check: impl Fn(&Path)) {
    let ours = place.path("ours");
    let report = run(&place.open(), set, &ours, &RestoreOptions::default()).unwrap();
    assert_eq!(report.warnings.len(), 0, "{:?}", report.warnings);
    check(&ours.join(within));
    let theirs = place.path("theirs");
    place.restic(&["restore", &set.to_string(), "--target", theirs.to_str().unwrap()]).unwrap();
    check(&theirs.join(within));
    for folder in [ours, theirs] {
        command("rm", &["-r"], &[folder]);
    }
}

#[test]
fn nothing_one_byte_and_empty_folders() {
    check(|_| {});
    check(|root| {
        fs::write(root.join("trống"), "").unwrap();
        fs::write(root.join("một byte"), "x").unwrap();
        fs::write(root.join("số không"), [0]).unwrap();
        fs::create_dir_all(root.join("rỗng/rỗng/rỗng")).unwrap();
    });
}

#[test]
fn the_longest_names_and_every_byte_in_one() {
    check(|root| {
        fs::write(root.join("n".repeat(255)), "dài nhất").unwrap();
        fs::create_dir(root.join("ế".repeat(85))).unwrap();
        fs::write(root.join("ế".repeat(85)).join("ợ".repeat(85)), "255 byte").unwrap();
        for byte in (1..=255_u8).filter(|byte| *byte != b'/') {
            fs::write(root.join(name_of(&[b'x', byte])), [byte]).unwrap();
        }
        for name in [&b"\xff\xfe"[..], b"\xed\xa0\x80", b"half \xe1\xba", b"\\xff", b"..."] {
            fs::create_dir(root.join(name_of(name))).unwrap();
            fs::write(root.join(name_of(name)).join(name_of(name)), name).unwrap();
        }
    });
}

#[test]
fn a_thousand_folders_one_in_the_other() {
    check(|root| {
        let deepest = root.join("d/".repeat(1000));
        fs::create_dir_all(&deepest).unwrap();
        fs::write(deepest.join("đáy"), "ở dưới cùng").unwrap();
    });
}

#[test]
fn a_folder_with_very_many_names() {
    check(|root| {
        let many = root.join("nhiều");
        fs::create_dir(&many).unwrap();
        for number in 0..share(200_000) {
            File::create(many.join(format!("{number}"))).unwrap();
        }
    });
}

#[test]
fn links_of_every_kind_attributes_and_modes() {
    check(|root| {
        let files = root.join("a/b");
        fs::create_dir_all(&files).unwrap();
        fs::write(root.join("một"), noise(1, 100_000)).unwrap();
        fs::hard_link(root.join("một"), files.join("hai")).unwrap();
        fs::hard_link(root.join("một"), root.join("z ba")).unwrap();
        symlink("../../một", files.join("lên")).unwrap();
        symlink("chính tôi", root.join("chính tôi")).unwrap();
        symlink("x".repeat(4000), root.join("xa")).unwrap();
        let attributed = root.join("thuộc tính");
        fs::write(&attributed, "").unwrap();
        // As much as a file system of ours takes beside the file.
        let value = noise(2, 3000);
        let set = |name: &str, value: &[u8]| {
            rustix::fs::setxattr(&attributed, name, value, XattrFlags::empty()).unwrap();
        };
        set("user.nhị phân", &value);
        set("user.trống", b"");
        for mode in [0o000, 0o444, 0o777, 0o1777, 0o2755, 0o4755, 0o7777] {
            let path = root.join(format!("mode {mode:o}"));
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let folder = root.join(format!("thư mục {mode:o}"));
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        }
        std::os::unix::fs::chown(&attributed, Some(4242), Some(4343)).unwrap();
        for time in ["1901-12-14T00:00:00Z", "1969-12-31T23:59:59.999999999Z", "2038-01-20"] {
            let path = root.join(time);
            fs::write(&path, "").unwrap();
            command("touch", &["-d", time], &[path]);
        }
    });
}

#[test]
fn gigabytes_of_holes() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    let length = share(5_000_000_000);
    let marks = [0, length / 3, length - 5];
    let make = File::create(source.join("thưa")).unwrap();
    make.set_len(length).unwrap();
    for at in marks {
        make.write_all_at(b"dau 1", at).unwrap();
    }
    let repository = place.init();
    let writer = writer(&repository, None);
    writer.add_tree("media/files", &source, &[], Chunking::Media).unwrap();
    let ours = writer.finish(meta()).unwrap();
    let see = |restored: &Path| {
        let file = File::open(restored.join("thưa")).unwrap();
        let metadata = file.metadata().unwrap();
        assert_eq!(metadata.len(), length);
        for at in marks {
            let mut mark = [0; 7];
            let read = file.read_at(&mut mark, at.saturating_sub(1)).unwrap();
            assert!(mark[..read].windows(5).any(|five| five == b"dau 1"), "{at}");
        }
        metadata.blocks() * 512
    };
    let target = place.path("ours");
    run(&repository, &ours.id, &target, &RestoreOptions::default()).unwrap();
    let blocks = see(&target.join("media/files"));
    assert!(blocks < 40_000_000, "{blocks} bytes on the disk");
    fs::remove_dir_all(&target).unwrap();
    let target = place.path("theirs");
    place.restic(&["restore", &ours.id.to_string(), "--target", target.to_str().unwrap()]).unwrap();
    see(&target.join("media/files"));
    fs::remove_dir_all(&target).unwrap();

    // What restic saved comes back with its holes, too.
    place.restic(&["backup", source.to_str().unwrap()]).unwrap();
    let sets = repository.snapshots().unwrap().sets;
    let (theirs, _) = sets.iter().find(|(id, _)| *id != ours.id).unwrap();
    let target = place.path("ours");
    run(&place.open(), theirs, &target, &RestoreOptions::default()).unwrap();
    let blocks = see(&target.join(source.strip_prefix("/").unwrap()));
    assert!(blocks < 40_000_000, "{blocks} bytes on the disk");
}

/// What a file that is written meanwhile holds in a set is nobody's to say; but whoever restores
/// the set gets the same of it, and of all others what they are.
#[test]
fn files_that_change_while_they_are_saved() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    for number in 0..20 {
        fs::write(source.join(format!("yên {number}")), noise(number, 50_000)).unwrap();
    }
    let over = AtomicBool::new(false);
    let repository = place.init();
    let ours = std::thread::scope(|scope| {
        scope.spawn(|| {
            let file = File::create(source.join("động")).unwrap();
            for number in 0_u64.. {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                file.write_all_at(&noise(number, 70_000), number % 7 * 30_000).unwrap();
                file.set_len(number % 5 * 60_000).unwrap();
                let passing = source.join(format!("thoáng qua {}", number % 3));
                fs::write(&passing, "có").unwrap();
                fs::remove_file(&passing).unwrap();
            }
        });
        let ours: Vec<_> = (0..5).map(|_| save(&repository, &source, None).0.id).collect();
        over.store(true, Ordering::SeqCst);
        ours
    });
    for set in ours {
        let pictures = std::sync::Mutex::new(Vec::new());
        restore_both(&place, &set, Path::new("media/files"), |restored| {
            pictures.lock().unwrap().push(picture(restored));
        });
        let pictures = pictures.into_inner().unwrap();
        assert_eq!(pictures[0], pictures[1]);
        let quiet = |path: &&PathBuf| path.to_string_lossy().starts_with("yên");
        assert_eq!(pictures[0].keys().filter(quiet).count(), 20);
    }
    let checked = place.restic(&["check", "--read-data"]).unwrap();
    assert!(checked.contains("no errors were found"), "{checked}");
}
