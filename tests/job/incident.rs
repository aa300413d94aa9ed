//! Incidents in a real log: proposing, sealing, two who record at once.

use duphong::base::digest::Digest;
use duphong::incident::case::State;
use duphong::incident::fact::{Ended, Fact, Group, Kind, Noted, Said};
use duphong::job::incident::open::{Adoption, Opening, adopt, open};
use duphong::job::incident::{self, Proposal, propose};
use duphong::job::{evidence, status};
use duphong::probe::fact::State as Seen;
use duphong::probe::fact::VerdictRecord;
use jiff::SignedDuration;

use crate::job::portal::Installation;

fn proposal(installation: &Installation, source: &str) -> Proposal {
    Proposal {
        portal: "mau".into(),
        detected_at: installation.site.world.clock.now() - SignedDuration::from_mins(5),
        source: source.into(),
        what: "liên kết cờ bạc trên trang chủ".into(),
        group: Some(Group::Attack),
        kind: Some(Kind::Defacement),
        set: Some("local:3b1e".into()),
        evidence: Vec::new(),
    }
}

fn opening() -> Opening {
    Opening {
        portal: "mau".into(),
        group: Group::Technical,
        kind: None,
        what: "đĩa hỏng".into(),
        detected_at: None,
        first_alarm: None,
        reason: None,
        notice: None,
        by: "An".into(),
    }
}

fn note(text: &str) -> Fact {
    Fact::Noted(Noted { by: "An".into(), at: None, text: text.into() })
}

#[test]
fn what_a_watch_sees_again_joins_its_proposal() {
    let installation = Installation::new();
    let site = &installation.site;
    let first = propose(site, &proposal(&installation, "page.signature")).unwrap();
    assert!(first.new);
    let again = propose(site, &proposal(&installation, "page.signature")).unwrap();
    assert_eq!((again.number, again.new), (first.number, false));
    let other = propose(site, &proposal(&installation, "page.title")).unwrap();
    assert_eq!((other.number, other.new), (first.number + 1, true));
    // It shows its clocks while nobody has judged it, in status too.
    let proposed = incident::find(site, first.number).unwrap();
    assert_eq!(proposed.state, State::Proposed);
    let remarks = status::status(site).unwrap().remarks;
    assert!(remarks.iter().any(|remark| remark.message.id == "view-incident-proposed"));
    // Dismissed by name and reason, what is seen next is a new proposal.
    let said = Said { by: "An".into(), reason: "tin bài thật".into() };
    incident::record(site, first.number, Fact::Dismissed(said)).unwrap();
    let next = propose(site, &proposal(&installation, "page.signature")).unwrap();
    assert_eq!((next.number, next.new), (first.number + 2, true));
    let adoption =
        Adoption { group: None, kind: None, detected_at: None, reason: None, by: "An".into() };
    let adopted = adopt(site, next.number, &adoption).unwrap();
    assert_eq!((adopted.state, adopted.kind), (State::Open, Some(Kind::Defacement)));
    assert_eq!(adopted.detection.first_alarm, Some(adopted.detection.at));
}

#[test]
fn the_first_alarm_of_a_portal_that_is_down_is_found_in_the_log() {
    let installation = Installation::new();
    let site = &installation.site;
    let now = site.world.clock.now();
    let since = now - SignedDuration::from_hours(6);
    let verdict = |state, since| {
        let record = VerdictRecord {
            version: duphong::probe::fact::VERSION,
            probe: "web".into(),
            state,
            before: None,
            since,
            flapping: false,
            families: Vec::new(),
            program: "0".into(),
        };
        let record = serde_json::to_value(record).unwrap();
        let deed = duphong::audit::Deed::new("probe.verdict", "mau").fact("record", record);
        site.log().unwrap().record(&site.actor, deed).unwrap();
    };
    verdict(Seen::Down, since);
    assert_eq!(open(site, &opening()).unwrap().detection.at, since);
    let later = Opening { detected_at: Some(now), ..opening() };
    assert_eq!(open(site, &later).unwrap_err().code(), "incident.no-reason");
    let reason = Some("lỗi đường truyền của chính đơn vị".to_owned());
    let opened = open(site, &Opening { reason, ..later }).unwrap();
    assert_eq!((opened.detection.at, opened.detection.first_alarm), (now, Some(since)));
    // What is over is no alarm of this incident.
    verdict(Seen::Healthy, now);
    assert!(open(site, &opening()).unwrap().detection.at >= now);
}

#[test]
fn the_text_of_the_rules_goes_into_the_log_once() {
    let installation = Installation::new();
    let site = &installation.site;
    for _ in 0..2 {
        open(site, &opening()).unwrap();
    }
    let entries = site.log().unwrap().reader().unwrap().entries();
    let rules: Vec<_> =
        entries.map(Result::unwrap).filter(|entry| entry.verb == "incident.rules").collect();
    assert_eq!(rules.len(), 5);
    let text = rules[0].facts["text"].as_str().unwrap();
    assert_eq!(rules[0].facts["digest"], Digest::of(text.as_bytes()).to_string());
}

