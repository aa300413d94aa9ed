//! Any sequence of facts is legal or refused by name, and no legal one leads to what cannot be.

use duphong::playbook::action::Action;
use duphong::playbook::fact::{
    Approved, Asked, Begun, Closed, Ended, Fact, Found, How, Output, Result, Said, Tried, Way,
};
use duphong::playbook::fault::Refusal;
use duphong::playbook::journal::{Run, Standing, StepState, UNDO_ATTEMPTS};
use duphong::playbook::plan::{Plan, PlannedStep, PlannedUndo};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::playbook::fakes::{BEGUN, Fakes};
use crate::playbook::plans::{again, failover, fence, gate, once, plan, restore, step, words};

fn plans() -> Vec<Plan> {
    let mixed = vec![
        once("once"),
        gate("gate", 2),
        again("again", 2),
        fence("fence", Action::TcpRefused),
        step("promote", Action::PostgresPromote),
        once("after"),
    ];
    // Plans that no engine runs are folded all the same: the record may hold anything.
    let unsound = vec![step("promote", Action::PostgresPromote), once("once"), once("once")];
    vec![failover(), restore(), plan(mixed), plan(unsound), plan(Vec::new())]
}

fn time(seconds: i64) -> Timestamp {
    BEGUN.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn run_of(plan: &Plan) -> Run {
    let begun = Begun {
        playbook: plan.playbook.clone(),
        portal: plan.portal.clone(),
        hash: plan.hash(),
        by: "an".to_owned(),
        at: time(0),
        program: "0.1.0".to_owned(),
    };
    Run::begin(1, begun, plan.clone())
}

/// A fact as numbers, so that it can be made for any plan: mostly about the step whose turn it is,
/// with the number that its attempt would have.
#[derive(Clone, Debug)]
struct Seed {
    kind: u8,
    step: usize,
    aimed: bool,
    back: bool,
    attempt: u32,
    result: u8,
    yes: bool,
    at: i64,
    who: u8,
}

fn seeds() -> impl Strategy<Value = Seed> {
    (
        (0_u8..11, 0_usize..9, prop::bool::weighted(0.9), prop::bool::weighted(0.4), 0_u32..4),
        (0_u8..6, any::<bool>(), -100_i64..2500, 0_u8..3),
    )
        .prop_map(|((kind, step, aimed, back, attempt), (result, yes, at, who))| Seed {
            kind,
            step,
            aimed,
            back,
            attempt,
            result,
            yes,
            at,
            who,
        })
}

fn result(number: u8) -> Result {
    match number {
        0..3 => Result::Done { output: Output::new() },
        3 => Result::Unknown,
        4 => Result::Failed {
            code: "playbook.promote-without-proof".to_owned(),
            error: "e".to_owned(),
        },
        _ => Result::Failed { code: "test.failed".to_owned(), error: "e".to_owned() },
    }
}

/// The step that the next fact is probably about: the one under way, or the next on its way.
fn turn(run: &Run, seed: &Seed) -> (usize, Way) {
    let states = || run.steps.iter().map(|one| &one.state);
    let doing = states().position(|state| matches!(state, StepState::Doing { .. }));
    let undoing = states().position(|state| matches!(state, StepState::Undoing { .. }));
    match (doing, undoing) {
        (Some(at), _) => (at, Way::Do),
        (_, Some(at)) => (at, Way::Undo),
        _ if run.is_unwinding() => {
            let done = |(at, one): (usize, &duphong::playbook::journal::StepRun)| {
                let by = matches!(run.plan.steps[at].undo, PlannedUndo::By { .. });
                let left = !matches!(
                    one.state,
                    StepState::Pending | StepState::Undone | StepState::Kept | StepState::Waiting
                );
                by && left
            };
            let all: Vec<_> = run.steps.iter().enumerate().collect();
            let last = all.into_iter().rev().find(|one| done(*one)).map_or(seed.step, |(at, _)| at);
            (last, Way::Undo)
        }
        _ => {
            let next = states().position(|state| !matches!(state, StepState::Done { .. }));
            (next.unwrap_or(seed.step), Way::Do)
        }
    }
}

fn fact(run: &Run, seed: &Seed) -> Fact {
    let (mut index, mut way) = (seed.step, if seed.back { Way::Undo } else { Way::Do });
    let mut attempt = seed.attempt;
    if seed.aimed {
        (index, way) = turn(run, seed);
        if let Some(one) = run.steps.get(index) {
            let made = if way == Way::Do { one.tries } else { one.undo_tries };
            attempt = made + u32::from(seed.kind < 3);
        }
    }
    let step = run.plan.steps.get(index).map_or_else(|| "none".to_owned(), |one| one.id.clone());
    let at = time(seed.at);
    let who = format!("who-{}", seed.who);
    let said = || Said { by: who.clone(), reason: "vì".to_owned(), at };
    match seed.kind {
        0..3 => Fact::Tried(Tried { step, way, attempt }),
        3..6 => Fact::Ended(Ended { step, way, attempt, result: result(seed.result) }),
        6 => {
            let approvals = u32::from(seed.who).max(1);
            let expires = at + SignedDuration::from_mins(30);
            Fact::Asked(Asked { step, at, expires, approvals })
        }
        7 => Fact::Approved(Approved {
            step,
            approver: who.clone(),
            key: who.clone(),
            statement: String::new(),
            signature: String::new(),
            at,
        }),
        8 => {
            let by = (seed.who > 0).then(|| who.clone());
            Fact::Found(Found { step, way, done: seed.yes, by, reason: String::new(), at })
        }
        9 => match seed.result {
            0 => Fact::Rejected(said()),
            1 => Fact::Abort(said()),
            2 => Fact::Begun(run.begun.clone()),
            _ => Fact::Retry(said()),
        },
        _ => {
            let how = match seed.result {
                0..3 => How::Finished,
                3..5 => How::Unwound,
                _ => How::Left,
            };
            let left = (how == How::Left && seed.who == 0).then(said);
            Fact::Closed(Closed { how, at, took_ms: 0, left })
        }
    }
}

/// What cannot be in any run, whatever was taken.
fn is_possible(run: &Run, taken: &[Fact]) -> std::result::Result<(), TestCaseError> {
    let is_done = |state: &StepState| matches!(state, StepState::Done { .. });
    let begun = |state: &StepState| *state != StepState::Pending;
    let states: Vec<&StepState> = run.steps.iter().map(|one| &one.state).collect();
    let under_way =
        |state: &&&StepState| matches!(state, StepState::Doing { .. } | StepState::Undoing { .. });
    prop_assert!(states.iter().filter(under_way).count() <= 1, "one attempt at a time");
    if !run.is_unwinding() {
        // Done, then at most one that has begun, then nothing.
        let done = states.iter().take_while(|state| is_done(state)).count();
        prop_assert!(states.iter().skip(done + 1).all(|state| !begun(state)), "{states:?}");
        let back = |state: &&StepState| matches!(state, StepState::Undone | StepState::Kept);
        prop_assert!(!states.iter().any(back), "nothing is taken back yet");
    }
    if run.is_unwinding() {
        prop_assert!(!run.is_past_no_return(), "nothing is taken back past the point of no return");
        // Taken back from the end: before what is taken back nothing is taken back yet.
        let is_by = |at: usize| matches!(run.plan.steps[at].undo, PlannedUndo::By { .. });
        let undone = |at: &usize| *states[*at] == StepState::Undone;
        if let Some(first) = (0..states.len()).find(|at| undone(at)) {
            let left = |at: usize| is_by(at) && begun(states[at]) && !undone(&at);
            prop_assert!(!(first..states.len()).any(left), "{states:?}");
        }
    }
    for (index, planned) in run.plan.steps.iter().enumerate() {
        let done = is_done(states[index]);
        let action = planned.call.action.as_str();
        if action == "postgres.promote" && (done || run.steps[index].tries > 0) {
            let fenced = |at: usize| {
                let step = &run.plan.steps[at];
                let fence = step.call.action == "fence" && !step.proof.is_empty();
                fence && run.steps[at].tries > 0
            };
            prop_assert!((0..index).any(fenced), "promoted without a fence");
        }
        if action == "gate" && done {
            let asked = run.steps[index].asked.as_ref().map_or(u32::MAX, |asked| asked.approvals);
            prop_assert!(run.steps[index].approvers().len() >= asked as usize, "an open gate");
        }
        never_twice(run, index, taken)?;
    }
    Ok(())
}

/// Where the engine is to go on, it does: it writes a fact, or what it waits for is a person's.
fn has_a_next_fact(
    run: &Run,
    recorded: Vec<(Timestamp, Fact)>,
    now: Timestamp,
) -> std::result::Result<(), TestCaseError> {
    let fakes = Fakes::new(run.plan.clone());
    fakes.clock.jump_to(now);
    let before = recorded.len();
    fakes.inside().facts = recorded;
    for (planned, one) in run.plan.steps.iter().zip(&run.steps) {
        if matches!(one.state, StepState::Done { .. }) {
            fakes.inside().applied.insert(planned.id.clone());
        }
    }
    let mut run = fakes.folded();
    let going = matches!(run.standing(now), Standing::Going | Standing::Unwinding);
    let standing = fakes.go(&mut run).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
    let written = fakes.inside().facts.len() > before;
    prop_assert!(written || !going, "it goes on, and nothing comes of it: {:?}", run);
    let goes_on = matches!(standing, Standing::Going | Standing::Unwinding);
    prop_assert!(!goes_on, "nobody has stopped it, and it stops: {:?}", run);
    Ok(())
}

/// What is not harmless again follows a lost attempt only on a person's word, and a failed one
/// only on a person's wish.
fn never_twice(run: &Run, index: usize, taken: &[Fact]) -> std::result::Result<(), TestCaseError> {
    let planned = &run.plan.steps[index];
    let observes = Action::named(&planned.call.action).unwrap().is_observation();
    if planned.idempotent || observes || planned.call.action == "gate" {
        return Ok(());
    }
    let mut allowed = true;
    for fact in taken {
        match fact {
            Fact::Tried(tried) if tried.step == planned.id && tried.way == Way::Do => {
                prop_assert!(allowed, "`{}` runs twice by itself", planned.id);
                allowed = false;
            }
            Fact::Found(found) if found.step == planned.id && found.by.is_some() => {
                allowed |= !found.done;
            }
            Fact::Retry(_) => allowed = true,
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_sequence_of_facts_is_legal_or_refused_by_name(
        which in 0_usize..5,
        seeds in prop::collection::vec(seeds(), 0..120),
    ) {
        let plan = plans().swap_remove(which);
        let mut run = run_of(&plan);
        let (mut taken, mut recorded) = (Vec::new(), Vec::new());
        for (seed, second) in seeds.iter().zip(0..) {
            let (fact, before) = (fact(&run, seed), run.clone());
            match run.take(time(second), &fact) {
                Ok(()) => {
                    recorded.push(time(second));
                    taken.push(fact);
                }
                Err(refused) => {
                    prop_assert_eq!(&run, &before, "a refusal changes nothing: {}", refused);
                    prop_assert!(!refused.to_string().is_empty());
                }
            }
            is_possible(&run, &taken)?;
            // Where it stands can always be told, at any time.
            for now in [time(-100_000), time(second), time(1_000_000)] {
                let closed = matches!(run.standing(now), Standing::Closed(_));
                prop_assert_eq!(closed, run.closed.is_some());
            }
        }
        // The same facts lead to the same run.
        let mut again = run_of(&plan);
        for (at, fact) in recorded.iter().zip(&taken) {
            again.take(*at, fact).unwrap();
        }
        prop_assert_eq!(again, run);
    }

    /// A run that is not over always has something to do for the engine or for a person: none
    /// hangs for ever.
    #[test]
    fn no_run_is_without_a_way_out(
        which in 0_usize..3,
        seeds in prop::collection::vec(seeds(), 0..120),
    ) {
        let plan = plans().swap_remove(which);
        let mut run = run_of(&plan);
        let mut recorded = Vec::new();
        for (seed, second) in seeds.iter().zip(0..) {
            let fact = fact(&run, seed);
            if run.take(time(second), &fact).is_ok() {
                recorded.push((time(second), fact));
            }
        }
        // What the engine and people would write next, one of which must be taken.
        let now = time(10_000);
        let under_way = |state: &StepState| match state {
            StepState::Doing { attempt } => Some((Way::Do, *attempt)),
            StepState::Undoing { attempt } => Some((Way::Undo, *attempt)),
            _ => None,
        };
        let lost = run.steps.iter().zip(&run.plan.steps).find_map(|(one, planned)| {
            let (way, attempt) = under_way(&one.state)?;
            let result = Result::Unknown;
            Some(Fact::Ended(Ended { step: planned.id.clone(), way, attempt, result }))
        });
        if let Some(lost) = lost {
            run.take(now, &lost).unwrap();
            recorded.push((now, lost));
        }
        has_a_next_fact(&run, recorded, now)?;
        let said = Said { by: "an".to_owned(), reason: "vì".to_owned(), at: now };
        let left = Closed { how: How::Left, at: now, took_ms: 0, left: Some(said.clone()) };
        match run.standing(now) {
            Standing::Closed(_) => {}
            Standing::Blocked { .. } | Standing::Stuck { .. } => {
                run.clone().take(now, &Fact::Retry(said)).unwrap();
                run.take(now, &Fact::Closed(left)).unwrap();
            }
            _ => run.take(now, &Fact::Closed(left)).unwrap(),
        }
    }
}

#[test]
fn a_compensation_is_tried_three_times_and_again_when_a_person_says_so() {
    let mut run = run_of(&plan(vec![once("deed")]));
    let tried = |way, attempt| Fact::Tried(Tried { step: "deed".to_owned(), way, attempt });
    let ended =
        |way, attempt, result| Fact::Ended(Ended { step: "deed".to_owned(), way, attempt, result });
    let failed = || Result::Failed { code: "test.failed".to_owned(), error: "e".to_owned() };
    let said = || Said { by: "an".to_owned(), reason: "vì".to_owned(), at: time(0) };
    let mut take = |fact: Fact| run.take(time(1), &fact).map(|()| run.standing(time(1)));
    take(tried(Way::Do, 1)).unwrap();
    assert_eq!(take(ended(Way::Do, 1, failed())), Ok(Standing::Unwinding));
    let stuck = Standing::Stuck { step: "deed".to_owned() };
    for attempt in 1..=2 * UNDO_ATTEMPTS {
        take(tried(Way::Undo, attempt)).unwrap();
        let standing = take(ended(Way::Undo, attempt, failed())).unwrap();
        assert_eq!(standing == stuck, attempt % UNDO_ATTEMPTS == 0, "{attempt}");
        if standing == stuck {
            assert!(take(tried(Way::Undo, attempt + 1)).is_err(), "not by itself");
            assert_eq!(take(Fact::Retry(said())), Ok(Standing::Unwinding));
        }
    }
    // A lost one counts as no failure: it is tried again.
    let next = 2 * UNDO_ATTEMPTS + 1;
    take(tried(Way::Undo, next)).unwrap();
    assert_eq!(take(ended(Way::Undo, next, Result::Unknown)), Ok(Standing::Unwinding));
    take(tried(Way::Undo, next + 1)).unwrap();
    take(ended(Way::Undo, next + 1, Result::Done { output: Output::new() })).unwrap();
    let closed = |how| Fact::Closed(Closed { how, at: time(2), took_ms: 2000, left: None });
    assert!(take(closed(How::Finished)).is_err());
    assert!(matches!(take(closed(How::Unwound)), Ok(Standing::Closed(_))));
}

/// Nobody takes back what may be past the point of no return; a person who has looked may.
#[test]
fn what_a_person_saw_not_done_was_no_point_of_no_return() {
    let no_return = PlannedUndo::NoReturn { reason: words() };
    let point = PlannedStep { undo: no_return, ..once("point") };
    let mut run = run_of(&plan(vec![once("deed"), point]));
    let tried = |step: &str| Fact::Tried(Tried { step: step.to_owned(), way: Way::Do, attempt: 1 });
    let ended = |step: &str, result| {
        Fact::Ended(Ended { step: step.to_owned(), way: Way::Do, attempt: 1, result })
    };
    let abort = || Fact::Abort(Said { by: "an".to_owned(), reason: "vì".to_owned(), at: time(3) });
    let mut take = |fact: Fact| run.take(time(1), &fact).map_err(|refused| refused.why);
    take(tried("deed")).unwrap();
    take(ended("deed", Result::Done { output: Output::new() })).unwrap();
    take(tried("point")).unwrap();
    take(ended("point", Result::Unknown)).unwrap();
    assert_eq!(take(abort()), Err(Refusal::NoReturn));
    take(Fact::Found(Found {
        step: "point".to_owned(),
        way: Way::Do,
        done: false,
        by: Some("binh".to_owned()),
        reason: "đã xem".to_owned(),
        at: time(2),
    }))
    .unwrap();
    assert_eq!(take(abort()), Ok(()));
    assert_eq!(run.state("point"), Some(&StepState::Pending));
    assert_eq!(run.standing(time(4)), Standing::Unwinding);
}

#[test]
fn steps_are_taken_back_from_the_end_and_no_other_way() {
    let mut run = run_of(&plan(vec![once("first"), once("second"), once("third")]));
    let step = |step: &str| step.to_owned();
    let tried = |id: &str, way| Fact::Tried(Tried { step: step(id), way, attempt: 1 });
    let ended = |id: &str, way| {
        let result = Result::Done { output: Output::new() };
        Fact::Ended(Ended { step: step(id), way, attempt: 1, result })
    };
    let mut take = |fact: Fact| run.take(time(1), &fact).map_err(|refused| refused.why);
    for id in ["first", "second"] {
        take(tried(id, Way::Do)).unwrap();
        take(ended(id, Way::Do)).unwrap();
    }
    assert_eq!(take(tried("second", Way::Undo)), Err(Refusal::NotItsTurn), "nothing is taken back");
    let said = Said { by: step("an"), reason: step("vì"), at: time(1) };
    take(Fact::Abort(said)).unwrap();
    assert_eq!(take(tried("first", Way::Undo)), Err(Refusal::NotItsTurn));
    assert_eq!(take(tried("third", Way::Do)), Err(Refusal::Unwinding));
    take(tried("second", Way::Undo)).unwrap();
    assert_eq!(take(tried("first", Way::Undo)), Err(Refusal::NotItsTurn), "one at a time");
    take(ended("second", Way::Undo)).unwrap();
    take(tried("first", Way::Undo)).unwrap();
    take(ended("first", Way::Undo)).unwrap();
    assert_eq!(run.state("third"), Some(&StepState::Pending), "what never began stays so");
}
