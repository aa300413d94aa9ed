//! The three verifiers of an export, in Rust, in Python and in the page, on the same odd bytes.
//!
//! Beyond the tamper matrix, whose cases somebody thought of: files of a small export are changed at
//! random, with and without its key. Whoever holds the key signs what was changed, so that nothing but
//! the readers of entries, frames and lists stands between it and "valid". All three must say the
//! same, since a person has only one of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::{BASE64, HEXLOWER};
use duphong::audit::verify::{Trust, Verdict, verify_export};
use duphong::audit::{Log, PAGE};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::browser::Browser;
use super::bundle::pack;
use super::{ORIGIN, grow, still_world};

type Hash = [u8; 32];

/// The files of an export by name, those apart that are large and the same for all.
type Files = BTreeMap<String, Vec<u8>>;

/// What entries say that the leaves only commit to; the list leaves it out, so that it can be withheld.
const OPENINGS: &str = "openings.jsonl";

/// So many are drawn of each kind; more by `DUPHONG_DIFFERING`.
const DRAWN: u64 = 150;

/// What programs read in different ways: ends of lines and blanks of many kinds, signs, numbers.
const ODD: [&str; 30] = [
    "\n", "\r", "\r\n", "\t", " ", "\u{b}", "\u{c}", "\u{1c}", "\u{1e}", "\u{85}", "\u{a0}",
    "\u{2028}", "\u{feff}", "\0", "-", "+", "=", "0", "9", "e1", ".0", ",", ":", "\"", "\\", "{}",
    "[]", "null", "true", "NaN",
];

/// Bytes that seem to be drawn, the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % bound
    }
}

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The root of a tree, as RFC 6962 defines it.
fn root(leaves: &[&[u8]]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [one] => sha256(&[&[0], one]),
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            sha256(&[&[1], &root(left), &root(right)])
        }
    }
}

/// Somebody who has a key, and makes up a log under it.
pub(super) struct Forger(SigningKey);

impl Forger {
    /// Whoever has this file of a log's key.
    pub(super) fn with(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let secret = BASE64.decode(text.trim_end().splitn(5, '+').nth(4).unwrap().as_bytes());
        Self(SigningKey::from_bytes(secret.unwrap()[1..].try_into().unwrap()))
    }

    fn id(&self) -> [u8; 4] {
        let key = [&[1], self.0.verifying_key().as_bytes().as_slice()].concat();
        *sha256(&[ORIGIN.as_bytes(), b"\n", &key]).first_chunk().unwrap()
    }

    fn vkey(&self) -> String {
        let key = [&[1], self.0.verifying_key().as_bytes().as_slice()].concat();
        format!("{ORIGIN}+{}+{}", HEXLOWER.encode(&self.id()), BASE64.encode(&key))
    }

    pub(super) fn note(&self, text: &str) -> Vec<u8> {
        let signature = self.0.sign(text.as_bytes()).to_bytes();
        let signed = BASE64.encode(&[&self.id()[..], &signature].concat());
        format!("{text}\n\u{2014} {ORIGIN} {signed}\n").into_bytes()
    }

    /// Puts everything right that a holder of the key can.
    fn sign(&self, files: &mut Files) {
        let entries = files["entries.jsonl"].clone();
        let entries = entries.strip_suffix(b"\n").unwrap_or(&entries);
        let leaves: Vec<&[u8]> = entries.split(|byte| *byte == b'\n').collect();
        let head = BASE64.encode(&root(&leaves));
        let mut frame = json!({
            "v": 2, "from": 0, "to": leaves.len(), "before": [], "consistency": [],
            "root-before": BASE64.encode(&root(&[])), "root-after": head,
            "heads": [{"size": leaves.len(), "consistency": []}],
        });
        if files.contains_key(OPENINGS) {
            (frame["v"], frame["keys"]) = (json!(3), json!([]));
        }
        files.insert("bundle.json".to_owned(), frame.to_string().into_bytes());
        let text = format!("{ORIGIN}\n{}\n{head}\n", leaves.len());
        files.insert("checkpoint".to_owned(), self.note(&text));
        self.list(files);
    }

    /// Signs for all files as they are now.
    pub(super) fn list(&self, files: &mut Files) {
        files.remove("manifest");
        let mut text = format!("duphong export manifest v1\n{ORIGIN}\n");
        for (name, bytes) in files.iter().filter(|(name, _)| *name != OPENINGS) {
            text += &format!("{}  {name}\n", HEXLOWER.encode(&sha256(&[bytes])));
        }
        files.insert("manifest".to_owned(), self.note(&text));
    }
}

