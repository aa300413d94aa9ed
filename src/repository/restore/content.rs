//! Fetching content, pack by pack, and writing it where it belongs.
//!
//! Ranges of a pack that lie near each other are fetched as one. Each blob is fetched once, however
//! many files hold it. Threads share a list of such ranges; each fetches, opens, checks and
//! writes for itself, so there is no queue that could grow.
//!
//! Memory: 64 bytes a piece of content for the list, and for each thread one range (at most
//! [`RANGE_MAX`], or one blob) with one plain blob or 512 KiB of small ones: 16 × (2 + 16) MiB at worst
//! with the blobs of any known writer, and whatever an index claims never more than a range that is really stored
//! and [`DATA_MAX`](crate::repository::blob::DATA_MAX) a thread.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::num::NonZeroU32;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{FallocateFlags, OFlags, fallocate};

use crate::base::cancel::Cancel;
use crate::base::fault::Fault;
use crate::base::progress::Progress;
use crate::repository::batch::Batch;
use crate::repository::blob::{BlobKind, BlobOpener, PackedBlob};
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, PackId};
use crate::repository::index::Index;
use crate::repository::index_read::is_unreachable;
use crate::repository::layout;
use crate::repository::open::Repository;
use crate::repository::restore::beneath::Reach;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::place::Place;
use crate::repository::restore::plan::{Opened, Plan};
use crate::repository::restore::share::all_of;
use crate::repository::threads::in_parallel;
use crate::world::files::FileError;

/// Large enough that a request's own cost does not show, on a disk or over a network (2 MiB take
/// 0.17 s at 100 Mbit/s), small enough that sixteen of them are little memory.
const RANGE_MAX: u32 = 2 * 1024 * 1024;

/// What lies between two wanted blobs is fetched along with them up to this: about the bytes that
/// pass in the time of one request.
const GAP_MAX: u32 = 128 * 1024;

/// All content that is to be fetched.
#[derive(Debug)]
pub(super) struct Content {
    packs: Vec<PackId>,
    /// Sorted by pack, then offset in it.
    pieces: Vec<Piece>,
    ranges: Vec<PackRange>,
}

/// Fetching and writing it.
struct Fetch<'a> {
    repository: &'a Repository,
    index: &'a Index,
    content: &'a Content,
    failed: Mutex<BTreeMap<usize, Failure>>,
}

/// What is missing of a file.
struct Failure {
    /// Why its first piece is missing.
    fault: Arc<dyn Fault>,
    missing: Vec<Range<u64>>,
}

