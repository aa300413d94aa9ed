//! What a verb has to say when it did not fail.

use serde_json::Value;

use crate::base::exit::ExitCode;
use crate::cli::table::{WIDTH, wrapped};

/// The answer of a verb, for people and for programs at once.
#[derive(Debug)]
pub(crate) struct Report {
    /// Not always [`ExitCode::Done`]: a drill that did not pass is an answer, not an error.
    pub exit: ExitCode,
    /// For people: worded already, one line each, to standard output.
    pub lines: Vec<String>,
    /// For programs: `result` in the envelope of `--json`. Never holds words.
    pub json: Value,
    /// Worded sentences that the reader can act on, to standard error.
    pub warnings: Vec<String>,
}

impl Report {
    /// All was done, and nothing is to be said about it yet.
    pub(crate) fn done(json: Value) -> Self {
        Self { exit: ExitCode::Done, lines: Vec::new(), json, warnings: Vec::new() }
    }

    /// Adds lines for people.
    #[must_use]
    pub(crate) fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// Adds a sentence for people, broken to the width of a terminal.
    #[must_use]
    pub(crate) fn sentence(self, words: &str) -> Self {
        self.lines(wrapped(words, WIDTH))
    }

    /// Adds warnings.
    #[must_use]
    pub(crate) fn warnings(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// Ends with another code.
    #[must_use]
    pub(crate) fn exit(mut self, exit: ExitCode) -> Self {
        self.exit = exit;
        self
    }
}
