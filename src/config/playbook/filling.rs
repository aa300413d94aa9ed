//! Reads the values of an action: literal ones, and those in which inputs are filled in.
//!
//! `{{ name }}` alone is all of an input's value and must be of the kind that the parameter wants.
//! In the midst of other text it must be an input that can be written in one way. What the text as
//! a whole then is can only be seen when it is filled in (`playbook::plan`).

use crate::config::decode::{Cursor, listed};
use crate::config::playbook::inputs::{Inputs, PORTAL};
use crate::config::problem::Complaint;
use crate::config::scalar::is_id;
use crate::config::suggest::nearest;
use crate::config::tree::Value as Written;
use crate::playbook::action::{Parameter, Signature, ValueKind};
use crate::playbook::model::{Filling, Piece, Value};
use crate::playbook::settings::Given;
use crate::playbook::value;
use crate::playbook::value::{COMMAND_PARTS_MAX, Wrong};

use std::collections::BTreeMap;

/// More keys than any action takes are told one by one up to here.
const PARAMETERS_MAX: usize = 20;

/// The values of an action, from `with` or, where that is absent, from nothing. Problems with what
/// is missing are shown at `holder`.
pub(super) fn values(
    with: Option<&Cursor<'_>>,
    holder: &Cursor<'_>,
    signature: &'static Signature,
    inputs: &Inputs<'_>,
) -> Option<BTreeMap<String, Filling>> {
    let mut filled = BTreeMap::new();
    let mut whole = true;
    let mut there = Vec::new();
    for named in with.map(|with| with.named(0..=PARAMETERS_MAX)).unwrap_or_default() {
        there.push(named.name);
        let read = match signature.parameter(named.name) {
            Some(parameter) => filling(&named.value, parameter, inputs),
            None => {
                let report = named.value.desk.report;
                let complaint = unknown_parameter(named.name, signature);
                report.add(&named.value.path, named.name_at, complaint);
                None
            }
        };
        match read {
            Some(read) => _ = filled.insert(named.name.to_owned(), read),
            None => whole = false,
        }
    }
    for parameter in signature.parameters.iter().filter(|parameter| parameter.required) {
        if !there.contains(&parameter.name) {
            whole = false;
            let complaint = Complaint::error("config-playbook-missing-parameter")
                .text("action", signature.name)
                .text("key", parameter.name)
                .hint("config-playbook-missing-parameter-hint");
            with.unwrap_or(holder).complain(complaint);
        }
    }
    whole.then_some(filled)
}

fn unknown_parameter(name: &str, signature: &Signature) -> Complaint {
    let known = || signature.parameters.iter().map(|parameter| parameter.name);
    let complaint = Complaint::error("config-playbook-unknown-parameter")
        .text("action", signature.name)
        .text("key", name)
        .text("known", listed(known()));
    match nearest(name, known()) {
        Some(nearest) => complaint.hint("config-did-you-mean-hint").text("nearest", nearest),
        None if signature.parameters.is_empty() => {
            complaint.hint("config-playbook-no-parameters-hint")
        }
        None => complaint.hint("config-known-keys-hint"),
    }
}

/// A value that stands in the file as it is.
pub(super) fn literal(cursor: &Cursor<'_>, kind: ValueKind) -> Option<Value> {
    let given = match (cursor.value, kind) {
        (Written::List(_), ValueKind::Command) => {
            let parts = cursor.list_of(1..=COMMAND_PARTS_MAX, plain_text);
            // One with a problem has been told.
            if !matches!(cursor.value, Written::List(items) if items.len() == parts.len()) {
                return None;
            }
            Given::List(parts)
        }
        (Written::Quoted(text), ValueKind::Number | ValueKind::Port)
            if text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            let complaint = Complaint::error("config-quoted-number");
            return cursor.refuse(complaint.hint("config-quoted-number-hint"));
        }
        (Written::Plain(text) | Written::Quoted(text), _) => Given::Text(text.clone()),
        _ => return cursor.wrong_kind(expected(kind)),
    };
    let texts = match &given {
        Given::Text(text) => std::slice::from_ref(text),
        Given::List(parts) => parts,
    };
    if texts.iter().any(|text| has_braces(text)) {
        let complaint = Complaint::error("config-playbook-braces-in-default");
        return cursor.refuse(complaint.hint("config-playbook-braces-in-default-hint"));
    }
    value::read(kind, &given).map_err(|wrong| complain(cursor, &wrong)).ok()
}

