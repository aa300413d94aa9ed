//! Putting the pieces of a file together.
//!
//! A file that was kept as it grew lies in as many objects as there were moments. They are read and put
//! together, and go when what they became was read back and listed: whoever dies in between leaves
//! bytes twice, which every reader takes for what they are.

use crate::repository::error::RepositoryError;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::segment::PIECE_MAX;
use crate::repository::segment::name::{LogFile, Piece};
use crate::repository::segment::read::{StoredPiece, reach};

/// Pieces that hold as much on the average are left apart: to read and write them again costs more than
/// it saves.
const WORTH: u64 = 16 << 20;

/// Whether folding these pieces of a file would save objects. A hole ends what can be folded.
pub fn is_worth_folding(pieces: &[StoredPiece]) -> bool {
    let end = reach(pieces);
    let foldable = pieces.iter().filter(|one| one.piece.to() <= end).count() as u64;
    foldable > end.div_ceil(WORTH)
}

/// What folding came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Objects that were written.
    pub written: u64,
    /// Objects that went.
    pub gone: u64,
}

impl Repository {
    /// Puts the pieces of a file together that lie behind `from`, as far as there is no hole.
    ///
    /// When this returns, every byte that was kept before is kept, was read back, and what went held
    /// nothing else. Pieces that contradict each other are a fault, and nothing is changed; so is one
    /// that cannot be read. One writer folds a file at a time; others may read, and write into it.
    pub fn fold_log(&self, file: &LogFile, from: u64) -> Result<Folded, RepositoryError> {
        let pieces = self.log_pieces(file)?;
        let mut folded = Folded::default();
        let mut from = from;
        let end = reach(&pieces);
        while from < end {
            let to = end.min(from.saturating_add(PIECE_MAX));
            self.fold_range(file, &pieces, (from, to), &mut folded)?;
            from = to;
        }
        Ok(folded)
    }

    /// Puts together what lies within these bytes of a file.
    fn fold_range(
        &self,
        file: &LogFile,
        pieces: &[StoredPiece],
        (from, to): (u64, u64),
        folded: &mut Folded,
    ) -> Result<(), RepositoryError> {
        let within = |piece: &Piece| piece.from() >= from && piece.to() <= to;
        let over = |piece: &Piece| piece.from() < to && piece.to() > from;
        let olds: Vec<&StoredPiece> = pieces.iter().filter(|one| within(&one.piece)).collect();
        if olds.len() as u64 <= (to - from).div_ceil(WORTH) {
            return Ok(());
        }
        // All that lie over these bytes are read, so that two which contradict each other are found.
        let mut bytes = Vec::new();
        let reading: Vec<StoredPiece> =
            pieces.iter().filter(|one| over(&one.piece)).cloned().collect();
        let begins = reading.first().map_or(from, |one| one.piece.from());
        self.read_pieces(&reading, begins, &mut bytes)?;
        let place = |at: u64| usize::try_from(at - begins).ok();
        let wanted = place(from).zip(place(to)).and_then(|(from, to)| bytes.get(from..to));
        let wanted = wanted.ok_or(RepositoryError::Bug("a fold of fewer bytes than it read"))?;
        let whole = |one: &&&StoredPiece| one.piece.from() == from && one.piece.to() == to;
        // One that a fold left which was ended before the others went; one that is damaged is none.
        let is_right = |one: &&StoredPiece| self.load_piece(one).is_ok_and(|held| held == wanted);
        let there = olds.iter().filter(whole).copied().find(is_right);
        let kept = if let Some(there) = there {
            there.piece.clone()
        } else {
            folded.written += 1;
            self.put_piece(file, from, wanted)?.piece
        };
        // What cannot be found would not be read either.
        let listed = self.log_pieces(file)?;
        if !listed.iter().any(|one| one.piece == kept) {
            let reason = "it was written and is not listed";
            let source = Malformed::new("log segment", reason);
            return Err(RepositoryError::damaged(&kept.name())(source));
        }
        for old in olds.iter().filter(|one| one.piece != kept) {
            self.delete(&old.piece.name())?;
            folded.gone += 1;
        }
        Ok(())
    }
}
