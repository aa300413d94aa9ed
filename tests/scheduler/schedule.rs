//! What a cron line means at the edges of clocks and calendars.

use duphong::scheduler::schedule::Schedule;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next instants after `after`, as clocks in the zone show them.
#[track_caller]
fn check(cron: &str, zone_name: &str, after: &str, expected: &[&str]) {
    let schedule = Schedule::parse(cron, zone(zone_name)).unwrap();
    let mut at = time(after);
    for want in expected {
        at = schedule.next(at).unwrap();
        assert_eq!(at, time(want), "{cron} in {zone_name} after {after}");
        assert_eq!(schedule.last(at), Some(at), "{cron}: an instant is its own last");
    }
}

#[test]
fn an_instant_is_read_in_the_zone_of_the_installation() {
    check("0 2 * * *", "Asia/Ho_Chi_Minh", "2026-03-01T00:00:00Z", &["2026-03-01T19:00:00Z"]);
    check("30 1 * * SAT", "Asia/Ho_Chi_Minh", "2026-11-20T00:00:00Z", &["2026-11-20T18:30:00Z"]);
    check("0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", &["2028-02-29T00:00:00Z"]);
    check("0 0 31 * *", "UTC", "2026-01-31T00:00:00Z", &["2026-03-31T00:00:00Z"]);
}

#[test]
fn a_skipped_hour_starts_the_daily_run_once_and_a_repeated_one_not_twice() {
    // Berlin, 29 March 2026: 02:00 to 03:00 does not exist. The run of 02:30 is not lost.
    let spring = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
    check("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", &spring);
    // 25 October 2026: 02:00 to 03:00 comes twice.
    let autumn = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
    check("30 2 * * *", "Europe/Berlin", "2026-10-23T12:00:00Z", &autumn);
}

#[test]
fn a_run_of_every_hour_comes_every_hour_whatever_clocks_are_set_to() {
    let spring = ["2026-03-29T00:15:00Z", "2026-03-29T01:15:00Z", "2026-03-29T02:15:00Z"];
    check("15 * * * *", "Europe/Berlin", "2026-03-28T23:30:00Z", &spring);
    let autumn = ["2026-10-25T00:15:00Z", "2026-10-25T01:15:00Z", "2026-10-25T02:15:00Z"];
    check("15 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", &autumn);
}

#[test]
fn what_is_no_schedule_is_refused() {
    for cron in ["", "* * * *", "* * * * * *", "60 * * * *", "0 0 30 2 *", "@daily", "a b c d e"] {
        assert!(Schedule::parse(cron, TimeZone::UTC).is_err(), "{cron}");
    }
}

/// A cron line of kinds that people write.
fn line() -> impl Strategy<Value = String> {
    let minute = prop_oneof![
        Just("*".to_owned()),
        (0..60u8).prop_map(|minute| minute.to_string()),
        (1..30u8).prop_map(|step| format!("*/{step}")),
    ];
    let hour = prop_oneof![
        Just("*".to_owned()),
        (0..24u8).prop_map(|hour| hour.to_string()),
        (1..12u8).prop_map(|step| format!("*/{step}")),
        (0..12u8, 12..24u8).prop_map(|(from, to)| format!("{from}-{to}")),
    ];
    let day = prop_oneof![3 => Just("*".to_owned()), 1 => (1..32u8).prop_map(|d| d.to_string())];
    let weekday = prop_oneof![3 => Just("*".to_owned()), 1 => (0..7u8).prop_map(|d| d.to_string())];
    (minute, hour, day, weekday).prop_map(|(m, h, d, w)| format!("{m} {h} {d} * {w}"))
}

fn zone_name() -> impl Strategy<Value = &'static str> {
    // Without changes; with; a half hour of change; far from UTC; changes at midnight.
    let names = ["Asia/Ho_Chi_Minh", "Europe/Berlin", "Australia/Lord_Howe"];
    let others = ["Pacific/Apia", "America/Santiago", "UTC"];
    prop::sample::select([names, others].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Two ways to look at one calendar: nothing lies between an instant's last and its next.
    #[test]
    fn next_and_last_agree(
        cron in line(),
        name in zone_name(),
        millisecond in 1_767_225_600_000i64..1_830_297_600_000,
    ) {
        let schedule = Schedule::parse(&cron, zone(name)).unwrap();
        let at = Timestamp::from_millisecond(millisecond).unwrap();
        let next = schedule.next(at).unwrap();
        prop_assert!(next > at);
        let last = schedule.last(at).unwrap();
        prop_assert!(last <= at);
        prop_assert_eq!(schedule.next(last), Some(next), "{} in {}: after {}", &cron, name, last);
        prop_assert_eq!(schedule.last(next), Some(next), "{} in {}", &cron, name);
        let before = Timestamp::from_millisecond(next.as_millisecond() - 1).unwrap();
        prop_assert_eq!(schedule.last(before), Some(last), "{} in {}: {}", &cron, name, next);
    }
}
