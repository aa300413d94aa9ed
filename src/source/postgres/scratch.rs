//! A private, throwaway PostgreSQL cluster: where drills and tests restore to.
//!
//! Guarantees: the cluster stands in a new folder of ours (0700, with a nonce file), listens on a
//! unix socket in it only, has a random password, and runs as an unprivileged user even when we
//! are root, which `initdb` and `postgres` refuse. It stops and its folder goes when the value is
//! dropped. If our process dies before that, [`reap_leftovers`] does it: the nonce file proves
//! that the folder is ours, and its lock, which no dead process holds, that nobody uses it.
//!
//! Nothing in it survives a loss of power, on purpose: it never waits for the disk.

mod base;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use crate::base::manifest::DatabaseFacts;
use crate::base::secret::Secret;
use crate::source::damage::Damage;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::beside::create_statement;
use crate::source::postgres::session::Session;
use crate::source::postgres::tools::Tools;
use crate::source::scratch::{
    self, Den, Kind, START_LIMIT, STOP_LIMIT, SUPERUSER, ScratchSettings, draw_password,
    end_orphan, place, process_with, wait_until_ready,
};
use crate::world::World;
use crate::world::files::{self, FileError};
use crate::world::process::{Running, mark};

const KIND: Kind = Kind {
    prefix: "duphong-pg-",
    magic: "duphong scratch cluster 1",
    short: ".dp-",
    socket_name: ".s.PGSQL.5432.lock",
};

/// `initdb` takes 2 s here, a minute on the slowest disk we know of.
const INITDB_LIMIT: Duration = Duration::from_mins(5);

/// A folder prepared by `initdb`, to be copied: many clusters for the price of one.
#[derive(Debug)]
pub struct Template {
    data: PathBuf,
    password: Secret,
    tools: Tools,
}

impl Template {
    /// Runs `initdb` into `folder`, which the caller owns and removes.
    pub fn create(
        folder: &Path,
        settings: &ScratchSettings,
        world: &World,
    ) -> Result<Self, SourceError> {
        let tools = find_tools(settings, world)?;
        let user = place::run_as(settings, world)?;
        let made = folder.join("template");
        place::make_folder(&made, user.as_ref())?;
        let password = draw_password(world);
        let data = made.join("data");
        initdb(&tools, &data, &password, user.as_ref(), world)?;
        Ok(Self { data, password, tools })
    }
}

/// A running scratch cluster.
pub struct Cluster {
    den: Den,
    password: Secret,
    bin_dir: Option<PathBuf>,
    jobs: usize,
    world: World,
    server: Option<Running>,
}

impl Cluster {
    /// Makes and starts a cluster; it answers when this returns.
    pub fn start(settings: &ScratchSettings, world: &World) -> Result<Self, SourceError> {
        Self::start_from(settings, None, world)
    }

    /// The same from a copy of `template`.
    pub fn start_from(
        settings: &ScratchSettings,
        template: Option<&Template>,
        world: &World,
    ) -> Result<Self, SourceError> {
        let user = place::run_as(settings, world)?;
        place::check(settings, user.as_ref())?;
        let tools = match template {
            Some(template) => template.tools.clone(),
            None => find_tools(settings, world)?,
        };
        let mut cluster = Self {
            den: Den::make(&KIND, settings, user.as_ref(), world)?,
            password: draw_password(world),
            bin_dir: settings.bin_dir.clone(),
            jobs: settings.jobs,
            world: world.clone(),
            server: None,
        };
        let data = cluster.data();
        if let Some(template) = template {
            cluster.password = template.password.clone();
            place::copy_folder(&template.data, &data, user.as_ref())?;
        } else {
            initdb(&tools, &data, &cluster.password, user.as_ref(), world)?;
        }
        cluster.server = Some(cluster.start_server(&tools, &[], user.as_ref())?);
        cluster.wait_until_ready(world)?;
        Ok(cluster)
    }

