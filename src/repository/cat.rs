//! The content of one file as a stream: fetched and opened by several threads, written in order.
//!
//! Some pieces at a time are one batch. A batch fetches ranges of packs rather than single blobs:
//! pieces of a stream lie in the packs that were open together, one after another in each.
//!
//! Memory: two batches a thread, plain, and one of them sealed. Their buffers go round: a fresh one of
//! this size would be cleared by the system page by page.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::batch::Batch;
use crate::repository::blob::{BlobKind, BlobOpener, PackedBlob};
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::index::{Index, Location};
use crate::repository::layout;
use crate::repository::open::Repository;
use crate::repository::threads;

/// Plain bytes of a batch, unless a single piece is longer.
const BATCH: u64 = 4 * 1024 * 1024;

/// What lies between two wanted blobs is fetched along with them up to this, as for a restore.
const GAP_MAX: u32 = 128 * 1024;

/// Why a stream ended early.
pub(super) enum Ended {
    Repository(RepositoryError),
    Output(io::Error),
    Cancelled,
}

/// Some pieces, who waits for them, and the buffer that their plain bytes go into.
struct Job<'a> {
    pieces: &'a [Location],
    batch: Batch,
    done: Sender<Opened>,
}

/// The plain bytes of a batch, proven: all of them, or those before a piece that cannot be had.
struct Opened {
    batch: Batch,
    failed: Option<RepositoryError>,
}

