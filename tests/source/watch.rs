//! Watching real folders through the kernel, and through a queue that fails as the kernel may; the
//! journal under crashes and hostile bytes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use duphong::source::watch::fact::{Line, Why};
use duphong::source::watch::journal::{self, Journal, Tail};
use duphong::source::watch::{
    Eye, EyeError, Moment, Pending, Rule, Settled, Sight, Tree, Watch, What,
};
use duphong::world::World;
use proptest::prelude::*;

use super::wait_until;

/// Far beyond what a loaded machine needs; a state that never comes fails the test by then.
const LONGEST: Duration = Duration::from_mins(1);

struct Ground {
    _runtime: tokio::runtime::Runtime,
    world: World,
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("media")).unwrap();
        let world = World::system(runtime.handle().clone());
        Self { _runtime: runtime, world, folder }
    }

    fn media(&self) -> PathBuf {
        self.folder.path().join("media")
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("watch/mau/media.journal")
    }

    fn tree(&self) -> Tree {
        Tree {
            portal: "mau".to_owned(),
            name: "media".to_owned(),
            root: self.media(),
            left_out: Arc::new(|path| path == b"cache"),
            journal: self.journal(),
        }
    }

    /// A watch that has seen the tree as it is, and to whom nothing is new.
    fn watched(&self) -> Watch {
        let watch = Watch::start(&self.tree(), &self.world);
        self.settled(&watch);
        watch
    }

    /// Waits until all that happened before is seen, and takes it for held by a set.
    fn settled(&self, watch: &Watch) {
        let number = std::cell::Cell::new(0);
        // A folder that is made is one event; all before it are out of the queue when it is seen.
        let mark = || {
            let mut name = format!(".mark{}", number.get());
            while fs::create_dir(self.media().join(&name)).is_err() {
                number.set(number.get() + 1);
                name = format!(".mark{}", number.get());
            }
            name
        };
        // A mark from before the tree is watched is never seen.
        self.until(watch, |_| {
            mark();
            paths(&watch.pending()).iter().any(|path| path.starts_with(".mark"))
        });
        let last = mark();
        self.until(watch, |pending| paths(pending).contains(&last));
        watch.settle(Settled::Here(self.world.clock.monotonic()), &self.world);
        assert!(watch.pending().is_empty(), "{:?}", watch.pending());
    }

    fn until(&self, watch: &Watch, reached: impl Fn(&Pending) -> bool) {
        let world = &self.world;
        let begun = world.clock.monotonic();
        while !reached(&watch.pending()) {
            let waited = world.clock.monotonic().since(begun);
            assert!(waited < LONGEST, "{:?}", watch.pending());
            world.clock.sleep(Duration::from_millis(10));
        }
    }

    fn on_disk(&self) -> Pending {
        let now = Moment::now(&self.world);
        journal::look(&self.journal(), "mau", "media", now).unwrap().unwrap()
    }
}

fn paths(pending: &Pending) -> BTreeSet<String> {
    pending.paths().map(|(path, _)| String::from_utf8_lossy(path).into_owned()).collect()
}

fn why(pending: &Pending) -> Option<Why> {
    pending.reason().map(|(why, _)| why)
}

#[test]
fn what_people_do_in_a_tree_is_seen_and_reading_is_not() {
    let ground = Ground::new();
    let media = ground.media();
    fs::create_dir_all(media.join("2026/11")).unwrap();
    fs::create_dir(media.join("cache")).unwrap();
    fs::write(media.join("2026/11/old.txt"), "old").unwrap();
    let watch = ground.watched();
    // What sets leave out and what is only read comes first: were it seen, it would be by then.
    fs::write(media.join("cache/page"), "page").unwrap();
    fs::read(media.join("2026/11/old.txt")).unwrap();
    fs::read_dir(media.join("2026")).unwrap().count();
    fs::write(media.join("2026/11/new.txt"), "new").unwrap();
    ground.until(&watch, |pending| paths(pending).contains("2026/11/new.txt"));
    assert_eq!(paths(&watch.pending()), BTreeSet::from(["2026/11/new.txt".to_owned()]));
    fs::remove_file(media.join("2026/11/old.txt")).unwrap();
    ground.until(&watch, |pending| paths(pending).contains("2026/11/old.txt"));
    assert_eq!(why(&watch.pending()), None);
}

