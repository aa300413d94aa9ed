//! Waits end, cancelling stops, and what nobody knows is asked for.

use std::sync::Arc;
use std::time::Duration;

use duphong::playbook::action::Action;
use duphong::playbook::fact::{self, Fact, How, Output, Way};
use duphong::playbook::fault::Refusal;
use duphong::playbook::journal::{Run, Standing, StepState};
use duphong::playbook::plan::{PlannedStep, PlannedUndo};
use duphong::playbook::port::Sight;
use duphong::world::clock::Clock as _;

use crate::playbook::fakes::{BEGUN, Bad, Broken, Fakes, Moment};
use crate::playbook::plans::{again, call, once, plan, step};

fn healthy() -> PlannedStep {
    step("healthy", Action::PortalHealthy)
}

fn failure(run: &Run, index: usize) -> &str {
    run.steps[index].failure.as_ref().map_or("-", |failure| &failure.code)
}

fn is_unknown(run: &Run, step: &str) -> bool {
    matches!(run.state(step), Some(StepState::Unknown { .. }))
}

#[track_caller]
fn closes(standing: &Standing, how: How) {
    match standing {
        Standing::Closed(closed) => assert_eq!(closed.how, how),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_observation_is_looked_at_until_it_is_seen_or_the_time_is_over() {
    #[track_caller]
    fn check(seen_at: u32, otherwise: &'static str, code: &str, looks: u32) {
        let fakes = Fakes::new(plan(vec![healthy()]));
        let count = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = count.clone();
        fakes.answer("healthy", Action::PortalHealthy, move |nth| {
            counted.store(nth + 1, std::sync::atomic::Ordering::SeqCst);
            match otherwise {
                _ if nth >= seen_at => Sight::Seen(Output::new()),
                "not" => Sight::NotSeen("503".to_owned()),
                _ => Sight::CannotTell("no answer".to_owned()),
            }
        });
        let mut run = fakes.folded();
        let standing = fakes.go(&mut run).unwrap();
        closes(&standing, if code == "-" { How::Finished } else { How::Unwound });
        assert_eq!(failure(&run, 0), code);
        assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), looks);
    }
    check(0, "not", "-", 1);
    check(59, "not", "-", 60);
    // A minute, and one look when it is over.
    check(100, "not", "playbook.not-seen", 61);
    check(100, "cannot tell", "playbook.cannot-tell", 61);
}

#[test]
fn waits_are_measured_by_the_clock_that_nobody_sets() {
    for jump in ["2020-01-01T00:00:00Z", "2036-01-01T00:00:00Z"] {
        let fakes = Fakes::new(plan(vec![healthy()]));
        let clock = fakes.clock.clone();
        fakes.answer("healthy", Action::PortalHealthy, move |nth| {
            clock.jump_to(jump.parse().unwrap());
            if nth < 30 { Sight::NotSeen("503".to_owned()) } else { Sight::Seen(Output::new()) }
        });
        let mut run = fakes.folded();
        closes(&fakes.go(&mut run).unwrap(), How::Finished);
    }
}

/// The action says that it is done; what the plan wants to see decides.
#[test]
fn done_is_what_was_seen_to_be_done() {
    let seen = PlannedStep { done_when: vec![call(Action::CommandSays)], ..once("deed") };
    for (seen_at, how, code) in
        [(50, How::Finished, "-"), (1000, How::Unwound, "playbook.not-seen")]
    {
        let fakes = Fakes::new(plan(vec![seen.clone()]));
        fakes.answer("deed", Action::CommandSays, move |nth| {
            if nth < seen_at {
                Sight::NotSeen("not yet".to_owned())
            } else {
                Sight::Seen(Output::new())
            }
        });
        let mut run = fakes.folded();
        closes(&fakes.go(&mut run).unwrap(), how);
        assert_eq!(failure(&run, 0), code);
        assert_eq!(fakes.called("deed", Way::Do), 1, "looking again is not doing again");
    }
}

