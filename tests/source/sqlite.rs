//! SQLite: copied under a writer, counted the same after a load, and never trusted.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::manifest::{DatabaseFacts, Inventory};
use duphong::base::progress::Silent;
use duphong::source::error::SourceError;
use duphong::source::rows::RowKey;
use duphong::source::sqlite::{self, Settings};
use duphong::source::{Database, Identity};
use proptest::prelude::*;
use rusqlite::Connection;

use super::scratch::world;

const SCHEMA: &str = "
    PRAGMA user_version = 7;
    CREATE TABLE article (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, body,
        words INTEGER GENERATED ALWAYS AS (length(title)) STORED);
    CREATE TABLE \"Bảng \"\"lạ\"\"\" (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
    CREATE TABLE empty (a, b);
    CREATE INDEX by_title ON article (title COLLATE NOCASE) WHERE body IS NOT NULL;
    CREATE VIEW titles AS SELECT title FROM article;
    CREATE TRIGGER touch AFTER UPDATE ON article BEGIN SELECT 1; END;
    CREATE VIRTUAL TABLE search USING fts5(title);
    INSERT INTO article (title, body) VALUES ('một', NULL), ('hai', x'00ff'), ('ba', 1.5), ('', 9);
    INSERT INTO \"Bảng \"\"lạ\"\"\" VALUES ('k', 'v');
    INSERT INTO search VALUES ('một hai ba');";

struct Place {
    folder: tempfile::TempDir,
    settings: Settings,
}

fn portal(mode: &str) -> (Place, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { path: folder.path().join("portal.db") };
    let connection = Connection::open(&settings.path).unwrap();
    connection.execute_batch(&format!("PRAGMA journal_mode={mode}; {SCHEMA}")).unwrap();
    (Place { folder, settings }, connection)
}

impl Place {
    fn dump(&self) -> Result<DatabaseFacts, SourceError> {
        let spool = self.folder.path().join("spool");
        let _earlier = fs::remove_dir_all(&spool);
        sqlite::dump(&self.settings, "portal", &spool, &world(), &Cancel::default(), &Silent)
    }

    fn dumped(&self) -> std::path::PathBuf {
        self.folder.path().join("spool/portal.sqlite")
    }
}

fn count(path: &Path, like: &Inventory) -> Result<Inventory, SourceError> {
    sqlite::inventory(path, &RowKey::parse(&like.row_key).unwrap(), &Cancel::default())
}

#[test]
fn a_loaded_database_counts_as_the_dumped_one() {
    for mode in ["WAL", "DELETE"] {
        let (place, writer) = portal(mode);
        let facts = place.dump().unwrap();
        let inventory = &facts.inventory;
        assert_eq!(inventory.tables["article"].rows, 4);
        assert_eq!(inventory.tables["Bảng \"lạ\""].rows, 1);
        assert_eq!(inventory.tables["empty"].rows, 0);
        assert_eq!(inventory.objects["sequence-value"]["article"], "4");
        assert_eq!(inventory.objects["database"]["user_version"], "7");
        for kind in ["table", "index", "view", "trigger"] {
            assert!(inventory.objects.contains_key(kind), "{kind}");
        }
        let target = place.folder.path().join("restored ?#%.db");
        sqlite::load(&place.dumped(), &target, &Cancel::default()).unwrap();
        assert_eq!(&count(&target, inventory).unwrap(), inventory);
        assert_eq!(&count(&place.settings.path, inventory).unwrap(), inventory, "live, {mode}");
        // The restored file is a whole database that can be written at once.
        let restored = Connection::open(&target).unwrap();
        restored.execute_batch("UPDATE article SET body = 'x' WHERE id = 1").unwrap();
        let mode_now: String =
            restored.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode_now, mode.to_lowercase());
        drop(restored);
        let changed = count(&target, inventory).unwrap();
        assert_ne!(changed.tables["article"], inventory.tables["article"]);
        assert_eq!(changed.objects, inventory.objects);
        drop(writer);
    }
}

