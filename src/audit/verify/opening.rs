//! What entries commit to, held against what is shown of them.
//!
//! From version 2 on, the line that is proven (the leaf) holds commitments in the places of the
//! actor's name, the subject and every fact. A log keeps each entry with the seed of its salts in a
//! tail; an export shows each field with its own salt, so that single ones can be withheld. What is
//! shown and is not what was committed to is named; so is what is not shown.

use std::collections::BTreeSet;
use std::io;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::audit::verify::hash::Hash;
use crate::audit::verify::lines::Lines;
use crate::audit::verify::place::Place;
use crate::audit::verify::report::Report;
use crate::audit::verify::rules::{ENTRY, TAIL, has_no_fraction, parse};
use crate::base::fault::Args;

/// The version from which on leaves hold commitments.
const SEALED: u64 = 2;

/// One entry, as far as it is shown.
#[derive(Debug)]
pub(super) struct Opened {
    /// What is known of it: of what is not shown, a name or a subject is null, a fact is not there.
    pub(super) entry: Map<String, Value>,
    /// Fields that are not shown.
    pub(super) withheld: Vec<String>,
    /// Fields that are shown and are not what was committed to.
    pub(super) wrong: Vec<String>,
    /// What should show it cannot be read.
    pub(super) is_unread: bool,
}

impl Opened {
    fn plain(entry: Map<String, Value>) -> Self {
        Self { entry, withheld: Vec::new(), wrong: Vec::new(), is_unread: false }
    }

    /// Whether this field is not known: withheld, lost, or not what it should be.
    pub(super) fn hides(&self, field: &str) -> bool {
        self.withheld.iter().chain(&self.wrong).any(|name| name == field)
    }

    /// Whether fields are not known that nobody showed falsely.
    pub(super) fn is_withheld(&self) -> bool {
        !self.withheld.is_empty() && self.wrong.is_empty() && !self.is_unread
    }
}

