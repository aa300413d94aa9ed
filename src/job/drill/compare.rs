//! The last phase of a drill: everything that came back against what the set says it holds.

use crate::drill::compare::check;
use crate::drill::fact::{CheckKind, Finding};
use crate::job::compare;
use crate::job::drill::base;
use crate::job::drill::way::{Databases, Restored, Way};
use crate::source::postgres::physical;

/// Every comparison; each leaves its checks, and none stops the others.
pub(super) fn everything(way: &mut Way<'_>, restored: &Restored, databases: &Databases) {
    let site = way.site();
    site.progress.phase("phase-compare");
    for (name, facts) in &restored.manifest.databases {
        if databases.unproven.contains(name) {
            // Its check says why there is nothing to compare.
            continue;
        }
        if facts.engine == physical::ENGINE {
            base::compare(way, name, facts, databases);
            continue;
        }
        let found = databases.loaded.get(name);
        match found.map(|loaded| compare::database(site, name, loaded, facts)) {
            Some(Ok(checks)) => way.checks.extend(checks),
            Some(Err(fault)) => way.failed(CheckKind::Inventory, name, fault.as_ref()),
            None => {
                let missing = Finding::Missing { kind: "database".to_owned(), name: name.clone() };
                way.checks.push(check(CheckKind::Inventory, name, 0, vec![missing]));
            }
        }
    }
    for tree in &restored.manifest.trees {
        let folder = restored.root.join(&tree.path);
        match compare::tree(site, &restored.repository, &restored.id, tree, &folder) {
            Ok(check) => way.checks.push(check),
            Err(fault) => way.failed(CheckKind::Files, &tree.path, fault.as_ref()),
        }
    }
}
