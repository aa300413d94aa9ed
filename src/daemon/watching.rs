//! The trees that the daemon watches, and the sets that their changes wish for.
//!
//! A set that began after a change holds it, whoever took it: this daemon, a person at the command
//! line, or another host's. A run that failed changes nothing of what is pending; the next one
//! follows after [`AGAIN`], so that a full disk is not met with a set every few minutes.

use std::collections::BTreeMap;
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
            (Work::Snapshot(id.clone()).id(), wish)
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
            let Some(newest) = to.map(|set| set.taken).max() else { continue };
            if one.taken.is_none_or(|taken| newest > taken) {
                one.taken = Some(newest);
                one.settle(Settled::Elsewhere(newest), world);
            }
        }
    }

    /// Watches nothing any more; what is known is in the journals when this returns.
    pub(super) fn stop(&mut self) {
        for (_, watch) in self.portals.values().flat_map(|one| &one.trees) {
            watch.ask_to_stop();
        }
        self.portals.clear();
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
