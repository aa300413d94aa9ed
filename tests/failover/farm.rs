//! A portal on two machines, in network namespaces of its own.
//!
//! ```text
//!   a 10.77.0.1   PostgreSQL primary, application
//!   b 10.77.0.2   PostgreSQL standby, application
//!   l 10.77.0.3   nginx, and duphong
//!   c 10.77.0.4   the user, and a watcher who tries to write to both databases all the time
//!   s             the switch between them
//! ```
//!
//! Everything runs privately and ends with the farm, also when a test fails; what a killed test run
//! left is removed by the next one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::failover::node::{At, Node, checked};

/// What our namespaces begin with; the id of the process follows.
const PREFIX: &str = "duphong-farm-";

/// Longer than anything here takes on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

pub(super) const PAGE: &str = "http://10.77.0.3/";

/// How the standby follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Synchronous,
    Asynchronous,
}

/// The portal, running, with its user at work.
pub(super) struct Farm {
    pub(super) a: Node,
    pub(super) b: Node,
    programs: Vec<Child>,
    namespaces: Namespaces,
    home: TempDir,
}

/// Five namespaces, removed with all that runs in them.
struct Namespaces {
    prefix: String,
}

impl Namespaces {
    fn new() -> Self {
        static REAP: Once = Once::new();
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        REAP.call_once(reap);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let made = Self { prefix: format!("{PREFIX}{}-{count}", std::process::id()) };
        let switch = made.name("s");
        ip(&["netns", "add", &switch]);
        ip(&["-n", &switch, "link", "add", "br0", "type", "bridge"]);
        ip(&["-n", &switch, "link", "set", "br0", "up"]);
        for (number, node) in (1..).zip(["a", "b", "l", "c"]) {
            let name = made.name(node);
            ip(&["netns", "add", &name]);
            let wire = format!("to-{node}");
            let pair = ["type", "veth", "peer", "name", "eth0", "netns", &name];
            ip(&[&["-n", &switch, "link", "add", "name", &wire], &pair[..]].concat());
            ip(&["-n", &switch, "link", "set", &wire, "master", "br0", "up"]);
            let address = format!("10.77.0.{number}/24");
            ip(&["-n", &name, "address", "add", &address, "dev", "eth0"]);
            ip(&["-n", &name, "link", "set", "eth0", "up"]);
            ip(&["-n", &name, "link", "set", "lo", "up"]);
        }
        made
    }

    fn name(&self, node: &str) -> String {
        format!("{}-{node}", self.prefix)
    }

    fn at(&self, node: &str, number: u8) -> At {
        let namespace = Some(self.name(node));
        At { namespace, address: format!("10.77.0.{number}"), port: 5432 }
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        remove(&self.prefix);
    }
}

#[track_caller]
fn ip(arguments: &[&str]) -> Output {
    checked(Command::new("ip").args(arguments))
}

/// Removes the namespaces of this beginning, after ending what runs in them.
fn remove(prefix: &str) {
    for entry in fs::read_dir("/run/netns").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(prefix) {
            continue;
        }
        if let Ok(pids) = Command::new("ip").args(["netns", "pids", &name]).output() {
            for pid in String::from_utf8_lossy(&pids.stdout).split_whitespace() {
                let _gone = Command::new("/bin/kill").args(["-9", pid]).output();
            }
        }
        let _left = Command::new("ip").args(["netns", "delete", &name]).output();
    }
}

/// Removes what test runs that were killed have left.
fn reap() {
    let entries = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let owners: BTreeSet<String> = names
        .filter_map(|name| name.strip_prefix(PREFIX)?.split('-').next().map(str::to_owned))
        .collect();
    for owner in owners.iter().filter(|owner| !Path::new("/proc").join(owner).exists()) {
        remove(&format!("{PREFIX}{owner}-"));
    }
}

impl Farm {
    /// Starts everything; when this returns, the user has written rows through nginx.
    pub(super) fn start(mode: Mode) -> Self {
        Self::with(mode, &[])
    }

