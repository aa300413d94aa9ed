//! Entries commit to what they say: a field can be withheld, and all else still verifies.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use duphong::audit::verify::{Verdict, verify, verify_export};
use duphong::audit::{Actor, AuditError, Deed, Log, Reader};
use duphong::base::fault::Fault as _;
use duphong::text::{Catalog, Language};
use serde_json::{Map, Value};

use super::bundle::{Files, export, files_of, pack, unpack};
use super::differing::Forger;
use super::exporting;
use super::tamper::openings;
use super::verifying::{check, trust};
use super::{ORIGIN, actor, copy, entries, grow, still_world};

/// What is to be withheld: a small domain, so that whoever could try values would find it.
const SECRET: &str = "Nguyễn Văn An";

/// A log whose entry 5 names a person, in two bundles.
fn log(dir: &Path) -> Log {
    let (world, _) = still_world();
    let log = Log::create(dir, ORIGIN, &world).unwrap();
    grow(&log, 5);
    let deed = Deed::new("key.confirm", "kho-1").fact("by", SECRET).fact("held", true);
    log.record(&Actor::person("tran.thi.binh"), deed).unwrap();
    grow(&log, 300);
    log
}

fn change_tail(dir: &Path, number: u64, change: impl FnOnce(&mut Vec<String>)) {
    let path = dir.join(format!("tail/{number:09}.jsonl"));
    let mut lines = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

/// An export of entries 3 to 9, with one field taken out of what it shows of entry 5.
fn redacted(log: &Log, folder: &Path, withhold: impl FnOnce(&mut Map<String, Value>)) -> PathBuf {
    let (sound, zip) = (folder.join("sound.zip"), folder.join("redacted.zip"));
    if !sound.exists() {
        export(log, 3..10, &sound);
    }
    let mut files: Files = files_of(&sound);
    openings(&mut files, |shown| withhold(&mut shown[2]));
    pack(&files, &zip);
    let bytes = fs::read(&zip).unwrap();
    assert!(bytes.windows(5).any(|window| window == b"kho-1"));
    zip
}

#[test]
fn a_field_that_is_withheld_is_named_and_everything_else_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder.path().join("log"));
    let zip = redacted(&log, folder.path(), |shown| {
        assert_eq!(shown["facts.by"][1], SECRET);
        shown.shift_remove("facts.by");
    });
    let bytes = fs::read(&zip).unwrap();
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    let report = verify_export(&zip, &trust(log.vkey(), &[]));
    assert_eq!((report.verdict(), report.withheld), (Verdict::Valid, 1));
    let [found] = report.findings.as_slice() else { panic!("{report:#?}") };
    assert_eq!(found.seq, Some(5));
    for (language, words) in [
        (Language::Vietnamese, "Mục 5: không đưa ra nội dung của facts.by; phần còn lại vẫn"),
        (Language::English, "Entry 5: facts.by withheld; all else is proven."),
    ] {
        let said = Catalog::new(language).say(&found.message);
        assert!(said.replace(['\u{2068}', '\u{2069}'], "").starts_with(words), "{said}");
    }

    // Without our program, in both languages; and what reckons figures says that some are missing.
    let dir = folder.path().join("unpacked");
    unpack(&zip, &dir);
    let python = |script: &str, arguments: &[&str]| {
        let mut command = Command::new("python3");
        command.args(["-I", "-B"]).arg(dir.join(script)).args(arguments).arg(&dir);
        let output = command.output().expect("python3 is installed by tests/run");
        let told = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(told).unwrap())
    };
    let (code, said) = python("verify.py", &["--lang", "vi", "--vkey", log.vkey()]);
    assert!(code == 0 && said.contains("mục 5: không đưa ra nội dung của facts.by;"), "{said}");
    let (code, said) = python("verify.py", &["--lang", "en", "--vkey", log.vkey()]);
    assert!(code == 0 && said.contains("entry 5: facts.by withheld;"), "{said}");
    let (code, said) = python("figures.py", &["--period", "2026-03"]);
    assert!(code == 3 && said.contains("1 withheld, first of entry 5: facts.by"), "{said}");

    // The whole one and the redacted one are of one log, entry by entry.
    let both = [folder.path().join("sound.zip"), zip];
    let [.., both] =
        duphong::audit::verify::compare_exports(&both[0], &both[1], &trust(log.vkey(), &[]));
    check(&both, Verdict::Valid, "agree", None);
}

