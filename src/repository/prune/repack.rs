//! Writing again what is needed of packs that go, and proving what is relied on instead of them.
//!
//! Every blob is opened and compared with its id before it is believed: one that is damaged ends
//! the prune, since the pack that would go may be the last from which anything can be saved. Its
//! sealed bytes are taken over as they are. A needed blob that is not written again, since it lies
//! in another pack as well, is read there and proven before the pack that goes may go.
//!
//! New packs are durable, and have been read back, before an index file lists them. Broken off, this
//! leaves packs that no index lists, or blobs that lie twice; both are sound.
//!
//! Memory: for each thread two packs under construction, 8 MiB that were read and the largest blob;
//! and 24 MiB for what is read next.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::blob::{BlobKind, BlobOpener, PackedBlob};
use crate::repository::crypto;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::layout;
use crate::repository::ledger::Ledger;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::pack::PackBuilder;
use crate::repository::prune::homes::Homes;
use crate::repository::prune::plan::{Limits, PrunePlan};
use crate::repository::prune::stock::Stock;
use crate::repository::threads::for_each_of;

/// So many blobs are sorted by their packs at a time.
const BATCH: usize = 500_000;

/// How much is fetched at once, unless a single blob is longer.
const READ: u32 = 8 << 20;

/// Unneeded bytes between two blobs are fetched along up to so many: a request costs more.
const GAP: u32 = 128 << 10;

/// Blobs to be read, by their packs.
type Tasks = HashMap<PackId, Vec<PackedBlob>>;

/// What all threads share.
pub(super) struct Repack<'a> {
    repository: &'a Repository,
    lock: &'a Lock,
    limits: &'a Limits,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    /// Packs whose blobs are written again; of the others they are only proven.
    sources: HashSet<PackId>,
    ledger: Mutex<Ledger>,
    failed: AtomicBool,
    packs: AtomicU64,
    bytes: AtomicU64,
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
            lock,
            limits,
            progress,
            cancel,
            sources: plan.repack.iter().map(|(pack, _)| pack.id).collect(),
            ledger: Mutex::default(),
            failed: AtomicBool::new(false),
            packs: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
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
        self.finish(copiers)
    }

    /// Packs that were written so far, and their bytes.
    pub(super) fn written(&self) -> (u64, u64) {
        (self.packs.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
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
        let mut rest = blobs;
        while let Some(first) = rest.first() {
            if self.cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            let (span, after) = rest.split_at(span(rest));
            rest = after;
            let end = span.iter().map(end_of).max().unwrap_or(first.offset);
            let bytes = self.fetch(pack, first.offset, end - first.offset)?;
            for blob in span {
                let from = (blob.offset - first.offset) as usize;
                let sealed = bytes.slice(from..from + blob.length as usize);
                copier.prove(self.repository, pack, blob, &sealed)?;
                if is_source {
                    self.copy(copier, blob, &sealed)?;
                }
            }
            self.progress.advance(0, bytes.len() as u64);
        }
        Ok(())
    }

    fn fetch(&self, pack: &PackId, offset: u32, length: u32) -> Result<Bytes, RepositoryError> {
        self.repository.range(&layout::pack(pack), offset.into(), length.into())
    }

    fn copy(
        &self,
        copier: &mut Copier,
        blob: &PackedBlob,
        sealed: &[u8],
    ) -> Result<(), RepositoryError> {
        let open = match blob.kind {
            BlobKind::Data => &mut copier.data,
            BlobKind::Tree => &mut copier.trees,
        };
        open.add(blob.kind, blob.id, sealed, blob.uncompressed).map_err(self_check)?;
        let target = usize::try_from(self.limits.pack_bytes).unwrap_or(usize::MAX);
        if !open.is_full(target) {
            return Ok(());
        }
        self.close(std::mem::replace(open, PackBuilder::new(BytesMut::new())))
    }

    /// Closes what the threads have left, in as few packs as it makes.
    fn finish(&self, copiers: Vec<Copier>) -> Result<(), RepositoryError> {
        let target = usize::try_from(self.limits.pack_bytes).unwrap_or(usize::MAX);
        let (data, trees): (Vec<_>, Vec<_>) =
            copiers.into_iter().map(|copier| (copier.data, copier.trees)).unzip();
        for open in [data, trees] {
            let mut last = PackBuilder::new(BytesMut::new());
            for pack in open {
                if last.len() + pack.len() > target {
                    self.close(std::mem::replace(&mut last, pack))?;
                } else {
                    last.absorb(&pack).map_err(self_check)?;
                }
            }
            self.close(last)?;
        }
        self.ledger().flush(self.repository, self.lock)
    }

    fn close(&self, pack: PackBuilder) -> Result<(), RepositoryError> {
        if pack.is_empty() {
            return Ok(());
        }
        let nonce = crypto::nonce(&*self.repository.world().entropy);
        let pack = pack.finish(self.repository.key(), &nonce).map_err(self_check)?;
        self.lock.ensure()?;
        let bytes = pack.bytes.len() as u64;
        self.repository.put_proven(&layout::pack(&pack.id), pack.bytes, &pack.id.0)?;
        self.packs.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.ledger().add(self.repository, self.lock, pack.id, &pack.blobs)
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many of these blobs, sorted by offset, are fetched at once.
fn span(blobs: &[PackedBlob]) -> usize {
    let Some(first) = blobs.first() else { return 0 };
    let mut end = end_of(first);
    let fits = blobs.iter().skip(1).take_while(|blob| {
        let near = blob.offset.saturating_sub(end) <= GAP;
        end = end.max(end_of(blob));
        near && end - first.offset <= READ
    });
    1 + fits.count()
}

/// Where a blob ends; the reader of the index has seen that this is below 4 GiB.
fn end_of(blob: &PackedBlob) -> u32 {
    blob.offset + blob.length
}

fn self_check(source: crate::repository::malformed::Malformed) -> RepositoryError {
    RepositoryError::SelfCheck { source }
}

/// What one thread keeps from pack to pack.
struct Copier {
    opener: BlobOpener,
    sealed: Vec<u8>,
    plain: Vec<u8>,
    data: PackBuilder,
    trees: PackBuilder,
}

impl Copier {
    fn new() -> Result<Self, RepositoryError> {
        let opener = BlobOpener::new().map_err(self_check)?;
        let open = || PackBuilder::new(BytesMut::new());
        let (data, trees) = (open(), open());
        Ok(Self { opener, sealed: Vec::new(), plain: Vec::new(), data, trees })
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
