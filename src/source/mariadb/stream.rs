//! Takes a dump program's script apart as it passes: into files, one group a table, and into the
//! inventory of the very same bytes.
//!
//! The names of the files sort in the order in which they must be loaded, so that
//! `cat db/NAME/*.sql | mariadb NAME` brings everything back: rows come before triggers, stand-ins
//! of views before what uses them, events, which could fire at once, at the end. Each file opens
//! with the script's own settings and can be loaded alone.

pub(super) mod files;
mod made;

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::digest::Digest;
use crate::base::manifest::TableRows;
use crate::source::error::SourceError;
use crate::source::mariadb::script::{Event, Reader, assignment, damaged, identifier};
use crate::source::mariadb::stream::files::Files;
use crate::source::mariadb::stream::made::{Made, without_counter, without_implied};
use crate::source::rows::RowSum;

/// The last file of a dump: without it, it is none.
pub(super) const END: &str = "99-end.sql";

/// What the dump program writes when all is well, and what we write as it.
const COMPLETED: &str = "-- Dump completed";

/// A definition longer than this is stood for by its digest.
const DEFINITION_BYTES_MAX: usize = 1000;

/// A part of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Head,
    Sequences,
    Table,
    Rows,
    Triggers,
    StandIns,
    Routines,
    Views,
    Events,
    Foot,
}

impl Section {
    /// The part that a comment of the program announces.
    fn announced(comment: &str) -> Option<(&'static str, Self)> {
        const PARTS: [(&str, Section); 8] = [
            ("-- Sequence structure for ", Section::Sequences),
            ("-- Table structure for table ", Section::Table),
            ("-- Dumping data for table ", Section::Rows),
            ("-- Temporary table structure for view ", Section::StandIns),
            ("-- Temporary view structure for view ", Section::StandIns),
            ("-- Dumping events for database ", Section::Events),
            ("-- Dumping routines for database ", Section::Routines),
            ("-- Final view structure for view ", Section::Views),
        ];
        PARTS.into_iter().find(|(start, _)| comment.starts_with(start))
    }

    fn of_table(self) -> bool {
        matches!(self, Self::Table | Self::Rows | Self::Triggers)
    }
}

/// What the settings were when an object was made.
#[derive(Clone, Debug, Default)]
struct Context {
    sql_mode: String,
    client: String,
    collation: String,
    time_zone: String,
}

/// What a script held.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) objects: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) tables: BTreeMap<String, TableRows>,
    /// Accounts in whose name objects act, as the script writes them.
    pub(super) definers: Vec<String>,
    /// Binary log file and position, and GTID, as far as the script tells.
    pub(super) position: Option<String>,
}

/// Reads one script.
pub(super) struct Collector {
    files: Option<Files>,
    section: Section,
    context: Context,
    table: Option<String>,
    sum: RowSum,
    log_file: Option<String>,
    gtid: Option<String>,
    is_complete: bool,
    /// Whether MySQL's own program speaks.
    is_of_mysql: bool,
    collected: Collected,
}

impl Collector {
    /// Keeps the script in `folder`, which must be there; or only counts it.
    pub(super) fn new(folder: Option<&Path>) -> Self {
        Self {
            files: folder.map(Files::new),
            section: Section::Head,
            context: Context::default(),
            table: None,
            sum: RowSum::default(),
            log_file: None,
            gtid: None,
            is_complete: false,
            is_of_mysql: false,
            collected: Collected::default(),
        }
    }

    /// What was found; fails unless the program said that it was all.
    pub(super) fn finish(mut self) -> Result<Collected, SourceError> {
        if !self.is_complete {
            return Err(damaged("its last line is missing"));
        }
        self.end_table();
        if let Some(files) = self.files.take() {
            files.finish()?;
        }
        let gtid = self.gtid.map(|gtid| format!(" gtid={gtid}")).unwrap_or_default();
        self.collected.position = self.log_file.map(|file| format!("{file}{gtid}"));
        Ok(self.collected)
    }

