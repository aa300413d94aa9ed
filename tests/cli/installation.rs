//! Every verb on one real installation, the one that the quickstart leaves behind.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::kit::{Answer, Home};

/// A home with a finished quickstart, and what it answered.
fn quickstart() -> (Home, Value) {
    let home = Home::new();
    let told = home.json("quickstart --dir q --lang en");
    assert_eq!((&told["exit"], &told["error"]), (&json!(0), &json!(null)), "{told}");
    (home, told["result"].clone())
}

fn on_it(line: &str) -> String {
    format!("--config q/duphong.yaml {line}")
}

fn run(home: &Home, line: &str) -> Answer {
    home.run(&on_it(line))
}

#[track_caller]
fn json(home: &Home, line: &str) -> Value {
    home.json(&on_it(line))
}

/// The result of a line that must be done.
#[track_caller]
fn done(home: &Home, line: &str) -> Value {
    let envelope = json(home, line);
    assert_eq!(envelope["exit"], 0, "{line}: {envelope}");
    envelope["result"].clone()
}

#[test]
fn the_quickstart_leaves_an_installation_on_which_every_verb_works() {
    let (home, told) = quickstart();
    assert_eq!(told["drill"]["record"]["verdict"], "pass");
    assert_eq!(told["audit"]["verdict"], "valid");
    for recovered in ["recovered", "cleaned"] {
        assert_eq!(told[recovered]["finished"], true, "{told}");
        assert_eq!(
            (&told[recovered]["answers"]["v4"], &told[recovered]["failed"]),
            (&json!("healthy"), &json!(null))
        );
    }
    assert_eq!((&told["answers"]["lost"]["v4"], &told["clean"]), (&json!("down"), &json!(true)));
    assert_eq!((&told["alarm"]["altered"], &told["alarm"]["evidence"]), (&json!(true), &json!(8)));
    assert_eq!(told["alarm"]["set"], told["sets"][0]["id"], "the last set from before the attack");
    assert_eq!(told["incident"]["form"].as_array().unwrap().len(), 2);
    assert!(told["incident"]["owed"].as_u64().unwrap() > 0, "{told}");
    for path in told["paths"].as_object().unwrap().values() {
        assert!(Path::new(path.as_str().unwrap()).exists(), "{path}");
    }
    keep_the_password(&home);
    plan_a_set(&home);
    look_into_sets(&home);
    restore(&home);
    drill(&home);
    audit(&home, &told);
    recover(&home);
    tear_the_log(&home, &told);
    lose_a_snapshot(&home);
}

/// How things stand on an installation with which nothing is wrong, except that its configuration
/// names nobody who would hear an alarm, that its incident has duties, and that no daemon runs.
#[track_caller]
fn well(home: &Home) -> Value {
    let status = json(home, "status")["result"].clone();
    let remarks = status["remarks"].as_array().unwrap();
    let ids: Vec<_> = remarks.iter().map(|remark| &remark["id"]).collect();
    let expected = [
        "view-notice-nobody",
        "view-incident-duties-open",
        "view-incident-duties-undetermined",
        "view-no-daemon",
    ];
    assert_eq!(ids, expected, "{status}");
    status
}

/// One remark fewer as soon as somebody vouches for a copy of the password.
fn keep_the_password(home: &Home) {
    let before = json(home, "status");
    assert_eq!((&before["exit"], &before["result"]["colour"]), (&json!(3), &json!("amber")));
    let nagios = run(home, "status --nagios");
    assert!(nagios.code == 1 && nagios.out.starts_with("DUPHONG WARNING - "));
    assert!(nagios.out.contains("; notices: ") || nagios.out.contains(" - notices: "));
    assert!(nagios.out.contains(" local: "), "{}", nagios.out);
    let wrong = json(home, "key confirm local --by An --place safe --copy q/duphong.yaml");
    assert_eq!(wrong["error"]["code"], "job.wrong-copy");
    done(home, "key confirm local --by An --place safe --copy q/secrets/repository.password");
    assert_eq!(well(home)["colour"], "amber");
    let nagios = run(home, "status --nagios");
    let only = nagios.out.starts_with("DUPHONG WARNING - notices: ");
    assert!(nagios.code == 1 && only, "{}", nagios.out);
    let sound = done(home, "repository verify local --read-data");
    assert_eq!(sound["repositories"][0]["sound"], true);
    assert_eq!(done(home, "init")["kept"], json!(["local"]));
}

fn plan_a_set(home: &Home) {
    let entries = well(home)["entries"].clone();
    let plan = done(home, "snapshot create --portal mau --dry-run");
    assert_eq!((&plan["dry-run"], &plan["repositories"]), (&json!(true), &json!(["local"])));
    assert!(plan["databases"][0]["bytes"].as_u64().unwrap() > 0, "{plan}");
    let media = &plan["trees"][0];
    assert!(media["path"].as_str().unwrap().starts_with("media/"), "{plan}");
    assert!(media["files"].as_u64().unwrap() > 1, "{plan}");
    let told = run(home, "snapshot create --portal mau --dry-run --lang en");
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    assert!(told.out.starts_with("Nothing was written: "), "{}", told.out);
    assert_eq!(well(home)["entries"], entries, "a plan is no deed");
}

