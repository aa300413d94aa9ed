//! What telling leaves in the audit log: who was to be told what, and what became of it. What is
//! told next is decided from these alone. Stored: a change of shape raises [`VERSION`] and is told
//! in `docs/formats/notice.md`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::fault::Message;

/// The version of the shapes here that this program writes.
pub const VERSION: u32 = 1;

/// The intent of one letter or message: `notice.send`, and `notice.test` without items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sending {
    /// Version of this shape.
    pub version: u32,
    /// The id that travels with it. The same news after an unknown end travel under the same id,
    /// so that whoever got both sees one.
    pub id: String,
    /// To whom: `mail:an@example.vn`, `webhook:chat`.
    pub recipients: Vec<String>,
    /// What they are told.
    pub items: Vec<Item>,
    /// How many of the items had to wait because too much was told already.
    pub held: u64,
}

/// The outcome of one letter or message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sent {
    /// Version of this shape.
    pub version: u32,
    /// What became of it, by recipient.
    pub recipients: Vec<Fate>,
}

/// What became of a letter at one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fate {
    /// Whom.
    pub recipient: String,
    /// What.
    pub arrival: Arrival,
    /// The stable code of the fault, where there was one.
    pub code: Option<String>,
    /// What the other side answered, or what happened instead, as diagnostics in English: bounded,
    /// on one line.
    pub detail: Option<String>,
}

/// Whether a letter arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// The other side took it.
    Accepted,
    /// It did not, for certain.
    NotSent,
    /// Nobody knows.
    Unknown,
}

impl Arrival {
    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Accepted => "notice-arrival-accepted",
            Self::NotSent => "notice-arrival-not-sent",
            Self::Unknown => "notice-arrival-unknown",
        })
    }
}

/// A record: these items wait until a letter may be sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Held {
    /// Version of this shape.
    pub version: u32,
    /// Who waits.
    pub recipients: Vec<String>,
    /// For what.
    pub items: Vec<Item>,
}

/// A record: from here on these recipients hear of what happens. What happened before is history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Begun {
    /// Version of this shape.
    pub version: u32,
    /// Who.
    pub recipients: Vec<String>,
}

/// One thing that people are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Item {
    /// The key of its event.
    pub key: String,
    /// What is new about it.
    pub news: News,
    /// How soon someone must act, or had to.
    pub urgency: Urgency,
    /// What it is about.
    pub subject: String,
    /// The words that were told.
    pub words: String,
    /// Since when it is so, where that was known.
    pub since: Option<Timestamp>,
}

/// What is new about a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum News {
    /// It is so, and was not told since it began.
    New,
    /// It was told, and is more urgent now.
    Worse,
    /// It was told, and is still so after the repeat.
    Again,
    /// It was told, and is so no more.
    Over,
    /// It came and went before it could be told.
    Passed,
    /// It happened.
    Once,
}

impl News {
    /// Whether it asks nobody to act any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Over | Self::Passed)
    }

    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::New => "notice-news-new",
            Self::Worse => "notice-news-worse",
            Self::Again => "notice-news-again",
            Self::Over => "notice-news-over",
            Self::Passed => "notice-news-passed",
            Self::Once => "notice-news-once",
        })
    }
}

/// How soon someone must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// In daylight.
    Amber,
    /// Now.
    Red,
}
