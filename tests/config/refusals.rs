//! Every rule, as a table: one change of a good file, and what is said about it.

use super::{SMALL, changed, check, check_change, load, told};

#[test]
fn a_good_file_has_no_problems() {
    check(SMALL, &[]);
    check(&SMALL.replace('\n', "\r\n"), &[]);
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let yaml = SMALL
        .replace("id: mau,", "id: Mau,")
        .replace("state:", "stat:")
        .replace("{ file: /etc/duphong/pass }", "hunter2")
        .replace("level: 3", "level: 9")
        .replace("to: [local], rpo: 6h", "to: [locl], rpo: 6")
        .replace("rto: 20h", "rto: 400d");
    check(
        &yaml,
        &[
            "1:1 - config-missing-key",
            "1:13 site.id config-id",
            "2:1 stat config-unknown-key",
            "4:39 repositories.local.password config-inline-secret",
            "10:12 portals.mau.level config-number-range",
            "15:22 portals.mau.snapshot.to[0] config-no-repository",
            "15:34 portals.mau.snapshot.rpo config-duration-unit",
            "16:19 portals.mau.drill.rto config-duration-range",
        ],
    );
}

#[test]
fn keys_are_known_present_and_unique() {
    check_change(
        "kind: cong",
        "knid: cong",
        &["6:3 portals.mau config-missing-key", "7:5 portals.mau.knid config-unknown-key"],
    );
    check_change(
        "    level: 3\n",
        "    level: 3\n    failover: {}\n",
        &["11:5 portals.mau.failover config-later-key"],
    );
    check_change(
        "path: /srv/repo,",
        "object-lock: { mode: governance, retention: 90d },",
        &["4:10 repositories.local config-one-of"],
    );
    check_change(
        "    level: 3\n",
        "    level: 3\n    level: 4\n",
        &["11:5 - config-duplicate-key"],
    );
    check_change("kind: cong", "kind:", &["7:5 portals.mau.kind config-no-value"]);
    check_change("kind: cong", "kind: ~", &["7:5 portals.mau.kind config-no-value"]);
    check_change("kind: cong", "kind: ''", &["7:11 portals.mau.kind config-unknown-word"]);
    check_change("owner: UBND tỉnh Mẫu", "owner: ''", &["8:12 portals.mau.owner config-no-value"]);
    check_change("{ rto: 20h }", "", &["16:5 portals.mau.drill config-no-value"]);
    check_change("{ rto: 20h }", "{ rto: }", &["16:14 portals.mau.drill.rto config-no-value"]);
    check_change(
        "sqlite: { path: /srv/portal/data/portal.db }",
        "sqlite: { path: /x }, postgres: { dsn: 'host=h dbname=d' }",
        &["12:9 portals.mau.databases[0] config-one-of"],
    );
    check_change(
        ", sqlite: { path: /srv/portal/data/portal.db }",
        "",
        &["12:9 portals.mau.databases[0] config-one-of"],
    );
}

#[test]
fn a_misspelt_word_is_answered_with_the_nearest_known_one() {
    for (old, new, nearest) in [
        ("snapshot:", "snapshots:", "snapshot"),
        ("role: media", "role: medai", "media"),
        ("to: [local]", "to: [loacl]", "local"),
        ("name: Tỉnh Mẫu }", "name: Tỉnh Mẫu, timezone: Asia/HoChiMinh }", "Asia/Ho_Chi_Minh"),
    ] {
        let problems = load(&changed(old, new)).unwrap_err();
        let hint = problems
            .list
            .into_iter()
            .find_map(|problem| problem.hint.filter(|hint| hint.id == "config-did-you-mean-hint"));
        let hint = format!("{:?}", hint.expect("a suggestion"));
        assert!(hint.contains(&format!("Text({nearest:?})")), "{hint}");
    }
}

