//! The folder that is restored into: may it be used, what is unfinished in it, making entries.
//!
//! The marker `.duphong-restore` stands in the folder from before the first entry is made until
//! everything is on the disk (docs/formats/restore-marker.md).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::fs::{fstat, linkat, mknodat, openat, renameat, symlinkat, syncfs};

use crate::base::cancel::Cancel;
use crate::base::fault::Fault;
use crate::repository::restore::beneath::{Reach, split};
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::marker::{MARKER, MARKER_TMP, Marker};
use crate::repository::restore::plan::{Fate, Opened, Plan, Planned, as_path};
use crate::repository::restore::share::share;
use crate::repository::restore::surplus::remove_all;
use crate::repository::tree::NodeKind;
use crate::world::files::{FileError, create_private_dir};

/// Added to the name of a file whose content is not whole.
const INCOMPLETE: &[u8] = b".duphong-incomplete";

/// The longest name on Linux, in bytes.
const NAME_MAX: usize = 255;

/// The folder that is restored into.
#[derive(Debug)]
pub(super) struct Place {
    root: PathBuf,
    /// The folder itself, from which everything is reached; none while it does not exist.
    top: Option<OwnedFd>,
    /// A folder on each file system that is written to, to wait for it. Open from before anything
    /// is written: what goes wrong on the way to the disk is told to whoever had a file open then,
    /// and to nobody a second time.
    written: BTreeMap<u64, File>,
}

impl Place {
    /// The folder at `root`, if it is there.
    pub(super) fn at(root: &Path) -> Result<Self, FileError> {
        let top = match open_top(root) {
            Ok(top) => Some(top),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(FileError::io("read", root)(error)),
        };
        Ok(Self { root: root.to_owned(), top, written: BTreeMap::new() })
    }

