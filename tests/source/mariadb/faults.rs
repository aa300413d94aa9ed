//! What breaks around a dump of MariaDB: the network, the disk, a lock.

use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::*;
use crate::job::faults::Mounted;
use crate::source::relay::Relay;
use crate::source::{Racing, wait_until};

/// A server without certificates, so that words can be read on their way, and a database on it.
fn plain() -> (Server, Settings) {
    let server = server();
    server.create_database("lon", &world()).unwrap();
    let source = server.settings("lon");
    run(&source, LARGE);
    (server, source)
}

/// A way to the server of these settings, and the settings that take it.
fn way(to: &Settings) -> (Relay, Settings) {
    let Place::Socket(socket) = &to.place else { panic!("a socket") };
    let relay = Relay::to(socket);
    let place = Place::Socket(relay.socket());
    (relay, Settings { place, ..to.clone() })
}

#[test]
fn a_network_that_is_cut_or_falls_silent_gives_no_dump() {
    let (_server, source) = plain();
    // While the lists are read, and in the middle of the rows.
    for word in ["information_schema.routines", "SELECT /*!40001 SQL_NO_CACHE */ "] {
        let (relay, by_it) = way(&source);
        relay.cut_at(word);
        assert_eq!(code(try_dump(&by_it, &Silent)), "source.mariadb-gone", "{word}");
        let (relay, by_it) = way(&source);
        relay.silent_at(word);
        let (racing, clock) = Racing::world();
        let (folder, cancel) = (tempfile::tempdir().unwrap(), Cancel::default());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                wait_until(word, || relay.is_silent());
                clock.begin();
            });
            let dumped = mariadb::dump(&by_it, "portal", folder.path(), &racing, &cancel, &Silent);
            let given_up = ["source.mariadb-silent", "source.mariadb-gone"];
            assert!(given_up.contains(&code(dumped)), "{word}");
        });
    }
}

#[test]
fn a_spool_that_fills_up_fails_the_dump_by_its_reason() {
    let production = production();
    let source = production.create("day", LARGE);
    let folder = tempfile::tempdir().unwrap();
    let disk = Mounted::new(folder.path().to_owned(), "64m");
    let full = Then::new(|| disk.fill());
    let (spool, cancel) = (folder.path().join("db"), Cancel::default());
    let dumped = mariadb::dump(&source, "portal", &spool, &world(), &cancel, &full);
    assert_eq!(code(dumped), "file.disk-full");
}

#[test]
fn a_table_that_somebody_keeps_is_waited_for_no_longer_than_the_limit() {
    let (_server, source) = plain();
    let mut keeper = client("mariadb", &source)
        .args(["--unbuffered", "--skip-column-names", "lon"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = keeper.stdin.take().unwrap();
    said.write_all(b"LOCK TABLES c WRITE; SELECT 'kept';\n").unwrap();
    let mut kept = [0; 5];
    keeper.stdout.as_mut().unwrap().read_exact(&mut kept).unwrap();
    assert_eq!(&kept, b"kept\n");
    let (relay, by_it) = way(&source);
    // Two minutes, made short on their way to the server.
    relay.say_instead("lock_wait_timeout = 120", "lock_wait_timeout = 1  ");
    let fault = try_dump(&by_it, &Silent).err().unwrap();
    assert_eq!(fault.code(), "source.mariadb-query");
    let told = duphong::base::fault::chain(&fault);
    assert!(told.contains("lock the tables") && told.contains("1205"), "{told}");
    drop(said);
    keeper.wait().unwrap();
    assert_eq!(code(try_dump(&source, &Silent)), "done");
}

/// A table that somebody has locked, as long as this lives.
fn keeping(source: &Settings, table: &str) -> std::process::Child {
    let mut keeper = client("mariadb", source)
        .args(["--unbuffered", "--skip-column-names", &source.database])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lock = format!("LOCK TABLES {table} WRITE; SELECT 'kept';\n");
    keeper.stdin.as_mut().unwrap().write_all(lock.as_bytes()).unwrap();
    let mut kept = [0; 5];
    keeper.stdout.as_mut().unwrap().read_exact(&mut kept).unwrap();
    keeper
}

/// What is ended on the server when we leave.
type Act<'a> = &'a dyn Fn(&Cancel) -> Result<(), SourceError>;

#[test]
fn a_wish_to_stop_ends_a_statement_on_the_server_too() {
    let (_server, source) = plain();
    run(&source, "DROP TABLE c");
    let mut keeper = keeping(&source, "a");
    let number = |asked: &str| -> u64 {
        let answer = run(&source, asked);
        answer.trim().rsplit('\t').next().unwrap().parse().unwrap()
    };
    let is_at = |what: &str| {
        let asked =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE ID <> CONNECTION_ID()";
        number(&format!("{asked} AND INFO RLIKE '{what}'")) > 0
    };
    let lists = || number("SHOW GLOBAL STATUS LIKE 'Com_show_processlist'");
    let question =
        |sql: &str, cancel: &Cancel| mariadb::ask(&source, sql, &mut |_| Ok(()), &world(), cancel);
    let dump = |cancel: &Cancel| {
        let folder = tempfile::tempdir().unwrap();
        mariadb::dump(&source, "p", folder.path(), &world(), cancel, &Silent).map(|_| ())
    };
    // At work, behind a lock, and the dump program's own behind a lock, whose connection is looked
    // for before and after it has begun.
    let cases: [(&str, u64, Act<'_>); 3] = [
        ("^(EXECUTE|SELECT SLEEP)", 0, &|cancel| question("SELECT SLEEP(600)", cancel)),
        ("^(EXECUTE|SELECT x FROM)", 0, &|cancel| question("SELECT x FROM a", cancel)),
        ("^SELECT /", 2, &dump),
    ];
    for (what, looks, act) in cases {
        let (cancel, before) = (Cancel::default(), lists());
        let wished = std::thread::scope(|scope| {
            let wish = scope.spawn(|| {
                wait_until(what, || is_at(what) && lists() >= before + looks);
                cancel.cancel();
                Instant::now()
            });
            assert_eq!(act(&cancel).unwrap_err().code(), "source.cancelled", "{what}");
            wish.join().unwrap()
        });
        wait_until("the server is done", || !is_at(what));
        let took = wished.elapsed();
        assert!(took < Duration::from_secs(10), "{what}: {took:?}, not a few seconds");
    }
    // Without a wish, the connection of the keeper and everybody's else stay.
    drop(keeper.stdin.take());
    assert!(keeper.wait().unwrap().success());
    assert_eq!(code(try_dump(&source, &Silent)), "done");
}
