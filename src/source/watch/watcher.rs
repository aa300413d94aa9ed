//! The thread that watches a tree: folders in, changes out, the journal after them.

mod ground;

use std::collections::{BTreeMap, HashMap};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::base::fault::chain;
use crate::source::watch::eye::{Eye, EyeError, Sight, What, is_gone};
use crate::source::watch::fact::{Line, Why};
use crate::source::watch::journal::{Journal, written};
use crate::source::watch::pending::{Moment, Noted};
use crate::source::watch::watcher::ground::stand;
use crate::source::watch::{Desk, Tree, lock};
use crate::world::World;
use crate::world::clock::Monotonic;
use crate::world::files::{self, FileError, FileLock};
use crate::world::mounts::{self, Mount};

/// The longest wait for the kernel: a wish to stop is heard as soon.
const WAIT: Duration = Duration::from_millis(250);

/// How long the one who watched the tree before may take to end. Who hangs keeps its journal; the
/// tree is watched, and the journal tried again with each flush.
const BEFORE_MAX: Duration = Duration::from_secs(2);

/// How often the journal is synced at most: a change that a crash takes with it is *unknown* after
/// the restart anyway, so that a second is what people lose to read.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// How often the root and the mounts around it are looked at: no event tells of a mount.
/// The table of mounts is some kilobytes.
const ROOT_EVERY: Duration = Duration::from_secs(2);

/// How often a tree that cannot be seen whole is tried again: walking a hundred thousand folders
/// takes seconds.
const AGAIN_EVERY: Duration = Duration::from_mins(10);

/// Device and inode.
type FileId = (u64, u64);

/// Watches one tree.
pub(super) struct Watcher<E> {
    tree: Tree,
    eye: E,
    world: World,
    desk: Desk,
    /// Paths of folders by number, and the other way round.
    folders: HashMap<i32, Vec<u8>>,
    numbers: BTreeMap<Vec<u8>, i32>,
    /// Device and inode of the root that is watched.
    root: Option<FileId>,
    /// The kernel has let go of the root, whatever stands there now.
    has_left: bool,
    /// File systems that the root lies on, or that are mounted at or below it.
    mounts: Vec<Mount>,
    /// Nobody else writes the journal: the thread that watched before may still be at it.
    alone: Option<FileLock>,
    journal: Option<Journal>,
    lines: Vec<Line>,
    /// The journal lacks something that was not written: it is to be replaced as a whole.
    lacking: bool,
    flushed: Option<Monotonic>,
    looked: Option<Monotonic>,
    tried: Option<Monotonic>,
}

impl<E: Eye> Watcher<E> {
    /// Watches nothing yet.
    pub(super) fn new(tree: Tree, eye: E, world: World, desk: Desk) -> Self {
        Self {
            tree,
            eye,
            world,
            desk,
            folders: HashMap::new(),
            numbers: BTreeMap::new(),
            root: None,
            has_left: false,
            mounts: Vec::new(),
            alone: None,
            journal: None,
            lines: Vec::new(),
            lacking: false,
            flushed: None,
            looked: None,
            tried: None,
        }
    }

    /// Watches until it is told to stop.
    pub(super) fn run(&mut self, stop: &AtomicBool) {
        let begun = self.world.clock.monotonic();
        // Whoever watched before is about to end, as a rule.
        while self.have_alone().is_err()
            && self.world.clock.monotonic().since(begun) < BEFORE_MAX
            && !stop.load(Ordering::Acquire)
        {
            self.world.clock.sleep(WAIT / 10);
        }
        self.open();
        self.take_in_all(stop);
        while !stop.load(Ordering::Acquire) {
            self.flush(false);
            self.eye.wait(WAIT);
            self.look(stop);
        }
        self.flush(true);
    }

    /// The journal of before. One that cannot be had costs its memory, not the watching.
    fn open(&mut self) {
        let now = Moment::now(&self.world);
        let opened = self.have_alone().and_then(|()| {
            Journal::open(&self.tree.journal, &self.tree.portal, &self.tree.name, now)
        });
        match opened {
            Ok((journal, before)) => {
                self.journal = Some(journal);
                let mut shared = lock(&self.desk);
                let later = std::mem::replace(&mut shared.pending, before);
                shared.pending.absorb(later);
                // It says what it said; that watching began anew is still to be written.
                shared.stale = true;
            }
            Err(fault) => {
                if !std::mem::replace(&mut self.lacking, true) {
                    self.warn("The change journal cannot be opened", &chain(&fault));
                }
            }
        }
    }

    fn have_alone(&mut self) -> Result<(), FileError> {
        if self.alone.is_none() {
            self.alone = Some(alone(&self.tree)?);
        }
        Ok(())
    }

