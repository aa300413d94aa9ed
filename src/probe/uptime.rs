//! How a portal was over a stretch of time, in shares that add up to the whole. Pure.
//!
//! Each look holds until the next one, at most for twice the time between looks; what no look
//! covers is *unknown*, so that a watcher who slept claims nothing. Shares are in thousandths of a
//! percent and add up to exactly 100.000 %.

use std::time::Duration;

use jiff::Timestamp;

use crate::probe::fact::Verdict;
use crate::probe::history::Sample;

/// The whole, in thousandths of a percent.
pub const WHOLE: u64 = 100_000;

/// How much of a stretch each verdict held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Healthy, in thousandths of a percent.
    pub healthy: u64,
    /// Degraded.
    pub degraded: u64,
    /// Down.
    pub down: u64,
    /// Unknown, or not looked at.
    pub unknown: u64,
    /// Looks counted.
    pub looks: u64,
}

/// The shares between two instants of looks that come oldest first.
pub fn shares(samples: &[Sample], from: Timestamp, to: Timestamp, every: Duration) -> Shares {
    let whole = millis(from, to);
    let longest = u64::try_from(every.as_millis().saturating_mul(2)).unwrap_or(u64::MAX);
    let inside: Vec<&Sample> = samples.iter().filter(|one| one.at >= from && one.at < to).collect();
    let mut held = [0_u64; 4];
    for (position, sample) in inside.iter().enumerate() {
        let until = inside.get(position + 1).map_or(to, |next| next.at);
        held[place(sample.state.verdict())] += millis(sample.at, until).min(longest);
    }
    let covered: u64 = held.iter().sum();
    held[place(Verdict::Unknown)] += whole.saturating_sub(covered);
    let [healthy, degraded, down, unknown] = rounded(held);
    Shares { healthy, degraded, down, unknown, looks: inside.len() as u64 }
}

fn place(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Healthy => 0,
        Verdict::Degraded => 1,
        Verdict::Down => 2,
        Verdict::Unknown => 3,
    }
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

/// Rounds down, and gives what is left over to the largest remainders, so that nothing is lost.
fn rounded(held: [u64; 4]) -> [u64; 4] {
    let whole: u128 = held.iter().map(|part| u128::from(*part)).sum();
    if whole == 0 {
        return [0, 0, 0, WHOLE];
    }
    let scaled = held.map(|part| u128::from(part) * u128::from(WHOLE));
    let mut parts = scaled.map(|part| u64::try_from(part / whole).expect("at most WHOLE"));
    let mut order = [0, 1, 2, 3];
    order.sort_by_key(|place: &usize| std::cmp::Reverse(scaled[*place] % whole));
    let left = WHOLE - parts.iter().sum::<u64>();
    for place in order.into_iter().cycle().take(usize::try_from(left).expect("less than four")) {
        parts[place] += 1;
    }
    parts
}