/// An export of a small log with a piece of evidence, under a key that we have: with entries that
/// commit to what is said beside them, or with those of version 1.
fn sound(folder: &Path, forger: &Forger, version: u64) -> Files {
    let (world, _) = still_world();
    let log = Log::create(&folder.join("log"), ORIGIN, &world).unwrap();
    grow(&log, 8);
    let evidence = b"trang ch\xe1\xbb\xa7".to_vec();
    let digest = HEXLOWER.encode(&sha256(&[&evidence]));
    let deed = duphong::audit::Deed::new("evidence.seal", digest.clone());
    log.record(&super::actor(), deed.fact("media", "a \"b\" \\ \n ớ")).unwrap();
    let zip = folder.join("log.zip");
    super::bundle::export(&log, 0..9, &zip);
    let all: Files = super::bundle::files_of(&zip).into_iter().collect();
    let (mut entries, mut openings) = (String::new(), String::new());
    let lines = |name: &str| String::from_utf8(all[name].clone()).unwrap();
    for (leaf, shown) in lines("entries.jsonl").lines().zip(lines(OPENINGS).lines()) {
        let (mut leaf, mut shown) = (parsed(leaf), parsed(shown));
        if let Some(vkey) = shown.get_mut("facts.vkey") {
            vkey[1] = forger.vkey().into();
            leaf["facts"]["vkey"] = committed("facts.vkey", vkey).into();
        }
        if version == 1 {
            open(&mut leaf, &shown);
        }
        entries += &format!("{leaf}\n");
        openings += &format!("{shown}\n");
    }
    let mut files = Files::from([
        ("entries.jsonl".to_owned(), entries.into_bytes()),
        (format!("evidence/{digest}.txt"), evidence),
        ("log.vkey".to_owned(), format!("{}\n", forger.vkey()).into_bytes()),
    ]);
    if version > 1 {
        files.insert(OPENINGS.to_owned(), openings.into_bytes());
    }
    forger.sign(&mut files);
    files
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

/// What a leaf says of a field that is shown by its salt and its value.
fn committed(name: &str, shown: &Value) -> String {
    let salt = BASE64.decode(shown[0].as_str().unwrap().as_bytes()).unwrap();
    let said = json!([name, shown[1]]).to_string();
    BASE64.encode(&sha256(&[&[2], &salt, said.as_bytes()]))
}

/// Makes an entry of version 1 of one that commits to what is shown.
fn open(leaf: &mut Value, shown: &Value) {
    leaf["v"] = 1.into();
    for (name, shown) in shown.as_object().unwrap() {
        match name.strip_prefix("facts.") {
            Some(fact) => leaf["facts"][fact] = shown[1].clone(),
            None if name == "actor.name" => leaf["actor"]["name"] = shown[1].clone(),
            None if name == "subject" => leaf["subject"] = shown[1].clone(),
            None => {}
        }
    }
}

/// Changes one place of some bytes.
fn change(draw: &mut Draw, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return bytes.push(b'\n');
    }
    let at = draw.below(bytes.len());
    let odd = ODD[draw.below(ODD.len())].bytes();
    match draw.below(9) {
        0 => bytes[at] = u8::try_from(draw.below(256)).unwrap(),
        1 => bytes[at] ^= 1 << draw.below(8),
        2 => drop(bytes.remove(at)),
        3 => bytes.truncate(at),
        4 => drop(bytes.splice(at..at, odd)),
        5 => drop(bytes.splice(at..=at, odd)),
        6 => bytes.extend(odd),
        // What stands at the end is what readers forgive.
        7 => drop(bytes.splice(bytes.len() - 1.., odd)),
        _ => number(draw, bytes, &odd.collect::<Vec<u8>>()),
    }
}

/// Puts something odd in the place of a number.
fn number(draw: &mut Draw, bytes: &mut Vec<u8>, odd: &[u8]) {
    let begins = |at: &usize| bytes[*at].is_ascii_digit() && *at > 0 && bytes[*at - 1] == b':';
    let places: Vec<usize> = (0..bytes.len()).filter(begins).collect();
    if places.is_empty() {
        return;
    }
    let at = places[draw.below(places.len())];
    let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let words: [&[u8]; 8] =
        [b"1e2", b"1.0", b"-0", b"-1", b"01", b"18446744073709551616", b"\"1\"", odd];
    bytes.splice(at..at + length, words[draw.below(words.len())].iter().copied());
}

/// One export, what was done to it, and whether the auditor has the key.
struct Case {
    title: String,
    files: Files,
    key: Option<String>,
}

