//! Binary logs and the sets beside them: a database comes back to an instant, what is not whole is
//! refused before anything is loaded, and what no set needs goes.

use std::fs;

use duphong::base::fault::Arg;
use duphong::job::binlog::{self, BinaryLine, lines};
use duphong::job::restore::{self, Request, Restored};
use duphong::job::{sets, snapshot, wal};
use duphong::repository::segment::{LogFile, LogStream};
use duphong::source::mariadb::binlog::gtid::Gtid;
use duphong::source::mariadb::scratch::Server;
use duphong::source::mariadb::{Fingerprint, Settings};
use jiff::Timestamp;

use super::mariadb::{installation_with, into};
use crate::job::portal::Installation;
use crate::source::mariadb::{Production, know_zone, run, server};
use crate::source::scratch::world;

/// A moment far ahead, so that nothing else on the server is as late.
const NOON: i64 = 2_000_000_000;

fn receive(here: &Installation) -> binlog::Received {
    binlog::receive(&here.site, "mau/cong").unwrap()
}

/// A server without a log, with an empty database and production's account.
fn target() -> (Server, Settings) {
    let server = server();
    let settings = server.settings("cong");
    know_zone(&server.settings("mysql"));
    let password = "'quản \"trị\\\\#'";
    run(
        &server.settings("mysql"),
        &format!(
            "SET GLOBAL time_zone = '-11:00'; SET GLOBAL gtid_strict_mode = 1; \
            CREATE USER root@localhost IDENTIFIED BY {password}; \
            GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION"
        ),
    );
    (server, settings)
}

/// Restores into the empty database of the target's server.
fn to(
    here: &Installation,
    (server, settings): &(Server, Settings),
    second: i64,
    folder: &str,
) -> Result<Restored, &'static str> {
    run(&server.settings("mysql"), "DROP DATABASE IF EXISTS cong");
    server.create_database("cong", &world()).unwrap();
    let as_root = Settings { user: "root".into(), ..settings.clone() };
    let to = Some(Timestamp::from_second(second).unwrap());
    let request = Request { to, ..into(here, &as_root.shown(), folder) };
    restore::run(&here.site, &request, &|_| {}).map_err(|fault| fault.code())
}

/// What a restore to noon would do.
fn planned(here: &Installation, (_, settings): &(Server, Settings)) -> Restored {
    let as_root = Settings { user: "root".into(), ..settings.clone() };
    let to = Some(Timestamp::from_second(NOON).unwrap());
    let request = Request { to, dry_run: true, ..into(here, &as_root.shown(), "xem") };
    let planned = restore::run(&here.site, &request, &|_| {}).unwrap();
    assert!(!here.path("xem").exists() && !here.path("state/restore-look").exists());
    planned
}

fn kept(here: &Installation) -> Vec<BinaryLine> {
    lines(&here.site.open("local").unwrap().log_listing(None).unwrap())
}

/// What is in the tables that change, as text that does not depend on the server's zone.
fn content(of: &Settings) -> String {
    let all =
        "SELECT * FROM moc ORDER BY n; SELECT id, ten FROM tin_bai ORDER BY id; SELECT * FROM isam";
    run(of, &format!("SET time_zone = '+00:00'; {all}"))
}

