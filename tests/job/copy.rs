//! Two repositories of one portal: one run feeds both, one that fails is caught up, and copies stand
//! in the log like sets that were taken.

use std::fs;

use duphong::audit::{Ending, Entry, Kind};
use duphong::base::exit::ExitCode;
use duphong::job::copy::{self, Choice};
use duphong::job::{hold, prune, sets, snapshot, status, verify};
use duphong::repository::SnapshotId;
use duphong::repository::prune::Limits;
use duphong::repository::verify::Depth;

use crate::job::portal::{Installation, SOURCES, configuration};

/// A portal whose sets go to two repositories.
fn installation() -> Installation {
    let other = "  usb: { path: usb, password: { file: secrets/usb.password } }\nportals:";
    let text = configuration(SOURCES).replacen("portals:", other, 1);
    Installation::with(&text.replace("to: [local]", "to: [local, usb]"))
}

fn entries(here: &Installation) -> Vec<Entry> {
    let log = here.site.log().unwrap();
    log.reader().unwrap().entries().collect::<Result<_, _>>().unwrap()
}

fn listed(here: &Installation, repository: &str) -> Vec<SnapshotId> {
    let sets = sets::list(&here.site, Some(repository), None).unwrap().sets;
    sets.into_iter().map(|set| set.id).collect()
}

fn behind(here: &Installation) -> u64 {
    let status = status::status(&here.site).unwrap();
    status.now.behind.of("mau", "usb").count() as u64
}

/// Takes the disk away, as somebody does who unplugs it.
fn unplug(here: &Installation) {
    fs::rename(here.path("usb"), here.path("usb-away")).unwrap();
}

fn plug(here: &Installation) {
    fs::rename(here.path("usb-away"), here.path("usb")).unwrap();
}

#[test]
fn one_run_reads_once_for_both_repositories() {
    let here = installation();
    let (local, usb) = (here.site.open("local").unwrap(), here.site.open("usb").unwrap());
    assert_eq!(local.polynomial(), usb.polynomial(), "made to cut alike");
    assert!(local.id() != usb.id() && local.key().expose() != usb.key().expose());
    let taken = snapshot::create(&here.site, "mau").unwrap();
    let names: Vec<_> = taken.sets.iter().map(|set| set.repository.as_str()).collect();
    assert_eq!((names, taken.exit()), (vec!["local", "usb"], ExitCode::Done));
    let trees: Vec<_> = [(&local, 0), (&usb, 1)]
        .map(|(repository, number)| {
            let set = repository.snapshot(&taken.sets[number].written.id).unwrap();
            (set.tree, set.time)
        })
        .to_vec();
    assert_eq!(trees[0], trees[1], "one reading, one set");
    for name in ["local", "usb"] {
        assert!(verify::repository(&here.site, name, Depth::AllData).unwrap().is_sound());
    }
    // What a run gave to both needs no copy.
    let done = copy::copy(&here.site, "local", "usb", &Choice::default()).unwrap();
    assert_eq!((done.copied.len(), done.plan.there.len()), (0, 1));
}

#[test]
fn a_repository_that_was_gone_is_told_and_brought_what_it_missed() {
    let here = installation();
    snapshot::create(&here.site, "mau").unwrap();
    unplug(&here);
    for number in 0..2 {
        let path = here.path(format!("portal/media/khi-vang-{number}.bin"));
        fs::write(path, vec![number; 50_000]).unwrap();
        let taken = snapshot::create(&here.site, "mau").unwrap();
        assert_eq!(taken.exit(), ExitCode::Warnings);
        assert_eq!((taken.sets.len(), taken.failed.len()), (1, 1));
        assert_eq!(
            (taken.sets[0].repository.as_str(), taken.failed[0].0.as_str()),
            ("local", "usb")
        );
    }
    assert_eq!(behind(&here), 2);
    let remarks = status::status(&here.site).unwrap().remarks;
    assert!(remarks.iter().any(|remark| remark.message.id == "view-behind"), "{remarks:?}");
    plug(&here);
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done);
    let caught_up = &taken.caught_up[0];
    assert_eq!((caught_up.repository.as_str(), caught_up.from.as_str()), ("usb", "local"));
    assert_eq!(caught_up.result.as_ref().unwrap().copied.len(), 2);
    assert_eq!(behind(&here), 0);
    assert_eq!((listed(&here, "local").len(), listed(&here, "usb").len()), (4, 4));
    assert!(verify::repository(&here.site, "usb", Depth::AllData).unwrap().is_sound());
    // Intent before, outcome after.
    let copies: Vec<_> =
        entries(&here).into_iter().filter(|entry| entry.verb == "repository.copy").collect();
    let kinds: Vec<_> = copies.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Kind::Intent, Kind::Outcome]);
    assert_eq!((copies[1].subject.as_str(), copies[1].result), ("usb", Some(Ending::Done)));
    assert_eq!(copies[1].facts["sets"].as_array().unwrap().len(), 2);
    // From now on they must be there.
    let gone = listed(&here, "usb")[1];
    let usb = here.site.open("usb").unwrap();
    usb.forget(&usb.lock_exclusive().unwrap(), &gone).unwrap();
    let refused = prune::plan(&here.site, "usb", Limits::default(), &[]).unwrap_err();
    assert_eq!(refused.code(), "job.sets-gone");
    // Nothing is copied twice.
    assert!(snapshot::create(&here.site, "mau").unwrap().caught_up.is_empty());
}

