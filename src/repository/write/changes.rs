//! What became of the files of a tree since the parent set, counted as the run meets them.
//!
//! The facts from which a mass change is told, got at the price of one look at each folder's names
//! and at the first bytes of each file that is read anyway. Who judges them is not here.
//!
//! **Written bytes that look like noise** are even in a way that neither text nor known formats
//! are: their first bytes name no format, and all values occur alike (chi-square over 256 values).
//! Deliberately not seen: ciphertext behind the head of a picture, and files below 256 bytes.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::repository::blob::{BlobKind, BlobOpener};
use crate::repository::id::BlobId;
use crate::repository::tree::{Node, NodeKind};
use crate::repository::write::folder::Folder;
use crate::repository::write::seal::Seals;
use crate::repository::write::target::Target;

/// Enough that noise and compressed data differ, little beside reading a file.
const SAMPLE: usize = 8 * 1024;

/// Of fewer bytes nobody can tell.
const SAMPLE_MIN: usize = 256;

/// The sum of squares of noise is 255, and above 370 once in a million files; the tables and
/// markers at the start of compressed pictures bring them above a thousand.
const EVEN_MAX: f64 = 450.0;

/// Different endings are counted up to here: an attack has one or a few.
const ENDINGS_MAX: usize = 64;

/// What became of the files of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeChanges {
    /// Whether the parent set has this tree: without it the rest says nothing.
    pub compared: bool,
    /// Folders of the parent set that cannot be read: what was in them, and below, is not known.
    /// What is written there now counts as new.
    pub unread: u64,
    /// Files whose content is as it was.
    pub same: u64,
    /// Files of another content.
    pub rewritten: u64,
    /// Files that the parent set does not have.
    pub new: u64,
    /// Files of the parent set that are not there any more, left-out ones not counted.
    pub vanished: u64,
    /// New files that are called like a vanished one of the same folder and one ending more.
    pub renamed: u64,
    /// The ending that most of them got, and how many.
    pub ending: Option<(String, u64)>,
    /// Written files that became noise: new ones, and rewritten ones that were not noise before.
    pub scrambled: u64,
}

impl TreeChanges {
    /// Files that the parent set has.
    pub fn before(&self) -> u64 {
        self.same + self.rewritten + self.vanished
    }

    /// Files that were written since.
    pub fn written(&self) -> u64 {
        self.new + self.rewritten
    }
}

/// The counters of a run, for all its threads.
#[derive(Debug, Default)]
pub(super) struct Changes {
    compared: AtomicBool,
    unread: AtomicU64,
    same: AtomicU64,
    rewritten: AtomicU64,
    new: AtomicU64,
    vanished: AtomicU64,
    scrambled: AtomicU64,
    endings: Mutex<HashMap<Vec<u8>, u64>>,
    renamed: AtomicU64,
}

impl Changes {
    /// The parent set has this tree.
    pub(super) fn compare(&self) {
        self.compared.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_compared(&self) -> bool {
        self.compared.load(Ordering::Relaxed)
    }

    /// A folder of the parent set that cannot be read.
    pub(super) fn unread(&self) {
        self.unread.fetch_add(1, Ordering::Relaxed);
    }

    /// A file that was not read, since nothing about it changed.
    pub(super) fn unchanged(&self) {
        self.same.fetch_add(1, Ordering::Relaxed);
    }

    /// A file that was read: what it is now, and what its folder says of before.
    pub(super) fn read(&self, folder: &Folder, node: &Node, parents: &Target, is_noise: bool) {
        if !self.is_compared() {
            return;
        }
        let add = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        let before = folder.parent_tree().and_then(|tree| tree.find(&node.name));
        let before = before.filter(|before| before.kind == NodeKind::File);
        let name = folder.run.seals.plain_name(&node.name);
        let Some(before) = before else {
            add(&self.new);
            if let Some(ending) = folder.renamed_by(name) {
                add(&self.renamed);
                let mut endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner);
                if endings.len() < ENDINGS_MAX || endings.contains_key(ending) {
                    *endings.entry(ending.to_vec()).or_default() += 1;
                }
            }
            if is_noise && !is_noise_by_nature(name) {
                add(&self.scrambled);
            }
            return;
        };
        let is_sealed = matches!(folder.run.seals, Seals::All(_));
        // What is sealed anew is never equal: one that was not written since, but for its mode or
        // owner, counts as it was, unless it is noise.
        let is_touched = is_sealed && !is_noise && before.mtime == node.mtime;
        if before.content == node.content || is_touched {
            add(&self.same);
            return;
        }
        add(&self.rewritten);
        // Noise seals to its own length: what was shorter by more than a tenth was none.
        let was_shorter = before.size < node.size - node.size / 10;
        let shrank = if is_sealed { was_shorter } else { was_compressible(before, parents) };
        if is_noise && (shrank || promises_head(name)) {
            add(&self.scrambled);
        }
    }

