//! Binary logs: the daemon follows a real server through its own death and the server's, and says what
//! the server removed, began anew, or contradicts.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duphong::base::secret::Secret;
use duphong::job::binlog::{BinaryLine, lines};
use duphong::repository::Repository;
use duphong::repository::segment::{LogFile, LogStream};
use duphong::source::mariadb::{Place, Settings};
use duphong::store::disk::DiskStore;

use super::kit::{Schedules, Town, configuration};
use crate::source::mariadb::{Logging, Production, run};
use crate::source::scratch::world;

const LIMIT: Duration = Duration::from_secs(90);

/// A town that keeps the binary log of a server.
fn town(server: &Settings) -> Town {
    let town = Town::new(Schedules::default());
    let Place::Socket(socket) = &server.place else { panic!("a socket") };
    let sources = format!(
        "trees: [ {{ role: media, name: tep, path: media }} ]\n    databases:\n      \
        - {{ name: cong, mariadb: {{ database: cong, user: root, socket: {0}, \
        password: {{ file: secrets/db }}, binlog: {{ every: 1s }} }} }}\n      \
        - {{ name: khac, mariadb: {{ database: mysql, user: root, socket: {0}, \
        password: {{ file: secrets/db }}, binlog: {{ every: 5m }} }} }}",
        socket.display()
    );
    let text = configuration(town.port, Schedules::default());
    let text = text.replace("trees: [ { role: media, name: tep, path: media } ]", &sources);
    town.configure(&text);
    let password = server.password.as_ref().map(Secret::expose).unwrap_or_default();
    fs::write(town.path("secrets/db"), password).unwrap();
    town
}

fn repository(town: &Town) -> Repository {
    let password = fs::read(town.path("secrets/password")).unwrap();
    let password = Secret::new(password.trim_ascii_end().to_vec());
    let store = DiskStore::open(town.path("repository")).unwrap();
    Repository::open(Arc::new(store), &password, &world()).unwrap()
}

/// What is kept, by line.
fn kept(repository: &Repository) -> Vec<BinaryLine> {
    lines(&repository.log_listing(None).unwrap())
}

