//! What a scan leaves in the log: which criteria a portal met, and what was seen.
//! Stored: a change of shape raises [`VERSION`] and is told in `docs/formats/scan-record.md`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::fault::{Arg, Message};

/// The version of [`ScanRecord`] that this program writes.
pub const VERSION: u32 = 1;

/// One scan of one portal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScanRecord {
    /// Version of this shape.
    pub version: u32,
    /// The home page.
    pub url: String,
    /// When it was looked at.
    pub at: Timestamp,
    /// In the order of the files of criteria.
    pub results: Vec<ResultRecord>,
}

/// What became of one criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResultRecord {
    /// The criterion.
    pub criterion: String,
    /// `pass`, `fail`, `unknown` or `not-bound`.
    pub result: String,
    /// What was seen, by the ids of its messages.
    pub because: Vec<SaidRecord>,
}

/// A message with its values, as it stands in a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SaidRecord {
    /// The message.
    pub id: String,
    /// Its values.
    pub values: BTreeMap<String, String>,
}

impl From<&Message> for SaidRecord {
    fn from(message: &Message) -> Self {
        let value = |arg: &Arg| match arg {
            Arg::Text(text) => text.clone(),
            Arg::Number(number) => number.to_string(),
        };
        let values = &message.args.0;
        Self {
            id: message.id.to_owned(),
            values: values.iter().map(|(name, arg)| ((*name).to_owned(), value(arg))).collect(),
        }
    }
}

impl ScanRecord {
    /// As it stands in an entry.
    pub fn serialized(&self) -> Value {
        serde_json::to_value(self).expect("a record is made of texts and whole numbers")
    }

    /// Reads a record of this version back, or says in English why not.
    pub fn deserialized(value: &Value) -> Result<Self, String> {
        match value["version"].as_u64() {
            Some(version) if version == u64::from(VERSION) => {}
            other => return Err(format!("unknown version {other:?}")),
        }
        Self::deserialize(value).map_err(|error| error.to_string())
    }
}
