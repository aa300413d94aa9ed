//! SQLite databases: copied by the online backup API while the portal writes.
//!
//! Guarantees: the copy is one committed state of the database, WAL included, whatever writers
//! do meanwhile; it is a single ordinary file; the inventory is counted from that copy, so it
//! cannot differ from it. One read transaction is held throughout, so that writers can neither
//! tear nor restart the copy: in WAL mode they are not delayed, in rollback-journal mode they
//! wait while the pages are copied.
//!
//! Files that come from elsewhere are not trusted: see [`mod@inventory`].

mod ask;
mod inventory;
mod table;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::base::cancel::Cancel;
use crate::base::manifest::DatabaseFacts;
use crate::base::progress::Progress;
use crate::source::damage::Damage;
use crate::source::error::SourceError;
use crate::source::rows::RowKey;
use crate::source::{Identity, name};
use crate::world::World;
use crate::world::files::{self, FileError};
use crate::world::moves::with_suffix;

pub use crate::source::sqlite::ask::ask;
pub use crate::source::sqlite::inventory::inventory;
pub use crate::source::sqlite::table::load_tables;

/// The engine's name in [`DatabaseFacts::engine`].
pub const ENGINE: &str = "sqlite";

/// What SQLite keeps beside a database, by what it adds to its name. A database and its side files
/// belong together: alone, either is wrong.
pub const SIDE_FILES: &[&str] = &["-wal", "-shm", "-journal"];

/// How long another program may keep the database locked before we give up: a portal's longest
/// transaction is seconds; a minute means that something hangs.
const BUSY_MAX: Duration = Duration::from_mins(1);

/// Between two attempts on a locked database.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Pages copied between two looks at the wish to stop: 16 MiB at the usual page size.
const PAGES_PER_STEP: i32 = 4096;

/// A SQLite database to protect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The database file.
    pub path: PathBuf,
}

/// The file of a dump within the spool or within the set's `db` folder.
pub fn dump_file(name: &str) -> String {
    format!("{name}.sqlite")
}

