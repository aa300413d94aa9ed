//! Writing files so that a crash leaves the old or the new content, whole.
//!
//! Guarantees: a durable write has reached the disk, and so has its name, when the call returns.
//! Private files are 0600 and private folders 0700 from the instant they exist.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::base::fault::{Args, Fault, FaultKind, Retry};

/// What can go wrong with a file of ours.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("failed to {act} `{}`", path.display())]
    Io {
        /// The attempt, in English: `write`, `create`, `lock`, `read`.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// Another process holds the lock on this file.
    #[error("`{}` is locked by another process", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
}

impl FileError {
    /// The code of a lock that another process has.
    pub const LOCKED: &str = "file.locked";

    /// Wraps an error of the operating system.
    pub fn io(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { act, path, source }
    }

    /// Whether the disk (or the quota on it) is full.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

impl Fault for FileError {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } if self.is_disk_full() => "file.disk-full",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => "file.missing",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "file.denied"
            }
            Self::Io { .. } => "file.io",
            Self::Locked { .. } => "file.locked",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Io { act, path, .. } => {
                Args::none().text("act", act).text("path", path.display())
            }
            Self::Locked { path } => Args::none().text("path", path.display()),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }

    fn exit(&self) -> crate::base::exit::ExitCode {
        match self {
            Self::Locked { .. } => crate::base::exit::ExitCode::Locked,
            Self::Io { .. } => crate::base::exit::ExitCode::Failed,
        }
    }
}

/// Replaces `path` with `bytes`, readable by its owner only; after a crash it holds the old or
/// the new content, whole. The temporary file has a fixed name beside it, so that a leftover of a
/// crash is overwritten, not collected; callers that may race hold a lock.
pub fn replace_durably(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let temporary = temporary(path);
    write_synced(&temporary, bytes, 0o600)?;
    rename_durably(&temporary, path)
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    path.with_file_name(name)
}

/// How many files are waited for at a time: file systems put what is asked of them together into
/// one write of their journal.
const SYNCS_AT_A_TIME: usize = 16;

/// The content of a file that has not got its name yet, nor reached the disk for certain.
#[derive(Debug)]
pub struct Staged {
    file: File,
    path: PathBuf,
}

/// Writes what is to replace `path`, beside it, as [`replace_durably`] does, and waits for nothing.
pub fn stage(path: &Path, bytes: &[u8]) -> Result<Staged, FileError> {
    let temporary = temporary(path);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(FileError::io("create", &temporary))?;
    file.write_all(bytes).map_err(FileError::io("write", &temporary))?;
    Ok(Staged { file, path: path.to_owned() })
}

/// Waits until the contents of all are on the disk, then gives them their names in this order, and
/// waits for the names: as [`replace_durably`] for each, for much less than that takes. Until then any
/// of the names may be there after a loss of power, whatever their order. `step` is asked before each
/// name, and may stop it there.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn publish(
    staged: &[Staged],
    mut step: impl FnMut(&Path) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let sync = |one: &Staged| one.file.sync_all().map_err(FileError::io("write", &one.path));
    for some in staged.chunks(SYNCS_AT_A_TIME) {
        let (first, others) = some.split_first().expect("chunks are not empty");
        std::thread::scope(|scope| {
            let waiting: Vec<_> = others.iter().map(|one| scope.spawn(move || sync(one))).collect();
            let first = sync(first);
            let rest = waiting.into_iter().map(|one| one.join().expect("waiting cannot panic"));
            std::iter::once(first).chain(rest).collect::<Result<(), _>>()
        })?;
    }
    let mut folders = std::collections::BTreeSet::new();
    for one in staged {
        step(&one.path)?;
        let temporary = temporary(&one.path);
        fs::rename(&temporary, &one.path).map_err(FileError::io("rename", &temporary))?;
        folders.insert(parent(&one.path));
    }
    folders.into_iter().try_for_each(sync_dir)
}

/// Writes a new file with `mode` and waits until its content is on the disk; its name is durable
/// only after [`sync_dir`] on its folder.
pub fn write_synced(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)
        .map_err(FileError::io("create", path))?;
    file.write_all(bytes).map_err(FileError::io("write", path))?;
    file.sync_all().map_err(FileError::io("write", path))
}

/// The same for a name that must be free: what exists already is refused and left as it is.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(FileError::io("create", path))?;
    file.write_all(bytes).map_err(FileError::io("write", path))?;
    file.sync_all().map_err(FileError::io("write", path))?;
    sync_dir(parent(path))
}

