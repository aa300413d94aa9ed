//! Doing one kind of work on several threads.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Sender, bounded};

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

/// Runs `work` on each of `items`, on so many threads at once, and gives what comes of each to `take`,
/// in the order of the items and on this thread, until that fails. No more results than threads
/// wait to be taken, beside those in work.
pub(super) fn in_order<A: Sync, T: Send, E>(
    items: &[A],
    threads: usize,
    work: impl Fn(&A) -> T + Sync,
    mut take: impl FnMut(&A, T) -> Result<(), E>,
) -> Result<(), E> {
    if items.len() < 2 {
        return items.iter().try_for_each(|item| take(item, work(item)));
    }
    let (is_over, work) = (AtomicBool::new(false), &work);
    let (jobs, waiting) = bounded::<(&A, Sender<T>)>(threads);
    thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            let (waiting, is_over) = (waiting.clone(), &is_over);
            scope.spawn(move || {
                while let Ok((item, done)) = waiting.recv()
                    && !is_over.load(Ordering::Relaxed)
                {
                    // Whoever asked may have given up.
                    let _gone = done.send(work(item));
                }
            });
        }
        drop(waiting);
        // Dropped with this closure: that is what ends the threads.
        let jobs = jobs;
        let (mut rest, mut ahead) = (items.iter(), VecDeque::new());
        loop {
            while ahead.len() < threads
                && let Some(item) = rest.next()
            {
                let (done, ready) = bounded(1);
                let _sent = jobs.send((item, done));
                ahead.push_back((item, ready));
            }
            let Some((item, ready)) = ahead.pop_front() else { return Ok(()) };
            // Without an answer its thread has panicked, and this scope will.
            let Ok(result) = ready.recv() else { return Ok(()) };
            let taken = take(item, result);
            if taken.is_err() {
                is_over.store(true, Ordering::Relaxed);
                return taken;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_taken_in_order_until_one_is_refused() {
        for length in [0, 1, 2, 3, 100] {
            let items: Vec<u32> = (0..length).collect();
            let mut taken = Vec::new();
            let all = in_order(
                &items,
                3,
                |item| item * 2,
                |item, twice| {
                    taken.push((*item, twice));
                    Ok::<(), ()>(())
                },
            );
            assert_eq!(all, Ok(()));
            assert_eq!(taken, items.iter().map(|item| (*item, item * 2)).collect::<Vec<_>>());
        }
        let items: Vec<u32> = (0..100).collect();
        let mut last = None;
        let until = |item: &u32, same: u32| {
            last = Some(same);
            if *item == 7 { Err("seven") } else { Ok(()) }
        };
        assert_eq!(in_order(&items, 3, |item| *item, until), Err("seven"));
        assert_eq!(last, Some(7));
    }
}
