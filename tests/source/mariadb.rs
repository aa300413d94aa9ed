//! MariaDB: a rich database dumped, loaded and compared; what is missing is named.
//!
//! One server stands for production in all tests, each in a database of its own; the database
//! named `cong` is the rich one and nobody writes to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use duphong::base::cancel::Cancel;
use duphong::base::fault::Fault as _;
use duphong::base::manifest::{DatabaseFacts, Inventory, TableRows};
use duphong::base::progress::{Progress, Silent};
use duphong::base::secret::Secret;
use duphong::source::error::SourceError;
use duphong::source::mariadb::scratch::{Server, Template, reap_leftovers, version_wanted};
use duphong::source::mariadb::{self, Place, Settings};
use duphong::source::postgres::Load;
use duphong::source::postgres::scratch::ScratchSettings;
use duphong::source::rows::RowKey;
use duphong::source::{Database, Dump, Identity};
use duphong::world::World;

use super::scratch::{home, world};

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
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    let settings = scratch_settings();
    let template =
        TEMPLATE.get_or_init(|| Template::create(home(), &settings, &world()).unwrap());
    Server::start_from(&settings, None, Some(template), &world()).unwrap()
}

/// What the tests share. A server in a static is never dropped: the next process reaps it.
pub(crate) fn production() -> &'static Server {
    static PRODUCTION: OnceLock<Server> = OnceLock::new();
    PRODUCTION.get_or_init(|| {
        reap_leftovers(home(), &world()).unwrap();
        let server = server();
        server.create_database("cong", &world()).unwrap();
        let administrator = "CREATE USER root@localhost IDENTIFIED BY 'quản \"trị\\\\#'; \
            GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION; \
            GRANT PROXY ON ''@'%' TO root@localhost WITH GRANT OPTION;";
        run(&server.settings("cong"), administrator);
        run(&settings(&server, "cong"), RICH);
        server
    })
}

/// A new database on the shared server.
fn database(name: &str, script: &str) -> Settings {
    production().create_database(name, &world()).unwrap();
    let settings = settings(production(), name);
    run(&settings, script);
    settings
}

/// As any server is reached: no stand-ins are made there.
pub(crate) fn settings(server: &Server, name: &str) -> Settings {
    let password = Some(Secret::new("quản \"trị\\#".as_bytes().to_vec()));
    let user = "root".to_owned();
    Settings { is_scratch: false, user, password, ..server.settings(name) }
}

fn client(program: &str, settings: &Settings) -> Command {
    let Place::Socket(socket) = &settings.place else { panic!("a socket") };
    let password = settings.password.as_ref().map(Secret::expose).unwrap_or_default();
    let mut command = Command::new(program);
    command
        .args(["--no-defaults", "--default-character-set=utf8mb4"])
        .arg(format!("--socket={}", socket.display()))
        .arg(format!("--user={}", settings.user))
        .env("MYSQL_PWD", std::str::from_utf8(password).unwrap());
    command
}

/// Runs a script by the stock client; returns what it printed.
pub(crate) fn run(settings: &Settings, script: &str) -> String {
    let mut child = client("mariadb", settings)
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
        .arg(&settings.database)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).replace(&settings.database, "DATABASE")
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

fn load(dump: &Dumped, target: &Settings) -> Result<Vec<String>, SourceError> {
    let dump = Dump { folder: dump.folder.path(), name: "portal", facts: &dump.facts };
    let target = Database::Mariadb(target.clone());
    let work = tempfile::tempdir().unwrap();
    target.load(dump, Load::ALL, work.path(), &world(), &Cancel::default(), &Silent)
}

fn inventory(target: &Settings, like: &Inventory) -> Inventory {
    let key = RowKey::parse(&like.row_key).unwrap();
    mariadb::inventory(target, &key, &world(), &Cancel::default()).unwrap()
}

/// What differs, as `kind name: before → after`.
fn differences(before: &Inventory, after: &Inventory) -> Vec<String> {
    fn flat(inventory: &Inventory) -> BTreeMap<String, String> {
        let objects = inventory.objects.iter().flat_map(|(kind, named)| {
            named.iter().map(move |(name, text)| (format!("{kind} {name}"), text.clone()))
        });
        let rows = inventory.tables.iter().map(|(name, TableRows { rows, digest })| {
            (format!("rows {name}"), format!("{rows} {digest}"))
        });
        objects.chain(rows).collect()
    }
    let (before, after) = (flat(before), flat(after));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let text = |side: &BTreeMap<String, String>, name: &String| {
        side.get(name).cloned().unwrap_or_else(|| "—".to_owned())
    };
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{name}: {} → {}", text(&before, name), text(&after, name)))
        .collect()
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
    let source = settings(production(), "cong");
    let dumped = dump(&source);
    let facts = &dumped.facts;
    assert_eq!(facts.inventory.blind, Vec::<String>::new());
    let counts: BTreeMap<&str, usize> =
        facts.inventory.objects.iter().map(|(kind, named)| (kind.as_str(), named.len())).collect();
    let expected = [
        ("account", 4), ("auto-increment", 2), ("database", 4), ("definer", 2), ("event", 1),
        ("grant", 4), ("routine", 5), ("sequence", 1), ("sequence-value", 1), ("table", 11),
        ("trigger", 3), ("view", 3),
    ];
    assert_eq!(counts, BTreeMap::from(expected), "{:#?}", facts.inventory.objects);
    assert_eq!(facts.inventory.tables.len(), 11);
    assert_eq!(facts.inventory.tables["tin_bai"].rows, 4);
    assert_eq!(facts.inventory.tables["lich_su"].rows, 3, "its history is part of it");
    assert!(!format!("{:?}", facts.inventory).contains("IDENTIFIED BY PASSWORD '*"));

    let target = server();
    target.create_database("cong", &world()).unwrap();
    let notes = load(&dumped, &target.settings("cong")).unwrap();
    assert_eq!(notes, Vec::<String>::new());
    let after = inventory(&target.settings("cong"), &facts.inventory);
    assert_eq!(differences(&facts.inventory, &after), Vec::<String>::new());
    assert_eq!(stock_dump(&source), stock_dump(&target.settings("cong")));
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
        ("REVOKE EXECUTE ON PROCEDURE cong.nguyen FROM 'ai'@'%'", ""),
        ("DROP TABLE manh", "rows manh: "),
        ("ALTER DATABASE cong COLLATE utf8mb4_bin", "database collation: "),
    ] {
        if expected.is_empty() {
            continue;
        }
        let before = inventory(&target.settings("cong"), &facts.inventory);
        run(&target.settings("cong"), change);
        let after = inventory(&target.settings("cong"), &facts.inventory);
        let found = differences(&before, &after);
        assert!(found.iter().any(|line| line.starts_with(expected)), "{change}: {found:?}");
    }
}
