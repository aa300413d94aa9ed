//! Sets, drills, repositories, keys and the audit log: what a host with a disk can do alone.

use crate::cli::coverage::Leaves::{Deed, Fact, Log, Nothing};
use crate::cli::coverage::{Step, play, step};
use crate::cli::kit::Home;
use crate::cli::unlock;

const CONFIGURATION: &str = r#"
site: { id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: en }
state: state
repositories:
  local: { path: repository, password: { file: password } }
  xa: { path: other, password: { file: other-password } }
notices:
  smtp: { host: localhost, port: 9, security: tls, from: duphong@mau.example }
  webhooks:
    - { name: chat, url: "https://127.0.0.1:9/" }
audit:
  anchors:
    thu: { mail: { to: kiemtoan@mau.example } }
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    databases:
      - { name: cong, sqlite: { path: data/cong.sqlite } }
    trees:
      - { role: media, name: tep, path: media }
    snapshot: { to: [local], rpo: 6h, retention: { last: 1, verified: 1 } }
    drill:
      from: local
      rto: 8h
      scratch: scratch
      scan: { command: [/bin/sh, -c, 'test ! -e "$0"', HOME/infected] }
"#;

const WITHOUT_SECOND: &str = "  xa: { path: other, password: { file: other-password } }\n";

fn configuration(home: &Home) -> String {
    CONFIGURATION.replace("HOME", &home.path().display().to_string())
}

/// A portal with a database, and one of two repositories.
pub(super) fn prepare(home: &Home) {
    home.write("duphong.yaml", &configuration(home).replace(WITHOUT_SECOND, ""));
    std::fs::create_dir(home.path().join("media")).unwrap();
    home.write("media/a.txt", "một");
    std::fs::create_dir(home.path().join("data")).unwrap();
    let database = rusqlite::Connection::open(home.path().join("data/cong.sqlite")).unwrap();
    let rows = "create table bai (id integer primary key, ten text); \
                insert into bai (ten) values ('một'), ('hai');";
    database.execute_batch(rows).unwrap();
}

fn second_repository(home: &Home) -> String {
    home.write("duphong.yaml", &configuration(home));
    String::new()
}

fn changed(home: &Home) -> String {
    home.write("media/a.txt", "hai");
    String::new()
}

fn infected(home: &Home) -> String {
    home.write("infected", "");
    String::new()
}

fn clean(home: &Home) -> String {
    std::fs::remove_file(home.path().join("infected")).unwrap();
    String::new()
}

fn held_set(home: &Home) -> String {
    let listed = home.json("snapshot list")["result"]["sets"].clone();
    let held = listed.as_array().unwrap().iter().find(|set| !set["held"].is_null()).unwrap();
    held["id"].as_str().unwrap()[..16].to_owned()
}

fn new_password(home: &Home) -> String {
    home.write("second", "mat khau thu hai\n");
    String::new()
}

/// The key that the configured password does not open.
fn second_key(home: &Home) -> String {
    let listed = home.json("key list local")["result"]["repositories"][0]["keys"].clone();
    let other = listed.as_array().unwrap().iter().find(|key| key["in-use"] == false).unwrap();
    other["id"].as_str().unwrap()[..16].to_owned()
}

fn stale_lock(home: &Home) -> String {
    unlock::plant(home, &unlock::host(), i32::MAX.unsigned_abs())
}

fn no_index(home: &Home) -> String {
    std::fs::remove_dir_all(home.path().join("repository/index")).unwrap();
    String::new()
}

