//! Whole failovers, measured: nothing that was promised is lost, and never are there two primaries.

use jiff::Timestamp;

use crate::failover::drive::Driven;
use crate::failover::farm::Mode;
use crate::failover::node::checked;

#[test]
fn with_synchronous_replication_no_acknowledged_row_is_lost() {
    let driven = Driven::start(Mode::Synchronous);
    let done = driven.fail_over(&[]);
    done.expect(0, "finished");
    driven.check_serves_from_b();
    done.tell("synchronous failover");
    eprintln!("  the user waited {:.2} s for the next row", driven.longest_silence());
    driven.check_never_two_primaries();
    let lost = driven.lost();
    assert!(lost.is_empty(), "{} of {}: {lost:?}", lost.len(), driven.farm.acknowledged().len());
    assert_eq!(done.step("promote")["output"]["timeline"], "2");
    assert_eq!(done.step("promote")["output"]["fence"], "fence");
    let kept = std::fs::read_to_string(driven.farm.path("conf.d/.cong.conf.duphong-1")).unwrap();
    assert!(kept.contains("10.77.0.1:8080"), "what the file held is kept beside it");
}

#[test]
fn with_asynchronous_replication_only_what_was_never_received_is_lost_and_that_is_told() {
    let driven = Driven::start(Mode::Asynchronous);
    // The wire between the two breaks first: A goes on alone, as asynchronous replication allows.
    let cut = ["-n", &driven.farm.namespace("a"), "route", "add", "blackhole", "10.77.0.2/32"];
    checked(std::process::Command::new("ip").args(cut));
    let before = driven.farm.acknowledged().len();
    driven.farm.wait_until("A went on alone", |farm| farm.acknowledged().len() > before + 50);
    let done = driven.fail_over(&[]);
    done.expect(0, "finished");
    driven.check_serves_from_b();
    done.tell("asynchronous failover");
    driven.check_never_two_primaries();
    let lost = driven.lost();
    let until: Timestamp = done.step("caught-up")["output"]["postgres.caught-up.last-commit"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    eprintln!(
        "  {} of {} acknowledged rows are lost; the standby had those until {until}",
        lost.len(),
        driven.farm.acknowledged().len()
    );
    assert!(lost.len() >= 50, "what A wrote alone is lost");
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this century fit")]
    let until = until.as_microsecond() as f64 / 1e6;
    assert!(lost.iter().all(|row| row.wall > until), "all of it is younger than what was told");
    // Nothing in between is missing: what was lost is the end of A's rows.
    let first = lost.iter().map(|row| row.number).min().unwrap();
    let newest = lost.iter().map(|row| row.number).max().unwrap();
    let kept = driven.farm.acknowledged().len() - lost.len();
    let between = driven
        .farm
        .b
        .sql(&format!("SELECT count(*) FROM dong WHERE n BETWEEN {first} AND {newest}"));
    assert_eq!((between.as_str(), kept > 0), ("0", true));
}

#[test]
fn commits_that_would_wait_for_a_lost_standby_stop_the_run_until_a_person_has_seen_to_it() {
    let driven = Driven::start(Mode::Synchronous);
    // As `pg_basebackup` copies it from a primary that has it in its file.
    driven.farm.b.sql("ALTER SYSTEM SET synchronous_standby_names = 'b'");
    driven.farm.b.sql("SELECT pg_reload_conf()");
    let done = driven.fail_over(&[]);
    done.expect(30, "blocked");
    assert_eq!(done.failure("promote"), "action.not-writable");
    let words = done.step("promote")["failure"]["error"].as_str().unwrap().to_owned();
    assert!(words.contains("wait for standbys: `b`"), "{words}");
    driven.farm.b.sql("ALTER SYSTEM RESET synchronous_standby_names");
    driven.farm.b.sql("SELECT pg_reload_conf()");
    let number = done.run["run"].to_string();
    let done = driven.playbook(&["resume", &number, "--retry", "--reason", "đã bỏ chờ"]);
    done.expect(0, "finished");
    assert!(done.step("promote")["output"]["found"].is_string(), "{done:?}");
    driven.check_serves_from_b();
    driven.check_never_two_primaries();
    assert!(driven.lost().is_empty());
}
