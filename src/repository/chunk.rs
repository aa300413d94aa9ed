//! Cutting streams into blobs where their content says so (FastCDC).
//!
//! A cut depends on the bytes just before it, so an insertion moves the cuts around it and no
//! others. The table that decides is drawn from the repository's chunker polynomial, which is
//! sealed in the config: without it, lengths of blobs do not tell which known file was stored.
//! Repositories that share the polynomial cut alike, so that one run can feed them all.
//!
//! The restic format leaves cut points free. Ours are pinned by golden tests: other cuts would
//! store everything once more.

use fastcdc::v2020::{Normalization, cut_gear, select_masks};
use sha2::{Digest as _, Sha256};

use crate::repository::polynomial::Polynomial;

/// Separates this use of the polynomial from every other, and is raised if the table changes.
const DOMAIN: &[u8] = b"duphong chunker table 1";

/// How large blobs should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunking {
    /// Dumps of databases: rows change here and there in every dump. About 64 KiB a blob stores a
    /// seventh of what 1 MiB stores on the next dump, for a quarter more on the first.
    Database,
    /// What people upload: files change whole or not at all. About 1 MiB a blob.
    Media,
    /// Files of fixed pages that change in their places, as a database server keeps its relations:
    /// cut at every [`PAGES`] bytes, so that what did not change is cut alike the next time.
    Pages,
    /// What is sealed: noise, different each time. Pieces of 1 MiB, of which none is looked for.
    Sealed,
    /// Other sizes in bytes, even numbers: at least, on average, at most.
    Sizes {
        /// At least (but for the last blob).
        min: usize,
        /// On average.
        avg: usize,
        /// At most, and no more than [`MAX`].
        max: usize,
    },
}

/// Four pages of PostgreSQL: a changed page stores that much, and a file of 1 GiB has 32,768 blobs.
pub const PAGES: usize = 32 * 1024;

/// The largest blob that any chunking makes.
pub const MAX: usize = 8 * 1024 * 1024;

/// Finds cuts. Cheap to copy by reference into every thread.
#[derive(Clone)]
pub struct Chunker {
    gear: Box<[u64; 256]>,
    /// The same, shifted left by one: the algorithm takes two bytes a step.
    gear_shifted: Box<[u64; 256]>,
}

/// The sizes and masks of one chunking.
#[derive(Clone, Copy, Debug)]
pub struct Cuts {
    min: usize,
    avg: usize,
    max: usize,
    mask_small: u64,
    mask_large: u64,
}

impl Chunking {
    /// What the algorithm needs; sizes are brought within its limits.
    pub fn cuts(self) -> Cuts {
        let (min, avg, max) = match self {
            Self::Database => (16 << 10, 64 << 10, 256 << 10),
            Self::Media => (256 << 10, 1 << 20, 4 << 20),
            // Where the least is the most, nothing is looked at.
            Self::Pages => (PAGES, PAGES, PAGES),
            Self::Sealed => (1 << 20, 1 << 20, 1 << 20),
            Self::Sizes { min, avg, max } => (min, avg, max),
        };
        let even = |size: usize, low: usize, high: usize| size.clamp(low, high) & !1;
        let max = even(max, 1024, MAX);
        let avg = even(avg, 256, max.min(4 << 20));
        let min = even(min, 64, avg.min(1 << 20));
        let (mask_small, mask_large) = select_masks(avg, Normalization::Level1);
        Cuts { min, avg, max, mask_small, mask_large }
    }
}

impl Cuts {
    /// No blob is larger.
    pub fn max(&self) -> usize {
        self.max
    }
}

impl Chunker {
    /// The chunker of a repository.
    pub fn new(polynomial: Polynomial) -> Self {
        let mut gear = Box::new([0; 256]);
        for (number, row) in gear.chunks_mut(4).enumerate() {
            let row_number = u8::try_from(number).expect("a table of 256 has 64 rows of four");
            let digest: [u8; 32] = Sha256::new()
                .chain_update(DOMAIN)
                .chain_update(polynomial.bits().to_le_bytes())
                .chain_update([row_number])
                .finalize()
                .into();
            for (entry, bytes) in row.iter_mut().zip(digest.chunks_exact(8)) {
                *entry = u64::from_le_bytes(bytes.try_into().expect("chunks of eight"));
            }
        }
        let gear_shifted = Box::new(gear.map(|entry| entry << 1));
        Self { gear, gear_shifted }
    }

