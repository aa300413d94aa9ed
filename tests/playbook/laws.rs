//! The three laws of a saga, over the plans of every shipped playbook: every step may be repeated;
//! a failure at each step takes everything back, or stops for a person behind the point of no
//! return; a crash at each point leaves a run that ends as it should when it is resumed, and each
//! effect happens the right number of times.

use duphong::playbook::action::{Action, Nature};
use duphong::playbook::fact::{Fact, How, Output, Way};
use duphong::playbook::journal::Standing;
use duphong::playbook::plan::{Plan, PlannedStep, PlannedUndo};
use duphong::playbook::port::Sight;

use crate::playbook::fakes::{Fakes, Moment};
use crate::playbook::plans::{again, call, once, plan, shipped, step, undone_by};

fn nature(step: &PlannedStep) -> Nature {
    Action::named(&step.call.action).unwrap().signature().nature
}

/// The steps that change something.
fn effects(plan: &Plan) -> impl Iterator<Item = (usize, &PlannedStep)> {
    let changes = |(_, step): &(usize, &PlannedStep)| {
        matches!(nature(step), Nature::Idempotent | Nature::Once)
    };
    plan.steps.iter().enumerate().filter(changes)
}

fn can_be_undone(step: &PlannedStep) -> bool {
    matches!(step.undo, PlannedUndo::By { .. })
}

/// The plans under test: those shipped, and one that has what they lack: steps that are not
/// harmless again, with and without a way to see them done, and compensations that are looked at.
fn plans() -> Vec<(&'static str, Plan)> {
    let mut all = shipped().to_vec();
    let mut seen = once("seen");
    seen.done_when = vec![call(Action::CommandSays)];
    let mut looked_at = again("looked-at", 3);
    looked_at.undo = match undone_by(Action::Command) {
        PlannedUndo::By { call: by, timeout_ms, .. } => {
            PlannedUndo::By { call: by, timeout_ms, done_when: vec![call(Action::CommandSays)] }
        }
        other => other,
    };
    let last = step("last", Action::PortalHealthy);
    all.push(("by-hand", plan(vec![once("first"), seen, again("twice", 2), looked_at, last])));
    all
}

#[track_caller]
fn is_closed(standing: &Standing, how: How, what: &str) {
    match standing {
        Standing::Closed(closed) if closed.how == how => {}
        other => panic!("{what}: expected {how:?}, found {other:?}"),
    }
}

/// What must hold of the world when a run is over.
#[track_caller]
fn world_is_right(fakes: &Fakes, standing: &Standing, what: &str) {
    for (_, step) in effects(&fakes.plan) {
        let (done, undone) = (fakes.count(&step.id, Way::Do), fakes.count(&step.id, Way::Undo));
        let has = fakes.inside().applied.contains(&step.id);
        match standing {
            Standing::Closed(closed) if closed.how == How::Finished => {
                assert!(has && done == 1 && undone == 0, "{what}: `{}` {done} {undone}", step.id);
            }
            Standing::Closed(closed) if closed.how == How::Unwound => {
                assert!(!has || !can_be_undone(step), "{what}: `{}` is left", step.id);
                assert!(done <= 1 && undone <= done, "{what}: `{}` {done} {undone}", step.id);
            }
            other => panic!("{what}: {other:?}"),
        }
    }
    // Taken back in the opposite order.
    let inside = fakes.inside();
    let order = |way| {
        let ids = inside.effects.iter().filter(move |(_, w)| *w == way).map(|(id, _)| id.clone());
        ids.collect::<Vec<_>>()
    };
    let (mut done, undone) = (order(Way::Do), order(Way::Undo));
    done.retain(|id| undone.contains(id));
    done.reverse();
    assert_eq!(done, undone, "{what}: the order of taking back");
}

#[test]
fn an_undisturbed_run_finishes_and_does_everything_once() {
    for (name, plan) in plans() {
        let mut fakes = Fakes::new(plan);
        let standing = fakes.finish();
        is_closed(&standing, How::Finished, name);
        world_is_right(&fakes, &standing, name);
    }
}