fn plain_text(item: &Cursor<'_>) -> Option<String> {
    match item.value {
        Written::Plain(text) | Written::Quoted(text) => Some(text.clone()),
        _ => item.wrong_kind("text"),
    }
}

/// What the words for a value of the wrong kind call this one.
fn expected(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Number | ValueKind::Port => "number",
        ValueKind::Duration => "duration",
        ValueKind::Command => "list",
        _ => "text",
    }
}

fn complain(cursor: &Cursor<'_>, wrong: &Wrong) {
    let complaint = Complaint::of(wrong.message(), wrong.hint());
    cursor.complain(if wrong.is_secret() { complaint.secret() } else { complaint });
}

/// The value of one parameter.
fn filling(
    cursor: &Cursor<'_>,
    parameter: &'static Parameter,
    inputs: &Inputs<'_>,
) -> Option<Filling> {
    match cursor.value {
        Written::Plain(text) | Written::Quoted(text) if has_braces(text) => {
            let pieces = pieces(cursor, text, inputs)?;
            match parameter.kind {
                ValueKind::Command => whole_command(cursor, &pieces, parameter, inputs),
                _ => text_with_inputs(cursor, pieces, parameter, inputs),
            }
        }
        Written::List(_) if parameter.kind == ValueKind::Command => command(cursor, inputs),
        _ => {
            let value = literal(cursor, parameter.kind)?;
            value::check_bounds(parameter, &value)
                .map_err(|wrong| complain(cursor, &wrong))
                .ok()?;
            Some(Filling::Value(value))
        }
    }
}

/// A command that is an input as a whole.
fn whole_command(
    cursor: &Cursor<'_>,
    pieces: &[Piece],
    parameter: &Parameter,
    inputs: &Inputs<'_>,
) -> Option<Filling> {
    match pieces {
        [Piece::Input(name)] => match inputs.kind(name)?? {
            ValueKind::Command => Some(Filling::Input(name.clone())),
            kind => refuse_kind(cursor, name, kind, parameter),
        },
        _ => {
            complain(cursor, &Wrong::Line(pieces_as_written(pieces)));
            None
        }
    }
}

/// A list whose parts may have inputs in them.
fn command(cursor: &Cursor<'_>, inputs: &Inputs<'_>) -> Option<Filling> {
    let items = cursor.list(1..=COMMAND_PARTS_MAX);
    let parts: Vec<Filling> = items.iter().filter_map(|item| part(item, inputs)).collect();
    if parts.is_empty() || parts.len() != items.len() || parts.len() > COMMAND_PARTS_MAX {
        return None;
    }
    let texts: Vec<String> = parts
        .iter()
        .map_while(|part| match part {
            Filling::Value(Value::Text(text)) => Some(text.clone()),
            _ => None,
        })
        .collect();
    // The program is checked even where an argument is filled in later.
    let fixed = if texts.len() == parts.len() { &texts[..] } else { &texts[..texts.len().min(1)] };
    if fixed.is_empty() {
        return Some(Filling::Command(parts));
    }
    let command = value::read(ValueKind::Command, &Given::List(fixed.to_vec()))
        .map_err(|wrong| complain(&items[0], &wrong))
        .ok()?;
    Some(if texts.len() == parts.len() { Filling::Value(command) } else { Filling::Command(parts) })
}

fn part(item: &Cursor<'_>, inputs: &Inputs<'_>) -> Option<Filling> {
    let text = plain_text(item)?;
    if !has_braces(&text) {
        value::check_argument(&text).map_err(|wrong| complain(item, &wrong)).ok()?;
        return Some(Filling::Value(Value::Text(text)));
    }
    let pieces = pieces(item, &text, inputs)?;
    if let [Piece::Input(name)] = &pieces[..]
        && inputs.kind(name)? == Some(ValueKind::Command)
    {
        return Some(Filling::Input(name.clone()));
    }
    check_in_text(item, &pieces, inputs)?;
    Some(Filling::Text(pieces))
}

