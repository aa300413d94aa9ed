//! A real mail server, started for one test on a free loopback port: Debian's aiosmtpd under TLS.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use duphong::base::secret::Secret;
use duphong::world::mail::{Account, Security, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::notice::certificate::{Authority, Flaw};

/// The program sees only what Debian's package brought, not a version somewhere else.
const PYTHON: &str = "/usr/bin/python3";

/// How the server is to behave; the default takes every letter of `duphong` under STARTTLS.
#[derive(Clone, Debug)]
pub(crate) struct Behavior {
    pub(crate) security: Security,
    /// Account and password; anyone may send where absent.
    pub(crate) account: Option<(&'static str, &'static str)>,
    /// Ways to log in that are not offered.
    pub(crate) without: &'static [&'static str],
    /// Recipients that get this answer.
    pub(crate) recipients: BTreeMap<&'static str, &'static str>,
    /// The answer to every letter, if none is taken.
    pub(crate) refuse_letter: Option<&'static str>,
    pub(crate) size_max: u64,
    pub(crate) flaw: Flaw,
}

impl Default for Behavior {
    fn default() -> Self {
        Self {
            security: Security::StartTls,
            account: Some(("duphong", "mật khẩu")),
            without: &[],
            recipients: BTreeMap::new(),
            refuse_letter: None,
            size_max: 1 << 24,
            flaw: Flaw::Nothing,
        }
    }
}

/// A server that runs until it is dropped.
pub(crate) struct MailServer {
    child: Child,
    folder: TempDir,
    behavior: Behavior,
    port: u16,
}

/// A letter that the server took.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) login: Option<String>,
    /// As it travelled.
    pub(crate) text: String,
    file: PathBuf,
}

impl MailServer {
    pub(crate) fn start(behavior: Behavior) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        authority.file(folder.path());
        let identity = authority.identity(behavior.flaw);
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (user, password) = behavior.account.unwrap_or(("", ""));
        let options = json!({
            "folder": folder.path(),
            "certificate": write("server.pem", &identity.certificate_pem),
            "key": write("server.key", &identity.key_pem),
            "security": if behavior.security == Security::Tls { "tls" } else { "starttls" },
            "user": user,
            "password": password,
            "without": behavior.without,
            "recipients": behavior.recipients,
            "refuse_letter": behavior.refuse_letter,
            "size_max": behavior.size_max,
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notice/server.py");
        let mut child = Command::new(PYTHON)
            .arg("-W")
            .arg("ignore")
            .arg(script)
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is one of the packages of the tests");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("python3-aiosmtpd is one of the tests' packages");
        Self { child, folder, behavior, port }
    }

    /// The file of the authority that vouches for it.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// One that asks nobody for a password.
    pub(crate) fn open() -> Self {
        Self::start(Behavior { account: None, ..Behavior::default() })
    }

    /// A configuration's `notices` that brings all letters to it, for one recipient.
    pub(crate) fn notices(&self) -> String {
        format!(
            "notices:
  to: [an@b.vn]
  authorities: {}
  smtp: {{ host: localhost, port: {}, security: starttls, from: duphong@mau.example }}
",
            self.authority().display(),
            self.port
        )
    }

    /// How a client that knows everything reaches it.
    pub(crate) fn settings(&self) -> Server {
        Server {
            host: "localhost".to_owned(),
            port: self.port,
            security: self.behavior.security,
            account: self.behavior.account.map(|(user, password)| Account {
                user: user.to_owned(),
                password: Secret::new(password.as_bytes().to_vec()),
            }),
            authorities: Some(self.authority()),
            timeout: Duration::from_mins(1),
        }
    }

    /// The letters taken so far, in their order.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        let path = |number: usize, end: &str| self.folder.path().join(format!("{number}.{end}"));
        (1..=1000_usize)
            .take_while(|number| path(*number, "json").exists())
            .map(|number| {
                let facts = std::fs::read_to_string(path(number, "json")).unwrap();
                let facts: Value = serde_json::from_str(&facts).unwrap();
                let to = facts["to"].as_array().unwrap();
                let file = path(number, "eml");
                Taken {
                    from: facts["from"].as_str().unwrap().to_owned(),
                    to: to.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
                    login: facts["login"].as_str().map(str::to_owned),
                    text: std::fs::read_to_string(&file).unwrap(),
                    file,
                }
            })
            .collect()
    }
}

impl Taken {
    /// The letter as Python's own mail library reads it: `headers` (decoded), `body`, and `files`
    /// as a list of `{name, type, sha256}`. A reader that shares nothing with our writer.
    pub(crate) fn read(&self) -> Value {
        const READ: &str = r#"
import email.policy, hashlib, json, sys
from email import message_from_binary_file
letter = message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
files = [{"name": part.get_filename(), "type": part.get_content_type(),
          "sha256": hashlib.sha256(part.get_payload(decode=True)).hexdigest()}
         for part in letter.iter_attachments()]
print(json.dumps({"headers": {name.lower(): str(value) for name, value in letter.items()},
                  "body": letter.get_body(("plain",)).get_content(), "files": files}))
"#;
        let output = Command::new(PYTHON).args(["-c", READ]).arg(&self.file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
