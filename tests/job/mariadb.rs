//! From a set of a real MariaDB portal to a judged drill on a server of our own.

use duphong::base::exit::ExitCode;
use duphong::base::fault::{Args, Message};
use duphong::base::secret::Secret;
use duphong::drill::fact::{CheckKind, CheckOutcome, Finding, Reason, Scope, Verdict};
use duphong::job::drill::{Sabotage, caught};
use duphong::job::restore::{self, Request as Restore};
use duphong::job::snapshot;
use duphong::source::mariadb::scratch::Server;
use duphong::source::mariadb::{Place, Settings};

use crate::job::portal::{self, Installation, PHASES, configuration};
use crate::source::mariadb::{Production, know_zone, production, run, server};
use crate::source::scratch::world;

/// An installation that protects the rich database.
fn installation(production: &Production) -> Installation {
    installation_with(&production.settings("cong"), "", "")
}

/// The same on any server, with more lines for the database and for the drill.
pub(super) fn installation_with(source: &Settings, more: &str, drill: &str) -> Installation {
    let Place::Socket(socket) = &source.place else { panic!("a socket") };
    let sources = format!(
        r"
    databases:
      - name: cong
        mariadb:
          database: cong
          user: {}
          socket: {}
          password: {{ file: secrets/db }}
          {more}
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
",
        source.user,
        socket.display()
    );
    let here = Installation::with(
        &configuration(&sources)
            .replace("scratch: scratch }", &format!("scratch: scratch{drill} }}")),
    );
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    std::fs::write(here.path("secrets/db"), password).unwrap();
    here
}

/// The request to load the database of the newest set into a target.
pub(super) fn into(here: &Installation, target: &str, folder: &str) -> Restore {
    Restore {
        portal: "mau".into(),
        target: here.path(folder),
        databases: vec![("cong".into(), target.to_owned())],
        ..Restore::default()
    }
}

