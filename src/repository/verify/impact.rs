//! What the damage costs: which sets, and in them which paths.
//!
//! Only folders that lead to something lost are gone through for each set, so that the work grows
//! with the damage and not with the number of sets.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::base::cancel::Cancel;
use crate::repository::blob::BlobKind;
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, SnapshotId};
use crate::repository::index::Index;
use crate::repository::index_read::is_unreachable;
use crate::repository::open::Repository;
use crate::repository::tree::{Node, Tree};
use crate::repository::verify::ranges::lost_ranges;
use crate::repository::verify::report::{Findings, PATHS_MAX};
use crate::repository::verify::structure::Sets;
use crate::repository::walk::{PATH_MAX, join};

/// So many folders are gone through to name paths; which sets are damaged is known before. A
/// hostile set can have more paths than anyone can count.
const FOLDERS_MAX: usize = 1_000_000;

/// Notes for every damage the sets and paths that it touches.
pub(super) fn find_impact(
    repository: &Repository,
    index: &Index,
    sets: &Sets,
    findings: &mut Findings,
    cancel: &Cancel,
) -> Result<(), RepositoryError> {
    let mut impact = Impact { repository, index, cancel, touched: HashMap::new() };
    for (set, root) in sets {
        impact.mark(root, findings)?;
        if impact.is_touched(root) {
            findings.report.damaged_sets.push(*set);
        }
    }
    let mut folders = 0;
    for (set, root) in sets {
        impact.name_paths(*set, root, findings, &mut folders)?;
    }
    Ok(())
}

struct Impact<'a> {
    repository: &'a Repository,
    index: &'a Index,
    cancel: &'a Cancel,
    /// Whether a folder, or anything below it, is lost.
    touched: HashMap<BlobId, bool>,
}

/// A folder whose folders below are being looked at.
struct Frame {
    id: BlobId,
    below: Vec<BlobId>,
    touched: bool,
}

impl Impact<'_> {
    /// Finds out for every folder at or below `root` whether anything in it is lost.
    fn mark(&mut self, root: &BlobId, findings: &Findings) -> Result<(), RepositoryError> {
        let mut frames = Vec::new();
        self.enter(root, findings, &mut frames)?;
        while let Some(frame) = frames.last_mut() {
            if let Some(below) = frame.below.pop() {
                self.enter(&below, findings, &mut frames)?;
                continue;
            }
            let (id, touched) = (frame.id, frame.touched);
            frames.pop();
            self.settle(id, touched, &mut frames);
        }
        Ok(())
    }

    fn enter(
        &mut self,
        id: &BlobId,
        findings: &Findings,
        frames: &mut Vec<Frame>,
    ) -> Result<(), RepositoryError> {
        if let Some(touched) = self.touched.get(id).copied() {
            self.settle(*id, touched, frames);
            return Ok(());
        }
        let Some(tree) = self.load(id, findings)? else {
            self.settle(*id, true, frames);
            return Ok(());
        };
        let touched = tree.nodes().iter().any(|node| !damages_of(node, findings).is_empty());
        let below = tree.nodes().iter().filter_map(|node| node.subtree).collect();
        frames.push(Frame { id: *id, below, touched });
        Ok(())
    }

    fn settle(&mut self, id: BlobId, touched: bool, frames: &mut [Frame]) {
        self.touched.insert(id, touched);
        if let Some(above) = frames.last_mut() {
            above.touched |= touched;
        }
    }

    fn is_touched(&self, folder: &BlobId) -> bool {
        self.touched.get(folder).copied().unwrap_or(false)
    }

    /// A folder; `None` if it is lost.
    fn load(&self, id: &BlobId, findings: &Findings) -> Result<Option<Tree>, RepositoryError> {
        if self.cancel.is_cancelled() {
            return Err(RepositoryError::Cancelled);
        }
        if findings.damage_of(&(BlobKind::Tree, *id)).is_some() {
            return Ok(None);
        }
        match self.repository.load_tree(self.index, id) {
            Ok(tree) => Ok(Some(tree)),
            Err(error) if is_unreachable(&error) => Err(error),
            // It was read a moment ago: now something else is wrong with it, which the next
            // verification will name.
            Err(_) => Ok(None),
        }
    }

    /// The bytes of a file that a damage costs; empty where they would not be told.
    fn ranges(&self, node: &Node, damage: usize, findings: &Findings) -> Vec<Range<u64>> {
        if findings.report.damages[damage].paths.len() >= PATHS_MAX {
            return Vec::new();
        }
        lost_ranges(self.index, node, |id| {
            findings.damage_of(&(BlobKind::Data, *id)) == Some(damage)
        })
    }

    fn name_paths(
        &self,
        set: SnapshotId,
        root: &BlobId,
        findings: &mut Findings,
        folders: &mut usize,
    ) -> Result<(), RepositoryError> {
        if let Some(damage) = findings.damage_of(&(BlobKind::Tree, *root)) {
            findings.touch(damage, set, b"", Vec::new());
        }
        let mut waiting = vec![(Vec::new(), *root)];
        while let Some((path, id)) = waiting.pop() {
            *folders += 1;
            if *folders > FOLDERS_MAX {
                return Ok(());
            }
            if !self.is_touched(&id) || path.len() > PATH_MAX {
                continue;
            }
            let Some(tree) = self.load(&id, findings)? else { continue };
            for node in tree.nodes() {
                let below = join(&path, &node.name);
                let damages = damages_of(node, findings);
                for damage in &damages {
                    let ranges = self.ranges(node, *damage, findings);
                    findings.touch(*damage, set, &below, ranges);
                }
                if let (true, Some(subtree)) = (damages.is_empty(), node.subtree) {
                    waiting.push((below, subtree));
                }
            }
        }
        Ok(())
    }
}

/// The damages that cost a node itself: its folder, or pieces of its content.
fn damages_of(node: &Node, findings: &Findings) -> BTreeSet<usize> {
    let folder = node.subtree.map(|id| (BlobKind::Tree, id));
    let content = node.content.iter().flatten().map(|id| (BlobKind::Data, *id));
    folder.into_iter().chain(content).filter_map(|blob| findings.damage_of(&blob)).collect()
}