pub(super) const STEPS: &[Step] = &[
    step("validate --syntax", Nothing),
    step("init", Deed("repository.init")),
    step("init", Nothing),
    step("validate", Nothing).ends(&[0, 3]),
    step("repository init xa", Deed("repository.init")).after(second_repository),
    step("snapshot create --portal mau --dry-run", Nothing),
    step("snapshot create --portal mau", Deed("snapshot.create")),
    step("snapshot create --portal mau", Deed("snapshot.create")).after(changed),
    step("snapshot list", Nothing),
    step("snapshot show latest", Nothing),
    step("snapshot ls latest", Nothing),
    step("snapshot cat latest media/tep/a.txt", Nothing),
    step("snapshot find a.txt --portal mau", Nothing),
    step("snapshot diff latest latest", Nothing),
    step("snapshot hold latest --by An --reason vụ", Fact("snapshot.hold")),
    step("snapshot release {} --by An --reason xong", Fact("snapshot.release")).after(held_set),
    step("snapshot hold --portal mau --by An --reason vụ", Fact("retention.hold")),
    step("snapshot release --portal mau --by An --reason xong", Fact("retention.release")),
    step("snapshot spot --portal mau", Deed("snapshot.spot")),
    step("restore latest --portal mau --target r --dry-run", Nothing),
    step("restore latest --portal mau --target r", Deed("restore.run")),
    step("runbook --portal mau --out book.pdf", Deed("restore.runbook")),
    step("runbook --portal mau --test 0000-0000-0000", Nothing).ends(&[3]),
    step("drill run --portal mau", Deed("drill.run")),
    step("drill run --portal mau --sabotage wrong-key", Deed("drill.run")).ends(&[1]),
    step("drill run --portal mau", Deed("drill.run")).ends(&[1]).after(infected),
    step("drill show 3", Nothing),
    step("drill close 3 --by An --reason xong", Fact("drill.close")),
    step("drill run --portal mau", Deed("drill.run")).after(clean),
    step("drill list", Nothing),
    step("drill trend", Nothing),
    step("drill forecast --portal mau", Nothing).ends(&[0, 3]),
    step("drill report 1 --out minutes.pdf", Nothing),
    step("report backup --period 2000..2100", Nothing),
    step("report backup --period 2000..2100 --format csv --output report.csv", Nothing),
    step("status", Nothing).ends(&[3, 30]),
    step("next", Nothing).ends(&[0, 3]),
    step("repository stats", Nothing),
    step("repository verify local", Deed("repository.verify")),
    step("repository verify local --read-data", Deed("repository.verify")),
    step("repository copy --from local --to xa --dry-run", Nothing),
    step("repository copy --from local --to xa", Deed("repository.copy")),
    step("repository forget --dry-run", Nothing).ends(&[0, 3]),
    step("repository forget --repository local", Deed("repository.forget")),
    step("repository prune local --dry-run", Nothing),
    step("repository prune local --max-unused 0", Deed("repository.prune")),
    step("repository repair local --index --dry-run", Nothing).after(no_index),
    step("repository repair local --index", Deed("repository.repair")),
    step("repository unlock --dry-run", Nothing).after(stale_lock),
    step("repository unlock", Deed("repository.unlock")),
    step("key list local", Nothing).ends(&[0, 3]),
    step("key add local --new-password-file second --dry-run", Nothing).after(new_password),
    step("key add local --new-password-file second", Deed("key.add")),
    step("key remove local {} --dry-run", Nothing).after(second_key),
    step("key remove local {}", Deed("key.remove")).after(second_key),
    step("key rotate local --dry-run", Nothing),
    step("key rotate local", Deed("key.rotate")),
    step("key sheet local --out sheet.pdf", Deed("key.sheet")),
    step("key confirm local --by An --place két", Fact("key.confirm")),
    step("wal list", Nothing),
    step("wal check", Nothing).ends(&[0, 3]),
    step("wal fetch 000000010000000000000001 here", Nothing).ends(&[1, 200]),
    step("notice test", Deed("notice.test")).ends(&[1, 3]),
    step("notice list", Nothing),
    step("audit log", Nothing),
    step("audit verify", Nothing),
    step("audit export --out part", Deed("audit.export")),
    step("audit anchor --out head", Deed("audit.anchor")),
    step("audit anchor --dry-run", Nothing),
    step("audit anchor", Deed("audit.anchor")).ends(&[1]),
    step("audit key rotate --by An --reason cũ --dry-run", Nothing),
    step("audit key rotate --by An --reason cũ", Deed("audit.rotate-key")),
    step("audit verify", Nothing),
    step(
        "recover --repository repository --password-file password --dir new",
        Log("new/state/audit"),
    )
    .ends(&[0, 3]),
];

#[test]
fn what_a_host_does_with_its_sets_is_on_record() {
    let home = Home::new();
    prepare(&home);
    play(&home, STEPS);
}
