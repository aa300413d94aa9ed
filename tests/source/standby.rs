//! Dumps of a standby: as good as the primary's, never older than is said, and refused by name.

use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::manifest::DatabaseFacts;
use duphong::base::progress::{Progress, Silent};
use duphong::source::Identity;
use duphong::source::error::SourceError;
use duphong::source::postgres::standby::{Pair, dump_asking};
use duphong::source::postgres::{self, Settings};

use super::postgres::{assert_same, inventory, try_dump};
use super::production::Production;
use super::scratch::{stranger_with, world};

fn pair(primary: &Settings, standby: &Settings) -> Pair {
    let (primary, standby) = (primary.clone(), standby.clone());
    Pair { primary, standby, lag: Duration::from_mins(1), or_primary: false }
}

fn of(primary: &Production, standby: &Production) -> Pair {
    pair(&primary.settings("postgres"), &standby.settings("postgres"))
}

fn dumped(pair: &Pair, progress: &dyn Progress) -> Result<DatabaseFacts, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    dump_asking(pair, "cong", folder.path(), &mut [], &world(), &Cancel::default(), progress)
}

#[track_caller]
fn refused(pair: &Pair, code: &str) -> SourceError {
    let fault = dumped(pair, &Silent).unwrap_err();
    assert_eq!(fault.code(), code, "{fault:?}");
    fault
}

/// Does something once, when a phase of the dump begins.
struct Then<F>(&'static str, std::sync::Mutex<Option<F>>);

impl<F: FnOnce() + Send> Then<F> {
    fn new(phase: &'static str, deed: F) -> Self {
        Self(phase, std::sync::Mutex::new(Some(deed)))
    }
}

impl<F: FnOnce() + Send> Progress for Then<F> {
    fn phase(&self, name: &'static str) {
        if name == self.0
            && let Some(deed) = self.1.lock().unwrap().take()
        {
            deed();
        }
    }
    fn total(&self, _items: u64, _bytes: u64) {}
    fn advance(&self, _items: u64, _bytes: u64) {}
}

#[test]
fn a_standby_is_dumped_when_it_has_come_to_where_its_primary_was() {
    let primary = Production::start("");
    let standby = primary.standby("");
    let both = of(&primary, &standby);
    primary.sql(
        "CREATE TABLE tin (n int, chu text); \
         INSERT INTO tin (chu) SELECT md5(n::text) FROM generate_series(1, 5000) n; \
         SELECT lo_from_bytea(0, 'tệp')",
    );
    // At the very end of a file of the log, and within one.
    for switch in ["SELECT pg_switch_wal()", "INSERT INTO tin (chu) VALUES ('cuối')"] {
        primary.sql(switch);
        let before = world().clock.now();
        let facts = dumped(&both, &Silent).unwrap();
        let told = facts.standby.as_ref().unwrap();
        assert!(told.lag_ms.is_some() && told.instead.is_none(), "{told:?}");
        assert!(told.asked >= before && facts.instant == told.asked, "{told:?}");
        let at = format!(
            "SELECT '{}'::pg_lsn >= '{}'",
            facts.log_position.clone().unwrap(),
            told.primary_position
        );
        assert_eq!(primary.sql(&at), "t");
        assert_same(&facts.inventory, &inventory(&both.primary, &facts.inventory));
        assert_eq!(facts.inventory.blind, Vec::<String>::new());
        for server in [&both.primary, &both.standby] {
            let identity = postgres::identity(server, &facts, &world()).unwrap();
            assert_eq!(identity, Identity::Production);
        }
    }

    // What is in no log is named, and never a table without rows.
    primary.sql(
        "CREATE UNLOGGED TABLE phien (n serial, chu text); \
         INSERT INTO phien (chu) SELECT 'x' FROM generate_series(1, 7)",
    );
    let facts = dumped(&both, &Silent).unwrap();
    assert!(!facts.inventory.tables.contains_key("public.phien"), "{:?}", facts.inventory.tables);
    assert!(facts.inventory.unsteady.contains("public.phien"));
    let holes: Vec<_> = postgres::standby::holes(&facts).collect();
    assert_eq!(holes.len(), 2, "{holes:?}");
    assert!(holes[0].contains("table `public.phien`"), "{holes:?}");
    assert!(holes[1].contains("sequence `public.phien_n_seq`"), "{holes:?}");
    assert_eq!(
        try_dump(&both.primary, &Silent).unwrap().facts.inventory.tables["public.phien"].rows,
        7
    );
}

#[test]
fn a_table_that_is_truncated_as_the_dump_of_a_standby_begins_fails_it() {
    let primary = Production::start("");
    let standby = primary.standby("");
    primary.sql("CREATE TABLE tin AS SELECT generate_series(1, 100) AS n");
    let both = of(&primary, &standby);
    // A truncation that is replayed between the snapshot and the lock, on a standby too.
    let oid = primary.sql("SELECT 'tin'::regclass::oid");
    let held = format!("SELECT count(*) FROM pg_locks WHERE relation = {oid} AND granted");
    let waits = format!("SELECT count(*) FROM pg_locks WHERE relation = {oid} AND NOT granted");
    let (begun, begins) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let (waits, begun) = (&waits, &begun);
        let (primary, standby) = (&primary, &standby);
        scope.spawn(move || {
            let world = world();
            let config: tokio_postgres::Config = primary.settings("postgres").dsn.parse().unwrap();
            world.block_on(async {
                let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                client.batch_execute("BEGIN; TRUNCATE tin; SELECT txid_current()").await.unwrap();
                begun.send(()).unwrap();
                tokio::task::block_in_place(|| standby.wait_for(waits, "1"));
                client.batch_execute("COMMIT").await.unwrap();
            });
        });
        begins.recv().unwrap();
        standby.wait_for(&held, "1");
        let fault = refused(&both, "source.altered");
        assert!(fault.to_string().contains("public.tin"), "{fault}");
    });
}

