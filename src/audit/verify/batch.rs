//! The entries of an export in batches, each with what shows it, and what can be found out of a
//! batch without those before it.
//!
//! Which line shows which entry is taken from how the lines begin. Where that is not certain, or a
//! line is there that shows no entry, nothing is said here: the exact way goes through the export
//! then, line by line.

use std::collections::BTreeSet;
use std::io;

use crate::audit::verify::hash::{Hash, subtree};
use crate::audit::verify::lines::Lines;
use crate::audit::verify::opening::parse_shown;
use crate::audit::verify::place::Place;
use crate::audit::verify::scan::Scanner;
use crate::audit::verify::source::{Pieces, WIDTH};
use crate::audit::verify::step::{self, Scratch, Step};

/// Batches are shorter where entries are so large.
const BATCH_BYTES_MAX: usize = 1 << 20;

/// Entries that end where a full tile of the log does.
#[derive(Default)]
pub(super) struct Batch {
    /// The position of the first one.
    pub(super) first: u64,
    pub(super) leaves: Pieces,
    shown: Pieces,
    /// Of each leaf, the line that shows it.
    pairs: Vec<Option<usize>>,
}

impl Batch {
    /// What shows the entry at this place of the batch.
    pub(super) fn shown(&self, index: usize) -> Option<&[u8]> {
        self.shown.get((*self.pairs.get(index)?)?)
    }
}

/// Reads batches.
pub(super) struct Batches {
    leaves: Lines,
    shown: Lines,
    /// The position of the next entry, and of the end of the range.
    next: u64,
    to: u64,
    /// The line that shows a later entry, and which.
    waiting: (Option<u64>, Vec<u8>),
    is_done: bool,
    is_odd: bool,
}

impl Batches {
    pub(super) fn open(place: &Place, from: u64, to: u64) -> io::Result<Self> {
        Ok(Self {
            leaves: Lines::of_entries(place)?,
            shown: Lines::of_openings(place)?,
            next: from,
            to,
            waiting: (None, Vec::new()),
            is_done: false,
            is_odd: false,
        })
    }

    /// The next one, while there is one and no doubt.
    pub(super) fn next(&mut self) -> Option<Batch> {
        if self.is_done || self.is_odd {
            return None;
        }
        let read = self.read();
        self.is_odd |= !matches!(read, Ok(Some(_)));
        read.ok().flatten().filter(|batch| batch.leaves.len() > 0)
    }

    /// Whether all was read, and each line belonged where it stood.
    pub(super) fn is_whole(&self) -> bool {
        self.is_done && !self.is_odd
    }

    /// `None` if a line is not where it belongs.
    fn read(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch { first: self.next, ..Batch::default() };
        let (mut leaf, mut bytes) = (Vec::new(), 0);
        while bytes < BATCH_BYTES_MAX {
            leaf.clear();
            if !self.leaves.append(&mut leaf)? {
                self.is_done = true;
                let is_shown_more = self.waiting.0.is_some() || self.shown.append(&mut leaf)?;
                return Ok(Some(batch).filter(|_| !is_shown_more));
            }
            if self.next == self.to || !self.wait_for_shown()? {
                return Ok(None);
            }
            batch.leaves.push(&leaf);
            let is_shown = self.waiting.0 == Some(self.next);
            batch.pairs.push(is_shown.then_some(batch.shown.len()));
            bytes += leaf.len();
            if is_shown {
                self.waiting.0 = None;
                bytes += self.waiting.1.len();
                batch.shown.push(&self.waiting.1);
            }
            self.next += 1;
            if self.next.is_multiple_of(WIDTH as u64) {
                break;
            }
        }
        Ok(Some(batch))
    }

    /// Reads on to the line that shows the next entry or a later one; `false` if that is not what
    /// stands there.
    fn wait_for_shown(&mut self) -> io::Result<bool> {
        let (seq, line) = &mut self.waiting;
        if seq.is_none() {
            line.clear();
            if !self.shown.append(line)? {
                return Ok(true);
            }
            let mut scanner = Scanner::of(line);
            *seq = scanner.word(br#"{"seq":"#).and_then(|()| scanner.number());
            return Ok(seq.is_some_and(|seq| seq >= self.next));
        }
        Ok(true)
    }
}

/// What one thread finds out of a batch.
pub(super) struct Judged {
    pub(super) batch: Batch,
    /// Of each entry, if it is in the common spelling, and all of it is shown and what it commits to.
    pub(super) steps: Vec<Option<Step>>,
    /// The root, if all entries are so and fill a tile.
    pub(super) tile: Option<Hash>,
    /// The evidence that its lines name.
    pub(super) named: Vec<String>,
    /// Whether each line that shows something is one, and shows what it seems to.
    pub(super) is_certain: bool,
}

impl Judged {
    pub(super) fn of(batch: Batch, evidence: &BTreeSet<String>, scratch: &mut Scratch) -> Self {
        let (mut steps, mut named, mut is_certain) = (Vec::new(), Vec::new(), true);
        for (index, (seq, leaf)) in (batch.first..).zip(batch.leaves.iter()).enumerate() {
            named_in(leaf, evidence, |name| named.push(name.to_owned()));
            let shown = batch.shown(index);
            let step = shown.and_then(|shown| step::of_export(leaf, shown, seq, scratch));
            if let Some(shown) = shown {
                named_in(shown, evidence, |name| named.push(name.to_owned()));
                let is_one = || parse_shown(shown.to_vec()).is_some_and(|shown| shown.seq == seq);
                is_certain &= step.is_some() || is_one();
            }
            steps.push(step);
        }
        let hashes: Option<Vec<_>> = steps.iter().map(|step| Some(step.as_ref()?.hash)).collect();
        let tile = hashes.filter(|hashes| hashes.len() == WIDTH).map(subtree);
        Self { batch, steps, tile, named, is_certain }
    }
}

/// Digits of a digest.
const DIGITS: usize = 64;

/// Gives to `take` each run of just so many hexadecimal digits that is one of `evidence`.
pub(super) fn named_in(line: &[u8], evidence: &BTreeSet<String>, mut take: impl FnMut(&str)) {
    if evidence.is_empty() {
        return;
    }
    // No run is passed over: each has a digit at one of these places.
    let mut at = DIGITS - 1;
    while let Some(byte) = line.get(at) {
        if !byte.is_ascii_hexdigit() {
            at += DIGITS;
            continue;
        }
        let is_other = |byte: &u8| !byte.is_ascii_hexdigit();
        let from = line[..at].iter().rposition(is_other).map_or(0, |other| other + 1);
        let to = line[at..].iter().position(is_other).map_or(line.len(), |other| at + other);
        let name = std::str::from_utf8(&line[from..to]).ok();
        if let Some(name) = name.filter(|name| name.len() == DIGITS && evidence.contains(*name)) {
            take(name);
        }
        at = to + DIGITS;
    }
}
