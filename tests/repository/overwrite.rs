//! Restoring over what a folder holds: what becomes of it, and what is never touched.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::{Progress, Silent};
use duphong::repository::Repository;
use duphong::repository::restore::{
    Overwrite, Prepared, RestoreError, RestoreOptions, Restored, restore,
};
use duphong::store::faulty::{Damage, Faulty};
use rustix::fs::XattrFlags;

use crate::repository::kit::{noise, password, save, world};
use crate::repository::read_kit::{assert_alike, command, picture};
use crate::repository::restore_kit::{Portal, lost, run};

fn over(rule: Overwrite) -> RestoreOptions {
    RestoreOptions { over: Some(rule), ..RestoreOptions::default() }
}

fn deleting() -> RestoreOptions {
    RestoreOptions { delete: true, ..over(Overwrite::Always) }
}

fn deleted(report: &Restored) -> Vec<String> {
    report.deleted.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect()
}

#[track_caller]
fn incomplete(restored: Result<Restored, RestoreError>) -> Restored {
    match restored.unwrap_err() {
        RestoreError::Incomplete { report } => *report,
        other => panic!("{other}"),
    }
}

impl Portal {
    /// Restored once, as a target to restore over.
    fn twice() -> Self {
        let portal = Self::new();
        portal.restore(&RestoreOptions::default()).unwrap();
        portal
    }

    fn saved(&self) -> PathBuf {
        self.place.path("portal")
    }

    /// Something outside of the target that must stay as it is.
    fn outside(&self) -> PathBuf {
        let outside = self.place.path("ngoài");
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("tệp"), "không được đụng đến").unwrap();
        outside
    }

    #[track_caller]
    fn check_outside(&self) {
        let outside = self.place.path("ngoài");
        let names: Vec<_> =
            fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["tệp"]);
        assert_eq!(fs::read_to_string(outside.join("tệp")).unwrap(), "không được đụng đến");
    }
}

/// Every entry's inode and change time, which a write or a change of metadata would change. Not of
/// folders: one that nobody may write to is opened for its owner while the restore runs.
fn untouched(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    for path in picture(root).into_keys() {
        let meta = root.join(&path).symlink_metadata().unwrap();
        if !meta.is_dir() {
            all.insert(path, format!("{} {}.{}", meta.ino(), meta.ctime(), meta.ctime_nsec()));
        }
    }
    all
}

#[test]
fn over_the_same_tree_nothing_is_fetched_and_nothing_is_touched() {
    let portal = Portal::twice();
    let before = untouched(&portal.target());
    let alike = picture(&portal.target());
    for rule in [Overwrite::Always, Overwrite::IfChanged] {
        let report = portal.restore(&over(rule)).unwrap();
        assert_eq!((report.made, report.changed, report.fetched_bytes), (0, 0, 0), "{rule:?}");
        assert_eq!(report.unchanged, report.files + report.folders + report.others);
        assert_eq!(report.kept_bytes, report.bytes);
        let touched: Vec<_> =
            untouched(&portal.target()).into_iter().filter(|(k, v)| before[k] != *v).collect();
        assert_eq!(touched, [], "{rule:?}");
        assert!(picture(&portal.target()) == alike, "{rule:?}");
    }
}

#[test]
fn a_half_file_with_the_longest_name_does_not_end_the_restore() {
    let portal = Portal::new();
    for name in ["a", "b"] {
        let path = portal.saved().join(name.repeat(255));
        fs::write(path, noise(77, 40_000)).unwrap();
    }
    let (written, _) = save(&portal.repository, &portal.saved(), None);
    let longest = format!("media/files/{}", "a".repeat(255));
    let portal = Portal { set: written.id, ..portal };
    let (report, _) = portal.restore_damaged(&longest, |_| Damage::Remove);
    assert!(lost(&report).contains(&longest), "{:?}", lost(&report));
    assert!(!portal.target().join(&longest).exists());
    let cut = format!("media/files/{}.duphong-incomplete", "a".repeat(255 - 19));
    assert!(portal.target().join(cut).exists());
    assert!(portal.restored().join("nhỏ.txt").exists());
}

