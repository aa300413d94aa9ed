//! A scratch cluster on a restored base: production's own files under our own settings.
//!
//! Such a cluster has production's identifier, roles and settings, so nothing of the latter counts:
//! its configuration, rules of login and start are ours, it archives nothing, follows nobody, applies
//! no subscription and preloads no library. Its tablespaces lie beside its data. What its log would
//! do to other places is looked for before it is started.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::Signal;

use crate::base::cancel::Cancel;
use crate::base::manifest::{BaseFacts, DatabaseFacts};
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::physical::recovery::{self, LOG};
use crate::source::postgres::physical::{DATA, TABLESPACES, tablespaces};
use crate::source::postgres::scratch::{Cluster, KIND, find_tools};
use crate::source::postgres::session::Session;
use crate::source::postgres::tools::Tools;
use crate::source::scratch::{
    Den, SUPERUSER, ScratchSettings, draw_password, place, wait_until_ready,
};
use crate::world::World;
use crate::world::files::{self, FileError};
use crate::world::moves;

/// Replaying the log of a base takes as long as the server wrote it; with more than this the 24 h of
/// the law are gone in any case.
const RECOVERY_LIMIT: Duration = Duration::from_hours(12);

/// A database that every cluster has and lets people into.
const TEMPLATE: &str = "template1";

/// With this file the server replays up to where it is told before it opens.
const SIGNAL: &str = "recovery.signal";

/// Files that would have the server follow another one.
const SIGNALS: [&str; 2] = ["standby.signal", SIGNAL];

/// The program that reads all pages of a server that is not running.
const READER: &str = "pg_checksums";

/// What the server has in memory is written back: 256 MB.
const CLOSE_LIMIT: Duration = Duration::from_mins(30);

/// A disk that gives 50 MB a second reads 2 TB in it.
const READ_LIMIT: Duration = Duration::from_hours(12);

impl Cluster {
    /// Starts a cluster on the base that was restored to `folder`, which is moved into the
    /// cluster's own. When this returns the base is consistent, writable, and the one of `facts`.
    ///
    /// With an instant it is brought there by the log that lies beside it: the server stops there by
    /// itself, and fails where the log ends before it.
    pub fn on_base(
        settings: &ScratchSettings,
        folder: &Path,
        facts: &DatabaseFacts,
        to: Option<Timestamp>,
        world: &World,
        cancel: &Cancel,
    ) -> Result<Self, SourceError> {
        let base = facts.base.as_ref().ok_or_else(|| differs("the set tells nothing of it"))?;
        let user = place::run_as(settings, world)?;
        place::check(settings, user.as_ref())?;
        let tools = find_tools(settings, world)?;
        if tools.major != settings.major {
            // Another version reads none of these files.
            let (major, found) = (settings.major, tools.version);
            return Err(SourceError::Tools { major, found });
        }
        let mut cluster = Self {
            den: Den::make(&KIND, settings, user.as_ref(), world)?,
            password: draw_password(world),
            bin_dir: settings.bin_dir.clone(),
            jobs: settings.jobs,
            world: world.clone(),
            server: None,
        };
        for part in [DATA, TABLESPACES, LOG] {
            let from = folder.join(part);
            if moves::is_there(&from)? {
                let to = cluster.den.folder.join(part);
                moves::rename_to_free(&from, &to)?;
                place::own_all(&to, user.as_ref())?;
            }
        }
        cluster.refuse_tablespaces(&tools, base, user.as_ref())?;
        let mut options = cluster.disarm(settings.major, user.as_ref())?;
        if let Some(to) = to {
            options.extend(cluster.aim(to, user.as_ref())?);
        }
        cluster.server = Some(cluster.start_server(&tools, &options, user.as_ref())?);
        cluster.enter(base, cancel)?;
        Ok(cluster)
    }

    /// Replaying that a tablespace was made writes to the place where production has it.
    fn refuse_tablespaces(
        &self,
        tools: &Tools,
        base: &BaseFacts,
        user: Option<&place::RunAs>,
    ) -> Result<(), SourceError> {
        let program =
            |name: &str| place::as_user(tools.program(name).current_dir(&self.den.folder), user);
        tablespaces::refuse_own(&program, &self.data().join("pg_wal"), base, &self.world)
    }

    /// Takes production's settings away and gives it ours; returns the options that name them.
    fn disarm(&self, major: u32, user: Option<&place::RunAs>) -> Result<Vec<String>, SourceError> {
        let data = self.data();
        for signal in SIGNALS {
            let file = data.join(signal);
            if moves::is_there(&file)? {
                fs::remove_file(&file).map_err(FileError::io("remove", &file))?;
            }
        }
        // Read after any other file, and what it holds counts more.
        let automatic = data.join("postgresql.auto.conf");
        files::replace_durably(&automatic, b"")?;
        place::own(&automatic, user)?;
        self.give("postgresql.conf", b"", user)?;
        self.give("pg_ident.conf", b"", user)?;
        self.give("pg_hba.conf", format!("local {TEMPLATE} all trust\n").as_bytes(), user)?;
        let place = |name: &str| self.den.folder.join(name).display().to_string();
        let mut options = vec![
            format!("config_file={}", place("postgresql.conf")),
            format!("hba_file={}", place("pg_hba.conf")),
            format!("ident_file={}", place("pg_ident.conf")),
            "hot_standby=off".to_owned(),
            "restore_command=".to_owned(),
            "primary_conninfo=".to_owned(),
            "archive_command=".to_owned(),
            "max_logical_replication_workers=0".to_owned(),
            "session_preload_libraries=".to_owned(),
            "local_preload_libraries=".to_owned(),
            // Prepared transactions of the base need a place each.
            "max_prepared_transactions=1000".to_owned(),
            "max_connections=100".to_owned(),
            // Before version 14 our own password would be kept in the form that we do not log in by.
            "password_encryption=scram-sha-256".to_owned(),
        ];
        if major >= 15 {
            options.push("archive_library=".to_owned());
        }
        if major >= 17 {
            // Those of logins would run before we could say anything.
            options.push("event_triggers=off".to_owned());
        }
        Ok(options)
    }

