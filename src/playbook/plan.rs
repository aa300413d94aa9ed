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

impl Plan {
    /// The hash that covers all of it, and that approvals name.
    pub fn hash(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).expect("a plan has only texts and numbers"))
    }

    /// Looks at production again, to be held against [`Plan::production`].
    pub fn fingerprint(
        &self,
        actions: &dyn crate::playbook::port::Actions,
    ) -> Result<BTreeMap<String, Output>, crate::base::fault::AnyFault> {
        let mut seen = BTreeMap::new();
        for step in &self.steps {
            let output = actions.survey(&self.portal, &step.call.call()?)?;
            if !output.is_empty() {
                seen.insert(step.id.clone(), output);
            }
        }
        Ok(seen)
    }
}

impl PlannedCall {
    /// Back to values of the kinds that the action takes.
    pub fn call(&self) -> Result<crate::playbook::model::Call, crate::playbook::fault::Unsound> {
        use crate::playbook::action::{Action, ValueKind};
        use crate::playbook::model::{Call, Value};
        let unsound = |detail: &str| crate::playbook::fault::Unsound::Step {
            step: self.action.clone(),
            detail: detail.to_owned(),
        };
        let action = Action::named(&self.action).ok_or_else(|| unsound("unknown action"))?;
        let mut with = BTreeMap::new();
        for (name, value) in &self.with {
            let kind = action.signature().parameter(name).ok_or_else(|| unsound(name))?.kind;
            let value = match (kind, value) {
                (ValueKind::Number | ValueKind::Port, PlannedValue::Number(n)) => Value::Number(*n),
                (ValueKind::Duration, PlannedValue::Number(n)) => {
                    Value::Duration(std::time::Duration::from_millis(*n))
                }
                (ValueKind::Command, PlannedValue::Command(parts)) => Value::Command(parts.clone()),
                (_, PlannedValue::Text(text)) => Value::Text(text.clone()),
                _ => return Err(unsound(name)),
            };
            with.insert(name.clone(), value);
        }
        Ok(Call { action, with })
    }
}
