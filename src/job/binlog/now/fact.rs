//! What the newest look at a binary log has found: the file that the daemon writes and `status`
//! reads (`docs/formats/log-look.md`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;
use crate::job::wal::now::fact::{Gap, Trouble};
use crate::source::mariadb::binlog::receive::order;
use crate::source::mariadb::binlog::span::Position;

/// The version of the file.
pub const VERSION: u32 = 1;

/// The newest look at the log that one database is in, and what it remembers of those before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Look {
    /// [`VERSION`].
    pub version: u32,
    /// When somebody looked for the first time.
    pub since: Timestamp,
    /// When somebody looked last.
    pub at: Timestamp,
    /// The server, as it last answered.
    pub server: Option<Server>,
    /// Why the server could not be asked at the last look.
    pub unasked: Option<Trouble>,
    /// The newest line that any repository has: the log as the server writes it now.
    pub line: Option<String>,
    /// Since when the server contradicts what is kept of that line: it was set back, begins its log
    /// anew, or another server writes the same one.
    pub rewound: Option<Trouble>,
    /// Bytes of files of that line that the server has closed, as far as anybody knows.
    pub sizes: BTreeMap<String, u64>,
    /// Where the server stood at which time, the oldest first.
    pub marks: Vec<Mark>,
    /// By the repository's name.
    pub repositories: BTreeMap<String, Shelf>,
    /// Why the daemon could not follow the log last, if it has kept nothing since.
    pub refused: Option<Trouble>,
    /// The remarks that are on record, each as its id and its repository.
    pub told: Vec<String>,
}

/// What the server said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Server {
    /// When.
    pub at: Timestamp,
    /// The server as its log knows it.
    pub system: String,
    /// How far it has written.
    pub end: Place,
    /// The last transaction of each of its servers in each domain.
    pub ended: String,
    /// The files that it has, the oldest first, with their bytes.
    pub files: Vec<(String, u64)>,
}

/// A place in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Place {
    /// The file.
    pub file: String,
    /// Bytes from its begin.
    pub at: u64,
}

/// The server has written up to `place` of `line` at `at`, and no transaction has ended from then
/// until `until`: whoever holds the line up to there has everything that was committed by `until`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mark {
    /// When it was first seen.
    pub at: Timestamp,
    /// When it was last seen.
    pub until: Timestamp,
    /// In which line.
    pub line: String,
    /// The place.
    pub place: Place,
    /// Stands for which transactions had ended.
    pub ended: Digest,
}

/// A repository, as it was last read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shelf {
    /// When it was last read.
    pub read: Option<Timestamp>,
    /// Why it could not be read at the last look.
    pub unread: Option<Trouble>,
    /// Everything that was committed by then is held.
    pub until: Option<Timestamp>,
    /// From when on, as far as is known.
    pub since: Option<Timestamp>,
    /// The line that counts: that of the newest set, or else the newest.
    pub line: Option<String>,
    /// The stretch of it without a gap.
    pub held: Option<Held>,
    /// Bytes that the server has written behind that.
    pub waiting: Option<u64>,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// The newest set of the database.
    pub base: Option<Base>,
    /// Whether the stretch begins with it.
    pub from_base: bool,
    /// Stands for the sets that the repository held when the set was looked for.
    pub sets: Option<Digest>,
}

/// A stretch of a line: places, of which the second is the first that is not held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Held {
    /// Its beginning.
    pub from: Place,
    /// Its end.
    pub to: Place,
}

/// A set from which the log goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Base {
    /// The set.
    pub set: String,
    /// What was committed by then is in it.
    pub taken: Timestamp,
    /// As the set notes it: place, and the last transaction of each domain.
    pub noted: String,
    /// The line that the place was found in, once it was.
    pub line: Option<String>,
}

impl Look {
    /// Before anybody has looked.
    pub fn new(at: Timestamp) -> Self {
        Self {
            version: VERSION,
            since: at,
            at,
            server: None,
            unasked: None,
            line: None,
            rewound: None,
            sizes: BTreeMap::new(),
            marks: Vec::new(),
            repositories: BTreeMap::new(),
            refused: None,
            told: Vec::new(),
        }
    }
}

impl Place {
    /// Whether it lies before the other one of the same line.
    pub fn is_before(&self, other: &Self) -> bool {
        (order(&self.file), self.at) < (order(&other.file), other.at)
    }
}

impl From<Position> for Place {
    fn from(position: Position) -> Self {
        Self { file: position.file, at: position.at }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.at)
    }
}
