//! MariaDB: a rich database dumped, loaded and compared; what is missing is named.
//!
//! MySQL's own server and programs are in no Debian release: what has met them is in `mysql`.

mod collection;
mod faults;
mod guards;
mod log;
mod logging;
#[cfg(feature = "mysql-tests")]
pub(crate) mod mysql;
#[cfg(feature = "mysql-tests")]
mod mysql_log;
mod rows;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use duphong::base::cancel::Cancel;
use duphong::base::fault::{Args, Fault as _, Message};
use duphong::base::manifest::{DatabaseFacts, Inventory};
use duphong::base::progress::{Progress, Silent};
use duphong::base::secret::Secret;
use duphong::source::error::SourceError;
use duphong::source::mariadb::scratch::{Server, Template, reap_leftovers, version_wanted};
use duphong::source::mariadb::{self, Place, Settings};
use duphong::source::postgres::Load;
use duphong::source::rows::RowKey;
use duphong::source::scratch::ScratchSettings;
use duphong::source::{Database, Dump, Identity};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::differences;
use super::scratch::{home, world};

pub(crate) use logging::Logging;

const RICH: &str = include_str!("mariadb.sql");

fn scratch_settings() -> ScratchSettings {
    ScratchSettings {
        folder: home().to_owned(),
        bin_dir: None,
        major: 1011,
        user: "mysql".to_owned(),
        need_bytes: 200 << 20,
        allow_memory: true,
        jobs: 2,
    }
}

/// A running server, from a template that is made once a process.
pub(crate) fn server() -> Server {
    Server::start_from(&scratch_settings(), None, Some(template()), &world()).unwrap()
}

fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| Template::create(home(), &scratch_settings(), &world()).unwrap())
}

/// A server as a province has it: with a binary log, an administrator of its own, and the rich
/// database `cong`, to which nobody writes. It ends with the last test that holds it.
pub(crate) struct Production {
    server: Child,
    folder: tempfile::TempDir,
    port: u16,
    options: Vec<String>,
}

fn spawned(options: &[String]) -> Child {
    Command::new("mariadbd")
        .arg("--no-defaults")
        .args(rustix::process::geteuid().is_root().then_some("--user=mysql"))
        .args(["--bind-address=127.0.0.1", "--server-id=7", "--innodb-buffer-pool-size=32M"])
        .args(["--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--gtid-domain-id=3"])
        .args(["--log-bin-trust-function-creators=1", "--max-allowed-packet=64M"])
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn answers(server: &Settings) {
    let started = std::time::Instant::now();
    while mariadb::size(server, &world()).is_err() {
        assert!(started.elapsed().as_secs() < 60, "the server does not come up");
    }
}

/// An authority, a certificate by it for this machine's name, and its key.
fn certified() -> (String, String, String) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Of another name than the certificate's, which would else look as if it vouched for itself.
    authority.distinguished_name.push(DnType::CommonName, "authority");
    let its = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap().pem();
    (its, leaf, key.serialize_pem())
}

const PASSWORD: &str = "quản \"trị\\#";

/// One for all tests that run at a time.
pub(crate) fn production() -> Arc<Production> {
    static SHARED: Mutex<Weak<Production>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let production = Arc::new(Production::start());
        *shared = Arc::downgrade(&production);
        production
    })
}

impl Production {
    /// One of a test's own.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more options.
    pub(crate) fn start_with(more: &[&str]) -> Self {
        template();
        let folder = tempfile::Builder::new().prefix("m").tempdir_in(home()).unwrap();
        let copied = Command::new("cp")
            .args(["-a", "--"])
            .arg(home().join("template-my/data"))
            .arg(folder.path())
            .status();
        assert!(copied.unwrap().success());
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            let owned = Command::new("chown").arg("mysql:").arg(folder.path()).status();
            assert!(owned.unwrap().success());
        }
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (authority, certificate, key) = certified();
        fs::write(path("authority.pem"), authority).unwrap();
        fs::write(path("cert.pem"), certificate).unwrap();
        fs::write(path("key.pem"), key).unwrap();
        fs::set_permissions(path("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut options: Vec<String> = more.iter().map(|option| (*option).to_owned()).collect();
        options.extend([
            format!("--datadir={}", path("data")),
            format!("--socket={}", path("s")),
            format!("--pid-file={}", path("pid")),
            format!("--log-bin={}", path("bin")),
            format!("--port={port}"),
            format!("--ssl-cert={}", path("cert.pem")),
            format!("--ssl-key={}", path("key.pem")),
        ]);
        let server = spawned(&options);
        let production = Self { server, folder, port, options };
        let first = Settings { password: None, ..production.settings("mysql") };
        answers(&first);
        let literal = PASSWORD.replace('\\', "\\\\");
        run(
            &first,
            &format!(
                "ALTER USER root@localhost IDENTIFIED BY '{literal}'; \
            DELETE FROM global_priv WHERE host NOT IN ('localhost', ''); FLUSH PRIVILEGES;"
            ),
        );
        know_zone(&production.settings("mysql"));
        production.create("cong", RICH);
        production
    }

    /// Kills the server.
    pub(crate) fn stop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Kills the server and starts it again on what it left.
    pub(crate) fn kill_and_start(&mut self) {
        self.stop();
        self.server = spawned(&self.options);
        answers(&self.settings("mysql"));
    }

    /// A file of its binary log, as it lies on its disk.
    pub(crate) fn log_file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }

