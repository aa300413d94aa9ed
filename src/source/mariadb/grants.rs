//! Accounts, roles and rights: what the dumping account may see, what a database needs to come
//! back with, and giving it back to a server that may have some of them already.
//!
//! An account that exists is left as it is, password and general rights included; only its rights
//! on the restored database are given. No statement is ever shown: it may hold a password's hash.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::script::{identifier, literal, quoted};
use crate::source::mariadb::session::{Session, number};
use crate::source::mariadb::stream::shortened;
use crate::source::mariadb::tools::{Family, series};
use crate::source::scratch::SUPERUSER;
use crate::world::World;

/// Without these the dump program leaves out what it cannot see and says nothing.
const NEEDED: [&str; 4] = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];

/// Accounts that come with a server and are no portal's.
const OWN: [&str; 6] =
    ["mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", "PUBLIC", SUPERUSER];

/// The first MariaDB whose databases have comments.
const COMMENTS: u32 = 1005;

/// The role by which stand-ins are known.
const STAND_IN: &str = "duphong_stand_in";

/// One line of `SHOW GRANTS`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant<'a> {
    rights: Vec<&'a str>,
    /// `*.*`, `` `db`.* ``, …; empty where one role is given to another account.
    level: &'a str,
    /// Whose they are.
    whose: &'a str,
}

impl<'a> Grant<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let rest = line.strip_prefix("GRANT ")?;
        let Some((rights, rest)) = outside(rest, " ON ") else {
            return Some(Self { rights: Vec::new(), level: "", whose: "" });
        };
        let (level, whose) = outside(rest, " TO ")?;
        let whose = whose.split(' ').next().unwrap_or(whose);
        let mut names = Vec::new();
        let mut left = rights;
        while let Some((right, rest)) = outside(left, ", ") {
            names.push(right);
            left = rest;
        }
        names.push(left);
        Some(Self { rights: names, level, whose })
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

    fn is_of(&self, database: &str) -> bool {
        let Some(name) = self.database() else { return false };
        if self.level.ends_with(".*") { is_like(database, &name) } else { name == database }
    }

    /// Whether it names the database itself, without a pattern that others match too.
    fn is_exactly(&self, database: &str) -> bool {
        let plain = |name: String| name.replace("\\_", "_").replace("\\%", "%") == database;
        self.level.ends_with(".*") && self.database().is_some_and(plain)
    }

    fn gives(&self, right: &str) -> bool {
        self.rights.iter().any(|one| *one == right || *one == "ALL PRIVILEGES")
    }
}

/// Cuts at the first `mark` that stands outside of quotes and brackets.
fn outside<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let (mut quote, mut depth) = (None, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
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

/// What the account of a session may do with one database.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rights {
    /// Whether it may ask for the position in the binary log.
    pub(super) position: bool,
}

/// Fails when the dump would be shorter than the database; `locks` where tables must be locked.
pub(super) fn check(
    session: &mut Session,
    database: &str,
    locks: bool,
) -> Result<Rights, SourceError> {
    let lines = session.rows("ask for rights", "SHOW GRANTS")?;
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    let grants: Vec<Grant<'_>> = lines.iter().filter_map(|line| Grant::read(line)).collect();
    let everywhere = |right: &str| grants.iter().any(|g| g.level == "*.*" && g.gives(right));
    let here = |right: &str| everywhere(right) || gives_on(&grants, database, right);
    let mut missing: Vec<&str> = NEEDED.into_iter().filter(|right| !here(right)).collect();
    if locks && !here("LOCK TABLES") {
        missing.push("LOCK TABLES");
    }
    let sees_routines = everywhere("SELECT")
        || here("SHOW CREATE ROUTINE")
        || everywhere("SHOW_ROUTINE")
        || grants.iter().any(|g| g.is_of("mysql") && g.gives("SELECT") && covers_proc(g));
    if !sees_routines {
        missing.push(match session.family {
            Family::Mariadb => "SELECT ON mysql.proc",
            Family::Mysql => "SHOW_ROUTINE",
        });
    }
    if !missing.is_empty() {
        let (rights, database) = (missing.join(", "), database.to_owned());
        return Err(MariadbFault::Rights { rights, database }.into());
    }
    let position = match session.family {
        Family::Mariadb => ["BINLOG MONITOR", "REPLICATION CLIENT", "SUPER"].as_slice(),
        // It takes the position under a lock of all tables for a moment.
        Family::Mysql => ["REPLICATION CLIENT"].as_slice(),
    };
    let locking = session.family == Family::Mariadb || everywhere("RELOAD");
    Ok(Rights { position: locking && position.iter().any(|right| everywhere(right)) })
}

