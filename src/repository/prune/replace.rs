//! The short part under an exclusive lock: look again, replace the index, delete.
//!
//! New index files are durable before those that they replace go, and no pack goes while an index
//! file lists it. Stopped at any point there are packs listed twice, or packs that no index lists:
//! garbage, which the next prune takes.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::layout;
use crate::repository::ledger::Ledger;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::prune::stock::Stock;
use crate::repository::relist::{self, relist};
use crate::repository::threads::for_each_of;

/// Takes packs off `going` that something needs, now that nobody else writes.
///
/// What was needed before must lie in a pack that stays, where it was proven, or was not touched.
/// What only a new snapshot needs keeps all its places.
pub(super) fn spare(
    stock: &mut Stock<'_>,
    going: &mut HashSet<PackId>,
) -> Result<Vec<PackId>, RepositoryError> {
    let before = stock.needed.clone();
    stock.refresh()?;
    let mut spared = Vec::new();
    for (number, first) in stock.needed_blobs() {
        let stays = stock.good_places(&first.blob).any(|place| !going.contains(&place.pack));
        if before.has(number) && stays {
            continue;
        }
        let mut somewhere = stays;
        for place in stock.good_places(&first.blob) {
            somewhere = true;
            if going.remove(&place.pack) {
                spared.push(place.pack);
            }
        }
        if !somewhere {
            return Err(stock.lost(&first));
        }
    }
    spared.sort_unstable();
    Ok(spared)
}

/// What removes packs under the exclusive lock, and counts them.
pub(super) struct Remover<'a> {
    pub(super) repository: &'a Repository,
    pub(super) lock: &'a Lock,
    pub(super) progress: &'a dyn Progress,
    pub(super) cancel: &'a Cancel,
    pub(super) threads: usize,
    pub(super) packs: AtomicU64,
    pub(super) bytes: AtomicU64,
}

impl Remover<'_> {
    /// Takes `going` off the index and removes these packs, and of `unlisted` those that still no
    /// index lists. What the plan does not name stays, even if it looks like garbage by now.
    pub(super) fn remove(
        &self,
        stock: &Stock<'_>,
        going: &HashSet<PackId>,
        unlisted: &[(PackId, u64)],
    ) -> Result<(), RepositoryError> {
        if self.cancel.is_cancelled() {
            return Err(RepositoryError::Cancelled);
        }
        replace_index(self.repository, self.lock, stock, going)?;
        let unlisted = unlisted.iter().map(|(pack, _)| pack);
        let unlisted = unlisted.filter(|pack| !stock.index.has_pack(pack));
        let mut packs: Vec<_> = going
            .iter()
            .chain(unlisted)
            .filter_map(|pack| Some((*pack, *stock.there.get(pack)?)))
            .collect();
        packs.sort_unstable();
        self.progress.total(packs.len() as u64, 0);
        let next = AtomicUsize::new(0);
        let outcomes = for_each_of((0..self.threads.max(1)).collect(), |_| {
            while let Some((pack, length)) = packs.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.remove_pack(pack, *length)?;
            }
            Ok(())
        });
        outcomes.into_iter().collect()
    }

    fn remove_pack(&self, pack: &PackId, length: u64) -> Result<(), RepositoryError> {
        if self.cancel.is_cancelled() {
            return Err(RepositoryError::Cancelled);
        }
        self.lock.ensure()?;
        self.repository.delete(&layout::pack(pack))?;
        self.packs.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(length, Ordering::Relaxed);
        self.progress.advance(1, 0);
        Ok(())
    }
}

/// Writes index files of what stays of those that list a pack that goes, and removes the latter.
/// The others stay as they are: the lock is held for as short as can be.
fn replace_index(
    repository: &Repository,
    lock: &Lock,
    stock: &Stock<'_>,
    going: &HashSet<PackId>,
) -> Result<(), RepositoryError> {
    let (mut old, kept): (Vec<_>, Vec<_>) =
        stock.files.iter().partition(|(_, packs)| packs.iter().any(|pack| going.contains(pack)));
    old.sort_unstable_by_key(|(name, _)| *name);
    // A crash of an earlier prune may have left a pack in two files: it is listed once from now on.
    let listed: HashSet<PackId> = kept.into_iter().flat_map(|(_, packs)| packs).copied().collect();
    let old: Vec<_> = old.into_iter().map(|(name, _)| name.clone()).collect();
    let stays = |pack: &PackId| !going.contains(pack);
    relist(repository, lock, &old, listed, stays, &mut Ledger::default())?;
    relist::remove(repository, lock, &old, &mut 0)
}
