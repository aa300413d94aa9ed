//! Taking evidence out: a range of entries, or one entry, that an outsider can check offline.
//!
//! A range is continuous, so nothing inside it can be left out: its entries, the subtree hashes of
//! all that came before, and a consistency proof to the signed head together leave exactly one
//! possible content. It goes into one zip, the bundle, with what an outsider needs to judge it and
//! no program of ours: a verifier in plain Python, a page for a browser, and a list of all files
//! that is signed as the head is. Format: `docs/formats/audit-export.md`.

use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use data_encoding::BASE64;
use serde_json::{Value, json};
use tlog_tiles::Hash;

use crate::audit::entry::Kind;
use crate::audit::fault::AuditError;
use crate::audit::log::{Head, Log};
use crate::audit::pack::Pack;
use crate::audit::read::Reader;
use crate::audit::state::State;
use crate::base::digest::Digest;

/// The version of the bundle that this program writes.
const VERSION: u32 = 3;

/// Heads in the hands of others whose proofs go along. Each takes at most 2 KiB, and whoever keeps
/// heads keeps the newest.
const HEADS_MAX: usize = 100;

/// The verifier that goes with every export.
const VERIFIER: &[u8] = include_bytes!("export/verify.py");

/// What reckons the figures of a backup report again from the entries.
const FIGURES: &[u8] = include_bytes!("export/figures.py");

/// What the outsider reads first, in both languages.
const README: &[u8] = include_bytes!("export/README.txt");

/// The page that checks a bundle in a browser: one file, so that it needs nothing beside it.
pub const PAGE: &str = concat!(
    include_str!("export/page/head.html"),
    "<script>\n\"use strict\";\n",
    include_str!("export/page/words.js"),
    include_str!("export/page/hash.js"),
    include_str!("export/page/ed25519.js"),
    include_str!("export/page/zip.js"),
    include_str!("export/page/note.js"),
    include_str!("export/page/keys.js"),
    include_str!("export/page/entry.js"),
    include_str!("export/page/opening.js"),
    include_str!("export/page/check.js"),
    include_str!("export/page/page.js"),
    "</script>\n</body>\n</html>\n",
);

/// Writes the content of a part, once.
pub type WritePart<'a> = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + 'a>;

/// What the caller puts into the bundle beside the entries and their proofs.
pub struct Part<'a> {
    /// The name in the bundle: small letters, digits, `.`, `-`, at most one folder.
    pub name: String,
    /// Writes the content.
    pub write: WritePart<'a>,
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The positions of the entries.
    pub range: Range<u64>,
    /// The root of all entries before the range.
    pub before: Digest,
    /// The root of all entries up to the end of the range.
    pub after: Digest,
    /// The signed head that proves both.
    pub head: Head,
    /// The digest of the whole bundle.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
}

impl Log {
    /// Writes the entries at these positions, their proofs and `parts` into a new file. The same
    /// log, range and parts give the same bytes. The caller records that it was done.
    pub fn export(
        &self,
        range: Range<u64>,
        parts: Vec<Part<'_>>,
        to: &Path,
    ) -> Result<Exported, AuditError> {
        let anchored = self.anchored()?;
        let (proven, checkpoint, frame, key, handovers) = self.with_state(|state| {
            let size = state.size();
            if range.is_empty() || range.end > size {
                return Err(AuditError::Range { from: range.start, to: range.end, size });
            }
            let (proven, frame) = self.frame(state, range.clone(), &anchored)?;
            // One key for all: while the rest is written, another process may rotate it.
            Ok((proven, state.checkpoint().to_vec(), frame, self.key(), self.handovers()?))
        })?;
        let mut text = serde_json::to_vec_pretty(&frame).expect("texts and whole numbers");
        text.push(b'\n');
        let mut pack = Pack::begin(to)?;
        pack.add("README.txt", |out| out.write_all(README))?;
        let reader = Reader::of(&self.layout, proven.head.size);
        pack.add_fallible("entries.jsonl", |out| {
            let leaves = reader.leaves(range.clone());
            write_lines(leaves.map(|leaf| leaf.map(|(_, leaf)| Some(leaf))), out)
        })?;
        // What opens the entries proves itself, and may be left out of an export later.
        pack.add_unlisted("openings.jsonl", |out| {
            let kept = reader.kept(range);
            write_lines(kept.map(|kept| kept.map(|(_, kept)| kept.opening())), out)
        })?;
        let vkey = format!("{}\n", key.vkey());
        for (name, bytes) in [
            ("bundle.json", text.as_slice()),
            ("checkpoint", &checkpoint),
            ("log.vkey", vkey.as_bytes()),
            ("verify.py", VERIFIER),
            ("figures.py", FIGURES),
            ("verify.html", PAGE.as_bytes()),
        ] {
            pack.add(name, |out| out.write_all(bytes))?;
        }
        for (number, note) in (1u64..).zip(&handovers) {
            pack.add(&format!("key/{number:03}"), |out| out.write_all(note))?;
        }
        for part in parts {
            pack.add(&part.name, part.write)?;
        }
        let (digest, bytes) = pack.finish(|list| key.sign_list(list))?;
        Ok(Exported { digest, bytes, ..proven })
    }

