//! PostgreSQL: a rich database dumped, loaded and compared; what is missing is named.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::{Fault as _, Message};
use duphong::base::manifest::{DatabaseFacts, Inventory};
use duphong::base::progress::{Progress, Silent};
use duphong::base::secret::Secret;
use duphong::source::error::SourceError;
use duphong::source::postgres::scratch::Cluster;
use duphong::source::postgres::{self, Load, Settings};
use duphong::source::rows::RowKey;
use duphong::source::{Database, Dump, Identity};

use super::scratch::{cluster_with, query, run, world};
use super::{differences, wait_until};

const RICH: &str = include_str!("rich.sql");

/// The statements that list a database's objects.
const OBJECTS: &str = include_str!("../../src/source/postgres/objects.sql");

pub(super) struct Dumped {
    folder: tempfile::TempDir,
    pub(super) facts: DatabaseFacts,
}

pub(super) fn try_dump(
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Dumped, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let facts =
        postgres::dump(settings, "portal", folder.path(), &world(), &Cancel::default(), progress)?;
    Ok(Dumped { folder, facts })
}

pub(super) fn dump(settings: &Settings) -> Dumped {
    try_dump(settings, &Silent).unwrap()
}

pub(super) fn load(dump: &Dumped, target: &Settings) -> Result<Vec<Message>, SourceError> {
    let work = tempfile::tempdir().unwrap();
    let dump = Dump { folder: dump.folder.path(), name: "portal", facts: &dump.facts };
    Database::Postgres(target.clone()).load(
        dump,
        Load::ALL,
        work.path(),
        &world(),
        &Cancel::default(),
        &Silent,
    )
}

pub(super) fn inventory(target: &Settings, like: &Inventory) -> Inventory {
    let key = RowKey::parse(&like.row_key).unwrap();
    postgres::inventory(target, &key, &world(), &Cancel::default()).unwrap()
}

#[track_caller]
pub(super) fn assert_same(before: &Inventory, after: &Inventory) {
    let differences = differences(before, after);
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert_eq!(before.row_key, after.row_key);
}

/// The rich production database, its dump, and a second cluster into which it was loaded.
fn restored() -> (Cluster, Settings, Dumped, Cluster, Settings) {
    let (production, source) = cluster_with("prod", None);
    run(&source, RICH);
    let dump = dump(&source);
    let (scratch, target) = cluster_with("Tên \"khác\"", Some(&dump.facts));
    load(&dump, &target).unwrap();
    (production, source, dump, scratch, target)
}

#[test]
fn a_restored_database_has_the_same_inventory_whatever_it_holds() {
    let (_production, source, dump, _scratch, target) = restored();
    let facts = &dump.facts;
    assert_same(&facts.inventory, &inventory(&target, &facts.inventory));
    // The live source counts the same as its dump's files.
    assert_same(&facts.inventory, &inventory(&source, &facts.inventory));

    let kinds = [
        "schema",
        "table",
        "foreign-table",
        "column",
        "index",
        "constraint",
        "view",
        "materialized-view",
        "routine",
        "trigger",
        "event-trigger",
        "rule",
        "policy",
        "extension",
        "type",
        "collation",
        "sequence",
        "sequence-value",
        "statistics",
        "operator",
        "operator-class",
        "operator-family",
        "cast",
        "conversion",
        "text-search-configuration",
        "text-search-dictionary",
        "foreign-data-wrapper",
        "server",
        "user-mapping",
        "publication",
        "comment",
        "owner",
        "grant",
        "default-privilege",
        "database",
        "database-setting",
        "role",
        "large-object",
    ];
    for kind in kinds {
        assert!(facts.inventory.objects.contains_key(kind), "nothing of kind {kind}");
    }
    assert_eq!(facts.inventory.blind, Vec::<String>::new());
    let rows = |name: &str| facts.inventory.tables[name].rows;
    assert_eq!(rows("public.article"), 503);
    assert_eq!(rows("public.nothing"), 3);
    assert_eq!(rows("public.empty"), 0);
    assert_eq!(rows("public.visit_2025") + rows("public.visit_rest"), 400);
    assert_eq!(rows("public.\"Bảng \"\"lạ\"\"\nxuống dòng\""), 3);
    assert_eq!(facts.inventory.objects["large-object"]["count"], "3");
    assert_eq!(facts.inventory.objects["sequence-value"]["public.counter"], "114", "CACHE 3");
    let text = serde_json::to_string(&facts.inventory).unwrap();
    assert!(!text.contains("không được lộ"), "a password is in the inventory");
    assert!(facts.log_position.is_some() && facts.dump_bytes > 1_000_000);
}

