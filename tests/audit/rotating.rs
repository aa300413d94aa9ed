//! Rotating the signing key inside the log: whoever holds any key of it verifies, nobody goes on
//! with an old one, and a crash anywhere leaves one key in force.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duphong::audit::verify::{
    Trust, Verdict, compare_exports, verify, verify_export, verify_export_beside,
};
use duphong::audit::{AuditError, Ending, Fuse, Kind, Log};
use duphong::base::digest::Digest;
use duphong::base::fault::Fault;
use duphong::world::World;
use duphong::world::entropy::SeededEntropy;
use proptest::prelude::*;

use super::bundle::{Files, export, files_of, pack, unpack};
use super::differing::Forger;
use super::exporting;
use super::tamper::Case;
use super::verifying::{check, trust};
use super::{ORIGIN, RUNTIME, actor, copy, deed, entries, grow, still_world};

fn another_world(seed: u64) -> World {
    let clock = still_world().1;
    World::with(clock, Arc::new(SeededEntropy::new(seed)), RUNTIME.handle().clone())
}

fn rotate(log: &Log) {
    log.rotate_key(&actor(), "Trần Thị Bình", "thay định kỳ").unwrap();
}

/// A log of 30 entries, rotated twice, with what happened before, between and behind.
struct Ground {
    dir: PathBuf,
    log: Log,
    /// The verifier keys, oldest first.
    keys: [String; 3],
    /// Heads that each of them signed.
    anchors: [PathBuf; 3],
}

impl Ground {
    fn new(dir: &Path) -> Self {
        let (world, _) = still_world();
        let log = Log::create(&dir.join("log"), ORIGIN, &world).unwrap();
        grow(&log, 12);
        let anchors = ["first", "second", "third"].map(|name| dir.join(name));
        let mut keys = vec![log.vkey().to_owned()];
        log.anchor(&actor(), &anchors[0]).unwrap();
        // What a thief takes along.
        copy(&dir.join("log"), &dir.join("stolen"));
        export(&log, 0..14, &dir.join("before.zip"));
        for anchor in &anchors[1..] {
            rotate(&log);
            keys.push(log.vkey().to_owned());
            fs::copy(dir.join("log/log.key"), anchor.with_extension("key")).unwrap();
            log.anchor(&actor(), anchor).unwrap();
            grow(&log, log.reader().unwrap().size() + 7);
        }
        let keys = keys.try_into().unwrap();
        Self { dir: dir.to_owned(), log, keys, anchors }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A copy of the log, to be harmed.
    fn copied(&self, name: &str) -> PathBuf {
        let dir = self.at(name);
        copy(&self.at("log"), &dir);
        dir
    }

    /// What whoever stole the first key makes of the whole log: it goes on under that key.
    fn gone_on(&self, name: &str) -> PathBuf {
        let dir = self.copied(name);
        fs::remove_dir_all(dir.join("key")).unwrap();
        for file in ["log.key", "log.vkey", "checkpoint"] {
            fs::copy(self.at("stolen").join(file), dir.join(file)).unwrap();
        }
        let log = Log::open(&dir, &another_world(5)).unwrap();
        log.record(&actor(), deed(1)).unwrap();
        assert_eq!(log.vkey(), self.keys[0]);
        dir
    }

    /// What the thief makes by a rotation of their own, from where the key was stolen.
    fn forked(&self, name: &str) -> PathBuf {
        let dir = self.at(name);
        copy(&self.at("stolen"), &dir);
        rotate(&Log::open(&dir, &another_world(6)).unwrap());
        dir
    }
}

impl Ground {
    /// What whoever has the second key makes up: a log that ends before that key took over, with the
    /// handover that leads to it. Here its entries are those of the log; they might be any.
    fn made_up(&self, name: &str) -> PathBuf {
        let forger = Forger::with(&self.at("second.key"));
        let mut files: BTreeMap<_, _> = files_of(&self.at("before.zip")).into_iter().collect();
        let head = String::from_utf8(files["checkpoint"].clone()).unwrap();
        let (text, _) = head.split_once("\n\n").unwrap();
        files.insert("checkpoint".to_owned(), forger.note(&format!("{text}\n")));
        files.insert("log.vkey".to_owned(), format!("{}\n", self.keys[1]).into_bytes());
        files.insert("key/001".to_owned(), fs::read(self.at("log/key/001")).unwrap());
        forger.list(&mut files);
        let zip = self.at(name);
        pack(&files.into_iter().collect(), &zip);
        zip
    }
}

#[test]
fn a_key_that_signs_a_log_shorter_than_the_one_it_took_over_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::new(folder.path());
    let (zip, out) = (ground.made_up("made-up.zip"), ground.at("made-up"));
    unpack(&zip, &out);
    for key in &ground.keys[..2] {
        check(&verify_export(&zip, &trust(key, &[])), Verdict::Invalid, "key-early", None);
        exporting::check(&out, &["--vkey", key], 20, "shorter than the one it took over");
    }
    // As an anchor it says no more.
    let head = ground.at("made-up.head");
    fs::copy(out.join("checkpoint"), &head).unwrap();
    let report = verify(&ground.at("log"), &trust(&ground.keys[0], &[&head]));
    check(&report, Verdict::Invalid, "key-early", None);
}

