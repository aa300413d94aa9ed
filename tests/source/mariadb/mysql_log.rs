//! The binary log of a real MySQL server: received while it is written, and replayed up to a
//! transaction or an instant; see `mysql` on when these run.

use duphong::source::mariadb::binlog::gtid::Gtid;
use duphong::source::mariadb::binlog::lack::{Lack, lacks};
use duphong::source::mariadb::binlog::progress::progress;
use duphong::source::mariadb::binlog::receive::{ask, order};
use duphong::source::mariadb::binlog::replay::replay;
use duphong::source::mariadb::binlog::span::{Position, Span, Until, find};
use jiff::Timestamp;
use std::path::PathBuf;

use super::log::{Kept, followed_until, laid_out};
use super::mysql::{MySql, NUMBERED, scratch_like, sql};
use super::*;

fn followed(production: &MySql, after: Option<&str>, kept: &Mutex<Kept>, work: impl FnOnce()) {
    let server = production.settings("mysql");
    followed_until(&server, after, kept, work, || sql(&server, "SHOW BINARY LOG STATUS"));
}

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
    check_refusals(&files, &start, instant, drop_table);
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

/// What is not whole is refused and named.
fn check_refusals(files: &[(String, PathBuf)], start: &Position, at: Timestamp, drop_table: Gtid) {
    let at = Until::Instant(at);
    let span = |files: &[(String, PathBuf)], until| find(files, start, until, "cong");
    let mut without = files.to_vec();
    let gone = without.remove(1);
    let gap = span(&without, at).unwrap_err();
    assert_eq!(gap.code(), "source.mariadb-log-gap");
    assert!(gap.to_string().contains(&format!("after {}", gone.0)), "{gap}");
    assert_eq!(code(span(&files[1..], at)), "source.mariadb-log-gap");
    // A file that lacks its end, as after a server that crashed: what follows tells of more.
    let whole = fs::read(&files[0].1).unwrap();
    fs::write(&files[0].1, &whole[..whole.len() - 200]).unwrap();
    assert_eq!(code(span(files, at)), "source.mariadb-log-gap");
    let mut damaged = whole.clone();
    let begin = usize::try_from(start.at).unwrap();
    damaged[begin + 9..begin + 13].fill(0xff);
    fs::write(&files[0].1, &damaged).unwrap();
    assert_eq!(code(span(files, at)), "source.mariadb-log-damaged");
    fs::write(&files[0].1, &whole).unwrap();
    let unknown = Gtid { number: drop_table.number + 100, ..drop_table };
    assert_eq!(code(span(files, Until::Transaction(unknown))), "source.mariadb-log-lacks");
    let early = Until::Instant(Timestamp::from_second(1_000_000_000).unwrap());
    assert_eq!(code(span(files, early)), "source.mariadb-log-later");
    // The end is not whole yet: its last transaction does not count.
    let last = &files[files.len() - 1].1;
    let bytes = fs::read(last).unwrap();
    let full = span(files, Until::End).unwrap();
    for missing in [1, 30, 60] {
        fs::write(last, &bytes[..bytes.len() - missing]).unwrap();
        let cut = span(files, Until::End).unwrap();
        assert!(cut.transactions + 1 == full.transactions && cut.to < full.to, "{cut:?} {full:?}");
    }
}

#[test]
fn a_log_of_mysql_is_taken_up_where_it_was_left_and_what_the_server_lacks_is_named() {
    let mut production = MySql::start(&NUMBERED);
    let source = production.create("theo", "CREATE TABLE a (x INT)");
    let kept = Mutex::new(Kept::default());
    let insert = || {
        drop(sql(&source, "INSERT INTO a VALUES (1); FLUSH BINARY LOGS; INSERT INTO a VALUES (2)"));
    };
    followed(&production, None, &kept, insert);
    let last = |kept: &Mutex<Kept>| {
        let files = &kept.lock().unwrap().files;
        files.keys().max_by(|a, b| order(a).cmp(&order(b))).cloned().unwrap()
    };
    let first_end = last(&kept);
    production.kill_and_start();
    // The last file comes again from its start, and the keeper holds it against what it has.
    followed(&production, Some(&first_end), &kept, insert);
    assert!(kept.lock().unwrap().gaps.is_empty());
    let said = progress(&source, &world()).unwrap();
    assert_eq!(said.end.file, last(&kept));
    assert!(said.system.starts_with("mysql-") && said.ended.contains(":1-"), "{said:?}");
    let (name, bytes) = said.files[said.files.len() - 2].clone();
    assert_eq!(kept.lock().unwrap().files[&name].len() as u64, bytes);
    insert();
    let end = sql(&source, "SHOW BINARY LOG STATUS").split('\t').next().unwrap().to_owned();
    let removed = (0..1000).any(|_| {
        sql(&source, &format!("PURGE BINARY LOGS TO '{end}'"));
        sql(&source, "SHOW BINARY LOGS").starts_with(&end)
    });
    assert!(removed, "the server keeps its log");
    let left = last(&kept);
    followed(&production, Some(&left), &kept, insert);
    assert_eq!(kept.lock().unwrap().gaps, [format!("{left} {end}")]);
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

    let filtered = MySql::start(&[&NUMBERED[..], &["--binlog-ignore-db=khac"]].concat());
    let filtered = filtered.settings("mysql");
    assert_eq!(asked(&filtered).code(), "source.mariadb-log-filtered");
    assert!(matches!(&lacks(&filtered)[..], [Lack::Filter { .. }]));
}
