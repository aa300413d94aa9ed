//! Running the binary in a world of its own.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// An empty home, which is also where the program is started.
pub(super) struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What the program answered.
pub(super) struct Answer {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Home {
    pub(super) fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), variables: Vec::new() }
    }

    /// Sets a variable of the environment, which is empty otherwise.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path().join(name), content).unwrap();
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duphong"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("TMPDIR", self.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `duphong` with the words of `line`, parted at spaces.
    pub(super) fn run(&self, line: &str) -> Answer {
        let arguments: Vec<_> = line.split_whitespace().collect();
        Answer::from(self.command(&arguments).output().unwrap())
    }

    /// Runs it with `--json` and returns the one object, whose `exit` must be the exit code.
    #[track_caller]
    pub(super) fn json(&self, line: &str) -> Value {
        let answer = self.run(&format!("{line} --json"));
        let mut lines = answer.out.lines();
        let object: Value = serde_json::from_str(lines.next().unwrap_or_default())
            .unwrap_or_else(|error| panic!("{line}: {error}: {}{}", answer.out, answer.err));
        assert_eq!(lines.next(), None, "{line}: one object on one line");
        assert_eq!(object["exit"], answer.code, "{line}");
        assert_eq!(object["duphong"], 1, "{line}");
        object
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A configuration that can be used as far as the file itself goes.
pub(super) fn configuration(language: &str) -> String {
    format!(
        "site: {{ id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: {language} }}
state: state
repositories:
  local:
    path: repository
    password: {{ file: password }}
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    trees:
      - {{ role: media, name: tep, path: media }}
    snapshot: {{ to: [local], rpo: 6h }}
    drill: {{ from: local, rto: 8h }}
"
    )
}
