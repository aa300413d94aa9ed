//! Trees: one folder each, a sorted list of nodes, as restic's JSON.
//!
//! Written byte for byte as restic writes them (field order, escapes, final line end), so that
//! restic's own rewriting finds nothing it would lose. Read with every unknown field ignored, but
//! with names that could leave the folder refused: a name is one path component, nothing else.

use jiff::Timestamp;
use rustix::fs::{FileType, Stat};
use serde::{Deserialize, Serialize};

use crate::repository::id::BlobId;
use crate::repository::malformed::Malformed;
use crate::repository::node::NodeJson;

const WHAT: &str = "tree";

/// What a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeKind {
    /// A regular file.
    #[default]
    File,
    /// A folder.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A block device.
    Dev,
    /// A character device.
    CharDev,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// What restic writes for a file of no known kind.
    #[serde(other)]
    Irregular,
}

impl NodeKind {
    /// What a look at a thing says that it is.
    pub(super) fn of(stat: &Stat) -> Self {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Dir,
            FileType::Symlink => Self::Symlink,
            FileType::BlockDevice => Self::Dev,
            FileType::CharacterDevice => Self::CharDev,
            FileType::Fifo => Self::Fifo,
            FileType::Socket => Self::Socket,
            FileType::Unknown => Self::Irregular,
        }
    }
}

/// An extended attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, such as `user.checksum`.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// A file, folder or other thing in a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name: one path component of any bytes.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: NodeKind,
    /// Mode in Go's form; see [`mode`](crate::repository::mode).
    pub mode: u32,
    /// When its content changed.
    pub mtime: Timestamp,
    /// When it was read; we write `mtime`, since the time of reading would make every tree new.
    pub atime: Timestamp,
    /// When its content or metadata changed.
    pub ctime: Timestamp,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Owner's name at that time, empty if unknown.
    pub user: String,
    /// Group's name at that time, empty if unknown.
    pub group: String,
    /// Inode number.
    pub inode: u64,
    /// Device of the file system; for files with several names only, to find those again.
    pub device_id: u64,
    /// Bytes of a file: the sum of its blobs' plain lengths.
    pub size: u64,
    /// How many names the file has.
    pub links: u64,
    /// Where a symbolic link points.
    pub link_target: Vec<u8>,
    /// Extended attributes.
    pub attributes: Vec<Attribute>,
    /// Device number of a device.
    pub device: u64,
    /// The blobs of a file, in order; `None` for everything else.
    pub content: Option<Vec<BlobId>>,
    /// The tree of a folder.
    pub subtree: Option<BlobId>,
}

/// A folder: its nodes, sorted by the bytes of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Invariant: strictly ascending names.
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct TreeJson<'a> {
    #[serde(borrow)]
    nodes: Vec<NodeJson<'a>>,
}

impl Tree {
    /// A folder of these nodes, in any order. Of two nodes with one name the first is kept.
    pub fn new(mut nodes: Vec<Node>) -> Self {
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        nodes.dedup_by(|later, first| later.name == first.name);
        Self { nodes }
    }

    /// The nodes, sorted.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The nodes, sorted.
    pub fn into_nodes(self) -> Vec<Node> {
        self.nodes
    }

    /// The node of that name.
    pub fn find(&self, name: &[u8]) -> Option<&Node> {
        self.nodes.get(self.place(name)?)
    }

    /// Where among the nodes the one of that name is.
    pub fn place(&self, name: &[u8]) -> Option<usize> {
        self.nodes.binary_search_by(|node| node.name.as_slice().cmp(name)).ok()
    }

    /// Reads a tree blob.
    pub fn parse(json: &[u8]) -> Result<Self, Malformed> {
        let tree: TreeJson<'_> = serde_json::from_slice(json).map_err(Malformed::because(WHAT))?;
        let nodes =
            tree.nodes.into_iter().map(NodeJson::into_node).collect::<Result<Vec<_>, _>>()?;
        for node in &nodes {
            check_name(&node.name)?;
            check_content(node)?;
        }
        if !nodes.is_sorted_by(|a, b| a.name < b.name) {
            return Err(Malformed::new(WHAT, "its names are not in order"));
        }
        Ok(Self { nodes })
    }

    /// The bytes of the tree blob, appended to `json`.
    pub fn write(&self, json: &mut Vec<u8>) -> Result<(), Malformed> {
        json.extend_from_slice(b"{\"nodes\":[");
        for (number, node) in self.nodes.iter().enumerate() {
            if number > 0 {
                json.push(b',');
            }
            NodeJson::of(node).write(json)?;
        }
        json.extend_from_slice(b"]}\n");
        Ok(())
    }
}

/// A folder that does not say what is in it would come back empty, as if it had been so; restic
/// calls it damaged too. A link that points nowhere cannot be made.
fn check_content(node: &Node) -> Result<(), Malformed> {
    let lacks = match node.kind {
        NodeKind::Dir if node.subtree.is_none() => "folder does not say what it holds",
        NodeKind::Symlink if node.link_target.is_empty() => "link does not say where it points",
        _ => return Ok(()),
    };
    let name = node.name.escape_ascii();
    Err(Malformed::new(WHAT, format_args!("`{name}`: the {lacks}")))
}

/// A name that is not one path component would write outside the folder that is restored.
fn check_name(name: &[u8]) -> Result<(), Malformed> {
    if matches!(name, b"" | b"." | b"..") || name.iter().any(|byte| matches!(byte, b'/' | 0)) {
        let shown = name.escape_ascii();
        return Err(Malformed::new(WHAT, format_args!("`{shown}` is not a file name")));
    }
    Ok(())
}