    /// The way down into it.
    pub(super) fn reach(&self) -> Result<Reach<'_>, FileError> {
        match &self.top {
            Some(top) => Ok(Reach::new(top.as_fd())),
            None => Err(FileError::io("read", &self.root)(io::ErrorKind::NotFound.into())),
        }
    }

    /// Whether there is a folder at all.
    pub(super) fn exists(&self) -> bool {
        self.top.is_some()
    }

    /// What the marker in it says, if there is one.
    pub(super) fn marker(&self) -> Result<Option<Marker>, FileError> {
        if !self.exists() {
            return Ok(None);
        }
        let mut text = Vec::new();
        let mut reach = self.reach()?;
        let read = reach.look(MARKER.as_bytes()).and_then(|there| {
            let Some(_) = there else { return Ok(false) };
            let mut file = reach.file(MARKER.as_bytes(), OFlags::RDONLY)?;
            file.read_to_end(&mut text)?;
            Ok(true)
        });
        match read {
            Ok(false) => Ok(None),
            Ok(true) => {
                let marker = str::from_utf8(&text).ok().and_then(Marker::read);
                Ok(Some(marker.unwrap_or_else(Marker::of_nobody)))
            }
            // Whatever has the name, it is none of ours.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                Ok(Some(Marker::of_nobody()))
            }
            Err(error) => Err(FileError::io("read", &self.root.join(MARKER))(error)),
        }
    }

    /// Whether nothing of anybody's is there. `lost+found` is the file system's own: a fresh disk
    /// is the usual place for a restore.
    pub(super) fn is_empty(&self) -> Result<bool, FileError> {
        if !self.exists() {
            return Ok(true);
        }
        let names = self.reach()?.names(b"").map_err(FileError::io("read", &self.root))?;
        Ok(names.iter().all(|name| is_of_file_system(name) || name == MARKER_TMP.as_bytes()))
    }

    /// Marks the folder, which is created when missing.
    pub(super) fn begin(&mut self, marker: &Marker) -> Result<(), FileError> {
        if !self.exists() {
            create_private_dir(&self.root)?;
            self.top = Some(open_top(&self.root).map_err(FileError::io("read", &self.root))?);
        }
        self.remark(marker)
    }

    /// Writes another marker in place of the one that stands there.
    pub(super) fn remark(&self, marker: &Marker) -> Result<(), FileError> {
        self.mark(marker.write().as_bytes())
            .map_err(FileError::io("write", &self.root.join(MARKER)))
    }

    /// Writes the marker durably. Both names may be links that somebody has put there.
    fn mark(&self, text: &[u8]) -> io::Result<()> {
        let mut reach = self.reach().map_err(io::Error::other)?;
        reach.remove(MARKER_TMP.as_bytes())?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let mut file = reach.file(MARKER_TMP.as_bytes(), flags)?;
        file.write_all(text)?;
        file.sync_all()?;
        let top = reach.folder(b"")?;
        renameat(top, MARKER_TMP, top, MARKER)?;
        opened(top)?.sync_all()
    }

    /// Waits until everything is on the disk.
    pub(super) fn settle(&self) -> Result<(), FileError> {
        for folder in self.written.values() {
            syncfs(folder).map_err(|errno| FileError::io("sync", &self.root)(errno.into()))?;
        }
        Ok(())
    }

    /// Waits until everything is on the disk, then removes the mark.
    pub(super) fn end(&self) -> Result<(), FileError> {
        self.settle()?;
        let mut reach = self.reach()?;
        reach
            .remove(MARKER.as_bytes())
            .and_then(|()| opened(reach.folder(b"")?)?.sync_all())
            .map_err(FileError::io("delete", &self.root.join(MARKER)))
    }

    /// Where an entry of the set goes, to tell people.
    pub(super) fn path(&self, path: &[u8]) -> PathBuf {
        self.root.join(as_path(path))
    }

    /// Creates all folders, and all files with their final length and no content but what was
    /// found right. What is in the way gives way.
    pub(super) fn create(&mut self, plan: &mut Plan, cancel: &Cancel) -> Result<(), RestoreError> {
        self.written = self.create_folders(plan, cancel)?;
        let failed = share(&mut plan.entries, cancel, |first, entries, stop| {
            let (mut reach, mut failed) = (self.reach()?, Vec::new());
            for (number, entry) in entries.iter_mut().enumerate() {
                stop.go_on()?;
                if !entry.is_folder()
                    && let Some(fault) = self.create_file(&mut reach, entry, cancel)?
                {
                    failed.push((first + number, fault));
                }
            }
            Ok(failed)
        })?;
        failed.into_iter().flatten().for_each(|(number, fault)| plan.lose(number, fault));
        Ok(())
    }

    /// Creates the folders, each after the one that holds it. Returns one on each file system.
    fn create_folders(
        &self,
        plan: &mut Plan,
        cancel: &Cancel,
    ) -> Result<BTreeMap<u64, File>, RestoreError> {
        let mut reach = self.reach()?;
        let mut devices = BTreeMap::new();
        let top = reach.folder(b"").and_then(opened).and_then(|top| Ok((fstat(&top)?.st_dev, top)));
        devices.extend([top.map_err(FileError::io("read", &self.root))?]);
        for number in 0..plan.entries.len() {
            let entry = &plan.entries[number];
            if entry.lost || !entry.is_folder() {
                continue;
            }
            if cancel.is_cancelled() {
                return Err(RestoreError::Cancelled);
            }
            let made = if is_reserved(&entry.path) {
                Err(io::ErrorKind::AlreadyExists.into())
            } else {
                make_folder(&mut reach, entry, &mut devices, cancel)
            };
            if let Some(fault) = self.created(entry, made, cancel)? {
                plan.lose_all_in(number, fault);
            }
        }
        Ok(devices)
    }

    /// Creates a file, or clears the place of anything else that is made last. Returns why not.
    fn create_file(
        &self,
        reach: &mut Reach<'_>,
        entry: &mut Planned,
        cancel: &Cancel,
    ) -> Result<Option<Arc<dyn Fault>>, RestoreError> {
        if entry.lost || entry.fate == Fate::Left {
            return Ok(None);
        }
        let made = match entry.node.kind {
            _ if is_reserved(&entry.path) => Err(io::ErrorKind::AlreadyExists.into()),
            NodeKind::File if entry.has_content() => make_file(reach, entry, cancel),
            _ if entry.fate == Fate::Blocked => remove_all(reach, &entry.path, cancel),
            _ => Ok(()),
        };
        self.created(entry, made, cancel)
    }

    /// Why an entry could not be made, unless that ends the restore.
    fn created(
        &self,
        entry: &Planned,
        made: io::Result<()>,
        cancel: &Cancel,
    ) -> Result<Option<Arc<dyn Fault>>, RestoreError> {
        match made.map_err(FileError::io("create", &self.path(&entry.path))) {
            Ok(()) => Ok(None),
            Err(error) if error.is_disk_full() => Err(error.into()),
            Err(_) if cancel.is_cancelled() => Err(RestoreError::Cancelled),
            Err(error) => Ok(Some(Arc::new(error))),
        }
    }

    /// Makes a file that no set has, durably. One of this name may be there, of a restore that
    /// goes on.
    pub(super) fn put_first(&self, path: &Path, text: &[u8]) -> Result<(), FileError> {
        let name = path.as_os_str().as_bytes();
        let mut reach = self.reach()?;
        let mut put = || {
            if reach.look(name)?.is_some() {
                return Ok(());
            }
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
            let mut file = reach.file(name, flags)?;
            file.write_all(text)?;
            file.sync_all()?;
            opened(reach.parent(name)?.0)?.sync_all()
        };
        put().map_err(FileError::io("create", &self.root.join(path)))
    }

    /// Gives a file that is not whole the name that says so.
    pub(super) fn set_aside(&self, reach: &mut Reach<'_>, path: &[u8]) -> Result<(), FileError> {
        if is_reserved(path) || !matches!(reach.look(path), Ok(Some(_))) {
            return Ok(());
        }
        let aside = incomplete(path);
        let there = reach.look(&aside).ok().flatten();
        let is_cut = aside.len() < path.len() + INCOMPLETE.len();
        if there.is_some_and(|there| is_cut || !is_file(&there)) {
            // Something else has that name: the half file gives way.
            return reach.remove(path).map_err(FileError::io("delete", &self.path(path)));
        }
        reach
            .parent(path)
            .and_then(|(folder, name)| {
                Ok(renameat(folder, name, folder, as_path(split(&aside).1))?)
            })
            .map_err(FileError::io("rename", &self.path(path)))
    }
}

