//! What can be wrong with a run: a fact that may not follow, a plan that may not be run, a step
//! that failed by the engine's own judgement, and what stops the engine.
//!
//! A step's failure goes into the log by its code; the code is all that a later reading has.

use crate::base::fault::{Args, Fault, FaultKind, Retry};

/// The code of a promotion that was refused before it was asked of anyone. The fold knows it: such
/// an attempt has certainly changed nothing, so that the run can still be taken back.
pub(super) const NO_PROOF: &str = "playbook.promote-without-proof";

/// Why a fact may not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing follows the end.
    #[error("the run is over")]
    Closed,
    /// An attempt has been announced and has not ended.
    #[error("an attempt is under way")]
    UnderWay,
    /// What cannot be taken back has begun.
    #[error("the run is past its point of no return")]
    NoReturn,
    /// It is being taken back and never goes forwards again.
    #[error("the run is being taken back")]
    Unwinding,
    /// No gate waits for an answer, or not this one.
    #[error("no such gate waits")]
    NotWaiting,
    /// The gate's time is over.
    #[error("the gate has expired")]
    Expired,
    /// What became of the attempt is known.
    #[error("no such attempt is of unknown outcome")]
    NotUnknown,
    /// Nothing waits to be tried again.
    #[error("nothing has failed for good")]
    NothingFailed,
    /// A run begins once.
    #[error("the run has begun already")]
    Begun,
    /// The plan has no such step.
    #[error("the plan has no such step")]
    NoSuchStep,
    /// Steps before it are not done, or steps behind it not taken back.
    #[error("it is not the step's turn")]
    NotItsTurn,
    /// The step is in no state for it.
    #[error("the step is in no state for it")]
    WrongState,
    /// Attempts are counted without gaps.
    #[error("it is not the attempt's number")]
    WrongAttempt,
    /// It may have been done, and doing it again is not harmless.
    #[error("nobody knows whether it is done, and doing it again is not harmless")]
    Twice,
    /// A gate asks for what the plan says, and passes with no less.
    #[error("it is not what the gate of the plan asks for")]
    NotTheGate,
    /// A promotion without a fence before it.
    #[error("no fence with proof stands before the promotion")]
    NoFence,
    /// Nothing shows it, or it is nothing that a person's word decides.
    #[error("nothing shows it, and no word decides it")]
    NotShown,
    /// Not everything is done, or taken back, or no person is named.
    #[error("the run is not over")]
    NotOver,
}

/// A fact that may not follow: named, and nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("run {run} refuses `{fact}` (step `{step}`, {state}): {why}")]
pub struct IllegalFact {
    /// The run.
    pub run: u64,
    /// The kind of the fact.
    pub fact: &'static str,
    /// The step it is about; `-` where it is about the run.
    pub step: String,
    /// The state of that step.
    pub state: &'static str,
    /// Why.
    pub why: Refusal,
}

impl Fault for IllegalFact {
    fn kind(&self) -> FaultKind {
        match self.code() {
            "playbook.illegal-fact" => FaultKind::Bug,
            _ => FaultKind::User,
        }
    }

    /// What a person can run into has a code of its own.
    fn code(&self) -> &'static str {
        match self.why {
            Refusal::Closed => "playbook.closed",
            Refusal::UnderWay => "playbook.under-way",
            Refusal::NoReturn => "playbook.past-no-return",
            Refusal::Unwinding => "playbook.unwinding",
            Refusal::NotWaiting => "playbook.not-waiting",
            Refusal::Expired => "playbook.approval-late",
            Refusal::NotUnknown => "playbook.not-unknown",
            Refusal::NothingFailed => "playbook.nothing-failed",
            Refusal::NoSuchStep => "playbook.no-such-step",
            Refusal::NotShown => "playbook.no-word",
            _ => "playbook.illegal-fact",
        }
    }

    fn args(&self) -> Args {
        Args::none()
            .number("run", self.run)
            .text("step", &self.step)
            .text("fact", self.fact)
            .text("detail", self)
    }
}

/// A plan that must not be run, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// Of a version that this program does not know.
    #[error("the plan is of version {version}, this program runs {known}")]
    Version {
        /// Its version.
        version: u32,
        /// Ours.
        known: u32,
    },
    /// A promotion that no proven fence precedes.
    #[error("step `{step}` promotes and no fence with proof stands before it")]
    NoFence {
        /// The step.
        step: String,
    },
    /// The fence would be proven by the server that is promoted behind it: once it does not
    /// answer, nobody has looked at the other one.
    #[error("the fence `{fence}` is proven by the server that step `{step}` promotes")]
    SameServer {
        /// The promotion.
        step: String,
        /// The fence.
        fence: String,
    },
    /// It contradicts itself.
    #[error("step `{step}`: {detail}")]
    Step {
        /// The step.
        step: String,
        /// What is wrong, in English diagnostics.
        detail: String,
    },
}