/// And so is undone.
#[test]
fn undone_is_what_was_seen_to_be_undone() {
    let undo = PlannedUndo::By {
        call: call(Action::Command),
        timeout_ms: 60_000,
        done_when: vec![call(Action::CommandSays)],
    };
    let mut fakes = Fakes::new(plan(vec![PlannedStep { undo, ..once("deed") }, healthy()]));
    fakes.answer("healthy", Action::PortalHealthy, |_| Sight::NotSeen("503".to_owned()));
    fakes.answer("deed", Action::CommandSays, |_| Sight::CannotTell("no answer".to_owned()));
    assert_eq!(fakes.finish(), Standing::Stuck { step: "deed".to_owned() });
    let mut run = fakes.restart();
    match run.state("deed") {
        Some(StepState::StuckUndoing { code, .. }) => assert_eq!(code, "playbook.cannot-tell"),
        other => panic!("{other:?}"),
    }
    fakes.answer("deed", Action::CommandSays, |_| Sight::Seen(Output::new()));
    fakes.says(&mut run, Fact::Retry(fakes.said())).unwrap();
    closes(&fakes.go(&mut run).unwrap(), How::Unwound);
}

#[test]
fn what_is_cancelled_before_it_begins_does_nothing() {
    let fakes = Fakes::new(plan(vec![once("deed")]));
    let mut run = fakes.folded();
    fakes.cancel.cancel();
    assert_eq!(fakes.go(&mut run).unwrap(), Standing::Going);
    assert_eq!(fakes.inside().calls, 0);
}

#[test]
fn a_wait_that_is_cancelled_stops_and_is_resumed() {
    let mut fakes = Fakes::new(plan(vec![again("first", 1), healthy(), again("last", 1)]));
    fakes.answer("healthy", Action::PortalHealthy, |nth| {
        if nth < 20 { Sight::NotSeen("503".to_owned()) } else { Sight::Seen(Output::new()) }
    });
    fakes.inside().cancel_at_look = Some(5);
    let mut run = fakes.folded();
    let since = fakes.clock.monotonic();
    assert_eq!(fakes.go(&mut run).unwrap(), Standing::Going);
    assert!(fakes.clock.monotonic().since(since) < Duration::from_secs(15), "at once");
    assert!(is_unknown(&run, "healthy"), "it has neither failed nor been seen");
    assert_eq!(run, fakes.folded(), "and so it stands in the record");
    let mut run = fakes.restart();
    closes(&fakes.go(&mut run).unwrap(), How::Finished);
}

/// The deed is done and its end was not waited for: it is looked for, and not done again.
#[test]
fn a_deed_whose_wait_was_cancelled_is_seen_or_asked_for_and_never_repeated() {
    let seen = PlannedStep { done_when: vec![call(Action::CommandSays)], ..once("deed") };
    for (seen_at, found) in [(30, true), (1000, false)] {
        let mut fakes = Fakes::new(plan(vec![seen.clone()]));
        fakes.answer("deed", Action::CommandSays, move |nth| {
            if nth < seen_at {
                Sight::NotSeen("not yet".to_owned())
            } else {
                Sight::Seen(Output::new())
            }
        });
        fakes.inside().cancel_at_look = Some(5);
        let mut run = fakes.folded();
        let unknown = Standing::Unknown { step: "deed".to_owned(), way: Way::Do };
        assert_eq!(fakes.go(&mut run).unwrap(), unknown);
        let mut run = fakes.restart();
        let standing = fakes.go(&mut run).unwrap();
        if found {
            closes(&standing, How::Finished);
            let facts = &fakes.inside().facts;
            let by_sight =
                |(_, fact): &(_, Fact)| matches!(fact, Fact::Found(it) if it.by.is_none());
            assert!(facts.iter().any(by_sight), "what was observed is on record");
        } else {
            assert_eq!(standing, unknown);
        }
        assert_eq!(fakes.called("deed", Way::Do), 1);
    }
}

#[test]
fn a_deed_of_unknown_end_waits_for_a_person_and_for_nobody_else() {
    for done in [true, false] {
        let mut fakes = Fakes::new(plan(vec![once("deed")]));
        fakes.inside().lose = Some((("deed".to_owned(), Way::Do), 1));
        let mut run = fakes.folded();
        assert_eq!(fakes.go(&mut run).unwrap_err().code(), "test.killed");
        let unknown = Standing::Unknown { step: "deed".to_owned(), way: Way::Do };
        for _ in 0..3 {
            let mut run = fakes.restart();
            let facts = fakes.inside().facts.len();
            assert_eq!(fakes.go(&mut run).unwrap(), unknown);
            assert_eq!(fakes.inside().facts.len(), facts, "resuming alone changes nothing");
            assert_eq!(
                run.take(fakes.clock.now(), &tried("deed", 2)).unwrap_err().why,
                Refusal::Twice
            );
            let shown = match fakes.found("deed", Way::Do, true) {
                Fact::Found(found) => Fact::Found(fact::Found { by: None, ..found }),
                other => other,
            };
            assert_eq!(fakes.says(&mut run, shown).unwrap_err().why, Refusal::NotShown);
        }
        let mut run = fakes.restart();
        fakes.inside().cleared.insert("deed".to_owned());
        fakes.says(&mut run, fakes.found("deed", Way::Do, done)).unwrap();
        closes(&fakes.go(&mut run).unwrap(), How::Finished);
        assert_eq!(fakes.called("deed", Way::Do), if done { 1 } else { 2 });
    }
}

