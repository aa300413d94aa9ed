//! Walking the tree: sections with known keys, lists, named items; every problem is collected.
//!
//! A reader asks for what it needs and gets a value or nothing; where it gets nothing, the reason
//! stands in the report already, and the reader goes on with the next key. So one look at a file
//! finds everything that is wrong with it. Scalars are read in `scalar`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::Path;

use crate::config::keys;
use crate::config::keys::Table;
use crate::config::problem::{Complaint, Position, Report};
use crate::config::suggest::nearest;
use crate::config::tree::{Entry, Node, Value};

/// What all readers of one file share.
#[derive(Debug)]
pub(super) struct Desk<'d> {
    pub(super) report: &'d Report,
    /// The folder of the file: relative paths start there.
    pub(super) base: &'d Path,
    /// Where systemd passes credentials, if it does.
    pub(super) credentials: Option<&'d Path>,
    /// A good file of this kind, for advice.
    pub(super) example: &'static str,
    /// Every place that was looked at, for problems found later (`Loaded::environment_problems`).
    visited: RefCell<HashMap<String, Position>>,
}

impl<'d> Desk<'d> {
    pub(super) fn new(
        report: &'d Report,
        base: &'d Path,
        credentials: Option<&'d Path>,
        example: &'static str,
    ) -> Self {
        Self { report, base, credentials, example, visited: RefCell::default() }
    }

    pub(super) fn into_visited(self) -> HashMap<String, Position> {
        self.visited.into_inner()
    }
}

/// A value and the way to it.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) path: String,
    /// Where problems with the value as a whole are shown.
    pub(super) at: Position,
    pub(super) value: &'a Value,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(desk: &'a Desk<'a>, path: String, node: &'a Node) -> Self {
        Self::at(desk, path, node.at, &node.value)
    }

    /// The value of a key. One that is absent, or begins on a later line than its key, is shown at
    /// the key: that is where a person looks for what a section lacks.
    fn of(desk: &'a Desk<'a>, path: String, entry: &'a Entry) -> Self {
        let Node { at, value } = &entry.value;
        let beside = at.line == entry.key_at.line && *value != Value::Nothing;
        let at = if beside { *at } else { entry.key_at };
        Self::at(desk, path, at, value)
    }

    fn at(desk: &'a Desk<'a>, path: String, at: Position, value: &'a Value) -> Self {
        desk.visited.borrow_mut().insert(path.clone(), at);
        Self { desk, path, at, value }
    }

    /// Leaves a complaint about this value.
    pub(super) fn complain(&self, complaint: Complaint) {
        self.desk.report.add(&self.path, self.at, complaint);
    }

    /// Leaves a complaint and has nothing to give.
    pub(super) fn refuse<T>(&self, complaint: Complaint) -> Option<T> {
        self.complain(complaint);
        None
    }

    /// The value is of another kind than its key wants. The value itself is not repeated: it may
    /// be a password in the wrong place.
    pub(super) fn wrong_kind<T>(&self, expected: &'static str) -> Option<T> {
        let found = match self.value {
            Value::Refused => return None,
            Value::Nothing => {
                return self
                    .refuse(Complaint::error("config-no-value").hint("config-no-value-hint"));
            }
            Value::Plain(_) | Value::Quoted(_) => "text",
            Value::List(_) => "list",
            Value::Mapping(_) => "mapping",
        };
        let complaint = Complaint::error("config-wrong-kind");
        let complaint = complaint.text("expected", expected).text("found", found);
        let glued = matches!(self.value, Value::Plain(text) if text.contains(':'));
        self.refuse(match expected {
            "mapping" if glued => complaint.hint("config-glued-colon-hint"),
            _ => complaint,
        })
    }

    /// A mapping with the keys of `table`; others are reported.
    pub(super) fn section(&self, table: &'static Table) -> Option<Section<'a>> {
        let Value::Mapping(entries) = self.value else { return self.wrong_kind("mapping") };
        let section = Section { cursor: self.clone(), table, entries };
        for entry in entries {
            if !table.keys.iter().any(|key| key.name == entry.key) {
                section.refuse_unknown(entry);
            }
        }
        Some(section)
    }

    /// A mapping whose keys are names that the person chose.
    pub(super) fn named(&self, size: RangeInclusive<usize>) -> Vec<Named<'a>> {
        let Value::Mapping(entries) = self.value else {
            return self.wrong_kind("mapping").unwrap_or_default();
        };
        self.check_size(entries.len(), size);
        let named = |entry: &'a Entry| Named {
            name: &entry.key,
            name_at: entry.key_at,
            value: Cursor::of(self.desk, join(&self.path, &entry.key), entry),
        };
        entries.iter().map(named).collect()
    }

    /// The items of a list.
    pub(super) fn list(&self, size: RangeInclusive<usize>) -> Vec<Cursor<'a>> {
        let Value::List(items) = self.value else {
            return self.wrong_kind("list").unwrap_or_default();
        };
        self.check_size(items.len(), size);
        items
            .iter()
            .enumerate()
            .map(|(i, node)| Cursor::new(self.desk, format!("{}[{i}]", self.path), node))
            .collect()
    }

    /// The items of a list, each read by `read`; those that cannot be read are reported.
    pub(super) fn list_of<T>(
        &self,
        size: RangeInclusive<usize>,
        read: impl Fn(&Cursor<'a>) -> Option<T>,
    ) -> Vec<T> {
        self.list(size).iter().filter_map(read).collect()
    }

    fn check_size(&self, size: usize, allowed: RangeInclusive<usize>) {
        if size < *allowed.start() {
            self.complain(
                Complaint::error("config-too-few")
                    .number("least", *allowed.start() as u64)
                    .hint("config-too-few-hint"),
            );
        } else if size > *allowed.end() {
            self.complain(
                Complaint::error("config-too-many")
                    .number("count", size as u64)
                    .number("most", *allowed.end() as u64),
            );
        }
    }
}

