//! Retention: which sets stay, at the edges of the calendar and for sets in any number and order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use duphong::base::digest::Digest;
use duphong::repository::SnapshotId;
use duphong::repository::retention::{Apart, Candidate, Retention, RetentionPlan};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const NOW: &str = "2026-11-22T12:00:00Z";

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn none() -> Retention {
    Retention { verified: 0, ..Retention::default() }
}

fn id(number: u32) -> SnapshotId {
    SnapshotId(Digest::of(&number.to_be_bytes()))
}

/// A line such as `2026-11-22T01:00:00Z v daily,newest`: time, marks (`v`erified, `e`vidence,
/// `h`eld), and why it stays; `-` where it goes.
#[track_caller]
fn check(rules: &Retention, zone_name: &str, table: &[&str]) {
    let rows: Vec<Vec<&str>> = table.iter().map(|line| line.split_whitespace().collect()).collect();
    let sets = rows.iter().enumerate().map(|(number, row)| Candidate {
        id: id(u32::try_from(number).unwrap()),
        time: row[0].parse().unwrap(),
        apart: match row[1] {
            marks if marks.contains('e') => Some(Apart::Evidence),
            marks if marks.contains('h') => Some(Apart::Held),
            _ => None,
        },
        verified: row[1].contains('v'),
    });
    let plan = RetentionPlan::new(rules, &zone(zone_name), NOW.parse().unwrap(), sets);
    let told: BTreeMap<SnapshotId, String> = plan
        .decisions
        .iter()
        .map(|one| {
            let words: BTreeSet<_> = one.reasons.iter().map(|reason| reason.as_str()).collect();
            (one.set.id, words.into_iter().collect::<Vec<_>>().join(","))
        })
        .collect();
    for (number, row) in rows.iter().enumerate() {
        let told = &told[&id(u32::try_from(number).unwrap())];
        let expected = if row[2] == "-" { "" } else { row[2] };
        assert_eq!(told, expected, "{}", row[0]);
    }
}

#[test]
fn the_newest_of_each_period_of_the_sites_calendar_stays() {
    // Midnight in Vietnam is 17:00 in Greenwich.
    check(
        &Retention { daily: 2, ..none() },
        "Asia/Ho_Chi_Minh",
        &[
            "2026-11-21T17:00:00Z . daily,newest",
            "2026-11-21T16:59:59Z . daily",
            "2026-11-21T01:00:00Z . -",
            "2026-11-20T16:00:00Z . -",
        ],
    );
    // Clocks in Berlin went back at 01:00Z: the hour from two to three came twice.
    check(
        &Retention { hourly: 3, ..none() },
        "Europe/Berlin",
        &[
            "2026-10-25T01:30:00Z . hourly,newest",
            "2026-10-25T01:10:00Z . -",
            "2026-10-25T00:30:00Z . hourly",
            "2026-10-24T23:30:00Z . hourly",
            "2026-10-24T22:30:00Z . -",
        ],
    );
    // 28 December 2026 is a Monday; that week is the 53rd of 2026 to its end on 3 January.
    let then = Retention { weekly: 2, ..none() };
    let sets = ["2026-01-04T23:59:59Z . newest,weekly", "2026-01-01T00:00:00Z . -"];
    check(
        &then,
        "UTC",
        &[sets[0], sets[1], "2025-12-29T00:00:00Z . -", "2025-12-28T00:00:00Z . weekly"],
    );
    check(
        &Retention { monthly: 3, yearly: 2, ..none() },
        "UTC",
        &[
            "2026-03-01T00:00:00Z . monthly,newest,yearly",
            "2026-02-28T23:59:59Z . monthly",
            "2026-02-01T00:00:00Z . -",
            "2026-01-31T00:00:00Z . monthly",
            "2024-12-31T23:59:59Z . yearly",
            "2024-02-29T00:00:00Z . -",
        ],
    );
}

/// A portal that takes a set a month keeps seven months by `daily: 7`.
#[test]
fn periods_without_a_set_are_not_counted() {
    check(
        &Retention { daily: 2, ..none() },
        "UTC",
        &[
            "2026-03-01T00:00:00Z . daily,newest",
            "2025-03-01T00:00:00Z . daily",
            "2024-03-01T00:00:00Z . -",
        ],
    );
}

