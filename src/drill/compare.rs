//! Two inventories side by side: what the set says it holds, and what came back.

use std::collections::BTreeMap;

use crate::base::manifest::{Inventory, References};
use crate::drill::fact::{Check, CheckKind, CheckOutcome, FINDINGS_MAX, Finding, ReferenceFacts};

/// The three checks of one database: objects, row counts, row content.
///
/// What the dump's inventory could not see is not passed over: the object check then counts as
/// not run, unless it found a difference anyway; and so does that of content where the engine gave
/// no digest of a table. A table that did not stand still while it was dumped is in the restored
/// database or is not, as it happened: it is no difference, and the object check has its hole.
pub fn database(name: &str, expected: &Inventory, found: &Inventory) -> Vec<Check> {
    vec![
        objects(name, expected, found),
        table_check(name, CheckKind::RowCounts, expected, found),
        table_check(name, CheckKind::RowDigests, expected, found),
    ]
}

/// The files that a restored database names, beside what was noted when the set was taken.
///
/// More rows without a file than were noted is a failure. Another number of rows from the very state
/// that was dumped means that the question was not the same one: nothing is proven then.
pub fn references(noted: &References, found: &References) -> (Check, ReferenceFacts) {
    let tree = || noted.tree.clone();
    let without = |one: &References| one.missing.unwrap_or(0).saturating_add(one.refused);
    let (expected, lacking) = (without(noted), without(found));
    let facts = ReferenceFacts {
        database: noted.database.clone(),
        tree: tree(),
        rows: found.rows,
        missing: lacking,
        noted: expected,
    };
    let subject = format!("{} → {}", noted.database, noted.tree);
    let kind = CheckKind::References;
    let check = if lacking > expected {
        let mut findings = vec![Finding::References { tree: tree(), expected, found: lacking }];
        let fresh =
            found.missing_examples.iter().filter(|path| !noted.missing_examples.contains(path));
        findings.extend(fresh.map(|path| Finding::File {
            path: format!("{}/{path}", noted.tree),
            code: "missing".to_owned(),
        }));
        check(kind, &subject, found.rows, findings)
    } else if noted.rows != found.rows && (noted.exact || found.rows == 0) {
        let (expected, found) = (noted.rows, found.rows);
        not_run(kind, &subject, Finding::ReferenceRows { tree: tree(), expected, found })
    } else {
        check(kind, &subject, found.rows, Vec::new())
    };
    (check, facts)
}

/// A check that found these differences; none means that it passed.
pub fn check(kind: CheckKind, subject: &str, compared: u64, mut findings: Vec<Finding>) -> Check {
    let more = findings.len().saturating_sub(FINDINGS_MAX) as u64;
    findings.truncate(FINDINGS_MAX);
    let outcome = if findings.is_empty() {
        CheckOutcome::Passed
    } else {
        CheckOutcome::Failed { findings, more }
    };
    Check { kind, subject: subject.to_owned(), compared, outcome }
}

/// A check that did not take place.
pub fn not_run(kind: CheckKind, subject: &str, reason: Finding) -> Check {
    let outcome = CheckOutcome::NotRun { reason };
    Check { kind, subject: subject.to_owned(), compared: 0, outcome }
}

fn objects(name: &str, expected: &Inventory, found: &Inventory) -> Check {
    let mut findings = Vec::new();
    let mut compared = 0;
    let none = BTreeMap::new();
    for (kind, wanted) in &expected.objects {
        let there = found.objects.get(kind).unwrap_or(&none);
        for (object, definition) in wanted {
            compared += 1;
            let (kind, name) = (kind.clone(), object.clone());
            match there.get(object) {
                None => findings.push(Finding::Missing { kind, name }),
                Some(other) if other != definition => {
                    findings.push(Finding::Different { kind, name });
                }
                Some(_) => {}
            }
        }
    }
    for (kind, there) in &found.objects {
        let wanted = expected.objects.get(kind).unwrap_or(&none);
        findings.extend(
            there
                .keys()
                .filter(|object| !wanted.contains_key(*object))
                .map(|object| Finding::Unexpected { kind: kind.clone(), name: object.clone() }),
        );
    }
    let blind = expected.blind.first().or(found.blind.first());
    match blind {
        Some(detail) if findings.is_empty() => {
            not_run(CheckKind::Inventory, name, Finding::Blind { detail: detail.clone() })
        }
        _ => check(CheckKind::Inventory, name, compared, findings),
    }
}

