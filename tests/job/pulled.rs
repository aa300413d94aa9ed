//! Trees that a command brings as a tar stream: into a set, through a drill, and back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use duphong::base::exit::ExitCode;
use duphong::base::fault::chain;
use duphong::drill::fact::Verdict;
use duphong::job::snapshot::Taken;
use duphong::job::{restore, snapshot};

use crate::job::faults::Mounted;
use crate::job::portal::{Installation, configuration, noise};
use crate::source::tar::made;

const SOURCES: &str = "
    trees:
      - role: media
        name: tep
        path: /srv/portal/media
        pull: { command: [/bin/sh, -c, 'SCRIPT'] }
";

fn with(script: &str) -> Installation {
    Installation::with(&configuration(&SOURCES.replace("SCRIPT", script)))
}

/// Every path with what makes it what it is.
fn shape(root: &Path) -> BTreeMap<Vec<u8>, String> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            let content = match meta.file_type() {
                kind if kind.is_symlink() => fs::read_link(&path).unwrap().display().to_string(),
                kind if kind.is_file() => format!("{:?}", fs::read(&path).unwrap()),
                _ => String::new(),
            };
            let mode = if meta.is_symlink() { 0 } else { meta.permissions().mode() };
            let told = (mode, meta.uid(), meta.gid(), meta.mtime(), meta.mtime_nsec(), content);
            let relative = path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec();
            all.insert(relative, format!("{told:?}"));
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    all
}

/// The tree is the same in both sets, to the time of every folder.
#[track_caller]
fn assert_same(here: &Installation, one: &Taken, other: &Taken) {
    let id = |taken: &Taken| taken.sets[0].written.id.to_string();
    let compared = here.restic(&["diff", "--metadata", &id(one), &id(other)]);
    let text = String::from_utf8(compared.stdout).unwrap();
    assert!(compared.status.success() && text.contains("manifest.json"), "{text}");
    assert!(!text.contains("/media/tep"), "{text}");
}

#[test]
fn a_tree_comes_as_a_stream_and_goes_back_as_it_was() {
    let host = tempfile::tempdir().unwrap();
    made(host.path());
    let here = with(&format!("exec tar --format=pax -C {} -cf - .", host.path().display()));
    let plan = snapshot::plan(&here.site, "mau").unwrap();
    assert!(plan.trees[0].1.is_none());
    let first = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(first.exit(), ExitCode::Done, "{first:?}");
    assert!(first.sets[0].written.statistics.bytes_added > 70_000);
    // The same again: read whole, and found to be there.
    let again = snapshot::create(&here.site, "mau").unwrap();
    let figures = &again.sets[0].written.statistics;
    assert!(figures.bytes_read > 70_000 && figures.bytes_added < 70_000, "{figures:?}");
    assert_same(&here, &first, &again);

    let drilled = here.drill(None);
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);

    let back = here.path("back");
    let request = restore::Request {
        portal: "mau".into(),
        only: vec!["media".into()],
        target: back.clone(),
        verify: true,
        ..restore::Request::default()
    };
    restore::run(&here.site, &request, &|_| {}).unwrap();
    assert_eq!(shape(&back.join("media/tep")), shape(host.path()));
    let checked = here.restic(&["check", "--read-data"]);
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn folders_that_the_stream_does_not_tell_of_are_made() {
    let host = tempfile::tempdir().unwrap();
    fs::create_dir_all(host.path().join("srv/portal/media")).unwrap();
    fs::write(host.path().join("srv/portal/media/a"), b"x").unwrap();
    let folder = host.path().display();
    let here = with(&format!("exec tar -C {folder} -cf - srv/portal/media/a"));
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done);
    let again = snapshot::create(&here.site, "mau").unwrap();
    assert_same(&here, &taken, &again);
}

/// No set comes of what this script writes, for that reason.
fn check_refused(here: &Installation, script: &str, code: &str, told: &str) {
    let fault = snapshot::create(&here.site, "mau").unwrap_err();
    let text = chain(fault.as_ref());
    assert!(fault.code() == code && text.contains(told), "{script}: {} {text}", fault.code());
    let sets = fs::read_dir(here.path("repository/snapshots"));
    assert!(sets.map_or(true, |mut sets| sets.next().is_none()), "{script}");
}

