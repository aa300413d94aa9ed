//! The last phase of a drill: everything that came back against what the set says it holds.

use crate::base::manifest::{DatabaseFacts, References};
use crate::drill::compare::{check, not_run, references as compared};
use crate::drill::fact::{Check, CheckKind, CheckOutcome, Finding, ReferenceFacts};
use crate::job::compare;
use crate::job::drill::way::{Databases, Restored, Way};
use crate::job::drill::{base, instant};
use crate::job::references;
use crate::source::postgres::physical;
use crate::source::{Database, mariadb};

/// Every comparison; each leaves its checks, and none stops the others.
pub(super) fn everything(way: &mut Way<'_>, restored: &Restored, databases: &mut Databases) {
    let site = way.site();
    let is_moved = way.request().to.is_some();
    site.progress.phase("phase-compare");
    for (name, facts) in &restored.manifest.databases {
        if databases.unproven.contains(name) {
            // Its check says why there is nothing to compare.
            continue;
        }
        if is_moved && [physical::ENGINE, mariadb::ENGINE].contains(&facts.engine.as_str()) {
            // Its data was compared before the log was replayed.
            continue;
        }
        if facts.engine == physical::ENGINE {
            base::compare(way, name, facts, databases);
            continue;
        }
        if let Some(loaded) = databases.loaded.get(name).cloned() {
            one(way, name, &loaded, facts);
        } else {
            let missing = Finding::Missing { kind: "database".to_owned(), name: name.clone() };
            way.checks.push(check(CheckKind::Inventory, name, 0, vec![missing]));
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
    if is_moved {
        // Last, since a server ends for it.
        for (name, facts) in &restored.manifest.databases {
            if facts.engine == physical::ENGINE {
                instant::pages(way, name, facts, databases);
            }
        }
    }
}

/// Dumps whose log will be replayed, as they were dumped: behind the log there is nothing to compare
/// them with.
pub(super) fn before_a_log(way: &mut Way<'_>, restored: &Restored, databases: &Databases) {
    for (name, facts) in &restored.manifest.databases {
        if facts.engine == mariadb::ENGINE
            && let Some(loaded) = databases.loaded.get(name)
        {
            one(way, name, loaded, facts);
        }
    }
}

/// One loaded database, beside what the set says of it.
pub(super) fn one(way: &mut Way<'_>, name: &str, loaded: &Database, facts: &DatabaseFacts) {
    match compare::database(way.site(), name, loaded, facts) {
        Ok(checks) => way.checks.extend(checks),
        Err(fault) => way.failed(CheckKind::Inventory, name, fault.as_ref()),
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
            let (mut check, facts) = compared(noted, &found);
            if way.request().to.is_some() {
                check = at_an_instant(check, &facts);
            }
            way.checks.push(check);
            way.references.push(facts);
        }
        Err(fault) => {
            way.checks.push(not_run(kind, &subject, Finding::of(fault.as_ref())));
        }
    }
}

/// Rows that came with the log may name files that came after the set: what is missing then is no
/// damage, and nobody can say that it is complete.
fn at_an_instant(check: Check, facts: &ReferenceFacts) -> Check {
    let (tree, expected, found) = (facts.tree.clone(), facts.noted, facts.missing);
    if found > expected {
        return not_run(check.kind, &check.subject, Finding::References { tree, expected, found });
    }
    Check { compared: facts.rows, outcome: CheckOutcome::Passed, ..check }
}
