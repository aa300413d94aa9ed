//! Playbooks as a person and a script meet them: the whole way with the keys of two people, every
//! refusal, SIGKILL between any two things, in both languages.
//!
//! The effects are commands that write a line each: how often something was done is counted there,
//! not in what duphong says about it.

mod approvals;
mod broken;
pub(super) mod host;
mod killed;
mod shown;

use serde_json::json;

use crate::cli::playbook::host::{Host, STEPS};

#[test]
fn the_whole_way_with_the_keys_of_two_people() {
    let host = Host::new("en");
    host.playbook("tat-mo", &STEPS.replace("approvals: 1", "approvals: 2"));
    let plan = host.done("playbook plan tat-mo --portal mau");
    assert_eq!(plan["changed"], false);
    assert_eq!(host.effects(), [""; 0], "a plan changes nothing");
    let entries = host.entries();

    let begun = host.json("playbook run tat-mo --portal mau");
    assert_eq!((&begun["exit"], &begun["result"]["standing"]), (&json!(30), &json!("waiting")));
    assert_eq!(begun["result"]["hash"], plan["hash"], "what was planned is what is run");
    assert_eq!(begun["result"]["waits"]["wanted"], 2);
    let status = host.json("status")["result"].clone();
    assert_eq!(status["runs"][0]["run"], 1);
    assert_eq!(host.remark("view-playbook-waiting")["colour"], "amber");

    // Once with the key in a file here, once with a signature made elsewhere.
    let first = host.done("playbook approve 1 --key binh");
    assert_eq!((&first["approvals"], &first["wanted"]), (&json!(1), &json!(2)));
    assert_eq!(host.json("playbook resume 1")["exit"], 30, "one of two is not enough");
    host.done("playbook approve 1 --statement giay.txt");
    host.sign("chi", "giay.txt");
    let second = host.done("playbook approve 1 --signature giay.txt.sig");
    assert_eq!(second["approver"], "chi");
    assert_eq!(host.remark("view-playbook-halted")["colour"], "red", "nobody brings it on");
    assert_eq!(host.effects(), [""; 0], "approving does nothing by itself");

    let ended = host.done("playbook resume 1");
    assert_eq!(ended["standing"], "finished");
    assert_eq!(host.effects(), ["do close", "do work", "do open"]);
    assert!(ended["approvals"].as_array().unwrap().iter().all(|one| one["valid"] == true));
    let steps = ended["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["state"] == "done" && step["took-ms"].is_u64()));
    assert!(host.remarks().iter().all(|one| !one["id"].as_str().unwrap().contains("playbook")));

    assert_eq!(host.done("playbook resume 1")["standing"], "finished");
    assert_eq!(host.effects().len(), 3, "what is over is over");
    assert!(host.entries() > entries);
    assert_eq!(host.run("audit verify").code, 0);
}

#[test]
fn whoever_waits_goes_on_as_soon_as_the_approval_is_there() {
    let host = Host::new("vi");
    host.playbook("tat-mo", STEPS);
    let waiting = host.start("playbook run tat-mo --portal mau --wait --json");
    Host::until("the run waits", || {
        let listed = host.run("playbook list --json");
        listed.code == 0 && listed.out.contains("\"standing\":\"waiting\"")
    });
    host.done("playbook approve 1 --key binh");
    let ended = waiting.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(host.effects(), ["do close", "do work", "do open"]);
}

#[test]
fn a_rejected_run_does_nothing_and_what_was_done_is_taken_back() {
    let host = Host::new("en");
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
    let no_reason = host.json("playbook reject 1");
    assert_eq!(no_reason["exit"], 2);
    let rejected = host.said(&["playbook", "reject", "1", "--reason", "không đúng máy"]);
    assert_eq!(rejected.code, 1, "{}{}", rejected.out, rejected.err);
    assert_eq!(host.effects(), [""; 0]);
    let shown = host.json("playbook show 1")["result"].clone();
    assert_eq!(shown["standing"], "unwound");
    assert_eq!(shown["steps"][0]["failure"]["code"], "playbook.gate-rejected");
    let late = host.json("playbook approve 1 --key binh");
    assert_eq!(late["error"]["code"], "playbook.no-gate-waits");

    // A gate behind two steps: they are taken back, the last one first.
    let gate = &STEPS[STEPS.find("  - step: approval").unwrap()..];
    let (gate, rest) = gate.split_at(gate.find("  - step: close").unwrap());
    host.playbook("sau", &format!("{}{rest}{gate}", &STEPS[..STEPS.find("  - step").unwrap()]));
    assert_eq!(host.json("playbook run sau --portal mau")["exit"], 30);
    assert_eq!(host.effects(), ["do close", "do work", "do open"]);
    assert_eq!(host.said(&["playbook", "reject", "2", "--reason", "thôi"]).code, 1);
    let effects = host.effects();
    assert_eq!(effects[3..], ["undo open", "undo close"], "{effects:?}");
}

#[test]
fn an_aborted_run_is_taken_back_and_a_left_one_stays() {
    let host = Host::new("en");
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
    let second = host.json("playbook run tat-mo --portal mau");
    assert_eq!(second["error"]["code"], "playbook.open-run");
    assert!(second["error"]["message"].as_str().unwrap().contains("run 1"), "{second}");
    assert_eq!(host.said(&["playbook", "abort", "1", "--reason", "nhầm"]).code, 1);
    host.begin("tat-mo");
    host.done("playbook approve 2 --key binh");
    host.effect_fails("work");
    host.undo_fails("close");
    let stuck = host.json("playbook resume 2");
    assert_eq!((&stuck["exit"], &stuck["result"]["standing"]), (&json!(30), &json!("stuck")));
    assert_eq!(stuck["result"]["step"], "close");
    assert_eq!(host.remark("view-playbook-stuck")["colour"], "red");
    let shown = host.run("playbook show 2");
    assert!(shown.out.contains("duphong playbook resume 2 --retry --reason"), "{}", shown.out);

    // What kept it from being taken back was repaired; then once more, and left.
    host.undo_works("close");
    let retried = host.said(&["playbook", "resume", "2", "--retry", "--reason", "đã sửa"]);
    assert_eq!(retried.code, 1, "{}", retried.err);
    assert_eq!(host.json("playbook show 2")["result"]["standing"], "unwound");
    host.begin("tat-mo");
    host.done("playbook approve 3 --key binh");
    host.undo_fails("close");
    assert_eq!(host.json("playbook resume 3")["result"]["standing"], "stuck");
    let left = host.said(&["playbook", "abort", "3", "--leave", "--reason", "làm tay", "--json"]);
    assert_eq!(left.code, 1);
    assert!(left.out.contains("\"standing\":\"left\""), "{}", left.out);
    assert_eq!(host.run("audit verify").code, 0);
}

#[test]
fn a_run_that_is_interrupted_says_how_it_goes_on() {
    let host = Host::new("en");
    let steps = STEPS.replace("timeout: 20s", "timeout: 1m");
    host.playbook("tat-mo", &steps.replace("effect, close", "slow-effect, close"));
    host.begin("tat-mo");
    host.done("playbook approve 1 --key binh");
    let working = host.start("playbook resume 1");
    Host::until("the first step is under way", || host.path("slow").exists());
    let while_working = host.json("status");
    let going = while_working["result"]["remarks"].as_array().unwrap();
    assert!(going.iter().any(|one| one["id"] == "view-playbook-going"), "{going:?}");
    let meanwhile = host.said(&["playbook", "abort", "1", "--reason", "đổi ý"]);
    assert_eq!(meanwhile.code, 11, "one process at a time: {}", meanwhile.err);
    let pid = i32::try_from(working.id()).unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::INT,
    )
    .unwrap();
    std::fs::write(host.path("go"), "").unwrap();
    let ended = working.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stdout));
    let told = String::from_utf8(ended.stdout).unwrap();
    assert!(told.contains("duphong playbook resume 1"), "{told}");
    assert_eq!(host.remark("view-playbook-halted")["colour"], "red");
    assert_eq!(host.done("playbook resume 1")["standing"], "finished");
    assert_eq!(host.effects(), ["do close", "do work", "do open"]);
}