/// What was found to be read in different ways once.
fn known(sound: &Files, forger: &Forger) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |title: &str, key: bool, harm: &dyn Fn(&mut Files)| {
        let mut files = sound.clone();
        harm(&mut files);
        let key = key.then(|| forger.vkey());
        cases.push(Case { title: title.to_owned(), files, key });
    };
    case("sound", true, &|_| {});
    case("without a key", false, &|_| {});
    for name in sound.keys() {
        case(&format!("without {name}"), true, &|files| drop(files.remove(name)));
    }
    for field in ["actor.name", "subject", "facts.n"] {
        case(&format!("{field} withheld"), true, &|files| {
            let Some(bytes) = files.get_mut(OPENINGS) else { return };
            let text = String::from_utf8(bytes.clone()).unwrap();
            let mut lines: Vec<Value> = text.lines().map(parsed).collect();
            lines[1].as_object_mut().unwrap().shift_remove(field).unwrap();
            let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
            *bytes = (lines.join("\n") + "\n").into_bytes();
        });
    }
    case("a frame that is too deep", true, &|files| {
        files.insert("bundle.json".to_owned(), b"[".repeat(200_000));
    });
    let digest = "0123456789abcdef".repeat(4);
    for name in ["Thumbs.db", "entries.vi.txt", "evidence/Thumbs.db"] {
        case(&format!("{name} added"), true, &|files| drop(files.insert(name.into(), vec![b'a'])));
    }
    for name in [&digest, &digest[1..], &format!("{digest}.pdf"), &format!("{digest}x.pdf")] {
        case(&format!("evidence {name} added"), true, &|files| {
            files.insert(format!("evidence/{name}"), vec![b'a']);
        });
    }
    for byte in (0..=0x30).chain([0x41, 0x7f, 0x85, 0xa0, 0xc2, 0xff]) {
        for name in ["manifest", "checkpoint", "log.vkey"] {
            let title = format!("{name} ends with {byte:#x}");
            case(&title, byte % 2 == 0, &|files| {
                *files.get_mut(name).unwrap().last_mut().unwrap() = byte;
            });
        }
    }
    for name in ["manifest", "checkpoint", "log.vkey", "bundle.json", "entries.jsonl"] {
        case(&format!("{name} cut"), true, &|files| {
            files.get_mut(name).unwrap().pop();
        });
        case(&format!("a mark before {name}"), true, &|files| {
            files.get_mut(name).unwrap().splice(..0, "\u{feff}".bytes());
        });
    }
    // The last letter of these carries two bits that stand for nothing.
    for (name, behind) in [("manifest", "=\n"), ("checkpoint", "=\n"), ("bundle.json", "=\"")] {
        case(&format!("{name} spelled otherwise"), true, &|files| {
            let bytes = files.get_mut(name).unwrap();
            let text = String::from_utf8(bytes.clone()).unwrap();
            bytes[text.rfind(behind).unwrap() - 1] += 1;
        });
    }
    cases
}

/// What an entry may not be, signed by whoever has the key: what stands in it, and what instead.
const ENTRIES: [(&str, &str); 28] = [
    ("\"v\":1", "\"v\": 1"),
    ("\"v\":1", "\"v\":3"),
    ("\"v\":1", "\"v\":0"),
    ("\"v\":1", "\"v\":true"),
    ("\"seq\":5", "\"seq\":\"5\""),
    ("\"n\":1", "\"n\":-0"),
    ("\"n\":1", "\"n\":1.5"),
    ("\"n\":1", "\"n\":\"\\u0061\""),
    ("\"n\":1", "\"n\":\"\\ud800\""),
    ("\"n\":1", "\"n\":18446744073709551616"),
    ("\"n\":1", "\"n\":18446744073709551615"),
    ("\"n\":1", "\"n\":1,\"n\":1"),
    ("\"kind\":\"record\"", "\"kind\":\"other\""),
    ("\"kind\":\"record\"", "\"kind\":\"record\",\"extra\":1"),
    ("\"kind\":\"record\"", "\"number\":null,\"kind\":\"record\""),
    ("\"kind\":\"record\"", "\"clock_back_ms\":null,\"kind\":\"record\""),
    ("\"kind\":\"record\"", "\"clock_back_ms\":\"0\",\"kind\":\"record\""),
    ("\"kind\":\"person\"", "\"kind\":7"),
    ("\"name\":\"an\"", "\"name\":null"),
    ("\"kind\":\"opened\"", "\"clock_back_ms\":5,\"kind\":\"opened\""),
    ("00.000Z", "00.000000Z"),
    ("00.000Z", "00Z"),
    ("00.000Z", "00.000+00:00"),
    ("00.000Z", "60.000Z"),
    ("T00:", "t00:"),
    ("2026-03-01T", "2026-3-1T"),
    ("\"intent\":1", "\"intent\":true"),
    ("\"result\":\"done\"", "\"result\":1"),
];

