//! What can go wrong with an action of a playbook itself, beyond the faults of what it uses.

use std::io;
use std::path::PathBuf;

use crate::base::fault::{Args, Fault, FaultKind, Retry};

/// The code of [`ActionFault::SameServer`], for whoever asks before it matters.
pub(super) const SAME_SERVER: &str = "action.same-server";

/// Why an action was refused or failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ActionFault {
    /// The plan lacks a value that the action cannot do without.
    #[error("`{action}` was called without `{parameter}`")]
    Incomplete {
        /// The action.
        action: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// An action was asked for what is not its business.
    #[error("`{action}` cannot be asked to {act}")]
    Misplaced {
        /// The action.
        action: &'static str,
        /// What it was asked for.
        act: &'static str,
    },
    /// Where a relative path leads depends on who starts us.
    #[error("the path of the program is relative: `{program}`")]
    RelativeProgram {
        /// The program.
        program: String,
    },
    /// The program is not there.
    #[error("no program `{program}`")]
    NoProgram {
        /// The program.
        program: String,
    },
    /// The program cannot be run.
    #[error("the program `{program}` cannot be run")]
    UnusableProgram {
        /// The program.
        program: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// It ended with a status other than 0.
    #[error("`{program}` ended with status {status}: {said}")]
    Exited {
        /// The program.
        program: String,
        /// The status.
        status: i32,
        /// The end of what it said.
        said: String,
    },
    /// A signal ended it.
    #[error("`{program}` was ended by signal {signal}: {said}")]
    Killed {
        /// The program.
        program: String,
        /// The signal.
        signal: i32,
        /// The end of what it said.
        said: String,
    },
    /// It did not end in time; its processes were killed.
    #[error("`{program}` did not end within {seconds} s and was killed: {said}")]
    TimedOut {
        /// The program.
        program: String,
        /// The limit.
        seconds: u64,
        /// The end of what it said.
        said: String,
    },
    /// What it started does not end, not even by force.
    #[error("processes of step `{step}` do not end: {processes}")]
    Undying {
        /// The step.
        step: String,
        /// Names and ids.
        processes: String,
    },
    /// Whether these are of the step cannot be known.
    #[error("whether these are of step `{step}` cannot be told: {processes}")]
    Hidden {
        /// The step.
        step: String,
        /// Names and ids.
        processes: String,
    },
    /// The list of processes cannot be read.
    #[error("the list of processes cannot be read")]
    Unlisted {
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// What is to be promoted is no standby, and not by this step's doing.
    #[error("PostgreSQL at `{server}` is no standby")]
    NotAStandby {
        /// The server.
        server: String,
    },
    /// The proof of the fence would look at what is to be promoted.
    #[error("the proof of the fence at `{closed}` leads to what is to be promoted: {address}")]
    SameServer {
        /// Where the proof looks.
        closed: String,
        /// The address that both have.
        address: String,
    },
    /// The role of the DSN lacks the right.
    #[error("the role may not promote PostgreSQL at `{server}`")]
    MayNotPromote {
        /// The server.
        server: String,
    },
    /// The server did not become primary in time.
    #[error("PostgreSQL at `{server}` was not promoted within {seconds} s")]
    NotPromoted {
        /// The server.
        server: String,
        /// The limit.
        seconds: u64,
    },
    /// It is primary, and a write does not come to its end.
    #[error("PostgreSQL at `{server}` is primary but takes no write: {reason}")]
    NotWritable {
        /// The server.
        server: String,
        /// Why, in English.
        reason: String,
    },
    /// The file holds something else than one upstream with one server.
    #[error("`{}` line {line}, column {column}: {found}", path.display())]
    NotAnUpstream {
        /// The file.
        path: PathBuf,
        /// Where.
        line: u64,
        /// Where on the line.
        column: u64,
        /// What stands there, and what should.
        found: String,
    },
    /// What nginx is to be pointed at can be no address.
    #[error("no address for nginx: `{address}`")]
    NotAnAddress {
        /// The address.
        address: String,
    },
    /// nginx refused the new configuration; the old one is back.
    #[error("nginx refused the new configuration: {said}")]
    NginxRefused {
        /// Its own words.
        said: String,
    },
    /// nginx could not be told to reload; the old configuration is back.
    #[error("nginx did not reload: {said}")]
    NginxNotReloaded {
        /// The reason.
        said: String,
    },
    /// The new configuration is there, and the old workers go on; the old one is back.
    #[error("nginx goes on with its old workers after {seconds} s")]
    NginxUnchanged {
        /// How long we waited.
        seconds: u64,
    },
    /// The old configuration is back in its file, and nginx was not seen to take that either.
    #[error("`{}` holds the old configuration, nginx may serve by the old or the new: {said}", path.display())]
    NginxUnsettled {
        /// The file.
        path: PathBuf,
        /// The reason.
        said: String,
    },
    /// There are no workers of nginx by which to tell whether it changed.
    #[error("no running nginx is to be seen")]
    NginxUnseen,
    /// This can be no address to connect to.
    #[error("not a host and port: `{address}`")]
    NotAPlace {
        /// The text.
        address: String,
    },
    /// This can be no address of a page.
    #[error("not the address of a page: `{url}`")]
    NotAPage {
        /// The text.
        url: String,
    },
    /// The portal has no probe, so nothing can say that it is healthy.
    #[error("portal `{portal}` has no probe")]
    NoProbe {
        /// The portal.
        portal: String,
    },
}

impl Fault for ActionFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Incomplete { .. } | Self::Misplaced { .. } => FaultKind::Bug,
            Self::RelativeProgram { .. }
            | Self::NoProgram { .. }
            | Self::UnusableProgram { .. }
            | Self::NotAStandby { .. }
            | Self::SameServer { .. }
            | Self::MayNotPromote { .. }
            | Self::NotAnUpstream { .. }
            | Self::NotAnAddress { .. }
            | Self::NotAPlace { .. }
            | Self::NotAPage { .. }
            | Self::NoProbe { .. } => FaultKind::Config,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Incomplete { .. } => "action.incomplete",
            Self::Misplaced { .. } => "action.misplaced",
            Self::RelativeProgram { .. } => "action.relative-program",
            Self::NoProgram { .. } => "action.no-program",
            Self::UnusableProgram { .. } => "action.unusable-program",
            Self::Exited { .. } => "action.exited",
            Self::Killed { .. } => "action.killed",
            Self::TimedOut { .. } => "action.timed-out",
            Self::Undying { .. } => "action.undying",
            Self::Hidden { .. } => "action.hidden",
            Self::Unlisted { .. } => "action.unlisted",
            Self::NotAStandby { .. } => "action.not-a-standby",
            Self::SameServer { .. } => "action.same-server",
            Self::MayNotPromote { .. } => "action.may-not-promote",
            Self::NotPromoted { .. } => "action.not-promoted",
            Self::NotWritable { .. } => "action.not-writable",
            Self::NotAnUpstream { .. } => "action.not-an-upstream",
            Self::NotAnAddress { .. } => "action.not-an-address",
            Self::NginxRefused { .. } => "action.nginx-refused",
            Self::NginxNotReloaded { .. } => "action.nginx-not-reloaded",
            Self::NginxUnchanged { .. } => "action.nginx-unchanged",
            Self::NginxUnsettled { .. } => "action.nginx-unsettled",
            Self::NginxUnseen => "action.nginx-unseen",
            Self::NotAPlace { .. } => "action.not-a-place",
            Self::NotAPage { .. } => "action.not-a-page",
            Self::NoProbe { .. } => "action.no-probe",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Incomplete { action, parameter } => {
                args.text("action", action).text("parameter", parameter)
            }
            Self::Misplaced { action, act } => args.text("action", action).text("act", act),
            Self::RelativeProgram { program }
            | Self::NoProgram { program }
            | Self::UnusableProgram { program, .. } => args.text("program", program),
            Self::Exited { program, status, said } => {
                args.text("program", program).text("status", status).text("said", or_dash(said))
            }
            Self::Killed { program, signal, said } => {
                args.text("program", program).text("signal", signal).text("said", or_dash(said))
            }
            Self::TimedOut { program, seconds, said } => args
                .text("program", program)
                .number("seconds", *seconds)
                .text("said", or_dash(said)),
            Self::Undying { step, processes } | Self::Hidden { step, processes } => {
                args.text("step", step).text("processes", processes)
            }
            Self::NotAStandby { server } | Self::MayNotPromote { server } => {
                args.text("server", server)
            }
            Self::SameServer { closed, address } => {
                args.text("closed", closed).text("address", address)
            }
            Self::NotPromoted { server, seconds } => {
                args.text("server", server).number("seconds", *seconds)
            }
            Self::NotWritable { server, reason } => {
                args.text("server", server).text("reason", reason)
            }
            Self::NotAnUpstream { path, line, column, found } => args
                .text("path", path.display())
                .number("line", *line)
                .number("column", *column)
                .text("found", found),
            Self::NotAnAddress { address } | Self::NotAPlace { address } => {
                args.text("address", address)
            }
            Self::NginxRefused { said } | Self::NginxNotReloaded { said } => {
                args.text("said", or_dash(said))
            }
            Self::NginxUnsettled { path, said } => {
                args.text("path", path.display()).text("said", or_dash(said))
            }
            Self::NginxUnchanged { seconds } => args.number("seconds", *seconds),
            Self::NotAPage { url } => args.text("url", url),
            Self::NoProbe { portal } => args.text("portal", portal),
            Self::Unlisted { .. } | Self::NginxUnseen => args,
        }
    }

    fn is_lost(&self) -> bool {
        matches!(self, Self::Undying { .. } | Self::Hidden { .. } | Self::Unlisted { .. })
    }

    fn retry(&self) -> Retry {
        match self.kind() {
            FaultKind::Environment => Retry::Later,
            _ => Retry::Never,
        }
    }
}

fn or_dash(said: &str) -> &str {
    if said.is_empty() { "—" } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lives_on_has_not_failed() {
        let (step, processes) = (|| "dong".to_owned(), || "rsync (4711)".to_owned());
        for fault in [
            ActionFault::Undying { step: step(), processes: processes() },
            ActionFault::Hidden { step: step(), processes: processes() },
            ActionFault::Unlisted { source: io::Error::other("no /proc") },
        ] {
            assert!(fault.is_lost(), "{fault}");
        }
        let over = ActionFault::TimedOut { program: step(), seconds: 1, said: String::new() };
        assert!(!over.is_lost());
    }
}
