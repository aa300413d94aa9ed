//! What can go wrong on a connection in replication mode.

use std::fmt;

use crate::base::fault::{Args, Fault, FaultKind, Retry};

/// What a server said of an error or a warning. Severity and code are the same in every language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// `ERROR`, `FATAL`, `WARNING`, …; empty from servers before 9.6.
    pub severity: String,
    /// The SQLSTATE.
    pub code: String,
    /// What happened, in the server's language.
    pub message: String,
    /// More of it; may be empty.
    pub detail: String,
    /// What to do; may be empty.
    pub hint: String,
}

impl Said {
    /// Whether the server thereby says that it goes.
    pub(super) fn is_farewell(&self) -> bool {
        ["57P01", "57P02", "57P03"].contains(&self.code.as_str()) || self.code.starts_with("08")
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for more in [&self.detail, &self.hint].into_iter().filter(|more| !more.is_empty()) {
            write!(f, " ({more})")?;
        }
        write!(f, " [{}]", self.code)
    }
}

impl std::error::Error for Said {}

/// Why a replication connection gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum WireFault {
    /// The login was refused.
    #[error("PostgreSQL at `{server}` refused a replication connection")]
    LoginRefused {
        /// Host and port or socket.
        server: String,
        /// Its answer.
        #[source]
        said: Box<Said>,
    },
    /// The server asks for a way to log in that we cannot go.
    #[error("PostgreSQL at `{server}` wants a login that cannot be given: {detail}")]
    Login {
        /// Host and port or socket.
        server: String,
        /// Why it cannot.
        detail: String,
    },
    /// The role may not replicate.
    #[error("the role `{role}` lacks the attribute REPLICATION")]
    Replication {
        /// The role.
        role: String,
    },
    /// A command failed.
    #[error("PostgreSQL at `{server}` failed to {act}")]
    Said {
        /// The attempt.
        act: &'static str,
        /// Host and port or socket.
        server: String,
        /// Its answer.
        #[source]
        said: Box<Said>,
    },
    /// The connection broke.
    #[error("the connection to PostgreSQL broke during: {act}")]
    Lost {
        /// What was under way.
        act: &'static str,
        /// How.
        #[source]
        source: std::io::Error,
    },
    /// Whoever answers does not speak as PostgreSQL does.
    #[error("not understood during {act}: {detail}")]
    Protocol {
        /// What was under way.
        act: &'static str,
        /// What came.
        detail: String,
    },
}

impl WireFault {
    pub(super) fn lost(act: &'static str, source: std::io::Error) -> Self {
        Self::Lost { act, source }
    }

    /// What came was not what should come.
    pub fn protocol(act: &'static str, detail: impl Into<String>) -> Self {
        Self::Protocol { act, detail: detail.into() }
    }
}

impl Fault for WireFault {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        match self {
            Self::LoginRefused { .. } => "source.replication-refused",
            Self::Login { .. } => "source.replication-login",
            Self::Replication { .. } => "source.replication-right",
            Self::Said { .. } => "source.replication-said",
            Self::Lost { .. } => "source.replication-lost",
            Self::Protocol { .. } => "source.replication-protocol",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::LoginRefused { server, .. } => args.text("server", server),
            Self::Login { server, detail } => args.text("server", server).text("detail", detail),
            Self::Replication { role } => args.text("role", role),
            Self::Said { act, server, .. } => args.text("act", act).text("server", server),
            Self::Lost { act, .. } => args.text("act", act),
            Self::Protocol { act, detail } => args.text("act", act).text("detail", detail),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Replication { .. } | Self::Login { .. } => Retry::Never,
            _ => Retry::Later,
        }
    }
}
