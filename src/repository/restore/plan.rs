//! What is to be restored: the entries of the set, before any byte of content is looked at.
//!
//! Memory: about half a kilobyte an entry and 33 bytes a blob of content.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::cancel::Cancel;
use crate::base::fault::{Args, Fault, Message};
use crate::repository::blob::BlobKind;
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::index::Index;
use crate::repository::index_read::is_unreachable;
use crate::repository::open::Repository;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::{Lost, Restored, Warning};
use crate::repository::tree::{Node, NodeKind};
use crate::repository::walk::{Selection, Walk, is_at_or_below, normal};

/// Sixteen times the largest portal we planned for, and about 8 GB of plan. A hostile set can
/// name one folder a million times within itself; this ends it.
const ENTRIES_MAX: usize = 16_000_000;

/// All that is to be restored. Folders come before what they hold.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) entries: Vec<Planned>,
    lost: Vec<Lost>,
    warnings: Vec<Warning>,
}

/// One entry of the set and what becomes of it.
#[derive(Debug)]
pub(super) struct Planned {
    /// Its path in the set.
    pub(super) path: Box<[u8]>,
    /// What the set says of it. The content has moved to `content`.
    pub(super) node: Node,
    /// The pieces of a regular file, in order.
    pub(super) content: Vec<PiecePlan>,
    /// This is another name of that entry, which comes before.
    pub(super) link_to: Option<usize>,
    /// The file was just created: where nothing is written it reads as zeros.
    pub(super) fresh: bool,
    /// It cannot be restored, or not whole; the reason is in the plan's list.
    pub(super) lost: bool,
}

/// A piece of a file's content.
#[derive(Clone, Copy, Debug)]
pub(super) struct PiecePlan {
    pub(super) id: BlobId,
    pub(super) length: u32,
    /// A resumed restore found it in its place.
    pub(super) kept: bool,
}

impl Planned {
    /// The bytes of content.
    pub(super) fn bytes(&self) -> u64 {
        self.content.iter().map(|piece| u64::from(piece.length)).sum()
    }

    /// Whether content is to be written for it.
    pub(super) fn has_content(&self) -> bool {
        self.node.kind == NodeKind::File && self.link_to.is_none() && !self.lost
    }
}

impl Plan {
    /// Walks the chosen parts of the set with the root `tree`.
    pub(super) fn of(
        repository: &Repository,
        index: &Index,
        tree: BlobId,
        selection: Selection,
        cancel: &Cancel,
    ) -> Result<Self, RestoreError> {
        let mut plan = Self::default();
        let mut links = HashMap::new();
        for entry in Walk::new(repository, index, tree, selection) {
            if cancel.is_cancelled() {
                return Err(RestoreError::Cancelled);
            }
            match entry {
                Ok(entry) => plan.add(index, entry.path, entry.node, &mut links)?,
                Err(unreadable) if is_unreachable(&unreadable.error) => {
                    // Nobody else holds the error yet: the walk made it a moment ago.
                    return Err(Arc::try_unwrap(unreadable.error)
                        .map_or(RestoreError::Cancelled, RestoreError::Repository));
                }
                Err(unreadable) => {
                    plan.lost.push(Lost { path: unreadable.path, fault: unreadable.error });
                }
            }
        }
        Ok(plan)
    }