#[test]
fn a_span_is_counted_back_from_the_newest_set() {
    check(
        &Retention { within: Some(Duration::from_hours(24)), ..none() },
        "UTC",
        &[
            "2026-03-02T00:00:00Z . newest,within",
            "2026-03-01T00:00:00Z . within",
            "2026-02-28T23:59:59Z . -",
        ],
    );
    check(
        &Retention { within: Some(Duration::MAX), ..none() },
        "UTC",
        &["2026-03-02T00:00:00Z . newest,within", "2000-01-01T00:00:00Z . within"],
    );
}

#[test]
fn a_set_of_the_future_stays_and_counts_for_nothing() {
    check(
        &Retention { last: 1, ..none() },
        "UTC",
        &[
            "2099-01-01T00:00:00Z . future",
            "2026-11-22T12:00:00.000000001Z . future",
            "2026-11-22T12:00:00Z . last,newest",
            "2026-11-22T11:00:00Z . -",
        ],
    );
}

/// A host without a battery for its clock begins in 1970, and a field that nobody set is the year 1.
#[test]
fn a_set_whose_date_is_not_known_stays_and_counts_for_nothing() {
    check(
        &Retention { last: 3, yearly: 9, verified: 1, ..none() },
        "UTC",
        &[
            "2026-11-21T00:00:00Z . last,newest,yearly",
            "2026-11-20T00:00:00Z . last",
            "2000-01-01T00:00:00Z v last,yearly",
            "1999-12-31T23:59:59Z v undated",
            "1970-01-01T00:02:00Z . undated",
            "0001-01-01T00:00:00Z . undated",
        ],
    );
}

#[test]
fn evidence_and_held_sets_stay_and_take_no_place() {
    check(
        &Retention { last: 1, daily: 1, ..none() },
        "UTC",
        &[
            "2026-11-21T03:00:00Z e evidence",
            "2026-11-21T02:00:00Z h held",
            "2026-11-21T01:00:00Z . daily,last,newest",
            "2026-11-21T00:00:00Z . -",
        ],
    );
}

#[test]
fn verified_sets_remain_in_the_number_asked_for() {
    let rules = Retention { last: 1, verified: 2, ..none() };
    check(
        &rules,
        "UTC",
        &[
            "2026-11-21T05:00:00Z v last,newest",
            "2026-11-21T04:00:00Z . -",
            "2026-11-21T03:00:00Z v verified",
            "2026-11-21T02:00:00Z v -",
        ],
    );
    // Those that are out of reach prove nothing about what a restore takes unasked.
    check(
        &rules,
        "UTC",
        &[
            "2099-01-01T00:00:00Z v future",
            "2026-11-21T05:00:00Z ve evidence",
            "2026-11-21T04:00:00Z vh held",
            "2026-11-21T03:00:00Z . last,newest",
            "2026-11-21T02:00:00Z . too-few-verified",
            "2026-11-21T01:00:00Z v verified",
        ],
    );
}

#[test]
fn without_any_proof_nothing_is_forgotten() {
    check(
        &Retention { last: 1, ..Retention::default() },
        "UTC",
        &["2026-11-21T05:00:00Z . last,newest", "2026-11-21T04:00:00Z . too-few-verified"],
    );
}

#[test]
fn no_sets_make_an_empty_plan() {
    let plan = RetentionPlan::new(&none(), &TimeZone::UTC, NOW.parse().unwrap(), []);
    assert_eq!((plan.decisions.len(), plan.forgotten().count()), (0, 0));
}

fn any_rules() -> impl Strategy<Value = Retention> {
    let few = || 0..5_u32;
    let within = prop::option::of((0..2000_u64).prop_map(Duration::from_hours));
    (within, few(), few(), few(), few(), few(), few(), 0..3_u32).prop_map(
        |(within, last, hourly, daily, weekly, monthly, yearly, verified)| Retention {
            within,
            last,
            hourly,
            daily,
            weekly,
            monthly,
            yearly,
            verified,
        },
    )
}

/// Sets over three years before and some days after now, often at the same instant.
fn any_sets() -> impl Strategy<Value = Vec<Candidate>> {
    let now = NOW.parse::<Timestamp>().unwrap().as_second();
    let one =
        (-26_000..200_i64, any::<bool>(), 0..8_u8).prop_map(move |(hours, verified, apart)| {
            let time = Timestamp::from_second(now + hours * 1800).unwrap();
            let apart = match apart {
                0 => Some(Apart::Evidence),
                1 => Some(Apart::Held),
                _ => None,
            };
            (time, apart, verified)
        });
    prop::collection::vec(one, 0..60).prop_map(|sets| {
        let numbered = (0_u32..).zip(sets);
        numbered
            .map(|(number, (time, apart, verified))| Candidate {
                id: id(number),
                time,
                apart,
                verified,
            })
            .collect()
    })
}

