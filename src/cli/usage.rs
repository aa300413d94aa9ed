//! Words of our own for a command line that cannot be understood.
//!
//! The parser's errors arrive as a kind and named values; its English sentences are not shown.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::base::fault::{Args, Fault, FaultKind};
use crate::cli::PROGRAM;

/// What stands for "no suggestion" in the messages, which choose their words by it.
const NONE: &str = "none";

/// A command line that is wrong.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("wrong usage of `{command}`: {problem:?}")]
pub(super) struct UsageFault {
    /// The command as far as it was understood: `duphong snapshot create`.
    command: String,
    problem: Problem,
}

#[derive(Debug, PartialEq)]
enum Problem {
    UnknownVerb { verb: String, similar: String },
    MissingVerb { known: String },
    UnknownArgument { argument: String, similar: String },
    MissingArguments { arguments: String },
    MissingValue { argument: String },
    InvalidValue { argument: String, value: String },
    NotOneOf { argument: String, value: String, known: String },
    UnwantedValue { argument: String, value: String },
    Conflict { argument: String, other: String },
    Repeated { argument: String },
    InTheClear { place: String, argument: String },
    NotUtf8,
    Other { detail: String },
}

impl UsageFault {
    /// Words for `error`, met while parsing the arguments of `verb`.
    pub(super) fn new(verb: &[String], error: &clap::Error) -> Self {
        let command = std::iter::once(PROGRAM).chain(verb.iter().map(String::as_str));
        let command = command.collect::<Vec<_>>().join(" ");
        Self { command, problem: Problem::of(error) }
    }

    /// A verb found out by itself that these arguments are missing.
    pub(super) fn missing(verb: &str, arguments: &str) -> Self {
        let arguments = arguments.to_owned();
        Self {
            command: format!("{PROGRAM} {verb}"),
            problem: Problem::MissingArguments { arguments },
        }
    }

    /// A verb found out by itself that this value means nothing.
    pub(super) fn invalid(verb: &str, argument: &str, value: &str) -> Self {
        let (argument, value) = (argument.to_owned(), value.to_owned());
        Self {
            command: format!("{PROGRAM} {verb}"),
            problem: Problem::InvalidValue { argument, value },
        }
    }

    /// A verb found out by itself that these two exclude each other.
    pub(super) fn conflict(verb: &str, argument: &str, other: &str) -> Self {
        let (argument, other) = (argument.to_owned(), other.to_owned());
        Self {
            command: format!("{PROGRAM} {verb}"),
            problem: Problem::Conflict { argument, other },
        }
    }

    /// A verb would have to ask `place` without TLS, which nobody allowed by `argument`.
    pub(super) fn in_the_clear(verb: &str, place: &str, argument: &str) -> Self {
        let (place, argument) = (place.to_owned(), argument.to_owned());
        Self {
            command: format!("{PROGRAM} {verb}"),
            problem: Problem::InTheClear { place, argument },
        }
    }
}

impl Problem {
    fn of(error: &clap::Error) -> Self {
        let text = |kind| text(error, kind);
        let argument = text(ContextKind::InvalidArg);
        match error.kind() {
            ErrorKind::InvalidSubcommand => Self::UnknownVerb {
                verb: text(ContextKind::InvalidSubcommand),
                similar: or_none(text(ContextKind::SuggestedSubcommand)),
            },
            ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Self::MissingVerb { known: or_none(text(ContextKind::ValidSubcommand)) }
            }
            ErrorKind::UnknownArgument => Self::UnknownArgument {
                argument,
                similar: or_none(text(ContextKind::SuggestedArg)),
            },
            ErrorKind::MissingRequiredArgument => Self::MissingArguments { arguments: argument },
            ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::TooManyValues => {
                Self::of_value(error, argument)
            }
            ErrorKind::ArgumentConflict => match text(ContextKind::PriorArg) {
                other if other == argument || other.is_empty() => Self::Repeated { argument },
                other => Self::Conflict { argument, other },
            },
            ErrorKind::InvalidUtf8 => Self::NotUtf8,
            other => Self::Other { detail: other.to_string() },
        }
    }

    fn of_value(error: &clap::Error, argument: String) -> Self {
        let value = text(error, ContextKind::InvalidValue);
        let known = text(error, ContextKind::ValidValue);
        if value.is_empty() {
            Self::MissingValue { argument }
        } else if error.kind() == ErrorKind::TooManyValues {
            Self::UnwantedValue { argument, value }
        } else if known.is_empty() {
            Self::InvalidValue { argument, value }
        } else {
            Self::NotOneOf { argument, value, known }
        }
    }
}

/// The named value as one text; several stand in a row, parted by commas.
fn text(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    }
}

fn or_none(text: String) -> String {
    if text.is_empty() { NONE.to_owned() } else { text }
}

impl Fault for UsageFault {
    fn kind(&self) -> FaultKind {
        FaultKind::User
    }

    fn code(&self) -> &'static str {
        match self.problem {
            Problem::UnknownVerb { .. } => "usage.unknown-verb",
            Problem::MissingVerb { .. } => "usage.missing-verb",
            Problem::UnknownArgument { .. } => "usage.unknown-argument",
            Problem::MissingArguments { .. } => "usage.missing-arguments",
            Problem::MissingValue { .. } => "usage.missing-value",
            Problem::InvalidValue { .. } => "usage.invalid-value",
            Problem::NotOneOf { .. } => "usage.not-one-of",
            Problem::UnwantedValue { .. } => "usage.unwanted-value",
            Problem::Conflict { .. } => "usage.conflict",
            Problem::Repeated { .. } => "usage.repeated",
            Problem::InTheClear { .. } => "usage.in-the-clear",
            Problem::NotUtf8 => "usage.not-utf8",
            Problem::Other { .. } => "usage.other",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none().text("command", &self.command);
        match &self.problem {
            Problem::UnknownVerb { verb, similar } => {
                args.text("verb", verb).text("similar", similar)
            }
            Problem::MissingVerb { known } => args.text("known", known),
            Problem::UnknownArgument { argument, similar } => {
                args.text("argument", argument).text("similar", similar)
            }
            Problem::MissingArguments { arguments } => args.text("arguments", arguments),
            Problem::MissingValue { argument } | Problem::Repeated { argument } => {
                args.text("argument", argument)
            }
            Problem::InvalidValue { argument, value }
            | Problem::UnwantedValue { argument, value } => {
                args.text("argument", argument).text("value", value)
            }
            Problem::NotOneOf { argument, value, known } => {
                args.text("argument", argument).text("value", value).text("known", known)
            }
            Problem::Conflict { argument, other } => {
                args.text("argument", argument).text("other", other)
            }
            Problem::InTheClear { place, argument } => {
                args.text("place", place).text("argument", argument)
            }
            Problem::NotUtf8 => args,
            Problem::Other { detail } => args.text("detail", detail),
        }
    }
}
