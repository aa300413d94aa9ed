//! The verifier: sound logs are valid, and every kind of damage is found and named.

use std::fs;
use std::path::{Path, PathBuf};

use duphong::audit::verify::{Report, Trust, Verdict, verify, verify_export};
use duphong::audit::{AuditError, Log};
use proptest::prelude::*;

use super::bundle::{export, unpack};
use super::{ORIGIN, actor, copy, deed, grow, real_world, still_world};

/// A log of `size` entries and its public key.
fn log(dir: &Path, size: u64) -> String {
    let (world, _) = still_world();
    let log = Log::create(dir, ORIGIN, &world).unwrap();
    grow(&log, size);
    log.vkey().to_owned()
}

pub(super) fn trust(vkey: &str, anchors: &[&Path]) -> Trust {
    let anchors = anchors.iter().map(|path| path.to_path_buf()).collect();
    Trust { vkey: Some(vkey.to_owned()), anchors }
}

fn found(report: &Report) -> Vec<(&'static str, Option<u64>)> {
    report.findings.iter().map(|finding| (finding.message.id, finding.seq)).collect()
}

#[track_caller]
pub(super) fn check(report: &Report, verdict: Verdict, finding: &str, seq: Option<u64>) {
    assert_eq!(report.verdict(), verdict, "{report:#?}");
    assert!(found(report).contains(&(find_id(finding), seq)), "{report:#?}");
}

/// Findings are compared by their message; leaking the few names of a test is no loss.
fn find_id(name: &str) -> &'static str {
    Box::leak(format!("audit-found-{name}").into_boxed_str())
}

/// Every file of a log but the private key, the lock and the key's copy.
fn stored(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                folders.push(path);
            } else if !["log.key", "log.vkey", "lock"].contains(&name) {
                files.push(path.strip_prefix(dir).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// Changes the lines of a tail.
fn change_tail(dir: &Path, number: u64, change: impl FnOnce(&mut Vec<String>)) {
    let path = dir.join(format!("tail/{number:09}.jsonl"));
    let mut lines: Vec<_> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn a_sound_log_is_valid_at_every_size_around_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let log = Log::create(folder.path(), ORIGIN, &world).unwrap();
    for size in [1, 2, 255, 256, 257, 511, 512, 513, 900] {
        grow(&log, size);
        let report = verify(folder.path(), &trust(log.vkey(), &[]));
        assert_eq!(report.verdict(), Verdict::Valid, "{report:#?}");
        assert_eq!(report.findings, []);
        assert_eq!(report.entries, 0..size);
        assert_eq!(report.head, Some((size, log.head().unwrap().root)));
    }
    let report = verify(folder.path(), &Trust::default());
    check(&report, Verdict::Valid, "own-key", None);
}

#[test]
fn a_log_of_two_levels_of_tiles_is_valid_and_exports() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("log");
    let vkey = log(&dir, 256 * 256 + 700);
    assert_eq!(verify(&dir, &trust(&vkey, &[])).findings, []);
    let (world, _) = still_world();
    let log = Log::open(&dir, &world).unwrap();
    grow(&log, 256 * 256 + 702);
    let out = folder.path().join("out.zip");
    export(&log, 65_000..66_000, &out);
    let report = verify_export(&out, &trust(&vkey, &[]));
    assert_eq!((report.verdict(), report.findings), (Verdict::Valid, vec![]));
    assert_eq!(verify(&dir, &trust(&vkey, &[])).verdict(), Verdict::Valid);
}

#[test]
fn an_edited_dropped_doubled_moved_or_added_entry_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    let vkey = log(&sound, 300);
    let damaged = |change: &dyn Fn(&mut Vec<String>)| {
        let dir = folder.path().join("damaged");
        let _ = fs::remove_dir_all(&dir);
        copy(&sound, &dir);
        change_tail(&dir, 1, change);
        verify(&dir, &trust(&vkey, &[]))
    };
    let edited = damaged(&|lines| lines[9] = lines[9].replace("cong-mau", "cong-khac"));
    check(&edited, Verdict::Invalid, "edited", Some(265));
    check(&edited, Verdict::Invalid, "root", None);
    let dropped = damaged(&|lines| drop(lines.remove(9)));
    check(&dropped, Verdict::Invalid, "seq", Some(265));
    check(&dropped, Verdict::Invalid, "cut", None);
    let doubled = damaged(&|lines| lines.insert(9, lines[9].clone()));
    check(&doubled, Verdict::Invalid, "seq", Some(266));
    let moved = damaged(&|lines| lines.swap(9, 12));
    check(&moved, Verdict::Invalid, "seq", Some(265));
    check(&moved, Verdict::Invalid, "seq", Some(268));
    let spelled = damaged(&|lines| lines[9] = lines[9].replacen("\"v\":2", "\"v\": 2", 1));
    check(&spelled, Verdict::Invalid, "line", Some(265));
    let cut = damaged(&|lines| lines.truncate(40));
    check(&cut, Verdict::Invalid, "cut", None);
    let added = damaged(&|lines| lines.push(lines[43].replace("\"seq\":299", "\"seq\":300")));
    assert_eq!(added.verdict(), Verdict::Invalid); // an outcome of an intent that has one
    let garbage = damaged(&|lines| lines.push("rác".to_owned()));
    check(&garbage, Verdict::Inconclusive, "unsigned", None);
}

