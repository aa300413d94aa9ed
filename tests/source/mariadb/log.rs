//! A real server's binary log: received while it is written, and replayed up to a transaction.

use std::collections::BTreeMap as Map;
use std::path::{Path, PathBuf};
use std::time::Duration;

use duphong::base::fault::AnyFault;
use duphong::source::mariadb::binlog::gtid::Gtid;
use duphong::source::mariadb::binlog::lack::{Lack, lacks};
use duphong::source::mariadb::binlog::progress::progress;
use duphong::source::mariadb::binlog::receive::{Following, Keep, ask, follow, order};
use duphong::source::mariadb::binlog::replay::replay;
use duphong::source::mariadb::binlog::span::{Position, Span, Until, find};
use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::source::wait_until;

/// What was handed over, held against what comes again.
#[derive(Default)]
pub(super) struct Kept {
    files: Map<String, Vec<u8>>,
    gaps: Vec<String>,
}

struct Keeper<'a>(&'a Mutex<Kept>);

impl Keep for Keeper<'_> {
    fn keep(&mut self, file: &str, from: u64, bytes: &[u8]) -> Result<(), AnyFault> {
        let mut kept = self.0.lock().unwrap();
        let there = kept.files.entry(file.to_owned()).or_default();
        let from = usize::try_from(from).unwrap();
        let known = (there.len() - from).min(bytes.len());
        assert_eq!(there[from..from + known], bytes[..known], "{file} came again with other bytes");
        there.extend_from_slice(&bytes[known..]);
        Ok(())
    }

    fn gap(&mut self, after: &str, before: &str) -> Result<(), AnyFault> {
        self.0.lock().unwrap().gaps.push(format!("{after} {before}"));
        Ok(())
    }
}

/// Follows the log while `work` is done and until all that it wrote is kept.
pub(super) fn followed<P: Logging>(
    production: &P,
    after: Option<&str>,
    kept: &Mutex<Kept>,
    work: impl FnOnce(),
) {
    let server = &production.settings("mysql");
    let (spool, cancel) = (tempfile::tempdir().unwrap(), Cancel::default());
    std::thread::scope(|scope| {
        let following =
            scope.spawn(|| followed_by(server, after, spool.path(), &mut Keeper(kept), &cancel));
        // However it ends, the other thread must.
        let _stop = Stop(&cancel);
        work();
        let status = P::run(server, P::STATUS);
        let (file, at) = (status.split('\t').next().unwrap(), status.split('\t').nth(1).unwrap());
        let at: usize = at.parse().unwrap();
        // More may follow: the server notes later how far its engines have come.
        let is_kept = || kept.lock().unwrap().files.get(file).is_some_and(|b| b.len() >= at);
        wait_until(&format!("the end {file}:{at} of the log, after {after:?}"), || {
            assert!(!following.is_finished(), "nobody asked it to stop");
            is_kept()
        });
        cancel.cancel();
        following.join().unwrap().unwrap();
    });
}

/// Asks for the log, and follows it with every change at once.
fn followed_by(
    server: &Settings,
    after: Option<&str>,
    spool: &Path,
    keep: &mut dyn Keep,
    cancel: &Cancel,
) -> Result<(), AnyFault> {
    let (offer, every) = (ask(server, &world())?, Duration::ZERO);
    let following = Following { settings: server, offer: &offer, after, spool, every, until: None };
    follow(&following, keep, &world(), cancel)
}

struct Stop<'a>(&'a Cancel);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The kept files in a folder, as they would come from a repository.
pub(super) fn laid_out(kept: &Mutex<Kept>, folder: &TempDir) -> Vec<(String, PathBuf)> {
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for (name, bytes) in &kept.lock().unwrap().files {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        files.push((name.clone(), path));
    }
    files.sort_by(|a, b| order(&a.0).cmp(&order(&b.0)));
    files
}

fn at(second: i64) -> Until {
    Until::Instant(Timestamp::from_second(second).unwrap())
}

/// A moment far ahead, so that nothing else on the server is as late.
const NOON: i64 = 2_000_000_000;