/// A value of one text with inputs in it, or one that is an input as a whole.
fn text_with_inputs(
    cursor: &Cursor<'_>,
    pieces: Vec<Piece>,
    parameter: &Parameter,
    inputs: &Inputs<'_>,
) -> Option<Filling> {
    let wanted = parameter.kind;
    if let [Piece::Input(name)] = &pieces[..]
        && name != PORTAL
    {
        let kind = inputs.kind(name)??;
        let same = kind == wanted || (kind == ValueKind::Port && wanted == ValueKind::Number);
        return match wanted {
            _ if same => Some(Filling::Input(name.clone())),
            ValueKind::Text if !matches!(kind, ValueKind::Command | ValueKind::Duration) => {
                Some(Filling::Text(pieces))
            }
            _ => refuse_kind(cursor, name, kind, parameter),
        };
    }
    if matches!(wanted, ValueKind::Number | ValueKind::Port | ValueKind::Duration | ValueKind::Set)
    {
        let complaint = Complaint::error("config-playbook-whole-input").text("key", parameter.name);
        return cursor.refuse(complaint.hint("config-playbook-whole-input-hint"));
    }
    check_in_text(cursor, &pieces, inputs)?;
    Some(Filling::Text(pieces))
}

fn refuse_kind<T>(
    cursor: &Cursor<'_>,
    name: &str,
    kind: ValueKind,
    parameter: &Parameter,
) -> Option<T> {
    let complaint = Complaint::error("config-playbook-input-kind")
        .text("name", name)
        .text("type", kind.as_str())
        .text("key", parameter.name)
        .text("wanted", parameter.kind.as_str());
    cursor.refuse(complaint.hint("config-playbook-input-kind-hint"))
}

/// Commands and lengths of time have no one way of being written.
fn check_in_text(cursor: &Cursor<'_>, pieces: &[Piece], inputs: &Inputs<'_>) -> Option<()> {
    for piece in pieces {
        let Piece::Input(name) = piece else { continue };
        let kind = inputs.kind(name)??;
        if matches!(kind, ValueKind::Command | ValueKind::Duration) {
            let complaint = Complaint::error("config-playbook-input-in-text")
                .text("name", name)
                .text("type", kind.as_str());
            return cursor.refuse(complaint.hint("config-playbook-input-in-text-hint"));
        }
    }
    Some(())
}

/// Two braces always belong to an input; a single one is an ordinary character.
fn has_braces(text: &str) -> bool {
    text.contains("{{") || text.contains("}}")
}

/// Cuts a text at its inputs, each of which must exist.
fn pieces(cursor: &Cursor<'_>, text: &str, inputs: &Inputs<'_>) -> Option<Vec<Piece>> {
    let Some(pieces) = cut(text) else {
        let complaint = Complaint::error("config-playbook-braces").text("value", text);
        return cursor.refuse(complaint.hint("config-playbook-braces-hint"));
    };
    for piece in &pieces {
        if let Piece::Input(name) = piece
            && inputs.kind(name).is_none()
        {
            return inputs.refuse_unknown(cursor, name);
        }
    }
    Some(pieces)
}

/// `None` where braces do not pair, or hold something else than a name.
fn cut(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("{{") {
        let (inside, after) = from.split_once("}}")?;
        let name = inside.trim();
        if before.contains("}}") || !is_id(name) {
            return None;
        }
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Input(name.to_owned()));
        rest = after;
    }
    if rest.contains("}}") {
        return None;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Some(pieces)
}

/// The inputs that a text names.
pub(super) fn names_in(text: &str) -> Vec<String> {
    let names = cut(text).unwrap_or_default().into_iter().filter_map(|piece| match piece {
        Piece::Input(name) => Some(name),
        Piece::Text(_) => None,
    });
    names.collect()
}

fn pieces_as_written(pieces: &[Piece]) -> String {
    let written = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Input(name) => format!("{{{{ {name} }}}}"),
    });
    written.collect()
}
