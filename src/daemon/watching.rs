//! The trees that the daemon watches, and the sets that their changes wish for.
//!
//! A set that began after a change holds it, whoever took it: this daemon, a person at the command
//! line, or another host's. A run that failed changes nothing of what is pending; the next one
//! follows after [`AGAIN`], so that a full disk is not met with a set every few minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::base::fault::chain;
use crate::config::settings::{Portal, Settings, Tree};
use crate::daemon::work::Work;
use crate::job::site::Site;
use crate::job::watch;
use crate::scheduler::core::Wish;
use crate::source::watch::{Rule, Settled, Watch};
use crate::view::Now;
use crate::world::World;
use crate::world::clock::Monotonic;

/// Before a set that failed is tried again for the same changes.
const AGAIN: Duration = Duration::from_mins(10);

/// How long a stop waits for all journals together; who hangs longer hangs in a file system that
/// does not answer, and has said since when it knows nothing.
const STOP_MAX: Duration = Duration::from_secs(10);

/// Every portal with watched trees.
#[derive(Default)]
pub(super) struct Watching {
    portals: BTreeMap<String, Watched>,
}

#[derive(Default)]
struct Watched {
    trees: Vec<(Tree, Watch)>,
    /// When a set follows a change; never where nobody wants it.
    rule: Option<Rule>,
    /// When the set that is being taken began.
    began: Option<Monotonic>,
    /// Not before this, since the last one failed.
    not_before: Option<Monotonic>,
    /// The beginning of the newest set that the log knows.
    taken: Option<Timestamp>,
    /// The newest set that the log does not tell yet is our own, and settled as such.
    is_own: bool,
    /// Beginnings of sets that were yet to come when the log first told of them.
    misdated: BTreeSet<Timestamp>,
    /// When trees that nobody watches were last looked after.
    tended: Option<Monotonic>,
}

impl Watching {
    /// Watches what the settings want watched, and nothing else any more. What stays as it was is
    /// watched on.
    pub(super) fn take_up(&mut self, site: &Site) {
        let mut before = std::mem::take(&mut self.portals);
        for portal in &site.settings.portals {
            if !portal.trees.iter().any(|tree| tree.watch) {
                continue;
            }
            let old = before.remove(&portal.id).unwrap_or_default();
            self.portals.insert(portal.id.clone(), old.renewed(site, portal));
        }
    }

    /// For each portal whose sets follow changes: its job, and when it wishes to start.
    pub(super) fn wishes(
        &self,
        now: Timestamp,
        clock: Monotonic,
    ) -> impl Iterator<Item = (String, Option<Wish>)> {
        let ruled = self.portals.iter().filter_map(|(id, one)| Some((id, one, one.rule?)));
        ruled.map(move |(id, one, rule)| {
            let due = one.trees.iter().filter_map(|(_, watch)| watch.due(&rule)).min();
            let wish = due.map(|due| {
                let due = one.not_before.map_or(due, |earliest| due.max(earliest));
                Wish { clock: due, at: at(due, now, clock) }
            });
            (Work::snapshot_of(id), wish)
        })
    }

    /// Since when changes of this portal wait for a set.
    pub(super) fn since(&self, portal: &str) -> Option<Timestamp> {
        let trees = &self.portals.get(portal)?.trees;
        trees.iter().filter_map(|(_, watch)| watch.pending().since()).min()
    }

    /// A set of this portal begins: what changes from now on may not be in it.
    pub(super) fn began(&mut self, portal: &str, clock: Monotonic) {
        if let Some(one) = self.portals.get_mut(portal) {
            one.began = Some(clock);
        }
    }

    /// It has ended.
    pub(super) fn ended(&mut self, portal: &str, success: bool, world: &World) {
        let Some(one) = self.portals.get_mut(portal) else { return };
        match one.began.take() {
            Some(began) if success => {
                one.not_before = None;
                one.is_own = true;
                one.settle(Settled::Here(began), world);
            }
            _ => {
                let again = world.clock.monotonic().0.saturating_add(AGAIN);
                one.not_before = Some(Monotonic(again));
            }
        }
    }

    /// Sets that the log has learned of since the last look, whoever took them.
    pub(super) fn learn(&mut self, fold: &Now, settings: &Settings, world: &World) {
        for (id, one) in &mut self.portals {
            let (Some(known), Some(portal)) = (fold.portals.get(id), settings.portal(id)) else {
                continue;
            };
            let to = portal.snapshot.to.iter().filter_map(|name| known.sets.get(name));
            let newest = one.news(to.map(|set| set.taken).collect(), world.clock.now());
            if let Some(newest) = newest {
                one.settle(Settled::Elsewhere(newest), world);
            }
        }
    }