#[test]
fn what_cannot_be_brought_is_told_each_time_and_not_for_ever() {
    let here = installation();
    unplug(&here);
    snapshot::create(&here.site, "mau").unwrap();
    let missed = listed(&here, "local")[0];
    plug(&here);
    // The only repository that has it forgets it behind our back.
    let local = here.site.open("local").unwrap();
    local.forget(&local.lock_exclusive().unwrap(), &missed).unwrap();
    assert_eq!(behind(&here), 1);
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!((taken.exit(), behind(&here)), (ExitCode::Done, 0));
    assert_eq!(listed(&here, "usb").len(), 1);
}

#[test]
fn when_all_repositories_fail_the_run_fails() {
    let here = installation();
    fs::rename(here.path("repository"), here.path("away")).unwrap();
    unplug(&here);
    let fault = snapshot::create(&here.site, "mau").unwrap_err();
    assert!(matches!(fault.exit(), ExitCode::Failed | ExitCode::RepositoryMissing), "{fault}");
    let last = entries(&here).pop().unwrap();
    assert_eq!((last.verb.as_str(), last.result), ("snapshot.create", Some(Ending::Failed)));
}

#[test]
fn repositories_that_cut_differently_are_both_fed() {
    let here = installation();
    fs::remove_dir_all(here.path("usb")).unwrap();
    fs::create_dir(here.path("usb")).unwrap();
    let password = here.site.repository("usb").unwrap().password.read().unwrap();
    let store = here.site.store("usb").unwrap();
    duphong::repository::Repository::init(store, &password, &here.site.world).unwrap();
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!((taken.sets.len(), taken.exit()), (2, ExitCode::Done));
    for name in ["local", "usb"] {
        assert!(verify::repository(&here.site, name, Depth::AllData).unwrap().is_sound());
    }
    // A copy keeps the cuts that the set was taken with.
    assert_eq!(copy::copy(&here.site, "local", "usb", &Choice::default()).unwrap().copied.len(), 1);
    assert!(verify::repository(&here.site, "usb", Depth::AllData).unwrap().is_sound());
}

#[test]
fn chosen_sets_are_copied_with_their_tags_and_holds() {
    let here = installation();
    unplug(&here);
    for _ in 0..3 {
        snapshot::create(&here.site, "mau").unwrap();
    }
    plug(&here);
    let ids = listed(&here, "local");
    let word = hold::Word { by: "An".to_owned(), reason: "vụ 12".to_owned() };
    hold::hold(&here.site, Some("local"), &ids[0].to_string(), &word).unwrap();
    let one = Choice { latest: Some(1), portal: Some("mau".to_owned()), ..Choice::default() };
    let before = entries(&here).len();
    let plan = copy::plan(&here.site, "local", "usb", &one).unwrap();
    assert_eq!((plan.wanted.len(), plan.wanted[0].id), (1, ids[2]));
    assert!(plan.bytes() > 0 && listed(&here, "usb").is_empty());
    assert_eq!(entries(&here).len(), before, "a plan changes nothing");
    let done = copy::copy(&here.site, "local", "usb", &one).unwrap();
    assert_eq!((done.copied.len(), done.held.len(), done.exit()), (1, 0, ExitCode::Done));
    let none = Choice { tags: vec!["khac".to_owned()], ..Choice::default() };
    assert!(copy::copy(&here.site, "local", "usb", &none).unwrap().copied.is_empty());
    let named = Choice { sets: vec![ids[0].to_string()[..12].to_owned()], ..Choice::default() };
    let done = copy::copy(&here.site, "local", "usb", &named).unwrap();
    assert_eq!((done.copied.len(), done.held.len()), (1, 1));
    let usb = here.site.open("usb").unwrap();
    let (copied, original) = (done.copied[0].id, here.site.open("local").unwrap());
    let (copied, original) = (usb.snapshot(&copied).unwrap(), original.snapshot(&ids[0]).unwrap());
    assert_eq!(
        (copied.tags, copied.time, copied.tree),
        (original.tags, original.time, original.tree)
    );
    let protection = hold::protection(&here.site, &here.site.log().unwrap()).unwrap();
    let held = &protection.holds[&done.held[0].to_string()];
    assert_eq!((held.repository.as_str(), held.by.as_str()), ("usb", "An"));
    let wrong = Choice { sets: vec!["ffffffffffff".to_owned()], ..Choice::default() };
    let fault = copy::copy(&here.site, "local", "usb", &wrong).unwrap_err();
    assert_eq!(fault.code(), "repository.no-snapshot");
    let fault = copy::copy(&here.site, "usb", "usb", &Choice::default()).unwrap_err();
    assert_eq!(fault.code(), "job.same-repository");
}
