//! The file that an nginx upstream stands in: exactly one upstream with exactly one server.
//!
//! A file with anything else is refused rather than understood: what is replaced here by a program
//! at night must be plain enough that nothing in it can be lost. Comments and white space stay.

use std::ops::Range;

/// What is wrong with a file, and where; lines and columns count from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) found: String,
}

/// Where the server's address stands in `text`, the file of the upstream `name`.
pub(super) fn address(text: &str, name: &str) -> Result<Range<usize>, Wrong> {
    let mut words = Words { text, at: 0 };
    words.expect("upstream")?;
    words.expect(name)?;
    words.expect("{")?;
    words.expect("server")?;
    let address = words.next();
    match &text[address.clone()] {
        "" | "{" | "}" | ";" => return Err(words.wrong(&address, "the address of a server")),
        word if !is_address(word) => return Err(words.wrong(&address, "a plain address")),
        _ => {}
    }
    words.expect(";")?;
    words.expect("}")?;
    words.expect("")?;
    Ok(address)
}

/// Whether nginx can read this as the address of a server, and as nothing else.
pub(super) fn is_address(text: &str) -> bool {
    let fit =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_' | '[' | ']' | '/');
    !text.is_empty() && text.chars().all(fit)
}

/// The words of a configuration, as nginx cuts them.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl Words<'_> {
    /// Where the next word stands; at the end, an empty one. A comment begins only where a word
    /// could: nginx takes a `#` within a word as part of it.
    fn next(&mut self) -> Range<usize> {
        loop {
            let rest = &self.text[self.at..];
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            let rest = &self.text[self.at..];
            if !rest.starts_with('#') {
                break;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
        let rest = &self.text[self.at..];
        let length = match rest.chars().next() {
            None => 0,
            Some('{' | '}' | ';') => 1,
            Some(_) => rest
                .find(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ';'))
                .unwrap_or(rest.len()),
        };
        self.at += length;
        self.at - length..self.at
    }

    fn expect(&mut self, wanted: &str) -> Result<(), Wrong> {
        let word = self.next();
        if &self.text[word.clone()] == wanted { Ok(()) } else { Err(self.wrong(&word, wanted)) }
    }

    fn wrong(&self, word: &Range<usize>, wanted: &str) -> Wrong {
        let before = &self.text[..word.start];
        let line = before.matches('\n').count() as u64 + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].chars().count() as u64 + 1;
        let quoted = |word: &str| match word {
            "" => "the end".to_owned(),
            // A long word is no address and no name; its beginning says which it is.
            word => format!("`{}`", word.chars().take(60).collect::<String>()),
        };
        let wanted = if wanted.contains(' ') { wanted.to_owned() } else { quoted(wanted) };
        let found = format!("{} instead of {wanted}", quoted(&self.text[word.clone()]));
        Wrong { line, column, found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_only_server_is_found() {
        for (text, expected) in [
            ("upstream cong { server 10.0.0.1:8080; }", "10.0.0.1:8080"),
            ("# Cổng; {\nupstream cong {\n  server\t[::1]:80 ; # một\n}\n", "[::1]:80"),
            ("upstream cong{server unix:/run/app.sock;}", "unix:/run/app.sock"),
        ] {
            let range = address(text, "cong").unwrap();
            assert_eq!(&text[range], expected);
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_place() {
        for (text, line, column, found) in [
            ("", 1, 1, "the end instead of `upstream`"),
            ("upstream khac { server a; }", 1, 10, "`khac` instead of `cong`"),
            ("upstream cong {\n  server a;\n  server b; }", 3, 3, "`server` instead of `}`"),
            ("upstream cong {\n keepalive 8; server a; }", 2, 2, "`keepalive` instead of `server`"),
            ("upstream cong { server a backup; }", 1, 26, "`backup` instead of `;`"),
            ("upstream cong { server a; } server {}", 1, 29, "`server` instead of the end"),
            ("upstream cong { server ; }", 1, 24, "`;` instead of the address of a server"),
            ("upstream cong { server $a; }", 1, 24, "`$a` instead of a plain address"),
            ("upstream cong { server \"a b\"; }", 1, 24, "`\"a` instead of a plain address"),
            ("upstream cong { server a; #}", 1, 29, "the end instead of `}`"),
            ("upstream cong { server a#b; }", 1, 24, "`a#b` instead of a plain address"),
        ] {
            let wrong = Wrong { line, column, found: found.to_owned() };
            assert_eq!(address(text, "cong"), Err(wrong), "{text}");
        }
    }
}
