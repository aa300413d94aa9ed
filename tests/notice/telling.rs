//! An installation that tells people how it stands, through a real mail server and a web server.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use duphong::audit::Actor;
use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::progress::Silent;
use duphong::config;
use duphong::incident::fact::Group;
use duphong::job::incident::{Proposal, propose};
use duphong::job::notice::{self, Teller, Told};
use duphong::job::sample::{self, Places};
use duphong::job::site::{Notices, Site};
use duphong::job::unrecorded::Unrecorded;
use duphong::job::{snapshot, status};
use duphong::notice::fact::Arrival;
use duphong::view::{Colour, Now};
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SystemEntropy;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::notice::certificate::Flaw;
use crate::notice::server::{Behavior, MailServer};
use crate::notice::web::Web;

/// Dropped last: the runtime must outlive what runs on it.
struct Installation {
    site: Site,
    clock: Arc<ManualClock>,
    folder: TempDir,
    _runtime: Runtime,
}

const CONFIGURATION: &str = "
site: { id: mau, name: Cổng Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }
state: @/state
repositories:
  local: { path: @/repository, password: { file: @/repository.password } }
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    trees:
      - { role: media, name: tep, path: @/portal/media }
    snapshot: { to: [local], rpo: 6h }
    drill: { from: local, rto: 8h, scratch: @/scratch }
";

impl Installation {
    /// `notices` is the section of the configuration.
    fn new(notices: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let clock = Arc::new(ManualClock::at("2026-11-22T01:00:00Z".parse().unwrap()));
        let shared: Arc<ManualClock> = Arc::clone(&clock);
        let world = World::with(shared, Arc::new(SystemEntropy), runtime.handle().clone());
        let secret = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&path, mode).unwrap();
        };
        secret("smtp.pass", "mật khẩu\n");
        let site = Site {
            settings: settings(folder.path(), notices),
            configuration: Vec::new(),
            world,
            actor: Actor::daemon(),
            cancel: Cancel::default(),
            progress: Arc::new(Silent),
            notices: Notices::default(),
            scheduled: None,
            unrecorded: Unrecorded::default(),
        };
        sample::make(&Places::below(&folder.path().join("portal")), 7).unwrap();
        duphong::job::init::host(&site).unwrap();
        Self { site, clock, folder, _runtime: runtime }
    }

    /// Goes on under another section, as after a reload.
    fn reload(&mut self, notices: &str) {
        self.site.settings = settings(self.folder.path(), notices);
    }

    /// A pass of a daemon that was started this moment: it knows only the log.
    fn tell(&self) -> Told {
        Teller::default().tell(&self.site, &Now::default()).unwrap()
    }

    fn pass(&self, minutes: u64) -> Told {
        self.clock.advance(Duration::from_mins(minutes));
        self.tell()
    }

    fn remarks(&self) -> Vec<(Colour, &'static str)> {
        let remarks = status::status(&self.site).unwrap().remarks;
        remarks.iter().map(|remark| (remark.colour, remark.message.id)).collect()
    }
}

fn arrivals(told: &Told) -> Vec<(String, Arrival)> {
    let fates = told.letters.iter().flat_map(|letter| &letter.fates);
    fates.map(|fate| (fate.recipient.clone(), fate.arrival)).collect()
}

fn settings(folder: &Path, notices: &str) -> config::settings::Settings {
    let text = format!("{CONFIGURATION}{notices}").replace('@', &folder.display().to_string());
    // Addresses have the sign, too.
    let text = text.replace(" at ", "@");
    let file = folder.join("duphong.yaml");
    std::fs::write(&file, &text).unwrap();
    config::check_text(text.as_bytes(), &file, None).unwrap().settings
}

fn by_mail(server: &MailServer, to: &str) -> String {
    let settings = server.settings();
    let authorities = server.authority();
    format!(
        "notices:
  to: [{to}]
  repeat: 4h
  authorities: {}
  smtp:
    host: localhost
    port: {}
    security: starttls
    user: duphong
    password: {{ file: @/smtp.pass }}
    from: duphong at hungyen.vn
",
        authorities.display(),
        settings.port
    )
}

