//! Commands as a source: real engines through their own programs, and programs that fail in every way
//! a program can.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::command::{Blank, Command, Left, Part};
use duphong::base::exit::ExitCode;
use duphong::base::fault::{Fault as _, chain};
use duphong::base::manifest::DatabaseFacts;
use duphong::base::progress::{Progress, Silent};
use duphong::base::secret::Secret;
use duphong::source::command::{self, Settings};
use duphong::source::error::SourceError;
use duphong::source::rows::RowKey;
use duphong::source::{Database, Dump, Identity, postgres};

use super::scratch::{cluster_with, query, run, world};

/// A command of these words, in which `{folder}` and its kind are blanks.
pub(crate) fn words(words: &[&str]) -> Command {
    let parts = |word: &&str| {
        let blanks = [Blank::Folder, Blank::Target, Blank::Scratch];
        let mut parts = vec![Part::Text((*word).to_owned())];
        for blank in blanks {
            let marker = format!("{{{}}}", blank.as_str());
            if let Some((before, after)) = word.split_once(&marker) {
                parts = vec![
                    Part::Text(before.to_owned()),
                    Part::Blank(blank),
                    Part::Text(after.to_owned()),
                ];
            }
        }
        parts
    };
    let (program, arguments) = words.split_first().unwrap();
    Command { program: (*program).to_owned(), arguments: arguments.iter().map(parts).collect() }
}

pub(super) fn shell(script: &str) -> Command {
    words(&["/bin/sh", "-c", script])
}

pub(super) fn stream(dump: Command) -> Settings {
    Settings {
        dump: Some(dump),
        load: None,
        count: None,
        paths: Vec::new(),
        left: Left::Stream { extension: "sql".to_owned(), end: None },
        environment: Vec::new(),
        limit: Duration::from_mins(1),
        silence: Duration::from_secs(30),
        target: OsString::new(),
        scratch: PathBuf::new(),
    }
}

fn files(dump: Command, wanted: &[&str]) -> Settings {
    let wanted = wanted.iter().map(|one| (*one).to_owned()).collect();
    Settings { left: Left::Files { wanted }, ..stream(dump) }
}

pub(super) struct Dumped {
    folder: tempfile::TempDir,
    pub(super) facts: DatabaseFacts,
}

pub(super) fn dump(settings: &Settings) -> Result<Dumped, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("db");
    let facts = command::dump(settings, "cong", &spool, &world(), &Cancel::default(), &Silent)?;
    Ok(Dumped { folder, facts })
}

fn load(dumped: &Dumped, settings: &Settings) -> Result<(), SourceError> {
    let folder = &dumped.folder.path().join("db");
    let dump = Dump { folder, name: "cong", facts: &dumped.facts };
    command::load(dump, settings, &world(), &Cancel::default(), &Silent)
}

/// The code of the fault, and all it says.
#[track_caller]
pub(super) fn refused(settings: &Settings) -> (&'static str, String) {
    match dump(settings) {
        Err(fault) => (fault.code(), chain(&fault)),
        Ok(dumped) => panic!("{:?}", dumped.facts),
    }
}

/// Whether anything still runs whose environment or command line holds `word`.
fn lives(word: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let is_other = entry.file_name().to_string_lossy() != std::process::id().to_string();
        is_other && String::from_utf8_lossy(&line).contains(word)
    })
}

const COUNT: &str = "SELECT 'bai_viet' || char(9) || count(*) FROM bai_viet UNION ALL \
                     SELECT 'tep' || char(9) || count(*) FROM tep";

