//! Reads one value of a kind, as a playbook, the configuration or the command line gives it.
//!
//! One reader for all three, so that a value cannot be accepted in one place and refused in the
//! other. What a text is depends on the kind that is wanted, never on its looks. Pure.

use std::net::IpAddr;
use std::path::{Component, Path};
use std::time::Duration;

use crate::base::fault::{Args, Message};
use crate::base::written;
use crate::base::written::{DsnProblem, DurationProblem, UrlProblem};
use crate::playbook::action::{NUMBER_MAX, Parameter, ValueKind};
use crate::playbook::model::Value;
use crate::playbook::settings::Given;

/// Paths, addresses and arguments of commands are the longest; the longest real one is about half
/// of this.
pub const TEXT_CHARACTERS_MAX: usize = 1000;

/// A command line that a person can still read.
pub const COMMAND_PARTS_MAX: usize = 100;

/// Fewer digits of a set's id than this name too many sets.
const SET_DIGITS_MIN: usize = 4;

/// Digits of a whole id.
pub const SET_DIGITS: usize = 64;

/// The set that is newest when the plan is made.
pub const LATEST: &str = "latest";

/// A longer time is no limit.
const DURATION_MAX: Duration = Duration::from_hours(31 * 24);

/// Why a value is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing but white space.
    Empty,
    /// A line break or another control character.
    Lines,
    /// Too long.
    Long(usize),
    /// No whole number.
    Number(String),
    /// A number outside its bounds.
    NumberRange(u64, u64, u64),
    /// No length of time.
    Duration(String),
    /// A number without a unit.
    DurationUnit(String),
    /// A length of time outside its bounds, in milliseconds.
    DurationRange(String, u64, u64),
    /// No absolute path.
    Path(String),
    /// No host.
    Host(String),
    /// No address of a page.
    Url(String),
    /// A user name or password in an address: not repeated.
    UrlSecret,
    /// No way to a database: not repeated.
    Dsn(DsnProblem),
    /// No set.
    Set(String),
    /// A list where one text is wanted.
    List,
    /// A command in one text.
    Line(String),
    /// A command without a program.
    NoProgram,
    /// A program that is neither a bare name nor absolute.
    Program(String),
    /// A command of too many parts.
    Parts(usize),
}

impl Wrong {
    /// What is wrong.
    pub fn message(&self) -> Message {
        let value = |id, value: &String| Message::with(id, Args::none().text("value", value));
        match self {
            Self::Empty => Message::new("playbook-value-empty"),
            Self::Lines => Message::new("playbook-value-lines"),
            Self::Long(length) => Message::with(
                "playbook-value-long",
                Args::none()
                    .number("length", *length as u64)
                    .number("most", TEXT_CHARACTERS_MAX as u64),
            ),
            Self::Number(text) => value("playbook-value-number", text),
            Self::NumberRange(number, least, most) => Message::with(
                "playbook-value-number-range",
                Args::none().text("value", number).number("least", *least).number("most", *most),
            ),
            Self::Duration(text) => value("playbook-value-duration", text),
            Self::DurationUnit(text) => value("playbook-value-duration-unit", text),
            Self::DurationRange(text, least, most) => Message::with(
                "playbook-value-duration-range",
                Args::none().text("value", text).number("least", *least).number("most", *most),
            ),
            Self::Path(text) => value("playbook-value-path", text),
            Self::Host(text) => value("playbook-value-host", text),
            Self::Url(text) => value("playbook-value-url", text),
            Self::UrlSecret => Message::new("playbook-value-url-secret"),
            Self::Dsn(DsnProblem::Malformed) => Message::new("playbook-value-dsn"),
            Self::Dsn(DsnProblem::Password) => Message::new("playbook-value-dsn-password"),
            Self::Dsn(DsnProblem::NoDatabase) => Message::new("playbook-value-dsn-database"),
            Self::Dsn(DsnProblem::SeveralHosts) => Message::new("playbook-value-dsn-hosts"),
            Self::Dsn(DsnProblem::Options) => Message::new("playbook-value-dsn-options"),
            Self::Dsn(DsnProblem::Tls) => Message::new("playbook-value-dsn-tls"),
            Self::Set(text) => value("playbook-value-set", text),
            Self::List => Message::new("playbook-value-list"),
            Self::Line(text) => value("playbook-value-line", text),
            Self::NoProgram => Message::new("playbook-value-no-program"),
            Self::Program(text) => value("playbook-value-program", text),
            Self::Parts(count) => Message::with(
                "playbook-value-parts",
                Args::none()
                    .number("count", *count as u64)
                    .number("most", COMMAND_PARTS_MAX as u64),
            ),
        }
    }

