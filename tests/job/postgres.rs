//! From a set of a real PostgreSQL portal to a judged drill in a cluster of our own.

use duphong::base::exit::ExitCode;
use duphong::base::secret::Secret;
use duphong::drill::fact::{CheckKind, CheckOutcome, Finding, Verdict};
use duphong::job::drill::Sabotage;
use duphong::job::{restore, snapshot};
use duphong::source::postgres::Settings;
use duphong::source::postgres::scratch::Cluster;

use crate::job::portal::{Installation, PHASES, configuration};
use crate::source::scratch::{cluster_with, run, stranger_with};

const RICH: &str = include_str!("../source/rich.sql");

/// A production server with one of every kind of object, and an installation that protects it.
fn production() -> (Cluster, Settings, Installation) {
    let (cluster, source) = cluster_with("prod", None);
    run(&source, RICH);
    let sources = format!(
        r#"
    databases:
      - {{ name: cong, postgres: {{ dsn: "{}", password: {{ file: secrets/db }} }} }}
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
"#,
        source.dsn
    );
    let here = Installation::with(&configuration(&sources));
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    std::fs::write(here.path("secrets/db"), password).unwrap();
    (cluster, source, here)
}

#[test]
fn a_postgresql_portal_passes_its_drill_and_a_dropped_table_fails_it() {
    let (_production, _source, here) = production();
    let plan = snapshot::plan(&here.site, "mau").unwrap();
    assert!(plan.databases[0].1 > Some(1_000_000), "an empty database has more: {plan:?}");
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let check = here.restic(&["check", "--read-data"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));

    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let phases: Vec<_> = drilled.record.phases.iter().map(|phase| phase.name).collect();
    assert_eq!(phases, PHASES);

    let drilled = here.drill(Some(Sabotage::DroppedTable));
    assert_eq!((drilled.record.verdict, drilled.exit()), (Verdict::Fail, ExitCode::Failed));
    let missing = drilled.record.checks.iter().any(|check| match &check.outcome {
        CheckOutcome::Failed { findings, .. } => {
            let table = |finding: &Finding| {
                matches!(finding, Finding::Missing { kind, .. } if kind == "table")
            };
            check.kind == CheckKind::Inventory && findings.iter().any(table)
        }
        _ => false,
    });
    assert!(missing, "{:#?}", drilled.record.checks);
    let left = std::fs::read_dir(here.path("scratch")).unwrap().count();
    assert_eq!(left, 0, "no scratch cluster is left");
}

#[test]
fn production_is_never_loaded_over_without_its_typed_name() {
    let (_production, source, here) = production();
    snapshot::create(&here.site, "mau").unwrap();
    let (_other, target) = stranger_with("prod");
    let into = |dsn: &str, folder: &str| restore::Request {
        portal: "mau".into(),
        target: here.path(folder),
        databases: vec![("cong".into(), dsn.into())],
        ..restore::Request::default()
    };
    let refused = restore::run(&here.site, &into(&source.dsn, "one"), &|_| {}).unwrap_err();
    assert_eq!((refused.code(), refused.exit()), ("job.production", ExitCode::HumanNeeded));
    assert!(!here.path("one").exists(), "refused before anything is written");

    // The target's own password, where it is another server than the configured one.
    let password = target.password.as_ref().map(Secret::expose).unwrap_or_default();
    std::fs::write(here.path("secrets/db"), password).unwrap();
    let restored = restore::run(&here.site, &into(&target.dsn, "two"), &|_| {}).unwrap();
    assert_eq!(restored.loaded, ["cong"], "{:?}", restored.notes);
}
