//! Sealed trees from set to set: what is sealed anew, and what an attack still looks like.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use duphong::base::exit::ExitCode;
use duphong::base::fault::FaultKind;
use duphong::job::restore::rates::Phase;
use duphong::job::snapshot::{self, Taken};
use duphong::job::{drill, restore, unseal};
use duphong::repository::BlobId;
use duphong::repository::browse::Browser;
use duphong::source::alarm::Sign;

use super::{Keys, drilling, files, restoring};
use crate::job::portal::{Installation, configuration, noise, site};

fn tree(to: &Keys) -> String {
    let sources = format!(
        "
    trees:
      - {{ role: media, name: tep, path: tep, sealed: {{ recipients: [{}] }} }}
",
        to.recipient
    );
    configuration(&sources)
}

/// A hundred letters and twenty pictures.
fn made(to: &Keys) -> Installation {
    let here = Installation::with(&tree(to));
    fs::create_dir(here.path("tep")).unwrap();
    for number in 0..100_u64 {
        let letter = format!("Công văn số {number} của UBND tỉnh Mẫu. ").repeat(60);
        fs::write(here.path(format!("tep/{number}.txt")), letter).unwrap();
    }
    for number in 0..20 {
        let picture = [&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], &noise(number, 5000)].concat();
        fs::write(here.path(format!("tep/{number}.jpg")), picture).unwrap();
    }
    // What changed in the tick of a set is read again by the next: wait until it is over.
    let newest = files(&here.path("tep"))
        .iter()
        .map(|path| path.metadata().unwrap().modified().unwrap())
        .max()
        .unwrap();
    while newest.elapsed().unwrap().as_millis() < 50 {
        std::thread::yield_now();
    }
    here
}

fn take(here: &Installation) -> Taken {
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert!(taken.failed.is_empty() && taken.skipped.is_empty(), "{taken:?}");
    taken
}

#[test]
fn only_what_changed_is_sealed_anew_until_the_recipients_change() {
    let (keys, next) = (Keys::new(), Keys::new());
    let mut here = made(&keys);
    let first = take(&here);
    assert_eq!(first.sealed[0].bytes, first.sealed[0].bytes_new);
    assert!(first.sealed[0].plain_bytes > first.sealed[0].bytes, "letters shrink");

    fs::write(here.path("tep/3.txt"), "một công văn khác").unwrap();
    let second = take(&here);
    let figures = &second.sets[0].written.statistics;
    assert_eq!((figures.files_unchanged, second.alarm.is_some()), (119, false), "{figures:?}");
    let new = second.sealed[0].bytes_new;
    assert!((200..600).contains(&new), "one small file and its head: {new}");

    // Another recipient: what is there already would not open to it, so all is sealed again.
    let file = here.path("duphong.yaml");
    fs::write(&file, tree(&next)).unwrap();
    let (other, _runtime) = site(&file);
    here.site = other;
    let third = take(&here);
    assert_eq!(third.sealed[0].bytes, third.sealed[0].bytes_new);
    assert!(third.alarm.is_none(), "sealing again is no attack");
    let drilled = drill::run(&here.site, &drilling(Some(&next))).unwrap();
    assert_eq!(drilled.exit(), ExitCode::Done, "{:#?}", drilled.record);
    let restored = restore::run(&here.site, &restoring(&here, "back", Some(&next)), &|_| {});
    assert_eq!(restored.unwrap().opened, 120);
    assert_eq!(
        fs::read(here.path("back/media/tep/3.txt")).unwrap(),
        "một công văn khác".as_bytes()
    );
}

