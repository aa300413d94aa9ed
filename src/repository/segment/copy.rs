//! Copying segments from one repository into another.
//!
//! Each is opened with one key and sealed with the other. What the other has and what can be read
//! there is compared, and never replaced; what is damaged there is stored anew beside it, and goes
//! when the new one was read back.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::base::cancel::Cancel;
use crate::repository::error::RepositoryError;
use crate::repository::index_read::is_unreachable;
use crate::repository::open::Repository;
use crate::repository::segment::PIECE_MAX;
use crate::repository::segment::name::LogFile;
use crate::repository::segment::read::{StoredPiece, reach};

/// A file that another repository lacks, of which it has less, or of which it has damaged pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The file.
    pub file: LogFile,
    /// Plain bytes that are missing there.
    pub bytes: u64,
    /// Whether they are missing since they cannot be read.
    pub is_damaged: bool,
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
            let (file, pieces) = (file.clone(), pieces.to_vec());
            Some(Lacking { file, bytes, is_damaged: false, pieces })
        });
        Ok(lacking.collect())
    }

    /// Of which files `to` has damaged pieces, though by names and lengths it lacks nothing of them:
    /// reads all that both have. When it is cancelled the rest is left out.
    pub fn logs_damaged(
        &self,
        to: &Self,
        cancel: &Cancel,
    ) -> Result<Vec<Lacking>, RepositoryError> {
        let there = to.log_listing(None)?;
        let there: HashMap<_, _> = there.files().collect();
        let here = self.log_listing(None)?;
        let mut found = Vec::new();
        for (file, pieces) in here.files() {
            let all = reach(pieces);
            let Some(theirs) = there.get(file).filter(|theirs| reach(theirs) >= all) else {
                continue;
            };
            let mut bytes = 0;
            // Damage behind the end of what is here is not for this repository to heal.
            for stored in theirs.iter().filter(|stored| stored.piece.to() <= all) {
                if cancel.is_cancelled() {
                    return Ok(found);
                }
                match to.load_piece(stored) {
                    Ok(_) => {}
                    Err(error) if is_unreachable(&error) => return Err(error),
                    Err(error) => {
                        let piece = stored.piece.name();
                        tracing::warn!(%piece, %error, "A piece of a log is damaged.");
                        bytes += stored.piece.to() - stored.piece.from();
                    }
                }
            }
            if bytes > 0 {
                let (file, pieces) = (file.clone(), pieces.to_vec());
                found.push(Lacking { file, bytes, is_damaged: true, pieces });
            }
        }
        Ok(found)
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
        let added = bringing.added;
        if lacking.is_damaged {
            to.read_log_file(&to.log_pieces(&lacking.file)?, &mut io::sink())?;
        }
        Ok(added)
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
