//! Nothing is promoted without a fence that is seen to hold at that very moment.

use duphong::playbook::action::Action;
use duphong::playbook::fact::{Fact, How, Output, Tried, Way};
use duphong::playbook::fault::Refusal;
use duphong::playbook::journal::{Run, Standing, StepState};
use duphong::playbook::plan::{Plan, PlannedCall, PlannedStep, PlannedUndo};
use duphong::playbook::port::Sight;
use duphong::world::clock::Clock as _;

use crate::playbook::fakes::{Fakes, Moment};
use crate::playbook::plans::{again, failover, fence, plan, step, words};

/// What a proof answers, look by look; the last letter for ever after.
fn proof(fakes: &Fakes, looks: &'static str) {
    fakes.answer("fence", Action::PostgresClosed, move |nth| {
        let letter = looks.chars().nth(nth as usize).or(looks.chars().last());
        match letter {
            Some('s') => Sight::Seen(Output::new()),
            Some('n') => Sight::NotSeen("it takes writes".to_owned()),
            _ => Sight::CannotTell("no route to host".to_owned()),
        }
    });
}

fn how(standing: &Standing) -> Option<How> {
    match standing {
        Standing::Closed(closed) => Some(closed.how),
        _ => None,
    }
}

fn failure(fakes: &Fakes, step: &str) -> String {
    let run = fakes.folded();
    let at = run.plan.steps.iter().position(|one| one.id == step).unwrap();
    run.steps[at].failure.clone().map_or_else(String::new, |failure| failure.code)
}

/// Runs the failover with this answer of the proof: what became of it, and of the promotion.
#[track_caller]
fn check(looks: &'static str, promoted: bool, failed: Option<(&str, &str)>) -> Fakes {
    let mut fakes = Fakes::new(failover());
    proof(&fakes, looks);
    let standing = fakes.finish();
    let expected = if promoted { How::Finished } else { How::Unwound };
    assert_eq!(how(&standing), Some(expected), "{looks}: {standing:?}");
    assert_eq!(fakes.called("promote", Way::Do), usize::from(promoted), "{looks}");
    if let Some((step, code)) = failed {
        assert_eq!(failure(&fakes, step), code, "{looks}");
        assert!(!fakes.inside().applied.contains("fence"), "{looks}: the fence is taken back");
    }
    fakes
}

#[test]
fn a_fence_that_cannot_be_proven_promotes_nothing_and_is_taken_back() {
    check("n", false, Some(("fence", "playbook.fence-open")));
    check("?", false, Some(("fence", "playbook.fence-unproven")));
    check("ssn", false, Some(("fence", "playbook.fence-open")));
    check("sn?", false, Some(("fence", "playbook.fence-unproven")));
}

#[test]
fn a_proof_is_seen_three_times_in_a_row() {
    // Three for the fence, three for the promotion.
    check("sss", true, None);
    check("nnnsss", true, None);
    check("ssnss?sss", true, None);
    let fakes = Fakes::new(failover());
    // Never three in a row, for ever.
    fakes.answer("fence", Action::PostgresClosed, |nth| match nth % 3 {
        2 => Sight::NotSeen("it takes writes".to_owned()),
        _ => Sight::Seen(Output::new()),
    });
    let mut fakes = fakes;
    assert_eq!(how(&fakes.finish()), Some(How::Unwound));
    assert_eq!(failure(&fakes, "fence"), "playbook.fence-open");
    assert_eq!(fakes.called("promote", Way::Do), 0);
}

/// The fence was proven, and does not hold any more when it counts.
#[test]
fn a_fence_lost_before_promoting_promotes_nothing_and_is_taken_back() {
    check("sssn", false, Some(("promote", "playbook.promote-without-proof")));
    check("sssssn", false, Some(("promote", "playbook.promote-without-proof")));
    check("sss?", false, Some(("promote", "playbook.promote-without-proof")));
    // One look that shows it open is enough, one that cannot look is not.
    check("sssnsss", false, Some(("promote", "playbook.promote-without-proof")));
    check("sss??sss", true, None);
}

