//! A plan: what a run will do, exactly, and what production looked like when it was made.
//!
//! It holds everything a run needs, so that a run that is resumed never reads the playbook's file
//! again, and its hash covers all of it: the playbook, the inputs, every call, and the fingerprint
//! of production. An approval names the hash; whatever changes makes it void. Stored: a change of
//! shape raises [`VERSION`], adds a golden file and is told in `docs/formats/playbook-plan.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;
use crate::playbook::fact::Output;

/// The version of [`Plan`] that this program writes.
pub const VERSION: u32 = 1;

/// The largest plan, serialized: an entry of the log holds 64 KiB, and the record of the beginning
/// stands in the same one.
pub const PLAN_BYTES_MAX: usize = 56 * 1024;

/// What a run will do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// Version of this shape.
    pub version: u32,
    /// The playbook's id.
    pub playbook: String,
    /// SHA-256 of the playbook's file.
    pub digest: Digest,
    /// What the playbook is called.
    pub title: PlannedWords,
    /// The portal's id.
    pub portal: String,
    /// The inputs, defaults filled in.
    pub inputs: BTreeMap<String, PlannedValue>,
    /// In the order in which they are done. Compensations run in the opposite order.
    pub steps: Vec<PlannedStep>,
    /// The fingerprint of production: by step, what its call depends on and was seen.
    pub production: BTreeMap<String, Output>,
}

/// Words in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedWords {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// A value. The kind stands with the action's parameter or the playbook's input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PlannedValue {
    /// A number, or a length of time in milliseconds.
    Number(u64),
    /// A text.
    Text(String),
    /// A command.
    Command(Vec<String>),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlannedStep {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: PlannedWords,
    /// What is done.
    pub call: PlannedCall,
    /// How long one attempt may take.
    pub timeout_ms: u64,
    /// How often it is tried.
    pub attempts: u32,
    /// Whether doing it again is harmless.
    pub idempotent: bool,
    /// All must be seen before it counts as done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done_when: Vec<PlannedCall>,
    /// Of a fence: all must be seen later, by another path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proof: Vec<PlannedCall>,
    /// How it is taken back.
    pub undo: PlannedUndo,
}

/// An action with its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCall {
    /// The action's name.
    pub action: String,
    /// By parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub with: BTreeMap<String, PlannedValue>,
}

/// How a step is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "undo")]
pub enum PlannedUndo {
    /// By this.
    #[serde(rename_all = "kebab-case")]
    By {
        /// What is done.
        call: PlannedCall,
        /// How long one attempt may take.
        timeout_ms: u64,
        /// All must be seen before it counts as undone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        done_when: Vec<PlannedCall>,
    },
    /// Not, and it need not be.
    Needless {
        /// Why.
        reason: PlannedWords,
    },
    /// Not, and nothing before it may be taken back any more.
    NoReturn {
        /// Why.
        reason: PlannedWords,
    },
}
