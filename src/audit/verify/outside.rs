//! What is held elsewhere, beside what the log says of it: how far each anchor reaches, what none
//! covers, and which are not where the log says that they were put.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::audit::verify::Trust;
use crate::audit::verify::folder::file_args;
use crate::audit::verify::hash::Hash;
use crate::audit::verify::keys::{Keys, Opened};
use crate::audit::verify::letter;
use crate::audit::verify::opening::Opened as Entry;
use crate::audit::verify::report::{Reach, Recorded, Report, Uncovered, Weight};
use crate::audit::verify::source::read_limited;
use crate::base::digest::Digest;
use crate::base::fault::Args;

/// A place outside that was asked for the heads it keeps.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its name in the configuration, where it has one: entries of the log call it so.
    pub name: Option<String>,
    /// Where it is, as entries of the log begin the names of what lies there.
    pub location: String,
    /// When it was asked.
    pub at: Timestamp,
    /// What it holds, or why nobody knows.
    pub heads: Result<Vec<Held>, String>,
}

/// Something that such a place holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its name, for people.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether its name shows it no more: it was overwritten or deleted, and a version is still there.
    pub is_hidden: bool,
}

/// An anchor: where it came from, and the head that it is.
pub(super) type Anchor = (PathBuf, u64, Hash);

/// What may be heads in the files that are given as anchors.
pub(super) fn read_files(trust: &Trust, report: &mut Report) -> Vec<(PathBuf, Vec<Vec<u8>>)> {
    let mut notes = Vec::new();
    for path in &trust.anchors {
        match read_limited(path, letter::KEPT_BYTES_MAX) {
            Ok(bytes) => {
                let kept = letter::search(&bytes);
                if kept.is_cut {
                    report.unknown("audit-found-too-many-heads", file_args(path));
                }
                notes.push((path.clone(), kept.notes.into_iter().collect()));
            }
            Err(error) => {
                report.unknown("audit-found-unreadable", file_args(path).text("error", error));
            }
        }
    }
    notes
}

/// The anchors among them that are heads of this log: path, size and root.
pub(super) fn open_all(
    notes: &[(PathBuf, Vec<Vec<u8>>)],
    keys: &Keys,
    report: &mut Report,
) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    for (path, notes) in notes {
        let opened = notes.iter().filter_map(|note| keys.open(note, path, report));
        let heads: BTreeSet<_> = opened.map(|opened| opened.head).collect();
        if heads.is_empty() {
            report.unknown("audit-found-not-an-anchor", file_args(path));
        }
        anchors.extend(heads.into_iter().map(|(size, root)| (path.clone(), size, root)));
    }
    anchors
}

/// The same of places that were asked.
pub(super) fn read_asked(asked: &[Asked], keys: &Keys, report: &mut Report) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    for place in asked {
        let named = || Args::none().text("path", &place.location);
        let held = match &place.heads {
            Ok(held) => held,
            Err(error) => {
                report.unknown("audit-found-unreadable", named().text("error", error));
                continue;
            }
        };
        let before = anchors.len();
        let mut hidden = BTreeSet::new();
        for one in held {
            let path = Path::new(&one.path);
            if let Some(Opened { head: (size, root), .. }) = keys.open(&one.bytes, path, report) {
                anchors.push((PathBuf::from(&one.path), size, root));
                hidden.extend(one.is_hidden.then_some(&one.path));
            } else {
                report.note("audit-found-not-a-head", Args::none().text("path", &one.path));
            }
        }
        if anchors.len() == before {
            report.unknown("audit-found-no-anchors", named());
        }
        if let Some(first) = hidden.first() {
            let args = named().number("count", hidden.len() as u64).text("first", first);
            report.note("audit-found-anchors-hidden", args);
        }
    }
    anchors
}

/// What the log itself says of an anchor that was made.
#[derive(Debug)]
struct Made {
    /// The name of the place, or the file.
    name: String,
    kind: &'static str,
    at: Timestamp,
    head: (u64, Hash),
    object: Option<String>,
    /// When its lock ends.
    until: Option<Timestamp>,
}

/// The verb of entries about anchors.
const VERB: &str = "audit.anchor";

/// What is remembered on the way through the entries.
#[derive(Debug, Default)]
pub(super) struct Outside {
    times: BTreeMap<u64, Option<Timestamp>>,
    made: Vec<Made>,
}

impl Outside {
    /// Remembers the times of the entries around the ends of these anchors.
    pub(super) fn of(anchors: &[Anchor]) -> Self {
        let around = |(_, size, _): &Anchor| [size.saturating_sub(1), *size];
        let times = anchors.iter().flat_map(around).chain([0]).map(|seq| (seq, None));
        Self { times: times.collect(), made: Vec::new() }
    }