fn subjects(server: &MailServer) -> Vec<String> {
    let read = |taken: &crate::notice::server::Taken| taken.read();
    let subject = |letter: Value| letter["headers"]["subject"].as_str().unwrap().to_owned();
    server.taken().iter().map(read).map(subject).collect()
}

#[test]
fn what_is_wrong_is_told_once_and_its_end_too() {
    let server = MailServer::start(Behavior::default());
    let here = Installation::new(&by_mail(&server, "an at b.vn, binh at b.vn"));
    let told = here.tell();
    assert_eq!(told.exit(), ExitCode::Done, "{told:?}");
    let taken = server.taken();
    assert_eq!(taken.len(), 1, "both are told the same, in one letter");
    assert_eq!(taken[0].to, ["an@b.vn", "binh@b.vn"]);
    let read = taken[0].read();
    let subject = "[mau] ĐỎ: mau: kho “local” chưa có bản sao lưu nào (và 3 việc khác)";
    assert_eq!(read["headers"]["subject"], subject);
    let body = read["body"].as_str().unwrap().replace("\r\n", "\n");
    for part in [
        "Cổng Mẫu – 22/11/2026 08:00",
        "ĐỎ · MỚI · mau: kho “local” chưa có bản sao lưu nào\n  Việc cần làm: ",
        "\n  Xem thêm: duphong snapshot list --portal mau\n",
        "VÀNG · MỚI · mau: chưa diễn tập lần nào",
        "Mã thư: duphong-",
    ] {
        assert!(body.contains(part), "{part:?} is missing in\n{body}");
    }

    assert!(here.pass(1).letters.is_empty(), "nothing is new");
    snapshot::create(&here.site, "mau").unwrap();
    here.pass(1);
    let over = "[mau] XANH: đã hết: mau: kho “local” chưa có bản sao lưu nào";
    assert_eq!(subjects(&server), [subject, over]);

    here.pass(4 * 60);
    let again = server.taken().last().unwrap().read();
    let body = again["body"].as_str().unwrap();
    assert!(body.contains("VÀNG · VẪN CÒN · mau: chưa diễn tập lần nào"), "{body}");
    assert!(!body.contains("chưa có bản sao lưu"), "{body}");
    here.pass(2 * 60 + 1);
    assert!(subjects(&server).last().unwrap().starts_with("[mau] ĐỎ: mau: bản sao lưu mới nhất"));
    let ids = server.taken().into_iter().map(|taken| taken.read()["headers"]["message-id"].clone());
    let ids: std::collections::HashSet<_> = ids.collect();
    assert_eq!(ids.len(), server.taken().len(), "each letter has an id of its own");
}

#[test]
fn a_recipient_who_could_not_be_reached_hears_later_and_the_others_not_twice() {
    let full = [("day@b.vn", "452 4.2.2 mailbox is full")];
    let server = MailServer::start(Behavior { recipients: full.into(), ..Behavior::default() });
    let mut here = Installation::new(&by_mail(&server, "an at b.vn, day at b.vn"));
    let told = here.tell();
    assert_eq!(told.exit(), ExitCode::Warnings);
    let (an, day) = ("mail:an@b.vn".to_owned(), "mail:day@b.vn".to_owned());
    let both = [(an, Arrival::Accepted), (day.clone(), Arrival::NotSent)];
    assert_eq!(arrivals(&told), both);
    assert!(here.remarks().contains(&(Colour::Amber, "view-notice-failing")));

    let healed = MailServer::start(Behavior::default());
    here.reload(&by_mail(&healed, "an at b.vn, day at b.vn"));
    assert!(here.tell().letters.is_empty(), "the server is not asked again at once");
    here.pass(2);
    let to_day = healed.taken();
    assert_eq!(to_day.len(), 1);
    assert_eq!(to_day[0].to, ["day@b.vn"]);
    let body = to_day[0].read()["body"].as_str().unwrap().to_owned();
    assert!(body.contains("kho “local” chưa có bản sao lưu nào"), "{body}");
    assert!(!here.remarks().iter().any(|(_, id)| *id == "view-notice-failing"));
}