    fn comment(&mut self, line: &[u8]) -> Result<(), SourceError> {
        let text = String::from_utf8_lossy(line);
        if self.is_complete {
            return Err(damaged("something follows its last line"));
        }
        if let Some((start, section)) = Section::announced(&text) {
            return self.enter(section, &text[start.len()..]);
        }
        self.is_complete = text.starts_with(COMPLETED);
        self.is_of_mysql |= text.starts_with("-- MySQL dump ") && !text.contains("MariaDB");
        self.position(&text);
        match &mut self.files {
            // Elsewhere comments only repeat what the statements say, and the time of day would
            // make files differ that are equal.
            Some(files) if self.section == Section::Head && text.contains(" TO ") => {
                files.note(line);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn position(&mut self, comment: &str) {
        let value = |key: &str| {
            let rest = &comment[comment.find(key)? + key.len()..];
            // A GTID of several domains holds commas.
            let (rest, ends): (_, &[char]) = match rest.strip_prefix('\'') {
                Some(text) => (text, &['\'']),
                None => (rest, &[',', ';']),
            };
            let end = rest.find(ends).unwrap_or(rest.len());
            Some(rest[..end].to_owned())
        };
        if let (Some(file), Some(at)) = (value("_LOG_FILE="), value("_LOG_POS=")) {
            self.log_file = Some(format!("{file}:{at}"));
        }
        if let Some(gtid) = value("gtid_slave_pos=").filter(|gtid| !gtid.is_empty()) {
            self.gtid = Some(gtid);
        }
        // MySQL's, one server a line: all transactions that are in the dump.
        let letter = |c: char| c.is_ascii_alphanumeric() || "-:,_".contains(c);
        let all = value("GTID_PURGED=").map(|all| {
            let all: String = all.split_whitespace().collect();
            all.trim_start_matches('+').to_owned()
        });
        if let Some(all) = all.filter(|all| !all.is_empty() && all.chars().all(letter)) {
            self.gtid = Some(all);
        }
    }

    fn enter(&mut self, section: Section, name: &str) -> Result<(), SourceError> {
        if section == Section::Rows && self.table.is_none() {
            return Err(damaged("rows of it belong to no table"));
        }
        if section != Section::Rows {
            self.end_table();
        }
        self.section = section;
        if let Some(files) = &mut self.files {
            match section {
                Section::Table => files.next_table(name)?,
                Section::Views => files.next_view(name),
                _ => {}
            }
        }
        Ok(())
    }

    fn end_table(&mut self) {
        if let Some(table) = self.table.take() {
            let rows = std::mem::take(&mut self.sum).finish();
            self.collected.tables.insert(table, rows);
        }
    }

    fn statement(&mut self, text: &[u8], delimiter: &[u8]) -> Result<(), SourceError> {
        if delimiter == b";" && LOG_SWITCHES.iter().any(|start| text.starts_with(start)) {
            return Ok(());
        }
        if text.starts_with(b"/*!40103 SET TIME_ZONE=@OLD") {
            self.end_table();
            self.section = Section::Foot;
        } else if matches!(self.section, Section::Table | Section::Rows)
            && (text.starts_with(b"/*!50003 ") || text.starts_with(ALTER))
        {
            self.section = Section::Triggers;
        }
        let unnamed = unnamed(text);
        let text = unnamed.as_deref().unwrap_or(text);
        if let Some((name, value)) = assignment(text) {
            self.assign(name, value);
        } else {
            self.object(text)?;
        }
        match &mut self.files {
            Some(files) if self.section == Section::Head => files.head(text),
            Some(files) if self.section == Section::Views => {
                files.view(&[text, delimiter, b"\n"]);
                Ok(())
            }
            Some(files) => {
                let out = files.file(self.section)?;
                out.write(&[text, delimiter, b"\n"])
            }
            None => Ok(()),
        }
    }

    fn assign(&mut self, name: &str, value: &str) {
        let context = &mut self.context;
        let place = match name {
            "sql_mode" => &mut context.sql_mode,
            "character_set_client" => &mut context.client,
            "collation_connection" => &mut context.collation,
            "time_zone" => &mut context.time_zone,
            _ => return,
        };
        value.clone_into(place);
    }

    fn object(&mut self, text: &[u8]) -> Result<(), SourceError> {
        let shown = String::from_utf8_lossy(text);
        let name = |rest: &str| {
            let named = identifier(rest.as_bytes()).map(|(name, _)| name);
            named.ok_or_else(|| damaged("an object of it has no name"))
        };
        match self.section {
            Section::Table => {
                let Some(rest) = shown.strip_prefix("CREATE TABLE ") else { return Ok(()) };
                let name = name(rest)?;
                let (mut definition, counter) = without_counter(&shown);
                if self.is_of_mysql {
                    definition = without_implied(&definition);
                }
                self.keep("table", &name, &definition);
                if let Some(counter) = counter {
                    self.keep("auto-increment", &name, counter);
                }
                self.table = Some(name);
            }
            Section::Sequences => {
                if let Some(rest) = shown.strip_prefix("CREATE SEQUENCE ") {
                    self.keep("sequence", &name(rest)?, &shown);
                } else if let Some(at) = shown.find("SETVAL(") {
                    let rest = &shown[at + "SETVAL(".len()..];
                    let value = rest.split_once("`,").map_or(rest, |(_, value)| value.trim());
                    self.keep("sequence-value", &name(rest)?, value.trim_end_matches(')'));
                }
            }
            Section::Triggers => self.made(&shown, "trigger", &["TRIGGER"]),
            Section::Events => self.made(&shown, "event", &["EVENT"]),
            Section::Views => self.made(&shown, "view", &["VIEW"]),
            Section::Routines => {
                self.made(&shown, "routine", &["FUNCTION", "PROCEDURE", "PACKAGE", "LIBRARY"]);
            }
            Section::Rows | Section::StandIns | Section::Head | Section::Foot => {}
        }
        Ok(())
    }

    /// An object that acts in somebody's name, under the settings it was made with.
    fn made(&mut self, text: &str, kind: &str, nouns: &[&str]) {
        let Some(Made { noun, name, definer }) = Made::read(text, nouns) else { return };
        let context = &self.context;
        let mut definition =
            format!("{text}\n-- client {} collation {}", context.client, context.collation);
        if kind != "view" {
            definition.push_str(&format!(" mode {}", context.sql_mode));
        }
        if kind == "event" {
            definition.push_str(&format!(" zone {}", context.time_zone));
        }
        let name = if kind == "routine" { format!("{noun} {name}") } else { name };
        self.keep(kind, &name, &definition);
        if let Some(definer) = definer
            && !self.collected.definers.contains(&definer)
        {
            self.collected.definers.push(definer);
        }
    }

    fn keep(&mut self, kind: &str, name: &str, definition: &str) {
        let named = self.collected.objects.entry(kind.to_owned()).or_default();
        named.insert(name.to_owned(), shortened(definition));
    }
}

/// How MySQL's program keeps what is loaded out of the log of the server that takes it: its replicas
/// would part from it for ever.
const LOG_SWITCHES: [&[u8]; 2] = [b"SET @MYSQLDUMP_TEMP_LOG_BIN", b"SET @@SESSION.SQL_LOG_BIN"];

/// How the dump program gives an object the defaults that its database had when it was made.
const ALTER: &[u8] = b"ALTER DATABASE ";

/// The same for whatever database a dump is loaded into: by its old name it would be another one.
fn unnamed(text: &[u8]) -> Option<Vec<u8>> {
    let (_, rest) = identifier(text.strip_prefix(ALTER)?)?;
    Some([ALTER.trim_ascii_end(), rest].concat())
}

impl Reader for Collector {
    fn event(&mut self, event: Event<'_>) -> Result<(), SourceError> {
        match event {
            Event::Comment(line) => return self.comment(line),
            _ if self.is_complete => return Err(damaged("something follows its last line")),
            Event::Command(line) => {
                if let Some(files) = &mut self.files {
                    if self.section == Section::Head {
                        return files.head_line(line);
                    }
                    let out = files.file(self.section)?;
                    return out.write(&[line, b"\n"]);
                }
            }
            Event::Statement { text, delimiter } => return self.statement(text, delimiter),
            Event::Insert { table, head } => {
                if self.section != Section::Rows || self.table.as_deref() != Some(table) {
                    return Err(damaged("rows of it stand where another table's do"));
                }
                if let Some(files) = &mut self.files {
                    return files.file(self.section)?.write(&[head]);
                }
            }
            Event::Rows(bytes) => {
                if let Some(files) = &mut self.files {
                    return files.file(self.section)?.write(&[bytes]);
                }
            }
            Event::RowsEnd => {
                if let Some(files) = &mut self.files {
                    return files.file(self.section)?.write(&[b"\n"]);
                }
            }
            Event::Row(hash) => self.sum.add_hash(hash),
        }
        Ok(())
    }
}

/// A definition as the inventory holds it.
pub(super) fn shortened(definition: &str) -> String {
    if definition.len() <= DEFINITION_BYTES_MAX {
        return definition.to_owned();
    }
    format!("sha256:{} ({} bytes)", Digest::of(definition.as_bytes()), definition.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::mariadb::script::Script;
    use crate::source::rows::RowKey;

    fn collected(script: &str) -> Result<Collected, SourceError> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let world = crate::world::World::system(runtime.handle().clone());
        let key = RowKey::draw(&world);
        let mut collector = Collector::new(None);
        let mut parser = Script::new(&key);
        parser.feed(script.as_bytes(), &mut collector)?;
        parser.finish(&mut collector)?;
        collector.finish()
    }

    #[test]
    fn the_position_in_the_log_is_read_as_either_server_tells_it() {
        let maria = "-- CHANGE MASTER TO MASTER_USE_GTID=slave_pos;\n\
            -- CHANGE MASTER TO MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=8829;\n\
            -- SET GLOBAL gtid_slave_pos='0-7-42,1-8-3';\n-- Dump completed\n";
        let position = collected(maria).unwrap().position;
        assert_eq!(position.as_deref(), Some("bin.000001:8829 gtid=0-7-42,1-8-3"));
        let mysql = "-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='b.1', SOURCE_LOG_POS=4;\n\
            -- Dump completed on 2026-11-23\n";
        assert_eq!(collected(mysql).unwrap().position.as_deref(), Some("b.1:4"));
        let all = "SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;\n\
            SET @@SESSION.SQL_LOG_BIN= 0;\n\n--\n-- GTID state at the beginning of the backup \n--\n\n\
            /* SET @@GLOBAL.GTID_PURGED='+17a88cf4-e77d-11f1-be6a-02fc00000001:1-28:thue:1,\n\
            27a88cf4-e77d-11f1-be6a-02fc00000001:1-5';*/\n\n";
        let noted = collected(&format!("{all}{mysql}")).unwrap().position;
        let expected = "b.1:4 gtid=17a88cf4-e77d-11f1-be6a-02fc00000001:1-28:thue:1,\
            27a88cf4-e77d-11f1-be6a-02fc00000001:1-5";
        assert_eq!(noted.as_deref(), Some(expected));
        // Bytes that are no list are none.
        let odd = format!("/* SET @@GLOBAL.GTID_PURGED='+a b=\"';*/\n{mysql}");
        assert_eq!(collected(&odd).unwrap().position.as_deref(), Some("b.1:4"));
    }

    /// What comes in pieces of any size is kept as it is: a piece may end with what looks like the
    /// end of a statement.
    #[test]
    fn files_hold_the_same_bytes_however_the_script_arrives() {
        let row = r"(1,'a;b&amp;c\\;','d\';'),(2,';',NULL);";
        let script = format!(
            "-- Table structure for table `t`\nCREATE TABLE `t` (x);\n\
            -- Dumping data for table `t`\nINSERT INTO `t` VALUES {row}\n-- Dump completed\n"
        );
        for piece in 1..script.len() {
            let folder = tempfile::tempdir().unwrap();
            let key = RowKey::parse("000102030405060708090a0b0c0d0e0f").unwrap();
            let mut collector = Collector::new(Some(folder.path()));
            let mut parser = Script::new(&key);
            for piece in script.as_bytes().chunks(piece) {
                parser.feed(piece, &mut collector).unwrap();
            }
            parser.finish(&mut collector).unwrap();
            assert_eq!(collector.finish().unwrap().tables["t"].rows, 2);
            let rows = std::fs::read_to_string(folder.path().join("30-000001-t.rows.sql")).unwrap();
            assert_eq!(rows, format!("INSERT INTO `t` VALUES {row}\n"), "pieces of {piece}");
        }
    }

    #[test]
    fn a_script_without_its_end_or_with_rows_of_nothing_is_damage() {
        let table = "-- Table structure for table `t`\nCREATE TABLE `t` (x);\n";
        let rows = "-- Dumping data for table `t`\nINSERT INTO `t` VALUES (1),(2);\n";
        let whole = format!("{table}{rows}-- Dump completed\n");
        assert_eq!(collected(&whole).unwrap().tables["t"].rows, 2);
        for script in [
            format!("{table}{rows}"),
            format!("{whole}SET x = 1;"),
            format!("{whole}-- more\n"),
            format!("{rows}-- Dump completed\n"),
            format!("{table}INSERT INTO `t` VALUES (1);\n-- Dump completed\n"),
            format!("{table}{}-- Dump completed\n", rows.replace("INTO `t`", "INTO `u`")),
        ] {
            assert!(collected(&script).is_err(), "{script}");
        }
    }
}
