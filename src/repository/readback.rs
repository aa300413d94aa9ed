//! Storing what stands for something that is removed next.
//!
//! A store says that an object is durable, and may have kept other bytes: a bad disk, a server with
//! a defect. Whoever only adds loses nothing by that, and the next verification names it. Whoever
//! removes the original in return looks first.

use bytes::Bytes;

use crate::base::digest::{Digest, Hasher};
use crate::repository::error::RepositoryError;
use crate::repository::index_read::is_unreachable;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::store::ObjectName;

/// How much is read back at once.
const READ: u64 = 4 << 20;

impl Repository {
    /// Stores an object and reads it back; what comes back must have this digest. If it has not,
    /// the object is taken away again, since nobody could use it.
    pub(super) fn put_proven(
        &self,
        name: &ObjectName,
        bytes: Bytes,
        digest: &Digest,
    ) -> Result<(), RepositoryError> {
        let length = bytes.len() as u64;
        self.block_on(self.store().put(name, bytes))?;
        let reason = match self.digest_of(name, length) {
            Ok(found) if found == *digest => return Ok(()),
            Ok(found) => format!("`{name}` came back with the digest {found}"),
            Err(error) if is_unreachable(&error) => return Err(error),
            Err(error) => format!("`{name}` did not come back: {error}"),
        };
        if let Err(error) = self.delete(name) {
            tracing::warn!(object = %name, error = %error, "What the store garbled was not removed.");
        }
        Err(RepositoryError::SelfCheck { source: Malformed::new("object", reason) })
    }

    /// The digest of an object that is so long, read in pieces.
    pub(super) fn digest_of(
        &self,
        name: &ObjectName,
        length: u64,
    ) -> Result<Digest, RepositoryError> {
        let mut hasher = Hasher::default();
        let mut offset = 0;
        while offset < length {
            let part = READ.min(length - offset);
            hasher.update(&self.range(name, offset, part)?);
            offset += part;
        }
        Ok(hasher.finish())
    }
}
