//! Bases of a standby: as whole as the primary's, up to where it was, and brought on by its log.

use duphong::base::exit::ExitCode;
use duphong::drill::fact::Verdict;
use duphong::job::restore;

use super::{DIGEST, archived, keep_log, restored, take, verified};
use crate::job::portal::{Installation, configuration};
use crate::source::production::{Production, folder};

/// An installation that takes bases of a standby of `primary`.
fn of(primary: &Production, standby: &Production, more: &str) -> Installation {
    Installation::with(&configuration(&format!(
        "\n    databases:\n      - {{ name: cum, postgres: {{ dsn: \"{}\", physical: true, \
         wal: {{}}, standby: {{ dsn: \"{}\", lag: 1m{more} }} }} }}\n",
        primary.settings("postgres").dsn,
        standby.settings("postgres").dsn
    )))
}

#[test]
fn a_base_of_a_standby_holds_what_its_primary_had_and_is_brought_on_by_the_log() {
    let archive = folder("archive");
    let lines = format!(
        "archive_mode = on\narchive_command = 'cp %p {0}/.%f && mv {0}/.%f {0}/%f'",
        archive.display()
    );
    let primary = Production::start(&lines);
    // A standby on the same machine cannot have a tablespace at the same place.
    primary.sql(
        "CREATE TABLE tin AS SELECT n, md5(n::text) AS chu FROM generate_series(1, 4000) n; \
         CREATE TABLE kho_tin (n int, chu text)",
    );
    let standby = primary.standby("");
    let here = of(&primary, &standby, "");
    // What a standby has replayed and written nowhere: its base ends behind it all the same.
    primary.sql("CHECKPOINT");
    primary.sql("INSERT INTO kho_tin VALUES (1, 'mới')");
    let digest = primary.sql(DIGEST);
    let before = here.site.world.clock.now();
    let taken = take(&here);
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let (name, told) = &taken.standbys[0];
    assert!(name == "cum" && told.lag_ms.is_some() && told.asked >= before, "{told:?}");
    assert_eq!(here.drill(None).record.verdict, Verdict::Pass);

    let (data, manifest) = restored(&here, "back");
    verified(&data);
    let facts = &manifest.databases["cum"];
    let base = facts.base.as_ref().unwrap();
    assert!(base.from_standby && facts.instant == told.asked, "{base:?}");
    let at = format!("SELECT '{}'::pg_lsn >= '{}'", base.stop_lsn, told.primary_position);
    assert_eq!(primary.sql(&at), "t");
    let copy = Production::on_restored(&data);
    assert_eq!(copy.sql(DIGEST), digest);

    // The file of the log in which the base ends goes on, and comes from the archive.
    primary.sql("INSERT INTO kho_tin VALUES (2, 'sau')");
    let last: jiff::Timestamp = primary.sql("SELECT clock_timestamp()").parse().unwrap();
    let digest = primary.sql(DIGEST);
    primary.sql("DROP TABLE tin");
    archived(&primary, &archive);
    keep_log(&here, &archive);
    let request = restore::Request {
        portal: "mau".into(),
        target: here.path("to"),
        to: Some(last),
        ..restore::Request::default()
    };
    restore::run(&here.site, &request, &|_| {}).unwrap();
    let copy = Production::on_restored(&here.path("to/base/cum/data"));
    copy.open_for_writing();
    assert_eq!(copy.sql(DIGEST), digest);
}

#[test]
fn a_base_is_of_the_primary_where_its_standby_is_gone_and_that_is_said() {
    let primary = Production::start("");
    let mut standby = primary.standby("");
    standby.kill();
    let fault = duphong::job::snapshot::create(&of(&primary, &standby, "").site, "mau");
    assert_eq!(fault.unwrap_err().code(), "source.unreachable");
    let here = of(&primary, &standby, ", otherwise: primary");
    let taken = take(&here);
    assert_eq!(taken.exit(), ExitCode::Warnings, "{taken:?}");
    let (_, told) = &taken.standbys[0];
    assert!(told.instead.as_ref().unwrap().starts_with("source.unreachable: "), "{told:?}");
    let (_, manifest) = restored(&here, "back");
    let facts = &manifest.databases["cum"];
    assert!(!facts.base.as_ref().unwrap().from_standby);
    assert_eq!(facts.standby.as_ref(), Some(told));
}
