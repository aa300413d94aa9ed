//! The short part under an exclusive lock: look again, replace the index, delete.
//!
//! New index files are durable before those that they replace go, and no pack goes while an index
//! file lists it. Stopped at any point there are packs listed twice, or packs that no index lists:
//! garbage, which the next prune takes.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_file::IndexFile;
use crate::repository::layout;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::prune::ledger::Ledger;
use crate::repository::prune::stock::Stock;
use crate::repository::threads::for_each_of;
use crate::store::ObjectName;

/// What went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Removed {
    pub(super) packs: u64,
    pub(super) bytes: u64,
}

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

/// Takes `going` off the index, and removes these packs and all that no index lists.
pub(super) fn remove(
    repository: &Repository,
    lock: &Lock,
    stock: &Stock<'_>,
    going: &HashSet<PackId>,
    threads: usize,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Removed, RepositoryError> {
    if cancel.is_cancelled() {
        return Err(RepositoryError::Cancelled);
    }
    replace_index(repository, lock, stock, going)?;
    let mut packs: Vec<_> = stock
        .there
        .iter()
        .filter(|(pack, _)| going.contains(pack) || !stock.index.has_pack(pack))
        .map(|(pack, length)| (*pack, *length))
        .collect();
    packs.sort_unstable();
    progress.total(packs.len() as u64, 0);
    let next = AtomicUsize::new(0);
    let outcomes = for_each_of((0..threads.max(1)).collect(), |_| {
        while let Some((pack, _)) = packs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            lock.ensure()?;
            repository.delete(&layout::pack(pack))?;
            progress.advance(1, 0);
        }
        Ok(())
    });
    outcomes.into_iter().collect::<Result<Vec<()>, _>>()?;
    let bytes = packs.iter().map(|(_, length)| length).sum();
    Ok(Removed { packs: packs.len() as u64, bytes })
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
    let mut listed: HashSet<PackId> =
        kept.into_iter().flat_map(|(_, packs)| packs).copied().collect();
    let mut ledger = Ledger::default();
    for (name, _) in &old {
        let file: IndexFile = repository.get_document(name, "index")?;
        for pack in file.into_packs() {
            let (pack, blobs) = pack.map_err(RepositoryError::damaged(name))?;
            if !going.contains(&pack) && listed.insert(pack) {
                ledger.add(repository, lock, pack, &blobs)?;
            }
        }
    }
    ledger.flush(repository, lock)?;
    let old: Vec<&ObjectName> = old.into_iter().map(|(name, _)| name).collect();
    for name in old {
        lock.ensure()?;
        repository.delete(name)?;
    }
    Ok(())
}
