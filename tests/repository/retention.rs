//! Retention: which sets stay, at the edges of the calendar and for sets in any number and order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use duphong::base::digest::Digest;
use duphong::repository::SnapshotId;
use duphong::repository::retention::{Apart, Candidate, Retention, RetentionPlan, Rules};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const NOW: &str = "2026-11-22T12:00:00Z";

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// These rules alone, without a verified set that must remain.
fn keep(rules: Rules) -> Retention {
    Retention { rules, verified: 0, ..Retention::default() }
}

fn id(number: u32) -> SnapshotId {
    SnapshotId(Digest::of(&number.to_be_bytes()))
}

/// A line such as `2026-11-22T01:00:00Z v daily,newest`: time, marks (`v`erified, `e`vidence,
/// `h`eld, `A` and `B` for tags), and why it stays; `-` where it goes.
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
        tags: row[1].matches(['A', 'B']).map(str::to_owned).collect(),
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
        &keep(Rules { daily: 2, ..Rules::default() }),
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
        &keep(Rules { hourly: 3, ..Rules::default() }),
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
    let then = keep(Rules { weekly: 2, ..Rules::default() });
    let sets = ["2026-01-04T23:59:59Z . newest,weekly", "2026-01-01T00:00:00Z . -"];
    check(
        &then,
        "UTC",
        &[sets[0], sets[1], "2025-12-29T00:00:00Z . -", "2025-12-28T00:00:00Z . weekly"],
    );
    check(
        &keep(Rules { monthly: 3, yearly: 2, ..Rules::default() }),
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
        &keep(Rules { daily: 2, ..Rules::default() }),
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
        &keep(Rules { within: Some(Duration::from_hours(24)), ..Rules::default() }),
        "UTC",
        &[
            "2026-03-02T00:00:00Z . newest,within",
            "2026-03-01T00:00:00Z . within",
            "2026-02-28T23:59:59Z . -",
        ],
    );
    check(
        &keep(Rules { within: Some(Duration::MAX), ..Rules::default() }),
        "UTC",
        &["2026-03-02T00:00:00Z . newest,within", "2000-01-01T00:00:00Z . within"],
    );
}

#[test]
fn a_set_of_the_future_stays_and_counts_for_nothing() {
    check(
        &keep(Rules { last: 1, ..Rules::default() }),
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
        &Retention { verified: 1, ..keep(Rules { last: 3, yearly: 9, ..Rules::default() }) },
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
        &keep(Rules { last: 1, daily: 1, ..Rules::default() }),
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
    let rules = Retention { verified: 2, ..keep(Rules { last: 1, ..Rules::default() }) };
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
        &Retention { verified: 1, ..keep(Rules { last: 1, ..Rules::default() }) },
        "UTC",
        &["2026-11-21T05:00:00Z . last,newest", "2026-11-21T04:00:00Z . too-few-verified"],
    );
}

#[test]
fn no_sets_make_an_empty_plan() {
    let plan =
        RetentionPlan::new(&keep(Rules::default()), &TimeZone::UTC, NOW.parse().unwrap(), []);
    assert_eq!((plan.decisions.len(), plan.forgotten().count()), (0, 0));
}

fn tagged(rules: Rules, tags: &[(&str, Rules)]) -> Retention {
    let tags = tags.iter().map(|(tag, rules)| ((*tag).to_owned(), rules.clone())).collect();
    Retention { tags, ..keep(rules) }
}

/// Five sets before upgrades take no day of the daily ones away, nor the other way round.
#[test]
fn sets_with_a_tag_are_judged_among_themselves() {
    let last = |last| Rules { last, ..Rules::default() };
    let rules = tagged(Rules { daily: 2, ..Rules::default() }, &[("A", last(2))]);
    check(
        &rules,
        "UTC",
        &[
            "2026-11-21T05:00:00Z A last,newest",
            "2026-11-21T04:00:00Z . daily,newest",
            "2026-11-21T03:00:00Z . -",
            "2026-11-20T05:00:00Z A last",
            "2026-11-20T04:00:00Z A -",
            // A tag without rules of its own changes nothing.
            "2026-11-20T03:00:00Z B daily",
            "2026-11-19T03:00:00Z B -",
        ],
    );
    // Out of reach is out of reach, whatever the tag.
    check(
        &rules,
        "UTC",
        &[
            "2099-01-01T00:00:00Z A future",
            "2026-11-21T05:00:00Z Ae evidence",
            "2026-11-21T04:00:00Z Ah held",
            "2026-11-21T03:00:00Z A last,newest",
            "2026-11-21T02:00:00Z A last",
            "2026-11-21T01:00:00Z A -",
        ],
    );
}

