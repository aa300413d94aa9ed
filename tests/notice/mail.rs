//! Letters to a real mail server: they arrive as they were written, and whoever does not get one
//! is told apart from whoever does.

use std::path::Path;
use std::sync::Arc;

use duphong::base::digest::Digest;
use duphong::base::fault::Fault as _;
use duphong::base::secret::Secret;
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SystemEntropy;
use duphong::world::mail::{Address, Attachment, Letter, MailError, Mailer, Security, Server};

use crate::notice::certificate::Flaw;
use crate::notice::server::{Behavior, MailServer};

/// A world whose wall clock stands in 2026, with the runtime that must outlive it.
pub(super) fn world() -> (World, tokio::runtime::Runtime) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let clock = ManualClock::at("2026-11-22T01:02:03Z".parse().unwrap());
    (World::with(Arc::new(clock), Arc::new(SystemEntropy), runtime.handle().clone()), runtime)
}

pub(super) fn letter(to: &[&str]) -> Letter {
    Letter {
        id: "thu-thu-nghiem-1".to_owned(),
        from: Address::parse("Dự phòng Hưng Yên <duphong@hungyen.gov.vn>").unwrap(),
        to: to.iter().map(|one| Address::parse(one).unwrap()).collect(),
        subject: "[duphong] ĐỎ: cổng “mau” không trả lời qua IPv6 — cần xử lý ngay".to_owned(),
        body: "Cổng thông tin không trả lời.\n.\n..Hai chấm đầu dòng.\n".to_owned(),
        attachments: Vec::new(),
        automatic: true,
    }
}

fn send(server: Server, letter: &Letter) -> Vec<Result<u16, MailError>> {
    let (world, _runtime) = world();
    let delivery = Mailer::new(&world, server).unwrap().send(letter).unwrap();
    delivery.recipients.into_iter().map(|(_, fate)| fate.map(|reply| reply.code)).collect()
}

fn codes(fates: &[Result<u16, MailError>]) -> Vec<&'static str> {
    fates.iter().map(|fate| fate.as_ref().map_or_else(MailError::code, |_| "ok")).collect()
}

#[test]
fn a_letter_arrives_as_it_was_written_under_both_kinds_of_tls() {
    for security in [Security::Tls, Security::StartTls] {
        let server = MailServer::start(Behavior { security, ..Behavior::default() });
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let mut letter = letter(&["Nguyễn Văn An <an@hungyen.gov.vn>", "binh@hungyen.gov.vn"]);
        letter.attachments.push(Attachment {
            name: "Mẫu số 03 - Báo cáo ban đầu.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: bytes.clone(),
        });
        assert_eq!(codes(&send(server.settings(), &letter)), ["ok", "ok"]);
        let taken = server.taken();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].from, "duphong@hungyen.gov.vn");
        assert_eq!(taken[0].to, ["an@hungyen.gov.vn", "binh@hungyen.gov.vn"]);
        assert_eq!(taken[0].login.as_deref(), Some("duphong"));
        assert!(taken[0].text.is_ascii());
        let read = taken[0].read();
        assert_eq!(read["headers"]["subject"], letter.subject);
        assert_eq!(read["headers"]["message-id"], "<thu-thu-nghiem-1@hungyen.gov.vn>");
        assert_eq!(read["headers"]["date"], "Sun, 22 Nov 2026 01:02:03 +0000");
        assert_eq!(read["headers"]["auto-submitted"], "auto-generated");
        let to = read["headers"]["to"].as_str().unwrap();
        assert!(to.contains("Nguyễn Văn An") && to.contains("binh@hungyen.gov.vn"), "{to}");
        assert_eq!(read["body"].as_str().unwrap().replace("\r\n", "\n"), letter.body);
        assert_eq!(read["files"][0]["name"], letter.attachments[0].name);
        assert_eq!(read["files"][0]["type"], "application/pdf");
        assert_eq!(read["files"][0]["sha256"], Digest::of(&bytes).to_string());
    }
}

#[test]
fn both_ways_to_log_in_work_and_a_server_without_accounts_is_not_logged_in_to() {
    for without in [&["PLAIN"][..], &["LOGIN"]] {
        let server = MailServer::start(Behavior { without, ..Behavior::default() });
        assert_eq!(codes(&send(server.settings(), &letter(&["an@b.vn"]))), ["ok"]);
        assert_eq!(server.taken()[0].login.as_deref(), Some("duphong"));
    }
    let server = MailServer::start(Behavior { account: None, ..Behavior::default() });
    assert_eq!(codes(&send(server.settings(), &letter(&["an@b.vn"]))), ["ok"]);
    assert_eq!(server.taken()[0].login, None);
}

