//! Gates: who and how many, until when, and that production is still what was approved.

use std::time::Duration;

use duphong::playbook::action::Action;
use duphong::playbook::fact::{Approved, Fact, How, Way};
use duphong::playbook::fault::Refusal;
use duphong::playbook::journal::{Run, Standing, StepState};
use duphong::playbook::plan::{PlannedStep, PlannedUndo};
use duphong::world::clock::Clock as _;

use crate::playbook::fakes::{BEGUN, Fakes, Moment};
use crate::playbook::plans::{again, gate, once, plan, step, words};

/// A plan that asks for so many approvals and then does one thing.
fn asked(approvals: u64) -> (Fakes, Run) {
    let fakes = Fakes::new(plan(vec![gate("approval", approvals), once("deed")]));
    let mut run = fakes.folded();
    let standing = fakes.go(&mut run).unwrap();
    assert!(matches!(standing, Standing::Waiting { .. }), "{standing:?}");
    (fakes, run)
}

fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

#[track_caller]
fn ends(fakes: &Fakes, run: &mut Run, how: How, code: Option<&str>) {
    match fakes.go(run).unwrap() {
        Standing::Closed(closed) => assert_eq!(closed.how, how),
        other => panic!("expected {how:?}: {other:?}"),
    }
    let failed = run.steps[0].failure.as_ref().map(|failure| failure.code.as_str());
    assert_eq!(failed, code);
    assert_eq!(fakes.called("deed", Way::Do), usize::from(how == How::Finished));
}

