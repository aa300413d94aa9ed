//! Every rule, as a table: one change of a good playbook, and what is said about it.

use duphong::playbook::action::ACTIONS;
use duphong::playbook::model::{INPUTS_MAX, STEPS_MAX};

use super::{SMALL, changed, check, check_change, load, told};

#[test]
fn a_good_playbook_has_no_problems() {
    check(SMALL, &[]);
    check(&SMALL.replace('\n', "\r\n"), &[]);
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let yaml = SMALL
        .replace("version: 1", "version: 2")
        .replace("en: Small }", "en: '' }")
        .replace("action: gate", "action: gat")
        .replace("{{ close }}", "{{ clsoe }}")
        .replace("timeout: 1h", "timeout: 1")
        .replace("compensate: { action: restore.unstage }", "compensate: { action: snapshot }")
        .replace("no-return: { vi: Đã báo, en: Told }", "no-return: { vi: Đã báo }");
    check(
        &yaml,
        &[
            "2:10 version config-playbook-version",
            "3:23 title.en config-no-value",
            "6:3 inputs.close config-playbook-unused-input",
            "12:13 steps[0].action config-playbook-unknown-action",
            "16:22 steps[1].with.command config-playbook-unknown-input",
            "24:14 steps[2].timeout config-duration-unit",
            "25:27 steps[2].compensate.action config-playbook-compensation-action",
            "31:16 steps[3].no-return config-missing-key",
        ],
    );
}

#[test]
fn keys_are_known_present_and_unique() {
    check_change(
        "timeout: 10s",
        "timeot: 10s",
        &["26:5 steps[3] config-playbook-no-timeout", "30:5 steps[3].timeot config-unknown-key"],
    );
    check_change("playbook: small\n", "", &["1:1 - config-missing-key"]);
    check_change("playbook: small", "playbook: Small", &["1:11 playbook config-id"]);
    check_change("version: 1", "version: '1'", &["2:10 version config-quoted-number"]);
    check_change(
        "about: { vi: Để thử, en: For tests }\n",
        "about: { vi: Để thử }\n",
        &["4:8 about config-missing-key"],
    );
    check_change("vi: Nhỏ", "vi: '  '", &["3:14 title.vi config-no-value"]);
    check_change(
        "vi: Nhỏ",
        &format!("vi: {}", "x".repeat(121)),
        &["3:14 title.vi config-text-length"],
    );
    check_change(
        "title: { vi: Hỏi, en: Ask }",
        "title: Ask",
        &["11:12 steps[0].title config-wrong-kind"],
    );
    check_change(
        "    action: gate\n",
        "    action: gate\n    action: gate\n",
        &["13:5 - config-duplicate-key"],
    );
    check_change(
        "steps:\n",
        "steps: []\nstep:\n",
        &["9:8 steps config-too-few", "10:1 step config-unknown-key"],
    );
}

#[test]
fn actions_and_their_parameters_are_known_present_and_of_the_right_type() {
    let with = "with: { url: \"{{ page }}\" }";
    check_change(
        with,
        "with: { url: \"{{ page }}\", staus: 200 }",
        &["35:32 steps[4].with.staus config-playbook-unknown-parameter"],
    );
    check_change(
        with,
        "with: { status: 200 }",
        &["35:11 steps[4].with config-playbook-missing-parameter"],
    );
    check_change(
        &format!("    {with}\n"),
        "",
        &["32:5 steps[4] config-playbook-missing-parameter"],
    );
    check_change(with, "with: { url: [a] }", &["35:18 steps[4].with.url config-wrong-kind"]);
    check_change(with, "with: { url: '' }", &["35:18 steps[4].with.url playbook-value-empty"]);
    check_change(with, "with: { url: page }", &["35:18 steps[4].with.url playbook-value-url"]);
    check_change(
        with,
        "with: { url: \"http://u:p@h/\" }",
        &["35:18 steps[4].with.url playbook-value-url-secret"],
    );
    check_change(
        with,
        "with: { url: \"{{ page }}\", status: ok }",
        &["35:40 steps[4].with.status playbook-value-number"],
    );
    check_change(
        with,
        "with: { url: \"{{ page }}\", status: '200' }",
        &["35:40 steps[4].with.status config-quoted-number"],
    );
    check_change(
        with,
        "with: { url: \"{{ page }}\", status: 99 }",
        &["35:40 steps[4].with.status playbook-value-number-range"],
    );
}

