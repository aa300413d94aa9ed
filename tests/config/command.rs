//! Databases that commands know: what is accepted, and what is refused where.

use duphong::base::command::{Blank, Left};
use duphong::config::secret::SecretSource;
use duphong::config::settings::{Engine, Variable};

use super::{changed, check, load, told};

const SQLITE: &str = "sqlite: { path: /srv/portal/data/portal.db }";

/// A whole section with one place of it changed.
#[track_caller]
fn with(old: &str, new: &str) -> String {
    const WHOLE: &str = "command: { dump: [dump, -x], load: [load, '{target}'], count: [count], \
                         drill: { clean: [rm, '{scratch}/x'], load: [drill, '{scratch}/x'], \
                         count: [tally] } }";
    assert_eq!(WHOLE.matches(old).count(), 1, "`{old}` must be in the section once");
    changed(SQLITE, &WHOLE.replace(old, new))
}

/// Exactly these problems, each by its key below the section and its message.
#[track_caller]
fn refused(old: &str, new: &str, expected: &[(&str, &str)]) {
    let found = match load(&with(old, new)) {
        Ok(loaded) => told(&loaded.warnings),
        Err(problems) => told(&problems.list),
    };
    let place = |line: &String| line.split_once(' ').map(|(_, rest)| rest.to_owned());
    let found: Vec<_> = found.iter().filter_map(place).collect();
    let path = |(key, id): &(&str, &str)| format!("portals.mau.databases[0].command{key} {id}");
    assert_eq!(found, expected.iter().map(path).collect::<Vec<_>>());
}

#[test]
fn a_whole_section_has_no_problems_and_every_value_arrives() {
    let section = "command: { dump: [/opt/dump, '--to={folder}', '{{x}}'], files: ['*.bak'], \
                   load: [load, '{folder}', '{target}'], count: [count], timeout: 2d, \
                   silence: 90s, environment: { LANG2: vi, PW: { file: pw } }, drill: { clean: [rm], \
                   prepare: [mk], load: [drill, '{folder}'], count: [tally], \
                   environment: { PGPASSFILE: /etc/duphong/drill.pgpass } } }";
    let loaded = load(&changed(SQLITE, section)).unwrap();
    let Engine::Command(source) = &loaded.settings.portals[0].databases[0].engine else { panic!() };
    assert!(source.dump.has(Blank::Folder) && !source.dump.has(Blank::Target));
    let filled = source.dump.fill(|_| "/spool".into());
    assert_eq!(filled, ["--to=/spool", "{x}"]);
    assert_eq!(source.left, Left::Files { wanted: vec!["*.bak".into()] });
    assert_eq!((source.limit.as_secs(), source.silence.as_secs()), (172_800, 90));
    let secret = SecretSource::File("/etc/duphong/pw".into());
    assert_eq!(source.environment[0], ("LANG2".into(), Variable::Text("vi".into())));
    assert_eq!(source.environment[1], ("PW".into(), Variable::Secret(secret)));
    let drill = source.drill.as_ref().unwrap();
    assert!(drill.prepare.is_some());
    let path = Variable::Text("/etc/duphong/drill.pgpass".into());
    assert_eq!(drill.environment, [("PGPASSFILE".to_owned(), path)]);
    check(&with("[count]", "[count]"), &[]);
}

