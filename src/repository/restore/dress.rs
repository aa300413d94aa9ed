//! What an entry has besides content: owner, extended attributes with their access lists, mode and
//! time; what it should have, and giving it that.
//!
//! Order: owner (which clears special bits), attributes (an access list changes the mode), mode,
//! time. What is right already is not set, so that an unchanged file keeps its change time.
//!
//! Owners are restored only by root. Whoever is not root gets no set-user-id or set-group-id
//! bits either: they would now mean another user.

use std::io;

use jiff::Timestamp;
use rustix::fs::{AtFlags, Gid, Stat, Timespec, Timestamps, Uid, XattrFlags};
use rustix::fs::{chownat, getxattr, removexattr, setxattr};
use rustix::io::Errno;

use crate::base::fault::Args;
use crate::repository::mode;
use crate::repository::restore::beneath::Handle;
use crate::repository::tree::{Attribute, Node, NodeKind};

const SPECIAL_BITS: u32 = 0o6000;

/// Linux allows attributes of 64 KiB and lists of 64 KiB.
const ATTRIBUTE_MAX: usize = 64 * 1024;

/// Attributes that are taken away where the set has none: they are people's own, or give rights.
/// All others are the file system's or a security module's, which sets them by rules of its own.
const TAKEN_AWAY: [&str; 4] =
    ["user.", "system.posix_acl_access", "system.posix_acl_default", "security.capability"];

/// Who sets metadata.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dresser {
    is_root: bool,
}

/// What could not be set: the message, what it is about, and the system's answer.
pub(super) type Complaint = (&'static str, Args);

impl Dresser {
    pub(super) fn new() -> Self {
        Self { is_root: rustix::process::geteuid().is_root() }
    }

    /// Whether owners and special bits can be restored.
    pub(super) fn is_root(self) -> bool {
        self.is_root
    }

    /// Whether something has other metadata than the set says. What cannot be read differs.
    pub(super) fn differs(self, there: &Handle, node: &Node) -> bool {
        let stat = &there.stat;
        self.owner_differs(stat, node)
            || self.mode_differs(stat, node)
            || time_of(stat) != node.mtime
            || Change::of(there, node).is_none_or(|change| !change.is_none())
    }

    /// Gives something the metadata of the set.
    pub(super) fn dress(self, there: &Handle, node: &Node) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut complain = |id, args: Args, outcome: io::Result<()>| {
            if let Err(error) = outcome {
                complaints.push((id, args.text("reason", error)));
            }
        };
        let mut cleared = false;
        if self.owner_differs(&there.stat, node) {
            let (user, group) = (Uid::from_raw(node.uid), Gid::from_raw(node.gid));
            let outcome = chownat(there, "", Some(user), Some(group), AtFlags::EMPTY_PATH);
            complain("restore-warning-owner", Args::none(), outcome.map_err(Into::into));
            cleared = true;
        }
        let change = Change::of(there, node).unwrap_or_else(|| Change::all_of(node));
        cleared |= !change.is_none();
        for (name, outcome) in change.make(there) {
            let args = Args::none().text("attribute", name);
            complain("restore-warning-attribute", args, outcome.map_err(Into::into));
        }
        let is_link = node.kind == NodeKind::Symlink;
        if !is_link && (cleared || self.mode_differs(&there.stat, node)) {
            complain("restore-warning-mode", Args::none(), there.set_mode(self.mode(node)));
        }
        if time_of(&there.stat) != node.mtime {
            complain("restore-warning-time", Args::none(), set_time(there, node));
        }
        complaints
    }

    fn owner_differs(self, stat: &Stat, node: &Node) -> bool {
        self.is_root && (stat.st_uid, stat.st_gid) != (node.uid, node.gid)
    }

    fn mode_differs(self, stat: &Stat, node: &Node) -> bool {
        node.kind != NodeKind::Symlink && stat.st_mode & 0o7777 != self.mode(node)
    }

    fn mode(self, node: &Node) -> u32 {
        let bits = mode::permissions(node.mode);
        if self.is_root { bits } else { bits & !SPECIAL_BITS }
    }
}

/// What is to be done so that something has the attributes of the set.
struct Change<'n> {
    set: Vec<&'n Attribute>,
    take_away: Vec<String>,
}

impl<'n> Change<'n> {
    /// The change from what is there; `None` if that cannot be read.
    fn of(there: &Handle, node: &'n Node) -> Option<Self> {
        let names = match listed(there) {
            Ok(names) => names,
            // A file system without attributes has none.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Vec::new(),
            Err(_) => return None,
        };
        let take_away = names.into_iter().filter(|name| {
            TAKEN_AWAY.iter().any(|taken| match taken.strip_suffix('.') {
                Some(_) => name.starts_with(taken),
                None => name == taken,
            }) && !node.attributes.iter().any(|attribute| attribute.name == *name)
        });
        let wrong = |attribute: &&Attribute| {
            let mut value = vec![0; ATTRIBUTE_MAX.min(attribute.value.len() + 1)];
            let read = getxattr(there.path(), &attribute.name, &mut value[..]);
            read.ok().and_then(|length| value.get(..length)) != Some(&attribute.value[..])
        };
        Some(Self {
            take_away: take_away.collect(),
            set: node.attributes.iter().filter(wrong).collect(),
        })
    }

    fn all_of(node: &'n Node) -> Self {
        Self { set: node.attributes.iter().collect(), take_away: Vec::new() }
    }

    fn is_none(&self) -> bool {
        self.set.is_empty() && self.take_away.is_empty()
    }

    fn make(self, there: &Handle) -> Vec<(String, rustix::io::Result<()>)> {
        if self.is_none() {
            return Vec::new();
        }
        let path = &there.path();
        let taken = self.take_away.into_iter().map(|name| {
            let outcome = removexattr(path, &name);
            (name, outcome)
        });
        let set = self.set.into_iter().map(|Attribute { name, value }| {
            (name.clone(), setxattr(path, name, value, XattrFlags::empty()))
        });
        taken.chain(set).collect()
    }
}

fn listed(there: &Handle) -> Result<Vec<String>, Errno> {
    // Nearly all files have none or few: the large buffer is for the others.
    let mut names = vec![0; 256];
    let length = match there.list_attributes(&mut names) {
        Err(Errno::RANGE) => {
            names.resize(ATTRIBUTE_MAX, 0);
            there.list_attributes(&mut names)?
        }
        other => other?,
    };
    let names = names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    // None that we take away or set is not UTF-8.
    Ok(names.filter_map(|name| str::from_utf8(name).ok()).map(str::to_owned).collect())
}

/// The time of something that was looked at. One that no calendar holds is nobody's.
pub(super) fn time_of(stat: &Stat) -> Timestamp {
    let nanoseconds = i32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    Timestamp::new(stat.st_mtime, nanoseconds).unwrap_or(Timestamp::MIN)
}

fn set_time(there: &Handle, node: &Node) -> io::Result<()> {
    // Seconds are rounded down and nanoseconds never negative, as the system wants them.
    let nanoseconds = node.mtime.as_nanosecond();
    let time = Timespec {
        tv_sec: i64::try_from(nanoseconds.div_euclid(1_000_000_000))
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?,
        tv_nsec: i64::try_from(nanoseconds.rem_euclid(1_000_000_000))
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?,
    };
    there.set_times(&Timestamps { last_access: time, last_modification: time })
}
