//! The change journal of one tree, on disk.
//!
//! Lines are appended and synced in batches; after a set the file is replaced by what is still
//! pending. Every line carries the start of its digest, so that a tail that a crash tore, and bytes
//! that rotted, are told from lines. Whatever is lost becomes *unknown*: losing lines can make a set
//! come sooner, never later.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::base::digest::Digest;
use crate::source::watch::fact::{Line, VERSION, Why};
use crate::source::watch::pending::{BYTES_MAX, Moment, PATHS_MAX, Pending};
use crate::world::files::{self, FileError};

/// Hexadecimal digits of the digest before each line.
const MARK: usize = 16;

/// A journal longer than this is none of ours: every byte of a path may take four, and every line
/// has some hundred around it.
pub const SIZE_MAX: u64 = BYTES_MAX as u64 * 4 + PATHS_MAX as u64 * 256;

/// How a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// With a whole line.
    Whole,
    /// In the middle of its last line.
    Torn,
    /// With bytes that nobody wrote so.
    Damaged,
}

/// A journal that is appended to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    header: Line,
    file: File,
}

impl Journal {
    /// Opens the journal at `path`, or begins it. What it holds counts from `now` on the monotonic
    /// clock; what a crash or anything else spoiled is *unknown* in it.
    pub fn open(
        path: &Path,
        portal: &str,
        tree: &str,
        now: Moment,
    ) -> Result<(Self, Pending), FileError> {
        let header =
            Line::Begun { version: VERSION, portal: portal.to_owned(), tree: tree.to_owned() };
        let pending = match read(path)? {
            None => Pending::default(),
            Some((lines, tail)) => pending(&lines, &header, tail, now),
        };
        if let Some(folder) = path.parent() {
            files::create_private_dir(folder)?;
        }
        let file = begin(path, &header, &pending)?;
        Ok((Self { path: path.to_owned(), header, file }, pending))
    }

    /// Appends lines; when this returns, they outlast a loss of power.
    pub fn append(&mut self, lines: &[Line]) -> Result<(), FileError> {
        let mut text = String::new();
        for line in lines {
            put(&mut text, line);
        }
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(FileError::io("append to", &self.path))
    }

    /// Replaces the journal by what is pending: after a crash it is the old or the new one, whole.
    pub fn replace(&mut self, pending: &Pending) -> Result<(), FileError> {
        self.file = begin(&self.path, &self.header, pending)?;
        Ok(())
    }
}

fn begin(path: &Path, header: &Line, pending: &Pending) -> Result<File, FileError> {
    let mut text = String::new();
    put(&mut text, header);
    for (path, at) in pending.paths() {
        put(&mut text, &Line::Changed { at, path: written(path) });
    }
    if let Some((why, at)) = pending.reason() {
        put(&mut text, &Line::Unknown { at, why });
    }
    files::replace_durably(path, text.as_bytes())?;
    OpenOptions::new().append(true).open(path).map_err(FileError::io("open", path))
}

fn put(text: &mut String, line: &Line) {
    let json = serde_json::to_string(line).expect("a line is made of texts and times");
    let mark = Digest::of(json.as_bytes()).to_string();
    text.push_str(&mark[..MARK]);
    text.push(' ');
    text.push_str(&json);
    text.push('\n');
}

/// What the journal at `path` says, for whoever does not watch; `None` where there is none.
pub fn look(
    path: &Path,
    portal: &str,
    tree: &str,
    now: Moment,
) -> Result<Option<Pending>, FileError> {
    let header = Line::Begun { version: VERSION, portal: portal.to_owned(), tree: tree.to_owned() };
    // Whoever reads while lines are appended sees a torn tail: the watching daemon has it whole.
    let quiet = |tail| if tail == Tail::Torn { Tail::Whole } else { tail };
    Ok(read(path)?.map(|(lines, tail)| pending(&lines, &header, quiet(tail), now)))
}

fn read(path: &Path) -> Result<Option<(Vec<Line>, Tail)>, FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::io("open", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(SIZE_MAX + 1).read_to_end(&mut bytes).map_err(FileError::io("read", path))?;
    if bytes.len() as u64 > SIZE_MAX {
        return Ok(Some((Vec::new(), Tail::Damaged)));
    }
    Ok(Some(parse(&bytes)))
}

/// The lines at the start of `bytes` that are as they were written, and how it goes on.
pub fn parse(bytes: &[u8]) -> (Vec<Line>, Tail) {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return (lines, Tail::Torn);
        };
        let Some(line) = line(&rest[..end]) else { return (lines, Tail::Damaged) };
        lines.push(line);
        rest = &rest[end + 1..];
    }
    (lines, Tail::Whole)
}

fn line(bytes: &[u8]) -> Option<Line> {
    let (mark, json) = bytes.split_at_checked(MARK)?;
    let json = json.strip_prefix(b" ")?;
    let expected = Digest::of(json).to_string();
    (expected.as_bytes()[..MARK] == *mark).then_some(())?;
    serde_json::from_slice(json).ok()
}

fn pending(lines: &[Line], header: &Line, tail: Tail, now: Moment) -> Pending {
    let mut pending = Pending::default();
    let moment = |at| Moment { at, clock: now.clock };
    let (first, rest) = match lines.split_first() {
        Some((first, rest)) => (Some(first), rest),
        None => (None, lines),
    };
    // Another portal's journal, or one of a later program, says nothing that can be relied on; an
    // empty file is one that a crash left before its first line.
    let known = first == Some(header);
    for line in rest.iter().filter(|_| known) {
        match line {
            Line::Begun { .. } => {
                pending.unknown(Why::Damaged, now);
            }
            Line::Changed { at, path } => match read_path(path) {
                Some(path) => {
                    pending.changed(&path, moment(*at));
                }
                None => {
                    pending.unknown(Why::Damaged, now);
                }
            },
            Line::Unknown { at, why } => {
                pending.unknown(*why, moment(*at));
            }
        }
    }
    match tail {
        Tail::Whole if known => {}
        Tail::Torn => {
            pending.unknown(Why::Torn, now);
        }
        Tail::Whole | Tail::Damaged => {
            pending.unknown(Why::Damaged, now);
        }
    }
    pending
}

/// The bytes of a path as text: what is no UTF-8, and a backslash, as `\x` and two digits.
pub fn written(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\x5c"));
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect("a text takes everything");
        }
    }
    text
}

/// The bytes that [`written`] made this of.
pub fn read_path(text: &str) -> Option<Vec<u8>> {
    let mut path = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        path.extend_from_slice(plain.as_bytes());
        let digits = escaped.strip_prefix('x')?.get(..2)?;
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        digits.bytes().all(digit).then_some(())?;
        path.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &escaped[3..];
    }
    path.extend_from_slice(rest.as_bytes());
    Some(path)
}