#[test]
fn folders_that_come_are_watched_with_all_that_came_with_them() {
    let ground = Ground::new();
    let media = ground.media();
    let watch = ground.watched();
    // All at once: the kernel tells of the first folder only.
    fs::create_dir_all(media.join("a/b/c")).unwrap();
    ground.until(&watch, |pending| paths(pending).contains("a"));
    ground.until(&watch, |pending| {
        fs::write(media.join("a/b/c/deep"), "x").unwrap();
        paths(pending).contains("a/b/c/deep")
    });
    // A folder that moves is seen under its new name, and its old name is not used any more.
    fs::rename(media.join("a"), media.join("moved")).unwrap();
    ground.until(&watch, |pending| {
        fs::write(media.join("moved/b/c/deep"), "y").unwrap();
        paths(pending).contains("moved/b/c/deep")
    });
    assert!(paths(&watch.pending()).contains("moved"));
    ground.settled(&watch);
    fs::write(media.join("moved/b/c/deep"), "z").unwrap();
    ground.until(&watch, |pending| paths(pending).contains("moved/b/c/deep"));
    assert_eq!(paths(&watch.pending()), BTreeSet::from(["moved/b/c/deep".to_owned()]));
    // Of names that begin alike only the one that goes is let go of.
    fs::create_dir(media.join("moved-not")).unwrap();
    ground.settled(&watch);
    fs::remove_dir_all(media.join("moved")).unwrap();
    ground.settled(&watch);
    fs::write(media.join("moved-not/file"), "x").unwrap();
    ground.until(&watch, |pending| paths(pending).contains("moved-not/file"));
    ground.settled(&watch);
    // From outside, whole, and away again.
    let outside = ground.folder.path().join("outside");
    fs::create_dir_all(outside.join("in")).unwrap();
    fs::rename(&outside, media.join("guest")).unwrap();
    ground.until(&watch, |pending| {
        fs::write(media.join("guest/in/file"), "x").unwrap();
        paths(pending).contains("guest/in/file")
    });
    fs::rename(media.join("guest"), &outside).unwrap();
    ground.settled(&watch);
    fs::write(outside.join("in/file"), "not ours").unwrap();
    fs::write(media.join("last"), "x").unwrap();
    ground.until(&watch, |pending| paths(pending).contains("last"));
    assert_eq!(paths(&watch.pending()), BTreeSet::from(["last".to_owned()]));
}

#[test]
fn a_restart_knows_what_changed_before_and_that_it_does_not_know_the_rest() {
    let ground = Ground::new();
    let media = ground.media();
    let watch = ground.watched();
    fs::write(media.join("pending"), "x").unwrap();
    ground.until(&watch, |pending| paths(pending).contains("pending"));
    let since = watch.pending().since();
    assert!(watch.end(LONGEST));
    assert_eq!(paths(&ground.on_disk()), BTreeSet::from(["pending".to_owned()]));
    let again = Watch::start(&ground.tree(), &ground.world);
    ground.until(&again, |pending| paths(pending).contains("pending"));
    assert_eq!(why(&again.pending()), Some(Why::Started));
    assert_eq!(again.pending().since(), since);
    ground.settled(&again);
    assert!(again.end(LONGEST));
    assert!(ground.on_disk().is_empty());
}

#[test]
fn a_root_that_goes_or_is_exchanged_asks_for_a_full_walk() {
    let ground = Ground::new();
    let (media, aside) = (ground.media(), ground.folder.path().join("aside"));
    let watch = ground.watched();
    fs::rename(&media, &aside).unwrap();
    ground.until(&watch, |pending| why(pending) == Some(Why::RootGone));
    let rule = Rule { quiet: Duration::ZERO, longest: Duration::from_hours(1) };
    let now = ground.world.clock.monotonic();
    assert!(watch.due(&rule).unwrap().since(now) > Duration::from_mins(50));
    // A set that was taken all the same does not end it.
    watch.settle(Settled::Elsewhere(ground.world.clock.now()), &ground.world);
    assert_eq!(why(&watch.pending()), Some(Why::RootGone));
    fs::create_dir(&media).unwrap();
    ground.until(&watch, |pending| why(pending).is_some_and(|why| !why.is_blind()));
    ground.settled(&watch);
    // Exchanged in one step: only the number of the folder tells.
    let other = ground.folder.path().join("other");
    fs::create_dir(&other).unwrap();
    let (here, exchange) = (rustix::fs::CWD, rustix::fs::RenameFlags::EXCHANGE);
    rustix::fs::renameat_with(here, &media, here, &other, exchange).unwrap();
    ground.until(&watch, |pending| why(pending) == Some(Why::RootReplaced));
    ground.settled(&watch);
    fs::write(media.join("seen"), "x").unwrap();
    ground.until(&watch, |pending| paths(pending).contains("seen"));
}

