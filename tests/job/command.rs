//! A portal whose database only commands know: from a set to a judged drill, and back.

use std::fs;
use std::time::Duration;

use duphong::base::exit::ExitCode;
use duphong::base::fault::chain;
use duphong::config::settings::{CommandSource, Engine};
use duphong::drill::fact::{CheckKind, CheckOutcome, Finding, Verdict};
use duphong::job::drill::Drilled;
use duphong::job::{restore, snapshot};

use crate::job::portal::{Installation, configuration};
use crate::source::command::words;

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
        Self::with(change, |whole| whole)
    }

    /// With the sources changed, and then the whole configuration.
    fn with(change: impl Fn(String) -> String, change_whole: impl Fn(String) -> String) -> Self {
        let root = tempfile::tempdir().unwrap();
        let live = rusqlite::Connection::open(root.path().join("that.db")).unwrap();
        live.execute_batch("CREATE TABLE bai (id); INSERT INTO bai VALUES (1), (2), (39)").unwrap();
        let sources = change(SOURCES.to_owned())
            .replace("COUNT", COUNT)
            .replace("ROOT", root.path().to_str().unwrap());
        Self { installation: Installation::with(&change_whole(configuration(&sources))), root }
    }

    fn drill(&self) -> Drilled {
        self.installation.drill(None)
    }

    fn restore(&self, target: &str, production: Option<&str>) -> Result<restore::Restored, String> {
        let request = restore::Request {
            portal: "mau".into(),
            target: self.root.path().join(format!("set-{}", target.len())),
            databases: vec![("cong".into(), target.into())],
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
fn a_drill_has_an_environment_of_its_own() {
    let here = Here::new(|sources| {
        let told = |program: &str| {
            format!("[/bin/sh, -c, 'echo $0,$WHERE,$OTHER >>ROOT/told; exec {program}', ")
        };
        let sources = sources
            .replace("dump: [sqlite3,", &format!("dump: {}dump,", told("sqlite3 $1 .dump")))
            .replace(", .dump]", "]")
            .replace("clean: [rm, -f,", &format!("clean: {}clean,", told("rm -f $1")))
            .replace("load: [sqlite3, ROOT", &format!("load: {}load, ROOT", told("sqlite3 $1")));
        let own = "          environment: { WHERE: production, OTHER: x }\n          drill:\n            \
                   environment: { WHERE: drill }\n";
        sources.replace("          drill:\n", own)
    });
    let taken = snapshot::create(&here.installation.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let drilled = here.drill();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let told = fs::read_to_string(here.root.path().join("told")).unwrap();
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines, ["dump,production,x", "clean,drill,", "load,drill,", "clean,drill,"]);
}

#[test]
fn a_portal_is_not_started_on_a_database_that_nobody_loaded() {
    let undrilled = |sources: String| {
        let (kept, rest) = sources.split_once("          drill:").unwrap();
        format!("{kept}    trees:{}", rest.split_once("    trees:").unwrap().1)
    };
    let root = tempfile::tempdir().unwrap();
    let started = root.path().join("started");
    for named in ["'{database:cong}'", "its own settings"] {
        let start = format!(
            "scratch: scratch, start: [/bin/sh, -c, 'touch {}', {named}, '{{port}}'], \
             smoke: [{{ path: / }}] }}",
            started.display()
        );
        let here = Here::with(undrilled, |whole| {
            assert!(whole.contains("scratch: scratch }"), "{whole}");
            whole.replace("scratch: scratch }", &start)
        });
        snapshot::create(&here.installation.site, "mau").unwrap();
        let drilled = here.drill();
        assert_eq!(drilled.record.verdict, Verdict::NotProven, "{:#?}", drilled.record);
        let open = open(&drilled);
        let smoke = open.iter().find(|(kind, _)| *kind == CheckKind::Smoke);
        assert!(matches!(smoke, Some((_, Finding::Blind { detail })) if detail.contains("`cong`")));
        assert_eq!(drilled.record.measured_rto_ms, None);
        assert!(!started.exists(), "it was started on nothing");
    }
}

#[test]
fn what_a_killed_drill_left_is_cleared_away_with_its_own_folder() {
    let here = Here::new(|sources| {
        let ends = "clean: [/bin/sh, -c, 'rm -f ROOT/drill.db; test ! -e $0/server || cat $0/server \
                    >>ROOT/ended', '{scratch}']\n            prepare: [/bin/sh, -c, 'echo new \
                    >$0/server', '{scratch}']";
        sources.replace("clean: [rm, -f, ROOT/drill.db]", ends)
    });
    snapshot::create(&here.installation.site, "mau").unwrap();
    let left = here.installation.path("scratch/mau-drill/load-cong");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("server"), "old\n").unwrap();
    let drilled = here.drill();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let ended = fs::read_to_string(here.root.path().join("ended")).unwrap();
    assert_eq!(ended, "old\nnew\n");
}

#[test]
fn a_table_that_changed_under_the_dump_is_not_proven_and_no_failure() {
    let here = Here::new(|sources| {
        sources
            .replace("count: [sqlite3, ROOT/that.db, COUNT]", "count: [/bin/sh, ROOT/count]")
            .replace("count: [sqlite3, ROOT/drill.db, COUNT]", "count: [/bin/sh, ROOT/tally]")
    });
    let root = here.root.path();
    let count = |database: &str, log: &str| {
        let query = COUNT.trim_matches('"');
        let place = root.display();
        format!("sqlite3 {place}/{database} \"{query}\"; printf 'log\\t%s\\n' $({log})\n")
    };
    let growing = format!("echo >>{0}/n; wc -l <{0}/n", root.display());
    fs::write(root.join("count"), count("that.db", &growing)).unwrap();
    fs::write(root.join("tally"), count("drill.db", "echo 1")).unwrap();
    snapshot::create(&here.installation.site, "mau").unwrap();
    let drilled = here.drill();
    assert_eq!(drilled.record.verdict, Verdict::NotProven, "{:#?}", drilled.record);
    let open = open(&drilled);
    let [(CheckKind::Inventory, Finding::Blind { detail })] = &open[..] else { panic!("{open:?}") };
    assert!(detail.contains("`log` changed"), "{detail}");
}

#[test]
fn a_dump_that_is_written_to_while_it_is_read_is_no_set() {
    let here = Here::new(|sources| {
        sources
            .replace(
                "dump: [sqlite3, ROOT/that.db, .dump]",
                "dump: [/bin/sh, ROOT/dump, '{folder}']",
            )
            .replace("          extension: sql\n          ends-with: COMMIT\n", "")
            .replace("load: [sqlite3, '{target}']", "load: [sqlite3, '{target}', '{folder}']")
            .replace("load: [sqlite3, ROOT/drill.db]", "load: [sqlite3, ROOT/drill.db, '{folder}']")
            .replace("count: [sqlite3, ROOT/that.db, COUNT]", "count: [printf, 't\\t1\\n']")
    });
    // A server, which nobody here can find, goes on as soon as the repository is locked: then the
    // dump has been judged, and is being read into the set.
    let (root, locks) = (here.root.path().display(), here.installation.path("repository/locks"));
    let goes_on = format!(
        ": >{root}/begun; until test -n \"$(ls {0})\" -o -e {root}/end; do :; done; echo more >>$1/a",
        locks.display()
    );
    fs::write(here.root.path().join("server"), goes_on).unwrap();
    let dump = format!(
        "head -c 20000000 /dev/urandom >$1/a; setsid env -i /bin/sh {root}/server $1 \
                        >/dev/null 2>&1 </dev/null & until test -e {root}/begun; do :; done"
    );
    fs::write(here.root.path().join("dump"), dump).unwrap();
    let taken = snapshot::create(&here.installation.site, "mau");
    fs::write(here.root.path().join("end"), "").unwrap();
    let fault = taken.unwrap_err();
    assert_eq!(fault.code(), "source.command-changed", "{}", chain(fault.as_ref()));
    let sets = fs::read_dir(here.installation.path("repository/snapshots"));
    assert!(sets.map_or(true, |mut sets| sets.next().is_none()));
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

/// Commands that print what stands in the table `tep`, of production and of the drill.
fn asked(sources: &str) -> String {
    let paths = |database: &str| {
        let query = "SELECT duong_dan FROM tep";
        format!("paths: {{ tep: [sqlite3, ROOT/{database}.db, '{query}'] }}\n")
    };
    let both =
        format!("          {}          drill:\n            {}", paths("that"), paths("drill"));
    sources.replace("          drill:\n", &both)
}

#[test]
fn commands_print_which_files_the_database_names_and_a_drill_asks_by_its_own() {
    let mut here = Here::new(|sources| asked(&sources));
    let live = rusqlite::Connection::open(here.root.path().join("that.db")).unwrap();
    let portal = here.installation.path("portal/data/cong.sqlite");
    live.execute("ATTACH ? AS mau", [portal.to_str().unwrap()]).unwrap();
    live.execute_batch("CREATE TABLE tep AS SELECT duong_dan FROM mau.tep; DETACH mau").unwrap();
    let taken = snapshot::create(&here.installation.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let all = &taken.references[0];
    assert_eq!((all.rows, all.missing, all.refused, all.exact), (48, Some(0), 0, false));
    assert_eq!((all.tree.as_str(), all.query.as_str()), ("media/tep", "command.paths.tep"));
    let references = |drilled: &Drilled| {
        let check = drilled.record.checks.iter().find(|one| one.kind == CheckKind::References);
        check.map(|check| (check.outcome == CheckOutcome::Passed, check.compared))
    };
    let drilled = here.drill();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    assert_eq!(references(&drilled), Some((true, 48)));

    live.execute_batch("INSERT INTO tep VALUES ('2026/không có.jpg'), ('/etc/passwd')").unwrap();
    let taken = snapshot::create(&here.installation.site, "mau").unwrap();
    let some = &taken.references[0];
    assert_eq!((taken.exit(), some.rows, some.missing), (ExitCode::Warnings, 50, Some(1)));
    assert_eq!((some.refused, &some.missing_examples[..]), (1, &["2026/không có.jpg".into()][..]));

    // A drill that has no such command proves nothing of it, whatever the set says was asked.
    source(&mut here).drill.as_mut().unwrap().paths.clear();
    let drilled = here.drill();
    assert_eq!(drilled.record.verdict, Verdict::NotProven, "{:#?}", drilled.record);
    assert_eq!(references(&drilled), Some((false, 0)));

    // One that fails after half of its answer has given none.
    for (script, word) in [
        ("echo 2026; echo 'hỏng rồi' >&2; exit 3", "hỏng rồi"),
        ("yes 2026 | head -c 300000 | tr -d '\\n'", "65536"),
        ("sleep 60", "1 s"),
    ] {
        let source = source(&mut here);
        source.paths[0].1 = words(&["/bin/sh", "-c", script]);
        source.limit = Duration::from_secs(if script.starts_with("sleep") { 1 } else { 60 });
        let taken = snapshot::create(&here.installation.site, "mau").unwrap();
        let none = &taken.references[0];
        let fault = none.fault.clone().unwrap_or_default();
        assert_eq!((taken.exit(), none.missing), (ExitCode::Warnings, None), "{script}");
        assert!(fault.contains(word), "{script}: {fault}");
    }
}

fn source(here: &mut Here) -> &mut CommandSource {
    match &mut here.installation.site.settings.portals[0].databases[0].engine {
        Engine::Command(source) => source,
        other => panic!("{other:?}"),
    }
}
