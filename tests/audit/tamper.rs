//! The tamper matrix: what can be done to a log and to its exports, each found and named.
//!
//! Every case of [`cases`] is shown to the program's verifier here and to the page in a browser in
//! `page`; both must give the same verdict for the same reason.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use duphong::audit::verify::agree::{verify_exactly, verify_export_exactly};
use duphong::audit::verify::{Trust, Verdict, compare_exports, verify, verify_export};
use duphong::audit::{Deed, Log};
use duphong::base::digest::Digest;
use duphong::world::World;
use duphong::world::entropy::SeededEntropy;
use serde_json::{Map, Value};

use super::bundle::{Files, export, files_of, pack, part};
use super::rotating;
use super::verifying::check;
use super::{ORIGIN, RUNTIME, actor, copy, grow, still_world};

/// One thing done to an export.
pub(super) struct Case {
    pub(super) title: &'static str,
    pub(super) zip: PathBuf,
    pub(super) key: Option<String>,
    pub(super) anchors: Vec<PathBuf>,
    pub(super) verdict: Verdict,
    /// What names it; empty where nothing is to be found.
    pub(super) finding: &'static str,
}

/// The bytes of a piece of evidence.
const EVIDENCE: &[u8] = b"trang ch\xe1\xbb\xa7 l\xc3\xbac 08:15";

/// A log in which a piece of evidence is named by entry 12, and which has grown to 60 entries.
fn grown(dir: &Path, origin: &str, world: &World) -> Log {
    let log = Log::create(dir, origin, world).unwrap();
    grow(&log, 12);
    let deed = Deed::new("evidence.seal", Digest::of(EVIDENCE).to_string());
    log.record(&actor(), deed.fact("media-type", "text/plain")).unwrap();
    grow(&log, 60);
    log
}

fn with_evidence(log: &Log, to: &Path) {
    let name = format!("evidence/{}.txt", Digest::of(EVIDENCE));
    let parts =
        vec![part("entries.vi.txt", b"b\xe1\xba\xa3n \xc4\x91\xe1\xbb\x8dc"), part(name, EVIDENCE)];
    log.export(10..50, parts, to).unwrap();
}

fn another_world(seed: u64) -> World {
    let clock = still_world().1;
    World::with(clock, std::sync::Arc::new(SeededEntropy::new(seed)), RUNTIME.handle().clone())
}

/// The ground of all cases: a log, its export, anchors, and what forgers have.
struct Ground {
    dir: PathBuf,
    key: String,
    files: Files,
    cases: Vec<Case>,
}

impl Ground {
    fn case(
        &mut self,
        title: &'static str,
        (verdict, finding): (Verdict, &'static str),
        change: impl FnOnce(&mut Files),
    ) {
        let mut files = self.files.clone();
        change(&mut files);
        let zip = self.dir.join(format!("{title}.zip"));
        pack(&files, &zip);
        let key = Some(self.key.clone());
        self.cases.push(Case { title, zip, key, anchors: Vec::new(), verdict, finding });
    }

    fn given(
        &mut self,
        title: &'static str,
        (verdict, finding): (Verdict, &'static str),
        zip: &Path,
        key: Option<&str>,
        anchors: &[&Path],
    ) {
        let anchors = anchors.iter().map(|path| path.to_path_buf()).collect();
        let (zip, key) = (zip.to_owned(), key.map(str::to_owned));
        self.cases.push(Case { title, zip, key, anchors, verdict, finding });
    }
}

/// The content of one file, to be changed.
fn file<'a>(files: &'a mut Files, name: &str) -> &'a mut Vec<u8> {
    &mut files.iter_mut().find(|(other, _)| other.starts_with(name)).unwrap().1
}

/// Changes a text file.
fn edit(files: &mut Files, name: &str, change: impl FnOnce(String) -> String) {
    let content = file(files, name);
    *content = change(String::from_utf8(std::mem::take(content)).unwrap()).into_bytes();
}

