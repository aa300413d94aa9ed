//! What watching for defacement leaves in the log: baselines, and looks that changed the verdict.
//! Stored: a change of shape raises [`VERSION`] and is told in `docs/formats/deface-baseline.md`
//! and `docs/formats/deface-look.md`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::digest::Digest;
use crate::base::fault::{Args, Message};
use crate::probe::fact::Cause;

/// The version of the records that this program writes.
pub const VERSION: u32 = 1;

/// How a page looked when it was known to be the agency's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Baseline {
    /// Version of this shape.
    pub version: u32,
    /// The page, as the configuration names it.
    pub url: String,
    /// When it was looked at.
    pub taken: Timestamp,
    /// Who took it; nobody where duphong took the first one by itself.
    pub by: Option<String>,
    /// Why it was taken.
    pub reason: Option<String>,
    /// The host that answered at the end of all redirects.
    pub host: String,
    /// The title.
    pub title: String,
    /// Hosts outside the page's own that it referred to, by role.
    pub hosts: BTreeMap<String, BTreeSet<String>>,
    /// Short texts of its head, foot and menus.
    pub lasting: Vec<String>,
    /// Sketch of the paths of its elements.
    pub skeleton: String,
    /// Sketch of its pairs of words.
    pub wording: String,
    /// Signatures that stood in it and that the person who took it accepted.
    pub accepted: BTreeSet<String>,
}

/// How a page was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// As a browser asks.
    Browser,
    /// As Google's robot asks.
    Robot,
    /// As a browser asks for what it found with Google.
    Search,
    /// As a telephone asks.
    Mobile,
}

impl Variant {
    /// All of them, the plain one first.
    pub const ALL: [Self; 4] = [Self::Browser, Self::Robot, Self::Search, Self::Mobile];

    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Robot => "robot",
            Self::Search => "search",
            Self::Mobile => "mobile",
        }
    }

    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Browser => "deface-variant-browser",
            Self::Robot => "deface-variant-robot",
            Self::Search => "deface-variant-search",
            Self::Mobile => "deface-variant-mobile",
        })
    }
}

/// The conclusion of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// What could be looked at is as it was.
    Unaltered,
    /// It is not the agency's own page any more, or holds what is not.
    Altered,
    /// The page could not be looked at.
    Unknown,
}

impl Verdict {
    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Unaltered => "deface-verdict-unaltered",
            Self::Altered => "deface-verdict-altered",
            Self::Unknown => "deface-verdict-unknown",
        })
    }
}

/// One thing that speaks for an alteration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reason {
    /// What was seen.
    pub sign: Sign,
    /// In which answers.
    pub variants: BTreeSet<Variant>,
    /// What it adds to the score.
    pub weight: u32,
}

/// What can be seen. The texts come from the page: hostile, cut short, made harmless.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
#[expect(missing_docs, reason = "each variant says what its few named values are")]
pub enum Sign {
    /// The page is another host's.
    Redirected { host: String },
    /// The page sends its visitors to another host by itself.
    SendsAway { host: String },
    /// It loads a program from a host that it did not refer to before.
    NewScript { host: String },
    /// It shows a page of a host that it did not show before.
    NewFrame { host: String },
    /// What visitors type goes to a host to which it did not go before.
    NewForm { host: String },
    /// It loads style sheets or pictures from, or links to, new hosts.
    NewHosts { role: String, count: u64, first: String },
    /// It links, out of sight, to a host that it did not link to before.
    HiddenLink { host: String },
    /// It says what an agency's page does not say.
    Signature { words: String, place: Place },
    /// It has another title.
    Title { before: String, now: String, likeness: u64 },
    /// It is built otherwise.
    Structure { likeness: u64 },
    /// It says something else.
    Wording { likeness: u64 },
    /// Texts of its head, foot and menus are gone.
    Lasting { gone: u64, of: u64 },
    /// This asker gets another page than a browser.
    Cloaked { title: String, likeness: u64 },
}

/// Where words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the title.
    Title,
    /// Where people read them.
    Text,
    /// Where styles hide them.
    Hidden,
    /// In the address of another host.
    Address,
}