fn signed(sound: &Files, forger: &Forger) -> Vec<Case> {
    let deep = format!("\"n\":{}{}", "[".repeat(200), "]".repeat(200));
    let entries = ENTRIES.into_iter().chain([("\"n\":1", deep.as_str())]);
    let case = |(from, to): (&str, &str)| {
        let mut files = sound.clone();
        let bytes = files.get_mut("entries.jsonl").unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        *bytes = text.replacen(from, to, 1).into_bytes();
        forger.sign(&mut files);
        let to: String = to.chars().take(40).collect();
        Case { title: format!("signed: {from} as {to}"), files, key: Some(forger.vkey()) }
    };
    entries.map(case).collect()
}

/// Cases that are drawn: of files as they are, and signed by whoever has the key.
fn drawn(sound: &Files, forger: &Forger, draw: &mut Draw) -> Vec<Case> {
    let count = std::env::var("DUPHONG_DIFFERING").ok().and_then(|count| count.parse().ok());
    let names: Vec<&String> = sound.keys().collect();
    let mut cases = Vec::new();
    for number in 0..count.unwrap_or(DRAWN) {
        let (mut files, name) = (sound.clone(), names[draw.below(names.len())]);
        change(draw, files.get_mut(name).unwrap());
        let key = (number % 3 > 0).then(|| forger.vkey());
        cases.push(Case { title: format!("{number}: {name} as it is"), files, key });
        let mut files = sound.clone();
        for _ in 0..=draw.below(2) {
            let is_shown = files.contains_key(OPENINGS) && draw.below(2) == 0;
            let name = if is_shown { OPENINGS } else { "entries.jsonl" };
            change(draw, files.get_mut(name).unwrap());
        }
        forger.sign(&mut files);
        if number % 4 == 0 {
            change(draw, files.get_mut("bundle.json").unwrap());
            forger.list(&mut files);
        }
        let key = Some(forger.vkey());
        cases.push(Case { title: format!("{number}: entries, signed"), files, key });
    }
    cases
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "invalid",
        Verdict::Inconclusive => "inconclusive",
    }
}

fn by_program(path: &Path, key: Option<&String>) -> &'static str {
    name(verify_export(path, &Trust { vkey: key.cloned(), anchors: Vec::new() }).verdict())
}

