//! Approvals that are none: each is refused by its own code, and leaves nothing in the log.

use crate::cli::playbook::host::{Host, STEPS};

/// What is refused, is refused for this reason, and nothing went on record.
#[track_caller]
fn refused(host: &Host, line: &str, code: &str) {
    let before = host.entries();
    let answer = host.json(line);
    assert_eq!(answer["error"]["code"], code, "{line}: {answer}");
    assert_eq!(answer["exit"], 2, "{line}: {answer}");
    assert_eq!(host.entries(), before, "{line}: something went on record");
}

/// Writes the statement of a run, changed by `change`, signs it, and hands the signature in.
#[track_caller]
fn signed(host: &Host, key: &str, change: impl Fn(&str) -> String, code: &str) {
    host.done("playbook approve 1 --statement giay");
    let text = std::fs::read_to_string(host.path("giay")).unwrap();
    host.write("giay", &change(&text));
    host.sign(key, "giay");
    refused(host, "playbook approve 1 --signature giay.sig", code);
}

#[test]
fn every_approval_that_is_none_is_refused_by_name() {
    let host = Host::new("en");
    host.playbook("tat-mo", STEPS);
    refused(&host, "playbook approve 1 --key binh", "playbook.no-run");
    host.begin("tat-mo");
    refused(&host, "playbook approve 1 --key an", "playbook.starter-approves");
    refused(&host, "playbook approve 1 --key la", "playbook.unknown-approver");
    signed(&host, "binh", |text| text.replace("run: 1", "run: 2"), "approval.mismatch");
    signed(&host, "binh", |text| text.replace("approve\n", "reject\n"), "approval.mismatch");
    signed(
        &host,
        "binh",
        |text| text.replace("plan: sha256:", "plan: sha256:0"),
        "approval.mismatch",
    );
    signed(&host, "binh", |text| format!("{text} "), "approval.mismatch");
    signed(&host, "la", str::to_owned, "playbook.unknown-approver");
    signed(&host, "an", str::to_owned, "playbook.starter-approves");

    host.done("playbook approve 1 --statement giay");
    host.sign_for("file", "binh", "giay");
    refused(&host, "playbook approve 1 --signature giay.sig", "approval.namespace");
    host.sign("binh", "giay");
    let good = std::fs::read_to_string(host.path("giay.sig")).unwrap();
    host.write("ngan.sig", &good[..good.len() / 2]);
    refused(&host, "playbook approve 1 --signature ngan.sig", "approval.malformed");
    host.write("dai.sig", &good.repeat(100));
    refused(&host, "playbook approve 1 --signature dai.sig", "approval.malformed");
    // One letter of the signature itself, near its end.
    let at = good.find("\n-----END").unwrap() - 12;
    let other = if &good[at..=at] == "A" { "B" } else { "A" };
    host.write("gia.sig", &format!("{}{other}{}", &good[..at], &good[at + 1..]));
    refused(&host, "playbook approve 1 --signature gia.sig", "approval.mismatch");
    refused(&host, "playbook approve 1 --key duphong.yaml", "approval.private-key");
    host.make_key("khoa", "mật khẩu");
    for key in ["khoa", "khoa.pub", "binh.pub"] {
        refused(&host, &format!("playbook approve 1 --key {key}"), "playbook.foreign-key");
    }
    let advised = host.json("playbook approve 1 --key khoa")["error"]["hint"].to_string();
    assert!(
        advised.contains("ssh-keygen -Y sign -n duphong-approval -f khoa run-1.txt"),
        "{advised}"
    );

    assert_eq!(host.json("playbook show 1")["result"]["standing"], "waiting");
    host.done("playbook approve 1 --signature giay.sig");
    refused(&host, "playbook approve 1 --signature giay.sig", "playbook.approved-twice");
    refused(&host, "playbook approve 1 --key binh", "playbook.approved-twice");
    assert_eq!(host.done("playbook resume 1")["standing"], "finished");
    refused(&host, "playbook approve 1 --key chi", "playbook.no-gate-waits");

    // The signature of one run is worth nothing to the next, of the very same plan.
    host.begin("tat-mo");
    let runs = host.json("playbook list --all")["result"]["runs"].clone();
    assert_eq!(runs.as_array().unwrap().len(), 2);
    refused(&host, "playbook approve 2 --signature giay.sig", "approval.mismatch");
}

#[test]
fn exactly_one_way_of_approving_is_chosen() {
    let host = Host::new("vi");
    for line in ["playbook approve 1", "playbook approve 1 --key a --signature b"] {
        assert_eq!(host.json(line)["exit"], 2, "{line}");
    }
}

#[test]
fn a_plan_that_nobody_could_approve_is_not_begun() {
    let host = Host::new("en");
    host.playbook("hai", &STEPS.replace("approvals: 1", "approvals: 3"));
    let before = host.entries();
    let answer = host.json("playbook run hai --portal mau");
    assert_eq!(answer["error"]["code"], "playbook.too-few-approvers", "{answer}");
    assert_eq!(answer["exit"], 78);
    assert_eq!(host.entries(), before, "no number was used up");
    // Two approvers, of whom one would start it: one is left.
    host.approvers("en", &[("an", &host.starter()), ("binh", "binh")]);
    host.playbook("tat-mo", &STEPS.replace("approvals: 1", "approvals: 2"));
    let answer = host.json("playbook run tat-mo --portal mau");
    assert_eq!(answer["error"]["code"], "playbook.too-few-approvers", "{answer}");
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
}

#[test]
fn an_approver_who_was_taken_out_or_given_another_key_approves_nothing() {
    let host = Host::new("en");
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
    host.approvers("en", &[("chi", "chi")]);
    refused(&host, "playbook approve 1 --key binh", "playbook.unknown-approver");
    host.done("playbook approve 1 --key chi");
    assert_eq!(host.done("playbook resume 1")["standing"], "finished");
    // What was approved then is shown with the key of then.
    host.approvers("en", &[]);
    assert_eq!(host.json("playbook show 1")["result"]["approvals"][0]["valid"], true);
}

/// Whoever names a pipe as the signature keeps nobody from anything.
#[test]
fn a_signature_that_does_not_come_does_not_hold_the_run() {
    let host = Host::new("en");
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
    host.done("playbook approve 1 --statement giay");
    host.sign("binh", "giay");
    let mut mkfifo = std::process::Command::new("mkfifo");
    assert!(mkfifo.arg(host.path("ong")).status().unwrap().success());
    let mut approving = host.start("playbook approve 1 --signature ong");
    // It opens when the other end is opened for reading.
    let mut pipe = std::fs::File::options().write(true).open(host.path("ong")).unwrap();
    let counted = host.done("playbook approve 1 --key chi");
    assert_eq!(counted["approvals"], 1, "another approves meanwhile");
    let signature = std::fs::read(host.path("giay.sig")).unwrap();
    std::io::Write::write_all(&mut pipe, &signature).unwrap();
    drop(pipe);
    assert!(approving.wait().unwrap().success());
    assert_eq!(host.done("playbook resume 1")["standing"], "finished");
}
