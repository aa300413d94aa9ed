//! What is restored is what was saved; what cannot be restored is named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::{Progress, Silent};
use duphong::repository::Repository;
use duphong::repository::blob::PackedBlob;
use duphong::repository::restore::{RestoreError, RestoreOptions, restore};
use duphong::store::faulty::{Damage, Faulty};

use crate::repository::kit::{Place, noise, password, save, world};
use crate::repository::matrix::ground;
use crate::repository::read_kit::{assert_alike, command, make_portal, name_of, picture};
use crate::repository::restore_kit::{Portal, lost, resume, run};

#[test]
fn a_set_comes_back_as_it_was_in_every_detail() {
    let place = Place::new();
    let portal = place.path("portal");
    make_portal(&portal);
    // restic 0.14 replaces what is not UTF-8 in a link; we do not.
    symlink(name_of(b"/khong/co\xff"), portal.join("treo latin")).unwrap();
    let repository = place.init();
    let (written, _) = save(&repository, &portal, None);
    let target = place.path("target");
    let report = run(&repository, &written.id, &target, &RestoreOptions::default()).unwrap();
    assert_alike(&portal, &target.join("media/files"));
    assert_eq!(report.warnings.len(), 0, "{:?}", report.warnings);
    assert_eq!(report.files, 110);
    let names: Vec<_> = fs::read_dir(&target).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["media"], "the marker is gone");
}

#[test]
fn what_restic_saved_is_restored_as_restic_restores_it() {
    let place = Place::new();
    let portal = place.path("portal");
    make_portal(&portal);
    // We do not save named pipes; restic does.
    command("mkfifo", &[], &[portal.join("ống")]);
    place.restic(&["init"]).unwrap();
    place.restic(&["backup", portal.to_str().unwrap()]).unwrap();
    let repository = place.open();
    let set = repository.snapshots().unwrap().sets[0].0;
    let target = place.path("target");
    run(&repository, &set, &target, &RestoreOptions::default()).unwrap();
    assert_alike(&portal, &target.join(portal.strip_prefix("/").unwrap()));
}

#[test]
fn holes_stay_holes() {
    use std::os::unix::fs::MetadataExt as _;
    let portal = Portal::new();
    portal.restore(&RestoreOptions::default()).unwrap();
    let metadata = fs::metadata(portal.restored().join("thưa")).unwrap();
    assert_eq!(metadata.len(), 20_000_000 + "cuối".len() as u64);
    assert!(metadata.blocks() * 512 < 1_000_000, "{} blocks", metadata.blocks());
}

