//! A mass change between two sets: the encryption of a tree is told, held and proposed; what people
//! and upgrades do to trees is not.

use std::fs;
use std::path::{Path, PathBuf};

use duphong::base::exit::ExitCode;
use duphong::incident::fact::Kind;
use duphong::job::snapshot::Taken;
use duphong::job::{forget, hold, incident, snapshot, status, verify};
use duphong::repository::verify::Depth;
use duphong::source::alarm::Sign;
use duphong::view::Colour;

use crate::job::forget::Full;
use crate::job::portal::{Installation, noise};

const CONFIGURATION: &str = "site: { id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: en }
state: state
repositories:
  local: { path: repository, password: { file: secrets/password } }
  usb: { path: usb, password: { file: secrets/usb } }
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    trees:
      - { role: media, name: tep, path: tep, exclude: [cache] }
      - { role: application, name: app, path: app }
    snapshot: { to: [local, usb], rpo: 6h, retention: { last: 1 } }
    drill: { from: local, rto: 8h, scratch: scratch }
";

/// A picture as far as anybody looks: its head, and dense bytes behind it.
fn picture(seed: usize) -> Vec<u8> {
    [b"\xff\xd8\xff\xe0\0\x10JFIF\0".as_slice(), &noise(seed, 6000)].concat()
}

fn text(seed: usize) -> Vec<u8> {
    format!("Thông báo số {seed} của UBND tỉnh Mẫu về việc sao lưu. ").repeat(40).into_bytes()
}

struct Place {
    here: Installation,
}

impl Place {
    /// Ninety documents and sixty pictures in three folders, a program of a hundred files, and a
    /// set of it.
    fn new() -> Self {
        let here = Installation::with(CONFIGURATION);
        let place = Self { here };
        for folder in ["2024", "2025", "2026"] {
            fs::create_dir_all(place.media().join(folder)).unwrap();
            for number in 0..30 {
                let name = format!("{folder}/công văn {number}.txt");
                fs::write(place.media().join(name), text(number)).unwrap();
            }
            for number in 0..20 {
                let name = format!("{folder}/ảnh {number}.jpg");
                fs::write(place.media().join(name), picture(number)).unwrap();
            }
        }
        fs::create_dir_all(place.app().join("lib")).unwrap();
        for number in 0..100 {
            let name = format!("lib/module{number}.php");
            fs::write(place.app().join(name), text(1000 + number)).unwrap();
        }
        place.check_quiet("the first set");
        place
    }

    fn media(&self) -> PathBuf {
        self.here.path("tep")
    }

    fn app(&self) -> PathBuf {
        self.here.path("app")
    }

    fn take(&self) -> Taken {
        snapshot::create(&self.here.site, "mau").unwrap()
    }

    #[track_caller]
    fn check_quiet(&self, what: &str) {
        let taken = self.take();
        assert!(taken.alarm.is_none(), "{what}: {:?}", taken.alarm);
        assert_eq!(taken.exit(), ExitCode::Done, "{what}");
    }

