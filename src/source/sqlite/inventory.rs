//! What a SQLite file holds, read from a file that nobody vouches for.
//!
//! A restored file may have been written by an attacker who had the portal: schema text and page
//! structure are hostile until checked. So the file is opened read-only, SQLite's defensive mode
//! is on and its schema untrusted (no function with side effects runs from a view, trigger or
//! generated column), and the whole file passes `integrity_check` before a row is believed.
//!
//! Rows are those of real tables. Virtual tables are not read through their module: their rows
//! lie in shadow tables, which are real tables.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use crate::base::cancel::Cancel;
use crate::base::manifest::{Inventory, TableRows};
use crate::source::error::SourceError;
use crate::source::rows::{RowHash, RowKey, RowSum};
use crate::source::sqlite::wrap;
use crate::world::moves::with_suffix;

/// Findings of the integrity check that are worth keeping: the first says what happened.
const FINDINGS_MAX: u32 = 5;

/// Rows between two looks at the wish to stop.
const ROWS_PER_LOOK: u64 = 4096;

/// Counts the database at `path`.
pub fn inventory(path: &Path, key: &RowKey, cancel: &Cancel) -> Result<Inventory, SourceError> {
    let connection = open(path)?;
    check_integrity(&connection, path)?;
    let read = |error| wrap("count", path, error);
    let mut inventory = Inventory { row_key: key.to_hex(), ..Inventory::default() };
    objects(&connection, &mut inventory).map_err(read)?;
    settings(&connection, &mut inventory).map_err(read)?;
    for table in tables(&connection).map_err(read)? {
        if table == "sqlite_sequence" {
            sequences(&connection, &mut inventory).map_err(read)?;
            continue;
        }
        let rows = count(&connection, &table, key, path, cancel)?;
        inventory.tables.insert(table, rows);
    }
    Ok(inventory)
}

/// Opens the file so that reading changes nothing, not even beside it.
pub(super) fn open(path: &Path) -> Result<Connection, SourceError> {
    let open = |error| wrap("open", path, error);
    let metadata = |path: &Path| path.metadata().is_ok_and(|meta| meta.len() > 0);
    // A file without a live WAL is complete in itself: `immutable` then reads it without locks
    // and side files, which a dump in a read-only or foreign folder needs.
    let complete =
        !metadata(&with_suffix(path, "-wal")) && !metadata(&with_suffix(path, "-journal"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if complete {
        let uri = uri(path);
        Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
    } else {
        Connection::open_with_flags(path, flags)
    }
    .map_err(open)?;
    distrust(&connection).map_err(open)?;
    // Memory mapping would turn a truncated file into a signal instead of an error.
    connection
        .execute_batch("PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; PRAGMA query_only=ON;")
        .map_err(open)?;
    Ok(connection)
}

/// Lets nothing of a schema run that somebody else may have written.
pub(super) fn distrust(connection: &Connection) -> rusqlite::Result<()> {
    for (config, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(config, value)?;
    }
    Ok(())
}

/// The path as a SQLite URI; every byte that means something in one is escaped.
pub(super) fn uri(path: &Path) -> OsString {
    let mut text = b"file:".to_vec();
    for &byte in
        std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).as_os_str().as_bytes()
    {
        match byte {
            b'%' | b'?' | b'#' => text.extend(format!("%{byte:02x}").bytes()),
            _ => text.push(byte),
        }
    }
    text.extend(b"?immutable=1&mode=ro");
    OsString::from_vec(text)
}

fn check_integrity(connection: &Connection, path: &Path) -> Result<(), SourceError> {
    let sql = format!("PRAGMA integrity_check({FINDINGS_MAX})");
    let findings: Vec<String> = connection
        .prepare(&sql)
        .and_then(|mut statement| statement.query_map([], text)?.collect())
        .map_err(|error| wrap("check", path, error))?;
    if findings == ["ok"] {
        return Ok(());
    }
    Err(SourceError::SqliteDamaged { path: path.to_owned(), detail: findings.join("; ") })
}

/// Names and definitions may hold bytes that are not UTF-8; they are shown replaced, not refused.
fn text(row: &Row<'_>) -> rusqlite::Result<String> {
    lossy(row, 0)
}

fn lossy(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
    })
}