/// Nothing is written behind the last byte that is not zero: the length must be set by itself.
#[test]
fn a_file_that_ends_in_a_hole_keeps_its_length() {
    let base = ground::empty(1);
    let repository = ground::open(ground::memory(&base.state), 1).unwrap();
    let place = Place::new();
    let root = place.path("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("rỗng.bin"), vec![0; 300_000]).unwrap();
    fs::write(root.join("đuôi.bin"), [noise(1, 50_000), vec![0; 300_000]].concat()).unwrap();
    let set = save(&repository, &root, None).0.id;
    let (target, cancel) = (place.path("target"), Cancel::default());
    restore(&repository, &set, &target, &RestoreOptions::default(), &Silent, &cancel).unwrap();
    for name in ["rỗng.bin", "đuôi.bin"] {
        let found = fs::read(target.join("media/files").join(name)).unwrap();
        assert!(found == fs::read(root.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn chosen_paths_are_restored_and_nothing_else() {
    let portal = Portal::new();
    let only = vec!["/media/files/văn bản/2026/lớn.bin".into(), "media/files/rỗng/".into()];
    let options = RestoreOptions { only, ..RestoreOptions::default() };
    let report = portal.restore(&options).unwrap();
    let paths: Vec<_> = picture(&portal.restored()).into_keys().collect();
    let expected = ["rỗng", "văn bản", "văn bản/2026", "văn bản/2026/lớn.bin"];
    assert_eq!(paths, expected.map(PathBuf::from));
    assert_eq!((report.files, report.bytes), (1, 1_000_000));
}

#[test]
fn a_path_that_the_set_does_not_have_is_refused_before_anything_is_made() {
    let portal = Portal::new();
    for path in ["media/files/không có", "media/file", "media/files/một/dưới"] {
        let only = vec![PathBuf::from(path)];
        let options = RestoreOptions { only, ..RestoreOptions::default() };
        let error = portal.restore(&options).unwrap_err();
        assert!(matches!(error, RestoreError::NoSuchPath { .. }), "{path}: {error}");
    }
    assert!(!portal.target().exists());
}

#[test]
fn a_dry_run_says_what_would_be_done_and_changes_nothing() {
    let portal = Portal::new();
    let options = RestoreOptions { dry_run: true, ..RestoreOptions::default() };
    let planned = portal.restore(&options).unwrap();
    assert!(!portal.target().exists());
    let done = portal.restore(&RestoreOptions::default()).unwrap();
    assert_eq!(
        (planned.files, planned.folders, planned.others, planned.bytes, planned.fetched_bytes),
        (done.files, done.folders, done.others, done.bytes, done.fetched_bytes)
    );
    assert!(done.fetched_bytes < done.bytes, "equal content is fetched once");
}

#[test]
fn a_folder_with_something_in_it_is_refused() {
    let portal = Portal::new();
    fs::create_dir(portal.target()).unwrap();
    fs::write(portal.target().join("của ai đó"), "").unwrap();
    for options in [RestoreOptions::default(), resume()] {
        let error = portal.restore(&options).unwrap_err();
        assert!(matches!(error, RestoreError::NotEmpty { .. }), "{error}");
        assert_eq!(error.exit(), ExitCode::Usage);
    }
    assert_eq!(fs::read_dir(portal.target()).unwrap().count(), 1);
}

#[test]
fn a_fresh_file_system_counts_as_empty() {
    let portal = Portal::new();
    fs::create_dir_all(portal.target().join("lost+found")).unwrap();
    portal.restore(&RestoreOptions::default()).unwrap();
    assert_alike(&portal.place.path("portal"), &portal.restored());
}

/// Damage to one pack, and what it costs: at least the file that it was looked up for.
#[track_caller]
fn check_damage(damage: impl Fn(&PackedBlob) -> Damage, expected_code: &str) {
    let portal = Portal::new();
    let victim = "media/files/văn bản/2026/ảnh-042.jpg";
    let (report, exit) = portal.restore_damaged(victim, damage);
    assert_eq!(exit, ExitCode::Integrity);
    let lost = lost(&report);
    assert!(lost.contains(&victim.to_owned()), "{lost:?}");
    let reason = report.lost.iter().find(|lost| lost.path == victim.as_bytes()).unwrap();
    assert_eq!(reason.fault.code(), expected_code);
    assert!(!portal.target().join(victim).exists(), "a half file never has its own name");
    assert!(!portal.target().join(".duphong-restore").exists(), "the restore is over");

    // Everything that is not named is as it was.
    let mut saved = picture(&portal.place.path("portal"));
    let restored = picture(&portal.restored());
    for path in &lost {
        saved.remove(Path::new(path.strip_prefix("media/files/").unwrap()));
    }
    assert!(saved.len() > 20, "most of the set survives the loss of a pack");
    for (path, line) in saved {
        assert_eq!(restored.get(&path), Some(&line), "{}", path.display());
    }
}

#[test]
fn a_flipped_bit_costs_what_the_report_names_and_no_more() {
    let flip = |blob: &PackedBlob| Damage::Flip { offset: blob.offset as usize + 20, bit: 3 };
    check_damage(flip, "repository.blob-damaged");
}

#[test]
fn a_pack_cut_short_costs_what_the_report_names_and_no_more() {
    check_damage(|blob| Damage::Truncate(blob.offset as usize + 10), "store.out-of-range");
}

#[test]
fn a_lost_pack_costs_what_the_report_names_and_no_more() {
    check_damage(|_| Damage::Remove, "store.missing");
}

#[test]
fn a_pack_in_place_of_another_costs_what_the_report_names_and_no_more() {
    let portal = Portal::new();
    let other = portal.pack_of("media/files/văn bản/2026/lớn.bin");
    let other = world().block_on(portal.place.store().get(&other)).unwrap();
    // Which packs blobs come to lie in is for threads to decide: the other one may be the shorter.
    let longer = |blob: &PackedBlob| {
        let bytes = (blob.offset + blob.length) as usize;
        other.repeat(bytes.div_ceil(other.len())).into()
    };
    check_damage(|blob| Damage::Replace(longer(blob)), "repository.blob-damaged");
}

#[test]
fn a_half_file_is_kept_beside_its_name_with_what_could_be_saved() {
    let portal = Portal::new();
    let victim = "media/files/văn bản/2026/lớn.bin";
    let (report, _) = portal.restore_damaged(victim, |_| Damage::Remove);
    assert!(lost(&report).contains(&victim.to_owned()));
    let half = fs::read(portal.target().join(format!("{victim}.duphong-incomplete"))).unwrap();
    let whole = fs::read(portal.place.path("portal/văn bản/2026/lớn.bin")).unwrap();
    assert_eq!(half.len(), whole.len());
    let right = half.iter().zip(&whole).filter(|(half, whole)| half == whole).count();
    assert!(right > whole.len() / 2 && right < whole.len(), "{right}");
}

#[test]
fn a_store_that_goes_away_is_not_called_damage() {
    let portal = Portal::new();
    let store = Faulty::new(portal.place.store());
    let pack = portal.pack_of("media/files/văn bản/2026/lớn.bin");
    store.damage(&pack, Damage::Unreadable);
    let repository = Repository::open(Arc::new(store), &password(), &world()).unwrap();
    let error = run(&repository, &portal.set, &portal.target(), &RestoreOptions::default());
    let error = error.unwrap_err();
    assert_eq!((error.code(), error.exit()), ("store.unreachable", ExitCode::Failed));

    // What is there is unfinished and says so; the same restore goes on when the store is back.
    let again = portal.restore(&RestoreOptions::default()).unwrap_err();
    assert!(matches!(again, RestoreError::Unfinished { .. }), "{again}");
    portal.restore(&resume()).unwrap();
    assert_alike(&portal.place.path("portal"), &portal.restored());
}

/// Asks to stop once so many bytes were handled in the phase that writes content.
struct StopAfter {
    bytes: std::sync::atomic::AtomicI64,
    writing: std::sync::atomic::AtomicBool,
    cancel: Cancel,
}

impl Progress for StopAfter {
    fn phase(&self, phase: &'static str) {
        self.writing.store(phase == "phase-restore-content", std::sync::atomic::Ordering::SeqCst);
    }
    fn total(&self, _items: u64, _bytes: u64) {}
    fn advance(&self, _items: u64, bytes: u64) {
        use std::sync::atomic::Ordering::SeqCst;
        let bytes = i64::try_from(bytes).unwrap();
        if self.writing.load(SeqCst) && self.bytes.fetch_sub(bytes, SeqCst) < bytes {
            self.cancel.cancel();
        }
    }
}

#[test]
fn an_interrupted_restore_goes_on_and_fetches_only_what_lacks() {
    let portal = Portal::new();
    let cancel = Cancel::default();
    let stop = StopAfter { bytes: 1_000_000.into(), writing: false.into(), cancel: cancel.clone() };
    let options = RestoreOptions::default();
    let error =
        restore(&portal.repository, &portal.set, &portal.target(), &options, &stop, &cancel);
    let error = error.unwrap_err();
    assert!(matches!(error, RestoreError::Cancelled), "{error}");
    assert_eq!(error.exit(), ExitCode::Interrupted);

    // Meanwhile a file that was right is spoilt, one is cut, and one is replaced by a link.
    let images = portal.restored().join("văn bản/2026");
    fs::write(images.join("ảnh-001.jpg"), vec![0; 3000]).unwrap();
    fs::write(images.join("ảnh-002.jpg"), "").unwrap();
    fs::remove_file(images.join("ảnh-003.jpg")).unwrap();
    let outside = portal.place.path("ngoài");
    fs::write(&outside, "không được đụng đến").unwrap();
    symlink(&outside, images.join("ảnh-003.jpg")).unwrap();

    let dry = RestoreOptions { dry_run: true, ..resume() };
    let planned = portal.restore(&dry).unwrap();
    let report = portal.restore(&resume()).unwrap();
    assert_alike(&portal.place.path("portal"), &portal.restored());
    assert!(report.kept_bytes > 0 && report.kept_bytes < report.bytes, "{report:?}");
    assert_eq!(planned.kept_bytes, report.kept_bytes);
    assert_eq!(fs::read_to_string(outside).unwrap(), "không được đụng đến");
}

#[test]
fn the_unfinished_restore_of_another_set_is_refused() {
    let portal = Portal::new();
    fs::create_dir(portal.target()).unwrap();
    let other = "ab".repeat(32);
    let marker = portal.target().join(".duphong-restore");
    fs::write(&marker, format!("duphong restore 1\n{other}\n")).unwrap();
    for options in [RestoreOptions::default(), resume()] {
        let error = portal.restore(&options).unwrap_err();
        assert!(matches!(error, RestoreError::OtherSet { .. }), "{error}");
    }
    fs::write(&marker, "gì đó").unwrap();
    let error = portal.restore(&resume()).unwrap_err();
    assert!(matches!(error, RestoreError::OtherSet { .. }), "{error}");
}

#[test]
fn everything_is_for_its_owner_only_until_it_is_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let portal = Portal::new();
    let cancel = Cancel::default();
    let stop = StopAfter { bytes: 0.into(), writing: false.into(), cancel: cancel.clone() };
    let options = RestoreOptions::default();
    restore(&portal.repository, &portal.set, &portal.target(), &options, &stop, &cancel)
        .unwrap_err();
    let mut folders = vec![portal.target()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            assert!(!metadata.is_symlink(), "{}", path.display());
            assert_eq!(metadata.permissions().mode() & 0o077, 0, "{}", path.display());
            if metadata.is_dir() {
                folders.push(path);
            }
        }
    }
}