/// PostgreSQL cuts a value of the type `name` to 63 bytes, and with it what a UNION joins to it.
#[test]
fn every_column_of_the_inventory_is_text() {
    let (_cluster, server) = cluster_with("prod", None);
    for section in OBJECTS.split("-- section: ").skip(1) {
        let (title, sql) = section.split_once('\n').unwrap();
        let sql = sql.trim().trim_end_matches(';');
        let types = query(
            &server,
            &format!(
                "SELECT concat_ws(' ', pg_typeof(kind), pg_typeof(name), pg_typeof(definition)) \
                 FROM (SELECT) one LEFT JOIN (\n{sql}\n) section (kind, name, definition) ON true \
                 LIMIT 1"
            ),
        );
        assert_eq!(types, "text text text", "{title}");
    }
}

#[test]
fn each_loss_shows_as_exactly_itself() {
    let (_production, _source, dump, _scratch, target) = restored();
    let before = dump.facts.inventory;
    let mut earlier = inventory(&target, &before);
    let mut check = |statement: &str, expected: &[&str]| {
        run(&target, statement);
        let later = inventory(&target, &before);
        let found = differences(&earlier, &later);
        earlier = later;
        let names: Vec<&str> = found.iter().filter_map(|d| d.split(": ").next()).collect();
        assert_eq!(names, expected, "after {statement}: {found:#?}");
    };
    // Of a long list of rights the last one counts as well.
    check(
        "CREATE ROLE zz_nguoi_doc; GRANT SELECT, INSERT, UPDATE, DELETE ON article TO zz_nguoi_doc",
        &["grant table public.article", "role zz_nguoi_doc"],
    );
    check("REVOKE DELETE ON article FROM zz_nguoi_doc", &["grant table public.article"]);
    check("DROP TRIGGER touch ON article", &["trigger public.article.touch"]);
    check("REVOKE SELECT ON article FROM reader", &["grant table public.article"]);
    check("UPDATE article SET ratio = ratio + 1 WHERE id = 7", &["rows public.article"]);
    check("SELECT setval('counter', 200)", &["sequence-value public.counter"]);
    check("ALTER TABLE article ENABLE TRIGGER sleeping", &["trigger public.article.sleeping"]);
    check("DROP POLICY own ON secret", &["policy public.secret.own"]);
    check("DROP INDEX article_trgm", &["index public.article_trgm"]);
    check("ALTER TABLE booking ALTER room SET DEFAULT 1", &["column public.booking.room"]);
    check("COMMENT ON TABLE article IS 'x'", &["comment table public.article"]);
    check("SELECT lo_put(70002, 0, '\\x01')", &["large-object content"]);
    check("REVOKE SELECT ON LARGE OBJECT 70001 FROM reader", &["large-object rights"]);
    check("ALTER ROLE reader NOLOGIN", &["role reader"]);
    check("ALTER DATABASE \"Tên \"\"khác\"\"\" RESET datestyle", &["database-setting DateStyle"]);
    check(
        "CREATE OR REPLACE FUNCTION public.twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2'",
        &["routine public.twice(n integer)"],
    );
    check(
        "DROP TABLE empty",
        &[
            "column public.empty.a",
            "column public.empty.b",
            "grant table public.empty",
            "owner table public.empty",
            "rows public.empty",
            "table public.empty",
        ],
    );
}

/// Acts once, when a phase begins; at `phase-dump` the snapshot is exported.
pub(super) struct At<F>(&'static str, Mutex<Option<F>>);

impl<F: FnOnce() + Send> At<F> {
    pub(super) fn new(phase: &'static str, act: F) -> Self {
        Self(phase, Mutex::new(Some(act)))
    }
}

impl<F: FnOnce() + Send> Progress for At<F> {
    fn phase(&self, phase: &'static str) {
        if phase == self.0
            && let Some(act) = self.1.lock().unwrap().take()
        {
            act();
        }
    }
    fn total(&self, _items: u64, _bytes: u64) {}
    fn advance(&self, _items: u64, _bytes: u64) {}
}

#[test]
fn rows_committed_after_the_snapshot_are_neither_dumped_nor_counted() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, "CREATE TABLE t AS SELECT generate_series(1, 100000) AS n");
    let later = source.clone();
    let progress = At::new("phase-dump", move || run(&later, "INSERT INTO t VALUES (-1)"));
    let dump = try_dump(&source, &progress).unwrap();
    assert_eq!(dump.facts.inventory.tables["public.t"].rows, 100_000);
    assert_eq!(query(&source, "SELECT count(*) FROM t"), "100001");
    let (_scratch, target) = cluster_with("again", Some(&dump.facts));
    load(&dump, &target).unwrap();
    assert_eq!(query(&target, "SELECT count(*) FROM t"), "100000");
}

