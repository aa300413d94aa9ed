//! Reaching entries below the target without ever following a link.
//!
//! Every step from the target down is taken from an open folder, by one name, and a symbolic link
//! is no folder: whoever may write into the target cannot lead a restore out of it, not even by
//! exchanging a folder for a link while the restore runs. Metadata is set through an open handle
//! of the very thing that was looked at, never through a name.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, Timestamps};
use rustix::fs::{chmod, fchmod, flistxattr, fstat, futimens, listxattr, mkdirat, openat};
use rustix::fs::{readlinkat, statat, unlinkat, utimensat};
use rustix::io::Errno;

use crate::repository::walk::is_at_or_below;

/// The way down from the target, as one thread goes it. It remembers the folder it was in last:
/// neighbours in a set mostly share theirs.
#[derive(Debug)]
pub(super) struct Reach<'a> {
    top: BorrowedFd<'a>,
    near: Option<(Vec<u8>, OwnedFd)>,
}

impl<'a> Reach<'a> {
    /// From the open folder `top` down.
    pub(super) fn new(top: BorrowedFd<'a>) -> Self {
        Self { top, near: None }
    }

    /// The folder at `path`, which is relative to the target; empty is the target itself.
    pub(super) fn folder(&mut self, path: &[u8]) -> io::Result<BorrowedFd<'_>> {
        if path.is_empty() {
            return Ok(self.top);
        }
        let (mut at, rest) = match self.near.take() {
            Some((near, folder)) if near == path => {
                return Ok(self.near.insert((near, folder)).1.as_fd());
            }
            Some((near, folder)) if is_at_or_below(path, &near) => {
                (Some(folder), &path[near.len() + 1..])
            }
            _ => (None, path),
        };
        for name in rest.split(|byte| *byte == b'/') {
            let from = at.as_ref().map_or(self.top, AsFd::as_fd);
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            at = Some(openat(from, component(name)?, flags, Mode::empty())?);
        }
        let folder = at.ok_or(Errno::INVAL)?;
        Ok(self.near.insert((path.to_vec(), folder)).1.as_fd())
    }

    /// The folder that holds `path`, and its name there.
    pub(super) fn parent<'p>(&mut self, path: &'p [u8]) -> io::Result<(BorrowedFd<'_>, &'p OsStr)> {
        if path.first() == Some(&b'/') {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let (folder, name) = split(path);
        Ok((self.folder(folder)?, component(name)?))
    }

    /// What is at `path`, if anything is. A link is what it is, wherever it leads; below one there
    /// is nothing.
    pub(super) fn look(&mut self, path: &[u8]) -> io::Result<Option<Stat>> {
        let (folder, name) = match self.parent(path) {
            Ok(found) => found,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the regular file at `path`, or makes it, as `flags` say.
    pub(super) fn file(&mut self, path: &[u8], flags: OFlags) -> io::Result<File> {
        let (folder, name) = self.parent(path)?;
        // Whoever puts a named pipe there must not make us wait for its other end.
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = openat(folder, name, flags, Mode::from_raw_mode(0o600))?;
        if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(File::from(file))
    }

    /// A handle of whatever is at `path`.
    pub(super) fn handle(&mut self, path: &[u8]) -> io::Result<Handle> {
        let (folder, name) = self.parent(path)?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let thing = openat(folder, name, flags, Mode::empty())?;
        let stat = fstat(&thing)?;
        Ok(Handle { thing, stat, is_open: false })
    }

    /// A handle of the regular file at `path`, which is opened. What is done through it is done
    /// about three times as quickly, since its name in `/proc` need not be looked up each time.
    pub(super) fn open_handle(&mut self, path: &[u8]) -> io::Result<Handle> {
        let thing = OwnedFd::from(self.file(path, OFlags::RDONLY)?);
        let stat = fstat(&thing)?;
        Ok(Handle { thing, stat, is_open: true })
    }

    /// Where the symbolic link at `path` points.
    pub(super) fn link_target(&mut self, path: &[u8]) -> io::Result<CString> {
        let (folder, name) = self.parent(path)?;
        Ok(readlinkat(folder, name, Vec::new())?)
    }

    /// The names in the folder at `path`.
    pub(super) fn names(&mut self, path: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let folder = self.folder(path)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = openat(folder, ".", flags, Mode::empty())?;
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::new(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(name.to_vec());
            }
        }
        Ok(names)
    }

    /// Makes a folder for its owner only.
    pub(super) fn make_folder(&mut self, path: &[u8]) -> io::Result<()> {
        let (folder, name) = self.parent(path)?;
        Ok(mkdirat(folder, name, Mode::from_raw_mode(0o700))?)
    }

    /// Removes what is at `path`, if anything is: a folder only if it is empty.
    pub(super) fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        self.forget(path);
        let (folder, name) = self.parent(path)?;
        let removed = match unlinkat(folder, name, AtFlags::empty()) {
            Err(Errno::ISDIR) => unlinkat(folder, name, AtFlags::REMOVEDIR),
            other => other,
        };
        match removed {
            Err(Errno::NOENT) => Ok(()),
            other => Ok(other?),
        }
    }

    /// A folder that is removed is not gone down from again.
    fn forget(&mut self, path: &[u8]) {
        if self.near.as_ref().is_some_and(|(near, _)| is_at_or_below(near, path)) {
            self.near = None;
        }
    }
}

