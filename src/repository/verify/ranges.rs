//! Which bytes of a file are lost with some of its pieces.

use std::ops::Range;

use crate::repository::blob::BlobKind;
use crate::repository::id::BlobId;
use crate::repository::index::Index;
use crate::repository::tree::Node;

/// Of one file at most so many ranges are told; the last one then reaches as far as the last byte
/// that is lost.
pub(super) const RANGES_MAX: usize = 20;

/// The bytes of `node` that lie in pieces for which `is_lost` says so, ascending.
///
/// How long a piece is only an index knows. Around pieces that no index lists the known ones before
/// and behind them are the bounds, so that a range may hold more than what is lost, and never less.
pub(super) fn lost_ranges(
    index: &Index,
    node: &Node,
    is_lost: impl Fn(&BlobId) -> bool,
) -> Vec<Range<u64>> {
    let pieces = node.content.as_deref().unwrap_or_default();
    let length = |id: &BlobId| Some(index.find(BlobKind::Data, id)?.blob.plain_length());
    let bounds = bounds(pieces, node.size, length);
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for (_, range) in pieces.iter().zip(bounds).filter(|(id, _)| is_lost(id)) {
        let full = ranges.len() >= RANGES_MAX;
        match ranges.last_mut() {
            Some(last) if range.start <= last.end || full => last.end = last.end.max(range.end),
            _ => ranges.push(range),
        }
    }
    ranges
}

/// Where each piece lies, or within which bounds.
fn bounds(
    pieces: &[BlobId],
    size: u64,
    length: impl Fn(&BlobId) -> Option<u64>,
) -> Vec<Range<u64>> {
    let mut bounds = Vec::with_capacity(pieces.len());
    let (mut at, mut is_known) = (0_u64, true);
    for id in pieces {
        let length = length(id).filter(|_| is_known);
        let end = length.map_or(size, |length| at.saturating_add(length));
        bounds.push(at..end);
        (at, is_known) = (length.map_or(at, |_| end), length.is_some());
    }
    // From behind, for pieces after one of unknown length.
    let (mut at, mut is_known) = (size, true);
    for (id, bound) in pieces.iter().zip(&mut bounds).rev() {
        let length = length(id).filter(|_| is_known);
        let start = length.map_or(bound.start, |length| at.saturating_sub(length));
        if bound.end == size {
            *bound = start.max(bound.start)..at;
        }
        (at, is_known) = (length.map_or(at, |_| start), length.is_some());
    }
    // The set says how long the file is, and the index how long its pieces: both may lie.
    for bound in &mut bounds {
        let start = bound.start.min(size);
        *bound = start..bound.end.clamp(start, size);
    }
    bounds
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::base::digest::Digest;

    /// Pieces of so many bytes, `None` for one that no index lists; those of `lost` are lost.
    #[track_caller]
    fn check(lengths: &[Option<u64>], size: u64, expected: &[(usize, Range<u64>)]) {
        let pieces: Vec<_> = (0..lengths.len())
            .map(|number| BlobId(Digest([u8::try_from(number).unwrap(); 32])))
            .collect();
        let known: HashMap<_, _> = pieces.iter().zip(lengths).collect();
        let length = |id: &BlobId| *known[id];
        let found = bounds(&pieces, size, length);
        for (number, range) in expected {
            assert_eq!(found[*number], *range, "{number}");
        }
    }

    #[test]
    fn pieces_are_bounded_by_what_is_known_around_them() {
        check(&[Some(10), Some(20), Some(5)], 35, &[(0, 0..10), (1, 10..30), (2, 30..35)]);
        check(&[Some(10), None, Some(5)], 35, &[(0, 0..10), (1, 10..30), (2, 30..35)]);
        check(&[Some(10), None, None, Some(5)], 35, &[(1, 10..30), (2, 10..30)]);
        check(&[None, None], 7, &[(0, 0..7), (1, 0..7)]);
        check(&[None, Some(4), None], 9, &[(0, 0..9), (1, 0..9), (2, 0..9)]);
        // Lengths that cannot be true.
        check(&[Some(u64::MAX), Some(u64::MAX)], 9, &[(0, 0..9), (1, 9..9)]);
        check(&[], 7, &[]);
    }
}
