//! Passwords of a repository, by the program itself.

use std::process::Command;

use serde_json::{Value, json};

use crate::cli::kit::{Home, configuration};

fn home() -> Home {
    let home = Home::new();
    home.write("duphong.yaml", &configuration("en"));
    std::fs::create_dir(home.path().join("media")).unwrap();
    done(&home, "init");
    home
}

#[track_caller]
fn done(home: &Home, line: &str) -> Value {
    let envelope = home.json(line);
    assert_eq!(envelope["exit"], 0, "{line}: {envelope}");
    envelope["result"].clone()
}

fn entries(home: &Home, verb: &str) -> Vec<Value> {
    done(home, &format!("audit log --verb {verb}"))["entries"].as_array().unwrap().clone()
}

fn keys(home: &Home) -> Vec<Value> {
    let listed = home.json("key list local");
    listed["result"]["repositories"][0]["keys"].as_array().unwrap().clone()
}

/// Whether stock restic opens the repository with the password in this file.
fn restic_opens(home: &Home, file: &str) -> bool {
    let restic = Command::new("restic")
        .args(["--no-cache", "--no-lock", "-r", "repository", "--password-file", file])
        .args(["cat", "config"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home.path())
        .current_dir(home.path())
        .output();
    restic.unwrap().status.success()
}

#[test]
fn a_password_is_added_listed_and_taken_away() {
    let home = home();
    home.write("second", "mat khau thu hai\n");
    let first = keys(&home)[0]["id"].as_str().unwrap().to_owned();
    let dry = done(&home, "key add local --new-password-file second --dry-run");
    assert_eq!((&dry["key"], keys(&home).len()), (&json!(null), 1));
    assert_eq!(entries(&home, "key.add"), Vec::<Value>::new());
    let added = done(&home, "key add local --new-password-file second");
    let second = added["key"].as_str().unwrap().to_owned();
    assert!(restic_opens(&home, "second") && restic_opens(&home, "password"));
    let recorded = entries(&home, "key.add");
    assert_eq!((recorded.len(), &recorded[1]["facts"]["key"]), (2, &json!(second)));
    let listed = keys(&home);
    let in_use: Vec<_> = listed.iter().map(|key| (&key["id"], &key["in-use"])).collect();
    assert_eq!(in_use, [(&json!(first), &json!(true)), (&json!(second), &json!(false))]);
    assert_eq!((&listed[0]["n"], &listed[0]["weak"]), (&json!(32768), &json!(false)));

    // The one that is used stays, unless another has just opened the repository.
    let in_use = format!("key remove local {}", &first[..8]);
    home.write("wrong", "sai\n");
    for line in [in_use.clone(), format!("{in_use} --other-password-file wrong")] {
        let refused = home.json(&line);
        let code = &refused["error"]["code"];
        assert_eq!((&refused["exit"], code), (&json!(30), &json!("key.not-proven")), "{line}");
    }
    let unknown = home.json("key remove local ffffffffff");
    assert_eq!((&unknown["exit"], &unknown["error"]["code"]), (&json!(2), &json!("key.no-key")));
    assert_eq!(keys(&home).len(), 2);
    let by_second = format!("{in_use} --other-password-file second");
    let dry = done(&home, &format!("{by_second} --dry-run"));
    assert_eq!((&dry["proven"], keys(&home).len()), (&json!(second), 2));
    assert_eq!(entries(&home, "key.remove"), Vec::<Value>::new());

    let removed = done(&home, &format!("key remove local {}", &second[..8]));
    assert_eq!((&removed["key"]["id"], &removed["proven"]), (&json!(second), &json!(first)));
    assert!(!restic_opens(&home, "second") && restic_opens(&home, "password"));
    let last = home.json(&in_use);
    assert_eq!((&last["exit"], &last["error"]["code"]), (&json!(30), &json!("key.last")));
    let recorded = entries(&home, "key.remove");
    assert_eq!((recorded.len(), &recorded[0]["facts"]["key"]), (2, &json!(second)));
    assert_eq!(done(&home, "audit verify")["verdict"], "valid");
}

#[test]
fn the_used_key_goes_with_proof_and_a_warning() {
    let home = home();
    home.write("second", "mat khau thu hai\n");
    done(&home, "key add local --new-password-file second");
    let first = keys(&home).iter().find(|key| key["in-use"] == true).unwrap()["id"].clone();
    let first = &first.as_str().unwrap()[..8];
    let told = home.run(&format!("key remove local {first} --other-password-file second"));
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.err.contains("opens nothing any more"), "{}", told.err);
    assert!(told.out.contains("The repository's own key stays as it was"), "{}", told.out);
    assert!(!restic_opens(&home, "password") && restic_opens(&home, "second"));
    assert_eq!(home.json("snapshot create --portal mau")["exit"], 12);
}

