//! Plans of the shipped playbooks, and small ones of a few steps.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use duphong::base::digest::Digest;
use duphong::base::fault::AnyFault;
use duphong::config;
use duphong::playbook::action::{Action, Nature, ValueKind};
use duphong::playbook::fact::Output;
use duphong::playbook::model::Call;
use duphong::playbook::plan::{
    self, Plan, PlannedCall, PlannedStep, PlannedUndo, PlannedValue, PlannedWords,
};
use duphong::playbook::port::{Actions, FenceProof, Place, Sight};
use duphong::playbook::settings::{Given, Inputs};

/// The set that restores take.
const SET: &str = "5f1d9b7c3e2a4f60819283746556473829100fedcba9876543210123456789ab";

/// The server that is fenced; every other DSN leads to the one that is promoted.
const PRIMARY: &str = "host=127.0.0.2 dbname=mau user=mau";

pub(super) fn words() -> PlannedWords {
    PlannedWords { vi: "chữ".to_owned(), en: "words".to_owned() }
}

/// A value of this kind.
fn value(kind: ValueKind) -> PlannedValue {
    let text = |text: &str| PlannedValue::Text(text.to_owned());
    match kind {
        ValueKind::Number | ValueKind::Port => PlannedValue::Number(80),
        ValueKind::Duration => PlannedValue::Number(60_000),
        ValueKind::Command => PlannedValue::Command(vec!["/bin/true".to_owned()]),
        ValueKind::Path => text("/srv/mau"),
        ValueKind::Host => text("127.0.0.1"),
        ValueKind::Url => text("http://127.0.0.1/"),
        ValueKind::Dsn => text("host=127.0.0.1 dbname=mau user=mau"),
        ValueKind::Set => text(SET),
        ValueKind::Text => text("text"),
    }
}

/// A call of this action, with a value for everything that it must have.
pub(super) fn call(action: Action) -> PlannedCall {
    let needed = action.signature().parameters.iter().filter(|parameter| parameter.required);
    let mut with: BTreeMap<_, _> =
        needed.map(|one| (one.name.to_owned(), value(one.kind))).collect();
    if action == Action::PostgresClosed {
        with.insert("dsn".to_owned(), PlannedValue::Text(PRIMARY.to_owned()));
    }
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
        undo: if action.signature().no_return {
            PlannedUndo::NoReturn { reason: words() }
        } else {
            PlannedUndo::Needless { reason: words() }
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
    let mut plan = Plan {
        version: plan::VERSION,
        playbook: "by-hand".to_owned(),
        digest: Digest::of(b"file"),
        title: words(),
        portal: "mau".to_owned(),
        inputs: BTreeMap::new(),
        steps,
        production: BTreeMap::new(),
    };
    // A plan that nobody could survey is no less hostile without a fingerprint.
    plan.production = plan.fingerprint(&Surveyor).unwrap_or_default();
    plan
}

/// The plans of the shipped playbooks, with steps of a minute at most: every second is a look.
pub(super) fn shipped() -> Vec<(&'static str, Plan)> {
    static READ: LazyLock<Vec<(&str, Plan)>> = LazyLock::new(read);
    READ.clone()
}

fn read() -> Vec<(&'static str, Plan)> {
    let plans = config::playbook::shipped().into_iter().map(|(id, text)| {
        let playbook = config::playbook::read(text.as_bytes(), Path::new(id)).unwrap();
        let open = playbook.inputs.iter().filter(|input| input.default.is_none());
        let mut inputs: Inputs =
            open.map(|input| (input.name.clone(), given(input.kind))).collect();
        if let Some(primary) = inputs.get_mut("primary-dsn") {
            *primary = Given::Text(PRIMARY.to_owned());
        }
        let mut plan = plan::make(&playbook, "mau", &[&inputs], &Surveyor).unwrap();
        for step in &mut plan.steps {
            step.timeout_ms = step.timeout_ms.min(60_000);
        }
        (id, plan)
    });
    plans.collect()
}

/// The plan of `failover-postgres`.
pub(super) fn failover() -> Plan {
    named("failover-postgres")
}

/// The plan of `restore-in-place`.
pub(super) fn restore() -> Plan {
    named("restore-in-place")
}

fn named(id: &str) -> Plan {
    shipped().into_iter().find(|(name, _)| *name == id).unwrap().1
}

fn given(kind: ValueKind) -> Given {
    match value(kind) {
        PlannedValue::Number(number) if kind == ValueKind::Duration => {
            Given::Text(format!("{}s", number / 1000))
        }
        PlannedValue::Number(number) => Given::Text(number.to_string()),
        PlannedValue::Text(text) => Given::Text(text),
        PlannedValue::Command(parts) => Given::List(parts),
    }
}

/// What production says when nothing has changed.
pub(super) fn survey(call: &Call) -> Output {
    let mut seen = Output::from([("state".to_owned(), "same".to_owned())]);
    if call.action == Action::RestoreStage {
        seen.insert("set".to_owned(), SET.to_owned());
    }
    seen
}

/// Only looks.
struct Surveyor;

impl Actions for Surveyor {
    fn survey(&self, _portal: &str, call: &Call) -> Result<Output, AnyFault> {
        Ok(survey(call))
    }

    fn perform(&self, _place: &Place, _call: &Call) -> Result<Output, AnyFault> {
        unreachable!("a plan does nothing")
    }

    fn promote(&self, _: &Place, _: &Call, _: &FenceProof) -> Result<Output, AnyFault> {
        unreachable!("a plan does nothing")
    }

    fn observe(&self, _place: &Place, _call: &Call) -> Sight {
        unreachable!("a plan waits for nothing")
    }

    fn quiet(&self, _place: &Place) -> Result<(), AnyFault> {
        unreachable!("a plan has begun nothing")
    }
}
