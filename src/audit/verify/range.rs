//! One pass over the entries of an export.
//!
//! Batches are looked at by several threads first (`batch`), and what they find out is taken in
//! order. Where something of that is in doubt, nothing of it counts, and the exact way begins anew:
//! its findings are the ones that are told.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::audit::verify::Way;
use crate::audit::verify::ahead::{in_order, workers};
use crate::audit::verify::batch::{Batches, Judged, named_in};
use crate::audit::verify::export::Frame;
use crate::audit::verify::folder::file_args;
use crate::audit::verify::hash::{Hash, Peaks, leaf};
use crate::audit::verify::keys::Told;
use crate::audit::verify::lines::{ENTRIES, Lines, OPENINGS};
use crate::audit::verify::opening::{self, Opened, Openings, parse_shown};
use crate::audit::verify::place::Place;
use crate::audit::verify::report::{Report, Weight};
use crate::audit::verify::rules::Rules;
use crate::audit::verify::source::WIDTH;
use crate::audit::verify::step::Scratch;
use crate::base::digest::Digest;
use crate::base::fault::Args;

/// Reads every entry; `false` if that could not be done to the end.
pub(super) fn walk(
    (way, place): (Way, &Place),
    frame: &Frame,
    roots: &mut BTreeMap<u64, Option<Hash>>,
    evidence: &mut BTreeSet<String>,
    report: &mut Report,
) -> (Told, bool) {
    let pass = || Pass::new(frame, roots, evidence, report);
    let quick = if way == Way::Quick { pass().by_batches(place, frame) } else { None };
    let (pass, is_read) = match quick {
        Some(pass) => (pass, true),
        None => pass().by_lines(place, frame),
    };
    (*roots, *evidence, *report) = (pass.roots, pass.evidence, pass.report);
    report.entries = frame.from()..pass.peaks.size();
    report.root = Digest(pass.peaks.root());
    report.open_intents = pass.rules.open_intents();
    pass.rules.conclude(report);
    if is_read && pass.peaks.size() != frame.to {
        let args = Args::none().number("expected", frame.to - frame.from());
        report.wrong("audit-found-count", args.number("found", pass.peaks.size() - frame.from()));
    }
    (pass.told, is_read)
}

/// What is known so far. A pass has all of it to itself, so that one can be given up.
struct Pass {
    peaks: Peaks,
    rules: Rules,
    told: Told,
    roots: BTreeMap<u64, Option<Hash>>,
    evidence: BTreeSet<String>,
    report: Report,
}

impl Pass {
    fn new(
        frame: &Frame,
        roots: &BTreeMap<u64, Option<Hash>>,
        evidence: &BTreeSet<String>,
        report: &Report,
    ) -> Self {
        Self {
            peaks: frame.before.clone(),
            rules: Rules::from(frame.from()),
            told: Told::default(),
            roots: roots.clone(),
            evidence: evidence.clone(),
            report: report.clone(),
        }
    }

    /// Keeps the root where something speaks of this size.
    fn reach(&mut self) {
        if let Some(root) = self.roots.get_mut(&self.peaks.size()) {
            root.get_or_insert(self.peaks.root());
        }
    }

    /// Takes the next entry the exact way.
    fn take(&mut self, line: &[u8], opened: Option<Opened>) {
        let seq = self.peaks.size();
        self.rules.check(seq, opened.as_ref(), Weight::Wrong, &mut self.report);
        if let Some(opened) = opened {
            self.told.take(seq, &opened);
            self.report.withhold(seq, &opened.withheld);
        }
        self.peaks.push(leaf(line));
    }

    /// `None` if anything about the lines is in doubt.
    fn by_batches(mut self, place: &Place, frame: &Frame) -> Option<Self> {
        let pieces = (frame.to - frame.from()) / WIDTH as u64;
        let mut batches = Batches::open(place, frame.from(), frame.to).ok()?;
        let evidence = self.evidence.clone();
        let judge = |batch, scratch: &mut Scratch| Judged::of(batch, &evidence, scratch);
        let mut is_certain = true;
        in_order(
            workers(pieces),
            || batches.next(),
            judge,
            |judged| {
                is_certain = judged.is_certain;
                if is_certain {
                    self.take_batch(judged);
                }
                is_certain
            },
        );
        self.reach();
        (is_certain && batches.is_whole()).then_some(self)
    }

    fn take_batch(&mut self, judged: Judged) {
        let Judged { batch, steps, tile, named, .. } = judged;
        for name in &named {
            self.evidence.remove(name);
        }
        let end = batch.first + batch.leaves.len() as u64;
        let is_asked = self.roots.range(batch.first + 1..end.max(batch.first + 1)).next().is_some();
        let tile = tile.filter(|_| !is_asked);
        self.reach();
        for (index, (leaf, step)) in batch.leaves.iter().zip(steps).enumerate() {
            let seq = batch.first + index as u64;
            let hash = step.as_ref().map(|step| step.hash);
            if let Some(step) = step {
                self.rules.follow(seq, step, &mut self.report);
            }
            if tile.is_some() {
                continue;
            }
            self.reach();
            if let Some(hash) = hash {
                self.peaks.push(hash);
                continue;
            }
            let shown = batch.shown(index).and_then(|shown| parse_shown(shown.to_vec()));
            self.take(leaf, opening::of_export(leaf, shown));
        }
        if let Some(root) = tile {
            self.peaks.push_tile(root);
        }
    }

    fn by_lines(mut self, place: &Place, frame: &Frame) -> (Self, bool) {
        let failed = |name: &str, error: io::Error, report: &mut Report| {
            let args = file_args(&place.path_of(name)).text("error", error);
            report.unknown("audit-found-unreadable", args);
        };
        let mut openings = Openings::open(place).unwrap_or_else(|error| {
            failed(OPENINGS, error, &mut self.report);
            Openings::unread()
        });
        let outcome = self.read_lines(place, frame.to, &mut openings);
        let is_read = outcome.is_ok();
        if frame.has_openings && !openings.is_there() {
            // One finding for all of them.
            self.report.forget_withheld();
            let path = place.path_of(OPENINGS);
            self.report.unknown("audit-found-file-lost", file_args(&path));
        }
        let outcome = outcome.and_then(|()| openings.finish(&mut self.report));
        if let Err(error) = outcome {
            failed(ENTRIES, error, &mut self.report);
        }
        (self, is_read)
    }

    fn read_lines(&mut self, place: &Place, to: u64, openings: &mut Openings) -> io::Result<()> {
        let mut lines = Lines::of_entries(place)?;
        loop {
            self.reach();
            let Some(line) = lines.next()? else { return Ok(()) };
            let shown = openings.of(self.peaks.size(), &mut self.report)?;
            self.strike_named(&line);
            if let Some(shown) = &shown {
                self.strike_named(&shown.line);
            }
            self.take(&line, opening::of_export(&line, shown));
            if self.peaks.size() > to {
                return Ok(());
            }
        }
    }

    /// Takes the digests that the line names out of the evidence.
    fn strike_named(&mut self, line: &[u8]) {
        let mut named = Vec::new();
        named_in(line, &self.evidence, |name| named.push(name.to_owned()));
        for name in &named {
            self.evidence.remove(name);
        }
    }
}