impl Failure {
    /// The missing bytes in order, neighbours joined.
    fn ranges(mut self) -> Vec<Range<u64>> {
        self.missing.sort_unstable_by_key(|range| range.start);
        let mut joined: Vec<Range<u64>> = Vec::new();
        for range in self.missing {
            match joined.last_mut() {
                Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        joined
    }
}

/// A blob and one place it goes to.
#[derive(Clone, Copy, Debug)]
struct Piece {
    id: BlobId,
    pack: u32,
    offset: u32,
    length: u32,
    uncompressed: Option<NonZeroU32>,
    /// The number of its file in the plan.
    file: u32,
    /// Where in the file.
    at: u64,
}

/// Part of a pack that is fetched at once.
#[derive(Debug)]
struct PackRange {
    pack: u32,
    bytes: Range<u32>,
    pieces: Range<usize>,
}

impl Content {
    /// What the plan still needs.
    pub(super) fn of(plan: &Plan, index: &Index) -> Self {
        let mut packs = Vec::new();
        let mut numbers = HashMap::new();
        let mut pieces = Vec::new();
        for (file, entry) in plan.entries.iter().enumerate().filter(|(_, e)| e.has_content()) {
            let file = u32::try_from(file).expect("a plan has fewer than four billion entries");
            let mut at = 0;
            for piece in &entry.content {
                // The plan was made from this index, so it knows the blob.
                if let (false, Some(location)) = (piece.kept, index.find(BlobKind::Data, &piece.id))
                {
                    let pack = *numbers.entry(location.pack).or_insert_with(|| {
                        packs.push(location.pack);
                        u32::try_from(packs.len() - 1).expect("an index has fewer packs")
                    });
                    pieces.push(Piece::new(pack, &location.blob, file, at));
                }
                at += u64::from(piece.length);
            }
        }
        pieces.sort_unstable_by_key(|piece| (piece.pack, piece.offset, piece.file, piece.at));
        let ranges = ranges(&pieces);
        Self { packs, pieces, ranges }
    }

    /// Bytes of content to be written.
    pub(super) fn bytes(&self) -> u64 {
        self.pieces.iter().map(Piece::plain_length).sum()
    }

    /// Bytes to be read from packs.
    pub(super) fn fetch_bytes(&self) -> u64 {
        self.ranges.iter().map(|range| u64::from(range.bytes.end - range.bytes.start)).sum()
    }

    /// Fetches and writes everything. What could not be read or written is noted in the plan.
    pub(super) fn restore(
        &self,
        repository: &Repository,
        index: &Index,
        plan: &mut Plan,
        place: &Place,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), RestoreError> {
        progress.total(0, self.bytes());
        let fetch = Fetch { repository, index, content: self, failed: Mutex::default() };
        let next = AtomicUsize::new(0);
        let stop = Cancel::default();
        let outcomes = in_parallel(|| {
            let outcome = fetch.work(plan, place, progress, &next, &[cancel, &stop]);
            if outcome.is_err() {
                stop.cancel();
            }
            outcome
        });
        all_of(outcomes)?;
        let failed = fetch.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (file, failure) in failed {
            plan.lose_part(file, Arc::clone(&failure.fault), failure.ranges());
        }
        Ok(())
    }
}

impl Fetch<'_> {
    fn work(
        &self,
        plan: &Plan,
        place: &Place,
        progress: &dyn Progress,
        next: &AtomicUsize,
        stops: &[&Cancel],
    ) -> Result<(), RestoreError> {
        let opener = BlobOpener::new().map_err(|source| RepositoryError::SelfCheck { source })?;
        let reach = place.reach()?;
        let mut worker = Worker {
            fetch: self,
            plan,
            place,
            reach,
            opener,
            scratch: Vec::new(),
            batch: Batch::default(),
            collected: Vec::new(),
            open: None,
        };
        while let Some(range) = self.content.ranges.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stops.iter().any(|stop| stop.is_cancelled()) {
                return Err(RestoreError::Cancelled);
            }
            worker.restore(range, progress)?;
        }
        Ok(())
    }

    fn fail(&self, piece: &Piece, fault: Arc<dyn Fault>) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let failure = failed.entry(piece.file as usize);
        let failure = failure.or_insert_with(|| Failure { fault, missing: Vec::new() });
        failure.missing.push(piece.at..piece.at.saturating_add(piece.plain_length()));
    }
}

/// Joins pieces that lie near each other in one pack.
fn ranges(pieces: &[Piece]) -> Vec<PackRange> {
    let mut ranges: Vec<PackRange> = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        // The index was checked: no blob reaches past 4 GiB.
        let end = piece.offset.saturating_add(piece.length);
        if let Some(last) = ranges.last_mut()
            && last.pack == piece.pack
            && piece.offset.saturating_sub(last.bytes.end) <= GAP_MAX
            && (end <= last.bytes.end || end - last.bytes.start <= RANGE_MAX)
        {
            last.bytes.end = last.bytes.end.max(end);
            last.pieces.end = number + 1;
        } else {
            let (bytes, pieces) = (piece.offset..end, number..number + 1);
            ranges.push(PackRange { pack: piece.pack, bytes, pieces });
        }
    }
    ranges
}

impl Piece {
    fn new(pack: u32, blob: &PackedBlob, file: u32, at: u64) -> Self {
        let PackedBlob { id, offset, length, uncompressed, .. } = *blob;
        Self { id, pack, offset, length, uncompressed, file, at }
    }

    fn blob(&self) -> PackedBlob {
        let Self { id, offset, length, uncompressed, .. } = *self;
        PackedBlob { kind: BlobKind::Data, id, offset, length, uncompressed }
    }

    fn plain_length(&self) -> u64 {
        self.blob().plain_length()
    }
}

/// What one thread keeps.
struct Worker<'a> {
    fetch: &'a Fetch<'a>,
    plan: &'a Plan,
    place: &'a Place,
    reach: Reach<'a>,
    opener: BlobOpener,
    /// What a compressed blob unfolds into.
    scratch: Vec<u8>,
    /// Small blobs that were opened and are not proven yet.
    batch: Batch,
    /// Where each of them goes.
    collected: Vec<&'a [Piece]>,
    /// The file written last, with its number: neighbours in a pack mostly belong to one file.
    open: Option<(u32, File)>,
}

