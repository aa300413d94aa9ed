//! Taking over packs that an interrupted run has stored and no index names.
//!
//! Their headers say what is in them, under the repository's key; their names are digests and the
//! store shows whole objects only. So they are as good as new, and are not sent again.

use crate::repository::blob::PackedBlob;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index::Index;
use crate::repository::layout::Folder;
use crate::repository::open::Repository;
use crate::repository::pack::{LENGTH_BYTES, open_header, sealed_header_length};
use crate::store::ObjectName;

/// The first read takes so many bytes from the end: the header of a pack of 1,500 blobs. Another
/// read is needed for larger ones only.
const EAGER: u64 = 64 * 1024;

/// Reads the headers of all packs that the index does not name and adds them to it. A pack whose
/// header cannot be read is left alone: it is garbage, or of a writer that we do not know.
pub(super) fn adopt(
    repository: &Repository,
    index: &mut Index,
) -> Result<Vec<(PackId, Vec<PackedBlob>)>, RepositoryError> {
    let mut adopted = Vec::new();
    for (name, size) in repository.list(Folder::Data)? {
        let Some(pack) = Folder::Data.digest(&name).map(PackId) else { continue };
        if index.has_pack(&pack) {
            continue;
        }
        match read_header(repository, &name, size) {
            Ok(blobs) => {
                index.insert(pack, &blobs);
                adopted.push((pack, blobs));
            }
            Err(error @ RepositoryError::Damaged { .. }) => {
                tracing::warn!(pack = %pack, error = %error, "Pack without index is left alone.");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(adopted)
}

fn read_header(
    repository: &Repository,
    name: &ObjectName,
    size: u64,
) -> Result<Vec<PackedBlob>, RepositoryError> {
    let range = |length: u64| {
        repository.block_on(repository.store().get_range(name, size - length, length))
    };
    let mut tail = range(size.min(EAGER))?;
    let last = tail.last_chunk::<LENGTH_BYTES>().copied().unwrap_or_default();
    let sealed = sealed_header_length(last, size).map_err(RepositoryError::damaged(name))?;
    let wanted = sealed + LENGTH_BYTES;
    if wanted > tail.len() {
        tail = range(wanted as u64)?;
    }
    let mut header = tail[tail.len() - wanted..tail.len() - LENGTH_BYTES].to_vec();
    open_header(repository.key(), &mut header, size).map_err(RepositoryError::damaged(name))
}
