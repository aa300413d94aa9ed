//! What goes wrong around a run: commands that flood, hang or fail, a log that cannot be written,
//! playbooks that cannot be used.

use std::process::Command;

use serde_json::json;

use crate::cli::playbook::host::{Host, STEPS};

/// Replaces the command of the step `work`.
fn work(command: &str) -> String {
    STEPS.replace("[@effect, work]", command)
}

#[test]
fn a_command_that_floods_its_output_is_done_and_its_output_is_cut() {
    let host = Host::new("en");
    host.playbook("lut", &work("[/bin/sh, -c, 'head -c 50000000 /dev/zero | tr \"\\0\" x']"));
    host.begin("lut");
    host.done("playbook approve 1 --key binh");
    let ended = host.done("playbook resume 1");
    assert_eq!(ended["standing"], "finished");
    assert!(ended.to_string().len() < 40_000, "{}", ended.to_string().len());
    assert_eq!(host.run("audit verify").code, 0);
}

#[test]
fn a_command_that_never_ends_is_ended_and_the_run_taken_back() {
    let host = Host::new("vi");
    let steps = work("[/bin/sleep, '1000']").replace("timeout: 20s", "timeout: 5s");
    host.playbook("treo", &steps);
    host.begin("treo");
    host.done("playbook approve 1 --key binh");
    let ended = host.json("playbook resume 1");
    assert_eq!((&ended["exit"], &ended["result"]["standing"]), (&json!(1), &json!("unwound")));
    assert_eq!(ended["result"]["steps"][2]["failure"]["code"], "action.timed-out");
    assert_eq!(host.effects(), ["do close", "undo close"]);
}

#[test]
fn production_that_changed_since_the_plan_ends_the_run_at_its_gate() {
    let host = Host::new("en");
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
    host.done("playbook approve 1 --key binh");
    // The program that was approved is not the program that is there now.
    let effect = std::fs::read_to_string(host.path("effect")).unwrap();
    host.write("effect", &format!("{effect}# đổi\n"));
    let ended = host.json("playbook resume 1");
    assert_eq!((&ended["exit"], &ended["result"]["standing"]), (&json!(1), &json!("unwound")));
    assert_eq!(ended["result"]["steps"][0]["failure"]["code"], "playbook.production-changed");
    assert_eq!(host.effects(), [""; 0]);
}

/// A small file system under the log, full to the brim.
struct Full(std::path::PathBuf);

impl Full {
    fn under(state: &std::path::Path) -> Self {
        let aside = state.with_extension("aside");
        std::fs::rename(state, &aside).unwrap();
        std::fs::create_dir(state).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs"]).arg(state);
        assert!(mount.status().unwrap().success(), "this test mounts a tmpfs and needs root");
        let mut copy = Command::new("cp");
        assert!(copy.arg("-a").arg(aside.join(".")).arg(state).status().unwrap().success());
        let full = Self(state.to_owned());
        full.fill();
        full
    }

    fn fill(&self) {
        let mut dd = Command::new("dd");
        dd.arg("if=/dev/zero").arg(format!("of={}", self.0.join("day").display())).arg("bs=1k");
        let filled = dd.output().unwrap();
        assert!(!filled.status.success(), "it ends when there is no room");
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("day")).unwrap();
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn without_a_log_nothing_is_begun_and_nothing_goes_on() {
    let host = Host::new("en");
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
    host.done("playbook approve 1 --key binh");
    let full = Full::under(&host.path("state"));
    for line in ["playbook resume 1", "playbook run tat-mo --portal mau"] {
        let refused = host.json(line);
        assert_ne!(refused["exit"], 0, "{line}");
        assert!(refused["error"]["code"].is_string(), "{line}: {refused}");
    }
    let aborted = host.said(&["playbook", "abort", "1", "--reason", "x"]);
    assert_ne!(aborted.code, 0);
    assert_eq!(host.effects(), [""; 0], "no log, no effect");
    full.empty();
    assert_eq!(host.done("playbook resume 1")["standing"], "finished");
    assert_eq!(host.effects(), ["do close", "do work", "do open"]);
    assert_eq!(host.run("audit verify").code, 0);
}

#[test]
fn a_playbook_that_cannot_be_used_is_told_with_every_problem() {
    let host = Host::new("en");
    let wrong = STEPS.replace("action: gate", "action: gat").replace("idempotent: true", "idem: x");
    host.playbook("sai", &wrong);
    for line in ["playbook check sai", "playbook check playbooks/sai.yaml"] {
        let checked = host.json(line);
        assert_eq!((&checked["exit"], &checked["error"]), (&json!(78), &json!(null)), "{checked}");
        let problems = checked["result"]["problems"].as_array().unwrap();
        assert!(problems.len() >= 2, "{problems:?}");
        assert!(problems.iter().all(|one| one["line"].is_u64() && one["message"].is_string()));
    }
    let told = host.run("playbook check sai");
    assert!(told.out.contains("sai.yaml:") && told.out.contains('^'), "{}", told.out);
    let run = host.json("playbook run sai --portal mau");
    assert_eq!(run["exit"], 78, "{run}");
    let listed = host.json("playbook list");
    assert_eq!(listed["exit"], 3);
    assert_eq!(listed["result"]["playbooks"].as_array().unwrap().len(), 3);
    for (line, exit) in [
        ("playbook check khong-co", 2),
        ("playbook check ./khong-co.yaml", 1),
        ("playbook plan khong-co --portal mau", 2),
        ("playbook plan sai --portal khong-co", 2),
        ("playbook show 7", 2),
        ("playbook resume 7", 2),
        ("playbook plan restore-in-place --portal mau --input x", 2),
    ] {
        let answer = host.json(line);
        assert_eq!(answer["exit"], exit, "{line}: {answer}");
    }
    assert_eq!(host.done("playbook check failover-postgres")["problems"], json!([]));
}