#[test]
fn a_mariadb_portal_passes_its_drill_and_a_dropped_table_fails_it() {
    let production = production();
    let here = installation(&production);
    let plan = snapshot::plan(&here.site, "mau").unwrap();
    assert!(plan.databases[0].1.is_some_and(|bytes| bytes > 100_000), "{plan:?}");
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");

    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let phases: Vec<_> = drilled.record.phases.iter().map(|phase| phase.name).collect();
    assert_eq!(phases, PHASES);

    let drilled = here.drill(Some(Sabotage::DroppedTable));
    assert_eq!(drilled.record.verdict, Verdict::Fail);
    let named = drilled.record.checks.iter().any(|check| match &check.outcome {
        CheckOutcome::Failed { findings, .. } if check.kind == CheckKind::RowCounts => findings
            .iter()
            .any(|finding| matches!(finding, Finding::Missing { kind, .. } if kind == "table")),
        _ => false,
    });
    assert!(named, "{:#?}", drilled.record.checks);
    let left: Vec<_> = std::fs::read_dir(here.path("scratch")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_taken_from_a_restored_mariadb_is_named() {
    let production = production();
    let here = installation(&production);
    snapshot::create(&here.site, "mau").unwrap();
    for kind in [Sabotage::DroppedTrigger, Sabotage::DroppedGrant, Sabotage::ChangedRow] {
        let record = here.drill(Some(kind)).record;
        assert_ne!(record.verdict, Verdict::Pass, "{kind:?}");
        assert!(caught(&record).is_some(), "{kind:?}: {:#?}", record.checks);
    }
}

#[test]
fn a_mariadb_database_is_restored_into_an_empty_one_and_not_over_production() {
    let production = production();
    let here = installation(&production);
    snapshot::create(&here.site, "mau").unwrap();
    let restore = |target: String, folder: &str| {
        restore::run(&here.site, &into(&here, &target, folder), &|_| {})
    };
    let refused = restore(production.settings("cong").shown(), "refused");
    assert_eq!(refused.map(|_| ()).unwrap_err().code(), "job.production");
    let other = server();
    other.create_database("cong", &world()).unwrap();
    let target = other.settings("cong");
    // An event is made in a named time zone, which a new server does not know.
    know_zone(&other.settings("mysql"));
    // The password is the configured one, so the other server gets the same account.
    let password = "'quản \"trị\\\\#'";
    run(
        &target,
        &format!(
            "CREATE USER root@localhost IDENTIFIED BY {password}; \
        GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION"
        ),
    );
    let as_root = Settings { user: "root".into(), ..target.clone() };
    let restored = restore(as_root.shown(), "restored").unwrap();
    assert_eq!(restored.loaded, ["cong"]);
    let kept = Args::none().text("name", "`root`@`localhost`");
    assert!(restored.notes.contains(&Message::with("restore-note-account-kept", kept)));
    assert_eq!(run(&target, "SELECT COUNT(*) FROM tin_bai"), "4\n");
    other.create_database("rieng", &world()).unwrap();
    one_table_alone(&here, &other.settings("rieng"), &as_root.on_database("rieng"));
}

/// One table comes into a database that holds another one, and a whole dump does not.
fn one_table_alone(here: &Installation, alone: &Settings, as_root: &Settings) {
    run(alone, "CREATE TABLE da_co (a int)");
    let table = Restore {
        portal: "mau".into(),
        target: here.path("one-table"),
        databases: vec![("cong".into(), as_root.shown())],
        tables: vec!["tin_bai".into()],
        ..Restore::default()
    };
    let restored = restore::run(&here.site, &table, &|plan| {
        assert_eq!(plan.only.len(), 2, "definition and rows: {:?}", plan.only);
        assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    });
    assert_eq!(restored.unwrap().loaded, ["cong"]);
    assert_eq!(run(alone, "SELECT COUNT(*) FROM tin_bai"), "4\n");
    let into_full = Restore {
        tables: Vec::new(),
        only: vec!["db/cong".into()],
        target: here.path("full"),
        ..table
    };
    let refused = restore::run(&here.site, &into_full, &|_| {}).unwrap_err();
    assert_eq!(refused.code(), "fit.not-empty");
    assert!(!here.path("full").exists(), "nothing was fetched");
}

/// A portal that asks its restored database for what it answers.
const SERVE: &str = r#"
import http.server, os, subprocess, sys
options = os.environ["MARIADB_OPTIONS_cong"]
assert open(os.environ["MARIADB_OPTIONS"]).read() == open(options).read()
class Portal(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = ["mariadb", "--defaults-extra-file=" + options, "-NBe", "SELECT COUNT(*) FROM cong.tin_bai"]
        answer = b"tin: " + subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Portal).serve_forever()
"#;

#[test]
fn a_restored_portal_finds_its_database_by_an_options_file() {
    let production = production();
    let own = tempfile::tempdir().unwrap();
    let script = own.path().join("serve.py");
    std::fs::write(&script, SERVE).unwrap();
    let start = format!("[/usr/bin/python3, {}, '{{port}}']", script.display());
    let drill = format!(", start: {start}, smoke: [ {{ path: /, contains: 'tin: 4' }} ]");
    let here = installation_with(&production.settings("cong"), "", &drill);
    snapshot::create(&here.site, "mau").unwrap();
    let drilled = here.drill(None);
    let smoke = drilled.record.checks.iter().find(|check| check.kind == CheckKind::Smoke);
    let passed = smoke.is_some_and(|check| check.outcome == CheckOutcome::Passed);
    assert!(passed && drilled.record.scope == Scope::Portal, "{:#?}", drilled.record.checks);
    // A portal without its application is none.
    assert_eq!(drilled.record.verdict, Verdict::NotProven);
}

/// A client that says of itself and of the server that they are MySQL's, as far as a snapshot asks.
const CLIENT: &str = r#"#!/usr/bin/python3
import os, re, subprocess, sys, threading
if "--version" in sys.argv:
    sys.exit(print("mysql Ver 8.0.36"))
pipe = subprocess.PIPE
client = subprocess.Popen(["mariadb", *sys.argv[1:]], stdin=pipe, stdout=pipe)
def ask():
    for line in sys.stdin.buffer:
        line = line.replace(b"@@server_uuid", b"'u'")
        line = re.sub(b".*print_identified_with_as_hex.*", b"DO 1;", line)
        client.stdin.write(line)
        client.stdin.flush()
    client.stdin.close()
threading.Thread(target=ask, daemon=True).start()
for line in client.stdout:
    sys.stdout.buffer.write(re.sub(b"^[0-9.]*-MariaDB.*", b"8.0.36", line))
    sys.stdout.buffer.flush()
os._exit(client.wait())
"#;

/// The dump program of the same kind, without the options that only MySQL's has.
const DUMP: &str = r#"#!/bin/sh
case $2 in --version) echo mysqldump Ver 8.0.36; exit;; esac
for o; do
    shift
    case $o in --set-gtid-purged=*|--source-data=*) ;; *) set -- "$@" "$o";; esac
