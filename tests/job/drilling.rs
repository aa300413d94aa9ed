//! Which set a drill restores and from where: drawn by the log, in turns, from one repository alone.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use duphong::audit::Kind;
use duphong::drill::choice::fact::Wish;
use duphong::drill::fact::{CheckKind, CheckOutcome, DrillRecord, Reason, Verdict};
use duphong::job::drill::{self, Request};
use duphong::job::{sets, snapshot};
use duphong::world::World;
use duphong::world::clock::ManualClock;
use jiff::Timestamp;
use tempfile::TempDir;

use crate::job::bucket::Bucket;
use crate::job::kill::calls::traced;
use crate::job::portal::{Installation, SOURCES, configuration};
use crate::store::s3::Options;

const DAY: Duration = Duration::from_hours(24);

/// A day and what sets take.
const LONG_DAY: Duration = Duration::from_hours(25);

/// Sets of four days, the newest of now; their ids, oldest first.
fn four_days(drill: &str) -> (Installation, Vec<String>) {
    let text = configuration(SOURCES)
        .replace("scratch: scratch }", &format!("scratch: scratch{drill} }}"));
    let mut here = Installation::with(&text);
    let start: Timestamp = "2027-11-20T01:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let world = &here.site.world;
    here.site.world = World::with(clock.clone(), world.entropy.clone(), world.runtime().clone());
    let take = |day: u32| {
        if day > 0 {
            clock.advance(DAY);
        }
        let path = here.path("portal/media/ngay.txt");
        fs::write(path, format!("ngày {day}")).unwrap();
        snapshot::create(&here.site, "mau").unwrap().sets[0].written.id.to_string()
    };
    let ids = (0..4).map(take).collect();
    (here, ids)
}

fn drilled(here: &Installation, set: &str, within: Option<Duration>) -> DrillRecord {
    let set = Some(set.to_owned());
    let request = Request { portal: "mau".into(), set, within, ..Request::default() };
    drill::run(&here.site, &request).unwrap().record
}

fn restored(record: &DrillRecord) -> &str {
    &record.set.as_ref().unwrap().id
}

/// The line of `docs/formats/drill-record.md`, on the ids of its standard input.
const DRAW: &str = r#"while read -r id; do
  printf '%s %s\n' "$(printf '%s\n%s' "$ROOT" "$id" | sha256sum | cut -c 1-64)" "$id"
done | sort | head -n 1 | cut -d ' ' -f 2"#;

fn shell(script: &str, ids: &[String], root: &str) -> String {
    let own = TempDir::new().unwrap();
    let list = own.path().join("ids");
    fs::write(&list, ids.join("\n") + "\n").unwrap();
    let input = fs::File::open(list).unwrap();
    let told = Command::new("sh").args(["-c", script]).env("ROOT", root).stdin(input).output();
    String::from_utf8(told.unwrap().stdout).unwrap().trim().to_owned()
}

#[test]
fn a_set_at_random_is_drawn_by_the_log_and_anybody_draws_it_again() {
    let (here, ids) = four_days("");
    assert!(fs::read_to_string("docs/formats/drill-record.md").unwrap().contains(DRAW));
    for within in [None, Some(LONG_DAY)] {
        let record = drilled(&here, "random", within);
        assert_eq!(record.verdict, Verdict::Pass, "{record:#?}");
        let choice = record.choice.as_ref().unwrap();
        let among = if within.is_some() { &ids[2..] } else { &ids[..] };
        let mut sorted = among.to_vec();
        sorted.sort();
        let digest = shell("sha256sum | cut -c 1-64", &sorted, "");
        assert_eq!(
            (choice.wish, choice.among, &choice.ids),
            (Wish::Random, among.len() as u64, &digest)
        );
        let draw = choice.draw.as_ref().unwrap();
        assert_eq!(shell(DRAW, among, &draw.root), restored(&record));
        // An export shows the root, and that the drill was announced before it could be known.
        let log = here.site.log().unwrap();
        let last = log.reader().unwrap().range(draw.entries - 1..draw.entries).next();
        let intent = last.unwrap().unwrap();
        assert_eq!((intent.kind, intent.verb.as_str()), (Kind::Intent, "drill.run"));
        let to = here.path(format!("export-{}.zip", record.number));
        let exported = log.export(0..draw.entries, Vec::new(), &to);
        assert_eq!(exported.unwrap().after.to_string(), draw.root);
        // An older set says nothing of what would be lost now.
        assert_eq!(record.measured_rpo_ms.is_some(), restored(&record) == ids[3]);
    }
}

