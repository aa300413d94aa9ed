//! Which sets stay and which may be forgotten: rules, and a plan that gives a reason for each set.
//!
//! A rule keeps the newest set of each of so many hours, days, weeks, months or years of the site's
//! own calendar. Only periods that hold a set are counted, and `within` is counted back from the
//! newest set: a portal whose sets stopped coming loses nothing by the passing of time, and a clock
//! that is wrong while no set is taken forgets nothing. Sets dated in the future, and sets whose date
//! cannot be true, count for nothing and stay.
//!
//! Sets that carry a tag with rules of its own are judged by those, among themselves: they neither
//! take the place of the others nor count with them. Of more such tags each is asked, and one that
//! keeps the set is enough.
//!
//! Sets taken as evidence and sets that a person holds stay, and never take the place of another.
//! Fewer than so many verified sets never remain: the newest verified ones stay whatever the rules
//! say, and where there are too few of them, everything stays.
//!
//! Pure. Does not know how a set becomes verified or held, and removes nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::base::fault::Message;
use crate::repository::id::SnapshotId;

/// Without a word in the configuration one proven set must remain: the least that makes any sense.
pub const VERIFIED_DEFAULT: u32 = 1;

/// 1 January 2000. What is dated before was dated by a clock that had no battery, or by nobody, and
/// would be the oldest for every rule; no portal that we keep was saved by then.
const DATED_SINCE: Timestamp = Timestamp::constant(946_684_800, 0);

/// What is to be kept of a portal's sets in one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Of sets that carry no tag with rules of its own.
    pub rules: Rules,
    /// Of sets that carry this tag.
    pub tags: BTreeMap<String, Rules>,
    /// So many verified sets remain at least, whatever they are tagged with.
    pub verified: u32,
}

impl Default for Retention {
    /// No rule; the newest set stays all the same.
    fn default() -> Self {
        Self { rules: Rules::default(), tags: BTreeMap::new(), verified: VERIFIED_DEFAULT }
    }
}

/// Which of some sets stay. Without any, the newest alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// All that are no older than this before the newest.
    pub within: Option<Duration>,
    /// So many of the newest.
    pub last: u32,
    /// The newest of each of so many hours…
    pub hourly: u32,
    /// …days…
    pub daily: u32,
    /// …weeks, which begin on Monday…
    pub weekly: u32,
    /// …months…
    pub monthly: u32,
    /// …years that have a set.
    pub yearly: u32,
}

/// A stretch of the calendar of which one set is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// An hour by the site's clocks.
    Hour,
    /// A day.
    Day,
    /// A week from Monday.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}

impl Period {
    const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// What two instants of the same period have in common, and those of different ones have not.
    fn of(self, at: &Zoned) -> (Date, i8, i32) {
        let date = at.date();
        match self {
            // When clocks go back an hour comes twice, and each is an hour of its own.
            Self::Hour => (date, at.hour(), at.offset().seconds()),
            Self::Day => (date, 0, 0),
            // A week of the turn of the year belongs to one of the two years, and is one.
            Self::Week => {
                let week = date.iso_week_date();
                (Date::ZERO, week.week(), i32::from(week.year()))
            }
            Self::Month => (date.first_of_month(), 0, 0),
            Self::Year => (date.first_of_year(), 0, 0),
        }
    }
}

/// Why a set is out of reach of every rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// It was taken as evidence.
    Evidence,
    /// A person holds it.
    Held,
}

/// A set that is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: SnapshotId,
    /// When taking it began.
    pub time: Timestamp,
    /// Why no rule may touch it, if so.
    pub apart: Option<Apart>,
    /// Whether it was read whole, or restored and compared, and found good.
    pub verified: bool,
    /// What it is tagged with.
    pub tags: BTreeSet<String>,
}

/// Why a set stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is dated in the future.
    Future,
    /// When it was taken is not known.
    Undated,
    /// It was taken as evidence.
    Evidence,
    /// A person holds it.
    Held,
    /// It is the newest.
    Newest,
    /// It is one of the last.
    Last,
    /// It is young enough.
    Within,
    /// It is the newest of its period.
    NewestOf(Period),
    /// It is needed as a verified set.
    Verified,
    /// Too few sets are verified for any to be forgotten.
    TooFewVerified,
}

impl Reason {
    /// The stable word for `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Future => "future",
            Self::Undated => "undated",
            Self::Evidence => "evidence",
            Self::Held => "held",
            Self::Newest => "newest",
            Self::Last => "last",
            Self::Within => "within",
            Self::NewestOf(Period::Hour) => "hourly",
            Self::NewestOf(Period::Day) => "daily",
            Self::NewestOf(Period::Week) => "weekly",
            Self::NewestOf(Period::Month) => "monthly",
            Self::NewestOf(Period::Year) => "yearly",
            Self::Verified => "verified",
            Self::TooFewVerified => "too-few-verified",
        }
    }

    /// The same for people.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Future => "retention-future",
            Self::Undated => "retention-undated",
            Self::Evidence => "retention-evidence",
            Self::Held => "retention-held",
            Self::Newest => "retention-newest",
            Self::Last => "retention-last",
            Self::Within => "retention-within",
            Self::NewestOf(Period::Hour) => "retention-hourly",
            Self::NewestOf(Period::Day) => "retention-daily",
            Self::NewestOf(Period::Week) => "retention-weekly",
            Self::NewestOf(Period::Month) => "retention-monthly",
            Self::NewestOf(Period::Year) => "retention-yearly",
            Self::Verified => "retention-verified",
            Self::TooFewVerified => "retention-too-few-verified",
        })
    }
}

