//! What repositories hold, by portal and source, and how it grows.
//!
//! Nothing is changed but a lock, and nothing goes into the log. Growth is of what is there now: what
//! a set brought that still stands, at the time it was taken.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::job::sets::portal_of;
use crate::job::site::{Site, lock_for_reading};
use crate::repository::lock::Lock;
use crate::repository::stats::{self, RepositoryStats, SetStats};

/// The days that growth is told of.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The same, for a longer look.
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What was counted.
#[derive(Debug)]
pub struct Counted {
    /// What there is.
    pub stats: RepositoryStats,
    /// When it was counted.
    pub at: Timestamp,
    /// Of the whole repository.
    pub growth: Growth,
    /// Of each family of sets, in the order of those.
    pub families: Vec<Growth>,
    /// By month, in the time zone of the configuration.
    pub months: BTreeMap<(i16, i8), Month>,
}

/// Bytes as stored that came with sets of the last days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// Of seven.
    pub week: u64,
    /// Of thirty.
    pub month: u64,
}

/// The sets of a month that are still there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Month {
    /// How many.
    pub sets: u64,
    /// Bytes as stored that came with them.
    pub added: u64,
}

impl Counted {
    /// Done, or that something could not be counted.
    pub fn exit(&self) -> ExitCode {
        if self.stats.uncounted.is_empty() { ExitCode::Done } else { ExitCode::Integrity }
    }

    fn of(stats: RepositoryStats, at: Timestamp, zone: &TimeZone) -> Self {
        let mut growth = Growth::default();
        let mut families = vec![Growth::default(); stats.families.len()];
        let mut months: BTreeMap<_, Month> = BTreeMap::new();
        for set in &stats.sets {
            growth.add(set, at);
            if let Some(family) = families.get_mut(set.family) {
                family.add(set, at);
            }
            let date = set.time.to_zoned(zone.clone()).date();
            let month = months.entry((date.year(), date.month())).or_default();
            month.sets += 1;
            month.added += set.added;
        }
        Self { stats, at, growth, families, months }
    }
}

impl Growth {
    /// What is dated in the future came in no days that have passed.
    fn add(&mut self, set: &SetStats, now: Timestamp) {
        let age = now.duration_since(set.time);
        if age.is_negative() {
            return;
        }
        if age < WEEK {
            self.week += set.added;
        }
        if age < MONTH {
            self.month += set.added;
        }
    }
}

/// Counts what the repository of this name holds.
pub fn count(site: &Site, name: &str) -> Result<Counted, AnyFault> {
    let repository = site.open(name)?;
    let lock = lock_for_reading(&repository)?;
    // Without a lock nobody knows who else is at work.
    let alone = lock.as_ref().is_some_and(Lock::was_alone);
    let family = |set: &_| portal_of(set).map(str::to_owned);
    let (progress, cancel) = (site.progress.as_ref(), &site.cancel);
    let stats = stats::count(&repository, alone, family, progress, cancel)?;
    Ok(Counted::of(stats, site.world.clock.now(), &site.settings.site.timezone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;
    use crate::repository::SnapshotId;
    use crate::repository::stats::{FamilyStats, Totals};

    #[test]
    fn growth_is_told_of_days_that_have_passed_and_of_months_where_the_portal_is() {
        let at = |text: &str| -> Timestamp { text.parse().expect("a time") };
        let set = |family, time, added| {
            let (id, restored) = (SnapshotId(Digest([0; 32])), Totals::default());
            SetStats { id, time: at(time), family, restored, added }
        };
        let sets = vec![
            set(0, "2026-09-30T16:59:59Z", 1),
            set(0, "2026-09-30T17:00:00Z", 2),
            set(1, "2026-10-23T05:00:00Z", 4),
            set(1, "2026-10-23T05:00:01Z", 8),
            set(0, "2026-11-15T05:00:00Z", 16),
            set(0, "2026-11-15T05:00:01Z", 32),
            set(1, "2026-11-22T05:00:00Z", 64),
            set(1, "2026-11-22T05:00:01Z", 128),
        ];
        let families = vec![FamilyStats::default(); 2];
        let stats = RepositoryStats { sets, families, ..RepositoryStats::default() };
        let zone = TimeZone::fixed(jiff::tz::offset(7));
        let counted = Counted::of(stats, at("2026-11-22T05:00:00Z"), &zone);
        assert_eq!(counted.growth, Growth { week: 32 + 64, month: 8 + 16 + 32 + 64 });
        let of = [Growth { week: 32, month: 48 }, Growth { week: 64, month: 72 }];
        assert_eq!(counted.families, of);
        let months = counted.months.iter().map(|(of, one)| (of.1, one.sets, one.added));
        let months: Vec<_> = months.collect();
        assert_eq!(months, [(9, 1, 1), (10, 3, 14), (11, 4, 240)]);
    }
}
