//! Verifying the folder of a log, live or copied.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::audit::verify::ahead::{in_order, workers};
use crate::audit::verify::bundle::Prepared;
use crate::audit::verify::hash::{Hash, Peaks, leaf, subtree};
use crate::audit::verify::keys::{self, Handover, Keys, Opened, Told};
use crate::audit::verify::note::Key;
use crate::audit::verify::opening::{self, Opened as Entry};
use crate::audit::verify::outside::{Anchor, Asked, Outside, open_all, read_asked, read_files};
use crate::audit::verify::report::{Report, Weight};
use crate::audit::verify::rules::Rules;
use crate::audit::verify::source::{
    self, Bundle, Moment, Pieces, TILE_BYTES, WIDTH, read_limited, tail_path, tile_path,
};
use crate::audit::verify::step::{Scratch, Step};
use crate::audit::verify::{Trust, Way};
use crate::base::digest::Digest;
use crate::base::fault::Args;

/// Verifies the log in `dir`. Linear in the number of entries; other processes may go on writing.
pub fn verify(dir: &Path, trust: &Trust) -> Report {
    verify_with(dir, trust, &[])
}

/// The same, and holds the log against what places outside answered that keep its heads.
pub fn verify_with(dir: &Path, trust: &Trust, asked: &[Asked]) -> Report {
    verify_by(Way::Quick, dir, trust, asked)
}

pub(super) fn verify_by(way: Way, dir: &Path, trust: &Trust, asked: &[Asked]) -> Report {
    let mut report = Report::new();
    // Anchors first: one taken while we read must not seem to reach beyond the log.
    let notes = read_files(trust, &mut report);
    let moment = match Moment::capture(dir) {
        Ok(moment) => moment,
        Err(error) => {
            report.unknown("audit-found-unreadable", file_args(dir).text("error", error));
            return report;
        }
    };
    let path = dir.join("log.vkey");
    let own = ("audit-found-own-key", path.as_path());
    let handovers = keys::chain(&moment.handovers, &mut report);
    let Some(keys) =
        choose_keys((trust, Weight::Unknown), own, &moment.vkey, handovers, &mut report)
    else {
        return report;
    };
    report.origin.clone_from(&keys.trusted.name);
    let mut anchors = open_all(&notes, &keys, &mut report);
    anchors.extend(read_asked(asked, &keys, &mut report));
    let (opened, is_unlinked) = read_head(dir, &moment, &keys, &mut report);
    let head = opened.map(|opened| opened.head);
    report.head = head.map(|(size, root)| (size, Digest(root)));
    let sizes = anchors.iter().map(|(_, size, _)| *size).chain(head.map(|(size, _)| size));
    let sizes = sizes.chain(keys.handovers.iter().map(|one| one.size));
    let mut walk = Walk {
        way,
        dir,
        keys: &keys,
        told: Told::default(),
        signed: head.map_or(0, |(size, _)| size),
        peaks: Peaks::default(),
        levels: Vec::new(),
        rules: Rules::from(0),
        roots: sizes.map(|size| (size, None)).collect(),
        odd_leaves: Vec::new(),
        outside: Outside::of(&anchors),
    };
    let is_whole = walk.run(&moment, &mut report);
    let signer = opened.filter(|_| !is_unlinked).map(|opened| opened.place);
    walk.told.conclude(&keys, &(0..walk.peaks.size()), signer, &mut report);
    if is_unlinked {
        // Signed by the key that lies beside the log. Does the log say that it took over?
        let says = keys.own.as_ref().is_some_and(|own| walk.told.says(&own.vkey()));
        if says && !keys.is_foreign {
            report.unknown("audit-found-key-lost", Args::none());
        } else {
            report.wrong("audit-found-signature", Args::none());
        }
    }
    walk.conclude(&moment, head, (&anchors, asked), is_whole, &mut report);
    report
}

