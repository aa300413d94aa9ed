//! A tar stream as it passes: entry by entry, its content unread until it is asked for.
//!
//! Understands what `tar` of GNU, BSD and busybox write of files, folders, links and attributes:
//! the old and POSIX headers, GNU's long names, pax records. Names are bytes. What a sender may do
//! to hurt is refused: names that lead out of the folder, numbers that are none, records without an
//! end, a stream that ends before its end mark or goes on behind it. What it cannot keep whole, it
//! refuses as well: sparse files and access lists, which only some options of `tar` make.
//!
//! Bounded: no more of a stream than one name or record ([`RECORD_MAX`]) is in memory.

use std::io::{self, Read};

use jiff::{SignedDuration, Timestamp};

use crate::base::arrival::{Arrival, ArrivalKind as Kind};

/// A tar file is blocks of this.
const BLOCK: usize = 512;

/// Long names, and all attributes of one file: more than Linux lets a file have.
const RECORD_MAX: u64 = 1024 * 1024;

/// The largest file that Linux has.
const SIZE_MAX: u64 = i64::MAX.unsigned_abs();

/// The longest path of Linux.
const PATH_MAX: usize = 4096;

/// Why a stream cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// It cannot be read.
    #[error("the stream cannot be read")]
    Read(#[from] io::Error),
    /// It ends before its end mark.
    #[error("the stream ends at byte {at}, before its end mark")]
    Cut {
        /// Where.
        at: u64,
    },
    /// It is not what a tar program writes.
    #[error("at byte {at}: {detail}")]
    Malformed {
        /// Where the header stands.
        at: u64,
        /// What is wrong.
        detail: String,
    },
}

/// A tar stream.
pub struct Archive<R> {
    from: R,
    /// Bytes read so far.
    at: u64,
    /// Content of the last entry that was not read yet.
    left: u64,
    /// What fills its last block.
    padding: u64,
    ended: bool,
}

/// What records before a header say of it.
#[derive(Default)]
struct Extra {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    user: Option<String>,
    group: Option<String>,
    mtime: Option<Timestamp>,
    attributes: Vec<(String, Vec<u8>)>,
}

impl<R: Read> Archive<R> {
    /// The stream from its first byte.
    pub fn new(from: R) -> Self {
        Self { from, at: 0, left: 0, padding: 0, ended: false }
    }

    /// What the stream is read from.
    pub fn source(&mut self) -> &mut R {
        &mut self.from
    }

    /// Begins with another stream from the same place, after the one before has ended.
    pub fn begin_again(&mut self) {
        (self.at, self.left, self.padding, self.ended) = (0, 0, 0, false);
    }

    /// The next entry; what was not read of the last one's content is passed over. Nothing once the
    /// end mark was read, and behind it nothing but zeros to the end of the stream.
    pub fn next_entry(&mut self) -> Result<Option<Arrival>, TarError> {
        self.pass_over()?;
        let mut extra = Extra::default();
        let mut has_extra = false;
        while !self.ended {
            let at = self.at;
            let header = self.block()?;
            if header == [0; BLOCK] {
                if has_extra {
                    return Err(malformed(at, "records without a header behind them"));
                }
                self.finish()?;
                break;
            }
            check_sum(&header, at)?;
            let size = number(&header[124..136], at)?;
            match header[156] {
                b'L' => extra.path = Some(self.name(size, at)?),
                b'K' => extra.link = Some(self.name(size, at)?),
                b'x' => {
                    let record = self.record(size, at)?;
                    extra.read(&record, at)?;
                }
                b'g' => {
                    let record = self.record(size, at)?;
                    Extra::default().read(&record, at)?;
                    // What it says of all that follows is not known to matter: a comment, mostly.
                    continue;
                }
                kind => return self.entry(&header, kind, size, extra, at).map(Some),
            }
            has_extra = true;
        }
        Ok(None)
    }

