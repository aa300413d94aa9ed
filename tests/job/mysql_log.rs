//! Binary logs of MySQL and the sets beside them: a database comes back to an instant, what is not
//! whole is refused before anything is loaded; see `tests/source/mariadb/mysql.rs` on when these run.

use duphong::base::fault::Message;
use duphong::drill::fact::{CheckKind, CheckOutcome, Verdict};
use duphong::job::binlog;
use duphong::job::restore::{self, Request, Restored};
use duphong::job::wal::now::Looker;
use duphong::job::{drill, snapshot, wal};
use duphong::repository::segment::{LogFile, LogStream};
use duphong::source::mariadb::Settings;
use duphong::source::mariadb::binlog::gtid::Gtid;
use jiff::Timestamp;

use super::binlog::{kept, receive};
use super::mariadb::{installation_with, into};
use crate::job::portal::Installation;
use crate::source::mariadb::mysql::{MySql, NUMBERED, sql};

/// A portal whose database keeps its log, and has only tables with transactions.
fn portal(production: &MySql) -> (Installation, Settings) {
    let source = production.settings("cong");
    sql(
        &source,
        "DROP TABLE isam, kho, csv; CREATE TABLE moc (n INT, luc DATETIME, moc TIMESTAMP(6))",
    );
    (installation_with(&source, "binlog: {}", ""), source)
}

/// Restores into the emptied database of the target's server.
fn restored(
    here: &Installation,
    target: &Settings,
    folder: &str,
    to: Result<Timestamp, Gtid>,
) -> Result<Restored, &'static str> {
    let server = target.on_database("mysql");
    sql(&server, "DROP DATABASE IF EXISTS cong; CREATE DATABASE cong");
    let request = Request { to: to.ok(), to_gtid: to.err(), ..into(here, &target.shown(), folder) };
    let plan = Request { dry_run: true, ..request.clone() };
    let planned = restore::run(&here.site, &plan, &|_| {});
    let foreseen = match planned {
        Ok(planned) => planned.plan.obstacles.first().map(|fault| fault.code()),
        Err(fault) => Some(fault.code()),
    };
    let done = restore::run(&here.site, &request, &|_| {}).map_err(|fault| fault.code());
    assert_eq!(foreseen, done.as_ref().err().copied(), "the plan knows");
    done
}

/// What is in the tables that change, as text that does not depend on the server's zone.
fn content(of: &Settings) -> String {
    let all = "SELECT * FROM moc ORDER BY n; SELECT id, ten FROM tin_bai ORDER BY id";
    sql(of, &format!("SET time_zone = '+00:00'; {all}"))
}

