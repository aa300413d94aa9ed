//! `playbook show`: how a run stands, what each step did and took, who approved, and what a person
//! does next.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::playbook::words::{self, standing_word};
use crate::cli::report::Report;
use crate::cli::table::{Align, List, Table, hanging};
use crate::job::playbook;
use crate::playbook::approval;
use crate::playbook::fact::{Approved, Way};
use crate::playbook::journal::{Run, Standing, StepRun, StepState};
use crate::playbook::settings::Approver;
use crate::view::playbooks::{Course, way_on};

/// What `playbook show` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "RUN")]
    pub run: u64,
}

/// Shows it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let course = playbook::find(&frame.site()?, args.run)?;
    Ok(Report::done(as_json(frame, &course)).lines(told(frame, &course)))
}

/// The run for people.
pub(super) fn told(frame: &Frame, course: &Course) -> Vec<String> {
    let now = frame.world.clock.now();
    let run = &course.run;
    let standing = run.standing(now);
    let mut lines = head(frame, run, &standing, now);
    lines.push(String::new());
    lines.extend(steps(frame, course, now).lines());
    for (planned, step) in run.plan.steps.iter().zip(&run.steps) {
        let Some((code, error)) = failure(step) else { continue };
        let values =
            Values::none().text("step", &planned.id).text("code", code).text("error", error);
        lines.extend(hanging("- ", &frame.say("playbook-show-failed", values)));
    }
    let mut section = |heading: &str, more: Vec<String>| {
        if !more.is_empty() {
            lines.extend([String::new(), frame.word(heading)]);
            lines.extend(more);
        }
    };
    section("playbook-heading-approvals", approvals(frame, run));
    section("playbook-heading-outputs", outputs(frame, run));
    section("playbook-heading-next", next(frame, run, &standing));
    lines
}

fn head(frame: &Frame, run: &Run, standing: &Standing, now: Timestamp) -> Vec<String> {
    let format = frame.catalog.format();
    let mut list = List::default();
    list.row(frame.word("label-run"), run.number.to_string());
    list.row(frame.word("label-standing"), words::standing(frame, standing));
    let title = words::exact(frame, words::of(frame, &run.plan.title));
    list.row(frame.word("label-playbook"), format!("{}, {title}", run.begun.playbook));
    list.row(frame.word("label-portal"), &run.begun.portal);
    let by = Values::none().time("at", run.begun.at).text("by", &run.begun.by);
    list.row(frame.word("label-began"), frame.say("playbook-show-begun", by));
    let took = words::took(frame, took_ms(run, now));
    list.row(frame.word("playbook-label-took"), took);
    if let Some(said) = &run.aborted {
        let values = Values::none().text("by", &said.by).text("reason", &said.reason);
        list.row(frame.word("playbook-label-aborted"), frame.say("playbook-show-said", values));
    }
    if let Some(closed) = &run.closed {
        list.row(frame.word("playbook-label-ended"), format.instant(closed.at));
        if let Some(said) = &closed.left {
            let values = Values::none().text("by", &said.by).text("reason", &said.reason);
            list.row(frame.word("playbook-label-left"), frame.say("playbook-show-said", values));
        }
    }
    let mut lines = list.lines();
    lines.push(words::hash(frame, run.begun.hash));
    lines
}

/// From the decision to the end, or to now: the measured time of the recovery.
fn took_ms(run: &Run, now: Timestamp) -> u64 {
    let open = || u64::try_from(now.duration_since(run.begun.at).as_millis()).unwrap_or(0);
    run.closed.as_ref().map_or_else(open, |closed| closed.took_ms)
}

fn steps(frame: &Frame, course: &Course, now: Timestamp) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("playbook-label-number", Align::Right),
        column("playbook-label-step", Align::Left),
        column("label-took", Align::Right),
        column("playbook-label-state", Align::Left),
        column("playbook-label-what", Align::Left),
    ]);
    let run = &course.run;
    for (index, (planned, step)) in run.plan.steps.iter().zip(&run.steps).enumerate() {
        let took = step_took_ms(course, &planned.id, now);
        table.row([
            (index + 1).to_string(),
            planned.id.clone(),
            took.map_or_else(|| "—".to_owned(), |ms| words::took(frame, ms)),
            words::state(frame, &step.state),
            words::exact(frame, words::of(frame, &planned.title)),
        ]);
    }
    table
}

/// A gate takes as long as it waits; everything else as long as its attempts took by the
/// monotonic clock.
fn step_took_ms(course: &Course, step: &str, now: Timestamp) -> Option<u64> {
    let run = &course.run;
    let at = run.plan.steps.iter().position(|planned| planned.id == step)?;
    let Some(asked) = &run.steps[at].asked else { return course.took_ms(step, Way::Do) };
    let until = match &run.steps[at].state {
        StepState::Done { at, .. } => *at,
        StepState::Waiting => now,
        _ => return None,
    };
    u64::try_from(until.duration_since(asked.at).as_millis()).ok()
}

/// An approval as the log has it, and whether its signature still says so. The key is the one that
/// was the approver's then.
fn is_valid(approved: &Approved) -> bool {
    let then = Approver {
        id: approved.approver.clone(),
        name: String::new(),
        logins: Vec::new(),
        key: approved.key.clone(),
    };
    approval::verify(&approved.statement, &approved.signature, &then).is_ok()
}

