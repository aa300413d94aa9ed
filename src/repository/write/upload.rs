//! Storing packs, and writing the index files that name them.

use std::sync::{Mutex, PoisonError};

use crossbeam_channel::Receiver;

use crate::repository::blob::PackedBlob;
use crate::repository::envelope::Form;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_file::{BLOBS_PER_FILE, IndexFile};
use crate::repository::layout::{self, Folder};
use crate::repository::pack::FinishedPack;
use crate::repository::write::engine::guard;
use crate::repository::write::target::Target;

/// Stores packs until it is told to end. After a failure packs are only taken and dropped, so
/// that nobody waits for ever to hand one over.
pub(super) fn upload(target: &Target, packs: &Receiver<Option<FinishedPack>>) {
    while let Ok(Some(pack)) = packs.recv() {
        if !target.has_failed()
            && let Err(error) = guard(|| store(target, &pack))
        {
            target.fail(error);
        }
        target.packer.recycle(pack);
    }
}

fn store(target: &Target, pack: &FinishedPack) -> Result<(), RepositoryError> {
    target.lock.ensure()?;
    let repository = &target.repository;
    let name = layout::pack(&pack.id);
    repository.block_on(repository.store().put(&name, pack.bytes.clone()))?;
    target.ledger.add(target, pack.id, &pack.blobs)
}

/// Packs that are stored and that no index file names yet.
#[derive(Debug, Default)]
pub(in crate::repository) struct Ledger {
    pending: Mutex<Pending>,
    /// All that were noted.
    noted: Mutex<Vec<PackId>>,
}

#[derive(Debug, Default)]
struct Pending {
    file: IndexFile,
    blobs: usize,
}

impl Ledger {
    /// Notes a pack that is durable. A file that has become full is written at once, so that an
    /// interrupted run leaves little to adopt.
    pub(super) fn add(
        &self,
        target: &Target,
        pack: PackId,
        blobs: &[PackedBlob],
    ) -> Result<(), RepositoryError> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).push(pack);
        let full = {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.file.push(pack, blobs);
            pending.blobs += blobs.len();
            let full = pending.blobs >= BLOBS_PER_FILE;
            full.then(|| std::mem::take(&mut *pending))
        };
        full.map_or(Ok(()), |full| full.write(target))
    }

    /// The packs that were noted so far.
    pub(super) fn noted(&self) -> Vec<PackId> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes what is left.
    pub(in crate::repository) fn flush(&self, target: &Target) -> Result<(), RepositoryError> {
        let rest =
            std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        rest.write(target)
    }
}

impl Pending {
    fn write(&self, target: &Target) -> Result<(), RepositoryError> {
        if self.file.is_empty() {
            return Ok(());
        }
        target.lock.ensure()?;
        target
            .repository
            .put_document(Folder::Index, Form::Compressed, &self.file)
            .map(|_digest| ())
    }
}
