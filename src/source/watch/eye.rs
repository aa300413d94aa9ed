//! The kernel's queue of changes, behind a trait so that its failures can be tried.
//!
//! By `notify`, folder by folder: what is watched, and what could not be, is then known here. It
//! tells of paths; they become the numbers and names that the watcher works with. It does not tell
//! of file systems that are taken away: the watcher looks at them itself.
//!
//! `notify` reads the kernel's queue on a thread of its own. It may get none, and panics wherever it
//! finds that thread gone: what it is asked is asked so that its panic becomes [`EyeError::Deaf`].

use std::collections::HashMap;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, TrySendError, bounded};
use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind, RenameMode};
use notify::{
    Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
};
use rustix::io::Errno;

use crate::world::World;

/// So many changes wait for us, some megabytes of paths: four times what the kernel's own queue
/// holds by default. Who is that far behind walks the tree anyway.
const ROOM: usize = 65_536;

/// Something the kernel tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The folder, as [`Eye::watch`] numbered it.
    pub folder: i32,
    /// What.
    pub what: What,
    /// The name within the folder; empty where it is the folder itself.
    pub name: Vec<u8>,
}

/// What the kernel tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Something of this name changed, came or went.
    Changed,
    /// A folder of this name came: nothing in it is watched yet.
    FolderCame,
    /// A folder of this name went, with all that is in it.
    FolderWent,
    /// The watched folder itself was moved or removed.
    Left,
    /// Some changes are not told.
    Overflow,
}

/// Why a folder cannot be watched.
#[derive(Debug)]
pub enum EyeError {
    /// It is not there, or no folder any more.
    Gone,
    /// The user may have no more watches.
    Limit,
    /// The user may have no more queues.
    Instances,
    /// Nobody reads the queue: no thread could be had for it, or it has died.
    Deaf,
    /// Anything else.
    Other(io::Error),
}

/// A queue of changes.
pub trait Eye: Send {
    /// Watches a folder, but not what is in folders below it. A link is followed at the root only.
    fn watch(&mut self, folder: &Path, is_root: bool) -> Result<i32, EyeError>;

    /// Watches it no more.
    fn forget(&mut self, folder: i32);

    /// Waits until there is something to see, but no longer than this.
    fn wait(&mut self, at_most: Duration);

    /// Hands out everything that there is to see now. After [`EyeError::Deaf`] nothing is watched any
    /// more.
    fn see(&mut self) -> Result<Vec<Sight>, EyeError>;
}

/// The kernel's.
pub(super) struct Kernel {
    world: World,
    /// How many changes may wait for us.
    room: usize,
    queue: Option<Queue>,
    /// Watched folders by path, and the other way round.
    numbers: HashMap<PathBuf, i32>,
    folders: HashMap<i32, PathBuf>,
    next: i32,
    /// The first folder that was watched: nothing above it tells when it goes.
    root: PathBuf,
    /// Seen by waiting.
    first: Option<notify::Result<Event>>,
}

struct Queue {
    /// Always there but while this is dropped.
    watcher: Option<RecommendedWatcher>,
    events: Receiver<notify::Result<Event>>,
    /// Whether some did not find room.
    lost: Arc<AtomicBool>,
}

impl Queue {
    fn new(room: usize) -> notify::Result<Self> {
        let (tell, events) = bounded(room);
        let lost = Arc::<AtomicBool>::default();
        let teller = Teller { tell, lost: Arc::clone(&lost) };
        let told = move |event| teller.tell(event);
        let watcher = Some(RecommendedWatcher::new(told, Config::default())?);
        Ok(Self { watcher, events, lost })
    }

    /// Asks `notify`, whose thread may be gone.
    fn ask<T>(&mut self, ask: impl FnOnce(&mut RecommendedWatcher) -> T) -> Result<T, EyeError> {
        let watcher = self.watcher.as_mut().ok_or(EyeError::Deaf)?;
        catch_unwind(AssertUnwindSafe(|| ask(watcher))).map_err(|_panicked| EyeError::Deaf)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let watcher = self.watcher.take();
        let _panicked = catch_unwind(AssertUnwindSafe(|| drop(watcher)));
    }
}

/// The end of the queue that `notify` has.
struct Teller {
    tell: Sender<notify::Result<Event>>,
    lost: Arc<AtomicBool>,
}

