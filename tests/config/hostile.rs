//! Files that nobody should write: refused with a place, never a panic, never a flood.

use std::path::Path;

use duphong::config::problem::PROBLEMS_MAX;
use duphong::config::{DEPTH_MAX, FILE_BYTES_MAX, check_text};
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{collection, sample};

use super::{SMALL, check, load, told};

/// The first problem alone: broken YAML has others in its wake.
#[track_caller]
fn check_first(bytes: &[u8], expected: &str) {
    let problems = check_text(bytes, Path::new("/etc/duphong.yaml"), None).unwrap_err();
    assert_eq!(told(&problems.list[..1]), [expected]);
    assert!(problems.list[0].hint.is_some(), "{expected}: no hint");
}

#[test]
fn mistakes_of_yaml_are_named_as_a_person_makes_them() {
    let mut wrong = Vec::new();
    for (yaml, expected) in [
        ("site:\n\tid: mau\n", "2:1 - config-tab"),
        ("site:\n  id: mau\n  \tname: x\n", "3:3 - config-tab"),
        ("state: 'x\nsite: 1\n", "1:8 - config-open-quote"),
        ("state: 'x\n", "1:8 - config-open-quote"),
        ("state: 'it's'\n", "1:12 - config-after-quote"),
        ("state: \"\\q\"\n", "1:8 - config-escape"),
        ("state: [a, b\n\n\n", "1:13 - config-open-bracket"),
        ("state: [a, b\nsite: x\n", "2:5 - config-open-bracket"),
        ("state: [c]]\n", "1:11 - config-open-bracket"),
        ("site: {{{{", "1:11 - config-open-bracket"),
        ("state: - x\n", "1:8 - config-list-here"),
        ("state: {a: b\nsite: c}\n", "2:5 - config-open-bracket"),
        ("state: a: b\n", "1:9 - config-colon"),
        ("state: x\nportals\n", "2:1 - config-no-colon"),
        ("site:\n  name: x\n  id\n  # chú thích\n\nstate: x\n", "3:3 - config-no-colon"),
        ("site:\n  id:x\n", "1:1 site config-wrong-kind"),
        ("state: @x\n", "1:8 - config-start-character"),
        ("state: `x`\n", "1:8 - config-start-character"),
        ("site:\n   id: x\n  name: y\n", "3:3 - config-indentation"),
        ("state: x\n---\nstate: y\n", "2:1 - config-several-documents"),
        ("state: x\n...\nstate: y\n", "3:1 - config-several-documents"),
        ("state: &a x\nsite: *a\n", "1:8 - config-alias"),
        ("state: *a\n", "1:8 - config-alias"),
        ("<<: { state: x }\n", "1:1 - config-merge-key"),
        ("state: !!str x\n", "1:8 - config-tag"),
        ("? [a]\n: b\n", "1:3 - config-complex-key"),
        ("state: {{ x }}\n", "1:9 - config-complex-key"),
        ("state: x\nstate: y\n", "2:1 - config-duplicate-key"),
        ("", "1:1 - config-empty"),
        ("# chỉ có chú thích\n", "1:1 - config-empty"),
        ("~\n", "1:1 - config-empty"),
    ] {
        let bytes = yaml.as_bytes();
        let problems = check_text(bytes, Path::new("/etc/duphong.yaml"), None).unwrap_err();
        let told = told(&problems.list);
        if !told.contains(&expected.to_owned()) {
            wrong.push(format!("{yaml:?}: {told:?}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn structural_problems_are_all_collected() {
    let yaml = SMALL
        .replace("state: /var", "site: 2\nstate: !x /var")
        .replace("kind: cong", "kind: &k cong\n    kind: trang");
    check(
        &yaml,
        &[
            "2:1 - config-duplicate-key",
            "3:8 - config-tag",
            "8:11 - config-alias",
            "9:5 - config-duplicate-key",
        ],
    );
}

#[test]
fn what_is_not_text_is_refused_where_it_stops_being_text() {
    check_first(b"state: x\nsite: a\xff\n", "2:8 - config-not-utf8");
    check_first("state: ắ\u{0}\n".as_bytes(), "1:9 - config-control-character");
    check_first(b"state: x\x1b[2J\n", "1:9 - config-control-character");
    check_first("\u{FEFF}state: x\n".as_bytes(), "1:1 - config-byte-order-mark");
    let nul = SMALL.replace("drill", "\0drill");
    check_first(nul.as_bytes(), "16:5 - config-control-character");
}

#[test]
fn bombs_do_not_go_off() {
    let laughs = (1..12).fold("a0: &a0 lol\n".to_owned(), |bomb, i| {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        format!("{bomb}a{i}: &a{i} [{aliases}]\n")
    });
    check_first(laughs.as_bytes(), "1:1 - config-missing-key");
    let told = told(&load(&laughs).unwrap_err().list);
    assert!(told.contains(&"2:10 - config-alias".to_owned()), "{told:?}");
    check_first("[".repeat(100_000).as_bytes(), "1:256 - config-too-deep");
    check_first("{".repeat(100_000).as_bytes(), "1:256 - config-too-deep");
    check_first("- ".repeat(100_000).as_bytes(), "1:33 - config-too-deep");
    check_first("? ".repeat(100_000).as_bytes(), "1:33 - config-too-deep");
    let stairs = (0..500).fold(String::new(), |all, i| all + &" ".repeat(i) + "a:\n");
    check_first(stairs.as_bytes(), &format!("{n}:{n} - config-too-deep", n = DEPTH_MAX + 1));
}

#[test]
fn a_large_file_is_refused_and_a_long_value_is_not_repeated() {
    let comment = format!("#{}\n{SMALL}", "x".repeat(FILE_BYTES_MAX));
    check_first(comment.as_bytes(), "1:1 - config-too-large");
    let long = "x".repeat(FILE_BYTES_MAX / 2);
    for yaml in [
        SMALL.replace("kind: cong", &format!("kind: {long}")),
        SMALL.replace("kind: cong", &format!("kind: cong\n    ? {long}\n    : 1")),
        SMALL.replace("rpo: 6h", &format!("rpo: {long}")),
    ] {
        let problems = load(&yaml).unwrap_err();
        assert!(format!("{problems:?}").len() < 10_000);
    }
}

#[test]
fn a_flood_of_problems_is_counted_and_cut() {
    let flood = (0..50_000).fold(String::new(), |all, i| all + "k" + &i.to_string() + ": 1\n");
    let problems = load(&flood).unwrap_err();
    assert_eq!(problems.list.len(), PROBLEMS_MAX);
    assert_eq!(problems.count(), 50_004);
    let same: String = "a: 1\n".repeat(100_000);
    assert!(load(&same).unwrap_err().count() >= 99_999);
}

#[test]
fn the_quoted_line_is_the_line_of_the_problem() {
    for yaml in [
        SMALL.replace("level: 3", "level: 9"),
        SMALL.replace('\n', "\r\n").replace("level: 3", "level: 9"),
    ] {
        let problem = load(&yaml).unwrap_err().list.remove(0);
        let excerpt = problem.excerpt.unwrap();
        assert_eq!((excerpt.text.as_str(), excerpt.caret), ("    level: 9", 11));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_or_read(bytes in collection::vec(any::<u8>(), 0..2000)) {
        let _either = check_text(&bytes, Path::new("/etc/duphong.yaml"), None);
    }

    #[test]
    fn any_yaml_like_text_is_refused_or_read(
        parts in collection::vec(sample::select(vec![
            "a", "site", "portals", ":", ": ", "- ", "\n", "\n  ", "\n    ", "{", "}", "[", "]",
            "'", "\"", "&a ", "*a", "!t ", "? ", "|\n", ">-\n", "#", "---\n", "...\n", "\t", "\r",
            "%YAML 1.2\n", "<<", ",", "é", "\u{85}", "\u{2028}", "~", "\\", "@",
        ]), 0..200),
    ) {
        let _either = load(&parts.concat());
    }

    #[test]
    fn a_damaged_example_is_refused_or_read_and_every_problem_lies_in_the_file(
        from in any::<sample::Index>(),
        length in 0usize..40,
        with in "[ -~\n\t]{0,10}",
    ) {
        let mut bytes = include_bytes!("../../config/example.yaml").to_vec();
        let start = from.index(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, with.bytes());
        let lines = bytes.split(|byte| *byte == b'\n').count();
        if let Err(problems) = check_text(&bytes, Path::new("/etc/duphong.yaml"), None) {
            assert!(!problems.list.is_empty());
            for problem in problems.list {
                assert!(problem.at.line as usize <= lines, "{problem:?}");
                assert!(problem.at.line > 0 && problem.at.column > 0, "{problem:?}");
            }
        }
    }
}
