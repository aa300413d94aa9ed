//! The form of answers: the envelope, the streams, the problems of a configuration.

use std::fs::OpenOptions;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::cli::kit::{Answer, Home, configuration};

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_fault_fills_the_envelope_as_an_answer_does() {
    let envelope = Home::new().json("status --lang en");
    assert_eq!(names(&envelope), ["duphong", "verb", "exit", "result", "warnings", "error"]);
    assert_eq!((&envelope["verb"], &envelope["exit"]), (&json!("status"), &json!(78)));
    assert_eq!(envelope["result"], json!(null));
    let error = &envelope["error"];
    assert_eq!(names(error), ["code", "kind", "message", "hint", "chain"]);
    assert_eq!(error["code"], "cli.no-configuration");
    assert_eq!(error["kind"], "config");
}

#[test]
fn every_problem_of_a_configuration_has_its_place() {
    let home = Home::new();
    let text = configuration("en").replace("rpo: 6h", "rpo: never").replace("level: 3", "levl: 3");
    home.write("duphong.yaml", &text);
    let answer = home.run("validate --lang en");
    assert_eq!((answer.code, answer.err.as_str()), (78, ""));
    let place = |needle: &str| {
        let (row, line) = text.lines().enumerate().find(|(_, line)| line.contains(needle)).unwrap();
        format!("./duphong.yaml:{}:{}: error: ", row + 1, line.find(needle).unwrap() + 1)
    };
    assert!(answer.out.contains(&place("levl")), "{}", answer.out);
    assert!(answer.out.contains(&place("never")), "{}", answer.out);
    assert!(answer.out.contains(" |     levl: 3\n"), "the line is quoted: {}", answer.out);
    let envelope = home.json("validate");
    assert_eq!(envelope["error"], json!(null), "finding problems is what was asked for");
    let problems = envelope["result"]["problems"].as_array().unwrap();
    assert!(problems.len() >= 2);
    for problem in problems {
        for name in ["severity", "line", "column", "path", "id", "message"] {
            assert!(!problem[name].is_null(), "{problem}");
        }
    }
    assert_eq!(home.run("status").code, 78, "no other verb works on it");
}

#[test]
fn a_file_may_be_right_while_the_machine_is_not() {
    let home = Home::new();
    home.write("duphong.yaml", &configuration("vi"));
    let syntax = home.run("validate --syntax");
    assert_eq!((syntax.code, syntax.err.as_str()), (0, ""), "{}", syntax.out);
    assert_eq!(syntax.out, "“./duphong.yaml”: không thấy vấn đề nào.\n");
    let machine = home.run("validate");
    assert_eq!(machine.code, 78, "{}", machine.out);
    assert!(machine.out.contains("portals.mau.trees[0].path"), "{}", machine.out);
}

#[test]
fn a_named_configuration_that_is_not_there_is_no_other_one() {
    let home = Home::new();
    home.write("duphong.yaml", &configuration("en"));
    assert_eq!(home.json("status --config elsewhere.yaml")["error"]["code"], "config.missing");
    assert_eq!(home.json("status")["error"]["code"], "job.not-initialised");
}

#[test]
fn whatever_keeps_us_from_knowing_is_unknown_to_nagios() {
    let answer = Home::new().run("status --nagios");
    assert_eq!((answer.code, answer.err.as_str()), (3, ""));
    assert!(answer.out.starts_with("DUPHONG UNKNOWN - không có tệp cấu hình"), "{}", answer.out);
    assert_eq!(answer.out.lines().count(), 1);
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let mut child = Home::new().command(&["--help"]).spawn().unwrap();
    drop(child.stdout.take());
    let answer = Answer::from(child.wait_with_output().unwrap());
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Home::new().command(&["--version"]).stdout(Stdio::from(full)).output().unwrap();
    let answer = Answer::from(output);
    assert_eq!(answer.code, 1);
    assert!(answer.err.starts_with("lỗi: không ghi được ra đầu ra chuẩn: "), "{}", answer.err);
}
