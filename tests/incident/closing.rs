//! What is refused: closing over open duties, receipts of what was never sent, illegal facts.

use std::borrow::Borrow;

use duphong::base::fault::Fault as _;
use duphong::incident::case::{Case, State};
use duphong::incident::fact::{
    Adopted, Classified, Decision, Detection, Fact, Group, Kind, Proposed, Question, Said,
};
use duphong::incident::fault::CaseFault;

use super::kit::{
    DETECTED, Incident, after, decided, dispatched, ground, opened, portal, received, rules, said,
    time,
};

#[track_caller]
fn refused(incident: &mut Incident, fact: impl Borrow<Fact>, code: &str) {
    let before = incident.0.clone();
    let fault = incident.says(fact.borrow()).unwrap_err();
    assert_eq!(fault.code(), code, "{fault}");
    assert_eq!(incident.0, before, "what is refused changes nothing");
}

#[track_caller]
fn blocked(incident: &mut Incident, duties: &str) {
    match incident.says(&Fact::Closed(said())) {
        Err(CaseFault::Blocked { duties: found }) => assert_eq!(found, duties),
        other => panic!("{other:?} instead of blocked by {duties}"),
    }
}

/// An attack in which all was sent but what follows from the end of the response.
fn handled() -> Incident {
    let answers =
        [Question::Disruption331, Question::Serious331, Question::Complex, Question::PersonalData];
    let incident = Incident::open(Group::Attack);
    let incident = answers.into_iter().fold(incident, |i, question| i.answers(question, false));
    incident
        .sends("C03", "ministry-police", 2)
        .sends("C10", "owner", 2)
        .sends("C10", "national-coordinator", 2)
        .sends("C10", "specialist-unit", 2)
        .sends("C40", "provincial-office", 2)
        .sends("C40", "science-department", 2)
        .sends("C40", "provincial-police", 2)
        .decides("C41", Decision::Met)
}

#[test]
fn closing_names_each_duty_that_blocks_it() {
    let mut incident = handled().ends(10);
    // Rule 4: C03 was sent, so C05; C10 was unfinished, so C11.
    blocked(&mut incident, "C05, C11");
    let mut incident = incident.sends("C05", "ministry-police", 11);
    blocked(&mut incident, "C11");
    let incident = incident
        .sends("C11", "owner", 11)
        .sends("C11", "national-coordinator", 11)
        .sends("C11", "specialist-unit", 11);
    assert_eq!(incident.takes(Fact::Closed(said())).0.state, State::Closed);
}

#[test]
fn an_incident_over_capacity_cannot_be_closed_before_mau_04() {
    let incident = handled().answers(Question::OverCapacity, true);
    let incident = incident.sends("C12", "owner", 3).sends("C12", "national-coordinator", 3);
    let incident = incident.ends(10).sends("C05", "ministry-police", 11);
    let mut incident = incident
        .sends("C11", "owner", 11)
        .sends("C11", "national-coordinator", 11)
        .sends("C11", "specialist-unit", 11);
    blocked(&mut incident, "C14");
    let mut incident = incident.sends("C14", "owner", 12);
    blocked(&mut incident, "C14");
    let incident = incident.sends("C14", "national-coordinator", 12);
    assert_eq!(incident.takes(Fact::Closed(said())).0.state, State::Closed);
}

#[test]
fn a_duty_that_was_sent_to_one_of_two_recipients_blocks_closing() {
    // Nobody said that it is over capacity, but whoever sends Mẫu 03 says it.
    let incident = handled().sends("C12", "owner", 3).ends(10);
    let mut incident = incident
        .sends("C05", "ministry-police", 11)
        .sends("C11", "owner", 11)
        .sends("C11", "national-coordinator", 11)
        .sends("C11", "specialist-unit", 11);
    // C14 is what follows from C12.
    blocked(&mut incident, "C12, C14");
    assert_eq!(incident.duty("C12", after(3)).anchor, Some(after(3)));
}

#[test]
fn a_dead_disk_is_closed_after_one_named_decision() {
    let incident = Incident::open(Group::Technical)
        .sends("C40", "provincial-office", 2)
        .sends("C40", "science-department", 2)
        .sends("C40", "provincial-police", 2)
        .decides("C41", Decision::Met);
    let mut incident = incident.ends(3);
    blocked(&mut incident, "C01, C02, C03, C10, C12, C30, C33");
    let incident = incident.decides("C01 C02 C03 C10 C12 C30 C33", Decision::NotReportable);
    assert_eq!(incident.takes(Fact::Closed(said())).0.state, State::Closed);
}

