//! Plans of the shipped playbooks, and small ones of a few steps.

use std::collections::BTreeMap;

use duphong::base::digest::Digest;
use duphong::playbook::action::{Action, Nature};
use duphong::playbook::plan::{
    self, Plan, PlannedCall, PlannedStep, PlannedUndo, PlannedValue, PlannedWords,
};

pub(super) fn words() -> PlannedWords {
    PlannedWords { vi: "chữ".to_owned(), en: "words".to_owned() }
}

/// A call of this action, with a value for everything that it must have.
pub(super) fn call(action: Action) -> PlannedCall {
    use duphong::playbook::action::ValueKind as Kind;
    let value = |kind| match kind {
        Kind::Number | Kind::Port => PlannedValue::Number(80),
        Kind::Duration => PlannedValue::Number(60_000),
        Kind::Command => PlannedValue::Command(vec!["/bin/true".to_owned()]),
        _ => PlannedValue::Text("text".to_owned()),
    };
    let needed = action.signature().parameters.iter().filter(|parameter| parameter.required);
    let with = needed.map(|one| (one.name.to_owned(), value(one.kind))).collect();
    PlannedCall { action: action.as_str().to_owned(), with }
}

/// A step as the plan holds it where the file says nothing more: tried once, for a minute, taken
/// back by nothing.
pub(super) fn step(id: &str, action: Action) -> PlannedStep {
    PlannedStep {
        id: id.to_owned(),
        title: words(),
        call: call(action),
        timeout_ms: 60_000,
        attempts: 1,
        idempotent: matches!(action.signature().nature, Nature::Idempotent | Nature::Observation),
        done_when: Vec::new(),
        proof: Vec::new(),
        undo: match action.signature().no_return {
            true => PlannedUndo::NoReturn { reason: words() },
            false => PlannedUndo::Needless { reason: words() },
        },
    }
}

pub(super) fn gate(id: &str, approvals: u64) -> PlannedStep {
    let mut gate = step(id, Action::Gate);
    gate.call.with.insert("approvals".to_owned(), PlannedValue::Number(approvals));
    gate.call.with.insert("expires".to_owned(), PlannedValue::Number(30 * 60 * 1000));
    gate
}

pub(super) fn fence(id: &str, proof: Action) -> PlannedStep {
    let undo = undone_by(Action::Command);
    PlannedStep { proof: vec![call(proof)], undo, ..step(id, Action::Fence) }
}

pub(super) fn undone_by(action: Action) -> PlannedUndo {
    PlannedUndo::By { call: call(action), timeout_ms: 60_000, done_when: Vec::new() }
}

/// A step that changes something once and can be taken back.
pub(super) fn once(id: &str) -> PlannedStep {
    PlannedStep { undo: undone_by(Action::Command), ..step(id, Action::Command) }
}

/// The same where doing it again is harmless.
pub(super) fn again(id: &str, attempts: u32) -> PlannedStep {
    PlannedStep { idempotent: true, attempts, ..once(id) }
}

pub(super) fn plan(steps: Vec<PlannedStep>) -> Plan {
    let production = steps
        .iter()
        .map(|step| {
            let seen = BTreeMap::from([("state".to_owned(), "same".to_owned())]);
            (step.id.clone(), seen)
        })
        .collect();
    Plan {
        version: plan::VERSION,
        playbook: "by-hand".to_owned(),
        digest: Digest::of(b"file"),
        title: words(),
        portal: "mau".to_owned(),
        inputs: BTreeMap::new(),
        steps,
        production,
    }
}

/// The plan of `failover-postgres`.
pub(super) fn failover() -> Plan {
    plan(vec![
        gate("approval", 1),
        step("standby", Action::PostgresStandby),
        fence("fence", Action::PostgresClosed),
        step("caught-up", Action::PostgresCaughtUp),
        step("promote", Action::PostgresPromote),
        PlannedStep {
            attempts: 3,
            undo: undone_by(Action::NginxSwitch),
            ..step("switch", Action::NginxSwitch)
        },
        PlannedStep {
            done_when: vec![call(Action::PostgresWritable)],
            ..step("verify", Action::HttpAnswers)
        },
    ])
}

/// The plan of `restore-in-place`.
pub(super) fn restore() -> Plan {
    plan(vec![
        gate("approval", 1),
        step("forensic-set", Action::Snapshot),
        fence("fence", Action::HttpAnswers),
        PlannedStep {
            undo: undone_by(Action::RestoreUnstage),
            ..step("restore", Action::RestoreStage)
        },
        step("compare", Action::RestoreCompare),
        PlannedStep {
            undo: undone_by(Action::RestoreSwapBack),
            ..step("swap", Action::RestoreSwap)
        },
        again("reopen", 1),
        step("verify", Action::HttpAnswers),
    ])
}

/// Both shipped playbooks.
pub(super) fn shipped() -> [(&'static str, Plan); 2] {
    [("failover-postgres", failover()), ("restore-in-place", restore())]
}
