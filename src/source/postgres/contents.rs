//! What a dump's table of contents says of rows and sequences, and the names of its files.

use std::collections::BTreeMap;
use std::path::Path;

use crate::source::error::SourceError;
use crate::source::postgres::dump::SMALL_LIMIT;
use crate::source::postgres::globals;
use crate::source::postgres::tools::Tools;
use crate::world::World;

/// The parts of a dump's table of contents that matter here.
pub(super) struct Contents {
    /// The numbers of the files of rows, by the table's OID.
    pub(super) data_files: BTreeMap<u32, u32>,
    /// The lines of sequence values, as `pg_restore --use-list` takes them.
    pub(super) sequences: Vec<String>,
}

impl Contents {
    pub(super) fn read(folder: &Path, tools: &Tools, world: &World) -> Result<Self, SourceError> {
        let list = tools
            .program("pg_restore")
            .arg("--list")
            .arg(folder)
            .output(world.clock.as_ref(), SMALL_LIMIT)
            .map_err(SourceError::Program)?;
        Ok(Self::parse(&String::from_utf8_lossy(&list)))
    }

    /// A line is `<id>; <class OID> <OID> <kind> <schema> <name> <owner>`. Names may hold spaces,
    /// so only what stands before them is read; rows lie in [`data_file`].
    fn parse(list: &str) -> Self {
        let mut contents = Self { data_files: BTreeMap::new(), sequences: Vec::new() };
        for line in list.lines().filter(|line| !line.starts_with(';')) {
            let Some((id, rest)) = line.split_once("; ") else { continue };
            let mut words = rest.splitn(3, ' ');
            let (_class, oid, what) = (words.next(), words.next(), words.next().unwrap_or(""));
            if what.starts_with("SEQUENCE SET ") {
                contents.sequences.push(line.to_owned());
            } else if what.starts_with("TABLE DATA ")
                && let Some(oid) = oid.and_then(|oid| oid.parse().ok())
                && let Ok(id) = id.parse()
            {
                contents.data_files.insert(oid, id);
            }
        }
        contents
    }
}

/// The file that holds the rows of the entry with this number.
pub(super) fn data_file(id: u32) -> String {
    format!("{id}.dat")
}

/// The number of the entry whose rows a file of this name holds, if it is such a file.
pub(super) fn data_file_number(name: &str) -> Option<u32> {
    let id = name.strip_suffix(".dat")?.parse().ok()?;
    // Numbers can be written in more than one way, names of files only in this one.
    (data_file(id) == name).then_some(id)
}

/// Reads `SELECT pg_catalog.setval('schema.name', value, called);` statements.
pub(super) fn set_values(script: &str) -> Vec<(String, String, String, bool)> {
    const START: &str = "SELECT pg_catalog.setval('";
    globals::statements(script)
        .filter_map(|statement| {
            let rest = statement.strip_prefix(START)?.strip_suffix(')')?;
            let (literal, values) = rest.rsplit_once("', ")?;
            let (value, called) = values.split_once(", ")?;
            let (schema, rest) = identifier(&literal.replace("''", "'"))?;
            let (name, _) = identifier(rest.strip_prefix('.')?)?;
            Some((schema, name, value.to_owned(), called == "true"))
        })
        .collect()
}

/// The first identifier of a text, without its quotes, and what follows it.
pub(super) fn identifier(text: &str) -> Option<(String, String)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        return Some((text[..end].to_owned(), text[end..].to_owned()));
    };
    let mut name = String::new();
    let mut letters = quoted.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if letters.next_if(|&(_, next)| next == '"').is_some() => name.push('"'),
            '"' => return Some((name, quoted[at + 1..].to_owned())),
            other => name.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_contents_maps_tables_to_files() {
        let list = "; Archive created at\n;\n3347; 0 16386 TABLE DATA public a b postgres\n\
            200; 1259 16385 TABLE public a b postgres\n9; 0 0 SEQUENCE SET public s postgres\n";
        let contents = Contents::parse(list);
        assert_eq!(contents.data_files, BTreeMap::from([(16386, 3347)]));
        assert_eq!(contents.sequences, ["9; 0 0 SEQUENCE SET public s postgres"]);
    }

    #[test]
    fn a_data_file_is_known_by_its_name() {
        assert_eq!(data_file(3347), "3347.dat");
        assert_eq!(data_file_number("3347.dat"), Some(3347));
        for other in ["toc.dat", "blob_16400.dat", "3347.dat.gz", "+1.dat", "03.dat", ".dat"] {
            assert_eq!(data_file_number(other), None, "{other}");
        }
    }

    #[test]
    fn sequence_values_are_read_whatever_the_name() {
        let script = "-- Name: s; Type: SEQUENCE SET\n\nSELECT pg_catalog.setval('public.s', 5, true);\n\
            SELECT pg_catalog.setval('\"Lược đồ\".\"it''s \"\"x\"\";\n, 1\"', -3, false);\n";
        assert_eq!(
            set_values(script),
            [
                ("public".to_owned(), "s".to_owned(), "5".to_owned(), true),
                ("Lược đồ".to_owned(), "it's \"x\";\n, 1".to_owned(), "-3".to_owned(), false),
            ]
        );
        assert_eq!(set_values("SELECT pg_catalog.setval('\"open', 1, true);"), []);
    }
}
