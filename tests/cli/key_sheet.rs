//! The password on paper: printed, read back by a scanner and by fingers, and proven.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::cli::kit::{Answer, Home, configuration};
use crate::document::text_of;

fn home(language: &str) -> Home {
    let home = Home::new();
    home.write("duphong.yaml", &configuration(language));
    fs::create_dir(home.path().join("media")).unwrap();
    assert_eq!(home.run("init").code, 0);
    home
}

fn password(home: &Home) -> String {
    fs::read_to_string(home.path().join("password")).unwrap().trim_end().to_owned()
}

fn printed(home: &Home) -> Vec<u8> {
    let sheet = home.run("key sheet local --out sheet.pdf");
    assert_eq!(sheet.code, 0, "{}", sheet.err);
    fs::read(home.path().join("sheet.pdf")).unwrap()
}

/// Tests the sheet with what was `typed` on standard input.
fn tested(home: &Home, typed: &str) -> Answer {
    home.write("typed", typed);
    let mut command = home.command(&["key", "sheet", "local", "--test", "--json"]);
    Answer::from(command.stdin(File::open(home.path().join("typed")).unwrap()).output().unwrap())
}

#[track_caller]
fn opens(home: &Home, typed: &str) -> bool {
    let answer = tested(home, typed);
    let envelope: Value = serde_json::from_str(&answer.out).unwrap();
    match answer.code {
        0 => true,
        12 => {
            assert_eq!(envelope["error"]["code"], json!("key.not-on-paper"));
            false
        }
        other => panic!("{other}: {envelope}"),
    }
}

/// What a scanner reads off the first page.
fn scanned(home: &Home) -> String {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(home.path()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run("pdftoppm", &["-r", "150", "-gray", "-png", "-singlefile", "sheet.pdf", "page"]);
    run("zbarimg", &["--quiet", "--raw", "page.png"])
}

#[test]
fn a_sheet_holds_the_password_for_a_scanner_and_for_fingers_and_what_to_do_with_it() {
    for language in ["vi", "en"] {
        let home = home(language);
        let pages = text_of(&printed(&home));
        assert!(pages.len() <= 2, "a sheet: {pages:?}");
        let mode = fs::metadata(home.path().join("sheet.pdf")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let password = password(&home);
        assert_eq!(scanned(&home).trim_end(), password);
        let words: Vec<&str> = pages[0].split_whitespace().collect();
        for group in password.as_bytes().chunks(4) {
            let group = std::str::from_utf8(group).unwrap();
            assert!(words.contains(&group), "{group} in {words:?}");
        }
        let repository = home.path().join("repository");
        let command = format!("restic -r \"{}\" snapshots", repository.display());
        let tight = |text: &str| text.split_whitespace().collect::<String>();
        assert!(tight(&pages.concat()).contains(&tight(&command)), "{pages:?}");
    }
}

#[test]
fn what_is_read_off_the_sheet_opens_the_repository_or_is_refused() {
    let home = home("en");
    printed(&home);
    let password = password(&home);
    assert!(opens(&home, &scanned(&home)), "scanned");
    assert!(opens(&home, &password), "typed in one piece");
    let groups: Vec<_> = password.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
    assert!(opens(&home, &groups.join(" ").to_lowercase()), "in small letters and groups");
    assert!(opens(&home, &groups.join("\n")), "a group a line");
    let mut swapped = groups.clone();
    swapped.swap(3, 4);
    for wrong in [swapped.join(" "), groups[1..].join(" "), String::new(), "¿?".repeat(2_000)] {
        assert!(!opens(&home, &wrong), "{wrong}");
    }
}

#[test]
fn passwords_that_people_chose_are_printed_as_they_are_or_refused() {
    let home = home("en");
    home.write("chosen", "Mật khẩu: 7 con sáo \"bay\"\n");
    assert_eq!(home.run("key rotate local --new-password-file chosen").code, 0);
    let pages = text_of(&printed(&home));
    assert!(pages[0].contains("Mật[U+0020]"), "{}", pages[0]);
    assert_eq!(scanned(&home).trim_end(), "Mật khẩu: 7 con sáo \"bay\"");
    assert!(opens(&home, &scanned(&home)));
    assert!(!opens(&home, "mật khẩu: 7 con sáo \"bay\""));
    assert!(pages[0].contains("capital and small"), "{}", pages[0]);

    // It could be one of ours, but for its small letters.
    home.write("chosen", "matkhau\n");
    assert_eq!(home.run("key rotate local --new-password-file chosen").code, 0);
    let pages = text_of(&printed(&home));
    assert!(pages[0].contains("capital and small"), "{}", pages[0]);
    assert!(opens(&home, "matkhau\n") && !opens(&home, "MATKHAU"));

    home.write("chosen", &"x".repeat(201));
    assert_eq!(home.run("key rotate local --new-password-file chosen").code, 0);
    let refused = home.json("key sheet local --out other.pdf");
    assert_eq!(
        (&refused["exit"], &refused["error"]["code"]),
        (&json!(2), &json!("key.not-for-paper"))
    );
    assert!(!home.path().join("other.pdf").exists());
}

#[test]
fn printing_is_on_record_and_the_password_is_not() {
    let home = home("en");
    printed(&home);
    assert!(opens(&home, &password(&home)));
    let log = home.json("audit log --verb key.sheet");
    let entries = log["result"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "an intent and an outcome: {log}");
    let everything = home.run("audit log --json").out;
    assert!(!everything.contains(&password(&home)));
    let missing = home.run("key sheet local");
    assert_eq!(missing.code, 2, "{}", missing.err);
    assert_eq!(home.run("key sheet elsewhere --test").code, 2);
    assert_eq!(home.run("key sheet local --out no/such/folder/sheet.pdf").code, 1);
}