fn objects(connection: &Connection, inventory: &mut Inventory) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name, sql) = (lossy(row, 0)?, lossy(row, 1)?, lossy(row, 3)?);
        // Indexes that a constraint made have no text of their own; the table's text has them.
        let definition =
            if sql.is_empty() { format!("automatic, on {}", lossy(row, 2)?) } else { sql };
        inventory.objects.entry(kind).or_default().insert(name, definition);
    }
    Ok(())
}

/// What the application set on the file as a whole.
fn settings(connection: &Connection, inventory: &mut Inventory) -> rusqlite::Result<()> {
    for pragma in ["application_id", "user_version", "encoding", "page_size", "auto_vacuum"] {
        let value = connection.query_row(&format!("PRAGMA {pragma}"), [], text)?;
        inventory
            .objects
            .entry("database".to_owned())
            .or_default()
            .insert(pragma.to_owned(), value);
    }
    Ok(())
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT name FROM pragma_table_list \
         WHERE schema = 'main' AND type IN ('table', 'shadow') AND name <> 'sqlite_schema'",
    )?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The counters of AUTOINCREMENT are state, not rows.
fn sequences(connection: &Connection, inventory: &mut Inventory) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT name, seq FROM sqlite_sequence")?;
    let mut rows = statement.query([])?;
    let values = inventory.objects.entry("sequence-value".to_owned()).or_default();
    while let Some(row) = rows.next()? {
        values.insert(lossy(row, 0)?, lossy(row, 1)?);
    }
    Ok(())
}

fn count(
    connection: &Connection,
    table: &str,
    key: &RowKey,
    path: &Path,
    cancel: &Cancel,
) -> Result<TableRows, SourceError> {
    let read = |error| wrap("count", path, error);
    let sql = select(connection, table).map_err(read)?;
    let mut statement = connection.prepare(&sql).map_err(read)?;
    let columns = statement.column_count();
    let mut rows = statement.query([]).map_err(read)?;
    let mut sum = RowSum::default();
    let mut seen = 0_u64;
    while let Some(row) = rows.next().map_err(read)? {
        let mut hash = RowHash::new(key);
        for column in 0..columns {
            hash_value(&mut hash, row.get_ref(column).map_err(read)?);
        }
        sum.add_hash(hash);
        seen += 1;
        if seen.is_multiple_of(ROWS_PER_LOOK) && cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
    }
    Ok(sum.finish())
}

/// Selects the stored columns in their order. Computed ones follow from them.
fn select(connection: &Connection, table: &str) -> rusqlite::Result<String> {
    let mut statement = connection
        .prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid")?;
    let mut names = statement.query([table])?;
    let mut list = String::new();
    while let Some(row) = names.next()? {
        let separator = if list.is_empty() { "" } else { ", " };
        let _infallible = write!(list, "{separator}{}", quoted(&row.get::<_, String>(0)?));
    }
    Ok(format!("SELECT {list} FROM main.{} NOT INDEXED", quoted(table)))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// One value: its type, then its bytes; lengths first, so that no two rows look alike.
fn hash_value(hash: &mut RowHash, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => hash.update(b"n"),
        ValueRef::Integer(number) => {
            hash.update(b"i");
            hash.update(&number.to_be_bytes());
        }
        ValueRef::Real(number) => {
            hash.update(b"r");
            hash.update(&number.to_bits().to_be_bytes());
        }
        ValueRef::Text(bytes) => hash_bytes(hash, b"t", bytes),
        ValueRef::Blob(bytes) => hash_bytes(hash, b"b", bytes),
    }
}

fn hash_bytes(hash: &mut RowHash, kind: &[u8], bytes: &[u8]) {
    hash.update(kind);
    hash.update(&(bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}
