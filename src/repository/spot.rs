//! One file of a live tree beside the same file of a set, by content.
//!
//! Both sides are read: the file from its disk, and what the set holds from the store, proven piece
//! by piece. A file whose size or time of change differs was changed since and is not compared.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use crate::base::cancel::Cancel;
use crate::base::fault::{Fault as _, FaultKind};
use crate::base::progress::Silent;
use crate::repository::browse::{BrowseError, Browser};
use crate::repository::id::BlobId;
use crate::repository::tree::NodeKind;
use crate::repository::write::{Found, as_path, time};

/// A file that was drawn from a live tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Relative to the tree.
    pub path: Vec<u8>,
    size: u64,
    modified: Timestamp,
    changed: Timestamp,
}

impl From<&Found<'_>> for Drawn {
    fn from(found: &Found<'_>) -> Self {
        let Found { path, size, modified, changed } = *found;
        Self { path: path.to_vec(), size, modified, changed }
    }
}

/// What came of one file.
#[derive(Debug)]
pub enum Look {
    /// So many bytes are equal.
    Same(u64),
    /// Changed since the set, or while it was looked at.
    Changed,
    /// Came after the set.
    Fresh,
    /// Removed while it was looked at.
    Gone,
    /// Unchanged by its size and time, and of another content in the set.
    Differs,
    /// Unchanged since before the set was taken, and not in it.
    Absent,
    /// The set's data is damaged or missing.
    Damaged,
    /// The live file cannot be read, and why.
    Unread(io::Error),
}

/// Where a set has a tree, and where the tree is live.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The set's root.
    pub root: BlobId,
    /// The tree's place in the set.
    pub place: &'a str,
    /// The live tree.
    pub folder: &'a Path,
    /// When the set's walk of the tree began.
    pub walked: Timestamp,
}

impl Beside<'_> {
    /// Whether the set has anything at `path`, relative to the tree. What cannot be read may be
    /// there.
    pub fn has(&self, browser: &Browser<'_>, path: &[u8]) -> bool {
        let place = [self.place.as_bytes(), path].join(&b'/');
        let found = browser.find(&self.root, &place);
        !matches!(found, Ok(None) | Err(BrowseError::NoSuchPath { .. }))
    }
}

/// Looks at one file.
pub fn look(
    browser: &Browser<'_>,
    beside: &Beside<'_>,
    drawn: &Drawn,
    cancel: &Cancel,
) -> Result<Look, BrowseError> {
    let is_later = drawn.changed >= beside.walked;
    let place = [beside.place.as_bytes(), &drawn.path].join(&b'/');
    let node = match browser.find(&beside.root, &place) {
        Ok(Some(node)) => node,
        Ok(None) | Err(BrowseError::NoSuchPath { .. }) => {
            return Ok(if is_later { Look::Fresh } else { Look::Absent });
        }
        Err(fault) => return damaged(fault),
    };
    if node.kind != NodeKind::File {
        return Ok(if is_later { Look::Changed } else { Look::Differs });
    }
    if (node.size, node.mtime) != (drawn.size, drawn.modified) {
        return Ok(Look::Changed);
    }
    let live = match open(&beside.folder.join(as_path(&drawn.path))) {
        Ok(live) => live,
        Err(Errno::NOENT) => return Ok(Look::Gone),
        Err(error) => return Ok(Look::Unread(error.into())),
    };
    let mut same = Same { live: &live, equal: true, failed: None };
    if let Err(fault) = browser.cat(&beside.root, &place, &mut same, &Silent, cancel) {
        return damaged(fault);
    }
    let Same { equal, failed, .. } = same;
    // What could not be read is neither equal nor different.
    let compared = failed.map_or_else(|| has_ended(&live), Err);
    let is_same = match compared {
        Ok(ended) => equal && ended,
        Err(error) => return Ok(Look::Unread(error)),
    };
    if is_same {
        return Ok(Look::Same(node.size));
    }
    // Somebody may have written to it meanwhile.
    let now = match fstat(&live) {
        Ok(now) => now,
        Err(error) => return Ok(Look::Unread(error.into())),
    };
    let now = (u64::try_from(now.st_size).unwrap_or(0), time(now.st_mtime, now.st_mtime_nsec));
    Ok(if now == (drawn.size, drawn.modified) { Look::Differs } else { Look::Changed })
}

/// Whether there is nothing left to read.
fn has_ended(mut live: impl Read) -> io::Result<bool> {
    loop {
        match live.read(&mut [0]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read.map(|count| count == 0),
        }
    }
}

/// Damage is what the look is for; anything else ends it.
fn damaged(fault: BrowseError) -> Result<Look, BrowseError> {
    if fault.kind() == FaultKind::Integrity { Ok(Look::Damaged) } else { Err(fault) }
}

/// Never through a link, and without waiting for whoever holds the other end of a pipe.
fn open(path: &Path) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty()).map(File::from)
}

/// Takes the set's content and reads the live file along with it.
struct Same<'a> {
    live: &'a File,
    equal: bool,
    failed: Option<io::Error>,
}

impl Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = vec![0; bytes.len()];
        if self.equal && self.failed.is_none() {
            match self.live.read_exact(&mut there) {
                Ok(()) => self.equal = there == bytes,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => self.equal = false,
                Err(error) => self.failed = Some(error),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that does not give back what is on it, after a signal.
    struct Broken(bool);

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            let first = std::mem::replace(&mut self.0, false);
            Err(if first {
                io::ErrorKind::Interrupted.into()
            } else {
                io::Error::other("ổ đĩa")
            })
        }
    }

    #[test]
    fn a_file_whose_end_cannot_be_read_is_neither_longer_nor_as_long() {
        assert!(has_ended(Broken(true)).is_err());
        assert!(has_ended(&b""[..]).unwrap());
        assert!(!has_ended(&b"x"[..]).unwrap());
    }
}
