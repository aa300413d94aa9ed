//! The rules for documents: no dead link, one sentence a line, nothing that goes stale by itself.
//!
//! What a document says is for reviewers; this looks only at what a machine can see.

use std::path::Path;

use super::report;
use super::source::{Source, files, line_at};

/// The documents that people enter by, in their languages.
const READMES: [&str; 2] = ["README.md", "README.vi.md"];

#[test]
fn no_document_points_at_nothing() {
    let exists = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists();
    report(&documents().iter().flat_map(|file| dead_links(file, exists)).collect::<Vec<_>>());
    let mut mentions = files("src", &[".rs", ".ftl"]);
    // This file plants mentions of documents that are not there.
    mentions
        .extend(files("tests", &[".rs"]).into_iter().filter(|f| !f.path.ends_with("documents.rs")));
    report(&mentions.iter().flat_map(|file| dead_mentions(file, exists)).collect::<Vec<_>>());
}

#[test]
fn documents_keep_one_sentence_a_line_and_no_line_numbers() {
    report(&documents().iter().flat_map(crowded_lines).collect::<Vec<_>>());
}

#[test]
fn every_stored_version_names_the_document_of_its_format() {
    let all = files("src", &[".rs"]);
    let offences = all.iter().filter_map(|file| undocumented_format(file, &all));
    report(&offences.collect::<Vec<_>>());
}

#[test]
fn decisions_have_a_number_of_their_own() {
    report(&misnumbered(&files("docs/decisions", &[".md"])));
}

#[test]
fn both_readmes_show_the_same_commands() {
    let [english, vietnamese] = READMES.map(|name| files_at_root(name).unwrap());
    assert_eq!(commands(&english), commands(&vietnamese));
}

fn documents() -> Vec<Source> {
    let mut all = files("docs", &[".md"]);
    all.extend(READMES.iter().filter_map(|name| files_at_root(name)));
    all
}

/// A file of the root folder; `target` and the rest of the root are not walked.
fn files_at_root(name: &str) -> Option<Source> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = std::fs::read_to_string(path).ok()?;
    Some(Source { path: name.to_owned(), text })
}

/// The lines of a document outside fenced blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then_some((number + 1, line))
    })
}

/// Links to files that are not there. Links that leave the project are not followed.
fn dead_links(file: &Source, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut offences = Vec::new();
    for (number, line) in prose(&file.text) {
        for (_, rest) in line.match_indices("](").map(|(at, _)| line.split_at(at + 2)) {
            let target = rest.split([')', '#', ' ']).next().unwrap_or("");
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if !exists(format!("{folder}/{target}").trim_start_matches('/')) {
                offences.push(format!("{}:{number}: dead link: `{target}`", file.path));
            }
        }
    }
    offences
}

/// Documents that the source names by path and that are not there.
fn dead_mentions(file: &Source, exists: impl Fn(&str) -> bool) -> Vec<String> {
    file.text
        .match_indices("docs/")
        .filter_map(|(offset, _)| {
            let rest = &file.text[offset..];
            let end = rest.find(".md")? + ".md".len();
            let name = &rest[..end];
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            (plain && !exists(name))
                .then(|| format!("{}:{}: names `{name}`", file.path, line_at(&file.text, offset)))
        })
        .collect()
}

fn crowded_lines(file: &Source) -> Vec<String> {
    let mut offences = Vec::new();
    for (number, line) in prose(&file.text) {
        // Cells of a table cannot be broken over lines.
        if !line.trim_start().starts_with('|') && has_two_sentences(line) {
            offences.push(format!("{}:{number}: one sentence a line", file.path));
        }
        if line.contains(".rs:") {
            offences.push(format!("{}:{number}: line numbers go stale", file.path));
        }
    }
    offences
}

