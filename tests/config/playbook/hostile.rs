//! Playbooks that nobody should write: refused with a place, never a panic, never a flood.

use std::path::Path;

use duphong::config::playbook::{read, shipped};
use duphong::config::problem::{PROBLEMS_MAX, Problems};
use duphong::playbook::model::FILE_BYTES_MAX;
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{collection, sample};

use super::{SMALL, load, told};

/// The first problem alone: broken YAML has others in its wake.
#[track_caller]
fn check_first(bytes: &[u8], expected: &str) {
    let problems = read(bytes, Path::new("small.yaml")).unwrap_err();
    assert_eq!(told(&problems.list[..1]), [expected]);
    assert!(problems.list[0].hint.is_some(), "{expected}: no hint");
}

#[test]
fn what_hides_its_meaning_is_refused() {
    check_first(
        SMALL.replace("action: gate", "action: &a gate").as_bytes(),
        "12:13 - config-alias",
    );
    check_first(SMALL.replace("action: gate", "action: *a").as_bytes(), "12:13 - config-alias");
    check_first(SMALL.replace("action: gate", "<<: { action: gate }").as_bytes(), {
        "10:5 steps[0] config-missing-key"
    });
    check_first(SMALL.replace("action: gate", "action: !x gate").as_bytes(), "12:13 - config-tag");
    check_first(format!("{SMALL}---\n{SMALL}").as_bytes(), "37:1 - config-several-documents");
    check_first(SMALL.replace("version: 1", "version: 1\nversion: 1").as_bytes(), {
        "3:1 - config-duplicate-key"
    });
    check_first(
        SMALL.replace("vi: Nhỏ", "vi: Nh\u{0}").as_bytes(),
        "3:16 - config-control-character",
    );
    check_first(b"playbook: \xff\n", "1:11 - config-not-utf8");
    check_first(b"", "1:1 - config-empty");
    check_first("\u{FEFF}playbook: x\n".as_bytes(), "1:1 - config-byte-order-mark");
}

#[test]
fn what_could_exhaust_memory_is_refused() {
    check_first(&vec![b'{'; 10 * 1024 * 1024], "1:1 - config-playbook-too-large");
    check_first(&vec![b'{'; FILE_BYTES_MAX], "1:256 - config-too-deep");
    check_first(&b"- ".repeat(FILE_BYTES_MAX / 2), "1:33 - config-too-deep");
    let laughs = (1..12).fold("a0: &a0 lol\n".to_owned(), |bomb, i| {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        format!("{bomb}a{i}: &a{i} [{aliases}]\n")
    });
    assert!(told(&load(&laughs).unwrap_err().list).contains(&"2:10 - config-alias".to_owned()));
    let braces = SMALL.replace("\"{{ portal }}\"", &format!("'{}'", "{{".repeat(10_000)));
    let problems = load(&braces).unwrap_err();
    assert_eq!(told(&problems.list), ["29:31 steps[3].with.command[1] config-playbook-braces"]);
    assert!(format!("{problems:?}").len() < 10_000);
    let flood: String =
        (0..2500).fold(String::new(), |all, i| all + "k" + &i.to_string() + ": 1\n");
    let problems = load(&flood).unwrap_err();
    assert_eq!((problems.list.len(), problems.more > 2000), (PROBLEMS_MAX, true));
}

/// Every circle of a web in which every step needs every other, and no more than can be read.
#[test]
fn a_web_of_needs_is_told_without_end_in_sight() {
    let all: Vec<String> = (0..40).map(|i| format!("s{i}")).collect();
    let needs = all.join(",");
    let steps: Vec<String> = all
        .iter()
        .map(|id| {
            let look = "title: { vi: A, en: B }, action: portal.healthy, timeout: 1s";
            format!("  - {{ step: {id}, {look}, needs: [{needs}] }}\n")
        })
        .collect();
    let steps = steps.concat();
    let head = SMALL.split("inputs:").next().unwrap();
    let problems = load(&format!("{head}steps:\n{steps}")).unwrap_err();
    assert!(problems.count() > 40 && problems.list.len() <= PROBLEMS_MAX);
}

/// Every problem lies in the file.
fn check_places(problems: &Problems, bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n').count();
    assert!(!problems.list.is_empty());
    for problem in &problems.list {
        assert!(problem.at.line as usize <= lines, "{problem:?}");
        assert!(problem.at.line > 0 && problem.at.column > 0, "{problem:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_or_read(bytes in collection::vec(any::<u8>(), 0..2000)) {
        if let Err(problems) = read(&bytes, Path::new("x.yaml")) {
            assert!(!problems.list.is_empty());
        }
    }

    #[test]
    fn any_yaml_like_text_is_refused_or_read(
        parts in collection::vec(sample::select(vec![
            "playbook", "steps", "inputs", "action", "with", "proof", "needs", "fence", "command",
            ":", ": ", "- ", "\n", "\n  ", "\n    ", "{", "}", "{{ ", " }}", "{{", "}}", "[", "]",
            "'", "\"", "&a ", "*a", "!t ", "? ", "|\n", ">-\n", "#", "---\n", "\t", "<<", ",", "é",
            "~", "\\", "@", "portal", "1", "1m",
        ]), 0..200),
    ) {
        if let Err(problems) = load(&parts.concat()) {
            assert!(!problems.list.is_empty());
        }
    }

    /// What a slip of the hand makes of a shipped playbook reads or is refused at a place in it.
    #[test]
    fn a_damaged_shipped_playbook_is_refused_or_read(
        which in any::<sample::Index>(),
        from in any::<sample::Index>(),
        length in 0usize..40,
        with in "([ -~\n]{0,10}|\\{\\{ [a-z]{1,5} \\}\\}|[a-z]{2,8}: )",
    ) {
        let texts = shipped();
        let mut bytes = which.get(&texts).1.as_bytes().to_vec();
        let start = from.index(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, with.bytes());
        if let Err(problems) = read(&bytes, Path::new("x.yaml")) {
            check_places(&problems, &bytes);
        }
    }

    /// Lines left out, said twice or exchanged: what copying and pasting does.
    #[test]
    fn a_shipped_playbook_with_lines_moved_is_refused_or_read(
        which in any::<sample::Index>(),
        moves in collection::vec((any::<sample::Index>(), any::<sample::Index>(), 0..3), 1..4),
    ) {
        let texts = shipped();
        let mut lines: Vec<&str> = which.get(&texts).1.lines().collect();
        for (one, other, deed) in moves {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            match deed {
                0 => _ = lines.remove(one),
                1 => lines.insert(other, lines[one]),
                _ => lines.swap(one, other),
            }
        }
        let text = lines.join("\n");
        if let Err(problems) = load(&text) {
            check_places(&problems, text.as_bytes());
        }
    }
}
