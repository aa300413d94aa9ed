//! `snapshot find` and `snapshot diff`: from a name to a file in two commands.

use std::fs;

use serde_json::{Value, json};

use crate::cli::kit::{Home, configuration};

/// Two sets: `giấy mời.pdf` was changed, `cũ.txt` removed, `mới.txt` added in between.
fn home() -> (Home, String, String) {
    let home = Home::new();
    home.write("duphong.yaml", &configuration("vi"));
    fs::create_dir_all(home.path().join("media/2026")).unwrap();
    home.write("media/2026/giấy mời.pdf", "một");
    home.write("media/2026/cũ.txt", "cũ");
    home.write("media/yên.txt", "yên");
    assert_eq!(home.run("init").code, 0);
    let take = || {
        let taken = home.json("snapshot create --portal mau");
        taken["result"]["sets"][0]["id"].as_str().unwrap().to_owned()
    };
    let first = take();
    home.write("media/2026/giấy mời.pdf", "hai hai");
    home.write("media/2026/mới.txt", "mới");
    fs::remove_file(home.path().join("media/2026/cũ.txt")).unwrap();
    let second = take();
    (home, first, second)
}

#[test]
fn a_lost_file_is_found_in_every_version_and_comes_back_by_the_printed_command() {
    let (home, first, second) = home();
    let found = home.json("snapshot find GIẤY --portal mau");
    let hits: Vec<_> = found["result"]["found"].as_array().unwrap().iter().collect();
    let versions: Vec<_> = hits.iter().map(|hit| (&hit["set"], &hit["size"])).collect();
    assert_eq!(
        versions,
        [(&json!(second), &json!(7)), (&json!(first), &json!(5))],
        "the newest version first: {found}"
    );
    // What is in both sets alike is told once, with the newest set that has it.
    let quiet = home.json("snapshot find *.txt --portal mau");
    let told: Vec<_> = quiet["result"]["found"].as_array().unwrap().iter().collect();
    let of = |name: &str| -> Vec<&Value> {
        told.iter().filter(|hit| hit["path"] == name).map(|hit| &hit["set"]).collect()
    };
    assert_eq!(of("media/tep/yên.txt"), [&json!(second)]);
    assert_eq!(of("media/tep/2026/cũ.txt"), [&json!(first)], "gone from the newest set");

    // The last line is the command; typed as it stands it brings the file.
    let answer = home.run("snapshot find cũ.txt --portal mau");
    let line = answer.out.lines().last().unwrap().trim().to_owned();
    let target = home.path().join("lay-ve");
    let line = line.replace("/tmp/phuc-hoi", target.to_str().unwrap());
    let words: Vec<_> = line.split(' ').skip(1).collect();
    let restored = home.command(&words).output().unwrap();
    assert!(restored.status.success(), "{line}: {}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(fs::read_to_string(target.join("media/tep/2026/cũ.txt")).unwrap(), "cũ");
    assert_eq!(home.run("snapshot find khong-co --portal mau").code, 1);
    assert_eq!(home.run("snapshot find cũ --portal mau --set latest").code, 1);
}

#[test]
fn two_sets_are_compared_file_by_file() {
    let (home, first, second) = home();
    let told = home.json(&format!("snapshot diff {first} {second} media"));
    let all = told["result"]["differences"].as_array().unwrap();
    let mut changes: Vec<_> = all
        .iter()
        .map(|one| (one["change"].as_str().unwrap(), one["path"].as_str().unwrap()))
        .collect();
    changes.sort_unstable();
    assert_eq!(
        changes,
        [
            ("added", "media/tep/2026/mới.txt"),
            ("content", "media/tep/2026/giấy mời.pdf"),
            ("removed", "media/tep/2026/cũ.txt"),
        ]
    );
    let content = all.iter().find(|one| one["change"] == "content").unwrap();
    assert_eq!((&content["size-before"], &content["size-after"]), (&json!(5), &json!(7)));
    let same = home.json(&format!("snapshot diff {first} {first}"));
    assert_eq!(same["result"]["differences"], json!([]));
}

#[test]
fn a_dry_run_prints_the_plan_and_what_is_not_known() {
    let (home, ..) = home();
    let answer = home.run("restore latest --portal mau --target moi --dry-run --lang en");
    assert_eq!(answer.code, 0, "{}", answer.err);
    for words in ["What is to be done", "never measured here", "free at", "Nothing was written"] {
        assert!(answer.out.contains(words), "{words}: {}", answer.out);
    }
    let json = home.json("restore latest --portal mau --target moi --dry-run");
    let plan = &json["result"]["plan"];
    assert_eq!((&plan["expected"], &plan["obstacles"]), (&Value::Null, &json!([])));
    assert!(plan["space"][0]["free"].as_u64() > plan["space"][0]["needed"].as_u64());
    let done = home.run("restore latest --portal mau --target moi --lang en");
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("What is to be done"), "told before it is done: {}", done.err);
    let json = home.json("restore latest --portal mau --target moi2 --dry-run");
    let expected = &json["result"]["plan"]["phases"][0]["expected"];
    assert_eq!(expected["measurements"], json!(1), "{json}");
}
