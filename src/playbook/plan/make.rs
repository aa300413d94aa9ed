//! Makes a plan of a playbook and its inputs.
//!
//! What was given is held against the playbook, every problem at once; a set that was named by
//! `latest` or the start of its id becomes the one that it means now; every value is filled in and
//! must then be what its parameter wants; and production is looked at. The same playbook, inputs
//! and production give the same plan, to the byte.

use std::collections::BTreeMap;

use crate::base::fault::{Args, Message};
use crate::playbook::action::{APPROVALS_DEFAULT, Action, EXPIRES_DEFAULT, ValueKind};
use crate::playbook::model::{
    Call, Compensation, Filling, Piece, Playbook, Step, Template, Undo, Value,
};
use crate::playbook::plan::fault::{Origin, PlanFault, PlanProblem, Subject};
use crate::playbook::plan::{
    PLAN_BYTES_MAX, Plan, PlannedCall, PlannedStep, PlannedUndo, PlannedValue, VERSION,
};
use crate::playbook::port::Actions;
use crate::playbook::settings::{Given, Inputs};
use crate::playbook::sound;
use crate::playbook::value;
use crate::playbook::value::{SET_DIGITS, Wrong, is_set_id};

type Values = BTreeMap<String, Value>;

/// Makes the plan for a portal. Of `given` the first are the inputs of the configuration, all
/// others those of the person who asks; later ones win. Surveys, and changes nothing.
pub fn make(
    playbook: &Playbook,
    portal: &str,
    given: &[&Inputs],
    actions: &dyn Actions,
) -> Result<Plan, PlanFault> {
    let fault = |problems| PlanFault::Inputs { playbook: playbook.id.clone(), problems };
    let mut inputs = choose(playbook, given).map_err(fault)?;
    // A value that its inputs made wrong is told before anything outside is looked at.
    fill_in(playbook, portal, &inputs).map_err(fault)?;
    let sets = find_sets(playbook, portal, &mut inputs, actions)?;
    let mut steps = fill_in(playbook, portal, &inputs).map_err(fault)?;
    place_sets(&mut steps, &sets);
    let mut plan = Plan {
        version: VERSION,
        playbook: playbook.id.clone(),
        digest: playbook.digest,
        title: (&playbook.title).into(),
        portal: portal.to_owned(),
        inputs: inputs.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
        steps,
        production: BTreeMap::new(),
    };
    sound::check(&plan)?;
    plan.production = plan.survey(actions)?;
    match plan.canonical().len() {
        bytes if bytes > PLAN_BYTES_MAX => Err(PlanFault::TooLarge { bytes }),
        _ => Ok(plan),
    }
}

