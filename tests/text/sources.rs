//! Scans the program's sources for fault codes and message ids. A line scan, not a parser: it
//! knows string literals, the body of `fn code`, and the calls that take a message id.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Calls whose first argument is a message id.
const NAMES_A_MESSAGE: &[&str] =
    &["Message::new(\"", "Message::with(\"", ".id(\"", ".phase(\"", "message(\""];

/// What stands before a verb of the audit log: a deed, or a constant that becomes one.
const NAMES_A_VERB: &[&str] = &[
    "Deed::new(\"",
    "VERB: &str = \"",
    "SKIPPED: &str = \"",
    "BEGIN: &str = \"",
    "STEP: &str = \"",
    "FACT: &str = \"",
    "SEND: &str = \"",
    "TEST: &str = \"",
    "HOLD: &str = \"",
    "ANCHOR: &str = \"",
];

/// One source file without its inline tests.
pub(super) struct Source {
    /// Where it is.
    pub path: String,
    /// Every string literal that could be a name: letters, digits, dots, hyphens, underscores.
    pub literals: BTreeSet<String>,
    /// Dotted literals in bodies of `fn code`.
    pub codes: BTreeSet<String>,
    /// Ids handed to the calls of [`NAMES_A_MESSAGE`].
    pub messages: BTreeSet<String>,
    /// Verbs of the audit log: in deeds, in constants for them, and in bodies of `fn verb`.
    pub verbs: BTreeSet<String>,
}

/// Every file under `src`.
pub(super) fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(Path::new("src"), &mut found);
    assert!(found.len() > 10, "the scan found the sources");
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            found.push(scan(&path));
        }
    }
}

fn scan(path: &Path) -> Source {
    let whole = fs::read_to_string(path).unwrap();
    let text = whole.split("#[cfg(test)]\nmod tests").next().unwrap();
    // A call that the formatter broke after its bracket is still that call.
    let joined = text.split('\n').map(str::trim_start).collect::<Vec<_>>().join("\n");
    let joined = joined.replace("(\n\"", "(\"");
    let literals = literals_of(text);
    // A label often reaches its words through a helper that takes the id.
    let labels = literals.iter().filter(|literal| literal.starts_with("label-")).cloned();
    let messages = NAMES_A_MESSAGE
        .iter()
        .flat_map(|call| joined.split(call).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|id| is_name(id))
        .map(str::to_owned)
        .chain(labels)
        .collect();
    let codes = text
        .split("fn code(&self)")
        .skip(1)
        .flat_map(|rest| literals_of(body(rest)))
        .filter(|literal| literal.contains('.'))
        .collect();
    let in_bodies = text.split("fn verb(").skip(1).flat_map(|rest| literals_of(body(rest)));
    let verbs = NAMES_A_VERB
        .iter()
        .flat_map(|call| joined.split(call).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|verb| is_name(verb))
        .map(str::to_owned)
        .chain(in_bodies)
        .filter(|verb| verb.contains('.'))
        .collect();
    Source { path: path.display().to_string(), literals, codes, messages, verbs }
}

/// The text up to the bracket that closes the first one.
fn body(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return &text[..at],
            '}' => depth -= 1,
            _ => {}
        }
    }
    text
}

fn literals_of(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        // Between every two quotes of a line: half of these are code, which `is_name` refuses.
        found.extend(line.split('"').skip(1).filter(|piece| is_name(piece)).map(str::to_owned));
    }
    found
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
}