/// Nobody knows whether the first attempt promoted; the second has no proof.
#[test]
fn a_promotion_that_may_have_happened_is_never_taken_back() {
    let mut fakes = Fakes::new(failover());
    fakes.inside().lose = Some((("promote".to_owned(), Way::Do), 1));
    proof(&fakes, "ssssssn");
    assert_eq!(fakes.finish(), Standing::Blocked { step: "promote".to_owned() });
    assert_eq!(failure(&fakes, "promote"), "playbook.promote-without-proof");
    let mut run = fakes.restart();
    let refused = fakes.says(&mut run, Fact::Abort(fakes.said())).unwrap_err();
    assert_eq!(refused.why, Refusal::NoReturn);
    assert!(fakes.inside().applied.contains("fence"), "the fence stays");
    // A person fences again by hand and retries: the proof is looked at again.
    proof(&fakes, "s");
    fakes.says(&mut run, Fact::Retry(fakes.said())).unwrap();
    assert_eq!(how(&fakes.finish()), Some(How::Finished));
    assert_eq!(fakes.count("promote", Way::Do), 1);
}

/// Every fence before the promotion must hold, not only the last.
#[test]
fn every_fence_before_the_promotion_is_looked_at() {
    let steps = vec![
        fence("other", Action::TcpRefused),
        fence("fence", Action::PostgresClosed),
        step("promote", Action::PostgresPromote),
    ];
    let mut fakes = Fakes::new(plan(steps));
    fakes.answer("other", Action::TcpRefused, |nth| match nth {
        0..3 => Sight::Seen(Output::new()),
        _ => Sight::NotSeen("it listens".to_owned()),
    });
    assert_eq!(how(&fakes.finish()), Some(How::Unwound));
    assert_eq!(fakes.called("promote", Way::Do), 0);
}

/// A plan that no engine may run: the code with which it is refused, before anything is done.
#[track_caller]
fn check_unsound(steps: Vec<PlannedStep>, code: &str) {
    let fakes = Fakes::new(plan(steps));
    let mut run = fakes.folded();
    let fault = fakes.go(&mut run).unwrap_err();
    assert_eq!(fault.code(), code, "{fault}");
    assert_eq!(fakes.inside().calls, 0, "nothing is done, nothing is written");
}

#[test]
fn a_plan_that_promotes_without_a_fence_is_not_run() {
    let promote = || step("promote", Action::PostgresPromote);
    let fenced = || fence("fence", Action::PostgresClosed);
    let unproven = || PlannedStep { proof: Vec::new(), ..fenced() };
    check_unsound(vec![promote()], "playbook.no-fence");
    check_unsound(vec![promote(), fenced()], "playbook.no-fence");
    check_unsound(vec![unproven(), promote()], "playbook.plan-unsound");
    check_unsound(vec![again("fence", 1), promote()], "playbook.no-fence");
    let needless = PlannedUndo::Needless { reason: words() };
    let harmless = PlannedStep { undo: needless, ..promote() };
    check_unsound(vec![fenced(), harmless], "playbook.plan-unsound");
    let by_promotion =
        PlannedUndo::By { call: promote().call, timeout_ms: 1000, done_when: Vec::new() };
    check_unsound(
        vec![fenced(), PlannedStep { undo: by_promotion, ..again("back", 1) }],
        "playbook.plan-unsound",
    );
    let shared = PlannedStep {
        proof: vec![PlannedCall { with: promote().call.with, ..fenced().proof.remove(0) }],
        ..fenced()
    };
    check_unsound(vec![shared.clone(), promote()], "playbook.proof-same-server");
    let other = fence("other", Action::PostgresClosed);
    check_unsound(vec![other, shared, promote()], "playbook.proof-same-server");
    let looks = PlannedStep { done_when: vec![promote().call], ..again("looks", 1) };
    check_unsound(vec![fenced(), looks], "playbook.plan-unsound");
}

/// The fold itself announces no promotion that no fence precedes, whatever writes the record.
#[test]
fn a_promotion_without_a_done_fence_is_refused_by_name() {
    #[track_caller]
    fn check(plan: Plan, before: &[&str], why: Refusal) {
        let fakes = Fakes::new(plan);
        let mut run = fakes.folded();
        for step in before {
            fakes.says(&mut run, tried(step)).unwrap();
            fakes.says(&mut run, done(step)).unwrap();
        }
        assert_eq!(fakes.says(&mut run, tried("promote")).unwrap_err().why, why);
        assert_eq!(run.state("promote"), Some(&StepState::Pending));
    }
    let promote = || step("promote", Action::PostgresPromote);
    let fenced = || fence("fence", Action::PostgresClosed);
    check(plan(vec![fenced(), promote()]), &[], Refusal::NotItsTurn);
    check(plan(vec![promote()]), &[], Refusal::NoFence);
    check(plan(vec![again("fence", 1), promote()]), &["fence"], Refusal::NoFence);
    let unproven = PlannedStep { proof: Vec::new(), ..fenced() };
    check(plan(vec![unproven, promote()]), &["fence"], Refusal::NoFence);
}

