//! Keeping bytes of a log.

use crate::repository::error::RepositoryError;
use crate::repository::index_read::is_undecided;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::segment::name::{LogFile, Piece};
use crate::repository::segment::read::{StoredPiece, differs, reach, slice};
use crate::repository::segment::{PIECE_MAX, seal};

/// What keeping came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Plain bytes that were not kept before. None: all of them were there, and are the same.
    pub added: u64,
    /// Bytes of the objects that hold them.
    pub stored: u64,
}

impl Repository {
    /// Keeps bytes of a file that begin at `from`.
    ///
    /// When this returns, all of them are durable and were read back. What is kept already is
    /// compared and not stored again; other bytes there are [`RepositoryError::SegmentDiffers`],
    /// and nothing is changed. The bytes of a piece that is damaged are stored anew, and it goes.
    /// Bytes behind the end of what is kept would leave a hole: [`RepositoryError::SegmentHole`].
    /// May be called again at any time, and by several at once: of two that bring different bytes
    /// at the same instant at most one succeeds.
    pub fn keep_log(
        &self,
        file: &LogFile,
        from: u64,
        bytes: &[u8],
    ) -> Result<Kept, RepositoryError> {
        let there = self.log_pieces(file)?;
        let reach = reach(&there);
        if from > reach {
            return Err(RepositoryError::SegmentHole { file: file.to_string(), from, reach });
        }
        let mut damaged = Vec::new();
        let known = self.covered(&there, from, bytes, &mut damaged)?;
        let mut kept = Kept::default();
        let mut ours = Vec::new();
        let piece_max = usize::try_from(PIECE_MAX).unwrap_or(usize::MAX);
        let mut at = from + known as u64;
        for part in bytes[known..].chunks(piece_max) {
            let stored = self.put_piece(file, at, part)?;
            at += part.len() as u64;
            kept.added += part.len() as u64;
            kept.stored += stored.stored;
            ours.push(stored);
        }
        if !ours.is_empty() {
            self.look_for_others(file, &there, &ours, from, bytes)?;
        }
        let end = from + bytes.len() as u64;
        // All that they held lies elsewhere now, and was read back.
        for piece in damaged.iter().filter(|piece| piece.from() >= from && piece.to() <= end) {
            self.delete(&piece.name())?;
        }
        Ok(kept)
    }

    /// How many of `bytes` from the first are kept, after all that are kept were compared.
    fn covered(
        &self,
        pieces: &[StoredPiece],
        from: u64,
        bytes: &[u8],
        damaged: &mut Vec<Piece>,
    ) -> Result<usize, RepositoryError> {
        let end = from + bytes.len() as u64;
        let mut covered = from;
        for stored in pieces {
            let piece = &stored.piece;
            let (start, stop) = (piece.from().max(from), piece.to().min(end));
            if start >= stop {
                continue;
            }
            let held = match self.load_piece(stored) {
                Ok(held) => held,
                Err(error) if is_undecided(&error) => return Err(error),
                // Damaged, or removed meanwhile: its bytes are not kept, and are stored anew.
                Err(error) => {
                    tracing::warn!(piece = %piece.name(), %error, "A piece of a log is damaged.");
                    damaged.push(piece.clone());
                    continue;
                }
            };
            let ours = slice(bytes, start - from, stop - start);
            let theirs = slice(&held, start - piece.from(), stop - start);
            if let Some(place) = differs(ours, theirs) {
                let (file, at) = (piece.file.to_string(), start + place);
                return Err(RepositoryError::SegmentDiffers { file, at });
            }
            if start <= covered {
                covered = covered.max(stop);
            }
        }
        Ok(usize::try_from(covered - from).unwrap_or(bytes.len()))
    }

    pub(super) fn put_piece(
        &self,
        file: &LogFile,
        from: u64,
        bytes: &[u8],
    ) -> Result<StoredPiece, RepositoryError> {
        let (piece, sealed) = seal::seal(self.key(), &*self.world().entropy, file, from, bytes)
            .map_err(RepositoryError::self_check)?
            .ok_or(RepositoryError::SegmentTooLong { file: file.to_string() })?;
        let stored = sealed.len() as u64;
        // The server forgets its own copy next.
        self.put_proven(&piece.name(), sealed.into(), &piece.digest)?;
        Ok(StoredPiece { piece, stored })
    }

    /// Whoever else wrote into the same file meanwhile and whose bytes differ: of two that look
    /// after they wrote, at least one sees the other, and takes its own pieces back.
    fn look_for_others(
        &self,
        file: &LogFile,
        before: &[StoredPiece],
        ours: &[StoredPiece],
        from: u64,
        bytes: &[u8],
    ) -> Result<(), RepositoryError> {
        let mut others = self.log_pieces(file)?;
        others.retain(|stored| !before.contains(stored) && !ours.contains(stored));
        let compared = self.covered(&others, from, bytes, &mut Vec::new()).map(drop);
        if matches!(compared, Err(RepositoryError::SegmentDiffers { .. })) {
            for stored in ours {
                self.delete(&stored.piece.name())?;
            }
        }
        compared
    }

    /// Removes a piece, durably; one that is not there is fine. `lock` is exclusive: what decides
    /// that nothing needs the piece must not change meanwhile.
    pub fn forget_piece(&self, lock: &Lock, piece: &Piece) -> Result<(), RepositoryError> {
        if !lock.is_exclusive() {
            return Err(RepositoryError::Bug("a segment is forgotten under a shared lock"));
        }
        lock.ensure()?;
        self.delete(&piece.name())
    }
}
