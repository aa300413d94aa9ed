//! Reading the header of a stored pack.

use bytes::Bytes;

use crate::repository::blob::PackedBlob;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_read::is_unreachable;
use crate::repository::layout;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::pack::{LENGTH_BYTES, open_header, sealed_header_length};
use crate::store::StoreError;

impl Repository {
    /// The blobs of a pack that is `length` bytes long, as its own header lists them.
    pub(super) fn pack_header(
        &self,
        pack: &PackId,
        length: u64,
    ) -> Result<Vec<PackedBlob>, RepositoryError> {
        let damaged = |source| RepositoryError::damaged(layout::pack(pack))(source);
        let too_short = || damaged(Malformed::new("pack", format_args!("{length} bytes")));
        let tail = length.checked_sub(LENGTH_BYTES as u64).ok_or_else(too_short)?;
        let last = self.pack_range(pack, tail, LENGTH_BYTES as u64)?;
        let last = last[..].try_into().map_err(|_| too_short())?;
        let sealed = sealed_header_length(last, length).map_err(damaged)? as u64;
        let header = self.pack_range(pack, tail - sealed, sealed)?;
        open_header(self.key(), &mut Vec::from(header), length).map_err(damaged)
    }

    /// The same, read once more where it seems damaged: a store may give wrong bytes, or a wrong
    /// length, once.
    pub(super) fn pack_header_twice(
        &self,
        pack: &PackId,
        length: u64,
    ) -> Result<Vec<PackedBlob>, RepositoryError> {
        match self.pack_header(pack, length) {
            Err(error) if !is_unreachable(&error) => {
                let length = self.pack_length(pack)?.unwrap_or(length);
                self.pack_header(pack, length)
            }
            other => other,
        }
    }

    /// The length of a pack by its name; `None` if it is not there.
    pub(super) fn pack_length(&self, pack: &PackId) -> Result<Option<u64>, RepositoryError> {
        match self.block_on(self.store().size(&layout::pack(pack))) {
            Ok(length) => Ok(Some(length)),
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Part of a pack.
    pub(super) fn pack_range(
        &self,
        pack: &PackId,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, RepositoryError> {
        self.range(&layout::pack(pack), offset, length)
    }
}
