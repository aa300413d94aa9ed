//! A private PostgreSQL server with a standby, where a test wants it: on loopback, or in a network
//! namespace. Neither outlives its test.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use duphong::source::postgres::Settings;
use tempfile::TempDir;

/// Where a server stands.
#[derive(Clone, Debug)]
pub(super) struct At {
    /// The namespace; the machine's own where absent.
    pub(super) namespace: Option<String>,
    pub(super) address: String,
    pub(super) port: u16,
}

impl At {
    /// A free port on loopback.
    pub(super) fn loopback() -> Self {
        let port = crate::probe::farm::free_port();
        Self { namespace: None, address: "127.0.0.1".to_owned(), port }
    }

    /// A program in this place.
    pub(super) fn command(&self, program: &str) -> Command {
        match &self.namespace {
            None => Command::new(program),
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace, program]);
                command
            }
        }
    }
}

/// A server.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: At,
    /// Holds data, socket and log.
    home: TempDir,
}

/// The account that servers run as: PostgreSQL refuses root.
fn account() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let id = |what| {
        let answer = Command::new("id").args([what, "postgres"]).output().unwrap();
        String::from_utf8(answer.stdout).unwrap().trim().parse().unwrap()
    };
    Some((id("-u"), id("-g")))
}

/// The folder of the server's programs, the newest where there are several.
pub(super) fn programs() -> PathBuf {
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = folders.map(|entry| entry.path().join("bin")).collect();
    found.retain(|folder| folder.join("postgres").exists());
    found.sort();
    found.pop().expect("tests/packages installs PostgreSQL")
}

#[track_caller]
pub(super) fn checked(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

impl Node {
    fn home() -> TempDir {
        let home = tempfile::tempdir().unwrap();
        if let Some((uid, gid)) = account() {
            fs::set_permissions(home.path(), fs::Permissions::from_mode(0o711)).unwrap();
            chown(home.path(), Some(uid), Some(gid)).unwrap();
        }
        home
    }

    /// A new primary that runs. Whoever may connect may do everything: the farm is private.
    pub(super) fn primary(at: At, options: &[&str]) -> Self {
        let node = Self { at, home: Self::home() };
        let mut command = node.program("initdb");
        checked(
            command
                .args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
                .args(["--username=postgres", "-D"])
                .arg(node.data()),
        );
        let hba = "local all all trust\nhost all all all trust\nhost replication all all trust\n";
        fs::write(node.data().join("pg_hba.conf"), hba).unwrap();
        let settings = format!(
            "listen_addresses = '{}'\nport = {}\nunix_socket_directories = '{}'\nfsync = off\n\
             wal_level = replica\nmax_wal_senders = 5\nhot_standby = on\nshared_buffers = 16MB\n\
             wal_receiver_timeout = 60s\nwal_retrieve_retry_interval = 500ms\n",
            node.at.address,
            node.at.port,
            node.home.path().display()
        );
        node.configure(&settings);
        node.start(options);
        node.sql("SELECT pg_create_physical_replication_slot('b')");
        node
    }

    /// A standby of `primary` that streams under the name `b`.
    pub(super) fn standby(primary: &Self, at: At, options: &[&str]) -> Self {
        let node = Self { at, home: Self::home() };
        let source = format!(
            "host={} port={} user=postgres application_name=b",
            primary.at.address, primary.at.port
        );
        checked(
            node.program("pg_basebackup")
                .args(["-R", "-X", "stream", "-c", "fast", "-S", "b"])
                .args(["-d", &source, "-D"])
                .arg(node.data()),
        );
        let settings = format!(
            "listen_addresses = '{}'\nport = {}\nunix_socket_directories = '{}'\n",
            node.at.address,
            node.at.port,
            node.home.path().display()
        );
        node.configure(&settings);
        node.start(options);
        node
    }

    pub(super) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The folder of its socket.
    pub(super) fn sockets(&self) -> &Path {
        self.home.path()
    }

    /// One of PostgreSQL's programs, as its account, in its place.
    pub(super) fn program(&self, name: &str) -> Command {
        let path = programs().join(name);
        let mut command = match account() {
            None => self.at.command(path.to_str().unwrap()),
            Some((uid, gid)) => {
                let mut command = self.at.command("setpriv");
                command.args([format!("--reuid={uid}"), format!("--regid={gid}")]);
                command.arg("--clear-groups").arg(path);
                command
            }
        };
        command.current_dir(self.home.path());
        command
    }

    /// Adds lines to its settings.
    pub(super) fn configure(&self, lines: &str) {
        let file = self.data().join("postgresql.conf");
        let text = fs::read_to_string(&file).unwrap() + lines;
        fs::write(file, text).unwrap();
    }

    /// Starts it with these settings on the command line; it answers when this returns.
    pub(super) fn start(&self, options: &[&str]) {
        let options: Vec<String> = options.iter().map(|one| format!("-c {one}")).collect();
        let log = self.home.path().join("log");
        let mut command = self.program("pg_ctl");
        command.args(["-w", "-t", "60", "-D"]).arg(self.data()).arg("-l").arg(&log);
        command
            .args(["-o", &options.join(" "), "start"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = command.stdin(Stdio::null()).status().unwrap();
        assert!(status.success(), "{}", fs::read_to_string(log).unwrap_or_default());
    }

    /// Stops it: `fast`, or `immediate` as a crash would.
    pub(super) fn stop(&self, mode: &str) {
        checked(self.program("pg_ctl").args(["-w", "-m", mode, "-D"]).arg(self.data()).arg("stop"));
    }

    /// The answer of one statement, through its own socket.
    #[track_caller]
    pub(super) fn sql(&self, sql: &str) -> String {
        let port = self.at.port.to_string();
        let output = checked(
            self.program("psql")
                .args(["-XAtq", "-v", "ON_ERROR_STOP=1"])
                .args(["-U", "postgres", "-d", "postgres", "-p", &port, "-h"])
                .arg(self.sockets())
                .args(["-c", sql]),
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(super) fn dsn(&self) -> String {
        format!("host={} port={} user=postgres dbname=postgres", self.at.address, self.at.port)
    }

    pub(super) fn settings(&self) -> Settings {
        Settings { dsn: self.dsn(), password: None, bin_dir: None, jobs: 1 }
    }

    /// Waits until a statement answers `wanted`.
    #[track_caller]
    pub(super) fn wait_for(&self, sql: &str, wanted: &str) {
        let began = std::time::Instant::now();
        loop {
            let answer = self.sql(sql);
            if answer == wanted {
                return;
            }
            assert!(began.elapsed().as_secs() < 60, "{sql}: {answer}, not {wanted}");
            std::thread::yield_now();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // One that was stopped already leaves nothing to do.
        let _stopped = self
            .program("pg_ctl")
            .args(["-w", "-m", "immediate", "-D"])
            .arg(self.data())
            .arg("stop")
            .output();
    }
}
