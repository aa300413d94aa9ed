//! A file of a log as the server shows it to `archive_command`.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};

use crate::base::fault::AnyFault;
use crate::job::wal::fault::WalFault;
use crate::source::postgres::wal::{HEADER_BYTES, Header, Kind, Name, system_of_control};
use crate::world::files::FileError;

/// Enough of `global/pg_control` to hold the identifier.
const CONTROL_BYTES: u64 = 8;

/// A file that was opened and looked at.
#[derive(Debug)]
pub struct Brought {
    /// Its name.
    pub name: Name,
    /// The system whose log it belongs to.
    pub system: u64,
    /// Its length in bytes.
    pub length: u64,
    file: File,
}

impl Brought {
    /// Opens the file at `path`, whose name is the server's, and holds it against its name. Of a
    /// file that does not say whose it is, the data folder around it does.
    pub fn open(path: &Path) -> Result<Self, AnyFault> {
        let text = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = Name::parse(text).ok_or_else(|| WalFault::Name { name: text.to_owned() })?;
        let mut file = File::open(path).map_err(FileError::io("read", path))?;
        let length = file.metadata().map_err(FileError::io("read", path))?.len();
        let system = match name.kind {
            Kind::Segment(_) | Kind::Partial(_) => {
                let mut head = Vec::new();
                let reading = file.by_ref().take(HEADER_BYTES as u64).read_to_end(&mut head);
                reading.map_err(FileError::io("read", path))?;
                file.rewind().map_err(FileError::io("read", path))?;
                check(&name, &head, length)?
            }
            Kind::History | Kind::Backup(_) => {
                check_length(&name, length)?;
                system_around(path)?
            }
        };
        Ok(Self { name, system, length, file })
    }
}

impl Read for Brought {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.file.read(into)
    }
}

/// Holds the first bytes of a segment of this length against its name; returns its system.
pub(super) fn check(name: &Name, head: &[u8], length: u64) -> Result<u64, WalFault> {
    check_length(name, length)?;
    let parsed = Header::parse(head).and_then(|header| {
        header.check(name, length)?;
        Ok(header.system)
    });
    let name = name.as_str().to_owned();
    parsed.map_err(|source| WalFault::NotASegment { name, source })
}

pub(super) fn check_length(name: &Name, length: u64) -> Result<(), WalFault> {
    if (1..=name.length_max()).contains(&length) {
        return Ok(());
    }
    Err(WalFault::Length { name: name.as_str().to_owned(), length })
}

/// The system of the data folder that a log lies in. By the text of the path: `pg_wal` itself may
/// be a link to another disk.
fn system_around(path: &Path) -> Result<u64, AnyFault> {
    let control = match path.parent().and_then(Path::parent) {
        Some(data) => data.join("global/pg_control"),
        None => PathBuf::from("../global/pg_control"),
    };
    let mut bytes = Vec::new();
    let reading =
        File::open(&control).and_then(|file| file.take(CONTROL_BYTES).read_to_end(&mut bytes));
    reading.map_err(FileError::io("read", &control))?;
    Ok(system_of_control(&bytes).ok_or(WalFault::NoSystem { path: control })?)
}
