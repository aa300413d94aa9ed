//! Write-ahead logs that are received: the daemon follows a real server through its own death, the
//! server's and a promotion, and the last commits come back from a segment that nobody has whole.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duphong::base::secret::Secret;
use duphong::repository::Repository;
use duphong::repository::segment::{LogFile, LogStream, reach};
use duphong::source::postgres::wal::{Kind, Name};
use duphong::store::disk::DiskStore;

use super::kit::{Schedules, Town, configuration};
use crate::source::production::Production;
use crate::source::scratch::world;

const LIMIT: Duration = Duration::from_secs(90);

const SEGMENT: u64 = 16 << 20;

/// A town that receives the log of a server.
fn town(server: &Production) -> Town {
    let town = Town::new(Schedules::default());
    follow(&town, server);
    town
}

/// Has the town receive from this server.
fn follow(town: &Town, server: &Production) {
    let sources = format!(
        "trees: [ {{ role: media, name: tep, path: media }} ]\n    databases: [ {{ name: cum, \
         postgres: {{ dsn: \"{}\", physical: true, wal: {{ receive: {{ every: 1s }} }} }} }} ]",
        server.settings("postgres").dsn
    );
    let text = configuration(town.port, Schedules::default());
    let text = text.replace("trees: [ { role: media, name: tep, path: media } ]", &sources);
    town.configure(&text);
}

fn repository(town: &Town) -> Repository {
    let password = fs::read(town.path("secrets/password")).unwrap();
    let password = Secret::new(password.trim_ascii_end().to_vec());
    let store = DiskStore::open(town.path("repository")).unwrap();
    Repository::open(Arc::new(store), &password, &world()).unwrap()
}

/// The address up to which the log of this timeline is kept.
fn kept(repository: &Repository, timeline: u32) -> u64 {
    let listing = repository.log_listing(None).unwrap();
    let ends = listing.files().filter_map(|(file, pieces)| {
        let name = Name::parse(file.name()).filter(|name| name.timeline == timeline)?;
        let Kind::Segment(place) = name.kind else { return None };
        Some(place.number(SEGMENT)? * SEGMENT + reach(pieces))
    });
    ends.max().unwrap_or_default()
}

/// An address that the server tells.
fn address(server: &Production, of: &str) -> u64 {
    server.sql(&format!("SELECT ({of} - '0/0')::bigint")).parse().unwrap_or_default()
}

