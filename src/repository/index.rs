//! The index in memory: where every blob lies.
//!
//! Memory: 48 bytes a blob (32 of them the id) plus 5 to 11 bytes of hash table, and 41 to 47
//! bytes a pack: 525 to 590 MiB for ten million blobs, which are 10 TB of media or 640 GB of
//! database dumps. Open-addressed tables of indices into arrays, rather than maps: half the memory
//! of the standard map when that has just grown.
//!
//! A blob may lie in several packs (two writers at once, a lost pack whose blobs were stored
//! again). The first one met is used; the others are kept aside for when that one is damaged.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;

use crate::base::digest::Digest;
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
    /// For each pack the number of its first entry: entries are grouped by pack.
    firsts: Vec<u32>,
    /// Indices into `packs`, as `slots` has them of `entries`.
    pack_slots: Vec<u32>,
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
        if (self.packs.len() + 1) * 4 > self.pack_slots.len() * 3 {
            self.grow_packs();
        }
        let slot = self.pack_slot(&pack);
        if self.pack_slots[slot] != EMPTY {
            return;
        }
        self.pack_slots[slot] = number;
        self.packs.push(pack);
        self.firsts.push(u32::try_from(self.entries.len()).unwrap_or(EMPTY));
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
        self.pack_number(pack).is_some()
    }

    /// The place of a pack among [`packs`](Self::packs).
    pub fn pack_number(&self, pack: &PackId) -> Option<usize> {
        if self.pack_slots.is_empty() {
            return None;
        }
        let number = self.pack_slots[self.pack_slot(pack)];
        (number != EMPTY).then_some(number as usize)
    }

    /// Every place of every blob, by pack.
    pub fn by_pack(&self) -> ByPack<'_> {
        let mut others: HashMap<u32, Vec<Entry>> = HashMap::new();
        for entry in self.others.values().flatten() {
            others.entry(entry.pack & !TREE).or_default().push(*entry);
        }
        ByPack { index: self, others }
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
        Location { pack: self.packs[(entry.pack & !TREE) as usize], blob: entry.blob() }
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
        let mut slot = self.hash(&id.0) & mask;
        loop {
            match self.entries.get(self.slots[slot] as usize) {
                Some(entry) if entry.id != *id || entry.kind() != kind => slot = (slot + 1) & mask,
                _ => return slot,
            }
        }
    }

    /// The slot that holds this pack, or the empty one where it would go.
    fn pack_slot(&self, pack: &PackId) -> usize {
        let mask = self.pack_slots.len() - 1;
        let mut slot = self.hash(&pack.0) & mask;
        while self.packs.get(self.pack_slots[slot] as usize).is_some_and(|there| there != pack) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn hash(&self, digest: &Digest) -> usize {
        let prefix = u64::from_le_bytes(digest.0[..8].try_into().expect("eight of 32 bytes"));
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits are wanted")]
        let hash = self.hasher.hash_one(prefix) as usize;
        hash
    }

    fn grow_packs(&mut self) {
        self.pack_slots = vec![EMPTY; (self.pack_slots.len() * 2).max(64)];
        for number in 0..self.packs.len() {
            let slot = self.pack_slot(&self.packs[number]);
            self.pack_slots[slot] = u32::try_from(number).unwrap_or(EMPTY);
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

/// The blobs of an index, pack by pack. Made once for a look at many packs.
pub struct ByPack<'a> {
    index: &'a Index,
    /// Blobs that are first met in another pack.
    others: HashMap<u32, Vec<Entry>>,
}

impl ByPack<'_> {
    /// The blobs that the index places in this pack, in no particular order.
    pub fn blobs(&self, pack: &PackId) -> Vec<PackedBlob> {
        let Some(number) = self.index.pack_number(pack) else { return Vec::new() };
        let end = self.index.firsts.get(number + 1).map_or(self.index.len(), |end| *end as usize);
        let first = &self.index.entries[self.index.firsts[number] as usize..end];
        let others = u32::try_from(number).ok().and_then(|number| self.others.get(&number));
        first.iter().chain(others.into_iter().flatten()).map(Entry::blob).collect()
    }
}

impl std::fmt::Debug for ByPack<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByPack").field("packs", &self.index.packs.len()).finish_non_exhaustive()
    }
}

impl Entry {
    fn blob(&self) -> PackedBlob {
        PackedBlob {
            kind: self.kind(),
            id: self.id,
            offset: self.offset,
            length: self.length,
            uncompressed: NonZeroU32::new(self.uncompressed),
        }
    }

    fn kind(&self) -> BlobKind {
        if self.pack & TREE == 0 { BlobKind::Data } else { BlobKind::Tree }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(number: u64) -> PackId {
        PackId(Digest::of(&number.to_le_bytes()))
    }

    fn blob(number: u64) -> PackedBlob {
        let id = BlobId(Digest::of(&[b"blob", &number.to_le_bytes()[..]].concat()));
        PackedBlob { kind: BlobKind::Data, id, offset: 0, length: 100, uncompressed: None }
    }

    #[test]
    fn every_pack_gives_its_own_blobs_even_those_met_before_in_another() {
        let mut index = Index::default();
        for number in 0..1_000 {
            // The last blob of each pack is the first of the next.
            index.insert(
                pack(number),
                &[blob(2 * number), blob(2 * number + 1), blob(2 * number + 2)],
            );
        }
        index.insert(pack(7), &[blob(1_000_000)]);
        assert_eq!(index.packs().len(), 1_000, "a known pack is ignored");
        assert!(!index.has_pack(&pack(1_000)) && Index::default().pack_number(&pack(0)).is_none());
        let by_pack = index.by_pack();
        for number in 0..1_000 {
            assert_eq!(index.packs()[index.pack_number(&pack(number)).unwrap()], pack(number));
            let mut wanted: Vec<_> = (0..3).map(|more| blob(2 * number + more).id).collect();
            let mut found: Vec<_> = by_pack.blobs(&pack(number)).iter().map(|b| b.id).collect();
            wanted.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, wanted);
        }
    }
}
