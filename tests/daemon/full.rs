//! A full disk under the audit log, or no log: protection goes on, the gap is told, the rest refuses.

use std::path::PathBuf;
use std::process::Command;

use duphong::audit::{Ending, Kind, verify};

use crate::daemon::kit::{Daemon, SELDOM, Town, configuration};
use crate::notice::server::MailServer;

/// The audit log on a file system of its own, small and full.
struct Full {
    at: PathBuf,
}

impl Full {
    /// Moves the log of a stopped installation there.
    fn new(town: &Town) -> Self {
        let at = town.path("state/audit");
        let kept = town.path("kept");
        std::fs::rename(&at, &kept).unwrap();
        std::fs::create_dir(&at).unwrap();
        let mount = ["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs"];
        assert!(Command::new("mount").args(mount).arg(&at).status().unwrap().success());
        let copied = Command::new("cp").arg("-a").arg(kept.join(".")).arg(&at).status().unwrap();
        assert!(copied.success());
        Self { at }
    }

    fn fill(&self) {
        let mut filler = std::fs::File::create(self.at.join("filler")).unwrap();
        while std::io::Write::write_all(&mut filler, &[0; 4096]).is_ok() {}
    }

    fn relieve(&self) {
        std::fs::remove_file(self.at.join("filler")).unwrap();
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("--lazy").arg(&self.at).status();
    }
}

#[track_caller]
fn run_to_its_end(town: &Town, daemon: &mut Daemon, job: &str) {
    let started = town.run(&format!("ctl run {job}"));
    assert_eq!(started.code, 0, "{}", started.err);
    let exit = format!("duphong_job_last_exit{{job=\"{job}\"}}");
    daemon.wait_for("its end", |daemon| {
        daemon.metric("duphong_jobs_running") == Some(0.0) && daemon.metric(&exit).is_some()
    });
}

fn sets(town: &Town) -> usize {
    std::fs::read_dir(town.path("repository/snapshots")).unwrap().count()
}

#[test]
fn sets_are_taken_while_the_log_is_full_and_the_gap_is_told_when_it_is_not() {
    let town = Town::new(SELDOM);
    let full = Full::new(&town);
    let mut daemon = town.start();
    full.fill();
    let before = town.entries().len();

    run_to_its_end(&town, &mut daemon, "snapshot/mau");
    run_to_its_end(&town, &mut daemon, "verify/local");
    assert_eq!(sets(&town), 1, "{}", daemon.told());
    // One entry at most found room, without a head to sign for it.
    assert!(town.entries().len() <= before + 1, "nothing fits into the log");
    assert_eq!(daemon.metric("duphong_log_writable"), Some(0.0));
    let (code, body) = daemon.get("/healthz").unwrap();
    assert_eq!(code, 503, "{body}");
    assert!(body.contains("audit log cannot be written"), "{body}");
    assert_eq!(town.run("ctl status").code, 30);
    // A word that would be nowhere is not given.
    let confirm = town.run("key confirm local --by An --place két");
    assert_eq!(confirm.code, 1, "{}", confirm.err);

    full.relieve();
    daemon.wait_for("the gap closed", |daemon| daemon.metric("duphong_log_writable") == Some(1.0));
    assert_eq!(daemon.get("/healthz").unwrap().0, 200);
    let entries = town.entries();
    let gap = entries.iter().find(|entry| entry.kind == Kind::Gap && entry.verb == "audit.gap");
    let gap = gap.expect("the gap is on record");
    assert_eq!(gap.facts["reason"], "audit.unwritable");
    let outcome = town.of("snapshot.create").pop().unwrap();
    assert_eq!((outcome.result, outcome.seq > gap.seq), (Some(Ending::Done), true));
    let intent = &entries[usize::try_from(outcome.intent.unwrap()).unwrap()];
    assert_eq!(intent.facts["late"], true);
    assert!(intent.facts["began"].as_str().unwrap() < gap.at.to_string().as_str());
    assert_eq!(town.of("repository.verify").pop().unwrap().result, Some(Ending::Done));
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0));
    let report = verify::verify(&town.path("state/audit"), &verify::Trust::default());
    assert_eq!(report.verdict(), verify::Verdict::Valid, "{:?}", report.findings);
}

#[test]
fn it_starts_on_a_full_log_too() {
    let town = Town::new(SELDOM);
    let full = Full::new(&town);
    full.fill();
    let mut daemon = town.start();
    assert_eq!(daemon.get("/healthz").unwrap().0, 503);
    run_to_its_end(&town, &mut daemon, "snapshot/mau");
    assert_eq!(sets(&town), 1);
    full.relieve();
    daemon.wait_for("the gap closed", |daemon| daemon.metric("duphong_log_writable") == Some(1.0));
    let start = town.of("daemon.start").pop().expect("its start is on record");
    assert!(start.facts.contains_key("late"), "{start:?}");
}

#[test]
fn a_stop_while_the_log_is_full_tells_the_diagnostics_what_is_on_no_record() {
    let town = Town::new(SELDOM);
    let full = Full::new(&town);
    let mut daemon = town.start();
    full.fill();
    run_to_its_end(&town, &mut daemon, "snapshot/mau");
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0), "{}", daemon.told());
    let told = daemon.told();
    let lost =
        |verb: &str| told.lines().any(|line| line.contains("On no record.") && line.contains(verb));
    assert!(lost("snapshot.create") && lost("daemon.stop"), "{told}");
    assert!(told.contains("The audit log stays incomplete"), "{told}");
}

#[test]
fn a_set_that_a_person_takes_meanwhile_says_that_it_is_on_no_record() {
    let town = Town::new(SELDOM);
    let full = Full::new(&town);
    full.fill();
    let taken = town.run("snapshot create --portal mau");
    assert!(taken.err.contains("not on record"), "{}", taken.err);
    assert_eq!((taken.code, sets(&town)), (3, 1), "{}", taken.err);
}

#[test]
fn people_hear_that_the_folder_of_the_log_is_gone() {
    let server = MailServer::open();
    let town = Town::new(SELDOM);
    town.configure(&(configuration(town.port, SELDOM) + &server.notices()));
    let mut daemon = town.start();
    let audit = town.path("state/audit");
    std::fs::rename(&audit, town.path("gone")).unwrap();
    daemon.wait_for("the loss seen", |daemon| daemon.metric("duphong_log_writable") == Some(0.0));
    let started = town.run("ctl run notices");
    assert_eq!(started.code, 0, "{}", started.err);
    let told = || {
        server.taken().iter().any(|letter| {
            let subject = letter.read()["headers"]["subject"].to_string();
            subject.contains("audit log")
        })
    };
    daemon.wait_for("the alarm", |_| told());
    assert!(!audit.exists(), "no other log is begun in its place");
}
