//! What a restore in place must refuse, before anything of production is touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use duphong::base::exit::ExitCode;
use duphong::base::fault::FaultKind;
use duphong::job::snapshot;
use duphong::playbook::action::Action;
use duphong::seal::Recipients;

use crate::job::portal::Installation;
use crate::job::restore_in_place::kit::{
    attack, compare, everything, perform, production, same, seen, stage, stage_of, survey,
};

/// A file system in memory that is unmounted when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(at: PathBuf, size: &str) -> Self {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={size},mode=755"), "tmpfs"]).arg(&at);
        assert!(command.status().unwrap().success(), "this test mounts a tmpfs and needs root");
        Self(at)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[track_caller]
fn code(result: Result<duphong::playbook::fact::Output, duphong::base::fault::AnyFault>) -> String {
    result.unwrap_err().code().to_owned()
}

#[test]
fn places_that_a_rename_would_do_wrong_are_refused_by_name() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let (media, real) = (here.path("portal/media"), here.path("portal/thật"));
    fs::rename(&media, &real).unwrap();
    std::os::unix::fs::symlink(&real, &media).unwrap();
    assert_eq!(code(survey(&here, "latest")), "in-place.link");
    assert_eq!(code(stage(&here, 1)), "in-place.link");
    fs::remove_file(&media).unwrap();
    fs::rename(&real, &media).unwrap();

    let mounted = Mounted::new(media.clone(), "1m");
    assert_eq!(code(survey(&here, "latest")), "in-place.mount");
    drop(mounted);
    let below = media.join("2026");
    let mounted = Mounted::new(below.clone(), "1m");
    let fault = stage(&here, 1).unwrap_err();
    assert_eq!(fault.code(), "in-place.mount");
    assert!(fault.to_string().contains(&below.display().to_string()), "{fault}");
    drop(mounted);

    let mut nested = Installation::new();
    nested.site.settings.portals[0].trees[0].path = nested.path("portal/application/media");
    fs::rename(nested.path("portal/media"), nested.path("portal/application/media")).unwrap();
    snapshot::create(&nested.site, "mau").unwrap();
    assert_eq!(code(survey(&nested, "latest")), "in-place.nested");
}

#[test]
fn names_that_are_taken_stay_with_whoever_has_them() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let theirs = here.path("portal/media.duphong-1-new");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("của người khác"), "x").unwrap();
    let before = everything(&here);
    assert_eq!(code(stage(&here, 1)), "in-place.taken");
    let left = perform(&here, 1, Action::RestoreUnstage).unwrap();
    assert_eq!(left["left media/tep"], theirs.display().to_string());
    same(&everything(&here), &before, "nothing was made and nothing removed");

    fs::create_dir(here.path("portal/application.duphong-2-old")).unwrap();
    assert_eq!(code(stage(&here, 2)), "in-place.taken");

    // Of another run, of another set: not this run's either.
    stage(&here, 3).unwrap();
    let (one, other) = ("portal/media.duphong-3-new", "portal/media.duphong-4-new");
    fs::rename(here.path(one), here.path(other)).unwrap();
    assert_eq!(code(stage(&here, 4)), "in-place.taken");
    fs::rename(here.path(other), here.path(one)).unwrap();
    snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(code(stage(&here, 3)), "in-place.taken");
    seen(compare(&here, 3));
}

#[test]
fn an_exchange_needs_every_source_whole_and_every_name_free() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(code(perform(&here, 5, Action::RestoreSwap)), "in-place.not-staged");
    perform(&here, 5, Action::RestoreSwapBack).unwrap();
    stage(&here, 5).unwrap();
    let mark = here.path("portal/configuration.duphong-5-new/mark");
    let whole = fs::read_to_string(&mark).unwrap();
    fs::write(&mark, whole.replace("whole true", "whole false")).unwrap();
    let before = everything(&here);
    assert_eq!(code(perform(&here, 5, Action::RestoreSwap)), "in-place.not-staged");
    same(&everything(&here), &before, "not even the first source was moved");
    fs::write(&mark, whole).unwrap();

    // Killed between two renames, and then somebody makes production's folder anew.
    let (media, old) = (here.path("portal/media"), here.path("portal/media.duphong-5-old"));
    fs::rename(&media, &old).unwrap();
    fs::create_dir(&media).unwrap();
    for action in [Action::RestoreSwap, Action::RestoreSwapBack] {
        let fault = perform(&here, 5, action).unwrap_err();
        assert_eq!((fault.code(), fault.exit()), ("in-place.in-the-way", ExitCode::HumanNeeded));
    }
    fs::remove_dir(&media).unwrap();
    assert_eq!(code(perform(&here, 5, Action::RestoreUnstage)), "in-place.half");
    perform(&here, 5, Action::RestoreSwapBack).unwrap();

    // The restored copy was taken away by hand: production must not be taken for it.
    let staged = here.path("portal/media.duphong-5-new/set/media/tep");
    fs::rename(&staged, here.path("portal/mất")).unwrap();
    for action in [Action::RestoreSwap, Action::RestoreSwapBack] {
        assert_eq!(code(perform(&here, 5, action)), "in-place.lost");
    }
    assert!(media.join("2026").is_dir());
}