    /// What to do about it, where the message does not say so already.
    pub fn hint(&self) -> Option<Message> {
        Some(Message::new(match self {
            Self::Lines | Self::Long(_) | Self::NumberRange(..) | Self::DurationRange(..) => {
                return None;
            }
            Self::Empty | Self::NoProgram => "playbook-value-empty-hint",
            Self::Number(_) => "playbook-value-number-hint",
            Self::Duration(_) | Self::DurationUnit(_) => "playbook-value-duration-hint",
            Self::Path(_) => "playbook-value-path-hint",
            Self::Host(_) => "playbook-value-host-hint",
            Self::Url(_) => "playbook-value-url-hint",
            Self::UrlSecret => "playbook-value-url-secret-hint",
            Self::Dsn(DsnProblem::Password) => "playbook-value-dsn-password-hint",
            Self::Dsn(_) => "playbook-value-dsn-hint",
            Self::Set(_) => "playbook-value-set-hint",
            Self::List => "playbook-value-list-hint",
            Self::Line(_) | Self::Parts(_) => "playbook-value-line-hint",
            Self::Program(_) => "playbook-value-program-hint",
        }))
    }

    /// Whether the line that holds the value may hold a secret.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::UrlSecret | Self::Dsn(_))
    }
}

/// Reads a value of this kind.
pub fn read(kind: ValueKind, given: &Given) -> Result<Value, Wrong> {
    let text = match (kind, given) {
        (ValueKind::Command, Given::List(parts)) => return command(parts),
        (ValueKind::Command, Given::Text(text)) => {
            // One word is a program without arguments. More would ask us to be a shell.
            plain(text)?;
            if text.contains(char::is_whitespace) {
                return Err(Wrong::Line(text.clone()));
            }
            return command(std::slice::from_ref(text));
        }
        (_, Given::List(_)) => return Err(Wrong::List),
        (_, Given::Text(text)) => text,
    };
    plain(text)?;
    let is = |fits: bool, wrong: fn(String) -> Wrong| {
        if fits { Ok(Value::Text(text.clone())) } else { Err(wrong(text.clone())) }
    };
    match kind {
        ValueKind::Text => Ok(Value::Text(text.clone())),
        ValueKind::Number => number(text, 0, NUMBER_MAX),
        ValueKind::Port => number(text, 1, 65_535),
        ValueKind::Duration => duration(text),
        ValueKind::Path => is(is_path(text), Wrong::Path),
        ValueKind::Host => {
            is(written::is_host(text) || text.parse::<IpAddr>().is_ok(), Wrong::Host)
        }
        ValueKind::Url => match written::check_url(text) {
            Ok(()) => Ok(Value::Text(text.clone())),
            Err(UrlProblem::Secret) => Err(Wrong::UrlSecret),
            Err(UrlProblem::Malformed) => Err(Wrong::Url(text.clone())),
        },
        ValueKind::Dsn => {
            written::check_dsn(text).map_err(Wrong::Dsn)?;
            Ok(Value::Text(text.clone()))
        }
        ValueKind::Set => is(text == LATEST || is_set_id(text, SET_DIGITS_MIN), Wrong::Set),
        ValueKind::Command => command(std::slice::from_ref(text)),
    }
}

/// Whether a value that is there already is one of this kind.
pub fn check(kind: ValueKind, value: &Value) -> Result<(), Wrong> {
    match value {
        Value::Text(text) => read(kind, &Given::Text(text.clone())).map(drop),
        Value::Number(number) => read(kind, &Given::Text(number.to_string())).map(drop),
        Value::Command(parts) => read(kind, &Given::List(parts.clone())).map(drop),
        Value::Duration(duration) if *duration <= DURATION_MAX => Ok(()),
        Value::Duration(duration) => {
            let written = format!("{}s", duration.as_secs());
            Err(Wrong::DurationRange(written, 0, milliseconds(DURATION_MAX)))
        }
    }
}

