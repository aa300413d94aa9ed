//! What is mounted in and around a folder, as the kernel's table says.
//!
//! Nothing else tells that a file system was mounted over a folder, or taken away and brought back:
//! the folder's own numbers may be the same before and after. Read anew with each question.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatxFlags, statx};

use crate::world::files::FileError;

/// The kernel's table.
const TABLE: &str = "/proc/self/mountinfo";

/// A hundred thousand mounts, the kernel's own limit, in long lines.
const TABLE_MAX: u64 = 64 << 20;

/// `STATX_MNT_ID_UNIQUE`, of Linux 6.8: a number that no later mount gets again.
const UNIQUE: StatxFlags = StatxFlags::from_bits_retain(0x4000);

/// A mounted file system. Two that are equal are the same mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where it stands, without links.
    pub place: PathBuf,
    /// Its number and its parent's, its device and what of it is mounted, as the table has them.
    what: Vec<Vec<u8>>,
    /// The number of the topmost mount at this place that is never given again; before Linux 6.8
    /// there is none, and a number of the table may come back.
    unique: Option<u64>,
}

/// The mount that `folder` lies on, and all that are at or below it, in the table's order. A link
/// at this place is followed.
pub fn around(folder: &Path) -> Result<Vec<Mount>, FileError> {
    let folder = std::fs::canonicalize(folder).map_err(FileError::io("examine", folder))?;
    let all = parse(&read()?);
    let above = all.iter().filter(|(place, _)| folder.starts_with(place));
    // Of those at one place the last one covers the others; all of them count.
    let innermost =
        above.map(|(place, _)| place.clone()).max_by_key(|place| place.as_os_str().len());
    let near = all
        .into_iter()
        .filter(|(place, _)| place.starts_with(&folder) || innermost.as_ref() == Some(place));
    Ok(near.map(|(place, what)| Mount { unique: unique(&place), place, what }).collect())
}

/// All mount points.
pub(super) fn points() -> Result<impl Iterator<Item = PathBuf>, FileError> {
    Ok(parse(&read()?).into_iter().map(|(place, _)| place))
}

fn read() -> Result<Vec<u8>, FileError> {
    let table = Path::new(TABLE);
    let mut text = Vec::new();
    let file = File::open(table).map_err(FileError::io("read", table))?;
    file.take(TABLE_MAX).read_to_end(&mut text).map_err(FileError::io("read", table))?;
    Ok(text)
}

/// Where each line's mount stands (the fifth field), and the fields before.
fn parse(table: &[u8]) -> Vec<(PathBuf, Vec<Vec<u8>>)> {
    let lines = table.split(|&byte| byte == b'\n');
    let mount = |line: &[u8]| {
        let mut fields = line.split(|&byte| byte == b' ');
        let what: Vec<_> = fields.by_ref().take(4).map(<[u8]>::to_vec).collect();
        Some((plain(fields.next()?), what))
    };
    lines.filter_map(mount).collect()
}

/// Spaces, tabs, line breaks and backslashes are written in octal.
fn plain(field: &[u8]) -> PathBuf {
    let mut plain = Vec::new();
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| byte == b'\\');
        let value =
            octal.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok());
        plain.push(value.unwrap_or(byte));
        rest = if value.is_some() { &after[3..] } else { after };
    }
    PathBuf::from(OsString::from_vec(plain))
}

fn unique(place: &Path) -> Option<u64> {
    // A server that does not answer is not asked.
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
    let stat = statx(CWD, place, flags, UNIQUE).ok()?;
    (stat.stx_mask & UNIQUE.bits() != 0).then_some(stat.stx_mnt_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_up_to_its_place_and_a_torn_one_is_none() {
        let table =
            b"36 35 98:0 /mnt1 /srv/h\\303\\254nh\\040a rw - ext3 /dev/root rw\n37 36 98:1 /\n";
        let found = parse(table);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, Path::new("/srv/hình a"));
        assert_eq!(found[0].1, [&b"36"[..], b"35", b"98:0", b"/mnt1"]);
    }

    #[test]
    fn every_folder_lies_on_a_mount_and_one_that_is_not_there_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let around_it = around(folder.path()).unwrap();
        assert!(!around_it.is_empty());
        assert!(around_it.iter().all(|mount| folder.path().starts_with(&mount.place)));
        assert_eq!(around_it, around(folder.path()).unwrap());
        around(&folder.path().join("gone")).unwrap_err();
    }
}