    /// The same with settings of the standby's server.
    pub(super) fn with(mode: Mode, standby: &[&str]) -> Self {
        let namespaces = Namespaces::new();
        let a = Node::primary(namespaces.at("a", 1), &[]);
        let b = Node::standby(&a, namespaces.at("b", 2), standby);
        a.sql("CREATE TABLE dong (n int PRIMARY KEY, luc timestamptz DEFAULT clock_timestamp())");
        a.sql("CREATE TABLE canh (luc timestamptz DEFAULT clock_timestamp())");
        a.wait_for("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", "1");
        if mode == Mode::Synchronous {
            a.sql("ALTER SYSTEM SET synchronous_standby_names = 'b'");
            a.sql("SELECT pg_reload_conf()");
            a.wait_for("SELECT sync_state FROM pg_stat_replication", "sync");
        }
        let home = tempfile::tempdir().unwrap();
        let mut farm = Self { a, b, programs: Vec::new(), namespaces, home };
        farm.write_scripts();
        farm.start_nginx();
        for (node, number) in [("a", 1), ("b", 2)] {
            let sockets = if node == "a" { farm.a.sockets() } else { farm.b.sockets() };
            let sockets = sockets.to_str().unwrap().to_owned();
            farm.run_python(node, &["app", &format!("10.77.0.{number}"), "8080", &sockets]);
        }
        farm.wait_until("the page answers", |farm| farm.page().contains("tỉnh Mẫu"));
        let watched = farm.path("canh").display().to_string();
        farm.run_python("c", &["watch", &watched, "a=10.77.0.1", "b=10.77.0.2"]);
        let notes = farm.path("nguoi").display().to_string();
        farm.run_python("c", &["user", PAGE, &notes]);
        farm.wait_until("rows are acknowledged", |farm| farm.acknowledged().len() > 50);
        farm
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The namespace of a node.
    pub(super) fn namespace(&self, node: &str) -> String {
        self.namespaces.name(node)
    }

    /// A program at a node.
    pub(super) fn command(&self, node: &str, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespaces.name(node), program]);
        command
    }

    fn run_python(&mut self, node: &str, arguments: &[&str]) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/failover/farm.py");
        let mut command = self.command(node, "python3");
        command.arg(script).args(arguments);
        self.run(command, arguments[0]);
    }

    /// Runs a program for as long as the farm stands.
    fn run(&mut self, mut command: Command, name: &str) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path(name).with_extension("log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.unwrap());
        self.programs.push(command.spawn().unwrap());
    }

    fn start_nginx(&mut self) {
        let at = self.home.path().display().to_string();
        let configuration = format!(
            "daemon off; user root; worker_processes 1; pid {at}/nginx.pid;
             error_log {at}/nginx.log; events {{ worker_connections 256; }}
             http {{
               access_log off; client_body_temp_path {at}/t1; proxy_temp_path {at}/t2;
               fastcgi_temp_path {at}/t3; uwsgi_temp_path {at}/t4; scgi_temp_path {at}/t5;
               include {at}/conf.d/*;
               server {{
                 listen 10.77.0.3:80;
                 location / {{
                   proxy_pass http://cong; proxy_connect_timeout 1s; proxy_read_timeout 3s;
                   proxy_next_upstream off;
                 }}
               }}
             }}"
        );
        fs::write(self.path("nginx.conf"), configuration).unwrap();
        fs::create_dir(self.path("conf.d")).unwrap();
        fs::write(self.upstream(), "# Cổng\nupstream cong { server 10.77.0.1:8080; }\n").unwrap();
        let file = self.path("nginx.conf");
        let mut command = self.command("l", "/usr/sbin/nginx");
        command.args(["-p", &at, "-c"]).arg(file);
        self.run(command, "nginx");
    }

    /// The file that the failover changes.
    pub(super) fn upstream(&self) -> PathBuf {
        self.path("conf.d/cong.conf")
    }

    /// What an operator of this portal would have: fencing stops the database for good, until the
    /// mark of the fence is taken away. Each takes a file `kill-after-NAME` as the order to kill
    /// duphong when it is done, before that can note it.
    fn write_scripts(&self) {
        let at = self.home.path().display();
        let data = self.a.data().display().to_string();
        let control = self.a.program("pg_ctl");
        let words: Vec<_> = std::iter::once(control.get_program())
            .chain(control.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let control = words.join(" ");
        let log = self.a.sockets().join("log").display().to_string();
        let namespace = self.namespaces.name("a");
        let reload = format!("/usr/sbin/nginx -p {at} -c {at}/nginx.conf");
        for (name, script) in [
            (
                "fence",
                format!("touch {at}/fenced\ncd /tmp\n{control} -w -m fast -D {data} stop >&2"),
            ),
            (
                "unfence",
                // The server stays: it is not of the command that starts it.
                format!(
                    "rm -f {at}/fenced\ncd /tmp\n\
                     {control} -D {data} status >/dev/null && exit 0\n\
                     unset DUPHONG_MARK\n{control} -w -D {data} -l {log} start >/dev/null 2>&1"
                ),
            ),
            ("idle", "true".to_owned()),
            ("cut", format!("ip -n {namespace} link set eth0 down")),
            ("mend", format!("ip -n {namespace} link set eth0 up")),
            ("nginx-test", format!("{reload} -t")),
            ("nginx-reload", format!("{reload} -s reload")),
            ("flood", "yes 'không hết'".to_owned()),
        ] {
            let file = self.path(name);
            let kill = format!(
                "if [ -e {at}/kill-after-{name} ]; then rm {at}/kill-after-{name}; kill -9 $PPID; fi"
            );
            fs::write(&file, format!("#!/bin/sh\nset -e\n{script}\n{kill}\n")).unwrap();
            checked(Command::new("chmod").arg("755").arg(&file));
        }
    }

    /// The start page, as the user sees it; empty where there is none.
    pub(super) fn page(&self) -> String {
        let get = "import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen(sys.argv[1], timeout=5).read())";
        let output = self.command("c", "python3").args(["-c", get, PAGE]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until something is so.
    #[track_caller]
    pub(super) fn wait_until(&self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        let began = Instant::now();
        while !so(self) {
            assert!(began.elapsed() < PATIENCE, "in vain: {what}\n{}", self.complaints());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the programs of the farm complained of.
    fn complaints(&self) -> String {
        let logs = ["app.log", "nginx.log", "user.log", "watch.log"].map(|name| self.path(name));
        logs.iter().filter_map(|log| fs::read_to_string(log).ok()).collect()
    }

    /// The rows that the user was told are written.
    pub(super) fn acknowledged(&self) -> Vec<Row> {
        let text = fs::read_to_string(self.path("nguoi")).unwrap_or_default();
        let row = |line: &str| {
            let mut words = line.split(' ');
            let number = words.next()?.parse().ok()?;
            let good = words.next()? == "ok";
            let at = words.next()?.parse().ok()?;
            let wall = words.next()?.parse().ok()?;
            good.then_some(Row { number, at, wall })
        };
        whole_lines(&text).filter_map(row).collect()
    }

    /// Every attempt of the watcher to write to a database.
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        let text = fs::read_to_string(self.path("canh")).unwrap_or_default();
        let attempt = |line: &str| {
            let mut words = line.splitn(4, ' ');
            Some(Attempt {
                node: words.next()?.to_owned(),
                began: words.next()?.parse().ok()?,
                ended: words.next()?.parse().ok()?,
                good: words.next()? == "ok",
            })
        };
        whole_lines(&text).filter_map(attempt).collect()
    }
}

/// A line that is just being written is not there yet.
fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
}

/// A row that was acknowledged, by the monotonic clock and the wall clock.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) at: f64,
    pub(super) wall: f64,
}

/// An attempt to write to one database.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) node: String,
    pub(super) began: f64,
    pub(super) ended: f64,
    pub(super) good: bool,
}

impl Drop for Farm {
    fn drop(&mut self) {
        for program in &mut self.programs {
            let _gone = program.kill();
            let _reaped = program.wait();
        }
    }
}