/// Changes the lines of the entries; line 0 is entry 10.
fn lines(files: &mut Files, change: impl FnOnce(&mut Vec<String>)) {
    edit(files, "entries.jsonl", |text| {
        let mut lines = text.lines().map(str::to_owned).collect();
        change(&mut lines);
        lines.join("\n") + "\n"
    });
}

/// All that is done to exports.
pub(super) fn cases(dir: &Path) -> Vec<Case> {
    use Verdict::{Inconclusive, Valid};
    let (world, _) = still_world();
    let log = grown(&dir.join("log"), ORIGIN, &world);
    let (sound, anchor) = (dir.join("sound.zip"), dir.join("anchor"));
    with_evidence(&log, &sound);
    log.anchor(&actor(), &anchor).unwrap();
    let key = log.vkey().to_owned();
    let mut all = Ground {
        dir: dir.to_owned(),
        key: key.clone(),
        files: files_of(&sound),
        cases: Vec::new(),
    };

    all.given("sound", (Valid, ""), &sound, Some(&key), &[]);
    all.given("sound-without-a-key", (Inconclusive, "untrusted"), &sound, None, &[]);
    let older = dir.join("older.zip");
    export(&log, 0..61, &older);
    all.given("sound-with-an-anchor-alone", (Valid, "bundle-key"), &older, None, &[&anchor]);

    of_entries(&mut all);
    of_openings(&mut all);
    of_files(&mut all);
    of_heads(&mut all, &log, &anchor);
    of_forgers(&mut all);
    with_the_key(&mut all, &anchor);
    all.cases.extend(rotating::cases(&dir.join("rotated")));
    all.cases
}

fn of_entries(all: &mut Ground) {
    use Verdict::Invalid;
    all.case("edited", (Invalid, "after"), |files| {
        lines(files, |lines| lines[5] = lines[5].replace("snapshot.create", "snapshot.forget"));
    });
    all.case("inserted", (Invalid, "seq"), |files| {
        lines(files, |lines| lines.insert(5, lines[5].clone()));
    });
    all.case("one-record-taken-out", (Invalid, "seq"), |files| {
        lines(files, |lines| drop(lines.remove(5)));
    });
    all.case("one-record-taken-out-and-renumbered", (Invalid, "after"), |files| {
        lines(files, |lines| {
            // A record that nothing refers to: what follows takes the place before it.
            drop(lines.remove(2));
            for (at, line) in lines.iter_mut().enumerate().skip(2) {
                *line = line.replacen(
                    &format!("\"seq\":{}", at + 11),
                    &format!("\"seq\":{}", at + 10),
                    1,
                );
            }
        });
    });
    all.case("swapped", (Invalid, "seq"), |files| lines(files, |lines| lines.swap(5, 8)));
    all.case("spelled-otherwise", (Invalid, "line"), |files| {
        lines(files, |lines| lines[5] = lines[5].replacen("\"v\":2", "\"v\": 2", 1));
    });
    all.case("said-twice", (Invalid, "line"), |files| {
        lines(files, |lines| lines[5] = lines[5].replacen('{', "{\"v\":2,", 1));
    });
    all.case("tail-dropped", (Invalid, "count"), |files| lines(files, |lines| lines.truncate(30)));
    all.case("tail-dropped-and-frame-mended", (Invalid, "consistency"), |files| {
        lines(files, |lines| lines.truncate(39));
        let mut tree = Vec::new();
        for (name, bytes) in files.iter() {
            if name == "bundle.json" {
                let frame: serde_json::Value = serde_json::from_slice(bytes).unwrap();
                tree = vec![frame["root-before"].as_str().unwrap().to_owned()];
            }
        }
        let wrong = tree.pop().unwrap();
        edit(files, "bundle.json", |text| {
            let mut frame: serde_json::Value = serde_json::from_str(&text).unwrap();
            frame["to"] = 49.into();
            frame["root-after"] = wrong.into();
            frame.to_string()
        });
    });
    all.case("clock-set-back-by-hand", (Invalid, "clock"), |files| {
        lines(files, |lines| lines[5] = lines[5].replacen("2026-03-01T", "2026-02-28T", 1));
    });
}