#[test]
fn a_standby_of_unknown_age_is_not_dumped() {
    let primary = Production::start("");
    let standby = primary.standby("");
    primary.sql("CREATE TABLE tin AS SELECT generate_series(1, 10) AS n");
    let both = of(&primary, &standby);
    let (one, two) = (&both.primary, &both.standby);
    // Nobody says how far the primary is, whatever the configuration would rather have.
    let nowhere = Settings { dsn: one.dsn.replace("host='", "host='/nowhere"), ..one.clone() };
    let fault =
        refused(&Pair { or_primary: true, ..pair(&nowhere, two) }, "source.standby-unchecked");
    assert_eq!(fault.beneath().unwrap().code(), "source.unreachable");
    refused(&pair(two, two), "source.standby-no-primary");
    refused(&Pair { or_primary: true, ..pair(one, one) }, "source.standby-promoted");
    let (_cluster, stranger) = stranger_with("postgres2");
    let elsewhere = stranger.on_database("postgres");
    refused(&Pair { or_primary: true, ..pair(&elsewhere, two) }, "source.standby-other");
    refused(&pair(one, &two.on_database("template1")), "source.standby-other");
    let alone = try_dump(two, &Silent).err().unwrap();
    assert_eq!(
        (alone.code(), alone.exit()),
        ("source.standby-no-primary", ExitCode::Configuration)
    );

    // It does not replay: the primary is read if that is wanted, and it is said.
    standby.sql("SELECT pg_wal_replay_pause()");
    standby.wait_for("SELECT pg_get_wal_replay_pause_state()", "paused");
    primary.sql("INSERT INTO tin SELECT generate_series(11, 20)");
    let late = Pair { lag: Duration::from_millis(300), ..both.clone() };
    refused(&late, "source.standby-behind");
    let facts = dumped(&Pair { or_primary: true, ..late }, &Silent).unwrap();
    assert_eq!(facts.inventory.tables["public.tin"].rows, 20);
    let told = facts.standby.unwrap();
    assert!(told.lag_ms.is_none() && facts.instant > told.asked, "{told:?}");
    assert!(told.instead.unwrap().starts_with("source.standby-behind: "));
    // It is not there.
    let gone = Settings { dsn: two.dsn.replace("host='", "host='/nowhere"), ..two.clone() };
    refused(&pair(one, &gone), "source.unreachable");
    let facts = dumped(&Pair { or_primary: true, ..pair(one, &gone) }, &Silent).unwrap();
    assert!(facts.standby.unwrap().instead.unwrap().starts_with("source.unreachable: "));
}

#[test]
fn a_standby_that_ends_the_reading_or_is_promoted_gives_no_dump() {
    let primary = Production::start("");
    let standby = primary.standby("max_standby_streaming_delay = 0\n");
    primary.sql("CREATE TABLE tin AS SELECT generate_series(1, 1000) AS n");
    let both = of(&primary, &standby);
    let conflicts = "SELECT confl_lock > 0 FROM pg_stat_database_conflicts \
        WHERE datname = 'postgres'";
    let truncated = || {
        primary.sql("TRUNCATE tin");
        standby.wait_for(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'duphong'",
            "0",
        );
        standby.wait_for(conflicts, "t");
    };
    // The tables are held: what is replayed may end the dump, and never empties it.
    let fault = dumped(&both, &Then::new("phase-dump", truncated)).unwrap_err();
    assert_eq!(
        (fault.code(), fault.exit()),
        ("source.standby-conflict", ExitCode::Failed),
        "{fault:?}"
    );
    primary.sql("INSERT INTO tin SELECT generate_series(1, 3)");
    let wanted = Pair { or_primary: true, ..both.clone() };
    let facts = dumped(&wanted, &Then::new("phase-dump", truncated)).unwrap();
    assert_eq!(facts.inventory.tables["public.tin"].rows, 0, "of the primary, after it");
    let instead = facts.standby.unwrap().instead.unwrap();
    assert!(instead.starts_with("source.standby-conflict: "), "{instead}");

    // In the middle of a dump, which may be of either history.
    let promoted = || {
        standby.sql("SELECT pg_promote()");
    };
    let fault = dumped(&wanted, &Then::new("phase-inventory", promoted)).unwrap_err();
    assert_eq!(fault.code(), "source.standby-promoted", "{fault:?}");
}
