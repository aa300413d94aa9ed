//! A portal with a sealed database and sealed media: nothing of it is readable where it was
//! written, and all of it comes back with an identity.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::progress::Silent;
use duphong::drill::fact::{CheckKind, CheckOutcome, Finding, Verdict};
use duphong::job::unseal::{self, Area, Opener};
use duphong::job::{drill, restore, sets, snapshot};

use super::{Keys, drilling, files, holding, open_all_by_hand, open_by_hand, restoring, run};
use crate::job::portal::{Installation, configuration, site};

/// Stands in a row, in the name of a table, and in a file: nowhere else on the machine.
const CANARY: &str = "chim_hoang_yen_7f3a91";

const SOURCES: &str = "
    databases:
      - { name: cong, sqlite: { path: @portal/data/cong.sqlite }, sealed: { recipients: [TO] } }
    trees:
      - { role: media, name: tep, path: @portal/media, sealed: { recipients: [TO] } }
      - { role: application, name: trang, path: @portal/application }
";

fn with(to: &[&Keys]) -> Installation {
    let to: Vec<&str> = to.iter().map(|keys| keys.recipient.as_str()).collect();
    let here = Installation::with(&configuration(&SOURCES.replace("TO", &to.join(", "))));
    let sql = format!("CREATE TABLE {CANARY} (a TEXT); INSERT INTO {CANARY} VALUES ('{CANARY}');");
    let database = here.path("portal/data/cong.sqlite");
    run("sqlite3", &[database.as_os_str(), sql.as_ref()]);
    let letter = here.path("portal/media/thư mật.txt");
    fs::write(&letter, format!("Nội dung: {CANARY}\n").repeat(200)).unwrap();
    fs::set_permissions(&letter, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(here.path("portal/media/rỗng.txt"), "").unwrap();
    fs::write(here.path("portal/media/a.zst.age"), "chỉ là tên").unwrap();
    fs::write(here.path("portal/media/a"), "a").unwrap();
    fs::hard_link(here.path("portal/media/a"), here.path("portal/media/a khác")).unwrap();
    std::os::unix::fs::symlink("a", here.path("portal/media/liên kết")).unwrap();
    here
}

/// The media came back: the same names, bytes, modes and times.
#[track_caller]
fn assert_same_media(here: &Installation, back: &Path) {
    let (before, after) = (here.path("portal/media"), back.join("media/tep"));
    let names = |root: &Path| -> Vec<_> {
        let relative = |path: std::path::PathBuf| path.strip_prefix(root).unwrap().to_owned();
        files(root).into_iter().map(relative).collect()
    };
    assert_eq!(names(&before), names(&after));
    for name in names(&before) {
        let (one, other) = (before.join(&name), after.join(&name));
        assert!(fs::read(&one).unwrap() == fs::read(&other).unwrap(), "{}", name.display());
        let (one, other) = (one.metadata().unwrap(), other.metadata().unwrap());
        assert_eq!((one.mode(), one.mtime()), (other.mode(), other.mtime()), "{}", name.display());
    }
    assert_eq!(fs::read_link(after.join("liên kết")).unwrap(), Path::new("a"));
    let of = |root: &Path| root.metadata().unwrap().mtime();
    assert_eq!(of(&before), of(&after), "the folder is as old as it was");
}

fn query(database: &Path) -> String {
    let sql = format!("SELECT a FROM {CANARY}");
    let told = run("sqlite3", &[database.as_os_str(), sql.as_ref()]);
    String::from_utf8(told).unwrap().trim().to_owned()
}

#[test]
fn the_host_that_wrote_a_sealed_set_cannot_read_it_and_an_identity_can() {
    let keys = Keys::new();
    let here = with(&[&keys]);
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let parts: Vec<_> = taken.sealed.iter().map(|part| part.part.as_str()).collect();
    assert_eq!(parts, ["db/cong", "media/tep"]);

    // With the host's own password, by our program and by the stock one.
    let stock = here.path("stock");
    let done = here.restic(&["restore", "latest", "--target", stock.to_str().unwrap()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let restored = restore::run(&here.site, &restoring(&here, "ours", None), &|_| {}).unwrap();
    assert_eq!(restored.exit(), ExitCode::Warnings);
    let left: Vec<_> = restored.left_sealed.iter().map(|part| part.part.as_str()).collect();
    assert_eq!(left, ["db/cong", "media/tep"]);
    assert!(here.path("ours/application/trang").is_dir(), "the rest came back");
    for place in ["repository", "state", "scratch", "secrets", "stock", "ours"] {
        let place = here.path(place);
        if place.exists() {
            assert_eq!(holding(&place, CANARY), Vec::<std::path::PathBuf>::new());
        }
    }
    assert_eq!(holding(&here.path("portal"), CANARY).len(), 2, "it is looked for as it stands");
    let stranger = Keys::new();
    let own = here.path("secrets/repository.password");
    for sealed in files(&stock.join("db")) {
        assert!(!open_by_hand(&sealed, &stranger.identity), "{}", sealed.display());
        assert!(!open_by_hand(&sealed, &own), "{}", sealed.display());
    }

    // With the identity.
    let request = restoring(&here, "back", Some(&keys));
    let restored = restore::run(&here.site, &request, &|_| {}).unwrap();
    assert_eq!(restored.exit(), ExitCode::Done, "{:?}", restored.report);
    assert_same_media(&here, &here.path("back"));
    assert_eq!(query(&here.path("back/db/cong.sqlite")), CANARY);
    assert_eq!(restored.manifest.databases["cong"].inventory.tables[CANARY].rows, 1);
    let letter = here.path("back/media/tep/thư mật.txt");
    assert!(letter.is_file() && !letter.with_file_name("thư mật.txt.zst.age").exists());
    let ends = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "age");
    let sealed: Vec<_> = files(&here.path("back")).into_iter().filter(ends).collect();
    assert_eq!(sealed, [here.path("back/media/tep/a.zst.age")], "it is called so in production");

    // By hand, with nothing of ours.
    let opened = open_all_by_hand(&stock.join("db"), &keys.identity);
    assert_eq!(opened, 1);
    assert_eq!(query(&stock.join("db/cong.sqlite")), CANARY);
    let media = stock.join("media/tep");
    assert!(open_by_hand(&media.join("thư mật.txt.zst.age"), &keys.identity));
    let letter = "thư mật.txt";
    let before = fs::read(here.path("portal/media").join(letter)).unwrap();
    assert!(fs::read(media.join(letter)).unwrap() == before);
}

#[test]
fn a_drill_proves_with_the_identity_and_says_what_it_lacks_without() {
    let (keys, other) = (Keys::new(), Keys::new());
    let here = with(&[&keys]);
    snapshot::create(&here.site, "mau").unwrap();
    let drilled = drill::run(&here.site, &drilling(Some(&keys))).unwrap();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let proved = |kind| {
        let of_kind = drilled.record.checks.iter().filter(|check| check.kind == kind);
        of_kind.map(|check| check.compared).sum::<u64>()
    };
    assert_eq!(proved(CheckKind::RowDigests), 1500 + 6 + 48 + 1);
    assert_eq!(proved(CheckKind::Files), 48 + 5 + 1);

    // A host that is there to restore has the identity in its configuration.
    let file = here.path("duphong.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let given = format!("    identity: {{ file: {} }}\n    snapshot:", keys.identity.display());
    let elsewhere = here.path("elsewhere.yaml");
    fs::write(&elsewhere, text.replace("    snapshot:", &given)).unwrap();
    let (site, _runtime) = site(&elsewhere);
    let drilled = drill::run(&site, &drilling(None)).unwrap();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let restored = restore::run(&site, &restoring(&here, "by itself", None), &|_| {}).unwrap();
    assert_eq!((restored.exit(), restored.left_sealed.len()), (ExitCode::Done, 0));

    for (identity, reason) in [(None, "job.sealed"), (Some(&other), "seal.wrong-identity")] {
        let drilled = drill::run(&here.site, &drilling(identity)).unwrap();
        let (verdict, exit) = (drilled.record.verdict, drilled.exit());
        assert_eq!((verdict, exit), (Verdict::NotProven, ExitCode::Warnings));
        let holes = drilled.record.checks.iter().filter_map(|check| match &check.outcome {
            CheckOutcome::NotRun { reason: Finding::Fault { code, .. } } => {
                Some((check.kind, check.subject.as_str(), code.as_str()))
            }
            _ => None,
        });
        let expected = [(CheckKind::Load, "cong", reason), (CheckKind::Files, "media/tep", reason)];
        assert_eq!(holes.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn each_of_two_recipients_opens_and_another_identity_is_named_before_anything_is_written() {
    let (one, two, other) = (Keys::new(), Keys::new(), Keys::new());
    let here = with(&[&one, &two]);
    snapshot::create(&here.site, "mau").unwrap();
    for (keys, target) in [(&one, "one"), (&two, "two")] {
        let request = restoring(&here, target, Some(keys));
        let restored = restore::run(&here.site, &request, &|_| {}).unwrap();
        assert_eq!(restored.exit(), ExitCode::Done, "{:?}", restored.report);
        assert_same_media(&here, &here.path(target));
    }
    let wrong = restoring(&here, "three", Some(&other));
    let refused = restore::run(&here.site, &wrong, &|_| {}).unwrap_err();
    assert_eq!((refused.code(), refused.exit()), ("seal.wrong-identity", ExitCode::WrongKey));
    assert!(!here.path("three").exists());

    // A database cannot be loaded sealed, and plain files are not mixed with sealed ones.
    let mut request = restoring(&here, "four", None);
    request.databases = vec![("cong".into(), here.path("loaded.sqlite").display().to_string())];
    let refused = restore::run(&here.site, &request, &|_| {}).unwrap_err();
    assert_eq!(refused.code(), "job.sealed");
    request.identity = Some(two.source());
    let restored = restore::run(&here.site, &request, &|_| {}).unwrap();
    assert_eq!(restored.loaded, ["cong"]);
    assert_eq!(query(&here.path("loaded.sqlite")), CANARY);
    let mut over = restoring(&here, "one", Some(&one));
    over.over = Some(duphong::repository::restore::Overwrite::Always);
    let refused = restore::run(&here.site, &over, &|_| {}).unwrap_err();
    assert_eq!(refused.code(), "job.sealed-over");
}

#[test]
fn a_sealed_file_that_was_altered_stays_sealed_and_is_named() {
    let keys = Keys::new();
    let here = with(&[&keys]);
    snapshot::create(&here.site, "mau").unwrap();
    let request = restoring(&here, "back", None);
    let restored = restore::run(&here.site, &request, &|_| {}).unwrap();
    let altered = here.path("back/media/tep/thư mật.txt.zst.age");
    let mut bytes = fs::read(&altered).unwrap();
    let at = bytes.len() - 20;
    bytes[at] ^= 1;
    fs::write(&altered, bytes).unwrap();
    let cut = here.path("back/media/tep/a.zst.age");
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    // Somebody put a link in the place of a file, and a run before this one was killed.
    let (linked, elsewhere) = (here.path("back/media/tep/rỗng.txt.zst.age"), here.path("khác"));
    fs::rename(&linked, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &linked).unwrap();
    for folder in ["media/tep", "db"] {
        fs::write(here.path("back").join(folder).join(".duphong-opening-0"), "nửa").unwrap();
    }

    let repository = here.site.open("local").unwrap();
    let (id, _) = sets::find(&repository, "local", "mau", None).unwrap();
    let identities = unseal::identities(&keys.source()).unwrap();
    let opener = Opener {
        repository: &repository,
        set: &id,
        identities: &identities,
        cancel: &Cancel::default(),
        progress: &Silent,
    };
    let target = here.path("back");
    let area = Area { target: &target, from: "", only: &["media".into()] };
    let parts: Vec<_> = restored.left_sealed.iter().collect();
    let result = opener.open(&parts, &area).unwrap();
    let lost: Vec<_> = result
        .lost
        .iter()
        .map(|lost| (String::from_utf8_lossy(&lost.path).into_owned(), lost.fault.code()))
        .collect();
    let of = |name: &str| (format!("media/tep/{name}.zst.age"), "seal.damaged");
    // Its place is held by what could not be opened: neither is lost.
    let held = ("media/tep/a.zst.age.zst.age".to_owned(), "file.io");
    let link = ("media/tep/rỗng.txt.zst.age".to_owned(), "file.io");
    assert_eq!(lost, [of("a"), held, link, of("thư mật.txt")]);
    assert!(linked.is_symlink() && elsewhere.exists(), "nothing was read through the link");
    assert!(cut.exists() && here.path("back/media/tep/a.zst.age.zst.age").exists());
    assert!(altered.exists() && !here.path("back/media/tep/thư mật.txt").exists());
    assert_eq!(result.files.len(), 48 + 5 - 4);
    assert!(here.path("back/db/cong.sqlite.zst.age").exists(), "nobody asked for it");
    let partial = |path: &std::path::PathBuf| path.to_string_lossy().contains(".duphong-opening");
    assert!(!files(&target.join("media")).iter().any(partial), "no half of a plain file is left");
    assert!(target.join("db/.duphong-opening-0").exists(), "nobody asked for what lies there");
}

#[test]
fn what_a_killed_run_left_in_the_spool_is_swept_unless_somebody_works_there() {
    let keys = Keys::new();
    let here = with(&[&keys]);
    let left = here.path("state/spool/mau/db/cong.sqlite");
    fs::create_dir_all(left.parent().unwrap()).unwrap();
    fs::write(&left, CANARY).unwrap();
    let busy = here.site.exclusively("snapshot", "mau").unwrap();
    snapshot::sweep(&here.site).unwrap();
    assert!(left.exists(), "another run may be at work");
    drop(busy);
    // That nobody is at work there cannot be known: it stays, which is told, and the rest goes.
    let lock = here.path("state/locks/snapshot-mau.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let spot = here.path("state/spool/.spot.mau");
    fs::create_dir_all(&spot).unwrap();
    assert_eq!(snapshot::sweep(&here.site).unwrap_err().code(), "file.io");
    assert!(left.exists() && !spot.exists());
    fs::remove_dir(&lock).unwrap();
    snapshot::sweep(&here.site).unwrap();
    assert_eq!(holding(&here.path("state"), CANARY), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_sealed_database_that_is_damaged_is_kept_sealed_as_evidence() {
    let keys = Keys::new();
    let here = with(&[&keys]);
    let database = here.path("portal/data/cong.sqlite");
    let mut bytes = fs::read(&database).unwrap();
    bytes[..16].copy_from_slice(b"bi ma hoa mat ro");
    fs::write(&database, &bytes).unwrap();
    snapshot::create(&here.site, "mau").unwrap_err();
    let evidence = snapshot::as_evidence(&here.site, "mau").unwrap();
    assert_eq!(evidence.missing, ["db/cong"]);
    let parts: Vec<_> = evidence.taken.sealed.iter().map(|part| part.part.as_str()).collect();
    assert_eq!(parts, ["media/tep", "raw/cong/cong.sqlite.zst.age"]);
    let stock = here.path("stock");
    let done = here.restic(&["restore", "latest", "--target", stock.to_str().unwrap()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(holding(&stock, CANARY), Vec::<std::path::PathBuf>::new());
    let id = evidence.taken.sets[0].written.id.to_string();
    let mut request = restoring(&here, "back", Some(&keys));
    request.set = Some(id);
    let restored = restore::run(&here.site, &request, &|_| {}).unwrap();
    assert_eq!(restored.report.lost.len(), 0, "{:?}", restored.report);
    assert!(fs::read(here.path("back/raw/cong/cong.sqlite")).unwrap() == bytes);
}
