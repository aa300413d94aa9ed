//! Repairing a repository, by the program itself.

use serde_json::{Value, json};

use crate::cli::kit::{Home, configuration};

/// A home with one set that holds a file of many pieces.
pub(super) fn home(language: &str) -> Home {
    let home = Home::new();
    home.write("duphong.yaml", &configuration(language));
    std::fs::create_dir(home.path().join("media")).unwrap();
    let noise: Vec<u8> = (0_u32..500_000)
        .flat_map(|number| {
            number.wrapping_mul(2_654_435_761).rotate_left(number % 31).to_le_bytes()
        })
        .collect();
    std::fs::write(home.path().join("media/anh.bin"), noise).unwrap();
    done(&home, "init");
    done(&home, "snapshot create --portal mau");
    home
}

#[track_caller]
pub(super) fn done(home: &Home, line: &str) -> Value {
    let envelope = home.json(line);
    assert_eq!(envelope["exit"], 0, "{line}: {envelope}");
    envelope["result"].clone()
}

pub(super) fn objects(home: &Home, below: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![home.path().join("repository").join(below)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

fn entries(home: &Home, verb: &str) -> Vec<Value> {
    let told = done(home, &format!("audit log --verb {verb}"));
    told["entries"].as_array().unwrap().clone()
}

#[test]
fn a_lost_index_is_built_again_on_record_and_a_dry_run_only_says_so() {
    let home = home("en");
    for file in objects(&home, "index") {
        std::fs::remove_file(file).unwrap();
    }
    let packs = objects(&home, "data").len();
    let dry = done(&home, "repository repair local --index --dry-run");
    assert_eq!(dry["listed"].as_array().unwrap().len(), packs);
    assert_eq!(dry["left"]["sound"], json!(true), "{dry}");
    assert_eq!((objects(&home, "index").len(), entries(&home, "repository.repair").len()), (0, 0));

    let real = done(&home, "repository repair local --index");
    assert_eq!((&real["listed"], &real["left"]["sound"]), (&dry["listed"], &json!(true)));
    done(&home, "repository verify local --read-data");
    let entries = entries(&home, "repository.repair");
    assert_eq!((entries.len(), &entries[0]["facts"]["unlisted"]), (2, &json!(packs)));
    assert_eq!(entries[1]["facts"]["listed"], json!(packs));
    let told = home.run("repository repair local --index");
    assert!(told.out.contains("The index agrees with the packs."), "{}", told.out);
}

#[test]
fn what_is_lost_for_good_is_named_with_its_bytes_and_the_set_stays() {
    let home = home("vi");
    let largest =
        objects(&home, "data").into_iter().max_by_key(|path| path.metadata().unwrap().len());
    std::fs::remove_file(largest.unwrap()).unwrap();
    let snapshots = objects(&home, "snapshots");
    let dry = home.run("repository repair local --index --dry-run");
    assert_eq!(dry.code, 20, "{}{}", dry.out, dry.err);
    assert!(dry.out.contains("media/tep/anh.bin, byte 0 đến"), "{}", dry.out);
    let told = home.run("repository repair local --index");
    assert_eq!(told.code, 20, "{}{}", told.out, told.err);
    assert!(told.out.contains("media/tep/anh.bin, byte 0 đến"), "{}", told.out);
    assert!(told.out.contains("đã bỏ khỏi chỉ mục"), "{}", told.out);
    assert_eq!(objects(&home, "snapshots"), snapshots);

    let again = home.json("repository repair local --index");
    assert_eq!((&again["exit"], &again["result"]["replaced"]), (&json!(20), &json!(0)), "{again}");
    let path = &again["result"]["left"]["damages"][0]["paths"][0];
    assert_eq!(path["ranges"][0][0], json!(0), "{again}");
}

/// Damages one byte in the middle of the largest pack, which is the large file's; its id.
fn damage(home: &Home) -> String {
    let packs = objects(home, "data").into_iter();
    let pack = packs.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&pack, bytes).unwrap();
    pack.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn what_is_whole_in_a_pack_that_verify_named_is_saved_and_the_next_set_brings_back_the_rest() {
    let home = home("vi");
    let nothing = home.json("repository repair local --packs");
    assert_eq!(
        (&nothing["exit"], &nothing["error"]["code"]),
        (&json!(2), &json!("job.no-damaged-pack"))
    );
    let pack = damage(&home);
    let told = home.run("repository verify local --read-data");
    assert_eq!(told.code, 20);
    let way_out = "duphong repository repair local --packs --dry-run";
    assert!(told.out.replace('\n', " ").contains(way_out), "{}", told.out);

    let dry = home.json("repository repair local --packs --dry-run");
    assert_eq!(dry["exit"], json!(20), "{dry}");
    let dry = &dry["result"];
    assert_eq!((&dry["packs"][0]["id"], &dry["done"]), (&json!(pack), &json!(null)));
    assert!(objects(&home, "data").iter().any(|path| path.ends_with(&pack)));
    assert_eq!(entries(&home, "repository.repair-packs").len(), 0);

    let told = home.run("repository repair local --packs");
    assert_eq!(told.code, 20, "{}{}", told.out, told.err);
    for words in ["khối còn nguyên", "media/tep/anh.bin, byte ", "duphong snapshot create"] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
    // What verify names may be longer than a line.
    for line in told.out.lines().filter(|line| !line.starts_with("- ") && !line.starts_with("  ")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(!objects(&home, "data").iter().any(|path| path.ends_with(&pack)));
    let entries = entries(&home, "repository.repair-packs");
    assert_eq!(entries[0]["facts"]["packs"], json!([{"id": pack, "state": "damaged"}]));
    assert_eq!(entries[1]["facts"]["gone"], json!([pack]));
    let left = home.json("repository verify local")["result"]["repositories"][0].clone();
    assert_eq!(left["damages"][0]["paths"], dry["left"]["damages"][0]["paths"]);

    // What verify named is repaired; what is lost comes back with the next set.
    assert_eq!(home.run("repository repair local --packs").code, 2);
    done(&home, "snapshot create --portal mau");
    done(&home, "repository verify local --read-data");
    let whole = &objects(&home, "data")[0];
    let line = format!("repository repair local --packs {}", whole.display());
    assert_eq!(done(&home, &line)["packs"][0]["state"], json!("sound"));
    let strange = home.json(&format!("repository repair local --packs {pack}"));
    assert_eq!(strange["result"]["packs"][0]["state"], json!("unknown"));
    assert_eq!(strange["exit"], json!(3));
}

#[test]
fn what_is_to_be_repaired_must_be_said() {
    let home = home("en");
    for line in [
        "repository repair local",
        "repository repair local --all-headers",
        "repository repair local --unhide",
        "repository repair local --index --unhide --as-of 10:00",
        "repository repair local --index --as-of 10:00",
        "repository repair local --index --packs",
        "repository repair local --packs --as-of 10:00",
        "repository repair local --packs 1234",
        "repository repair local --packs --all-headers",
    ] {
        assert_eq!(home.run(line).code, 2, "{line}");
    }
}
