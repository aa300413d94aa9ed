//! A real Chromium without a network, steered over its debugging pipe.
//!
//! It runs in a network namespace of its own that has no way out, and every request it makes is
//! kept, so that a test can tell that a page asks for nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser that says nothing for this long on a busy machine hangs.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// Descriptors 3 and 4 are the pipe; what Chromium prints goes nowhere.
const START: &str = "exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --no-first-run --remote-debugging-pipe --user-data-dir=\"$1\" about:blank \
    3<&0 4>&1 0</dev/null 1>/dev/null 2>&1";

pub(super) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    next: u64,
    session: Option<String>,
    /// The addresses that pages asked for.
    pub(super) asked: Vec<String>,
    /// What pages complained about.
    pub(super) complaints: Vec<String>,
    _home: tempfile::TempDir,
}

impl Browser {
    pub(super) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = Command::new("unshare")
            .args(["--net", "sh", "-c", START, "sh"])
            .arg(home.path())
            .env("HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare and chromium are installed by tests/run");
        let to = child.stdin.take().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (sender, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while out.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { break };
                if sender.send(value).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let (asked, complaints) = (Vec::new(), Vec::new());
        let mut browser =
            Self { child, to, from, next: 0, session: None, asked, complaints, _home: home };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "DOM", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Opens a file and waits until it is loaded.
    pub(super) fn open(&mut self, page: &Path) {
        self.call("Page.navigate", json!({"url": format!("file://{}", page.display())}));
        while self.hear()["method"] != "Page.loadEventFired" {}
    }

    /// What an expression gives, awaited.
    pub(super) fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Chooses files in a field, as a person does in the dialogue.
    pub(super) fn choose(&mut self, field: &str, files: &[&Path]) {
        let expression = format!("document.getElementById('{field}')");
        let found = self.call("Runtime.evaluate", json!({ "expression": expression }));
        let files: Vec<_> = files.iter().map(|path| path.to_str().unwrap()).collect();
        let chosen = json!({"files": files, "objectId": found["result"]["objectId"]});
        self.call("DOM.setFileInputFiles", chosen);
    }

    /// Makes the window as wide as this.
    pub(super) fn resize(&mut self, width: u64, height: u64) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Keeps a picture of the page where a person wants to look at it.
    pub(super) fn picture(&mut self, name: &str) {
        let Ok(folder) = std::env::var("DUPHONG_TEST_KEEP") else { return };
        let shot = self.call("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
        let png = data_encoding::BASE64.decode(shot["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(Path::new(&folder).join(name), png).unwrap();
    }

    /// The page as it would be printed, as PDF.
    pub(super) fn printed(&mut self) -> Vec<u8> {
        let pdf = self.call("Page.printToPDF", json!({}));
        data_encoding::BASE64.decode(pdf["data"].as_str().unwrap().as_bytes()).unwrap()
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method});
        message["params"] = params;
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        loop {
            let answer = self.hear();
            if answer["id"] == self.next {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    fn hear(&mut self) -> Value {
        let message = self.from.recv_timeout(SILENCE_MAX).expect("chromium runs and answers");
        match message["method"].as_str() {
            Some("Network.requestWillBeSent") => {
                self.asked.push(message["params"]["request"]["url"].as_str().unwrap().to_owned());
            }
            Some("Runtime.exceptionThrown") => {
                self.complaints.push(message["params"]["exceptionDetails"].to_string());
            }
            Some("Log.entryAdded") => self.complaints.push(message["params"]["entry"].to_string()),
            _ => {}
        }
        message
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends with its pipe, but only what is killed is gone at once.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
