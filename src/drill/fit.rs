//! A record that goes into an entry of the audit log, however much went wrong.
//!
//! An entry has an upper limit, and a drill that went badly has the most to say: a record that did
//! not fit would be no record, and its FAIL would be told by nobody. So findings go first, then their
//! words; what was checked, how it ended and how much was found never does.

use crate::drill::fact::{Check, CheckKind, CheckOutcome, DrillRecord, FINDINGS_MAX, Finding};

/// The most that a record may take: an entry has 65,535 bytes for it and what else stands there.
pub const RECORD_BYTES_MAX: usize = 60_000;

/// How many findings of a check are left, and how many letters of each text, step by step.
const STEPS: [(usize, usize); 5] = [(FINDINGS_MAX, 2_000), (25, 500), (10, 250), (3, 120), (1, 60)];

/// So many checks of a kind that passed are told one by one where there are hundreds.
const PASSED_MAX: usize = 20;

/// Shortens a record until it fits. One that does is left as it is.
pub fn fit(record: &mut DrillRecord) {
    for (findings, letters) in STEPS {
        if bytes(record) <= RECORD_BYTES_MAX {
            return;
        }
        for check in &mut record.checks {
            shorten(check, findings, letters);
        }
    }
    if bytes(record) > RECORD_BYTES_MAX {
        join_passed(&mut record.checks);
    }
}

fn bytes(record: &DrillRecord) -> usize {
    serde_json::to_vec(record).expect("a record is made of texts and numbers").len()
}

fn shorten(check: &mut Check, most: usize, letters: usize) {
    match &mut check.outcome {
        CheckOutcome::Passed => {}
        CheckOutcome::Failed { findings, more } => {
            *more = more.saturating_add(findings.len().saturating_sub(most) as u64);
            findings.truncate(most);
            for finding in findings {
                cut_all(finding, letters);
            }
        }
        CheckOutcome::NotRun { reason } => cut_all(reason, letters),
    }
}

/// Cuts the texts of a finding that may be of any length.
fn cut_all(finding: &mut Finding, letters: usize) {
    match finding {
        Finding::Missing { name, .. }
        | Finding::Unexpected { name, .. }
        | Finding::Different { name, .. } => cut(name, letters),
        Finding::RowCount { table, .. } | Finding::RowContent { table } => cut(table, letters),
        Finding::File { path, .. } => cut(path, letters),
        Finding::FileCount { tree, .. }
        | Finding::References { tree, .. }
        | Finding::ReferenceRows { tree, .. } => cut(tree, letters),
        Finding::ReferencesUnknown { tree: one, detail: other }
        | Finding::Answer { path: one, detail: other }
        | Finding::Altered { path: one, detail: other } => {
            cut(one, letters);
            cut(other, letters);
        }
        Finding::Scanned { line: text }
        | Finding::Fault { detail: text, .. }
        | Finding::Blind { detail: text } => cut(text, letters),
        Finding::PastInstant { .. } | Finding::EarlierStep => {}
    }
}

fn cut(text: &mut String, letters: usize) {
    if let Some((end, _)) = text.char_indices().nth(letters) {
        text.truncate(end);
        text.push('…');
    }
}

