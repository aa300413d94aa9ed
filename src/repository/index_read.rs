//! The index as restore and verify want it: what can be read, beside what cannot.
//!
//! A writer refuses to work on half an index ([`Repository::load_index`]); whoever must save or
//! judge what is left works with the rest and says what is missing.

use std::collections::HashMap;

use crate::repository::blob::PackedBlob;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index::Index;
use crate::repository::index_file::IndexFile;
use crate::repository::layout::Folder;
use crate::repository::open::Repository;
use crate::repository::pack;
use crate::store::{ObjectName, StoreError};

/// What could be read of the index.
#[derive(Debug, Default)]
pub(super) struct IndexRead {
    /// Where blobs lie.
    pub(super) index: Index,
    /// Every listed pack with the length that its blobs give it. Two index files that disagree
    /// about a pack: the first counts, and the pack's own header decides when it is read.
    pub(super) packs: HashMap<PackId, u64>,
    /// Index files that could not be read.
    pub(super) unreadable: Vec<(ObjectName, RepositoryError)>,
}

impl IndexRead {
    pub(super) fn of(repository: &Repository) -> Result<Self, RepositoryError> {
        let mut read = Self::default();
        for (name, _) in repository.list(Folder::Index)? {
            match read.add(repository, &name) {
                Err(error) if is_unreachable(&error) => return Err(error),
                // Removed since it was listed: whoever did that wrote its successor before.
                Ok(()) | Err(RepositoryError::Store(StoreError::Missing { .. })) => {}
                Err(error) => read.unreadable.push((name, error)),
            }
        }
        Ok(read)
    }

    fn add(&mut self, repository: &Repository, name: &ObjectName) -> Result<(), RepositoryError> {
        let file: IndexFile = repository.get_document(name, "index")?;
        for pack in file.into_packs() {
            let (id, blobs) = pack.map_err(RepositoryError::damaged(name))?;
            self.insert(id, pack::length_of(&blobs), &blobs);
        }
        Ok(())
    }

    /// Takes in a pack of this length; one that is known already is ignored.
    pub(super) fn insert(&mut self, pack: PackId, length: u64, blobs: &[PackedBlob]) {
        self.packs.entry(pack).or_insert(length);
        self.index.insert(pack, blobs);
    }
}

/// Whether the store itself is out of reach, or a person did not wait for its answer: what cannot be
/// had now may be whole, and to call it damage would be a lie.
pub(super) fn is_unreachable(error: &RepositoryError) -> bool {
    matches!(
        error,
        RepositoryError::Store(
            StoreError::Unreachable { .. }
                | StoreError::NoStore { .. }
                | StoreError::NoBucket { .. }
                | StoreError::Connection { .. }
                | StoreError::Busy { .. }
                | StoreError::KeyRefused { .. }
                | StoreError::Region { .. }
                | StoreError::Clock { .. }
                | StoreError::Tls { .. }
                | StoreError::Stopped { .. }
        )
    )
}
