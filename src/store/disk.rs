//! A store in a folder: one file for each object, names as paths, so that stock restic reads it.
//!
//! `put` writes an unfinished file in `tmp/`, waits for the disk, renames it to its name without
//! replacing anything, and waits for the folder. restic looks only below the folders of its own
//! layout, so it never sees `tmp/`. Files are 0600 and folders 0700 from the instant they exist.
//!
//! An unfinished file of a process that died is removed by the next store that writes here. What
//! tells the dead from the living is a lock that the writer holds on its file, not its age: no
//! clock is asked. Opening and reading change nothing, so a reader needs no right to write.
//!
//! Does not follow symbolic links when listing, and does not create the folder when opening: a
//! disk that is not mounted must not look like an empty store.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;

use crate::store::{Act, ObjectName, ObjectStore, StoreError};
use crate::world::files::{FileError, create_private_dir, sync_dir};

/// Up to so many bytes of a range are made room for before anybody knows that the file has them:
/// more than one read of a sane repository asks for.
const AHEAD_MAX: usize = 16 * 1024 * 1024;

/// Objects in a folder.
#[derive(Clone, Debug)]
pub struct DiskStore {
    folder: Arc<Folder>,
}

#[derive(Debug)]
struct Folder {
    root: PathBuf,
    /// Folders whose own name is known to be on the disk. Another process may have created one
    /// an instant ago and not waited for the disk yet, so being there is not enough.
    durable: Mutex<HashSet<PathBuf>>,
    reaped: Once,
}

impl DiskStore {
    /// The store in an existing folder.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        if !root.is_dir() {
            return Err(StoreError::NoStore { place: root.display().to_string() });
        }
        Ok(Self {
            folder: Arc::new(Folder { root, durable: Mutex::default(), reaped: Once::new() }),
        })
    }

    /// The store in a folder that is created, with its parents, when missing.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        match create_private_dir(&root) {
            Ok(()) => Self::open(root),
            Err(FileError::Io { source, .. }) => {
                Err(StoreError::from_io(Act::Create, root.display().to_string(), source))
            }
            Err(FileError::Locked { path }) => {
                Err(StoreError::Unreachable { place: path.display().to_string() })
            }
        }
    }

    /// Runs `work` where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let folder = Arc::clone(&self.folder);
        match tokio::task::spawn_blocking(move || work(&folder)).await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is being shut down: nobody will do the work.
                Err(_) => Err(StoreError::Unreachable { place: self.location() }),
            },
        }
    }
}

#[async_trait]
impl ObjectStore for DiskStore {
    fn location(&self) -> String {
        self.folder.root.display().to_string()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        let name = name.clone();
        self.blocking(move |folder| folder.put(&name, &bytes)).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let name = name.clone();
        self.blocking(move |folder| folder.get(&name)).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let name = name.clone();
        // Allocated here and not where it is filled: the threads that may block are many, and the
        // allocator keeps for each what it once gave it. Untouched memory costs nothing.
        let bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(AHEAD_MAX).min(AHEAD_MAX));
        self.blocking(move |folder| folder.get_range(&name, offset, length, bytes)).await
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        let name = name.clone();
        self.blocking(move |folder| Ok(folder.open(&name)?.1)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        let prefix = prefix.to_owned();
        self.blocking(move |folder| folder.list(&prefix)).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        let name = name.clone();
        self.blocking(move |folder| folder.delete(&name)).await
    }
}

