//! Writing blobs that were proven into new packs, sealed as they are.
//!
//! New packs are durable, and have been read back, before an index file lists them: what they
//! replace may go.
//!
//! Memory: for each thread two packs under construction.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;

use crate::repository::blob::{BlobKind, PackedBlob};
use crate::repository::crypto;
use crate::repository::error::RepositoryError;
use crate::repository::layout;
use crate::repository::ledger::Ledger;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::pack::PackBuilder;

/// New packs, and the index files that list them.
pub(super) struct Rewriting<'a> {
    repository: &'a Repository,
    lock: &'a Lock,
    /// A pack is closed at this size.
    pack_bytes: usize,
    ledger: Mutex<Ledger>,
    packs: AtomicU64,
    bytes: AtomicU64,
}

/// The packs that one thread fills.
pub(super) struct Filling {
    data: PackBuilder,
    trees: PackBuilder,
}

impl Default for Filling {
    fn default() -> Self {
        let open = || PackBuilder::new(BytesMut::new());
        Self { data: open(), trees: open() }
    }
}

impl<'a> Rewriting<'a> {
    pub(super) fn new(repository: &'a Repository, lock: &'a Lock, pack_bytes: u64) -> Self {
        Self {
            repository,
            lock,
            pack_bytes: usize::try_from(pack_bytes).unwrap_or(usize::MAX),
            ledger: Mutex::default(),
            packs: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Takes over a blob that was proven, by its sealed bytes.
    pub(super) fn take(
        &self,
        filling: &mut Filling,
        blob: &PackedBlob,
        sealed: &[u8],
    ) -> Result<(), RepositoryError> {
        let open = match blob.kind {
            BlobKind::Data => &mut filling.data,
            BlobKind::Tree => &mut filling.trees,
        };
        let added = open.add(blob.kind, blob.id, sealed, blob.uncompressed);
        added.map_err(RepositoryError::self_check)?;
        if !open.is_full(self.pack_bytes) {
            return Ok(());
        }
        self.close(std::mem::replace(open, PackBuilder::new(BytesMut::new())))
    }

    /// Closes what the threads have left, in as few packs as it makes. When this returns, all that
    /// was taken over is durable and listed.
    pub(super) fn finish(&self, fillings: Vec<Filling>) -> Result<(), RepositoryError> {
        let (data, trees): (Vec<_>, Vec<_>) =
            fillings.into_iter().map(|filling| (filling.data, filling.trees)).unzip();
        for open in [data, trees] {
            let mut last = PackBuilder::new(BytesMut::new());
            for pack in open {
                if last.len() + pack.len() > self.pack_bytes {
                    self.close(std::mem::replace(&mut last, pack))?;
                } else {
                    last.absorb(&pack).map_err(RepositoryError::self_check)?;
                }
            }
            self.close(last)?;
        }
        self.ledger().flush(self.repository, self.lock)
    }

    /// Packs that were written so far, and their bytes.
    pub(super) fn written(&self) -> (u64, u64) {
        (self.packs.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    fn close(&self, pack: PackBuilder) -> Result<(), RepositoryError> {
        if pack.is_empty() {
            return Ok(());
        }
        let nonce = crypto::nonce(&*self.repository.world().entropy);
        let pack =
            pack.finish(self.repository.key(), &nonce).map_err(RepositoryError::self_check)?;
        self.lock.ensure()?;
        let bytes = pack.bytes.len() as u64;
        self.repository.put_proven(&layout::pack(&pack.id), pack.bytes, &pack.id.0)?;
        self.packs.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.ledger().add(self.repository, self.lock, pack.id, &pack.blobs)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