impl<'a> Worker<'a> {
    fn restore(&mut self, range: &PackRange, progress: &dyn Progress) -> Result<(), RestoreError> {
        let Fetch { repository, content, .. } = *self.fetch;
        let name = layout::pack(&content.packs[range.pack as usize]);
        let (start, length) = (range.bytes.start, range.bytes.end - range.bytes.start);
        let fetched = repository.range(&name, start.into(), length.into());
        // A range that cannot be had as a whole may be had in part: a pack cut short, a bad sector.
        let mut sealed = fetched.ok().map(Vec::from);
        let pieces = &content.pieces[range.pieces.clone()];
        for same in pieces.chunk_by(|a, b| a.offset == b.offset && a.id == b.id) {
            let (blob, from) = (same[0].blob(), (same[0].offset - start) as usize);
            // A store that gives less than was asked for must not be believed, nor end all.
            let bytes = sealed
                .as_deref_mut()
                .and_then(|all| all.get_mut(from..from + blob.length as usize));
            match bytes {
                Some(bytes) if Batch::takes(&blob) => self.collect(same, &blob, bytes, progress)?,
                bytes => self.restore_one(same, &blob, bytes, progress)?,
            }
        }
        self.settle(progress)
    }

    /// Opens a small blob, which is proven and written together with others.
    fn collect(
        &mut self,
        same: &'a [Piece],
        blob: &PackedBlob,
        sealed: &mut [u8],
        progress: &dyn Progress,
    ) -> Result<(), RestoreError> {
        let key = self.fetch.repository.key();
        if self.batch.open(&mut self.opener, key, blob, sealed).is_err() {
            return self.restore_one(same, blob, None, progress);
        }
        self.collected.push(same);
        if self.batch.is_full() { self.settle(progress) } else { Ok(()) }
    }

    /// Proves and writes what was collected.
    fn settle(&mut self, progress: &dyn Progress) -> Result<(), RestoreError> {
        let mut batch = std::mem::take(&mut self.batch);
        let collected = std::mem::take(&mut self.collected);
        for ((number, same), is_right) in collected.iter().enumerate().zip(batch.prove()) {
            let plain = batch.plain(number);
            if is_right && plain.len() as u64 == same[0].plain_length() {
                self.write_each(same, plain, progress)?;
            } else {
                self.restore_one(same, &same[0].blob(), None, progress)?;
            }
        }
        (self.batch, self.collected) = (batch, collected);
        self.batch.clear();
        self.collected.clear();
        Ok(())
    }

    /// Proves and writes one blob, from its sealed bytes if they are at hand.
    fn restore_one(
        &mut self,
        same: &[Piece],
        blob: &PackedBlob,
        sealed: Option<&mut [u8]>,
        progress: &dyn Progress,
    ) -> Result<(), RestoreError> {
        let key = self.fetch.repository.key();
        let mut scratch = std::mem::take(&mut self.scratch);
        let proven =
            sealed.and_then(|bytes| self.opener.prove(key, blob, bytes, &mut scratch).ok());
        let plain = match proven {
            Some(body) if blob.uncompressed.is_none() => Ok(body),
            Some(_compressed) if scratch.len() as u64 == blob.plain_length() => Ok(&scratch[..]),
            _ => self.find(&same[0], &mut scratch).map(|()| &scratch[..]),
        };
        match plain {
            Ok(plain) => self.write_each(same, plain, progress)?,
            Err(RestoreError::Repository(error)) if is_unreachable(&error) => {
                return Err(error.into());
            }
            Err(error) => {
                let fault: Arc<dyn Fault> = Arc::new(error);
                for piece in same {
                    self.fetch.fail(piece, Arc::clone(&fault));
                }
                progress.advance(0, length_of(same));
            }
        }
        self.scratch = scratch;
        Ok(())
    }

    /// Writes the plain bytes to all their places.
    fn write_each(
        &mut self,
        same: &[Piece],
        plain: &[u8],
        progress: &dyn Progress,
    ) -> Result<(), RestoreError> {
        same.iter().try_for_each(|piece| self.write(piece, plain))?;
        progress.advance(0, length_of(same));
        Ok(())
    }

