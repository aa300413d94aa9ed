//! Statistics of repositories, by the program itself.

use serde_json::{Value, json};

use crate::cli::kit::Home;
use crate::cli::repair::{done, home, objects};

#[track_caller]
fn fits(out: &str) {
    for line in out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

fn stats(home: &Home) -> Value {
    home.json("repository stats")["result"]["repositories"][0].clone()
}

#[test]
fn what_a_repository_holds_is_told_in_both_languages_and_nothing_goes_on_record() {
    let vietnamese = home("vi");
    done(&vietnamese, "snapshot create --portal mau");
    let before = done(&vietnamese, "audit log")["entries"].as_array().unwrap().len();
    let told = vietnamese.run("repository stats");
    assert_eq!(told.code, 0, "{}{}", told.out, told.err);
    fits(&told.out);
    for words in ["Hệ số khử trùng lặp", "  media/tep", "Dọn kho sẽ giải phóng"] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
    assert!(!told.out.contains('≥'), "{}", told.out);
    let after = done(&vietnamese, "audit log")["entries"].as_array().unwrap().len();
    assert_eq!(before, after);

    let found = stats(&vietnamese);
    assert_eq!((&found["sets"], &found["at-least"]), (&json!(2), &json!(false)));
    let portal = &found["portals"][0];
    assert_eq!((&portal["portal"], &portal["sets"]), (&json!("mau"), &json!(2)));
    assert_eq!(portal["alone"], found["stored"]);
    assert_eq!(found["growth"]["days-7"], found["stored"], "all came today");
    assert_eq!(found["months"][0]["added"], found["stored"]);
    let media = portal["sources"].as_array().unwrap().iter();
    let media = media.clone().find(|one| one["source"] == "media/tep").unwrap();
    assert_eq!(media["newest"]["bytes"], json!(2_000_000));
    assert_eq!(media["restored"]["bytes"], json!(4_000_000));
    assert_eq!(media["deduplication"], json!(2.0));
    let packs = objects(&vietnamese, "data").len();
    assert_eq!(found["objects"]["data"]["count"], json!(packs));
    let dry = done(&vietnamese, "repository prune --dry-run");
    let plan = &dry["repositories"][0]["plan"];
    assert_eq!(found["prune"]["bytes-freed"], plan["bytes-freed"]);

    let english = home("en");
    let told = english.run("repository stats local");
    assert_eq!(told.code, 0, "{}{}", told.out, told.err);
    fits(&told.out);
    assert!(told.out.contains("Deduplication"), "{}", told.out);
    assert_eq!(english.run("repository stats nowhere").code, 2);
}

#[test]
fn what_cannot_be_counted_is_told_and_no_number_pretends() {
    let home = home("en");
    let largest = objects(&home, "data").into_iter().max_by_key(|at| at.metadata().unwrap().len());
    std::fs::remove_file(largest.unwrap()).unwrap();
    let told = home.run("repository stats");
    assert_eq!(told.code, 20, "{}{}", told.out, told.err);
    fits(&told.out);
    for words in ["Not everything could be counted", "≥", "not known", "media/tep"] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
    let found = stats(&home);
    assert_eq!((&found["at-least"], &found["prune"]), (&json!(true), &json!(null)));
    assert_eq!(found["uncounted"]["packs"], json!(1));
}