fn look_into_sets(home: &Home) {
    let sets = done(home, "snapshot list --portal mau");
    let id = sets["sets"][0]["id"].as_str().unwrap();
    let show = done(home, &format!("snapshot show {}", &id[..8]));
    assert_eq!((&show["id"], &show["manifest"]["portal"]), (&json!(id), &json!("mau")));
    let all = done(home, "snapshot ls latest --recursive");
    let entries = all["entries"].as_array().unwrap();
    assert!(entries.iter().any(|entry| entry["path"] == "duphong/duphong.yaml"));
    let file = run(home, "snapshot cat latest duphong/duphong.yaml");
    assert_eq!((file.code, file.err.as_str()), (0, ""));
    assert_eq!(file.out, std::fs::read_to_string(home.path().join("q/duphong.yaml")).unwrap());
    let refused = json(home, "snapshot cat latest manifest.json");
    assert_eq!(refused["error"]["code"], "cli.not-as-json");
    let nowhere = json(home, "snapshot show ffffffff");
    assert_eq!((&nowhere["exit"], &nowhere["error"]["kind"]), (&json!(2), &json!("user")));
}

fn restore(home: &Home) {
    let plan = done(home, "restore latest --portal mau --target r --only media --dry-run");
    assert_eq!(plan["dry-run"], true);
    assert!(!home.path().join("r").exists());
    let restored = done(home, "restore latest --portal mau --target r --only media");
    assert_eq!(restored["files"], plan["files"]);
    let again = json(home, "restore latest --portal mau --target r");
    assert_eq!(again["exit"], 2, "{again}");
    let over = "restore latest --portal mau --target r --only media --overwrite if-changed";
    let same = done(home, over);
    assert_eq!((&same["changed"], &same["bytes-fetched"]), (&json!(0), &json!(0)), "{same}");
    std::fs::write(home.path().join("r/media/thừa"), "").unwrap();
    let plan = done(home, &format!("{over} --delete --dry-run"));
    assert_eq!(plan["deleted"], json!(["media/thừa"]));
    let told = run(home, &format!("{over} --delete --verify --lang en"));
    assert!(told.err.contains("To delete: “media/thừa”"), "before it is done: {}", told.err);
    assert!(told.out.contains("Deleted: “media/thừa”"), "{}", told.out);
    let deleting = json(home, "restore latest --portal mau --target q --overwrite never --delete");
    assert_eq!(deleting["error"]["code"], "restore.own-folder");
    let production = json(home, "restore latest --portal mau --target q/portal/media");
    assert_eq!(production["exit"], 30, "{production}");
}

fn drill(home: &Home) {
    let failed = json(home, "drill run --portal mau --sabotage wrong-key");
    assert_ne!(failed["exit"], 0);
    assert_eq!(failed["error"], json!(null), "a drill that fails has an answer");
    assert_eq!(failed["result"]["verdict"], "fail");
    let drills = done(home, "drill list --portal mau");
    assert_eq!(drills["drills"].as_array().unwrap().len(), 2);
    done(home, "drill report 2 --out minutes.pdf");
    assert!(std::fs::read(home.path().join("minutes.pdf")).unwrap().starts_with(b"%PDF"));
    let unknown = json(home, "drill report 9 --out x.pdf");
    assert_eq!(unknown["error"]["code"], "job.no-drill");
}

fn audit(home: &Home, told: &Value) {
    let anchor = told["paths"]["anchor"].as_str().unwrap();
    let verified = done(home, &format!("audit verify --anchor {anchor}"));
    assert_eq!(verified["verdict"], "valid");
    assert_eq!(verified["anchors"].as_array().unwrap().len(), 1);
    let entries = done(home, "audit log --verb drill.run --last 1");
    assert_eq!(entries["entries"][0]["kind"], "outcome");
    let exported = done(home, "audit export --out part.zip --from 1 --to 3");
    // An auditor has no configuration, and without a key from elsewhere there is no conclusion.
    let part = home.json("audit verify part.zip");
    assert_eq!((&part["exit"], &part["result"]["kind"]), (&json!(3), &json!("export")), "{part}");
    assert_eq!((&part["result"]["from"], &part["result"]["to"]), (&json!(1), &json!(4)));
    let key = part["result"]["key"].as_str().unwrap();
    assert_eq!(home.json(&format!("audit verify part.zip --key {key}"))["exit"], 0);
    let text = exported["digest"].as_str().unwrap();
    let bytes = std::fs::read(home.path().join("part.zip")).unwrap();
    assert_eq!(duphong::base::digest::Digest::of(&bytes).to_string(), text);
    let recorded = done(home, "audit log --verb audit.export");
    assert_eq!(recorded["entries"].as_array().unwrap().len(), 2, "intent and outcome");
    assert_eq!(recorded["entries"][1]["facts"]["digest"], text);
    // A later export leads to the head of this one, though neither range holds it.
    done(home, "audit export --out later.zip --from 2 --to 4");
    let both = home.json(&format!("audit verify part.zip later.zip --key {key}"));
    assert_eq!(
        (&both["exit"], both["result"]["reports"].as_array().unwrap().len()),
        (&json!(0), 3)
    );
    done(home, "audit anchor --out head");
    assert!(home.path().join("head").exists());
    rotate(home, key);
}