fn open_top(root: &Path) -> io::Result<OwnedFd> {
    // Where the person says; only what is below it is not trusted to be no link.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(root, flags, Mode::empty())?)
}

/// A folder that was only pointed at, opened so that it can be waited for.
fn opened(folder: BorrowedFd<'_>) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(File::from(openat(folder, ".", flags, Mode::empty())?))
}

/// Makes a symbolic link or a named pipe, or another name of the file at `original`.
pub(super) fn make_other(
    reach: &mut Reach<'_>,
    entry: &Planned,
    original: Option<&[u8]>,
) -> io::Result<()> {
    reach.remove(&entry.path)?;
    if let Some(original) = original {
        let first = reach.handle(original)?;
        if !is_file(&first.stat) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let (folder, name) = reach.parent(&entry.path)?;
        // By the handle: the name of the first may have been exchanged since it was looked at.
        let from = first.path();
        return Ok(linkat(rustix::fs::CWD, &from, folder, name, AtFlags::SYMLINK_FOLLOW)?);
    }
    let (folder, name) = reach.parent(&entry.path)?;
    match entry.node.kind {
        NodeKind::Symlink => Ok(symlinkat(as_path(&entry.node.link_target), folder, name)?),
        NodeKind::Fifo => Ok(mknodat(folder, name, FileType::Fifo, Mode::from_raw_mode(0o600), 0)?),
        _ => Ok(()),
    }
}

/// The path of a file that is not whole. The longest names are cut, or they could not be renamed.
fn incomplete(path: &[u8]) -> Vec<u8> {
    let (folder, name) = split(path);
    let rest = folder.len() + usize::from(!folder.is_empty());
    let end = rest + name.len().min(NAME_MAX - INCOMPLETE.len());
    [&path[..end], INCOMPLETE].concat()
}

/// Whether a path of the set is one that the restore itself uses.
fn is_reserved(path: &[u8]) -> bool {
    path == MARKER.as_bytes() || path == MARKER_TMP.as_bytes()
}

/// Whether a name in the target is not to be touched although no set has it.
pub(super) fn is_ours_or_the_file_systems(path: &[u8]) -> bool {
    is_reserved(path) || is_of_file_system(split(path).1)
}

fn is_of_file_system(name: &[u8]) -> bool {
    name == b"lost+found"
}

/// Whether a look found a regular file.
pub(super) fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

/// Whether a look found a folder.
pub(super) fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

fn make_folder(
    reach: &mut Reach<'_>,
    entry: &Planned,
    devices: &mut BTreeMap<u64, File>,
    cancel: &Cancel,
) -> io::Result<()> {
    if entry.fate == Fate::Blocked {
        remove_all(reach, &entry.path, cancel)?;
    }
    if matches!(entry.fate, Fate::New | Fate::Blocked) {
        return reach.make_folder(&entry.path);
    }
    let there = reach.handle(&entry.path)?;
    if !is_folder(&there.stat) {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    // It may forbid its owner to make anything in it. Its rights against others stay until the
    // last pass: what is made in it is for its owner only anyway.
    if entry.fate != Fate::Left && there.stat.st_mode & 0o700 != 0o700 {
        there.set_mode(there.stat.st_mode | 0o700)?;
    }
    if let std::collections::btree_map::Entry::Vacant(vacant) = devices.entry(there.stat.st_dev) {
        vacant.insert(opened(reach.folder(&entry.path)?)?);
    }
    Ok(())
}

fn make_file(reach: &mut Reach<'_>, entry: &mut Planned, cancel: &Cancel) -> io::Result<()> {
    match entry.fate {
        Fate::There | Fate::Left => return Ok(()),
        Fate::New => {}
        Fate::InPlace => {
            let there = reach.handle(&entry.path)?;
            if !is_file(&there.stat) {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            there.set_mode(0o600)?;
            let file = reach.file(&entry.path, OFlags::WRONLY)?;
            entry.opened = Some(Opened::AsItWas);
            return file.set_len(entry.bytes());
        }
        Fate::Anew => reach.remove(&entry.path)?,
        Fate::Blocked => remove_all(reach, &entry.path, cancel)?,
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    let file = reach.file(&entry.path, flags)?;
    entry.opened = Some(Opened::Fresh);
    file.set_len(entry.bytes())
}
