//! What a rendered form leaves in the audit log: every value with its origin, so that the same
//! form can be rendered again from the log alone. Stored: a change of shape raises [`VERSION`], adds
//! a golden file and is told in `docs/formats/form-record.md`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;
use crate::base::fault::{Args, Message};

/// The version of [`FormRecord`] that this program writes.
pub const VERSION: u32 = 1;

/// The name of *Mẫu số 03* in records, file names and on the command line.
pub const MAU_03: &str = "mau-03";

/// One rendering of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FormRecord {
    /// Version of this shape.
    pub version: u32,
    /// Which form: [`MAU_03`].
    pub form: String,
    /// The incident's number.
    pub incident: u64,
    /// When the form was made: its last field, and the time in the files.
    pub made: Timestamp,
    /// What stands across every page.
    pub mark: Mark,
    /// Every field, in the order of the form.
    pub fields: Vec<Entry>,
    /// Numbers of the mandatory fields that are blank.
    pub blanks: Vec<u8>,
    /// What was written.
    pub files: Vec<FileFacts>,
}

/// What stands across every page of a form that duphong renders: none counts before a person
/// has signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// *DỰ THẢO*.
    Draft,
    /// *DIỄN TẬP*.
    Rehearsal,
}

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileFacts {
    /// `pdf` or `docx`.
    pub format: String,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Its length.
    pub bytes: u64,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// Its number, from 1.
    pub number: u8,
    /// What stands in it; absent when it is blank.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<Value>,
    /// Where that came from.
    pub origin: Origin,
}

/// What stands in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Words; long ones have a paragraph a line.
    Text(String),
    /// Lines that belong together, such as addresses.
    List(Vec<String>),
    /// Boxes that are ticked.
    Ticked(Vec<Ticked>),
    /// An instant, printed as clocks in Vietnam show it.
    Time(Timestamp),
}

/// A box that is ticked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ticked {
    /// The word of the box in answers and records.
    pub option: String,
    /// What is written behind it, where there is room for words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub words: Option<String>,
}

/// Where the value of a field came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The configuration, under this key.
    Configuration(String),
    /// What the log says about the incident itself.
    Incident,
    /// What duphong saw or did: probes, sets, dispatches.
    Observation,
    /// A person's answer.
    Person,
    /// The clock, when the form was made.
    Clock,
    /// Left to the hand that signs.
    Hand,
    /// Nothing filled it.
    Blank,
}

impl Origin {
    /// The origin in words.
    pub fn message(&self) -> Message {
        match self {
            Self::Configuration(key) => {
                Message::with("incident-origin-configuration", Args::none().text("key", key))
            }
            Self::Incident => Message::new("incident-origin-incident"),
            Self::Observation => Message::new("incident-origin-observation"),
            Self::Person => Message::new("incident-origin-person"),
            Self::Clock => Message::new("incident-origin-clock"),
            Self::Hand => Message::new("incident-origin-hand"),
            Self::Blank => Message::new("incident-origin-blank"),
        }
    }
}
