//! Packs under construction.
//!
//! Each kind has two open packs, and chance decides which one takes a blob: the lengths of
//! neighbouring blobs then tell less about which known file was stored (restic does so since
//! 0.18). What is left at the end goes into one pack for the same reason.
//!
//! Memory: data packs live in a fixed number of buffers, one more than uploaders, and no fewer than
//! for two open packs and one that is stored. A thread that finds none takes the other open pack,
//! and waits if there is none until one is stored; so memory is bounded whatever the store's speed,
//! and the pipeline waits where it would wait anyway.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::repository::blob::BlobKind;
use crate::repository::crypto::{self, NONCE_BYTES, SealingKey};
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::pack::{FinishedPack, PackBuilder};
use crate::repository::write::open_pack::{NewBlob, OpenPack};
use crate::world::entropy::Entropy;

/// Open packs of each kind.
const OPEN: usize = 2;

/// Packs of folders are closed at this part of the target: they are few, and their memory comes on
/// top of the buffers.
const TREE_PART: usize = 4;

/// A blob that is ready to be sealed.
pub(in crate::repository) struct Forged<'a> {
    pub(in crate::repository) kind: BlobKind,
    pub(in crate::repository) id: BlobId,
    /// What is sealed: the plain bytes, or what compression made of them.
    pub(in crate::repository) body: &'a [u8],
    /// The length before compression.
    pub(in crate::repository) uncompressed: Option<NonZeroU32>,
}

/// Open packs, and the way to those who store them.
pub(in crate::repository) struct Packer {
    data: [Slot; OPEN],
    trees: [Slot; OPEN],
    /// `None` tells one uploader to end. Holds nothing itself: a closed pack waits in the hands of
    /// the thread that closed it, which bounds memory.
    queue: Sender<Option<FinishedPack>>,
    /// Memory that no data pack uses. What a pack has taken comes back by [`recycle`].
    ///
    /// [`recycle`]: Self::recycle
    buffers: (Sender<BytesMut>, Receiver<BytesMut>),
    /// How many buffers were never used: a store that is quick needs fewer than it may have.
    fresh: AtomicUsize,
    target: usize,
}

/// Where an open pack is, if there is one.
type Slot = Mutex<Option<Arc<OpenPack>>>;

impl Packer {
    /// Packs of `target` bytes for so many uploaders, and where they take them.
    pub(super) fn new(target: usize, uploads: usize) -> (Self, Receiver<Option<FinishedPack>>) {
        let (queue, packs) = bounded(0);
        let count = OPEN.max(uploads) + 1;
        let buffers = bounded(count);
        let fresh = AtomicUsize::new(count);
        let open = || std::array::from_fn(|_| Slot::default());
        (Self { data: open(), trees: open(), queue, buffers, fresh, target }, packs)
    }

    /// Seals a blob into an open pack; a pack that is full goes to the uploaders. Returns how many
    /// bytes the sealed blob has.
    pub(super) fn add(
        &self,
        key: &SealingKey,
        entropy: &dyn Entropy,
        blob: &Forged<'_>,
    ) -> Result<usize, RepositoryError> {
        let mut random = [0; NONCE_BYTES + 1];
        entropy.fill(&mut random);
        let [nonce @ .., mut chance] = random;
        let mut may_wait = false;
        let Forged { kind, id, body, uncompressed } = *blob;
        let new = NewBlob { kind, id, body: body.len(), uncompressed };
        let (pack, mut place) = loop {
            let mut slot = self.slot(kind, chance);
            if let Some(full) = slot.take_if(|pack| pack.is_full_for(body.len(), self.target(kind)))
            {
                drop(slot);
                self.close(key, entropy, full.close())?;
                // Meanwhile another thread may have opened the next one.
                continue;
            }
            let pack = if let Some(open) = &*slot {
                Arc::clone(open)
            } else if let Some(new) = self.new_pack(kind, body.len(), may_wait)? {
                Arc::clone(slot.insert(new))
            } else {
                // All memory is in use, perhaps by the other open pack. Without one, waiting is
                // all that is left.
                drop(slot);
                chance ^= 1;
                may_wait = self.slot(kind, chance).is_none();
                continue;
            };
            let place = pack.take_place(&new).map_err(RepositoryError::self_check)?;
            break (pack, place);
        };
        key.seal(&nonce, body, &mut place.memory);
        let sealed = place.memory.len();
        self.close(key, entropy, pack.put(place))?;
        Ok(sealed)
    }

    /// Closes all packs that hold anything; nobody may be adding any more.
    pub(super) fn flush(
        &self,
        key: &SealingKey,
        entropy: &dyn Entropy,
    ) -> Result<(), RepositoryError> {
        for kind in [BlobKind::Data, BlobKind::Tree] {
            let mut last: Option<PackBuilder> = None;
            for chance in 0..OPEN {
                let open = self.slot(kind, chance).take();
                let Some(pack) = open.and_then(|open| open.close()) else { continue };
                last = Some(match last.take() {
                    Some(mut first) if first.len() + pack.len() <= self.target(kind) => {
                        first.absorb(&pack).map_err(RepositoryError::self_check)?;
                        self.reuse(pack.into_memory());
                        first
                    }
                    Some(first) => {
                        self.close(key, entropy, Some(first))?;
                        pack
                    }
                    None => pack,
                });
            }
            self.close(key, entropy, last)?;
        }
        Ok(())
    }