#[test]
fn a_copy_under_a_writer_is_one_committed_state() {
    let (place, writer) = portal("WAL");
    writer.execute_batch("CREATE TABLE a (n); CREATE TABLE b (n); CREATE TABLE fill (x);").unwrap();
    writer.execute_batch("INSERT INTO fill SELECT randomblob(4000) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT n FROM c);").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let stop = &stop;
        scope.spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                writer
                    .execute_batch(
                        "BEGIN; INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); COMMIT;",
                    )
                    .unwrap();
            }
        });
        for _ in 0..5 {
            let tables = place.dump().unwrap().inventory.tables;
            assert_eq!(tables["a"].rows, tables["b"].rows);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_dump_leaves_the_portals_files_as_they_were() {
    let (place, writer) = portal("WAL");
    writer.execute_batch("INSERT INTO article (title) VALUES ('only in the WAL')").unwrap();
    let wal = place.folder.path().join("portal.db-wal");
    let before = (fs::read(&place.settings.path).unwrap(), fs::read(&wal).unwrap());
    assert_eq!(place.dump().unwrap().inventory.tables["article"].rows, 5);
    assert_eq!((fs::read(&place.settings.path).unwrap(), fs::read(&wal).unwrap()), before);
    let spool: Vec<_> = fs::read_dir(place.folder.path().join("spool")).unwrap().collect();
    assert_eq!(spool.len(), 1, "one file, no journal beside it");
}

#[test]
fn a_locked_database_is_waited_for_no_longer_than_the_limit() {
    let (place, writer) = portal("DELETE");
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    // A clock that goes on only when someone sleeps makes the minute pass at once.
    let clock = duphong::world::clock::ManualClock::at(jiff::Timestamp::UNIX_EPOCH);
    let real = world();
    let world = duphong::world::World::with(
        std::sync::Arc::new(clock),
        real.entropy.clone(),
        real.runtime().clone(),
    );
    let spool = place.folder.path().join("spool");
    let fault =
        sqlite::dump(&place.settings, "portal", &spool, &world, &Cancel::default(), &Silent)
            .unwrap_err();
    assert_eq!(fault.code(), "source.sqlite-busy", "{fault:?}");
}

#[test]
fn what_is_no_database_or_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let fault = |path: &Path| {
        let settings = Settings { path: path.to_owned() };
        let spool = folder.path().join("spool");
        sqlite::dump(&settings, "x", &spool, &world(), &Cancel::default(), &Silent)
            .unwrap_err()
            .code()
    };
    assert_eq!(fault(&folder.path().join("none.db")), "source.missing");
    assert_eq!(fault(folder.path()), "source.not-sqlite");
    let text = folder.path().join("text.db");
    fs::write(&text, "encrypted by someone ".repeat(500)).unwrap();
    assert_eq!(fault(&text), "source.not-sqlite");
}

#[test]
fn nothing_is_loaded_over_a_file_or_its_journal() {
    let (place, _writer) = portal("WAL");
    place.dump().unwrap();
    for existing in ["t.db", "t.db-wal", "t.db-journal"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(existing), "x").unwrap();
        let target = folder.path().join("t.db");
        let fault = sqlite::load(&place.dumped(), &target, &Cancel::default()).unwrap_err();
        assert_eq!((fault.code(), fault.exit()), ("source.target-not-empty", ExitCode::Usage));
    }
}

#[test]
fn production_is_known_by_place_and_by_inode() {
    let (place, _writer) = portal("WAL");
    let facts = place.dump().unwrap();
    let identity = |path: &Path| {
        let database = Database::Sqlite(Settings { path: path.to_owned() });
        database.identity(&facts, &world()).unwrap()
    };
    let live = &place.settings.path;
    assert_eq!(identity(live), Identity::Production);
    let link = place.folder.path().join("link.db");
    std::os::unix::fs::symlink(live, &link).unwrap();
    assert_eq!(identity(&link), Identity::Production);
    let moved = place.folder.path().join("moved.db");
    fs::hard_link(live, &moved).unwrap();
    assert_eq!(identity(&moved), Identity::Production);
    assert_eq!(identity(&place.dumped()), Identity::Different);
    assert_eq!(identity(&place.folder.path().join("new.db")), Identity::Different);
    fs::remove_file(live).unwrap();
    assert_eq!(identity(live), Identity::Production, "its place, though lost, is production's");
}

#[test]
fn a_schema_that_wants_to_act_is_not_obeyed() {
    let (place, writer) = portal("DELETE");
    // The index expression calls a function that an application may have defined with any effect.
    writer
        .execute_batch(
            "CREATE VIEW evil AS SELECT writefile('/tmp/pwned', 'x'), load_extension('evil');
             CREATE TRIGGER worse AFTER INSERT ON empty BEGIN DELETE FROM article; END;",
        )
        .unwrap();
    drop(writer);
    let facts = place.dump().unwrap();
    assert_eq!(facts.inventory.tables["article"].rows, 4);
    assert!(facts.inventory.objects["view"]["evil"].contains("writefile"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Any byte may be changed and the file cut anywhere: a clear fault, or an inventory that the
    /// drill then compares; never a panic, never a loop. A cut is always found.
    #[test]
    fn a_damaged_file_is_refused_or_counted(at in 0.0..1.0_f64, byte: u8, cut: bool) {
        thread_local! {
            static GOOD: (Vec<u8>, Inventory) = {
                let (place, _writer) = portal("DELETE");
                let facts = place.dump().unwrap();
                (fs::read(place.dumped()).unwrap(), facts.inventory)
            };
        }
        let (mut bytes, inventory) = GOOD.with(Clone::clone);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction")]
        let at = (at * bytes.len() as f64) as usize;
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &bytes).unwrap();
        match count(file.path(), &inventory) {
            Ok(_) => prop_assert!(!cut, "a cut at {} went unseen", at),
            Err(fault) => prop_assert!(fault.code().starts_with("source."), "{}", fault),
        }
    }
}
