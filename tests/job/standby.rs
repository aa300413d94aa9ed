//! Sets of which a database was read from a standby: they pass a drill, and say what they lack.

use duphong::base::exit::ExitCode;
use duphong::drill::fact::Verdict;
use duphong::job::snapshot;

use crate::job::portal::{Installation, configuration};
use crate::source::production::Production;

#[test]
fn a_set_of_a_standby_passes_its_drill_and_a_hole_in_it_is_told_everywhere() {
    let primary = Production::start("");
    let standby = primary.standby("");
    primary.sql("CREATE TABLE tin AS SELECT generate_series(1, 100) AS n");
    let here = Installation::with(&configuration(&format!(
        "\n    databases:\n      - {{ name: cong, postgres: {{ dsn: \"{}\", \
         standby: {{ dsn: \"{}\", lag: 1m }} }} }}\n",
        primary.settings("postgres").dsn,
        standby.settings("postgres").dsn
    )));
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let (name, told) = &taken.standbys[0];
    assert!(name == "cong" && told.lag_ms.is_some(), "{told:?}");
    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);

    primary.sql("CREATE UNLOGGED TABLE phien (n serial); INSERT INTO phien DEFAULT VALUES");
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Warnings, "{taken:?}");
    let told: Vec<_> = taken.skipped.iter().map(|one| one.reason.as_str()).collect();
    assert!(told.iter().any(|one| one.contains("public.phien`")), "{told:?}");
    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::NotProven, "{:#?}", drilled.record);

    let entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let said = entries.filter(|one| one.verb == "snapshot.create").last().unwrap();
    assert_eq!(said.facts["standbys"][0]["database"], "cong");
}
