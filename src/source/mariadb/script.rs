//! Reads the SQL script that a dump program writes, as it passes, in pieces of any size.
//!
//! Statements are cut where the stock client would cut them: quotes, comments and the delimiter
//! of the moment count, so that the body of a trigger may hold anything. `INSERT` statements are
//! never held in memory, whatever the length of a row: each row is hashed as it goes by. What is
//! neither a comment, a statement nor a row is damage, and no bytes whatever make this panic.

use crate::source::error::SourceError;
use crate::source::rows::{RowHash, RowKey};

/// Definitions are kilobytes; a server's own limit for any statement is a gigabyte, which only
/// rows reach.
const STATEMENT_BYTES_MAX: usize = 64 << 20;

/// How a statement with rows begins.
const INSERT: &[u8] = b"INSERT INTO ";

/// What a routine says of itself whose body is no SQL.
const LANGUAGE: &[u8] = b"LANGUAGE JAVASCRIPT";

/// Programs since 2024 open a dump with a word to the client that no server sees.
const SANDBOX: &[u8] = br"/*M!999999\-";

/// What ends numbers and words in a row: its end, a text, and what cannot stand there.
const ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let mut at = 0;
    while at < LETTERS.len() {
        ends[LETTERS[at] as usize] = true;
        at += 1;
    }
    ends
};
const LETTERS: &[u8] = b")'(;\"`";

