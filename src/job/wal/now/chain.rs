//! How far a log is held without a gap. Pure: what a repository lists, put in the order in which a
//! recovery would read it.
//!
//! Of each place in the log a recovery to the server's timeline reads one segment: that of the
//! newest timeline that had begun there. What an older timeline has of the same place was left
//! behind by a switch, and leads nowhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::job::wal::now::fact::{Base, Gap, Held};
use crate::source::postgres::wal::{Kind, Name};

/// More gaps than a person reads: a log that is kept in pieces only has one message.
const GAPS_MAX: usize = 50;

/// What the first page of a segment has before its first record. A server whose segment holds no
/// more has written nothing since the one before.
const HEADER_MAX: u64 = 40;

/// What is kept of one system.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Bytes of a segment.
    pub(super) segment: u64,
    /// Segments that are kept whole, by timeline.
    pub(super) whole: BTreeMap<u32, BTreeSet<u64>>,
    /// Bytes of those of which a beginning is kept, by timeline and number.
    pub(super) begun: BTreeMap<(u32, u64), u64>,
    /// Where each timeline left its parent, by its history.
    pub(super) parents: BTreeMap<u32, (u32, u64)>,
}

/// What of it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// The stretch without a gap that a recovery could read, if there is one.
    pub(super) held: Option<Held>,
    /// What is missing, the first first.
    pub(super) gaps: Vec<Gap>,
    /// Whether there is a base, and the stretch begins with it.
    pub(super) from_base: bool,
}

/// Timelines on the way to the server's, the newest first, each with the address at which it began.
pub(super) struct Chain {
    lines: Vec<(u32, u64)>,
    segment: u64,
}

impl Kept {
    /// Takes a file of the listing, of which so many bytes are kept.
    pub(super) fn take(&mut self, name: &Name, reach: u64) {
        let Kind::Segment(place) = name.kind else { return };
        let Some(number) = place.number(self.segment) else { return };
        if reach == self.segment {
            self.whole.entry(name.timeline).or_default().insert(number);
        } else if reach > HEADER_MAX && reach < self.segment {
            self.begun.insert((name.timeline, number), reach);
        }
    }

    /// The way to this timeline.
    pub(super) fn chain(&self, timeline: u32) -> Chain {
        let mut lines = Vec::new();
        let mut at = timeline;
        // Histories are read from a store: a parent that is not older would lead round and round.
        while let Some((parent, address)) = self.parents.get(&at).filter(|(older, _)| *older < at) {
            lines.push((at, *address));
            at = *parent;
        }
        lines.push((at, 0));
        Chain { lines, segment: self.segment.max(1) }
    }

    /// How far a recovery comes: from the base, or else from the beginning of the last stretch, up
    /// to the first gap. `handed` is the newest segment that the server says it has handed over.
    pub(super) fn reach(&self, chain: &Chain, base: Option<&Base>, handed: Option<&Name>) -> Reach {
        let base = base.filter(|base| chain.has(base.timeline, base.stop));
        let first = base.map_or(0, |base| base.stop / chain.segment);
        let mut numbers = BTreeSet::new();
        for (timeline, kept) in &self.whole {
            let on_the_way = kept.range(first..).filter(|n| chain.line_of(**n) == Some(*timeline));
            numbers.extend(on_the_way.copied());
        }
        let mut gaps = Vec::new();
        // Where the next segment should be, and where the stretch began.
        let mut next = base.map(|_| first).or(numbers.first().copied());
        if next.is_none() {
            // A log that was begun a moment ago.
            let on_the_way = |(timeline, n): &&(u32, u64)| chain.line_of(*n) == Some(*timeline);
            next = self.begun.keys().filter(on_the_way).map(|(_, n)| *n).max();
        }
        let mut stretch = next.map(|number| (number, number));
        for number in &numbers {
            let expected = next.unwrap_or(*number);
            gaps.extend(chain.gap(expected, *number));
            if expected != *number && base.is_none() {
                stretch = Some((*number, *number));
            }
            if let Some((_, end)) = &mut stretch
                && *end == *number
            {
                *end += 1;
            }
            next = Some(number + 1);
        }
        if let Some((expected, handed)) = next.zip(handed.and_then(|name| chain.number(name))) {
            gaps.extend(chain.gap(expected, handed + 1));
        }
        gaps.truncate(GAPS_MAX);
        let held = stretch.and_then(|(from, to)| {
            // Of the segment behind the last whole one a beginning may be held.
            let begun = chain.line_of(to).and_then(|line| self.begun.get(&(line, to)));
            let (start, stop) = (from * chain.segment, to * chain.segment);
            let stop = stop + begun.copied().unwrap_or_default();
            let (start, stop) = match base {
                // The set brings what lies between its start and its stop.
                Some(base) => (base.start, stop.max(base.stop)),
                None => (start, stop),
            };
            (start < stop).then_some(Held { from: start, to: stop })
        });
        Reach { held, gaps, from_base: base.is_some() }
    }
}

