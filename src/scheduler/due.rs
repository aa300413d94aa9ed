//! Whether an activation of a schedule is due, and which.
//!
//! An activation is named by the instant that its schedule gives; the start may come later, by
//! jitter or by waiting. Guarantees: an instant is handed out again only if its run was broken off;
//! what was missed while nobody watched becomes one run that says how many it stands for; a wall
//! clock that jumps neither fires a storm nor starves a job for longer than [`CLOCK_BACK_MAX`].
//!
//! Pure: the clock is an argument. Not here: whether the job still runs (`core`).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::scheduler::schedule::Schedule;

/// No start is put off longer than this: enough to spread the daemons of a province that all run
/// at two in the morning over one object store, short beside every objective.
pub const JITTER_MAX: Duration = Duration::from_secs(30);

/// Nor longer than this part of the time between two activations, so that none meets the next.
const JITTER_PART: i32 = 10;

/// Gaps between activations looked at to find the shortest; a week of daily runs and more.
const GAPS_LOOKED_AT: usize = 32;

/// A newest activation this far ahead of the clock comes from a small step back (NTP corrects less
/// than this in practice): the job waits until the clock has caught up, so that no instant runs
/// twice. One further ahead was started under a wrong clock, such as one that took local time for
/// UTC, and is forgotten: waiting for it could take years.
pub const CLOCK_BACK_MAX: SignedDuration = SignedDuration::from_mins(15);

/// How often one activation is begun in all when the daemon ends in the middle of it. A set that
/// brings the machine down each time must not do so for ever.
pub const ATTEMPTS_MAX: u32 = 3;

/// Before an activation is begun again: at first only until the machine has settled, then long
/// enough for a person to come between.
const PAUSES: [SignedDuration; 2] = [SignedDuration::from_secs(5), SignedDuration::from_mins(2)];

/// Counting what was missed stops here: a month of a job that runs each minute. More is not told
/// apart from it.
const MISSED_MAX: usize = 45_000;

/// What is known of a job's past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Since when the schedule stands as it does now: earlier instants were never owed.
    pub since: Option<Timestamp>,
    /// The newest instant that ran, was skipped, or is running.
    pub last: Option<Timestamp>,
    /// The run of `last`, if it was broken off by the end of the daemon.
    pub broken_off: Option<BrokenOff>,
}

/// A run that did not come to its end because the daemon did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenOff {
    /// How often it was begun.
    pub attempts: u32,
    /// When that was found.
    pub at: Timestamp,
}

/// A start that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// The instant of the schedule that it stands for; none when a person asked for it.
    pub due: Option<Timestamp>,
    /// Earlier instants that nobody was there for.
    pub missed: Option<Missed>,
    /// 1, or more after runs that were broken off.
    pub attempt: u32,
}

/// Instants that passed without a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The oldest.
    pub from: Timestamp,
    /// How many; counted up to 45 000.
    pub count: u64,
}

/// When a job starts next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// At once.
    Now(Activation),
    /// At this instant, jitter included.
    At(Timestamp),
    /// Never again: the calendar ends.
    Never,
}

impl Known {
    /// Forgets what only a wrong clock can have written. Called with every look at the clock, so
    /// that what is corrected stays corrected while time goes on.
    pub fn correct(&mut self, now: Timestamp) {
        if self.last.is_some_and(|last| last.duration_since(now) > CLOCK_BACK_MAX) {
            self.last = Some(now);
            self.broken_off = None;
        }
        self.since = Some(self.since.map_or(now, |since| since.min(now)));
        if let Some(broken) = &mut self.broken_off {
            broken.at = broken.at.min(now);
        }
    }
}

/// How much later than its instant this job starts: always the same for one job, never
/// [`JITTER_MAX`] or more.
pub fn jitter(id: &str, schedule: &Schedule) -> SignedDuration {
    let mut at = Timestamp::UNIX_EPOCH;
    let mut shortest = SignedDuration::MAX;
    for _ in 0..GAPS_LOOKED_AT {
        let Some(next) = schedule.next(at) else { break };
        if at != Timestamp::UNIX_EPOCH {
            shortest = shortest.min(next.duration_since(at));
        }
        at = next;
    }
    let most = SignedDuration::try_from(JITTER_MAX).unwrap_or_default();
    let most = most.min(shortest / JITTER_PART);
    let most = u64::try_from(most.as_millis()).unwrap_or(0).max(1);
    let digest = Digest::of(id.as_bytes()).0;
    let draw = u64::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"));
    SignedDuration::from_millis(i64::try_from(draw % most).unwrap_or(0))
}

/// Decides for one job at `now`. `known` must have been [corrected](Known::correct) at `now`.
pub fn due(schedule: &Schedule, jitter: SignedDuration, known: &Known, now: Timestamp) -> Due {
    // Instants up to here have passed and waited out their jitter.
    let passed = now.checked_sub(jitter).unwrap_or(now);
    let settled = known.last.max(known.since).unwrap_or(passed);
    match schedule.last(passed) {
        Some(newest) if newest > settled => {
            let missed = missed(schedule, settled, newest);
            Due::Now(Activation { due: Some(newest), missed, attempt: 1 })
        }
        _ => again(known, now).unwrap_or_else(|| later(schedule, jitter, settled.max(passed))),
    }
}

/// What passed strictly between the two.
fn missed(schedule: &Schedule, settled: Timestamp, newest: Timestamp) -> Option<Missed> {
    let from = schedule.next(settled).filter(|first| *first < newest)?;
    let between = std::iter::successors(Some(from), |at| schedule.next(*at));
    let between = between.take_while(|at| *at < newest).take(MISSED_MAX);
    Some(Missed { from, count: between.count() as u64 })
}