/// What is found, in the order of the script.
pub(super) enum Event<'a> {
    /// A line that is a comment, without its line break.
    Comment(&'a [u8]),
    /// A line that is meant for the client alone.
    Command(&'a [u8]),
    /// A statement without what ends it.
    Statement {
        /// Its text.
        text: &'a [u8],
        /// What ends it.
        delimiter: &'a [u8],
    },
    /// Rows of a table begin; the text up to and with `VALUES`.
    Insert {
        /// The table, unquoted.
        table: &'a str,
        /// The text.
        head: &'a [u8],
    },
    /// A piece of the text of rows, to be kept as it is. What it ends with says nothing: it is cut
    /// wherever the script came in pieces.
    Rows(&'a [u8]),
    /// The rows have ended, with what ends the statement.
    RowsEnd,
    /// A row has passed.
    Row(RowHash),
}

/// Takes in what is found.
pub(super) trait Reader {
    fn event(&mut self, event: Event<'_>) -> Result<(), SourceError>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Outside of everything.
    Between,
    /// In a line that is a comment or a command.
    Line,
    Statement,
    /// Before `VALUES`.
    InsertHead,
    /// Between rows.
    Values,
    /// In a row.
    Row,
    /// In a text within a row.
    Text,
    /// After a backslash in it.
    Escape,
}

/// Where in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lex {
    Code,
    /// After a stroke, after the star that follows it, after the maker's letter behind both, after
    /// one dash, after two.
    Slash,
    Open,
    Maker,
    Dash,
    Dashes,
    Quoted(u8),
    Escaped(u8),
    LineComment,
    BlockComment,
    /// In the mark that opens a body in another language, from this place of the statement on.
    DollarMark(usize),
    /// In such a body, whose mark stands at these places of the statement.
    DollarBody(usize, usize),
}

/// A script on its way.
pub(super) struct Script<'k> {
    /// What rows are hashed by, where they are.
    key: Option<&'k RowKey>,
    state: State,
    lex: Lex,
    buffer: Vec<u8>,
    delimiter: Vec<u8>,
    /// Whether a backslash is a letter like others in the statements that follow.
    plain_backslash: bool,
    /// How much of the statement was looked through for the language of a body, and whether it is
    /// [`LANGUAGE`]: whoever may make a routine must not be able to have it read again and again.
    language: (usize, bool),
    hash: Option<RowHash>,
}

impl<'k> Script<'k> {
    /// Rows are hashed.
    pub(super) fn new(key: &'k RowKey) -> Self {
        Self { key: Some(key), ..Self::cut() }
    }

    /// Rows are cut only.
    pub(super) fn cut() -> Self {
        Self {
            key: None,
            state: State::Between,
            lex: Lex::Code,
            buffer: Vec::new(),
            delimiter: b";".to_vec(),
            plain_backslash: false,
            language: (0, false),
            hash: None,
        }
    }

    /// Takes in the next bytes.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        reader: &mut dyn Reader,
    ) -> Result<(), SourceError> {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Values | State::Row | State::Text | State::Escape => {
                    self.rows(bytes, reader)?
                }
                _ => self.letter(bytes[0], reader).map(|()| 1)?,
            };
            bytes = &bytes[used..];
        }
        Ok(())
    }

    /// The script has ended; fails in the middle of anything.
    pub(super) fn finish(mut self, reader: &mut dyn Reader) -> Result<(), SourceError> {
        match self.state {
            State::Between => Ok(()),
            State::Line => self.line(reader),
            _ => Err(damaged("it ends in the middle of a statement")),
        }
    }

    fn letter(&mut self, byte: u8, reader: &mut dyn Reader) -> Result<(), SourceError> {
        match self.state {
            State::Between if byte.is_ascii_whitespace() => return Ok(()),
            State::Between => {
                self.state = State::Statement;
                self.lex = Lex::Code;
                self.language = (0, false);
            }
            State::Line if byte == b'\n' => return self.line(reader),
            _ => {}
        }
        if self.buffer.len() >= STATEMENT_BYTES_MAX {
            return Err(damaged("a statement of it does not end"));
        }
        self.buffer.push(byte);
        match self.state {
            State::Statement => self.in_statement(byte, reader),
            State::InsertHead => self.in_head(byte, reader),
            _ => Ok(()),
        }
    }

    fn line(&mut self, reader: &mut dyn Reader) -> Result<(), SourceError> {
        let line = std::mem::take(&mut self.buffer);
        self.state = State::Between;
        if let Some(delimiter) = line.strip_prefix(b"DELIMITER ") {
            self.delimiter = delimiter.trim_ascii().to_vec();
            if self.delimiter.is_empty() {
                return Err(damaged("it names no delimiter"));
            }
            return reader.event(Event::Command(&line));
        }
        if line.starts_with(SANDBOX) {
            return reader.event(Event::Command(&line));
        }
        reader.event(Event::Comment(&line))
    }

    fn in_statement(&mut self, byte: u8, reader: &mut dyn Reader) -> Result<(), SourceError> {
        match self.buffer.as_slice() {
            b"--" | b"DELIMITER " | SANDBOX => {
                self.state = State::Line;
                return Ok(());
            }
            // In the body of a trigger a statement ends otherwise.
            INSERT if self.delimiter == b";" => {
                self.state = State::InsertHead;
                return Ok(());
            }
            _ => {}
        }
        self.lex(byte);
        if byte == b'\n' && self.lex == Lex::Code && is_comment(&self.buffer) {
            // MySQL's program says so which transactions the dump has, with no delimiter behind it.
            let comment = std::mem::take(&mut self.buffer);
            self.state = State::Between;
            return reader.event(Event::Comment(comment.trim_ascii_end()));
        }
        if self.lex != Lex::Code || !self.buffer.ends_with(&self.delimiter) {
            return Ok(());
        }
        let statement = std::mem::take(&mut self.buffer);
        self.state = State::Between;
        let text = statement[..statement.len() - self.delimiter.len()].trim_ascii_end();
        if let Some(("sql_mode", mode)) = assignment(text) {
            self.plain_backslash = mode.contains("NO_BACKSLASH_ESCAPES");
        }
        reader.event(Event::Statement { text, delimiter: &self.delimiter })
    }

    /// Follows quotes and comments; `byte` is the last of the buffer.
    fn lex(&mut self, byte: u8) {
        let before = self.buffer.len().checked_sub(2).map(|at| self.buffer[at]);
        let lex = self.lex;
        self.lex = match lex {
            Lex::Slash if byte == b'*' => Lex::Open,
            // `/*!50003` and `/*M!100` are code for a server that knows them.
            Lex::Open | Lex::Maker if byte == b'!' => Lex::Code,
            Lex::Open if byte == b'M' => Lex::Maker,
            Lex::Open | Lex::Maker => Lex::BlockComment,
            Lex::Dash | Lex::Dashes if byte == b'-' => Lex::Dashes,
            Lex::Dashes | Lex::LineComment if byte == b'\n' => Lex::Code,
            Lex::Dashes if byte <= b' ' => Lex::LineComment,
            Lex::Code if byte == b'$' && self.opens_body() => {
                Lex::DollarMark(self.buffer.len() - 1)
            }
            Lex::DollarMark(start) if byte == b'$' => Lex::DollarBody(start, self.buffer.len()),
            Lex::DollarMark(_) if !byte.is_ascii_alphanumeric() && byte != b'_' => Lex::Code,
            Lex::DollarBody(start, end) if byte == b'$' => {
                let (before, body) = self.buffer.split_at(end);
                if body.ends_with(&before[start..]) { Lex::Code } else { lex }
            }
            Lex::Code | Lex::Slash | Lex::Dash | Lex::Dashes => match byte {
                b'\'' | b'"' | b'`' => Lex::Quoted(byte),
                b'#' => Lex::LineComment,
                b'/' => Lex::Slash,
                b'-' => Lex::Dash,
                _ => Lex::Code,
            },
            Lex::Quoted(quote) if byte == quote => Lex::Code,
            Lex::Quoted(quote) if byte == b'\\' && quote != b'`' && !self.plain_backslash => {
                Lex::Escaped(quote)
            }
            Lex::Escaped(quote) => Lex::Quoted(quote),
            Lex::BlockComment if byte == b'/' && before == Some(b'*') => Lex::Code,
            other => other,
        };
    }

    /// Whether the statement has come to the mark that opens a body in another language than SQL:
    /// MySQL's dumps hold such bodies as they are, quotes and all.
    fn opens_body(&mut self) -> bool {
        let statement = &self.buffer;
        let before_body = statement.ends_with(b"AS $") || statement.ends_with(b"AS\n$");
        if !before_body || !statement.starts_with(b"CREATE ") {
            return false;
        }
        let (looked, found) = self.language;
        let rest = &statement[looked.saturating_sub(LANGUAGE.len() - 1)..];
        let found = found || memchr::memmem::find(rest, LANGUAGE).is_some();
        self.language = (statement.len(), found);
        found
    }

    fn in_head(&mut self, byte: u8, reader: &mut dyn Reader) -> Result<(), SourceError> {
        self.lex(byte);
        if self.lex != Lex::Code || !self.buffer.ends_with(b" VALUES") {
            return Ok(());
        }
        let head = std::mem::take(&mut self.buffer);
        let (table, _) =
            identifier(&head[INSERT.len()..]).ok_or_else(|| damaged("rows of it name no table"))?;
        self.state = State::Values;
        reader.event(Event::Insert { table: &table, head: &head })
    }

    /// Reads on in rows; returns how many bytes of `bytes` belong to them.
    fn rows(&mut self, bytes: &[u8], reader: &mut dyn Reader) -> Result<usize, SourceError> {
        let mut at = 0;
        // From where the bytes of the row were not hashed yet.
        let mut start = 0;
        while at < bytes.len() {
            at += match self.state {
                State::Row => bytes[at..].iter().position(|&byte| ENDS[usize::from(byte)]),
                State::Text => memchr::memchr2(b'\'', b'\\', &bytes[at..]),
                _ => Some(0),
            }
            .unwrap_or(bytes.len() - at);
            let Some(&byte) = bytes.get(at) else { break };
            match self.state {
                State::Values => match byte {
                    b'(' => {
                        self.hash = self.key.map(RowHash::new);
                        self.state = State::Row;
                        start = at + 1;
                    }
                    b';' => {
                        self.state = State::Between;
                        reader.event(Event::Rows(&bytes[..=at]))?;
                        reader.event(Event::RowsEnd)?;
                        return Ok(at + 1);
                    }
                    b',' | b' ' | b'\n' | b'\r' => {}
                    _ => return Err(damaged("something else stands between its rows")),
                },
                State::Row => match byte {
                    b')' => {
                        self.hashed(&bytes[start..at]);
                        self.state = State::Values;
                        if let Some(hash) = self.hash.take() {
                            reader.event(Event::Row(hash))?;
                        }
                    }
                    b'\'' => self.state = State::Text,
                    _ => return Err(damaged("a row of it is not closed")),
                },
                State::Text => {
                    self.state = if byte == b'\'' { State::Row } else { State::Escape };
                }
                State::Escape => self.state = State::Text,
                _ => return Ok(at),
            }
            at += 1;
        }
        if self.state != State::Values {
            self.hashed(&bytes[start..]);
        }
        reader.event(Event::Rows(bytes))?;
        Ok(at)
    }

    fn hashed(&mut self, bytes: &[u8]) {
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
    }
}