#[test]
fn states_refuse_by_name_what_cannot_come_next() {
    let mut open = Incident::open(Group::Attack);
    refused(&mut open, Fact::Closed(said()), "incident.illegal");
    refused(&mut open, Fact::Dismissed(said()), "incident.illegal");
    refused(&mut open, Fact::Opened(opened(Group::Attack, portal(), DETECTED)), "incident.illegal");
    let nobody = Said { by: "  ".into(), reason: "xong".into() };
    let mut ended = handled().ends(10).sends("C05", "ministry-police", 11);
    refused(&mut ended, Fact::Closed(nobody), "incident.empty");
}

#[test]
fn facts_that_name_what_is_not_there_are_refused() {
    let mut open = Incident::open(Group::Attack);
    refused(&mut open, decided("C99", Decision::Applies), "incident.unknown-duty");
    refused(&mut open, decided("", Decision::Applies), "incident.empty");
    refused(&mut open, decided("C16", Decision::Applies), "incident.not-bound");
    refused(&mut open, decided("C10", Decision::Met), "incident.not-a-deed");
    refused(&mut open, dispatched("C16", "owner", 1), "incident.not-bound");
    refused(&mut open, dispatched("C10", "ministry-police", 1), "incident.not-a-recipient");
    refused(&mut open, dispatched("C10 C02", "owner", 1), "incident.not-a-recipient");
}

#[test]
fn a_receipt_is_of_the_exact_document_and_not_from_before() {
    let mut sent = Incident::open(Group::Attack);
    refused(&mut sent, received("owner", b"document", 3), "incident.never-sent");
    let mut sent = sent.sends("C10", "owner", 2);
    refused(&mut sent, received("owner", b"another", 3), "incident.never-sent");
    refused(&mut sent, received("owner", b"document", 1), "incident.receipt-too-early");
    let sent = sent.confirms("owner", 2);
    assert!(sent.duty("C10", after(3)).deliveries[0].received.is_some());
}

#[test]
fn what_takes_a_duty_away_or_sets_a_clock_back_needs_a_reason() {
    let mut open = Incident::open(Group::Attack);
    let no = |question| {
        let answer = duphong::incident::fact::Answer { yes: false, since: None };
        let answers = [(question, answer)].into();
        Fact::Classified(Classified { by: "An".into(), answers, ..Classified::default() })
    };
    refused(&mut open, no(Question::Serious331), "incident.no-reason");
    let group = Some(Group::Technical);
    let fact = Classified { by: "An".into(), group, ..Classified::default() };
    refused(&mut open, Fact::Classified(fact), "incident.no-reason");
    let kind = Some(Kind::Malware);
    let fact = Classified { by: "An".into(), kind, ..Classified::default() };
    let mut fault = Incident::open(Group::Disaster);
    refused(&mut fault, Fact::Classified(fact), "incident.kind-outside-attack");
}

#[test]
fn a_detection_that_is_moved_later_needs_a_reason_where_no_alarm_is_known_too() {
    let mut open = Incident::open(Group::Attack);
    assert_eq!(open.0.detection.first_alarm, None);
    let moved = |at, later| {
        let detection = Some(Detection { at, first_alarm: None, later });
        Fact::Classified(Classified { by: "An".into(), detection, ..Classified::default() })
    };
    refused(&mut open, moved(after(1), None), "incident.no-reason");
    let open = open.takes(moved(after(1), Some(said())));
    assert_eq!(open.0.detection.at, after(1));
    // Earlier only makes deadlines stricter.
    let open = open.takes(moved(time(DETECTED), None));
    assert_eq!(open.0.detection.at, time(DETECTED));
}

#[test]
fn a_proposal_shows_its_clocks_and_keeps_its_first_alarm() {
    let proposed = Fact::Proposed(Proposed {
        ground: ground(portal()),
        detected_at: time(DETECTED),
        source: "page.signature".into(),
        what: "liên kết cờ bạc".into(),
        group: Some(Group::Attack),
        kind: Some(Kind::Defacement),
        set: None,
        evidence: Vec::new(),
    });
    let mut incident = Incident(Case::begin(7, after(1), &proposed, rules()).unwrap());
    assert_eq!(incident.duty("C02", after(1)).due_at, Some(after(24)));
    let adopted = |at, later| {
        let detection = Detection { at, first_alarm: None, later };
        let (group, kind) = (Group::Attack, Some(Kind::Defacement));
        Fact::Adopted(Adopted { detection, group, kind, by: "An".into() })
    };
    refused(&mut incident, adopted(after(2), None), "incident.no-reason");
    refused(&mut incident, decided("C02", Decision::Applies), "incident.illegal");
    let incident = incident.takes(adopted(after(2), Some(said())));
    assert_eq!(incident.duty("C02", after(2)).due_at, Some(after(26)));
    assert_eq!(incident.0.detection.first_alarm, Some(time(DETECTED)));
}
