//! Reads the commands of a drill, and refuses what would let one touch production.
//!
//! Each command of a drill is its own, and so is its environment: a program that finds its server by
//! a variable would find production. Programs are compared by the names of their files, since
//! `/usr/bin/psql` and `psql` are one program. Where a load leads is known as far as the
//! configuration tells: a drill's command that is production's load with a target filled in is
//! refused when the commands or the environment of production speak of that target.

use crate::base::command::{Blank, Command};
use crate::config::command::command;
use crate::config::command_source::{environment, paths};
use crate::config::decode::{Cursor, Section};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::settings::{CommandDrill, Variable};

/// What production's commands are, and what they are run with.
pub(super) struct Production<'a> {
    pub(super) dump: Option<&'a Command>,
    pub(super) load: Option<&'a Command>,
    pub(super) count: Option<&'a Command>,
    pub(super) paths: &'a [(String, Command)],
    pub(super) environment: &'a [(String, Variable)],
}

/// The commands of a drill: what they touch is made and cleared away by them.
pub(super) fn drill<'a>(
    value: &Cursor<'a>,
    asked: &mut Vec<(Cursor<'a>, String)>,
) -> Option<CommandDrill> {
    let section = value.section(&keys::COMMAND_DRILL)?;
    let clean = section.need("clean", |value| command(value, &[Blank::Scratch]));
    let prepare = section.may("prepare", |value| command(value, &[Blank::Scratch]));
    let load = section.need("load", |value| command(value, &[Blank::Scratch, Blank::Folder]));
    let count = section.may("count", |value| command(value, &[Blank::Scratch]));
    let paths = section.may("paths", |value| Some(paths(value, &[Blank::Scratch], asked)));
    let environment =
        section.may("environment", |value| Some(environment(value))).unwrap_or_default();
    let paths = paths.unwrap_or_default();
    Some(CommandDrill { clean: clean?, prepare, load: load?, count, paths, environment })
}

/// A command of production in a drill would load an old set over production, or count production
/// and find it equal to itself; a secret of production lets any command reach it.
pub(super) fn check(
    section: &Section<'_>,
    drill: Option<&CommandDrill>,
    production: &Production<'_>,
) {
    let (Some(drill), Some(value)) = (drill, section.get("drill")) else {
        if section.get("drill").is_none() {
            let complaint = Complaint::warning("config-command-undrilled");
            section.cursor.complain(complaint.hint("config-command-undrilled-hint"));
        }
        return;
    };
    let own = [Some(&drill.clean), drill.prepare.as_ref(), Some(&drill.load), drill.count.as_ref()];
    let own = || own.into_iter().flatten().chain(drill.paths.iter().map(|(_, command)| command));
    if own().any(|one| production.has(one)) {
        let complaint = Complaint::error("config-command-production");
        value.complain(complaint.hint("config-command-production-hint"));
    } else if let Some(target) = own().find_map(|one| production.loads_into(one)) {
        let complaint = Complaint::error("config-command-production-target").text("value", &target);
        value.complain(complaint.hint("config-command-production-hint"));
    }
    for (name, variable) in &drill.environment {
        let is_same = |(_, other): &(String, Variable)| other == variable;
        if matches!(variable, Variable::Secret(_)) && production.environment.iter().any(is_same) {
            let complaint = Complaint::error("config-command-drill-secret").text("value", name);
            value.complain(complaint.hint("config-command-drill-secret-hint"));
        }
    }
    if section.get("count").is_some() && drill.count.is_none() {
        let complaint = Complaint::warning("config-command-drill-uncounted");
        value.complain(complaint.hint("config-command-uncounted-hint"));
    }
    let asks = |tree: &String| drill.paths.iter().any(|(name, _)| name == tree);
    for (tree, _) in production.paths.iter().filter(|(tree, _)| !asks(tree)) {
        let complaint = Complaint::warning("config-command-drill-unasked").text("value", tree);
        value.complain(complaint.hint("config-command-drill-unasked-hint"));
    }
}

impl Production<'_> {
    /// Whether this is one of its commands.
    fn has(&self, own: &Command) -> bool {
        let all = [self.dump, self.load, self.count].into_iter().flatten();
        all.chain(self.paths.iter().map(|(_, command)| command)).any(|one| {
            file_name(&one.program) == file_name(&own.program) && one.arguments == own.arguments
        })
    }

    /// The target of production's load that this command loads into, if production speaks of it.
    fn loads_into(&self, own: &Command) -> Option<String> {
        target_of(self.load?, own).filter(|target| self.speaks_of(target))
    }

    fn speaks_of(&self, target: &str) -> bool {
        let words = |command: &Command| shown(command, "\0");
        let paths = self.paths.iter().map(|(_, command)| command);
        let arguments = [self.dump, self.count].into_iter().flatten().chain(paths).flat_map(words);
        let values = self.environment.iter().filter_map(|(_, variable)| match variable {
            Variable::Text(text) => Some(text.clone()),
            Variable::Secret(_) => None,
        });
        arguments.chain(values).any(|word| holds_word(&word, target))
    }
}

fn file_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// The arguments as text: `{target}` as it is given, and what only duphong knows as what no person
/// can write.
fn shown(command: &Command, target: &str) -> Vec<String> {
    let filled = command.fill(|blank| match blank {
        Blank::Target => target.into(),
        Blank::Folder => "\u{1}".into(),
        Blank::Scratch => "\u{2}".into(),
    });
    filled.into_iter().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// What `{target}` of `load` must stand for to make it the command `own`.
fn target_of(load: &Command, own: &Command) -> Option<String> {
    if file_name(&load.program) != file_name(&own.program) {
        return None;
    }
    let (open, own) = (shown(load, "\0"), shown(own, "\0"));
    let (pattern, whole) = open.iter().zip(&own).find(|(pattern, _)| pattern.contains('\0'))?;
    let (before, _) = pattern.split_once('\0')?;
    let rest = whole.strip_prefix(before)?;
    let ends = rest.char_indices().map(|(at, one)| at + one.len_utf8());
    ends.map(|end| &rest[..end]).find(|target| shown(load, target) == own).map(str::to_owned)
}

/// Whether `word` stands in `text` and not only as a part of a longer name.
fn holds_word(text: &str, word: &str) -> bool {
    let joins = |one: Option<char>| one.is_some_and(|c| c.is_alphanumeric() || "_-".contains(c));
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !joins(before.chars().next_back()) && !joins(after.chars().next())
    })
}