    /// Everything that happened since the last look, and what no event tells.
    fn look(&mut self, stop: &AtomicBool) {
        match self.eye.see() {
            Ok(sights) => {
                for sight in sights {
                    self.take(&sight, stop);
                }
            }
            Err(EyeError::Deaf) => {
                self.forget_below(b"");
                self.blind(Why::NoThread, b"", "nobody reads the kernel's queue");
            }
            Err(error) => {
                self.warn("What changed cannot be read from the kernel", &format!("{error:?}"));
                self.unknown(Why::Overflow);
            }
        }
        let clock = self.world.clock.monotonic();
        let is_past =
            |then: Option<Monotonic>, every| then.is_none_or(|then| clock.since(then) >= every);
        if self.has_left || is_past(self.looked, ROOT_EVERY) {
            self.look_at_root(stop);
            self.look_at_mounts(stop);
        }
        if lock(&self.desk).blind.is_some() && is_past(self.tried, AGAIN_EVERY) {
            self.take_in_all(stop);
        }
    }

    fn take(&mut self, sight: &Sight, stop: &AtomicBool) {
        if sight.what == What::Overflow {
            tracing::warn!(
                portal = self.tree.portal,
                tree = self.tree.name,
                "More changed at once than the kernel tells: a full walk is needed."
            );
            // Folders may have come unseen.
            self.unknown(Why::Overflow);
            return self.take_in_all(stop);
        }
        // A folder that moved away before its last events were read: whoever moved it was told of.
        let Some(folder) = self.folders.get(&sight.folder).cloned() else { return };
        match sight.what {
            What::Left => {
                // One of the same number may stand there at once, and is watched by nobody.
                self.has_left |= folder.is_empty();
            }
            What::Changed | What::FolderCame | What::FolderWent | What::Overflow => {
                let path = below(&folder, &sight.name);
                if (self.tree.left_out)(&path) {
                    return;
                }
                self.changed(&path);
                if sight.what != What::Changed {
                    self.forget_below(&path);
                    // Of one that went as well: another may have come in its place, and the order
                    // in which both are told is not certain.
                    self.take_in(path, stop);
                }
            }
        }
    }

    fn changed(&mut self, path: &[u8]) {
        let now = Moment::now(&self.world);
        match lock(&self.desk).pending.changed(path, now) {
            Noted::Known => {}
            Noted::New => {
                self.lines.push(Line::Changed { at: now.at, path: written(path) });
            }
            Noted::GivenUp => self.lacking = true,
        }
    }

    fn unknown(&mut self, why: Why) {
        let now = Moment::now(&self.world);
        if lock(&self.desk).pending.unknown(why, now) == Noted::New {
            self.lines.push(Line::Unknown { at: now.at, why });
        }
    }

    /// Not all of the tree is seen from now on.
    fn blind(&mut self, why: Why, place: &[u8], detail: &str) {
        let before = lock(&self.desk).blind.replace(why);
        if before != Some(why) {
            tracing::warn!(
                portal = self.tree.portal,
                tree = self.tree.name,
                why = why.as_str(),
                folder = %String::from_utf8_lossy(place),
                detail,
                "Not all of a tree can be watched: sets follow the longest wait."
            );
        }
        self.unknown(why);
    }

    fn warn(&self, what: &str, detail: &str) {
        let Tree { portal, name: tree, .. } = &self.tree;
        tracing::warn!(portal, tree, "{what}: {detail}.");
    }

    /// Watches the whole tree anew.
    fn take_in_all(&mut self, stop: &AtomicBool) {
        self.tried = Some(self.world.clock.monotonic());
        self.looked = self.tried;
        self.forget_below(b"");
        self.has_left = false;
        let was_blind = lock(&self.desk).blind.take();
        // Before the walk: what is mounted during it is seen with the next look.
        let mounts = mounts::around(&self.tree.root);
        let (why, detail) = match stand(&self.tree.root) {
            Ok(Some(root)) => {
                self.root = Some(root);
                self.mounts = mounts.unwrap_or_default();
                return self.take_in_root(was_blind, stop);
            }
            Ok(None) => (Why::RootGone, "it is not there".to_owned()),
            Err(error) => (Why::Unreadable, error.to_string()),
        };
        // Told before.
        lock(&self.desk).blind = was_blind.filter(|before| *before == why);
        self.lose_root(why, &detail);
    }

    fn take_in_root(&mut self, was_blind: Option<Why>, stop: &AtomicBool) {
        self.take_in(Vec::new(), stop);
        let mut shared = lock(&self.desk);
        if shared.blind.is_none() {
            shared.pending.sees_again(Moment::now(&self.world));
            shared.stale |= was_blind.is_some();
        }
    }