/// Writes the pieces to `out`, in order. Each is proven before a byte of it is written.
pub(super) fn write_pieces(
    repository: &Repository,
    index: &Index,
    pieces: &[Location],
    out: &mut dyn Write,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<u64, Ended> {
    let threads = threads::count();
    // While one batch is written out, each thread has one in work and one more to go on with.
    let most = 2 * threads;
    let (jobs, waiting) = bounded::<Job<'_>>(most);
    thread::scope(|scope| {
        for _ in 0..threads {
            let waiting = waiting.clone();
            scope.spawn(move || work(repository, index, &waiting));
        }
        drop(waiting);
        // Dropped with this closure: that is what ends the threads.
        let jobs = jobs;
        let mut batches = Batches(pieces);
        let mut ahead = VecDeque::new();
        let mut buffers: Vec<Batch> = Vec::new();
        let mut written = 0;
        loop {
            while ahead.len() < most
                && let Some(pieces) = batches.next()
            {
                let (done, opened) = bounded(1);
                let batch = buffers.pop().unwrap_or_default();
                // A thread that is gone is noticed where its answer is missed.
                let _sent = jobs.send(Job { pieces, batch, done });
                ahead.push_back(opened);
            }
            let Some(opened) = ahead.pop_front() else { return Ok(written) };
            let gone = || Ended::Repository(RepositoryError::Bug("a thread that reads is gone"));
            let Opened { batch, failed } = opened.recv().map_err(|_closed| gone())?;
            if cancel.is_cancelled() {
                return Err(Ended::Cancelled);
            }
            let plain = batch.all();
            out.write_all(plain).map_err(Ended::Output)?;
            written += plain.len() as u64;
            progress.advance(0, plain.len() as u64);
            if let Some(error) = failed {
                return Err(Ended::Repository(error));
            }
            if batch.capacity() as u64 <= 2 * BATCH {
                buffers.push(batch);
            }
        }
    })
}

fn work(repository: &Repository, index: &Index, jobs: &Receiver<Job<'_>>) {
    let mut opener = BlobOpener::new();
    while let Ok(Job { pieces, mut batch, done }) = jobs.recv() {
        batch.clear();
        let failed = match &mut opener {
            Ok(opener) => open(repository, index, pieces, opener, &mut batch).err(),
            Err(source) => Some(RepositoryError::SelfCheck { source: source.clone() }),
        };
        // Whoever asked may have given up.
        let _gone = done.send(Opened { batch, failed });
    }
}

/// Fetches, opens and proves pieces. After a failure the batch has those before the piece that
/// cannot be had.
fn open(
    repository: &Repository,
    index: &Index,
    pieces: &[Location],
    opener: &mut BlobOpener,
    batch: &mut Batch,
) -> Result<(), RepositoryError> {
    let mut fetched = fetch(repository, pieces);
    let mut plain = Vec::new();
    let mut last: Option<BlobId> = None;
    let mut outcome = Ok(());
    for piece in pieces {
        let id = piece.blob.id;
        if last.replace(id) == Some(id) {
            // As in a file of zeros: its sealed bytes are used up.
            batch.again();
            continue;
        }
        let opened = open_fetched(&mut fetched, piece, |blob, sealed| {
            if Batch::takes(blob) {
                return batch.open(opener, repository.key(), blob, sealed).is_ok();
            }
            let body = opener.prove(repository.key(), blob, sealed, &mut plain);
            body.is_ok_and(|body| {
                let plain = if blob.uncompressed.is_none() { body } else { &plain };
                batch.push(plain).is_ok()
            })
        });
        if !opened {
            let loaded = repository.load_into(index, BlobKind::Data, &id, opener, &mut plain);
            outcome = loaded.and_then(|()| batch.push(&plain).map_err(RepositoryError::self_check));
        }
        if outcome.is_err() {
            break;
        }
    }
    for (number, is_right) in batch.prove().into_iter().enumerate() {
        if !is_right {
            let id = &pieces[number].blob.id;
            let loaded = repository.load_into(index, BlobKind::Data, id, opener, &mut plain);
            if let Err(error) = loaded {
                batch.cut(number);
                return Err(error);
            }
            batch.replace(number, &plain);
        }
    }
    outcome
}

/// Part of a pack.
struct Fetched {
    first: Location,
    bytes: Vec<u8>,
}

/// The ranges that hold these pieces; one that cannot be had is left out, since its blobs may lie
/// elsewhere as well.
fn fetch(repository: &Repository, pieces: &[Location]) -> Vec<Fetched> {
    let mut sorted: Vec<&Location> = pieces.iter().collect();
    sorted.sort_unstable_by_key(|piece| (piece.pack, piece.blob.offset));
    let end = |piece: &Location| piece.blob.offset.saturating_add(piece.blob.length);
    let near = |a: &&Location, b: &&Location| {
        a.pack == b.pack && b.blob.offset.saturating_sub(end(a)) <= GAP_MAX
    };
    let mut fetched = Vec::new();
    for range in sorted.chunk_by(near) {
        let (Some(first), Some(end)) = (range.first(), range.iter().map(|piece| end(piece)).max())
        else {
            continue;
        };
        let (from, length) = (first.blob.offset, end - first.blob.offset);
        let store = repository.store();
        let name = layout::pack(&first.pack);
        let read = repository.block_on(store.get_range(&name, from.into(), length.into()));
        if let Ok(bytes) = read {
            fetched.push(Fetched { first: **first, bytes: bytes.into() });
        }
    }
    fetched
}

/// Has a piece opened that was fetched. `false`: it was not, or it is damaged, or opened already.
fn open_fetched(
    fetched: &mut [Fetched],
    piece: &Location,
    mut open: impl FnMut(&PackedBlob, &mut [u8]) -> bool,
) -> bool {
    fetched.iter_mut().filter(|range| range.first.pack == piece.pack).any(|range| {
        let from = piece.blob.offset.checked_sub(range.first.blob.offset).map(|from| from as usize);
        let end = from.and_then(|from| from.checked_add(piece.blob.length as usize));
        let sealed = from.zip(end).and_then(|(from, end)| range.bytes.get_mut(from..end));
        sealed.is_some_and(|sealed| open(&piece.blob, sealed))
    })
}

/// Cuts pieces into batches.
struct Batches<'a>(&'a [Location]);

impl<'a> Iterator for Batches<'a> {
    type Item = &'a [Location];

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = 0;
        let fits = |piece: &&Location| {
            bytes += piece.blob.plain_length();
            bytes <= BATCH
        };
        let count = self.0.iter().take_while(fits).count().max(1).min(self.0.len());
        let (batch, rest) = self.0.split_at(count);
        self.0 = rest;
        (count > 0).then_some(batch)
    }
}
