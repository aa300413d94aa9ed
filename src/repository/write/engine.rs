//! What all threads of a run share, and what the workers do.

use std::collections::HashSet;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, select};

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::account::Accounts;
use crate::repository::blob::BlobKind;
use crate::repository::chunk::{Chunker, Cuts};
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::polynomial::Polynomial;
use crate::repository::write::content::Content;
use crate::repository::write::counters::Counters;
use crate::repository::write::file::{FileJob, save};
use crate::repository::write::packer::Forged;
use crate::repository::write::smith::Smith;
use crate::repository::write::target::Target;
use crate::world::World;

/// Blobs below this size are not handed to other threads: handing over costs as much as the work.
const SHARE_FROM: usize = 16 * 1024;

/// What is read beyond the largest blob before cutting: the less there is, the more often bytes
/// are looked at twice.
const READ_AHEAD: usize = 1 << 20;

/// How often a thread that waits for a worker looks whether the run goes on.
const LOOK: Duration = Duration::from_millis(200);

/// Sets of blobs seen in this run are spread over so many locks.
const SHARDS: usize = 16;

/// Sizes of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// A pack is closed at this size.
    pub pack_bytes: usize,
    /// Threads that read, compress and seal.
    pub workers: usize,
    /// Packs that are stored at the same time.
    pub uploads: usize,
    /// zstd's level.
    pub level: i32,
    /// What is kept in memory of a stream of files at most.
    pub kept_bytes: usize,
}

impl Default for Tuning {
    /// 16 MiB packs as restic's; one worker a core; two uploads, so that a disk's fsync or a
    /// network's round trip does not stop the workers (each more costs the memory of a pack);
    /// level 3, where a database dump shrinks to a quarter at the speed of two disks; 1 GiB of what
    /// a stream told, which is a folder of 1.5 million files or a tree of six million: a portal of
    /// more has a daemon of its own.
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            pack_bytes: 16 << 20,
            workers: workers.max(2),
            uploads: 2,
            level: 3,
            kept_bytes: 1 << 30,
        }
    }
}

/// What all threads of a run share.
pub(super) struct Engine {
    /// At least one; all of them cut alike.
    pub(super) targets: Vec<Arc<Target>>,
    pub(super) world: World,
    pub(super) counters: Counters,
    pub(super) accounts: Accounts,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) tuning: Tuning,
    chunker: Chunker,
    cancel: Cancel,
    /// What this run has claimed: stored, or about to be by the thread that claimed it.
    claimed: [Mutex<HashSet<(BlobId, BlobKind)>>; SHARDS],
    failed: AtomicBool,
    failure: Mutex<Option<RepositoryError>>,
    pub(super) files: Sender<Option<Vec<FileJob>>>,
    blobs: (Sender<BlobJob>, Receiver<BlobJob>),
    /// Workers that read a file at this moment.
    reading: AtomicUsize,
    /// Buffers of blobs that were handed over, to be used again.
    buffers: (Sender<Vec<u8>>, Receiver<Vec<u8>>),
    smiths: Mutex<Vec<Smith>>,
}

/// One blob of a file that another thread reads.
struct BlobJob {
    plain: Vec<u8>,
    content: Arc<Content>,
    place: usize,
}

/// What an engine is made of.
pub(super) struct Parts {
    pub(super) targets: Vec<Arc<Target>>,
    pub(super) polynomial: Polynomial,
    pub(super) world: World,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) cancel: Cancel,
    pub(super) tuning: Tuning,
    pub(super) files: Sender<Option<Vec<FileJob>>>,
}

/// Who reads a file or stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// A worker, which stores blobs as well.
    Worker,
    /// A thread that came with a stream: it reads and cuts, the workers do the rest.
    Source,
}

/// Why reading a file or stream ended early.
pub(super) enum Interrupted {
    /// The source failed.
    Source(std::io::Error),
    /// The run failed.
    Run(RepositoryError),
}

