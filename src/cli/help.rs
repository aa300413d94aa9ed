//! Help texts, filled into the command tree in the reader's language.
//!
//! Every command and every argument finds its words in the message files by its place in the tree:
//! `help-snapshot-create`, `help-snapshot-create-portal`; a longer text for a command's own page
//! may stand in `more-snapshot-create`, and names of values in `value-portal`. The parser's own
//! English words (headings, usage, defaults, possible values) are replaced here as well, so that a
//! page speaks one language. Every page ends with the exit codes, since scripts rely on them.

use clap::{Arg, Command};

use crate::base::exit::ExitCode;
use crate::cli::table::{self, WIDTH, width};
use crate::text::Catalog;

/// The longest usage line stays readable when its continuation is indented by this much.
const USAGE_INDENT: usize = 4;

/// The command tree with all its words.
pub(super) fn worded(command: Command, catalog: &Catalog) -> Command {
    let name = command.get_name().to_owned();
    Help { catalog }.command(command, &name, "").max_term_width(WIDTH)
}

/// The id of the words at `path` in the tree, for example `help` at `snapshot create portal`.
pub(super) fn id(kind: &str, path: &str) -> String {
    let path = path.replace([' ', '_', '='], "-").to_lowercase();
    format!("{kind}-{path}")
}

struct Help<'a> {
    catalog: &'a Catalog,
}

impl Help<'_> {
    /// `line` is what a person types (`duphong snapshot`), `path` the same without the program.
    fn command(&self, command: Command, line: &str, path: &str) -> Command {
        let own = if path.is_empty() { line } else { path };
        let about = self.words(&id("help", own));
        let more = self.words(&id("more", own));
        let command = command
            .about(about)
            .help_template(self.template(&more))
            .subcommand_help_heading(kept(self.catalog.id("page-heading-commands")))
            .after_help(self.exit_codes())
            .mut_args(|argument| self.argument(argument, path));
        let usage = self.usage(&command, line);
        command.override_usage(usage).mut_subcommands(|sub| {
            let name = sub.get_name().to_owned();
            let path = join(path, &name);
            self.command(sub, &join(line, &name), &path)
        })
    }

    fn argument(&self, argument: Arg, path: &str) -> Arg {
        let name = argument.get_id().as_str().to_owned();
        let global = argument.is_global_set() || name == "version";
        let path = if global { &name } else { &join(path, &name) };
        let heading = match (global, argument.is_positional()) {
            (true, _) => "page-heading-common",
            (false, true) => "page-heading-arguments",
            (false, false) => "page-heading-options",
        };
        let words = self.explained(&argument, self.words(&id("help", path)));
        let argument = argument.help(words).help_heading(kept(self.catalog.id(heading)));
        if !argument.get_action().takes_values() {
            return argument;
        }
        let values: Vec<_> = argument
            .get_value_names()
            .unwrap_or_default()
            .iter()
            .map(|value| kept(self.catalog.id(&id("value", value))))
            .collect();
        argument.value_names(values).hide_default_value(true).hide_possible_values(true)
    }

    /// Adds what may be given and what holds when nothing is.
    fn explained(&self, argument: &Arg, mut words: String) -> String {
        if !argument.get_action().takes_values() {
            return words;
        }
        let possible = argument.get_possible_values();
        let possible: Vec<_> = possible.iter().map(|value| value.get_name().into()).collect();
        let defaults = argument.get_default_values();
        let defaults: Vec<_> = defaults.iter().map(|value| value.to_string_lossy()).collect();
        for (heading, values) in
            [("page-possible-values", possible), ("page-default-value", defaults)]
        {
            if !values.is_empty() {
                words.extend([" [", &self.catalog.id(heading), ": ", &values.join(", "), "]"]);
            }
        }
        words
    }

    /// What can be typed, broken into lines where it is long.
    fn usage(&self, command: &Command, line: &str) -> String {
        let mut parts = vec![line.to_owned()];
        parts.extend(command.get_positionals().map(typed));
        let options = command.get_opts().filter(|option| option.is_required_set());
        parts.extend(options.map(typed));
        parts.push(format!("[{}]", self.catalog.id("page-usage-options")));
        if command.has_subcommands() {
            parts.push(format!("<{}>", self.catalog.id("page-usage-command")));
        }
        let room = WIDTH - width(&self.catalog.id("page-heading-usage")) - 2;
        let mut lines = vec![String::new()];
        for part in parts {
            let last = lines.last_mut().expect("it starts with one line and only grows");
            if last.is_empty() {
                *last = part;
            } else if width(last) + 1 + width(&part) <= room {
                last.push(' ');
                last.push_str(&part);
            } else {
                lines.push(format!("{}{part}", " ".repeat(USAGE_INDENT)));
            }
        }
        lines.join("\n")
    }

    fn template(&self, more: &str) -> String {
        let usage = self.heading("page-heading-usage");
        let more = match more {
            "" => String::new(),
            more => format!("{}\n\n", table::wrapped(more, WIDTH).join("\n")),
        };
        format!("{{about-with-newline}}\n{more}{usage} {{usage}}\n\n{{all-args}}{{after-help}}\n")
    }

    /// Two columns: twelve lines of codes would push the options off a small screen.
    fn exit_codes(&self) -> String {
        let words = |code: &ExitCode| {
            format!("{:>5}  {}", code.number(), self.catalog.id(exit_code_id(*code)))
        };
        let (left, right) = ExitCode::ALL.split_at(ExitCode::ALL.len() / 2);
        let left: Vec<_> = left.iter().map(words).collect();
        let column = left.iter().map(|text| width(text)).max().unwrap_or_default() + 2;
        let mut text = self.heading("page-heading-exit-codes");
        for (left, right) in left.iter().zip(right) {
            let gap = " ".repeat(column - width(left));
            text.extend(["\n", left, &gap, &words(right)]);
        }
        text
    }

    fn heading(&self, id: &str) -> String {
        let style = clap::builder::Styles::styled();
        let style = style.get_header();
        format!("{style}{}:{style:#}", self.catalog.id(id))
    }

    /// Hidden commands have no words, and not every command has more to say.
    fn words(&self, id: &str) -> String {
        if self.catalog.knows(id) { self.catalog.id(id) } else { String::new() }
    }
}

