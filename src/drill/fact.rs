//! What a drill leaves in the audit log: the whole evidence, so that the minutes can be rendered
//! again from the log alone. Stored: a change of shape raises [`VERSION`], adds a golden file and is
//! told in `docs/formats/drill-record.md`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::fault::{Args, Fault, Message, chain};
use crate::drill::choice::fact::{Choice, Reached};
use crate::drill::work::fact::Owed;

/// The version of [`DrillRecord`] that this program writes.
pub const VERSION: u32 = 1;

/// One drill: what was restored, how long each phase took, what was compared, the verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DrillRecord {
    /// Version of this shape.
    pub version: u32,
    /// Gap-free over all drills of this log: a failed drill cannot be left out unseen.
    pub number: u64,
    /// The portal's id.
    pub portal: String,
    /// The repository read from.
    pub repository: String,
    /// Where the repository lies: a folder or a bucket. Nothing of any other one is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How the set was chosen, when one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// The set restored, when one was found.
    pub set: Option<SetFacts>,
    /// When the decision to restore was made: the clock starts here.
    pub decided: Timestamp,
    /// What the drill covers.
    pub scope: Scope,
    /// Decision to the portal's answer (or, for data alone, to the last byte loaded), on the
    /// monotonic clock; absent when it did not come to that.
    pub measured_rto_ms: Option<u64>,
    /// Decision minus the newest recoverable commit; absent when an older set than the newest was
    /// restored, which says nothing about what would be lost.
    pub measured_rpo_ms: Option<u64>,
    /// The objective the RTO is compared with, in seconds.
    pub objective_rto_s: u64,
    /// The objective the RPO is compared with, in seconds.
    pub objective_rpo_s: u64,
    /// Allowance for detection and decision, in seconds.
    pub allowance_s: u64,
    /// Intervals since the decision; they may overlap.
    pub phases: Vec<Phase>,
    /// What was compared, in order.
    pub checks: Vec<Check>,
    /// Which files databases name, where the set says that they were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<ReferenceFacts>,
    /// PASS, FAIL or NOT PROVEN.
    pub verdict: Verdict,
    /// Why the verdict is not PASS; empty for PASS.
    pub reasons: Vec<Reason>,
    /// Who puts right what was found, and until when; of a drill that failed. One of a kind whose
    /// work is open already belongs to that work instead, and the deadline there holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Owed>,
    /// The instant that the databases with a log were brought to; absent where the set was restored
    /// as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// How far each of them came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<Reached>,
    /// The time as of which the repository was read; absent when it was read as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// The damage done on purpose, when the drill was tested against itself.
    pub sabotage: Option<String>,
    /// Version of the program.
    pub program: String,
}

/// The set that was restored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SetFacts {
    /// Snapshot id, 64 hexadecimal digits.
    pub id: String,
    /// When it was taken.
    pub taken: Timestamp,
    /// Regular files restored.
    pub files: u64,
    /// Bytes restored.
    pub bytes: u64,
    /// Of these, bytes of dumps that are loaded into a server; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_bytes: Option<u64>,
}

/// The files of one tree that one restored database names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReferenceFacts {
    /// The database.
    pub database: String,
    /// Where in the set the tree lies.
    pub tree: String,
    /// Rows that name a file.
    pub rows: u64,
    /// Those whose file is not there, or that name none below the tree.
    pub missing: u64,
    /// As many were noted when the set was taken.
    pub noted: u64,
}

/// What a drill covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Data only: the clock stops when every database and file is back and compared.
    Data,
    /// The whole portal: the clock stops when the restored portal answers its smoke probes.
    Portal,
}

/// A piece of the way, as an interval since the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Phase {
    /// Which piece.
    pub name: PhaseName,
    /// Milliseconds from the decision to its start.
    pub start_ms: u64,
    /// Its length in milliseconds.
    pub length_ms: u64,
}

/// The pieces of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseName {
    /// Opening the repository and finding the set.
    Find,
    /// Fetching, decrypting and writing files and dumps.
    Fetch,
    /// Making the scratch database server.
    Scratch,
    /// Loading the databases.
    Load,
    /// Fetching a log and replaying it to an instant.
    Replay,
    /// Starting the restored portal.
    Start,
    /// Waiting for its answers.
    Smoke,
    /// Replaying the list of erasures. It comes last, and its time is added to the measured RTO:
    /// nobody may be served before.
    Erase,
    /// Comparing what was restored. Not part of the measured RTO: an attacked portal may answer
    /// before it is compared; a drill may not pass before it.
    Compare,
}

