//! What breaks around a source: networks, disks, locks and patience. Servers that die and schemas
//! that change are met beside each engine; `docs/TESTING.md` has the table.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::{Fault as _, chain};
use duphong::base::progress::{Progress, Silent};
use duphong::source::error::SourceError;
use duphong::source::postgres::wire::Wire;
use duphong::source::postgres::{self, Settings};
use duphong::source::{Database, command, sqlite};
use duphong::world::World;

use super::command::{shell, stream};
use super::postgres::{At, try_dump};
use super::production::Production;
use super::relay::Relay;
use super::scratch::{cluster_with, query, run, world};
use super::{Racing, wait_until};
use crate::job::faults::Mounted;

/// A way to the server of these settings, and the settings that take it.
fn way(to: &Settings) -> (Relay, Settings) {
    let config: tokio_postgres::Config = to.dsn.parse().unwrap();
    let [tokio_postgres::config::Host::Unix(folder)] = config.get_hosts() else {
        panic!("{}", to.dsn);
    };
    let relay = Relay::to(&folder.join(format!(".s.PGSQL.{}", config.get_ports()[0])));
    let by_it = relay.folder().display().to_string();
    let dsn = to.dsn.replace(folder.to_str().unwrap(), &by_it);
    (relay, Settings { dsn, ..to.clone() })
}

/// A session that holds what this makes it hold, until it is dropped.
fn holding(settings: &Settings, sql: &str) -> tokio_postgres::Client {
    let mut config: tokio_postgres::Config = settings.dsn.parse().unwrap();
    if let Some(password) = &settings.password {
        config.password(password.expose());
    }
    world().block_on(async {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
        client
    })
}

#[test]
fn a_network_that_is_cut_gives_no_dump() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
    for phase in ["phase-dump", "phase-inventory"] {
        let (relay, by_it) = way(&source);
        let fault = try_dump(&by_it, &At::new(phase, move || relay.cut())).err().unwrap();
        assert_eq!((fault.code(), fault.exit()), ("source.gone", ExitCode::Failed), "{phase}");
    }
    // In the middle of the program's rows.
    let (relay, by_it) = way(&source);
    relay.cut_at("COPY public.t");
    assert_eq!(try_dump(&by_it, &Silent).err().unwrap().code(), "source.gone");
}

/// Where nobody is told, time tells.
#[test]
fn a_network_that_falls_silent_is_given_up() {
    let (production, source) = cluster_with("prod", None);
    run(&source, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
    let check = |word: &'static str, act: &dyn Fn(&Settings, &World) -> SourceError, code| {
        let (relay, by_it) = way(&source);
        relay.silent_at(word);
        let (racing, clock) = Racing::world();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                wait_until(word, || relay.is_silent());
                clock.begin();
            });
            assert_eq!(act(&by_it, &racing).code(), code, "{word}");
        });
    };
    let dump = |by_it: &Settings, world: &World| {
        let folder = tempfile::tempdir().unwrap();
        let (cancel, place) = (Cancel::default(), folder.path());
        postgres::dump(by_it, "portal", place, world, &cancel, &Silent).unwrap_err()
    };
    check("SAVEPOINT section", &dump, "source.silent");
    check("COPY public.t", &dump, "source.dump-silent");
    let key = duphong::source::rows::RowKey::draw(&world());
    let count = |by_it: &Settings, world: &World| {
        postgres::inventory(by_it, &key, world, &Cancel::default()).unwrap_err()
    };
    check("COPY public.t", &count, "source.silent");
    drop(production);
}

/// Somebody who waits for a question to be at work on the server, and then acts.
fn once_asked(server: &Settings, act: impl FnOnce()) {
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'duphong' \
        AND state = 'active' AND query LIKE '%duphong_paths%'";
    wait_until("the question", || query(server, busy) == "1");
    act();
}

