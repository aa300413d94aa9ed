//! `incident form` and `incident submit` as a person types them, in both languages.

use serde_json::json;

use crate::cli::kit::{Home, configuration};

/// A home with an installation and one incident.
fn with_incident() -> Home {
    let home = Home::new();
    home.write("duphong.yaml", &configuration("vi"));
    home.write("password", "mật khẩu của kho\n");
    std::fs::create_dir(home.path().join("media")).unwrap();
    assert_eq!(home.json("init")["exit"], 0);
    let opened = home.json(
        "incident open --portal mau --group technical --what hỏng --detected-at 00:00 --by An",
    );
    assert_eq!(opened["error"], json!(null), "{opened}");
    home
}

#[test]
fn a_form_is_listed_with_origins_and_blanks_and_a_draft_is_never_sent() {
    let home = with_incident();
    let told = home.run("incident form 1 --out mau.pdf --set contact=An");
    assert_eq!(told.code, 3, "{}{}", told.out, told.err);
    for part in [
        " 5  Họ và tên (*) An [người khai]",
        " 9  Tên đơn vị vận hành hệ thống thông tin (*): Trung tâm Thông tin [cấu hình",
        "mục bắt buộc để trống",
        "dự thảo",
    ] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    let english = home.run("incident form 1 --out next.pdf --format pdf --lang en");
    assert!(english.out.contains("Họ và tên (*) An [a person's answer]"), "{}", english.out);
    assert!(!home.path().join("next.docx").exists());
    let again = home.json("incident form 1 --out mau.pdf");
    assert_eq!(again["error"]["code"], "incident.form-exists");
    let inside = home.json("incident form 1 --out b.pdf --set 26=192.168.1.10");
    assert_eq!(
        (&inside["error"]["code"], &inside["exit"]),
        (&json!("incident.answer-not-public"), &json!(2))
    );
    std::fs::write(home.path().join("tcvn3.yaml"), b"contact: An\ndescription: h\xe1ng\n").unwrap();
    let encoded = home.json("incident form 1 --out b.pdf --answers tcvn3.yaml");
    let told = encoded["error"]["message"].as_str().unwrap();
    assert_eq!(encoded["error"]["code"], "incident.form-answers-not-utf8", "{encoded}");
    assert!(told.contains("tcvn3.yaml”, dòng 2, cột 15: "), "{told}");
    let words = inside["error"]["message"].as_str().unwrap();
    assert!(words.contains("192.168.1.10"), "{words}");
    let draft = home.json("incident submit 1 --duty C12 --to owner --file mau.pdf --dry-run");
    assert_eq!(draft["error"]["code"], "incident.submit-draft", "{draft}");
    home.write("ky.pdf", "%PDF-1.7\n%%EOF\n");
    let nobody = home.json("incident submit 1 --duty C12 --to owner --file ky.pdf --dry-run");
    assert_eq!(nobody["error"]["code"], "incident.submit-no-contact", "{nobody}");
    let untimed =
        home.json("incident submit 1 --duty C12 --to owner --file ky.pdf --channel letter");
    assert_eq!(untimed["error"]["code"], "incident.submit-no-time");
    let sent = home.json(
        "incident submit 1 --duty C12 --to owner --file ky.pdf --channel letter --sent-at 00:00:01",
    );
    assert_eq!(
        (&sent["exit"], &sent["result"]["sends"][0]["fate"]),
        (&json!(0), &json!("recorded")),
        "{sent}"
    );
}
