//! Reads the steps. What a step may say follows from the nature of its action.
//!
//! A step that changes something says how it is taken back or why not; one that only looks, or
//! waits for people, has nothing to take back and says nothing about it. Nothing has a time limit
//! that nobody wrote: only a compensation without one gets that of its step.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::decode::{Cursor, Section, listed};
use crate::config::playbook::filling::values;
use crate::config::playbook::inputs::Inputs;
use crate::config::playbook::{ABOUT_CHARACTERS_MAX, TITLE_CHARACTERS_MAX, keys, words};
use crate::config::problem::Complaint;
use crate::config::suggest::nearest;
use crate::playbook::action::{ACTIONS, Action, Nature};
use crate::playbook::model::{
    Compensation, Filling, Piece, STEPS_MAX, Step, Template, Undo, Value, Words,
};
use crate::playbook::value::program_name;

/// Shorter is a mistake of unit; a longer step is several.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(72);

/// What did not work ten times will not work.
const ATTEMPTS: RangeInclusive<u64> = 1..=10;

/// One thing is done when a few others are seen.
const LOOKS_MAX: usize = 10;

/// A gate waits until it expires, and no attempt at it can run out of time.
const NO_TIMEOUT: Duration = Duration::ZERO;

/// A step as far as it could be read.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// The step as a whole.
    pub(super) cursor: Cursor<'a>,
    /// Its id and where it stands.
    pub(super) id: Option<(String, Cursor<'a>)>,
    /// What it needs and where each stands.
    pub(super) needs: Vec<(String, Cursor<'a>)>,
    /// Its action and where it stands.
    pub(super) action: Option<(Action, Cursor<'a>)>,
    /// Where it says how it is taken back by an action.
    pub(super) compensate: Option<Cursor<'a>>,
    /// Whether it says that nothing can be taken back any more.
    pub(super) no_return: bool,
    /// The step, where nothing in it is wrong. Its needs are not resolved.
    pub(super) step: Option<Step>,
}

/// Every step, in the order of the file.
pub(super) fn read<'a>(value: &Cursor<'a>, inputs: &Inputs<'_>) -> Vec<Draft<'a>> {
    value.list(1..=STEPS_MAX).iter().filter_map(|item| draft(item, inputs)).collect()
}

fn draft<'a>(item: &Cursor<'a>, inputs: &Inputs<'_>) -> Option<Draft<'a>> {
    let section = item.section(&keys::STEP)?;
    let id = section.need("step", |value| Some((value.id()?, value.clone())));
    let title = section.need("title", |value| words(value, TITLE_CHARACTERS_MAX));
    let action = section.need("action", |value| Some((action(value)?, value.clone())));
    let needs = section
        .may("needs", |value| Some(value.list_of(1..=STEPS_MAX, |i| Some((i.id()?, i.clone())))))
        .unwrap_or_default();
    let done = action.as_ref().map(|(action, _)| *action);
    let body = done.and_then(|action| body(&section, action, inputs));
    let step = || {
        let body = body?;
        Some(Step {
            id: id.as_ref()?.0.clone(),
            title: title?,
            needs: needs.iter().map(|(id, _)| id.clone()).collect(),
            call: body.call,
            timeout: body.timeout,
            attempts: body.attempts,
            idempotent: body.idempotent,
            done_when: body.done_when,
            proof: body.proof,
            undo: body.undo,
        })
    };
    let step = step();
    Some(Draft {
        cursor: item.clone(),
        id,
        needs,
        action,
        compensate: section.get("compensate"),
        no_return: section.get("no-return").is_some(),
        step,
    })
}

/// What follows from a step's action.
struct Body {
    call: Template,
    timeout: Duration,
    attempts: u32,
    idempotent: bool,
    done_when: Vec<Template>,
    proof: Vec<Template>,
    undo: Undo,
}

fn body(section: &Section<'_>, action: Action, inputs: &Inputs<'_>) -> Option<Body> {
    let nature = action.signature().nature;
    refuse_foreign_keys(section, action, nature);
    let call = template(section, action, inputs);
    if nature == Nature::Gate {
        return Some(Body {
            call: call?,
            timeout: NO_TIMEOUT,
            attempts: 1,
            idempotent: true,
            done_when: Vec::new(),
            proof: Vec::new(),
            undo: Undo::Needless(needless(nature)),
        });
    }
    let timeout = timeout(section);
    let idempotent = match section.get("idempotent") {
        Some(value) if nature == Nature::Once => value.boolean(),
        _ => Some(nature != Nature::Once),
    };
    let attempts = attempts(section, idempotent);
    let done_when = looks(section, "done-when", inputs);
    let proof = match action {
        Action::Fence => proof(section, call.as_ref(), inputs),
        _ => Some(Vec::new()),
    };
    let undo = match nature {
        Nature::Observation => Some(Undo::Needless(needless(nature))),
        _ => undo(section, action, timeout, inputs),
    };
    Some(Body {
        call: call?,
        timeout: timeout?,
        attempts: attempts?,
        idempotent: idempotent?,
        done_when: done_when?,
        proof: proof?,
        undo: undo?,
    })
}

/// Keys that mean nothing beside this action.
fn refuse_foreign_keys(section: &Section<'_>, action: Action, nature: Nature) {
    let gate: &[&str] = &["timeout", "attempts", "idempotent", "done-when", "proof"];
    for key in gate.iter().chain(&keys::UNDO) {
        let Some(value) = section.get(key) else { continue };
        let undoes = keys::UNDO.contains(key);
        let (id, hint) = match (nature, *key) {
            (Nature::Gate, _) => ("config-playbook-gate-key", "config-playbook-gate-key-hint"),
            (Nature::Observation, _) if undoes => {
                ("config-playbook-nothing-to-undo", "config-playbook-nothing-to-undo-hint")
            }
            (_, "proof") if action != Action::Fence => {
                ("config-playbook-proof-not-fence", "config-playbook-proof-not-fence-hint")
            }
            (Nature::Observation | Nature::Idempotent, "idempotent") => {
                ("config-playbook-idempotent-known", "config-playbook-idempotent-known-hint")
            }
            _ => continue,
        };
        let complaint = Complaint::error(id).text("key", key).text("action", action.as_str());
        value.complain(complaint.hint(hint));
    }
}

fn timeout(section: &Section<'_>) -> Option<Duration> {
    match section.get("timeout") {
        Some(value) => value.duration(TIMEOUT),
        None => section.cursor.refuse(
            Complaint::error("config-playbook-no-timeout").hint("config-playbook-no-timeout-hint"),
        ),
    }
}

fn attempts(section: &Section<'_>, idempotent: Option<bool>) -> Option<u32> {
    let Some(value) = section.get("attempts") else { return Some(1) };
    let attempts = value.number(ATTEMPTS)?;
    if attempts > 1 && idempotent == Some(false) {
        let complaint = Complaint::error("config-playbook-attempts");
        return value.refuse(complaint.hint("config-playbook-attempts-hint"));
    }
    Some(attempts)
}

/// The observations at a key; none where it is absent.
fn looks(section: &Section<'_>, key: &'static str, inputs: &Inputs<'_>) -> Option<Vec<Template>> {
    let Some(value) = section.get(key) else { return Some(Vec::new()) };
    all(&value.list(1..=LOOKS_MAX), |item| look(item, inputs))
}

/// Every item, or none: what is left of a list with problems would mean something else.
fn all<T>(items: &[Cursor<'_>], read: impl Fn(&Cursor<'_>) -> Option<T>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = items.iter().map(read).collect();
    if items.is_empty() || items.len() > LOOKS_MAX {
        return None;
    }
    read.into_iter().collect()
}

fn look(item: &Cursor<'_>, inputs: &Inputs<'_>) -> Option<Template> {
    let section = item.section(&keys::LOOK)?;
    let action = section.need("observe", |value| {
        let action = action(value)?;
        if action.is_observation() {
            return Some(action);
        }
        let observations = ACTIONS.iter().filter(|one| one.nature == Nature::Observation);
        let complaint = Complaint::error("config-playbook-not-observation")
            .text("action", action.as_str())
            .text("known", listed(observations.map(|one| one.name)));
        value.refuse(complaint.hint("config-playbook-not-observation-hint"))
    })?;
    template(&section, action, inputs)
}

/// Later observations, by another path than the fence itself: a program that says "done" and is
/// then asked whether it is done proves nothing.
fn proof(
    section: &Section<'_>,
    fence: Option<&Template>,
    inputs: &Inputs<'_>,
) -> Option<Vec<Template>> {
    let Some(value) = section.get("proof") else {
        let complaint = Complaint::error("config-playbook-no-proof");
        return section.cursor.refuse(complaint.hint("config-playbook-no-proof-hint"));
    };
    all(&value.list(1..=LOOKS_MAX), |item| {
        let proof = look(item, inputs)?;
        let own = fence.and_then(program);
        if own.is_some() && program(&proof) == own {
            let complaint = Complaint::error("config-playbook-proof-same-program");
            return item.refuse(complaint.hint("config-playbook-proof-same-program-hint"));
        }
        Some(proof)
    })
}

/// The program that a call runs, as far as it is known before inputs are filled in.
#[derive(Debug, PartialEq)]
enum Program<'t> {
    Named(&'t str),
    Input(&'t str),
    Text(&'t [Piece]),
}

fn program(call: &Template) -> Option<Program<'_>> {
    let first = match call.with.get("command")? {
        Filling::Value(Value::Command(parts)) => {
            return Some(Program::Named(program_name(parts.first()?)));
        }
        Filling::Command(parts) => parts.first()?,
        other => other,
    };
    Some(match first {
        Filling::Value(Value::Text(text)) => Program::Named(program_name(text)),
        Filling::Input(name) => Program::Input(name),
        Filling::Text(pieces) => Program::Text(pieces),
        Filling::Value(_) | Filling::Command(_) => return None,
    })
}

/// How a step that changes something is taken back: exactly one answer.
fn undo(
    section: &Section<'_>,
    action: Action,
    timeout: Option<Duration>,
    inputs: &Inputs<'_>,
) -> Option<Undo> {
    if keys::UNDO.iter().all(|key| section.get(key).is_none()) {
        if action.signature().no_return {
            let complaint = Complaint::error("config-playbook-must-no-return");
            let complaint = complaint.text("action", action.as_str());
            return section.cursor.refuse(complaint.hint("config-playbook-add-no-return-hint"));
        }
        let complaint = Complaint::error("config-playbook-no-compensation")
            .text("action", action.as_str())
            .text("keys", listed(keys::UNDO.into_iter()));
        return section.cursor.refuse(complaint.hint("config-playbook-no-compensation-hint"));
    }
    let (key, value) = section.one_of(&keys::UNDO)?;
    if action.signature().no_return && key != "no-return" {
        let complaint = Complaint::error("config-playbook-must-no-return");
        let complaint = complaint.text("action", action.as_str()).text("key", key);
        return value.refuse(complaint.hint("config-playbook-must-no-return-hint"));
    }
    match key {
        "compensate" => compensation(&value, timeout, inputs).map(Undo::By),
        "cannot-compensate" => words(&value, ABOUT_CHARACTERS_MAX).map(Undo::Needless),
        _ => words(&value, ABOUT_CHARACTERS_MAX).map(Undo::NoReturn),
    }
}

fn compensation(
    value: &Cursor<'_>,
    step: Option<Duration>,
    inputs: &Inputs<'_>,
) -> Option<Compensation> {
    let section = value.section(&keys::COMPENSATE)?;
    let action = section.need("action", |value| {
        let action = action(value)?;
        if action.compensates() {
            return Some(action);
        }
        let fit = ACTIONS.iter().filter(|one| one.action.compensates());
        let complaint = Complaint::error("config-playbook-compensation-action")
            .text("action", action.as_str())
            .text("known", listed(fit.map(|one| one.name)));
        value.refuse(complaint.hint("config-playbook-compensation-action-hint"))
    });
    let call = action.and_then(|action| template(&section, action, inputs));
    let timeout = match section.get("timeout") {
        Some(value) => value.duration(TIMEOUT),
        None => step,
    };
    let done_when = looks(&section, "done-when", inputs);
    Some(Compensation { call: call?, timeout: timeout?, done_when: done_when? })
}

fn template(section: &Section<'_>, action: Action, inputs: &Inputs<'_>) -> Option<Template> {
    let with = section.get("with");
    let with = values(with.as_ref(), &section.cursor, action.signature(), inputs)?;
    Some(Template { action, with })
}

fn action(value: &Cursor<'_>) -> Option<Action> {
    let text = value.text()?;
    if let Some(action) = Action::named(&text) {
        return Some(action);
    }
    let known = || ACTIONS.iter().map(|signature| signature.name);
    let complaint = Complaint::error("config-playbook-unknown-action").text("action", &text);
    let complaint = complaint.text("known", listed(known()));
    value.refuse(match nearest(&text, known()) {
        Some(nearest) => complaint.hint("config-did-you-mean-hint").text("nearest", nearest),
        None => complaint.hint("config-playbook-unknown-action-hint"),
    })
}

/// Why a step that changes nothing is not taken back.
fn needless(nature: Nature) -> Words {
    let (vi, en) = match nature {
        Nature::Gate => ("Phê duyệt không thay đổi gì", "An approval changes nothing"),
        _ => {
            ("Bước này chỉ quan sát, không thay đổi gì", "This step only looks and changes nothing")
        }
    };
    Words { vi: vi.to_owned(), en: en.to_owned() }
}