    fn add(
        &mut self,
        index: &Index,
        path: Vec<u8>,
        mut node: Node,
        links: &mut HashMap<(u64, u64), usize>,
    ) -> Result<(), RestoreError> {
        let number = self.entries.len();
        if number >= ENTRIES_MAX {
            return Err(RestoreError::TooManyEntries { most: ENTRIES_MAX as u64 });
        }
        if matches!(
            node.kind,
            NodeKind::Dev | NodeKind::CharDev | NodeKind::Socket | NodeKind::Irregular
        ) {
            let message = Message::new("restore-warning-kind");
            self.warnings.push(Warning { path, message });
            return Ok(());
        }
        let ids = node.content.take().unwrap_or_default();
        let content = ids.iter().map(|id| piece(index, id)).collect::<Result<Vec<_>, _>>();
        let (content, lost) = match content {
            Ok(content) => (content, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let mut link_to = None;
        if node.kind == NodeKind::File && node.links > 1 {
            let first = *links.entry((node.device_id, node.inode)).or_insert(number);
            // A set that calls two different files one is not believed.
            link_to = (first != number && self.entries[first].has(&ids)).then_some(first);
        }
        let mut planned =
            Planned { path: path.into(), node, content, link_to, fresh: false, lost: false };
        if let Some(error) = lost {
            planned.lost = true;
            self.lost.push(Lost { path: planned.path.to_vec(), fault: Arc::new(error) });
        }
        self.entries.push(planned);
        Ok(())
    }

    /// Refuses a path at which the set has nothing: a typing error must not restore nothing.
    pub(super) fn require_paths(&self, only: &[PathBuf]) -> Result<(), RestoreError> {
        for wanted in only {
            let path = normal(wanted.as_os_str().as_bytes());
            let there = |found: &[u8]| found == path || is_at_or_below(&path, found);
            let found = path.is_empty()
                || self.entries.iter().any(|entry| *entry.path == *path)
                // What lies in an unreadable folder is lost, not misspelt.
                || self.lost.iter().any(|lost| lost.path.is_empty() || there(&lost.path));
            if !found {
                return Err(RestoreError::NoSuchPath { path: wanted.display().to_string() });
            }
        }
        Ok(())
    }

    /// Notes that an entry cannot be restored, or not whole. The first reason stays.
    pub(super) fn lose(&mut self, number: usize, fault: Arc<dyn Fault>) {
        let entry = &mut self.entries[number];
        if !entry.lost {
            entry.lost = true;
            self.lost.push(Lost { path: entry.path.to_vec(), fault });
        }
    }

    /// Why the entry at `path` was lost.
    pub(super) fn reason_of(&self, path: &[u8]) -> Option<Arc<dyn Fault>> {
        let lost = self.lost.iter().find(|lost| lost.path == path)?;
        Some(Arc::clone(&lost.fault))
    }

    /// Bytes of content to be restored.
    pub(super) fn bytes(&self) -> u64 {
        let with_content = self.entries.iter().filter(|entry| entry.has_content());
        with_content.map(Planned::bytes).sum()
    }

    /// Notes that an entry is not all that it was, while its content is.
    pub(super) fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    /// What came of the plan.
    pub(super) fn into_report(mut self, kept_bytes: u64, fetched_bytes: u64) -> Restored {
        self.lost.sort_by(|a, b| a.path.cmp(&b.path));
        let mut report =
            Restored { bytes: self.bytes(), kept_bytes, fetched_bytes, ..Restored::default() };
        for entry in self.entries.iter().filter(|entry| !entry.lost) {
            match entry.node.kind {
                NodeKind::File => report.files += 1,
                NodeKind::Dir => report.folders += 1,
                _ => report.others += 1,
            }
        }
        Restored { lost: self.lost, warnings: self.warnings, ..report }
    }
}

impl Planned {
    fn has(&self, ids: &[BlobId]) -> bool {
        !self.lost && self.content.iter().map(|piece| &piece.id).eq(ids)
    }
}

fn piece(index: &Index, id: &BlobId) -> Result<PiecePlan, RepositoryError> {
    let unknown = RepositoryError::BlobUnknown { kind: BlobKind::Data, id: *id };
    let location = index.find(BlobKind::Data, id).ok_or(unknown)?;
    // A longer piece than the format knows cannot be opened; reading it says so.
    let length = u32::try_from(location.blob.plain_length()).unwrap_or(u32::MAX);
    Ok(PiecePlan { id: *id, length, kept: false })
}

impl Selection {
    /// The paths of a restore, as a person gives them.
    pub(super) fn of_paths(paths: &[PathBuf]) -> Self {
        Self::new(paths.iter().map(|path| path.as_os_str().as_bytes()))
    }
}

/// A warning about one entry.
pub(super) fn warning(path: &[u8], id: &'static str, args: Args) -> Warning {
    Warning { path: path.to_vec(), message: Message::with(id, args) }
}

/// Bytes as a path.
pub(super) fn as_path(bytes: &[u8]) -> &std::path::Path {
    std::path::Path::new(OsStr::from_bytes(bytes))
}
