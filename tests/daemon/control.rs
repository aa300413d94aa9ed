//! The control socket: who is heard, and what may be said.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;

use duphong::audit::ActorKind;
use serde_json::{Value, json};

use crate::daemon::kit::{SELDOM, Town};

/// The answer to these bytes.
fn say(town: &Town, bytes: &[u8]) -> Value {
    let mut stream = UnixStream::connect(town.path("state/control.sock")).unwrap();
    // One that is cut off while it still talks has its answer all the same.
    let _cut = stream.write_all(bytes);
    let _cut = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    // The kernel tells whoever is cut off in the middle of a flood so, behind the answer.
    assert!(read.is_ok() || bytes.len() > 1_000_000, "{read:?}");
    serde_json::from_str(&answer).unwrap_or(Value::Null)
}

#[test]
fn a_pause_keeps_work_back_is_seen_and_has_a_name() {
    let town = Town::new(SELDOM);
    let daemon = town.start();
    let paused = town.run("ctl pause --reason đổi-đĩa");
    assert_eq!(paused.code, 0, "{}", paused.err);
    assert_eq!(daemon.metric("duphong_paused"), Some(1.0));
    assert_eq!(town.run("ctl status").code, 3);
    let next = town.run("next");
    assert_eq!(next.code, 3, "{}", next.out);
    let remarks = town.json("status")["result"]["remarks"].clone();
    assert!(remarks.to_string().contains("view-daemon-paused"), "{remarks}");
    let entry = town.of("daemon.pause").pop().unwrap();
    assert_eq!(entry.actor.kind, ActorKind::Person);
    assert_eq!(entry.facts["reason"], "đổi-đĩa");
    assert_eq!(town.run("ctl resume").code, 0);
    assert_eq!(town.of("daemon.resume").len(), 1);
    assert_eq!(daemon.metric("duphong_paused"), Some(0.0));
    assert_eq!(town.run("ctl status").code, 0);
    assert_eq!(town.run("next").code, 0);
}

#[test]
fn a_job_is_started_by_its_name() {
    let town = Town::new(SELDOM);
    let mut daemon = town.start();
    assert_eq!(town.run("ctl run snapshot/khac").code, 2);
    assert_eq!(town.run("ctl run verify/local").code, 0);
    daemon.wait_for("its end", |daemon| {
        daemon.metric("duphong_job_last_success{job=\"verify/local\"}") == Some(1.0)
    });
    let intent = town.of("repository.verify").into_iter().next().unwrap();
    assert_eq!(intent.actor.kind, ActorKind::Person);
    assert_eq!(intent.facts["job"], "verify/local");
}

#[test]
fn a_set_of_the_daemon_has_the_tags_of_the_configuration_or_those_of_whoever_asks() {
    let town = Town::new(SELDOM);
    let text = std::fs::read_to_string(town.path("duphong.yaml")).unwrap();
    town.configure(&text.replace("to: [local]", "to: [local], tags: [hang-ngay]"));
    let mut daemon = town.start();
    for (line, tags) in [
        ("ctl run snapshot/mau", json!(["hang-ngay"])),
        ("ctl run snapshot/mau --tag truoc --tag b --tag b", json!(["b", "truoc"])),
    ] {
        let before = town.of("snapshot.create").len();
        assert_eq!(town.run(line).code, 0, "{line}");
        // Its intent and its outcome, and the job is out of the way.
        daemon.wait_for("its end", |daemon| {
            town.of("snapshot.create").len() == before + 2
                && daemon.metric("duphong_jobs_running") == Some(0.0)
        });
        let facts = &town.of("snapshot.create")[before].facts;
        assert_eq!((&facts["tags"], &facts["job"]), (&tags, &"snapshot/mau".into()), "{line}");
        let listed = town.json("snapshot list")["result"]["sets"].clone();
        let newest = listed.as_array().unwrap().iter().max_by_key(|set| set["time"].to_string());
        let given: Vec<_> = newest.unwrap()["tags"].as_array().unwrap().clone();
        assert_eq!(Value::from(&given[1..]), tags, "{line}: {listed}");
    }
    // What takes no set has no tags, and what a person may not give is refused; neither begins.
    let before = town.entries().len();
    for (line, code, word) in [
        ("ctl run verify/local --tag truoc", 2, "takes no set"),
        ("ctl run snapshot/khac --tag truoc", 2, "there is no job"),
        ("ctl run snapshot/mau --tag evidence", 2, "cannot be the tag"),
    ] {
        let told = town.run(line);
        assert_eq!(told.code, code, "{line}: {}", told.err);
        assert!(told.err.contains(word), "{line}: {}", told.err);
    }
    let bare = b"{\"v\":1,\"do\":\"run\",\"job\":\"snapshot/mau\",\"by\":\"an\",\"tags\":[\"evidence\"]}\n";
    assert_eq!(say(&town, bare)["error"]["code"], "job.not-a-tag");
    let odd = b"{\"v\":1,\"do\":\"run\",\"job\":\"snapshot/mau\",\"by\":\"an\",\"tag\":[]}\n";
    assert_eq!(say(&town, odd)["error"]["code"], "daemon.not-a-request");
    assert_eq!(town.entries().len(), before);
}