/// Changes a restored tree in every way that a portal's operator might find it in.
fn spoil(restored: &Path) {
    let images = restored.join("văn bản/2026");
    let mut large = fs::read(images.join("lớn.bin")).unwrap();
    large[500_000] ^= 1;
    fs::write(images.join("lớn.bin"), large).unwrap();
    fs::write(images.join("ảnh-001.jpg"), "ngắn").unwrap();
    fs::write(images.join("ảnh-002.jpg"), noise(2, 5000)).unwrap();
    fs::remove_file(images.join("ảnh-003.jpg")).unwrap();
    fs::remove_file(images.join("ảnh-004.jpg")).unwrap();
    symlink("/etc/passwd", images.join("ảnh-004.jpg")).unwrap();
    fs::remove_file(images.join("ảnh-005.jpg")).unwrap();
    fs::create_dir(images.join("ảnh-005.jpg")).unwrap();
    command("rm", &["-r"], &[restored.join("rỗng")]);
    let mode = |path: &str, mode| {
        fs::set_permissions(restored.join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("một", 0o600);
    mode("văn bản", 0o500);
    let attributed = restored.join("nhỏ.txt");
    rustix::fs::setxattr(&attributed, "user.lạ", b"them", XattrFlags::empty()).unwrap();
    rustix::fs::setxattr(&attributed, "user.rỗng", b"khac", XattrFlags::empty()).unwrap();
    fs::remove_file(restored.join("liên kết")).unwrap();
    symlink("chỗ khác", restored.join("liên kết")).unwrap();
    command("touch", &["-d", "2020-01-01T00:00:00Z"], &[restored.join("trống")]);
}

#[test]
fn what_differs_becomes_as_it_was_and_only_that_is_fetched() {
    let portal = Portal::twice();
    spoil(&portal.restored());
    let dry = RestoreOptions { dry_run: true, ..over(Overwrite::Always) };
    let before = picture(&portal.target());
    let planned = portal.restore(&dry).unwrap();
    assert!(picture(&portal.target()) == before, "a dry run changes nothing");

    let done = portal.restore(&over(Overwrite::Always)).unwrap();
    assert_alike(&portal.saved(), &portal.restored());
    let counts = |report: &Restored| {
        (report.made, report.changed, report.unchanged, report.kept_bytes, report.fetched_bytes)
    };
    assert_eq!(counts(&planned), counts(&done));
    assert_eq!(done.made, 2, "a file and a folder were gone");
    // One piece of the large file, four images, and what lies near them in a pack.
    assert!(done.bytes - done.kept_bytes < 60_000, "{done:?}");
    assert!(done.fetched_bytes < 200_000, "{done:?}");
}

#[test]
fn a_file_is_written_where_it_stands_with_all_its_names() {
    let portal = Portal::twice();
    let large = portal.restored().join("văn bản/2026/lớn.bin");
    let (one, two) = (portal.restored().join("một"), portal.restored().join("văn bản/2026/hai"));
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    let before = (inode(&large), inode(&one));
    let mut content = fs::read(&large).unwrap();
    content.truncate(700_000);
    fs::write(&large, content).unwrap();
    fs::write(&one, "nội dung khác").unwrap();
    portal.restore(&over(Overwrite::Always)).unwrap();
    assert_alike(&portal.saved(), &portal.restored());
    assert_eq!((inode(&large), inode(&one)), before);
    assert_eq!(inode(&one), inode(&two));
}

#[test]
fn a_file_with_a_name_elsewhere_is_replaced_and_not_written_to() {
    let portal = Portal::twice();
    let elsewhere = portal.place.path("tên khác");
    let changed = portal.restored().join("văn bản/2026/ảnh-001.jpg");
    fs::write(&changed, "của người khác").unwrap();
    fs::hard_link(&changed, &elsewhere).unwrap();
    // The content is right, only the mode is not: that, too, would be changed elsewhere.
    let redressed = portal.restored().join("văn bản/2026/ảnh-002.jpg");
    let also = portal.place.path("tên khác nữa");
    fs::hard_link(&redressed, &also).unwrap();
    fs::set_permissions(&redressed, fs::Permissions::from_mode(0o611)).unwrap();
    // Nothing of this one differs: it stays what it is.
    let right = portal.restored().join("văn bản/2026/ảnh-003.jpg");
    fs::hard_link(&right, portal.place.path("tên thứ ba")).unwrap();

    portal.restore(&over(Overwrite::Always)).unwrap();
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "của người khác");
    assert_eq!(fs::metadata(&also).unwrap().mode() & 0o777, 0o611);
    assert_eq!(fs::metadata(&right).unwrap().nlink(), 2);
    fs::remove_file(portal.place.path("tên thứ ba")).unwrap();
    assert_alike(&portal.saved(), &portal.restored());
}

#[test]
fn a_running_program_is_replaced() {
    let portal = Portal::twice();
    let program = portal.restored().join("văn bản/2026/ảnh-001.jpg");
    fs::copy("/bin/cat", &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let running = std::process::Command::new(&program)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn();
    let mut running = running.unwrap();
    portal.restore(&over(Overwrite::Always)).unwrap();
    drop(running.stdin.take());
    assert!(running.wait().unwrap().success());
    assert_alike(&portal.saved(), &portal.restored());
}

#[test]
fn each_rule_replaces_what_it_says_and_leaves_the_rest() {
    for (rule, replaced, left) in [
        (Overwrite::Always, &["older", "newer", "same-time", "same"][..], 0),
        (Overwrite::IfChanged, &["older", "newer"], 0),
        (Overwrite::IfNewer, &["older"], 3),
        (Overwrite::Never, &[], 4),
    ] {
        let portal = Portal::twice();
        let images = portal.restored().join("văn bản/2026");
        let file = |name: &str| match name {
            "older" => images.join("ảnh-001.jpg"),
            "newer" => images.join("ảnh-002.jpg"),
            // Other content of the same length: only reading finds it.
            "same-time" => images.join("ảnh-003.jpg"),
            _ => images.join("ảnh-004.jpg"),
        };
        for name in ["older", "newer", "same-time", "same"] {
            let time = fs::metadata(file(name)).unwrap().modified().unwrap();
            let content = fs::read(file(name)).unwrap();
            fs::write(file(name), content.iter().map(|byte| !byte).collect::<Vec<_>>()).unwrap();
            let day = std::time::Duration::from_hours(24);
            let time = match name {
                "older" => time - day,
                "newer" => time + day,
                _ => time,
            };
            File::options().write(true).open(file(name)).unwrap().set_modified(time).unwrap();
        }
        fs::remove_file(images.join("ảnh-005.jpg")).unwrap();
        let report = portal.restore(&over(rule)).unwrap();
        for name in ["older", "newer", "same-time", "same"] {
            let path = file(name);
            let saved = portal.saved().join(path.strip_prefix(portal.restored()).unwrap());
            let is_saved = fs::read(&path).unwrap() == fs::read(saved).unwrap();
            assert_eq!(is_saved, replaced.contains(&name), "{rule:?}: {name}");
        }
        assert!(images.join("ảnh-005.jpg").exists(), "{rule:?}: what is missing is restored");
        if rule == Overwrite::Never {
            assert_eq!((report.made, report.changed, report.unchanged), (1, 0, 0));
        } else if rule == Overwrite::IfNewer {
            assert!(report.left > left, "all files of the same time are left: {report:?}");
        } else {
            assert_eq!(report.left, left, "{rule:?}");
        }
    }
}

#[test]
fn a_name_that_is_left_does_not_give_its_content_to_another() {
    let portal = Portal::twice();
    let (one, two) = (portal.restored().join("một"), portal.restored().join("văn bản/2026/hai"));
    fs::remove_file(&two).unwrap();
    fs::remove_file(&one).unwrap();
    fs::write(&one, "của người khác").unwrap();
    portal.restore(&over(Overwrite::Never)).unwrap();
    assert_eq!(fs::read_to_string(&one).unwrap(), "của người khác");
    assert_eq!(fs::read_to_string(&two).unwrap(), "hai tên");
}

#[test]
fn a_link_in_place_of_a_folder_is_refused_by_name_and_never_followed() {
    let portal = Portal::twice();
    let outside = portal.outside();
    let folder = portal.restored().join("văn bản/2026");
    command("rm", &["-r"], std::slice::from_ref(&folder));
    symlink(&outside, &folder).unwrap();
    for rule in Overwrite::ALL.map(|(rule, _)| rule) {
        let report = incomplete(portal.restore(&over(rule)));
        assert_eq!(lost(&report), ["media/files/văn bản/2026"], "{rule:?}");
        assert_eq!(report.lost[0].fault.code(), "restore.link-in-the-way");
        portal.check_outside();
        assert!(folder.is_symlink());
        assert!(!portal.target().join(".duphong-restore").exists());
    }
    let error = portal.restore(&over(Overwrite::Always)).unwrap_err();
    assert_eq!(error.exit(), ExitCode::Failed, "never 0");

    let report = portal.restore(&deleting()).unwrap();
    assert_eq!(deleted(&report), ["media/files/văn bản/2026"]);
    portal.check_outside();
    assert_alike(&portal.saved(), &portal.restored());
}

/// Does something when a phase begins: what another program does while a restore runs.
struct At<F>(&'static str, F);

impl<F: Fn() + Send + Sync> Progress for At<F> {
    fn phase(&self, phase: &'static str) {
        if phase == self.0 {
            (self.1)();
        }
    }
    fn total(&self, _items: u64, _bytes: u64) {}
    fn advance(&self, _items: u64, _bytes: u64) {}
}

#[test]
fn a_folder_that_becomes_a_link_while_the_restore_runs_leads_nowhere() {
    for phase in ["phase-restore-content", "phase-restore-metadata"] {
        let portal = Portal::twice();
        let outside = portal.outside();
        fs::write(outside.join("ảnh-001.jpg"), "không được đụng đến").unwrap();
        let folder = portal.restored().join("văn bản/2026");
        for number in 0..100 {
            fs::write(folder.join(format!("ảnh-{number:03}.jpg")), "hỏng").unwrap();
        }
        let swap = At(phase, || {
            fs::rename(&folder, portal.place.path("chuyển đi")).unwrap();
            symlink(&outside, &folder).unwrap();
        });
        let (options, cancel) = (over(Overwrite::Always), Cancel::default());
        let target = portal.target();
        let outcome = restore(&portal.repository, &portal.set, &target, &options, &swap, &cancel);
        let kept = fs::read_to_string(outside.join("ảnh-001.jpg")).unwrap();
        assert_eq!(kept, "không được đụng đến", "{phase}");
        let mode = fs::metadata(outside.join("ảnh-001.jpg")).unwrap().mode() & 0o777;
        assert_ne!(mode, 0o600, "{phase}");
        fs::remove_file(outside.join("ảnh-001.jpg")).unwrap();
        portal.check_outside();
        match outcome {
            Ok(report) => assert!(!report.warnings.is_empty(), "{phase}: it goes unsaid"),
            Err(RestoreError::Incomplete { report }) => {
                assert!(lost(&report).iter().any(|path| path.contains("ảnh-001")), "{phase}");
            }
            Err(other) => panic!("{phase}: {other}"),
        }
    }
}

#[test]
fn what_the_restore_itself_writes_does_not_follow_a_link_either() {
    let portal = Portal::new();
    let outside = portal.outside();
    fs::create_dir(portal.target()).unwrap();
    symlink(outside.join("tệp"), portal.target().join(".duphong-restore.tmp")).unwrap();
    portal.restore(&over(Overwrite::Always)).unwrap();
    portal.check_outside();
    assert_alike(&portal.saved(), &portal.restored());

    symlink(outside.join("tệp"), portal.target().join(".duphong-restore")).unwrap();
    let error = portal.restore(&over(Overwrite::Always)).unwrap_err();
    assert!(matches!(error, RestoreError::File(_) | RestoreError::OtherSet { .. }), "{error}");
    portal.check_outside();
}

#[test]
fn a_folder_in_place_of_a_file_is_refused_unless_deleting_was_asked_for() {
    let portal = Portal::twice();
    let file = portal.restored().join("nhỏ.txt");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    fs::write(file.join("bên trong"), "").unwrap();
    let report = incomplete(portal.restore(&over(Overwrite::Always)));
    assert_eq!(lost(&report), ["media/files/nhỏ.txt"]);
    assert_eq!(report.lost[0].fault.code(), "restore.in-the-way");
    assert!(file.join("bên trong").exists());
    portal.restore(&deleting()).unwrap();
    assert_alike(&portal.saved(), &portal.restored());
}

/// Puts things into the target that the set does not have.
fn add_surplus(portal: &Portal) {
    let restored = portal.restored();
    let outside = portal.outside();
    fs::create_dir_all(restored.join("mới/sâu/hơn")).unwrap();
    fs::write(restored.join("mới/sâu/hơn/tệp"), "").unwrap();
    symlink(&outside, restored.join("mới/ra ngoài")).unwrap();
    symlink(&outside, restored.join("văn bản/ra ngoài")).unwrap();
    fs::write(restored.join("văn bản/2026/thừa"), "").unwrap();
    fs::write(portal.target().join("cạnh media"), "").unwrap();
    fs::create_dir(portal.target().join("lost+found")).unwrap();
}

const SURPLUS: [&str; 3] =
    ["media/files/mới", "media/files/văn bản/2026/thừa", "media/files/văn bản/ra ngoài"];

#[test]
fn deleting_leaves_what_the_set_has_and_follows_no_link() {
    let portal = Portal::twice();
    add_surplus(&portal);
    let dry = RestoreOptions { dry_run: true, ..deleting() };
    let before = picture(&portal.target());
    assert_eq!(deleted(&portal.restore(&dry).unwrap()), SURPLUS);
    assert!(picture(&portal.target()) == before);
    // Without the wish nothing of it goes.
    assert_eq!(deleted(&portal.restore(&over(Overwrite::Always)).unwrap()), [""; 0]);
    assert!(portal.restored().join("mới/sâu/hơn/tệp").exists());

    assert_eq!(deleted(&portal.restore(&deleting()).unwrap()), SURPLUS);
    assert_alike(&portal.saved(), &portal.restored());
    assert!(portal.target().join("lost+found").exists(), "it is the file system's");
    assert!(portal.target().join("cạnh media").exists(), "the set says nothing of the target");
    portal.check_outside();
}

#[test]
fn with_chosen_paths_only_what_lies_in_them_is_deleted() {
    let portal = Portal::twice();
    add_surplus(&portal);
    let only = vec![PathBuf::from("media/files/văn bản/2026"), "media/files/một".into()];
    let report = portal.restore(&RestoreOptions { only, ..deleting() }).unwrap();
    assert_eq!(deleted(&report), ["media/files/văn bản/2026/thừa"]);
    assert!(portal.restored().join("mới/sâu/hơn/tệp").exists());
    assert!(portal.target().join("cạnh media").exists());
}

#[test]
fn a_folder_of_the_set_may_be_the_target() {
    let portal = Portal::twice();
    add_surplus(&portal);
    fs::write(portal.restored().join("cạnh"), "").unwrap();
    let only = vec![PathBuf::from("văn bản")];
    let from = Some(PathBuf::from("/media/files/"));
    let options = RestoreOptions { from: from.clone(), ..deleting() };
    let target = portal.restored();
    let some = RestoreOptions { only, ..options.clone() };
    let report = run(&portal.repository, &portal.set, &target, &some).unwrap();
    assert_eq!(deleted(&report), ["văn bản/2026/thừa", "văn bản/ra ngoài"]);
    let report = run(&portal.repository, &portal.set, &target, &options).unwrap();
    assert_eq!(deleted(&report), ["cạnh", "mới"], "the target stands for a folder of the set");
    assert_eq!((report.made, report.changed), (0, 0));
    assert_alike(&portal.saved(), &target);
    assert!(portal.target().join("cạnh media").exists());
    portal.check_outside();
    let nowhere = RestoreOptions { from: Some("media/files/một".into()), ..deleting() };
    let error = run(&portal.repository, &portal.set, &target, &nowhere).unwrap_err();
    assert!(matches!(error, RestoreError::NoSuchPath { .. }), "a file is no folder: {error}");
}

#[test]
fn with_a_set_that_is_not_whole_nothing_is_deleted() {
    let portal = Portal::twice();
    add_surplus(&portal);
    fs::remove_file(portal.restored().join("nhỏ.txt")).unwrap();
    fs::create_dir_all(portal.restored().join("nhỏ.txt/bên trong")).unwrap();
    fs::remove_file(portal.restored().join("văn bản/2026/lớn.bin")).unwrap();
    let store = Faulty::new(portal.place.store());
    store.damage(&portal.pack_of("media/files/văn bản/2026/lớn.bin"), Damage::Remove);
    let damaged = Repository::open(Arc::new(store), &password(), &world()).unwrap();
    let report = incomplete(run(&damaged, &portal.set, &portal.target(), &deleting()));
    // What was in the way had to go before anybody could know.
    assert_eq!(deleted(&report), ["media/files/nhỏ.txt"]);
    assert!(report.warnings.iter().any(|warning| warning.message.id == "restore-warning-spared"));
    for path in SURPLUS {
        assert!(portal.target().join(path).symlink_metadata().is_ok(), "{path}");
    }
}

/// A folder of the set that cannot be read is known before anything is done.
#[test]
fn with_a_folder_that_cannot_be_read_nothing_gives_way() {
    let portal = Portal::twice();
    let (written, _) = save(&portal.repository, &portal.saved(), None);
    add_surplus(&portal);
    fs::remove_file(portal.restored().join("nhỏ.txt")).unwrap();
    fs::create_dir_all(portal.restored().join("nhỏ.txt/bên trong")).unwrap();
    let index = portal.repository.load_index().unwrap();
    let root = portal.repository.snapshot(&written.id).unwrap().tree;
    let media = portal.repository.load_tree(&index, &root).unwrap();
    let files = media.find(b"media").unwrap().subtree.unwrap();
    let files = portal.repository.load_tree(&index, &files).unwrap();
    let portal_tree = files.find(b"files").unwrap().subtree.unwrap();
    let portal_tree = portal.repository.load_tree(&index, &portal_tree).unwrap();
    let lost_tree = portal_tree.find("rỗng".as_bytes()).unwrap().subtree.unwrap();
    let place = index.find(duphong::repository::blob::BlobKind::Tree, &lost_tree).unwrap();
    let store = Faulty::new(portal.place.store());
    let flip = Damage::Flip { offset: place.blob.offset as usize + 20, bit: 1 };
    store.damage(&duphong::repository::layout::pack(&place.pack), flip);
    let damaged = Repository::open(Arc::new(store), &password(), &world()).unwrap();
    let report = incomplete(run(&damaged, &written.id, &portal.target(), &deleting()));
    assert_eq!(deleted(&report), [""; 0]);
    assert_eq!(lost(&report), ["media/files/nhỏ.txt", "media/files/rỗng"]);
    assert!(portal.restored().join("nhỏ.txt/bên trong").exists());
}

#[test]
fn a_bad_pack_costs_what_it_held_and_the_bytes_are_named() {
    let portal = Portal::twice();
    let victim = "media/files/văn bản/2026/lớn.bin";
    let path = portal.target().join(victim);
    let length = fs::metadata(&path).unwrap().len();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, vec![7; whole.len()]).unwrap();
    fs::remove_file(portal.restored().join("nhỏ.txt")).unwrap();
    let store = Faulty::new(portal.place.store());
    store.damage(&portal.pack_of(victim), Damage::Remove);
    let damaged = Repository::open(Arc::new(store), &password(), &world()).unwrap();
    let restored = run(&damaged, &portal.set, &portal.target(), &over(Overwrite::Always));
    let exit = restored.as_ref().unwrap_err().exit();
    assert_eq!(exit, ExitCode::Integrity);
    let report = incomplete(restored);
    let named = report.lost.iter().find(|lost| lost.path == victim.as_bytes()).unwrap();
    let half = fs::read(portal.target().join(format!("{victim}.duphong-incomplete"))).unwrap();
    assert!(!path.exists());
    assert!(!named.missing.is_empty() && named.missing[0].start == 0, "{:?}", named.missing);
    let mut at = 0;
    for range in &named.missing {
        let [start, end] = [range.start, range.end].map(|at| usize::try_from(at).unwrap());
        assert!(start >= at && start < end, "in order: {:?}", named.missing);
        assert_eq!(half[at..start], whole[at..start], "what is not named is right");
        assert_eq!(half[start..end], vec![7; end - start], "what was there is there");
        at = end;
    }
    assert_eq!(half[at..], whole[at..]);
    assert!(at as u64 <= length);
    // Everything else is restored.
    let mut saved = picture(&portal.saved());
    for path in lost(&report) {
        saved.remove(Path::new(path.strip_prefix("media/files/").unwrap()));
    }
    let restored = picture(&portal.restored());
    for (path, line) in saved {
        assert_eq!(restored.get(&path), Some(&line), "{}", path.display());
    }
}

#[test]
fn reading_back_finds_what_the_disk_did_not_keep() {
    let portal = Portal::new();
    let file = portal.restored().join("văn bản/2026/lớn.bin");
    let spoil = At("phase-restore-verify", || {
        let mut content = fs::read(&file).unwrap();
        content[123_456] ^= 4;
        fs::write(&file, content).unwrap();
    });
    let options = RestoreOptions { verify: true, ..RestoreOptions::default() };
    let (target, cancel) = (portal.target(), Cancel::default());
    let restored = restore(&portal.repository, &portal.set, &target, &options, &spoil, &cancel);
    let report = incomplete(restored);
    assert_eq!(lost(&report), ["media/files/văn bản/2026/lớn.bin"]);
    assert_eq!(report.lost[0].fault.code(), "restore.differs");
    assert!(!file.exists());
    portal
        .restore(&RestoreOptions { delete: true, verify: true, ..over(Overwrite::Always) })
        .unwrap();
    assert_alike(&portal.saved(), &portal.restored());
}

#[test]
fn holes_come_back_in_a_file_that_had_none() {
    let portal = Portal::twice();
    let sparse = portal.restored().join("thưa");
    let length = fs::metadata(&sparse).unwrap().len();
    fs::write(&sparse, vec![1; usize::try_from(length).unwrap()]).unwrap();
    portal.restore(&over(Overwrite::Always)).unwrap();
    assert_alike(&portal.saved(), &portal.restored());
    let blocks = fs::metadata(&sparse).unwrap().blocks();
    assert!(blocks * 512 < 1_000_000, "{blocks} blocks");
}

/// A POSIX access list: version 2, then tag, permissions and id of each line.
fn access_list(lines: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in lines {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

#[test]
fn access_lists_come_back_and_foreign_ones_go() {
    const NOBODY: u32 = u32::MAX;
    let portal = Portal::new();
    let shared = portal.saved().join("nhỏ.txt");
    let list = access_list(&[
        (0x01, 6, NOBODY),
        (0x02, 4, 4242),
        (0x04, 4, NOBODY),
        (0x10, 4, NOBODY),
        (0x20, 0, NOBODY),
    ]);
    let set = |path: &Path, name: &str| {
        rustix::fs::setxattr(path, name, &list, XattrFlags::empty()).unwrap();
    };
    set(&shared, "system.posix_acl_access");
    let (written, summary) = save(&portal.repository, &portal.saved(), None);
    assert_eq!(summary.skipped, []);
    // In the target somebody else was let in, and into all that is made there.
    fs::create_dir_all(portal.restored()).unwrap();
    set(&portal.restored(), "system.posix_acl_default");
    let foreign = portal.restored().join("một");
    fs::write(&foreign, "hai tên").unwrap();
    assert!(picture(&portal.restored())[Path::new("một")].contains("posix_acl_access"));
    run(&portal.repository, &written.id, &portal.target(), &over(Overwrite::Always)).unwrap();
    assert_alike(&portal.saved(), &portal.restored());
    assert!(picture(&portal.restored())[Path::new("nhỏ.txt")].contains("posix_acl_access"));
}

#[test]
fn the_plan_is_known_before_anything_is_changed() {
    let portal = Portal::twice();
    add_surplus(&portal);
    spoil(&portal.restored());
    let before = picture(&portal.target());
    let (options, target, cancel) = (deleting(), portal.target(), Cancel::default());
    let prepared =
        Prepared::new(&portal.repository, &portal.set, &target, &options, &Silent, &cancel);
    let prepared = prepared.unwrap();
    let outline = prepared.outline();
    assert!(picture(&portal.target()) == before);
    let done = prepared.run(&Silent, &cancel).unwrap();
    assert_eq!(deleted(&outline), deleted(&done));
    assert_eq!(
        (outline.made, outline.changed, outline.unchanged, outline.fetched_bytes),
        (done.made, done.changed, done.unchanged, done.fetched_bytes)
    );
}
