//! One consistent set: the files that databases name beside those that the set has, and the same
//! question put once more to what a drill brought back.

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::manifest::References;
use duphong::base::progress::Silent;
use duphong::base::secret::Secret;
use duphong::drill::fact::{Check, CheckKind, CheckOutcome, DrillRecord, Finding, Verdict};
use duphong::job::drill::Sabotage;
use duphong::job::snapshot::{self, Taken};
use duphong::job::{sets, status};
use duphong::source::Database;
use duphong::source::mariadb::Place;
use duphong::source::question::Question;
use tempfile::TempDir;

use crate::job::portal::{Installation, configuration};
use crate::source::mariadb;
use crate::source::scratch::{cluster_with, query, run, world};

const SOURCES: &str = r#"
    databases:
      - name: cong
        sqlite: { path: portal/data/cong.sqlite }
        media: [ { tree: tep, query: "SELECT duong_dan FROM tep;" } ]
    trees:
      - { role: media, name: tep, path: portal/media }
"#;

fn drilled(here: &Installation, sabotage: Option<Sabotage>) -> (DrillRecord, Check) {
    let record = here.drill(sabotage).record;
    let check = record.checks.iter().find(|check| check.kind == CheckKind::References);
    let check = check.unwrap_or_else(|| panic!("{record:#?}")).clone();
    (record, check)
}

/// The only answer of a run, which the manifest tells as well.
#[track_caller]
fn only(here: &Installation, taken: &Taken, exit: ExitCode) -> References {
    assert_eq!(taken.exit(), exit, "{taken:?}");
    let [one] = &taken.references[..] else { panic!("{taken:?}") };
    let located =
        sets::locate(&here.site, Some("local"), &taken.sets[0].written.id.to_string()).unwrap();
    let manifest = sets::manifest(&located.repository, &located.id).unwrap();
    assert_eq!(manifest.references, taken.references);
    let (facts, tree) = (&manifest.databases[&one.database], &manifest.trees[0]);
    assert_eq!((one.tree.as_str(), one.scan_started), ("media/tep", tree.scan_started));
    assert!(facts.instant <= tree.scan_started, "first the database, then its files");
    one.clone()
}

fn change(here: &Installation, sql: &str) {
    let live = rusqlite::Connection::open(here.path("portal/data/cong.sqlite")).unwrap();
    live.execute_batch(sql).unwrap();
}

#[test]
fn rows_whose_file_a_set_lacks_are_counted_named_and_found_again_by_a_drill() {
    let here = Installation::with(&configuration(SOURCES));
    let all = only(&here, &snapshot::create(&here.site, "mau").unwrap(), ExitCode::Done);
    assert_eq!((all.rows, all.missing, all.refused, all.exact), (48, Some(0), 0, true));
    let (record, check) = drilled(&here, None);
    assert_eq!(record.verdict, Verdict::Pass, "{record:#?}");
    assert_eq!((check.outcome, check.compared), (CheckOutcome::Passed, 48));

    change(
        &here,
        "INSERT INTO tep (duong_dan, sha256, so_byte) VALUES
         ('2026/không có.jpg', '', 0), ('./2026//cũng không.jpg', '', 0), ('2026', '', 0),
         ('../data/cong.sqlite', '', 0), ('/etc/passwd', '', 0), ('', '', 0);",
    );
    let some = only(&here, &snapshot::create(&here.site, "mau").unwrap(), ExitCode::Warnings);
    assert_eq!((some.rows, some.missing, some.refused), (53, Some(3), 2));
    let mut examples = some.missing_examples.clone();
    examples.sort();
    assert_eq!(examples, ["2026", "2026/cũng không.jpg", "2026/không có.jpg"]);
    assert_eq!(some.refused_examples, ["../data/cong.sqlite", "/etc/passwd"]);
    let remarks = status::status(&here.site).unwrap().remarks;
    assert!(remarks.iter().any(|one| one.message.id == "view-set-without-file"), "{remarks:?}");
    let (record, _) = drilled(&here, None);
    assert_eq!(record.verdict, Verdict::Pass, "as many as were noted: {record:#?}");
    let facts = &record.references[0];
    assert_eq!((facts.rows, facts.missing, facts.noted), (53, 5, 5));

    let (record, check) = drilled(&here, Some(Sabotage::MissingMedia));
    assert_eq!(record.verdict, Verdict::Fail);
    let CheckOutcome::Failed { findings, .. } = check.outcome else { panic!("{check:?}") };
    let more = Finding::References { tree: "media/tep".into(), expected: 5, found: 6 };
    assert_eq!(findings[0], more);
}

#[test]
fn a_question_that_cannot_be_answered_costs_no_set_and_proves_nothing() {
    let mut here = Installation::with(&configuration(SOURCES));
    for (question, word) in [
        ("SELECT khong_co FROM tep", "khong_co"),
        ("SELECT duong_dan, so_byte FROM tep", "2 columns"),
        ("WITH a AS (SELECT 1) INSERT INTO nhat_ky SELECT 1, 2, 3 FROM a", "columns"),
    ] {
        here.site.settings.portals[0].databases[0].media[0].query = question.to_owned();
        let taken = snapshot::create(&here.site, "mau").unwrap();
        let none = only(&here, &taken, ExitCode::Warnings);
        let fault = none.fault.unwrap();
        assert!(none.missing.is_none() && fault.contains(word), "{question}: {fault}");
    }
    let remarks = status::status(&here.site).unwrap().remarks;
    assert!(remarks.iter().any(|one| one.message.id == "view-set-unanswered"), "{remarks:?}");
    let (record, check) = drilled(&here, None);
    assert_eq!(record.verdict, Verdict::NotProven, "{record:#?}");
    let CheckOutcome::NotRun { reason: Finding::ReferencesUnknown { tree, detail } } =
        check.outcome
    else {
        panic!("{:?}", check.outcome);
    };
    assert!(tree == "media/tep" && detail.contains("columns"), "{tree}: {detail}");
}

