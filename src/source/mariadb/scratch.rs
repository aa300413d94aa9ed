//! A private, throwaway server of MariaDB or MySQL: where drills and tests restore to.
//!
//! The same promises as the scratch cluster of PostgreSQL makes: a new folder of ours with a nonce
//! file, a unix socket in it only, a random password, an unprivileged user when we are root, gone
//! when the value is dropped, reaped when our process died before. Its event scheduler is off
//! (disabled, it would refuse to load events), it writes no binary log, and it has none of the
//! accounts that a new server comes with: production's are restored as they were.
//!
//! Nothing in it survives a loss of power, on purpose: it never waits for the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use crate::base::manifest::DatabaseFacts;
use crate::base::secret::Secret;
use crate::source::damage::Damage;
use crate::source::error::SourceError;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::script::{literal, quoted};
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::{Family, Tool, series};
use crate::source::mariadb::{Place, Settings};
use crate::source::scratch::{
    self, Den, Kind, START_LIMIT, SUPERUSER, ScratchSettings, draw_password, end_orphan, place,
    process_with, wait_until_ready,
};
use crate::world::World;
use crate::world::process::{Running, mark};

const KIND: Kind = Kind {
    prefix: "duphong-my-",
    magic: "duphong scratch server 1",
    short: ".dm-",
    socket_name: SOCKET,
};

/// The socket's name.
const SOCKET: &str = "m.sock";

/// `mariadb-install-db` takes 5 s here, a minute on the slowest disk we know of.
const INSTALL_LIMIT: Duration = Duration::from_mins(5);

/// The version that a server must have at least to stand for one that says this of itself.
pub fn version_wanted(version: &str) -> u32 {
    series(version)
}

/// A folder prepared once, to be copied: many servers for the price of one.
#[derive(Debug)]
pub struct Template {
    data: PathBuf,
}

impl Template {
    /// Makes the system tables in `folder`, which the caller owns and removes.
    pub fn create(
        folder: &Path,
        settings: &ScratchSettings,
        world: &World,
    ) -> Result<Self, SourceError> {
        let user = place::run_as(settings, world)?;
        let made = folder.join("template-my");
        place::make_folder(&made, user.as_ref())?;
        let data = made.join("data");
        install(settings, Family::Mariadb, &data, "0", world)?;
        Ok(Self { data })
    }
}

/// A running scratch server.
pub struct Server {
    den: Den,
    password: Secret,
    bin_dir: Option<PathBuf>,
    jobs: usize,
    running: Option<Running>,
}

impl Server {
    /// Makes and starts a server that treats names as the dumped one did; it answers when this
    /// returns. The settings' `major` is a series, as [`version_wanted`] gives it.
    pub fn start(
        settings: &ScratchSettings,
        like: Option<&DatabaseFacts>,
        world: &World,
    ) -> Result<Self, SourceError> {
        Self::start_from(settings, like, None, world)
    }

    /// The same from a copy of `template`.
    pub fn start_from(
        settings: &ScratchSettings,
        like: Option<&DatabaseFacts>,
        template: Option<&Template>,
        world: &World,
    ) -> Result<Self, SourceError> {
        let user = place::run_as(settings, world)?;
        place::check(settings, user.as_ref())?;
        let family = like.map_or(Family::Mariadb, |facts| Family::of(&facts.engine_version));
        let daemon = daemon(settings, family, world)?;
        let mut server = Self {
            den: Den::make(&KIND, settings, user.as_ref(), world)?,
            password: draw_password(world),
            bin_dir: settings.bin_dir.clone(),
            jobs: settings.jobs,
            running: None,
        };
        let data = server.den.folder.join("data");
        let case = like
            .and_then(|facts| {
                facts.inventory.objects.get("database")?.get("lower-case-table-names")
            })
            .map_or("0", String::as_str);
        match template {
            Some(template) => place::copy_folder(&template.data, &data, user.as_ref())?,
            None => install(settings, family, &data, case, world)?,
        }
        let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
        let process = daemon
            .program()
            .arg("--no-defaults")
            .arg(option("datadir", &data))
            .arg(option("socket", &server.socket()))
            .arg(option("pid-file", &server.den.folder.join("pid")))
            .arg(option("tmpdir", &server.den.socket))
            .arg(format!("--lower-case-table-names={case}"))
            .env(mark::VARIABLE, scratch::mark(&server.den.folder).as_str())
            .args(OPTIONS)
            .args(match family {
                Family::Mariadb => OPTIONS_OF_MARIADB.as_slice(),
                Family::Mysql => OPTIONS_OF_MYSQL.as_slice(),
            });
        let running =
            place::as_user(process, user.as_ref()).current_dir(&server.den.folder).start();
        server.running = Some(running.map_err(MariadbFault::ScratchStart)?);
        server.wait_until_ready(world)?;
        server.take_over(world)?;
        Ok(server)
    }

