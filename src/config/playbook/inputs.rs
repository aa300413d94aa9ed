//! Reads what a playbook wants to be given, and holds it against what its steps use.

use std::collections::BTreeSet;

use crate::config::decode::{Cursor, Named, listed};
use crate::config::playbook::filling::{literal, names_in};
use crate::config::playbook::{ABOUT_CHARACTERS_MAX, keys, words};
use crate::config::problem::{Complaint, Position};
use crate::config::scalar::{is_id, not_an_id};
use crate::config::suggest::nearest;
use crate::config::tree::Value as Written;
use crate::playbook::action::ValueKind;
use crate::playbook::model::{Filling, INPUTS_MAX, Input, Step, Template, Undo};

/// The portal's id: filled in like an input, never given.
pub(super) const PORTAL: &str = "portal";

/// The inputs of a playbook. One with a problem keeps its name, so that the steps which use it are
/// not told that it does not exist.
#[derive(Debug, Default)]
pub(super) struct Inputs<'a>(Vec<Declared<'a>>);

#[derive(Debug)]
struct Declared<'a> {
    name: &'a str,
    name_at: Position,
    cursor: Cursor<'a>,
    kind: Option<ValueKind>,
    input: Option<Input>,
}

impl<'a> Inputs<'a> {
    pub(super) fn read(value: &Cursor<'a>) -> Self {
        Self(value.named(0..=INPUTS_MAX).into_iter().map(declared).collect())
    }

    /// The kind of the input of this name, where it has a legal one; `None` if there is no such
    /// input.
    pub(super) fn kind(&self, name: &str) -> Option<Option<ValueKind>> {
        if name == PORTAL {
            return Some(Some(ValueKind::Text));
        }
        self.0.iter().find(|one| one.name == name).map(|one| one.kind)
    }

    /// Complains about a name that is no input.
    pub(super) fn refuse_unknown<T>(&self, value: &Cursor<'_>, name: &str) -> Option<T> {
        let known = || self.0.iter().map(|one| one.name).chain([PORTAL]);
        let complaint = Complaint::error("config-playbook-unknown-input").text("name", name);
        let complaint = complaint.text("known", listed(known()));
        value.refuse(match nearest(name, known()) {
            Some(nearest) => complaint.hint("config-did-you-mean-hint").text("nearest", nearest),
            None => complaint.hint("config-playbook-unknown-input-hint"),
        })
    }

    /// An input that no step uses is one that somebody relies on in vain. Held against the text of
    /// the steps, so that a step with a problem still counts.
    pub(super) fn check_used(&self, steps: &Written) {
        let mut used = BTreeSet::new();
        collect_names(steps, &mut used);
        for one in self.0.iter().filter(|one| !used.contains(one.name)) {
            self.complain(one, "config-playbook-unused-input", "config-playbook-unused-input-hint");
        }
    }

    /// A set is found for the action that takes it: one that only stands in texts would stay
    /// `latest`, and mean another set later than it did when the plan was approved.
    pub(super) fn check_sets(&self, steps: &[Step]) {
        let mut whole = BTreeSet::new();
        for step in steps {
            let mut calls: Vec<&Template> = vec![&step.call];
            if let Undo::By(compensation) = &step.undo {
                calls.push(&compensation.call);
            }
            whole.extend(calls.into_iter().flat_map(|call| call.with.values()).filter_map(
                |filling| match filling {
                    Filling::Input(name) => Some(name.as_str()),
                    _ => None,
                },
            ));
        }
        let sets = self.0.iter().filter(|one| one.kind == Some(ValueKind::Set));
        for one in sets.filter(|one| !whole.contains(one.name)) {
            self.complain(one, "config-playbook-set-nowhere", "config-playbook-set-nowhere-hint");
        }
    }

    fn complain(&self, one: &Declared<'_>, id: &'static str, hint: &'static str) {
        let complaint = Complaint::error(id).text("name", one.name).hint(hint);
        one.cursor.desk.report.add(&one.cursor.path, one.name_at, complaint);
    }

    pub(super) fn into_list(self) -> Option<Vec<Input>> {
        self.0.into_iter().map(|one| one.input).collect()
    }
}

fn declared(named: Named<'_>) -> Declared<'_> {
    let Named { name, name_at, value } = named;
    let report = value.desk.report;
    if !is_id(name) {
        report.add(&value.path, name_at, not_an_id(name));
    } else if name == PORTAL {
        let complaint = Complaint::error("config-playbook-portal-input");
        report.add(&value.path, name_at, complaint.hint("config-playbook-portal-input-hint"));
    }
    let (kind, input) = match value.section(&keys::INPUT) {
        None => (None, None),
        Some(section) => {
            let kind = section.need("type", |value| value.word(&ValueKind::WORDS));
            let about = section.need("about", |value| words(value, ABOUT_CHARACTERS_MAX));
            let default = match (section.get("default"), kind) {
                (Some(value), Some(kind)) => literal(&value, kind).map(Some),
                _ => Some(None),
            };
            let input = || {
                Some(Input { name: name.to_owned(), kind: kind?, about: about?, default: default? })
            };
            (kind, input())
        }
    };
    Declared { name, name_at, cursor: value, kind, input }
}

fn collect_names(value: &Written, names: &mut BTreeSet<String>) {
    match value {
        Written::Plain(text) | Written::Quoted(text) => names.extend(names_in(text)),
        Written::List(items) => items.iter().for_each(|item| collect_names(&item.value, names)),
        Written::Mapping(entries) => {
            entries.iter().for_each(|entry| collect_names(&entry.value.value, names));
        }
        Written::Nothing | Written::Refused => {}
    }
}
