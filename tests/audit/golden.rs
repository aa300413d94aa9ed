//! Logs written by every released version still read and verify.
//!
//! `DUPHONG_WRITE_GOLDEN=folder cargo test audit::golden` writes the log of this version; its
//! private key, lock and sessions stay out of the repository.

use std::path::Path;

use duphong::audit::verify::{Report, Trust, Verdict, verify, verify_export};
use duphong::audit::{Actor, Deed, Ending, Kind, Log, Outcome};
use duphong::world::entropy::{Entropy as _, SeededEntropy};

use super::bundle::unpack;
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

/// The golden log of this version, in a folder of its own.
fn golden(name: &str) -> tempfile::TempDir {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/golden").join(name);
    let folder = tempfile::tempdir().unwrap();
    copy(&golden, folder.path());
    folder
}

fn trust() -> Trust {
    Trust { vkey: Some(VKEY.to_owned()), anchors: Vec::new() }
}

/// Nothing but the clock that was set back, which the entries say.
#[track_caller]
fn check_found(report: &Report) {
    let found: Vec<_> = report.findings.iter().map(|found| found.message.id).collect();
    assert_eq!(found, ["audit-found-clock-back"]);
}

#[track_caller]
fn check_content(dir: &Path) {
    let report = verify(dir, &trust());
    assert_eq!((report.verdict(), report.entries.clone()), (Verdict::Valid, 0..257));
    check_found(&report);
    let seen = entries(dir);
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
    assert_eq!((seen[1].number.as_ref().unwrap().n, seen[1].actor.name.as_str()), (1, "hằng tuần"));
    assert_eq!((seen[2].result, seen[2].took_ms), (Some(Ending::NotProven), Some(90_210)));
    assert_eq!(seen[2].facts["phases"], serde_json::json!([{"load": 12}]));
    assert_eq!(seen[3].clock_back_ms, Some(3_690_210));
    assert_eq!(
        (seen[4].code.as_deref(), seen[4].subject.as_str()),
        (Some("store.unreachable"), "cổng mẫu")
    );
}

/// No private key stands in the repository: a new log from the same seed has the same one.
fn lend_key(dir: &Path) {
    let twin = tempfile::tempdir().unwrap();
    Log::create(twin.path(), ORIGIN, &still_world().0).unwrap();
    std::fs::copy(twin.path().join("log.key"), dir.join("log.key")).unwrap();
}

#[test]
fn the_log_of_version_1_reads_verifies_and_goes_on_with_commitments() {
    let folder = golden("log-v1");
    check_content(folder.path());
    lend_key(folder.path());
    let log = Log::open(folder.path(), &still_world().0).unwrap();
    assert_eq!(log.record(&actor(), deed(2)).unwrap(), 257);
    check_found(&verify(folder.path(), &trust()));
    // Over the ends of the bundle that holds both, and of the next one.
    log.record_batch(&actor(), (258..800).map(deed).collect()).unwrap();
    let seen = entries(folder.path());
    assert_eq!(seen.iter().map(|entry| entry.v).collect::<Vec<_>>()[255..259], [1, 1, 2, 2]);
    assert_eq!(
        (seen[258].facts["n"].as_u64(), seen[799].facts["n"].as_u64()),
        (Some(258), Some(799))
    );
    check_found(&verify(folder.path(), &trust()));
    // What version 1 said twice is said once; what opens the others stays.
    let tail = |number: u64| folder.path().join(format!("tail/{number:09}.jsonl")).exists();
    assert_eq!([tail(0), tail(1), tail(2), tail(3)], [false, true, true, true]);

    let to = tempfile::tempdir().unwrap();
    log.copy_to(to.path()).unwrap();
    assert_eq!(entries(to.path()), seen);
    check_found(&verify(to.path(), &trust()));
    let zip = to.path().join("both.zip");
    log.export(250..270, Vec::new(), &zip).unwrap();
    assert_eq!(verify_export(&zip, &trust()).findings, []);
    let unpacked = to.path().join("both");
    unpack(&zip, &unpacked);
    let mut python = std::process::Command::new("python3");
    python.args(["-I", "-B"]).arg(unpacked.join("verify.py")).args(["--vkey", VKEY.trim()]);
    let output = python.arg(&unpacked).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn an_export_of_version_2_by_a_program_without_commitments_still_verifies() {
    let zip = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/golden/export-v2.zip");
    let report = verify_export(&zip, &trust());
    assert_eq!(report.verdict(), Verdict::Valid);
    check_found(&report);
    assert_eq!((report.entries, report.withheld), (1..257, 0));
}

#[test]
fn the_log_of_version_2_reads_verifies_and_goes_on() {
    if let Some(folder) = std::env::var_os("DUPHONG_WRITE_GOLDEN") {
        write(&Path::new(&folder).join("log-v2"));
    }
    let folder = golden("log-v2");
    check_content(folder.path());
    assert!(entries(folder.path()).iter().all(|entry| entry.v == 2));
    // Written again from the same seed it is the same, byte for byte.
    let again = tempfile::tempdir().unwrap();
    write(again.path());
    let tail = Path::new("tail/000000000.jsonl");
    let read = |dir: &Path| std::fs::read(dir.join(tail)).unwrap();
    assert!(read(again.path()) == read(folder.path()));
    lend_key(folder.path());
    let log = Log::open(folder.path(), &still_world().0).unwrap();
    assert_eq!(log.record(&actor(), deed(2)).unwrap(), 257);
    check_found(&verify(folder.path(), &trust()));
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

/// The private key that the golden log of version 1 ended with: the same seed, without what the
/// entries of version 2 draw of it.
fn last_key_of_version_1(vkey: &str) -> String {
    let mut drawn = [0; 72 + 32];
    SeededEntropy::new(75).fill(&mut drawn);
    // Behind two keys and the name of a session.
    let secret = data_encoding::BASE64.encode(&[&[1], &drawn[72..]].concat());
    // From the left: base64 may hold a plus, a name may not.
    let [name, id, _] = vkey.splitn(3, '+').collect::<Vec<_>>().try_into().unwrap();
    format!("PRIVATE+KEY+{name}+{id}+{secret}")
}

/// A log whose key was rotated twice is read and verified by its first key and by its last, and
/// goes on under the last.
#[track_caller]
fn check_rotated(name: &str, key: impl FnOnce(&str) -> String) {
    let folder = golden(name);
    let last = std::fs::read_to_string(folder.path().join("log.vkey")).unwrap();
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

    std::fs::write(folder.path().join("log.key"), key(last.trim_end())).unwrap();
    let log = Log::open(folder.path(), &still_world().0).unwrap();
    assert_eq!(log.record(&actor(), deed(2)).unwrap(), 8);
    assert_eq!(verify(folder.path(), &trust()).verdict(), Verdict::Valid);
}

#[test]
fn the_log_of_version_1_whose_key_was_rotated_reads_verifies_and_goes_on() {
    check_rotated("log-v1-rotated", last_key_of_version_1);
}

#[test]
fn the_log_of_version_2_whose_key_was_rotated_reads_verifies_and_goes_on() {
    let twin = tempfile::tempdir().unwrap();
    drop(write_rotated(twin.path()));
    if let Some(folder) = std::env::var_os("DUPHONG_WRITE_GOLDEN") {
        copy(twin.path(), &Path::new(&folder).join("log-v2-rotated"));
    }
    let key = std::fs::read_to_string(twin.path().join("log.key")).unwrap();
    check_rotated("log-v2-rotated", |_| key);
}
