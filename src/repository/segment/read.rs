//! Finding and reading what is kept of logs.

use std::io::Write;

use crate::repository::error::RepositoryError;
use crate::repository::index_read::is_unreachable;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::segment::name::{LogFile, LogStream, PREFIX, Piece};
use crate::repository::segment::seal;
use crate::store::{ObjectName, StoreError};

/// So often pieces are listed that were gone when they were read: whoever puts them together does so
/// once an hour.
const LISTINGS_MAX: u32 = 3;

/// A piece and what lies in the store for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPiece {
    /// The piece.
    pub piece: Piece,
    /// Bytes of its object.
    pub stored: u64,
}

/// What is kept of logs, by name: pieces of one file lie together.
#[derive(Clone, Debug, Default)]
pub struct LogListing {
    /// Pieces.
    pub pieces: Vec<StoredPiece>,
    /// Objects whose names we do not give: nobody reads them, and nobody removes them.
    pub foreign: Vec<(ObjectName, u64)>,
}

impl LogListing {
    /// Each file with its pieces, in the order of names.
    pub fn files(&self) -> impl Iterator<Item = (&LogFile, &[StoredPiece])> {
        self.pieces
            .chunk_by(|a, b| a.piece.file == b.piece.file)
            .map(|pieces| (&pieces[0].piece.file, pieces))
    }
}

/// How far a file is kept without a hole, by the names of its pieces alone: bytes from its start.
/// `pieces` are in the order of names.
pub fn reach(pieces: &[StoredPiece]) -> u64 {
    let extend = |reach: u64, piece: &Piece| {
        if piece.from() <= reach { reach.max(piece.to()) } else { reach }
    };
    pieces.iter().fold(0, |reach, stored| extend(reach, &stored.piece))
}

impl Repository {
    /// Everything that is kept of logs, or of one stream.
    pub fn log_listing(&self, of: Option<&LogStream>) -> Result<LogListing, RepositoryError> {
        self.list_logs(&of.map_or_else(|| PREFIX.to_owned(), LogStream::prefix))
    }

    /// The pieces of one file, in the order of their places.
    pub fn log_pieces(&self, file: &LogFile) -> Result<Vec<StoredPiece>, RepositoryError> {
        let mut pieces = self.list_logs(&format!("{file}."))?.pieces;
        pieces.retain(|stored| stored.piece.file == *file);
        Ok(pieces)
    }

    fn list_logs(&self, prefix: &str) -> Result<LogListing, RepositoryError> {
        let mut listing = LogListing::default();
        for (name, stored) in self.block_on(self.store().list(prefix))? {
            match Piece::parse(&name) {
                Some(piece) => listing.pieces.push(StoredPiece { piece, stored }),
                None => listing.foreign.push((name, stored)),
            }
        }
        // Files whose names begin alike may lie between each other's pieces in the order of text.
        listing.pieces.sort_by(|a, b| a.piece.cmp(&b.piece));
        Ok(listing)
    }

    /// Reads a piece and proves that it is the one its name says.
    pub fn load_piece(&self, stored: &StoredPiece) -> Result<Vec<u8>, RepositoryError> {
        let StoredPiece { piece, stored } = stored;
        let name = piece.name();
        if *stored > seal::stored_max(piece.length()) {
            let source = Malformed::new("log segment", "it is larger than it can be");
            return Err(RepositoryError::damaged(&name)(source));
        }
        let sealed = self.block_on(self.store().get(&name))?;
        seal::open(self.key(), piece, sealed.into()).map_err(RepositoryError::damaged(&name))
    }

    /// Writes a file, put together from its pieces, and returns its length.
    ///
    /// Every piece is read, so that two which contradict each other are found. One that is damaged
    /// or gone does no harm where others hold its bytes. A hole is a fault, and no piece at all is
    /// a length of zero. After a fault what was written is no file.
    ///
    /// Pieces that were put together since they were listed are looked for anew.
    pub fn read_log_file(
        &self,
        pieces: &[StoredPiece],
        to: &mut dyn Write,
    ) -> Result<u64, RepositoryError> {
        self.read_pieces(pieces, 0, to)
    }