    /// Has the server replay the log that lies in its folder up to `to`; returns the options for it,
    /// which come behind those that say nothing is replayed.
    fn aim(&self, to: Timestamp, user: Option<&place::RunAs>) -> Result<Vec<String>, SourceError> {
        let signal = self.data().join(SIGNAL);
        files::replace_durably(&signal, b"")?;
        place::own(&signal, user)?;
        let target = recovery::target(to);
        Ok(target.iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    /// When the last transaction was made that the server replayed before it opened; none where it
    /// replayed none.
    pub fn replayed_until(&self, world: &World) -> Result<Option<Timestamp>, SourceError> {
        let session = Session::open(&self.settings(TEMPLATE), world)?;
        let question = "SELECT coalesce(to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '')";
        Ok(session.value("ask what it replayed", question)?.parse().ok())
    }

    /// Ends the server in good order and has every page read by PostgreSQL's own program; returns how
    /// many there are. A page that does not fit its checksum is a fault, and so is a server that keeps
    /// none.
    pub fn read_pages(
        &mut self,
        settings: &ScratchSettings,
        world: &World,
    ) -> Result<u64, SourceError> {
        let tools = Tools::find(settings.bin_dir.as_deref(), READER, settings.major, world)?;
        let user = place::run_as(settings, world)?;
        if let Some(server) = self.server.take() {
            // What is not written back yet would not be looked at.
            server.signal(Signal::INT);
            server.finish(world.clock.as_ref(), CLOSE_LIMIT).map_err(SourceError::ScratchStart)?;
        }
        let process = tools.program(READER).args(["--check", "-D"]).arg(self.data());
        let process = place::as_user(process.current_dir(&self.den.folder), user.as_ref());
        let told = process.env("LC_ALL", "C").output(world.clock.as_ref(), READ_LIMIT);
        let told = told.map_err(SourceError::Program)?;
        let told = String::from_utf8_lossy(&told);
        let pages = told.lines().find_map(|line| line.strip_prefix("Blocks scanned:"));
        let pages = pages.and_then(|pages| pages.trim().parse().ok());
        pages.ok_or_else(|| differs("nobody says how many pages were read"))
    }

    fn give(
        &self,
        name: &str,
        text: &[u8],
        user: Option<&place::RunAs>,
    ) -> Result<(), SourceError> {
        let file = self.den.folder.join(name);
        files::replace_durably(&file, text)?;
        place::own(&file, user)
    }

    /// Waits until the log is replayed, makes a role of ours and closes the door to all others.
    fn enter(&mut self, base: &BaseFacts, cancel: &Cancel) -> Result<(), SourceError> {
        let world = self.world.clone();
        let first = Settings {
            dsn: self.dsn_of(&base.superuser, TEMPLATE),
            password: None,
            ..self.settings(TEMPLATE)
        };
        let answers = || cancel.is_cancelled() || Session::open(&first, &world).is_ok();
        wait_until_ready(&mut self.server, "postgres", RECOVERY_LIMIT, &world, answers)
            .map_err(SourceError::ScratchStart)?;
        if cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let session = Session::open(&first, &world)?;
        is_the_base(&session, base)?;
        let password = String::from_utf8_lossy(self.password.expose()).into_owned();
        // Drawn from hexadecimal digits: there is nothing to quote.
        let role = format!("CREATE ROLE {SUPERUSER} SUPERUSER LOGIN PASSWORD '{password}'");
        session.run("make a role", &role)?;
        let rules = format!("local all {SUPERUSER} scram-sha-256\n");
        let file = self.den.folder.join("pg_hba.conf");
        files::replace_as(&file, rules.as_bytes(), &file)?;
        session.run("read the rules of login", "SELECT pg_reload_conf()")
    }
}

/// Fails unless this server is of the base's system and has come to where it is consistent.
fn is_the_base(session: &Session, base: &BaseFacts) -> Result<(), SourceError> {
    let act = "ask who it is";
    let system = session.value(act, "SELECT system_identifier FROM pg_control_system()")?;
    if system != base.system_identifier {
        return Err(differs("the server on it is of another system"));
    }
    if session.value(act, "SELECT pg_is_in_recovery()")? != "f" {
        return Err(differs("the server on it has not come out of recovery"));
    }
    let reached = session.value(act, "SELECT pg_current_wal_insert_lsn()")?;
    match Position::parse(&reached).zip(Position::parse(&base.stop_lsn)) {
        Some((reached, stop)) if reached >= stop => Ok(()),
        _ => Err(differs("the server on it has not come to where it is consistent")),
    }
}

fn differs(detail: &str) -> SourceError {
    PhysicalFault::Differs { detail: detail.to_owned() }.into()
}
