//! Patterns for what to leave out of a tree.
//!
//! `*` stands for any run of characters but `/`, `?` for one, `**` for any run with `/`. A pattern
//! that holds a `/` other than at its end is matched against the path below the root; any other
//! against names at every depth. What is below an excluded folder is excluded with it.

use crate::repository::error::RepositoryError;

/// A set of patterns.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct Pattern {
    /// Compared with the whole path below the root, not with the name alone.
    anchored: bool,
    tokens: Vec<Token>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// `?`
    One,
    /// `*`
    Many,
    /// `**`
    All,
    /// `**/`: nothing, or any path that ends in a slash.
    Folders,
}

impl Exclude {
    /// Reads the patterns.
    pub fn new(patterns: &[String]) -> Result<Self, RepositoryError> {
        let patterns = patterns.iter().map(|pattern| Pattern::new(pattern));
        Ok(Self { patterns: patterns.collect::<Result<_, _>>()? })
    }

    /// Whether nothing is to be left out.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the thing at `path`, relative to the root, is to be left out.
    pub fn matches(&self, path: &[u8]) -> bool {
        self.first(path).is_some()
    }

    /// The number of the first pattern that leaves out the thing at `path`, from 0.
    pub(super) fn first(&self, path: &[u8]) -> Option<usize> {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        self.patterns.iter().position(|pattern| {
            matches(&pattern.tokens, if pattern.anchored { path } else { name })
        })
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, RepositoryError> {
        let refuse = |reason| RepositoryError::Pattern { pattern: text.to_owned(), reason };
        // `cache/` means the folder, and what is below a folder goes with it anyway: so does
        // `cache/**`, where nothing but the folder itself would be left.
        let trimmed = text.strip_suffix("/**").unwrap_or(text).trim_end_matches('/');
        let path = trimmed.trim_start_matches('/');
        if path.is_empty() {
            return Err(refuse("it would leave out everything"));
        }
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(refuse("a part of the path is empty, `.` or `..`"));
        }
        let whole = text.strip_suffix("/**").is_some() || trimmed.starts_with('/');
        Ok(Self { anchored: whole || path.contains('/'), tokens: tokens(path.as_bytes()) })
    }
}

fn tokens(mut rest: &[u8]) -> Vec<Token> {
    let mut tokens = Vec::new();
    while let Some((&byte, after)) = rest.split_first() {
        let (token, length) = match byte {
            b'*' if after.starts_with(b"*/") => (Token::Folders, 3),
            b'*' if after.starts_with(b"*") => (Token::All, 2),
            b'*' => (Token::Many, 1),
            b'?' => (Token::One, 1),
            byte => (Token::Byte(byte), 1),
        };
        tokens.push(token);
        rest = &rest[length..];
    }
    tokens
}

/// Matches by the set of positions that can be reached: time grows with the product of both
/// lengths, whatever the pattern; backtracking would grow without bound on `*a*a*a*`.
fn matches(tokens: &[Token], path: &[u8]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    let mut next = reached.clone();
    reached[0] = true;
    for token in tokens {
        let mut running = false;
        for at in 0..=path.len() {
            let before = at.checked_sub(1).map(|before| (path[before], reached[before]));
            running |= reached[at];
            next[at] = match *token {
                Token::Byte(byte) => before == Some((byte, true)),
                Token::One => matches!(before, Some((byte, true)) if byte != b'/'),
                Token::Many => {
                    // A slash ends the run, unless the run begins right after it.
                    if matches!(before, Some((b'/', _))) {
                        running = reached[at];
                    }
                    running
                }
                Token::All => running,
                Token::Folders => reached[at] || (running && matches!(before, Some((b'/', _)))),
            };
        }
        std::mem::swap(&mut reached, &mut next);
    }
    reached[path.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, excluded: &[&str], kept: &[&str]) {
        let exclude = Exclude::new(&[pattern.to_owned()]).unwrap();
        for path in excluded {
            assert!(exclude.matches(path.as_bytes()), "`{pattern}` should exclude `{path}`");
        }
        for path in kept {
            assert!(!exclude.matches(path.as_bytes()), "`{pattern}` should keep `{path}`");
        }
    }

    #[test]
    fn patterns_match_what_the_header_says() {
        check("*.tmp", &["a.tmp", "x/y/b.tmp", ".tmp"], &["a.tmpx", "a.tm"]);
        check("cache/**", &["cache"], &["x/cache", "caches"]);
        check("cache/", &["cache", "x/cache"], &["caches"]);
        check("/cache", &["cache"], &["x/cache"]);
        check("a/*/c", &["a/b/c"], &["a/c", "a/b/x/c", "x/a/b/c"]);
        check("a/**/c", &["a/c", "a/b/c", "a/b/x/c"], &["c", "a/cc"]);
        check("**/node_modules", &["node_modules", "x/y/node_modules"], &["node_module"]);
        check("a**d/e", &["ad/e", "abcd/e", "a/b/d/e"], &["a/b/e"]);
        check("tệp-?.pdf", &[], &["tệp-12.pdf"]);
        check("?.pdf", &["1.pdf", "x/1.pdf"], &["12.pdf", ".pdf"]);
        check("*a*a*a*a*a*a*b", &[], &["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]);
    }

    #[test]
    fn a_pattern_that_means_everything_or_nothing_is_refused() {
        for pattern in ["", "/", "/**", "//", "a//b", "../x", "./x"] {
            assert!(Exclude::new(&[pattern.to_owned()]).is_err(), "`{pattern}`");
        }
    }
}