impl PhaseName {
    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Find => "drill-phase-find",
            Self::Fetch => "drill-phase-fetch",
            Self::Scratch => "drill-phase-scratch",
            Self::Load => "drill-phase-load",
            Self::Replay => "drill-phase-replay",
            Self::Start => "drill-phase-start",
            Self::Smoke => "drill-phase-smoke",
            Self::Erase => "drill-phase-erase",
            Self::Compare => "drill-phase-compare",
        })
    }
}

/// The verdict of a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All data came back, was compared and fits in time.
    Pass,
    /// Something came back wrong, not at all, or too late.
    Fail,
    /// Nothing was found wrong, but the proof has a hole.
    NotProven,
}

impl Verdict {
    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Pass => "drill-verdict-pass",
            Self::Fail => "drill-verdict-fail",
            Self::NotProven => "drill-verdict-not-proven",
        })
    }
}

/// One comparison and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// What was compared.
    pub kind: CheckKind,
    /// Of what: a database's or tree's name, or the portal.
    pub subject: String,
    /// How many things were compared (objects, tables, rows, files, answers).
    pub compared: u64,
    /// How it ended.
    pub outcome: CheckOutcome,
}

/// The comparisons that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// The set could be found, opened and read.
    Restore,
    /// A database was loaded without error.
    Load,
    /// Every object of the inventory is there, and no other.
    Inventory,
    /// Every table has as many rows as at the dump's instant.
    RowCounts,
    /// Every table's rows are the same rows.
    RowDigests,
    /// Every file of a tree is there with the same content.
    Files,
    /// A log without a hole was replayed from the set to an instant.
    Replay,
    /// Every page of a server, at an instant, fits its checksum.
    Pages,
    /// The files that a database names are there, but for those that the set lacked already.
    References,
    /// The restored portal answers as it should.
    Smoke,
    /// Its pages are the agency's own, by the rules of defacement.
    Defacement,
    /// A scanner found nothing in what was restored.
    Scan,
    /// The erasures that were promised since were replayed.
    Erasure,
}

impl CheckKind {
    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Restore => "drill-check-restore",
            Self::Load => "drill-check-load",
            Self::Inventory => "drill-check-inventory",
            Self::RowCounts => "drill-check-row-counts",
            Self::RowDigests => "drill-check-row-digests",
            Self::Files => "drill-check-files",
            Self::Replay => "drill-check-replay",
            Self::Pages => "drill-check-pages",
            Self::References => "drill-check-references",
            Self::Smoke => "drill-check-smoke",
            Self::Defacement => "drill-check-defacement",
            Self::Scan => "drill-check-scan",
            Self::Erasure => "drill-check-erasure",
        })
    }

    /// Whether this check compares data itself, not only its shape.
    pub fn proves_data(self) -> bool {
        matches!(self, Self::RowDigests | Self::Files)
    }
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// Everything compared was equal.
    Passed,
    /// Differences, at most [`FINDINGS_MAX`] of them told; `more` others were seen.
    Failed {
        /// The first differences.
        findings: Vec<Finding>,
        /// How many more.
        more: u64,
    },
    /// It did not take place.
    NotRun {
        /// Why.
        reason: Finding,
    },
}

/// Enough to understand a failure; a table dropped from a large schema must not make a record of
/// megabytes.
pub const FINDINGS_MAX: usize = 50;

/// One thing that was seen, in a form that each language can word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
#[expect(missing_docs, reason = "each variant says what its few named values are")]
pub enum Finding {
    /// An object of the inventory is not there.
    Missing { kind: String, name: String },
    /// An object is there that the set does not know.
    Unexpected { kind: String, name: String },
    /// An object is there with another definition.
    Different { kind: String, name: String },
    /// A table has another number of rows.
    RowCount { table: String, expected: u64, found: u64 },
    /// A table has as many rows, but not the same.
    RowContent { table: String },
    /// A file is missing or differs.
    File { path: String, code: String },
    /// A tree has another number of files.
    FileCount { tree: String, expected: u64, found: u64 },
    /// More rows than when the set was taken name files of this tree that are not there, or none
    /// below it.
    References { tree: String, expected: u64, found: u64 },
    /// The question which files rows name got another number of rows than from the dump.
    ReferenceRows { tree: String, expected: u64, found: u64 },
    /// When the set was taken, nobody could find out which files rows name.
    ReferencesUnknown { tree: String, detail: String },
    /// The portal gave another answer than expected.
    Answer { path: String, detail: String },
    /// A page of the restored portal is not as its owner left it.
    Altered { path: String, detail: String },
    /// A scanner named something.
    Scanned { line: String },
    /// A step failed with a fault of ours; `code` is stable, `detail` diagnostics.
    Fault { code: String, detail: String },
    /// A transaction was replayed that is later than the instant.
    PastInstant { until: Timestamp },
    /// The inventory could not see everything.
    Blind { detail: String },
    /// An earlier step failed, so this one had nothing to work on.
    EarlierStep,
}