fn table_check(name: &str, kind: CheckKind, expected: &Inventory, found: &Inventory) -> Check {
    let mut findings = Vec::new();
    let mut compared = 0;
    let mut only_counted = None;
    for (table, wanted) in &expected.tables {
        let Some(there) = found.tables.get(table) else {
            findings.push(Finding::Missing { kind: "table".to_owned(), name: table.clone() });
            continue;
        };
        if kind == CheckKind::RowCounts {
            compared += 1;
            if wanted.rows != there.rows {
                let (expected, found) = (wanted.rows, there.rows);
                findings.push(Finding::RowCount { table: table.clone(), expected, found });
            }
        } else if wanted.digest.is_empty() && there.digest.is_empty() {
            only_counted = only_counted.or(Some(table));
        } else {
            compared += wanted.rows;
            if wanted.digest != there.digest {
                findings.push(Finding::RowContent { table: table.clone() });
            }
        }
    }
    findings.extend(
        found
            .tables
            .keys()
            .filter(|table| !expected.tables.contains_key(*table))
            .filter(|table| !expected.unsteady.contains(*table))
            .map(|table| Finding::Unexpected { kind: "table".to_owned(), name: table.clone() }),
    );
    if kind == CheckKind::RowDigests && expected.row_key != found.row_key {
        let detail = "the two inventories were hashed under different keys".to_owned();
        return not_run(kind, name, Finding::Blind { detail });
    }
    match only_counted {
        Some(table) if findings.is_empty() => {
            let detail = format!("the rows of `{table}` were counted, and no digest was given");
            not_run(kind, name, Finding::Blind { detail })
        }
        _ => check(kind, name, compared, findings),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::manifest::TableRows;

    fn inventory(tables: &[(&str, u64, &str)], triggers: &[&str]) -> Inventory {
        let rows = |rows: u64, digest: &str| TableRows { rows, digest: digest.to_owned() };
        let mut inventory = Inventory { row_key: "k".to_owned(), ..Inventory::default() };
        for (name, count, digest) in tables {
            inventory.tables.insert((*name).to_owned(), rows(*count, digest));
        }
        let named = triggers.iter().map(|t| ((*t).to_owned(), format!("def {t}"))).collect();
        inventory.objects.insert("trigger".to_owned(), named);
        inventory
    }

    fn failures(expected: &Inventory, found: &Inventory) -> Vec<(CheckKind, Finding)> {
        let mut all = Vec::new();
        for check in database("db", expected, found) {
            if let CheckOutcome::Failed { findings, .. } = check.outcome {
                all.extend(findings.into_iter().map(|finding| (check.kind, finding)));
            }
        }
        all
    }

    #[test]
    fn equal_inventories_pass_and_say_how_much_was_compared() {
        let one = inventory(&[("bai_viet", 30, "d1"), ("tep", 5, "d2")], &["t1", "t2"]);
        let checks = database("db", &one, &one);
        assert!(checks.iter().all(|check| check.outcome == CheckOutcome::Passed));
        assert_eq!(checks.iter().map(|c| c.compared).collect::<Vec<_>>(), [2, 2, 35]);
    }

    #[test]
    fn every_difference_is_named() {
        let set = inventory(&[("a", 2, "x"), ("b", 3, "y")], &["t1", "t2"]);
        let table = |name: &str| Finding::Missing { kind: "table".into(), name: name.into() };
        let trigger = |name: &str| ("trigger".to_owned(), name.to_owned());
        let (kind, name) = trigger("t2");
        assert_eq!(
            failures(&set, &inventory(&[("a", 2, "x"), ("b", 3, "y")], &["t1"])),
            [(CheckKind::Inventory, Finding::Missing { kind, name })]
        );
        let (kind, name) = trigger("t3");
        assert_eq!(
            failures(&set, &inventory(&[("a", 2, "x"), ("b", 3, "y")], &["t1", "t2", "t3"])),
            [(CheckKind::Inventory, Finding::Unexpected { kind, name })]
        );
        assert_eq!(
            failures(&set, &inventory(&[("a", 2, "x")], &["t1", "t2"])),
            [(CheckKind::RowCounts, table("b")), (CheckKind::RowDigests, table("b"))]
        );
        assert_eq!(
            failures(&set, &inventory(&[("a", 2, "x"), ("b", 3, "z")], &["t1", "t2"])),
            [(CheckKind::RowDigests, Finding::RowContent { table: "b".into() })]
        );
        assert_eq!(
            failures(&set, &inventory(&[("a", 2, "x"), ("b", 4, "z")], &["t1", "t2"])),
            [
                (
                    CheckKind::RowCounts,
                    Finding::RowCount { table: "b".into(), expected: 3, found: 4 }
                ),
                (CheckKind::RowDigests, Finding::RowContent { table: "b".into() })
            ]
        );
    }

    #[test]
    fn a_blind_inventory_and_a_foreign_key_are_never_a_pass() {
        let mut blind = inventory(&[("a", 2, "x")], &["t1"]);
        blind.blind.push("no right to read roles".to_owned());
        let checks = database("db", &blind, &blind);
        assert!(matches!(checks[0].outcome, CheckOutcome::NotRun { .. }));

        let one = inventory(&[("a", 2, "x")], &[]);
        let other = Inventory { row_key: "other".to_owned(), ..one.clone() };
        let checks = database("db", &one, &other);
        assert!(matches!(checks[2].outcome, CheckOutcome::NotRun { .. }));
    }

    #[test]
    fn a_table_that_did_not_stand_still_is_a_hole_and_no_difference() {
        let there = inventory(&[("a", 2, "x"), ("log", 7, "y")], &[]);
        let mut set = inventory(&[("a", 2, "x")], &[]);
        set.blind.push("`log` changed".to_owned());
        set.unsteady.insert("log".to_owned());
        for found in [&there, &inventory(&[("a", 2, "x")], &[])] {
            let checks = database("db", &set, found);
            assert!(matches!(checks[0].outcome, CheckOutcome::NotRun { .. }), "{:?}", checks[0]);
            assert_eq!(checks[1].outcome, CheckOutcome::Passed);
            assert_eq!(checks[2].outcome, CheckOutcome::Passed);
        }
        let other = inventory(&[("a", 2, "x"), ("new", 1, "z")], &[]);
        assert_eq!(failures(&set, &other).len(), 2);
    }

    #[test]
    fn rows_that_were_only_counted_leave_a_hole() {
        let counted = inventory(&[("a", 2, ""), ("b", 3, "")], &[]);
        let partly = inventory(&[("a", 2, "x"), ("b", 3, "")], &[]);
        for one in [&counted, &partly] {
            let checks = database("db", one, one);
            assert_eq!(checks[1].outcome, CheckOutcome::Passed);
            let hole = matches!(checks[2].outcome, CheckOutcome::NotRun { .. });
            assert!(hole && checks[2].compared == 0, "{:?}", checks[2]);
        }
        assert_eq!(
            failures(&partly, &counted),
            [(CheckKind::RowDigests, Finding::RowContent { table: "a".into() })]
        );
    }

    #[test]
    fn a_flood_of_findings_is_cut_and_counted() {
        let findings = (0..200).map(|n| Finding::RowContent { table: n.to_string() }).collect();
        let CheckOutcome::Failed { findings, more } =
            check(CheckKind::RowDigests, "db", 200, findings).outcome
        else {
            unreachable!("findings make a failure")
        };
        assert_eq!((findings.len(), more), (FINDINGS_MAX, 150));
    }
}
