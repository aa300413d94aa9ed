//! What a pair of real servers answers about itself.

use std::net::TcpListener;
use std::time::Duration;

use duphong::source::error::SourceError;
use duphong::source::postgres::Settings;
use duphong::source::postgres::replication::{
    self, Answer, Node as Seen, Promise, Role, Standby, answers,
};
use duphong::world::World;

use crate::failover::node::{At, Node};
use crate::source::scratch::world;

const LIMIT: Duration = Duration::from_secs(10);

/// For what will never answer.
const SHORT: Duration = Duration::from_millis(500);

fn pair() -> (Node, Node, World) {
    let primary = Node::primary(At::loopback(), &[]);
    let standby = Node::standby(&primary, At::loopback(), &[]);
    primary.wait_for("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", "1");
    (primary, standby, world())
}

fn standby_of(node: &Node, world: &World) -> Standby {
    match replication::node(&node.settings(), world, LIMIT).unwrap().role {
        Role::Standby(standby) => standby,
        Role::Primary(_) => panic!("a primary"),
    }
}

fn answer(settings: &Settings, world: &World, limit: Duration) -> Answer {
    let mut all = answers(settings, world, limit).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).1
}

#[test]
fn a_pair_says_what_it_is_and_what_it_promises() {
    let (primary, standby, world) = pair();
    let a = replication::node(&primary.settings(), &world, LIMIT).unwrap();
    let b = replication::node(&standby.settings(), &world, LIMIT).unwrap();
    assert_eq!((a.system.is_some(), &a.system), (true, &b.system));
    assert_eq!((a.timeline, b.timeline), (Some(1), Some(1)));
    assert_eq!(a.role, Role::Primary(Promise::Asynchronous));
    check_rights(&primary, &standby, &world);
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'b'");
    primary.sql("SELECT pg_reload_conf()");
    primary.wait_for("SELECT sync_state FROM pg_stat_replication", "sync");
    let promise = |expected| {
        let seen = replication::node(&primary.settings(), &world, LIMIT).unwrap();
        assert_eq!(seen.role, Role::Primary(expected));
    };
    promise(Promise::Synchronous);
    primary.sql("ALTER SYSTEM SET synchronous_commit = local");
    primary.sql("SELECT pg_reload_conf()");
    primary.wait_for("SHOW synchronous_commit", "local");
    promise(Promise::Asynchronous);
    // Nobody who would have to be waited for is there: who has what is not known.
    primary.sql("ALTER SYSTEM RESET synchronous_commit");
    primary.sql("SELECT pg_reload_conf()");
    primary.wait_for("SHOW synchronous_commit", "on");
    standby.stop("fast");
    primary.wait_for("SELECT count(*) FROM pg_stat_replication", "0");
    promise(Promise::Unknown);
}

/// A role without rights sees what it may, is told from one that may promote, and never guesses.
fn check_rights(primary: &Node, standby: &Node, world: &World) {
    primary.sql("CREATE ROLE truc LOGIN");
    standby.wait_for("SELECT count(*) FROM pg_roles WHERE rolname = 'truc'", "1");
    let settings =
        Settings { dsn: standby.dsn().replace("user=postgres", "user=truc"), ..standby.settings() };
    let seen = || replication::node(&settings, world, LIMIT).unwrap();
    let Seen { may_promote, role: Role::Standby(standing), .. } = seen() else { panic!() };
    assert_eq!((may_promote, standing.idle, standing.heard), (false, None, None));
    assert_eq!(standing.receiver.as_deref(), Some("hidden"));
    primary.sql("GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO truc");
    primary.sql("GRANT pg_monitor TO truc");
    let began = std::time::Instant::now();
    loop {
        let Seen { may_promote, role: Role::Standby(standing), .. } = seen() else { panic!() };
        if may_promote && standing.idle.is_some() && standing.heard.is_some() {
            return;
        }
        assert!(began.elapsed() < LIMIT * 6, "{standing:?}");
    }
}