fn fingerprint(vkey: &str) -> String {
    Digest::of(vkey.as_bytes()).to_string()
}

#[test]
fn whoever_holds_any_key_or_its_fingerprint_verifies_the_log_and_its_exports() {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::new(folder.path());
    let size = ground.log.reader().unwrap().size();
    let (late, whole) = (ground.at("late.zip"), ground.at("whole.zip"));
    export(&ground.log, size - 3..size, &late);
    export(&ground.log, 0..size, &whole);
    let anchors: Vec<_> = ground.anchors.iter().map(PathBuf::as_path).collect();
    for key in &ground.keys {
        for given in [key.clone(), fingerprint(key)] {
            let report = verify(&ground.at("log"), &trust(&given, &anchors));
            assert_eq!((report.verdict(), &report.findings[..]), (Verdict::Valid, &[][..]));
            assert_eq!((report.vkey.as_ref(), report.anchors.len()), (Some(key), 3));
            let signer = report.signer.unwrap();
            assert_eq!((&signer.vkey, signer.number), (&ground.keys[2], 2));
            assert_eq!(signer.since, Some("2026-03-01T00:00:00Z".parse().unwrap()));
            for zip in [&late, &whole] {
                let report = verify_export(zip, &trust(&given, &anchors));
                assert_eq!((report.verdict(), &report.findings[..]), (Verdict::Valid, &[][..]));
                assert_eq!(report.anchors.len(), 3);
                let out = zip.with_extension(fingerprint(key));
                unpack(zip, &out);
                let third = ground.anchors[2].to_str().unwrap();
                let arguments = ["--vkey", &given, "--anchor", third];
                exporting::check(&out, &arguments, 0, "which took over at");
                fs::remove_dir_all(&out).unwrap();
            }
        }
    }
    // An anchor of the first key vouches for the third, which alone signed the export.
    let alone = Trust { vkey: None, anchors: vec![ground.anchors[0].clone()] };
    assert_eq!(verify_export(&late, &alone).verdict(), Verdict::Valid);
    // A key that is none of the log's stays none.
    let other = Log::create(&ground.at("other"), ORIGIN, &another_world(3)).unwrap();
    check(
        &verify(&ground.at("log"), &trust(other.vkey(), &[])),
        Verdict::Invalid,
        "signature",
        None,
    );
    check(&verify_export(&late, &trust(other.vkey(), &[])), Verdict::Invalid, "signature", None);
    let print = fingerprint(other.vkey());
    check(&verify_export(&late, &trust(&print, &[])), Verdict::Invalid, "other-key-given", None);
}