#[test]
fn a_mysql_database_comes_back_to_just_before_a_table_was_dropped() {
    let production = MySql::start(&NUMBERED);
    let (here, source) = portal(&production);
    // Its log is on, as that of any server of MySQL.
    let other = MySql::start(&NUMBERED);
    let target = other.settings("cong");
    sql(&other.settings("mysql"), "SET GLOBAL time_zone = '-11:00'");
    receive(&here);
    let now = || Ok(Timestamp::now());
    assert_eq!(restored(&here, &target, "khong", now()).unwrap_err(), "binlog.no-set");
    snapshot::create(&here.site, "mau").unwrap();
    sql(
        &source,
        "SET time_zone = '+07:00'; SET binlog_format = STATEMENT; \
        INSERT INTO moc VALUES (1, NOW(), NOW(6)); FLUSH BINARY LOGS; \
        SET binlog_format = ROW; SET time_zone = 'Asia/Ho_Chi_Minh'; \
        INSERT INTO moc VALUES (2, NOW(), NOW(6)); SET binlog_transaction_compression = 1; \
        UPDATE tin_bai SET ten = 'sửa sau' WHERE id = 2; FLUSH BINARY LOGS",
    );
    let (wanted, before) = (content(&source), Timestamp::now());
    sql(&source, "DROP TABLE moc");
    let after = Timestamp::now();
    sql(&source, "DELETE FROM y_kien");
    receive(&here);
    let done = restored(&here, &target, "mot", Ok(before)).unwrap();
    let is_of_log = |note: &&Message| note.id != "restore-note-account-kept";
    assert_eq!(done.notes.iter().find(is_of_log), None);
    assert_eq!(content(&target), wanted);
    assert_ne!(sql(&target, "SELECT COUNT(*) FROM y_kien"), "0\n");
    restored(&here, &target, "hai", Ok(after)).unwrap();
    assert_eq!(sql(&target, "SHOW TABLES LIKE 'moc'"), "");
    assert_ne!(sql(&target, "SELECT COUNT(*) FROM y_kien"), "0\n");
    // All that there is, which is not as late as was asked.
    let done = restored(&here, &target, "het", now()).unwrap();
    assert!(done.notes.iter().any(|note| note.id == "restore-note-log-ends"), "{:?}", done.notes);
    assert_eq!(sql(&target, "SELECT COUNT(*) FROM y_kien"), "0\n");
    up_to_a_transaction(&here, &target, &wanted);
    refused(&here, &target, before);

    // The log begins anew; the next set is in the new line, and the old one still in the old.
    // What it had with a dump of another server, its log does not tell.
    let came = "SET GLOBAL gtid_purged = 'b8d6218b-e79d-11f1-b98b-02fc00000001:1-9'";
    sql(&source, &format!("RESET BINARY LOGS AND GTIDS; {came}; CREATE TABLE moi (x INT)"));
    snapshot::create(&here.site, "mau").unwrap();
    sql(&source, "INSERT INTO moi VALUES (1)");
    receive(&here);
    assert_eq!(kept(&here).len(), 2);
    restored(&here, &target, "ba", now()).unwrap();
    assert_eq!(sql(&target, "SELECT COUNT(*) FROM moi"), "1\n");
    restored(&here, &target, "bon", Ok(before)).unwrap();
    assert_eq!(content(&target), wanted);
    let plan = wal::plan_forget(&here.site, "local").unwrap().remove(0);
    assert_eq!(plan.files, 0, "the oldest set needs all of it: {plan:?}");
}

/// The same state by the number of its last transaction, which is the one before the drop; and the
/// files of the log tell which one that is.
fn up_to_a_transaction(here: &Installation, target: &Settings, wanted: &str) {
    let line = kept(here).remove(0);
    let files = binlog::contents(&here.site, "local", &line).unwrap();
    let held: Vec<_> = files.iter().map(|file| file.held.as_ref().unwrap()).collect();
    // The table was dropped, and rows were deleted from another one.
    let (_, end) = held.last().unwrap().gtids.unwrap();
    let before = Gtid { number: end.number - 2, ..end };
    restored(here, target, "gtid", Err(before)).unwrap();
    assert_eq!(content(target), wanted);
    restored(here, target, "gtid-end", Err(end)).unwrap();
    assert_eq!(sql(target, "SELECT COUNT(*) FROM y_kien"), "0\n");
    let refused = |gtid, folder| restored(here, target, folder, Err(gtid)).map(|_| ()).unwrap_err();
    let later = Gtid { number: end.number + 1, ..end };
    assert_eq!(refused(later, "gtid-later"), "source.mariadb-log-lacks");
    assert_eq!(sql(target, "SHOW TABLES"), "");
    assert_eq!(refused(Gtid { number: 1, ..end }, "gtid-early"), "binlog.no-set-before");
}

