//! The zip of an export: stored files with fixed times, so that the same content is the same bytes.
//!
//! Nothing is compressed: a reader needs no inflater, no small file can unfold to a huge one, and
//! the bytes do not hang on the version of a compressor. The file appears under its name only when
//! it is whole and on the disk, and never replaces another.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::audit::fault::AuditError;
use crate::base::digest::Digest;
use crate::world::files::{self, FileError};

/// The list of all other files; last in the zip, since it speaks of them.
pub(super) const LIST: &str = "manifest";

/// A zip without its 64-bit extension, which readers of ours refuse.
const BYTES_MAX: u64 = u32::MAX as u64;

/// Files in the list, which as a signed note may have a megabyte.
const FILES_MAX: usize = 4_000;

/// A zip in the making.
pub(super) struct Pack {
    to: PathBuf,
    temporary: Leftover,
    zip: ZipWriter<BufWriter<File>>,
    bytes: u64,
    list: String,
}

impl Pack {
    /// Begins beside the file that it is to become.
    pub(super) fn begin(to: &Path) -> Result<Self, AuditError> {
        is_free(to)?;
        if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            files::create_private_dir(folder).map_err(output)?;
        }
        let mut name = to.file_name().unwrap_or_default().to_owned();
        name.push(".tmp");
        let temporary = to.with_file_name(name);
        // What a killed export left; and never what a link of somebody else's leads to.
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(output(FileError::io("remove", &temporary)(error)));
            }
            _ => {}
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(FileError::io("create", &temporary))
            .map_err(output)?;
        let zip = ZipWriter::new(BufWriter::new(file));
        let temporary = Leftover { path: temporary };
        Ok(Self { to: to.to_owned(), temporary, zip, bytes: 0, list: String::new() })
    }

    /// Adds a file.
    pub(super) fn add(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), AuditError> {
        self.add_fallible(name, |out| Ok(write(out)))
    }

    /// Adds a file whose content may fail to be read from the log.
    pub(super) fn add_fallible(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<io::Result<()>, AuditError>,
    ) -> Result<(), AuditError> {
        if self.list.lines().count() == FILES_MAX {
            return Err(AuditError::BundleTooLarge { path: self.to.clone() });
        }
        let digest = self.put(name, write)?;
        self.list.push_str(&format!("{digest}  {name}\n"));
        Ok(())
    }

    /// Adds a file that the list does not speak of.
    pub(super) fn add_unlisted(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<io::Result<()>, AuditError>,
    ) -> Result<(), AuditError> {
        self.put(name, write).map(drop)
    }

    /// Adds the list, as `sign` makes it of the lines, and gives the file its name: its digest and
    /// size.
    pub(super) fn finish(
        mut self,
        sign: impl FnOnce(&str) -> Vec<u8>,
    ) -> Result<(Digest, u64), AuditError> {
        let list = sign(&self.list);
        self.put(LIST, |out| Ok(out.write_all(&list)))?;
        let failed = FileError::io("write", &self.temporary.path);
        let (digest, bytes) = self
            .zip
            .finish()
            .map_err(io::Error::from)
            .and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error))
            .and_then(|mut file| {
                file.sync_all()?;
                digest_of(&mut file)
            })
            .map_err(failed)
            .map_err(output)?;
        if bytes > BYTES_MAX {
            return Err(AuditError::BundleTooLarge { path: self.to });
        }
        is_free(&self.to)?;
        files::rename_durably(&self.temporary.path, &self.to).map_err(output)?;
        Ok((digest, bytes))
    }

    fn put(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<io::Result<()>, AuditError>,
    ) -> Result<Digest, AuditError> {
        let options = SimpleFileOptions::DEFAULT
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::DEFAULT)
            .unix_permissions(0o644);
        let path = &self.temporary.path;
        let failed = |error: io::Error| output(FileError::io("write", path)(error));
        self.zip.start_file(name, options).map_err(io::Error::from).map_err(failed)?;
        let mut hashed =
            Hashed { zip: &mut self.zip, hash: Sha256::new(), bytes: self.bytes, over: false };
        let written = write(&mut hashed)?;
        if hashed.over {
            return Err(AuditError::BundleTooLarge { path: self.to.clone() });
        }
        self.bytes = hashed.bytes;
        let digest = Digest(hashed.hash.finalize().into());
        written.map_err(failed)?;
        Ok(digest)
    }
}

/// Takes the digest of what goes through, and stops before the zip would need its extension.
struct Hashed<'a> {
    zip: &'a mut ZipWriter<BufWriter<File>>,
    hash: Sha256,
    bytes: u64,
    over: bool,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes + bytes.len() as u64 >= BYTES_MAX {
            self.over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.zip.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}

fn is_free(path: &Path) -> Result<(), AuditError> {
    match path.symlink_metadata() {
        Ok(_) => Err(AuditError::OutputExists { path: path.to_owned() }),
        Err(_) => Ok(()),
    }
}

/// A file that is not to stay.
struct Leftover {
    path: PathBuf,
}

impl Drop for Leftover {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn digest_of(file: &mut File) -> io::Result<(Digest, u64)> {
    file.seek(SeekFrom::Start(0))?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((Digest(hash.finalize().into()), bytes)),
            read => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

fn output(source: FileError) -> AuditError {
    AuditError::Output { source }
}
