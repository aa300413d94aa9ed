//! A restore tells what it will do before it does it, and refuses what would fail.

use duphong::base::exit::ExitCode;
use duphong::base::secret::Secret;
use duphong::job::restore::plan::Plan;
use duphong::job::restore::rates::Phase;
use duphong::job::restore::{self, Request};
use duphong::job::snapshot;
use duphong::source::fit::Misfit;
use duphong::source::postgres::Settings;
use duphong::source::{Database, sqlite};

use crate::job::portal::{Installation, configuration};
use crate::source::scratch::{cluster_with, query, run, stranger_with, world};

fn request(here: &Installation, target: &str) -> Request {
    Request { portal: "mau".into(), target: here.path(target), ..Request::default() }
}

fn planned(here: &Installation, request: Request) -> Plan {
    let request = Request { dry_run: true, ..request };
    restore::run(&here.site, &request, &|_| panic!("a dry run tells nothing")).unwrap().plan
}

#[test]
fn times_are_unknown_until_they_were_measured_and_then_a_range() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let plan = planned(&here, request(&here, "one"));
    let [phase] = &plan.phases[..] else { panic!("{:?}", plan.phases) };
    assert_eq!((phase.phase, phase.expected), (Phase::Fetch, None), "no rate is invented");
    assert_eq!(plan.expected(), None);
    assert!(phase.bytes > 0 && phase.bytes == plan.outline.bytes);
    assert!(!here.path("one").exists(), "nothing is changed by looking");

    here.drill(None);
    let restored = restore::run(&here.site, &request(&here, "one"), &|_| {}).unwrap();
    assert_eq!(restored.exit(), ExitCode::Done);
    let plan = planned(&here, request(&here, "two"));
    let expected = plan.phases[0].expected.unwrap();
    assert_eq!(expected.measurements, 2, "a drill and a restore: {expected:?}");
    assert_eq!(plan.expected(), Some((expected.least, expected.most)));
    assert!(expected.least <= expected.most && !expected.most.is_zero());
    assert_eq!(expected.largest, plan.outline.bytes);
}

#[test]
fn room_is_counted_where_it_is_written_to_and_lack_of_it_refuses() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let alone = planned(&here, request(&here, "one"));
    assert_eq!(alone.space[0].needed, alone.outline.bytes);
    assert!(alone.space[0].free > 0 && alone.obstacles.is_empty());
    // A database that is a file takes room of its own.
    let to = here.path("copy.db").display().to_string();
    let databases = vec![("cong".to_owned(), to)];
    let both = planned(&here, Request { databases, ..request(&here, "one") });
    assert_eq!(both.space.len(), 1, "one disk: {:?}", both.space);
    assert_eq!(both.space[0].needed, alone.space[0].needed + both.loads[0].bytes);
    // What is there already takes no room again.
    restore::run(&here.site, &request(&here, "one"), &|_| {}).unwrap();
    let over = Some(duphong::repository::restore::Overwrite::Always);
    let again = planned(&here, Request { over, ..request(&here, "one") });
    assert_eq!(again.space[0].needed, 0);

    let small = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "none"])
        .arg(small.path())
        .status();
    assert!(mounted.unwrap().success(), "this test needs root, as those of a full disk do");
    let request = Request { target: small.path().join("set"), ..request(&here, "") };
    let plan = planned(&here, request.clone());
    assert_eq!(plan.obstacles[0].code(), "job.no-space");
    let refused = restore::run(&here.site, &request, &|plan| assert!(!plan.obstacles.is_empty()));
    let left = std::fs::read_dir(small.path()).unwrap().count();
    std::process::Command::new("umount").arg(small.path()).status().unwrap();
    assert_eq!((refused.unwrap_err().code(), left), ("job.no-space", 0));
}

