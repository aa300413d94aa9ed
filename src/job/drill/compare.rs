//! Comparing what came back with what the set says it holds: all objects, all rows, all files.

use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, Inventory, TreeFacts};
use crate::drill::compare::{check, database};
use crate::drill::fact::{Check, CheckKind, Finding};
use crate::job::drill::way::{Databases, Restored, Way};
use crate::repository::compare;
use crate::source::Database;
use crate::source::rows::RowKey;

/// Every comparison; each leaves its checks, and none stops the others.
pub(super) fn everything(way: &mut Way<'_>, restored: &Restored, databases: &Databases) {
    way.site().progress.phase("phase-compare");
    for (name, facts) in &restored.manifest.databases {
        let found = databases.loaded.get(name).map(|loaded| inventory(way, loaded, facts));
        match found {
            Some(Ok(found)) => way.checks.extend(database(name, &facts.inventory, &found)),
            Some(Err(fault)) => way.failed(CheckKind::Inventory, name, fault.as_ref()),
            None => {
                let missing = Finding::Missing { kind: "database".to_owned(), name: name.clone() };
                way.checks.push(check(CheckKind::Inventory, name, 0, vec![missing]));
            }
        }
    }
    for tree in &restored.manifest.trees {
        match files(way, restored, tree) {
            Ok(check) => way.checks.push(check),
            Err(fault) => way.failed(CheckKind::Files, &tree.path, fault.as_ref()),
        }
    }
}

fn inventory(
    way: &Way<'_>,
    loaded: &Database,
    facts: &DatabaseFacts,
) -> Result<Inventory, AnyFault> {
    let site = way.site();
    let key = RowKey::parse(&facts.inventory.row_key).unwrap_or_else(|| RowKey::draw(&site.world));
    Ok(loaded.inventory(&key, &site.world, &site.cancel)?)
}

/// Reads every restored file of a tree again and compares it with the set's own digests, and
/// their number with what the manifest says was walked.
fn files(way: &Way<'_>, restored: &Restored, tree: &TreeFacts) -> Result<Check, AnyFault> {
    let site = way.site();
    let seen = compare::compare(
        &restored.repository,
        &restored.id,
        &tree.path,
        &restored.root,
        &site.cancel,
        site.progress.as_ref(),
    )?;
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
