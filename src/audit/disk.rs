//! Every write of the log goes through here, so that tests can stop it at each one.
//!
//! Guarantees: what a call reported is on the disk, name and content. Nothing here knows what the
//! bytes mean; the order of calls, on which recovery rests, is decided in `state`.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::world::files::{
    self, FileError, create_private_dir, replace_as, replace_durably, sync_dir, write_synced,
};

/// The durable writes of the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    /// Folders whose names are on the disk: looked at once, not before each file.
    known: Arc<Mutex<HashSet<PathBuf>>>,
    #[cfg(feature = "testkit")]
    fuse: Option<Fuse>,
}

impl Disk {
    /// A disk that stops when the fuse blows.
    #[cfg(feature = "testkit")]
    pub(super) fn with_fuse(fuse: Fuse) -> Self {
        Self { fuse: Some(fuse), ..Self::default() }
    }

    /// Adds bytes to the end of a file that exists.
    pub(super) fn append(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        let mut file =
            OpenOptions::new().append(true).open(path).map_err(FileError::io("write", path))?;
        self.step(path, |half| file.write_all(&bytes[..bytes.len() / half]))?;
        file.write_all(bytes).map_err(FileError::io("write", path))?;
        file.sync_data().map_err(FileError::io("write", path))
    }

    /// Gives a file this content, making its folder where needed; old or new, never a mixture.
    pub(super) fn put(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        self.make_folder(path)?;
        self.step(path, |half| {
            write_synced(&path.with_extension("tmp"), &bytes[..bytes.len() / half], 0o600)
                .map_err(std::io::Error::other)
        })?;
        replace_durably(path, bytes)
    }

    /// Gives files their content as [`put`](Self::put) does, waiting for all of them together. Their
    /// names come once all their contents are on the disk; until this returns, any of them may be
    /// lost with the power.
    pub(super) fn put_all(&self, contents: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError> {
        if let [(path, bytes)] = contents {
            return self.put(path, bytes);
        }
        let mut staged = Vec::with_capacity(contents.len());
        for (path, bytes) in contents {
            self.make_folder(path)?;
            self.step(path, |half| {
                files::stage(path, &bytes[..bytes.len() / half])
                    .map(drop)
                    .map_err(std::io::Error::other)
            })?;
            staged.push(files::stage(path, bytes)?);
        }
        files::publish(&staged, |path| self.step(path, |_| Ok(())))
    }

    /// Waits for a file that a killed writer may not have waited for. What is put on the disk for
    /// certain must not rest on it before.
    pub(super) fn settle(&self, path: &Path) -> Result<(), FileError> {
        self.step(path, |_| Ok(()))?;
        files::sync_left(path)
    }

    /// Removes a file, durably.
    pub(super) fn remove(&self, path: &Path) -> Result<(), FileError> {
        self.step(path, |_| Ok(()))?;
        files::remove_durably(path)
    }

    /// Makes the folder of a file where it is missing, durably.
    fn make_folder(&self, path: &Path) -> Result<(), FileError> {
        let Some(folder) = path.parent() else { return Ok(()) };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(folder) || !folder.is_dir() {
            create_private_dir(folder)?;
            known.insert(folder.to_owned());
        }
        Ok(())
    }

    /// Gives a file that exists this content, as [`put`](Self::put) does, and leaves it to whom it
    /// belongs: a service must not lose its file because somebody else replaced it.
    pub(super) fn put_in_place(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        self.step(path, |half| {
            write_synced(&path.with_extension("tmp"), &bytes[..bytes.len() / half], 0o600)
                .map_err(std::io::Error::other)
        })?;
        replace_as(path, bytes, path)
    }

    /// Writes a file that later writes never change, unless it is there already. Its name may be
    /// lost in a crash, and after one it may hold a part: whoever reads it can do without it.
    pub(super) fn ensure_derived(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        if std::fs::read(path).is_ok_and(|present| present == bytes) {
            return Ok(());
        }
        self.make_folder(path)?;
        self.step(path, |half| {
            write_synced(path, &bytes[..bytes.len() / half], 0o600).map_err(std::io::Error::other)
        })?;
        write_synced(path, bytes, 0o600)
    }

    /// Cuts a file off behind its first `length` bytes.
    pub(super) fn cut(&self, path: &Path, length: u64) -> Result<(), FileError> {
        self.step(path, |_| Ok(()))?;
        let file =
            OpenOptions::new().write(true).open(path).map_err(FileError::io("write", path))?;
        file.set_len(length).map_err(FileError::io("write", path))?;
        file.sync_all().map_err(FileError::io("write", path))
    }

    /// Removes what newer files have replaced. Failing is harmless: readers prefer the newer.
    pub(super) fn tidy_away(&self, path: &Path) {
        if self.step(path, |_| Ok(())).is_ok() {
            let _ = if path.is_dir() {
                std::fs::remove_dir_all(path)
            } else {
                std::fs::remove_file(path)
            };
        }
    }

    /// Makes the names in a folder durable.
    pub(super) fn sync_dir(&self, folder: &Path) -> Result<(), FileError> {
        self.step(folder, |_| Ok(()))?;
        sync_dir(folder)
    }

    /// Burns one step of the fuse. When it blows, `partly` leaves behind what a crash would.
    #[cfg(feature = "testkit")]
    fn step(
        &self,
        path: &Path,
        partly: impl FnOnce(usize) -> std::io::Result<()>,
    ) -> Result<(), FileError> {
        let Some(fuse) = &self.fuse else { return Ok(()) };
        fuse.burn(partly).map_err(FileError::io("write", path))
    }

    #[cfg(not(feature = "testkit"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the twin has a fuse")]
    fn step(
        &self,
        _path: &Path,
        _partly: impl FnOnce(usize) -> std::io::Result<()>,
    ) -> Result<(), FileError> {
        Ok(())
    }
}

/// Stops all writes of a log after a number of them, as a full disk or a crash does.
#[cfg(feature = "testkit")]
#[derive(Clone, Debug)]
pub struct Fuse {
    left: std::sync::Arc<std::sync::atomic::AtomicU32>,
    torn: bool,
}

#[cfg(feature = "testkit")]
impl Fuse {
    /// `steps` writes pass; of the next one, half reaches the disk if `torn`, else nothing.
    pub fn after(steps: u32, torn: bool) -> Self {
        Self { left: std::sync::Arc::new((steps + 1).into()), torn }
    }

    /// Whether it has blown.
    pub fn is_blown(&self) -> bool {
        self.left.load(std::sync::atomic::Ordering::SeqCst) == 0
    }

    /// There is room on the disk again.
    pub fn mend(&self) {
        self.left.store(u32::MAX, std::sync::atomic::Ordering::SeqCst);
    }

    fn burn(&self, partly: impl FnOnce(usize) -> std::io::Result<()>) -> std::io::Result<()> {
        use std::sync::atomic::Ordering::SeqCst;
        let before = self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        match before {
            Ok(2..) => return Ok(()),
            Ok(_) if self.torn => partly(2)?,
            Ok(_) | Err(_) => {}
        }
        Err(std::io::ErrorKind::StorageFull.into())
    }
}