impl Teller {
    /// Never waits: whoever is asked to watch a folder meanwhile would wait as well.
    fn tell(&self, event: notify::Result<Event>) {
        // Our own snapshots open and read every file.
        if event.as_ref().is_ok_and(|event| is_reading(event.kind)) {
            return;
        }
        match self.tell.try_send(event) {
            // Nobody listens any more: the watcher is going.
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => self.lost.store(true, Ordering::Release),
        }
    }
}

impl Kernel {
    /// The queue is made with the first folder, so that its failure is one of watching.
    pub(super) fn new(world: World) -> Self {
        Self {
            world,
            room: ROOM,
            queue: None,
            numbers: HashMap::new(),
            folders: HashMap::new(),
            next: 0,
            root: PathBuf::new(),
            first: None,
        }
    }

    fn queue(&mut self) -> Result<&mut Queue, EyeError> {
        let queue = match self.queue.take() {
            Some(queue) => queue,
            None => Queue::new(self.room).map_err(why_no_queue)?,
        };
        Ok(self.queue.insert(queue))
    }

    /// Watches nothing any more; the next folder begins a new queue.
    fn close(&mut self) {
        self.queue = None;
        self.first = None;
        self.numbers.clear();
        self.folders.clear();
    }

    /// What an event says of the tree, if anything.
    fn sight(&self, event: &Event) -> Option<Sight> {
        if event.need_rescan() {
            return Some(Sight { folder: 0, what: What::Overflow, name: Vec::new() });
        }
        let path = event.paths.first()?;
        let what = match event.kind {
            // Both ends were told before.
            EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return None,
            EventKind::Create(CreateKind::Folder) => What::FolderCame,
            // A link to a folder is none.
            EventKind::Modify(ModifyKind::Name(RenameMode::To)) if may_be_folder(path) => {
                What::FolderCame
            }
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From))
                if *path == self.root =>
            {
                What::Left
            }
            EventKind::Remove(RemoveKind::Folder) => What::FolderWent,
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From))
                if self.numbers.contains_key(path) =>
            {
                What::FolderWent
            }
            _ => What::Changed,
        };
        if let Some(folder) = self.numbers.get(path).filter(|_| *path == self.root) {
            return Some(Sight { folder: *folder, what, name: Vec::new() });
        }
        // Of a folder that is not watched any more: whoever took it away was told of.
        let folder = *self.numbers.get(path.parent()?)?;
        Some(Sight { folder, what, name: path.file_name()?.as_bytes().to_vec() })
    }
}

/// A link to a folder is none; of what cannot be examined the one who watches it will say so.
fn may_be_folder(path: &Path) -> bool {
    match path.symlink_metadata() {
        Ok(meta) => meta.is_dir(),
        Err(error) => !is_gone(&error),
    }
}

/// Whether nothing is there. Any other error leaves that open.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn is_reading(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write))
}

fn why_no_queue(error: notify::Error) -> EyeError {
    match error.kind {
        ErrorKind::Io(error) if error.raw_os_error() == Some(Errno::MFILE.raw_os_error()) => {
            EyeError::Instances
        }
        kind => EyeError::Other(told(kind)),
    }
}

fn told(kind: ErrorKind) -> io::Error {
    match kind {
        ErrorKind::Io(error) => error,
        other => io::Error::other(notify::Error::new(other)),
    }
}

impl Eye for Kernel {
    fn watch(&mut self, folder: &Path, is_root: bool) -> Result<i32, EyeError> {
        if is_root {
            folder.clone_into(&mut self.root);
        } else {
            match folder.symlink_metadata() {
                Ok(meta) if meta.is_dir() => {}
                Ok(_) => return Err(EyeError::Gone),
                Err(error) if is_gone(&error) => return Err(EyeError::Gone),
                Err(error) => return Err(EyeError::Other(error)),
            }
        }
        let watched =
            self.queue()?.ask(|watcher| watcher.watch(folder, RecursiveMode::NonRecursive));
        watched.inspect_err(|_deaf| self.close())?.map_err(|error| match error.kind {
            ErrorKind::PathNotFound | ErrorKind::WatchNotFound => EyeError::Gone,
            ErrorKind::MaxFilesWatch => EyeError::Limit,
            ErrorKind::Io(error) if is_gone(&error) => EyeError::Gone,
            kind => EyeError::Other(told(kind)),
        })?;
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        if let Some(old) = self.numbers.insert(folder.to_owned(), number) {
            self.folders.remove(&old);
        }
        self.folders.insert(number, folder.to_owned());
        Ok(number)
    }