    /// The same from a place on, which lies in the first piece or at its start.
    pub(super) fn read_pieces(
        &self,
        pieces: &[StoredPiece],
        from: u64,
        to: &mut dyn Write,
    ) -> Result<u64, RepositoryError> {
        let mut reading = Reading { held: Vec::new(), reach: from };
        let mut listed: Option<Vec<StoredPiece>> = None;
        for _ in 0..LISTINGS_MAX {
            match self.read_on(listed.as_deref().unwrap_or(pieces), &mut reading, to) {
                Err(RepositoryError::Store(StoreError::Missing { .. })) => {}
                ended => return ended,
            }
            let Some(file) = pieces.first().map(|one| &one.piece.file) else { break };
            let mut fresh = self.log_pieces(file)?;
            fresh.retain(|one| one.piece.to() > reading.reach);
            listed = Some(fresh);
        }
        self.read_on(listed.as_deref().unwrap_or(pieces), &mut reading, to)
    }

    /// Reads on with these pieces.
    fn read_on(
        &self,
        pieces: &[StoredPiece],
        reading: &mut Reading,
        to: &mut dyn Write,
    ) -> Result<u64, RepositoryError> {
        let mut unread: Vec<(&Piece, RepositoryError)> = Vec::new();
        for stored in pieces {
            let piece = &stored.piece;
            if piece.from() > reading.reach {
                let first = unread.into_iter().find(|(lost, _)| lost.to() > reading.reach);
                return Err(first.map_or_else(|| hole(piece, reading.reach), |(_, error)| error));
            }
            match self.load_piece(stored) {
                Ok(bytes) => to
                    .write_all(reading.take(piece, bytes)?)
                    .map_err(|source| RepositoryError::Written { source })?,
                Err(error) if is_unreachable(&error) => return Err(error),
                Err(error) => unread.push((piece, error)),
            }
        }
        match unread.into_iter().find(|(piece, _)| piece.to() > reading.reach) {
            Some((_, error)) => Err(error),
            None => Ok(reading.reach),
        }
    }
}

/// The fault of a file of which bytes before a piece are missing.
pub(in crate::repository) fn hole(next: &Piece, reach: u64) -> RepositoryError {
    let reason = format!("bytes {reach} to {} are missing", next.from());
    RepositoryError::damaged(&next.file)(Malformed::new("log segment", reason))
}

/// Pieces of one file, read in the order of their places and held against each other.
#[derive(Default)]
pub(in crate::repository) struct Reading {
    /// Those that may lie over one to come.
    held: Vec<(Piece, Vec<u8>)>,
    reach: u64,
}

impl Reading {
    /// Takes in the next piece; returns what it adds to those before, none of it if it begins
    /// behind their end.
    pub(in crate::repository) fn take(
        &mut self,
        piece: &Piece,
        bytes: Vec<u8>,
    ) -> Result<&[u8], RepositoryError> {
        self.held.retain(|(before, _)| before.to() > piece.from());
        for (before, held) in &self.held {
            let (start, stop) = (piece.from(), before.to().min(piece.to()));
            let ours = slice(&bytes, 0, stop - start);
            let theirs = slice(held, start - before.from(), stop - start);
            if let Some(place) = differs(ours, theirs) {
                let (file, at) = (piece.file.to_string(), start + place);
                return Err(RepositoryError::SegmentDiffers { file, at });
            }
        }
        let known = self.reach.saturating_sub(piece.from());
        self.reach = self.reach.max(piece.to());
        self.held.push((piece.clone(), bytes));
        let added = self.held.last().map_or(&[][..], |(_, bytes)| bytes);
        Ok(slice(added, known, u64::MAX))
    }
}

/// The first place at which two byte strings of the same length differ.
pub(super) fn differs(left: &[u8], right: &[u8]) -> Option<u64> {
    let place = left.iter().zip(right).position(|(a, b)| a != b)?;
    Some(place as u64)
}

/// At most so many bytes from a place on, as far as there are any.
pub(super) fn slice(bytes: &[u8], from: u64, length: u64) -> &[u8] {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let rest = bytes.get(from..).unwrap_or_default();
    &rest[..rest.len().min(usize::try_from(length).unwrap_or(usize::MAX))]
}
