//! A drill, killed in each of its phases. The next one ends what it had started, and nothing of it is
//! left: no server, no portal, no folder, no socket.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use duphong::base::secret::Secret;
use duphong::drill::fact::Verdict;
use duphong::job::{drill, snapshot};

use crate::job::kill::{abandoned, duphong};
use crate::job::portal::{Installation, configuration};
use crate::source::production::program;
use crate::source::scratch::{cluster_with, run};

/// Notes that it runs, and waits while there is a pipe of its name: its writer never comes.
const HOLD: &str = r#"#!/bin/sh
NAME=${0##*/}
PLACE=PLACES
case "$1" in --version|-V) exec REAL/$NAME "$@" ;; esac
echo $$ >> "$PLACE/at-$NAME"
[ -p "$PLACE/hold-$NAME" ] && read -r line < "$PLACE/hold-$NAME"
exec REAL/$NAME "$@"
"#;

/// A portal that leaves its group, and notes when it starts, is asked, and ends.
const PORTAL: &str = r#"
import http.server, os, stat, sys
place = sys.argv[2]
def at(name):
    with open(f"{place}/at-{name}", "a") as file:
        file.write(f"{os.getpid()}\n")
    hold = f"{place}/hold-{name}"
    if os.path.exists(hold):
        open(hold).read()
child = os.fork()
if child:
    os.waitpid(child, 0)
    sys.exit()
os.setsid()
at("portal")
class Portal(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        at("question")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"xin chao")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Portal).serve_forever()
"#;

struct Stage {
    here: Installation,
    places: PathBuf,
}

impl Stage {
    fn new(dsn: &str, password: &[u8]) -> Self {
        let own = crate::source::production::folder("drill-killed");
        fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).unwrap();
        let bin = own.join("bin");
        fs::create_dir(&bin).unwrap();
        fs::set_permissions(&bin, fs::Permissions::from_mode(0o755)).unwrap();
        let real = program("postgres").parent().unwrap().to_owned();
        for one in fs::read_dir(&real).unwrap().flatten() {
            std::os::unix::fs::symlink(one.path(), bin.join(one.file_name())).unwrap();
        }
        let text = HOLD.replace("PLACES", own.to_str().unwrap());
        let text = text.replace("REAL", real.to_str().unwrap());
        for name in ["initdb", "postgres", "pg_restore"] {
            fs::remove_file(bin.join(name)).unwrap();
            fs::write(bin.join(name), &text).unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(own.join("portal.py"), PORTAL).unwrap();
        let sources = format!(
            r#"
    databases:
      - {{ name: cong, postgres: {{ dsn: "{dsn}", password: {{ file: secrets/db }}, bin-dir: {} }} }}
    trees:
      - {{ role: application, name: trang, path: portal/application }}
      - {{ role: configuration, name: cong, path: portal/configuration }}
"#,
            bin.display()
        );
        let start = format!(
            "scratch: scratch, start: [/usr/bin/python3, {0}/portal.py, '{{port}}', {0}], \
             smoke: [ {{ path: /, contains: 'xin chao' }} ] }}",
            own.display()
        );
        let here =
            Installation::with(&configuration(&sources).replace("scratch: scratch }", &start));
        fs::write(here.path("secrets/db"), password).unwrap();
        Self { here, places: own }
    }

