//! Logs written by every released version still read and verify.
//!
//! `DUPHONG_WRITE_GOLDEN=folder cargo test audit::golden` writes the log of this version; its
//! private key, lock and sessions stay out of the repository.

use std::path::Path;

use duphong::audit::verify::{Trust, Verdict, verify};
use duphong::audit::{Actor, Deed, Ending, Kind, Log, Outcome};

use super::{ORIGIN, actor, copy, deed, entries, still_world};

/// The key of the golden logs: from a fixed seed, it protects nothing.
const VKEY: &str = include_str!("golden/log-v1/log.vkey");

/// One of everything that an entry can be.
fn write(dir: &Path) {
    let (world, clock) = still_world();
    let log = Log::create(dir, ORIGIN, &world).unwrap();
    let drill = log.intend_numbered(&Actor::schedule("hằng tuần"), deed(1), "drill").unwrap();
    clock.advance(std::time::Duration::from_millis(90_210));
    let outcome = Outcome::not_proven().fact("phases", serde_json::json!([{"load": 12}]));
    log.settle(drill, outcome).unwrap();
    clock.jump_to("2026-02-28T23:00:00Z".parse().unwrap());
    let restore = log.intend(&actor(), Deed::new("restore.run", "cổng mẫu")).unwrap();
    log.settle(restore, Outcome::failed("store.unreachable")).unwrap();
    log.note_gap(&Actor::daemon(), world.clock.now(), "disk-full").unwrap();
    log.record_batch(&actor(), (0..251).map(|_| Deed::new("a.b", "c")).collect()).unwrap();
}

#[test]
fn the_log_of_version_1_reads_verifies_and_goes_on() {
    if let Some(folder) = std::env::var_os("DUPHONG_WRITE_GOLDEN") {
        write(&Path::new(&folder).join("log-v1"));
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/golden/log-v1");
    let folder = tempfile::tempdir().unwrap();
    copy(&golden, folder.path());
    let trust = Trust { vkey: Some(VKEY.to_owned()), anchors: Vec::new() };
    let report = verify(folder.path(), &trust);
    assert_eq!((report.verdict(), report.entries), (Verdict::Valid, 0..257));
    let seen = entries(folder.path());
    let kinds: Vec<_> = seen[..7].iter().map(|entry| entry.kind).collect();
    let expected = [
        Kind::Opened,
        Kind::Intent,
        Kind::Outcome,
        Kind::Intent,
        Kind::Outcome,
        Kind::Gap,
        Kind::Record,
    ];
    assert_eq!(kinds, expected);
    assert_eq!(seen[1].number.as_ref().unwrap().n, 1);
    assert_eq!((seen[2].result, seen[2].took_ms), (Some(Ending::NotProven), Some(90_210)));
    assert_eq!(seen[3].clock_back_ms, Some(3_690_210));
    assert_eq!(seen[4].code.as_deref(), Some("store.unreachable"));

    // No private key stands in the repository: a new log from the same seed has the same one.
    let twin = tempfile::tempdir().unwrap();
    Log::create(twin.path(), ORIGIN, &still_world().0).unwrap();
    std::fs::copy(twin.path().join("log.key"), folder.path().join("log.key")).unwrap();
    let log = Log::open(folder.path(), &still_world().0).unwrap();
    assert_eq!(log.record(&actor(), deed(2)).unwrap(), 257);
    assert_eq!(verify(folder.path(), &trust).verdict(), Verdict::Valid);
}

/// A log whose key was rotated twice, with what both leave.
fn write_rotated(dir: &Path) -> Log {
    let (world, clock) = still_world();
    let log = Log::create(dir, ORIGIN, &world).unwrap();
    for reason in ["người giữ khóa thôi việc", "hằng năm"] {
        clock.advance(std::time::Duration::from_hours(24));
        log.record(&actor(), deed(1)).unwrap();
        log.rotate_key(&actor(), "Trần Thị Bình", reason).unwrap();
    }
    log.record(&actor(), deed(2)).unwrap();
    log
}

#[test]
fn the_log_of_version_1_whose_key_was_rotated_reads_verifies_and_goes_on() {
    let twin = tempfile::tempdir().unwrap();
    drop(write_rotated(twin.path()));
    if let Some(folder) = std::env::var_os("DUPHONG_WRITE_GOLDEN") {
        copy(twin.path(), &Path::new(&folder).join("log-v1-rotated"));
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/golden/log-v1-rotated");
    let folder = tempfile::tempdir().unwrap();
    copy(&golden, folder.path());
    let last = std::fs::read_to_string(golden.join("log.vkey")).unwrap();
    for vkey in [VKEY, &last] {
        let trust = Trust { vkey: Some(vkey.to_owned()), anchors: Vec::new() };
        let report = verify(folder.path(), &trust);
        assert_eq!((report.verdict(), report.entries), (Verdict::Valid, 0..8));
        assert_eq!(report.findings, []);
        let signer = report.signer.unwrap();
        assert_eq!((signer.vkey.as_str(), signer.number), (last.trim_end(), 2));
        assert_eq!(signer.since, Some("2026-03-03T00:00:00Z".parse().unwrap()));
    }
    let seen = entries(folder.path());
    assert_eq!((seen[5].kind, seen[5].verb.as_str()), (Kind::Intent, "audit.rotate-key"));
    assert_eq!(seen[6].facts["handover"], 2);

    std::fs::copy(twin.path().join("log.key"), folder.path().join("log.key")).unwrap();
    let log = Log::open(folder.path(), &still_world().0).unwrap();
    assert_eq!(log.record(&actor(), deed(2)).unwrap(), 8);
    let trust = Trust { vkey: Some(VKEY.to_owned()), anchors: Vec::new() };
    assert_eq!(verify(folder.path(), &trust).verdict(), Verdict::Valid);
}