/// The value of every input: the last that was given, else its default.
fn choose(playbook: &Playbook, given: &[&Inputs]) -> Result<Values, Vec<PlanProblem>> {
    let mut problems = Vec::new();
    let mut problem = |name: &str, origin, message, hint| {
        let subject = Subject::Input { name: name.to_owned(), origin };
        problems.push(PlanProblem { subject, message, hint });
    };
    let known: Vec<&str> = playbook.inputs.iter().map(|input| input.name.as_str()).collect();
    let mut last: BTreeMap<&str, (Origin, &Given)> = BTreeMap::new();
    for (place, inputs) in given.iter().enumerate() {
        let origin = if place == 0 { Origin::Configuration } else { Origin::CommandLine };
        for (name, value) in *inputs {
            last.insert(name, (origin, value));
            if !known.contains(&name.as_str()) {
                let args = Args::none().text("name", name).text("known", known.join(", "));
                let message = Message::with("playbook-input-unknown", args.clone());
                let hint = Message::with("playbook-input-unknown-hint", args);
                problem(name, Some(origin), message, Some(hint));
            }
        }
    }
    let mut values = Values::new();
    for input in &playbook.inputs {
        let name = input.name.as_str();
        let read = match (last.get(name), &input.default) {
            (Some((origin, given)), _) => {
                value::read(input.kind, given).map_err(|wrong| (Some(*origin), wrong))
            }
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => {
                let args = Args::none().text("name", name).text("type", input.kind.as_str());
                let message = Message::with("playbook-input-missing", args.clone());
                let hint = Message::with("playbook-input-missing-hint", args);
                problem(name, None, message, Some(hint));
                continue;
            }
        };
        match read {
            Ok(value) => _ = values.insert(name.to_owned(), value),
            Err((origin, wrong)) => problem(name, origin, wrong.message(), wrong.hint()),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

/// Every step with its inputs filled in.
fn fill_in(
    playbook: &Playbook,
    portal: &str,
    inputs: &Values,
) -> Result<Vec<PlannedStep>, Vec<PlanProblem>> {
    let mut desk = Desk { portal, inputs, problems: Vec::new() };
    let steps = playbook.steps.iter().map(|step| desk.step(step)).collect();
    if desk.problems.is_empty() { Ok(steps) } else { Err(desk.problems) }
}

/// Fills in one plan and collects what does not fit.
struct Desk<'d> {
    portal: &'d str,
    inputs: &'d Values,
    problems: Vec<PlanProblem>,
}

impl Desk<'_> {
    fn step(&mut self, step: &Step) -> PlannedStep {
        let call = self.call(&step.id, &step.call);
        let proof: Vec<Call> = step.proof.iter().map(|proof| self.call(&step.id, proof)).collect();
        self.refuse_own_proof(&step.id, &call, &proof);
        let undo = match &step.undo {
            Undo::By(Compensation { call, timeout, done_when }) => PlannedUndo::By {
                call: (&self.call(&step.id, call)).into(),
                timeout_ms: value::milliseconds(*timeout),
                done_when: self.looks(&step.id, done_when),
            },
            Undo::Needless(reason) => PlannedUndo::Needless { reason: reason.into() },
            Undo::NoReturn(reason) => PlannedUndo::NoReturn { reason: reason.into() },
        };
        PlannedStep {
            id: step.id.clone(),
            title: (&step.title).into(),
            call: (&call).into(),
            timeout_ms: value::milliseconds(step.timeout),
            attempts: step.attempts,
            idempotent: step.idempotent,
            done_when: self.looks(&step.id, &step.done_when),
            proof: proof.iter().map(PlannedCall::from).collect(),
            undo,
        }
    }

    /// Two inputs may turn out to name one program: then the fence would prove itself.
    fn refuse_own_proof(&mut self, step: &str, fence: &Call, proof: &[Call]) {
        let program = |call: &Call| {
            let program = call.command("command")?.first()?;
            Some(value::program_name(program).to_owned())
        };
        let own = program(fence);
        if own.is_some() && proof.iter().any(|proof| program(proof) == own) {
            let args = Args::none().text("step", step);
            self.problems.push(PlanProblem {
                subject: Subject::Step(step.to_owned()),
                message: Message::with("playbook-proof-same-program", args.clone()),
                hint: Some(Message::with("playbook-proof-same-program-hint", args)),
            });
        }
    }

    fn looks(&mut self, step: &str, looks: &[Template]) -> Vec<PlannedCall> {
        looks.iter().map(|look| (&self.call(step, look)).into()).collect()
    }

    fn call(&mut self, step: &str, template: &Template) -> Call {
        let signature = template.action.signature();
        let mut with = Values::new();
        for (name, filling) in &template.with {
            let Some(parameter) = signature.parameter(name) else { continue };
            let checked = self.fill(parameter.kind, filling).and_then(|value| {
                value::check_bounds(parameter, &value)?;
                Ok(value)
            });
            match checked {
                Ok(value) => _ = with.insert(name.clone(), value),
                Err(wrong) => self.problems.push(PlanProblem {
                    subject: Subject::Value { step: step.to_owned(), parameter: name.clone() },
                    message: wrong.message(),
                    hint: wrong.hint(),
                }),
            }
        }
        if template.action == Action::Gate {
            // What holds must stand in what is approved.
            with.entry("approvals".to_owned()).or_insert(Value::Number(APPROVALS_DEFAULT));
            with.entry("expires".to_owned()).or_insert(Value::Duration(EXPIRES_DEFAULT));
        }
        Call { action: template.action, with }
    }

    /// Checked by its kind again: what is one value may still not be one of the kind.
    fn fill(&self, kind: ValueKind, filling: &Filling) -> Result<Value, Wrong> {
        match filling {
            Filling::Value(value) => Ok(value.clone()),
            Filling::Input(name) => {
                let value = self.inputs.get(name).ok_or(Wrong::Empty)?;
                value::check(kind, value)?;
                Ok(value.clone())
            }
            Filling::Text(pieces) => value::read(kind, &Given::Text(self.text(pieces)?)),
            Filling::Command(parts) => {
                let mut command = Vec::new();
                for part in parts {
                    match part {
                        Filling::Value(Value::Text(text)) => command.push(text.clone()),
                        Filling::Text(pieces) => command.push(self.text(pieces)?),
                        Filling::Input(name) => match self.inputs.get(name) {
                            Some(Value::Command(parts)) => command.extend(parts.iter().cloned()),
                            _ => return Err(Wrong::List),
                        },
                        Filling::Value(_) | Filling::Command(_) => return Err(Wrong::List),
                    }
                }
                value::read(kind, &Given::List(command))
            }
        }
    }

    fn text(&self, pieces: &[Piece]) -> Result<String, Wrong> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Input(name) if name == "portal" => text.push_str(self.portal),
                Piece::Input(name) => {
                    let value = self.inputs.get(name).ok_or(Wrong::Empty)?;
                    text.push_str(&value::as_text(value).ok_or(Wrong::List)?);
                }
            }
        }
        Ok(text)
    }
}

