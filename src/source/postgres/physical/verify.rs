//! A restored base against the manifest that the server once wrote: every file, every byte, and
//! nothing beside it.
//!
//! The log is not in the manifest; its files are named by what the set says of the base, and what
//! they hold is checked by the server that reads them. Nothing is changed, and no link out of the
//! base is followed.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::manifest::{BaseFacts, DatabaseFacts};
use crate::source::error::SourceError;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::manifest::{self, Known};
use crate::source::postgres::physical::position::{Position, segment_name};
use crate::source::postgres::physical::{DATA, TABLESPACES};
use crate::world::files::FileError;

/// More files of the log than any base has: 16 TB of the usual size.
const SEGMENTS_MAX: u64 = 1_000_000;

/// Read at once.
const BUFFER: usize = 256 * 1024;

/// What a look at a restored base found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Files that were read to their end and compared.
    pub files: u64,
    /// What differs, by path below the base's folder, with a word for how: `missing`, `altered`,
    /// `unexpected`.
    pub differences: Vec<(String, &'static str)>,
}

/// Compares the base restored to `folder` with what `facts` and its own manifest say of it.
///
/// A manifest that is not the one of the set is a fault: there is then nothing to compare with.
pub fn verify(
    folder: &Path,
    facts: &DatabaseFacts,
    cancel: &Cancel,
) -> Result<Verified, SourceError> {
    let base = facts.base.as_ref().ok_or_else(|| differs("the set tells nothing of it"))?;
    let data = folder.join(DATA);
    let text = bounded(&data.join(manifest::NAME))?;
    if facts.dump_digest.as_deref() != Some(&Digest::of(&text).to_string()) {
        return Err(differs("its manifest is not the one of the set"));
    }
    let known = manifest::read(&text).map_err(differs)?;
    let mut verified = Verified::default();
    let links = data.join("pg_tblspc");
    for number in base.tablespaces.keys() {
        let link = links.join(number);
        if !leads_beside(&link, number) {
            verified.differs(folder, &link, "altered");
        }
    }
    for (name, expected) in &known.files {
        if cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let Some(path) = place(folder, base, name) else {
            return Err(differs(format!("`{}` has no place", String::from_utf8_lossy(name))));
        };
        verified.compare(folder, &path, expected)?;
    }
    for name in log(base)? {
        let path = data.join("pg_wal").join(name);
        let is_whole = path
            .symlink_metadata()
            .is_ok_and(|meta| meta.is_file() && meta.len() == base.wal_segment_bytes);
        if !is_whole {
            verified.differs(folder, &path, "missing");
        }
    }
    // The links that were told above, and those of tablespaces made while the base was taken: they
    // lead to nothing yet, and what the log would make of them is for whoever replays it.
    let is_link = |path: &Path| {
        let number = path.strip_prefix(&links).ok().and_then(Path::to_str);
        number.is_some_and(|number| {
            base.tablespaces.contains_key(number) || leads_beside(path, number)
        })
    };
    let mut wanted: Vec<PathBuf> =
        known.files.keys().filter_map(|name| place(folder, base, name)).collect();
    wanted.sort_unstable();
    let is_known = |path: &Path| {
        path == data.join(manifest::NAME)
            || path.starts_with(data.join("pg_wal"))
            || wanted.binary_search_by(|one| one.as_path().cmp(path)).is_ok()
    };
    verified.strangers(folder, folder, &is_known, &is_link)?;
    Ok(verified)
}

impl Verified {
    fn differs(&mut self, folder: &Path, path: &Path, how: &'static str) {
        let shown = path.strip_prefix(folder).unwrap_or(path).display().to_string();
        self.differences.push((shown, how));
    }

    fn compare(&mut self, folder: &Path, path: &Path, expected: &Known) -> Result<(), SourceError> {
        match path.symlink_metadata() {
            Ok(meta) if meta.is_file() => {}
            _ => {
                self.differs(folder, path, "missing");
                return Ok(());
            }
        }
        let found = known(path).map_err(FileError::io("read", path))?;
        if found == *expected {
            self.files += 1;
        } else {
            self.differs(folder, path, "altered");
        }
        Ok(())
    }

    /// Files and links that nobody knows of.
    fn strangers(
        &mut self,
        root: &Path,
        folder: &Path,
        is_known: &dyn Fn(&Path) -> bool,
        is_link: &dyn Fn(&Path) -> bool,
    ) -> Result<(), SourceError> {
        for entry in fs::read_dir(folder).map_err(FileError::io("read", folder))? {
            let entry = entry.map_err(FileError::io("read", folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(FileError::io("examine", &path))?;
            if kind.is_dir() {
                self.strangers(root, &path, is_known, is_link)?;
                continue;
            }
            let is_expected = if kind.is_symlink() { is_link(&path) } else { is_known(&path) };
            if !is_expected {
                self.differs(root, &path, "unexpected");
            }
        }
        Ok(())
    }
}

/// Whether a link leads to the place of its tablespace beside the data.
fn leads_beside(link: &Path, number: &str) -> bool {
    let place = Path::new("../..").join(TABLESPACES).join(number);
    fs::read_link(link).is_ok_and(|to| to == place)
}

/// Where a file of the manifest lies; not through a link, which may lead anywhere.
fn place(folder: &Path, base: &BaseFacts, name: &[u8]) -> Option<PathBuf> {
    let path = Path::new(std::ffi::OsStr::from_bytes(name));
    let Ok(inner) = path.strip_prefix("pg_tblspc") else {
        return Some(folder.join(DATA).join(path));
    };
    let number = inner.iter().next()?.to_str()?;
    base.tablespaces.contains_key(number).then(|| folder.join(TABLESPACES).join(inner))
}

/// The names of the log files that the base needs.
fn log(base: &BaseFacts) -> Result<Vec<String>, SourceError> {
    let ends = Position::parse(&base.start_lsn).zip(Position::parse(&base.stop_lsn));
    let (start, stop) = ends.ok_or_else(|| differs("its positions are none"))?;
    let bytes = base.wal_segment_bytes;
    if start > stop || bytes == 0 || (stop.0 - start.0) / bytes > SEGMENTS_MAX {
        return Err(differs("its stretch of the log is none"));
    }
    let numbers = start.segments(stop, bytes);
    Ok(numbers.map(|number| segment_name(base.timeline, number, bytes)).collect())
}

/// Size and digest of what stands on the disk.
fn known(path: &Path) -> io::Result<Known> {
    let (mut file, mut hasher, mut size) = (File::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((size, hasher.finalize().into())),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                size += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn bounded(path: &Path) -> Result<Vec<u8>, SourceError> {
    let mut text = Vec::new();
    let limit = manifest::BYTES_MAX as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut text));
    read.map_err(FileError::io("read", path))?;
    if text.len() > manifest::BYTES_MAX {
        return Err(differs("its manifest is too long"));
    }
    Ok(text)
}

fn differs(detail: impl Into<String>) -> SourceError {
    PhysicalFault::Differs { detail: detail.into() }.into()
}
