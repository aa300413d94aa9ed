//! What index files say, held against the packs that are there.
//!
//! What a store lists is not believed where it would cost an entry: a listed pack that the list of
//! packs misses, or whose length it gives as another one, is asked for by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};

use crate::base::cancel::Cancel;
use crate::base::fault::chain;
use crate::repository::blob::{BlobKind, PackedBlob};
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::layout::Folder;
use crate::repository::open::Repository;
use crate::repository::pack;
use crate::repository::repair::{Headers, IndexFigures};
use crate::store::ObjectName;

/// A pack that is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pack {
    pub(super) length: u64,
    /// What stands for its entries; nothing if no index file lists it.
    pub(super) entries: Option<u64>,
    /// Its header must be read.
    pub(super) doubtful: bool,
    /// Two index files say different things of it.
    pub(super) contradicted: bool,
}

impl Pack {
    fn of_length(length: u64) -> Self {
        Self { length, entries: None, doubtful: false, contradicted: false }
    }
}

/// Index files and packs.
pub(super) struct Survey {
    /// The packs that are there.
    pub(super) packs: BTreeMap<PackId, Pack>,
    /// Index files that could be read, each with the packs it lists.
    pub(super) files: BTreeMap<ObjectName, Vec<PackId>>,
    /// Those that could not, each with the reason.
    pub(super) unreadable: Vec<(ObjectName, String)>,
    /// Keyed anew in every process, so that nobody can make two lists that look the same.
    hasher: RandomState,
}

impl Survey {
    pub(super) fn take(
        repository: &Repository,
        headers: Headers,
        cancel: &Cancel,
    ) -> Result<Self, RepositoryError> {
        let listed = repository.list(Folder::Data)?;
        let packs = listed.iter().filter_map(|(name, length)| {
            Some((PackId(Folder::Data.digest(name)?), Pack::of_length(*length)))
        });
        let mut survey = Self {
            packs: packs.collect(),
            files: BTreeMap::new(),
            unreadable: Vec::new(),
            hasher: RandomState::new(),
        };
        let names: BTreeSet<_> =
            repository.list(Folder::Index)?.into_iter().map(|(name, _)| name).collect();
        let mut absent = BTreeSet::new();
        for name in names {
            if cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            survey.read(repository, name, &mut absent)?;
        }
        for (id, found) in &mut survey.packs {
            found.doubtful |= found.entries.is_none() || headers == Headers::All;
            if found.doubtful {
                found.length = repository.pack_length(id)?.unwrap_or(found.length);
            }
        }
        Ok(survey)
    }

    /// Takes in an index file. `absent` remembers which packs are really not there.
    fn read(
        &mut self,
        repository: &Repository,
        name: ObjectName,
        absent: &mut BTreeSet<PackId>,
    ) -> Result<(), RepositoryError> {
        let listed = match repository.listed_in(&name) {
            // Once more: whoever misread it would have it replaced.
            Err(RepositoryError::Damaged { .. }) => repository.listed_in(&name),
            other => other,
        };
        let listed = match listed {
            Ok(listed) => listed,
            Err(error @ RepositoryError::Damaged { .. }) => {
                self.unreadable.push((name, chain(&error)));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        for (id, blobs) in &listed {
            if !self.packs.contains_key(id) && !absent.contains(id) {
                match repository.pack_length(id)? {
                    None => drop(absent.insert(*id)),
                    Some(length) => drop(self.packs.insert(*id, Pack::of_length(length))),
                }
            }
            let print = self.print(blobs);
            if let Some(found) = self.packs.get_mut(id) {
                found.contradicted |= found.entries.is_some_and(|before| before != print);
                found.entries = Some(print);
                found.doubtful |= found.contradicted || !is_plausible(blobs, found.length);
            }
        }
        self.files.insert(name, listed.into_iter().map(|(id, _)| id).collect());
        Ok(())
    }

    /// What stands for a list of blobs.
    pub(super) fn print(&self, blobs: &[PackedBlob]) -> u64 {
        let mut all: Vec<_> = blobs.iter().map(as_tuple).collect();
        all.sort_unstable();
        self.hasher.hash_one(all)
    }

    pub(super) fn missing(&self) -> Vec<PackId> {
        let listed: BTreeSet<_> = self.files.values().flatten().copied().collect();
        listed.into_iter().filter(|id| !self.packs.contains_key(id)).collect()
    }

    /// Index files that can be read and list a pack that is not there or was corrected.
    pub(super) fn outdated(&self, corrected: &[PackId]) -> Vec<ObjectName> {
        let corrected: BTreeSet<_> = corrected.iter().collect();
        let wrong = |id: &PackId| corrected.contains(id) || !self.packs.contains_key(id);
        let files = self.files.iter().filter(|(_, packs)| packs.iter().any(wrong));
        files.map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn figures(&self) -> IndexFigures {
        let count = |is: fn(&Pack) -> bool| self.packs.values().filter(|pack| is(pack)).count();
        IndexFigures {
            files: (self.files.len() + self.unreadable.len()) as u64,
            unreadable: self.unreadable.len() as u64,
            packs: self.packs.len() as u64,
            unlisted: count(|pack| pack.entries.is_none()) as u64,
            doubtful: count(|pack| pack.entries.is_some() && pack.doubtful) as u64,
            missing: self.missing().len() as u64,
        }
    }
}

/// Whether these blobs can be those of a pack that is so long: they lie one behind the other.
fn is_plausible(blobs: &[PackedBlob], length: u64) -> bool {
    let mut places: Vec<_> = blobs.iter().map(|blob| (blob.offset, blob.length)).collect();
    places.sort_unstable();
    let mut end = 0;
    let close = places.iter().all(|(offset, length)| {
        let follows = *offset == end;
        // The reader of the index has seen that this is below 4 GiB.
        end = offset + length;
        follows
    });
    close && pack::length_of(blobs) == length
}

/// All that is told of a blob, in an order: by offset first.
pub(super) fn as_tuple(blob: &PackedBlob) -> (u32, u32, u32, bool, [u8; 32]) {
    let plain = blob.uncompressed.map_or(0, std::num::NonZeroU32::get);
    (blob.offset, blob.length, plain, blob.kind == BlobKind::Tree, blob.id.0.0)
}