#[test]
fn each_recipient_has_a_fate_of_its_own() {
    let recipients =
        [("khong-co@b.vn", "550 5.1.1 no such user"), ("day@b.vn", "452 4.2.2 mailbox is full")];
    let behavior = Behavior { recipients: recipients.into(), ..Behavior::default() };
    let server = MailServer::start(behavior);
    let fates = send(server.settings(), &letter(&["khong-co@b.vn", "an@b.vn", "day@b.vn"]));
    assert_eq!(codes(&fates), ["mail.refused", "ok", "mail.deferred"]);
    assert_eq!(server.taken()[0].to, ["an@b.vn"]);
    let reply = fates[0].as_ref().unwrap_err().reply().unwrap().clone();
    assert_eq!((reply.code, reply.text.as_str()), (550, "5.1.1 no such user"));

    let fates = send(server.settings(), &letter(&["khong-co@b.vn", "day@b.vn"]));
    assert_eq!(codes(&fates), ["mail.refused", "mail.deferred"]);
    assert_eq!(server.taken().len(), 1, "nobody was left to take the second letter");
}

#[test]
fn a_letter_that_is_refused_as_a_whole_reached_nobody() {
    let refuse_letter = Some("554 5.7.1 smells of spam");
    let server = MailServer::start(Behavior { refuse_letter, ..Behavior::default() });
    let fates = send(server.settings(), &letter(&["an@b.vn", "binh@b.vn"]));
    assert_eq!(codes(&fates), ["mail.refused", "mail.refused"]);
    assert!(fates.iter().all(|fate| !fate.as_ref().unwrap_err().may_have_arrived()));

    let server = MailServer::start(Behavior { size_max: 500, ..Behavior::default() });
    let fates = send(server.settings(), &letter(&["an@b.vn"]));
    assert_eq!(codes(&fates), ["mail.too-large"]);
}

#[test]
fn a_wrong_password_is_told_and_never_shown() {
    let server = MailServer::start(Behavior::default());
    let mut settings = server.settings();
    let account = settings.account.as_mut().unwrap();
    account.password = Secret::new(b"sai-mat-khau".to_vec());
    assert!(!format!("{settings:?}").contains("sai-mat-khau"));
    let fates = send(settings, &letter(&["an@b.vn"]));
    assert_eq!(codes(&fates), ["mail.wrong-login"]);
    assert!(!format!("{fates:?}").contains("sai-mat-khau"));
    assert!(server.taken().is_empty());

    let all = &["PLAIN", "LOGIN"];
    let server = MailServer::start(Behavior { without: all, ..Behavior::default() });
    assert_eq!(codes(&send(server.settings(), &letter(&["an@b.vn"]))), ["mail.no-login"]);
}

#[test]
fn a_certificate_that_does_not_hold_stops_everything_and_says_why() {
    let cases = [
        (Flaw::Expired, "tls.expired"),
        (Flaw::NotYetValid, "tls.not-yet-valid"),
        (Flaw::WrongName, "tls.wrong-name"),
        (Flaw::SelfSigned, "tls.unknown-issuer"),
    ];
    for security in [Security::Tls, Security::StartTls] {
        for (flaw, code) in cases {
            let server = MailServer::start(Behavior { security, flaw, ..Behavior::default() });
            let fates = send(server.settings(), &letter(&["an@b.vn"]));
            let fault = fates[0].as_ref().unwrap_err();
            assert_eq!(fault.code(), "mail.tls", "{flaw:?}: {fault:?}");
            assert_eq!(fault.beneath().unwrap().code(), code, "{flaw:?}: {fault:?}");
            assert!(server.taken().is_empty());
        }
    }
    let server = MailServer::start(Behavior::default());
    let settings = Server { authorities: None, ..server.settings() };
    let fates = send(settings, &letter(&["an@b.vn"]));
    assert_eq!(fates[0].as_ref().unwrap_err().beneath().unwrap().code(), "tls.unknown-issuer");
}

#[test]
fn a_file_of_authorities_that_holds_none_is_refused_at_once() {
    #[track_caller]
    fn check(world: &World, server: &MailServer, path: &Path) {
        let settings = Server { authorities: Some(path.to_owned()), ..server.settings() };
        let fault = Mailer::new(world, settings).unwrap_err();
        assert_eq!((fault.code(), fault.exit().number()), ("mail.setup", 78));
    }

    let (world, _runtime) = world();
    let server = MailServer::start(Behavior::default());
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "# nothing\n").unwrap();
    check(&world, &server, &empty);
    check(&world, &server, Path::new("/does/not/exist"));
    let broken = folder.path().join("broken.pem");
    std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n")
        .unwrap();
    check(&world, &server, &broken);
    let settings = Server { host: "mail server".to_owned(), ..server.settings() };
    assert_eq!(Mailer::new(&world, settings).unwrap_err().code(), "mail.bad-host");
}