    /// A new server's own administrator, who has no password until [`Self::take_over`].
    fn first(&self) -> Settings {
        let user = "root".to_owned();
        Settings { user, password: None, ..self.settings("mysql") }
    }

    fn wait_until_ready(&mut self, world: &World) -> Result<(), SourceError> {
        let (socket, first) = (self.socket(), self.first());
        let answers = || socket.exists() && Session::open_server(&first, world).is_ok();
        wait_until_ready(&mut self.running, "mariadbd", START_LIMIT, world, answers)
            .map_err(|ended| MariadbFault::ScratchStart(ended).into())
    }

    fn socket(&self) -> PathBuf {
        self.den.socket.join(SOCKET)
    }

    /// Our superuser, and nobody else.
    fn take_over(&self, world: &World) -> Result<(), SourceError> {
        let act = "prepare the scratch server";
        let mut first = Session::open_server(&self.first(), world)?;
        let us = format!("'{SUPERUSER}'@'localhost'");
        let password = literal(std::str::from_utf8(self.password.expose()).unwrap_or_default());
        first.run(act, &format!("CREATE USER {us} IDENTIFIED BY {password}"))?;
        first.run(act, &format!("GRANT ALL ON *.* TO {us} WITH GRANT OPTION"))?;
        // Whoever may hand on all that the first administrator may.
        let host = match first.family {
            Family::Mariadb => "%",
            Family::Mysql => "",
        };
        first.run(act, &format!("GRANT PROXY ON ''@'{host}' TO {us} WITH GRANT OPTION"))?;
        let own: Vec<String> = OWN.iter().map(|name| literal(name)).collect();
        let others =
            format!("SELECT user, host FROM mysql.user WHERE user NOT IN ({})", own.join(", "));
        let rows = first.rows(act, &others)?;
        drop(first);
        let mut session = Session::open_server(&self.settings("mysql"), world)?;
        for row in rows {
            let [user, host] = row.as_slice() else { continue };
            session.run(act, &format!("DROP USER {}@{}", quoted(user), quoted(host)))?;
        }
        Ok(())
    }

    /// How to reach one of its databases, as its superuser.
    pub fn settings(&self, database: &str) -> Settings {
        Settings {
            place: Place::Socket(self.socket()),
            user: SUPERUSER.to_owned(),
            password: Some(self.password.clone()),
            database: database.to_owned(),
            bin_dir: self.bin_dir.clone(),
            jobs: self.jobs,
            is_scratch: true,
        }
    }

    /// The server's process id.
    pub fn server_id(&self) -> Option<u32> {
        self.running.as_ref().map(Running::id)
    }

    /// A private folder within the server's, gone with it.
    pub fn folder(&self) -> &Path {
        &self.den.folder
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str, world: &World) -> Result<(), SourceError> {
        let mut session = Session::open_server(&self.settings("mysql"), world)?;
        session.run("create a database", &format!("CREATE DATABASE {}", quoted(name)))
    }

    /// Drops a table: how a drill is tested against itself. Only a server of ours can be asked.
    pub fn drop_table(
        &self,
        database: &str,
        table: &str,
        world: &World,
    ) -> Result<(), SourceError> {
        let mut session = Session::open(&self.settings(database), world)?;
        session.run("drop a table", "SET SESSION foreign_key_checks = 0")?;
        session.run("drop a table", &format!("DROP TABLE {}", quoted(table)))
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
        let (settings, act) = (self.settings(database), what.act());
        let questions = match what {
            Damage::Trigger => vec![A_TRIGGER.to_owned()],
            Damage::Grant => vec![A_GRANT.to_owned()],
            Damage::Row => tables.iter().map(|table| a_row(table)).collect(),
        };
        for question in questions {
            for row in Session::open(&settings, world)?.rows(act, &question)? {
                let Some(statement) = row.first() else { continue };
                // A refused statement ends its session.
                let mut session = Session::open(&settings, world)?;
                let asked = format!("{statement};\nSELECT ROW_COUNT()");
                match session.value(act, &asked) {
                    Ok(count) if what != Damage::Row || count == "1" => return Ok(true),
                    _ => {}
                }
            }
        }
        Ok(false)
    }

    /// Stops the server and removes everything; says whether that worked, unlike a drop.
    pub fn stop(mut self) -> Result<(), SourceError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), SourceError> {
        // Killed: what is about to be removed need not be written first.
        drop(self.running.take());
        self.den.remove()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What could not be removed now is a leftover, which the next run reaps.
        let _leftover = self.end();
    }
}

/// On the command line, where no file can override it.
const OPTIONS: [&str; 12] = [
    "--skip-networking",
    "--skip-log-bin",
    "--event-scheduler=OFF",
    "--innodb-buffer-pool-size=256M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-strict-mode=0",
    "--innodb-fast-shutdown=2",
    "--max-allowed-packet=1G",
    "--skip-name-resolve",
    "--local-infile=0",
    "--console",
];

/// What only the one maker's server knows.
const OPTIONS_OF_MARIADB: [&str; 3] =
    ["--innodb-log-file-size=96M", "--skip-slave-start", "--log-warnings=1"];

