//! An installation in a folder of its own, and the daemon that looks after it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use duphong::audit::{Entry, Reader};
use serde_json::Value;
use tempfile::TempDir;

/// The longest anything here takes, on a machine that is busy with all other tests.
const PATIENCE: Duration = Duration::from_secs(90);

/// A configured and prepared installation with a small portal.
pub(super) struct Town {
    pub(super) folder: TempDir,
    pub(super) port: u16,
    variables: Vec<(String, String)>,
}

/// Schedules of `snapshot`, `drill` and `verify`; none where empty.
#[derive(Clone, Copy, Default)]
pub(super) struct Schedules<'a> {
    pub(super) snapshot: &'a str,
    pub(super) verify: &'a str,
}

/// Often enough to be on the list, too seldom to come in a test.
pub(super) const SELDOM: Schedules<'static> =
    Schedules { snapshot: "0 0 1 1 *", verify: "0 0 2 1 *" };

impl Town {
    pub(super) fn new(schedules: Schedules<'_>) -> Self {
        let folder = TempDir::new().unwrap();
        let open = std::fs::Permissions::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open).unwrap();
        // Free now, and nobody else on this machine takes ports out of this range by chance.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let town = Self { folder, port, variables: Vec::new() };
        std::fs::create_dir(town.path("media")).unwrap();
        for number in 0..20 {
            std::fs::write(town.path(format!("media/{number}.txt")), "tệp ".repeat(number))
                .unwrap();
        }
        town.configure(&configuration(port, schedules));
        assert_eq!(town.run("init").code, 0);
        town
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(super) fn configure(&self, text: &str) {
        std::fs::write(self.path("duphong.yaml"), text).unwrap();
    }

    pub(super) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duphong"));
        command
            .args(line.split_whitespace())
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(super) fn run(&self, line: &str) -> Answer {
        let output = self.command(line).output().unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one object that a command answers with `--json`.
    #[track_caller]
    pub(super) fn json(&self, line: &str) -> Value {
        let answer = self.run(&format!("{line} --json"));
        serde_json::from_str(&answer.out)
            .unwrap_or_else(|error| panic!("{line}: {error}: {}{}", answer.out, answer.err))
    }

    /// Starts the daemon, without waiting for anything.
    pub(super) fn spawn(&self) -> Daemon {
        let log = self.path("daemon.log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut command = self.command("daemon --log json");
        let child = command.stdout(Stdio::null()).stderr(file).spawn().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        Daemon { child, address, log }
    }

    /// Starts the daemon and waits until it is at work.
    #[track_caller]
    pub(super) fn start(&self) -> Daemon {
        let mut daemon = self.spawn();
        daemon
            .wait_for("ready", |daemon| daemon.get("/readyz").is_some_and(|(code, _)| code == 200));
        daemon
    }

    /// Every entry of the log.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let reader = Reader::open(&self.path("state/audit")).unwrap();
        reader.entries().map(Result::unwrap).collect()
    }

    /// Entries of this verb.
    pub(super) fn of(&self, verb: &str) -> Vec<Entry> {
        self.entries().into_iter().filter(|entry| entry.verb == verb).collect()
    }
}

/// The configuration of every town.
pub(super) fn configuration(port: u16, schedules: Schedules<'_>) -> String {
    let line = |key: &str, cron: &str| match cron {
        "" => String::new(),
        cron => format!(", {key}: \"{cron}\""),
    };
    format!(
        "site: {{ id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: en }}
state: state
web: {{ listen: \"127.0.0.1:{port}\" }}
repositories:
  local: {{ path: repository, password: {{ file: secrets/password }}{} }}
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    trees: [ {{ role: media, name: tep, path: media }} ]
    snapshot: {{ to: [local], rpo: 6h{} }}
    drill: {{ from: local, rto: 8h, scratch: scratch }}
",
        line("verify", schedules.verify),
        line("schedule", schedules.snapshot),
    )
}

/// What a command answered.
pub(super) struct Answer {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

/// A daemon that is killed when dropped.
pub(super) struct Daemon {
    pub(super) child: Child,
    pub(super) address: SocketAddr,
    log: PathBuf,
}

impl Daemon {
    /// What it answers at a path: the status and the body. None when nobody answers.
    pub(super) fn get(&self, path: &str) -> Option<(u16, String)> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
    }

    /// What it answers to these bytes.
    pub(super) fn send(&self, bytes: &[u8]) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes).ok()?;
        let mut answer = Vec::new();
        let _rest = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split_whitespace().nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// The value of a metric with these labels, as they are printed.
    #[track_caller]
    pub(super) fn metric(&self, name: &str) -> Option<f64> {
        let (status, text) = self.get("/metrics").expect("somebody answers");
        assert_eq!(status, 200);
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")))?;
        Some(line.parse().unwrap())
    }

    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("/bin/kill").args(["-s", name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until `state` holds, while the daemon lives.
    #[track_caller]
    pub(super) fn wait_for(&mut self, what: &str, mut state: impl FnMut(&mut Self) -> bool) {
        let begun = Instant::now();
        while !state(self) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{what}: it ended with {ended:?}: {}", self.told());
            assert!(begun.elapsed() < PATIENCE, "{what} never came: {}", self.told());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(super) fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it never ended: {}", self.told());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it wrote to standard error.
    pub(super) fn told(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