#[test]
fn values_have_the_kind_that_their_key_wants() {
    check_change("{ id: mau, name: Tỉnh Mẫu }", "mau", &["1:7 site config-wrong-kind"]);
    check_change("state: /var/lib/duphong", "state: [/var]", &["2:8 state config-wrong-kind"]);
    check_change("[local]", "local", &["15:21 portals.mau.snapshot.to config-wrong-kind"]);
    check_change("level: 3", "level: three", &["10:12 portals.mau.level config-wrong-kind"]);
    check_change("level: 3", "level: 3.0", &["10:12 portals.mau.level config-wrong-kind"]);
    check_change("level: 3", "level: -3", &["10:12 portals.mau.level config-wrong-kind"]);
    check_change("level: 3", "level: '3'", &["10:12 portals.mau.level config-quoted-number"]);
    check_change(
        "level: 3",
        "level: 99999999999999999999",
        &["10:12 portals.mau.level config-number-range"],
    );
    check_change("kind: cong", "kind: Cong", &["7:11 portals.mau.kind config-unknown-word"]);
    check_change("UBND tỉnh Mẫu", "\"UBND\\ntỉnh\"", &["8:12 portals.mau.owner config-text-lines"]);
    check_change("UBND tỉnh Mẫu", &"ỏ".repeat(301), &["8:12 portals.mau.owner config-text-length"]);
    check_change("[local]", "[]", &["15:21 portals.mau.snapshot.to config-too-few"]);
    check_change("[local]", "[local, local]", &["15:29 portals.mau.snapshot.to[1] config-twice"]);
}

#[test]
fn retention_has_a_rule_and_sane_numbers() {
    let with = |rules: &str| format!("rpo: 6h, retention: {rules} }}");
    let check = |rules: &str, expected: &[&str]| check_change("rpo: 6h }", &with(rules), expected);
    check("{ daily: 7 }", &[]);
    check("{}", &["15:50 portals.mau.snapshot.retention config-retention-empty"]);
    check("{ verified: 2 }", &["15:50 portals.mau.snapshot.retention config-retention-empty"]);
    check("{ daily: 0 }", &["15:59 portals.mau.snapshot.retention.daily config-number-range"]);
    check(
        "{ last: 1, verified: 0 }",
        &["15:71 portals.mau.snapshot.retention.verified config-number-range"],
    );
    check("{ within: 14 }", &["15:60 portals.mau.snapshot.retention.within config-duration-unit"]);
    check("{ within: 5m }", &["15:60 portals.mau.snapshot.retention.within config-duration-range"]);
    check("{ daily: 7, tags: { truoc-nang-cap: { last: 5, within: 90d } } }", &[]);
    check(
        "{ tags: { x: { last: 5 } } }",
        &["15:50 portals.mau.snapshot.retention config-retention-empty"],
    );
    check(
        "{ daily: 7, tags: { evidence: { last: 5 }, X: { verified: 1 }, y: {} } }",
        &[
            "15:70 portals.mau.snapshot.retention.tags.evidence config-set-tag",
            "15:93 portals.mau.snapshot.retention.tags.X config-set-tag",
            "15:96 portals.mau.snapshot.retention.tags.X config-retention-empty",
            "15:98 portals.mau.snapshot.retention.tags.X.verified config-unknown-key",
            "15:116 portals.mau.snapshot.retention.tags.y config-retention-empty",
        ],
    );
    check(
        "{ dayly: 7 }",
        &[
            "15:50 portals.mau.snapshot.retention config-retention-empty",
            "15:52 portals.mau.snapshot.retention.dayly config-unknown-key",
        ],
    );
}

#[test]
fn names_are_short_and_unique() {
    let long = "x".repeat(33);
    for bad in ["Mau", "m_a", "-mau", "mẫu", "\"\"", "a b", long.as_str()] {
        let yaml = changed("  mau:\n", &format!("  {bad}:\n"));
        let problems = load(&yaml).unwrap_err().list;
        assert_eq!(problems.len(), 1, "{bad}: {problems:?}");
        assert_eq!((problems[0].at.line, problems[0].message.id), (6, "config-id"), "{bad}");
    }
    check_change(
        "  local: {",
        "  local_1: {",
        &[
            "4:3 repositories.local_1 config-id",
            "15:22 portals.mau.snapshot.to[0] config-no-repository",
        ],
    );
    check_change(
        "{ role: media, path: /srv/portal/media }",
        "{ role: media, name: portal, path: /srv/a }\n      - { role: media, path: /srv/b/portal }",
        &["15:9 portals.mau.trees[1] config-name-taken"],
    );
    check_change(
        "/srv/portal/media",
        "/srv/portal/Media",
        &["14:9 portals.mau.trees[0] config-tree-name"],
    );
    check_change(
        "    trees:",
        "      - { name: portal, sqlite: { path: /srv/x.db } }\n    trees:",
        &["13:17 portals.mau.databases[1].name config-name-taken"],
    );
}