/// Something below the target, held open: what is asked and done through it concerns nothing else,
/// whatever becomes of its name.
#[derive(Debug)]
pub(super) struct Handle {
    thing: OwnedFd,
    /// What it was when it was opened.
    pub(super) stat: Stat,
    /// Whether it was opened rather than pointed at, which the system takes for less.
    is_open: bool,
}

impl Handle {
    /// A path that leads to the thing itself, and if it is a link, not on from there.
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.thing.as_raw_fd()))
    }

    /// Sets its permissions.
    pub(super) fn set_mode(&self, mode: u32) -> io::Result<()> {
        let mode = Mode::from_raw_mode(mode & 0o7777);
        let set = if self.is_open { fchmod(&self.thing, mode) } else { chmod(self.path(), mode) };
        Ok(set?)
    }

    /// Sets its times.
    pub(super) fn set_times(&self, times: &Timestamps) -> io::Result<()> {
        if self.is_open {
            return Ok(futimens(&self.thing, times)?);
        }
        // The path leads to the very thing; a link that it is is not followed from there.
        Ok(utimensat(CWD, self.path(), times, AtFlags::empty())?)
    }

    /// The names of its attributes, each ended by a zero byte, and how many bytes that are.
    pub(super) fn list_attributes(&self, names: &mut [u8]) -> Result<usize, Errno> {
        if self.is_open { flistxattr(&self.thing, names) } else { listxattr(self.path(), names) }
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.thing.as_fd()
    }
}

/// The folder of a path, and the name in it.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (&[], path),
    }
}

/// Whether an error says that there is nothing at a path. Behind a link, too, there is nothing of
/// ours.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

/// Names come from trees, which refuse what is not a name; this holds should that ever fail.
fn component(name: &[u8]) -> io::Result<&OsStr> {
    if matches!(name, b"" | b"." | b"..") || name.contains(&b'/') {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(OsStr::from_bytes(name))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_is_reached_through_a_link_or_a_step_up() {
        let place = tempfile::tempdir().unwrap();
        let (target, outside) = (place.path().join("target"), place.path().join("outside"));
        fs::create_dir_all(target.join("a/b")).unwrap();
        fs::create_dir_all(&outside).unwrap();
        File::create(outside.join("file")).unwrap();
        symlink(&outside, target.join("link")).unwrap();
        symlink("a", target.join("near")).unwrap();
        let top = File::open(&target).unwrap();
        let mut reach = Reach::new(top.as_fd());
        for path in ["link/file", "near/b", "../outside/file", "a/../a/b", "a//b", "/a", "a/"] {
            assert!(reach.file(path.as_bytes(), OFlags::RDONLY).is_err(), "{path}");
            assert!(reach.make_folder(format!("{path}/new").as_bytes()).is_err(), "{path}");
            assert!(!matches!(reach.look(path.as_bytes()), Ok(Some(_))), "{path}");
        }
        assert!(reach.look(b"a/b").unwrap().is_some());
        assert!(reach.look(b"link").unwrap().is_some(), "the link itself is there");
        assert!(reach.folder(b"link").is_err());
        symlink(outside.join("file"), target.join("last")).unwrap();
        for flags in [OFlags::RDONLY, OFlags::WRONLY] {
            assert!(reach.file(b"last", flags).is_err(), "nor by the last step");
        }
    }

    #[test]
    fn a_folder_made_again_is_reached_anew() {
        let place = tempfile::tempdir().unwrap();
        let top = File::open(place.path()).unwrap();
        let mut reach = Reach::new(top.as_fd());
        reach.make_folder(b"a").unwrap();
        reach.make_folder(b"a/b").unwrap();
        reach.remove(b"a/b").unwrap();
        reach.remove(b"a").unwrap();
        assert!(reach.look(b"a/b").unwrap().is_none());
        reach.make_folder(b"a").unwrap();
        reach.make_folder(b"a/b").unwrap();
        assert!(place.path().join("a/b").is_dir());
    }
}
