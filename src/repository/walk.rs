//! Going through everything in a set, folder by folder, or through chosen parts of it.
//!
//! A folder comes before what it holds. A folder that cannot be read is said and passed by. No
//! recursion: the depth of a hostile set is bounded by [`PATH_MAX`], not by our stack.

use std::sync::Arc;
use std::vec::IntoIter;

use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::index::Index;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::tree::{Node, NodeKind};

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
pub struct Walk<'a> {
    repository: &'a Repository,
    index: &'a Index,
    selection: Selection,
    recursive: bool,
    levels: Vec<Level>,
    /// The folder that was just told of, to be read before the next entry.
    next: Option<(Vec<u8>, BlobId)>,
}

struct Level {
    path: Vec<u8>,
    nodes: IntoIter<Node>,
}

impl<'a> Walk<'a> {
    /// Through the parts of the set with the root `tree` that `selection` names.
    pub fn new(
        repository: &'a Repository,
        index: &'a Index,
        tree: BlobId,
        selection: Selection,
    ) -> Self {
        let next = Some((Vec::new(), tree));
        Self { repository, index, selection, recursive: true, levels: Vec::new(), next }
    }

    /// Through what lies directly in a folder whose path in the set is `path`, or all below it.
    pub fn folder(
        repository: &'a Repository,
        index: &'a Index,
        path: Vec<u8>,
        tree: BlobId,
        recursive: bool,
    ) -> Self {
        let next = Some((path, tree));
        Self {
            repository,
            index,
            selection: Selection::default(),
            recursive,
            levels: Vec::new(),
            next,
        }
    }

    fn enter(&mut self, path: Vec<u8>, tree: &BlobId) -> Result<(), Unreadable> {
        if path.len() >= PATH_MAX {
            return Err(Unreadable { path, error: Arc::new(too_deep(tree)) });
        }
        match self.repository.load_tree(self.index, tree) {
            Ok(tree) => {
                self.levels.push(Level { path, nodes: tree.into_nodes().into_iter() });
                Ok(())
            }
            Err(error) => Err(Unreadable { path, error: Arc::new(error) }),
        }
    }
}

/// Why a folder whose path is at [`PATH_MAX`] counts as one that cannot be read.
pub(super) fn too_deep(tree: &BlobId) -> RepositoryError {
    let reason = Malformed::new("tree", "its path is longer than any that Linux takes");
    RepositoryError::damaged(format_args!("tree {tree}"))(reason)
}

impl Iterator for Walk<'_> {
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