/// Copies the database into `<spool>/<name>.sqlite` and counts the copy.
pub fn dump(
    settings: &Settings,
    name: &str,
    spool: &Path,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<DatabaseFacts, SourceError> {
    name::check(name)?;
    let fingerprint = fingerprint(&settings.path)?;
    files::create_private_dir(spool)?;
    let target = spool.join(dump_file(name));

    progress.phase("phase-dump");
    let source = open_source(&settings.path)?;
    hold_snapshot(&source, &settings.path, world, cancel)?;
    let instant = world.clock.now();
    check_space(&source, &settings.path, spool)?;
    copy(&source, &settings.path, &target, world, cancel, progress)?;
    drop(source);

    progress.phase("phase-inventory");
    let inventory = inventory(&target, &RowKey::draw(world), cancel)?;
    let dump_bytes = fs::metadata(&target).map_err(FileError::io("examine", &target))?.len();
    Ok(DatabaseFacts {
        engine: ENGINE.to_owned(),
        engine_version: rusqlite::version().to_owned(),
        dump_tool: None,
        path: format!("db/{}", dump_file(name)),
        instant,
        log_position: None,
        fingerprint,
        dump_bytes,
        dump_digest: None,
        base: None,
        standby: None,
        inventory,
    })
}

/// Places a dumped file at `target`, which must not exist; durable when this returns.
///
/// The file is completed under another name first: a portal never opens half a database.
pub fn load(dumped: &Path, target: &Path, cancel: &Cancel) -> Result<(), SourceError> {
    // Left-over side files would be replayed into the restored database and corrupt it.
    for suffix in [""].iter().chain(SIDE_FILES) {
        let taken = with_suffix(target, suffix);
        if taken.symlink_metadata().is_ok() {
            return Err(SourceError::TargetNotEmpty { target: taken.display().to_string() });
        }
    }
    if cancel.is_cancelled() {
        return Err(SourceError::Cancelled);
    }
    let partial = with_suffix(target, ".partial");
    let mut from = File::open(dumped).map_err(FileError::io("read", dumped))?;
    let mut to = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .map_err(FileError::io("create", &partial))?;
    io::copy(&mut from, &mut to)
        .and_then(|_| to.sync_all())
        .map_err(FileError::io("write", &partial))?;
    files::rename_durably(&partial, target)?;
    Ok(())
}

/// Drops a table of a restored file: how a drill is tested against itself. Never for production.
pub fn drop_table(restored: &Path, table: &str) -> Result<(), SourceError> {
    let failed =
        |source| SourceError::Sqlite { act: "drop a table of", path: restored.to_owned(), source };
    let connection = Connection::open(restored).map_err(failed)?;
    let name = table.replace('"', "\"\"");
    connection
        .execute_batch(&format!("PRAGMA foreign_keys = off; DROP TABLE \"{name}\""))
        .map_err(failed)
}

/// Damages a restored database, in one of these tables if it is a row; whether there was anything
/// that could be.
pub fn damage(restored: &Path, what: Damage, tables: &[&str]) -> Result<bool, SourceError> {
    let act = what.act();
    let failed = |source| SourceError::Sqlite { act, path: restored.to_owned(), source };
    let connection = Connection::open(restored).map_err(failed)?;
    connection.execute_batch("PRAGMA foreign_keys = off").map_err(failed)?;
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let texts = |sql: &str, parameter: &str| -> Result<Vec<String>, rusqlite::Error> {
        connection.prepare(sql)?.query_map([parameter], |row| row.get(0))?.collect()
    };
    let statements: Vec<String> = match what {
        Damage::Trigger => {
            let names = "SELECT name FROM sqlite_master WHERE type = ?1 ORDER BY name";
            let names = texts(names, "trigger").map_err(failed)?;
            names.iter().map(|name| format!("DROP TRIGGER {}", quoted(name))).collect()
        }
        // It has no accounts.
        Damage::Grant => Vec::new(),
        Damage::Row => {
            let mut all = Vec::new();
            for table in tables {
                let columns = texts("SELECT name FROM pragma_table_info(?1)", table);
                let table = quoted(table);
                all.extend(columns.map_err(failed)?.iter().map(|column| {
                    let column = quoted(column);
                    format!(
                        "UPDATE {table} SET {column} = substr({column}, 1, length({column}) - 1) || \
                         CASE substr({column}, -1) WHEN 'x' THEN 'y' ELSE 'x' END WHERE rowid = \
                         (SELECT rowid FROM {table} WHERE typeof({column}) = 'text' \
                         AND length({column}) > 0 LIMIT 1)"
                    )
                }));
            }
            all
        }
    };
    for statement in statements {
        let changed = connection.execute(&statement, []);
        if changed.is_ok_and(|rows| rows == 1 || what == Damage::Trigger) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What identifies the live database: its canonical path, device and inode.
pub fn fingerprint(path: &Path) -> Result<String, SourceError> {
    let (path, meta) = database_file(path)?;
    Ok(format!("device={} inode={} path={}", meta.dev(), meta.ino(), path.display()))
}

/// Bytes of the database with its WAL. The file is not opened: even a reader of a database in WAL
/// mode makes files beside it.
pub fn size(settings: &Settings) -> Result<u64, SourceError> {
    let (path, meta) = database_file(&settings.path)?;
    let wal = with_suffix(&path, "-wal");
    match fs::metadata(&wal) {
        Ok(wal) => Ok(meta.len() + wal.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(meta.len()),
        Err(error) => Err(FileError::io("examine", &wal)(error).into()),
    }
}

/// The file behind all links, beside which SQLite keeps its WAL.
fn database_file(path: &Path) -> Result<(PathBuf, fs::Metadata), SourceError> {
    let missing = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => SourceError::Missing { path: path.to_owned() },
        _ => FileError::io("examine", path)(source).into(),
    };
    let path = fs::canonicalize(path).map_err(missing)?;
    let meta = fs::metadata(&path).map_err(missing)?;
    if !meta.is_file() {
        return Err(SourceError::NotSqlite { path });
    }
    Ok((path, meta))
}

/// Whether the file at `path` (or the place where one would be made) is where `facts` came from.
pub fn identity(path: &Path, facts: &DatabaseFacts) -> Result<Identity, SourceError> {
    let Some((known_file, known_path)) = facts.fingerprint.split_once(" path=") else {
        return Ok(Identity::Unknown);
    };
    let live = match fingerprint(path) {
        Ok(live) => live,
        Err(SourceError::Missing { .. }) => {
            let place = canonical_place(path)?;
            let same = place == Path::new(known_path);
            return Ok(if same { Identity::Production } else { Identity::Different });
        }
        Err(other) => return Err(other),
    };
    // Either alone is enough: production may have been moved, or replaced by a new file.
    let same = live
        .split_once(" path=")
        .is_none_or(|(file, path)| file == known_file || path == known_path);
    Ok(if same { Identity::Production } else { Identity::Different })
}

/// The path a file would have once made: its folder resolved, its name kept.
fn canonical_place(path: &Path) -> Result<PathBuf, SourceError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match fs::canonicalize(folder) {
        Ok(folder) => Ok(folder.join(path.file_name().unwrap_or_default())),
        // A folder that does not exist cannot be production's.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(FileError::io("examine", folder)(error).into()),
    }
}

/// Opens the live database without changing it. Read-only first: closing such a connection never
/// checkpoints the portal's WAL. Only a database left behind by a crash needs more, since its
/// journal must be played back before anything can be read.
fn open_source(path: &Path) -> Result<Connection, SourceError> {
    let common = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let open = |flags: OpenFlags| -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags | common)?;
        connection.busy_timeout(Duration::from_millis(0))?;
        Ok(connection)
    };
    let readable = |connection: &Connection| match probe(connection) {
        Err(error) if is_busy(&error) => Ok(()), // waited for in `hold_snapshot`
        other => other,
    };
    let read_only = open(OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|connection| readable(&connection).map(|()| connection));
    match read_only {
        Err(error) if needs_writing(&error) => open(OpenFlags::SQLITE_OPEN_READ_WRITE)
            .and_then(|connection| readable(&connection).map(|()| connection)),
        other => other,
    }
    .map_err(|error| wrap("open", path, error))
}