#[test]
fn a_server_killed_in_the_middle_is_a_fault() {
    for phase in ["phase-dump", "phase-inventory"] {
        let (production, source) = cluster_with("prod", None);
        run(&source, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
        let server = i32::try_from(production.server_id().unwrap()).unwrap();
        let progress = At::new(phase, move || {
            let server = rustix::process::Pid::from_raw(server).unwrap();
            rustix::process::kill_process(server, rustix::process::Signal::KILL).unwrap();
        });
        let fault = try_dump(&source, &progress).err().unwrap();
        assert_eq!((fault.code(), fault.exit()), ("source.gone", ExitCode::Failed), "{fault:?}");
    }
}

#[test]
fn a_wish_to_stop_ends_the_dump() {
    let (_production, source) = cluster_with("prod", None);
    let cancel = Cancel::default();
    let folder = tempfile::tempdir().unwrap();
    let wish = cancel.clone();
    let progress = At::new("phase-dump", move || wish.cancel());
    let fault = postgres::dump(&source, "p", folder.path(), &world(), &cancel, &progress);
    assert_eq!(fault.unwrap_err().exit(), ExitCode::Interrupted);
}

/// To every earlier snapshot a table that was rewritten is empty, and PostgreSQL says nothing.
#[test]
fn a_table_that_is_rewritten_as_the_dump_begins_fails_it_instead_of_coming_out_empty() {
    altered_as_the_dump_begins("ALTER TABLE t ALTER n TYPE bigint");
}

#[test]
fn a_table_whose_name_another_one_takes_as_the_dump_begins_fails_it() {
    let swap = "CREATE TABLE t_new AS TABLE t; ALTER TABLE t RENAME TO t_old; \
        ALTER TABLE t_new RENAME TO t";
    altered_as_the_dump_begins(swap);
}

fn altered_as_the_dump_begins(change: &str) {
    let (_production, source) = cluster_with("prod", None);
    run(&source, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
    let oid = query(&source, "SELECT 't'::regclass::oid");
    let rewrite = format!(
        "BEGIN; {change}; DO $$ BEGIN LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks \
            WHERE relation = {oid} AND NOT granted); END LOOP; END $$; COMMIT"
    );
    let other = source.clone();
    let alter = std::thread::spawn(move || run(&other, &rewrite));
    let held = format!(
        "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted \
        AND relation = {oid}"
    );
    wait_until("the lock of the rewrite", || query(&source, &held) != "0");
    let fault = try_dump(&source, &Silent).err().unwrap();
    alter.join().unwrap();
    assert_eq!((fault.code(), fault.exit()), ("source.altered", ExitCode::Failed), "{fault:?}");
    assert!(fault.to_string().ends_with("public.t"), "{fault}");
    assert_eq!(dump(&source).facts.inventory.tables["public.t"].rows, 1000);
}

/// The same database as another role.
fn as_role(settings: &Settings, role: &str, password: &str) -> Settings {
    Settings {
        dsn: settings.dsn.replace("duphong_scratch", role),
        password: Some(Secret::new(password.as_bytes().to_vec())),
        ..settings.clone()
    }
}

#[test]
fn hidden_and_unreadable_rows_are_faults_that_name_the_tables() {
    let (_production, source) = cluster_with("prod", None);
    run(
        &source,
        "CREATE ROLE portal LOGIN PASSWORD 'a:b\\c'; CREATE TABLE open (a int); \
         CREATE TABLE closed (a int); GRANT SELECT ON open TO portal; \
         ALTER TABLE open ENABLE ROW LEVEL SECURITY;",
    );
    let portal = as_role(&source, "portal", "a:b\\c");
    let fault = try_dump(&portal, &Silent).err().unwrap();
    assert_eq!(fault.code(), "source.unreadable");
    assert!(fault.to_string().contains("public.closed"), "{fault}");
    run(&source, "GRANT SELECT ON closed TO portal");
    let fault = try_dump(&portal, &Silent).err().unwrap();
    assert_eq!(fault.code(), "source.row-security");
    assert!(fault.to_string().contains("public.open"), "{fault}");
    // Without superuser rights a dump is still whole; what it cannot know, it says.
    run(&source, "ALTER ROLE portal BYPASSRLS");
    let dump = try_dump(&portal, &Silent).unwrap();
    assert_eq!(dump.facts.inventory.tables.len(), 2);
    assert!(
        dump.facts.inventory.blind.iter().any(|b| b.contains("passwords")),
        "{:?}",
        dump.facts.inventory.blind
    );
}

#[test]
fn a_torn_file_of_a_dump_is_found() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
    let dump = dump(&source);
    let folder = dump.folder.path().join("portal");
    let torn = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.extension().is_some_and(|e| e == "dat") && path.file_name().unwrap() != "toc.dat"
        })
        .unwrap();
    let length = fs::metadata(&torn).unwrap().len();
    fs::OpenOptions::new().write(true).open(&torn).unwrap().set_len(length / 2).unwrap();
    let (_scratch, target) = cluster_with("again", Some(&dump.facts));
    // `pg_restore` may load half a table without a word: the inventory is what finds it.
    if let Err(fault) = load(&dump, &target) {
        assert_eq!(fault.code(), "source.load");
    } else {
        let found = differences(&dump.facts.inventory, &inventory(&target, &dump.facts.inventory));
        assert!(found.iter().any(|d| d.starts_with("rows public.t")), "{found:?}");
    }
}