#[test]
fn the_log_goes_on_under_the_new_key_for_everyone_who_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("log");
    let (world, _) = still_world();
    let log = Log::create(&dir, ORIGIN, &world).unwrap();
    let old = fs::read(dir.join("log.key")).unwrap();
    // Another process, at work while the key is rotated.
    let at_work = Log::open(&dir, &another_world(2)).unwrap();
    let intent = at_work.intend(&actor(), deed(1)).unwrap();
    let first = log.vkey().to_owned();
    let rotated = log.rotate_key(&actor(), "Trần Thị Bình", "thay định kỳ").unwrap();
    assert_eq!((&rotated.from, rotated.to.as_str()), (&first, log.vkey()));
    assert_eq!((rotated.size, &rotated.path), (3, &dir.join("key/001")));
    at_work.settle(intent, duphong::audit::Outcome::done()).unwrap();
    assert_eq!(at_work.vkey(), log.vkey());
    // Of the old key nothing is left in the folder.
    assert_ne!(fs::read(dir.join("log.key")).unwrap(), old);
    assert!(!dir.join("log.key.new").exists());
    let seen = entries(&dir);
    let said = &seen[2];
    assert_eq!((said.kind, said.verb.as_str()), (Kind::Intent, "audit.rotate-key"));
    assert_eq!(
        (&said.facts["from"], &said.facts["to"]),
        (&rotated.from.into(), &rotated.to.into())
    );
    assert_eq!(
        (&said.facts["by"], &said.facts["reason"]),
        (&"Trần Thị Bình".into(), &"thay định kỳ".into())
    );
    assert_eq!((seen[3].result, seen[3].intent), (Some(Ending::Done), Some(2)));
    // A copy has what leads from key to key, and no private key.
    let copied = folder.path().join("copied");
    log.copy_to(&copied).unwrap();
    rotate(&log);
    log.copy_to(&copied).unwrap();
    assert_eq!(verify(&copied, &trust(&first, &[])).findings, []);
    assert!(!copied.join("log.key").exists());
    // The old key put back is refused, and so is a log whose handover is damaged or gone.
    let new = fs::read(dir.join("log.key")).unwrap();
    fs::write(dir.join("log.key"), &old).unwrap();
    let refused = |code: &str| {
        assert_eq!(Log::open(&dir, &still_world().0).unwrap_err().code(), code);
    };
    refused("audit.key-retired");
    fs::write(dir.join("log.key"), &new).unwrap();
    let handover = fs::read_to_string(dir.join("key/001")).unwrap();
    fs::write(dir.join("key/001"), handover.replacen("\n3\n", "\n4\n", 1)).unwrap();
    refused("audit.handover");
    fs::remove_file(dir.join("key/001")).unwrap();
    refused("audit.handover");
    fs::write(dir.join("key/001"), handover).unwrap();
    Log::open(&dir, &still_world().0).unwrap();
}

#[test]
fn a_key_that_is_kept_elsewhere_is_replaced_there_and_one_behind_a_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, kept) = (folder.path().join("log"), folder.path().join("kept"));
    let (world, _) = still_world();
    let log = Log::create_with_key(&dir, &kept, ORIGIN, &world).unwrap();
    let first = log.vkey().to_owned();
    rotate(&log);
    assert!(!dir.join("log.key").exists() && !folder.path().join("kept.new").exists());
    drop(log);
    let log = Log::open_with_key(&dir, &kept, &world).unwrap();
    assert_ne!(log.vkey(), first);
    assert_eq!(verify(&dir, &trust(&first, &[])).findings, []);
    drop(log);
    std::os::unix::fs::symlink(&kept, dir.join("log.key")).unwrap();
    let log = Log::open(&dir, &world).unwrap();
    let before = (fs::read(&kept).unwrap(), entries(&dir));
    let fault = log.rotate_key(&actor(), "An", "thử").unwrap_err();
    assert!(matches!(fault, AuditError::KeyElsewhere { .. }));
    assert_eq!((fs::read(&kept).unwrap(), entries(&dir)), before);
    assert!(dir.join("log.key").is_symlink() && !dir.join("log.key.new").exists());
}

