//! YAML as a tree in which every key and value knows its place in the file.
//!
//! Only the plain part of YAML is read: mappings, lists and scalars of one document. What lets a
//! file mean something else than it seems to (duplicate keys, anchors and aliases, merge keys,
//! tags, several documents) is refused, each with its place; so is what could exhaust memory.
//! The parser stops at its first error; everything this module finds itself is collected.
//!
//! Scalars stay text with their style: what `12:30` or `no` means is for the reader of the key to
//! decide, never for a guess.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput, Tag};

use crate::config::problem::{Complaint, Position, Report};

/// A configuration of a thousand portals has about half of this. It also bounds the memory of the
/// tree: two bytes of text are at most one node.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;

/// The deepest place of a valid file is at seven: root, portals, portal, databases, item,
/// postgres, password.
pub const DEPTH_MAX: usize = 16;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) value: Value,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing: `key:`, `~` or a plain `null`.
    Nothing,
    /// Something that was refused already: nobody complains about it twice.
    Refused,
    /// Text without quotes: may be read as a number.
    Plain(String),
    /// Text in quotes or as a block: always text.
    Quoted(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file; keys are unique.
    Mapping(Vec<Entry>),
}

/// One line of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Position,
    pub(super) value: Node,
}

/// Reads the file, or says why not; `example` names a good one of its kind. `None` comes with at least one error in the report; a tree
/// comes with errors, too, where parts of the file had to be left out.
pub(super) fn parse(text: &str, report: &Report, example: &'static str) -> Option<Node> {
    if let Some((at, complaint)) = refuse_characters(text) {
        report.add("", at, complaint);
        return None;
    }
    let mut builder = Builder { report, open: Vec::new(), root: None, documents: 0 };
    let mut parser = Parser::new(StrInput::new(text));
    while let Some(event) = parser.next_event() {
        match event {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => {
                if builder.take(event, position(span.start)).is_err() {
                    return None;
                }
            }
            Err(error) => {
                let (at, complaint) = syntax_complaint(text, &error);
                report.add("", at, complaint);
                return None;
            }
        }
    }
    let empty = builder.root.as_ref().is_none_or(|root| matches!(root.value, Value::Nothing));
    if empty && !report.has_errors() {
        let complaint = Complaint::error("config-empty").text("example", example);
        let complaint = complaint.hint("config-empty-hint");
        report.add("", Position::START, complaint);
    }
    builder.root.filter(|_| !empty)
}

/// The file as text: size, encoding and byte order mark.
pub(super) fn decode_utf8(bytes: &[u8]) -> Result<&str, (Position, Complaint)> {
    if bytes.len() > FILE_BYTES_MAX {
        let complaint = Complaint::error("config-too-large")
            .number("size", bytes.len() as u64)
            .number("limit", FILE_BYTES_MAX as u64)
            .hint("config-too-large-hint");
        return Err((Position::START, complaint));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        (end_of(&valid), Complaint::error("config-not-utf8").hint("config-not-utf8-hint"))
    })?;
    if text.starts_with('\u{FEFF}') {
        let complaint =
            Complaint::error("config-byte-order-mark").hint("config-byte-order-mark-hint");
        return Err((Position::START, complaint));
    }
    Ok(text)
}

/// The parser takes NUL for the end of the file and would silently drop the rest.
fn refuse_characters(text: &str) -> Option<(Position, Complaint)> {
    let harmful = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let (offset, c) = text.char_indices().find(|(_, c)| harmful(*c))?;
    let complaint = Complaint::error("config-control-character")
        .text("code", format!("U+{:04X}", u32::from(c)))
        .hint("config-control-character-hint");
    Some((end_of(&text[..offset]), complaint))
}

/// The position right after `text`.
fn end_of(text: &str) -> Position {
    let line = text.bytes().filter(|byte| *byte == b'\n').count();
    let last = text.rsplit('\n').next().unwrap_or_default();
    Position { line: count(line) + 1, column: count(last.chars().count()) + 1 }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX - 1)
}