fn lay(folder: &Path, number: usize, files: &Files) -> PathBuf {
    let dir = folder.join(number.to_string());
    for (name, bytes) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// Loads the verifier as a module, and asks it about every folder. A signature is proven once.
const PYTHON: &str = "
import contextlib, functools, importlib.util, io, json, sys
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
it = importlib.util.module_from_spec(spec)
spec.loader.exec_module(it)
it.ed25519_verify = functools.lru_cache(maxsize=None)(it.ed25519_verify)
names = {0: 'valid', 3: 'inconclusive', 20: 'invalid'}
said = []
for folder, key in json.load(sys.stdin):
    report = it.Report(it.WORDS['vi'])
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            it.verify(folder, key, [], report)
            said.append(names[report.finish()])
        except Exception as fault:
            said.append('fault: ' + repr(fault))
json.dump(said, sys.stdout)
";

fn by_python(folder: &Path, asked: &[(PathBuf, Option<&String>)]) -> Vec<String> {
    let script = folder.join("verify.py");
    fs::write(&script, include_str!("../../src/audit/export/verify.py")).unwrap();
    let asked: Vec<_> = asked.iter().map(|(path, key)| json!([path, key])).collect();
    let mut child = Command::new("python3")
        .args(["-B", "-c", PYTHON])
        .arg(&script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed by tests/run");
    let mut to = child.stdin.take().unwrap();
    to.write_all(&serde_json::to_vec(&asked).unwrap()).unwrap();
    drop(to);
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{out:?}");
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The page's own functions, asked without its fields. What it cannot read it calls inconclusive; any
/// other fault is one of ours.
const PAGES: &str = r#"(async () => {
  isFit = async () => true;
  const proven = new Map();
  const prove = isSignedBy;
  isSignedBy = (...parts) => {
    const known = parts.map(hex).join();
    if (!proven.has(known)) proven.set(known, prove(...parts));
    return proven.get(known);
  };
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const said = [];
  for (const { zip, files, key } of CASES) {
    try {
      const bundle = zip === null
        ? { isZip: false, files: new Map(Object.entries(files).map(([name, text]) => [name, bytes(text)])) }
        : { isZip: true, files: readZip(bytes(zip).buffer) };
      const trust = { key: key ?? "", compared: false, anchors: [] };
      const report = await check(bundle, trust, async () => {});
      state.report = report;
      showAnswer();
      said.push(report.verdict);
    } catch (fault) {
      said.push(fault instanceof Odd ? "inconclusive" : "fault: " + fault);
    }
  }
  return said;
})()"#;

fn by_page(folder: &Path, cases: &[Value]) -> Vec<String> {
    let page = folder.join("page.html");
    fs::write(&page, PAGE).unwrap();
    let mut browser = Browser::start();
    browser.open(&page);
    let said = browser.evaluate(&PAGES.replace("CASES", &Value::from(cases).to_string()));
    assert_eq!(browser.complaints, [""; 0]);
    serde_json::from_value(said).unwrap()
}

fn seed() -> u64 {
    let given = std::env::var("DUPHONG_DIFFERING_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or(0x00d0_f0d0)
}

#[test]
fn three_verifiers_give_one_verdict_on_a_folder_of_odd_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let forger = Forger(SigningKey::from_bytes(&[7; 32]));
    let mut cases = Vec::new();
    for version in [1, 2] {
        let home = folder.path().join(format!("version {version}"));
        fs::create_dir(&home).unwrap();
        let sound = sound(&home, &forger, version);
        cases.extend(known(&sound, &forger));
        if version == 1 {
            cases.extend(signed(&sound, &forger));
        }
        cases.extend(drawn(&sound, &forger, &mut Draw(seed())));
    }
    let (mut asked, mut shown, mut program) = (Vec::new(), Vec::new(), Vec::new());
    for (number, case) in cases.iter().enumerate() {
        let dir = lay(folder.path(), number, &case.files);
        program.push(by_program(&dir, case.key.as_ref()));
        asked.push((dir, case.key.as_ref()));
        let coded =
            case.files.iter().map(|(name, bytes)| (name.clone(), BASE64.encode(bytes).into()));
        let coded: serde_json::Map<String, Value> = coded.collect();
        shown.push(json!({"zip": null, "files": coded, "key": case.key}));
    }
    assert_eq!(program[..2], ["valid", "inconclusive"]);
    let (python, page) = (by_python(folder.path(), &asked), by_page(folder.path(), &shown));
    let mut differ = Vec::new();
    for (((case, program), python), page) in cases.iter().zip(&program).zip(&python).zip(&page) {
        if program != python || program != page {
            let key = if case.key.is_some() { "" } else { " without a key" };
            let frame = case.files.get("bundle.json").map(|bytes| String::from_utf8_lossy(bytes));
            differ.push(format!("{}{key}: {program}, {python}, {page}: {frame:?}", case.title));
        }
    }
    let count = |word: &str| program.iter().filter(|said| **said == word).count();
    assert!(count("invalid") > 200 && count("inconclusive") > 50, "{program:?}");
    assert!(differ.is_empty(), "seed {}: program, Python, page\n{}", seed(), differ.join("\n"));
}

#[test]
fn two_verifiers_give_one_verdict_on_a_zip_of_odd_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let forger = Forger(SigningKey::from_bytes(&[8; 32]));
    let files = sound(folder.path(), &forger, 2).into_iter().collect();
    let path = folder.path().join("odd.zip");
    pack(&files, &path);
    let sound = fs::read(&path).unwrap();
    let (mut draw, mut shown, mut program) = (Draw(seed()), Vec::new(), Vec::new());
    // What lies behind the files is what only a reader of zips sees.
    let directory = sound.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    for number in 0..2 * DRAWN {
        let mut bytes = sound.clone();
        if number % 2 == 0 {
            let at = directory + draw.below(bytes.len() - directory);
            bytes[at] = u8::try_from(draw.below(256)).unwrap();
        } else {
            change(&mut draw, &mut bytes);
        }
        fs::write(&path, &bytes).unwrap();
        let key = forger.vkey();
        program.push(by_program(&path, Some(&key)));
        shown.push(json!({"zip": BASE64.encode(&bytes), "files": {}, "key": key}));
    }
    let page = by_page(folder.path(), &shown);
    let pairs = program.iter().zip(&page).enumerate();
    let differ: Vec<_> = pairs.filter(|(_, (program, page))| **program != **page).collect();
    assert!(differ.is_empty(), "seed {}: {differ:?}", seed());
}