    fn entry(
        &mut self,
        header: &[u8; BLOCK],
        kind: u8,
        size: u64,
        extra: Extra,
        at: u64,
    ) -> Result<Arrival, TarError> {
        let named = match extra.path {
            Some(path) => path,
            None => header_path(header),
        };
        let is_folder = named.ends_with(b"/");
        let path = plain_path(&named, at)?;
        let size = extra.size.unwrap_or(size);
        if size > SIZE_MAX {
            return Err(malformed(at, format!("a file of {size} bytes")));
        }
        let link = || match &extra.link {
            Some(link) => link.clone(),
            None => text(&header[157..257]).to_vec(),
        };
        let kind = match kind {
            b'0' | 0 | b'7' if !is_folder => {
                self.left = size;
                self.padding = size.next_multiple_of(BLOCK as u64) - size;
                Kind::File(size)
            }
            b'5' | b'0' | 0 | b'7' => Kind::Folder,
            b'1' => Kind::Link(plain_path(&link(), at)?),
            b'2' => Kind::Symlink(symlink(link(), at)?),
            b'3' | b'4' | b'6' => Kind::Other,
            b'S' => return Err(malformed(at, "a sparse file: pull without `--sparse`")),
            other => {
                let other = other.escape_ascii();
                return Err(malformed(at, format!("an entry of the unknown kind `{other}`")));
            }
        };
        if path.is_empty() && kind != Kind::Folder {
            return Err(malformed(at, "an entry without a name"));
        }
        if !matches!(kind, Kind::File(_)) && size != 0 {
            return Err(malformed(at, "content of something that is no file"));
        }
        let id = |noted: Option<u64>, field: &[u8], what: &str| {
            let id = noted.map_or_else(|| number(field, at), Ok)?;
            u32::try_from(id).map_err(|_| malformed(at, format!("{what} {id} is too large")))
        };
        let name = |noted: Option<String>, field: &[u8]| {
            noted.unwrap_or_else(|| String::from_utf8_lossy(text(field)).into_owned())
        };
        let mut attributes = extra.attributes;
        attributes.sort();
        Ok(Arrival {
            path,
            kind,
            mode: u32::try_from(number(&header[100..108], at)? & 0o7777).unwrap_or_default(),
            uid: id(extra.uid, &header[108..116], "the owner")?,
            gid: id(extra.gid, &header[116..124], "the group")?,
            user: name(extra.user, &header[265..297]),
            group: name(extra.group, &header[297..329]),
            mtime: extra.mtime.map_or_else(|| seconds(&header[136..148], at), Ok)?,
            attributes,
        })
    }