#[test]
fn a_gate_waits_for_all_its_approvers_and_passes_with_the_last() {
    let (fakes, mut run) = asked(2);
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    let calls = fakes.inside().calls;
    match fakes.go(&mut run).unwrap() {
        Standing::Waiting { step, asked, approved } => {
            assert_eq!((step.as_str(), asked.approvals), ("approval", 2));
            assert_eq!(approved, ["binh"]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fakes.inside().calls, calls, "it asks once");
    fakes.says(&mut run, fakes.approved("approval", "chi")).unwrap();
    ends(&fakes, &mut run, How::Finished, None);
    match run.state("approval") {
        Some(StepState::Done { output, .. }) => assert_eq!(output["approved-by"], "binh, chi"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_person_counts_once_by_name_and_by_key() {
    let (fakes, mut run) = asked(2);
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    let Fact::Approved(same) = fakes.approved("approval", "binh") else { panic!() };
    let other_name = Approved { approver: "chi".to_owned(), ..same };
    fakes.says(&mut run, Fact::Approved(other_name)).unwrap();
    assert!(matches!(fakes.go(&mut run).unwrap(), Standing::Waiting { .. }));
    assert_eq!(fakes.called("deed", Way::Do), 0);
}

#[test]
fn a_gate_that_nobody_answers_in_time_is_refused() {
    let (fakes, mut run) = asked(1);
    fakes.clock.advance(minutes(30));
    let late = fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap_err();
    assert_eq!(late.why, Refusal::Expired);
    ends(&fakes, &mut run, How::Unwound, Some("playbook.gate-expired"));
}

/// An approval is about now: one that was given in time does not start a failover hours later.
#[test]
fn a_gate_that_is_approved_and_resumed_too_late_is_refused() {
    let (fakes, mut run) = asked(1);
    fakes.clock.advance(minutes(29));
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    fakes.clock.advance(minutes(1));
    ends(&fakes, &mut run, How::Unwound, Some("playbook.gate-expired"));
}

#[test]
fn a_rejected_gate_takes_the_run_back() {
    let (fakes, mut run) = asked(2);
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    fakes.says(&mut run, Fact::Rejected(fakes.said())).unwrap();
    let again = fakes.says(&mut run, fakes.approved("approval", "chi")).unwrap_err();
    assert_eq!(again.why, Refusal::NotWaiting);
    ends(&fakes, &mut run, How::Unwound, Some("playbook.gate-rejected"));
}

#[test]
fn production_that_changed_voids_the_approval() {
    let (fakes, mut run) = asked(1);
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    fakes.inside().production.insert(Action::Command, "another".to_owned());
    ends(&fakes, &mut run, How::Unwound, Some("playbook.production-changed"));
    let error = &run.steps[0].failure.as_ref().unwrap().error;
    assert!(error.contains("deed") && error.contains("another"), "{error}");
}

/// What was done before a gate has changed production: the gate is about what comes after it.
#[test]
fn a_gate_in_the_middle_judges_what_comes_after_it() {
    for (changed, how) in
        [(Action::NginxSwitch, How::Finished), (Action::PortalHealthy, How::Unwound)]
    {
        let steps = vec![
            step("switch", Action::NginxSwitch),
            gate("approval", 1),
            step("healthy", Action::PortalHealthy),
        ];
        let mut fakes = Fakes::new(plan(steps));
        fakes.inside().production.insert(changed, "another".to_owned());
        match fakes.finish() {
            Standing::Closed(closed) => assert_eq!(closed.how, how, "{changed:?}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Behind the point of no return a gate that fails stops the run, and asks anew when retried.
#[test]
fn a_gate_behind_the_point_of_no_return_asks_again() {
    let point =
        PlannedStep { undo: PlannedUndo::NoReturn { reason: words() }, ..again("point", 1) };
    let fakes = Fakes::new(plan(vec![point, gate("approval", 1)]));
    let mut run = fakes.folded();
    fakes.go(&mut run).unwrap();
    fakes.says(&mut run, Fact::Rejected(fakes.said())).unwrap();
    let blocked = Standing::Blocked { step: "approval".to_owned() };
    assert_eq!(fakes.go(&mut run).unwrap(), blocked);
    fakes.says(&mut run, Fact::Retry(fakes.said())).unwrap();
    match fakes.go(&mut run).unwrap() {
        Standing::Waiting { approved, .. } => assert!(approved.is_empty()),
        other => panic!("{other:?}"),
    }
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    assert!(matches!(fakes.go(&mut run).unwrap(), Standing::Closed(_)));
}

#[test]
fn a_clock_that_jumps_far_ahead_closes_the_gate() {
    let (fakes, mut run) = asked(1);
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    fakes.clock.jump_to("2036-01-01T00:00:00Z".parse().unwrap());
    ends(&fakes, &mut run, How::Unwound, Some("playbook.gate-expired"));
}

/// How long the gate has really waited cannot be told: nothing is decided, and a person can set
/// the clock right and resume.
#[test]
fn a_clock_that_jumps_back_decides_nothing() {
    let (fakes, mut run) = asked(1);
    fakes.clock.advance(minutes(10));
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    let right = fakes.clock.now();
    let calls = fakes.inside().calls;
    fakes.clock.jump_to(BEGUN.parse().unwrap());
    assert_eq!(fakes.go(&mut run).unwrap_err().code(), "playbook.clock-back");
    assert_eq!(fakes.inside().calls, calls, "nothing is written, nothing is done");
    // A correction of some seconds is none.
    fakes.clock.jump_to(right - jiff::SignedDuration::from_secs(20));
    ends(&fakes, &mut run, How::Finished, None);
}

/// Whoever sets the clock back opens no gate that has been seen to be over.
#[test]
fn a_gate_that_has_expired_on_record_stays_so() {
    let (fakes, mut run) = asked(2);
    fakes.clock.advance(minutes(29));
    let in_time = fakes.approved("approval", "binh");
    fakes.clock.advance(minutes(2));
    // Signed in time, and on record after it.
    fakes.says(&mut run, in_time).unwrap();
    fakes.clock.jump_to(BEGUN.parse().unwrap());
    ends(&fakes, &mut run, How::Unwound, Some("playbook.gate-expired"));
}

#[test]
fn a_gate_is_not_passed_by_a_word_nor_with_less_than_it_asks_for() {
    use duphong::playbook::fact::{Asked, Ended, Output, Result, Tried};
    let fakes = Fakes::new(plan(vec![gate("approval", 2), once("deed")]));
    let mut run = fakes.folded();
    let now = fakes.clock.now();
    let later = now + jiff::SignedDuration::from_mins(30);
    let step = || "approval".to_owned();
    let asked =
        |approvals, expires| Fact::Asked(Asked { step: step(), at: now, expires, approvals });
    let tried = || Fact::Tried(Tried { step: step(), way: Way::Do, attempt: 1 });
    let ended = |result| Fact::Ended(Ended { step: step(), way: Way::Do, attempt: 1, result });
    let mut refused = |fact: Fact| fakes.says(&mut run, fact).map_err(|refused| refused.why);
    assert_eq!(refused(tried()), Err(Refusal::NotTheGate), "not before it has asked");
    assert_eq!(refused(asked(1, later)), Err(Refusal::NotTheGate), "for less than the plan");
    assert_eq!(refused(asked(2, now)), Err(Refusal::NotTheGate), "for no time");
    assert_eq!(refused(asked(2, later)), Ok(()));
    assert_eq!(refused(fakes.approved("approval", "binh")), Ok(()));
    assert_eq!(refused(fakes.approved("deed", "chi")), Err(Refusal::NotWaiting));
    assert_eq!(refused(tried()), Ok(()));
    let done = Result::Done { output: Output::new() };
    assert_eq!(refused(ended(done)), Err(Refusal::NotTheGate), "one of two");
    assert_eq!(refused(ended(Result::Unknown)), Ok(()));
    assert_eq!(refused(fakes.found("approval", Way::Do, true)), Err(Refusal::NotShown));
}

/// Killed while it decides: the gate is decided again, with the approvals that it has.
#[test]
fn a_gate_whose_decision_was_lost_is_decided_again() {
    let (fakes, mut run) = asked(1);
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    let next = fakes.inside().calls + 1;
    fakes.inside().kill = vec![(next, Moment::After)];
    assert_eq!(fakes.go(&mut run).unwrap_err().code(), "test.killed");
    let mut fakes = fakes;
    let mut run = fakes.restart();
    ends(&fakes, &mut run, How::Finished, None);
}

/// A run with an observation and a deed behind its gate, stopped before the deed has begun: killed
/// right behind the gate, or while it still looked.
fn stopped_behind_the_gate(looks: bool) -> Fakes {
    let steps = vec![gate("approval", 1), step("healthy", Action::PortalHealthy), once("deed")];
    let mut fakes = Fakes::new(plan(steps));
    let mut run = fakes.folded();
    fakes.go(&mut run).unwrap();
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    // The gate is tried and ended, the observation tried and ended, the deed tried.
    let calls = fakes.inside().calls + if looks { 4 } else { 2 };
    fakes.inside().kill = vec![(calls, Moment::After)];
    assert_eq!(fakes.go(&mut run).unwrap_err().code(), "test.killed");
    let run = fakes.restart();
    assert!(matches!(run.state("approval"), Some(StepState::Done { .. })), "{run:?}");
    let looked = matches!(run.state("healthy"), Some(StepState::Done { .. }));
    assert_eq!((looked, run.state("deed")), (looks, Some(&StepState::Pending)));
    fakes
}

#[test]
fn an_approval_does_not_outlive_its_gate_while_nothing_has_come_of_it() {
    for looks in [true, false] {
        let fakes = stopped_behind_the_gate(looks);
        fakes.clock.advance(minutes(60 * 24));
        let mut run = fakes.folded();
        ends(&fakes, &mut run, How::Unwound, Some("playbook.gate-expired"));

        let fakes = stopped_behind_the_gate(looks);
        fakes.inside().production.insert(Action::Command, "another".to_owned());
        let mut run = fakes.folded();
        ends(&fakes, &mut run, How::Unwound, Some("playbook.production-changed"));

        let fakes = stopped_behind_the_gate(looks);
        let mut run = fakes.folded();
        ends(&fakes, &mut run, How::Finished, None);
        assert_eq!(run.steps[0].tries, 1, "what still holds is not judged anew");
    }
}

/// What is half done is brought to its end, however long it lay.
#[test]
fn an_approval_that_was_used_does_not_expire() {
    let mut fakes = Fakes::new(plan(vec![gate("approval", 1), again("begun", 1), once("deed")]));
    let mut run = fakes.folded();
    fakes.go(&mut run).unwrap();
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    fakes.inside().lose = Some((("begun".to_owned(), Way::Do), 1));
    assert_eq!(fakes.go(&mut run).unwrap_err().code(), "test.killed");
    let mut run = fakes.restart();
    fakes.clock.advance(minutes(60 * 24));
    ends(&fakes, &mut run, How::Finished, None);
}