/// What only the other one's knows; older ones lack some of it, and pass over what is loose.
const OPTIONS_OF_MYSQL: [&str; 5] = [
    // Else it wants a folder of the system's own package, and opens a second socket.
    "--secure-file-priv=NULL",
    "--loose-mysqlx=OFF",
    "--loose-innodb-redo-log-capacity=100M",
    "--loose-skip-replica-start",
    "--log-error-verbosity=1",
];

/// Accounts that stay: ours, and those without which the server does not work.
const OWN: [&str; 6] =
    [SUPERUSER, "mariadb.sys", "PUBLIC", "mysql.sys", "mysql.session", "mysql.infoschema"];

fn daemon(settings: &ScratchSettings, family: Family, world: &World) -> Result<Tool, SourceError> {
    let names: &[&str] = match family {
        Family::Mariadb => &["mariadbd", "mysqld"],
        Family::Mysql => &["mysqld"],
    };
    let tool = Tool::find(settings.bin_dir.as_deref(), names, Some(family), world)?;
    if tool.series() >= settings.major {
        return Ok(tool);
    }
    Err(MariadbFault::Programs {
        program: format!("{} {}.{}", names[0], settings.major / 100, settings.major % 100),
        family: family.as_str(),
        found: tool.version,
    }
    .into())
}

fn install(
    settings: &ScratchSettings,
    family: Family,
    data: &Path,
    case: &str,
    world: &World,
) -> Result<(), SourceError> {
    let process = match family {
        Family::Mariadb => {
            let names = ["mariadb-install-db", "mysql_install_db"];
            Tool::find_plain(settings.bin_dir.as_deref(), &names)?
                .arg("--no-defaults")
                .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        }
        // An administrator without a password, as the other one's script makes.
        Family::Mysql => daemon(settings, family, world)?
            .program()
            .args(["--no-defaults", "--initialize-insecure", "--secure-file-priv=NULL"])
            .args(["--log-error-verbosity=1", "--console"]),
    };
    let folder = data.parent().unwrap_or(data);
    let mut process = process
        .arg(format!("--datadir={}", data.display()))
        // A server that starts removes what it takes for its own in the folder for temporary files:
        // in the one that everybody has, files that production's server works with.
        .arg(format!("--tmpdir={}", folder.display()))
        .arg(format!("--lower-case-table-names={case}"));
    if rustix::process::geteuid().is_root() {
        process = process.arg(format!("--user={}", settings.user));
    }
    let process = process.env(mark::VARIABLE, scratch::mark(folder).as_str());
    let made = process.current_dir(folder).output(world.clock.as_ref(), INSTALL_LIMIT);
    made.map_err(MariadbFault::ScratchStart)?;
    Ok(())
}

/// Removes the servers below `folder` that dead processes left; returns how many.
pub fn reap_leftovers(folder: &Path, world: &World) -> Result<usize, SourceError> {
    scratch::reap_leftovers(&KIND, folder, world, |folder| {
        let option = format!("--datadir={}", folder.join("data").display());
        let find = || {
            let text = fs::read_to_string(folder.join("pid")).ok()?;
            process_with(&text, option.as_bytes())
        };
        end_orphan(find, Signal::KILL, world);
    })
}
/// Statements that drop a trigger.
const A_TRIGGER: &str = "SELECT CONCAT('DROP TRIGGER `', REPLACE(trigger_name, '`', '``'), '`') \
    FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1";

/// Statements that take all rights on the database or a table of it from somebody.
const A_GRANT: &str = "SELECT CONCAT('REVOKE ALL PRIVILEGES ON `', REPLACE(table_schema, '`', '``'), \
    '`.', level, ' FROM ', grantee) FROM (SELECT table_schema, '*' AS level, grantee \
    FROM information_schema.schema_privileges UNION SELECT table_schema, \
    CONCAT('`', REPLACE(table_name, '`', '``'), '`'), grantee \
    FROM information_schema.table_privileges) found \
    WHERE table_schema = DATABASE() ORDER BY 1";

/// Statements that change one value in a row of a table, by columns of text.
fn a_row(table: &str) -> String {
    let name = quoted(table).replace('\'', "''");
    format!(
        "SELECT CONCAT('UPDATE {name} SET ', c, ' = CONCAT(LEFT(', c, ', CHAR_LENGTH(', c, ') - 1), \
         IF(RIGHT(', c, ', 1) = ''x'', ''y'', ''x'')) WHERE CHAR_LENGTH(', c, ') > 0 LIMIT 1') \
         FROM (SELECT CONCAT('`', REPLACE(column_name, '`', '``'), '`') AS c, ordinal_position \
         FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = {} \
         AND data_type IN ('char', 'varchar', 'text', 'mediumtext', 'longtext') \
         AND COALESCE(generation_expression, '') = '') found ORDER BY ordinal_position",
        literal(table)
    )
}
