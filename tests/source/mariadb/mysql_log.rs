//! The binary log of a real MySQL server: received while it is written, and replayed up to a
//! transaction or an instant; see `mysql` on when these run.

use duphong::source::mariadb::binlog::gtid::Gtid;
use duphong::source::mariadb::binlog::lack::{Lack, lacks};
use duphong::source::mariadb::binlog::progress::progress;
use duphong::source::mariadb::binlog::receive::ask;
use duphong::source::mariadb::binlog::replay::replay;
use duphong::source::mariadb::binlog::span::{Position, Span, Until, find};
use jiff::Timestamp;

use super::log::{Kept, check_refusals, followed, laid_out, taken_up};
use super::mysql::{MySql, NUMBERED, scratch_like, sql};
use super::*;

/// A set brought to a place in the log on a server of its own.
fn restored(dumped: &Dumped, span: &Span) -> (Server, Settings) {
    let target = scratch_like(&dumped.facts);
    target.create_database("cong", &world()).unwrap();
    let settings = target.settings("cong");
    sql(&settings, "SET GLOBAL time_zone = '-11:00'");
    load(dumped, &settings).unwrap();
    replay(span, &settings, &world(), &Cancel::default(), &Silent).unwrap();
    (target, settings)
}

/// What production does until the table is dropped: rows and statements, with tags and without, one
/// by one and compressed, in zones of their own, over several files.
fn work(source: &Settings, other: &Settings) {
    sql(
        source,
        "SET time_zone = '+07:00'; INSERT INTO moc VALUES (1, NOW(), NOW(6)); \
        SET binlog_format = STATEMENT; INSERT INTO moc VALUES (2, NOW(), NOW(6)); \
        SET time_zone = '-03:30'; INSERT INTO moc VALUES (3, NOW(), NOW(6)); \
        SET binlog_format = ROW; FLUSH BINARY LOGS; SET gtid_next = 'AUTOMATIC:thue'; \
        INSERT INTO y_kien VALUES (3, 4, 1); SET gtid_next = 'AUTOMATIC'; \
        UPDATE tin_bai SET ten = 'sửa sau' WHERE id = 2; DROP TRIGGER truoc_them_2",
    );
    sql(other, "INSERT INTO cua_khac VALUES (1); FLUSH BINARY LOGS");
    sql(
        source,
        "SET binlog_transaction_compression = 1; BEGIN; INSERT INTO manh VALUES (5, 'c'); \
        INSERT INTO khac.cua_khac VALUES (2); SAVEPOINT a; DELETE FROM tin_bai; ROLLBACK TO a; \
        COMMIT; SET binlog_transaction_compression = 0; CREATE TABLE ban_sao AS SELECT n FROM moc; \
        XA START 'x'; INSERT INTO moc VALUES (4, NOW(), NOW(6)); XA END 'x'; XA PREPARE 'x'; \
        XA COMMIT 'x'; CREATE PROCEDURE moi() SELECT ';$$ -- '",
    );
}