#[test]
fn numbers_and_durations_keep_within_the_bounds_of_their_parameter() {
    check_change(
        "action: gate\n",
        "action: gate\n    with: { expires: 30 }\n",
        &["13:22 steps[0].with.expires playbook-value-duration-unit"],
    );
    check_change(
        "action: gate\n",
        "action: gate\n    with: { expires: soon }\n",
        &["13:22 steps[0].with.expires playbook-value-duration"],
    );
    check_change(
        "action: gate\n",
        "action: gate\n    with: { expires: 8d }\n",
        &["13:22 steps[0].with.expires playbook-value-duration-range"],
    );
    check_change(
        "action: gate\n",
        "action: gate\n    with: { approvals: 0 }\n",
        &["13:24 steps[0].with.approvals playbook-value-number-range"],
    );
    check_change(
        "with: { set: \"{{ set }}\" }",
        "with: { set: newest }",
        &[
            "8:3 inputs.set config-playbook-unused-input",
            "23:18 steps[2].with.set playbook-value-set",
        ],
    );
    let snapshot = "action: restore.stage\n    with: { set: \"{{ set }}\" }";
    check_change(
        snapshot,
        "action: snapshot\n    with: { a: '{{ set }}' }",
        &["23:13 steps[2].with.a config-playbook-unknown-parameter"],
    );
}

#[test]
fn values_of_every_type_are_held_to_it() {
    for (action, with, id) in [
        ("tcp.refused", "{ host: 'a b', port: 5432 }", "playbook-value-host"),
        ("tcp.refused", "{ host: db1, port: 0 }", "playbook-value-number-range"),
        ("tcp.refused", "{ host: db1, port: 65536 }", "playbook-value-number-range"),
        (
            "postgres.writable",
            "{ dsn: 'host=h password=x dbname=d' }",
            "playbook-value-dsn-password",
        ),
        ("postgres.writable", "{ dsn: 'host=h' }", "playbook-value-dsn-database"),
        ("postgres.writable", "{ dsn: 'host=a,b dbname=d' }", "playbook-value-dsn-hosts"),
        ("postgres.writable", "{ dsn: 'dbname=d options=-cx' }", "playbook-value-dsn-options"),
        (
            "postgres.writable",
            "{ dsn: 'host=h dbname=d sslmode=require' }",
            "playbook-value-dsn-tls",
        ),
        ("postgres.writable", "{ dsn: 'db1' }", "playbook-value-dsn"),
        ("postgres.writable", "{ dsn: 'dbname=d', password-file: x }", "playbook-value-path"),
        ("postgres.writable", "{ dsn: 'dbname=d', password-file: /a/../b }", "playbook-value-path"),
        ("postgres.writable", "{ dsn: 'dbname=d', password-file: $HOME/b }", "playbook-value-path"),
        ("http.answers", "{ url: http://h, contains: \"a\\nb\" }", "playbook-value-lines"),
        ("command.says", "{ command: systemctl stop x, contains: y }", "playbook-value-line"),
        ("command.says", "{ command: [systemctl stop x], contains: y }", "playbook-value-line"),
        ("command.says", "{ command: [bin/x], contains: y }", "playbook-value-program"),
        ("command.says", "{ command: [''], contains: y }", "playbook-value-no-program"),
        ("command.says", "{ command: [], contains: y }", "config-too-few"),
        ("command.says", "{ command: [a, [b]], contains: y }", "config-wrong-kind"),
        ("command.says", "{ command: { a: b }, contains: y }", "config-wrong-kind"),
        ("command.says", "{ command: \"x\\ty\", contains: y }", "playbook-value-lines"),
        (
            "command.says",
            "{ command: ['{{ set }}', \"x\\n\"], contains: y }",
            "playbook-value-lines",
        ),
        ("command.says", "{ command: x, contains: [y] }", "config-wrong-kind"),
    ] {
        let yaml = SMALL
            .replace("action: http.answers\n", &format!("action: {action}\n"))
            .replace("with: { url: \"{{ page }}\" }", &format!("with: {with}"));
        let found = told(&load(&yaml).unwrap_err().list);
        assert!(found.len() == 1 && found[0].starts_with("35:"), "{with}: {found:?}");
        assert!(found[0].ends_with(id), "{with}: {found:?}");
    }
    let long = "x".repeat(1001);
    check_change(
        "[notify, \"{{ portal }}\"]",
        &format!("[notify, {long}]"),
        &["29:31 steps[3].with.command[1] playbook-value-long"],
    );
    let many = vec!["x"; 101].join(", ");
    let found = load(&changed("[notify, \"{{ portal }}\"]", &format!("[{many}]")));
    assert_eq!(told(&found.unwrap_err().list), ["29:22 steps[3].with.command config-too-many"]);
}

