//! What every error of ours can answer, so that one edge can tell it to three readers.
//!
//! The caller matches on the enum; the operator reads the message of `code` in the own language
//! (message files hold `fault-<code>` with an optional `.hint`); the auditor finds `code` in the
//! log. Errors never format text for people themselves: `Display` is English diagnostics only.

use std::fmt;

use jiff::Timestamp;

use crate::base::exit::ExitCode;

/// Whose business a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The person asked for something that cannot be.
    User,
    /// The configuration is wrong.
    Config,
    /// Disk, network, another program: outside duphong.
    Environment,
    /// Stored data does not match its digest. Never retried into silence.
    Integrity,
    /// A defect of duphong.
    Bug,
}

impl FaultKind {
    /// The word that stands in audit entries and in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Config => "config",
            Self::Environment => "environment",
            Self::Integrity => "integrity",
            Self::Bug => "bug",
        }
    }
}

/// Whether trying the same again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same call gives the same answer.
    Never,
    /// It may pass later.
    Later,
}

/// One value of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// Shown as it is.
    Text(String),
    /// Shown as the reader's language writes numbers.
    Number(u64),
}

/// Named values of a message: `args![path = x.display(), line = 3u64]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args(pub Vec<(&'static str, Arg)>);

impl Args {
    /// No values.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.push((name, Arg::Text(value.to_string())));
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, name: &'static str, value: u64) -> Self {
        self.0.push((name, Arg::Number(value)));
        self
    }

    /// Adds an instant, which the message shows by `INSTANT`.
    #[must_use]
    pub fn time(self, name: &'static str, value: Timestamp) -> Self {
        self.text(name, value)
    }
}

/// A text for people, named but not yet worded: `text` renders it in the reader's language.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The id in the message files.
    pub id: &'static str,
    /// Its values.
    pub args: Args,
}

impl Message {
    /// A message without values.
    pub fn new(id: &'static str) -> Self {
        Self { id, args: Args::none() }
    }

    /// A message with values.
    pub fn with(id: &'static str, args: Args) -> Self {
        Self { id, args }
    }
}

/// The contract of every error enum of ours.
pub trait Fault: std::error::Error + Send + Sync + 'static {
    /// Whose business it is.
    fn kind(&self) -> FaultKind;

    /// Stable, dotted, lower-case: `store.unreachable`. The message id is `fault-store-unreachable`.
    fn code(&self) -> &'static str;

    /// The values of the message.
    fn args(&self) -> Args {
        Args::none()
    }

    /// Whether the same call may pass later.
    fn retry(&self) -> Retry {
        Retry::Never
    }

    /// The fault of ours beneath this one. A foreign `source()` (an operating system error) is
    /// told as it is; one of ours is told in the reader's language, through this.
    fn beneath(&self) -> Option<&dyn Fault> {
        None
    }

    /// Whether nobody knows how far what was asked for comes: it was interrupted, or something of
    /// it lives on that could not be ended.
    fn is_lost(&self) -> bool {
        self.exit() == ExitCode::Interrupted
    }

    /// The exit code when this fault ends the program.
    fn exit(&self) -> ExitCode {
        if let Some(fault) = self.beneath() {
            return fault.exit();
        }
        match self.kind() {
            FaultKind::User => ExitCode::Usage,
            FaultKind::Config => ExitCode::Configuration,
            FaultKind::Environment => ExitCode::Failed,
            FaultKind::Integrity => ExitCode::Integrity,
            FaultKind::Bug => ExitCode::Bug,
        }
    }
}

/// Any fault of ours, for the floors where modules meet.
pub type AnyFault = Box<dyn Fault>;

impl<F: Fault> From<F> for AnyFault {
    fn from(fault: F) -> Self {
        Box::new(fault)
    }
}

/// The fault and what lies beneath it, in English, on one line: for diagnostics and audit entries.
pub fn chain(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut next = fault.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