impl Finding {
    /// What a fault of ours leaves in the record.
    pub fn of(fault: &dyn Fault) -> Self {
        Self::Fault { code: fault.code().to_owned(), detail: chain(fault) }
    }
}

impl Finding {
    /// The finding as a message.
    pub fn message(&self) -> Message {
        let none = Args::none;
        match self {
            Self::Missing { kind, name } => {
                Message::with("drill-finding-missing", none().text("kind", kind).text("name", name))
            }
            Self::Unexpected { kind, name } => Message::with(
                "drill-finding-unexpected",
                none().text("kind", kind).text("name", name),
            ),
            Self::Different { kind, name } => Message::with(
                "drill-finding-different",
                none().text("kind", kind).text("name", name),
            ),
            Self::RowCount { table, expected, found } => Message::with(
                "drill-finding-row-count",
                none().text("table", table).number("expected", *expected).number("found", *found),
            ),
            Self::RowContent { table } => {
                Message::with("drill-finding-row-content", none().text("table", table))
            }
            Self::File { path, code } => {
                Message::with("drill-finding-file", none().text("path", path).text("code", code))
            }
            Self::FileCount { tree, expected, found } => Message::with(
                "drill-finding-file-count",
                none().text("tree", tree).number("expected", *expected).number("found", *found),
            ),
            Self::References { tree, expected, found } => Message::with(
                "drill-finding-references",
                none().text("tree", tree).number("expected", *expected).number("found", *found),
            ),
            Self::ReferenceRows { tree, expected, found } => Message::with(
                "drill-finding-reference-rows",
                none().text("tree", tree).number("expected", *expected).number("found", *found),
            ),
            Self::ReferencesUnknown { tree, detail } => Message::with(
                "drill-finding-references-unknown",
                none().text("tree", tree).text("detail", detail),
            ),
            Self::Answer { path, detail } => Message::with(
                "drill-finding-answer",
                none().text("path", path).text("detail", detail),
            ),
            Self::Altered { path, detail } => Message::with(
                "drill-finding-altered",
                none().text("path", path).text("detail", detail),
            ),
            Self::Scanned { line } => {
                Message::with("drill-finding-scanned", none().text("line", line))
            }
            Self::Fault { code, detail } => Message::with(
                "drill-finding-fault",
                none().text("code", code).text("detail", detail),
            ),
            Self::PastInstant { until } => {
                Message::with("drill-finding-past-instant", none().text("until", until))
            }
            Self::Blind { detail } => {
                Message::with("drill-finding-blind", none().text("detail", detail))
            }
            Self::EarlierStep => Message::new("drill-finding-earlier-step"),
        }
    }
}

/// Why a verdict is not PASS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A check found a difference.
    CheckFailed,
    /// The measured RTO is longer than the objective.
    LaterThanObjective,
    /// With the allowance for detection and decision it does not fit in 24 h.
    LaterThanLaw,
    /// The newest recoverable commit is older than the RPO allows.
    OlderThanRpo,
    /// A check did not take place.
    CheckNotRun,
    /// No check compared data itself.
    NoDataCompared,
    /// Of a database or a tree less was compared than the set holds, or nothing.
    NotAllCompared,
    /// The set holds no application tree, so the whole portal cannot come back from it.
    NoApplication,
    /// The set holds no configuration tree.
    NoConfiguration,
    /// The restored portal was not asked for an answer.
    NoAnswer,
    /// The set itself says that something was left out of it.
    SetIncomplete,
    /// The set was taken as evidence: it may hold what an attacker left, and `latest` never means
    /// it, so that it proves nothing about the sets that the portal would come back from.
    SetOfEvidence,
}

impl Reason {
    /// The reason as a message.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::CheckFailed => "drill-reason-check-failed",
            Self::LaterThanObjective => "drill-reason-later-than-objective",
            Self::LaterThanLaw => "drill-reason-later-than-law",
            Self::OlderThanRpo => "drill-reason-older-than-rpo",
            Self::CheckNotRun => "drill-reason-check-not-run",
            Self::NoDataCompared => "drill-reason-no-data-compared",
            Self::NotAllCompared => "drill-reason-not-all-compared",
            Self::NoApplication => "drill-reason-no-application",
            Self::NoConfiguration => "drill-reason-no-configuration",
            Self::NoAnswer => "drill-reason-no-answer",
            Self::SetIncomplete => "drill-reason-set-incomplete",
            Self::SetOfEvidence => "drill-reason-set-of-evidence",
        })
    }
}