    /// As its administrator.
    pub(crate) fn settings(&self, database: &str) -> Settings {
        Settings {
            place: Place::Socket(self.folder.path().join("s")),
            user: "root".to_owned(),
            password: Some(Secret::new(PASSWORD.as_bytes().to_vec())),
            database: database.to_owned(),
            bin_dir: None,
            jobs: 2,
            is_scratch: false,
        }
    }

    /// A new database of a test's own.
    pub(crate) fn create(&self, name: &str, script: &str) -> Settings {
        run(&self.settings("mysql"), &format!("CREATE DATABASE `{name}`"));
        let settings = self.settings(name);
        run(&settings, script);
        settings
    }
}

impl Drop for Production {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

/// Makes a server know the time zone in which an event of the rich database was made.
pub(crate) fn know_zone(server: &Settings) {
    let zone = Command::new("mariadb-tzinfo-to-sql")
        .args(["/usr/share/zoneinfo/Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Minh"])
        .output()
        .unwrap();
    run(server, std::str::from_utf8(&zone.stdout).unwrap());
}

fn client(program: &str, settings: &Settings) -> Command {
    let Place::Socket(socket) = &settings.place else { panic!("a socket") };
    let password = settings.password.as_ref().map(Secret::expose).unwrap_or_default();
    let mut command = Command::new(program);
    // Newer ones would verify it by authorities that they are not told of.
    let is_strict = program.starts_with("mariadb");
    command
        .args(["--no-defaults", "--default-character-set=utf8mb4"])
        .args(is_strict.then_some("--skip-ssl-verify-server-cert"))
        .arg(format!("--socket={}", socket.display()))
        .arg(format!("--user={}", settings.user))
        .env("MYSQL_PWD", std::str::from_utf8(password).unwrap());
    command
}

/// Runs a script by the stock client; returns what it printed.
pub(crate) fn run(settings: &Settings, script: &str) -> String {
    run_by("mariadb", settings, script)
}

fn run_by(program: &str, settings: &Settings, script: &str) -> String {
    let mut child = client(program, settings)
        .args(["--batch", "--skip-column-names", "--comments", "--binary-mode"])
        .arg(&settings.database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What the stock program says of a database, without its name and the time.
fn stock_dump(settings: &Settings) -> String {
    let output = client("mariadb-dump", settings)
        .args(["--single-transaction", "--routines", "--events", "--triggers", "--hex-blob"])
        .args(["--dump-history", "--skip-dump-date", "--skip-lock-tables"])
        .arg("--default-character-set=utf8mb4")
        .arg(&settings.database)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).replace(&settings.database, "DATABASE")
}

/// Compares what the stock program says of two databases.
#[track_caller]
fn check_same(one: &Settings, other: &Settings) {
    let (one, other) = (stock_dump(one), stock_dump(other));
    // One writes a log and says so.
    let differ = |(a, b): &(&str, &str)| a != b && !a.starts_with("-- Server version");
    let short = |line: &str| line.chars().take(200).collect::<String>();
    let first = one.lines().zip(other.lines()).find(differ);
    assert!(first.is_none(), "{:?}", first.map(|(a, b)| (short(a), short(b))));
    assert_eq!(one.lines().count(), other.lines().count());
}

struct Dumped {
    folder: tempfile::TempDir,
    facts: DatabaseFacts,
}

fn try_dump(settings: &Settings, progress: &dyn Progress) -> Result<Dumped, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    let facts = mariadb::dump(settings, "portal", folder.path(), &world(), &cancel, progress)?;
    Ok(Dumped { folder, facts })
}

fn dump(settings: &Settings) -> Dumped {
    try_dump(settings, &Silent).unwrap()
}

fn load(dump: &Dumped, target: &Settings) -> Result<Vec<Message>, SourceError> {
    let dump = Dump { folder: dump.folder.path(), name: "portal", facts: &dump.facts };
    let target = Database::Mariadb(target.clone());
    let work = tempfile::tempdir().unwrap();
    target.load(dump, Load::ALL, work.path(), &world(), &Cancel::default(), &Silent)
}

fn inventory(target: &Settings, like: &Inventory) -> Inventory {
    let key = RowKey::parse(&like.row_key).unwrap();
    mariadb::inventory(target, &key, &world(), &Cancel::default()).unwrap()
}

#[track_caller]
fn code(result: Result<impl Sized, SourceError>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(fault) => fault.code(),
    }
}

