//! How long there was no set, and how long drills took, beside what was accepted.
//!
//! What would be lost if the portal went is counted from the beginning of the newest set: nothing
//! later is in it, and until its outcome is there nobody knows that there is one. So the longest time
//! is that between the beginning of one set and the outcome of the next, or the end of the period.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::view::backup::runs::{Drill, Run, Runs};
use crate::view::backup::{Rows, Scope, Section, Value};

/// The lines about the RPO.
pub(super) fn rpo(runs: &Runs, scope: &Scope, portals: &BTreeSet<&str>, rows: &mut Rows) {
    for portal in portals {
        let all: Vec<&Run> = runs
            .by_intent
            .values()
            .filter(|run| run.verb == "snapshot.create" && run.subject == *portal)
            .collect();
        let own: Vec<&Run> = all.iter().copied().filter(|run| scope.contains(run.began)).collect();
        let any = Gap::longest(&all, scope, |_| true);
        let complete = Gap::longest(&all, scope, |run| run.skipped == 0);
        let objective = rpo_objective(runs, portal, scope);
        let mut lines = rows.of(Section::Rpo, portal, "");
        lines.put("backup-figure-objective", Value::seconds(objective));
        let fed = own.iter().filter(|run| !run.fed.is_empty());
        lines.count("backup-figure-sets", fed.clone().count());
        lines.count("backup-figure-incomplete", fed.filter(|run| run.skipped > 0).count());
        lines.put("backup-figure-longest", Value::milliseconds(any.longest));
        lines.put("backup-figure-longest-complete", Value::milliseconds(complete.longest));
        lines.put("backup-figure-newest", newest(any.newest));
        let drills = counting(runs, portal, scope);
        let slowest = drills.iter().filter_map(|drill| drill.rpo_ms).max();
        lines.put("backup-figure-drill-rpo", Value::measured(slowest));
        lines.put("backup-figure-verdict", Value::Word(kept(&any, &complete, objective)));
        let names = own.iter().flat_map(|run| run.to.iter().chain(&run.fed));
        for name in names.collect::<BTreeSet<_>>() {
            let is_fed = |run: &&&Run| run.fed.contains(name);
            let mut lines = rows.of(Section::Rpo, portal, name);
            lines.count("backup-figure-sets", own.iter().filter(is_fed).count());
            let without = own.iter().filter(|run| run.to.contains(name) && !run.fed.contains(name));
            lines.count("backup-figure-without", without.count());
            let there = Gap::longest(&all, scope, |run| run.fed.contains(name));
            lines.put("backup-figure-newest", newest(there.newest));
        }
    }
}

fn newest(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Word("backup-word-none"), Value::At)
}

/// The longest time without a set.
struct Gap {
    /// In milliseconds.
    longest: i64,
    /// When the newest set at the end of the period began.
    newest: Option<Timestamp>,
}

impl Gap {
    /// Where only such sets count. Before a portal's first set, what it could lose is counted from
    /// when the log first speaks of it.
    fn longest(runs: &[&Run], scope: &Scope, counts: impl Fn(&Run) -> bool) -> Self {
        let (from, until) = (scope.period.from, scope.until());
        let first = runs.iter().map(|run| run.began).min().map_or(from, |first| first.max(from));
        let mut sets: Vec<(Timestamp, Timestamp)> = runs
            .iter()
            .filter(|run| !run.fed.is_empty() && counts(run))
            .filter_map(|run| Some((run.told?, run.began)))
            .filter(|(told, _)| *told <= until)
            .collect();
        sets.sort_unstable();
        let mut gap = Self { longest: 0, newest: None };
        for (told, began) in sets {
            if told > from {
                gap.reaches(told, first);
            }
            gap.newest = gap.newest.max(Some(began));
        }
        gap.reaches(until, first);
        gap
    }

