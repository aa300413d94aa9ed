//! Forgetting and pruning refuse while nothing of it could go on record.

use std::process::Command;

use duphong::audit::Ending;
use duphong::job::{forget, hold, prune, sets, snapshot, verify};
use duphong::repository::prune::Limits;
use duphong::repository::verify::Depth;

use crate::job::portal::{CONFIGURATION, Installation};

/// The audit log on a file system of its own, which is unmounted when dropped.
struct Full(std::path::PathBuf);

impl Full {
    fn new(here: &Installation) -> Self {
        let at = here.path("state/audit");
        let kept = here.path("kept");
        std::fs::rename(&at, &kept).unwrap();
        std::fs::create_dir(&at).unwrap();
        let mount = ["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs"];
        let mounted = Command::new("mount").args(mount).arg(&at).status().unwrap();
        assert!(mounted.success(), "this test mounts a tmpfs and needs root");
        let copied = Command::new("cp").arg("-a").arg(kept.join(".")).arg(&at).status().unwrap();
        assert!(copied.success());
        let mut filler = std::fs::File::create(at.join("filler")).unwrap();
        while std::io::Write::write_all(&mut filler, &[0; 4096]).is_ok() {}
        Self(at)
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Two sets, both proven, of which the rules keep one.
fn installation() -> Installation {
    let rules = "rpo: 6h, retention: { last: 1 } }";
    let here = Installation::with(&CONFIGURATION.replace('@', "").replace("rpo: 6h }", rules));
    for _ in 0..2 {
        snapshot::create(&here.site, "mau").unwrap();
    }
    verify::repository(&here.site, "local", Depth::AllData).unwrap();
    here
}

/// A set that was taken and forgotten again.
fn leave_something_to_prune(here: &Installation) {
    std::fs::write(here.path("portal/media/tam.bin"), vec![7; 100_000]).unwrap();
    let taken = snapshot::create(&here.site, "mau").unwrap();
    let repository = here.site.open("local").unwrap();
    let lock = repository.lock_exclusive().unwrap();
    repository.forget(&lock, &taken.sets[0].written.id).unwrap();
}

fn count(here: &Installation) -> usize {
    sets::list(&here.site, None, None).unwrap().sets.len()
}

#[test]
fn without_a_log_that_can_be_written_nothing_is_forgotten() {
    let here = installation();
    leave_something_to_prune(&here);
    let full = Full::new(&here);
    let fault = forget::forget(&here.site, "local", None).unwrap_err();
    assert!(fault.code().starts_with("audit."), "{}", fault.code());
    assert_eq!(count(&here), 2);
    let limits = Limits::default();
    assert!(!prune::plan(&here.site, "local", limits).unwrap().is_empty(), "there is work");
    prune::prune(&here.site, "local", limits).unwrap_err();
    let word = hold::Word { by: "An".to_owned(), reason: "vụ 12".to_owned() };
    hold::hold(&here.site, None, "latest", &word).unwrap_err();
    std::fs::remove_file(full.0.join("filler")).unwrap();
    let done = forget::forget(&here.site, "local", None).unwrap();
    assert_eq!((done.gone.len(), count(&here)), (1, 1));
}

/// A wish to stop comes between two sets: what went is on record.
#[test]
fn a_run_that_is_stopped_says_what_it_did() {
    let here = installation();
    here.site.cancel.cancel();
    let done = forget::forget(&here.site, "local", None).unwrap();
    let fault = done.fault.unwrap();
    assert_eq!((fault.code(), done.gone.len(), count(&here)), ("job.interrupted", 0, 2));
    let entries = here.site.log().unwrap().reader().unwrap().entries();
    let last = entries.map(Result::unwrap).last().unwrap();
    assert_eq!((last.verb.as_str(), last.result), ("repository.forget", Some(Ending::Failed)));
    assert_eq!(last.facts["forgotten"], serde_json::json!([]));
}