/// Whether a text is a comment that no server takes for code, and its line break, and nothing else.
fn is_comment(text: &[u8]) -> bool {
    let is_code = [b"/*!".as_slice(), b"/*M!"].iter().any(|start| text.starts_with(start));
    let Some(inside) = text.strip_prefix(b"/*").filter(|_| !is_code) else { return false };
    let end = memchr::memmem::find(inside, b"*/");
    end.is_some_and(|end| &inside[end..] == b"*/\n")
}

pub(super) fn damaged(detail: &str) -> SourceError {
    SourceError::DumpDamaged { detail: detail.to_owned() }
}

/// Reads `SET name = value`, in a comment for a version or not. A text loses its quotes; a value
/// that only brings an earlier one back is empty.
pub(super) fn assignment(statement: &[u8]) -> Option<(&str, &str)> {
    let text = std::str::from_utf8(statement).ok()?.trim();
    let text = text.strip_suffix("*/").unwrap_or(text).trim_end();
    let text = match text.strip_prefix("/*!").or_else(|| text.strip_prefix("/*M!")) {
        Some(rest) => rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start(),
        None => text,
    };
    let (name, value) = text.strip_prefix("SET ")?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    if name.starts_with('@') || name.contains(char::is_whitespace) {
        return None;
    }
    let value = if value.starts_with('@') { "" } else { value.trim_matches('\'') };
    Some((name, value))
}

