//! The signing key of the audit log, killed while it is rotated.

use std::path::{Path, PathBuf};
use std::process::Command;

use duphong::audit::verify::{Trust, Verdict, verify};
use duphong::audit::{Ending, Kind, ROTATE};
use tempfile::TempDir;

use crate::job::kill::calls::{Place, recorded, traced};
use crate::job::kill::{Dice, abandoned, duphong, kills};
use crate::job::portal::{Installation, configuration};

const VERB: [&str; 7] = ["audit", "key", "rotate", "--by", "An", "--reason", "thử"];

/// Calls drawn from those beside which nothing gets another name.
const FEW: u64 = 3;

fn folder(here: &Installation) -> PathBuf {
    here.site.settings.audit_dir()
}

fn again(from: &Path, here: &Installation) {
    let to = folder(here);
    std::fs::remove_dir_all(&to).unwrap();
    let copied = Command::new("cp").arg("-a").arg(from).arg(&to).status().unwrap();
    assert!(copied.success());
}

/// How often the key was rotated, by the handovers; the log is valid under the key that everybody
/// has, and every rotation that was announced ended as it says.
fn rotations(here: &Installation, first: &str, what: &str) -> usize {
    let unsettled = abandoned(here, what);
    let trust = Trust { vkey: Some(first.to_owned()), anchors: Vec::new() };
    let report = verify(&folder(here), &trust);
    assert_eq!((report.verdict(), report.findings), (Verdict::Valid, vec![]), "{what}");
    let log = here.site.log().unwrap();
    let entries = log.reader().unwrap().entries().map(Result::unwrap);
    let ended: Vec<_> = entries
        .filter(|entry| entry.kind == Kind::Outcome && entry.verb == ROTATE)
        .map(|entry| entry.result)
        .collect();
    let done = ended.iter().filter(|result| **result == Some(Ending::Done)).count();
    assert_eq!(done + unsettled, ended.len(), "{what}: {ended:?}");
    let left = std::fs::read_dir(folder(here).join("key")).map_or(0, |files| {
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.parse::<u32>().is_ok()).count()
    });
    assert_eq!(left, done, "{what}");
    assert!(!folder(here).join("log.key.new").exists(), "{what}");
    assert_eq!(log.vkey() == first, done == 0, "{what}");
    done
}

#[test]
fn a_rotation_killed_at_any_call_leaves_one_key_in_force_and_can_be_run_again() {
    let trees = "    trees:\n      - { role: media, name: tep, path: @portal/media }\n";
    let here = Installation::with(&configuration(trees));
    let first = here.site.log().unwrap().vkey().to_owned();
    let kept = TempDir::new().unwrap();
    let (sound, record) = (kept.path().join("sound"), kept.path().join("calls"));
    let copied = Command::new("cp").arg("-a").arg(folder(&here)).arg(&sound).status().unwrap();
    assert!(copied.success());
    let output = traced(&here, &VERB, &record, None);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(rotations(&here, &first, "undisturbed"), 1);
    let changes = ["rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat"];
    let (named, others): (Vec<Place>, Vec<Place>) = recorded(&record)
        .into_iter()
        .map(|(place, _)| place)
        .partition(|place| changes.iter().any(|call| place.is_of(call)));
    assert!(named.len() > 8, "{named:?}");
    let mut dice = Dice::new();
    let drawn: Vec<_> = (0..kills(FEW)).map(|_| others[dice.roll(others.len())].clone()).collect();
    let (mut hit, mut finished) = (0, 0);
    for place in named.iter().chain(&drawn) {
        let what = format!("killed at {place:?}");
        again(&sound, &here);
        let told = traced(&here, &VERB, &record, Some(place)).status.success();
        hit += usize::from(!told);
        let done = rotations(&here, &first, &what);
        finished += done;
        assert!(!told || done == 1, "{what}: it said that it was done");
        let next = duphong(&here, &VERB).output().unwrap();
        assert!(next.status.success(), "{what}: {}", String::from_utf8_lossy(&next.stderr));
        assert_eq!(rotations(&here, &first, &what), done + 1, "{what}");
    }
    // Some before the handover, some behind it.
    assert!(hit >= named.len() && finished > 0 && finished < hit, "{hit} killed, {finished} done");
    eprintln!("{hit} killed, {finished} of them had handed over");
}
