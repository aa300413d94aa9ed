//! Reading entries, one bundle in memory at a time.
//!
//! Takes no lock, needs no key and writes nothing. What it yields is what the files say: it checks
//! that every entry stands in its place, not that a signed head covers it. That is `verify`'s work.

use std::ops::Range;
use std::path::Path;

use crate::audit::entry::Entry;
use crate::audit::fault::AuditError;
use crate::audit::layout::{Layout, WIDTH};
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
        let lines = load_bundle(&layout, tail)?.len();
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
        Entries { lines: self.lines(range) }
    }

    pub(super) fn lines(&self, range: Range<u64>) -> Lines {
        Lines {
            layout: self.layout.clone(),
            next: range.start,
            end: range.end.min(self.size),
            bundle: Vec::new(),
        }
    }
}

/// Entries in order.
#[derive(Debug)]
pub struct Entries {
    lines: Lines,
}

impl Iterator for Entries {
    type Item = Result<Entry, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (seq, line) = match self.lines.next()? {
            Ok(line) => line,
            Err(fault) => return Some(Err(fault)),
        };
        let entry = Entry::from_line(&line).filter(|entry| entry.seq == seq);
        Some(entry.ok_or_else(|| {
            self.lines.stop();
            AuditError::Damaged { seq }
        }))
    }
}

/// The raw lines of entries, in order, with their positions.
#[derive(Debug)]
pub(super) struct Lines {
    layout: Layout,
    next: u64,
    end: u64,
    /// What is left of the bundle in hand, last line first.
    bundle: Vec<Vec<u8>>,
}

impl Lines {
    fn stop(&mut self) {
        self.next = self.end;
    }

    fn fetch(&mut self) -> Result<(), AuditError> {
        let number = self.next / WIDTH as u64;
        let mut lines = load_bundle(&self.layout, number)?;
        let skip = usize::try_from(self.next % WIDTH as u64).expect("a remainder of 256 fits");
        if lines.len() <= skip {
            return Err(AuditError::Damaged { seq: number * WIDTH as u64 + lines.len() as u64 });
        }
        lines.drain(..skip);
        lines.reverse();
        self.bundle = lines;
        Ok(())
    }
}

impl Iterator for Lines {
    type Item = Result<(u64, Vec<u8>), AuditError>;

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
        let line = self.bundle.pop()?;
        self.next += 1;
        Some(Ok((self.next - 1, line)))
    }
}

/// The last entry of a full bundle.
pub(super) fn last_of_bundle(layout: &Layout, number: u64) -> Result<Option<Entry>, AuditError> {
    let lines = load_bundle(layout, number)?;
    Ok(lines.last().and_then(|line| Entry::from_line(line)))
}

/// The whole lines of a tail's content, without their line feeds.
pub(super) fn tail_lines(content: &[u8]) -> Vec<Vec<u8>> {
    content
        .split_inclusive(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_suffix(b"\n"))
        .map(<[u8]>::to_vec)
        .collect()
}

/// The entries of bundle `number`: from the bundle once it is full, else from its tail. The tail
/// is looked at second and the bundle again, since a writer may seal it in between.
fn load_bundle(layout: &Layout, number: u64) -> Result<Vec<Vec<u8>>, AuditError> {
    let (bundle, tail) = (layout.bundle(number, WIDTH), layout.tail(number));
    for path in [&bundle, &tail, &bundle] {
        match std::fs::read(path) {
            Ok(bytes) if path == &tail => return Ok(tail_lines(&bytes)),
            Ok(bytes) => {
                return unframe(&bytes).ok_or(AuditError::Damaged { seq: number * WIDTH as u64 });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(AuditError::read(FileError::io("read", path)(error))),
        }
    }
    Err(AuditError::Damaged { seq: number * WIDTH as u64 })
}

/// Takes a bundle apart; `None` if it is not made of whole entries.
fn unframe(mut bundle: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut lines = Vec::with_capacity(WIDTH);
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk::<2>()?;
        let (line, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        lines.push(line.to_vec());
        bundle = rest;
    }
    Some(lines)
}
