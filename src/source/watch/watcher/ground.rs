//! What a watched tree stands on: its root, and the file systems in and around it. No event tells
//! when those change, so they are looked at.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::base::fault::chain;
use crate::source::watch::eye::{Eye, is_gone};
use crate::source::watch::fact::Why;
use crate::source::watch::lock;
use crate::source::watch::watcher::{FileId, Watcher};
use crate::world::files::FileError;
use crate::world::mounts::{self, Mount};

impl<E: Eye> Watcher<E> {
    /// Another root than the one that is watched is another tree.
    pub(super) fn look_at_root(&mut self, stop: &AtomicBool) {
        self.looked = Some(self.world.clock.monotonic());
        match stand(&self.tree.root) {
            Ok(Some(seen))
                if self.root == Some(seen) && !self.has_left && !self.has_lost_root() => {}
            Ok(Some(_)) => {
                tracing::warn!(
                    portal = self.tree.portal,
                    tree = self.tree.name,
                    "Another folder stands where a tree was: a full walk is needed."
                );
                self.unknown(Why::RootReplaced);
                self.take_in_all(stop);
            }
            Ok(None) => self.lose_root(Why::RootGone, "it is not there"),
            Err(error) => self.lose_root(Why::Unreadable, &error.to_string()),
        }
    }

    /// The root cannot be seen.
    pub(super) fn lose_root(&mut self, why: Why, detail: &str) {
        self.has_left = false;
        if self.root.take().is_some() {
            self.forget_below(b"");
        }
        self.blind(why, b"", detail);
    }

    /// What was mounted over a folder, and what a file system that went leaves to be seen, is not
    /// watched yet.
    pub(super) fn look_at_mounts(&mut self, stop: &AtomicBool) {
        if self.root.is_none() {
            return;
        }
        let now = match mounts::around(&self.tree.root) {
            Ok(now) => now,
            Err(FileError::Io { source, .. }) if is_gone(&source) => return,
            Err(fault) => return self.blind(Why::Unreadable, b"", &chain(&fault)),
        };
        if now == self.mounts {
            return;
        }
        // First: what is taken note of is not looked at again.
        let root = match std::fs::canonicalize(&self.tree.root) {
            Ok(root) => root,
            Err(error) if is_gone(&error) => return,
            Err(error) => return self.blind(Why::Unreadable, b"", &error.to_string()),
        };
        let before = std::mem::replace(&mut self.mounts, now);
        let changed = |a: &[Mount], b: &[Mount]| -> Vec<_> {
            a.iter().filter(|one| !b.contains(one)).map(|one| one.place.clone()).collect()
        };
        let mut places = changed(&before, &self.mounts);
        places.extend(changed(&self.mounts, &before));
        // What was exchanged for another is one place.
        places.sort();
        places.dedup();
        let below = places.iter().map(|place| place.strip_prefix(&root).ok());
        let below: Option<Vec<_>> = below.map(|path| path.filter(|path| *path != "")).collect();
        let Some(below) = below else {
            // At the root or above.
            self.unknown(Why::Unmounted);
            return self.take_in_all(stop);
        };
        for path in below.into_iter().map(|path| path.as_os_str().as_bytes().to_vec()) {
            if !self.is_left_out(&path) {
                self.unknown(Why::Unmounted);
                self.forget_below(&path);
                self.take_in(path, stop);
            }
        }
    }

    /// Whether sets leave out this path, or a folder that it lies in.
    fn is_left_out(&self, path: &[u8]) -> bool {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| end);
        ends.chain([path.len()]).any(|end| (self.tree.left_out)(&path[..end]))
    }

    /// The root is not watched any more, though it could be.
    fn has_lost_root(&self) -> bool {
        !self.numbers.contains_key(&[][..]) && lock(&self.desk).blind.is_none()
    }
}

/// Device and inode of the folder at this path; none where there is no folder. Any other answer
/// leaves that open.
pub(super) fn stand(path: &Path) -> std::io::Result<Option<FileId>> {
    match path.metadata() {
        Ok(meta) => Ok(meta.is_dir().then(|| (meta.dev(), meta.ino()))),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
