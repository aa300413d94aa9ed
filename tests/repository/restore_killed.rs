//! A restore that is killed by SIGKILL in the middle, and the one that goes on.
//!
//! The one that is killed is this test program once more, in a process of its own, with a store
//! that ends the process when so many bytes were read from it.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::progress::Silent;
use duphong::repository::restore::{Overwrite, RestoreError, RestoreOptions, Restored, restore};
use duphong::repository::{Repository, SnapshotId};
use duphong::store::disk::DiskStore;
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::kit::{Place, noise, password, save, world};
use crate::repository::read_kit::assert_alike;
use crate::repository::restore_kit::leave_only_folders_in_the_index;
use crate::store::around::{Around, Through};

/// Says to the child what to do: the folder, the set, the bytes, and the rule.
pub(super) const ORDER: &str = "DUPHONG_TEST_RESTORE";

/// What does it, by its name among the tests.
pub(super) const CHILD: &str = "repository::restore_killed::a_restore_that_may_be_killed";

/// Counts the bytes read from packs, and may end the process at some number of them.
struct Counting {
    inner: DiskStore,
    read: AtomicU64,
    deadly: u64,
}

impl Counting {
    fn new(place: &Path, deadly: u64) -> Arc<Through<Self>> {
        let inner = DiskStore::open(place.join("repository")).unwrap();
        Through::new(Self { inner, read: AtomicU64::new(0), deadly })
    }

    fn count(&self, name: &ObjectName, bytes: u64) {
        if !name.to_string().starts_with("data/") {
            return;
        }
        if self.read.fetch_add(bytes, Ordering::SeqCst) + bytes >= self.deadly {
            let myself = rustix::process::getpid();
            rustix::process::kill_process(myself, rustix::process::Signal::KILL).unwrap();
        }
    }
}

#[async_trait::async_trait]
impl Around for Counting {
    fn inner(&self) -> &dyn ObjectStore {
        &self.inner
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let bytes = self.inner.get(name).await?;
        self.count(name, bytes.len() as u64);
        Ok(bytes)
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        self.count(name, length);
        self.inner.get_range(name, offset, length).await
    }
}

/// Restores into the target of `place`; the report, and the bytes read from packs.
fn restored(
    place: &Path,
    set: &SnapshotId,
    options: &RestoreOptions,
    deadly: u64,
) -> (Result<Restored, RestoreError>, u64) {
    let store = Counting::new(place, deadly);
    let counted = Arc::clone(&store);
    let repository = Repository::open(store, &password(), &world()).unwrap();
    let (target, cancel) = (place.join("target"), Cancel::default());
    let report = restore(&repository, set, &target, options, &Silent, &cancel);
    (report, counted.read.load(Ordering::SeqCst))
}

fn options(rule: &str) -> RestoreOptions {
    RestoreOptions { over: Overwrite::named(rule), ..RestoreOptions::default() }
}

/// Not a test of its own: in a process without an order it does nothing.
#[test]
fn a_restore_that_may_be_killed() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let [place, set, deadly, rule] = order.split('|').collect::<Vec<_>>().try_into().unwrap();
    let id = SnapshotId(set.parse().unwrap());
    restored(Path::new(place), &id, &options(rule), deadly.parse().unwrap()).0.unwrap();
}

/// Kills a restore once it has read so many bytes.
fn kill_at(place: &Place, set: &SnapshotId, rule: &str, bytes: u64) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD])
        .env(ORDER, format!("{}|{set}|{bytes}|{rule}", place.folder.path().display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(9), "{status}");
}

/// Files of one piece, of many, and one that is most of all.
fn make_source(root: &Path) {
    fs::create_dir_all(root.join("nhỏ")).unwrap();
    for number in 0..200 {
        fs::write(root.join(format!("nhỏ/{number}")), noise(number, 20_000)).unwrap();
    }
    fs::write(root.join("lớn"), noise(1000, 6_000_000)).unwrap();
    fs::hard_link(root.join("lớn"), root.join("tên khác")).unwrap();
}

fn resume(rule: &str) -> RestoreOptions {
    RestoreOptions { resume: true, ..options(rule) }
}