    /// Tells one uploader to end, once it has stored what it holds.
    pub(super) fn end_one(&self) {
        // An uploader that is gone needs no telling.
        let _gone = self.queue.send(None);
    }

    /// Takes the memory of a pack back that was stored, or never will be. Must be called for every
    /// pack that was taken from the queue: somebody may be waiting for its memory.
    pub(super) fn recycle(&self, pack: FinishedPack) {
        let holds_data = pack.blobs.first().is_none_or(|blob| blob.kind == BlobKind::Data);
        if holds_data {
            // A store that still holds the bytes keeps them; new memory takes their place.
            self.reuse(pack.bytes.try_into_mut().unwrap_or_default());
        }
    }

    fn reuse(&self, memory: BytesMut) {
        // Full only by memory of folders, which was not taken from here and may go.
        let _freed = self.buffers.0.try_send(memory);
    }

    fn slot(
        &self,
        kind: BlobKind,
        chance: impl Into<usize>,
    ) -> MutexGuard<'_, Option<Arc<OpenPack>>> {
        let slots = match kind {
            BlobKind::Data => &self.data,
            BlobKind::Tree => &self.trees,
        };
        slots[chance.into() % OPEN].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn target(&self, kind: BlobKind) -> usize {
        match kind {
            BlobKind::Data => self.target,
            BlobKind::Tree => self.target / TREE_PART,
        }
    }

    /// An empty pack with room for what is planned, and at least for a blob of `body` bytes. `None`
    /// if there is no memory for it now and nobody `may_wait` for it.
    fn new_pack(
        &self,
        kind: BlobKind,
        body: usize,
        may_wait: bool,
    ) -> Result<Option<Arc<OpenPack>>, RepositoryError> {
        let memory = match kind {
            BlobKind::Tree => Some(BytesMut::new()),
            BlobKind::Data => match self.memory() {
                None if may_wait => {
                    Some(self.buffers.1.recv().map_err(|_| RepositoryError::Bug("no memory"))?)
                }
                memory => memory,
            },
        };
        let length = self.target(kind).max(OpenPack::length_of_one(body));
        Ok(memory.map(|memory| Arc::new(OpenPack::new(memory, length))))
    }

    /// Memory for a data pack: used before, or new as long as there may be more.
    fn memory(&self) -> Option<BytesMut> {
        if let Ok(used) = self.buffers.1.try_recv() {
            return Some(used);
        }
        let one_less = |left: usize| left.checked_sub(1);
        let counted = self.fresh.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        counted.is_ok().then(BytesMut::new)
    }

    /// Names a pack that is whole and hands it to an uploader.
    fn close(
        &self,
        key: &SealingKey,
        entropy: &dyn Entropy,
        whole: Option<PackBuilder>,
    ) -> Result<(), RepositoryError> {
        let Some(pack) = whole else { return Ok(()) };
        let pack =
            pack.finish(key, &crypto::nonce(entropy)).map_err(RepositoryError::self_check)?;
        self.queue.send(Some(pack)).map_err(|_| RepositoryError::Bug("no uploader is left"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;

    /// Says of each blob in turn that the first open pack takes it, then the second.
    struct InTurn(AtomicUsize);

    impl Entropy for InTurn {
        fn fill(&self, buffer: &mut [u8]) {
            let turn = self.0.fetch_add(1, Ordering::Relaxed);
            buffer.fill(u8::from(turn % OPEN == 1));
        }
    }

    #[test]
    fn while_all_other_memory_is_being_stored_one_open_pack_takes_every_blob() {
        const BLOBS: u8 = 60;
        let entropy = InTurn(AtomicUsize::new(0));
        let key = SealingKey::random(&crate::world::entropy::SystemEntropy);
        let body = [7; 100];
        let (packer, packs) = Packer::new(600, 2);
        let (told, hears) = crossbeam_channel::unbounded();
        let (went_on, stored) = std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..BLOBS {
                    let id = BlobId(Digest([number; 32]));
                    let blob = Forged { kind: BlobKind::Data, id, body: &body, uncompressed: None };
                    packer.add(&key, &entropy, &blob).unwrap();
                    told.send(number).unwrap();
                }
                packer.flush(&key, &entropy).unwrap();
                packer.end_one();
            });
            // A store that takes two packs of three blobs each and is stuck: there is memory for
            // three blobs more, whichever pack they were meant for.
            let stuck = [(); 2].map(|()| packs.recv().unwrap().unwrap());
            let long = std::time::Duration::from_secs(20);
            let went_on = (0..9).all(|number| hears.recv_timeout(long) == Ok(number));
            let mut blobs = 0;
            let mut store = |pack: FinishedPack| {
                blobs += pack.blobs.len();
                packer.recycle(pack);
            };
            stuck.into_iter().for_each(&mut store);
            while let Some(pack) = packs.recv().unwrap() {
                store(pack);
            }
            (went_on, blobs)
        });
        assert!(went_on, "a blob waited though another pack was open");
        assert_eq!(stored, usize::from(BLOBS));
        assert_eq!(packer.fresh.load(Ordering::Relaxed), 0, "three buffers, and all were needed");
    }
}
