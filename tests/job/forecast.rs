//! Drills beside each other and ahead of themselves, on a portal and on one of twice its size.
//!
//! The drills are real; what a byte and a file cost is counted on a clock that moves with the work
//! and not with the machine, so that nothing here depends on what else runs. Loading more costs more
//! a byte, as sorting does, and every drill has its own speed.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use duphong::base::progress::Progress;
use duphong::drill::fact::Verdict;
use duphong::drill::forecast::{Forecast, Refusal};
use duphong::job::drill::Drilled;
use duphong::job::drill::forecast::{Foreseen, Request, foresee};
use duphong::job::{snapshot, status};
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SystemEntropy;

use crate::job::portal::Installation;

/// A clock that goes on with every byte and file that is worked on.
struct Work {
    clock: Arc<ManualClock>,
    /// Nanoseconds a byte.
    pace: AtomicU64,
    /// Bytes since the phase began.
    moved: AtomicU64,
}

impl Progress for Work {
    fn phase(&self, _phase: &'static str) {
        self.moved.store(0, Ordering::SeqCst);
        self.clock.advance(Duration::from_secs(2));
    }

    fn total(&self, _items: u64, _bytes: u64) {}

    fn advance(&self, items: u64, bytes: u64) {
        let before = self.moved.fetch_add(bytes, Ordering::SeqCst);
        // One twentieth more for each doubling, as for rows that are sorted.
        let dearer = 1.0 + (1.0 + before as f64 / 1e6).log2() / 20.0;
        let pace = self.pace.load(Ordering::SeqCst) as f64;
        let seconds = bytes as f64 * pace * dearer / 1e9 + items as f64 * 0.05;
        self.clock.advance(Duration::from_secs_f64(seconds));
    }
}

/// A portal with a set, and the work that is done on it.
fn portal() -> (Installation, Arc<Work>) {
    let mut here = Installation::new();
    let clock = Arc::new(ManualClock::at(jiff::Timestamp::now()));
    let work = Arc::new(Work {
        clock: Arc::clone(&clock),
        pace: AtomicU64::new(10_000),
        moved: AtomicU64::new(0),
    });
    let runtime = here.site.world.runtime().clone();
    here.site.world = World::with(clock, Arc::new(SystemEntropy), runtime);
    here.site.progress = work.clone();
    snapshot::create(&here.site, "mau").unwrap();
    (here, work)
}

/// A drill at this speed, in nanoseconds a byte.
#[track_caller]
fn drill(here: &Installation, work: &Work, pace: u64) -> Drilled {
    work.pace.store(pace, Ordering::SeqCst);
    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    drilled
}

fn rto(drilled: &Drilled) -> Duration {
    Duration::from_millis(drilled.record.measured_rto_ms.unwrap())
}

fn ask(here: &Installation, machine: u32, megabits: Option<u32>) -> Foreseen {
    let (portal, repository, at) = ("mau".to_owned(), None, None);
    foresee(&here.site, &Request { portal, repository, at, machine, megabits }).unwrap()
}

/// The same rows and files once more.
fn double(here: &Installation) {
    let places = here.places();
    let database = rusqlite::Connection::open(&places.database).unwrap();
    let rows = "insert into bai_viet select id + 1500, chuyen_muc, tieu_de, noi_dung, dang_luc, \
                luot_xem from bai_viet;";
    database.execute_batch(rows).unwrap();
    drop(database);
    let mut folders = vec![places.media.clone()];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { all.push(path) }
        }
    }
    for file in all {
        let mut again = file.clone().into_os_string();
        again.push(".lại");
        fs::copy(&file, again).unwrap();
    }
}

#[test]
fn the_bound_holds_for_a_drill_of_twice_the_size() {
    let (here, work) = portal();
    let refused = |found| Err(Refusal::TooFewDrills { found });
    assert_eq!(ask(&here, 100, None).forecast, refused(0));
    let small = [10_000, 11_000, 9_200].map(|pace| {
        assert!(!ask(&here, 100, None).is_within(), "too few drills are no bound");
        drill(&here, &work, pace)
    });
    let slowest = small.iter().map(rto).max().unwrap();
    let same = ask(&here, 100, None).forecast.unwrap();
    assert_eq!(same.drills, [3, 2, 1]);
    assert!(same.most >= slowest && same.beyond < 1.1, "{same:?}");

    double(&here);
    snapshot::create(&here.site, "mau").unwrap();
    let foreseen = ask(&here, 100, None);
    let Forecast { likely, most, beyond, .. } = foreseen.forecast.clone().unwrap();
    assert!((1.8..2.2).contains(&beyond), "{beyond}");
    assert!(foreseen.is_within(), "an hour at most, of eight: {foreseen:?}");
    // As slow as the slowest of the small ones.
    let whole = rto(&drill(&here, &work, 11_000));
    assert!(whole > slowest * 3 / 2, "it is more work: {whole:?} after {slowest:?}");
    assert!(whole <= most, "{whole:?} is later than the bound, {most:?}");
    assert!(most <= whole * 2, "a bound of {most:?} says nothing about {whole:?}");
    let (least, longest) = (likely * 3 / 4, likely * 5 / 4);
    assert!(least <= whole && whole <= longest, "{likely:?} was likely, {whole:?} it took");

    // A machine of half the speed takes twice as long, one of twice the speed has yet to prove it.
    let slow = ask(&here, 50, None).forecast.unwrap();
    let (now, fast) = (ask(&here, 100, None), ask(&here, 200, None).forecast.unwrap());
    let now = now.forecast.unwrap();
    assert!(slow.most >= now.most * 199 / 100 && fast.most == now.most && fast.likely < now.likely);
    let line = ask(&here, 100, Some(1)).forecast.unwrap();
    assert!(line.most > now.most, "{line:?}");
}

#[test]
fn a_drill_that_takes_much_longer_is_told_until_one_does_not() {
    let (here, work) = portal();
    let told = || {
        let remarks = status::status(&here.site).unwrap().remarks;
        let of_drills = remarks.iter().map(|remark| remark.message.id);
        of_drills.filter(|id| id.starts_with("view-drill")).collect::<Vec<_>>()
    };
    let of_a_new_set = |pace| {
        // Hours have passed on this clock, and no drill of an old set passes.
        work.pace.store(10_000, Ordering::SeqCst);
        snapshot::create(&here.site, "mau").unwrap();
        drill(&here, &work, pace)
    };
    for _ in 0..3 {
        of_a_new_set(600_000);
        assert_eq!(told(), [""; 0]);
    }
    let slower = of_a_new_set(800_000);
    assert_eq!(told(), ["view-drill-slower"], "{:?}", rto(&slower));
    of_a_new_set(620_000);
    assert_eq!(told(), [""; 0]);
    let half = of_a_new_set(2_400_000);
    assert!(rto(&half) > Duration::from_hours(4), "{:?}", rto(&half));
    assert_eq!(told(), ["view-drill-slower", "view-drill-half"]);
}
