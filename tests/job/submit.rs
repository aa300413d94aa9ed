//! Signed documents sent to real and hostile mail servers: each recipient's fate is told, recorded
//! and never guessed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use duphong::audit::{Ending, Entry, Kind};
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::AnyFault;
use duphong::incident::fact::{Channel, Dispatched};
use duphong::incident::settings::{Contact, Incidents};
use duphong::job::evidence;
use duphong::job::incident::find;
use duphong::job::incident::form::render;
use duphong::job::incident::submit::{Fate, Submission, Submitted, Way, plan};
use duphong::notice::settings::{Security, Smtp};
use duphong::world::mail;
use rustls::{ServerConnection, StreamOwned};

use crate::job::form::{opened, request};
use crate::job::portal::{Installation, configuration};
use crate::notice::certificate::{Authority, Flaw};
use crate::notice::server::{Behavior, MailServer};

/// What a signed PDF looks like from afar.
const SIGNED: &[u8] =
    b"%PDF-1.7\n1 0 obj << /Type /Sig /ByteRange [0 9 9 9] /Contents <00> >>\n%%EOF\n";

/// An installation with an incident, a signed document, an address book and a mail server.
struct Scene {
    here: Installation,
    number: u64,
}

impl Scene {
    fn new() -> Self {
        let mut here = Installation::new();
        let contact = |name: &str, email: Option<&str>| Contact {
            name: name.to_owned(),
            email: email.map(str::to_owned),
            address: Some("Số 1 phố Mẫu".to_owned()),
            phone: None,
            basis: "Công văn số 12/CV-CAT ngày 05/01/2026".to_owned(),
        };
        let contacts = BTreeMap::from([
            ("owner".to_owned(), contact("Văn phòng UBND tỉnh Mẫu", Some("vp@mau.example"))),
            (
                "national-coordinator".to_owned(),
                contact("Cơ quan điều phối", Some("tiep-nhan@dieu-phoi.example")),
            ),
            ("specialist-unit".to_owned(), contact("Công an tỉnh Mẫu", None)),
        ]);
        here.site.settings.incidents = Some(Incidents { contacts, ..Incidents::default() });
        let number = opened(&here);
        std::fs::write(here.path("da-ky.pdf"), SIGNED).unwrap();
        Self { here, number }
    }

    fn with(server: &MailServer) -> Self {
        let mut scene = Self::new();
        scene.use_server(server.settings());
        scene
    }

    fn use_server(&mut self, server: mail::Server) {
        let settings = &mut self.here.site.settings;
        settings.notices.smtp = Some(Smtp {
            host: server.host,
            port: server.port,
            security: match server.security {
                mail::Security::Tls => Security::Tls,
                mail::Security::StartTls => Security::StartTls,
            },
            user: None,
            from: "Trung tâm Thông tin <ttm@mau.example>".to_owned(),
            timeout: server.timeout,
        });
        settings.notice_secrets.authorities = server.authorities;
    }

    fn submission(&self, to: &[&str]) -> Submission {
        Submission {
            number: self.number,
            duties: vec!["C12".to_owned()],
            to: to.iter().map(|&one| one.to_owned()).collect(),
            file: self.here.path("da-ky.pdf"),
            way: Way::Mail { again: false },
            reference: Some("05/BC-TTTT".to_owned()),
            by: "Trần Quốc Bảo".to_owned(),
        }
    }

    fn submit(&self, submission: &Submission) -> Result<Submitted, AnyFault> {
        plan(&self.here.site, submission)?.carry_out(&self.here.site)
    }

    fn dispatches(&self) -> Vec<Dispatched> {
        find(&self.here.site, self.number).unwrap().dispatches
    }

    fn log(&self) -> Vec<Entry> {
        let entries = self.here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
        entries.filter(|entry| entry.verb == "incident.dispatch").collect()
    }
}

/// Anyone may send there: accounts are tested elsewhere.
fn open_server() -> Behavior {
    Behavior { account: None, ..Behavior::default() }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, AnyFault>, code: &str, exit: ExitCode) {
    let fault = result.unwrap_err();
    assert_eq!((fault.code(), fault.exit()), (code, exit), "{fault}");
}

