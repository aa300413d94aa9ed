//! The daemon and what it is told through its socket.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use duphong::audit::Kind;

use crate::cli::coverage::Leaves::{Deed, Fact, Nothing};
use crate::cli::coverage::{Step, entries, play, step};
use crate::cli::kit::{Home, configuration};

pub(super) const STEPS: &[Step] = &[
    step("ctl status", Nothing),
    step("ctl pause --reason đĩa", Fact("daemon.pause")),
    step("ctl resume", Fact("daemon.resume")),
    step("ctl reload", Fact("daemon.reload")),
    step("ctl run snapshot/mau", Deed("snapshot.create")),
    // Not played: it runs until it is stopped, and is the one that the others speak to.
    step("daemon", Fact("daemon.start")),
];

/// Ends with the test, whatever becomes of that.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(90), "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_the_daemon_is_told_is_on_record_with_whoever_told_it() {
    let home = Home::new();
    // Often enough to be on the list, too seldom to come in a test.
    let text = configuration("en").replace("rpo: 6h }", "rpo: 6h, schedule: \"0 0 1 1 *\" }");
    home.write("duphong.yaml", &text);
    std::fs::create_dir(home.path().join("media")).unwrap();
    home.write("media/a.txt", "một");
    assert_eq!(home.run("init").code, 0);
    let mut command = home.command(&["daemon"]);
    let mut daemon = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    until("the daemon answers", || home.run("ctl status").code == 0);
    let (played, own) = STEPS.split_at(STEPS.len() - 1);
    assert_eq!(own[0].line, "daemon");
    play(&home, played);
    let pid = rustix::process::Pid::from_child(&daemon.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    until("the daemon ends", || daemon.0.try_wait().unwrap().is_some());
    let left = entries(&home, "state/audit");
    for verb in ["daemon.start", "daemon.stop"] {
        assert!(left.iter().any(|entry| entry.verb == verb && entry.kind == Kind::Record));
    }
}