impl Folder {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), StoreError> {
        StoreError::check_size(|| self.place(name), bytes.len() as u64)?;
        let failed = |error| self.failed(Act::Write, name, error);
        let path = self.path(name);
        let parent = path.parent().unwrap_or(&self.root);
        if path.exists() {
            return self.confirm(name, &path, bytes);
        }
        self.require_root()?;
        self.reaped.call_once(|| self.reap());
        self.ensure_dir(parent).map_err(failed)?;
        let mut unfinished = self.unfinished().map_err(failed)?;
        unfinished.write_synced(bytes).map_err(failed)?;
        match unfinished.rename_to(&path) {
            Ok(()) => sync_io(parent).map_err(failed),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.confirm(name, &path, bytes)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Settles a `put` whose name is taken: durable when the content is the same, else refused.
    fn confirm(&self, name: &ObjectName, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let (file, size) = self.open(name)?;
        if size != bytes.len() as u64 || self.get(name)? != bytes {
            return Err(StoreError::AlreadyExists { place: self.place(name) });
        }
        let parent = path.parent().unwrap_or(&self.root);
        file.sync_all()
            .and_then(|()| self.ensure_dir(parent))
            .and_then(|()| sync_io(parent))
            .map_err(|error| self.failed(Act::Write, name, error))
    }

    fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let (file, size) = self.open(name)?;
        StoreError::check_size(|| self.place(name), size)?;
        // One byte more than the size says: a file that grows meanwhile is not read without end.
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
        file.take(size + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.failed(Act::Read, name, error))?;
        Ok(bytes.into())
    }

    fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
        mut bytes: Vec<u8>,
    ) -> Result<Bytes, StoreError> {
        let (file, size) = self.open(name)?;
        let range = StoreError::check_range(|| self.place(name), offset, length, size)?;
        // Memory that nobody has filled with zeros before: that would cost as much as the reading.
        bytes.reserve_exact(range.len());
        let read = (&file)
            .seek(SeekFrom::Start(offset))
            .and_then(|_at| file.take(length).read_to_end(&mut bytes))
            .map_err(|error| self.failed(Act::Read, name, error))?;
        if read < range.len() {
            // Cut between the look at its size and the read.
            return Err(StoreError::OutOfRange { place: self.place(name), offset, length, size });
        }
        Ok(bytes.into())
    }

    /// The file of an object and its size.
    fn open(&self, name: &ObjectName) -> Result<(File, u64), StoreError> {
        let opened = File::open(self.path(name)).and_then(|file| {
            let metadata = file.metadata()?;
            Ok((file, metadata))
        });
        match opened {
            Ok((file, metadata)) if metadata.is_file() => Ok((file, metadata.len())),
            Ok(_) => Err(StoreError::Missing { place: self.place(name) }),
            Err(error) => {
                let error = self.failed(Act::Read, name, error);
                if matches!(error, StoreError::Missing { .. }) {
                    self.require_root()?;
                }
                Err(error)
            }
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        self.require_root()?;
        // Only folders that can hold matching names are walked: `locks/` must not cost a walk
        // over all packs.
        let mut found = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            self.list_folder(&folder, prefix, &mut folders, &mut found).map_err(|error| {
                let place = self.root.join(&folder).display().to_string();
                StoreError::from_io(Act::List, place, error)
            })?;
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Adds the matching objects of one folder to `found` and its promising folders to `folders`,
    /// and makes their names durable. `folder` is empty or ends with `/`.
    fn list_folder(
        &self,
        folder: &str,
        prefix: &str,
        folders: &mut Vec<String>,
        found: &mut Vec<(ObjectName, u64)>,
    ) -> io::Result<()> {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            // Removed since it was seen.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let Some(name) = entry
                .file_name()
                .to_str()
                .and_then(|segment| ObjectName::new(&format!("{folder}{segment}")).ok())
            else {
                continue;
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let below = format!("{name}/");
                if below.starts_with(prefix) || prefix.starts_with(&below) {
                    folders.push(below);
                }
            } else if kind.is_file() && name.as_str().starts_with(prefix) {
                match entry.metadata() {
                    Ok(metadata) => found.push((name, metadata.len())),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
        // A writer may have been killed between giving a name and waiting for it.
        match sync_io(&self.root.join(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            synced => synced,
        }
    }

    fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.require_root()?;
        let path = self.path(name);
        let removed =
            fs::remove_file(&path).and_then(|()| sync_io(path.parent().unwrap_or(&self.root)));
        match removed {
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Err(self.failed(Act::Delete, name, error))
            }
            _ => Ok(()),
        }
    }

    /// Creates a folder of the store and its parents, each durable in the one above it.
    fn ensure_dir(&self, dir: &Path) -> io::Result<()> {
        if dir == self.root {
            return Ok(());
        }
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing: Vec<&Path> = dir
            .ancestors()
            .take_while(|dir| *dir != self.root && !durable.contains(*dir))
            .collect();
        while let Some(dir) = missing.pop() {
            match DirBuilder::new().mode(0o700).create(dir) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => sync_io(dir.parent().unwrap_or(&self.root))?,
            }
            durable.insert(dir.to_owned());
        }
        Ok(())
    }

    fn unfinished(&self) -> io::Result<Unfinished> {
        let dir = self.root.join(ObjectName::RESERVED);
        self.ensure_dir(&dir)?;
        Unfinished::create(&dir)
    }

    /// Removes what dead writers left. Best effort: a leftover costs space, nothing else.
    fn reap(&self) {
        let Ok(entries) = fs::read_dir(self.root.join(ObjectName::RESERVED)) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let removed = File::open(&path).and_then(|file| {
                flock(&file, FlockOperation::NonBlockingLockExclusive)?;
                fs::remove_file(&path)
            });
            match removed {
                Ok(()) => {
                    tracing::info!(path = %path.display(), "Unfinished file of a dead writer was removed.");
                }
                // Alive, or gone in the meantime, or not ours to remove.
                Err(error) => {
                    tracing::debug!(path = %path.display(), %error, "Unfinished file stays.");
                }
            }
        }
    }

    fn require_root(&self) -> Result<(), StoreError> {
        if self.root.is_dir() {
            return Ok(());
        }
        Err(StoreError::Unreachable { place: self.root.display().to_string() })
    }

    fn path(&self, name: &ObjectName) -> PathBuf {
        self.root.join(name.as_str())
    }

    fn place(&self, name: &ObjectName) -> String {
        self.path(name).display().to_string()
    }

    fn failed(&self, act: Act, name: &ObjectName, error: io::Error) -> StoreError {
        StoreError::from_io(act, self.place(name), error)
    }
}