#[test]
fn a_line_with_a_password_is_not_quoted() {
    let yaml = changed(
        "url: \"{{ page }}\" }\n    timeout: 1m",
        "url: \"http://u:p@h/\" }\n    timeout: 1m",
    );
    let problems = load(&yaml).unwrap_err().list;
    assert!(problems[0].excerpt.is_none(), "{problems:?}");
}

#[test]
fn inputs_exist_and_fit_where_they_are_used() {
    let command = "[notify, \"{{ portal }}\"]";
    let at = "29:22 steps[3].with.command";
    let part = "29:31 steps[3].with.command[1]";
    for (new, expected) in [
        ("'{{ clos }}'", format!("{at} config-playbook-unknown-input")),
        ("'{{ page }}'", format!("{at} config-playbook-input-kind")),
        ("'{{ close }} now'", format!("{at} playbook-value-line")),
        ("'{{ close }'", format!("{at} config-playbook-braces")),
        ("'{{ close'", format!("{at} config-playbook-braces")),
        ("'close }}'", format!("{at} config-playbook-braces")),
        ("'}} {{ close }}'", format!("{at} config-playbook-braces")),
        ("'{{{ close }}}'", format!("{at} config-playbook-braces")),
        ("'{{ }}'", format!("{at} config-playbook-braces")),
        ("'{{ two words }}'", format!("{at} config-playbook-braces")),
        ("[notify, 'x{{ close }}']", format!("{part} config-playbook-input-in-text")),
        ("[notify, '{{ nobody }}']", format!("{part} config-playbook-unknown-input")),
        ("[notify, '{{ page }']", format!("{part} config-playbook-braces")),
    ] {
        let found = told(&load(&changed(command, new)).unwrap_err().list);
        assert_eq!(found, [expected], "{new}");
    }
    let with = "with: { url: \"{{ page }}\" }";
    for (new, id) in [
        ("with: { url: '{{ set }}' }", "config-playbook-input-kind"),
        ("with: { url: '{{ close }}' }", "config-playbook-input-kind"),
        ("with: { url: 'http://{{ close }}/' }", "config-playbook-input-in-text"),
        (
            "with: { url: 'http://{{ portal }}/', status: '{{ page }}' }",
            "config-playbook-input-kind",
        ),
        (
            "with: { url: 'http://{{ portal }}/', status: '{{ portal }}' }",
            "config-playbook-whole-input",
        ),
        (
            "with: { url: 'http://{{ portal }}/', status: '2{{ page }}' }",
            "config-playbook-whole-input",
        ),
    ] {
        let found = told(&load(&changed(with, new)).unwrap_err().list);
        assert!(found.len() == 1 && found[0].ends_with(id), "{new}: {found:?}");
    }
    check_change(
        "with: { url: \"{{ page }}\" }",
        "with: { url: {{ page }} }",
        &["35:18 steps[4].with.url config-wrong-kind", "35:19 - config-complex-key"],
    );
}

