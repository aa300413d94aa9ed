//! Everything that must not lead to a second primary.

use std::fs;

use duphong::world::process::mark::VARIABLE;

use crate::failover::drive::Driven;
use crate::failover::farm::Mode;

#[test]
fn a_fence_that_only_says_so_is_never_followed_by_a_promotion() {
    let driven = Driven::start(Mode::Synchronous);
    let idle = driven.farm.path("idle").display().to_string();
    let done = driven.fail_over(&[("fence", &idle)]);
    done.expect(1, "unwound");
    assert_eq!(done.step("promote")["attempts"], 0);
    assert_eq!(done.failure("fence"), "playbook.fence-open");
    driven.check_serves_from_a();
}

#[test]
fn a_fence_that_cannot_be_proven_is_never_followed_by_a_promotion() {
    let driven = Driven::start(Mode::Asynchronous);
    let cut = driven.farm.path("cut").display().to_string();
    let mend = driven.farm.path("mend").display().to_string();
    let done = driven.fail_over(&[("fence", &cut), ("unfence", &mend)]);
    done.expect(1, "unwound");
    assert_eq!(done.step("promote")["attempts"], 0);
    assert_eq!(done.failure("fence"), "playbook.fence-unproven");
    driven.check_serves_from_a();
}

#[test]
fn a_command_that_floods_or_never_ends_is_ended_and_taken_back() {
    let driven = Driven::start(Mode::Synchronous);
    let flood = driven.farm.path("flood").display().to_string();
    let done = driven.fail_over(&[("fence", &flood)]);
    done.expect(1, "unwound");
    assert_eq!(done.step("promote")["attempts"], 0);
    assert_eq!(done.failure("fence"), "action.timed-out");
    let marked = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        let bytes = fs::read(entry.path().join("environ")).unwrap_or_default();
        let home = driven.farm.path("").display().to_string();
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).contains(VARIABLE)
            && String::from_utf8_lossy(&line).contains(&home)
    });
    assert_eq!(marked.count(), 0, "nothing of it runs");
    driven.check_serves_from_a();
}

#[test]
fn a_standby_that_lags_is_seen_before_anything_is_touched() {
    let driven = Driven::start(Mode::Asynchronous);
    let b = &driven.farm.b;
    b.sql("SELECT pg_wal_replay_pause()");
    b.wait_for("SELECT pg_get_wal_replay_pause_state()", "paused");
    let done = driven.fail_over(&[]);
    done.expect(1, "unwound");
    assert_eq!(
        (done.step("fence")["attempts"].as_u64(), done.failure("standby")),
        (Some(0), "playbook.not-seen")
    );
    b.sql("SELECT pg_wal_replay_resume()");
    b.sql("ALTER SYSTEM SET recovery_min_apply_delay = '10min'");
    b.sql("SELECT pg_reload_conf()");
    // It lags only when a commit is held back, and long enough: what came before was replayed.
    b.wait_for(
        "SELECT now() - pg_last_xact_replay_timestamp() > interval '2s' FROM pg_stat_activity
         WHERE backend_type = 'startup' AND wait_event = 'RecoveryApplyDelay'",
        "t",
    );
    let done = driven.fail_over(&[("lag-max", "1s")]);
    done.expect(1, "unwound");
    assert_eq!(
        (done.step("fence")["attempts"].as_u64(), done.failure("standby")),
        (Some(0), "playbook.not-seen")
    );
    driven.check_serves_from_a();
}

#[test]
fn nginx_that_refuses_keeps_its_file_and_the_run_waits_for_a_person() {
    let driven = Driven::start(Mode::Synchronous);
    let number = driven.begin(&[]);
    let before = fs::read(driven.farm.upstream()).unwrap();
    let broken = driven.farm.path("conf.d/hong.conf");
    fs::write(&broken, "khong_co_lenh_nay;\n").unwrap();
    let done = driven.playbook(&["resume", &number]);
    done.expect(30, "blocked");
    assert_eq!(done.failure("switch"), "action.nginx-refused");
    let words = done.step("switch")["failure"]["error"].as_str().unwrap().to_owned();
    assert!(words.contains("unknown directive"), "nginx's own words: {words}");
    assert_eq!(fs::read(driven.farm.upstream()).unwrap(), before, "the file is as it was");
    fs::remove_file(&broken).unwrap();
    let done = driven.playbook(&["resume", &number, "--retry", "--reason", "đã sửa"]);
    done.expect(0, "finished");
    driven.check_serves_from_b();
    driven.check_never_two_primaries();
    assert!(driven.lost().is_empty());
}