fn approvals(frame: &Frame, run: &Run) -> Vec<String> {
    let mut lines = Vec::new();
    for approved in run.steps.iter().flat_map(|step| &step.approved) {
        let values = Values::none()
            .text("step", &approved.step)
            .text("approver", &approved.approver)
            .time("at", approved.at)
            .text("fingerprint", approval::fingerprint(&approved.key))
            .text("valid", if is_valid(approved) { "yes" } else { "no" });
        lines.extend(hanging("  ", &frame.say("playbook-show-approval", values)));
    }
    lines
}

/// Why a step does not stand, or did not before it was taken back: code and diagnostics. A step
/// that is done has no failure to tell of.
fn failure(step: &StepRun) -> Option<(&str, &str)> {
    match &step.state {
        StepState::Done { .. } => None,
        StepState::FailedUndoing { code, error } | StepState::StuckUndoing { code, error } => {
            Some((code, error))
        }
        _ => step.failure.as_ref().map(|failure| (failure.code.as_str(), failure.error.as_str())),
    }
}

/// What the steps made and saw, such as where the old data is kept.
fn outputs(frame: &Frame, run: &Run) -> Vec<String> {
    let mut lines = Vec::new();
    for (planned, step) in run.plan.steps.iter().zip(&run.steps) {
        let StepState::Done { output, .. } = &step.state else { continue };
        for (name, value) in output {
            lines.extend(words::fact(frame, &planned.id, name, value));
        }
    }
    lines
}

fn next(frame: &Frame, run: &Run, standing: &Standing) -> Vec<String> {
    let advice = words::advice(frame, run, standing);
    let mut lines: Vec<_> = advice.iter().flat_map(|advice| hanging("  ", advice)).collect();
    lines.extend(ways_on(run, standing).into_iter().map(|command| format!("    {command}")));
    lines
}

/// Every command by which a person can go on from here, the best first.
fn ways_on(run: &Run, standing: &Standing) -> Vec<String> {
    let number = run.number;
    let mut ways: Vec<_> = way_on(run, standing).into_iter().collect();
    match standing {
        Standing::Waiting { .. } => {
            ways.push(format!("duphong playbook approve {number} --statement run-{number}.txt"));
            ways.push(format!("duphong playbook reject {number} --reason …"));
            ways.push(format!("duphong playbook resume {number} --wait"));
        }
        Standing::Going | Standing::Unknown { .. } if !run.is_past_no_return() => {
            ways.push(format!("duphong playbook abort {number} --reason …"));
        }
        Standing::Blocked { .. } | Standing::Stuck { .. } => {
            ways.push(format!("duphong playbook abort {number} --leave --reason …"));
        }
        _ => {}
    }
    ways
}

/// The run for programs.
pub(super) fn as_json(frame: &Frame, course: &Course) -> Value {
    let now = frame.world.clock.now();
    let run = &course.run;
    let standing = run.standing(now);
    let steps = run.plan.steps.iter().zip(&run.steps).map(|(planned, step)| {
        let output = match &step.state {
            StepState::Done { output, .. } => json!(output),
            _ => Value::Null,
        };
        let failure = failure(step).map(|(code, error)| json!({"code": code, "error": error}));
        json!({
            "step": planned.id,
            "action": planned.call.action,
            "state": step.state.as_str(),
            "took-ms": step_took_ms(course, &planned.id, now),
            "undo-took-ms": course.took_ms(&planned.id, Way::Undo),
            "attempts": step.tries,
            "output": output,
            "failure": failure,
        })
    });
    let approvals = run.steps.iter().flat_map(|step| &step.approved).map(|approved| {
        json!({
            "step": approved.step,
            "approver": approved.approver,
            "at": approved.at.to_string(),
            "fingerprint": approval::fingerprint(&approved.key),
            "valid": is_valid(approved),
        })
    });
    let step = match &standing {
        Standing::Waiting { step, .. }
        | Standing::Unknown { step, .. }
        | Standing::Blocked { step }
        | Standing::Stuck { step } => Some(step),
        _ => None,
    };
    let waits = match &standing {
        Standing::Waiting { asked, approved, .. } => json!({
            "expires-at": asked.expires.to_string(),
            "wanted": asked.approvals,
            "approved": approved,
        }),
        _ => Value::Null,
    };
    json!({
        "run": run.number,
        "standing": standing_word(&standing),
        "step": step,
        "waits": waits,
        "playbook": run.begun.playbook,
        "portal": run.begun.portal,
        "hash": run.begun.hash.to_string(),
        "begun-at": run.begun.at.to_string(),
        "begun-by": run.begun.by,
        "took-ms": took_ms(run, now),
        "steps": steps.collect::<Vec<_>>(),
        "approvals": approvals.collect::<Vec<_>>(),
        "aborted": run.aborted.as_ref().map(|said| json!({"by": said.by, "reason": said.reason})),
        "closed-at": run.closed.as_ref().map(|closed| closed.at.to_string()),
        "left": run.closed.as_ref().and_then(|closed| closed.left.as_ref()).map(|said| {
            json!({"by": said.by, "reason": said.reason})
        }),
        "next": ways_on(run, &standing),
    })
}