fn nobody_asks(server: &Settings) {
    let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'duphong'";
    wait_until("the end of the question on the server", || query(server, left) == "0");
}

#[test]
fn a_wish_to_stop_ends_a_question_on_the_server_too() {
    let production = Production::start("");
    let source = production.settings("postgres");
    run(&source, "CREATE TABLE t (a text)");
    let _held = holding(&source, "BEGIN; LOCK TABLE t");
    // At work, and behind a lock.
    for asked in ["SELECT pg_sleep(600)::text", "SELECT a FROM t"] {
        let cancel = Cancel::default();
        let wished = std::thread::scope(|scope| {
            let wish = scope.spawn(|| {
                once_asked(&source, || cancel.cancel());
                Instant::now()
            });
            let asked = postgres::ask(&source, asked, &mut |_| Ok(()), &world(), &cancel);
            assert_eq!(asked.unwrap_err().code(), "source.cancelled");
            wish.join().unwrap()
        });
        let took = wished.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}, not a second");
        nobody_asks(&source);
    }
}

#[test]
fn a_question_of_a_dump_has_a_limit_to_its_last_row_and_costs_no_set() {
    let (_production, source) = cluster_with("prod", None);
    let (racing, clock) = Racing::world();
    let folder = tempfile::tempdir().unwrap();
    let mut each = |_: &[u8]| Ok(());
    // Each row comes soon, and there is no end to them.
    let endless = "SELECT a FROM (SELECT pg_sleep(0.001)::text, a::text FROM generate_series(1, 10000000) a) x";
    let mut questions = [duphong::source::question::Question::new(endless, &mut each)];
    std::thread::scope(|scope| {
        scope.spawn(|| once_asked(&source, || clock.begin()));
        let (database, cancel) = (Database::Postgres(source.clone()), Cancel::default());
        let place = folder.path();
        database.dump_asking("p", place, &mut questions, &racing, &cancel, &Silent).unwrap();
    });
    let [question] = questions;
    let fault = question.answer.unwrap().unwrap_err();
    assert_eq!(fault.code(), "source.paths");
    assert!(chain(&fault).contains("longer than 30 minutes"), "{}", chain(&fault));
    nobody_asks(&source);
}

/// The kernel says when it will ask next whether the other side is there.
#[test]
fn a_connection_over_a_network_is_asked_after_within_half_a_minute() {
    let production = Production::start("");
    let source = production.settings("postgres");
    let dsn = format!("host=127.0.0.1 port={} user=postgres dbname=postgres", production.port);
    let over = Settings { dsn, ..source.clone() };
    let cancel = Cancel::default();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let asked = "SELECT pg_sleep(600)::text";
            let asked = postgres::ask(&over, asked, &mut |_| Ok(()), &world(), &cancel);
            assert_eq!(asked.unwrap_err().code(), "source.cancelled");
        });
        once_asked(&source, || {});
        let to = format!("0100007F:{:04X}", production.port);
        let timer = || {
            let all = fs::read_to_string("/proc/net/tcp").unwrap();
            let line = all.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            let line = line.into_iter().find(|line| line[2] == to && line[3] == "01").unwrap();
            line[5].to_owned()
        };
        // Until what was sent last is acknowledged, another timer counts.
        wait_until("the server acknowledges", || !timer().starts_with("01:"));
        let line = timer();
        let (timer, due) = line.split_once(':').unwrap();
        let due = u64::from_str_radix(due, 16).unwrap();
        cancel.cancel();
        assert_eq!(timer, "02", "the timer of keepalives, and no other: {line:?}");
        assert!(due <= 30 * 100, "in hundredths of a second: {due}");
    });
}

