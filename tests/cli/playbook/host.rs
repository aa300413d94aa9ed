//! A prepared host with approvers, their keys, and commands that leave a trace of every execution.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cli::kit::{Answer, Home, configuration};

/// A gate and three deeds: one that is never done twice by itself, one harmless again, one that
/// can be seen. `effect` writes a line and may be told to fail, to wait, or to kill its duphong.
pub(in crate::cli) const STEPS: &str = r"playbook: ID
version: 1
title: { vi: Tắt rồi mở lại, en: Close and open again }
about: { vi: Chỉ dùng trong bài thử., en: For tests only. }
steps:
  - step: approval
    title: { vi: Phê duyệt, en: Approval }
    action: gate
    with: { approvals: 1, expires: 10m }
  - step: close
    title: { vi: Đóng cổng, en: Close the portal }
    action: command
    with: { command: [@effect, close] }
    timeout: 20s
    compensate:
      action: command
      with: { command: [@effect, close] }
      timeout: 20s
  - step: work
    title: { vi: Làm việc chính, en: Do the work }
    action: command
    idempotent: true
    with: { command: [@effect, work] }
    timeout: 20s
    cannot-compensate: { vi: Không gây hại, en: It does no harm }
  - step: open
    title: { vi: Mở lại cổng, en: Open the portal again }
    action: command
    with: { command: [@effect, open] }
    timeout: 20s
    done-when:
      - observe: command.says
        with: { command: [/bin/cat, @effects], contains: do open }
    compensate:
      action: command
      with: { command: [@effect, open] }
      timeout: 20s
";

/// Told what to do by files beside it, each of which it takes away when it has obeyed once; except
/// for failing, which lasts.
const EFFECT: &str = r#"#!/bin/sh
cd @ || exit 9
word="$DUPHONG_WAY $1"
mark="$DUPHONG_WAY-$1"
if [ -e "kill-before-$mark" ]; then rm "kill-before-$mark"; kill -9 "$PPID"; exit 1; fi
if [ -e "fail-$mark" ]; then echo "bị hỏng: $mark" >&2; exit 7; fi
echo "$word" >> effects
if [ -e "kill-after-$mark" ]; then rm "kill-after-$mark"; kill -9 "$PPID"; exit 1; fi
"#;

/// Writes its line when it is let go on.
const SLOW: &str = r#"#!/bin/sh
cd @ || exit 9
touch slow
while [ ! -e go ]; do sleep 0.05; done
echo "$DUPHONG_WAY $1" >> effects
"#;

/// The host of one test.
pub(in crate::cli) struct Host {
    pub(in crate::cli) home: Home,
}

impl Host {
    /// Approvers are `binh` and `chi`, and `an`, who sits before the machine.
    pub(in crate::cli) fn new(language: &str) -> Self {
        let host = Self { home: Home::new() };
        std::fs::create_dir(host.path("media")).unwrap();
        std::fs::create_dir(host.path("playbooks")).unwrap();
        host.script("effect", EFFECT);
        host.script("slow-effect", SLOW);
        host.home.write("effects", "");
        for name in ["an", "binh", "chi", "la"] {
            host.make_key(name, "");
        }
        host.home.write("duphong.yaml", &configuration(language));
        assert_eq!(host.run("init").code, 0);
        let login = host.starter();
        host.approvers(language, &[("an", &login), ("binh", "binh"), ("chi", "chi")]);
        host
    }

    /// Configures these approvers, each with a login.
    pub(in crate::cli) fn approvers(&self, language: &str, approvers: &[(&str, &str)]) {
        let one = |(id, login): &(&str, &str)| {
            let key = std::fs::read_to_string(self.path(&format!("{id}.pub"))).unwrap();
            let key = key.trim();
            format!("    {id}: {{ name: Người {id}, logins: [{login}], key: \"{key}\" }}\n")
        };
        let listed: String = approvers.iter().map(one).collect();
        let listed = if listed.is_empty() { "{}".to_owned() } else { format!("\n{listed}") };
        let text = configuration(language).replace(
            "portals:\n",
            &format!("playbooks:\n  folder: playbooks\n  approvers: {listed}\nportals:\n"),
        );
        self.home.write("duphong.yaml", &text);
    }

