//! `probe` from outside: words, JSON and exit codes; and a host that is cut off from the world.

use std::process::Command;

use serde_json::json;

use crate::cli::kit::{Answer, Home, configuration};
use crate::probe::farm::Server;

fn home(language: &str, url: &str) -> Home {
    let home = Home::new();
    let probes = format!(
        "    probes:
      - {{ name: trang, url: \"{url}\", families: ipv4, expect: {{ contains: Cổng }} }}
network: {{ inside: [127.0.0.1], resolvers: [127.0.0.1] }}
"
    );
    home.write("duphong.yaml", &format!("{}{probes}", configuration(language)));
    std::fs::create_dir_all(home.path().join("media")).unwrap();
    assert_eq!(home.run("init").code, 0, "{}", home.run("init").err);
    home
}

fn portal(status: &str) -> Server {
    let body = "<title>Cổng</title>";
    Server::saying(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

#[test]
fn a_look_ends_with_what_was_seen() {
    let good = portal("200 OK");
    let home_of_good = home("en", &good.url());
    let answer = home_of_good.run("probe run");
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    assert!(answer.out.contains("trang") && answer.out.contains("healthy"), "{}", answer.out);

    let bad = portal("503 Busy");
    let home = home("en", &bad.url());
    let answer = home.json("probe run --portal mau --probe trang");
    assert_eq!(answer["exit"], 1);
    let probe = &answer["result"]["probes"][0];
    assert_eq!((&probe["state"], &probe["settled"]), (&json!("down"), &json!(null)));
    let reason = &probe["families"][0]["reasons"][0];
    assert_eq!(
        (&reason["cause"], &reason["seen"], &reason["expected"]),
        (&json!("status"), &json!("503"), &json!("200"))
    );
    assert_eq!(reason["message"], "the status is 503, not 200");
    assert_eq!(home.run("probe run --probe khac").code, 2);

    // Two more looks settle it; list and status know it then.
    home.run("probe run");
    assert_eq!(home.json("probe run")["result"]["probes"][0]["settled"]["state"], "down");
    let listed = home.json("probe list");
    assert_eq!(listed["result"]["probes"][0]["settled"]["state"], "down");
    assert!(home.run("status --lang en").out.contains("DOWN since"));
    let answer = home.run("status --lang vi");
    assert!(answer.out.contains("KHÔNG ĐẠT từ"), "{}", answer.out);
}

#[test]
fn explain_tells_the_whole_look_and_keeps_nothing() {
    let server = portal("200 OK");
    let home = home("en", &server.url());
    let answer = home.run("probe explain");
    assert_eq!(answer.code, 0, "{}", answer.err);
    for part in ["Request:", &server.url(), "→ 200", "Address:", "IPv4", "healthy"] {
        assert!(answer.out.contains(part), "{part}: {}", answer.out);
    }
    let answer = home.json("probe explain");
    let seen = &answer["result"]["probes"][0]["seen"][0];
    assert_eq!(seen["hops"][0]["status"], 200);
    assert_eq!(answer["result"]["probes"][0]["revocation-checked"], false);
    assert_eq!(home.json("probe history")["result"]["probes"][0]["looks"], 0);
}

#[test]
fn the_shares_of_the_past_add_up_and_the_formula_is_told() {
    let server = portal("200 OK");
    let home = home("en", &server.url());
    home.run("probe run");
    let answer = home.run("probe history --days 1");
    assert!(answer.out.contains("Share = time held / all the time"), "{}", answer.out);
    let history = home.json("probe history --days 1");
    let probe = &history["result"]["probes"][0];
    assert_eq!(probe["looks"], 1);
    let thousandths =
        |name: &str| -> u64 { probe[name].as_str().unwrap().replace('.', "").parse().unwrap() };
    let names = ["healthy-percent", "degraded-percent", "down-percent", "unknown-percent"];
    assert_eq!(names.map(thousandths).iter().sum::<u64>(), 100_000);
}

#[test]
fn a_host_without_a_route_calls_its_portals_unknown() {
    let home = home("en", "http://127.0.0.1:9/");
    // Addresses of the internet, which nobody is asked for: there is no way out of this place.
    let text = std::fs::read_to_string(home.path().join("duphong.yaml")).unwrap();
    let text = text
        .replace("http://127.0.0.1:9/", "http://198.51.100.7/")
        .replace("families: ipv4", "families: both")
        .replace("inside: [127.0.0.1]", "inside: [198.51.100.7]");
    home.write("duphong.yaml", &text);
    let program = env!("CARGO_BIN_EXE_duphong");
    let output = Command::new("unshare")
        .args(["--map-root-user", "--net", program, "probe", "run", "--json"])
        .current_dir(home.path())
        .output()
        .unwrap();
    let answer = Answer::from(output);
    let envelope: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    let probe = &envelope["result"]["probes"][0];
    assert_eq!((answer.code, &probe["state"]), (3, &json!("unknown")), "{envelope}");
    assert_eq!(probe["families"][0]["reasons"][0]["cause"], "no-route");
}

#[test]
fn without_probes_it_says_so_and_is_no_success() {
    let home = Home::new();
    home.write("duphong.yaml", &configuration("vi"));
    std::fs::create_dir_all(home.path().join("media")).unwrap();
    home.run("init");
    let answer = home.run("probe run");
    assert_eq!(answer.code, 3);
    assert!(answer.out.contains("Chưa khai báo"), "{}", answer.out);
}