/// Changes what is shown of the entries; line 0 is of entry 10.
pub(super) fn openings(files: &mut Files, change: impl FnOnce(&mut Vec<Map<String, Value>>)) {
    edit(files, "openings.jsonl", |text| {
        let mut shown = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        change(&mut shown);
        shown.iter().map(|shown| serde_json::to_string(shown).unwrap() + "\n").collect()
    });
}

fn of_openings(all: &mut Ground) {
    use Verdict::{Inconclusive, Invalid, Valid};
    all.case("opening-changed", (Invalid, "opening"), |files| {
        openings(files, |shown| shown[5]["subject"][1] = "cong-khac".into());
    });
    all.case("salt-changed", (Invalid, "opening"), |files| {
        openings(files, |shown| shown[5]["subject"][0] = shown[6]["subject"][0].clone());
    });
    all.case("openings-of-two-entries-swapped", (Invalid, "opening"), |files| {
        openings(files, |shown| {
            let (one, other) = (shown[5]["subject"].clone(), shown[6]["subject"].clone());
            (shown[5]["subject"], shown[6]["subject"]) = (other, one);
        });
    });
    all.case("opening-of-another-field", (Invalid, "opening"), |files| {
        openings(files, |shown| shown[5]["actor.name"] = shown[5]["subject"].clone());
    });
    all.case("opening-of-no-field", (Invalid, "opening"), |files| {
        openings(files, |shown| {
            let one = shown[5]["subject"].clone();
            shown[5].insert("facts.khac".to_owned(), one);
        });
    });
    all.case("openings-moved", (Invalid, "opening-line"), |files| {
        openings(files, |shown| shown.swap(5, 6));
    });
    all.case("opening-of-no-entry", (Invalid, "opening-line"), |files| {
        openings(files, |shown| {
            let mut last = shown[39].clone();
            last["seq"] = 70.into();
            shown.push(last);
        });
    });
    all.case("opening-garbled", (Invalid, "opening-line"), |files| {
        edit(files, "openings.jsonl", |text| text.replacen('{', "[", 1));
    });
    all.case("opening-spelled-otherwise", (Invalid, "opening-line"), |files| {
        edit(files, "openings.jsonl", |text| text.replacen("\",\"", "\", \"", 1));
    });
    all.case("field-withheld", (Valid, "withheld"), |files| {
        openings(files, |shown| drop(shown[5].shift_remove("subject")));
    });
    all.case("entry-withheld-and-words-left-out", (Valid, "withheld"), |files| {
        openings(files, |shown| drop(shown.remove(5)));
        files.retain(|(name, _)| name != "entries.vi.txt");
    });
    all.case("name-of-evidence-withheld", (Inconclusive, "evidence-unnamed"), |files| {
        openings(files, |shown| drop(shown[2].shift_remove("subject")));
    });
    all.case("openings-taken-out", (Inconclusive, "file-lost"), |files| {
        files.retain(|(name, _)| name != "openings.jsonl");
    });
}

