//! Verifying an export: the same questions that its Python verifier and its page ask, answered in
//! Rust.
//!
//! Whoever makes up a whole export makes up its key too. So without a key or a head from elsewhere
//! the answer is never "valid": what agrees with itself alone proves nothing about anybody's log.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde_json::Value;

use crate::audit::verify::Trust;
use crate::audit::verify::folder::{choose_keys, file_args};
use crate::audit::verify::hash::{Hash, Peaks, is_consistent, leaf};
use crate::audit::verify::keys::{self, Found, HANDOVERS_MAX, Keys, Told};
use crate::audit::verify::list::{self, Listed};
use crate::audit::verify::opening::{self, OPENINGS, Openings};
use crate::audit::verify::outside::{open_all, read_files};
use crate::audit::verify::place::{Content, Place};
use crate::audit::verify::report::{Reach, Report, Weight};
use crate::audit::verify::rules::Rules;
use crate::audit::verify::source::NOTE_BYTES_MAX;
use crate::audit::verify::zip::Odd;
use crate::base::digest::Digest;
use crate::base::fault::Args;

/// The versions of the bundle that are understood. Before 3 none said what its entries say apart
/// from them.
const VERSIONS: std::ops::RangeInclusive<u64> = 2..=3;

/// The frame of an export with the proofs of a hundred anchors is a quarter of this.
const FRAME_BYTES_MAX: u64 = 1 << 20;

/// An entry and its line feed.
const LINE_BYTES_MAX: u64 = 0xffff + 1;

/// What an entry says, and its line feed: a salt and a commitment take about as much, so that it
/// cannot be twice as long as the two lines of it that a log holds.
pub(super) const OPENING_BYTES_MAX: u64 = 4 * 0xffff;

/// Where the range lies, and what leads from its entries to the head.
pub(super) struct Frame {
    pub(super) to: u64,
    /// Whether what entries say stands in a file of its own.
    has_openings: bool,
    before: Peaks,
    root_before: Hash,
    root_after: Hash,
    consistency: Vec<Hash>,
    /// What leads from anchors to the head, by their sizes.
    heads: BTreeMap<u64, Vec<Hash>>,
    /// What leads from handovers to the head, by their sizes.
    keys: BTreeMap<u64, Vec<Hash>>,
}

impl Frame {
    pub(super) fn from(&self) -> u64 {
        self.before.size()
    }
}

/// What one export says about its log, to be held against another one.
pub(super) struct Known {
    pub(super) keys: Keys,
    pub(super) head: (u64, Hash),
    /// The roots at all sizes that were asked for and could be computed.
    pub(super) roots: BTreeMap<u64, Hash>,
    heads: BTreeMap<u64, Vec<Hash>>,
}

impl Known {
    /// Whether a log with this root at this size is the same log; `None` if nothing tells.
    pub(super) fn agrees(&self, size: u64, root: Hash) -> Option<bool> {
        if let Some(known) = self.roots.get(&size) {
            return Some(*known == root);
        }
        let proof = self.heads.get(&size).filter(|_| size <= self.head.0)?;
        Some(is_consistent((size, root), self.head, proof))
    }
}

/// Whether an export lies there: a file, or a folder that holds its frame.
pub fn is_export(path: &Path) -> bool {
    path.is_file() || path.join("bundle.json").exists()
}

/// Verifies the export in the zip or the folder `path`.
pub fn verify_export(path: &Path, trust: &Trust) -> Report {
    verify_export_beside(path, &[], trust)
}

/// The same where other exports of the log lie beside it: a newer one tells of newer keys.
pub fn verify_export_beside(path: &Path, others: &[PathBuf], trust: &Trust) -> Report {
    let mut report = Report::new();
    if let Some(place) = open(path, &mut report) {
        let mut newest = Vec::new();
        for other in others {
            // What is wrong with it is told when it is judged itself.
            let found = open(other, &mut Report::new())
                .map(|other| handovers_in(&other, &mut Report::new()));
            newest = found.filter(|found| found.len() > newest.len()).unwrap_or(newest);
        }
        judge(&place, (trust, &newest), &[], &mut report);
    }
    report
}