#[test]
fn a_standby_says_how_far_it_has_come_when_its_primary_lives_pauses_and_dies() {
    let (primary, standby, world) = pair();
    primary.sql("CREATE TABLE dong (n int)");
    let written = primary.sql("INSERT INTO dong VALUES (1) RETURNING pg_current_wal_lsn()");
    assert!(!written.is_empty());
    standby.wait_for("SELECT count(*) FROM pg_class WHERE relname = 'dong'", "1");
    standby.wait_for("SELECT count(*) FROM dong", "1");
    let seen = standby_of(&standby, &world);
    assert_eq!(seen.receiver.as_deref(), Some("streaming"));
    assert!(seen.heard.is_some() && seen.last_commit.is_some(), "{seen:?}");
    assert_eq!((seen.has_replayed_all(), seen.paused), (Some(true), false), "{seen:?}");

    standby.sql("SELECT pg_wal_replay_pause()");
    standby.wait_for("SELECT pg_get_wal_replay_pause_state()", "paused");
    primary.sql("INSERT INTO dong VALUES (2)");
    let behind = |seen: &Standby| seen.behind().unwrap();
    let began = std::time::Instant::now();
    while behind(&standby_of(&standby, &world)) == 0 {
        assert!(began.elapsed() < LIMIT * 6);
    }
    let seen = standby_of(&standby, &world);
    assert_eq!((seen.has_replayed_all(), seen.paused), (Some(false), true), "{seen:?}");
    standby.sql("SELECT pg_wal_replay_resume()");

    primary.stop("immediate");
    standby.wait_for("SELECT count(*) FROM pg_stat_wal_receiver", "0");
    standby.wait_for("SELECT count(*) FROM dong", "2");
    let seen = standby_of(&standby, &world);
    assert_eq!((seen.receiver, seen.heard), (None, None));
    assert!(seen.last_commit.is_some());
}

/// A primary that dies while it writes often leaves the beginning of a record at the standby.
#[test]
fn what_a_dying_primary_left_unfinished_is_not_waited_for() {
    let (primary, standby, world) = pair();
    primary.sql("CREATE TABLE dong (n int, t text)");
    let mut writer = primary.program("psql");
    writer.args(["-XAtq", "-U", "postgres", "-d", "postgres", "-h"]).arg(primary.sockets());
    writer.args(["-p", &primary.at.port.to_string(), "-c"]);
    writer.arg("INSERT INTO dong SELECT g, repeat('x', 2000) FROM generate_series(1, 10000000) g");
    writer.stderr(std::process::Stdio::null());
    let mut writer = writer.spawn().unwrap();
    let grown = || {
        let size = primary.sql("SELECT pg_relation_size('dong') > 20000000");
        size == "t"
    };
    while !grown() {
        std::thread::yield_now();
    }
    primary.stop("immediate");
    writer.wait().unwrap();
    let began = std::time::Instant::now();
    loop {
        let seen = standby_of(&standby, &world);
        if seen.receiver.is_none() && seen.has_replayed_all() == Some(true) {
            eprintln!("bytes of an unfinished record: {:?}", seen.behind());
            break;
        }
        assert!(began.elapsed() < LIMIT * 6, "{seen:?}");
    }
}

#[test]
fn closed_is_told_from_silent_and_from_starting() {
    let (primary, standby, world) = pair();
    assert_eq!(answer(&primary.settings(), &world, LIMIT), Answer::Primary);
    assert_eq!(answer(&standby.settings(), &world, LIMIT), Answer::Standby);
    let wrong = Settings {
        dsn: primary.dsn().replace("postgres dbname", "nobody dbname"),
        ..primary.settings()
    };
    assert!(matches!(answer(&wrong, &world, LIMIT), Answer::CannotTell(_)), "a refused login");
    primary.stop("fast");
    assert_eq!(answer(&primary.settings(), &world, LIMIT), Answer::Refused);
    // One that waits for more to recover than it will ever get takes no sessions.
    std::fs::write(primary.data().join("recovery.signal"), "").unwrap();
    primary.configure(
        "hot_standby = off\nrestore_command = 'sleep 1; false'\nrecovery_target_action = pause\n",
    );
    let mut command = primary.program("pg_ctl");
    command.args(["-W", "-D"]).arg(primary.data()).arg("-l").arg(primary.sockets().join("log"));
    assert!(command.arg("start").stdout(std::process::Stdio::null()).status().unwrap().success());
    let began = std::time::Instant::now();
    let words = loop {
        match answer(&primary.settings(), &world, LIMIT) {
            Answer::NotNow(words) => break words,
            other => assert!(began.elapsed() < LIMIT, "{other:?}"),
        }
    };
    assert!(words.contains("database system"), "{words}");
}