/// The key from elsewhere, or the one beside the log, of which `own` says where it lies and that it
/// was taken from there; with the keys that handovers connect it with. Of a fingerprint that no key
/// has the caller says what it means.
pub(super) fn choose_keys(
    (trust, weight): (&Trust, Weight),
    own: (&'static str, &Path),
    read: &io::Result<Vec<u8>>,
    handovers: Vec<Handover>,
    report: &mut Report,
) -> Option<Keys> {
    let beside = read.as_ref().ok().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let beside = beside.as_deref().and_then(Key::parse);
    let key = match (&trust.vkey, read) {
        (Some(text), _) => match keys::fingerprint(text) {
            Some(digits) => {
                let key = Keys::of_fingerprint(&digits, beside.as_ref(), &handovers);
                if key.is_none() {
                    report.find(weight, None, "audit-found-other-key-given", Args::none());
                    return None;
                }
                key
            }
            None => Key::parse(text),
        },
        (None, Ok(_)) => {
            report.note(own.0, Args::none());
            beside.clone()
        }
        (None, Err(error)) => {
            report.unknown("audit-found-unreadable", file_args(own.1).text("error", error));
            return None;
        }
    };
    match &key {
        Some(key) => report.vkey = Some(key.vkey()),
        None => report.unknown("audit-found-key", Args::none()),
    }
    key.map(|key| Keys::of(key, beside, handovers))
}

pub(super) fn file_args(path: &Path) -> Args {
    Args::none().text("path", path.display())
}

/// The head, and whether only the key beside the log opens it: then nothing leads there from the
/// trusted one, and the entries must tell why.
fn read_head(
    dir: &Path,
    moment: &Moment,
    keys: &Keys,
    report: &mut Report,
) -> (Option<Opened>, bool) {
    let note = match &moment.head {
        Ok(note) => note,
        Err(error) => {
            report.unknown("audit-found-no-head", Args::none().text("error", error));
            return (None, false);
        }
    };
    if let Some(opened) = keys.open(note, &dir.join("checkpoint"), report) {
        return (Some(opened), false);
    }
    let own = keys.own.as_ref().filter(|own| own.name == keys.trusted.name);
    let Some(head) = own.and_then(|own| own.open(note)) else {
        report.wrong("audit-found-signature", Args::none());
        return (None, false);
    };
    (Some(Opened { head, place: 0 }), true)
}

/// One pass over all entries.
struct Walk<'a> {
    way: Way,
    dir: &'a Path,
    keys: &'a Keys,
    told: Told,
    /// Entries under the signed head.
    signed: u64,
    peaks: Peaks,
    /// The hashes of the incomplete tile of every level.
    levels: Vec<Vec<Hash>>,
    rules: Rules,
    /// The roots at the sizes of heads and anchors, once reached.
    roots: BTreeMap<u64, Option<Hash>>,
    /// Entries that do not hash to what their tile says.
    odd_leaves: Vec<u64>,
    /// What is held elsewhere, and what the entries say of it.
    outside: Outside,
}

