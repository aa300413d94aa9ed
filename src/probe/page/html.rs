//! HTML cut into tags and text, as browsers cut it, in one pass.
//!
//! Follows the tokenizer of the WHATWG standard: comments, attributes in every way of quoting, raw
//! text such as scripts (with the old rules for comments inside them). Every step consumes what it
//! looked at, so the time is linear in the size of the page whatever it holds; attributes are kept
//! by name, so a tag with a hundred thousand of them costs no more than its bytes and hides none of
//! those that matter (decision 0080 has what a full parser costs here).
//!
//! Deliberately no tree: nobody here asks for one, and building it is where hostile nesting hurts.

use crate::probe::page::entity::{self, Place};

/// The attributes that mean something to us; all others are passed over.
const WANTED: [&str; 23] = [
    "action",
    "alt",
    "class",
    "content",
    "data",
    "data-lazy-src",
    "data-original",
    "data-src",
    "formaction",
    "hidden",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "property",
    "rel",
    "src",
    "style",
    "title",
    "type",
    "value",
    "xlink:href",
];

/// Elements whose content is text up to their end tag, whatever it looks like.
const RAW: [&str; 7] = ["script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"];

/// The same, but with character references.
const RAW_WITH_REFERENCES: [&str; 2] = ["title", "textarea"];

/// Elements of other languages: inside them nothing is raw text.
const FOREIGN: [&str; 2] = ["svg", "math"];

/// Elements of those languages inside which HTML's rules hold again.
const HTML_AGAIN: [&str; 5] = ["annotation-xml", "desc", "foreignobject", "mtext", "title"];

/// Tags that end foreign content, however deep in it they stand.
const BREAK_OUT: [&str; 44] = [
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "i",
    "img",
    "li",
    "listing",
    "menu",
    "meta",
    "nobr",
    "ol",
    "p",
    "pre",
    "ruby",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
    "var",
];

/// Languages inside languages that are told apart; no page nests them at all.
const LANGUAGES_MAX: usize = 32;

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Text with its character references replaced; in scripts and styles as it stands.
    Text(String),
    /// A start tag.
    Start(Tag<'a>),
    /// An end tag, its name in lower case.
    End(String),
}

/// A start tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// In lower case.
    pub(super) name: String,
    /// Those of [`WANTED`] that it has, the first of each name, as they stand.
    attributes: Vec<(&'static str, &'a str)>,
}

impl Tag<'_> {
    /// The value of an attribute, its references replaced; empty where it has no value.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let (_, value) = self.attributes.iter().find(|(known, _)| *known == name)?;
        Some(entity::decode(value, Place::Attribute))
    }

    /// Whether the attribute is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| *known == name)
    }
}

/// The pieces of a page, one after the other.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// The element whose raw text comes next.
    raw: Option<String>,
    /// The elements that change the language, from the outside in.
    languages: Vec<&'static str>,
}

impl<'a> Tokens<'a> {
    /// The pieces of `text`.
    pub(super) fn of(text: &'a str) -> Self {
        Self { rest: text, raw: None, languages: Vec::new() }
    }

