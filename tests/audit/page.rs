//! The page of an export, in a real Chromium without a network.

use std::fs;
use std::path::{Path, PathBuf};

use duphong::audit::PAGE;
use duphong::audit::verify::Verdict;
use duphong::base::digest::Digest;
use serde_json::Value;

use super::browser::Browser;
use super::bundle::unpack;
use super::tamper::{Case, cases};

/// Waits for the answer to run number `after` + 1 or later, and returns what the page shows.
const ANSWER: &str = r##"new Promise((resolve) => {
  const look = () => {
    if (Number(document.body.dataset.done ?? 0) <= AFTER) return setTimeout(look, 5);
    resolve({
      done: Number(document.body.dataset.done),
      verdict: $("verdict").dataset.verdict,
      word: $("word").textContent,
      reason: $("reason").textContent,
      ids: [...document.querySelectorAll("#findings li")].map((one) => one.dataset.id)
        .concat($("verdict").dataset.failure).filter(Boolean),
      rests: $("rests").textContent,
      facts: $("facts").textContent,
      entries: document.querySelectorAll("#entries tr").length,
      wide: document.documentElement.scrollWidth - window.innerWidth,
    });
  };
  look();
})"##;

/// A page of our own beside a browser.
struct Desk {
    browser: Browser,
    done: u64,
}

impl Desk {
    fn new(page: &Path) -> Self {
        fs::write(page, PAGE).unwrap();
        let mut browser = Browser::start();
        browser.open(page);
        Self { browser, done: 0 }
    }

    fn answer(&mut self) -> Value {
        let answer = self.browser.evaluate(&ANSWER.replace("AFTER", &self.done.to_string()));
        self.done = answer["done"].as_u64().unwrap();
        answer
    }

    /// Gives the page what the case says the auditor has, then the bundle.
    fn show(&mut self, case: &Case) -> Value {
        let key = case.key.clone().unwrap_or_default();
        self.browser
            .evaluate(&format!("$('key').value = {}; state.bundle = null", Value::from(key)));
        let anchors: Vec<_> = case.anchors.iter().map(PathBuf::as_path).collect();
        // A field cannot be emptied by choosing nothing.
        self.browser.evaluate("$('anchors').value = ''");
        if !anchors.is_empty() {
            self.browser.choose("anchors", &anchors);
        }
        self.browser.evaluate("$('bundle').value = ''");
        self.browser.choose("bundle", &[&case.zip]);
        self.answer()
    }
}

fn word(verdict: Verdict) -> (&'static str, &'static str, &'static str) {
    match verdict {
        Verdict::Valid => ("valid", "HỢP LỆ", "VALID"),
        Verdict::Invalid => ("invalid", "KHÔNG HỢP LỆ", "INVALID"),
        Verdict::Inconclusive => ("inconclusive", "KHÔNG KẾT LUẬN", "INCONCLUSIVE"),
    }
}

#[test]
fn the_page_gives_the_verdict_of_the_program_on_every_tampered_bundle_without_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(folder.path());
    let mut desk = Desk::new(&folder.path().join("page.html"));
    for case in &cases {
        let answer = desk.show(case);
        let (id, vietnamese, _) = word(case.verdict);
        assert_eq!(
            (&answer["verdict"], &answer["word"]),
            (&id.into(), &vietnamese.into()),
            "{}: {answer:#}",
            case.title
        );
        let ids = answer["ids"].as_array().unwrap();
        // That the key is the bundle's own is told by what the answer rests on.
        let is_told = case.finding == "bundle-key" || ids.contains(&case.finding.into());
        assert!(
            is_told || (case.finding.is_empty() && ids.is_empty()),
            "{}: {answer:#}",
            case.title
        );
        eprintln!("{}: {vietnamese} {}", case.title, case.finding);
    }
    assert_eq!(desk.browser.complaints, [""; 0]);
    let page = format!("file://{}", folder.path().join("page.html").display());
    assert!(desk.browser.asked.iter().all(|asked| *asked == page), "{:?}", desk.browser.asked);
    // The browser has signatures of its own here, so both ways were compared.
    let has = "crypto.subtle.generateKey({name: 'Ed25519'}, false, ['sign']).then(() => true)";
    assert_eq!(desk.browser.evaluate(has), true);
    // It may not even try to reach anybody: that is refused, not only in vain.
    let tried = "fetch('http://127.0.0.1:1/').then(() => 'sent', (error) => String(error))";
    let refused = desk.browser.evaluate(tried);
    assert!(refused.as_str().unwrap().contains("Failed to fetch"), "{refused}");
    assert!(desk.browser.complaints.iter().any(|told| told.contains("Content Security Policy")));
}

