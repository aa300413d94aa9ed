//! One entry in the common spelling, held against what it commits to without a tree of it being made.
//!
//! What comes out is all that the rules ask of such an entry, and the hash of its leaf. Nothing is
//! said of an entry in which anything is other than it should be: the exact way (`opening`) finds
//! the words for it.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::audit::verify::hash::{Hash, leaf};
use crate::audit::verify::scan::{self, Fact, Kind, Line, Scanner, Span};

/// Bytes of a hash in base64, and of what that may decode to.
const TEXT: usize = 44;
const DECODED: usize = 33;

/// An entry that is what its leaf commits to, all of it shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// Of its leaf.
    pub(super) hash: Hash,
    pub(super) at: Timestamp,
    pub(super) back_ms: Option<u64>,
    pub(super) role: Role,
    /// Its series and number.
    pub(super) number: Option<(String, u64)>,
}

/// What it is to other entries.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    Intent {
        verb: String,
        subject: String,
    },
    Outcome {
        /// The place of its intent.
        intent: u64,
        verb: String,
        subject: String,
    },
    Alone,
}

/// Memory that each entry uses again.
#[derive(Default)]
pub(super) struct Scratch {
    facts: Vec<Fact>,
    leaf: Vec<u8>,
    said: Vec<u8>,
}

/// The entry at `seq` of a log: its leaf, and the line of a tail that should open it.
pub(super) fn of_log(
    leaf_line: &[u8],
    tail_line: &[u8],
    seq: u64,
    scratch: &mut Scratch,
) -> Option<Step> {
    let entry = scan::entry(tail_line, &mut scratch.facts)?;
    (entry.seq == seq).then_some(())?;
    derive(tail_line, &entry, scratch)?;
    (scratch.leaf == leaf_line).then_some(())?;
    step(&entry, entry.subject.of(tail_line), leaf(leaf_line))
}

/// The place and the leaf of a line of a tail.
#[cfg(feature = "testkit")]
pub(super) fn leaf_of(tail_line: &[u8], scratch: &mut Scratch) -> Option<(u64, Vec<u8>)> {
    let entry = scan::entry(tail_line, &mut scratch.facts)?;
    derive(tail_line, &entry, scratch)?;
    Some((entry.seq, scratch.leaf.clone()))
}

/// The entry at `seq` of an export: its leaf, and the line that shows all of it.
pub(super) fn of_export(
    leaf_line: &[u8],
    shown: &[u8],
    seq: u64,
    scratch: &mut Scratch,
) -> Option<Step> {
    let entry = scan::entry(leaf_line, &mut scratch.facts)?;
    (entry.seq == seq && entry.seed.is_none()).then_some(())?;
    std::str::from_utf8(shown).ok()?;
    let mut scanner = Scanner::of(shown);
    scanner.word(br#"{"seq":"#)?;
    (scanner.number()? == seq).then_some(())?;
    let Scratch { facts, said, .. } = scratch;
    let mut reveal = |kind: &str, name: &[u8], commitment: &[u8]| -> Option<Span> {
        for word in [br#",""#.as_slice(), kind.as_bytes(), name, br#"":["#] {
            scanner.word(word)?;
        }
        let salt = hash_of(scanner.plain()?.of(shown))?;
        scanner.word(b",")?;
        // Only facts may be anything.
        let value = if kind == OF_FACTS { scanner.value(0)? } else { scanner.quoted()? };
        scanner.word(b"]")?;
        let commitment = commitment.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let is_right = commit(said, &salt, (kind, name), value.of(shown)) == hash_of(commitment)?;
        is_right.then_some(value)
    };
    reveal(NAME, b"", entry.name.of(leaf_line))?;
    let subject = reveal(SUBJECT, b"", entry.subject.of(leaf_line))?;
    for fact in facts.iter() {
        reveal(OF_FACTS, fact.name.of(leaf_line), fact.value.of(leaf_line))?;
    }
    scanner.word(b"}")?;
    scanner.is_at_end().then_some(())?;
    step(&entry, subject.of(shown), leaf(leaf_line))
}

const NAME: &str = "actor.name";
const SUBJECT: &str = "subject";
const OF_FACTS: &str = "facts.";

fn step(entry: &Line<'_>, subject: &[u8], hash: Hash) -> Option<Step> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let about = || Some((text(entry.verb)?, text(unquoted(subject))?));
    let role = match entry.kind {
        Kind::Alone => Role::Alone,
        Kind::Intent => about().map(|(verb, subject)| Role::Intent { verb, subject })?,
        Kind::Outcome(intent) => {
            about().map(|(verb, subject)| Role::Outcome { intent, verb, subject })?
        }
    };
    let number = match entry.number {
        Some((series, n)) => Some((text(series)?, n)),
        None => None,
    };
    Some(Step { hash, at: entry.at, back_ms: entry.back_ms, role, number })
}

fn unquoted(text: &[u8]) -> &[u8] {
    text.get(1..text.len().saturating_sub(1)).unwrap_or_default()
}

/// Puts the leaf that a line of a tail opens into `scratch`.
fn derive(line: &[u8], entry: &Line<'_>, scratch: &mut Scratch) -> Option<()> {
    let Scratch { facts, leaf, said } = scratch;
    let seed = hash_of(entry.seed?)?;
    let salts = Hmac::<Sha256>::new_from_slice(&seed).ok()?.chain_update(b"duphong audit salt\n");
    let of_facts = salts.clone().chain_update(OF_FACTS);
    leaf.clear();
    let mut done = 0;
    let mut seal = |salt: Hmac<Sha256>, field: (&str, &[u8]), value: Span| -> Option<()> {
        let salt: Hash = salt.finalize().into_bytes().into();
        leaf.extend_from_slice(line.get(done..value.from)?);
        done = value.to;
        let mut text = [0; TEXT];
        BASE64.encode_mut(&commit(said, &salt, field, value.of(line)), &mut text);
        leaf.push(b'"');
        leaf.extend_from_slice(&text);
        leaf.push(b'"');
        Some(())
    };
    seal(salts.clone().chain_update(NAME), (NAME, b""), entry.name)?;
    seal(salts.chain_update(SUBJECT), (SUBJECT, b""), entry.subject)?;
    for fact in facts.iter() {
        let name = fact.name.of(line);
        seal(of_facts.clone().chain_update(name), (OF_FACTS, name), fact.value)?;
    }
    leaf.extend_from_slice(line.get(done..entry.end)?);
    leaf.push(b'}');
    Some(())
}

/// What a field with this salt and value commits to; its name is in two parts, and neither has
/// anything that JSON would escape.
fn commit(said: &mut Vec<u8>, salt: &Hash, (kind, name): (&str, &[u8]), value: &[u8]) -> Hash {
    said.clear();
    said.push(2);
    for part in [salt.as_slice(), br#"[""#, kind.as_bytes(), name, br#"","#, value, b"]"] {
        said.extend_from_slice(part);
    }
    Sha256::digest(said).into()
}

/// The 32 bytes of a text in base64.
fn hash_of(text: &[u8]) -> Option<Hash> {
    let mut decoded = [0; DECODED];
    (text.len() == TEXT).then_some(())?;
    let length = BASE64.decode_mut(text, &mut decoded).ok()?;
    decoded.get(..length)?.try_into().ok()
}
