//! Holding sets and forgetting them where two things meet that seldom do: each was found by a
//! mistake that was planted and that no test had seen.

use std::fs;
use std::sync::Arc;

use duphong::audit::Deed;
use duphong::base::fault::AnyFault;
use duphong::job::site::EVIDENCE_TAG;
use duphong::job::{forget, hold, snapshot, verify};
use duphong::repository::retention::Reason;
use duphong::repository::verify::Depth;
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::files::FileError;

use crate::job::forget::Full;
use crate::job::portal::{Installation, configuration};

/// A small tree, of whose sets these rules keep some.
fn installation(rules: &str) -> Installation {
    let tree = "    trees:\n      - { role: media, name: tep, path: @portal/media }\n";
    let rules = format!("rpo: 6h, retention: {rules} }}");
    Installation::with(&configuration(tree).replace("rpo: 6h }", &rules))
}

fn word() -> hold::Word {
    hold::Word { by: "An".to_owned(), reason: "vụ 12".to_owned() }
}

/// What the log has of holds of portals.
fn holds(here: &Installation) -> usize {
    let entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    entries.filter(|entry| entry.verb == "retention.hold").count()
}

fn held_back(here: &Installation) -> bool {
    forget::plan(&here.site, "local", None).unwrap().going() == 0
}

/// Midnight in Vietnam is 17:00 in Greenwich.
#[test]
fn days_are_those_of_the_site() {
    let mut here = installation("{ daily: 2 }");
    let world = here.site.world.clone();
    for time in ["2030-01-05T16:30:00Z", "2030-01-05T17:30:00Z"] {
        let clock = Arc::new(ManualClock::at(time.parse().unwrap()));
        here.site.world = World::with(clock, world.entropy.clone(), world.runtime().clone());
        snapshot::create(&here.site, "mau").unwrap();
    }
    verify::repository(&here.site, "local", Depth::AllData).unwrap();
    let plan = forget::plan(&here.site, "local", None).unwrap();
    assert_eq!(plan.going(), 0, "{plan:?}");
}

#[test]
fn a_set_that_was_taken_as_evidence_is_out_of_reach_of_the_rules() {
    let here = installation("{ last: 1 }");
    snapshot::create(&here.site, "mau").unwrap();
    let tagged = here.restic(&["tag", "--add", EVIDENCE_TAG]);
    assert!(tagged.status.success(), "{}", String::from_utf8_lossy(&tagged.stderr));
    for _ in 0..2 {
        snapshot::create(&here.site, "mau").unwrap();
    }
    verify::repository(&here.site, "local", Depth::AllData).unwrap();
    let plan = forget::plan(&here.site, "local", None).unwrap();
    let stays = plan.portals[0].plan.count(Reason::Evidence);
    assert_eq!((plan.going(), stays), (1, 1), "{plan:?}");
}

#[test]
fn holding_and_forgetting_in_one_repository_wait_for_each_other() {
    let here = installation("{ last: 1 }");
    snapshot::create(&here.site, "mau").unwrap();
    let _at_work = here.site.exclusively("retention", "local").unwrap();
    let outcomes: [Result<(), AnyFault>; 2] = [
        forget::forget(&here.site, "local", None).map(drop),
        hold::hold(&here.site, None, "latest", &word()).map(drop),
    ];
    for outcome in outcomes {
        assert_eq!(outcome.unwrap_err().code(), FileError::LOCKED);
    }
}

#[test]
fn a_word_without_a_name_or_a_reason_is_none_and_one_of_two_sets_is_not_guessed() {
    let here = installation("{ last: 1 }");
    for (by, reason) in [(" ", "vụ 12"), ("An", "")] {
        let word = hold::Word { by: by.to_owned(), reason: reason.to_owned() };
        let fault = hold::hold_portal(&here.site, "mau", &word).unwrap_err();
        assert_eq!(fault.code(), "job.wordless");
    }
    assert_eq!(holds(&here), 0);
    let log = here.site.log().unwrap();
    for set in ["aa11", "aa22"] {
        let deed = Deed::new("snapshot.hold", set).fact("repository", "local".to_owned());
        log.record(&here.site.actor, deed).unwrap();
    }
    let fault = hold::release(&here.site, "aa", &word()).unwrap_err();
    assert_eq!(fault.code(), "job.not-held");
    assert_eq!(hold::release(&here.site, "aa2", &word()).unwrap().set, "aa22");
}

/// Two sets, of which the rules would keep one.
fn one_too_many() -> Installation {
    let here = installation("{ last: 1 }");
    for _ in 0..2 {
        snapshot::create(&here.site, "mau").unwrap();
    }
    verify::repository(&here.site, "local", Depth::AllData).unwrap();
    assert!(!held_back(&here));
    here
}

/// What an alarm said before it must not come behind it, and hold the sets anew.
#[test]
fn a_release_ends_what_the_log_did_not_know_yet_as_well() {
    let here = one_too_many();
    let folder = here.path("state/holds");
    fs::create_dir_all(&folder).unwrap();
    let said = r#"{"version": 1, "portal": "mau", "by": "duphong", "reason": "x"}"#;
    fs::write(folder.join("mau.json"), said).unwrap();
    assert!(held_back(&here));
    hold::release_portal(&here.site, "mau", &word()).unwrap();
    assert!(!held_back(&here) && hold::remembered(&here.site).unwrap().is_empty());
    hold::catch_up(&here.site).unwrap();
    assert!(!held_back(&here));
    let entries = here.site.log().unwrap().reader().unwrap().entries();
    let verbs: Vec<_> = entries.map(|entry| entry.unwrap().verb).collect();
    let told: Vec<_> = verbs.iter().filter(|verb| verb.starts_with("retention.")).collect();
    assert_eq!(told, ["retention.hold", "retention.release"]);
}

#[test]
fn an_alarm_on_a_full_disk_leaves_at_least_a_name_that_holds() {
    let here = one_too_many();
    fs::create_dir_all(here.path("state/holds")).unwrap();
    let (log, notes) = (Full::new(&here), Full::of(&here, "state/holds"));
    let alarmed = hold::hold_by_alarm(&here.site, "mau", &word());
    assert!(alarmed.held, "{alarmed:?}");
    log.relieve();
    assert!(held_back(&here));
    drop(notes);
}

#[test]
fn an_alarm_that_can_be_noted_in_one_place_is_there_and_in_none_says_so() {
    let here = one_too_many();
    // A file in the place of the folder: nothing can be remembered beside the log.
    fs::write(here.path("state/holds"), "").unwrap();
    let alarmed = hold::hold_by_alarm(&here.site, "mau", &word());
    assert!(alarmed.held && alarmed.faults.len() == 1, "{alarmed:?}");
    assert_eq!(holds(&here), 1);
    let _full = Full::new(&here);
    let alarmed = hold::hold_by_alarm(&here.site, "mau", &word());
    assert!(!alarmed.held && alarmed.faults.len() == 2, "{alarmed:?}");
}
