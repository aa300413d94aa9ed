//! Figures of a run.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::repository::blob::BlobKind;
use crate::repository::id::BlobId;
use crate::repository::write::facts::Statistics;

/// Figures of the run, counted by all threads.
#[derive(Debug, Default)]
pub(super) struct Counters {
    files: [AtomicU64; 3],
    dirs: [AtomicU64; 3],
    found: [AtomicU64; 2],
    bytes_total: AtomicU64,
    bytes_read: AtomicU64,
}

/// Figures of one target.
#[derive(Debug, Default)]
pub(in crate::repository) struct Stored {
    blobs: [AtomicU64; 2],
    bytes_added: AtomicU64,
    bytes_sealed: AtomicU64,
    packs_adopted: AtomicU64,
    packs_missing: AtomicU64,
}

/// What became of a file or folder since the parent set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    New,
    Changed,
    Unchanged,
}

impl Counters {
    pub(super) fn count_file(&self, change: Change, bytes: u64) {
        add(&self.files[change as usize], 1);
        add(&self.bytes_total, bytes);
    }

    pub(super) fn count_read(&self, bytes: u64) {
        add(&self.bytes_read, bytes);
    }

    pub(super) fn count_folder(&self, before: Option<BlobId>, now: BlobId) {
        let change = match before {
            None => Change::New,
            Some(before) if before == now => Change::Unchanged,
            Some(_) => Change::Changed,
        };
        add(&self.dirs[change as usize], 1);
    }

    /// Counts a file that the walk has met; returns how many files and bytes it has met so far.
    pub(super) fn count_found(&self, bytes: u64) -> (u64, u64) {
        let grow = |counter: &AtomicU64, by| counter.fetch_add(by, Ordering::Relaxed) + by;
        (grow(&self.found[0], 1), grow(&self.found[1], bytes))
    }

    /// The figures of the run, with those of one target.
    pub(super) fn statistics(&self, stored: &Stored) -> Statistics {
        Statistics {
            files_new: get(&self.files[Change::New as usize]),
            files_changed: get(&self.files[Change::Changed as usize]),
            files_unchanged: get(&self.files[Change::Unchanged as usize]),
            dirs_new: get(&self.dirs[Change::New as usize]),
            dirs_changed: get(&self.dirs[Change::Changed as usize]),
            dirs_unchanged: get(&self.dirs[Change::Unchanged as usize]),
            bytes_total: get(&self.bytes_total),
            bytes_read: get(&self.bytes_read),
            ..stored.statistics()
        }
    }
}

impl Stored {
    pub(super) fn count_packs(&self, adopted: usize, missing: usize) {
        add(&self.packs_adopted, adopted as u64);
        add(&self.packs_missing, missing as u64);
    }

    pub(super) fn count_blob(&self, kind: BlobKind, plain: usize, sealed: usize) {
        add(&self.blobs[usize::from(kind == BlobKind::Tree)], 1);
        add(&self.bytes_added, plain as u64);
        add(&self.bytes_sealed, sealed as u64);
    }

    /// These figures alone.
    pub(in crate::repository) fn statistics(&self) -> Statistics {
        Statistics {
            data_blobs: get(&self.blobs[0]),
            tree_blobs: get(&self.blobs[1]),
            bytes_added: get(&self.bytes_added),
            bytes_stored: get(&self.bytes_sealed),
            packs_adopted: get(&self.packs_adopted),
            packs_missing: get(&self.packs_missing),
            ..Statistics::default()
        }
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}
