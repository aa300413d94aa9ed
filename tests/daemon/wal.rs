//! Write-ahead logs: a real server hands its segments to the daemon by `archive_command`, through
//! disks that vanish and daemons that die, and gets every byte back.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duphong::base::secret::Secret;
use duphong::repository::Repository;
use duphong::repository::segment::{LogFile, LogStream};
use duphong::store::disk::DiskStore;
use serde_json::Value;

use super::kit::{Daemon, Schedules, Town, configuration};
use crate::source::production::{Production, as_account, done, folder};
use crate::source::scratch::world;

const LIMIT: Duration = Duration::from_secs(90);

/// A town that keeps the log of a server, with a copy of the program that the server's account can
/// run.
fn town() -> (Town, PathBuf) {
    let town = Town::new(Schedules::default());
    let sources = "trees: [ { role: media, name: tep, path: media } ]\n    \
        databases: [ { name: cum, postgres: { dsn: \"dbname=postgres user=x\", wal: {} } } ]";
    let text = configuration(town.port, Schedules::default());
    let text = text.replace("trees: [ { role: media, name: tep, path: media } ]", sources);
    town.configure(&text);
    let program = folder("bin").join("duphong");
    let built = Path::new(env!("CARGO_BIN_EXE_duphong"));
    if fs::hard_link(built, &program).is_err() {
        fs::copy(built, &program).unwrap();
    }
    (town, program)
}

/// Starts the daemon, and lets the server's account reach its socket as a member of its group
/// would.
fn open(town: &Town, server: Option<&Path>) -> Daemon {
    let daemon = town.start();
    fs::set_permissions(town.path("state"), fs::Permissions::from_mode(0o711)).unwrap();
    let socket = town.path("state/wal.sock");
    assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o660);
    if let Some(program) = server {
        let group = fs::metadata(program.parent().unwrap()).unwrap().gid();
        chown(&socket, None, Some(group)).unwrap();
    }
    daemon
}

fn archiving(town: &Town, program: &Path) -> Production {
    let socket = town.path("state/wal.sock");
    Production::start(&format!(
        "archive_mode = on\nwal_keep_size = '1GB'\narchive_command = '\"{}\" wal push mau/cum \"%p\" --socket \"{}\"'",
        program.display(),
        socket.display()
    ))
}

