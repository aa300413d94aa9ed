//! MySQL: the same as of MariaDB, on its own server and by its own programs.
//!
//! Debian has them in no release, so this is built only with the feature `mysql-tests`, which
//! `tests/versions/run` asks for where it has put MySQL in the place of MariaDB.

use std::collections::BTreeMap as Map;

use super::*;

const RICH_OF_MYSQL: &str = include_str!("mysql.sql");

/// A server as a province has it, with a binary log and numbers of transactions, and the rich
/// database `cong`.
pub(crate) struct MySql {
    server: Child,
    folder: tempfile::TempDir,
    options: Vec<String>,
}

fn spawned(options: &[String]) -> Child {
    let is_root = rustix::process::geteuid().is_root();
    Command::new("mysqld")
        .args(["--no-defaults", "--secure-file-priv=NULL", "--log-error-verbosity=1"])
        .args(is_root.then_some("--user=mysql"))
        .args(options)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

impl MySql {
    pub(crate) fn start(more: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("y").tempdir_in(home()).unwrap();
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            let owned = Command::new("chown").arg("mysql:").arg(folder.path()).status();
            assert!(owned.unwrap().success());
        }
        let path = |name: &str| folder.path().join(name).display().to_string();
        let data = format!("--datadir={}", path("data"));
        let mut made = spawned(&[data.clone(), "--initialize-insecure".to_owned()]);
        assert!(made.wait().unwrap().success());
        let mut options: Vec<String> = more.iter().map(|option| (*option).to_owned()).collect();
        options.extend([
            data,
            "--skip-networking".to_owned(),
            "--mysqlx=OFF".to_owned(),
            "--server-id=7".to_owned(),
            "--innodb-buffer-pool-size=32M".to_owned(),
            "--innodb-flush-log-at-trx-commit=0".to_owned(),
            "--sync-binlog=0".to_owned(),
            "--log-bin-trust-function-creators=1".to_owned(),
            format!("--socket={}", path("s")),
            format!("--pid-file={}", path("pid")),
            format!("--log-bin={}", path("bin")),
        ]);
        let here = Self { server: spawned(&options), folder, options };
        let first = Settings { password: None, ..here.settings("mysql") };
        answers(&first);
        let literal = PASSWORD.replace('\\', "\\\\");
        sql(&first, &format!("ALTER USER root@localhost IDENTIFIED BY '{literal}'"));
        let zone = Command::new("mysql_tzinfo_to_sql")
            .args(["/usr/share/zoneinfo/Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Minh"])
            .output()
            .unwrap();
        sql(&here.settings("mysql"), std::str::from_utf8(&zone.stdout).unwrap());
        here.create("cong", RICH_OF_MYSQL);
        here
    }

    /// Kills the server and starts it again on what it left.
    pub(crate) fn kill_and_start(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
        self.server = spawned(&self.options);
        answers(&self.settings("mysql"));
    }

    /// A file of its binary log, as it lies on its disk.
    pub(crate) fn log_file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }

    /// As its administrator.
    pub(crate) fn settings(&self, database: &str) -> Settings {
        Settings {
            place: Place::Socket(self.folder.path().join("s")),
            user: "root".to_owned(),
            password: Some(Secret::new(PASSWORD.as_bytes().to_vec())),
            database: database.to_owned(),
            bin_dir: None,
            jobs: 2,
            is_scratch: false,
        }
    }

    /// A new database of a test's own.
    pub(crate) fn create(&self, name: &str, script: &str) -> Settings {
        sql(&self.settings("mysql"), &format!("CREATE DATABASE `{name}`"));
        let settings = self.settings(name);
        sql(&settings, script);
        settings
    }
}

impl Logging for MySql {
    const STATUS: &str = "SHOW BINARY LOG STATUS";
    const RESET: &str = "RESET BINARY LOGS AND GTIDS";

    fn settings(&self, database: &str) -> Settings {
        self.settings(database)
    }

    fn log_file(&self, name: &str) -> Vec<u8> {
        self.log_file(name)
    }

    fn kill_and_start(&mut self) {
        self.kill_and_start();
    }

