//! The last phase of a drill: everything that came back against what the set says it holds.

use crate::base::manifest::References;
use crate::drill::compare::{check, not_run, references as compared};
use crate::drill::fact::{CheckKind, Finding};
use crate::job::compare;
use crate::job::drill::base;
use crate::job::drill::way::{Databases, Restored, Way};
use crate::job::references;
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
        let (repository, set) = (&restored.repository, &restored.id);
        let compared = match restored.manifest.sealed(&tree.path) {
            Some(_) => {
                compare::opened(site, repository, set, tree, &folder, &restored.sealed.opened)
            }
            None => compare::tree(site, repository, set, tree, &folder),
        };
        match compared {
            Ok(check) => way.checks.push(check),
            Err(fault) => way.failed(CheckKind::Files, &tree.path, fault.as_ref()),
        }
    }
    for noted in &restored.manifest.references {
        references(way, restored, databases, noted);
    }
}

/// Asks a restored database once more which files it names.
fn references(way: &mut Way<'_>, restored: &Restored, databases: &Databases, noted: &References) {
    let subject = format!("{} → {}", noted.database, noted.tree);
    let kind = CheckKind::References;
    let tree = restored.manifest.trees.iter().find(|tree| tree.path == noted.tree);
    let (Some(database), Some(tree)) = (databases.loaded.get(&noted.database), tree) else {
        // Its own check says what is missing.
        way.checks.push(not_run(kind, &subject, Finding::EarlierStep));
        return;
    };
    if noted.missing.is_none() {
        let (tree, detail) = (noted.tree.clone(), noted.fault.clone().unwrap_or_default());
        way.checks.push(not_run(kind, &subject, Finding::ReferencesUnknown { tree, detail }));
        return;
    }
    let (folder, spool) = (restored.root.join(&tree.path), restored.root.with_file_name("paths"));
    match references::again(way.site(), noted, database, tree, &folder, &spool) {
        Ok(found) => {
            let (check, facts) = compared(noted, &found);
            way.checks.push(check);
            way.references.push(facts);
        }
        Err(fault) => {
            way.checks.push(not_run(kind, &subject, Finding::of(fault.as_ref())));
        }
    }
}
