//! duphong killed by SIGKILL in the middle of a real failover, between what it did and its note of
//! it, and resumed to the end.

use std::time::{Duration, Instant};

use crate::failover::drive::{Driven, answer};
use crate::failover::farm::Mode;

/// More kills than this do not tell more.
const KILLS: u32 = 6;

/// Runs a failover that is killed when `order` says, again and again, and holds its end against
/// what was promised.
#[track_caller]
fn check_ends_well(driven: &Driven, number: &str, kills: usize) {
    let done = driven.playbook(&["resume", number]);
    done.expect(0, "finished");
    driven.check_serves_from_b();
    done.tell(&format!("failover after {kills} kills"));
    driven.check_never_two_primaries();
    assert!(driven.lost().is_empty(), "{:?}", driven.lost());
    let log = driven.playbook(&["show", number]);
    assert_eq!(log.run["standing"], "finished");
}

#[test]
fn killed_between_effect_and_record_of_each_step_it_goes_on_to_the_end() {
    let driven = Driven::start(Mode::Synchronous);
    let number = driven.begin(&[]);
    let mut kills = 0;
    for script in ["fence", "nginx-test", "nginx-reload"] {
        let order = driven.farm.path(&format!("kill-after-{script}"));
        std::fs::write(&order, "").unwrap();
    }
    // The promotion has no command: it is killed when the server says that it is primary.
    let mut promoted = false;
    while kills < 4 {
        let mut child = driven.spawn(&["resume", &number]);
        loop {
            if !promoted && driven.farm.b.sql("SELECT pg_is_in_recovery()") == "f" {
                promoted = true;
                child.kill().unwrap();
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
        }
        let ended = answer(child);
        assert_eq!(ended.code, None, "killed, not ended: {ended:?}");
        kills += 1;
    }
    check_ends_well(&driven, &number, kills);
}

/// Any moment at all: each seed kills at moments of its own.
#[track_caller]
fn check_killed_anywhere(seed: u64) {
    let driven = Driven::start(Mode::Synchronous);
    let number = driven.begin(&[]);
    let (mut state, mut kills) = (seed, 0);
    for _ in 0..KILLS {
        // A linear congruence: nothing here needs better chance, and a seed can be run again.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_millis(50 + (state >> 33) % 4000);
        let mut child = driven.spawn(&["resume", &number]);
        let began = Instant::now();
        while began.elapsed() < moment && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        let ended = answer(child);
        assert!(matches!(ended.code, None | Some(0)), "seed {seed}: {ended:?}");
    }
    eprintln!("seed {seed}");
    check_ends_well(&driven, &number, kills);
}

#[test]
fn killed_at_any_moment_it_goes_on_to_the_end() {
    for seed in [1, 2, 3] {
        check_killed_anywhere(seed);
    }
}
