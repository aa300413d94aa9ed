//! Stopping at every write, and going on: what was reported stays, and nothing seems tampered.

use std::fs;
use std::path::Path;

use duphong::audit::verify::{Trust, Verdict, verify};
use duphong::audit::{Actor, AuditError, Deed, Ending, Entry, Fuse, Kind, Late, Log, Outcome};
use duphong::base::fault::Fault;

use super::{ORIGIN, actor, copy, deed, entries, grow, still_world};

/// The work begins two entries before the end of a bundle and ends behind the next one.
const LAST: u64 = 515;

/// Works until something fails; returns the positions that were reported as written.
fn work(log: &Log) -> Result<(), (Vec<u64>, AuditError)> {
    let mut told = Vec::new();
    let mut attempt = |result: Result<u64, AuditError>| match result {
        Ok(seq) => {
            told.push(seq);
            Ok(())
        }
        Err(fault) => Err((std::mem::take(&mut told), fault)),
    };
    let mark = |n: u64| Deed::new("test.mark", "mốc").fact("n", n);
    attempt(log.record(&actor(), mark(254)))?;
    let intent = match log.intend_numbered(&actor(), mark(255), "drill") {
        Ok(intent) => {
            attempt(Ok(intent.seq()))?;
            intent
        }
        Err(fault) => return attempt(Err(fault)),
    };
    attempt(log.record(&actor(), mark(256)))?;
    attempt(log.settle(intent, Outcome::done().fact("n", 257)).map(|()| 257))?;
    let batch: Vec<_> = (258..LAST).map(mark).collect();
    attempt(log.record_batch(&actor(), batch).map(|()| LAST - 1))?;
    attempt(log.record(&actor(), mark(LAST)))
}

#[track_caller]
fn check_went_on(dir: &Path, vkey: &str, told: &[u64]) -> Vec<Entry> {
    let trust = Trust { vkey: Some(vkey.to_owned()), anchors: Vec::new() };
    let crashed = verify(dir, &trust);
    assert_ne!(crashed.verdict(), Verdict::Invalid, "a crash is no tampering: {crashed:#?}");
    let log = Log::open(dir, &still_world().0).unwrap();
    let seen = entries(dir);
    for seq in told {
        let entry = &seen[usize::try_from(*seq).unwrap()];
        assert_eq!(entry.facts["n"], *seq, "{entry:?}");
    }
    log.record(&actor(), deed(0)).unwrap();
    drop(log);
    let report = verify(dir, &trust);
    assert_eq!((report.verdict(), report.findings), (Verdict::Valid, vec![]));
    assert_eq!(report.open_intents, 0);
    seen
}

#[test]
fn a_crash_at_any_write_loses_nothing_that_was_reported() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    let log = Log::create(&sound, ORIGIN, &still_world().0).unwrap();
    grow(&log, 254);
    std::thread::scope(|scope| {
        for torn in [false, true] {
            let (sound, dir) = (&sound, folder.path().join(torn.to_string()));
            let vkey = log.vkey();
            scope.spawn(move || {
                let writes = (0..1_000)
                    .take_while(|steps| crash(sound, &dir, vkey, &Fuse::after(*steps, torn)))
                    .count();
                assert!(writes > 30, "the fuse blew at {writes} writes only");
            });
        }
    });
}

#[test]
fn a_batch_that_fills_several_bundles_is_whole_or_unreported_after_a_crash_at_any_write() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    let log = Log::create(&sound, ORIGIN, &still_world().0).unwrap();
    grow(&log, 254);
    let mark = |n: u64| Deed::new("test.mark", "mốc").fact("n", n);
    std::thread::scope(|scope| {
        for torn in [false, true] {
            let (sound, dir) = (&sound, folder.path().join(torn.to_string()));
            let vkey = log.vkey();
            scope.spawn(move || {
                let crash = |steps| {
                    let _ = fs::remove_dir_all(&dir);
                    copy(sound, &dir);
                    let fuse = Fuse::after(steps, torn);
                    let dying = Log::open_with_fuse(&dir, &still_world().0, fuse.clone()).unwrap();
                    let written = dying.record_batch(&actor(), (254..520).map(mark).collect());
                    drop(dying);
                    let told: Vec<_> = (254..520).filter(|_| written.is_ok()).collect();
                    check_went_on(&dir, vkey, &told);
                    // Other entries come where the batch would have been.
                    let log = Log::open(&dir, &still_world().0).unwrap();
                    grow(&log, 530);
                    assert_eq!(entries(&dir).len(), 530);
                    drop(log);
                    let trust = Trust { vkey: Some(vkey.to_owned()), anchors: Vec::new() };
                    assert_eq!(verify(&dir, &trust).findings, []);
                    fuse.is_blown()
                };
                // What leaves half of a write dies at every other one, what leaves none at the rest.
                let deaths = (u32::from(torn)..1_000).step_by(2);
                let writes = deaths.take_while(|steps| crash(*steps)).count();
                assert!(writes > 10, "the fuse blew at {writes} writes only");
            });
        }
    });
}

