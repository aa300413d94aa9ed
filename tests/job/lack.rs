//! What servers lack whose logs are to be received: all of it at once, and a command for each.

use std::fs;

use duphong::base::fault::{Arg, Message};
use duphong::base::secret::Secret;
use duphong::job::lack::{self, What};
use duphong::job::wal::stream;
use duphong::source::mariadb::Place;

use crate::job::portal::{Installation, configuration};
use crate::source::mariadb::{Production as Mariadb, run, server};
use crate::source::production::Production;

/// What is lacking: the place, the message's id and, after a colon, the values of its hint.
fn told(here: &Installation) -> Vec<String> {
    let values = |hint: &Message| {
        let values = hint.args.0.iter().map(|(_, value)| match value {
            Arg::Text(text) => text.clone(),
            Arg::Number(number) => number.to_string(),
        });
        values.collect::<Vec<_>>().join(", ")
    };
    let lacks = lack::of_logs(&here.site).into_iter().map(|lack| match &lack.what {
        What::Lacks(message, hint) => {
            let mark = if lack.is_warning { "?" } else { "" };
            format!("{}{mark}: {}", message.id, values(hint))
        }
        What::Unasked(fault) => fault.code().to_owned(),
    });
    lacks.collect()
}

fn receiving(dsn: &str) -> Installation {
    Installation::with(&configuration(&format!(
        "\n    databases: [ {{ name: cum, postgres: {{ dsn: \"{dsn}\", \
         wal: {{ receive: {{ slot: kho }} }} }} }} ]"
    )))
}

#[test]
fn all_that_a_postgresql_server_lacks_is_told_at_once() {
    let server =
        Production::start("wal_level = minimal\nmax_wal_senders = 0\nmax_replication_slots = 0");
    let here = receiving(&server.settings("portal").dsn);
    let wanted = ["lack-level: ", "lack-senders: 4", "lack-role: portal", "lack-slots: 2"];
    assert_eq!(told(&here), wanted);
    assert_eq!(lack::of_logs(&here.site)[0].key, "portals.mau.databases[0].postgres.wal.receive");
    // Sets are taken of it all the same, and a log that nobody wants is no lack.
    let dsn = server.settings("portal").dsn;
    let plain = format!("\n    databases: [ {{ name: cum, postgres: {{ dsn: \"{dsn}\" }} }} ]");
    assert_eq!(told(&Installation::with(&configuration(&plain))), [""; 0]);
    drop(server);
    assert_eq!(told(&here), ["source.unreachable"]);
}

#[test]
fn a_login_that_is_refused_is_told_with_the_line_that_it_needs() {
    let server = Production::start("");
    server.sql("CREATE ROLE \"Kho\" LOGIN REPLICATION");
    let address = server.by_password("Kho", "").dsn;
    let here = receiving(&address);
    let wanted =
        ["lack-login: host replication \"Kho\" 127.0.0.1/32 scram-sha-256", "lack-slot?: mau/cum"];
    assert_eq!(told(&here), wanted);
    let hba = server.data.join("pg_hba.conf");
    let line = "host replication \"Kho\" 127.0.0.1/32 trust\n";
    fs::write(&hba, line.to_owned() + &fs::read_to_string(&hba).unwrap()).unwrap();
    server.sql("SELECT pg_reload_conf()");
    crate::source::wait_until("the line", || told(&here).len() == 1);
    stream::create_slot(&here.site, "mau/cum").unwrap();
    assert_eq!(told(&here), [""; 0]);
}

#[test]
fn all_that_a_mariadb_server_lacks_is_told_at_once() {
    let production = Mariadb::start_with(&["--binlog-ignore-db=test"]);
    let source = production.settings("cong");
    let here = |user: &str, socket: &std::path::Path, password: &[u8]| {
        let here = Installation::with(&configuration(&format!(
            "\n    databases: [ {{ name: cong, mariadb: {{ database: cong, user: {user}, \
             socket: {}, password: {{ file: secrets/db }}, binlog: {{}} }} }} ]",
            socket.display()
        )));
        fs::write(here.path("secrets/db"), password).unwrap();
        here
    };
    let Place::Socket(socket) = &source.place else { panic!("a socket") };
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    run(
        &source,
        "CREATE USER thieu@localhost IDENTIFIED BY 'x'; GRANT SELECT ON cong.* TO thieu@localhost; \
         GRANT BINLOG MONITOR ON *.* TO thieu@localhost; \
         SET GLOBAL binlog_format = 'STATEMENT'; SET GLOBAL expire_logs_days = 1",
    );
    let lacking = told(&here("thieu", socket, b"x"));
    let wanted = [
        "lack-format?: ",
        "lack-expire?: binlog_expire_logs_seconds, 864000",
        "lack-rights: REPLICATION SLAVE, 'thieu'@'localhost'",
    ];
    assert_eq!(lacking, wanted);
    run(&source, "SET GLOBAL binlog_format = 'ROW'; SET GLOBAL expire_logs_days = 10");
    assert_eq!(told(&here(&source.user, socket, password)), ["lack-filter: "]);
    // One without a log.
    let without = server();
    let root = without.settings("mysql");
    run(&root, "SET GLOBAL binlog_format = 'ROW'");
    let Place::Socket(socket) = &root.place else { panic!("a socket") };
    let secret = root.password.as_ref().map(Secret::expose).unwrap_or_default();
    assert_eq!(told(&here(&root.user, socket, secret)), ["lack-off: "]);
}
