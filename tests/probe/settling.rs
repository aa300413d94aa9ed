//! Settling under any row of looks: never without its row, and always the same again.

use duphong::probe::fact::{State, Verdict};
use duphong::probe::settings::Settle;
use duphong::probe::settle::{Look, Settled, WINDOW};
use jiff::Timestamp;
use proptest::prelude::*;

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let state = prop::sample::select(State::WORDS.map(|(_, state)| state).to_vec());
    // Runs of equal looks, else hardly any row would ever be whole.
    let runs = proptest::collection::vec((state, 1_usize..6), 0..30);
    runs.prop_map(|runs| {
        let states = runs.into_iter().flat_map(|(state, length)| vec![state; length]);
        let at = |minute: usize| Timestamp::from_second(60 * i64::try_from(minute).unwrap());
        states.enumerate().map(|(minute, state)| Look { at: at(minute).unwrap(), state }).collect()
    })
}

fn settle() -> impl Strategy<Value = Settle> {
    (0_u32..6, 0_u32..6).prop_map(|(failures, successes)| Settle { failures, successes })
}

/// What is settled after each look, told to the machine as a daemon would.
fn watched(looks: &[Look], settle: Settle) -> Vec<Settled> {
    let mut now = Settled::default();
    (1..=looks.len())
        .map(|count| {
            now = now.after(&looks[count.saturating_sub(WINDOW)..count], settle);
            now
        })
        .collect()
}

proptest! {
    #[test]
    fn nothing_settles_without_its_row(looks in looks(), settle in settle()) {
        let mut before = None;
        for (at, settled) in watched(&looks, settle).into_iter().enumerate() {
            let now = settled.state;
            if now != before {
                let (state, since) = now.expect("what is settled stays so until it changes");
                let healthy = state == State::Healthy;
                let from = looks[..=at].iter().position(|look| look.at == since).unwrap();
                let row = &looks[from..=at];
                let least = settle.failures.min(settle.successes).max(1) as usize;
                prop_assert!(row.len() >= least);
                // Unknown looks settle nothing but unknown, and nothing else settles that.
                for look in row {
                    prop_assert_eq!(look.state == State::Unknown, state == State::Unknown);
                }
                if healthy {
                    prop_assert!(row.iter().all(|look| look.state == State::Healthy));
                    prop_assert!(row.len() >= settle.successes.max(1) as usize);
                } else if state.verdict() == Verdict::Down {
                    prop_assert!(row.iter().all(|look| look.state == State::Down));
                }
                // The state is one that was seen in the row.
                prop_assert!(row.iter().any(|look| look.state == state));
            }
            before = now;
        }
    }

    #[test]
    fn looks_read_back_lead_to_the_same_state(
        looks in looks(), settle in settle(), cut in any::<prop::sample::Index>(),
    ) {
        let live = watched(&looks, settle);
        if !looks.is_empty() {
            // A restart in the middle knows what was settled and the newest looks, no more.
            let cut = cut.index(looks.len());
            let mut now = live[cut];
            for count in cut + 2..=looks.len() {
                now = now.after(&looks[count.saturating_sub(WINDOW)..count], settle);
                prop_assert_eq!(now, live[count - 1]);
            }
        }
    }

    #[test]
    fn a_long_row_always_settles(looks in looks(), settle in settle()) {
        for (_, state) in State::WORDS {
            let mut all = looks.clone();
            for minute in 0..12 {
                let at = Timestamp::from_second(1_000_000 + 60 * minute).unwrap();
                all.push(Look { at, state });
            }
            let end = watched(&all, settle).last().unwrap().state.map(|(state, _)| state);
            prop_assert_eq!(end, Some(state));
        }
    }
}

#[test]
fn a_portal_that_changes_all_the_time_flaps_until_it_has_been_quiet() {
    let look =
        |minute: i64, state| Look { at: Timestamp::from_second(60 * minute).unwrap(), state };
    let mut looks: Vec<Look> = Vec::new();
    let mut now = Settled::default();
    let mut flapping = Vec::new();
    for minute in 0..40 {
        let down = minute < 12 && minute % 3 == 0;
        looks.push(look(minute, if down { State::Down } else { State::Healthy }));
        now = now.after(&looks[looks.len().saturating_sub(WINDOW)..], Settle::default());
        flapping.push(now.flapping);
    }
    let begins = flapping.iter().position(|flaps| *flaps);
    let ends = flapping.iter().rposition(|flaps| *flaps);
    // Four changes of twenty by minute 6; the last of them leaves the window after minute 29.
    assert_eq!((begins, ends), (Some(6), Some(29)));
    // Losing our own uplink now and then is not the portal's flapping.
    let ours: Vec<Look> = (0..21)
        .map(|minute| look(minute, if minute % 2 == 0 { State::Unknown } else { State::Healthy }))
        .collect();
    assert!(!Settled::default().after(&ours, Settle::default()).flapping);
}
