//! Storing packs, and writing the index files that name them.

use std::sync::{Mutex, PoisonError};

use crossbeam_channel::Receiver;

use crate::repository::blob::PackedBlob;
use crate::repository::envelope::Form;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_file::{BLOBS_PER_FILE, IndexFile};
use crate::repository::layout::{self, Folder};
use crate::repository::open::Repository;
use crate::repository::pack::FinishedPack;
use crate::repository::write::engine::{Engine, guard};

/// Stores packs until it is told to end. After a failure packs are only taken and dropped, so
/// that nobody waits for ever to hand one over.
pub(super) fn upload(engine: &Engine, packs: &Receiver<Option<FinishedPack>>) {
    while let Ok(Some(pack)) = packs.recv() {
        if !engine.has_failed() {
            engine.note(guard(|| store(engine, &pack)));
        }
        engine.packer.recycle(pack);
    }
}

fn store(engine: &Engine, pack: &FinishedPack) -> Result<(), RepositoryError> {
    engine.lock.ensure()?;
    let repository = &engine.repository;
    let name = layout::pack(&pack.id);
    repository.block_on(repository.store().put(&name, pack.bytes.clone()))?;
    engine.ledger.add(engine, pack.id, &pack.blobs)
}

/// Packs that are stored and that no index file names yet.
#[derive(Debug, Default)]
pub(super) struct Ledger {
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
        engine: &Engine,
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
        full.map_or(Ok(()), |full| full.write(engine))
    }

    /// The packs that were noted so far.
    pub(super) fn noted(&self) -> Vec<PackId> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes what is left.
    pub(super) fn flush(&self, engine: &Engine) -> Result<(), RepositoryError> {
        let rest =
            std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        rest.write(engine)
    }
}

impl Pending {
    fn write(&self, engine: &Engine) -> Result<(), RepositoryError> {
        if self.file.is_empty() {
            return Ok(());
        }
        engine.lock.ensure()?;
        let repository: &Repository = &engine.repository;
        repository.put_document(Folder::Index, Form::Compressed, &self.file).map(|_digest| ())
    }
}
