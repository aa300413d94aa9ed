//! The audit log: what is written stays, what was changed is found.

mod browser;
mod bundle;
mod crashing;
mod differing;
mod durable;
mod exporting;
mod golden;
mod page;
mod rotating;
mod sealed;
mod tamper;
mod verifying;
mod writing;

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use duphong::audit::{Actor, Deed, Entry, Log, Outcome, Reader};
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SeededEntropy;

pub(crate) const ORIGIN: &str = "cong.example/duphong";

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().build().unwrap());

/// A world whose clock stands still and whose keys are the same in every run.
pub(crate) fn still_world() -> (World, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at("2026-03-01T00:00:00Z".parse().unwrap()));
    let entropy = Arc::new(SeededEntropy::new(75));
    (World::with(clock.clone(), entropy, RUNTIME.handle().clone()), clock)
}

pub(crate) fn real_world() -> World {
    World::system(RUNTIME.handle().clone())
}

pub(crate) fn actor() -> Actor {
    Actor::person("an")
}

pub(crate) fn deed(n: u64) -> Deed {
    Deed::new("snapshot.create", "cong-mau").fact("n", n)
}

/// Grows a log to `size` entries: the last ones one by one, what comes before as a batch.
pub(crate) fn grow(log: &Log, size: u64) {
    let now = log.reader().unwrap().size();
    if size > now + 20 {
        log.record_batch(&actor(), (now..size - 10).map(deed).collect()).unwrap();
    }
    while log.reader().unwrap().size() + 2 <= size {
        let intent = log.intend(&actor(), deed(0)).unwrap();
        log.settle(intent, Outcome::done().fact("set", "9f2c")).unwrap();
    }
    while log.reader().unwrap().size() < size {
        log.record(&actor(), deed(1)).unwrap();
    }
}

pub(crate) fn entries(dir: &Path) -> Vec<Entry> {
    Reader::open(dir).unwrap().entries().map(Result::unwrap).collect()
}

/// Copies a folder with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}
