//! Comparing what came back with what its set says it holds: all objects, all rows, all files.
//!
//! For drills, which compare in a scratch place, and for a restore in place, which compares beside
//! production before it takes production's place: the same checks by the same code.

use std::path::Path;

use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, TreeFacts};
use crate::drill::compare::{check, database as inventories};
use crate::drill::fact::{Check, CheckKind, Finding};
use crate::job::site::Site;
use crate::repository::{Repository, SnapshotId, compare};
use crate::source::Database;
use crate::source::rows::RowKey;

/// Counts a restored database again and compares it with the inventory of its dump.
pub(super) fn database(
    site: &Site,
    name: &str,
    restored: &Database,
    facts: &DatabaseFacts,
) -> Result<Vec<Check>, AnyFault> {
    let key = RowKey::parse(&facts.inventory.row_key).unwrap_or_else(|| RowKey::draw(&site.world));
    let found = restored.inventory(&key, &site.world, &site.cancel)?;
    Ok(inventories(name, &facts.inventory, &found))
}

/// Reads every file of a tree that was restored to `folder` again and compares it with the set's
/// own digests, and their number with what the manifest says was walked.
pub(super) fn tree(
    site: &Site,
    repository: &Repository,
    set: &SnapshotId,
    tree: &TreeFacts,
    folder: &Path,
) -> Result<Check, AnyFault> {
    let progress = site.progress.as_ref();
    let seen = compare::compare(repository, set, &tree.path, folder, &site.cancel, progress)?;
    let mut findings: Vec<Finding> = seen
        .differences
        .into_iter()
        .map(|one| Finding::File { path: one.path, code: one.kind.as_str().to_owned() })
        .collect();
    if findings.is_empty() && seen.files != tree.files {
        let (expected, found) = (tree.files, seen.files);
        findings.push(Finding::FileCount { tree: tree.path.clone(), expected, found });
    }
    Ok(check(CheckKind::Files, &tree.path, seen.files, findings))
}