/// A set of the rich database, brought to a place in the log on a server of its own.
fn restored(dumped: &Dumped, span: &Span) -> (Server, Settings) {
    let target = server();
    target.create_database("cong", &world()).unwrap();
    let settings = target.settings("cong");
    // What refuses numbers that are out of order elsewhere.
    run(&settings, "SET GLOBAL gtid_strict_mode = 1; SET GLOBAL time_zone = '-11:00'");
    load(dumped, &settings).unwrap();
    let watched = programs_that_wait();
    let by_them = Settings { bin_dir: Some(watched.path().to_owned()), ..settings.clone() };
    replay(span, &by_them, &world(), &Cancel::default(), &Silent).unwrap();
    (target, settings)
}

/// Programs of which the log's reader says all, and then ends well only once the client's file with
/// the password is gone: the replay is not over before.
fn programs_that_wait() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let noted = folder.path().join("noted");
    let client = format!(
        "case \"$*\" in *max-allowed-packet*) echo \"${{1#--defaults-file=}}\" >'{0}.new'; \
         mv '{0}.new' '{0}';; esac\nexec /usr/bin/mariadb \"$@\"",
        noted.display()
    );
    let reader = format!(
        "/usr/bin/mariadb-binlog \"$@\" || exit 9\nfor n in $(seq 200); do\n\
         [ -e '{0}' ] && [ ! -e \"$(cat '{0}')\" ] && exit 0\nsleep 0.1\ndone\nexit 8",
        noted.display()
    );
    for (name, script) in [("mariadb", client), ("mariadb-binlog", reader)] {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

#[test]
fn a_database_comes_back_as_it_was_before_a_table_was_dropped() {
    let production = Production::start();
    let source = production.settings("cong");
    run(&source, "SET GLOBAL gtid_strict_mode = 1; SET GLOBAL time_zone = '+07:00'");
    let other = production.create("khac", "CREATE TABLE cua_khac (x INT)");
    let kept = Mutex::new(Kept::default());
    let (mut dumped, mut before) = (None, None);
    followed(&production, None, &kept, || {
        let set = dump(&source);
        let second = NOON - 1;
        run(
            &source,
            &format!(
                "SET TIMESTAMP = {second}; INSERT INTO y_kien VALUES (3, 4, 1); \
                UPDATE tin_bai SET ten = 'sửa sau' WHERE id = 2; DROP TRIGGER truoc_them_2; \
                INSERT INTO manh VALUES (5, 'c'); FLUSH BINARY LOGS; DELETE FROM y_kien WHERE id = 1"
            ),
        );
        run(&other, "INSERT INTO cua_khac VALUES (1); FLUSH BINARY LOGS");
        run(&source, &format!("SET TIMESTAMP = {second}; INSERT INTO isam VALUES (3, 4)"));
        before = Some(inventory(&source, &set.facts.inventory));
        // As it happens: another database was in use.
        run(&source, &format!("SET TIMESTAMP = {NOON}; DROP TABLE manh"));
        run(&other, "CREATE TABLE cong.qua_cua_khac (x INT)");
        dumped = Some(set);
    });
    let (dumped, before) = (dumped.unwrap(), before.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let files = laid_out(&kept, &folder);
    let start = Position::parse(dumped.facts.log_position.as_deref().unwrap()).unwrap();

    let span = find(&files, &start, at(NOON), "cong").unwrap();
    let drop_table: Gtid = span.before.unwrap();
    assert_eq!(span.newest.unwrap().as_second(), NOON - 1);
    assert_eq!((span.files.len(), span.transactions), (3, 7), "{span:?}");
    assert_eq!(find(&files, &start, Until::Transaction(drop_table), "cong").unwrap(), span);
    let (_server, target) = restored(&dumped, &span);
    let after = inventory(&target, &dumped.facts.inventory);
    assert_eq!(differences(&before, &after), Vec::<String>::new());
    let changed = differences(&dumped.facts.inventory, &after);
    let names = |start: &str| changed.iter().any(|line| line.starts_with(start));
    assert!(names("trigger truoc_them_2: ") && names("rows tin_bai: "), "{changed:?}");
    assert_eq!(run(&target, "SELECT COUNT(*) FROM manh"), "3\n");

    // Further on it is gone, and what another database's session did is named.
    let all = find(&files, &start, Until::End, "cong").unwrap();
    assert_eq!((all.before, all.transactions, all.foreign.len()), (None, 9, 1), "{all:?}");
    let (_server, target) = restored(&dumped, &all);
    assert_eq!(run(&target, "SHOW TABLES LIKE 'manh'"), "");

    check_refusals(&files, &start, at(NOON), drop_table);
    // A server with a log of its own would give the old numbers a second time.
    let refused = replay(&span, &source, &world(), &Cancel::default(), &Silent);
    assert_eq!(code(refused), "source.mariadb-log-on-target");
}

/// What is not whole is refused and named; `at` is an instant before the table was dropped.
pub(super) fn check_refusals(
    files: &[(String, PathBuf)],
    start: &Position,
    at: Until,
    drop_table: Gtid,
) {
    let span = |files: &[(String, PathBuf)], until| find(files, start, until, "cong");
    let mut without = files.to_vec();
    let gone = without.remove(1);
    let gap = span(&without, at).unwrap_err();
    assert_eq!(gap.code(), "source.mariadb-log-gap");
    assert!(gap.to_string().contains(&format!("after {}", gone.0)), "{gap}");
    assert_eq!(code(span(&files[1..], at)), "source.mariadb-log-gap");
    assert_eq!(code(span(&[], at)), "source.mariadb-log-gap");
    // A file that lacks its end, as after a server that crashed: what follows tells of more.
    let whole = fs::read(&files[0].1).unwrap();
    fs::write(&files[0].1, &whole[..whole.len() - 200]).unwrap();
    assert_eq!(code(span(files, at)), "source.mariadb-log-gap");
    let begin = usize::try_from(start.at).unwrap();
    fs::write(&files[0].1, &whole[..begin - 10]).unwrap();
    assert_eq!(code(span(&files[..1], at)), "source.mariadb-log-start");
    let mut damaged = whole.clone();
    damaged[begin + 9..begin + 13].fill(0xff);
    fs::write(&files[0].1, &damaged).unwrap();
    assert_eq!(code(span(files, at)), "source.mariadb-log-damaged");
    fs::write(&files[0].1, &whole).unwrap();
    let unknown = Gtid { number: drop_table.number + 100, ..drop_table };
    assert_eq!(code(span(files, Until::Transaction(unknown))), "source.mariadb-log-lacks");
    let early = Until::Instant(Timestamp::from_second(1_000_000_000).unwrap());
    assert_eq!(code(span(files, early)), "source.mariadb-log-later");
    // The end is not whole yet: its last transaction does not count.
    let last = &files[files.len() - 1].1;
    let bytes = fs::read(last).unwrap();
    let full = span(files, Until::End).unwrap();
    for missing in [1, 3, 30, 60] {
        fs::write(last, &bytes[..bytes.len() - missing]).unwrap();
        let cut = span(files, Until::End).unwrap();
        assert!(cut.transactions + 1 == full.transactions && cut.to < full.to, "{cut:?} {full:?}");
    }
}

/// A log is taken up where it was left, by a server that was killed meanwhile too, and what the server
/// has removed since is named.
pub(super) fn taken_up<P: Logging>(production: &mut P, source: &Settings) {
    let kept = Mutex::new(Kept::default());
    let insert = || {
        let twice = "INSERT INTO a VALUES (1); FLUSH BINARY LOGS; INSERT INTO a VALUES (2)";
        drop(P::run(source, twice));
    };
    followed(production, None, &kept, insert);
    let last = || {
        let files = &kept.lock().unwrap().files;
        files.keys().max_by(|a, b| order(a).cmp(&order(b))).cloned().unwrap()
    };
    let first_end = last();
    production.kill_and_start();
    // The last file comes again from its start, and the keeper holds it against what it has.
    followed(production, Some(&first_end), &kept, insert);
    assert!(kept.lock().unwrap().gaps.is_empty());
    let said = progress(source, &world()).unwrap();
    assert_eq!(said.end.file, last());
    let (name, bytes) = said.files[said.files.len() - 2].clone();
    assert_eq!(kept.lock().unwrap().files[&name].len() as u64, bytes);
    insert();
    let end = P::run(source, P::STATUS).split('\t').next().unwrap().to_owned();
    // What a connection still sends from is not removed, and the server learns late that one is gone.
    let removed = (0..1000).any(|_| {
        P::run(source, &format!("PURGE BINARY LOGS TO '{end}'"));
        P::run(source, "SHOW BINARY LOGS").starts_with(&end)
    });
    assert!(removed, "the server keeps its log");
    let left = last();
    followed(production, Some(&left), &kept, insert);
    assert_eq!(kept.lock().unwrap().gaps, [format!("{left} {end}")]);
}

#[test]
fn a_log_is_taken_up_where_it_was_left_and_what_the_server_removed_or_lacks_is_named() {
    let mut production = Production::start();
    let source = production.create("theo", "CREATE TABLE a (x INT)");
    taken_up(&mut production, &source);
    replicating(&production);
    let silent = server();
    let asked = |settings: &Settings| ask(settings, &world()).map(|_| ()).unwrap_err();
    assert_eq!(asked(&silent.settings("mysql")).code(), "source.mariadb-log-off");
    run(
        &source,
        "CREATE USER ngheo@localhost IDENTIFIED BY 'x'; GRANT BINLOG MONITOR ON *.* TO ngheo@localhost",
    );
    let poor = Settings {
        user: "ngheo".to_owned(),
        password: Some(Secret::new(b"x".to_vec())),
        ..production.settings("mysql")
    };
    let refused = asked(&poor);
    assert_eq!(refused.code(), "source.mariadb-log-rights");
    assert!(refused.to_string().ends_with("rights: REPLICATION SLAVE"), "{refused}");
}

/// A replica that logs nothing of what it replicates is refused as long as it is one.
fn replicating(production: &Production) {
    let replica = Production::start_with(&["--server-id=8"]);
    let settings = replica.settings("mysql");
    run(
        &production.settings("mysql"),
        "CREATE USER sao@'127.0.0.1' IDENTIFIED BY 'x'; \
        GRANT REPLICATION SLAVE ON *.* TO sao@'127.0.0.1'",
    );
    let end = run(&production.settings("mysql"), "SHOW MASTER STATUS");
    let (file, at) = (end.split('\t').next().unwrap(), end.split('\t').nth(1).unwrap());
    run(
        &settings,
        &format!(
            "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {}, MASTER_USER = 'sao', \
            MASTER_PASSWORD = 'x', MASTER_LOG_FILE = '{file}', MASTER_LOG_POS = {at}; START SLAVE",
            production.port
        ),
    );
    wait_until("the replica", || {
        run(&settings, "SHOW GLOBAL STATUS LIKE 'Slaves_running'").ends_with("\t1\n")
    });
    run(&production.settings("mysql"), "CREATE DATABASE nhan_ban");
    wait_until("what is replicated", || {
        run(&settings, "SHOW DATABASES LIKE 'nhan_ban'") == "nhan_ban\n"
    });
    let events = run(&settings, "SHOW BINLOG EVENTS IN 'bin.000001'");
    assert!(!events.contains("nhan_ban"), "{events}");
    let refused = ask(&settings, &world()).map(|_| ()).unwrap_err();
    assert_eq!(refused.code(), "source.mariadb-log-filtered");
    assert!(refused.to_string().ends_with("log-slave-updates=OFF"), "{refused}");
    assert!(matches!(&lacks(&settings, &world()).unwrap()[..], [Lack::Filter { .. }]));
    run(&settings, "STOP SLAVE");
    ask(&settings, &world()).unwrap();
}
