//! Words that an agency's page does not say, and how much each tells.
//!
//! Lists are data (`signatures/*.txt`, and a site's own file): a line is a weight and words. They
//! are matched as whole words, with or without accents ([`crate::probe::page::fold`]); words of
//! scripts that write no blanks are matched anywhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::probe::page::fold::{Word, unspaced, words};

/// The lists of the program.
const SHIPPED: [&str; 4] = [
    include_str!("../signatures/gambling-vi.txt"),
    include_str!("../signatures/gambling-other.txt"),
    include_str!("../signatures/spam.txt"),
    include_str!("../signatures/defaced.txt"),
];

/// Words of at most this weight stand in honest news too ("công an phá đường dây đánh bạc").
pub const NEWS_MAX: u32 = 10;

/// The weight of a line of a site's own file that names none.
const WEIGHT_DEFAULT: u32 = 60;

/// A list is some hundred lines; a million would be a mistake.
const LINES_MAX: usize = 20_000;

/// What to look for.
#[derive(Clone, Debug)]
pub struct Signatures {
    /// By the first word without accents.
    spaced: BTreeMap<String, Vec<Signature>>,
    unspaced: Vec<Signature>,
}

#[derive(Clone, Debug)]
struct Signature {
    text: String,
    weight: u32,
    words: Vec<Word>,
}

/// A line of a list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {detail}")]
pub struct BadLine {
    /// Counted from one.
    pub line: usize,
    /// What is wrong.
    pub detail: &'static str,
}

impl Signatures {
    /// The lists of the program, and the site's own.
    pub fn with(own: Option<&str>) -> Result<Self, BadLine> {
        let mut signatures = Self { spaced: BTreeMap::new(), unspaced: Vec::new() };
        for list in SHIPPED.into_iter().chain(own) {
            signatures.read(list)?;
        }
        Ok(signatures)
    }

    fn read(&mut self, list: &str) -> Result<(), BadLine> {
        for (number, line) in list.lines().enumerate() {
            let line = line.trim();
            let bad = |detail| BadLine { line: number + 1, detail };
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if number >= LINES_MAX {
                return Err(bad("too many lines"));
            }
            let (weight, text) = match line.split_once(' ') {
                Some((digits, text)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                    (digits.parse().ok().filter(|weight| (1..=100).contains(weight)), text.trim())
                }
                _ => (Some(WEIGHT_DEFAULT), line),
            };
            let weight = weight.ok_or_else(|| bad("a weight is 1 to 100"))?;
            let words = words(text);
            let Some(first) = words.first() else { return Err(bad("no words")) };
            let signature = Signature { text: text.to_owned(), weight, words: words.clone() };
            if text.chars().any(writes_no_blanks) {
                self.unspaced.push(Signature { text: unspaced(text), ..signature });
            } else {
                self.spaced.entry(first.bare.clone()).or_default().push(signature);
            }
        }
        Ok(())
    }

    /// Every signature that stands in `text`, once, with its weight.
    pub fn found(&self, text: &str) -> BTreeSet<(String, u32)> {
        let mut found = BTreeSet::new();
        let said = words(text);
        for (at, word) in said.iter().enumerate() {
            for signature in self.spaced.get(&word.bare).into_iter().flatten() {
                let here = said.get(at..at + signature.words.len());
                let says = here.is_some_and(|here| {
                    here.iter().zip(&signature.words).all(|(said, known)| said.says(known))
                });
                if says {
                    found.insert((signature.text.clone(), signature.weight));
                }
            }
        }
        if text.chars().any(writes_no_blanks) {
            let text = unspaced(text);
            let here = self.unspaced.iter().filter(|signature| text.contains(&signature.text));
            found.extend(here.map(|signature| (signature.text.clone(), signature.weight)));
        }
        found
    }
}

/// Chinese and Thai letters.
fn writes_no_blanks(character: char) -> bool {
    matches!(character, '\u{e00}'..='\u{e7f}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = Signatures::with(Some("75 tên riêng\nkhông số")).unwrap().found(text);
        let found: Vec<_> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn whole_words_are_found_with_and_without_accents() {
        check("Game bài ĐỔI THƯỞNG", &["game bài", "game bài đổi thưởng"]);
        check("no-hu doi thuong!", &["nổ hũ", "nổ hũ đổi thưởng"]);
        check("ăn kẹo ở nhà cái Tư", &["nhà cái"]);
        check("slotting 188betting", &[]);
        check("https://188bet.example/", &["188bet"]);
        check("hoan nghênh Hacked  By xyz", &["hacked by"]);
        check("một tên riêng, không số", &["không số", "tên riêng"]);
    }

    #[test]
    fn words_without_blanks_are_found_anywhere() {
        check("欢迎来到澳门新葡京", &["新葡京", "澳门新葡京"]);
        check("เว็บ สล็อต ออนไลน์", &["สล็อต"]);
        check("中国 đại sứ", &[]);
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = |list| Signatures::with(Some(list)).map(|_| ()).unwrap_err();
        assert_eq!(error("# a\n0 chữ").line, 2);
        assert_eq!(error("101 chữ").line, 1);
        assert_eq!(error("40 !!!"), BadLine { line: 1, detail: "no words" });
    }
}
