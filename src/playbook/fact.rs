//! What a run of a playbook leaves in the audit log: one [`Record`] an entry, from which where it
//! stands is computed again. Stored: a change of shape raises [`VERSION`], adds a golden file and is
//! told in `docs/formats/playbook-record.md`.
//!
//! A run begins with an intent of the verb [`BEGIN`] that holds its plan and takes the next number
//! of the series [`SERIES`]; the outcome, which follows at once, holds the record with that number.
//! One that was cut off in between began nothing. Each attempt at a step, and at its compensation, is an intent
//! of the verb [`STEP`] before the effect and its outcome after: a process that dies in between
//! leaves an outcome `abandoned`, which the next opening of the log writes. Everything else is a
//! record of the verb [`FACT`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;

/// The version of [`Record`] that this program writes.
pub const VERSION: u32 = 1;

/// The verb that begins a run: its intent holds the plan under `plan`, its outcome [`Record`] under
/// `record`.
pub const BEGIN: &str = "playbook.begin";

/// The verb of an attempt at a step.
pub const STEP: &str = "playbook.step";

/// The verb of every other fact.
pub const FACT: &str = "playbook.fact";

/// The series that numbers runs, without gaps.
pub const SERIES: &str = "playbook";

/// One fact about one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// Version of this shape.
    pub version: u32,
    /// The run's number.
    pub run: u64,
    /// What happened.
    pub fact: Fact,
}

/// What can happen to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fact {
    /// A person started it.
    Begun(Begun),
    /// An attempt at a step or its compensation is announced.
    Tried(Tried),
    /// That attempt ended.
    Ended(Ended),
    /// A gate was reached and asks for approvals from now on.
    Asked(Asked),
    /// An approver approved the plan.
    Approved(Approved),
    /// A person refused it.
    Rejected(Said),
    /// What nobody knew after a crash was found out.
    Found(Found),
    /// A person wants the failed step tried again.
    Retry(Said),
    /// A person wants the run taken back.
    Abort(Said),
    /// The run is over.
    Closed(Closed),
}

/// The beginning of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Begun {
    /// The playbook's id.
    pub playbook: String,
    /// The portal's id.
    pub portal: String,
    /// The hash of the plan, which stands in the same entry.
    pub hash: Digest,
    /// The account that started it, as the kernel knows it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Version of the program.
    pub program: String,
}

/// Forwards, or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Doing the step.
    Do,
    /// Compensating it.
    Undo,
}

/// An attempt that is about to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tried {
    /// The step's id.
    pub step: String,
    /// Forwards, or back.
    pub way: Way,
    /// Counted from one, over both a first attempt and all that follow on this way.
    pub attempt: u32,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ended {
    /// The step's id.
    pub step: String,
    /// Forwards, or back.
    pub way: Way,
    /// Which attempt.
    pub attempt: u32,
    /// With what result.
    pub result: Result,
}

/// The result of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Result {
    /// Done, and seen to be done where the step says by what.
    Done {
        /// What was seen and made, for people and for later steps: short texts.
        output: Output,
    },
    /// It failed.
    Failed {
        /// The stable code of the fault.
        code: String,
        /// English diagnostics.
        error: String,
    },
    /// The process ended before it could say: nobody knows what was done.
    Unknown,
}

/// What an attempt leaves: names to short texts, in their order.
pub type Output = std::collections::BTreeMap<String, String>;

/// A gate that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Asked {
    /// The step's id.
    pub step: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when; unanswered is refused.
    pub expires: Timestamp,
    /// How many different approvers.
    pub approvals: u32,
}

/// One approval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Approved {
    /// The gate's id.
    pub step: String,
    /// The approver's id in the configuration.
    pub approver: String,
    /// The approver's public key, as OpenSSH writes it.
    pub key: String,
    /// What was signed, to the byte.
    pub statement: String,
    /// The signature, armoured as `ssh-keygen -Y sign` writes it.
    pub signature: String,
    /// When it was handed in.
    pub at: Timestamp,
}

/// What a person decided, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Said {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What was found out about an attempt whose end nobody knew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Found {
    /// The step's id.
    pub step: String,
    /// Forwards, or back.
    pub way: Way,
    /// Whether it is done.
    pub done: bool,
    /// The person who said so; absent where an observation showed it.
    pub by: Option<String>,
    /// The person's reason, or what was observed.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Every step is done.
    Finished,
    /// Everything that was done is taken back.
    Unwound,
    /// A person took over where it could neither go on nor back.
    Left,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Closed {
    /// How.
    pub how: How,
    /// When.
    pub at: Timestamp,
    /// From the start to here, in milliseconds by the wall clock: a run may span processes.
    pub took_ms: u64,
    /// Who left it as it stands, and why; only of [`How::Left`].
    pub left: Option<Said>,
}
