//! The project's files as the rules see them, and Rust text without its comments and literals.
//!
//! No parser: a scan that knows where comments, strings and character literals begin and end is
//! enough for every rule here, and it cannot disagree with a new edition of the language about
//! more than a brace.

use std::fs;
use std::path::Path;

/// One file: where it stands, from the root of the package with `/` between names, and its text.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// A file that a test makes up.
    pub(super) fn planted(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The text with comments and the content of literals blanked; every line keeps its number.
    pub(super) fn code(&self) -> String {
        blank_comments_and_literals(&self.text)
    }

    /// The module below `src` that the file belongs to; nothing for the two crate roots.
    pub(super) fn module(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        match below.split_once('/') {
            Some((module, _)) => Some(module),
            None => {
                below.strip_suffix(".rs").filter(|name| !matches!(*name, "build" | "lib" | "main"))
            }
        }
    }
}

/// Every file below `folder` whose name ends with one of `endings`, in the order of their paths.
pub(super) fn files(folder: &str, endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(Source { path: name, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Every Rust file of the package.
pub(super) fn rust_files() -> Vec<Source> {
    let mut all = files("src", &[".rs"]);
    all.extend(files("tests", &[".rs"]));
    all
}

/// The line, counted from one, of the byte at `offset`.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Whether a character can be part of a name.
pub(super) fn in_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The offsets at which `word` stands as a whole word.
pub(super) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(offset, _)| offset).filter(move |&offset| {
        let before = code[..offset].chars().next_back();
        let after = code[offset + word.len()..].chars().next();
        !before.is_some_and(in_name) && !after.is_some_and(in_name)
    })
}

/// The offset just behind the brace that closes the one at `open`, in text without literals.
pub(super) fn behind_block(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return offset + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// `code` with every `#[cfg(test)] mod … { … }` blanked, lines kept.
pub(super) fn without_inline_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut rest = String::with_capacity(code.len());
    let mut from = 0;
    while let Some(mark) = code[from..].find(MARK).map(|at| from + at) {
        let behind = mark + MARK.len();
        let block = code[behind..]
            .trim_start()
            .starts_with("mod ")
            .then(|| code[behind..].find(['{', ';']).map(|at| behind + at))
            .flatten()
            .filter(|&at| code.as_bytes()[at] == b'{');
        let end = block.map_or(behind, |open| behind_block(code, open));
        rest.push_str(&code[from..mark]);
        rest.extend(code[mark..end].chars().filter(|&character| character == '\n'));
        from = end;
    }
    rest.push_str(&code[from..]);
    rest
}

fn blank_comments_and_literals(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let end = skipped_end(&characters, at);
        if end == at {
            code.push(characters[at]);
            at += 1;
        } else {
            code.extend(characters[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    code
}

/// Where the comment or literal that begins at `at` ends; `at` itself if none begins there.
fn skipped_end(text: &[char], at: usize) -> usize {
    let next = text.get(at + 1).copied();
    match text[at] {
        '/' if next == Some('/') => {
            text[at..].iter().position(|&c| c == '\n').map_or(text.len(), |length| at + length)
        }
        '/' if next == Some('*') => block_comment_end(text, at),
        '"' => string_end(text, at),
        'r' if at == 0 || !in_name(text[at - 1]) || matches!(text[at - 1], 'b' | 'c') => {
            raw_string_end(text, at)
        }
        '\'' => character_end(text, at),
        _ => at,
    }
}

fn block_comment_end(text: &[char], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut here = at;
    while here < text.len() {
        match (text[here], text.get(here + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                here += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                here += 2;
                if depth == 0 {
                    return here;
                }
            }
            _ => here += 1,
        }
    }
    text.len()
}

fn string_end(text: &[char], at: usize) -> usize {
    let mut here = at + 1;
    while here < text.len() {
        match text[here] {
            '\\' => here += 2,
            '"' => return here + 1,
            _ => here += 1,
        }
    }
    text.len()
}

fn raw_string_end(text: &[char], at: usize) -> usize {
    let hashes = text[at + 1..].iter().take_while(|&&c| c == '#').count();
    let open = at + 1 + hashes;
    if text.get(open) != Some(&'"') {
        return at; // a name such as `r#type`, or any other word with an r
    }
    let mut here = open + 1;
    while here < text.len() {
        let closing = text[here + 1..].iter().take(hashes).take_while(|&&c| c == '#').count();
        if text[here] == '"' && closing == hashes {
            return here + 1 + hashes;
        }
        here += 1;
    }
    text.len()
}

/// A character literal, or nothing where the quote begins a lifetime.
fn character_end(text: &[char], at: usize) -> usize {
    match (text.get(at + 1), text.get(at + 2)) {
        (Some('\\'), Some(_)) => text[at + 3..]
            .iter()
            .position(|&c| c == '\'')
            .map_or(text.len(), |length| at + 4 + length),
        (Some(_), Some('\'')) => at + 3,
        _ => at,
    }
}

#[test]
fn comments_and_literals_are_blanked_and_lines_kept() {
    #[track_caller]
    fn check(text: &str, code: &str) {
        assert_eq!(Source::planted("src/a.rs", text).code(), code);
    }
    check("a // b { c\nd", "a         \nd");
    check("a /* b /* c */ d */ e", "a                   e");
    check("a(\"{ \\\" }\") }", "a(        ) }");
    check("r#\"{ \" \"# }", "          }");
    check("br\"{\" bar\"}\"", "b     bar   ");
    check("'{' '\\'' '\\u{7d}' 'a: &'b str {", "                  'a: &'b str {");
    check("\"a\nb\" c", "  \n   c");
    check("r#type::raw", "r#type::raw");
}

#[test]
fn inline_tests_are_left_out_whole() {
    let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { if c {} }\n}\nfn d() {}\n";
    let rest = without_inline_tests(code);
    assert_eq!(rest, "fn a() {}\n\n\n\n\nfn d() {}\n");
    let beside = "#[cfg(test)]\nmod tests;\nfn a() { b }\n";
    assert!(without_inline_tests(beside).contains("fn a() { b }"));
}