    /// A long name, of which the last byte is zero.
    fn name(&mut self, size: u64, at: u64) -> Result<Vec<u8>, TarError> {
        let mut name = self.record(size, at)?;
        if name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    fn record(&mut self, size: u64, at: u64) -> Result<Vec<u8>, TarError> {
        if size > RECORD_MAX {
            return Err(malformed(at, format!("a record of {size} bytes")));
        }
        let mut record = vec![0; usize::try_from(size).unwrap_or_default()];
        self.exactly(&mut record)?;
        (self.left, self.padding) = (0, size.next_multiple_of(BLOCK as u64) - size);
        self.pass_over()?;
        Ok(record)
    }

    fn block(&mut self) -> Result<[u8; BLOCK], TarError> {
        let mut block = [0; BLOCK];
        self.exactly(&mut block)?;
        Ok(block)
    }

    fn exactly(&mut self, bytes: &mut [u8]) -> Result<(), TarError> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.from.read(&mut bytes[filled..]) {
                Ok(0) => return Err(TarError::Cut { at: self.at }),
                Ok(count) => {
                    filled += count;
                    self.at += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn pass_over(&mut self) -> Result<(), TarError> {
        let mut rest = std::mem::take(&mut self.left) + std::mem::take(&mut self.padding);
        let mut block = [0; BLOCK];
        while rest > 0 {
            let count = usize::try_from(rest.min(BLOCK as u64)).unwrap_or(BLOCK);
            self.exactly(&mut block[..count])?;
            rest -= count as u64;
        }
        Ok(())
    }

    /// The second block of the end mark, and the zeros that fill the last record.
    fn finish(&mut self) -> Result<(), TarError> {
        if self.block()? != [0; BLOCK] {
            return Err(malformed(self.at, "half an end mark"));
        }
        let mut buffer = [0; BLOCK];
        loop {
            match self.from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) if buffer[..count].iter().all(|&byte| byte == 0) => {
                    self.at += count as u64;
                }
                Ok(_) => return Err(malformed(self.at, "something stands behind the end mark")),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.ended = true;
        Ok(())
    }
}

/// The content of the last entry.
impl<R: Read> Read for Archive<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        if most == 0 {
            return Ok(0);
        }
        let count = self.from.read(&mut bytes[..most])?;
        if count == 0 {
            let cut = TarError::Cut { at: self.at };
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, cut));
        }
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

impl Extra {
    /// Reads pax records: `length key=value` and a line feed each.
    fn read(&mut self, mut records: &[u8], at: u64) -> Result<(), TarError> {
        while !records.is_empty() {
            let bad = || malformed(at, "a pax record that is none");
            let space = records.iter().position(|&byte| byte == b' ').ok_or_else(bad)?;
            let length = digits(&records[..space]).and_then(|n| usize::try_from(n).ok());
            let length = length.filter(|n| *n > space && *n <= records.len()).ok_or_else(bad)?;
            let (record, rest) = records.split_at(length);
            let record = record[space + 1..].strip_suffix(b"\n").ok_or_else(bad)?;
            let equals = record.iter().position(|&byte| byte == b'=').ok_or_else(bad)?;
            let key = std::str::from_utf8(&record[..equals]).map_err(|_| bad())?;
            self.note(key, &record[equals + 1..]).ok_or_else(|| {
                malformed(at, format!("the pax record `{key}` has a value that cannot be"))
            })?;
            if key.starts_with("GNU.sparse.") {
                return Err(malformed(at, "a sparse file: pull without `--sparse`"));
            }
            if key.starts_with("SCHILY.acl.") {
                return Err(malformed(at, "an access list: pull without `--acls`"));
            }
            records = rest;
        }
        Ok(())
    }

    /// Takes one record; nothing when its value cannot be.
    fn note(&mut self, key: &str, value: &[u8]) -> Option<()> {
        let text = || String::from_utf8_lossy(value).into_owned();
        match key {
            "path" => self.path = Some(value.to_vec()),
            "linkpath" => self.link = Some(value.to_vec()),
            "size" => self.size = Some(digits(value)?),
            "uid" => self.uid = Some(digits(value)?),
            "gid" => self.gid = Some(digits(value)?),
            "uname" => self.user = Some(text()),
            "gname" => self.group = Some(text()),
            "mtime" => self.mtime = Some(fraction(value)?),
            _ => {
                if let Some(name) = key.strip_prefix("SCHILY.xattr.") {
                    self.attributes.push((name.to_owned(), value.to_vec()));
                }
            }
        }
        Some(())
    }
}

fn malformed(at: u64, detail: impl Into<String>) -> TarError {
    TarError::Malformed { at, detail: detail.into() }
}

/// Up to the first zero byte.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

fn digits(text: &[u8]) -> Option<u64> {
    let plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| plain)?.parse().ok()
}

