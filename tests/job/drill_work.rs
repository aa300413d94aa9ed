//! The work that failed drills open, on a real log: who owes it, what ends it, and what people are
//! told of it; and the quarter without a drill out of an off-site copy.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use duphong::audit::Kind;
use duphong::drill::fact::Verdict;
use duphong::drill::work::End;
use duphong::job::drill::work::{close, works};
use duphong::job::drill::{self, Request};
use duphong::job::hold::Word;
use duphong::job::notice::Teller;
use duphong::job::{snapshot, status};
use duphong::view::Colour;
use duphong::world::World;
use duphong::world::clock::ManualClock;
use jiff::{SignedDuration, Timestamp};

use crate::job::portal::{Installation, SOURCES, configuration, site};
use crate::notice::server::MailServer;

const DAY: Duration = Duration::from_hours(24);

/// A portal whose drills end as a file says, on a clock that stands still.
fn installation() -> (Installation, Arc<ManualClock>) {
    of_text(&text())
}

fn text() -> String {
    let drill = "scratch: scratch, on-failure: { owner: Phòng Hạ tầng, within: 10d },
      scan: { command: [/bin/sh, -c, 'exit $(cat $0)', @end] } }";
    let text = configuration(SOURCES).replace("scratch: scratch }", drill);
    text.replace("path: repository,", "path: repository, off-site: true,")
}

fn of_text(text: &str) -> (Installation, Arc<ManualClock>) {
    let mut here = Installation::with(text);
    let start: Timestamp = "2027-11-20T01:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let world = &here.site.world;
    here.site.world = World::with(clock.clone(), world.entropy.clone(), world.runtime().clone());
    snapshot::create(&here.site, "mau").unwrap();
    (here, clock)
}

fn drill(here: &Installation, end: &str) -> u64 {
    drill_from(here, "local", end)
}

fn drill_from(here: &Installation, repository: &str, end: &str) -> u64 {
    fs::write(here.path("end"), end).unwrap();
    let (portal, repository) = ("mau".to_owned(), Some(repository.to_owned()));
    let request = Request { portal, repository, ..Request::default() };
    let record = drill::run(&here.site, &request).unwrap().record;
    let expected = if end == "0" { Verdict::Pass } else { Verdict::Fail };
    // The clock stands still, so that nothing else can be wrong.
    assert_eq!(record.verdict, expected, "{record:#?}");
    assert_eq!(record.work.is_some(), end != "0");
    record.number
}

/// The colours and ids of what `status` says of drills and their work.
fn said(here: &Installation) -> Vec<(Colour, &'static str)> {
    let remarks = status::status(&here.site).unwrap().remarks.into_iter();
    let of_drills = remarks.filter(|remark| remark.message.id.starts_with("view-drill-"));
    of_drills.map(|remark| (remark.colour, remark.message.id)).collect()
}

#[test]
fn the_work_of_a_failed_drill_is_told_until_a_pass_or_a_person_ends_it() {
    let (here, clock) = installation();
    let log = here.site.log().unwrap();
    let failed = (Colour::Red, "view-drill-failed");
    assert_eq!(drill(&here, "0"), 1);
    assert_eq!(said(&here), []);

    let first = drill(&here, "1");
    assert_eq!(said(&here), [failed, (Colour::Amber, "view-drill-work")]);
    let work = works(&log).unwrap().of(first).unwrap().clone();
    assert_eq!(work.owner, "Phòng Hạ tầng");
    assert_eq!(work.due.duration_since(work.opened), SignedDuration::from_hours(240));
    clock.advance(10 * DAY);
    // One that fails again moves no deadline.
    snapshot::create(&here.site, "mau").unwrap();
    let again = drill(&here, "1");
    assert_eq!(works(&log).unwrap().of(again).unwrap().number, first);
    assert_eq!(said(&here), [failed, (Colour::Red, "view-drill-work-late")]);
    let passed = drill(&here, "0");
    assert_eq!(said(&here), []);
    let end = works(&log).unwrap().of(first).unwrap().end.clone();
    assert!(matches!(end, Some(End::Passed { number, .. }) if number == passed), "{end:?}");

    let second = drill(&here, "1");
    let by_a_person = |reason: &str| Word { by: "Bình".into(), reason: reason.into() };
    let code = |number, reason| close(&here.site, number, &by_a_person(reason)).unwrap_err().code();
    assert_eq!(code(second, " "), "job.wordless");
    assert_eq!(code(first, "xong"), "job.no-open-work");
    assert_eq!(code(99, "xong"), "job.no-open-work");
    close(&here.site, second, &by_a_person("đã đổi máy quét")).unwrap();
    assert_eq!(code(second, "lần nữa"), "job.no-open-work");
    // The verdict of the newest drill stands: that the work is done with proves nothing.
    assert_eq!(said(&here), [failed]);
    let last = log.reader().unwrap().entries().last().unwrap().unwrap();
    let deed = (last.kind, last.verb.as_str(), last.subject.as_str());
    assert_eq!(deed, (Kind::Record, "drill.close", "mau"));
}

