//! Dropping a snapshot from the list: the first of the two steps by which space is freed.
//!
//! Only the snapshot file goes. The data that it alone used stays until `prune` finds it unused,
//! so that this is quick, and whatever happens to it meanwhile costs space and nothing else.

use crate::repository::error::RepositoryError;
use crate::repository::id::SnapshotId;
use crate::repository::layout;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;

impl Repository {
    /// Removes the snapshot from the list, durably. One that is not there is fine: whoever was
    /// broken off may do it again.
    ///
    /// `lock` is exclusive: a reader that has listed a snapshot must not find it gone and call
    /// that damage.
    pub fn forget(&self, lock: &Lock, id: &SnapshotId) -> Result<(), RepositoryError> {
        if !lock.is_exclusive() {
            return Err(RepositoryError::Bug("a snapshot is forgotten under a shared lock"));
        }
        lock.ensure()?;
        self.delete(&layout::snapshot(id))
    }
}