/// The first step that nothing takes back, or the number of steps.
fn no_return(plan: &Plan) -> usize {
    let is_one = |step: &PlannedStep| matches!(step.undo, PlannedUndo::NoReturn { .. });
    plan.steps.iter().position(is_one).unwrap_or(plan.steps.len())
}

/// Lets the step fail for good, whatever it is.
fn break_step(fakes: &Fakes, step: &PlannedStep, moment: Moment) {
    let action = Action::named(&step.call.action).unwrap();
    match nature(step) {
        Nature::Gate => {
            fakes.inside().production.insert(action, "other".to_owned());
        }
        Nature::Observation => {
            fakes.answer(&step.id, action, |_| Sight::NotSeen("broken".to_owned()));
        }
        _ => fakes.fail(&step.id, Way::Do, u32::MAX, moment),
    }
}

fn mend_step(fakes: &Fakes, step: &PlannedStep) {
    let action = Action::named(&step.call.action).unwrap();
    fakes.inside().production.clear();
    fakes.inside().bad.clear();
    if nature(step) == Nature::Observation {
        fakes.answer(&step.id, action, |_| Sight::Seen(Output::new()));
    }
}

/// The first law: whatever may be repeated is repeated, twice over, after its effect happened and
/// its outcome was lost; the world ends as if nothing had happened.
#[test]
fn every_step_and_every_compensation_may_be_repeated() {
    let mut repeated = (0, 0);
    for (name, plan) in plans() {
        for (_, step) in effects(&plan).filter(|(_, step)| step.idempotent) {
            let mut fakes = Fakes::new(plan.clone());
            fakes.inside().lose = Some(((step.id.clone(), Way::Do), 2));
            let standing = fakes.finish();
            is_closed(&standing, How::Finished, name);
            world_is_right(&fakes, &standing, name);
            assert_eq!(fakes.called(&step.id, Way::Do), 3, "{name}: `{}`", step.id);
            repeated.0 += 1;
        }
        // The last step whose failure is taken back sends the run over every compensation.
        let last = no_return(&plan) - 1;
        for (_, step) in effects(&plan).filter(|(at, step)| *at <= last && can_be_undone(step)) {
            let mut fakes = Fakes::new(plan.clone());
            break_step(&fakes, &plan.steps[last], Moment::After);
            fakes.inside().lose = Some(((step.id.clone(), Way::Undo), 2));
            let standing = fakes.finish();
            is_closed(&standing, How::Unwound, name);
            world_is_right(&fakes, &standing, name);
            assert_eq!(fakes.called(&step.id, Way::Undo), 3, "{name}: `{}` back", step.id);
            repeated.1 += 1;
        }
    }
    assert_eq!(repeated, (9, 9), "steps and compensations that were repeated");
}

/// The second law.
#[test]
fn a_failure_at_each_step_unwinds_or_stops_for_a_person_behind_the_point_of_no_return() {
    let mut ended = (0, 0);
    for (name, plan) in plans() {
        for (at, step) in plan.steps.iter().enumerate() {
            for moment in [Moment::Before, Moment::After] {
                let what = format!("{name}: `{}` fails, {moment:?}", step.id);
                let mut fakes = Fakes::new(plan.clone());
                break_step(&fakes, step, moment);
                let standing = fakes.finish();
                if at < no_return(&plan) {
                    is_closed(&standing, How::Unwound, &what);
                    world_is_right(&fakes, &standing, &what);
                    ended.0 += 1;
                } else {
                    assert_eq!(standing, Standing::Blocked { step: step.id.clone() }, "{what}");
                    is_left_alone_until_retried(&mut fakes, step, &what);
                    ended.1 += 1;
                }
                if matches!(nature(step), Nature::Idempotent | Nature::Once) {
                    let attempts = step.attempts as usize;
                    let more = usize::from(at >= no_return(&plan));
                    assert_eq!(fakes.called(&step.id, Way::Do), attempts + more, "{what}");
                }
            }
        }
    }
    assert_eq!(ended, (34, 6), "failures taken back, and failures behind the point of no return");
}