/// Rotates on a copy of the log until the fuse blows; returns whether it did.
fn crash(sound: &Path, dir: &Path, first: &str, fuse: &Fuse) -> bool {
    let _ = fs::remove_dir_all(dir);
    copy(sound, dir);
    let dying = Log::open_with_fuse(dir, &another_world(8), fuse.clone()).unwrap();
    let told = dying.rotate_key(&actor(), "An", "thử");
    drop(dying);
    // A crash is no tampering, under the key that everybody has.
    let crashed = verify(dir, &trust(first, &[]));
    assert_ne!(crashed.verdict(), Verdict::Invalid, "{crashed:#?}");
    // Whoever comes next may only read the log or go on writing; it may die as well.
    let again = Fuse::after(1, true);
    let _ = Log::open_with_fuse(dir, &another_world(9), again);
    let log = Log::open(dir, &another_world(10)).unwrap();
    assert!(log.recovery().abandoned.is_empty() || log.vkey() == first);
    let is_new = log.vkey() != first;
    assert_eq!(dir.join("key/001").exists(), is_new);
    assert!(told.is_err() || is_new, "what was told as done was undone");
    assert!(!dir.join("log.key.new").exists());
    let seen = entries(dir);
    let outcome =
        seen.iter().find(|entry| entry.kind == Kind::Outcome && entry.verb == "audit.rotate-key");
    let expected = if is_new { Ending::Done } else { Ending::Abandoned };
    // Without an entry the crash came before the announcement.
    assert!(outcome.is_none_or(|entry| entry.result == Some(expected)), "{outcome:?}");
    assert!(outcome.is_some() || !is_new);
    log.record(&actor(), deed(0)).unwrap();
    rotate(&log);
    drop(log);
    let report = verify(dir, &trust(first, &[]));
    assert_eq!((report.verdict(), report.findings), (Verdict::Valid, vec![]));
    assert_eq!((report.open_intents, report.signer.unwrap().number), (0, 1 + u64::from(is_new)));
    fuse.is_blown()
}

#[test]
fn a_crash_at_any_write_of_a_rotation_leaves_one_key_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    let log = Log::create(&sound, ORIGIN, &still_world().0).unwrap();
    // The announcement fills a bundle.
    grow(&log, 255);
    for torn in [false, true] {
        let dir = folder.path().join(torn.to_string());
        let blown = |steps: &u32| crash(&sound, &dir, log.vkey(), &Fuse::after(*steps, torn));
        let writes = (0..200).take_while(blown).count();
        assert!(writes > 15, "the fuse blew at {writes} writes only");
    }
}

/// The ground of what is done to exports, and the cases so far.
struct Cases {
    ground: Ground,
    /// An export of the last entries, and one of all.
    late: PathBuf,
    whole: PathBuf,
    all: Vec<Case>,
}

