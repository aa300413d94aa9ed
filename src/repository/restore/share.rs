//! Sharing the entries of a plan among threads.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::cancel::Cancel;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::plan::Planned;
use crate::repository::threads;

/// As many entries or fewer are one thread's: to start another costs as much as they do.
const SPAN_MIN: usize = 256;

/// What stops a thread between two entries: somebody's wish, or the failure of another one.
pub(super) struct Stop<'a> {
    wish: &'a Cancel,
    failed: AtomicBool,
}

impl Stop<'_> {
    /// Whether to go on.
    pub(super) fn go_on(&self) -> Result<(), RestoreError> {
        if self.wish.is_cancelled() || self.failed.load(Ordering::Relaxed) {
            return Err(RestoreError::Cancelled);
        }
        Ok(())
    }
}

/// Runs `work` on all entries, each thread with a run of neighbours and the number of the first:
/// neighbours mostly share a folder, and in one folder threads would wait for each other. Returns
/// what each gave, in the order of the entries.
pub(super) fn share<T: Send>(
    entries: &mut [Planned],
    cancel: &Cancel,
    work: impl Fn(usize, &mut [Planned], &Stop<'_>) -> Result<T, RestoreError> + Sync,
) -> Result<Vec<T>, RestoreError> {
    let stop = Stop { wish: cancel, failed: AtomicBool::new(false) };
    let span = entries.len().div_ceil(threads::count()).max(SPAN_MIN);
    let spans = entries.chunks_mut(span).enumerate();
    let spans = spans.map(|(number, entries)| (number * span, entries)).collect();
    all_of(threads::for_each_of(spans, |(first, entries)| {
        let outcome = work(first, entries, &stop);
        stop.failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
        outcome
    }))
}

/// What the threads gave, or the error that stopped the others rather than their being stopped.
pub(super) fn all_of<T>(outcomes: Vec<Result<T, RestoreError>>) -> Result<Vec<T>, RestoreError> {
    let mut stopped = false;
    let mut given = Vec::new();
    for outcome in outcomes {
        match outcome {
            Err(RestoreError::Cancelled) => stopped = true,
            other => given.push(other?),
        }
    }
    if stopped { Err(RestoreError::Cancelled) } else { Ok(given) }
}
