//! A second database beside a live one on the same server, and exchanging the two by name.
//!
//! Everything is done from a database that is neither of them, since a database cannot be renamed
//! by who is connected to it. An exchange is one transaction: the server's own lock on the renamed
//! database keeps new sessions out until it ends, so that nothing has to be closed to connections
//! before, and a process that dies in the middle leaves both names as they were.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;

use crate::base::manifest::DatabaseFacts;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::load::{literal, quoted};
use crate::source::postgres::session::Session;
use crate::world::World;
use crate::world::fuse;

/// Databases that every server has from the start, unless somebody dropped them.
const COMMON: [&str; 2] = ["postgres", "template1"];

/// PostgreSQL cuts longer names, silently.
const NAME_BYTES_MAX: usize = 63;

/// How often sessions are ended while a rename waits for them: it waits five seconds.
const AGAIN: Duration = Duration::from_millis(50);

/// A call that only looks, or moves names, and has not come back by then will not: the portal is
/// out of service meanwhile, and a person must hear of it.
const CALL_LIMIT: Duration = Duration::from_mins(2);

/// To make or drop a database the server first writes all that it has changed to its disks, and
/// may do so at the leisure that it is set to.
const CHECKPOINT_LIMIT: Duration = Duration::from_mins(30);

/// What the server itself allows a rename, waiting included: less than [`CALL_LIMIT`], so that
/// its own answer comes first and says that nothing was done.
const RENAME_LIMITS: &str = "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '90s'";

/// How often it is looked whether a session that was ended is gone.
const LOOKS: u32 = 100;

/// A server, seen from a database that nobody renames.
pub struct Server {
    session: Session,
    /// The same database again, for a second session.
    settings: Settings,
    limit: Duration,
}

impl Server {
    /// Connects to the server on which the database of `settings` lies, or lay.
    pub fn open(settings: &Settings, world: &World) -> Result<Self, SourceError> {
        Self::open_within(settings, world, CALL_LIMIT)
    }

