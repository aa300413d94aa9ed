//! What only a disk can do: crash leftovers, modes, missing mounts, links, no space.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use bytes::Bytes;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::store::disk::DiskStore;
use duphong::store::{ObjectStore as _, StoreError};
use duphong::world::process::Process;
use tempfile::tempdir;

use crate::store::{name, run};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_missing_folder_is_refused_and_not_created() {
    let folder = tempdir().unwrap();
    let missing = folder.path().join("not-mounted");
    let error = DiskStore::open(&missing).unwrap_err();
    assert!(matches!(error, StoreError::NoStore { .. }));
    assert_eq!(error.exit(), ExitCode::RepositoryMissing);
    assert!(!missing.exists());
}

#[test]
fn a_folder_that_goes_away_is_unreachable_and_not_empty() {
    let folder = tempdir().unwrap();
    let root = folder.path().join("store");
    let store = DiskStore::create(&root).unwrap();
    fs::remove_dir_all(&root).unwrap();
    let is_unreachable = |error| matches!(error, StoreError::Unreachable { .. });
    assert!(is_unreachable(run(store.list("")).unwrap_err()));
    assert!(is_unreachable(run(store.get(&name("config"))).unwrap_err()));
    assert!(is_unreachable(run(store.exists(&name("config"))).unwrap_err()));
    assert!(is_unreachable(run(store.put(&name("config"), Bytes::new())).unwrap_err()));
    assert!(is_unreachable(run(store.delete(&name("config"))).unwrap_err()));
    assert!(!root.exists());
}

#[test]
fn files_and_folders_are_for_their_owner_only() {
    let folder = tempdir().unwrap();
    let root = folder.path().join("a/b");
    let store = DiskStore::create(&root).unwrap();
    run(store.put(&name("data/ab/x"), Bytes::from_static(b"x"))).unwrap();
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join("data/ab")), 0o700);
    assert_eq!(mode(&root.join("tmp")), 0o700);
    assert_eq!(mode(&root.join("data/ab/x")), 0o600);
}

#[test]
fn leftovers_of_the_dead_are_removed_by_the_next_writer_and_the_living_are_left_alone() {
    let folder = tempdir().unwrap();
    let store = DiskStore::create(folder.path()).unwrap();
    run(store.put(&name("config"), Bytes::from_static(b"c"))).unwrap();
    let dead = folder.path().join("tmp/1-0");
    let living = folder.path().join("tmp/1-1");
    fs::write(&dead, "half a pa").unwrap();
    fs::write(&living, "half a pa").unwrap();
    let lock = fs::File::open(&living).unwrap();
    lock_as_a_writer_does(&lock);

    let reader = DiskStore::open(folder.path()).unwrap();
    assert_eq!(run(reader.get(&name("config"))).unwrap(), "c");
    let listed = run(reader.list("")).unwrap();
    assert_eq!(listed, [(name("config"), 1)], "unfinished files are not objects");
    assert!(dead.exists(), "reading changes nothing");

    run(reader.put(&name("keys/1"), Bytes::from_static(b"k"))).unwrap();
    assert!(!dead.exists());
    assert!(living.exists());
}

fn lock_as_a_writer_does(file: &fs::File) {
    file.try_lock().unwrap();
}

