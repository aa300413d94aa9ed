//! Stock restic looks at states that the matrix leaves: `unlock`, then `check --read-data`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::repository::matrix::Tally;
use crate::repository::matrix::ground::{self, State};
use crate::repository::matrix::judge::Judge;

impl Judge {
    /// Has restic check states that we call sound, so many of them if there are, evenly chosen;
    /// returns how many.
    pub(crate) fn ask_restic(&self, tally: &mut Tally, wanted: usize) -> usize {
        let step = (self.sound.len() / wanted).max(1);
        let chosen: Vec<_> = self.sound.iter().step_by(step).take(wanted).collect();
        for (digest, state) in &chosen {
            tally.case("restic", || format!("restic on the state {digest}"), || check(state));
        }
        chosen.len()
    }
}

fn check(state: &State) -> Vec<String> {
    let place = ground::memory_folder();
    let repository = place.path().join("repository");
    for folder in ["data", "index", "keys", "locks", "snapshots"] {
        fs::create_dir_all(repository.join(folder)).unwrap();
    }
    for (name, bytes) in state {
        let path = repository.join(name.as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let password = place.path().join("password");
    let [old, _] = ground::opened_by(state);
    let opens = if old { ground::password() } else { ground::new_password() };
    fs::write(&password, opens.expose()).unwrap();
    let mut offences = Vec::new();
    for arguments in [&["unlock"][..], &["check", "--read-data"]] {
        if let Err(complaint) = restic(&repository, &password, arguments) {
            offences.push(format!("restic {}: {complaint}", arguments.join(" ")));
        }
    }
    offences
}

fn restic(repository: &Path, password: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("restic")
        .args(["--no-cache", "-r"])
        .arg(repository)
        .arg("--password-file")
        .arg(password)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", password.parent().unwrap())
        .output()
        .expect("restic is installed by tests/run");
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
