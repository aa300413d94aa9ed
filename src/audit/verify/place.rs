//! Where an export lies: a zip, or the folder into which somebody unpacked one.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::audit::verify::report::Weight;
use crate::audit::verify::zip::{Archive, Odd, Section};

/// A folder with more files is none of ours; reading on would only take time.
const FILES_MAX: usize = 10_000;

/// The files of an export.
pub(super) enum Place {
    /// Unpacked.
    Folder(PathBuf),
    /// As it was written.
    Zip(PathBuf, Archive),
}

impl Place {
    /// Finds out which of the two `path` is.
    pub(super) fn open(path: &Path) -> Result<Self, Odd> {
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        Ok(Self::Zip(path.to_owned(), Archive::open(path)?))
    }

    /// What it means that a file is missing: from a zip somebody took it, of a folder somebody may
    /// have unpacked a part.
    pub(super) fn weight_of_missing(&self) -> Weight {
        match self {
            Self::Folder(_) => Weight::Unknown,
            Self::Zip(..) => Weight::Wrong,
        }
    }

    /// What it means that a file is there that nobody signed for: other programs leave files in
    /// folders.
    pub(super) fn weight_of_added(&self) -> Weight {
        match self {
            Self::Folder(_) => Weight::Note,
            Self::Zip(..) => Weight::Wrong,
        }
    }

    /// The file for people.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(path) | Self::Zip(path, _) => path.join(name),
        }
    }

    /// Reads one file.
    pub(super) fn reader(&self, name: &str) -> io::Result<Content> {
        match self {
            Self::Folder(dir) => {
                let path = dir.join(name);
                // Of a pipe or a device there is no end.
                if !path.metadata()?.is_file() {
                    return Err(io::ErrorKind::InvalidInput.into());
                }
                Ok(Content::File(File::open(path)?))
            }
            Self::Zip(_, archive) => archive.reader(name).map(Content::Section),
        }
    }

    /// The whole content of a file, unless it is larger than it may be.
    pub(super) fn read(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader(name)?.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }

    /// The names of all files, those of folders with the folder.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let dir = match self {
            Self::Zip(_, archive) => return Ok(archive.names()),
            Self::Folder(dir) => dir,
        };
        let mut names = Vec::new();
        for file in std::fs::read_dir(dir)? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            if !file.path().is_dir() {
                names.push(name);
            } else if let Ok(inner) = std::fs::read_dir(file.path()) {
                names.extend(
                    inner
                        .flatten()
                        .take(FILES_MAX)
                        .map(|inner| format!("{name}/{}", inner.file_name().to_string_lossy())),
                );
            }
            if names.len() > FILES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        names.sort();
        Ok(names)
    }
}

/// The content of a file of an export.
pub(super) enum Content {
    /// Of a folder.
    File(File),
    /// Of a zip.
    Section(Section),
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Section(section) => section.read(buffer),
        }
    }
}