    /// The same with another limit for each call.
    pub fn open_within(
        settings: &Settings,
        world: &World,
        limit: Duration,
    ) -> Result<Self, SourceError> {
        let database = settings.database()?;
        let mut first: Option<SourceError> = None;
        for common in COMMON.into_iter().filter(|common| *common != database) {
            let settings = settings.on_database(common);
            match Session::open_within(&settings, world, limit) {
                Ok(session) => return Ok(Self { session, settings, limit }),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or(SourceError::Gone { act: "connect" }))
    }

    /// The number of the database of this name, which stays with it whatever it is called.
    pub fn number(&self, name: &str) -> Result<Option<u32>, SourceError> {
        let sql = format!("SELECT oid FROM pg_database WHERE datname = {}", literal(name));
        let oid = self.session.value("look for a database", &sql)?;
        Ok(oid.parse().ok())
    }

    /// What the database of this number is called now.
    pub fn name(&self, number: u32) -> Result<Option<String>, SourceError> {
        let sql = format!("SELECT datname FROM pg_database WHERE oid = {number}");
        let name = self.session.value("look for a database", &sql)?;
        Ok(Some(name).filter(|name| !name.is_empty()))
    }

    /// What tells this server from all others, where the role may ask.
    pub fn identity(&self) -> Result<Option<String>, SourceError> {
        let sql = "SELECT system_identifier FROM pg_control_system()";
        match self.session.value("ask for the server's identity", sql) {
            Ok(identity) => Ok(Some(identity)),
            Err(SourceError::Query { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Fails unless the role may make a database and rename the one of this name.
    pub fn check_rights(&self, name: &str) -> Result<(), SourceError> {
        let sql = format!(
            "SELECT CASE WHEN r.rolsuper OR (r.rolcreatedb AND NOT EXISTS ( \
               SELECT FROM pg_database d WHERE d.datname = {} \
               AND NOT pg_has_role(current_user, d.datdba, 'USAGE'))) \
             THEN '' ELSE r.rolname END FROM pg_roles r WHERE r.rolname = current_user",
            literal(name)
        );
        let role = self.session.value("ask for rights", &sql)?;
        if role.is_empty() { Ok(()) } else { Err(SourceError::Rights { role }) }
    }

    /// Where the server keeps its files, if it runs on this machine and says so.
    pub fn folder(&self) -> Result<Option<PathBuf>, SourceError> {
        if !matches!(self.settings.config()?.get_hosts().first(), Some(Host::Unix(_))) {
            return Ok(None);
        }
        match self.session.value("ask for its folder", "SHOW data_directory") {
            Ok(folder) => Ok(Some(folder.into())),
            Err(SourceError::Query { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The names of all roles.
    pub fn roles(&self) -> Result<BTreeSet<String>, SourceError> {
        let rows = self.session.rows("list the roles", "SELECT rolname FROM pg_roles")?;
        Ok(rows.into_iter().flatten().flatten().collect())
    }

    /// Makes an empty database of the encoding and locale that the dumped one had; returns its
    /// number.
    pub fn create(&self, name: &str, like: &DatabaseFacts) -> Result<u32, SourceError> {
        let sql = create_statement(name, Some(like));
        self.session.run_within(CHECKPOINT_LIMIT, "create a database", &sql)?;
        self.number(name)?.ok_or(SourceError::Gone { act: "create a database" })
    }

    /// Removes a database with all that is in it, and whoever is connected to it. None is fine.
    pub fn drop_database(&self, name: &str) -> Result<(), SourceError> {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
        self.session.run_within(CHECKPOINT_LIMIT, "drop a database", &sql)
    }

    /// Ends every session in these databases but our own.
    pub fn end_sessions(&self, numbers: &[u32]) -> Result<(), SourceError> {
        end_sessions(&self.session, numbers)
    }

    /// Gives databases other names, in this order, all or none: a name may be given that an
    /// earlier line has freed. Whoever is connected is disconnected. A database that gets the name
    /// of another takes over whether that one allows connections.
    pub fn rename(&self, moves: &[(&str, &str)], world: &World) -> Result<(), SourceError> {
        let mut numbers = Vec::new();
        let mut flags = Vec::new();
        for (from, _) in moves {
            let missing = SourceError::Gone { act: "rename a database" };
            numbers.push(self.number(from)?.ok_or(missing)?);
            flags.push(self.allows_connections(from)?);
        }
        let act = "ask for the session";
        let us = self.session.value(act, "SELECT pg_backend_pid()")?;
        let us: i32 = us.parse().map_err(|_| SourceError::Gone { act })?;
        let ender = Session::open_within(&self.settings, world, self.limit)?;
        end_sessions(&ender, &numbers)?;
        let done = AtomicBool::new(false);
        let renamed = std::thread::scope(|scope| {
            scope.spawn(|| {
                // A pool connects again at once, until the first rename has its lock. What cannot
                // be ended is told by the rename, which then fails.
                while !done.load(Ordering::SeqCst) {
                    let _told_by_the_rename = end_sessions(&ender, &numbers);
                    world.clock.sleep(AGAIN);
                }
            });
            let renamed = self.rename_at_once(moves, &flags);
            done.store(true, Ordering::SeqCst);
            renamed
        });
        match renamed {
            // Without an answer it may have been done all the same: only the names can tell.
            Err(error @ (SourceError::Silent { .. } | SourceError::Gone { .. })) => {
                let wanted = moves.iter().map(|(_, to)| *to).zip(numbers);
                if self.are_called(wanted, us, world)? { Ok(()) } else { Err(error) }
            }
            other => other,
        }
    }

    /// Whether databases have these names, seen from another session once the session `us` is
    /// gone, so that what it did is decided.
    fn are_called<'a>(
        &self,
        mut wanted: impl Iterator<Item = (&'a str, u32)>,
        us: i32,
        world: &World,
    ) -> Result<bool, SourceError> {
        let session = Session::open_within(&self.settings, world, self.limit)?;
        let sql = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE pid = {us} AND application_name = 'duphong'"
        );
        let act = "end a session that does not answer";
        let mut looks = 0;
        while session.value(act, &sql)? != "0" {
            looks += 1;
            if looks == LOOKS {
                return Err(SourceError::Gone { act });
            }
            world.clock.sleep(AGAIN);
        }
        let other = Self { session, settings: self.settings.clone(), limit: self.limit };
        wanted.try_fold(true, |all, (name, number)| Ok(all && other.number(name)? == Some(number)))
    }

    fn rename_at_once(&self, moves: &[(&str, &str)], flags: &[bool]) -> Result<(), SourceError> {
        let act = "rename a database";
        // What the caller is told to be done must be so after a loss of power.
        let begin = format!("BEGIN; SET LOCAL synchronous_commit = on; {RENAME_LIMITS}");
        self.session.run(act, &begin)?;
        let renamed = self.rename_each(moves, flags);
        fuse::point();
        match renamed.and_then(|()| self.session.run(act, "COMMIT")) {
            Ok(()) => {
                fuse::point();
                Ok(())
            }
            // It would only wait behind what does not come back; the session is ended instead.
            Err(error @ SourceError::Silent { .. }) => Err(error),
            Err(error) => {
                // A connection that is gone has rolled back by itself.
                let _rolled_back = self.session.run(act, "ROLLBACK");
                Err(error)
            }
        }
    }

    fn rename_each(&self, moves: &[(&str, &str)], flags: &[bool]) -> Result<(), SourceError> {
        let act = "rename a database";
        for (from, to) in moves {
            let sql = format!("ALTER DATABASE {} RENAME TO {}", quoted(from), quoted(to));
            self.session.run(act, &sql).map_err(|error| in_use(error, from))?;
        }
        for (to, flag) in taken_over(moves, flags) {
            let sql = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {flag}", quoted(to));
            self.session.run(act, &sql)?;
        }
        Ok(())
    }

    fn allows_connections(&self, name: &str) -> Result<bool, SourceError> {
        let sql = format!("SELECT datallowconn FROM pg_database WHERE datname = {}", literal(name));
        Ok(self.session.value("look for a database", &sql)? == "t")
    }
}

/// A fence may be a database that is closed to connections: whatever takes its name must stay
/// closed, or the exchange would open the portal.
fn taken_over<'a>(moves: &[(&'a str, &'a str)], flags: &[bool]) -> Vec<(&'a str, bool)> {
    let flag_of = |name: &str| {
        let at = moves.iter().position(|(from, _)| *from == name)?;
        flags.get(at).copied()
    };
    moves.iter().filter_map(|(_, to)| Some((*to, flag_of(to)?))).collect()
}

fn end_sessions(session: &Session, numbers: &[u32]) -> Result<(), SourceError> {
    let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
    // A rename ends the server's own vacuuming by itself, which most roles may not.
    let sql = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datid IN ({}) AND pid <> pg_backend_pid() \
         AND backend_type IS DISTINCT FROM 'autovacuum worker'",
        numbers.join(", ")
    );
    session.run("end the sessions of a database", &sql)
}

fn in_use(error: SourceError, database: &str) -> SourceError {
    match error {
        SourceError::Query { source, .. } if source.code() == Some(&SqlState::OBJECT_IN_USE) => {
            SourceError::InUse { database: database.to_owned(), source }
        }
        other => other,
    }
}

/// `name` with `suffix`, short enough for PostgreSQL; a part that had to go is stood for by
/// `digest`, so that two long names stay two.
pub fn name_beside(name: &str, digest: &str, suffix: &str) -> String {
    if name.len() + suffix.len() <= NAME_BYTES_MAX {
        return format!("{name}{suffix}");
    }
    let room = NAME_BYTES_MAX.saturating_sub(suffix.len() + digest.len() + 1);
    let end = (0..=room).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    format!("{}_{digest}{suffix}", &name[..end])
}

/// The statement that makes an empty database, of the encoding and locale of a dumped one.
pub(super) fn create_statement(name: &str, like: Option<&DatabaseFacts>) -> String {
    let shape = like.map(shape).unwrap_or_default();
    format!("CREATE DATABASE {} TEMPLATE template0{shape}", quoted(name))
}

/// The clauses that give it the encoding and locale.
fn shape(facts: &DatabaseFacts) -> String {
    let known = facts.inventory.objects.get("database");
    let get = |name: &str| known.and_then(|known| known.get(name)).map(String::as_str);
    let mut clauses = String::new();
    for (clause, name) in
        [("ENCODING", "encoding"), ("LC_COLLATE", "collate"), ("LC_CTYPE", "ctype")]
    {
        if let Some(value) = get(name) {
            clauses.extend([" ", clause, " ", &literal(value)]);
        }
    }
    if get("locale-provider") == Some("i")
        && let Some(locale) = get("locale")
    {
        clauses.extend([" LOCALE_PROVIDER icu ICU_LOCALE ", &literal(locale)]);
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_beside_another_fits_and_stays_its_own() {
        assert_eq!(name_beside("cong", "d1", "_duphong_7_new"), "cong_duphong_7_new");
        let long = "ă".repeat(40);
        let beside = name_beside(&long, "01234567", "_duphong_7_new");
        assert!(beside.len() <= NAME_BYTES_MAX, "{}", beside.len());
        assert!(beside.ends_with("_01234567_duphong_7_new") && beside.starts_with("ăă"));
    }

    #[test]
    fn a_name_keeps_its_door_open_or_shut() {
        let moves = [("cong", "cong_old"), ("cong_new", "cong")];
        assert_eq!(taken_over(&moves, &[false, true]), [("cong", false)]);
        let back = [("cong", "cong_new"), ("cong_old", "cong")];
        assert_eq!(taken_over(&back, &[true, false]), [("cong", true)]);
        assert_eq!(taken_over(&moves[1..], &[true]), []);
    }
}