#[test]
fn the_page_says_what_its_answer_rests_on_in_both_languages_on_a_phone_and_on_paper() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(folder.path());
    let find = |title: &str| cases.iter().find(|case| case.title == title).unwrap();
    let mut desk = Desk::new(&folder.path().join("page.html"));

    // The bundle's own key alone proves nothing, and the answer says so.
    let answer = desk.show(find("sound-without-a-key"));
    assert_eq!(answer["word"], "KHÔNG KẾT LUẬN");
    assert!(answer["rests"].as_str().unwrap().contains("Chưa có gì từ bên ngoài"), "{answer:#}");
    assert!(answer["reason"].as_str().unwrap().contains("tự khớp với chính mình"), "{answer:#}");
    assert_eq!(answer["entries"], 40);
    // The fingerprint is that of the key as the program prints it.
    let key = find("sound").key.clone().unwrap();
    let fingerprint = Digest::of(key.as_bytes()).to_string();
    let facts = answer["facts"].as_str().unwrap();
    assert!(facts.replace(' ', "").contains(&fingerprint) && facts.contains(&key), "{facts}");
    // Entered by hand, with the blanks that it is shown with.
    let typed = format!(
        "$('key').value = '{} {}'; $('key').onchange()",
        &fingerprint[..30],
        &fingerprint[30..]
    );
    desk.browser.evaluate(&typed);
    let answer = desk.answer();
    assert_eq!(answer["word"], "HỢP LỆ");
    assert!(answer["rests"].as_str().unwrap().contains("Không có mốc neo"), "{answer:#}");
    desk.browser.evaluate("$('key').value = 'ab'.repeat(32); $('key').onchange()");
    assert_eq!(desk.answer()["ids"], serde_json::json!(["other-key-given", "untrusted"]));
    // A person's word that paper and screen agree counts, for this bundle only.
    desk.browser.evaluate("$('key').value = ''; $('compared').click()");
    assert_eq!(desk.answer()["word"], "HỢP LỆ");
    let answer = desk.show(find("made-up-under-its-own-key"));
    assert_eq!(answer["word"], "KHÔNG KẾT LUẬN", "{answer:#}");

    // An anchor, pasted as it came in a letter, without its blank line.
    let case = find("sound-with-an-anchor-alone");
    let note = fs::read_to_string(&case.anchors[0]).unwrap().replace("\n\n", "\n");
    desk.show(&Case { anchors: Vec::new(), zip: case.zip.clone(), key: None, ..*case });
    desk.browser
        .evaluate(&format!("$('anchor').value = {}; $('anchor').onchange()", Value::from(note)));
    let answer = desk.answer();
    assert_eq!(answer["word"], "HỢP LỆ");
    assert!(answer["rests"].as_str().unwrap().contains("chứng minh 61 mục đầu"), "{answer:#}");

    desk.browser.evaluate("$('language').click(); $('anchor').value = ''; $('anchor').onchange()");
    let answer = desk.answer();
    assert_eq!(answer["word"], "INCONCLUSIVE");
    assert_eq!(desk.browser.evaluate("document.title"), "Check a duphong audit log");
    let answer = desk.show(find("edited"));
    assert_eq!(answer["word"], "INVALID");
    let left = desk.browser.evaluate("document.body.innerText");
    assert!(!left.as_str().unwrap().contains("Kết luận"), "{left}");
    desk.browser.evaluate("$('language').click()");
    for (width, name) in [(360, "verify-phone.png"), (1200, "verify-desk.png")] {
        desk.browser.resize(width, 900);
        let answer = desk.show(find("sound"));
        assert!(answer["wide"].as_i64().unwrap() <= 0, "{name} scrolls aside: {answer:#}");
        desk.browser.picture(name);
    }
    let pdf = desk.browser.printed();
    assert!(pdf.starts_with(b"%PDF"));
    if let Ok(folder) = std::env::var("DUPHONG_TEST_KEEP") {
        fs::write(Path::new(&folder).join("verify-print.pdf"), pdf).unwrap();
    }
}

#[test]
fn the_page_of_an_unpacked_bundle_checks_the_folder_it_lies_in() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(folder.path());
    let find = |title: &str| cases.iter().find(|case| case.title == title).unwrap();
    let dir = folder.path().join("unpacked");
    unpack(&find("sound").zip, &dir);
    let mut browser = Browser::start();
    browser.open(&dir.join("verify.html"));
    let mut desk = Desk { browser, done: 0 };
    let key = find("sound").key.clone().unwrap();
    desk.browser.evaluate(&format!("$('key').value = {}", Value::from(key)));
    desk.browser.choose("folder", &[&dir]);
    let answer = desk.answer();
    assert_eq!(
        (&answer["word"], &answer["ids"]),
        (&"HỢP LỆ".into(), &serde_json::json!([])),
        "{answer:#}"
    );
    // Of a folder somebody may have unpacked a part; what was changed in it is still wrong.
    let evidence = fs::read_dir(dir.join("evidence")).unwrap().next().unwrap().unwrap().path();
    fs::write(&evidence, "trang khác").unwrap();
    desk.browser.evaluate("$('folder').value = ''");
    desk.browser.choose("folder", &[&dir]);
    assert_eq!(desk.answer()["ids"], serde_json::json!(["evidence-swapped"]));
    fs::remove_file(&evidence).unwrap();
    desk.browser.evaluate("$('folder').value = ''");
    desk.browser.choose("folder", &[&dir]);
    let answer = desk.answer();
    assert_eq!(
        (&answer["verdict"], &answer["ids"]),
        (&"inconclusive".into(), &serde_json::json!(["file-lost"]))
    );
    // The very zip, chosen in the page that came out of it.
    desk.browser.choose("bundle", &[&find("sound").zip]);
    assert_eq!(desk.answer()["word"], "HỢP LỆ");
}

#[test]
fn the_page_has_the_same_words_in_both_languages_and_loads_nothing() {
    assert!(PAGE.contains("default-src 'none'"));
    for outside in ["src=", "href=", "@import", "url(", "innerHTML", "document.write", "eval("] {
        assert!(!PAGE.contains(outside), "{outside}");
    }
    let words = |language: &str| {
        let begin = PAGE.find(&format!("\n  {language}: {{\n")).unwrap();
        let block = &PAGE[begin..begin + PAGE[begin..].find("\n  },").unwrap()];
        let ids: Vec<_> = block.split('"').skip(1).step_by(4).map(str::to_owned).collect();
        (ids, block.matches('{').count())
    };
    let ((vietnamese, values), (english, others)) = (words("vi"), words("en"));
    assert!(vietnamese.len() > 80);
    assert_eq!((vietnamese, values), (english, others));
}