#[test]
fn a_database_comes_back_to_just_before_a_table_was_dropped() {
    let production = Production::start();
    let source = production.settings("cong");
    let other = production.create("khac", "CREATE TABLE cua_khac (x INT)");
    run(&source, "CREATE TABLE moc (n INT, luc DATETIME, moc TIMESTAMP(6))");
    let here = installation_with(&source, "binlog: {}", "");
    let target = target();
    receive(&here);
    assert_eq!(to(&here, &target, NOON, "khong").unwrap_err(), "binlog.no-set");
    let first = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(first.sets.len(), 1, "{first:?}");
    // Statements and rows, in zones of their own, with and without fractions, over several files.
    let before = NOON - 1;
    run(
        &source,
        &format!(
            "SET TIMESTAMP = {before}.5; SET time_zone = '+07:00'; SET binlog_format = STATEMENT; \
            INSERT INTO moc VALUES (1, NOW(), NOW(6)); SET time_zone = 'Asia/Ho_Chi_Minh'; \
            INSERT INTO moc VALUES (2, NOW(), NOW(6)); FLUSH BINARY LOGS; SET time_zone = '-03:30'; \
            SET binlog_format = ROW; INSERT INTO moc VALUES (3, NOW(), NOW(6)); \
            BEGIN; UPDATE tin_bai SET ten = 'sửa sau' WHERE id = 2; SAVEPOINT a; \
            DELETE FROM tin_bai; ROLLBACK TO a; COMMIT; FLUSH BINARY LOGS; \
            SET binlog_format = MIXED; INSERT INTO isam VALUES (8, 9)"
        ),
    );
    run(&other, "INSERT INTO cua_khac VALUES (1)");
    let wanted = content(&source);
    run(&source, &format!("SET TIMESTAMP = {NOON}; DROP TABLE moc; DROP TABLE isam"));
    // A session with a clock of its own.
    run(&source, &format!("SET TIMESTAMP = {before}; DELETE FROM y_kien"));
    receive(&here);
    let planned = planned(&here, &target);
    let restored = to(&here, &target, NOON, "mot").unwrap();
    assert!(!planned.notes.is_empty() && restored.notes.ends_with(&planned.notes));
    assert!(planned.plan.obstacles.is_empty() && planned.loaded.is_empty());
    assert_eq!(content(&target.1), wanted);
    assert_ne!(run(&target.1, "SELECT COUNT(*) FROM y_kien"), "0\n");
    let ids: Vec<_> = restored.notes.iter().map(|note| note.id).collect();
    let earlier = restored.notes.iter().find(|note| note.id == "restore-note-earlier-times");
    let count = earlier.and_then(|note| note.args.0.iter().find(|(name, _)| *name == "count"));
    assert_eq!(count, Some(&("count", Arg::Number(1))), "{:?}", restored.notes);
    assert!(!ids.contains(&"restore-note-log-ends") && !ids.contains(&"restore-note-foreign"));
    let left = fs::read_dir(here.path("mot")).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?}");
    up_to_a_transaction(&here, &target, &wanted);
    // To the end of what is kept, which is not as late as was asked.
    let restored = to(&here, &target, NOON + 60, "hai").unwrap();
    assert!(restored.notes.iter().any(|note| note.id == "restore-note-log-ends"));
    assert_eq!(run(&target.1, "SHOW TABLES LIKE 'moc'"), "");
    refused(&here, &target);
    // The log begins anew; the next set is in the new line, and the old one still in the old.
    run(&source, "RESET MASTER; CREATE TABLE moi (x INT)");
    snapshot::create(&here.site, "mau").unwrap();
    run(&source, "INSERT INTO moi VALUES (1)");
    receive(&here);
    assert_eq!(kept(&here).len(), 2);
    to(&here, &target, NOON, "ba").unwrap();
    assert_eq!(run(&target.1, "SELECT COUNT(*) FROM moi"), "1\n");
}

/// The same state by the number of its last transaction, which is the one before the drop; and the
/// files of the log tell which one that is.
fn up_to_a_transaction(here: &Installation, target: &(Server, Settings), wanted: &str) {
    let line = kept(here).remove(0);
    let files = binlog::contents(&here.site, "local", &line).unwrap();
    let held: Vec<_> = files.iter().map(|file| file.held.as_ref().unwrap()).collect();
    let last = held.last().unwrap();
    let (first, end) = last.gtids.unwrap();
    let times = last.times.unwrap();
    // Two tables were dropped at noon, and a session with a clock of its own came behind.
    assert_eq!(end.number - first.number + 1, last.transactions, "{last:?}");
    assert!(times.0.as_second() < NOON && times.1.as_second() == NOON - 1, "{last:?}");
    let all: u64 = held.iter().map(|held| held.transactions).sum();
    assert_eq!(held[0].gtids.unwrap().0.number + all - 1, end.number);
    let before_drop = Gtid { number: end.number - 3, ..end };
    let restore = |gtid: Gtid, folder: &str| {
        run(&target.0.settings("mysql"), "DROP DATABASE IF EXISTS cong");
        target.0.create_database("cong", &world()).unwrap();
        let as_root = Settings { user: "root".into(), ..target.1.clone() };
        let request = Request { to_gtid: Some(gtid), ..into(here, &as_root.shown(), folder) };
        restore::run(&here.site, &request, &|_| {}).map_err(|fault| fault.code())
    };
    restore(before_drop, "gtid").unwrap();
    assert_eq!(content(&target.1), wanted);
    restore(Gtid { number: end.number - 2, ..end }, "gtid-drop").unwrap();
    assert_eq!(run(&target.1, "SHOW TABLES LIKE 'moc'"), "");
    assert_ne!(run(&target.1, "SHOW TABLES LIKE 'isam'"), "", "the next one is not replayed");
    // The last one that is kept, one that is not there, and one from before every set.
    restore(end, "gtid-end").unwrap();
    assert_eq!(run(&target.1, "SELECT COUNT(*) FROM y_kien"), "0\n");
    let refused = |gtid: Gtid, folder: &str| restore(gtid, folder).map(|_| ()).unwrap_err();
    let later = Gtid { number: end.number + 1, ..end };
    assert_eq!(refused(later, "gtid-later"), "source.mariadb-log-lacks");
    assert_eq!(run(&target.1, "SHOW TABLES"), "");
    assert_eq!(refused(Gtid { number: 1, ..end }, "gtid-early"), "binlog.no-set-before");
}