#[test]
fn without_a_daemon_the_commands_say_so() {
    let town = Town::new(SELDOM);
    let status = town.run("ctl status");
    assert_eq!(status.code, 1);
    assert!(status.err.contains("systemctl start duphong"), "{}", status.err);
    let next = town.json("next");
    assert_eq!((&next["exit"], &next["result"]["daemon"]), (&3.into(), &false.into()));
    assert_eq!(next["result"]["starts"].as_array().unwrap().len(), 10);
}

#[test]
fn a_scheduler_that_hangs_is_no_reason_to_wait_for_what_comes() {
    let town = Town::new(SELDOM);
    let daemon = UnixListener::bind(town.path("state/control.sock")).unwrap();
    let answering = std::thread::spawn(move || {
        for ticking in [false, true] {
            let (mut stream, _) = daemon.accept().unwrap();
            let at = "2026-11-22T08:00:00Z";
            let status = json!({"pid": 1, "version": "1", "started": at, "ticking": ticking,
                "paused": null, "reload": {"at": at, "failed": null}, "log_fault": null,
                "running": [], "next": []});
            let mut request = String::new();
            BufReader::new(&stream).read_line(&mut request).unwrap();
            let answer = json!({"v": 1, "ok": true, "status": status});
            stream.write_all(format!("{answer}\n").as_bytes()).unwrap();
        }
    });
    let hangs = town.run("next --lang en");
    assert_eq!(hangs.code, 3, "{}{}", hangs.out, hangs.err);
    assert!(hangs.err.contains("scheduler hangs"), "{}{}", hangs.out, hangs.err);
    let well = town.json("next");
    assert_eq!((&well["exit"], &well["result"]["hangs"]), (&0.into(), &false.into()), "{well}");
    answering.join().unwrap();
}

#[test]
fn a_drill_that_proved_nothing_is_no_success_of_its_job() {
    let town = Town::new(SELDOM);
    let text = std::fs::read_to_string(town.path("duphong.yaml")).unwrap();
    // Where there is nothing to compare, nothing is proven.
    std::fs::remove_dir_all(town.path("media")).unwrap();
    std::fs::create_dir(town.path("media")).unwrap();
    town.configure(&text.replace("scratch: scratch", "scratch: scratch, schedule: \"0 0 3 1 *\""));
    assert_eq!(town.run("snapshot create --portal mau").code, 0);
    let mut daemon = town.start();
    assert_eq!(town.run("ctl run drill/mau").code, 0);
    let success = "duphong_job_last_success{job=\"drill/mau\"}";
    daemon.wait_for("its end", |daemon| daemon.metric(success).is_some());
    assert_eq!(daemon.metric("duphong_job_last_exit{job=\"drill/mau\"}"), Some(3.0));
    assert_eq!(daemon.metric(success), Some(0.0));
}

