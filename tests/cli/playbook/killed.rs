//! The program killed by SIGKILL before and after the effect of every step, forwards and back, and
//! resumed: how often each command was executed is counted.

use serde_json::{Value, json};

use crate::cli::playbook::host::{Host, STEPS};

/// A run that is approved and killed at its first mark; returns what resuming says.
#[track_caller]
fn killed(host: &Host, mark: &str) -> Value {
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
    host.done("playbook approve 1 --key binh");
    host.write(mark, "");
    let cut = host.run("playbook resume 1");
    assert_eq!(cut.code, -1, "killed by a signal: {}{}", cut.out, cut.err);
    host.json("playbook resume 1")
}

#[test]
fn a_step_that_is_not_harmless_again_is_asked_about_and_never_done_twice() {
    for (moment, answer, ends) in [
        ("kill-after-do-close", "done", ["do close", "do work", "do open"]),
        ("kill-before-do-close", "not-done", ["do close", "do work", "do open"]),
    ] {
        let host = Host::new("en");
        let asked = killed(&host, moment);
        assert_eq!((&asked["exit"], &asked["result"]["standing"]), (&json!(30), &json!("unknown")));
        assert_eq!(asked["result"]["step"], "close");
        let remark = host.remark("view-playbook-unknown");
        let words = remark["message"].as_str().unwrap();
        let command = "duphong playbook resume 1 --step close --answer done|not-done --reason";
        assert!(remark["colour"] == "red" && words.contains(command), "{words}");
        let executed = host.effects().len();
        assert_eq!(host.json("playbook resume 1")["result"]["standing"], "unknown");
        assert_eq!(host.effects().len(), executed, "asking again does nothing");

        let wrong =
            host.json(&format!("playbook resume 1 --step work --answer {answer} --reason x"));
        assert_eq!(wrong["error"]["code"], "playbook.not-asked");
        let silent = host.json(&format!("playbook resume 1 --step close --answer {answer}"));
        assert_eq!(silent["exit"], 2, "a reason is needed");
        let line = format!("playbook resume 1 --step close --answer {answer} --reason looked");
        assert_eq!(host.done(&line)["standing"], "finished");
        assert_eq!(host.effects(), ends, "{moment}");
        let log = host.json("audit log --verb playbook.fact")["result"]["entries"].clone();
        let found = |entry: &&Value| entry["facts"]["record"]["fact"]["kind"] == "found";
        let said = log.as_array().unwrap().iter().filter(found).count();
        assert_eq!(said, 1, "the answer is on record, once");
        assert_eq!(host.run("audit verify").code, 0);
    }
}

#[test]
fn a_harmless_step_is_done_again_and_one_that_can_be_seen_is_found() {
    for (moment, ends) in [
        ("kill-after-do-work", vec!["do close", "do work", "do work", "do open"]),
        ("kill-before-do-work", vec!["do close", "do work", "do open"]),
        ("kill-after-do-open", vec!["do close", "do work", "do open"]),
    ] {
        let host = Host::new("en");
        let resumed = killed(&host, moment);
        assert_eq!(resumed["result"]["standing"], "finished", "{moment}: {resumed}");
        assert_eq!(host.effects(), ends, "{moment}");
        assert_eq!(host.run("audit verify").code, 0);
    }
}

#[test]
fn a_compensation_is_done_again_until_it_is_known_to_be_done() {
    for moment in ["kill-after-undo-close", "kill-before-undo-close"] {
        let host = Host::new("en");
        host.effect_fails("work");
        let resumed = killed(&host, moment);
        assert_eq!(resumed["result"]["standing"], "unwound", "{moment}: {resumed}");
        assert_eq!(resumed["exit"], 1);
        let effects = host.effects();
        let undone = effects.iter().filter(|one| *one == "undo close").count();
        assert_eq!(undone, 1 + usize::from(moment.contains("after")), "{effects:?}");
        assert_eq!(effects[0], "do close");
    }
}

#[test]
fn killed_at_every_step_in_turn_a_run_still_ends_with_each_done_once() {
    let host = Host::new("vi");
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
    host.done("playbook approve 1 --key binh");
    for mark in ["kill-after-do-close", "kill-after-do-open"] {
        host.write(mark, "");
    }
    assert_eq!(host.run("playbook resume 1").code, -1);
    let answer = "playbook resume 1 --step close --answer done --reason thấy";
    assert_eq!(host.run(answer).code, -1, "killed again, at the last step");
    assert_eq!(host.done("playbook resume 1")["standing"], "finished");
    assert_eq!(host.effects(), ["do close", "do work", "do open"]);
    let shown = host.json("playbook show 1")["result"].clone();
    assert_eq!(shown["steps"][1]["attempts"], 1);
    assert_eq!(host.run("audit verify").code, 0);
}

#[test]
fn what_a_killed_program_left_running_ends_before_anyone_is_asked() {
    let host = Host::new("en");
    host.playbook("tat-mo", &STEPS.replace("effect, close", "slow-effect, close"));
    host.begin("tat-mo");
    host.done("playbook approve 1 --key binh");
    let mut working = host.start("playbook resume 1");
    Host::until("the first step is under way", || host.path("slow").exists());
    working.kill().unwrap();
    working.wait().unwrap();
    assert_eq!(host.remark("view-playbook-unknown")["colour"], "red");
    let asking = host.start("playbook resume 1 --json");
    std::fs::write(host.path("go"), "").unwrap();
    let asked = asking.wait_with_output().unwrap();
    assert_eq!(asked.status.code(), Some(30));
    assert_eq!(host.effects(), ["do close"], "it had ended when the question was put");
    let line = "playbook resume 1 --step close --answer done --reason looked";
    assert_eq!(host.done(line)["standing"], "finished");
    assert_eq!(host.effects(), ["do close", "do work", "do open"]);
}