/// What is not whole, or not of this database, is refused while the target is still empty.
fn refused(here: &Installation, target: &(Server, Settings)) {
    let line = kept(here).remove(0);
    let stream = LogStream::new(&line.system, &line.line).unwrap();
    let repository = here.site.open("local").unwrap();
    let file = LogFile::new(stream, "bin.000002").unwrap();
    let pieces = repository.log_pieces(&file).unwrap();
    let paths: Vec<_> = pieces
        .iter()
        .map(|stored| here.path("repository").join(stored.piece.name().as_str()))
        .collect();
    for path in &paths {
        fs::rename(path, path.with_extension("away")).unwrap();
    }
    assert_eq!(to(here, target, NOON, "khuyet").unwrap_err(), "source.mariadb-log-gap");
    assert_eq!(planned(here, target).plan.obstacles[0].code(), "source.mariadb-log-gap");
    assert_eq!(run(&target.1, "SHOW TABLES"), "");
    for path in &paths {
        fs::rename(path.with_extension("away"), path).unwrap();
    }
    assert_eq!(to(here, target, 1_000_000_000, "som").unwrap_err(), "binlog.no-set");
    target.0.create_database("ten_khac", &world()).unwrap();
    let as_root = Settings { user: "root".into(), ..target.0.settings("ten_khac") };
    let to = Some(Timestamp::from_second(NOON).unwrap());
    let request = Request { to, ..into(here, &as_root.shown(), "ten") };
    let fault = restore::run(&here.site, &request, &|_| {}).map(|_| ()).unwrap_err();
    assert_eq!(fault.code(), "binlog.other-name");
    assert!(!here.path("ten").exists(), "nothing was fetched");
}

#[test]
fn files_before_the_oldest_set_go_and_what_may_be_needed_stays() {
    let production = Production::start();
    let source =
        production.create("nho", "CREATE TABLE a (x INT); FLUSH BINARY LOGS; FLUSH BINARY LOGS");
    let here = installation_with(&source, "binlog: {}", "");
    let text = String::from_utf8(here.site.configuration.clone()).unwrap();
    fs::write(here.path("duphong.yaml"), text.replace("database: cong", "database: nho")).unwrap();
    let (site, _runtime) = crate::job::portal::site(&here.path("duphong.yaml"));
    let repository = site.open("local").unwrap();
    let system = binlog::receive(&site, "mau/cong").unwrap().system;
    let at = run(&source, "SHOW MASTER STATUS").split('\t').next().unwrap().to_owned();
    assert_eq!(at, "bin.000003");
    // Lines of other days, as a server that has been followed for years has them.
    let keep = |line: &str, name: &str| {
        let file = LogFile::new(LogStream::new(&system, line).unwrap(), name).unwrap();
        repository.keep_log(&file, 0, b"nhat ky").unwrap();
    };
    keep("20190101T000000Z", "bin.000009");
    for name in ["bin.000001", "bin.000002", "bin.000003"] {
        keep("20200101T000000Z", name);
    }
    let plan = |wanted: (u64, u64)| {
        let plan = wal::plan_forget(&site, "local").unwrap().remove(0);
        assert_eq!((plan.files, plan.stay), wanted, "{plan:?}");
        plan
    };
    // Without a set nobody knows from where on it is needed.
    assert!(plan((0, 7)).oldest.is_none());
    let taken = snapshot::create(&site, "mau").unwrap();
    let manifest = sets::manifest(&repository, &taken.sets[0].written.id).unwrap();
    let facts = &manifest.databases["cong"];
    assert_eq!(Fingerprint::system_of(&facts.fingerprint), Some(system.clone()));
    // The line of today may be the set's, or that of 2020: only what is older than both goes.
    assert_eq!(plan((1, 6)).range.unwrap().0, "bin.000009");
    let today = kept(&here).into_iter().map(|line| line.line).max().unwrap();
    fs::remove_dir_all(here.path("repository/wal").join(&system).join(today)).unwrap();
    assert_eq!(plan((3, 1)).range.unwrap().1, "bin.000002");
    let done = wal::forget(&site, "local").unwrap();
    assert!(done.fault.is_none() && done.gone == 3, "{done:?}");
    assert_eq!(kept(&here)[0].range.clone().unwrap().0, "bin.000003");
}
