//! Binary logs of MySQL: the daemon follows a real server through its own death and the server's; see
//! `tests/source/mariadb/mysql.rs` on when this runs.

use super::binlog::kept_through_all;
use crate::source::mariadb::mysql::{MySql, NUMBERED, sql};

#[test]
fn a_log_of_mysql_is_kept_whole_though_all_are_killed_and_followed_only_while_it_has_numbers() {
    let mut production = MySql::start(&NUMBERED);
    let town = kept_through_all(&mut production);
    let server = production.settings("cong");
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