#[test]
fn killed_at_half_a_restore_goes_on_and_fetches_little_again() {
    let place = Place::new();
    make_source(&place.path("source"));
    let (written, _) = save(&place.init(), &place.path("source"), None);
    let (whole, all) = restored(place.folder.path(), &written.id, &options(""), u64::MAX);
    whole.unwrap();
    fs::remove_dir_all(place.path("target")).unwrap();

    for share in [2, 20] {
        let killed_at = all - all / share;
        kill_at(&place, &written.id, "", killed_at);
        assert!(place.path("target/.duphong-restore").exists());
        let again = restored(place.folder.path(), &written.id, &options(""), u64::MAX);
        assert!(matches!(again.0, Err(RestoreError::Unfinished { .. })));
        let (report, more) = restored(place.folder.path(), &written.id, &resume(""), u64::MAX);
        report.unwrap();
        assert_alike(&place.path("source"), &place.path("target/media/files"));
        let twice = (killed_at + more).saturating_sub(all);
        assert!(twice * 10 <= all, "{twice} of {all} bytes were read twice");
        fs::remove_dir_all(place.path("target")).unwrap();
    }
}

/// Killed when all content is there and the last pass makes second names: these files are no
/// reason to fetch them again.
#[test]
fn a_file_whose_second_name_was_made_is_not_fetched_again() {
    let place = Place::new();
    make_source(&place.path("source"));
    let (written, _) = save(&place.init(), &place.path("source"), None);
    let (whole, _) = restored(place.folder.path(), &written.id, &options(""), u64::MAX);
    whole.unwrap();
    let marker = format!("duphong restore 2\n{}\noverwrite none\n", written.id);
    fs::write(place.path("target/.duphong-restore"), marker).unwrap();
    let (report, _) = restored(place.folder.path(), &written.id, &resume(""), u64::MAX);
    let report = report.unwrap();
    assert_eq!((report.fetched_bytes, report.changed), (0, 0));
}

/// The rule that leaves what is there must not take a half file of the killed run for somebody's.
#[test]
fn killed_under_a_rule_that_leaves_files_no_half_file_is_left() {
    for rule in ["never", "if-newer", "if-changed"] {
        let place = Place::new();
        make_source(&place.path("source"));
        let (written, _) = save(&place.init(), &place.path("source"), None);
        let own = place.path("target/media/files/nhỏ/7");
        fs::create_dir_all(own.parent().unwrap()).unwrap();
        fs::write(&own, "của người khác").unwrap();
        let (outline, _) = restored(
            place.folder.path(),
            &written.id,
            &RestoreOptions { dry_run: true, ..options(rule) },
            u64::MAX,
        );
        let all = outline.unwrap().fetched_bytes;
        kill_at(&place, &written.id, rule, all / 2);
        let other = RestoreOptions { resume: true, ..options("always") };
        let (refused, _) = restored(place.folder.path(), &written.id, &other, u64::MAX);
        assert!(matches!(refused, Err(RestoreError::OtherOptions { .. })), "{rule}");
        let narrower = RestoreOptions { only: vec!["media/files/nhỏ".into()], ..resume(rule) };
        let (refused, _) = restored(place.folder.path(), &written.id, &narrower, u64::MAX);
        assert!(matches!(refused, Err(RestoreError::OtherOptions { .. })), "{rule}");

        let (report, _) = restored(place.folder.path(), &written.id, &resume(rule), u64::MAX);
        report.unwrap();
        if rule != "if-changed" {
            assert_eq!(fs::read_to_string(&own).unwrap(), "của người khác", "{rule}");
            fs::copy(place.path("source/nhỏ/7"), &own).unwrap();
            let time = fs::metadata(place.path("source/nhỏ/7")).unwrap().modified().unwrap();
            fs::File::options().write(true).open(&own).unwrap().set_modified(time).unwrap();
        }
        let (saved, restored) = (place.path("source"), place.path("target/media/files"));
        if rule == "never" {
            // Folders that were there keep their own time.
            for folder in ["", "nhỏ"] {
                let time = fs::metadata(saved.join(folder)).unwrap().modified().unwrap();
                fs::File::open(restored.join(folder)).unwrap().set_modified(time).unwrap();
            }
        }
        assert_alike(&saved, &restored);
    }
}