/// Ends the current segment with something in it, and returns its name.
fn switched(server: &Production) -> String {
    let name = server.sql("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
    server.sql("SELECT pg_logical_emit_message(true, 'thử', repeat(md5(random()::text), 1000))");
    server.sql("SELECT pg_switch_wal()");
    name
}

#[track_caller]
fn wait(what: &str, state: impl Fn() -> bool) {
    let begun = Instant::now();
    while !state() {
        assert!(begun.elapsed() < LIMIT, "{what} never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[track_caller]
fn archived(server: &Production, name: &str) {
    wait("the segment in the archive", || {
        server.sql(&format!(
            "SELECT count(*) FROM pg_stat_archiver WHERE last_archived_wal >= '{name}'"
        )) == "1"
    });
}

fn repository(town: &Town) -> Repository {
    let password = fs::read(town.path("secrets/password")).unwrap();
    let password = Secret::new(password.trim_ascii_end().to_vec());
    let store = DiskStore::open(town.path("repository")).unwrap();
    Repository::open(Arc::new(store), &password, &world()).unwrap()
}

/// What is kept in the only repository, by timeline.
fn lines(town: &Town) -> Vec<Value> {
    let listed = town.json("wal list");
    listed["result"]["repositories"][0]["timelines"].as_array().unwrap().clone()
}

/// The only timeline of the only system.
fn line(town: &Town) -> Value {
    let mut lines = lines(town);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

fn line_of(town: &Town, timeline: u32) -> Value {
    lines(town).into_iter().find(|line| line["timeline"] == timeline).unwrap()
}

#[test]
fn every_segment_comes_back_byte_for_byte_though_the_disk_vanishes_and_the_daemon_dies() {
    let (town, program) = town();
    let mut daemon = open(&town, Some(&program));
    let server = archiving(&town, &program);
    let first = switched(&server);
    archived(&server, &first);
    // The disk is gone: the server keeps what it has and tries again.
    fs::rename(town.path("repository"), town.path("away")).unwrap();
    switched(&server);
    wait("a failed attempt", || server.sql("SELECT failed_count > 0 FROM pg_stat_archiver") == "t");
    fs::rename(town.path("away"), town.path("repository")).unwrap();
    // The daemon dies while there is something to keep.
    daemon.signal("KILL");
    daemon.ended();
    let last = switched(&server);
    let daemon = open(&town, Some(&program));
    archived(&server, &last);
    let line = line(&town);
    assert_eq!((&line["first"], &line["last"]), (&Value::from(first), &Value::from(last)));
    assert_eq!((&line["segments"], &line["whole"]), (&Value::from(3), &Value::from(true)));
    let names = server.sql("SELECT string_agg(name, ' ' ORDER BY name) FROM pg_ls_waldir()");
    let log = server.data.join("pg_wal");
    let mut compared = 0;
    for name in names.split(' ').filter(|name| *name <= line["last"].as_str().unwrap()) {
        let back = town.path(format!("back-{name}"));
        let fetched = town.run(&format!("wal fetch {name} {}", back.display()));
        assert_eq!(fetched.code, 0, "{}", fetched.err);
        assert!(fs::read(log.join(name)).unwrap() == fs::read(back).unwrap(), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 3);
    drop(daemon);
    let verified = town.run("repository verify --read-data");
    assert_eq!(verified.code, 0, "{}", verified.out);
    let begun: Vec<_> = town.of("wal.begin").into_iter().map(|entry| entry.subject).collect();
    assert_eq!(begun, ["mau/cum"; 2], "each daemon says what it begins");
}

const SYSTEM: u64 = 7_312_345_678_901_234_567;

/// A segment of a made-up system, right in all that its header says.
fn segment(number: u32, fill: u8) -> Vec<u8> {
    segment_of(SYSTEM, number, fill)
}

fn segment_of(system: u64, number: u32, fill: u8) -> Vec<u8> {
    let mut bytes = vec![fill; 1 << 20];
    let mut head = vec![0x16, 0xD1, 0x02, 0];
    head.extend(1_u32.to_le_bytes());
    head.extend((u64::from(number) << 20).to_le_bytes());
    head.extend([0; 8]);
    head.extend(system.to_le_bytes());
    head.extend((1_u32 << 20).to_le_bytes());
    head.extend(8192_u32.to_le_bytes());
    bytes[..head.len()].copy_from_slice(&head);
    bytes
}

fn put(town: &Town, number: u32, bytes: &[u8]) -> String {
    let name = format!("00000001{:08X}{:08X}", 0, number);
    let mut file = fs::File::create(town.path(&name)).unwrap();
    file.write_all(bytes).unwrap();
    name
}

#[test]
fn a_segment_is_known_again_and_what_contradicts_it_or_itself_is_refused_and_on_record() {
    let (town, _) = town();
    let daemon = open(&town, None);
    let name = put(&town, 7, &segment(7, 1));
    let push = |what: &str| town.run(&format!("wal push mau/cum {what}"));
    assert_eq!(push(&name).code, 0);
    let again = town.json(&format!("wal push mau/cum {name}"));
    assert_eq!(again["result"]["added"], 0);
    put(&town, 7, &segment(7, 2));
    let other = push(&name);
    assert_eq!(other.code, 20, "{}", other.err);
    assert!(other.err.contains(&name) && other.err.contains("repository.segment-differs"));
    assert_eq!(push(&name).code, 20, "a server tries again every minute");
    // A segment under the name of its neighbour, and one that was cut short.
    put(&town, 8, &segment(9, 1));
    assert_eq!(push("000000010000000000000008").code, 20);
    put(&town, 9, &segment(9, 1)[..5000]);
    assert_eq!(push("000000010000000000000009").code, 20);
    assert_eq!(town.run(&format!("wal push mau/tep {name}")).code, 1, "no such database");
    // Nothing but the first came in.
    assert_eq!(line(&town)["segments"], 1);
    let refused: Vec<_> = town.of("wal.refuse").iter().map(|entry| entry.subject.clone()).collect();
    assert_eq!(refused, ["mau/cum"]);
    drop(daemon);
    // Without the daemon whoever may read the configuration does it alone, on record.
    put(&town, 8, &segment(8, 1));
    assert_eq!(push("000000010000000000000008").code, 0);
    assert_eq!(town.of("wal.push").len(), 2, "an intent and its outcome");
    assert_eq!(line(&town)["segments"], 2);
}

#[test]
fn a_gap_is_named_and_what_cannot_be_read_is_not_told_as_missing() {
    let (town, _) = town();
    for number in [4, 5, 6, 9] {
        let name = put(&town, number, &segment(number, 3));
        assert_eq!(town.run(&format!("wal push mau/cum {name}")).code, 0);
    }
    let listed = town.json("wal list");
    assert_eq!(listed["exit"], 3, "{listed}");
    let gap = serde_json::json!({
        "first": "000000010000000000000007", "last": "000000010000000000000008", "count": 2
    });
    assert_eq!(line(&town)["gaps"], Value::from(vec![gap]));
    let told = town.run("wal list");
    assert!(told.out.contains("000000010000000000000007"), "{}", told.out);
    let fetch = |name: &str| town.run(&format!("wal fetch {name} back")).code;
    assert_eq!(fetch("000000010000000000000007"), 200, "a hole is not the end");
    assert_eq!(fetch("00000001000000000000000A"), 1, "not there");
    assert_eq!(fetch("000000010000000000000006"), 0);
    let stream = LogStream::new("7312345678901234567", "00000001").unwrap();
    let file = LogFile::new(stream, "000000010000000000000006").unwrap();
    let piece = repository(&town).log_pieces(&file).unwrap()[0].piece.name();
    let path = town.path("repository").join(piece.as_str());
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(fetch("000000010000000000000006"), 200, "damaged");
    assert!(fs::read(town.path("back")).is_ok(), "what was fetched before is still there");
    fs::rename(town.path("repository"), town.path("away")).unwrap();
    assert_eq!(fetch("00000001000000000000000A"), 200, "nobody could look");
}

/// Keeps the history of a timeline, as the server with these files would hand it over.
fn keep_history(town: &Town, timeline: u32, text: &str) {
    fs::create_dir_all(town.path("data/global")).unwrap();
    fs::create_dir_all(town.path("data/pg_wal")).unwrap();
    fs::write(town.path("data/global/pg_control"), SYSTEM.to_le_bytes()).unwrap();
    let name = format!("data/pg_wal/{timeline:08X}.history");
    fs::write(town.path(&name), text).unwrap();
    assert_eq!(town.run(&format!("wal push mau/cum {name}")).code, 0);
}

#[test]
fn a_hole_before_a_timeline_was_left_is_not_told_as_the_end_of_the_log() {
    let (town, _) = town();
    let keep = |name: &str| assert_eq!(town.run(&format!("wal push mau/cum {name}")).code, 0);
    let fetch = |name: &str| town.run(&format!("wal fetch {name} back"));
    for number in [4, 5] {
        keep(&put(&town, number, &segment(number, 3)));
    }
    assert_eq!(fetch("000000010000000000000006").code, 1, "nothing says that there is more");
    // Timeline 1 was left in the segment of number 8; nothing is kept of it behind number 5.
    keep_history(&town, 2, "1\t0/800100\tno recovery target specified\n");
    for name in ["000000010000000000000006", "000000010000000000000007"] {
        assert_eq!(fetch(name).code, 200, "{name} was there once");
    }
    for name in ["000000010000000000000008", "000000020000000000000008"] {
        assert_eq!(fetch(name).code, 1, "{name} may be the end");
    }
    // A grandchild says it as well, and one that says nothing leaves it open.
    keep_history(&town, 3, "1\t0/800100\tsau\n\n2\t0/A00100\tsau\n");
    assert_eq!(fetch("000000020000000000000009").code, 200);
    assert_eq!(fetch("00000002000000000000000A").code, 1);
    keep_history(&town, 9, "không\n");
    let unclear = fetch("00000002000000000000000A");
    assert_eq!(unclear.code, 200);
    assert!(unclear.err.contains("00000009.history"), "{}", unclear.err);
    assert!(!line_of(&town, 9)["whole"].as_bool().unwrap(), "a history that says nothing");
}

#[test]
fn each_system_is_begun_on_record_once_and_a_request_without_one_never() {
    let (town, _) = town();
    let mut daemon = open(&town, None);
    let mut guest = UnixStream::connect(town.path("state/wal.sock")).unwrap();
    let line = serde_json::json!({
        "v": 1, "database": "mau/cum", "system": "lạ", "name": "000000010000000000000007",
        "length": 8
    });
    guest.write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut answer = String::new();
    guest.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\"ok\":false"), "{answer}");
    // A server that was set up anew, while the old one is not yet silent.
    for (system, number) in [(SYSTEM, 7), (SYSTEM + 1, 3), (SYSTEM, 8), (SYSTEM + 1, 4)] {
        let name = put(&town, number, &segment_of(system, number, 1));
        assert_eq!(town.run(&format!("wal push mau/cum {name}")).code, 0);
    }
    let systems = |verb: &str| {
        let entries = town.of(verb);
        let told = entries.iter().map(|entry| entry.facts["system"].as_str().unwrap().to_owned());
        told.collect::<Vec<_>>()
    };
    let both = [SYSTEM, SYSTEM + 1].map(|system| system.to_string());
    assert_eq!(systems("wal.begin"), both);
    daemon.signal("TERM");
    daemon.ended();
    let mut kept = systems("wal.keep");
    kept.sort();
    assert_eq!(kept, both);
}

/// Copies the server as `pg_basebackup` does, without any log.
fn base(server: &Production) -> PathBuf {
    let target = folder("base").join("data");
    let mut copy = as_account("pg_basebackup").args(["-X", "none", "--checkpoint=fast", "-D"]);
    copy = copy.arg(&target).arg("-h").arg(&server.folder).args(["-U", "postgres", "-p"]);
    done(copy.arg(server.port.to_string()));
    target
}

/// What the recovering server is told: where its log comes from, and where to stop.
fn recovering(town: &Town, program: &Path, data: &Path, until: &str) {
    let lines = format!(
        "archive_mode = off\nrestore_command = '\"{}\" --config \"{}\" wal fetch %f \"%p\"'\n\
         recovery_target_time = '{until}'\nrecovery_target_action = promote\n",
        program.display(),
        town.path("duphong.yaml").display()
    );
    let settings = data.join("postgresql.auto.conf");
    let mut file = fs::OpenOptions::new().append(true).open(settings).unwrap();
    file.write_all(lines.as_bytes()).unwrap();
    fs::write(data.join("recovery.signal"), "").unwrap();
    // The account reads the repository as a person's would who recovers by hand.
    let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(town.folder.path()).status();
    assert!(opened.unwrap().success());
}

#[test]
fn a_recovery_stops_exactly_before_a_dropped_table_and_never_at_a_damaged_segment() {
    let (town, program) = town();
    let daemon = open(&town, Some(&program));
    let mut server = archiving(&town, &program);
    server.sql("CREATE TABLE tin (n int)");
    let (data, spoiled) = (base(&server), base(&server));
    server.sql("INSERT INTO tin SELECT generate_series(1, 1000)");
    let needed = switched(&server);
    server.sql("INSERT INTO tin SELECT generate_series(1, 234)");
    let before = server.sql("SELECT clock_timestamp()");
    server.sql("DROP TABLE tin");
    let last = switched(&server);
    archived(&server, &last);
    server.kill();
    drop(daemon);
    recovering(&town, &program, &data, &before);
    let back = Production::on_restored(&data);
    wait("the end of the recovery", || back.sql("SELECT pg_is_in_recovery()") == "f");
    assert_eq!(back.sql("SELECT count(*) FROM tin"), "1234");
    drop(back);
    // The same with a segment on the way that cannot be read: it must not come up with less.
    let system = line(&town)["system"].as_str().unwrap().to_owned();
    let stream = LogStream::new(&system, "00000001").unwrap();
    let file = LogFile::new(stream, &needed).unwrap();
    let piece = repository(&town).log_pieces(&file).unwrap()[0].piece.name();
    let path = town.path("repository").join(piece.as_str());
    fs::write(&path, &fs::read(&path).unwrap()[1..]).unwrap();
    recovering(&town, &program, &spoiled, &before);
    let postgres = as_account("postgres").arg("-D").arg(&spoiled).args(["-c", "listen_addresses="]);
    let ended = postgres.output(world().clock.as_ref(), LIMIT);
    let words = format!("{:?}", ended.expect_err("it must not come up"));
    assert!(words.contains("could not restore file") && words.contains(&needed), "{words}");
    assert!(spoiled.join("recovery.signal").exists(), "it is still to be recovered");
}

#[test]
fn whoever_removes_things_from_a_repository_does_not_keep_a_segment_out() {
    let (town, _) = town();
    let opened = repository(&town);
    let lock = opened.lock_exclusive().unwrap();
    let name = put(&town, 7, &segment(7, 1));
    assert_eq!(town.run(&format!("wal push mau/cum {name}")).code, 0);
    drop(lock);
    assert_eq!(line(&town)["segments"], 1);
}

/// The configuration of [`town`] with a server that can be asked, and keys of the repository.
fn asking(town: &Town, server: &Production, physical: &str, repository: &str) {
    let text = fs::read_to_string(town.path("duphong.yaml")).unwrap();
    let dsn = format!("dsn: \"{}\"{physical}", server.settings("postgres").dsn);
    let text = text.replace("dsn: \"dbname=postgres user=x\"", &dsn);
    let password = "password: { file: secrets/password }";
    town.configure(&text.replace(password, &format!("{password}{repository}")));
}

#[test]
fn status_and_metrics_tell_how_far_the_log_is_held_and_what_keeps_it_from_being_held() {
    let (town, program) = town();
    let server = archiving(&town, &program);
    asking(&town, &server, "", "");
    let mut daemon = open(&town, Some(&program));
    let held = "duphong_wal_held_age_seconds{portal=\"mau\",database=\"cum\",repository=\"local\"}";
    assert_eq!(daemon.metric(held), Some(f64::INFINITY), "nobody has looked");
    let look = || assert_eq!(town.run("ctl run log/mau/cum").code, 0);
    let last = switched(&server);
    archived(&server, &last);
    look();
    daemon.wait_for("a look", |daemon| daemon.metric(held).is_some_and(f64::is_finite));
    let log = town.json("status")["result"]["logs"][0].clone();
    let shelf = &log["repositories"][0];
    assert!(shelf["held-until"].is_string() && shelf["rpo-now-seconds"].is_u64(), "{log}");
    assert_eq!(
        (&log["server"]["handed-over"], &shelf["gaps"]),
        (&last.into(), &Value::Array(vec![]))
    );
    assert!(town.run("status").out.contains("RPO now"));
    // The disk is gone: what the daemon refuses, what waits and that nobody can look is told.
    fs::rename(town.path("repository"), town.path("away")).unwrap();
    switched(&server);
    wait("a failed attempt", || server.sql("SELECT failed_count > 0 FROM pg_stat_archiver") == "t");
    look();
    let read = held.replace("held_age_seconds", "read");
    daemon.wait_for("a blind look", |daemon| daemon.metric(&read) == Some(0.0));
    let ids = || {
        let remarks = town.json("status")["result"]["remarks"].clone();
        let ids = remarks.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap());
        ids.map(str::to_owned).filter(|id| id.starts_with("view-wal-")).collect::<Vec<_>>()
    };
    let seen = ids();
    for id in ["view-wal-unread", "view-wal-refused", "view-wal-failing", "view-wal-no-base"] {
        assert!(seen.iter().any(|one| one == id), "{id}: {seen:?}");
    }
    let files = "duphong_wal_waiting_files{portal=\"mau\",database=\"cum\"}";
    assert!(daemon.metric(files).is_some_and(|files| files >= 1.0));
    fs::rename(town.path("away"), town.path("repository")).unwrap();
    let last = switched(&server);
    archived(&server, &last);
    look();
    daemon.wait_for("a look", |daemon| daemon.metric(&read) == Some(1.0));
    assert_eq!(ids(), ["view-wal-no-base"]);
    // By hand it is the same, also where no daemon runs.
    drop(daemon);
    let checked = town.json("wal check mau/cum");
    assert_eq!(checked["exit"], 3, "{checked}");
    assert!(checked["result"]["logs"][0]["repositories"][0]["held-until"].is_string(), "{checked}");
}

#[test]
fn what_no_base_needs_goes_by_a_schedule() {
    let (town, program) = town();
    let server = Production::start("wal_keep_size = '1GB'");
    asking(&town, &server, ", physical: true", ", wal-forget: \"0 0 3 1 *\"");
    let before = switched(&server);
    let path = server.data.join("pg_wal").join(&before);
    let push = |path: &Path| town.run(&format!("wal push mau/cum {}", path.display())).code;
    assert_eq!(push(&path), 0);
    let taken = town.run("snapshot create --portal mau");
    assert_eq!(taken.code, 0, "{}", taken.err);
    let after = switched(&server);
    assert_eq!(push(&path.with_file_name(&after)), 0);
    let mut daemon = open(&town, Some(&program));
    assert!(town.run("next").out.contains("wal-forget/local"));
    let forget = || assert_eq!(town.run("ctl run wal-forget/local").code, 0);
    let hold = town.run("snapshot hold --portal mau --by An --reason thử");
    assert_eq!(hold.code, 0, "{}", hold.err);
    forget();
    let exit = "duphong_job_last_exit{job=\"wal-forget/local\"}";
    daemon.wait_for("a refusal", |daemon| daemon.metric(exit) == Some(1.0));
    assert_eq!(line(&town)["first"], Value::from(before));
    let release = town.run("snapshot release --portal mau --by An --reason xong");
    assert_eq!(release.code, 0, "{}", release.err);
    forget();
    daemon.wait_for("what it did", |daemon| daemon.metric(exit) == Some(0.0));
    assert_eq!(line(&town)["first"], Value::from(after));
    let record = town.of("wal.forget");
    assert_eq!(record.len(), 2, "an intent and its outcome: {record:?}");
}