/// What is not whole, or not of this database, is refused while the target is still empty.
fn refused(here: &Installation, target: &Settings, to: Timestamp) {
    let line = kept(here).remove(0);
    let stream = LogStream::new(&line.system, &line.line).unwrap();
    let (first, _) = line.range.clone().unwrap();
    let number: u64 = first.rsplit('.').next().unwrap().parse().unwrap();
    let file = LogFile::new(stream, &format!("bin.{:06}", number + 1)).unwrap();
    let pieces = here.site.open("local").unwrap().log_pieces(&file).unwrap();
    let path = |name: &str| here.path("repository").join(name);
    for stored in &pieces {
        let name = path(stored.piece.name().as_str());
        std::fs::rename(&name, name.with_extension("away")).unwrap();
    }
    assert_eq!(restored(here, target, "khuyet", Ok(to)).unwrap_err(), "source.mariadb-log-gap");
    assert_eq!(sql(target, "SHOW TABLES"), "");
    for stored in &pieces {
        let name = path(stored.piece.name().as_str());
        std::fs::rename(name.with_extension("away"), name).unwrap();
    }
    // Who may load and not replay is told before.
    let server = target.on_database("mysql");
    let secret = String::from_utf8(target.password.as_ref().unwrap().expose().to_vec()).unwrap();
    let secret = secret.replace('\\', "\\\\");
    sql(
        &server,
        &format!(
            "DROP DATABASE IF EXISTS cong; CREATE DATABASE cong; \
            CREATE USER ngheo@localhost IDENTIFIED BY '{secret}'; GRANT ALL ON cong.* TO ngheo@localhost"
        ),
    );
    let poor = Settings { user: "ngheo".to_owned(), ..target.clone() };
    let request = || Request { to: Some(to), ..into(here, &poor.shown(), "ngheo") };
    let fault = restore::run(&here.site, &request(), &|_| {}).map(|_| ()).unwrap_err();
    assert_eq!(fault.code(), "source.mariadb-log-replay-rights");
    let needed = "REPLICATION_APPLIER, SESSION_VARIABLES_ADMIN";
    assert!(fault.to_string().ends_with(&format!("rights: {needed}")), "{fault}");
    assert!(!here.path("ngheo").exists() && sql(target, "SHOW TABLES").is_empty());
    let renamed = target.on_database("ten_khac");
    sql(&target.on_database("mysql"), "CREATE DATABASE ten_khac");
    let request = Request { to: Some(to), ..into(here, &renamed.shown(), "ten") };
    let fault = restore::run(&here.site, &request, &|_| {}).map(|_| ()).unwrap_err();
    assert_eq!(fault.code(), "binlog.other-name");
}

#[test]
fn a_drill_replays_the_log_of_mysql_and_what_is_held_is_known_by_it() {
    let production = MySql::start(&NUMBERED);
    let (here, source) = portal(&production);
    let looker = Looker::default();
    let shelf = || {
        let (watched, _) = binlog::now::look(&here.site, &looker, "mau", "cong").unwrap();
        let look = watched.known().unwrap().clone();
        (look.at, look.repositories["local"].clone())
    };
    snapshot::create(&here.site, "mau").unwrap();
    receive(&here);
    let (at, held) = shelf();
    assert!(held.from_base && held.gaps.is_empty() && held.until == Some(at), "{held:?}");
    sql(&source, "INSERT INTO moc VALUES (1, NOW(), NOW(6))");
    let (at, held) = shelf();
    assert!(held.until < Some(at) && held.waiting > Some(0), "{held:?}");
    let to = Timestamp::now();
    sql(&source, "FLUSH BINARY LOGS; DROP TABLE moc");
    receive(&here);
    let (at, held) = shelf();
    assert_eq!((held.until, held.waiting), (Some(at), Some(0)), "{held:?}");

    let drilled = |to: Timestamp| {
        let portal = "mau".to_owned();
        let request = drill::Request { portal, to: Some(to), ..drill::Request::default() };
        let record = drill::run(&here.site, &request).unwrap().record;
        let replay = record.checks.iter().find(|check| check.kind == CheckKind::Replay);
        let outcome = replay.unwrap_or_else(|| panic!("{record:#?}")).outcome.clone();
        (record.verdict, outcome, record)
    };
    let (verdict, outcome, record) = drilled(to);
    assert_eq!((verdict, outcome), (Verdict::Pass, CheckOutcome::Passed), "{record:#?}");
    let [reached] = &record.reached[..] else { panic!("{record:#?}") };
    assert!(reached.until < Some(to) && reached.newest > Some(to), "{reached:?}");
    // What a person would have to look at is a hole.
    let (verdict, outcome, record) = drilled(Timestamp::now());
    assert_eq!(verdict, Verdict::NotProven, "{record:#?}");
    assert!(format!("{outcome:?}").contains("the kept log ends at"), "{outcome:?}");
}