/// After a power loss a file may have its length and its time, and not its content.
#[test]
fn a_restore_that_goes_on_believes_neither_length_nor_time() {
    let place = Place::new();
    make_source(&place.path("source"));
    let (written, _) = save(&place.init(), &place.path("source"), None);
    let restore = |options| restored(place.folder.path(), &written.id, &options, u64::MAX).0;
    restore(options("if-changed")).unwrap();
    let target = place.path("target/media/files");
    let hollow = target.join("nhỏ/7");
    let time = fs::metadata(&hollow).unwrap().modified().unwrap();
    fs::write(&hollow, vec![0; 20_000]).unwrap();
    fs::File::options().write(true).open(&hollow).unwrap().set_modified(time).unwrap();
    assert_eq!(restore(options("if-changed")).unwrap().fetched_bytes, 0, "by that rule it is");

    let marker = format!("duphong restore 2\n{}\noverwrite if-changed\n", written.id);
    fs::write(place.path("target/.duphong-restore"), marker).unwrap();
    restore(resume("if-changed")).unwrap();
    assert_alike(&place.path("source"), &target);
}

/// What a killed run left of a file keeps no good name when nobody knows any more what belongs in it.
#[test]
fn a_half_file_of_which_the_index_knows_nothing_any_more_loses_its_name() {
    let place = Place::new();
    fs::create_dir(place.path("source")).unwrap();
    fs::write(place.path("source/một"), noise(1, 20_000)).unwrap();
    let repository = place.init();
    let (written, _) = save(&repository, &place.path("source"), None);
    let restore = |options| restored(place.folder.path(), &written.id, &options, u64::MAX).0;
    restore(options("")).unwrap();
    let half = place.path("target/media/files/một");
    fs::write(&half, noise(1, 10_000)).unwrap();
    let marker = format!("duphong restore 2\n{}\noverwrite none\n", written.id);
    fs::write(place.path("target/.duphong-restore"), marker).unwrap();
    leave_only_folders_in_the_index(&repository);

    let ended = restore(resume(""));
    let Err(RestoreError::Incomplete { report }) = ended else { panic!("{ended:?}") };
    assert_eq!(report.lost.len(), 1, "{report:?}");
    assert!(!half.exists());
    let aside = half.with_file_name("một.duphong-incomplete");
    assert_eq!(fs::read(aside).unwrap(), noise(1, 10_000));
}

/// Over an existing tree, too: what was right stays unfetched, before the kill and after it.
#[test]
fn killed_over_a_tree_the_next_run_notices_what_is_half_written() {
    let place = Place::new();
    make_source(&place.path("source"));
    let repository = place.init();
    let (first, _) = save(&repository, &place.path("source"), None);
    restored(place.folder.path(), &first.id, &options(""), u64::MAX).0.unwrap();
    // Half of the large file and of the small ones changes, and is to come back.
    let target = place.path("target/media/files");
    let mut large = fs::read(target.join("lớn")).unwrap();
    large[2_000_000..4_000_000].fill(9);
    fs::write(target.join("lớn"), large).unwrap();
    for number in 100..200 {
        fs::write(target.join(format!("nhỏ/{number}")), noise(5000 + number, 20_000)).unwrap();
    }
    let dry = RestoreOptions { dry_run: true, ..options("always") };
    let (outline, _) = restored(place.folder.path(), &first.id, &dry, u64::MAX);
    let all = outline.unwrap().fetched_bytes;
    assert!(all < 7_000_000, "only what differs is fetched: {all}");
    kill_at(&place, &first.id, "always", all / 2);
    let (refused, _) = restored(place.folder.path(), &first.id, &options("always"), u64::MAX);
    assert!(matches!(refused, Err(RestoreError::Unfinished { .. })));
    let (report, more) = restored(place.folder.path(), &first.id, &resume("always"), u64::MAX);
    report.unwrap();
    assert_alike(&place.path("source"), &target);
    // The trees are read again to plan, and are counted here too.
    assert!(more < all / 2 + all / 10, "{more} of {all}");
}
