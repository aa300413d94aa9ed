//! Sets that follow changes: a file is touched, and a set comes by itself.

use std::fs;

use duphong::audit::{Ending, Entry, Kind};

use crate::daemon::kit::{Daemon, SELDOM, Schedules, Town, configuration};

/// A town whose media are watched. The shortest quiet period: its length is tried without a clock.
fn watched(schedules: Schedules<'_>, quiet: &str) -> Town {
    let town = Town::new(schedules);
    let text = configuration(town.port, schedules)
        .replace("path: media }", "path: media, exclude: [cache], watch: true }")
        .replace("to: [local],", &format!("to: [local], on-change: {{ {quiet} }},"));
    town.configure(&text);
    town
}

const SHORT: &str = "quiet: 1s, longest: 5s";

fn sets(town: &Town) -> Vec<Entry> {
    let outcomes = town.of("snapshot.create").into_iter();
    outcomes.filter(|entry| entry.result == Some(Ending::Done)).collect()
}

fn pending(town: &Town) -> serde_json::Value {
    town.json("status")["result"]["watched"][0].clone()
}

/// The first set, which a start brings about: nobody knows what happened before.
#[track_caller]
fn begun(town: &Town) -> Daemon {
    let mut daemon = town.start();
    daemon.wait_for("a set after the start", |_| {
        sets(town).len() == 1 && pending(town)["full-walk"].is_null()
    });
    daemon
}

#[test]
fn a_touched_file_is_in_a_set_after_the_quiet_period_and_only_then() {
    let town = watched(Schedules::default(), SHORT);
    let mut daemon = begun(&town);
    let first = town.of("snapshot.create").remove(0);
    assert_eq!((first.kind, first.facts["job"].as_str()), (Kind::Intent, Some("snapshot/mau")));
    assert!(first.facts["changed-since"].is_string() && !first.facts.contains_key("due"));
    // What sets leave out asks for none.
    fs::create_dir(town.path("media/cache")).unwrap();
    fs::write(town.path("media/cache/page"), "x").unwrap();
    fs::write(town.path("media/công văn.txt"), "mới").unwrap();
    daemon.wait_for("a set after the change", |_| sets(&town).len() == 2);
    daemon.wait_for("an empty journal", |_| pending(&town)["since"].is_null());
    let listed = town.json("snapshot ls latest media/tep");
    assert!(listed.to_string().contains("công văn.txt"), "{listed}");
    assert!(!listed.to_string().contains("page"), "{listed}");
    // A set that a person takes holds the change too: none follows.
    assert_eq!(town.run("ctl pause --reason maintenance").code, 0);
    fs::write(town.path("media/1.txt"), "khác").unwrap();
    daemon.wait_for("the change in the journal", |_| pending(&town)["paths"] == 1);
    assert_eq!(town.run("snapshot create --portal mau").code, 0);
    daemon.wait_for("an empty journal", |_| pending(&town)["paths"] == 0);
    assert_eq!(town.run("ctl resume").code, 0);
    fs::write(town.path("media/2.txt"), "khác").unwrap();
    daemon.wait_for("one set more", |_| sets(&town).len() >= 4);
    assert_eq!(sets(&town).len(), 4);
}

#[test]
fn a_pause_holds_it_and_next_and_status_show_what_waits() {
    let town = watched(SELDOM, "quiet: 10m, longest: 2h");
    let mut daemon = town.start();
    daemon.wait_for("the journal", |_| pending(&town)["full-walk"] == "started");
    let next = town.json("next");
    let first = next["result"]["starts"][0].clone();
    assert_eq!(first["job"], "snapshot/mau", "{next}");
    assert_eq!(first["after-change"], true, "{next}");
    let text = town.run("next");
    assert!(text.out.contains("snapshot/mau (after a change)"), "{}", text.out);
    let text = town.run("status");
    assert!(text.out.contains("watching began then"), "{}", text.out);
    fs::write(town.path("media/new"), "x").unwrap();
    daemon.wait_for("the change", |_| pending(&town)["paths"] == 1);
    // Killed with a change that waits: the next daemon knows it, and a set brings it home.
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
    assert_eq!(pending(&town)["paths"], 1);
    let mut daemon = town.start();
    assert_eq!(town.run("ctl run snapshot/mau").code, 0);
    daemon.wait_for("a set", |_| sets(&town).len() == 1);
    daemon.wait_for("an empty journal", |_| pending(&town)["since"].is_null());
}

#[test]
fn a_tree_that_goes_is_told_and_a_set_that_fails_is_not_repeated_at_once() {
    let town = watched(Schedules::default(), SHORT);
    let mut daemon = begun(&town);
    fs::rename(town.path("media"), town.path("aside")).unwrap();
    daemon.wait_for("a set that fails", |_| {
        let last = town.of("snapshot.create").pop().unwrap();
        last.code.as_deref() == Some("source.missing")
    });
    daemon.wait_for("the next try", |_| {
        let starts = town.json("next")["result"]["starts"].clone();
        let at = starts[0]["at"].as_str().map(|at| at.parse::<jiff::Timestamp>().unwrap());
        at.is_some_and(|at| at.duration_since(jiff::Timestamp::now()).as_secs() > 300)
    });
    let status = town.json("status");
    let remarks = status["result"]["remarks"].as_array().unwrap();
    assert!(remarks.iter().any(|remark| remark["id"] == "view-watch-blind"), "{status}");
    // The setting goes, and with it the watch.
    town.configure(&configuration(town.port, Schedules::default()));
    assert_eq!(town.run("ctl reload").code, 0);
    assert_eq!(town.json("status")["result"]["watched"], serde_json::json!([]));
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0), "{}", daemon.told());
}