fn sqlite(folder: &Path) -> PathBuf {
    let file = folder.join("that.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    let script = "CREATE TABLE bai_viet (id INTEGER PRIMARY KEY, ten TEXT); CREATE TABLE tep (x);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         INSERT INTO bai_viet SELECT i, 'Bài số ' || i || char(10) || '\t' FROM n;";
    connection.execute_batch(script).unwrap();
    file
}

#[test]
fn a_stream_goes_through_stock_programs_and_is_counted_the_same() {
    let here = tempfile::tempdir().unwrap();
    let live = sqlite(here.path());
    let live = live.to_str().unwrap();
    let settings = Settings {
        count: Some(words(&["sqlite3", live, COUNT])),
        left: Left::Stream { extension: "sql".to_owned(), end: Some("COMMIT;".to_owned()) },
        ..stream(words(&["sqlite3", live, ".dump"]))
    };
    let before = world().clock.now();
    let dumped = dump(&settings).unwrap();
    let facts = &dumped.facts;
    assert_eq!((facts.engine.as_str(), facts.path.as_str()), ("command", "db/cong.sql"));
    assert_eq!(facts.inventory.tables["bai_viet"].rows, 500);
    assert_eq!(facts.inventory.tables["tep"].rows, 0);
    assert!(facts.inventory.blind.is_empty() && facts.instant >= before);
    let file = dumped.folder.path().join("db/cong.sql");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&file).unwrap();
    let digest = duphong::base::digest::Digest::of(&bytes).to_string();
    assert_eq!(facts.dump_digest.as_deref(), Some(digest.as_str()));
    assert_eq!(facts.dump_bytes, bytes.len() as u64);

    let back = here.path().join("back.db");
    let target = Settings {
        dump: None,
        load: Some(words(&["sqlite3", "{target}"])),
        count: Some(words(&["sqlite3", back.to_str().unwrap(), COUNT])),
        target: back.clone().into(),
        ..settings.clone()
    };
    load(&dumped, &target).unwrap();
    let key = RowKey::parse(&facts.inventory.row_key).unwrap();
    let found = command::inventory(&target, &key, &world(), &Cancel::default()).unwrap();
    assert_eq!(found, facts.inventory);
    let database = Database::Command(Box::new(target.clone()));
    assert_eq!(database.identity(facts, &world()).unwrap(), Identity::Unknown);
    assert_eq!(database.size(&world()).unwrap(), None);

    // One byte otherwise, and nothing reaches the target.
    let mut other = bytes.clone();
    other[100] ^= 1;
    fs::write(&file, other).unwrap();
    fs::remove_file(&back).unwrap();
    let fault = load(&dumped, &target).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("source.dump-damaged", ExitCode::Integrity));
    assert!(!back.exists());
}

#[test]
fn a_dump_that_is_not_whole_is_none() {
    let check = |script: &str, code: &str, told: &[&str]| {
        let (found, text) = refused(&stream(shell(script)));
        assert_eq!(found, code, "{script}: {text}");
        for word in told {
            assert!(text.contains(word), "{script}: {text}");
        }
    };
    check(
        "echo half; echo 'lost connection' >&2; exit 3",
        "source.command",
        &["exit status: 3", "lost connection"],
    );
    check("echo half; kill -9 $$", "source.command", &["signal: 9"]);
    check("exit 0", "source.command-empty", &["/bin/sh"]);
    // What matters of a flood is its end.
    let flood = "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo 'the reason' >&2; exit 1";
    check(flood, "source.command", &["the reason"]);
    let (_, text) = refused(&stream(shell(flood)));
    assert!(text.len() < 20_000, "{}", text.len());
    let (code, _) = refused(&stream(words(&["/nowhere/dump"])));
    assert_eq!(code, "source.command");

    let end = Some("-- done".to_owned());
    let cut = Settings {
        left: Left::Stream { extension: "sql".to_owned(), end },
        ..stream(shell("echo '-- done'; head -c 5000 /dev/zero"))
    };
    assert_eq!(refused(&cut).0, "source.command-cut");
    let whole =
        Settings { dump: Some(shell("head -c 9000 /dev/zero; echo '-- done'; echo")), ..cut };
    assert_eq!(dump(&whole).unwrap().facts.dump_bytes, 9009);
}