/// What lies in an export under the names of handovers, ascending.
pub(super) fn handovers_in(place: &Place, report: &mut Report) -> Vec<Found> {
    // What cannot be read contradicts nothing.
    let names = place.names().unwrap_or_else(|error| {
        let path = place.path_of(keys::FOLDER);
        report.unknown("audit-found-unreadable", file_args(&path).text("error", error));
        Vec::new()
    });
    let inside =
        |name: &String| Some(name.strip_prefix(keys::FOLDER)?.strip_prefix('/')?.to_owned());
    let mut numbers: Vec<_> =
        names.iter().filter_map(inside).filter_map(|name| keys::number(&name)).collect();
    numbers.sort_unstable();
    let mut found = Vec::new();
    for number in numbers.into_iter().take(HANDOVERS_MAX) {
        let name = format!("{}/{number:03}", keys::FOLDER);
        let path = place.path_of(&name);
        match place.read(&name, NOTE_BYTES_MAX) {
            Ok(note) => found.push(Found { number, path, note }),
            Err(error) => {
                report.unknown("audit-found-unreadable", file_args(&path).text("error", error));
            }
        }
    }
    found
}

/// Those of the export itself, then those that follow in a newer one, if it begins with the same.
fn joined(own: Vec<Found>, newer: &[Found]) -> Vec<Found> {
    let is_same =
        |(one, other): (&Found, &Found)| (one.number, &one.note) == (other.number, &other.note);
    if newer.len() > own.len() && own.iter().zip(newer).all(is_same) {
        let rest = newer[own.len()..].iter().cloned();
        return own.into_iter().chain(rest).collect();
    }
    own
}

/// Finds out what lies at `path`, or says why it cannot be read.
pub(super) fn open(path: &Path, report: &mut Report) -> Option<Place> {
    let args = file_args(path);
    match Place::open(path) {
        Ok(place) => return Some(place),
        Err(Odd::Io(error)) => report.unknown("audit-found-unreadable", args.text("error", error)),
        Err(Odd::Shape) => report.unknown("audit-found-zip", args),
        Err(Odd::Packed(name)) => report.unknown("audit-found-zip-packed", args.text("name", name)),
        Err(Odd::Name(name)) => report.unknown("audit-found-zip-name", args.text("name", name)),
    }
    None
}

/// Verifies an export and returns its roots at `sizes`, as far as it got. With what is trusted come
/// the handovers of a newer export.
pub(super) fn judge(
    place: &Place,
    (trust, newer): (&Trust, &[Found]),
    sizes: &[u64],
    report: &mut Report,
) -> Option<Known> {
    let path = place.path_of("log.vkey");
    let own = ("audit-found-bundle-key", path.as_path());
    let inside = handovers_in(place, report);
    let count = inside.len();
    let handovers = keys::chain(&joined(inside, newer), report);
    let frame = read_frame(place, report)?;
    // The frame tells of keys that took over, and what leads to them is not there.
    let is_cut = frame.keys.len() > count;
    let weight = if is_cut { Weight::Unknown } else { Weight::Wrong };
    let beside = place.read("log.vkey", NOTE_BYTES_MAX);
    let keys = choose_keys((trust, weight), own, &beside, handovers, report)?;
    report.origin.clone_from(&keys.trusted.name);
    let note = match place.read("checkpoint", NOTE_BYTES_MAX) {
        Ok(note) => note,
        Err(error) => {
            report.unknown("audit-found-no-head", Args::none().text("error", error));
            return None;
        }
    };
    let Some(opened) = keys.open(&note, &place.path_of("checkpoint"), report) else {
        let id = if is_cut { "audit-found-key-lost" } else { "audit-found-signature" };
        report.find(weight, None, id, Args::none());
        return None;
    };
    let (size, root) = opened.head;
    report.head = Some((size, Digest(root)));
    let anchors = open_all(&read_files(trust, report), &keys, report);
    let asked = anchors.iter().map(|(_, size, _)| *size).chain(sizes.iter().copied());
    let own = [frame.from(), frame.to];
    let mut roots: BTreeMap<u64, Option<Hash>> = asked.chain(own).map(|at| (at, None)).collect();
    roots.insert(size, Some(root));
    let listed = list::check(place, keys.at(opened.place), report);
    let Listed { mut evidence, sound, words_lost } = listed;
    let (told, is_read) = walk(place, &frame, &mut roots, &mut evidence, report);
    // What could not be read contradicts nothing.
    if is_read {
        told.conclude(&keys, &report.entries.clone(), Some(opened.place), report);
        tell_unnamed(&evidence, report);
        report.evidence = sound.difference(&evidence).count() as u64;
        if report.root.0 != frame.root_after {
            report.wrong("audit-found-after", Args::none());
        }
    }
    // The words of what is withheld went with it.
    let weight = if report.withheld > 0 { Weight::Note } else { place.weight_of_missing() };
    for path in &words_lost {
        report.find(weight, None, "audit-found-file-lost", file_args(path));
    }
    check_frame(&frame, (size, root), report);
    check_handovers(&keys, &frame, (size, root), report);
    if keys.is_before_trusted(&opened) {
        report.unknown("audit-found-key-earlier", Args::none());
    }
    let roots = roots.into_iter().filter_map(|(size, root)| Some((size, root?))).collect();
    let known = Known { keys, head: (size, root), roots, heads: frame.heads };
    // An anchor that this key signed vouches for the key, wherever it lies.
    let is_vouched_for = trust.vkey.is_some() || !anchors.is_empty();
    check_anchors(&known, anchors, report);
    if !is_vouched_for {
        report.unknown("audit-found-untrusted", Args::none());
    }
    report.tell_withheld();
    Some(known)
}

