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
    /// What the set says it holds: its data is compared when that of each of them is.
    pub sources: Vec<Source>,
    /// Whether the set says that it lacks something.
    pub set_incomplete: bool,
    /// Whether the set was taken as evidence.
    pub set_of_evidence: bool,
}

/// A database or a tree of the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// As its checks call it.
    pub subject: String,
    /// Rows or files that there are to compare; of a base one, since it is compared as a whole.
    pub things: u64,
    /// Checks that must have passed over something, beside the one that compares its data.
    pub needs: Vec<CheckKind>,
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
    // A check that failed or did not run has its own reason.
    let is_covered = |source: &Source| {
        let mut of_it = seen.checks.iter().filter(|check| check.subject == source.subject);
        let has_gone =
            |check: &Check, least| check.outcome != CheckOutcome::Passed || check.compared >= least;
        let is_there = |kind: &CheckKind| {
            let mut of_it = of_it.clone();
            of_it.any(|check| check.kind == *kind && has_gone(check, 1))
        };
        let is_met = source.needs.iter().all(is_there);
        is_met
            && (source.things == 0
                || of_it.any(|check| check.kind.proves_data() && has_gone(check, source.things)))
    };
    if !seen.sources.iter().all(is_covered) {
        holes.push(Reason::NotAllCompared);
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

    fn source(subject: &str, things: u64) -> Source {
        Source { subject: subject.to_owned(), things, needs: Vec::new() }
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
            sources: vec![source("db", 40), source("m", 0)],
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
        let none = [R::NoDataCompared, R::NotAllCompared];
        expect(|s| drop(s.checks.remove(1)), NotProven, &none);
        expect(|s| s.checks[1].compared = 0, NotProven, &none);
        let nothing = [R::NoDataCompared, R::NotAllCompared, R::NoAnswer];
        expect(|s| s.checks.clear(), NotProven, &nothing);
        // A sample, and a tree or a database of which nobody compared anything.
        expect(|s| s.checks[1].compared = 39, NotProven, &[R::NotAllCompared]);
        expect(|s| s.sources.push(source("other", 1)), NotProven, &[R::NotAllCompared]);
        expect(|s| s.sources.push(source("empty", 0)), Pass, &[]);
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

    /// How a check can be there, or not.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum State {
        Absent,
        Whole,
        Sampled,
        OfNothing,
        Failed,
        NotRun,
    }

    const STATES: [State; 6] = [
        State::Absent,
        State::Whole,
        State::Sampled,
        State::OfNothing,
        State::Failed,
        State::NotRun,
    ];

    const KINDS: [CheckKind; 13] = [
        CheckKind::Restore,
        CheckKind::Load,
        CheckKind::Inventory,
        CheckKind::RowCounts,
        CheckKind::RowDigests,
        CheckKind::Files,
        CheckKind::Replay,
        CheckKind::Pages,
        CheckKind::References,
        CheckKind::Smoke,
        CheckKind::Defacement,
        CheckKind::Scan,
        CheckKind::Erasure,
    ];

    /// Of a source with nine things.
    fn in_state(kind: CheckKind, subject: &str, state: State) -> Option<Check> {
        match state {
            State::Absent => None,
            State::Whole => Some(check(kind, subject, 9, Vec::new())),
            State::Sampled => Some(check(kind, subject, 8, Vec::new())),
            State::OfNothing => Some(check(kind, subject, 0, Vec::new())),
            State::Failed => Some(check(kind, subject, 9, vec![Finding::EarlierStep])),
            State::NotRun => Some(not_run(kind, subject, Finding::EarlierStep)),
        }
    }

    /// Everything beside the checks that a verdict depends on.
    fn surroundings() -> Vec<Seen> {
        let times = [None, Some(HOUR), Some(9 * HOUR), Some(24 * HOUR)];
        let losses = [None, Some(HOUR), Some(2 * HOUR)];
        let roles = [TreeRole::Application, TreeRole::Configuration];
        let mut all = Vec::new();
        for (measured_rto, measured_rpo) in
            times.iter().flat_map(|time| losses.map(|loss| (*time, loss)))
        {
            for bits in 0..32_u8 {
                let has = |bit: u8| bits & (1 << bit) != 0;
                let there = roles.iter().enumerate().filter(|(n, _)| has(u8::from(*n > 0)));
                all.push(Seen {
                    scope: if has(2) { Scope::Portal } else { Scope::Data },
                    checks: Vec::new(),
                    measured_rto,
                    measured_rpo,
                    roles: there.map(|(_, role)| *role).collect(),
                    sources: vec![source("db", 9), source("m", 9)],
                    set_incomplete: has(3),
                    set_of_evidence: has(4),
                });
            }
        }
        all
    }

    /// What may pass, said once more and the other way round: by what must be there.
    fn proves_all(seen: &Seen, states: [State; 4]) -> bool {
        let [shape, rows, files, smoke] = states;
        let harmless = [State::Absent, State::Whole, State::Sampled, State::OfNothing];
        let whole = rows == State::Whole && files == State::Whole;
        let in_time =
            seen.measured_rto == Some(HOUR) && seen.measured_rpo.is_none_or(|r| r == HOUR);
        let served = match seen.scope {
            Scope::Data => harmless.contains(&smoke),
            Scope::Portal => {
                seen.roles.len() == 2 && [State::Whole, State::Sampled].contains(&smoke)
            }
        };
        let clean = !seen.set_incomplete && !seen.set_of_evidence;
        harmless.contains(&shape) && whole && in_time && served && clean
    }

    /// **Invariant: PASS needs all data compared.** Every state of what proves a shape, rows, files
    /// and an answer, in every surrounding: 497,664 drills.
    #[test]
    fn of_all_combinations_only_those_with_all_data_compared_pass() {
        let mut verdicts = [0_u32; 3];
        for mut seen in surroundings() {
            for number in 0..STATES.len().pow(4) {
                let state = |place: u32| STATES[number / STATES.len().pow(place) % STATES.len()];
                let states = [state(0), state(1), state(2), state(3)];
                let kinds = [
                    (CheckKind::Inventory, "db"),
                    (CheckKind::RowDigests, "db"),
                    (CheckKind::Files, "m"),
                    (CheckKind::Smoke, "mau"),
                ];
                let checks = kinds.iter().zip(states);
                seen.checks =
                    checks.filter_map(|((kind, of), state)| in_state(*kind, of, state)).collect();
                let (verdict, reasons) = judge(&seen, &OBJECTIVES);
                let is_wrong = states.contains(&State::Failed)
                    || seen.measured_rto.is_some_and(|rto| rto > OBJECTIVES.rto)
                    || seen.measured_rpo.is_some_and(|rpo| rpo > OBJECTIVES.rpo);
                let expected = match (is_wrong, proves_all(&seen, states)) {
                    (true, _) => Verdict::Fail,
                    (false, true) => Verdict::Pass,
                    (false, false) => Verdict::NotProven,
                };
                assert_eq!(verdict, expected, "{states:?} {seen:?}");
                assert_eq!(reasons.is_empty(), verdict == Verdict::Pass, "{states:?} {seen:?}");
                let twice = (1..reasons.len()).any(|n| reasons[..n].contains(&reasons[n]));
                assert!(!twice, "{reasons:?}");
                verdicts[verdict as usize] += 1;
            }
        }
        // In data: 4 shapes, 4 answers, 2 losses, 4 sets of roles; in portals: 4, 2, 2 and 1.
        assert_eq!(verdicts[Verdict::Pass as usize], 4 * 4 * 2 * 4 + 4 * 2 * 2);
        assert!(verdicts.iter().all(|count| *count > 0), "{verdicts:?}");
    }

    /// A drill to an instant: what the log made of the data needs checks of its own.
    #[test]
    fn an_instant_is_reached_by_a_log_that_was_replayed_and_by_nothing_else() {
        let (replay, pages) = (CheckKind::Replay, CheckKind::Pages);
        for of_log in STATES {
            for of_pages in STATES {
                let states = [of_log, of_pages];
                let verdict = if states.contains(&State::Failed) {
                    Verdict::Fail
                } else if states.iter().all(|one| [State::Whole, State::Sampled].contains(one)) {
                    Verdict::Pass
                } else {
                    Verdict::NotProven
                };
                let mut seen = surroundings().remove(0);
                (seen.scope, seen.measured_rto) = (Scope::Data, Some(HOUR));
                seen.sources[0].needs = vec![replay, pages];
                seen.checks = vec![
                    check(CheckKind::Files, "db", 9, Vec::new()),
                    check(CheckKind::Files, "m", 9, Vec::new()),
                ];
                seen.checks.extend(in_state(replay, "db", of_log));
                seen.checks.extend(in_state(pages, "db", of_pages));
                assert_eq!(judge(&seen, &OBJECTIVES).0, verdict, "{states:?}");
            }
        }
    }

    /// Every kind of check alone beside a good drill: what is not whole never helps, and what went
    /// wrong or did not take place always counts.
    #[test]
    fn every_kind_of_check_counts_in_every_state() {
        for kind in KINDS {
            for state in STATES {
                let verdict = match state {
                    State::Failed => Verdict::Fail,
                    State::NotRun => Verdict::NotProven,
                    _ => Verdict::Pass,
                };
                let reasons: &[Reason] = match state {
                    State::Failed => &[Reason::CheckFailed],
                    State::NotRun => &[Reason::CheckNotRun],
                    _ => &[],
                };
                expect(|s| s.checks.extend(in_state(kind, "db", state)), verdict, reasons);
            }
            // Whatever a kind that only looks at shapes says of all, it compares no data.
            if !kind.proves_data() {
                let alone = |s: &mut Seen| {
                    s.scope = Scope::Data;
                    s.sources.clear();
                    s.checks = in_state(kind, "db", State::Whole).into_iter().collect();
                };
                expect(alone, Verdict::NotProven, &[Reason::NoDataCompared]);
            }
        }
    }
}
