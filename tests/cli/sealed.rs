//! Sealed sources as a person and a script meet them.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::cli::kit::{Home, configuration};
use crate::cli::repair::done;

const LETTER: &str = "Kính gửi Ủy ban nhân dân tỉnh Mẫu, tôi tên là …\n";

/// A home with a set of sealed media, and an identity that opens it.
fn home(language: &str) -> Home {
    let home = Home::new();
    let identity = home.path().join("identity");
    let made = Command::new("age-keygen").arg("-o").arg(&identity).output().unwrap();
    assert!(made.status.success());
    let told = Command::new("age-keygen").arg("-y").arg(&identity).output().unwrap();
    let recipient = String::from_utf8(told.stdout).unwrap();
    let sealed = format!("path: media, sealed: {{ recipients: [{}] }}", recipient.trim());
    let text = configuration(language).replace("path: media", &sealed);
    let text = text.replace("to: [local], ", "to: [local], schedule: '0 */6 * * *', ");
    home.write("duphong.yaml", &text);
    fs::create_dir(home.path().join("media")).unwrap();
    home.write("media/đơn.txt", LETTER);
    done(&home, "init");
    home
}

#[test]
fn what_sealing_costs_a_day_is_told_before_and_after_the_first_set() {
    let home = home("en");
    let before = home.json("validate")["result"]["sealed"].clone();
    let expected = json!([{
        "portal": "mau", "part": "media/tep", "bytes-a-set": null, "basis": null,
        "sets-a-week": 28, "bytes-a-day": null,
    }]);
    assert_eq!(before, expected);
    let told = home.run("validate");
    assert!(told.out.contains("is not known before the first set"), "{}", told.out);
    let taken = done(&home, "snapshot create --portal mau");
    let new = taken["sealed"][0]["bytes-new"].as_u64().unwrap();
    let after = home.json("validate")["result"]["sealed"][0].clone();
    assert_eq!((&after["basis"], &after["bytes-a-set"]), (&json!("last-set"), &json!(new)));
    assert_eq!(after["bytes-a-day"], json!(new * 4));
    let told = home.run("validate");
    assert!(told.out.contains("28 sets a week"), "{}", told.out);
    assert_eq!(home.json("validate --syntax")["result"]["sealed"], json!([]));
}

#[test]
fn a_sealed_file_is_shown_and_restored_with_the_identity() {
    let home = home("vi");
    done(&home, "snapshot create --portal mau");
    let shown = home.run("snapshot show latest");
    assert!(shown.out.contains("niêm phong: “media/tep”"), "{}", shown.out);
    for path in ["media/tep/đơn.txt", "media/tep/đơn.txt.zst.age"] {
        let cat = home.run(&format!("snapshot cat latest {path} --identity identity"));
        assert_eq!((cat.code, cat.out.as_str()), (0, LETTER), "{}", cat.err);
    }
    let other = home.path().join("other");
    assert!(Command::new("age-keygen").arg("-o").arg(&other).output().unwrap().status.success());
    let wrong = home.run("snapshot cat latest media/tep/đơn.txt --identity other");
    assert_eq!((wrong.code, wrong.out.as_str()), (12, ""), "{}", wrong.err);
    home.write("none", "vien-ngoc-lac-loai\n");
    let none = home.run("restore latest --portal mau --target x --identity none");
    assert_eq!(none.code, 12, "{}", none.err);
    assert!(!none.err.contains("vien-ngoc-lac-loai"), "{}", none.err);

    let without = home.run("restore latest --portal mau --target sealed");
    assert_eq!(without.code, 3, "{}", without.err);
    assert!(without.err.contains("CÒN NIÊM PHONG: “media/tep”"), "{}", without.err);
    assert!(home.path().join("sealed/media/tep/đơn.txt.zst.age").exists());
    let with = home.run("restore latest --portal mau --target plain --identity identity");
    assert_eq!(with.code, 0, "{}", with.err);
    assert_eq!(fs::read_to_string(home.path().join("plain/media/tep/đơn.txt")).unwrap(), LETTER);
    let one = "restore latest --portal mau --target one --from media/tep \
               --only đơn.txt.zst.age --identity identity";
    let one = home.run(one);
    assert_eq!(one.code, 0, "{}", one.err);
    assert_eq!(fs::read_to_string(home.path().join("one/đơn.txt")).unwrap(), LETTER);
    let proved = home.run("drill run --portal mau --identity identity");
    assert_eq!(proved.code, 0, "{}{}", proved.out, proved.err);
    assert_eq!(home.run("drill run --portal mau").code, 3);
}
