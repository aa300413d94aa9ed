//! A private, throwaway PostgreSQL cluster: where drills and tests restore to.
//!
//! Guarantees: the cluster stands in a new folder of ours (0700, with a nonce file), listens on a
//! unix socket in it only, has a random password, and runs as an unprivileged user even when we
//! are root, which `initdb` and `postgres` refuse. It stops and its folder goes when the value is
//! dropped. If our process dies before that, [`reap_leftovers`] does it: the nonce file proves
//! that the folder is ours, and its lock, which no dead process holds, that nobody uses it.
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
use crate::source::postgres::beside::create_statement;
use crate::source::postgres::session::Session;
use crate::source::postgres::tools::Tools;
use crate::source::postgres::{Settings, place};
use crate::world::World;
use crate::world::files::{self, FileError, FileLock};
use crate::world::process::{ProcessError, Running};

/// The cluster's own superuser. Not `postgres`: production's roles are restored beside it, that
/// one included, exactly as they were.
pub const SUPERUSER: &str = "duphong_scratch";

/// What our folders begin with.
const PREFIX: &str = "duphong-pg-";

/// Locked while its cluster is in use; its content names the socket folder.
const NONCE: &str = "nonce";

/// First line of every nonce file: a folder without it is never touched.
const NONCE_MAGIC: &str = "duphong scratch cluster 1";

/// The kernel takes 107 bytes; `/.s.PGSQL.5432.lock` is the longest name PostgreSQL puts there.
const SOCKET_FOLDER_MAX: usize = 107 - "/.s.PGSQL.5432.lock".len();

/// A start is a fraction of a second; there is nothing to recover.
const START_LIMIT: Duration = Duration::from_mins(1);

/// After an immediate stop nothing is written any more.
const STOP_LIMIT: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(20);

/// How and where a scratch cluster is made.
#[derive(Clone, Debug)]
pub struct ScratchSettings {
    /// The folder below which the cluster's own folder is made.
    pub folder: PathBuf,
    /// Where the PostgreSQL programs lie, when not where distributions put them.
    pub bin_dir: Option<PathBuf>,
    /// Major version wanted at least: production's, so that definitions print alike.
    pub major: u32,
    /// The user to run as when we are root.
    pub user: String,
    /// Bytes that must be free.
    pub need_bytes: u64,
    /// Whether a file system in memory will do.
    pub allow_memory: bool,
    /// Connections and processes that work at once.
    pub jobs: usize,
}

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
        place::initdb(&tools, &data, &password, user.as_ref(), world)?;
        Ok(Self { data, password, tools })
    }
}

