//! What can be wrong with starting a run, and with what people say about one.

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, Retry};

/// The code of [`PlaybookFault::AtWork`], for whoever tries again.
pub(super) const AT_WORK: &str = "playbook.at-work";

/// Why a run was not started, or what a person said was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum PlaybookFault {
    /// The log knows no such run.
    #[error("no run {number} in the audit log")]
    NoRun {
        /// What was asked for.
        number: u64,
        /// What there is.
        known: String,
    },
    /// A process is working at a run of the portal.
    #[error("a process is working at the run of portal `{portal}`")]
    AtWork {
        /// The portal.
        portal: String,
    },
    /// A run of the portal is not over.
    #[error("run {run} of portal `{portal}` is not over")]
    OpenRun {
        /// The portal.
        portal: String,
        /// Its run.
        run: u64,
    },
    /// A gate of the plan can never be passed.
    #[error("gate `{step}` wants {wanted} approvals, {there} approvers are not `{starter}`")]
    TooFewApprovers {
        /// The gate.
        step: String,
        /// How many it wants.
        wanted: u64,
        /// How many there are beside the starter.
        there: u64,
        /// The account that starts.
        starter: String,
    },
    /// No key of the configuration made the signature.
    #[error("signed with the key {fingerprint}, which is no approver's")]
    UnknownApprover {
        /// The key's fingerprint.
        fingerprint: String,
        /// Ids of the approvers that there are.
        known: String,
    },
    /// The approver started the run.
    #[error("approver `{approver}` started run {run} as `{login}`")]
    Starter {
        /// The run.
        run: u64,
        /// The approver.
        approver: String,
        /// The account.
        login: String,
    },
    /// The approver has approved already.
    #[error("approver `{approver}` has approved run {run} already")]
    Twice {
        /// The run.
        run: u64,
        /// The approver.
        approver: String,
    },
    /// The run does not wait for an approval.
    #[error("no gate of run {run} waits")]
    NotWaiting {
        /// The run.
        run: u64,
    },
    /// The gate has expired.
    #[error("gate `{step}` of run {run} expired at {expires}")]
    Expired {
        /// The run.
        run: u64,
        /// The gate.
        step: String,
        /// When.
        expires: jiff::Timestamp,
    },
    /// The step that a person spoke of is not the one of unknown outcome.
    #[error("run {run} does not ask about step `{step}`")]
    NotAsked {
        /// The run.
        run: u64,
        /// The step.
        step: String,
    },
    /// A program of the step was still running when the person answered.
    #[error("a program of step `{step}` of run {run} still ran, and was ended only now")]
    StillRan {
        /// The run.
        run: u64,
        /// The step.
        step: String,
    },
    /// The log says something about the run that this program cannot read.
    #[error("entry {entry} about run {run} cannot be read: {why}")]
    Unreadable {
        /// The run.
        run: u64,
        /// The first such entry.
        entry: u64,
        /// Why, in English diagnostics.
        why: String,
    },
    /// A decision without a reason is worth nothing to whoever reads it later.
    #[error("no reason was given")]
    NoReason,
    /// A record could not be written down.
    #[error("the record cannot be written as JSON: {detail}")]
    Unwritable {
        /// The writer's complaint.
        detail: String,
    },
}

impl Fault for PlaybookFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::TooFewApprovers { .. } => FaultKind::Config,
            Self::AtWork { .. } => FaultKind::Environment,
            Self::Unreadable { .. } => FaultKind::Integrity,
            Self::Unwritable { .. } => FaultKind::Bug,
            _ => FaultKind::User,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoRun { .. } => "playbook.no-run",
            Self::AtWork { .. } => "playbook.at-work",
            Self::OpenRun { .. } => "playbook.open-run",
            Self::TooFewApprovers { .. } => "playbook.too-few-approvers",
            Self::UnknownApprover { .. } => "playbook.unknown-approver",
            Self::Starter { .. } => "playbook.starter-approves",
            Self::Twice { .. } => "playbook.approved-twice",
            Self::NotWaiting { .. } => "playbook.no-gate-waits",
            Self::Expired { .. } => "playbook.approval-expired",
            Self::NotAsked { .. } => "playbook.not-asked",
            Self::StillRan { .. } => "playbook.still-ran",
            Self::Unreadable { .. } => "playbook.run-unreadable",
            Self::NoReason => "playbook.no-reason",
            Self::Unwritable { .. } => "playbook.unwritable",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::NoRun { number, known } => {
                args.number("run", *number).text("known", or_none(known))
            }
            Self::AtWork { portal } => args.text("portal", portal),
            Self::OpenRun { portal, run } => args.text("portal", portal).number("run", *run),
            Self::TooFewApprovers { step, wanted, there, starter } => args
                .text("step", step)
                .number("wanted", *wanted)
                .number("there", *there)
                .text("starter", starter),
            Self::UnknownApprover { fingerprint, known } => {
                args.text("fingerprint", fingerprint).text("known", or_none(known))
            }
            Self::Starter { run, approver, login } => {
                args.number("run", *run).text("approver", approver).text("login", login)
            }
            Self::Twice { run, approver } => args.number("run", *run).text("approver", approver),
            Self::NotWaiting { run } => args.number("run", *run),
            Self::Expired { run, step, expires } => {
                args.number("run", *run).text("step", step).text("expires", expires)
            }
            Self::NotAsked { run, step } | Self::StillRan { run, step } => {
                args.number("run", *run).text("step", step)
            }
            Self::Unreadable { run, entry, why } => {
                args.number("run", *run).number("entry", *entry).text("why", why)
            }
            Self::NoReason => args,
            Self::Unwritable { detail } => args.text("detail", detail),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::AtWork { .. } => Retry::Later,
            _ => Retry::Never,
        }
    }

    fn exit(&self) -> ExitCode {
        match self.kind() {
            FaultKind::Environment => ExitCode::Locked,
            FaultKind::Config => ExitCode::Configuration,
            FaultKind::Bug => ExitCode::Bug,
            FaultKind::Integrity => ExitCode::Failed,
            FaultKind::User => ExitCode::Usage,
        }
    }
}

/// What the messages choose their words by where there is nothing to list.
fn or_none(listed: &str) -> &str {
    if listed.is_empty() { "none" } else { listed }
}
