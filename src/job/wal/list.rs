//! What is kept of logs: timelines, from where to where, and what is missing in between.
//!
//! Segments are compared by name and length alone, which takes one listing; whether their bytes are
//! right is for `repository verify`. Only the histories of timelines are read, since they say where
//! a timeline leaves its parent: a segment that is missing just there is a gap like any other.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::fault::AnyFault;
use crate::job::binlog::{self, BinaryLine};
use crate::job::site::Site;
use crate::repository::Repository;
use crate::repository::segment::{LogFile, StoredPiece, reach};
use crate::source::postgres::wal::{Kind, Name, is_length, parent};

/// The logs in one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By system, then timeline.
    pub lines: Vec<Line>,
    /// Lines of binary logs.
    pub binary: Vec<BinaryLine>,
    /// Files that are no part of a log of PostgreSQL, and no binary logs.
    pub others: u64,
    /// Objects that this program has not written.
    pub foreign: u64,
}

/// One timeline of a system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The system's identifier.
    pub system: String,
    /// The timeline.
    pub timeline: u32,
    /// The first segment and the last that are kept whole; none if there is none.
    pub range: Option<(String, String)>,
    /// Bytes of a segment.
    pub segment: u64,
    /// Segments that are kept whole.
    pub segments: u64,
    /// Bytes in the store, of everything in the timeline.
    pub stored: u64,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// Segments of which only a beginning is kept, as of one that is still written.
    pub short: Vec<String>,
    /// Whether the history is kept and says where the timeline begins, without which no recovery
    /// reaches it; the first has none.
    pub history: bool,
}

/// Segments that are missing, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first of them.
    pub first: String,
    /// The last of them.
    pub last: String,
    /// How many there are.
    pub count: u64,
}

impl Line {
    /// Whether a recovery can go from its first to its last segment.
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty() && (self.timeline == 1 || self.history)
    }
}

/// The logs in the repository of this name.
pub fn list(site: &Site, name: &str) -> Result<Listing, AnyFault> {
    survey(&site.open(name)?)
}

fn survey(repository: &Repository) -> Result<Listing, AnyFault> {
    let found = repository.log_listing(None)?;
    let mut listing = Listing { foreign: found.foreign.len() as u64, ..Listing::default() };
    let mut lines: BTreeMap<(u64, u32), Files<'_>> = BTreeMap::new();
    for (file, pieces) in found.files() {
        let system = file.stream.system().parse::<u64>().ok();
        let name = Name::parse(file.name()).filter(|name| name.line() == file.stream.line());
        match system.zip(name) {
            Some((system, name)) => {
                lines.entry((system, name.timeline)).or_default().take(name, file, pieces);
            }
            None => listing.others += u64::from(!binlog::is_binary(file.stream.system())),
        }
    }
    listing.binary = binlog::lines(&found);
    for files in lines.values_mut() {
        files.number();
    }
    for (key, files) in &lines {
        let (system, timeline) = *key;
        let mut line = files.line(system, timeline);
        if let Some((_, history)) = &files.history {
            let mut text = Vec::new();
            repository.read_log_file(history, &mut text)?;
            let parent = parent(&text);
            line.history = parent.is_some();
            // Where the timeline begins counts only if what comes before it is kept too.
            if let Some((from, address)) = parent
                && lines.get(&(system, from)).is_some_and(|files| !files.whole.is_empty())
            {
                line.look_before(files, address);
                if let Some(parent) = lines.get(&(system, from)) {
                    line.look_behind(parent, from, address);
                }
            }
        }
        listing.lines.push(line);
    }
    Ok(listing)
}

/// The files of one timeline.
#[derive(Debug, Default)]
struct Files<'l> {
    /// Bytes of a segment: the length of the longest, since others may still grow.
    segment: u64,
    lengths: Vec<(Name, u64)>,
    whole: BTreeSet<u64>,
    /// Those of which a beginning is kept.
    begun: BTreeSet<u64>,
    history: Option<(&'l LogFile, &'l [StoredPiece])>,
    stored: u64,
}

impl<'l> Files<'l> {
    fn take(&mut self, name: Name, file: &'l LogFile, pieces: &'l [StoredPiece]) {
        let stored = pieces.iter().map(|stored| stored.stored);
        self.stored = stored.fold(self.stored, u64::saturating_add);
        match name.kind {
            Kind::History => self.history = Some((file, pieces)),
            Kind::Segment(_) => {
                let length = reach(pieces);
                if is_length(length) {
                    self.segment = self.segment.max(length);
                }
                self.lengths.push((name, length));
            }
            Kind::Partial(_) | Kind::Backup(_) => {}
        }
    }

    /// Numbers the segments that are whole, once their length is known.
    fn number(&mut self) {
        for (name, length) in &self.lengths {
            let Kind::Segment(place) = name.kind else { continue };
            let Some(number) = place.number(self.segment) else { continue };
            let kept = if *length == self.segment { &mut self.whole } else { &mut self.begun };
            kept.insert(number);
        }
    }