#[test]
fn durations_have_a_unit_and_bounds() {
    for (text, id) in [
        ("6", Some("config-duration-unit")),
        ("6 h", Some("config-duration")),
        ("h", Some("config-duration")),
        ("-6h", Some("config-duration")),
        ("1.5h", Some("config-duration")),
        ("6H", Some("config-duration")),
        ("6w", Some("config-duration")),
        ("6giờ", Some("config-duration")),
        ("0s", Some("config-duration-range")),
        ("59s", Some("config-duration-range")),
        ("32d", Some("config-duration-range")),
        ("99999999999999999999d", Some("config-duration-range")),
        ("9999999999999999999d", Some("config-duration-range")),
        ("60s", None),
        ("1m", None),
        ("744h", None),
        ("31d", None),
        ("'6h'", None),
    ] {
        let at = format!("15:35 portals.mau.snapshot.rpo {}", id.unwrap_or_default());
        let expected = if id.is_some() { vec![at.as_str()] } else { vec![] };
        check_change("rpo: 6h", &format!("rpo: {text}"), &expected);
    }
}

#[test]
fn rto_and_allowance_stay_within_the_24_hours_of_the_law() {
    let law = "portals.mau.drill.rto config-rto-law";
    for (drill, expected) in [
        ("{ rto: 20h }", None),
        ("{ rto: 1201m }", Some(format!("16:19 {law}"))),
        ("{ rto: 24h }", Some(format!("16:19 {law}"))),
        ("{ rto: 24h, allowance: 0s }", None),
        ("{ rto: 2d, allowance: 0s }", Some(format!("16:19 {law}"))),
        ("{ allowance: 23h, rto: 1h }", None),
        ("{ allowance: 23h, rto: 61m }", Some(format!("16:35 {law}"))),
        ("{ allowance: 1439m }", None),
        (
            "{ allowance: 24h }",
            Some("16:25 portals.mau.drill.allowance config-duration-range".to_owned()),
        ),
        // What the allowance leaves is unknown, so nothing is said about the rto.
        (
            "{ allowance: 5, rto: 24h }",
            Some("16:25 portals.mau.drill.allowance config-duration-unit".to_owned()),
        ),
    ] {
        let expected: Vec<_> = expected.iter().map(String::as_str).collect();
        check_change("{ rto: 20h }", drill, &expected);
    }
}

#[test]
fn secrets_never_stand_in_the_file_nor_in_what_is_said_about_it() {
    let password = "password: { file: /etc/duphong/pass }";
    let at = "repositories.local.password";
    let cases = [
        ("password: hunter2", format!("4:39 {at} config-inline-secret")),
        ("password: 'hunter2'", format!("4:39 {at} config-inline-secret")),
        ("password: [hunter2]", format!("4:39 {at} config-wrong-kind")),
        ("password: { file: a, credential: b }", format!("4:39 {at} config-one-of")),
        ("password: {}", format!("4:39 {at} config-one-of")),
        ("password: { credential: ../b }", format!("4:53 {at}.credential config-credential")),
        ("password: { credential: .b }", format!("4:53 {at}.credential config-credential")),
    ];
    for (new, expected) in &cases {
        check_change(password, new, &[expected]);
    }
    // Wherever a secret was put by mistake, no message, hint or quoted line repeats it.
    for new in [
        "password: hunter2",
        "password: { value: hunter2 }",
        "password:\n      value: hunter2 }",
        "pasword: hunter2",
        "password: [hunter2]",
    ] {
        let problems = load(&changed(password, new)).unwrap_err();
        assert!(!format!("{problems:?}").contains("hunter2"), "{new}: {problems:?}");
    }
    let nested = SMALL.replace(
        "  local: { path: /srv/repo, password: { file: /etc/duphong/pass } }",
        "  local:\n    path: /srv/repo\n    password:\n      value: hunter2",
    );
    check(
        &nested,
        &[
            "6:5 repositories.local.password config-one-of",
            "7:7 repositories.local.password.value config-unknown-key",
        ],
    );
    assert!(!format!("{:?}", load(&nested).unwrap_err()).contains("hunter2"));
}

