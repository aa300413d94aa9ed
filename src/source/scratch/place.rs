//! The place of a scratch server: whether a folder can serve, who the server runs as there, and
//! copies of prepared data folders.
//!
//! Everything is refused before anything is made, with the one thing to change named.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use crate::source::error::SourceError;
use crate::source::scratch::ScratchSettings;
use crate::world::World;
use crate::world::files::{self, FileError};
use crate::world::process::Process;

/// Looking up a user asks the directory service of the site at worst.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(30);

/// File systems that live in memory: a restore there says nothing about disks, and kills the host
/// when it does not fit.
const TMPFS_MAGIC: u64 = 0x0102_1994;
const RAMFS_MAGIC: u64 = 0x8584_58f6;

/// The user that a server runs as when we are root.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct RunAs {
    uid: u32,
    gid: u32,
}

/// Who the server must run as: nobody else unless we are root.
pub(in crate::source) fn run_as(
    settings: &ScratchSettings,
    world: &World,
) -> Result<Option<RunAs>, SourceError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let id = |what: &str| -> Option<u32> {
        let answer = Process::new("id")
            .args([what, "--", &settings.user])
            .output(world.clock.as_ref(), LOOK_UP_LIMIT)
            .ok()?;
        String::from_utf8_lossy(&answer).trim().parse().ok()
    };
    match (id("-u"), id("-g")) {
        (Some(uid @ 1..), Some(gid)) => Ok(Some(RunAs { uid, gid })),
        _ => Err(SourceError::ScratchUser { user: settings.user.clone() }),
    }
}

pub(in crate::source) fn as_user(process: Process, user: Option<&RunAs>) -> Process {
    match user {
        Some(user) => process.user(user.uid, user.gid),
        None => process,
    }
}

/// Fails before anything is made when the place cannot serve.
pub(in crate::source) fn check(
    settings: &ScratchSettings,
    user: Option<&RunAs>,
) -> Result<(), SourceError> {
    files::create_private_dir(&settings.folder)?;
    let folder =
        fs::canonicalize(&settings.folder).map_err(FileError::io("examine", &settings.folder))?;
    let stat = rustix::fs::statfs(&folder)
        .map_err(io::Error::from)
        .map_err(FileError::io("examine", &folder))?;
    let kind = u64::try_from(stat.f_type).unwrap_or_default() & 0xffff_ffff;
    if matches!(kind, TMPFS_MAGIC | RAMFS_MAGIC) && !settings.allow_memory {
        return Err(SourceError::ScratchInMemory { path: folder });
    }
    let free = files::free_bytes(&folder)?;
    if settings.need_bytes > free {
        return Err(SourceError::NoSpace { path: folder, need: settings.need_bytes, free });
    }
    let Some(user) = user else { return Ok(()) };
    for place in folder.ancestors() {
        let meta = fs::metadata(place).map_err(FileError::io("examine", place))?;
        let mode = meta.mode();
        let enter = if meta.uid() == user.uid {
            mode & 0o100
        } else if meta.gid() == user.gid {
            mode & 0o010
        } else {
            mode & 0o001
        };
        if enter == 0 {
            let (path, user) = (place.to_owned(), settings.user.clone());
            return Err(SourceError::ScratchUnreachable { path, user });
        }
    }
    Ok(())
}

/// A new folder that only the server's user (and root) can enter.
pub(in crate::source) fn make_folder(
    folder: &Path,
    user: Option<&RunAs>,
) -> Result<(), SourceError> {
    DirBuilder::new().mode(0o700).create(folder).map_err(FileError::io("create", folder))?;
    own(folder, user)
}

/// Gives a file or a folder to the server's user.
pub(in crate::source) fn own(path: &Path, user: Option<&RunAs>) -> Result<(), SourceError> {
    if let Some(user) = user {
        std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid))
            .map_err(FileError::io("change the owner of", path))?;
    }
    Ok(())
}

/// The same of a folder and all that it holds; links are given, not followed.
pub(in crate::source) fn own_all(path: &Path, user: Option<&RunAs>) -> Result<(), SourceError> {
    if user.is_none() {
        return Ok(());
    }
    own(path, user)?;
    let kind = fs::symlink_metadata(path).map_err(FileError::io("examine", path))?.file_type();
    if !kind.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(FileError::io("read", path))? {
        own_all(&entry.map_err(FileError::io("read", path))?.path(), user)?;
    }
    Ok(())
}

/// Copies a folder of plain files and folders, giving the copy to the server's user.
pub(in crate::source) fn copy_folder(
    from: &Path,
    to: &Path,
    user: Option<&RunAs>,
) -> Result<(), SourceError> {
    make_folder(to, user)?;
    for entry in fs::read_dir(from).map_err(FileError::io("read", from))? {
        let path = entry.map_err(FileError::io("read", from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target, user)?;
            continue;
        }
        let copy = || -> io::Result<()> {
            let mut target = File::create_new(&target)?;
            target.set_permissions(fs::Permissions::from_mode(0o600))?;
            io::copy(&mut File::open(&path)?, &mut target).map(|_| ())
        };
        copy().map_err(FileError::io("create", &target))?;
        own(&target, user)?;
    }
    Ok(())
}
