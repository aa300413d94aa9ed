//! The Merkle tree of RFC 6962, once more: leaves in, roots out, and consistency proofs checked.

use sha2::{Digest as _, Sha256};

use crate::audit::verify::source::WIDTH;

/// A SHA-256 hash.
pub(super) type Hash = [u8; 32];

/// The hash of an entry.
pub(super) fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// The hash of two subtrees.
pub(super) fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a full tile.
pub(super) fn subtree(mut hashes: Vec<Hash>) -> Hash {
    while hashes.len() > 1 {
        let (pairs, _) = hashes.as_chunks::<2>();
        hashes = pairs.iter().map(|[left, right]| node(left, right)).collect();
    }
    hashes.first().copied().unwrap_or_default()
}

/// The complete subtrees of everything so far, largest first: enough to go on and to know the
/// root at any moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Peaks {
    size: u64,
    peaks: Vec<Hash>,
}

impl Peaks {
    /// The subtrees of the first `size` entries; `None` if their number is not right.
    pub(super) fn from_parts(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub(super) fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            // One peak for every bit of the size: there is one to take for every trailing one.
            let Some(left) = self.peaks.pop() else { break };
            hash = node(&left, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Adds a full tile by its root, where one begins.
    pub(super) fn push_tile(&mut self, root: Hash) {
        let mut hash = root;
        for _ in 0..(self.size / WIDTH as u64).trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node(&left, &hash);
        }
        self.peaks.push(hash);
        self.size += WIDTH as u64;
    }

    /// The root of everything so far.
    pub(super) fn root(&self) -> Hash {
        let folded = self.peaks.iter().rev().copied().reduce(|right, left| node(&left, &right));
        folded.unwrap_or_else(|| Sha256::digest(b"").into())
    }
}

/// Whether `proof` shows that the tree of `first` entries is the beginning of that of `second`:
/// RFC 9162, section 2.1.4.2.
pub(super) fn is_consistent(first: (u64, Hash), second: (u64, Hash), proof: &[Hash]) -> bool {
    let ((first, first_root), (second, second_root)) = (first, second);
    if first == second {
        return proof.is_empty() && first_root == second_root;
    }
    if first == 0 || first > second {
        return first == 0 && proof.is_empty();
    }
    // The root of a complete tree is not repeated in its proof.
    let mut path = first.is_power_of_two().then_some(&first_root).into_iter().chain(proof);
    let Some(start) = path.next() else { return false };
    let (mut left, mut last) = (first - 1, second - 1);
    while left & 1 == 1 {
        (left, last) = (left >> 1, last >> 1);
    }
    let (mut of_first, mut of_second) = (*start, *start);
    for hash in path {
        if last == 0 {
            return false;
        }
        if left & 1 == 1 || left == last {
            of_first = node(hash, &of_first);
            of_second = node(hash, &of_second);
            while left & 1 == 0 && left != 0 {
                (left, last) = (left >> 1, last >> 1);
            }
        } else {
            of_second = node(&of_second, hash);
        }
        (left, last) = (left >> 1, last >> 1);
    }
    last == 0 && of_first == first_root && of_second == second_root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, section 2.1, word by word.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest(b"").into(),
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node(&defined(left), &defined(right))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_definition() {
        let leaves: Vec<Hash> = (0..70u8).map(|n| leaf(&[n])).collect();
        let mut peaks = Peaks::default();
        for size in 0..leaves.len() {
            assert_eq!(peaks.root(), defined(&leaves[..size]));
            assert!(Peaks::from_parts(peaks.size, peaks.peaks.clone()).is_some());
            peaks.push(leaves[size]);
        }
    }

    #[test]
    fn tiles_give_the_roots_that_their_leaves_give() {
        let leaves: Vec<Hash> = (0..5 * 256u64).map(|n| leaf(&n.to_be_bytes())).collect();
        let (mut one_by_one, mut by_tiles) = (Peaks::default(), Peaks::default());
        for tile in leaves.chunks(WIDTH) {
            for leaf in tile {
                one_by_one.push(*leaf);
            }
            by_tiles.push_tile(subtree(tile.to_vec()));
            assert_eq!((by_tiles.size, &by_tiles.peaks), (one_by_one.size, &one_by_one.peaks));
        }
    }

    #[test]
    fn the_known_root_of_certificate_transparency_comes_out() {
        // The empty tree and the tree of one empty leaf, as in RFC 6962's reference tests.
        let mut peaks = Peaks::default();
        peaks.push(leaf(b""));
        let root = data_encoding::HEXLOWER.encode(&peaks.root());
        assert_eq!(root, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }
}
