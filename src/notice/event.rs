//! What a person may have to hear of: a state that lasts, or a thing that happened.

use jiff::Timestamp;

use crate::notice::fact::{Item, News, Urgency};

/// Something that is so, or happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Names it for ever: what has the same key is the same thing. States that exclude each other
    /// (a portal that is down, degraded, not known) share a key, so that a change from one to
    /// another is never taken for an end.
    pub key: String,
    /// Whether it lasts.
    pub nature: Nature,
    /// How soon someone must act.
    pub urgency: Urgency,
    /// The portal, repository or other thing it is about.
    pub subject: String,
    /// What it is, in the site's language, without a full stop.
    pub words: String,
    /// What to do next, where that is known.
    pub advice: Option<String>,
    /// The command that shows more.
    pub look: Option<String>,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
}

impl Event {
    /// The event as something to be told.
    pub fn item(&self, news: News) -> Item {
        Item {
            key: self.key.clone(),
            news,
            urgency: self.urgency,
            subject: self.subject.clone(),
            words: self.words.clone(),
            since: self.since,
        }
    }
}

/// Whether an event lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// It is so now; that it is not so any more is told too.
    State,
    /// It happened, and is told once.
    Once {
        /// When.
        at: Timestamp,
        /// The entry of the audit log that says so, where there is one.
        entry: Option<u64>,
    },
}