    /// Watches again what nobody watches any more, but not too often.
    pub(super) fn tend(&mut self, site: &Site) {
        let clock = site.world.clock.monotonic();
        for (id, one) in &mut self.portals {
            let has_ended = one.trees.iter().any(|(_, watch)| watch.has_ended());
            let is_early = one.tended.is_some_and(|then| clock.since(then) < AGAIN);
            let Some(portal) = site.settings.portal(id).filter(|_| has_ended && !is_early) else {
                continue;
            };
            one.tended = Some(clock);
            one.trees.retain(|(_, watch)| !watch.has_ended());
            *one = std::mem::take(one).renewed(site, portal);
        }
    }

    /// Watches nothing any more; what is known is in the journals when this returns, but for trees
    /// whose file system does not answer.
    pub(super) fn stop(&mut self, world: &World) {
        let begun = world.clock.monotonic();
        let all = std::mem::take(&mut self.portals).into_values().flat_map(|one| one.trees);
        let all: Vec<_> = all.inspect(|(_, watch)| watch.ask_to_stop()).collect();
        for (tree, watch) in all {
            let waited = world.clock.monotonic().since(begun);
            if !watch.end(STOP_MAX.saturating_sub(waited)) {
                tracing::error!(
                    tree = tree.name,
                    "A tree does not answer; its watch is left behind."
                );
            }
        }
    }
}

impl Watched {
    fn renewed(mut self, site: &Site, portal: &Portal) -> Self {
        let mut trees = Vec::new();
        for tree in portal.trees.iter().filter(|tree| tree.watch) {
            let old = self.trees.iter().position(|(old, _)| old == tree);
            if let Some(place) = old {
                trees.push(self.trees.swap_remove(place));
                continue;
            }
            // One that was configured otherwise lets go of the journal first.
            self.trees.retain(|(old, _)| old.name != tree.name);
            match watch::start(site, &portal.id, tree) {
                Ok(watch) => trees.push((tree.clone(), watch)),
                // The patterns were checked with the configuration.
                Err(fault) => tracing::error!(
                    portal = portal.id,
                    tree = tree.name,
                    code = fault.code(),
                    "A tree cannot be watched: {}.",
                    chain(fault.as_ref())
                ),
            }
        }
        let rule = portal.snapshot.on_change.as_ref().map(watch::rule);
        Self { trees, rule, ..self }
    }

    /// The newest of these beginnings, if it is news and says what is in a set.
    fn news(&mut self, times: BTreeSet<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        // Once and for all: when that time has come, its set holds nothing of what changed until
        // then.
        self.misdated.retain(|time| times.contains(time));
        self.misdated.extend(times.range(now..).filter(|time| **time > now));
        let newest = times.into_iter().rfind(|time| !self.misdated.contains(time))?;
        if self.taken.is_some_and(|taken| newest <= taken) {
            return None;
        }
        self.taken = Some(newest);
        // Our own is known better, by the clock that does not jump.
        (!std::mem::take(&mut self.is_own)).then_some(newest)
    }

    fn settle(&self, began: Settled, world: &World) {
        for (_, watch) in &self.trees {
            watch.settle(began, world);
        }
    }
}

/// The instant of the wall clock that is as far from now as `due` is.
fn at(due: Monotonic, now: Timestamp, clock: Monotonic) -> Timestamp {
    let span = |span| SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    let far = if due >= clock {
        now.checked_add(span(due.since(clock)))
    } else {
        now.checked_sub(span(clock.since(due)))
    };
    far.unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_the_future_says_nothing_not_even_when_its_time_has_come() {
        let mut one = Watched::default();
        let at = |second| Timestamp::from_second(1_800_000_000 + second).expect("a valid time");
        let mut check = |times: &[i64], now: i64, expected: Option<i64>| {
            let times = times.iter().map(|second| at(*second)).collect();
            assert_eq!(one.news(times, at(now)), expected.map(at), "at {now}");
        };
        check(&[], 0, None);
        check(&[10], 20, Some(10));
        check(&[10], 21, None);
        check(&[10, 100], 30, None);
        check(&[10, 100], 110, None);
        // A set of another repository, while the misdated one is still its newest.
        check(&[115, 100], 120, Some(115));
        check(&[115, 130], 140, Some(130));
    }

    #[test]
    fn our_own_set_is_settled_once() {
        let mut one = Watched { is_own: true, ..Watched::default() };
        let at = |second| Timestamp::from_second(second).expect("a valid time");
        assert_eq!(one.news(BTreeSet::from([at(5)]), at(9)), None);
        assert_eq!(one.news(BTreeSet::from([at(7)]), at(9)), Some(at(7)));
    }
}
