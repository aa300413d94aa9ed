//! Going through everything in a set, folder by folder, or through chosen parts of it.
//!
//! A folder comes before what it holds. A folder that cannot be read is said and passed by. No
//! recursion: the depth of a hostile set is bounded by [`PATH_MAX`], not by our stack.

mod ahead;

use std::sync::Arc;
use std::vec::IntoIter;

use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::index_read::IndexRead;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::tree::{Node, NodeKind, Tree};
use crate::repository::walk::ahead::{Ahead, Below};

/// The longest path that Linux takes. Below a longer one nothing could be restored, and a set
/// could be made whose paths never end: a folder with such a path counts as one that cannot be read.
pub(super) const PATH_MAX: usize = 4096;

/// Something in a set.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path from the root of the set, without a leading `/`; any bytes.
    pub path: Vec<u8>,
    /// How many folders are above it.
    pub depth: usize,
    /// What the set says of it.
    pub node: Node,
}

/// A folder of a set that cannot be read, and with it everything below.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Its path from the root of the set; empty for the root itself.
    pub path: Vec<u8>,
    /// Why.
    pub error: Arc<RepositoryError>,
}

/// Parts of a set: everything at or below any of some paths.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Empty: everything. Without leading, trailing or doubled `/`.
    paths: Vec<Vec<u8>>,
}

impl Selection {
    /// Everything at or below any of `paths`; everything at all if there are none, or if one of
    /// them is the root.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let paths: Vec<_> = paths.into_iter().map(normal).collect();
        if paths.iter().any(Vec::is_empty) { Self::default() } else { Self { paths } }
    }

    pub(super) fn takes(&self, path: &[u8]) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|chosen| is_at_or_below(path, chosen))
    }

    /// Whether `folder` is above something chosen.
    fn leads_to(&self, folder: &[u8]) -> bool {
        self.paths.iter().any(|chosen| is_at_or_below(chosen, folder))
    }
}

/// `path` without what does not count.
pub(super) fn normal(path: &[u8]) -> Vec<u8> {
    let components = path.split(|byte| *byte == b'/');
    let components: Vec<_> =
        components.filter(|component| !matches!(*component, b"" | b".")).collect();
    components.join(&b'/')
}

pub(super) fn is_at_or_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
}

/// The entries of a set, each folder before what it holds.
pub struct Walk {
    selection: Selection,
    recursive: bool,
    ahead: Ahead,
    levels: Vec<Level>,
    /// The folder that was just told of, to be read before the next entry.
    next: Option<(Vec<u8>, BlobId)>,
}

struct Level {
    path: Vec<u8>,
    nodes: IntoIter<Node>,
    below: Below,
}

impl Walk {
    /// Through the parts of the set with the root `tree` that `selection` names.
    pub(super) fn new(
        repository: &Repository,
        read: &Arc<IndexRead>,
        tree: BlobId,
        selection: Selection,
    ) -> Self {
        let next = Some((Vec::new(), tree));
        let ahead = Ahead::new(repository, read);
        Self { selection, recursive: true, ahead, levels: Vec::new(), next }
    }

    /// Through what lies directly in a folder whose path in the set is `path`, or all below it.
    pub(super) fn folder(
        repository: &Repository,
        read: &Arc<IndexRead>,
        path: Vec<u8>,
        tree: BlobId,
        recursive: bool,
    ) -> Self {
        let walk = Self::new(repository, read, tree, Selection::default());
        Self { recursive, next: Some((path, tree)), ..walk }
    }

    fn enter(&mut self, path: Vec<u8>, tree: &BlobId) -> Result<(), Unreadable> {
        let above = self.levels.last_mut().map(|level| &mut level.below);
        let read = self.ahead.take(tree, above);
        let read = if path.len() < PATH_MAX { read } else { Err(too_deep(tree)) };
        match read {
            Ok(tree) => {
                let mut below = Below::new(self.folders_below(&path, &tree));
                self.ahead.ask(&mut below);
                let nodes = tree.into_nodes().into_iter();
                self.levels.push(Level { path, nodes, below });
                Ok(())
            }
            Err(error) => Err(Unreadable { path, error: Arc::new(error) }),
        }
    }

    /// What the walk will enter of what lies in a folder.
    fn folders_below(&self, path: &[u8], tree: &Tree) -> Vec<BlobId> {
        if !self.recursive {
            return Vec::new();
        }
        let nodes = tree.nodes().iter().filter(|node| node.kind == NodeKind::Dir);
        let entered = nodes.filter(|node| {
            let path = join(path, &node.name);
            self.selection.takes(&path) || self.selection.leads_to(&path)
        });
        entered.filter_map(|node| node.subtree).collect()
    }
}

/// Why a folder whose path is at [`PATH_MAX`] counts as one that cannot be read.
pub(super) fn too_deep(tree: &BlobId) -> RepositoryError {
    let reason = Malformed::new("tree", "its path is longer than any that Linux takes");
    RepositoryError::damaged(format_args!("tree {tree}"))(reason)
}

impl Iterator for Walk {
    type Item = Result<Entry, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((path, tree)) = self.next.take()
            && let Err(unreadable) = self.enter(path, &tree)
        {
            return Some(Err(unreadable));
        }
        loop {
            let depth = self.levels.len().checked_sub(1)?;
            let level = &mut self.levels[depth];
            let Some(node) = level.nodes.next() else {
                self.levels.pop();
                continue;
            };
            let path = join(&level.path, &node.name);
            let is_folder = node.kind == NodeKind::Dir;
            if !(self.selection.takes(&path) || is_folder && self.selection.leads_to(&path)) {
                continue;
            }
            if is_folder && self.recursive {
                self.next = node.subtree.map(|tree| (path.clone(), tree));
            }
            return Some(Ok(Entry { path, depth, node }));
        }
    }
}

/// `name` in `folder`.
pub(super) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() {
        return name.to_vec();
    }
    [folder, b"/", name].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_takes_whole_components_only() {
        let selection = Selection::new([&b"/media//files/"[..], b"db"]);
        for (path, taken, leads) in [
            ("media", false, true),
            ("media/files", true, true),
            ("media/files/a", true, false),
            ("media/files2", false, false),
            ("db", true, true),
            ("db/x", true, false),
            ("d", false, false),
        ] {
            assert_eq!(selection.takes(path.as_bytes()), taken, "{path}");
            assert_eq!(selection.leads_to(path.as_bytes()), leads, "{path}");
        }
        assert!(Selection::new([&b"/"[..]]).takes(b"anything"));
        assert!(Selection::default().takes(b"anything"));
    }
}
