//! Packs under construction.
//!
//! Each kind has two open packs, and chance decides which one takes a blob: the lengths of
//! neighbouring blobs then tell less about which known file was stored (restic does so since
//! 0.18). What is left at the end goes into one pack for the same reason.
//!
//! Memory: data packs live in a fixed number of buffers, two open ones and one for each uploader.
//! A thread that must open a pack while all are in use waits until one is stored; so memory is
//! bounded whatever the store's speed, and the pipeline waits where it would wait anyway.

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
        let buffers = bounded(OPEN + uploads);
        let fresh = AtomicUsize::new(OPEN + uploads);
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
        let [nonce @ .., chance] = random;
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
            let pack = match &*slot {
                Some(open) => Arc::clone(open),
                None => Arc::clone(slot.insert(self.new_pack(kind, body.len())?)),
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

    /// An empty pack with room for what is planned, and at least for a blob of `body` bytes.
    fn new_pack(&self, kind: BlobKind, body: usize) -> Result<Arc<OpenPack>, RepositoryError> {
        let memory = match kind {
            BlobKind::Data => self.memory()?,
            BlobKind::Tree => BytesMut::new(),
        };
        Ok(Arc::new(OpenPack::new(memory, self.target(kind).max(OpenPack::length_of_one(body)))))
    }

    /// Memory for a data pack: used before, or new as long as there may be more, or what somebody
    /// gives back.
    fn memory(&self) -> Result<BytesMut, RepositoryError> {
        if let Ok(used) = self.buffers.1.try_recv() {
            return Ok(used);
        }
        let one_less = |left: usize| left.checked_sub(1);
        if self.fresh.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            return Ok(BytesMut::new());
        }
        self.buffers.1.recv().map_err(|_| RepositoryError::Bug("no memory"))
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
