//! Comparing files on a disk with a set: every byte read again and held against the set's digests.
//!
//! A restore proves each blob before it writes it; this proves what the disk gives back afterwards,
//! which is what a drill may call restored. Content, size and kind are compared, names too: a file
//! that the set does not know is a difference. Mode, owner and times are not compared.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::progress::Progress;
use crate::repository::Repository;
use crate::repository::blob::BlobKind;
use crate::repository::browse::{BrowseError, Browser, shown};
use crate::repository::id::SnapshotId;
use crate::repository::index::Index;
use crate::repository::tree::{Node, NodeKind};

/// What a folder on the disk is beside a folder of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Regular files whose content was read and is right.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Everything that is not as the set has it.
    pub differences: Vec<Difference>,
}

/// One thing that is not as the set has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path in the set, for people.
    pub path: String,
    /// What is wrong.
    pub kind: DifferenceKind,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// It is not there.
    Missing,
    /// It is there, and the set does not know it.
    Unexpected,
    /// It is something else, such as a folder in place of a file.
    Kind,
    /// The content differs.
    Content,
    /// It could not be read: nothing can be said of it, least of all good.
    Unreadable,
}

impl DifferenceKind {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
            Self::Kind => "kind",
            Self::Content => "content",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Compares what lies below `path` of the set with what lies below `folder` on the disk.
pub fn compare(
    repository: &Repository,
    set: &SnapshotId,
    path: &str,
    folder: &Path,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<Comparison, BrowseError> {
    let tree = repository.snapshot(set)?.tree;
    let index = repository.load_index()?;
    let browser = Browser::new(repository)?;
    let mut compared = Comparison::default();
    let mut known = BTreeSet::new();
    for entry in browser.list(&tree, path.as_bytes(), true)? {
        if cancel.is_cancelled() {
            return Err(BrowseError::Cancelled);
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(unreadable) => {
                compared.add(&unreadable.path, DifferenceKind::Unreadable);
                continue;
            }
        };
        let below = Path::new(OsStr::from_bytes(&entry.path));
        let on_disk = folder.join(below.strip_prefix(path).unwrap_or(below));
        let before = compared.bytes;
        compared.entry(&entry.path, &entry.node, &on_disk, &index);
        progress.advance(1, compared.bytes - before);
        known.insert(on_disk);
    }
    compared.find_unexpected(folder, Path::new(path), &known);
    Ok(compared)
}

impl Comparison {
    fn add(&mut self, path: &[u8], kind: DifferenceKind) {
        self.differences.push(Difference { path: shown(path), kind });
    }

    fn entry(&mut self, path: &[u8], node: &Node, on_disk: &Path, index: &Index) {
        let there = match fs::symlink_metadata(on_disk) {
            Ok(there) => there.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return self.add(path, DifferenceKind::Missing);
            }
            Err(_) => return self.add(path, DifferenceKind::Unreadable),
        };
        let wrong = match node.kind {
            NodeKind::File if there.is_file() => {
                let (bytes, wrong) = content(node, on_disk, index);
                self.bytes += bytes;
                self.files += u64::from(wrong.is_none());
                wrong
            }
            NodeKind::Dir if there.is_dir() => None,
            NodeKind::Symlink if there.is_symlink() => link(node, on_disk),
            NodeKind::File | NodeKind::Dir | NodeKind::Symlink => Some(DifferenceKind::Kind),
            // Devices, pipes and sockets hold nothing to compare.
            _ => None,
        };
        if let Some(kind) = wrong {
            self.add(path, kind);
        }
    }

    /// `path` is what `folder` is called in the set.
    fn find_unexpected(&mut self, folder: &Path, path: &Path, known: &BTreeSet<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else {
            // A folder that the set knows was looked at above; one that is not there has nothing.
            return;
        };
        for entry in entries.flatten() {
            let (on_disk, below) = (entry.path(), path.join(entry.file_name()));
            if !known.contains(&on_disk) {
                self.add(below.as_os_str().as_bytes(), DifferenceKind::Unexpected);
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.find_unexpected(&on_disk, &below, known);
            }
        }
    }
}

/// Reads a file blob by blob; returns the bytes that were right, and what was wrong.
fn content(node: &Node, on_disk: &Path, index: &Index) -> (u64, Option<DifferenceKind>) {
    let Ok(mut file) = File::open(on_disk) else {
        return (0, Some(DifferenceKind::Unreadable));
    };
    let mut right = 0;
    let mut piece = Vec::new();
    for id in node.content.iter().flatten() {
        // A blob that the index lost cannot vouch for anything.
        let Some(location) = index.find(BlobKind::Data, id) else {
            return (right, Some(DifferenceKind::Unreadable));
        };
        let length = location.blob.plain_length();
        piece.clear();
        if (&mut file).take(length).read_to_end(&mut piece).is_err() {
            return (right, Some(DifferenceKind::Unreadable));
        }
        if piece.len() as u64 != length || Digest::of(&piece) != id.0 {
            return (right, Some(DifferenceKind::Content));
        }
        right += length;
    }
    match file.read(&mut [0]) {
        Ok(0) => (right, None),
        Ok(_) => (right, Some(DifferenceKind::Content)),
        Err(_) => (right, Some(DifferenceKind::Unreadable)),
    }
}

fn link(node: &Node, on_disk: &Path) -> Option<DifferenceKind> {
    match fs::read_link(on_disk) {
        Ok(target) if target.as_os_str().as_bytes() == node.link_target => None,
        Ok(_) => Some(DifferenceKind::Content),
        Err(_) => Some(DifferenceKind::Unreadable),
    }
}