#[test]
fn of_two_tags_one_that_keeps_the_set_is_enough() {
    let yearly = Rules { yearly: 9, ..Rules::default() };
    let last = Rules { last: 1, ..Rules::default() };
    check(
        &tagged(last.clone(), &[("A", last), ("B", yearly)]),
        "UTC",
        &[
            "2026-11-21T05:00:00Z A last,newest",
            "2026-11-21T04:00:00Z AB newest,yearly",
            "2026-11-21T03:00:00Z A -",
            "2026-11-21T02:00:00Z AB -",
            "2025-11-21T02:00:00Z AB yearly",
            "2024-11-21T02:00:00Z . last,newest",
            "2023-11-21T02:00:00Z B yearly",
            "2022-11-21T02:00:00Z . -",
        ],
    );
}

#[test]
fn verified_sets_are_counted_over_all_tags() {
    let last = Rules { last: 1, ..Rules::default() };
    let rules = Retention { verified: 2, ..tagged(last.clone(), &[("A", last)]) };
    check(
        &rules,
        "UTC",
        &[
            "2026-11-21T05:00:00Z . last,newest",
            "2026-11-21T04:00:00Z Av last,newest",
            "2026-11-21T03:00:00Z Av verified",
            "2026-11-21T02:00:00Z v -",
        ],
    );
    check(
        &rules,
        "UTC",
        &[
            "2026-11-21T05:00:00Z . last,newest",
            "2026-11-21T04:00:00Z Av last,newest",
            "2026-11-21T03:00:00Z A too-few-verified",
            "2026-11-21T02:00:00Z . too-few-verified",
        ],
    );
}

