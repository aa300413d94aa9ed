//! Moving what production stands on: renames that never replace anything, and what they depend on.
//!
//! Guarantees: [`rename_to_free`] never overwrites, not even an empty folder, and both names are
//! durable when it returns. What a rename would do wrongly (a mount point, a link) can be asked
//! before.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::{
    CWD, Mode, OFlags, RenameFlags, XattrFlags, fchmod, lgetxattr, llistxattr, lsetxattr, openat,
    renameat_with,
};
use rustix::io::Errno;

use crate::world::files::{self, FileError};
use crate::world::fuse;
use crate::world::mounts;

/// Linux allows attributes of 64 KiB and lists of 64 KiB.
const ATTRIBUTE_MAX: usize = 64 * 1024;

/// What the name of a folder ends with until it looks as it should.
const NAMELESS: &str = ".duphong-making";

/// Gives `from` the name `to`, which must be free, within one file system; durable at both ends.
pub fn rename_to_free(from: &Path, to: &Path) -> Result<(), FileError> {
    fuse::point();
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        // Network file systems know no such flag; nobody else makes names of this run's.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => rename_unless_there(from, to)?,
        Err(error) => return Err(FileError::io("rename", from)(error.into())),
    }
    fuse::point();
    files::sync_dir(parent(to))?;
    if parent(from) != parent(to) {
        files::sync_dir(parent(from))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn rename_unless_there(from: &Path, to: &Path) -> Result<(), FileError> {
    if is_there(to)? {
        return Err(FileError::io("rename", from)(io::ErrorKind::AlreadyExists.into()));
    }
    std::fs::rename(from, to).map_err(FileError::io("rename", from))
}

/// Whether anything has this name; a link counts by itself, wherever it leads.
pub fn is_there(path: &Path) -> Result<bool, FileError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(false)
        }
        Err(error) => Err(FileError::io("examine", path)(error)),
    }
}

/// A mount point at or below `path`, whose own name is not followed if it is a link.
pub fn mount_within(path: &Path) -> Result<Option<PathBuf>, FileError> {
    let folder = nearest_folder(parent(path))?;
    let real = std::fs::canonicalize(folder).map_err(FileError::io("examine", folder))?;
    let path = real.join(path.strip_prefix(folder).unwrap_or(path));
    Ok(mounts::points()?.find(|mount| mount.starts_with(&path)))
}

/// The folder itself, or the innermost above it that is there.
pub fn nearest_folder(folder: &Path) -> Result<&Path, FileError> {
    let mut folder = folder;
    while !is_there(folder)? {
        folder = parent(folder);
    }
    Ok(folder)
}

/// Makes the folders above `path` that are missing, each with the looks of the one that it is made
/// in: of one that is gone, nobody knows them any more. Returns the outermost that was made. None
/// has its name before it has its looks, so that a kill never leaves one that only we can enter.
pub fn make_folders_above(path: &Path) -> Result<Option<PathBuf>, FileError> {
    let nearest = nearest_folder(parent(path))?;
    let missing = parent(path).strip_prefix(nearest).unwrap_or(Path::new(""));
    let mut outermost = None;
    let mut folder = nearest.to_owned();
    for name in missing.components() {
        let inner = folder.join(name);
        let nameless = with_suffix(&inner, NAMELESS);
        if is_there(&nameless)? {
            // Left by a kill; one with something in it is somebody's and stays.
            std::fs::remove_dir(&nameless).map_err(FileError::io("remove", &nameless))?;
        }
        fuse::point();
        files::create_private_dir(&nameless)?;
        fuse::point();
        look_like(&folder, &nameless)?;
        rename_to_free(&nameless, &inner)?;
        outermost.get_or_insert_with(|| inner.clone());
        folder = inner;
    }
    Ok(outermost)
}

/// Gives `to` the owner, mode and attributes of `like`, access lists among them.
pub fn look_like(like: &Path, to: &Path) -> Result<(), FileError> {
    let wanted = like.symlink_metadata().map_err(FileError::io("examine", like))?;
    own(to, wanted.uid(), wanted.gid())?;
    let refused = |error: Errno| FileError::io("change the attributes of", to)(error.into());
    for name in attributes(like)? {
        let mut value = vec![0; ATTRIBUTE_MAX];
        let length = match lgetxattr(like, &*name, &mut value) {
            Ok(length) => length,
            // It was removed since it was listed.
            Err(Errno::NODATA) => continue,
            Err(error) => return Err(FileError::io("read", like)(error.into())),
        };
        lsetxattr(to, &*name, &value[..length], XattrFlags::empty()).map_err(refused)?;
    }
    set_mode(to, wanted.mode())
}

