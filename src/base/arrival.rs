//! Files, folders and links as a stream brings them, one after the other.
//!
//! Whoever reads the stream promises that paths are plain: relative, without empty, `.` or `..`
//! parts, without zero bytes.

use jiff::Timestamp;

/// One thing of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// From the folder that the stream stands for; empty for that folder itself.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: ArrivalKind,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Owner's name, empty if unknown.
    pub user: String,
    /// Group's name, empty if unknown.
    pub group: String,
    /// When its content changed.
    pub mtime: Timestamp,
    /// Extended attributes, by name.
    pub attributes: Vec<(String, Vec<u8>)>,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArrivalKind {
    /// A file of so many bytes, which are read next.
    File(u64),
    /// A folder.
    Folder,
    /// A symbolic link to this.
    Symlink(Vec<u8>),
    /// One more name of an earlier file, by its path.
    Link(Vec<u8>),
    /// A device or a pipe.
    Other,
}
