//! Forms rendered on a real installation: prefilled from its log, recorded, never overwritten.

use std::path::PathBuf;

use duphong::audit::{Entry, Kind};
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::AnyFault;
use duphong::incident::fact::{Channel, Dispatched, Fact, Group, Kind as Attack};
use duphong::incident::form::Answers;
use duphong::incident::form::fact::{FormRecord, Mark, Origin, Value};
use duphong::incident::settings::{Incidents, Reporter};
use duphong::job::incident::form::{Format, Rendered, Request, render};
use duphong::job::incident::open::{Opening, open};
use duphong::job::{incident, snapshot};
use serde_json::json;

use crate::job::portal::Installation;

/// Opens an incident of the made-up portal and returns its number.
pub(super) fn opened(here: &Installation) -> u64 {
    let opening = Opening {
        portal: "mau".to_owned(),
        group: Group::Attack,
        kind: Some(Attack::Defacement),
        what: "Trang chủ hiện liên kết cờ bạc.".to_owned(),
        detected_at: None,
        first_alarm: None,
        reason: None,
        notice: None,
        by: "Nguyễn Văn An".to_owned(),
    };
    open(&here.site, &opening).unwrap().number
}

pub(super) fn request(here: &Installation, number: u64, name: &str, answers: &str) -> Request {
    Request {
        number,
        out: here.path(name),
        formats: Format::ALL.to_vec(),
        answers: Answers::read(answers).unwrap(),
        by: "Nguyễn Văn An".to_owned(),
        rehearsal: false,
    }
}

fn entries(here: &Installation, verb: &str) -> Vec<Entry> {
    let entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    entries.filter(|entry| entry.verb == verb).collect()
}

fn origin(rendered: &Rendered, number: usize) -> Origin {
    rendered.filled.entries()[number - 1].origin.clone()
}

fn code<T: std::fmt::Debug>(result: Result<T, AnyFault>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn a_draft_is_recorded_with_every_value_before_its_files_are_there() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let number = opened(&here);
    let rendered = render(&here.site, &request(&here, number, "mau.pdf", "")).unwrap();
    assert_eq!(rendered.exit(), ExitCode::Warnings);
    assert_eq!(rendered.record.blanks, [1, 2, 3, 4, 5, 7, 8, 20, 21]);
    assert_eq!(rendered.paths, [here.path("mau.pdf"), here.path("mau.docx")]);
    for (path, facts) in rendered.paths.iter().zip(&rendered.record.files) {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!((Digest::of(&bytes), bytes.len() as u64), (facts.digest, facts.bytes));
    }
    let log = entries(&here, "incident.form");
    assert_eq!(log.iter().map(|e| e.kind).collect::<Vec<_>>(), [Kind::Intent, Kind::Outcome]);
    let record: FormRecord = serde_json::from_value(log[0].facts["form"].clone()).unwrap();
    assert_eq!(record, rendered.record);
    // Nobody answered anything, so nothing was said about the incident.
    assert_eq!(entries(&here, "incident.fill").len(), 0);
    let Some(Value::Text(description)) = &record.fields[15].value else { panic!("{record:?}") };
    let lines: Vec<_> = description.lines().collect();
    assert_eq!(lines[0], "Loại sự cố: Thay đổi giao diện.");
    assert_eq!(lines[1], "Trang chủ hiện liên kết cờ bạc.");
    assert!(lines[2].starts_with("Bản sao lưu gần nhất trước thời điểm phát hiện: "), "{lines:?}");
}

