//! Reading the header of a stored pack.

use bytes::Bytes;

use crate::repository::blob::PackedBlob;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::layout;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::pack::{LENGTH_BYTES, open_header, sealed_header_length};

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