#[test]
fn a_site_adds_its_own_rules_and_drops_shipped_ones() {
    let mut installation = Installation::new();
    let own = installation.path("own.yaml");
    std::fs::write(
        &own,
        "version: 1
id: own
title: { vi: Quy chế, en: Regulation }
recipients: [{ id: leader, name: { vi: Lãnh đạo, en: Leader } }]
duties:
  - id: S1
    layer: LOC
    label: { vi: Báo lãnh đạo, en: Tell the leader }
    article: Quy chế Điều 3
    trigger: detected_at
    clock: 2 giờ
    obligor: operator
    recipients: [{ id: leader }]
",
    )
    .unwrap();
    let mut incidents = installation.site.settings.incidents.take().unwrap_or_default();
    incidents.rules = Some(vec!["nd224-2026".into()]);
    incidents.rule_files = vec![own.clone()];
    installation.site.settings.incidents = Some(incidents);
    let site = &installation.site;
    let missing = incident::missing_contacts(site).unwrap();
    assert_eq!(missing.iter().map(|one| one.recipient.as_str()).collect::<Vec<_>>(), ["leader"]);
    let number = open(site, &opening()).unwrap().number;
    // The file is gone; the incident keeps the rules of its date.
    std::fs::remove_file(&own).unwrap();
    let case = incident::find(site, number).unwrap();
    let duties: Vec<_> = case.rules.iter().flat_map(|set| &set.duties).map(|d| &d.id).collect();
    assert_eq!(duties, ["C51", "S1"]);
    assert_eq!(open(site, &opening()).unwrap_err().code(), "file.missing");
}

#[test]
fn sealed_bytes_are_kept_once_and_damage_is_told() {
    let installation = Installation::new();
    let site = &installation.site;
    let digest = evidence::seal(site, b"<html>", "text/html", "trang chủ").unwrap();
    assert_eq!(evidence::seal(site, b"<html>", "text/html", "lần nữa").unwrap(), digest);
    assert_eq!(evidence::read(site, digest).unwrap(), b"<html>");
    let kept = std::fs::read_dir(site.settings.evidence_dir()).unwrap().count();
    assert_eq!(kept, 1);
    let path = evidence::place(site, digest);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, b"<HTML>").unwrap();
    assert_eq!(evidence::read(site, digest).unwrap_err().code(), "job.evidence-altered");
    let again = evidence::seal(site, b"<html>", "text/html", "trang chủ").unwrap_err();
    assert_eq!(again.exit().number(), 20);
}

#[test]
fn two_who_record_at_once_both_do() {
    let installation = Installation::new();
    let number = open(&installation.site, &opening()).unwrap().number;
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let site = installation.site.clone();
            scope.spawn(move || {
                for nth in 0..3 {
                    let text = format!("{writer}.{nth}");
                    incident::record(&site, number, note(&text)).unwrap();
                }
            });
        }
    });
    let case = incident::find(&installation.site, number).unwrap();
    assert_eq!(case.notes.len(), 12);
}

#[test]
fn a_response_does_not_end_before_the_detection() {
    let installation = Installation::new();
    let site = &installation.site;
    let case = open(site, &opening()).unwrap();
    let ended = |at| Fact::Ended(Ended { at, by: "An".into() });
    let detected = case.detection.at;
    let early = ended(detected - SignedDuration::from_mins(1));
    let fault = incident::record(site, case.number, early).unwrap_err();
    assert_eq!((fault.code(), fault.exit().number()), ("incident.before-detection", 2));
    // People write the minute, and the detection was somewhere in it.
    let minute = jiff::Timestamp::from_second(detected.as_second() / 60 * 60).unwrap();
    assert_eq!(incident::record(site, case.number, ended(minute)).unwrap().state, State::Ended);
}

#[test]
fn an_entry_that_cannot_be_read_is_red_and_stops_nobody() {
    let installation = Installation::new();
    let site = &installation.site;
    let number = open(site, &opening()).unwrap().number;
    let strange = serde_json::json!({"version": 9, "incident": number, "fact": {}});
    let deed = duphong::audit::Deed::new("incident.note", "mau").fact("record", strange);
    site.log().unwrap().record(&site.actor, deed).unwrap();
    let remarks = status::status(site).unwrap().remarks;
    assert_eq!(remarks[0].colour.as_str(), "red");
    assert!(remarks.iter().any(|remark| remark.message.id == "view-incident-unreadable"));
    assert_eq!(incident::record(site, number, note("tiếp tục")).unwrap().notes.len(), 1);
}
