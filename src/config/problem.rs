//! What is wrong with a configuration: collected, placed, and quotable without giving secrets away.
//!
//! Every check leaves its [`Complaint`] here and goes on, so that a person sees all problems at
//! once. Sorted by position at the end. Nothing here words a text: problems hold message ids.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;

use crate::base::fault::{Arg, Args, Fault, FaultKind, Message};

/// Nobody reads more than this; a hostile file cannot make us hold more. The rest is counted.
pub const PROBLEMS_MAX: usize = 200;

/// The part of a line that is quoted: fits a wide terminal beside its line number.
const EXCERPT_MAX: usize = 120;

/// A place in the file: both count from one, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Position {
    /// Where every file begins: for problems with the file as a whole.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Whether the configuration can be used in spite of the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but the person should know.
    Warning,
}

impl Severity {
    /// The word that stands in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The place in terms of keys: `portals.mau.drill.rto`, `portals.mau.trees[0].path` (items
    /// count from zero). Empty for the file as a whole.
    pub path: String,
    /// The place in the file.
    pub at: Position,
    /// How bad.
    pub severity: Severity,
    /// What is wrong.
    pub message: Message,
    /// What to do.
    pub hint: Option<Message>,
    /// The line it stands on; absent where the line may hold a secret or where there is none.
    pub excerpt: Option<Excerpt>,
}

/// A line of the file, fit for a terminal: clipped, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The line, or the part of it around the problem.
    pub text: String,
    /// Characters of `text` before the place of the problem: where a caret goes.
    pub caret: usize,
}

/// All problems of one file, in the order of the file. At least one is an error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{}` has {} problems, first {} at {}", file.display(), self.count(), self.first(), self.at())]
pub struct Problems {
    /// The file.
    pub file: PathBuf,
    /// At most [`PROBLEMS_MAX`].
    pub list: Vec<Problem>,
    /// Those beyond.
    pub more: u64,
}

impl Problems {
    /// How many there are, those beyond the list included.
    pub fn count(&self) -> u64 {
        self.list.len() as u64 + self.more
    }

    fn first(&self) -> &str {
        self.list.first().map_or("", |problem| problem.message.id)
    }

    fn at(&self) -> Position {
        self.list.first().map_or(Position::START, |problem| problem.at)
    }
}

impl Fault for Problems {
    fn kind(&self) -> FaultKind {
        FaultKind::Config
    }

    fn code(&self) -> &'static str {
        "config.problems"
    }

    fn args(&self) -> Args {
        Args::none().text("path", self.file.display()).number("count", self.count())
    }
}

/// A problem that has no place yet: what, how bad, what to do.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    severity: Severity,
    id: &'static str,
    hint: Option<&'static str>,
    args: Args,
    secret: bool,
}

impl Complaint {
    pub(super) fn error(id: &'static str) -> Self {
        Self { severity: Severity::Error, id, hint: None, args: Args::none(), secret: false }
    }

    pub(super) fn warning(id: &'static str) -> Self {
        Self { severity: Severity::Warning, ..Self::error(id) }
    }

    /// What a module below says about a value that stands in a file.
    pub(super) fn of(message: Message, hint: Option<Message>) -> Self {
        let complaint = Self { hint: hint.map(|hint| hint.id), ..Self::error(message.id) };
        message.args.0.into_iter().fold(complaint, |complaint, (name, value)| match value {
            Arg::Text(text) => complaint.text(name, text),
            Arg::Number(number) => complaint.number(name, number),
        })
    }

    /// The hint gets the same values as the message.
    pub(super) fn hint(mut self, id: &'static str) -> Self {
        self.hint = Some(id);
        self
    }

    pub(super) fn text(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args = self.args.text(name, clipped(&value.to_string()));
        self
    }

    pub(super) fn number(mut self, name: &'static str, value: u64) -> Self {
        self.args = self.args.number(name, value);
        self
    }

    /// The line holds a secret and is never quoted.
    pub(super) fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// Where complaints are left. Shared by everything that looks at one file.
#[derive(Debug, Default)]
pub(super) struct Report(RefCell<Collected>);

#[derive(Debug, Default)]
struct Collected {
    problems: Vec<(Problem, bool)>,
    more: u64,
    errors: u64,
}

impl Report {
    pub(super) fn add(&self, path: &str, at: Position, complaint: Complaint) {
        let mut collected = self.0.borrow_mut();
        if complaint.severity == Severity::Error {
            collected.errors += 1;
        }
        if collected.problems.len() >= PROBLEMS_MAX {
            collected.more += 1;
            return;
        }
        let Complaint { severity, id, hint, args, secret } = complaint;
        let hint = hint.map(|id| Message::with(id, args.clone()));
        let message = Message::with(id, args);
        let problem = Problem { path: clipped(path), at, severity, message, hint, excerpt: None };
        collected.problems.push((problem, secret));
    }