/// An argument as it is typed: `--portal <PORTAL>`, `<SET>`, `[PATH]`.
fn typed(argument: &Arg) -> String {
    let value = argument.get_value_names().unwrap_or_default().join(" ");
    match argument.get_long() {
        Some(name) => format!("--{name} <{value}>"),
        None if argument.is_required_set() => format!("<{value}>"),
        None => format!("[{value}]"),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path} {name}") }
}

/// The parser takes these few words only for the life of the program, and the one tree lives so long.
fn kept(words: String) -> &'static str {
    words.leak()
}

/// What a code means, in few words.
fn exit_code_id(code: ExitCode) -> &'static str {
    match code {
        ExitCode::Done => "exit-done",
        ExitCode::Failed => "exit-failed",
        ExitCode::Usage => "exit-usage",
        ExitCode::Warnings => "exit-warnings",
        ExitCode::RepositoryMissing => "exit-repository-missing",
        ExitCode::Locked => "exit-locked",
        ExitCode::WrongKey => "exit-wrong-key",
        ExitCode::Integrity => "exit-integrity",
        ExitCode::HumanNeeded => "exit-human-needed",
        ExitCode::Bug => "exit-bug",
        ExitCode::Configuration => "exit-configuration",
        ExitCode::Interrupted => "exit-interrupted",
        ExitCode::Halt => "exit-halt",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::arguments::CommandLine;
    use crate::text::Language;

    /// Every message that the tree wants, by the same rule that finds them.
    fn wanted(command: &Command, path: &str, ids: &mut BTreeSet<String>) {
        ids.insert(id("help", if path.is_empty() { command.get_name() } else { path }));
        for argument in command.get_arguments() {
            let name = argument.get_id().as_str();
            ids.insert(id("help", &join(path, name)));
            if argument.get_action().takes_values() {
                let values = argument.get_value_names().unwrap_or_default();
                ids.extend(values.iter().map(|value| id("value", value)));
            }
        }
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            wanted(sub, &join(path, sub.get_name()), ids);
        }
    }

    fn all_wanted() -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        wanted(&CommandLine::command(), "", &mut ids);
        ids
    }

    #[test]
    fn every_command_and_argument_is_explained_in_both_languages() {
        for language in Language::ALL {
            let catalog = Catalog::new(language);
            let missing: Vec<_> =
                all_wanted().into_iter().filter(|id| !catalog.knows(id)).collect();
            assert_eq!(missing, [""; 0], "{language:?}");
        }
    }

    #[test]
    fn no_explanation_is_left_over() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/text/messages/vi/cli.ftl");
        let text = std::fs::read_to_string(file).unwrap();
        let of_tree = |id: &&str| ["help-", "more-", "value-"].iter().any(|p| id.starts_with(p));
        let ids = text.lines().filter_map(|line| line.split_once(" =")).map(|(id, _)| id);
        let wanted = all_wanted();
        // A hidden command is not explained, but the names of its values stand in complaints.
        let is_wanted =
            |id: &str| wanted.contains(&id.replacen("more-", "help-", 1)) || id == "value-address";
        let left_over: Vec<_> = ids.filter(of_tree).filter(|id| !is_wanted(id)).collect();
        assert_eq!(left_over, [""; 0]);
    }

    #[test]
    fn every_page_fits_and_ends_with_the_exit_codes() {
        for language in Language::ALL {
            let mut root = worded(CommandLine::command(), &Catalog::new(language));
            root.build();
            check_pages(&mut root);
        }
    }

    fn check_pages(command: &mut Command) {
        let page = command.render_help().to_string();
        for line in page.lines() {
            assert!(width(line) <= WIDTH, "{}: {line}", command.get_name());
        }
        // Each begins with its number: none is broken.
        let codes: Vec<_> = page.trim_end().lines().rev().take(ExitCode::ALL.len() / 2).collect();
        let is_whole = |line: &&str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
        assert!(codes[0].contains("130") && codes.iter().all(is_whole), "{page}");
        for sub in command.get_subcommands_mut() {
            check_pages(sub);
        }
    }

    #[test]
    fn a_long_usage_is_broken_between_arguments() {
        let catalog = Catalog::new(Language::English);
        let root = worded(CommandLine::command(), &catalog);
        let mut recover = root.find_subcommand("recover").unwrap().clone();
        assert_eq!(
            recover.render_usage().to_string(),
            "Usage: duphong recover --repository <PLACE> --password-file <FILE> --dir <DIR>\n    \
             [OPTIONS]"
        );
    }
}
