//! Rows travel by a connection of our own, or by the stock client where that cannot log in.

use duphong::world::World;

use super::guards::programs;
use super::*;
use crate::source::relay::Relay;
use crate::source::{Racing, wait_until};

/// Loads the table `a` of a dump.
fn load_a(dump: &Dumped, target: &Settings, world: &World, cancel: &Cancel) -> Loaded {
    let dump = Dump { folder: dump.folder.path(), name: "portal", facts: &dump.facts };
    mariadb::load_tables(dump, target, &["a".to_owned()], world, cancel, &Silent)
}

type Loaded = Result<Vec<Message>, SourceError>;

/// A dump of a table `a`, its file of rows, and the statement that it has them by.
fn dump_of_a(server: &Server) -> (Dumped, std::path::PathBuf, String) {
    server.create_database("goc", &world()).unwrap();
    let source = server.settings("goc");
    run(&source, "CREATE TABLE a (x INT PRIMARY KEY, y LONGTEXT); INSERT INTO a VALUES (1, 'a;');");
    let dumped = dump(&source);
    let file = dumped.folder.path().join("portal/30-000001-a.rows.sql");
    let script = fs::read_to_string(&file).unwrap();
    let start = script.find("INSERT INTO").unwrap();
    let end = script.find("');").unwrap() + "');".len();
    let statement = script[start..end].to_owned();
    assert!(statement.ends_with("(1,'a;');"), "{statement}");
    (dumped, file, statement)
}

/// Makes accounts that log in by nothing, by `ed25519`, and by who we are; returns our name.
fn accounts(source: &Settings) -> String {
    let us = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let us = us.trim().to_owned();
    // Whoever runs this is root, whose account is there, or somebody who has none.
    let ours = if us == "root" { "ALTER" } else { "CREATE" };
    run(
        source,
        &format!(
            "INSTALL SONAME 'auth_ed25519'; \
            CREATE USER trong@localhost; GRANT ALL ON *.* TO trong@localhost; \
            CREATE USER e@localhost IDENTIFIED VIA ed25519 USING PASSWORD('mật'); \
            GRANT ALL ON *.* TO e@localhost; \
            {ours} USER {us}@localhost IDENTIFIED VIA mysql_native_password USING PASSWORD('x') \
            OR unix_socket; GRANT ALL ON *.* TO {us}@localhost"
        ),
    );
    us
}

#[test]
fn rows_are_loaded_by_every_way_of_logging_in() {
    let production = Production::start();
    let source = production.create(
        "goc",
        "CREATE TABLE a (x INT PRIMARY KEY, y TEXT CHARACTER SET utf8mb4); INSERT INTO a VALUES (1, 'ắ;\\n\\'\\\\'), (2, NULL)",
    );
    let dumped = dump(&source);
    let us = accounts(&source);
    let us = us.as_str();
    let note = tempfile::NamedTempFile::new().unwrap();
    let script = format!(
        "case $* in *max-allowed-packet*) tee -a {} | mariadb \"$@\";; *) exec mariadb \"$@\";; esac",
        note.path().display()
    );
    let own = programs("mariadb", &script);
    let authority = production.folder.path().join("authority.pem");
    let host = |host: &str, authorities: Option<&Path>| Place::Host {
        host: host.to_owned(),
        port: production.port,
        authorities: authorities.map(Path::to_owned),
    };
    let socket = || Place::Socket(production.folder.path().join("s"));
    let ways = [
        ("trong", None, socket(), true),
        ("trong", None, host("127.0.0.1", None), true),
        ("trong", None, host("localhost", Some(&authority)), true),
        (us, None, socket(), true),
        (us, Some("x"), host("localhost", Some(&authority)), true),
        ("e", Some("mật"), socket(), false),
        ("e", Some("mật"), host("localhost", Some(&authority)), false),
    ];
    for (number, (user, password, place, is_ours)) in ways.into_iter().enumerate() {
        fs::write(note.path(), "").unwrap();
        let name = format!("moi{number}");
        run(
            &Settings { user: "trong".to_owned(), password: None, ..source.clone() },
            &format!("CREATE DATABASE {name}"),
        );
        let target = Settings {
            place,
            user: user.to_owned(),
            password: password.map(|word| Secret::new(word.as_bytes().to_vec())),
            database: name.clone(),
            bin_dir: Some(own.path().to_owned()),
            ..source.clone()
        };
        load_a(&dumped, &target, &world(), &Cancel::default()).unwrap();
        let by_stock = fs::read_to_string(note.path()).unwrap().contains("INSERT INTO `a`");
        assert_eq!(by_stock, !is_ours, "{number} {user}");
        let trong =
            Settings { user: "trong".to_owned(), password: None, ..source.on_database(&name) };
        assert_eq!(run(&trong, "SELECT HEX(y) FROM a ORDER BY x"), "E1BAAF3B0A275C\nNULL\n");
    }
    // What neither way may do is told as ever.
    let wrong = Settings {
        user: "e".to_owned(),
        password: Some(Secret::new(b"geheim".to_vec())),
        ..source.clone()
    };
    let refused = load_a(&dumped, &wrong, &world(), &Cancel::default());
    assert_eq!(code(refused), "source.mariadb-login-refused");
}

