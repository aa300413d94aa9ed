//! A portal whose database only commands know: from a set to a judged drill, and back.

use std::fs;

use duphong::base::exit::ExitCode;
use duphong::drill::fact::{CheckKind, CheckOutcome, Finding, Verdict};
use duphong::job::drill::{self, Drilled, Request};
use duphong::job::{restore, snapshot};

use crate::job::portal::{Installation, configuration};

const SOURCES: &str = "
    databases:
      - name: cong
        command:
          dump: [sqlite3, ROOT/that.db, .dump]
          extension: sql
          ends-with: COMMIT
          load: [sqlite3, '{target}']
          count: [sqlite3, ROOT/that.db, COUNT]
          drill:
            clean: [rm, -f, ROOT/drill.db]
            load: [sqlite3, ROOT/drill.db]
            count: [sqlite3, ROOT/drill.db, COUNT]
    trees:
      - { role: media, name: tep, path: portal/media }
";

/// Rows, and a digest that stands for the content.
const COUNT: &str =
    "\"SELECT 'bai' || char(9) || count(*) || char(9) || ifnull(sum(id), 0) FROM bai\"";

struct Here {
    installation: Installation,
    root: tempfile::TempDir,
}

impl Here {
    fn new(change: impl Fn(String) -> String) -> Self {
        let root = tempfile::tempdir().unwrap();
        let live = rusqlite::Connection::open(root.path().join("that.db")).unwrap();
        live.execute_batch("CREATE TABLE bai (id); INSERT INTO bai VALUES (1), (2), (39)").unwrap();
        let sources = change(SOURCES.to_owned())
            .replace("COUNT", COUNT)
            .replace("ROOT", root.path().to_str().unwrap());
        Self { installation: Installation::with(&configuration(&sources)), root }
    }

    fn drill(&self) -> Drilled {
        let request = Request {
            portal: "mau".into(),
            set: None,
            repository: None,
            as_of: None,
            sabotage: None,
        };
        drill::run(&self.installation.site, &request).unwrap()
    }

    fn restore(&self, target: &str, production: Option<&str>) -> Result<restore::Restored, String> {
        let request = restore::Request {
            portal: "mau".into(),
            set: None,
            repository: None,
            from: None,
            as_of: None,
            only: Vec::new(),
            target: self.root.path().join(format!("set-{}", target.len())),
            over: None,
            delete: false,
            verify: false,
            databases: vec![("cong".into(), target.into())],
            resume: false,
            dry_run: false,
            production: production.map(str::to_owned),
            ..restore::Request::default()
        };
        restore::run(&self.installation.site, &request, &|_| {})
            .map_err(|fault| fault.code().to_owned())
    }
}

/// Everything that did not pass, with its first finding.
fn open(drilled: &Drilled) -> Vec<(CheckKind, Finding)> {
    let checks = drilled.record.checks.iter();
    let open = checks.filter_map(|check| match &check.outcome {
        CheckOutcome::Passed => None,
        CheckOutcome::Failed { findings, .. } => Some((check.kind, findings[0].clone())),
        CheckOutcome::NotRun { reason } => Some((check.kind, reason.clone())),
    });
    open.collect()
}