/// A name that the person chose, with what stands under it.
#[derive(Debug)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) name_at: Position,
    pub(super) value: Cursor<'a>,
}

/// A mapping whose keys are known.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) cursor: Cursor<'a>,
    table: &'static Table,
    entries: &'a [Entry],
}

impl<'a> Section<'a> {
    /// The value of a key that must be there, read by `read`.
    pub(super) fn need<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Cursor<'a>) -> Option<T>,
    ) -> Option<T> {
        debug_assert!(self.table.requires(key), "`{key}` is optional in its table");
        match self.get(key) {
            Some(value) => read(&value),
            None => self.cursor.refuse(
                Complaint::error("config-missing-key")
                    .text("key", key)
                    .text("example", self.cursor.desk.example)
                    .hint("config-missing-key-hint"),
            ),
        }
    }

    /// The value of a key that may be absent.
    pub(super) fn may<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Cursor<'a>) -> Option<T>,
    ) -> Option<T> {
        debug_assert!(!self.table.requires(key), "`{key}` is required in its table");
        read(&self.get(key)?)
    }

    /// The value at a key, whether required or not.
    pub(super) fn get(&self, key: &'static str) -> Option<Cursor<'a>> {
        debug_assert!(self.table.knows(key), "`{key}` is not in its table");
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Cursor::of(self.cursor.desk, join(&self.cursor.path, key), entry))
    }

    /// The one key of several that is there; none or more than one is reported.
    pub(super) fn one_of(&self, keys: &[&'static str]) -> Option<(&'static str, Cursor<'a>)> {
        let mut found: Vec<_> =
            keys.iter().filter_map(|key| Some((*key, self.get(key)?))).collect();
        if found.len() == 1 {
            return found.pop();
        }
        self.cursor.refuse(
            Complaint::error("config-one-of")
                .text("keys", listed(keys.iter().copied()))
                .number("count", found.len() as u64)
                .hint("config-one-of-hint"),
        )
    }

    fn refuse_unknown(&self, entry: &Entry) {
        let path = join(&self.cursor.path, &entry.key);
        let known = || self.table.keys.iter().map(|key| key.name);
        let complaint = match self.table.later.iter().find(|key| **key == entry.key) {
            Some(_) => Complaint::error("config-later-key").hint("config-known-keys-hint"),
            None => Complaint::error("config-unknown-key"),
        };
        let report = self.cursor.desk.report;
        let suggestion = if report.is_full() { None } else { nearest(&entry.key, known()) };
        let complaint = match suggestion {
            Some(key) => complaint.hint("config-did-you-mean-hint").text("nearest", key),
            None => complaint.hint("config-known-keys-hint"),
        };
        let complaint = complaint.text("key", &entry.key).text("known", listed(known()));
        // Under an unknown key of a secret may stand the secret itself.
        let complaint = if self.table == &keys::SECRET { complaint.secret() } else { complaint };
        report.add(&path, entry.key_at, complaint);
    }
}

/// `a.b` of `a` and `b`; the root has no name.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Names as a person reads them in a sentence.
pub(super) fn listed<'s>(names: impl Iterator<Item = &'s str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