/// Two of three are deeds with an outcome.
fn late(n: u64) -> Late {
    let deed = Deed::new("test.mark", "mốc").fact("n", n).fact("late", true);
    let outcome = (!n.is_multiple_of(3)).then(|| Outcome::warnings().fact("n", n));
    Late { actor: Actor::schedule("đêm"), deed, outcome }
}

#[test]
fn work_recorded_late_waits_for_the_disk_once_and_leaves_no_intent_open() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, dir) = (folder.path().join("sound"), folder.path().join("dying"));
    let log = Log::create(&sound, ORIGIN, &still_world().0).unwrap();
    grow(&log, 20);
    let crash = |count: u64, fuse: &Fuse| {
        let _ = fs::remove_dir_all(&dir);
        copy(&sound, &dir);
        let dying = Log::open_with_fuse(&dir, &still_world().0, fuse.clone()).unwrap();
        let written = dying.record_late((0..count).map(late).collect());
        drop(dying);
        let seen = check_went_on(&dir, log.vkey(), &[]);
        let of = |kind: Kind| seen[20..].iter().filter(move |entry| entry.kind == kind);
        let outcomes = of(Kind::Outcome).count();
        assert_eq!(of(Kind::Intent).count(), outcomes, "each intent has its outcome");
        let whole = of(Kind::Record).chain(of(Kind::Intent)).count() as u64;
        assert!(written.is_err() || whole == count, "{whole} of {count}");
        fuse.is_blown()
    };
    for torn in [false, true] {
        let writes = |count: u64| {
            (0..200).take_while(|steps| crash(count, &Fuse::after(*steps, torn))).count()
        };
        // A mark with its outcome; and many.
        let (one, many) = (writes(2), writes(60));
        assert!(one > 3 && one == many, "{one} writes for one, {many} for many");
    }
    let is_it = |entry: &Entry| entry.kind == Kind::Outcome && entry.verb == "test.mark";
    let done = entries(&dir).into_iter().find(is_it).unwrap();
    assert_eq!((done.result, done.took_ms), (Some(Ending::Warnings), Some(0)));
    assert_eq!((done.actor.name.as_str(), done.verb.as_str()), ("đêm", "test.mark"));
}

/// Works on a copy of the log until the fuse blows; returns whether it did.
fn crash(sound: &Path, dir: &Path, vkey: &str, fuse: &Fuse) -> bool {
    let _ = fs::remove_dir_all(dir);
    copy(sound, dir);
    let told = match Log::open_with_fuse(dir, &still_world().0, fuse.clone()) {
        Ok(dying) => work(&dying),
        Err(fault) => Err((Vec::new(), fault)),
    };
    let told = told.map_or_else(
        |(told, fault)| {
            assert!(matches!(fault, AuditError::Unwritable { .. }), "{fault}");
            assert!(fuse.is_blown());
            told
        },
        |()| vec![LAST],
    );
    check_went_on(dir, vkey, &told);
    fuse.is_blown()
}