fn tried(step: &str, attempt: u32) -> Fact {
    Fact::Tried(fact::Tried { step: step.to_owned(), way: Way::Do, attempt })
}

/// An action that was told to stop has not failed: nobody knows how far it came.
#[test]
fn an_interrupted_action_is_of_unknown_end() {
    let interrupted = Bad { times: 1, moment: Moment::After, says: Broken::Interrupted };
    let fakes = Fakes::new(plan(vec![again("harmless", 1), once("deed")]));
    fakes.inside().bad.insert(("harmless".to_owned(), Way::Do), interrupted);
    let mut run = fakes.folded();
    assert_eq!(fakes.go(&mut run).unwrap(), Standing::Going, "it stops there");
    assert!(is_unknown(&run, "harmless"));
    fakes.inside().bad.insert(("deed".to_owned(), Way::Do), interrupted);
    let unknown = Standing::Unknown { step: "deed".to_owned(), way: Way::Do };
    assert_eq!(fakes.go(&mut run).unwrap(), unknown);
    assert_eq!(fakes.called("harmless", Way::Do), 2);
    assert_eq!(fakes.called("deed", Way::Do), 1);
}

#[test]
fn what_may_be_tried_again_is_tried_as_often_as_the_plan_says() {
    for (fails, how, calls) in [(2, How::Finished, 3), (3, How::Unwound, 3)] {
        let mut fakes = Fakes::new(plan(vec![again("deed", 3)]));
        fakes.fail("deed", Way::Do, fails, Moment::Before);
        closes(&fakes.finish(), how);
        assert_eq!(fakes.called("deed", Way::Do), calls);
    }
}

/// What a killed process left running is ended before anything else is done, or nothing is done.
#[test]
fn nothing_goes_on_while_something_of_a_lost_attempt_may_still_run() {
    let mut fakes = Fakes::new(plan(vec![once("deed"), again("next", 1)]));
    fakes.inside().lose = Some((("deed".to_owned(), Way::Do), 1));
    let mut run = fakes.folded();
    fakes.go(&mut run).unwrap_err();
    // A person has judged it in the meantime: it may run all the same.
    let mut run = fakes.restart();
    fakes.says(&mut run, fakes.found("deed", Way::Do, true)).unwrap();
    fakes.inside().restless = true;
    let facts = fakes.inside().facts.len();
    assert_eq!(fakes.go(&mut run).unwrap_err().code(), "test.still-runs");
    assert_eq!(fakes.inside().facts.len(), facts);
    assert_eq!(fakes.called("next", Way::Do), 0);
    fakes.inside().restless = false;
    closes(&fakes.go(&mut run).unwrap(), How::Finished);
    assert_eq!(fakes.inside().quieted, [("deed".to_owned(), Way::Do)]);
}

#[test]
fn a_run_that_is_over_is_left_alone() {
    let mut fakes = Fakes::new(plan(vec![once("deed")]));
    closes(&fakes.finish(), How::Finished);
    let calls = fakes.inside().calls;
    let mut run = fakes.folded();
    closes(&fakes.go(&mut run).unwrap(), How::Finished);
    assert_eq!(fakes.inside().calls, calls);
    let facts = [Fact::Abort(fakes.said()), Fact::Retry(fakes.said()), fakes.left()];
    for fact in facts {
        assert_eq!(fakes.says(&mut run, fact).unwrap_err().why, Refusal::Closed);
    }
}

/// Another process may be at it: an attempt that is announced and not ended is nobody's to judge.
#[test]
fn a_run_with_an_open_attempt_is_not_touched() {
    let fakes = Fakes::new(plan(vec![once("deed")]));
    let mut run = fakes.folded();
    run.take(fakes.clock.now(), &tried("deed", 1)).unwrap();
    assert_eq!(fakes.go(&mut run).unwrap_err().code(), "playbook.attempt-open");
    for fact in [Fact::Abort(fakes.said()), fakes.left()] {
        assert_eq!(fakes.says(&mut run, fact).unwrap_err().why, Refusal::UnderWay);
    }
    assert_eq!(fakes.inside().calls, 0);
}