/// The parser counts lines from one and columns from zero.
fn position(marker: Marker) -> Position {
    Position { line: count(marker.line()).max(1), column: count(marker.col()) + 1 }
}

/// The tree cannot be built further; the reason is in the report.
struct Stop;

struct Builder<'r> {
    report: &'r Report,
    open: Vec<Open>,
    root: Option<Node>,
    documents: u32,
}

/// A list or mapping whose end has not come yet.
struct Open {
    at: Position,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Mapping { entries: Vec<Entry>, seen: HashMap<String, u32>, key: Option<Key> },
}

/// A key that waits for its value.
enum Key {
    Usable {
        text: String,
        at: Position,
    },
    /// Refused: its value is dropped.
    Refused,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, at: Position) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let complaint = Complaint::error("config-several-documents");
                    self.complain(at, complaint.hint("config-several-documents-hint"));
                    return Err(Stop);
                }
            }
            // Aliases make a small file large, and a reader cannot see what stands where: refused
            // even where they would be harmless.
            Event::Alias(_) => {
                self.refuse_alias(at);
                self.place(Node { at, value: Value::Refused });
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_decoration(at, anchor, tag.as_deref());
                self.place(Node { at, value: scalar(&text, style) });
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(at, anchor, tag.as_deref(), Inside::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                let inside =
                    Inside::Mapping { entries: Vec::new(), seen: HashMap::new(), key: None };
                self.open(at, anchor, tag.as_deref(), inside)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        at: Position,
        anchor: usize,
        tag: Option<&Tag>,
        inside: Inside,
    ) -> Result<(), Stop> {
        self.refuse_decoration(at, anchor, tag);
        if self.open.len() >= DEPTH_MAX {
            let complaint = Complaint::error("config-too-deep").number("limit", DEPTH_MAX as u64);
            self.complain(at, complaint.hint("config-too-deep-hint"));
            return Err(Stop);
        }
        self.open.push(Open { at, inside });
        Ok(())
    }

    fn close(&mut self) {
        let Some(Open { at, inside }) = self.open.pop() else { return };
        let value = match inside {
            Inside::List(items) => Value::List(items),
            Inside::Mapping { entries, .. } => Value::Mapping(entries),
        };
        self.place(Node { at, value });
    }

    /// Puts a finished node where the innermost open list or mapping expects it.
    fn place(&mut self, node: Node) {
        let report = self.report;
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Mapping { entries, seen, key }) => match key.take() {
                None => *key = Some(read_key(node, seen, report)),
                Some(Key::Refused) => {}
                Some(Key::Usable { text, at }) => {
                    entries.push(Entry { key: text, key_at: at, value: node });
                }
            },
        }
    }

    fn refuse_decoration(&self, at: Position, anchor: usize, tag: Option<&Tag>) {
        if anchor > 0 {
            self.refuse_alias(at);
        }
        if let Some(tag) = tag {
            let complaint = Complaint::error("config-tag").text("tag", tag);
            self.complain(at, complaint.hint("config-tag-hint"));
        }
    }

    fn refuse_alias(&self, at: Position) {
        self.complain(at, Complaint::error("config-alias").hint("config-alias-hint"));
    }

    fn complain(&self, at: Position, complaint: Complaint) {
        self.report.add("", at, complaint);
    }
}

