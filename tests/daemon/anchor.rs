//! The daemon puts heads of the log outside: by its schedule, after downtime, and again where it
//! failed.

use std::sync::Arc;

use duphong::audit::{Actor, Deed, Ending, Kind, Log};
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SystemEntropy;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::daemon::kit::{Daemon, SELDOM, Town, configuration};
use crate::store::s3::{Fault, KEY, Options, Server};

#[test]
fn a_night_that_was_missed_is_made_up_for_and_what_fails_is_tried_again() {
    let server = Server::with(Options { versions: true, ..Options::default() });
    let town = Town::new(SELDOM);
    // Three hours ago, every day: a retry after an hour comes before the next.
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let at = (Timestamp::now() - SignedDuration::from_hours(3)).to_zoned(zone);
    let schedule = format!("{} {} * * *", at.minute(), at.hour());
    std::fs::write(town.path("s3.key"), format!("{}\n{}\n", KEY.0, KEY.1)).unwrap();
    let text = format!(
        "{}audit:
  schedule: \"{schedule}\"
  anchors:
    khoa:
      s3: {{ endpoint: '{}', bucket: kho-mau, prefix: neo, credentials: {{ file: s3.key }} }}
      object-lock: {{ mode: governance, retention: 60d }}
",
        configuration(town.port, SELDOM),
        server.endpoint()
    );
    town.configure(&text);
    // A daemon ran two days ago, and none since.
    let past = Timestamp::now() - SignedDuration::from_hours(50);
    let world = World::with(
        Arc::new(ManualClock::at(past)),
        Arc::new(SystemEntropy),
        server.world().runtime().clone(),
    );
    let schedules = json!({"anchor/khoa": schedule});
    let deed = Deed::new("daemon.start", "mau").fact("schedules", schedules);
    Log::open(&town.path("state/audit"), &world).unwrap().record(&Actor::daemon(), deed).unwrap();

    server.plan(|asked| (asked.method == "PUT").then_some(Fault::Answer(403, "AccessDenied")));
    let mut daemon = town.start();
    let ended = |ending| {
        let outcomes = town.of("audit.anchor").into_iter();
        outcomes.filter(|entry| entry.kind == Kind::Outcome && entry.result == Some(ending)).count()
    };
    daemon.wait_for("it fails", |_| ended(Ending::Failed) == 1);
    let intent = town.of("audit.anchor").remove(0);
    assert_eq!(intent.facts["job"], "anchor/khoa");
    assert_eq!(intent.facts["missed"], 1, "{intent:?}");
    let metric = |daemon: &Daemon, what: &str| {
        daemon.metric(&format!("duphong_anchor_{what}{{anchor=\"khoa\"}}"))
    };
    daemon.wait_for("metrics tell that", |daemon| metric(daemon, "failed") == Some(1.0));
    assert_eq!(metric(&daemon, "age_seconds"), Some(f64::INFINITY));
    assert_eq!(metric(&daemon, "entries"), Some(0.0));
    let uncovered = metric(&daemon, "uncovered_seconds").unwrap();
    assert!(uncovered > 0.0 && uncovered < 600.0, "since the log began: {uncovered}");
    let coming = |town: &Town| town.json("ctl status")["result"]["next"].clone();
    daemon.wait_for("it is wished for", |_| {
        let next = coming(&town);
        let mut all = next.as_array().unwrap().iter();
        all.any(|one| one["job"] == "anchor/khoa" && one["wished"] == true)
    });
    server.heal();
    assert_eq!(town.run("ctl run anchor/khoa").code, 0);
    daemon.wait_for("it succeeds", |_| ended(Ending::Done) == 1);
    assert_eq!(server.objects().len(), 1);
    let status = town.json("status")["result"].clone();
    assert_eq!(status["anchors"][0]["name"], "khoa");
    let size = status["anchors"][0]["newest"]["size"].as_u64().expect("a head is there");
    daemon.wait_for("metrics tell that too", |daemon| metric(daemon, "failed") == Some(0.0));
    assert_eq!(metric(&daemon, "entries"), Some(size as f64));
    assert!(metric(&daemon, "age_seconds").unwrap() < 600.0);
    // What is left to cover, if anything, came behind that head.
    assert!(metric(&daemon, "uncovered_seconds").unwrap() < 600.0);
}
