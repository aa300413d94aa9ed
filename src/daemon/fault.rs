//! What can be wrong with the daemon itself, or with talking to it.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, Retry};

/// Why the daemon does not start, or does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum DaemonFault {
    /// Another daemon works on the same state folder.
    #[error("another daemon works on `{}`, process {}", state.display(), pid.as_deref().unwrap_or("unknown"))]
    Running {
        /// The state folder.
        state: PathBuf,
        /// Its process, as it wrote it.
        pid: Option<String>,
    },
    /// The address to tell its health on cannot be used.
    #[error("failed to listen on {listen}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// The control socket cannot be made.
    #[error("failed to make the control socket `{}`", socket.display())]
    Socket {
        /// Where.
        socket: PathBuf,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// No daemon answers.
    #[error("no daemon answers at `{}`", socket.display())]
    NotRunning {
        /// The control socket.
        socket: PathBuf,
    },
    /// A daemon is there, but its answer did not come or cannot be understood.
    #[error("the daemon at `{}` gave no usable answer: {detail}", socket.display())]
    NoAnswer {
        /// The control socket.
        socket: PathBuf,
        /// What came instead.
        detail: String,
    },
    /// Only root and the daemon's own account may ask.
    #[error("the control socket is not for user {uid}")]
    NotYours {
        /// Who asked.
        uid: u32,
    },
    /// The request is none that this version knows.
    #[error("not a request: {detail}")]
    NotARequest {
        /// What is wrong with it.
        detail: String,
    },
    /// There is no job of this name.
    #[error("no job `{job}`")]
    UnknownJob {
        /// What was asked for.
        job: String,
    },
    /// The job runs already, or as many of its kind as may.
    #[error("job `{job}` cannot start now")]
    Busy {
        /// The job.
        job: String,
    },
    /// Tags are of sets, and this job takes none.
    #[error("job `{job}` takes no set that could have tags")]
    NoSet {
        /// The job.
        job: String,
    },
    /// A setting changed that only a new start takes up.
    #[error("`{setting}` changes with a new start only")]
    NeedsRestart {
        /// The key in the configuration.
        setting: &'static str,
    },
    /// It does not do what was asked.
    #[error("the daemon refused ({code}): {detail}")]
    Refused {
        /// The code of its fault.
        code: String,
        /// Its English diagnostics.
        detail: String,
    },
    /// Its scheduler did not come round to the request in time, and may still do it.
    #[error("the daemon's scheduler gave no answer in time")]
    Late,
    /// It is on its way down.
    #[error("the daemon is stopping")]
    Stopping,
}

impl Fault for DaemonFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotYours { .. }
            | Self::UnknownJob { .. }
            | Self::NoSet { .. }
            | Self::NotARequest { .. } => FaultKind::User,
            Self::NeedsRestart { .. } => FaultKind::Config,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Running { .. } => "daemon.running",
            Self::Listen { .. } => "daemon.listen",
            Self::Socket { .. } => "daemon.socket",
            Self::NotRunning { .. } => "daemon.not-running",
            Self::NoAnswer { .. } => "daemon.no-answer",
            Self::NotYours { .. } => "daemon.not-yours",
            Self::NotARequest { .. } => "daemon.not-a-request",
            Self::UnknownJob { .. } => "daemon.unknown-job",
            Self::Busy { .. } => "daemon.busy",
            Self::NoSet { .. } => "daemon.no-set",
            Self::NeedsRestart { .. } => "daemon.needs-restart",
            Self::Refused { .. } => "daemon.refused",
            Self::Late => "daemon.late",
            Self::Stopping => "daemon.stopping",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Running { state, pid } => {
                args.text("state", state.display()).text("pid", pid.as_deref().unwrap_or("?"))
            }
            Self::Listen { listen, .. } => args.text("listen", listen),
            Self::Socket { socket, .. } | Self::NotRunning { socket } => {
                args.text("socket", socket.display())
            }
            Self::NoAnswer { socket, detail } => {
                args.text("socket", socket.display()).text("detail", detail)
            }
            Self::NotYours { uid } => args.text("uid", uid),
            Self::NotARequest { detail } => args.text("detail", detail),
            Self::UnknownJob { job } | Self::Busy { job } | Self::NoSet { job } => {
                args.text("job", job)
            }
            Self::NeedsRestart { setting } => args.text("setting", setting),
            Self::Refused { code, detail } => args.text("code", code).text("detail", detail),
            Self::Late | Self::Stopping => args,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Busy { .. } | Self::NoAnswer { .. } | Self::Late => Retry::Later,
            _ => Retry::Never,
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::Running { .. } | Self::Busy { .. } => ExitCode::Locked,
            Self::UnknownJob { .. } | Self::NoSet { .. } => ExitCode::Usage,
            Self::NeedsRestart { .. } => ExitCode::Configuration,
            _ => ExitCode::Failed,
        }
    }
}