#[test]
fn inputs_are_declared_well() {
    let page = "page: { type: url, about: { vi: Trang, en: Page } }";
    check_change(
        page,
        "page: { type: uri, about: { vi: Trang, en: Page } }",
        &["7:17 inputs.page.type config-unknown-word"],
    );
    check_change(
        page,
        "page: { type: url, about: { vi: Trang } }",
        &["7:29 inputs.page.about config-missing-key"],
    );
    check_change(
        page,
        "page: { type: url, default: page, about: { vi: Trang, en: Page } }",
        &["7:31 inputs.page.default playbook-value-url"],
    );
    check_change(
        page,
        "page: { type: url, default: 'http://{{ portal }}/', about: { vi: T, en: P } }",
        &["7:31 inputs.page.default config-playbook-braces-in-default"],
    );
    check_change(
        "type: command, about",
        "type: command, default: a b, about",
        &["6:36 inputs.close.default playbook-value-line"],
    );
    check_change(
        "  page: {",
        "  portal: {",
        &[
            "7:3 inputs.portal config-playbook-portal-input",
            "18:51 steps[1].proof[0].with.url config-playbook-unknown-input",
            "35:18 steps[4].with.url config-playbook-unknown-input",
        ],
    );
    check_change(
        "  page: {",
        "  Page: {",
        &[
            "7:3 inputs.Page config-id",
            "18:51 steps[1].proof[0].with.url config-playbook-unknown-input",
            "35:18 steps[4].with.url config-playbook-unknown-input",
        ],
    );
    check_change(
        "steps:\n",
        "  nobody: { type: text, about: { vi: A, en: B } }\nsteps:\n",
        &["9:3 inputs.nobody config-playbook-unused-input"],
    );
    check_change(
        "  page: {",
        "  close: {",
        &[
            "7:3 - config-duplicate-key",
            "18:51 steps[1].proof[0].with.url config-playbook-unknown-input",
            "35:18 steps[4].with.url config-playbook-unknown-input",
        ],
    );
    // Only an action finds out which set is meant.
    let yaml =
        changed("set: \"{{ set }}\"", "set: latest").replace("\"{{ portal }}\"", "\"{{ set }}\"");
    check(&yaml, &["8:3 inputs.set config-playbook-set-nowhere"]);
}

#[test]
fn what_changes_something_says_once_how_it_is_taken_back() {
    let undo = "    no-return: { vi: Đã báo, en: Told }\n";
    check_change(undo, "", &["26:5 steps[3] config-playbook-no-compensation"]);
    check_change(
        undo,
        "    no-return: { vi: A, en: B }\n    cannot-compensate: { vi: A, en: B }\n",
        &["26:5 steps[3] config-one-of"],
    );
    check_change(
        undo,
        "    no-return: { vi: A }\n",
        &["31:16 steps[3].no-return config-missing-key"],
    );
    for action in ["gate", "fence", "snapshot", "http.answers", "postgres.promote"] {
        let new = format!("compensate: {{ action: {action} }}");
        check_change(
            "compensate: { action: restore.unstage }",
            &new,
            &["25:27 steps[2].compensate.action config-playbook-compensation-action"],
        );
    }
    for action in ACTIONS.iter().filter(|one| one.action.compensates()) {
        let new = format!("compensate: {{ action: {} }}", action.name);
        let found = load(&changed("compensate: { action: restore.unstage }", &new));
        let found = found.map_or_else(|problems| told(&problems.list), |_| Vec::new());
        assert!(!found.iter().any(|one| one.ends_with("-action")), "{found:?}");
    }
    for key in [
        "compensate: { action: restore.unstage }",
        "cannot-compensate: { vi: A, en: B }",
        "no-return: { vi: A, en: B }",
    ] {
        let name = key.split(':').next().unwrap();
        let yaml = changed("action: http.answers\n", &format!("action: http.answers\n    {key}\n"));
        let found = told(&load(&yaml).unwrap_err().list);
        let at = format!("35:{} steps[4].{name} config-playbook-nothing-to-undo", name.len() + 7);
        assert!(found.contains(&at), "{found:?}");
        let yaml = changed("action: gate\n", &format!("action: gate\n    {key}\n"));
        let found = told(&load(&yaml).unwrap_err().list);
        let at = format!("13:{} steps[0].{name} config-playbook-gate-key", name.len() + 7);
        assert!(found.contains(&at), "{found:?}");
    }
}

