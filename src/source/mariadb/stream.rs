//! Takes a dump program's script apart as it passes: into files, one group a table, and into the
//! inventory of the very same bytes.
//!
//! The names of the files sort in the order in which they must be loaded, so that
//! `cat db/NAME/*.sql | mariadb NAME` brings everything back: rows come before triggers, stand-ins
//! of views before what uses them, events, which could fire at once, at the end. Each file opens
//! with the script's own settings and can be loaded alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::base::manifest::TableRows;
use crate::source::error::SourceError;
use crate::source::mariadb::script::{Event, Reader, assignment, damaged, identifier, quoted};
use crate::source::rows::RowSum;
use crate::world::World;
use crate::world::files::FileError;

/// The last file of a dump: without it, it is none.
pub(super) const END: &str = "99-end.sql";

/// What the dump program writes when all is well, and what we write as it.
const COMPLETED: &str = "-- Dump completed";

/// A definition longer than this is stood for by its digest.
const DEFINITION_BYTES_MAX: usize = 1000;

/// Letters of a table's name that its file's name shows.
const SLUG_LETTERS_MAX: usize = 40;

/// Room for a server's settings at the head of each file; it has ten lines.
const HEAD_BYTES_MAX: usize = 64 << 10;

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
    /// When the first object came: the script's instant is not later.
    pub(super) instant: Option<Timestamp>,
}

/// Reads one script.
pub(super) struct Collector<'w> {
    world: &'w World,
    files: Option<Files>,
    section: Section,
    context: Context,
    table: Option<String>,
    sum: RowSum,
    log_file: Option<String>,
    gtid: Option<String>,
    is_complete: bool,
    collected: Collected,
}

