//! Deadlines at the edges of the calendar, lateness, reminders.

use duphong::incident::duty::{self, Reminder};
use duphong::incident::fact::{Group, Question};
use duphong::text::Format;
use duphong::text::Language;
use jiff::{SignedDuration, Timestamp};

use super::kit::{DETECTED, Incident, after, portal, time};

#[test]
fn deadlines_are_exact_at_the_edges_of_the_calendar() {
    #[track_caller]
    fn check(detected_at: &str, duty: &str, due_at: &str) {
        let incident = Incident::at(Group::Attack, portal(), detected_at);
        let due = incident.duty(duty, time(detected_at)).due_at;
        assert_eq!(due, Some(time(due_at)), "{duty} of {detected_at}");
    }
    // The end of February, and of one with a 29th.
    check("2027-02-28T16:30:00Z", "C02", "2027-03-01T16:30:00Z");
    check("2028-02-28T23:59:59Z", "C02", "2028-02-29T23:59:59Z");
    check("2028-02-26T10:00:00Z", "C10", "2028-03-02T10:00:00Z");
    check("2027-02-26T10:00:00Z", "C10", "2027-03-03T10:00:00Z");
    // The end of a year; the end of a day in Vietnam (17:00 UTC) and in UTC.
    check("2026-12-31T18:00:00Z", "C03", "2027-01-03T18:00:00Z");
    check("2026-12-30T16:59:59Z", "C41", "2026-12-31T16:59:59Z");
    check("2026-12-30T17:00:00Z", "C41", "2026-12-31T17:00:00Z");
    check("2026-12-31T23:59:59.999Z", "C30", "2027-01-03T23:59:59.999Z");
    // Clocks change elsewhere in the world: hours still count.
    check("2027-03-28T00:30:00Z", "C02", "2027-03-29T00:30:00Z");
    check("2026-10-25T00:30:00+02:00", "C03", "2026-10-27T22:30:00Z");
}

#[test]
fn a_deadline_reads_as_clocks_in_vietnam_show_it_whatever_the_machine_thinks() {
    let incident = Incident::at(Group::Attack, portal(), "2027-02-27T20:30:00Z");
    let due_at = incident.duty("C02", after(0)).due_at.unwrap();
    let format = Format::new(Language::Vietnamese, Format::vietnam());
    assert_eq!(format.instant(due_at), "01/03/2027 03:30:00");
}

#[test]
fn the_rules_of_the_day_of_detection_hold() {
    #[track_caller]
    fn check(detected_at: &str, not_bound: &str) {
        let incident = Incident::at(Group::Attack, portal(), detected_at);
        assert_eq!(incident.those("not-bound"), not_bound, "{detected_at}");
    }
    // NĐ 331 is in force from the first minute of 19/08/2026 in Vietnam, which is 17:00 UTC.
    check("2026-08-18T16:59:59Z", "C01 C02 C03 C04 C05 C16 C31");
    check("2026-08-18T17:00:00Z", "C16 C31");
    check("2026-06-30T16:59:59Z", "C01 C02 C03 C04 C05 C16 C31 C51");
    check("2025-09-30T16:59:59Z", "C01 C02 C03 C04 C05 C16 C30 C31 C32 C33 C40 C41 C51");
}

#[test]
fn lateness_is_judged_by_dispatch_for_each_recipient_and_stays() {
    let incident = Incident::open(Group::Attack)
        .sends("C10", "owner", 119)
        .sends("C10", "national-coordinator", 120)
        .sends("C10", "specialist-unit", 121);
    let duty = incident.duty("C10", after(500));
    let late = duty.deliveries.iter().map(|one| (one.recipient.id.as_str(), one.late));
    let late: Vec<_> = late.collect();
    assert_eq!(
        late,
        [
            ("owner", false),
            ("national-coordinator", false),
            ("specialist-unit", true),
            ("network-member", false)
        ]
    );
    assert!(duty.late && !duty.overdue, "late for ever, but nothing is left to send");
}

#[test]
fn a_clock_that_jumps_across_a_deadline_changes_no_judgement() {
    let incident = Incident::open(Group::Attack).sends("C02", "ministry-police", 23);
    // Whatever the clock says when somebody looks, the dispatch was in time.
    for hours in [-1000, 0, 23, 25, 100_000] {
        assert!(!incident.duty("C02", after(hours)).late, "looked at {hours} h");
    }
    let unsent = Incident::open(Group::Attack);
    assert!(unsent.duty("C02", after(25)).overdue);
    assert!(!unsent.duty("C02", after(23)).overdue, "the clock was set back: not late yet");
}

#[test]
fn the_last_instant_is_in_time() {
    let incident = Incident::open(Group::Attack);
    let tick = SignedDuration::from_millis(1);
    assert!(!incident.duty("C02", after(24)).overdue);
    assert!(incident.duty("C02", after(24) + tick).overdue);
    assert_eq!(incident.duty("C02", after(24)).percent(after(24)), Some(100));
    assert_eq!(incident.duty("C02", after(24) - tick).percent(after(24) - tick), Some(99));
    assert_eq!(incident.duty("C02", after(0)).percent(after(-5)), Some(0));
}

#[test]
fn people_are_reminded_at_half_at_four_fifths_and_at_the_end() {
    let percent = |at: Timestamp| {
        let incident = Incident::open(Group::Attack);
        let of = |reminder: &Reminder| reminder.duty == "C02";
        duty::reminders(&incident.0, at).into_iter().find(of).map(|reminder| reminder.percent)
    };
    let minutes = |minutes| time(DETECTED) + SignedDuration::from_mins(minutes);
    assert_eq!(percent(minutes(0)), None);
    assert_eq!(percent(minutes(719)), None);
    assert_eq!(percent(minutes(720)), Some(50));
    assert_eq!(percent(minutes(1151)), Some(50));
    assert_eq!(percent(minutes(1152)), Some(80));
    assert_eq!(percent(minutes(1440)), Some(100));
    assert_eq!(percent(minutes(100_000)), Some(100));
}

#[test]
fn what_has_no_number_is_told_at_once_and_each_untold_recipient_by_name() {
    let incident = Incident::open(Group::Attack).answers(Question::OverCapacity, true);
    let incident = incident.sends("C40", "provincial-office", 1);
    let told = duty::reminders(&incident.0, after(1));
    let told: Vec<_> = told
        .iter()
        .map(|one| (one.duty.as_str(), one.recipient.as_deref().unwrap_or("-"), one.percent))
        .collect();
    assert_eq!(
        told,
        [
            ("C01", "ministry-police", 100),
            ("C51", "-", 100),
            ("C40", "science-department", 100),
            ("C40", "provincial-police", 100),
            ("C12", "owner", 100),
            ("C12", "national-coordinator", 100),
        ]
    );
}