#[test]
fn a_key_that_means_nothing_beside_its_action_is_refused() {
    for key in ["timeout: 1m", "attempts: 2", "idempotent: true", "done-when: []", "proof: []"] {
        let name = key.split(':').next().unwrap();
        let at = format!("13:{} steps[0].{name} config-playbook-gate-key", name.len() + 7);
        check_change("action: gate\n", &format!("action: gate\n    {key}\n"), &[&at]);
    }
    for action in ["fence", "restore.stage", "http.answers"] {
        let yaml = SMALL.replace(
            &format!("    action: {action}\n"),
            &format!("    action: {action}\n    idempotent: true\n"),
        );
        let found = told(&load(&yaml).unwrap_err().list);
        assert!(found.len() == 1 && found[0].ends_with("idempotent-known"), "{found:?}");
    }
    let proof = "timeout: 10s\n    proof: [{ observe: portal.healthy }]";
    check_change("timeout: 10s", proof, &["31:12 steps[3].proof config-playbook-proof-not-fence"]);
    check_change(
        "timeout: 10s",
        "timeout: 10s\n    idempotent: yes",
        &["31:17 steps[3].idempotent config-unknown-word"],
    );
}

#[test]
fn only_what_may_be_done_again_is_tried_again() {
    check_change(
        "timeout: 10s",
        "timeout: 10s\n    attempts: 2",
        &["31:15 steps[3].attempts config-playbook-attempts"],
    );
    check_change(
        "timeout: 10s",
        "timeout: 10s\n    attempts: 2\n    idempotent: false",
        &["31:15 steps[3].attempts config-playbook-attempts"],
    );
    check_change("timeout: 10s", "timeout: 10s\n    attempts: 2\n    idempotent: true", &[]);
    check_change("timeout: 1h", "timeout: 1h\n    attempts: 10", &[]);
    check_change(
        "timeout: 1h",
        "timeout: 1h\n    attempts: 11",
        &["25:15 steps[2].attempts config-number-range"],
    );
    check_change(
        "timeout: 1h",
        "timeout: 1h\n    attempts: 0",
        &["25:15 steps[2].attempts config-number-range"],
    );
}

#[test]
fn every_step_has_a_time_limit_that_somebody_wrote() {
    check_change("    timeout: 1h\n", "", &["20:5 steps[2] config-playbook-no-timeout"]);
    check_change("timeout: 1h", "timeout: 73h", &["24:14 steps[2].timeout config-duration-range"]);
    check_change("timeout: 1h", "timeout: 0s", &["24:14 steps[2].timeout config-duration-range"]);
    check_change(
        "restore.unstage }",
        "restore.unstage, timeout: 4d }",
        &["25:53 steps[2].compensate.timeout config-duration-range"],
    );
}

#[test]
fn a_fence_is_proven_by_observations_on_another_path() {
    let proof =
        "    proof: [{ observe: http.answers, with: { url: \"{{ page }}\", status: 503 } }]\n";
    check_change(proof, "", &["13:5 steps[1] config-playbook-no-proof"]);
    check_change(proof, "    proof: []\n", &["18:12 steps[1].proof config-too-few"]);
    check_change(
        proof,
        "    proof: [{ observe: snapshot }]\n",
        &["18:24 steps[1].proof[0].observe config-playbook-not-observation"],
    );
    check_change(
        proof,
        "    proof: [{ with: {} }]\n",
        &["18:13 steps[1].proof[0] config-missing-key"],
    );
    let own = "    proof: [{ observe: command.says, with: { command: COMMAND, contains: off } }]\n";
    for (fence, command, refused) in [
        ("\"{{ close }}\"", "'{{ close }}'", true),
        ("\"{{ close }}\"", "[cat, x]", false),
        ("[fence, off, \"{{ page }}\"]", "[/usr/sbin/fence, status]", true),
        ("[/opt/fence, '{{ close }}']", "/opt/fence", true),
        ("[/opt/fence, '{{ close }}']", "['{{ close }}']", false),
        ("['{{ page }}', '{{ close }}']", "['{{ page }}', x]", true),
    ] {
        let yaml = changed(proof, &own.replace("COMMAND", command))
            .replace("with: { command: \"{{ close }}\" }", &format!("with: {{ command: {fence} }}"))
            .replace("[notify, \"{{ portal }}\"]", "[notify, '{{ close }}']");
        let expected = ["18:13 steps[1].proof[0] config-playbook-proof-same-program"];
        check(&yaml, if refused { &expected } else { &[] });
    }
}

