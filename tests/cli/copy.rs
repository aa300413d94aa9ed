//! Copying sets, by the program itself.

use serde_json::json;

use crate::cli::kit::{Home, configuration};
use crate::cli::repair::{done, objects};

/// A home with two repositories, of which the portal's sets go to one, and two sets there.
fn home(language: &str) -> Home {
    let home = Home::new();
    let usb = "  usb: { path: usb, password: { file: usb-password } }\nportals:";
    home.write("duphong.yaml", &configuration(language).replacen("portals:", usb, 1));
    std::fs::create_dir(home.path().join("media")).unwrap();
    done(&home, "init");
    for number in 0..2 {
        home.write("media/so.txt", &format!("lần {number}"));
        done(&home, "snapshot create --portal mau");
    }
    home
}

#[test]
fn sets_are_copied_once_and_a_dry_run_only_says_which() {
    let home = home("vi");
    let dry = done(&home, "repository copy --from local --to usb --dry-run");
    assert_eq!(dry["sets"].as_array().unwrap().len(), 2, "{dry}");
    assert_eq!(dry["sets"][0]["copy"], json!(null));
    let none = done(&home, "snapshot list --repository usb");
    assert_eq!(none["sets"], json!([]), "nothing was copied");

    let newest = done(&home, "repository copy --from local --to usb --latest 1");
    assert_eq!(newest["sets"].as_array().unwrap().len(), 1, "{newest}");
    assert_eq!(newest["sets"][0]["id"], dry["sets"][0]["id"], "the newest comes first");
    let told = home.run("repository copy --from local --to usb");
    assert_eq!(told.code, 0, "{}{}", told.out, told.err);
    assert!(told.out.contains("usb"), "{}", told.out);
    let again = done(&home, "repository copy --from local --to usb");
    assert_eq!((&again["sets"], again["there"].as_array().unwrap().len()), (&json!([]), 2));
    done(&home, "repository verify usb --read-data");
    let log = done(&home, "audit log --verb repository.copy");
    assert_eq!(log["entries"].as_array().unwrap().len(), 4, "two copies, and nothing for nothing");
}

#[test]
fn a_damaged_set_is_named_and_the_other_is_copied() {
    let home = home("en");
    let first = done(&home, "snapshot list --repository local")["sets"][1]["id"].clone();
    let before = objects(&home, "data");
    home.write("media/so.txt", &"một nội dung khác hẳn ".repeat(9));
    done(&home, "snapshot create --portal mau");
    for pack in objects(&home, "data") {
        if !before.contains(&pack) {
            std::fs::remove_file(pack).unwrap();
        }
    }
    let copied = home.json("repository copy --from local --to usb");
    assert_eq!(copied["exit"], 20, "{copied}");
    assert_eq!(copied["result"]["refused"].as_array().unwrap().len(), 1, "{copied}");
    let whole = done(&home, "snapshot list --repository usb")["sets"].as_array().unwrap().len();
    assert_eq!(whole, 2, "those that are whole, {first} among them");
    done(&home, "repository verify usb --read-data");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_done() {
    let home = home("en");
    for (line, code) in [
        ("repository copy --from local", 2),
        ("repository copy --from local --to local", 2),
        ("repository copy --from local --to nowhere", 2),
        ("repository copy --from local --to usb --latest 0", 2),
        ("repository copy --from local --to usb --portal khac", 2),
        ("repository copy 0000000000 --from local --to usb", 2),
    ] {
        let told = home.run(line);
        assert_eq!(told.code, code, "{line}: {}{}", told.out, told.err);
    }
    assert_eq!(done(&home, "snapshot list --repository usb")["sets"], json!([]));
}