#[test]
fn who_says_nothing_is_never_closed() {
    let world = world();
    // It accepts, in the kernel's name, and nobody answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = Settings {
        dsn: format!("host=127.0.0.1 port={port} user=a dbname=a"),
        password: None,
        bin_dir: None,
        jobs: 1,
    };
    assert!(matches!(answer(&settings, &world, SHORT), Answer::CannotTell(_)));
    let fault = replication::node(&settings, &world, SHORT).unwrap_err();
    assert!(matches!(fault, SourceError::Silent { .. }), "{fault}");
    // It closes without a word.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let closing =
        Settings { dsn: format!("host=127.0.0.1 port={port} user=a dbname=a"), ..settings.clone() };
    let thread = std::thread::spawn(move || {
        drop(listener.accept());
        listener
    });
    assert!(matches!(answer(&closing, &world, LIMIT), Answer::CannotTell(_)));
    thread.join().unwrap();
    let nowhere = Settings {
        dsn: "host=no.such.name.invalid dbname=a user=a".to_owned(),
        ..settings.clone()
    };
    assert!(matches!(answer(&nowhere, &world, LIMIT), Answer::CannotTell(_)));
    // A socket that is not there may be one that was looked for in the wrong folder.
    let socket = Settings { dsn: "host=/no/such/folder dbname=a user=a".to_owned(), ..settings };
    assert!(matches!(answer(&socket, &world, LIMIT), Answer::CannotTell(_)));
}

#[test]
fn a_promoted_standby_takes_writes_and_nothing_of_ours_stays() {
    let (primary, standby, world) = pair();
    let settings = standby.settings();
    assert!(replication::write(&settings, &world, LIMIT).is_err(), "a standby takes no write");
    primary.stop("immediate");
    assert!(replication::promote(&settings, &world, LIMIT * 3).unwrap());
    let Seen { role, timeline, .. } = replication::node(&settings, &world, LIMIT).unwrap();
    assert_eq!((role, timeline), (Role::Primary(Promise::Asynchronous), Some(2)));
    replication::write(&settings, &world, LIMIT).unwrap();
    assert_eq!(standby.sql("SELECT count(*) FROM pg_class WHERE relname LIKE 'duphong%'"), "0");
    assert_eq!(answer(&settings, &world, LIMIT), Answer::Primary);
    // Commits that wait for nobody are not taken for writes.
    standby.sql("ALTER SYSTEM SET synchronous_standby_names = 'khong_co'");
    standby.sql("SELECT pg_reload_conf()");
    standby.wait_for("SHOW synchronous_standby_names", "khong_co");
    let fault = replication::write(&settings, &world, SHORT).unwrap_err();
    assert!(matches!(fault, SourceError::Silent { .. }), "{fault}");
    standby.sql("ALTER SYSTEM SET default_transaction_read_only = on");
    standby.sql("ALTER SYSTEM RESET synchronous_standby_names");
    standby.sql("SELECT pg_reload_conf()");
    standby.wait_for("SHOW default_transaction_read_only", "on");
    let fault = replication::write(&settings, &world, LIMIT).unwrap_err();
    assert!(matches!(fault, SourceError::Query { .. }), "{fault}");
    // What anyone may switch off again is no fence.
    assert_eq!(answer(&settings, &world, LIMIT), Answer::Primary);
}