    /// The first segment of which anything is kept.
    fn first(&self) -> Option<u64> {
        self.whole.iter().chain(&self.begun).min().copied()
    }

    /// What is missing between the first and the last of which anything is kept. Only of the last
    /// one a beginning suffices.
    fn gaps(&self, timeline: u32) -> Vec<Gap> {
        let (mut next, mut gaps) = (self.first(), Vec::new());
        for number in self.whole.iter().chain(self.begun.last()) {
            gaps.extend(next.and_then(|next| gap(timeline, self.segment, next, *number)));
            next = next.max(Some(number + 1));
        }
        gaps
    }

    fn line(&self, system: u64, timeline: u32) -> Line {
        let segment = self.segment;
        let name =
            |number: &u64| Some(Name::segment(timeline, *number, segment)?.as_str().to_owned());
        let range = self.whole.first().and_then(name).zip(self.whole.last().and_then(name));
        let short = self.lengths.iter().filter(|(_, length)| *length != segment);
        Line {
            system: system.to_string(),
            timeline,
            range,
            segment,
            segments: self.whole.len() as u64,
            stored: self.stored,
            gaps: self.gaps(timeline),
            short: short.map(|(name, _)| name.as_str().to_owned()).collect(),
            history: self.history.is_some(),
        }
    }
}

impl Line {
    fn look_before(&mut self, files: &Files<'_>, address: u64) {
        let Some(first) = files.first() else { return };
        let begin = address / self.segment.max(1);
        self.gaps.splice(0..0, gap(self.timeline, self.segment, begin, first));
    }
}

impl Line {
    /// The parent's end, without which no base of the parent reaches this timeline: what is kept of
    /// it must go up to the segment in which it was left, whose beginning stands in this timeline
    /// too.
    fn look_behind(&mut self, parent: &Files<'_>, timeline: u32, address: u64) {
        let begin = address / parent.segment.max(1);
        let last = parent.whole.range(..begin).next_back();
        let missing = last.and_then(|last| gap(timeline, parent.segment, last + 1, begin));
        self.gaps.splice(0..0, missing);
    }
}

/// The segments `from..to`, as a gap.
fn gap(timeline: u32, segment: u64, from: u64, to: u64) -> Option<Gap> {
    let name = |number| Some(Name::segment(timeline, number, segment)?.as_str().to_owned());
    let count = to.checked_sub(from).filter(|count| *count > 0)?;
    Some(Gap { first: name(from)?, last: name(to - 1)?, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: u64 = 16 << 20;

    fn kept(numbers: &[u64]) -> Files<'static> {
        Files { segment: SEGMENT, whole: numbers.iter().copied().collect(), ..Files::default() }
    }

    #[test]
    fn a_beginning_is_enough_of_the_last_segment_only() {
        let gaps = |whole: &[u64], begun: &[u64]| {
            let begun = begun.iter().copied().collect();
            let files = Files { begun, ..kept(whole) };
            let told = files.line(7, 1).gaps.into_iter();
            told.map(|gap| format!("{} {}", &gap.first[20..], gap.count)).collect::<Vec<_>>()
        };
        assert_eq!(gaps(&[5, 6], &[]), [""; 0]);
        assert_eq!(gaps(&[5, 6], &[7]), [""; 0]);
        assert_eq!(gaps(&[], &[7]), [""; 0]);
        assert_eq!(gaps(&[5, 7], &[6]), ["0006 1"]);
        assert_eq!(gaps(&[6], &[1]), ["0001 5"]);
        assert_eq!(gaps(&[5, 6], &[7, 9]), ["0007 2"]);
        assert_eq!(gaps(&[5, 9], &[10]), ["0006 3"]);
    }

    #[test]
    fn what_is_missing_on_either_side_of_a_switch_is_a_gap() {
        // Timeline 1 was left for timeline 2 in the segment of number 8.
        let gaps = |parent: &[u64], child: &[u64]| {
            let (parent, child) = (kept(parent), kept(child));
            let mut line = child.line(7, 2);
            line.look_before(&child, 8 * SEGMENT + 100);
            line.look_behind(&parent, 1, 8 * SEGMENT + 100);
            let told = line.gaps.iter().map(|gap| (gap.first.as_str(), gap.count));
            told.map(|(first, count)| format!("{first} {count}")).collect::<Vec<_>>()
        };
        assert_eq!(gaps(&[5, 6, 7], &[8, 9]), [""; 0]);
        assert_eq!(gaps(&[5, 6, 7, 8], &[8, 9]), [""; 0], "archived before it was left");
        assert_eq!(gaps(&[5], &[8, 9]), ["000000010000000000000006 2"]);
        assert_eq!(gaps(&[5, 6, 7], &[10]), ["000000020000000000000008 2"]);
        let both = ["000000010000000000000007 1", "000000020000000000000008 1"];
        assert_eq!(gaps(&[6], &[9]), both);
    }
}