    /// Takes text up to the next `<` that could begin something.
    fn text(&mut self, from: usize) -> Token<'a> {
        let end = self.rest[from..].find('<').map_or(self.rest.len(), |at| from + at);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Token::Text(entity::decode(text, Place::Text))
    }

    fn raw_text(&mut self, name: &str) -> Token<'a> {
        let end = match name {
            "plaintext" => self.rest.len(),
            "script" => script_end(self.rest),
            _ => raw_end(self.rest, name),
        };
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Token::Text(if RAW_WITH_REFERENCES.contains(&name) {
            entity::decode(text, Place::Text)
        } else {
            text.to_owned()
        })
    }

    fn start(&mut self) -> Option<Token<'a>> {
        let (tag, closed, rest) = tag(&self.rest[1..])?;
        self.rest = rest;
        self.change_language(&tag.name, closed);
        Some(Token::Start(tag))
    }

    /// What a start tag means for the text behind it.
    fn change_language(&mut self, name: &str, closed: bool) {
        let is_foreign = |name: &&str| FOREIGN.contains(name);
        let foreign = self.languages.last().is_some_and(is_foreign);
        let known = FOREIGN.iter().chain(HTML_AGAIN.iter().filter(|_| foreign));
        if let Some(name) = known.into_iter().find(|known| **known == name) {
            if !closed && self.languages.len() < LANGUAGES_MAX {
                self.languages.push(name);
            }
        } else if foreign && BREAK_OUT.contains(&name) {
            while self.languages.last().is_some_and(is_foreign) {
                self.languages.pop();
            }
        } else if !foreign && is_raw(name) {
            self.raw = Some(name.to_owned());
        }
    }

    fn end(&mut self) -> Option<Token<'a>> {
        let (tag, _, rest) = tag(&self.rest[2..])?;
        self.rest = rest;
        if let Some(at) = self.languages.iter().rposition(|name| *name == tag.name) {
            self.languages.truncate(at);
        }
        Some(Token::End(tag.name))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.raw.take() {
            return Some(self.raw_text(&name));
        }
        while !self.rest.is_empty() {
            let bytes = self.rest.as_bytes();
            let (first, second, third) = (bytes[0], bytes.get(1), bytes.get(2));
            let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
            let token = match (first, second) {
                (b'<', _) if letter(second) => self.start(),
                (b'<', Some(b'/')) if letter(third) => self.end(),
                (b'<', Some(b'!' | b'?' | b'/')) if third.is_some() => {
                    self.rest = behind_comment(self.rest);
                    continue;
                }
                (b'<', _) => return Some(self.text(1)),
                _ => return Some(self.text(0)),
            };
            // A tag that the page never ends is no tag, and nothing comes after it.
            if token.is_none() {
                self.rest = "";
            }
            return token;
        }
        None
    }
}

fn is_raw(name: &str) -> bool {
    RAW.contains(&name) || RAW_WITH_REFERENCES.contains(&name)
}

/// What follows a comment, real or bogus (`<!doctype>`, `<?xml?>`, `</3>`).
fn behind_comment(text: &str) -> &str {
    let Some(body) = text.strip_prefix("<!--") else {
        return text.split_once('>').map_or("", |(_, rest)| rest);
    };
    if let Some(rest) = body.strip_prefix('>').or_else(|| body.strip_prefix("->")) {
        return rest;
    }
    let mut from = 0;
    while let Some(at) = body[from..].find("--") {
        let after = &body[from + at + 2..];
        if let Some(rest) = after.strip_prefix('>').or_else(|| after.strip_prefix("!>")) {
            return rest;
        }
        from += at + 1;
    }
    ""
}