#[test]
fn over_production_nothing_is_done_without_evidence_or_a_reason() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let over = Some(duphong::repository::restore::Overwrite::Always);
    let typed = Request {
        from: Some("media/tep".into()),
        over,
        production: Some("mau".into()),
        target: here.path("portal/media"),
        ..request(&here, "")
    };
    for source in ["portal/data", "portal/media", "portal/application", "portal/configuration"] {
        std::fs::remove_dir_all(here.path(source)).unwrap();
    }
    let refused = restore::run(&here.site, &typed, &|plan| assert!(plan.over_production));
    let refused = refused.unwrap_err();
    assert_eq!((refused.code(), refused.exit()), ("restore.no-evidence", ExitCode::HumanNeeded));
    assert!(!here.path("portal/media").exists());

    let reason = Some("máy chủ mới, chưa có gì".to_owned());
    let restored =
        restore::run(&here.site, &Request { without_evidence: reason, ..typed }, &|_| {}).unwrap();
    assert_eq!((restored.exit(), restored.evidence.len()), (ExitCode::Done, 0));
    let mut entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let intent = entries.find(|entry| entry.verb == "restore.run").unwrap();
    assert_eq!(intent.facts["without-evidence"], "máy chủ mới, chưa có gì");
}

#[test]
fn what_evidence_lacks_and_where_it_could_not_be_written_is_told() {
    let text = configuration(crate::job::portal::SOURCES)
        .replace("to: [local]", "to: [local, usb]")
        .replace("portals:", "  usb: { path: usb, password: { file: secrets/usb } }\nportals:");
    let here = Installation::with(&text);
    snapshot::create(&here.site, "mau").unwrap();
    std::fs::remove_dir_all(here.path("portal/application")).unwrap();
    std::fs::remove_dir_all(here.path("usb")).unwrap();
    let typed = Request {
        from: Some("media/tep".into()),
        over: Some(duphong::repository::restore::Overwrite::Always),
        production: Some("mau".into()),
        target: here.path("portal/media"),
        ..request(&here, "")
    };
    let restored = restore::run(&here.site, &typed, &|_| {}).unwrap();
    assert_eq!(restored.evidence.len(), 1);
    assert_eq!(restored.evidence_lacks, ["application/trang"]);
    let [(repository, fault)] = &restored.evidence_failed[..] else {
        panic!("{:?}", restored.evidence_failed)
    };
    assert_eq!((repository.as_str(), fault.code()), ("usb", "store.no-store"));
    assert_eq!(restored.exit(), ExitCode::Warnings);
}

#[test]
fn what_belongs_to_another_portal_is_written_over_by_no_restore_of_this_one() {
    let other = "
  khac:
    kind: trang
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 2
    databases: [ { name: thu, sqlite: { path: khac/data/thu.sqlite } } ]
    trees: [ { role: media, name: anh, path: khac/media } ]
    snapshot: { to: [local], rpo: 6h }
    drill: { from: local, rto: 8h, scratch: scratch }
";
    let here = Installation::with(&(configuration(crate::job::portal::SOURCES) + other));
    std::fs::create_dir_all(here.path("khac/media")).unwrap();
    std::fs::write(here.path("khac/media/a"), "của cổng khác").unwrap();
    snapshot::create(&here.site, "mau").unwrap();
    let over = Some(duphong::repository::restore::Overwrite::Always);
    let from = Some("media/tep".to_owned());
    for (production, target) in [
        (Some("mau".to_owned()), "khac/media"),
        (Some("mau".to_owned()), "khac/media/2026"),
        (Some("mau".to_owned()), "khac/data"),
        (Some("mau".to_owned()), "khac"),
        (Some("khac".to_owned()), "khac/media"),
        (None, "khac/media"),
    ] {
        let from = from.clone();
        let request = Request { production, over, from, delete: true, ..request(&here, target) };
        let refused = restore::run(&here.site, &request, &|_| {}).unwrap_err();
        assert_eq!(refused.code(), "restore.other-portal", "{target}");
        assert_eq!(refused.exit(), ExitCode::Usage);
    }
    assert_eq!(std::fs::read_to_string(here.path("khac/media/a")).unwrap(), "của cổng khác");
    let both = std::fs::read_dir(here.path("khac")).unwrap().count();
    assert_eq!(both, 1, "nothing was made there");
}

/// An installation that protects this database, with its password.
fn protecting(source: &Settings) -> Installation {
    let sources = format!(
        r#"
    databases:
      - {{ name: cong, postgres: {{ dsn: "{}", password: {{ file: secrets/db }} }} }}
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
"#,
        source.dsn
    );
    let here = Installation::with(&configuration(&sources));
    with_password(&here, source);
    snapshot::create(&here.site, "mau").unwrap();
    here
}

