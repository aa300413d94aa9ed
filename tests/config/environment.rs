//! What is looked at on the machine itself, on real files.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use duphong::config::{Loaded, load};

use super::told;

/// A folder in which everything the configuration speaks of is there.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        for folder in ["media", "data"] {
            fs::create_dir(machine.path(folder)).unwrap();
        }
        // The first bytes of every SQLite file are enough for what is looked at here.
        fs::write(machine.path("data/portal.db"), b"SQLite format 3\0\x10\x00").unwrap();
        machine.secret("pass", 0o600);
        machine
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn secret(&self, name: &str, mode: u32) {
        fs::write(self.path(name), "mật khẩu\n").unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn load(&self, drill: &str) -> Loaded {
        let yaml = format!(
            "\
site: {{ id: mau, name: Tỉnh Mẫu }}
state: state
repositories:
  local: {{ path: repo, password: {{ file: pass }} }}
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    databases: [ {{ name: portal, sqlite: {{ path: data/portal.db }} }} ]
    trees: [ {{ role: media, path: media }} ]
    snapshot: {{ to: [local], rpo: 6h }}
    drill: {{ {drill} }}
"
        );
        fs::write(self.path("duphong.yaml"), yaml).unwrap();
        load(&self.path("duphong.yaml"), None).unwrap()
    }

    #[track_caller]
    fn check(&self, expected: &[&str]) {
        assert_eq!(told(&self.load("rto: 20h").environment_problems()), expected);
    }
}

#[test]
fn a_machine_with_everything_in_place_has_no_problems() {
    let machine = Machine::new();
    machine.check(&[]);
    // Neither state nor repository need exist; once they do, they are folders.
    fs::create_dir(machine.path("state")).unwrap();
    fs::create_dir(machine.path("repo")).unwrap();
    machine.check(&[]);
    fs::write(machine.path("data/portal.db"), "").unwrap();
    machine.check(&[]);
}

#[test]
fn what_is_missing_is_told_at_its_place_in_the_file() {
    let machine = Machine::new();
    fs::remove_file(machine.path("pass")).unwrap();
    fs::remove_file(machine.path("data/portal.db")).unwrap();
    fs::remove_dir(machine.path("media")).unwrap();
    machine.check(&[
        "4:34 repositories.local.password config-no-file",
        "11:50 portals.mau.databases[0].sqlite.path config-no-file",
        "12:35 portals.mau.trees[0].path config-no-file",
    ]);
}

#[test]
fn what_stands_in_the_way_is_told() {
    let machine = Machine::new();
    for file in ["state", "repo", "data/portal.db"] {
        fs::write(machine.path(file), "một tệp thường").unwrap();
    }
    fs::remove_dir(machine.path("media")).unwrap();
    fs::write(machine.path("media"), "").unwrap();
    machine.check(&[
        "2:8 state config-not-folder",
        "4:18 repositories.local.path config-not-folder",
        "11:50 portals.mau.databases[0].sqlite.path config-not-sqlite",
        "12:35 portals.mau.trees[0].path config-not-folder",
    ]);
}

