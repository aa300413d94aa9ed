//! Replacing index files: what stays of them is written again, durable and read back, before they
//! go.

use std::collections::HashSet;

use crate::repository::blob::PackedBlob;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_file::IndexFile;
use crate::repository::ledger::Ledger;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::store::ObjectName;

/// Writes again, once each, the packs of `outdated` index files that stay and are not `listed`
/// elsewhere. When this returns, all that `ledger` holds is durable, and these files may go.
pub(super) fn relist(
    repository: &Repository,
    lock: &Lock,
    outdated: &[ObjectName],
    mut listed: HashSet<PackId>,
    stays: impl Fn(&PackId) -> bool,
    ledger: &mut Ledger,
) -> Result<(), RepositoryError> {
    for name in outdated {
        for (pack, blobs) in repository.listed_in(name)? {
            if stays(&pack) && listed.insert(pack) {
                ledger.add(repository, lock, pack, &blobs)?;
            }
        }
    }
    ledger.flush(repository, lock)
}

/// Removes index files, and counts those that are gone.
pub(super) fn remove<'n>(
    repository: &Repository,
    lock: &Lock,
    names: impl IntoIterator<Item = &'n ObjectName>,
    removed: &mut u64,
) -> Result<(), RepositoryError> {
    for name in names {
        lock.ensure()?;
        repository.delete(name)?;
        *removed += 1;
    }
    Ok(())
}

impl Repository {
    /// The packs that an index file lists, each with its blobs.
    pub(super) fn listed_in(
        &self,
        name: &ObjectName,
    ) -> Result<Vec<(PackId, Vec<PackedBlob>)>, RepositoryError> {
        let file: IndexFile = self.get_document(name, "index")?;
        file.into_packs().map(|pack| pack.map_err(RepositoryError::damaged(name))).collect()
    }
}
