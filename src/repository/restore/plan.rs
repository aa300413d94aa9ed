//! What is to be restored: the entries of the set, before any byte of content is looked at.
//!
//! Memory: about half a kilobyte an entry and 33 bytes a blob of content.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::cancel::Cancel;
use crate::base::fault::{Args, Fault, Message};
use crate::repository::blob::BlobKind;
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::index::Index;
use crate::repository::index_read::{IndexRead, is_unreachable};
use crate::repository::open::Repository;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::report::{Lost, Restored, Warning};
use crate::repository::tree::{Node, NodeKind};
use crate::repository::walk::{Selection, Walk, is_at_or_below, normal};

/// Sixteen times the largest portal we planned for, and about 8 GB of plan. A hostile set can
/// name one folder a million times within itself; this ends it.
const ENTRIES_MAX: usize = 16_000_000;

/// All that is to be restored. Folders come before what they hold.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) entries: Vec<Planned>,
    /// Devices, sockets and the like: in the set, and not restored.
    pub(super) passed_over: Vec<Vec<u8>>,
    /// What the set does not have, to be deleted.
    pub(super) surplus: Vec<Vec<u8>>,
    /// What is in the way of entries and is deleted when they are made.
    pub(super) cleared: Vec<Vec<u8>>,
    lost: Vec<Lost>,
    warnings: Vec<Warning>,
}

/// What becomes of an entry, beside what stands in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing is there.
    #[default]
    New,
    /// It is there: of its kind, and with its content.
    There,
    /// A file is there, and what differs is written into it.
    InPlace,
    /// What is there gives way as a whole.
    Anew,
    /// The rule leaves what is there as it is.
    Left,
    /// A folder is there in place of something else, or something else in place of a folder.
    Blocked,
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
    /// What becomes of it.
    pub(super) fate: Fate,
    /// It is there, with other metadata than in the set.
    pub(super) redress: bool,
    /// How this restore has opened the file, if it has: it may then hold half of its content.
    pub(super) opened: Option<Opened>,
    /// It cannot be restored, or not whole; the reason is in the plan's list.
    pub(super) lost: bool,
    /// Bytes on the disk that the file in its place takes now.
    pub(super) taken: u64,
}

/// How a file was opened to be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// With what it held.
    AsItWas,
    /// It was just created: where nothing is written it reads as zeros.
    Fresh,
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

    /// Whether it is a regular file, or another name of one.
    pub(super) fn is_file(&self) -> bool {
        self.node.kind == NodeKind::File
    }

    /// Whether it is a folder.
    pub(super) fn is_folder(&self) -> bool {
        self.node.kind == NodeKind::Dir
    }

    /// Bytes on the disk that are taken beyond what is in its place now.
    fn space(&self) -> u64 {
        if self.has_content() && self.fate != Fate::There {
            self.bytes().saturating_sub(self.taken)
        } else {
            0
        }
    }

    /// Notes that nothing of its content is there.
    pub(super) fn keep_nothing(&mut self) {
        self.content.iter_mut().for_each(|piece| piece.kept = false);
    }

    /// Whether content is to be written for it.
    pub(super) fn has_content(&self) -> bool {
        self.is_file() && self.link_to.is_none() && !self.lost && self.fate != Fate::Left
    }
}

