//! From a set of a real MySQL portal to a judged drill on a MySQL server of our own; see
//! `tests/source/mariadb/mysql.rs` on when these run.

use duphong::base::exit::ExitCode;
use duphong::drill::fact::Verdict;
use duphong::job::drill::{Sabotage, caught};
use duphong::job::restore::{self, Request as Restore};
use duphong::job::snapshot;
use jiff::Timestamp;

use crate::job::mariadb::{installation_with, into};
use crate::job::portal::PHASES;
use crate::source::mariadb::mysql::{MySql, sql};

#[test]
fn a_mysql_portal_passes_its_drill_and_each_damage_is_named() {
    let production = MySql::start(&["--gtid-mode=ON", "--enforce-gtid-consistency=ON"]);
    let here = installation_with(&production.settings("cong"), "", "");
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let phases: Vec<_> = drilled.record.phases.iter().map(|phase| phase.name).collect();
    assert_eq!(phases, PHASES);
    for kind in [
        Sabotage::DroppedTable,
        Sabotage::DroppedTrigger,
        Sabotage::DroppedGrant,
        Sabotage::ChangedRow,
    ] {
        let record = here.drill(Some(kind)).record;
        assert_ne!(record.verdict, Verdict::Pass, "{kind:?}");
        assert!(caught(&record).is_some(), "{kind:?}: {:#?}", record.checks);
    }
    let left: Vec<_> = std::fs::read_dir(here.path("scratch")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_mysql_database_is_restored_into_an_empty_one_and_to_no_instant_without_a_kept_log() {
    let production = MySql::start(&["--gtid-mode=ON", "--enforce-gtid-consistency=ON"]);
    let small = production.create(
        "nho",
        "CREATE TABLE tin_bai (id INT PRIMARY KEY, ten VARCHAR(20)); \
        INSERT INTO tin_bai VALUES (1, 'một'), (2, 'hai')",
    );
    let here = installation_with(&production.settings("nho"), "", "");
    let text = String::from_utf8(here.site.configuration.clone()).unwrap();
    assert!(text.contains("database: cong"));
    let file = here.path("duphong.yaml");
    std::fs::write(&file, text.replace("database: cong", "database: nho")).unwrap();
    let (site, _runtime) = crate::job::portal::site(&file);
    snapshot::create(&site, "mau").unwrap();
    let run = |request: &Restore| restore::run(&site, request, &|_| {}).map(|done| done.loaded);
    let refused = run(&into(&here, &small.shown(), "refused"));
    assert_eq!(refused.unwrap_err().code(), "job.production");

    let other = MySql::start(&[]);
    let target = other.create("nho", "");
    assert_eq!(run(&into(&here, &target.shown(), "done")).unwrap(), ["cong"]);
    assert_eq!(sql(&target, "SELECT ten FROM tin_bai ORDER BY id"), "một\nhai\n");

    // Nobody has kept the log.
    sql(&target, "DROP TABLE tin_bai");
    let to = Some(Timestamp::now());
    let instant = run(&Restore { to, ..into(&here, &target.shown(), "instant") });
    assert_eq!(instant.unwrap_err().code(), "binlog.no-line");
    assert_eq!(sql(&target, "SHOW TABLES"), "");
}
