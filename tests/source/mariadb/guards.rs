//! What keeps a dump and a load of MariaDB whole and private, each seen to work.

use std::path::PathBuf;

use duphong::drill::compare;
use duphong::drill::fact::{CheckKind, CheckOutcome};
use duphong::world::World;
use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::source::{Racing, wait_until};

/// A folder of stock programs, of which one is a script instead.
pub(super) fn programs(name: &str, script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for place in ["bin/mariadb", "bin/mariadb-dump", "bin/mariadb-install-db", "sbin/mariadbd"] {
        let program = place.rsplit('/').next().unwrap();
        let path = folder.path().join(program);
        if program == name {
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        } else {
            std::os::unix::fs::symlink(Path::new("/usr").join(place), path).unwrap();
        }
    }
    folder
}

#[test]
fn a_server_that_ends_silent_sessions_does_not_end_those_of_a_dump() {
    let impatient = server();
    impatient.create_database("lon", &world()).unwrap();
    let source = impatient.settings("lon");
    run(&source, LARGE);
    run(&source, "SET GLOBAL wait_timeout = 1");
    let count = |sql: &str| {
        run(
            &source,
            &format!(
                "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Sleep'{sql}"
            ),
        )
    };
    let wait = Then::new(|| {
        wait_until("a session that was silent for two seconds, or its end", || {
            count("") == "0\n" || count(" AND time >= 2") == "1\n"
        });
    });
    assert_eq!(code(try_dump(&source, &wait)), "done");
}

#[test]
fn a_password_lies_in_a_file_until_the_login_and_no_longer() {
    let here = server();
    here.create_database("lon", &world()).unwrap();
    run(&here.settings("lon"), LARGE);
    let notes = tempfile::tempdir().unwrap();
    let note = notes.path().join("note");
    let script = |program: &str| {
        format!(
            "case $1 in --defaults-file=*) echo \"${{1#*=}}\" >> {};; esac\nexec {program} \"$@\"",
            note.display()
        )
    };
    let files = || -> Vec<PathBuf> {
        fs::read_to_string(&note).unwrap_or_default().lines().map(PathBuf::from).collect()
    };
    let gone = || {
        wait_until("the end of every file", || files().iter().all(|file| !file.exists()));
    };

    let own = programs("mariadb-dump", &script("mariadb-dump"));
    let source = Settings { bin_dir: Some(own.path().to_owned()), ..here.settings("lon") };
    let dumped = try_dump(&source, &Then::new(gone)).unwrap();
    assert_eq!(files().len(), 1);
    here.create_database("moi", &world()).unwrap();
    let own = programs("mariadb", &script("mariadb"));
    let target = Settings { bin_dir: Some(own.path().to_owned()), ..here.settings("moi") };
    let dump = Dump { folder: dumped.folder.path(), name: "portal", facts: &dumped.facts };
    mariadb::load(dump, &target, Load::ALL, &world(), &Cancel::default(), &Then::new(gone))
        .unwrap();
    assert!(files().len() > 3, "{:?}", files());
}

#[test]
fn rows_that_no_dump_has_are_a_hole_that_is_named() {
    let production = production();
    let source = production.create(
        "gop",
        "CREATE TABLE a (x INT) ENGINE=MyISAM; INSERT INTO a VALUES (1); \
        CREATE TABLE b (x INT) ENGINE=MyISAM; INSERT INTO b VALUES (2), (3); \
        CREATE TABLE m (x INT) ENGINE=MERGE UNION=(a, b);",
    );
    let dumped = dump(&source);
    let inventory_then = &dumped.facts.inventory;
    let why = "rows of `m`: MRG_MyISAM keeps them elsewhere, and no dump has them";
    assert_eq!(inventory_then.blind, [why]);
    assert_eq!(inventory_then.tables.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert!(inventory_then.objects["table"].contains_key("m"));

    let target = server();
    target.create_database("gop", &world()).unwrap();
    load(&dumped, &target.settings("gop")).unwrap();
    let after = inventory(&target.settings("gop"), inventory_then);
    assert_eq!(run(&target.settings("gop"), "SELECT SUM(x) FROM m"), "6\n");
    for check in compare::database("gop", inventory_then, &after) {
        let is_hole = matches!(check.outcome, CheckOutcome::NotRun { .. });
        assert_eq!(is_hole, check.kind == CheckKind::Inventory, "{check:?}");
        assert!(!matches!(check.outcome, CheckOutcome::Failed { .. }), "{check:?}");
    }
}

#[test]
fn an_instant_is_told_that_the_set_is_sure_to_hold() {
    let production = production();
    let source = production.create("luc", LARGE);
    let before = Timestamp::now();
    let first_bytes = Mutex::new(None);
    let note = Then::new(|| *first_bytes.lock().unwrap() = Some(Timestamp::now()));
    let dumped = try_dump(&source, &note).unwrap();
    let (instant, first) = (dumped.facts.instant, first_bytes.lock().unwrap().unwrap());
    assert!(before <= instant && instant < first, "{before} {instant} {first}");
}

#[test]
fn a_load_that_stands_still_is_ended_by_a_limit_or_a_person() {
    let here = server();
    here.create_database("mot", &world()).unwrap();
    run(&here.settings("mot"), "CREATE TABLE a (x INT)");
    let dumped = dump(&here.settings("mot"));
    here.create_database("moi", &world()).unwrap();
    // Takes the whole input and never ends, as behind a lock.
    let own = programs(
        "mariadb",
        "case $* in *max-allowed-packet*) cat > /dev/null; exec sleep 3600;; esac\n\
        exec mariadb \"$@\"",
    );
    let target = Settings { bin_dir: Some(own.path().to_owned()), ..here.settings("moi") };
    let load = |world: &World, cancel: &Cancel, progress: &dyn Progress| {
        let dump = Dump { folder: dumped.folder.path(), name: "portal", facts: &dumped.facts };
        code(mariadb::load(dump, &target, Load::ALL, world, cancel, progress))
    };
    let (racing, clock) = Racing::world();
    let race = Then::new(|| clock.begin());
    assert_eq!(load(&racing, &Cancel::default(), &race), "source.mariadb-load-still");
    let cancel = Cancel::default();
    assert_eq!(load(&world(), &cancel, &Then::new(|| cancel.cancel())), "source.cancelled");
}

/// A server that starts removes what is left in its folder for temporary files, also of others.
#[test]
fn a_scratch_server_is_made_far_from_the_temporary_files_of_production() {
    let said = tempfile::NamedTempFile::new().unwrap();
    let said = said.path();
    let script = format!("echo \"$*\" > {}\nexec mariadb-install-db \"$@\"", said.display());
    let own = programs("mariadb-install-db", &script);
    let bin_dir = Some(own.path().to_owned());
    fs::set_permissions(own.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let settings = ScratchSettings { bin_dir, ..scratch_settings() };
    let server = Server::start(&settings, None, &world()).unwrap();
    let given = fs::read_to_string(said).unwrap();
    let folder = format!("--tmpdir={} ", server.folder().display());
    assert!(given.contains(&folder), "{given}");
}
