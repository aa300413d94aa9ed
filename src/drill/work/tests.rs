//! What opens work, what ends it, and when people are reminded.

use super::*;
use crate::drill::choice::fact::{Choice, Wish};
use crate::drill::fact::{SetFacts, VERSION};
use crate::drill::work::fact::Owed;

const AT: &str = "2026-11-20T00:00:00Z";
const NONE: [u64; 0] = [];

fn time(text: &str) -> Timestamp {
    text.parse().expect("test times are valid")
}

/// A failed drill of the newest set, with ten days to put it right.
fn failed(number: u64) -> DrillRecord {
    DrillRecord {
        version: VERSION,
        number,
        portal: "mau".into(),
        repository: "local".into(),
        place: None,
        choice: None,
        set: None,
        decided: time(AT),
        scope: Scope::Data,
        measured_rto_ms: None,
        measured_rpo_ms: None,
        objective_rto_s: 60,
        objective_rpo_s: 60,
        allowance_s: 0,
        phases: Vec::new(),
        checks: Vec::new(),
        references: Vec::new(),
        verdict: Verdict::Fail,
        reasons: Vec::new(),
        work: Some(Owed { owner: "An".into(), due: time("2026-11-30T00:00:00Z") }),
        to: None,
        reached: Vec::new(),
        as_of: None,
        sabotage: None,
        program: "0".into(),
    }
}

fn of_set(record: DrillRecord, id: &str, newest: bool) -> DrillRecord {
    let set = SetFacts { id: id.into(), taken: time(AT), files: 1, bytes: 1, loaded_bytes: None };
    let ids = String::new();
    let choice = Choice {
        wish: Wish::Random,
        within_s: None,
        among: 1,
        ids,
        draw: None,
        newest,
        turn: None,
    };
    DrillRecord { set: Some(set), choice: Some(choice), ..record }
}

fn passed(record: DrillRecord) -> DrillRecord {
    DrillRecord { number: record.number + 1, verdict: Verdict::Pass, work: None, ..record }
}

/// The numbers of the drills whose work is open after these records.
fn open(records: &[DrillRecord]) -> Vec<u64> {
    let mut works = Works::default();
    for record in records {
        works.take(record, time(AT));
    }
    works.open().map(|work| work.number).collect()
}

#[test]
fn a_failed_drill_opens_work_and_a_pass_of_its_kind_ends_it() {
    assert_eq!(open(&[failed(1)]), [1]);
    assert_eq!(open(&[failed(1), passed(failed(1))]), NONE);
    assert_eq!(open(&[failed(1), passed(failed(1)), failed(3)]), [3]);
    // The whole portal holds its data; data alone is not the portal.
    let whole = |record: DrillRecord| DrillRecord { scope: Scope::Portal, ..record };
    assert_eq!(open(&[failed(1), whole(passed(failed(1)))]), NONE);
    assert_eq!(open(&[whole(failed(1)), passed(failed(1))]), [1]);
    // Another way proves nothing about this one.
    let elsewhere = |record: DrillRecord| DrillRecord { repository: "usb".into(), ..record };
    assert_eq!(open(&[failed(1), elsewhere(passed(failed(1)))]), [1]);
    let other = |record: DrillRecord| DrillRecord { portal: "xa".into(), ..record };
    assert_eq!(open(&[failed(1), other(passed(failed(1)))]), [1]);
    let to = |record: DrillRecord| DrillRecord { to: Some(time(AT)), ..record };
    assert_eq!(open(&[to(failed(1)), passed(failed(1))]), [1]);
    assert_eq!(open(&[to(failed(1)), to(passed(failed(1)))]), NONE);
    // An older set answers for itself alone.
    let old = |record| of_set(record, "ab", false);
    assert_eq!(open(&[old(failed(1)), of_set(passed(failed(1)), "cd", true)]), [1]);
    assert_eq!(open(&[old(failed(1)), old(passed(failed(1)))]), NONE);
    assert_eq!(open(&[failed(1), old(passed(failed(1)))]), [1]);
}

#[test]
fn what_proves_nothing_neither_opens_work_nor_ends_it() {
    let not_proven = DrillRecord { verdict: Verdict::NotProven, ..failed(1) };
    assert_eq!(open(std::slice::from_ref(&not_proven)), NONE);
    assert_eq!(open(&[failed(1), DrillRecord { number: 2, ..not_proven }]), [1]);
    let sabotaged =
        |record: DrillRecord| DrillRecord { sabotage: Some("pack-bit".into()), ..record };
    let past = |record: DrillRecord| DrillRecord { as_of: Some(time(AT)), ..record };
    assert_eq!(open(&[sabotaged(failed(1)), past(failed(2))]), NONE);
    assert_eq!(open(&[failed(1), sabotaged(passed(failed(1))), past(passed(failed(2)))]), [1]);
    // Of a program that knew no work.
    assert_eq!(open(&[DrillRecord { work: None, ..failed(1) }]), NONE);
}

#[test]
fn a_drill_that_fails_again_belongs_to_the_work_that_is_open() {
    let mut works = Works::default();
    let owed = Owed { owner: "Bình".into(), due: time("2027-01-01T00:00:00Z") };
    works.take(&failed(1), time(AT));
    works.take(&DrillRecord { work: Some(owed), ..failed(2) }, time("2026-11-25T00:00:00Z"));
    let work = works.of(2).expect("it belongs to the first").clone();
    assert_eq!((work.number, work.again, work.owner.as_str()), (1, vec![2], "An"));
    assert_eq!(work.due, time("2026-11-30T00:00:00Z"));
    works.close(1, time(AT), "Chi", "đã thay đĩa");
    works.close(1, time("2026-12-30T00:00:00Z"), "Dung", "lần nữa");
    let end = End::Closed { at: time(AT), by: "Chi".into(), reason: "đã thay đĩa".into() };
    assert_eq!(works.of(1).expect("it stays on record").end, Some(end));
    assert_eq!(works.open().count(), 0);
    // What comes behind the person's word is new work.
    works.take(&failed(3), time("2026-12-01T00:00:00Z"));
    assert_eq!(works.open().map(|work| work.number).collect::<Vec<_>>(), [3]);
}

#[test]
fn people_are_reminded_at_half_at_four_fifths_and_at_the_end() {
    let mut works = Works::default();
    works.take(&failed(1), time(AT));
    let work = works.of(1).expect("it is open").clone();
    for (at, share, late) in [
        ("2026-11-19T00:00:00Z", None, false),
        ("2026-11-24T23:59:59Z", None, false),
        ("2026-11-25T00:00:00Z", Some(50), false),
        ("2026-11-28T00:00:00Z", Some(80), false),
        ("2026-11-29T23:59:59Z", Some(80), false),
        ("2026-11-30T00:00:00Z", Some(100), true),
        ("2027-11-30T00:00:00Z", Some(100), true),
    ] {
        assert_eq!((work.reached(time(at)), work.is_late(time(at))), (share, late), "{at}");
    }
    works.take(&passed(failed(1)), time("2026-12-01T00:00:00Z"));
    let work = works.of(1).expect("it stays on record");
    assert_eq!((work.reached(time("2027-11-30T00:00:00Z")), work.end.is_some()), (None, true));
}