impl Engine {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { targets, polynomial, world, progress, cancel, tuning, files } = parts;
        // Enough to keep the workers busy while the reader waits for its source; pieces of a stream
        // are small, and of larger ones few are handed over.
        let waiting = tuning.workers * 4;
        Self {
            chunker: Chunker::new(polynomial),
            accounts: Accounts::load(),
            claimed: Default::default(),
            counters: Counters::default(),
            failed: AtomicBool::new(false),
            failure: Mutex::new(None),
            blobs: crossbeam_channel::bounded(waiting),
            reading: AtomicUsize::new(0),
            buffers: crossbeam_channel::bounded(waiting),
            smiths: Mutex::default(),
            targets,
            world,
            progress,
            cancel,
            tuning,
            files,
        }
    }

    /// Stores a blob in every target that does not have it, and returns its id.
    pub(super) fn store(
        &self,
        smith: &mut Smith,
        kind: BlobKind,
        plain: &[u8],
    ) -> Result<BlobId, RepositoryError> {
        self.store_as(smith, kind, plain, false)
    }

    /// The same; of what is `sealed` nobody asks whether it would shrink.
    fn store_as(
        &self,
        smith: &mut Smith,
        kind: BlobKind,
        plain: &[u8],
        sealed: bool,
    ) -> Result<BlobId, RepositoryError> {
        let id = BlobId(crate::base::digest::Digest::of(plain));
        if self.has(kind, &id) || !self.claim(kind, id) {
            return Ok(id);
        }
        let forged = if sealed {
            Forged { kind, id, body: plain, uncompressed: None }
        } else {
            smith.forge(kind, id, plain)?
        };
        for target in self.going().filter(|target| !target.has(kind, &id)) {
            if let Err(error) = target.store(&forged, plain.len()) {
                target.fail(error);
            }
        }
        self.check()?;
        Ok(id)
    }

    /// Whether every target that takes part still had this blob when the run began.
    pub(super) fn has(&self, kind: BlobKind, id: &BlobId) -> bool {
        self.going().all(|target| target.has(kind, id))
    }

    /// The targets that take part still.
    pub(super) fn going(&self) -> impl Iterator<Item = &Arc<Target>> {
        self.targets.iter().filter(|target| !target.has_failed())
    }

    /// Whether this thread is the first of the run to meet the blob, and so must store it.
    fn claim(&self, kind: BlobKind, id: BlobId) -> bool {
        let shard = usize::from(id.0.0[0]) % SHARDS;
        let mut claimed = self.claimed[shard].lock().unwrap_or_else(PoisonError::into_inner);
        claimed.insert((id, kind))
    }

    /// Reads `source` to its end, cuts it and stores the blobs, with the help of other threads.
    /// Returns how many bytes there were; the content is left open.
    pub(super) fn feed(
        &self,
        smith: &mut Smith,
        reader: Reader,
        source: &mut dyn Read,
        cuts: &Cuts,
        content: &Arc<Content>,
    ) -> Result<u64, Interrupted> {
        let mut buffer = std::mem::take(&mut smith.reading);
        let fed = self.feed_through(&mut buffer, smith, reader, source, cuts, content);
        smith.reading = buffer;
        fed
    }

    fn feed_through(
        &self,
        buffer: &mut Vec<u8>,
        smith: &mut Smith,
        reader: Reader,
        source: &mut dyn Read,
        cuts: &Cuts,
        content: &Arc<Content>,
    ) -> Result<u64, Interrupted> {
        let wanted = cuts.max() + READ_AHEAD;
        if buffer.len() < wanted {
            // New, not resized: pages that the system gives are zero already.
            *buffer = vec![0; wanted];
        }
        let (mut start, mut end, mut total) = (0, 0, 0);
        loop {
            let ended = fill(source, buffer, &mut end).map_err(Interrupted::Source)?;
            while let Some(length) = self.chunker.cut_early(cuts, &buffer[start..end], ended) {
                self.check().map_err(Interrupted::Run)?;
                let plain = &buffer[start..start + length];
                self.hand_over(smith, reader, plain, content).map_err(Interrupted::Run)?;
                start += length;
                total += length as u64;
                self.progress.advance(0, length as u64);
            }
            if ended {
                return Ok(total);
            }
            // What is left is shorter than the largest blob, so there is room for more.
            buffer.copy_within(start..end, 0);
            (start, end) = (0, end - start);
        }
    }

    /// Gives a blob to another thread, or stores it on this one.
    fn hand_over(
        &self,
        smith: &mut Smith,
        reader: Reader,
        plain: &[u8],
        content: &Arc<Content>,
    ) -> Result<(), RepositoryError> {
        let place = content.next();
        let shared = plain.len() >= SHARE_FROM && self.may_share(reader);
        if !shared {
            let sealed = content.is_sealed();
            let stored = guard(|| self.store_as(smith, BlobKind::Data, plain, sealed));
            content.fill(self, smith, place, stored.as_ref().ok().copied());
            return stored.map(|_id| ());
        }
        let mut copy = self.buffers.1.try_recv().unwrap_or_default();
        copy.clear();
        copy.extend_from_slice(plain);
        let mut job = BlobJob { plain: copy, content: Arc::clone(content), place };
        loop {
            // With an end, so that whoever waits for a worker notices that the run was cancelled.
            job = match self.blobs.0.send_timeout(job, LOOK) {
                Ok(()) => return Ok(()),
                Err(SendTimeoutError::Timeout(job) | SendTimeoutError::Disconnected(job)) => job,
            };
            if let Err(error) = self.check() {
                job.content.fill(self, smith, place, None);
                return Err(error);
            }
        }
    }

    /// Whether a blob goes to another thread. A worker keeps its own as long as the others have
    /// files to read themselves: handing over costs a copy.
    fn may_share(&self, reader: Reader) -> bool {
        match reader {
            Reader::Source => true,
            Reader::Worker => {
                let idle = self.tuning.workers.saturating_sub(self.reading.load(Ordering::Relaxed));
                self.blobs.0.len() < 2 * idle
            }
        }
    }

    fn recycle(&self, buffer: Vec<u8>) {
        // Enough is kept already: this one is freed.
        let _freed = self.buffers.0.try_send(buffer);
    }

    /// What a worker does until it is told to end.
    pub(super) fn work(&self, mut smith: Smith, files: &Receiver<Option<Vec<FileJob>>>) {
        loop {
            // Blobs first: they hold memory, and files hold none yet.
            if let Ok(job) = self.blobs.1.try_recv() {
                self.do_blob(&mut smith, job);
                continue;
            }
            select! {
                recv(self.blobs.1) -> job => if let Ok(job) = job {
                    self.do_blob(&mut smith, job);
                },
                recv(files) -> job => match job {
                    Ok(Some(jobs)) => {
                        self.reading.fetch_add(1, Ordering::Relaxed);
                        jobs.into_iter().for_each(|job| save(self, &mut smith, job));
                        self.reading.fetch_sub(1, Ordering::Relaxed);
                    }
                    Ok(None) | Err(_) => break,
                },
            }
        }
        // What is left was read in vain, from a source that failed or a file that did not stand
        // still; but who met the same blob since relies on its being stored.
        while let Ok(job) = self.blobs.1.try_recv() {
            self.do_blob(&mut smith, job);
        }
        self.give_back(smith);
    }

    fn do_blob(&self, smith: &mut Smith, job: BlobJob) {
        let BlobJob { plain, content, place } = job;
        let stored = if self.has_failed() {
            None
        } else {
            let sealed = content.is_sealed();
            self.note(guard(|| self.store_as(smith, BlobKind::Data, &plain, sealed)))
        };
        self.recycle(plain);
        content.fill(self, smith, place, stored);
    }

    /// A smith, new or used.
    pub(super) fn smith(&self) -> Result<Smith, RepositoryError> {
        let used = self.smiths().pop();
        used.map_or_else(|| Smith::new(self.tuning.level), Ok)
    }

    /// Keeps a smith for the next one who needs it.
    pub(super) fn give_back(&self, smith: Smith) {
        self.smiths().push(smith);
    }

    fn smiths(&self) -> MutexGuard<'_, Vec<Smith>> {
        self.smiths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the run can go on. The reason why it cannot is kept for the caller of the writer.
    pub(super) fn check(&self) -> Result<(), RepositoryError> {
        if self.cancel.is_cancelled() {
            self.fail(RepositoryError::Cancelled);
        }
        if self.has_failed() { Err(RepositoryError::GivenUp) } else { Ok(()) }
    }

    /// Whether some thread has failed, or no target is left.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire) || self.going().next().is_none()
    }

    /// Ends the run; the first reason is the one that is told.
    pub(super) fn fail(&self, error: RepositoryError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        // Who gave up had no reason of its own: that is kept elsewhere, by a target perhaps.
        if !self.failed.swap(true, Ordering::AcqRel) && !matches!(error, RepositoryError::GivenUp) {
            *failure = Some(error);
        }
    }

    /// The value, or `None` after ending the run.
    pub(super) fn note<T>(&self, result: Result<T, RepositoryError>) -> Option<T> {
        result.map_err(|error| self.fail(error)).ok()
    }

    /// What to tell the caller of the writer: of a run that was given up the first reason, once.
    pub(super) fn tell(&self, error: RepositoryError) -> RepositoryError {
        if !matches!(error, RepositoryError::GivenUp) {
            return error;
        }
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match failure.take() {
            Some(first) => first,
            None if self.cancel.is_cancelled() => RepositoryError::Cancelled,
            // The only target's reason is the run's own; several are asked one by one.
            None => match &self.targets[..] {
                [alone] => alone.take_fault().unwrap_or(error),
                _ => error,
            },
        }
    }
}

/// Reads until the buffer is full (`false`) or the source ends (`true`).
fn fill(source: &mut dyn Read, buffer: &mut [u8], end: &mut usize) -> std::io::Result<bool> {
    while *end < buffer.len() {
        match source.read(&mut buffer[*end..]) {
            Ok(0) => return Ok(true),
            Ok(count) => *end += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Turns a panic of `work` into an error, so that whoever waits for this thread is told.
pub(super) fn guard<T>(
    work: impl FnOnce() -> Result<T, RepositoryError>,
) -> Result<T, RepositoryError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or(Err(RepositoryError::Bug("a thread of the snapshot engine panicked")))
}
