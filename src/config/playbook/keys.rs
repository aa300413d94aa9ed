//! Every key a playbook knows: the decoder reads by these tables, and tests hold the JSON schema
//! to them. The keys under `with` are the parameters of the action (`playbook::action`).

use crate::config::keys::{Key, Table, may, need, table};

/// The file.
pub static ROOT: Table = table(
    "",
    &[
        need("playbook"),
        need("version"),
        need("title"),
        need("about"),
        may("inputs"),
        need("steps"),
    ],
);

/// Words in both languages.
pub static WORDS: Table = table("title", &[need("vi"), need("en")]);

/// What must be given.
pub static INPUT: Table = table("inputs.*", &[need("type"), need("about"), may("default")]);

/// A step.
pub static STEP: Table = table("steps[]", STEP_KEYS);

const STEP_KEYS: &[Key] = &[
    need("step"),
    need("title"),
    need("action"),
    may("with"),
    // Required of all but a gate: its decoder says so.
    may("timeout"),
    may("needs"),
    may("attempts"),
    may("idempotent"),
    may("done-when"),
    may("proof"),
    // Exactly one of the three for what changes something, none for what only looks.
    may("compensate"),
    may("cannot-compensate"),
    may("no-return"),
];

/// How a step is taken back.
pub static COMPENSATE: Table =
    table("steps[].compensate", &[need("action"), may("with"), may("timeout"), may("done-when")]);

/// One look.
pub static LOOK: Table = table("steps[].done-when[]", &[need("observe"), may("with")]);

/// The keys of a step that say how it is taken back.
pub(super) const UNDO: [&str; 3] = ["compensate", "cannot-compensate", "no-return"];

/// Every section.
pub static ALL: &[&Table] = &[&ROOT, &WORDS, &INPUT, &STEP, &COMPENSATE, &LOOK];
