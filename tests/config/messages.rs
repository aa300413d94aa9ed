//! Every message that a problem names exists in both languages, and none is left over.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn ids_in_code() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for entry in fs::read_dir("src/config").unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        ids.extend(code.split('"').filter(|word| word.starts_with("config-")).map(str::to_owned));
        for code in code.split('"').filter(|word| {
            let prefix = word.split('.').next().unwrap_or_default();
            ["config", "secret"].contains(&prefix) && word.contains('.')
        }) {
            ids.insert(format!("fault-{}", code.replace('.', "-")));
        }
    }
    ids
}

fn ids_in_messages(language: &str) -> BTreeSet<String> {
    let file = Path::new("src/text/messages").join(language).join("config.ftl");
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| Some(line.split_once(" =")?.0.to_owned()))
        .collect()
}

#[test]
fn every_problem_has_words_in_both_languages_and_no_words_are_left_over() {
    assert_eq!(ids_in_code(), ids_in_messages("vi"));
    assert_eq!(ids_in_code(), ids_in_messages("en"));
}