impl Cases {
    fn given(
        &mut self,
        title: &'static str,
        (verdict, finding): (Verdict, &'static str),
        (zip, key): (&Path, &str),
        anchors: &[&Path],
    ) {
        let anchors = anchors.iter().map(|path| path.to_path_buf()).collect();
        let (zip, key) = (zip.to_owned(), Some(key.to_owned()));
        self.all.push(Case { title, zip, key, anchors, verdict, finding });
    }

    /// The same files but for what was changed.
    fn changed(&self, name: &str, of: &Path, change: impl FnOnce(&mut Files)) -> PathBuf {
        let (zip, mut files) = (self.ground.at(name), files_of(of));
        change(&mut files);
        pack(&files, &zip);
        zip
    }
}

/// Changes one file.
fn edited(name: &str, change: impl FnOnce(String) -> String) -> impl FnOnce(&mut Files) {
    move |files| {
        let file = files.iter_mut().find(|(other, _)| other == name).unwrap();
        let text = String::from_utf8(std::mem::take(&mut file.1)).unwrap();
        file.1 = change(text.clone()).into_bytes();
        assert_ne!(file.1, text.into_bytes());
    }
}

/// Takes one file out.
fn without(name: &str) -> impl FnOnce(&mut Files) {
    move |files| files.retain(|(other, _)| other != name)
}

/// All that is done to exports of a log whose key was rotated; the page is shown them too.
pub(super) fn cases(dir: &Path) -> Vec<Case> {
    use Verdict::Valid;
    fs::create_dir_all(dir).unwrap();
    let ground = Ground::new(dir);
    let size = ground.log.reader().unwrap().size();
    let (late, whole) = (ground.at("late.zip"), ground.at("whole.zip"));
    export(&ground.log, size - 3..size, &late);
    export(&ground.log, 0..size, &whole);
    let [first, second, third] = ground.keys.clone();
    let anchors = ground.anchors.clone();
    let mut cases = Cases { ground, late: late.clone(), whole: whole.clone(), all: Vec::new() };
    let sound = (Valid, "");
    cases.given("rotated-under-the-first-key", sound, (&late, &first), &[]);
    cases.given("rotated-under-the-second-key", sound, (&whole, &second), &[]);
    cases.given("rotated-under-the-last-key", sound, (&whole, &third), &[&anchors[0]]);
    let print = fingerprint(&first);
    cases.given("rotated-under-a-fingerprint", sound, (&late, &print), &[&anchors[1]]);
    of_handovers(&mut cases);
    of_thieves(&mut cases);
    cases.all
}

fn of_handovers(cases: &mut Cases) {
    use Verdict::{Inconclusive, Invalid};
    let [first, second, _] = cases.ground.keys.clone();
    let late = cases.late.clone();
    let zip = cases.changed("no-first.zip", &late, without("key/001"));
    cases.given("handover-taken-out", (Inconclusive, "key-lost"), (&zip, &first), &[]);
    let (told, print) = ((Inconclusive, "other-key-given"), fingerprint(&first));
    cases.given("handover-taken-out-under-a-fingerprint", told, (&zip, &print), &[]);
    let zip = cases.changed("no-last.zip", &late, without("key/002"));
    cases.given("last-handover-taken-out", (Inconclusive, "key-lost"), (&zip, &second), &[]);
    let told = (Invalid, "key-handover");
    let rename = edited("key/001", |text| text.replacen("key-to cong", "key-to kong", 1));
    let zip = cases.changed("altered.zip", &late, rename);
    cases.given("handover-altered", told, (&zip, &first), &[]);
    let unsign = edited("key/001", |text| {
        let at = text.find("\n\n").unwrap() + 2;
        let end = at + text[at..].find('\n').unwrap() + 1;
        [&text[..at], &text[end..]].concat()
    });
    let zip = cases.changed("unsigned.zip", &late, unsign);
    cases.given("handover-that-the-old-key-did-not-sign", told, (&zip, &first), &[]);
}

fn of_thieves(cases: &mut Cases) {
    use Verdict::{Invalid, Valid};
    let [first, second, _] = cases.ground.keys.clone();
    let (late, whole) = (cases.late.clone(), cases.whole.clone());
    // The first key was stolen, and goes on.
    let log = Log::open(&cases.ground.gone_on("gone-on"), &another_world(7)).unwrap();
    let zip = cases.ground.at("gone-on.zip");
    export(&log, 0..log.reader().unwrap().size(), &zip);
    cases.given("old-key-goes-on", (Invalid, "key-ignored"), (&zip, &first), &[]);
    let title = "old-key-goes-on-and-the-new-key-is-known";
    cases.given(title, (Invalid, "signature"), (&zip, &second), &[]);
    let handover = files_of(&late).into_iter().find(|(name, _)| name == "key/001").unwrap();
    let zip = cases.changed("gone-on-with.zip", &zip, |files| files.push(handover));
    let retired = (Invalid, "key-retired");
    cases.given("old-key-goes-on-behind-its-handover", retired, (&zip, &first), &[]);
    let head = cases.ground.at("gone-on.head");
    fs::write(&head, log.checkpoint().unwrap()).unwrap();
    cases.given("anchor-that-the-old-key-signed-later", retired, (&late, &first), &[&head]);

    // Whoever has a later key makes up a log that ends before it took over.
    let zip = cases.ground.made_up("made-up.zip");
    let early = (Invalid, "key-early");
    cases.given("later-key-makes-up-a-shorter-log", early, (&zip, &first), &[]);
    cases.given("later-key-makes-up-a-shorter-log-of-its-own", early, (&zip, &second), &[]);

    // The thief rotates as well: what the old key signs first looks sound, and forks the log.
    let fork = Log::open(&cases.ground.forked("fork"), &another_world(7)).unwrap();
    let zip = cases.ground.at("fork.zip");
    export(&fork, 0..14, &zip);
    cases.given("fork-by-a-rotation-alone", (Valid, ""), (&zip, &first), &[]);
    cases.given("fork-by-a-rotation", (Invalid, "signature"), (&zip, &second), &[]);
    let rival = fs::read_to_string(cases.ground.at("fork/key/001")).unwrap();
    let bytes = rival.clone().into_bytes();
    let double = |files: &mut Files| files.push(("key/003".to_owned(), bytes));
    let zip = cases.changed("doubled.zip", &late, double);
    cases.given("key-that-hands-over-twice", (Invalid, "key-fork"), (&zip, &first), &[]);
    let zip = cases.changed("other-first.zip", &whole, edited("key/001", |_| rival));
    cases.given("handover-of-a-fork", (Invalid, "key-handover"), (&zip, &first), &[]);
}

#[test]
fn two_exports_across_a_rotation_agree_and_a_fork_of_the_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::new(folder.path());
    let size = ground.log.reader().unwrap().size();
    let (before, after) = (ground.at("before.zip"), ground.at("after.zip"));
    export(&ground.log, 5..size, &after);
    let [first, _, third] = &ground.keys;
    let compare =
        |one: &Path, other: &Path, key: &str| compare_exports(one, other, &trust(key, &[]));
    for (one, other) in [(&before, &after), (&after, &before)] {
        let [here, there, both] = compare(one, other, first);
        assert_eq!((here.verdict(), there.verdict()), (Verdict::Valid, Verdict::Valid));
        check(&both, Verdict::Valid, "agree", None);
    }
    // The holder of the last key has its word for the log up to the handover; that the older
    // export is part of that is told by the newer one alone.
    let [alone, newer, both] = compare(&before, &after, third);
    check(&alone, Verdict::Inconclusive, "key-earlier", None);
    assert_eq!(newer.findings, []);
    check(&both, Verdict::Valid, "agree", None);
    let beside = verify_export_beside(&before, std::slice::from_ref(&after), &trust(third, &[]));
    check(&beside, Verdict::Inconclusive, "key-earlier", None);
    check(&verify_export(&before, &trust(third, &[])), Verdict::Invalid, "signature", None);
    // Both show a handover of the first key: one of them is the thief's.
    let fork = Log::open(&ground.forked("fork"), &another_world(7)).unwrap();
    let zip = ground.at("fork.zip");
    export(&fork, 0..fork.reader().unwrap().size(), &zip);
    check(&compare(&zip, &after, first)[2], Verdict::Invalid, "key-fork", None);
    check(&compare(&after, &zip, first)[2], Verdict::Invalid, "key-fork", None);
    // The old key that went on is found beside an export that has the handover.
    let log = Log::open(&ground.gone_on("gone-on"), &another_world(7)).unwrap();
    let (zip, size) = (ground.at("gone-on.zip"), log.reader().unwrap().size());
    export(&log, size - 1..size, &zip);
    assert_eq!(verify_export(&zip, &trust(first, &[])).verdict(), Verdict::Valid);
    check(&compare(&zip, &after, first)[0], Verdict::Invalid, "key-retired", None);
}

