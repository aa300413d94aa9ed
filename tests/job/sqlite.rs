//! From a set of the SQLite portal to a judged drill.

use duphong::audit::{Ending, Kind};
use duphong::base::exit::ExitCode;
use duphong::drill::fact::{CheckKind, CheckOutcome, Finding, Verdict};
use duphong::job::drill::Sabotage;
use duphong::job::{restore, snapshot};
use duphong::repository::restore::Overwrite;

use crate::job::portal::Installation;

#[test]
fn a_set_of_the_whole_portal_passes_its_drill() {
    let here = Installation::new();
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    assert_eq!(drilled.record.number, 1);
    let compared = |kind| {
        drilled.record.checks.iter().filter(|check| check.kind == kind).map(|c| c.compared).sum()
    };
    let (rows, files): (u64, u64) = (compared(CheckKind::RowDigests), compared(CheckKind::Files));
    assert_eq!((rows, files), (1500 + 6 + 48, 48 + 1 + 1));
    assert!(!here.path("scratch/mau-drill").exists(), "the scratch place is gone");
}

/// Runs a sabotaged drill and returns what it found first.
fn sabotaged(kind: Sabotage) -> (Verdict, ExitCode, CheckKind, Finding) {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let drilled = here.drill(Some(kind));
    let failed = drilled.record.checks.iter().find_map(|check| match &check.outcome {
        CheckOutcome::Failed { findings, .. } => Some((check.kind, findings[0].clone())),
        _ => None,
    });
    let (check, finding) = failed.unwrap_or_else(|| panic!("{:#?}", drilled.record));
    let again = here.drill(None);
    assert_eq!(again.record.verdict, Verdict::Pass, "the repository itself was not touched");
    assert_eq!(again.record.number, 2);
    (drilled.record.verdict, drilled.exit(), check, finding)
}

#[test]
fn every_sabotage_fails_for_its_own_reason() {
    let (verdict, exit, check, finding) = sabotaged(Sabotage::WrongKey);
    assert_eq!((verdict, exit, check), (Verdict::Fail, ExitCode::Failed, CheckKind::Restore));
    assert!(matches!(&finding, Finding::Fault { code, .. } if code == "repository.wrong-key"));

    let (verdict, exit, check, finding) = sabotaged(Sabotage::PackBit);
    assert_eq!((verdict, exit, check), (Verdict::Fail, ExitCode::Integrity, CheckKind::Restore));
    assert!(
        matches!(&finding, Finding::File { path, .. } if path.starts_with("db/")),
        "{finding:?}"
    );

    let (verdict, exit, check, finding) = sabotaged(Sabotage::DroppedTable);
    assert_eq!((verdict, exit, check), (Verdict::Fail, ExitCode::Failed, CheckKind::Inventory));
    assert!(matches!(&finding, Finding::Missing { .. }), "{finding:?}");

    let (verdict, exit, check, finding) = sabotaged(Sabotage::MissingMedia);
    assert_eq!((verdict, exit, check), (Verdict::Fail, ExitCode::Failed, CheckKind::Files));
    assert!(matches!(&finding, Finding::File { code, .. } if code == "missing"), "{finding:?}");
}

#[test]
fn a_restore_refuses_production_and_full_folders() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let to = |target: &str| restore::Request {
        portal: "mau".into(),
        target: here.path(target),
        ..restore::Request::default()
    };
    let refused = |target: &str| restore::run(&here.site, &to(target), &|_| {}).unwrap_err();
    assert_eq!(refused("portal/media").code(), "job.production");
    assert_eq!(refused("portal").code(), "job.production");
    assert_eq!(refused("state/audit/x").code(), "restore.own-folder");
    assert_eq!(refused("repository").code(), "restore.own-folder");
    std::fs::create_dir(here.path("full")).unwrap();
    std::fs::write(here.path("full/a"), "a").unwrap();
    assert_eq!(refused("full").code(), "restore.not-empty");
    let restored = restore::run(&here.site, &to("empty"), &|_| {}).unwrap();
    assert_eq!(restored.exit(), ExitCode::Done, "{:?}", restored.report);
    for name in std::fs::read_dir(here.path("portal/media/2026/01")).unwrap() {
        let name = name.unwrap().file_name();
        let read = |root: &str| std::fs::read(here.path(root).join("2026/01").join(&name)).unwrap();
        assert_eq!(read("portal/media"), read("empty/media/tep"));
    }
}

#[test]
fn restoring_over_production_takes_its_typed_name_and_is_on_record() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let request = restore::Request {
        portal: "mau".into(),
        from: Some("media/tep".into()),
        target: here.path("portal/media"),
        over: Some(Overwrite::Always),
        delete: true,
        verify: true,
        ..restore::Request::default()
    };
    let image = here.path("portal/media/2026/01");
    let image = std::fs::read_dir(image).unwrap().next().unwrap().unwrap().path();
    let content = std::fs::read(&image).unwrap();
    std::fs::write(&image, "bị sửa").unwrap();
    std::fs::write(here.path("portal/media/thừa"), "").unwrap();
    let before = here.site.log().unwrap().reader().unwrap().entries().count();
    for name in [None, Some("other".to_owned())] {
        let refused = restore::Request { production: name, ..request.clone() };
        let refused = restore::run(&here.site, &refused, &|_| panic!("told")).unwrap_err();
        assert_eq!(refused.code(), "job.production");
    }
    let told = std::cell::Cell::new(0);
    let typed = restore::Request { production: Some("mau".into()), ..request };
    let restored = restore::run(&here.site, &typed, &|outline| {
        assert!(here.path("portal/media/thừa").exists(), "nothing is done yet");
        told.set(outline.outline.deleted.len());
    });
    let restored = restored.unwrap();
    assert_eq!((told.get(), restored.exit()), (1, ExitCode::Done), "{:?}", restored.report);
    assert!(!here.path("portal/media/thừa").exists());
    assert_eq!(std::fs::read(&image).unwrap(), content);
    assert_eq!((restored.report.made, restored.report.changed), (0, 1));
    let entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let entries: Vec<_> = entries.skip(before).collect();
    let verbs: Vec<_> = entries.iter().map(|entry| (entry.verb.as_str(), entry.kind)).collect();
    let expected = ["snapshot.evidence", "restore.run"]
        .into_iter()
        .flat_map(|verb| [(verb, Kind::Intent), (verb, Kind::Outcome)]);
    assert_eq!(verbs, expected.collect::<Vec<_>>(), "production is kept before it is changed");
    let (intent, outcome) = (&entries[2], &entries[3]);
    let (repository, set) = &restored.evidence[0];
    assert_eq!(intent.facts["evidence"], serde_json::json!([format!("{repository} {set}")]));
    assert_eq!(
        (&intent.facts["overwrite"], &intent.facts["delete"]),
        (&"always".into(), &true.into())
    );
    assert_eq!((outcome.result, &outcome.facts["deleted"]), (Some(Ending::Done), &1.into()));
}

#[test]
fn stock_restic_reads_what_we_wrote() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    snapshot::create(&here.site, "mau").unwrap();
    let check = here.restic(&["check", "--read-data"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let target = here.path("by-restic");
    let restored = here.restic(&["restore", "latest", "--target", target.to_str().unwrap()]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let read = |path: &str| std::fs::read(here.path(path)).unwrap();
    let page = "application/trang-chu.html";
    assert_eq!(read("by-restic/application/trang/trang-chu.html"), read(&format!("portal/{page}")));
    assert!(here.path("by-restic/manifest.json").is_file());
    assert!(!here.path("by-restic/duphong/audit/log.key").exists(), "no private key in a set");
}