fn with_password(here: &Installation, server: &Settings) {
    let password = server.password.as_ref().map(Secret::expose).unwrap_or_default();
    std::fs::write(here.path("secrets/db"), password).unwrap();
}

const TABLES: &str = "CREATE TABLE tin_bai (so int PRIMARY KEY, ten text); \
    INSERT INTO tin_bai SELECT n, 'tin ' || n FROM generate_series(1, 300) n; \
    CREATE SCHEMA \"Lưu trữ\"; CREATE TABLE \"Lưu trữ\".\"Bài cũ\" AS SELECT * FROM tin_bai; \
    CREATE ROLE bien_tap; GRANT SELECT ON tin_bai TO bien_tap;";

#[test]
fn what_a_target_server_lacks_is_known_before_anything_is_fetched() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, TABLES);
    let here = protecting(&source);
    let (_other, target) = stranger_with("prod");
    with_password(&here, &target);
    let into = |dsn: &str, folder: &str| Request {
        databases: vec![("cong".into(), dsn.into())],
        only: vec!["db/cong".into()],
        ..request(&here, folder)
    };
    let plan = planned(&here, into(&target.dsn, "one"));
    assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    let load = &plan.loads[0];
    assert_eq!((load.tables, load.rows), (2, 600));
    assert!(load.server.starts_with(|c: char| c.is_ascii_digit()), "{}", load.server);
    let phases: Vec<_> = plan.phases.iter().map(|phase| phase.phase).collect();
    assert_eq!(phases, [Phase::Fetch, Phase::Load]);
    assert_eq!(plan.outline.bytes, plan.phases[0].bytes);
    let names: Vec<_> = plan.only.iter().map(|path| path.display().to_string()).collect();
    assert_eq!(names, ["db/cong", "db/cong.globals.sql"], "all files of the database, no media");

    // A role that may not make roles; then a database that is not empty.
    run(&target, "CREATE ROLE tho LOGIN PASSWORD 'x'");
    let weak = Settings {
        dsn: format!("{} user=tho", target.dsn),
        password: Some(Secret::new(b"x".to_vec())),
        ..target.clone()
    };
    let script = "CREATE ROLE bien_tap;\nCREATE ROLE duphong_scratch;\n";
    let fit = Database::Postgres(weak).fit(&facts(&here), Some(script), &world()).unwrap();
    let [Misfit::Roles { names, user }] = &fit.misfits[..] else { panic!("{fit:?}") };
    assert_eq!((names.as_str(), user.as_str()), ("bien_tap", "tho"));
    run(&target, "CREATE TABLE da_co (a int)");
    let plan = planned(&here, into(&target.dsn, "one"));
    assert_eq!(plan.obstacles[0].code(), "fit.not-empty");
    let refused = restore::run(&here.site, &into(&target.dsn, "one"), &|_| {}).unwrap_err();
    assert_eq!(refused.code(), "fit.not-empty");
    assert!(!here.path("one").exists(), "nothing was fetched");
}

/// What the newest set says of the database.
fn facts(here: &Installation) -> duphong::base::manifest::DatabaseFacts {
    let repository = here.site.open("local").unwrap();
    let (id, _) = duphong::job::sets::find(&repository, "local", "mau", None).unwrap();
    duphong::job::sets::manifest(&repository, &id).unwrap().databases["cong"].clone()
}