/// A full stop behind a word or a closing sign, then a space and a capital letter.
fn has_two_sentences(line: &str) -> bool {
    let characters: Vec<char> = line.chars().collect();
    characters.windows(4).any(|four| {
        (four[0].is_lowercase() || matches!(four[0], ')' | '`' | '”' | '*'))
            && matches!(four[1], '.' | '?' | '!')
            && four[2] == ' '
            && four[3].is_uppercase()
    })
}

/// A constant `VERSION` is written to disk: its file, or the head of its module, names the
/// document of the format.
fn undocumented_format(file: &Source, all: &[Source]) -> Option<String> {
    let names_document = |file: &Source| file.text.contains("docs/formats/");
    let head = file.module().map(|module| format!("src/{module}/mod.rs"));
    let versioned = file.code().contains("const VERSION: u");
    let documented = names_document(file)
        || all.iter().any(|other| Some(&other.path) == head.as_ref() && names_document(other));
    (versioned && !documented)
        .then(|| format!("{}: has a stored `VERSION` and names no docs/formats/*.md", file.path))
}

fn misnumbered(decisions: &[Source]) -> Vec<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut offences = Vec::new();
    for file in decisions {
        let name = file.path.rsplit('/').next().unwrap_or("");
        let number = name.split('-').next().unwrap_or("");
        let numbered = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
        if !numbered || !file.text.starts_with("# ") {
            offences.push(format!("{}: `NNNN-title.md`, opening with `# title`", file.path));
        } else if seen.contains(&number) {
            offences.push(format!("{}: the number {number} is taken", file.path));
        }
        seen.push(number);
    }
    offences
}

/// The lines of the fenced `sh` blocks.
fn commands(file: &Source) -> Vec<&str> {
    let mut shown = Vec::new();
    let mut inside = false;
    for line in file.text.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            command if inside => shown.push(command.split(" #").next().unwrap_or("").trim_end()),
            _ => {}
        }
    }
    shown
}

#[test]
fn planted_offences_in_documents_are_found() {
    let file = |text: &str| Source::planted("docs/A.md", text);
    let dead = |text: &str| dead_links(&file(text), |path| path == "docs/B.md").len();
    assert_eq!(dead("[b](B.md) and [b](B.md#part) and [c](https://c.example)"), 0);
    assert_eq!(dead("[c](C.md) and [d](../D.md)"), 2);
    assert_eq!(dead("```\n[c](C.md)\n```"), 0);

    let source = Source::planted("src/a.rs", "//! See `docs/formats/gone.md` and docs/B.md.");
    assert_eq!(dead_mentions(&source, |path| path == "docs/B.md").len(), 1);

    let crowded = |text: &str| crowded_lines(&file(text)).len();
    assert_eq!(crowded("One sentence, with a fig. 3 in it, and v0.2 too."), 0);
    assert_eq!(crowded("One sentence. Two sentences."), 1);
    assert_eq!(crowded("Một câu. Đây là câu nữa."), 1);
    assert_eq!(crowded("| a cell. Another | b |"), 0);
    assert_eq!(crowded("See `src/a.rs:12` for it."), 1);

    let stored = Source::planted("src/a/b.rs", "pub const VERSION: u32 = 1;");
    let named = Source::planted("src/a/b.rs", "//! docs/formats/a.md\nconst VERSION: u32 = 1;");
    let head = Source::planted("src/a/mod.rs", "//! See docs/formats/a.md");
    assert!(undocumented_format(&stored, &[]).is_some());
    assert!(undocumented_format(&named, &[]).is_none());
    assert!(undocumented_format(&stored, &[head]).is_none());

    let decision = |name: &str| Source::planted(&format!("docs/decisions/{name}"), "# Why");
    assert_eq!(misnumbered(&[decision("0001-a.md"), decision("0002-b.md")]).len(), 0);
    assert_eq!(misnumbered(&[decision("0001-a.md"), decision("0001-b.md")]).len(), 1);
    assert_eq!(misnumbered(&[decision("why.md")]).len(), 1);
}
