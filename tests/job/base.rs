//! Sets of a whole PostgreSQL server by its files: taken while it works, brought back by us and by
//! stock restic, and refused whenever they are not whole.

mod drilled;
mod older;
mod standby;
mod way;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::{Args, Fault as _, Message};
use duphong::base::manifest::Manifest;
use duphong::drill::fact::{CheckKind, Verdict};
use duphong::job::drill::Sabotage;
use duphong::job::restore::rates::Phase;
use duphong::job::snapshot::Taken;
use duphong::job::{restore, snapshot, wal};
use duphong::source::postgres::physical::{self, recovery, tablespaces};
use duphong::world::process::Process;

use crate::job::faults::Mounted;
use crate::job::portal::{Installation, configuration};
use crate::source::production::{Production, done, folder, program};
use way::Way;

/// An installation that takes bases of a server.
fn protecting(dsn: &str) -> Installation {
    let sources = format!(
        r#"
    databases:
      - {{ name: cum, postgres: {{ dsn: "{dsn}", physical: true }} }}
"#
    );
    Installation::with(&configuration(&sources))
}

fn here(production: &Production) -> Installation {
    protecting(&production.settings("postgres").dsn)
}

fn take(here: &Installation) -> Taken {
    snapshot::create(&here.site, "mau").unwrap()
}

fn restored(here: &Installation, target: &str) -> (PathBuf, Manifest) {
    let request = restore::Request {
        portal: "mau".into(),
        target: here.path(target),
        verify: true,
        ..restore::Request::default()
    };
    let back = restore::run(&here.site, &request, &|_| {}).unwrap();
    assert_eq!(back.exit(), ExitCode::Done, "{:?}", back.report);
    (here.path(target).join("base/cum/data"), back.manifest)
}

/// What PostgreSQL's own program says of a base, its log included.
#[track_caller]
fn verified(data: &Path) {
    done(Process::new(program("pg_verifybackup")).arg("--exit-on-error").arg(data));
}

/// A table of a megabyte, one in a tablespace, and one to count in.
fn filled(production: &Production) -> PathBuf {
    let place = folder("space");
    production.sql(&format!("CREATE TABLESPACE kho LOCATION '{}'", place.display()));
    production.sql(
        "CREATE TABLE tin AS SELECT n, repeat(md5(n::text), 8) AS chu FROM generate_series(1, 4000) n; \
         CREATE TABLE kho_tin TABLESPACE kho AS SELECT n, md5(n::text) AS chu FROM generate_series(1, 500) n; \
         CREATE TABLE dem (n int PRIMARY KEY)",
    );
    place
}

/// All rows of both tables as one digest.
const DIGEST: &str = "SELECT md5(string_agg(n || chu, ',' ORDER BY n)) FROM \
    (SELECT n, chu FROM tin UNION ALL SELECT -n, chu FROM kho_tin) AS a (n, chu)";

/// Counts up in commits of their own until told to stop.
fn count(production: &Production, from: u32, stop: &AtomicBool) {
    for n in from.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        production.sql(&format!("INSERT INTO dem VALUES ({n})"));
    }
}

fn counted(production: &Production) -> u32 {
    // No gap: what was committed before is there when what came later is.
    assert_eq!(production.sql("SELECT max(n) = count(*) FROM dem"), "t");
    production.sql("SELECT max(n) FROM dem").parse().unwrap()
}