#[test]
fn a_stream_that_is_not_whole_is_no_set() {
    let host = tempfile::tempdir().unwrap();
    fs::write(host.path().join("a"), vec![7; 300_000]).unwrap();
    fs::create_dir(host.path().join("d")).unwrap();
    fs::write(host.path().join("d/b"), b"x").unwrap();
    let root = tempfile::tempdir().unwrap();
    let script = root.path().join("script");
    let here = with(&format!("exec /bin/sh {}", script.display()));
    let refused = |text: &str, code: &str, told: &str| {
        fs::write(&script, text).unwrap();
        check_refused(&here, text, code, told);
    };
    let tar = format!("tar -C {} -cf -", host.path().display());
    // Cut in the middle of a file, and cut by a program that says so.
    refused(&format!("{tar} . | head -c 100000"), "repository.stream", "ends at byte");
    refused(&format!("{tar} . | head -c 100000; exit 255"), "source.command", "exit status: 255");
    refused(&format!("{tar} .; echo lost >&2; exit 1"), "source.command", "lost");
    refused("true", "repository.stream", "ends at byte 0");
    refused("echo no tar at all; cat /dev/zero", "repository.stream", "no tar stream");
    // An empty folder would be told of; where nothing is, something went wrong.
    refused("tar -cf - -T /dev/null", "repository.stream", "brings nothing");
    // Twice, in two pieces, out of the folder, and a link to nothing.
    refused(&format!("{tar} a a"), "repository.stream", "comes twice");
    refused(&format!("{tar} d a d/b"), "repository.stream", "in one piece");
    refused(&format!("{tar} -P /etc/hostname"), "repository.stream", "absolute");
    fs::hard_link(host.path().join("a"), host.path().join("z")).unwrap();
    let lone = format!("{tar} a z | {{ head -c 300544 >/dev/null; cat; }}");
    refused(&lone, "repository.stream", "did not come before");
}

#[test]
fn a_stream_that_fills_the_disk_is_no_set() {
    let host = tempfile::tempdir().unwrap();
    fs::write(host.path().join("a"), noise(1, 9_000_000)).unwrap();
    let here = with(&format!("exec tar -C {} -cf - .", host.path().display()));
    let _disk = Mounted::under_repository(&here, "2m");
    check_refused(&here, "a large file", "store.full", "");
}

#[test]
fn every_name_of_a_link_and_of_what_is_not_stored_is_taken() {
    let host = tempfile::tempdir().unwrap();
    let at = |name: &str| host.path().join(name);
    std::os::unix::fs::symlink("nowhere", at("link")).unwrap();
    fs::hard_link(at("link"), at("more")).unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    fs::hard_link(at("pipe"), at("same")).unwrap();
    let here = with(&format!("exec tar -C {} --sort=name -cf - .", host.path().display()));
    let taken = snapshot::create(&here.site, "mau").unwrap();
    let skipped: Vec<_> = taken.skipped.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(skipped, ["/srv/portal/media/pipe", "/srv/portal/media/same"]);
    let back = here.path("back");
    let restored = here.restic(&["restore", "latest", "--target", back.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    for name in ["link", "more"] {
        let target = fs::read_link(back.join("media/tep").join(name)).unwrap();
        assert_eq!(target, Path::new("nowhere"));
    }
}

#[test]
fn a_stream_that_nobody_can_end_is_given_up_all_the_same() {
    // It left the group, wiped its environment, and holds the output of a program that has failed.
    let here = with("setsid env -i /bin/sleep 60 & exit 3");
    let began = std::time::Instant::now();
    let fault = snapshot::create(&here.site, "mau").unwrap_err();
    let text = chain(fault.as_ref());
    assert!(fault.code() == "source.command" && text.contains("exit status: 3"), "{text}");
    assert!(began.elapsed().as_secs() < 50, "it waited for whom it cannot end");
}

#[test]
fn evidence_of_a_portal_of_which_nothing_can_be_had_is_no_set() {
    let here = with("echo refused >&2; exit 255");
    let fault = snapshot::as_evidence(&here.site, "mau").unwrap_err();
    assert_eq!(fault.code(), "source.command", "{}", chain(fault.as_ref()));
    let sets = fs::read_dir(here.path("repository/snapshots"));
    assert!(sets.map_or(true, |mut sets| sets.next().is_none()));

    let more = format!(
        "{}      - {{ role: configuration, name: cong, path: portal/configuration }}\n",
        SOURCES.replace("SCRIPT", "exit 255")
    );
    let base = "    databases:
      - { name: cum, postgres: { dsn: 'host=/nowhere dbname=cong', physical: true } }
";
    let here = Installation::with(&configuration(&format!("{base}{more}")));
    let evidence = snapshot::as_evidence(&here.site, "mau").unwrap();
    assert_eq!(evidence.missing, ["base/cum", "media/tep"]);
    assert_eq!(evidence.taken.sets.len(), 1);
}