#[test]
fn an_entry_of_a_sealed_bundle_is_named_when_it_is_edited() {
    let folder = tempfile::tempdir().unwrap();
    let vkey = log(folder.path(), 600);
    let path = folder.path().join("tile/entries/000");
    let mut bundle = fs::read(&path).unwrap();
    let place = bundle.windows(8).position(|window| window == b"snapshot").unwrap();
    bundle[place] = b'k';
    fs::write(path, bundle).unwrap();
    let report = verify(folder.path(), &trust(&vkey, &[]));
    check(&report, Verdict::Invalid, "edited", Some(1));
    check(&report, Verdict::Invalid, "opening", Some(1));
}

#[test]
fn each_stored_file_that_is_lost_or_cut_short_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    let vkey = log(&sound, 600);
    for file in stored(&sound) {
        for keep in [None, Some(0), Some(40)] {
            let dir = folder.path().join("damaged");
            let _ = fs::remove_dir_all(&dir);
            copy(&sound, &dir);
            let path = dir.join(&file);
            match keep {
                Some(length) => {
                    let bytes = fs::read(&path).unwrap();
                    fs::write(&path, &bytes[..length]).unwrap();
                }
                None => fs::remove_file(&path).unwrap(),
            }
            let report = verify(&dir, &trust(&vkey, &[]));
            assert!(!report.findings.is_empty(), "{} kept {keep:?}", file.display());
            // A lost partial tile is derived and only noted; nothing else passes as valid.
            let is_noted = keep.is_none() && file.to_str().unwrap().contains(".p/");
            assert_eq!(
                report.verdict() == Verdict::Valid,
                is_noted,
                "{} kept {keep:?}: {report:#?}",
                file.display()
            );
        }
    }
}

#[test]
fn a_cut_that_takes_the_head_along_is_found_by_an_anchor_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, old) = (folder.path().join("log"), folder.path().join("old"));
    let (first, second) = (folder.path().join("a.head"), folder.path().join("b.head"));
    let (world, _) = still_world();
    let log = Log::create(&dir, ORIGIN, &world).unwrap();
    grow(&log, 10);
    let early = log.anchor(&actor(), &first).unwrap().size;
    copy(&dir, &old);
    grow(&log, 30);
    log.anchor(&actor(), &second).unwrap();
    let key = log.vkey();

    let report = verify(&dir, &trust(key, &[&first, &second]));
    assert_eq!(report.verdict(), Verdict::Valid, "{report:#?}");
    assert_eq!(report.anchors.iter().map(|reach| reach.size).collect::<Vec<_>>(), [early, 31]);
    // Yesterday's folder put back: sound in itself.
    assert_eq!(verify(&old, &trust(key, &[&first])).verdict(), Verdict::Valid);
    check(&verify(&old, &trust(key, &[&second])), Verdict::Invalid, "anchor-cut", None);
    // The log refuses to overwrite the anchor that proves it.
    let cut = Log::open(&old, &world).unwrap();
    let fault = cut.anchor(&actor(), &second).unwrap_err();
    assert!(matches!(fault, AuditError::AnchorContradicts { .. }));
    // Rewritten and grown past the anchor, with the genuine key.
    grow(&cut, 50);
    check(&verify(&old, &trust(key, &[&second])), Verdict::Invalid, "anchor-rewritten", None);
    let fault = cut.anchor(&actor(), &second).unwrap_err();
    assert!(matches!(fault, AuditError::AnchorContradicts { .. }));
}

