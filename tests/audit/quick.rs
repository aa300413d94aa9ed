//! The verifier's quick way and its exact one, on drawn entries and on logs that were harmed at random:
//! they must remember and find the same.
//!
//! `DUPHONG_QUICK=500 DUPHONG_QUICK_SEED=7 cargo test --test it audit::quick` draws more, of another
//! kind.

use std::fs;
use std::path::{Path, PathBuf};

use duphong::audit::verify::agree::{on_leaf, on_tail_line, verify_exactly, verify_export_exactly};
use duphong::audit::verify::{self, Trust};
use duphong::audit::{Deed, Log, Outcome};
use serde_json::{Map, Value, json};

use super::bundle::{export, unpack};
use super::differing::{Draw, change};
use super::{ORIGIN, actor, still_world};

/// Logs and exports that are harmed in one run.
const HARMED: usize = 12;

/// Enough for several threads, and an end that fills no bundle.
const ENTRIES: u64 = 5 * 256 + 90;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn seed() -> u64 {
    number("DUPHONG_QUICK_SEED").unwrap_or(0x51c1)
}

fn harmed() -> usize {
    number("DUPHONG_QUICK").map_or(HARMED, |count| usize::try_from(count).unwrap())
}

/// What texts are made of: letters of one to four bytes, and all that JSON escapes.
const LETTERS: [&str; 22] = [
    "a", "Z", "0", " ", "ớ", "Đ", "\u{2028}", "😀", "\u{85}", "\u{7f}", "/", "\"", "\\", "\n",
    "\r", "\t", "\u{8}", "\u{c}", "\0", "\u{1f}", "cong-mau", "9f2c",
];

fn text(draw: &mut Draw) -> String {
    // Most texts have nothing that is escaped.
    let letters = if draw.below(3) == 0 { LETTERS.len() } else { 11 };
    (0..draw.below(12)).map(|_| LETTERS[draw.below(letters)]).collect()
}

fn value(draw: &mut Draw, depth: usize) -> Value {
    match draw.below(if depth < 4 { 12 } else { 9 }) {
        0 => Value::Null,
        1 => draw.below(2).eq(&0).into(),
        2 => draw.below(100).into(),
        3 => (u64::MAX - draw.below(3) as u64).into(),
        4 => (i64::MIN + i64::try_from(draw.below(3)).unwrap()).into(),
        5 => (-i64::try_from(draw.below(3)).unwrap()).into(),
        6 => json!(0.25),
        7 | 8 => text(draw).into(),
        9 => (0..draw.below(4)).map(|_| value(draw, depth + 1)).collect(),
        10 => Value::Object(facts(draw, depth + 1)),
        // Deeper than the quick way goes, and than lists of ours are.
        _ => (0..draw.below(30)).fold(Value::Null, |inner, _| json!([inner])),
    }
}

fn facts(draw: &mut Draw, depth: usize) -> Map<String, Value> {
    (0..draw.below(5)).map(|_| (text(draw), value(draw, depth))).collect()
}

fn deed(draw: &mut Draw) -> Deed {
    let verb = ["snapshot.create", "wal.keep", "audit.export", "probe.verdict"][draw.below(4)];
    Deed { verb, subject: text(draw), facts: facts(draw, 0) }
}

/// A log of drawn entries of all kinds; its clock goes forth and back.
fn drawn(dir: &Path, draw: &mut Draw) -> Log {
    let (world, clock) = still_world();
    let log = Log::create(dir, ORIGIN, &world).unwrap();
    let mut open = Vec::new();
    while log.reader().unwrap().size() < ENTRIES {
        let left = usize::try_from(ENTRIES - log.reader().unwrap().size()).unwrap();
        let minutes = i64::try_from(draw.below(9)).unwrap() - 1;
        let now = duphong::world::clock::Clock::now(clock.as_ref());
        clock.jump_to(now + jiff::SignedDuration::from_mins(minutes));
        match draw.below(5) {
            0 => open.push(log.intend(&actor(), deed(draw)).unwrap()),
            1 => open.push(log.intend_numbered(&actor(), deed(draw), "drill").unwrap()),
            2 if !open.is_empty() => {
                let intent = open.swap_remove(draw.below(open.len()));
                let ends = [Outcome::done(), Outcome::warnings(), Outcome::failed("a.b")];
                let ended = ends[draw.below(3)].clone();
                log.settle(intent, ended.fact("why", value(draw, 0))).unwrap();
            }
            _ => {
                let deeds = (0..left.min(draw.below(90))).map(|_| deed(draw)).collect();
                log.record_batch(&actor(), deeds).unwrap();
            }
        }
    }
    log.anchor(&actor(), &dir.with_extension("anchor")).unwrap();
    log
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for file in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_dir() {
            all.extend(files(&file.path()));
        } else {
            all.push(file.path());
        }
    }
    all.sort();
    all
}

