//! Programs that flood, hang, die and leave others behind.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use duphong::base::digest::Digest;
use duphong::world::clock::{Clock as _, SystemClock};
use duphong::world::process::mark::{Mark, VARIABLE};
use duphong::world::process::watched::{End, Watched};
use duphong::world::process::{Process, ProcessError, find};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

const KEEP: usize = 1000;

/// A mark of this process and test only.
fn mark(test: &str) -> Mark {
    Mark::of(&["test", &std::process::id().to_string(), test])
}

fn shell(test: &str, script: &str, limit: Duration) -> Watched {
    let clock = SystemClock::default();
    let process = Process::new("/bin/sh").args(["-c", script]);
    process.watch(&mark(test), &clock, limit, KEEP).unwrap()
}

/// Who bears the mark now.
fn marked(test: &str) -> usize {
    mark(test).search(None).unwrap().marked.len()
}

/// A process of nobody: what a killed duphong leaves behind.
fn orphan(test: &str, script: &str) -> Child {
    Command::new("setsid")
        .args(["sh", "-c", script])
        .env(VARIABLE, mark(test).as_str())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let clock = SystemClock::default();
    let began = clock.monotonic();
    while !so() {
        assert!(clock.monotonic().since(began) < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn what_a_program_says_is_kept_at_its_end_and_digested_whole() {
    let said = shell("says", "printf one; printf two >&2; exit 3", PATIENCE);
    assert_eq!((said.end, said.stdout.end.as_slice()), (End::Exited(3), &b"one"[..]));
    assert_eq!((said.stderr.end.as_slice(), said.stderr.bytes), (&b"two"[..], 3));
    assert_eq!(said.stdout.digest, Digest::of(b"one"));
}

#[test]
fn a_flood_neither_fills_memory_nor_blocks_the_program() {
    let script = "yes abcdefg | head -c 33554432; yes hijklmn | head -c 1048576 >&2; printf end";
    let said = shell("flood", script, PATIENCE);
    assert_eq!(said.end, End::Exited(0));
    assert_eq!((said.stdout.bytes, said.stderr.bytes), (33_554_435, 1_048_576));
    assert_eq!((said.stdout.end.len(), said.stderr.end.len()), (KEEP, KEEP));
    assert!(said.stdout.end.ends_with(b"abcdefg\nend"));
    let mut whole = b"abcdefg\n".repeat(33_554_432 / 8);
    whole.write_all(b"end").unwrap();
    assert_eq!(said.stdout.digest, Digest::of(&whole));
}

#[test]
fn a_flood_that_never_ends_is_killed_at_the_limit() {
    let said = shell("endless", "yes", Duration::from_millis(300));
    assert_eq!((said.end, said.stdout.end.len()), (End::TimedOut, KEEP));
    assert_eq!(marked("endless"), 0);
}

#[test]
fn the_limit_kills_grandchildren_that_left_the_group_as_well() {
    let script = "setsid sh -c 'trap \"\" TERM; sleep 1000' & setsid sleep 1000 & sleep 1000";
    let said = shell("escaped", script, Duration::from_secs(1));
    assert_eq!(said.end, End::TimedOut);
    assert!(said.left.unwrap().is_empty());
    assert_eq!(marked("escaped"), 0);
}

#[test]
fn a_failure_ends_what_was_started_too() {
    let said = shell("failed", "setsid sleep 1000 & sleep 1000 & exit 1", PATIENCE);
    assert_eq!((said.end, marked("failed")), (End::Exited(1), 0));
}

#[test]
fn a_success_names_what_lives_on_outside_its_group_and_does_not_wait_for_it() {
    // It holds both outputs open for as long as it lives.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("left").display().to_string();
    let script = format!(
        "setsid sh -c ': >{file}; exec sleep 1000' & sleep 1000 & until [ -e {file} ]; do :; done; \
         printf done"
    );
    let said = shell("lives", &script, PATIENCE);
    assert_eq!((said.end, said.stdout.end.as_slice()), (End::Exited(0), &b"done"[..]));
    let left = said.left.unwrap();
    assert_eq!(left.len(), 1, "those of the group are gone: {left:?}");
    mark("lives").end_all(None, Duration::ZERO, &SystemClock::default()).unwrap();
    assert_eq!(marked("lives"), 0);
}

#[test]
fn an_end_by_signal_is_told() {
    assert_eq!(shell("signal", "kill -9 $$", PATIENCE).end, End::Killed(9));
}

#[test]
fn what_cannot_be_started_is_a_fault() {
    let clock = SystemClock::default();
    let process = Process::new("/no/such/program");
    let fault = process.watch(&mark("none"), &clock, PATIENCE, KEEP).unwrap_err();
    assert!(matches!(fault, ProcessError::Start { .. }), "{fault}");
}

#[test]
fn orphans_are_waited_for_and_then_ended() {
    let clock = SystemClock::default();
    let mut short = orphan("short", "sleep 0.3");
    // It ends by itself, so that patience is not used up.
    mark("short").end_all(None, Duration::from_secs(1), &clock).unwrap();
    let mut long = orphan("long", "trap '' TERM HUP; sleep 1000 & sleep 1000");
    wait_until("the orphans run", || marked("long") >= 2);
    mark("long").end_all(None, Duration::from_millis(200), &clock).unwrap();
    assert_eq!((marked("short"), marked("long")), (0, 0));
    let (short, long) = (short.wait().unwrap(), long.wait().unwrap());
    assert!(!long.success(), "{short} {long}");
}

#[test]
fn a_program_is_found_where_it_would_be_started_from() {
    assert!(find("sh").unwrap().ends_with("sh"));
    assert_eq!(find("/bin/sh").unwrap().to_str(), Some("/bin/sh"));
    assert_eq!(find("no-such-program").unwrap_err().kind(), std::io::ErrorKind::NotFound);
    assert_eq!(find("/no/such").unwrap_err().kind(), std::io::ErrorKind::NotFound);
    for unusable in ["/etc/passwd", "/etc"] {
        assert_ne!(find(unusable).unwrap_err().kind(), std::io::ErrorKind::NotFound);
    }
}
