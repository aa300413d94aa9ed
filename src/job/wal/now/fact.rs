//! What the newest look at a log has found: the file that the daemon writes and `status` reads
//! (`docs/formats/log-look.md`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;

/// The version of the file.
pub const VERSION: u32 = 1;

/// The newest look at one database's log, and what it remembers of those before.
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
    /// Since when the server stands before what a repository holds of its log, on this timeline:
    /// it was set back, or another server writes the same history.
    pub rewound: Option<Trouble>,
    /// Where the server stood at which time, the oldest first.
    pub marks: Vec<Mark>,
    /// By the repository's name.
    pub repositories: BTreeMap<String, Shelf>,
    /// What the daemon refused last, if it has kept nothing since.
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
    /// Its system identifier.
    pub system: u64,
    /// The timeline that it writes.
    pub timeline: u32,
    /// Bytes of a segment.
    pub segment: u64,
    /// How far it has written: an address in the log.
    pub position: u64,
    /// Whether `archive_mode` is on.
    pub archives: bool,
    /// The segment that it handed over last.
    pub archived: Option<String>,
    /// What it fails to hand over, and since when it has last failed.
    pub failing: Option<Trouble>,
    /// Files that wait to be handed over, where the role may count them.
    pub ready: Option<u64>,
    /// The slot by which its log is received; absent where it hands it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Slot>,
}

/// What the server said of a replication slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Whether there is one.
    pub there: bool,
    /// Whether the server has given it up, and removed what it kept.
    pub lost: bool,
    /// Whether somebody receives by it.
    pub active: bool,
    /// From which address on the server keeps its log for it.
    pub reserved: Option<u64>,
}

/// The server has written up to `position` at `at`, and no transaction has ended from then until
/// `until`: whoever holds the log up to there has everything that was committed by `until`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mark {
    /// When it was first seen.
    pub at: Timestamp,
    /// When it was last seen.
    pub until: Timestamp,
    /// On which timeline.
    pub timeline: u32,
    /// The address.
    pub position: u64,
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
    /// The stretch of the log without a gap.
    pub held: Option<Held>,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// The newest base that the repository holds of this system.
    pub base: Option<Base>,
    /// Whether the stretch begins with it.
    pub from_base: bool,
    /// Stands for the sets that the repository held when the base was looked for.
    pub sets: Option<Digest>,
}

/// A stretch of the log: addresses, of which the second is the first that is not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Held {
    /// Its beginning.
    pub from: u64,
    /// Its end.
    pub to: u64,
}

/// Segments that are missing, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gap {
    /// The first of them.
    pub first: String,
    /// The last of them.
    pub last: String,
    /// How many there are.
    pub count: u64,
}

/// A base backup in a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Base {
    /// The set.
    pub set: String,
    /// When the set was taken.
    pub taken: Timestamp,
    /// The timeline that it was copied on.
    pub timeline: u32,
    /// Where reading the log begins.
    pub start: u64,
    /// The set itself holds the log up to here.
    pub stop: u64,
}

/// Something that does not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trouble {
    /// Since when.
    pub since: Timestamp,
    /// The code of the fault, or the name of a file.
    pub code: String,
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
            rewound: None,
            marks: Vec::new(),
            repositories: BTreeMap::new(),
            refused: None,
            told: Vec::new(),
        }
    }

    /// Bytes that the server has written and this repository does not hold, as far as is known.
    pub fn waiting(&self, repository: &Shelf) -> Option<u64> {
        let server = self.server.as_ref()?;
        Some(server.position.saturating_sub(repository.held.as_ref()?.to))
    }
}