#[test]
fn a_mysql_database_comes_back_as_it_was_before_a_table_was_dropped() {
    let production = MySql::start(&NUMBERED);
    let source = production.settings("cong");
    // Tables without transactions would be locked, and no place noted.
    sql(
        &source,
        "DROP TABLE isam, kho, csv; CREATE TABLE moc (n INT, luc DATETIME, moc TIMESTAMP(6))",
    );
    let other = production.create("khac", "CREATE TABLE cua_khac (x INT)");
    let kept = Mutex::new(Kept::default());
    let (mut dumped, mut before, mut instant) = (None, None, None);
    followed(&production, None, &kept, || {
        let set = dump(&source);
        work(&source, &other);
        before = Some(inventory(&source, &set.facts.inventory));
        instant = Some(Timestamp::now());
        sql(&source, "DROP TABLE manh");
        // As it happens: another database was in use.
        sql(&other, "CREATE TABLE cong.qua_cua_khac (x INT)");
        sql(&other, "SET binlog_transaction_compression = 1; INSERT INTO cua_khac VALUES (3)");
        dumped = Some(set);
    });
    let (dumped, before, instant) = (dumped.unwrap(), before.unwrap(), instant.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let files = laid_out(&kept, &folder);
    let start = Position::parse(dumped.facts.log_position.as_deref().unwrap()).unwrap();
    for (name, path) in &files[..2] {
        assert_eq!(
            fs::read(path).unwrap(),
            production.log_file(name),
            "closed, and all of it came"
        );
    }

    let span = find(&files, &start, Until::Instant(instant), "cong").unwrap();
    let drop_table: Gtid = span.before.unwrap();
    assert!(span.newest.unwrap() < instant);
    assert_eq!((span.files.len(), span.transactions, span.foreign.len()), (3, 12, 0), "{span:?}");
    assert_eq!(find(&files, &start, Until::Transaction(drop_table), "cong").unwrap(), span);
    let (_server, target) = restored(&dumped, &span);
    let after = inventory(&target, &dumped.facts.inventory);
    assert_eq!(differences(&before, &after), Vec::<String>::new());
    let changed = differences(&dumped.facts.inventory, &after);
    let names = |start: &str| changed.iter().any(|line| line.starts_with(start));
    assert!(names("trigger truoc_them_2: ") && names("rows tin_bai: "), "{changed:?}");
    assert_eq!(sql(&target, "SELECT COUNT(*) FROM manh"), "3\n");

    // Further on it is gone, and what another database's session did is named.
    let all = find(&files, &start, Until::End, "cong").unwrap();
    assert_eq!((all.before, all.transactions, all.foreign.len()), (None, 15, 1), "{all:?}");
    let (_server, target) = restored(&dumped, &all);
    assert_eq!(sql(&target, "SHOW TABLES LIKE 'manh'"), "");
    check_refusals(&files, &start, Until::Instant(instant), drop_table);
    // One with a log of its own gives them numbers of its own.
    let own = MySql::start(&NUMBERED);
    sql(&own.settings("mysql"), "DROP DATABASE cong; CREATE DATABASE cong");
    let own = own_loaded(&own, &dumped, &span);
    assert_eq!(
        differences(&before, &inventory(&own.1, &dumped.facts.inventory)),
        Vec::<String>::new()
    );
    let foreign = drop_table.to_string();
    let foreign = foreign.split(':').next().unwrap();
    assert!(!own.0.contains(foreign), "{}", own.0);
}

/// What a server with a log says of its transactions after a replay, and its database.
fn own_loaded(own: &MySql, dumped: &Dumped, span: &Span) -> (String, Settings) {
    let settings = own.settings("cong");
    load(dumped, &settings).unwrap();
    replay(span, &settings, &world(), &Cancel::default(), &Silent).unwrap();
    (sql(&settings, "SELECT @@global.gtid_executed"), settings)
}

#[test]
fn a_log_of_mysql_is_taken_up_where_it_was_left_and_what_the_server_lacks_is_named() {
    let mut production = MySql::start(&NUMBERED);
    let source = production.create("theo", "CREATE TABLE a (x INT)");
    taken_up(&mut production, &source);
    let said = progress(&source, &world()).unwrap();
    assert!(said.system.starts_with("mysql-") && said.ended.contains(":1-"), "{said:?}");
    lacking(&source);
}

/// What a server lacks is named, and what is only a warning does not keep it from being followed.
fn lacking(source: &Settings) {
    let lacks = |settings: &Settings| lacks(settings, &world()).unwrap();
    assert_eq!(lacks(source), []);
    let asked = |settings: &Settings| ask(settings, &world()).map(|_| ()).unwrap_err();
    sql(
        source,
        "CREATE USER ngheo@localhost IDENTIFIED BY 'x'; GRANT SELECT ON *.* TO ngheo@localhost",
    );
    let poor = Settings {
        user: "ngheo".to_owned(),
        password: Some(Secret::new(b"x".to_vec())),
        ..source.clone()
    };
    let refused = asked(&poor);
    assert_eq!(refused.code(), "source.mariadb-log-rights");
    let rights = "rights: REPLICATION CLIENT, REPLICATION SLAVE";
    assert!(refused.to_string().ends_with(rights), "{refused}");
    assert!(matches!(&lacks(&poor)[..], [Lack::Rights { .. }]));
    sql(source, "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ngheo@localhost");
    assert!(ask(&poor, &world()).is_ok() && lacks(&poor).is_empty());
    sql(
        source,
        "SET GLOBAL binlog_format = STATEMENT; SET GLOBAL binlog_row_image = MINIMAL; \
        SET GLOBAL binlog_expire_logs_seconds = 3600",
    );
    let warnings = lacks(source);
    let expected = matches!(
        &warnings[..],
        [Lack::Format { .. }, Lack::Image { .. }, Lack::Expire { hours: 1, .. }]
    );
    assert!(expected && warnings.iter().all(Lack::is_warning), "{warnings:?}");
    assert!(ask(source, &world()).is_ok());
    sql(source, "SET GLOBAL gtid_mode = ON_PERMISSIVE");
    assert_eq!(asked(source).code(), "source.mariadb-log-unnumbered");
    assert!(lacks(source).iter().any(|lack| matches!(lack, Lack::Numbers { .. })));
    assert_eq!(progress(source, &world()).unwrap_err().code(), "source.mariadb-log-unnumbered");

    let more = ["--binlog-ignore-db=khac", "--log-replica-updates=OFF"];
    let filtered = MySql::start(&[&NUMBERED[..], &more].concat());
    let filtered = filtered.settings("mysql");
    assert_eq!(asked(&filtered).code(), "source.mariadb-log-filtered");
    assert!(matches!(&lacks(&filtered)[..], [Lack::Filter { .. }]));
    // A replica, whose log would lack what it replicates.
    sql(&filtered, "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'khac'");
    let lacking = lacks(&filtered);
    let [_, Lack::Filter { filter, .. }] = &lacking[..] else { panic!("{lacking:?}") };
    assert_eq!(filter, "log-replica-updates=OFF");
}