impl<'w> Collector<'w> {
    /// Keeps the script in `folder`, which must be there; or only counts it.
    pub(super) fn new(folder: Option<&Path>, world: &'w World) -> Self {
        Self {
            world,
            files: folder.map(Files::new),
            section: Section::Head,
            context: Context::default(),
            table: None,
            sum: RowSum::default(),
            log_file: None,
            gtid: None,
            is_complete: false,
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
    }

    fn enter(&mut self, section: Section, name: &str) -> Result<(), SourceError> {
        if section == Section::Rows && self.table.is_none() {
            return Err(damaged("rows of it belong to no table"));
        }
        if section != Section::Rows {
            self.end_table();
        }
        if self.collected.instant.is_none() {
            self.collected.instant = Some(self.world.clock.now());
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
        if text.starts_with(b"/*!40103 SET TIME_ZONE=@OLD") {
            self.end_table();
            self.section = Section::Foot;
        } else if matches!(self.section, Section::Table | Section::Rows)
            && text.starts_with(b"/*!50003 ")
        {
            self.section = Section::Triggers;
        }
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
                let (definition, counter) = without_counter(&shown);
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
                self.made(&shown, "routine", &["FUNCTION", "PROCEDURE", "PACKAGE"]);
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

impl Reader for Collector<'_> {
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
                    let out = files.file(self.section)?;
                    out.write(&[bytes])?;
                    if bytes.ends_with(b";") {
                        out.write(&[b"\n"])?;
                    }
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

/// A table's definition without the counter of its next number, and the counter.
fn without_counter(definition: &str) -> (String, Option<&str>) {
    const ENGINE: &str = "\n) ENGINE=";
    const COUNTER: &str = " AUTO_INCREMENT=";
    let split = || {
        let engine = definition.rfind(ENGINE)? + ENGINE.len();
        let name = definition[engine..].find(' ')? + engine;
        let number = definition[name..].strip_prefix(COUNTER)?;
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        Some((format!("{}{}", &definition[..name], &number[end..]), Some(&number[..end])))
    };
    split().unwrap_or_else(|| (definition.to_owned(), None))
}

/// Who and what a `CREATE` statement makes.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    noun: String,
    name: String,
    definer: Option<String>,
}

impl Made {
    /// `None` for a statement that makes none of `nouns`.
    fn read(text: &str, nouns: &[&str]) -> Option<Self> {
        let mut words = Words(text.as_bytes());
        if words.next()? != "CREATE" {
            return None;
        }
        let mut definer = None;
        let noun = loop {
            let word = words.next()?;
            if nouns.contains(&word.as_str()) {
                break word;
            }
            // Not the one of `SQL SECURITY DEFINER`.
            if word == "DEFINER" && words.peek() == Some(b'=') {
                definer = Some(words.account()?);
            }
        };
        let noun = match words.clone().next().as_deref() {
            Some("BODY") => {
                words.next();
                format!("{noun} BODY")
            }
            _ => noun,
        };
        if words.clone().next().as_deref() == Some("IF") {
            // IF NOT EXISTS
            words.nth(2)?;
        }
        let mut name = words.name()?;
        if words.peek() == Some(b'.') {
            words.0 = &words.0[1..];
            name = words.name()?;
        }
        Some(Self { noun, name, definer })
    }
}

/// The words of a statement; comments for versions are code, others are none.
#[derive(Clone)]
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn skip(&mut self) {
        loop {
            self.0 = self.0.trim_ascii_start();
            if let Some(rest) = self.0.strip_prefix(b"/*!") {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                self.0 = &rest[digits..];
            } else if let Some(rest) = self.0.strip_prefix(b"*/") {
                self.0 = rest;
            } else if self.0.starts_with(b"/*") {
                let end = self.0.windows(2).position(|pair| pair == b"*/");
                self.0 = end.map_or(&[], |end| &self.0[end..]);
            } else {
                return;
            }
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip();
        self.0.first().copied()
    }

    fn name(&mut self) -> Option<String> {
        self.skip();
        let (name, rest) = identifier(self.0)?;
        self.0 = rest;
        Some(name)
    }

    /// `=user@host`, or a role alone, as it stands there.
    fn account(&mut self) -> Option<String> {
        self.skip();
        self.0 = self.0.strip_prefix(b"=")?;
        let user = self.name()?;
        if self.peek() != Some(b'@') {
            return Some(quoted(&user));
        }
        self.0 = &self.0[1..];
        let host = self.name()?;
        Some(format!("{}@{}", quoted(&user), quoted(&host)))
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    /// The next word in capitals; a quoted name or a sign is a word that no keyword equals.
    fn next(&mut self) -> Option<String> {
        self.skip();
        let first = *self.0.first()?;
        let Some((name, rest)) = identifier(self.0) else {
            self.0 = &self.0[1..];
            return Some(String::new());
        };
        self.0 = rest;
        let is_plain = first != b'`' && first != b'"';
        Some(if is_plain { name.to_ascii_uppercase() } else { String::new() })
    }
}

/// The files of a dump while it comes.
struct Files {
    folder: PathBuf,
    /// The settings that every file opens with.
    head: Vec<u8>,
    /// What only the first file tells: the position in the log.
    notes: Vec<u8>,
    /// Number of the table.
    table: usize,
    slug: String,
    of_table: BTreeMap<&'static str, Out>,
    others: BTreeMap<&'static str, Out>,
    views: Views,
}

impl Files {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            head: Vec::new(),
            notes: Vec::new(),
            table: 0,
            slug: String::new(),
            of_table: BTreeMap::new(),
            others: BTreeMap::new(),
            views: Views::default(),
        }
    }

    fn note(&mut self, line: &[u8]) {
        self.notes.extend(line);
        self.notes.push(b'\n');
    }

    fn head(&mut self, statement: &[u8]) -> Result<(), SourceError> {
        self.head_line(&[statement, b";"].concat())
    }

    fn head_line(&mut self, line: &[u8]) -> Result<(), SourceError> {
        if self.head.len() + line.len() > HEAD_BYTES_MAX {
            return Err(damaged("its settings do not end"));
        }
        self.head.extend(line);
        self.head.push(b'\n');
        Ok(())
    }

    /// `name` only makes the files' names readable.
    fn next_table(&mut self, name: &str) -> Result<(), SourceError> {
        self.table += 1;
        self.slug = slug(&identifier(name.as_bytes()).unwrap_or_default().0);
        self.close_table()
    }

    fn close_table(&mut self) -> Result<(), SourceError> {
        std::mem::take(&mut self.of_table).into_values().try_for_each(Out::close)
    }

    fn next_view(&mut self, name: &str) {
        let name = identifier(name.as_bytes()).unwrap_or_default().0;
        self.views.0.push((name, Vec::new()));
    }

    fn view(&mut self, parts: &[&[u8]]) {
        if let Some((_, script)) = self.views.0.last_mut() {
            for part in parts {
                script.extend_from_slice(part);
            }
        }
    }

    /// The file of a part, made when it is first written to.
    fn file(&mut self, section: Section) -> Result<&mut Out, SourceError> {
        let (phase, what) = match section {
            Section::Head | Section::Foot => ("99", "end"),
            Section::Sequences => ("10", "sequences"),
            Section::Table => ("20", "table"),
            Section::Rows => ("30", "rows"),
            Section::Triggers => ("40", "triggers"),
            Section::StandIns => ("50", "stand-ins"),
            Section::Routines => ("60", "routines"),
            Section::Views => ("70", "views"),
            Section::Events => ("80", "events"),
        };
        let name = if section.of_table() {
            format!("{phase}-{:06}{}.{what}.sql", self.table, self.slug)
        } else {
            format!("{phase}-{what}.sql")
        };
        let open = if section.of_table() { &mut self.of_table } else { &mut self.others };
        match open.entry(phase) {
            std::collections::btree_map::Entry::Occupied(there) => Ok(there.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) => {
                let mut out = Out::create(&self.folder.join(name))?;
                out.write(&[&self.head])?;
                Ok(place.insert(out))
            }
        }
    }

    fn finish(mut self) -> Result<(), SourceError> {
        let mut first = Out::create(&self.folder.join("00-position.sql"))?;
        first.write(&[&self.head, &self.notes])?;
        first.close()?;
        let views = std::mem::take(&mut self.views);
        for script in views.in_order() {
            self.file(Section::Views)?.write(&[script])?;
        }
        let end = self.file(Section::Foot)?;
        end.write(&[COMPLETED.as_bytes(), b"\n"])?;
        self.close_table()?;
        self.others.into_values().try_for_each(Out::close)
    }
}

/// Views with the statements that make each.
#[derive(Default)]
struct Views(Vec<(String, Vec<u8>)>);

impl Views {
    /// Each after those that its text names. The program sorts by name alone, and a view that
    /// checks what is written through it cannot be made over a stand-in.
    fn in_order(&self) -> Vec<&[u8]> {
        let numbers: BTreeMap<&str, usize> =
            self.0.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
        let mut order = Vec::new();
        let mut is_placed = vec![false; self.0.len()];
        for first in 0..self.0.len() {
            // A list instead of a call within a call: views may stand on each other a thousand deep.
            let mut open = vec![(first, false)];
            while let Some((at, is_ready)) = open.pop() {
                if is_ready {
                    order.push(at);
                } else if !std::mem::replace(&mut is_placed[at], true) {
                    open.push((at, true));
                    let beneath = names(&self.0[at].1);
                    open.extend(beneath.filter_map(|name| Some((*numbers.get(&*name)?, false))));
                }
            }
        }
        order.into_iter().map(|at| self.0[at].1.as_slice()).collect()
    }
}

/// The names in backticks of a text.
fn names(text: &[u8]) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|&byte| byte == b'`')?;
        let (name, after) = identifier(&rest[start..])?;
        rest = after;
        Some(name)
    })
}

