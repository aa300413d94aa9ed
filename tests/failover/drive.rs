//! duphong at work in the farm: the real program, on the node where nginx is, with the shipped
//! playbook; only its waits are shorter, so that what cannot be seen is given up sooner.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::failover::farm::{Farm, Mode};
use crate::failover::node::checked;

/// The name under which the playbook with shorter waits is known.
const PLAYBOOK: &str = "chuyen-nhanh";

/// Somebody who is not the starter.
const APPROVER: &str = "lanhdao";

/// A farm with duphong on it.
pub(super) struct Driven {
    pub(super) farm: Farm,
}

/// What duphong answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its exit code; none where a signal ended it.
    pub(super) code: Option<i32>,
    /// The run, as `--json` has it.
    pub(super) run: Value,
    /// What it complained of.
    pub(super) err: String,
}

impl Driven {
    pub(super) fn start(mode: Mode) -> Self {
        let driven = Self { farm: Farm::start(mode) };
        driven.install();
        driven
    }

    fn install(&self) {
        let farm = &self.farm;
        let key = farm.path("key");
        checked(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key));
        let public = fs::read_to_string(farm.path("key.pub")).unwrap();
        let words: Vec<&str> = public.split_whitespace().take(2).collect();
        let shipped = include_str!("../../playbooks/failover-postgres.yaml");
        let quick = shipped
            .replace("playbook: failover-postgres", &format!("playbook: {PLAYBOOK}"))
            .replace("timeout: 5m", "timeout: 20s")
            .replace("timeout: 2m", "timeout: 20s")
            .replace("timeout: 1m", "timeout: 20s");
        assert_eq!(quick.matches("timeout: 20s").count(), 7, "every wait is shorter");
        fs::create_dir(farm.path("playbooks")).unwrap();
        fs::write(farm.path(&format!("playbooks/{PLAYBOOK}.yaml")), quick).unwrap();
        fs::create_dir_all(farm.path("media")).unwrap();
        fs::create_dir_all(farm.path("secrets")).unwrap();
        fs::write(farm.path("secrets/repository"), "kho").unwrap();
        fs::write(farm.path("duphong.yaml"), self.configuration(&words.join(" "))).unwrap();
        let init = self.command(&["init"]).output().unwrap();
        assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
    }

    fn configuration(&self, key: &str) -> String {
        let at = self.farm.path("").display().to_string();
        let (a, b) = (self.farm.a.dsn(), self.farm.b.dsn());
        format!(
            r#"
site: {{ id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: en }}
state: state
repositories:
  local: {{ path: repository, password: {{ file: secrets/repository }} }}
network: {{ resolvers: ["10.77.0.3:53"], inside: [10.77.0.0/24] }}
playbooks:
  folder: playbooks
  approvers:
    {APPROVER}: {{ name: Lãnh đạo, logins: [{APPROVER}], key: "{key}" }}
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    trees: [ {{ role: media, name: tep, path: media }} ]
    snapshot: {{ to: [local], rpo: 6h }}
    playbooks:
      {PLAYBOOK}:
        primary-dsn: "{a}"
        standby-dsn: "{b}"
        fence: [{at}fence]
        unfence: [{at}unfence]
        upstream-file: {at}conf.d/cong.conf
        upstream: cong
        standby-address: 10.77.0.2:8080
        nginx-test: [{at}nginx-test]
        nginx-reload: [{at}nginx-reload]
        page: http://10.77.0.3/
        text: tỉnh Mẫu
"#
        )
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.farm.command("l", env!("CARGO_BIN_EXE_duphong"));
        command.args(["--json", "--config"]).arg(self.farm.path("duphong.yaml")).args(arguments);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
        command
    }

    /// Starts a verb that goes on with a run.
    pub(super) fn spawn(&self, arguments: &[&str]) -> Child {
        let arguments = [&["playbook"], arguments].concat();
        let mut command = self.command(&arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// A verb of `playbook`, to its end.
    pub(super) fn playbook(&self, arguments: &[&str]) -> Answer {
        answer(self.spawn(arguments))
    }

    /// Plans and begins a run with these inputs beside the configured ones; it waits at its gate.
    #[track_caller]
    pub(super) fn begin(&self, inputs: &[(&str, &str)]) -> String {
        let given: Vec<String> =
            inputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut arguments = vec!["run", PLAYBOOK, "--portal", "mau"];
        for one in &given {
            arguments.extend(["--input", one]);
        }
        let begun = self.playbook(&arguments);
        assert_eq!(begun.code, Some(30), "it waits for approval: {begun:?}");
        let number = begun.run["run"].as_u64().unwrap().to_string();
        let key = self.farm.path("key").display().to_string();
        let approved = self.playbook(&["approve", &number, "--key", &key]);
        assert_eq!(approved.code, Some(0), "{approved:?}");
        number
    }

    /// Begins a run and goes on with it as far as it goes.
    #[track_caller]
    pub(super) fn fail_over(&self, inputs: &[(&str, &str)]) -> Answer {
        let number = self.begin(inputs);
        self.playbook(&["resume", &number])
    }

    /// The portal serves, from B, and takes rows.
    #[track_caller]
    pub(super) fn check_serves_from_b(&self) {
        let before = self.farm.acknowledged().len();
        self.farm
            .wait_until("rows are acknowledged", |farm| farm.acknowledged().len() > before + 20);
        assert_eq!(self.farm.b.sql("SELECT pg_is_in_recovery()"), "f");
        let upstream = fs::read_to_string(self.farm.upstream()).unwrap();
        assert_eq!(upstream, "# Cổng\nupstream cong { server 10.77.0.2:8080; }\n");
    }

    /// Nothing was switched: A is primary and serves, B follows, the file is as it was.
    #[track_caller]
    pub(super) fn check_serves_from_a(&self) {
        self.farm.wait_until("A takes rows again", |farm| {
            farm.attempts().last().is_some_and(|last| last.ended > 0.0)
                && farm.page().contains("tỉnh Mẫu")
        });
        let before = self.farm.acknowledged().len();
        self.farm
            .wait_until("rows are acknowledged", |farm| farm.acknowledged().len() > before + 20);
        assert_eq!(self.farm.a.sql("SELECT pg_is_in_recovery()"), "f");
        assert_eq!(self.farm.b.sql("SELECT pg_is_in_recovery()"), "t", "B was never promoted");
        let written: Vec<_> = self.farm.attempts();
        assert!(!written.iter().any(|one| one.node == "b" && one.good), "nothing wrote to B");
        let upstream = fs::read_to_string(self.farm.upstream()).unwrap();
        assert_eq!(upstream, "# Cổng\nupstream cong { server 10.77.0.1:8080; }\n");
    }

    /// **Invariant: never two primaries.** The last write that A took ended before the first that B
    /// took began.
    #[track_caller]
    pub(super) fn check_never_two_primaries(&self) {
        let attempts = self.farm.attempts();
        let good = |node: &str| {
            attempts.iter().filter(|one| one.good && one.node == node).collect::<Vec<_>>()
        };
        let (a, b) = (good("a"), good("b"));
        let last = a.iter().map(|one| one.ended).fold(0.0, f64::max);
        let first = b.iter().map(|one| one.began).fold(f64::INFINITY, f64::min);
        assert!(!a.is_empty() && !b.is_empty(), "the watcher wrote to both, one after the other");
        assert!(last < first, "A took a write until {last}, B from {first}");
        let between = attempts.iter().filter(|one| one.began > last && one.ended < first).count();
        eprintln!(
            "  no write anywhere for {:.2} s; {between} attempts of the watcher failed in between",
            first - last
        );
    }

    /// The rows that were acknowledged and are not there now.
    pub(super) fn lost(&self) -> Vec<crate::failover::farm::Row> {
        let acknowledged = self.farm.acknowledged();
        let rows = self.farm.b.sql("SELECT n FROM dong");
        let there: BTreeSet<u64> = rows.lines().map(|row| row.parse().unwrap()).collect();
        acknowledged.into_iter().filter(|row| !there.contains(&row.number)).collect()
    }

    /// The longest time without an acknowledged row: what the user felt.
    pub(super) fn longest_silence(&self) -> f64 {
        let rows = self.farm.acknowledged();
        rows.windows(2).map(|two| two[1].at - two[0].at).fold(0.0, f64::max)
    }
}

pub(super) fn answer(child: Child) -> Answer {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let envelope: Value = serde_json::from_str(&text).unwrap_or_default();
    let mut err = String::from_utf8_lossy(&output.stderr).into_owned();
    if envelope["result"].is_null() {
        err.push_str(&text);
    }
    Answer { code: output.status.code(), run: envelope["result"].clone(), err }
}

impl Answer {
    /// A step of the run.
    pub(super) fn step(&self, id: &str) -> &Value {
        let steps = self.run["steps"].as_array();
        let found = steps.and_then(|steps| steps.iter().find(|step| step["step"] == id));
        found.unwrap_or_else(|| panic!("no step `{id}`: {self:?}"))
    }

    /// The code of the fault that a step failed by.
    pub(super) fn failure(&self, id: &str) -> &str {
        self.step(id)["failure"]["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub(super) fn expect(&self, code: i32, standing: &str) {
        assert_eq!(
            (self.code, self.run["standing"].as_str()),
            (Some(code), Some(standing)),
            "{}\n{:#}",
            self.err,
            self.run
        );
    }

    /// Prints what was measured.
    pub(super) fn tell(&self, title: &str) {
        eprintln!("{title}: {} ms from the beginning to the end", self.run["took-ms"]);
        for step in self.run["steps"].as_array().into_iter().flatten() {
            eprintln!(
                "  {:<10} {:>8} ms  {}",
                step["step"].as_str().unwrap_or_default(),
                step["took-ms"],
                step["output"]
            );
        }
    }
}