#[test]
fn every_recipient_gets_the_very_document_under_the_prescribed_subject() {
    let server = MailServer::start(open_server());
    let scene = Scene::with(&server);
    let submission = scene.submission(&["owner", "national-coordinator"]);
    let submitted = scene.submit(&submission).unwrap();
    assert_eq!(submitted.exit(), ExitCode::Done, "{submitted:?}");
    let taken = server.taken();
    assert_eq!(taken.len(), 2, "one letter each");
    for (letter, to) in taken.iter().zip(["vp@mau.example", "tiep-nhan@dieu-phoi.example"]) {
        assert_eq!(letter.to, [to]);
        let read = letter.read();
        let subject = read["headers"]["subject"].as_str().unwrap();
        assert!(subject.starts_with("[TBSC] Báo cáo ban đầu sự cố – "), "{subject}");
        assert!(subject.ends_with(" – sự cố số 1"), "{subject}");
        assert_eq!(read["files"][0]["name"], "da-ky.pdf");
        assert_eq!(read["files"][0]["type"], "application/pdf");
        assert_eq!(read["files"][0]["sha256"], Digest::of(SIGNED).to_string());
        let body = read["body"].as_str().unwrap();
        for part in
            ["Kính gửi: ", "Số, ký hiệu văn bản: 05/BC-TTTT.", &Digest::of(SIGNED).to_string()]
        {
            assert!(body.contains(part), "{part}: {body}");
        }
        assert_eq!(read["headers"].get("auto-submitted"), None);
    }
    let dispatches = scene.dispatches();
    assert_eq!(dispatches.len(), 2);
    for sent in &dispatches {
        assert_eq!((sent.channel, sent.digest), (Channel::Email, Digest::of(SIGNED)));
        assert!(sent.proof.as_deref().unwrap().starts_with("250 "), "{sent:?}");
        assert_eq!(sent.number.as_deref(), Some("05/BC-TTTT"));
    }
    // Sealed before it left, and still what it was.
    assert_eq!(evidence::read(&scene.here.site, Digest::of(SIGNED)).unwrap(), SIGNED);
    let kinds: Vec<_> = scene.log().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Kind::Intent, Kind::Outcome, Kind::Intent, Kind::Outcome]);
    // The same again is refused before anything leaves; a person may insist.
    let code = "incident.submit-already-sent";
    refused(plan(&scene.here.site, &submission), code, ExitCode::HumanNeeded);
    assert_eq!(server.taken().len(), 2);
    let again = Submission { way: Way::Mail { again: true }, ..submission };
    assert_eq!(scene.submit(&again).unwrap().exit(), ExitCode::Done);
    assert_eq!(server.taken().len(), 4);
}

#[test]
fn a_plan_shows_what_would_leave_and_changes_nothing() {
    let server = MailServer::start(open_server());
    let scene = Scene::with(&server);
    let before = scene.here.site.log().unwrap().head().unwrap().size;
    let plan = plan(&scene.here.site, &scene.submission(&["owner"])).unwrap();
    assert_eq!(plan.sends.len(), 1);
    assert_eq!(plan.sends[0].address.as_deref(), Some("vp@mau.example"));
    let letter = plan.sends[0].letter.as_ref().unwrap();
    assert_eq!(letter.attachments[0].bytes, SIGNED);
    assert!(plan.document.looks_signed);
    drop(plan);
    assert_eq!(scene.here.site.log().unwrap().head().unwrap().size, before);
    assert!(server.taken().is_empty());
    assert!(!scene.here.site.settings.evidence_dir().exists());
}

#[test]
fn a_refused_recipient_takes_nothing_from_the_others_and_can_be_tried_again() {
    let recipients = BTreeMap::from([("vp@mau.example", "550 5.1.1 no such mailbox")]);
    let server = MailServer::start(Behavior { recipients, ..open_server() });
    let mut scene = Scene::with(&server);
    let submission = scene.submission(&["owner", "national-coordinator"]);
    let submitted = scene.submit(&submission).unwrap();
    assert_eq!(submitted.exit(), ExitCode::Warnings);
    assert!(matches!(&submitted.fates[0].1, Fate::Failed(fault)
        if fault.reply().is_some_and(|reply| reply.code == 550)));
    assert!(matches!(&submitted.fates[1].1, Fate::Accepted(_)));
    let told: Vec<_> = scene.dispatches().iter().map(|sent| sent.recipient.clone()).collect();
    assert_eq!(told, ["national-coordinator"]);
    let failed = &scene.log()[1];
    assert_eq!(
        (failed.result, failed.code.as_deref()),
        (Some(Ending::Failed), Some("mail.refused"))
    );
    // A refusal is certain, so the next try needs no insisting.
    let better = MailServer::start(open_server());
    scene.use_server(better.settings());
    assert_eq!(scene.submit(&scene.submission(&["owner"])).unwrap().exit(), ExitCode::Done);
}

