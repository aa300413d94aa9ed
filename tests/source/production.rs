//! A PostgreSQL server as a portal has one: page checksums, durable settings, roles that log in by
//! every way, and replication allowed. Private, on a socket and a port of loopback, gone with the
//! value.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use duphong::base::secret::Secret;
use duphong::source::postgres::Settings;
use duphong::world::process::{Process, Running};

use super::scratch::{home, query, world};

/// Long enough for a machine that is busy with other tests.
const LIMIT: Duration = Duration::from_mins(2);

/// Who may log in how, and who may replicate.
const HBA: &str = "local all all trust\n\
    local replication all trust\n\
    host all all 127.0.0.1/32 trust\n\
    host replication postgres 127.0.0.1/32 trust\n\
    host replication plain 127.0.0.1/32 password\n\
    host replication hashed 127.0.0.1/32 md5\n\
    host replication scram 127.0.0.1/32 scram-sha-256\n";

/// A running server.
pub(crate) struct Production {
    /// Holds the socket, and of one of our making the data.
    pub(crate) folder: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) port: u16,
    server: Option<Running>,
}

fn account() -> Option<(u32, u32)> {
    let id = |what: &str| {
        let process = Process::new("id").args([what, "postgres"]);
        let answer = process.output(world().clock.as_ref(), LIMIT).unwrap();
        String::from_utf8(answer).unwrap().trim().parse().unwrap()
    };
    rustix::process::geteuid().is_root().then(|| (id("-u"), id("-g")))
}

/// One of the server's programs, of the newest version.
pub(crate) fn program(name: &str) -> PathBuf {
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = folders.map(|entry| entry.path().join("bin")).collect();
    found.retain(|folder| folder.join("postgres").exists());
    found.sort();
    found.pop().expect("tests/packages installs PostgreSQL").join(name)
}

/// The same, as the account that servers run as.
pub(crate) fn as_account(name: &str) -> Process {
    let process = Process::new(program(name));
    match account() {
        Some((uid, gid)) => process.user(uid, gid),
        None => process,
    }
}

/// Runs it to its end.
#[track_caller]
pub(crate) fn done(process: Process) -> String {
    let output = process.output(world().clock.as_ref(), LIMIT).unwrap();
    String::from_utf8_lossy(&output).into_owned()
}