done
exec mariadb-dump "$@"
"#;

#[test]
fn a_set_of_mysql_is_not_proven_by_a_server_of_mariadb() {
    let production = production();
    let programs = tempfile::tempdir().unwrap();
    for (name, script) in [("mysql", CLIENT), ("mysqldump", DUMP)] {
        let path = programs.path().join(name);
        std::fs::write(&path, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).unwrap();
    }
    let bin_dir = format!("bin-dir: {}", programs.path().display());
    let here = installation_with(&production.settings("cong"), &bin_dir, "");
    snapshot::create(&here.site, "mau").unwrap();
    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::NotProven, "{:#?}", drilled.record);
    assert!(drilled.record.reasons.contains(&Reason::CheckNotRun), "{:?}", drilled.record.reasons);
    let told = drilled.record.checks.iter().any(|check| {
        let CheckOutcome::NotRun { reason } = &check.outcome else { return false };
        // Its server's program is not here, and MariaDB's is not taken for it.
        check.kind == CheckKind::Load && format!("{reason:?}").contains("source.mariadb-programs")
    });
    assert!(told, "{:#?}", drilled.record.checks);
}

#[test]
fn production_that_has_moved_is_known_under_its_new_address() {
    let (old, new) = (server(), server());
    for server in [&old, &new] {
        server.create_database("cong", &world()).unwrap();
    }
    run(&old.settings("cong"), "CREATE TABLE a (x INT)");
    let before = installation_with(&old.settings("cong"), "", "");
    snapshot::create(&before.site, "mau").unwrap();
    // The set knows the old server only; the configuration has the new one.
    let text = String::from_utf8(before.site.configuration.clone()).unwrap();
    let socket = |server: &Server| {
        let settings = server.settings("cong");
        settings.shown().split_whitespace().next().unwrap().replace("socket=", "")
    };
    let file = before.path("duphong.yaml");
    std::fs::write(&file, text.replace(&socket(&old), &socket(&new))).unwrap();
    let password = new.settings("cong").password.unwrap();
    std::fs::write(before.path("secrets/db"), password.expose()).unwrap();
    let (site, _runtime) = portal::site(&file);
    let by = |socket: &str| {
        let target = format!("socket={socket} database=cong user={}", new.settings("cong").user);
        let request = into(&before, &target, "moved");
        restore::run(&site, &request, &|_| {}).map(|restored| restored.loaded)
    };
    assert_eq!(by(&socket(&new)).unwrap_err().code(), "job.production");
    let by_another_name = before.path("ten-khac.sock");
    std::os::unix::fs::symlink(socket(&new), &by_another_name).unwrap();
    assert_eq!(by(by_another_name.to_str().unwrap()).unwrap_err().code(), "job.production");
    // Nobody answers where the configuration has production: it may be the target all the same.
    let gone = before.path("khong-ai.sock");
    std::fs::write(&file, text.replace(&socket(&old), gone.to_str().unwrap())).unwrap();
    let (without, _its_runtime) = portal::site(&file);
    let target = format!("socket={} database=cong", socket(&new));
    let target = format!("{target} user={}", new.settings("cong").user);
    let request = into(&before, &target, "unknown");
    let fault = restore::run(&without, &request, &|_| {}).map(|_| ()).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("job.uncompared", ExitCode::HumanNeeded));
    assert!(!before.path("unknown").exists(), "nothing was fetched");
    let typed = Restore { production: Some("mau".into()), ..request };
    assert_eq!(restore::run(&without, &typed, &|_| {}).unwrap().loaded, ["cong"]);
    // Over the network nothing goes in the clear, to nobody.
    let abroad = into(&before, "host=192.0.2.1 database=cong user=x", "moved");
    let refused = restore::run(&site, &abroad, &|_| {}).map(|_| ()).unwrap_err();
    assert_eq!(refused.code(), "source.mariadb-settings");
}
