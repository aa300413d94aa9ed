//! Reading blobs from one repository, proving them and handing them to the other, on several threads.
//!
//! A blob that is damaged or lost in one pack is looked for in the others that hold it. Where it is
//! nowhere whole, the blobs beside it are still sent: another set may need them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::blob::{BlobKind, BlobOpener, PackedBlob};
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index::Index;
use crate::repository::index_read::is_unreachable;
use crate::repository::layout;
use crate::repository::open::Repository;
use crate::repository::prune::bits::Bits;
use crate::repository::span::spans;
use crate::repository::threads::{count, for_each_of};
use crate::repository::write::packer::Forged;
use crate::repository::write::smith::Smith;
use crate::repository::write::target::Target;

/// Threads that read: enough for a store that is far away, and few enough for their memory.
const THREADS_MAX: usize = 4;

/// How much is fetched at once, unless a single blob is longer.
const READ: u32 = 4 << 20;

/// What all threads share.
pub(super) struct Fetch<'a> {
    pub(super) from: &'a Repository,
    pub(super) index: &'a Index,
    pub(super) target: &'a Target,
    pub(super) level: i32,
    pub(super) progress: &'a dyn Progress,
    pub(super) cancel: &'a Cancel,
}

/// Blobs of one pack with their numbers, in the order in which they lie there.
pub(super) type Task = (PackId, Vec<(u32, PackedBlob)>);

/// What one thread keeps from blob to blob.
struct Hands {
    opener: BlobOpener,
    smith: Smith,
    sealed: Vec<u8>,
    plain: Vec<u8>,
}

impl Fetch<'_> {
    /// Sends all of it, and marks in `sent` what was. The first damage is told at the end, when all
    /// that is whole was sent; any other fault ends it.
    pub(super) fn run(&self, tasks: &[Task], sent: &Mutex<Bits>) -> Result<(), RepositoryError> {
        let hands = (0..count().min(THREADS_MAX).min(tasks.len()))
            .map(|_| Hands::new(self.level))
            .collect::<Result<Vec<_>, _>>()?;
        let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        let outcomes = for_each_of(hands, |mut hands| {
            let mut damage = Ok(());
            while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                match self.take(&mut hands, task, sent) {
                    Ok(()) => {}
                    Err(fault) if super::is_damage(&fault) => damage = damage.and(Err(fault)),
                    Err(fault) => {
                        stopped.store(true, Ordering::Relaxed);
                        return Err(fault);
                    }
                }
            }
            damage
        });
        let (ended, damaged): (Vec<_>, Vec<_>) = outcomes
            .into_iter()
            .partition(|outcome| outcome.as_ref().err().is_some_and(|f| !super::is_damage(f)));
        ended.into_iter().chain(damaged).collect()
    }

    fn take(
        &self,
        hands: &mut Hands,
        task: &Task,
        sent: &Mutex<Bits>,
    ) -> Result<(), RepositoryError> {
        let (pack, blobs) = task;
        let mut damage = Ok(());
        for span in spans(blobs, READ, |(_, blob)| blob) {
            if self.cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            self.target.check()?;
            let bytes = self.range(pack, span.offset, span.length);
            if let Err(fault) = &bytes
                && is_unreachable(fault)
            {
                return bytes.map(|_| ());
            }
            for (number, blob) in span.blobs {
                let sealed = bytes.as_ref().ok().map(|bytes| &bytes[span.place(blob)]);
                match self.send(hands, pack, blob, sealed) {
                    Ok(()) => {
                        let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
                        sent.set(*number as usize);
                    }
                    Err(fault) if super::is_damage(&fault) => damage = damage.and(Err(fault)),
                    Err(fault) => return Err(fault),
                }
                self.progress.advance(0, u64::from(blob.length));
            }
        }
        damage
    }

    fn range(&self, pack: &PackId, offset: u32, length: u32) -> Result<Bytes, RepositoryError> {
        self.from.range(&layout::pack(pack), offset.into(), length.into())
    }

    /// Proves a blob whose sealed bytes are these, or those of another place, and hands it over.
    fn send(
        &self,
        hands: &mut Hands,
        pack: &PackId,
        blob: &PackedBlob,
        sealed: Option<&[u8]>,
    ) -> Result<(), RepositoryError> {
        let mut first = None;
        if let Some(sealed) = sealed {
            match self.hand_over(hands, pack, blob, sealed)? {
                Ok(()) => return Ok(()),
                Err(fault) => first = Some(fault),
            }
        }
        for place in self.index.find_all(blob.kind, &blob.id) {
            let PackedBlob { offset, length, .. } = place.blob;
            let fault = match self.range(&place.pack, offset, length) {
                Ok(sealed) => match self.hand_over(hands, &place.pack, &place.blob, &sealed)? {
                    Ok(()) => return Ok(()),
                    Err(fault) => fault,
                },
                Err(fault) if is_unreachable(&fault) => return Err(fault),
                Err(fault) => fault,
            };
            first.get_or_insert(fault);
        }
        Err(first.unwrap_or(RepositoryError::BlobUnknown { kind: blob.kind, id: blob.id }))
    }

    /// The inner error: these bytes are not the blob.
    fn hand_over(
        &self,
        hands: &mut Hands,
        pack: &PackId,
        blob: &PackedBlob,
        sealed: &[u8],
    ) -> Result<Result<(), RepositoryError>, RepositoryError> {
        let Hands { opener, smith, sealed: copy, plain } = hands;
        copy.clear();
        copy.extend_from_slice(sealed);
        let body = match opener.open_body(self.from.key(), blob, copy, plain) {
            Ok(body) => body,
            Err(source) => {
                let (id, pack) = (blob.id, *pack);
                return Ok(Err(RepositoryError::BlobDamaged { id, pack, source }));
            }
        };
        let PackedBlob { kind, id, uncompressed, .. } = *blob;
        // restic reads no folder that is not compressed in this version of the format.
        let forged = if kind == BlobKind::Tree && uncompressed.is_none() {
            smith.forge(kind, id, plain)?
        } else {
            Forged { kind, id, body, uncompressed }
        };
        self.target.store(&forged, plain.len())?;
        Ok(Ok(()))
    }
}

impl Hands {
    fn new(level: i32) -> Result<Self, RepositoryError> {
        let opener = BlobOpener::new().map_err(RepositoryError::self_check)?;
        Ok(Self { opener, smith: Smith::new(level)?, sealed: Vec::new(), plain: Vec::new() })
    }
}