/// A folder that the account can enter and owns.
pub(crate) fn folder(name: &str) -> PathBuf {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = home().join(format!("{name}{number}"));
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    if let Some((uid, gid)) = account() {
        chown(&folder, Some(uid), Some(gid)).unwrap();
    }
    folder
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Production {
    /// A new server; further lines of its settings may be given.
    pub(crate) fn start(settings: &str) -> Self {
        static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let made = folder("template").join("data");
            let options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
            let more = ["--data-checksums", "--username=postgres", "-D"];
            done(as_account("initdb").args(options).args(more).arg(&made));
            fs::write(made.join("pg_hba.conf"), HBA).unwrap();
            made
        });
        let folder = folder("prod");
        done(Process::new("cp").arg("-a").args([template, &folder.join("data")]));
        let data = folder.join("data");
        let mut production = Self { folder, data, port: free_port(), server: None };
        let lines = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\n\
             fsync = off\nwal_level = replica\nmax_wal_senders = 5\nshared_buffers = 16MB\n\
             autovacuum = off\n{settings}\n",
            production.port,
            production.folder.display()
        );
        fs::write(production.data.join("postgresql.auto.conf"), lines).unwrap();
        production.run(&[]);
        let roles = "CREATE ROLE plain LOGIN REPLICATION PASSWORD 'mật khẩu'; \
            CREATE ROLE scram LOGIN REPLICATION PASSWORD 'bí mật'; \
            CREATE ROLE portal LOGIN; \
            SET password_encryption = md5; \
            CREATE ROLE hashed LOGIN REPLICATION PASSWORD 'md5 cũ';";
        query(&production.settings("postgres"), roles);
        production
    }

    /// A standby that streams from this server; further lines of its settings may be given.
    pub(crate) fn standby(&self, settings: &str) -> Self {
        let folder = folder("standby");
        let mut standby =
            Self { data: folder.join("data"), folder, port: free_port(), server: None };
        let source = format!("host={} port={} user=postgres", self.folder.display(), self.port);
        done(
            as_account("pg_basebackup")
                .args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", &source, "-D"])
                .arg(&standby.data),
        );
        let automatic = standby.data.join("postgresql.auto.conf");
        let lines = format!(
            "port = {}\nunix_socket_directories = '{}'\n{settings}\n",
            standby.port,
            standby.folder.display()
        );
        let text = fs::read_to_string(&automatic).unwrap() + &lines;
        fs::write(&automatic, text).unwrap();
        standby.run(&[]);
        standby
    }

    /// Waits until a statement answers `wanted`.
    #[track_caller]
    pub(crate) fn wait_for(&self, sql: &str, wanted: &str) {
        let started = Instant::now();
        loop {
            let answer = self.sql(sql);
            if answer == wanted {
                return;
            }
            assert!(started.elapsed() < LIMIT, "{sql}: {answer}, not {wanted}");
            std::thread::yield_now();
        }
    }

    /// A server on what was restored to a folder, which is handed to the account that servers run
    /// as; by its own settings but for where it listens.
    pub(crate) fn on_restored(data: &Path) -> Self {
        let mut back = Self::at_restored(data);
        back.run_restored();
        back.until_ready();
        back
    }

    /// The same of a server that does not stay: what it said.
    pub(crate) fn ended_on(data: &Path) -> String {
        let mut back = Self::at_restored(data);
        back.run_restored();
        let ended = back.server.take().unwrap().finish(world().clock.as_ref(), LIMIT);
        ended.unwrap_err().to_string()
    }

    fn at_restored(data: &Path) -> Self {
        if let Some((uid, gid)) = account() {
            let owner = format!("{uid}:{gid}");
            let base = data.parent().unwrap();
            done(Process::new("chown").args(["-hR", &owner]).arg(base));
            for above in base.ancestors().skip(1).take_while(|above| above.components().count() > 2)
            {
                fs::set_permissions(above, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        let (folder, data) = (folder("back"), data.to_owned());
        Self { folder, data, port: free_port(), server: None }
    }

    fn run_restored(&mut self) {
        let sockets = format!("unix_socket_directories={}", self.folder.display());
        self.begin(&["listen_addresses=", &sockets, &format!("port={}", self.port)]);
    }

    /// Waits until it has come to where it should stop, and takes writes.
    pub(crate) fn open_for_writing(&self) {
        let started = Instant::now();
        while self.sql("SELECT pg_is_in_recovery()") == "t" {
            assert!(started.elapsed() < LIMIT, "it does not come out of recovery");
        }
    }

    /// Starts the server again after [`kill`](Self::kill).
    pub(crate) fn again(&mut self) {
        self.run(&[]);
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.server.as_ref().unwrap().id()
    }

    fn run(&mut self, options: &[&str]) {
        self.begin(options);
        self.until_ready();
    }

    fn begin(&mut self, options: &[&str]) {
        let mut postgres = as_account("postgres").arg("-D").arg(&self.data);
        for option in options {
            postgres = postgres.args(["-c", option]);
        }
        self.server = Some(postgres.current_dir(&self.folder).start().unwrap());
    }

    fn until_ready(&self) {
        let started = Instant::now();
        let ready = || {
            let asked = Process::new(program("pg_isready"))
                .arg("-h")
                .arg(&self.folder)
                .args(["-p", &self.port.to_string()]);
            asked.output(world().clock.as_ref(), LIMIT).is_ok()
        };
        while !ready() {
            assert!(started.elapsed() < LIMIT, "the server did not come up");
        }
    }

    /// As a role, on the socket.
    pub(crate) fn settings(&self, role: &str) -> Settings {
        let dsn = format!(
            "host='{}' port={} user={role} dbname=postgres",
            self.folder.display(),
            self.port
        );
        Settings { dsn, password: None, bin_dir: None, jobs: 2 }
    }

    /// As a role with a password, over loopback.
    pub(crate) fn by_password(&self, role: &str, password: &str) -> Settings {
        let dsn = format!("host=127.0.0.1 port={} user={role} dbname=postgres", self.port);
        let password = Some(Secret::new(password.as_bytes().to_vec()));
        Settings { dsn, password, bin_dir: None, jobs: 2 }
    }

    /// Runs statements as the superuser; the first column of the last row.
    pub(crate) fn sql(&self, script: &str) -> String {
        query(&self.settings("postgres"), script)
    }

    /// Stops the server as its administrator does; it must have stopped within `limit`.
    #[track_caller]
    pub(crate) fn stop(&mut self, limit: Duration) {
        let server = self.server.take().unwrap();
        server.signal(rustix::process::Signal::INT);
        server.finish(world().clock.as_ref(), limit).unwrap();
    }

    /// Ends the server as a loss of power does.
    pub(crate) fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.signal(rustix::process::Signal::QUIT);
            let _ended = server.finish(world().clock.as_ref(), LIMIT);
        }
    }
}

impl Drop for Production {
    fn drop(&mut self) {
        self.kill();
        let _left = fs::remove_dir_all(&self.folder);
    }
}
