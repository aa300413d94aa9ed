//! The lines of a file that end within a part of it, whatever the parts.
//!
//! A line belongs to the part in which its line break lies, so that parts can be read in any order
//! and no line is read twice or left out. Where a line began before its part, its beginning is looked
//! for backwards, and only if it ends here: a line that is longer than many parts is read three
//! times, not once for each.
//!
//! Memory: a buffer, which grows to the longest line.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// Large enough that reading is not felt beside hashing, small enough for the processor's cache.
const BUFFER: usize = 256 * 1024;

/// The lines that end within a part of a file.
pub(super) struct Lines<'a> {
    file: &'a File,
    /// What is read next, and where reading ends.
    at: u64,
    to: u64,
    buffer: Vec<u8>,
    /// What of the buffer was read and not given.
    start: usize,
    end: usize,
}

impl<'a> Lines<'a> {
    /// Those of the bytes from `from` to before `to`; none where it is already clear that no line
    /// ends there.
    pub(super) fn ending_within(file: &'a File, from: u64, to: u64) -> io::Result<Option<Self>> {
        Self::by(BUFFER, file, from, to)
    }

    fn by(buffer: usize, file: &'a File, from: u64, to: u64) -> io::Result<Option<Self>> {
        let mut lines = Self { file, at: from, to, buffer: vec![0; buffer], start: 0, end: 0 };
        let buffer = buffer as u64;
        // Nearly all lines are shorter than this.
        let mut back = from.saturating_sub(buffer / 4);
        lines.at = match lines.last_break(back, from)? {
            Some(at) => at + 1,
            None if back == 0 => 0,
            None if !lines.has_break(from)? => return Ok(None),
            None => loop {
                let until = back;
                back = until.saturating_sub(buffer);
                match lines.last_break(back, until)? {
                    Some(at) => break at + 1,
                    None if back == 0 => break 0,
                    None => {}
                }
            },
        };
        Ok(Some(lines))
    }

    /// The next line, without its break; none when no other ends here.
    pub(super) fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        let mut looked = self.start;
        loop {
            if let Some(found) = memchr::memchr(b'\n', &self.buffer[looked..self.end]) {
                let (start, end) = (self.start, looked + found);
                self.start = end + 1;
                return Ok(Some(&self.buffer[start..end]));
            }
            if self.at == self.to {
                return Ok(None);
            }
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            (self.start, looked) = (0, self.end);
            if self.end == self.buffer.len() {
                self.buffer.resize(self.end * 2, 0);
            }
            let room = usize::try_from(self.to - self.at).unwrap_or(usize::MAX);
            let until = self.buffer.len().min(self.end.saturating_add(room));
            let count = self.file.read_at(&mut self.buffer[self.end..until], self.at)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.end += count;
            self.at += count as u64;
        }
    }

    /// What stands behind the last line that ended here.
    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The place of the last line break from `from` to before `to`, which is at most a buffer.
    fn last_break(&mut self, from: u64, to: u64) -> io::Result<Option<u64>> {
        let length = usize::try_from(to - from).expect("at most a buffer");
        let part = &mut self.buffer[..length];
        self.file.read_exact_at(part, from)?;
        Ok(memchr::memrchr(b'\n', part).map(|at| from + at as u64))
    }

    /// Whether a line ends from `from` on.
    fn has_break(&mut self, from: u64) -> io::Result<bool> {
        let mut at = from;
        while at < self.to {
            let room = usize::try_from(self.to - at).unwrap_or(usize::MAX).min(self.buffer.len());
            let count = self.file.read_at(&mut self.buffer[..room], at)?;
            if memchr::memchr(b'\n', &self.buffer[..count]).is_some() {
                return Ok(true);
            }
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            at += count as u64;
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    /// What is read of a part, and what is left behind its last line.
    fn read(file: &File, from: u64, to: u64) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut all = Vec::new();
        let Some(mut lines) = Lines::by(16, file, from, to).unwrap() else {
            return (all, b"none".to_vec());
        };
        while let Some(line) = lines.next_line().unwrap() {
            all.push(line.to_vec());
        }
        (all, lines.rest().to_vec())
    }

    #[test]
    fn a_line_belongs_to_the_part_in_which_it_ends() {
        let file = file(b"abc\ndefg\n\nh");
        let texts = |from, to| {
            let (lines, rest) = read(&file, from, to);
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            (lines.iter().map(|line| text(line)).collect::<Vec<_>>().join("|"), text(&rest))
        };
        let told = |lines: &str, rest: &str| (lines.to_owned(), rest.to_owned());
        assert_eq!(texts(0, 3), told("", "abc"));
        assert_eq!(texts(0, 6), told("abc", "de"));
        assert_eq!(texts(3, 4), told("abc", ""));
        assert_eq!(texts(4, 9), told("defg", ""));
        assert_eq!(texts(6, 11), told("defg|", "h"));
        assert_eq!(read(&file, 9, 10).0, [b""]);
        let ended = Lines::by(16, &file, 9, 99).unwrap().unwrap();
        let mut ended = ended;
        assert_eq!(ended.next_line().unwrap(), Some(&b""[..]));
        assert_eq!(ended.next_line().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    proptest! {
        #[test]
        fn parts_give_every_line_once_wherever_they_are_cut(
            lines in prop::collection::vec(prop::collection::vec(b'a'..b'd', 0..120), 0..30),
            mut cuts in prop::collection::vec(0_u64..4000, 0..12),
        ) {
            let text: Vec<u8> = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect();
            let (file, length) = (file(&text), text.len() as u64);
            cuts.retain(|cut| *cut < length);
            cuts.extend([0, length]);
            cuts.sort_unstable();
            let parts = cuts.windows(2).flat_map(|cut| read(&file, cut[0], cut[1]).0);
            prop_assert_eq!(parts.collect::<Vec<_>>(), lines);
        }
    }
}