#[test]
fn nothing_is_left_in_tmp_after_success_or_failure() {
    let folder = tempdir().unwrap();
    let store = DiskStore::create(folder.path()).unwrap();
    run(store.put(&name("config"), Bytes::from_static(b"c"))).unwrap();
    // A file stands where a folder would be needed.
    run(store.put(&name("config/below"), Bytes::from_static(b"x"))).unwrap_err();
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn links_and_foreign_names_in_the_folder_are_not_objects() {
    let folder = tempdir().unwrap();
    let store = DiskStore::create(folder.path()).unwrap();
    run(store.put(&name("data/ab/x"), Bytes::from_static(b"x"))).unwrap();
    symlink("/etc", folder.path().join("data/etc")).unwrap();
    symlink("..", folder.path().join("data/loop")).unwrap();
    fs::write(folder.path().join("data/ab/tên lạ"), "?").unwrap();
    fs::write(folder.path().join("lost+found"), "?").unwrap();
    assert_eq!(run(store.list("")).unwrap(), [(name("data/ab/x"), 1)]);
}

/// Files of the kernel say that they are a page long, and give less: so does a file that somebody
/// cuts while it is read.
#[test]
fn a_file_that_gives_less_than_its_length_is_no_part_of_itself() {
    let (folder, object) = (tempdir().unwrap(), name("data/ab/x"));
    let store = DiskStore::create(folder.path()).unwrap();
    run(store.put(&name("data/ab/y"), Bytes::from_static(b"y"))).unwrap();
    symlink("/sys/kernel/uevent_seqnum", folder.path().join("data/ab/x")).unwrap();
    let (said, given) = (run(store.size(&object)).unwrap(), run(store.get(&object)).unwrap());
    assert!(given.len() < 100 && said > 1000, "{said}, {given:?}");
    assert_eq!(run(store.get_range(&object, 0, 1)).unwrap().len(), 1);
    let error = run(store.get_range(&object, 0, 1000)).unwrap_err();
    assert!(matches!(error, StoreError::OutOfRange { .. }), "{error}");
}

/// Also root cannot list a folder whose path is longer than the system takes.
#[test]
fn a_folder_that_cannot_be_listed_is_not_empty() {
    let folder = tempdir().unwrap();
    let mut root = folder.path().to_owned();
    while root.as_os_str().len() < 4085 {
        root.push("x".repeat((4085 - root.as_os_str().len()).min(200)));
    }
    let store = DiskStore::create(&root).unwrap();
    assert!(run(store.list("")).unwrap().is_empty());
    let inside = fs::File::open(&root).unwrap();
    rustix::fs::mkdirat(&inside, "snapshots", rustix::fs::Mode::RWXU).unwrap();
    for prefix in ["", "snapshots/"] {
        let error = run(store.list(prefix)).unwrap_err();
        assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
    }
    assert!(run(store.list("locks/")).unwrap().is_empty());
}

#[test]
fn a_huge_file_is_refused_rather_than_loaded() {
    let folder = tempdir().unwrap();
    let store = DiskStore::create(folder.path()).unwrap();
    let huge = fs::File::create(folder.path().join("config")).unwrap();
    huge.set_len(1 << 40).unwrap();
    let error = run(store.get(&name("config"))).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }));
    let error = run(store.get_range(&name("config"), 0, 1 << 39)).unwrap_err();
    assert!(matches!(error, StoreError::OutOfRange { .. }));
    assert_eq!(run(store.get_range(&name("config"), 1 << 39, 2)).unwrap(), vec![0, 0]);
}

/// A file system of 1 MiB for real: needs root, as the suite does (`tests/run`).
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempdir().unwrap();
        mount_command("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs"], folder.path());
        Self(folder)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        mount_command("umount", &[], self.0.path());
    }
}

fn mount_command(program: &str, arguments: &[&str], folder: &Path) {
    let clock = duphong::world::clock::SystemClock::default();
    let limit = std::time::Duration::from_secs(20);
    Process::new(program).args(arguments).arg(folder).output(&clock, limit).unwrap();
}

#[test]
fn a_full_disk_is_said_to_be_full_and_loses_nothing() {
    let disk = SmallDisk::mount();
    let store = DiskStore::create(disk.0.path().join("store")).unwrap();
    run(store.put(&name("data/first"), vec![1; 300_000].into())).unwrap();
    let error = run(store.put(&name("data/second"), vec![2; 900_000].into())).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert_eq!(error.code(), "store.full");
    // The torn file gave its space back, so what fits still fits, and what was there is there.
    run(store.put(&name("data/third"), vec![3; 500_000].into())).unwrap();
    assert_eq!(run(store.get(&name("data/first"))).unwrap(), vec![1; 300_000]);
    assert!(!run(store.exists(&name("data/second"))).unwrap());
    assert_eq!(fs::read_dir(disk.0.path().join("store/tmp")).unwrap().count(), 0);
}
