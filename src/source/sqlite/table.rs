//! Taking single tables out of a restored database file into another one.
//!
//! Definition and rows come; indexes and triggers do not, since what they need may be missing.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use crate::base::manifest::DatabaseFacts;
use crate::source::error::SourceError;

/// Copies these tables of the file `dumped` into the database `target`, which is made if it is not
/// there and has none of them. All of them come, or none. Returns notes, in English.
pub fn load_tables(
    dumped: &Path,
    target: &Path,
    tables: &[String],
    facts: &DatabaseFacts,
) -> Result<Vec<String>, SourceError> {
    let failed =
        |source| SourceError::Sqlite { act: "copy a table into", path: target.to_owned(), source };
    let mut connection = Connection::open(target).map_err(failed)?;
    connection
        .execute("ATTACH DATABASE ?1 AS dumped", [dumped.to_string_lossy()])
        .map_err(failed)?;
    // What a table refers to may be missing here.
    connection.execute_batch("PRAGMA foreign_keys = off").map_err(failed)?;
    let copy = connection.transaction().map_err(failed)?;
    for table in tables {
        let of = |schema: &str| {
            format!("SELECT sql FROM {schema}.sqlite_schema WHERE type = 'table' AND name = ?1")
        };
        let make = |schema: &str| {
            copy.query_row(&of(schema), [table], |row| row.get::<_, String>(0)).optional()
        };
        if make("main").map_err(failed)?.is_some() {
            let target = format!("{table} @ {}", target.display());
            return Err(SourceError::TargetNotEmpty { target });
        }
        let unknown = || SourceError::DumpDamaged { detail: format!("no table `{table}`") };
        let definition = make("dumped").map_err(failed)?.ok_or_else(unknown)?;
        let name = table.replace('"', "\"\"");
        copy.execute_batch(&format!(
            "{definition}; INSERT INTO main.\"{name}\" SELECT * FROM dumped.\"{name}\""
        ))
        .map_err(failed)?;
        let sql = format!("SELECT count(*) FROM main.\"{name}\"");
        let found: i64 = copy.query_row(&sql, [], |row| row.get(0)).map_err(failed)?;
        let wanted = facts.inventory.tables.get(table).map(|table| table.rows);
        if wanted.is_some_and(|wanted| u64::try_from(found) != Ok(wanted)) {
            let detail = format!("`{table}` came back with {found} of {wanted:?} rows");
            return Err(SourceError::DumpDamaged { detail });
        }
    }
    copy.commit().map_err(failed)?;
    Ok(vec![format!("{}: without indexes and triggers", tables.join(", "))])
}