fn of_files(all: &mut Ground) {
    use Verdict::{Inconclusive, Invalid};
    all.case("words-taken-out", (Invalid, "file-lost"), |files| {
        files.retain(|(name, _)| name != "entries.vi.txt");
    });
    all.case("evidence-swapped", (Invalid, "evidence-swapped"), |files| {
        *file(files, "evidence/") = b"trang kh\xc3\xa1c".to_vec();
    });
    all.case("evidence-taken-out", (Invalid, "file-lost"), |files| {
        files.retain(|(name, _)| !name.starts_with("evidence/"));
    });
    all.case("evidence-added", (Invalid, "file-added"), |files| {
        files.push((format!("evidence/{}", Digest::of(b"x")), b"x".to_vec()));
    });
    all.case("words-changed", (Invalid, "file-changed"), |files| {
        file(files, "entries.vi.txt").push(b'!');
    });
    all.case("page-exchanged", (Invalid, "file-changed"), |files| {
        *file(files, "verify.html") = "<h1>HỢP LỆ</h1>".as_bytes().to_vec();
    });
    all.case("list-mended", (Invalid, "list"), |files| {
        *file(files, "evidence/") = b"trang kh\xc3\xa1c".to_vec();
        let (old, new) =
            (Digest::of(EVIDENCE).to_string(), Digest::of(b"trang kh\xc3\xa1c").to_string());
        edit(files, "manifest", |text| text.replacen(&old, &new, 1));
    });
    all.case("list-taken-out", (Invalid, "file-lost"), |files| {
        files.retain(|(name, _)| name != "manifest");
    });
    all.case("frame-of-another-version", (Inconclusive, "bundle-version"), |files| {
        edit(files, "bundle.json", |text| text.replacen("\"v\": 3", "\"v\": 4", 1));
    });
    all.case("frame-broken", (Inconclusive, "bundle"), |files| {
        edit(files, "bundle.json", |text| text.replacen('{', "[", 1));
    });
    all.case("name-that-leads-out", (Inconclusive, "zip-name"), |files| {
        files.push(("../x".to_owned(), Vec::new()));
    });
    let (title, zip) = ("cut-off", all.dir.join("cut-off.zip"));
    let bytes = fs::read(all.dir.join("sound.zip")).unwrap();
    fs::write(&zip, &bytes[..bytes.len() - 400]).unwrap();
    let key = all.key.clone();
    all.given(title, (Inconclusive, "zip"), &zip, Some(&key), &[]);
}

fn of_heads(all: &mut Ground, log: &Log, anchor: &Path) {
    use Verdict::{Inconclusive, Invalid};
    let old = fs::read_to_string(anchor).unwrap();
    assert!(old.contains("\n61\n"), "{old}");
    all.case("head-changed", (Invalid, "signature"), |files| {
        edit(files, "checkpoint", |text| text.replacen("\n60\n", "\n70\n", 1));
    });
    grow(log, 80);
    let late = all.dir.join("late.zip");
    export(log, 62..78, &late);
    let mut files = files_of(&late);
    *file(&mut files, "checkpoint") = old.into_bytes();
    let zip = all.dir.join("old-head-replayed.zip");
    pack(&files, &zip);
    let key = all.key.clone();
    all.given("old-head-replayed", (Invalid, "consistency"), &zip, Some(&key), &[]);
    // The anchor was taken after this export: nothing in it leads there.
    let sound = all.dir.join("sound.zip");
    all.given(
        "anchor-after-the-export",
        (Inconclusive, "anchor-outside"),
        &sound,
        Some(&key),
        &[anchor],
    );
    let none = all.dir.join("no-anchor");
    fs::write(&none, "không phải mốc neo").unwrap();
    all.given("anchor-that-is-none", (Inconclusive, "not-an-anchor"), &sound, Some(&key), &[&none]);
}

fn of_forgers(all: &mut Ground) {
    use Verdict::{Inconclusive, Invalid};
    let key = all.key.clone();
    let zip = all.dir.join("made-up.zip");
    with_evidence(&grown(&all.dir.join("made-up"), ORIGIN, &another_world(3)), &zip);
    all.given("made-up-under-its-own-key", (Inconclusive, "untrusted"), &zip, None, &[]);
    all.given("made-up-and-held-against-the-key", (Invalid, "signature"), &zip, Some(&key), &[]);
    let zip = all.dir.join("other-origin.zip");
    let origin = "cong.example/khac";
    with_evidence(&grown(&all.dir.join("other-origin"), origin, &another_world(4)), &zip);
    all.given("of-another-origin", (Invalid, "signature"), &zip, Some(&key), &[]);
    all.given("key-that-is-none", (Inconclusive, "key"), &zip, Some("rác"), &[]);
}

