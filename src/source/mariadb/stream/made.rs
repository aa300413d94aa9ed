//! What a `CREATE` statement makes: kind, name, in whose name it acts, and its text without what
//! changes by itself. Never fails: what cannot be read makes nothing.

use crate::source::mariadb::script::{identifier, quoted};

/// Who and what a `CREATE` statement makes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) noun: String,
    pub(super) name: String,
    pub(super) definer: Option<String>,
}

impl Made {
    /// `None` for a statement that makes none of `nouns`.
    pub(super) fn read(text: &str, nouns: &[&str]) -> Option<Self> {
        let mut words = Words(text.as_bytes());
        if words.next()? != "CREATE" {
            return None;
        }
        let mut definer = None;
        let noun = loop {
            let word = words.next()?;
            if nouns.contains(&word.as_str()) {
                break word;
            }
            // Not the one of `SQL SECURITY DEFINER`.
            if word == "DEFINER" && words.peek() == Some(b'=') {
                definer = Some(words.account()?);
            }
        };
        let noun = match words.clone().next().as_deref() {
            Some("BODY") => {
                words.next();
                format!("{noun} BODY")
            }
            _ => noun,
        };
        if words.clone().next().as_deref() == Some("IF") {
            // IF NOT EXISTS
            words.nth(2)?;
        }
        let mut name = words.name()?;
        if words.peek() == Some(b'.') {
            words.0 = &words.0[1..];
            name = words.name()?;
        }
        Some(Self { noun, name, definer })
    }
}