fn any_zone() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(vec!["Asia/Ho_Chi_Minh", "UTC", "Europe/Berlin", "America/St_Johns"])
        .prop_map(zone)
}

fn stays(plan: &RetentionPlan) -> BTreeSet<SnapshotId> {
    plan.decisions.iter().filter(|one| one.stays()).map(|one| one.set.id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_plan_does_not_depend_on_the_order_of_listing(
        rules in any_rules(), zone in any_zone(), sets in any_sets(), turn in 0..60_usize,
    ) {
        let now = NOW.parse().unwrap();
        let plan = RetentionPlan::new(&rules, &zone, now, sets.clone());
        let mut other = sets;
        other.reverse();
        if !other.is_empty() {
            let turn = turn % other.len();
            other.rotate_left(turn);
        }
        prop_assert_eq!(plan, RetentionPlan::new(&rules, &zone, now, other));
    }

    /// A run that was broken off anywhere and begun anew ends as one that was not: what stays is
    /// settled by what stays.
    #[test]
    fn forgetting_a_part_or_all_changes_nothing_for_the_rest(
        rules in any_rules(), zone in any_zone(), sets in any_sets(), part in any::<u64>(),
    ) {
        let now = NOW.parse().unwrap();
        let plan = RetentionPlan::new(&rules, &zone, now, sets);
        for part in [part, 0] {
            let rest = plan.decisions.iter().enumerate();
            let rest = rest.filter(|(at, one)| one.stays() || part >> (at % 64) & 1 == 1);
            let again = RetentionPlan::new(&rules, &zone, now, rest.map(|(_, one)| one.set));
            prop_assert_eq!(stays(&plan), stays(&again));
        }
    }

    /// Time that passes, or a clock that is wrong, forgets nothing that a right one keeps.
    #[test]
    fn a_later_clock_forgets_nothing_more(
        rules in any_rules(), zone in any_zone(), sets in any_sets(), years in 0..100_i64,
    ) {
        let now: Timestamp = "2026-12-31T00:00:00Z".parse().unwrap();
        let later = now + jiff::SignedDuration::from_hours(years * 8766);
        let plan = RetentionPlan::new(&rules, &zone, now, sets.clone());
        prop_assert_eq!(stays(&plan), stays(&RetentionPlan::new(&rules, &zone, later, sets)));
    }

    #[test]
    fn no_fewer_are_kept_than_asked_for(
        rules in any_rules(), zone in any_zone(), sets in any_sets(),
    ) {
        let now: Timestamp = NOW.parse().unwrap();
        let plan = RetentionPlan::new(&rules, &zone, now, sets.clone());
        let ordinary: Vec<_> =
            sets.iter().filter(|set| set.apart.is_none() && set.time <= now).collect();
        let kept = stays(&plan);
        if let Some(newest) = ordinary.iter().map(|set| set.time).max() {
            let newest_stays =
                ordinary.iter().any(|set| set.time == newest && kept.contains(&set.id));
            prop_assert!(newest_stays, "the newest goes");
        }
        for set in &sets {
            let apart = set.apart.is_some() || set.time > now;
            prop_assert!(!apart || kept.contains(&set.id));
        }
        let days = |sets: &[&Candidate]| {
            let day = |set: &&Candidate| set.time.to_zoned(zone.clone()).date();
            sets.iter().map(day).collect::<BTreeSet<_>>()
        };
        let stay: Vec<_> = ordinary.iter().copied().filter(|set| kept.contains(&set.id)).collect();
        prop_assert!(stay.len() >= ordinary.len().min(rules.last as usize));
        prop_assert!(days(&stay).len() >= days(&ordinary).len().min(rules.daily as usize));
        let verified = stay.iter().filter(|set| set.verified).count();
        prop_assert_eq!(verified, plan.verified);
        let enough = verified >= rules.verified as usize;
        prop_assert!(enough || plan.forgotten().next().is_none());
        prop_assert_eq!(!enough, plan.lacks_verified());
    }
}