/// What whoever has the signing key can do, and what shows it.
fn with_the_key(all: &mut Ground, anchor: &Path) {
    use Verdict::{Invalid, Valid};
    let key = all.key.clone();
    let (world, _) = still_world();
    // The same past up to entry 12, then another one, under the genuine key.
    let (dir, zip) = (all.dir.join("rewritten"), all.dir.join("rewritten.zip"));
    let log = Log::create(&dir, ORIGIN, &world).unwrap();
    assert_eq!(log.vkey(), key);
    grow(&log, 30);
    grow(&log, 90);
    export(&log, 5..90, &zip);
    all.given("suffix-rewritten-with-the-key-alone", (Valid, ""), &zip, Some(&key), &[]);
    all.given(
        "suffix-rewritten-with-the-key",
        (Invalid, "anchor-rewritten"),
        &zip,
        Some(&key),
        &[anchor],
    );
    // Put back to an older state, head and all, and exported: the newer anchor is out of its reach.
    let (dir, zip) = (all.dir.join("put-back"), all.dir.join("put-back.zip"));
    copy(&all.dir.join("rewritten"), &dir);
    let log = Log::open(&dir, &world).unwrap();
    let late = all.dir.join("late-anchor");
    Log::open(&all.dir.join("rewritten"), &world).unwrap().anchor(&actor(), &late).unwrap();
    export(&log, 0..90, &zip);
    let unseen = (Verdict::Inconclusive, "anchor-outside");
    all.given("tail-and-heads-dropped", unseen, &zip, Some(&key), &[&late]);
    // A clock that was set back on the host is on record, and told.
    let (world, clock) = still_world();
    let log = Log::create(&all.dir.join("clock"), ORIGIN, &world).unwrap();
    grow(&log, 8);
    clock.jump_to("2026-02-27T10:00:00Z".parse().unwrap());
    grow(&log, 16);
    clock.advance(Duration::from_mins(1));
    grow(&log, 24);
    let zip = all.dir.join("clock.zip");
    export(&log, 0..24, &zip);
    all.given("clock-set-back-on-the-host", (Valid, "clock-back"), &zip, Some(&key), &[]);
}

#[test]
fn every_tampering_with_an_export_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(folder.path());
    for case in &cases {
        let trust = Trust { vkey: case.key.clone(), anchors: case.anchors.clone() };
        let report = verify_export(&case.zip, &trust);
        assert_eq!(report, verify_export_exactly(&case.zip, &trust), "{}", case.title);
        eprintln!("{}: {:?} {}", case.title, case.verdict, case.finding);
        if case.finding.is_empty() {
            assert_eq!(
                (report.verdict(), &report.findings[..]),
                (case.verdict, &[][..]),
                "{}",
                case.title
            );
        } else {
            let found = report
                .findings
                .iter()
                .find(|found| found.message.id == format!("audit-found-{}", case.finding));
            assert!(
                found.is_some() && report.verdict() == case.verdict,
                "{}: {report:#?}",
                case.title
            );
        }
    }
    let invalid = cases.iter().filter(|case| case.verdict == Verdict::Invalid).count();
    eprintln!("{} cases, {invalid} invalid", cases.len());
    assert!(cases.len() >= 35 && invalid >= 22, "{} cases, {invalid} invalid", cases.len());
}