fn tried(step: &str) -> Fact {
    Fact::Tried(Tried { step: step.to_owned(), way: Way::Do, attempt: 1 })
}

fn done(step: &str) -> Fact {
    use duphong::playbook::fact::{Ended, Result};
    let result = Result::Done { output: Output::new() };
    Fact::Ended(Ended { step: step.to_owned(), way: Way::Do, attempt: 1, result })
}

/// A fence that was taken back leads to no promotion, nor does a person's word make one hold.
#[test]
fn neither_a_compensated_fence_nor_a_word_is_a_fence() {
    let steps = vec![
        fence("fence", Action::PostgresClosed),
        step("standby", Action::PostgresStandby),
        step("promote", Action::PostgresPromote),
    ];
    let mut fakes = Fakes::new(plan(steps));
    fakes.answer("standby", Action::PostgresStandby, |_| Sight::NotSeen("it lags".to_owned()));
    assert_eq!(how(&fakes.finish()), Some(How::Unwound));
    // Taken back, and not over yet: the end alone would refuse everything.
    let last = fakes.inside().facts.pop().unwrap().1;
    assert!(matches!(last, Fact::Closed(_)), "{last:?}");
    let mut run = fakes.folded();
    assert_eq!(run.state("fence"), Some(&StepState::Undone));
    assert_eq!(run.standing(fakes.clock.now()), Standing::Unwinding);
    assert_eq!(fakes.says(&mut run, tried("promote")).unwrap_err().why, Refusal::Unwinding);

    let fakes = Fakes::new(fakes.plan.clone());
    let mut run: Run = fakes.folded();
    fakes.says(&mut run, tried("fence")).unwrap();
    let unknown = match done("fence") {
        Fact::Ended(ended) => Fact::Ended(duphong::playbook::fact::Ended {
            result: duphong::playbook::fact::Result::Unknown,
            ..ended
        }),
        other => other,
    };
    fakes.says(&mut run, unknown).unwrap();
    let word = fakes.found("fence", Way::Do, true);
    assert_eq!(fakes.says(&mut run, word).unwrap_err().why, Refusal::NotShown);
}

/// The command failed although it fenced: it is taken back like any step that began.
#[test]
fn a_fence_whose_command_failed_is_taken_back_and_proves_nothing() {
    let mut fakes = Fakes::new(failover());
    fakes.fail("fence", Way::Do, 1, Moment::After);
    assert_eq!(how(&fakes.finish()), Some(How::Unwound));
    assert_eq!(fakes.called("promote", Way::Do), 0);
    assert!(!fakes.inside().applied.contains("fence"));
}

/// Whoever cancels while the fence is proven again waits for these few looks: stopped in between,
/// the run would count as promoted.
#[test]
fn cancelling_does_not_stop_between_the_proof_and_the_promotion() {
    let mut fakes = Fakes::new(failover());
    let mut run = fakes.folded();
    fakes.go(&mut run).unwrap();
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    // The standby, three times the fence, caught up, and then the proof.
    fakes.inside().cancel_at_look = Some(6);
    assert_eq!(fakes.go(&mut run).unwrap(), Standing::Going);
    assert!(matches!(run.state("promote"), Some(StepState::Done { .. })), "{run:?}");
    assert_eq!(run.state("switch"), Some(&StepState::Pending));
    assert_eq!(how(&fakes.finish()), Some(How::Finished));
    assert_eq!(fakes.called("promote", Way::Do), 1);
}

/// A promotion that may have happened stays a point of no return, whatever anyone says.
#[test]
fn no_word_makes_a_lost_promotion_one_that_did_not_happen() {
    let mut fakes = Fakes::new(failover());
    let mut run = fakes.folded();
    fakes.go(&mut run).unwrap();
    fakes.says(&mut run, fakes.approved("approval", "binh")).unwrap();
    fakes.inside().lose = Some((("promote".to_owned(), Way::Do), 1));
    assert_eq!(fakes.go(&mut run).unwrap_err().code(), "test.killed");
    let mut run = fakes.restart();
    assert!(matches!(run.state("promote"), Some(StepState::Unknown { .. })), "{run:?}");
    for done in [true, false] {
        let word = fakes.found("promote", Way::Do, done);
        assert_eq!(fakes.says(&mut run, word).unwrap_err().why, Refusal::NotShown);
    }
    let abort = Fact::Abort(fakes.said());
    assert_eq!(fakes.says(&mut run, abort).unwrap_err().why, Refusal::NoReturn);
    assert_eq!(how(&fakes.finish()), Some(How::Finished));
}
