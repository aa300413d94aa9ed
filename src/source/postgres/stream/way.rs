//! Where to begin to receive a log. Pure.
//!
//! A server's history is a row of timelines, each of which was left at an address for the next. What
//! is kept says how far somebody came on it; the segment in hand comes again from its start, so that
//! it can be held against what is kept of it.

use std::collections::BTreeMap;

/// A stretch of a server's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) timeline: u32,
    /// The address at which it was left; the end of all addresses for the one that is written.
    pub(super) end: u64,
}

/// The last segment that is kept of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// Its number.
    pub number: u64,
    /// Bytes of it that are kept, from its start.
    pub bytes: u64,
}

/// What is kept in one place, by timeline.
pub type Kept = BTreeMap<u32, Last>;

/// Where to begin: the start of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Begin {
    /// The address.
    pub position: u64,
    /// The timeline on which it lies.
    pub timeline: u32,
}

/// A server's history, the first timeline first.
pub(super) fn history(ancestors: &[(u32, u64)], timeline: u32) -> Vec<Stretch> {
    let left = ancestors.iter().map(|(timeline, end)| Stretch { timeline: *timeline, end: *end });
    left.chain([Stretch { timeline, end: u64::MAX }]).collect()
}

/// Where to begin for a place that keeps this; `None` where it keeps nothing of this history.
pub(super) fn behind(history: &[Stretch], kept: &Kept, segment: u64) -> Option<Begin> {
    let newest = history.iter().rposition(|one| kept.contains_key(&one.timeline))?;
    let last = kept.get(&history[newest].timeline)?;
    let start = last.number.checked_mul(segment)?;
    let reach = start.checked_add(last.bytes.min(segment))?;
    let mut position = if last.bytes < segment { start } else { reach };
    for (place, stretch) in history.iter().enumerate().skip(newest) {
        let is_through = if place == newest { reach >= stretch.end } else { false };
        if !is_through && position < stretch.end {
            return Some(Begin { position, timeline: stretch.timeline });
        }
        // The segment in which it was left stands in the next timeline from its start.
        position = stretch.end - stretch.end % segment;
    }
    None
}

/// Where to begin at an address from which on the server keeps its log.
pub(super) fn at(history: &[Stretch], address: u64, segment: u64) -> Option<Begin> {
    let stretch = history.iter().find(|stretch| address < stretch.end)?;
    Some(Begin { position: address - address % segment, timeline: stretch.timeline })
}

/// How far the timeline that is written is kept, as an address; `None` where nothing of it is.
pub(super) fn reached(kept: &Kept, timeline: u32, segment: u64) -> Option<u64> {
    let last = kept.get(&timeline)?;
    last.number.checked_mul(segment)?.checked_add(last.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: u64 = 16 << 20;

    /// Told as `timeline:segment`.
    #[track_caller]
    fn check(ancestors: &[(u32, u64)], timeline: u32, kept: &[(u32, u64, u64)], expected: &str) {
        let history = history(ancestors, timeline);
        let kept = kept.iter().map(|(line, number, bytes)| {
            let last = Last { number: *number, bytes: *bytes };
            (*line, last)
        });
        let begin = behind(&history, &kept.collect(), SEGMENT);
        let told = begin.map(|begin| {
            assert_eq!(begin.position % SEGMENT, 0);
            format!("{}:{}", begin.timeline, begin.position / SEGMENT)
        });
        assert_eq!(told.as_deref().unwrap_or("none"), expected);
    }

    #[test]
    fn a_log_goes_on_with_the_segment_that_is_not_whole() {
        check(&[], 1, &[], "none");
        check(&[], 1, &[(1, 5, SEGMENT)], "1:6");
        check(&[], 1, &[(1, 5, 100)], "1:5");
        check(&[], 1, &[(7, 5, 100)], "none");
    }

    #[test]
    fn a_switch_of_timelines_is_followed_from_the_segment_in_which_it_was() {
        let left = [(1, 8 * SEGMENT + 100)];
        check(&left, 2, &[(1, 5, SEGMENT)], "1:6");
        check(&left, 2, &[(1, 8, 50)], "1:8");
        check(&left, 2, &[(1, 8, 100)], "2:8");
        // The old primary went on where nobody followed.
        check(&left, 2, &[(1, 9, 50)], "2:8");
        check(&left, 2, &[(1, 8, SEGMENT)], "2:8");
        check(&left, 2, &[(1, 5, SEGMENT), (2, 8, 7)], "2:8");
        check(&left, 2, &[(2, 8, SEGMENT)], "2:9");
        let twice = [(1, 8 * SEGMENT + 100), (2, 8 * SEGMENT + 900)];
        check(&twice, 3, &[(1, 8, 100)], "2:8");
        check(&twice, 3, &[(2, 8, 900)], "3:8");
        check(&[(1, 8 * SEGMENT)], 2, &[(1, 7, SEGMENT)], "2:8");
    }

    #[test]
    fn what_the_server_keeps_lies_on_the_timeline_that_was_written_there() {
        let history = history(&[(1, 8 * SEGMENT + 100)], 2);
        let begin = |address| at(&history, address, SEGMENT);
        assert_eq!(begin(8 * SEGMENT + 99).map(|it| it.timeline), Some(1));
        let switched = Begin { position: 8 * SEGMENT, timeline: 2 };
        assert_eq!(begin(8 * SEGMENT + 100), Some(switched));
        let kept = Kept::from([(2, Last { number: 3, bytes: 7 })]);
        assert_eq!(reached(&kept, 2, SEGMENT), Some(3 * SEGMENT + 7));
        assert_eq!(reached(&kept, 1, SEGMENT), None);
    }
}