#[test]
fn a_wrong_certificate_or_no_server_sends_nothing() {
    let server = MailServer::start(Behavior { flaw: Flaw::Expired, ..open_server() });
    let mut scene = Scene::with(&server);
    let submitted = scene.submit(&scene.submission(&["owner"])).unwrap();
    assert_eq!(submitted.exit(), ExitCode::Failed);
    assert!(matches!(&submitted.fates[0].1, Fate::Failed(mail::MailError::Tls { .. })));
    assert!(server.taken().is_empty() && scene.dispatches().is_empty());
    scene.here.site.settings.notices.smtp = None;
    let none = plan(&scene.here.site, &scene.submission(&["owner"]));
    refused(none, "incident.submit-no-server", ExitCode::Configuration);
}

/// A server under TLS that takes one letter whole and never says so. The receiver hears when it
/// has the letter; the server goes when the sender is dropped.
fn swallowing(folder: &Path) -> (mail::Server, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (listener, authority) = (TcpListener::bind("127.0.0.1:0").unwrap(), Authority::new());
    authority.file(folder);
    let tls = authority.identity(Flaw::Nothing).server();
    let server = mail::Server {
        host: "localhost".to_owned(),
        port: listener.local_addr().unwrap().port(),
        security: mail::Security::Tls,
        account: None,
        authorities: Some(folder.join("authority.pem")),
        timeout: Duration::from_mins(1),
    };
    let (told, hears) = mpsc::channel();
    let (stay, goes) = mpsc::channel::<()>();
    std::thread::spawn(move || -> std::io::Result<()> {
        let (socket, _) = listener.accept()?;
        let mut stream =
            BufReader::new(StreamOwned::new(ServerConnection::new(tls).unwrap(), socket));
        for answer in ["220 a", "250 b", "250 c", "250 d", "354 e"] {
            if answer != "220 a" {
                stream.read_line(&mut String::new())?;
            }
            stream.get_mut().write_all(format!("{answer}\r\n").as_bytes())?;
        }
        let mut line = String::new();
        while line != ".\r\n" {
            line.clear();
            stream.read_line(&mut line)?;
        }
        told.send(()).unwrap();
        let _dropped = goes.recv();
        Ok(())
    });
    (server, hears, stay)
}

/// Submits to a server that takes the letter and leaves without a word.
fn submit_to_nobody_knows(scene: &mut Scene, submission: &Submission) {
    let folder = tempfile::tempdir().unwrap();
    let (silent, hears, stay) = swallowing(folder.path());
    scene.use_server(silent);
    let leaving = std::thread::spawn(move || {
        hears.recv().unwrap();
        drop(stay);
    });
    let submitted = scene.submit(submission).unwrap();
    leaving.join().unwrap();
    assert_eq!(submitted.exit(), ExitCode::HumanNeeded, "{submitted:?}");
}

#[test]
fn a_letter_whose_fate_nobody_knows_is_never_sent_again_by_itself() {
    let mut scene = Scene::new();
    let submission = scene.submission(&["owner"]);
    submit_to_nobody_knows(&mut scene, &submission);
    assert!(scene.dispatches().is_empty());
    assert_eq!(scene.log()[1].code.as_deref(), Some("mail.unknown"));
    let good = MailServer::start(open_server());
    scene.use_server(good.settings());
    let code = "incident.submit-may-have-arrived";
    refused(scene.submit(&submission), code, ExitCode::HumanNeeded);
    assert!(good.taken().is_empty());
    let again = Submission { way: Way::Mail { again: true }, ..submission.clone() };
    assert_eq!(scene.submit(&again).unwrap().exit(), ExitCode::Done);
    // Known at the other end as the letter that it is.
    let id = plan(&scene.here.site, &again).unwrap().sends[0].letter.as_ref().unwrap().message_id();
    assert_eq!(good.taken()[0].read()["headers"]["message-id"], id);
}