#[test]
fn two_exports_that_contradict_each_other_are_found_and_those_of_one_log_agree() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let at = |name: &str| folder.path().join(name);
    let log = Log::create(&at("log"), ORIGIN, &world).unwrap();
    grow(&log, 40);
    copy(&at("log"), &at("fork"));
    let fork = Log::open(&at("fork"), &world).unwrap();
    // One person is shown one log, another one the other; both under the genuine key.
    grow(&log, 60);
    fork.record(&actor(), Deed::new("restore.run", "cong-mau")).unwrap();
    grow(&fork, 70);
    let trust = Trust { vkey: Some(log.vkey().to_owned()), anchors: Vec::new() };
    for (name, log, range) in [
        ("a", &log, 0..60),
        ("b", &fork, 30..70),
        ("early", &log, 0..30),
        ("late", &log, 50..60),
        ("fork-late", &fork, 65..70),
        ("fork-early", &fork, 5..20),
    ] {
        export(log, range, &at(name).with_extension("zip"));
    }
    let compare = |one: &str, other: &str| {
        let (one, other) = (at(one).with_extension("zip"), at(other).with_extension("zip"));
        compare_exports(&one, &other, &trust)
    };
    let [one, other, both] = compare("a", "b");
    assert_eq!((one.verdict(), other.verdict()), (Verdict::Valid, Verdict::Valid));
    check(&both, Verdict::Invalid, "fork-entry", Some(40));
    check(&both, Verdict::Invalid, "fork", None);
    check(&compare("b", "a")[2], Verdict::Invalid, "fork-entry", Some(40));
    check(&compare("a", "fork-late")[2], Verdict::Inconclusive, "incomparable", None);
    check(&compare("a", "early")[2], Verdict::Valid, "agree", None);
    check(&compare("early", "late")[2], Verdict::Valid, "agree", None);
    // Both of ranges before the fork: nothing in them leads from one head to the other.
    check(&compare("early", "fork-early")[2], Verdict::Inconclusive, "agree-part", None);
    // Of two logs nothing can be said, and of what is no export neither.
    let foreign = Log::create(&at("foreign"), "cong.example/khac", &world).unwrap();
    grow(&foreign, 10);
    export(&foreign, 0..10, &at("foreign.zip"));
    let own = Trust::default();
    let [.., both] = compare_exports(&at("a.zip"), &at("foreign.zip"), &own);
    check(&both, Verdict::Inconclusive, "other-log", None);
    let [.., both] = compare_exports(&at("a.zip"), &at("no.zip"), &own);
    check(&both, Verdict::Inconclusive, "incomparable", None);
}

/// What is done to the folder of a log, and what the verifier says.
struct FolderCase {
    title: &'static str,
    verdict: Verdict,
    finding: &'static str,
    harm: fn(&Path, &Path),
    /// Whether the head that was kept outside is given.
    anchored: bool,
}

