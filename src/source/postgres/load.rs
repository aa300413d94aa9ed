//! Loading a dump into an existing, empty database.
//!
//! Guarantees: nothing is loaded over something; the first error ends the load; roles that exist
//! are left; no message repeats a statement, since statements hold passwords. Tablespaces and
//! subscriptions are not restored: their folders and their publishers belong to production.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::fault::Message;
use crate::base::manifest::Inventory;
use crate::base::progress::Progress;
use crate::source::Dump;
use crate::source::error::SourceError;
use crate::source::postgres::canonical::split_elements;
use crate::source::postgres::dump::{dump_folder, globals_file};
use crate::source::postgres::late::Lists;
use crate::source::postgres::session::Session;
use crate::source::postgres::tools::{PassFile, Tools, parse_major};
use crate::source::postgres::{Settings, globals};
use crate::world::World;
use crate::world::files;
use crate::world::process::{Process, ProcessError};

/// How often a running load is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// After its last line `pg_restore` has only to end.
const END_LIMIT: Duration = Duration::from_mins(1);

/// What of a dump is loaded besides objects and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Create the roles that are missing; needs a role that may.
    pub globals: bool,
    /// Restore owners and rights; needs the roles.
    pub ownership: bool,
    /// Give the database itself its settings, rights, owner, comment and limit.
    pub properties: bool,
}

impl Load {
    /// Everything: for a scratch cluster of ours, and for a server that replaces a lost one.
    pub const ALL: Self = Self { globals: true, ownership: true, properties: true };
}

/// The roles that the dump's database needs: a load makes those that the server lacks.
pub fn roles(dump: Dump<'_>) -> Result<BTreeSet<String>, SourceError> {
    let script = files::read(&dump.folder.join(globals_file(dump.name)))?;
    Ok(globals::roles(&String::from_utf8_lossy(&script)))
}