/// Whoever has the first key goes on with it, also across the rotation.
fn rotate(home: &Home, key: &str) {
    let planned = done(home, "audit key rotate --by An --reason x --dry-run");
    assert_eq!(
        (&planned["signer"]["key"], &planned["signer"]["rotations"]),
        (&json!(key), &json!(0))
    );
    let rotated = done(home, "audit key rotate --by An --reason x");
    assert_eq!(rotated["from"], key);
    let status = json(home, "status");
    assert_eq!(status["result"]["log-key"]["key"], rotated["to"]);
    let verified = done(home, &format!("audit verify --key {key}"));
    assert_eq!((&verified["verdict"], &verified["key"]), (&json!("valid"), &json!(key)));
    assert_eq!(verified["signer"]["fingerprint"], rotated["to-fingerprint"]);
    done(home, "audit export --out newest.zip");
    let print = rotated["from-fingerprint"].as_str().unwrap();
    let both = home.json(&format!("audit verify part.zip newest.zip --key {print}"));
    assert_eq!(both["exit"], 0, "{both}");
    // A credential of a service that does not run: nobody could even open the log.
    let (log_key, kept) = (home.path().join("q/state/audit/log.key"), home.path().join("kept"));
    std::fs::rename(&log_key, &kept).unwrap();
    std::os::unix::fs::symlink("/run/credentials/duphong.service/log-key", &log_key).unwrap();
    for line in
        ["audit key rotate --by An --reason x --dry-run", "audit key rotate --by An --reason x"]
    {
        let refused = json(home, line);
        assert_eq!(refused["exit"], 78, "{refused}");
        assert_eq!(refused["error"]["code"], "audit.key-handed-in");
    }
    std::fs::rename(&kept, &log_key).unwrap();
}

fn recover(home: &Home) {
    let password = "q/secrets/repository.password";
    let line = format!("recover --repository q/repository --password-file {password} --dir new");
    let recovered = home.json(&line);
    // The configuration names its repository beside itself, and it was recovered elsewhere.
    assert_eq!(recovered["exit"], 3, "{recovered}");
    assert_eq!(recovered["result"]["repository-elsewhere"], true);
    assert_eq!(recovered["result"]["old-log"]["verdict"], "valid");
    assert!(home.path().join("new/duphong.yaml").exists());
}

/// What a crash left is told once, by whichever verb finds it, whether it succeeds or not.
fn tear_the_log(home: &Home, told: &Value) {
    let tails = Path::new(told["paths"]["log"].as_str().unwrap()).join("tail");
    let tear = || {
        let files = std::fs::read_dir(&tails).unwrap().map(|entry| entry.unwrap().path());
        let newest = files.max().unwrap();
        let mut bytes = std::fs::read(&newest).unwrap();
        bytes.extend(b"{\"torn");
        std::fs::write(&newest, bytes).unwrap();
    };
    tear();
    let status = json(home, "status");
    assert!(status["warnings"][0].as_str().unwrap().contains("“torn”"), "{status}");
    assert_eq!(json(home, "status")["warnings"], json!([]));
    tear();
    let failed = json(home, "drill report 9 --out x.pdf");
    assert_eq!(failed["error"]["code"], "job.no-drill");
    assert!(failed["warnings"][0].as_str().unwrap().contains("“torn”"), "{failed}");
    tear();
    let failed = run(home, "drill report 9 --out x.pdf --lang en");
    assert!(failed.err.starts_with("warning: The last run ended in the middle"), "{}", failed.err);
}

/// Comes last: it damages the repository.
fn lose_a_snapshot(home: &Home) {
    let id = done(home, "snapshot list")["sets"][0]["id"].as_str().unwrap().to_owned();
    let object = home.path().join("q/repository/snapshots").join(&id);
    let bytes = std::fs::read(&object).unwrap();
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, &bytes[..bytes.len() / 2]).unwrap();
    let listed = json(home, "snapshot list --portal mau");
    assert_eq!((&listed["exit"], &listed["error"]), (&json!(20), &json!(null)), "{listed}");
    let unreadable = &listed["result"]["unreadable"][0];
    assert_eq!((&unreadable["id"], &unreadable["repository"]), (&json!(id), &json!("local")));
    assert_eq!(unreadable["code"], "repository.damaged");
    assert!(listed["warnings"][0].as_str().unwrap().contains(&id), "{listed}");
    let told = run(home, "snapshot list --lang en");
    assert_eq!(told.code, 20);
    assert!(!told.out.contains(&id[..8]), "{}", told.out);
    assert!(told.err.starts_with(&format!("warning: set {id} in repository")), "{}", told.err);
}