#[test]
fn the_oldest_set_passes_whatever_its_age_and_an_empty_window_fails() {
    let (here, ids) = four_days("");
    let record = drilled(&here, "oldest", None);
    assert_eq!(
        (restored(&record), record.verdict),
        (ids[0].as_str(), Verdict::Pass),
        "{record:#?}"
    );
    assert_eq!(record.measured_rpo_ms, None);
    assert_eq!(restored(&drilled(&here, "oldest", Some(2 * LONG_DAY))), ids[1]);
    let named = drilled(&here, &ids[1][..12], None);
    assert_eq!(
        (restored(&named), named.choice.as_ref().unwrap().wish),
        (ids[1].as_str(), Wish::Named)
    );
    let lost = drilled(&here, "latest", None).measured_rpo_ms;
    assert!(lost.is_some_and(|lost| lost < 3_600_000), "{lost:?}");
    let bare = Installation::new();
    snapshot::create(&bare.site, "mau").unwrap();
    let none = drilled(&bare, "random", Some(Duration::ZERO));
    assert_eq!((none.verdict, none.choice), (Verdict::Fail, None));
    assert!(format!("{:?}", none.checks).contains("job.no-set-within"), "{:?}", none.checks);
}

/// A set that nobody can read may be the one that is wished.
#[test]
fn a_set_that_cannot_be_read_leaves_a_hole_in_every_choice() {
    let (here, ids) = four_days("");
    let file = here.path("repository/snapshots").join(&ids[1]);
    fs::write(&file, b"x").unwrap();
    assert_eq!(sets::list(&here.site, None, Some("mau")).unwrap().unreadable.len(), 1);
    for set in ["latest", "oldest", "random"] {
        let record = drilled(&here, set, None);
        assert_eq!(record.verdict, Verdict::NotProven, "{set}: {record:#?}");
        assert!(record.reasons.contains(&Reason::CheckNotRun));
        let hole = &record.checks[0];
        let is_hole = matches!(hole.outcome, CheckOutcome::NotRun { .. });
        assert!(hole.kind == CheckKind::Restore && is_hole, "{hole:?}");
    }
}

#[test]
fn scheduled_drills_take_turns_whatever_people_run_in_between() {
    let turns = ", turns: [ { set: latest }, { set: oldest, within: 50h }, { set: random } ]";
    let (here, ids) = four_days(turns);
    let mut seen = Vec::new();
    for number in 0..5 {
        let record = drill::scheduled(&here.site, "mau").unwrap().record;
        let choice = record.choice.clone().unwrap();
        seen.push((choice.turn.unwrap(), choice.wish));
        if choice.wish == Wish::Oldest {
            assert_eq!(restored(&record), ids[1]);
        }
        if number == 1 {
            assert_eq!(drilled(&here, "latest", None).choice.unwrap().turn, None);
        }
    }
    let round = [(1, Wish::Latest), (2, Wish::Oldest), (3, Wish::Random)];
    assert_eq!(seen, [&round[..], &round[..2]].concat());
    // One that was killed, and one that was asked to stop, are begun again.
    let log = here.site.log().unwrap();
    let deed = duphong::audit::Deed::new("drill.run", "mau").fact("turn", 3);
    drop(log.intend(&here.site.actor, deed).unwrap());
    drop(log);
    here.site.cancel.cancel();
    assert!(drill::scheduled(&here.site, "mau").unwrap().interrupted);
    let mut again = here.site.clone();
    again.cancel = duphong::base::cancel::Cancel::default();
    let record = drill::scheduled(&again, "mau").unwrap().record;
    assert_eq!(record.choice.unwrap().turn, Some(3));
}

#[test]
fn a_drill_from_a_bucket_opens_nothing_of_the_repository_beside_it() {
    let bucket = Bucket::with(Options::default());
    let here = Installation::with(&bucket.configuration("tinh/mau", "local, bucket", ""));
    snapshot::create(&here.site, "mau").unwrap();
    // What is left of the local one opens for nobody.
    fs::rename(here.path("repository"), here.path("away")).unwrap();
    fs::write(here.path("repository"), "không phải kho").unwrap();
    fs::remove_file(here.path("secrets/repository.password")).unwrap();
    assert!(here.site.open("local").is_err());
    let own = TempDir::new().unwrap();
    let record = own.path().join("calls");
    let arguments = ["drill", "run", "--portal", "mau", "--repository", "bucket"];
    let output = traced(&here, &arguments, &record, None);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let calls = fs::read_to_string(&record).unwrap();
    for hidden in ["repository", "secrets/repository.password"] {
        let hidden = format!("\"{}", here.path(hidden).display());
        assert!(!calls.contains(&hidden), "{hidden} was asked for");
    }
    assert!(calls.contains("secrets/bucket.password"), "the calls are those of the drill");
    let (_, record) = drill::list(&here.site.log().unwrap()).unwrap().remove(0);
    assert_eq!((record.verdict, record.repository.as_str()), (Verdict::Pass, "bucket"));
    let place = record.place.unwrap();
    assert!(place.starts_with("s3:http") && place.ends_with("/kho-mau/tinh/mau"), "{place}");
}