    /// Something of the parent set that is not there any more.
    pub(super) fn vanished(&self, node: &Node, parents: &Target, opener: &mut BlobOpener) {
        let mut files = u64::from(node.kind == NodeKind::File);
        let mut open: Vec<BlobId> = node.subtree.into_iter().collect();
        while let Some(id) = open.pop() {
            let Some(tree) = parents.folder(&id, opener) else {
                self.unread();
                continue;
            };
            for node in tree.nodes() {
                files += u64::from(node.kind == NodeKind::File);
                open.extend(node.subtree);
            }
        }
        self.vanished.fetch_add(files, Ordering::Relaxed);
    }

    pub(super) fn total(&self) -> TreeChanges {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner);
        let ending = endings.iter().max_by(|a, b| (a.1, b.0).cmp(&(b.1, a.0)));
        TreeChanges {
            compared: self.is_compared(),
            unread: get(&self.unread),
            same: get(&self.same),
            rewritten: get(&self.rewritten),
            new: get(&self.new),
            vanished: get(&self.vanished),
            renamed: get(&self.renamed),
            ending: ending
                .map(|(ending, count)| (String::from_utf8_lossy(ending).into_owned(), *count)),
            scrambled: get(&self.scrambled),
        }
    }
}

/// The first bytes of a file on their way to the chunker.
pub(super) struct Sample<R> {
    source: R,
    bytes: [u8; SAMPLE],
    length: usize,
}

impl<R: Read> Sample<R> {
    pub(super) fn of(source: R) -> Self {
        Self { source, bytes: [0; SAMPLE], length: 0 }
    }

    /// Whether what passed so far looks like noise.
    pub(super) fn is_noise(&self) -> bool {
        is_noise(&self.bytes[..self.length])
    }
}

impl<R: Read> Read for Sample<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        let free = &mut self.bytes[self.length..];
        let taken = count.min(free.len());
        free[..taken].copy_from_slice(&buffer[..taken]);
        self.length += taken;
        Ok(count)
    }
}