/// Evidence that no entry names, unless what is withheld may have named it.
fn tell_unnamed(evidence: &BTreeSet<String>, report: &mut Report) {
    let weight = if report.withheld > 0 { Weight::Unknown } else { Weight::Wrong };
    for digest in evidence {
        let args = Args::none().text("digest", digest);
        report.find(weight, None, "audit-found-evidence-unnamed", args);
    }
}

/// Each key handed over on the way to this head. A handover of a newer export may lie behind it.
fn check_handovers(keys: &Keys, frame: &Frame, head: (u64, Hash), report: &mut Report) {
    for one in keys.handovers.iter().filter(|one| one.size <= head.0) {
        let args = file_args(&one.path).number("size", one.size).number("found", head.0);
        match frame.keys.get(&one.size) {
            Some(proof) if is_consistent((one.size, one.root), head, proof) => {}
            Some(_) => report.wrong("audit-found-key-root", args),
            None => report.unknown("audit-found-key-unproven", args),
        }
    }
}

fn check_frame(frame: &Frame, head: (u64, Hash), report: &mut Report) {
    if frame.before.root() != frame.root_before {
        report.wrong("audit-found-before", Args::none());
    }
    if !is_consistent((frame.to, frame.root_after), head, &frame.consistency) {
        report.wrong("audit-found-consistency", Args::none());
    }
}

fn check_anchors(known: &Known, anchors: Vec<(PathBuf, u64, Hash)>, report: &mut Report) {
    for (path, size, root) in anchors {
        let args = file_args(&path).number("size", size);
        match known.agrees(size, root) {
            Some(true) => report.anchors.push(Reach { path, size, at: None }),
            Some(false) => {
                let args = args.number("found", known.head.0);
                report.wrong("audit-found-anchor-rewritten", args);
            }
            // Taken after the export, or one that nothing in it leads to: it says nothing.
            None => report.unknown("audit-found-anchor-outside", args),
        }
    }
}

/// Reads every entry; `false` if that could not be done to the end.
fn walk(
    place: &Place,
    frame: &Frame,
    roots: &mut BTreeMap<u64, Option<Hash>>,
    evidence: &mut BTreeSet<String>,
    report: &mut Report,
) -> (Told, bool) {
    let from = frame.from();
    let mut peaks = frame.before.clone();
    let (mut rules, mut told) = (Rules::from(from), Told::default());
    let failed = |name: &str, error: io::Error, report: &mut Report| {
        let args = file_args(&place.path_of(name)).text("error", error);
        report.unknown("audit-found-unreadable", args);
    };
    let mut openings = Openings::open(place).unwrap_or_else(|error| {
        failed(OPENINGS, error, report);
        Openings::unread()
    });
    let outcome = Lines::open(place).and_then(|mut lines| {
        loop {
            if let Some(root) = roots.get_mut(&peaks.size()) {
                root.get_or_insert(peaks.root());
            }
            let Some(line) = lines.next()? else { return Ok(()) };
            let shown = openings.of(peaks.size(), report)?;
            strike_named(&line, evidence);
            if let Some(shown) = &shown {
                strike_named(&shown.line, evidence);
            }
            let opened = opening::of_export(&line, shown);
            rules.check(peaks.size(), opened.as_ref(), Weight::Wrong, report);
            if let Some(opened) = opened {
                told.take(peaks.size(), &opened);
                report.withhold(peaks.size(), &opened.withheld);
            }
            peaks.push(leaf(&line));
            if peaks.size() > frame.to {
                return Ok(());
            }
        }
    });
    let is_read = outcome.is_ok();
    if frame.has_openings && !openings.is_there() {
        // One finding for all of them.
        report.forget_withheld();
        let path = place.path_of(OPENINGS);
        report.unknown("audit-found-file-lost", file_args(&path));
    }
    let outcome = outcome.and_then(|()| openings.finish(report));
    if let Err(error) = outcome {
        failed(ENTRIES, error, report);
    }
    report.entries = from..peaks.size();
    report.root = Digest(peaks.root());
    report.open_intents = rules.open_intents();
    rules.conclude(report);
    if is_read && peaks.size() != frame.to {
        let args = Args::none().number("expected", frame.to - from);
        report.wrong("audit-found-count", args.number("found", peaks.size() - from));
    }
    (told, is_read)
}

