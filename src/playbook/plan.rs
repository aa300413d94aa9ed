//! A plan: what a run will do, exactly, and what production looked like when it was made.
//!
//! It holds everything a run needs, so that a run that is resumed never reads the playbook's file
//! again, and its hash covers all of it: the playbook, the inputs, every call, and the fingerprint
//! of production. An approval names the hash; whatever changes makes it void. Stored: a change of
//! shape raises [`VERSION`], adds a golden file and is told in `docs/formats/playbook-plan.md`.
//!
//! A plan is made of a playbook and its inputs (`make`), or comes from the log, where it is
//! checked before it is believed ([`Plan::from_log`]).

mod fault;
mod make;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::playbook::action::{Action, Nature, Parameter, ValueKind};
use crate::playbook::fact::Output;
use crate::playbook::fault::Unsound;
use crate::playbook::model::{Call, Value, Words};
use crate::playbook::port::Actions;
use crate::playbook::sound;
use crate::playbook::value;

pub use fault::{Origin, PlanFault, PlanProblem, Subject};
pub use make::make;

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
    /// What an approval names: SHA-256 of the canonical JSON, in which the members of every object
    /// are sorted by name and nothing stands between tokens.
    pub fn hash(&self) -> Digest {
        Digest::of(&self.canonical())
    }

    /// The bytes that are hashed.
    pub fn canonical(&self) -> Vec<u8> {
        let mut json = serde_json::to_value(self).expect(OF_TEXTS_AND_NUMBERS);
        json.sort_all_objects();
        serde_json::to_vec(&json).expect(OF_TEXTS_AND_NUMBERS)
    }

    /// The plan as it is written into the log.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect(OF_TEXTS_AND_NUMBERS)
    }

    /// A plan that stands in the log, if this program can run it and it has this hash.
    pub fn from_log(json: &serde_json::Value, hash: Digest) -> Result<Self, PlanFault> {
        // The version first: what a later one holds, this program cannot know.
        let version = json.get("version").and_then(serde_json::Value::as_u64);
        if let Some(version) = version.and_then(|version| u32::try_from(version).ok())
            && version != VERSION
        {
            return Err(Unsound::Version { version, known: VERSION }.into());
        }
        let plan: Self = serde_json::from_value(json.clone())
            .map_err(|error| PlanFault::Malformed { detail: error.to_string() })?;
        sound::check(&plan)?;
        match plan.hash() {
            found if found != hash => Err(PlanFault::Hash { recorded: hash, found }),
            _ => Ok(plan),
        }
    }

    /// Looks again at what of production the plan depends on, to be held against
    /// [`Plan::production`].
    ///
    /// Of each step its call, and its compensation's under names that begin with `undo.`. What
    /// `done_when` and `proof` look at is left out: it is there to change.
    pub fn fingerprint(&self, actions: &dyn Actions) -> Result<BTreeMap<String, Output>, AnyFault> {
        Ok(self.survey(actions)?)
    }

    fn survey(&self, actions: &dyn Actions) -> Result<BTreeMap<String, Output>, PlanFault> {
        let mut production = BTreeMap::new();
        for step in &self.steps {
            let survey = |call: &PlannedCall| {
                let call = call.call()?;
                if call.action.signature().nature == Nature::Gate {
                    return Ok(Output::new());
                }
                actions
                    .survey(&self.portal, &call)
                    .map_err(|fault| PlanFault::Survey { step: step.id.clone(), fault })
            };
            let mut seen = survey(&step.call)?;
            if let PlannedUndo::By { call, .. } = &step.undo {
                let undo = survey(call)?.into_iter();
                seen.extend(undo.map(|(name, value)| (format!("undo.{name}"), value)));
            }
            if !seen.is_empty() {
                production.insert(step.id.clone(), seen);
            }
        }
        Ok(production)
    }
}

const OF_TEXTS_AND_NUMBERS: &str = "a plan is made of texts and whole numbers";

impl PlannedCall {
    /// The call with typed values, if its action takes them. The table of actions decides, as it
    /// does for a playbook: a plan from the log is not believed more than a file.
    pub fn call(&self) -> Result<Call, Unsound> {
        let unsound = |detail: String| Unsound::Step { step: self.action.clone(), detail };
        let Some(action) = Action::named(&self.action) else {
            return Err(unsound("there is no such action".to_owned()));
        };
        let signature = action.signature();
        let mut with = BTreeMap::new();
        for (name, planned) in &self.with {
            let Some(parameter) = signature.parameter(name) else {
                return Err(unsound(format!("it takes no `{name}`")));
            };
            let value = planned.value(parameter.kind).filter(|value| {
                value::check(parameter.kind, value).is_ok()
                    && value::check_bounds(parameter, value).is_ok()
                    && (parameter.kind != ValueKind::Set || value::is_whole_set(value))
            });
            let Some(value) = value else {
                return Err(unsound(format!("`{name}` is no {}", parameter.kind.as_str())));
            };
            with.insert(name.clone(), value);
        }
        let missing =
            |parameter: &&Parameter| parameter.required && !with.contains_key(parameter.name);
        if let Some(parameter) = signature.parameters.iter().find(missing) {
            return Err(unsound(format!("it needs `{}`", parameter.name)));
        }
        Ok(Call { action, with })
    }
}

impl From<&Call> for PlannedCall {
    fn from(call: &Call) -> Self {
        let with = call.with.iter().map(|(name, value)| (name.clone(), value.into())).collect();
        Self { action: call.action.as_str().to_owned(), with }
    }
}

impl PlannedValue {
    /// As a value of this kind; `None` if it has another shape.
    fn value(&self, kind: ValueKind) -> Option<Value> {
        Some(match (kind, self) {
            (ValueKind::Number | ValueKind::Port, Self::Number(number)) => Value::Number(*number),
            (ValueKind::Duration, Self::Number(ms)) => Value::Duration(Duration::from_millis(*ms)),
            (ValueKind::Command, Self::Command(parts)) => Value::Command(parts.clone()),
            (
                ValueKind::Text
                | ValueKind::Path
                | ValueKind::Host
                | ValueKind::Url
                | ValueKind::Dsn
                | ValueKind::Set,
                Self::Text(text),
            ) => Value::Text(text.clone()),
            _ => return None,
        })
    }
}

impl From<&Value> for PlannedValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text.clone()),
            Value::Number(number) => Self::Number(*number),
            Value::Duration(duration) => Self::Number(value::milliseconds(*duration)),
            Value::Command(parts) => Self::Command(parts.clone()),
        }
    }
}

impl From<&Words> for PlannedWords {
    fn from(words: &Words) -> Self {
        Self { vi: words.vi.clone(), en: words.en.clone() }
    }
}