#[test]
fn answers_hold_until_they_are_given_anew() {
    let mut here = Installation::new();
    here.site.settings.incidents = Some(Incidents {
        reporter: Reporter { name: Some("Trung tâm".to_owned()), ..Reporter::default() },
        ..Incidents::default()
    });
    let number = opened(&here);
    let all = "{reporter-address: Số 1, reporter-phone: 0221 3863456, reporter-email: a@b.example,
        contact: An, contact-phone: 0912 345678, contact-email: an@b.example,
        detection: logs, notified: [isp, coordinator], proposal: 'một\n\nhai'}";
    let first = render(&here.site, &request(&here, number, "mot.pdf", all)).unwrap();
    assert_eq!((first.exit(), first.record.blanks.len()), (ExitCode::Done, 0));
    assert_eq!(origin(&first, 1), Origin::Configuration("incidents.reporter.name".to_owned()));
    assert_eq!(origin(&first, 5), Origin::Person);
    let second = render(&here.site, &request(&here, number, "hai.pdf", "contact: Bình")).unwrap();
    let text = |number: usize| second.filled.entries()[number - 1].value.clone();
    assert_eq!(text(5), Some(Value::Text("Bình".to_owned())));
    assert_eq!(text(31), first.filled.entries()[30].value);
    assert_eq!(second.record.blanks.len(), 0);
    let emptied = render(&here.site, &request(&here, number, "ba.pdf", "contact: ''")).unwrap();
    assert_eq!(emptied.record.blanks, [5]);
    assert_eq!(entries(&here, "incident.fill").len(), 3);
}

#[test]
fn what_was_sent_and_ended_is_ticked_by_itself() {
    let here = Installation::new();
    let number = opened(&here);
    let sent = Dispatched {
        duties: vec!["C10".to_owned()],
        recipient: "national-coordinator".to_owned(),
        sent_at: here.site.world.clock.now(),
        channel: Channel::Letter,
        number: None,
        digest: Digest::of(b"x"),
        address: None,
        proof: None,
        by: "An".to_owned(),
    };
    incident::record(&here.site, number, Fact::Dispatched(sent)).unwrap();
    let rendered = render(&here.site, &request(&here, number, "a.pdf", "")).unwrap();
    let fields = serde_json::to_value(&rendered.record.fields).unwrap();
    assert_eq!(fields[18]["value"], json!({"ticked": [{"option": "unhandled"}]}));
    assert_eq!(fields[20]["value"], json!({"ticked": [{"option": "coordinator"}]}));
    assert_eq!(origin(&rendered, 21), Origin::Observation);
}

#[test]
fn a_file_that_is_there_is_never_overwritten() {
    let here = Installation::new();
    let number = opened(&here);
    std::fs::write(here.path("ban.docx"), "của người khác").unwrap();
    let refused = render(&here.site, &request(&here, number, "ban.pdf", "contact: An"));
    assert_eq!(code(refused), "incident.form-exists");
    assert_eq!(std::fs::read(here.path("ban.docx")).unwrap(), "của người khác".as_bytes());
    assert!(!here.path("ban.pdf").exists());
    assert_eq!(entries(&here, "incident.form").len() + entries(&here, "incident.fill").len(), 0);
    // Into a folder the name says which incident and when.
    let within =
        Request { out: PathBuf::from(here.folder.path()), ..request(&here, number, "", "") };
    let names = render(&here.site, &within).unwrap().paths;
    let name = names[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("mau-03-su-co-1-20"), "{name}");
}

#[test]
fn an_internal_address_of_the_configuration_leaves_no_trace() {
    let mut here = Installation::new();
    here.site.settings.portals[0].system.addresses = vec!["192.168.1.10".parse().unwrap()];
    let number = opened(&here);
    let refused = render(&here.site, &request(&here, number, "a.pdf", "contact: An"));
    assert_eq!(code(refused), "incident.answer-not-public");
    assert!(!here.path("a.pdf").exists());
    assert_eq!(entries(&here, "incident.form").len() + entries(&here, "incident.fill").len(), 0);
    render(&here.site, &request(&here, number, "a.pdf", "addresses: [203.162.0.181]")).unwrap();
}

#[test]
fn a_rehearsal_is_marked_and_an_unknown_incident_is_refused() {
    let here = Installation::new();
    let number = opened(&here);
    let rehearsal = Request { rehearsal: true, ..request(&here, number, "a.pdf", "") };
    assert_eq!(render(&here.site, &rehearsal).unwrap().record.mark, Mark::Rehearsal);
    assert_eq!(code(render(&here.site, &request(&here, 9, "b.pdf", ""))), "incident.none");
}
