//! Sealed databases of servers: recovered with stock tools alone, and proved with the identity.

use std::fs;
use std::process::{Command, Stdio};

use duphong::base::exit::ExitCode;
use duphong::base::secret::Secret;
use duphong::drill::fact::Verdict;
use duphong::job::{drill, snapshot};
use duphong::source::mariadb::Place;

use super::{Keys, drilling, files, holding, open_all_by_hand};
use crate::job::portal::{Installation, configuration};
use crate::source::scratch::{cluster_with, query, run, stranger_with};
use crate::source::{mariadb, scratch};

const CANARY: &str = "chim_hoang_yen_a04c77";

/// What the stock reader brings back with the host's password.
fn stock(here: &Installation) -> std::path::PathBuf {
    let stock = here.path("stock");
    let done = here.restic(&["restore", "latest", "--target", stock.to_str().unwrap()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    for place in [&stock, &here.path("repository"), &here.path("state")] {
        assert_eq!(holding(place, CANARY), Vec::<std::path::PathBuf>::new());
    }
    let plain = files(&stock.join("db"))
        .into_iter()
        .filter(|path| !path.to_str().unwrap().ends_with(".zst.age"));
    assert_eq!(plain.count(), 0, "every file of the dump is sealed");
    stock
}

#[test]
fn a_sealed_postgresql_database_comes_back_by_restic_age_zstd_and_pg_restore() {
    let keys = Keys::new();
    let (_production, source) = cluster_with("prod", None);
    let script = format!(
        "CREATE TABLE {CANARY} (a int, b text); \
         INSERT INTO {CANARY} SELECT n, '{CANARY}' FROM generate_series(1, 500) n; \
         SELECT lo_from_bytea(0, '{CANARY}')"
    );
    run(&source, &script);
    let sources = format!(
        r#"
    databases:
      - name: cong
        postgres: {{ dsn: "{}", password: {{ file: secrets/db }} }}
        sealed: {{ recipients: [{}] }}
"#,
        source.dsn, keys.recipient
    );
    let here = Installation::with(&configuration(&sources));
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    fs::write(here.path("secrets/db"), password).unwrap();
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");

    let stock = stock(&here);
    assert!(open_all_by_hand(&stock, &keys.identity) > 4, "facts, roles, contents, rows, objects");
    let (_other, target) = stranger_with("moi");
    let word = |key: &str| {
        let found = target.dsn.split_whitespace().find_map(|pair| pair.strip_prefix(key));
        found.unwrap().trim_matches('\'').to_owned()
    };
    let secret = target.password.as_ref().map(Secret::expose).unwrap_or_default();
    let loaded = Command::new("pg_restore")
        .args(["--no-owner", "--exit-on-error", "-j2", "-h", &word("host="), "-d", "moi"])
        .args(["-U", &word("user=")])
        .arg(stock.join("db/cong"))
        .env("PGPASSWORD", std::str::from_utf8(secret).unwrap())
        .output()
        .unwrap();
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    let counted = query(&target, &format!("SELECT count(*) FROM {CANARY} WHERE b = '{CANARY}'"));
    assert_eq!(counted, "500");

    let drilled = drill::run(&here.site, &drilling(Some(&keys))).unwrap();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
    let drilled = drill::run(&here.site, &drilling(None)).unwrap();
    assert_eq!(drilled.record.verdict, Verdict::NotProven, "{:#?}", drilled.record);
}

#[test]
fn a_sealed_mariadb_database_comes_back_by_restic_age_zstd_and_mariadb() {
    let keys = Keys::new();
    let production = mariadb::production();
    let script = format!(
        "CREATE TABLE {CANARY} (a INT PRIMARY KEY, b TEXT); \
         INSERT INTO {CANARY} VALUES (1, '{CANARY}'), (2, 'hai');"
    );
    let source = production.create("niem_phong", &script);
    let Place::Socket(socket) = &source.place else { panic!("a socket") };
    let sources = format!(
        r"
    databases:
      - name: cong
        mariadb:
          database: niem_phong
          user: root
          socket: {}
          password: {{ file: secrets/db }}
        sealed: {{ recipients: [{}] }}
",
        socket.display(),
        keys.recipient
    );
    let here = Installation::with(&configuration(&sources));
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    fs::write(here.path("secrets/db"), password).unwrap();
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");

    let stock = stock(&here);
    open_all_by_hand(&stock, &keys.identity);
    let other = mariadb::server();
    other.create_database("moi", &scratch::world()).unwrap();
    let target = other.settings("moi");
    let Place::Socket(socket) = &target.place else { panic!("a socket") };
    let secret = target.password.as_ref().map(Secret::expose).unwrap_or_default();
    for script in files(&stock.join("db/cong")) {
        let done = Command::new("mariadb")
            .args(["--no-defaults", "--default-character-set=utf8mb4", "moi"])
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--user={}", target.user))
            .env("MYSQL_PWD", std::str::from_utf8(secret).unwrap())
            .stdin(Stdio::from(fs::File::open(&script).unwrap()))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{}: {said}", script.display());
    }
    let counted = mariadb::run(&target, &format!("SELECT b FROM {CANARY} ORDER BY a"));
    assert_eq!(counted, format!("{CANARY}\nhai\n"));

    let drilled = drill::run(&here.site, &drilling(Some(&keys))).unwrap();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:#?}", drilled.record);
}
