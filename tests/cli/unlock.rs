//! Removing locks, by the program itself.

use std::sync::Arc;

use duphong::base::digest::Digest;
use duphong::base::secret::Secret;
use duphong::repository::Repository;
use duphong::repository::envelope::{self, Form};
use duphong::repository::layout::Folder;
use duphong::repository::lock::LockFile;
use duphong::store::disk::DiskStore;
use duphong::world::World;
use duphong::world::entropy::SystemEntropy;
use serde_json::{Value, json};

use crate::cli::kit::{Home, configuration};

pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn home() -> Home {
    let home = Home::new();
    home.write("duphong.yaml", &configuration("en"));
    std::fs::create_dir(home.path().join("media")).unwrap();
    assert_eq!(home.json("init")["exit"], 0);
    home
}

/// A lock of a process with this number on this host.
pub(super) fn plant(home: &Home, host: &str, pid: u32) -> String {
    let password = std::fs::read(home.path().join("password")).unwrap();
    let store = Arc::new(DiskStore::open(home.path().join("repository")).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = World::system(runtime.handle().clone());
    let repository = Repository::open(store, &Secret::from_file_content(password), &world).unwrap();
    let file = LockFile {
        time: jiff::Timestamp::now(),
        exclusive: true,
        hostname: host.to_owned(),
        username: "an".to_owned(),
        pid,
        uid: 0,
        gid: 0,
    };
    let key = repository.key();
    let sealed = envelope::seal(key, &SystemEntropy, Form::Compressed, &file).unwrap();
    put(home, &sealed)
}

fn put(home: &Home, bytes: &[u8]) -> String {
    let id = Digest::of(bytes);
    let name = Folder::Locks.name(&id).to_string();
    std::fs::create_dir_all(home.path().join("repository/locks")).unwrap();
    std::fs::write(home.path().join("repository").join(name), bytes).unwrap();
    id.to_string()
}

fn locks(home: &Home) -> usize {
    std::fs::read_dir(home.path().join("repository/locks")).unwrap().count()
}

fn entries(home: &Home) -> Vec<Value> {
    let told = home.json("audit log --verb repository.unlock");
    told["result"]["entries"].as_array().unwrap().clone()
}

#[test]
fn what_nobody_holds_goes_and_the_rest_is_named() {
    let home = home();
    let none = home.run("repository unlock");
    assert!(none.code == 0 && none.out.contains("There is no lock."), "{}", none.out);
    let gone = plant(&home, &host(), i32::MAX.unsigned_abs());
    let dry = home.json("repository unlock local --dry-run");
    assert_eq!((&dry["exit"], locks(&home)), (&json!(0), 1), "{dry}");
    assert_eq!(dry["result"]["repositories"][0]["locks"][0]["why"], "process-gone");
    let other = plant(&home, "may-khac", 7);
    let dry = home.json("repository unlock local --dry-run");
    assert_eq!((&dry["exit"], locks(&home), entries(&home).len()), (&json!(11), 2, 0), "{dry}");

    let real = home.json("repository unlock local");
    let one = &real["result"]["repositories"][0];
    assert_eq!((&real["exit"], &real["error"]), (&json!(11), &json!(null)), "{real}");
    assert_eq!((&one["removed"][0]["id"], &one["stay"][0]["id"]), (&json!(gone), &json!(other)));
    assert_eq!(
        (&one["stay"][0]["host"], &one["stay"][0]["process"]),
        (&json!("may-khac"), &json!(7))
    );
    assert_eq!((&one["stay"][0]["why"], locks(&home)), (&json!("elsewhere"), 1));
    let entries = entries(&home);
    assert_eq!((entries.len(), &entries[0]["kind"]), (2, &json!("intent")), "{entries:?}");
    let named = &entries[0]["facts"]["locks"][0];
    assert_eq!((&named["id"], &named["proof"]), (&json!(gone), &json!("process-gone")));
    assert_eq!(entries[1]["facts"]["removed"], json!([gone]));
    let told = home.run("repository unlock local");
    assert!(told.out.contains("an on may-khac, process 7"), "{}", told.out);
    assert_eq!((told.code, self::entries(&home).len()), (11, 2), "nothing to do leaves no entry");
}

#[test]
fn a_person_answers_for_one_lock_by_name_and_reason() {
    let home = home();
    let (first, second) = (plant(&home, "may-khac", 7), plant(&home, "may-ba", 8));
    let short = &first[..8];
    let answer = format!("repository unlock local --lock {short} --by An --reason tắt-máy");
    for (line, exit, code) in [
        (format!("repository unlock --lock {short} --by An --reason x"), 2, "usage"),
        (format!("repository unlock local --lock {short} --by An"), 2, "usage"),
        (format!("repository unlock local --lock {short} --reason x"), 2, "usage"),
        ("repository unlock local --by An".to_owned(), 2, "usage"),
        (format!("{answer} --dry-run"), 2, "usage"),
        (answer.clone(), 2, "usage"),
        (format!("{answer} --confirm kho"), 30, "job.not-confirmed"),
        (
            "repository unlock local --lock zz --by An --reason x --confirm local".to_owned(),
            2,
            "job.no-lock",
        ),
    ] {
        let refused = home.json(&line);
        assert_eq!(refused["exit"], exit, "{line}: {refused}");
        let found = refused["error"]["code"].as_str().unwrap();
        assert!(found.contains(code), "{line}: {found}");
    }
    assert_eq!((locks(&home), entries(&home).len()), (2, 0));
    let blank = home
        .command(&["repository", "unlock", "local", "--lock", short, "--by", "An", "--reason", " "])
        .args(["--confirm", "local"])
        .output();
    assert_eq!(blank.unwrap().status.code(), Some(2));
    let done = home.json(&format!("{answer} --confirm local"));
    let one = &done["result"]["repositories"][0];
    assert_eq!((&done["exit"], &one["removed"][0]["id"]), (&json!(0), &json!(first)), "{done}");
    let entries = entries(&home);
    let facts = &entries[0]["facts"];
    assert_eq!((&facts["by"], &facts["reason"]), (&json!("An"), &json!("tắt-máy")));
    assert_eq!(facts["locks"][0]["proof"], "elsewhere");
    assert_eq!(locks(&home), 1);
    drop(second);
}

#[test]
fn a_lock_that_cannot_be_read_is_told_and_needs_a_person() {
    let home = home();
    let garbage = put(&home, b"rac");
    let refused = home.json("repository unlock");
    let one = &refused["result"]["repositories"][0];
    assert_eq!((&refused["exit"], &one["unreadable"][0]["id"]), (&json!(20), &json!(garbage)));
    assert_eq!(one["unreadable"][0]["code"], "repository.damaged");
    let line =
        format!("repository unlock local --lock {garbage} --by An --reason hỏng --confirm local");
    assert_eq!(home.json(&line)["exit"], 0);
    assert_eq!(home.json("repository unlock")["exit"], 0);
}

/// Without a record nothing is removed.
#[test]
fn a_log_that_cannot_be_written_keeps_every_lock() {
    let home = home();
    plant(&home, &host(), i32::MAX.unsigned_abs());
    std::fs::rename(home.path().join("state/audit"), home.path().join("state/anders")).unwrap();
    assert_ne!(home.json("repository unlock")["exit"], 0);
    assert_eq!(locks(&home), 1);
}

#[test]
fn what_is_told_fits_a_terminal_in_both_languages() {
    let home = home();
    plant(&home, "may-chu-so-mot-cua-trung-tam-thong-tin.tinhmau.gov.vn", 4_194_303);
    plant(&home, &host(), i32::MAX.unsigned_abs());
    for line in ["repository unlock --dry-run", "repository unlock", "repository unlock --help"] {
        for language in ["en", "vi"] {
            let told = home.run(&format!("{line} --lang {language}"));
            let wide: Vec<_> = told.out.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(wide.is_empty(), "{line} in {language}: {wide:#?}");
        }
    }
}
