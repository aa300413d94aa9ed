//! The matrix of sabotages: every kind of damage, on a portal with a PostgreSQL server and on one of
//! SQLite that is started and asked. Each is named by the check that must, none passes, and nobody
//! takes any of them for a drill.

use std::collections::BTreeSet;

use duphong::base::exit::ExitCode;
use duphong::base::secret::Secret;
use duphong::drill::fact::{DrillRecord, Scope, Verdict};
use duphong::job::drill::{self, Drilled, Sabotage, caught, is_void};
use duphong::job::{snapshot, status};
use duphong::source::postgres::scratch::Cluster;

use crate::job::portal::{Installation, configuration};
use crate::source::scratch::{cluster_with, run, world};

const RICH: &str = include_str!("../source/rich.sql");

/// A portal that is started on what came back, and one whose databases are others.
const OTHERS: &str = r#"
  trang:
    kind: trang
    owner: UBND xã Mẫu
    operator: UBND xã Mẫu
    level: 2
    databases: [ { name: cong, sqlite: { path: portal/data/cong.sqlite } } ]
    trees:
      - { role: media, name: tep, path: portal/media }
      - { role: application, name: trang, path: portal/application }
      - { role: configuration, name: cong, path: portal/configuration }
    snapshot: { to: [local], rpo: 6h }
    drill:
      from: local
      rto: 8h
      scratch: scratch
      start: [/usr/bin/python3, -m, http.server, "{port}", --bind, 127.0.0.1, --directory, "{tree:trang}"]
      smoke: [ { path: /chao.html, contains: "Cổng của xã" } ]
  khac:
    kind: trang
    owner: UBND xã Khác
    operator: UBND xã Khác
    level: 2
    databases:
      - { name: mot, postgres: { dsn: "DSN", password: { file: secrets/db } } }
      - { name: hai, sqlite: { path: khac.sqlite } }
    snapshot: { to: [local], rpo: 6h }
    drill: { from: local, rto: 8h, scratch: scratch }
"#;

fn drilled(here: &Installation, portal: &str, sabotage: Option<Sabotage>) -> Drilled {
    let request =
        drill::Request { portal: portal.to_owned(), sabotage, ..drill::Request::default() };
    drill::run(&here.site, &request).unwrap()
}

fn never_drilled(here: &Installation) -> usize {
    let seen = status::status(&here.site).unwrap().remarks;
    seen.iter().filter(|remark| remark.message.id == "view-never-drilled").count()
}

/// What a drill of this portal named this damage by.
fn named(here: &Installation, portal: &str, kind: Sabotage) -> Result<&'static str, String> {
    let drilled = drilled(here, portal, Some(kind));
    let record: &DrillRecord = &drilled.record;
    assert_ne!(record.verdict, Verdict::Pass, "{portal} {kind:?}: {record:#?}");
    assert_ne!(drilled.exit(), ExitCode::Done, "{portal} {kind:?}");
    assert_eq!(record.sabotage.as_deref(), Some(kind.as_str()));
    let unnamed = || format!("{portal} {kind:?} was not named: {:?}", record.checks);
    caught(record).ok_or_else(unnamed)?;
    let left = std::fs::read_dir(here.path("scratch")).unwrap().count();
    assert_eq!(left, 0, "{portal} {kind:?} leaves nothing in the scratch place");
    Ok(kind.as_str())
}

/// The three portals, each with a set, and two with a second one of other media.
fn installation() -> (Cluster, Installation) {
    let (cluster, source) = cluster_with("prod", None);
    run(&source, RICH);
    cluster.create_database("khac", None, &world()).unwrap();
    let other = cluster.settings("khac");
    run(&other, "CREATE TABLE khac (x text); INSERT INTO khac VALUES ('của cổng khác')");
    let sources = format!(
        r#"
    databases:
      - {{ name: cong, postgres: {{ dsn: "{}", password: {{ file: secrets/db }} }} }}
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
"#,
        source.dsn
    );
    let text = configuration(&sources) + OTHERS.replace("DSN", &other.dsn).trim_start_matches('\n');
    let here = Installation::with(&text);
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    std::fs::write(here.path("secrets/db"), password).unwrap();
    std::fs::write(here.path("portal/application/chao.html"), "Cổng của xã").unwrap();
    let triggered = rusqlite::Connection::open(here.path("portal/data/cong.sqlite")).unwrap();
    let trigger = "CREATE TRIGGER moi AFTER INSERT ON sqlite_placeholder BEGIN SELECT 1; END";
    let table: String = triggered
        .query_row("SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    triggered.execute_batch(&trigger.replace("sqlite_placeholder", &table)).unwrap();
    let sqlite = rusqlite::Connection::open(here.path("khac.sqlite")).unwrap();
    sqlite.execute_batch("CREATE TABLE la (x TEXT); INSERT INTO la VALUES ('lạ')").unwrap();
    for portal in ["khac", "mau", "trang"] {
        let taken = snapshot::create(&here.site, portal).unwrap();
        assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    }
    std::fs::write(here.path("portal/media/moi.jpg"), "một ảnh mới").unwrap();
    for portal in ["mau", "trang"] {
        snapshot::create(&here.site, portal).unwrap();
    }
    (cluster, here)
}

#[test]
fn every_sabotage_is_named_by_its_check_and_none_passes() {
    let (_cluster, here) = installation();
    assert_eq!(never_drilled(&here), 3);
    // Whatever needs a server, and what differs with the engine, on both.
    let on_server = [
        Sabotage::TruncatedDump,
        Sabotage::OtherDatabase,
        Sabotage::DroppedTable,
        Sabotage::DroppedTrigger,
        Sabotage::DroppedGrant,
        Sabotage::ChangedRow,
    ];
    let mut seen: Vec<_> = on_server.map(|kind| named(&here, "mau", kind)).into();
    let on_file = Sabotage::ALL.into_iter().filter(|kind| *kind != Sabotage::DroppedGrant);
    seen.extend(on_file.map(|kind| named(&here, "trang", kind)));
    assert_eq!(seen.len(), 6 + 16);
    let missed: Vec<_> = seen.iter().filter_map(|one| one.as_ref().err()).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    let all: BTreeSet<_> = seen.iter().flatten().copied().collect();
    assert_eq!(all, Sabotage::ALL.map(Sabotage::as_str).into(), "every kind was run");
    // What has nothing to be damaged proves nothing, and says so; a page is asked of a portal only.
    for (portal, kind) in [
        ("trang", Sabotage::DroppedGrant),
        ("khac", Sabotage::MissingMedia),
        ("khac", Sabotage::OtherMedia),
        ("khac", Sabotage::WrongPage),
    ] {
        let record = drilled(&here, portal, Some(kind)).record;
        assert!(is_void(&record) && caught(&record).is_none(), "{:#?}", record.checks);
        assert_eq!(record.verdict, Verdict::NotProven);
    }
    // Nobody takes any of them for a drill, and nothing was damaged for good.
    assert_eq!(never_drilled(&here), 3);
    for (portal, scope) in [("mau", Scope::Data), ("trang", Scope::Portal)] {
        let honest = drilled(&here, portal, None).record;
        assert_eq!((honest.verdict, honest.scope), (Verdict::Pass, scope), "{:#?}", honest.checks);
    }
    assert_eq!(never_drilled(&here), 1);
}