#[test]
fn a_set_is_proven_by_commands_of_its_own_and_loaded_where_a_person_says() {
    let here = Here::new(|sources| sources);
    let taken = snapshot::create(&here.installation.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    fs::write(here.root.path().join("drill.db"), "left by a killed drill").unwrap();
    let drilled = here.drill();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let content = drilled.record.checks.iter().find(|check| check.kind == CheckKind::RowDigests);
    assert_eq!(content.unwrap().compared, 3);
    assert!(!here.root.path().join("drill.db").exists(), "the drill clears away what it loaded");

    // Production, or anything else: nobody but a person can tell.
    let back = here.root.path().join("back.db");
    let back = back.to_str().unwrap();
    assert_eq!(here.restore(back, None).unwrap_err(), "job.production");
    assert_eq!(here.restore("$(reboot)", Some("mau")).unwrap_err(), "source.command-target");
    let restored = here.restore(back, Some("mau")).unwrap();
    assert_eq!(restored.loaded, ["cong"]);
    let live = rusqlite::Connection::open(back).unwrap();
    let sum: i64 = live.query_row("SELECT sum(id) FROM bai", [], |row| row.get(0)).unwrap();
    assert_eq!(sum, 42);
}

#[test]
fn what_a_drill_cannot_prove_is_said() {
    let undrilled = Here::new(|sources| {
        let (kept, rest) = sources.split_once("          drill:").unwrap();
        format!("{kept}    trees:{}", rest.split_once("    trees:").unwrap().1)
    });
    snapshot::create(&undrilled.installation.site, "mau").unwrap();
    let drilled = undrilled.drill();
    assert_eq!(drilled.record.verdict, Verdict::NotProven, "{:#?}", drilled.record);
    assert!(matches!(&open(&drilled)[..], [(CheckKind::Load, Finding::Blind { .. })]));

    let uncounted = Here::new(|sources| {
        let lines = sources.lines().filter(|line| !line.contains("count:"));
        lines.collect::<Vec<_>>().join("\n")
    });
    snapshot::create(&uncounted.installation.site, "mau").unwrap();
    let drilled = uncounted.drill();
    assert_eq!(drilled.record.verdict, Verdict::NotProven, "{:#?}", drilled.record);
    assert!(matches!(&open(&drilled)[..], [(CheckKind::Inventory, Finding::Blind { .. })]));

    // All files are compared, and so many rows are there: whose rows, nobody knows.
    let rows = "\"SELECT 'bai' || char(9) || count(*) FROM bai\"";
    let counted = Here::new(|sources| sources.replace("COUNT", rows));
    snapshot::create(&counted.installation.site, "mau").unwrap();
    let drilled = counted.drill();
    assert_eq!(drilled.record.verdict, Verdict::NotProven, "{:#?}", drilled.record);
    assert!(matches!(&open(&drilled)[..], [(CheckKind::RowDigests, Finding::Blind { .. })]));
}

#[test]
fn a_short_load_and_what_cannot_be_cleared_away_fail_the_drill() {
    let short = Here::new(|sources| {
        let load = "load: [sqlite3, ROOT/drill.db]";
        assert!(sources.contains(load));
        let script = "\"{ cat; echo 'DELETE FROM bai WHERE id = 39;'; } | sqlite3 ROOT/drill.db\"";
        sources.replace(
            load,
            &format!("load: [/bin/sh, -c, {script}]").replace("{ ", "{{ ").replace("; }", "; }}"),
        )
    });
    snapshot::create(&short.installation.site, "mau").unwrap();
    let drilled = short.drill();
    assert_eq!(drilled.record.verdict, Verdict::Fail, "{:#?}", drilled.record);
    let (kind, finding) = &open(&drilled)[0];
    assert_eq!(*kind, CheckKind::RowCounts);
    assert_eq!(*finding, Finding::RowCount { table: "bai".into(), expected: 3, found: 2 });

    let dirty = Here::new(|sources| {
        let clean = "clean: [rm, -f, ROOT/drill.db]";
        assert!(sources.contains(clean));
        sources.replace(clean, "clean: [/bin/sh, -c, 'test ! -e ROOT/drill.db']")
    });
    snapshot::create(&dirty.installation.site, "mau").unwrap();
    let drilled = dirty.drill();
    assert_eq!(drilled.record.verdict, Verdict::Fail, "{:#?}", drilled.record);
    let (kind, finding) = &open(&drilled)[0];
    assert!(matches!(finding, Finding::Fault { code, .. } if code == "source.command"));
    assert_eq!(*kind, CheckKind::Load);
}

#[test]
fn a_dump_that_dies_half_way_is_no_set() {
    let here = Here::new(|sources| {
        sources.replace(
            "dump: [sqlite3, ROOT/that.db, .dump]",
            "dump: [/bin/sh, -c, 'echo COMMIT; exit 3']",
        )
    });
    let fault = snapshot::create(&here.installation.site, "mau").unwrap_err();
    assert_eq!(fault.code(), "source.command");
    let sets = fs::read_dir(here.installation.path("repository/snapshots"));
    assert!(sets.map_or(true, |mut sets| sets.next().is_none()));
    let spool = here.installation.path("state/spool/mau");
    assert!(!spool.exists(), "nothing of it stays");
}
