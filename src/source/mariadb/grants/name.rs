//! Accounts by one rule, however a server quotes them, and statements without what is secret.

use crate::source::mariadb::script::{identifier, quoted};

/// The account or role that a text begins with, quoted by our rule.
pub(super) fn account(text: &str) -> Option<String> {
    let text = text.strip_prefix("IF NOT EXISTS ").unwrap_or(text);
    let (user, rest) = named(text)?;
    let Some(host) = rest.strip_prefix('@') else { return Some(quoted(&user)) };
    Some(format!("{}@{}", quoted(&user), quoted(&named(host)?.0)))
}

/// A name in any of the quotes that servers write, and what follows it.
fn named(text: &str) -> Option<(String, &str)> {
    if !text.starts_with('\'') {
        let (name, rest) = identifier(text.as_bytes())?;
        return Some((name, std::str::from_utf8(rest).ok()?));
    }
    let end = closing(text);
    let inside = text.get(1..end - 1)?;
    let mut name = String::with_capacity(inside.len());
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        // Doubled or after a backslash: either way the second one is meant.
        let is_mark = letter == '\\' || letter == '\'';
        name.push(if is_mark { letters.next()? } else { letter });
    }
    Some((name, &text[end..]))
}

/// A statement without its texts, which are hashes of passwords.
pub(super) fn masked(statement: &str) -> String {
    let mut masked = String::new();
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        let is_number = rest.starts_with("0x") && (masked.is_empty() || masked.ends_with(' '));
        let (shown, end) = match first {
            // A name may hold the quotes of texts.
            '`' => (None, closing(rest)),
            '\'' => (Some("'…'"), closing(rest)),
            _ if is_number => (Some("…"), rest.find(' ').unwrap_or(rest.len())),
            _ => (None, first.len_utf8()),
        };
        masked.push_str(shown.unwrap_or(&rest[..end]));
        rest = &rest[end..];
    }
    masked
}

/// Where the quoted name or text ends that this begins with; a text without its end is all of it.
fn closing(text: &str) -> usize {
    let bytes = text.as_bytes();
    let quote = bytes[0];
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'\'' => at += 1,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 1,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_named_by_one_rule_and_hashes_are_not_told() {
        assert_eq!(account("`a`@`b` IDENTIFIED"), Some("`a`@`b`".to_owned()));
        assert_eq!(account("'a'@'%'"), Some("`a`@`%`".to_owned()));
        assert_eq!(account("`r` WITH ADMIN OPTION"), Some("`r`".to_owned()));
        assert_eq!(account("'o''n\\'e'@'%' REQUIRE"), Some("`o'n'e`@`%`".to_owned()));
        assert_eq!(account("'"), None);
        assert_eq!(masked("WITH 'x' AS 0x24A0 REQUIRE"), "WITH '…' AS … REQUIRE");
        assert_eq!(masked("BY PASSWORD '*25' REQUIRE"), "BY PASSWORD '…' REQUIRE");
        let named = "USER `o'n``e`@`%` BY PASSWORD '*25' REQUIRE SUBJECT 'a''b\\'c' AND `0x1`";
        let expected = "USER `o'n``e`@`%` BY PASSWORD '…' REQUIRE SUBJECT '…' AND `0x1`";
        assert_eq!(masked(named), expected);
        assert_eq!(masked("BY 'cut off"), "BY '…'");
    }
}
