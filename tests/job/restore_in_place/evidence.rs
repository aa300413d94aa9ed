//! The set of an attacked portal: all that there is, what there is not, and never the newest good.

use std::fs;

use duphong::base::exit::ExitCode;
use duphong::drill::fact::{Reason, Verdict};
use duphong::job::playbook::snapshot as action;
use duphong::job::{drill, sets, snapshot, status};

use crate::job::portal::Installation;
use crate::job::restore_in_place::kit::{attack, place, stage_of, survey};

fn drilled(here: &Installation, set: Option<&str>) -> duphong::job::drill::Drilled {
    let set = set.map(str::to_owned);
    let request = drill::Request { portal: "mau".into(), set, ..drill::Request::default() };
    drill::run(&here.site, &request).unwrap()
}

#[test]
fn an_attacked_portal_without_its_database_is_kept_and_never_taken_for_a_good_set() {
    let here = Installation::new();
    let good = snapshot::create(&here.site, "mau").unwrap().sets[0].written.id;
    let known = now(&here);
    fs::remove_file(here.path("portal/data/cong.sqlite")).unwrap();
    fs::remove_dir_all(here.path("portal/configuration")).unwrap();
    fs::write(here.path("portal/media/vo.html"), "dấu vết").unwrap();

    let output = action::perform(&here.site, &place(1)).unwrap();
    assert_eq!(output["missing"], "db/cong, configuration/cong");
    let id = output["sets"].strip_prefix("local ").unwrap().to_owned();
    let repository = here.site.open("local").unwrap();
    let (evidence, _) = repository.find(&id).unwrap();
    let manifest = sets::manifest(&repository, &evidence).unwrap();
    assert!(manifest.databases.is_empty() && manifest.trees.len() == 2, "{manifest:?}");
    let told: Vec<_> = manifest.skipped.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(told, ["db/cong", "configuration/cong"]);

    // A restore, a drill and the status still mean the good one.
    assert_eq!(sets::find(&repository, "local", "mau", None).unwrap().0, good);
    assert_eq!(sets::find(&repository, "local", "mau", Some("latest")).unwrap().0, good);
    assert_eq!(sets::locate(&here.site, None, "latest").unwrap().id, good);
    assert_eq!(survey(&here, "latest").unwrap()["set"], good.to_string());
    let newest = drilled(&here, None);
    assert_eq!(newest.record.set.unwrap().id, good.to_string());
    assert_eq!(now(&here), known, "the RPO counts from the good set");

    // Named, it says what it lacks.
    assert_eq!(stage_of(&here, 1, &id).unwrap_err().code(), "in-place.lacks");
    let of_evidence = drilled(&here, Some(&id)).record;
    assert_eq!(of_evidence.verdict, Verdict::NotProven, "{of_evidence:#?}");
    assert!(of_evidence.reasons.contains(&Reason::SetIncomplete));
    let check = here.restic(&["check", "--read-data"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

/// The newest set by which the status judges.
fn now(here: &Installation) -> String {
    let status = status::status(&here.site).unwrap();
    format!("{:?}", status.now.portals["mau"].sets)
}

#[test]
fn a_database_that_is_none_any_more_is_kept_as_it_was_found() {
    let here = Installation::new();
    attack(&here);
    let locked = b"DA MA HOA ".repeat(1000);
    fs::write(here.path("portal/data/cong.sqlite"), &locked).unwrap();
    let output = action::perform(&here.site, &place(1)).unwrap();
    assert_eq!(output["missing"], "db/cong");
    let shown = here.restic(&["dump", "latest", "/raw/cong/cong.sqlite"]);
    assert_eq!(shown.stdout, locked, "{}", String::from_utf8_lossy(&shown.stderr));
    let shown = here.restic(&["dump", "latest", "/raw/cong/cong.sqlite-wal"]);
    assert_eq!(shown.stdout, b"wal");
    assert!(fs::read_dir(here.path("state/spool")).unwrap().next().is_none(), "no dump is left");
}

#[test]
fn a_whole_set_taken_as_evidence_is_not_the_newest_good_one_either() {
    let here = Installation::new();
    let output = action::perform(&here.site, &place(1)).unwrap();
    assert!(!output.contains_key("missing"), "{output:?}");
    let repository = here.site.open("local").unwrap();
    let none = sets::find(&repository, "local", "mau", None).unwrap_err();
    assert_eq!(none.code(), "job.no-set");
    assert_eq!(survey(&here, "latest").unwrap_err().code(), "in-place.no-whole-set");
    // A person who knows it to be good may name it.
    let id = output["sets"].strip_prefix("local ").unwrap();
    let surveyed = survey(&here, id).unwrap();
    assert_eq!((surveyed["set"].as_str(), surveyed["evidence"].as_str()), (id, "yes"));
    // A drill of it restores everything, and proves nothing about the sets of the schedule.
    let record = drilled(&here, Some(id)).record;
    assert_eq!(record.verdict, Verdict::NotProven, "{record:#?}");
    assert_eq!(record.reasons.last(), Some(&Reason::SetOfEvidence));
    snapshot::create(&here.site, "mau").unwrap();
    assert!(!survey(&here, "latest").unwrap().contains_key("evidence"));
}

#[test]
fn with_nothing_left_to_take_the_run_fails() {
    let here = Installation::new();
    for gone in ["data", "media", "application", "configuration"] {
        fs::remove_dir_all(here.path("portal").join(gone)).unwrap();
    }
    let fault = action::perform(&here.site, &place(1)).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("source.missing", ExitCode::Failed));
    let listed = sets::list(&here.site, None, Some("mau")).unwrap();
    assert!(listed.sets.is_empty());
}

#[test]
fn a_set_that_the_schedule_is_taking_is_waited_for() {
    let here = Installation::new();
    let held = here.site.exclusively("snapshot", "mau").unwrap();
    let mut place = place(1);
    place.timeout = std::time::Duration::ZERO;
    let fault = action::perform(&here.site, &place).unwrap_err();
    assert_eq!(fault.exit(), ExitCode::Locked, "{fault}");
    drop(held);
    place.timeout = std::time::Duration::from_mins(5);
    action::perform(&here.site, &place).unwrap();
}
