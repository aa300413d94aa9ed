//! What is run on restored data: a scan, the pages by the rules of defacement, a list of erasures;
//! and a portal that gives no answer over data that is damaged.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use duphong::base::exit::ExitCode;
use duphong::drill::fact::{
    Check, CheckKind, CheckOutcome, DrillRecord, Finding, PhaseName, Reason, Verdict,
};
use duphong::job::drill::Sabotage;
use duphong::job::restore::{self, Request};
use duphong::job::snapshot;
use duphong::world::clock::{Clock, Monotonic, SystemClock};
use jiff::Timestamp;
use rusqlite::Connection;

use crate::job::portal::{Installation, SOURCES, configuration};

/// Ends as clamscan does.
const SCAN: &str = "grep -rl MALWARE . && exit 1; [ $? -eq 1 ] && exit $(cat \"$1\")";

/// Erases whom the list names, and prints how many it names.
const ERASE: &str = r#"while read -r ten; do sqlite3 "$1" "DELETE FROM nguoi WHERE ten = '$ten'"; done < "$2"
grep -c . "$2""#;

const PAGE: &str = "<!doctype html><html lang=vi><head><title>Cổng của xã</title></head>\
    <body><h1>Cổng của xã Mẫu</h1><p>Tin tức và thông báo của xã.</p></body></html>";

/// A portal with persons of whom one was erased since, and scripts whose ends are in files.
fn installation() -> Installation {
    of_text(&text())
}

fn text() -> String {
    let drill = r#"scratch: scratch,
      start: [/usr/bin/python3, -m, http.server, "{port}", --bind, 127.0.0.1, --directory, "{tree:trang}"],
      smoke: [ { path: /chao.html, contains: "Cổng của xã" } ],
      scan: { command: [/bin/sh, @scan.sh, @scan-end] } }
    erasure: { command: [/bin/sh, @erase.sh, "{database:cong}", @danh-sach] }
    defacement: { urls: ["https://cong.example/chao.html"] }
    url: https://cong.example/"#;
    configuration(SOURCES).replace("scratch: scratch }", drill)
}

fn of_text(text: &str) -> Installation {
    let here = Installation::with(text);
    for (name, content) in [
        ("scan.sh", SCAN),
        ("scan-end", "0"),
        ("erase.sh", ERASE),
        ("danh-sach", "Bình\n"),
        ("portal/application/chao.html", PAGE),
    ] {
        fs::write(here.path(name), content).unwrap();
    }
    let people = "CREATE TABLE nguoi (ten TEXT); INSERT INTO nguoi VALUES ('An'), ('Bình');";
    let database = Connection::open(here.path("portal/data/cong.sqlite")).unwrap();
    database.execute_batch(people).unwrap();
    take(&here);
    here
}

/// Twenty seconds pass where somebody waits for one, and a tenth of it in truth.
#[derive(Default)]
struct Hasty {
    real: SystemClock,
    slept_ms: AtomicU64,
}

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        self.real.now()
    }

    fn monotonic(&self) -> Monotonic {
        let ahead = Duration::from_millis(self.slept_ms.load(Ordering::Relaxed));
        Monotonic(self.real.monotonic().0 + ahead)
    }

    fn sleep(&self, duration: Duration) {
        let ahead = u64::try_from(duration.as_millis()).unwrap() * 20;
        self.slept_ms.fetch_add(ahead, Ordering::Relaxed);
        self.real.sleep(duration / 10);
    }
}

fn take(here: &Installation) {
    assert_eq!(snapshot::create(&here.site, "mau").unwrap().exit(), ExitCode::Done);
}

fn of(record: &DrillRecord, kind: CheckKind) -> &Check {
    record.checks.iter().find(|check| check.kind == kind).unwrap_or_else(|| panic!("{record:#?}"))
}