/// As much of a name as reads well and sorts harmlessly in the name of a file.
fn slug(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    let short: String = name.chars().take(SLUG_LETTERS_MAX).map(letter).collect();
    format!("-{short}")
}

/// A file that is being written.
struct Out {
    file: BufWriter<File>,
    path: PathBuf,
}

impl Out {
    fn create(path: &Path) -> Result<Self, SourceError> {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(FileError::io("create", path))?;
        Ok(Self { file: BufWriter::with_capacity(256 << 10, file), path: path.to_owned() })
    }

    fn write(&mut self, parts: &[&[u8]]) -> Result<(), SourceError> {
        let mut parts = parts.iter();
        parts
            .try_for_each(|part| self.file.write_all(part))
            .map_err(FileError::io("write", &self.path))?;
        Ok(())
    }

    fn close(mut self) -> Result<(), SourceError> {
        Ok(self.file.flush().map_err(FileError::io("write", &self.path))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::mariadb::script::Script;
    use crate::source::rows::RowKey;

    #[track_caller]
    fn check(text: &str, nouns: &[&str], expected: Option<(&str, &str, Option<&str>)>) {
        let made = Made::read(text, nouns);
        let made = made.as_ref().map(|m| (m.noun.as_str(), m.name.as_str(), m.definer.as_deref()));
        assert_eq!(made, expected);
    }

    #[test]
    fn what_a_statement_makes_is_read_from_it() {
        let trigger = "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER \
            IF NOT EXISTS db.`t``1` BEFORE INSERT ON VIEW x*/";
        check(trigger, &["TRIGGER"], Some(("TRIGGER", "t`1", Some("`root`@`localhost`"))));
        check(
            "CREATE DEFINER=\"a\"@\"%\" PACKAGE BODY \"pk\" AS",
            &["PACKAGE"],
            Some(("PACKAGE BODY", "pk", Some("`a`@`%`"))),
        );
        check(
            "CREATE DEFINER=`r` FUNCTION `VIEW`(a INT)",
            &["FUNCTION"],
            Some(("FUNCTION", "VIEW", Some("`r`"))),
        );
        check(
            "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`r`@`h` SQL SECURITY \
            DEFINER */\n/*!50001 VIEW `v` AS select 1*/",
            &["VIEW"],
            Some(("VIEW", "v", Some("`r`@`h`"))),
        );
        check("DROP VIEW `v`", &["VIEW"], None);
        check("CREATE /* VIEW", &["VIEW"], None);
        check("CREATE", &["VIEW"], None);
    }

    fn collected(script: &str) -> Result<Collected, SourceError> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let world = World::system(runtime.handle().clone());
        let key = RowKey::draw(&world);
        let mut collector = Collector::new(None, &world);
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

    #[test]
    fn a_view_is_made_after_those_that_it_names() {
        let view = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let views = Views(vec![
            view("a", "`a` from `z` join `m`"),
            view("m", "`m` from `z`"),
            view("round", "`round` from `z`, `a`"),
            view("z", "`z` from `t`, `round`"),
        ]);
        let order = views.in_order();
        let at = |start: &str| {
            order.iter().position(|script| script.starts_with(start.as_bytes())).unwrap()
        };
        assert_eq!(order.len(), 4);
        assert!(at("`m`") < at("`a`") && at("`z`") < at("`m`"), "{order:?}");
        assert_eq!(Views::default().in_order().len(), 0);
    }

    #[test]
    fn the_counter_is_told_apart_from_the_definition() {
        let text = "CREATE TABLE `t` (\n  `a` int COMMENT ') ENGINE=X AUTO_INCREMENT=9'\n) \
            ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT CHARSET=utf8mb4";
        let (definition, counter) = without_counter(text);
        assert!(definition.ends_with(") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"), "{definition}");
        assert_eq!(counter, Some("17"));
        let none = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB COMMENT='a AUTO_INCREMENT=3'";
        assert_eq!(without_counter(none), (none.to_owned(), None));
    }
}