    fn start_server(
        &self,
        tools: &Tools,
        more: &[String],
        user: Option<&place::RunAs>,
    ) -> Result<Running, SourceError> {
        // On the command line, where no file of a restored data folder can override it.
        let options = [
            "listen_addresses=".to_owned(),
            format!("unix_socket_directories={}", self.den.socket.display()),
            "unix_socket_permissions=0700".to_owned(),
            "port=5432".to_owned(),
            "fsync=off".to_owned(),
            "synchronous_commit=off".to_owned(),
            "full_page_writes=off".to_owned(),
            "wal_level=minimal".to_owned(),
            "max_wal_senders=0".to_owned(),
            "archive_mode=off".to_owned(),
            "max_wal_size=4GB".to_owned(),
            "shared_buffers=256MB".to_owned(),
            "maintenance_work_mem=256MB".to_owned(),
            "autovacuum=off".to_owned(),
            "shared_preload_libraries=".to_owned(),
            "logging_collector=off".to_owned(),
            "log_min_messages=fatal".to_owned(),
        ];
        let mut process = tools.program("postgres").arg("-D").arg(self.data());
        for option in options.iter().chain(more) {
            process = process.arg("-c").arg(option);
        }
        place::as_user(process, user)
            .current_dir(&self.den.folder)
            .env(mark::VARIABLE, scratch::mark(&self.den.folder).as_str())
            .start()
            .map_err(SourceError::ScratchStart)
    }

    fn wait_until_ready(&mut self, world: &World) -> Result<(), SourceError> {
        let settings = self.settings("postgres");
        let answers = || Session::open(&settings, world).is_ok();
        wait_until_ready(&mut self.server, "postgres", START_LIMIT, world, answers)
            .map_err(SourceError::ScratchStart)
    }

    /// How to reach one of its databases, as its superuser.
    pub fn settings(&self, database: &str) -> Settings {
        Settings {
            dsn: self.dsn(database),
            password: Some(self.password.clone()),
            bin_dir: self.bin_dir.clone(),
            jobs: self.jobs,
        }
    }

    /// The DSN of one of its databases, without the password.
    pub fn dsn(&self, database: &str) -> String {
        self.dsn_of(SUPERUSER, database)
    }

    fn dsn_of(&self, role: &str, database: &str) -> String {
        let value = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
        format!(
            "host='{}' port=5432 user='{}' dbname='{}'",
            value(&self.den.socket.display().to_string()),
            value(role),
            value(database)
        )
    }

    /// The password of its superuser, for programs that are started against a restored database.
    pub fn password(&self) -> &Secret {
        &self.password
    }

    /// The server's process id.
    pub fn server_id(&self) -> Option<u32> {
        self.server.as_ref().map(Running::id)
    }

    /// A private folder within the cluster's, gone with it.
    pub fn folder(&self) -> &Path {
        &self.den.folder
    }

    /// Makes an empty database; with facts, of the encoding and locale that the dumped one had.
    pub fn create_database(
        &self,
        name: &str,
        like: Option<&DatabaseFacts>,
        world: &World,
    ) -> Result<(), SourceError> {
        let session = Session::open(&self.settings("postgres"), world)?;
        session.run("create a database", &create_statement(name, like))
    }

    /// Drops a table, named as the inventory names it, and what depends on it: how a drill is
    /// tested against itself. Only a cluster of ours can be asked for this.
    pub fn drop_table(
        &self,
        database: &str,
        table: &str,
        world: &World,
    ) -> Result<(), SourceError> {
        let session = Session::open(&self.settings(database), world)?;
        session.run("drop a table", &format!("DROP TABLE {table} CASCADE"))
    }

