//! What a restore waits for on the disk, which nobody sees but the kernel: `strace` tells.
//!
//! The mark that a restore is not done must be on the disk before anything else is, and may go only
//! once the disk has everything: after a power loss a target without a mark counts as whole.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::repository::kit::{Place, noise, save};
use crate::repository::restore_killed::{CHILD, ORDER};

/// Calls that change something below the target, or wait for the disk.
const CALLS: &str = "openat,mkdir,write,pwrite64,ftruncate,fallocate,mkdirat,mknodat,linkat,\
                     symlinkat,renameat,renameat2,unlinkat,chmod,fchmod,fchmodat,fchownat,setxattr,\
                     utimensat,fsync,fdatasync,syncfs";

const MARK: &str = "\".duphong-restore\"";

/// What a restore of `set` into the target did there, call by call, in a process of its own.
fn calls(place: &Place, set: &str, rule: &str) -> Vec<String> {
    let (output, target) = (place.path("calls"), place.path("target"));
    let ran = Command::new("strace")
        .args(["-f", "-y", "-qq", "-s", "200", "-e", "signal=none", "-o"])
        .arg(&output)
        .args(["-e", &format!("trace={CALLS}")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", CHILD])
        .env(ORDER, format!("{}|{set}|{}|{rule}", place.folder.path().display(), u64::MAX))
        .output()
        .expect("strace is installed by tests/run");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    below(&fs::read_to_string(output).unwrap(), &target)
}

/// The calls of a record that concern the target: by its path, or by a handle of what is in it.
fn below(record: &str, target: &Path) -> Vec<String> {
    let target = target.display().to_string();
    let calls = record.lines().filter_map(|line| line.split_once(' '));
    let calls = calls.map(|(_thread, call)| call.trim_start().to_owned());
    let ours = |call: &String| call.contains(&target) || call.contains("/proc/self/fd/");
    calls.filter(ours).collect()
}

fn is_mark(call: &str) -> bool {
    call.contains(".duphong-restore")
}

fn is_change(call: &str) -> bool {
    let waits = ["fsync(", "fdatasync(", "syncfs("].iter().any(|wait| call.starts_with(wait));
    let looks = call.starts_with("openat(") && !call.contains("O_CREAT");
    // A call that another thread's came between is told in two lines, of which the first counts.
    let second = call.starts_with("<...");
    // The target itself is made before it is marked.
    !waits && !looks && !second && !is_mark(call) && !call.starts_with("mkdir(")
}

/// Where the first or last call is of which this is true.
#[track_caller]
fn place_of(found: Option<usize>, what: &str, calls: &[String]) -> usize {
    found.unwrap_or_else(|| panic!("{what}:\n{}", calls.join("\n")))
}

#[track_caller]
fn check(calls: &[String], target: &Path) {
    let first = |what: &str, is: &dyn Fn(&str) -> bool| {
        place_of(calls.iter().position(|call| is(call)), what, calls)
    };
    let last = |what: &str, is: &dyn Fn(&str) -> bool| {
        place_of(calls.iter().rposition(|call| is(call)), what, calls)
    };
    let top = format!("<{}>", target.display());
    let written =
        first("the mark is waited for", &|call| call.starts_with("fsync(") && is_mark(call));
    let named =
        first("the mark gets its name", &|call| call.starts_with("renameat") && is_mark(call));
    let known =
        first("its name is waited for", &|call| call.starts_with("fsync(") && call.contains(&top));
    let begun = first("something is made", &is_change);
    assert!(written < named && named < known && known < begun, "{written} {named} {known} {begun}");

    let done = last("something is made", &is_change);
    let waited = last("all is waited for", &|call| call.starts_with("syncfs("));
    let gone = last("the mark goes", &|call| call.starts_with("unlinkat(") && call.contains(MARK));
    let ended =
        last("that is waited for", &|call| call.starts_with("fsync(") && call.contains(&top));
    assert!(done < waited && waited < gone && gone < ended, "{done} {waited} {gone} {ended}");

    // What went wrong on the way to the disk is told to files that were open then.
    let handle = calls[waited].split_inclusive(['(', '>']).nth(1).unwrap_or_default();
    let opened = place_of(
        calls[..waited].iter().rposition(|call| call.ends_with(&format!("= {handle}"))),
        "what is waited for was opened",
        calls,
    );
    assert!(opened < begun, "{opened} {begun}");
}

#[test]
fn the_mark_of_a_restore_is_there_before_anything_else_and_goes_after_the_disk_has_all() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir_all(source.join("a/b")).unwrap();
    for (number, name) in (0..).zip(["mot", "a/hai", "a/b/ba"]) {
        fs::write(source.join(name), noise(number, 30_000)).unwrap();
    }
    fs::hard_link(source.join("mot"), source.join("a/bon")).unwrap();
    let (set, _) = save(&place.init(), &source, None);
    let (set, target) = (set.id.to_string(), place.path("target"));
    check(&calls(&place, &set, ""), &target);

    // Over what is there already, too.
    fs::write(target.join("media/files/a/hai"), "khác").unwrap();
    fs::remove_file(target.join("media/files/a/b/ba")).unwrap();
    check(&calls(&place, &set, "always"), &target);
}