#[test]
fn looks_only_look() {
    check_change(
        "timeout: 10s",
        "timeout: 10s\n    done-when: [{ observe: command }]",
        &["31:28 steps[3].done-when[0].observe config-playbook-not-observation"],
    );
    check_change(
        "timeout: 10s",
        "timeout: 10s\n    done-when: [{ observe: portal.helthy }]",
        &["31:28 steps[3].done-when[0].observe config-playbook-unknown-action"],
    );
    check_change(
        "restore.unstage }",
        "restore.unstage, done-when: [{ observe: fence }] }",
        &["25:67 steps[2].compensate.done-when[0].observe config-playbook-not-observation"],
    );
}

#[test]
fn steps_are_named_once_and_need_what_there_is() {
    check_change("step: stage", "step: ask", &["20:11 steps[2].step config-playbook-step-taken"]);
    let needs = |list: &str| format!("action: gate\n    needs: {list}\n");
    check_change(
        "action: gate\n",
        &needs("[stag]"),
        &["13:13 steps[0].needs[0] config-playbook-unknown-step"],
    );
    check_change(
        "action: gate\n",
        &needs("[ask]"),
        &["13:13 steps[0].needs[0] config-playbook-needs-itself"],
    );
    check_change(
        "action: gate\n",
        &needs("[stage, stage]"),
        &["13:20 steps[0].needs[1] config-twice"],
    );
    check_change("action: gate\n", &needs("stage"), &["13:12 steps[0].needs config-wrong-kind"]);
    check_change("action: gate\n", &needs("[]"), &["13:12 steps[0].needs config-too-few"]);
}

#[test]
fn a_circle_is_named_in_full() {
    let yaml = changed("action: fence\n", "action: fence\n    needs: [tell]\n")
        .replace("action: restore.stage\n", "action: restore.stage\n    needs: [fence]\n")
        .replace("action: command\n", "action: command\n    needs: [stage]\n");
    let problems = load(&yaml).unwrap_err().list;
    assert_eq!(told(&problems), ["24:13 steps[2].needs[0] config-playbook-cycle"]);
    assert!(format!("{problems:?}").contains("fence → tell → stage → fence"), "{problems:?}");
    let yaml = changed("action: gate\n", "action: gate\n    needs: [fence]\n")
        .replace("action: fence\n", "action: fence\n    needs: [ask]\n")
        .replace("action: restore.stage\n", "action: restore.stage\n    needs: [tell]\n")
        .replace("action: command\n", "action: command\n    needs: [stage]\n");
    let problems = load(&yaml).unwrap_err().list;
    let cycles = problems.iter().filter(|one| one.message.id == "config-playbook-cycle");
    assert_eq!(cycles.count(), 2);
}

