//! From the start to the end, in order or not.

use std::os::unix::fs::FileTypeExt as _;
use std::process::Command;

use duphong::audit::{Ending, Kind};
use serde_json::json;

use crate::daemon::kit::{SELDOM, Schedules, Town};

#[test]
fn it_starts_answers_and_stops_in_order() {
    let town = Town::new(SELDOM);
    let mut daemon = town.start();
    assert_eq!(daemon.get("/healthz"), Some((200, "ok\n".to_owned())));
    let status = town.json("status")["result"].clone();
    assert!(status["daemon"]["started"].is_string(), "{status}");
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0), "{}", daemon.told());
    assert!(!town.path("state/control.sock").exists());
    let start = &town.of("daemon.start")[0];
    assert_eq!(start.facts["schedules"]["snapshot/mau"], "0 0 1 1 *");
    let stop = &town.of("daemon.stop")[0];
    assert_eq!(stop.facts["left"], json!([]));
    for line in daemon.told().lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("one object a line");
        assert!(line["message"].is_string() && line["level"].is_string(), "{line}");
    }
}

#[test]
fn schedules_that_nobody_follows_make_the_status_amber() {
    let town = Town::new(SELDOM);
    let remarks = |town: &Town| {
        let status = town.json("status");
        let remarks = status["result"]["remarks"].as_array().unwrap().clone();
        remarks.into_iter().any(|remark| remark["id"] == "view-no-daemon")
    };
    assert!(remarks(&town));
    let daemon = town.start();
    assert!(!remarks(&town));
    drop(daemon);
    assert!(remarks(&town), "a socket that a killed daemon left is nobody");
}

#[test]
fn a_second_daemon_on_one_state_folder_is_refused_by_name() {
    let town = Town::new(SELDOM);
    let first = town.start();
    let second = town.run("daemon");
    assert_eq!(second.code, 11, "{}", second.err);
    assert!(second.err.contains(&format!("process {}", first.child.id())), "{}", second.err);
    assert_eq!(first.get("/healthz").unwrap().0, 200, "the first one goes on");
    assert_eq!(town.of("daemon.start").len(), 1);
}

#[test]
fn killed_in_the_middle_of_a_set_the_next_one_says_so_and_goes_on() {
    let town = Town::new(SELDOM);
    let mut daemon = town.start();
    assert_eq!(town.run("ctl run snapshot/mau").code, 0);
    daemon.wait_for("the intent", |_| town.of("snapshot.create").len() == 1);
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
    assert!(town.path("state/control.sock").metadata().unwrap().file_type().is_socket());
    let mut daemon = town.start();
    let outcome = town.of("snapshot.create").pop().unwrap();
    assert_eq!((outcome.kind, outcome.result), (Kind::Outcome, Some(Ending::Abandoned)));
    assert!(daemon.told().contains("audit-recovered-abandoned"), "{}", daemon.told());
    assert_eq!(town.run("ctl run snapshot/mau").code, 0);
    daemon.wait_for("a set", |_| {
        town.of("snapshot.create").pop().unwrap().result == Some(Ending::Done)
    });
}

#[test]
fn commands_work_beside_the_daemon_under_the_same_locks() {
    let town = Town::new(SELDOM);
    let mut daemon = town.start();
    let never = daemon.metric("duphong_set_age_seconds{portal=\"mau\",repository=\"local\"}");
    assert_eq!(never, Some(f64::INFINITY));
    let taken = town.run("snapshot create --portal mau");
    assert_eq!(taken.code, 0, "{}", taken.err);
    daemon.wait_for("the age", |daemon| {
        daemon
            .metric("duphong_set_age_seconds{portal=\"mau\",repository=\"local\"}")
            .is_some_and(f64::is_finite)
    });
    // What runs for a person holds the lock: the daemon's own run says that it had to give way.
    assert_eq!(town.run("ctl run snapshot/mau").code, 0);
    assert_eq!(town.run("ctl run snapshot/mau").code, 11, "it runs already");
    daemon.wait_for("its end", |daemon| daemon.metric("duphong_jobs_running") == Some(0.0));
    assert_eq!(daemon.metric("duphong_job_last_exit{job=\"snapshot/mau\"}"), Some(0.0));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let town = Town::new(SELDOM);
    let taken = std::net::TcpListener::bind(("127.0.0.1", town.port)).unwrap();
    let refused = town.run("daemon");
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains(&taken.local_addr().unwrap().to_string()), "{}", refused.err);
    assert!(town.of("daemon.start").is_empty());
}

#[test]
fn a_state_folder_that_cannot_be_written_is_named() {
    let town = Town::new(SELDOM);
    let state = town.path("state");
    let mount = |options: &[&str]| {
        assert!(Command::new("mount").args(options).arg(&state).status().unwrap().success());
    };
    let bind = state.display().to_string();
    mount(&["--bind", &bind]);
    mount(&["-o", "remount,bind,ro"]);
    let refused = town.run("daemon");
    let _unmounted = Command::new("umount").arg("--lazy").arg(&state).status();
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("state/locks"), "{}", refused.err);
}

#[test]
fn a_host_that_is_not_prepared_is_told_to_be() {
    let town = Town::new(SELDOM);
    std::fs::remove_dir_all(town.path("state")).unwrap();
    let refused = town.run("daemon");
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("duphong init"), "{}", refused.err);
}

#[test]
fn a_machine_in_another_time_zone_starts_everything_at_the_same_instants() {
    let schedules = Schedules { snapshot: "30 2 * * *", verify: "" };
    let starts = |zone: &str| {
        let town = Town::new(schedules).with("TZ", zone);
        let next = town.json("next --count 3")["result"]["starts"].clone();
        next.as_array().unwrap().iter().map(|one| one["at"].clone()).collect::<Vec<_>>()
    };
    let here = starts("Asia/Ho_Chi_Minh");
    assert_eq!(here.len(), 3);
    // Half past two in the morning of Vietnam, and less than half a minute of jitter.
    assert!(here[0].as_str().unwrap().contains("T19:30:"), "{here:?}");
    assert_eq!(here, starts("America/New_York"));
}

#[test]
fn a_stop_in_the_middle_of_a_drill_fails_nothing_and_proves_nothing() {
    let town = Town::new(SELDOM);
    assert_eq!(town.run("snapshot create --portal mau").code, 0);
    let mut drill = town.command("drill run --portal mau");
    let mut drill = drill.stdout(std::process::Stdio::null()).spawn().unwrap();
    // As soon as the intent stands, wherever the drill is by then.
    while town.of("drill.run").is_empty() {
        assert!(drill.try_wait().unwrap().is_none(), "it ended before it began");
        std::thread::yield_now();
    }
    let pid = drill.id().to_string();
    assert!(Command::new("/bin/kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    let code = drill.wait().unwrap().code().unwrap();
    let outcome = town.of("drill.run").pop().unwrap();
    let verdict = outcome.facts["record"]["verdict"].as_str().unwrap().to_owned();
    assert_ne!(verdict, "fail", "{outcome:?}");
    assert_eq!((code, verdict.as_str()), (130, "not-proven"), "{outcome:?}");
    assert_eq!(outcome.code.as_deref(), Some("job.interrupted"));
}
