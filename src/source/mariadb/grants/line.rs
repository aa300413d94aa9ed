//! One line of `SHOW GRANTS`: what it gives, on what, and whether that is enough.

use std::collections::BTreeSet;

use crate::source::mariadb::script::identifier;
use crate::source::mariadb::tools::{Family, series};

/// The first MySQL that keeps routines out of its tables.
const DICTIONARY: u32 = 800;

/// One line of `SHOW GRANTS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant<'a> {
    pub(super) rights: Vec<&'a str>,
    /// `*.*`, `` `db`.* ``, …; empty where one role is given to another account.
    pub(super) level: &'a str,
    /// Whose they are.
    whose: &'a str,
}

impl<'a> Grant<'a> {
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let rest = line.strip_prefix("GRANT ")?;
        let Some((rights, rest)) = outside(rest, " ON ") else {
            return Some(Self { rights: Vec::new(), level: "", whose: "" });
        };
        let (level, whose) = outside(rest, " TO ")?;
        Some(Self::on(rights, level, whose))
    }

    /// A line that takes from what a line on everything gives: MySQL has them.
    pub(super) fn taken(line: &'a str) -> Option<Self> {
        let (rights, rest) = outside(line.strip_prefix("REVOKE ")?, " ON ")?;
        let (level, whose) = outside(rest, " FROM ")?;
        Some(Self::on(rights, level, whose))
    }

    fn on(rights: &'a str, level: &'a str, whose: &'a str) -> Self {
        let whose = whose.split(' ').next().unwrap_or(whose);
        let mut names = Vec::new();
        let mut left = rights;
        // MySQL writes its newer rights without a space between them.
        while let Some((right, rest)) = outside(left, ",") {
            names.push(right.trim());
            left = rest;
        }
        names.push(left.trim());
        Self { rights: names, level, whose }
    }

    /// The database whose objects it is about; a pattern where it is about a whole database.
    fn database(&self) -> Option<String> {
        let level = ["PROCEDURE ", "FUNCTION ", "PACKAGE BODY ", "PACKAGE ", "TABLE "]
            .iter()
            .find_map(|kind| self.level.strip_prefix(kind))
            .unwrap_or(self.level);
        let (name, rest) = identifier(level.as_bytes())?;
        rest.starts_with(b".").then_some(name)
    }

    pub(super) fn is_of(&self, database: &str) -> bool {
        let Some(name) = self.database() else { return false };
        if self.level.ends_with(".*") { is_like(database, &name) } else { name == database }
    }

    /// Whether it names the database itself, without a pattern that others match too.
    fn is_exactly(&self, database: &str) -> bool {
        let plain = |name: String| name.replace("\\_", "_").replace("\\%", "%") == database;
        self.level.ends_with(".*") && self.database().is_some_and(plain)
    }

    pub(super) fn gives(&self, right: &str) -> bool {
        self.rights.iter().any(|one| *one == right || *one == "ALL PRIVILEGES")
    }
}

/// Cuts at the first `mark` that stands outside of quotes and brackets.
pub(super) fn outside<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let (mut quote, mut depth, mut is_escaped) = (None, 0_usize, false);
    for (at, byte) in text.bytes().enumerate() {
        if std::mem::take(&mut is_escaped) {
            continue;
        }
        match (quote, byte) {
            // In texts alone, not in names.
            (Some(b'\''), b'\\') => is_escaped = true,
            (Some(open), byte) if open == byte => quote = None,
            (None, b'`' | b'\'' | b'"') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => depth = depth.saturating_sub(1),
            (Some(_) | None, _) => {}
        }
        let is_out = quote.is_none() && depth == 0;
        if is_out && text.is_char_boundary(at) && text[at..].starts_with(mark) {
            return Some((&text[..at], &text[at + mark.len()..]));
        }
    }
    None
}

