//! Removing data that no snapshot needs.
//!
//! A plan says what goes, what is written again first, and why. Under a shared lock, beside writers,
//! what is needed of packs that go is proven and written again. Then, under a short exclusive lock,
//! snapshots are listed again, packs that new ones need are spared, the index is replaced, and packs
//! are deleted. Stopped at any point the repository is sound; running it again goes on, and does not
//! write again what was written.
//!
//! Whatever cannot be read, is damaged, or is nowhere ends it with nothing removed: what is not known
//! to be unneeded stays. So does everything where there is data and not a single snapshot.
//!
//! Whether a snapshot is missing that should be there is for those to say who know of it
//! ([`Prune::has_set`]).

pub(super) mod bits;
mod homes;
pub(super) mod mark;
mod plan;
mod repack;
mod replace;
mod stock;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicU64;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::error::RepositoryError;
use crate::repository::id::{PackId, SnapshotId};
use crate::repository::index_read::IndexRead;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::prune::bits::Bits;
use crate::repository::prune::homes::Homes;
use crate::repository::prune::repack::Repack;
use crate::repository::prune::replace::{Remover, spare};
use crate::repository::prune::stock::Stock;

pub use crate::repository::prune::plan::{Limits, PackFigures, PrunePlan, Why};

/// A prune that was planned and not yet done. Nothing is changed when it is dropped.
pub struct Prune<'a> {
    repository: &'a Repository,
    limits: Limits,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    /// Keeps others from removing what the plan relies on.
    lock: Lock,
    stock: Stock<'a>,
    homes: Homes,
    plan: PrunePlan,
}

/// What a prune did, and the store has confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Packs that were written.
    pub packs_written: u64,
    /// Their bytes.
    pub bytes_written: u64,
    /// Packs that were removed.
    pub packs_removed: u64,
    /// Their bytes.
    pub bytes_removed: u64,
    /// Packs that were to go and stay, since a set that came meanwhile needs them.
    pub spared: Vec<PackId>,
}

impl<'a> Prune<'a> {
    /// Locks the repository beside other writers, reads what is needed, and plans.
    pub fn plan(
        repository: &'a Repository,
        limits: Limits,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
    ) -> Result<Self, RepositoryError> {
        progress.phase("phase-prune-find");
        let lock = repository.lock_shared()?;
        let stock = Stock::take(repository, progress, cancel)?;
        if stock.snapshots.is_empty() && !stock.there.is_empty() {
            return Err(RepositoryError::NoSets { place: repository.location() });
        }
        let homes = Homes::find(&stock)?;
        // Beside another writer such packs are its own, about to be listed.
        let unlisted = if lock.was_alone() { stock.unlisted() } else { Vec::new() };
        let plan = PrunePlan::new(homes.figures(&stock), unlisted, stock.lost_packs(), &limits);
        Ok(Self { repository, limits, progress, cancel, lock, stock, homes, plan })
    }

    /// What is to be done.
    pub fn planned(&self) -> &PrunePlan {
        &self.plan
    }

    /// Whether this set is in the repository.
    pub fn has_set(&self, id: &SnapshotId) -> bool {
        self.stock.snapshots.contains(id)
    }

    /// Does it, and says what was done also where a fault has stopped it.
    ///
    /// `Locked` after the first part means that a writer is at work: nothing is removed, what was
    /// written again is not lost, and running it later goes on from there.
    pub fn execute(self) -> (Pruned, Result<(), RepositoryError>) {
        let mut pruned = Pruned::default();
        let ended = self.run(&mut pruned);
        (pruned, ended)
    }

    fn run(self, pruned: &mut Pruned) -> Result<(), RepositoryError> {
        let Self { repository, limits, progress, cancel, lock, mut stock, homes, plan } = self;
        let mut going: HashSet<PackId> = plan.going().collect();
        progress.phase("phase-prune-repack");
        progress.total(plan.repack.len() as u64, plan.bytes_again());
        let repack = Repack::new(repository, &lock, &plan, &limits, progress, cancel);
        let repacked = repack.run(&stock, &homes, &going);
        (pruned.packs_written, pruned.bytes_written) = repack.written();
        repacked?;
        drop(repack);
        drop((lock, homes));
        progress.phase("phase-prune-remove");
        let lock = repository.lock_exclusive()?;
        pruned.spared = spare(&mut stock, &mut going)?;
        let (packs, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        let threads = limits.threads;
        let remover = Remover { repository, lock: &lock, progress, cancel, threads, packs, bytes };
        let ended = remover.remove(&stock, &going, &plan.unlisted);
        pruned.packs_removed = remover.packs.into_inner();
        pruned.bytes_removed = remover.bytes.into_inner();
        ended
    }
}

/// What a prune would do with what was read already: an index, the packs that are there, and which
/// blobs sets need. Beside another writer packs that no index lists are its own.
#[expect(clippy::too_many_arguments, reason = "each is something that was read")]
pub(super) fn forecast(
    repository: &Repository,
    read: IndexRead,
    there: HashMap<PackId, u64>,
    needed: Bits,
    alone: bool,
    limits: &Limits,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<PrunePlan, RepositoryError> {
    let stock = Stock::of(repository, progress, cancel, read, there, needed);
    let homes = Homes::find(&stock)?;
    let unlisted = if alone { stock.unlisted() } else { Vec::new() };
    Ok(PrunePlan::new(homes.figures(&stock), unlisted, stock.lost_packs(), limits))
}

impl std::fmt::Debug for Prune<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prune").field("plan", &self.plan).finish_non_exhaustive()
    }
}