/// Waits until all that is durable at the server is kept.
#[track_caller]
fn wait_for_all(server: &Production, repository: &Repository, timeline: u32) {
    let wanted = address(server, "pg_current_wal_flush_lsn()");
    let begun = Instant::now();
    while kept(repository, timeline) < wanted {
        let here = kept(repository, timeline);
        assert!(begun.elapsed() < LIMIT, "{wanted} never came: {here}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

const CONFIRMED: &str = "(SELECT restart_lsn FROM pg_replication_slots)";

/// Nothing is confirmed to the server that is not kept. What is kept is asked behind it.
#[track_caller]
fn check_confirmed(server: &Production, repository: &Repository) {
    let confirmed = address(server, CONFIRMED);
    assert!(confirmed <= kept(repository, 1), "{confirmed}");
}

/// Ends the current segment and returns its name.
fn switched(server: &Production) -> String {
    server.sql("SELECT pg_logical_emit_message(true, 'thử', 'một')");
    server.sql("SELECT pg_walfile_name(pg_switch_wal())")
}

/// The objects of a segment.
fn pieces(repository: &Repository, name: &str) -> usize {
    let listing = repository.log_listing(None).unwrap();
    let mut files = listing.files();
    files.find(|(file, _)| file.name() == name).map_or(0, |(_, pieces)| pieces.len())
}

#[test]
fn the_last_commits_come_back_from_a_segment_that_is_still_written() {
    let mut server = Production::start("wal_keep_size = '1GB'");
    let town = town(&server);
    let none = town.run("wal receive mau/cum");
    assert!(none.code == 78 && none.err.contains("wal slot create"), "{}", none.err);
    let made = town.run("wal slot create mau/cum");
    assert_eq!(made.code, 0, "{}", made.err);
    assert_eq!(town.run("wal slot create mau/cum").code, 2, "it is there");
    let mut daemon = town.start();
    let repository = repository(&town);
    let taken = town.run("snapshot create --portal mau");
    assert_eq!(taken.code, 0, "{}", taken.err);
    server.sql("CREATE TABLE bai AS SELECT n FROM generate_series(1, 1000) n");
    wait_for_all(&server, &repository, 1);
    check_confirmed(&server, &repository);
    // A segment that is whole lies in one object, and is the server's own to the last byte.
    let first = switched(&server);
    server.sql("INSERT INTO bai VALUES (1001)");
    wait_for_all(&server, &repository, 1);
    let begun = Instant::now();
    while pieces(&repository, &first) != 1 {
        assert!(begun.elapsed() < LIMIT, "{} pieces", pieces(&repository, &first));
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = server.data.join("pg_wal");
    assert_eq!(town.run(&format!("wal fetch {first} back")).code, 0);
    assert!(fs::read(town.path("back")).unwrap() == fs::read(log.join(&first)).unwrap());
    // The daemon dies between two pieces, and the server while it is followed.
    daemon.signal("KILL");
    daemon.ended();
    check_confirmed(&server, &repository);
    server.sql("INSERT INTO bai VALUES (1002)");
    let mut daemon = town.start();
    wait_for_all(&server, &repository, 1);
    server.kill();
    server.again();
    server.sql("INSERT INTO bai VALUES (1003)");
    wait_for_all(&server, &repository, 1);
    let last = server.sql("SELECT pg_walfile_name(pg_current_wal_flush_lsn())");
    let before = server.sql("SELECT clock_timestamp()");
    server.sql("DROP TABLE bai");
    wait_for_all(&server, &repository, 1);
    check_confirmed(&server, &repository);
    // The server archives nothing, and nothing is said against it.
    let checked = town.json("wal check mau/cum");
    let remarks = checked["result"]["remarks"].to_string();
    assert!(!remarks.contains("view-wal-off") && !remarks.contains("view-wal-gap"), "{checked}");
    let log = &checked["result"]["logs"][0];
    assert_eq!(log["server"]["slot"]["there"], true, "{log}");
    assert!(log["repositories"][0]["held-until"].is_string(), "{log}");
    daemon.signal("TERM");
    daemon.ended();
    server.kill();
    assert_eq!(town.run("wal list").code, 0);
    let verified = town.run("repository verify --read-data");
    assert_eq!(verified.code, 0, "{}", verified.out);
    let system = repository.log_listing(None).unwrap().pieces[0].piece.file.stream.clone();
    let file = LogFile::new(system, &last).unwrap();
    let length = reach(&repository.log_pieces(&file).unwrap());
    assert!(length < SEGMENT, "a beginning is kept of {last}, and there is no later one");
    come_back(&town, &before);
    let begun: Vec<_> = town.of("wal.begin").into_iter().map(|entry| entry.subject).collect();
    assert_eq!(begun, ["mau/cum"; 2], "once for each daemon");
    assert_eq!(town.of("wal.slot-create").len(), 4, "an intent and an outcome, twice");
    assert!(!town.of("wal.keep").is_empty() && town.of("wal.gap").is_empty());
}

/// Restores to just before the table was dropped, from what is kept alone.
fn come_back(town: &Town, before: &str) {
    let before: jiff::Timestamp = before.parse().unwrap();
    let target = town.path("tro-ve");
    let line = format!("restore latest --portal mau --to {before} --target {}", target.display());
    let back = town.run(&line);
    assert_eq!(back.code, 0, "{}{}", back.out, back.err);
    let copy = Production::on_restored(&target.join("base/cum/data"));
    copy.open_for_writing();
    assert_eq!(copy.sql("SELECT count(*) FROM bai"), "1003");
}

#[test]
fn a_promotion_is_followed_and_what_is_kept_of_the_end_is_given_back_only_as_the_end() {
    let mut server = Production::start("");
    let town = town(&server);
    assert_eq!(town.run("wal slot create mau/cum").code, 0);
    let standby = server.standby("");
    server.sql("CREATE TABLE bai AS SELECT 1 AS n");
    let received = town.json("wal receive mau/cum");
    assert_eq!(received["exit"], 0, "{received}");
    let repository = repository(&town);
    let short = server.sql("SELECT pg_walfile_name(pg_current_wal_flush_lsn())");
    let length = usize::try_from(kept(&repository, 1) % SEGMENT).unwrap();
    // What is kept of the last segment is its end for now.
    assert_eq!(town.run(&format!("wal fetch {short} back")).code, 0);
    let (given, own) = (fs::read(town.path("back")).unwrap(), of(&server, &short));
    assert!(given.len() as u64 == SEGMENT && given[..length] == own[..length] && length > 40);
    assert!(given[length..].iter().all(|byte| *byte == 0));
    // The server goes on, and its standby with it; then it burns.
    server.sql("INSERT INTO bai VALUES (2)");
    let written = server.sql("SELECT pg_current_wal_flush_lsn()");
    let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
    standby.wait_for(&replayed, "t");
    server.kill();
    standby.sql("SELECT pg_promote()");
    standby.sql("INSERT INTO bai VALUES (3)");
    follow(&town, &standby);
    let none = town.run("wal receive mau/cum");
    assert!(none.err.contains("has no replication slot"), "{}", none.err);
    assert_eq!(town.of("wal.gap")[0].facts["code"], "source.stream-no-slot");
    assert_eq!(town.run("wal slot create mau/cum").code, 0);
    let received = town.json("wal receive mau/cum");
    assert_eq!(received["exit"], 0, "{received}");
    assert!(kept(&repository, 2) >= address(&standby, "pg_current_wal_flush_lsn()"));
    let listed = town.json("wal list");
    assert_eq!(listed["exit"], 0, "{listed}");
    let history = fs::read(standby.data.join("pg_wal/00000002.history")).unwrap();
    assert_eq!(town.run("wal fetch 00000002.history back").code, 0);
    assert!(fs::read(town.path("back")).unwrap() == history);
    let next = standby.sql("SELECT pg_walfile_name(pg_current_wal_flush_lsn())");
    let length = usize::try_from(kept(&repository, 2) % SEGMENT).unwrap();
    assert_eq!(town.run(&format!("wal fetch {next} back")).code, 0);
    assert!(fs::read(town.path("back")).unwrap()[..length] == of(&standby, &next)[..length]);
    // The old timeline was received to where it was left: there is its end.
    assert_eq!(town.run(&format!("wal fetch {short} back")).code, 0);
    // With less of it the log would end before its time.
    let stream = LogStream::new(&system(&standby), "00000001").unwrap();
    let file = LogFile::new(stream, &short).unwrap();
    let last = repository.log_pieces(&file).unwrap().pop().unwrap();
    assert!(last.piece.from() > 0, "it came in two parts");
    fs::remove_file(town.path("repository").join(last.piece.name().as_str())).unwrap();
    assert_eq!(town.run(&format!("wal fetch {short} back")).code, 200);
}

fn of(server: &Production, name: &str) -> Vec<u8> {
    fs::read(Path::new(&server.data).join("pg_wal").join(name)).unwrap()
}

fn system(server: &Production) -> String {
    server.sql("SELECT system_identifier FROM pg_control_system()")
}

#[test]
fn what_the_server_gave_up_is_a_gap_and_what_contradicts_what_is_kept_is_refused() {
    let server = Production::start("max_slot_wal_keep_size = '16MB'\nwal_keep_size = 0");
    let town = town(&server);
    assert_eq!(town.run("wal slot create mau/cum").code, 0);
    server.sql("CREATE TABLE bai AS SELECT 1 AS n");
    assert_eq!(town.run("wal receive mau/cum").code, 0);
    let again = town.json("wal receive mau/cum");
    assert_eq!((&again["exit"], &again["result"]["bytes"]), (&0.into(), &0.into()), "{again}");
    let repository = repository(&town);
    for _ in 0..5 {
        switched(&server);
    }
    server.sql("CHECKPOINT");
    server.wait_for("SELECT wal_status FROM pg_replication_slots", "lost");
    let lost = town.run("wal receive mau/cum");
    assert!(
        lost.code == 1 && lost.err.contains("has given up the replication slot"),
        "{}",
        lost.err
    );
    assert_eq!(town.of("wal.gap")[0].facts["code"], "source.stream-slot-lost");
    let checked = town.json("wal check mau/cum");
    assert_eq!(checked["exit"], 30, "{checked}");
    assert!(checked["result"]["remarks"].to_string().contains("view-wal-slot-lost"), "{checked}");
    for verb in ["drop", "create"] {
        let done = town.run(&format!("wal slot {verb} mau/cum"));
        assert_eq!(done.code, 0, "{}", done.err);
    }
    let received = town.run("wal receive mau/cum");
    assert_eq!(received.code, 0, "{}", received.err);
    let gap = town.of("wal.gap").pop().unwrap();
    let place = |name: &str| gap.facts[name].as_str().unwrap();
    assert!(place("from") < place("before"), "{gap:?}");
    switched(&server);
    assert_eq!(town.run("wal receive mau/cum").code, 0);
    let listed = town.run("wal list");
    assert_eq!(listed.code, 3, "{}", listed.out);
    // Somebody else has written into the same segment.
    server.sql("INSERT INTO bai VALUES (2)");
    assert_eq!(town.run("wal receive mau/cum").code, 0);
    let at = kept(&repository, 1);
    let segment = Name::segment(1, at / SEGMENT, SEGMENT).unwrap();
    let stream = LogStream::new(&system(&server), "00000001").unwrap();
    let file = LogFile::new(stream, segment.as_str()).unwrap();
    repository.keep_log(&file, at % SEGMENT, b"khac").unwrap();
    server.sql("INSERT INTO bai VALUES (3)");
    let refused = town.run("wal receive mau/cum");
    assert_eq!(refused.code, 20, "{}", refused.err);
    assert_eq!(town.of("wal.refuse").len(), 1);
    // Kept further than the server ever wrote: it was set back.
    repository.keep_log(&file, at % SEGMENT + 4, &vec![7; 1 << 20]).unwrap();
    let back = town.run("wal receive mau/cum");
    assert!(back.code == 20 && back.err.contains("up to where its log is kept"), "{}", back.err);
    // What the server or the role lacks has a name.
    let text = fs::read_to_string(town.path("duphong.yaml")).unwrap();
    town.configure(&text.replace("user=postgres", "user=portal"));
    let refused = town.run("wal receive mau/cum");
    assert!(refused.err.contains("REPLICATION"), "{}", refused.err);
    town.configure(&text.replace("receive: { every: 1s }", ""));
    let refused = town.run("wal slot create mau/cum");
    assert!(refused.code == 78 && refused.err.contains("is not received"), "{}", refused.err);
}