#[test]
fn whoever_stays_out_of_reach_is_named_to_the_others() {
    let full = [("day@b.vn", "452 4.2.2 mailbox is full")];
    let server = MailServer::start(Behavior { recipients: full.into(), ..Behavior::default() });
    let here = Installation::new(&by_mail(&server, "an at b.vn, day at b.vn"));
    here.tell();
    for _ in 0..3 {
        here.pass(5);
    }
    let letters = server.taken();
    assert_eq!(letters.len(), 2);
    let body = letters[1].read()["body"].as_str().unwrap().to_owned();
    assert!(
        body.contains("VÀNG · MỚI · notices: không gửi được thông báo đến mail:day@b.vn"),
        "{body}"
    );
    assert!(body.contains("Xem thêm: duphong notice test"), "{body}");
}

#[test]
fn while_nobody_can_be_reached_status_is_red_and_nothing_is_lost() {
    let server = MailServer::start(Behavior::default());
    let section = by_mail(&server, "an at b.vn");
    let mut here = Installation::new(&section);
    drop(server);
    assert_eq!(arrivals(&here.tell()), [("mail:an@b.vn".to_owned(), Arrival::NotSent)]);
    assert!(here.remarks().contains(&(Colour::Red, "view-notice-failing")));
    assert!(here.tell().letters.is_empty(), "the server is not asked again at once");
    // Something comes and goes meanwhile.
    snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(here.pass(1).letters.len(), 1);
    let healed = MailServer::start(Behavior::default());
    here.reload(&by_mail(&healed, "an at b.vn"));
    here.pass(15);
    let body = healed.taken()[0].read()["body"].as_str().unwrap().to_owned();
    assert!(body.contains("XANH · ĐÃ XẢY RA VÀ ĐÃ HẾT · mau: kho “local” chưa có"), "{body}");
    assert!(body.contains("VÀNG · MỚI · mau: chưa diễn tập lần nào"), "{body}");
    assert!(!here.remarks().iter().any(|(_, id)| *id == "view-notice-failing"));
}

#[test]
fn one_broken_channel_does_not_keep_another_from_telling() {
    let server = MailServer::start(Behavior::default());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let webhooks = format!(
        "  webhooks:\n    - {{ name: chat, url: \"https://{closed}/\" }}\n    \
         - {{ name: mat, url: \"https://{closed}/\", secret: {{ file: @/not-there }} }}\n"
    );
    let here = Installation::new(&(by_mail(&server, "an at b.vn") + &webhooks));
    let told = here.tell();
    let fates: Vec<_> = told.letters.iter().flat_map(|letter| &letter.fates).collect();
    let code = |recipient: &str| {
        let fate = fates.iter().find(|fate| fate.recipient == recipient).unwrap();
        fate.code.clone().unwrap_or_default()
    };
    assert_eq!(code("mail:an@b.vn"), "");
    assert_eq!(code("webhook:chat"), "webhook.unreachable");
    assert_eq!(code("webhook:mat"), "secret.unreadable");
    assert_eq!(server.taken().len(), 1);
}

#[test]
fn without_a_channel_nothing_is_sent_nor_written_and_status_says_so() {
    let here = Installation::new("");
    let entries = || status::status(&here.site).unwrap().now.entries;
    let before = entries();
    assert!(here.tell().letters.is_empty());
    assert_eq!(entries(), before);
    let nobody = (Colour::Amber, "view-notice-nobody");
    assert_eq!(here.remarks().iter().filter(|remark| **remark == nobody).count(), 1);
    assert_eq!(notice::test(&here.site, None).unwrap_err().code(), "notice.no-channel");
}

