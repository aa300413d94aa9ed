//! Index files under construction.

use crate::repository::blob::PackedBlob;
use crate::repository::envelope::Form;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_file::{BLOBS_PER_FILE, IndexFile};
use crate::repository::layout::Folder;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;

/// Packs that are stored and that the next index file will list.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    file: IndexFile,
    blobs: usize,
}

impl Ledger {
    /// Lists a pack; a file that has become full is written.
    pub(super) fn add(
        &mut self,
        repository: &Repository,
        lock: &Lock,
        pack: PackId,
        blobs: &[PackedBlob],
    ) -> Result<(), RepositoryError> {
        self.file.push(pack, blobs);
        self.blobs += blobs.len();
        if self.blobs < BLOBS_PER_FILE { Ok(()) } else { self.flush(repository, lock) }
    }

    /// Writes what is listed and not yet written; when this returns, it is durable and has been
    /// read back, so that what it replaces may go.
    pub(super) fn flush(
        &mut self,
        repository: &Repository,
        lock: &Lock,
    ) -> Result<(), RepositoryError> {
        if self.file.is_empty() {
            return Ok(());
        }
        lock.ensure()?;
        repository.put_document_proven(Folder::Index, Form::Compressed, &self.file)?;
        *self = Self::default();
        Ok(())
    }
}
