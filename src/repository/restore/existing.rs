//! What a resumed restore finds already done: every file there is read and compared by content.
//!
//! Neither length nor time proves anything about a file that was being written when the power
//! went: its pieces are hashed one by one.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::progress::Progress;
use crate::repository::blob::DATA_MAX;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::place::{Place, is_own_file, options};
use crate::repository::restore::plan::{PiecePlan, Plan};
use crate::repository::threads::in_parallel;

/// Marks the pieces of the plan that are in their place already. Changes nothing on the disk.
pub(super) fn examine(
    plan: &mut Plan,
    place: &Place,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), RestoreError> {
    progress.total(0, plan.bytes());
    let candidates: Vec<usize> = (0..plan.entries.len())
        .filter(|number| {
            let entry = &plan.entries[*number];
            entry.has_content() && is_own_file(&place.path(&entry.path))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let found = in_parallel(|| {
        let mut found = Vec::new();
        let mut buffer = Vec::new();
        while let Some(&number) = candidates.get(next.fetch_add(1, Ordering::Relaxed)) {
            if cancel.is_cancelled() {
                return Err(RestoreError::Cancelled);
            }
            let entry = &plan.entries[number];
            if let Ok(file) = options().read(true).open(place.path(&entry.path)) {
                found.push((number, right_pieces(file, &entry.content, &mut buffer)));
            }
            progress.advance(0, entry.bytes());
        }
        Ok(found)
    });
    for (number, right) in found.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        for (piece, right) in plan.entries[number].content.iter_mut().zip(right) {
            piece.kept = right;
        }
    }
    Ok(())
}

/// For each piece from the start on whether the file has it; ends where the file ends.
fn right_pieces(file: File, content: &[PiecePlan], buffer: &mut Vec<u8>) -> Vec<bool> {
    let mut file = BufReader::new(file);
    let mut right = Vec::with_capacity(content.len());
    for piece in content {
        match read_piece(&mut file, piece, buffer) {
            Ok(()) => right.push(Digest::of(buffer) == piece.id.0),
            Err(_) => break,
        }
    }
    right
}

fn read_piece(file: &mut impl Read, piece: &PiecePlan, buffer: &mut Vec<u8>) -> io::Result<()> {
    if piece.length > DATA_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    buffer.resize(piece.length as usize, 0);
    file.read_exact(buffer)
}
