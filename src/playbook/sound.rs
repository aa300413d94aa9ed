//! Whether a plan may be run at all, whoever made it and wherever it was read.
//!
//! The one question that must never be answered wrongly stands here once: what fences before a
//! promotion. A plan is checked when it is made, when it is read, and again when it is run: the
//! program that runs it may be another one.

use crate::base::written::is_same_server;
use crate::playbook::action::{Action, Nature};
use crate::playbook::fault::Unsound;
use crate::playbook::plan::{Plan, PlannedCall, PlannedStep, PlannedUndo, PlannedValue, VERSION};

/// Checks everything that the engine relies on.
pub fn check(plan: &Plan) -> Result<(), Unsound> {
    if plan.version != VERSION {
        return Err(Unsound::Version { version: plan.version, known: VERSION });
    }
    for (index, step) in plan.steps.iter().enumerate() {
        let wrong = |detail: &str| Unsound::Step { step: step.id.clone(), detail: detail.into() };
        if plan.steps[..index].iter().any(|other| other.id == step.id) {
            return Err(wrong("another step has its id"));
        }
        // An unreadable observation must not come to light behind the effect that it watches.
        let action = readable(&step.call).map_err(wrong)?;
        if promotes(step) && fences(plan, index).is_empty() {
            return Err(Unsound::NoFence { step: step.id.clone() });
        }
        if promotes(step)
            && let Some(fence) = proven_by_the_promoted(plan, index)
        {
            return Err(Unsound::SameServer { step: step.id.clone(), fence });
        }
        if action.signature().no_return && !matches!(step.undo, PlannedUndo::NoReturn { .. }) {
            return Err(wrong("nothing can take its action back, and the plan says otherwise"));
        }
        if action == Action::Fence && step.proof.is_empty() {
            return Err(wrong("a fence without proof is none"));
        }
        if action.signature().nature == Nature::Idempotent && !step.idempotent {
            return Err(wrong("its action is harmless again, and the plan says otherwise"));
        }
        if !step.idempotent && step.attempts > 1 && action.signature().nature == Nature::Once {
            return Err(wrong("it is not harmless again, and has more than one attempt"));
        }
        looks_only(step.done_when.iter().chain(&step.proof)).map_err(wrong)?;
        if let PlannedUndo::By { call, done_when, .. } = &step.undo {
            looks_only(done_when.iter()).map_err(wrong)?;
            let action = readable(call).map_err(wrong)?;
            if matches!(action, Action::Gate | Action::PostgresPromote) {
                return Err(wrong("neither a gate nor a promotion takes anything back"));
            }
        }
    }
    Ok(())
}

/// Whether the step makes a second writable database possible.
pub fn promotes(step: &PlannedStep) -> bool {
    Action::named(&step.call.action) == Some(Action::PostgresPromote)
}

/// The fences with proof before the step at this position.
pub fn fences(plan: &Plan, before: usize) -> Vec<&PlannedStep> {
    let is_fence = |step: &&PlannedStep| {
        Action::named(&step.call.action) == Some(Action::Fence) && !step.proof.is_empty()
    };
    plan.steps[..before].iter().filter(is_fence).collect()
}

/// Where the proofs of the fences before this position look whether a server is closed.
pub fn closed_proofs(plan: &Plan, before: usize) -> impl Iterator<Item = (&str, &PlannedCall)> {
    fences(plan, before).into_iter().flat_map(|fence| {
        let closed =
            |proof: &&PlannedCall| Action::named(&proof.action) == Some(Action::PostgresClosed);
        fence.proof.iter().filter(closed).map(|proof| (fence.id.as_str(), proof))
    })
}

/// The fence whose proof looks at the very server that the step at this position promotes, as far
/// as that can be told without looking up names.
fn proven_by_the_promoted(plan: &Plan, index: usize) -> Option<String> {
    let promoted = dsn(&plan.steps[index].call)?;
    closed_proofs(plan, index)
        .find(|(_, proof)| dsn(proof).is_none_or(|dsn| is_same_server(dsn, promoted)))
        .map(|(fence, _)| fence.to_owned())
}

fn dsn(call: &PlannedCall) -> Option<&str> {
    match call.with.get("dsn") {
        Some(PlannedValue::Text(text)) => Some(text),
        _ => None,
    }
}

fn looks_only<'a>(calls: impl Iterator<Item = &'a PlannedCall>) -> Result<(), &'static str> {
    for call in calls {
        if !readable(call)?.is_observation() {
            return Err("what is looked at is more than an observation");
        }
    }
    Ok(())
}

fn readable(call: &PlannedCall) -> Result<Action, &'static str> {
    call.call().map(|call| call.action).map_err(|_| "unknown action or values")
}
