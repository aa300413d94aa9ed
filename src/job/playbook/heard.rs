//! What a program said, made fit for records and terminals.
//!
//! It ends up in the audit log for good and on screens: bytes that steer a terminal become visible,
//! and what looks like a secret is blotted out. A program that prints a secret in a form of its own
//! is not stopped by this; it only keeps the usual accidents out of the record.

/// What stands in the place of a secret.
const BLOT: &str = "[…]";

/// Words after which a value follows that nobody is to see.
const SECRET_WORDS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "authorization",
];

/// Beginnings of values that are secret by themselves.
const SECRET_VALUES: [&str; 2] = ["AGE-SECRET-KEY-", "AGE-PLUGIN-"];

/// The text, harmless.
pub(super) fn harmless(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().map(visible).collect();
    without_keys(text.trim()).lines().map(blotted).collect::<Vec<_>>().join("\n")
}

fn visible(c: char) -> char {
    let steers = c.is_control() && c != '\n'
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    match c {
        '\t' => ' ',
        _ if steers => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

/// Without the bodies of private keys. Of one whose beginning was cut off the end is still known.
fn without_keys(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let key = line.contains("PRIVATE KEY");
        if key && line.contains("-----END") {
            if !inside {
                kept.clear();
            }
            inside = false;
            kept.push(BLOT);
        } else if key && line.contains("-----BEGIN") {
            inside = true;
        } else if !inside {
            kept.push(line);
        }
    }
    if inside {
        kept.push(BLOT);
    }
    kept.join("\n")
}

/// A line without secret values.
fn blotted(line: &str) -> String {
    let mut line = without_logins(line);
    for beginning in SECRET_VALUES {
        while let Some(at) = line.find(beginning) {
            let end = end_of_word(&line, at);
            line.replace_range(at..end, BLOT);
        }
    }
    let small = line.to_ascii_lowercase();
    // The first mention may be without a value, and the second with one.
    let named = SECRET_WORDS.iter().flat_map(|word| {
        small.match_indices(word).filter_map(|(at, word)| value_after(&line, at + word.len()))
    });
    match named.min() {
        // To the end of the line: where the value ends depends on who wrote it.
        Some(at) => format!("{}{BLOT}", &line[..at]),
        None => line,
    }
}

/// Where the value begins of a name that ends at `after`: behind `=` or `:`, which may be quoted,
/// as in `"password": "x"`, `PGPASSWORD=x`, `--token=x`.
fn value_after(line: &str, after: usize) -> Option<usize> {
    let rest = &line[after..];
    let name_end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))?;
    let sign = rest[name_end..].find(|c: char| !matches!(c, '"' | '\'' | ' '))? + name_end;
    if !matches!(rest.as_bytes()[sign], b'=' | b':') {
        return None;
    }
    let value = rest[sign + 1..].find(|c: char| !matches!(c, '"' | '\'' | ' '))?;
    Some(after + sign + 1 + value)
}

/// Without the passwords of addresses: `scheme://name:password@host`.
fn without_logins(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        kept.push_str(head);
        // A password may hold a slash or a quote: the last `@` before white space ends it. An
        // address that holds an `@` for other reasons loses more than it must.
        let word = &tail[..end_of_word(tail, 0)];
        rest = match word.rsplit_once('@').and_then(|(login, _)| login.split_once(':')) {
            Some((name, password)) => {
                kept.push_str(name);
                kept.push(':');
                kept.push_str(BLOT);
                &tail[name.len() + 1 + password.len()..]
            }
            None => tail,
        };
    }
    kept + rest
}

fn end_of_word(line: &str, from: usize) -> usize {
    line[from..].find(char::is_whitespace).map_or(line.len(), |length| from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_becomes_visible() {
        for (said, kept) in [
            ("xong\n", "xong"),
            ("\x1b[2Jxong\r\x07", "\u{FFFD}[2Jxong\u{FFFD}\u{FFFD}"),
            ("a\u{202E}b", "a\u{FFFD}b"),
            ("dòng một\n\n  dòng\thai ", "dòng một\n\n  dòng hai"),
        ] {
            assert_eq!(harmless(said.as_bytes()), kept);
        }
        assert_eq!(harmless(b"\xffa"), "\u{FFFD}a");
    }

    #[test]
    fn what_looks_like_a_secret_is_blotted_out() {
        for (said, kept) in [
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=[…]"),
            ("{\"password\": \"a b\"}", "{\"password\": \"[…]"),
            ("Authorization: Bearer abc", "Authorization: […]"),
            ("--api-key=abc", "--api-key=[…]"),
            ("my_token_file = /x", "my_token_file = […]"),
            ("postgres://an:p@ss@db/x and ftp://b:c@d", "postgres://an:[…]@db/x and ftp://b:[…]@d"),
            ("http://db:80/a", "http://db:80/a"),
            ("postgres://an:p/w\"d@db/x 'y'", "postgres://an:[…]@db/x 'y'"),
            ("the password was wrong, password=x", "the password was wrong, password=[…]"),
            ("token expired; new token: abc", "token expired; new token: […]"),
            ("got AGE-SECRET-KEY-1ABC here", "got […] here"),
            ("a\n-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\nb", "a\n[…]\nb"),
            ("MII\nMII\n-----END RSA PRIVATE KEY-----\nb", "[…]\nb"),
            ("a\n-----BEGIN PRIVATE KEY-----\nMII", "a\n[…]"),
            ("the password was wrong", "the password was wrong"),
            (
                "password authentication failed for user \"an\"",
                "password authentication failed for user \"an\"",
            ),
        ] {
            assert_eq!(harmless(said.as_bytes()), kept, "{said}");
        }
    }
}