/// SQL's LIKE, as rights on databases are matched.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = letters.as_str();
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| is_like(&text[at..], rest))
        }
        Some(letter) => {
            let (letter, is_any) = match letter {
                '_' => ('_', true),
                '\\' => (letters.next().unwrap_or('\\'), false),
                other => (other, false),
            };
            let mut text = text.chars();
            text.next().is_some_and(|one| is_any || one == letter)
                && is_like(text.as_str(), letters.as_str())
        }
    }
}

/// A line of rights with rights and columns in one order: a server has none.
pub(super) fn ordered(line: &str) -> String {
    let Some(grant) = Grant::read(line).filter(|grant| !grant.level.is_empty()) else {
        return line.to_owned();
    };
    let columns = |right: &&str| match right.split_once(" (") {
        Some((name, columns)) => {
            let mut columns: Vec<&str> = columns.trim_end_matches(')').split(", ").collect();
            columns.sort_unstable();
            format!("{name} ({})", columns.join(", "))
        }
        None => (*right).to_owned(),
    };
    let mut rights: Vec<String> = grant.rights.iter().map(columns).collect();
    rights.sort_unstable();
    let rest = outside(line, " ON ").map_or("", |(_, rest)| rest);
    format!("GRANT {} ON {rest}", rights.join(", "))
}

/// The right that is missing to see every routine whole.
pub(super) fn blind_to_routines(
    grants: &[Grant<'_>],
    database: &str,
    family: Family,
    version: &str,
) -> Option<&'static str> {
    let everywhere = |right: &str| grants.iter().any(|g| g.level == "*.*" && g.gives(right));
    let proc = || grants.iter().any(|g| g.is_of("mysql") && g.gives("SELECT") && covers_proc(g));
    let (sees, wanted) = match family {
        Family::Mariadb => {
            let right = "SHOW CREATE ROUTINE";
            let sees = everywhere(right) || gives_on(grants, database, right) || proc();
            (sees, "SELECT ON mysql.proc")
        }
        // Since 8.0 there is no such table, and rights on it or on all of `mysql` show nothing.
        Family::Mysql if series(version) >= DICTIONARY => {
            (everywhere("SHOW_ROUTINE"), "SHOW_ROUTINE")
        }
        Family::Mysql => (proc(), "SELECT ON mysql.proc"),
    };
    (!sees && !everywhere("SELECT")).then_some(wanted)
}

