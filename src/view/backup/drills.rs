//! Each drill by its number. A number that no drill has is named: no drill can be left out unseen.

use crate::view::backup::runs::Runs;
use crate::view::backup::{Rows, Scope, Section, Value};

/// Missing numbers that are named one by one; the sum counts all.
const NAMED_MAX: usize = 1000;

/// The lines about drills that began in the period.
pub(super) fn rows(runs: &Runs, scope: &Scope, rows: &mut Rows) {
    let mut drills: Vec<_> =
        runs.within(scope).filter_map(|(_, run)| Some((run.number?, run))).collect();
    drills.sort_by_key(|(number, _)| *number);
    for (number, run) in &drills {
        let mut lines = rows.of(Section::Drills, &run.subject, &number.to_string());
        let drill = run.drill.as_ref();
        lines.put("backup-figure-began", Value::At(run.began));
        let verdict = drill.map_or("backup-word-unknown", |drill| drill.verdict);
        lines.put("backup-figure-verdict", Value::Word(verdict));
        lines.put("backup-figure-rto", Value::measured(drill.and_then(|drill| drill.rto_ms)));
        lines.put("backup-figure-rpo", Value::measured(drill.and_then(|drill| drill.rpo_ms)));
        let counts = drill.map_or(Value::Unknown, |drill| {
            Value::Word(if drill.counts { "backup-word-yes" } else { "backup-word-no" })
        });
        lines.put("backup-figure-counts", counts);
    }
    let last = drills.last().map(|(number, _)| *number);
    let before = runs.by_intent.values().filter(|run| run.began < scope.period.from);
    let newest_before = before.filter_map(|run| run.number).max().unwrap_or(0);
    let mut newest = newest_before;
    let (mut missing, mut named) = (0_u64, 0);
    let end = last.unwrap_or(0);
    for number in runs.numbers().iter().filter(|number| newest_before < **number && **number <= end)
    {
        for gone in newest + 1..*number {
            if named == NAMED_MAX {
                break;
            }
            named += 1;
            let mut lines = rows.of(Section::Drills, "", &gone.to_string());
            lines.put("backup-figure-verdict", Value::Word("backup-word-missing"));
        }
        missing = missing.saturating_add(number - newest - 1);
        newest = *number;
    }
    let mut lines = rows.of(Section::Drills, "", "");
    let number = |number: Option<u64>| number.map_or(Value::Unknown, Value::Count);
    lines.put("backup-figure-first", number(drills.first().map(|(number, _)| *number)));
    lines.put("backup-figure-last", number(last));
    lines.put("backup-figure-missing", Value::Count(missing));
}
