//! Forgetting and pruning refuse while nothing of it could go on record.

use std::process::Command;

use duphong::audit::{Ending, Entry};
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::job::{forget, hold, prune, sets, snapshot, verify};
use duphong::repository::envelope::{Form, seal};
use duphong::repository::layout::Folder;
use duphong::repository::prune::Limits;
use duphong::repository::snapshot::Snapshot;
use duphong::repository::verify::Depth;
use duphong::world::entropy::SystemEntropy;
use jiff::SignedDuration;

use crate::job::portal::{Installation, SOURCES, configuration};
use crate::source::wait_until;

/// A folder on a full file system of its own, which is unmounted when dropped.
pub(super) struct Full(std::path::PathBuf);

impl Full {
    /// The audit log.
    pub(super) fn new(here: &Installation) -> Self {
        Self::of(here, "state/audit")
    }

    pub(super) fn of(here: &Installation, folder: &str) -> Self {
        let at = here.path(folder);
        let kept = here.path(format!("kept-{}", folder.replace('/', "-")));
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

    pub(super) fn relieve(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
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
    let here = Installation::with(&configuration(SOURCES).replace("rpo: 6h }", rules));
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

/// Sets that are in the log and not in the repository.
fn gone(here: &Installation) -> Vec<String> {
    let listed = sets::list(&here.site, None, None).unwrap().sets;
    let protection = hold::protection(&here.site, &here.site.log().unwrap()).unwrap();
    let taken = protection.standing("local").into_iter();
    let is_there = |id: &&str| listed.iter().any(|set| set.id.to_string() == **id);
    taken.filter(|id| !is_there(id)).map(str::to_owned).collect()
}

fn count(here: &Installation) -> usize {
    sets::list(&here.site, None, None).unwrap().sets.len()
}

#[test]
fn without_a_log_that_can_be_written_nothing_is_forgotten() {
    let here = installation();
    leave_something_to_prune(&here);
    let gone = gone(&here);
    let limits = Limits::default();
    assert!(!prune::plan(&here.site, "local", limits, &gone).unwrap().is_empty(), "there is work");
    let full = Full::new(&here);
    let fault = forget::forget(&here.site, "local", None).unwrap_err();
    assert!(fault.code().starts_with("audit."), "{}", fault.code());
    assert_eq!(count(&here), 2);
    prune::prune(&here.site, "local", limits, &gone).unwrap_err();
    let word = hold::Word { by: "An".to_owned(), reason: "vụ 12".to_owned() };
    hold::hold(&here.site, None, "latest", &word).unwrap_err();
    full.relieve();
    let done = forget::forget(&here.site, "local", None).unwrap();
    assert_eq!((done.gone.len(), count(&here)), (1, 1));
}

/// An intent of all of them would be longer than an entry may be, so that none could ever go.
#[test]
fn more_sets_than_an_entry_holds_go_in_several_steps() {
    let here = installation();
    let repository = here.site.open("local").unwrap();
    let (_, oldest) = repository.snapshots().unwrap().sets.remove(0);
    for number in 1..=300 {
        let earlier =
            Snapshot { time: oldest.time - SignedDuration::from_hours(number), ..oldest.clone() };
        let sealed = seal(repository.key(), &SystemEntropy, Form::Compressed, &earlier).unwrap();
        let name = Folder::Snapshots.name(&Digest::of(&sealed));
        repository.block_on(repository.store().put(&name, sealed.into())).unwrap();
    }
    let done = forget::forget(&here.site, "local", None).unwrap();
    assert!(done.fault.is_none(), "{:?}", done.fault);
    assert_eq!((done.gone.len(), count(&here)), (301, 1));
    let entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let told = entries.filter(|entry| entry.verb == "repository.forget");
    let told: Vec<_> =
        told.filter_map(|one| Some(one.facts.get("forget")?.as_array()?.len())).collect();
    assert_eq!(told, [250, 51]);
}

/// A wish to stop comes between two sets: what went is on record.
#[test]
fn a_run_that_is_stopped_says_what_it_did() {
    let here = installation();
    here.site.cancel.cancel();
    let done = forget::forget(&here.site, "local", None).unwrap();
    let fault = done.fault.unwrap();
    assert_eq!((fault.code(), done.gone.len(), count(&here)), ("job.interrupted", 0, 2));
    let last = last_entry(&here);
    assert_eq!((last.verb.as_str(), last.result), ("repository.forget", Some(Ending::Failed)));
    assert_eq!(last.facts["forgotten"], serde_json::json!([]));
}

/// The turn is ours until the hold is on record, as it is while a set is being taken out.
#[test]
fn a_hold_stops_a_forget_that_is_at_work_already() {
    let here = installation();
    let turn = here.site.exclusively("hold", "all").unwrap();
    let word = hold::Word { by: "An".to_owned(), reason: "vụ 12".to_owned() };
    let wait_for = |verb: &str| {
        wait_until(verb, || verbs(&here).iter().any(|known| known == verb));
    };
    let done = std::thread::scope(|scope| {
        let forgetting = scope.spawn(|| forget::forget(&here.site, "local", None).unwrap());
        wait_for("repository.forget");
        let holding = scope.spawn(|| hold::hold_portal(&here.site, "mau", &word).unwrap());
        wait_for("retention.hold");
        assert!(!holding.is_finished(), "nobody is told before it is true");
        drop(turn);
        holding.join().unwrap();
        forgetting.join().unwrap()
    });
    let fault = done.fault.unwrap();
    assert_eq!((fault.code(), fault.exit()), ("job.held-meanwhile", ExitCode::HumanNeeded));
    assert_eq!((done.gone.len(), count(&here)), (0, 2));
    let last = last_entry(&here);
    assert_eq!(last.facts["forgotten"], serde_json::json!([]));
}

fn verbs(here: &Installation) -> Vec<String> {
    let entries = here.site.log().unwrap().reader().unwrap().entries();
    entries.map(|entry| entry.unwrap().verb).collect()
}

/// A reader keeps the last part away: what was written again until then is on record.
#[test]
fn a_prune_that_is_refused_halfway_says_what_it_did() {
    let here = installation();
    leave_something_to_prune(&here);
    let gone = gone(&here);
    let repository = here.site.open("local").unwrap();
    let reader = repository.lock_shared().unwrap();
    let limits = Limits { pack_bytes: 1000, ..Limits::default() };
    let done = prune::prune(&here.site, "local", limits, &gone).unwrap();
    let pruned = done.pruned.as_ref().unwrap();
    assert!(pruned.packs_written > 0 && pruned.packs_removed == 0, "{done:?}");
    assert_eq!(done.exit(), ExitCode::Locked);
    let last = last_entry(&here);
    assert_eq!((last.verb.as_str(), last.result), ("repository.prune", Some(Ending::Failed)));
    assert_eq!(last.code.as_deref(), Some("repository.locked"));
    assert_eq!(last.facts["packs-written"], pruned.packs_written);
    drop(reader);
    let done = prune::prune(&here.site, "local", Limits::default(), &[]).unwrap();
    assert_eq!((done.exit(), done.pruned.unwrap().packs_written), (ExitCode::Done, 0));
    assert_eq!(last_entry(&here).result, Some(Ending::Done));
}

/// The file of a set that is gone looks like one that was forgotten; the log knows better.
#[test]
fn a_set_that_nobody_forgot_must_be_there() {
    let here = installation();
    let listed = sets::list(&here.site, None, None).unwrap().sets;
    let [lost, held] = [0, 1].map(|at: usize| listed[at].id.to_string());
    let word = hold::Word { by: "An".to_owned(), reason: "vụ 12".to_owned() };
    hold::hold(&here.site, None, &held, &word).unwrap();
    let packs = || std::fs::read_dir(here.path("repository/data")).unwrap().count();
    let before = packs();
    let refused = |gone: &[&str], names: &[&str]| {
        let gone: Vec<_> = gone.iter().map(|id| (*id).to_owned()).collect();
        for fault in [
            prune::plan(&here.site, "local", Limits::default(), &gone).unwrap_err(),
            prune::prune(&here.site, "local", Limits::default(), &gone).unwrap_err(),
        ] {
            assert_eq!((fault.code(), fault.exit()), ("job.sets-gone", ExitCode::Integrity));
            assert!(names.iter().all(|id| fault.to_string().contains(&id[..16])), "{fault}");
        }
        assert_eq!((packs(), last_entry(&here).verb.as_str()), (before, "snapshot.hold"));
    };
    for id in [&lost, &held] {
        let file = here.path("repository/snapshots").join(id);
        let bytes = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        refused(&[], &[id]);
        refused(&[&id[..7]], &[id]);
        std::fs::write(&file, bytes).unwrap();
    }
    // Something is left for a prune to do: a set that was taken and removed by another program.
    leave_something_to_prune(&here);
    let gone = gone(&here);
    let done = prune::prune(&here.site, "local", Limits::default(), &gone).unwrap();
    assert!(done.pruned.unwrap().packs_removed > 0);
    // It is not asked for again.
    prune::plan(&here.site, "local", Limits::default(), &[]).unwrap();
}

fn last_entry(here: &Installation) -> Entry {
    let entries = here.site.log().unwrap().reader().unwrap().entries();
    entries.map(Result::unwrap).last().unwrap()
}
