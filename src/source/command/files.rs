//! Dumps that are files in a folder: what a program must have left there, and their digest.
//!
//! Only folders and regular files count. A link would be a dump that lies elsewhere, where nothing
//! takes it into the set.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
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

/// Every file below `folder`, in the order of the bytes of its path, with its length.
fn list(folder: &Path) -> Result<Vec<(PathBuf, u64)>, SourceError> {
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
                found.push((path, meta.len()));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
    Ok(found)
}

/// Bytes that were written so far, as far as can be seen.
pub(super) fn growth(folder: &Path) -> u64 {
    list(folder).map_or(0, |files| files.iter().map(|(_, bytes)| bytes).sum())
}

/// Fails unless there is a file, none is empty, and each wanted pattern fits one.
pub(super) fn check(folder: &Path, wanted: &[String]) -> Result<(), SourceError> {
    let refuse = |detail: String| Err(SourceError::CommandFiles { detail });
    let found = list(folder)?;
    if found.is_empty() {
        return refuse("there is no file in its folder".to_owned());
    }
    if let Some((empty, _)) = found.iter().find(|(_, bytes)| *bytes == 0) {
        return refuse(format!("`{}` is empty", empty.display()));
    }
    let is_there = |pattern: &String| {
        let names = found.iter().filter_map(|(path, _)| path.file_name()?.to_str());
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
    for (path, _) in list(folder)? {
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