    /// The length of the first blob of a stream that begins with `bytes`, of which they are all
    /// that is left if it has `ended`. `None`: more bytes decide.
    pub fn cut_early(&self, cuts: &Cuts, bytes: &[u8], ended: bool) -> Option<usize> {
        if bytes.is_empty() {
            return None;
        }
        let length = self.cut(cuts, bytes);
        // A cut before the end depends on what lies before it alone.
        (length < bytes.len() || ended || bytes.len() >= cuts.max).then_some(length)
    }

    /// The length of the first blob of `bytes`, which must hold [`Cuts::max`] bytes or all that
    /// is left of the stream.
    pub fn cut(&self, cuts: &Cuts, bytes: &[u8]) -> usize {
        let (_, length) = cut_gear(
            bytes,
            cuts.min,
            cuts.avg,
            cuts.max,
            cuts.mask_small,
            cuts.mask_large,
            cuts.mask_small << 1,
            cuts.mask_large << 1,
            &self.gear[..],
            &self.gear_shifted[..],
        );
        length
    }
}

impl std::fmt::Debug for Chunker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chunker(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Repeatable bytes of any length (xorshift64*).
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x1234_5678_9abc_def1_u64;
        std::iter::repeat_with(|| {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()
        })
        .flatten()
        .take(length)
        .collect()
    }

    fn lengths(chunking: Chunking, bytes: &[u8]) -> Vec<usize> {
        let chunker = Chunker::new("25b468838dcb75".parse().unwrap());
        let cuts = chunking.cuts();
        let mut rest = bytes;
        let mut lengths = Vec::new();
        while !rest.is_empty() {
            let length = chunker.cut(&cuts, rest);
            lengths.push(length);
            rest = &rest[length..];
        }
        lengths
    }

    /// Never change these numbers: with other cuts every repository stores everything once more.
    #[test]
    fn cut_points_are_what_they_have_always_been() {
        let bytes = noise(4 << 20);
        assert_eq!(lengths(Chunking::Media, &bytes), GOLDEN_MEDIA);
        assert_eq!(lengths(Chunking::Database, &bytes[..1 << 19]), GOLDEN_DATABASE);
    }

    const GOLDEN_MEDIA: &[usize] = &[2_536_356, 1_382_720, 275_228];
    const GOLDEN_DATABASE: &[usize] = &[67_051, 118_869, 86_327, 146_218, 40_810, 65_013];

    #[test]
    fn cuts_do_not_depend_on_how_much_of_the_stream_is_seen_at_once() {
        let chunker = Chunker::new("25b468838dcb75".parse().unwrap());
        for (chunking, length) in [(Chunking::Database, 1 << 19), (Chunking::Media, 6 << 20)] {
            let (cuts, bytes) = (chunking.cuts(), noise(length));
            for step in [1_001, 64 << 10, (1 << 20) + 1] {
                let (mut start, mut end, mut found) = (0, 0, Vec::new());
                while start < bytes.len() {
                    let seen = &bytes[start..end];
                    match chunker.cut_early(&cuts, seen, end == bytes.len()) {
                        Some(length) => {
                            found.push(length);
                            start += length;
                        }
                        None => end = (end + step).min(bytes.len()),
                    }
                }
                assert_eq!(found, lengths(chunking, &bytes), "{step} bytes at a time");
            }
        }
    }

    #[test]
    fn an_insertion_moves_the_cuts_around_it_and_no_others() {
        let before = noise(2 << 20);
        let mut after = before.clone();
        after.splice(700_000..700_000, *b"mot dong moi");
        let old = lengths(Chunking::Database, &before);
        let new = lengths(Chunking::Database, &after);
        let same_tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        let same_head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        assert!(same_head + same_tail + 3 >= old.len(), "{old:?}\n{new:?}");
    }

    #[test]
    fn what_is_sealed_is_cut_into_equal_pieces_wherever_it_differs() {
        let bytes = noise(3 * (1 << 20) + 5);
        assert_eq!(lengths(Chunking::Sealed, &bytes), [1 << 20, 1 << 20, 1 << 20, 5]);
    }

    #[test]
    fn odd_or_absurd_sizes_are_brought_within_the_limits() {
        for (min, avg, max) in [(0, 0, 0), (3, 5, 7), (usize::MAX, usize::MAX, usize::MAX)] {
            let cuts = Chunking::Sizes { min, avg, max }.cuts();
            assert!(cuts.min <= cuts.avg && cuts.avg <= cuts.max && cuts.max <= MAX);
            assert!([cuts.min, cuts.avg, cuts.max].iter().all(|size| size % 2 == 0));
            assert!(
                lengths(Chunking::Sizes { min, avg, max }, &noise(100_000))
                    .iter()
                    .all(|l| *l <= MAX)
            );
        }
    }
}
