//! Taking single tables out of a restored database file into another one.
//!
//! Definition and rows come; indexes and triggers do not, since what they need may be missing. The
//! restored file is nobody's word: see [`inventory()`].

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use crate::base::fault::{Args, Message};
use crate::base::manifest::DatabaseFacts;
use crate::source::check_arrived;
use crate::source::error::SourceError;
use crate::source::sqlite::inventory;

/// Copies these tables of the file `dumped` into the database `target`, which is made if it is not
/// there and has none of them. All of them come, or none. Returns notes on what was left out.
pub fn load_tables(
    dumped: &Path,
    target: &Path,
    tables: &[String],
    facts: &DatabaseFacts,
) -> Result<Vec<Message>, SourceError> {
    let failed =
        |source| SourceError::Sqlite { act: "copy a table into", path: target.to_owned(), source };
    let mut connection = Connection::open(target).map_err(failed)?;
    inventory::distrust(&connection).map_err(failed)?;
    let from = inventory::uri(dumped).into_string().map_err(|_| unnamed(dumped))?;
    connection.execute("ATTACH DATABASE ?1 AS dumped", [from]).map_err(failed)?;
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
        // Whoever had the portal may have written it: one statement, whatever else stands there, and
        // one that makes a table.
        if !definition.get(..12).is_some_and(|word| word.eq_ignore_ascii_case("CREATE TABLE")) {
            return Err(unknown());
        }
        copy.execute(&definition, []).map_err(failed)?;
        let rows = format!("INSERT INTO main.\"{name}\" SELECT * FROM dumped.\"{name}\"");
        copy.execute(&rows, []).map_err(failed)?;
        let sql = format!("SELECT count(*) FROM main.\"{name}\"");
        let found: i64 = copy.query_row(&sql, [], |row| row.get(0)).map_err(failed)?;
        check_arrived(table, &found.to_string(), facts)?;
    }
    copy.commit().map_err(failed)?;
    let args = Args::none().text("tables", tables.join(", "));
    Ok(vec![Message::with("restore-note-table-sqlite", args)])
}

fn unnamed(dumped: &Path) -> SourceError {
    let detail = format!("the name of `{}` is no UTF-8", dumped.display());
    SourceError::DumpDamaged { detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::manifest::{Inventory, TableRows};

    #[test]
    fn a_definition_that_says_more_than_a_table_is_refused_whole() {
        let place = tempfile::tempdir().unwrap();
        let (dumped, target) = (place.path().join("d?.sqlite"), place.path().join("t.sqlite"));
        let made = Connection::open(&dumped).unwrap();
        made.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
        let rows = TableRows { rows: 1, digest: String::new() };
        let facts = DatabaseFacts {
            engine: "sqlite".into(),
            engine_version: String::new(),
            dump_tool: None,
            path: "db/t.sqlite".into(),
            instant: jiff::Timestamp::UNIX_EPOCH,
            log_position: None,
            fingerprint: String::new(),
            dump_bytes: 0,
            dump_digest: None,
            base: None,
            standby: None,
            inventory: Inventory { tables: [("t".into(), rows)].into(), ..Inventory::default() },
        };
        let load = |target: &Path| load_tables(&dumped, target, &["t".into()], &facts);
        load(&place.path().join("whole.sqlite")).unwrap();

        let other = Connection::open(&target).unwrap();
        other.execute_batch("CREATE TABLE khac (a); INSERT INTO khac VALUES (1)").unwrap();
        for hostile in ["CREATE TABLE t(a); DROP TABLE khac", "DROP TABLE khac"] {
            let write = "PRAGMA writable_schema = on; UPDATE sqlite_schema SET sql = ?1";
            let (on, update) = write.split_once("; ").unwrap();
            made.execute_batch(on).unwrap();
            made.execute(update, [hostile]).unwrap();
            assert!(load(&target).is_err(), "{hostile}");
            let kept = "SELECT count(*) FROM khac";
            assert_eq!(other.query_row(kept, [], |row| row.get(0)), Ok(1), "{hostile}");
        }
    }
}
