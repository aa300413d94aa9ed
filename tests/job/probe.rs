//! Looks that are kept and settled: on record once, with a log that fails, with samples that are
//! lost, over a restart, and beside another process.

use std::fs;
use std::net::TcpListener;

use duphong::audit::Entry;
use duphong::job::probe::{self, Outlook, Watch};
use duphong::job::site::Site;
use duphong::job::status;
use duphong::probe::fact::{State, VerdictRecord};
use duphong::view::Colour;

use crate::job::portal::Installation;
use crate::probe::farm::Server;

/// An installation whose portal is a server of ours on loopback, over IPv4.
fn installation(url: &str) -> Installation {
    Installation::with(&format!(
        "
site: {{ id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }}
state: state
repositories:
  local: {{ path: repository, password: {{ file: secrets/repository.password }} }}
network: {{ inside: [127.0.0.1], resolvers: [127.0.0.1] }}
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    trees:
      - {{ role: media, name: tep, path: portal/media }}
    snapshot: {{ to: [local], rpo: 6h }}
    drill: {{ from: local, rto: 8h, scratch: scratch }}
    probes:
      - {{ name: trang, url: \"{url}\", families: ipv4 }}
"
    ))
}

fn healthy() -> Server {
    Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
}

/// An address that refuses.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

fn look(watch: &Watch, site: &Site) -> Outlook {
    watch.look(site, "mau", "trang").unwrap()
}

fn verdicts(site: &Site) -> Vec<(State, Option<State>)> {
    let log = site.log().unwrap();
    let entries = log.reader().unwrap().entries().map(Result::unwrap);
    let record = |entry: Entry| -> VerdictRecord {
        serde_json::from_value(entry.facts["record"].clone()).unwrap()
    };
    let verdicts = entries.filter(|entry| entry.verb == "probe.verdict").map(record);
    verdicts.map(|record| (record.state, record.before)).collect()
}

#[test]
fn a_change_is_recorded_once_when_it_settles_and_survives_a_restart() {
    let server = healthy();
    let mut here = installation(&server.url());
    let (watch, fault) = Watch::begin(&here.site);
    assert!(fault.is_none());
    assert!(look(&watch, &here.site).change.is_none(), "one look is not enough");
    let settled = look(&watch, &here.site);
    assert_eq!(settled.settled.state.unwrap().0, State::Healthy);
    assert!(settled.change.unwrap().entry.is_some() && settled.faults.is_empty());
    assert!(look(&watch, &here.site).change.is_none());

    // The portal dies; the first two looks are of one process, the third of its successor.
    let gone = installation(&nobody());
    here.site.settings.portals[0].probes = gone.site.settings.portals[0].probes.clone();
    assert!(look(&watch, &here.site).change.is_none());
    assert!(look(&watch, &here.site).change.is_none());
    drop(watch);
    let (watch, _) = Watch::begin(&here.site);
    let down = look(&watch, &here.site);
    assert_eq!(down.change.unwrap().record.before, Some(State::Healthy));
    assert!(look(&watch, &here.site).change.is_none());
    let seen = verdicts(&here.site);
    assert_eq!(seen, [(State::Healthy, None), (State::Down, Some(State::Healthy))]);

    let status = status::status(&here.site).unwrap();
    let remark = status.remarks.iter().find(|one| one.message.id == "view-probe-down").unwrap();
    assert_eq!((remark.colour, remark.subject.as_str()), (Colour::Red, "mau"));
    let listed = probe::settled(&here.site, None).unwrap();
    assert_eq!(listed[0].2.as_ref().unwrap().state, Some(State::Down));
}

#[test]
fn a_probe_that_never_settled_is_not_green() {
    let here = installation(&nobody());
    let remarks = status::status(&here.site).unwrap().remarks;
    let never = remarks.iter().find(|one| one.message.id == "view-probe-never").unwrap();
    assert_eq!(never.colour, Colour::Amber);
}

#[test]
fn a_log_that_cannot_be_written_stops_no_look_and_knows_it_later() {
    let server = healthy();
    let here = installation(&server.url());
    let (watch, _) = Watch::begin(&here.site);
    look(&watch, &here.site);
    let (audit, aside) = (here.site.settings.audit_dir(), here.path("aside"));
    fs::rename(&audit, &aside).unwrap();
    let settled = look(&watch, &here.site);
    assert_eq!(settled.looked.state, State::Healthy);
    assert_eq!(settled.settled.state.unwrap().0, State::Healthy);
    assert_eq!(settled.change.unwrap().entry, None);
    assert_eq!(settled.faults.len(), 1);
    assert_eq!(settled.faults[0].code(), "job.not-initialised");
    assert!(look(&watch, &here.site).change.is_none(), "it is kept, not doubled");
    fs::rename(&aside, &audit).unwrap();
    here.site.catch_up_record().unwrap();
    assert_eq!(verdicts(&here.site), [(State::Healthy, None)]);
}

#[test]
fn samples_that_are_lost_or_damaged_lose_no_settled_state() {
    let server = healthy();
    let mut here = installation(&server.url());
    let (watch, _) = Watch::begin(&here.site);
    look(&watch, &here.site);
    look(&watch, &here.site);
    drop(watch);
    let file = here.site.settings.samples_file();
    for damage in ["", "this is no database, and never was"] {
        for end in ["-wal", "-shm"] {
            let _not_there = fs::remove_file(format!("{}{end}", file.display()));
        }
        fs::write(&file, damage).unwrap();
        let (watch, _) = Watch::begin(&here.site);
        let outlook = look(&watch, &here.site);
        assert_eq!(outlook.settled.state.unwrap().0, State::Healthy, "the log remembers");
        assert!(outlook.change.is_none() && outlook.faults.is_empty());
    }
    let notices: Vec<_> = here.site.notices.take().iter().map(|notice| notice.id).collect();
    assert_eq!(notices, ["probe-samples-set-aside"]);

    // A place where no samples can be: looks go on, their row is remembered by the process.
    here.site.settings.state = here.path("nowhere");
    let (watch, fault) = Watch::begin(&here.site);
    assert_eq!(fault.unwrap().code(), "job.not-initialised");
    let codes =
        |outlook: &Outlook| outlook.faults.iter().map(|fault| fault.code()).collect::<Vec<_>>();
    assert_eq!(codes(&look(&watch, &here.site)), ["probe.samples"]);
    let second = look(&watch, &here.site);
    assert_eq!(second.settled.state.unwrap().0, State::Healthy);
    assert_eq!(codes(&second), ["job.not-initialised", "probe.samples"]);
}

#[test]
fn several_at_once_keep_every_sample() {
    let server = healthy();
    let here = installation(&server.url());
    let (watch, _) = Watch::begin(&here.site);
    let plan = probe::plan(&here.site, Some("mau"), None).unwrap();
    let many: Vec<_> = std::iter::repeat_n(plan[0], 20).collect();
    let outlooks = probe::look_at_all(&here.site, &watch, &many).unwrap();
    assert!(outlooks.iter().all(|one| one.faults.is_empty()));
    assert_eq!(verdicts(&here.site), [(State::Healthy, None)]);
    assert_eq!(
        probe::plan(&here.site, None, Some("khac")).unwrap_err().to_string(),
        "no probe `khac` in the configuration"
    );
}
