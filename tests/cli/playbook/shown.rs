//! What people read: in both languages, 80 columns wide, nothing half translated.

use crate::cli::playbook::host::{Host, STEPS};

/// Letters that only Vietnamese writes.
const VIETNAMESE: &str = "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ";

fn is_vietnamese(text: &str) -> bool {
    text.to_lowercase().chars().any(|letter| VIETNAMESE.contains(letter))
}

/// Holds a page to its width, its language, and to having no message that nobody wrote.
#[track_caller]
fn check(host: &Host, line: &str) {
    for language in ["vi", "en"] {
        let answer = host.run(&format!("{line} --lang {language}"));
        for (name, text) in [("out", &answer.out), ("err", &answer.err)] {
            for id in ["playbook-", "view-", "label-", "fault-", "approval-", "{", "}", "help-"] {
                // The names of playbooks and steps are the test's own and hold none of these.
                assert!(!text.contains(id), "{line} {language}: `{id}` in {text}");
            }
            let data = |text: &str| {
                ["Tắt rồi mở lại", "Người", "bị hỏng"]
                    .iter()
                    .fold(text.to_owned(), |text, known| text.replace(known, ""))
            };
            if language == "en" {
                assert!(!is_vietnamese(&data(text)), "{line}: half translated: {text}");
            } else if !text.trim().is_empty() {
                assert!(is_vietnamese(text), "{line}: not translated: {text}");
            }
            // Errors and warnings stand on one line, as everywhere; paths are never cut.
            let may_be_long = |line: &&str| name == "err" || line.contains('/');
            let wide: Vec<_> = text
                .lines()
                .filter(|line| line.chars().count() > 80 && !may_be_long(line))
                .collect();
            assert!(wide.is_empty(), "{line} {language}: wider than a terminal: {wide:#?}");
        }
    }
}

#[test]
fn every_page_speaks_one_language_in_80_columns() {
    let host = Host::new("vi");
    host.playbook("tat-mo", STEPS);
    let effects = host.path("effects");
    for line in [
        "playbook list",
        "playbook check tat-mo",
        "playbook plan tat-mo --portal mau",
        "playbook show 1",
        "playbook approve 1 --key binh",
    ] {
        check(&host, line);
    }
    host.begin("tat-mo");
    for line in [
        "playbook show 1",
        "playbook list",
        "playbook approve 1 --key an",
        "playbook approve 1 --key la",
        "playbook run tat-mo --portal mau",
        "playbook resume 1",
        "playbook resume 1 --step close --answer done --reason x",
        "status",
    ] {
        check(&host, line);
    }
    assert_eq!(std::fs::read_to_string(effects).unwrap(), "");
    host.done("playbook approve 1 --key binh");
    host.write("kill-after-do-close", "");
    assert_eq!(host.run("playbook resume 1").code, -1);
    check(&host, "playbook show 1");
    check(&host, "status");
    host.done("playbook resume 1 --step close --answer done --reason saw");
    check(&host, "playbook show 1");
    check(&host, "playbook list --all");
    for (number, language) in [(2, "vi"), (3, "en")] {
        host.begin("tat-mo");
        host.done(&format!("playbook approve {number} --key binh"));
        host.effect_fails("work");
        let ended = host.run(&format!("playbook resume {number} --lang {language}"));
        assert_eq!(ended.code, 1);
        check(&host, &format!("playbook show {number}"));
    }
}

#[test]
fn a_plan_says_first_and_last_that_nothing_was_changed() {
    let host = Host::new("vi");
    host.playbook("tat-mo", STEPS);
    let before = host.entries();
    for (language, words) in [("vi", "CHƯA THAY ĐỔI GÌ"), ("en", "NOTHING HAS BEEN CHANGED")] {
        let plan = host.run(&format!("playbook plan tat-mo --portal mau --lang {language}"));
        assert_eq!(plan.code, 0, "{}", plan.err);
        let said: Vec<_> = plan.out.lines().filter(|line| line.contains(words)).collect();
        assert_eq!(said.len(), 2);
        assert!(plan.out.starts_with(words));
        assert!(plan.out.trim_end().lines().last().unwrap().starts_with(words));
        let command = format!("{} close", host.path("effect").display());
        assert!(plan.out.contains(&command), "every command, exactly: {}", plan.out);
    }
    assert_eq!(host.entries(), before, "a plan leaves nothing in the log");
    assert_eq!(host.effects(), [""; 0]);
}

#[test]
fn a_run_is_told_live_on_standard_error() {
    let host = Host::new("en");
    host.playbook("tat-mo", STEPS);
    host.begin("tat-mo");
    host.done("playbook approve 1 --key binh");
    let told = host.run("playbook resume 1");
    assert_eq!(told.code, 0);
    for words in ["[2/4] Close the portal (close)", "[2/4] close: done in", "finished after"] {
        assert!(told.err.contains(words), "`{words}` in {}", told.err);
    }
    assert!(told.err.lines().all(|line| line.chars().count() <= 80), "{}", told.err);
    let quiet = host.run("playbook show 1 --quiet");
    assert_eq!(quiet.err, "");
}
