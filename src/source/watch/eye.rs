//! The kernel's queue of changes, behind a trait so that its failures can be tried.
//!
//! By `notify`, folder by folder: what is watched, and what could not be, is then known here. It
//! tells of paths; they become the numbers and names that the watcher works with. It does not tell
//! of file systems that are taken away: the watcher looks at them itself.

use std::collections::HashMap;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind, RenameMode};
use notify::{
    Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
};
use rustix::io::Errno;

use crate::world::World;

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

    /// Hands out everything that there is to see now.
    fn see(&mut self) -> io::Result<Vec<Sight>>;
}

/// The kernel's.
pub(super) struct Kernel {
    world: World,
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
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
}

impl Queue {
    fn new() -> notify::Result<Self> {
        let (tell, events) = unbounded();
        let told = move |event: notify::Result<Event>| {
            // Our own snapshots open and read every file.
            if event.as_ref().is_ok_and(|event| is_reading(event.kind)) {
                return;
            }
            // Nobody listens any more: the watcher is going.
            let _gone = tell.send(event);
        };
        Ok(Self { watcher: RecommendedWatcher::new(told, Config::default())?, events })
    }
}

impl Kernel {
    /// The queue is made with the first folder, so that its failure is one of watching.
    pub(super) fn new(world: World) -> Self {
        Self {
            world,
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
            None => Queue::new().map_err(why_no_queue)?,
        };
        Ok(self.queue.insert(queue))
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
            EventKind::Modify(ModifyKind::Name(RenameMode::To))
                if path.symlink_metadata().is_ok_and(|meta| meta.is_dir()) =>
            {
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
        } else if !folder.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            return Err(EyeError::Gone);
        }
        let watched = self.queue()?.watcher.watch(folder, RecursiveMode::NonRecursive);
        watched.map_err(|error| match error.kind {
            ErrorKind::PathNotFound | ErrorKind::WatchNotFound => EyeError::Gone,
            ErrorKind::MaxFilesWatch => EyeError::Limit,
            ErrorKind::Io(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                EyeError::Gone
            }
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
            let _gone = queue.watcher.unwatch(&path);
        }
    }

    fn wait(&mut self, at_most: Duration) {
        match &self.queue {
            None => self.world.clock.sleep(at_most),
            Some(queue) if self.first.is_none() => {
                self.first = queue.events.recv_timeout(at_most).ok();
            }
            Some(_) => {}
        }
    }

    fn see(&mut self) -> io::Result<Vec<Sight>> {
        let mut sights = Vec::new();
        let Some(queue) = &self.queue else { return Ok(sights) };
        for event in self.first.take().into_iter().chain(queue.events.try_iter()) {
            sights.extend(self.sight(&event.map_err(|error| told(error.kind))?));
        }
        Ok(sights)
    }
}
