//! Reading entries, one bundle in memory at a time.
//!
//! Takes no lock, needs no key and writes nothing. What it yields is what the files say: it checks
//! that every entry stands in its place and is what its bundle commits to, not that a signed head
//! covers it. That is `verify`'s work.

use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;

use crate::audit::entry::Entry;
use crate::audit::fault::AuditError;
use crate::audit::layout::{Layout, WIDTH};
use crate::audit::opening::{Kept, is_sealed};
use crate::world::files::FileError;

/// A log as it was when this was opened: later entries are not seen.
#[derive(Clone, Debug)]
pub struct Reader {
    layout: Layout,
    size: u64,
}

impl Reader {
    /// Looks how many entries there are now.
    pub fn open(dir: &Path) -> Result<Self, AuditError> {
        let layout = Layout::new(dir);
        let tail = layout
            .newest_tail()
            .map_err(FileError::io("read", &layout.tails()))
            .map_err(AuditError::read)?
            .ok_or_else(|| AuditError::Missing { dir: dir.to_owned() })?;
        // Of version 1, it may have been sealed and removed meanwhile.
        let lines = match optional(&layout.tail(tail))? {
            // More than fit stand there while a writer turns them into bundles.
            Some(content) => tail_lines(&content).take(WIDTH).count(),
            None => read_leaves(&layout, tail)?.map_or(0, |leaves| leaves.len()),
        };
        Ok(Self { layout, size: tail * WIDTH as u64 + lines as u64 })
    }

    pub(super) fn of(layout: &Layout, size: u64) -> Self {
        Self { layout: layout.clone(), size }
    }

    /// Entries there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> Entries {
        self.range(0..self.size)
    }

    /// The entries at these positions, as far as they exist.
    pub fn range(&self, range: Range<u64>) -> Entries {
        Entries { kept: self.kept(range) }
    }

    /// The entries at these positions with what is proven of them.
    pub(super) fn kept(&self, range: Range<u64>) -> Bundles<Kept> {
        self.bundles(range, load_kept)
    }

    /// What is proven of the entries at these positions: all but names, subjects and facts can be
    /// read in it, for much less than it takes to open them.
    pub(super) fn leaves(&self, range: Range<u64>) -> Bundles<Vec<u8>> {
        self.bundles(range, load_leaves)
    }

    fn bundles<T>(&self, range: Range<u64>, load: Load<T>) -> Bundles<T> {
        Bundles {
            layout: self.layout.clone(),
            next: range.start,
            end: range.end.min(self.size),
            load,
            bundle: Vec::new(),
        }
    }
}

/// Entries in order.
pub struct Entries {
    kept: Bundles<Kept>,
}

impl Iterator for Entries {
    type Item = Result<Entry, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.kept.next()?.and_then(|(seq, kept)| {
            let entry = Some(kept.entry).filter(|entry| entry.seq == seq);
            entry.ok_or(AuditError::Damaged { seq })
        });
        if next.is_err() {
            self.kept.stop();
        }
        Some(next)
    }
}

impl std::fmt::Debug for Entries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries").field("next", &self.kept.next).finish_non_exhaustive()
    }
}

/// What a bundle holds, or why not: one entry that cannot be read does not hide those before it.
type Load<T> = fn(&Layout, u64) -> Result<Vec<Result<T, AuditError>>, AuditError>;

/// What bundles hold, in order, with the positions; ends behind a fault.
pub(super) struct Bundles<T> {
    layout: Layout,
    next: u64,
    end: u64,
    load: Load<T>,
    /// What is left of the bundle in hand, last one first.
    bundle: Vec<Result<T, AuditError>>,
}

impl<T> Bundles<T> {
    fn stop(&mut self) {
        self.next = self.end;
    }

    fn fetch(&mut self) -> Result<(), AuditError> {
        let number = self.next / WIDTH as u64;
        let mut bundle = (self.load)(&self.layout, number)?;
        let skip = usize::try_from(self.next % WIDTH as u64).expect("a remainder of 256 fits");
        if bundle.len() <= skip {
            return Err(AuditError::Damaged { seq: number * WIDTH as u64 + bundle.len() as u64 });
        }
        bundle.drain(..skip);
        bundle.reverse();
        self.bundle = bundle;
        Ok(())
    }
}

impl<T> Iterator for Bundles<T> {
    type Item = Result<(u64, T), AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        if self.bundle.is_empty()
            && let Err(fault) = self.fetch()
        {
            self.stop();
            return Some(Err(fault));
        }
        let seq = self.next;
        self.next += 1;
        let one = self.bundle.pop()?;
        if one.is_err() {
            self.stop();
        }
        Some(one.map(|one| (seq, one)))
    }
}