#[test]
fn the_configured_password_is_replaced_and_the_new_one_is_at_work() {
    let home = home();
    let read = |name: &str| std::fs::read(home.path().join(name)).unwrap();
    let before = read("password");
    let dry = done(&home, "key rotate local --dry-run");
    assert_eq!((&dry["stage"], read("password")), (&json!("fresh"), before.clone()));
    assert_eq!(entries(&home, "key.rotate"), Vec::<Value>::new());
    let told = home.run("key rotate local");
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("The repository's own key stays as it was"), "{}", told.out);
    let words = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("duphong key confirm local"), "{words}");
    std::fs::write(home.path().join("before"), &before).unwrap();
    assert!(restic_opens(&home, "password") && !restic_opens(&home, "before"));
    assert_eq!(keys(&home).len(), 1);
    done(&home, "snapshot create --portal mau");
    home.write("given", "mat khau tu chon\n");
    let rotated = done(&home, "key rotate local --new-password-file given");
    assert_eq!(
        (rotated["new"].clone(), read("password")),
        (keys(&home)[0]["id"].clone(), read("given"))
    );
    let recorded = entries(&home, "key.rotate");
    assert_eq!((recorded.len(), &recorded[3]["facts"]["new"]), (4, &rotated["new"]));
    assert!(!recorded[3].to_string().contains("tu chon"));
    done(&home, "repository verify local --read-data");
}

#[test]
fn weak_and_broken_keys_are_told() {
    let home = home();
    let put = |bytes: &[u8]| {
        let name = duphong::base::digest::Digest::of(bytes).to_string();
        std::fs::write(home.path().join("repository/keys").join(&name), bytes).unwrap();
        name
    };
    let file = |n: u64| {
        let file = json!({
            "created": "2026-11-22T06:00:00Z", "username": "la", "hostname": "la",
            "kdf": "scrypt", "N": n, "r": 8, "p": 1, "salt": "AAAA", "data": "AAAA",
        });
        file.to_string().into_bytes()
    };
    let weak = put(&file(1024));
    let told = home.json("key list");
    assert_eq!((&told["exit"], keys(&home).len()), (&json!(3), 2), "{told}");
    let absurd = put(&file(1 << 40));
    let listed = keys(&home);
    let of = |id: &str| listed.iter().find(|key| key["id"] == id).unwrap().clone();
    assert_eq!((&of(&weak)["weak"], &of(&absurd)["can-be-tried"]), (&json!(true), &json!(false)));
    let broken = put(b"{");
    let told = home.json("key list");
    assert_eq!(told["exit"], 20, "{told}");
    for id in [&weak, &absurd, &broken] {
        done(&home, &format!("key remove local {}", &id[..12]));
    }
    assert_eq!(home.json("key list")["exit"], 0);
}

#[test]
fn what_is_told_fits_a_terminal_in_both_languages() {
    let home = home();
    home.write("second", "mat khau thu hai\n");
    for line in [
        "key list",
        "key list --help",
        "key add --help",
        "key remove --help",
        "key rotate --help",
        "key add local --new-password-file second --dry-run",
        "key rotate local --dry-run",
        "key rotate local",
    ] {
        for language in ["en", "vi"] {
            let told = home.run(&format!("{line} --lang {language}"));
            // A path stays whole, so that it can be copied.
            let wide = |line: &&str| line.chars().count() > 80 && line.contains(' ');
            let wide: Vec<_> = told.out.lines().filter(wide).collect();
            assert!(wide.is_empty(), "{line} in {language}: {wide:#?}");
        }
    }
}
