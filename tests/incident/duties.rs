//! Which duties open: per group, level, obligor, answer.

use duphong::incident::duty::{Status, Unbound};
use duphong::incident::fact::{Decision, Group, Part, PortalFacts, Question};

use super::kit::{DETECTED, Incident, after, portal, time};

/// Opens an incident and says which duties are open, to be decided, waiting and not bound.
#[track_caller]
fn check(incident: &Incident, open: &str, undetermined: &str, waiting: &str, not_bound: &str) {
    assert_eq!(incident.those("open"), open, "open");
    assert_eq!(incident.those("undetermined"), undetermined, "undetermined");
    assert_eq!(incident.those("waiting"), waiting, "waiting");
    assert_eq!(incident.those("not-bound"), not_bound, "not bound");
}

#[test]
fn an_attack_opens_what_the_law_says_and_leaves_personal_data_to_a_person() {
    let attack = Incident::open(Group::Attack);
    check(
        &attack,
        "C01 C02 C03 C10 C40 C41 C51",
        "C04 C30 C32 C33",
        "C05 C11 C12 C13 C14 C15",
        "C16 C31",
    );
}

#[test]
fn a_fault_or_disaster_opens_three_and_shows_the_rest_as_to_be_decided() {
    for group in [Group::Technical, Group::Operator, Group::Disaster] {
        check(
            &Incident::open(group),
            "C40 C41 C51",
            "C01 C02 C03 C04 C05 C10 C11 C12 C13 C14 C30 C32 C33",
            "C15",
            "C16 C31",
        );
    }
}

#[test]
fn a_serious_report_never_opens_at_level_three_or_below() {
    for level in 1..=3 {
        let low = PortalFacts { level, ..portal() };
        let low = Incident::at(Group::Attack, low, DETECTED).answers(Question::Serious05, true);
        assert_eq!(low.duty("C16", after(1)).status, Status::NotBound(Unbound::Level));
    }
    for level in 4..=5 {
        let high = PortalFacts { level, ..portal() };
        let high = Incident::at(Group::Attack, high, DETECTED);
        // Unanswered counts as yes for the clock.
        assert_eq!(high.status("C16"), "open");
        assert_eq!(high.duty("C16", after(1)).anchor, Some(time(DETECTED)));
        assert_eq!(high.answers(Question::Serious05, false).status("C16"), "not-applicable");
    }
}

#[test]
fn a_duty_that_does_not_bind_the_portal_is_not_opened() {
    let bound = |change: fn(&mut PortalFacts)| {
        let mut facts = portal();
        change(&mut facts);
        Incident::at(Group::Attack, facts, DETECTED).those("not-bound")
    };
    assert_eq!(bound(|_| {}), "C16 C31");
    assert_eq!(bound(|p| p.component = false), "C16 C31 C40");
    assert_eq!(bound(|p| p.personal_data = Part::Processor), "C16 C30 C32 C33");
    assert_eq!(bound(|p| p.personal_data = Part::None), "C16 C30 C31 C32 C33");
    assert_eq!(bound(|p| p.level = 4), "C31");
}

#[test]
fn answers_open_and_take_away() {
    #[track_caller]
    fn check(question: Question, duty: &str, unanswered: &str, yes: &str, no: &str) {
        let attack = || Incident::open(Group::Attack);
        assert_eq!(attack().status(duty), unanswered, "{duty} unanswered");
        assert_eq!(attack().answers(question, true).status(duty), yes, "{duty} yes");
        assert_eq!(attack().answers(question, false).status(duty), no, "{duty} no");
    }
    check(Question::Disruption331, "C01", "open", "open", "not-applicable");
    check(Question::Serious331, "C02", "open", "open", "not-applicable");
    check(Question::Serious331, "C03", "open", "open", "open");
    check(Question::Complex, "C04", "undetermined", "waiting", "not-applicable");
    check(Question::OverCapacity, "C12", "waiting", "open", "not-applicable");
    check(Question::OverCapacity, "C10", "open", "open", "open");
    check(Question::OverCapacity, "C14", "waiting", "waiting", "not-applicable");
    check(Question::PersonalData, "C30", "undetermined", "open", "not-applicable");
    check(Question::PersonalData, "C32", "undetermined", "open", "not-applicable");
    check(Question::PersonalData, "C33", "undetermined", "undetermined", "not-applicable");
    check(Question::LocationBiometric, "C33", "undetermined", "undetermined", "not-applicable");
    let both = Incident::open(Group::Attack).answers(Question::PersonalData, true);
    assert_eq!(both.answers(Question::LocationBiometric, true).status("C33"), "open");
}