/// What becomes of one set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The set.
    pub set: Candidate,
    /// Why it stays; empty: it goes.
    pub reasons: BTreeSet<Reason>,
}

impl Decision {
    /// Whether it stays.
    pub fn stays(&self) -> bool {
        !self.reasons.is_empty()
    }
}

/// What becomes of all sets of a portal in one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionPlan {
    /// One for each set, the newest first.
    pub decisions: Vec<Decision>,
    /// How many verified sets remain that a restore may take unasked.
    pub verified: usize,
    /// How many must remain at least.
    pub verified_min: usize,
}

impl RetentionPlan {
    /// Judges `sets`, in whatever order they come, at the instant `now`.
    pub fn new(
        retention: &Retention,
        zone: &TimeZone,
        now: Timestamp,
        sets: impl IntoIterator<Item = Candidate>,
    ) -> Self {
        let mut decisions: Vec<_> =
            sets.into_iter().map(|set| Decision { set, reasons: BTreeSet::new() }).collect();
        // The id decides between sets of one instant, so that the order of listing does not.
        decisions.sort_by_key(|one| Reverse((one.set.time, one.set.id)));
        decisions.dedup_by_key(|decision| decision.set.id);
        for decision in &mut decisions {
            decision.reasons.extend(out_of_reach(&decision.set, now));
        }
        let mut ordinary: Vec<_> =
            decisions.iter_mut().filter(|decision| !decision.stays()).collect();
        let tags: Vec<_> = retention.tags.keys().collect();
        let is_plain = |set: &Candidate| !tags.iter().any(|tag| set.tags.contains(*tag));
        apply(&retention.rules, zone, among(&mut ordinary, is_plain));
        for (tag, rules) in &retention.tags {
            apply(rules, zone, among(&mut ordinary, |set| set.tags.contains(tag)));
        }
        let verified_min = retention.verified as usize;
        let verified = keep_verified(verified_min, &mut ordinary);
        Self { decisions, verified, verified_min }
    }

    /// Leaves out all sets but those with each of these tags: the rest is not forgotten now, and
    /// what is said of these holds as it was judged, among all.
    pub fn narrow(&mut self, tags: &BTreeSet<String>) {
        self.decisions.retain(|one| tags.is_subset(&one.set.tags));
    }

    /// The sets that go, the oldest first.
    pub fn forgotten(&self) -> impl Iterator<Item = &Candidate> {
        self.decisions.iter().rev().filter(|decision| !decision.stays()).map(|one| &one.set)
    }

    /// How many sets stay for this reason.
    pub fn count(&self, reason: Reason) -> usize {
        self.decisions.iter().filter(|one| one.reasons.contains(&reason)).count()
    }

    /// Whether too few sets are verified, so that all stay.
    pub fn lacks_verified(&self) -> bool {
        self.verified < self.verified_min
    }
}

fn out_of_reach(set: &Candidate, now: Timestamp) -> impl Iterator<Item = Reason> {
    let apart = set.apart.map(|apart| match apart {
        Apart::Evidence => Reason::Evidence,
        Apart::Held => Reason::Held,
    });
    let future = (set.time > now).then_some(Reason::Future);
    let undated = (set.time < DATED_SINCE).then_some(Reason::Undated);
    apart.into_iter().chain(future).chain(undated)
}

/// Those that `belong`, in the same order.
fn among<'a>(
    sets: &'a mut [&mut Decision],
    belong: impl Fn(&Candidate) -> bool,
) -> Vec<&'a mut Decision> {
    sets.iter_mut().map(|one| &mut **one).filter(|one| belong(&one.set)).collect()
}

/// Applies the rules to sets that are in their reach, the newest first.
fn apply(rules: &Rules, zone: &TimeZone, mut sets: Vec<&mut Decision>) {
    let Some(newest) = sets.first_mut() else { return };
    newest.reasons.insert(Reason::Newest);
    let newest = newest.set.time;
    for set in sets.iter_mut().take(rules.last as usize) {
        set.reasons.insert(Reason::Last);
    }
    if let Some(within) = rules.within {
        // A span beyond what can be counted reaches back to the beginning.
        let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
        for set in &mut sets {
            if newest.duration_since(set.set.time) <= within {
                set.reasons.insert(Reason::Within);
            }
        }
    }
    for period in Period::ALL {
        let wanted = match period {
            Period::Hour => rules.hourly,
            Period::Day => rules.daily,
            Period::Week => rules.weekly,
            Period::Month => rules.monthly,
            Period::Year => rules.yearly,
        };
        let mut before = None;
        let mut left = wanted;
        for set in &mut sets {
            let this = Some(period.of(&set.set.time.to_zoned(zone.clone())));
            if left == 0 {
                break;
            }
            if this != before {
                set.reasons.insert(Reason::NewestOf(period));
                left -= 1;
                before = this;
            }
        }
    }
}

/// Sees to it that so many verified sets remain, and returns how many do.
fn keep_verified(wanted: usize, sets: &mut [&mut Decision]) -> usize {
    let mut kept = sets.iter().filter(|one| one.set.verified && one.stays()).count();
    for set in sets.iter_mut().filter(|one| one.set.verified && !one.stays()) {
        if kept >= wanted {
            break;
        }
        set.reasons.insert(Reason::Verified);
        kept += 1;
    }
    if kept < wanted {
        for set in sets.iter_mut().filter(|one| !one.stays()) {
            set.reasons.insert(Reason::TooFewVerified);
        }
    }
    kept
}
