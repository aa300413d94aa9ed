//! Forgetting and holding, by the program itself.

use serde_json::{Value, json};

use crate::cli::kit::{Home, configuration};

/// A home with three sets of one small tree, the oldest first.
fn three_sets(retention: &str) -> (Home, Vec<String>) {
    sets_with(retention, &["", "", ""])
}

/// The same with one set for each of these, which is what its making is asked for.
fn sets_with(retention: &str, asked: &[&str]) -> (Home, Vec<String>) {
    let home = Home::new();
    let rules = format!("rpo: 6h, retention: {retention} }}");
    let configuration = configuration("en").replace("rpo: 6h }", &rules);
    home.write("duphong.yaml", &configuration);
    std::fs::create_dir(home.path().join("media")).unwrap();
    done(&home, "init");
    for (number, asked) in asked.iter().enumerate() {
        home.write("media/a.txt", &format!("bản {number}"));
        done(&home, format!("snapshot create --portal mau {asked}").trim_end());
    }
    let sets = sets(&home);
    (home, sets)
}

#[track_caller]
fn done(home: &Home, line: &str) -> Value {
    let envelope = home.json(line);
    assert_eq!(envelope["exit"], 0, "{line}: {envelope}");
    envelope["result"].clone()
}

fn sets(home: &Home) -> Vec<String> {
    let listed = done(home, "snapshot list");
    let sets = listed["sets"].as_array().unwrap().iter();
    sets.map(|set| set["id"].as_str().unwrap().to_owned()).collect()
}

/// The verdict on each set: its id and why it stays, the newest first.
#[track_caller]
fn judged(envelope: &Value) -> Vec<(String, String)> {
    let sets = envelope["result"]["repositories"][0]["portals"][0]["sets"].as_array();
    let reasons = |set: &Value| {
        let reasons = set["reasons"].as_array().unwrap().iter();
        reasons.map(|reason| reason.as_str().unwrap()).collect::<Vec<_>>().join(",")
    };
    let sets = sets.unwrap_or_else(|| panic!("{envelope}")).iter();
    sets.map(|set| (set["id"].as_str().unwrap().to_owned(), reasons(set))).collect()
}

/// Entries of the log with this verb.
fn entries(home: &Home, verb: &str) -> Vec<Value> {
    let told = done(home, &format!("audit log --verb {verb}"));
    told["entries"].as_array().unwrap().clone()
}

#[test]
fn only_proven_sets_let_others_go_and_the_log_says_what_went() {
    let (home, ids) = three_sets("{ last: 1 }");
    let refused = home.json("repository forget");
    assert_eq!((&refused["exit"], &refused["error"]), (&json!(3), &json!(null)), "{refused}");
    let kept = judged(&refused).into_iter().map(|(_, why)| why).collect::<Vec<_>>();
    assert_eq!(kept, ["newest,last", "too-few-verified", "too-few-verified"]);
    assert_eq!((sets(&home), entries(&home, "repository.forget").len()), (ids.clone(), 0));

    done(&home, "repository verify local --read-data");
    let dry = home.json("repository forget --dry-run");
    assert_eq!(dry["exit"], 0, "{dry}");
    let expected = [(&ids[2], "newest,last"), (&ids[1], ""), (&ids[0], "")];
    assert_eq!(judged(&dry), expected.map(|(id, why)| (id.clone(), why.to_owned())));
    assert_eq!((sets(&home), entries(&home, "repository.forget").len()), (ids.clone(), 0));
    let told = home.run("repository forget --dry-run");
    assert!(told.out.contains("2 sets would be forgotten"), "{}", told.out);

    let real = done(&home, "repository forget --repository local --portal mau");
    assert_eq!(real["repositories"][0]["forgotten"], json!([ids[0], ids[1]]));
    assert_eq!(sets(&home), [ids[2].clone()]);
    let entries = entries(&home, "repository.forget");
    let facts = |number: usize| &entries[number]["facts"];
    assert_eq!((entries.len(), &entries[0]["kind"]), (2, &json!("intent")), "{entries:?}");
    assert_eq!(facts(0)["forget"][1]["id"], ids[1]);
    assert_eq!((&facts(0)["rules"]["last"], &facts(0)["verified"]), (&json!(1), &json!(1)));
    assert_eq!(entries[1]["result"], "done");
    assert_eq!(facts(1)["forgotten"], json!([ids[0], ids[1]]));
    // Once more there is nothing to do, and nothing is written.
    done(&home, "repository forget");
    assert_eq!(self::entries(&home, "repository.forget").len(), 2);
    assert_eq!(done(&home, "audit verify")["verdict"], "valid");
}