/// A number of a header: octal digits, or GNU's bytes behind a set bit.
fn number(field: &[u8], at: u64) -> Result<u64, TarError> {
    let bad = || malformed(at, "a number that is none");
    if field[0] & 0x80 != 0 {
        let (first, rest) = field.split_first().ok_or_else(bad)?;
        return rest.iter().try_fold(u64::from(first & 0x7f), |sum, &byte| {
            sum.checked_mul(256).map(|sum| sum | u64::from(byte)).ok_or_else(bad)
        });
    }
    let trimmed = field.trim_ascii_start();
    let end = trimmed.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(trimmed.len());
    let (octal, rest) = trimmed.split_at(end);
    if rest.iter().any(|byte| !matches!(byte, 0 | b' ')) {
        return Err(bad());
    }
    octal.iter().try_fold(0_u64, |sum, &byte| match byte {
        b'0'..=b'7' => sum.checked_mul(8).map(|sum| sum + u64::from(byte - b'0')).ok_or_else(bad),
        _ => Err(bad()),
    })
}

/// A time of a header; GNU writes one before 1970 as a negative number of 12 bytes.
fn seconds(field: &[u8], at: u64) -> Result<Timestamp, TarError> {
    let negative = field.split_last_chunk::<8>().filter(|_| field[0] == 0xff);
    let seconds = match negative {
        Some((_, low)) => i64::from_be_bytes(*low),
        None => i64::try_from(number(field, at)?).unwrap_or(i64::MAX),
    };
    Ok(instant(SignedDuration::from_secs(seconds)))
}

/// Seconds with a fraction, perhaps negative.
fn fraction(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let seconds = i64::try_from(digits(whole.as_bytes())?).ok()?;
    let part: String = part.chars().chain(std::iter::repeat('0')).take(9).collect();
    let nanoseconds = i32::try_from(digits(part.as_bytes())?).ok()?;
    let duration = SignedDuration::new(seconds, nanoseconds);
    Some(instant(if negative { -duration } else { duration }))
}

/// A time that no calendar holds becomes the nearest that does.
fn instant(since: SignedDuration) -> Timestamp {
    let nearest = if since.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_duration(since).unwrap_or(nearest)
}

fn check_sum(header: &[u8; BLOCK], at: u64) -> Result<(), TarError> {
    let is_sum = |index: usize| (148..156).contains(&index);
    let bytes = header.iter().enumerate();
    let sum: u64 = bytes.map(|(i, &b)| u64::from(if is_sum(i) { b' ' } else { b })).sum();
    if number(&header[148..156], at)? == sum {
        return Ok(());
    }
    Err(malformed(at, "a header whose sum is wrong: it is no tar stream, or damaged"))
}

/// The name as the header has it, in one or two fields.
fn header_path(header: &[u8; BLOCK]) -> Vec<u8> {
    let name = text(&header[..100]);
    let prefix = text(&header[345..500]);
    // GNU's own header keeps other things there.
    if &header[257..263] != b"ustar\0" || prefix.is_empty() {
        return name.to_vec();
    }
    [prefix, name].join(&b'/')
}

/// A path below the archive's folder: relative, and nowhere upwards.
fn plain_path(path: &[u8], at: u64) -> Result<Vec<u8>, TarError> {
    let refuse = |why: &str| Err(malformed(at, format!("`{}`: {why}", path.escape_ascii())));
    if path.len() > PATH_MAX {
        return Err(malformed(at, format!("a path of {} bytes", path.len())));
    }
    if path.starts_with(b"/") {
        return refuse("an absolute path");
    }
    if path.contains(&0) {
        return refuse("a path with a zero byte");
    }
    let parts: Vec<&[u8]> =
        path.split(|&byte| byte == b'/').filter(|part| !matches!(*part, b"" | b".")).collect();
    if parts.contains(&&b".."[..]) {
        return refuse("a path that leads upwards");
    }
    Ok(parts.join(&b'/'))
}

fn symlink(target: Vec<u8>, at: u64) -> Result<Vec<u8>, TarError> {
    if target.is_empty() || target.contains(&0) || target.len() > PATH_MAX {
        return Err(malformed(at, "a symbolic link without a target that can be"));
    }
    Ok(target)
}