/// Loads a dump into the database that `target` names; returns notes on what was deliberately not restored.
///
/// `work` is a private folder for the password file.
pub fn load(
    dump: Dump<'_>,
    target: &Settings,
    what: Load,
    work: &Path,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<Vec<Message>, SourceError> {
    let Dump { folder, name, facts } = dump;
    let session = Session::open(target, world)?.under(cancel);
    check_empty(&session, target)?;
    let dumped_by = facts.dump_tool.as_deref().and_then(parse_major).unwrap_or_default();
    let tools = Tools::find(
        target.bin_dir.as_deref(),
        "pg_restore",
        dumped_by.max(session.major()),
        world,
    )?;
    let mut notes = Vec::new();
    if what.globals {
        progress.phase("phase-roles");
        let script = files::read(&folder.join(globals_file(name)))?;
        notes = globals::apply(&session, &String::from_utf8_lossy(&script))?;
    }
    drop_public_unless_dumped(&session, &facts.inventory)?;

    progress.phase("phase-load");
    let pass = PassFile::write(target, work)?;
    let dumped = folder.join(dump_folder(name));
    let run = |jobs: usize, list: Option<&String>| {
        let mut process = tools
            .client("pg_restore", target, &pass)
            .args(["--exit-on-error", "--no-tablespaces", "--no-subscriptions"])
            .arg(format!("--jobs={jobs}"));
        if !what.ownership {
            process = process.args(["--no-owner", "--no-privileges"]);
        }
        process = list.into_iter().fold(process, Process::arg);
        run_restore(process.arg(&dumped), &session, world, cancel)
    };
    match Lists::write(&dumped, work, &tools, world)? {
        Some(lists) => {
            let [first, late] = lists.arguments();
            run(target.jobs(), Some(&first))?;
            run(1, Some(&late))?;
        }
        None => run(target.jobs(), None)?,
    }
    if what.properties {
        apply_properties(&session, target, &facts.inventory, what)?;
        restore_public(&session, &facts.inventory, what)?;
    }
    Ok(notes)
}

/// Runs `pg_restore` to its end, which is good only if the server lives to see it.
pub(super) fn run_restore(
    process: Process,
    session: &Session,
    world: &World,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    let mut running = process.start().map_err(SourceError::Load)?;
    while running.is_running() {
        if cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        world.clock.sleep(LOOK);
    }
    match running.finish(world.clock.as_ref(), END_LIMIT) {
        Ok(()) if session.is_alive() => Ok(()),
        Err(failure) if session.is_alive() => Err(SourceError::Load(redacted(failure))),
        _ => Err(SourceError::Gone { act: "load" }),
    }
}

/// Anything that a person or a portal made counts; what a template brought along does not.
pub(super) fn check_empty(session: &Session, target: &Settings) -> Result<(), SourceError> {
    let count = session.value(
        "look whether the target is empty",
        "WITH ns AS (SELECT oid, nspname FROM pg_namespace \
           WHERE nspname !~ '^pg_' AND nspname <> 'information_schema') \
         SELECT (SELECT count(*) FROM pg_class c JOIN ns ON ns.oid = c.relnamespace \
             WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = c.oid AND e.deptype = 'e')) \
           + (SELECT count(*) FROM pg_proc p JOIN ns ON ns.oid = p.pronamespace \
             WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = p.oid AND e.deptype = 'e')) \
           + (SELECT count(*) FROM pg_type t JOIN ns ON ns.oid = t.typnamespace \
             WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = t.oid AND e.deptype = 'e')) \
           + (SELECT count(*) FROM ns WHERE nspname <> 'public') \
           + (SELECT count(*) FROM pg_largeobject_metadata)",
    )?;
    if count == "0" {
        return Ok(());
    }
    let database = target.database()?;
    Err(SourceError::TargetNotEmpty { target: format!("{database} @ {}", target.server()) })
}

/// A dump never says that the schema `public` was dropped; every new database has one.
fn drop_public_unless_dumped(session: &Session, dumped: &Inventory) -> Result<(), SourceError> {
    if dumped.objects.get("schema").is_some_and(|schemas| schemas.contains_key("public")) {
        return Ok(());
    }
    session.run("drop the schema that production has not", "DROP SCHEMA IF EXISTS public")
}

/// A dump of servers before version 15 never says whose the schema `public` is, and what is said of
/// it: both would stay as whoever made the database left them.
fn restore_public(session: &Session, dumped: &Inventory, what: Load) -> Result<(), SourceError> {
    let act = "restore the schema public";
    let of = |kind: &str| dumped.objects.get(kind).and_then(|names| names.get("schema public"));
    let ask = |value: &str| {
        let from = "FROM pg_namespace WHERE nspname = 'public'";
        session.value(act, &format!("SELECT COALESCE((SELECT {value} {from}), '')"))
    };
    if let Some(owner) = of("owner").filter(|_| what.ownership)
        && ask("pg_get_userbyid(nspowner)")? != *owner
    {
        session.run(act, &format!("ALTER SCHEMA public OWNER TO {}", quoted(owner)))?;
    }
    if let Some(comment) = of("comment")
        && ask("obj_description(oid, 'pg_namespace')")? != *comment
    {
        session.run(act, &format!("COMMENT ON SCHEMA public IS {}", literal(comment)))?;
    }
    Ok(())
}

/// What belongs to the database itself is restored by name of its own, so not by `pg_restore`.
fn apply_properties(
    session: &Session,
    target: &Settings,
    dumped: &Inventory,
    what: Load,
) -> Result<(), SourceError> {
    let act = "restore the settings of the database";
    let database = quoted(&target.database()?);
    let of = |kind: &str, name: &str| {
        dumped.objects.get(kind).and_then(|names| names.get(name)).map(String::as_str)
    };
    if what.ownership
        && let Some(owner) = of("owner", "database")
    {
        let owner = quoted(owner);
        session.run(act, &format!("ALTER DATABASE {database} OWNER TO {owner}"))?;
    }
    if what.ownership
        && let Some(rights) = of("grant", "database")
    {
        grant(session, &database, rights)?;
    }
    if let Some(limit) = of("database", "connection-limit").and_then(|l| l.parse::<i32>().ok()) {
        session.run(act, &format!("ALTER DATABASE {database} CONNECTION LIMIT {limit}"))?;
    }
    if let Some(comment) = of("comment", "database") {
        let comment = literal(comment);
        session.run(act, &format!("COMMENT ON DATABASE {database} IS {comment}"))?;
    }
    for (name, value) in dumped.objects.get("database-setting").into_iter().flatten() {
        let (whose, setting) = match name.strip_prefix("role ").and_then(|r| r.rsplit_once(' ')) {
            Some((role, setting)) if what.ownership => {
                (format!("ROLE {role} IN DATABASE {database}"), setting)
            }
            Some(_) => continue,
            None => (format!("DATABASE {database}"), name.as_str()),
        };
        let value = setting_value(setting, value);
        session.run(act, &format!("ALTER {whose} SET {} TO {value}", setting_name(setting)))?;
    }
    Ok(())
}

/// Gives the database exactly the rights that an access list of the inventory states.
fn grant(session: &Session, database: &str, rights: &str) -> Result<(), SourceError> {
    let act = "restore the rights on the database";
    session.run(act, &format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC"))?;
    if rights == "(none)" {
        return Ok(());
    }
    let items: Vec<String> =
        split_elements(rights).into_iter().map(|item| literal(item) + "::aclitem").collect();
    let grants = session.rows(
        act,
        &format!(
            "SELECT format('GRANT %s ON DATABASE %s TO %s%s', a.privilege_type, {}, \
               CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, \
               CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) \
             FROM aclexplode(ARRAY[{}]) a",
            literal(database),
            items.join(", ")
        ),
    )?;
    for statement in grants.into_iter().flatten().flatten() {
        session.run(act, &statement)?;
    }
    Ok(())
}

/// Settings that are lists keep their own quoting; PostgreSQL fixes which ones they are.
fn setting_value(setting: &str, value: &str) -> String {
    const LISTS: [&str; 6] = [
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    ];
    if LISTS.contains(&setting.to_ascii_lowercase().as_str()) && !value.is_empty() {
        value.to_owned()
    } else {
        literal(value)
    }
}

/// A setting's name may have a prefix with a dot, each part quoted alone.
fn setting_name(setting: &str) -> String {
    setting.split('.').map(quoted).collect::<Vec<_>>().join(".")
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn literal(value: &str) -> String {
    if value.contains('\\') {
        // Independent of the server's `standard_conforming_strings`.
        return format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "''"));
    }
    format!("'{}'", value.replace('\'', "''"))
}

/// `pg_restore` repeats the failed statement below its message.
fn redacted(failure: ProcessError) -> ProcessError {
    match failure {
        ProcessError::Failed { program, status, stderr } => ProcessError::Failed {
            program,
            status,
            stderr: stderr
                .lines()
                .filter(|line| line.starts_with("pg_restore: "))
                .collect::<Vec<_>>()
                .join("\n"),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_never_repeats_the_statement() {
        let failure = ProcessError::Failed {
            program: "pg_restore".into(),
            status: "exit status: 1".into(),
            stderr: "pg_restore: error: could not execute query: ERROR:  no server\n\
                     Command was: CREATE USER MAPPING FOR a SERVER b OPTIONS (password 'geheim');"
                .into(),
        };
        let text = redacted(failure).to_string();
        assert!(text.contains("no server") && !text.contains("geheim"));
    }

    #[test]
    fn values_are_quoted_for_any_server() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b'"), "E'a\\\\b'''");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(setting_value("search_path", "\"Lược đồ\", public"), "\"Lược đồ\", public");
        assert_eq!(setting_name("portal.mode"), "\"portal\".\"mode\"");
    }
}