/// The first name of a text, quoted or not, without its quotes, and what follows it.
pub(super) fn identifier(text: &[u8]) -> Option<(String, &[u8])> {
    let text = text.trim_ascii_start();
    let quote = *text.first()?;
    if quote != b'`' && quote != b'"' {
        let plain =
            |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"_$".contains(byte);
        let end = text.iter().position(|byte| !plain(byte)).unwrap_or(text.len());
        let name = std::str::from_utf8(&text[..end]).ok()?;
        return (!name.is_empty()).then(|| (name.to_owned(), &text[end..]));
    }
    let mut name = Vec::new();
    let mut at = 1;
    loop {
        let byte = *text.get(at)?;
        at += 1;
        if byte == quote {
            if text.get(at) != Some(&quote) {
                break;
            }
            at += 1;
        }
        name.push(byte);
    }
    let name = String::from_utf8(name).ok()?;
    (!name.is_empty()).then(|| (name, &text[at..]))
}

/// A name as it stands in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text as it stands in a statement, whatever the mode says of backslashes: none are in it.
pub(super) fn literal(text: &str) -> String {
    if text.contains('\\') {
        let hex = data_encoding::HEXLOWER.encode(text.as_bytes());
        return format!("CONVERT(X'{hex}' USING utf8mb4)");
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard {
        said: Vec<String>,
        rows: usize,
        kept: Vec<u8>,
    }

    impl Reader for Heard {
        fn event(&mut self, event: Event<'_>) -> Result<(), SourceError> {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            match event {
                Event::Comment(line) | Event::Command(line) => self.said.push(text(line)),
                Event::Statement { text: statement, .. } => self.said.push(text(statement)),
                Event::Insert { table, .. } => self.said.push(format!("rows of {table}")),
                Event::Rows(bytes) => self.kept.extend(bytes),
                Event::RowsEnd => {}
                Event::Row(_) => self.rows += 1,
            }
            Ok(())
        }
    }

    fn read(script: &str, piece: usize) -> Result<Heard, SourceError> {
        let key = RowKey::parse("000102030405060708090a0b0c0d0e0f").unwrap();
        let (mut heard, mut parser) = (Heard::default(), Script::new(&key));
        for piece in script.as_bytes().chunks(piece) {
            parser.feed(piece, &mut heard)?;
        }
        parser.finish(&mut heard)?;
        Ok(heard)
    }

    #[track_caller]
    fn check(script: &str, said: &[&str], rows: usize) {
        for piece in [1, 3, 4096] {
            let heard = read(script, piece).unwrap();
            assert_eq!(
                (heard.said, heard.rows),
                (said.iter().map(|s| (*s).to_owned()).collect(), rows)
            );
        }
    }

    #[test]
    fn statements_end_where_the_client_ends_them() {
        check(
            "A ';' B;\n-- C;\nD `;` \";\" /* ; */ /*! x */;",
            &["A ';' B", "-- C;", "D `;` \";\" /* ; */ /*! x */"],
            0,
        );
        check(
            "DELIMITER ;;\nA 'it\\'s;;' -- don't;;\n B # \";;\n; C;;\nDELIMITER ;\nD;",
            &["DELIMITER ;;", "A 'it\\'s;;' -- don't;;\n B # \";;\n; C", "DELIMITER ;", "D"],
            0,
        );
        check(
            "/*!50003 SET sql_mode = 'NO_BACKSLASH_ESCAPES' */ ;\nA '\\';\nB;",
            &["/*!50003 SET sql_mode = 'NO_BACKSLASH_ESCAPES' */", "A '\\'", "B"],
            0,
        );
        check(
            "/*M!999999\\- enable the sandbox mode */ \nA;",
            &["/*M!999999\\- enable the sandbox mode */ ", "A"],
            0,
        );
        check(
            "/*!50003 CREATE*/ /*!50017 D*/ x /* ; ' */ y */;B;",
            &["/*!50003 CREATE*/ /*!50017 D*/ x /* ; ' */ y */", "B"],
            0,
        );
        check(
            "DELIMITER ;;\nCREATE LIBRARY `l`\n    LANGUAGE JAVASCRIPT\nAS $$ // don't;; $x$ $ \n$$ ;;\n\
            CREATE FUNCTION f() LANGUAGE JAVASCRIPT AS $js$ \"$$ $js$;;\nSELECT 1 AS $a, '$$';;",
            &[
                "DELIMITER ;;",
                "CREATE LIBRARY `l`\n    LANGUAGE JAVASCRIPT\nAS $$ // don't;; $x$ $ \n$$",
                "CREATE FUNCTION f() LANGUAGE JAVASCRIPT AS $js$ \"$$ $js$",
                "SELECT 1 AS $a, '$$'",
            ],
            0,
        );
        check(
            "/* SET 'a;\n b';*/\n\n-- C;\n/*! x */\n/* y */ D;\n/*\n*/\n",
            &["/* SET 'a;\n b';*/", "-- C;", "/*! x */\n/* y */ D", "/*\n*/"],
            0,
        );
        check(
            "A /*M; ' */ B /*M!100 C';' */ /**/ D; /*M*/;",
            &["A /*M; ' */ B /*M!100 C';' */ /**/ D", "/*M*/"],
            0,
        );
    }

    /// Looked through again at each mark, this one alone would take minutes.
    #[test]
    fn a_body_with_any_number_of_marks_is_read_once() {
        let marks = "SELECT 1 AS $a; ".repeat(500_000);
        let script =
            format!("DELIMITER ;;\nCREATE PROCEDURE p() BEGIN {marks} END;;\nDELIMITER ;\nA;");
        let heard = read(&script, 1 << 20).unwrap();
        assert_eq!((heard.said.len(), heard.said[3].as_str()), (4, "A"));
        // The language of one statement is none of the next.
        check(
            "CREATE FUNCTION f() AS $a$ LANGUAGE JAVASCRIPT AS $b$ ; $b$;CREATE VIEW v AS $a$;",
            &[
                "CREATE FUNCTION f() AS $a$ LANGUAGE JAVASCRIPT AS $b$ ; $b$",
                "CREATE VIEW v AS $a$",
            ],
            0,
        );
    }

    #[test]
    fn rows_are_cut_whatever_their_text_holds() {
        check(
            "INSERT INTO `a``b` VALUES\n(1,'),(\\'; '''),\n(NULL,0x00);\nA;",
            &["rows of a`b", "A"],
            2,
        );
        check("INSERT INTO `t` (`x VALUES`, y) VALUES (1);", &["rows of t"], 1);
        let heard = read("INSERT INTO t VALUES (1),('\\\\');", 2).unwrap();
        assert_eq!(heard.kept, b" (1),('\\\\');");
    }

    #[test]
    fn what_does_not_end_or_is_no_row_is_damage() {
        for script in [
            "A",
            "A '",
            "INSERT INTO t VALUES (1",
            "INSERT INTO t VALUES (1)",
            "A /*;",
            "INSERT INTO t VALUES (f(1));",
            "INSERT INTO t VALUES x;",
            "INSERT INTO t VALUES (1;",
            "INSERT INTO `` VALUES (1);",
            "DELIMITER  \n",
        ] {
            assert!(read(script, 5).is_err(), "{script}");
        }
    }

    #[test]
    fn names_and_settings_are_read() {
        assert_eq!(identifier(b"`a``b` (x"), Some(("a`b".to_owned(), &b" (x"[..])));
        assert_eq!(identifier(b" con.t"), Some(("con".to_owned(), &b".t"[..])));
        assert_eq!(identifier(b"`open"), None);
        assert_eq!(identifier(b""), None);
        let set = b"/*!50003 SET time_zone             = 'SYSTEM' */ ";
        assert_eq!(assignment(set), Some(("time_zone", "SYSTEM")));
        assert_eq!(
            assignment(b"/*!50003 SET sql_mode = @saved_sql_mode */"),
            Some(("sql_mode", ""))
        );
        let of_maker = b"/*M!100616 SET sql_mode = 'ORACLE' */";
        assert_eq!(assignment(of_maker), Some(("sql_mode", "ORACLE")));
        assert_eq!(assignment(b"SET @a = 1"), None);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("\\"), "CONVERT(X'5c' USING utf8mb4)");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_pieces_do_not_matter(
            words in proptest::collection::vec(
                proptest::sample::select(vec![
                    "INSERT INTO `t` VALUES ", "(", ")", "'", "\\", "`", ";", ";;", "--", " ", "\n",
                    "/*", "*/", "!", "DELIMITER ;;\n", "DELIMITER ;\n", "#", "\"", "x", ",", "ế",
                ]),
                0..60,
            ),
            piece in 1_usize..9,
        ) {
            let script = words.concat();
            let whole = read(&script, script.len().max(1));
            let pieces = read(&script, piece);
            proptest::prop_assert_eq!(whole.is_ok(), pieces.is_ok());
            if let (Ok(whole), Ok(pieces)) = (whole, pieces) {
                proptest::prop_assert_eq!(whole.said, pieces.said);
                proptest::prop_assert_eq!(whole.rows, pieces.rows);
                proptest::prop_assert_eq!(whole.kept, pieces.kept);
            }
        }

        #[test]
        fn any_text_of_a_row_passes_as_it_is(
            texts in proptest::collection::vec(proptest::collection::vec(0_u8.., 0..40), 1..5),
        ) {
            let mut script = b"INSERT INTO `t` VALUES ".to_vec();
            for (nth, text) in texts.iter().enumerate() {
                script.extend_from_slice(if nth == 0 { b"(" } else { b"),\n(" });
                script.push(b'\'');
                for &byte in text {
                    // As a server writes texts.
                    match byte {
                        b'\'' | b'"' | b'\\' => script.extend([b'\\', byte]),
                        b'\n' => script.extend(br"\n"),
                        0 => script.extend(br"\0"),
                        other => script.push(other),
                    }
                }
                script.push(b'\'');
            }
            script.extend_from_slice(b");");
            let key = RowKey::parse("000102030405060708090a0b0c0d0e0f").unwrap();
            let (mut heard, mut parser) = (Heard::default(), Script::new(&key));
            parser.feed(&script, &mut heard).unwrap();
            parser.finish(&mut heard).unwrap();
            proptest::prop_assert_eq!(heard.rows, texts.len());
        }
    }
}