    /// The plain bytes of a blob from wherever they can be had: it may lie in another pack as well.
    fn find(&mut self, piece: &Piece, plain: &mut Vec<u8>) -> Result<(), RestoreError> {
        let Fetch { repository, index, .. } = self.fetch;
        repository.load_into(index, BlobKind::Data, &piece.id, &mut self.opener, plain)?;
        // Another place has it with another length: the plan counted on a lie, and nobody can say
        // where what follows it begins.
        if plain.len() as u64 != piece.plain_length() {
            return Err(RestoreError::Length { id: piece.id });
        }
        Ok(())
    }

    /// Writes the plain bytes to one of their places. Only a full disk ends the restore.
    fn write(&mut self, piece: &Piece, plain: &[u8]) -> Result<(), RestoreError> {
        let entry = &self.plan.entries[piece.file as usize];
        let is_hole = plain.iter().all(|byte| *byte == 0);
        // A hole reads as zeros and costs no space.
        if entry.lost || entry.opened == Some(Opened::Fresh) && is_hole {
            return Ok(());
        }
        let written = self.file(piece.file, &entry.path).and_then(|()| {
            let (_, file) = self.open.as_ref().expect("the line above opened it");
            if is_hole && punch(file, piece.at, plain.len() as u64) {
                return Ok(());
            }
            file.write_all_at(plain, piece.at)
        });
        match written.map_err(FileError::io("write", &self.place.path(&entry.path))) {
            Ok(()) => Ok(()),
            Err(error) if error.is_disk_full() => Err(error.into()),
            Err(error) => {
                self.fetch.fail(piece, Arc::new(error));
                Ok(())
            }
        }
    }

    fn file(&mut self, number: u32, path: &[u8]) -> std::io::Result<()> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
            self.open = Some((number, self.reach.file(path, OFlags::WRONLY)?));
        }
        Ok(())
    }
}

/// The bytes that pieces fill.
fn length_of(pieces: &[Piece]) -> u64 {
    pieces.iter().map(Piece::plain_length).sum()
}

/// Gives up the space of a part of a file, which then reads as zeros; not every file system can.
fn punch(file: &File, at: u64, length: u64) -> bool {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    length > 0 && fallocate(file, flags, at, length).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;

    /// Pieces by pack, offset and length, and what is fetched for them, by pack, start and end.
    #[track_caller]
    fn check(pieces: &[(u32, u32, u32)], fetched: &[(u32, u32, u32)]) {
        let piece = |&(pack, offset, length): &(u32, u32, u32)| {
            let id = BlobId(Digest::of(b""));
            Piece { id, pack, offset, length, uncompressed: None, file: 0, at: 0 }
        };
        let pieces: Vec<_> = pieces.iter().map(piece).collect();
        let ranges = ranges(&pieces);
        let found = ranges.iter().map(|range| (range.pack, range.bytes.start, range.bytes.end));
        assert_eq!(found.collect::<Vec<_>>(), fetched);
        let covered: usize = ranges.iter().map(|range| range.pieces.len()).sum();
        assert_eq!(covered, pieces.len());
    }

    #[test]
    fn little_is_fetched_beside_what_is_wanted() {
        check(&[], &[]);
        check(&[(0, 0, 100), (0, 100, 50)], &[(0, 0, 150)]);
        check(&[(0, 0, 100), (1, 100, 50)], &[(0, 0, 100), (1, 100, 150)]);
        // One blob for several files.
        check(&[(0, 7, 100), (0, 7, 100), (0, 107, 1)], &[(0, 7, 108)]);
        let near = 100 + GAP_MAX;
        check(&[(0, 0, 100), (0, near, 50)], &[(0, 0, near + 50)]);
        check(&[(0, 0, 100), (0, near + 1, 50)], &[(0, 0, 100), (0, near + 1, near + 51)]);
        check(&[(0, 0, RANGE_MAX - 1), (0, RANGE_MAX - 1, 1)], &[(0, 0, RANGE_MAX)]);
        let beyond = (0, RANGE_MAX, RANGE_MAX + 1);
        check(&[(0, 0, RANGE_MAX), (0, RANGE_MAX, 1)], &[(0, 0, RANGE_MAX), beyond]);
        // A blob is fetched as a whole, however long it is.
        check(&[(0, 0, RANGE_MAX + 9), (0, 0, RANGE_MAX + 9)], &[(0, 0, RANGE_MAX + 9)]);
    }
}
