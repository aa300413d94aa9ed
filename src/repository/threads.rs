//! Doing one kind of work on several threads.

use std::num::NonZero;
use std::thread;

/// Reading waits for the store about as long as it computes, so there are twice as many threads
/// as cores; beyond this many a disk gains nothing and memory is what they cost.
const THREADS_MAX: usize = 16;

/// How many threads work on one thing.
pub(super) fn count() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    (cores * 2).min(THREADS_MAX)
}

/// Runs `work` on [`count`] threads at once and returns what each of them gave.
pub(super) fn in_parallel<T: Send>(work: impl Fn() -> T + Sync) -> Vec<T> {
    for_each_of((0..count()).collect(), |_| work())
}

/// Runs `work` on a thread for each of `tools`, all at once, and returns what each of them gave.
pub(super) fn for_each_of<A: Send, T: Send>(tools: Vec<A>, work: impl Fn(A) -> T + Sync) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> =
            tools.into_iter().map(|tool| scope.spawn(move || work(tool))).collect();
        threads
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(outcome) => outcome,
                // A panic is a defect: it goes on to whoever catches those of this job.
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}