/// Whether the lines on the database as a whole give a right. Of each account only the closest line
/// counts for a server: what a pattern gives is void beside a line for the very name.
fn gives_on(grants: &[Grant<'_>], database: &str, right: &str) -> bool {
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

/// Accounts and rights as a server has them.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// What makes each account, and all that it may do, in an order that can be run.
    pub(super) script: String,
    /// What the database needs of it: kind → name → definition.
    pub(super) objects: BTreeMap<String, BTreeMap<String, String>>,
    /// Why nothing is known.
    pub(super) blind: Option<String>,
}

/// Reads all accounts; the inventory gets those with rights on `database` and the `definers` of
/// its objects. Whoever may not read them is told so, and the set with it.
pub(super) fn read(
    settings: &Settings,
    definers: &[String],
    world: &World,
) -> Result<Accounts, SourceError> {
    // A refusal ends the client, so this has a session of its own.
    let mut session = Session::open_server(settings, world)?;
    match all(&mut session, &settings.database, definers) {
        Err(SourceError::Mariadb(MariadbFault::Query { .. })) => Ok(Accounts {
            blind: Some("accounts and rights: the account may not read them".to_owned()),
            script: "-- not readable for the account that made the dump\n".to_owned(),
            ..Accounts::default()
        }),
        other => other,
    }
}

fn all(
    session: &mut Session,
    database: &str,
    definers: &[String],
) -> Result<Accounts, SourceError> {
    let act = "read the accounts";
    if session.family == Family::Mysql {
        // Its hashes hold bytes that are no text.
        session.run(act, "SET SESSION print_identified_with_as_hex = ON")?;
    }
    let is_role = match session.family {
        Family::Mariadb => "is_role = 'Y'",
        Family::Mysql => "FALSE",
    };
    let sql = format!("SELECT user, host, {is_role} FROM mysql.user ORDER BY 3 DESC, 1, 2");
    let mut accounts = Accounts::default();
    let (mut made, mut given) = (String::new(), String::new());
    for row in session.rows(act, &sql)? {
        let [user, host, role] = row.as_slice() else { continue };
        let is_role = role == "1";
        if OWN.contains(&user.as_str()) {
            continue;
        }
        let name =
            if is_role { quoted(user) } else { format!("{}@{}", quoted(user), quoted(host)) };
        let create = if is_role {
            format!("CREATE ROLE {name}")
        } else {
            session.value(act, &format!("SHOW CREATE USER {name}"))?
        };
        let grants = session.rows(act, &format!("SHOW GRANTS FOR {name}"))?;
        let grants: Vec<String> = grants.into_iter().flatten().collect();
        if user == STAND_IN || grants.iter().any(|line| line.contains(STAND_IN)) {
            continue;
        }
        made.push_str(&create);
        made.push_str(";\n");
        for grant in &grants {
            given.push_str(grant);
            given.push_str(";\n");
        }
        let matters = definers.contains(&name)
            || grants.iter().filter_map(|line| Grant::read(line)).any(|g| g.is_of(database));
        if !matters {
            continue;
        }
        let of_kind = accounts.objects.entry("account".to_owned()).or_default();
        of_kind.insert(name.clone(), shortened(&masked(&create)));
        let rights: BTreeSet<String> = grants.iter().map(|line| masked(&ordered(line))).collect();
        let rights: Vec<String> = rights.into_iter().collect();
        let of_kind = accounts.objects.entry("grant".to_owned()).or_default();
        of_kind.insert(name, shortened(&rights.join("\n")));
    }
    accounts.script = made + &given;
    Ok(accounts)
}

/// A line of rights with rights and columns in one order: a server has none.
fn ordered(line: &str) -> String {
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

/// A statement without its texts, which are hashes of passwords.
fn masked(statement: &str) -> String {
    let mut masked = String::new();
    for (nth, part) in statement.split('\'').enumerate() {
        masked.push_str(if nth % 2 == 0 { part } else { "'…'" });
    }
    let word = |word: &str| if word.starts_with("0x") { "…".to_owned() } else { word.to_owned() };
    masked.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Accounts of a script on their way to a server: made before a load, because objects act in their
/// name, and given their rights after it, because rights name objects.
#[derive(Debug)]
pub(super) struct Arrivals {
    rights: Vec<String>,
    /// Accounts that are not as the script says.
    kept: BTreeSet<String>,
    notes: Vec<String>,
}

impl Arrivals {
    /// Makes the accounts that the server lacks.
    pub(super) fn make(
        target: &Settings,
        script: &str,
        world: &World,
    ) -> Result<Self, SourceError> {
        let mut session = Session::open_server(target, world)?;
        let known = known(&mut session)?;
        let mut arrivals = Self { rights: Vec::new(), kept: BTreeSet::new(), notes: Vec::new() };
        for statement in script.lines().filter_map(|line| line.strip_suffix(';')) {
            let made = statement.strip_prefix("CREATE USER ");
            let made = made.or_else(|| statement.strip_prefix("CREATE ROLE "));
            let Some(name) = made.and_then(account) else {
                arrivals.rights.push(statement.to_owned());
                continue;
            };
            let why = if known.contains(&name) {
                format!("account {name} exists and was left as it is")
            } else {
                match attempt(&mut session, target, statement, world)? {
                    Ok(()) => continue,
                    Err(why) => format!("account {name} was not made: {why}"),
                }
            };
            arrivals.notes.push(why);
            arrivals.kept.insert(name);
        }
        Ok(arrivals)
    }

    /// Gives the new accounts all their rights, and the others those on the database, if it has
    /// its old name. Returns notes on all that was not done.
    pub(super) fn give_rights(
        mut self,
        target: &Settings,
        old_database: &str,
        world: &World,
    ) -> Result<Vec<String>, SourceError> {
        let mut session = Session::open_server(target, world)?;
        let (mut skipped, mut first) = (0_usize, None);
        for statement in &self.rights {
            let grant = Grant::read(statement);
            let is_here = grant.as_ref().is_some_and(|grant| grant.is_of(old_database));
            let marks = [" TO ", " FOR "];
            let whom = marks.iter().find_map(|mark| outside(statement, mark));
            let whom = whom.and_then(|(_, rest)| account(rest));
            let is_kept = whom.is_none_or(|name| self.kept.contains(&name));
            if (is_kept && !is_here) || (is_here && old_database != target.database) {
                skipped += usize::from(is_here);
                continue;
            }
            if let Err(why) = attempt(&mut session, target, statement, world)? {
                if is_here {
                    self.notes.push(format!("a right on the database was not given: {why}"));
                } else {
                    // Rights on objects of other databases name what is not there.
                    skipped += 1;
                    first.get_or_insert(why);
                }
            }
        }
        if skipped > 0 {
            let why = first.map(|why| format!(" ({why})")).unwrap_or_default();
            self.notes.push(format!("{skipped} rights were not given{why}"));
        }
        Ok(self.notes)
    }
}

/// Runs one statement; a refusal is an answer, and costs the session.
fn attempt(
    session: &mut Session,
    target: &Settings,
    statement: &str,
    world: &World,
) -> Result<Result<(), String>, SourceError> {
    match session.run("restore an account", statement) {
        Ok(()) => Ok(Ok(())),
        Err(SourceError::Mariadb(MariadbFault::Query { source, .. })) => {
            *session = Session::open_server(target, world)?;
            let number = number(&source).map_or_else(|| "?".to_owned(), |n| n.to_string());
            Ok(Err(format!("error {number}")))
        }
        Err(other) => Err(other),
    }
}

/// The account or role that a text begins with, quoted by our rule.
fn account(text: &str) -> Option<String> {
    let text = text.strip_prefix("IF NOT EXISTS ").unwrap_or(text);
    let unquoted = text.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
    let (user, rest) = match unquoted {
        Some((user, rest)) => (user.to_owned(), rest.as_bytes()),
        None => identifier(text.as_bytes())?,
    };
    let Some(host) = rest.strip_prefix(b"@") else { return Some(quoted(&user)) };
    let host = std::str::from_utf8(host).ok()?;
    let host = match host.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
        Some((host, _)) => host.to_owned(),
        None => identifier(host.as_bytes())?.0,
    };
    Some(format!("{}@{}", quoted(&user), quoted(&host)))
}

fn known(session: &mut Session) -> Result<BTreeSet<String>, SourceError> {
    let is_role = match session.family {
        Family::Mariadb => "is_role = 'Y'",
        Family::Mysql => "FALSE",
    };
    let sql = format!("SELECT user, host, {is_role} FROM mysql.user");
    let rows = session.rows("list the accounts", &sql)?;
    let name = |row: Vec<String>| match row.as_slice() {
        [user, _, role] if role == "1" => Some(quoted(user)),
        [user, host, _] => Some(format!("{}@{}", quoted(user), quoted(host))),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(name).collect())
}

/// Which of the accounts in whose name objects act the server lacks.
pub(super) fn missing_definers(
    session: &mut Session,
    definers: &[String],
) -> Result<Vec<String>, SourceError> {
    let known = known(session)?;
    Ok(definers.iter().filter(|name| !known.contains(*name)).cloned().collect())
}

/// Makes an account that nobody can log in with and that may do everything in the database: on a
/// scratch server views and triggers need somebody to act for.
pub(super) fn stand_in(
    session: &mut Session,
    name: &str,
    database: &str,
) -> Result<(), SourceError> {
    let act = "make a stand-in account";
    if name.contains("`@`") {
        session.run(act, &format!("CREATE USER IF NOT EXISTS {name} ACCOUNT LOCK"))?;
    } else {
        session.run(act, &format!("CREATE ROLE IF NOT EXISTS {name}"))?;
    }
    session.run(act, &format!("CREATE ROLE IF NOT EXISTS {STAND_IN}"))?;
    session.run(act, &format!("GRANT {STAND_IN} TO {name}"))?;
    session.run(act, &format!("GRANT ALL ON {}.* TO {name}", quoted(database)))
}

/// What makes the database's own character set, collation and comment, and the same for the
/// inventory.
pub(super) fn defaults(
    session: &mut Session,
    database: &str,
) -> Result<BTreeMap<String, String>, SourceError> {
    let act = "read the defaults of the database";
    let sql = format!(
        "SELECT default_character_set_name, default_collation_name, @@lower_case_table_names \
         FROM information_schema.schemata WHERE schema_name = {}",
        literal(database)
    );
    let row = session.rows(act, &sql)?.pop().unwrap_or_default();
    let names = ["character-set", "collation", "lower-case-table-names"];
    let mut defaults: BTreeMap<String, String> =
        names.iter().map(|name| (*name).to_owned()).zip(row).collect();
    if defaults.len() != names.len() {
        return Err(MariadbFault::Gone { act }.into());
    }
    if session.family == Family::Mariadb && series(&session.version) >= COMMENTS {
        let sql = format!(
            "SELECT schema_comment FROM information_schema.schemata WHERE schema_name = {}",
            literal(database)
        );
        let comment = session.value(act, &sql)?;
        if !comment.is_empty() {
            defaults.insert("comment".to_owned(), comment);
        }
    }
    Ok(defaults)
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
    }

    #[test]
    fn accounts_are_named_by_one_rule_and_hashes_are_not_told() {
        assert_eq!(account("`a`@`b` IDENTIFIED"), Some("`a`@`b`".to_owned()));
        assert_eq!(account("'a'@'%'"), Some("`a`@`%`".to_owned()));
        assert_eq!(account("`r` WITH ADMIN OPTION"), Some("`r`".to_owned()));
        assert_eq!(masked("WITH 'x' AS 0x24A0 REQUIRE"), "WITH '…' AS … REQUIRE");
        assert_eq!(masked("BY PASSWORD '*25' REQUIRE"), "BY PASSWORD '…' REQUIRE");
        assert!(is_like("abc", "a%") && is_like("abc", "a_c") && !is_like("abc", "a\\_c"));
    }
}