    /// Damages the database, in one of these tables if it is a row; whether there was anything that
    /// could be.
    pub fn damage(
        &self,
        database: &str,
        what: Damage,
        tables: &[&str],
        world: &World,
    ) -> Result<bool, SourceError> {
        let (session, act) = (Session::open(&self.settings(database), world)?, what.act());
        // Neither triggers nor foreign keys have a say in it.
        session.run(act, "SET session_replication_role = replica")?;
        let questions = match what {
            Damage::Trigger => vec![A_TRIGGER.to_owned()],
            Damage::Grant => vec![A_GRANT.to_owned()],
            Damage::Row => tables.iter().map(|table| a_row(table)).collect(),
        };
        for question in questions {
            for row in session.rows(act, &question)? {
                let Some(Some(statement)) = row.first() else { continue };
                if session.run(act, statement).is_ok() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Stops the server and removes everything; says whether that worked, unlike a drop.
    pub fn stop(mut self) -> Result<(), SourceError> {
        self.end()
    }

    fn data(&self) -> PathBuf {
        self.den.folder.join("data")
    }

    fn end(&mut self) -> Result<(), SourceError> {
        if let Some(server) = self.server.take() {
            // Immediate: what is about to be removed need not be written first.
            server.signal(Signal::QUIT);
            // Ended with a complaint or killed at the limit: it runs no more.
            let _ended = server.finish(self.world.clock.as_ref(), STOP_LIMIT);
        }
        self.den.remove()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What could not be removed now is a leftover, which the next run reaps.
        let _leftover = self.end();
    }
}

/// Removes the clusters below `folder` that dead processes left; returns how many.
pub fn reap_leftovers(folder: &Path, world: &World) -> Result<usize, SourceError> {
    scratch::reap_leftovers(&KIND, folder, world, |folder| {
        let data = folder.join("data");
        let find = || {
            let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
            process_with(text.lines().next()?, data.as_os_str().as_encoded_bytes())
        };
        end_orphan(find, Signal::QUIT, world);
    })
}

fn find_tools(settings: &ScratchSettings, world: &World) -> Result<Tools, SourceError> {
    Tools::find(settings.bin_dir.as_deref(), "postgres", settings.major, world)
}

fn initdb(
    tools: &Tools,
    data: &Path,
    password: &Secret,
    user: Option<&place::RunAs>,
    world: &World,
) -> Result<(), SourceError> {
    let folder = data.parent().unwrap_or(data);
    let file = folder.join("password");
    files::write_synced(&file, password.expose(), 0o600)?;
    place::own(&file, user)?;
    let process = tools
        .program("initdb")
        .args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
        .arg(format!("--username={SUPERUSER}"))
        .arg(format!("--pwfile={}", file.display()))
        .arg(format!("--pgdata={}", data.display()))
        .env(mark::VARIABLE, scratch::mark(folder).as_str())
        .current_dir(folder);
    let made = place::as_user(process, user)
        .output(world.clock.as_ref(), INITDB_LIMIT)
        .map_err(SourceError::ScratchStart);
    fs::remove_file(&file).map_err(FileError::io("remove", &file))?;
    made.map(|_| ())
}
/// Statements that drop a trigger of the database's own.
const A_TRIGGER: &str = "SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) \
    FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0 ORDER BY oid";

/// Statements that take all rights on a relation from somebody who is not its owner.
const A_GRANT: &str = "SELECT format('REVOKE ALL ON %s FROM %I CASCADE', c.oid::regclass, r.rolname) \
    FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee \
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.grantee <> c.relowner \
    AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') \
    ORDER BY c.oid, r.rolname";

/// Statements that change one value in a row of a table, by columns of text; each fails unless it
/// changed something.
fn a_row(table: &str) -> String {
    let table = table.replace('\'', "''");
    format!(
        "SELECT format('WITH changed AS (UPDATE %1$s SET %2$I = left(%2$I, -1) || \
         CASE right(%2$I, 1) WHEN ''x'' THEN ''y'' ELSE ''x'' END WHERE ctid = \
         (SELECT ctid FROM %1$s WHERE length(%2$I) > 0 LIMIT 1) RETURNING 1) \
         SELECT 1 / count(*) FROM changed', a.attrelid::regclass, a.attname) \
         FROM pg_attribute a WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 \
         AND NOT a.attisdropped AND a.attgenerated = '' \
         AND a.atttypid IN ('text'::regtype, 'varchar'::regtype) ORDER BY a.attnum"
    )
}