#[test]
fn a_line_torn_at_any_byte_is_set_aside_and_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, dir) = (folder.path().join("sound"), folder.path().join("torn"));
    let (world, _) = still_world();
    let log = Log::create(&sound, ORIGIN, &world).unwrap();
    grow(&log, 5);
    copy(&sound, &dir);
    log.record(&actor(), Deed::new("test.mark", "mốc").fact("n", 5)).unwrap();
    let tail = "tail/000000000.jsonl";
    let (before, after) = (fs::read(dir.join(tail)).unwrap(), fs::read(sound.join(tail)).unwrap());
    let old_head = fs::read(dir.join("checkpoint")).unwrap();
    for length in (before.len() + 1..after.len()).step_by(9).chain([after.len() - 1, after.len()]) {
        let _ = fs::remove_dir_all(dir.join("torn"));
        fs::write(dir.join(tail), &after[..length]).unwrap();
        fs::write(dir.join("checkpoint"), &old_head).unwrap();
        let opened = Log::open(&dir, &world).unwrap();
        let torn = if length == after.len() { 0 } else { length - before.len() };
        assert_eq!(opened.recovery().torn_bytes, torn as u64);
        assert_eq!(opened.recovery().messages().len(), usize::from(torn > 0));
        drop(opened);
        let last = entries(&dir).pop().unwrap();
        if torn > 0 {
            assert_eq!((last.kind, &last.facts["reason"]), (Kind::Gap, &"torn".into()));
            let kept = fs::read_dir(dir.join("torn")).unwrap().next().unwrap().unwrap();
            assert_eq!(fs::read(kept.path()).unwrap(), &after[before.len()..length]);
        } else {
            assert_eq!(last.verb, "test.mark");
        }
        let trust = Trust { vkey: Some(log.vkey().to_owned()), anchors: Vec::new() };
        assert_eq!(verify(&dir, &trust).verdict(), Verdict::Valid);
    }
}

#[test]
fn a_full_disk_has_a_fault_of_its_own_and_the_gap_is_recorded_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (world, clock) = still_world();
    Log::create(folder.path(), ORIGIN, &world).unwrap();
    let fuse = Fuse::after(0, true);
    let log = Log::open_with_fuse(folder.path(), &world, fuse.clone()).unwrap();
    let from = world.clock.now();
    for _ in 0..3 {
        let fault = log.intend(&actor(), deed(0)).unwrap_err();
        assert!(matches!(fault, AuditError::Unwritable { .. }));
        assert_eq!(fault.code(), "audit.unwritable");
        assert_eq!(fault.beneath().unwrap().code(), "file.disk-full");
    }
    clock.advance(std::time::Duration::from_mins(1));
    fuse.mend();
    log.note_gap(&Actor::daemon(), from, "disk-full").unwrap();
    let gap = entries(folder.path()).pop().unwrap();
    assert_eq!(gap.facts["from"], "2026-03-01T00:00:00Z");
    assert_eq!(gap.at.to_string(), "2026-03-01T00:01:00Z");
    let trust = Trust { vkey: Some(log.vkey().to_owned()), anchors: Vec::new() };
    assert_eq!(verify(folder.path(), &trust).verdict(), Verdict::Valid);
}

#[test]
fn a_writer_goes_on_where_another_one_crashed() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let log = Log::create(folder.path(), ORIGIN, &world).unwrap();
    grow(&log, 3);
    let dying = Log::open_with_fuse(folder.path(), &world, Fuse::after(0, true)).unwrap();
    dying.record(&actor(), deed(7)).unwrap_err();
    drop(dying);
    log.record(&actor(), deed(8)).unwrap();
    let seen: Vec<_> = entries(folder.path())[3..].iter().map(|entry| entry.kind).collect();
    assert_eq!(seen, [Kind::Gap, Kind::Record]);
    let trust = Trust { vkey: Some(log.vkey().to_owned()), anchors: Vec::new() };
    assert_eq!(verify(folder.path(), &trust).verdict(), Verdict::Valid);
}

#[test]
fn a_log_whose_making_was_interrupted_can_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let sound = folder.path().join("sound");
    let vkey = Log::create(&sound, ORIGIN, &world).unwrap().vkey().to_owned();
    let half = |files: &[&str]| {
        let dir = folder.path().join("half");
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("tail")).unwrap();
        for file in files {
            fs::copy(sound.join(file), dir.join(file)).unwrap();
        }
        dir
    };
    let dir = half(&["log.key", "log.vkey"]);
    assert!(matches!(Log::open(&dir, &world), Err(AuditError::Missing { .. })));
    Log::create(&dir, ORIGIN, &world).unwrap();
    let dir = half(&["log.key", "log.vkey", "tail/000000000.jsonl"]);
    check_went_on(&dir, &vkey, &[]);
}
