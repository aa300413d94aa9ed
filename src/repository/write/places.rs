//! The folders of a set above its sources: `db`, `media` and whatever paths the caller names.
//!
//! They exist in no file system. Their nodes get the time of the run and our own account.

use std::collections::BTreeMap;

use crate::repository::error::RepositoryError;
use crate::repository::tree::Node;

/// What lies where in the set.
#[derive(Debug, Default)]
pub(super) struct Places {
    entries: BTreeMap<Vec<u8>, Place>,
}

/// One name in a folder of the set.
#[derive(Debug)]
pub(super) enum Place {
    /// A folder that exists in the set only.
    Folder(Places),
    /// A finished file or tree.
    Node(Box<Node>),
    /// Reserved while a source is read.
    Taken,
}

impl Places {
    /// Reserves a path, so that two sources that run at once cannot both have it.
    pub(super) fn reserve(&mut self, path: &str) -> Result<(), RepositoryError> {
        let refuse = |reason| RepositoryError::SetPath { path: path.to_owned(), reason };
        if path.bytes().any(|byte| byte == 0) {
            return Err(refuse("it holds a zero byte"));
        }
        let mut places = self;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            if matches!(part, "" | "." | "..") {
                return Err(refuse("a part of it is empty, `.` or `..`"));
            }
            let last = parts.peek().is_none();
            let fresh = || if last { Place::Taken } else { Place::Folder(Self::default()) };
            let vacant = !places.entries.contains_key(part.as_bytes());
            let place = places.entries.entry(part.as_bytes().to_vec()).or_insert_with(fresh);
            match place {
                Place::Folder(below) if !last => places = below,
                Place::Taken if last && vacant => return Ok(()),
                _ => return Err(refuse("another source of the set is there")),
            }
        }
        Err(refuse("it is empty"))
    }

    /// Puts a node at a path that was reserved.
    pub(super) fn fill(&mut self, path: &str, mut node: Node) {
        let mut places = self;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                node.name = part.as_bytes().to_vec();
                places.entries.insert(part.as_bytes().to_vec(), Place::Node(Box::new(node)));
                return;
            }
            match places.entries.get_mut(part.as_bytes()) {
                Some(Place::Folder(below)) => places = below,
                _ => return,
            }
        }
    }

    /// Everything, by name; what was reserved and never filled is left out.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (Vec<u8>, Place)> {
        self.entries.into_iter().filter(|(_, place)| !matches!(place, Place::Taken))
    }
}
