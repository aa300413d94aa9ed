//! Sealed sources: what the writing host cannot read, and how it comes back.

mod media;
mod servers;
mod whole;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use duphong::config::secret::SecretSource;
use duphong::job::{drill, restore};

use crate::job::portal::Installation;

/// A pair of keys, as a person makes it away from the host.
pub(super) struct Keys {
    _folder: tempfile::TempDir,
    pub(super) identity: PathBuf,
    pub(super) recipient: String,
}

impl Keys {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = folder.path().join("identity.txt");
        run("age-keygen", &["-o".as_ref(), identity.as_os_str()]);
        let told = run("age-keygen", &["-y".as_ref(), identity.as_os_str()]);
        let recipient = String::from_utf8(told).unwrap().trim().to_owned();
        Self { _folder: folder, identity, recipient }
    }

    fn source(&self) -> SecretSource {
        SecretSource::File(self.identity.clone())
    }
}

fn run(program: &str, arguments: &[&std::ffi::OsStr]) -> Vec<u8> {
    let done = Command::new(program).args(arguments).output().unwrap();
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

/// Opens what is sealed as somebody does who has no duphong, and says whether that could be done.
fn open_by_hand(sealed: &Path, identity: &Path) -> bool {
    let plain = sealed.to_str().unwrap().strip_suffix(".zst.age").unwrap();
    let mut age = Command::new("age")
        .arg("-d")
        .arg("-i")
        .arg(identity)
        .arg(sealed)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stream = age.stdout.take().unwrap();
    let zstd = Command::new("zstd").args(["-d", "-q", "-f", "-o", plain]).stdin(stream).status();
    let opened = age.wait().unwrap().success() && zstd.unwrap().success();
    if opened {
        fs::remove_file(sealed).unwrap();
    }
    opened
}

/// Every regular file below a folder.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                all.push(entry.path());
            }
        }
    }
    all.sort();
    all
}

/// Every sealed file below a folder is opened by hand.
fn open_all_by_hand(root: &Path, identity: &Path) -> usize {
    let is_sealed = |path: &&PathBuf| path.to_str().unwrap().ends_with(".zst.age");
    let all = files(root);
    let sealed: Vec<_> = all.iter().filter(is_sealed).collect();
    for path in &sealed {
        assert!(open_by_hand(path, identity), "{}", path.display());
    }
    sealed.len()
}

/// Files below a folder in which these bytes stand.
fn holding(root: &Path, canary: &str) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        bytes.windows(canary.len()).any(|window| window == canary.as_bytes())
    };
    files(root).into_iter().filter(holds).collect()
}

fn restoring(here: &Installation, target: &str, identity: Option<&Keys>) -> restore::Request {
    restore::Request {
        portal: "mau".into(),
        target: here.path(target),
        identity: identity.map(Keys::source),
        ..restore::Request::default()
    }
}

fn drilling(identity: Option<&Keys>) -> drill::Request {
    let identity = identity.map(Keys::source);
    drill::Request { portal: "mau".into(), identity, ..drill::Request::default() }
}
