//! Samples: kept, shared, bounded, and lost without harm.

use std::time::Duration;

use duphong::base::fault::Fault as _;
use duphong::probe::fact::{State, Verdict};
use duphong::probe::history::{History, Sample};
use duphong::probe::settle::{Look, Settled};
use duphong::probe::uptime::{WHOLE, shares};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const PROBE: (&str, &str) = ("mau", "trang-chu");

fn at(minute: i64) -> Timestamp {
    "2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn sample(minute: i64, state: State) -> Sample {
    Sample {
        at: at(minute),
        state,
        ipv4: Some(state.verdict()),
        ipv6: None,
        took: Duration::from_millis(12),
    }
}

fn keep(history: &mut History, sample: &Sample) -> Vec<Look> {
    let mut seen = Vec::new();
    let decide = |_: Option<Settled>, looks: &[Look]| {
        seen = looks.to_vec();
        None
    };
    history.keep(PROBE, sample, decide).unwrap();
    seen
}

#[test]
fn samples_and_what_is_settled_are_shared_between_processes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let (mut one, mut other) = (History::open(&file).unwrap(), History::open(&file).unwrap());
    keep(&mut one, &sample(0, State::Healthy));
    let settled = Settled { state: Some((State::Down, at(0))), flapping: true };
    one.keep(PROBE, &sample(1, State::Down), |known, _| {
        assert_eq!(known, None);
        Some(settled)
    })
    .unwrap();
    other
        .keep(PROBE, &sample(2, State::Down), |known, looks| {
            assert_eq!(known, Some(settled));
            let states: Vec<_> = looks.iter().map(|look| look.state).collect();
            assert_eq!(states, [State::Healthy, State::Down, State::Down]);
            None
        })
        .unwrap();
    let all = one.looks(PROBE, at(1)).unwrap();
    assert_eq!(all, [sample(1, State::Down), sample(2, State::Down)]);
    assert_eq!(one.looks(("mau", "khac"), at(0)).unwrap(), []);
}

#[test]
fn looks_from_a_clock_that_ran_ahead_wait_in_the_future() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&folder.path().join("state.db")).unwrap();
    keep(&mut history, &sample(0, State::Healthy));
    keep(&mut history, &sample(10_000, State::Down));
    let seen = keep(&mut history, &sample(1, State::Degraded));
    let states: Vec<_> = seen.iter().map(|look| look.state).collect();
    assert_eq!(states, [State::Healthy, State::Degraded]);
}

#[test]
fn looks_older_than_thirteen_months_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&folder.path().join("state.db")).unwrap();
    let day = 24 * 60;
    for minute in [0, 10 * day, 390 * day, 400 * day] {
        keep(&mut history, &sample(minute, State::Healthy));
    }
    let left: Vec<_> = history.looks(PROBE, at(-1)).unwrap().iter().map(|one| one.at).collect();
    assert_eq!(left, [at(10 * day), at(390 * day), at(400 * day)]);
}

#[test]
fn a_damaged_file_is_set_aside_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    for damage in [&b"this is no database, and was never one"[..], &[0xff; 8192]] {
        std::fs::write(&file, damage).unwrap();
        let mut history = History::open(&file).unwrap();
        assert_eq!(history.notice().map(|notice| notice.id), Some("probe-samples-set-aside"));
        assert_eq!(history.notice(), None, "it is said once");
        keep(&mut history, &sample(0, State::Healthy));
        assert_eq!(std::fs::read(folder.path().join("state.db.damaged")).unwrap(), damage);
        assert_eq!(history.looks(PROBE, at(0)).unwrap().len(), 1);
    }
}

#[test]
fn a_page_of_the_file_that_is_overwritten_under_us_is_damage_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let mut history = History::open(&file).unwrap();
    (0..2000).for_each(|minute| drop(keep(&mut history, &sample(minute, State::Healthy))));
    drop(history);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4096..].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let damaged = match History::open(&file) {
        Err(fault) => panic!("a file that can be set aside is no fault: {}", fault.code()),
        Ok(mut history) => match history.notice() {
            Some(_) => true,
            None => match history.keep(PROBE, &sample(2001, State::Down), |_, _| None) {
                Err(fault) => History::is_damaged(&fault),
                Ok(()) => false,
            },
        },
    };
    assert!(damaged);
}

#[test]
fn time_that_nobody_looked_at_is_unknown() {
    let every = Duration::from_mins(1);
    let looks = [
        sample(0, State::Healthy),
        sample(1, State::Healthy),
        sample(2, State::Down),
        sample(3, State::Ipv4Only),
        // The watcher sleeps: the look above holds for two minutes, then nothing is known.
        sample(9, State::Healthy),
    ];
    let seen = shares(&looks, at(0), at(10), every);
    let shown = (seen.healthy, seen.down, seen.degraded, seen.unknown, seen.looks);
    assert_eq!(shown, (30_000, 10_000, 20_000, 40_000, 5));
    assert_eq!(shares(&[], at(0), at(10), every).unknown, WHOLE);
    assert_eq!(shares(&looks, at(10), at(10), every).unknown, WHOLE);
}

proptest! {
    #[test]
    fn shares_add_up_to_the_whole(
        looks in proptest::collection::btree_map(0_i64..5_000, 0_usize..6, 0..200),
        every in 1_u64..100, from in -100_i64..5_000, length in 0_i64..6_000,
    ) {
        let samples: Vec<_> =
            looks.iter().map(|(minute, state)| sample(*minute, State::WORDS[*state].1)).collect();
        let seen =
            shares(&samples, at(from), at(from + length), Duration::from_mins(every));
        prop_assert_eq!(seen.healthy + seen.degraded + seen.down + seen.unknown, WHOLE);
        let healthy = samples.iter().any(|one| one.state.verdict() == Verdict::Healthy);
        prop_assert!(healthy || seen.healthy == 0);
    }
}