fn read_key(node: Node, seen: &mut HashMap<String, u32>, report: &Report) -> Key {
    let at = node.at;
    let text = match node.value {
        Value::Plain(text) if text == "<<" => {
            let complaint = Complaint::error("config-merge-key").hint("config-alias-hint");
            report.add("", at, complaint);
            return Key::Refused;
        }
        Value::Plain(text) | Value::Quoted(text) => text,
        Value::Refused => return Key::Refused,
        Value::Nothing | Value::List(_) | Value::Mapping(_) => {
            let complaint = Complaint::error("config-complex-key");
            report.add("", at, complaint.hint("config-complex-key-hint"));
            return Key::Refused;
        }
    };
    match seen.entry(text) {
        Slot::Vacant(slot) => {
            let text = slot.key().clone();
            slot.insert(at.line);
            Key::Usable { text, at }
        }
        Slot::Occupied(slot) => {
            let complaint = Complaint::error("config-duplicate-key")
                .text("key", slot.key())
                .number("line", u64::from(*slot.get()))
                .hint("config-duplicate-key-hint");
            report.add("", at, complaint);
            Key::Refused
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null" | "Null" | "NULL") => Value::Nothing,
        (ScalarStyle::Plain, _) => Value::Plain(text.to_owned()),
        _ => Value::Quoted(text.to_owned()),
    }
}

/// The parser's complaints by what a person did, found by the words it uses. A new version of the
/// parser may use others: then the general message shows its own words.
const SYNTAX: &[(&str, &str, &str)] = &[
    ("quoted scalar, found unexpected", "config-open-quote", "config-open-quote-hint"),
    ("indentation in quoted scalar", "config-open-quote", "config-open-quote-hint"),
    ("trailing content after", "config-after-quote", "config-after-quote-hint"),
    ("quoted scalar, found unknown escape", "config-escape", "config-escape-hint"),
    ("expected ',' or", "config-open-bracket", "config-open-bracket-hint"),
    ("misplaced bracket", "config-open-bracket", "config-open-bracket-hint"),
    ("expected node content", "config-open-bracket", "config-open-bracket-hint"),
    ("illegal placement of ':'", "config-open-bracket", "config-open-bracket-hint"),
    ("recursion limit", "config-too-deep", "config-too-deep-hint"),
    ("mapping values are not allowed", "config-colon", "config-colon-hint"),
    ("simple key expect", "config-no-colon", "config-no-colon-hint"),
    ("unexpected character", "config-start-character", "config-start-character-hint"),
    ("block sequence entries", "config-list-here", "config-list-here-hint"),
    ("an anchor or alias", "config-alias", "config-alias-hint"),
    ("unknown anchor", "config-alias", "config-alias-hint"),
    ("expected key", "config-indentation", "config-indentation-hint"),
    ("expected '-' indicator", "config-indentation", "config-indentation-hint"),
    ("indent", "config-indentation", "config-indentation-hint"),
];

fn syntax_complaint(text: &str, error: &ScanError) -> (Position, Complaint) {
    let marker = position(*error.marker());
    if let Some(at) = tab_of_indentation(text, marker.line) {
        return (at, Complaint::error("config-tab").hint("config-tab-hint"));
    }
    let known = SYNTAX.iter().find(|(words, _, _)| error.info().contains(words));
    let (_, id, hint) = known.unwrap_or(&("", "config-syntax", "config-syntax-hint"));
    // A word that turns out to be no key is noticed only where the next thing begins.
    let at = if *id == "config-no-colon" { last_line_before(text, marker) } else { marker };
    let complaint = Complaint::error(id)
        .hint(hint)
        .text("detail", error.info())
        .number("limit", DEPTH_MAX as u64);
    // What is missing at the end of the file is missing after its last word.
    (at.min(end_of(text.trim_end())), complaint)
}

/// Where the last line with content before `at` begins to have it.
fn last_line_before(text: &str, at: Position) -> Position {
    let lines = text.lines().zip(1..).take_while(|(_, line)| *line < at.line);
    let last = lines.filter(|(content, _)| !content.trim().is_empty()).last();
    last.map_or(at, |(content, line)| {
        let indent = content.chars().take_while(|c| *c == ' ').count();
        Position { line, column: count(indent) + 1 }
    })
}

/// A tab before the first word of the line the parser stopped at, or of a line beside it: the
/// parser points at where the thing began that the tab broke, or notices one line late.
fn tab_of_indentation(text: &str, line: u32) -> Option<Position> {
    [line, line.saturating_sub(1), line.saturating_add(1)].into_iter().find_map(|line| {
        let content = text.lines().nth(line.checked_sub(1)? as usize)?;
        let column = content.chars().position(|c| c != ' ')?;
        (content.chars().nth(column) == Some('\t'))
            .then_some(Position { line, column: count(column) + 1 })
    })
}