#[test]
fn a_webhook_hears_the_same_as_a_person() {
    let web = Web::new(Flaw::Nothing);
    let heard = web.answer(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), true);
    let section = format!(
        "notices:\n  authorities: {}\n  webhooks:\n    \
         - {{ name: chat, url: \"{}\", secret: {{ file: @/smtp.pass }} }}\n",
        web.authority_file().display(),
        web.endpoint("https").url
    );
    let here = Installation::new(&section);
    assert_eq!(arrivals(&here.tell()), [("webhook:chat".to_owned(), Arrival::Accepted)]);
    let heard = heard.join().unwrap().unwrap();
    let body: Value = serde_json::from_str(&heard.body).unwrap();
    assert_eq!(
        (&body["version"], &body["site"], &body["colour"]),
        (&1.into(), &"mau".into(), &"red".into())
    );
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("[mau] ĐỎ: mau: kho “local” chưa có bản sao lưu nào"), "{text}");
    let first = &body["items"][0];
    assert_eq!((&first["news"], &first["colour"]), (&"new".into(), &"red".into()));
    assert!(heard.head.contains("x-duphong-signature: v1="));
}

#[test]
fn duties_are_called_to_mind_as_their_time_runs_out() {
    let server = MailServer::start(Behavior::default());
    let here = Installation::new(&by_mail(&server, "an at b.vn"));
    here.tell();
    let proposal = Proposal {
        portal: "mau".to_owned(),
        detected_at: here.site.world.clock.now(),
        source: "page.signature".to_owned(),
        what: "Trang chủ bị thay đổi".to_owned(),
        group: Some(Group::Attack),
        kind: None,
        set: None,
        evidence: Vec::new(),
    };
    propose(&here.site, &proposal).unwrap();
    let newest = || {
        let letter = server.taken().pop().unwrap().read();
        letter["body"].as_str().unwrap().replace("\r\n", "\n")
    };
    here.pass(1);
    assert!(newest().contains("VÀNG · MỚI · mau: sự cố 1 mới được đề xuất"), "{}", newest());
    here.pass(12 * 60);
    assert!(newest().contains("đã qua 50 % thời hạn"), "{}", newest());
    assert!(newest().contains("nơi nhận Cơ quan chuyên trách của Bộ Công an"), "{}", newest());
    let letters = server.taken().len();
    assert!(here.pass(1).letters.is_empty());
    here.pass(8 * 60);
    assert!(newest().contains("ĐỎ · VỪA XẢY RA · mau: sự cố 1, nghĩa vụ"), "{}", newest());
    assert!(newest().contains("đã qua 80 % thời hạn"), "{}", newest());
    assert!(newest().contains("ĐỎ · NẶNG HƠN · mau: sự cố 1 mới được đề xuất"), "{}", newest());
    assert_eq!(server.taken().len(), letters + 1);
}

#[test]
fn that_the_log_cannot_be_written_is_told_without_it() {
    let server = MailServer::start(Behavior::default());
    let here = Installation::new(&by_mail(&server, "an at b.vn"));
    here.tell();
    let now = status::status(&here.site).unwrap().now;
    // A folder where its lock should be: nobody can write.
    let lock = here.site.settings.audit_dir().join("lock");
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    let mut teller = Teller::default();
    assert!(teller.tell(&here.site, &now).is_err());
    assert!(teller.tell(&here.site, &now).is_err(), "and only once");
    let letters = subjects(&server);
    assert_eq!(letters.len(), 2, "{letters:?}");
    assert!(letters[1].contains("nhật ký kiểm toán"), "{letters:?}");

    std::fs::remove_dir(&lock).unwrap();
    here.site.catch_up_record().unwrap();
    here.clock.advance(Duration::from_mins(1));
    teller.tell(&here.site, &now).unwrap();
    let last = subjects(&server).pop().unwrap();
    assert!(server.taken().len() == 3, "{last}");
    let body = server.taken()[2].read()["body"].as_str().unwrap().to_owned();
    assert!(body.contains("XANH · ĐÃ HẾT · audit: không đọc hoặc không ghi được"), "{body}");
    assert!(body.contains("ĐỎ · VỪA XẢY RA"), "the gap is told as well: {body}");
}

