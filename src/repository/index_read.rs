//! The index as restore and verify want it: what can be read, beside what cannot.
//!
//! A writer refuses to work on half an index ([`Repository::load_index`]); whoever must save or
//! judge what is left works with the rest and says what is missing.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use crate::repository::blob::PackedBlob;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index::Index;
use crate::repository::index_file::IndexFile;
use crate::repository::layout::Folder;
use crate::repository::open::Repository;
use crate::repository::pack;
use crate::repository::threads::in_order;
use crate::store::{ObjectName, StoreError};

/// A far store answers one file in 30 ms, and a year of hourly sets leaves thousands. Each takes up
/// to 12 MB while it is read, and with more than two the largest index would come too near to what
/// we promise.
const FILES_AT_A_TIME: usize = 2;

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
    /// Index files that were listed.
    files: Vec<ObjectName>,
}

/// Keeps an index in memory for all who look into sets while it lives.
#[derive(Debug)]
#[must_use = "the index is read again once this is gone"]
pub struct HeldIndex {
    _read: Arc<IndexRead>,
}

impl Repository {
    /// Reads the index and keeps it as long as what this returns lives: whoever looks into several
    /// sets meanwhile lists the index's files, and reads them again only if they are others.
    pub fn hold_index(&self) -> Result<HeldIndex, RepositoryError> {
        Ok(HeldIndex { _read: IndexRead::shared(self)? })
    }

    /// Reads index files, several at a time, and gives each to `take` in their order.
    pub(super) fn for_each_index_file(
        &self,
        names: &[ObjectName],
        take: impl FnMut(&ObjectName, Result<IndexFile, RepositoryError>) -> Result<(), RepositoryError>,
    ) -> Result<(), RepositoryError> {
        in_order(names, FILES_AT_A_TIME, |name| self.get_document(name, "index"), take)
    }
}

impl IndexRead {
    pub(super) fn of(repository: &Repository) -> Result<Self, RepositoryError> {
        let files = repository.list(Folder::Index)?.into_iter().map(|(name, _)| name).collect();
        Self::of_files(repository, files)
    }

    /// What somebody who still lives has read, or read now: an index file never changes, so the same
    /// files say the same. What was damaged is looked at again.
    pub(super) fn shared(repository: &Repository) -> Result<Arc<Self>, RepositoryError> {
        let listed = repository.list(Folder::Index)?;
        let files: Vec<ObjectName> = listed.into_iter().map(|(name, _)| name).collect();
        // Held while reading: of two who come at the same time the second waits and reads nothing.
        let mut last = repository.last_index().lock().unwrap_or_else(PoisonError::into_inner);
        let alive = last.upgrade();
        if let Some(read) = alive.filter(|read| read.unreadable.is_empty() && read.files == files) {
            return Ok(read);
        }
        let read = Arc::new(Self::of_files(repository, files)?);
        *last = Arc::downgrade(&read);
        Ok(read)
    }

    fn of_files(repository: &Repository, files: Vec<ObjectName>) -> Result<Self, RepositoryError> {
        let mut read = Self::default();
        repository.for_each_index_file(&files, |name, file| {
            match file.and_then(|file| read.add(file, name)) {
                Err(error) if is_unreachable(&error) => return Err(error),
                // Removed since it was listed: whoever did that wrote its successor before.
                Ok(()) | Err(RepositoryError::Store(StoreError::Missing { .. })) => {}
                Err(error) => read.unreadable.push((name.clone(), error)),
            }
            Ok(())
        })?;
        read.files = files;
        Ok(read)
    }

    fn add(&mut self, file: IndexFile, name: &ObjectName) -> Result<(), RepositoryError> {
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

/// Whether nothing was learnt of the bytes that were asked for, and they may be whole: whoever would
/// remove or replace them for it must not. Wider than [`is_unreachable`], by which whoever only
/// reads goes on to the next object.
pub(super) fn is_undecided(error: &RepositoryError) -> bool {
    matches!(error, RepositoryError::Store(error) if !error.is_about_content())
}
