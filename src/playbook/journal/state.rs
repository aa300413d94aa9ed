//! What can be said of a run and of each of its steps.
//!
//! Only data: which state follows which is decided in one place, by the fold.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::playbook::fact::{Approved, Asked, Closed, Output, Way};

/// Where one step stands.
#[derive(Clone, Debug, PartialEq)]
pub enum StepState {
    /// Nothing of it has begun.
    Pending,
    /// A gate that asks for approvals.
    Waiting,
    /// An attempt is announced and has not ended.
    Doing {
        /// Which.
        attempt: u32,
    },
    /// An attempt ended without a word: nobody knows what was done.
    Unknown {
        /// Forwards, or back.
        way: Way,
        /// Which.
        attempt: u32,
    },
    /// It is done, and seen to be done where the step says by what.
    Done {
        /// What was seen and made.
        output: Output,
        /// Since when.
        at: Timestamp,
    },
    /// Its last attempt failed. Whether there will be another, [`standing`](super::Run::standing)
    /// knows.
    Failed {
        /// The stable code.
        code: String,
        /// English diagnostics.
        error: String,
        /// How many attempts were made.
        attempts: u32,
    },
    /// An attempt to take it back is announced and has not ended.
    Undoing {
        /// Which.
        attempt: u32,
    },
    /// The last attempt to take it back failed, and there will be another.
    FailedUndoing {
        /// The stable code.
        code: String,
        /// English diagnostics.
        error: String,
    },
    /// It could not be taken back: a person must act.
    StuckUndoing {
        /// The stable code.
        code: String,
        /// English diagnostics.
        error: String,
    },
    /// It is taken back.
    Undone,
    /// Unwinding passed it by: it need not be taken back.
    Kept,
}

impl StepState {
    /// Its word in `--json` and in refusals.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Doing { .. } => "doing",
            Self::Unknown { .. } => "unknown",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Undoing { .. } => "undoing",
            Self::FailedUndoing { .. } => "failed-undoing",
            Self::StuckUndoing { .. } => "stuck-undoing",
            Self::Undone => "undone",
            Self::Kept => "kept",
        }
    }
}

/// Where a run stands, and so who must act.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// The engine has something to do: it goes on, or is resumed.
    Going,
    /// A gate waits for approvals.
    Waiting {
        /// The gate.
        step: String,
        /// What it asks for.
        asked: Asked,
        /// The different approvers who have approved.
        approved: Vec<String>,
    },
    /// Nobody knows whether the step is done: a person must say, unless resuming sees it.
    Unknown {
        /// The step.
        step: String,
        /// Forwards, or back.
        way: Way,
    },
    /// The step failed behind the point of no return: a person retries or leaves.
    Blocked {
        /// The step.
        step: String,
    },
    /// The engine takes the run back, or will when it is resumed.
    Unwinding,
    /// The step could not be taken back: a person retries or leaves.
    Stuck {
        /// The step.
        step: String,
    },
    /// It is over.
    Closed(Closed),
}

/// The last failure of a step, kept when the step is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// English diagnostics.
    pub error: String,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRun {
    /// Where it stands.
    pub state: StepState,
    /// What a gate asks for, since it was reached last.
    pub asked: Option<Asked>,
    /// What it was answered, in the order of the log.
    pub approved: Vec<Approved>,
    /// The last failure on the way forwards.
    pub failure: Option<Failure>,
    /// How many attempts were announced, forwards.
    pub tries: u32,
    /// How many attempts were announced, back.
    pub undo_tries: u32,
    /// Failures that count against the attempts of the plan: a person's word begins anew.
    pub(super) failures: u32,
    /// The same of the compensation.
    pub(super) undo_failures: u32,
    /// Attempts forwards that may have changed something.
    pub(super) touched: u32,
    /// The ways on which an attempt was ever lost.
    pub(super) lost: BTreeSet<Way>,
}

impl StepRun {
    pub(super) fn new() -> Self {
        Self {
            state: StepState::Pending,
            asked: None,
            approved: Vec::new(),
            failure: None,
            tries: 0,
            undo_tries: 0,
            failures: 0,
            undo_failures: 0,
            touched: 0,
            lost: BTreeSet::new(),
        }
    }

    /// The different people who approved: neither a name nor a key counts twice.
    pub fn approvers(&self) -> Vec<String> {
        let mut counted: Vec<&Approved> = Vec::new();
        for one in &self.approved {
            if counted.iter().all(|it| it.approver != one.approver && it.key != one.key) {
                counted.push(one);
            }
        }
        counted.into_iter().map(|one| one.approver.clone()).collect()
    }

    /// Whether something of it may have to be taken back.
    pub(super) fn has_begun(&self) -> bool {
        !matches!(
            self.state,
            StepState::Pending | StepState::Waiting | StepState::Undone | StepState::Kept
        )
    }

    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.state, StepState::Doing { .. } | StepState::Undoing { .. })
    }
}