/// What goes of one tag goes as it would beside all the others.
#[test]
fn a_plan_that_is_narrowed_still_counts_all() {
    let last = Rules { last: 1, ..Rules::default() };
    let set = |number: u32, time: &str, tags: &[&str], verified| Candidate {
        id: id(number),
        time: time.parse().unwrap(),
        apart: None,
        verified,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    let sets = [
        set(1, "2026-11-21T05:00:00Z", &["B"], true),
        set(2, "2026-11-21T04:00:00Z", &["A", "B"], false),
        set(3, "2026-11-21T03:00:00Z", &["A"], true),
        set(4, "2026-11-21T02:00:00Z", &[], false),
    ];
    let rules = Retention { verified: 1, ..keep(last) };
    let mut plan = RetentionPlan::new(&rules, &TimeZone::UTC, NOW.parse().unwrap(), sets);
    let gone = |plan: &RetentionPlan| plan.forgotten().map(|set| set.id).collect::<Vec<_>>();
    assert_eq!(gone(&plan), [id(4), id(3), id(2)]);
    plan.narrow(&BTreeSet::from(["A".to_owned()]));
    assert_eq!((gone(&plan), plan.verified), (vec![id(3), id(2)], 1));
    plan.narrow(&BTreeSet::from(["A".to_owned(), "B".to_owned()]));
    assert_eq!(gone(&plan), [id(2)]);
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let few = || 0..5_u32;
    let within = prop::option::of((0..2000_u64).prop_map(Duration::from_hours));
    (within, few(), few(), few(), few(), few(), few()).prop_map(
        |(within, last, hourly, daily, weekly, monthly, yearly)| Rules {
            within,
            last,
            hourly,
            daily,
            weekly,
            monthly,
            yearly,
        },
    )
}

/// With rules for none, one or both of the tags that sets have.
fn any_retention() -> impl Strategy<Value = Retention> {
    let tags = prop::collection::btree_map("[AB]", any_rules(), 0..3);
    (any_rules(), tags, 0..3_u32).prop_map(|(rules, tags, verified)| Retention {
        rules,
        tags,
        verified,
    })
}

/// Sets over three years before and some days after now, often at the same instant.
fn any_sets() -> impl Strategy<Value = Vec<Candidate>> {
    let now = NOW.parse::<Timestamp>().unwrap().as_second();
    let one = (-26_000..200_i64, any::<bool>(), 0..8_u8, prop::collection::btree_set("[AB]", 0..3));
    let one = one.prop_map(move |(hours, verified, apart, tags)| {
        let time = Timestamp::from_second(now + hours * 1800).unwrap();
        let apart = match apart {
            0 => Some(Apart::Evidence),
            1 => Some(Apart::Held),
            _ => None,
        };
        (time, apart, verified, tags)
    });
    prop::collection::vec(one, 0..60).prop_map(|sets| {
        let numbered = (0_u32..).zip(sets);
        numbered
            .map(|(number, (time, apart, verified, tags))| Candidate {
                id: id(number),
                time,
                apart,
                verified,
                tags,
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
        rules in any_retention(), zone in any_zone(), sets in any_sets(), turn in 0..60_usize,
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
        rules in any_retention(), zone in any_zone(), sets in any_sets(), part in any::<u64>(),
    ) {
        let now = NOW.parse().unwrap();
        let plan = RetentionPlan::new(&rules, &zone, now, sets);
        for part in [part, 0] {
            let rest = plan.decisions.iter().enumerate();
            let rest = rest.filter(|(at, one)| one.stays() || part >> (at % 64) & 1 == 1);
            let again = RetentionPlan::new(&rules, &zone, now, rest.map(|(_, one)| one.set.clone()));
            prop_assert_eq!(stays(&plan), stays(&again));
        }
    }

    /// Time that passes, or a clock that is wrong, forgets nothing that a right one keeps.
    #[test]
    fn a_later_clock_forgets_nothing_more(
        rules in any_retention(), zone in any_zone(), sets in any_sets(), years in 0..100_i64,
    ) {
        let now: Timestamp = "2026-12-31T00:00:00Z".parse().unwrap();
        let later = now + jiff::SignedDuration::from_hours(years * 8766);
        let plan = RetentionPlan::new(&rules, &zone, now, sets.clone());
        prop_assert_eq!(stays(&plan), stays(&RetentionPlan::new(&rules, &zone, later, sets)));
    }

    #[test]
    fn no_fewer_are_kept_than_asked_for(
        rules in any_retention(), zone in any_zone(), sets in any_sets(),
    ) {
        let now: Timestamp = NOW.parse().unwrap();
        let plan = RetentionPlan::new(&rules, &zone, now, sets.clone());
        let ordinary: Vec<_> =
            sets.iter().filter(|set| set.apart.is_none() && set.time <= now).collect();
        let kept = stays(&plan);
        for set in &sets {
            let apart = set.apart.is_some() || set.time > now;
            prop_assert!(!apart || kept.contains(&set.id));
        }
        let days = |sets: &[&Candidate]| {
            let day = |set: &&Candidate| set.time.to_zoned(zone.clone()).date();
            sets.iter().map(day).collect::<BTreeSet<_>>()
        };
        let stays = |set: &&&Candidate| kept.contains(&set.id);
        let is_plain = |set: &&Candidate| rules.tags.keys().all(|tag| !set.tags.contains(tag));
        let plain: Vec<_> = ordinary.iter().copied().filter(is_plain).collect();
        let of_tags = rules.tags.iter().map(|(tag, rules)| {
            let all = ordinary.iter().copied().filter(|set| set.tags.contains(tag));
            (rules, all.collect::<Vec<_>>())
        });
        for (rules, all) in of_tags.chain([(&rules.rules, plain)]) {
            let stay: Vec<_> = all.iter().filter(stays).copied().collect();
            if let Some(newest) = all.iter().map(|set| set.time).max() {
                prop_assert!(stay.iter().any(|set| set.time == newest), "the newest goes");
            }
            prop_assert!(stay.len() >= all.len().min(rules.last as usize));
            prop_assert!(days(&stay).len() >= days(&all).len().min(rules.daily as usize));
        }
        let verified = ordinary.iter().filter(stays).filter(|set| set.verified).count();
        prop_assert_eq!(verified, plan.verified);
        let enough = verified >= rules.verified as usize;
        prop_assert!(enough || plan.forgotten().next().is_none());
        prop_assert_eq!(!enough, plan.lacks_verified());
    }
}
