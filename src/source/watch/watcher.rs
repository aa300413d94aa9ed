//! The thread that watches a tree: folders in, changes out, the journal after them.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::base::fault::chain;
use crate::source::watch::eye::{Eye, EyeError, Sight, What};
use crate::source::watch::fact::{Line, Why};
use crate::source::watch::journal::{Journal, written};
use crate::source::watch::pending::{Moment, Noted};
use crate::source::watch::{Desk, Tree, lock};
use crate::world::World;
use crate::world::clock::Monotonic;

/// The longest wait for the kernel: a wish to stop is heard as soon.
const WAIT: Duration = Duration::from_millis(250);

/// How often the journal is synced at most: a change that a crash takes with it is *unknown* after
/// the restart anyway, so that a second is what people lose to read.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// How often the root is looked at: no event tells that something was mounted over it.
const ROOT_EVERY: Duration = Duration::from_secs(5);

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
    /// Folders below it on which other file systems are mounted: no event tells when those go.
    mounts: BTreeMap<Vec<u8>, FileId>,
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
            mounts: BTreeMap::new(),
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
        match Journal::open(&self.tree.journal, &self.tree.portal, &self.tree.name, now) {
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

    /// Everything that happened since the last look, and what no event tells.
    fn look(&mut self, stop: &AtomicBool) {
        match self.eye.see() {
            Ok(sights) => {
                for sight in sights {
                    self.take(&sight, stop);
                }
            }
            Err(error) => {
                self.warn("What changed cannot be read from the kernel", &error.to_string());
                self.unknown(Why::Overflow);
            }
        }
        let clock = self.world.clock.monotonic();
        let is_past =
            |then: Option<Monotonic>, every| then.is_none_or(|then| clock.since(then) >= every);
        if is_past(self.looked, ROOT_EVERY) {
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
                if folder.is_empty() {
                    self.looked = None;
                }
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

    /// Another root than the one that is watched is another tree.
    fn look_at_root(&mut self, stop: &AtomicBool) {
        self.looked = Some(self.world.clock.monotonic());
        let seen = std::fs::metadata(&self.tree.root).ok().filter(std::fs::Metadata::is_dir);
        let seen = seen.map(|meta| (meta.dev(), meta.ino()));
        match (seen, self.root) {
            (None, Some(_)) => {
                self.forget_below(b"");
                self.root = None;
                self.blind(Why::RootGone, b"", "it is not there any more");
            }
            (Some(seen), before) if before != Some(seen) || self.has_lost_root() => {
                tracing::warn!(
                    portal = self.tree.portal,
                    tree = self.tree.name,
                    "Another folder stands where a tree was: a full walk is needed."
                );
                self.unknown(Why::RootReplaced);
                self.take_in_all(stop);
            }
            (Some(_), _) | (None, None) => {}
        }
    }

    /// A file system that was taken away shows what lay beneath it.
    fn look_at_mounts(&mut self, stop: &AtomicBool) {
        let is_other = |(path, id): &(&Vec<u8>, &FileId)| file_id(&self.place(path)) != Some(**id);
        let gone: Vec<_> =
            self.mounts.iter().filter(is_other).map(|(path, _)| path.clone()).collect();
        for path in gone {
            self.unknown(Why::Unmounted);
            self.forget_below(&path);
            self.take_in(path, stop);
        }
    }

    /// Remembers a folder that is the top of another file system than the folder above it.
    fn note_mount(&mut self, path: &[u8]) {
        let (Some((root, _)), Some(id)) = (self.root, file_id(&self.place(path))) else { return };
        let lies_in =
            |(mount, (device, _)): (&Vec<u8>, &FileId)| *device == id.0 && is_below(path, mount);
        if id.0 != root && !self.mounts.iter().any(lies_in) {
            self.mounts.insert(path.to_vec(), id);
        }
    }

    /// The root is not watched any more, though it could be.
    fn has_lost_root(&self) -> bool {
        !self.numbers.contains_key(&[][..]) && lock(&self.desk).blind.is_none()
    }

    /// Watches the whole tree anew.
    fn take_in_all(&mut self, stop: &AtomicBool) {
        self.tried = Some(self.world.clock.monotonic());
        self.looked = self.tried;
        self.forget_below(b"");
        let was_blind = lock(&self.desk).blind.take();
        let root = std::fs::metadata(&self.tree.root).ok();
        self.root = root.filter(std::fs::Metadata::is_dir).map(|meta| (meta.dev(), meta.ino()));
        if self.root.is_none() {
            if was_blind == Some(Why::RootGone) {
                lock(&self.desk).blind = was_blind;
            }
            return self.blind(Why::RootGone, b"", "it is not there");
        }
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
                    self.note_mount(&path);
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
                Err(EyeError::Other(error)) => {
                    self.blind(Why::Unreadable, &path, &error.to_string());
                    continue;
                }
            }
            match self.folders_in(&path) {
                Ok(found) => open.extend(found),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => self.blind(Why::Unreadable, &path, &error.to_string()),
            }
        }
    }

    fn folders_in(&self, path: &[u8]) -> std::io::Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.place(path))? {
            let entry = entry?;
            // Gone since it was listed: the folder above tells.
            let Ok(kind) = entry.file_type() else { continue };
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
        self.mounts.retain(|mount, _| !is_below(mount, path));
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
        let Some(journal) = &mut self.journal else { return };
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

fn file_id(path: &Path) -> Option<FileId> {
    path.metadata().ok().map(|meta| (meta.dev(), meta.ino()))
}

fn below(folder: &[u8], name: &[u8]) -> Vec<u8> {
    match (folder, name) {
        ([], name) => name.to_vec(),
        (folder, []) => folder.to_vec(),
        (folder, name) => [folder, name].join(&b'/'),
    }
}
