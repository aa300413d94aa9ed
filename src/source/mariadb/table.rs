//! Taking single tables out of a dump: the files of each, which a stock client loads as well.
//!
//! Definition with indexes and rows come; triggers, which other objects may be needed for, do not.

use std::path::Path;

use crate::base::cancel::Cancel;
use crate::base::fault::{Args, Message};
use crate::base::manifest::DatabaseFacts;
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::dump::dump_folder;
use crate::source::mariadb::load::Work;
use crate::source::mariadb::script::{damaged, literal, quoted};
use crate::source::mariadb::session::Session;
use crate::source::mariadb::stream::files::slug;
use crate::source::{Dump, check_arrived};
use crate::world::World;
use crate::world::files;

/// Files of a table: its definition, then its rows.
const PARTS: [(&str, &str); 2] = [("20-", ".table.sql"), ("30-", ".rows.sql")];

/// Of the files of a dump's folder, those that may hold these tables. Names of files show only the
/// beginning of a table's name, so there may be some too many.
pub fn files_of_tables(there: &[String], tables: &[String]) -> Vec<String> {
    let of = |file: &str, table: &String| {
        let ending = |(phase, what): (&str, &str)| {
            file.starts_with(phase) && file.ends_with(&format!("{}{what}", slug(table)))
        };
        PARTS.into_iter().any(ending)
    };
    let wanted = |file: &&String| tables.iter().any(|table| of(file, table));
    there.iter().filter(wanted).cloned().collect()
}

/// Loads these tables of a dump into the database that `target` names, which may hold others.
/// Returns notes on what was left out.
pub fn load_tables(
    dump: Dump<'_>,
    target: &Settings,
    tables: &[String],
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<Vec<Message>, SourceError> {
    let Dump { folder, name, facts } = dump;
    let folder = folder.join(dump_folder(name));
    let mut session = Session::open(target, world)?;
    for table in tables {
        refuse_taken(&mut session, target, table)?;
    }
    progress.phase("phase-load");
    let work = Work { target, world, cancel, progress };
    for table in tables {
        let definition = definition(&folder, table)?;
        let rows = definition.replacen("20-", "30-", 1).replace(".table.sql", ".rows.sql");
        // A table without rows has no file of them.
        let rows = Some(folder.join(rows)).filter(|path| path.is_file());
        work.feed(vec![folder.join(&definition)])?;
        work.rows(rows.into_iter().collect())?;
        count(&mut session, table, facts)?;
    }
    let args = Args::none().text("tables", tables.join(", "));
    Ok(vec![Message::with("restore-note-table-mariadb", args)])
}

/// The file that makes this very table.
fn definition(folder: &Path, table: &str) -> Result<String, SourceError> {
    let read = files::FileError::io("read", folder);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(files::FileError::io("read", folder))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    let make = format!("CREATE TABLE {} (", quoted(table));
    for name in files_of_tables(&names, &[table.to_owned()]) {
        if name.starts_with("20-") {
            let script = files::read(&folder.join(&name))?;
            if String::from_utf8_lossy(&script).lines().any(|line| line.starts_with(&make)) {
                return Ok(name);
            }
        }
    }
    Err(damaged("a table's definition is missing"))
}

fn refuse_taken(session: &mut Session, target: &Settings, table: &str) -> Result<(), SourceError> {
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = {} AND table_name = {}",
        literal(&target.database),
        literal(table)
    );
    if session.value("look whether the table is there", &sql)? == "0" {
        return Ok(());
    }
    let target = format!("{table}, {} @ {}", target.database, target.server());
    Err(SourceError::TargetNotEmpty { target })
}

/// Holds the rows that arrived against the manifest.
fn count(session: &mut Session, table: &str, facts: &DatabaseFacts) -> Result<(), SourceError> {
    let sql = format!("SELECT COUNT(*) FROM {}", quoted(table));
    let found = session.value("count the rows", &sql)?;
    check_arrived(table, &found, facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_table_are_its_definition_and_its_rows() {
        let there: Vec<String> = [
            "00-position.sql",
            "20-000001-tin_bai.table.sql",
            "20-000002-tin_bai_cu.table.sql",
            "30-000001-tin_bai.rows.sql",
            "40-000001-tin_bai.triggers.sql",
            "99-end.sql",
        ]
        .map(str::to_owned)
        .to_vec();
        let files = files_of_tables(&there, &["tin_bai".to_owned()]);
        assert_eq!(files, ["20-000001-tin_bai.table.sql", "30-000001-tin_bai.rows.sql"]);
    }
}