#[test]
fn every_kind_of_object_comes_back_and_is_compared() {
    let production = production();
    let source = production.settings("cong");
    let dumped = dump(&source);
    let facts = &dumped.facts;
    let position = facts.log_position.as_deref().unwrap_or_default();
    assert!(position.starts_with("bin.00000") && position.contains(" gtid=3-7-"), "{position}");
    assert_eq!(facts.inventory.blind, Vec::<String>::new());
    let counts: BTreeMap<&str, usize> =
        facts.inventory.objects.iter().map(|(kind, named)| (kind.as_str(), named.len())).collect();
    let expected = [
        ("account", 4),
        ("auto-increment", 2),
        ("database", 4),
        ("definer", 2),
        ("event", 2),
        ("grant", 4),
        ("routine", 5),
        ("sequence", 1),
        ("sequence-value", 1),
        ("table", 11),
        ("trigger", 3),
        ("view", 3),
    ];
    assert_eq!(counts, BTreeMap::from(expected), "{:#?}", facts.inventory.objects);
    assert_eq!(facts.inventory.tables.len(), 11);
    assert_eq!(facts.inventory.tables["tin_bai"].rows, 4);
    assert_eq!(facts.inventory.tables["lich_su"].rows, 3, "its history is part of it");
    assert!(!format!("{:?}", facts.inventory).contains("IDENTIFIED BY PASSWORD '*"));

    let target = server();
    target.create_database("cong", &world()).unwrap();
    let notes = load(&dumped, &target.settings("cong")).unwrap();
    // Other tests give rights on databases of their own, which are not here.
    assert!(notes.iter().all(|note| note.id.starts_with("restore-note-rights-")), "{notes:?}");
    let after = inventory(&target.settings("cong"), &facts.inventory);
    assert_eq!(differences(&facts.inventory, &after), Vec::<String>::new());
    check_same(&source, &target.settings("cong"));
    let login = Settings {
        user: "cong".to_owned(),
        password: Some(Secret::new("bí mật".as_bytes().to_vec())),
        ..target.settings("cong")
    };
    assert_eq!(run(&login, "SELECT COUNT(*) FROM y_kien"), "2\n", "with password, role, rights");

    // What a tired hand may change on the way, and nothing else.
    for (change, expected) in [
        ("DROP TRIGGER truoc_them_2", "trigger truoc_them_2: "),
        ("DROP EVENT hang_ngay", "event hang_ngay: "),
        ("DROP PROCEDURE lam", "routine PROCEDURE lam: "),
        ("UPDATE isam SET x = 7", "rows isam: "),
        ("ALTER TABLE an ADD COLUMN z INT", "rows an: "),
        ("ALTER TABLE trong AUTO_INCREMENT = 90", "auto-increment trong: "),
        ("REVOKE bien_tap FROM cong@localhost", "grant `cong`@`localhost`: "),
        ("DROP TABLE manh", "rows manh: "),
        ("ALTER DATABASE cong COLLATE utf8mb4_bin", "database collation: "),
    ] {
        let before = inventory(&target.settings("cong"), &facts.inventory);
        run(&target.settings("cong"), change);
        let after = inventory(&target.settings("cong"), &facts.inventory);
        let found = differences(&before, &after);
        assert!(found.iter().any(|line| line.starts_with(expected)), "{change}: {found:?}");
    }
}