/// When the last entry of a full bundle was written: leaves say so in the clear.
pub(super) fn end_of_bundle(layout: &Layout, number: u64) -> Result<Option<Timestamp>, AuditError> {
    let leaf = load_leaves(layout, number)?.pop().transpose()?;
    Ok(leaf.and_then(|leaf| Entry::from_line(&leaf)).map(|entry| entry.at))
}

/// Whether a sealed tail says nothing that its bundle does not say as well.
pub(super) fn repeats_bundle(layout: &Layout, number: u64) -> bool {
    let leaves = read_leaves(layout, number).ok().flatten();
    leaves.is_some_and(|leaves| !leaves.iter().any(|leaf| is_sealed(leaf)))
}

/// The whole lines of a tail's content, without their line feeds.
fn tail_lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"))
}

/// The entries of bundle `number`. What opens a leaf is checked against it, and may not be missing.
fn load_kept(layout: &Layout, number: u64) -> Result<Vec<Result<Kept, AuditError>>, AuditError> {
    let first = number * WIDTH as u64;
    let leaves = match find(layout, number)? {
        Found::Growing(tail) => return Ok(from_tail(first, &tail)),
        Found::Full(leaves) => leaves,
    };
    let tail = if leaves.iter().any(|leaf| is_sealed(leaf)) {
        optional(&layout.tail(number))?.unwrap_or_default()
    } else {
        Vec::new()
    };
    let mut lines = tail_lines(&tail);
    let opened = (first..).zip(leaves).map(|(seq, leaf)| {
        let line = lines.next();
        if !is_sealed(&leaf) {
            return Kept::plain(&leaf).ok_or(AuditError::Damaged { seq });
        }
        let kept = line.and_then(Kept::from_tail).filter(|kept| kept.leaf == leaf);
        kept.ok_or(AuditError::Opening { seq })
    });
    Ok(opened.collect())
}

/// The leaves of bundle `number`.
fn load_leaves(
    layout: &Layout,
    number: u64,
) -> Result<Vec<Result<Vec<u8>, AuditError>>, AuditError> {
    Ok(match find(layout, number)? {
        Found::Full(leaves) => leaves.into_iter().map(Ok).collect(),
        Found::Growing(tail) => from_tail(number * WIDTH as u64, &tail)
            .into_iter()
            .map(|kept| kept.map(|kept| kept.leaf))
            .collect(),
    })
}

/// The entries of a tail that is not full yet.
fn from_tail(first: u64, tail: &[u8]) -> Vec<Result<Kept, AuditError>> {
    let lines = (first..).zip(tail_lines(tail).take(WIDTH));
    lines.map(|(seq, line)| Kept::from_tail(line).ok_or(AuditError::Damaged { seq })).collect()
}

/// Where the entries of a bundle are.
enum Found {
    /// It is full: its leaves.
    Full(Vec<Vec<u8>>),
    /// It is not: the content of its tail.
    Growing(Vec<u8>),
}

/// Looks for a bundle. The tail is looked at second and the bundle again, since a writer may seal
/// it, and remove a tail of version 1, in between.
fn find(layout: &Layout, number: u64) -> Result<Found, AuditError> {
    if let Some(leaves) = read_leaves(layout, number)? {
        return Ok(Found::Full(leaves));
    }
    if let Some(content) = optional(&layout.tail(number))? {
        return Ok(Found::Growing(content));
    }
    let lost = AuditError::Damaged { seq: number * WIDTH as u64 };
    read_leaves(layout, number)?.map(Found::Full).ok_or(lost)
}

fn read_leaves(layout: &Layout, number: u64) -> Result<Option<Vec<Vec<u8>>>, AuditError> {
    let Some(bundle) = optional(&layout.bundle(number, WIDTH))? else { return Ok(None) };
    unframe(&bundle).ok_or(AuditError::Damaged { seq: number * WIDTH as u64 }).map(Some)
}

/// The content of a file; `None` where there is none.
fn optional(path: &Path) -> Result<Option<Vec<u8>>, AuditError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AuditError::read(FileError::io("read", path)(error))),
    }
}

/// Takes a bundle apart; `None` if it is not made of whole entries.
fn unframe(mut bundle: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut leaves = Vec::with_capacity(WIDTH);
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk::<2>()?;
        let (leaf, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        leaves.push(leaf.to_vec());
        bundle = rest;
    }
    Some(leaves)
}