/// Whether a leaf holds commitments. What is none of ours is told elsewhere.
pub(super) fn is_sealed(leaf: &[u8]) -> bool {
    !leaf.starts_with(br#"{"v":1,"#)
}

fn version(entry: &Map<String, Value>) -> Option<u64> {
    entry.get("v").and_then(Value::as_u64)
}

/// Reads a line of a tail: the leaf that it opens, and the entry; `None` if it is none.
pub(super) fn of_tail(line: &[u8]) -> Option<(Vec<u8>, Opened)> {
    let mut entry = parse(line, &TAIL)?;
    if version(&entry) != Some(SEALED) {
        return Some((line.to_vec(), Opened::plain(parse(line, &ENTRY)?)));
    }
    (entry.keys().next_back()? == "seed").then_some(())?;
    let seed = hash(&entry.remove("seed")?)?;
    let salts = Hmac::<Sha256>::new_from_slice(&seed).ok()?.chain_update(b"duphong audit salt\n");
    let mut leaf = entry.clone();
    for (name, value) in committed(&mut leaf)? {
        let salt = salts.clone().chain_update(&name).finalize().into_bytes();
        *value = BASE64.encode(&commitment(&salt, &name, value)).into();
    }
    Some((serde_json::to_vec(&leaf).ok()?, Opened::plain(entry)))
}

/// The entry of a leaf of a sealed bundle, which a line of the tail opens, if it is still there.
pub(super) fn of_bundle(leaf: &[u8], line: Option<&[u8]>) -> Option<Opened> {
    let entry = parse(leaf, &ENTRY)?;
    if version(&entry) != Some(SEALED) {
        return Some(Opened::plain(entry));
    }
    let mut closed = close(entry)?;
    let Some(line) = line else { return Some(closed) };
    match of_tail(line) {
        Some((derived, opened)) if derived == leaf => return Some(opened),
        Some((derived, _)) => closed.wrong = differing(leaf, &derived),
        None => closed.is_unread = true,
    }
    Some(closed)
}

/// The names of what two leaves say differently.
pub(super) fn differing(one: &[u8], other: &[u8]) -> Vec<String> {
    if one == other || !is_sealed(one) {
        return Vec::new();
    }
    let (Some(one), Some(other)) = (parse(one, &ENTRY), parse(other, &ENTRY)) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for name in ENTRY.iter().filter(|name| one.get(**name) != other.get(**name)) {
        match (one.get(*name).and_then(Value::as_object), other.get(*name)) {
            (Some(one), Some(Value::Object(other))) => {
                let inner: BTreeSet<_> = one.keys().chain(other.keys()).collect();
                let differ = inner.into_iter().filter(|inner| one.get(*inner) != other.get(*inner));
                names.extend(differ.map(|inner| format!("{name}.{inner}")));
            }
            _ => names.push((*name).to_owned()),
        }
    }
    names
}

/// The entry of a leaf of an export, with what the export shows of it.
pub(super) fn of_export(leaf: &[u8], shown: Option<Shown>) -> Option<Opened> {
    let entry = parse(leaf, &ENTRY)?;
    let mut shown = shown.map(|shown| shown.fields).unwrap_or_default();
    if version(&entry) != Some(SEALED) {
        let wrong = shown.into_iter().map(|(name, _)| name).collect();
        return Some(Opened { wrong, ..Opened::plain(entry) });
    }
    let mut leaf = entry.clone();
    let mut opened = close(entry)?;
    let mut withheld = Vec::new();
    for (name, value) in committed(&mut leaf)? {
        let Some(field) = shown.remove(&name) else {
            withheld.push(name);
            continue;
        };
        match reveal(&name, value, field) {
            Some(value) => put(&mut opened.entry, &name, value),
            None => opened.wrong.push(name),
        }
    }
    opened.wrong.extend(shown.into_iter().map(|(name, _)| name));
    opened.withheld = withheld;
    Some(opened)
}

/// The entry without what it commits to; `None` if something else than commitments stands there.
fn close(mut entry: Map<String, Value>) -> Option<Opened> {
    let mut withheld = Vec::new();
    for (name, value) in committed(&mut entry)? {
        hash(value)?;
        *value = Value::Null;
        withheld.push(name);
    }
    entry.get_mut("facts")?.as_object_mut()?.clear();
    Some(Opened { withheld, ..Opened::plain(entry) })
}

/// The value that a field shows, if it is what was committed to.
fn reveal(name: &str, commitment_of: &Value, shown: Value) -> Option<Value> {
    let Value::Array(parts) = shown else { return None };
    let [salt, value] = <[Value; 2]>::try_from(parts).ok()?;
    let is_right = hash(commitment_of)? == commitment(&hash(&salt)?, name, &value);
    // Only facts may be anything.
    let is_text = value.is_string() || name.starts_with("facts.");
    (is_right && is_text).then_some(value)
}

fn put(entry: &mut Map<String, Value>, name: &str, value: Value) {
    let (outer, inner) = name.split_once('.').unwrap_or((name, ""));
    match entry.get_mut(outer) {
        Some(Value::Object(members)) => drop(members.insert(inner.to_owned(), value)),
        _ => drop(entry.insert(outer.to_owned(), value)),
    }
}

/// The fields that a leaf of version 2 commits to, with their places; `None` if one is missing.
fn committed(entry: &mut Map<String, Value>) -> Option<Vec<(String, &mut Value)>> {
    let (mut found, mut facts) = (Vec::new(), None);
    for (name, value) in entry {
        match name.as_str() {
            "actor" => {
                let name = value.as_object_mut()?.get_mut("name")?;
                found.push(("actor.name".to_owned(), name));
            }
            "subject" => found.push(("subject".to_owned(), value)),
            "facts" => facts = Some(value.as_object_mut()?),
            _ => {}
        }
    }
    (found.len() == 2).then_some(())?;
    found.extend(facts?.iter_mut().map(|(name, value)| (format!("facts.{name}"), value)));
    Some(found)
}

fn commitment(salt: &[u8], name: &str, value: &Value) -> Hash {
    let said = serde_json::to_vec(&(name, value)).unwrap_or_default();
    Sha256::new().chain_update([2]).chain_update(salt).chain_update(said).finalize().into()
}

/// The 32 bytes of a text in base64.
fn hash(value: &Value) -> Option<Hash> {
    BASE64.decode(value.as_str()?.as_bytes()).ok()?.try_into().ok()
}

/// What an export shows of one entry.
pub(super) struct Shown {
    pub(super) seq: u64,
    fields: Map<String, Value>,
    /// The line itself, for whoever looks for words in it.
    pub(super) line: Vec<u8>,
}

/// Goes through what an export shows, beside its entries.
pub(super) struct Openings {
    lines: Option<Lines>,
    is_there: bool,
    /// The number of the line that was read last, from one.
    number: u64,
    /// The position that it was about; positions only go up.
    last: Option<u64>,
    next: Option<Shown>,
}

impl Openings {
    /// `lines` are those of the file, if it is there.
    pub(super) fn open(place: &Place) -> io::Result<Self> {
        let mut openings = Self::unread();
        match Lines::of_openings(place) {
            Ok(lines) => openings.lines = Some(lines),
            Err(error) if error.kind() == io::ErrorKind::NotFound => openings.is_there = false,
            Err(error) => return Err(error),
        }
        Ok(openings)
    }

    /// Of a file that is there and cannot be read.
    pub(super) fn unread() -> Self {
        Self { lines: None, is_there: true, number: 0, last: None, next: None }
    }

    /// Whether the export has the file at all.
    pub(super) fn is_there(&self) -> bool {
        self.is_there
    }

    /// What is shown of the entry at `seq`; to be asked in their order.
    pub(super) fn of(&mut self, seq: u64, report: &mut Report) -> io::Result<Option<Shown>> {
        loop {
            if self.next.is_none() {
                self.next = self.read(report)?;
            }
            match &self.next {
                None => return Ok(None),
                Some(shown) if shown.seq > seq => return Ok(None),
                Some(shown) if shown.seq == seq => return Ok(self.next.take()),
                // Of an entry before the range.
                Some(_) => {
                    self.tell(report);
                    self.next = None;
                }
            }
        }
    }

    /// Tells where the first line stands that is of no entry of the range.
    pub(super) fn finish(mut self, report: &mut Report) -> io::Result<()> {
        if self.next.take().is_some() || self.read(report)?.is_some() {
            self.tell(report);
        }
        Ok(())
    }

    fn read(&mut self, report: &mut Report) -> io::Result<Option<Shown>> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        while let Some(line) = lines.next()? {
            self.number += 1;
            let shown = parse_shown(line).filter(|shown| Some(shown.seq) > self.last);
            if let Some(shown) = shown {
                self.last = Some(shown.seq);
                return Ok(Some(shown));
            }
            report.wrong("audit-found-opening-line", Args::none().number("line", self.number));
        }
        Ok(None)
    }

    fn tell(&self, report: &mut Report) {
        report.wrong("audit-found-opening-line", Args::none().number("line", self.number));
    }
}

/// Reads a line that shows what an entry says; `None` if it is none.
pub(super) fn parse_shown(line: Vec<u8>) -> Option<Shown> {
    let value: Value = serde_json::from_slice(&line).ok()?;
    (serde_json::to_vec(&value).ok()? == line).then_some(())?;
    has_no_fraction(&value).then_some(())?;
    let Value::Object(mut fields) = value else { return None };
    (fields.keys().next()? == "seq").then_some(())?;
    let seq = fields.shift_remove("seq")?.as_u64()?;
    Some(Shown { seq, fields, line })
}