impl Chain {
    /// The timeline whose segment of this number is read.
    fn line_of(&self, number: u64) -> Option<u32> {
        let begun = |(_, address): &&(u32, u64)| address / self.segment <= number;
        self.lines.iter().find(begun).map(|(timeline, _)| *timeline)
    }

    /// Whether this address of this timeline lies on the way.
    pub(super) fn has(&self, timeline: u32, address: u64) -> bool {
        let begun = |(_, begin): &&(u32, u64)| *begin <= address;
        self.lines.iter().find(begun).is_some_and(|(line, _)| *line == timeline)
    }

    fn number(&self, name: &Name) -> Option<u64> {
        let Kind::Segment(place) = name.kind else { return None };
        let number = place.number(self.segment)?;
        (self.line_of(number) == Some(name.timeline)).then_some(number)
    }

    /// The last segment that lies before this address as a whole.
    pub(super) fn before(&self, address: u64) -> Option<Name> {
        let number = (address / self.segment).checked_sub(1)?;
        Name::segment(self.line_of(number)?, number, self.segment)
    }

    fn gap(&self, from: u64, to: u64) -> Option<Gap> {
        let name = |number: u64| {
            let name = Name::segment(self.line_of(number)?, number, self.segment)?;
            Some(name.as_str().to_owned())
        };
        let count = to.checked_sub(from).filter(|count| *count > 0)?;
        Some(Gap { first: name(from)?, last: name(to - 1)?, count })
    }
}

