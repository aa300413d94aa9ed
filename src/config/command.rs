//! Reads a command's argument with places to fill in: `{port}`, `{database:NAME}`, `{tree:NAME}`.
//!
//! `{{` and `}}` stand for the braces themselves. No shell reads the result.

use crate::config::decode::{Cursor, listed};
use crate::config::portal::Names;
use crate::config::problem::Complaint;
use crate::config::settings::{Argument, Piece};
use crate::config::suggest::nearest;

/// An argument whose places name sources of the portal.
pub(super) fn argument(value: &Cursor<'_>, names: &Names) -> Option<Argument> {
    let text = value.text()?;
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text.as_str();
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
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(piece(value, inside, names)?);
            rest = after;
        } else {
            let complaint = Complaint::error("config-brace").text("value", &text);
            return value.refuse(complaint.hint("config-brace-hint"));
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Some(Argument(pieces))
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