#[test]
fn a_base_taken_from_a_server_at_work_comes_back_by_us_and_by_restic_and_serves() {
    let production = Production::start("");
    let place = filled(&production);
    let here = here(&production);
    production.sql("INSERT INTO dem VALUES (1)");
    let stop = AtomicBool::new(false);
    let (before, taken) = std::thread::scope(|scope| {
        scope.spawn(|| count(&production, 2, &stop));
        let before = counted(&production);
        let taken = take(&here);
        stop.store(true, Ordering::Relaxed);
        (before, taken)
    });
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let after = counted(&production);
    let digest = production.sql(DIGEST);

    let (data, manifest) = restored(&here, "back");
    verified(&data);
    let facts = &manifest.databases["cum"];
    let base = facts.base.as_ref().unwrap();
    assert_eq!(base.tablespaces.values().collect::<Vec<_>>(), [place.to_str().unwrap()]);
    assert!(base.page_checksums && base.files > 500, "{base:?}");
    assert!(facts.inventory.objects["role"].contains_key("portal"));
    let link = fs::read_link(data.join("pg_tblspc").join(base.tablespaces.keys().next().unwrap()));
    assert!(link.unwrap().starts_with("../../tablespaces"));

    let stock = here.path("stock");
    let output = here.restic(&["restore", "latest", "--target", stock.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let of_restic = stock.join("base/cum/data");
    verified(&of_restic);

    // Production and both copies serve at once: nothing of a copy leads to production.
    let copies = [Production::on_restored(&data), Production::on_restored(&of_restic)];
    for copy in &copies {
        assert_eq!(copy.sql(DIGEST), digest);
        assert!((before..=after).contains(&counted(copy)), "{before} to {after}");
        copy.sql("INSERT INTO kho_tin VALUES (501, 'mới')");
    }
    assert_eq!(production.sql(DIGEST), digest);
    let check = here.restic(&["check", "--read-data"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn the_next_base_stores_little_more_than_what_changed() {
    let production = Production::start("");
    production.sql(
        "CREATE TABLE tin AS SELECT n, md5(n::text) || md5(random()::text) AS chu \
         FROM generate_series(1, 200000) n; CREATE INDEX ON tin (n)",
    );
    // What a first reader would change: that is not what is measured here.
    production.sql("VACUUM FREEZE");
    let here = here(&production);
    let first = take(&here).sets[0].written.statistics;
    // As long as before: shorter rows would go into what is left free of 2,000 other pages.
    production.sql(
        "UPDATE tin SET chu = md5(n::text) || md5(random()::text) WHERE n BETWEEN 50000 AND 52000",
    );
    let next = take(&here).sets[0].written.statistics;
    // One row in a hundred, its index, and 16 MB of log.
    assert!(next.bytes_stored * 10 < first.bytes_stored, "{next:?}\n{first:?}");
}

#[test]
fn pages_that_do_not_fit_their_checksums_are_warnings_of_the_set() {
    let mut production = Production::start("");
    filled(&production);
    let file = production.sql("CHECKPOINT; SELECT pg_relation_filepath('tin')");
    production.kill();
    let path = production.data.join(&file);
    let mut bytes = fs::read(&path).unwrap();
    bytes[3 * 8192 + 5000] ^= 1;
    fs::write(&path, bytes).unwrap();
    production.again();
    let here = here(&production);
    let taken = take(&here);
    assert_eq!(taken.exit(), ExitCode::Warnings, "{taken:?}");
    let told = |skipped: &duphong::base::manifest::Skipped| {
        skipped.path == "base/cum"
            && skipped.reason.contains(&file)
            && skipped.reason.contains("block 3")
    };
    assert!(taken.skipped.iter().any(told), "{:?}", taken.skipped);
    // The page is kept as it is: more can be saved from it than from nothing.
    let (data, _) = restored(&here, "back");
    verified(&data);
}

#[track_caller]
fn no_set(here: &Installation) {
    let output = here.restic(&["snapshots", "--json"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "[]", "{output:?}");
}

/// No set, and the fault is one of these.
#[track_caller]
fn fails(here: &Installation, codes: &[&str]) {
    let fault = snapshot::create(&here.site, "mau").unwrap_err();
    assert!(codes.contains(&fault.code()), "{}: {fault:?}", fault.code());
    no_set(here);
}

#[test]
fn a_stream_that_breaks_or_lies_gives_no_set() {
    let mut production = Production::start("");
    filled(&production);
    let server = rustix::process::Pid::from_raw(production.id().try_into().unwrap()).unwrap();
    // One bit of a file's content, on its way.
    let way = Way::to(production.port, 3_000_000, |bytes| bytes[0] ^= 1);
    fails(&protecting(&way.dsn()), &["source.base-torn", "source.replication-protocol"]);
    // The connection is cut.
    let way = Way::to(production.port, 3_000_000, <[u8]>::reverse).cutting();
    fails(&protecting(&way.dsn()), &["source.gone", "source.replication-lost"]);
    // A role without the right; and one that may.
    let portal = production.settings("portal");
    fails(&protecting(&portal.dsn), &["source.replication-right"]);
    // The disk of the repository fills up.
    let small = here(&production);
    let disk = Mounted::under_repository(&small, "1m");
    assert_eq!(snapshot::create(&small.site, "mau").unwrap_err().code(), "store.full");
    let sets = fs::read_dir(small.path("repository/snapshots"));
    assert!(sets.map_or(true, |mut sets| sets.next().is_none()));
    drop(disk);
    let may = production.settings("plain");
    assert_eq!(take(&protecting(&may.dsn)).exit(), ExitCode::Done);
    // The server dies, as by a loss of power.
    let way = Way::to(production.port, 3_000_000, move |_| {
        rustix::process::kill_process(server, rustix::process::Signal::QUIT).unwrap();
    });
    fails(&protecting(&way.dsn()), &["source.gone", "source.replication-lost"]);
    production.kill();
}

#[test]
fn a_run_that_is_killed_leaves_no_set_and_nothing_that_stops_the_next() {
    let production = Production::start("");
    filled(&production);
    let (tell, told) = std::sync::mpsc::channel::<u32>();
    let way = Way::to(production.port, 3_000_000, move |_| {
        let victim = rustix::process::Pid::from_raw(told.recv().unwrap().try_into().unwrap());
        rustix::process::kill_process(victim.unwrap(), rustix::process::Signal::KILL).unwrap();
    });
    let here = protecting(&way.dsn());
    let mut command = Command::new(env!("CARGO_BIN_EXE_duphong"));
    command.arg("--config").arg(here.path("duphong.yaml"));
    command.args(["snapshot", "create", "--portal", "mau"]);
    command.env_clear().env("HOME", here.path("")).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    tell.send(child.id()).unwrap();
    assert!(!child.wait().unwrap().success());
    no_set(&here);
    assert_eq!(take(&here).exit(), ExitCode::Done);
    verified(&restored(&here, "back").0);
}

/// Only the newest is installed where tests run: its own stream, as older servers cut it.
#[test]
fn a_base_that_comes_as_servers_before_15_send_it_passes_a_drill() {
    let production = Production::start("");
    filled(&production);
    let dsn = format!(
        "host=127.0.0.1 port={} user=postgres dbname=postgres",
        older::older(production.port)
    );
    let here = protecting(&dsn);
    assert_eq!(take(&here).exit(), ExitCode::Done);
    let (data, manifest) = restored(&here, "back");
    verified(&data);
    assert_eq!(manifest.databases["cum"].base.as_ref().unwrap().tablespaces.len(), 1);
    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
}

#[test]
fn a_drill_proves_a_base_by_its_bytes_and_by_a_server_that_is_nobody_elses() {
    // What production's own settings would do in a copy of it.
    let production = Production::start(
        "archive_mode = on\narchive_command = 'touch archived_by_%f'\n\
         primary_conninfo = 'host=127.0.0.1'\n",
    );
    filled(&production);
    let here = here(&production);
    take(&here);
    let digest = production.sql(DIGEST);
    let drilled_well = here.drill(None);
    let record = &drilled_well.record;
    assert_eq!(record.verdict, Verdict::Pass, "{record:#?}");
    let kinds: Vec<_> = record.checks.iter().map(|check| (check.kind, check.compared)).collect();
    let files = kinds.iter().find(|(kind, _)| *kind == CheckKind::Files).unwrap().1;
    assert!(files > 900, "{kinds:?}");
    let order: Vec<_> = kinds.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(
        order,
        [CheckKind::Restore, CheckKind::Files, CheckKind::Load, CheckKind::Inventory]
    );
    // Production went on all the while, and nothing is left of the drill.
    assert_eq!(production.sql(DIGEST), digest);
    assert_eq!(fs::read_dir(here.path("scratch")).unwrap().count(), 0);
    let damaged = here.drill(Some(Sabotage::PackBit));
    assert_eq!(damaged.record.verdict, Verdict::Fail, "{:#?}", damaged.record);
}

#[test]
fn a_base_that_was_altered_after_its_restore_is_told_file_by_file() {
    let production = Production::start("");
    filled(&production);
    let here = here(&production);
    take(&here);
    let (data, manifest) = restored(&here, "back");
    let base = data.parent().unwrap();
    let facts = &manifest.databases["cum"];
    let found = |base: &Path| {
        let verified = physical::verify(base, facts, &Cancel::default()).unwrap();
        verified.differences
    };
    assert_eq!(found(base), []);
    let file = production.sql("SELECT pg_relation_filepath('tin')");
    let mut bytes = fs::read(data.join(&file)).unwrap();
    bytes[100] ^= 1;
    fs::write(data.join(&file), bytes).unwrap();
    fs::remove_file(data.join("PG_VERSION")).unwrap();
    fs::write(data.join("base/lạ"), b"").unwrap();
    let number = facts.base.as_ref().unwrap().tablespaces.keys().next().unwrap();
    let link = data.join("pg_tblspc").join(number);
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("/tmp", &link).unwrap();
    std::os::unix::fs::symlink("/tmp", data.join("pg_tblspc/99999")).unwrap();
    let log = fs::read_dir(data.join("pg_wal")).unwrap().flatten().map(|entry| entry.path());
    fs::remove_file(log.into_iter().find(|path| path.is_file()).unwrap()).unwrap();
    let mut differences = found(base);
    differences.sort();
    let words: Vec<_> = differences.iter().map(|(_, how)| *how).collect();
    assert_eq!(words.len(), 6, "{differences:?}");
    for (path, how) in [
        (format!("data/{file}"), "altered"),
        (format!("data/pg_tblspc/{number}"), "altered"),
        ("data/PG_VERSION".to_owned(), "missing"),
        ("data/base/lạ".to_owned(), "unexpected"),
        ("data/pg_tblspc/99999".to_owned(), "unexpected"),
    ] {
        assert!(differences.contains(&(path.clone(), how)), "{path}: {differences:?}");
    }
    // Another manifest is none to compare with.
    fs::write(data.join("backup_manifest"), b"{}").unwrap();
    let fault = physical::verify(base, facts, &Cancel::default()).unwrap_err();
    assert_eq!(fault.code(), "source.base-differs");
}

/// Replaying that a tablespace was made would write to production's place: here it is made while
/// the base is taken.
#[test]
fn a_base_whose_log_makes_a_tablespace_is_not_started_in_a_drill() {
    let production = Production::start("");
    filled(&production);
    let place = folder("moi");
    let port = production.settings("postgres");
    let made = format!("CREATE TABLESPACE moi LOCATION '{}'", place.display());
    let (tell, position) = std::sync::mpsc::channel::<String>();
    let way = Way::to(production.port, 3_000_000, move |_| {
        let before = "SELECT pg_current_wal_insert_lsn()";
        tell.send(crate::source::scratch::query(&port, before)).unwrap();
        crate::source::scratch::run(&port, &made);
    });
    let here = protecting(&way.dsn());
    take(&here);
    // Replayed, the log would make production's folder anew.
    production.sql("DROP TABLESPACE moi");
    let left = || fs::read_dir(&place).unwrap().count();
    assert_eq!(left(), 0);
    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::Fail, "{:#?}", drilled.record);
    let told = format!("{:?}", drilled.record.checks);
    assert!(told.contains("source.base-makes-tablespace"), "{told}");
    assert_eq!(left(), 0, "nothing is made in production's place");
    // Made behind the base's end, in its last file, it is replayed as well.
    let (data, manifest) = restored(&here, "back");
    let folder = data.parent().unwrap();
    let mut base = manifest.databases["cum"].base.clone().unwrap();
    base.stop_lsn = position.recv().unwrap();
    let last = recovery::first_segment(&base).unwrap() - 1;
    let major = physical::major(&manifest.databases["cum"]).unwrap();
    recovery::make_log_folder(folder).unwrap();
    let refused =
        tablespaces::refuse(folder, &base, last, (None, major), &here.site.world).unwrap_err();
    assert_eq!(refused.code(), "source.base-makes-tablespace", "{refused}");
}

/// Everything that production has archived is kept in the repository.
fn keep_log(here: &Installation, archive: &Path) {
    let mut files: Vec<_> =
        fs::read_dir(archive).unwrap().flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_none()) {
        wal::push(&here.site, "mau/cum", wal::Brought::open(file).unwrap()).unwrap();
    }
}

/// Switches the log file and waits until the one before lies in the archive.
fn archived(production: &Production, archive: &Path) {
    let name = production.sql("SELECT pg_walfile_name(pg_switch_wal())");
    let started = std::time::Instant::now();
    while !archive.join(&name).is_file() {
        assert!(started.elapsed().as_secs() < 60, "{name} is not archived");
    }
}

/// What a restore leaves that is killed while it lays a log beside a base.
fn begin_to_lay(base: &Path) {
    fs::create_dir_all(base.join("wal")).unwrap();
    fs::write(base.join("wal/000000010000000000000001"), "nửa").unwrap();
    fs::write(base.join("data/recovery.signal"), "").unwrap();
    fs::write(base.join("data/postgresql.auto.conf"), "port = 1").unwrap();
}

fn log_of(plan: &restore::plan::Plan) -> &restore::plan::PlannedPhase {
    plan.phases.iter().find(|phase| phase.phase == Phase::Log).unwrap()
}

const TIMELINE: &str = "SELECT left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)";

/// The server that came back first went on, and its log was kept: the next takes another number,
/// also where of a timeline only a segment is kept.
fn a_second_time(here: &Installation, request: &restore::Request, first: &Production) {
    assert_eq!(first.sql(TIMELINE), "00000002");
    let log = first.data.join("pg_wal");
    let segment = first.sql("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
    let of_third = segment.replacen("00000002", "00000003", 1);
    fs::copy(log.join(segment), log.join(&of_third)).unwrap();
    for name in ["00000002.history", &of_third] {
        wal::push(&here.site, "mau/cum", wal::Brought::open(&log.join(name)).unwrap()).unwrap();
    }
    let back = restore::run(&here.site, request, &|_| {}).unwrap();
    let held = Args::none().text("database", "cum").text("timelines", 3);
    assert!(
        back.notes.contains(&Message::with("restore-note-timelines", held)),
        "{:?}",
        back.notes
    );
    let next = Production::on_restored(&request.target.join("base/cum/data"));
    next.open_for_writing();
    assert_eq!(next.sql(TIMELINE), "00000004");
}

/// A restore that ends before the base was told where to stop leaves none that can be started; and
/// without the program that reads the log it does not begin.
fn unfinished(here: &Installation, request: &restore::Request) -> restore::Restored {
    let text = fs::read_to_string(here.path("duphong.yaml")).unwrap();
    let away = text.replace("wal: {}", "wal: {}, bin-dir: /nowhere");
    assert!(away != text);
    fs::write(here.path("duphong.yaml"), away).unwrap();
    let (site, _runtime) = crate::job::portal::site(&here.path("duphong.yaml"));
    fs::write(here.path("duphong.yaml"), text).unwrap();
    let fault = restore::run(&site, request, &|_| {}).unwrap_err();
    assert_eq!(fault.code(), "source.tools", "{fault:?}");
    assert!(!request.target.exists());
    let opened = here.site.open("local").unwrap();
    let listing = opened.log_listing(None).unwrap();
    let segments = listing.pieces.iter().filter(|stored| stored.piece.file.name().len() == 24);
    let saved: Vec<_> = segments
        .map(|stored| {
            let path = here.path("repository").join(stored.piece.name().as_str());
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, b"x").unwrap();
            (path, bytes)
        })
        .collect();
    let fault = restore::run(&here.site, request, &|_| {}).unwrap_err();
    assert_eq!(fault.code(), "wal.halt", "{fault:?}");
    for (path, bytes) in saved {
        fs::write(path, bytes).unwrap();
    }
    // A server that is started there leaves files of its own: in a copy.
    let copy = here.path("copy");
    done(Process::new("cp").arg("-a").arg(&request.target).arg(&copy));
    let said = Production::ended_on(&copy.join("base/cum/data"));
    assert!(said.contains("recovery.conf"), "{said}");
    // It goes on where the log failed it, also after one that was killed while it lay there.
    begin_to_lay(&request.target.join("base/cum"));
    let resumed = restore::Request { resume: true, ..request.clone() };
    let resumed = restore::run(&here.site, &resumed, &|_| {}).unwrap();
    assert_eq!((resumed.exit(), resumed.reached.len()), (ExitCode::Done, 1));
    assert!(!request.target.join(".duphong-restore").exists());
    let data = request.target.join("base/cum/data");
    let settings = fs::read_to_string(data.join("postgresql.auto.conf")).unwrap();
    assert!(settings.contains("recovery_target_time") && !settings.contains("port = 1"));
    assert!(!data.join("recovery.conf").exists());
    resumed
}

#[test]
fn a_server_comes_back_to_just_before_a_table_was_dropped() {
    let archive = folder("archive");
    let lines = format!(
        "archive_mode = on\narchive_command = 'cp %p {0}/.%f && mv {0}/.%f {0}/%f'",
        archive.display()
    );
    let production = Production::start(&lines);
    filled(&production);
    let here = Installation::with(&configuration(&format!(
        "\n    databases:\n      - {{ name: cum, postgres: {{ dsn: \"{}\", physical: true, \
         wal: {{}} }} }}\n",
        production.settings("postgres").dsn
    )));
    let early = here.site.world.clock.now();
    take(&here);
    production.sql("CREATE TABLE bai AS SELECT n FROM generate_series(1, 1000) n");
    archived(&production, &archive);
    // Each alone: statements that are sent together are committed together.
    production.sql("INSERT INTO bai VALUES (1001)");
    let last = production.sql("SELECT clock_timestamp()");
    let digest = production.sql(DIGEST);
    let before: jiff::Timestamp = last.parse().unwrap();
    production.sql("DROP TABLE bai; DROP TABLE tin");
    archived(&production, &archive);

    let request = |to: jiff::Timestamp, target: &str| restore::Request {
        portal: "mau".into(),
        target: here.path(target),
        to: Some(to),
        ..restore::Request::default()
    };
    let refused = |to, target, code| {
        let fault = restore::run(&here.site, &request(to, target), &|_| {}).unwrap_err();
        assert_eq!(fault.code(), code, "{fault:?}");
    };
    refused(early, "early", "source.base-none");
    refused(before, "bare", "source.base-no-log");
    assert!(!here.path("bare").exists(), "it is known before a byte is fetched");
    keep_log(&here, &archive);
    let resumed = unfinished(&here, &request(before, "unfinished"));
    let back = restore::run(&here.site, &request(before, "back"), &|_| {}).unwrap();
    assert_eq!(back.exit(), ExitCode::Done, "{:?}", back.notes);
    let log = log_of(&back.plan);
    let (base, segment) = (back.manifest.databases["cum"].dump_bytes, 16 << 20);
    assert!(log.bytes >= base + segment && (log.bytes - base).is_multiple_of(segment), "{log:?}");
    assert_eq!(back.plan.space[0].needed, back.plan.outline.space_bytes + log.bytes - base);
    let measured = log.expected.map(|one| one.measurements);
    assert_eq!((log_of(&resumed.plan).expected, measured), (None, Some(1)));
    let [reached] = &back.reached[..] else { panic!("{:?}", back.reached) };
    assert_eq!((reached.database.as_str(), &reached.gap, reached.last.len()), ("cum", &None, 24));
    let copy = Production::on_restored(&here.path("back/base/cum/data"));
    copy.open_for_writing();
    assert_eq!(copy.sql("SELECT count(*) = 1001 AND max(n) = 1001 FROM bai"), "t");
    assert_eq!(copy.sql(DIGEST), digest);
    copy.sql("INSERT INTO bai VALUES (1002)");
    assert_eq!(copy.sql("SHOW archive_mode"), "off");
    a_second_time(&here, &request(before, "again"), &copy);
    // Production is as it was, and where the log does not reach, the server does not open.
    assert_eq!(production.sql("SELECT to_regclass('bai') IS NULL"), "t");
    let later = here.site.world.clock.now() + std::time::Duration::from_hours(1);
    restore::run(&here.site, &request(later, "later"), &|_| {}).unwrap();
    let short = Production::ended_on(&here.path("later/base/cum/data"));
    assert!(short.contains("recovery ended before configured recovery target"), "{short}");
}
