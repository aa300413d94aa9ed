//! Drills over time: how much longer the newest took than the ones before it.
//!
//! A drill is held against earlier ones of the same portal out of the same repository and of the
//! same scope: a bucket far away and the disk beside it, data alone and the whole portal, are not
//! the same way. What it is held against is the median, which one odd night does not move.

use std::time::Duration;

use jiff::Timestamp;

use crate::drill::fact::{DrillRecord, Scope, Verdict};

/// From this growth on somebody should look, in per cent of the median.
pub const GROWTH_PERCENT: u64 = 25;

/// A growth of less is no news, whatever its share: a portal that is back in three seconds takes
/// four when something else runs beside it.
pub const GROWTH_MIN: Duration = Duration::from_mins(1);

/// The median of fewer drills is that of chance.
pub const EARLIER_MIN: usize = 3;

/// The newest drills of a portal that are kept for comparison: two years of weekly ones.
pub const KEPT_MAX: usize = 104;

/// What one drill measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its number.
    pub number: u64,
    /// When the decision to restore was made.
    pub decided: Timestamp,
    /// The repository it read.
    pub repository: String,
    /// What it covered.
    pub scope: Scope,
    /// How it ended.
    pub verdict: Verdict,
    /// Decision to answer, where it came to that.
    pub rto: Option<Duration>,
    /// Decision minus newest recoverable commit, where it is known.
    pub rpo: Option<Duration>,
    /// Bytes restored, where a set was found.
    pub bytes: Option<u64>,
}

impl Point {
    /// What the record measured of the portal as it is: nothing where damage was done on purpose or
    /// the past was read.
    pub fn of(record: &DrillRecord) -> Option<Self> {
        if record.sabotage.is_some() || record.as_of.is_some() {
            return None;
        }
        Some(Self {
            number: record.number,
            decided: record.decided,
            repository: record.repository.clone(),
            scope: record.scope,
            verdict: record.verdict,
            rto: record.measured_rto_ms.map(Duration::from_millis),
            rpo: record.measured_rpo_ms.map(Duration::from_millis),
            bytes: record.set.as_ref().map(|set| set.bytes),
        })
    }

    fn is_like(&self, other: &Self) -> bool {
        self.repository == other.repository && self.scope == other.scope
    }
}

/// A measurement beside the median of earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What was measured now.
    pub now: Duration,
    /// The median of the earlier ones.
    pub median: Duration,
    /// How many there were.
    pub earlier: usize,
}

impl Change {
    /// By how many per cent it is more; negative where it is less. `None` for a median of zero.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is cut, and large enough"
    )]
    pub fn percent(&self) -> Option<i64> {
        let (now, median) = (self.now.as_secs_f64(), self.median.as_secs_f64());
        (median > 0.0).then(|| ((now / median - 1.0) * 100.0).round() as i64)
    }

    /// Whether it is so much more that somebody should look.
    pub fn has_grown(&self) -> bool {
        let more = self.now.saturating_sub(self.median);
        self.earlier >= EARLIER_MIN
            && more >= GROWTH_MIN
            && more.as_millis() * 100 > self.median.as_millis() * u128::from(GROWTH_PERCENT)
    }
}

/// A drill beside the earlier ones of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared<'a> {
    /// The drill.
    pub point: &'a Point,
    /// Its RTO, where it and an earlier one were measured.
    pub rto: Option<Change>,
    /// Its RPO, likewise.
    pub rpo: Option<Change>,
}

/// Every one of these drills of one portal, in their order, beside those before it.
pub fn compare(points: &[Point]) -> Vec<Compared<'_>> {
    let beside = |at: usize| {
        let point = &points[at];
        let earlier = || points[..at].iter().filter(|earlier| earlier.is_like(point));
        Compared {
            point,
            rto: change(point.rto, earlier().filter_map(|point| point.rto)),
            rpo: change(point.rpo, earlier().filter_map(|point| point.rpo)),
        }
    };
    (0..points.len()).map(beside).collect()
}

fn change(now: Option<Duration>, earlier: impl Iterator<Item = Duration>) -> Option<Change> {
    let earlier: Vec<_> = earlier.collect();
    Some(Change { now: now?, median: median(&earlier)?, earlier: earlier.len() })
}

/// The middle one, or what lies halfway between the two in the middle.
fn median(times: &[Duration]) -> Option<Duration> {
    let mut times = times.to_vec();
    times.sort_unstable();
    let middle = times.len() / 2;
    let upper = *times.get(middle)?;
    Some(if times.len().is_multiple_of(2) { (times[middle - 1] + upper) / 2 } else { upper })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(number: u64, repository: &str, minutes: Option<u64>) -> Point {
        Point {
            number,
            decided: Timestamp::from_second(1_800_000_000).expect("a valid time"),
            repository: repository.to_owned(),
            scope: Scope::Data,
            verdict: Verdict::Pass,
            rto: minutes.map(Duration::from_mins),
            rpo: None,
            bytes: None,
        }
    }

    /// The change of the last of drills out of one repository, in per cent, and whether it is news.
    #[track_caller]
    fn check(minutes: &[u64], percent: Option<i64>, grown: bool) {
        let points: Vec<_> =
            (1..).zip(minutes).map(|(number, one)| point(number, "kho", Some(*one))).collect();
        let last = compare(&points).pop().expect("there is one").rto;
        let seen = last.map(|change| (change.percent(), change.has_grown()));
        assert_eq!(seen.unwrap_or((None, false)), (percent, grown), "{minutes:?}");
    }

    #[test]
    fn a_drill_is_held_against_the_median_of_at_least_three() {
        check(&[10], None, false);
        check(&[10, 30], Some(200), false);
        check(&[10, 10, 30], Some(200), false);
        check(&[10, 10, 10, 30], Some(200), true);
        // One odd night is not the measure of the next one.
        check(&[10, 10, 300, 12], Some(20), false);
        check(&[10, 20, 30, 40, 25], Some(0), false);
        check(&[100, 100, 100, 125], Some(25), false);
        check(&[100, 100, 100, 126], Some(26), true);
        check(&[100, 100, 100, 60], Some(-40), false);
        // Less than a minute more is no news.
        check(&[1, 1, 1, 1], Some(0), false);
        check(&[0, 0, 0, 5], None, true);
        check(&[2, 2, 2, 3], Some(50), true);
    }

    #[test]
    fn a_growth_of_less_than_a_minute_is_no_news() {
        let change = |now| Change {
            now: Duration::from_secs(now),
            median: Duration::from_secs(10),
            earlier: 5,
        };
        assert!(!change(69).has_grown());
        assert!(change(70).has_grown());
    }

    #[test]
    fn only_drills_of_the_same_way_are_compared() {
        let mut points: Vec<_> =
            (1..=3).map(|number| point(number, "gần", Some(10 * number))).collect();
        points.push(point(4, "xa", Some(400)));
        points.push(point(5, "gần", None));
        points.push(Point { scope: Scope::Portal, ..point(6, "gần", Some(99)) });
        points.push(point(7, "gần", Some(30)));
        let changes: Vec<_> = compare(&points)
            .iter()
            .map(|one| one.rto.map(|change| (change.median.as_secs() / 60, change.earlier)))
            .collect();
        let expected = [None, Some((10, 1)), Some((15, 2)), None, None, None, Some((20, 3))];
        assert_eq!(changes, expected);
    }
}