/// The address up to which something was written by a server that stands at `position`.
pub(super) fn written(position: u64, segment: u64) -> u64 {
    let into = position % segment.max(1);
    if into <= HEADER_MAX { position - into } else { position }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: u64 = 16 << 20;

    fn kept(lines: &[(u32, &[u64])], parents: &[(u32, u32, u64)]) -> Kept {
        Kept {
            segment: SEGMENT,
            whole: lines.iter().map(|(line, n)| (*line, n.iter().copied().collect())).collect(),
            parents: parents.iter().map(|(line, parent, at)| (*line, (*parent, *at))).collect(),
            ..Kept::default()
        }
    }

    #[test]
    fn the_beginning_of_the_segment_behind_the_last_is_held_too() {
        let with = |mut log: Kept, begun: &[(u32, u64)]| {
            log.begun = begun.iter().map(|(line, number)| ((*line, *number), 100)).collect();
            log
        };
        let log = |numbers: &[u64]| kept(&[(1, numbers)], &[]);
        check(&with(log(&[4, 5]), &[(1, 6)]), 1, None, None, "4-6+");
        check(&with(log(&[4, 5]), &[(1, 7)]), 1, None, None, "4-6");
        check(&with(log(&[]), &[(1, 7)]), 1, None, None, "7-7+");
        check(&with(log(&[]), &[(1, 8)]), 1, Some(&base(1, 8)), None, "8+-8+");
        // What an older timeline has of the segment in which it was left leads nowhere.
        let switched = kept(&[(1, &[5, 6, 7])], &[(2, 1, 8 * SEGMENT + 100)]);
        check(&with(switched, &[(1, 8)]), 2, Some(&base(1, 5)), None, "5+-8");
        let switched = kept(&[(1, &[5, 6, 7])], &[(2, 1, 8 * SEGMENT + 100)]);
        check(&with(switched, &[(1, 8), (2, 8)]), 2, Some(&base(1, 5)), None, "5+-8+");
    }

    fn base(timeline: u32, number: u64) -> Base {
        let start = number * SEGMENT + 40;
        Base {
            set: "ab".to_owned(),
            taken: jiff::Timestamp::UNIX_EPOCH,
            timeline,
            start,
            stop: start + 100,
        }
    }

    /// Told as `from-to` in segments, and gaps as `first+count`.
    #[track_caller]
    fn check(kept: &Kept, at: u32, base: Option<&Base>, handed: Option<u64>, expected: &str) {
        let chain = kept.chain(at);
        let handed = handed.and_then(|number| Name::segment(at, number, SEGMENT));
        let reach = kept.reach(&chain, base, handed.as_ref());
        let held = reach.held.as_ref().map_or("none".to_owned(), |held| {
            let part = |at: u64| if at.is_multiple_of(SEGMENT) { "" } else { "+" };
            let (from, to) = (held.from, held.to);
            format!("{}{}-{}{}", from / SEGMENT, part(from), to / SEGMENT, part(to))
        });
        let gaps = reach.gaps.iter().map(|gap| {
            let name = Name::parse(&gap.first).unwrap();
            let Kind::Segment(place) = name.kind else { panic!("{gap:?}") };
            format!(" {}:{}x{}", name.timeline, place.number(SEGMENT).unwrap(), gap.count)
        });
        assert_eq!(held + &gaps.collect::<String>(), expected);
    }

    #[test]
    fn without_a_base_the_last_stretch_counts_and_with_one_the_first_from_it() {
        check(&kept(&[], &[]), 1, None, None, "none");
        check(&kept(&[(1, &[4, 5, 6])], &[]), 1, None, None, "4-7");
        check(&kept(&[(1, &[4, 5, 6, 9])], &[]), 1, None, None, "9-10 1:7x2");
        check(&kept(&[(1, &[4, 5, 6, 9])], &[]), 1, Some(&base(1, 5)), None, "5+-7 1:7x2");
        check(&kept(&[(1, &[4, 5, 6, 9])], &[]), 1, Some(&base(1, 9)), None, "9+-10");
        // The base itself holds the log between its start and its stop, and no more.
        check(&kept(&[(1, &[4])], &[]), 1, Some(&base(1, 8)), None, "8+-8+");
        check(&kept(&[(1, &[9])], &[]), 1, Some(&base(1, 8)), None, "8+-8+ 1:8x1");
    }

    #[test]
    fn what_the_server_has_handed_over_and_nobody_has_is_a_gap() {
        check(&kept(&[(1, &[4, 5])], &[]), 1, None, Some(5), "4-6");
        check(&kept(&[(1, &[4, 5])], &[]), 1, None, Some(8), "4-6 1:6x3");
        check(&kept(&[], &[]), 1, None, Some(8), "none");
        check(&kept(&[], &[]), 1, Some(&base(1, 8)), Some(9), "8+-8+ 1:8x2");
    }

    #[test]
    fn a_switch_is_followed_and_what_was_left_behind_does_not_count() {
        // Timeline 2 left timeline 1 in segment 8.
        let switch = [(2, 1, 8 * SEGMENT + 100)];
        let both: &[(u32, &[u64])] = &[(1, &[5, 6, 7, 8, 9]), (2, &[8, 9])];
        check(&kept(both, &switch), 2, Some(&base(1, 5)), None, "5+-10");
        let lacks: &[(u32, &[u64])] = &[(1, &[5, 6, 7, 8, 9]), (2, &[9])];
        check(&kept(lacks, &switch), 2, Some(&base(1, 5)), None, "5+-8 2:8x1");
        // Without its history nobody knows where it came from, and an older base leads nowhere.
        check(&kept(both, &[]), 2, Some(&base(1, 5)), None, "8-10");
        // A history that leads round.
        check(&kept(both, &[(2, 2, 0)]), 2, None, None, "8-10");
        let chain = kept(both, &switch).chain(2);
        assert!(chain.has(1, 8 * SEGMENT + 99) && !chain.has(1, 8 * SEGMENT + 100));
        assert!(chain.has(2, 8 * SEGMENT + 100) && !chain.has(2, 8 * SEGMENT));
    }

    #[test]
    fn a_segment_with_a_header_alone_holds_nothing() {
        assert_eq!(written(3 * SEGMENT + 40, SEGMENT), 3 * SEGMENT);
        assert_eq!(written(3 * SEGMENT + 41, SEGMENT), 3 * SEGMENT + 41);
        assert_eq!(written(3 * SEGMENT, SEGMENT), 3 * SEGMENT);
    }
}
