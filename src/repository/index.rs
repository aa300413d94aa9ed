//! The index in memory: where every blob lies.
//!
//! Memory: 48 bytes a blob (32 of them the id) plus 4 to 11 bytes of hash table, and 40 bytes a
//! pack: about 60 MB for a million blobs, which is 1 TB of media or 64 GB of database dumps.
//! An open-addressed table of indices into one array of entries, rather than a map of entries:
//! half the memory of the standard map when that has just grown.
//!
//! A blob may lie in several packs (two writers at once, a lost pack whose blobs were stored
//! again). The first one met is used; the others are kept aside for when that one is damaged.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;

use crate::repository::blob::{BlobKind, PackedBlob};
use crate::repository::id::{BlobId, PackId};

/// A blob and the pack that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The pack.
    pub pack: PackId,
    /// The blob within it.
    pub blob: PackedBlob,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: BlobId,
    /// The number of the pack; the highest bit says that the blob is a tree.
    pack: u32,
    offset: u32,
    length: u32,
    /// Zero: not compressed.
    uncompressed: u32,
}

const TREE: u32 = 1 << 31;

/// A slot of the table that holds no entry.
const EMPTY: u32 = u32::MAX;

/// Where every blob of a repository lies.
#[derive(Debug, Default)]
pub struct Index {
    packs: Vec<PackId>,
    pack_numbers: HashMap<PackId, u32>,
    entries: Vec<Entry>,
    /// Indices into `entries`. Invariant: a power of two long and at most three quarters full.
    slots: Vec<u32>,
    /// Further places of blobs that are already in `entries`: few, or none.
    others: HashMap<(BlobKind, BlobId), Vec<Entry>>,
    /// Keyed anew in every process: ids come from files of strangers, who could otherwise choose
    /// them so that all fall into the same slot.
    hasher: RandomState,
}

impl Index {
    /// Takes in a pack and its blobs; a pack that is known already is ignored.
    pub fn insert(&mut self, pack: PackId, blobs: &[PackedBlob]) {
        let number = u32::try_from(self.packs.len()).unwrap_or(TREE);
        assert!(number < TREE, "an index holds fewer than two billion packs");
        if self.pack_numbers.contains_key(&pack) {
            return;
        }
        self.packs.push(pack);
        self.pack_numbers.insert(pack, number);
        for blob in blobs {
            self.insert_blob(number, blob);
        }
    }

    fn insert_blob(&mut self, pack: u32, blob: &PackedBlob) {
        if (self.entries.len() + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let entry = Entry {
            id: blob.id,
            pack: if blob.kind == BlobKind::Tree { pack | TREE } else { pack },
            offset: blob.offset,
            length: blob.length,
            uncompressed: blob.uncompressed.map_or(0, NonZeroU32::get),
        };
        let slot = self.slot(blob.kind, &blob.id);
        if self.slots[slot] != EMPTY {
            self.others.entry((blob.kind, blob.id)).or_default().push(entry);
            return;
        }
        self.slots[slot] = u32::try_from(self.entries.len()).unwrap_or(EMPTY);
        assert!(self.slots[slot] != EMPTY, "an index holds fewer than four billion blobs");
        if self.entries.len() == self.entries.capacity() {
            // A quarter more rather than twice as much: the array is most of the index.
            self.entries.reserve_exact(self.entries.len() / 4 + 1024);
        }
        self.entries.push(entry);
    }

    /// Where a blob lies, if it is known.
    pub fn find(&self, kind: BlobKind, id: &BlobId) -> Option<Location> {
        let entry = self.entry(kind, id)?;
        Some(self.location(entry))
    }

    /// Every place where a blob lies, the one that [`find`](Self::find) gives first.
    pub fn find_all<'a>(
        &'a self,
        kind: BlobKind,
        id: &BlobId,
    ) -> impl Iterator<Item = Location> + use<'a> {
        let others = self.others.get(&(kind, *id)).into_iter().flatten();
        self.entry(kind, id).into_iter().chain(others).map(|entry| self.location(entry))
    }

    /// Whether a blob is known.
    pub fn has(&self, kind: BlobKind, id: &BlobId) -> bool {
        self.entry(kind, id).is_some()
    }

    /// The number of a blob, by which [`blobs`](Self::blobs) counts; it stays as it is.
    pub fn number(&self, kind: BlobKind, id: &BlobId) -> Option<usize> {
        let slots = &self.slots;
        let number = if slots.is_empty() { EMPTY } else { slots[self.slot(kind, id)] };
        (number != EMPTY).then_some(number as usize)
    }

    /// Whether a pack is listed.
    pub fn has_pack(&self, pack: &PackId) -> bool {
        self.pack_numbers.contains_key(pack)
    }

    /// All packs, in the order they were read.
    pub fn packs(&self) -> &[PackId] {
        &self.packs
    }

    /// All blobs, once each, grouped by pack.
    pub fn blobs(&self) -> impl Iterator<Item = Location> {
        self.entries.iter().map(|entry| self.location(entry))
    }

    /// How many blobs there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn location(&self, entry: &Entry) -> Location {
        Location {
            pack: self.packs[(entry.pack & !TREE) as usize],
            blob: PackedBlob {
                kind: entry.kind(),
                id: entry.id,
                offset: entry.offset,
                length: entry.length,
                uncompressed: NonZeroU32::new(entry.uncompressed),
            },
        }
    }

    fn entry(&self, kind: BlobKind, id: &BlobId) -> Option<&Entry> {
        if self.slots.is_empty() {
            return None;
        }
        self.entries.get(self.slots[self.slot(kind, id)] as usize)
    }

    /// The slot that holds this blob, or the empty one where it would go.
    fn slot(&self, kind: BlobKind, id: &BlobId) -> usize {
        let mask = self.slots.len() - 1;
        let prefix = u64::from_le_bytes(id.0.0[..8].try_into().expect("eight of 32 bytes"));
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits are wanted")]
        let mut slot = self.hasher.hash_one(prefix) as usize & mask;
        loop {
            match self.entries.get(self.slots[slot] as usize) {
                Some(entry) if entry.id != *id || entry.kind() != kind => slot = (slot + 1) & mask,
                _ => return slot,
            }
        }
    }

    fn grow(&mut self) {
        self.slots = vec![EMPTY; (self.slots.len() * 2).max(1024)];
        for number in 0..self.entries.len() {
            let entry = self.entries[number];
            // Entries are unique, so the slot found is an empty one: `slot` compares with entries
            // placed so far only.
            let slot = self.slot(entry.kind(), &entry.id);
            self.slots[slot] = u32::try_from(number).unwrap_or(EMPTY);
        }
    }
}

impl Entry {
    fn kind(&self) -> BlobKind {
        if self.pack & TREE == 0 { BlobKind::Data } else { BlobKind::Tree }
    }
}
