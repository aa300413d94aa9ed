//! Taking evidence out: a range of entries, or one entry, that an outsider can check offline.
//!
//! A range is continuous, so nothing inside it can be left out: its entries, the subtree hashes of
//! all that came before, and a consistency proof to the signed head together leave exactly one
//! possible content. The folder carries a verifier in plain Python, so that the outsider needs no
//! program of ours. Format: `docs/formats/audit-export.md`.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::ops::Range;
use std::path::Path;

use data_encoding::BASE64;
use serde_json::json;
use tlog_tiles::Hash;

use crate::audit::fault::AuditError;
use crate::audit::log::{Head, Log};
use crate::audit::read::Reader;
use crate::base::digest::Digest;
use crate::world::files::{self, FileError};

/// The version of the bundle that this program writes.
const VERSION: u32 = 1;

/// The verifier that goes with every export.
const VERIFIER: &[u8] = include_bytes!("export/verify.py");

/// What reckons the figures of a backup report again from the entries.
const FIGURES: &[u8] = include_bytes!("export/figures.py");

/// What the outsider reads first, in both languages.
const README: &[u8] = include_bytes!("export/README.txt");

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
}

impl Log {
    /// Writes the entries at these positions and their proofs into an empty or new folder.
    /// The caller records that it was done.
    pub fn export(&self, range: Range<u64>, to: &Path) -> Result<Exported, AuditError> {
        let (exported, checkpoint, bundle) = self.with_state(|state| {
            let size = state.size();
            if range.is_empty() || range.end > size {
                return Err(AuditError::Range { from: range.start, to: range.end, size });
            }
            let tiles = state.tiles();
            let (before, after) = (tiles.root(range.start)?, tiles.root(range.end)?);
            let bundle = json!({
                "v": VERSION,
                "from": range.start,
                "to": range.end,
                "before": encode(&tiles.peaks(range.start)?),
                "root-before": BASE64.encode(&before.0),
                "root-after": BASE64.encode(&after.0),
                "consistency": encode(&tiles.consistency(range.end)?),
            });
            let exported = Exported {
                range: range.clone(),
                before: Digest(before.0),
                after: Digest(after.0),
                head: self.head_of(state)?,
            };
            Ok((exported, state.checkpoint().to_vec(), bundle))
        })?;
        make_empty(to)?;
        let reader = Reader::of(&self.layout, exported.head.size);
        write_entries(&reader, range, &to.join("entries.jsonl"))?;
        let mut text = serde_json::to_vec_pretty(&bundle).expect("texts and whole numbers");
        text.push(b'\n');
        let vkey = format!("{}\n", self.vkey());
        // The bundle comes last: a folder without it is an export that did not finish.
        for (name, bytes) in [
            ("README.txt", README),
            ("verify.py", VERIFIER),
            ("figures.py", FIGURES),
            ("log.vkey", vkey.as_bytes()),
            ("checkpoint", &checkpoint),
            ("bundle.json", &text),
        ] {
            files::replace_durably(&to.join(name), bytes).map_err(output)?;
        }
        Ok(exported)
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

fn output(source: FileError) -> AuditError {
    AuditError::Output { source }
}

fn make_empty(dir: &Path) -> Result<(), AuditError> {
    files::create_private_dir(dir).map_err(output)?;
    let mut files = std::fs::read_dir(dir).map_err(FileError::io("read", dir)).map_err(output)?;
    match files.next() {
        None => Ok(()),
        Some(_) => Err(AuditError::NotEmpty { dir: dir.to_owned() }),
    }
}

fn write_entries(reader: &Reader, range: Range<u64>, path: &Path) -> Result<(), AuditError> {
    let failed = |error: io::Error| output(FileError::io("write", path)(error));
    let mut file = BufWriter::new(File::create_new(path).map_err(failed)?);
    for line in reader.lines(range) {
        let (_, line) = line?;
        file.write_all(&line).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
    }
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)
}
