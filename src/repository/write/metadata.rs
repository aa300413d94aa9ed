//! What the file system says of a file, as a node has it.

use std::os::fd::AsFd;

use jiff::{SignedDuration, Timestamp};
use rustix::fs::{Stat, fgetxattr, flistxattr};
use rustix::io::Errno;

use crate::repository::account::Accounts;
use crate::repository::mode;
use crate::repository::tree::{Attribute, Node, NodeKind};

/// Linux allows attributes of 64 KiB and lists of 64 KiB.
const ATTRIBUTE_MAX: usize = 64 * 1024;

/// The node of a file, folder or link, without content.
pub(super) fn node(accounts: &Accounts, name: &[u8], stat: &Stat) -> Node {
    let kind = NodeKind::of(stat);
    let mtime = time(stat.st_mtime, stat.st_mtime_nsec);
    let several = kind == NodeKind::File && stat.st_nlink > 1;
    Node {
        name: name.to_vec(),
        kind,
        mode: mode::from_unix(stat.st_mode),
        mtime,
        atime: mtime,
        ctime: time(stat.st_ctime, stat.st_ctime_nsec),
        uid: stat.st_uid,
        gid: stat.st_gid,
        user: accounts.user(stat.st_uid),
        group: accounts.group(stat.st_gid),
        inode: stat.st_ino,
        device_id: if several { stat.st_dev } else { 0 },
        links: stat.st_nlink,
        ..Node::default()
    }
}

/// A time of the file system. One that no calendar holds becomes the nearest that does.
pub(in crate::repository) fn time(seconds: i64, nanoseconds: impl TryInto<i32>) -> Timestamp {
    let nanoseconds = nanoseconds.try_into().unwrap_or(0);
    let duration = SignedDuration::new(seconds, nanoseconds);
    let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_duration(duration).unwrap_or(nearest)
}

/// The extended attributes of an open file, and why some could not be read.
///
/// A file system without attributes has none. Names that are not UTF-8 cannot be stored in the
/// format; no program is known to make them.
pub(super) fn attributes(file: impl AsFd) -> (Vec<Attribute>, Vec<String>) {
    let mut unreadable = Vec::new();
    let names = match list(file.as_fd()) {
        Ok(names) => names,
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Vec::new(),
        Err(error) => {
            unreadable.push(format!("its attributes cannot be listed: {error}"));
            Vec::new()
        }
    };
    let mut attributes = Vec::new();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let Ok(name) = str::from_utf8(name) else {
            unreadable.push("an attribute has a name that is not UTF-8".to_owned());
            continue;
        };
        match value(file.as_fd(), name) {
            Ok(value) => attributes.push(Attribute { name: name.to_owned(), value }),
            // It was removed since it was listed.
            Err(Errno::NODATA) => {}
            Err(error) => unreadable.push(format!("its attribute `{name}` is unreadable: {error}")),
        }
    }
    attributes.sort_by(|a, b| a.name.cmp(&b.name));
    (attributes, unreadable)
}

fn list(file: impl AsFd) -> Result<Vec<u8>, Errno> {
    // Nearly all files have none or few: the large buffer is for the others.
    let mut names = vec![0; 256];
    match flistxattr(file.as_fd(), &mut names) {
        Err(Errno::RANGE) => {
            names.resize(ATTRIBUTE_MAX, 0);
            let length = flistxattr(file, &mut names)?;
            names.truncate(length);
        }
        other => names.truncate(other?),
    }
    Ok(names)
}

fn value(file: impl AsFd, name: &str) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0; ATTRIBUTE_MAX];
    let length = fgetxattr(file, name, &mut value)?;
    value.truncate(length);
    Ok(value)
}
