//! How much there will be to restore at a later time, by the sizes of past sets.
//!
//! **Likely**: the median of the slopes between all pairs of sets, which no single upload or
//! clearing moves. **At most**: the steepest slope over any stretch that is at least half as long as
//! the time ahead, or as the history where that is shorter; never a shrinking. A time further ahead
//! than [`AHEAD_MAX`] times what the sets cover is refused.

use std::time::Duration;

use jiff::Timestamp;

use crate::drill::forecast::{Refusal, Size};

/// Two sets make a line, and no more.
pub const SETS_MIN: usize = 3;

/// So many times as far ahead as the sets reach back.
pub const AHEAD_MAX: u32 = 4;

/// A set and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When it was taken.
    pub at: Timestamp,
    /// How much it holds.
    pub size: Size,
}

/// How much there is likely to be, and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grown {
    /// Likely.
    pub likely: Size,
    /// At most; nothing of it is less than in the newest set.
    pub most: Size,
}

/// The size at an instant, from sets in the order of their times; `None` if there are none. At the
/// newest set or before it, that set's.
pub fn grown(sets: &[Taken], at: Timestamp) -> Result<Option<Grown>, Refusal> {
    let (Some(first), Some(newest)) = (sets.first(), sets.last()) else { return Ok(None) };
    let ahead = Duration::try_from(at.duration_since(newest.at)).unwrap_or_default();
    if ahead.is_zero() {
        return Ok(Some(Grown { likely: newest.size, most: newest.size }));
    }
    let covered = Duration::try_from(newest.at.duration_since(first.at)).unwrap_or_default();
    if sets.len() < SETS_MIN || ahead > covered.saturating_mul(AHEAD_MAX) {
        return Err(Refusal::GrowthUnknown { covered, ahead });
    }
    let stretch = ahead.min(covered) / 2;
    let seconds = ahead.as_secs_f64();
    let one = |of: fn(&Size) -> u64| {
        let slopes = Slopes::of(sets, of, stretch);
        let now = of(&newest.size) as f64;
        let likely = (now + slopes.median * seconds).max(0.0);
        (whole(likely), whole((now + slopes.steepest.max(0.0) * seconds).max(likely)))
    };
    let (bytes, files) = (one(|size| size.bytes), one(|size| size.files));
    let loaded = newest.size.loaded.map(|_| one(|size| size.loaded.unwrap_or(0)));
    let size = |bytes, files, loaded| Size { bytes, files, loaded };
    Ok(Some(Grown {
        likely: size(bytes.0, files.0, loaded.map(|loaded| loaded.0)),
        most: size(bytes.1, files.1, loaded.map(|loaded| loaded.1)),
    }))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never negative, and what does not fit is cut, which is larger than any disk"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// Growth in units a second.
struct Slopes {
    median: f64,
    steepest: f64,
}

impl Slopes {
    fn of(sets: &[Taken], of: fn(&Size) -> u64, stretch: Duration) -> Self {
        let mut all = Vec::new();
        let mut steepest = f64::NEG_INFINITY;
        for (at, later) in sets.iter().enumerate() {
            for earlier in &sets[..at] {
                let between = later.at.duration_since(earlier.at);
                let Ok(between) = Duration::try_from(between) else { continue };
                if between.is_zero() {
                    continue;
                }
                let more = of(&later.size) as f64 - of(&earlier.size) as f64;
                let slope = more / between.as_secs_f64();
                if between >= stretch {
                    steepest = steepest.max(slope);
                }
                all.push(slope);
            }
        }
        all.sort_by(f64::total_cmp);
        let median = all.get(all.len() / 2).copied().unwrap_or(0.0);
        Self { median, steepest: steepest.max(median) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn taken(day: u64, bytes: u64) -> Taken {
        let at = Timestamp::from_second(1_800_000_000).expect("a valid time");
        let at = at.checked_add(Duration::from_secs(day * DAY)).expect("a valid time");
        Taken { at, size: Size { bytes, files: 10, loaded: Some(bytes / 10) } }
    }

    /// Bytes on this day: likely and at most; nothing where it is refused.
    #[track_caller]
    fn check(sets: &[(u64, u64)], day: u64, expected: Option<(u64, u64)>) {
        let sets: Vec<_> = sets.iter().map(|(day, bytes)| taken(*day, *bytes)).collect();
        let grown = grown(&sets, taken(day, 0).at).ok().flatten();
        assert_eq!(grown.map(|grown| (grown.likely.bytes, grown.most.bytes)), expected, "{day}");
        if let Some(grown) = grown {
            assert_eq!((grown.likely.files, grown.most.files), (10, 10));
            assert!(grown.most.loaded >= grown.likely.loaded);
        }
    }

    #[test]
    fn growth_is_the_median_of_slopes_and_at_most_the_steepest_over_a_stretch() {
        let steady = [(0, 1000), (10, 1100), (20, 1200), (30, 1300)];
        check(&steady, 30, Some((1300, 1300)));
        check(&steady, 20, Some((1300, 1300)));
        check(&steady, 40, Some((1400, 1400)));
        // One upload: the likely growth hardly feels it, the most counts with another one.
        let upload = [(0, 1000), (10, 1010), (20, 2020), (30, 2030), (40, 2040)];
        let sets: Vec<_> = upload.iter().map(|(day, bytes)| taken(*day, *bytes)).collect();
        let at = grown(&sets, taken(50, 0).at).expect("it is known").expect("there are sets");
        assert!(at.likely.bytes < 2500 && at.most.bytes >= 3050, "{at:?}");
        // What shrinks may stay at most.
        check(&[(0, 1300), (10, 1200), (20, 1100)], 30, Some((1000, 1100)));
    }

    #[test]
    fn too_few_sets_and_a_time_too_far_ahead_are_refused() {
        check(&[(0, 1000), (10, 1100)], 15, None);
        check(&[(0, 1000), (10, 1100)], 10, Some((1100, 1100)));
        let steady = [(0, 1000), (5, 1050), (10, 1100)];
        check(&steady, 50, Some((1500, 1500)));
        check(&steady, 51, None);
        assert_eq!(grown(&[], taken(0, 0).at), Ok(None));
    }
}
