//! What systemd hears, and what its unit allows.

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output};
use std::time::Duration;

use crate::daemon::kit::{SELDOM, Town};

/// What the service manager received next.
fn heard(socket: &UnixDatagram) -> Vec<String> {
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).lines().map(str::to_owned).collect()
}

/// Messages up to the first that says this.
fn heard_until(socket: &UnixDatagram, word: &str) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let message = heard(socket);
        let found = message.iter().any(|line| line.starts_with(word));
        all.extend(message);
        if found {
            return all;
        }
    }
}

#[test]
fn it_says_when_it_is_ready_reloads_lives_and_stops() {
    let town = Town::new(SELDOM);
    let socket = UnixDatagram::bind(town.path("notify.sock")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
    let at = town.path("notify.sock").display().to_string();
    let town = town.with("NOTIFY_SOCKET", &at).with("WATCHDOG_USEC", "1000000");
    let mut daemon = town.spawn();
    heard_until(&socket, "READY=1");
    heard_until(&socket, "WATCHDOG=1");
    daemon.signal("HUP");
    let reload = heard_until(&socket, "RELOADING=1");
    assert!(reload.iter().any(|line| line.starts_with("MONOTONIC_USEC=")), "{reload:?}");
    heard_until(&socket, "READY=1");
    daemon.signal("TERM");
    heard_until(&socket, "STOPPING=1");
    assert_eq!(daemon.ended().code(), Some(0));
}

/// The unit with a program that exists here.
fn unit(folder: &std::path::Path) -> std::path::PathBuf {
    let text = std::fs::read_to_string("systemd/duphong.service").unwrap();
    assert!(text.contains("ExecStart=/usr/bin/duphong "));
    let path = folder.join("duphong.service");
    std::fs::write(&path, text.replace("/usr/bin/duphong", "/bin/true")).unwrap();
    path
}

fn analyze(arguments: &[&str], unit: &std::path::Path) -> Output {
    Command::new("systemd-analyze").args(arguments).arg(unit).output().unwrap()
}

#[test]
fn the_unit_is_understood_and_exposes_little() {
    let folder = tempfile::TempDir::new().unwrap();
    let unit = unit(folder.path());
    let verified = analyze(&["verify"], &unit);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(verified.status.success() && said.is_empty(), "{said}");
    // The threshold is in tenths: 2.0 at most.
    let rated = analyze(&["security", "--offline=true", "--no-pager", "--threshold=20"], &unit);
    assert!(rated.status.success(), "{}", String::from_utf8_lossy(&rated.stdout));
}
