//! How pieces of logs are named: `wal/<system>/<line>/<file>.<from>-<to>.<digest>`.
//!
//! The name tells all that a listing must know: which stream, which file, which of its bytes. Its
//! last part is the digest of the stored bytes, as in every other name of a repository: two writers
//! never write over each other, whatever the store makes of that.

use std::fmt;

use crate::base::digest::Digest;
use crate::repository::error::RepositoryError;
use crate::repository::segment::PIECE_MAX;
use crate::store::ObjectName;

/// What all names begin with.
pub const PREFIX: &str = "wal/";

/// Characters of the name of a system: 20 digits for PostgreSQL's.
pub const SYSTEM_MAX: usize = 28;

/// Characters of the name of a line.
pub const LINE_MAX: usize = 20;

/// Characters of the name of a file: PostgreSQL's longest has 40. With the rest this stays below
/// what an [`ObjectName`] carries.
pub const FILE_MAX: usize = 48;

/// Hexadecimal digits of a place in a file.
const PLACE_DIGITS: usize = 12;

/// What one server writes as long as its history is one: a system and a line of it.
///
/// For PostgreSQL the system identifier in decimal digits and the timeline in eight hexadecimal
/// ones, as its file names have it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LogStream {
    system: Box<str>,
    line: Box<str>,
}

impl LogStream {
    /// Checks both parts: ASCII letters, digits, `-`, `_` and `.`, at most [`SYSTEM_MAX`] and
    /// [`LINE_MAX`] of them.
    pub fn new(system: &str, line: &str) -> Result<Self, RepositoryError> {
        Ok(Self { system: label(system, SYSTEM_MAX)?, line: label(line, LINE_MAX)? })
    }

    /// The system.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The line: for PostgreSQL a timeline.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// What the names of all its pieces begin with.
    pub fn prefix(&self) -> String {
        format!("{PREFIX}{}/{}/", self.system, self.line)
    }
}

/// A file of a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LogFile {
    /// The stream that it belongs to.
    pub stream: LogStream,
    name: Box<str>,
}

impl LogFile {
    /// Checks the name, as [`LogStream::new`] does; at most [`FILE_MAX`] characters.
    pub fn new(stream: LogStream, name: &str) -> Result<Self, RepositoryError> {
        Ok(Self { stream, name: label(name, FILE_MAX)? })
    }

    /// As the server calls it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for LogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.stream.prefix(), self.name)
    }
}

/// Some bytes of a file, sealed in one object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Piece {
    /// The file.
    pub file: LogFile,
    from: u64,
    to: u64,
    /// Of the stored bytes.
    pub digest: Digest,
}

impl Piece {
    /// The bytes `from..to` of a file; `None` if that is nothing, too much for a piece, or out of
    /// what a name can say.
    pub(super) fn new(file: &LogFile, from: u64, to: u64, digest: Digest) -> Option<Self> {
        let length = to.checked_sub(from)?;
        let within = (1..=PIECE_MAX).contains(&length) && to >> (4 * PLACE_DIGITS) == 0;
        within.then(|| Self { file: file.clone(), from, to, digest })
    }

    /// The piece that an object of this name holds; `None` for names that we do not give.
    pub fn parse(name: &ObjectName) -> Option<Self> {
        let mut parts = name.as_str().strip_prefix(PREFIX)?.splitn(3, '/');
        let stream = LogStream::new(parts.next()?, parts.next()?).ok()?;
        let mut ends = parts.next()?.rsplitn(3, '.');
        let digest: Digest = ends.next()?.parse().ok()?;
        let (from, to) = ends.next()?.split_once('-')?;
        let file = LogFile::new(stream, ends.next()?).ok()?;
        let piece = Self::new(&file, place(from)?, place(to)?, digest)?;
        // One piece has one name: digits in capitals are somebody else's.
        (piece.name() == *name).then_some(piece)
    }

    /// Its object.
    pub fn name(&self) -> ObjectName {
        let text = format!("{}.{}.{}", self.file, self.range(), self.digest);
        ObjectName::new(&text).expect("the parts were checked, and together they are short enough")
    }

    /// Where its bytes begin in the file.
    pub fn from(&self) -> u64 {
        self.from
    }

    /// Where they end.
    pub fn to(&self) -> u64 {
        self.to
    }

    /// How many they are: at least one, at most [`PIECE_MAX`].
    pub fn length(&self) -> usize {
        usize::try_from(self.to - self.from).expect("a piece is checked to be small")
    }

    pub(super) fn range(&self) -> String {
        format!("{:0PLACE_DIGITS$x}-{:0PLACE_DIGITS$x}", self.from, self.to)
    }
}

fn place(digits: &str) -> Option<u64> {
    let all = digits.len() == PLACE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

fn label(text: &str, most: usize) -> Result<Box<str>, RepositoryError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let dots = text == "." || text == "..";
    if text.is_empty() || text.len() > most || dots || !text.bytes().all(allowed) {
        let text = text.chars().take(FILE_MAX).collect();
        return Err(RepositoryError::SegmentName { text });
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written_and_others_not_at_all() {
        let digest = Digest::of(b"x");
        let stream = LogStream::new("7312345678901234567", "00000001").unwrap();
        for name in ["000000010000000000000042", "00000002.history", "a.000000000000-1.b"] {
            let file = LogFile::new(stream.clone(), name).unwrap();
            let piece = Piece::new(&file, 16, PIECE_MAX, digest).unwrap();
            assert_eq!(Piece::parse(&piece.name()), Some(piece));
        }
        for other in [
            "data/00/x".to_owned(),
            format!("wal/7/1/a.000000000000-000000000001.{}", digest.short()),
            format!("wal/7/1/a.000000000000-000000000000.{digest}"),
            format!("wal/7/1/a.000000000001-000000000000.{digest}"),
            format!("wal/7/1/a.00000000000A-00000000000b.{digest}"),
            format!("wal/7/1/a.000000000000-000100000000.{digest}"),
            format!("wal/7/1/a.0-1.{digest}"),
            format!("wal/7/1/000000000000-000000000001.{digest}"),
            format!("wal/7/a.000000000000-000000000001.{digest}"),
            format!("wal/7/1/2/a.000000000000-000000000001.{digest}"),
        ] {
            assert_eq!(Piece::parse(&ObjectName::new(&other).unwrap()), None, "{other}");
        }
    }

    #[test]
    fn the_longest_name_of_each_part_is_a_name_of_an_object() {
        let stream = LogStream::new(&"s".repeat(SYSTEM_MAX), &"l".repeat(LINE_MAX)).unwrap();
        let file = LogFile::new(stream.clone(), &"f".repeat(FILE_MAX)).unwrap();
        let piece = Piece::new(&file, 0, 1, Digest::of(b"")).unwrap();
        assert!(piece.name().as_str().len() <= ObjectName::LENGTH_MAX);
        for text in ["", ".", "..", "a/b", "a b", "khóa", &"f".repeat(FILE_MAX + 1)] {
            assert!(LogFile::new(stream.clone(), text).is_err(), "{text}");
        }
    }
}
