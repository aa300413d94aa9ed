//! Dumps that are files in a folder: what a program must have left there, and their digest.
//!
//! Only folders and regular files count. A link would be a dump that lies elsewhere, where nothing
//! takes it into the set. A server may still be writing when the program that asked it for a dump has
//! ended: so every file must stand still from the end of the program until it was read.

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::base::cancel::Cancel;
use crate::base::command::fits;
use crate::base::digest::Digest;
use crate::source::command::digest_of;
use crate::source::error::SourceError;
use crate::world::files::FileError;

/// More files than any dump has; a folder without end is not a dump.
const FILES_MAX: usize = 1_000_000;

/// A file as it was seen. Whoever writes to it changes its length or one of its times.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    bytes: u64,
    inode: u64,
    /// Of the content and of the inode, each in seconds and nanoseconds.
    times: [i64; 4],
}

/// The files of a dump as they were seen at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing(Vec<Seen>);

impl Listing {
    /// Every file below `folder` as it is now.
    pub(super) fn of(folder: &Path) -> Result<Self, SourceError> {
        list(folder).map(Self)
    }

    /// Fails unless every file below `folder` is as it was, and no other has come.
    pub(super) fn check_still(&self, folder: &Path) -> Result<(), SourceError> {
        let now = list(folder)?;
        let other = self.0.iter().find(|was| !holds(&now, was));
        let other = other.or_else(|| now.iter().find(|is| !holds(&self.0, is)));
        match other {
            Some(other) => Err(SourceError::CommandChanged { path: other.path.clone() }),
            None => Ok(()),
        }
    }
}

/// Whether `all`, in the order of their paths, have exactly this one.
fn holds(all: &[Seen], one: &Seen) -> bool {
    let at = all.binary_search_by(|other| in_order(&other.path, &one.path));
    at.is_ok_and(|at| all.get(at) == Some(one))
}

fn in_order(one: &Path, other: &Path) -> Ordering {
    one.as_os_str().as_bytes().cmp(other.as_os_str().as_bytes())
}

/// Every file below `folder`, in the order of the bytes of its path.
fn list(folder: &Path) -> Result<Vec<Seen>, SourceError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(FileError::io("read", &folder))? {
            let path = entry.map_err(FileError::io("read", &folder))?.path();
            let meta = path.symlink_metadata().map_err(FileError::io("examine", &path))?;
            if meta.is_dir() {
                folders.push(path);
            } else if !meta.is_file() {
                let detail = format!("`{}` is neither a file nor a folder", path.display());
                return Err(SourceError::CommandFiles { detail });
            } else if found.len() == FILES_MAX {
                let detail = format!("there are more than {FILES_MAX} files");
                return Err(SourceError::CommandFiles { detail });
            } else {
                let times = [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()];
                found.push(Seen { path, bytes: meta.len(), inode: meta.ino(), times });
            }
        }
    }
    found.sort_by(|a, b| in_order(&a.path, &b.path));
    Ok(found)
}

/// Bytes that were written so far, as far as can be seen.
pub(super) fn growth(folder: &Path) -> u64 {
    list(folder).map_or(0, |files| files.iter().map(|file| file.bytes).sum())
}

/// Fails unless there is a file, none is empty, and each wanted pattern fits one.
pub(super) fn check(folder: &Path, wanted: &[String]) -> Result<(), SourceError> {
    let refuse = |detail: String| Err(SourceError::CommandFiles { detail });
    let found = list(folder)?;
    if found.is_empty() {
        return refuse("there is no file in its folder".to_owned());
    }
    if let Some(empty) = found.iter().find(|file| file.bytes == 0) {
        return refuse(format!("`{}` is empty", empty.path.display()));
    }
    let is_there = |pattern: &String| {
        let names = found.iter().filter_map(|file| file.path.file_name()?.to_str());
        names.into_iter().any(|name| fits(pattern, name))
    };
    match wanted.iter().find(|pattern| !is_there(pattern)) {
        Some(missing) => refuse(format!("there is no file `{missing}` in its folder")),
        None => Ok(()),
    }
}

/// The bytes of all files, and the digest over each one's digest, length and path from the folder:
/// `docs/formats/manifest.md` has its form.
pub(super) fn digest(folder: &Path, cancel: &Cancel) -> Result<(u64, Digest), SourceError> {
    let (mut hash, mut all) = (Sha256::new(), 0);
    for Seen { path, .. } in list(folder)? {
        let (bytes, digest) = digest_of(&path, cancel)?;
        let relative = path.strip_prefix(folder).map_err(io::Error::other);
        let relative = relative.map_err(FileError::io("name", &path))?;
        hash.update(format!("{digest} {bytes} ").as_bytes());
        hash.update(relative.as_os_str().as_bytes());
        hash.update([0]);
        all += bytes;
    }
    Ok((all, Digest(hash.finalize().into())))
}
