//! `drill trend` and `drill forecast` as a person and a script meet them.

use serde_json::json;

use crate::cli::kit::{Home, configuration};

/// A home with a set and as many drills.
fn drilled(drills: usize) -> Home {
    let home = Home::new();
    home.write("duphong.yaml", &configuration("vi"));
    std::fs::create_dir(home.path().join("media")).unwrap();
    home.write("media/a.txt", &"một dòng\n".repeat(1000));
    for line in ["init", "snapshot create --portal mau"] {
        assert_eq!(home.run(line).code, 0, "{line}");
    }
    for _ in 0..drills {
        assert_eq!(home.run("drill run --portal mau").code, 0);
    }
    home
}

/// What is said in both languages holds these words and is no wider than a terminal.
#[track_caller]
fn says(home: &Home, line: &str, code: i32, vi: &[&str], en: &[&str]) {
    for (language, words) in [("vi", vi), ("en", en)] {
        let answer = home.run(&format!("{line} --lang {language}"));
        assert_eq!(answer.code, code, "{line}: {}{}", answer.out, answer.err);
        let run_on = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(run_on.contains(word), "`{word}` in {}", answer.out);
        }
        let wide: Vec<_> = answer.out.lines().filter(|line| line.chars().count() > 80).collect();
        assert_eq!(wide, [""; 0], "{line}");
    }
}

#[test]
fn an_estimate_is_called_one_and_is_never_a_pass() {
    let home = drilled(3);
    says(
        &home,
        "drill forecast --portal mau",
        0,
        &["ƯỚC TÍNH:", "không phải kết luận ĐẠT", "Rút ngắn được nhiều nhất"],
        &["ESTIMATE:", "no drill and no PASS", "What would shorten it most"],
    );
    let told = home.json("drill forecast --portal mau --machine 50 --bandwidth 100");
    let result = &told["result"];
    assert_eq!((&told["exit"], &result["verdict"]), (&json!(0), &json!("not-proven")));
    assert_eq!(result["estimate"]["drills"], json!([3, 2, 1]));
    assert_eq!(result["estimate"]["within-objective"], true);
    let ms = |name: &str| result["estimate"][name].as_u64().unwrap();
    assert!(ms("most-ms") >= ms("likely-ms") && ms("likely-ms") > 0, "{result}");
    let home = drilled(0);
    says(
        &home,
        "drill forecast --portal mau",
        3,
        &["CHƯA CHỨNG MINH", "chưa lần diễn tập nào"],
        &["NOT PROVEN", "no drill of this repository went the whole way"],
    );
    let told = home.json("drill forecast --portal mau");
    assert_eq!(told["result"]["estimate"], json!(null));
    assert_eq!(told["result"]["refused"], "too-few-drills");
    says(&home, "drill trend", 0, &["Chưa có cuộc diễn tập nào"], &["No drill has been run"]);
}

#[test]
fn growth_ahead_of_what_sets_show_is_refused() {
    let home = drilled(3);
    says(
        &home,
        "drill forecast --portal mau --at 2099-01-01T00:00:00Z",
        3,
        &["CHƯA CHỨNG MINH", "quá ít"],
        &["NOT PROVEN", "too little"],
    );
    let told = home.json("drill forecast --portal mau --at 2099-01-01T00:00:00Z");
    assert_eq!(told["result"]["refused"], "growth-unknown");
}

#[test]
fn drills_stand_beside_the_median_of_those_before_and_damaged_ones_do_not_count() {
    let home = drilled(2);
    assert_eq!(home.run("drill run --portal mau --sabotage wrong-key").code, 1);
    std::fs::remove_dir_all(home.path().join("repository/data")).unwrap();
    assert_ne!(home.run("drill run --portal mau").code, 0);
    let told = home.json("drill trend --portal mau");
    let series = &told["result"]["series"];
    assert_eq!(series.as_array().unwrap().len(), 1, "{told}");
    let drills = series[0]["drills"].as_array().unwrap();
    let numbers: Vec<_> = drills.iter().map(|drill| &drill["number"]).collect();
    assert_eq!(numbers, [&json!(1), &json!(2), &json!(4)]);
    assert_eq!(drills[0]["rto-change"], json!(null));
    assert_eq!(drills[1]["rto-change"]["earlier"], 1);
    assert_eq!(drills[1]["rto-change"]["median-ms"], drills[0]["rto-ms"]);
    assert_eq!((&drills[2]["rto-ms"], &drills[2]["verdict"]), (&json!(null), &json!("fail")));
    says(
        &home,
        "drill trend",
        0,
        &["trung vị", "lần diễn tập 4: KHÔNG ĐẠT"],
        &["the median", "drill 4: FAIL"],
    );
}