#[test]
fn every_tampering_with_the_keys_of_a_log_is_found_and_named() {
    use Verdict::{Inconclusive, Invalid, Valid};
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::new(folder.path());
    let [first, second, third] = &ground.keys;
    let look = |dir: &Path, key: &str, verdict, finding: &str| {
        let report = verify(dir, &trust(key, &[]));
        let ids: Vec<_> = report.findings.iter().map(|found| found.message.id).collect();
        let is_named =
            finding.is_empty() || ids.contains(&format!("audit-found-{finding}").as_str());
        assert!(report.verdict() == verdict && is_named, "{report:#?}");
    };
    let dir = ground.gone_on("gone-on");
    look(&dir, first, Invalid, "key-ignored");
    look(&dir, third, Invalid, "signature");
    copy(&ground.at("log/key"), &dir.join("key"));
    for key in [first, second, third] {
        look(&dir, key, Invalid, "key-retired");
    }
    let dir = ground.copied("no-first");
    fs::remove_file(dir.join("key/001")).unwrap();
    look(&dir, first, Inconclusive, "key-lost");
    look(&dir, second, Inconclusive, "key-gap");
    look(&dir, third, Inconclusive, "key-unlinked");
    let dir = ground.copied("none");
    fs::remove_dir_all(dir.join("key")).unwrap();
    look(&dir, first, Inconclusive, "key-lost");
    look(&dir, third, Inconclusive, "key-unlinked");
    let fork = ground.forked("fork");
    look(&fork, first, Valid, "");
    let dir = ground.copied("doubled");
    fs::copy(fork.join("key/001"), dir.join("key/003")).unwrap();
    look(&dir, first, Invalid, "key-fork");
    let dir = ground.copied("exchanged");
    fs::copy(fork.join("key/001"), dir.join("key/001")).unwrap();
    look(&dir, first, Invalid, "key-handover");
    // Put back to before the rotation, with the handovers left in place.
    let dir = ground.at("put-back");
    copy(&ground.at("stolen"), &dir);
    copy(&ground.at("log/key"), &dir.join("key"));
    look(&dir, first, Invalid, "key-root");
    // The entry that announces it was rewritten by whoever has the newest key.
    let dir = ground.copied("announced-otherwise");
    fs::remove_dir_all(dir.join("key")).unwrap();
    fs::create_dir(dir.join("key")).unwrap();
    fs::copy(fork.join("key/001"), dir.join("key/001")).unwrap();
    look(&dir, first, Invalid, "key-entry");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Any single byte of a handover that is altered is found, in the log and in an export.
    #[test]
    fn one_altered_byte_in_a_handover_is_found(
        place in any::<prop::sample::Index>(),
        other in 1..=u8::MAX,
        second in any::<bool>(),
    ) {
        let (folder, dir, zip, vkey) = &*ROTATED;
        let name = if second { "key/002" } else { "key/001" };
        let mut note = fs::read(dir.join(name)).unwrap();
        let place = place.index(note.len());
        note[place] ^= other;
        let harmed = tempfile::tempdir_in(folder.path()).unwrap();
        copy(dir, &harmed.path().join("log"));
        fs::write(harmed.path().join("log").join(name), &note).unwrap();
        let report = verify(&harmed.path().join("log"), &trust(vkey, &[]));
        let is_named = |id: &str| report.findings.iter().any(|found| found.message.id == id);
        prop_assert_eq!(report.verdict(), Verdict::Invalid);
        prop_assert!(is_named("audit-found-key-handover") || is_named("audit-found-key-fork"), "{report:#?}");
        let mut files = zip.clone();
        files.iter_mut().find(|(other, _)| other == name).unwrap().1 = note;
        let path = harmed.path().join("a.zip");
        pack(&files, &path);
        prop_assert_eq!(verify_export(&path, &trust(vkey, &[])).verdict(), Verdict::Invalid);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Anything in the place of a handover makes findings, never panics, and stops the writer.
    #[test]
    fn arbitrary_bytes_in_the_place_of_a_handover_are_never_believed(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        number in 1..=3u8,
    ) {
        let (folder, dir, zip, vkey) = &*ROTATED;
        let harmed = tempfile::tempdir_in(folder.path()).unwrap();
        let (log, name) = (harmed.path().join("log"), format!("key/00{number}"));
        copy(dir, &log);
        fs::write(log.join(&name), &bytes).unwrap();
        prop_assert_eq!(verify(&log, &trust(vkey, &[])).verdict(), Verdict::Invalid);
        prop_assert_eq!(Log::open(&log, &still_world().0).unwrap_err().code(), "audit.handover");
        let mut files: Files = zip.iter().filter(|(other, _)| *other != name).cloned().collect();
        files.push((name, bytes));
        let path = harmed.path().join("a.zip");
        pack(&files, &path);
        prop_assert_eq!(verify_export(&path, &trust(vkey, &[])).verdict(), Verdict::Invalid);
    }
}

static ROTATED: std::sync::LazyLock<(tempfile::TempDir, PathBuf, Files, String)> =
    std::sync::LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let ground = Ground::new(folder.path());
        let zip = ground.at("whole.zip");
        export(&ground.log, 0..20, &zip);
        let [first, ..] = ground.keys;
        (folder, ground.dir.join("log"), files_of(&zip), first)
    });
