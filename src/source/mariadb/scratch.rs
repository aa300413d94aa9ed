//! A private, throwaway MariaDB server: where drills and tests restore to.
//!
//! The same promises as the scratch cluster of PostgreSQL makes: a new folder of ours with a nonce
//! file, a unix socket in it only, a random password, an unprivileged user when we are root, gone
//! when the value is dropped, reaped when our process died before. Its event scheduler is off
//! (disabled, it would refuse to load events), it writes no binary log, and it has none of the accounts that a new server comes with:
//! production's are restored as they were.
//!
//! Nothing in it survives a loss of power, on purpose: it never waits for the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use rustix::process::{Pid, Signal};

use crate::base::manifest::DatabaseFacts;
use crate::base::secret::Secret;
use crate::source::error::SourceError;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::script::{literal, quoted};
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::{Family, Tool, series};
use crate::source::mariadb::{Place, Settings};
use crate::source::postgres::place;
use crate::source::postgres::scratch::ScratchSettings;
use crate::world::World;
use crate::world::files::{self, FileError, FileLock};
use crate::world::process::{ProcessError, Running};

/// The server's own superuser. Not `root`: production's is restored beside it.
pub const SUPERUSER: &str = "duphong_scratch";

/// What our folders begin with.
const PREFIX: &str = "duphong-my-";

/// Locked while its server is in use; its content names the socket's folder.
const NONCE: &str = "nonce";

/// First line of every nonce file: a folder without it is never touched.
const NONCE_MAGIC: &str = "duphong scratch server 1";

/// The kernel takes 107 bytes for the path of a socket.
const SOCKET_FOLDER_MAX: usize = 107 - "/m.sock".len();

/// `mariadb-install-db` takes 5 s here, a minute on the slowest disk we know of.
const INSTALL_LIMIT: Duration = Duration::from_mins(5);

/// A start is a fraction of a second; there is nothing to recover.
const START_LIMIT: Duration = Duration::from_mins(1);

/// What is about to be removed need not be written first.
const STOP_LIMIT: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(50);

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
        install(settings, &data, "0", world)?;
        Ok(Self { data })
    }
}