/// Waits until the newest line is kept up to where the server's log ends.
#[track_caller]
fn wait_for_all<P: Logging>(server: &Settings, repository: &Repository) -> BinaryLine {
    let status = P::run(server, P::STATUS);
    let (file, at) = (status.split('\t').next().unwrap(), status.split('\t').nth(1).unwrap());
    let at: u64 = at.parse().unwrap();
    let begun = Instant::now();
    loop {
        let newest = kept(repository).pop();
        let is_all = |line: &BinaryLine| {
            line.end >= at && line.range.as_ref().is_some_and(|(_, last)| last == file)
        };
        if let Some(line) = newest.clone().filter(is_all) {
            return line;
        }
        assert!(begun.elapsed() < LIMIT, "{file}:{at} never came: {newest:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The bytes of a kept file.
fn bytes(repository: &Repository, line: &BinaryLine, name: &str) -> Vec<u8> {
    let stream = LogStream::new(&line.system, &line.line).unwrap();
    let pieces = repository.log_pieces(&LogFile::new(stream, name).unwrap()).unwrap();
    let mut bytes = Vec::new();
    repository.read_log_file(&pieces, &mut bytes).unwrap();
    bytes
}

/// A server's file as it sends it: what says that a file is open, or was when its server died, is not
/// sent; the sum of the first event goes with it.
fn as_sent(ours: &[u8], mut theirs: Vec<u8>) -> Vec<u8> {
    let flags = 4 + 17;
    if ours[flags] != theirs[flags] {
        let end = usize::try_from(u32::from_le_bytes(ours[13..17].try_into().unwrap())).unwrap();
        theirs[flags] = ours[flags];
        theirs[end..end + 4].copy_from_slice(&ours[end..end + 4]);
    }
    theirs
}

/// The daemon keeps all of a server's log while it and the server are killed, and the log begins anew.
/// It has ended then.
pub(super) fn kept_through_all<P: Logging>(production: &mut P) -> Town {
    let server = production.settings("cong");
    let town = town(&server);
    let mut daemon = town.start();
    let repository = repository(&town);
    let all = || wait_for_all::<P>(&server, &repository);
    P::run(&server, "CREATE TABLE nhat_ky (n INT); INSERT INTO nhat_ky VALUES (1)");
    let first = all();
    // The daemon dies, and the server after it, each with something that is not kept.
    daemon.signal("KILL");
    daemon.ended();
    P::run(
        &server,
        "INSERT INTO nhat_ky VALUES (2); FLUSH BINARY LOGS; INSERT INTO nhat_ky VALUES (3)",
    );
    production.kill_and_start();
    P::run(&server, "INSERT INTO nhat_ky VALUES (4)");
    let mut daemon = town.start();
    let line = all();
    assert_eq!((&line.line, &line.gaps), (&first.line, &Vec::new()));
    // The server dies while it is followed.
    P::run(&server, "FLUSH BINARY LOGS");
    production.kill_and_start();
    P::run(&server, "INSERT INTO nhat_ky VALUES (5); FLUSH BINARY LOGS");
    let line = all();
    assert!(line.line == first.line && line.gaps.is_empty(), "{line:?}");
    let (oldest, newest) = line.range.clone().unwrap();
    let files = P::run(&server, "SHOW BINARY LOGS");
    for name in files.lines().map(|row| row.split('\t').next().unwrap()) {
        let (ours, theirs) = (bytes(&repository, &line, name), production.log_file(name));
        let theirs = as_sent(&ours, theirs);
        assert!(ours[..] == theirs[..ours.len()] && ours.len() > 150, "{name}");
        assert!(name == newest || ours.len() == theirs.len(), "{name}");
    }
    // The log begins anew under the old names.
    P::run(&server, &format!("{}; INSERT INTO nhat_ky VALUES (6)", P::RESET));
    let again = all();
    assert!(again.line > line.line, "{again:?}");
    assert_eq!(again.range.unwrap().0, oldest);
    assert_eq!(kept(&repository)[0], line, "what was kept before stays as it was");
    daemon.signal("TERM");
    daemon.ended();
    let begun: Vec<_> = town.of("wal.line").into_iter().map(|entry| entry.subject).collect();
    assert_eq!(begun, ["mau/cong"; 2], "one server, followed once");
    assert!(!town.of("wal.keep").is_empty());
    let verified = town.run("repository verify --read-data");
    assert_eq!(verified.code, 0, "{}", verified.out);
    town
}

#[test]
fn a_binary_log_is_kept_whole_though_the_daemon_and_the_server_are_killed_and_the_log_reset() {
    kept_through_all(&mut Production::start());
}

#[test]
fn what_the_server_removed_too_early_or_contradicts_is_on_record() {
    let production = Production::start();
    let server = production.settings("cong");
    let town = town(&server);
    let received = town.json("wal receive mau/khac");
    assert_eq!(received["exit"], 0, "{received}");
    let again = town.json("wal receive mau/cong");
    assert_eq!((&again["result"]["bytes"], &again["exit"]), (&0.into(), &0.into()), "{again}");
    run(&server, "CREATE TABLE a (n INT); FLUSH BINARY LOGS; FLUSH BINARY LOGS; FLUSH BINARY LOGS");
    let end = run(&server, "SHOW MASTER STATUS").split('\t').next().unwrap().to_owned();
    let is_gone = (0..1000).any(|_| {
        run(&server, &format!("PURGE BINARY LOGS TO '{end}'"));
        run(&server, "SHOW BINARY LOGS").starts_with(&end)
    });
    assert!(is_gone, "the server keeps its log");
    assert_eq!(town.run("wal receive mau/cong").code, 0);
    let gap = &town.of("wal.gap")[0];
    assert_eq!(gap.facts["before"], end.as_str());
    let listed = town.run("wal list");
    assert_eq!(listed.code, 3, "{}", listed.out);
    let repository = repository(&town);
    let line = kept(&repository).remove(0);
    assert!(line.gaps.len() == 1 && listed.out.contains(&line.gaps[0].first), "{}", listed.out);
    // Somebody else has written into the same file.
    let stream = LogStream::new(&line.system, &line.line).unwrap();
    let file = LogFile::new(stream, &end).unwrap();
    repository.keep_log(&file, line.end, b"khac").unwrap();
    run(&server, "INSERT INTO a VALUES (1)");
    let refused = town.run("wal receive mau/cong");
    assert_eq!(refused.code, 20, "{}", refused.err);
    assert_eq!(town.of("wal.refuse").len(), 1);
    // What the server or the account lacks has a name.
    run(&server, "CREATE USER ngheo@localhost IDENTIFIED BY 'x'");
    let text = fs::read_to_string(town.path("duphong.yaml")).unwrap();
    town.configure(&text.replace("user: root", "user: ngheo"));
    fs::write(town.path("secrets/db"), "x").unwrap();
    let refused = town.run("wal receive mau/cong");
    assert!(refused.err.contains("BINLOG MONITOR, REPLICATION SLAVE"), "{}", refused.err);
    town.configure(&text.replace(", binlog: { every: 1s }", ""));
    let refused = town.run("wal receive mau/cong");
    assert_eq!(refused.code, 78, "{}", refused.err);
}