    pub(super) fn has_errors(&self) -> bool {
        self.0.borrow().errors > 0
    }

    /// Whether further complaints are only counted: the place to skip costly advice.
    pub(super) fn is_full(&self) -> bool {
        self.0.borrow().problems.len() >= PROBLEMS_MAX
    }

    /// Hands the problems of one severity over to another report.
    pub(super) fn move_to(self, other: &Self, severity: Severity) {
        let mut collected = other.0.borrow_mut();
        for (problem, secret) in self.0.into_inner().problems {
            if problem.severity == severity {
                collected.errors += u64::from(severity == Severity::Error);
                collected.problems.push((problem, secret));
            }
        }
    }

    /// The problems in the order of the file, each with its line of `source`, and how many more.
    pub(super) fn finish(self, source: &str) -> (Vec<Problem>, u64) {
        let collected = self.0.into_inner();
        let lines: Vec<&str> = source.lines().collect();
        let mut problems: Vec<Problem> = collected
            .problems
            .into_iter()
            .map(|(mut problem, secret)| {
                problem.excerpt = if secret { None } else { excerpt(&lines, problem.at) };
                problem
            })
            .collect();
        problems.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
        (problems, collected.more)
    }
}

/// The line at a place, unless it may hold a secret.
pub(super) fn excerpt(lines: &[&str], at: Position) -> Option<Excerpt> {
    let number = at.line.checked_sub(1)? as usize;
    let line = lines.get(number)?;
    if may_hold_secret(line) || enclosing(lines, number).any(may_hold_secret) {
        return None;
    }
    let column = at.column.saturating_sub(1) as usize;
    let start = if column < EXCERPT_MAX { 0 } else { column - EXCERPT_MAX / 2 };
    let text = line.chars().skip(start).take(EXCERPT_MAX).map(visible).collect();
    Some(Excerpt { text, caret: column - start })
}

/// The lines that a line is indented under, innermost first: `password:` above `value: hunter2`.
fn enclosing<'l>(lines: &[&'l str], number: usize) -> impl Iterator<Item = &'l str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut limit = lines.get(number).map_or(0, |line| indent(line));
    lines[..number].iter().rev().copied().filter(move |line| {
        let outside = !line.trim_start().is_empty() && indent(line) < limit;
        if outside {
            limit = indent(line);
        }
        outside
    })
}

/// A misspelt `pasword: hunter2` is an unknown key, and its line must not reach a log. Lines that
/// only point at a secret are withheld too: the position says enough.
fn may_hold_secret(line: &str) -> bool {
    let line = line.to_lowercase();
    let has_credentials = line.contains("://") && line.contains('@');
    let words = ["pas", "pwd", "secret", "credential", "token", "mật khẩu", "mat-khau", "mat_khau"];
    has_credentials || words.iter().any(|word| line.contains(word))
}

fn visible(c: char) -> char {
    if c == '\t' {
        ' '
    } else if c.is_control() {
        char::REPLACEMENT_CHARACTER
    } else {
        c
    }
}

/// Values of a message are as long as people read; a megabyte of key is cut.
fn clipped(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_quoted_around_the_problem() {
        let line = format!("{}ở đây{}", "x".repeat(300), "y".repeat(300));
        let found = excerpt(&[&line], Position { line: 1, column: 301 }).unwrap();
        assert_eq!(found.text.chars().count(), EXCERPT_MAX);
        assert_eq!(found.text.chars().nth(found.caret), Some('ở'));
    }

    #[test]
    fn lines_that_may_hold_a_secret_are_not_quoted() {
        for line in ["pasword: hunter2", "  Passwd: x", "url: postgres://a:b@c/d"] {
            assert_eq!(excerpt(&[line], Position::START), None, "{line}");
        }
        assert!(excerpt(&["state: /var/lib"], Position::START).is_some());
        assert_eq!(excerpt(&[], Position { line: 7, column: 1 }), None);
    }

    #[test]
    fn problems_beyond_the_limit_are_counted_and_errors_among_them_still_count() {
        let report = Report::default();
        for _ in 0..PROBLEMS_MAX {
            report.add("", Position::START, Complaint::warning("config-test"));
        }
        assert!(!report.has_errors() && report.is_full());
        report.add("", Position::START, Complaint::error("config-test"));
        assert!(report.has_errors());
        let (list, more) = report.finish("");
        assert_eq!((list.len(), more), (PROBLEMS_MAX, 1));
    }
}
