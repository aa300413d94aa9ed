//! The kernel's queue of changes, behind a trait so that its failures can be tried.
//!
//! inotify by way of rustix, which asks for the events that are wanted and no others: opening and
//! reading, which our own snapshots do to every file, never wakes us.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{
    self, CreateFlags, ReadFlags as Read, Reader, WatchFlags as Wanted, add_watch, remove_watch,
};
use rustix::io::Errno;

use crate::world::World;

/// What changes a folder or what is in it.
const WANTED: Wanted = Wanted::ATTRIB
    .union(Wanted::CLOSE_WRITE)
    .union(Wanted::CREATE)
    .union(Wanted::DELETE)
    .union(Wanted::DELETE_SELF)
    .union(Wanted::MODIFY)
    .union(Wanted::MOVED_FROM)
    .union(Wanted::MOVED_TO)
    .union(Wanted::MOVE_SELF)
    .union(Wanted::ONLYDIR)
    // A file that is gone from its folder is in no set, whoever still writes to it.
    .union(Wanted::EXCL_UNLINK);

/// Room for a few hundred events at once.
const BUFFER: usize = 32 * 1024;

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
    /// The file system of the watched folder was taken away.
    Unmounted,
    /// The folder's number means nothing any more.
    Forgotten,
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
pub(super) struct Inotify {
    world: World,
    queue: Option<OwnedFd>,
    buffer: Box<[MaybeUninit<u8>]>,
}

impl Inotify {
    /// The queue is made with the first folder, so that its failure is one of watching.
    pub(super) fn new(world: World) -> Self {
        Self { world, queue: None, buffer: vec![MaybeUninit::uninit(); BUFFER].into() }
    }

    fn queue(&mut self) -> Result<&OwnedFd, EyeError> {
        let queue =
            match self.queue.take() {
                Some(queue) => queue,
                None => inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).map_err(
                    |error| match error {
                        Errno::MFILE => EyeError::Instances,
                        other => EyeError::Other(other.into()),
                    },
                )?,
            };
        Ok(self.queue.insert(queue))
    }
}

impl Eye for Inotify {
    fn watch(&mut self, folder: &Path, is_root: bool) -> Result<i32, EyeError> {
        let wanted = if is_root { WANTED } else { WANTED | Wanted::DONT_FOLLOW };
        add_watch(self.queue()?, folder, wanted).map_err(|error| match error {
            Errno::NOENT | Errno::NOTDIR | Errno::LOOP => EyeError::Gone,
            Errno::NOSPC => EyeError::Limit,
            other => EyeError::Other(other.into()),
        })
    }

    fn forget(&mut self, folder: i32) {
        if let Some(queue) = &self.queue {
            // A folder that is gone has taken its watch with it.
            let _gone = remove_watch(queue, folder);
        }
    }

    fn wait(&mut self, at_most: Duration) {
        let Some(queue) = &self.queue else { return self.world.clock.sleep(at_most) };
        let wait = Timespec::try_from(at_most).ok();
        // Woken early, or without anything to see: whoever waits looks and comes again.
        let _ready = poll(&mut [PollFd::new(queue, PollFlags::IN)], wait.as_ref());
    }

    fn see(&mut self) -> io::Result<Vec<Sight>> {
        let mut sights = Vec::new();
        let Some(queue) = &self.queue else { return Ok(sights) };
        let mut reader = Reader::new(queue, &mut self.buffer);
        loop {
            match reader.next() {
                Ok(event) => sights.push(sight(event.wd(), event.events(), event.file_name())),
                Err(Errno::AGAIN) => return Ok(sights),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn sight(folder: i32, events: Read, name: Option<&CStr>) -> Sight {
    let has = |flags: Read| events.intersects(flags);
    let what = if has(Read::QUEUE_OVERFLOW) {
        What::Overflow
    } else if has(Read::IGNORED) {
        What::Forgotten
    } else if has(Read::UNMOUNT) {
        What::Unmounted
    } else if has(Read::DELETE_SELF | Read::MOVE_SELF) {
        What::Left
    } else if has(Read::ISDIR) && has(Read::CREATE | Read::MOVED_TO) {
        What::FolderCame
    } else if has(Read::ISDIR) && has(Read::DELETE | Read::MOVED_FROM) {
        What::FolderWent
    } else {
        What::Changed
    };
    let name = name.map(CStr::to_bytes).unwrap_or_default().to_vec();
    Sight { folder, what, name }
}
