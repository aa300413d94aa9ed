//! How alike two sets are, from a small sketch of each.
//!
//! A sketch keeps the [`KEPT`] smallest hashes of a set (bottom-k). Of sets not larger than that
//! the likeness (Jaccard: shared by all) is exact, of larger ones an estimate with a standard error
//! of at most `1/(2·√KEPT)`, about 2 %: thresholds are tens of percent apart. Stored: the hash is
//! FNV-1a of 64 bits, folded to 32, and never changes (`docs/formats/deface-baseline.md`).

use std::collections::BTreeSet;
use std::str::FromStr;

/// Enough for the whole skeleton of most home pages, 4 kB as text.
pub const KEPT: usize = 512;

/// A sketch of a set of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch(BTreeSet<u32>);

impl Sketch {
    /// Adds an element, by its pieces.
    pub fn add<'a>(&mut self, pieces: impl IntoIterator<Item = &'a str>) {
        let hash = hash(pieces);
        if self.0.len() < KEPT || self.0.last().is_some_and(|largest| hash < *largest) {
            self.0.insert(hash);
            if self.0.len() > KEPT {
                self.0.pop_last();
            }
        }
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many elements are kept.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The likeness in percent; two empty sets are the same set.
    pub fn likeness(&self, other: &Self) -> u64 {
        let union: BTreeSet<u32> = self.0.union(&other.0).copied().take(KEPT).collect();
        if union.is_empty() {
            return 100;
        }
        let shared = union.iter().filter(|hash| self.0.contains(hash) && other.0.contains(hash));
        (shared.count() * 100 / union.len()) as u64
    }
}

impl std::fmt::Display for Sketch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|hash| write!(f, "{hash:08x}"))
    }
}

/// A text that is no sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sketch: eight hexadecimal digits an element, at most 512 elements")]
pub struct NotASketch;

impl FromStr for Sketch {
    type Err = NotASketch;

    fn from_str(text: &str) -> Result<Self, NotASketch> {
        let element = |digits: &[u8]| {
            let digits = std::str::from_utf8(digits).map_err(|_| NotASketch)?;
            u32::from_str_radix(digits, 16).map_err(|_| NotASketch)
        };
        if !text.len().is_multiple_of(8) || text.len() > KEPT * 8 || text.contains('+') {
            return Err(NotASketch);
        }
        text.as_bytes().chunks(8).map(element).collect::<Result<_, _>>().map(Self)
    }
}

fn hash<'a>(pieces: impl IntoIterator<Item = &'a str>) -> u32 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    let hash = pieces.into_iter().fold(OFFSET, |hash, piece| {
        // A byte that no text holds keeps the pieces apart.
        step(piece.bytes().fold(hash, step), 0xff)
    });
    let half = |half: u64| u32::try_from(half & u64::from(u32::MAX)).expect("masked to 32 bits");
    half(hash >> 32) ^ half(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(range: std::ops::Range<u32>) -> Sketch {
        let mut sketch = Sketch::default();
        for number in range {
            sketch.add([number.to_string().as_str()]);
        }
        sketch
    }

    #[test]
    fn small_sets_are_compared_exactly() {
        assert_eq!(sketch(0..100).likeness(&sketch(0..100)), 100);
        assert_eq!(sketch(0..100).likeness(&sketch(50..150)), 33);
        assert_eq!(sketch(0..100).likeness(&sketch(100..200)), 0);
        assert_eq!(Sketch::default().likeness(&Sketch::default()), 100);
        assert_eq!(Sketch::default().likeness(&sketch(0..1)), 0);
    }

    #[test]
    fn large_sets_are_compared_well_enough() {
        let likeness = sketch(0..20_000).likeness(&sketch(10_000..30_000));
        assert!((27..40).contains(&likeness), "{likeness}");
        assert_eq!(sketch(0..20_000).len(), KEPT);
    }

    #[test]
    fn a_sketch_survives_its_own_text_and_its_hash_never_changes() {
        let one = sketch(0..600);
        assert_eq!(one.to_string().parse::<Sketch>(), Ok(one));
        assert_eq!(sketch(7..8).to_string(), "b3458e6c");
        for text in ["1", "0000000g", "+0000001", "0000000ế"] {
            assert_eq!(text.parse::<Sketch>(), Err(NotASketch), "{text}");
        }
    }
}