/// A running scratch server.
pub struct Server {
    folder: PathBuf,
    socket: PathBuf,
    password: Secret,
    bin_dir: Option<PathBuf>,
    jobs: usize,
    running: Option<Running>,
    _lock: FileLock,
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
        let daemon = daemon(settings, world)?;
        let mut server = Self::prepare(settings, user.as_ref(), world)?;
        let data = server.folder.join("data");
        let case = like
            .and_then(|facts| {
                facts.inventory.objects.get("database")?.get("lower-case-table-names")
            })
            .map_or("0", String::as_str);
        match template {
            Some(template) => place::copy_folder(&template.data, &data, user.as_ref())?,
            None => install(settings, &data, case, world)?,
        }
        let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
        let process = daemon
            .program()
            .arg("--no-defaults")
            .arg(option("datadir", &data))
            .arg(option("socket", &server.socket.join("m.sock")))
            .arg(option("pid-file", &server.folder.join("pid")))
            .arg(option("tmpdir", &server.socket))
            .arg(format!("--lower-case-table-names={case}"))
            .args(OPTIONS);
        let running = place::as_user(process, user.as_ref()).current_dir(&server.folder).start();
        server.running = Some(running.map_err(MariadbFault::ScratchStart)?);
        server.wait_until_ready(world)?;
        server.take_over(world)?;
        Ok(server)
    }

    fn prepare(
        settings: &ScratchSettings,
        user: Option<&place::RunAs>,
        world: &World,
    ) -> Result<Self, SourceError> {
        let mut nonce = [0; 8];
        world.entropy.fill(&mut nonce);
        let nonce = HEXLOWER.encode(&nonce);
        let folder = settings.folder.join(format!("{PREFIX}{nonce}"));
        let inside = folder.join("s");
        let short = inside.as_os_str().len() <= SOCKET_FOLDER_MAX;
        let socket = if short { inside } else { Path::new("/tmp").join(format!(".dm-{nonce}")) };
        place::make_folder(&folder, user)?;
        let file = folder.join(NONCE);
        let text = format!("{NONCE_MAGIC}\n{nonce}\n{}\n", socket.display());
        files::write_synced(&file, text.as_bytes(), 0o600)?;
        let lock = FileLock::acquire(&file)?;
        let mut password = [0; 24];
        world.entropy.fill(&mut password);
        let server = Self {
            folder,
            socket: socket.clone(),
            password: Secret::new(HEXLOWER.encode(&password).into_bytes()),
            bin_dir: settings.bin_dir.clone(),
            jobs: settings.jobs,
            running: None,
            _lock: lock,
        };
        place::make_folder(&socket, user)?;
        Ok(server)
    }

    /// A new server's own administrator, who has no password until [`Self::take_over`].
    fn first(&self) -> Settings {
        let user = "root".to_owned();
        Settings { user, password: None, ..self.settings("mysql") }
    }

    fn wait_until_ready(&mut self, world: &World) -> Result<(), SourceError> {
        let started = world.clock.monotonic();
        let socket = self.socket.join("m.sock");
        loop {
            if socket.exists() && Session::open_server(&self.first(), world).is_ok() {
                return Ok(());
            }
            let late = world.clock.monotonic().since(started) >= START_LIMIT;
            let running = self.running.as_mut().is_some_and(Running::is_running);
            if running && !late {
                world.clock.sleep(POLL);
                continue;
            }
            let Some(server) = self.running.take() else { continue };
            let limit = if running { Duration::ZERO } else { STOP_LIMIT };
            let ended = server.finish(world.clock.as_ref(), limit).err();
            let unsaid = || ProcessError::Failed {
                program: "mariadbd".to_owned(),
                status: "exit status: 0".to_owned(),
                stderr: String::new(),
            };
            return Err(MariadbFault::ScratchStart(ended.unwrap_or_else(unsaid)).into());
        }
    }

    /// Our superuser, and nobody else.
    fn take_over(&self, world: &World) -> Result<(), SourceError> {
        let act = "prepare the scratch server";
        let mut first = Session::open_server(&self.first(), world)?;
        let us = format!("'{SUPERUSER}'@'localhost'");
        let password = literal(std::str::from_utf8(self.password.expose()).unwrap_or_default());
        first.run(act, &format!("CREATE USER {us} IDENTIFIED BY {password}"))?;
        first.run(act, &format!("GRANT ALL ON *.* TO {us} WITH GRANT OPTION"))?;
        first.run(act, &format!("GRANT PROXY ON ''@'%' TO {us} WITH GRANT OPTION"))?;
        let others = format!(
            "SELECT user, host FROM mysql.user \
             WHERE user NOT IN ('{SUPERUSER}', 'mariadb.sys', 'PUBLIC')"
        );
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
            place: Place::Socket(self.socket.join("m.sock")),
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
        &self.folder
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

    /// Stops the server and removes everything; says whether that worked, unlike a drop.
    pub fn stop(mut self) -> Result<(), SourceError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), SourceError> {
        // Killed: what is about to be removed need not be written first.
        drop(self.running.take());
        remove(&self.socket)?;
        remove(&self.folder)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What could not be removed now is a leftover, which the next run reaps.
        let _leftover = self.end();
    }
}

/// On the command line, where no file can override it.
const OPTIONS: [&str; 15] = [
    "--skip-networking",
    "--skip-log-bin",
    "--event-scheduler=OFF",
    "--innodb-buffer-pool-size=256M",
    "--innodb-log-file-size=96M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-strict-mode=0",
    "--innodb-fast-shutdown=2",
    "--max-allowed-packet=1G",
    "--skip-name-resolve",
    "--local-infile=0",
    "--skip-slave-start",
    "--log-warnings=1",
    "--console",
];

