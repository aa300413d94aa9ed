//! Writing again what is needed of packs that go, and proving what is relied on instead of them.
//!
//! Every blob is opened and compared with its id before it is believed: one that is damaged ends
//! the prune, since the pack that would go may be the last from which anything can be saved. Its
//! sealed bytes are taken over as they are. A needed blob that is not written again, since it lies
//! in another pack as well, is read there and proven before the pack that goes may go.
//!
//! Broken off, this leaves packs that no index lists, or blobs that lie twice; both are sound.
//!
//! Memory: for each thread two packs under construction, 8 MiB that were read and the largest blob;
//! and 24 MiB for what is read next.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::blob::{BlobOpener, PackedBlob};
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::layout;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::prune::homes::Homes;
use crate::repository::prune::plan::{Limits, PrunePlan};
use crate::repository::prune::stock::Stock;
use crate::repository::rewriting::{Filling, Rewriting};
use crate::repository::span::spans;
use crate::repository::threads::for_each_of;

/// So many blobs are sorted by their packs at a time.
const BATCH: usize = 500_000;

/// How much is fetched at once, unless a single blob is longer.
const READ: u32 = 8 << 20;

/// Blobs to be read, by their packs.
type Tasks = HashMap<PackId, Vec<PackedBlob>>;

/// What all threads share.
pub(super) struct Repack<'a> {
    repository: &'a Repository,
    limits: &'a Limits,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    /// Packs whose blobs are written again; of the others they are only proven.
    sources: HashSet<PackId>,
    rewriting: Rewriting<'a>,
    failed: AtomicBool,
}

impl<'a> Repack<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        lock: &'a Lock,
        plan: &PrunePlan,
        limits: &'a Limits,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
    ) -> Self {
        Self {
            repository,
            limits,
            progress,
            cancel,
            sources: plan.repack.iter().map(|(pack, _)| pack.id).collect(),
            rewriting: Rewriting::new(repository, lock, limits.pack_bytes),
            failed: AtomicBool::new(false),
        }
    }

    /// Does all of it. When this returns, everything needed lies, proven and listed, outside of
    /// `going`, or was in no pack of it.
    pub(super) fn run(
        &self,
        stock: &Stock<'_>,
        homes: &Homes,
        going: &HashSet<PackId>,
    ) -> Result<(), RepositoryError> {
        let mut copiers = (0..self.limits.threads.max(1))
            .map(|_| Copier::new())
            .collect::<Result<Vec<_>, _>>()?;
        let mut tasks = Tasks::new();
        let mut waiting = 0;
        for (number, first) in stock.needed_blobs() {
            let home = homes.of(&stock.index, number, &first);
            let mut places = stock.index.find_all(first.blob.kind, &first.blob.id);
            let mut lies_in_going = || places.any(|place| going.contains(&place.pack));
            if !self.sources.contains(&home.pack) && !lies_in_going() {
                continue;
            }
            tasks.entry(home.pack).or_default().push(home.blob);
            waiting += 1;
            if waiting >= BATCH {
                copiers = self.batch(copiers, std::mem::take(&mut tasks))?;
                waiting = 0;
            }
        }
        copiers = self.batch(copiers, tasks)?;
        self.rewriting.finish(copiers.into_iter().map(|copier| copier.filling).collect())
    }

    /// Packs that were written so far, and their bytes.
    pub(super) fn written(&self) -> (u64, u64) {
        self.rewriting.written()
    }

    fn batch(&self, copiers: Vec<Copier>, tasks: Tasks) -> Result<Vec<Copier>, RepositoryError> {
        let mut tasks: Vec<_> = tasks.into_iter().collect();
        tasks.sort_unstable_by_key(|(pack, _)| *pack);
        for (_, blobs) in &mut tasks {
            blobs.sort_unstable_by_key(|blob| blob.offset);
        }
        let next = AtomicUsize::new(0);
        let outcomes = for_each_of(copiers, |mut copier| {
            while let Some((pack, blobs)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.failed.load(Ordering::Relaxed) {
                    break;
                }
                if let Err(error) = self.take(&mut copier, pack, blobs) {
                    self.failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
                self.progress.advance(1, 0);
            }
            Ok(copier)
        });
        outcomes.into_iter().collect()
    }

    /// Reads blobs of one pack, in the order of their offsets.
    fn take(
        &self,
        copier: &mut Copier,
        pack: &PackId,
        blobs: &[PackedBlob],
    ) -> Result<(), RepositoryError> {
        let is_source = self.sources.contains(pack);
        for span in spans(blobs, READ, |blob| blob) {
            if self.cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            let bytes = self.fetch(pack, span.offset, span.length)?;
            for blob in span.blobs {
                let sealed = &bytes[span.place(blob)];
                copier.prove(self.repository, pack, blob, sealed)?;
                if is_source {
                    self.rewriting.take(&mut copier.filling, blob, sealed)?;
                }
            }
            self.progress.advance(0, bytes.len() as u64);
        }
        Ok(())
    }

    fn fetch(&self, pack: &PackId, offset: u32, length: u32) -> Result<Bytes, RepositoryError> {
        self.repository.range(&layout::pack(pack), offset.into(), length.into())
    }
}

/// What one thread keeps from pack to pack.
struct Copier {
    opener: BlobOpener,
    sealed: Vec<u8>,
    plain: Vec<u8>,
    filling: Filling,
}

impl Copier {
    fn new() -> Result<Self, RepositoryError> {
        let opener = BlobOpener::new().map_err(RepositoryError::self_check)?;
        Ok(Self { opener, sealed: Vec::new(), plain: Vec::new(), filling: Filling::default() })
    }

    /// Opens a blob and compares it with its id.
    fn prove(
        &mut self,
        repository: &Repository,
        pack: &PackId,
        blob: &PackedBlob,
        sealed: &[u8],
    ) -> Result<(), RepositoryError> {
        self.sealed.clear();
        self.sealed.extend_from_slice(sealed);
        self.opener
            .open(repository.key(), blob, &mut self.sealed, &mut self.plain)
            .map_err(|source| RepositoryError::BlobDamaged { id: blob.id, pack: *pack, source })
    }
}
