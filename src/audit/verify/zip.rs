//! Zips, read so strictly that no two programs can see different files in one.
//!
//! What is accepted is what an export writes: stored files, one behind the other from the first
//! byte to the directory, the same name, size and place in both of their headers, nothing between
//! and nothing behind. So there are no hidden or doubled files, none that unfolds to more than is
//! there, and no name that leads out of a folder. Check sums are passed over: the signed list
//! proves the content by SHA-256.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;

/// Files in one zip: the writer stops at 4,000 and the list.
const FILES_MAX: usize = 4_001;

/// Longer than any name that is written.
const NAME_BYTES_MAX: usize = 100;

/// The bit that says that names are UTF-8; no other may be set.
const UTF8: u16 = 1 << 11;

/// Why a zip is not read.
#[derive(Debug)]
pub(super) enum Odd {
    /// It cannot be read at all.
    Io(io::Error),
    /// It is no whole zip, or not one that an export writes.
    Shape,
    /// A file in it is compressed or encrypted: another program packed it.
    Packed(String),
    /// A file in it has a name that is doubled or that no export writes.
    Name(String),
}

impl From<io::Error> for Odd {
    fn from(error: io::Error) -> Self {
        // What ends too early was there to be read, but not as its headers say.
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Shape } else { Self::Io(error) }
    }
}

/// A zip and where each of its files lies in it.
#[derive(Debug)]
pub(super) struct Archive {
    file: Arc<File>,
    files: BTreeMap<String, Range<u64>>,
    /// The same names in small letters: some file systems know no others.
    small: BTreeSet<String>,
}

impl Archive {
    /// Reads the directory, and every file's own header.
    pub(super) fn open(path: &Path) -> Result<Self, Odd> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let end_at = length.checked_sub(END_BYTES as u64).ok_or(Odd::Shape)?;
        let mut end = [0; END_BYTES];
        file.read_exact_at(&mut end, end_at)?;
        let end = Fields(&end);
        let (count, size, start) = (end.short(10), u64::from(end.long(12)), end.long(16).into());
        let is_one_disk = end.short(4) == 0 && end.short(6) == 0 && end.short(8) == count;
        let size_max = (FILES_MAX * (CENTRAL_BYTES + NAME_BYTES_MAX)) as u64;
        if end.signature() != b"PK\x05\x06"
            || !is_one_disk
            || end.short(20) != 0
            || usize::from(count) > FILES_MAX
            || size > size_max
            || start + size != end_at
        {
            return Err(Odd::Shape);
        }
        let mut directory = vec![0; usize::try_from(size).map_err(|_| Odd::Shape)?];
        file.read_exact_at(&mut directory, start)?;
        let file = Arc::new(file);
        let mut archive = Self { file, files: BTreeMap::new(), small: BTreeSet::new() };
        let (mut rest, mut place) = (directory.as_slice(), 0);
        for _ in 0..count {
            (rest, place) = archive.take(rest, place)?;
        }
        if !rest.is_empty() || place != start {
            return Err(Odd::Shape);
        }
        Ok(archive)
    }

    /// The names of its files.
    pub(super) fn names(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    /// Reads one file.
    pub(super) fn reader(&self, name: &str) -> io::Result<Section> {
        let place = self.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Section { file: Arc::clone(&self.file), place: place.clone() })
    }

    /// Takes one entry off the directory; its file must begin at `place`. Returns what is left of
    /// the directory, and where the file ends.
    fn take<'a>(&mut self, rest: &'a [u8], place: u64) -> Result<(&'a [u8], u64), Odd> {
        let (header, rest) = rest.split_at_checked(CENTRAL_BYTES).ok_or(Odd::Shape)?;
        let header = Fields(header);
        if header.signature() != b"PK\x01\x02" {
            return Err(Odd::Shape);
        }
        let name_bytes = usize::from(header.short(28));
        let (name, rest) = rest.split_at_checked(name_bytes).ok_or(Odd::Shape)?;
        let shown = String::from_utf8_lossy(name).chars().take(NAME_BYTES_MAX).collect::<String>();
        if !is_name(name) || !self.small.insert(shown.to_ascii_lowercase()) {
            return Err(Odd::Name(shown));
        }
        let size = header.long(24);
        if header.short(10) != 0 || header.short(8) & !UTF8 != 0 || header.long(20) != size {
            return Err(Odd::Packed(shown));
        }
        let mut own = vec![0; LOCAL_BYTES + name_bytes];
        self.file.read_exact_at(&mut own, place)?;
        let (own, own_name) = own.split_at(LOCAL_BYTES);
        let own = Fields(own);
        // Version, flags, method, time, check sum and both sizes stand in both headers alike.
        let is_alike = own.0.get(4..28) == header.0.get(6..30);
        let is_plain = own.short(28) == 0 && header.short(30) == 0 && header.short(32) == 0;
        if own.signature() != b"PK\x03\x04"
            || !is_alike
            || !is_plain
            || own_name != name
            || header.short(34) != 0
            || u64::from(header.long(42)) != place
        {
            return Err(Odd::Shape);
        }
        let begin = place + (LOCAL_BYTES + name_bytes) as u64;
        let end = begin + u64::from(size);
        self.files.insert(shown, begin..end);
        Ok((rest, end))
    }
}

/// One file of a zip, from where it is read to its end.
#[derive(Debug)]
pub(super) struct Section {
    file: Arc<File>,
    place: Range<u64>,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.place.end.saturating_sub(self.place.start);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..most], self.place.start)?;
        self.place.start += read as u64;
        Ok(read)
    }
}

/// Little-endian numbers at fixed places of a header, whose length was checked.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn signature(&self) -> &[u8] {
        self.0.get(..4).unwrap_or_default()
    }

    fn short(&self, at: usize) -> u16 {
        self.0.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |two| u16::from_le_bytes(*two))
    }

    fn long(&self, at: usize) -> u32 {
        self.0.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |four| u32::from_le_bytes(*four))
    }
}

/// Letters, digits, `.`, `_`, `-`, in at most one folder; nothing begins with a dot.
pub(super) fn is_name(name: &[u8]) -> bool {
    let is_part = |part: &[u8]| {
        part.first().is_some_and(u8::is_ascii_alphanumeric)
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
    };
    name.len() <= NAME_BYTES_MAX
        && name.split(|byte| *byte == b'/').all(is_part)
        && name.split(|byte| *byte == b'/').count() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_stay_in_their_folder_are_names() {
        for good in ["manifest", "README.txt", "evidence/0a.pdf", "a-b_c.d"] {
            assert!(is_name(good.as_bytes()), "{good}");
        }
        for bad in [
            "", "/", "/a", "a/", "../a", "a/../b", "a/b/c", ".a", "a\\b", "C:a", "a\0", "tệp",
            "a b",
        ] {
            assert!(!is_name(bad.as_bytes()), "{bad}");
        }
        assert!(!is_name(&[b'a'; NAME_BYTES_MAX + 1]));
    }
}