#[test]
fn a_table_that_somebody_keeps_is_waited_for_and_then_named_as_the_reason() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, "CREATE TABLE t (a int)");
    let held = holding(&source, "BEGIN; LOCK TABLE t");
    let (relay, by_it) = way(&source);
    // Ten minutes, made short on their way to the server.
    relay.say_instead("lock_timeout = '10min'", "lock_timeout = '100ms'");
    let fault = try_dump(&by_it, &Silent).err().unwrap();
    assert_eq!((fault.code(), fault.exit()), ("source.held", ExitCode::Failed), "{fault:?}");
    drop(held);
    assert!(try_dump(&source, &Silent).is_ok());
}

#[test]
fn a_replication_command_that_is_never_answered_is_given_up() {
    let production = Production::start("");
    let (relay, by_it) = way(&production.settings("postgres"));
    let silence = Duration::from_secs(1);
    let mut wire = Wire::open(&by_it, &world(), &Cancel::default(), silence).unwrap();
    relay.silent_at("IDENTIFY_SYSTEM");
    let answer = wire.rows("ask who it is", "IDENTIFY_SYSTEM");
    assert_eq!(answer.unwrap_err().code(), "source.silent");
}

/// A spool of its own, of 64 megabytes.
fn spool() -> (tempfile::TempDir, Mounted) {
    let folder = tempfile::tempdir().unwrap();
    let disk = Mounted::new(folder.path().to_owned(), "64m");
    (folder, disk)
}

/// Acts once, when the first bytes or pages have come.
struct First<F>(std::sync::Mutex<Option<F>>);

impl<F: FnOnce() + Send> Progress for First<F> {
    fn phase(&self, _phase: &'static str) {}
    fn total(&self, _items: u64, _bytes: u64) {}
    fn advance(&self, _items: u64, _bytes: u64) {
        if let Some(act) = self.0.lock().unwrap().take() {
            act();
        }
    }
}

#[test]
fn a_spool_that_fills_up_fails_the_dump_by_its_reason() {
    let check = |dump: &dyn Fn(&Path, &Mounted) -> SourceError| {
        let (folder, disk) = spool();
        let fault = dump(folder.path(), &disk);
        assert_eq!(fault.code(), "file.disk-full", "{}", chain(&fault));
        drop(disk);
    };
    let cancel = Cancel::default();
    let (_production, source) = cluster_with("prod", None);
    run(&source, "CREATE TABLE t AS SELECT generate_series(1, 100000) AS n");
    check(&|spool, disk| {
        let full = At::new("phase-dump", || disk.fill());
        postgres::dump(&source, "p", &spool.join("db"), &world(), &cancel, &full).unwrap_err()
    });
    let own = tempfile::tempdir().unwrap();
    let path = own.path().join("a.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let rows = "CREATE TABLE t AS SELECT randomblob(9000000) AS a, randomblob(9000000) AS b";
    connection.execute_batch(rows).unwrap();
    check(&|spool, disk| {
        let full = First(std::sync::Mutex::new(Some(|| disk.fill())));
        let source = sqlite::Settings { path: path.clone() };
        sqlite::dump(&source, "p", &spool.join("db"), &world(), &cancel, &full).unwrap_err()
    });
    check(&|spool, _disk| {
        let much = stream(shell("head -c 100000000 /dev/urandom"));
        command::dump(&much, "p", &spool.join("db"), &world(), &cancel, &Silent).unwrap_err()
    });
}

#[test]
fn programs_that_are_older_than_their_server_are_refused_by_name_before_anything_is_read() {
    let (_production, source) = cluster_with("prod", None);
    let programs = tempfile::tempdir().unwrap();
    let old = programs.path().join("pg_dump");
    fs::write(&old, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.22'\n").unwrap();
    fs::set_permissions(&old, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let bin_dir = Some(programs.path().to_owned());
    let by_old = Settings { bin_dir, ..source };
    let fault = try_dump(&by_old, &Silent).err().unwrap();
    assert_eq!(fault.code(), "source.tools");
    let found = "(found: pg_dump (PostgreSQL) 12.22 in ";
    assert!(fault.to_string().contains(found), "{fault}");
}
