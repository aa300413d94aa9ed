//! One of the repositories that a run writes to.
//!
//! Everything that is the repository's own lies here: its lock, what it has, its packs under
//! construction and its index files, sealed with its own key. A run reads, cuts, hashes and
//! compresses once, whatever the number of its targets.
//!
//! **Invariant: a target that has failed stops nobody else.** It takes part in nothing any more: its
//! packs are taken from the queue and dropped, so that nobody waits for it, and its fault is kept for
//! whoever asks what became of it. Without its snapshot file a set of it does not exist.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crossbeam_channel::Receiver;

use crate::repository::blob::{BlobKind, BlobOpener};
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, PackId, SnapshotId};
use crate::repository::index::Index;
use crate::repository::index_read::is_unreachable;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::pack::FinishedPack;
use crate::repository::polynomial::Polynomial;
use crate::repository::snapshot::Snapshot;
use crate::repository::tree::Tree;
use crate::repository::write::counters::Stored;
use crate::repository::write::packer::{Forged, Packer};
use crate::repository::write::stock::{Stock, take_stock};
use crate::repository::write::upload::Ledger;

/// A repository that is ready to be written to: locked, with its index read and with what an
/// interrupted run has left taken over. Made for each repository by itself, so that one that cannot
/// be written to is known before anything is read.
pub struct Prepared {
    pub(super) repository: Repository,
    pub(super) parent: Option<Parent>,
    lock: Lock,
    stock: Stock,
}

/// The set that a new one is compared with.
pub(super) struct Parent {
    pub(super) id: SnapshotId,
    pub(super) tree: BlobId,
    pub(super) time: jiff::Timestamp,
}

impl Prepared {
    /// Locks the repository beside other writers and takes stock. `parent` is a set of it.
    pub fn new(
        repository: &Repository,
        parent: Option<SnapshotId>,
    ) -> Result<Self, RepositoryError> {
        let lock = repository.lock_shared()?;
        let parent = parent.map(|id| Parent::load(repository, id)).transpose()?;
        let stock = take_stock(repository, lock.was_alone())?;
        Ok(Self { repository: repository.clone(), parent, lock, stock })
    }

    /// The repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// What the repository's cut points are derived from.
    pub fn polynomial(&self) -> Polynomial {
        self.repository.polynomial()
    }

    /// What the repository has.
    pub(in crate::repository) fn index(&self) -> &Index {
        &self.stock.index
    }

    /// The target, and where its packs are taken from to be stored.
    pub(in crate::repository) fn open(
        self,
        pack_bytes: usize,
        uploads: usize,
    ) -> (Target, Receiver<Option<FinishedPack>>) {
        let Self { repository, parent, lock, stock } = self;
        let Stock { index, adopted, missing } = stock;
        let (packer, packs) = Packer::new(pack_bytes, uploads);
        let target = Target {
            repository,
            parent,
            lock,
            index,
            packer,
            ledger: Ledger::default(),
            stored: Stored::default(),
            silent: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            fault: Mutex::default(),
        };
        target.stored.count_packs(adopted.len(), missing);
        for (pack, blobs) in &adopted {
            if let Err(error) = target.ledger.add(&target, *pack, blobs) {
                target.fail(error);
            }
        }
        (target, packs)
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("repository", &self.repository).finish_non_exhaustive()
    }
}

impl Parent {
    fn load(repository: &Repository, id: SnapshotId) -> Result<Self, RepositoryError> {
        let Snapshot { tree, time, .. } = repository.snapshot(&id)?;
        Ok(Self { id, tree, time })
    }
}

/// A repository that is written to.
pub(in crate::repository) struct Target {
    pub(in crate::repository) repository: Repository,
    pub(in crate::repository) lock: Lock,
    /// What the repository had when the run began.
    pub(in crate::repository) index: Index,
    pub(super) parent: Option<Parent>,
    pub(in crate::repository) packer: Packer,
    pub(in crate::repository) ledger: Ledger,
    pub(in crate::repository) stored: Stored,
    /// A folder of its parent set was not to be had in time.
    silent: AtomicBool,
    failed: AtomicBool,
    fault: Mutex<Option<RepositoryError>>,
}

impl Target {
    /// Whether the repository had this blob when the run began.
    pub(in crate::repository) fn has(&self, kind: BlobKind, id: &BlobId) -> bool {
        self.index.has(kind, id)
    }

    /// A folder of its parent set. One that cannot be read costs time, not the new set: its files are
    /// then read again, and verify tells what is wrong with the old one. A store that is out of reach
    /// is not asked for the next: each answer that does not come would be waited for.
    pub(super) fn folder(&self, id: &BlobId, opener: &mut BlobOpener) -> Option<Tree> {
        if self.silent.load(Ordering::Relaxed) || self.has_failed() {
            return None;
        }
        let read = self.repository.load_tree_with(&self.index, id, opener);
        read.inspect_err(|error| {
            tracing::warn!(error = %error, "Folder of the parent set cannot be read.");
            if is_unreachable(error) {
                self.silent.store(true, Ordering::Relaxed);
            }
        })
        .ok()
    }

    /// A piece of a file of its parent set, if it can be had.
    pub(super) fn piece(&self, id: &BlobId, opener: &mut BlobOpener) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        let (index, kind) = (&self.index, BlobKind::Data);
        self.repository.load_into(index, kind, id, opener, &mut plain).ok()?;
        Some(plain)
    }

    /// Seals a blob of `plain` bytes with the repository's own key, on its way to the store.
    pub(in crate::repository) fn store(
        &self,
        forged: &Forged<'_>,
        plain: usize,
    ) -> Result<(), RepositoryError> {
        let entropy = &*self.repository.world().entropy;
        let sealed = self.packer.add(self.repository.key(), entropy, forged)?;
        self.stored.count_blob(forged.kind, plain, sealed);
        Ok(())
    }

    /// Closes all open packs; nobody may be storing any more.
    pub(in crate::repository) fn flush(&self) -> Result<(), RepositoryError> {
        self.packer.flush(self.repository.key(), &*self.repository.world().entropy)
    }

    /// Every pack that the repository now has: those that the index named, and those stored since.
    pub(in crate::repository) fn packs(&self) -> Vec<PackId> {
        let mut packs = self.ledger.noted();
        packs.extend(self.index.packs());
        packs
    }

    /// Whether it takes part no more.
    pub(in crate::repository) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Ends its part; the first reason is the one that is told.
    pub(in crate::repository) fn fail(&self, error: RepositoryError) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.failed.swap(true, Ordering::AcqRel) {
            *fault = Some(error);
        }
    }

    /// Why it failed, once.
    pub(in crate::repository) fn take_fault(&self) -> Option<RepositoryError> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether it takes part still; the reason why not is kept for [`take_fault`](Self::take_fault).
    pub(in crate::repository) fn check(&self) -> Result<(), RepositoryError> {
        if self.has_failed() { Err(RepositoryError::GivenUp) } else { Ok(()) }
    }
}