    fn forget(&mut self, folder: i32) {
        let Some(path) = self.folders.remove(&folder) else { return };
        self.numbers.remove(&path);
        if let Some(queue) = &mut self.queue {
            // A folder that is gone has taken its watch with it.
            let _gone = queue.ask(|watcher| watcher.unwatch(&path));
        }
    }

    fn wait(&mut self, at_most: Duration) {
        match &self.queue {
            Some(_) if self.first.is_some() => {}
            Some(queue) => match queue.events.recv_timeout(at_most) {
                Ok(event) => self.first = Some(event),
                Err(RecvTimeoutError::Timeout) => {}
                // It would be told at once, and again and again.
                Err(RecvTimeoutError::Disconnected) => self.world.clock.sleep(at_most),
            },
            None => self.world.clock.sleep(at_most),
        }
    }

    fn see(&mut self) -> Result<Vec<Sight>, EyeError> {
        let mut sights = Vec::new();
        let mut next = self.first.take();
        let Some(queue) = &self.queue else { return Ok(sights) };
        // No more than were there: others come while these are taken.
        for _ in 0..=self.room {
            let event = match next.take() {
                Some(event) => event,
                None => match queue.events.try_recv() {
                    Ok(event) => event,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => {
                        self.close();
                        return Err(EyeError::Deaf);
                    }
                },
            };
            let event = event.map_err(|error| EyeError::Other(told(error.kind)))?;
            sights.extend(self.sight(&event));
        }
        if queue.lost.swap(false, Ordering::AcqRel) {
            sights.push(Sight { folder: 0, what: What::Overflow, name: Vec::new() });
        }
        Ok(sights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(10);

    /// A kernel's queue with so much room, on a folder.
    fn watching(room: usize) -> (tokio::runtime::Runtime, tempfile::TempDir, Kernel) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let world = World::system(runtime.handle().clone());
        let mut kernel = Kernel { room, ..Kernel::new(world) };
        kernel.watch(folder.path(), true).unwrap();
        (runtime, folder, kernel)
    }

    #[test]
    fn what_finds_no_room_is_told_as_an_overflow() {
        let (_runtime, folder, mut kernel) = watching(4);
        for number in 0..40 {
            std::fs::File::create(folder.path().join(number.to_string())).unwrap();
        }
        // Nobody looks meanwhile.
        while !kernel.queue.as_ref().unwrap().lost.load(Ordering::Acquire) {
            kernel.world.clock.sleep(MOMENT);
        }
        let seen = kernel.see().unwrap();
        assert!(seen.len() <= 6, "{seen:?}");
        assert_eq!(seen.last().unwrap().what, What::Overflow);
    }

    #[test]
    fn a_queue_that_nobody_reads_is_told_once_and_made_anew_with_the_next_folder() {
        let (_runtime, folder, mut kernel) = watching(4);
        // As a thread that died leaves it: the other end is gone.
        kernel.queue.as_mut().unwrap().events = bounded(1).1;
        let begun = kernel.world.clock.monotonic();
        kernel.wait(MOMENT);
        assert!(kernel.world.clock.monotonic().since(begun) >= MOMENT, "it does not spin");
        assert!(matches!(kernel.see(), Err(EyeError::Deaf)));
        assert!(kernel.see().unwrap().is_empty());
        kernel.watch(folder.path(), true).unwrap();
        std::fs::File::create(folder.path().join("seen")).unwrap();
        let mut seen = Vec::new();
        while seen.is_empty() {
            kernel.wait(MOMENT);
            seen = kernel.see().unwrap();
        }
        assert_eq!(seen[0].name, b"seen");
    }

    #[test]
    fn a_panic_of_the_library_ends_at_its_door() {
        let (_runtime, _folder, mut kernel) = watching(4);
        let asked = kernel.queue.as_mut().unwrap().ask(|_| panic!("its thread is gone"));
        let asked: Result<(), EyeError> = asked;
        assert!(matches!(asked, Err(EyeError::Deaf)));
    }
}
