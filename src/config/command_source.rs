//! Reads a database that is dumped, loaded and counted by commands, and a tree that one brings.
//!
//! A secret is named by where it is kept, never written here: the configuration goes into every set.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::base::command::{Blank, Command, Left};
use crate::config::command::command;
use crate::config::command_drill::{self, Production};
use crate::config::decode::{Cursor, Section};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::settings::{CommandSource, Pull, Variable};
use crate::config::tree::Value;

/// The longest that any command of a database may take.
const LIMIT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(14 * 24);

/// A dump of a large database over a slow line is done in a night.
const LIMIT_DEFAULT: Duration = Duration::from_hours(6);

/// Programs that sort before they write are silent for minutes, not for half an hour.
const SILENCE_DEFAULT: Duration = Duration::from_mins(30);

/// Files of one dump that are named beforehand.
const PATTERNS_MAX: usize = 50;

/// Trees of which one database names files.
const PATHS_MAX: usize = 20;

/// Variables of one program.
const VARIABLES_MAX: usize = 50;

/// The longest ending of a file's name.
const EXTENSION_MAX: usize = 16;

/// A closing line; what the end is searched in is longer.
const END_CHARACTERS_MAX: usize = 200;

/// The section `command` of a database.
pub(super) fn command_source<'a>(
    value: &Cursor<'a>,
    asked: &mut Vec<(Cursor<'a>, String)>,
) -> Option<CommandSource> {
    let section = value.section(&keys::COMMAND)?;
    let dump = section.need("dump", |value| command(value, &[Blank::Folder]));
    let has_folder = dump.as_ref().is_some_and(|dump| dump.has(Blank::Folder));
    let load = section.may("load", |value| {
        let load = command(value, &[Blank::Target, Blank::Folder])?;
        if !load.has(Blank::Target) {
            let complaint = Complaint::error("config-command-target");
            value.complain(complaint.hint("config-command-target-hint"));
        }
        Some(load)
    });
    let count = section.may("count", |value| command(value, &[]));
    let paths = section.may("paths", |value| Some(paths(value, &[], asked))).unwrap_or_default();
    let environment =
        section.may("environment", |value| Some(environment(value))).unwrap_or_default();
    let limit = section.may("timeout", |value| value.duration(LIMIT));
    let silence = section.may("silence", |value| value.duration(LIMIT));
    let left = left(&section, has_folder);
    let drill = section.may("drill", |value| command_drill::drill(value, asked));
    if dump.is_some() {
        for (key, load) in [("load", load.as_ref()), ("drill", drill.as_ref().map(|d| &d.load))] {
            if let (Some(load), Some(value)) = (load, section.get(key))
                && load.has(Blank::Folder) != has_folder
            {
                let complaint = Complaint::error("config-command-folder");
                value.complain(complaint.hint("config-command-folder-hint"));
            }
        }
    }
    let (dumps, loads, counts) = (dump.as_ref(), load.as_ref(), count.as_ref());
    let production = Production {
        dump: dumps,
        load: loads,
        count: counts,
        paths: &paths,
        environment: &environment,
    };
    command_drill::check(&section, drill.as_ref(), &production);
    if section.get("count").is_none() {
        let complaint = Complaint::warning("config-command-uncounted");
        value.complain(complaint.hint("config-command-uncounted-hint"));
    }
    Some(CommandSource {
        dump: dump?,
        load,
        count,
        paths,
        left,
        environment,
        limit: limit.unwrap_or(LIMIT_DEFAULT),
        silence: silence.unwrap_or(SILENCE_DEFAULT),
        drill,
    })
}

/// The commands that print which files of a tree a database names, by the names of trees; `asked`
/// gets these, with where they are.
pub(super) fn paths<'a>(
    value: &Cursor<'a>,
    allowed: &[Blank],
    asked: &mut Vec<(Cursor<'a>, String)>,
) -> Vec<(String, Command)> {
    let mut paths = Vec::new();
    for named in value.named(1..=PATHS_MAX) {
        asked.push((named.value.clone(), named.name.to_owned()));
        let command = command(&named.value, allowed);
        paths.extend(command.map(|command| (named.name.to_owned(), command)));
    }
    paths
}