    /// The account that starts runs here, as the log names it.
    pub(in crate::cli) fn starter(&self) -> String {
        let log = self.json("audit log")["result"]["entries"].clone();
        let mut people = log.as_array().unwrap().iter().map(|entry| &entry["actor"]);
        let person = people.rfind(|actor| actor["kind"] == "person").unwrap();
        person["name"].as_str().unwrap().to_owned()
    }

    fn script(&self, name: &str, text: &str) {
        let text = text.replace('@', &self.home.path().display().to_string());
        self.home.write(name, &text);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(self.path(name), mode).unwrap();
    }

    /// Puts a playbook into the folder; `@` stands for the host's own.
    pub(in crate::cli) fn playbook(&self, id: &str, text: &str) {
        let here = format!("{}/", self.home.path().display());
        let text = text.replace("playbook: ID", &format!("playbook: {id}"));
        self.home.write(&format!("playbooks/{id}.yaml"), &text.replace('@', &here));
    }

    pub(in crate::cli) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(in crate::cli) fn write(&self, name: &str, content: &str) {
        self.home.write(name, content);
    }

    pub(in crate::cli) fn make_key(&self, name: &str, passphrase: &str) {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", passphrase, "-f"]).arg(self.path(name));
        assert!(keygen.status().unwrap().success());
    }

    /// Signs a file as an approver does, on whatever machine.
    pub(in crate::cli) fn sign(&self, key: &str, file: &str) {
        self.sign_for("duphong-approval", key, file);
    }

    pub(in crate::cli) fn sign_for(&self, namespace: &str, key: &str, file: &str) {
        let _old = std::fs::remove_file(self.path(&format!("{file}.sig")));
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(self.path(key));
        assert!(keygen.arg(self.path(file)).status().unwrap().success());
    }

    pub(in crate::cli) fn run(&self, line: &str) -> Answer {
        self.home.run(line)
    }

    pub(in crate::cli) fn said(&self, words: &[&str]) -> Answer {
        Answer::from(self.home.command(words).output().unwrap())
    }

    #[track_caller]
    pub(in crate::cli) fn json(&self, line: &str) -> Value {
        self.home.json(line)
    }

    /// The result of a line that must be done.
    #[track_caller]
    pub(in crate::cli) fn done(&self, line: &str) -> Value {
        let envelope = self.json(line);
        assert_eq!(envelope["exit"], 0, "{line}: {envelope}");
        envelope["result"].clone()
    }

    /// Starts a line that goes on.
    pub(in crate::cli) fn start(&self, line: &str) -> Child {
        let words: Vec<_> = line.split_whitespace().collect();
        self.home.command(&words).stdin(Stdio::null()).spawn().unwrap()
    }

    /// Begins a run, which waits at its gate.
    #[track_caller]
    pub(in crate::cli) fn begin(&self, id: &str) {
        let begun = self.json(&format!("playbook run {id} --portal mau"));
        assert_eq!((&begun["exit"], &begun["error"]), (&30.into(), &Value::Null), "{begun}");
    }

    /// Every execution of a command so far, in its order.
    pub(in crate::cli) fn effects(&self) -> Vec<String> {
        let effects = std::fs::read_to_string(self.path("effects")).unwrap();
        effects.lines().map(str::to_owned).collect()
    }

    pub(in crate::cli) fn effect_fails(&self, step: &str) {
        self.write(&format!("fail-do-{step}"), "");
    }

    pub(in crate::cli) fn undo_fails(&self, step: &str) {
        self.write(&format!("fail-undo-{step}"), "");
    }

    pub(in crate::cli) fn undo_works(&self, step: &str) {
        std::fs::remove_file(self.path(&format!("fail-undo-{step}"))).unwrap();
    }

    pub(in crate::cli) fn entries(&self) -> u64 {
        self.json("status")["result"]["entries"].as_u64().unwrap()
    }

    pub(in crate::cli) fn remarks(&self) -> Vec<Value> {
        self.json("status")["result"]["remarks"].as_array().unwrap().clone()
    }

    /// The remark of this id, which must be there.
    #[track_caller]
    pub(in crate::cli) fn remark(&self, id: &str) -> Value {
        let remarks = self.remarks();
        let found = remarks.iter().find(|remark| remark["id"] == id);
        found.unwrap_or_else(|| panic!("no `{id}` in {remarks:#?}")).clone()
    }

    /// Waits for a state.
    #[track_caller]
    pub(in crate::cli) fn until(what: &str, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            assert!(began.elapsed() < Duration::from_mins(2), "never: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