/// Asks to stop as soon as anything has flowed.
struct Stop(Cancel);
impl Progress for Stop {
    fn phase(&self, _phase: &'static str) {}
    fn total(&self, _items: u64, _bytes: u64) {}
    fn advance(&self, _items: u64, _bytes: u64) {
        self.0.cancel();
    }
}

#[test]
fn who_hangs_is_ended_with_all_whom_it_started() {
    // The shell ignores SIGTERM, one child leaves the group, and all hold the stream.
    let script = |word: &str| {
        format!("trap '' TERM; echo begun; setsid sleep 4711{word} & sleep 4711{word} & wait")
    };
    let quick = |settings: Settings| Settings { silence: Duration::from_millis(300), ..settings };
    let (code, text) = refused(&quick(stream(shell(&script("1")))));
    assert!(code == "source.command" && text.contains("stood still"), "{text}");
    assert!(!lives("47111"));

    let late = Settings { limit: Duration::from_millis(300), ..stream(shell(&script("2"))) };
    let (code, text) = refused(&late);
    assert!(code == "source.command" && text.contains("did not end within"), "{text}");
    assert!(!lives("47112"));

    // A program that ends while another one of its holds the stream has not ended it.
    let orphan = "echo begun; setsid sleep 47113 &";
    let (_, text) = refused(&quick(stream(shell(orphan))));
    assert!(text.contains("stood still"), "{text}");
    assert!(!lives("47113"));

    let stop = Stop(Cancel::default());
    let folder = tempfile::tempdir().unwrap();
    let endless = stream(shell("yes 47114"));
    let stopped = command::dump(&endless, "cong", folder.path(), &world(), &stop.0, &stop);
    let fault = stopped.unwrap_err();
    assert_eq!(fault.exit(), ExitCode::Interrupted, "{}", chain(&fault));
    assert!(!lives("47114"));
}

#[test]
fn a_load_reads_everything_or_has_failed() {
    let dumped = dump(&stream(shell("head -c 300000 /dev/zero"))).unwrap();
    let small = dump(&stream(shell("echo little"))).unwrap();
    let by = |script: &str| Settings { load: Some(shell(script)), ..stream(shell("true")) };
    load(&dumped, &by("test $(wc -c) = 300000")).unwrap();
    for (dumped, script, told) in [
        (&dumped, "head -c 10 >/dev/null", "without reading"),
        (&small, "exit 0", "without reading"),
        (&small, "exec <&-; sleep 0.1", "without reading"),
        (&dumped, "cat >/dev/null; echo 'no such table'; exit 1", "no such table"),
        (&dumped, "echo refused >&2; exit 2", "refused"),
    ] {
        let fault = load(dumped, &by(script)).unwrap_err();
        let text = chain(&fault);
        assert!(fault.code() == "source.command" && text.contains(told), "{script}: {text}");
    }
    let none = stream(shell("true"));
    assert_eq!(load(&small, &none).unwrap_err().code(), "source.command-lacks");
}

#[test]
fn counts_that_fail_or_change_are_told() {
    let counted = |script: &str| Settings { count: Some(shell(script)), ..stream(shell("echo x")) };
    assert_eq!(refused(&counted("printf 'a\\t1\\n'; exit 1")).0, "source.command");
    assert_eq!(refused(&counted("echo 'a 1'")).0, "source.command-count");
    assert_eq!(refused(&counted("true")).0, "source.command-count");
    let here = tempfile::tempdir().unwrap();
    let tally = here.path().join("n");
    let growing =
        format!("echo >>{0}; printf 'log\\t%s\\nbai_viet\\t7\\n' $(wc -l <{0})", tally.display());
    let inventory = dump(&counted(&growing)).unwrap().facts.inventory;
    assert_eq!(inventory.tables.keys().collect::<Vec<_>>(), ["bai_viet"]);
    assert!(inventory.blind[0].contains("1 rows before, 2 after"), "{:?}", inventory.blind);
    let uncounted = dump(&stream(shell("echo x"))).unwrap().facts.inventory;
    assert_eq!((uncounted.tables.len(), uncounted.blind.len()), (0, 1));
}

#[test]
fn files_are_checked_and_come_back_to_the_byte() {
    let some = "mkdir {folder}/a && echo one >{folder}/a/x.bak && echo two >{folder}/y.log";
    let some = &some.replace("{folder}", "$0");
    let by = |script: &str| words(&["/bin/sh", "-c", script, "{folder}"]);
    let check = |script: &str, wanted: &[&str], told: &str| {
        let (code, text) = refused(&files(by(script), wanted));
        assert!(code == "source.command-files" && text.contains(told), "{script}: {text}");
    };
    check("echo said but not left", &[], "no file");
    check("mkdir $0/empty", &[], "no file");
    check("echo x >$0/a; : >$0/b", &[], "/b` is empty");
    check("echo x >$0/a; ln -s /etc/passwd $0/b", &[], "neither a file");
    check("mkfifo $0/b", &[], "neither a file");
    check(some, &["*.dmp"], "no file `*.dmp`");
    let failed = refused(&files(by("echo x >$0/a; echo 'ORA-01017' ; exit 1"), &[]));
    assert!(failed.0 == "source.command" && failed.1.contains("ORA-01017"), "{failed:?}");

    let settings = files(by(some), &["*.bak", "y.*"]);
    let dumped = dump(&settings).unwrap();
    assert_eq!(dumped.facts.path, "db/cong");
    assert_eq!(dumped.facts.dump_bytes, 8);
    let load_it = Settings {
        load: Some(by("test $(cat $0/a/x.bak) = one && test $(cat $0/y.log) = two")),
        ..settings.clone()
    };
    load(&dumped, &load_it).unwrap();
    let root = dumped.folder.path().join("db/cong");
    for change in ["mv $0/y.log $0/z.log", "echo xyz >$0/z.log", "mv $0/z.log $0/y.log; : >$0/n"] {
        let arguments = ["-c", change, root.to_str().unwrap()];
        std::process::Command::new("/bin/sh").args(arguments).status().unwrap();
        assert_eq!(load(&dumped, &load_it).unwrap_err().code(), "source.dump-damaged", "{change}");
    }
    let as_stream = Settings { load: load_it.load.clone(), ..stream(shell("true")) };
    assert_eq!(load(&dumped, &as_stream).unwrap_err().code(), "source.command-files");
}

#[test]
fn files_that_are_still_written_are_no_dump() {
    let by = |script: &str| files(words(&["/bin/sh", "-c", script, "{folder}"]), &[]);
    // What the command has started outlives it, whether it writes at this moment or not.
    let behind = by("echo x >$0/a; setsid sleep 47121 & sleep 47122 &");
    let fault = dump(&behind).map(|_| ()).unwrap_err();
    let text = chain(&fault);
    assert_eq!(fault.beneath().unwrap().code(), "process.behind", "{text}");
    assert_eq!(text.matches("sleep (").count(), 2, "{text}");
    assert!(!lives("47121") && !lives("47122"), "they are ended with the dump");
    // Who ends in time was the end of a pipeline.
    let late = by("echo x >$0/a; { sleep 0.3; echo yz >>$0/a; } &");
    assert_eq!(dump(&late).unwrap().facts.dump_bytes, 5);

    // A server that nobody here has started, as the count sees to.
    let place = tempfile::tempdir().unwrap();
    let told = place.path().join("folder");
    let script = format!("echo x >$0/a; echo $0 >{}", told.display());
    for change in ["echo more >>$f/a", "echo y >$f/a", "echo z >$f/b", "rm $f/a"] {
        let count = format!("f=$(cat {0}) && {change}; printf 't\\t1\\n'", told.display());
        let before = tempfile::tempdir().unwrap();
        fs::write(&told, before.path().to_str().unwrap()).unwrap();
        fs::write(before.path().join("a"), "x").unwrap();
        let settings = Settings { count: Some(shell(&count)), ..by(&script) };
        let (code, text) = refused(&settings);
        assert_eq!(code, "source.command-changed", "{change}: {text}");
    }
}

#[test]
fn what_our_own_side_takes_long_for_is_not_the_programs_silence() {
    /// A store that takes longer for one piece than a program may be silent.
    struct Slow(u32);
    impl std::io::Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if self.0 > 0 {
                self.0 -= 1;
                std::thread::sleep(Duration::from_millis(900));
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let settings = Settings {
        silence: Duration::from_millis(300),
        ..stream(shell("head -c 3000000 /dev/zero"))
    };
    let pull = |settings: &Settings, slow: u32| {
        command::pull(settings, &world(), &Cancel::default(), &Silent, Slow(slow))
    };
    pull(&settings, 2).unwrap();
    // The clock of the whole goes on.
    let late = Settings { limit: Duration::from_millis(300), ..settings.clone() };
    let text = chain(&pull(&late, 2).unwrap_err());
    assert!(text.contains("did not end within"), "{text}");
    // And the program's own silence counts as before.
    let silent = Settings { dump: Some(shell("echo x; sleep 47123")), ..settings };
    assert!(chain(&pull(&silent, 0).unwrap_err()).contains("stood still"));
}

#[test]
fn the_way_a_command_failed_has_a_code_of_its_own() {
    /// A spool that is full.
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let short = Duration::from_millis(200);
    let pull = |settings: &Settings, cancel: &Cancel| {
        let fault = command::pull(settings, &world(), cancel, &Silent, Full).unwrap_err();
        fault.beneath().unwrap().code()
    };
    let check =
        |settings: Settings, code: &str| assert_eq!(pull(&settings, &Cancel::default()), code);
    check(stream(shell("echo x")), "process.ours");
    check(stream(shell("exit 1")), "process.failed");
    check(stream(words(&["/nowhere/dump"])), "process.missing");
    check(stream(words(&["/etc/hostname"])), "process.start");
    check(Settings { limit: short, ..stream(shell("sleep 47141")) }, "process.timed-out");
    check(Settings { silence: short, ..stream(shell("sleep 47142")) }, "process.silent");
    let stopped = Cancel::default();
    stopped.cancel();
    assert_eq!(pull(&stream(shell("sleep 47143")), &stopped), "process.stopped");
    let dumped = dump(&stream(shell("echo x"))).unwrap();
    let unread = Settings { load: Some(shell("true")), ..stream(shell("true")) };
    let fault = load(&dumped, &unread).unwrap_err();
    assert_eq!(fault.beneath().unwrap().code(), "process.unread");
}

#[test]
fn progress_is_told_in_bytes() {
    #[derive(Default)]
    struct Told([std::sync::atomic::AtomicU64; 4]);
    impl Progress for Told {
        fn phase(&self, _phase: &'static str) {}
        fn total(&self, items: u64, bytes: u64) {
            self.0[0].fetch_add(items, std::sync::atomic::Ordering::Relaxed);
            self.0[1].fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
        }
        fn advance(&self, items: u64, bytes: u64) {
            self.0[2].fetch_add(items, std::sync::atomic::Ordering::Relaxed);
            self.0[3].fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let dumped = dump(&stream(shell("head -c 300000 /dev/zero"))).unwrap();
    let folder = &dumped.folder.path().join("db");
    let dump = Dump { folder, name: "cong", facts: &dumped.facts };
    let settings = Settings { load: Some(shell("cat >/dev/null")), ..stream(shell("true")) };
    let told = Told::default();
    command::load(dump, &settings, &world(), &Cancel::default(), &told).unwrap();
    assert_eq!(told.0.map(std::sync::atomic::AtomicU64::into_inner), [0, 300_000, 0, 300_000]);
}

#[test]
fn a_growing_folder_is_not_silent() {
    let slow = "for i in 1 2 3 4; do echo $i >$0/$i; sleep 0.9; done";
    let settings = Settings {
        silence: Duration::from_secs(3),
        ..files(words(&["/bin/sh", "-c", slow, "{folder}"]), &[])
    };
    assert_eq!(dump(&settings).unwrap().facts.dump_bytes, 8);
}

#[test]
fn a_secret_reaches_the_program_and_nothing_else() {
    let script = "tr '\\0' ' ' </proc/$$/cmdline; echo; printenv PASSWORD LANG2; env | wc -l; pwd";
    let settings = Settings {
        environment: vec![
            ("PASSWORD".to_owned(), Secret::new("mật khẩu $x".into())),
            ("LANG2".to_owned(), Secret::new(b"vi".to_vec())),
        ],
        ..stream(shell(script))
    };
    let dumped = dump(&settings).unwrap();
    let text = fs::read_to_string(dumped.folder.path().join("db/cong.sql")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(!lines[0].contains("mật"), "{text}");
    // PATH, LC_ALL, the mark, the two of ours, and PWD, which the shell adds.
    assert_eq!(lines[1..], ["mật khẩu $x", "vi", "6", "/"], "{text}");
    assert!(!format!("{settings:?}").contains("mật"));
    let secret = OsString::from("mật");
    let process = duphong::world::process::Process::new("x").env("PASSWORD", secret);
    assert!(!format!("{process:?}").contains("mật"));
}

#[test]
fn targets_are_single_plain_words() {
    for good in ["portal_new", "/srv/x.db", "db-1.example:5432/portal", "user@host"] {
        assert!(command::check_target(good).is_ok(), "{good}");
    }
    let long = "x".repeat(201);
    for bad in ["", "-rf", "a b", "a;b", "$(x)", "a'b", "a\nb", "cổng", "a|b", "~x", "a*", &long]
    {
        assert_eq!(
            command::check_target(bad).unwrap_err().code(),
            "source.command-target",
            "{bad}"
        );
    }
}

/// A program of the server's own version, and its words to reach a database of a scratch cluster.
fn client(settings: &postgres::Settings, program: &str) -> Vec<String> {
    let bin = ["/usr/lib/postgresql"].iter().find_map(|root| {
        let versions = fs::read_dir(root).ok()?;
        let mut found: Vec<_> = versions.flatten().map(|entry| entry.path()).collect();
        found.sort();
        found.pop()
    });
    let program = bin.unwrap().join("bin").join(program);
    vec![program.display().to_string(), "--dbname".to_owned(), settings.dsn.clone()]
}

#[test]
fn postgres_goes_through_its_own_programs() {
    let (cluster, live) = cluster_with("cong", None);
    run(
        &live,
        "CREATE TABLE bai_viet (id int PRIMARY KEY, ten text);
         INSERT INTO bai_viet SELECT i, 'Bài số ' || i FROM generate_series(1, 300) AS i;",
    );
    cluster.create_database("lai", None, &world()).unwrap();
    let (target, work) = (cluster.settings("lai"), tempfile::tempdir().unwrap());
    let pass = work.path().join("pass");
    let password = String::from_utf8(cluster.password().expose().to_vec()).unwrap();
    fs::write(&pass, format!("*:*:*:*:{password}\n")).unwrap();
    fs::set_permissions(&pass, fs::Permissions::from_mode(0o600)).unwrap();
    let command = |settings: &postgres::Settings, program: &str, more: &[&str]| {
        let begin = client(settings, program);
        words(&begin.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>())
    };
    let query_text =
        "SELECT 'bai_viet', count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM bai_viet t";
    let counting = ["-XAt", "-F", "\t", "-c", query_text];
    let pass = Secret::new(pass.display().to_string().into_bytes());
    let settings = Settings {
        count: Some(command(&live, "psql", &counting)),
        left: Left::Stream {
            extension: "sql".to_owned(),
            end: Some("PostgreSQL database dump complete".to_owned()),
        },
        environment: vec![("PGPASSFILE".to_owned(), pass)],
        ..stream(command(&live, "pg_dump", &[]))
    };
    let dumped = dump(&settings).unwrap();
    assert_eq!(dumped.facts.inventory.tables["bai_viet"].rows, 300);
    assert_eq!(dumped.facts.inventory.tables["bai_viet"].digest.len(), 32);
    let into = Settings {
        load: Some(command(&target, "psql", &["-XqatF", ",", "-v", "ON_ERROR_STOP=1"])),
        count: Some(command(&target, "psql", &counting)),
        ..settings.clone()
    };
    load(&dumped, &into).unwrap();
    let key = RowKey::parse(&dumped.facts.inventory.row_key).unwrap();
    let found = command::inventory(&into, &key, &world(), &Cancel::default()).unwrap();
    assert_eq!(found, dumped.facts.inventory);
    assert_eq!(query(&target, "SELECT count(*) FROM bai_viet"), "300");
    // Into a database that has the table already, it stops at the first error and says which.
    let again = load(&dumped, &into).unwrap_err();
    assert!(chain(&again).contains("already exists"), "{}", chain(&again));
}