#[test]
fn nothing_is_promoted_before_a_fence() {
    let promote = "  - step: promote
    title: { vi: Nâng, en: Promote }
    action: postgres.promote
    with: { dsn: 'host=h dbname=d' }
    timeout: 1m
    no-return: { vi: A, en: B }
";
    let look = "  - step: tell\n    title: { vi: Báo, en: Tell }\n";
    let after = changed(look, &format!("{promote}{look}"));
    check(&after, &[]);
    let fence = "  - step: fence\n    title: { vi: Cô lập, en: Fence }\n";
    let before = changed(fence, &format!("{promote}{fence}"));
    check(
        &before,
        &[
            "15:13 steps[1].action config-playbook-promote-unfenced",
            "31:17 steps[3].compensate config-playbook-compensate-too-late",
        ],
    );
    // Needs bring the fence before it.
    let needed = before.replace(
        "action: postgres.promote\n",
        "action: postgres.promote\n    needs: [stage, fence]\n",
    );
    check(&needed, &[]);
    for (old, new) in [
        ("action: fence\n    with", "action: command\n    with"),
        ("no-return: { vi: A, en: B }", "cannot-compensate: { vi: A, en: B }"),
        ("no-return: { vi: A, en: B }", "compensate: { action: restore.unstage }"),
    ] {
        let yaml = after.replace(old, new);
        let found = told(&load(&yaml).unwrap_err().list);
        let id = if new.starts_with("action") { "promote-unfenced" } else { "must-no-return" };
        assert!(found.iter().any(|one| one.ends_with(id)), "{new}: {found:?}");
    }
    let silent = after.replace("    no-return: { vi: A, en: B }\n", "");
    check(&silent, &["26:5 steps[3] config-playbook-must-no-return"]);
    // A fence that cannot be understood is not told as one that is missing.
    let found = told(&load(&after.replace("action: fence\n", "action: fense\n")).unwrap_err().list);
    assert_eq!(found, ["15:13 steps[1].action config-playbook-unknown-action"]);
}

#[test]
fn behind_the_point_of_no_return_nothing_is_taken_back_or_refused() {
    let yaml =
        changed("cannot-compensate: { vi: Không, en: Never }", "no-return: { vi: A, en: B }");
    check(&yaml, &["25:17 steps[2].compensate config-playbook-compensate-too-late"]);
    let yaml = changed("action: gate\n", "action: gate\n    needs: [tell]\n");
    check(&yaml, &["12:13 steps[0].action config-playbook-gate-too-late"]);
}

#[test]
fn a_playbook_is_no_longer_than_a_person_can_follow() {
    let look =
        "  - { step: look-N, title: { vi: A, en: B }, action: portal.healthy, timeout: 1s }\n";
    let steps = |count: usize| -> String {
        (0..count).fold(SMALL.to_owned(), |yaml, i| yaml + &look.replace('N', &i.to_string()))
    };
    check(&steps(STEPS_MAX - 5), &[]);
    check(&steps(STEPS_MAX - 4), &["9:1 steps config-too-many"]);
    let input = "  in-N: { type: text, about: { vi: A, en: B } }\n";
    let declared =
        (0..INPUTS_MAX - 2).fold(String::new(), |all, i| all + &input.replace('N', &i.to_string()));
    let used =
        (0..INPUTS_MAX - 2).fold(String::new(), |all, i| all + &format!(", '{{{{ in-{i} }}}}'"));
    let yaml = changed("steps:\n", &format!("{declared}steps:\n"))
        .replace("\"{{ portal }}\"", &format!("x{used}"));
    check(&yaml, &["5:1 inputs config-too-many"]);
}

#[test]
fn a_misspelt_word_is_answered_with_the_nearest_known_one() {
    for (old, new, nearest) in [
        ("action: http.answers\n", "action: http.answer\n", "http.answers"),
        ("observe: http.answers", "observe: http.anwsers", "http.answers"),
        ("with: { url: \"{{ page }}\" }", "with: { ulr: \"{{ page }}\" }", "url"),
        ("with: { url: \"{{ page }}\" }", "with: { url: \"{{ pgae }}\" }", "page"),
        ("\"{{ portal }}\"", "\"{{ protal }}\"", "portal"),
        ("action: gate\n", "action: gate\n    needs: [fense]\n", "fence"),
        ("cannot-compensate:", "canot-compensate:", "cannot-compensate"),
        ("type: command", "type: comand", "command"),
    ] {
        let problems = load(&changed(old, new)).unwrap_err();
        let hint = problems
            .list
            .into_iter()
            .find_map(|problem| problem.hint.filter(|hint| hint.id == "config-did-you-mean-hint"));
        let hint = format!("{:?}", hint.unwrap_or_else(|| panic!("{new}: a suggestion")));
        assert!(hint.contains(&format!("Text({nearest:?})")), "{hint}");
    }
}