#[test]
fn a_plan_that_was_altered_is_not_run() {
    let fakes = Fakes::new(plan(vec![once("deed")]));
    let mut run = fakes.folded();
    run.plan.steps[0].timeout_ms += 1;
    assert_eq!(fakes.go(&mut run).unwrap_err().code(), "playbook.plan-altered");
    assert_eq!(fakes.inside().calls, 0);
}

#[test]
fn a_person_takes_a_run_back_or_leaves_it() {
    let mut fakes = Fakes::new(plan(vec![again("first", 1), once("deed")]));
    fakes.inside().lose = Some((("deed".to_owned(), Way::Do), 1));
    let mut run = fakes.folded();
    fakes.go(&mut run).unwrap_err();
    let mut run = fakes.restart();
    let mut left = run.clone();
    left.take(fakes.clock.now(), &fakes.left()).unwrap();
    closes(&left.standing(fakes.clock.now()), How::Left);
    // Taking it back needs no answer to what became of the deed: its compensation is harmless.
    fakes.says(&mut run, Fact::Abort(fakes.said())).unwrap();
    assert_eq!(run.standing(fakes.clock.now()), Standing::Unwinding);
    let twice = fakes.says(&mut run, Fact::Abort(fakes.said())).unwrap_err();
    assert_eq!(twice.why, Refusal::Unwinding);
    closes(&fakes.go(&mut run).unwrap(), How::Unwound);
    assert!(fakes.inside().applied.is_empty());
}

/// A run may span processes and days: its length is the wall clock's, and never below zero.
#[test]
fn the_length_of_a_run_is_told_by_the_wall_clock() {
    for (jump, took_ms) in
        [("2026-11-23T01:00:00Z", 86_400_000 + 2_000), ("2020-01-01T00:00:00Z", 0)]
    {
        let fakes = Fakes::new(plan(vec![once("deed")]));
        let mut run = fakes.folded();
        fakes.clock.jump_to(jump.parse().unwrap());
        match fakes.go(&mut run).unwrap() {
            Standing::Closed(closed) => assert_eq!(closed.took_ms, took_ms, "since {BEGUN}"),
            other => panic!("{other:?}"),
        }
    }
}

/// An outcome that does not fit into the log would be an effect that nobody knows of.
#[test]
fn outcomes_are_cut_to_what_an_entry_holds() {
    let fakes = Fakes::new(plan(vec![healthy()]));
    fakes.answer("healthy", Action::PortalHealthy, |_| {
        // Quotes and control characters take several bytes each where they are written.
        let long = |nth| (format!("{nth:03}{}", "ế".repeat(1000)), "\"\u{1}ế".repeat(100_000));
        Sight::Seen((0..100).map(long).collect())
    });
    let mut run = fakes.folded();
    closes(&fakes.go(&mut run).unwrap(), How::Finished);
    for (_, fact) in &fakes.inside().facts {
        assert!(serde_json::to_vec(fact).unwrap().len() < 56 * 1024);
    }
    match run.state("healthy") {
        Some(StepState::Done { output, .. }) => {
            let kept = output.len() as u64 - 1;
            let said = format!("{} texts, and the end of {kept}", 100 - kept);
            assert_eq!(output["left-out"], said);
        }
        other => panic!("{other:?}"),
    }
}

/// What a swap of many sources sets aside is on record to the last name.
#[test]
fn an_output_of_many_names_is_kept_whole() {
    let fakes = Fakes::new(plan(vec![healthy()]));
    let place = |nth: u32| format!("/srv/portal/{nth:02}/{}", "đường-dẫn/".repeat(20));
    fakes.answer("healthy", Action::PortalHealthy, move |_| {
        Sight::Seen((0..60).map(|nth| (format!("old tree {nth:02}"), place(nth))).collect())
    });
    let mut run = fakes.folded();
    closes(&fakes.go(&mut run).unwrap(), How::Finished);
    match run.state("healthy") {
        Some(StepState::Done { output, .. }) => {
            assert_eq!(output.len(), 60, "{output:?}");
            assert_eq!(output["portal.healthy.old tree 59"], place(59));
        }
        other => panic!("{other:?}"),
    }
}