#[test]
fn of_two_who_submit_the_same_at_once_one_sends_it() {
    let server = MailServer::start(open_server());
    let scene = Scene::with(&server);
    let submission = scene.submission(&["owner"]);
    // Both have looked before either sends.
    let [one, other] = [(); 2].map(|()| plan(&scene.here.site, &submission).unwrap());
    assert_eq!(one.carry_out(&scene.here.site).unwrap().exit(), ExitCode::Done);
    let code = "incident.submit-already-sent";
    refused(other.carry_out(&scene.here.site), code, ExitCode::HumanNeeded);
    assert_eq!((server.taken().len(), scene.dispatches().len()), (1, 1));
}

#[test]
fn what_is_on_its_way_is_not_sent_beside_it() {
    let mut scene = Scene::new();
    let good = MailServer::start(open_server());
    scene.use_server(good.settings());
    let submission = scene.submission(&["owner"]);
    let late = plan(&scene.here.site, &submission).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (silent, hears, stay) = swallowing(folder.path());
    scene.use_server(silent);
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| scene.submit(&submission));
        hears.recv().unwrap();
        // The other's letter is with the server, which has not said so.
        let code = "incident.submit-may-have-arrived";
        refused(late.carry_out(&scene.here.site), code, ExitCode::HumanNeeded);
        drop(stay);
        assert_eq!(sending.join().unwrap().unwrap().exit(), ExitCode::HumanNeeded);
    });
    assert!(good.taken().is_empty());
}

#[test]
fn a_refusal_says_nothing_of_an_earlier_letter() {
    let mut scene = Scene::new();
    let submission = scene.submission(&["owner"]);
    submit_to_nobody_knows(&mut scene, &submission);
    let recipients = BTreeMap::from([("vp@mau.example", "550 5.1.1 no such mailbox")]);
    let refusing = MailServer::start(Behavior { recipients, ..open_server() });
    scene.use_server(refusing.settings());
    let again = Submission { way: Way::Mail { again: true }, ..submission.clone() };
    assert_eq!(scene.submit(&again).unwrap().exit(), ExitCode::Failed);
    let code = "incident.submit-may-have-arrived";
    refused(scene.submit(&submission), code, ExitCode::HumanNeeded);
}

#[test]
fn a_server_that_hangs_is_given_up_and_nothing_left() {
    let mut scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    Authority::new().file(folder.path());
    scene.use_server(mail::Server {
        host: "localhost".to_owned(),
        port: listener.local_addr().unwrap().port(),
        security: mail::Security::Tls,
        account: None,
        authorities: Some(folder.path().join("authority.pem")),
        timeout: Duration::from_millis(700),
    });
    let submitted = scene.submit(&scene.submission(&["owner"])).unwrap();
    assert_eq!(submitted.exit(), ExitCode::Failed);
    assert!(matches!(&submitted.fates[0].1, Fate::Failed(mail::MailError::TimedOut { .. })));
    assert!(scene.dispatches().is_empty());
}

