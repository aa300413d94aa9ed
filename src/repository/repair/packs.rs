//! Saving what is whole in damaged packs.
//!
//! Every blob that still opens is written into new packs, sealed as it was; index files that list a
//! damaged pack are replaced; the damaged packs are removed. The new packs and index files are
//! durable, and have been read back, before anything goes. The packs go before the old index files:
//! a pack that no index file lists would be taken over, by its header, by the next run. Stopped at
//! any point nothing more is lost than was before, and running it again goes on.
//!
//! A pack that is there and of which nobody can say what is in it stays: another tool may know
//! more, and prune removes it one day. One that is whole stays, too.
//!
//! What was lost is taken off the index, so that the next run that meets it stores it again, and
//! every set that needs it is whole once more.
//!
//! Memory: 32 bytes a pack, 100 bytes for each blob of the packs that are named, and what
//! [`Rewriting`] holds. A look holds the index besides.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::blob::PackedBlob;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_read::IndexRead;
use crate::repository::layout::{self, Folder};
use crate::repository::ledger::Ledger;
use crate::repository::lock::Lock;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::pack;
use crate::repository::prune::Limits;
use crate::repository::relist::{relist, remove};
use crate::repository::repair::salvage::{Examined, Examiner, PackFound, PackState};
use crate::repository::repair::survey::as_tuple;
use crate::repository::rewriting::{Filling, Rewriting};
use crate::repository::span::spans;
use crate::repository::threads::in_parallel;
use crate::repository::verify::{Depth, Judging, VerifyReport};
use crate::store::ObjectName;

/// How much is fetched at once, unless a single blob is longer.
const READ: u32 = 4 << 20;

/// A repair of packs that has begun by reading them.
pub struct PackRepair<'a> {
    repository: &'a Repository,
    lock: Lock,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    /// Index files, each with the packs it lists.
    files: BTreeMap<ObjectName, Vec<PackId>>,
    packs: BTreeMap<PackId, Examined>,
    /// For a look: what is to be judged by the index that there would be.
    judging: Option<Judging>,
}

/// What a repair of packs has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacksRepaired {
    /// Blobs that were written again.
    pub saved: u64,
    /// Packs that were written.
    pub packs_written: u64,
    /// Their bytes.
    pub bytes_written: u64,
    /// Packs that were removed.
    pub packs_removed: u64,
    /// Index files that were replaced.
    pub replaced: u64,
}

impl<'a> PackRepair<'a> {
    /// Locks the repository, beside others for a look and against them for a repair, and reads the
    /// packs that are named.
    ///
    /// An index file that cannot be read ends it: the index is to be repaired first.
    pub fn begin(
        repository: &'a Repository,
        named: &BTreeSet<PackId>,
        is_look: bool,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
    ) -> Result<Self, RepositoryError> {
        progress.phase("phase-repair-packs");
        let lock = if is_look { repository.lock_shared() } else { repository.lock_exclusive() }?;
        // Sets before the index: others may add both meanwhile, and add the index first.
        let judging = is_look.then(|| Judging::begin(repository)).transpose()?;
        let (mut files, mut listed) = (BTreeMap::new(), HashMap::new());
        for (name, _) in repository.list(Folder::Index)? {
            if cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            let packs = listed_twice(repository, &name)?;
            for (pack, blobs) in packs.iter().filter(|(pack, _)| named.contains(pack)) {
                let told: &mut Vec<PackedBlob> = listed.entry(*pack).or_default();
                told.extend(blobs);
                told.sort_unstable_by_key(as_tuple);
                told.dedup();
            }
            files.insert(name, packs.into_iter().map(|(pack, _)| pack).collect());
        }
        let packs = examine(repository, named, &listed, progress, cancel)?;
        Ok(Self { repository, lock, progress, cancel, files, packs, judging })
    }

    /// What was found, by the names of the packs.
    pub fn found(&self) -> Vec<PackFound> {
        self.packs.values().map(|examined| examined.found.clone()).collect()
    }

    /// What would be lost for good, in all the repository.
    pub fn look(mut self) -> Result<VerifyReport, RepositoryError> {
        let begun_as_repair = RepositoryError::Bug("a look at packs has begun as their repair");
        let judging = self.judging.take().ok_or(begun_as_repair)?;
        let Self { repository, progress, cancel, files, packs, .. } = &self;
        let mut supposed = IndexRead::default();
        for Examined { found, good } in packs.values().filter(|one| one.found.state.goes()) {
            // What can be had is there still, and nothing else of the pack.
            if let Some(length) = repository.pack_length(&found.id)? {
                supposed.insert(found.id, length, good);
            }
        }
        for name in files.keys() {
            for (pack, blobs) in repository.listed_in(name)? {
                if !self.goes(&pack) {
                    supposed.insert(pack, pack::length_of(&blobs), &blobs);
                }
            }
        }
        progress.phase("phase-verify-structure");
        judging.end(repository, &supposed, Depth::Structure, *progress, cancel)
    }

