//! Taking single tables out of a dump: their definition and rows, nothing that hangs on them.
//!
//! For a person who lost some rows: they are loaded into a database where they can be looked at and
//! copied from. Indexes, constraints and triggers are left out, since they need what is not there.
//! The rows that arrive are counted against the manifest.

use std::path::Path;

use crate::base::cancel::Cancel;
use crate::base::fault::{Args, Message};
use crate::base::manifest::DatabaseFacts;
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::contents::identifier;
use crate::source::postgres::dump::{SMALL_LIMIT, dump_folder};
use crate::source::postgres::load::{literal, quoted, run_restore};
use crate::source::postgres::session::Session;
use crate::source::postgres::tools::{PassFile, Tools, parse_major};
use crate::source::{Dump, check_arrived};
use crate::world::World;

/// The table of contents of a dump.
pub const CONTENTS: &str = "toc.dat";

/// The names of the files in a dump's folder that are needed for these tables, by its table of
/// contents in `folder`. A name that could be read in two ways brings a file too many.
pub fn files_of_tables(
    folder: &Path,
    tables: &[String],
    facts: &DatabaseFacts,
    bin_dir: Option<&Path>,
    world: &World,
) -> Result<Vec<String>, SourceError> {
    let major = facts.dump_tool.as_deref().and_then(parse_major).unwrap_or_default();
    let tools = Tools::find(bin_dir, "pg_restore", major, world)?;
    let list = tools
        .program("pg_restore")
        .arg("--list")
        .arg(folder)
        .output(world.clock.as_ref(), SMALL_LIMIT)
        .map_err(SourceError::Program)?;
    let list = String::from_utf8_lossy(&list);
    let mut files = vec![CONTENTS.to_owned()];
    files.extend(tables.iter().flat_map(|table| data_files(&list, table)));
    Ok(files)
}

/// A line is `<id>; <class OID> <OID> TABLE DATA <schema> <name> <owner>`.
fn data_files(list: &str, table: &str) -> Vec<String> {
    let Some((schema, name)) = parts(table) else { return Vec::new() };
    let wanted = format!(" TABLE DATA {schema} {name} ");
    let ids = list.lines().filter(|line| !line.starts_with(';') && line.contains(&wanted));
    ids.filter_map(|line| Some(format!("{}.dat", line.split_once("; ")?.0))).collect()
}

/// `public."Tin bài"` in its two names, without quotes.
fn parts(table: &str) -> Option<(String, String)> {
    let (schema, rest) = identifier(table)?;
    let (name, _) = identifier(rest.strip_prefix('.')?)?;
    Some((schema, name))
}

/// Loads these tables of a dump into the database that `target` names, which may hold others.
/// Returns notes on what was left out.
pub fn load_tables(
    dump: Dump<'_>,
    target: &Settings,
    tables: &[String],
    work: &Path,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<Vec<Message>, SourceError> {
    let Dump { folder, name, facts } = dump;
    let session = Session::open(target, world)?.under(cancel);
    let dumped_by = facts.dump_tool.as_deref().and_then(parse_major).unwrap_or_default();
    let needed = dumped_by.max(session.major());
    let tools = Tools::find(target.bin_dir.as_deref(), "pg_restore", needed, world)?;
    let mut named = Vec::new();
    for table in tables {
        let unknown = || SourceError::DumpDamaged { detail: format!("no table `{table}`") };
        let (schema, name) = parts(table).ok_or_else(unknown)?;
        refuse_taken(&session, target, table)?;
        named.push((schema, name));
    }
    progress.phase("phase-load");
    let pass = PassFile::write(target, work)?;
    for (schema, table) in &named {
        let make = format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema));
        session.run("make the schema", &make)?;
        let process = tools
            .client("pg_restore", target, &pass)
            .args(["--exit-on-error", "--no-owner", "--no-privileges", "--no-tablespaces"])
            .arg(format!("--schema={schema}"))
            .arg(format!("--table={table}"))
            .arg(folder.join(dump_folder(name)));
        run_restore(process, &session, world, cancel)?;
    }
    for table in tables {
        count(&session, table, facts)?;
    }
    let args = Args::none().text("tables", tables.join(", "));
    Ok(vec![Message::with("restore-note-table-postgres", args)])
}

fn refuse_taken(session: &Session, target: &Settings, table: &str) -> Result<(), SourceError> {
    let sql = format!("SELECT to_regclass({}) IS NOT NULL", literal(table));
    if session.value("look whether the table is there", &sql)? == "t" {
        let target = format!("{table}, {} @ {}", target.database()?, target.server());
        return Err(SourceError::TargetNotEmpty { target });
    }
    Ok(())
}

/// Holds the rows that arrived against the manifest.
fn count(session: &Session, table: &str, facts: &DatabaseFacts) -> Result<(), SourceError> {
    let sql = format!("SELECT count(*) FROM ONLY {table}");
    let found = session.value("count the rows", &sql)?;
    check_arrived(table, &found, facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_table_are_found_by_its_two_names() {
        let list = ";\n; 1; 0 1 TABLE DATA public tin_bai x\n\
            3347; 0 16386 TABLE DATA public tin_bai postgres\n\
            3348; 0 16387 TABLE DATA other tin_bai postgres\n\
            3349; 0 16388 TABLE DATA public tin_bai_cu postgres\n\
            200; 1259 16386 TABLE public tin_bai postgres\n\
            3350; 0 16389 TABLE DATA Lược đồ Bảng \"x\" postgres\n";
        assert_eq!(data_files(list, "public.tin_bai"), ["3347.dat"]);
        assert_eq!(data_files(list, "\"Lược đồ\".\"Bảng \"\"x\"\"\""), ["3350.dat"]);
        assert_eq!(data_files(list, "public.none"), [""; 0]);
        assert_eq!(data_files(list, "tin_bai"), [""; 0]);
    }
}