#[test]
fn a_secret_is_for_its_owner_alone() {
    let machine = Machine::new();
    let at = "4:34 repositories.local.password";
    for (mode, expected) in [
        (0o600, None),
        (0o400, None),
        (0o640, Some(format!("{at} config-secret-group (warning)"))),
        (0o644, Some(format!("{at} config-secret-open"))),
        (0o604, Some(format!("{at} config-secret-open"))),
        (0o602, Some(format!("{at} config-secret-open"))),
    ] {
        machine.secret("pass", mode);
        machine.check(&expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
    fs::write(machine.path("pass"), "\n").unwrap();
    machine.check(&[&format!("{at} config-secret-content")]);
}

#[test]
fn a_program_that_serves_the_restored_portal_exists() {
    let machine = Machine::new();
    let smoke = "smoke: [{ path: / }]";
    let loaded = machine.load(&format!("start: [/nonexistent/serve, '{{port}}'], {smoke}"));
    assert_eq!(
        told(&loaded.environment_problems()),
        ["14:22 portals.mau.drill.start[0] config-no-file"]
    );
    // One that comes with the restored tree cannot be looked for yet.
    let loaded = machine.load(&format!("start: ['{{tree:media}}/serve', '{{port}}'], {smoke}"));
    assert_eq!(told(&loaded.environment_problems()), [""; 0]);
}

#[test]
fn a_symbolic_link_does_not_hide_that_a_tree_holds_its_own_repository() {
    let machine = Machine::new();
    fs::create_dir(machine.path("media/repo")).unwrap();
    symlink(machine.path("media/repo"), machine.path("repo")).unwrap();
    machine.check(&["12:35 portals.mau.trees[0].path config-backs-up-itself"]);
    // Also where the link stands further up and the end does not exist yet.
    fs::remove_file(machine.path("repo")).unwrap();
    symlink(machine.path("media"), machine.path("state")).unwrap();
    machine.check(&["12:35 portals.mau.trees[0].path config-source-in-own"]);
}

#[test]
fn the_example_is_not_at_home_here_and_every_absence_has_a_place() {
    let loaded = load(Path::new("config/example.yaml"), None).unwrap();
    let problems = loaded.environment_problems();
    assert!(problems.len() > 5);
    for problem in problems {
        assert!(problem.at.line > 1, "{problem:?}");
        assert!(problem.hint.is_some(), "{problem:?}");
    }
}

#[test]
fn files_and_secrets_of_the_outside_are_looked_at() {
    let machine = Machine::new();
    machine.secret("open", 0o644);
    let outside = "rto: 20h }
network: { authorities: ca.pem }
notices: { smtp: { host: h, security: tls, from: a@b, user: u, password: { file: open } } }
incidents: { rule-files: [own.yaml]";
    assert_eq!(
        told(&machine.load(outside).environment_problems()),
        [
            "15:25 network.authorities config-no-file",
            "16:74 notices.smtp.password config-secret-open",
            "17:27 incidents.rule-files[0] config-no-file",
        ]
    );
}

#[test]
fn what_portals_give_is_held_against_the_playbooks_that_there_are() {
    let machine = Machine::new();
    let file = machine.path("duphong.yaml");
    machine.load("rto: 20h");
    let base = fs::read_to_string(&file).unwrap();
    let check = |more: &str, expected: &[&str]| {
        fs::write(&file, format!("{base}{more}")).unwrap();
        assert_eq!(told(&load(&file, None).unwrap().environment_problems()), expected, "{more}");
    };
    let given = |playbook: &str| format!("    playbooks:\n      {playbook}\n");
    check(&given("restore-in-place: { text: Cổng, closed-status: 503 }"), &[]);
    check(
        &given("restore-in-plac: { text: Cổng }"),
        &["16:24 portals.mau.playbooks.restore-in-plac config-no-playbook"],
    );
    check(
        &given("restore-in-place: { txt: Cổng, page: cong.example, close: systemctl stop x }"),
        &[
            "16:32 portals.mau.playbooks.restore-in-place.txt playbook-input-unknown",
            "16:44 portals.mau.playbooks.restore-in-place.page playbook-value-url",
            "16:65 portals.mau.playbooks.restore-in-place.close playbook-value-line",
        ],
    );
    let folder = "playbooks: { folder: own }\n";
    check(folder, &["15:22 playbooks.folder config-no-file"]);
    fs::create_dir(machine.path("own")).unwrap();
    fs::write(machine.path("own/mine.yaml"), "playbook: mine\n").unwrap();
    check(
        &format!("{}{folder}", given("mine: {}")),
        &["16:13 portals.mau.playbooks.mine config-playbook-wrong"],
    );
    fs::write(machine.path("own/restore-in-place.yaml"), "").unwrap();
    check(folder, &["15:22 playbooks.folder config-playbook-shadows"]);
}
