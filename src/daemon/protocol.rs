//! What is said at the control socket: one line of JSON each way (`docs/formats/control-socket.md`).
//!
//! A new field keeps the version; a changed meaning raises it. Unknown fields of an answer are
//! passed over, unknown requests refused: an old daemon never guesses what a newer command wants.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::fault::{Fault, chain};
use crate::job::wal::Receipt;

/// The version of requests and answers.
pub const VERSION: u32 = 1;

/// The longest line either side reads.
pub const LINE_MAX: u64 = 1024 * 1024;

/// A request with its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// [`VERSION`].
    pub v: u32,
    /// What is asked.
    #[serde(flatten)]
    pub request: Request,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// How is it, and what comes.
    Status,
    /// Read the configuration again.
    Reload {
        /// Who asks, for the log.
        by: String,
        /// The language for problems; the site's where absent.
        #[serde(default)]
        language: Option<String>,
    },
    /// Start no heavy work until resumed.
    Pause {
        /// Who asks, for the log.
        by: String,
        /// Why, for the log.
        reason: String,
    },
    /// Go on.
    Resume {
        /// Who asks, for the log.
        by: String,
    },
    /// Start this job now.
    Run {
        /// Its name, as the status shows it.
        job: String,
        /// Who asks, for the log.
        by: String,
        /// What a set is tagged with instead of what the configuration says; that where empty.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        tags: BTreeSet<String>,
    },
}

/// What is said at the socket for logs: which file comes. Its bytes follow the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bring {
    /// [`VERSION`].
    pub v: u32,
    /// Whose log it belongs to: `PORTAL/DATABASE`.
    pub database: String,
    /// The identifier of the system that wrote it, in decimal digits.
    pub system: String,
    /// The file's name.
    pub name: String,
    /// How many bytes follow.
    pub length: u64,
}

/// A file of a log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Bytes that were not kept before.
    pub added: u64,
    /// Repositories that have all of it.
    pub complete: u64,
    /// Repositories that lack it, and get it by copy.
    pub lacking: u64,
}

impl From<Receipt> for Kept {
    fn from(receipt: Receipt) -> Self {
        let (complete, lacking) = (receipt.complete as u64, receipt.lacking as u64);
        Self { added: receipt.added, complete, lacking }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// [`VERSION`].
    pub v: u32,
    /// Whether it was done.
    pub ok: bool,
    /// Of a status.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<Status>,
    /// Of a file of a log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kept: Option<Kept>,
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<Refusal>,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The stable code of the fault.
    pub code: String,
    /// The exit code for a command that asked.
    pub exit: u8,
    /// English diagnostics.
    pub error: String,
    /// Of a refused configuration: each problem, worded, with its place.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub problems: Vec<String>,
}

/// How the daemon is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its process.
    pub pid: u32,
    /// The program's version.
    pub version: String,
    /// Since when it runs.
    pub started: String,
    /// Whether the scheduler looks around as it should.
    pub ticking: bool,
    /// Who paused it.
    pub paused: Option<Paused>,
    /// The newest reading of the configuration.
    pub reload: Reload,
    /// Since when the log cannot be written, and why.
    pub log_fault: Option<LogFault>,
    /// What runs.
    pub running: Vec<Running>,
    /// What comes, the soonest first.
    pub next: Vec<Next>,
}

/// A pause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Since when.
    pub at: String,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A reading of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// When.
    pub at: String,
    /// The code of what was wrong.
    pub failed: Option<String>,
}

/// The log cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFault {
    /// Since when.
    pub since: String,
    /// The code of the fault.
    pub code: String,
}

/// A job at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Which.
    pub job: String,
    /// Since when.
    pub since: String,
}

/// A job that comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// Which.
    pub job: String,
    /// When it starts; absent when the calendar ends.
    pub at: Option<String>,
    /// Whether its last run goes on.
    pub running: bool,
    /// Whether a change brings it about, and no calendar.
    #[serde(default)]
    pub wished: bool,
}

impl Answer {
    /// It was done.
    pub fn done() -> Self {
        Self { v: VERSION, ok: true, status: None, kept: None, error: None }
    }

    /// It was not.
    pub fn refused(fault: &dyn Fault) -> Self {
        let refusal = Refusal {
            code: fault.code().to_owned(),
            exit: fault.exit().number(),
            error: chain(fault),
            problems: Vec::new(),
        };
        Self { v: VERSION, ok: false, status: None, kept: None, error: Some(refusal) }
    }
}