impl Fault for Unsound {
    fn kind(&self) -> FaultKind {
        FaultKind::Integrity
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Version { .. } => "playbook.plan-version",
            Self::NoFence { .. } => "playbook.no-fence",
            Self::SameServer { .. } => "playbook.proof-same-server",
            Self::Step { .. } => "playbook.plan-unsound",
        }
    }

    fn args(&self) -> Args {
        let step = match self {
            Self::Version { .. } => "",
            Self::NoFence { step } | Self::SameServer { step, .. } | Self::Step { step, .. } => {
                step
            }
        };
        let args = Args::none().text("step", step).text("detail", self);
        match self {
            Self::SameServer { fence, .. } => args.text("fence", fence),
            _ => args,
        }
    }
}

/// Why a step failed by the engine's own judgement: recorded, never returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepFault {
    /// It was looked at until the time was over, and it is not so.
    #[error("`{action}` was not seen: {why}")]
    NotSeen {
        /// What looked.
        action: String,
        /// What it saw last.
        why: String,
    },
    /// It could not be looked at until the time was over.
    #[error("`{action}` cannot tell: {why}")]
    CannotTell {
        /// What looked.
        action: String,
        /// Why it could not.
        why: String,
    },
    /// A proof of the fence shows that it does not hold.
    #[error("the fence does not hold by `{action}`: {why}")]
    FenceOpen {
        /// What looked.
        action: String,
        /// What it saw last.
        why: String,
    },
    /// A proof of the fence could not look.
    #[error("the fence is not proven, `{action}` cannot tell: {why}")]
    FenceUnproven {
        /// What looked.
        action: String,
        /// Why it could not.
        why: String,
    },
    /// The fence was not seen to hold at the moment of promoting: nothing was promoted.
    #[error("nothing was promoted, fence `{fence}` is not proven now: {why}")]
    NoProof {
        /// The fence's step.
        fence: String,
        /// What its proof said.
        why: String,
    },
    /// The gate was not passed in time.
    #[error("the gate expired at {expires}")]
    Expired {
        /// When.
        expires: jiff::Timestamp,
    },
    /// An approver refused the plan.
    #[error("rejected by {by}: {reason}")]
    Rejected {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Production is not what was approved.
    #[error("production is not what the plan saw: {what}")]
    ProductionChanged {
        /// What differs.
        what: String,
    },
}

impl Fault for StepFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Expired { .. } | Self::Rejected { .. } => FaultKind::User,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotSeen { .. } => "playbook.not-seen",
            Self::CannotTell { .. } => "playbook.cannot-tell",
            Self::FenceOpen { .. } => "playbook.fence-open",
            Self::FenceUnproven { .. } => "playbook.fence-unproven",
            Self::NoProof { .. } => "playbook.promote-without-proof",
            Self::Expired { .. } => "playbook.gate-expired",
            Self::Rejected { .. } => "playbook.gate-rejected",
            Self::ProductionChanged { .. } => "playbook.production-changed",
        }
    }
}

/// Why the engine did nothing, or stopped. The run stands as its log says.
#[derive(Debug, thiserror::Error)]
pub enum EngineFault {
    /// A fact could not be written: whether it stands in the log is not known here.
    #[error("run {run}: a fact could not be written, and only the log knows where the run stands")]
    Stale {
        /// The run.
        run: u64,
    },
    /// An attempt was announced that has not ended: another process may be at it.
    #[error("run {run}: an attempt at step `{step}` is under way")]
    UnderWay {
        /// The run.
        run: u64,
        /// The step.
        step: String,
    },
    /// The plan is not the one that the run began with.
    #[error("run {run}: the plan does not have the hash under which it began")]
    Altered {
        /// The run.
        run: u64,
    },
    /// The wall clock stands before what the run has recorded: whether a gate has expired cannot
    /// be told.
    #[error("run {run}: the clock is {seconds} s behind the run's own record")]
    ClockBack {
        /// The run.
        run: u64,
        /// By how much.
        seconds: u64,
    },
}

impl Fault for EngineFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Altered { .. } => FaultKind::Integrity,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Stale { .. } => "playbook.stale",
            Self::UnderWay { .. } => "playbook.attempt-open",
            Self::Altered { .. } => "playbook.plan-altered",
            Self::ClockBack { .. } => "playbook.clock-back",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Stale { run } | Self::Altered { run } => Args::none().number("run", *run),
            Self::UnderWay { run, step } => Args::none().number("run", *run).text("step", step),
            Self::ClockBack { run, seconds } => {
                Args::none().number("run", *run).number("seconds", *seconds)
            }
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Altered { .. } => Retry::Never,
            _ => Retry::Later,
        }
    }
}