/// A running scratch cluster.
pub struct Cluster {
    folder: PathBuf,
    socket: PathBuf,
    password: Secret,
    bin_dir: Option<PathBuf>,
    jobs: usize,
    world: World,
    server: Option<Running>,
    _lock: FileLock,
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
        let mut cluster = Self::prepare(settings, user.as_ref(), world)?;
        let data = cluster.data();
        if let Some(template) = template {
            cluster.password = template.password.clone();
            place::copy_folder(&template.data, &data, user.as_ref())?;
        } else {
            place::initdb(&tools, &data, &cluster.password, user.as_ref(), world)?;
        }
        cluster.server = Some(cluster.start_server(&tools, user.as_ref())?);
        cluster.wait_until_ready(world)?;
        Ok(cluster)
    }

    /// The folder, its nonce file, its lock and its socket folder, from the first instant in a
    /// state that [`reap_leftovers`] understands.
    fn prepare(
        settings: &ScratchSettings,
        user: Option<&place::RunAs>,
        world: &World,
    ) -> Result<Self, SourceError> {
        let mut nonce = [0; 8];
        world.entropy.fill(&mut nonce);
        let nonce = HEXLOWER.encode(&nonce);
        files::create_private_dir(&settings.folder)?;
        let folder = settings.folder.join(format!("{PREFIX}{nonce}"));
        let inside = folder.join("s");
        let short = inside.as_os_str().len() <= SOCKET_FOLDER_MAX;
        let socket = if short { inside } else { Path::new("/tmp").join(format!(".dp-{nonce}")) };
        place::make_folder(&folder, user)?;
        let file = folder.join(NONCE);
        let text = format!("{NONCE_MAGIC}\n{nonce}\n{}\n", socket.display());
        files::write_synced(&file, text.as_bytes(), 0o600)?;
        let lock = FileLock::acquire(&file)?;
        let cluster = Self {
            folder,
            socket: socket.clone(),
            password: draw_password(world),
            bin_dir: settings.bin_dir.clone(),
            jobs: settings.jobs,
            world: world.clone(),
            server: None,
            _lock: lock,
        };
        place::make_folder(&socket, user)?;
        Ok(cluster)
    }

    fn start_server(
        &self,
        tools: &Tools,
        user: Option<&place::RunAs>,
    ) -> Result<Running, SourceError> {
        // On the command line, where no file of a restored data folder can override it.
        let options = [
            "listen_addresses=".to_owned(),
            format!("unix_socket_directories={}", self.socket.display()),
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
        for option in options {
            process = process.arg("-c").arg(option);
        }
        place::as_user(process, user)
            .current_dir(&self.folder)
            .start()
            .map_err(SourceError::ScratchStart)
    }

    fn wait_until_ready(&mut self, world: &World) -> Result<(), SourceError> {
        let started = world.clock.monotonic();
        loop {
            if Session::open(&self.settings("postgres"), world).is_ok() {
                return Ok(());
            }
            let late = world.clock.monotonic().since(started) >= START_LIMIT;
            let running = self.server.as_mut().is_some_and(Running::is_running);
            if running && !late {
                world.clock.sleep(POLL);
                continue;
            }
            let Some(server) = self.server.take() else { continue };
            // It has ended, or is ended now; either way its last words are the reason.
            let limit = if running { Duration::ZERO } else { STOP_LIMIT };
            let program = "postgres".to_owned();
            return Err(SourceError::ScratchStart(
                server.finish(world.clock.as_ref(), limit).err().unwrap_or(ProcessError::Failed {
                    program,
                    status: "exit status: 0".to_owned(),
                    stderr: String::new(),
                }),
            ));
        }
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
        let value = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
        format!(
            "host='{}' port=5432 user={SUPERUSER} dbname='{}'",
            value(&self.socket.display().to_string()),
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
        &self.folder
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

    /// Stops the server and removes everything; says whether that worked, unlike a drop.
    pub fn stop(mut self) -> Result<(), SourceError> {
        self.end()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn end(&mut self) -> Result<(), SourceError> {
        if let Some(server) = self.server.take() {
            // Immediate: what is about to be removed need not be written first.
            server.signal(Signal::QUIT);
            // Ended with a complaint or killed at the limit: it runs no more.
            let _ended = server.finish(self.world.clock.as_ref(), STOP_LIMIT);
        }
        remove(&self.socket)?;
        remove(&self.folder)
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
    end_orphan(&folder.join("data"), world);
    if let (Some(socket), Some(nonce)) = (socket.map(Path::new), nonce)
        && (socket.starts_with(folder) || socket == Path::new("/tmp").join(format!(".dp-{nonce}")))
    {
        remove(socket)?;
    }
    remove(folder)?;
    Ok(true)
}

/// Ends a server that outlived us. Its process id may belong to another program by now, so its
/// command line must name the very folder.
fn end_orphan(data: &Path, world: &World) {
    let pid = || {
        let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let pid: i32 = text.lines().next()?.trim().parse().ok()?;
        let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let name = data.as_os_str().as_encoded_bytes();
        words
            .split(|&byte| byte == 0)
            .any(|word| word == name)
            .then(|| Pid::from_raw(pid))
            .flatten()
    };
    let started = world.clock.monotonic();
    while let Some(pid) = pid() {
        let patient = world.clock.monotonic().since(started) < STOP_LIMIT;
        let signal = if patient { Signal::QUIT } else { Signal::KILL };
        if rustix::process::kill_process(pid, signal).is_err() || !patient {
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

fn find_tools(settings: &ScratchSettings, world: &World) -> Result<Tools, SourceError> {
    Tools::find(settings.bin_dir.as_deref(), "postgres", settings.major, world)
}

fn draw_password(world: &World) -> Secret {
    let mut bytes = [0; 24];
    world.entropy.fill(&mut bytes);
    Secret::new(HEXLOWER.encode(&bytes).into_bytes())
}
