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

/// So often a file is listed whose pieces were gone when they were read.
const LISTINGS_MAX: u32 = 3;

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
        // Pieces are put together while they are listed: what lies there now has the last word.
        if find_hole(pieces).is_some()
            && let Some(fault) = find_hole(&repository.log_pieces(file)?)
        {
            findings.add(file, DamageKind::Segment, chain(&fault));
        }
        let mut read: Vec<StoredPiece> = Vec::new();
        let mut unread: Vec<StoredPiece> = pieces.to_vec();
        for _ in 0..LISTINGS_MAX {
            let (mut reading, mut has_gone) = (Reading::default(), false);
            for stored in unread.iter().filter(|stored| is_chosen(stored)) {
                if cancel.is_cancelled() {
                    return Err(RepositoryError::Cancelled);
                }
                has_gone |= !read_piece(repository, file, stored, &mut reading, findings)?;
                let bytes_read = findings.report.bytes_read;
                findings.report.bytes_read = bytes_read.saturating_add(stored.stored);
                progress.advance(0, stored.stored);
            }
            if !has_gone {
                break;
            }
            // What it became is read instead, or nobody has read these bytes.
            read.append(&mut unread);
            unread = repository.log_pieces(file)?;
            unread.retain(|stored| !read.contains(stored));
        }
    }
    Ok(())
}

fn find_hole(pieces: &[StoredPiece]) -> Option<RepositoryError> {
    let reach = reach(pieces);
    let behind = pieces.iter().find(|stored| stored.piece.from() > reach)?;
    Some(hole(&behind.piece, reach))
}

/// `false` if it is gone: one that was damaged goes when its segment is brought again, and others when
/// they are put together. That is no damage.
fn read_piece(
    repository: &Repository,
    file: &LogFile,
    stored: &StoredPiece,
    reading: &mut Reading,
    findings: &mut Findings,
) -> Result<bool, RepositoryError> {
    let piece = &stored.piece;
    let error = match repository.load_piece(stored) {
        Ok(bytes) => {
            if let Err(error) = reading.take(piece, bytes) {
                findings.add(file, DamageKind::Segment, chain(&error));
            }
            return Ok(true);
        }
        Err(error) if is_unreachable(&error) => return Err(error),
        Err(error) => error,
    };
    let gone = matches!(error, RepositoryError::Store(StoreError::Missing { .. }));
    if gone && !repository.log_pieces(file)?.contains(stored) {
        return Ok(false);
    }
    findings.add(piece.name(), DamageKind::Segment, chain(&error));
    Ok(true)
}
