//! Binary logs of MySQL: the daemon follows a real server through its own death and the server's; see
//! `tests/source/mariadb/mysql.rs` on when this runs.

use super::binlog::{as_sent, bytes, kept, repository, town_of, wait_until_kept};
use crate::source::mariadb::mysql::{MySql, NUMBERED, sql};

#[test]
fn a_log_of_mysql_is_kept_whole_though_the_daemon_and_the_server_are_killed_and_the_log_reset() {
    let mut production = MySql::start(&NUMBERED);
    let server = production.settings("cong");
    let town = town_of(&server);
    let repository = repository(&town);
    let all = || wait_until_kept(&sql(&server, "SHOW BINARY LOG STATUS"), &repository);
    let mut daemon = town.start();
    sql(&server, "CREATE TABLE nhat_ky (n INT); INSERT INTO nhat_ky VALUES (1)");
    let first = all();
    // The daemon dies, and the server after it, each with something that is not kept.
    daemon.signal("KILL");
    daemon.ended();
    sql(
        &server,
        "INSERT INTO nhat_ky VALUES (2); FLUSH BINARY LOGS; INSERT INTO nhat_ky VALUES (3)",
    );
    production.kill_and_start();
    sql(&server, "INSERT INTO nhat_ky VALUES (4)");
    let mut daemon = town.start();
    let line = all();
    assert_eq!((&line.line, &line.gaps), (&first.line, &Vec::new()));
    // The server dies while it is followed.
    sql(&server, "FLUSH BINARY LOGS");
    production.kill_and_start();
    sql(&server, "INSERT INTO nhat_ky VALUES (5); FLUSH BINARY LOGS");
    let line = all();
    assert!(line.line == first.line && line.gaps.is_empty(), "{line:?}");
    let (oldest, newest) = line.range.clone().unwrap();
    for name in sql(&server, "SHOW BINARY LOGS").lines().map(|row| row.split('\t').next().unwrap())
    {
        let (ours, theirs) = (bytes(&repository, &line, name), production.log_file(name));
        let theirs = as_sent(&ours, theirs);
        assert!(ours[..] == theirs[..ours.len()] && ours.len() > 150, "{name}");
        assert!(name == newest || ours.len() == theirs.len(), "{name}");
    }
    // The log begins anew under the old names.
    sql(&server, "RESET BINARY LOGS AND GTIDS; INSERT INTO nhat_ky VALUES (6)");
    let again = all();
    assert!(again.line > line.line, "{again:?}");
    assert_eq!(again.range.unwrap().0, oldest);
    assert_eq!(kept(&repository)[0], line, "what was kept before stays as it was");
    daemon.signal("TERM");
    daemon.ended();
    let begun: Vec<_> = town.of("wal.line").into_iter().map(|entry| entry.subject).collect();
    assert_eq!(begun, ["mau/cong"; 2], "one server, followed once");
    // What is lacking is told with what to type.
    let asked = town.run("validate --live");
    assert!(!asked.out.contains("mariadb.binlog"), "{}", asked.out);
    sql(&server, "SET GLOBAL gtid_mode = ON_PERMISSIVE");
    let asked = town.run("validate --live");
    assert!(asked.out.contains("gives transactions no numbers"), "{}\n{}", asked.out, asked.err);
    assert!(asked.out.contains("SET PERSIST"), "{}", asked.out);
    let refused = town.run("wal receive mau/cong");
    assert_eq!(refused.code, 78, "{}", refused.err);
    assert!(refused.err.contains("gives transactions no numbers"), "{}", refused.err);
}