fn lines(path: &Path) -> Vec<Vec<u8>> {
    fs::read(path).unwrap().split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn lines_of_logs_and_exports_are_read_alike_by_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let mut draw = Draw(seed());
    let log = drawn(&folder.path().join("log"), &mut draw);
    let tails: Vec<_> =
        files(&log.dir().join("tail")).iter().flat_map(|tail| lines(tail)).collect();
    let quick = tails.iter().filter(|line| on_tail_line(line)).count();
    // What has escapes in a name or subject, or large numbers, is left to the exact way.
    assert!(quick * 4 > tails.len() && quick < tails.len(), "{quick} of {}", tails.len());
    export(&log, 3..ENTRIES, &folder.path().join("zip"));
    let out = folder.path().join("out");
    unpack(&folder.path().join("zip"), &out);
    let (leaves, shown) = (lines(&out.join("entries.jsonl")), lines(&out.join("openings.jsonl")));
    let quick = leaves.iter().zip(&shown).filter(|(leaf, shown)| on_leaf(leaf, shown)).count();
    assert!(quick * 4 > leaves.len() && quick < leaves.len(), "{quick} of {}", leaves.len());
    let mut taken = 0;
    for _ in 0..harmed() * 250 {
        let mut line = tails[draw.below(tails.len())].clone();
        change(&mut draw, &mut line);
        taken += usize::from(on_tail_line(&line));
        let at = draw.below(leaves.len());
        let (mut leaf, mut shown) = (leaves[at].clone(), shown[at].clone());
        let is_leaf = draw.below(2) == 0;
        change(&mut draw, if is_leaf { &mut leaf } else { &mut shown });
        on_leaf(&leaf, &shown);
    }
    assert!(taken > 0, "some changes only say something else");
}

type Judge = fn(&Path, &Trust) -> verify::Report;

/// Harms files below `dir` that hold entries, hashes or heads, one at a time or two.
fn harm(dir: &Path, draw: &mut Draw, trust: &Trust, ways: [Judge; 2]) {
    let [quick, exact] = ways;
    let all = files(dir);
    for _ in 0..harmed() {
        let mut kept = Vec::new();
        for _ in 0..=draw.below(2) {
            let path = all[draw.below(all.len())].clone();
            let Ok(mut bytes) = fs::read(&path) else { continue };
            kept.push((path.clone(), bytes.clone()));
            if draw.below(9) == 0 {
                fs::remove_file(&path).unwrap();
            } else {
                change(draw, &mut bytes);
                fs::write(&path, bytes).unwrap();
            }
        }
        let names: Vec<_> = kept.iter().map(|(path, _)| path).collect();
        assert_eq!(quick(dir, trust), exact(dir, trust), "seed {}: {names:?}", seed());
        // The last one that was kept may be a second look at the same file.
        for (path, bytes) in kept.iter().rev() {
            fs::write(path, bytes).unwrap();
        }
    }
}

#[test]
fn a_log_and_an_export_that_were_harmed_are_judged_alike_by_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("log");
    let mut draw = Draw(seed());
    let log = drawn(&dir, &mut draw);
    let trust =
        Trust { vkey: Some(log.vkey().to_owned()), anchors: vec![dir.with_extension("anchor")] };
    let report = verify::verify(&dir, &trust);
    assert_eq!(report.verdict(), verify::Verdict::Valid, "{report:#?}");
    assert_eq!(report, verify_exactly(&dir, &trust));
    harm(&dir, &mut draw, &trust, [verify::verify, verify_exactly]);
    export(&log, 3..ENTRIES, &folder.path().join("zip"));
    let out = folder.path().join("out");
    unpack(&folder.path().join("zip"), &out);
    let trust = Trust { vkey: Some(log.vkey().to_owned()), anchors: Vec::new() };
    let report = verify::verify_export(&out, &trust);
    assert_eq!(report.verdict(), verify::Verdict::Valid, "{report:#?}");
    assert_eq!(report, verify_export_exactly(&out, &trust));
    for name in ["README.txt", "verify.py", "verify.html", "figures.py"] {
        fs::remove_file(out.join(name)).unwrap();
    }
    harm(&out, &mut draw, &trust, [verify::verify_export, verify_export_exactly]);
}