#[test]
fn whoever_an_alarm_without_the_log_did_not_reach_is_tried_again_soon() {
    let full = [("day@b.vn", "452 4.2.2 mailbox is full")];
    let server = MailServer::start(Behavior { recipients: full.into(), ..Behavior::default() });
    let mut here = Installation::new(&by_mail(&server, "an at b.vn, day at b.vn"));
    let now = status::status(&here.site).unwrap().now;
    let mut teller = Teller::default();
    let alarm = |teller: &mut Teller, site: &Site, minutes: u64, clock: &ManualClock| {
        clock.advance(Duration::from_mins(minutes));
        arrivals(&teller.alarm(site, &now, "audit.unwritable"))
    };
    let (an, day) = ("mail:an@b.vn".to_owned(), "mail:day@b.vn".to_owned());
    let clock = Arc::clone(&here.clock);
    let first = alarm(&mut teller, &here.site, 0, &clock);
    assert_eq!(first, [(an.clone(), Arrival::Accepted), (day.clone(), Arrival::NotSent)]);
    let healed = MailServer::start(Behavior::default());
    here.reload(&by_mail(&healed, "an at b.vn, day at b.vn"));
    assert!(alarm(&mut teller, &here.site, 14, &clock).is_empty(), "not at once");
    assert_eq!(alarm(&mut teller, &here.site, 1, &clock), [(day.clone(), Arrival::Accepted)]);
    assert!(subjects(&healed)[0].contains("nhật ký kiểm toán"), "{:?}", subjects(&healed));
    // Each waits four hours from when it heard.
    assert!(alarm(&mut teller, &here.site, 224, &clock).is_empty());
    assert_eq!(alarm(&mut teller, &here.site, 1, &clock), [(an, Arrival::Accepted)]);
    assert_eq!(alarm(&mut teller, &here.site, 15, &clock), [(day, Arrival::Accepted)]);
}

#[test]
fn that_the_folder_of_the_log_is_gone_is_told_without_making_another() {
    let server = MailServer::start(Behavior::default());
    let here = Installation::new(&by_mail(&server, "an at b.vn"));
    let now = status::status(&here.site).unwrap().now;
    let folder = here.site.settings.audit_dir();
    std::fs::remove_dir_all(&folder).unwrap();
    let mut teller = Teller::default();
    let told = teller.alarm(&here.site, &now, "audit.missing");
    assert_eq!(arrivals(&told), [("mail:an@b.vn".to_owned(), Arrival::Accepted)]);
    assert!(subjects(&server)[0].contains("nhật ký kiểm toán"), "{:?}", subjects(&server));
    assert!(teller.alarm(&here.site, &now, "audit.missing").letters.is_empty(), "and only once");
    assert!(!folder.exists());
}

#[test]
fn the_command_line_tries_channels_and_shows_what_was_told() {
    let refused = [("sai@b.vn", "550 5.1.1 no such user")];
    let server = MailServer::start(Behavior { recipients: refused.into(), ..Behavior::default() });
    let here = Installation::new(&by_mail(&server, "an at b.vn, sai at b.vn"));
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_duphong"))
            .env_clear()
            .arg("--config")
            .arg(here.folder.path().join("duphong.yaml"))
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, out, err) = run(&["notice", "test"]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("mail:an@b.vn: đã nhận\n"), "{out}");
    let told = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("mail:sai@b.vn: CHƯA GỬI ĐƯỢC: máy chủ thư từ chối khi nhận người nhận: 550")
    );
    assert!(err.contains("địa chỉ"), "{err}");
    assert_eq!(subjects(&server), ["[mau] Thư thử: kênh thông báo của duphong hoạt động"]);

    here.tell();
    let (code, out, _) = run(&["notice", "list"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("(thư thử)") && out.contains("CHƯA GỬI ĐƯỢC"), "{out}");
    let (_, out, _) = run(&["--json", "notice", "list", "--last", "1"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    let notices = answer["result"]["notices"].as_array().unwrap();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["recipients"][0]["arrival"], "accepted");
    assert_eq!(run(&["notice", "test", "--channel", "fax"]).0, Some(2));
    assert_eq!(run(&["notice", "test", "--channel", "mail"]).0, Some(1));
}
