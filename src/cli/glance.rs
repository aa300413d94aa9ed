//! What must be known before the command line is understood: how to complain about it.
//!
//! A command line that is wrong is still answered in the right language, in the right form. So the
//! few options that decide this are looked for wherever they stand, ahead of the real parser.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::text::Language;

/// The first look at a command line. Never fails: what it cannot read is left to the parser.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Glance {
    /// `--lang`, if it names a language of ours.
    pub language: Option<Language>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--json`.
    pub json: bool,
    /// `--no-color`.
    pub no_color: bool,
}

impl Glance {
    /// Looks at the arguments after the program's name.
    pub(super) fn at(arguments: &[OsString]) -> Self {
        let mut glance = Self::default();
        let mut rest = arguments.iter().take_while(|argument| *argument != "--");
        while let Some(argument) = rest.next() {
            if argument == "--json" {
                glance.json = true;
            } else if argument == "--no-color" {
                glance.no_color = true;
            } else if argument == "--lang" {
                glance.language = rest.next().and_then(|value| language(value)).or(glance.language);
            } else if argument == "--config" {
                glance.config = rest.next().map(PathBuf::from);
            } else if let Some((name, value)) = argument.to_str().and_then(|a| a.split_once('=')) {
                match name {
                    "--lang" => glance.language = language(OsStr::new(value)),
                    "--config" => glance.config = Some(PathBuf::from(value)),
                    _ => {}
                }
            }
        }
        glance
    }
}

fn language(value: &OsStr) -> Option<Language> {
    value.to_str().and_then(Language::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &Glance) {
        let arguments: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        assert_eq!(&Glance::at(&arguments), expected, "{line}");
    }

    #[test]
    fn the_options_are_found_wherever_they_stand() {
        let nothing = Glance::default;
        check("", &nothing());
        check("snapshot --lang en", &Glance { language: Some(Language::English), ..nothing() });
        check(
            "--lang=vi --json",
            &Glance { language: Some(Language::Vietnamese), json: true, ..nothing() },
        );
        check("--config a.yaml list", &Glance { config: Some("a.yaml".into()), ..nothing() });
        check(
            "--config=b.yaml --no-color",
            &Glance { config: Some("b.yaml".into()), no_color: true, ..nothing() },
        );
    }

    #[test]
    fn nonsense_is_left_to_the_parser() {
        check("--lang klingon", &Glance::default());
        check("--lang", &Glance::default());
        check("--config", &Glance::default());
        check("cat -- --json", &Glance::default());
    }
}