/// The words of a statement; comments for versions are code, others are none.
#[derive(Clone)]
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn skip(&mut self) {
        loop {
            self.0 = self.0.trim_ascii_start();
            let code = self.0.strip_prefix(b"/*!").or_else(|| self.0.strip_prefix(b"/*M!"));
            if let Some(rest) = code {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                self.0 = &rest[digits..];
            } else if let Some(rest) = self.0.strip_prefix(b"*/") {
                self.0 = rest;
            } else if self.0.starts_with(b"/*") {
                // The star of its begin is not that of its end.
                let inside = &self.0[2..];
                let end = inside.windows(2).position(|pair| pair == b"*/");
                self.0 = end.map_or(&[], |end| &inside[end + 2..]);
            } else {
                return;
            }
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip();
        self.0.first().copied()
    }

    fn name(&mut self) -> Option<String> {
        self.skip();
        let (name, rest) = identifier(self.0)?;
        self.0 = rest;
        Some(name)
    }

    /// `=user@host`, or a role alone, as it stands there.
    fn account(&mut self) -> Option<String> {
        self.skip();
        self.0 = self.0.strip_prefix(b"=")?;
        let user = self.name()?;
        if self.peek() != Some(b'@') {
            return Some(quoted(&user));
        }
        self.0 = &self.0[1..];
        let host = self.name()?;
        Some(format!("{}@{}", quoted(&user), quoted(&host)))
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    /// The next word in capitals; a quoted name or a sign is a word that no keyword equals.
    fn next(&mut self) -> Option<String> {
        self.skip();
        let first = *self.0.first()?;
        let Some((name, rest)) = identifier(self.0) else {
            self.0 = &self.0[1..];
            return Some(String::new());
        };
        self.0 = rest;
        let is_plain = first != b'`' && first != b'"';
        Some(if is_plain { name.to_ascii_uppercase() } else { String::new() })
    }
}

/// A table's definition without the counter of its next number, and the counter.
pub(super) fn without_counter(definition: &str) -> (String, Option<&str>) {
    const ENGINE: &str = "\n) ENGINE=";
    const COUNTER: &str = " AUTO_INCREMENT=";
    let split = || {
        let engine = definition.rfind(ENGINE)? + ENGINE.len();
        let name = definition[engine..].find(' ')? + engine;
        let number = definition[name..].strip_prefix(COUNTER)?;
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        Some((format!("{}{}", &definition[..name], &number[end..]), Some(&number[..end])))
    };
    split().unwrap_or_else(|| (definition.to_owned(), None))
}

/// A definition without character sets that the collation behind them implies. MySQL names them only
/// where the statement that made the table did, or gave a collation: a table that came back out of a
/// dump shows more of them than the one that was dumped.
pub(super) fn without_implied(definition: &str) -> String {
    const SET: &str = " CHARACTER SET ";
    let implied = |text: &str| -> Option<usize> {
        let after = text.strip_prefix(SET)?;
        let name = after.split(' ').next()?;
        let collation = after[name.len()..].strip_prefix(" COLLATE ")?;
        collation.strip_prefix(name)?.starts_with('_').then_some(SET.len() + name.len())
    };
    let mut plain = String::with_capacity(definition.len());
    let (mut rest, mut quote) = (definition, None);
    while let Some(letter) = rest.chars().next() {
        if quote.is_none()
            && let Some(length) = implied(rest)
        {
            rest = &rest[length..];
            continue;
        }
        let mut length = letter.len_utf8();
        match (quote, letter) {
            (Some('\''), '\\') => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '`' | '"') => quote = Some(letter),
            _ => {}
        }
        plain.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, nouns: &[&str], expected: Option<(&str, &str, Option<&str>)>) {
        let made = Made::read(text, nouns);
        let made = made.as_ref().map(|m| (m.noun.as_str(), m.name.as_str(), m.definer.as_deref()));
        assert_eq!(made, expected);
    }

    #[test]
    fn what_a_statement_makes_is_read_from_it() {
        let trigger = "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER \
            IF NOT EXISTS db.`t``1` BEFORE INSERT ON VIEW x*/";
        check(trigger, &["TRIGGER"], Some(("TRIGGER", "t`1", Some("`root`@`localhost`"))));
        check(
            "CREATE DEFINER=\"a\"@\"%\" PACKAGE BODY \"pk\" AS",
            &["PACKAGE"],
            Some(("PACKAGE BODY", "pk", Some("`a`@`%`"))),
        );
        check(
            "CREATE DEFINER=`r` FUNCTION `VIEW`(a INT)",
            &["FUNCTION"],
            Some(("FUNCTION", "VIEW", Some("`r`"))),
        );
        check(
            "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`r`@`h` SQL SECURITY \
            DEFINER */\n/*!50001 VIEW `v` AS select 1*/",
            &["VIEW"],
            Some(("VIEW", "v", Some("`r`@`h`"))),
        );
        let odd = "/*M!100300 CREATE */ /**/ /*/ VIEW `a` */ VIEW /* */ `b` AS SELECT 1";
        check(odd, &["VIEW"], Some(("VIEW", "b", None)));
        check("DROP VIEW `v`", &["VIEW"], None);
        check("CREATE /* VIEW", &["VIEW"], None);
        check("CREATE", &["VIEW"], None);
    }

    #[test]
    fn a_character_set_that_its_collation_implies_is_left_out() {
        let of = |column: &str| format!("CREATE TABLE `t` (\n  {column}\n) ENGINE=InnoDB");
        let check = |column: &str, expected: &str| {
            assert_eq!(without_implied(&of(column)), of(expected));
        };
        let named = "`a` text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL";
        check(named, "`a` text COLLATE utf8mb4_bin NOT NULL");
        for other in [
            "`a` text CHARACTER SET latin1",
            "`a` text CHARACTER SET utf8mb3 COLLATE utf8mb4_bin",
            "`a` int COMMENT 'x\\' CHARACTER SET a COLLATE a_b'",
            "` CHARACTER SET a COLLATE a_b` int COMMENT 'a''b'",
            "`a` int COMMENT 'cut off \\",
        ] {
            check(other, other);
        }
    }

    #[test]
    fn the_counter_is_told_apart_from_the_definition() {
        let text = "CREATE TABLE `t` (\n  `a` int COMMENT ') ENGINE=X AUTO_INCREMENT=9'\n) \
            ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT CHARSET=utf8mb4";
        let (definition, counter) = without_counter(text);
        assert!(definition.ends_with(") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"), "{definition}");
        assert_eq!(counter, Some("17"));
        let none = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB COMMENT='a AUTO_INCREMENT=3'";
        assert_eq!(without_counter(none), (none.to_owned(), None));
    }
}
