//! Row counts and content digests that do not depend on the order of rows.
//!
//! Every row is hashed with a key drawn for this dump alone, and the hashes are added modulo
//! 2^128. A sum is the same in any order, so parallel readers and a restored server that returns
//! rows otherwise agree; the key keeps anyone who does not hold the encrypted set from composing
//! two tables of equal sum. `docs/formats/inventory.md` lets an auditor recompute it.
//!
//! What a row's bytes are is the engine's business, not this file's.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::base::manifest::TableRows;
use crate::world::World;

/// The key of the row hashes of one inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKey([u8; 16]);

impl RowKey {
    /// A fresh key.
    pub fn draw(world: &World) -> Self {
        let mut key = [0; 16];
        world.entropy.fill(&mut key);
        Self(key)
    }

    /// Reads the key back from an inventory; `None` when it is not 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// As it stands in the inventory.
    pub fn to_hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

/// The hash of one row that arrives in parts.
pub(crate) struct RowHash(Sha256);

impl RowHash {
    pub(crate) fn new(key: &RowKey) -> Self {
        Self(Sha256::new_with_prefix(key.0))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self) -> u128 {
        let digest: [u8; 32] = self.0.finalize().into();
        let (head, _) = digest.split_first_chunk().expect("32 bytes begin with 16");
        u128::from_be_bytes(*head)
    }
}

/// The growing count and sum of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowSum {
    rows: u64,
    sum: u128,
}

impl RowSum {
    /// Takes in a row whose bytes are at hand.
    pub(crate) fn add(&mut self, key: &RowKey, row: &[u8]) {
        let mut hash = RowHash::new(key);
        hash.update(row);
        self.add_hash(hash);
    }

    /// Takes in a row that was hashed in parts.
    pub(crate) fn add_hash(&mut self, hash: RowHash) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(hash.finish());
    }

    /// Takes in what another one has of the same table.
    pub(crate) fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// What the inventory stores.
    pub(crate) fn finish(self) -> TableRows {
        TableRows { rows: self.rows, digest: HEXLOWER.encode(&self.sum.to_be_bytes()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[&[u8]]) -> TableRows {
        let key = RowKey::parse("000102030405060708090a0b0c0d0e0f").unwrap();
        let mut sum = RowSum::default();
        for row in rows {
            sum.add(&key, row);
        }
        sum.finish()
    }

    #[test]
    fn the_digest_is_the_documented_one() {
        // printf '\x00…\x0f' and the row through sha256sum, first 32 digits.
        let digest =
            Sha256::digest(b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0frow");
        assert_eq!(sum(&[b"row"]).digest, HEXLOWER.encode(&digest[..16]));
        assert_eq!(sum(&[]), TableRows { rows: 0, digest: "0".repeat(32) });
    }

    #[test]
    fn order_does_not_matter_but_every_row_does() {
        assert_eq!(sum(&[b"a", b"b", b"b"]), sum(&[b"b", b"a", b"b"]));
        assert_ne!(sum(&[b"a", b"b", b"b"]), sum(&[b"a", b"a", b"b"]));
        assert_ne!(sum(&[b"ab", b""]), sum(&[b"a", b"b"]));
    }

    #[test]
    fn parts_of_a_table_make_the_whole() {
        let key = RowKey([7; 16]);
        let of = |rows: &[&[u8]]| {
            let mut sum = RowSum::default();
            for row in rows {
                sum.add(&key, row);
            }
            sum
        };
        let (mut part, other) = (of(&[b"a", b"b"]), of(&[b"c"]));
        part.merge(other);
        assert_eq!(part, of(&[b"c", b"a", b"b"]));
    }

    #[test]
    fn a_key_survives_its_own_text() {
        let key = RowKey([7; 16]);
        assert_eq!(RowKey::parse(&key.to_hex()), Some(key));
        assert_eq!(RowKey::parse("07"), None);
    }
}