/// Of a server with hundreds of databases: checks of a kind that passed become one behind the first
/// of them.
fn join_passed(checks: &mut Vec<Check>) {
    let is_passed = |check: &Check, kind: CheckKind| {
        check.kind == kind && check.outcome == CheckOutcome::Passed
    };
    let mut kept: Vec<Check> = Vec::new();
    let mut joined: Vec<(usize, u64)> = Vec::new();
    for check in std::mem::take(checks) {
        let alike: Vec<usize> =
            (0..kept.len()).filter(|place| is_passed(&kept[*place], check.kind)).collect();
        let last =
            alike.last().filter(|_| alike.len() > PASSED_MAX && is_passed(&check, check.kind));
        let Some(last) = last else {
            kept.push(check);
            continue;
        };
        kept[*last].compared = kept[*last].compared.saturating_add(check.compared);
        match joined.iter_mut().find(|(place, _)| place == last) {
            Some((_, more)) => *more += 1,
            None => joined.push((*last, 1)),
        }
    }
    for (place, more) in joined {
        kept[place].subject.push_str(&format!(" (+{more})"));
    }
    *checks = kept;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::drill::compare::{check, not_run};
    use crate::drill::fact::Verdict;

    fn record(checks: Vec<Check>) -> DrillRecord {
        let record = json!({
            "version": 1, "number": 7, "portal": "mau", "repository": "kho", "set": null,
            "decided": "2026-11-23T00:00:00Z", "scope": "data", "measured-rto-ms": null,
            "measured-rpo-ms": null, "objective-rto-s": 60, "objective-rpo-s": 60,
            "allowance-s": 0, "phases": [], "checks": [], "verdict": "fail",
            "reasons": ["check-failed"], "sabotage": null, "program": "0",
        });
        let record: DrillRecord = serde_json::from_value(record).expect("it is one");
        DrillRecord { checks, ..record }
    }

    fn found(check: &Check) -> u64 {
        match &check.outcome {
            CheckOutcome::Failed { findings, more } => findings.len() as u64 + more,
            CheckOutcome::Passed | CheckOutcome::NotRun { .. } => 0,
        }
    }

    #[test]
    fn a_record_that_fits_is_left_as_it_is() {
        let findings = (0..90).map(|n| Finding::RowContent { table: format!("bảng {n}") });
        let mut fitted = record(vec![check(CheckKind::RowDigests, "db", 90, findings.collect())]);
        let whole = fitted.clone();
        fit(&mut fitted);
        assert_eq!(fitted, whole);
    }

    #[test]
    fn however_much_went_wrong_the_record_fits_and_says_how_much_it_was() {
        let path = |n: u32| format!("{n}/{}", "\u{1}ệ\"".repeat(1_000));
        let lost = |n| Finding::File { path: path(n), code: "missing".to_owned() };
        let loud = Finding::Fault { code: "job.scan".to_owned(), detail: "\u{0}".repeat(16_384) };
        let mut checks: Vec<_> = (0..40)
            .map(|n| check(CheckKind::Files, &format!("tree-{n}"), 70, (0..70).map(lost).collect()))
            .collect();
        checks.push(not_run(CheckKind::Scan, "mau", loud));
        let mut fitted = record(checks.clone());
        assert!(bytes(&fitted) > 10 * RECORD_BYTES_MAX);
        fit(&mut fitted);
        assert!(bytes(&fitted) <= RECORD_BYTES_MAX, "{}", bytes(&fitted));
        assert_eq!(fitted.verdict, Verdict::Fail);
        assert_eq!(fitted.checks.len(), 41);
        for (check, before) in fitted.checks.iter().zip(&checks) {
            assert_eq!((check.kind, &check.subject), (before.kind, &before.subject));
            assert_eq!((found(check), check.compared), (found(before), before.compared));
        }
        let CheckOutcome::NotRun { reason: Finding::Fault { code, detail } } =
            &fitted.checks[40].outcome
        else {
            panic!("{:?}", fitted.checks[40]);
        };
        assert!(code == "job.scan" && detail.ends_with('…'));
    }

    #[test]
    fn hundreds_of_checks_that_passed_are_joined_and_none_that_failed() {
        let mut checks = Vec::new();
        for n in 0..1_000 {
            let finding = vec![Finding::RowContent { table: "t".to_owned() }];
            let finding = if n % 200 == 7 { finding } else { Vec::new() };
            checks.push(check(CheckKind::RowDigests, &format!("portal/db-{n}"), 3, finding));
        }
        let mut fitted = record(checks.clone());
        fit(&mut fitted);
        assert!(bytes(&fitted) <= RECORD_BYTES_MAX);
        let failed =
            |all: &[Check]| all.iter().filter(|it| found(it) > 0).cloned().collect::<Vec<_>>();
        assert_eq!(failed(&fitted.checks), failed(&checks));
        let compared = |all: &[Check]| all.iter().map(|it| it.compared).sum::<u64>();
        assert_eq!(compared(&fitted.checks), compared(&checks));
        assert!(fitted.checks.iter().any(|it| it.subject.ends_with(" (+974)")), "{fitted:?}");
    }
}