/// A tag behind its `<` or `</`: the tag, whether it closes itself, and what follows. `None` where
/// it never ends.
fn tag(text: &str) -> Option<(Tag<'_>, bool, &str)> {
    let bytes = text.as_bytes();
    let until = |from: usize, stop: fn(u8) -> bool| {
        bytes[from..].iter().position(|byte| stop(*byte)).map(|at| from + at)
    };
    let mut at = until(0, |byte| is_space(byte) || byte == b'/' || byte == b'>')?;
    let mut tag = Tag { name: text[..at].to_ascii_lowercase(), attributes: Vec::new() };
    let mut slash = false;
    loop {
        match bytes.get(at)? {
            b'>' => return Some((tag, slash, &text[at + 1..])),
            b'/' => (at, slash) = (at + 1, true),
            byte if is_space(*byte) => at += 1,
            _ => {
                slash = false;
                // An equals sign in front belongs to the name.
                let name_end = until(at + 1, ends_name)?;
                let name = &text[at..name_end];
                at = until(name_end, |byte| !is_space(byte))?;
                let value = if bytes[at] == b'=' {
                    let begin = until(at + 1, |byte| !is_space(byte))?;
                    let (from, end, next) = match bytes[begin] {
                        b'"' => until(begin + 1, |byte| byte == b'"')
                            .map(|end| (begin + 1, end, end + 1))?,
                        b'\'' => until(begin + 1, |byte| byte == b'\'')
                            .map(|end| (begin + 1, end, end + 1))?,
                        _ => until(begin, |byte| is_space(byte) || byte == b'>')
                            .map(|end| (begin, end, end))?,
                    };
                    at = next;
                    &text[from..end]
                } else {
                    ""
                };
                let known = WANTED.iter().find(|known| known.eq_ignore_ascii_case(name));
                if let Some(known) = known.filter(|known| !tag.has(known)) {
                    tag.attributes.push((known, value));
                }
            }
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

fn ends_name(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>' | b'=')
}

/// Whether `text` begins with `name` in any case, and the name ends there.
fn begins_with_name(text: &str, name: &str) -> bool {
    let bytes = text.as_bytes();
    let named =
        bytes.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()));
    let ends = |byte: &u8| is_space(*byte) || matches!(byte, b'/' | b'>');
    named && bytes.get(name.len()).is_some_and(ends)
}

/// Where the end tag of raw text begins.
fn raw_end(text: &str, name: &str) -> usize {
    text.match_indices("</")
        .find(|(at, _)| begins_with_name(&text[at + 2..], name))
        .map_or(text.len(), |(at, _)| at)
}

/// Where a script's end tag begins. Inside `<!-- … -->` a script may hold a script, whose end tag
/// does not count: a rule from the time when browsers without scripts existed.
fn script_end(text: &str) -> usize {
    let (mut escaped, mut nested) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => {
                let after = &text[at + 1..];
                if after.starts_with("!--") {
                    escaped = true;
                } else if after.strip_prefix('/').is_some_and(|it| begins_with_name(it, "script")) {
                    if !nested {
                        return at;
                    }
                    nested = false;
                } else if escaped && begins_with_name(after, "script") {
                    nested = true;
                }
            }
            b'>' if text[..at].ends_with("--") => (escaped, nested) = (false, false),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens in one line: `<a href=x>`, `text`, `</a>`.
    #[track_caller]
    fn check(html: &str, expected: &[&str]) {
        let told: Vec<String> = Tokens::of(html)
            .map(|token| match token {
                Token::Text(text) => text,
                Token::End(name) => format!("</{name}>"),
                Token::Start(tag) => {
                    let value = |name: &str| tag.get(name).unwrap_or_default();
                    let each =
                        tag.attributes.iter().map(|(name, _)| format!(" {name}={}", value(name)));
                    format!("<{}{}>", tag.name, each.collect::<String>())
                }
            })
            .collect();
        assert_eq!(told, expected, "{html}");
    }

    #[test]
    fn tags_and_text_are_cut_as_browsers_cut_them() {
        check("a<B>b</B >c", &["a", "<b>", "b", "</b>", "c"]);
        check("<a href=x class='y z' ID=\"&amp;\" href=2 foo>", &["<a href=x class=y z id=&>"]);
        check("<a\nHREF = x/y/>t", &["<a href=x/y/>", "t"]);
        check("<img src=a.png/ alt>", &["<img src=a.png/ alt=>"]);
        check("<a href='>' =id=1>", &["<a href=>>"]);
        check("1 < 2 <3 <", &["1 ", "< 2 ", "<3 ", "<"]);
        check(
            "<!doctype html><?x?></3>a<!-- <b> -->b<!-->c<!--->d<!-- --!>e",
            &["a", "b", "c", "d", "e"],
        );
        check("a<!-- never ended <b>", &["a"]);
        check("a<b class='never ended>", &["a"]);
    }

    #[test]
    fn raw_text_ends_only_at_its_own_end_tag() {
        check(
            "<script>a<b>\"</scripty></SCRIPT >c",
            &["<script>", "a<b>\"</scripty>", "</script>", "c"],
        );
        check("<title>a<b>&amp;</title>", &["<title>", "a<b>&", "</title>"]);
        check("<style>a</style>", &["<style>", "a", "</style>"]);
        check("<script>a", &["<script>", "a"]);
        check(
            "<script><!--<script>a</script>b--></script>c",
            &["<script>", "<!--<script>a</script>b-->", "</script>", "c"],
        );
    }

    #[test]
    fn foreign_content_has_no_raw_text() {
        check(
            "<svg><style><a href=x></style></svg><style><b></style>",
            &["<svg>", "<style>", "<a href=x>", "</style>", "</svg>", "<style>", "<b>", "</style>"],
        );
        check("<svg><p><title><b>", &["<svg>", "<p>", "<title>", "<b>"]);
        check(
            "<svg><title>a</title><style><b></style></svg>",
            &["<svg>", "<title>", "a", "</title>", "<style>", "<b>", "</style>", "</svg>"],
        );
        check("<svg><desc><style><b></style>", &["<svg>", "<desc>", "<style>", "<b>", "</style>"]);
    }
}