#[test]
fn stock_tools_alone_bring_everything_back() {
    let production = production();
    let source = production.settings("cong");
    let dumped = dump(&source);
    let target = server();
    target.create_database("cong", &world()).unwrap();
    let settings = target.settings("cong");
    let shell = |script: &str| {
        let Place::Socket(socket) = &settings.place else { panic!("a socket") };
        let password = settings.password.as_ref().unwrap().expose();
        let output = Command::new("sh")
            .args(["-c", script])
            .current_dir(dumped.folder.path())
            .env(
                "M",
                format!(
                    "mariadb --no-defaults --comments --binary-mode -u{} -S{}",
                    settings.user,
                    socket.display()
                ),
            )
            .env("MYSQL_PWD", std::str::from_utf8(password).unwrap())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    // Accounts before, because views act for them; rights after, because they name tables.
    shell("$M --force < portal.globals.sql 2>/dev/null || true");
    shell("mariadb-tzinfo-to-sql /usr/share/zoneinfo/Asia/Ho_Chi_Minh Asia/Ho_Chi_Minh | $M mysql");
    shell("cat portal/*.sql | $M cong");
    shell("$M --force < portal.globals.sql 2>/dev/null || true");
    check_same(&source, &settings);
    let after = inventory(&settings, &dumped.facts.inventory);
    assert_eq!(differences(&dumped.facts.inventory, &after), Vec::<String>::new());

    // One table alone, from its own files.
    run(&settings, "SET foreign_key_checks = 0; DROP TABLE tin_bai; DROP TABLE y_kien");
    shell("cat portal/*-y_kien.*.sql portal/*-tin_bai.*.sql | $M cong");
    let after = inventory(&settings, &dumped.facts.inventory);
    assert_eq!(differences(&dumped.facts.inventory, &after), Vec::<String>::new());
}

#[test]
fn over_the_network_the_server_is_known_by_its_certificate() {
    let production = production();
    let over = |host: &str, authorities: Option<&Path>| {
        let place = Place::Host {
            host: host.to_owned(),
            port: production.port,
            authorities: authorities.map(Path::to_owned),
        };
        Settings { place, ..production.settings("cong") }
    };
    let authority = production.folder.path().join("authority.pem");
    let safe = over("localhost", Some(&authority));
    let dumped = dump(&safe);
    assert_eq!(dumped.facts.inventory.tables["tin_bai"].rows, 4);

    let (other, ..) = certified();
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("other.pem");
    fs::write(&wrong, other).unwrap();
    let refused = mariadb::size(&over("localhost", Some(&wrong)), &world());
    assert_eq!(code(refused), "source.mariadb-unreachable");
    // The certificate is of another name.
    let refused = mariadb::size(&over("127.0.0.1", Some(&authority)), &world());
    assert_eq!(code(refused), "source.mariadb-unreachable");
    assert_eq!(code(mariadb::size(&over("127.0.0.1", None), &world())), "done");
}

/// Does something when the first bytes of a dump have come.
struct Then<'a>(Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>);

impl<'a> Then<'a> {
    fn new(act: impl FnOnce() + Send + 'a) -> Self {
        Self(Mutex::new(Some(Box::new(act))))
    }
}

impl Progress for Then<'_> {
    fn phase(&self, _phase: &'static str) {}
    fn total(&self, _items: u64, _bytes: u64) {}
    fn advance(&self, _items: u64, _bytes: u64) {
        if let Some(act) = self.0.lock().unwrap().take() {
            act();
        }
    }
}

/// More than fits between the program and us, so that it waits in the middle of the first table.
const LARGE: &str = "CREATE TABLE a (x LONGTEXT); \
    INSERT INTO a SELECT REPEAT('x', 1000000) FROM seq_1_to_12; \
    CREATE TABLE b (x INT); INSERT INTO b VALUES (1); \
    CREATE TABLE c (x INT) ENGINE=MyISAM; INSERT INTO c VALUES (1);";

#[test]
fn a_dump_is_of_one_instant_or_it_is_none() {
    let production = production();
    let source = production.create("lon", LARGE);
    let locked = Mutex::new(false);
    let write = Then::new(|| {
        run(&source, "INSERT INTO b VALUES (2)");
        let refused = client("mariadb", &source)
            .args(["-e", "SET lock_wait_timeout = 1; INSERT INTO c VALUES (2)", "lon"])
            .output()
            .unwrap();
        *locked.lock().unwrap() = !refused.status.success();
    });
    let dumped = try_dump(&source, &write).unwrap();
    assert!(*locked.lock().unwrap(), "a table without transactions waits for the dump's end");
    assert_eq!(dumped.facts.inventory.tables["b"].rows, 1, "a commit after the snapshot");
    assert_eq!(dumped.facts.inventory.tables["c"].rows, 1);
    run(&source, "INSERT INTO c VALUES (2)");
    assert_eq!(dump(&source).facts.inventory.tables["c"].rows, 2);

    let change =
        |sql: &'static str| code(try_dump(&source, &Then::new(|| drop(run(&source, sql)))));
    assert_eq!(change("ALTER TABLE b ADD COLUMN y INT"), "source.mariadb-altered");
    assert_eq!(change("DROP TABLE b"), "source.mariadb-altered");
    assert_eq!(change("CREATE TABLE z (x INT) ENGINE=Aria"), "source.mariadb-altered");
    let folder = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    let stop = Then::new(|| cancel.cancel());
    let stopped = mariadb::dump(&source, "portal", folder.path(), &world(), &cancel, &stop);
    assert_eq!(code(stopped), "source.cancelled");
}

#[test]
fn a_server_or_program_that_dies_in_the_middle_is_a_fault() {
    let dying = server();
    dying.create_database("lon", &world()).unwrap();
    let source = dying.settings("lon");
    run(&source, LARGE);
    run(
        &source,
        "CREATE PROCEDURE p() SELECT 1; CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
    );
    let programs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/usr/bin/mariadb", programs.path().join("mariadb")).unwrap();
    let with = |rest: &str| {
        let program = programs.path().join("mariadb-dump");
        let script = format!(
            "#!/bin/sh\ncase $2 in --version) exec mariadb-dump --version;; esac\n{rest}\n"
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let source = Settings { bin_dir: Some(programs.path().to_owned()), ..source.clone() };
        code(try_dump(&source, &Silent))
    };
    assert_eq!(with("exec mariadb-dump \"$@\""), "done");
    assert_eq!(with("mariadb-dump \"$@\" | head -c 3000000"), "source.dump-damaged");
    assert_eq!(with("mariadb-dump \"$@\" | grep -v 'Dump completed'"), "source.dump-damaged");
    assert_eq!(with("mariadb-dump \"$@\"; exit 3"), "source.mariadb-dump");
    assert_eq!(with("mariadb-dump \"$@\" | head -c 9; kill -9 $$"), "source.mariadb-dump");
    let without = |option: &str| {
        with(&format!(
            "for o; do shift; [ \"$o\" = {option} ] || set -- \"$@\" \"$o\"; done\n\
            exec mariadb-dump \"$@\""
        ))
    };
    assert_eq!(without("--nothing"), "done");
    assert_eq!(without("--routines"), "source.mariadb-missing");
    assert_eq!(without("--events"), "source.mariadb-missing");
    // Rows that vanish with their table's own section.
    assert_eq!(
        with("options=$1; shift; mariadb-dump $options --ignore-table=lon.b \"$@\""),
        "source.mariadb-altered",
        "what the server has must be in the dump"
    );
    let id = dying.server_id().unwrap().to_string();
    let kill = Then::new(|| {
        assert!(Command::new("kill").args(["-9", &id]).status().unwrap().success());
    });
    assert_eq!(code(try_dump(&source, &kill)), "source.mariadb-gone");
    assert_eq!(code(mariadb::size(&source, &world())), "source.mariadb-unreachable");
}

#[test]
fn an_account_that_sees_less_than_there_is_is_refused() {
    let production = production();
    let source = production.create(
        "quyen",
        "CREATE TABLE a (x INT); CREATE TABLE m (x INT) \
        ENGINE=MyISAM; CREATE PROCEDURE p() SELECT 1;",
    );
    run(
        &source,
        "CREATE USER sao_luu@localhost IDENTIFIED BY 'x'; \
        GRANT SELECT ON quyen.a TO sao_luu@localhost;",
    );
    let account = Settings {
        user: "sao_luu".to_owned(),
        password: Some(Secret::new(b"x".to_vec())),
        ..source.clone()
    };
    let missing = || match try_dump(&account, &Silent) {
        Err(fault) => duphong::base::fault::chain(&fault),
        Ok(dumped) => format!("{:?}", dumped.facts.inventory.blind),
    };
    let all = "the account lacks rights: SELECT, SHOW VIEW, TRIGGER, EVENT, SELECT ON mysql.proc";
    assert_eq!(missing(), all);
    run(&source, "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `quye_`.* TO sao_luu@localhost");
    assert_eq!(missing(), "the account lacks rights: LOCK TABLES, SELECT ON mysql.proc");
    run(
        &source,
        "GRANT LOCK TABLES ON `quye_`.* TO sao_luu@localhost; \
        GRANT SELECT ON mysql.proc TO sao_luu@localhost;",
    );
    assert_eq!(missing(), "[\"accounts and rights: the account may not read them\"]");
    // Refused in the middle by the number of a refused login, which it is not.
    run(&source, "GRANT SELECT ON mysql.user TO sao_luu@localhost");
    assert_eq!(missing(), "[\"accounts and rights: the account may not read them\"]");
    run(&source, "GRANT SELECT ON mysql.* TO sao_luu@localhost");
    assert_eq!(missing(), "[]");
    let other = Settings { password: Some(Secret::new(b"y".to_vec())), ..account.clone() };
    assert_eq!(code(mariadb::size(&other, &world())), "source.mariadb-login-refused");
}

#[test]
fn a_load_goes_into_an_empty_database_and_says_what_it_left_out() {
    let production = production();
    let dumped = dump(&production.settings("cong"));
    assert_eq!(code(load(&dumped, &production.settings("cong"))), "source.target-not-empty");
    let plain = dump(&production.create("mot_bang", "CREATE TABLE a (x INT)"));
    let target = production.create("mot_bang_moi", "");
    load(&plain, &target).unwrap();
    let after = inventory(&target, &plain.facts.inventory);
    assert_eq!(after.tables, plain.facts.inventory.tables);
    load(&dump(&production.create("trong_khong", "")), &production.create("trong_moi", ""))
        .unwrap();
    let other = production.create("khac", "");
    let notes = load(&dumped, &other).unwrap();
    let kept = Args::none().text("name", "`cong`@`localhost`");
    assert!(notes.contains(&Message::with("restore-note-account-kept", kept)), "{notes:?}");
    assert!(notes.iter().any(|note| note.id.starts_with("restore-note-rights-")), "{notes:?}");
    let identity = |settings| mariadb::identity(settings, &dumped.facts, &world()).unwrap();
    assert_eq!(identity(&other), Identity::Production);
    let scratch = server();
    assert_eq!(identity(&scratch.settings("mysql")), Identity::Different);
    fs::remove_file(dumped.folder.path().join("portal/99-end.sql")).unwrap();
    let third = production.create("thieu", "");
    assert_eq!(code(load(&dumped, &third)), "source.dump-damaged");
}

#[test]
fn what_a_dead_process_left_is_reaped_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let ours = place.path().join("duphong-my-00ff");
    fs::create_dir_all(ours.join("data")).unwrap();
    fs::write(ours.join("nonce"), "duphong scratch server 1\n00ff\n/etc\n").unwrap();
    let foreign = place.path().join("duphong-my-11ff");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("nonce"), "duphong scratch server 1\n00ff\n/etc\n").unwrap();
    assert_eq!(reap_leftovers(place.path(), &world()).unwrap(), 1);
    assert!(!ours.exists() && foreign.exists() && Path::new("/etc").exists());

    // A dead owner's server: nobody holds the lock, the server still runs.
    let place = home().join("reap-my");
    fs::create_dir(&place).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o711)).unwrap();
    let own = ScratchSettings { folder: place.clone(), ..scratch_settings() };
    let start = || Server::start_from(&own, None, Some(template()), &world()).unwrap();
    let (living, dead) = (start(), start());
    let nonce = dead.folder().join("nonce");
    let copy = fs::read(&nonce).unwrap();
    fs::remove_file(&nonce).unwrap();
    fs::write(&nonce, copy).unwrap(); // a new file, whose lock nobody holds
    assert_eq!(reap_leftovers(&place, &world()).unwrap(), 1);
    assert!(!dead.folder().exists());
    let server = dead.server_id().unwrap();
    let state = fs::read_to_string(format!("/proc/{server}/stat")).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "ended, at most not yet waited for");
    assert_eq!(run(&living.settings("mysql"), "SELECT 1"), "1\n");
    assert_eq!(version_wanted("10.11.19-MariaDB-log"), 1011);
}