/// Two files, of which one is there.
fn two_files(here: &Installation) {
    std::fs::write(here.path("portal/media/có.jpg"), "có").unwrap();
}

const UPLOADS: &str = "CREATE TABLE upload (path varchar(200));
    INSERT INTO upload VALUES ('có.jpg'), ('không.jpg'), (NULL);";

#[test]
fn postgresql_is_asked_within_the_snapshot_of_its_dump() {
    let (_production, source) = cluster_with("asked", None);
    run(&source, UPLOADS);
    let folder = TempDir::new().unwrap();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let mut insert = |path: &[u8]| {
        first.push(path.to_vec());
        query(&source, "INSERT INTO upload VALUES ('sau.jpg') RETURNING path");
        Ok(())
    };
    let mut note = |path: &[u8]| {
        second.push(path.to_vec());
        Ok(())
    };
    let mut bad = |_: &[u8]| Ok(());
    let mut questions = [
        Question::new("SELECT path FROM upload ORDER BY path", &mut insert),
        Question::new("SELECT path FROM khong_co", &mut bad),
        Question::new("SELECT path FROM upload ORDER BY path", &mut note),
    ];
    let database = Database::Postgres(source.clone());
    let facts = database
        .dump_asking("d", folder.path(), &mut questions, &world(), &Cancel::default(), &Silent)
        .unwrap();
    let answers = questions.map(|question| question.answer.unwrap());
    assert!(
        answers[0].as_ref().unwrap().exact && answers[0].as_ref().unwrap().instant == facts.instant
    );
    assert!(
        answers[1].is_err() && answers[2].is_ok(),
        "a bad question spoils no other: {answers:?}"
    );
    assert_eq!(first, ["có.jpg".as_bytes(), "không.jpg".as_bytes()]);
    assert_eq!(second, first, "what was committed meanwhile is not in the answer");
    assert_eq!(facts.inventory.tables["public.upload"].rows, 3, "nor in the dump");
    let several = database.ask(
        "SELECT 'a'; DROP TABLE upload",
        &mut |_| Ok(()),
        &world(),
        &Cancel::default(),
    );
    assert_eq!(query(&source, "SELECT count(*) FROM upload"), "5", "{several:?}");
    assert!(several.is_err());
}

#[test]
fn a_postgresql_set_tells_the_rows_without_a_file_and_its_drill_counts_as_many() {
    let (_production, source) = cluster_with("named", None);
    run(&source, UPLOADS);
    let sources = format!(
        r#"
    databases:
      - name: cong
        postgres: {{ dsn: "{}", password: {{ file: secrets/db }} }}
        media: [ {{ tree: tep, query: "SELECT path FROM upload" }} ]
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
"#,
        source.dsn
    );
    let here = Installation::with(&configuration(&sources));
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    std::fs::write(here.path("secrets/db"), password).unwrap();
    two_files(&here);
    counted(&here, true);
}

#[test]
fn a_mariadb_set_tells_the_rows_without_a_file_as_of_a_moment_before_its_dump() {
    let production = mariadb::production();
    let source = production.create("named", UPLOADS);
    let Place::Socket(socket) = &source.place else { panic!("a socket") };
    let sources = format!(
        r#"
    databases:
      - name: cong
        mariadb:
          database: named
          user: root
          socket: {}
          password: {{ file: secrets/db }}
        media: [ {{ tree: tep, query: "SELECT path FROM upload" }} ]
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
"#,
        socket.display()
    );
    let here = Installation::with(&configuration(&sources));
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    std::fs::write(here.path("secrets/db"), password).unwrap();
    two_files(&here);
    counted(&here, false);
    let database = Database::Mariadb(source.clone());
    let several = database.ask(
        "SELECT 'a'; DROP TABLE upload",
        &mut |_| Ok(()),
        &world(),
        &Cancel::default(),
    );
    assert!(several.is_err());
    let mut rows = 0;
    let mut count = |_: &[u8]| {
        rows += 1;
        Ok(())
    };
    database.ask("SELECT path FROM upload", &mut count, &world(), &Cancel::default()).unwrap();
    assert_eq!(rows, 2);
}

/// Of two rows one has its file; so says the set, and so the drill.
fn counted(here: &Installation, exact: bool) {
    let one = only(here, &snapshot::create(&here.site, "mau").unwrap(), ExitCode::Warnings);
    assert_eq!((one.rows, one.missing, one.refused, one.exact), (2, Some(1), 0, exact));
    assert_eq!(one.missing_examples, ["không.jpg"]);
    let (record, check) = drilled(here, None);
    assert_eq!(record.verdict, Verdict::Pass, "{record:#?}");
    assert_eq!((check.outcome, check.compared), (CheckOutcome::Passed, 2));
    let facts = &record.references[0];
    assert_eq!((facts.rows, facts.missing, facts.noted), (2, 1, 1));
}