/// Behind the point of no return nothing is taken back and nothing goes on, until a person has the
/// step tried again.
fn is_left_alone_until_retried(fakes: &mut Fakes, step: &PlannedStep, what: &str) {
    let calls = fakes.inside().calls;
    let mut run = fakes.restart();
    assert_eq!(fakes.go(&mut run).unwrap(), Standing::Blocked { step: step.id.clone() });
    assert_eq!(fakes.inside().calls, calls, "{what}: nothing is done");
    assert!(fakes.says(&mut run, Fact::Abort(fakes.said())).is_err(), "{what}");
    assert!(fakes.inside().effects.iter().all(|(_, way)| *way == Way::Do), "{what}");
    mend_step(fakes, step);
    fakes.says(&mut run, Fact::Retry(fakes.said())).unwrap();
    let standing = fakes.finish();
    is_closed(&standing, How::Finished, what);
    world_is_right(fakes, &standing, what);
}

/// The second law, where the compensations fail as well.
#[test]
fn a_compensation_that_fails_three_times_stops_for_a_person() {
    let mut stuck = 0;
    for (name, plan) in plans() {
        let last = no_return(&plan) - 1;
        for (_, step) in effects(&plan).filter(|(at, step)| *at <= last && can_be_undone(step)) {
            let mut fakes = Fakes::new(plan.clone());
            break_step(&fakes, &plan.steps[last], Moment::After);
            fakes.fail(&step.id, Way::Undo, u32::MAX, Moment::Before);
            let what = format!("{name}: `{}` cannot be taken back", step.id);
            let is_stuck = Standing::Stuck { step: step.id.clone() };
            assert_eq!(fakes.finish(), is_stuck, "{what}");
            assert_eq!(fakes.called(&step.id, Way::Undo), 3, "{what}");
            let mut run = fakes.restart();
            assert_eq!(fakes.go(&mut run).unwrap(), is_stuck, "{what}: still, without a person");
            assert_eq!(fakes.called(&step.id, Way::Undo), 3, "{what}: still");
            // What comes before it in the plan is not taken back past it.
            fakes.inside().bad.remove(&(step.id.clone(), Way::Undo));
            fakes.says(&mut run, Fact::Retry(fakes.said())).unwrap();
            let standing = fakes.finish();
            is_closed(&standing, How::Unwound, &what);
            world_is_right(&fakes, &standing, &what);
            stuck += 1;
        }
    }
    assert_eq!(stuck, 9, "compensations that were stuck");
}

/// How a run is disturbed: nothing fails, or this step does.
fn scenarios(plan: &Plan) -> impl Iterator<Item = Option<&PlannedStep>> {
    std::iter::once(None).chain(plan.steps.iter().map(Some))
}

fn disturbed(plan: &Plan, failing: Option<&PlannedStep>) -> Fakes {
    let fakes = Fakes::new(plan.clone());
    if let Some(step) = failing {
        break_step(&fakes, step, Moment::Before);
    }
    fakes
}

/// What the run must come to, crashes or not.
#[track_caller]
fn ends_as_it_should(
    fakes: &Fakes,
    standing: &Standing,
    failing: Option<&PlannedStep>,
    what: &str,
) {
    let at = failing.and_then(|step| fakes.plan.steps.iter().position(|one| one.id == step.id));
    match failing {
        None => is_closed(standing, How::Finished, what),
        Some(step) if at.is_some_and(|at| at >= no_return(&fakes.plan)) => {
            assert_eq!(*standing, Standing::Blocked { step: step.id.clone() }, "{what}");
            let kept = |(at, one): (usize, &PlannedStep)| {
                at >= no_return(&fakes.plan) || fakes.count(&one.id, Way::Do) == 1
            };
            assert!(effects(&fakes.plan).all(kept), "{what}");
            return;
        }
        Some(_) => is_closed(standing, How::Unwound, what),
    }
    world_is_right(fakes, standing, what);
}