#[test]
fn a_postgres_connection_names_host_and_database_and_no_password() {
    let at = "12:42 portals.mau.databases[0].postgres.dsn";
    for (dsn, id) in [
        ("host=/run/postgresql dbname=portal", None),
        ("postgresql://duphong@db.mau.example:5433/portal?sslmode=prefer", None),
        ("host=h dbname=d password=hunter2", Some("config-dsn-password")),
        ("postgres://duphong:hunter2@h/d", Some("config-dsn-password")),
        ("postgres://duphong@h/d?password=hunter2", Some("config-dsn-password")),
        ("host=h", Some("config-dsn-database")),
        ("dbname=d", None),
        ("host=a,b dbname=d", Some("config-dsn-hosts")),
        ("host=h dbname=d options='-c x=hunter2'", Some("config-dsn-options")),
        ("host=h dbname=d sslmode=require", Some("config-dsn-tls")),
        ("host=h dbname=d hunter2=x", Some("config-dsn")),
        ("host=h dbname=d pasword=hunter2", Some("config-dsn")),
        ("host=h dbname", Some("config-dsn")),
        ("hunter2", Some("config-dsn")),
    ] {
        let yaml = changed(
            "sqlite: { path: /srv/portal/data/portal.db }",
            &format!("postgres: {{ dsn: \"{dsn}\" }}"),
        );
        let expected = id.map(|id| format!("{at} {id}"));
        check(&yaml, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        if let Err(problems) = load(&yaml) {
            assert!(!format!("{problems:?}").contains("hunter2"), "{problems:?}");
        }
    }
    check_change(
        "sqlite: { path: /srv/portal/data/portal.db }",
        "postgres: { dsn: 'host=h dbname=d', user: 'root me', bin-dir: ~/bin }",
        &[
            "12:67 portals.mau.databases[0].postgres.user config-account",
            "12:87 portals.mau.databases[0].postgres.bin-dir config-path-unexpanded",
        ],
    );
}

#[test]
fn a_set_follows_a_change_only_where_changes_are_seen_and_in_a_sensible_time() {
    let portal = |tree: &str, on_change: &str| {
        changed("path: /srv/portal/media }", &format!("path: /srv/portal/media{tree} }}"))
            .replace("rpo: 6h }", &format!("rpo: 6h, on-change: {{{on_change}}} }}"))
    };
    check(&portal(", watch: true", ""), &[]);
    check(&portal(", watch: true", " quiet: 2h "), &[]);
    check(&portal("", ""), &["6:3 portals.mau config-on-change-unwatched"]);
    check(&portal(", watch: false", ""), &["6:3 portals.mau config-on-change-unwatched"]);
    check(
        &portal(", watch: true", " quiet: 10m, longest: 5m "),
        &["15:73 portals.mau.snapshot.on-change.longest config-on-change-longest"],
    );
    check(
        &portal(", watch: true", " longest: 1m "),
        &["15:61 portals.mau.snapshot.on-change.longest config-on-change-longest"],
    );
    check(
        &portal(", watch: true", " quiet: 0s "),
        &["15:59 portals.mau.snapshot.on-change.quiet config-duration-range"],
    );
}

#[test]
fn a_mariadb_database_is_reached_by_a_socket_or_encrypted() {
    let cases: [(&str, &[&str]); 9] = [
        (
            "mariadb: { database: d, user: u, host: db.example }",
            &["12:64 portals.mau.databases[0].mariadb.host config-mariadb-tls"],
        ),
        (
            "mariadb: { database: d, user: u, host: db.example, socket: /s }",
            &["12:64 portals.mau.databases[0].mariadb.host config-mariadb-place"],
        ),
        (
            "mariadb: { database: d, user: u, port: 3307 }",
            &["12:64 portals.mau.databases[0].mariadb.port config-mariadb-stray"],
        ),
        (
            "mariadb: { database: d, user: u, host: localhost, port: 0 }",
            &["12:81 portals.mau.databases[0].mariadb.port config-number-range"],
        ),
        (
            "mariadb: { database: d, user: u, account: root me }",
            &["12:67 portals.mau.databases[0].mariadb.account config-account"],
        ),
        ("mariadb: { database: d, user: u }", &[]),
        ("mariadb: { database: d, user: u, socket: /s, password: { file: p } }", &[]),
        ("mariadb: { database: d, user: u, host: 127.0.0.1, port: 3307 }", &[]),
        ("mariadb: { database: d, user: u, host: db.example, authorities: /ca.pem }", &[]),
    ];
    for (text, expected) in cases {
        check_change("sqlite: { path: /srv/portal/data/portal.db }", text, expected);
    }
}

#[test]
fn paths_mean_what_they_say() {
    for (path, id) in [
        ("~/duphong", "config-path-unexpanded"),
        ("$HOME/duphong", "config-path-unexpanded"),
        ("/srv/${SITE}/x", "config-path-unexpanded"),
        ("../duphong", "config-path-parent"),
        ("/var/lib/../duphong", "config-path-parent"),
    ] {
        check_change("/var/lib/duphong", path, &[&format!("2:8 state {id}")]);
    }
    for (pattern, expected) in [
        ("cache/**", None),
        ("*.tmp", None),
        ("/srv/portal/media/cache", Some("14:59 portals.mau.trees[0].exclude[0] config-pattern")),
        ("a/../b", Some("14:59 portals.mau.trees[0].exclude[0] config-pattern")),
    ] {
        check_change(
            "path: /srv/portal/media",
            &format!("path: /srv/portal/media, exclude: ['{pattern}']"),
            &expected.into_iter().collect::<Vec<_>>(),
        );
    }
}

#[test]
fn an_address_is_complete_and_holds_no_credentials() {
    for (url, id) in [
        ("https://cong.example", None),
        ("http://[::1]:8080/vi/", None),
        ("cong.example", Some("config-url")),
        ("ftp://cong.example", Some("config-url")),
        ("https://", Some("config-url")),
        ("https://a b", Some("config-url")),
        ("https://admin:hunter2@cong.example", Some("config-url-secret")),
    ] {
        let yaml = changed("    level: 3\n", &format!("    level: 3\n    url: '{url}'\n"));
        let expected = id.map(|id| format!("11:10 portals.mau.url {id}"));
        check(&yaml, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn a_portal_has_something_to_save_and_a_place_for_it() {
    let both = "    databases:\n      - { name: portal, sqlite: { path: /srv/portal/data/portal.db } }\n    trees:\n      - { role: media, path: /srv/portal/media }\n";
    check_change(both, "", &["6:3 portals.mau config-portal-empty"]);
    check_change(
        both,
        "    databases: []\n    trees: []\n",
        &["6:3 portals.mau config-portal-empty"],
    );
    // A tree that cannot be read is still a tree.
    check_change(both, "    trees: [ media ]\n", &["11:14 portals.mau.trees[0] config-wrong-kind"]);
    check_change(
        "  local: { path: /srv/repo, password: { file: /etc/duphong/pass } }\n",
        "",
        &[
            "3:1 repositories config-no-value",
            "14:22 portals.mau.snapshot.to[0] config-no-repository",
        ],
    );
    check_change(
        "drill: { rto: 20h }",
        "drill: { from: other }",
        &["16:20 portals.mau.drill.from config-no-repository"],
    );
    let second = "  second: { path: /srv/repo2, password: { file: /etc/duphong/pass } }\nportals:";
    let yaml = changed("portals:", second).replace("{ rto: 20h }", "{ from: second }");
    check(&yaml, &["17:20 portals.mau.drill.from config-drill-from"]);
}

#[test]
fn folders_do_not_lie_inside_each_other_where_that_destroys_or_doubles() {
    let tree = "portals.mau.trees[0].path";
    let scratch = "portals.mau.drill.scratch";
    for (old, new, expected) in [
        ("/srv/repo,", "/srv/portal/media/repo,", format!("14:30 {tree} config-backs-up-itself")),
        ("/srv/repo,", "/srv/portal/media,", format!("14:30 {tree} config-source-in-own")),
        ("/var/lib/duphong", "/srv/portal/media/x", format!("14:30 {tree} config-backs-up-itself")),
        (
            "/srv/portal/media",
            "/var/lib/duphong/media",
            format!("14:30 {tree} config-source-in-own"),
        ),
        ("/srv/portal/media", "/srv/repo/media", format!("14:30 {tree} config-source-in-own")),
        (
            "/srv/repo,",
            "/var/lib/duphong/scratch/r,",
            "4:18 repositories.local.path config-in-scratch".to_owned(),
        ),
        ("/var/lib/duphong", "/srv/repo/state", "2:8 state config-in-repository".to_owned()),
        ("/var/lib/duphong", "/srv/repo", "2:8 state config-in-repository".to_owned()),
        (
            "rto: 20h",
            "scratch: /srv/portal/media/s",
            format!("14:30 {tree} config-backs-up-itself"),
        ),
        ("rto: 20h", "scratch: /srv/repo/s", format!("16:23 {scratch} config-in-repository")),
        ("rto: 20h", "scratch: /var/lib", "2:8 state config-in-scratch".to_owned()),
        (
            "rto: 20h",
            "scratch: /srv/portal",
            "12:41 portals.mau.databases[0].sqlite.path config-source-in-own".to_owned(),
        ),
    ] {
        let found = load(&changed(old, new)).unwrap_err();
        assert_eq!(told(&found.list).first(), Some(&expected), "{new}: {:?}", told(&found.list));
    }
    // A repository beside the log, and a folder whose name only begins alike, are fine.
    check_change("/srv/repo,", "/var/lib/duphong/repo,", &[]);
    check_change("/srv/repo,", "/srv/portal/media-repo,", &[]);
    let two = "portals:\n";
    for (path, id) in [
        ("/srv/repo", "config-same-repository"),
        ("/srv/repo/", "config-same-repository"),
        ("/srv/./repo", "config-same-repository"),
        ("/srv/repo/two", "config-in-repository"),
    ] {
        let second = format!("  two: {{ path: {path}, password: {{ file: p }} }}\n{two}");
        check_change(two, &second, &[&format!("5:16 repositories.two.path {id}")]);
    }
}

#[test]
fn a_source_inside_another_is_a_warning_until_it_is_excluded() {
    let inside = changed("/srv/portal/data/portal.db", "/srv/portal/media/db/portal.db");
    let warning = "12:41 portals.mau.databases[0].sqlite.path config-database-in-tree (warning)";
    check(&inside, &[warning]);
    for (exclude, told) in [
        ("db/portal.db*", false),
        ("db/portal.db", false),
        ("db/**", false),
        ("db/", false),
        ("db", false),
        ("portal.db", false),
        ("*", false),
        ("d*/", false),
        ("b*", true),
        ("dbs/**", true),
        ("db/p", true),
        ("d?/portal.db", true),
        ("db/other.db*", true),
    ] {
        let path = "path: /srv/portal/media }";
        let yaml =
            inside.replace(path, &format!("path: /srv/portal/media, exclude: ['{exclude}'] }}"));
        assert_ne!(yaml, inside);
        let expected = if told { vec![warning] } else { vec![] };
        check(&yaml, &expected);
    }
    check_change(
        "    snapshot:",
        "      - { role: application, path: /srv/portal/media/app }\n    snapshot:",
        &["15:36 portals.mau.trees[1].path config-tree-in-tree (warning)"],
    );
}

#[test]
fn the_command_that_serves_a_restored_portal_can_be_filled_in() {
    let at = "portals.mau.drill.start";
    let smoke = "smoke: [{ path: / }]";
    for (drill, expected) in [
        ("start: [serve, '{port}'], smoke: [{ path: / }]".to_owned(), vec![]),
        ("start: [serve, '--db={database:portal}', '--{{x}}={port}', '{tree:media}/a'], smoke: [{ path: / }]".to_owned(), vec![]),
        (smoke.to_owned(), vec!["16:21 portals.mau.drill.smoke config-smoke-without-start".to_owned()]),
        ("start: [serve]".to_owned(), vec![format!("16:21 {at} config-start-without-smoke (warning)")]),
        (format!("start: [serve], {smoke}"), vec![format!("16:21 {at} config-start-without-port")]),
        (format!("start: ['{{port']  , {smoke}"), vec![format!("16:22 {at}[0] config-brace")]),
        (format!("start: ['port}}']  , {smoke}"), vec![format!("16:22 {at}[0] config-brace")]),
        (format!("start: ['{{prot}}'], {smoke}"), vec![format!("16:22 {at}[0] config-placeholder")]),
        (format!("start: ['{{tree:x}}'], {smoke}"), vec![format!("16:22 {at}[0] config-placeholder-name")]),
        (format!("start: [], {smoke}"), vec![
            format!("16:21 {at} config-too-few"),
        ]),
        (
            "start: ['{port}'], smoke: [{ path: x, status: 99 }]".to_owned(),
            vec![
                "16:49 portals.mau.drill.smoke[0].path config-smoke-path".to_owned(),
                "16:60 portals.mau.drill.smoke[0].status config-number-range".to_owned(),
            ],
        ),
    ] {
        let expected: Vec<_> = expected.iter().map(String::as_str).collect();
        check_change("rto: 20h", &drill, &expected);
    }
}

#[test]
fn probes_ask_exactly_one_thing_of_a_known_place() {
    let probes = |probes: &str| {
        format!("    level: 3\n    url: https://cong.example/vi\n    probes: {probes}\n")
    };
    let at = |probes_yaml: &str, expected: &[&str]| {
        check_change("    level: 3\n", &probes(probes_yaml), expected);
    };
    at("[{ url: /tim-kiem?q=a, expect: { status: [200, 204], contains: Cổng } }]", &[]);
    at("[{ tls: { host: cong.example } }, { dns: { name: cong.example, a: [203.0.113.5] } }]", &[]);
    at("[{}]", &["12:14 portals.mau.probes[0] config-one-of"]);
    at("[{ url: /, tls: { host: x } }]", &["12:14 portals.mau.probes[0] config-one-of"]);
    at("[{ url: / }, { url: /a }]", &["12:26 portals.mau.probes[1] config-name-taken"]);
    at("[{ url: ftp://x }]", &["12:21 portals.mau.probes[0].url config-url"]);
    at("[{ url: '/a b' }]", &["12:21 portals.mau.probes[0].url config-smoke-path"]);
    at(
        "[{ tls: { host: x }, expect: { status: 99 } }]",
        &[
            "12:42 portals.mau.probes[0].expect config-expect-without-url",
            "12:52 portals.mau.probes[0].expect.status config-number-range",
        ],
    );
    at(
        "[{ url: /, every: 5s, timeout: 10s }]",
        &["12:44 portals.mau.probes[0].timeout config-timeout-every"],
    );
    at("[{ dns: { name: 'a b' } }]", &["12:29 portals.mau.probes[0].dns.name config-host"]);
    at(
        "[{ dns: { name: x, aaaa: [203.0.113.5] } }]",
        &["12:39 portals.mau.probes[0].dns.aaaa[0] config-ip"],
    );
    check_change(
        "    level: 3\n",
        "    level: 3\n    probes: [{ url: / }]\n    defacement: {}\n",
        &[
            "11:21 portals.mau.probes[0].url config-path-without-url",
            "12:17 portals.mau.defacement config-defacement-without-url",
        ],
    );
}

#[test]
fn schedules_are_cron_and_come_at_some_time() {
    for bad in ["'* * * *'", "'* * * * * *'", "hourly", "'61 * * * *'", "'0 0 30 2 *'"] {
        let rpo = format!("rpo: 6h, schedule: {bad}");
        check_change("rpo: 6h", &rpo, &["15:49 portals.mau.snapshot.schedule config-schedule"]);
    }
    check_change("rpo: 6h", "rpo: 6h, schedule: '17 */6 * * *'", &[]);
    check_change("rto: 20h", "rto: 20h, schedule: '0 2 * * SUN'", &[]);
    check_change("/duphong/pass }", "/duphong/pass }, verify: '0 0 31 12 *'", &[]);
}

#[test]
fn the_outside_is_named_exactly() {
    let with = |section: &str, expected: &[&str]| check(&format!("{SMALL}{section}\n"), expected);
    with(
        "network: { resolvers: [127.0.0.1, '[::1]:5353'], inside: [10.0.0.0/8], uplink: ['203.0.113.1:443'] }",
        &[],
    );
    with("network: { inside: [10.1.0.0/8] }", &["17:21 network.inside[0] config-block-bits"]);
    with("network: { inside: [office] }", &["17:21 network.inside[0] config-block"]);
    with("network: { uplink: [203.0.113.1] }", &["17:21 network.uplink[0] config-socket"]);
    with("web: { listen: '0.0.0.0:8484' }", &["17:16 web.listen config-listen-open (warning)"]);
    with("notices: { to: [truc@cong.example] }", &["17:16 notices.to config-to-without-smtp"]);
    with(
        "notices: { to: ['Trực <truc@cong.example>'], smtp: { host: h, security: tls, from: a@b } }",
        &["17:17 notices.to[0] config-mailbox"],
    );
    with(
        "notices: { smtp: { host: h, security: none, from: a@b } }",
        &["17:39 notices.smtp.security config-unknown-word"],
    );
    with(
        "notices: { smtp: { host: h, security: tls, from: a@b, user: u } }",
        &["17:18 notices.smtp config-smtp-account"],
    );
    with(
        "incidents: { contacts: { owner: { name: UBND } } }",
        &["17:33 incidents.contacts.owner config-missing-key"],
    );
    check_change(
        "    level: 3\n",
        "    level: 3\n    system: { addresses: [10.0.0.1] }\n    component: yes\n",
        &[
            "11:27 portals.mau.system.addresses[0] config-ip-private",
            "12:16 portals.mau.component config-unknown-word",
        ],
    );
}

#[test]
fn a_database_is_asked_about_trees_of_its_portal_by_statements_that_read() {
    let sqlite = "sqlite: { path: /srv/portal/data/portal.db } }";
    let media = |media: &str| {
        format!("sqlite: {{ path: /srv/portal/data/portal.db }}, media: [{media}] }}")
    };
    check_change(sqlite, &media("{ tree: media, query: ' select a from b ; ' }"), &[]);
    check_change(sqlite, &media(""), &[]);
    let asked = load(&changed(sqlite, &media("{ tree: media, query: 'WITH a AS (b) SELECT c;' }")));
    let query = &asked.unwrap().settings.portals[0].databases[0].media[0];
    assert_eq!((query.tree.as_str(), query.query.as_str()), ("media", "WITH a AS (b) SELECT c"));
    check_change(
        sqlite,
        &media("{ tree: madia, query: 'SELECT a' }, { tree: media, query: 'DELETE FROM b' }"),
        &[
            "12:87 portals.mau.databases[0].media[0].tree config-media-tree",
            "12:137 portals.mau.databases[0].media[1].query config-media-query",
        ],
    );
    check_change(
        sqlite,
        "command: { dump: [/bin/cat], count: [/bin/a] }, media: [{ tree: media, query: 'SELECT a' }] }",
        &[
            "12:34 portals.mau.databases[0].command config-command-undrilled (warning)",
            "12:80 portals.mau.databases[0].media config-media-command",
        ],
    );
}