#[test]
fn what_is_shown_falsely_is_named_by_every_verifier() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder.path().join("log"));
    let check_false = |title: &str, withhold: &dyn Fn(&mut Map<String, Value>), named: &str| {
        let zip = redacted(&log, folder.path(), |shown| withhold(shown));
        let report = verify_export(&zip, &trust(log.vkey(), &[]));
        check(&report, Verdict::Invalid, "opening", Some(5));
        let said = Catalog::new(Language::English).say(&report.findings[0].message);
        assert!(said.contains(named), "{title}: {said}");
        let dir = folder.path().join(title);
        unpack(&zip, &dir);
        let mut python = Command::new("python3");
        python.args(["-I", "-B"]).arg(dir.join("verify.py")).args(["--lang", "en"]);
        let output = python.args(["--vkey", log.vkey()]).arg(&dir).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let told = format!("entry 5: what is shown as “{named}” is not what was signed for");
        assert!(output.status.code() == Some(20) && said.contains(&told), "{title}: {said}");
        let mut figures = Command::new("python3");
        figures.args(["-I", "-B"]).arg(dir.join("figures.py")).args(["--period", "2026-03"]);
        let output = figures.arg(&dir).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{title}");
    };
    check_false("another-value", &|shown| shown["facts.held"][1] = false.into(), "facts.held");
    check_false("another-type", &|shown| shown["facts.held"][1] = "true".into(), "facts.held");
    let swap = |shown: &mut Map<String, Value>| {
        let (one, other) = (shown["facts.by"].clone(), shown["facts.held"].clone());
        shown.insert("facts.by".to_owned(), other);
        shown.insert("facts.held".to_owned(), one);
    };
    check_false("another-field", &swap, "facts.by, facts.held");
}

#[test]
fn what_is_proven_and_served_holds_no_words() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path());
    let mut served = Vec::new();
    let mut folders = vec![folder.path().join("tile"), folder.path().join("checkpoint")];
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(fs::read_dir(path).unwrap().map(|file| file.unwrap().path()));
        } else {
            served.extend(fs::read(path).unwrap());
        }
    }
    let holds = |word: &str| served.windows(word.len()).any(|window| window == word.as_bytes());
    for word in [SECRET, "tran.thi.binh", "cong-mau", "kho-1", "true"] {
        assert!(!holds(word), "{word}");
    }
    assert!(holds("key.confirm"));
    assert_eq!(entries(folder.path())[5].facts["by"], SECRET);
}

#[test]
fn a_reader_never_takes_words_for_those_that_were_committed_to() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    let vkey = log(&sound).vkey().to_owned();
    let read = |harm: &dyn Fn(&Path)| {
        let dir = folder.path().join("damaged");
        let _ = fs::remove_dir_all(&dir);
        copy(&sound, &dir);
        harm(&dir);
        assert_ne!(verify(&dir, &trust(&vkey, &[])).verdict(), Verdict::Valid);
        let mut seen = 0;
        for entry in Reader::open(&dir).unwrap().entries() {
            match entry {
                Ok(_) => seen += 1,
                Err(fault) => return (seen, fault),
            }
        }
        panic!("nothing was missed");
    };
    let check_lost = |harm: &dyn Fn(&Path), expected: u64| {
        let (seen, fault) = read(harm);
        assert!(matches!(fault, AuditError::Opening { seq } if seq == expected), "{fault}");
        assert_eq!((seen, fault.code()), (expected, "audit.opening"));
    };
    check_lost(&|dir| fs::remove_file(dir.join("tail/000000000.jsonl")).unwrap(), 0);
    check_lost(&|dir| change_tail(dir, 0, |lines| lines.truncate(200)), 200);
    check_lost(&|dir| change_tail(dir, 0, |lines| lines.swap(20, 21)), 20);
    let held =
        |lines: &mut Vec<String>| lines[5] = lines[5].replace("\"held\":true", "\"held\":false");
    check_lost(&|dir| change_tail(dir, 0, held), 5);
}

#[test]
fn a_copy_brings_along_what_opens_it_and_a_log_that_lost_it_is_not_copied_silently() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, to) = (folder.path().join("log"), folder.path().join("copy"));
    let log = log(&dir);
    log.copy_to(&to).unwrap();
    grow(&log, 600);
    // The copy has the beginning of a tail that was sealed since.
    log.copy_to(&to).unwrap();
    assert_eq!(entries(&to), entries(&dir));
    assert_eq!(verify(&to, &trust(log.vkey(), &[])).findings, []);
    fs::remove_file(dir.join("tail/000000001.jsonl")).unwrap();
    let fault = log.copy_to(&folder.path().join("other")).unwrap_err();
    assert!(matches!(fault, AuditError::Opening { seq: 256 }), "{fault}");
    // Nothing keeps it from being written on: what is done must go on record.
    log.record(&actor(), Deed::new("a.b", "c")).unwrap();
    check(
        &verify(&dir, &trust(log.vkey(), &[])),
        Verdict::Inconclusive,
        "openings-lost",
        Some(256),
    );
}