impl Walk<'_> {
    /// Reads everything; `false` if entries in the middle are missing.
    fn run(&mut self, moment: &Moment, report: &mut Report) -> bool {
        self.reach();
        // Without tails, the bundles are all there is: full ones, then that of the signed head.
        let bundles = moment.tail.unwrap_or(self.signed / WIDTH as u64);
        let (way, dir, mut numbers, mut is_whole) = (self.way, self.dir, 0..bundles, true);
        let prepare = |number, scratch: &mut Scratch| Prepared::ahead(way, dir, number, scratch);
        in_order(
            workers(bundles),
            || numbers.next(),
            prepare,
            |prepared| {
                let number = prepared.number;
                self.take_prepared(prepared, report);
                is_whole = self.peaks.size() == (number + 1) * WIDTH as u64;
                is_whole
            },
        );
        if !is_whole {
            return false;
        }
        let Some(tail) = moment.tail else {
            report.unknown("audit-found-file-lost", file_args(&self.dir.join("tail")));
            let leaves = self.partial_bundle(bundles, report).map(|(leaves, _)| leaves);
            self.take_leaves(bundles, (&leaves.unwrap_or_default(), None), Vec::new(), report);
            return true;
        };
        self.compare_partial_bundle(tail, &moment.lines, report);
        for line in moment.lines.iter() {
            let (leaf, opened) = from_tail(line);
            self.take(&leaf, opened.as_ref(), report);
        }
        true
    }

    /// Takes a full bundle. As one, where nothing of it is in question and no root within it is
    /// asked for.
    fn take_prepared(&mut self, prepared: Prepared, report: &mut Report) {
        let Prepared { number, bundle, steps, tile } = prepared.read_if_large(self.way, self.dir);
        let (first, end) = (number * WIDTH as u64, (number + 1) * WIDTH as u64);
        let is_asked = self.roots.range(first + 1..end).next().is_some();
        let Some(root) = tile.filter(|_| !is_asked) else {
            return match bundle {
                Ok(bundle) => self.take_bundle(number, &bundle, steps, report),
                Err(error) => {
                    let path = tile_path(self.dir, "entries", number, WIDTH);
                    report.unknown("audit-found-unreadable", file_args(&path).text("error", error));
                }
            };
        };
        for (seq, step) in (first..).zip(steps.into_iter().flatten()) {
            self.follow(seq, step, report);
        }
        self.peaks.push_tile(root);
        self.raise(1, root, report);
        self.reach();
        if self.peaks.size() == self.signed {
            self.compare_partial_tiles(report);
        }
    }

    fn follow(&mut self, seq: u64, step: Step, report: &mut Report) {
        self.outside.pass(seq, step.at);
        self.rules.follow(seq, step, report);
    }

    /// Takes a full bundle, by what is left of its two files.
    fn take_bundle(
        &mut self,
        number: u64,
        bundle: &Bundle,
        steps: Vec<Option<Step>>,
        report: &mut Report,
    ) {
        let first = number * WIDTH as u64;
        let path = tile_path(self.dir, "entries", number, WIDTH);
        match (&bundle.leaves, &bundle.lines) {
            (None, None) => report.wrong_at(first, "audit-found-bundle-lost", file_args(&path)),
            (None, Some(lines)) => {
                report.unknown("audit-found-file-lost", file_args(&path));
                for line in lines.iter() {
                    let (leaf, opened) = from_tail(line);
                    self.take(&leaf, opened.as_ref(), report);
                }
            }
            (Some((leaves, is_full)), lines) => {
                let differs = |leaf: &[u8], line| !opening::is_sealed(leaf) && leaf != line;
                let mut pairs = lines.iter().flat_map(|lines| leaves.iter().zip(lines.iter()));
                let is_odd = pairs.any(|(leaf, line)| differs(leaf, line));
                if is_odd || !is_full {
                    report.wrong_at(first, "audit-found-bundle-odd", file_args(&path));
                }
                self.take_leaves(number, (leaves, lines.as_ref()), steps, report);
            }
        }
    }

    /// Takes leaves, and what opens them as far as it is there. In the log itself nothing may be
    /// missing: what is withheld in an export is lost here.
    fn take_leaves(
        &mut self,
        number: u64,
        (leaves, lines): (&Pieces, Option<&Pieces>),
        steps: Vec<Option<Step>>,
        report: &mut Report,
    ) {
        let mut lost = None;
        let mut steps = steps.into_iter();
        for (index, leaf) in leaves.iter().enumerate() {
            if let Some(step) = steps.next().flatten() {
                let hash = step.hash;
                self.follow(self.peaks.size(), step, report);
                self.grow(hash, report);
                continue;
            }
            let opened = opening::of_bundle(leaf, lines.and_then(|lines| lines.get(index)));
            if opened.as_ref().is_some_and(Entry::is_withheld) {
                lost.get_or_insert(self.peaks.size());
            }
            self.take(leaf, opened.as_ref(), report);
        }
        if let Some(seq) = lost {
            let args = file_args(&tail_path(self.dir, number));
            report.unknown_at(seq, "audit-found-openings-lost", args);
        }
    }

    /// The leaves of the partial bundle that goes with the signed head, and where it lies. They
    /// repeat the tail; where that is lost they are all there is.
    fn partial_bundle(&self, number: u64, report: &mut Report) -> Option<(Pieces, PathBuf)> {
        let first = number * WIDTH as u64;
        let width = usize::try_from(self.signed.checked_sub(first)?).ok()?;
        (1..WIDTH).contains(&width).then_some(())?;
        let path = tile_path(self.dir, "entries", number, width);
        match source::read_partial_bundle(self.dir, number, width) {
            Ok(Some((leaves, is_whole))) => {
                if !is_whole {
                    report.wrong_at(first, "audit-found-bundle-odd", file_args(&path));
                }
                return Some((leaves, path));
            }
            Ok(None) => report.note("audit-found-file-lost", file_args(&path)),
            Err(error) => {
                report.unknown("audit-found-unreadable", file_args(&path).text("error", error));
            }
        }
        None
    }

    /// Holds the partial bundle against the lines of its tail.
    fn compare_partial_bundle(&self, number: u64, lines: &Pieces, report: &mut Report) {
        let first = number * WIDTH as u64;
        let Some((leaves, path)) = self.partial_bundle(number, report) else { return };
        let mut is_odd = lines.len() < leaves.len();
        for (seq, (line, leaf)) in (first..).zip(lines.iter().zip(leaves.iter())) {
            let (derived, _) = from_tail(line);
            is_odd |= derived != leaf;
            let differ = opening::differing(leaf, &derived);
            if !differ.is_empty() {
                let args = Args::none().text("fields", differ.join(", "));
                report.wrong_at(seq, "audit-found-opening", args);
            }
        }
        if is_odd {
            report.wrong_at(first, "audit-found-bundle-odd", file_args(&path));
        }
    }

    fn take(&mut self, line: &[u8], opened: Option<&Entry>, report: &mut Report) {
        let seq = self.peaks.size();
        let weight = if seq < self.signed { Weight::Wrong } else { Weight::Unknown };
        self.rules.check(seq, opened, weight, report);
        if let Some(opened) = opened {
            self.told.take(seq, opened);
            self.outside.take(seq, opened);
        }
        self.grow(leaf(line), report);
    }

    /// Adds a leaf to the tree.
    fn grow(&mut self, hash: Hash, report: &mut Report) {
        self.peaks.push(hash);
        self.raise(0, hash, report);
        self.reach();
        if self.peaks.size() == self.signed {
            self.compare_partial_tiles(report);
        }
    }

    /// Keeps the root where a head or an anchor speaks of this size.
    fn reach(&mut self) {
        if let Some(root) = self.roots.get_mut(&self.peaks.size()) {
            *root = Some(self.peaks.root());
        }
    }

    /// Puts a hash of this level into its tile, and full tiles into those above.
    fn raise(&mut self, level: usize, mut hash: Hash, report: &mut Report) {
        for level in level.. {
            if self.levels.len() <= level {
                self.levels.resize(level + 1, Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            if hashes.len() < WIDTH {
                return;
            }
            let full = std::mem::take(hashes);
            let number = (self.peaks.size() >> (8 * (level + 1))) - 1;
            self.compare_tile(level, number, &full, report);
            hash = subtree(full);
        }
    }

    fn compare_partial_tiles(&mut self, report: &mut Report) {
        for (level, hashes) in self.levels.clone().iter().enumerate() {
            if !hashes.is_empty() {
                let number = self.peaks.size() >> (8 * (level + 1));
                self.compare_tile(level, number, hashes, report);
            }
        }
    }

    fn compare_tile(&mut self, level: usize, number: u64, hashes: &[Hash], report: &mut Report) {
        let path = tile_path(self.dir, &level.to_string(), number, hashes.len());
        let tile = match read_limited(&path, TILE_BYTES as u64) {
            Ok(tile) => tile,
            Err(error) if source::is_missing(&error) => {
                // A partial tile goes when its full one comes: a copy may have missed both.
                let weight = if hashes.len() < WIDTH { Weight::Note } else { Weight::Unknown };
                return report.find(weight, None, "audit-found-file-lost", file_args(&path));
            }
            Err(error) => {
                let args = file_args(&path).text("error", error);
                return report.unknown("audit-found-unreadable", args);
            }
        };
        let (stored, rest) = tile.as_chunks::<32>();
        let odd: Vec<_> = (number * WIDTH as u64..)
            .zip(stored.iter().zip(hashes))
            .filter(|(_, (stored, computed))| stored != computed)
            .map(|(index, _)| index)
            .collect();
        let is_shaped = rest.is_empty() && stored.len() == hashes.len();
        if level == 0 && is_shaped {
            // Whether the entry or the tile was changed is known only at the signed root.
            self.odd_leaves.extend(odd);
        } else if !odd.is_empty() || !is_shaped {
            report.wrong("audit-found-tile", file_args(&path));
        }
    }

    fn conclude(
        self,
        moment: &Moment,
        head: Option<(u64, Hash)>,
        (anchors, asked): (&[Anchor], &[Asked]),
        is_whole: bool,
        report: &mut Report,
    ) {
        let size = self.peaks.size();
        report.entries = 0..size;
        report.root = Digest(self.peaks.root());
        report.open_intents = self.rules.open_intents();
        self.rules.conclude(report);
        let is_root_right = head
            .is_some_and(|(signed, root)| self.roots.get(&signed).copied().flatten() == Some(root));
        for seq in self.odd_leaves {
            let id = if is_root_right { "audit-found-leaf-tile" } else { "audit-found-edited" };
            report.wrong_at(seq, id, Args::none());
        }
        if let Some((signed, _)) = head {
            let args = Args::none().number("head", signed).number("found", size);
            if signed > size && is_whole {
                report.wrong("audit-found-cut", args);
            } else if signed <= size && !is_root_right {
                report.wrong("audit-found-root", args);
            } else if signed < size {
                report.unknown("audit-found-unsigned", args);
            }
        }
        if moment.torn > 0 {
            report.note("audit-found-torn", Args::none().number("bytes", moment.torn));
        }
        for one in &self.keys.handovers {
            let found = self.roots.get(&one.size).copied().flatten();
            if found != Some(one.root) && (is_whole || found.is_some()) {
                let args = file_args(&one.path).number("size", one.size).number("found", size);
                report.wrong("audit-found-key-root", args);
            }
        }
        let sizes = (head.map(|(signed, _)| signed), size);
        self.outside.judge(anchors, asked, &self.roots, sizes, report);
    }
}

/// The leaf that a line of a tail opens; of one that is no entry, the line itself.
fn from_tail(line: &[u8]) -> (Vec<u8>, Option<Entry>) {
    opening::of_tail(line)
        .map_or_else(|| (line.to_vec(), None), |(leaf, opened)| (leaf, Some(opened)))
}