#[test]
fn what_is_no_request_is_answered_and_harms_nothing() {
    let town = Town::new(SELDOM);
    let daemon = town.start();
    let long = [b"{\"v\":1,\"do\":\"status\",\"x\":\"".as_slice(), &vec![b'a'; 2_000_000]].concat();
    for line in [
        b"\n".as_slice(),
        b"{}\n",
        b"{\"v\":1}\n",
        b"{\"v\":2,\"do\":\"status\"}\n",
        b"{\"v\":1,\"do\":\"shutdown\"}\n",
        b"{\"v\":1,\"do\":\"pause\"}\n",
        b"{\"v\":1,\"do\":\"status\"}",
        b"\xff\xfe\x00\n",
        b"GET / HTTP/1.1\r\n\r\n",
        &long,
    ] {
        let answer = say(&town, line);
        let shown = String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned();
        // A flood may be cut off before it hears its answer.
        if answer.is_null() {
            assert!(line == long, "{shown}: no answer");
        } else {
            assert_eq!(answer["error"]["code"], "daemon.not-a-request", "{shown}: {answer}");
        }
    }
    assert_eq!(say(&town, b""), Value::Null);
    let answer = say(&town, b"{\"v\":1,\"do\":\"status\"}\n");
    assert_eq!(answer["status"]["pid"], daemon.child.id());
}

#[test]
fn only_root_and_the_daemons_own_account_are_heard() {
    let town = Town::new(SELDOM);
    let _daemon = town.start();
    let socket = town.path("state/control.sock");
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // As if someone had opened the door: the kernel still says who stands there.
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    let ask = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); \
               print(s.recv(9999).decode())";
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "/usr/bin/python3"])
        .args(["-c", ask])
        .arg(&socket)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("daemon.not-yours"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_spot_check_comes_by_its_schedule_and_what_it_finds_is_seen() {
    let town = Town::new(SELDOM);
    let text = std::fs::read_to_string(town.path("duphong.yaml")).unwrap();
    let wanted = "    spot-check: { schedule: \"0 0 4 1 *\" }\n    drill:";
    town.configure(&text.replace("    drill:", wanted));
    assert_eq!(town.run("snapshot create --portal mau").code, 0);
    let mut daemon = town.start();
    assert!(town.run("next").out.contains("spot/mau"));
    let age = "duphong_spot_age_seconds{portal=\"mau\"}";
    assert_eq!(daemon.metric(age), Some(f64::INFINITY));
    let exit = "duphong_job_last_exit{job=\"spot/mau\"}";
    assert_eq!(town.run("ctl run spot/mau").code, 0);
    daemon.wait_for("a check", |daemon| daemon.metric(exit) == Some(0.0));
    daemon.wait_for("its age", |daemon| daemon.metric(age).is_some_and(f64::is_finite));
    // The same size and time, and another content.
    let file = town.path("media/3.txt");
    let then = std::fs::metadata(&file).unwrap().modified().unwrap();
    let length = std::fs::metadata(&file).unwrap().len();
    std::fs::write(&file, "x".repeat(usize::try_from(length).unwrap())).unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(then).unwrap();
    assert_eq!(town.run("ctl run spot/mau").code, 0);
    daemon.wait_for("a finding", |daemon| daemon.metric(exit) == Some(20.0));
    let found = "duphong_spot_things{portal=\"mau\",kind=\"findings\"}";
    daemon.wait_for("its number", |daemon| daemon.metric(found) == Some(1.0));
    let success = "duphong_job_last_success{job=\"spot/mau\"}";
    assert_eq!(daemon.metric(success), Some(0.0));
    let status = town.json("status")["result"].clone();
    assert_eq!(status["portals"][0]["spot"]["findings"], 1, "{status}");
    assert!(town.run("status").out.contains("Spot check"));
}
