//! Incidents and duties as a person and a script meet them.

use serde_json::{Value, json};

use crate::cli::kit::{Answer, Home, configuration};

/// A prepared host whose portal has component portals.
fn host(language: &str) -> Home {
    let home = Home::new();
    let standing = "    component: true\n";
    let text =
        configuration(language).replace("    level: 3\n", &format!("    level: 3\n{standing}"));
    home.write("duphong.yaml", &text);
    std::fs::create_dir(home.path().join("media")).unwrap();
    assert_eq!(home.run("init").code, 0);
    home
}

/// Runs it with words that hold spaces, parted at `|`.
fn said(home: &Home, line: &str) -> Answer {
    let arguments: Vec<_> = line.split('|').map(str::trim).collect();
    Answer::from(home.command(&arguments).output().unwrap())
}

#[track_caller]
fn done(home: &Home, line: &str) -> Answer {
    let answer = said(home, line);
    assert_eq!(answer.code, 0, "{line}: {}{}", answer.out, answer.err);
    answer
}

const OPEN: &str = "incident|open|--group|attack|--kind|defacement|--what|Trang chủ bị thay\
                    |--by|Nguyễn Văn An, Trưởng phòng";

fn duty(shown: &Value, id: &str) -> Value {
    let duties = shown["result"]["duties"].as_array().unwrap();
    duties.iter().find(|duty| duty["id"] == id).unwrap().clone()
}

#[test]
fn an_incident_shows_its_clocks_from_the_first_second() {
    let home = host("vi");
    let opened = done(&home, OPEN);
    for words in [
        "Sự cố 1 đã mở",
        "Thông báo ban đầu về sự cố an ninh mạng nghiêm trọng",
        "CẦN XÁC ĐỊNH",
        "Cơ quan chuyên trách của Bộ Công an (A05)",
        "NGAY",
        "kịp thời",
        "24 giờ",
    ] {
        assert!(opened.out.contains(words), "`{words}` in {}", opened.out);
    }
    let wide: Vec<_> = opened.out.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "wider than a terminal: {wide:#?}");
    let shown = home.json("incident show 1");
    assert_eq!(duty(&shown, "C16")["status"], "not-bound");
    assert_eq!(duty(&shown, "C02")["clock"], json!({ "hours": 24 }));
    assert_eq!(duty(&shown, "C01")["due-at"], Value::Null, "ngay has no number");
    assert_eq!(home.json("duties")["exit"], 3);
    let listed = home.json("incident list");
    assert_eq!(listed["result"]["incidents"][0]["colour"], "amber");
    assert!(!home.run("incident show 1").out.contains("C16"));
    assert!(home.run("incident show 1 --all").out.contains("cấp độ cao hơn"));
    assert_eq!(home.json("status")["result"]["incidents"][0]["number"], 1);
}

#[test]
fn a_late_duty_is_red_everywhere() {
    let home = host("en");
    done(&home, &format!("{OPEN}|--detected-at|2026-09-01 08:00"));
    assert_eq!(home.json("duties")["exit"], 30);
    assert_eq!(home.json("status")["exit"], 30);
    let shown = home.run("duties");
    assert!(shown.out.contains("RED · LATE"), "{}", shown.out);
    // What is late does not make showing it fail.
    assert_eq!(home.run("incident show 1").code, 0);
}

#[test]
fn in_a_pipe_a_missing_answer_is_an_error_that_names_the_option() {
    let home = host("en");
    let missing = |line: &str, option: &str| {
        let answer = said(&home, line);
        assert_eq!(answer.code, 2, "{line}: {}", answer.out);
        assert!(answer.err.contains(option), "`{option}` in {}", answer.err);
    };
    missing("incident|open", "--group");
    missing("incident|open|--group|attack", "--kind");
    missing("incident|open|--group|technical", "--what");
    missing("incident|open|--group|technical|--what|đĩa hỏng", "--by");
    missing(&format!("{OPEN}|--detected-at|yesterday"), "--detected-at");
    missing(&format!("{OPEN}|--detected-at|2099-01-01 00:00"), "detected-at");
    assert_eq!(home.json("incident list --all")["result"]["incidents"], json!([]));
    let log = home.run("audit log").out;
    assert!(!log.contains("incident."), "a refusal leaves nothing in the log: {log}");
    done(&home, OPEN);
    missing("incident|classify|1", "--serious-331");
    missing("incident|classify|1|--serious-331|no|--by|An", "reason");
    missing("incident|decide|1|--as|applies|--by|An|--reason|vì", "--duty");
    missing("incident|close|1|--by|An", "--reason");
    missing("incident|show|7", "7");
}