    /// What says where the range lies and leads from it to the head and to anchors.
    fn frame(
        &self,
        state: &State,
        range: Range<u64>,
        anchored: &[u64],
    ) -> Result<(Exported, Value), AuditError> {
        let tiles = state.tiles();
        let (before, after) = (tiles.root(range.start)?, tiles.root(range.end)?);
        let mut heads = Vec::new();
        for &size in anchored {
            heads.push(json!({"size": size, "consistency": encode(&tiles.consistency(size)?)}));
        }
        let mut keys = Vec::new();
        for handover in &self.keys().past {
            let proof = encode(&tiles.consistency(handover.size)?);
            keys.push(json!({"size": handover.size, "consistency": proof}));
        }
        let mut frame = json!({
            "v": VERSION,
            "from": range.start,
            "to": range.end,
            "before": encode(&tiles.peaks(range.start)?),
            "root-before": BASE64.encode(&before.0),
            "root-after": BASE64.encode(&after.0),
            "consistency": encode(&tiles.consistency(range.end)?),
            "heads": heads,
        });
        if !keys.is_empty() {
            frame["keys"] = keys.into();
        }
        let (before, after) = (Digest(before.0), Digest(after.0));
        let head = self.head_of(state)?;
        Ok((Exported { range, before, after, head, digest: Digest::of(b""), bytes: 0 }, frame))
    }

    /// The sizes of the newest heads that others have, ascending: those of anchors, and of earlier
    /// exports, so that exports lead to each other.
    fn anchored(&self) -> Result<Vec<u64>, AuditError> {
        let reader = self.reader()?;
        let mut sizes = std::collections::BTreeSet::new();
        for leaf in reader.leaves(0..reader.size()) {
            let (seq, line) = leaf?;
            // Most entries are about other things: looking for the word first saves parsing them.
            let is_about = |word: &[u8]| line.windows(word.len()).any(|window| window == word);
            if !is_about(br#""audit.anchor""#) && !is_about(br#""audit.export""#) {
                continue;
            }
            let opened = reader.range(seq..seq + 1).next();
            let entry = opened.unwrap_or(Err(AuditError::Damaged { seq }))?;
            let name = if entry.verb == "audit.anchor" { "size" } else { "head" };
            if entry.kind == Kind::Outcome {
                let size = entry.facts.get(name).and_then(Value::as_u64);
                sizes.extend(size.filter(|size| (1..=entry.seq).contains(size)));
            }
        }
        let surplus = sizes.len().saturating_sub(HEADS_MAX);
        Ok(sizes.into_iter().skip(surplus).collect())
    }

    /// The proof that one entry is in the log, as a C2SP tlog-proof.
    pub fn proof(&self, seq: u64) -> Result<String, AuditError> {
        self.with_state(|state| {
            let size = state.size();
            if seq >= size {
                return Err(AuditError::Range { from: seq, to: seq + 1, size });
            }
            let mut text = format!("c2sp.org/tlog-proof@v1\nindex {seq}\n");
            for hash in state.tiles().inclusion(seq)? {
                text.push_str(&BASE64.encode(&hash.0));
                text.push('\n');
            }
            text.push('\n');
            text.push_str(&String::from_utf8_lossy(state.checkpoint()));
            Ok(text)
        })
    }
}

fn encode(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| BASE64.encode(&hash.0)).collect()
}

fn write_lines(
    lines: impl Iterator<Item = Result<Option<Vec<u8>>, AuditError>>,
    out: &mut dyn Write,
) -> Result<io::Result<()>, AuditError> {
    for line in lines {
        let Some(line) = line? else { continue };
        if let Err(error) = out.write_all(&line).and_then(|()| out.write_all(b"\n")) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("name", &self.name).finish_non_exhaustive()
    }
}