#[test]
fn sets_with_a_tag_are_kept_by_rules_of_their_own() {
    let rules = "{ last: 1, tags: { nang-cap: { last: 1 } } }";
    let (up, both) = ("--tag nang-cap", "--tag quy-4 --tag nang-cap");
    let (home, ids) = sets_with(rules, &["", up, both, up, "--tag quy-4"]);
    let taken = entries(&home, "snapshot.create");
    let tags: Vec<_> = taken.iter().filter(|one| one["kind"] == "intent").collect();
    assert_eq!(tags[2]["facts"]["tags"], json!(["nang-cap", "quy-4"]));
    assert_eq!(tags[0]["facts"]["tags"], json!(null));
    assert_eq!(
        done(&home, "snapshot list")["sets"][2]["tags"],
        json!(["portal:mau", "nang-cap", "quy-4"])
    );
    let listed = home.run("snapshot list").out;
    assert!(listed.lines().any(|line| line.ends_with("local       nang-cap, quy-4")), "{listed}");
    done(&home, "repository verify local --read-data");

    // The newest is one of the others, and takes no place from those with the tag.
    let dry = home.json("repository forget --dry-run");
    let expected = [(4, "newest,last"), (3, "newest,last"), (2, ""), (1, ""), (0, "")];
    assert_eq!(judged(&dry), expected.map(|(at, why)| (ids[at].clone(), why.to_owned())));
    // Only those that have all tags that are asked for, judged among all.
    let dry = home.json("repository forget --dry-run --tag quy-4");
    let expected = [(4, "newest,last"), (2, "")];
    assert_eq!(judged(&dry), expected.map(|(at, why)| (ids[at].clone(), why.to_owned())));
    let told = home.run("repository forget --dry-run --tag quy-4").out;
    assert!(told.contains("With tag “nang-cap”") && told.contains("[nang-cap, quy-4]"), "{told}");

    let real = done(&home, "repository forget --tag quy-4 --tag nang-cap");
    assert_eq!(real["repositories"][0]["forgotten"], json!([ids[2]]));
    let intent = &entries(&home, "repository.forget")[0]["facts"];
    assert_eq!(intent["tags"], json!(["nang-cap", "quy-4"]));
    assert_eq!(intent["rules"]["tags"]["nang-cap"]["last"], 1);
    assert_eq!(sets(&home), [0, 1, 3, 4].map(|at| ids[at].clone()));
    done(&home, "repository forget");
    assert_eq!(sets(&home), [3, 4].map(|at| ids[at].clone()));
}

#[test]
fn no_set_gets_a_tag_that_says_what_duphong_says() {
    let (home, _) = sets_with("{ last: 1 }", &[]);
    for tag in ["evidence", "portal:mau", "Quý-4"] {
        for dry in ["", " --dry-run"] {
            let refused = home.json(&format!("snapshot create --portal mau --tag {tag}{dry}"));
            assert_eq!(
                (&refused["exit"], &refused["error"]["code"]),
                (&json!(2), &json!("job.not-a-tag")),
                "{tag}"
            );
        }
    }
    assert!(sets(&home).is_empty() && entries(&home, "snapshot.create").is_empty());
}

