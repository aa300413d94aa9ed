//! Verbs that change a repository, killed when they enter one of their system calls.
//!
//! `strace` records which calls a whole run makes, and then kills other runs, from the same
//! beginning, at calls drawn from these: the N-th of a kind in a thread.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use duphong::job::{forget, sets, snapshot, verify};
use duphong::repository::verify::Depth;
use tempfile::TempDir;

use crate::job::kill::{Dice, abandoned, duphong, kills};
use crate::job::portal::{Installation, SOURCES, configuration};

/// Calls by which a process leaves something behind, or is about to.
const CALLS: &str = "openat,write,pwrite64,copy_file_range,ftruncate,fsync,fdatasync,rename,\
                     renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,flock";

/// As many of each verb in the suite.
const FEW: u64 = 6;

/// Three sets of a portal whose rules keep two, each with data of its own; all are proven.
fn installation() -> Installation {
    let rules = "rpo: 6h, retention: { last: 2 } }";
    let here = Installation::with(&configuration(SOURCES).replace("rpo: 6h }", rules));
    for number in 0..3 {
        change(&here, number);
        snapshot::create(&here.site, "mau").unwrap();
    }
    verify::repository(&here.site, "local", Depth::AllData).unwrap();
    here
}

/// Content that does not compress, so that packs differ.
fn change(here: &Installation, number: u64) {
    let mut dice = Dice(number);
    let bytes: Vec<u8> = (0..300_000).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect();
    std::fs::write(here.path("portal/media/2026/doi.bin"), bytes).unwrap();
}

/// Everything in the folder, to begin from again.
struct Beginning(TempDir);

impl Beginning {
    fn of(here: &Installation) -> Self {
        let kept = TempDir::new().unwrap();
        copy(&here.path("."), kept.path());
        Self(kept)
    }

    fn again(&self, here: &Installation) {
        for entry in std::fs::read_dir(here.path("")).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                std::fs::remove_dir_all(entry.path()).unwrap();
            } else {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
        copy(&self.0.path().join("."), &here.path(""));
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

/// A call of a kind, counted in its thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::job) struct Place {
    call: String,
    number: u64,
}

impl Place {
    pub(super) fn is_of(&self, call: &str) -> bool {
        self.call == call
    }
}

/// The program under `strace`, which writes the calls to `record`.
pub(in crate::job) fn traced(
    here: &Installation,
    verb: &[&str],
    record: &Path,
    inject: Option<&Place>,
) -> Output {
    let program = duphong(here, verb);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "signal=none", "-e"]);
    command.arg(format!("trace={CALLS}")).arg("-o").arg(record);
    if let Some(Place { call, number }) = inject {
        command.arg("-e").arg(format!("inject={call}:signal=KILL:when={number}"));
    }
    command.arg(program.get_program()).args(program.get_args());
    command.env_clear().env("HOME", here.path("")).stdin(Stdio::null());
    command.output().expect("strace is installed by tests/run")
}

/// What an undisturbed run calls, in its order.
fn places(here: &Installation, verb: &[&str], record: &Path) -> Vec<Place> {
    let output = traced(here, verb, record, None);
    assert!(output.status.success(), "{output:?}");
    let places: Vec<_> = recorded(record).into_iter().map(|(place, _)| place).collect();
    assert!(places.len() > 100, "{} calls", places.len());
    places
}

/// The calls of a record, each with its arguments.
pub(super) fn recorded(record: &Path) -> Vec<(Place, String)> {
    let text = std::fs::read_to_string(record).unwrap();
    let mut counts: HashMap<(&str, &str), u64> = HashMap::new();
    let mut places = Vec::new();
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let Some((call, arguments)) = call.trim_start().split_once('(') else { continue };
        let number = counts.entry((thread, call)).or_default();
        *number += 1;
        let place = Place { call: call.to_owned(), number: *number };
        places.push((place, arguments.to_owned()));
    }
    places
}

/// Everything that counts about a repository: how many sets there are, and what restic says.
#[track_caller]
fn sets_of(here: &Installation, what: &str) -> usize {
    let check = here.restic(&["check", "--no-lock", "--read-data"]);
    assert!(check.status.success(), "{what}: {}", String::from_utf8_lossy(&check.stderr));
    let listing = sets::list(&here.site, None, Some("mau")).unwrap();
    assert!(listing.unreadable.is_empty(), "{what}");
    listing.sets.len()
}

/// Kills `verb` again and again from where `here` stands now. After each kill the repository is
/// sound and has `before` to `after` sets; the verb done again has `after` or, where it adds one
/// each time it is done, one more.
fn killed_at_calls(here: &Installation, verb: &[&str], before: usize, after: usize, adds: bool) {
    let beginning = Beginning::of(here);
    let record = TempDir::new().unwrap();
    let record = record.path().join("calls");
    let places = places(here, verb, &record);
    assert_eq!(sets_of(here, "undisturbed"), after);
    let mut dice = Dice::new();
    let (mut hit, mut cut_off) = (0, 0);
    let kills = kills(FEW);
    for _ in 0..kills {
        let place = &places[dice.roll(places.len())];
        let what = format!("{verb:?} killed at {place:?}");
        beginning.again(here);
        let ended = traced(here, verb, &record, Some(place));
        let reported = ended.status.success();
        hit += u64::from(!reported);
        let sets = sets_of(here, &what);
        let (least, most) = (before.min(after), before.max(after));
        assert!((least..=most).contains(&sets), "{what}: {sets} sets");
        assert!(!reported || sets == after, "{what}: it said that it was done, {sets} sets");
        let again = duphong(here, verb).output().unwrap();
        assert!(again.status.success(), "{what}: {}", String::from_utf8_lossy(&again.stderr));
        let expected = if adds { sets + 1 } else { after };
        assert_eq!(sets_of(here, &what), expected, "{what}, and done again");
        cut_off += abandoned(here, &what);
    }
    assert!(hit * 2 > kills, "{hit} of {kills} were killed: the calls are not those that it makes");
    eprintln!(
        "{verb:?}: {} calls, {hit} of {kills} killed, {cut_off} on record as abandoned",
        places.len()
    );
}

#[test]
fn a_snapshot_killed_at_any_call_leaves_a_sound_repository_and_is_taken_again() {
    let here = installation();
    change(&here, 3);
    killed_at_calls(&here, &["snapshot", "create", "--portal", "mau"], 3, 4, true);
}

#[test]
fn a_forget_killed_at_any_call_forgets_no_other_set_and_goes_on() {
    let here = installation();
    killed_at_calls(&here, &["repository", "forget"], 3, 2, false);
}

#[test]
fn a_prune_killed_at_any_call_removes_nothing_that_is_needed_and_goes_on() {
    let here = installation();
    forget::forget(&here.site, "local", None).unwrap();
    let prune = ["repository", "prune", "local", "--max-unused", "0"];
    killed_at_calls(&here, &prune, 2, 2, false);
}
