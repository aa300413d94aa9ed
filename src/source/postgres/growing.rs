//! What of a dump's rows can be counted while it is written.
//!
//! `pg_dump` writes the table of contents of a folder before any row, and only ever adds to the end
//! of a file. So a part of a file can be counted as soon as it stands there, by threads that work
//! beside the dump. Parts are cut at fixed places, whatever the rows: a row belongs to the part in
//! which its line ends. Sums do not depend on who counted what. Once the dump has ended, what is left
//! of every file follows, with its end mark.
//!
//! Nobody waits here for ever: whoever writes tells that it ended well, or is gone ([`Writing`]), and
//! a thread that failed takes the others with it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes counted at once: much beside what a part costs, little beside a table, so that the threads
/// end together.
const PART: u64 = 4 << 20;

/// The last bytes of a file stay for its last part, so that the end mark lies in it as a whole.
const TAIL: u64 = 64;

/// A part of the rows of one entry of the table of contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The entry's number.
    pub(super) id: u32,
    /// The first byte.
    pub(super) from: u64,
    /// Behind the last byte.
    pub(super) to: u64,
    /// Whether the file ends here.
    pub(super) is_last: bool,
    /// Whether the dump had ended when this was handed out.
    pub(super) is_late: bool,
}

/// A file of rows as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
struct Length {
    handed: u64,
    seen: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Written,
    Whole,
    GivenUp,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<u32, Length>,
    waiting: VecDeque<Part>,
    stage: Stage,
}

/// A dump that grows, between whoever sees it grow and whoever counts.
#[derive(Debug, Default)]
pub(super) struct Growing {
    state: Mutex<State>,
    changed: Condvar,
}

impl Growing {
    /// While this value lives the dump is being written; it is given up with it, unless it has
    /// ended.
    pub(super) fn writing(&self) -> Writing<'_> {
        Writing(self)
    }

    /// The files of rows have at least these lengths.
    pub(super) fn seen(&self, lengths: &BTreeMap<u32, u64>) {
        let mut state = self.state();
        let State { files, waiting, .. } = &mut *state;
        for (&id, &seen) in lengths {
            let length = files.entry(id).or_default();
            length.seen = seen.max(length.seen);
            while length.seen - length.handed >= PART + TAIL {
                let (from, to) = (length.handed, length.handed + PART);
                waiting.push_back(Part { id, from, to, is_last: false, is_late: false });
                length.handed = to;
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// No more is counted.
    pub(super) fn give_up(&self) {
        let mut state = self.state();
        state.stage = Stage::GivenUp;
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until there are rows, so that the table of contents is there; false when nothing is to
    /// be counted any more.
    pub(super) fn has_begun(&self) -> bool {
        let waits = |state: &mut State| state.stage == Stage::Written && state.files.is_empty();
        self.when_not(waits).stage != Stage::GivenUp
    }

    /// Waits for the next part; none when all are handed out, or nothing is to be counted any more.
    pub(super) fn next_part(&self) -> Option<Part> {
        let waits = |state: &mut State| state.stage == Stage::Written && state.waiting.is_empty();
        let mut state = self.when_not(waits);
        let is_late = state.stage == Stage::Whole;
        let part = if state.stage == Stage::GivenUp { None } else { state.waiting.pop_front() };
        part.map(|part| Part { is_late, ..part })
    }

    fn when_not(&self, waits: impl Fn(&mut State) -> bool) -> MutexGuard<'_, State> {
        let waited = self.changed.wait_while(self.state(), waits);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// A panic in between leaves nothing half done here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That somebody still writes the dump.
pub(super) struct Writing<'a>(&'a Growing);

impl Writing<'_> {
    /// It ended well, and the files of rows have these lengths. Returns the bytes that nobody has
    /// begun to count.
    pub(super) fn end(self, lengths: &BTreeMap<u32, u64>) -> u64 {
        self.0.seen(lengths);
        let mut state = self.0.state();
        let State { files, waiting, stage } = &mut *state;
        for (&id, length) in files.iter_mut() {
            let (from, to) = (length.handed, length.seen);
            waiting.push_back(Part { id, from, to, is_last: true, is_late: true });
            length.handed = to;
        }
        // Whoever counts may have failed meanwhile.
        if *stage == Stage::Written {
            *stage = Stage::Whole;
        }
        let left = waiting.iter().map(|part| part.to - part.from).sum();
        drop(state);
        self.0.changed.notify_all();
        left
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if self.0.state().stage == Stage::Written {
            self.0.give_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(growing: &Growing) -> Vec<(u32, u64, u64, bool)> {
        let waiting = growing.state().waiting.len();
        let parts = (0..waiting).filter_map(|_| growing.next_part());
        parts.map(|part| (part.id, part.from, part.to, part.is_last)).collect()
    }

    #[test]
    fn parts_are_handed_out_as_they_stand_there_and_ends_when_the_dump_has_ended() {
        let growing = Growing::default();
        let writing = growing.writing();
        growing.seen(&BTreeMap::from([(7, PART + TAIL - 1), (8, 0)]));
        assert_eq!(parts(&growing), []);
        growing.seen(&BTreeMap::from([(7, 2 * PART + TAIL), (8, 5)]));
        assert_eq!(parts(&growing), [(7, 0, PART, false), (7, PART, 2 * PART, false)]);
        let whole = BTreeMap::from([(7, 3 * PART + TAIL), (8, 5), (9, 0)]);
        assert_eq!(writing.end(&whole), PART + TAIL + 5);
        let ends = [
            (7, 2 * PART, 3 * PART, false),
            (7, 3 * PART, 3 * PART + TAIL, true),
            (8, 0, 5, true),
            (9, 0, 0, true),
        ];
        assert_eq!(parts(&growing), ends);
        assert_eq!(growing.next_part(), None);
    }

    #[test]
    fn nobody_waits_for_a_dump_that_is_not_written_any_more() {
        let growing = Growing::default();
        std::thread::scope(|scope| {
            let begun = scope.spawn(|| growing.has_begun());
            let next = scope.spawn(|| growing.next_part());
            drop(growing.writing());
            assert_eq!((begun.join().unwrap(), next.join().unwrap()), (false, None));
        });
    }

    #[test]
    fn a_thread_that_failed_takes_the_others_with_it() {
        let growing = Growing::default();
        let writing = growing.writing();
        growing.seen(&BTreeMap::from([(7, 9 * PART)]));
        growing.give_up();
        assert_eq!(growing.next_part(), None);
        writing.end(&BTreeMap::new());
        assert_eq!((growing.next_part(), growing.has_begun()), (None, false));
    }
}
