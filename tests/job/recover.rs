//! A lost duphong host, rebuilt from its repository and password alone.

use std::fs;

use duphong::audit::verify::Verdict;
use duphong::base::cancel::Cancel;
use duphong::base::progress::Silent;
use duphong::config::settings::Store;
use duphong::job::recover::{self, Placed, Request};
use duphong::job::{sets, snapshot, status};

use crate::job::portal::Installation;

#[test]
fn a_repository_at_another_place_is_recovered_and_the_difference_said() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    snapshot::create(&here.site, "mau").unwrap();
    let request = Request {
        repository: Store::Disk(here.path("repository")),
        password: here.path("secrets/repository.password"),
        folder: here.path("back"),
    };
    let recovered = recover::run(&request, &here.site.world, &Cancel::default(), &Silent).unwrap();
    assert_eq!(recovered.sets, 2);
    assert_eq!(recovered.old_log_report.verdict(), Verdict::Valid);
    assert!(recovered.repository_elsewhere, "relative paths now lead into the new folder");
    assert_eq!(recovered.password, None);
    let text = fs::read(&recovered.configuration).unwrap();
    assert_eq!(text, here.site.configuration, "the configuration, to the byte");
    let again = recover::run(&request, &here.site.world, &Cancel::default(), &Silent);
    assert_eq!(again.unwrap_err().code(), "job.not-empty");
}

#[test]
fn a_recovered_host_lists_drills_and_remembers() {
    let here = Installation::absolute();
    snapshot::create(&here.site, "mau").unwrap();
    let copy = here.path("copy-of-the-password");
    fs::copy(here.path("secrets/repository.password"), &copy).unwrap();
    for lost in ["secrets", "state"] {
        fs::remove_dir_all(here.path(lost)).unwrap();
    }
    let request = Request {
        repository: Store::Disk(here.path("repository")),
        password: copy,
        folder: here.path("back"),
    };
    let recovered = recover::run(&request, &here.site.world, &Cancel::default(), &Silent).unwrap();
    assert!(!recovered.repository_elsewhere);
    assert_eq!(recovered.new_log, Some(here.path("state/audit")));
    let password = here.path("secrets/repository.password");
    assert_eq!(recovered.password, Some(Placed::At(password)));

    let loaded = duphong::config::load(&recovered.configuration, None).unwrap();
    assert_eq!(loaded.settings, here.site.settings);
    assert_eq!(sets::list(&here.site, None, Some("mau")).unwrap().sets.len(), 1);
    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, duphong::drill::fact::Verdict::Pass);
    let first = here.site.log().unwrap().reader().unwrap().entries().next().unwrap().unwrap();
    assert!(first.facts.contains_key("predecessor"), "{:?}", first.facts);
    assert!(!status::status(&here.site).unwrap().remarks.is_empty());
}

#[test]
fn a_secret_that_the_service_is_passed_is_left_to_the_person_and_named() {
    let mut here = Installation::absolute();
    let password = here.path("secrets/repository.password");
    let file = format!("{{ file: {} }}", password.display());
    let configuration = String::from_utf8(here.site.configuration.clone()).unwrap();
    let changed = configuration.replace(&file, "{ credential: kho }");
    assert_ne!(changed, configuration);
    here.site.configuration = changed.into_bytes();
    snapshot::create(&here.site, "mau").unwrap();
    fs::remove_dir_all(here.path("state")).unwrap();
    let request = Request {
        repository: Store::Disk(here.path("repository")),
        password,
        folder: here.path("back"),
    };
    let recovered = recover::run(&request, &here.site.world, &Cancel::default(), &Silent).unwrap();
    assert_eq!(recovered.password, Some(Placed::Credential("kho".to_owned())));
    assert_eq!(recovered.to_pass(), ["kho"]);
}
