//! Rule files: what is read, and what hostile or careless ones get told.

use duphong::base::fault::Fault as _;
use duphong::incident::fact::{Part, PortalFacts};
use duphong::incident::recipient::needed_recipients;
use duphong::incident::rule::{Clock, FILE_BYTES_MAX, RuleSet};
use duphong::incident::shipped;
use jiff::civil::date;

use super::kit::portal;

const SOUND: &str = "version: 1
id: own
title: { vi: Quy chế, en: Regulation }
recipients:
  - { id: office, name: { vi: Văn phòng, en: Office } }
duties:
  - id: S1
    layer: LOC
    label: { vi: Báo, en: Report }
    article: Điều 1
    trigger: detected_at
    clock: 24 giờ
    obligor: operator
    recipients: [{ id: office }]
  - id: S2
    layer: LOC
    label: { vi: Báo tiếp, en: Report again }
    article: Điều 2
    trigger: response_ended_at
    clock: ngay
    obligor: operator
    recipients: [{ id: office }]
    requires: S1
";

/// Reads [`SOUND`] with one change and expects this fault, at this place where it has one.
#[track_caller]
fn check((from, to): (&str, &str), code: &str, told: &str) {
    assert!(SOUND.contains(from), "`{from}` stands in the file");
    refused(&SOUND.replacen(from, to, 1), code, told);
}

#[track_caller]
fn refused(text: &str, code: &str, told: &str) {
    let fault = RuleSet::parse(text, "own.yaml").unwrap_err();
    assert_eq!(fault.code(), code, "{fault}");
    assert!(fault.to_string().contains(told), "`{fault}` does not tell `{told}`");
}

#[test]
fn a_sound_file_is_read() {
    let set = RuleSet::parse(SOUND, "own.yaml").unwrap();
    assert_eq!(set.duties.len(), 2);
    assert_eq!(set.duty("S1").unwrap().clock, Clock::Hours(24));
    assert_eq!(set.duty("S2").unwrap().clock, Clock::AtOnce);
}

#[test]
fn careless_files_are_refused_with_their_place() {
    let syntax = "incident.rules-syntax";
    check(("obligor: operator", "obligor: nobody"), syntax, "own.yaml:13:14");
    check(("clock: 24 giờ", "clock: 24h"), syntax, "`24h` is no clock");
    check(("clock: 24 giờ", "clock: 0 giờ"), syntax, "duties[0]");
    check(("clock: 24 giờ", "clock: 99999 giờ"), syntax, "duties[0]");
    check(("clock: 24 giờ", "clock: -1 ngày"), syntax, "duties[0]");
    check(("clock: 24 giờ", "clock: { hours: 24 }"), syntax, "duties[0]");
    check(("    clock: 24 giờ\n", ""), syntax, "missing field `clock`");
    check(("clock: ngay", "clock: ngay\n    clok: ngay"), syntax, "unknown field `clok`");
    check(("clock: ngay", "clock: ngay\n    clock: ngay"), syntax, "duplicate");
    check(("id: own", "id: own\nid: other"), syntax, "duplicate");
    check(("layer: LOC", "layer: L9"), syntax, "own.yaml:8");
    check(("title: {", "title: [{"), syntax, "own.yaml");
    check(("version: 1", "version: 2"), "incident.rules-version", "version 2");
}

#[test]
fn files_that_contradict_themselves_are_refused() {
    let unsound = "incident.rules-unsound";
    check(("id: S2", "id: S1"), unsound, "`S1` stands twice");
    check(("[{ id: office }]", "[{ id: ofice }]"), unsound, "no recipient `ofice`");
    check(("requires: S1", "requires: S9"), unsound, "no duty `S9`");
    check(("requires: S1", "requires: S2"), unsound, "depends on itself");
    check(("clock: 24 giờ", "clock: 24 giờ\n    requires: S2"), unsound, "depends on itself");
    check(("trigger: detected_at", "trigger: sent_at"), unsound, "belong together");
    check(("clock: ngay", "clock: ngay\n    groups: []"), unsound, "never open");
    check(("clock: ngay", "clock: ngay\n    level-min: 6"), unsound, "level");
    check(("vi: Báo,", "vi: ' ',"), unsound, "say something");
    check(("id: own", "id: 'own/..'"), unsound, "cannot be an id");
    let dates = "clock: ngay\n    hieu_luc_tu: 2026-02-01\n    hieu_luc_den: 2026-01-31";
    check(("clock: ngay", dates), unsound, "later than");
}

#[test]
fn hostile_files_are_refused_before_they_cost_anything() {
    let plain = "incident.rules-not-plain";
    check(("title: {", "title: &a {"), plain, "own.yaml:3:8: anchor");
    check(("[{ id: office }]", "[*a]"), "incident.rules-syntax", "own.yaml:14");
    check(("title: {", "title: !!map {"), plain, "tag");
    check(("id: own", "<<: { id: own }"), plain, "merge key");
    check(("duties:", "---\nduties:"), plain, "second document");
    refused(&format!("{}1{}", "[".repeat(200), "]".repeat(200)), plain, "nesting");
    refused("version: 1\nid: \"a\u{0}b\"", plain, "own.yaml:2:7: control character");
    refused(&" ".repeat(FILE_BYTES_MAX + 1), "incident.rules-too-large", "own.yaml");
    refused("", "incident.rules-syntax", "own.yaml");
    // A bomb of aliases: a kilobyte that would become a thousand million nodes.
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (one, next) in ('a'..'j').zip('b'..='j') {
        let aliases = vec![format!("*{one}"); 10].join(", ");
        bomb.push_str(&format!("{next}: &{next} [{aliases}]\n"));
    }
    refused(&bomb, plain, "own.yaml:1");
}

#[test]
fn the_same_recipient_goes_by_the_same_name_in_every_shipped_set() {
    let sets = shipped::choose(None, &[]).unwrap();
    for set in &sets {
        for recipient in &set.recipients {
            for other in &sets {
                let same = other.recipient(&recipient.id);
                assert!(same.is_none_or(|same| same == recipient), "{}", recipient.id);
            }
        }
    }
}

#[test]
fn the_address_book_needs_whom_the_duties_of_a_portal_go_to() {
    let sets = shipped::choose(None, &[]).unwrap();
    let needed = |portal: &PortalFacts| {
        let needed = needed_recipients(&sets, portal, date(2026, 11, 22));
        let needed =
            needed.iter().map(|one| format!("{}: {}", one.recipient.id, one.duties.join(" ")));
        needed.collect::<Vec<_>>()
    };
    assert_eq!(
        needed(&portal()),
        [
            "data-protection-authority: C30",
            "ministry-police: C01 C02 C03 C04 C05",
            "national-coordinator: C10 C11 C12 C13 C14",
            "owner: C10 C11 C12 C13 C14",
            "provincial-office: C40",
            "provincial-police: C40",
            "science-department: C40",
            "specialist-unit: C10 C11",
        ]
    );
    let alone = PortalFacts { component: false, personal_data: Part::None, ..portal() };
    assert_eq!(
        needed(&alone),
        [
            "ministry-police: C01 C02 C03 C04 C05",
            "national-coordinator: C10 C11 C12 C13 C14",
            "owner: C10 C11 C12 C13 C14",
            "specialist-unit: C10 C11",
        ]
    );
}
