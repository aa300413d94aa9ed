//! Sources against the real engines: nothing here is mocked.

mod collection;
pub(crate) mod command;
mod faults;
pub(crate) mod mariadb;
mod postgres;
pub(crate) mod production;
mod recipes;
mod relay;
pub(crate) mod scratch;
mod sqlite;
mod ssh;
mod standby;
mod stream;
pub(crate) mod tar;
mod watch;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use duphong::base::manifest::{Inventory, TableRows};
use duphong::world::World;
use duphong::world::clock::{Clock, Monotonic, SystemClock};
use jiff::Timestamp;

/// Waits for something that comes by itself.
#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed().as_secs() < 60, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Goes on by an hour at every look once it has begun to.
#[derive(Default)]
pub(crate) struct Racing {
    real: SystemClock,
    hours: AtomicU64,
}

impl Racing {
    /// The real world by this clock, and the clock.
    pub(crate) fn world() -> (World, Arc<Self>) {
        let clock = Arc::new(Self::default());
        let mut world = scratch::world();
        world.clock = Arc::clone(&clock) as Arc<dyn Clock>;
        (world, clock)
    }

    pub(crate) fn begin(&self) {
        self.hours.store(1, Ordering::Relaxed);
    }
}

impl Clock for Racing {
    fn now(&self) -> Timestamp {
        self.real.now()
    }

    fn monotonic(&self) -> Monotonic {
        let is_racing = self.hours.load(Ordering::Relaxed) > 0;
        let hours = self.hours.fetch_add(u64::from(is_racing), Ordering::Relaxed);
        Monotonic(self.real.monotonic().0 + Duration::from_hours(hours))
    }

    fn sleep(&self, duration: Duration) {
        self.real.sleep(duration);
    }
}

/// What differs, as `kind name: before → after`.
pub(crate) fn differences(before: &Inventory, after: &Inventory) -> Vec<String> {
    fn flat(inventory: &Inventory) -> BTreeMap<String, String> {
        let objects = inventory.objects.iter().flat_map(|(kind, named)| {
            named.iter().map(move |(name, text)| (format!("{kind} {name}"), text.clone()))
        });
        let rows = inventory.tables.iter().map(|(name, TableRows { rows, digest })| {
            (format!("rows {name}"), format!("{rows} {digest}"))
        });
        objects.chain(rows).collect()
    }
    let (before, after) = (flat(before), flat(after));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let text = |side: &BTreeMap<String, String>, name: &String| {
        side.get(name).cloned().unwrap_or_else(|| "—".to_owned())
    };
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{name}: {} → {}", text(&before, name), text(&after, name)))
        .collect()
}