    /// Looks at the next entry.
    pub(super) fn take(&mut self, seq: u64, opened: &Entry) {
        let entry = &opened.entry;
        if let Some(time) = self.times.get_mut(&seq) {
            *time = text(entry, "at").and_then(|at| at.parse().ok());
        }
        if text(entry, "verb") == Some(VERB) {
            self.made.extend(made(entry));
        }
    }

    /// Tells all that anchors say about entries whose roots are known at their sizes.
    pub(super) fn judge(
        self,
        anchors: &[Anchor],
        asked: &[Asked],
        roots: &BTreeMap<u64, Option<Hash>>,
        (head, size): (Option<u64>, u64),
        report: &mut Report,
    ) {
        let (mut agreeing, mut wrong) = (BTreeSet::new(), BTreeSet::new());
        for (path, anchored, root) in anchors {
            let args = file_args(path).number("size", *anchored).number("found", size);
            match roots.get(anchored).copied().flatten() {
                Some(found) if found == *root => {
                    let at = anchored.checked_sub(1).and_then(|last| self.time(last));
                    report.anchors.push(Reach { path: path.clone(), size: *anchored, at });
                    if let Some(head) = head.filter(|head| head < anchored) {
                        // A copy that was made meanwhile looks the same.
                        report.unknown("audit-found-head-older", args.number("head", head));
                    }
                    agreeing.insert(*anchored);
                }
                Some(_) => {
                    wrong.insert(*anchored);
                    report.wrong("audit-found-anchor-rewritten", args);
                }
                None => report.wrong("audit-found-anchor-cut", args),
            }
        }
        if let Some(first) = wrong.first() {
            let from = agreeing.range(..first).next_back().copied().unwrap_or(0);
            let args = Args::none().number("from", from).number("to", first.saturating_sub(1));
            report.wrong("audit-found-rewritten-between", args);
        }
        let from = agreeing.last().copied().unwrap_or(0);
        report.uncovered =
            (from < size).then(|| Uncovered { from, count: size - from, since: self.time(from) });
        self.told(anchors, asked, report);
    }

    fn time(&self, seq: u64) -> Option<Timestamp> {
        self.times.get(&seq).copied().flatten()
    }

    /// What the log says was put where, beside what came from there.
    fn told(self, anchors: &[Anchor], asked: &[Asked], report: &mut Report) {
        let given: BTreeSet<_> = anchors.iter().map(|(_, size, root)| (*size, *root)).collect();
        let mut places: BTreeMap<String, Recorded> = BTreeMap::new();
        for made in self.made {
            let place = places.entry(made.name.clone()).or_insert_with(|| Recorded {
                name: made.name.clone(),
                kind: made.kind,
                made: 0,
                newest: (0, made.at),
                given: 0,
                missing: 0,
                is_asked: false,
            });
            place.made += 1;
            place.newest = place.newest.max((made.head.0, made.at));
            if given.contains(&made.head) {
                place.given += 1;
            }
            let Some(asked) = asked.iter().find(|one| one.is_of(&made)) else { continue };
            place.is_asked = true;
            // What nobody could look at is not missing: that is told already.
            if given.contains(&made.head) || asked.heads.is_err() {
                continue;
            }
            let what = made.object.as_deref().unwrap_or(&made.name);
            let args = Args::none().text("path", what).number("size", made.head.0);
            if made.until.is_some_and(|until| until <= asked.at) {
                report.note("audit-found-anchor-expired", args);
            } else {
                place.missing += 1;
                report.find(Weight::Unknown, None, "audit-found-anchor-missing", args);
            }
        }
        report.places = places.into_values().collect();
    }
}

impl Asked {
    /// Whether the log says that this anchor was put here.
    fn is_of(&self, made: &Made) -> bool {
        let within = |object: &String| {
            object.strip_prefix(&self.location).is_some_and(|rest| rest.starts_with('/'))
        };
        self.name.as_ref() == Some(&made.name) || made.object.as_ref().is_some_and(within)
    }
}

fn text<'e>(entry: &'e Map<String, Value>, name: &str) -> Option<&'e str> {
    entry.get(name).and_then(Value::as_str)
}

/// An anchor that was made, as its outcome has it.
fn made(entry: &Map<String, Value>) -> Option<Made> {
    let facts = entry.get("facts")?.as_object()?;
    if text(entry, "kind") != Some("outcome") || text(entry, "result") != Some("done") {
        return None;
    }
    let root: Digest = text(facts, "root")?.parse().ok()?;
    Some(Made {
        name: text(entry, "subject")?.to_owned(),
        kind: match text(facts, "place") {
            Some("s3") => "s3",
            Some("mail") => "mail",
            _ => "file",
        },
        at: text(entry, "at")?.parse().ok()?,
        head: (facts.get("size")?.as_u64()?, root.0),
        object: text(facts, "object").map(str::to_owned),
        until: text(facts, "until").and_then(|until| until.parse().ok()),
    })
}