#[test]
fn an_incident_is_handled_to_its_end() {
    let home = host("vi");
    done(&home, "incident|open|--group|technical|--what|đĩa hỏng|--by|An");
    done(&home, "incident|note|1|đã thay đĩa|--by|An");
    home.write("log.txt", "I/O error\n");
    done(&home, "incident|evidence|1|log.txt|--what|nhật ký hệ thống|--by|An");
    let digest = duphong::base::digest::Digest::of(b"I/O error\n").to_string();
    let kept = home.path().join("state/evidence").join(&digest);
    assert_eq!(std::fs::read(&kept).unwrap(), b"I/O error\n");
    let close = "incident|close|1|--by|An|--reason|xong";
    assert_eq!(said(&home, close).code, 2, "the response has not ended");
    done(&home, "incident|end|1|--by|An");
    let refused = said(&home, close);
    assert_eq!(refused.code, 30, "{}", refused.err);
    for id in ["C02", "C10", "C40", "C41"] {
        assert!(refused.err.contains(id), "`{id}` in {}", refused.err);
    }
    let decide = "incident|decide|1|--by|Bình|--reason|hỏng đĩa, không phải tấn công|--as";
    done(&home, &format!("{decide}|not-reportable|--undetermined"));
    done(&home, &format!("{decide}|met|--duty|C41"));
    done(&home, &format!("{decide}|not-reportable|--duty|C40"));
    let closed = done(&home, close);
    assert!(closed.out.contains("Sự cố 1 đã đóng"), "{}", closed.out);
    assert_eq!(said(&home, close).code, 2, "closed is closed");
    assert_eq!(home.json("duties")["result"]["duties"], json!([]));
    let shown = home.run("incident show 1").out;
    assert!(shown.contains("đã thay đĩa") && shown.contains(&digest[..8]), "{shown}");
    assert_eq!(home.run("audit verify").code, 0);
    exported(&home, &digest, &kept);
}

/// An export takes along the evidence that its entries name, and none that was altered since.
fn exported(home: &Home, digest: &str, kept: &std::path::Path) {
    let holds = |zip: &str, words: &str| {
        let bytes = std::fs::read(home.path().join(zip)).unwrap();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    };
    let named = format!("evidence/{digest}");
    let told = home.json("audit export --out nhat-ky.zip");
    assert_eq!((&told["exit"], &told["result"]["evidence"]), (&json!(0), &json!(1)), "{told}");
    assert!(holds("nhat-ky.zip", &named) && holds("nhat-ky.zip", "I/O error\n"));
    assert!(holds("nhat-ky.zip", "entries.vi.txt") && holds("nhat-ky.zip", "niêm phong chứng cứ"));
    let key = home.json("audit verify nhat-ky.zip")["result"]["key"].as_str().unwrap().to_owned();
    let judged = home.json(&format!("audit verify nhat-ky.zip --key {key}"));
    assert_eq!(
        (&judged["exit"], &judged["result"]["evidence"]),
        (&json!(0), &json!(1)),
        "{judged}"
    );
    std::fs::remove_file(kept).unwrap();
    std::fs::write(kept, "nothing happened\n").unwrap();
    let told = home.run("audit export --out sau.zip");
    assert_eq!(told.code, 3, "{}", told.err);
    assert!(told.err.contains(digest), "{}", told.err);
    assert!(!holds("sau.zip", &named) && !holds("sau.zip", "nothing happened"));
    assert_eq!(home.json(&format!("audit verify sau.zip --key {key}"))["exit"], 0);
}

#[test]
fn answers_with_names_change_what_is_owed() {
    let home = host("en");
    done(&home, OPEN);
    let classify = "incident|classify|1|--by|An|--reason|checked";
    done(&home, &format!("{classify}|--serious-331|no|--over-capacity|yes|--personal-data|yes"));
    let shown = home.json("incident show 1");
    assert_eq!(duty(&shown, "C02")["status"], "not-applicable");
    assert_eq!(duty(&shown, "C12")["status"], "open");
    assert_eq!(duty(&shown, "C12")["form"], "mau-03");
    assert_eq!(duty(&shown, "C30")["status"], "open");
    assert_eq!(shown["result"]["answers"]["serious-331"]["by"], "An");
    let receipt = "incident|receipt|1|--recipient|owner|--channel|phone|--who|Văn thư|--by|An";
    let refused = said(&home, receipt);
    assert_eq!(refused.code, 2, "{}", refused.out);
    assert!(refused.err.contains("owner"), "{}", refused.err);
}