/// Gives `file` the owner of the folder `like`, and of its mode what is about reading and writing.
pub fn fit_into(like: &Path, file: &Path) -> Result<(), FileError> {
    let wanted = like.metadata().map_err(FileError::io("examine", like))?;
    own(file, wanted.uid(), wanted.gid())?;
    set_mode(file, wanted.mode() & 0o666)
}

fn own(path: &Path, uid: u32, gid: u32) -> Result<(), FileError> {
    let there = path.symlink_metadata().map_err(FileError::io("examine", path))?;
    if (there.uid(), there.gid()) == (uid, gid) {
        return Ok(());
    }
    lchown(path, Some(uid), Some(gid)).map_err(FileError::io("change the owner of", path))
}

fn set_mode(path: &Path, mode: u32) -> Result<(), FileError> {
    // Through the open file: whoever may write to the folder above could put a link in its place.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let refused = |error: Errno| FileError::io("change the mode of", path)(error.into());
    let file = openat(CWD, path, flags, Mode::empty()).map_err(refused)?;
    fchmod(&file, Mode::from_raw_mode(mode & 0o7777)).map_err(refused)
}

fn attributes(path: &Path) -> Result<Vec<Vec<u8>>, FileError> {
    let mut names = vec![0; ATTRIBUTE_MAX];
    let length = match llistxattr(path, &mut names) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => 0,
        other => other.map_err(|error| FileError::io("read", path)(error.into()))?,
    };
    names.truncate(length);
    let names = names.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(<[u8]>::to_vec).collect())
}

/// `path` with `suffix` behind its last name, whatever bytes that has.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(OsString::from_vec([path.as_os_str().as_bytes(), suffix.as_bytes()].concat()))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::base::fault::Fault as _;

    #[test]
    fn a_rename_never_replaces_even_an_empty_folder() {
        let here = tempfile::tempdir().unwrap();
        let path = |name: &str| here.path().join(name);
        std::fs::create_dir(path("a")).unwrap();
        std::fs::create_dir(path("b")).unwrap();
        assert_eq!(rename_to_free(&path("a"), &path("b")).unwrap_err().code(), "file.io");
        assert!(path("a").is_dir() && path("b").is_dir());
        rename_to_free(&path("a"), &path("c")).unwrap();
        assert!(!path("a").exists() && path("c").is_dir());
    }

    #[test]
    fn a_mount_point_is_found_at_a_path_and_below_it() {
        assert_eq!(mount_within(Path::new("/proc")).unwrap(), Some(PathBuf::from("/proc")));
        let here = tempfile::tempdir().unwrap();
        assert_eq!(mount_within(&here.path().join("none")).unwrap(), None);
    }

    #[test]
    fn a_file_takes_over_mode_and_attributes() {
        let here = tempfile::tempdir().unwrap();
        let (like, file) = (here.path().join("like"), here.path().join("file"));
        std::fs::File::create(&like).unwrap();
        std::fs::File::create(&file).unwrap();
        std::fs::set_permissions(&like, std::fs::Permissions::from_mode(0o640)).unwrap();
        let attribute = lsetxattr(&like, "user.cong", b"1", XattrFlags::empty());
        look_like(&like, &file).unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o640);
        if attribute.is_ok() {
            let mut value = [0; 4];
            assert_eq!(lgetxattr(&file, "user.cong", &mut value), Ok(1));
        }
        std::fs::set_permissions(here.path(), std::fs::Permissions::from_mode(0o750)).unwrap();
        fit_into(here.path(), &file).unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o640);
    }

    #[test]
    fn a_folder_has_its_looks_before_its_name_and_a_leftover_is_made_anew() {
        let here = tempfile::tempdir().unwrap();
        std::fs::set_permissions(here.path(), std::fs::Permissions::from_mode(0o751)).unwrap();
        let (outer, inner) = (here.path().join("a"), here.path().join("a/b"));
        // As a kill between making and looks leaves it.
        files::create_private_dir(&with_suffix(&outer, NAMELESS)).unwrap();
        assert!(!outer.exists());
        assert_eq!(make_folders_above(&inner.join("c")).unwrap(), Some(outer.clone()));
        for folder in [&outer, &inner] {
            assert_eq!(folder.metadata().unwrap().mode() & 0o7777, 0o751, "{}", folder.display());
            assert!(!with_suffix(folder, NAMELESS).exists());
        }
        assert_eq!(make_folders_above(&inner.join("c")).unwrap(), None);
        // What somebody keeps under the name that we need stays.
        let theirs = with_suffix(&inner.join("d"), NAMELESS);
        std::fs::create_dir(&theirs).unwrap();
        std::fs::File::create(theirs.join("x")).unwrap();
        assert!(make_folders_above(&inner.join("d/e")).is_err());
        assert!(theirs.join("x").exists() && !inner.join("d").exists());
    }
}