#[test]
fn only_a_whole_set_of_this_portal_is_put_in_place() {
    let here = Installation::new();
    let lacking = {
        let mut site = here.site.clone();
        site.settings.portals[0].trees.truncate(2);
        snapshot::create(&site, "mau").unwrap().sets[0].written.id.to_string()
    };
    assert_eq!(code(survey(&here, &lacking)), "in-place.lacks");
    assert_eq!(code(survey(&here, "latest")), "in-place.no-whole-set");
    let whole = snapshot::create(&here.site, "mau").unwrap().sets[0].written.id.to_string();
    let mut site = here.site.clone();
    site.settings.portals[0].databases.clear();
    snapshot::create(&site, "mau").unwrap();
    assert_eq!(survey(&here, "latest").unwrap()["set"], whole, "the newest that is whole");

    site = here.site.clone();
    site.settings.portals[0].id = "khac".to_owned();
    let other = snapshot::create(&site, "khac").unwrap().sets[0].written.id.to_string();
    assert_eq!(code(stage_of(&here, 1, &other)), "in-place.other-portal");
    assert_eq!(code(stage_of(&here, 1, "ffffffffffff")), "repository.no-snapshot");
    let sealed = {
        let mut site = here.site.clone();
        let to = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
        site.settings.portals[0].trees[0].sealed = Some(Recipients::parse(to).unwrap());
        snapshot::create(&site, "mau").unwrap().sets[0].written.id.to_string()
    };
    for set in [&sealed, "latest"] {
        assert_eq!(
            code(survey(&here, set)),
            "in-place.sealed",
            "an older one is not taken instead"
        );
    }
    assert_eq!(production(&everything(&here)), everything(&here), "nothing was made");
}

#[test]
fn a_damaged_pack_is_an_integrity_fault_and_production_stays() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    attack(&here);
    let attacked = everything(&here);
    for pack in packs(&here.path("repository/data")) {
        let mut bytes = fs::read(&pack).unwrap();
        bytes[40] ^= 1;
        fs::remove_file(&pack).unwrap();
        fs::write(&pack, bytes).unwrap();
    }
    let fault = stage(&here, 1).unwrap_err();
    assert_eq!((fault.kind(), fault.exit()), (FaultKind::Integrity, ExitCode::Integrity));
    assert!(!matches!(compare(&here, 1), duphong::playbook::port::Sight::Seen(_)));
    assert_eq!(code(perform(&here, 1, Action::RestoreSwap)), "in-place.not-staged");
    perform(&here, 1, Action::RestoreSwapBack).unwrap();
    perform(&here, 1, Action::RestoreUnstage).unwrap();
    same(&everything(&here), &attacked, "as before");
}

fn packs(folder: &Path) -> Vec<PathBuf> {
    let below = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    below.flat_map(|path| if path.is_dir() { packs(&path) } else { vec![path] }).collect()
}

#[test]
fn a_disk_that_is_too_small_is_known_before_anything_is_written() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let portal = here.path("portal");
    fs::rename(&portal, here.path("moved")).unwrap();
    fs::create_dir(&portal).unwrap();
    let size = Command::new("du").args(["-sk"]).arg(here.path("moved")).output().unwrap();
    let used: u64 = String::from_utf8_lossy(&size.stdout)
        .split_whitespace()
        .next()
        .and_then(|kilobytes| kilobytes.parse().ok())
        .unwrap();
    let _small = Mounted::new(portal.clone(), &format!("{}k", used + used / 2));
    let moved = Command::new("cp").arg("-a").arg(here.path("moved/.")).arg(&portal).status();
    assert!(moved.unwrap().success());
    let before = everything(&here);
    let fault = stage(&here, 1).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("job.no-space", ExitCode::Failed));
    same(&everything(&here), &before, "nothing was written");
}
