//! Reading a repository: snapshots, the index, single blobs.
//!
//! What cannot be read is returned as such, beside what can: a damaged snapshot must neither hide
//! nor hide behind the others.

use crate::repository::blob::{BlobKind, BlobOpener};
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, PackId, SnapshotId};
use crate::repository::index::{Index, Location};
use crate::repository::index_read::is_unreachable;
use crate::repository::layout::{self, Folder};
use crate::repository::open::Repository;
use crate::repository::snapshot::Snapshot;
use crate::repository::threads::in_order;
use crate::repository::tree::Tree;

/// A year of hourly sets are 9,000 small files, each an answer of a store to wait for.
const SNAPSHOTS_AT_A_TIME: usize = 8;

/// All snapshots of a repository.
#[derive(Debug, Default)]
pub struct Snapshots {
    /// Those that can be read, by time, then id.
    pub sets: Vec<(SnapshotId, Snapshot)>,
    /// Those that cannot, each with the reason.
    pub unreadable: Vec<(SnapshotId, RepositoryError)>,
}

impl Repository {
    /// Reads all snapshots.
    pub fn snapshots(&self) -> Result<Snapshots, RepositoryError> {
        let mut snapshots = Snapshots::default();
        let ids = self.snapshot_ids()?;
        in_order(
            &ids,
            SNAPSHOTS_AT_A_TIME,
            |id| self.snapshot(id),
            |id, read| {
                match read {
                    Ok(snapshot) => snapshots.sets.push((*id, snapshot)),
                    Err(error) => snapshots.unreadable.push((*id, error)),
                }
                Ok::<(), RepositoryError>(())
            },
        )?;
        snapshots.sets.sort_by_key(|(id, snapshot)| (snapshot.time, *id));
        Ok(snapshots)
    }

    /// Reads one snapshot.
    pub fn snapshot(&self, id: &SnapshotId) -> Result<Snapshot, RepositoryError> {
        self.get_document(&layout::snapshot(id), "snapshot")
    }

    /// The snapshot whose id begins with `prefix`.
    pub fn find(&self, prefix: &str) -> Result<(SnapshotId, Snapshot), RepositoryError> {
        let wanted = prefix.to_ascii_lowercase();
        let mut ids = self.snapshot_ids()?;
        ids.retain(|id| !wanted.is_empty() && id.to_string().starts_with(&wanted));
        let prefix = prefix.chars().take(64).collect();
        match ids[..] {
            [id] => Ok((id, self.snapshot(&id)?)),
            [] => Err(RepositoryError::NoSnapshot { prefix }),
            _ => Err(RepositoryError::AmbiguousSnapshot { prefix, count: ids.len() as u64 }),
        }
    }

    fn snapshot_ids(&self) -> Result<Vec<SnapshotId>, RepositoryError> {
        let listed = self.list(Folder::Snapshots)?;
        let digests = listed.iter().filter_map(|(name, _)| Folder::Snapshots.digest(name));
        Ok(digests.map(SnapshotId).collect())
    }

    /// Reads the whole index. An index file that cannot be read fails all of it: without it blobs
    /// would seem lost that are not.
    pub fn load_index(&self) -> Result<Index, RepositoryError> {
        self.load_index_of(|_pack| true)
    }

    /// The same, of the packs that `keep` names.
    pub(super) fn load_index_of(
        &self,
        keep: impl Fn(&PackId) -> bool,
    ) -> Result<Index, RepositoryError> {
        let mut index = Index::default();
        let names: Vec<_> = self.list(Folder::Index)?.into_iter().map(|(name, _)| name).collect();
        self.for_each_index_file(&names, |name, file| {
            for pack in file?.into_packs() {
                let (pack, blobs) = pack.map_err(RepositoryError::damaged(name))?;
                if keep(&pack) {
                    index.insert(pack, &blobs);
                }
            }
            Ok(())
        })?;
        Ok(index)
    }

    /// Reads one blob and proves that it has the content its id names. If it lies in several
    /// packs, one that is lost or damaged is made up for by the next.
    pub fn load_blob(
        &self,
        index: &Index,
        kind: BlobKind,
        id: &BlobId,
    ) -> Result<Vec<u8>, RepositoryError> {
        let mut opener =
            BlobOpener::new().map_err(|source| RepositoryError::SelfCheck { source })?;
        let mut plain = Vec::new();
        self.load_into(index, kind, id, &mut opener, &mut plain)?;
        Ok(plain)
    }

    /// The same, with what a thread keeps between blobs.
    pub(super) fn load_into(
        &self,
        index: &Index,
        kind: BlobKind,
        id: &BlobId,
        opener: &mut BlobOpener,
        plain: &mut Vec<u8>,
    ) -> Result<(), RepositoryError> {
        let mut first = None;
        for location in index.find_all(kind, id) {
            match self.load_located(&location, opener, plain) {
                Ok(()) => return Ok(()),
                Err(error) if is_unreachable(&error) => return Err(error),
                // Damaged, gone, or on a bad sector: in all cases the next place may do.
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or(RepositoryError::BlobUnknown { kind, id: *id }))
    }

    /// Reads a blob in one place, with what a thread keeps between blobs.
    pub fn load_located(
        &self,
        location: &Location,
        opener: &mut BlobOpener,
        plain: &mut Vec<u8>,
    ) -> Result<(), RepositoryError> {
        let Location { pack, blob } = location;
        let name = layout::pack(pack);
        let (offset, length) = (u64::from(blob.offset), u64::from(blob.length));
        let sealed = self.range(&name, offset, length)?;
        opener
            .open(self.key(), blob, &mut Vec::from(sealed), plain)
            .map_err(|source| RepositoryError::BlobDamaged { id: blob.id, pack: *pack, source })
    }

    /// Reads one folder.
    pub fn load_tree(&self, index: &Index, id: &BlobId) -> Result<Tree, RepositoryError> {
        let mut opener =
            BlobOpener::new().map_err(|source| RepositoryError::SelfCheck { source })?;
        self.load_tree_with(index, id, &mut opener)
    }

    /// The same, with what a thread keeps between folders.
    pub(super) fn load_tree_with(
        &self,
        index: &Index,
        id: &BlobId,
        opener: &mut BlobOpener,
    ) -> Result<Tree, RepositoryError> {
        let mut json = Vec::new();
        self.load_into(index, BlobKind::Tree, id, opener, &mut json)?;
        Tree::parse(&json).map_err(RepositoryError::damaged(format_args!("tree {id}")))
    }
}