/// Whether the lines on the database as a whole give a right. Of each account only the closest line
/// counts for a server: what a pattern gives is void beside a line for the very name.
pub(super) fn gives_on(grants: &[Grant<'_>], database: &str, right: &str) -> bool {
    let is_whole = |grant: &&Grant<'_>| grant.level.ends_with(".*") && grant.is_of(database);
    let whose: BTreeSet<&str> = grants.iter().filter(is_whole).map(|grant| grant.whose).collect();
    whose.into_iter().any(|whose| {
        let all: Vec<_> = grants.iter().filter(is_whole).filter(|g| g.whose == whose).collect();
        let mut exact = all.iter().filter(|grant| grant.is_exactly(database)).peekable();
        if exact.peek().is_some() {
            return exact.any(|grant| grant.gives(right));
        }
        // Which of several patterns is the closest is the server's secret.
        all.iter().all(|grant| grant.gives(right))
    })
}

fn covers_proc(grant: &Grant<'_>) -> bool {
    grant.level.ends_with(".*") || grant.level.ends_with(".`proc`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_rights_is_read() {
        let grant = Grant::read("GRANT SELECT, INSERT (`ten`, `a, b`) ON `rich`.`cha` TO `a`@`b`");
        let grant = grant.unwrap();
        assert_eq!(grant.rights, ["SELECT", "INSERT (`ten`, `a, b`)"]);
        assert!(grant.is_of("rich") && !grant.is_of("ric_"));
        let routine = Grant::read("GRANT EXECUTE ON PROCEDURE `rich`.`pr` TO `a`@`b`").unwrap();
        assert!(routine.is_of("rich"));
        let all =
            Grant::read("GRANT ALL PRIVILEGES ON *.* TO `root`@`h` WITH GRANT OPTION").unwrap();
        assert!(all.gives("EVENT") && all.level == "*.*" && !all.is_of("rich"));
        let line = "GRANT SELECT, INSERT (`b`, `a`) ON `d`.`t` TO `u`@`h` WITH GRANT OPTION";
        let expected = "GRANT INSERT (`a`, `b`), SELECT ON `d`.`t` TO `u`@`h` WITH GRANT OPTION";
        assert_eq!(ordered(line), expected);
        let member = Grant::read("GRANT `bien ON tap` TO `cong`@`localhost`").unwrap();
        assert_eq!(member.level, "");
        let pattern = Grant::read("GRANT SELECT ON `ri\\_h%`.* TO `a`@`b`").unwrap();
        assert!(pattern.is_of("ri_ho") && !pattern.is_of("rich"));
        let newer = Grant::read("GRANT BACKUP_ADMIN,SHOW_ROUTINE ON *.* TO `a`@`b`").unwrap();
        assert!(newer.gives("SHOW_ROUTINE") && newer.gives("BACKUP_ADMIN"), "{newer:?}");
        let taken = Grant::taken("REVOKE TRIGGER ON `cong`.* FROM `a`@`b`").unwrap();
        assert!(taken.gives("TRIGGER") && taken.is_of("cong") && !taken.is_of("khac"));
        assert_eq!(Grant::taken("GRANT TRIGGER ON `cong`.* TO `a`@`b`"), None);
        assert_eq!(outside("a 'b\\' ON c' ON d", " ON "), Some(("a 'b\\' ON c'", "d")));
    }

    #[test]
    fn each_maker_has_its_own_right_to_see_routines() {
        let check = |line: &'static str, family, version: &str, missing: Option<&str>| {
            let grants: Vec<_> = Grant::read(line).into_iter().collect();
            assert_eq!(blind_to_routines(&grants, "cong", family, version), missing, "{line}");
        };
        let (proc, dynamic) = (Some("SELECT ON mysql.proc"), Some("SHOW_ROUTINE"));
        let of_mysql = "GRANT SELECT ON `mysql`.* TO `a`@`b`";
        check(of_mysql, Family::Mariadb, "10.11.19-MariaDB", None);
        check(of_mysql, Family::Mysql, "5.7.44-log", None);
        check(of_mysql, Family::Mysql, "8.0.36", dynamic);
        check("GRANT SELECT ON `mysql`.`proc` TO `a`@`b`", Family::Mysql, "8.4.0", dynamic);
        check("GRANT SELECT ON *.* TO `a`@`b`", Family::Mysql, "8.4.0", None);
        let show = "GRANT SHOW_ROUTINE ON *.* TO `a`@`b`";
        check(show, Family::Mysql, "8.0.36", None);
        check(show, Family::Mariadb, "11.4.2-MariaDB", proc);
        let show = "GRANT SHOW CREATE ROUTINE ON `cong`.* TO `a`@`b`";
        check(show, Family::Mariadb, "11.4.2-MariaDB", None);
        check(show, Family::Mysql, "5.7.44", proc);
    }

    #[test]
    fn a_pattern_is_void_beside_the_name_itself() {
        let read = |lines: &[&'static str]| -> Vec<Grant<'static>> {
            lines.iter().filter_map(|line| Grant::read(line)).collect()
        };
        let pattern = "GRANT TRIGGER ON `con_`.* TO `a`@`b`";
        assert!(gives_on(&read(&[pattern]), "cong", "TRIGGER"));
        let exact = "GRANT SELECT ON `cong`.* TO `a`@`b`";
        assert!(!gives_on(&read(&[pattern, exact]), "cong", "TRIGGER"));
        assert!(gives_on(&read(&[pattern, exact]), "cong", "SELECT"));
        let role = "GRANT TRIGGER ON `cong`.* TO `r`";
        assert!(gives_on(&read(&[exact, role]), "cong", "TRIGGER"));
        assert!(is_like("abc", "a%") && is_like("abc", "a_c") && !is_like("abc", "a\\_c"));
    }
}
