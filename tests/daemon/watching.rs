//! Portals looked at by the daemon itself.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::daemon::kit::{SELDOM, Town, configuration};

/// A portal that answers everyone the same, for as long as the test lasts.
fn portal() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 2048];
            let _read = stream.read(&mut request);
            let _sent = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    });
    port
}

#[test]
fn a_portal_that_comes_and_goes_is_settled_recorded_and_shown_while_sets_are_paused() {
    let town = Town::new(SELDOM);
    let port = portal();
    let probes = format!(
        "    url: \"http://127.0.0.1:{port}\"
    probes: [ {{ name: home, url: /, every: 5s, timeout: 2s, families: ipv4, settle: {{ failures: 1, successes: 1 }} }} ]
"
    );
    let text = configuration(town.port, SELDOM) + &probes;
    town.configure(&format!("network: {{ inside: [127.0.0.1] }}\n{text}"));
    let validated = town.run("validate --syntax --lang en");
    assert!(validated.code != 78, "{}", validated.out);
    let mut daemon = town.start();
    // A pause does not blind.
    assert_eq!(town.run("ctl pause --reason thử").code, 0);
    daemon.wait_for("a settled state", |_| !town.of("probe.verdict").is_empty());
    let verdict = town.of("probe.verdict").pop().unwrap();
    assert_eq!(verdict.facts["record"]["state"], "healthy", "{verdict:?}");
    let state = "duphong_probe_state{portal=\"mau\",probe=\"home\",state=\"healthy\"}";
    daemon.wait_for("the metric", |daemon| daemon.metric(state) == Some(1.0));
    let age = "duphong_probe_look_age_seconds{portal=\"mau\",probe=\"home\"}";
    assert!(daemon.metric(age).is_some_and(f64::is_finite));
}
