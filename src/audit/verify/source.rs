//! Getting the bytes of a log's folder: bundles, tails, tiles and heads, each with an upper limit.
//!
//! Nothing here believes what a file says; it only takes it apart.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::audit::verify::keys::{self, Found, HANDOVERS_MAX};

/// Entries in a full bundle, hashes in a full tile.
pub(super) const WIDTH: usize = 256;

/// Bytes of a full tile.
pub(super) const TILE_BYTES: usize = WIDTH * 32;

/// A full bundle of the largest entries, each with its length or line feed.
pub(super) const BUNDLE_BYTES_MAX: u64 = WIDTH as u64 * (0xffff + 2);

/// A head with a hundred signatures is far below this.
pub(super) const NOTE_BYTES_MAX: u64 = 1 << 16;

/// The whole content of a file, unless it is larger than it may be.
pub(super) fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    // What it says of its length is a guess: it may grow, or be none of a file.
    let length = if length > limit { 0 } else { usize::try_from(length + 1).unwrap_or(0) };
    let mut bytes = Vec::with_capacity(length);
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Whether there is nothing under this name.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The path of a tile or bundle below `kind`: `0`, `1`, … or `entries`.
pub(super) fn tile_path(dir: &Path, kind: &str, number: u64, width: usize) -> PathBuf {
    let mut name = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        name = format!("x{:03}/{name}", rest % 1000);
        rest /= 1000;
    }
    if width < WIDTH {
        name = format!("{name}.p/{width}");
    }
    dir.join("tile").join(kind).join(name)
}

/// The newest tail and the head, read while no entry was being written.
pub(super) struct Moment {
    /// The number of the newest tail, if there is any.
    pub(super) tail: Option<u64>,
    /// Its whole lines.
    pub(super) lines: Pieces,
    /// Bytes after the last whole line: an entry that was never finished.
    pub(super) torn: u64,
    /// The checkpoint.
    pub(super) head: io::Result<Vec<u8>>,
    /// The public key beside the log.
    pub(super) vkey: io::Result<Vec<u8>>,
    /// The handovers from key to key, ascending.
    pub(super) handovers: Vec<Found>,
}

impl Moment {
    /// Waits for an append in progress, and reads what it left.
    pub(super) fn capture(dir: &Path) -> io::Result<Self> {
        // A copy has no lock file, and another user may not open it: then nobody writes, or the
        // entries in flight show as unsigned.
        let lock = File::open(dir.join("lock")).ok();
        if let Some(lock) = &lock {
            let _ = rustix::fs::flock(lock, rustix::fs::FlockOperation::LockShared);
        }
        let head = read_limited(&dir.join("checkpoint"), NOTE_BYTES_MAX);
        let vkey = read_limited(&dir.join("log.vkey"), NOTE_BYTES_MAX);
        let handovers = handovers(dir)?;
        let tail = newest_tail(dir)?;
        let content = match tail {
            Some(number) => read_limited(&tail_path(dir, number), BUNDLE_BYTES_MAX)?,
            None => Vec::new(),
        };
        let (lines, torn) = split_lines(content);
        Ok(Self { tail, lines, torn, head, vkey, handovers })
    }
}

/// The lines or leaves of a file, where they stand in it.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Pieces {
    pub(super) fn push(&mut self, piece: &[u8]) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(piece);
        self.places.push(from..self.bytes.len());
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        self.bytes.get(self.places.get(index)?.clone())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|place| self.bytes.get(place.clone()).unwrap_or_default())
    }
}

/// What is there of one full bundle.
pub(super) struct Bundle {
    /// The leaves that its file holds, and whether they fill it exactly.
    pub(super) leaves: Option<(Pieces, bool)>,
    /// The lines of the tail it was made from, which open them. Of version 1 it goes after a while.
    pub(super) lines: Option<Pieces>,
}

/// Reads a full bundle and, where it still is there, the tail it was made from: none of it if one
/// of the two is larger than `limit`.
pub(super) fn read_bundle(dir: &Path, number: u64, limit: u64) -> io::Result<Bundle> {
    let leaves = optional(&tile_path(dir, "entries", number, WIDTH), limit)?.map(unframe);
    let leaves = leaves.map(|(leaves, is_whole)| {
        let is_full = is_whole && leaves.len() == WIDTH;
        (leaves, is_full)
    });
    let lines = optional(&tail_path(dir, number), limit)?.map(|content| split_lines(content).0);
    Ok(Bundle { leaves, lines })
}

/// The partial bundle of this width: its entries, and whether they fill it exactly.
pub(super) fn read_partial_bundle(
    dir: &Path,
    number: u64,
    width: usize,
) -> io::Result<Option<(Pieces, bool)>> {
    let bytes = optional(&tile_path(dir, "entries", number, width), BUNDLE_BYTES_MAX)?;
    Ok(bytes.map(unframe).map(|(lines, is_whole)| {
        let is_full = is_whole && lines.len() == width;
        (lines, is_full)
    }))
}

fn optional(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    match read_limited(path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn tail_path(dir: &Path, number: u64) -> PathBuf {
    dir.join("tail").join(format!("{number:09}.jsonl"))
}

fn newest_tail(dir: &Path) -> io::Result<Option<u64>> {
    let files = match std::fs::read_dir(dir.join("tail")) {
        Ok(files) => files,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut newest = None;
    for file in files {
        let name = file?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".jsonl"));
        // Names of another shape are not ours: a temporary file, or someone's copy.
        let number = digits
            .and_then(|digits| digits.parse::<u64>().ok())
            .filter(|number| Some(format!("{number:09}").as_str()) == digits);
        newest = newest.max(number);
    }
    Ok(newest)
}

fn handovers(dir: &Path) -> io::Result<Vec<Found>> {
    let folder = dir.join(keys::FOLDER);
    let files = match std::fs::read_dir(&folder) {
        Ok(files) => files,
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for file in files.take(HANDOVERS_MAX) {
        let file = file?;
        // Names of another shape are not ours: a temporary file, or someone's copy.
        if let Some(number) = keys::number(&file.file_name().to_string_lossy()) {
            let path = file.path();
            let note = read_limited(&path, NOTE_BYTES_MAX)?;
            found.push(Found { number, path, note });
        }
    }
    found.sort_by_key(|one| one.number);
    Ok(found)
}

fn split_lines(bytes: Vec<u8>) -> (Pieces, u64) {
    let mut places = Vec::with_capacity(WIDTH);
    let mut from = 0;
    for end in memchr::memchr_iter(b'\n', &bytes) {
        places.push(from..end);
        from = end + 1;
    }
    let torn = (bytes.len() - from) as u64;
    (Pieces { bytes, places }, torn)
}

/// Takes a bundle apart, as far as it goes; says whether it went to the end.
fn unframe(bytes: Vec<u8>) -> (Pieces, bool) {
    let mut places = Vec::with_capacity(WIDTH);
    let mut rest = bytes.as_slice();
    let is_whole = loop {
        let Some((length, behind)) = rest.split_first_chunk::<2>() else { break rest.is_empty() };
        let Some((line, behind)) = behind.split_at_checked(u16::from_be_bytes(*length).into())
        else {
            break false;
        };
        if places.len() == WIDTH {
            break false;
        }
        let end = bytes.len() - behind.len();
        places.push(end - line.len()..end);
        rest = behind;
    };
    (Pieces { bytes, places }, is_whole)
}