/// The third law: killed before each call and behind it, be it an effect or a line of the record,
/// on the way forwards and on the way back.
#[test]
fn a_crash_at_each_point_ends_as_if_there_had_been_none() {
    let mut crashes = 0;
    for (name, plan) in plans() {
        for failing in scenarios(&plan) {
            let mut undisturbed = disturbed(&plan, failing);
            let standing = undisturbed.finish();
            ends_as_it_should(&undisturbed, &standing, failing, name);
            let calls = undisturbed.inside().calls;
            for at in 1..=calls {
                for moment in [Moment::Before, Moment::After] {
                    let step = failing.map_or("-", |step| &step.id);
                    let what = format!("{name}: `{step}` fails, killed at {at}, {moment:?}");
                    let mut fakes = disturbed(&plan, failing);
                    fakes.inside().kill = vec![(at, moment)];
                    let standing = fakes.finish();
                    ends_as_it_should(&fakes, &standing, failing, &what);
                    crashes += 1;
                }
            }
        }
    }
    assert_eq!(crashes, 810, "crashes");
}

/// And killed again while it recovers.
#[test]
fn a_second_crash_changes_nothing() {
    let mut crashes = 0;
    for (name, plan) in plans() {
        for failing in [None, Some(&plan.steps[no_return(&plan) - 1])] {
            let mut undisturbed = disturbed(&plan, failing);
            undisturbed.finish();
            let calls = undisturbed.inside().calls;
            for first in 1..=calls {
                for second in first + 1..=(first + 4) {
                    for (one, other) in MOMENTS {
                        let kill = vec![(first, one), (second, other)];
                        let what = format!("{name}: killed at {kill:?}");
                        let mut fakes = disturbed(&plan, failing);
                        fakes.inside().kill = kill;
                        let standing = fakes.finish();
                        ends_as_it_should(&fakes, &standing, failing, &what);
                        crashes += 1;
                    }
                }
            }
        }
    }
    assert_eq!(crashes, 2128, "pairs of crashes");
}

const MOMENTS: [(Moment, Moment); 4] = [
    (Moment::Before, Moment::Before),
    (Moment::Before, Moment::After),
    (Moment::After, Moment::Before),
    (Moment::After, Moment::After),
];

/// A log that takes no more, or says so of what it took: the engine stops there and then, touches
/// nothing with the same run in hand, and the record alone leads on.
#[test]
fn a_log_that_fails_at_each_call_stops_the_run_and_loses_nothing() {
    let mut failures = 0;
    for (name, plan) in plans() {
        for failing in scenarios(&plan) {
            let mut undisturbed = disturbed(&plan, failing);
            undisturbed.finish();
            let calls = undisturbed.inside().calls;
            for at in 1..=calls {
                for moment in [Moment::Before, Moment::After] {
                    let what = format!("{name}: the log fails at {at}, {moment:?}");
                    let mut fakes = disturbed(&plan, failing);
                    fakes.inside().full = Some((at, moment));
                    failures += usize::from(stops_at_the_log(&mut fakes, &what));
                    let standing = fakes.finish();
                    ends_as_it_should(&fakes, &standing, failing, &what);
                }
            }
        }
    }
    assert_eq!(failures, 618, "failures of the log");
}

/// Goes on until the log fails, if it does: then the run in memory is good for nothing more.
fn stops_at_the_log(fakes: &mut Fakes, what: &str) -> bool {
    loop {
        let mut run = fakes.restart();
        match fakes.go(&mut run) {
            Ok(Standing::Waiting { step, .. }) => {
                fakes.says(&mut run, fakes.approved(&step, "binh")).unwrap();
            }
            Ok(Standing::Unknown { step, .. }) => {
                fakes.says(&mut run, fakes.truth(&step)).unwrap();
            }
            Ok(_) => return false,
            Err(fault) => {
                assert_eq!(fault.code(), "test.full", "{what}");
                let calls = fakes.inside().calls;
                let effects = fakes.inside().performed.len();
                assert_eq!(fakes.go(&mut run).unwrap_err().code(), "playbook.stale", "{what}");
                assert_eq!(fakes.inside().calls, calls, "{what}: nothing was written");
                assert_eq!(fakes.inside().performed.len(), effects, "{what}: nothing was done");
                return true;
            }
        }
    }
}