/// All that is done to the folder of a log; line 9 of its newest tail is entry 265.
fn folder_cases() -> Vec<FolderCase> {
    use Verdict::{Inconclusive, Invalid, Valid};
    let case = |title, verdict, finding, anchored, harm| FolderCase {
        title,
        verdict,
        finding,
        harm,
        anchored,
    };
    vec![
        case("what entries say lost", Inconclusive, "openings-lost", false, |dir, _| {
            fs::remove_file(dir.join(SEALED)).unwrap();
        }),
        case("what an entry says changed", Invalid, "opening", false, |dir, _| {
            sealed(dir, |lines| lines[9] = lines[9].replace("cong-mau", "cong-khac"));
        }),
        case("what two entries say swapped", Invalid, "opening", false, |dir, _| {
            sealed(dir, |lines| lines.swap(8, 9));
        }),
        case("what an entry says garbled", Invalid, "opening-unread", false, |dir, _| {
            sealed(dir, |lines| "rác".clone_into(&mut lines[9]));
        }),
        case("nothing", Valid, "", true, |_, _| {}),
        case("edited", Invalid, "edited", false, |dir, _| {
            tail(dir, |lines| lines[9] = lines[9].replace("cong-mau", "cong-khac"));
        }),
        case("inserted", Invalid, "seq", false, |dir, _| {
            tail(dir, |lines| lines.insert(9, lines[9].clone()));
        }),
        case("deleted", Invalid, "seq", false, |dir, _| tail(dir, |lines| drop(lines.remove(9)))),
        case("tail dropped", Invalid, "cut", false, |dir, _| tail(dir, |lines| lines.truncate(20))),
        case("tail and heads dropped", Invalid, "anchor-cut", true, put_back),
        case("tail and heads dropped, no anchor", Valid, "", false, put_back),
        case("suffix rewritten with the key", Invalid, "anchor-rewritten", true, |dir, old| {
            put_back(dir, old);
            let log = Log::open(dir, &still_world().0).unwrap();
            log.record(&actor(), Deed::new("restore.run", "cong-mau")).unwrap();
            grow(&log, 300);
        }),
        case("old head replayed", Inconclusive, "unsigned", false, |dir, old| {
            fs::copy(old.join("checkpoint"), dir.join("checkpoint")).unwrap();
        }),
        case("head of another origin", Invalid, "signature", false, |dir, _| {
            let other =
                Log::create(&dir.join("other"), "cong.example/khac", &still_world().0).unwrap();
            grow(&other, 291);
            fs::write(dir.join("checkpoint"), other.checkpoint().unwrap()).unwrap();
        }),
        case("clock set back by hand", Invalid, "clock", false, |dir, _| {
            tail(dir, |lines| lines[9] = lines[9].replacen("2026-03-01T", "2026-02-28T", 1));
        }),
        case("clock set back on the host", Valid, "clock-back", true, |dir, _| {
            let (world, clock) = still_world();
            clock.jump_to("2026-02-27T10:00:00Z".parse().unwrap());
            Log::open(dir, &world).unwrap().record(&actor(), Deed::new("a.b", "c")).unwrap();
        }),
    ]
}

#[test]
fn every_tampering_with_a_log_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, old, anchor) =
        (folder.path().join("sound"), folder.path().join("old"), folder.path().join("anchor"));
    let (world, _) = still_world();
    let log = Log::create(&sound, ORIGIN, &world).unwrap();
    grow(&log, 270);
    copy(&sound, &old);
    grow(&log, 290);
    log.anchor(&actor(), &anchor).unwrap();
    let vkey = log.vkey().to_owned();
    for FolderCase { title, verdict, finding, harm, anchored } in &folder_cases() {
        let dir = folder.path().join("damaged");
        let _ = fs::remove_dir_all(&dir);
        copy(&sound, &dir);
        harm(&dir, &old);
        let anchors = if *anchored { vec![anchor.clone()] } else { Vec::new() };
        let trust = Trust { vkey: Some(vkey.clone()), anchors };
        let report = verify(&dir, &trust);
        assert_eq!(report, verify_exactly(&dir, &trust), "{title}");
        eprintln!("{title}: {verdict:?} {finding}");
        let ids: Vec<_> = report.findings.iter().map(|found| found.message.id).collect();
        assert_eq!(report.verdict(), *verdict, "{title}: {report:#?}");
        let is_named = ids.contains(&format!("audit-found-{finding}").as_str());
        assert!(is_named || (finding.is_empty() && ids.is_empty()), "{title}: {report:#?}");
    }
}

/// Yesterday's folder, head and all.
fn put_back(dir: &Path, old: &Path) {
    fs::remove_dir_all(dir).unwrap();
    copy(old, dir);
}

/// The tail that opens the first bundle.
const SEALED: &str = "tail/000000000.jsonl";

/// Changes its lines.
fn sealed(dir: &Path, change: impl FnOnce(&mut Vec<String>)) {
    edit_lines(&dir.join(SEALED), change);
}

/// Changes the lines of the newest tail; line 9 is entry 265.
fn tail(dir: &Path, change: impl FnOnce(&mut Vec<String>)) {
    edit_lines(&dir.join("tail/000000001.jsonl"), change);
}

fn edit_lines(path: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let mut lines = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}