/// The whole ids of sets that stand in the playbook itself, by step and by what is written there.
type Sets = BTreeMap<(String, String), String>;

/// Asks which sets are meant. Inputs that name one hold its whole id from here on.
fn find_sets(
    playbook: &Playbook,
    portal: &str,
    inputs: &mut Values,
    actions: &dyn Actions,
) -> Result<Sets, PlanFault> {
    let mut sets = Sets::new();
    for step in &playbook.steps {
        let mut templates = vec![&step.call];
        if let Undo::By(compensation) = &step.undo {
            templates.push(&compensation.call);
        }
        for template in templates {
            let call = Desk { portal, inputs, problems: Vec::new() }.call(&step.id, template);
            for parameter in template.action.signature().parameters {
                if parameter.kind != ValueKind::Set {
                    continue;
                }
                let Some(written) = call.text(parameter.name).map(str::to_owned) else { continue };
                let id = find_set(&step.id, portal, &call, &written, actions)?;
                match template.with.get(parameter.name) {
                    Some(Filling::Input(name)) => {
                        inputs.insert(name.clone(), Value::Text(id));
                    }
                    _ => _ = sets.insert((step.id.clone(), written), id),
                }
            }
        }
    }
    Ok(sets)
}

fn find_set(
    step: &str,
    portal: &str,
    call: &Call,
    written: &str,
    actions: &dyn Actions,
) -> Result<String, PlanFault> {
    let seen = actions
        .survey(portal, call)
        .map_err(|fault| PlanFault::Survey { step: step.to_owned(), fault })?;
    let id = seen.get("set").map_or(written, String::as_str);
    let fits = written == value::LATEST || id.starts_with(written);
    if fits && is_set_id(id, SET_DIGITS) {
        return Ok(id.to_owned());
    }
    Err(PlanFault::UnknownSet { step: step.to_owned(), set: written.to_owned() })
}

/// Puts whole ids where the playbook itself names a set.
fn place_sets(steps: &mut [PlannedStep], sets: &Sets) {
    for step in steps {
        let mut calls = vec![&mut step.call];
        if let PlannedUndo::By { call, .. } = &mut step.undo {
            calls.push(call);
        }
        for call in calls {
            let Some(action) = Action::named(&call.action) else { continue };
            for parameter in action.signature().parameters {
                let Some(value) = call.with.get_mut(parameter.name) else { continue };
                if let (ValueKind::Set, PlannedValue::Text(text)) = (parameter.kind, &*value)
                    && let Some(id) = sets.get(&(step.id.clone(), text.clone()))
                {
                    *value = PlannedValue::Text(id.clone());
                }
            }
        }
    }
}