#[test]
fn a_file_that_is_no_anchor_is_neither_believed_nor_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, path) = (folder.path().join("log"), folder.path().join("ghi-chu.txt"));
    let vkey = log(&dir, 3);
    fs::write(&path, "không phải mốc neo").unwrap();
    check(&verify(&dir, &trust(&vkey, &[&path])), Verdict::Inconclusive, "not-an-anchor", None);
    let lost = folder.path().join("mất");
    check(&verify(&dir, &trust(&vkey, &[&lost])), Verdict::Inconclusive, "unreadable", None);
    let (world, _) = still_world();
    let fault = Log::open(&dir, &world).unwrap().anchor(&actor(), &path).unwrap_err();
    assert!(matches!(fault, AuditError::NotAnAnchor { .. }));
    assert_eq!(fs::read_to_string(path).unwrap(), "không phải mốc neo");
}

#[test]
fn a_head_of_another_key_or_an_altered_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, other) = (folder.path().join("log"), folder.path().join("other"));
    let vkey = log(&dir, 5);
    let foreign = Log::create(&other, ORIGIN, &real_world()).unwrap().vkey().to_owned();
    check(&verify(&dir, &trust(&foreign, &[])), Verdict::Invalid, "signature", None);
    check(&verify(&dir, &trust(&foreign, &[])), Verdict::Invalid, "other-key", Some(0));
    check(&verify(&dir, &trust("rác", &[])), Verdict::Inconclusive, "key", None);
    let head = fs::read_to_string(dir.join("checkpoint")).unwrap();
    fs::write(dir.join("checkpoint"), head.replacen("\n5\n", "\n4\n", 1)).unwrap();
    check(&verify(&dir, &trust(&vkey, &[])), Verdict::Invalid, "signature", None);
    let (world, _) = still_world();
    assert!(matches!(Log::open(&dir, &world), Err(AuditError::Head { .. })));
}

#[test]
fn a_damaged_log_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    log(&sound, 300);
    let (world, _) = still_world();
    let open = |damage: &dyn Fn(&Path)| {
        let dir = folder.path().join("damaged");
        let _ = fs::remove_dir_all(&dir);
        copy(&sound, &dir);
        damage(&dir);
        let before: Vec<_> =
            stored(&dir).iter().map(|file| fs::read(dir.join(file)).unwrap()).collect();
        let fault = Log::open(&dir, &world).unwrap_err();
        let after: Vec<_> =
            stored(&dir).iter().map(|file| fs::read(dir.join(file)).unwrap()).collect();
        assert!(before == after, "the evidence was changed");
        fault
    };
    let fault = open(&|dir| change_tail(dir, 1, |lines| drop(lines.pop())));
    assert!(matches!(fault, AuditError::Cut { head: 300, found: 299 }), "{fault}");
    let fault = open(&|dir| change_tail(dir, 1, |lines| lines[3] = lines[3].replace("an", "em")));
    assert!(matches!(fault, AuditError::Changed { size: 300 }), "{fault}");
    let fault = open(&|dir| change_tail(dir, 1, |lines| lines[3] = "rác".to_owned()));
    assert!(matches!(fault, AuditError::Damaged { seq: 259 }), "{fault}");
    let fault = open(&|dir| fs::remove_file(dir.join("tile/0/000")).unwrap());
    assert!(matches!(fault, AuditError::Tile { .. }), "{fault}");
    let fault = open(&|dir| fs::remove_file(dir.join("checkpoint")).unwrap());
    assert!(matches!(fault, AuditError::Head { .. }), "{fault}");
    let fault = open(&|dir| fs::remove_dir_all(dir.join("tail")).unwrap());
    assert!(matches!(fault, AuditError::Tile { .. }), "{fault}");
}

#[test]
fn a_log_verifies_while_others_write_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = real_world();
    let log = Log::create(folder.path(), ORIGIN, &world).unwrap();
    grow(&log, 240);
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..40 {
                log.record(&actor(), deed(n)).unwrap();
            }
            is_done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        while !is_done.load(std::sync::atomic::Ordering::SeqCst) {
            let report = verify(folder.path(), &trust(log.vkey(), &[]));
            assert_eq!(report.verdict(), Verdict::Valid, "{report:#?}");
        }
    });
}

#[test]
fn a_copy_is_valid_whoever_writes_meanwhile_and_holds_no_private_key() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, to) = (folder.path().join("log"), folder.path().join("copy"));
    let world = real_world();
    let log = Log::create(&dir, ORIGIN, &world).unwrap();
    for size in [3, 255, 256, 300, 600] {
        grow(&log, size);
        log.copy_to(&to).unwrap();
        let report = verify(&to, &trust(log.vkey(), &[]));
        assert_eq!((report.verdict(), report.findings.len()), (Verdict::Valid, 0));
        assert_eq!(report.entries, 0..size);
        assert_eq!(stored(&to).len(), stored(&to).iter().filter(|f| dir.join(f).exists()).count());
    }
    assert!(!to.join("log.key").exists());
}

