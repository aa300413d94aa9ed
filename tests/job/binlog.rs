//! Binary logs and the sets beside them: a database comes back to an instant, what is not whole is
//! refused before anything is loaded, and what no set needs goes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::fault::Arg;
use duphong::drill::fact::{CheckKind, CheckOutcome, DrillRecord, Verdict};
use duphong::job::binlog::{self, BinaryLine, lines};
use duphong::job::drill::{self, Sabotage};
use duphong::job::restore::{self, Request, Restored};
use duphong::job::site::Site;
use duphong::job::wal::now::Looker;
use duphong::job::{sets, snapshot, wal};
use duphong::repository::segment::{LogFile, LogStream, reach};
use duphong::source::mariadb::binlog::gtid::Gtid;
use duphong::source::mariadb::scratch::Server;
use duphong::source::mariadb::{Fingerprint, Settings};
use duphong::world::clock::{Clock, Monotonic, SystemClock};
use jiff::Timestamp;

use super::mariadb::{installation_with, into};
use crate::job::portal::Installation;
use crate::source::mariadb::{Production, know_zone, run, server};
use crate::source::scratch::world;
use crate::source::wait_until;

/// A moment far ahead, so that nothing else on the server is as late.
const NOON: i64 = 2_000_000_000;

pub(super) fn receive(here: &Installation) -> binlog::Received {
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

pub(super) fn kept(here: &Installation) -> Vec<BinaryLine> {
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
    // Begun anew once more, and come to the last kept name again before anybody looked.
    run(&source, "FLUSH BINARY LOGS");
    receive(&here);
    // Files are told apart by the second in which they were begun.
    run(&source, "DO SLEEP(1.1)");
    run(&source, "RESET MASTER; FLUSH BINARY LOGS; FLUSH BINARY LOGS; INSERT INTO moi VALUES (2)");
    receive(&here);
    let newest = kept(&here).pop().unwrap();
    assert_eq!((kept(&here).len(), newest.files), (3, 3), "{newest:?}");
}

#[test]
fn neither_a_file_begun_by_a_clock_that_was_ahead_nor_a_log_begun_anew_leads_a_restore_astray() {
    let production = Production::start();
    let source = production.settings("cong");
    run(&source, "CREATE TABLE moc (n INT); RESET MASTER");
    let (here, target) = (installation_with(&source, "binlog: {}", ""), target());
    snapshot::create(&here.site, "mau").unwrap();
    // As a machine does it that has just started, before anybody has put its clock right.
    run(&source, &format!("SET TIMESTAMP = {}; FLUSH BINARY LOGS", NOON + 9));
    run(&source, "INSERT INTO moc VALUES (1); FLUSH BINARY LOGS");
    run(&source, "INSERT INTO moc VALUES (2)");
    receive(&here);
    let restored = to(&here, &target, NOON, "mot").unwrap();
    assert_eq!(run(&target.1, "SELECT n FROM moc ORDER BY n"), "1\n2\n");
    let ends = restored.notes.iter().any(|note| note.id == "restore-note-log-ends");
    assert!(ends, "it may go on for longer than it is kept: {:?}", restored.notes);
    // The set was taken before anything was in its log. So may one have been that was begun anew.
    run(&source, "RESET MASTER; INSERT INTO moc VALUES (3)");
    receive(&here);
    let [line, again] = &kept(&here)[..] else { panic!("{:?}", kept(&here)) };
    assert!((line.files, again.files) == (3, 1), "{line:?} {again:?}");
    to(&here, &target, NOON, "hai").unwrap();
    assert_eq!(run(&target.1, "SELECT n FROM moc ORDER BY n"), "1\n2\n");
    let (watched, _) = binlog::now::look(&here.site, &Looker::default(), "mau", "cong").unwrap();
    let shelf = &watched.known().unwrap().repositories["local"];
    assert_eq!(shelf.line.as_ref(), Some(&line.line), "nothing leads to what is in the other one");
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
        let plan = Request { dry_run: true, ..request.clone() };
        let planned = restore::run(&here.site, &plan, &|_| {});
        assert!(!here.path(folder).exists(), "a plan makes nothing");
        let foreseen = match planned {
            Ok(planned) => planned.plan.obstacles.first().map(|fault| fault.code()),
            Err(fault) => Some(fault.code()),
        };
        let done = restore::run(&here.site, &request, &|_| {}).map_err(|fault| fault.code());
        assert_eq!(foreseen, done.as_ref().err().copied(), "the plan knows");
        done
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

/// Drills the database to an instant; the check of its log and the verdict.
fn drilled(here: &Installation, second: i64) -> (Verdict, CheckOutcome, DrillRecord) {
    let to = Some(Timestamp::from_second(second).unwrap());
    let request = drill::Request { portal: "mau".into(), to, ..drill::Request::default() };
    let record = drill::run(&here.site, &request).unwrap().record;
    let replay = record.checks.iter().find(|check| check.kind == CheckKind::Replay);
    let outcome = replay.unwrap_or_else(|| panic!("{record:#?}")).outcome.clone();
    (record.verdict, outcome, record)
}

#[test]
fn a_drill_replays_the_log_over_what_it_has_compared_and_passes_only_without_a_doubt() {
    let production = Production::start();
    let source = production.settings("cong");
    run(&source, "CREATE TABLE moc (n INT, luc DATETIME)");
    let here = installation_with(&source, "binlog: {}", "");
    receive(&here);
    snapshot::create(&here.site, "mau").unwrap();
    let at = |second: i64, what: &str| {
        run(&source, &format!("SET TIMESTAMP = {second}; SET binlog_format = ROW; {what}"));
    };
    at(NOON - 9, "INSERT INTO moc VALUES (1, NOW()); FLUSH BINARY LOGS");
    at(NOON, "DROP TABLE moc");
    receive(&here);
    let (verdict, outcome, record) = drilled(&here, NOON);
    assert_eq!((verdict, outcome), (Verdict::Pass, CheckOutcome::Passed), "{record:#?}");
    let [reached] = &record.reached[..] else { panic!("{record:#?}") };
    assert_eq!(reached.until.map(Timestamp::as_second), Some(NOON - 9));
    assert_eq!(reached.newest.map(Timestamp::as_second), Some(NOON));
    // All rows, before the log touched them.
    let kinds: Vec<_> = record.checks.iter().map(|check| check.kind).collect();
    let place = |kind| kinds.iter().position(|one| *one == kind);
    assert!(place(CheckKind::RowDigests) < place(CheckKind::Replay), "{kinds:?}");
    // What a person would have to look at is a hole.
    let (verdict, outcome, record) = drilled(&here, NOON + 60);
    assert_eq!(verdict, Verdict::NotProven, "{record:#?}");
    assert!(format!("{outcome:?}").contains("the kept log ends at"), "{outcome:?}");
    // Damage is named there as it is without an instant.
    let to = Some(Timestamp::from_second(NOON).unwrap());
    for kind in [Sabotage::MissingPack, Sabotage::DroppedTable, Sabotage::ChangedRow] {
        let (portal, sabotage) = ("mau".to_owned(), Some(kind));
        let request = drill::Request { portal, to, sabotage, ..drill::Request::default() };
        let record = drill::run(&here.site, &request).unwrap().record;
        assert_ne!(record.verdict, Verdict::Pass, "{kind:?}");
        assert!(drill::caught(&record).is_some(), "{kind:?}: {:#?}", record.checks);
    }
    let left: Vec<_> = fs::read_dir(here.path("scratch")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
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

/// The machine's clock, with so many seconds more.
#[derive(Default)]
struct Ahead(AtomicU64, SystemClock);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.1.now()
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(self.1.monotonic().0 + Duration::from_secs(self.0.load(Ordering::Relaxed)))
    }

    fn sleep(&self, duration: Duration) {
        self.1.sleep(duration);
    }
}

/// Objects of the file, and how many bytes of it are kept.
fn objects(here: &Installation, line: &BinaryLine, name: &str) -> (usize, u64) {
    let stream = LogStream::new(&line.system, &line.line).unwrap();
    let file = LogFile::new(stream, name).unwrap();
    let pieces = here.site.open("local").unwrap().log_pieces(&file).unwrap();
    (pieces.len(), reach(&pieces))
}

#[test]
fn what_came_in_an_hour_is_put_together_and_a_closed_file_to_one_object() {
    let production = Production::start();
    let source = production.settings("cong");
    run(&source, "CREATE TABLE moc (n INT)");
    let mut here = installation_with(&source, "binlog: { every: 1s }", "");
    let clock = Arc::new(Ahead::default());
    here.site.world.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    let cancel = Cancel::default();
    let site = Site { cancel: cancel.clone(), ..here.site.clone() };
    let wanted = binlog::wanted_for(&here.site, "mau/cong").unwrap();
    let following = std::thread::spawn(move || {
        binlog::follow(&site, &wanted, false, &mut binlog::Told::default())
    });
    let end = || {
        let status = run(&source, "SHOW MASTER STATUS");
        let (file, at) = (status.split('\t').next().unwrap(), status.split('\t').nth(1).unwrap());
        (file.to_owned(), at.parse::<u64>().unwrap())
    };
    let all = |(file, at): &(String, u64)| {
        wait_until("all of it", || {
            let is_it = |line: &BinaryLine| line.range.as_ref().is_some_and(|(_, it)| it == file);
            kept(&here).last().is_some_and(|line| is_it(line) && line.end >= *at)
        });
        kept(&here).pop().unwrap()
    };
    let insert = |number: u32| {
        run(&source, &format!("INSERT INTO moc VALUES ({number})"));
        let at = end();
        objects(&here, &all(&at), &at.0).0
    };
    let before = (0..4).map(&insert).max().unwrap();
    assert!(before >= 4, "{before}");
    clock.0.store(3601, Ordering::Relaxed);
    insert(4);
    wait_until("the objects of an hour together", || {
        let (file, _) = end();
        objects(&here, &kept(&here).pop().unwrap(), &file).0 < before
    });
    let (closed, _) = end();
    run(&source, "FLUSH BINARY LOGS; INSERT INTO moc VALUES (-1)");
    let line = all(&end());
    wait_until("one object", || objects(&here, &line, &closed).0 == 1);
    cancel.cancel();
    following.join().unwrap().unwrap();
    let stream = LogStream::new(&line.system, &line.line).unwrap();
    let repository = here.site.open("local").unwrap();
    let pieces = repository.log_pieces(&LogFile::new(stream, &closed).unwrap()).unwrap();
    let mut bytes = Vec::new();
    repository.read_log_file(&pieces, &mut bytes).unwrap();
    let own = production.log_file(&closed);
    assert!(bytes.len() == own.len() && bytes[300..] == own[300..], "all of it came");
    // One that was closed and left in pieces is put together with the next that is closed.
    let lock = repository.lock_exclusive().unwrap();
    repository.forget_piece(&lock, &pieces[0].piece).unwrap();
    drop(lock);
    let (file, cuts) = (&pieces[0].piece.file, [0, 200, 300, bytes.len()]);
    for cut in cuts.windows(2) {
        repository.keep_log(file, cut[0] as u64, &bytes[cut[0]..cut[1]]).unwrap();
    }
    let apart = objects(&here, &line, &closed);
    assert_eq!(apart, (3, bytes.len() as u64));
    run(&source, "FLUSH BINARY LOGS; INSERT INTO moc VALUES (-2)");
    receive(&here);
    assert_eq!(objects(&here, &line, &closed), (1, bytes.len() as u64));
}