/// A file that is being written; removed when dropped before it got its name.
#[derive(Debug)]
struct Unfinished {
    file: File,
    path: PathBuf,
    renamed: bool,
}

impl Unfinished {
    fn create(dir: &Path) -> io::Result<Self> {
        /// Unique within the process; the process id makes it unique on the host, and
        /// `create_new` catches what other hosts and earlier processes left under the same name.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = dir.join(format!("{}-{number}", std::process::id()));
            let file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)
            {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                // A reaper came between creation and lock: it will remove the file, or has.
                Err(Errno::WOULDBLOCK) => {}
                Ok(()) if file.metadata()?.nlink() == 0 => {}
                // Where the file system knows no locks, reapers cannot lock either and leave us be.
                Ok(()) | Err(_) => return Ok(Self { file, path, renamed: false }),
            }
        }
    }

    fn write_synced(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.file.sync_all()
    }

    /// Gives the file its name, unless that is taken.
    #[expect(
        clippy::disallowed_methods,
        reason = "the way of file systems that cannot refuse to replace; `files` always syncs too"
    )]
    fn rename_to(&mut self, path: &Path) -> io::Result<()> {
        match renameat_with(CWD, &self.path, CWD, path, RenameFlags::NOREPLACE) {
            // NFS and some FUSE file systems have no such rename. The name was free a moment ago,
            // and two writers of one name are writers of the same bytes.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => fs::rename(&self.path, path)?,
            outcome => outcome?,
        }
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.renamed {
            // What cannot be removed now is reaped later.
            let _left = fs::remove_file(&self.path);
        }
    }
}

fn sync_io(dir: &Path) -> io::Result<()> {
    sync_dir(dir).map_err(|error| match error {
        FileError::Io { source, .. } => source,
        FileError::Locked { .. } => io::ErrorKind::WouldBlock.into(),
    })
}
