//! A new password in the place of the configured one: killed anywhere, refused anywhere.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::secret::Secret;
use duphong::config::secret::SecretSource;
use duphong::job::key::rotate::{Stage, plan, rotate};
use duphong::job::key::{add, list, remove};
use duphong::repository::Repository;
use duphong::view::Now;
use serde_json::json;

use crate::job::portal::{Installation, configuration};

fn bare() -> Installation {
    Installation::with(&configuration(
        "    trees:\n      - { role: media, name: tep, path: @portal/media }\n",
    ))
}

fn password(here: &Installation) -> PathBuf {
    here.path("secrets/repository.password")
}

fn content(path: &std::path::Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}

fn opens(here: &Installation, content: &[u8]) -> bool {
    let secret = Secret::from_file_content(content.to_vec());
    Repository::open(here.site.store("local").unwrap(), &secret, &here.site.world).is_ok()
}

fn keys(here: &Installation) -> usize {
    std::fs::read_dir(here.path("repository/keys")).unwrap().count()
}

fn beside(here: &Installation, suffix: &str) -> PathBuf {
    here.path(format!("secrets/repository.password{suffix}"))
}

/// Runs `key rotate` and kills it before it first renames or removes this name.
fn killed_at(here: &Installation, path: &std::path::Path) {
    let calls = "rename,renameat,renameat2,unlink,unlinkat";
    let status = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-P"])
        .arg(path)
        .args(["-e", &format!("trace={calls}")])
        .args(["-e", &format!("inject={calls}:signal=KILL:when=1")])
        .arg(env!("CARGO_BIN_EXE_duphong"))
        .args(["--json", "--config"])
        .arg(here.path("duphong.yaml"))
        .args(["key", "rotate", "local"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", here.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(9), "{}: {status:?}", path.display());
}

/// Each place is one between two changes that another program can see: a file that is written under
/// another name is whole once it has its own.
#[test]
fn killed_between_any_two_changes_a_password_opens_and_running_it_again_finishes() {
    let here = bare();
    let key = || {
        let mut keys = std::fs::read_dir(here.path("repository/keys")).unwrap();
        keys.next().unwrap().unwrap().path()
    };
    let (old, new) = (beside(&here, ".old"), beside(&here, ".new"));
    for (path, stage, left) in [
        (beside(&here, ".old.tmp"), Stage::Fresh, 1),
        (beside(&here, ".new.tmp"), Stage::Fresh, 1),
        (new.clone(), Stage::Begun, 2),
        (PathBuf::new(), Stage::Exchanged, 2),
        (old, Stage::Exchanged, 1),
    ] {
        // The old key is another one after every turn.
        let path = if path.as_os_str().is_empty() { key() } else { path };
        let place = path.display().to_string();
        let before = content(&password(&here));
        killed_at(&here, &path);
        let now = content(&password(&here));
        assert!(opens(&here, &now), "{place}: the configured password opens nothing");
        assert_eq!(keys(&here), left, "{place}");
        // The lock of a process that is gone is in nobody's way.
        assert_eq!(plan(&here.site, "local", None).unwrap(), stage, "{place}");
        let done = rotate(&here.site, "local", None).unwrap();
        assert_eq!((done.exit(), done.resumed), (ExitCode::Done, stage != Stage::Fresh), "{place}");
        assert!(opens(&here, &content(&password(&here))), "{place}");
        assert!(!opens(&here, &before), "{place}: the old password still opens");
        assert_eq!(keys(&here), 1, "{place}");
        for left in [&new, &beside(&here, ".old")] {
            assert!(!left.exists(), "{place}: {}", left.display());
        }
    }
    let check = here.restic(&["cat", "config"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn the_password_file_keeps_its_owner_its_mode_and_the_link_that_leads_to_it() {
    let here = bare();
    let real = here.path("secrets/that");
    std::fs::rename(password(&here), &real).unwrap();
    std::os::unix::fs::symlink(&real, password(&here)).unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o440)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&real, Some(33), Some(33)).unwrap();
    }
    let owner = std::fs::metadata(&real).unwrap().uid();
    rotate(&here.site, "local", None).unwrap();
    let now = std::fs::metadata(&real).unwrap();
    assert_eq!((now.uid(), now.permissions().mode() & 0o777), (owner, 0o440));
    assert!(password(&here).is_symlink());
    assert!(opens(&here, &content(&real)));
}

#[test]
fn a_given_password_is_looked_at_before_anything_is_touched() {
    let here = bare();
    let file = here.path("moi");
    let before = content(&password(&here));
    for (text, code) in [
        (&b""[..], "secret.empty"),
        (b"\n", "secret.empty"),
        (b" mat khau", "key.edges"),
        (b"mat khau \n", "key.edges"),
        (&[b'x'; 5000], "secret.too-long"),
        (&before, "key.known"),
    ] {
        std::fs::write(&file, text).unwrap();
        for fault in [
            rotate(&here.site, "local", Some(&file)).unwrap_err(),
            plan(&here.site, "local", Some(&file)).unwrap_err(),
            add::add(&here.site, "local", &file).unwrap_err(),
            add::check(&here.site, "local", &file).unwrap_err(),
        ] {
            assert_eq!(fault.code(), code, "{text:?}");
        }
    }
    std::fs::remove_file(&file).unwrap();
    let fault = rotate(&here.site, "local", Some(&file)).unwrap_err();
    assert_eq!(fault.code(), "secret.unreadable");
    assert_eq!((content(&password(&here)), keys(&here)), (before, 1));
    assert!(!beside(&here, ".new").exists() && !beside(&here, ".old").exists());
}

#[test]
fn one_that_was_begun_with_another_password_is_finished_first() {
    let here = bare();
    let (file, other) = (here.path("moi"), here.path("khac"));
    std::fs::write(&file, "mot mat khau moi").unwrap();
    std::fs::write(&other, "mot mat khau khac").unwrap();
    std::fs::write(beside(&here, ".new"), "mot mat khau moi\n").unwrap();
    let fault = rotate(&here.site, "local", Some(&other)).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("key.begun", ExitCode::HumanNeeded));
    assert!(rotate(&here.site, "local", Some(&file)).unwrap().resumed);
    assert_eq!(content(&password(&here)), b"mot mat khau moi\n");
    assert_eq!(keys(&here), 1);
}

#[test]
fn a_store_that_takes_nothing_leaves_the_password_as_it_was() {
    let is_root = rustix::process::geteuid().is_root();
    assert!(is_root, "this test needs root, for a file system that is read-only");
    let here = bare();
    let before = content(&password(&here));
    let repository = here.path("repository");
    let mount = |arguments: &[&str]| {
        assert!(Command::new("mount").args(arguments).status().unwrap().success());
    };
    let place = repository.to_str().unwrap();
    mount(&["--bind", place, place]);
    mount(&["-o", "remount,bind,ro", place]);
    let fault = rotate(&here.site, "local", None).unwrap_err();
    let removed = remove::remove(&here.site, "local", "0", None);
    assert!(Command::new("umount").arg(place).status().unwrap().success());
    assert_eq!(fault.exit(), ExitCode::Failed, "{fault}");
    assert!(removed.is_err());
    assert_eq!((content(&password(&here)), keys(&here)), (before.clone(), 1));
    // What could not be done is done when it can be.
    rotate(&here.site, "local", None).unwrap();
    assert!(!opens(&here, &before));
}

#[test]
fn a_credential_is_left_to_a_person_who_is_told_which_key_goes_last() {
    let mut here = bare();
    let path = Some(password(&here));
    here.site.settings.repositories[0].password =
        SecretSource::Credential { name: "kho".into(), path };
    let fault = rotate(&here.site, "local", None).unwrap_err();
    assert_eq!(fault.code(), "key.needs-file");
    let old = list::list(&here.site, "local").unwrap().in_use;
    let file = here.path("moi");
    std::fs::write(&file, "mot mat khau moi").unwrap();
    let before = content(&password(&here));
    let first = rotate(&here.site, "local", Some(&file)).unwrap();
    assert_eq!((first.exit(), first.stays), (ExitCode::HumanNeeded, Some(old)));
    let again = rotate(&here.site, "local", Some(&file)).unwrap();
    assert_eq!((again.new, again.resumed, keys(&here)), (first.new, true, 2));
    assert_eq!(content(&password(&here)), before);
    // The person does what was said.
    std::fs::copy(&file, password(&here)).unwrap();
    let removal = remove::remove(&here.site, "local", &old.to_string()[..8], None).unwrap();
    assert!(!removal.in_use);
    assert!(opens(&here, b"mot mat khau moi") && !opens(&here, &before));
}

/// A key file of a stranger, whose name begins as this one does.
fn twin_of(id: &str) -> (String, String) {
    let file = |number: u64| {
        let text = json!({
            "created": "2020-01-01T00:00:00Z", "username": format!("la-{number}"), "hostname": "la",
            "kdf": "scrypt", "N": 2, "r": 1, "p": 1, "salt": "AAAA", "data": "AAAA",
        });
        (Digest::of(text.to_string().as_bytes()).to_string(), text.to_string())
    };
    (0..10_000).map(file).find(|(name, _)| name[..1] == id[..1]).unwrap()
}

#[test]
fn a_beginning_that_two_keys_have_removes_neither() {
    let here = bare();
    let own = list::list(&here.site, "local").unwrap().in_use.to_string();
    let (name, text) = twin_of(&own);
    std::fs::write(here.path("repository/keys").join(&name), text).unwrap();
    let fault = remove::remove(&here.site, "local", &own[..1], None).unwrap_err();
    assert_eq!((fault.code(), keys(&here)), ("key.no-key", 2));
    let removal = remove::remove(&here.site, "local", &name, None).unwrap();
    assert_eq!((removal.key.id.to_string(), keys(&here)), (name, 1));
}

#[test]
fn two_repositories_with_one_password_file_are_not_torn_apart() {
    let mut here = bare();
    let mut other = here.site.settings.repositories[0].clone();
    other.name = "khac".to_owned();
    here.site.settings.repositories.push(other);
    let fault = rotate(&here.site, "local", None).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("key.shared", ExitCode::Configuration));
    assert_eq!(keys(&here), 1);
}

#[test]
fn a_copy_that_was_confirmed_counts_no_more_after_the_password_was_changed() {
    use duphong::job::key::{Confirmation, confirm};
    let here = bare();
    let confirmed = || {
        let entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
        let now = Now::fold(entries.collect::<Vec<_>>());
        now.repositories.get("local").is_some_and(|one| one.password_copy.is_some())
    };
    let word = Confirmation {
        repository: "local".into(),
        by: "An".into(),
        place: "két".into(),
        copy: Some(password(&here)),
    };
    confirm(&here.site, &word).unwrap();
    assert!(confirmed());
    rotate(&here.site, "local", None).unwrap();
    assert!(!confirmed());
    confirm(&here.site, &word).unwrap();
    assert!(confirmed());
}
