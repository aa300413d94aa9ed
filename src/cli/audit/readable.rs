//! The entries of an export in words, for whoever opens it without our program.
//!
//! Only for reading: what is proven are the lines of `entries.jsonl`, and the text says so. It is a
//! text file, which opens everywhere and prints; letters that would steer a terminal are shown as
//! what they are.

use std::io::{self, Write};
use std::ops::Range;
use std::time::Duration;

use serde_json::Value;

use crate::audit::{Actor, ActorKind, Entry, Kind};
use crate::base::fault::{Args, Message};
use crate::cli::audit::{ending_id, kind_id};
use crate::text::Catalog;

/// Opens with what this is and what it is not.
pub(super) fn head(
    catalog: &Catalog,
    origin: &str,
    range: &Range<u64>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let args = Args::none()
        .text("origin", origin)
        .number("from", range.start)
        .number("last", range.end.saturating_sub(1))
        .number("count", range.end.saturating_sub(range.start));
    // The mark tells programs of Windows that this is UTF-8.
    write!(out, "\u{feff}{}\r\n\r\n", catalog.id("record-title"))?;
    write!(out, "{}\r\n", catalog.say(&Message::with("record-range", args)))?;
    write!(out, "{}\r\n", catalog.id("record-caution"))
}

/// One entry, a field a line.
pub(super) fn entry(catalog: &Catalog, entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let title = Args::none().number("seq", entry.seq).text("at", entry.at);
    write!(out, "\r\n{}\r\n", catalog.say(&Message::with("record-entry", title)))?;
    let mut line =
        |id: &str, value: &str| write!(out, "  {}: {}\r\n", catalog.id(id), harmless(value));
    line("record-deed", &deed(catalog, &entry.verb))?;
    line("record-subject", &entry.subject)?;
    line("record-kind", &kind(catalog, entry))?;
    line("record-who", &who(catalog, &entry.actor))?;
    if let Some(intent) = entry.intent {
        line("record-intent", &intent.to_string())?;
    }
    if let Some(took) = entry.took_ms {
        line("record-took", &catalog.format().duration(Duration::from_millis(took)))?;
    }
    if let Some(code) = &entry.code {
        line("record-code", code)?;
    }
    if let Some(number) = &entry.number {
        let args = Args::none().text("series", &number.series).number("n", number.n);
        line("record-number", &catalog.say(&Message::with("record-series", args)))?;
    }
    if let Some(back) = entry.clock_back_ms {
        line("record-clock", &catalog.format().duration(Duration::from_millis(back)))?;
    }
    if !entry.facts.is_empty() {
        write!(out, "  {}:\r\n", catalog.id("record-facts"))?;
        for (name, value) in &entry.facts {
            facts(name, value, 2, out)?;
        }
    }
    Ok(())
}

/// The verb in words, and as it stands on record.
fn deed(catalog: &Catalog, verb: &str) -> String {
    let id = format!("audit-verb-{}", verb.replace('.', "-"));
    if catalog.knows(&id) { format!("{} ({verb})", catalog.id(&id)) } else { verb.to_owned() }
}

fn kind(catalog: &Catalog, entry: &Entry) -> String {
    let kind = catalog.id(kind_id(entry.kind));
    match (entry.kind, entry.result) {
        (Kind::Outcome, Some(ending)) => format!("{kind}, {}", catalog.id(ending_id(ending))),
        _ => kind,
    }
}

fn who(catalog: &Catalog, actor: &Actor) -> String {
    let id = match actor.kind {
        ActorKind::Person => "record-person",
        ActorKind::Daemon => "record-daemon",
        ActorKind::Schedule => "record-schedule",
    };
    catalog.say(&Message::with(id, Args::none().text("name", &actor.name)))
}

/// One detail; those within it stand further in. The names are those of the record.
fn facts(name: &str, value: &Value, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let room = "  ".repeat(depth);
    let name = harmless(name);
    match value {
        Value::Object(members) if !members.is_empty() => {
            write!(out, "{room}{name}:\r\n")?;
            members.iter().try_for_each(|(name, value)| facts(name, value, depth + 1, out))
        }
        Value::Array(values)
            if values.iter().any(|value| value.is_object() || value.is_array()) =>
        {
            write!(out, "{room}{name}:\r\n")?;
            (1..).zip(values).try_for_each(|(number, value): (u64, _)| {
                facts(&number.to_string(), value, depth + 1, out)
            })
        }
        Value::Array(values) => {
            let words = values.iter().map(plain).collect::<Vec<_>>().join(", ");
            write!(out, "{room}{name}: {words}\r\n")
        }
        value => write!(out, "{room}{name}: {}\r\n", plain(value)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => harmless(text),
        Value::Null => "–".to_owned(),
        value => value.to_string(),
    }
}

/// What would break a line, or turn its direction, is shown as its number.
fn harmless(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for letter in text.chars() {
        let turns = matches!(letter, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if letter.is_control() || turns {
            words.extend(letter.escape_unicode());
        } else {
            words.push(letter);
        }
    }
    words
}
