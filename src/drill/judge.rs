//! From checks and times to PASS, FAIL or NOT PROVEN.
//!
//! The rule of the house: a hole in the proof is never a pass. FAIL needs something seen to be
//! wrong; PASS needs every check passed, data itself compared, and the time kept; all between is
//! NOT PROVEN.

use std::time::Duration;

use crate::base::manifest::TreeRole;
use crate::drill::fact::{Check, CheckKind, CheckOutcome, Reason, Scope, Verdict};
use crate::drill::{LEGAL_LIMIT, Objectives};

/// What a drill saw, as far as the verdict depends on it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Data only, or the whole portal.
    pub scope: Scope,
    /// The checks, in order.
    pub checks: Vec<Check>,
    /// Decision to answer, when it came to that.
    pub measured_rto: Option<Duration>,
    /// Decision minus newest recoverable commit, when known.
    pub measured_rpo: Option<Duration>,
    /// Roles of the trees that the set holds.
    pub roles: Vec<TreeRole>,
    /// Whether the set says that it lacks something.
    pub set_incomplete: bool,
    /// Whether the set was taken as evidence.
    pub set_of_evidence: bool,
}

/// The verdict and its reasons: empty for PASS, first what is worst.
pub fn judge(seen: &Seen, objectives: &Objectives) -> (Verdict, Vec<Reason>) {
    let mut wrong = Vec::new();
    if seen.checks.iter().any(|check| matches!(check.outcome, CheckOutcome::Failed { .. })) {
        wrong.push(Reason::CheckFailed);
    }
    if let Some(rto) = seen.measured_rto {
        if rto > objectives.rto {
            wrong.push(Reason::LaterThanObjective);
        }
        if rto.saturating_add(objectives.allowance) > LEGAL_LIMIT {
            wrong.push(Reason::LaterThanLaw);
        }
    }
    if seen.measured_rpo.is_some_and(|rpo| rpo > objectives.rpo) {
        wrong.push(Reason::OlderThanRpo);
    }
    let holes = holes(seen);
    let verdict = match (wrong.is_empty(), holes.is_empty()) {
        (false, _) => Verdict::Fail,
        (true, false) => Verdict::NotProven,
        (true, true) => Verdict::Pass,
    };
    wrong.extend(holes);
    (verdict, wrong)
}

fn holes(seen: &Seen) -> Vec<Reason> {
    let mut holes = Vec::new();
    let not_run = |check: &Check| matches!(check.outcome, CheckOutcome::NotRun { .. });
    if seen.checks.iter().any(not_run) {
        holes.push(Reason::CheckNotRun);
    }
    let compares_data = |check: &Check| {
        check.kind.proves_data() && check.compared > 0 && check.outcome == CheckOutcome::Passed
    };
    if !seen.checks.iter().any(compares_data) {
        holes.push(Reason::NoDataCompared);
    }
    if seen.scope == Scope::Portal {
        if !seen.roles.contains(&TreeRole::Application) {
            holes.push(Reason::NoApplication);
        }
        if !seen.roles.contains(&TreeRole::Configuration) {
            holes.push(Reason::NoConfiguration);
        }
        let answered = |check: &Check| {
            check.kind == CheckKind::Smoke
                && check.compared > 0
                && check.outcome == CheckOutcome::Passed
        };
        if !seen.checks.iter().any(answered) {
            holes.push(Reason::NoAnswer);
        }
    }
    if seen.measured_rto.is_none() {
        holes.push(Reason::NoAnswer);
    }
    if seen.set_incomplete {
        holes.push(Reason::SetIncomplete);
    }
    if seen.set_of_evidence {
        holes.push(Reason::SetOfEvidence);
    }
    holes.dedup();
    holes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::compare::{check, not_run};
    use crate::drill::fact::Finding;

    const HOUR: Duration = Duration::from_hours(1);
    const OBJECTIVES: Objectives =
        Objectives { rto: Duration::from_hours(8), allowance: HOUR, rpo: HOUR };

    fn passed(kind: CheckKind, compared: u64) -> Check {
        check(kind, "db", compared, Vec::new())
    }

    /// Judges a good portal drill after `change` has spoiled it.
    #[track_caller]
    fn expect(change: impl FnOnce(&mut Seen), verdict: Verdict, reasons: &[Reason]) {
        let mut seen = Seen {
            scope: Scope::Portal,
            checks: vec![
                passed(CheckKind::Inventory, 9),
                passed(CheckKind::RowDigests, 40),
                passed(CheckKind::Smoke, 1),
            ],
            measured_rto: Some(HOUR),
            measured_rpo: Some(HOUR),
            roles: vec![TreeRole::Media, TreeRole::Application, TreeRole::Configuration],
            set_incomplete: false,
            set_of_evidence: false,
        };
        change(&mut seen);
        assert_eq!(judge(&seen, &OBJECTIVES), (verdict, reasons.to_vec()));
    }

    #[test]
    fn only_a_proof_without_a_hole_passes() {
        use Reason as R;
        use Verdict::{Fail, NotProven, Pass};
        let bad = || check(CheckKind::Files, "m", 3, vec![Finding::EarlierStep]);
        let hole = || not_run(CheckKind::Files, "m", Finding::EarlierStep);
        expect(|_| {}, Pass, &[]);
        expect(|s| s.checks.push(bad()), Fail, &[R::CheckFailed]);
        expect(|s| s.checks.push(hole()), NotProven, &[R::CheckNotRun]);
        expect(|s| drop(s.checks.remove(1)), NotProven, &[R::NoDataCompared]);
        expect(|s| s.checks[1].compared = 0, NotProven, &[R::NoDataCompared]);
        expect(|s| s.checks.clear(), NotProven, &[R::NoDataCompared, R::NoAnswer]);
        expect(|s| s.roles.truncate(1), NotProven, &[R::NoApplication, R::NoConfiguration]);
        expect(|s| s.measured_rto = None, NotProven, &[R::NoAnswer]);
        expect(|s| s.set_incomplete = true, NotProven, &[R::SetIncomplete]);
        expect(|s| s.set_of_evidence = true, NotProven, &[R::SetOfEvidence]);
        expect(|s| s.checks.truncate(2), NotProven, &[R::NoAnswer]);
        let both = |s: &mut Seen| s.checks.extend([bad(), hole()]);
        expect(both, Fail, &[R::CheckFailed, R::CheckNotRun]);
    }

    #[test]
    fn a_data_drill_needs_neither_application_nor_answer() {
        let data_only = |s: &mut Seen| {
            s.scope = Scope::Data;
            s.checks.truncate(2);
            s.roles.clear();
        };
        expect(data_only, Verdict::Pass, &[]);
    }

    #[test]
    fn time_is_judged_to_the_millisecond_and_with_the_allowance() {
        use Reason as R;
        let limit = OBJECTIVES.rto;
        let tick = Duration::from_millis(1);
        expect(|s| s.measured_rto = Some(limit), Verdict::Pass, &[]);
        expect(|s| s.measured_rto = Some(limit + tick), Verdict::Fail, &[R::LaterThanObjective]);
        expect(|s| s.measured_rpo = Some(HOUR + tick), Verdict::Fail, &[R::OlderThanRpo]);
        expect(
            |s| s.measured_rto = Some(23 * HOUR + tick),
            Verdict::Fail,
            &[R::LaterThanObjective, R::LaterThanLaw],
        );
    }
}