#[test]
fn a_root_that_is_made_again_at_once_is_watched_again() {
    let ground = Ground::new();
    let media = ground.media();
    let watch = ground.watched();
    // Most file systems give the number of a folder that went to the next one.
    for _ in 0..3 {
        fs::remove_dir_all(&media).unwrap();
        fs::create_dir(&media).unwrap();
        // Seen while it was not there, or not: it ends with a root that is watched.
        ground.until(&watch, |pending| why(pending).is_some_and(|why| !why.is_blind()));
        ground.settled(&watch);
    }
    fs::write(media.join("seen"), "x").unwrap();
    ground.until(&watch, |pending| paths(pending).contains("seen"));
}

/// A path that is too long is one of many reasons for which `lstat` fails of what is there.
#[test]
fn a_folder_that_cannot_be_examined_is_not_taken_for_gone() {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let ground = Ground::new();
    let name = "thư-mục-rất-sâu".repeat(10);
    let open = |at: &dyn std::os::fd::AsFd, name: &str| {
        openat(at.as_fd(), name, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap()
    };
    let mut here = open(&CWD, ground.media().to_str().unwrap());
    for _ in 0..20 {
        mkdirat(&here, &*name, Mode::RWXU).unwrap();
        here = open(&here, &name);
    }
    let watch = Watch::start(&ground.tree(), &ground.world);
    ground.until(&watch, |pending| why(pending) == Some(Why::Unreadable));
}

/// A queue that does what the test says.
struct Scripted {
    folders: Arc<AtomicUsize>,
    most: usize,
    error: fn() -> EyeError,
    sights: Receiver<Sight>,
}

impl Eye for Scripted {
    fn watch(&mut self, _folder: &Path, _is_root: bool) -> Result<i32, EyeError> {
        if self.folders.load(Ordering::SeqCst) >= self.most {
            return Err((self.error)());
        }
        let number = self.folders.fetch_add(1, Ordering::SeqCst);
        Ok(i32::try_from(number).unwrap())
    }

    fn forget(&mut self, _folder: i32) {}

    fn wait(&mut self, at_most: Duration) {
        // Whatever comes stays in the channel.
        let _ready = self.sights.is_empty().then(|| {
            let mut select = crossbeam_channel::Select::new();
            select.recv(&self.sights);
            select.ready_timeout(at_most.min(Duration::from_millis(5)))
        });
    }

    fn see(&mut self) -> Result<Vec<Sight>, EyeError> {
        Ok(self.sights.try_iter().collect())
    }
}

fn scripted(
    ground: &Ground,
    most: usize,
    error: fn() -> EyeError,
) -> (Watch, Sender<Sight>, Arc<AtomicUsize>) {
    let (tell, sights) = unbounded();
    let folders = Arc::new(AtomicUsize::new(0));
    let eye = Scripted { folders: Arc::clone(&folders), most, error, sights };
    (Watch::start_by(&ground.tree(), &ground.world, eye), tell, folders)
}

fn settle(watch: &Watch, ground: &Ground) {
    watch.settle(Settled::Here(ground.world.clock.monotonic()), &ground.world);
}

#[test]
fn without_watches_or_queues_the_longest_wait_decides_and_the_reason_is_told() {
    for (error, expected) in [
        ((|| EyeError::Limit) as fn() -> EyeError, Why::Limit),
        (|| EyeError::Instances, Why::Instances),
        (|| EyeError::Deaf, Why::NoThread),
        (|| EyeError::Other(std::io::ErrorKind::PermissionDenied.into()), Why::Unreadable),
    ] {
        let ground = Ground::new();
        fs::create_dir_all(ground.media().join("a/b/c")).unwrap();
        let (watch, _tell, folders) = scripted(&ground, 2, error);
        ground.until(&watch, |pending| why(pending) == Some(expected));
        assert_eq!(folders.load(Ordering::SeqCst), 2);
        settle(&watch, &ground);
        assert_eq!(why(&watch.pending()), Some(expected));
        assert!(watch.end(LONGEST));
        assert_eq!(why(&ground.on_disk()), Some(expected));
    }
}

#[test]
fn after_an_overflow_the_tree_is_taken_in_anew_and_unknown() {
    let ground = Ground::new();
    fs::create_dir(ground.media().join("a")).unwrap();
    let (watch, tell, folders) = scripted(&ground, usize::MAX, || EyeError::Limit);
    ground.until(&watch, |_| folders.load(Ordering::SeqCst) == 2);
    settle(&watch, &ground);
    assert!(watch.pending().is_empty());
    let what = |what| Sight { folder: 0, what, name: b"file".to_vec() };
    tell.send(what(What::Changed)).unwrap();
    ground.until(&watch, |pending| paths(pending).contains("file"));
    tell.send(Sight { folder: -1, ..what(What::Overflow) }).unwrap();
    ground.until(&watch, |pending| why(pending) == Some(Why::Overflow));
    ground.until(&watch, |_| folders.load(Ordering::SeqCst) == 4);
    settle(&watch, &ground);
    assert!(watch.pending().is_empty());
    // A number of before means nothing any more; one of after does.
    tell.send(what(What::Changed)).unwrap();
    tell.send(Sight { folder: 2, ..what(What::Changed) }).unwrap();
    ground.until(&watch, |pending| !paths(pending).is_empty());
    assert_eq!(paths(&watch.pending()), BTreeSet::from(["file".to_owned()]));
}

#[test]
fn a_file_system_below_the_root_that_is_taken_away_asks_for_a_full_walk() {
    let ground = Ground::new();
    let place = ground.media().join("album/2026");
    fs::create_dir_all(place.join("beneath")).unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(&place).status().unwrap();
    assert!(mounted.success());
    fs::create_dir(place.join("deep")).unwrap();
    let watch = ground.watched();
    fs::write(place.join("deep/seen"), "x").unwrap();
    ground.until(&watch, |pending| paths(pending).contains("album/2026/deep/seen"));
    assert_eq!(why(&watch.pending()), None);
    assert!(Command::new("umount").arg(&place).status().unwrap().success());
    ground.until(&watch, |pending| why(pending) == Some(Why::Unmounted));
    ground.settled(&watch);
    fs::write(place.join("beneath/seen"), "x").unwrap();
    ground.until(&watch, |pending| paths(pending).contains("album/2026/beneath/seen"));
}

#[test]
fn what_is_mounted_over_a_folder_or_exchanged_between_two_looks_is_seen() {
    let ground = Ground::new();
    let (place, other) = (ground.media().join("album"), ground.folder.path().join("other"));
    for folder in [&place, &other] {
        fs::create_dir(folder).unwrap();
    }
    let run = |line: &[&str]| {
        assert!(Command::new(line[0]).args(&line[1..]).status().unwrap().success(), "{line:?}");
    };
    let album = place.to_str().unwrap();
    let watch = ground.watched();
    let check = |what: &str| {
        ground.until(&watch, |pending| why(pending) == Some(Why::Unmounted));
        ground.settled(&watch);
        fs::write(place.join(what), "x").unwrap();
        ground.until(&watch, |pending| paths(pending).contains(&format!("album/{what}")));
        ground.settled(&watch);
    };
    run(&["mount", "--bind", other.to_str().unwrap(), album]);
    check("bound");
    // The same folder in the same place, by another mount: its numbers tell nothing.
    run(&["umount", album]);
    run(&["mount", "--bind", other.to_str().unwrap(), album]);
    check("again");
    run(&["umount", album]);
    check("beneath");
}

/// A queue that panics, or hangs, where the test says.
struct Bad {
    panics: bool,
    /// Told when it hangs.
    begun: Sender<()>,
    /// Hangs until the other end is dropped.
    hangs: Receiver<()>,
}

impl Eye for Bad {
    fn watch(&mut self, _folder: &Path, _is_root: bool) -> Result<i32, EyeError> {
        assert!(!self.panics, "as a defect would");
        Ok(0)
    }

    fn forget(&mut self, _folder: i32) {}

    fn wait(&mut self, _at_most: Duration) {
        let _told = self.begun.send(());
        let _closed = self.hangs.recv();
    }

    fn see(&mut self) -> Result<Vec<Sight>, EyeError> {
        Ok(Vec::new())
    }
}

#[test]
fn a_tree_whose_thread_is_gone_says_so_in_its_journal() {
    let ground = Ground::new();
    drop(ground.watched());
    let eye = Bad { panics: true, begun: unbounded().0, hangs: unbounded().1 };
    let watch = Watch::start_by(&ground.tree(), &ground.world, eye);
    ground.until(&watch, |pending| why(pending) == Some(Why::NoThread));
    wait_until("the end of its thread", || watch.has_ended());
    assert_eq!(why(&ground.on_disk()), Some(Why::NoThread));
    // A set does not end it.
    settle(&watch, &ground);
    assert_eq!(why(&watch.pending()), Some(Why::NoThread));
}

#[test]
fn nobody_waits_for_a_thread_that_hangs_and_it_writes_no_journal_of_the_next() {
    let ground = Ground::new();
    let ((begun, hanging), (release, hangs)) = (unbounded(), unbounded());
    let hung = Watch::start_by(&ground.tree(), &ground.world, Bad { panics: false, begun, hangs });
    hanging.recv_timeout(LONGEST).expect("its journal is begun, and it hangs");
    let asked = ground.world.clock.monotonic();
    assert!(!hung.end(Duration::from_millis(50)));
    assert!(ground.world.clock.monotonic().since(asked) < LONGEST);
    let next = ground.watched();
    fs::write(ground.media().join("seen"), "x").unwrap();
    ground.until(&next, |pending| paths(pending).contains("seen"));
    assert!(paths(&ground.on_disk()).is_empty(), "the other one still has it");
    drop(release);
    wait_until("what was seen, on disk", || paths(&ground.on_disk()).contains("seen"));
}

fn moment(ground: &Ground) -> Moment {
    Moment::now(&ground.world)
}

fn some_lines(now: Moment) -> Vec<Line> {
    let changed = |path: &str| Line::Changed { at: now.at, path: path.to_owned() };
    vec![changed("một/hai.jpg"), changed("b"), Line::Unknown { at: now.at, why: Why::Overflow }]
}

/// Stops at every byte of an append, as a crash or a full disk would.
#[test]
fn an_append_that_is_cut_anywhere_loses_at_most_itself_and_is_said() {
    let ground = Ground::new();
    let now = moment(&ground);
    let path = ground.journal();
    let (mut written, _) = Journal::open(&path, "mau", "media", now).unwrap();
    written.append(&some_lines(now)[..1]).unwrap();
    let before = fs::read(&path).unwrap();
    written.append(&some_lines(now)[1..2]).unwrap();
    let after = fs::read(&path).unwrap();
    for cut in before.len()..=after.len() {
        fs::write(&path, &after[..cut]).unwrap();
        let (_, pending) = Journal::open(&path, "mau", "media", now).unwrap();
        let whole = cut == before.len() || cut == after.len();
        assert_eq!(why(&pending), (!whole).then_some(Why::Torn), "{cut}");
        let expected =
            if cut == after.len() { &["b", "một/hai.jpg"][..] } else { &["một/hai.jpg"] };
        assert_eq!(paths(&pending).iter().map(String::as_str).collect::<Vec<_>>(), expected);
        // Opening has written down what it found: nothing is torn any more.
        assert_eq!(journal::parse(&fs::read(&path).unwrap()).1, Tail::Whole);
        assert_eq!(why(&ground.on_disk()), why(&pending));
    }
}

#[test]
fn a_journal_of_another_tree_or_of_nobody_is_unknown() {
    let ground = Ground::new();
    let now = moment(&ground);
    let path = ground.journal();
    let (mut other, _) = Journal::open(&path, "mau", "other", now).unwrap();
    other.append(&some_lines(now)).unwrap();
    let (_, pending) = Journal::open(&path, "mau", "media", now).unwrap();
    assert_eq!((paths(&pending).len(), why(&pending)), (0, Some(Why::Damaged)));
    for bytes in [&b""[..], b"\n", b"nonsense\n", &[0; 64]] {
        fs::write(&path, bytes).unwrap();
        let (_, pending) = Journal::open(&path, "mau", "media", now).unwrap();
        assert!(pending.reason().is_some(), "{bytes:?}");
    }
    let huge = fs::File::create(&path).unwrap();
    huge.set_len(journal::SIZE_MAX + 1).unwrap();
    let (_, pending) = Journal::open(&path, "mau", "media", now).unwrap();
    assert_eq!(why(&pending), Some(Why::Damaged));
}

#[test]
fn a_journal_is_stored_as_the_document_says() {
    let ground = Ground::new();
    let at = "2026-11-23T01:02:03Z".parse().unwrap();
    let now = Moment { at, ..moment(&ground) };
    let path = ground.journal();
    let (mut written, _) = Journal::open(&path, "mau", "media", now).unwrap();
    written.append(&some_lines(now)).unwrap();
    let expected = "\
7df461ea87bba22c {\"what\":\"begun\",\"version\":1,\"portal\":\"mau\",\"tree\":\"media\"}
38e9cd886e3ecaeb {\"what\":\"changed\",\"at\":\"2026-11-23T01:02:03Z\",\"path\":\"một/hai.jpg\"}
927391ccffe5144f {\"what\":\"changed\",\"at\":\"2026-11-23T01:02:03Z\",\"path\":\"b\"}
af8d725afe2052e9 {\"what\":\"unknown\",\"at\":\"2026-11-23T01:02:03Z\",\"why\":\"overflow\"}
";
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}

fn line() -> impl Strategy<Value = Line> {
    let at =
        (0_i64..4_000_000_000).prop_map(|second| jiff::Timestamp::from_second(second).unwrap());
    let why = proptest::sample::select(Why::ALL.to_vec());
    let path = proptest::collection::vec(any::<u8>(), 1..40);
    let path = path.prop_map(|path| journal::written(&path));
    prop_oneof![
        (at.clone(), path).prop_map(|(at, path)| Line::Changed { at, path }),
        (at, why).prop_map(|(at, why)| Line::Unknown { at, why }),
    ]
}

/// The bytes of these lines after a header.
fn stored(lines: &[Line]) -> Vec<u8> {
    let ground = Ground::new();
    let now = moment(&ground);
    let (mut journal, _) = Journal::open(&ground.journal(), "mau", "media", now).unwrap();
    journal.append(lines).unwrap();
    fs::read(ground.journal()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_written_is_read_and_a_flipped_byte_is_never_believed(
        lines in proptest::collection::vec(line(), 1..8),
        place in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let mut bytes = stored(&lines);
        let (read, tail) = journal::parse(&bytes);
        prop_assert_eq!(&read[1..], &lines[..]);
        prop_assert_eq!(tail, Tail::Whole);
        let place = place.index(bytes.len() - 1);
        bytes[place] ^= flip;
        let (damaged, tail) = journal::parse(&bytes);
        prop_assert!(tail != Tail::Whole);
        prop_assert!(damaged.len() < read.len() && damaged[..] == read[..damaged.len()]);
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (lines, tail) = journal::parse(&bytes);
        prop_assert!(lines.is_empty());
        prop_assert!(bytes.is_empty() || tail != Tail::Whole);
    }

    #[test]
    fn any_path_comes_back_from_its_text(path in proptest::collection::vec(any::<u8>(), 0..60)) {
        let text = journal::written(&path);
        prop_assert_eq!(journal::read_path(&text), Some(path));
    }

    #[test]
    fn any_text_is_a_path_or_none(text in ".{0,40}") {
        if let Some(path) = journal::read_path(&text) {
            prop_assert_eq!(journal::read_path(&journal::written(&path)), Some(path));
        }
    }
}