/// The section `pull` of a tree.
pub(super) fn pull(value: &Cursor<'_>) -> Option<Pull> {
    let section = value.section(&keys::PULL)?;
    let command = section.need("command", |value| command(value, &[]));
    let environment =
        section.may("environment", |value| Some(environment(value))).unwrap_or_default();
    let limit = section.may("timeout", |value| value.duration(LIMIT));
    let silence = section.may("silence", |value| value.duration(LIMIT));
    Some(Pull {
        command: command?,
        environment,
        limit: limit.unwrap_or(LIMIT_DEFAULT),
        silence: silence.unwrap_or(SILENCE_DEFAULT),
    })
}

/// What the dump leaves, by whether it is given a folder.
fn left(section: &Section<'_>, has_folder: bool) -> Left {
    let extension = section.may("extension", extension);
    let end = section.may("ends-with", |value| value.text_within(END_CHARACTERS_MAX));
    let wanted = section
        .may("files", |value| Some(value.list_of(1..=PATTERNS_MAX, pattern)))
        .unwrap_or_default();
    let misplaced: &[&'static str] =
        if has_folder { &["extension", "ends-with"] } else { &["files"] };
    for key in misplaced {
        if let Some(value) = section.get(key) {
            let complaint = Complaint::error("config-command-form").text("key", key);
            value.complain(complaint.hint("config-command-form-hint"));
        }
    }
    if has_folder {
        return Left::Files { wanted };
    }
    Left::Stream { extension: extension.unwrap_or_else(|| "dump".to_owned()), end }
}

fn extension(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
    let dotted = text.split('.').any(str::is_empty);
    if text.len() <= EXTENSION_MAX && text.chars().all(legal) && !dotted {
        return Some(text);
    }
    let complaint = Complaint::error("config-command-extension").text("value", &text);
    value.refuse(complaint.hint("config-command-extension-hint"))
}

/// A name of a file, in which `*` stands for any run of characters.
fn pattern(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    if !text.contains('/') {
        return Some(text);
    }
    let complaint = Complaint::error("config-command-pattern").text("value", &text);
    value.refuse(complaint.hint("config-command-pattern-hint"))
}

pub(super) fn environment(value: &Cursor<'_>) -> Vec<(String, Variable)> {
    let mut variables = Vec::new();
    for named in value.named(1..=VARIABLES_MAX) {
        let first = named.name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let legal = named.name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
        // Ours: by it the program's descendants are found again.
        if !first || !legal || named.name == "DUPHONG_MARK" {
            let complaint = Complaint::error("config-variable").text("value", named.name);
            named.value.complain(complaint.hint("config-variable-hint"));
            continue;
        }
        let variable = match named.value.value {
            Value::Mapping(_) => named.value.secret().map(Variable::Secret),
            // Complains of it: what is written here is in every set.
            _ if means_secret(named.name) => named.value.secret().map(Variable::Secret),
            _ => named.value.text().and_then(|text| plain(&named.value, text)),
        };
        variables.extend(variable.map(|variable| (named.name.to_owned(), variable)));
    }
    variables
}

/// Whether a variable of this name holds a secret: so are those called that programs read.
fn means_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // `PGPASSFILE`, `SSH_KEY_PATH`: where it lies, not what it is.
    if ["FILE", "PATH", "DIR", "FOLDER"].iter().any(|end| name.ends_with(end)) {
        return false;
    }
    let inside = ["PASSW", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL", "APIKEY"];
    let last = ["PASS", "PWD", "KEY", "AUTH"];
    inside.iter().any(|part| name.contains(part)) || last.iter().any(|end| name.ends_with(end))
}

/// A text that is no secret; `mongodb://duphong:secret@host` and `Server=db;Password=secret` hold one,
/// whatever their variable is called.
fn plain(value: &Cursor<'_>, text: String) -> Option<Variable> {
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    let account = authority.and_then(|authority| authority.rsplit_once('@'));
    let lower = text.to_ascii_lowercase();
    let names_one = ["password=", "passwd=", "pwd="].iter().any(|key| lower.contains(key));
    if names_one || account.is_some_and(|(account, _)| account.contains(':')) {
        return value.secret().map(Variable::Secret);
    }
    Some(Variable::Text(text))
}
