//! How the set of a drill was chosen, as its record tells it. Stored: part of
//! [`DrillRecord`](crate::drill::fact::DrillRecord) and of its version.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::fault::{Args, Message};

/// What a drill was to restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// The newest set.
    Latest,
    /// The oldest that is kept.
    Oldest,
    /// One that the log draws.
    Random,
    /// One that was named.
    Named,
}

/// How the set was chosen: enough to choose again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Choice {
    /// What was wished.
    pub wish: Wish,
    /// Only sets of so many seconds before the decision were in question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_s: Option<u64>,
    /// How many sets were in question.
    pub among: u64,
    /// The digest of their ids, which tells whether somebody speaks of the same ones.
    pub ids: String,
    /// What drew it, where it was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<Draw>,
    /// Whether it was the portal's newest set in the repository.
    pub newest: bool,
    /// The place in the configured turns, from one, where a schedule began the drill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
}

/// The head of the audit log by which a set is drawn. The drill's own intent is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Draw {
    /// Entries of the log.
    pub entries: u64,
    /// The root of the tree over them, in hexadecimal.
    pub root: String,
}

/// How far a database was brought by its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reached {
    /// The database.
    pub database: String,
    /// Files of the log between its set and the end of what was read.
    pub files: u64,
    /// When the last transaction was made that was replayed; none where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When the newest transaction was made of all that is kept of the log; none where it is older
    /// than the set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    /// Everything that was committed by then is in what was read, by the server's own word of where
    /// its log stood: an idle server loses nothing. Absent where nobody asked it, or where the log
    /// that was read ends before that place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Timestamp>,
}

impl Wish {
    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Latest => "drill-wish-latest",
            Self::Oldest => "drill-wish-oldest",
            Self::Random => "drill-wish-random",
            Self::Named => "drill-wish-named",
        })
    }
}

impl Reached {
    /// How far it came, in short.
    pub fn message(&self) -> Message {
        let text = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        let known = |at: Option<Timestamp>| if at.is_some() { "yes" } else { "no" };
        let args = Args::none().text("database", &self.database).number("files", self.files);
        let args = args.text("replayed", known(self.until)).text("until", text(self.until));
        let args = args.text("kept", known(self.newest)).text("newest", text(self.newest));
        let args = args.text("told", known(self.held)).text("held", text(self.held));
        Message::with("drill-reached", args)
    }
}

impl Choice {
    /// How it was chosen, in short.
    pub fn message(&self) -> Message {
        let word = match self.wish {
            Wish::Latest => "latest",
            Wish::Oldest => "oldest",
            Wish::Random => "random",
            Wish::Named => "named",
        };
        let within = self.within_s.unwrap_or(0).saturating_mul(1000);
        let args = Args::none().text("wish", word).number("among", self.among);
        let args = args.number("within", within).number("turn", self.turn.unwrap_or(0));
        Message::with("drill-chosen", args)
    }

    /// How anybody draws it again, where it was drawn.
    pub fn draw_message(&self) -> Option<Message> {
        let draw = self.draw.as_ref()?;
        let args = Args::none().number("entries", draw.entries).text("root", &draw.root);
        let args = args.number("among", self.among).text("ids", &self.ids);
        Some(Message::with("drill-draw", args))
    }
}