/// Renames within one folder and makes the new name durable.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn rename_durably(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(FileError::io("rename", from))?;
    sync_dir(parent(to))
}

/// Replaces `path` with `bytes` as [`replace_durably`] does, with the owner, the group and the mode
/// of `model`: whoever could read that can read this, and nobody else.
pub fn replace_as(path: &Path, bytes: &[u8], model: &Path) -> Result<(), FileError> {
    let model = fs::metadata(model).map_err(FileError::io("examine", model))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    write_synced(&temporary, bytes, 0o600)?;
    let mode = fs::Permissions::from_mode(model.mode() & 0o777);
    // The owner first: the mode may be what others read it by.
    std::os::unix::fs::chown(&temporary, Some(model.uid()), Some(model.gid()))
        .and_then(|()| fs::set_permissions(&temporary, mode))
        .map_err(FileError::io("create", &temporary))?;
    rename_durably(&temporary, path)
}

/// Removes a file, durably; none is fine.
pub fn remove_durably(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        done => done.map_err(FileError::io("remove", path))?,
    }
    sync_dir(parent(path))
}

/// Waits until the disk has a file as it is there now, content and name: what a process left that was
/// killed before it could wait for that itself.
pub fn sync_left(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(FileError::io("sync", path))?;
    sync_dir(parent(path))
}

/// Makes the names in a folder durable.
pub fn sync_dir(dir: &Path) -> Result<(), FileError> {
    File::open(dir).and_then(|file| file.sync_all()).map_err(FileError::io("sync", dir))
}

/// Creates a folder and its parents, each 0700, durably; an existing folder is left as it is.
pub fn create_private_dir(dir: &Path) -> Result<(), FileError> {
    create_dir(dir, 0o700)
}

/// The same with mode 0711: others may pass through to a folder of their own within, and see
/// nothing on the way. For places where a server of another user works below ours.
pub fn create_passage_dir(dir: &Path) -> Result<(), FileError> {
    create_dir(dir, 0o711)
}

/// Each folder's name is durable before anything is made in it. Where the way begins may be what
/// a process made that was killed before it could wait for the disk, so that is waited for again.
fn create_dir(dir: &Path, mode: u32) -> Result<(), FileError> {
    let mut way: Vec<&Path> =
        dir.ancestors().take_while(|dir| !dir.is_dir() && !dir.as_os_str().is_empty()).collect();
    let there = way.last().map_or(dir, |first| parent(first));
    match sync_dir(parent(there)) {
        // Others' folders, in which we may pass and not look, were not made by us.
        Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => {}
        synced => synced?,
    }
    while let Some(dir) = way.pop() {
        match fs::DirBuilder::new().mode(mode).create(dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
            done => done.map_err(FileError::io("create", dir))?,
        }
        sync_dir(parent(dir))?;
    }
    Ok(())
}

/// The whole content of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(FileError::io("read", path))
}

/// Bytes an unprivileged user can still write on the file system that holds `path`.
pub fn free_bytes(path: &Path) -> Result<u64, FileError> {
    let stat = rustix::fs::statvfs(path)
        .map_err(io::Error::from)
        .map_err(FileError::io("examine", path))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether `path` lies on a file system that lives in memory.
pub fn is_in_memory(path: &Path) -> Result<bool, FileError> {
    const TMPFS_MAGIC: u64 = 0x0102_1994;
    const RAMFS_MAGIC: u64 = 0x8584_58f6;
    let stat = rustix::fs::statfs(path)
        .map_err(io::Error::from)
        .map_err(FileError::io("examine", path))?;
    // The type of the field differs between machines; the magic numbers have 32 bits on all.
    let kind = u64::try_from(stat.f_type).unwrap_or_default() & 0xffff_ffff;
    Ok(matches!(kind, TMPFS_MAGIC | RAMFS_MAGIC))
}

/// Holds an advisory lock (flock) on a file until dropped or until the process ends.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

impl FileLock {
    /// Takes the lock, or says who cannot have it. The file is created when missing.
    pub fn acquire(path: &Path) -> Result<Self, FileError> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(FileError::io("lock", path))?;
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(FileError::Locked { path: path.to_owned() }),
            Err(error) => Err(FileError::io("lock", path)(error.into())),
        }
    }
}

impl Drop for FileLock {
    /// Closing alone would not do: a program that another thread is just starting holds a copy of
    /// the open file until it runs, and the lock with it.
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.file, rustix::fs::FlockOperation::Unlock);
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
