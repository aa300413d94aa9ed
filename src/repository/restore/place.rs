//! The folder that is restored into: may it be used, what is unfinished in it, making entries.
//!
//! The marker `.duphong-restore` stands in the folder from before the first entry is made until
//! everything is on the disk (docs/formats/restore-marker.md).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use crate::repository::id::SnapshotId;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::plan::{Plan, Planned, as_path};
use crate::repository::tree::NodeKind;
use crate::world::files::{
    FileError, create_private_dir, rename_durably, replace_durably, sync_dir,
};

/// The name of the marker.
const MARKER: &str = ".duphong-restore";

/// What `replace_durably` may leave behind when it is killed.
const MARKER_TMP: &str = ".duphong-restore.tmp";

/// The first line of a marker.
const MARKER_HEAD: &str = "duphong restore 1";

/// Added to the name of a file whose content is not whole.
const INCOMPLETE: &str = ".duphong-incomplete";

/// The folder that is restored into.
#[derive(Debug)]
pub(super) struct Place {
    root: PathBuf,
}

impl Place {
    /// Whether the set may be restored into `root`. Changes nothing.
    pub(super) fn check(root: &Path, set: &SnapshotId, resume: bool) -> Result<Self, RestoreError> {
        let place = Self { root: root.to_owned() };
        let target = || root.to_owned();
        match place.marker()? {
            Some(found) if found != set.to_string() => {
                Err(RestoreError::OtherSet { target: target(), found, wanted: *set })
            }
            Some(set) if !resume => Err(RestoreError::Unfinished { target: target(), set }),
            None if !place.is_empty()? => Err(RestoreError::NotEmpty { target: target() }),
            _ => Ok(place),
        }
    }

    /// The set that is being restored here, if any.
    fn marker(&self) -> Result<Option<String>, FileError> {
        let path = self.root.join(MARKER);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(FileError::io("read", &path)(error)),
        };
        let mut lines = text.lines();
        let known = lines.next() == Some(MARKER_HEAD);
        Ok(Some(lines.next().filter(|_| known).unwrap_or("?").to_owned()))
    }

    /// Whether nothing of anybody's is there. `lost+found` is the file system's own: a fresh disk
    /// is the usual place for a restore.
    fn is_empty(&self) -> Result<bool, FileError> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(FileError::io("read", &self.root)(error)),
        };
        for entry in entries {
            let name = entry.map_err(FileError::io("read", &self.root))?.file_name();
            if name != "lost+found" && name != MARKER_TMP {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Marks the folder, which is created when missing.
    pub(super) fn begin(&self, set: &SnapshotId) -> Result<(), FileError> {
        create_private_dir(&self.root)?;
        replace_durably(&self.root.join(MARKER), format!("{MARKER_HEAD}\n{set}\n").as_bytes())
    }

    /// Waits until everything is on the disk, then removes the mark.
    pub(super) fn end(&self) -> Result<(), FileError> {
        let synced = File::open(&self.root)
            .and_then(|folder| rustix::fs::syncfs(&folder).map_err(io::Error::from));
        synced.map_err(FileError::io("sync", &self.root))?;
        let marker = self.root.join(MARKER);
        fs::remove_file(&marker).map_err(FileError::io("delete", &marker))?;
        sync_dir(&self.root)
    }

    /// Where an entry of the set goes.
    pub(super) fn path(&self, path: &[u8]) -> PathBuf {
        self.root.join(as_path(path))
    }

    /// Creates all folders, and all files with their final length and no content.
    pub(super) fn create(&self, plan: &mut Plan) -> Result<(), RestoreError> {
        for number in 0..plan.entries.len() {
            let entry = &mut plan.entries[number];
            let path = self.path(&entry.path);
            if is_reserved(&entry.path) {
                let taken = FileError::io("create", &path)(io::ErrorKind::AlreadyExists.into());
                plan.lose(number, Arc::new(taken));
                continue;
            }
            let created = match entry.node.kind {
                NodeKind::Dir => create_folder(&path),
                NodeKind::File if entry.has_content() => create_file(&path, entry),
                _ => continue,
            };
            match created.map_err(FileError::io("create", &path)) {
                Ok(()) => {}
                Err(error) if error.is_disk_full() => return Err(error.into()),
                Err(error) => plan.lose(number, Arc::new(error)),
            }
        }
        Ok(())
    }

    /// Gives a file that is not whole the name that says so.
    pub(super) fn set_aside(&self, path: &[u8]) -> Result<(), FileError> {
        let from = self.path(path);
        if is_reserved(path) || from.symlink_metadata().is_err() {
            return Ok(());
        }
        let to = self.path(&[path, INCOMPLETE.as_bytes()].concat());
        if to.symlink_metadata().is_ok_and(|there| !there.is_file()) {
            // The set has something else of that name: the half file gives way.
            return fs::remove_file(&from).map_err(FileError::io("delete", &from));
        }
        rename_durably(&from, &to)
    }

    /// Makes a symbolic link or a named pipe, or another name of a file.
    pub(super) fn make(&self, entry: &Planned, original: Option<&[u8]>) -> io::Result<()> {
        let path = self.path(&entry.path);
        remove_if_there(&path)?;
        match (entry.node.kind, original) {
            (_, Some(original)) => fs::hard_link(self.path(original), &path),
            (NodeKind::Symlink, _) => symlink(as_path(&entry.node.link_target), &path),
            (NodeKind::Fifo, _) => {
                Ok(mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0)?)
            }
            _ => Ok(()),
        }
    }
}

/// Whether a path of the set is one that the restore itself uses.
fn is_reserved(path: &[u8]) -> bool {
    path == MARKER.as_bytes() || path == MARKER_TMP.as_bytes()
}

/// Opens an entry's file for writing, and nothing that a link leads to.
pub(super) fn open_for_writing(path: &Path) -> io::Result<File> {
    options().write(true).open(path)
}

/// Options that never follow a symbolic link in the last component.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).expect("a flag of the C interface");
    options.custom_flags(no_follow);
    options
}

fn create_folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // From the restore that is resumed, or `lost+found`. Its metadata may be set already.
            if !path.symlink_metadata()?.is_dir() {
                return Err(error);
            }
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        }
        other => other,
    }
}

fn create_file(path: &Path, entry: &mut Planned) -> io::Result<()> {
    entry.fresh = !entry.content.iter().any(|piece| piece.kept);
    if entry.fresh {
        remove_if_there(path)?;
    } else {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    let file = options().write(true).create_new(entry.fresh).mode(0o600).open(path)?;
    file.set_len(entry.bytes())
}

/// Removes what an interrupted restore left, but no folder.
fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether `path` is a regular file that has no other name: one that may be written in place.
pub(super) fn is_own_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|there| there.is_file() && there.nlink() == 1)
}