#[test]
fn nothing_is_loaded_over_something() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, "CREATE TABLE t (n int)");
    let dump = dump(&source);
    let fault = load(&dump, &source).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("source.target-not-empty", ExitCode::Usage));
}

#[test]
fn a_schema_public_that_was_dropped_stays_dropped() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, "DROP SCHEMA public; CREATE SCHEMA app; CREATE TABLE app.t (n int)");
    let dump = dump(&source);
    let (_scratch, target) = cluster_with("again", Some(&dump.facts));
    load(&dump, &target).unwrap();
    assert_same(&dump.facts.inventory, &inventory(&target, &dump.facts.inventory));
}

#[test]
fn a_database_that_promises_no_encoding_is_dumped_byte_by_byte() {
    let (production, postgres) = cluster_with("unused", None);
    run(
        &production.settings("postgres"),
        "CREATE DATABASE raw TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
    );
    drop(postgres);
    let source = production.settings("raw");
    run(
        &source,
        "CREATE TABLE t (n text); INSERT INTO t VALUES (convert_from('\\xe9ff', 'SQL_ASCII'))",
    );
    let dump = dump(&source);
    let (_scratch, target) = cluster_with("again", Some(&dump.facts));
    load(&dump, &target).unwrap();
    assert_same(&dump.facts.inventory, &inventory(&target, &dump.facts.inventory));
    assert_eq!(query(&target, "SELECT encode(n::bytea, 'hex') FROM t"), "e9ff");
}

#[test]
fn production_is_told_from_scratch() {
    let (_production, source) = cluster_with("prod", None);
    let facts = dump(&source).facts;
    // Made by an initdb of its own: copies of one template are clones of one server.
    let scratch = Cluster::start(&super::scratch::settings(), &world()).unwrap();
    scratch.create_database("prod", None, &world()).unwrap();
    let target = scratch.settings("prod");
    let identity =
        |settings: Settings| Database::Postgres(settings).identity(&facts, &world()).unwrap();
    assert_eq!(identity(source.clone()), Identity::Production);
    assert_eq!(identity(target), Identity::Different);
}

#[test]
fn no_password_is_left_in_the_spool() {
    fn files(folder: &Path) -> Vec<Vec<u8>> {
        fs::read_dir(folder)
            .unwrap()
            .flat_map(|entry| {
                let path = entry.unwrap().path();
                if path.is_dir() { files(&path) } else { vec![fs::read(path).unwrap()] }
            })
            .collect()
    }
    let (production, source) = cluster_with("prod", None);
    let dump = dump(&source);
    let password = production.password().expose();
    for content in files(dump.folder.path()) {
        assert!(!content.windows(password.len()).any(|window| window == password));
    }
}

#[test]
fn an_unusable_dsn_is_refused_before_a_connection_without_repeating_it() {
    #[track_caller]
    fn check(dsn: &str, code: &str) {
        let settings = Settings { dsn: dsn.into(), password: None, bin_dir: None, jobs: 1 };
        let fault = settings.check().unwrap_err();
        assert_eq!((fault.code(), fault.exit()), (code, ExitCode::Configuration));
        assert!(!fault.to_string().contains("geheim"), "{fault}");
    }
    check("host=x dbname=y password=geheim", "source.dsn");
    check("postgresql://u:geheim@x/y", "source.dsn");
    check("host=x dbname=y pasword=geheim", "source.dsn");
    check("host=x dbname=y options='-c x=y'", "source.dsn");
    check("host=a,b dbname=y", "source.dsn");
    check("host=x", "source.dsn");
    check("host=x dbname=y sslmode=require", "source.tls");
    let fine = Settings { dsn: "dbname=y".into(), password: None, bin_dir: None, jobs: 1 };
    assert!(fine.check().is_ok());
}

#[test]
fn a_server_that_is_not_there_is_a_fault_of_the_environment() {
    let settings = Settings {
        dsn: "host=/nowhere dbname=portal".into(),
        password: None,
        bin_dir: None,
        jobs: 1,
    };
    let fault = try_dump(&settings, &Silent).err().unwrap();
    assert_eq!((fault.code(), fault.exit()), ("source.unreachable", ExitCode::Failed));
}
