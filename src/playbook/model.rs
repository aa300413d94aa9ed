//! A playbook as it was written, after `config` has read and checked it: nothing in it can be
//! wrong by itself. What depends on its inputs is checked when they are there (`plan`).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::digest::Digest;
use crate::playbook::action::{Action, ValueKind};

/// More steps than this nobody reads at three in the morning.
pub const STEPS_MAX: usize = 50;

/// More inputs than this nobody fills in at three in the morning.
pub const INPUTS_MAX: usize = 50;

/// The largest playbook file: the plan made from it goes into the audit log, where an entry holds
/// 64 KiB.
pub const FILE_BYTES_MAX: usize = 24 * 1024;

/// A procedure.
#[derive(Clone, Debug, PartialEq)]
pub struct Playbook {
    /// Its name: `failover-postgres`.
    pub id: String,
    /// What it is called.
    pub title: Words,
    /// What it is for, and when not to use it.
    pub about: Words,
    /// What must be given; names are unique.
    pub inputs: Vec<Input>,
    /// In the order in which they are done: that of the file, moved only where `needs` asks for it.
    /// Ids are unique, what a step needs comes before it.
    pub steps: Vec<Step>,
    /// SHA-256 of the file.
    pub digest: Digest,
}

/// Words in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// What must be given.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name in `{{ name }}`.
    pub name: String,
    /// What it must be.
    pub kind: ValueKind,
    /// What it is for.
    pub about: Words,
    /// Taken where nothing is given; without one it is required.
    pub default: Option<Value>,
}

/// A value of a [`ValueKind`], checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of every kind that is one text: text, path, host, url, dsn, set.
    Text(String),
    /// Of number and port.
    Number(u64),
    /// Of duration.
    Duration(Duration),
    /// Of command: at least the program.
    Command(Vec<String>),
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name in the playbook.
    pub id: String,
    /// What it is called.
    pub title: Words,
    /// The steps that must be done before it, beside the order of the file.
    pub needs: Vec<String>,
    /// What is done.
    pub call: Template,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How often it is tried; more than once only where doing it again is harmless.
    pub attempts: u32,
    /// Whether doing it again is harmless: by the action's nature, or because the file says so.
    pub idempotent: bool,
    /// All must be seen before the step counts as done, and tell after a crash whether it is.
    pub done_when: Vec<Template>,
    /// Of a fence, and only there: at least one. All must be seen later, by another path.
    pub proof: Vec<Template>,
    /// How it is taken back.
    pub undo: Undo,
}

/// How a step is taken back.
#[derive(Clone, Debug, PartialEq)]
pub enum Undo {
    /// By this. A compensation is harmless when done again, and where the step was done in part.
    By(Compensation),
    /// Not, and it need not be: unwinding passes it by.
    Needless(Words),
    /// Not, and nothing before it may be taken back any more: from here a run goes forward or
    /// stops for a person.
    NoReturn(Words),
}

/// The declared reverse of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Compensation {
    /// What is done.
    pub call: Template,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// All must be seen before the step counts as undone.
    pub done_when: Vec<Template>,
}

/// An action with values in which inputs are still to be filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// What is done.
    pub action: Action,
    /// By parameter; each is one that the action takes, and every required one is there.
    pub with: BTreeMap<String, Filling>,
}

/// A value in which inputs are still to be filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Filling {
    /// As it stands in the file.
    Value(Value),
    /// All of this input's value.
    Input(String),
    /// Text with inputs in between.
    Text(Vec<Piece>),
    /// A command whose parts may have inputs in them; an input of kind command stands for all of
    /// its parts.
    Command(Vec<Filling>),
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// `{{ name }}`: this input's value. `portal` is the portal's id: no input may have that name.
    Input(String),
}

/// An action with its values: what will be done, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is done.
    pub action: Action,
    /// By parameter, each of the kind that the action wants.
    pub with: BTreeMap<String, Value>,
}

impl Call {
    /// The text at this parameter.
    pub fn text(&self, parameter: &str) -> Option<&str> {
        match self.with.get(parameter)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number at this parameter.
    pub fn number(&self, parameter: &str) -> Option<u64> {
        match self.with.get(parameter)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The length of time at this parameter.
    pub fn duration(&self, parameter: &str) -> Option<Duration> {
        match self.with.get(parameter)? {
            Value::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    /// The command at this parameter.
    pub fn command(&self, parameter: &str) -> Option<&[String]> {
        match self.with.get(parameter)? {
            Value::Command(parts) => Some(parts),
            _ => None,
        }
    }
}