#[test]
fn an_attack_on_a_sealed_tree_is_seen_and_a_change_of_modes_is_none() {
    let keys = Keys::new();
    let here = made(&keys);
    take(&here);
    for file in files(&here.path("tep")) {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert!(take(&here).alarm.is_none(), "nothing was written");
    for (file, seed) in files(&here.path("tep")).into_iter().zip(100..) {
        let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
        fs::write(file, noise(seed, length)).unwrap();
    }
    let taken = take(&here);
    let alarm = taken.alarm.expect("ciphertext in place of a hundred files");
    assert_eq!(alarm.findings[0].place, "media/tep");
    assert_eq!(alarm.findings[0].signs[0], Sign::Scrambled, "{:?}", alarm.findings);
    // The names give an attack away as well, below the suffix of the seal.
    for file in files(&here.path("tep")) {
        let name = format!("{}.locked", file.display());
        fs::rename(&file, name).unwrap();
    }
    let alarm = take(&here).alarm.expect("a hundred files of a new name");
    assert!(alarm.findings[0].signs.contains(&Sign::Renamed), "{:?}", alarm.findings);
    assert_eq!(alarm.findings[0].ending.as_deref(), Some("locked"));
}

#[test]
fn a_tree_that_comes_as_a_stream_is_sealed_as_it_comes() {
    let keys = Keys::new();
    let sources = format!(
        "
    trees:
      - role: media
        name: tep
        path: /srv/portal/media
        sealed: {{ recipients: [{}] }}
        pull: {{ command: [/bin/sh, -c, 'exec tar --format=pax -C pulled -cf - .'] }}
",
        keys.recipient
    );
    let source = tempfile::tempdir().unwrap();
    fs::write(source.path().join("một.txt"), "nội dung của tệp một").unwrap();
    fs::hard_link(source.path().join("một.txt"), source.path().join("một nữa.txt")).unwrap();
    let sources = sources.replace("pulled", source.path().to_str().unwrap());
    let here = Installation::with(&configuration(&sources));
    let taken = take(&here);
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let listed = here.restic(&["ls", "latest", "/media/tep"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("/media/tep/một.txt.zst.age"), "{listed}");
    let restored = restore::run(&here.site, &restoring(&here, "back", Some(&keys)), &|_| {});
    assert_eq!(restored.unwrap().exit(), ExitCode::Done);
    for name in ["một.txt", "một nữa.txt"] {
        let read = fs::read_to_string(here.path("back/media/tep").join(name));
        assert_eq!(read.unwrap(), "nội dung của tệp một");
    }
}

#[test]
fn what_opening_takes_is_planned_and_then_measured() {
    let keys = Keys::new();
    let here = made(&keys);
    let part = take(&here).sealed.remove(0);
    let planned = |identity| {
        let request = restoring(&here, "none", identity);
        let request = restore::Request { dry_run: true, ..request };
        restore::run(&here.site, &request, &|_| {}).unwrap().plan
    };
    let of_opening = |plan: &restore::plan::Plan| {
        plan.phases.iter().find(|one| one.phase == Phase::Open).copied()
    };
    let sealed = planned(None);
    assert_eq!(of_opening(&sealed), None);
    assert_eq!(sealed.space[0].needed, sealed.outline.space_bytes);
    let plan = planned(Some(&keys));
    let growth = part.plain_bytes - part.bytes;
    assert_eq!(plan.space[0].needed, plan.outline.space_bytes + growth);
    let opening = of_opening(&plan).unwrap();
    assert_eq!((opening.bytes, opening.expected), (part.plain_bytes, None));
    assert_eq!(plan.expected(), None, "a time that lacks a part is none");
    restore::run(&here.site, &restoring(&here, "back", Some(&keys)), &|_| {}).unwrap();
    let opening = of_opening(&planned(Some(&keys))).unwrap();
    assert_eq!(opening.expected.map(|one| one.measurements), Some(1));
}

#[test]
fn a_folder_that_cannot_be_read_while_its_files_are_opened_is_lost_and_named() {
    let keys = Keys::new();
    let here = made(&keys);
    fs::create_dir(here.path("tep/cũ")).unwrap();
    fs::write(here.path("tep/cũ/a.txt"), "nội dung").unwrap();
    take(&here);
    let back = restore::run(&here.site, &restoring(&here, "back", None), &|_| {}).unwrap();
    let identities = unseal::identities(&keys.source()).unwrap();
    let repository = here.site.open("local").unwrap();
    let browser = Browser::new(&repository).unwrap();
    let tree = repository.snapshot(&back.id).unwrap().tree;
    let folder = browser.find(&tree, "media/tep/cũ".as_bytes()).unwrap().unwrap();
    spoil(&here, &folder.subtree.unwrap());

    let with = unseal::Opener {
        repository: &repository,
        set: &back.id,
        identities: &identities,
        cancel: &here.site.cancel,
        progress: here.site.progress.as_ref(),
    };
    let (parts, target) = (back.manifest.sealed.iter().collect::<Vec<_>>(), here.path("back"));
    let area = unseal::Area { target: &target, from: "", only: &[] };
    let result = with.open(&parts, &area).unwrap();
    let [lost] = &result.lost[..] else { panic!("{:?}", result.lost) };
    assert_eq!(
        (lost.path.as_slice(), lost.fault.kind()),
        ("media/tep/cũ".as_bytes(), FaultKind::Integrity)
    );
    assert_eq!(result.files.len(), 120);
    assert!(here.path("back/media/tep/cũ/a.txt.zst.age").exists());
}

/// Changes one byte of a blob where it lies.
fn spoil(here: &Installation, blob: &BlobId) {
    let listed = here.restic(&["list", "index"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    for index in listed.lines() {
        let read = here.restic(&["cat", "index", index]);
        let index: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
        for pack in index["packs"].as_array().unwrap() {
            let blobs = pack["blobs"].as_array().unwrap();
            let Some(found) = blobs.iter().find(|one| one["id"] == blob.to_string()) else {
                continue;
            };
            let name = pack["id"].as_str().unwrap();
            let file = here.path(format!("repository/data/{}/{name}", &name[..2]));
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            let mut bytes = fs::read(&file).unwrap();
            let number = |name: &str| usize::try_from(found[name].as_u64().unwrap()).unwrap();
            let middle = number("offset") + number("length") / 2;
            bytes[middle] ^= 1;
            fs::write(&file, bytes).unwrap();
            return;
        }
    }
    panic!("no pack has {blob}");
}