    fn start(&self) -> Child {
        let mut command = duphong(&self.here, &["drill", "run", "--portal", "mau"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Processes that a drill had started which noted that they ran.
    fn noted(&self) -> BTreeSet<i32> {
        let files = fs::read_dir(&self.places).unwrap().flatten().map(|entry| entry.path());
        let noted = files.filter(|path| path.to_string_lossy().contains("/at-"));
        let text: String = noted.map(|path| fs::read_to_string(path).unwrap()).collect();
        text.split_whitespace().map(|id| id.parse().unwrap()).collect()
    }

    fn hold(&self, name: &str) -> PathBuf {
        let pipe = self.places.join(format!("hold-{name}"));
        let made = Command::new("mkfifo").args(["-m", "666"]).arg(&pipe).status().unwrap();
        assert!(made.success());
        pipe
    }

    /// Folders of scratch servers.
    fn servers(&self) -> BTreeSet<PathBuf> {
        let all = fs::read_dir(self.here.path("scratch")).into_iter().flatten().flatten();
        let all = all.map(|entry| entry.path());
        all.filter(|path| path.to_string_lossy().contains("/duphong-")).collect()
    }
}

/// Whether this process lives; a zombie does not.
fn lives(id: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, tail)| !tail.trim_start().starts_with(['Z', 'X']))
}

#[track_caller]
fn wait(child: &mut Child, what: &str, is_there: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_there() {
        assert!(child.try_wait().unwrap().is_none(), "{what}: the drill has ended");
        assert!(started.elapsed() < Duration::from_mins(2), "{what}: not seen");
        std::thread::yield_now();
    }
}

/// Folders of sockets, as the servers' own files say.
fn sockets(servers: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let nonces = servers.iter().filter_map(|one| fs::read_to_string(one.join("nonce")).ok());
    nonces.filter_map(|text| text.lines().nth(2).map(PathBuf::from)).collect()
}

#[test]
fn a_drill_killed_in_any_phase_leaves_nothing_behind_the_next_one() {
    let (_production, source) = cluster_with("killed", None);
    run(&source, "CREATE TABLE tin AS SELECT n, md5(n::text) FROM generate_series(1, 20000) n");
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    let stage = Stage::new(&source.dsn, password);
    snapshot::create(&stage.here.site, "mau").unwrap();
    let mut made = Vec::new();
    let scratch = stage.here.path("scratch");
    let at = |name: &str| stage.places.join(format!("at-{name}"));
    // The phase, what holds it there where something can, and what tells that it has come so far.
    let phases: [(&str, Option<&str>, PathBuf); 6] = [
        ("find", None, scratch.join("mau-drill")),
        ("fetch", None, scratch.join("mau-drill/set")),
        ("scratch", Some("initdb"), at("initdb")),
        ("load", None, at("pg_restore")),
        ("start", Some("portal"), at("portal")),
        ("smoke", Some("question"), at("question")),
    ];
    let mut killed = 0;
    for (phase, held, sign) in phases {
        let earlier = stage.noted();
        let servers = stage.servers();
        for name in ["initdb", "postgres", "pg_restore", "portal", "question"] {
            let _none = fs::remove_file(at(name));
        }
        let pipe = held.map(|name| stage.hold(name));
        let mut child = stage.start();
        wait(&mut child, phase, || sign.exists());
        // This one has ended what the one before had started, and removed it.
        let alive: Vec<_> = earlier.iter().filter(|id| lives(**id)).collect();
        let is_late = phase != "find";
        assert!(!is_late || alive.is_empty(), "{phase}: of the one before still run {alive:?}");
        let left: Vec<_> = servers.intersection(&stage.servers()).cloned().collect();
        assert!(!is_late || left.is_empty(), "{phase}: of the one before are left {left:?}");
        made.extend(sockets(&stage.servers()));
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        // Whoever waits at the pipe waits on: its name is gone, and nobody will write.
        let _removed = pipe.map(fs::remove_file);
    }
    let orphans: Vec<_> = stage.noted().into_iter().filter(|id| lives(*id)).collect();
    assert!(!orphans.is_empty(), "the portal of the last one outlived it");
    let output = duphong(&stage.here, &["drill", "run", "--portal", "mau"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let (_, record) = drill::list(&stage.here.site.log().unwrap()).unwrap().pop().unwrap();
    assert_eq!((record.verdict, record.number), (Verdict::Pass, killed + 1));
    let alive: Vec<_> = stage.noted().into_iter().filter(|id| lives(*id)).collect();
    assert!(alive.is_empty(), "{alive:?}");
    let left: Vec<_> = fs::read_dir(&scratch).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(made.len() > 2 && made.iter().all(|socket| !socket.exists()), "{made:?}");
    assert_eq!(abandoned(&stage.here, "killed drills"), usize::try_from(killed).unwrap());
}
