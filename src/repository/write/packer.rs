//! Packs under construction.
//!
//! Each kind has two open packs, and chance decides which one takes a blob: the lengths of
//! neighbouring blobs then tell less about which known file was stored (restic does so since
//! 0.18). What is left at the end goes into one pack for the same reason.

use std::sync::{Mutex, PoisonError};

use bytes::BytesMut;
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::repository::blob::BlobKind;
use crate::repository::crypto::{self, SealingKey};
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::pack::{FinishedPack, PackBuilder};
use crate::repository::write::smith::Sealed;
use crate::world::entropy::Entropy;

/// Open packs of each kind.
const OPEN: usize = 2;

/// A pack is closed as soon as it has its target size, so that it exceeds it by one blob at most;
/// room for an ordinary one is reserved beforehand.
const HEADROOM: usize = 2 * 1024 * 1024;

/// Open packs, and the way to those who store them.
pub(super) struct Packer {
    data: [Mutex<PackBuilder>; OPEN],
    trees: [Mutex<PackBuilder>; OPEN],
    /// `None` tells one uploader to end. Holds nothing itself: a closed pack waits in the hands of
    /// the thread that closed it, which bounds memory.
    queue: Sender<Option<FinishedPack>>,
    /// Memory of stored packs, to be used again: fresh memory costs as much as a copy.
    spare: (Sender<BytesMut>, Receiver<BytesMut>),
    target: usize,
}

impl Packer {
    /// Packs of `target` bytes, and where uploaders take them.
    pub(super) fn new(target: usize) -> (Self, Receiver<Option<FinishedPack>>) {
        let (queue, packs) = bounded(0);
        let open = || std::array::from_fn(|_| Mutex::new(PackBuilder::new(BytesMut::new())));
        let (data, trees) = (open(), open());
        (Self { data, trees, queue, spare: bounded(2 * OPEN), target }, packs)
    }

    /// Adds a blob; a pack that is full goes to the uploaders.
    pub(super) fn add(
        &self,
        key: &SealingKey,
        entropy: &dyn Entropy,
        kind: BlobKind,
        id: BlobId,
        sealed: &Sealed<'_>,
    ) -> Result<(), RepositoryError> {
        let open = match kind {
            BlobKind::Data => &self.data,
            BlobKind::Tree => &self.trees,
        };
        let chosen = usize::from(sealed.chance) % OPEN;
        let full = {
            let mut pack = open[chosen].lock().unwrap_or_else(PoisonError::into_inner);
            if pack.is_empty() {
                pack.reserve(self.target + HEADROOM);
            }
            pack.add(kind, id, sealed.bytes, sealed.uncompressed)
                .map_err(|source| RepositoryError::SelfCheck { source })?;
            pack.is_full(self.target).then(|| self.replace(&mut pack))
        };
        full.map_or(Ok(()), |full| self.close(key, entropy, full))
    }

    /// Closes all packs that hold anything.
    pub(super) fn flush(
        &self,
        key: &SealingKey,
        entropy: &dyn Entropy,
    ) -> Result<(), RepositoryError> {
        for open in [&self.data, &self.trees] {
            let mut last = PackBuilder::new(BytesMut::new());
            for pack in open {
                let pack = self.replace(&mut pack.lock().unwrap_or_else(PoisonError::into_inner));
                if last.len() + pack.len() > self.target {
                    self.close(key, entropy, std::mem::replace(&mut last, pack))?;
                } else {
                    last.absorb(pack).map_err(|source| RepositoryError::SelfCheck { source })?;
                }
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

    /// Takes the memory of a stored pack back.
    pub(super) fn recycle(&self, pack: FinishedPack) {
        if let Ok(memory) = pack.bytes.try_into_mut() {
            // Enough is kept already: this one is freed.
            let _freed = self.spare.0.try_send(memory);
        }
    }

    fn replace(&self, pack: &mut PackBuilder) -> PackBuilder {
        let memory = self.spare.1.try_recv().unwrap_or_default();
        std::mem::replace(pack, PackBuilder::new(memory))
    }

    fn close(
        &self,
        key: &SealingKey,
        entropy: &dyn Entropy,
        pack: PackBuilder,
    ) -> Result<(), RepositoryError> {
        if pack.is_empty() {
            return Ok(());
        }
        let pack = pack
            .finish(key, &crypto::nonce(entropy))
            .map_err(|source| RepositoryError::SelfCheck { source })?;
        self.queue.send(Some(pack)).map_err(|_| RepositoryError::Bug("no uploader is left"))
    }
}