fn probe(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn needs_writing(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
}

/// Opens the read transaction whose state is dumped.
fn hold_snapshot(
    source: &Connection,
    path: &Path,
    world: &World,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    patiently(path, world, cancel, || {
        match source.execute_batch("BEGIN").and_then(|()| probe(source)) {
            Ok(()) => Ok(true),
            Err(error) if is_busy(&error) => {
                // The transaction holds nothing yet; it is begun again at the next attempt.
                source.execute_batch("ROLLBACK").map_err(|e| wrap("read", path, e))?;
                Ok(false)
            }
            Err(error) => Err(wrap("read", path, error)),
        }
    })
}

fn check_space(source: &Connection, path: &Path, spool: &Path) -> Result<(), SourceError> {
    let number = |pragma: &str| -> Result<u64, SourceError> {
        source
            .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .map(i64::unsigned_abs)
            .map_err(|error| wrap("examine", path, error))
    };
    let need = number("page_count")?.saturating_mul(number("page_size")?);
    let free = files::free_bytes(spool)?;
    if need > free {
        return Err(SourceError::NoSpace { path: spool.to_owned(), need, free });
    }
    Ok(())
}

fn copy(
    source: &Connection,
    path: &Path,
    target: &Path,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let read = |error: rusqlite::Error| match error.sqlite_error_code() {
        // Of the two files, only the copy grows.
        Some(ErrorCode::DiskFull) => {
            FileError::io("write", target)(io::ErrorKind::StorageFull.into()).into()
        }
        _ => wrap("copy", path, error),
    };
    // Made by us, private from its first instant; SQLite would follow the umask.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(target)
        .map_err(FileError::io("create", target))?;
    let mut copy = Connection::open_with_flags(
        target,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(read)?;
    // The spool does not outlive a crash, so nothing is gained by waiting for the disk.
    copy.execute_batch("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF;").map_err(read)?;
    let backup = Backup::new(source, &mut copy).map_err(read)?;
    let mut done = 0;
    patiently(path, world, cancel, || {
        loop {
            let step = backup.step(PAGES_PER_STEP).map_err(read)?;
            let state = backup.progress();
            let copied = u64::try_from(state.pagecount - state.remaining).unwrap_or_default();
            progress.total(u64::try_from(state.pagecount).unwrap_or_default(), 0);
            progress.advance(copied.saturating_sub(done), 0);
            done = copied.max(done);
            match step {
                StepResult::Done => return Ok(true),
                StepResult::More if cancel.is_cancelled() => return Err(SourceError::Cancelled),
                StepResult::More => {}
                _ => return Ok(false),
            }
        }
    })?;
    drop(backup);
    copy.close().map_err(|(_, error)| read(error))
}

/// Repeats `attempt` until it says true, no longer than [`BUSY_MAX`].
fn patiently(
    path: &Path,
    world: &World,
    cancel: &Cancel,
    mut attempt: impl FnMut() -> Result<bool, SourceError>,
) -> Result<(), SourceError> {
    let started = world.clock.monotonic();
    while !attempt()? {
        if cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        if world.clock.monotonic().since(started) >= BUSY_MAX {
            return Err(SourceError::SqliteBusy {
                path: path.to_owned(),
                seconds: BUSY_MAX.as_secs(),
            });
        }
        world.clock.sleep(BUSY_PAUSE);
    }
    Ok(())
}

/// Gives an error of SQLite its meaning.
fn wrap(act: &'static str, path: &Path, error: rusqlite::Error) -> SourceError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => SourceError::NotSqlite { path },
        Some(ErrorCode::DatabaseCorrupt) => {
            SourceError::SqliteDamaged { path, detail: error.to_string() }
        }
        Some(ErrorCode::DiskFull) => {
            FileError::io("write", &path)(io::ErrorKind::StorageFull.into()).into()
        }
        _ => SourceError::Sqlite { act, path, source: error },
    }
}