impl Plan {
    /// Walks the chosen parts of the set with the root `tree`.
    pub(super) fn of(
        repository: &Repository,
        read: &Arc<IndexRead>,
        tree: BlobId,
        selection: Selection,
        cancel: &Cancel,
    ) -> Result<Self, RestoreError> {
        let mut plan = Self::default();
        let mut links = HashMap::new();
        for entry in Walk::new(repository, read, tree, selection) {
            if cancel.is_cancelled() {
                return Err(RestoreError::Cancelled);
            }
            match entry {
                Ok(entry) => plan.add(&read.index, entry.path, entry.node, &mut links)?,
                Err(unreadable) if is_unreachable(&unreadable.error) => {
                    // Nobody else holds the error yet: the walk made it a moment ago.
                    return Err(Arc::try_unwrap(unreadable.error)
                        .map_or(RestoreError::Cancelled, RestoreError::Repository));
                }
                Err(unreadable) => {
                    plan.lost.push(Lost::whole(&unreadable.path, unreadable.error));
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
            self.passed_over.push(path.clone());
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
        self.entries.push(Planned {
            path: path.into(),
            node,
            content,
            link_to,
            fate: Fate::New,
            redress: false,
            opened: None,
            lost: false,
            taken: 0,
        });
        if let Some(error) = lost {
            self.lose(number, Arc::new(error));
        }
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
            self.lost.push(Lost::whole(&entry.path, fault));
        }
    }

    /// The same for a file of which only some bytes are missing.
    pub(super) fn lose_part(
        &mut self,
        number: usize,
        fault: Arc<dyn Fault>,
        missing: Vec<Range<u64>>,
    ) {
        let entry = &mut self.entries[number];
        if !entry.lost {
            entry.lost = true;
            self.lost.push(Lost { path: entry.path.to_vec(), fault, missing });
        }
    }

    /// Notes that a folder cannot be restored, and nothing in it. The folder is named; what is in
    /// it goes without saying.
    pub(super) fn lose_all_in(&mut self, number: usize, fault: Arc<dyn Fault>) {
        self.lose(number, fault);
        let (folder, below) = self.entries.split_at_mut(number + 1);
        let folder = &folder[number].path;
        below
            .iter_mut()
            .take_while(|entry| is_at_or_below(&entry.path, folder))
            .for_each(|entry| entry.lost = true);
    }

    /// Whether all of the set that was asked for can be restored, as far as is known now.
    pub(super) fn is_whole(&self) -> bool {
        self.lost.is_empty()
    }

    /// Why the entry at `path` was lost, or the folder that it is in.
    pub(super) fn reason_of(&self, path: &[u8]) -> Option<Arc<dyn Fault>> {
        let lost = self.lost.iter().find(|lost| is_at_or_below(path, &lost.path))?;
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

    /// What is done, or would be, as far as the plan knows.
    pub(super) fn report(&self, kept_bytes: u64, fetched_bytes: u64) -> Restored {
        let mut report =
            Restored { bytes: self.bytes(), kept_bytes, fetched_bytes, ..Restored::default() };
        report.space_bytes = self.entries.iter().map(Planned::space).sum();
        for entry in self.entries.iter().filter(|entry| !entry.lost) {
            match entry.fate {
                Fate::Left => {
                    report.left += 1;
                    continue;
                }
                Fate::New => report.made += 1,
                Fate::There if !entry.redress => report.unchanged += 1,
                _ => report.changed += 1,
            }
            match entry.node.kind {
                NodeKind::File => report.files += 1,
                NodeKind::Dir => report.folders += 1,
                _ => report.others += 1,
            }
        }
        report.deleted = self.cleared.iter().chain(&self.surplus).cloned().collect();
        report.deleted.sort_unstable();
        report.lost.clone_from(&self.lost);
        report.lost.sort_by(|a, b| a.path.cmp(&b.path));
        report.warnings.clone_from(&self.warnings);
        report
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

/// The tree of the folder at `path` in a set.
pub(super) fn folder_at(
    repository: &Repository,
    index: &Index,
    mut tree: BlobId,
    path: &Path,
) -> Result<BlobId, RestoreError> {
    let names = normal(path.as_os_str().as_bytes());
    for name in names.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
        let folder = repository.load_tree(index, &tree)?;
        let found = folder.find(name).filter(|node| node.kind == NodeKind::Dir);
        tree = found
            .and_then(|node| node.subtree)
            .ok_or_else(|| RestoreError::NoSuchPath { path: path.display().to_string() })?;
    }
    Ok(tree)
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
pub(super) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
