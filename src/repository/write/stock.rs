//! Taking stock before a run: what the repository really has.
//!
//! Packs that the index names and the store does not have are left out of the index, so that the
//! run stores their blobs again instead of pointing a new set at nothing.
//!
//! Packs that an interrupted run has stored and no index names are taken over. Their headers say
//! what is in them, under the repository's key; their names are digests and the store shows whole
//! objects only. So they are as good as new, and are not sent again.

use std::collections::HashSet;

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

/// What a run starts from.
pub(super) struct Stock {
    /// Every blob that can be relied on.
    pub(super) index: Index,
    /// Packs that were taken over; no index file names them yet.
    pub(super) adopted: Vec<(PackId, Vec<PackedBlob>)>,
    /// How many packs the index names in vain.
    pub(super) missing: usize,
}

/// Compares the index with the packs that are there. `alone` says that no other writer is at
/// work, whose packs are its own to index.
pub(super) fn take_stock(repository: &Repository, alone: bool) -> Result<Stock, RepositoryError> {
    // First the index, then the packs: a writer that ends in between has stored its packs before.
    let mut index = repository.load_index()?;
    let mut there = vec![false; index.packs().len()];
    let mut unnamed = Vec::new();
    for (name, size) in repository.list(Folder::Data)? {
        if let Some(pack) = Folder::Data.digest(&name).map(PackId) {
            match index.pack_number(&pack) {
                Some(number) => there[number] = true,
                None => unnamed.push((pack, name, size)),
            }
        }
    }
    let gone = index.packs().iter().zip(there).filter(|(_, there)| !there);
    let missing: HashSet<PackId> = gone.map(|(pack, _)| *pack).collect();
    if !missing.is_empty() {
        tracing::warn!(
            missing = missing.len(),
            "Packs are missing; what is in them is stored again."
        );
        // One index at a time: it is most of the memory.
        drop(index);
        index = repository.load_index_of(|pack| !missing.contains(pack))?;
    }
    // Listed by an index file that came since the first was read.
    unnamed.retain(|(pack, ..)| alone && !index.has_pack(pack));
    let adopted = adopt(repository, &mut index, unnamed)?;
    Ok(Stock { index, adopted, missing: missing.len() })
}

/// Reads the headers of packs without index and adds them to it. A pack whose header cannot be
/// read is left alone: it is garbage, or of a writer that we do not know.
fn adopt(
    repository: &Repository,
    index: &mut Index,
    packs: Vec<(PackId, ObjectName, u64)>,
) -> Result<Vec<(PackId, Vec<PackedBlob>)>, RepositoryError> {
    let mut adopted = Vec::new();
    for (pack, name, size) in packs {
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
    let range = |length: u64| repository.range(name, size - length, length);
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