#[test]
fn a_held_set_stays_until_it_is_released() {
    let (home, ids) = three_sets("{ last: 1 }");
    done(&home, "repository verify local --read-data");
    let short = &ids[0][..8];
    let mut line = home.command(&["snapshot", "hold", short, "--by", "An", "--reason", "vụ 12"]);
    assert!(line.output().unwrap().status.success());
    let listed = done(&home, "snapshot list");
    assert_eq!(
        (&listed["sets"][0]["held"]["by"], &listed["sets"][1]["held"]),
        (&json!("An"), &json!(null))
    );
    assert!(home.run("snapshot list").out.contains("mau (held)"));
    let told = home.run("repository forget --dry-run");
    assert!(told.out.contains("held by An: vụ 12"), "{}", told.out);
    done(&home, "repository forget");
    assert_eq!(sets(&home), [ids[0].clone(), ids[2].clone()]);
    assert_eq!(
        home.json("snapshot release ffff --by An --reason xong")["error"]["code"],
        "job.not-held"
    );
    assert_eq!(home.json(&format!("snapshot release {short} --by An --reason  "))["exit"], 2);
    let released = done(&home, &format!("snapshot release {short} --by An --reason xong"));
    assert_eq!((&released["set"], &released["repository"]), (&json!(ids[0]), &json!("local")));
    done(&home, "repository forget");
    assert_eq!(sets(&home), [ids[2].clone()]);
}

#[test]
fn damage_found_later_takes_the_proof_back() {
    let (home, ids) = three_sets("{ last: 1 }");
    done(&home, "repository verify local --read-data");
    let pack = files(&home, "repository/data").pop().unwrap();
    let bytes = std::fs::read(&pack).unwrap();
    std::fs::write(&pack, &bytes[1..]).unwrap();
    assert_eq!(home.json("repository verify local")["exit"], 20);
    let refused = home.json("repository forget");
    assert_eq!((&refused["exit"], sets(&home)), (&json!(3), ids), "{refused}");
}

#[test]
fn without_rules_or_with_an_unreadable_set_nothing_goes() {
    let (home, ids) = three_sets("{ last: 1 }");
    done(&home, "repository verify local --read-data");
    let file = home.path().join("repository/snapshots").join(&ids[0]);
    std::fs::write(&file, b"x").unwrap();
    let refused = home.json("repository forget");
    assert_eq!(
        (&refused["exit"], &refused["error"]["code"]),
        (&json!(20), &json!("repository.damaged"))
    );
    assert!(home.path().join("repository/snapshots").join(&ids[1]).exists());
    home.write("duphong.yaml", &configuration("en"));
    let refused = home.json("repository forget");
    assert_eq!(
        (&refused["exit"], &refused["error"]["code"]),
        (&json!(78), &json!("job.no-retention"))
    );
}

#[test]
fn pruning_frees_what_forgotten_sets_alone_used() {
    let (home, ids) = three_sets("{ last: 1 }");
    done(&home, "repository verify local --read-data");
    let nothing = done(&home, "repository prune --dry-run");
    assert_eq!(nothing["repositories"][0]["plan"]["unneeded"], json!([]), "{nothing}");
    done(&home, "repository forget");
    let before = files(&home, "repository/data").len();
    let dry = done(&home, "repository prune local --dry-run");
    let plan = &dry["repositories"][0]["plan"];
    assert!(plan["bytes-freed"].as_u64().unwrap() > 0, "{dry}");
    assert_eq!(dry["repositories"][0]["done"], json!(null));
    assert_eq!(
        (files(&home, "repository/data").len(), entries(&home, "repository.prune").len()),
        (before, 0)
    );
    let told = home.run("repository prune --dry-run");
    assert!(told.code == 0 && told.out.contains("Nothing was changed."), "{}", told.out);
    let real = done(&home, "repository prune local");
    let real = &real["repositories"][0];
    assert_eq!(real["plan"]["digest"], plan["digest"]);
    assert!(real["done"]["bytes-removed"].as_u64().unwrap() > 0, "{real}");
    assert!(files(&home, "repository/data").len() < before);
    let entries = entries(&home, "repository.prune");
    assert_eq!((entries.len(), &entries[0]["facts"]["plan"]), (2, &plan["digest"]));
    assert_eq!(entries[1]["facts"]["bytes-removed"], real["done"]["bytes-removed"]);
    done(&home, "repository verify local --read-data");
    assert_eq!(sets(&home), [ids[2].clone()]);
    let again = home.run("repository prune");
    assert!(again.code == 0 && again.out.contains("There is nothing to remove."), "{}", again.out);
    assert_eq!(home.run("repository prune --max-unused 101").code, 2);
}