#[test]
fn a_row_of_any_length_arrives_whole() {
    let here = server();
    let (dumped, file, statement) = dump_of_a(&here);
    let head = fs::read_to_string(&file).unwrap().replace(&statement, "");
    // The byte before a statement counts; what fills its packet is followed by one more.
    for packet in [0xff_fffe, 0xff_ffff, 0x100_0000, 2 * 0xff_ffff] {
        let length = packet - 1 - statement.len() + "a;".len();
        let row = statement.replace("'a;'", &format!("'{};'", "x".repeat(length - 1)));
        assert_eq!(row.len() + 1, packet);
        fs::write(&file, format!("{head}{row}\n")).unwrap();
        let name = format!("moi{packet}");
        here.create_database(&name, &world()).unwrap();
        let target = here.settings(&name);
        load_a(&dumped, &target, &world(), &Cancel::default()).unwrap();
        assert_eq!(run(&target, "SELECT LENGTH(y) FROM a"), format!("{length}\n"));
    }
}

#[test]
fn a_refused_row_is_named_with_its_table_and_the_servers_words() {
    let here = server();
    let (dumped, file, statement) = dump_of_a(&here);
    let script = fs::read_to_string(&file).unwrap();
    let load_into = |name: &str, script: &str| {
        fs::write(&file, script).unwrap();
        here.create_database(name, &world()).unwrap();
        load_a(&dumped, &here.settings(name), &world(), &Cancel::default()).unwrap_err()
    };
    let twice = script.replace(&statement, &format!("{statement}\n{statement}"));
    let refused = load_into("hai", &twice);
    assert_eq!(refused.code(), "source.mariadb-load-refused");
    let told = refused.to_string();
    let before = &script[..script.find(&statement).unwrap()];
    let number = before.matches(";\n").count() + 2;
    assert!(told.contains(&format!("statement {number} of `30-000001-a.rows.sql`")), "{told}");
    assert!(told.contains("ERROR 1062 (23000): Duplicate entry '1'"), "{told}");

    // The last statement of a file is waited for as well.
    let odd = format!("{script}INSERT INTO `a` VALUES (3,bi_mat);\n");
    let told = load_into("la", &odd).to_string();
    assert!(told.contains("ERROR 1054 (42S22)"), "{told}");

    run(&here.settings("goc"), "SET GLOBAL max_allowed_packet = 1048576");
    let long = script.replace("'a;'", &format!("'{}'", "x".repeat(3 << 20)));
    let refused = load_into("dai", &long);
    let told = refused.to_string();
    assert_eq!(refused.code(), "source.mariadb-load-refused", "{told}");
    assert!(told.contains("max_allowed_packet") && told.len() < 300, "{told}");
}

#[test]
fn a_load_of_rows_ends_with_its_server_its_limit_or_a_wish_to_stop() {
    let here = server();
    let (dumped, ..) = dump_of_a(&here);
    here.create_database("moi", &world()).unwrap();
    let target = here.settings("moi");
    let Place::Socket(socket) = &target.place else { panic!("a socket") };
    let by = |relay: &Relay| {
        run(&target, "DROP TABLE IF EXISTS a");
        Settings { place: Place::Socket(relay.socket()), ..target.clone() }
    };
    let cancel = Cancel::default();
    let relay = Relay::to(socket);
    relay.cut_at("INSERT INTO `a`");
    let cut = load_a(&dumped, &by(&relay), &world(), &cancel);
    assert_eq!(code(cut), "source.mariadb-gone");

    let relay = Relay::to(socket);
    relay.silent_at("INSERT INTO `a`");
    let (racing, clock) = Racing::world();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_until("rows", || relay.is_silent());
            clock.begin();
        });
        let still = load_a(&dumped, &by(&relay), &racing, &cancel);
        assert_eq!(code(still), "source.mariadb-load-still");
    });

    let relay = Relay::to(socket);
    relay.silent_at("INSERT INTO `a`");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_until("rows", || relay.is_silent());
            cancel.cancel();
        });
        let stopped = load_a(&dumped, &by(&relay), &world(), &cancel);
        assert_eq!(code(stopped), "source.cancelled");
    });
}
