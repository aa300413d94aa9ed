//! A drill of a base, brought to an instant by the log that was kept.

use std::fs;

use duphong::drill::fact::{Check, CheckKind, CheckOutcome, DrillRecord, PhaseName, Verdict};
use duphong::job::drill::{self, Request, Sabotage};
use duphong::job::wal::now::{Looker, look};
use jiff::Timestamp;
use serde_json::Value;

use super::{archived, filled, keep_log, take};
use crate::job::portal::{Installation, configuration};
use crate::source::production::{Production, folder};

fn drilled(here: &Installation, to: Timestamp) -> DrillRecord {
    let request = Request { portal: "mau".into(), to: Some(to), ..Request::default() };
    drill::run(&here.site, &request).unwrap().record
}

fn find(record: &DrillRecord, kind: CheckKind) -> &Check {
    let found = record.checks.iter().find(|check| check.kind == kind);
    found.unwrap_or_else(|| panic!("no {kind:?}: {record:#?}"))
}

#[test]
fn a_drill_replays_the_log_to_an_instant_and_reads_every_page_there() {
    let archive = folder("archive");
    let lines = format!(
        "archive_mode = on\narchive_command = 'cp %p {0}/.%f && mv {0}/.%f {0}/%f'",
        archive.display()
    );
    let production = Production::start(&lines);
    filled(&production);
    let here = Installation::with(&configuration(&format!(
        "\n    databases:\n      - {{ name: cum, postgres: {{ dsn: \"{}\", physical: true, \
         wal: {{}} }} }}\n",
        production.settings("postgres").dsn
    )));
    let early = here.site.world.clock.now();
    take(&here);
    production.sql("CREATE TABLE bai AS SELECT n FROM generate_series(1, 1000) n");
    archived(&production, &archive);
    let time = || production.sql("SELECT clock_timestamp()").parse::<Timestamp>().unwrap();
    let since = time();
    production.sql("INSERT INTO bai VALUES (1001)");
    let before = time();
    production.sql("DROP TABLE bai");
    production.sql("CREATE TABLE sau (n int)");
    archived(&production, &archive);
    // Without a log, and before there was a set: that is no proof, and seen to be wrong.
    for (to, code) in [(before, "source.base-no-log"), (early, "source.base-none")] {
        let record = drilled(&here, to);
        assert_eq!(record.verdict, Verdict::Fail, "{record:#?}");
        assert!(format!("{:?}", record.checks).contains(code), "{:?}", record.checks);
    }
    keep_log(&here, &archive);

    let record = drilled(&here, before);
    assert_eq!(record.verdict, Verdict::Pass, "{record:#?}");
    let phases: Vec<_> = record.phases.iter().map(|phase| phase.name).collect();
    assert!(phases.contains(&PhaseName::Replay), "{phases:?}");
    assert_eq!(record.to, Some(before));
    let [reached] = &record.reached[..] else { panic!("{:?}", record.reached) };
    let until = reached.until.unwrap();
    assert!(since < until && until <= before, "{since} to {before}: {reached:?}");
    // What would be lost is told by the newest transaction of all that is kept.
    let newest = reached.newest.unwrap();
    assert!(newest > before && newest < record.decided, "{reached:?}");
    let lost = record.measured_rpo_ms.unwrap();
    let expected = record.decided.duration_since(newest).as_millis();
    assert_eq!(i128::from(lost), expected);
    for (kind, least) in [(CheckKind::Files, 500), (CheckKind::Replay, 2), (CheckKind::Pages, 300)]
    {
        let check = find(&record, kind);
        let passed = check.outcome == CheckOutcome::Passed && check.compared >= least;
        assert!(passed, "{check:?}");
    }
    assert!(!record.checks.iter().any(|check| check.kind == CheckKind::Inventory));

    damaged(&here, before);

    // Where the log does not reach, the server does not open.
    let later = here.site.world.clock.now() + std::time::Duration::from_hours(1);
    let record = drilled(&here, later);
    assert_eq!(record.verdict, Verdict::Fail, "{record:#?}");
    let told = format!("{:?}", find(&record, CheckKind::Load));
    assert!(told.contains("recovery ended before configured recovery target"), "{told}");
    let left: Vec<_> = fs::read_dir(here.path("scratch")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(production.sql("SELECT to_regclass('sau') IS NOT NULL"), "t");
}

/// Without its word, a day on which nobody wrote would be a day that is lost (decision 0038).
#[test]
fn of_an_idle_server_its_own_word_counts_where_the_log_that_was_read_reaches_it() {
    let archive = folder("archive");
    let lines = format!(
        "archive_mode = on\narchive_command = 'cp %p {0}/.%f && mv {0}/.%f {0}/%f'",
        archive.display()
    );
    let production = Production::start(&lines);
    let here = Installation::with(&configuration(&format!(
        "\n    databases:\n      - {{ name: cum, postgres: {{ dsn: \"{}\", physical: true, \
         wal: {{}} }} }}\n",
        production.settings("postgres").dsn
    )));
    take(&here);
    production.sql("CREATE TABLE bai AS SELECT n FROM generate_series(1, 1000) n");
    let to = production.sql("SELECT clock_timestamp()").parse::<Timestamp>().unwrap();
    production.sql("INSERT INTO bai VALUES (1001)");
    archived(&production, &archive);
    keep_log(&here, &archive);
    let (looked, _) = look(&here.site, &Looker::default(), "mau", "cum").unwrap();
    let until = looked.known().unwrap().repositories["local"].until.expect("all is held by now");

    let lost = |record: &DrillRecord, since: Timestamp| {
        assert_eq!(record.verdict, Verdict::Pass, "{record:#?}");
        let expected = record.decided.duration_since(since).as_millis();
        assert_eq!(record.measured_rpo_ms.map(i128::from), Some(expected), "{record:#?}");
    };
    let record = drilled(&here, to);
    let [reached] = &record.reached[..] else { panic!("{:?}", record.reached) };
    let newest = reached.newest.unwrap();
    assert!(reached.held == Some(until) && newest < until, "{reached:?}");
    lost(&record, until);

    // A word about more than was read is none: the newest transaction counts again.
    let file = here.path("state/wal/mau/cum.json");
    let mut said: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let place = &mut said["repositories"]["local"]["held"]["to"];
    *place = (place.as_u64().expect("a number of bytes") + (1 << 30)).into();
    fs::write(&file, said.to_string()).unwrap();
    let record = drilled(&here, to);
    let [reached] = &record.reached[..] else { panic!("{:?}", record.reached) };
    assert_eq!((reached.held, reached.newest), (None, Some(newest)));
    lost(&record, newest);
}

/// Damage to what the set is made of is named at an instant too.
fn damaged(here: &Installation, to: Timestamp) {
    for kind in [Sabotage::PackBit, Sabotage::MissingPack] {
        let (portal, sabotage) = ("mau".to_owned(), Some(kind));
        let request = Request { portal, to: Some(to), sabotage, ..Request::default() };
        let record = drill::run(&here.site, &request).unwrap().record;
        assert_ne!(record.verdict, Verdict::Pass, "{kind:?}");
        assert!(drill::caught(&record).is_some(), "{kind:?}: {:#?}", record.checks);
    }
}