fn daemon(settings: &ScratchSettings, world: &World) -> Result<Tool, SourceError> {
    let names = ["mariadbd", "mysqld"];
    let tool = Tool::find(settings.bin_dir.as_deref(), &names, Some(Family::Mariadb), world)?;
    if tool.series() >= settings.major {
        return Ok(tool);
    }
    Err(MariadbFault::Programs {
        program: format!("mariadbd {}.{}", settings.major / 100, settings.major % 100),
        family: Family::Mariadb.as_str(),
        found: tool.version,
    }
    .into())
}

fn install(
    settings: &ScratchSettings,
    data: &Path,
    case: &str,
    world: &World,
) -> Result<(), SourceError> {
    let names = ["mariadb-install-db", "mysql_install_db"];
    let mut process = Tool::find_plain(settings.bin_dir.as_deref(), &names)?
        .arg("--no-defaults")
        .arg(format!("--datadir={}", data.display()))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--lower-case-table-names={case}"));
    if rustix::process::geteuid().is_root() {
        process = process.arg(format!("--user={}", settings.user));
    }
    let folder = data.parent().unwrap_or(data);
    let made = process.current_dir(folder).output(world.clock.as_ref(), INSTALL_LIMIT);
    made.map_err(MariadbFault::ScratchStart)?;
    Ok(())
}

/// Removes the servers below `folder` that dead processes left; returns how many.
pub fn reap_leftovers(folder: &Path, world: &World) -> Result<usize, SourceError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(FileError::io("read", folder)(error).into()),
    };
    let mut reaped = 0;
    for entry in entries {
        let path = entry.map_err(FileError::io("read", folder))?.path();
        let ours = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(PREFIX));
        if ours && !path.is_symlink() && reap(&path, world)? {
            reaped += 1;
        }
    }
    Ok(reaped)
}

fn reap(folder: &Path, world: &World) -> Result<bool, SourceError> {
    let file = folder.join(NONCE);
    let Ok(text) = fs::read_to_string(&file) else { return Ok(false) };
    let mut lines = text.lines();
    let (magic, nonce, socket) = (lines.next(), lines.next(), lines.next());
    let expected = folder.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_prefix(PREFIX));
    if magic != Some(NONCE_MAGIC) || nonce.is_none() || nonce != expected {
        return Ok(false);
    }
    let _lock = match FileLock::acquire(&file) {
        Ok(lock) => lock,
        Err(FileError::Locked { .. }) => return Ok(false),
        Err(other) => return Err(other.into()),
    };
    end_orphan(folder, world);
    if let (Some(socket), Some(nonce)) = (socket.map(Path::new), nonce)
        && (socket.starts_with(folder) || socket == Path::new("/tmp").join(format!(".dm-{nonce}")))
    {
        remove(socket)?;
    }
    remove(folder)?;
    Ok(true)
}

/// Ends a server that outlived us. Its process id may belong to another program by now, so its
/// command line must name the very folder.
fn end_orphan(folder: &Path, world: &World) {
    let option = format!("--datadir={}", folder.join("data").display());
    let pid = || {
        let text = fs::read_to_string(folder.join("pid")).ok()?;
        let pid: i32 = text.trim().parse().ok()?;
        let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let is_it = words.split(|&byte| byte == 0).any(|word| word == option.as_bytes());
        is_it.then(|| Pid::from_raw(pid)).flatten()
    };
    let started = world.clock.monotonic();
    while let Some(pid) = pid() {
        let is_over = world.clock.monotonic().since(started) >= STOP_LIMIT;
        if rustix::process::kill_process(pid, Signal::KILL).is_err() || is_over {
            return;
        }
        world.clock.sleep(POLL);
    }
}

fn remove(folder: &Path) -> Result<(), SourceError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::io("remove", folder)(error).into())
        }
        _ => Ok(()),
    }
}
