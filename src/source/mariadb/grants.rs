//! Accounts, roles and rights: what the dumping account may see, what a database needs to come
//! back with, and giving it back to a server that may have some of them already.
//!
//! An account that exists is left as it is, password and general rights included; only its rights
//! on the restored database are given. No statement is ever shown: it may hold a password's hash.

mod line;
mod log;
mod name;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::fault::{Args, Message};
use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::grants::line::{Grant, blind_to_routines, gives_on, ordered, outside};
use crate::source::mariadb::grants::name::{account, masked};
use crate::source::mariadb::script::{literal, quoted};
use crate::source::mariadb::session::{Session, number};
use crate::source::mariadb::stream::shortened;
use crate::source::mariadb::tools::{Family, series};
use crate::source::scratch::SUPERUSER;
use crate::world::World;

pub(super) use crate::source::mariadb::grants::log::{check_following, check_replaying};

/// Without these the dump program leaves out what it cannot see and says nothing.
const NEEDED: [&str; 4] = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];

/// Accounts that come with a server and are no portal's.
const OWN: [&str; 6] =
    ["mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", "PUBLIC", SUPERUSER];

/// The first MariaDB whose databases have comments.
const COMMENTS: u32 = 1005;

/// The role by which stand-ins are known.
const STAND_IN: &str = "duphong_stand_in";

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
    let taken: Vec<Grant<'_>> = lines.iter().filter_map(|line| Grant::taken(line)).collect();
    let everywhere = |right: &str| grants.iter().any(|g| g.level == "*.*" && g.gives(right));
    let is_taken = |right: &str| taken.iter().any(|g| g.is_of(database) && g.gives(right));
    let here =
        |right: &str| (everywhere(right) && !is_taken(right)) || gives_on(&grants, database, right);
    let mut missing: Vec<&str> = NEEDED.into_iter().filter(|right| !here(right)).collect();
    if locks && !here("LOCK TABLES") {
        missing.push("LOCK TABLES");
    }
    missing.extend(blind_to_routines(&grants, database, session.family, &session.version));
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
        let (plain, chosen) = without_default_roles(&create, &name);
        made.push_str(&plain);
        made.push_str(";\n");
        for grant in grants.iter().chain(&chosen) {
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

/// What makes an account of MySQL without the roles that it begins with, and what gives it these:
/// an account may be made before they are, and may choose only what it was given.
fn without_default_roles(create: &str, name: &str) -> (String, Option<String>) {
    let cut = || {
        let (before, rest) = outside(create, " DEFAULT ROLE ")?;
        let (roles, after) = outside(rest, " REQUIRE ")?;
        let chosen = format!("SET DEFAULT ROLE {roles} TO {name}");
        Some((format!("{before} REQUIRE {after}"), Some(chosen)))
    };
    cut().unwrap_or_else(|| (create.to_owned(), None))
}

/// Accounts of a script on their way to a server: made before a load, because objects act in their
/// name, and given their rights after it, because rights name objects.
#[derive(Debug)]
pub(super) struct Arrivals {
    rights: Vec<String>,
    /// Accounts that are not as the script says.
    kept: BTreeSet<String>,
    notes: Vec<Message>,
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
        if target.is_scratch && script.lines().any(|line| line.starts_with("REVOKE ")) {
            // Production's server has it so, or could not have said this.
            session.run("prepare for rights", "SET GLOBAL partial_revokes = ON")?;
        }
        let mut arrivals = Self { rights: Vec::new(), kept: BTreeSet::new(), notes: Vec::new() };
        for statement in script.lines().filter_map(|line| line.strip_suffix(';')) {
            let made = statement.strip_prefix("CREATE USER ");
            let made = made.or_else(|| statement.strip_prefix("CREATE ROLE "));
            let Some(name) = made.and_then(account) else {
                arrivals.rights.push(statement.to_owned());
                continue;
            };
            let args = Args::none().text("name", &name);
            let note = if known.contains(&name) {
                Message::with("restore-note-account-kept", args)
            } else {
                match attempt(&mut session, target, statement, world)? {
                    Ok(()) => continue,
                    Err(why) => {
                        Message::with("restore-note-account-not-made", args.text("why", why))
                    }
                }
            };
            arrivals.notes.push(note);
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
    ) -> Result<Vec<Message>, SourceError> {
        let mut session = Session::open_server(target, world)?;
        let (mut skipped, mut first) = (0_u64, None);
        for statement in &self.rights {
            let taken = Grant::taken(statement);
            let is_taken = taken.is_some();
            let grant = Grant::read(statement).or(taken);
            let is_here = grant.as_ref().is_some_and(|grant| grant.is_of(old_database));
            let marks = [" TO ", " FOR ", " FROM "];
            let whom = marks.iter().find_map(|mark| outside(statement, mark));
            let whom = whom.and_then(|(_, rest)| account(rest));
            let is_kept = whom.is_none_or(|name| self.kept.contains(&name));
            // What is taken from everything is taken by its old name too, or the account had more.
            let is_elsewhere = is_here && !is_taken && old_database != target.database;
            if (is_kept && (!is_here || is_taken)) || is_elsewhere {
                skipped += u64::from(is_here);
                continue;
            }
            if let Err(why) = attempt(&mut session, target, statement, world)? {
                if is_here {
                    let args = Args::none().text("why", why);
                    self.notes.push(Message::with("restore-note-right-not-given", args));
                } else {
                    // Rights on objects of other databases name what is not there.
                    skipped += 1;
                    first.get_or_insert(why);
                }
            }
        }
        if skipped > 0 {
            let args = Args::none().number("count", skipped);
            self.notes.push(match first {
                Some(why) => Message::with("restore-note-rights-refused", args.text("why", why)),
                None => Message::with("restore-note-rights-not-given", args),
            });
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
    fn an_account_is_made_before_the_roles_that_it_begins_with() {
        let create = "CREATE USER `u`@`localhost` IDENTIFIED WITH 'caching_sha2_password' AS 0x24 \
            DEFAULT ROLE `r`@`%`,`s REQUIRE `@`%` REQUIRE NONE ACCOUNT UNLOCK";
        let (plain, chosen) = without_default_roles(create, "`u`@`localhost`");
        assert_eq!(
            plain,
            "CREATE USER `u`@`localhost` IDENTIFIED WITH 'caching_sha2_password' AS 0x24 \
            REQUIRE NONE ACCOUNT UNLOCK"
        );
        let expected = "SET DEFAULT ROLE `r`@`%`,`s REQUIRE `@`%` TO `u`@`localhost`";
        assert_eq!(chosen.as_deref(), Some(expected));
        let plain = "CREATE USER ` DEFAULT ROLE `@`%` IDENTIFIED BY PASSWORD '*25'";
        assert_eq!(without_default_roles(plain, "x"), (plain.to_owned(), None));
    }
}