fn is_noise(bytes: &[u8]) -> bool {
    if bytes.len() < SAMPLE_MIN || has_known_head(bytes) {
        return false;
    }
    let mut counts = [0_u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let length = u32::try_from(bytes.len()).expect("a sample is some kilobytes");
    let expected = f64::from(length) / 256.0;
    let squares = counts.iter().map(|count| (f64::from(*count) - expected).powi(2));
    squares.sum::<f64>() / expected <= EVEN_MAX
}

/// How files of formats begin that are as dense as noise.
const HEADS: &[&[u8]] = &[
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"RIFF",
    b"II*\0",
    b"MM\0*",
    b"\0\0\0\x0cjP  ",
    b"8BPS",
    b"%PDF",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"ID3",
    b"\xff\xfb",
    b"\xff\xf3",
    b"\xff\xf2",
    b"OggS",
    b"fLaC",
    b"\x1a\x45\xdf\xa3",
    b"\0\0\x01\xba",
    b"FLV",
    b"wOFF",
    b"wOF2",
    b"SQLite format 3",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"age-encryption.org",
    b"Salted__",
    b"-----BEGIN",
];

/// Where films and pictures of telephones have their head.
const BOX: (std::ops::Range<usize>, &[u8]) = (4..8, b"ftyp");

fn has_known_head(bytes: &[u8]) -> bool {
    HEADS.iter().any(|head| bytes.starts_with(head)) || bytes.get(BOX.0) == Some(BOX.1)
}

/// Endings of files that begin with one of [`HEADS`], and do not when they are encrypted.
const PROMISING: &[&str] = &[
    "jpg", "jpeg", "png", "gif", "webp", "tif", "tiff", "heic", "pdf", "zip", "docx", "xlsx",
    "pptx", "odt", "ods", "odp", "doc", "xls", "ppt", "mp3", "mp4", "m4a", "mov", "avi", "mkv",
    "webm", "ogg", "flac", "gz", "tgz", "bz2", "xz", "7z", "rar", "woff", "woff2",
];

/// Endings of files that are noise from their first byte on, and are made in numbers by programs
/// of portals and by duties of care.
const NOISE_BY_NATURE: &[&str] = &["br", "gpg", "pgp", "kdbx"];

fn promises_head(name: &[u8]) -> bool {
    has_ending(name, PROMISING)
}

fn is_noise_by_nature(name: &[u8]) -> bool {
    has_ending(name, NOISE_BY_NATURE)
}

fn has_ending(name: &[u8], endings: &[&str]) -> bool {
    let ending = ending(name).map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| endings.iter().any(|known| known.as_bytes() == ending))
}

/// A name in what stands before its last dot, and what behind.
pub(super) fn ending(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    let (stem, ending) = (&name[..dot], &name[dot + 1..]);
    (!stem.is_empty() && !ending.is_empty()).then_some((stem, ending))
}

/// Whether the file of the parent set shrank when it was stored: then it was no noise.
fn was_compressible(before: &Node, parents: &Target) -> bool {
    let first = before.content.as_deref().and_then(<[BlobId]>::first);
    let location = first.and_then(|id| parents.index.find(BlobKind::Data, id));
    location.is_some_and(|location| location.blob.uncompressed.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes without any order, the same in every run.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn noise_is_told_from_text_tables_and_dense_formats() {
        for length in [SAMPLE_MIN, 1000, SAMPLE] {
            assert!(is_noise(&noise(length)), "{length}");
        }
        assert!(!is_noise(&noise(SAMPLE_MIN - 1)));
        let text = "Cổng thông tin điện tử tỉnh Mẫu. ".repeat(300).into_bytes();
        for length in [SAMPLE_MIN, 1000, SAMPLE] {
            assert!(!is_noise(&text[..length]), "{length}");
        }
        let base64 = data_encoding::BASE64.encode(&noise(SAMPLE));
        assert!(!is_noise(&base64.as_bytes()[..SAMPLE]));
        for head in HEADS {
            assert!(!is_noise(&[head, &noise(SAMPLE - 32)[..]].concat()), "{head:?}");
        }
        assert!(!is_noise(&[&b"\0\0\0\x20ftypisom"[..], &noise(1000)].concat()));
        let tables = [vec![0; 300], noise(SAMPLE - 300)].concat();
        assert!(!is_noise(&tables), "a head of zeros is a format's");
    }

    #[test]
    fn a_sample_is_the_start_of_what_passes_and_changes_nothing() {
        let bytes = noise(3 * SAMPLE);
        let mut sample = Sample::of(&bytes[..]);
        let mut read = Vec::new();
        sample.read_to_end(&mut read).expect("memory can be read");
        assert_eq!(read, bytes);
        assert_eq!((sample.length, sample.is_noise()), (SAMPLE, true));
        assert_eq!(sample.bytes[..], bytes[..SAMPLE]);
    }

    #[test]
    fn an_ending_is_what_follows_the_last_dot_of_a_name() {
        let split = |name: &'static str| ending(name.as_bytes());
        assert_eq!(split("a.jpg.locked"), Some((&b"a.jpg"[..], &b"locked"[..])));
        assert_eq!((split(".htaccess"), split("a."), split("a")), (None, None, None));
        assert!(promises_head(b"A.JPG") && !promises_head(b"a.txt"));
    }
}
