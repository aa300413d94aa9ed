//! Reading several blobs of a pack with one request.

use std::ops::Range;

use crate::repository::blob::PackedBlob;

/// Bytes between two blobs that nobody asked for are fetched along up to so many: a request costs
/// more.
const GAP: u32 = 128 << 10;

/// Blobs of a pack that are fetched together.
#[derive(Debug)]
pub(super) struct Span<'a, T> {
    /// In the order of their offsets.
    pub(super) blobs: &'a [T],
    /// Where the first of them begins in the pack.
    pub(super) offset: u32,
    /// From there to the end of the last.
    pub(super) length: u32,
}

impl<T> Span<'_, T> {
    /// Where a blob of the span lies among the bytes that were fetched.
    pub(super) fn place(&self, blob: &PackedBlob) -> Range<usize> {
        let from = (blob.offset - self.offset) as usize;
        from..from + blob.length as usize
    }
}

/// Cuts blobs of a pack, sorted by offset, into spans of at most `read` bytes; a single blob may be
/// longer.
pub(super) fn spans<T>(
    blobs: &[T],
    read: u32,
    blob: impl Fn(&T) -> &PackedBlob,
) -> impl Iterator<Item = Span<'_, T>> {
    let mut rest = blobs;
    std::iter::from_fn(move || {
        let first = blob(rest.first()?);
        let offset = first.offset;
        let mut end = end_of(first);
        let more = rest[1..].iter().take_while(|next| {
            let (from, to) = (blob(next).offset, end.max(end_of(blob(next))));
            let fits = from.saturating_sub(end) <= GAP && to - offset <= read;
            if fits {
                end = to;
            }
            fits
        });
        let (blobs, after) = rest.split_at(1 + more.count());
        rest = after;
        Some(Span { blobs, offset, length: end - offset })
    })
}

/// Where a blob ends; the reader of the index has seen that this is below 4 GiB.
fn end_of(blob: &PackedBlob) -> u32 {
    blob.offset + blob.length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;
    use crate::repository::blob::BlobKind;
    use crate::repository::id::BlobId;

    /// Blobs at `offset+length`; the spans as `offset+length: how many blobs`.
    #[track_caller]
    fn check(blobs: &[(u32, u32)], expected: &[(u32, u32, usize)]) {
        let blob = |&(offset, length): &(u32, u32)| PackedBlob {
            kind: BlobKind::Data,
            id: BlobId(Digest([0; 32])),
            offset,
            length,
            uncompressed: None,
        };
        let blobs: Vec<_> = blobs.iter().map(blob).collect();
        let found: Vec<_> = spans(&blobs, 1 << 20, |blob| blob)
            .map(|span| {
                for blob in span.blobs {
                    assert_eq!(span.place(blob).len(), blob.length as usize);
                    assert!(span.place(blob).end <= span.length as usize);
                }
                (span.offset, span.length, span.blobs.len())
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn blobs_close_together_are_read_at_once_up_to_a_limit() {
        check(&[], &[]);
        check(&[(0, 10), (10, 20), (30, 5)], &[(0, 35, 3)]);
        check(&[(5, 10), (15 + GAP, 10)], &[(5, GAP + 20, 2)]);
        check(&[(5, 10), (16 + GAP, 10)], &[(5, 10, 1), (16 + GAP, 10, 1)]);
        check(&[(0, 3 << 20), (3 << 20, 9)], &[(0, 3 << 20, 1), (3 << 20, 9, 1)]);
        check(&[(0, 9), (9, 3 << 20)], &[(0, 9, 1), (9, 3 << 20, 1)]);
        // Two index files may say different things: blobs that overlap.
        check(&[(0, 100), (10, 5), (50, 90)], &[(0, 140, 3)]);
        check(&[(u32::MAX - 9, 9)], &[(u32::MAX - 9, 9, 1)]);
    }
}