impl Sign {
    /// The sign as a message.
    pub fn message(&self) -> Message {
        let none = Args::none;
        match self {
            Self::Redirected { host } => {
                Message::with("deface-sign-redirected", none().text("host", host))
            }
            Self::SendsAway { host } => {
                Message::with("deface-sign-sends-away", none().text("host", host))
            }
            Self::NewScript { host } => {
                Message::with("deface-sign-new-script", none().text("host", host))
            }
            Self::NewFrame { host } => {
                Message::with("deface-sign-new-frame", none().text("host", host))
            }
            Self::NewForm { host } => {
                Message::with("deface-sign-new-form", none().text("host", host))
            }
            Self::NewHosts { role, count, first } => Message::with(
                "deface-sign-new-hosts",
                none().text("role", role).number("count", *count).text("first", first),
            ),
            Self::HiddenLink { host } => {
                Message::with("deface-sign-hidden-link", none().text("host", host))
            }
            Self::Signature { words, place } => {
                let id = match place {
                    Place::Title => "deface-sign-words-title",
                    Place::Text => "deface-sign-words-text",
                    Place::Hidden => "deface-sign-words-hidden",
                    Place::Address => "deface-sign-words-address",
                };
                Message::with(id, none().text("words", words))
            }
            Self::Title { before, now, likeness } => Message::with(
                "deface-sign-title",
                none().text("before", before).text("now", now).number("likeness", *likeness),
            ),
            Self::Structure { likeness } => {
                Message::with("deface-sign-structure", none().number("likeness", *likeness))
            }
            Self::Wording { likeness } => {
                Message::with("deface-sign-wording", none().number("likeness", *likeness))
            }
            Self::Lasting { gone, of } => {
                Message::with("deface-sign-lasting", none().number("gone", *gone).number("of", *of))
            }
            Self::Cloaked { title, likeness } => Message::with(
                "deface-sign-cloaked",
                none().text("title", title).number("likeness", *likeness),
            ),
        }
    }
}

/// An answer that could not be looked at, or only in part, and the stable word for why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unseen {
    /// Which.
    pub variant: Variant,
    /// A word such as `refused` or `body-cut`, or `status-503`.
    pub why: String,
}

impl Unseen {
    /// For people.
    pub fn message(&self) -> Message {
        if self.why == Cause::BodyCut.as_str() {
            Message::new("deface-unseen-body-cut")
        } else {
            Message::with("deface-unseen-why", Args::none().text("why", &self.why))
        }
    }
}

/// One look at one page that is on record: the first, and every one that changed the verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Look {
    /// Version of this shape.
    pub version: u32,
    /// The page, as the configuration names it.
    pub url: String,
    /// When.
    pub at: Timestamp,
    /// The conclusion.
    pub verdict: Verdict,
    /// The sum of the weights.
    pub score: u32,
    /// What was seen, the heaviest first.
    pub reasons: Vec<Reason>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
    /// The last look before this one that found the page unaltered.
    pub last_unaltered: Option<Timestamp>,
    /// When the baseline that it was compared with was taken; none for a first look.
    pub baseline: Option<Timestamp>,
    /// What was sealed: by what was asked and its digest.
    pub evidence: Vec<SealedAnswer>,
    /// The incident that was proposed, or that this joined.
    pub incident: Option<u64>,
}

/// A sealed answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SealedAnswer {
    /// How it was asked for.
    pub variant: Variant,
    /// `head` (status, fields, redirects) or `body`.
    pub part: String,
    /// SHA-256 of the sealed bytes.
    pub digest: Digest,
    /// Their media type.
    pub media_type: String,
}

/// The last look of all, kept beside the log so that an unaltered page costs no entry. May be
/// deleted: what it holds is then taken from the log, which knows changes only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Latest {
    /// Version of this shape.
    pub version: u32,
    /// The page.
    pub url: String,
    /// When it was looked at last.
    pub at: Timestamp,
    /// The conclusion.
    pub verdict: Verdict,
    /// The last look that found it unaltered.
    pub last_unaltered: Option<Timestamp>,
    /// The incident of the alteration that goes on.
    pub incident: Option<u64>,
}

/// A record as it stands in an entry or file.
pub fn serialized(record: &impl Serialize) -> Value {
    serde_json::to_value(record).expect("a record is made of texts and whole numbers")
}

/// Reads a record of this version back, or says in English why not.
pub fn deserialized<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, String> {
    match value["version"].as_u64() {
        Some(version) if version == u64::from(VERSION) => {}
        other => return Err(format!("unknown version {other:?}")),
    }
    T::deserialize(value).map_err(|error| error.to_string())
}