fn people(database: &Path) -> Vec<String> {
    let database = Connection::open(database).unwrap();
    let mut all = database.prepare("SELECT ten FROM nguoi ORDER BY ten").unwrap();
    all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_drill_scans_looks_at_the_pages_and_erases_after_everything_was_compared() {
    let here = installation();
    let record = here.drill(None).record;
    assert_eq!(record.verdict, Verdict::Pass, "{record:#?}");
    let kinds: Vec<_> = record.checks.iter().map(|check| check.kind).collect();
    let place = |kind| kinds.iter().position(|one| *one == kind).unwrap();
    assert!(place(CheckKind::Smoke) < place(CheckKind::Defacement));
    assert!(place(CheckKind::Files) < place(CheckKind::Scan));
    assert!(place(CheckKind::RowDigests) < place(CheckKind::Erasure));
    assert_eq!(of(&record, CheckKind::Erasure).compared, 1);
    let files = record.set.as_ref().unwrap().files;
    assert_eq!(of(&record, CheckKind::Scan).compared, files);
    // Nobody is served before what was erased is erased again.
    let erased = record.phases.last().unwrap();
    let asked = record.phases.iter().rfind(|phase| phase.name == PhaseName::Smoke).unwrap();
    let until = asked.start_ms + asked.length_ms + erased.length_ms;
    assert_eq!(erased.name, PhaseName::Erase);
    assert!(record.measured_rto_ms.unwrap() >= until - 1, "{record:#?}");
}

#[test]
fn what_a_hook_finds_fails_the_drill_and_what_it_cannot_do_is_no_pass() {
    let here = installation();
    fs::write(here.path("scan-end"), "2").unwrap();
    let record = here.drill(None).record;
    assert_eq!(
        (record.verdict, &*record.reasons),
        (Verdict::NotProven, &[Reason::CheckNotRun][..])
    );
    assert_eq!(code(of(&record, CheckKind::Scan)), "job.scan");
    fs::write(here.path("scan-end"), "0").unwrap();

    for (script, fault) in [
        ("echo đã xóa Bình", "job.erasure-uncounted"),
        ("echo không xóa được Bình >&2; exit 1", "job.erasure"),
        ("echo Bình; exit 1", "job.erasure"),
    ] {
        fs::write(here.path("erase.sh"), script).unwrap();
        let record = here.drill(None).record;
        assert_eq!(record.verdict, Verdict::Fail, "{record:#?}");
        assert_eq!(code(of(&record, CheckKind::Erasure)), fault);
        let stored = serde_json::to_string(&record).unwrap();
        assert!(!stored.contains("Bình"), "what it says of persons stays out of the log: {stored}");
    }
    fs::write(here.path("erase.sh"), ERASE).unwrap();

    fs::write(here.path("portal/media/la.php"), "<?php MALWARE").unwrap();
    take(&here);
    let record = here.drill(None).record;
    assert_eq!(record.verdict, Verdict::Fail);
    let CheckOutcome::Failed { findings, more: 0 } = &of(&record, CheckKind::Scan).outcome else {
        panic!("{record:#?}")
    };
    let line = "./media/tep/la.php".to_owned();
    assert_eq!(findings, &[Finding::Scanned { line }]);
    fs::remove_file(here.path("portal/media/la.php")).unwrap();

    let altered = PAGE.replace(
        "<p>",
        "<iframe src='https://ca-do.example.com/'></iframe><p>nhà cái uy tín, nổ hũ, cá cược bóng đá, \
         tài xỉu online, đăng ký nhận 100k, casino trực tuyến <a href='https://ca-do.example.com/'>",
    );
    fs::write(here.path("portal/application/chao.html"), altered).unwrap();
    take(&here);
    let record = here.drill(None).record;
    let CheckOutcome::Failed { findings, .. } = &of(&record, CheckKind::Defacement).outcome else {
        panic!("{record:#?}")
    };
    let of_page =
        |one: &Finding| matches!(one, Finding::Altered { path, .. } if path == "/chao.html");
    assert!(findings.iter().all(of_page), "{findings:?}");
    assert_eq!(record.verdict, Verdict::Fail);
}

/// Smoke probes that are answered prove nothing of a page that nobody could look at.
#[test]
fn a_page_that_the_restored_portal_does_not_serve_is_named_and_no_pass() {
    let page = "urls: [\"https://cong.example/chao.html\"";
    let text = text().replace(page, &format!("{page}, \"https://cong.example/khong-co.html\""));
    let record = of_text(&text).drill(None).record;
    assert_eq!(of(&record, CheckKind::Smoke).outcome, CheckOutcome::Passed);
    let CheckOutcome::NotRun { reason: Finding::Answer { path, detail } } =
        &of(&record, CheckKind::Defacement).outcome
    else {
        panic!("{record:#?}")
    };
    assert_eq!((path.as_str(), detail.as_str()), ("/khong-co.html", "status-404"));
    assert_eq!(
        (record.verdict, &*record.reasons),
        (Verdict::NotProven, &[Reason::CheckNotRun][..])
    );
}

fn code(check: &Check) -> &str {
    match &check.outcome {
        CheckOutcome::Failed { findings, .. } => duphong::job::drill::code(&findings[0]),
        CheckOutcome::NotRun { reason } => duphong::job::drill::code(reason),
        CheckOutcome::Passed => "passed",
    }
}

#[test]
fn a_restore_erases_again_before_it_is_over_and_says_where_it_cannot() {
    let here = installation();
    let (folder, database) = (here.path("back"), here.path("back.sqlite"));
    let request = Request {
        portal: "mau".into(),
        target: folder.clone(),
        databases: vec![("cong".into(), database.display().to_string())],
        ..Request::default()
    };
    fs::write(here.path("erase.sh"), "echo không xóa được Bình >&2; exit 1").unwrap();
    let fault = restore::run(&here.site, &request, &|_| {}).unwrap_err();
    assert_eq!(fault.code(), "job.erasure");
    let entries = here.site.log().unwrap().reader().unwrap().entries();
    let told = entries.map(|entry| serde_json::to_string(&entry.unwrap()).unwrap());
    let failed: Vec<_> = told.filter(|entry| entry.contains("job.erasure")).collect();
    assert!(failed.len() == 1 && !failed[0].contains("Bình"), "{failed:?}");
    fs::write(here.path("erase.sh"), ERASE).unwrap();
    // It goes on where it broke off: the database is there, and the list is not replayed yet.
    let resumed = Request { resume: true, ..request.clone() };
    let restored = restore::run(&here.site, &resumed, &|_| {}).unwrap();
    assert_eq!((restored.erased, restored.exit()), (Some(1), ExitCode::Done), "{restored:?}");
    assert_eq!(people(&database), ["An"]);
    assert_eq!(people(&here.path("portal/data/cong.sqlite")), ["An", "Bình"]);
    assert!(!folder.join(".duphong-erase").exists());

    let files = Request { target: here.path("files"), databases: Vec::new(), ..request.clone() };
    let restored = restore::run(&here.site, &files, &|_| {}).unwrap();
    let notes: Vec<_> = restored.notes.iter().map(|note| note.id).collect();
    assert_eq!((notes, restored.exit()), (vec!["restore-not-erased"], ExitCode::Warnings));
    let one = Request { target: here.path("one"), only: vec!["media/tep".into()], ..files };
    let restored = restore::run(&here.site, &one, &|_| {}).unwrap();
    assert_eq!((restored.erased, restored.exit()), (None, ExitCode::Done));
}

#[test]
fn a_portal_that_does_not_answer_over_damaged_data_is_not_waited_for() {
    let mut here = installation();
    here.site.settings.portals[0].drill.smoke[0].contains = Some("chưa bao giờ".into());
    here.site.world.clock = Arc::new(Hasty::default());
    let damaged = here.drill(Some(Sabotage::DroppedTable)).record;
    let of_kind = |kind| of(&damaged, kind);
    assert_eq!(code(of_kind(CheckKind::Inventory)), "missing");
    // It was not waited for until its end: that it did not answer proves nothing by itself.
    assert!(matches!(of_kind(CheckKind::Smoke).outcome, CheckOutcome::NotRun { .. }));
    let smoke = damaged.phases.iter().filter(|phase| phase.name == PhaseName::Smoke);
    assert_eq!(smoke.count(), 1);
    // Over sound data it has its five minutes, and has failed then.
    let sound = here.drill(None).record;
    assert_eq!(code(of(&sound, CheckKind::RowDigests)), "passed");
    assert_eq!(code(of(&sound, CheckKind::Smoke)), "answer");
    let asked: u64 = sound
        .phases
        .iter()
        .filter(|phase| phase.name == PhaseName::Smoke)
        .map(|phase| phase.length_ms)
        .sum();
    assert!(asked >= 300_000, "{asked} ms");
}