/// Takes the digests that the line names out of `evidence`.
fn strike_named(line: &[u8], evidence: &mut BTreeSet<String>) {
    if evidence.is_empty() {
        return;
    }
    for run in line.split(|byte| !byte.is_ascii_hexdigit()).filter(|run| run.len() == 64) {
        if let Ok(hex) = std::str::from_utf8(run) {
            evidence.remove(hex);
        }
    }
}

/// The file of the entries.
const ENTRIES: &str = "entries.jsonl";

/// The lines of the entries, or of what they say.
pub(super) struct Lines {
    content: BufReader<Content>,
    most: u64,
}

impl Lines {
    pub(super) fn open(place: &Place) -> io::Result<Self> {
        Self::of(place, ENTRIES, LINE_BYTES_MAX)
    }

    /// The lines of a file, each with its line feed of `most` bytes at most.
    pub(super) fn of(place: &Place, name: &str, most: u64) -> io::Result<Self> {
        place.reader(name).map(|content| Self { content: BufReader::new(content), most })
    }

    /// The next line without its line feed; a line that is too long comes in parts, none an entry.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.content.by_ref().take(self.most).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        line.pop_if(|byte| *byte == b'\n');
        Ok(Some(line))
    }
}

/// Reads where the range lies, or says why nobody can know.
pub(super) fn read_frame(place: &Place, report: &mut Report) -> Option<Frame> {
    let path = place.path_of("bundle.json");
    let bytes = match place.read("bundle.json", FRAME_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.unknown("audit-found-unreadable", file_args(&path).text("error", error));
            return None;
        }
    };
    let bundle: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(version) = bundle["v"].as_u64().filter(|version| !VERSIONS.contains(version)) {
        report.unknown("audit-found-bundle-version", Args::none().number("version", version));
        return None;
    }
    let frame = parse_frame(&bundle);
    if frame.is_none() {
        report.unknown("audit-found-bundle", file_args(&path));
    }
    frame
}

fn parse_frame(bundle: &Value) -> Option<Frame> {
    let (from, to) = (bundle["from"].as_u64()?, bundle["to"].as_u64()?);
    let hash = |value: &Value| -> Option<Hash> {
        BASE64.decode(value.as_str()?.as_bytes()).ok()?.try_into().ok()
    };
    let hashes = |value: &Value| value.as_array()?.iter().map(hash).collect::<Option<Vec<_>>>();
    let head = |value: &Value| Some((value["size"].as_u64()?, hashes(&value["consistency"])?));
    let version = bundle["v"].as_u64()?;
    (from < to && VERSIONS.contains(&version)).then_some(())?;
    let none = Vec::new();
    let keys = bundle.get("keys").map_or(Some(&none), Value::as_array)?;
    Some(Frame {
        to,
        has_openings: version > *VERSIONS.start(),
        before: Peaks::from_parts(from, hashes(&bundle["before"])?)?,
        root_before: hash(&bundle["root-before"])?,
        root_after: hash(&bundle["root-after"])?,
        consistency: hashes(&bundle["consistency"])?,
        heads: bundle["heads"].as_array()?.iter().map(head).collect::<Option<_>>()?,
        keys: keys.iter().map(head).collect::<Option<_>>()?,
    })
}
