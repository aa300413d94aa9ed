//! Which playbook is meant by an id.

use std::fs;

use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault;
use duphong::config::playbook::{PlaybookError, all, find, shipped};
use duphong::playbook::settings::Settings;

use super::{SMALL, told};

fn settings(folder: &tempfile::TempDir) -> Settings {
    Settings { folder: Some(folder.path().to_owned()), ..Settings::default() }
}

#[test]
fn shipped_playbooks_are_found_without_a_folder() {
    let ids: Vec<String> =
        all(&Settings::default()).unwrap().into_iter().map(|one| one.id).collect();
    assert_eq!(ids, ["failover-postgres", "restore-in-place"]);
    for (id, _) in shipped() {
        assert_eq!(find(&Settings::default(), id).unwrap().id, id);
    }
    let fault = find(&Settings::default(), "small").unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("playbook.unknown", ExitCode::Usage));
}

#[test]
fn an_own_playbook_is_found_under_the_name_that_it_gives_itself() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    fs::write(folder.path().join("small.yaml"), SMALL).unwrap();
    fs::write(folder.path().join("README.md"), "not a playbook").unwrap();
    fs::write(folder.path().join("Notes.yaml"), "not named as one").unwrap();
    let own: Vec<_> =
        all(&settings).unwrap().into_iter().filter(|one| one.file.is_some()).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(find(&settings, "small").unwrap().id, "small");
    assert_eq!(find(&settings, "restore-in-place").unwrap().id, "restore-in-place");
    fs::write(folder.path().join("other.yaml"), SMALL).unwrap();
    let Err(PlaybookError::Wrong(problems)) = find(&settings, "other") else { panic!("renamed") };
    assert_eq!(told(&problems.list), ["1:11 playbook config-playbook-renamed"]);
}

#[test]
fn an_own_playbook_cannot_take_the_place_of_a_shipped_one() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    fs::write(folder.path().join("restore-in-place.yaml"), SMALL).unwrap();
    for id in ["restore-in-place", "failover-postgres", "small"] {
        let fault = find(&settings, id).unwrap_err();
        assert_eq!((fault.code(), fault.exit()), ("playbook.shadows", ExitCode::Configuration));
    }
}

#[test]
fn a_folder_or_file_that_cannot_be_read_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(&folder);
    fs::create_dir(folder.path().join("small.yaml")).unwrap();
    assert_eq!(find(&settings, "small").unwrap_err().code(), "playbook.unreadable");
    fs::remove_dir(folder.path().join("small.yaml")).unwrap();
    fs::write(folder.path().join("small.yaml"), "x".repeat(10_000_000)).unwrap();
    let Err(PlaybookError::Wrong(problems)) = find(&settings, "small") else { panic!("large") };
    assert_eq!(told(&problems.list), ["1:1 - config-playbook-too-large"]);
    settings.folder = Some("/nonexistent/playbooks".into());
    let fault = find(&settings, "restore-in-place").unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("playbook.unreadable", ExitCode::Configuration));
}