#[test]
fn a_rotation_whose_new_key_is_withheld_cannot_be_judged_and_is_no_forgery() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let log = Log::create(&folder.path().join("log"), ORIGIN, &world).unwrap();
    grow(&log, 5);
    log.rotate_key(&actor(), SECRET, "người giữ khóa thôi việc").unwrap();
    grow(&log, 12);
    let sound = folder.path().join("whole.zip");
    export(&log, 0..10, &sound);
    assert_eq!(verify_export(&sound, &trust(log.vkey(), &[])).findings, []);
    let withheld = |field: &str, seq: usize| {
        let (mut files, zip) = (files_of(&sound), folder.path().join(format!("{field}.zip")));
        openings(&mut files, |shown| drop(shown[seq].shift_remove(field).unwrap()));
        pack(&files, &zip);
        let dir = folder.path().join(field);
        unpack(&zip, &dir);
        let mut python = Command::new("python3");
        python.args(["-I", "-B"]).arg(dir.join("verify.py")).args(["--vkey", log.vkey()]);
        let code = python.arg(&dir).output().unwrap().status.code();
        (verify_export(&zip, &trust(log.vkey(), &[])), code)
    };
    // Who wished it and why may stay away; which key it was may not.
    let (report, code) = withheld("facts.by", 5);
    check(&report, Verdict::Valid, "withheld", Some(5));
    assert_eq!(code, Some(0));
    for (field, seq) in [("facts.to", 5), ("facts.vkey", 0)] {
        let (report, code) = withheld(field, seq);
        check(&report, Verdict::Inconclusive, "key-withheld", Some(seq as u64));
        assert_eq!(code, Some(3), "{field}");
    }
}

#[test]
fn a_rotation_that_is_hidden_with_its_handover_cannot_be_judged() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let log = Log::create(&folder.path().join("log"), ORIGIN, &world).unwrap();
    grow(&log, 5);
    log.rotate_key(&actor(), SECRET, "thay định kỳ").unwrap();
    grow(&log, 12);
    let zip = folder.path().join("a.zip");
    export(&log, 3..10, &zip);
    let mut files = files_of(&zip);
    openings(&mut files, |shown| drop(shown[2].shift_remove("facts.to").unwrap()));
    let mut files: BTreeMap<_, _> = files.into_iter().collect();
    files.remove("key/001").unwrap();
    let mut frame: Value = serde_json::from_slice(&files["bundle.json"]).unwrap();
    frame["keys"] = Value::Array(Vec::new());
    files.insert("bundle.json".to_owned(), frame.to_string().into_bytes());
    Forger::with(&log.dir().join("log.key")).list(&mut files);
    pack(&files.into_iter().collect(), &zip);
    let report = verify_export(&zip, &trust(log.vkey(), &[]));
    check(&report, Verdict::Inconclusive, "key-withheld", Some(5));
    let out = folder.path().join("a");
    unpack(&zip, &out);
    exporting::check(&out, &["--vkey", log.vkey()], 3, "a key of the log is withheld");
}

#[test]
fn the_name_of_what_is_withheld_steers_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let log = Log::create(&folder.path().join("log"), ORIGIN, &world).unwrap();
    let name = "x\nINVALID\u{1b}[2J\n";
    log.record(&actor(), Deed::new("a.b", "c").fact(name, 1)).unwrap();
    let zip = folder.path().join("a.zip");
    export(&log, 0..2, &zip);
    let mut files = files_of(&zip);
    openings(&mut files, |shown| drop(shown[1].shift_remove(&format!("facts.{name}")).unwrap()));
    pack(&files, &zip);
    let report = verify_export(&zip, &trust(log.vkey(), &[]));
    let told = Catalog::new(Language::English).say(&report.findings[0].message);
    assert_eq!(told, "Entry 1: facts.x\\u{a}INVALID\\u{1b}[2J\\u{a} withheld; all else is proven.");
    let out = folder.path().join("a");
    unpack(&zip, &out);
    let said = "facts.x\\u{a}INVALID\\u{1b}[2J\\u{a} withheld";
    exporting::check(&out, &["--vkey", log.vkey()], 0, said);
}
