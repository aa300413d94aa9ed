//! Reads a command's arguments with places to fill in, such as `{port}` or `{folder}`.
//!
//! `{{` and `}}` stand for the braces themselves. No shell reads the result.

use crate::base::command::{Blank, Command, Part};
use crate::config::decode::{Cursor, listed};
use crate::config::portal::Names;
use crate::config::problem::Complaint;
use crate::config::settings::{Argument, Piece};
use crate::config::suggest::nearest;

/// A command line that a person can still read.
const ARGUMENTS_MAX: usize = 100;

/// Long enough for a query on one line.
const ARGUMENT_CHARACTERS_MAX: usize = 4000;

/// An argument whose places name sources of the portal.
pub(super) fn argument(value: &Cursor<'_>, names: &Names) -> Option<Argument> {
    let text = value.text()?;
    let blank = |inside: &str| piece(value, inside, names);
    scan(value, &text, Piece::Text, blank).map(Argument)
}

/// A program and its arguments, of which those may be filled in that are `allowed`.
pub(super) fn command(value: &Cursor<'_>, allowed: &[Blank]) -> Option<Command> {
    let items = value.list(1..=ARGUMENTS_MAX);
    let (first, rest) = items.split_first()?;
    let program = program(first);
    let argument = |value: &Cursor<'_>| {
        let text = value.text_within(ARGUMENT_CHARACTERS_MAX)?;
        scan(value, &text, Part::Text, |inside| blank(value, inside, allowed))
    };
    let arguments: Vec<_> = rest.iter().map(argument).collect();
    Some(Command { program: program?, arguments: arguments.into_iter().collect::<Option<_>>()? })
}

/// A relative path would be another program in every folder.
fn program(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    let plain = !text.contains(['{', '}', '~', '$']) && !text.starts_with('-');
    if plain && (text.starts_with('/') || !text.contains('/')) {
        return Some(text);
    }
    let complaint = Complaint::error("config-command-program").text("value", &text);
    value.refuse(complaint.hint("config-command-program-hint"))
}

fn blank(value: &Cursor<'_>, inside: &str, allowed: &[Blank]) -> Option<Part> {
    if let Some(blank) = allowed.iter().find(|blank| blank.as_str() == inside) {
        return Some(Part::Blank(*blank));
    }
    let known: Vec<_> = allowed.iter().map(|blank| format!("{{{}}}", blank.as_str())).collect();
    let complaint = Complaint::error("config-placeholder").text("value", inside);
    value.refuse(if known.is_empty() {
        complaint.hint("config-no-placeholder-hint")
    } else {
        let known = listed(known.iter().map(String::as_str));
        complaint.hint("config-command-placeholder-hint").text("known", known)
    })
}

/// The parts of an argument: text, and what `blank` makes of what stands between braces.
fn scan<P>(
    value: &Cursor<'_>,
    text: &str,
    plainly: impl Fn(String) -> P,
    blank: impl Fn(&str) -> Option<P>,
) -> Option<Vec<P>> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(found) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(found);
        plain.push_str(before);
        if let Some(after) = from.strip_prefix("{{") {
            plain.push('{');
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            plain.push('}');
            rest = after;
        } else if let Some((inside, after)) =
            from.strip_prefix('{').and_then(|inside| inside.split_once('}'))
        {
            if !plain.is_empty() {
                pieces.push(plainly(std::mem::take(&mut plain)));
            }
            pieces.push(blank(inside)?);
            rest = after;
        } else {
            let complaint = Complaint::error("config-brace").text("value", text);
            return value.refuse(complaint.hint("config-brace-hint"));
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(plainly(plain));
    }
    Some(pieces)
}

fn piece(value: &Cursor<'_>, inside: &str, names: &Names) -> Option<Piece> {
    let (piece, name, known): (fn(String) -> Piece, _, _) = match inside.split_once(':') {
        None if inside == "port" => return Some(Piece::Port),
        Some(("database", name)) => (Piece::Database, name, &names.databases),
        Some(("tree", name)) => (Piece::Tree, name, &names.trees),
        _ => {
            let complaint = Complaint::error("config-placeholder").text("value", inside);
            return value.refuse(complaint.hint("config-placeholder-hint"));
        }
    };
    if known.iter().any(|each| each == name) {
        return Some(piece(name.to_owned()));
    }
    let known = || known.iter().map(String::as_str);
    let complaint = Complaint::error("config-placeholder-name")
        .text("value", inside)
        .text("known", listed(known()));
    value.refuse(match nearest(name, known()) {
        Some(name) => complaint.hint("config-did-you-mean-hint").text("nearest", name),
        None => complaint.hint("config-placeholder-name-hint"),
    })
}