#[test]
fn a_plain_copy_in_the_order_of_names_is_a_valid_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, to) = (folder.path().join("log"), folder.path().join("copy"));
    let vkey = log(&dir, 250);
    let (world, _) = still_world();
    let log = Log::open(&dir, &world).unwrap();
    // Entries come in between any two files of the copy, across the end of a bundle.
    for name in ["checkpoint", "log.vkey", "tail", "tile"] {
        if dir.join(name).is_dir() {
            copy(&dir.join(name), &to.join(name));
        } else {
            fs::create_dir_all(&to).unwrap();
            fs::copy(dir.join(name), to.join(name)).unwrap();
        }
        for n in 0..3 {
            log.record(&actor(), deed(n)).unwrap();
        }
    }
    let report = verify(&to, &trust(&vkey, &[]));
    assert_ne!(report.verdict(), Verdict::Invalid, "{report:#?}");
    assert_eq!(report.head.unwrap().0, 250);
}

#[test]
fn an_export_is_judged_as_its_python_verifier_does() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("log");
    let vkey = log(&dir, 90);
    let (world, _) = still_world();
    let (zip, sound) = (folder.path().join("sound.zip"), folder.path().join("sound"));
    export(&Log::open(&dir, &world).unwrap(), 20..70, &zip);
    unpack(&zip, &sound);
    assert_eq!(verify_export(&sound, &trust(&vkey, &[])).findings, []);
    let damaged = |file: &str, change: &dyn Fn(String) -> String| {
        let out = folder.path().join("damaged");
        let _ = fs::remove_dir_all(&out);
        copy(&sound, &out);
        let text = fs::read_to_string(out.join(file)).unwrap();
        fs::write(out.join(file), change(text)).unwrap();
        verify_export(&out, &trust(&vkey, &[]))
    };
    let edited = damaged("entries.jsonl", &|text| text.replacen("snapshot.", "restore.", 1));
    check(&edited, Verdict::Invalid, "after", None);
    let dropped = damaged("entries.jsonl", &|text| text.split_once('\n').unwrap().1.to_owned());
    check(&dropped, Verdict::Invalid, "seq", Some(20));
    check(&dropped, Verdict::Invalid, "count", None);
    let moved = damaged("bundle.json", &|text| text.replacen("\"to\": 70", "\"to\": 69", 1));
    check(&moved, Verdict::Invalid, "count", None);
    let broken = damaged("bundle.json", &|text| text.replacen('{', "[", 1));
    check(&broken, Verdict::Inconclusive, "bundle", None);
    let newer = damaged("bundle.json", &|text| text.replacen("\"v\": 3", "\"v\": 4", 1));
    check(&newer, Verdict::Inconclusive, "bundle-version", None);
    let head = damaged("checkpoint", &|text| text.replacen("\n90\n", "\n91\n", 1));
    check(&head, Verdict::Invalid, "signature", None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any change of any stored byte is found; nothing panics.
    #[test]
    fn a_flipped_bit_anywhere_is_found(file in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), bit in 0..8u8) {
        let (sound, vkey) = &*SOUND;
        let files = stored(sound.path());
        let file = file.get(&files);
        let folder = tempfile::tempdir().unwrap();
        copy(sound.path(), folder.path());
        let path = folder.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        if !bytes.is_empty() {
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            fs::write(&path, bytes).unwrap();
            let report = verify(folder.path(), &trust(vkey, &[]));
            prop_assert!(report.verdict() != Verdict::Valid, "{}: {report:#?}", file.display());
        }
    }

    /// Files full of anything make findings, never panics.
    #[test]
    fn arbitrary_bytes_are_never_believed(file in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let (sound, vkey) = &*SOUND;
        let files = stored(sound.path());
        let file = file.get(&files);
        let folder = tempfile::tempdir().unwrap();
        copy(sound.path(), folder.path());
        fs::write(folder.path().join(file), &bytes).unwrap();
        let report = verify(folder.path(), &trust(vkey, &[]));
        prop_assert!(report.verdict() != Verdict::Valid);
        let _ = verify(folder.path(), &trust(&String::from_utf8_lossy(&bytes), &[&folder.path().join(file)]));
        let _ = Log::open(folder.path(), &still_world().0);
        let _ = verify_export(folder.path(), &trust(vkey, &[]));
    }
}

static SOUND: std::sync::LazyLock<(tempfile::TempDir, String)> = std::sync::LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let vkey = log(folder.path(), 270);
    (folder, vkey)
});