#[test]
fn what_would_touch_production_or_mean_nothing_is_refused() {
    refused(
        "[drill, '{scratch}/x']",
        "[load, '{target}']",
        &[(".drill.load[1]", "config-placeholder")],
    );
    refused("[tally]", "[count]", &[(".drill", "config-command-production")]);
    refused("[rm, '{scratch}/x']", "[dump, -x]", &[(".drill", "config-command-production")]);
    refused("[load, '{target}']", "[load]", &[(".load", "config-command-target")]);
    refused(
        "[dump, -x]",
        "[dump, '{folder}']",
        &[(".load", "config-command-folder"), (".drill", "config-command-folder")],
    );
    refused("[dump, -x]", "[dump, -x], files: [a]", &[(".files", "config-command-form")]);
    refused(
        "[dump, -x], load: [load, '{target}'], count: [count], drill: { clean: [rm, '{scratch}/x'], \
         load: [drill",
        "[dump, '{folder}'], files: ['a/b'], load: [load, '{target}', '{folder}'], count: [count], \
         drill: { clean: [rm], load: [drill, '{folder}'",
        &[(".files[0]", "config-command-pattern")],
    );
    refused("[dump, -x]", "[dump, '{folder']", &[(".dump[1]", "config-brace")]);
    refused("[dump, -x]", "[dump, '{port}']", &[(".dump[1]", "config-placeholder")]);
    refused("[count]", "[count, '{target}']", &[(".count[1]", "config-placeholder")]);
    for program in ["./dump", "bin/dump", "'{folder}'", "~/dump", "$HOME/dump", "-x"] {
        refused("[dump, -x]", &format!("[{program}]"), &[(".dump[0]", "config-command-program")]);
    }
    refused("[dump, -x]", "[]", &[(".dump", "config-too-few")]);
    refused("[dump, -x]", "dump -x", &[(".dump", "config-wrong-kind")]);
    for ending in ["SQL", "a/b", ".sql", "a..b", "aaaaaaaaaaaaaaaaa"] {
        refused(
            "[count]",
            &format!("[count], extension: {ending}"),
            &[(".extension", "config-command-extension")],
        );
    }
    refused(
        "[count]",
        "[count], environment: { 1A: x }",
        &[(".environment.1A", "config-variable")],
    );
    refused(
        "[count]",
        "[count], environment: { DUPHONG_MARK: x }",
        &[(".environment.DUPHONG_MARK", "config-variable")],
    );
    refused("[count]", "[count], timeout: 0s", &[(".timeout", "config-duration-range")]);
}

#[test]
fn a_drill_that_can_reach_production_is_refused() {
    let production = &[(".drill", "config-command-production")];
    // One program by two names.
    refused("[tally]", "[/usr/bin/count]", production);
    refused("count: [count], ", "count: [/opt/count, -a], ", &[]);
    refused("[rm, '{scratch}/x']", "[/bin/dump, -x]", production);
    // Production's load, with the target that its other commands speak of.
    let into = |dump: &str, load: &str, drill: &str, expected: &[(&str, &str)]| {
        let dump = format!("{dump}, load: {load}, count: [count]");
        let old = "[dump, -x], load: [load, '{target}'], count: [count], drill: { clean: [rm, \
                   '{scratch}/x'], load: [drill, '{scratch}/x']";
        let new = format!("{dump}, drill: {{ clean: [rm, '{{scratch}}/x'], load: {drill}");
        refused(old, &new, expected);
    };
    let target = &[(".drill", "config-command-production-target")];
    into("[dump, --db=cong]", "[load, '{target}']", "[load, cong]", target);
    into("[dump, --db=cong]", "[load, '{target}']", "[/sbin/load, cong]", target);
    into(
        "[d, cong]",
        "[load, '--to={target}.*', '{target}']",
        "[load, '--to=cong.*', cong]",
        target,
    );
    into("[d, /srv/x.db]", "[s, '{target}', -q]", "[s, /srv/x.db, -q]", target);
    into("[d], environment: { DB: cong }", "[s, '{target}']", "[s, cong]", target);
    into("[dump, --db=cong]", "[load, '{target}']", "[load, cong_drill]", &[]);
    into("[d, cong]", "[load, '--to={target}.*', '{target}']", "[load, '--to=cong.*', b]", &[]);
    into("[d, cong]", "[load, '{target}']", "[other, cong]", &[]);
    into("[d, cong]", "[load, '{target}']", "[load, '{scratch}']", &[]);
    // Production's password in a drill.
    refused(
        "[tally] }",
        "[tally], environment: { DRILL_PASS: { file: pw } } }, environment: { PASS: { file: pw } }",
        &[(".drill", "config-command-drill-secret")],
    );
    refused(
        "[tally] }",
        "[tally], environment: { PASS: { file: other } } }, environment: { PASS: { file: pw } }",
        &[],
    );
}