#[test]
fn damage_stops_a_prune_and_is_named() {
    let (home, _) = three_sets("{ last: 1 }");
    done(&home, "repository verify local --read-data");
    done(&home, "repository forget");
    let packs = files(&home, "repository/data");
    for pack in &packs {
        let bytes = std::fs::read(pack).unwrap();
        std::fs::write(pack, &bytes[..bytes.len() - 1]).unwrap();
    }
    let refused = home.json("repository prune");
    assert_eq!(
        (&refused["exit"], &refused["error"]["kind"]),
        (&json!(20), &json!("integrity")),
        "{refused}"
    );
    assert_eq!(files(&home, "repository/data"), packs);
}

fn files(home: &Home, below: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![home.path().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// A set whose file is gone was not forgotten: a person must say so.
#[test]
fn a_set_that_is_missing_is_named_and_needs_a_word() {
    let (home, ids) = three_sets("{ last: 1 }");
    let file = |id: &str| home.path().join("repository/snapshots").join(id);
    let before = files(&home, "repository/data");
    std::fs::remove_file(file(&ids[1])).unwrap();
    for line in
        ["repository prune --dry-run", "repository prune", "repository prune --gone ffffffff"]
    {
        let refused = home.json(line);
        assert_eq!(
            (&refused["exit"], &refused["error"]["code"]),
            (&json!(20), &json!("job.sets-gone")),
            "{line}: {refused}"
        );
    }
    assert!(home.run("repository prune").err.contains(&ids[1][..16]));
    assert_eq!(
        (files(&home, "repository/data"), entries(&home, "repository.prune")),
        (before, vec![])
    );
    done(&home, &format!("repository prune --gone {}", &ids[1][..8]));
    let entries = entries(&home, "repository.prune");
    assert_eq!(entries[0]["facts"]["gone"], json!([ids[1]]));
    done(&home, "repository prune");
    done(&home, "repository verify local --read-data");
    assert_eq!(sets(&home), [ids[0].clone(), ids[2].clone()]);
}

#[test]
fn what_is_told_fits_a_terminal_in_both_languages() {
    let (home, ids) = three_sets(
        "{ within: 1h, last: 1, hourly: 2, daily: 3, weekly: 4, monthly: 5, yearly: 6, verified: 2 }",
    );
    let reason = "vụ án số 12/2026 của cơ quan điều tra, chờ kết luận của Viện kiểm sát";
    let by = "Nguyễn Thị Bình An, Phó giám đốc";
    let held =
        home.command(&["snapshot", "hold", &ids[0], "--by", by, "--reason", reason]).output();
    assert!(held.unwrap().status.success());
    std::fs::remove_file(home.path().join("repository/snapshots").join(&ids[1])).unwrap();
    for line in [
        "repository forget --dry-run",
        "repository forget",
        "repository prune",
        "repository prune --dry-run --gone",
        "repository forget --help",
        "repository prune --help",
        "snapshot hold --help",
        "snapshot release --help",
    ] {
        let line =
            if line.ends_with("gone") { format!("{line} {}", ids[1]) } else { line.to_owned() };
        for language in ["en", "vi"] {
            let told = home.run(&format!("{line} --lang {language}"));
            let wide: Vec<_> = told.out.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(wide.is_empty(), "{line} in {language}: {wide:#?}");
        }
    }
}
