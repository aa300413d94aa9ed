//! Why there is no plan.

use std::fmt;

use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind, Message, Retry, chain};
use crate::playbook::fault::Unsound;
use crate::playbook::plan::PLAN_BYTES_MAX;

/// Who gave a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The portal's section of the configuration.
    Configuration,
    /// The person who asks for the plan.
    CommandLine,
}

impl Origin {
    /// The word that stands in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::CommandLine => "command-line",
        }
    }
}

/// What a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An input, and who gave it; nobody where it is missing.
    Input {
        /// Its name.
        name: String,
        /// Who gave it.
        origin: Option<Origin>,
    },
    /// A value that only its inputs made wrong.
    Value {
        /// The step's id.
        step: String,
        /// The action's parameter.
        parameter: String,
    },
    /// A step as a whole.
    Step(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { name, origin: None } => write!(f, "input `{name}`"),
            Self::Input { name, origin: Some(origin) } => {
                write!(f, "input `{name}` ({})", origin.as_str())
            }
            Self::Value { step, parameter } => write!(f, "`{parameter}` of step `{step}`"),
            Self::Step(step) => write!(f, "step `{step}`"),
        }
    }
}

/// One thing that is wrong with what was given.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanProblem {
    /// What it is about.
    pub subject: Subject,
    /// What is wrong.
    pub message: Message,
    /// What to do.
    pub hint: Option<Message>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanFault {
    /// The inputs do not fit the playbook; at least one problem.
    #[error("the inputs of `{playbook}` have {} problems, first `{}` at {}", problems.len(), first(problems).0, first(problems).1)]
    Inputs {
        /// The playbook's id.
        playbook: String,
        /// All of them.
        problems: Vec<PlanProblem>,
    },
    /// Production could not be looked at, or a step can never work there.
    #[error("failed to survey step `{step}`: {}", chain(fault.as_ref()))]
    Survey {
        /// The step's id.
        step: String,
        /// Why.
        fault: AnyFault,
    },
    /// Nobody could say which set is meant.
    #[error("`{set}` of step `{step}` was not resolved to a whole id")]
    UnknownSet {
        /// The step's id.
        step: String,
        /// As it was given.
        set: String,
    },
    /// The plan does not fit an entry of the log.
    #[error("the plan has {bytes} bytes, over {PLAN_BYTES_MAX}")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// A plan that must not be run.
    #[error(transparent)]
    Unsound(#[from] Unsound),
    /// What stands in the log is no plan of ours.
    #[error("this is no plan: {detail}")]
    Malformed {
        /// Why, in English diagnostics.
        detail: String,
    },
    /// The plan in the log is not the one whose hash stands beside it.
    #[error("the plan has hash `{found}`, recorded is `{recorded}`")]
    Hash {
        /// What stands beside it.
        recorded: Digest,
        /// What it has.
        found: Digest,
    },
}

fn first(problems: &[PlanProblem]) -> (&str, String) {
    problems.first().map_or(("", String::new()), |one| (one.message.id, one.subject.to_string()))
}

impl Fault for PlanFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Inputs { .. } | Self::TooLarge { .. } => FaultKind::User,
            Self::Survey { fault, .. } => fault.kind(),
            Self::Unsound(fault) => fault.kind(),
            Self::UnknownSet { .. } => FaultKind::Environment,
            Self::Malformed { .. } | Self::Hash { .. } => FaultKind::Integrity,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Inputs { .. } => "playbook.inputs",
            Self::Survey { .. } => "playbook.survey",
            Self::UnknownSet { .. } => "playbook.unknown-set",
            Self::TooLarge { .. } => "playbook.plan-too-large",
            Self::Unsound(fault) => fault.code(),
            Self::Malformed { .. } => "playbook.plan-malformed",
            Self::Hash { .. } => "playbook.plan-hash",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Inputs { playbook, problems } => {
                Args::none().text("playbook", playbook).number("count", problems.len() as u64)
            }
            Self::Survey { step, .. } => Args::none().text("step", step),
            Self::UnknownSet { step, set } => Args::none().text("step", step).text("set", set),
            Self::TooLarge { bytes } => {
                Args::none().number("size", *bytes as u64).number("limit", PLAN_BYTES_MAX as u64)
            }
            Self::Unsound(fault) => fault.args(),
            Self::Malformed { detail } => Args::none().text("detail", detail),
            Self::Hash { recorded, found } => {
                Args::none().text("recorded", recorded).text("found", found)
            }
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Survey { fault, .. } => fault.retry(),
            _ => Retry::Never,
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Survey { fault, .. } => Some(fault.as_ref()),
            _ => None,
        }
    }
}
