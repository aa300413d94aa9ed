//! Copying segments from one repository into another.
//!
//! Each is opened with one key and sealed with the other; what the other has is compared where it
//! is read at all, and never replaced.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::repository::error::RepositoryError;
use crate::repository::open::Repository;
use crate::repository::segment::PIECE_MAX;
use crate::repository::segment::name::LogFile;
use crate::repository::segment::read::{StoredPiece, reach};

/// A file that another repository lacks, or of which it has less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The file.
    pub file: LogFile,
    /// Plain bytes that are missing there.
    pub bytes: u64,
    pieces: Vec<StoredPiece>,
}

impl Repository {
    /// What `to` lacks of the logs: by names and lengths.
    pub fn logs_lacking(&self, to: &Self) -> Result<Vec<Lacking>, RepositoryError> {
        let there = to.log_listing(None)?;
        let there: HashMap<_, _> =
            there.files().map(|(file, pieces)| (file.clone(), reach(pieces))).collect();
        let here = self.log_listing(None)?;
        let lacking = here.files().filter_map(|(file, pieces)| {
            let has = there.get(file).copied().unwrap_or_default();
            let bytes = reach(pieces).checked_sub(has).filter(|bytes| *bytes > 0)?;
            Some(Lacking { file: file.clone(), bytes, pieces: pieces.to_vec() })
        });
        Ok(lacking.collect())
    }

    /// Brings a file to `to`; returns how many bytes were new there. What was brought before a
    /// fault stays, and is the beginning of the file.
    pub fn copy_log(&self, to: &Self, lacking: &Lacking) -> Result<u64, RepositoryError> {
        let mut bringing =
            Bringing { to, file: &lacking.file, at: 0, waiting: Vec::new(), added: 0, fault: None };
        let read = self.read_log_file(&lacking.pieces, &mut bringing);
        let flushed = bringing.flush();
        // The reader only knows that it could not hand on what it read.
        if let Some(fault) = bringing.fault {
            return Err(fault);
        }
        read?;
        flushed.map_err(|source| RepositoryError::Written { source })?;
        Ok(bringing.added)
    }
}

/// Takes a file as it is read, and keeps it a piece at a time.
struct Bringing<'c> {
    to: &'c Repository,
    file: &'c LogFile,
    at: u64,
    waiting: Vec<u8>,
    added: u64,
    fault: Option<RepositoryError>,
}

impl Write for Bringing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() as u64 >= PIECE_MAX {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.waiting);
        if bytes.is_empty() || self.fault.is_some() {
            return Ok(());
        }
        match self.to.keep_log(self.file, self.at, &bytes) {
            Ok(kept) => {
                self.at += bytes.len() as u64;
                self.added += kept.added;
                Ok(())
            }
            Err(fault) => {
                self.fault = Some(fault);
                Err(io::Error::other("it could not be kept"))
            }
        }
    }
}