/// A run that was broken off, while it may be begun again.
fn again(known: &Known, now: Timestamp) -> Option<Due> {
    let broken = known.broken_off.as_ref().filter(|broken| broken.attempts < ATTEMPTS_MAX)?;
    let pause = PAUSES.get(broken.attempts.saturating_sub(1) as usize).copied()?;
    let at = broken.at.checked_add(pause).ok()?;
    if at > now {
        return Some(Due::At(at));
    }
    Some(Due::Now(Activation { due: known.last, missed: None, attempt: broken.attempts + 1 }))
}

fn later(schedule: &Schedule, jitter: SignedDuration, after: Timestamp) -> Due {
    let at = schedule.next(after).and_then(|at| at.checked_add(jitter).ok());
    at.map_or(Due::Never, Due::At)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("test times are valid")
    }

    fn hourly() -> Schedule {
        Schedule::parse("0 * * * *", TimeZone::UTC).expect("a valid schedule")
    }

    fn known(since: &str, last: Option<&str>) -> Known {
        Known { since: Some(time(since)), last: last.map(time), broken_off: None }
    }

    #[track_caller]
    fn check(known: &Known, now: &str, expected: &Due) {
        let mut known = known.clone();
        known.correct(time(now));
        assert_eq!(due(&hourly(), SignedDuration::ZERO, &known, time(now)), *expected, "{now}");
    }

    fn now(due: &str, missed: Option<(&str, u64)>) -> Due {
        let missed = missed.map(|(from, count)| Missed { from: time(from), count });
        Due::Now(Activation { due: Some(time(due)), missed, attempt: 1 })
    }

    #[test]
    fn an_instant_is_due_from_itself_on_until_it_ran() {
        let fresh = known("2026-03-01T10:30:00Z", None);
        check(&fresh, "2026-03-01T10:59:59Z", &Due::At(time("2026-03-01T11:00:00Z")));
        check(&fresh, "2026-03-01T11:00:00Z", &now("2026-03-01T11:00:00Z", None));
        let ran = known("2026-03-01T10:30:00Z", Some("2026-03-01T11:00:00Z"));
        check(&ran, "2026-03-01T11:00:00Z", &Due::At(time("2026-03-01T12:00:00Z")));
    }

    #[test]
    fn after_downtime_one_run_stands_for_all() {
        let ran = known("2026-03-01T00:00:00Z", Some("2026-03-01T11:00:00Z"));
        check(&ran, "2026-03-01T12:10:00Z", &now("2026-03-01T12:00:00Z", None));
        let missed = Some(("2026-03-01T12:00:00Z", 3));
        check(&ran, "2026-03-01T15:10:00Z", &now("2026-03-01T15:00:00Z", missed));
    }

    #[test]
    fn what_passed_before_the_schedule_stood_is_not_owed() {
        let new = known("2026-03-01T10:30:00Z", Some("2026-02-01T10:00:00Z"));
        check(&new, "2026-03-01T10:31:00Z", &Due::At(time("2026-03-01T11:00:00Z")));
    }

    #[test]
    fn a_clock_set_back_a_little_repeats_nothing_and_one_far_ahead_is_forgotten() {
        let ran = known("2026-03-01T00:00:00Z", Some("2026-03-01T11:00:00Z"));
        check(&ran, "2026-03-01T10:59:55Z", &Due::At(time("2026-03-01T12:00:00Z")));
        // Under a clock seven hours ahead; put right, the next true hour counts.
        let wrong = known("2026-03-01T00:00:00Z", Some("2026-03-01T18:00:00Z"));
        check(&wrong, "2026-03-01T11:10:00Z", &Due::At(time("2026-03-01T12:00:00Z")));
        let future = known("2036-01-01T00:00:00Z", None);
        check(&future, "2026-03-01T11:10:00Z", &Due::At(time("2026-03-01T12:00:00Z")));
    }

    #[test]
    fn a_run_that_was_broken_off_is_begun_again_soon_but_not_for_ever() {
        let broken = |attempts| {
            let at = time("2026-03-01T11:00:10Z");
            let mut known = known("2026-03-01T00:00:00Z", Some("2026-03-01T11:00:00Z"));
            known.broken_off = Some(BrokenOff { attempts, at });
            known
        };
        let again = |attempt| {
            let due = Some(time("2026-03-01T11:00:00Z"));
            Due::Now(Activation { due, missed: None, attempt })
        };
        check(&broken(1), "2026-03-01T11:00:14Z", &Due::At(time("2026-03-01T11:00:15Z")));
        check(&broken(1), "2026-03-01T11:00:15Z", &again(2));
        check(&broken(2), "2026-03-01T11:02:10Z", &again(3));
        check(&broken(3), "2026-03-01T11:30:00Z", &Due::At(time("2026-03-01T12:00:00Z")));
        check(&broken(1), "2026-03-01T12:00:00Z", &now("2026-03-01T12:00:00Z", None));
    }

    #[test]
    fn jitter_is_small_and_always_the_same() {
        let minutely = Schedule::parse("* * * * *", TimeZone::UTC).expect("a valid schedule");
        for id in ["snapshot/mau", "drill/mau", "verify/local", ""] {
            let hour = jitter(id, &hourly());
            assert_eq!(hour, jitter(id, &hourly()));
            assert!(hour < SignedDuration::from_secs(30), "{hour:?}");
            assert!(jitter(id, &minutely) < SignedDuration::from_secs(6));
            assert!(hour >= SignedDuration::ZERO);
        }
        assert_ne!(jitter("snapshot/a", &hourly()), jitter("snapshot/b", &hourly()));
    }
}