#[test]
fn what_must_not_be_sent_is_refused_by_name() {
    let server = MailServer::start(open_server());
    let scene = Scene::with(&server);
    let check = |submission: &Submission, code: &str, exit| {
        refused(plan(&scene.here.site, submission), code, exit);
    };
    let of = |to: &[&str]| scene.submission(to);
    render(&scene.here.site, &request(&scene.here, scene.number, "nhap.pdf", "")).unwrap();
    let draft = Submission { file: scene.here.path("nhap.pdf"), ..of(&["owner"]) };
    check(&draft, "incident.submit-draft", ExitCode::Usage);
    // Not even under another name, or by hand.
    std::fs::copy(scene.here.path("nhap.pdf"), scene.here.path("khac.pdf")).unwrap();
    let now = scene.here.site.world.clock.now();
    let by_hand = |sent_at| Way::Hand { channel: Channel::Letter, sent_at, proof: None };
    let renamed =
        Submission { file: scene.here.path("khac.pdf"), way: by_hand(now), ..of(&["owner"]) };
    check(&renamed, "incident.submit-draft", ExitCode::Usage);
    let word = Submission { file: scene.here.path("nhap.docx"), ..of(&["owner"]) };
    check(&word, "incident.submit-not-a-pdf", ExitCode::Usage);
    let gone = Submission { file: scene.here.path("khong-co.pdf"), ..of(&["owner"]) };
    check(&gone, "incident.submit-unreadable", ExitCode::Failed);
    check(&of(&["owner", "owner"]), "incident.submit-twice", ExitCode::Usage);
    check(&of(&["network-member"]), "incident.submit-no-contact", ExitCode::Configuration);
    check(&of(&["specialist-unit"]), "incident.submit-no-email", ExitCode::Configuration);
    let later = now + jiff::SignedDuration::from_hours(1);
    let future = Submission { way: by_hand(later), ..of(&["owner"]) };
    check(&future, "incident.in-future", ExitCode::Usage);
    let early =
        Submission { way: by_hand(now - jiff::SignedDuration::from_hours(1)), ..of(&["owner"]) };
    check(&early, "incident.before-detection", ExitCode::Usage);
    let other = Submission { duties: vec!["C99".to_owned()], ..of(&["owner"]) };
    check(&other, "incident.unknown-duty", ExitCode::Usage);
    assert!(server.taken().is_empty() && scene.dispatches().is_empty());
}

#[test]
fn what_a_person_sent_is_recorded_with_its_time_and_proof() {
    let scene = Scene::new();
    let sent_at = scene.here.site.world.clock.now();
    let submission = Submission {
        way: Way::Hand {
            channel: Channel::Letter,
            sent_at,
            proof: Some("RR123456789VN".to_owned()),
        },
        ..scene.submission(&["owner", "specialist-unit"])
    };
    let submitted = scene.submit(&submission).unwrap();
    assert_eq!(submitted.exit(), ExitCode::Done);
    let dispatches = scene.dispatches();
    assert_eq!(dispatches.len(), 2);
    assert_eq!(dispatches[1].sent_at, sent_at);
    assert_eq!(dispatches[1].proof.as_deref(), Some("RR123456789VN"));
    assert_eq!(dispatches[1].address.as_deref(), Some("Số 1 phố Mẫu"));
    assert_eq!(find(&scene.here.site, scene.number).unwrap().evidence.len(), 1);
}

/// `\x40` is the sign in mail addresses, which stands for a folder here.
const NOTICES: &str = r#"
notices:
  authorities: AUTHORITIES
  smtp: { host: localhost, port: PORT, security: tls, from: "ttm\x40mau.example", timeout: 60s }
incidents:
  contacts:
    owner: { name: Văn phòng, email: "vp\x40mau.example", basis: Công văn số 12/CV-CAT }
"#;

#[test]
fn killed_between_intent_and_outcome_the_letter_is_abandoned_and_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let (silent, hears, stay) = swallowing(folder.path());
    let notices = NOTICES
        .replace("PORT", &silent.port.to_string())
        .replace("AUTHORITIES", folder.path().join("authority.pem").to_str().unwrap());
    let portal = configuration("    trees: [ { role: media, name: tep, path: portal/media } ]");
    let here = Installation::with(&(portal + &notices));
    let number = opened(&here);
    std::fs::write(here.path("da-ky.pdf"), SIGNED).unwrap();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_duphong"))
            .args(["--json", "--config"])
            .arg(here.path("duphong.yaml"))
            .args(["incident", "submit", &number.to_string(), "--duty", "C12", "--to", "owner"])
            .arg("--file")
            .arg(here.path("da-ky.pdf"))
            .env_clear()
            .env("HOME", here.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut child = start();
    hears.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    drop(stay);
    let next = start().wait_with_output().unwrap();
    let told = String::from_utf8(next.stdout).unwrap();
    assert_eq!(next.status.code(), Some(30), "{told}");
    assert!(told.contains("incident.submit-may-have-arrived"), "{told}");
    let entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let log: Vec<_> = entries.filter(|entry| entry.verb == "incident.dispatch").collect();
    assert_eq!(log.len(), 2);
    assert_eq!(log[1].result, Some(Ending::Abandoned));
    assert!(find(&here.site, number).unwrap().dispatches.is_empty());
}
