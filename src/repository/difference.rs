//! What differs between two sets: folders that are the same are not looked into.

use crate::base::cancel::Cancel;
use crate::repository::browse::{BrowseError, Browser};
use crate::repository::error::RepositoryError;
use crate::repository::find::LOOKED_AT_MAX;
use crate::repository::id::BlobId;
use crate::repository::tree::{Node, NodeKind, Tree};
use crate::repository::walk::{PATH_MAX, join, normal, too_deep};

/// How something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the second set has it.
    Added,
    /// Only the first set has it.
    Removed,
    /// It is something else, such as a folder in place of a file.
    Kind,
    /// Its content, or where a link leads.
    Content,
    /// Only mode, owner or time.
    Metadata,
}

/// Something that differs.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Its path in the sets.
    pub path: Vec<u8>,
    /// How.
    pub change: Change,
    /// In the first set, where it is there.
    pub before: Option<Node>,
    /// In the second set, where it is there.
    pub after: Option<Node>,
}

/// All that differs, in the order of paths; and the folders that could not be read.
#[derive(Debug, Default)]
pub struct Differences {
    /// What differs.
    pub all: Vec<Difference>,
    /// Folders of which nothing can be said.
    pub unreadable: Vec<(Vec<u8>, RepositoryError)>,
    /// There is more than can be looked at: the rest is not told.
    pub cut: bool,
}

/// Compares two trees of one repository, both of which stand at `path` in their sets. What is in a folder that only one of them has is told one
/// by one.
pub fn between(
    browser: &Browser<'_>,
    path: &[u8],
    first: &BlobId,
    second: &BlobId,
    cancel: &Cancel,
) -> Result<Differences, BrowseError> {
    let mut told = Differences::default();
    let mut open = vec![(normal(path), Some(*first), Some(*second))];
    let mut looked_at = 0_usize;
    while let Some((path, before, after)) = open.pop() {
        if cancel.is_cancelled() {
            return Err(BrowseError::Cancelled);
        }
        let Some(tree) = before.or(after).filter(|_| before != after) else { continue };
        // Folders of two sets that name each other can be paired for ever without a difference.
        looked_at += 1;
        if (told.all.len() + open.len()).max(looked_at) >= LOOKED_AT_MAX {
            told.cut = true;
            break;
        }
        if path.len() >= PATH_MAX {
            told.unreadable.push((path, too_deep(&tree)));
            continue;
        }
        let read = |tree: Option<BlobId>| tree.map(|tree| browser.tree(&tree)).transpose();
        let (before, after) = match (read(before), read(after)) {
            (Ok(before), Ok(after)) => (before, after),
            (Err(error), _) | (_, Err(error)) => {
                told.unreadable.push((path, error));
                continue;
            }
        };
        let nodes = |tree: Option<Tree>| tree.map(Tree::into_nodes).unwrap_or_default();
        for (before, after) in pairs(nodes(before), nodes(after)) {
            let name = before.as_ref().or(after.as_ref()).map(|node| node.name.clone());
            let below = join(&path, &name.unwrap_or_default());
            let folder = |node: &Option<Node>| {
                node.as_ref().filter(|node| node.kind == NodeKind::Dir).and_then(|n| n.subtree)
            };
            open.push((below.clone(), folder(&before), folder(&after)));
            if let Some(change) = change(before.as_ref(), after.as_ref()) {
                told.all.push(Difference { path: below, change, before, after });
            }
        }
    }
    told.all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(told)
}

/// Nodes of one name beside each other. Both lists are in the order of names.
fn pairs(before: Vec<Node>, after: Vec<Node>) -> Vec<(Option<Node>, Option<Node>)> {
    let mut pairs = Vec::new();
    let (mut before, mut after) = (before.into_iter().peekable(), after.into_iter().peekable());
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(one), Some(other)) => one.name.cmp(&other.name),
        };
        pairs.push((
            order.is_le().then(|| before.next()).flatten(),
            order.is_ge().then(|| after.next()).flatten(),
        ));
    }
}

fn change(before: Option<&Node>, after: Option<&Node>) -> Option<Change> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (Some(_), None) => return Some(Change::Removed),
        (None, _) => return Some(Change::Added),
    };
    let dress = |node: &Node| (node.mode, node.uid, node.gid, node.mtime);
    if before.kind != after.kind {
        Some(Change::Kind)
    } else if before.content != after.content || before.link_target != after.link_target {
        Some(Change::Content)
    } else if before.kind != NodeKind::Dir && dress(before) != dress(after) {
        Some(Change::Metadata)
    } else {
        None
    }
}
