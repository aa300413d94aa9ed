//! Segments of transaction logs: are they there without a hole, and do their pieces open.

use crate::base::cancel::Cancel;
use crate::base::fault::chain;
use crate::base::progress::Progress;
use crate::repository::error::RepositoryError;
use crate::repository::index_read::is_unreachable;
use crate::repository::open::Repository;
use crate::repository::segment::{LogFile, Reading, StoredPiece, hole, reach};
use crate::repository::verify::Depth;
use crate::repository::verify::report::{DamageKind, Findings};
use crate::store::StoreError;

/// Looks for holes, and at the pieces that this depth reads.
pub(super) fn verify_logs(
    repository: &Repository,
    depth: Depth,
    findings: &mut Findings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), RepositoryError> {
    let listing = repository.log_listing(None)?;
    findings.report.foreign = listing.foreign.len() as u64;
    let is_chosen = |stored: &StoredPiece| match depth {
        Depth::Structure => false,
        Depth::Part(part) => part.has_digest(&stored.piece.digest),
        Depth::AllData => true,
    };
    for (file, pieces) in listing.files() {
        findings.report.segments += 1;
        for stored in pieces {
            findings.report.bytes = findings.report.bytes.saturating_add(stored.stored);
        }
        if let Some(fault) = find_hole(pieces) {
            findings.add(file, DamageKind::Segment, chain(&fault));
        }
        let mut reading = Reading::default();
        for stored in pieces.iter().filter(|stored| is_chosen(stored)) {
            if cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            read_piece(repository, file, stored, &mut reading, findings)?;
            findings.report.bytes_read = findings.report.bytes_read.saturating_add(stored.stored);
            progress.advance(0, stored.stored);
        }
    }
    Ok(())
}

fn find_hole(pieces: &[StoredPiece]) -> Option<RepositoryError> {
    let reach = reach(pieces);
    let behind = pieces.iter().find(|stored| stored.piece.from() > reach)?;
    Some(hole(&behind.piece, reach))
}

fn read_piece(
    repository: &Repository,
    file: &LogFile,
    stored: &StoredPiece,
    reading: &mut Reading,
    findings: &mut Findings,
) -> Result<(), RepositoryError> {
    let piece = &stored.piece;
    let error = match repository.load_piece(stored) {
        Ok(bytes) => {
            if let Err(error) = reading.take(piece, bytes) {
                findings.add(file, DamageKind::Segment, chain(&error));
            }
            return Ok(());
        }
        Err(error) if is_unreachable(&error) => return Err(error),
        Err(error) => error,
    };
    // One that was damaged goes when its segment is brought again: that is no new damage.
    let gone = matches!(error, RepositoryError::Store(StoreError::Missing { .. }));
    if !gone || repository.log_pieces(file)?.contains(stored) {
        findings.add(piece.name(), DamageKind::Segment, chain(&error));
    }
    Ok(())
}
