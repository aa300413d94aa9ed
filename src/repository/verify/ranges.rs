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
    let from = starts(pieces, length);
    let to = ends(pieces, node.size, length);
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for (number, id) in pieces.iter().enumerate() {
        if !is_lost(id) {
            continue;
        }
        // The set says how long the file is, and the index how long its pieces: both may lie.
        let range = from[number].min(node.size)..to[number].max(from[number].min(node.size));
        let full = ranges.len() >= RANGES_MAX;
        match ranges.last_mut() {
            Some(last) if range.start <= last.end || full => last.end = last.end.max(range.end),
            _ => ranges.push(range),
        }
    }
    ranges
}

/// Where each piece begins at the earliest.
fn starts(pieces: &[BlobId], length: impl Fn(&BlobId) -> Option<u64>) -> Vec<u64> {
    let (mut at, mut is_known) = (0_u64, true);
    let starts = pieces.iter().map(|id| {
        let start = at;
        match length(id).filter(|_| is_known) {
            Some(length) => at = at.saturating_add(length),
            None => is_known = false,
        }
        start
    });
    starts.collect()
}

/// Where each piece ends at the latest.
fn ends(pieces: &[BlobId], size: u64, length: impl Fn(&BlobId) -> Option<u64>) -> Vec<u64> {
    let (mut at, mut is_known) = (size, true);
    let ends = pieces.iter().rev().map(|id| {
        let end = at;
        match length(id).filter(|_| is_known) {
            Some(length) => at = at.saturating_sub(length),
            None => is_known = false,
        }
        end
    });
    let mut ends: Vec<_> = ends.collect();
    ends.reverse();
    ends
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
        let (from, to) = (starts(&pieces, length), ends(&pieces, size, length));
        for (number, range) in expected {
            assert_eq!((from[*number], to[*number]), (range.start, range.end), "{number}");
        }
    }

    #[test]
    fn pieces_are_bounded_by_what_is_known_around_them() {
        check(&[Some(10), Some(20), Some(5)], 35, &[(0, 0..10), (1, 10..30), (2, 30..35)]);
        check(&[Some(10), None, Some(5)], 35, &[(0, 0..10), (1, 10..30), (2, 10..35)]);
        check(&[Some(10), None, None, Some(5)], 35, &[(1, 10..30), (2, 10..30)]);
        check(&[None, None], 7, &[(0, 0..7), (1, 0..7)]);
        check(&[], 7, &[]);
    }
}
