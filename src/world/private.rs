//! A private folder of ours in a place that others may write to.
//!
//! Guarantees: a folder counts as ours only if it is a real one (no link), its owner is who runs
//! this process, and nobody else can enter it. Files in it are reached through the open folder, by
//! names that are never followed as links and never opened where they would block; what is read is
//! bounded. Whoever owns the folder above can still take ours away as a whole, or move it: that is
//! not prevented, only that something of theirs is taken for ours.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, renameat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::world::files::FileError;

/// What stands where a private folder of ours would.
#[derive(Debug)]
pub enum Found {
    /// Nothing.
    Absent,
    /// A folder that nobody else can have prepared.
    Ours(PrivateFolder),
    /// Something else: a link, a file, a folder of another owner or one that others can enter.
    Foreign,
}

/// What a name in a private folder holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Absent,
    /// The bytes of a regular file of ours.
    Bytes(Vec<u8>),
    /// Something else, or more bytes than were asked for.
    Foreign,
}

/// An open private folder.
#[derive(Debug)]
pub struct PrivateFolder {
    folder: OwnedFd,
    path: PathBuf,
}

impl PrivateFolder {
    /// Looks at a path.
    pub fn open(path: &Path) -> Result<Found, FileError> {
        let refused = |error: Errno| FileError::io("examine", path)(error.into());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = match openat(CWD, path, flags, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(Found::Absent),
            Err(Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => return Ok(Found::Foreign),
            Err(error) => return Err(refused(error)),
        };
        let is_private = {
            let stat = fstat(&folder).map_err(refused)?;
            // A folder in one that passes its group on has that bit as well.
            is_ours(&stat, FileType::Directory) && stat.st_mode & 0o777 == 0o700
        };
        if !is_private {
            return Ok(Found::Foreign);
        }
        Ok(Found::Ours(Self { folder, path: path.to_owned() }))
    }

    /// The content of a file in it, of at most `max` bytes.
    pub fn read(&self, name: &str, max: u64) -> Result<Content, FileError> {
        let path = self.path.join(name);
        // A pipe without a writer would block us for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(Content::Absent),
            // A link, or a socket.
            Err(Errno::LOOP | Errno::NXIO) => return Ok(Content::Foreign),
            Err(error) => return Err(FileError::io("read", &path)(error.into())),
        };
        let stat = fstat(&file).map_err(|error| FileError::io("examine", &path)(error.into()))?;
        if !is_ours(&stat, FileType::RegularFile) {
            return Ok(Content::Foreign);
        }
        let mut bytes = Vec::new();
        let bounded = &mut File::from(file).take(max.saturating_add(1));
        bounded.read_to_end(&mut bytes).map_err(FileError::io("read", &path))?;
        let is_too_long = u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max;
        Ok(if is_too_long { Content::Foreign } else { Content::Bytes(bytes) })
    }

    /// Replaces a file in it; after a crash it holds the old or the new content, whole. What stands
    /// at `temporary` is removed before, never written to.
    pub fn replace_durably(
        &self,
        name: &str,
        temporary: &str,
        bytes: &[u8],
    ) -> Result<(), FileError> {
        self.remove_file(temporary)?;
        let path = self.path.join(temporary);
        let refused = |error: Errno| FileError::io("create", &path)(error.into());
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = openat(&self.folder, temporary, flags, mode).map_err(refused)?;
        let mut file = File::from(file);
        file.write_all(bytes).map_err(FileError::io("write", &path))?;
        file.sync_all().map_err(FileError::io("write", &path))?;
        renameat(&self.folder, temporary, &self.folder, name)
            .map_err(|error| FileError::io("rename", &path)(error.into()))?;
        self.sync()
    }

    /// Removes a name in it that is no folder; none is fine.
    pub fn remove_file(&self, name: &str) -> Result<(), FileError> {
        match unlinkat(&self.folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(FileError::io("remove", &self.path.join(name))(error.into())),
        }
    }

    fn sync(&self) -> Result<(), FileError> {
        let synced = rustix::fs::fsync(&self.folder);
        synced.map_err(|error| FileError::io("sync", &self.path)(io::Error::from(error)))
    }
}

fn is_ours(stat: &Stat, kind: FileType) -> bool {
    FileType::from_raw_mode(stat.st_mode) == kind && stat.st_uid == geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;
    use crate::world::files;

    fn ours(path: &Path) -> PrivateFolder {
        match PrivateFolder::open(path).unwrap() {
            Found::Ours(folder) => folder,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_real_folder_that_nobody_else_can_enter_is_ours() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("kệ");
        assert!(matches!(PrivateFolder::open(&path).unwrap(), Found::Absent));
        files::create_private_dir(&path).unwrap();
        ours(&path);
        for (mode, is_ours) in [(0o755, false), (0o701, false), (0o2700, true), (0o700, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let found = PrivateFolder::open(&path).unwrap();
            assert_eq!(matches!(found, Found::Ours(_)), is_ours, "{mode:o}: {found:?}");
        }
        let link = here.path().join("liên kết");
        symlink(&path, &link).unwrap();
        assert!(matches!(PrivateFolder::open(&link).unwrap(), Found::Foreign));
        let file = here.path().join("tệp");
        File::create(&file).unwrap();
        assert!(matches!(PrivateFolder::open(&file).unwrap(), Found::Foreign));
        if geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(33), None).unwrap();
            assert!(matches!(PrivateFolder::open(&path).unwrap(), Found::Foreign));
        }
    }

    #[test]
    fn a_file_is_read_to_its_bound_and_links_and_pipes_are_not_followed() {
        let here = tempfile::tempdir().unwrap();
        fs::set_permissions(here.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let folder = ours(here.path());
        assert_eq!(folder.read("a", 3).unwrap(), Content::Absent);
        let outside = here.path().join("ngoài");
        fs::create_dir(&outside).unwrap();
        let victim = outside.join("nạn nhân");
        File::create(&victim).unwrap();
        symlink(&victim, here.path().join("a.tmp")).unwrap();
        folder.replace_durably("a", "a.tmp", b"abc").unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"", "nothing is written through a link");
        assert_eq!(folder.read("a", 3).unwrap(), Content::Bytes(b"abc".to_vec()));
        assert_eq!(folder.read("a", 2).unwrap(), Content::Foreign);
        folder.remove_file("a").unwrap();
        folder.remove_file("a").unwrap();
        symlink(&victim, here.path().join("a")).unwrap();
        assert_eq!(folder.read("a", 9).unwrap(), Content::Foreign);
        folder.remove_file("a").unwrap();
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mknodat(&folder.folder, "a", FileType::Fifo, mode, 0).unwrap();
        assert_eq!(folder.read("a", 9).unwrap(), Content::Foreign);
    }
}
