//! What changed in a tree since the last set, and when a set is due for it. Pure.
//!
//! Bounded: beyond [`PATHS_MAX`] paths, or [`BYTES_MAX`] bytes of them, the paths are given up for
//! *unknown*, which asks for the same walk.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::source::watch::fact::Why;
use crate::world::World;
use crate::world::clock::Monotonic;

/// More paths than a person reads, and than one folder of an album has; the walk that a set needs
/// anyway finds the rest.
pub const PATHS_MAX: usize = 10_000;

/// What paths may take in the journal: some thirty sectors a second of a busy hour, and a file that
/// is read in a moment.
pub const BYTES_MAX: usize = 2 << 20;

/// One instant on both clocks: the wall's for people and records, the other for waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock.
    pub at: Timestamp,
    /// The monotonic clock.
    pub clock: Monotonic,
}

impl Moment {
    /// This instant.
    pub fn now(world: &World) -> Self {
        Self { at: world.clock.now(), clock: world.clock.monotonic() }
    }
}

/// When a set follows a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// So long nothing may change before a set is taken: people upload in bursts.
    pub quiet: Duration,
    /// So long after the first change a set is taken in any case.
    pub longest: Duration,
}

/// Since when a set holds everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The set began at this instant of this process.
    Here(Monotonic),
    /// Somebody else took it: only the wall clock is known.
    Elsewhere(Timestamp),
}

impl Settled {
    fn covers(self, moment: Moment) -> bool {
        match self {
            Self::Here(began) => moment.clock < began,
            Self::Elsewhere(began) => moment.at < began,
        }
    }
}

/// What changed and is in no set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// By path below the root: when it was first and last seen to change.
    paths: BTreeMap<Vec<u8>, (Moment, Moment)>,
    /// Bytes of all paths.
    bytes: usize,
    /// Since when, and why, more may have changed; and when that was last said.
    unknown: Option<Unknown>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unknown {
    why: Why,
    first: Moment,
    last: Moment,
}

/// What a journal must be told of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It knows already.
    Known,
    /// A line more.
    New,
    /// Paths were given up: it is to be written anew.
    GivenUp,
}

impl Pending {
    /// Something at `path` changed.
    pub fn changed(&mut self, path: &[u8], moment: Moment) -> Noted {
        if let Some((_, last)) = self.paths.get_mut(path) {
            *last = moment;
            return Noted::Known;
        }
        if let Some(unknown) = self.unknown.as_mut().filter(|one| one.why == Why::TooMany) {
            unknown.last = moment;
            return Noted::Known;
        }
        if self.paths.len() >= PATHS_MAX || self.bytes + path.len() > BYTES_MAX {
            let first = self.first().unwrap_or(moment);
            self.paths.clear();
            self.bytes = 0;
            // Whatever was unknown before, this is the reason that lasts until the next set.
            self.unknown = Some(Unknown { why: Why::TooMany, first, last: moment });
            return Noted::GivenUp;
        }
        self.bytes += path.len();
        self.paths.insert(path.to_vec(), (moment, moment));
        Noted::New
    }

    /// More may have changed, for this reason.
    pub fn unknown(&mut self, why: Why, moment: Moment) -> Noted {
        match &mut self.unknown {
            Some(unknown) if unknown.why == why => {
                unknown.last = moment;
                Noted::Known
            }
            // The first instant counts; of the reasons one that lasts, or else the newest.
            Some(unknown) if !unknown.why.is_blind() || why.is_blind() => {
                (unknown.why, unknown.last) = (why, moment);
                Noted::New
            }
            Some(unknown) => {
                unknown.last = moment;
                Noted::Known
            }
            None => {
                self.unknown = Some(Unknown { why, first: moment, last: moment });
                Noted::New
            }
        }
    }

    /// Takes in what came later than all that this knows.
    pub(super) fn absorb(&mut self, later: Self) {
        for (path, (first, last)) in later.paths {
            self.changed(&path, first);
            self.changed(&path, last);
        }
        if let Some(Unknown { why, first, last }) = later.unknown {
            self.unknown(why, first);
            self.unknown(why, last);
        }
    }

    /// The whole tree is seen again: a reason that lasted is over, what it hid stays unknown.
    pub fn sees_again(&mut self, moment: Moment) {
        if let Some(unknown) = self.unknown.as_mut().filter(|one| one.why.is_blind()) {
            (unknown.why, unknown.last) = (Why::Started, moment);
        }
    }

    /// Takes out what a set holds. Whether anything went.
    pub fn settle(&mut self, began: Settled) -> bool {
        let before = (self.paths.len(), self.unknown);
        self.paths.retain(|_, (_, last)| !began.covers(*last));
        for (first, last) in self.paths.values_mut() {
            if began.covers(*first) {
                *first = *last;
            }
        }
        self.bytes = self.paths.keys().map(Vec::len).sum();
        self.unknown = self.unknown.filter(|unknown| !began.covers(unknown.last));
        if let Some(unknown) = self.unknown.as_mut().filter(|one| began.covers(one.first)) {
            unknown.first = unknown.last;
        }
        before != (self.paths.len(), self.unknown)
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.unknown.is_none()
    }

