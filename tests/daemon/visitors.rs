//! Those who ask for its health, and those who only want to do harm.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::daemon::kit::{SELDOM, Town};

#[test]
fn metrics_are_whole_and_hold_no_secret() {
    let town = Town::new(SELDOM);
    let daemon = town.start();
    let (_, text) = daemon.get("/metrics").unwrap();
    for name in [
        "duphong_build_info",
        "duphong_scheduler_tick_age_seconds",
        "duphong_log_writable",
        "duphong_log_entries",
        "duphong_config_last_reload_success",
        "duphong_rpo_seconds",
        "duphong_set_age_seconds",
        "duphong_drill_age_seconds",
        "duphong_verify_age_seconds",
        "duphong_jobs_running",
        "duphong_incidents_open",
        "duphong_duties_overdue",
    ] {
        let samples = text.lines().filter(|line| line.starts_with(name)).count();
        assert!(samples >= 1, "{name}: {text}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("duphong_"), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
    let password = std::fs::read_to_string(town.path("secrets/password")).unwrap();
    assert!(!text.contains(password.trim()));
    let folder = town.folder.path().display().to_string();
    assert!(!text.contains(&folder), "paths are nobody's business");
}

#[test]
fn hostile_visitors_get_nothing_and_take_nothing() {
    let town = Town::new(SELDOM);
    let daemon = town.start();
    let endless = [b"GET /healthz HTTP/1.1\r\n".as_slice(), &b"A: b\r\n".repeat(50_000)].concat();
    let wide = [b"GET /".as_slice(), &vec![b'a'; 1_000_000], b" HTTP/1.1\r\n\r\n"].concat();
    for (bytes, allowed) in [
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc".as_slice(), 405),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (b"GET /metrics/../state HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (&endless, 431),
        (&wide, 431),
    ] {
        // A flood may be cut off before its answer is heard.
        let answer = daemon.send(bytes);
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(70)]).into_owned();
        match answer {
            Some((code, _)) => assert_eq!(code, allowed, "{shown}"),
            None => assert_eq!(allowed, 431, "{shown}"),
        }
    }
    assert_eq!(daemon.get("/healthz").unwrap().0, 200);
}

#[test]
fn visitors_who_say_nothing_lose_their_place() {
    let town = Town::new(SELDOM);
    let daemon = town.start();
    // More than there are places: the next guest waits until their time is over.
    let mut silent: Vec<_> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(daemon.address).unwrap();
            stream.write_all(b"GET /healthz HT").unwrap();
            stream
        })
        .collect();
    assert_eq!(daemon.get("/healthz").unwrap().0, 200);
    let mut rest = Vec::new();
    let _cut = silent[0].read_to_end(&mut rest);
    assert!(rest.is_empty(), "nothing was said to one who asked for nothing");
}
