//! The lines of an export: those of its entries, and those that show what these say.

use std::io::{self, BufRead as _, BufReader, Read as _};

use crate::audit::verify::place::{Content, Place};

/// The file of the entries.
pub(super) const ENTRIES: &str = "entries.jsonl";

/// The file that shows what the entries say.
pub(super) const OPENINGS: &str = "openings.jsonl";

/// An entry and its line feed.
const LINE_BYTES_MAX: u64 = 0xffff + 1;

/// What an entry says, and its line feed: a salt and a commitment take about as much, so that it
/// cannot be twice as long as the two lines of it that a log holds.
const OPENING_BYTES_MAX: u64 = 4 * 0xffff;

/// So many bytes are asked for at a time.
const BUFFER_BYTES: usize = 1 << 16;

/// The lines of one of the two files.
pub(super) struct Lines {
    content: BufReader<Content>,
    most: u64,
}

impl Lines {
    pub(super) fn of_entries(place: &Place) -> io::Result<Self> {
        Self::of(place, ENTRIES, LINE_BYTES_MAX)
    }

    pub(super) fn of_openings(place: &Place) -> io::Result<Self> {
        Self::of(place, OPENINGS, OPENING_BYTES_MAX)
    }

    /// The lines of a file, each with its line feed of `most` bytes at most.
    fn of(place: &Place, name: &str, most: u64) -> io::Result<Self> {
        let content = BufReader::with_capacity(BUFFER_BYTES, place.reader(name)?);
        Ok(Self { content, most })
    }

    /// The next line without its line feed; a line that is too long comes in parts, none an entry.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        Ok(self.append(&mut line)?.then_some(line))
    }

    /// Puts the next line behind what `bytes` holds; `false` if there is none.
    pub(super) fn append(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let read = self.content.by_ref().take(self.most).read_until(b'\n', bytes)?;
        if read > 0 {
            bytes.pop_if(|byte| *byte == b'\n');
        }
        Ok(read > 0)
    }
}