#[test]
fn a_secret_that_stands_in_the_configuration_is_refused() {
    for name in [
        "PGPASSWORD",
        "MYSQL_PWD",
        "SQLCMDPASSWORD",
        "sshpass",
        "AWS_SECRET_ACCESS_KEY",
        "API_TOKEN",
        "REDISCLI_AUTH",
        "GPG_PASSPHRASE",
    ] {
        refused(
            "[count]",
            &format!("[count], environment: {{ {name}: x }}"),
            &[(&format!(".environment.{name}"), "config-inline-secret")],
        );
    }
    for value in ["mongodb://duphong:x@host/db", "'Server=db;Password=x'"] {
        refused(
            "[tally] }",
            &format!("[tally], environment: {{ URI: {value} }} }}"),
            &[(".drill.environment.URI", "config-inline-secret")],
        );
    }
    for plain in [
        "PGPASSFILE: /x",
        "TZ: Asia/Ho_Chi_Minh",
        "URI: 'mongodb://duphong@host/db'",
        "URI: 'http://host:80/a@b'",
    ] {
        refused("[count]", &format!("[count], environment: {{ {plain} }}"), &[]);
    }
}

#[test]
fn what_no_drill_can_prove_is_a_warning() {
    refused("count: [count], ", "", &[("", "config-command-uncounted (warning)")]);
    refused(", count: [tally]", "", &[(".drill", "config-command-drill-uncounted (warning)")]);
    refused(
        ", drill: { clean: [rm, '{scratch}/x'], load: [drill, '{scratch}/x'], count: [tally] }",
        "",
        &[("", "config-command-undrilled (warning)")],
    );
}

#[test]
fn a_tree_from_another_host_has_nothing_that_only_a_folder_here_has() {
    let with = |more: &str, expected: &[&str]| {
        let tree = format!("path: /srv/portal/media, pull: {{ command: [ssh, host] }}{more}");
        check(&changed("path: /srv/portal/media", &tree), expected);
    };
    with("", &[]);
    with(", exclude: ['*.tmp']", &["14:90 portals.mau.trees[0].exclude config-pull-exclude"]);
    with(", watch: true", &["14:88 portals.mau.trees[0].watch config-pull-watch"]);
    with(", alarm: { files: 9 }", &["14:88 portals.mau.trees[0].alarm config-pull-watch"]);
}

#[test]
fn commands_print_the_paths_of_trees_and_a_drill_has_its_own_for_each() {
    const TAIL: &str = "count: [tally] } }";
    let both = |production: &str, drill: &str| {
        format!("count: [tally]{drill} }}, paths: {{ {production} }} }}")
    };
    let own = ", paths: { media: [print, there] }";
    let loaded = load(&with(TAIL, &both("media: [print, here]", own))).unwrap();
    let query = &loaded.settings.portals[0].databases[0].media[0];
    assert_eq!((query.tree.as_str(), query.query.as_str()), ("media", "command.paths.media"));
    assert_eq!(loaded.warnings.len(), 0);
    refused(
        TAIL,
        &both("media: [print, here], madia: [print]", ", paths: { media: [/bin/print, here] }"),
        &[
            (".drill", "config-command-production"),
            (".drill", "config-command-drill-unasked (warning)"),
            (".paths.madia", "config-media-tree"),
        ],
    );
    refused(
        TAIL,
        &both("media: [print, here]", ""),
        &[(".drill", "config-command-drill-unasked (warning)")],
    );
    refused(
        TAIL,
        &both("media: [print, '{folder}']", own),
        &[(".paths.media[1]", "config-placeholder")],
    );
    // The answers stand readable in the set.
    let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let sealed = format!(", sealed: {{ recipients: [{key}] }}");
    let refused = load(&with(TAIL, &(both("media: [print, here]", own) + &sealed))).err().unwrap();
    let refused = told(&refused.list);
    assert!(
        refused.len() == 1 && refused[0].ends_with("sealed config-media-beside"),
        "{refused:?}"
    );
}