    /// Watches a folder and all folders below it. Each is watched before it is listed: what comes
    /// after the one is told, what came before the other is found.
    fn take_in(&mut self, top: Vec<u8>, stop: &AtomicBool) {
        let mut open = vec![top];
        while let Some(path) = open.pop() {
            if stop.load(Ordering::Acquire) {
                return;
            }
            let folder = self.place(&path);
            match self.eye.watch(&folder, path.is_empty()) {
                Ok(number) => {
                    if let Some(old) = self.folders.insert(number, path.clone()) {
                        self.numbers.remove(&old);
                    }
                    self.numbers.insert(path.clone(), number);
                }
                Err(EyeError::Gone) if path.is_empty() => {
                    self.root = None;
                    return self.blind(Why::RootGone, &path, "it is not there");
                }
                // Whoever removed it was told of, in the folder above.
                Err(EyeError::Gone) => continue,
                Err(EyeError::Limit) => {
                    return self.blind(Why::Limit, &path, "raise fs.inotify.max_user_watches");
                }
                Err(EyeError::Instances) => {
                    return self.blind(
                        Why::Instances,
                        &path,
                        "raise fs.inotify.max_user_instances",
                    );
                }
                Err(EyeError::Deaf) => {
                    self.forget_below(b"");
                    return self.blind(Why::NoThread, &path, "nobody reads the kernel's queue");
                }
                Err(EyeError::Other(error)) => {
                    self.blind(Why::Unreadable, &path, &error.to_string());
                    continue;
                }
            }
            match self.folders_in(&path) {
                Ok(found) => open.extend(found),
                Err(error) if is_gone(&error) => {}
                Err(error) => self.blind(Why::Unreadable, &path, &error.to_string()),
            }
        }
    }

    fn folders_in(&self, path: &[u8]) -> std::io::Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.place(path))? {
            let entry = entry?;
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                // Gone since it was listed: the folder above tells.
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(error),
            };
            if kind.is_dir() {
                let path = below(path, &entry.file_name().into_vec());
                if !(self.tree.left_out)(&path) {
                    found.push(path);
                }
            }
        }
        Ok(found)
    }

    fn place(&self, path: &[u8]) -> PathBuf {
        if path.is_empty() {
            return self.tree.root.clone();
        }
        self.tree.root.join(std::ffi::OsStr::from_bytes(path))
    }

    /// Watches a folder and what is below it no more.
    fn forget_below(&mut self, path: &[u8]) {
        // `a-b` sorts between `a` and `a/b`.
        let near = self.numbers.range(path.to_vec()..);
        let near = near.take_while(|(other, _)| other.starts_with(path));
        let gone: Vec<_> = near
            .filter(|(other, _)| is_below(other, path))
            .map(|(other, number)| (other.clone(), *number))
            .collect();
        for (path, number) in gone {
            self.eye.forget(number);
            self.numbers.remove(&path);
            self.folders.remove(&number);
        }
    }

    /// Brings the journal up to date, but not too often.
    fn flush(&mut self, at_once: bool) {
        let clock = self.world.clock.monotonic();
        if !at_once && self.flushed.is_some_and(|then| clock.since(then) < FLUSH_EVERY) {
            return;
        }
        self.flushed = Some(clock);
        if self.journal.is_none() {
            self.open();
        }
        let Some(journal) = &mut self.journal else {
            // It takes all that is pending when it can be had.
            self.lines = Vec::new();
            return;
        };
        let replaced = {
            let mut shared = lock(&self.desk);
            let replace = std::mem::take(&mut shared.stale) || self.lacking;
            replace.then(|| shared.pending.clone())
        };
        let lines = std::mem::take(&mut self.lines);
        let kept = match &replaced {
            Some(pending) => journal.replace(pending),
            None if lines.is_empty() => return,
            None => journal.append(&lines),
        };
        let was_lacking = std::mem::replace(&mut self.lacking, kept.is_err());
        // Told once: a full disk would be told every second.
        if let Err(fault) = kept.map_err(|fault| chain(&fault))
            && !was_lacking
        {
            self.warn("The change journal cannot be written", &fault);
        }
    }
}

/// Whether a path is this folder or lies below it.
fn is_below(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
}

/// The right to write a tree's journal, until it is dropped or the process ends.
pub(super) fn alone(tree: &Tree) -> Result<FileLock, FileError> {
    if let Some(folder) = tree.journal.parent() {
        files::create_private_dir(folder)?;
    }
    FileLock::acquire(&tree.journal.with_added_extension("lock"))
}

fn below(folder: &[u8], name: &[u8]) -> Vec<u8> {
    match (folder, name) {
        ([], name) => name.to_vec(),
        (folder, []) => folder.to_vec(),
        (folder, name) => [folder, name].join(&b'/'),
    }
}