    /// Does it, and says what was done also where a fault has stopped it.
    pub fn execute(self) -> (PacksRepaired, Result<(), RepositoryError>) {
        let mut repaired = PacksRepaired::default();
        let ended = if self.lock.is_exclusive() {
            self.run(&mut repaired)
        } else {
            Err(RepositoryError::Bug("packs are repaired under a shared lock"))
        };
        (repaired, ended)
    }

    fn run(&self, repaired: &mut PacksRepaired) -> Result<(), RepositoryError> {
        if !self.packs.keys().any(|pack| self.goes(pack)) {
            return Ok(());
        }
        let rewriting = Rewriting::new(self.repository, &self.lock, Limits::default().pack_bytes);
        let ended = self.save(&rewriting, repaired);
        (repaired.packs_written, repaired.bytes_written) = rewriting.written();
        ended?;
        self.replace(repaired)
    }

    /// Writes again what is good in packs that go.
    fn save(
        &self,
        rewriting: &Rewriting<'_>,
        repaired: &mut PacksRepaired,
    ) -> Result<(), RepositoryError> {
        let going = || self.packs.values().filter(|examined| examined.found.state.goes());
        let bytes = going().map(|examined| examined.found.good_bytes).sum();
        self.progress.phase("phase-repair-save");
        self.progress.total(going().count() as u64, bytes);
        let mut examiner = Examiner::new(self.repository)?;
        let mut filling = Filling::default();
        let mut saved = HashSet::new();
        for Examined { found, good } in going() {
            for span in spans(good, READ, |blob| blob) {
                if self.cancel.is_cancelled() {
                    return Err(RepositoryError::Cancelled);
                }
                let (offset, length) = (span.offset.into(), span.length.into());
                let bytes = self.repository.pack_range(&found.id, offset, length)?;
                for blob in span.blobs {
                    let sealed = &bytes[span.place(blob)];
                    // It opened a moment ago: whoever runs it again is told what it is now.
                    if !examiner.opens(blob, sealed) {
                        let (id, pack) = (blob.id, found.id);
                        let source = Malformed::new("blob", "it opened once, and not again");
                        return Err(RepositoryError::BlobDamaged { id, pack, source });
                    }
                    if saved.insert((blob.kind, blob.id)) {
                        rewriting.take(&mut filling, blob, sealed)?;
                    }
                }
                self.progress.advance(0, length);
            }
            self.progress.advance(1, 0);
        }
        rewriting.finish(vec![filling])?;
        repaired.saved = saved.len() as u64;
        Ok(())
    }

    /// Replaces the index files that list packs that go, and removes these packs.
    fn replace(&self, repaired: &mut PacksRepaired) -> Result<(), RepositoryError> {
        let Self { repository, lock, files, .. } = self;
        let lists_one = |packs: &[PackId]| packs.iter().any(|pack| self.goes(pack));
        let (outdated, kept): (Vec<_>, Vec<_>) =
            files.iter().partition(|(_, packs)| lists_one(packs));
        let outdated: Vec<_> = outdated.into_iter().map(|(name, _)| name.clone()).collect();
        let listed = kept.into_iter().flat_map(|(_, packs)| packs).copied().collect();
        let stays = |pack: &PackId| !self.goes(pack);
        relist(repository, lock, &outdated, listed, stays, &mut Ledger::default())?;
        for Examined { found, .. } in self.packs.values() {
            if let PackState::Damaged { .. } = found.state {
                lock.ensure()?;
                repository.delete(&layout::pack(&found.id))?;
                repaired.packs_removed += 1;
            }
        }
        remove(repository, lock, &outdated, &mut repaired.replaced)
    }

    fn goes(&self, pack: &PackId) -> bool {
        self.packs.get(pack).is_some_and(|examined| examined.found.state.goes())
    }
}

impl std::fmt::Debug for PackRepair<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackRepair").field("found", &self.found()).finish_non_exhaustive()
    }
}

/// An index file, read once more where it seems damaged.
fn listed_twice(
    repository: &Repository,
    name: &ObjectName,
) -> Result<Vec<(PackId, Vec<PackedBlob>)>, RepositoryError> {
    match repository.listed_in(name) {
        Err(RepositoryError::Damaged { .. }) => repository.listed_in(name),
        other => other,
    }
}

/// Looks at all packs that are named, several at a time.
fn examine(
    repository: &Repository,
    named: &BTreeSet<PackId>,
    listed: &HashMap<PackId, Vec<PackedBlob>>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<BTreeMap<PackId, Examined>, RepositoryError> {
    progress.total(named.len() as u64, 0);
    let named: Vec<_> = named.iter().collect();
    let next = AtomicUsize::new(0);
    let looked_at = Mutex::new(BTreeMap::new());
    let ended = in_parallel(|| {
        let mut examiner = Examiner::new(repository)?;
        while let Some(pack) = named.get(next.fetch_add(1, Ordering::Relaxed)) {
            if cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            let one = examiner.examine(pack, listed.get(pack).map(Vec::as_slice))?;
            looked_at.lock().unwrap_or_else(PoisonError::into_inner).insert(**pack, one);
            progress.advance(1, 0);
        }
        Ok(())
    });
    ended.into_iter().collect::<Result<(), _>>()?;
    Ok(looked_at.into_inner().unwrap_or_else(PoisonError::into_inner))
}