#[test]
fn extensions_collations_and_versions_are_held_against_the_server() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, "CREATE TABLE t (a text COLLATE \"C\")");
    let here = protecting(&source);
    let (_other, target) = stranger_with("prod");
    let target = Database::Postgres(target);
    let sound = facts(&here);
    assert!(target.fit(&sound, None, &world()).unwrap().misfits.is_empty());
    let mut wanting = sound;
    let objects = &mut wanting.inventory.objects;
    let mut add = |kind: &str, name: &str, text: &str| {
        objects.entry(kind.into()).or_default().insert(name.into(), text.into());
    };
    add("extension", "khong_co", "version 1; schema public");
    add("column", "public.t.b", "text collate pg_catalog.\"xx-XX-x-khong\"");
    add("database", "encoding", "EUC_JP");
    wanting.engine_version = "99.1".into();
    let fit = target.fit(&wanting, None, &world()).unwrap();
    let told = |wanted: fn(&Misfit) -> bool| fit.misfits.iter().filter(|one| wanted(one)).count();
    assert_eq!(told(|one| matches!(one, Misfit::Extensions { names } if names == "khong_co")), 1);
    assert_eq!(
        told(|one| matches!(one, Misfit::Collations { names } if names.contains("xx-XX"))),
        1
    );
    assert_eq!(told(|one| matches!(one, Misfit::Encoding { .. })), 1);
    assert_eq!(told(|one| matches!(one, Misfit::Older { dump, .. } if dump == "99.1")), 1);
    assert_eq!(told(Misfit::blocks), 2, "an older server may do");
    wanting.engine_version = "devel".into();
    let fit = target.fit(&wanting, None, &world()).unwrap();
    let unread =
        |one: &&Misfit| matches!(one, Misfit::VersionUnread { dump, .. } if dump == "devel");
    assert_eq!(fit.misfits.iter().filter(unread).count(), 1);
}

#[test]
fn one_table_comes_out_of_a_set_into_a_database_that_holds_others() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, TABLES);
    let here = protecting(&source);
    let (_other, target) = stranger_with("prod");
    with_password(&here, &target);
    run(&target, "CREATE TABLE khac (a int)");
    let of = |table: &str, folder: &str| Request {
        databases: vec![("cong".into(), target.dsn.clone())],
        tables: vec![table.into()],
        ..request(&here, folder)
    };
    let refused = restore::run(&here.site, &of("tin_bai", "one"), &|_| {}).unwrap_err();
    assert_eq!(refused.code(), "restore.unknown-table");
    let table = "\"Lưu trữ\".\"Bài cũ\"";
    let plan = planned(&here, of(table, "one"));
    assert_eq!(plan.only.len(), 2, "the table of contents and one table: {:?}", plan.only);
    let restored = restore::run(&here.site, &of(table, "one"), &|_| {}).unwrap();
    assert_eq!(restored.loaded, ["cong"]);
    assert_eq!(query(&target, &format!("SELECT count(*) FROM {table}")), "300");
    assert_eq!(query(&target, "SELECT to_regclass('public.tin_bai') IS NULL"), "t");
    let refused = restore::run(&here.site, &of(table, "two"), &|_| {}).unwrap_err();
    assert_eq!(refused.code(), "source.target-not-empty", "never over what is there");
}

#[test]
fn tables_of_sqlite_come_whole_or_not_at_all() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let protected = facts(&here).inventory;
    let mut filled = protected.tables.iter().filter(|(_, one)| one.rows > 0);
    let (first, second) = (filled.next().unwrap().0, filled.next().unwrap().0);
    let of = |tables: &[&String], file: &str, folder: &str| Request {
        databases: vec![("cong".into(), here.path(file).display().to_string())],
        tables: tables.iter().copied().cloned().collect(),
        ..request(&here, folder)
    };
    restore::run(&here.site, &of(&[second], "copy.db", "one"), &|_| {}).unwrap();
    let cancel = duphong::base::cancel::Cancel::default();
    // Digests are of one key: production is counted anew by this one.
    let key = duphong::source::rows::RowKey::draw(&world());
    let tables = |file: &str| sqlite::inventory(&here.path(file), &key, &cancel).unwrap().tables;
    let live = tables("portal/data/cong.sqlite");
    let only_second = [(second.clone(), live[second].clone())].into();
    assert_eq!(tables("copy.db"), only_second);
    // The second of two is there already: the first does not come either.
    let refused = restore::run(&here.site, &of(&[first, second], "copy.db", "two"), &|_| {});
    assert_eq!(refused.unwrap_err().code(), "source.target-not-empty");
    assert_eq!(tables("copy.db"), only_second);
}

#[test]
fn a_database_file_without_a_folder_is_the_one_where_the_command_is_given() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let databases = vec![("cong".into(), "back.sqlite".into())];
    let plan = planned(&here, Request { databases, ..request(&here, "back") });
    let file = std::env::current_dir().unwrap().join("back.sqlite");
    assert_eq!(plan.loads[0].target, file.display().to_string());
    assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
}