#[test]
fn a_pass_out_of_another_repository_leaves_a_failed_one_red() {
    let usb = "  usb: { path: usb, password: { file: secrets/usb.password } }\nportals:";
    let text = text().replace("portals:", usb).replace("to: [local]", "to: [local, usb]");
    let (here, _) = of_text(&text);
    let (failed, work) = ((Colour::Red, "view-drill-failed"), (Colour::Amber, "view-drill-work"));
    drill_from(&here, "local", "1");
    assert_eq!(said(&here), [failed, work]);
    drill_from(&here, "usb", "0");
    assert_eq!(said(&here), [failed, work], "the other copy does not come back yet");
    drill_from(&here, "local", "0");
    assert_eq!(said(&here), []);
    // A repository that was given up gives no pass: a person ends it.
    let second = drill_from(&here, "local", "1");
    drill_from(&here, "usb", "0");
    assert_eq!(said(&here), [failed, work]);
    let closing = Word { by: "Bình".into(), reason: "kho này đã bỏ".into() };
    close(&here.site, second, &closing).unwrap();
    assert_eq!(said(&here), []);
}

#[test]
fn a_quarter_without_a_pass_out_of_an_off_site_copy_turns_the_state_amber() {
    let (here, clock) = installation();
    let amber = (Colour::Amber, "view-drill-off-site");
    clock.advance(92 * DAY + DAY);
    assert_eq!(said(&here), [amber]);
    snapshot::create(&here.site, "mau").unwrap();
    // A drill that failed has not proven the copy.
    drill(&here, "1");
    assert!(said(&here).contains(&amber));
    drill(&here, "0");
    assert_eq!(said(&here), []);
    clock.advance(91 * DAY);
    assert_eq!(said(&here), []);
    clock.advance(2 * DAY);
    assert_eq!(said(&here), [amber]);
}

#[test]
fn people_are_reminded_of_the_work_by_its_share_and_told_of_its_end() {
    let mail = MailServer::open();
    let (mut here, clock) = installation();
    let file = here.path("duphong.yaml");
    let text = fs::read_to_string(&file).unwrap() + &mail.notices();
    fs::write(&file, text).unwrap();
    here.site.settings = site(&file).0.settings;
    let tell = || {
        let before = mail.taken().len();
        let now = status::status(&here.site).unwrap().now;
        Teller::default().tell(&here.site, &now).unwrap();
        let letters = mail.taken();
        letters[before..].iter().map(|letter| letter.read()["body"].to_string()).collect::<String>()
    };
    let number = drill(&here, "1");
    // The first letter begins their hearing; what runs then is told.
    let letter = tell();
    assert!(letter.contains("Phòng Hạ tầng khắc phục trước"), "{letter}");
    for (days, share) in [(5, "đã qua 50 %"), (3, "đã qua 80 %"), (2, "ĐẾN HẠN")] {
        clock.advance(days * DAY);
        let letter = tell();
        assert!(letter.contains(share), "{share}: {letter}");
        assert!(letter.contains(&format!("duphong drill show {number}")), "{letter}");
        assert!(!tell().contains(share), "each share is told once");
    }
    snapshot::create(&here.site, "mau").unwrap();
    drill(&here, "0");
    let letter = tell();
    assert!(letter.contains("việc khắc phục của Phòng Hạ tầng đã QUÁ HẠN"), "{letter}");
    clock.advance(DAY);
    assert!(!tell().contains("việc khắc phục"), "what has ended is not told again");
}
