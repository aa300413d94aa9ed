//! Keys, snapshots and folders: everything but packs as such.

use std::collections::HashSet;

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::fault::chain;
use crate::base::progress::Progress;
use crate::repository::blob::BlobKind;
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, SnapshotId};
use crate::repository::index::Index;
use crate::repository::index_read::is_unreachable;
use crate::repository::key::KeyFile;
use crate::repository::layout::Folder;
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::tree::Tree;
use crate::repository::verify::report::{DamageKind, Findings};
use crate::store::ObjectName;

/// The sets that can be read, each with its root folder.
pub(super) type Sets = Vec<(SnapshotId, BlobId)>;

/// Looks at every key file: another password's key is only missed on the day it is needed.
pub(super) fn read_keys(
    repository: &Repository,
    findings: &mut Findings,
) -> Result<(), RepositoryError> {
    let mut unreadable = Vec::new();
    for (name, _) in repository.list(Folder::Keys)? {
        match read_key(repository, &name) {
            Err(error) if is_unreachable(&error) => return Err(error),
            Err(error) => unreadable.push((name, error)),
            Ok(()) => {}
        }
    }
    findings.take_unreadable(Folder::Keys, &unreadable);
    Ok(())
}

fn read_key(repository: &Repository, name: &ObjectName) -> Result<(), RepositoryError> {
    let bytes = repository.block_on(repository.store().get(name))?;
    if Digest::of(&bytes).to_string() != name.last_segment() {
        let source = Malformed::new("key file", "its content does not match its name");
        return Err(RepositoryError::damaged(name)(source));
    }
    KeyFile::parse(&bytes).map(|_| ()).map_err(RepositoryError::damaged(name))
}

/// Reads every snapshot.
pub(super) fn read_sets(
    repository: &Repository,
    findings: &mut Findings,
) -> Result<Sets, RepositoryError> {
    let snapshots = repository.snapshots()?;
    for (id, error) in snapshots.unreadable {
        if is_unreachable(&error) {
            return Err(error);
        }
        findings.report.sets += 1;
        findings.lose_set(id, &error);
    }
    findings.report.sets += snapshots.sets.len() as u64;
    Ok(snapshots.sets.into_iter().map(|(id, snapshot)| (id, snapshot.tree)).collect())
}

/// Reads every folder that a set leads to, once, and looks up every blob in the index.
pub(super) fn read_trees(
    repository: &Repository,
    index: &Index,
    sets: &Sets,
    findings: &mut Findings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), RepositoryError> {
    let mut seen = HashSet::new();
    let mut waiting: Vec<BlobId> = sets.iter().map(|(_, tree)| *tree).collect();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        if cancel.is_cancelled() {
            return Err(RepositoryError::Cancelled);
        }
        progress.total(seen.len() as u64, 0);
        if let Some(tree) = read_tree(repository, index, &id, findings)? {
            waiting.extend(check_tree(index, &tree, findings));
        }
        progress.advance(1, 0);
    }
    Ok(())
}

/// One folder; `None`, and a finding, if it cannot be had.
fn read_tree(
    repository: &Repository,
    index: &Index,
    id: &BlobId,
    findings: &mut Findings,
) -> Result<Option<Tree>, RepositoryError> {
    let blob = (BlobKind::Tree, *id);
    if findings.damage_of(&blob).is_some() {
        return Ok(None);
    }
    let Some(location) = index.find(BlobKind::Tree, id) else {
        findings.lose_unindexed(blob);
        return Ok(None);
    };
    let error = match repository.load_tree(index, id) {
        Ok(tree) => return Ok(Some(tree)),
        Err(error) if is_unreachable(&error) => return Err(error),
        Err(error) => error,
    };
    let kind = match &error {
        RepositoryError::Damaged { .. } => DamageKind::Tree,
        RepositoryError::BlobDamaged { .. } => DamageKind::PackContent,
        _ => DamageKind::PackUnreadable,
    };
    let damage = findings.add_pack(&location.pack, kind, chain(&error));
    findings.lose_everywhere(blob, damage);
    Ok(None)
}

/// Looks up the content of a folder and returns the folders below.
fn check_tree(index: &Index, tree: &Tree, findings: &mut Findings) -> Vec<BlobId> {
    for node in tree.nodes() {
        for id in node.content.iter().flatten() {
            if !index.has(BlobKind::Data, id) {
                findings.lose_unindexed((BlobKind::Data, *id));
            }
        }
    }
    tree.nodes().iter().filter_map(|node| node.subtree).collect()
}
