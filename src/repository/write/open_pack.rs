//! A pack while several threads seal blobs into it, each into a place of its own.
//!
//! A place is cut off the pack's memory under a lock that is held for an instant; the blob is
//! sealed into it without the lock, and without a copy. Places are given back in any order. The
//! pack is whole when it was closed and the last place is back.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;

use crate::repository::blob::{BlobKind, PackedBlob};
use crate::repository::crypto::OVERHEAD;
use crate::repository::id::BlobId;
use crate::repository::malformed::Malformed;
use crate::repository::pack::{BLOBS_MAX, COMPRESSED_ENTRY_BYTES, LENGTH_BYTES, PackBuilder};

/// What goes into a pack, but for its sealed bytes.
#[derive(Clone, Copy)]
pub(super) struct NewBlob {
    pub(super) kind: BlobKind,
    pub(super) id: BlobId,
    /// The length of the body that is sealed.
    pub(super) body: usize,
    pub(super) uncompressed: Option<NonZeroU32>,
}

/// A pack under construction.
#[derive(Default)]
pub(super) struct OpenPack(Mutex<State>);

#[derive(Default)]
struct State {
    /// What no blob has a place in yet.
    free: BytesMut,
    /// Sealed bytes of the blobs, in order; `None`: still being sealed.
    places: Vec<Option<BytesMut>>,
    blobs: Vec<PackedBlob>,
    /// Bytes that have a place.
    length: usize,
    sealing: usize,
    closed: bool,
}

/// Memory for one sealed blob: exactly as much as it needs, and nothing in it.
pub(super) struct Place {
    number: usize,
    pub(super) memory: BytesMut,
}

impl OpenPack {
    /// A pack that uses `memory`, whose content is forgotten.
    pub(super) fn new(mut memory: BytesMut, capacity: usize) -> Self {
        memory.clear();
        memory.reserve(capacity);
        Self(Mutex::new(State { free: memory, ..State::default() }))
    }

    /// How long a pack of one blob of `body` bytes is.
    pub(super) fn length_of_one(body: usize) -> usize {
        State::default().length_with(body)
    }

    /// Whether one more blob of `body` bytes would make the pack longer than `target`, or too many
    /// blobs. An empty pack takes any blob.
    pub(super) fn is_full_for(&self, body: usize, target: usize) -> bool {
        let state = self.state();
        let blobs = state.blobs.len();
        blobs > 0 && (blobs >= BLOBS_MAX || state.length_with(body) > target)
    }

    /// A place for one more blob, to be given to [`put`](Self::put).
    pub(super) fn take_place(&self, blob: &NewBlob) -> Result<Place, Malformed> {
        let too_long = |_| Malformed::new("pack", "longer than 4 GiB");
        let mut state = self.state();
        let wanted = blob.body + OVERHEAD;
        let offset = u32::try_from(state.length).map_err(too_long)?;
        let length = u32::try_from(wanted).map_err(too_long)?;
        let NewBlob { kind, id, uncompressed, .. } = *blob;
        state.free.reserve(wanted);
        let rest = state.free.split_off(wanted);
        let memory = std::mem::replace(&mut state.free, rest);
        state.blobs.push(PackedBlob { kind, id, offset, length, uncompressed });
        state.places.push(None);
        state.length += wanted;
        state.sealing += 1;
        Ok(Place { number: state.places.len() - 1, memory })
    }

    /// Takes a place back with its sealed bytes. Returns the whole pack if it was closed and this
    /// was the last one.
    pub(super) fn put(&self, place: Place) -> Option<PackBuilder> {
        let mut state = self.state();
        state.places[place.number] = Some(place.memory);
        state.sealing -= 1;
        state.take_whole()
    }

    /// Closes the pack: nothing is added any more. Returns the whole pack unless someone is still
    /// sealing, who gets it then.
    pub(super) fn close(&self) -> Option<PackBuilder> {
        let mut state = self.state();
        state.closed = true;
        state.take_whole()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How long the finished pack would be with one more blob of `body` bytes.
    fn length_with(&self, body: usize) -> usize {
        let header = (self.blobs.len() + 1) * COMPRESSED_ENTRY_BYTES + OVERHEAD + LENGTH_BYTES;
        self.length + body + OVERHEAD + header
    }

    fn take_whole(&mut self) -> Option<PackBuilder> {
        if !self.closed || self.sealing > 0 {
            return None;
        }
        let Self { free, places, blobs, .. } = std::mem::take(self);
        let mut bytes = BytesMut::new();
        // Neighbours in memory: joining them copies nothing, and the rest makes room for the header.
        for part in places.into_iter().flatten().chain([free]) {
            bytes.unsplit(part);
        }
        Some(PackBuilder::holding(bytes, blobs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;
    use crate::repository::crypto::{NONCE_BYTES, SealingKey};
    use crate::world::entropy::SystemEntropy;

    fn blob(number: u8, body: usize) -> NewBlob {
        NewBlob { kind: BlobKind::Data, id: BlobId(Digest([number; 32])), body, uncompressed: None }
    }

    #[test]
    fn places_given_back_in_any_order_make_one_pack_without_a_copy() {
        let pack = OpenPack::new(BytesMut::new(), 10_000);
        let mut places: Vec<Place> =
            (1..=3).map(|n| pack.take_place(&blob(n, 100 * usize::from(n))).unwrap()).collect();
        let first = places[0].memory.as_ptr();
        for (number, place) in (1_u8..).zip(&mut places) {
            place.memory.extend_from_slice(&vec![number; 100 * usize::from(number) + OVERHEAD]);
        }
        assert!(pack.close().is_none(), "three are still sealing");
        for order in [2, 0] {
            assert!(pack.put(places.remove(order)).is_none());
        }
        let whole = pack.put(places.remove(0)).unwrap();
        assert_eq!(whole.len(), 600 + 3 * OVERHEAD);
        let key = SealingKey::random(&SystemEntropy);
        let whole = whole.finish(&key, &[0; NONCE_BYTES]).unwrap();
        assert_eq!(whole.bytes.as_ptr(), first, "it lies where it was sealed");
        assert_eq!(whole.bytes[100 + OVERHEAD], 2);
    }

    #[test]
    fn a_blob_larger_than_the_memory_finds_its_place_as_well() {
        let pack = OpenPack::new(BytesMut::new(), 10);
        let mut small = pack.take_place(&blob(1, 5)).unwrap();
        let mut large = pack.take_place(&blob(2, 5_000)).unwrap();
        small.memory.extend_from_slice(&[1; 5 + OVERHEAD]);
        large.memory.extend_from_slice(&[2; 5_000 + OVERHEAD]);
        assert!(pack.put(small).is_none());
        assert!(pack.put(large).is_none());
        let whole = pack.close().unwrap();
        assert_eq!(whole.len(), 5_005 + 2 * OVERHEAD);
    }
}
