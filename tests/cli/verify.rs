//! Verifying a repository part by part, by the program itself.

use serde_json::{Value, json};

use crate::cli::kit::{Home, configuration};
use crate::cli::repair::{done, objects};

fn home(language: &str) -> Home {
    let home = Home::new();
    home.write("duphong.yaml", &configuration(language));
    std::fs::create_dir(home.path().join("media")).unwrap();
    for number in 0..6 {
        home.write("media/a.txt", &format!("bản {number}"));
        if number == 0 {
            done(&home, "init");
        }
        done(&home, "snapshot create --portal mau");
    }
    home
}

fn read_part(home: &Home) -> Value {
    done(home, "repository verify local --read-part 2")["repositories"][0].clone()
}

fn subjects(home: &Home) -> Vec<(String, String)> {
    let remarks = home.json("status")["result"]["remarks"].as_array().unwrap().clone();
    let words = remarks.iter().filter(|remark| remark["subject"] == "local");
    words.map(|remark| (remark["colour"].to_string(), remark["message"].to_string())).collect()
}

#[test]
fn each_time_the_part_unread_for_longest_is_read_and_the_status_says_what_never_was() {
    let home = home("en");
    let first = read_part(&home);
    assert_eq!(first["part"], json!({"number": 1, "of": 2, "read": 1, "since": null}));
    let partly = subjects(&home).into_iter().any(|(_, words)| words.contains("1 of 2 parts"));
    assert!(partly, "{:?}", subjects(&home));
    let second = read_part(&home);
    assert_eq!((&second["part"]["number"], &second["part"]["read"]), (&json!(2), &json!(2)));
    assert!(second["part"]["since"].is_string(), "{second}");
    let read = |one: &Value| one["bytes-read"].as_u64().unwrap();
    let bytes = done(&home, "repository verify local --read-data")["repositories"][0].clone();
    assert_eq!(read(&first) + read(&second), read(&bytes));
    assert!(!subjects(&home).into_iter().any(|(_, words)| words.contains("parts")));
    // All data was read at once: parts begin anew, and what was read then still counts.
    let third = read_part(&home);
    assert_eq!((&third["part"]["number"], &third["part"]["read"]), (&json!(1), &json!(1)));
    assert!(third["part"]["since"].is_string(), "{third}");
}

#[test]
fn damage_in_a_part_is_named_and_keeps_the_status_red_until_that_part_is_read_again() {
    let home = home("vi");
    let is_first = |path: &&std::path::PathBuf| {
        path.file_name().unwrap().to_str().unwrap().as_bytes()[0] < b'8'
    };
    let packs = objects(&home, "data");
    let damaged = packs.iter().find(is_first).unwrap();
    let whole = std::fs::read(damaged).unwrap();
    // In the header, which only whoever reads all of a pack looks at.
    let mut bytes = whole.clone();
    let header = bytes.len() - 10;
    bytes[header] ^= 1;
    std::fs::write(damaged, bytes).unwrap();
    let told = home.run("repository verify local --read-part 2");
    assert_eq!(told.code, 20, "{}", told.out);
    assert!(told.out.contains("Đã đọc phần 1/2"), "{}", told.out);
    let is_red = || subjects(&home).into_iter().any(|(colour, _)| colour.contains("red"));
    assert!(is_red());
    read_part(&home);
    assert!(is_red(), "another part says nothing about it");
    std::fs::write(damaged, whole).unwrap();
    read_part(&home);
    assert!(!is_red());
}

#[test]
fn parts_are_at_least_two_and_go_with_no_other_scope() {
    let home = home("en");
    for line in ["--read-part 1", "--read-part 366", "--read-part 2 --read-data"] {
        assert_eq!(home.run(&format!("repository verify local {line}")).code, 2, "{line}");
    }
}