/// Whether the value lies within the bounds of its parameter.
pub fn check_bounds(parameter: &Parameter, value: &Value) -> Result<(), Wrong> {
    let Parameter { least, most, .. } = *parameter;
    match value {
        Value::Number(number) if !(least..=most).contains(number) => {
            Err(Wrong::NumberRange(*number, least, most))
        }
        Value::Duration(duration) if !(least..=most).contains(&milliseconds(*duration)) => {
            Err(Wrong::DurationRange(format!("{}s", duration.as_secs()), least, most))
        }
        _ => Ok(()),
    }
}

/// The value as a part of a text. A command and a length of time are none: neither has one way of
/// being written.
pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Duration(_) | Value::Command(_) => None,
    }
}

/// Whether `text` is an id of a set, or the start of one that has at least so many digits.
pub fn is_set_id(text: &str, digits_min: usize) -> bool {
    (digits_min..=SET_DIGITS).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether the value names one set and no other, now and later.
pub fn is_whole_set(value: &Value) -> bool {
    matches!(value, Value::Text(text) if is_set_id(text, SET_DIGITS))
}

/// The name of a program as it is told from others: that of its file, wherever it lies.
pub fn program_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Milliseconds, as plans and messages hold them.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn plain(text: &str) -> Result<(), Wrong> {
    if text.trim().is_empty() {
        return Err(Wrong::Empty);
    }
    check_argument(text)
}

/// Whether `text` can be one argument of a command; it may be empty.
pub fn check_argument(text: &str) -> Result<(), Wrong> {
    if text.chars().any(char::is_control) {
        return Err(Wrong::Lines);
    }
    match text.chars().count() {
        length if length > TEXT_CHARACTERS_MAX => Err(Wrong::Long(length)),
        _ => Ok(()),
    }
}

fn number(text: &str, least: u64, most: u64) -> Result<Value, Wrong> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(number) if digits && (least..=most).contains(&number) => Ok(Value::Number(number)),
        Ok(number) if digits => Err(Wrong::NumberRange(number, least, most)),
        _ => Err(Wrong::Number(text.to_owned())),
    }
}

fn duration(text: &str) -> Result<Value, Wrong> {
    match written::duration(text) {
        Ok(duration) if duration <= DURATION_MAX => Ok(Value::Duration(duration)),
        Ok(_) | Err(DurationProblem::Huge) => {
            Err(Wrong::DurationRange(text.to_owned(), 0, milliseconds(DURATION_MAX)))
        }
        Err(DurationProblem::NoUnit) => Err(Wrong::DurationUnit(text.to_owned())),
        Err(DurationProblem::Malformed) => Err(Wrong::Duration(text.to_owned())),
    }
}

/// Absolute, without `..`, which behind a symbolic link leads elsewhere than it seems to, and
/// without what only a shell would fill in.
fn is_path(text: &str) -> bool {
    let path = Path::new(text);
    path.is_absolute()
        && !text.contains('$')
        && path.components().all(|part| part != Component::ParentDir)
}

/// A program and its arguments. An argument may be empty, a program may not.
fn command(parts: &[String]) -> Result<Value, Wrong> {
    let Some(program) = parts.first() else { return Err(Wrong::NoProgram) };
    if parts.len() > COMMAND_PARTS_MAX {
        return Err(Wrong::Parts(parts.len()));
    }
    if program.trim().is_empty() {
        return Err(Wrong::NoProgram);
    }
    for part in parts {
        check_argument(part)?;
    }
    // A relative path would start wherever duphong happens to run.
    if program.contains('/') && !is_path(program) {
        return Err(Wrong::Program(program.clone()));
    }
    if !program.contains('/') && program.contains(char::is_whitespace) {
        return Err(Wrong::Line(program.clone()));
    }
    Ok(Value::Command(parts.to_vec()))
}