    fn reaches(&mut self, at: Timestamp, first: Timestamp) {
        let since = self.newest.unwrap_or(first);
        let length = at.as_millisecond().saturating_sub(since.as_millisecond());
        self.longest = self.longest.max(length);
    }
}

/// The strictest objective that held in the period, else the newest before it: one that is loosened
/// afterwards mends nothing.
fn rpo_objective(runs: &Runs, portal: &str, scope: &Scope) -> Option<u64> {
    let told = runs.by_intent.values().filter(|run| run.subject == portal).filter_map(|run| {
        let of_drill = run.drill.as_ref().and_then(|drill| drill.rpo_objective);
        Some((run.began, run.rpo_objective.or(of_drill)?))
    });
    let told: Vec<(Timestamp, u64)> = told.filter(|(began, _)| *began < scope.period.to).collect();
    let within = told.iter().filter(|(began, _)| scope.contains(*began));
    within.map(|(_, objective)| *objective).min().or(told.last().map(|(_, last)| *last))
}

fn kept(any: &Gap, complete: &Gap, objective: Option<u64>) -> &'static str {
    let Some(objective) = objective else { return "backup-word-not-proven" };
    let limit = i64::try_from(objective).ok().and_then(|seconds| seconds.checked_mul(1000));
    let is_over = |gap: &Gap| limit.is_some_and(|limit| gap.longest > limit);
    if any.newest.is_none() || is_over(any) {
        "backup-word-fail"
    } else if complete.newest.is_none() || is_over(complete) {
        "backup-word-not-proven"
    } else {
        "backup-word-pass"
    }
}

/// The lines about the RTO.
pub(super) fn rto(runs: &Runs, scope: &Scope, portals: &BTreeSet<&str>, rows: &mut Rows) {
    for portal in portals {
        let drills = counting(runs, portal, scope);
        let mute = within(runs, portal, scope).filter(|run| run.drill.is_none()).count();
        let ended = |word| drills.iter().filter(|drill| drill.verdict == word).count();
        let (passed, failed) = (ended("backup-word-pass"), ended("backup-word-fail"));
        let objective = drills.iter().filter_map(|drill| drill.rto_objective).min();
        let slowest = drills.iter().filter_map(|drill| drill.rto_ms).max();
        let mut lines = rows.of(Section::Rto, portal, "");
        lines.put("backup-figure-objective", Value::seconds(objective));
        lines.count("backup-figure-drills", drills.len() + mute);
        lines.count("backup-figure-passed", passed);
        lines.count("backup-figure-not-passed", failed);
        lines.count("backup-figure-not-proven", ended("backup-word-not-proven"));
        lines.count("backup-figure-unknown", ended("backup-word-unknown") + mute);
        lines.put("backup-figure-slowest", Value::measured(slowest));
        let is_late = drills.iter().any(|drill| {
            let limit = drill.rto_objective.map(|seconds| seconds.saturating_mul(1000));
            drill.rto_ms.zip(limit).is_some_and(|(took, limit)| took > limit)
        });
        let verdict = match (failed > 0 || is_late, passed > 0) {
            (true, _) => "backup-word-fail",
            (false, true) => "backup-word-pass",
            (false, false) => "backup-word-not-proven",
        };
        lines.put("backup-figure-verdict", Value::Word(verdict));
    }
}

fn within<'a>(
    runs: &'a Runs,
    portal: &'a str,
    scope: &'a Scope,
) -> impl Iterator<Item = &'a Run> + use<'a> {
    let runs = runs.within(scope).map(|(_, run)| run);
    runs.filter(move |run| run.verb == "drill.run" && run.subject == portal)
}

/// Drills of the period that say something about the sets there are.
fn counting<'a>(runs: &'a Runs, portal: &'a str, scope: &'a Scope) -> Vec<&'a Drill> {
    let drills = within(runs, portal, scope).filter_map(|run| run.drill.as_ref());
    drills.filter(|drill| drill.counts).collect()
}
