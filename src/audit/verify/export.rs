//! Verifying an export: the same questions that its Python verifier asks, answered in Rust.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use data_encoding::BASE64;
use serde_json::Value;

use crate::audit::verify::Trust;
use crate::audit::verify::folder::{choose_key, file_args, read_anchors};
use crate::audit::verify::hash::{Hash, Peaks, is_consistent, leaf};
use crate::audit::verify::note::Key;
use crate::audit::verify::report::{Reach, Report, Weight};
use crate::audit::verify::rules::Rules;
use crate::audit::verify::source::{NOTE_BYTES_MAX, read_limited};
use crate::base::digest::Digest;
use crate::base::fault::Args;

/// The version of the bundle that is understood.
const VERSION: u64 = 1;

/// An entry and its line feed.
const LINE_BYTES_MAX: u64 = 0xffff + 1;

/// Where the range lies, and what leads from its entries to the head.
struct Frame {
    to: u64,
    before: Peaks,
    root_before: Hash,
    root_after: Hash,
    consistency: Vec<Hash>,
}

/// Verifies the export in the folder `dir`.
pub fn verify_export(dir: &Path, trust: &Trust) -> Report {
    let mut report = Report::new();
    let Some(key) = choose_key(dir, trust, &mut report) else { return report };
    report.origin.clone_from(&key.name);
    let Some(frame) = read_frame(&dir.join("bundle.json"), &mut report) else { return report };
    let head = match read_limited(&dir.join("checkpoint"), NOTE_BYTES_MAX) {
        Ok(note) => key.open(&note),
        Err(error) => {
            report.unknown("audit-found-no-head", Args::none().text("error", error));
            return report;
        }
    };
    let Some((size, root)) = head else {
        report.wrong("audit-found-signature", Args::none());
        return report;
    };
    report.head = Some((size, Digest(root)));
    let anchors = read_anchors(trust, &key, &mut report);
    let mut roots: BTreeMap<u64, Option<Hash>> =
        anchors.iter().map(|(_, size, _)| (*size, None)).collect();
    roots.insert(size, Some(root));
    walk(dir, &frame, &key, &mut roots, &mut report);
    if frame.before.root() != frame.root_before {
        report.wrong("audit-found-before", Args::none());
    }
    if report.root.0 != frame.root_after {
        report.wrong("audit-found-after", Args::none());
    }
    if !is_consistent((frame.to, frame.root_after), (size, root), &frame.consistency) {
        report.wrong("audit-found-consistency", Args::none());
    }
    for (path, anchored, root) in anchors {
        let args = file_args(&path).number("size", anchored);
        match roots.get(&anchored).copied().flatten() {
            Some(found) if found == root => report.anchors.push(Reach { path, size: anchored }),
            Some(_) => {
                let args = args.number("found", frame.to);
                report.wrong("audit-found-anchor-rewritten", args);
            }
            // Taken after the export, or outside its range: it says nothing about these entries.
            None => report.unknown("audit-found-anchor-outside", args),
        }
    }
    report
}

fn walk(
    dir: &Path,
    frame: &Frame,
    key: &Key,
    roots: &mut BTreeMap<u64, Option<Hash>>,
    report: &mut Report,
) {
    let path = dir.join("entries.jsonl");
    let from = frame.before.size();
    let mut peaks = frame.before.clone();
    let mut rules = Rules::from(from);
    let outcome = File::open(&path).and_then(|file| {
        let mut file = BufReader::new(file);
        loop {
            if let Some(root) = roots.get_mut(&peaks.size()) {
                root.get_or_insert(peaks.root());
            }
            let Some(line) = next_line(&mut file)? else { return Ok(()) };
            rules.check(peaks.size(), &line, Some(key), Weight::Wrong, report);
            peaks.push(leaf(&line));
            if peaks.size() > frame.to {
                return Ok(());
            }
        }
    });
    if let Err(error) = outcome {
        report.unknown("audit-found-unreadable", file_args(&path).text("error", error));
    }
    report.entries = from..peaks.size();
    report.root = Digest(peaks.root());
    report.open_intents = rules.open_intents();
    if peaks.size() != frame.to {
        let args = Args::none().number("expected", frame.to - from);
        report.wrong("audit-found-count", args.number("found", peaks.size() - from));
    }
}

/// The next line without its line feed; a line that is too long comes in parts, none an entry.
fn next_line(file: &mut BufReader<File>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    file.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    line.pop_if(|byte| *byte == b'\n');
    Ok(Some(line))
}

fn read_frame(path: &Path, report: &mut Report) -> Option<Frame> {
    let bytes = match read_limited(path, NOTE_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.unknown("audit-found-unreadable", file_args(path).text("error", error));
            return None;
        }
    };
    let bundle: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(version) = bundle["v"].as_u64().filter(|version| *version != VERSION) {
        report.unknown("audit-found-bundle-version", Args::none().number("version", version));
        return None;
    }
    let frame = parse_frame(&bundle);
    if frame.is_none() {
        report.unknown("audit-found-bundle", file_args(path));
    }
    frame
}

fn parse_frame(bundle: &Value) -> Option<Frame> {
    let (from, to) = (bundle["from"].as_u64()?, bundle["to"].as_u64()?);
    let hash = |value: &Value| -> Option<Hash> {
        BASE64.decode(value.as_str()?.as_bytes()).ok()?.try_into().ok()
    };
    let hashes = |value: &Value| value.as_array()?.iter().map(hash).collect::<Option<Vec<_>>>();
    (from < to).then_some(())?;
    Some(Frame {
        to,
        before: Peaks::from_parts(from, hashes(&bundle["before"])?)?,
        root_before: hash(&bundle["root-before"])?,
        root_after: hash(&bundle["root-after"])?,
        consistency: hashes(&bundle["consistency"])?,
    })
}
