//! What there is and what of it is needed.
//!
//! A blob is needed if a snapshot leads to it. A snapshot or folder that cannot be read, or a
//! needed blob that is nowhere, is an error that names it: what is not known to be unneeded must
//! not be removed.
//!
//! Memory: the index, one bit a blob, and 200 bytes a pack.

use std::collections::{HashMap, HashSet};

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::blob::PackedBlob;
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, PackId, SnapshotId};
use crate::repository::index::{Index, Location};
use crate::repository::index_read::IndexRead;
use crate::repository::layout::{self, Folder};
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::pack;
use crate::repository::prune::bits::Bits;
use crate::repository::prune::mark::mark;
use crate::store::ObjectName;

/// What a repository holds.
pub(super) struct Stock<'a> {
    repository: &'a Repository,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    pub(super) index: Index,
    /// Index files and the packs they list.
    pub(super) files: HashMap<ObjectName, Vec<PackId>>,
    /// The length of each listed pack by its blobs.
    lengths: HashMap<PackId, u64>,
    /// The packs in the store, with their length.
    pub(super) there: HashMap<PackId, u64>,
    /// All that were ever seen: a list that misses one which an earlier list had frees nothing.
    pub(super) snapshots: HashSet<SnapshotId>,
    /// Blobs that a snapshot leads to. Invariant: with a folder all below it.
    pub(super) needed: Bits,
}

impl<'a> Stock<'a> {
    /// Takes stock. Snapshots are listed before the index, and that before the packs, so that
    /// whatever a listed snapshot needs is there, whoever writes meanwhile.
    pub(super) fn take(
        repository: &'a Repository,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
    ) -> Result<Self, RepositoryError> {
        let mut stock = Self {
            repository,
            progress,
            cancel,
            index: Index::default(),
            files: HashMap::new(),
            lengths: HashMap::new(),
            there: HashMap::new(),
            snapshots: HashSet::new(),
            needed: Bits::default(),
        };
        stock.refresh()?;
        Ok(stock)
    }

    /// The stock that was taken by somebody else.
    pub(super) fn of(
        repository: &'a Repository,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
        read: IndexRead,
        there: HashMap<PackId, u64>,
        needed: Bits,
    ) -> Self {
        let IndexRead { index, packs: lengths, .. } = read;
        let (files, snapshots) = (HashMap::new(), HashSet::new());
        Self { repository, progress, cancel, index, files, lengths, there, snapshots, needed }
    }

    /// Looks again: takes in what is new, and what new snapshots need.
    ///
    /// Index files that were there must still be: whoever removes one, as another prune does, has
    /// moved blobs to where we do not know.
    pub(super) fn refresh(&mut self) -> Result<(), RepositoryError> {
        let snapshots = self.new_snapshots()?;
        self.read_index()?;
        let listed = self.repository.list(Folder::Data)?;
        self.there = listed
            .iter()
            .filter_map(|(name, length)| Some((PackId(Folder::Data.digest(name)?), *length)))
            .collect();
        let Self { repository, index, needed, progress, cancel, .. } = self;
        mark(repository, index, needed, &snapshots, *progress, cancel)
    }

    /// The root folders of snapshots that were not there before.
    fn new_snapshots(&mut self) -> Result<Vec<BlobId>, RepositoryError> {
        let mut roots = Vec::new();
        for (name, _) in self.repository.list(Folder::Snapshots)? {
            let Some(id) = Folder::Snapshots.digest(&name).map(SnapshotId) else { continue };
            if self.snapshots.insert(id) {
                roots.push(self.repository.snapshot(&id)?.tree);
            }
        }
        Ok(roots)
    }

    fn read_index(&mut self) -> Result<(), RepositoryError> {
        let listed: HashSet<ObjectName> =
            self.repository.list(Folder::Index)?.into_iter().map(|(name, _)| name).collect();
        if let Some(gone) = self.files.keys().find(|name| !listed.contains(name)) {
            return Err(RepositoryError::Overtaken { object: gone.to_string() });
        }
        let mut new: Vec<_> =
            listed.into_iter().filter(|name| !self.files.contains_key(name)).collect();
        // In a settled order, so that two runs of one repository make one plan.
        new.sort_unstable();
        let repository = self.repository;
        repository.for_each_index_file(&new, |name, file| {
            let mut packs = Vec::new();
            for listed in file?.into_packs() {
                let (pack, blobs) = listed.map_err(RepositoryError::damaged(name))?;
                self.insert(pack, &blobs).map_err(RepositoryError::damaged(name))?;
                packs.push(pack);
            }
            self.files.insert(name.clone(), packs);
            Ok(())
        })
    }

    /// A pack that a crash has left in two index files says the same in both.
    fn insert(&mut self, pack: PackId, blobs: &[PackedBlob]) -> Result<(), Malformed> {
        let length = pack::length_of(blobs);
        let Some(before) = self.lengths.insert(pack, length) else {
            self.index.insert(pack, blobs);
            return Ok(());
        };
        let is_known = |blob: &PackedBlob| {
            let mut places = self.index.find_all(blob.kind, &blob.id);
            places.any(|place| place == Location { pack, blob: *blob })
        };
        if before != length || !blobs.iter().all(is_known) {
            let reason = format_args!("it contradicts another one about pack {pack}");
            return Err(Malformed::new("index", reason));
        }
        Ok(())
    }

    /// All needed blobs by number, each in the first place the index knows.
    pub(super) fn needed_blobs(&self) -> impl Iterator<Item = (usize, Location)> {
        self.index.blobs().enumerate().filter(|(number, _)| self.needed.has(*number))
    }

    /// The places of a blob in packs that are there with the right length.
    pub(super) fn good_places<'s>(
        &'s self,
        blob: &PackedBlob,
    ) -> impl Iterator<Item = Location> + use<'a, 's> {
        self.index.find_all(blob.kind, &blob.id).filter(|place| self.is_there(&place.pack))
    }

    /// Whether a listed pack is in the store with the right length.
    pub(super) fn is_there(&self, pack: &PackId) -> bool {
        self.there.contains_key(pack) && self.there.get(pack) == self.lengths.get(pack)
    }

    /// What to say of a needed blob that has no good place.
    pub(super) fn lost(&self, at: &Location) -> RepositoryError {
        let reason = match self.there.get(&at.pack) {
            None => "it is not there, and a set needs it".to_owned(),
            Some(length) => format!("it is {length} bytes long, which is not what the index says"),
        };
        RepositoryError::damaged(layout::pack(&at.pack))(Malformed::new("pack", reason))
    }

    /// Packs that the index lists and the store does not have.
    pub(super) fn lost_packs(&self) -> Vec<PackId> {
        let packs = self.index.packs().iter();
        packs.filter(|pack| !self.there.contains_key(pack)).copied().collect()
    }

    /// Packs in the store that no index lists, with their length.
    pub(super) fn unlisted(&self) -> Vec<(PackId, u64)> {
        let packs = self.there.iter().filter(|(pack, _)| !self.index.has_pack(pack));
        packs.map(|(pack, length)| (*pack, *length)).collect()
    }
}
