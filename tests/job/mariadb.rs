//! From a set of a real MariaDB portal to a judged drill on a server of our own.

use duphong::base::exit::ExitCode;
use duphong::base::secret::Secret;
use duphong::drill::fact::{CheckKind, CheckOutcome, Finding, PhaseName, Verdict};
use duphong::job::drill::{self, Request, Sabotage};
use duphong::job::restore::{self, Request as Restore};
use duphong::job::snapshot;
use duphong::source::mariadb::{Place, Settings};

use crate::job::portal::{Installation, configuration};
use crate::source::mariadb::{Production, know_zone, production, run, server};

/// An installation that protects the rich database.
fn installation(production: &Production) -> Installation {
    let source = production.settings("cong");
    let Place::Socket(socket) = &source.place else { panic!("a socket") };
    let sources = format!(
        r"
    databases:
      - name: cong
        mariadb:
          database: cong
          user: root
          socket: {}
          password: {{ file: secrets/db }}
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
",
        socket.display()
    );
    let here = Installation::with(&configuration(&sources));
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    std::fs::write(here.path("secrets/db"), password).unwrap();
    here
}

fn request(sabotage: Option<Sabotage>) -> Request {
    let (set, repository, as_of, identity) = (None, None, None, None);
    Request { portal: "mau".into(), set, repository, as_of, identity, sabotage }
}

#[test]
fn a_mariadb_portal_passes_its_drill_and_a_dropped_table_fails_it() {
    let production = production();
    let here = installation(&production);
    let plan = snapshot::plan(&here.site, "mau").unwrap();
    assert!(plan.databases[0].1.is_some_and(|bytes| bytes > 100_000), "{plan:?}");
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");

    let drilled = drill::run(&here.site, &request(None)).unwrap();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let phases: Vec<_> = drilled.record.phases.iter().map(|phase| phase.name).collect();
    let expected = [
        PhaseName::Find,
        PhaseName::Fetch,
        PhaseName::Scratch,
        PhaseName::Load,
        PhaseName::Compare,
    ];
    assert_eq!(phases, expected);

    let drilled = drill::run(&here.site, &request(Some(Sabotage::DroppedTable))).unwrap();
    assert_eq!(drilled.record.verdict, Verdict::Fail);
    let named = drilled.record.checks.iter().any(|check| match &check.outcome {
        CheckOutcome::Failed { findings, .. } if check.kind == CheckKind::RowCounts => findings
            .iter()
            .any(|finding| matches!(finding, Finding::Missing { kind, .. } if kind == "table")),
        _ => false,
    });
    assert!(named, "{:#?}", drilled.record.checks);
    let left: Vec<_> = std::fs::read_dir(here.path("scratch")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_mariadb_database_is_restored_into_an_empty_one_and_not_over_production() {
    let production = production();
    let here = installation(&production);
    snapshot::create(&here.site, "mau").unwrap();
    let restore = |target: String, folder: &str| {
        let request = Restore {
            identity: None,
            portal: "mau".into(),
            set: None,
            repository: None,
            from: None,
            as_of: None,
            only: Vec::new(),
            target: here.path(folder),
            over: None,
            delete: false,
            verify: false,
            databases: vec![("cong".into(), target)],
            to: None,
            resume: false,
            dry_run: false,
            production: None,
            ..Restore::default()
        };
        restore::run(&here.site, &request, &|_| {})
    };
    let refused = restore(production.settings("cong").shown(), "refused");
    assert_eq!(refused.map(|_| ()).unwrap_err().code(), "job.production");
    let other = server();
    other.create_database("cong", &duphong_world()).unwrap();
    let target = other.settings("cong");
    // An event is made in a named time zone, which a new server does not know.
    know_zone(&other.settings("mysql"));
    // The password is the configured one, so the other server gets the same account.
    let password = "'quản \"trị\\\\#'";
    run(
        &target,
        &format!(
            "CREATE USER root@localhost IDENTIFIED BY {password}; \
        GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION"
        ),
    );
    let as_root = Settings { user: "root".into(), ..target.clone() };
    let restored = restore(as_root.shown(), "restored").unwrap();
    assert_eq!(restored.loaded, ["cong"]);
    assert!(restored.notes.iter().any(|note| note.contains("account `root`@`localhost` exists")));
    assert_eq!(run(&target, "SELECT COUNT(*) FROM tin_bai"), "4\n");
    other.create_database("rieng", &duphong_world()).unwrap();
    one_table_alone(&here, &other.settings("rieng"), &as_root.on_database("rieng"));
}

/// One table comes into a database that holds another one, and a whole dump does not.
fn one_table_alone(here: &Installation, alone: &Settings, as_root: &Settings) {
    run(alone, "CREATE TABLE da_co (a int)");
    let table = Restore {
        portal: "mau".into(),
        target: here.path("one-table"),
        databases: vec![("cong".into(), as_root.shown())],
        tables: vec!["tin_bai".into()],
        ..Restore::default()
    };
    let restored = restore::run(&here.site, &table, &|plan| {
        assert_eq!(plan.only.len(), 2, "definition and rows: {:?}", plan.only);
        assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    });
    assert_eq!(restored.unwrap().loaded, ["cong"]);
    assert_eq!(run(alone, "SELECT COUNT(*) FROM tin_bai"), "4\n");
    let into_full = Restore {
        tables: Vec::new(),
        only: vec!["db/cong".into()],
        target: here.path("full"),
        ..table
    };
    let refused = restore::run(&here.site, &into_full, &|_| {}).unwrap_err();
    assert_eq!(refused.code(), "fit.not-empty");
    assert!(!here.path("full").exists(), "nothing was fetched");
}

fn duphong_world() -> duphong::world::World {
    crate::source::scratch::world()
}