#[test]
fn an_answer_with_a_name_opens_a_duty_outside_its_group() {
    let fault = Incident::open(Group::Technical).answers(Question::OverCapacity, true);
    assert_eq!(fault.status("C12"), "open");
    assert_eq!(fault.status("C14"), "waiting");
    assert_eq!(fault.status("C10"), "undetermined");
}

#[test]
fn what_is_undetermined_shows_its_clock_and_a_decision_settles_it() {
    let fault = Incident::open(Group::Technical);
    let duty = fault.duty("C02", after(1));
    assert_eq!((duty.due_at, duty.overdue), (Some(after(24)), false));
    assert!(fault.duty("C02", after(25)).overdue, "the clock runs while nobody decides");
    let fault = fault.decides("C01 C02", Decision::NotReportable).decides("C03", Decision::Applies);
    assert_eq!(fault.those("not-reportable"), "C01 C02");
    assert_eq!(fault.status("C03"), "open");
    assert_eq!(fault.status("C05"), "waiting");
    // The newest decision holds.
    let fault = fault.decides("C03", Decision::NotReportable);
    assert_eq!((fault.status("C03"), fault.status("C05")), ("not-reportable", "not-applicable"));
}

#[test]
fn the_order_is_strictest_first() {
    let attack = Incident::open(Group::Attack).answers(Question::OverCapacity, true);
    let owed: Vec<_> = duphong::incident::duty::duties(&attack.0, after(1))
        .into_iter()
        .filter(|duty| duty.status.as_str() == "open")
        .map(|duty| duty.rule.id.clone())
        .collect();
    // Over capacity was recorded an hour later: its "ngay" counts from there.
    assert_eq!(owed.join(" "), "C01 C51 C40 C12 C02 C41 C03 C10");
}

#[test]
fn the_anchor_of_each_answer_is_when_it_was_known() {
    let since = Some(after(0) + jiff::SignedDuration::from_mins(30));
    let attack = Incident::open(Group::Attack).answers_since(Question::OverCapacity, true, since);
    assert_eq!(attack.duty("C12", after(1)).anchor, since);
    assert_eq!(attack.duty("C12", after(1)).due_at, None, "ngay has no number");
    let data = Incident::open(Group::Attack);
    assert_eq!(data.duty("C30", after(1)).due_at, Some(after(72)), "shown before it is decided");
    let data = data.answers_since(Question::PersonalData, true, Some(after(1)));
    assert_eq!(data.duty("C30", after(1)).due_at, Some(after(73)));
}

#[test]
fn mau_03_covers_the_notice_only_when_it_went_to_all_its_recipients() {
    let attack = Incident::open(Group::Attack).answers(Question::OverCapacity, true);
    let attack = attack.sends("C12", "owner", 2).sends("C12", "national-coordinator", 2);
    assert_eq!((attack.status("C10"), attack.status("C12")), ("open", "sent"));
    // The unit is "nếu có" for Mẫu 03 but not for the notice.
    let attack = attack.sends("C12", "specialist-unit", 3);
    assert_eq!(attack.duty("C10", after(4)).status, Status::Covered("C12".into()));
    assert_eq!(attack.duty("C12", after(4)).status, Status::Sent);
    let attack = attack.confirms("owner", 5).confirms("national-coordinator", 5);
    assert_eq!(attack.status("C12"), "sent", "the unit was told, so its receipt is awaited");
    assert_eq!(attack.confirms("specialist-unit", 6).status("C12"), "met");
}

#[test]
fn an_update_is_owed_only_where_handling_went_on() {
    let four = ["owner", "national-coordinator", "specialist-unit"];
    let early = four.iter().fold(Incident::open(Group::Attack), |i, to| i.sends("C10", to, 2));
    assert_eq!(early.status("C11"), "waiting");
    assert_eq!(early.ends(10).status("C11"), "open");
    let late = Incident::open(Group::Attack).ends(1);
    let late = four.iter().fold(late, |i, to| i.sends("C10", to, 2));
    assert_eq!(late.status("C11"), "not-applicable");
}
