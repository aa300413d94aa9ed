//! Work on the pieces of a log by several threads, its outcomes taken in the order of the pieces.
//!
//! What a piece is by itself is found out by whoever is free; what it is behind those before it, by
//! the one who takes the outcomes. So nothing that is found depends on how many threads there are.
//! Only a few pieces are under way at a time: memory has a bound.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::audit::verify::step::Scratch;

/// More threads wait for the disk or for the one who takes the outcomes.
const WORKERS_MAX: usize = 8;

/// Pieces of one thread that are under way: one that it works on, one that waits for it or is done.
const DEPTH: usize = 2;

/// Of less, threads would cost more than they gain.
const PIECES_MIN: u64 = 4;

/// How many threads work on so many pieces; none: the caller does.
pub(super) fn workers(pieces: u64) -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    if pieces < PIECES_MIN { 0 } else { cores.min(WORKERS_MAX) }
}

/// Has `work` done on all that `pieces` gives, and gives what came of each to `take`, in their
/// order, until it says `false`. `pieces` and `take` are called by the calling thread alone.
pub(super) fn in_order<P: Send, T: Send>(
    workers: usize,
    mut pieces: impl FnMut() -> Option<P>,
    work: impl Fn(P, &mut Scratch) -> T + Sync,
    mut take: impl FnMut(T) -> bool,
) {
    let work = &work;
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for number in 0..workers {
            let (give, given) = sync_channel(DEPTH);
            let (tell, told) = sync_channel(DEPTH);
            let name = format!("verify-{number}");
            let run = move || go_on(&given, &tell, work);
            // Where there can be no more threads, fewer do it.
            if thread::Builder::new().name(name).spawn_scoped(scope, run).is_ok() {
                threads.push((give, told));
            }
        }
        let mut scratch = Scratch::default();
        let mut under_way = VecDeque::new();
        let mut next = 0;
        loop {
            while under_way.len() < threads.len() * DEPTH
                && let Some(piece) = pieces()
            {
                let (give, told) = &threads[next];
                next = (next + 1) % threads.len();
                // One that ended panicked, and the scope says so.
                if give.send(piece).is_err() {
                    return;
                }
                under_way.push_back(told);
            }
            let outcome = match under_way.pop_front() {
                Some(told) => told.recv().ok(),
                None => pieces().map(|piece| work(piece, &mut scratch)),
            };
            if !outcome.is_some_and(&mut take) {
                return;
            }
        }
    });
}

fn go_on<P, T>(given: &Receiver<P>, tell: &SyncSender<T>, work: impl Fn(P, &mut Scratch) -> T) {
    let mut scratch = Scratch::default();
    while let Ok(piece) = given.recv() {
        // Nobody asks any more where what was taken is enough.
        if tell.send(work(piece, &mut scratch)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of the numbers below 1,000, taken until one is `last`.
    fn taken(workers: usize, last: u64) -> Vec<u64> {
        let (mut numbers, mut taken) = (0..1_000_u64, Vec::new());
        let work = |number: u64, _: &mut Scratch| number * number;
        in_order(
            workers,
            || numbers.next(),
            work,
            |square| {
                taken.push(square);
                square != last * last
            },
        );
        taken
    }

    #[test]
    fn outcomes_come_in_order_whatever_the_threads() {
        for workers in [0, 1, 2, 3, 8] {
            let expected: Vec<_> = (0..1_000).map(|number| number * number).collect();
            assert_eq!(taken(workers, 1_000), expected, "{workers} threads");
            assert_eq!(taken(workers, 17), expected[..=17], "{workers} threads");
        }
    }

    #[test]
    fn a_panic_of_a_thread_is_one_of_the_caller() {
        let outcome = std::panic::catch_unwind(|| {
            let (mut numbers, mut taken) = (0..100, 0);
            let work = |number, _: &mut Scratch| assert_ne!(number, 50);
            in_order(
                2,
                || numbers.next(),
                work,
                |()| {
                    taken += 1;
                    true
                },
            );
            taken
        });
        assert!(outcome.is_err());
    }
}