    /// The paths that changed, with the instant when that was first seen.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = (&[u8], Timestamp)> {
        self.paths.iter().map(|(path, (first, _))| (path.as_slice(), first.at))
    }

    /// Why a full walk is needed, and since when.
    pub fn reason(&self) -> Option<(Why, Timestamp)> {
        self.unknown.map(|unknown| (unknown.why, unknown.first.at))
    }

    /// Since when something is in no set.
    pub fn since(&self) -> Option<Timestamp> {
        self.firsts().map(|first| first.at).min()
    }

    fn first(&self) -> Option<Moment> {
        self.firsts().min_by_key(|moment| moment.clock)
    }

    fn firsts(&self) -> impl Iterator<Item = Moment> {
        let paths = self.paths.values().map(|(first, _)| *first);
        paths.chain(self.unknown.map(|unknown| unknown.first))
    }

    /// When a set is due; `None` while nothing changed.
    pub fn due(&self, rule: &Rule) -> Option<Monotonic> {
        let after = |moment: Moment, wait| Monotonic(moment.clock.0.saturating_add(wait));
        let latest = after(self.first()?, rule.longest);
        // Where changes are not seen, nobody can tell whether it is quiet.
        if self.unknown.is_some_and(|unknown| unknown.why.is_blind()) {
            return Some(latest);
        }
        let paths = self.paths.values().map(|(_, last)| *last);
        let last = paths.chain(self.unknown.map(|unknown| unknown.last));
        let last = last.max_by_key(|moment| moment.clock)?;
        Some(latest.min(after(last, rule.quiet)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: u64) -> Moment {
        let second = i64::try_from(seconds).expect("test times are small");
        let at = Timestamp::from_second(1_800_000_000 + second).expect("a valid time");
        Moment { at, clock: Monotonic(Duration::from_secs(seconds)) }
    }

    const RULE: Rule = Rule { quiet: Duration::from_secs(10), longest: Duration::from_mins(1) };

    #[track_caller]
    fn check(pending: &Pending, due: Option<u64>) {
        assert_eq!(pending.due(&RULE).map(|due| due.0.as_secs()), due);
    }

    #[test]
    fn a_set_is_due_after_the_quiet_period_or_the_longest_wait() {
        let mut pending = Pending::default();
        check(&pending, None);
        assert_eq!(pending.changed(b"a", moment(100)), Noted::New);
        check(&pending, Some(110));
        assert_eq!(pending.changed(b"a", moment(105)), Noted::Known);
        check(&pending, Some(115));
        for second in 105..170 {
            pending.changed(b"b", moment(second));
        }
        check(&pending, Some(160));
    }

    #[test]
    fn what_changed_while_the_set_was_taken_is_for_the_next_one() {
        let mut pending = Pending::default();
        pending.changed(b"before", moment(100));
        pending.changed(b"both", moment(100));
        pending.changed(b"both", moment(121));
        pending.unknown(Why::Overflow, moment(119));
        assert!(pending.settle(Settled::Here(Monotonic(Duration::from_mins(2)))));
        let left: Vec<_> = pending.paths().collect();
        assert_eq!(left, [(b"both".as_slice(), moment(121).at)]);
        assert_eq!(pending.reason(), None);
        check(&pending, Some(131));
        assert!(!pending.settle(Settled::Elsewhere(moment(121).at)));
        assert!(pending.settle(Settled::Elsewhere(moment(122).at)));
        assert!(pending.is_empty());
    }

    #[test]
    fn where_nothing_is_seen_a_set_follows_the_longest_wait() {
        let mut pending = Pending::default();
        pending.unknown(Why::Started, moment(100));
        check(&pending, Some(110));
        pending.unknown(Why::Limit, moment(101));
        check(&pending, Some(160));
        assert_eq!(pending.unknown(Why::Overflow, moment(102)), Noted::Known);
        assert_eq!(pending.reason(), Some((Why::Limit, moment(100).at)));
        pending.sees_again(moment(103));
        check(&pending, Some(113));
    }

    #[test]
    fn more_paths_than_are_kept_become_unknown_since_the_first() {
        let mut pending = Pending::default();
        for number in 0..PATHS_MAX {
            let path = number.to_string();
            assert_eq!(pending.changed(path.as_bytes(), moment(100)), Noted::New);
        }
        assert_eq!(pending.changed(b"one more", moment(105)), Noted::GivenUp);
        assert_eq!(pending.paths().len(), 0);
        assert_eq!(pending.reason(), Some((Why::TooMany, moment(100).at)));
        assert_eq!(pending.changed(b"another", moment(107)), Noted::Known);
        check(&pending, Some(117));
        let mut long = Pending::default();
        let path = |letter: u8| vec![letter; BYTES_MAX / 2];
        assert_eq!(long.changed(&path(b'a'), moment(1)), Noted::New);
        assert_eq!(long.changed(&path(b'b'), moment(1)), Noted::New);
        assert_eq!(long.changed(b"c", moment(1)), Noted::GivenUp);
    }
}