    #[track_caller]
    fn check_alarm(&self, expected: &[(&str, &[Sign])]) -> Taken {
        let taken = self.take();
        let alarm = taken.alarm.as_ref().expect("an alarm");
        let found: Vec<_> =
            alarm.findings.iter().map(|one| (one.place.as_str(), &one.signs[..])).collect();
        assert_eq!(found, expected, "{alarm:?}");
        assert!(alarm.held && alarm.incident.is_some() && alarm.faults.is_empty(), "{alarm:?}");
        assert_eq!((taken.exit(), taken.sets.len()), (ExitCode::Warnings, 2));
        taken
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// What an attacker's program does to a file: other bytes, another name.
fn encrypt(seed: usize, path: &Path, ending: Option<&str>) {
    let length = usize::try_from(path.metadata().unwrap().len()).unwrap();
    fs::write(path, noise(7_000_000 + seed, length)).unwrap();
    if let Some(ending) = ending {
        fs::rename(path, format!("{}.{ending}", path.display())).unwrap();
    }
}

#[test]
fn the_encryption_of_a_tree_holds_all_sets_and_proposes_an_incident() {
    let place = Place::new();
    let site = &place.here.site;
    let clean = place.take();
    for (seed, path) in files(&place.media()).iter().enumerate() {
        encrypt(seed, path, Some("locked"));
    }
    let signs = [Sign::Scrambled, Sign::Renamed, Sign::Vanished];
    let taken = place.check_alarm(&[("media/tep", &signs)]);
    let seen = taken.alarm.as_ref().unwrap().findings[0].seen;
    assert_eq!((seen.before, seen.scrambled, seen.renamed, seen.vanished), (150, 150, 150, 150));
    // The record has all of it.
    let entries = site.log().unwrap().reader().unwrap().entries();
    let entries: Vec<_> = entries.map(Result::unwrap).collect();
    let outcome = entries.iter().rfind(|entry| entry.verb == "snapshot.create").unwrap();
    assert_eq!(outcome.facts["alarm"]["findings"][0]["ending"], "locked");
    let held = entries.iter().find(|entry| entry.verb == "retention.hold").unwrap();
    assert_eq!((held.subject.as_str(), &held.facts["by"]), ("mau", &"duphong".into()));
    let reason = held.facts["reason"].as_str().unwrap();
    assert!(reason.contains("150 of 150 files got the ending “locked”"), "{reason}");
    // Before the set is: killed in between, the next run compares with the clean one again.
    assert!(held.seq < outcome.seq);
    let cases = incident::all(site).unwrap().cases;
    let case = cases.values().next().unwrap();
    assert_eq!(case.source.as_deref(), Some("tree.mass-change"));
    assert_eq!(case.kind.map(Kind::as_str), Some("encryption"));
    let clean_ids: Vec<_> =
        clean.sets.iter().map(|set| format!("{}:{}", set.repository, set.written.id)).collect();
    assert!(clean_ids.contains(case.set.as_ref().unwrap()), "{case:?}");
    let remarks = status::status(site).unwrap().remarks;
    let told = remarks.iter().find(|remark| remark.message.id == "view-sets-held").unwrap();
    assert_eq!(told.colour, Colour::Red);
    // The rules keep one set; held, all stay, in both repositories. A set that changes nothing
    // raises no second incident.
    place.check_quiet("the morning after");
    for repository in ["local", "usb"] {
        // Without a proven set nothing would be forgotten in any case.
        verify::repository(site, repository, Depth::AllData).unwrap();
        let done = forget::forget(site, repository, None).unwrap();
        assert_eq!(done.gone.len(), 0, "{repository}");
    }
    assert_eq!(incident::all(site).unwrap().cases.len(), 1);
    let word = hold::Word { by: "An".to_owned(), reason: "đã xử lý".to_owned() };
    hold::release_portal(site, "mau", &word).unwrap();
    let again = hold::release_portal(site, "mau", &word).unwrap_err();
    assert_eq!(again.code(), "job.portal-not-held");
    assert!(!forget::forget(site, "local", None).unwrap().gone.is_empty());
    let remarks = status::status(site).unwrap().remarks;
    assert!(remarks.iter().all(|remark| remark.message.id != "view-sets-held"));
}

#[test]
fn an_alarm_while_the_log_is_full_holds_all_sets_until_the_log_knows() {
    let place = Place::new();
    let site = &place.here.site;
    place.check_quiet("a second set");
    verify::repository(site, "local", Depth::AllData).unwrap();
    let full = Full::new(&place.here);
    for (seed, path) in files(&place.media()).iter().enumerate() {
        encrypt(seed, path, Some("locked"));
    }
    let alarm = place.take().alarm.unwrap();
    assert!(alarm.held && alarm.faults[0].code().starts_with("audit."), "{alarm:?}");
    let note = place.here.path("state/holds/mau.json");
    assert!(note.is_file());
    // It goes when the log has it, and not before.
    forget::forget(site, "local", None).unwrap_err();
    assert!(note.is_file());
    // Its process ends here, and nothing of it is in the log, which can be written again.
    full.relieve();
    let is_held = || {
        let remarks = status::status(site).unwrap().remarks;
        let held = remarks.iter().any(|remark| remark.message.id == "view-sets-held");
        held && forget::plan(site, "local", None).unwrap().going() == 0
    };
    assert!(is_held());
    // On a full disk a name must do, and a torn file too.
    for words in ["", "{\"by\": \"du"] {
        fs::write(&note, words).unwrap();
        assert!(is_held(), "{words}");
    }
    assert!(forget::forget(site, "local", None).unwrap().gone.is_empty());
    assert!(!note.exists());
    let entries = site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let held = entries.filter(|entry| entry.verb == "retention.hold").last().unwrap();
    assert_eq!(held.facts["by"], "duphong");
    assert!(held.facts["reason"].as_str().unwrap().contains("no room"), "{held:?}");
    let word = hold::Word { by: "An".to_owned(), reason: "đã xử lý".to_owned() };
    hold::release_portal(site, "mau", &word).unwrap();
    assert!(!forget::forget(site, "local", None).unwrap().gone.is_empty());
}

#[test]
fn files_that_are_encrypted_under_their_names_or_under_new_ones_are_told() {
    let place = Place::new();
    // In place, a fifth of the tree: pictures are dense before and after, texts are not.
    for (seed, path) in files(&place.media().join("2024")).iter().enumerate() {
        encrypt(seed, path, None);
    }
    place.check_alarm(&[("media/tep", &[Sign::Scrambled])]);
    // Names that tell nothing.
    for (seed, path) in files(&place.media().join("2025")).iter().enumerate() {
        encrypt(seed, path, None);
        fs::rename(path, path.with_file_name(format!("{seed:016x}"))).unwrap();
    }
    place.check_alarm(&[("media/tep", &[Sign::Scrambled])]);
    // The program too, and whole folders that are gone.
    for (seed, path) in files(&place.app()).iter().enumerate() {
        encrypt(seed, path, Some("enc"));
    }
    fs::remove_dir_all(place.media().join("2025")).unwrap();
    fs::remove_dir_all(place.media().join("2026")).unwrap();
    let signs = [Sign::Scrambled, Sign::Renamed, Sign::Vanished];
    place.check_alarm(&[("media/tep", &[Sign::Vanished]), ("application/app", &signs)]);
    assert_eq!(incident::all(&place.here.site).unwrap().cases.len(), 1, "one incident for all");
}

/// Alters every byte of every pack, as a failing disk may: their sizes stay.
fn spoil(place: &Place) {
    for repository in ["repository/data", "usb/data"] {
        for pack in files(&place.here.path(repository)) {
            let bytes = fs::read(&pack).unwrap();
            fs::set_permissions(&pack, std::os::unix::fs::PermissionsExt::from_mode(0o600))
                .unwrap();
            fs::write(&pack, bytes.iter().map(|byte| byte ^ 1).collect::<Vec<_>>()).unwrap();
        }
    }
}

#[test]
fn a_set_before_that_cannot_be_read_is_not_taken_for_a_quiet_day() {
    let place = Place::new();
    spoil(&place);
    let taken = place.take();
    assert!(taken.alarm.is_none(), "{:?}", taken.alarm);
    let unjudged: Vec<_> =
        taken.unjudged.iter().map(|one| (one.place.as_str(), one.folders)).collect();
    assert_eq!(unjudged, [("media/tep", 1), ("application/app", 1)]);
    assert_eq!((taken.exit(), taken.sets.len()), (ExitCode::Warnings, 2));
    let entries = place.here.site.log().unwrap().reader().unwrap().entries();
    let outcome = entries.map(Result::unwrap).filter(|one| one.verb == "snapshot.create").last();
    let expected = serde_json::json!({"tree": "media/tep", "folders": 1});
    assert_eq!(outcome.unwrap().facts["unjudged"][0], expected);
    // What was written is looked at all the same: noise tells by itself.
    for (seed, path) in files(&place.media()).iter().enumerate() {
        encrypt(seed, path, Some("locked"));
    }
    let taken = place.check_alarm(&[("media/tep", &[Sign::Scrambled])]);
    assert_eq!(taken.unjudged.len(), 2);
}

#[test]
fn a_days_work_is_quiet() {
    let place = Place::new();
    let media = place.media();
    // Uploads, edits, a few deletions.
    for number in 0..30 {
        fs::write(media.join(format!("2026/mới {number}.txt")), text(500 + number)).unwrap();
        fs::write(media.join(format!("2025/công văn {number}.txt")), text(900 + number)).unwrap();
    }
    for number in 0..10 {
        fs::remove_file(media.join(format!("2024/ảnh {number}.jpg"))).unwrap();
    }
    place.check_quiet("a day's work");
    // An album as large as the rest, and archives beside it.
    fs::create_dir(media.join("album")).unwrap();
    for number in 0..150 {
        let name = format!("album/DSC{number:05}.JPG");
        fs::write(media.join(name), picture(5000 + number)).unwrap();
        let zip = [b"PK\x03\x04".as_slice(), &noise(number, 3000)].concat();
        fs::write(media.join(format!("album/{number}.zip")), zip).unwrap();
    }
    place.check_quiet("an album");
    // Rights of everything: read again, and found as it was.
    for path in files(&media) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    place.check_quiet("other rights");
    // What is left out may do what it likes.
    fs::create_dir(media.join("cache")).unwrap();
    for number in 0..300 {
        fs::write(media.join(format!("cache/{number}")), noise(number, 2000)).unwrap();
    }
    place.check_quiet("a cache");
    // An upgrade of the program: most is written anew, much is new, some is gone, all of it with
    // compressed copies for browsers.
    for number in 0..100 {
        let file = place.app().join(format!("lib/module{number}.php"));
        if number < 30 {
            fs::remove_file(file).unwrap();
        } else {
            fs::write(file, text(20_000 + number)).unwrap();
        }
        let asset = place.app().join(format!("lib/app.{number:08x}.js"));
        fs::write(&asset, text(30_000 + number)).unwrap();
        let gz = [b"\x1f\x8b\x08".as_slice(), &noise(number, 2000)].concat();
        fs::write(asset.with_extension("js.gz"), gz).unwrap();
        fs::write(asset.with_extension("js.br"), noise(40_000 + number, 2000)).unwrap();
    }
    place.check_quiet("an upgrade");
    assert_eq!(incident::all(&place.here.site).unwrap().cases.len(), 0);
}
