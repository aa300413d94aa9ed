//! What the log waits for on the disk, which nobody sees but the kernel: `strace` tells.
//!
//! Of names that nobody has waited for a file system may keep any; and what a killed writer left is
//! in the kernel's memory for everybody to read, and on no disk.

use std::fs;
use std::path::Path;
use std::process::Command;

use duphong::audit::verify::{Trust, verify};
use duphong::audit::{Deed, Fuse, Log};

use super::{ORIGIN, actor, copy, deed, entries, grow, real_world, still_world};

/// Calls that name something or wait for the disk.
const CALLS: &str = "rename,renameat,renameat2,unlink,unlinkat,fsync,fdatasync";

const ORDERS: &str = "DUPHONG_AUDIT_ORDERS";

/// What a process did in the folder of a log that opened it and wrote so many entries in one call.
fn calls(dir: &Path, entries: u64) -> Vec<String> {
    let output = dir.with_extension("calls");
    let name = concat!(module_path!(), "::a_child_writes_what_its_orders_say");
    let ran = Command::new("strace")
        .args(["-f", "-y", "-qq", "-s", "300", "-e", "signal=none", "-o"])
        .arg(&output)
        .args(["-e", &format!("trace={CALLS}")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name.split_once("::").unwrap().1])
        .env(ORDERS, format!("{entries} {}", dir.display()))
        .output()
        .expect("strace is installed by tests/run");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let below = dir.display().to_string();
    let record = fs::read_to_string(output).unwrap();
    let calls = record.lines().filter_map(|line| line.split_once(' '));
    let calls = calls.map(|(_thread, call)| call.trim_start().to_owned());
    calls.filter(|call| call.contains(&below)).collect()
}

/// The child that [`calls`] starts; without orders it has nothing to do.
#[test]
fn a_child_writes_what_its_orders_say() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let (entries, dir) = orders.split_once(' ').unwrap();
    let log = Log::open(Path::new(dir), &real_world()).unwrap();
    let deeds: Vec<Deed> = (0..entries.parse().unwrap()).map(deed).collect();
    if !deeds.is_empty() {
        log.record_batch(&actor(), deeds).unwrap();
    }
}

/// Where the first such call is, from a place on.
#[track_caller]
fn find(calls: &[String], from: usize, what: &str, is: impl Fn(&str) -> bool) -> usize {
    let found = calls.iter().skip(from).position(|call| is(call));
    from + found.unwrap_or_else(|| panic!("{what}, behind {from}:\n{}", calls.join("\n")))
}

/// Whether the call gives something this name.
fn names(call: &str, name: &str) -> bool {
    call.starts_with("rename") && call.split('"').nth(3).is_some_and(|to| to.ends_with(name))
}

/// Whether the call waits for this file or folder.
fn waits(call: &str, name: &str) -> bool {
    let waits = ["fsync(", "fdatasync("].iter().any(|wait| call.starts_with(wait));
    waits && call.contains(&format!("/{name}>"))
}

/// File systems keep any of the names that nobody has waited for: those of the tails of a batch.
#[test]
fn whichever_names_of_a_batch_are_lost_with_the_power_the_log_goes_on_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, broken) = (folder.path().join("sound"), folder.path().join("broken"));
    let log = Log::create(&sound, ORIGIN, &still_world().0).unwrap();
    grow(&log, 200);
    let tail = |dir: &Path, number: u64| dir.join(format!("tail/{number:09}.jsonl"));
    let is_named = |steps: u32| {
        let _ = fs::remove_dir_all(&broken);
        copy(&sound, &broken);
        let dying = Log::open_with_fuse(&broken, &still_world().0, Fuse::after(steps, false));
        let _ = dying.unwrap().record_batch(&actor(), (0..4 * 256).map(deed).collect());
        (1..=4).all(|number| tail(&broken, number).exists())
    };
    assert!((0..100).any(is_named), "the batch never came to its last tail");
    let lines = fs::read_to_string(tail(&broken, 0)).unwrap().lines().count();
    assert_eq!(lines, 200 + 4 * 256, "it was stopped before the first tail was cut");
    for kept in 0..16_u32 {
        let dir = folder.path().join(kept.to_string());
        copy(&broken, &dir);
        for number in (1..=4).filter(|number| kept & (1 << (number - 1)) == 0) {
            fs::remove_file(tail(&dir, number)).unwrap();
        }
        let again = Log::open(&dir, &still_world().0).unwrap();
        assert_eq!(entries(&dir).len(), 257, "{kept:04b}: a bundle, and what was torn");
        again.record_batch(&actor(), (0..600).map(deed).collect()).unwrap();
        drop(again);
        assert_eq!(entries(&dir).len(), 857);
        let trust = Trust { vkey: Some(log.vkey().to_owned()), anchors: Vec::new() };
        assert_eq!(verify(&dir, &trust).findings, [], "{kept:04b}");
    }
}

#[test]
fn what_a_killed_writer_left_is_on_the_disk_before_a_head_covers_it() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, dir) = (folder.path().join("whole"), folder.path().join("log"));
    let log = Log::create(&whole, ORIGIN, &still_world().0).unwrap();
    grow(&log, 5);
    copy(&whole, &dir);
    log.record(&actor(), deed(7)).unwrap();
    // Written, and killed before it could wait or sign.
    let tail = "tail/000000000.jsonl";
    fs::copy(whole.join(tail), dir.join(tail)).unwrap();
    let calls = calls(&dir, 0);
    let signed = find(&calls, 0, "the head", |call| names(call, "/checkpoint"));
    let content = find(&calls, 0, "the lines", |call| waits(call, tail));
    let name = find(&calls, 0, "the name of the tail", |call| waits(call, "tail"));
    assert!(content < signed && name < signed, "{}", calls.join("\n"));
}

#[test]
fn a_handover_that_a_killed_process_left_is_on_the_disk_before_the_new_key_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, dir) = (folder.path().join("sound"), folder.path().join("log"));
    let log = Log::create(&sound, ORIGIN, &still_world().0).unwrap();
    grow(&log, 5);
    let old = fs::read(sound.join("log.key")).unwrap();
    let is_between = |steps: u32| {
        let _ = fs::remove_dir_all(&dir);
        copy(&sound, &dir);
        let fuse = Fuse::after(steps, false);
        let dying = Log::open_with_fuse(&dir, &real_world(), fuse).unwrap();
        dying.rotate_key(&actor(), "An", "thử").unwrap_err();
        dir.join("key/001").exists() && fs::read(dir.join("log.key")).unwrap() == old
    };
    assert!((0..50).any(is_between), "no death came between the handover and the key");
    let calls = calls(&dir, 0);
    let taken = find(&calls, 0, "the new key", |call| names(call, "/log.vkey"));
    let content = find(&calls, 0, "the handover", |call| waits(call, "key/001"));
    let name = find(&calls, 0, "its name", |call| waits(call, "log/key"));
    assert!(content < taken && name < taken, "{}", calls.join("\n"));
}