    fn run(settings: &Settings, script: &str) -> String {
        sql(settings, script)
    }
}

impl Drop for MySql {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

/// Servers with numbers of transactions.
pub(crate) const NUMBERED: [&str; 2] = ["--gtid-mode=ON", "--enforce-gtid-consistency=ON"];

/// Runs a script by the stock client; returns what it printed.
pub(crate) fn sql(settings: &Settings, script: &str) -> String {
    run_by("mysql", settings, script)
}

/// A scratch server of the same version as a dump's.
pub(super) fn scratch_like(facts: &DatabaseFacts) -> Server {
    let major = version_wanted(&facts.engine_version);
    Server::start(&ScratchSettings { major, ..scratch_settings() }, Some(facts), &world()).unwrap()
}

/// What the stock program says of a database, without its server's version, and without character
/// sets that a collation implies: it shows them once the collation was given by itself, as it does.
fn stock(settings: &Settings) -> Vec<String> {
    let output = client("mysqldump", settings)
        .args(["--single-transaction", "--routines", "--events", "--triggers", "--hex-blob"])
        .args(["--skip-dump-date", "--skip-lock-tables", "--set-gtid-purged=OFF"])
        .arg(&settings.database)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let script = String::from_utf8_lossy(&output.stdout);
    let shown = |line: &str| {
        let plain = line.replace(" CHARACTER SET utf8mb4 COLLATE utf8mb4_", " COLLATE utf8mb4_");
        plain.chars().take(200).collect::<String>()
    };
    let lines = script.lines().filter(|line| !line.starts_with("-- Server version"));
    lines.map(shown).collect()
}

fn counts(inventory: &Inventory) -> Map<&str, usize> {
    inventory.objects.iter().map(|(kind, named)| (kind.as_str(), named.len())).collect()
}

#[test]
fn every_kind_of_object_of_mysql_comes_back_and_is_compared() {
    let production = MySql::start(&NUMBERED);
    let source = production.settings("cong");
    let dumped = dump(&source);
    let facts = &dumped.facts;
    assert_eq!(facts.inventory.blind, Vec::<String>::new());
    let expected = [
        ("account", 4),
        ("auto-increment", 2),
        ("database", 3),
        ("definer", 2),
        ("event", 2),
        ("grant", 4),
        ("routine", 3),
        ("table", 14),
        ("trigger", 3),
        ("view", 4),
    ];
    assert_eq!(counts(&facts.inventory), Map::from(expected), "{:#?}", facts.inventory.objects);
    assert_eq!(facts.inventory.tables["tin_bai"].rows, 4);
    assert!(!format!("{:?}", facts.inventory).contains("AS 0x"), "a hash of a password");

    let target = scratch_like(facts);
    target.create_database("cong", &world()).unwrap();
    let restored = target.settings("cong");
    assert_eq!(load(&dumped, &restored).unwrap(), Vec::new());
    let after = inventory(&restored, &facts.inventory);
    assert_eq!(differences(&facts.inventory, &after), Vec::<String>::new());
    assert_eq!(stock(&source), stock(&restored));
    let login = Settings {
        user: "cong".to_owned(),
        password: Some(Secret::new("bí mật".as_bytes().to_vec())),
        ..restored.clone()
    };
    assert_eq!(sql(&login, "SELECT COUNT(*) FROM tin_bai"), "4\n", "with password and role");

    for (change, expected) in [
        ("DROP TRIGGER truoc_them_2", "trigger truoc_them_2: "),
        ("DROP EVENT hang_ngay", "event hang_ngay: "),
        ("DROP PROCEDURE lam", "routine PROCEDURE lam: "),
        ("UPDATE isam SET x = 7", "rows isam: "),
        ("ALTER TABLE an ADD COLUMN z INT", "rows an: "),
        ("ALTER TABLE trong AUTO_INCREMENT = 90", "auto-increment trong: "),
        ("ALTER USER cong@localhost DEFAULT ROLE NONE", "account `cong`@`localhost`: "),
        ("REVOKE bien_tap FROM cong@localhost", "grant `cong`@`localhost`: "),
        ("DROP TABLE manh", "rows manh: "),
        ("ALTER DATABASE cong COLLATE utf8mb4_bin", "database collation: "),
    ] {
        let before = inventory(&restored, &facts.inventory);
        sql(&restored, change);
        let found = differences(&before, &inventory(&restored, &facts.inventory));
        assert!(found.iter().any(|line| line.starts_with(expected)), "{change}: {found:?}");
    }
}

#[test]
fn what_only_the_newest_mysql_has_comes_back() {
    let production = MySql::start(&NUMBERED);
    let source = production.create(
        "moi",
        "CREATE TABLE d (id INT PRIMARY KEY, x VARCHAR(9)); INSERT INTO d VALUES (1, 'a'); \
        CREATE JSON RELATIONAL DUALITY VIEW jd AS SELECT JSON_DUALITY_OBJECT('_id': id, 'x': x) FROM d; \
        CREATE LIBRARY l LANGUAGE JAVASCRIPT AS $$ /* don't; */ export function f(n) {return n} $$;",
    );
    let dumped = dump(&source);
    let inventory_then = &dumped.facts.inventory;
    assert!(inventory_then.objects["routine"].contains_key("LIBRARY l"), "{inventory_then:?}");
    let target = scratch_like(&dumped.facts);
    target.create_database("moi", &world()).unwrap();
    let restored = target.settings("moi");
    load(&dumped, &restored).unwrap();
    let after = inventory(&restored, inventory_then);
    assert_eq!(differences(inventory_then, &after), Vec::<String>::new());
    assert_eq!(stock(&source), stock(&restored));
}

#[test]
fn the_place_in_the_log_of_mysql_is_noted_with_its_transactions() {
    let production = MySql::start(&NUMBERED);
    let source = production.create("so", "CREATE TABLE a (x INT) ENGINE=InnoDB");
    sql(
        &source,
        "SET gtid_next = 'AUTOMATIC:thue'; INSERT INTO a VALUES (1); SET gtid_next = 'AUTOMATIC'",
    );
    let now = sql(&source, "SHOW BINARY LOG STATUS");
    let now: Vec<&str> = now.trim_end().split('\t').collect();
    let expected = format!("{}:{} gtid={}", now[0], now[1], now[4]);
    assert!(expected.contains(":thue:1"), "{expected}");
    let dumped = dump(&source);
    assert_eq!(dumped.facts.log_position.as_deref(), Some(&*expected));
    // What is loaded reaches the replicas of the server that takes it.
    let mut texts = String::new();
    for entry in fs::read_dir(dumped.folder.path().join("portal")).unwrap() {
        texts.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    assert!(!texts.to_ascii_uppercase().contains("SQL_LOG_BIN"), "{texts}");
    // The tables without transactions are locked by us, and the program would wait for that.
    assert_eq!(dump(&production.settings("cong")).facts.log_position, None);

    let plain = MySql::start(&["--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"]);
    let source = plain.create("so", "CREATE TABLE a (x INT)");
    let position = dump(&source).facts.log_position.unwrap();
    assert!(position.starts_with("bin.00000") && !position.contains("gtid"), "{position}");
}

/// More than fits between the program and us, so that it waits in the middle of the first table.
const LARGE_OF_MYSQL: &str = "CREATE TABLE a (x LONGTEXT); \
    INSERT INTO a WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 12) \
    SELECT REPEAT('x', 1000000) FROM s; \
    CREATE TABLE b (x INT); INSERT INTO b VALUES (1); \
    CREATE TABLE c (x INT) ENGINE=MyISAM; INSERT INTO c VALUES (1);";

#[test]
fn a_dump_of_mysql_is_of_one_instant_or_it_is_none() {
    let production = MySql::start(&NUMBERED);
    let source = production.create("lon", LARGE_OF_MYSQL);
    let locked = Mutex::new(false);
    let write = Then::new(|| {
        sql(&source, "INSERT INTO b VALUES (2)");
        let refused = client("mysql", &source)
            .args(["-e", "SET lock_wait_timeout = 1; INSERT INTO c VALUES (2)", "lon"])
            .output()
            .unwrap();
        *locked.lock().unwrap() = !refused.status.success();
    });
    let dumped = try_dump(&source, &write).unwrap();
    assert!(*locked.lock().unwrap(), "a table without transactions waits for the dump's end");
    assert_eq!(dumped.facts.inventory.tables["b"].rows, 1, "a commit after the snapshot");
    assert_eq!(dumped.facts.inventory.tables["c"].rows, 1);
    let change =
        |script: &'static str| code(try_dump(&source, &Then::new(|| drop(sql(&source, script)))));
    assert_eq!(change("ALTER TABLE b ADD COLUMN y INT"), "source.mariadb-altered");
    assert_eq!(change("DROP TABLE b"), "source.mariadb-altered");
    assert_eq!(change("CREATE TABLE z (x INT) ENGINE=MyISAM"), "source.mariadb-altered");
}

#[test]
fn an_account_of_mysql_that_sees_less_than_there_is_is_refused() {
    let production = MySql::start(&["--partial-revokes=ON"]);
    let source = production.create(
        "quyen",
        "CREATE TABLE a (x INT); CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.x = 1; \
        CREATE PROCEDURE p() SELECT 1; CREATE USER sao_luu@localhost IDENTIFIED BY 'x'; \
        GRANT SELECT ON quyen.a TO sao_luu@localhost;",
    );
    let account = Settings {
        user: "sao_luu".to_owned(),
        password: Some(Secret::new(b"x".to_vec())),
        ..source.clone()
    };
    let missing = || match try_dump(&account, &Silent) {
        Err(fault) => duphong::base::fault::chain(&fault),
        Ok(dumped) => format!("{:?}", dumped.facts.inventory.blind),
    };
    let all = "the account lacks rights: SELECT, SHOW VIEW, TRIGGER, EVENT, SHOW_ROUTINE";
    assert_eq!(missing(), all);
    sql(&source, "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON quyen.* TO sao_luu@localhost");
    assert_eq!(missing(), "the account lacks rights: SHOW_ROUTINE");
    // Beside another one of its kind, without a space between them.
    sql(&source, "GRANT BACKUP_ADMIN, SHOW_ROUTINE ON *.* TO sao_luu@localhost");
    assert_eq!(missing(), "[\"accounts and rights: the account may not read them\"]");
    sql(
        &source,
        "DROP USER sao_luu@localhost; CREATE USER sao_luu@localhost IDENTIFIED BY 'x'; \
        GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO sao_luu@localhost",
    );
    assert_eq!(missing(), "[]");
    assert_eq!(dump(&account).facts.log_position, None, "who may not ask for it");
    sql(&source, "GRANT RELOAD, REPLICATION CLIENT ON *.* TO sao_luu@localhost");
    assert!(dump(&account).facts.log_position.is_some(), "as OPERATIONS.md gives the rights");
    // Taken back from what was given on everything: the program would leave out what it hides.
    sql(&source, "REVOKE TRIGGER ON quyen.* FROM sao_luu@localhost");
    assert_eq!(missing(), "the account lacks rights: TRIGGER");
    // An account comes back with no more rights than it had.
    sql(&source, "GRANT SELECT ON quyen.a TO sao_luu@localhost");
    let dumped = dump(&source);
    let target = scratch_like(&dumped.facts);
    target.create_database("quyen", &world()).unwrap();
    // Accounts have rights on tables of another database, which is not here.
    let notes = load(&dumped, &target.settings("quyen")).unwrap();
    assert!(notes.iter().all(|note| note.id == "restore-note-rights-refused"), "{notes:?}");
    let after = inventory(&target.settings("quyen"), &dumped.facts.inventory);
    assert_eq!(differences(&dumped.facts.inventory, &after), Vec::<String>::new());
    let given = sql(&target.settings("quyen"), "SHOW GRANTS FOR sao_luu@localhost");
    assert!(given.contains("REVOKE TRIGGER ON `quyen`.*"), "{given}");
    let other = Settings { password: Some(Secret::new(b"y".to_vec())), ..account.clone() };
    assert_eq!(code(mariadb::size(&other, &world())), "source.mariadb-login-refused");
}
